/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making statements with whatever holds our key. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/trust/statement.h"

static trec_err fill_claims(const struct trec_env *env, const struct trec_signer *signer,
			    struct trust_claims *c)
{
	bool trusted = false;
	int64_t now = env->wall_s(env->ctx, &trusted);
	trec_err err = crypto_spki_check(trec_bytes(signer->spki, signer->spki_len), NULL, &c->iss);

	if (err == TREC_OK)
		err = crypto_random(env, c->cti, sizeof c->cti);
	if (err == TREC_OK && trusted && now > 0) {
		c->iat = now;
		c->exp = now + TRUST_LIFE_S;
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

trec_err trust_make(const struct trec_env *env, enum trust_kind kind,
		    const struct trec_signer *signer, const struct trec_id *sub,
		    const struct trec_id *aud, uint8_t *out, size_t cap, size_t *n,
		    struct trust_claims *made)
{
	struct trust_claims c = { .sub = *sub, .aud = *aud };
	uint8_t header[64], payload[TRUST_STATEMENT_MAX], to_sign[TRUST_TO_SIGN_MAX];
	uint8_t sig[TRUST_SIG_LEN];
	size_t header_len = 0;
	size_t payload_len = 0;
	size_t to_sign_len = 0;

	*n = 0;
	if (made != NULL)
		memset(made, 0, sizeof *made);
	trec_err err = fill_claims(env, signer, &c);

	if (err != TREC_OK)
		return err;
	if (!trust_encode_header(trust_alg(signer->alg), &c.iss, header, sizeof header,
				 &header_len) ||
	    !trust_encode_claims(&c, payload, sizeof payload, &payload_len) ||
	    !trust_encode_to_sign(kind, trec_bytes(header, header_len),
				  trec_bytes(payload, payload_len), to_sign, &to_sign_len))
		return TREC_E_INTERNAL;
	err = sign(signer, trec_bytes(to_sign, to_sign_len), sig);
	if (err != TREC_OK)
		return err;
	struct trust_parts p = {
		.protected_header = trec_bytes(header, header_len),
		.payload = trec_bytes(payload, payload_len),
		.signature = trec_bytes(sig, sizeof sig),
	};

	if (!trust_encode(&p, out, cap, n))
		return TREC_E_NO_SPACE;
	if (made != NULL)
		*made = c;
	return TREC_OK;
}
