/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: see bare.c. The primitives of a pairing as wolfCrypt offers them, with its
 * cache of base points and without what a secret PIN demands: the floor, not something to use.
 */
#include "bench/bare.h"

#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>

#define MESSAGE 130 /* bytes that a CertificateVerify signs */
#define WARM_BASE 4 /* uses of one base until its table stands */

struct ecc {
	mp_int prime, a, order, k;
	ecc_point *base, *out;
	WC_RNG rng;
};

static void draw(struct ecc *e)
{
	uint8_t bytes[32];

	bare_must(wc_RNG_GenerateBlock(&e->rng, bytes, sizeof(bytes)) == 0 &&
			  mp_read_unsigned_bin(&e->k, bytes, sizeof(bytes)) == 0 &&
			  mp_mod(&e->k, &e->order, &e->k) == 0,
		  "a scalar");
}

static void multiply(void *ctx)
{
	struct ecc *e = ctx;

	bare_must(wc_ecc_mulmod(&e->k, e->base, e->out, &e->a, &e->prime, 1) == 0, "a product");
}

static void start(struct ecc *e)
{
	const ecc_set_type *set = wc_ecc_get_curve_params(wc_ecc_get_curve_idx(ECC_SECP256R1));

	e->base = wc_ecc_new_point();
	e->out = wc_ecc_new_point();
	bare_must(e->base != NULL && e->out != NULL && wc_InitRng(&e->rng) == 0 &&
			  mp_init_multi(&e->prime, &e->a, &e->order, &e->k, NULL, NULL) == 0 &&
			  mp_read_radix(&e->prime, set->prime, MP_RADIX_HEX) == 0 &&
			  mp_read_radix(&e->a, set->Af, MP_RADIX_HEX) == 0 &&
			  mp_read_radix(&e->order, set->order, MP_RADIX_HEX) == 0 &&
			  wc_ecc_get_generator(e->base, wc_ecc_get_curve_idx(ECC_SECP256R1)) == 0,
		  "the curve");
}

static void stop(struct ecc *e)
{
	wc_ecc_del_point(e->base);
	wc_ecc_del_point(e->out);
	(void)wc_FreeRng(&e->rng);
	wc_ecc_fp_free();
}

/* k * P for a point never seen before. */
void bare_ecc_new(const struct bare_plan *plan)
{
	struct ecc e;

	start(&e);
	for (unsigned i = 0; i < plan->warm + plan->count; i++) {
		draw(&e);
		if (i < plan->warm)
			multiply(&e);
		else
			bench_measured(multiply, &e);
		bare_must(wc_ecc_copy_point(e.out, e.base) == 0, "a point");
	}
	stop(&e);
}

/* k * P for a point whose table stands. */
void bare_ecc_fixed(const struct bare_plan *plan)
{
	struct ecc e;

	start(&e);
	for (unsigned i = 0; i < WARM_BASE + plan->count; i++) {
		draw(&e);
		if (i < WARM_BASE)
			multiply(&e);
		else
			bench_measured(multiply, &e);
	}
	stop(&e);
}

struct ed {
	ed25519_key key;
	WC_RNG rng;
	uint8_t message[MESSAGE];
	uint8_t sig[ED25519_SIG_SIZE];
	uint8_t raw[ED25519_PUB_KEY_SIZE];
};

static void sign(void *ctx)
{
	struct ed *e = ctx;
	word32 n = sizeof(e->sig);

	bare_must(wc_ed25519_sign_msg(e->message, sizeof(e->message), e->sig, &n, &e->key) == 0,
		  "a signature");
}

static void verify(void *ctx)
{
	struct ed *e = ctx;
	ed25519_key key;
	int good = 0;

	bare_must(wc_ed25519_init(&key) == 0 &&
			  wc_ed25519_import_public(e->raw, sizeof(e->raw), &key) == 0 &&
			  wc_ed25519_verify_msg(e->sig, sizeof(e->sig), e->message,
						sizeof(e->message), &good, &key) == 0 &&
			  good == 1,
		  "a signature verifies");
	wc_ed25519_free(&key);
}

static void signatures(const struct bare_plan *plan, void (*f)(void *ctx))
{
	struct ed e = { .message = { 1 } };
	word32 n = sizeof(e.raw);

	bare_must(wc_InitRng(&e.rng) == 0 && wc_ed25519_init(&e.key) == 0 &&
			  wc_ed25519_make_key(&e.rng, ED25519_KEY_SIZE, &e.key) == 0 &&
			  wc_ed25519_export_public(&e.key, e.raw, &n) == 0,
		  "a key");
	sign(&e);
	for (unsigned i = 0; i < plan->warm; i++)
		f(&e);
	for (unsigned i = 0; i < plan->count; i++)
		bench_measured(f, &e);
	wc_ed25519_free(&e.key);
	(void)wc_FreeRng(&e.rng);
}

void bare_sign(const struct bare_plan *plan)
{
	signatures(plan, sign);
}

void bare_verify(const struct bare_plan *plan)
{
	signatures(plan, verify);
}
