/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims that SPAKE2+ computes what RFC 9383 appendix C says. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/pake/pake.h"
#include "proto/pake/transcript.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"
#include "tests/unit/rfc9383.h"

static void start_env(struct fault_env *f, uint64_t seed)
{
	fault_env_init(f, seed);
	f->env.scrypt_log_n_max = 4;
}

static struct trec_bytes text(const char *s)
{
	return trec_bytes(s, strlen(s));
}

static void unhex_vector(const struct rfc9383 *hex, struct rfc9383_bytes *v)
{
	(void)sweep_unhex(hex->w0, v->w0, sizeof v->w0);
	(void)sweep_unhex(hex->w1, v->w1, sizeof v->w1);
	(void)sweep_unhex(hex->l, v->l, sizeof v->l);
	(void)sweep_unhex(hex->x, v->x, sizeof v->x);
	(void)sweep_unhex(hex->y, v->y, sizeof v->y);
	(void)sweep_unhex(hex->share_p, v->share_p, sizeof v->share_p);
	(void)sweep_unhex(hex->share_v, v->share_v, sizeof v->share_v);
	(void)sweep_unhex(hex->z, v->z, sizeof v->z);
	(void)sweep_unhex(hex->v, v->v, sizeof v->v);
}

/* L, both shares, and Z and V from both sides. */
static void group_values_hold(const struct trec_env *env, const struct rfc9383_bytes *v)
{
	uint8_t p[65];
	uint8_t w0m[65];
	uint8_t w0n[65];
	uint8_t z[65];
	uint8_t vv[65];

	CU_ASSERT_EQUAL(crypto_p256_mul_base(env, v->w1, p), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(p, v->l, 65), 0);
	CU_ASSERT_EQUAL(crypto_p256_mul(env, v->w0, crypto_p256_m, w0m), TREC_OK);
	CU_ASSERT_EQUAL(crypto_p256_mul(env, v->w0, crypto_p256_n, w0n), TREC_OK);
	CU_ASSERT_EQUAL(crypto_p256_mul_base(env, v->x, p), TREC_OK);
	CU_ASSERT_EQUAL(crypto_p256_add(env, p, w0m, p), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(p, v->share_p, 65), 0);
	CU_ASSERT_EQUAL(crypto_p256_mul_base(env, v->y, p), TREC_OK);
	CU_ASSERT_EQUAL(crypto_p256_add(env, p, w0n, p), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(p, v->share_v, 65), 0);
	CU_ASSERT_EQUAL(pake_verifier_z(env, v->y, w0m, v->share_p, z), TREC_OK);
	CU_ASSERT_EQUAL(pake_verifier_v(env, v->y, v->l, vv), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(z, v->z, 65), 0);
	CU_ASSERT_EQUAL(memcmp(vv, v->v, 65), 0);
	CU_ASSERT_EQUAL(pake_prover_points(env, v->x, v->w1, w0n, v->share_v, z, vv), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(z, v->z, 65), 0);
	CU_ASSERT_EQUAL(memcmp(vv, v->v, 65), 0);
}

static void c631_c2_rfc9383_p256_sha256_vector_holds(void)
{
	struct fault_env f;
	struct rfc9383_bytes v;
	uint8_t want[32];
	struct pake_outcome r;
	const struct pake_ids ids = { text("client"), text("server") };

	start_env(&f, 1);
	unhex_vector(&rfc9383_sha256, &v);
	group_values_hold(&f.env, &v);
	struct pake_transcript t = {
		.context = text(rfc9383_context),
		.ids = &ids,
		.share_p = v.share_p,
		.share_v = v.share_v,
		.w0 = v.w0,
	};

	memcpy(t.z, v.z, sizeof t.z);
	memcpy(t.v, v.v, sizeof t.v);
	CU_ASSERT_EQUAL(pake_conclude(&t, &r), TREC_OK);
	(void)sweep_unhex(rfc9383_confirm_p, want, 32);
	CU_ASSERT_EQUAL(memcmp(r.confirm_p, want, 32), 0);
	(void)sweep_unhex(rfc9383_confirm_v, want, 32);
	CU_ASSERT_EQUAL(memcmp(r.confirm_v, want, 32), 0);
	(void)sweep_unhex(rfc9383_shared, want, 32);
	CU_ASSERT_EQUAL(memcmp(r.shared, want, 32), 0);
	CU_ASSERT_EQUAL(pake_self_test(), TREC_OK);
}

