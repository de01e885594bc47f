/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: signed statements travel in bundles (docs/PROTOCOL.md, Bundles): as the body
 * of `present`, and as one line of text in a file, a message or a QR code: "TRECI:", the base32
 * of the bundle, two check characters.
 */
#ifndef TREC_CODEC_BUNDLE_H
#define TREC_CODEC_BUNDLE_H

#include "proto/codec/message.h"

#define BUNDLE_VERSION 1
#define BUNDLE_ITEMS_MAX 8
#define BUNDLE_MAX FRAME_CHAN_BODY_MAX /**< bytes of a bundle */
#define BUNDLE_CARRIED_MAX 4352        /**< bytes of one that becomes text: two introductions */
/** Characters of one as text, NUL not counted. */
#define BUNDLE_TEXT_MAX (6 + (BUNDLE_CARRIED_MAX * 8 + 4) / 5 + 2)
/** Characters looked at, with dashes and spaces. */
#define BUNDLE_INPUT_MAX ((size_t)2 * BUNDLE_TEXT_MAX)

enum bundle_kind {
	BUNDLE_INTRODUCTIONS = 1,
	BUNDLE_SUCCESSIONS = 2, /**< a chain, oldest first */
	BUNDLE_NOTICES = 3
};

/** What is in a bundle; the items view the bytes it was decoded from. */
struct bundle {
	enum bundle_kind kind;
	struct trec_bytes item[BUNDLE_ITEMS_MAX]; /**< 1 to FRAME_STATEMENT_MAX bytes each */
	size_t count;                             /**< 1 to BUNDLE_ITEMS_MAX */
};

/** TREC_E_MALFORMED; TREC_E_VERSION: of a later version. *out is then zeroed. */
TREC_MUST_USE trec_err bundle_decode(struct trec_bytes in, struct bundle *out);
/** TREC_E_USAGE: a member is out of bounds; TREC_E_NO_SPACE. */
TREC_MUST_USE trec_err bundle_encode(const struct bundle *b, uint8_t *out, size_t cap, size_t *n);
/**
 * Text to the bytes of a bundle, which are not looked at. n characters, no NUL needed; case,
 * dashes and white space do not matter. TREC_E_BAD_CODE: no such text, damaged or mistyped, or
 * more than cap bytes.
 */
TREC_MUST_USE trec_err bundle_from_text(const char *text, size_t n, uint8_t *out, size_t cap,
					size_t *len);
/**
 * Bytes of a bundle (at most BUNDLE_CARRIED_MAX) to text in upper case, NUL-ended; cap of
 * BUNDLE_TEXT_MAX + 1 always does. *n does not count the NUL. TREC_E_NO_SPACE, TREC_E_TOO_LARGE.
 */
TREC_MUST_USE trec_err bundle_to_text(struct trec_bytes in, char *out, size_t cap, size_t *n);

#endif
