/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about the P-256 group operations under SPAKE2+. */
#include <pthread.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

static const char order_hex[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
static const char prime_hex[] = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
static struct fault_env fault;
static const struct trec_env *env = &fault.env;

static void small(unsigned v, uint8_t out[32])
{
	memset(out, 0, 32);
	out[30] = (uint8_t)(v >> 8);
	out[31] = (uint8_t)v;
}

static void sums_and_products_agree(void)
{
	uint8_t k[32];
	uint8_t g[65];
	uint8_t acc[65];
	uint8_t product[65];

	small(1, k);
	CU_ASSERT_EQUAL(crypto_p256_mul_base(env, k, g), TREC_OK);
	memcpy(acc, g, sizeof acc);
	for (unsigned i = 2; i < 40; i++) {
		small(i, k);
		CU_ASSERT_EQUAL(crypto_p256_add(env, acc, g, acc), TREC_OK);
		CU_ASSERT_EQUAL(crypto_p256_mul_base(env, k, product), TREC_OK);
		CU_ASSERT_EQUAL(memcmp(acc, product, sizeof acc), 0);
		CU_ASSERT_EQUAL(crypto_p256_check(trec_bytes(acc, sizeof acc)), TREC_OK);
	}
	for (unsigned i = 39; i > 1; i--)
		CU_ASSERT_EQUAL(crypto_p256_sub(env, acc, g, acc), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(acc, g, sizeof acc), 0);
}

/* The key pair of RFC 6979 A.2.5. */
static void known_multiple_of_the_generator(void)
{
	uint8_t k[32];
	uint8_t want[65];
	uint8_t got[65];

	(void)sweep_unhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", k,
			  32);
	(void)sweep_unhex("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
			  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
			  want, sizeof want);
	CU_ASSERT_EQUAL(crypto_p256_mul_base(env, k, got), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(got, want, sizeof got), 0);
}

