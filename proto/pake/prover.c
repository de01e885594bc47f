/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPAKE2+ on the side where the PIN is entered (RFC 9383 3.3, Prover). */
#include <string.h>

#include "proto/base/base.h"
#include "proto/pake/transcript.h"

enum prover_state { FRESH, STRETCHED, SENT, OVER };

struct pake_prover {
	const struct trec_env *env;
	enum prover_state state;
	const struct pake_ids *ids;
	uint8_t x[CRYPTO_P256_SCALAR_LEN];
	uint8_t xg[PAKE_SHARE_LEN];
	struct pake_scalars w;
	uint8_t w0n[PAKE_SHARE_LEN];
	uint8_t share[PAKE_SHARE_LEN];
};

/* Ends the run for good: nothing secret stays. */
static void over(struct pake_prover *p)
{
	const struct trec_env *env = p->env;

	trec_wipe(p, sizeof *p);
	p->env = env;
	p->state = OVER;
}

trec_err pake_prover_new(const struct trec_env *env, struct pake_prover **out)
{
	struct pake_prover *p;
	trec_err err = pake_ready();

	*out = NULL;
	if (err != TREC_OK)
		return err;
	p = base_secret_alloc(sizeof *p);
	if (p == NULL)
		return TREC_E_NO_MEMORY;
	p->env = env;
	err = crypto_p256_scalar_random(env, p->x);
	if (err == TREC_OK)
		err = crypto_p256_mul_base(env, p->x, p->xg);
	if (err != TREC_OK)
		pake_prover_free(&p);
	*out = p;
	return err;
}

void pake_prover_free(struct pake_prover **p)
{
	base_secret_free(*p, sizeof **p);
	*p = NULL;
}

trec_err pake_prover_stretch(struct pake_prover *p, struct trec_bytes pin,
			     const struct pake_params *params, const struct pake_ids *ids)
{
	uint8_t w0m[PAKE_SHARE_LEN];

	if (p->state != FRESH)
		return TREC_E_STATE;
	p->ids = ids;
	trec_err err = pake_stretch(p->env, pin, params, ids, &p->w);

	if (err == TREC_OK)
		err = crypto_p256_mul_split(p->env, p->w.w0, crypto_p256_m, w0m);
	if (err == TREC_OK)
		err = crypto_p256_mul_split(p->env, p->w.w0, crypto_p256_n, p->w0n);
	if (err == TREC_OK)
		err = crypto_p256_add(p->env, p->xg, w0m, p->share);
	trec_wipe(w0m, sizeof w0m);
	if (err == TREC_OK)
		p->state = STRETCHED;
	else
		over(p);
	return err;
}

trec_err pake_prover_share(struct pake_prover *p, uint8_t share[PAKE_SHARE_LEN])
{
	memset(share, 0, PAKE_SHARE_LEN);
	if (p->state != STRETCHED)
		return TREC_E_STATE;
	memcpy(share, p->share, PAKE_SHARE_LEN);
	p->state = SENT;
	return TREC_OK;
}

/* Z = x*(shareV - w0*N), V = w1*(shareV - w0*N); the cofactor is 1. */
trec_err pake_prover_points(const struct trec_env *env, const uint8_t *x, const uint8_t *w1,
			    const uint8_t *w0n, const uint8_t *share_v, uint8_t *z, uint8_t *v)
{
	uint8_t base[PAKE_SHARE_LEN];
	trec_err err = crypto_p256_check(trec_bytes(share_v, PAKE_SHARE_LEN));

	if (err == TREC_OK)
		err = crypto_p256_sub(env, share_v, w0n, base);
	if (err == TREC_OK)
		err = crypto_p256_mul(env, x, base, z);
	if (err == TREC_OK)
		err = crypto_p256_mul_split(env, w1, base, v);
	trec_wipe(base, sizeof base);
	return err;
}

trec_err pake_prover_finish(struct pake_prover *p, struct trec_bytes context,
			    const uint8_t share_v[PAKE_SHARE_LEN],
			    const uint8_t confirm_v[PAKE_CONFIRM_LEN],
			    uint8_t confirm_p[PAKE_CONFIRM_LEN], uint8_t key[PAKE_KEY_LEN])
{
	struct pake_outcome result;
	struct pake_transcript t = {
		.context = context,
		.ids = p->ids,
		.share_p = p->share,
		.share_v = share_v,
		.w0 = p->w.w0,
	};

	memset(confirm_p, 0, PAKE_CONFIRM_LEN);
	memset(key, 0, PAKE_KEY_LEN);
	if (p->state != SENT)
		return TREC_E_STATE;
	trec_err err = pake_prover_points(p->env, p->x, p->w.w1, p->w0n, share_v, t.z, t.v);

	if (err == TREC_OK)
		err = pake_conclude(&t, &result);
	if (err == TREC_OK && !base_equal_ct(result.confirm_v, confirm_v, PAKE_CONFIRM_LEN))
		err = TREC_E_WRONG_PIN;
	if (err == TREC_OK) {
		memcpy(confirm_p, result.confirm_p, PAKE_CONFIRM_LEN);
		memcpy(key, result.shared, PAKE_KEY_LEN);
	}
	trec_wipe(&result, sizeof result);
	trec_wipe(&t, sizeof t);
	over(p);
	return err;
}
