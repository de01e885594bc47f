/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: CUnit's basic runner returns success although assertions failed. A test
 * program is a table of claims and one call of suite_main, which fails when an assertion
 * failed or when not every claim ran, prints the counts the test stages add up, and for each
 * claim that failed the command that runs it again: TREC_TEST_CLAIM runs one claim alone,
 * TREC_TEST_SEED moves the random streams (fault_env_seed).
 */
#ifndef TREC_TESTS_SUITE_H
#define TREC_TESTS_SUITE_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>

struct suite_case {
	const char *claim; /* what the test shows; the function's own name */
	void (*run)(void);
};

/* A row whose claim is the function's name. */
#define SUITE_CASE(fn) { #fn, fn }

/* Runs the rows in order; the exit status of the test program. */
int suite_main(const char *module, const struct suite_case *cases, size_t n);

/* Ends the program with status 77 and prints the reason. Before suite_main only. */
_Noreturn void suite_skip(const char *module, const char *reason);

/*
 * Inside a claim that cannot be shown in this run: prints the reason and takes the claim out of
 * those shown. The caller returns at once.
 */
void suite_skip_claim(const char *claim, const char *reason);
/* Whether a sanitizer or valgrind keeps copies and shadows of memory, so that scans mislead. */
bool suite_shadowed(void);
/* From true to false, what is allocated and lost is not ours, and LeakSanitizer looks away. */
void suite_foreign_leaks(bool on);

#define SUITE_MAIN(module, cases)                                                                  \
	int main(void)                                                                             \
	{                                                                                          \
		return suite_main(module, cases, sizeof(cases) / sizeof((cases)[0]));              \
	}

#endif
