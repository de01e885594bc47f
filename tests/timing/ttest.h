/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: whether the time of an operation depends on its secret. Two classes of inputs
 * are run in random order on one core, the slowest runs are left out, and Welch's t says how far
 * apart the means are in units of chance. Beyond 4.5 either way is no chance any more.
 */
#ifndef TREC_TESTS_TTEST_H
#define TREC_TESTS_TTEST_H

#include <stddef.h>
#include <stdint.h>

#include <trec/env.h>

#define TTEST_LIMIT 4.5

struct ttest {
	const char *name;
	/* Makes both classes' inputs, and copies those of class 0 or 1 to where run reads them. */
	void (*prepare)(int class);
	/* The operation that is timed. */
	void (*run)(void);
	size_t per_class; /* runs */
};

/* The rest of the process runs on one core. False: that was not allowed; noise grows. */
int ttest_pin(void);
/* A sequence for ttest_random and for ttest_env. */
void ttest_seed(uint64_t seed);
uint64_t ttest_random(void);
void ttest_bytes(uint8_t *out, size_t n);
/* The default environment with random numbers of the sequence and scrypt at its cheapest. */
const struct trec_env *ttest_env(void);
/* Welch's t of class 0 against class 1, the slowest 30 % of all runs left out. */
double ttest_welch(const struct ttest *t);

#endif
