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

/**
 * n zeroed bytes in the library's secret arena, for a PIN or passphrase on its way into it; NULL
 * when the arena (128 KiB for the whole process) is full. Any thread.
 */
TREC_API TREC_MUST_USE void *trec_secret_alloc(size_t n);
/** Wipes and hands back a block of n bytes; p may be NULL. */
TREC_API void trec_secret_free(void *p, size_t n);
/**
 * How well this process's arena is kept: "secretmem" (memfd_secret: neither in core dumps nor in
 * swap nor in the kernel's own map), "locked" (mlock and MADV_DONTDUMP) or "plain" (neither could
 * be had). The first use of the arena decides.
 */
TREC_API const char *trec_secret_arena(void);

#ifdef __cplusplus
}
#endif
#endif
