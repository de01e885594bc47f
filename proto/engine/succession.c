/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see succession.h. */
#include "proto/engine/succession.h"
#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/batch.h"
#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "proto/engine/notice.h"
#include "proto/engine/recognition.h"

#include <string.h>

#define LINKS_MAX 8

/* A chain on its way. iss[i + 1] is sub[i]: that is checked first of all. */
struct chain {
	const struct trec_env *env;
	struct trec_store *s;
	const struct trec_bytes *link;
	size_t count;
	size_t first; /* the link from the record's key; count: there is none */
	struct trec_id me;
	struct trec_id iss[LINKS_MAX];
	struct trec_id sub[LINKS_MAX];
	struct rec_peer p; /* the record that moves, or is suspended */
	struct eng_batch batch;
};

static bool in_lineage(const struct rec_peer *p, const struct trec_id *id)
{
	for (size_t i = 0; i < p->previous_count; i++)
		if (trec_id_equal(&p->previous[i].id, id))
			return true;
	return false;
}

/* Each goes on from where the one before ended, and none comes back to where one was. */
static enum trec_refusal read_chain(struct chain *c)
{
	if (c->count < 1 || c->count > LINKS_MAX)
		return TREC_REFUSAL_MALFORMED;
	for (size_t i = 0; i < c->count; i++) {
		if (!trust_peek(c->link[i], TRUST_SUCCESSION, &c->iss[i], &c->sub[i], NULL))
			return TREC_REFUSAL_MALFORMED;
		if (i > 0 && !trec_id_equal(&c->iss[i], &c->sub[i - 1]))
			return TREC_REFUSAL_WRONG_LINK;
		for (size_t k = 0; k <= i; k++)
			if (trec_id_equal(&c->sub[i], &c->iss[k]))
				return TREC_REFUSAL_WRONG_LINK;
		if (trec_id_equal(&c->sub[i], &c->me))
			return TREC_REFUSAL_OWN_ID;
	}
	return TREC_REFUSAL_NONE;
}

/* ---- a second successor ------------------------------------------------------------------ */

/* The link is signed by the key it names, whoever that is, and by the new one. */
static enum trec_refusal judge_alone(const struct chain *c, size_t i)
{
	struct trust_expect expect = { .kind = TRUST_SUCCESSION, .me = c->me };
	struct trust_claims claims;

	return eng_refusal_of(trust_verify(c->env, c->link[i], &expect, &claims));
}

static trec_err suspend(struct chain *c, size_t i, const struct trec_id *at,
			enum trec_refusal *why, struct eng_succeeded *out)
{
	*why = judge_alone(c, i);
	if (*why != TREC_REFUSAL_NONE)
		return *why == TREC_REFUSAL_STORE ? TREC_E_CRYPTO : TREC_OK;
	*why = TREC_REFUSAL_CONFLICT;
	out->old = c->iss[i];
	out->now = *at;
	if (c->p.state != REC_STATE_ACTIVE)
		return TREC_OK;
	c->p.state = REC_STATE_SUSPENDED;
	return eng_recognition_end_with(c->env, c->s, at, &c->p);
}

/* The record that left an id in another way than the chain does; *i: that link. In one walk. */
static trec_err find_left_twice(struct chain *c, size_t *i, struct trec_id *at, bool *found)
{
	struct eng_walk w = { 0 };
	bool more = true;
	trec_err err = TREC_OK;

	*found = false;
	while (err == TREC_OK && more) {
		err = eng_walk_peers(c->s, &w, &c->p, &more);
		if (err != TREC_OK || !more || c->p.previous_count == 0)
			continue;
		*at = w.id;
		for (*i = 0; *i < c->count; (*i)++) {
			*found = in_lineage(&c->p, &c->iss[*i]) &&
				 !trec_id_equal(&c->sub[*i], at) &&
				 !in_lineage(&c->p, &c->sub[*i]);
			if (*found)
				return TREC_OK;
		}
	}
	return err;
}

/*
 * The newest key has a record already. None of the links was checked, so nothing in them is
 * repeated, and only who had or has that record hears that it is there.
 */
static enum trec_refusal judge_newest(const struct chain *c, const struct rec_peer *newest,
				      const struct trec_id *proven, struct eng_succeeded *out)
{
	const struct trec_id *now = &c->sub[c->count - 1];

	out->old = newest->previous_count > 0 ? newest->previous[0].id : *now;
	return trec_id_equal(proven, now) || in_lineage(newest, proven) ? TREC_REFUSAL_NONE
							       : TREC_REFUSAL_WRONG_BEARER;
}

/*
 * No link begins at a record: it was moved before, or by another successor of the same key, or
 * the chain is a stranger's.
 */
static trec_err judge_known(struct chain *c, const struct trec_id *proven, enum trec_refusal *why,
			    struct eng_succeeded *out)
{
	struct rec_peer newest = { 0 };
	struct trec_id at;
	size_t twice = 0;
	bool found = false;
	bool stone = false;
	trec_err err = find_left_twice(c, &twice, &at, &found);

