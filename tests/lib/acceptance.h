/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the rules about trust passed on, over a store that changes all the time: any
 * bytes are operations (pair, introduce, meet, dissolve, notice, succeed, clocks, rights, faults),
 * and after each of them hold what must hold whatever happened. For tests/unit/test_acceptance
 * with random bytes and for the fuzz target of the same name.
 *
 * An operation is four bytes: which, and its three arguments; acceptance.c has their table.
 */
#ifndef TREC_TESTS_ACCEPTANCE_H
#define TREC_TESTS_ACCEPTANCE_H

#include <trec/bytes.h>

#define ACC_OP 4
#define ACC_OPS_MAX 64

/* How often it came to what; to see that the runs get somewhere. */
struct acc_counts {
	unsigned long introduced, activated, dissolved, noticed, kept, moved, suspended, refused;
};
extern struct acc_counts acc_counts;

/* Runs the operations on a fresh store. NULL, or which rule did not hold. */
const char *acc_run(struct trec_bytes ops);
/* Gives the keys back. */
void acc_end(void);

#endif
