/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about what other tests lean on: the sweeps and the environment that fails on demand. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* program_invocation_name */
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

static size_t calls;

static bool count(struct trec_bytes in, void *ctx)
{
	struct trec_bytes *original = ctx;

	calls++;
	return !trec_bytes_equal(in, *original);
}

static bool holds_until(struct trec_bytes in, void *ctx)
{
	(void)in;
	return ++calls < *(size_t *)ctx;
}

static void sweeps_try_every_variant_and_never_the_sample_itself(void)
{
	struct trec_bytes in = trec_bytes("abcde", 5);

	calls = 0;
	CU_ASSERT_TRUE(sweep_truncations(in, count, &in) && calls == 5);
	calls = 0;
	CU_ASSERT_TRUE(sweep_bytes(in, count, &in) && calls == 5 * 255);
	calls = 0;
	CU_ASSERT_TRUE(sweep_bits(in, count, &in) && calls == 5 * 8);
	calls = 0;
	CU_ASSERT_TRUE(sweep_trailing(in, count, &in) && calls == 256);
}

static void a_sweep_ends_at_the_first_case_that_does_not_hold(void)
{
	struct trec_bytes in = trec_bytes("abcde", 5);
	size_t last = 3;

	calls = 0;
	CU_ASSERT_FALSE(sweep_truncations(in, holds_until, &last) || calls != last);
	calls = 0;
	CU_ASSERT_FALSE(sweep_bytes(in, holds_until, &last) || calls != last);
	calls = 0;
	CU_ASSERT_FALSE(sweep_trailing(in, holds_until, &last) || calls != last);
}

static void the_environment_counts_and_fails_the_nth_call(void)
{
	struct fault_env f;
	uint8_t r[8];

	fault_env_init(&f, 7);
	f.fail_alloc = 1;
	f.fail_random = 0;
	void *p = base_alloc(&f.env, 10);

	CU_ASSERT_PTR_NOT_NULL(p);
	CU_ASSERT_FALSE(fault_env_clean(&f));
	CU_ASSERT_PTR_NULL(base_alloc(&f.env, 10));
	CU_ASSERT_EQUAL(f.env.random(f.env.ctx, r, 8), TREC_E_RANDOM);
	CU_ASSERT_EQUAL(f.env.random(f.env.ctx, r, 8), TREC_OK);
	CU_ASSERT_TRUE(f.fired == 2 && f.allocs == 2 && f.randoms == 2);
	CU_ASSERT_TRUE(f.live_blocks == 1 && f.live_bytes == 10);
	base_free(&f.env, p, 10);
	CU_ASSERT_TRUE(fault_env_clean(&f));
}

static void overruns_and_wrong_sizes_are_noticed(void)
{
	struct fault_env f;

	fault_env_init(&f, 7);
	uint8_t *p = f.env.alloc(f.env.ctx, 10);

	p[10] = 0;
	f.env.free(f.env.ctx, p, 10);
	CU_ASSERT_TRUE(f.damaged);
	fault_env_init(&f, 7);
	p = f.env.alloc(f.env.ctx, 10);
	f.env.free(f.env.ctx, p, 9);
	CU_ASSERT_TRUE(f.damaged && f.live_blocks == 0);
}

static void random_bytes_repeat_from_a_seed(void)
{
	struct fault_env a, b;
	uint8_t x[64], y[64];

	fault_env_init(&a, 5);
	fault_env_init(&b, 5);
	CU_ASSERT_EQUAL(a.env.random(a.env.ctx, x, 64), TREC_OK);
	CU_ASSERT_EQUAL(b.env.random(b.env.ctx, y, 64), TREC_OK);
	CU_ASSERT_TRUE(memcmp(x, y, 64) == 0);
	CU_ASSERT_EQUAL(b.env.random(b.env.ctx, y, 64), TREC_OK);
	CU_ASSERT_TRUE(memcmp(x, y, 64) != 0);
}

static bool three_allocations(struct fault_env *f, void *ctx)
{
	unsigned *runs = ctx;
	void *p[3] = { NULL };
	bool ok = true;

	++*runs;
	for (int i = 0; ok && i < 3; i++)
		ok = (p[i] = base_alloc(&f->env, 8)) != NULL;
	for (int i = 0; i < 3; i++)
		base_free(&f->env, p[i], 8);
	return ok == (f->fired == 0);
}

/* As if a block had not come back; a real leak would stop the sanitizers' runs. */
static bool leaks(struct fault_env *f, void *ctx)
{
	(void)ctx;
	f->live_blocks++;
	return true;
}

static bool ignores_a_failed_draw(struct fault_env *f, void *ctx)
{
	uint8_t r;

	(void)ctx;
	return f->env.random(f->env.ctx, &r, 1) == TREC_OK;
}

static bool never_ends(struct fault_env *f, void *ctx)
{
	(void)ctx;
	f->fired++;
	return true;
}

