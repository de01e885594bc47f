/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about the store under power cuts: every sync epoch, torn and reordered sectors, and
 * wrong commit orders that must be noticed. TREC_SIM_SEED and TREC_SIM_STATES replay a run or
 * make it longer. Called with the word `soak` it looks at a million states at least, goes on until
 * TREC_SOAK_SECONDS are over, and counts larger epochs through as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/lib/sim_store.h"
#include "tests/lib/suite.h"

#ifndef STATES
#define STATES 120000
#endif
#ifdef POWER_STAND_IN
#define PROGRAM "tests/unit/test_keystore_power"
#define SOAK_STATES 1000000
#else
#define PROGRAM "tests/unit/test_keystore_power_sealed"
#define SOAK_STATES 200000
#endif
#define STEPS 12 /* commits of one run */
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

static bool soaking;
static struct disksim_seen seen;
static uint64_t crashes;

static void add_up(const struct sim_store *s)
{
	const struct disksim_seen *one = disksim_seen(s->disk);

	seen.epochs += one->epochs;
	seen.whole += one->whole;
	seen.torn += one->torn;
	seen.resized += one->resized;
	seen.stale += one->stale;
	crashes += s->crashes;
}

/* Up to `steps` commits on a fresh store; prints what went wrong. */
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
	/* Some seeds look closely at each epoch, most at many commits. */
	s.limit = 100;
	if (commit == NULL && recover == NULL && seed % 8 == 0)
		s.limit = soaking ? 5000 : 600; /* up to 12 or 9 sectors: every combination */
	for (unsigned i = 0; i < steps && ok; i++) {
		ok = sim_store_step(&s);
		if (!ok && loud)
			printf("power: seed %llu, commit %u: %s\n"
			       "replay: TREC_SIM_STATES=1 TREC_SIM_SEED=%llu " PROGRAM "%s\n",
			       (unsigned long long)seed, i, s.wrong, (unsigned long long)seed,
			       soaking ? " soak" : "");
	}
	*states += s.states;
	if (commit == NULL && recover == NULL)
		add_up(&s);
	sim_store_end(&s);
	return ok;
}

static void c631_f_power_cut_leaves_the_old_or_the_new_store_and_no_deleted_byte(void)
{
	/* Under sanitizers and valgrind the question is another, and each state takes long. */
	uint64_t few = suite_shadowed() ? STATES / 4 : STATES;
	uint64_t want = setting("TREC_SIM_STATES", soaking ? SOAK_STATES : few);
	uint64_t seed = setting("TREC_SIM_SEED", soaking ? (uint64_t)time(NULL) * 1000 : SEED);
	double until = soaking ? (double)setting("TREC_SOAK_SECONDS", 0) : 0;
	uint64_t first = seed;
	uint64_t states = 0;
	double start = seconds();
	bool ok = true;

	if (getenv("TREC_SIM_STATES") != NULL)
		until = 0; /* a replay, or a count that was asked for */
	while (ok && (states < want || seconds() - start < until))
		ok = run(seed++, STEPS, NULL, NULL, true, &states);
	printf("power: %llu states, %.0f a second, seeds %llu to %llu\n",
	       (unsigned long long)states, (double)states / (seconds() - start),
	       (unsigned long long)first, (unsigned long long)seed - 1);
	printf("power: %llu sync epochs, %llu of them with every combination; %llu states torn "
	       "inside a sector, %llu of another size, %llu with old bytes in new blocks; %llu "
	       "commits cut short and gone on from\n",
	       (unsigned long long)seen.epochs, (unsigned long long)seen.whole,
	       (unsigned long long)seen.torn, (unsigned long long)seen.resized,
	       (unsigned long long)seen.stale, (unsigned long long)crashes);
	CU_ASSERT_TRUE(ok);
	CU_ASSERT_TRUE(!ok || states >= want);
	/* One seed alone need not meet all of these. */
	if (states >= 8000)
		CU_ASSERT_TRUE(seen.whole > 0 && seen.whole < seen.epochs && seen.torn > 0 &&
			       seen.resized > 0 && seen.stale > 0 && crashes > 0);
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

/*
 * Every way to leave out one step of the commit, or to do two neighbours the other way round, is
 * noticed, but for these: they differ in nothing that a power cut could show.
 */
static const struct harmless {
	enum ks_step first, second; /* swapped; END: the first is left out */
} harmless[] = {
	{ KS_STEP_SLOTS, KS_STEP_TABLE },          /* of one epoch: the disk reorders them anyway */
	{ KS_STEP_TABLE, KS_STEP_SYNC_RECORDS },   /* the header binds the table's tag */
	{ KS_STEP_SYNC, KS_STEP_ADOPT },           /* adopting happens in memory */
	{ KS_STEP_ADOPT, KS_STEP_ERASE },
	{ KS_STEP_ERASE, KS_STEP_OTHER_TABLE },    /* of one epoch */
	{ KS_STEP_OTHER_TABLE, KS_STEP_SYNC_ERASED }, /* as TABLE and SYNC_RECORDS */
};

static bool is_harmless(enum ks_step first, enum ks_step second)
{
	for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
		if (harmless[i].first == first && harmless[i].second == second)
			return true;
	return false;
}

static void one_step_changed(size_t at, bool swap)
{
	enum ks_step order[16];
	char what[64];
	struct mutant m = { what, { END } };
	size_t n = 0;
	uint64_t states = 0;
	bool well = true;

	while (ks_commit_order[n] != KS_STEP_END)
		n++;
	memcpy(order, ks_commit_order, (n + 1) * sizeof *order);
	enum ks_step first = order[at];
	enum ks_step second = swap ? order[at + 1] : KS_STEP_END;

	if (swap) {
		order[at] = second;
		order[at + 1] = first;
	} else {
		memmove(order + at, order + at + 1, (n - at) * sizeof *order);
	}
	memcpy(m.order, order, (n + 1) * sizeof *order);
	snprintf(what, sizeof what, "step %u %s", (unsigned)at,
		 swap ? "and the next swapped" : "left out");
	if (!is_harmless(first, second)) {
		CU_ASSERT_TRUE(noticed(&m, false));
		return;
	}
	for (uint64_t seed = 1; well && seed <= (soaking ? 40 : 2); seed++)
		well = run(seed, 8, m.order, NULL, true, &states);
	if (!well)
		printf("power: thought harmless, but is not: %s\n", what);
	CU_ASSERT_TRUE(well);
}

static void every_step_and_the_order_of_every_two_is_needed_or_known_not_to_be(void)
{
	for (size_t i = 0; ks_commit_order[i] != KS_STEP_END; i++) {
		one_step_changed(i, false);
		if (ks_commit_order[i + 1] != KS_STEP_END)
			one_step_changed(i, true);
	}
}
#endif

static const struct suite_case cases[] = {
	SUITE_CASE(c631_f_power_cut_leaves_the_old_or_the_new_store_and_no_deleted_byte),
#ifdef POWER_STAND_IN
	SUITE_CASE(every_wrong_commit_order_is_noticed),
	SUITE_CASE(every_wrong_recovery_order_is_noticed),
	SUITE_CASE(every_step_and_the_order_of_every_two_is_needed_or_known_not_to_be),
#endif
};

int main(int argc, char **argv)
{
	soaking = argc > 1 && strcmp(argv[1], "soak") == 0;
#ifndef POWER_STAND_IN
	if (crypto_init() != TREC_OK)
		return EXIT_FAILURE;
#endif
	return suite_main("keystore power", cases, sizeof cases / sizeof cases[0]);
}
