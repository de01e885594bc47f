/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see introduction.h: what an introduction must show before it is stored. */
#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/batch.h"
#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "proto/engine/notice.h"

#include <string.h>

#define WAITING_MAX 64 /* introduced by one peer and not met yet */

/* One statement on its way. */
struct intake {
	const struct trec_env *env;
	struct trec_store *s;
	const struct eng_intro_how *how;
	struct trec_bytes statement;
	struct trec_id me;
	struct rec_peer by; /* the introducer */
	struct trust_claims claims;
	struct rec_seen seen;
	struct eng_batch batch;
	struct trec_introduced *out;
};

enum trec_refusal eng_refusal_of(enum trust_verdict v)
{
	static const enum trec_refusal map[TRUST_VERDICT_COUNT] = {
		[TRUST_ACCEPTED] = TREC_REFUSAL_NONE,
		[TRUST_TOO_LARGE] = TREC_REFUSAL_MALFORMED,
		[TRUST_MALFORMED] = TREC_REFUSAL_MALFORMED,
		[TRUST_ISSUER] = TREC_REFUSAL_ALTERED,
		[TRUST_ISSUER_KEY] = TREC_REFUSAL_ALTERED,
		[TRUST_ALGORITHM] = TREC_REFUSAL_ALTERED,
		[TRUST_SIGNATURE] = TREC_REFUSAL_ALTERED,
		[TRUST_AUDIENCE] = TREC_REFUSAL_WRONG_AUDIENCE,
		[TRUST_SUBJECT] = TREC_REFUSAL_WRONG_SUBJECT,
		[TRUST_CONFIRMATION] = TREC_REFUSAL_WRONG_SUBJECT,
		[TRUST_SUCCESSOR] = TREC_REFUSAL_ALTERED,
		[TRUST_CERTIFICATE] = TREC_REFUSAL_CERTIFICATE,
		[TRUST_NONCE] = TREC_REFUSAL_WRONG_NONCE,
		[TRUST_NOT_YET] = TREC_REFUSAL_TOO_EARLY,
		[TRUST_EXPIRED] = TREC_REFUSAL_EXPIRED,
		[TRUST_LIFE] = TREC_REFUSAL_TOO_LONG,
		[TRUST_NO_CLOCK] = TREC_REFUSAL_NO_CLOCK,
		[TRUST_REPLAYED] = TREC_REFUSAL_REPLAYED,
		[TRUST_FAILED] = TREC_REFUSAL_STORE,
	};

	return (unsigned)v < TRUST_VERDICT_COUNT ? map[v] : TREC_REFUSAL_STORE;
}

bool eng_is_before_trust(const struct trust_claims *c, const struct rec_peer *issuer)
{
	return c->iat != 0 && issuer->since_s != 0 &&
	       (uint64_t)c->iat + TRUST_AHEAD_MAX_S < issuer->since_s;
}

/* ---- replay memory ----------------------------------------------------------------------- */

/* What is past its end falls out; without a trusted clock nothing does. */
static trec_err load_seen(struct intake *t, const struct trec_id *iss)
{
	uint64_t now = eng_wall_s(t->env);
	uint8_t buf[REC_SEEN_MAX];
	struct rec_seen all;
	bool found = false;
	size_t n = 0;
	trec_err err = t->s->ops->get(t->s, TREC_RECORD_SEEN, iss->b, buf, sizeof(buf), &n, &found);

	if (err == TREC_OK && found)
		err = rec_seen_decode(trec_bytes(buf, n), &all);
	if (err != TREC_OK)
		return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
	for (size_t i = 0; found && i < all.count; i++)
		if (now == 0 || now < all.entry[i].exp_s)
			t->seen.entry[t->seen.count++] = all.entry[i];
	return TREC_OK;
}

static bool was_seen(void *ctx, const struct trec_id *iss, const uint8_t cti[TRUST_CTI_LEN])
{
	const struct rec_seen *seen = ctx;

	(void)iss; /* the memory is the issuer's */
	for (size_t i = 0; i < seen->count; i++)
		if (memcmp(seen->entry[i].cti, cti, TRUST_CTI_LEN) == 0)
			return true;
	return false;
}

/* A nonce is good for once by itself, and its statement's exp is whatever the issuer likes. */
static void remember(struct intake *t)
{
	struct eng_batch *b = &t->batch;
	struct rec_seen *seen = &t->seen;
	uint8_t buf[REC_SEEN_MAX];
	size_t n = 0;

	if (t->claims.has_nonce)
		return;
	memcpy(seen->entry[seen->count].cti, t->claims.cti, REC_CTI_LEN);
	seen->entry[seen->count++].exp_s = (uint64_t)t->claims.exp;
	eng_batch_fail(b, rec_seen_encode(seen, buf, sizeof(buf), &n));
	eng_batch_put(b, TREC_RECORD_SEEN, t->claims.iss.b, trec_bytes(buf, n));
}

/* ---- judging ----------------------------------------------------------------------------- */

