/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making statements with whatever holds our key. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/trust/statement.h"

/* A header and the signature made with it. */
struct sealed {
	uint8_t header[TRUST_HEADER_LEN];
	size_t header_len;
	uint8_t sig[TRUST_SIG_LEN];
};

static trec_err fill_claims(const struct trec_env *env, const struct trec_signer *signer,
			    enum trust_kind kind, struct trust_claims *c)
{
	bool trusted = false;
	int64_t now = env->wall_s(env->ctx, &trusted);
	trec_err err = crypto_spki_check(trec_bytes(signer->spki, signer->spki_len), NULL, &c->iss);

	if (err == TREC_OK)
		err = crypto_random(env, c->cti, sizeof c->cti);
	if (err == TREC_OK && trusted && now > 0) {
		c->iat = now;
		c->exp = kind == TRUST_SUCCESSION ? 0 : now + TRUST_LIFE_S;
	}
	return err;
}

/* One signature of COSE's form: 64 bytes for either kind of key. */
static trec_err sign(const struct trec_signer *signer, struct trec_bytes message,
		     uint8_t out[TRUST_SIG_LEN])
{
	uint8_t sig[TREC_SIG_MAX];
	size_t n = 0;
	trec_err err = signer->sign(signer->ctx, message, sig, sizeof sig, &n);

	if (err != TREC_OK)
		return err;
	if (signer->alg == TREC_KEY_P256)
		return crypto_ecdsa_to_raw(trec_bytes(sig, n), out);
	if (n != TRUST_SIG_LEN)
		return TREC_E_CRYPTO;
	memcpy(out, sig, TRUST_SIG_LEN);
	return TREC_OK;
}

static trec_err seal(const struct trec_signer *signer, const struct trec_id *kid,
		     const char *purpose, struct trec_bytes payload, struct sealed *s,
		     struct trust_seal *out)
{
	uint8_t to_sign[TRUST_TO_SIGN_MAX];
	size_t n = 0;

	if (!trust_encode_header(trust_alg(signer->alg), kid, s->header, sizeof s->header,
				 &s->header_len) ||
	    !trust_encode_to_sign(purpose, trec_bytes(s->header, s->header_len), payload, to_sign,
				  &n))
		return TREC_E_INTERNAL;
	out->header = trec_bytes(s->header, s->header_len);
	out->signature = trec_bytes(s->sig, sizeof s->sig);
	return sign(signer, trec_bytes(to_sign, n), s->sig);
}

/* second: the subject's signer, of a succession only. */
static trec_err finish(enum trust_kind kind, const struct trec_signer *signer,
		       const struct trec_signer *second, const struct trust_claims *c, uint8_t *out,
		       size_t cap, size_t *n)
{
	uint8_t payload[TRUST_STATEMENT_MAX];
	struct sealed sealed[2];
	struct trust_parts p = { 0 };

	if (!trust_encode_claims(kind, c, payload, sizeof payload, &p.payload.n))
		return TREC_E_INTERNAL;
	p.payload.p = payload;
	trec_err err =
		seal(signer, &c->iss, trust_kind_text(kind), p.payload, &sealed[0], &p.issuer);

	if (err == TREC_OK && second != NULL)
		err = seal(second, &c->sub, TRUST_PURPOSE_SUCCESSION_NEW, p.payload, &sealed[1],
			   &p.subject);
	if (err == TREC_OK && !trust_encode(&p, out, cap, n))
		err = TREC_E_NO_SPACE;
	return err;
}

static void start(size_t *n, struct trust_claims *made)
{
	*n = 0;
	if (made != NULL)
		memset(made, 0, sizeof *made);
}

static void done(trec_err err, const struct trust_claims *c, struct trust_claims *made)
{
	if (err == TREC_OK && made != NULL)
		*made = *c;
}

