/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see notice.h. */
#include "proto/engine/notice.h"
#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/batch.h"
#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "proto/engine/parting.h"

#include <string.h>

#define ISSUER_PART 16 /* bytes of a notice's record id that are the issuer's */

/* ---- those that are kept ----------------------------------------------------------------- */

/* A walk over the notices; the statement views buf. */
struct walk {
	bool begun;
	struct trec_id at;
	uint8_t buf[REC_NOTICE_MAX];
	struct rec_notice notice;
	struct trec_id iss;
	struct trec_id sub;
};

static trec_err walk_next(struct trec_store *s, struct walk *w, bool *found)
{
	struct trec_id after = w->at;
	size_t n = 0;
	trec_err err = s->ops->next(s, TREC_RECORD_NOTICE, w->begun ? after.b : NULL, w->at.b,
				    found);

	w->begun = true;
	if (err != TREC_OK || !*found)
		return err;
	err = s->ops->get(s, TREC_RECORD_NOTICE, w->at.b, w->buf, sizeof(w->buf), &n, found);
	if (err == TREC_OK)
		err = rec_notice_decode(trec_bytes(w->buf, n), &w->notice);
	if (err == TREC_OK && !trust_peek(w->notice.statement, TRUST_TOMBSTONE, &w->iss, &w->sub,
					  NULL))
		err = TREC_E_MALFORMED;
	return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
}

static bool is_over(const struct trec_env *env, const struct rec_notice *n)
{
	uint64_t now = eng_wall_s(env);

	return now != 0 && now >= n->exp_s;
}

trec_err eng_notice_find(const struct trec_env *env, struct trec_store *s,
			 const struct trec_id *iss, const struct trec_id *sub, bool *found)
{
	struct walk w = { .begun = false };
	bool more = true;
	trec_err err = TREC_OK;

	*found = false;
	while (!*found && err == TREC_OK && more) {
		err = walk_next(s, &w, &more);
		*found = err == TREC_OK && more && trec_id_equal(&w.iss, iss) &&
			 trec_id_equal(&w.sub, sub) && !is_over(env, &w.notice);
	}
	return err;
}

trec_err eng_notice_next(const struct trec_env *env, struct trec_store *s,
			 const struct trec_id *peer, uint64_t after, uint8_t *out, size_t cap,
			 size_t *n, uint64_t *number, bool *found)
{
	struct walk w = { .begun = false };
	bool more = true;
	trec_err err = TREC_OK;

	*found = false;
	*n = 0;
	*number = 0;
	while (err == TREC_OK && more) {
		err = walk_next(s, &w, &more);
		if (err != TREC_OK || !more || w.notice.number <= after ||
		    (*found && w.notice.number > *number) || trec_id_equal(&w.iss, peer) ||
		    trec_id_equal(&w.sub, peer) || is_over(env, &w.notice))
			continue;
		if (w.notice.statement.n > cap)
			return TREC_E_NO_SPACE;
		memcpy(out, w.notice.statement.p, w.notice.statement.n);
		*n = w.notice.statement.n;
		*number = w.notice.number;
		*found = true;
	}
	return err;
}

/* ---- taking one -------------------------------------------------------------------------- */

struct intake {
	const struct trec_env *env;
	struct trec_store *s;
	struct trec_bytes statement;
	const struct trec_id *from;
	struct trust_claims claims;
	uint64_t highest; /* number that any peer was given, or that is kept */
	struct eng_batch batch;
};

static trec_err judge(struct intake *t, const struct trec_id *iss, enum trec_refusal *why)
{
	struct trust_expect expect = { .kind = TRUST_TOMBSTONE };
	struct rec_peer by;
	struct crypto_cert cert;
	struct trec_own own;
	trec_err err = eng_issuer_load(t->env, t->s, iss, &by, why);

	if (err != TREC_OK || *why != TREC_REFUSAL_NONE)
		return err;
	err = t->s->ops->own(t->s, &own);
	if (err == TREC_OK)
		err = crypto_cert_read(trec_bytes(by.cert, by.cert_len), &cert);
	if (err != TREC_OK)
		return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
	expect.me = own.id;
	expect.issuer_spki = cert.spki;
	enum trust_verdict v = trust_verify(t->env, t->statement, &expect, &t->claims);

	*why = v == TRUST_SUBJECT ? TREC_REFUSAL_OWN_ID : eng_refusal_of(v);
	if (v == TRUST_ACCEPTED && eng_is_before_trust(&t->claims, &by))
		*why = TREC_REFUSAL_BEFORE_TRUST;
	trec_wipe(&by, sizeof(by));
	return v == TRUST_FAILED ? TREC_E_CRYPTO : TREC_OK;
}

static bool may_end(const struct intake *t, const struct trec_id *at, const struct rec_peer *p)
{
	const struct trec_id *iss = &t->claims.iss;

	return trec_id_equal(at, iss) ||
	       (p->has_introduced_by && trec_id_equal(&p->introduced_by, iss));
}

static bool was_called(const struct rec_peer *p, const struct trec_id *id)
{
	for (size_t i = 0; i < p->previous_count; i++)
		if (trec_id_equal(&p->previous[i].id, id))
			return true;
	return false;
}

/*
 * One walk over all peers, until one is met that may be ended: who changed its key since, unless
 * the subject was found, and the highest number given. Numbers never come again, not even when all
 * notices are gone: peers know up to which they got.
 */
