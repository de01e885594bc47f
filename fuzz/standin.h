/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what standin_crypto.c and standin_chan.c share. Both take the place of slow
 * functions in the stateful fuzz targets when these are linked; the product knows nothing of it.
 */
#ifndef TREC_FUZZ_STANDIN_H
#define TREC_FUZZ_STANDIN_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t standin_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* Of n bytes, going on from h. No hash for anybody who wants to find collisions. */
uint64_t standin_hash(uint64_t h, const uint8_t *p, size_t n);

#endif