static void split_multiplication_agrees_with_the_plain_one(void)
{
	uint8_t k[32];
	uint8_t plain[65];
	uint8_t split[65];

	for (unsigned i = 0; i < 12; i++) {
		if (i < 4)
			small(i + 1, k);
		else
			CU_ASSERT_EQUAL(crypto_p256_scalar_random(env, k), TREC_OK);
		if (i == 4) {
			(void)sweep_unhex(order_hex, k, 32);
			k[31]--;
		}
		CU_ASSERT_EQUAL(crypto_p256_mul(env, k, crypto_p256_m, plain), TREC_OK);
		CU_ASSERT_EQUAL(crypto_p256_mul_split(env, k, crypto_p256_m, split), TREC_OK);
		CU_ASSERT_EQUAL(memcmp(plain, split, 65), 0);
		CU_ASSERT_EQUAL(crypto_p256_mul_base(env, k, plain), TREC_OK);
		CU_ASSERT_EQUAL(crypto_p256_mul_base_split(env, k, split), TREC_OK);
		CU_ASSERT_EQUAL(memcmp(plain, split, 65), 0);
	}
	small(0, k);
	CU_ASSERT_EQUAL(crypto_p256_mul_split(env, k, crypto_p256_m, split), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(split[0], 0);
}

#define THREADS 4

static void *multiply(void *arg)
{
	const struct trec_env *own = trec_env_default();
	uint8_t k[32], a[65], b[65];
	bool *ok = arg;

	*ok = true;
	for (unsigned i = 1; i <= 10 && *ok; i++) {
		small(i, k);
		*ok = crypto_p256_mul(own, k, crypto_p256_m, a) == TREC_OK &&
		      crypto_p256_mul_split(own, k, crypto_p256_m, b) == TREC_OK &&
		      memcmp(a, b, 65) == 0;
	}
	return NULL;
}

static void threads_do_not_disturb_each_other(void)
{
	pthread_t threads[THREADS];
	bool ok[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, multiply, &ok[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
		CU_ASSERT(ok[i]);
	}
}

static void infinity_is_refused_as_a_result(void)
{
	uint8_t k[32];
	uint8_t g[65];
	uint8_t minus[65];
	uint8_t out[65];

	small(1, k);
	CU_ASSERT_EQUAL(crypto_p256_mul_base(env, k, g), TREC_OK);
	(void)sweep_unhex(order_hex, k, 32);
	k[31]--;
	CU_ASSERT_EQUAL(crypto_p256_mul_base(env, k, minus), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(g, minus, 33), 0);
	memset(out, 1, sizeof out);
	CU_ASSERT_EQUAL(crypto_p256_add(env, g, minus, out), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(out[0], 0);
	CU_ASSERT_EQUAL(crypto_p256_sub(env, g, g, out), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(crypto_p256_sub(env, g, minus, out), TREC_OK);
	small(2, k);
	CU_ASSERT_EQUAL(crypto_p256_mul_base(env, k, minus), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(out, minus, sizeof out), 0);
}

static void scalars_out_of_range_are_refused(void)
{
	uint8_t k[32];
	uint8_t out[65];

	small(0, k);
	CU_ASSERT_EQUAL(crypto_p256_mul_base(env, k, out), TREC_E_MALFORMED);
	(void)sweep_unhex(order_hex, k, 32);
	CU_ASSERT_EQUAL(crypto_p256_mul_base(env, k, out), TREC_E_MALFORMED);
	k[31]++;
	CU_ASSERT_EQUAL(crypto_p256_mul_base(env, k, out), TREC_E_MALFORMED);
	memset(k, 0xff, sizeof k);
	CU_ASSERT_EQUAL(crypto_p256_mul_base(env, k, out), TREC_E_MALFORMED);
}

/* Both checks agree on what has the length of a point. */
static bool no_point(struct trec_bytes p, void *ctx)
{
	(void)ctx;
	return crypto_p256_check(p) == TREC_E_MALFORMED &&
	       (p.n != CRYPTO_P256_POINT_LEN ||
		crypto_p256_check_secret(env, p.p) == TREC_E_MALFORMED);
}

/* One byte of x or y changed leaves the curve but for chance of 2^-256. */
static void only_uncompressed_points_on_the_curve_pass(void)
{
	struct trec_bytes m = trec_bytes(crypto_p256_m, sizeof crypto_p256_m);
	uint8_t p[66];

	CU_ASSERT_EQUAL(crypto_p256_check(m), TREC_OK);
	CU_ASSERT_EQUAL(crypto_p256_check_secret(env, m.p), TREC_OK);
	CU_ASSERT_EQUAL(crypto_p256_check_secret(env, crypto_p256_n), TREC_OK);
	CU_ASSERT(sweep_bytes(m, no_point, NULL));
	CU_ASSERT(sweep_truncations(m, no_point, NULL));
	CU_ASSERT(sweep_trailing(m, no_point, NULL));
	memcpy(p, crypto_p256_m, 65);
	p[0] = (uint8_t)(0x02 | (p[64] & 1));
	CU_ASSERT(no_point(trec_bytes(p, 33), NULL)); /* compressed */
	p[0] = (uint8_t)(0x06 | (p[64] & 1));
	CU_ASSERT(no_point(trec_bytes(p, 65), NULL)); /* hybrid */
	memset(p, 0, sizeof p);
	CU_ASSERT(no_point(trec_bytes(p, 1), NULL)); /* infinity in X9.62 */
	p[0] = 4;
	CU_ASSERT(no_point(trec_bytes(p, 65), NULL)); /* (0, 0) */
}

/* x = 0 is on the curve; x = p would be its second encoding. */
static void coordinates_not_below_p_are_refused(void)
{
	uint8_t p[65];

	/* y of x = 0 is the square root of b */
	(void)sweep_unhex("040000000000000000000000000000000000000000000000000000000000000000"
			  "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
			  p, sizeof p);
	CU_ASSERT_EQUAL(crypto_p256_check(trec_bytes(p, sizeof p)), TREC_OK);
	CU_ASSERT_EQUAL(crypto_p256_check_secret(env, p), TREC_OK);
	(void)sweep_unhex(prime_hex, p + 1, 32);
	CU_ASSERT(no_point(trec_bytes(p, sizeof p), NULL));
}

static void reduction_is_exact_at_its_edges(void)
{
	uint8_t wide[40] = { 0 };
	uint8_t out[32];
	uint8_t want[32];

	CU_ASSERT_EQUAL(crypto_p256_scalar_reduce(trec_bytes(wide, 40), out), TREC_E_CRYPTO);
	(void)sweep_unhex(order_hex, wide + 8, 32);
	CU_ASSERT_EQUAL(crypto_p256_scalar_reduce(trec_bytes(wide, 40), out), TREC_E_CRYPTO);
	wide[39]++;
	CU_ASSERT_EQUAL(crypto_p256_scalar_reduce(trec_bytes(wide, 40), out), TREC_OK);
	small(1, want);
	CU_ASSERT_EQUAL(memcmp(out, want, 32), 0);
	wide[39] = (uint8_t)(wide[39] - 2);
	CU_ASSERT_EQUAL(crypto_p256_scalar_reduce(trec_bytes(wide, 40), out), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(out, wide + 8, 32), 0);
	/* 2^320 - 1 mod n, computed elsewhere */
	memset(wide, 0xff, sizeof wide);
	CU_ASSERT_EQUAL(crypto_p256_scalar_reduce(trec_bytes(wide, 40), out), TREC_OK);
	(void)sweep_unhex("fffffffe00000001431905529c0166cd22159165b6faae70f756a571fc632550",
			  want, 32);
	CU_ASSERT_EQUAL(memcmp(out, want, 32), 0);
	CU_ASSERT_EQUAL(crypto_p256_scalar_reduce(trec_bytes(wide, 32), out), TREC_E_INTERNAL);
}

/* Most of them are the 256 points of a cache entry: every seventh of those will do. */
static void every_failing_allocation_is_reported(void)
{
	uint8_t k[32];
	uint8_t out[65];
	struct fault_budget b = { 0, true };

	small(77, k);
	for (uint64_t n = 0; b.hit && n < 1000; n += n < 16 ? 1 : 7) {
		b = (struct fault_budget){ n, false };
		crypto_alloc_gate(fault_spend, &b);
		trec_err err = crypto_p256_mul(env, k, crypto_p256_m, out);

		crypto_alloc_gate(NULL, NULL);
		CU_ASSERT_EQUAL(err, b.hit ? TREC_E_NO_MEMORY : TREC_OK);
		CU_ASSERT_EQUAL(out[0], b.hit ? 0 : 4);
	}
	CU_ASSERT_FALSE(b.hit);
}

static void random_scalars_are_in_range_and_differ(void)
{
	uint8_t a[32];
	uint8_t b[32] = { 0 };
	uint8_t out[65];

	for (int i = 0; i < 20; i++) {
		CU_ASSERT_EQUAL(crypto_p256_scalar_random(env, a), TREC_OK);
		CU_ASSERT_NOT_EQUAL(memcmp(a, b, 32), 0);
		CU_ASSERT_EQUAL(crypto_p256_mul_base(env, a, out), TREC_OK);
		memcpy(b, a, 32);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(sums_and_products_agree),
	SUITE_CASE(known_multiple_of_the_generator),
	SUITE_CASE(split_multiplication_agrees_with_the_plain_one),
	SUITE_CASE(threads_do_not_disturb_each_other),
	SUITE_CASE(infinity_is_refused_as_a_result),
	SUITE_CASE(scalars_out_of_range_are_refused),
	SUITE_CASE(only_uncompressed_points_on_the_curve_pass),
	SUITE_CASE(coordinates_not_below_p_are_refused),
	SUITE_CASE(reduction_is_exact_at_its_edges),
	SUITE_CASE(every_failing_allocation_is_reported),
	SUITE_CASE(random_scalars_are_in_range_and_differ),
};

int main(void)
{
	fault_env_init(&fault, 5);
	if (crypto_init() != TREC_OK)
		return 1;
	int status = suite_main("p256", cases, BASE_COUNT(cases));

	crypto_done();
	return status;
}
