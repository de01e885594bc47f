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

#endif
