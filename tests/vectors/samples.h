/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: one worked example of every message, code and record, from which the vectors
 * of docs/PROTOCOL.md, the unit tests' sweeps and the fuzzers' first seeds are all made.
 */
#ifndef TREC_TESTS_SAMPLES_H
#define TREC_TESTS_SAMPLES_H

#include <stdio.h>

#include "proto/codec/code.h"
#include "tests/lib/codec_cases.h"

#define SAMPLE_CHAN 0x100   /* added to a frame type inside TLS */
#define SAMPLE_RECORD 0x200 /* added to a record type */

struct sample {
	const char *name;             /* of the frame or record, and "/variant" where needed */
	const struct codec_case *c;
	unsigned frame;               /* type before TLS, or one of the above and the type */
	uint8_t body[CODEC_CASE_MAX];
	size_t n;
};

#define SAMPLES_MAX 64
#define SAMPLE_CODES 3

/* Fills out[] and answers how many; same bytes in every run. */
size_t samples_make(struct sample *out);
/* Three codes. */
void samples_codes(struct code out[SAMPLE_CODES]);
/* The text of tests/vectors/messages.txt. */
void samples_print(FILE *to);

#endif
