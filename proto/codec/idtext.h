/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: ids and pairing codes are read by people and cameras, so both are base32
 * (RFC 4648, upper case, no padding) that ends in two check characters over GF(32)
 * (docs/PROTOCOL.md, Text form). With d_i the values of the characters before them and a the
 * root of x^5 + x^2 + 1: c1 = sum of d_i, c2 = sum of a^(i+1) d_i. Any one wrong character and
 * any two swapped neighbours are found.
 */
#ifndef TREC_CODEC_IDTEXT_H
#define TREC_CODEC_IDTEXT_H

#include <trec/identity.h>

#define IDTEXT_CHECK_LEN 2
/** Characters of the base32 of n bytes, without check characters. */
#define IDTEXT_CHARS(n) (((n) * 8 + 4) / 5)

/** Writes base32 of in and the check characters, no NUL: IDTEXT_CHARS(in.n) + 2 characters. */
void idtext_encode(struct trec_bytes in, char *out);
/**
 * The reverse; case, dashes and white space do not matter. False and *n = 0 unless check
 * characters and unused bits are right and at most cap bytes come out.
 */
bool idtext_decode(const char *text, size_t len, uint8_t *out, size_t cap, size_t *n);

/**
 * Where the text behind an upper-case prefix begins (case, dashes and white space ignored), or 0
 * if it does not begin with it.
 */
size_t idtext_behind(const char *prefix, const char *text, size_t n);
/**
 * Whether the id's text begins with the given text (case, dashes and white space ignored) of at
 * least one character.
 */
bool idtext_has_prefix(const struct trec_id *id, const char *prefix);

#endif
