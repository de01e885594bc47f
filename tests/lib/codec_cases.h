/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: every message and record of proto/codec as a row, with the property that
 * unit tests and fuzzers hold all of them to: what decodes is encoded to the very same bytes
 * again, but for unknown negative keys, which fall out; what does not decode leaves nothing.
 */
#ifndef TREC_TESTS_CODEC_CASES_H
#define TREC_TESTS_CODEC_CASES_H

#include <trec/bytes.h>

#define CODEC_CASE_MAX 16384 /* bytes of any encoding here */

struct codec_case {
	const char *name;
	/*
	 * Decodes, and if that works encodes to out[CODEC_CASE_MAX]. Aborts the program if a
	 * failed decoding left anything, or what was decoded cannot be encoded.
	 */
	trec_err (*again)(struct trec_bytes in, uint8_t *out, size_t *n);
	const char *const *fields; /* names of the keys 0, 1, ... */
};

extern const struct codec_case codec_cases[];
extern const size_t codec_cases_count;

/* The row of that name, or NULL. */
const struct codec_case *codec_case_of(const char *name);
/*
 * The row of a one-byte tag: the frame's type for messages, 0x80 + the record's type for records;
 * NULL for any other. Fuzz inputs begin with it.
 */
const struct codec_case *codec_case_of_tag(uint8_t tag);
/* Whether the property holds for these bytes. *accepted, if not NULL: they were decoded. */
bool codec_case_holds(const struct codec_case *c, struct trec_bytes in, bool *accepted);

/*
 * A well-formed map without the pairs of its own level whose key is a negative integer. Knows
 * nothing of proto/codec. Answers the length; 0 if in is no map of definite length.
 */
size_t codec_strip_negative(struct trec_bytes in, uint8_t *out, size_t cap);

#endif