static trec_err look_at_peers(struct intake *t, bool found, struct trec_id *at, struct rec_peer *p,
			      bool *may)
{
	struct eng_walk w = { 0 };
	struct rec_peer other;
	bool more = true;
	trec_err err = TREC_OK;

	while (err == TREC_OK && more && !*may) {
		err = eng_walk_peers(t->s, &w, &other, &more);
		if (err != TREC_OK || !more)
			break;
		if (other.noticed > t->highest)
			t->highest = other.noticed;
		if (found || !was_called(&other, &t->claims.sub))
			continue;
		found = true;
		*at = w.id;
		*p = other;
		*may = may_end(t, at, p);
	}
	trec_wipe(&other, sizeof(other));
	return err;
}

/* The subject's record, also if it changed its key since, and whether the issuer may end it. */
static trec_err find_subject(struct intake *t, struct trec_id *at, struct rec_peer *p, bool *may)
{
	bool found = false;
	trec_err err = eng_peer_load(t->env, t->s, TREC_RECORD_PEER, &t->claims.sub, p, &found);

	*at = t->claims.sub;
	*may = err == TREC_OK && found && may_end(t, at, p);
	if (err == TREC_OK && !*may)
		err = look_at_peers(t, found, at, p, may);
	return err;
}

/* Counts the issuer's, drops what is over; *known: this one is kept already. */
static trec_err look_around(struct intake *t, const uint8_t id[TREC_ID_LEN], size_t *kept,
			    bool *known)
{
	struct walk w = { .begun = false };
	bool more = true;
	trec_err err = TREC_OK;

	while (err == TREC_OK && more) {
		err = walk_next(t->s, &w, &more);
		if (err != TREC_OK || !more)
			break;
		if (w.notice.number > t->highest)
			t->highest = w.notice.number;
		if (memcmp(w.at.b, id, TREC_ID_LEN) == 0)
			*known = true;
		else if (is_over(t->env, &w.notice))
			eng_batch_remove(&t->batch, TREC_RECORD_NOTICE, w.at.b);
		else if (trec_id_equal(&w.iss, &t->claims.iss))
			(*kept)++;
	}
	return err;
}

/* Who brought it has it: if that one lacked none before, it lacks none now. */
static trec_err spare_bringer(struct intake *t, uint64_t number)
{
	struct rec_peer p;
	bool found = false;
	trec_err err = eng_peer_load(t->env, t->s, TREC_RECORD_PEER, t->from, &p, &found);

	if (err == TREC_OK && found && p.noticed + 1 == number) {
		p.noticed = number;
		eng_batch_peer(&t->batch, t->from, &p);
	}
	trec_wipe(&p, sizeof(p));
	return err;
}

static trec_err keep(struct intake *t, struct eng_noticed *out)
{
	struct rec_notice notice = { .exp_s = (uint64_t)t->claims.exp,
				     .statement = t->statement };
	uint8_t id[TREC_ID_LEN];
	uint8_t buf[REC_NOTICE_MAX];
	size_t kept = 0;
	bool known = false;
	size_t n = 0;

	memcpy(id, t->claims.iss.b, ISSUER_PART);
	memcpy(id + ISSUER_PART, t->claims.cti, TRUST_CTI_LEN);
	trec_err err = look_around(t, id, &kept, &known);

	if (err != TREC_OK || known)
		return err;
	if (kept >= ENG_NOTICES_KEPT) {
		out->refusal = TREC_REFUSAL_TOO_MANY;
		return TREC_OK;
	}
	notice.number = t->highest + 1;
	eng_batch_fail(&t->batch, rec_notice_encode(&notice, buf, sizeof(buf), &n));
	eng_batch_put(&t->batch, TREC_RECORD_NOTICE, id, trec_bytes(buf, n));
	eng_batch_fail(&t->batch, spare_bringer(t, notice.number));
	err = eng_batch_commit(&t->batch);
	if (err == TREC_OK)
		out->effect = TREC_NOTICE_SHOWN;
	return err;
}

static trec_err apply(struct intake *t, struct eng_noticed *out)
{
	static const struct eng_parting how = { .tombstone = true, .by = REC_BY_NOTICE };
	struct rec_peer p;
	struct trec_id at;
	bool may = false;
	bool stone = false;
	trec_err err = find_subject(t, &at, &p, &may);

	if (err == TREC_OK && may) {
		err = eng_part(t->env, t->s, &at, &p, &how);
		if (err == TREC_OK)
			out->effect = TREC_NOTICE_DISSOLVED;
		out->subject = at;
	} else if (err == TREC_OK) {
		/* Of whom was parted here already, nothing is kept. */
		err = eng_tombstone_find(t->s, &t->claims.sub, &stone);
		if (err == TREC_OK && !stone)
			err = keep(t, out);
	}
	trec_wipe(&p, sizeof(p));
	return err;
}

trec_err eng_notice_take(const struct trec_env *env, struct trec_store *s,
			 struct trec_bytes statement, const struct trec_id *from,
			 struct eng_noticed *out)
{
	struct intake t = { .env = env, .s = s, .statement = statement, .from = from,
			    .batch = eng_batch_to(env, s) };
	trec_err err = TREC_OK;

	memset(out, 0, sizeof(*out));
	out->refusal = TREC_REFUSAL_MALFORMED;
	if (trust_peek(statement, TRUST_TOMBSTONE, &out->issuer, &out->subject, NULL))
		err = judge(&t, &out->issuer, &out->refusal);
	if (err == TREC_OK && out->refusal == TREC_REFUSAL_NONE)
		err = apply(&t, out);
	if (err != TREC_OK)
		out->refusal = TREC_REFUSAL_STORE;
	eng_batch_drop(&t.batch);
	return err;
}
