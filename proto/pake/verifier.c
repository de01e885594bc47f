/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SPAKE2+ on the side whose window is open (RFC 9383 3.3, Verifier), and the record it keeps
 * instead of the PIN. Online it multiplies by y only: w0*M and w0*N are in the record, so its
 * timing can tell nothing about the PIN. What needs no word of the prover can be done ahead.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/pake/transcript.h"

enum verifier_state { FRESH, PREPARED, REPLIED, OVER };

struct pake_verifier {
	const struct trec_env *env;
	enum verifier_state state;
	uint8_t y[CRYPTO_P256_SCALAR_LEN];
	uint8_t share[PAKE_SHARE_LEN]; /* y*G; once prepared, shareV */
	uint8_t v[PAKE_SHARE_LEN];     /* once prepared, y*L */
	struct pake_outcome result;
};

static void over(struct pake_verifier *v)
{
	const struct trec_env *env = v->env;

	trec_wipe(v, sizeof *v);
	v->env = env;
	v->state = OVER;
}

trec_err pake_record_make(const struct trec_env *env, struct trec_bytes pin,
			  const struct pake_ids *ids, struct pake_record *out)
{
	struct pake_scalars w = { { 0 }, { 0 } };

	memset(out, 0, sizeof *out);
	if (!pake_pin_ok(pin))
		return TREC_E_BAD_PIN;
	out->params.scrypt = crypto_scrypt_default(env);
	trec_err err = pake_ready();

	if (err == TREC_OK)
		err = crypto_random(env, out->params.salt, sizeof out->params.salt);
	if (err == TREC_OK)
		err = pake_stretch(env, pin, &out->params, ids, &w);
	if (err == TREC_OK)
		err = crypto_p256_mul_base_split(env, w.w1, out->l);
	if (err == TREC_OK)
		err = crypto_p256_mul_split(env, w.w0, crypto_p256_m, out->w0m);
	if (err == TREC_OK)
		err = crypto_p256_mul_split(env, w.w0, crypto_p256_n, out->w0n);
	memcpy(out->w0, w.w0, sizeof out->w0);
	trec_wipe(&w, sizeof w);
	if (err != TREC_OK)
		trec_wipe(out, sizeof *out);
	return err;
}

trec_err pake_record_check(const struct trec_env *env, const struct pake_record *record)
{
	static const uint8_t zero[CRYPTO_P256_SCALAR_LEN];

	if (!crypto_scrypt_acceptable(env, &record->params.scrypt) ||
	    base_equal_ct(record->w0, zero, sizeof zero))
		return TREC_E_MALFORMED;
	trec_err err = crypto_p256_check_secret(env, record->l);

	if (err == TREC_OK)
		err = crypto_p256_check_secret(env, record->w0m);
	if (err == TREC_OK)
		err = crypto_p256_check_secret(env, record->w0n);
	return err;
}

trec_err pake_verifier_new(const struct trec_env *env, struct pake_verifier **out)
{
	struct pake_verifier *v;
	trec_err err = pake_ready();

	*out = NULL;
	if (err != TREC_OK)
		return err;
	v = base_secret_alloc(sizeof *v);
	if (v == NULL)
		return TREC_E_NO_MEMORY;
	v->env = env;
	err = crypto_p256_scalar_random(env, v->y);
	if (err == TREC_OK)
		err = crypto_p256_mul_base(env, v->y, v->share);
	if (err != TREC_OK)
		pake_verifier_free(&v);
	*out = v;
	return err;
}

void pake_verifier_free(struct pake_verifier **v)
{
	base_secret_free(*v, sizeof **v);
	*v = NULL;
}

trec_err pake_verifier_prepare(struct pake_verifier *v, const struct pake_record *record)
{
	if (v->state != FRESH)
		return TREC_E_STATE;
	trec_err err = crypto_p256_add(v->env, v->share, record->w0n, v->share);

	if (err == TREC_OK)
		err = pake_verifier_v(v->env, v->y, record->l, v->v);
	if (err == TREC_OK)
		v->state = PREPARED;
	else
		over(v);
	return err;
}

/* V = y*L */
trec_err pake_verifier_v(const struct trec_env *env, const uint8_t *y, const uint8_t *l, uint8_t *v)
{
	return crypto_p256_mul(env, y, l, v);
}

/* Z = y*(shareP - w0*M); the cofactor is 1. */
trec_err pake_verifier_z(const struct trec_env *env, const uint8_t *y, const uint8_t *w0m,
			 const uint8_t *share_p, uint8_t *z)
{
	uint8_t base[PAKE_SHARE_LEN];
	trec_err err = crypto_p256_check(trec_bytes(share_p, PAKE_SHARE_LEN));

	if (err == TREC_OK)
		err = crypto_p256_sub(env, share_p, w0m, base);
	if (err == TREC_OK)
		err = crypto_p256_mul(env, y, base, z);
	trec_wipe(base, sizeof base);
	return err;
}

trec_err pake_verifier_reply(struct pake_verifier *v, const struct pake_record *record,
			     const struct pake_ids *ids, struct trec_bytes context,
			     const uint8_t share_p[PAKE_SHARE_LEN], uint8_t share_v[PAKE_SHARE_LEN],
			     uint8_t confirm_v[PAKE_CONFIRM_LEN])
{
	struct pake_transcript t = {
		.context = context,
		.ids = ids,
		.share_p = share_p,
		.share_v = v->share,
		.w0 = record->w0,
	};
	trec_err err = TREC_OK;

	memset(confirm_v, 0, PAKE_CONFIRM_LEN);
	memset(share_v, 0, PAKE_SHARE_LEN);
	if (v->state == FRESH)
		err = pake_verifier_prepare(v, record);
	else if (v->state != PREPARED)
		return TREC_E_STATE;
	if (err == TREC_OK)
		err = pake_verifier_z(v->env, v->y, record->w0m, share_p, t.z);
	memcpy(t.v, v->v, sizeof t.v);
	if (err == TREC_OK)
		err = pake_conclude(&t, &v->result);
	trec_wipe(&t, sizeof t);
	if (err != TREC_OK) {
		over(v);
		return err;
	}
	memcpy(share_v, v->share, PAKE_SHARE_LEN);
	memcpy(confirm_v, v->result.confirm_v, PAKE_CONFIRM_LEN);
	trec_wipe(v->y, sizeof v->y);
	trec_wipe(v->share, sizeof v->share);
	trec_wipe(v->v, sizeof v->v);
	v->state = REPLIED;
	return TREC_OK;
}

trec_err pake_verifier_finish(struct pake_verifier *v, const uint8_t confirm_p[PAKE_CONFIRM_LEN],
			      uint8_t key[PAKE_KEY_LEN])
{
	trec_err err = TREC_OK;

	memset(key, 0, PAKE_KEY_LEN);
	if (v->state != REPLIED)
		return TREC_E_STATE;
	if (base_equal_ct(v->result.confirm_p, confirm_p, PAKE_CONFIRM_LEN))
		memcpy(key, v->result.shared, PAKE_KEY_LEN);
	else
		err = TREC_E_WRONG_PIN;
	over(v);
	return err;
}
