/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about the store under power cuts: every sync epoch, torn and reordered sectors, and
 * wrong commit orders that must be noticed. TREC_SIM_SEED and TREC_SIM_STATES replay a run or
 * make it longer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/lib/sim_store.h"
#include "tests/lib/suite.h"

#ifndef STATES
#define STATES 200000
#endif
#ifndef STEPS
#define STEPS 12 /* commits of one run */
#endif
#define SEED 20240601

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static double seconds(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Up to `steps` commits on fresh stores until `states` were seen; prints what went wrong. */
static bool run(uint64_t seed, unsigned steps, const enum ks_step *commit,
		const enum ks_step *recover, bool loud, uint64_t *states)
{
	struct sim_store s;
	bool ok = true;

	sim_store_begin(&s, seed, KS_SLOTS_MIN);
	if (commit != NULL)
		s.commit_order = s.v.commit_order = commit;
	if (recover != NULL)
		s.recover_order = s.v.recover_order = recover;
	if (commit != NULL || recover != NULL)
		s.limit = 200;
	for (unsigned i = 0; i < steps && ok; i++) {
		ok = sim_store_step(&s);
		if (!ok && loud)
			printf("power: seed %llu, commit %u: %s\n"
			       "replay: TREC_SIM_SEED=%llu tests/unit/test_keystore_power\n",
			       (unsigned long long)seed, i, s.wrong, (unsigned long long)seed);
	}
	*states += s.states;
	sim_store_end(&s);
	return ok;
}

static void c631_f_power_cut_leaves_the_old_or_the_new_store_and_no_deleted_byte(void)
{
	uint64_t want = setting("TREC_SIM_STATES", STATES);
	uint64_t seed = setting("TREC_SIM_SEED", SEED);
	uint64_t states = 0;
	double start = seconds();
	bool ok = true;

	for (uint64_t i = 0; ok && states < want; i++)
		ok = run(seed + i, STEPS, NULL, NULL, true, &states);
	double took = seconds() - start;

	printf("power: %llu states, %.0f a second, seed %llu\n", (unsigned long long)states,
	       (double)states / took, (unsigned long long)seed);
	CU_ASSERT_TRUE(ok);
	CU_ASSERT_TRUE(!ok || states >= want);
}

#ifdef POWER_STAND_IN

#define EXTEND KS_STEP_EXTEND
#define SLOTS KS_STEP_SLOTS
#define TABLE KS_STEP_TABLE
#define HEADER KS_STEP_HEADER
#define ADOPT KS_STEP_ADOPT
#define ERASE KS_STEP_ERASE
#define TABLE2 KS_STEP_OTHER_TABLE
#define HEADER2 KS_STEP_OTHER_HEADER
#define SYNC KS_STEP_SYNC
#define END KS_STEP_END

/*
 * Each differs from ks_commit_order in one way that loses or keeps too much. (The header alone
 * before the table is none: the header binds the table's tag, so the table's sync would commit.)
 */
static const struct mutant {
	const char *what;
	enum ks_step order[16];
} mutants[] = {
	{ "no sync before the header",
	  { EXTEND, SLOTS, TABLE, HEADER, SYNC, ADOPT, ERASE, TABLE2, SYNC, HEADER2, SYNC, END } },
	{ "table behind the overwriting",
	  { EXTEND, SLOTS, SYNC, HEADER, SYNC, ERASE, TABLE, SYNC, ADOPT, TABLE2, SYNC, HEADER2,
	    SYNC, END } },
	{ "slots behind the header",
	  { EXTEND, TABLE, SYNC, HEADER, SYNC, SLOTS, SYNC, ADOPT, ERASE, TABLE2, SYNC, HEADER2,
	    SYNC, END } },
	{ "no sync behind the header",
	  { EXTEND, SLOTS, TABLE, SYNC, HEADER, ADOPT, ERASE, TABLE2, SYNC, HEADER2, SYNC, END } },
	{ "overwriting before the header's sync",
	  { EXTEND, SLOTS, TABLE, SYNC, ERASE, HEADER, SYNC, ADOPT, TABLE2, SYNC, HEADER2, SYNC,
	    END } },
	{ "nothing overwritten",
	  { EXTEND, SLOTS, TABLE, SYNC, HEADER, SYNC, ADOPT, TABLE2, SYNC, HEADER2, SYNC, END } },
	{ "the other table left as it was",
	  { EXTEND, SLOTS, TABLE, SYNC, HEADER, SYNC, ADOPT, ERASE, SYNC, HEADER2, SYNC, END } },
	{ "the other header left as it was",
	  { EXTEND, SLOTS, TABLE, SYNC, HEADER, SYNC, ADOPT, ERASE, TABLE2, SYNC, END } },
	{ "no sync between overwriting and the other header",
	  { EXTEND, SLOTS, TABLE, SYNC, HEADER, SYNC, ADOPT, ERASE, TABLE2, HEADER2, SYNC, END } },
	{ "no sync at the end",
	  { EXTEND, SLOTS, TABLE, SYNC, HEADER, SYNC, ADOPT, ERASE, TABLE2, SYNC, HEADER2, END } },
	{ "the other header before overwriting",
	  { EXTEND, SLOTS, TABLE, SYNC, HEADER, SYNC, ADOPT, TABLE2, HEADER2, SYNC, ERASE, SYNC,
	    END } },
	{ "both headers at once",
	  { EXTEND, SLOTS, TABLE, SYNC, HEADER, ADOPT, TABLE2, HEADER2, SYNC, ERASE, SYNC, END } },
	{ "no sync at all", { EXTEND, SLOTS, TABLE, HEADER, ADOPT, ERASE, TABLE2, HEADER2, END } },
};

static const struct mutant recovery_mutants[] = {
	{ "recovery overwrites nothing", { TABLE2, SYNC, HEADER2, SYNC, END } },
	{ "recovery leaves the other copy", { ERASE, SYNC, END } },
	{ "recovery does not sync before the header", { ERASE, TABLE2, HEADER2, SYNC, END } },
};

/* Seeds until the mutant is noticed. */
static bool noticed(const struct mutant *m, bool recovery)
{
	uint64_t states = 0;

	for (uint64_t seed = 1; seed <= 8; seed++)
		if (!run(seed, 12, recovery ? NULL : m->order, recovery ? m->order : NULL, false,
			 &states))
			return true;
	printf("power: a wrong order was not noticed: %s\n", m->what);
	return false;
}

static void every_wrong_commit_order_is_noticed(void)
{
	for (size_t i = 0; i < sizeof mutants / sizeof mutants[0]; i++)
		CU_ASSERT_TRUE(noticed(&mutants[i], false));
}

static void every_wrong_recovery_order_is_noticed(void)
{
	for (size_t i = 0; i < sizeof recovery_mutants / sizeof recovery_mutants[0]; i++)
		CU_ASSERT_TRUE(noticed(&recovery_mutants[i], true));
}
#endif

static const struct suite_case cases[] = {
	SUITE_CASE(c631_f_power_cut_leaves_the_old_or_the_new_store_and_no_deleted_byte),
#ifdef POWER_STAND_IN
	SUITE_CASE(every_wrong_commit_order_is_noticed),
	SUITE_CASE(every_wrong_recovery_order_is_noticed),
#endif
};

int main(void)
{
#ifndef POWER_STAND_IN
	if (crypto_init() != TREC_OK)
		return EXIT_FAILURE;
#endif
	return suite_main("keystore power", cases, sizeof cases / sizeof cases[0]);
}