static enum trec_refusal judge_way(const struct intake *t)
{
	const struct eng_intro_how *how = t->how;

	if (how->policy == NULL || how->policy->mode == TREC_INTRODUCTIONS_NEVER)
		return TREC_REFUSAL_POLICY;
	/* The introducer brings the online form itself, the subject the carried one. */
	if (how->nonce != NULL &&
	    (how->from == NULL || !trec_id_equal(how->from, &t->out->introducer)))
		return TREC_REFUSAL_WRONG_BEARER;
	if (how->nonce == NULL && how->from != NULL && !trec_id_equal(how->from, &t->out->subject))
		return TREC_REFUSAL_WRONG_BEARER;
	if (how->nonce != NULL && t->env->now_ms(t->env->ctx) >= how->nonce_until_ms)
		return TREC_REFUSAL_NONCE_EXPIRED;
	return TREC_REFUSAL_NONE;
}

/*
 * Parting forgot what was seen of the issuer, so what travels counts only from the new trust on,
 * with no regard for clocks that differ. A nonce is of now.
 */
static bool is_of_earlier_trust(const struct intake *t)
{
	if (t->how->nonce != NULL)
		return eng_is_before_trust(&t->claims, &t->by);
	return t->by.since_s != 0 && (uint64_t)t->claims.iat < t->by.since_s;
}

static trec_err judge_statement(struct intake *t, enum trec_refusal *why)
{
	struct trust_expect expect = { .kind = TRUST_INTRODUCTION, .me = t->me,
				       .nonce = t->how->nonce, .seen = was_seen,
				       .seen_ctx = &t->seen };
	struct crypto_cert cert;
	trec_err err = crypto_cert_read(trec_bytes(t->by.cert, t->by.cert_len), &cert);

	if (err != TREC_OK)
		return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
	expect.issuer_spki = cert.spki;
	enum trust_verdict v = trust_verify(t->env, t->statement, &expect, &t->claims);

	*why = eng_refusal_of(v);
	if (v == TRUST_ACCEPTED && is_of_earlier_trust(t))
		*why = TREC_REFUSAL_BEFORE_TRUST;
	if (v == TRUST_ACCEPTED && trec_id_equal(&t->claims.sub, &t->me))
		*why = TREC_REFUSAL_OWN_ID;
	return v == TRUST_FAILED ? TREC_E_CRYPTO : TREC_OK;
}

/* One that led to nothing in its time; the subject's own is written over. */
static void sweep(struct intake *t, const struct trec_id *id)
{
	if (trec_id_equal(id, &t->claims.sub))
		return;
	eng_batch_remove(&t->batch, TREC_RECORD_PEER, id->b);
	eng_batch_remove(&t->batch, TREC_RECORD_CARRIED, id->b);
}

/* Whether somebody here had the subject's id once, and how many of the introducer's wait. */
static trec_err judge_others(struct intake *t, enum trec_refusal *why)
{
	struct eng_walk w = { 0 };
	struct rec_peer p;
	size_t waiting = 0;
	bool found = true;
	trec_err err = TREC_OK;

	while (err == TREC_OK && found) {
		err = eng_walk_peers(t->s, &w, &p, &found);
		if (err != TREC_OK || !found)
			break;
		for (size_t i = 0; i < p.previous_count; i++)
			if (trec_id_equal(&p.previous[i].id, &t->claims.sub))
				*why = TREC_REFUSAL_ALREADY_KNOWN;
		if (p.state != REC_STATE_INTRODUCED)
			continue;
		if (eng_peer_dead(t->env, TREC_RECORD_PEER, &p))
			sweep(t, &w.id);
		else if (p.has_introduced_by && trec_id_equal(&p.introduced_by, &t->claims.iss))
			waiting++;
	}
	if (waiting >= WAITING_MAX && *why == TREC_REFUSAL_NONE)
		*why = TREC_REFUSAL_TOO_MANY;
	trec_wipe(&p, sizeof(p));
	return err;
}

static trec_err judge_subject(struct intake *t, enum trec_refusal *why)
{
	struct rec_peer known;
	bool found = false;
	bool stone = false;
	trec_err err = eng_tombstone_find(t->s, &t->claims.sub, &stone);

	/* Nor does it come by the word of an introducer that took it back before it was used. */
	if (err == TREC_OK && !stone)
		err = eng_notice_find(t->env, t->s, &t->claims.iss, &t->claims.sub, &stone);
	if (err == TREC_OK)
		err = eng_peer_load(t->env, t->s, TREC_RECORD_PEER, &t->claims.sub, &known, &found);
	if (err != TREC_OK)
		return err;
	if (stone || (found && known.state == REC_STATE_DISSOLVED_BY_PEER))
		*why = TREC_REFUSAL_SUBJECT_DISSOLVED;
	else if (found)
		*why = TREC_REFUSAL_ALREADY_KNOWN;
	else
		err = judge_others(t, why);
	trec_wipe(&known, sizeof(known));
	return err;
}

