/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about trust passed on that hold whatever comes in whatever order: random operations over
 * a store, looked at after each (tests/lib/acceptance.h).
 */
#include "tests/lib/acceptance.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"

#include <stdint.h>
#include <stdio.h>

#define RUNS 600

static uint64_t mix(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

enum { PAIR, SAY_INTRODUCTION, TAKE_INTRODUCTION, MEET, SAY_NOTICE = 5, SAY_SUCCESSION = 7,
       RIGHTS = 10 };
#define ALLOW_INTRODUCE 0x00
#define DENY_SERVICES 0x21

/*
 * Any operation with any arguments; but mostly of keys that are in use, mostly by the one that
 * may introduce, and what was said is mostly brought at once, by whom it should be.
 */
static void draw(uint64_t *state, uint8_t ops[ACC_OP * ACC_OPS_MAX])
{
	for (size_t at = 0; at < (size_t)ACC_OP * ACC_OPS_MAX; at += ACC_OP) {
		uint64_t x = mix(state);
		const uint8_t *last = ops + at - ACC_OP;

		for (unsigned i = 0; i < ACC_OP; i++)
			ops[at + i] = (uint8_t)(x >> 8 * i);
		ops[at] %= 16;
		if (x >> 32 & 7)
			ops[at + 1] &= 0x7f;
		if (x >> 35 & 7)
			ops[at + 2] &= 0x7f;
		if (ops[at] == PAIR && x >> 38 & 1)
			ops[at + 2] |= 0x70;
		if (at == 0 || (x >> 39 & 3) == 0)
			continue;
		if (last[0] == SAY_INTRODUCTION || last[0] == SAY_NOTICE ||
		    last[0] == SAY_SUCCESSION) {
			ops[at] = last[0] + 1;
			ops[at + 1] = last[1];
			ops[at + 2] &= 0x01;
			ops[at + 3] = 0;
		} else if (last[0] == TAKE_INTRODUCTION && at >= (size_t)2 * ACC_OP) {
			/* whom it was about; or its introducer loses something first */
			ops[at] = x >> 42 & 3 ? MEET : RIGHTS;
			ops[at + 1] = ops[at] == MEET ? last[2 - ACC_OP] : last[1 - ACC_OP];
			ops[at + 2] = DENY_SERVICES;
		} else if (last[0] == RIGHTS && last[2] == DENY_SERVICES &&
			   at >= (size_t)3 * ACC_OP) {
			ops[at] = MEET;
			ops[at + 1] = last[2 - 2 * ACC_OP];
		} else if (last[0] == MEET || (last[0] == RIGHTS && last[2] == ALLOW_INTRODUCE)) {
			/* who was introduced tries to introduce */
			ops[at] = last[0] == MEET ? RIGHTS : SAY_INTRODUCTION;
			ops[at + 1] = last[1];
			ops[at + 2] = last[0] == MEET ? ALLOW_INTRODUCE : ops[at + 2];
			ops[at + 3] = 0;
		} else if (ops[at] == SAY_INTRODUCTION || ops[at] == SAY_NOTICE) {
			ops[at + 1] = x >> 41 & 1 ? 0 : ops[at + 1];
			ops[at + 3] &= 0x3f;
		}
	}
}

static void c632_b_nobody_dissolved_comes_back_and_nobody_gets_more_than_the_introducer(void)
{
	uint64_t state = fault_env_seed(7);
	uint8_t ops[ACC_OP * ACC_OPS_MAX];

	for (unsigned run = 0; run < RUNS; run++) {
		draw(&state, ops);
		const char *broken = acc_run(trec_bytes(ops, sizeof ops));

		if (broken != NULL) {
			printf("run %u: %s\n", run, broken);
			CU_FAIL("a rule was broken");
			break;
		}
	}
	printf("introduced %lu activated %lu dissolved %lu noticed %lu kept %lu moved %lu "
	       "suspended %lu refused %lu\n",
	       acc_counts.introduced, acc_counts.activated, acc_counts.dissolved,
	       acc_counts.noticed, acc_counts.kept, acc_counts.moved, acc_counts.suspended,
	       acc_counts.refused);
	/* Each of them came about, so that the runs say something. */
	CU_ASSERT(acc_counts.introduced > RUNS / 5 && acc_counts.activated > RUNS / 5);
	CU_ASSERT(acc_counts.dissolved > RUNS / 5 && acc_counts.refused > RUNS);
	CU_ASSERT(acc_counts.noticed > RUNS / 10 && acc_counts.kept > RUNS / 5);
	CU_ASSERT(acc_counts.moved > RUNS / 5 && acc_counts.suspended > 0);
	acc_end();
}

static const struct suite_case cases[] = {
	SUITE_CASE(c632_b_nobody_dissolved_comes_back_and_nobody_gets_more_than_the_introducer),
};

SUITE_MAIN("acceptance", cases)
