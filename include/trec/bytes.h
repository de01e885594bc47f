/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: one way to say "these bytes, not mine": a borrowed view. Nothing here owns
 * or frees memory.
 */
#ifndef TREC_BYTES_H
#define TREC_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <trec/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A borrowed view of n bytes at p. p may be NULL only where n is 0. */
struct trec_bytes {
	const uint8_t *p;
	size_t n;
};

/** View of n bytes at p. */
static inline struct trec_bytes trec_bytes(const void *p, size_t n)
{
	struct trec_bytes b;

	b.p = (const uint8_t *)p;
	b.n = n;
	return b;
}

/** Equal length and content. Not for secrets: it stops at the first difference. */
TREC_API bool trec_bytes_equal(struct trec_bytes a, struct trec_bytes b);
/** Overwrites n bytes at p with zeros in a way the compiler keeps. */
TREC_API void trec_wipe(void *p, size_t n);

#ifdef __cplusplus
}
#endif
#endif
