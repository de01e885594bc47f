/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see introduction.h: who may introduce, and what comes into force. */
#include "proto/engine/introduction.h"
#include "proto/base/base.h"
#include "proto/engine/batch.h"
#include "proto/engine/ledger.h"

#include <string.h>

/* By whom a chain of trust may begin: one level, so whoever was introduced introduces nobody. */
static bool is_direct(const struct rec_peer *p)
{
	return p->origin == REC_ORIGIN_PIN || p->origin == REC_ORIGIN_CODE ||
	       p->origin == REC_ORIGIN_NFC;
}

static bool is_symmetric(const struct rec_peer *p)
{
	return p->cert_len == 0;
}

static enum trec_refusal judge_issuer(const struct trec_env *env, const struct rec_peer *p)
{
	if (p->state == REC_STATE_DISSOLVED_BY_PEER)
		return TREC_REFUSAL_INTRODUCER_DISSOLVED;
	if (p->state == REC_STATE_SUSPENDED)
		return TREC_REFUSAL_INTRODUCER_SUSPENDED;
	if (p->state == REC_STATE_INTRODUCED)
		return TREC_REFUSAL_INTRODUCER_ONLY_INTRODUCED;
	if (eng_peer_expired(env, p))
		return TREC_REFUSAL_INTRODUCER_EXPIRED;
	return is_symmetric(p) ? TREC_REFUSAL_SYMMETRIC : TREC_REFUSAL_NONE;
}

trec_err eng_issuer_load(const struct trec_env *env, struct trec_store *s,
			 const struct trec_id *id, struct rec_peer *out, enum trec_refusal *why)
{
	bool found = false;
	bool stone = false;
	trec_err err = eng_peer_load(env, s, TREC_RECORD_PEER, id, out, &found);

	*why = TREC_REFUSAL_STORE;
	if (err == TREC_OK && !found)
		err = eng_tombstone_find(s, id, &stone);
	if (err != TREC_OK)
		return err;
	if (found)
		*why = judge_issuer(env, out);
	else
		*why = stone ? TREC_REFUSAL_INTRODUCER_DISSOLVED : TREC_REFUSAL_INTRODUCER_UNKNOWN;
	return TREC_OK;
}

trec_err eng_introducer_load(const struct trec_env *env, struct trec_store *s,
			     const struct trec_id *id, struct rec_peer *out,
			     enum trec_refusal *why)
{
	trec_err err = eng_issuer_load(env, s, id, out, why);

	if (err != TREC_OK || *why != TREC_REFUSAL_NONE)
		return err;
	if (out->origin == REC_ORIGIN_INTRODUCED)
		*why = TREC_REFUSAL_INTRODUCER_ONLY_INTRODUCED;
	else if (!is_direct(out) || !rec_peer_may(out, MSG_RIGHT_INTRODUCE, eng_wall_s(env)))
		*why = TREC_REFUSAL_INTRODUCER_NOT_ALLOWED;
	return TREC_OK;
}

/* The same, and the introducer's record for what follows. */
static trec_err check(const struct trec_env *env, struct trec_store *s, const struct trec_id *id,
		      const struct rec_peer *p, struct rec_peer *by, enum trec_refusal *why)
{
	bool stone = false;
	trec_err err = eng_tombstone_find(s, id, &stone);

	*why = TREC_REFUSAL_STORE;
	if (err != TREC_OK)
		return err;
	if (stone)
		*why = TREC_REFUSAL_SUBJECT_DISSOLVED;
	else if (p->state != REC_STATE_INTRODUCED)
		*why = TREC_REFUSAL_SUBJECT_NOT_ACTIVE;
	else if (eng_peer_expired(env, p))
		*why = TREC_REFUSAL_EXPIRED;
	else if (!p->has_introduced_by)
		*why = TREC_REFUSAL_INTRODUCER_DISSOLVED;
	else
		return eng_introducer_load(env, s, &p->introduced_by, by, why);
	return TREC_OK;
}

trec_err eng_intro_check(const struct trec_env *env, struct trec_store *s,
			 const struct trec_id *id, const struct rec_peer *p,
			 enum trec_refusal *why)
{
	struct rec_peer by = { 0 };
	trec_err err = check(env, s, id, p, &by, why);

	trec_wipe(&by, sizeof(by));
	return err;
}

trec_err eng_intro_activate(const struct trec_env *env, struct trec_store *s,
			    const struct trec_id *id, struct rec_peer *p, enum trec_refusal *why)
{
	struct eng_batch b = eng_batch_to(env, s);
	struct rec_peer by = { 0 };
	trec_err err = check(env, s, id, p, &by, why);

	if (err == TREC_OK && *why == TREC_REFUSAL_NONE) {
		eng_rights_cut(p, &by);
		p->state = REC_STATE_ACTIVE;
		p->expires_s = 0;
		memset(&p->made, 0, sizeof(p->made));
		p->forgotten = false;
		p->last_seen_s = eng_wall_s(env);
		eng_batch_peer(&b, id, p);
		eng_batch_remove(&b, TREC_RECORD_CARRIED, id->b);
		err = eng_batch_commit(&b);
		if (err != TREC_OK)
			*why = TREC_REFUSAL_STORE;
	}
	trec_wipe(&by, sizeof(by));
	return err;
}

static enum trec_refusal judge_subject(const struct trec_env *env, const struct rec_peer *p)
{
	if (is_symmetric(p))
		return TREC_REFUSAL_SYMMETRIC;
	if (p->state != REC_STATE_ACTIVE || eng_peer_expired(env, p))
		return TREC_REFUSAL_SUBJECT_NOT_ACTIVE;
	return is_direct(p) ? TREC_REFUSAL_NONE : TREC_REFUSAL_SUBJECT_ONLY_INTRODUCED;
}

trec_err trec_introduction_may(const struct trec_env *env, struct trec_store *s,
			       const struct trec_id *id, enum trec_refusal *why)
{
	struct rec_peer p;
	bool found = false;
	trec_err err = eng_peer_load(env, s, TREC_RECORD_PEER, id, &p, &found);

	*why = TREC_REFUSAL_STORE;
	if (err == TREC_OK)
		*why = found ? judge_subject(env, &p) : TREC_REFUSAL_SUBJECT_UNKNOWN;
	trec_wipe(&p, sizeof(p));
	return err;
}

trec_err trec_peer_last_introducer(const struct trec_env *env, struct trec_store *s,
				   const struct trec_id *id, bool *out)
{
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer peer;
	struct rec_peer p;
	enum trec_refusal why;
	bool found = true;
	bool others = false;
	trec_err err = trec_peer_get(env, s, id, &peer);

	*out = false;
	if (err == TREC_OK)
		err = eng_introducer_load(env, s, id, &p, &why);
	if (err != TREC_OK || why != TREC_REFUSAL_NONE)
		return err;
	while (found && !others) {
		err = trec_peer_next(env, s, &cursor, &peer, &found);
		if (err == TREC_OK && found && memcmp(peer.id.b, id->b, sizeof(id->b)) != 0) {
			err = eng_introducer_load(env, s, &peer.id, &p, &why);
			others = why == TREC_REFUSAL_NONE;
		}
		if (err != TREC_OK)
			return err;
	}
	*out = !others;
	return TREC_OK;
}
