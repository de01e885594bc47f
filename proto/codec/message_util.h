/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several messages and records have in common; for proto/codec alone. */
#ifndef TREC_CODEC_MESSAGE_UTIL_H
#define TREC_CODEC_MESSAGE_UTIL_H

#include <string.h>

#include "proto/codec/cbor.h"

/** TREC_OK and the length, or TREC_E_NO_SPACE: members were checked before writing began. */
static inline trec_err msg_finish(const struct wr *w, size_t *n)
{
	return wr_done(w, n) ? TREC_OK : TREC_E_NO_SPACE;
}

/** A string of at most max bytes; one without an end is seen as longer. */
static inline struct trec_bytes msg_text(const char *s, size_t max)
{
	return trec_bytes(s, strnlen(s, max + 1));
}

/** The message {0: len bytes}. */
trec_err msg_read_bytes1(struct trec_bytes body, uint8_t *out, size_t len);
trec_err msg_write_bytes1(const uint8_t *p, size_t len, uint8_t *out, size_t cap, size_t *n);

#endif
