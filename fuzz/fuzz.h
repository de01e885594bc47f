/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: each fuzz target is one file that defines LLVMFuzzerTestOneInput and states
 * a property. It is built twice: with replay.c, for make check with any compiler, and with
 * libFuzzer under --enable-fuzz. See fuzz/README.md.
 */
#ifndef TREC_FUZZ_FUZZ_H
#define TREC_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Ends the program with a word about the property that does not hold. */
static inline void fuzz_must(bool holds, const char *property)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", property);
	abort();
}

/* Whether n bytes are all zero, without a comparison for each of them to be traced. */
static inline bool fuzz_is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint8_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= b[i];
	return any == 0;
}

#endif