static void each_call_is_made_to_fail_once_and_bad_behaviour_is_told(void)
{
	unsigned runs = 0;

	CU_ASSERT_TRUE(fault_env_each_alloc(three_allocations, &runs, 10));
	CU_ASSERT_EQUAL(runs, 4);
	CU_ASSERT_FALSE(fault_env_each_random(ignores_a_failed_draw, NULL, 10));
	CU_ASSERT_FALSE(fault_env_each_alloc(never_ends, NULL, 10));
	CU_ASSERT_FALSE(fault_env_each_alloc(leaks, NULL, 10));
}

/* What this program shows when it is asked to fail: main, below. */
static void a_planted_claim_that_does_not_hold(void)
{
	struct fault_env f;
	uint8_t r = 0;

	fault_env_init(&f, 1);
	CU_ASSERT_EQUAL(f.env.random(f.env.ctx, &r, 1), TREC_OK);
	printf("drew %02x\n", r);
	CU_ASSERT_TRUE(false);
	CU_ASSERT_TRUE(false);
}

static const struct suite_case planted[] = {
	SUITE_CASE(random_bytes_repeat_from_a_seed),
	SUITE_CASE(a_planted_claim_that_does_not_hold),
};

/* Runs this very program with that in its environment; what it printed, and how it ended. */
static int run_again(const char *claim, const char *seed, char *out, size_t cap)
{
	int to[2], status = -1;

	out[0] = '\0';
	if (pipe(to) != 0)
		return -1;
	pid_t child = fork();

	if (child == 0) {
		(void)setenv("TREC_HARNESS_PLANTED", "1", 1);
		(void)(claim != NULL ? setenv("TREC_TEST_CLAIM", claim, 1) :
				       unsetenv("TREC_TEST_CLAIM"));
		(void)(seed != NULL ? setenv("TREC_TEST_SEED", seed, 1) :
				      unsetenv("TREC_TEST_SEED"));
		(void)dup2(to[1], 1);
		(void)execl(program_invocation_name, program_invocation_name, (char *)NULL);
		_exit(127);
	}
	close(to[1]);
	for (size_t n = 0; child > 0 && n + 1 < cap;) {
		ssize_t got = read(to[0], out + n, cap - n - 1);

		if (got <= 0)
			break;
		n += (size_t)got;
		out[n] = '\0';
	}
	close(to[0]);
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ?
		       WEXITSTATUS(status) : -1;
}

static void a_failure_says_the_seed_and_the_one_command_that_shows_it_again(void)
{
	char said[8192], again[8192];
	const char *want = "again: TREC_TEST_SEED=77 "
			   "TREC_TEST_CLAIM=a_planted_claim_that_does_not_hold ";

	CU_ASSERT_EQUAL(run_again(NULL, "77", said, sizeof said), 1);
	const char *line = strstr(said, want);
	const char *drew = strstr(said, "drew ");

	CU_ASSERT_PTR_NOT_NULL_FATAL(line);
	CU_ASSERT_PTR_NOT_NULL_FATAL(drew);
	CU_ASSERT_PTR_NULL(strstr(line + 1, "again:")); /* once, and of no claim that holds */
	CU_ASSERT_PTR_NULL(strstr(line, ".libs"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, ": 1 claims shown, 1 not"));
	/* The command shows the same failure, of the same bytes, and nothing else. */
	CU_ASSERT_EQUAL(run_again("a_planted_claim_that_does_not_hold", "77", again, sizeof again),
			1);
	CU_ASSERT_PTR_NOT_NULL(strstr(again, ": 0 claims shown, 1 not"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(again, "drew "));
	CU_ASSERT_EQUAL(strncmp(strstr(again, "drew "), drew, 8), 0);
	/* Without a seed it is another byte, and the line says so. */
	CU_ASSERT_EQUAL(run_again(NULL, NULL, again, sizeof again), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(again, "again: TREC_TEST_SEED=0 "));
	CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(again, "drew "));
	CU_ASSERT_NOT_EQUAL(strncmp(strstr(again, "drew "), drew, 8), 0);
	/* One claim alone is chosen by its whole name, and a wrong name is no success. */
	CU_ASSERT_EQUAL(run_again("random_bytes_repeat_from_a_seed", "3", again, sizeof again), 0);
	CU_ASSERT_PTR_NULL(strstr(again, "again:"));
	CU_ASSERT_EQUAL(run_again("random_bytes", NULL, again, sizeof again), 1);
}

static const struct suite_case cases[] = {
	SUITE_CASE(sweeps_try_every_variant_and_never_the_sample_itself),
	SUITE_CASE(a_sweep_ends_at_the_first_case_that_does_not_hold),
	SUITE_CASE(the_environment_counts_and_fails_the_nth_call),
	SUITE_CASE(overruns_and_wrong_sizes_are_noticed),
	SUITE_CASE(random_bytes_repeat_from_a_seed),
	SUITE_CASE(each_call_is_made_to_fail_once_and_bad_behaviour_is_told),
	SUITE_CASE(a_failure_says_the_seed_and_the_one_command_that_shows_it_again),
};

int main(void)
{
	if (getenv("TREC_HARNESS_PLANTED") != NULL)
		return suite_main("planted", planted, BASE_COUNT(planted));
	return suite_main("harness", cases, BASE_COUNT(cases));
}
