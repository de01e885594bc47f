/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place where a statement is judged (docs/PROTOCOL.md, Statements). */
#include <string.h>

#include "proto/base/base.h"
#include "proto/trust/statement.h"

const char *trust_verdict_text(enum trust_verdict v)
{
	static const char *const texts[TRUST_VERDICT_COUNT] = {
#define ROW(id, text) [TRUST_##id] = (text),
		TRUST_VERDICT_LIST(ROW)
#undef ROW
	};

	return (unsigned)v < TRUST_VERDICT_COUNT ? texts[v] : texts[TRUST_FAILED];
}

static bool same_id(const struct trec_id *a, const struct trec_id *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

static enum trust_verdict from_err(trec_err err, enum trust_verdict malformed)
{
	return err == TREC_OK ? TRUST_ACCEPTED : err == TREC_E_MALFORMED ? malformed : TRUST_FAILED;
}

/* The statement names the key it is checked against, and is signed by it. */
static enum trust_verdict check_issuer(const struct trust_parts *p, const struct trust_expect *e)
{
	uint8_t to_sign[TRUST_TO_SIGN_MAX];
	uint8_t der[TREC_SIG_MAX];
	struct trec_bytes sig = p->signature;
	trec_key_alg alg = TREC_KEY_ED25519;
	struct trec_id id;
	size_t n = 0;
	trec_err err = crypto_spki_check(e->issuer_spki, &alg, &id);

	if (err != TREC_OK)
		return from_err(err, TRUST_ISSUER);
	if (!same_id(&p->kid, &id) || !same_id(&p->claims.iss, &id))
		return TRUST_ISSUER;
	if (p->alg != trust_alg(alg))
		return TRUST_ALGORITHM;
	if (alg == TREC_KEY_P256) {
		err = crypto_ecdsa_from_raw(sig.p, der, &n);
		sig = trec_bytes(der, n);
	}
	if (err == TREC_OK && !trust_encode_to_sign(e->kind, p->protected_header, p->payload,
						    to_sign, &n))
		return TRUST_FAILED;
	if (err == TREC_OK)
		err = crypto_verify(e->issuer_spki, trec_bytes(to_sign, n), sig);
	return from_err(err, TRUST_SIGNATURE);
}

static enum trust_verdict check_who(const struct trust_claims *c, const struct trust_expect *e)
{
	bool about_issuer = same_id(&c->sub, &c->iss);

	if (!same_id(&c->aud, &e->me))
		return TRUST_AUDIENCE;
	if (e->kind == TRUST_REVOKE)
		return about_issuer ? TRUST_ACCEPTED : TRUST_SUBJECT;
	return same_id(&c->sub, &e->me) ? TRUST_SUBJECT : TRUST_ACCEPTED;
}

/* A revoke over the issuer's own session is as fresh as the session. */
static enum trust_verdict check_time(const struct trec_env *env, const struct trust_claims *c,
				     const struct trust_expect *e)
{
	bool trusted = false;
	int64_t now = env->wall_s(env->ctx, &trusted);

	if (e->kind == TRUST_REVOKE && e->own_session)
		return TRUST_ACCEPTED;
	if (!trusted || c->iat == 0)
		return TRUST_NO_CLOCK;
	if (c->iat - TRUST_AHEAD_MAX_S > now)
		return TRUST_NOT_YET;
	if (now >= c->exp)
		return TRUST_EXPIRED;
	return c->exp - c->iat > TRUST_LIFE_S ? TRUST_LIFE : TRUST_ACCEPTED;
}

static enum trust_verdict judge(const struct trec_env *env, struct trec_bytes statement,
				const struct trust_expect *e, struct trust_parts *p)
{
	if (statement.n > TRUST_STATEMENT_MAX)
		return TRUST_TOO_LARGE;
	if (!trust_decode(statement, p))
		return TRUST_MALFORMED;
	enum trust_verdict v = check_issuer(p, e);

	if (v == TRUST_ACCEPTED)
		v = check_who(&p->claims, e);
	if (v == TRUST_ACCEPTED)
		v = check_time(env, &p->claims, e);
	if (v == TRUST_ACCEPTED && e->seen != NULL &&
	    e->seen(e->seen_ctx, &p->claims.iss, p->claims.cti))
		v = TRUST_REPLAYED;
	return v;
}

enum trust_verdict trust_verify(const struct trec_env *env, struct trec_bytes statement,
				const struct trust_expect *expect, struct trust_claims *out)
{
	struct trust_parts p;
	enum trust_verdict v = judge(env, statement, expect, &p);

	memset(out, 0, sizeof *out);
	if (v == TRUST_ACCEPTED)
		*out = p.claims;
	return v;
}
