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

static enum trust_verdict from_err(trec_err err, enum trust_verdict malformed)
{
	return err == TREC_OK ? TRUST_ACCEPTED : err == TREC_E_MALFORMED ? malformed : TRUST_FAILED;
}

/* A key as it stands in a record or a statement. */
struct key {
	struct trec_bytes spki;
	trec_key_alg alg;
	struct trec_id id;
};

static trec_err know(struct trec_bytes spki, struct key *k)
{
	k->spki = spki;
	return crypto_spki_check(spki, &k->alg, &k->id);
}

/* One signature over the payload. */
static enum trust_verdict check_signature(const struct key *k, const struct trust_seal *s,
					  const char *purpose, struct trec_bytes payload)
{
	uint8_t to_sign[TRUST_TO_SIGN_MAX];
	uint8_t der[TREC_SIG_MAX];
	struct trec_bytes sig = s->signature;
	trec_err err = TREC_OK;
	size_t n = 0;

	if (s->alg != trust_alg(k->alg))
		return TRUST_ALGORITHM;
	if (k->alg == TREC_KEY_P256) {
		err = crypto_ecdsa_from_raw(sig.p, der, &n);
		sig = trec_bytes(der, n);
	}
	if (err == TREC_OK && !trust_encode_to_sign(purpose, s->header, payload, to_sign, &n))
		return TRUST_FAILED;
	if (err == TREC_OK)
		err = crypto_verify(k->spki, trec_bytes(to_sign, n), sig);
	return from_err(err, TRUST_SIGNATURE);
}

/* The statement names the key it is checked against, and is signed by it. */
static enum trust_verdict check_issuer(const struct trust_parts *p, const struct trust_expect *e)
{
	struct trec_bytes brought = trec_bytes(p->claims.issuer_spki, p->claims.issuer_spki_len);
	bool by_itself = e->kind == TRUST_SUCCESSION && e->issuer_spki.n == 0;
	enum trust_verdict bad = by_itself ? TRUST_ISSUER_KEY : TRUST_ISSUER;
	struct key k;
	trec_err err = know(by_itself ? brought : e->issuer_spki, &k);

	if (err != TREC_OK)
		return from_err(err, bad);
	if (!trec_id_equal(&p->claims.iss, &k.id))
		return bad;
	if (!trec_id_equal(&p->issuer.kid, &k.id))
		return TRUST_ISSUER;
	if (e->kind == TRUST_SUCCESSION && !trec_bytes_equal(brought, k.spki))
		return TRUST_ISSUER_KEY;
	return check_signature(&k, &p->issuer, trust_kind_text(e->kind), p->payload);
}

static enum trust_verdict check_who(const struct trust_claims *c, const struct trust_expect *e)
{
	bool about_issuer = trec_id_equal(&c->sub, &c->iss);
	bool to_somebody = e->kind == TRUST_REVOKE || e->kind == TRUST_INTRODUCTION;

	if (to_somebody && !trec_id_equal(&c->aud, &e->me))
		return TRUST_AUDIENCE;
	if (e->kind == TRUST_REVOKE)
		return about_issuer ? TRUST_ACCEPTED : TRUST_SUBJECT;
	if (e->kind == TRUST_TOMBSTONE)
		return trec_id_equal(&c->sub, &e->me) ? TRUST_SUBJECT : TRUST_ACCEPTED;
	return about_issuer ? TRUST_SUBJECT : TRUST_ACCEPTED;
}

/* The subject is the id of the key that is vouched for; key, second signature, certificate. */
static enum trust_verdict check_key(const struct trust_parts *p, const struct trust_expect *e)
{
	const struct trust_claims *c = &p->claims;
	struct crypto_cert cert;
	struct key k;

	if (e->kind != TRUST_INTRODUCTION && e->kind != TRUST_SUCCESSION)
		return TRUST_ACCEPTED;
	trec_err err = know(trec_bytes(c->spki, c->spki_len), &k);

	if (err != TREC_OK)
		return from_err(err, TRUST_CONFIRMATION);
	if (!trec_id_equal(&c->sub, &k.id))
		return TRUST_CONFIRMATION;
	if (e->kind == TRUST_SUCCESSION) {
		enum trust_verdict v =
			trec_id_equal(&p->subject.kid, &k.id)
				? check_signature(&k, &p->subject, TRUST_PURPOSE_SUCCESSION_NEW,
						  p->payload)
				: TRUST_SUCCESSOR;

		if (v != TRUST_ACCEPTED)
			return v == TRUST_FAILED ? v : TRUST_SUCCESSOR;
	}
	err = crypto_cert_parse(c->cert, &cert);
	if (err != TREC_OK)
		return from_err(err, TRUST_CERTIFICATE);
	return trec_bytes_equal(cert.spki, k.spki) ? TRUST_ACCEPTED : TRUST_CERTIFICATE;
}

/*
 * A revoke over the issuer's own session is as fresh as the session, an introduction with our
 * nonce as the nonce; a succession is kept fresh by its sequence. All else needs two clocks.
 */
static enum trust_verdict check_time(const struct trec_env *env, const struct trust_claims *c,
				     const struct trust_expect *e)
{
	bool trusted = false;
	int64_t now = env->wall_s(env->ctx, &trusted);
	bool ahead = trusted && c->iat - TRUST_AHEAD_MAX_S > now;

	if (e->kind == TRUST_INTRODUCTION) {
		if (c->has_nonce != (e->nonce != NULL) ||
		    (c->has_nonce && !base_equal_ct(c->nonce, e->nonce, sizeof c->nonce)))
			return TRUST_NONCE;
		if (c->has_nonce)
			return TRUST_ACCEPTED;
	}
	if (e->kind == TRUST_REVOKE && e->own_session)
		return TRUST_ACCEPTED;
	if (e->kind == TRUST_SUCCESSION)
		return ahead ? TRUST_NOT_YET : TRUST_ACCEPTED;
	if (!trusted || c->iat == 0)
		return TRUST_NO_CLOCK;
	if (ahead)
		return TRUST_NOT_YET;
	if (now >= c->exp)
		return TRUST_EXPIRED;
	return c->exp - c->iat > TRUST_LIFE_S ? TRUST_LIFE : TRUST_ACCEPTED;
}

static enum trust_verdict judge(const struct trec_env *env, struct trec_bytes statement,
				const struct trust_expect *e, struct trust_parts *p)
{
	if (statement.n > trust_max(e->kind))
		return TRUST_TOO_LARGE;
	if (!trust_decode(e->kind, statement, p))
		return TRUST_MALFORMED;
	enum trust_verdict v = check_issuer(p, e);

	if (v == TRUST_ACCEPTED)
		v = check_who(&p->claims, e);
	if (v == TRUST_ACCEPTED)
		v = check_key(p, e);
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

bool trust_peek(struct trec_bytes statement, enum trust_kind kind, struct trec_id *iss,
		struct trec_id *sub, struct trec_id *aud)
{
	static const struct trust_claims none;
	struct trust_parts p;
	bool fine = statement.n <= trust_max(kind) && trust_decode(kind, statement, &p);
	const struct trust_claims *c = fine ? &p.claims : &none;

	if (iss != NULL)
		*iss = c->iss;
	if (sub != NULL)
		*sub = c->sub;
	if (aud != NULL)
		*aud = c->aud;
	return fine;
}