trec_err trust_make(const struct trec_env *env, enum trust_kind kind,
		    const struct trec_signer *signer, const struct trec_id *sub,
		    const struct trec_id *aud, uint8_t *out, size_t cap, size_t *n,
		    struct trust_claims *made)
{
	struct trust_claims c = { .sub = *sub };

	start(n, made);
	if (kind == TRUST_REVOKE ? aud == NULL : kind != TRUST_TOMBSTONE || aud != NULL)
		return TREC_E_USAGE;
	if (aud != NULL)
		c.aud = *aud;
	trec_err err = fill_claims(env, signer, kind, &c);

	if (err == TREC_OK)
		err = finish(kind, signer, NULL, &c, out, cap, n);
	done(err, &c, made);
	return err;
}

/* Subject and key from its certificate. */
static trec_err fill_subject(struct trec_bytes der, struct trust_claims *c)
{
	struct crypto_cert cert;
	trec_err err = crypto_cert_read(der, &cert);

	if (err != TREC_OK)
		return err;
	c->sub = cert.id;
	c->cert = der;
	memcpy(c->spki, cert.spki.p, cert.spki.n);
	c->spki_len = cert.spki.n;
	return TREC_OK;
}

static bool texts_ok(const struct trust_introduction *what)
{
	return msg_name_ok(trec_bytes((const uint8_t *)what->name, strlen(what->name))) &&
	       msg_kind_ok(trec_bytes((const uint8_t *)what->kind, strlen(what->kind))) &&
	       (what->rights == NULL || msg_rights_ok(what->rights)) &&
	       (what->hints == NULL || msg_hints_ok(what->hints));
}

trec_err trust_make_introduction(const struct trec_env *env, const struct trec_signer *signer,
				 const struct trust_introduction *what, uint8_t *out, size_t cap,
				 size_t *n, struct trust_claims *made)
{
	struct trust_claims c = { .aud = what->aud, .has_nonce = what->nonce != NULL };

	start(n, made);
	if (!texts_ok(what))
		return TREC_E_USAGE;
	memcpy(c.name, what->name, strlen(what->name) + 1);
	memcpy(c.kind, what->kind, strlen(what->kind) + 1);
	if (what->rights != NULL)
		c.rights = *what->rights;
	if (what->hints != NULL)
		c.hints = *what->hints;
	if (c.has_nonce)
		memcpy(c.nonce, what->nonce, sizeof c.nonce);
	trec_err err = fill_subject(what->cert, &c);

	if (err == TREC_OK)
		err = fill_claims(env, signer, TRUST_INTRODUCTION, &c);
	if (err == TREC_OK && !c.has_nonce && c.iat == 0)
		err = TREC_E_STATE;
	if (err == TREC_OK)
		err = finish(TRUST_INTRODUCTION, signer, NULL, &c, out, cap, n);
	done(err, &c, made);
	return err;
}

trec_err trust_make_succession(const struct trec_env *env, const struct trec_signer *old,
			       const struct trec_signer *now, struct trec_bytes cert,
			       uint64_t sequence, uint8_t *out, size_t cap, size_t *n,
			       struct trust_claims *made)
{
	struct trust_claims c = { .sequence = sequence, .issuer_spki_len = old->spki_len };

	start(n, made);
	memcpy(c.issuer_spki, old->spki, sizeof c.issuer_spki);
	trec_err err = fill_subject(cert, &c);
	struct trec_bytes key = trec_bytes(c.spki, c.spki_len);

	if (err == TREC_OK && (sequence == 0 || sequence > TRUST_SEQUENCE_MAX ||
			       trec_bytes_equal(key, trec_bytes(old->spki, old->spki_len)) ||
			       !trec_bytes_equal(key, trec_bytes(now->spki, now->spki_len))))
		err = TREC_E_USAGE;
	if (err == TREC_OK)
		err = fill_claims(env, old, TRUST_SUCCESSION, &c);
	if (err == TREC_OK)
		err = finish(TRUST_SUCCESSION, old, now, &c, out, cap, n);
	done(err, &c, made);
	return err;
}