	if (err == TREC_OK && found)
		return suspend(c, twice, &at, why, out);
	if (err == TREC_OK)
		err = eng_peer_load(c->env, c->s, TREC_RECORD_PEER, &c->sub[c->count - 1], &newest,
				    &found);
	*why = found ? judge_newest(c, &newest, proven, out) : TREC_REFUSAL_INTRODUCER_UNKNOWN;
	trec_wipe(&newest, sizeof(newest));
	for (size_t i = 0; i < c->count && err == TREC_OK && !found && !stone; i++) {
		err = eng_tombstone_find(c->s, &c->iss[i], &stone);
		if (err == TREC_OK && !stone)
			err = eng_tombstone_find(c->s, &c->sub[i], &stone);
	}
	if (stone)
		*why = TREC_REFUSAL_SUBJECT_DISSOLVED;
	return err;
}

/* ---- a first one ------------------------------------------------------------------------- */

static trec_err find_first(struct chain *c)
{
	bool found = false;
	trec_err err = TREC_OK;

	/* Of two records of one device the newer one moves. */
	for (c->first = c->count; c->first > 0 && err == TREC_OK;) {
		err = eng_peer_load(c->env, c->s, TREC_RECORD_PEER, &c->iss[--c->first], &c->p,
				    &found);
		if (err == TREC_OK && found)
			return TREC_OK;
	}
	c->first = c->count;
	return err;
}

static enum trec_refusal judge_record(const struct chain *c, const struct trec_id *proven)
{
	static const enum trec_refusal map[] = {
		[REC_STATE_ACTIVE] = TREC_REFUSAL_NONE,
		[REC_STATE_INTRODUCED] = TREC_REFUSAL_SUBJECT_NOT_ACTIVE,
		[REC_STATE_DISSOLVED_BY_PEER] = TREC_REFUSAL_SUBJECT_DISSOLVED,
		[REC_STATE_SUSPENDED] = TREC_REFUSAL_INTRODUCER_SUSPENDED,
	};

	if (map[c->p.state] != TREC_REFUSAL_NONE)
		return map[c->p.state];
	if (c->p.cert_len == 0)
		return TREC_REFUSAL_SYMMETRIC;
	if (eng_peer_expired(c->env, &c->p))
		return TREC_REFUSAL_INTRODUCER_EXPIRED;
	if (!trec_id_equal(proven, &c->sub[c->count - 1]) &&
	    !trec_id_equal(proven, &c->iss[c->first]))
		return TREC_REFUSAL_WRONG_BEARER;
	return TREC_REFUSAL_NONE;
}

/* Each link by the key of the one before, the first by the record's; *last is the newest key's. */
static trec_err judge_links(const struct chain *c, enum trec_refusal *why,
			    struct trust_claims *last)
{
	struct trust_expect expect = { .kind = TRUST_SUCCESSION, .me = c->me };
	struct trust_claims claims;
	struct crypto_cert cert;
	trec_err err = crypto_cert_read(trec_bytes(c->p.cert, c->p.cert_len), &cert);

	if (err != TREC_OK)
		return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
	expect.issuer_spki = cert.spki;
	for (size_t i = c->first; i < c->count; i++) {
		enum trust_verdict v = trust_verify(c->env, c->link[i], &expect, &claims);

		*why = eng_refusal_of(v);
		if (v == TRUST_FAILED)
			return TREC_E_CRYPTO;
		if (v == TRUST_ACCEPTED && i == c->first && claims.sequence <= c->p.sequence)
			*why = TREC_REFUSAL_REPLAYED;
		if (v == TRUST_ACCEPTED && i > c->first &&
		    claims.sequence != last->sequence + 1)
			*why = TREC_REFUSAL_WRONG_LINK;
		if (*why != TREC_REFUSAL_NONE)
			return TREC_OK;
		*last = claims;
		expect.issuer_spki = trec_bytes(last->spki, last->spki_len);
	}
	return TREC_OK;
}

/*
 * Whether another peer had one of the ids that are new, and in the same walk over all of them:
 * those that the old key introduced follow.
 */
static trec_err judge_others(struct chain *c, enum trec_refusal *why)
{
	struct eng_walk w = { 0 };
	struct rec_peer p;
	bool found = true;
	trec_err err = TREC_OK;

	while (err == TREC_OK && found && *why == TREC_REFUSAL_NONE) {
		err = eng_walk_peers(c->s, &w, &p, &found);
		if (err != TREC_OK || !found)
			break;
		for (size_t i = c->first; i < c->count; i++)
			if (in_lineage(&p, &c->sub[i]))
				*why = TREC_REFUSAL_ALREADY_KNOWN;
		if (!p.has_introduced_by || !trec_id_equal(&p.introduced_by, &c->iss[c->first]))
			continue;
		p.introduced_by = c->sub[c->count - 1];
		eng_batch_peer(&c->batch, &w.id, &p);
	}
	trec_wipe(&p, sizeof(p));
	return err;
}

