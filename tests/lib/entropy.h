/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: wolfSSL asks the system itself for random bytes and the time. Where it is linked
 * in whole, the linker turns these calls to functions that answer each thread from a seed, so that
 * a run repeats byte by byte.
 */
#ifndef TREC_TESTS_ENTROPY_H
#define TREC_TESTS_ENTROPY_H

#include <stdint.h>

/* This thread's random bytes begin anew. */
void entropy_begin(uint64_t seed);

#endif
