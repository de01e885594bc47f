/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a timing test that never fires shows nothing. This one's instrument must fire
 * on wolfSSL's plain multiplication, which reads tables by bits of the scalar where FP_ECC is
 * built in (docs/ARCHITECTURE.md, SPAKE2+ arithmetic), and on a loop that skips the zeros; and it
 * must be quiet where both classes are the same. tests/timing/own turns it on our own arithmetic.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/crypto/wolf.h"
#include "tests/lib/suite.h"
#include "tests/timing/ttest.h"

#define RUNS 1500
#define TRIES 3

static uint8_t scalar[32], base[65];

/* Class 0: random. Class 1: two bits set. */
static void random_or_sparse(int class)
{
	uint8_t two[2][32] = { { 0 } };

	ttest_bytes(two[0], 32);
	two[0][0] &= 0x7f; /* below the order */
	two[1][31] = 1;
	two[1][(ttest_random() & 15) + 1] = (uint8_t)(1U << (ttest_random() & 7));
	memcpy(scalar, two[class], 32);
}

static void random_twice(int class)
{
	random_or_sparse(0);
	if (class == 1)
		random_or_sparse(0);
}

/* ---- wolfSSL's plain multiplication ------------------------------------------------------- */

static mp_int prime, a;
static ecc_point *from, *to;

static void plain(void)
{
	mp_int k;

	if (mp_init(&k) != 0 || mp_read_unsigned_bin(&k, scalar, 32) != 0 ||
	    wc_ecc_mulmod(&k, from, to, &a, &prime, 1) != 0)
		abort();
}

static bool point_ready(void)
{
	static const char p[] = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
	uint8_t one[32] = { 0 };

	one[31] = 1;
	from = wc_ecc_new_point();
	to = wc_ecc_new_point();
	return from != NULL && to != NULL && mp_init(&prime) == 0 && mp_init(&a) == 0 &&
	       mp_read_radix(&prime, p, 16) == 0 && mp_sub_d(&prime, 3, &a) == 0 &&
	       crypto_p256_mul_base(ttest_env(), one, base) == TREC_OK &&
	       mp_read_unsigned_bin(from->x, base + 1, 32) == 0 &&
	       mp_read_unsigned_bin(from->y, base + 33, 32) == 0 && mp_set(from->z, 1) == 0;
}

static void fires_on_wolfssls_plain_multiplication(void)
{
	const struct ttest t = { "plain", random_or_sparse, plain, RUNS };

#ifndef FP_ECC
	suite_skip_claim(__func__, "this wolfSSL has no FP_ECC: no tables to give anything away");
	return;
#endif
	CU_ASSERT_FATAL(point_ready());
	double w = ttest_welch(&t);

	printf("wolfSSL's plain multiplication: t = %.1f\n", w);
	CU_ASSERT(fabs(w) > 4 * TTEST_LIMIT);
	wc_ecc_del_point(from);
	wc_ecc_del_point(to);
	wc_ecc_fp_free();
}

/* ---- toys --------------------------------------------------------------------------------- */

static volatile uint64_t sink;

/* Multiplies only where a bit is set. */
static void skips_zeros(void)
{
	uint64_t v = 3;

	for (size_t i = 0; i < 256; i++) {
		v = v * v + 1;
		if (scalar[i / 8] >> (7 - i % 8) & 1)
			sink = v = v * 0x9e3779b97f4a7c15U / (v | 1); /* no compiler does both */
	}
	sink = v;
}

static void takes_the_same_path(void)
{
	uint64_t v = 3;

	for (size_t i = 0; i < 256; i++) {
		uint64_t bit = 0 - (uint64_t)(scalar[i / 8] >> (7 - i % 8) & 1);
		uint64_t w = v * 0x9e3779b97f4a7c15U + (v >> 7);

		v = v * v + 1;
		v ^= (v ^ w) & bit;
	}
	sink = v;
}

static void fires_on_a_loop_that_skips_zeros(void)
{
	const struct ttest t = { "toy", random_or_sparse, skips_zeros, 20000 };
	double w = ttest_welch(&t);

	printf("a loop that skips zeros: t = %.1f\n", w);
	CU_ASSERT(fabs(w) > 4 * TTEST_LIMIT);
}

static double best_of(const struct ttest *t)
{
	double best = HUGE_VAL;

	for (int i = 0; i < TRIES && fabs(best) >= TTEST_LIMIT; i++) {
		double w = ttest_welch(t);

		best = fabs(w) < fabs(best) ? w : best;
	}
	printf("%s: t = %.1f\n", t->name, best);
	return fabs(best);
}

static void is_quiet_on_a_loop_that_does_not(void)
{
	const struct ttest t = { "a loop that does the same", random_or_sparse,
				 takes_the_same_path, 20000 };

	CU_ASSERT(best_of(&t) < TTEST_LIMIT);
}

static void split(void)
{
	if (crypto_p256_mul_split(ttest_env(), scalar, crypto_p256_m, base) != TREC_OK)
		abort();
}

static void is_quiet_on_equal_classes(void)
{
	const struct ttest t = { "two classes of random scalars", random_twice, split, 200 };

	CU_ASSERT(best_of(&t) < TTEST_LIMIT);
}

static const struct suite_case cases[] = {
	SUITE_CASE(fires_on_wolfssls_plain_multiplication),
	SUITE_CASE(fires_on_a_loop_that_skips_zeros),
	SUITE_CASE(is_quiet_on_a_loop_that_does_not),
	SUITE_CASE(is_quiet_on_equal_classes),
};

int main(void)
{
	const char *given = getenv("TREC_TEST_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : 0;

	if (suite_shadowed())
		suite_skip("detector", "under a sanitizer or valgrind times mean nothing");
	if (crypto_init() != TREC_OK)
		return 1;
	printf("seed %" PRIu64 "%s\n", seed, ttest_pin() ? "" : ", on no core of its own");
	ttest_seed(seed);
	int status = suite_main("detector", cases, BASE_COUNT(cases));

	crypto_done();
	return status;
}