/* Nobody comes back under a new key, and no key comes back. */
static trec_err judge_ids(struct chain *c, enum trec_refusal *why)
{
	const struct trec_id *by = c->p.has_introduced_by ? &c->p.introduced_by : NULL;
	struct rec_peer other = { 0 };
	bool found = false;
	bool dissolved = false;
	trec_err err = TREC_OK;

	for (size_t i = c->first; i < c->count && err == TREC_OK; i++) {
		err = eng_tombstone_find(c->s, &c->sub[i], &dissolved);
		if (err == TREC_OK && !dissolved && by != NULL)
			err = eng_notice_find(c->env, c->s, by, &c->sub[i], &dissolved);
		if (err == TREC_OK && dissolved) {
			*why = TREC_REFUSAL_SUBJECT_DISSOLVED;
			return TREC_OK;
		}
		if (in_lineage(&c->p, &c->sub[i])) {
			*why = TREC_REFUSAL_WRONG_LINK;
			return err;
		}
	}
	if (err == TREC_OK)
		err = eng_peer_load(c->env, c->s, TREC_RECORD_PEER, &c->sub[c->count - 1], &other,
				    &found);
	if (found)
		*why = TREC_REFUSAL_ALREADY_KNOWN;
	else if (err == TREC_OK)
		err = judge_others(c, why);
	trec_wipe(&other, sizeof(other));
	return err;
}

/* ---- moving ------------------------------------------------------------------------------ */

/* What falls off the end of the lineage must not be forgotten: a stone refuses it as well. */
static void push_previous(struct chain *c, struct eng_batch *b, const struct trec_id *id)
{
	uint64_t now = eng_wall_s(c->env);
	struct rec_previous *list = c->p.previous;

	if (c->p.previous_count == REC_PREVIOUS_MAX)
		eng_batch_tombstone(b, &list[--c->p.previous_count].id, REC_BY_PEER);
	for (size_t i = c->p.previous_count; i > 0; i--)
		list[i] = list[i - 1];
	list[0].id = *id;
	list[0].until_s = now != 0 ? now + ENG_PREVIOUS_S : 0;
	c->p.previous_count++;
}

static trec_err move(struct chain *c, const struct trust_claims *last)
{
	static const trec_record left[] = { TREC_RECORD_PEER, TREC_RECORD_UNCONFIRMED,
					    TREC_RECORD_CARRIED, TREC_RECORD_SEEN };
	struct eng_batch *b = &c->batch;

	for (size_t i = 0; i < BASE_COUNT(left); i++)
		eng_batch_remove(b, left[i], c->iss[c->first].b);
	eng_recognition_move(b, &c->iss[c->first], &c->sub[c->count - 1]);
	for (size_t i = c->first; i < c->count; i++)
		push_previous(c, b, &c->iss[i]);
	memset(c->p.cert, 0, sizeof(c->p.cert));
	memcpy(c->p.cert, last->cert.p, last->cert.n);
	c->p.cert_len = last->cert.n;
	c->p.sequence = last->sequence;
	c->p.forgotten = false;
	eng_batch_peer(b, &c->sub[c->count - 1], &c->p);
	return eng_batch_commit(b);
}

static trec_err take(struct chain *c, const struct trec_id *proven, enum trec_refusal *why,
		     struct eng_succeeded *out)
{
	struct trust_claims last = { .sequence = 0 };
	trec_err err;

	*why = read_chain(c);
	if (*why != TREC_REFUSAL_NONE)
		return TREC_OK;
	out->old = c->iss[0];
	out->now = c->sub[c->count - 1];
	err = find_first(c);
	if (err != TREC_OK || c->first == c->count)
		return err != TREC_OK ? err : judge_known(c, proven, why, out);
	out->old = c->iss[c->first];
	*why = judge_record(c, proven);
	if (*why == TREC_REFUSAL_NONE)
		err = judge_links(c, why, &last);
	if (err == TREC_OK && *why == TREC_REFUSAL_NONE)
		err = judge_ids(c, why);
	if (err == TREC_OK && *why == TREC_REFUSAL_NONE) {
		err = move(c, &last);
		out->moved = err == TREC_OK;
	}
	return err;
}

trec_err eng_succession_take(const struct trec_env *env, struct trec_store *s,
			     const struct trec_bytes *links, size_t count,
			     const struct trec_id *proven, struct eng_succeeded *out)
{
	struct chain c = { .env = env, .s = s, .link = links, .count = count,
			   .batch = eng_batch_to(env, s) };
	struct trec_own own;
	trec_err err = s->ops->own(s, &own);

	memset(out, 0, sizeof(*out));
	if (err == TREC_OK) {
		c.me = own.id;
		err = take(&c, proven, &out->refusal, out);
	}
	if (err != TREC_OK)
		out->refusal = TREC_REFUSAL_STORE;
	eng_batch_drop(&c.batch);
	trec_wipe(&c.p, sizeof(c.p));
	return err;
}