/* From the cheap to the dear; what is not signed decides nothing but that nothing happens. */
static trec_err judge(struct intake *t, enum trec_refusal *why)
{
	struct trec_id aud;
	trec_err err;

	*why = TREC_REFUSAL_MALFORMED;
	if (!trust_peek(t->statement, TRUST_INTRODUCTION, &t->out->introducer, &t->out->subject,
			&aud))
		return TREC_OK;
	*why = judge_way(t);
	if (*why != TREC_REFUSAL_NONE)
		return TREC_OK;
	err = eng_introducer_load(t->env, t->s, &t->out->introducer, &t->by, why);
	if (err != TREC_OK || *why != TREC_REFUSAL_NONE)
		return err;
	err = load_seen(t, &t->out->introducer);
	if (err == TREC_OK)
		err = judge_statement(t, why);
	if (err == TREC_OK && *why == TREC_REFUSAL_NONE)
		err = judge_subject(t, why);
	if (err == TREC_OK && *why == TREC_REFUSAL_NONE && !t->claims.has_nonce &&
	    t->seen.count == REC_SEEN_COUNT)
		*why = TREC_REFUSAL_REPLAY_MEMORY_FULL;
	return err;
}

/* ---- storing ----------------------------------------------------------------------------- */

static trec_err fill_record(struct intake *t, struct rec_peer *p)
{
	const struct trust_claims *c = &t->claims;
	uint64_t now = eng_wall_s(t->env);

	memset(p, 0, sizeof(*p));
	p->state = REC_STATE_INTRODUCED;
	p->origin = REC_ORIGIN_INTRODUCED;
	memcpy(p->name, c->name, sizeof(p->name));
	memcpy(p->kind, c->kind, sizeof(p->kind));
	memcpy(p->cert, c->cert.p, c->cert.n);
	p->cert_len = c->cert.n;
	p->hints = c->hints;
	p->since_s = now;
	p->expires_s = now != 0 ? now + ENG_INTRODUCED_S : 0;
	eng_moment(t->env, &p->made);
	p->has_introduced_by = true;
	p->introduced_by = c->iss;
	p->has_statement = true;
	if (eng_rights_grant(p, &c->rights, &t->by, t->how->policy, now))
		t->out->refusal = TREC_REFUSAL_RIGHTS_EXCEEDED;
	return crypto_sha256(t->statement, p->statement);
}

/* Only what is what it is said to be; whether its signature holds is for the subject to judge. */
static void keep_twin(struct intake *t)
{
	struct eng_batch *b = &t->batch;
	struct rec_carried carried = { t->how->twin };
	uint8_t buf[REC_CARRIED_MAX];
	struct trec_id iss, sub, aud;
	size_t n = 0;

	if (!trust_peek(t->how->twin, TRUST_INTRODUCTION, &iss, &sub, &aud) ||
	    !trec_id_equal(&iss, &t->claims.iss) || !trec_id_equal(&sub, &t->me) ||
	    !trec_id_equal(&aud, &t->claims.sub)) {
		eng_batch_remove(b, TREC_RECORD_CARRIED, t->claims.sub.b);
		return;
	}
	eng_batch_fail(b, rec_carried_encode(&carried, buf, sizeof(buf), &n));
	eng_batch_put(b, TREC_RECORD_CARRIED, aud.b, trec_bytes(buf, n));
}

static trec_err store(struct intake *t)
{
	struct rec_peer p;
	trec_err err;

	eng_batch_fail(&t->batch, fill_record(t, &p));
	eng_batch_peer(&t->batch, &t->claims.sub, &p);
	remember(t);
	keep_twin(t);
	err = eng_batch_commit(&t->batch);
	trec_wipe(&p, sizeof(p));
	return err;
}

trec_err eng_intro_take(const struct trec_env *env, struct trec_store *s,
			struct trec_bytes statement, const struct eng_intro_how *how,
			struct trec_introduced *out)
{
	struct intake t = { .env = env, .s = s, .how = how, .statement = statement,
			    .batch = eng_batch_to(env, s), .out = out };
	enum trec_refusal why = TREC_REFUSAL_STORE;
	struct trec_own own;
	trec_err err = s->ops->own(s, &own);

	memset(out, 0, sizeof(*out));
	if (err == TREC_OK) {
		t.me = own.id;
		err = judge(&t, &why);
	}
	out->refusal = err == TREC_OK ? why : TREC_REFUSAL_STORE;
	if (err == TREC_OK && why == TREC_REFUSAL_NONE) {
		memcpy(out->name, t.claims.name, sizeof(out->name));
		out->accepted = how->consented || how->policy->mode == TREC_INTRODUCTIONS_AUTO;
		if (out->accepted)
			err = store(&t);
	}
	if (err != TREC_OK) {
		out->refusal = TREC_REFUSAL_STORE;
		out->accepted = false;
	}
	eng_batch_drop(&t.batch);
	trec_wipe(&t, sizeof(t));
	return err;
}
