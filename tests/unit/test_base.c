/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about proto/base. */
#include <string.h>

#include "proto/base/base.h"
#include "tests/lib/suite.h"

static void every_result_has_a_name_and_a_text(void)
{
	for (int i = 0; i < TREC_E_COUNT; i++) {
		CU_ASSERT_TRUE(strlen(trec_err_name((trec_err)i)) > 0);
		CU_ASSERT_TRUE(strlen(trec_err_text((trec_err)i)) > 0);
		for (int k = 0; k < i; k++)
			CU_ASSERT_STRING_NOT_EQUAL(trec_err_name((trec_err)i),
						   trec_err_name((trec_err)k));
	}
	CU_ASSERT_STRING_EQUAL(trec_err_name((trec_err)9999), "internal");
}

static void every_failure_tells_what_to_do(void)
{
	for (int i = 1; i < TREC_E_COUNT; i++) {
		CU_ASSERT_TRUE(strlen(trec_err_hint((trec_err)i)) > 0);
		CU_ASSERT_NOT_EQUAL(trec_err_class((trec_err)i), TREC_CLASS_NONE);
	}
}

static void arena_blocks_are_zeroed_disjoint_and_wiped(void)
{
	uint8_t *a = base_secret_alloc(100);
	uint8_t *b = base_secret_alloc(64);

	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_TRUE(b >= a + 128 || a >= b + 64);
	for (size_t i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(a[i], 0);
	memset(a, 0x5a, 100);
	base_secret_free(a, 100);
	for (size_t i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(a[i], 0);
	base_secret_free(b, 64);
	base_secret_free(NULL, 64);
}

static void full_arena_answers_null_and_recovers(void)
{
	void *block[64];
	size_t n = 0;

	while (n < BASE_COUNT(block) && (block[n] = base_secret_alloc(4096)) != NULL)
		n++;
	CU_ASSERT_TRUE(n > 0 && n < BASE_COUNT(block));
	for (size_t i = 0; i < n; i++)
		base_secret_free(block[i], 4096);
	void *again = base_secret_alloc(4096);

	CU_ASSERT_PTR_NOT_NULL(again);
	base_secret_free(again, 4096);
	CU_ASSERT_PTR_NULL(base_secret_alloc(0));
	CU_ASSERT_PTR_NULL(base_secret_alloc((size_t)1 << 30));
}

static void numbers_are_big_endian(void)
{
	uint8_t b[8];

	base_put64(b, 0x0102030405060708ULL);
	for (uint8_t i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(b[i], i + 1);
	CU_ASSERT_EQUAL(base_get64(b), 0x0102030405060708ULL);
	CU_ASSERT_EQUAL(base_get16(b), 0x0102);
}

static void constant_time_comparison_sees_every_bit(void)
{
	uint8_t a[32] = { 0 };
	uint8_t b[32] = { 0 };

	CU_ASSERT_TRUE(base_equal_ct(a, b, sizeof a));
	for (size_t i = 0; i < 8 * sizeof b; i++) {
		b[i / 8] ^= (uint8_t)(1 << i % 8);
		CU_ASSERT_FALSE(base_equal_ct(a, b, sizeof a));
		b[i / 8] = 0;
	}
}

static void system_environment_gives_time_boot_and_random(void)
{
	const struct trec_env *env = trec_env_default();
	uint8_t boot[16], again[16], r1[32], r2[32];
	bool trusted = false;

	env->boot_id(env->ctx, boot);
	env->boot_id(env->ctx, again);
	CU_ASSERT_TRUE(memcmp(boot, again, 16) == 0);
	CU_ASSERT_TRUE(env->wall_s(env->ctx, &trusted) > 1704067200);
	CU_ASSERT_TRUE(trusted);
	CU_ASSERT_EQUAL(env->random(env->ctx, r1, 32), TREC_OK);
	CU_ASSERT_EQUAL(env->random(env->ctx, r2, 32), TREC_OK);
	CU_ASSERT_TRUE(memcmp(r1, r2, 32) != 0);
}

static const struct suite_case cases[] = {
	SUITE_CASE(every_result_has_a_name_and_a_text),
	SUITE_CASE(every_failure_tells_what_to_do),
	SUITE_CASE(arena_blocks_are_zeroed_disjoint_and_wiped),
	SUITE_CASE(full_arena_answers_null_and_recovers),
	SUITE_CASE(numbers_are_big_endian),
	SUITE_CASE(constant_time_comparison_sees_every_bit),
	SUITE_CASE(system_environment_gives_time_boot_and_random),
};

SUITE_MAIN("base", cases)