static void c631_c2_rfc9383_p256_sha512_group_values_hold(void)
{
	struct fault_env f;
	struct rfc9383_bytes v;

	start_env(&f, 2);
	unhex_vector(&rfc9383_sha512, &v);
	group_values_hold(&f.env, &v);
}

/* An environment that hands out given 32 bytes first: then x and y are the vector's. */
struct given {
	struct fault_env f;
	const uint8_t *first;
	trec_err (*then)(void *ctx, uint8_t *out, size_t n);
};

static trec_err give(void *ctx, uint8_t *out, size_t n)
{
	struct given *g = ctx;

	if (g->first == NULL || n != 32)
		return g->then(&g->f, out, n);
	memcpy(out, g->first, 32);
	g->first = NULL;
	return TREC_OK;
}

static void given_init(struct given *g, const uint8_t *first)
{
	start_env(&g->f, 9);
	g->then = g->f.env.random;
	g->first = first;
	g->f.env.ctx = g;
	g->f.env.random = give;
}

/* The verifier object as a whole; the prover's x enters its share likewise. */
static void c631_c2_rfc9383_vector_holds_through_the_verifier_object(void)
{
	struct given g;
	struct rfc9383_bytes v;
	struct pake_verifier *verifier = NULL;
	struct pake_record record = { .params = { { 4, 8, 1 }, { 0 } } };
	const struct pake_ids ids = { text("client"), text("server") };
	uint8_t share[65];
	uint8_t confirm[32];
	uint8_t key[32];
	uint8_t want[32];

	unhex_vector(&rfc9383_sha256, &v);
	given_init(&g, v.y);
	memcpy(record.w0, v.w0, 32);
	memcpy(record.l, v.l, 65);
	CU_ASSERT_EQUAL(pake_verifier_new(&g.f.env, &verifier), TREC_OK);
	CU_ASSERT_EQUAL(crypto_p256_mul(&g.f.env, v.w0, crypto_p256_m, record.w0m), TREC_OK);
	CU_ASSERT_EQUAL(crypto_p256_mul(&g.f.env, v.w0, crypto_p256_n, record.w0n), TREC_OK);
	CU_ASSERT_EQUAL(pake_record_check(&g.f.env, &record), TREC_OK);
	CU_ASSERT_EQUAL(pake_verifier_reply(verifier, &record, &ids, text(rfc9383_context),
					    v.share_p, share, confirm),
			TREC_OK);
	CU_ASSERT_EQUAL(memcmp(share, v.share_v, 65), 0);
	(void)sweep_unhex(rfc9383_confirm_v, want, 32);
	CU_ASSERT_EQUAL(memcmp(confirm, want, 32), 0);
	(void)sweep_unhex(rfc9383_confirm_p, want, 32);
	CU_ASSERT_EQUAL(pake_verifier_finish(verifier, want, key), TREC_OK);
	(void)sweep_unhex(rfc9383_shared, want, 32);
	CU_ASSERT_EQUAL(memcmp(key, want, 32), 0);
	pake_verifier_free(&verifier);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_c2_rfc9383_p256_sha256_vector_holds),
	SUITE_CASE(c631_c2_rfc9383_p256_sha512_group_values_hold),
	SUITE_CASE(c631_c2_rfc9383_vector_holds_through_the_verifier_object),
};

int main(void)
{
	if (crypto_init() != TREC_OK)
		return 1;
	int status = suite_main("pake_vectors", cases, BASE_COUNT(cases));

	crypto_done();
	return status;
}
