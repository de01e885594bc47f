/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the pairing code that one device shows and the other scans or has typed in
 * (docs/PROTOCOL.md, Pairing code). Text of the QR alphanumeric alphabet: "TREC:", the base32
 * of a CBOR map, two check characters that find any one wrong character and any two neighbours
 * swapped.
 */
#ifndef TREC_CODEC_CODE_H
#define TREC_CODEC_CODE_H

#include "proto/codec/text.h"

#define CODE_VERSION 1
#define CODE_COMMITMENT_LEN 16
#define CODE_SECRET_MIN 16
#define CODE_SECRET_MAX 32
#define CODE_CBOR_MAX 1120 /**< bytes of the map */
#define CODE_TEXT_MAX (5 + (CODE_CBOR_MAX * 8 + 4) / 5 + 2) /**< characters, NUL not counted */
/** Characters looked at, with dashes and spaces. */
#define CODE_INPUT_MAX ((size_t)2 * CODE_TEXT_MAX)
#define CODE_EXPIRES_MAX 253402300799 /**< unix seconds: the end of year 9999 */

/** What a code says. Holds a secret: the owner wipes it. */
struct code {
	uint8_t commitment[CODE_COMMITMENT_LEN]; /**< to the device id, see proto/pake */
	uint8_t secret[CODE_SECRET_MAX];
	size_t secret_len;                       /**< CODE_SECRET_MIN to _MAX */
	struct msg_hints hints;
	uint64_t expires_s;                      /**< unix time; 0: does not expire by itself */
	bool multi_use;
};

/**
 * Text to code. n characters, no NUL needed; case, dashes and white space do not matter.
 * TREC_E_BAD_CODE: not a code, damaged or mistyped; TREC_E_VERSION: made by a later version.
 * *out is then wiped.
 */
TREC_MUST_USE trec_err code_decode(const char *text, size_t n, struct code *out);
/**
 * Code to text in upper case without dashes, NUL-ended; cap of CODE_TEXT_MAX + 1 always does.
 * *n does not count the NUL. TREC_E_USAGE: a member is out of bounds; TREC_E_NO_SPACE.
 */
TREC_MUST_USE trec_err code_encode(const struct code *c, char *out, size_t cap, size_t *n);

#endif
