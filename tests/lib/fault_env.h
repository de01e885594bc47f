/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: an environment a test can see through: a clock that stands until it is
 * moved, random bytes that repeat from a seed, and allocation and random calls of which the
 * n-th fails. Counts what is allocated, so a test can say that nothing leaked. Memory is
 * filled with 0xa5 before it is handed out and checked for overruns when it comes back. With
 * env.io, file faults go the same way: put your own functions over the table.
 */
#ifndef TREC_TESTS_FAULT_ENV_H
#define TREC_TESTS_FAULT_ENV_H

#include <trec/env.h>

#define FAULT_NEVER UINT64_MAX

struct fault_env {
	struct trec_env env; /* hand &f.env to what is tested */
	uint64_t now_ms;     /* change at will */
	int64_t wall_s;
	bool wall_trusted;
	uint8_t boot[16];
	uint64_t seed;   /* state of the random stream */
	uint64_t allocs;     /* calls so far */
	uint64_t randoms;
	uint64_t fail_alloc;  /* which call from now fails: 0 the next; FAULT_NEVER */
	uint64_t fail_random;
	bool fail_on;         /* once failed, all later calls fail too */
	unsigned fired;       /* how often a fault was met */
	size_t live_blocks;   /* outstanding */
	size_t live_bytes;
	bool damaged;         /* a block came back overrun or with another size */
	unsigned log_lines;
	char last_log[256];
};

/*
 * The seed of a random stream that is usually this: TREC_TEST_SEED, where it is set and not 0,
 * moves them all. suite_main prints it beside a claim that failed.
 */
uint64_t fault_env_seed(uint64_t usual);
/* Clock at 1000 ms, wall at 2026-01-01 and trusted, nothing fails, files of the real system. */
void fault_env_init(struct fault_env *f, uint64_t seed);
/* Nothing outstanding, nothing damaged. */
bool fault_env_clean(const struct fault_env *f);

/*
 * Runs step(f, ctx) with the 1st, 2nd, ... allocation (then random call) failing, until a run no
 * longer meets its fault; each time on a fresh environment. step answers whether it behaved
 * (failed cleanly, or did without). Answers true if all did and every run ended clean; prints
 * the first that did not. max bounds the runs and is an error when reached.
 */
bool fault_env_each_alloc(bool (*step)(struct fault_env *f, void *ctx), void *ctx, uint64_t max);
bool fault_env_each_random(bool (*step)(struct fault_env *f, void *ctx), void *ctx, uint64_t max);

/* For allocators that ask before each allocation (crypto_alloc_gate): `left` succeed. */
struct fault_budget {
	uint64_t left;
	bool hit; /* one was refused */
};
/* ctx: struct fault_budget. */
bool fault_spend(void *ctx);

#endif
