/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what every layer needs and libc does not give: memory through the
 * environment, memory for secrets, comparison in constant time, one-line logging, big-endian
 * numbers. Libc only.
 */
#ifndef TREC_BASE_H
#define TREC_BASE_H

#include <trec/env.h>

/** The same as the argument count check of a fixed array. */
#define BASE_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/** Zeroed memory from env, or NULL. Release with base_free and the same size. */
void *base_alloc(const struct trec_env *env, size_t n);
/** Wipes n bytes at p, releases them; p may be NULL. */
void base_free(const struct trec_env *env, void *p, size_t n);

/** Equal in constant time for a given n. */
bool base_equal_ct(const uint8_t *a, const uint8_t *b, size_t n);

/**
 * Says that these n bytes, which come from a secret, may show in what branches and which memory is
 * read from here on: a verdict that the peer learns anyway, or a value hidden behind a fresh random
 * one. Does nothing; tests/timing/ctgrind, which follows secrets, puts its own in place of it.
 */
void base_declassify(const void *p, size_t n);

/** A line of at most 255 bytes to env->log, printf style. Never hand it a secret. */
void base_log(const struct trec_env *env, enum trec_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define BASE_ERRNO_TEXT 64
/** What errno e means, in buf; unlike strerror it may be called by any thread. */
const char *base_errno_text(int e, char buf[BASE_ERRNO_TEXT]);

/*
 * The secret arena: one mapping per process that is kept out of core dumps and swap
 * (memfd_secret, else mlock and MADV_DONTDUMP). Blocks are zeroed when handed out and wiped when
 * handed back. Thread-safe.
 */

/** How well the arena is kept. */
enum base_arena_kind {
	BASE_ARENA_SECRETMEM, /* memfd_secret: not even in the kernel's direct map */
	BASE_ARENA_LOCKED,    /* mlock and MADV_DONTDUMP */
	BASE_ARENA_PLAIN      /* neither could be had */
};

/** n zeroed bytes in the arena, or NULL when it is full. */
void *base_secret_alloc(size_t n);
/** Wipes and hands back a block of n bytes; p may be NULL. */
void base_secret_free(void *p, size_t n);
enum base_arena_kind base_arena_kind(void);

static inline void base_put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline uint32_t base_get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static inline void base_put32(uint8_t *p, uint32_t v)
{
	base_put16(p, v >> 16);
	base_put16(p + 2, v & 0xffff);
}

static inline uint32_t base_get32(const uint8_t *p)
{
	return base_get16(p) << 16 | base_get16(p + 2);
}

static inline void base_put64(uint8_t *p, uint64_t v)
{
	base_put32(p, (uint32_t)(v >> 32));
	base_put32(p + 4, (uint32_t)v);
}

static inline uint64_t base_get64(const uint8_t *p)
{
	return (uint64_t)base_get32(p) << 32 | base_get32(p + 4);
}

#endif
