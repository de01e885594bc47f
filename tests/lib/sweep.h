/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the sweeps every parser must survive, written once: each truncation, each
 * byte changed to each other value, a trailing byte. The bytes under test are copied to a heap
 * block of exactly their length, so that a sanitizer sees any read beyond. The first case that
 * does not hold is printed in hex. Each answers true if all cases held.
 */
#ifndef TREC_TESTS_SWEEP_H
#define TREC_TESTS_SWEEP_H

#include <trec/bytes.h>


/* What is tried on each variant. ctx is the caller's. */
typedef bool (*sweep_holds)(struct trec_bytes variant, void *ctx);

/* in[0..k) for every k < in.n */
bool sweep_truncations(struct trec_bytes in, sweep_holds holds, void *ctx);
/* every byte of in changed to each of the 255 other values */
bool sweep_bytes(struct trec_bytes in, sweep_holds holds, void *ctx);
/* every single bit of in flipped: for long samples or slow checks */
bool sweep_bits(struct trec_bytes in, sweep_holds holds, void *ctx);
/* in followed by one byte, for each of the 256 */
bool sweep_trailing(struct trec_bytes in, sweep_holds holds, void *ctx);

/* Hex to bytes; aborts the test program on bad hex or too little room. Spaces are skipped. */
size_t sweep_unhex(const char *hex, uint8_t *out, size_t cap);
/* Prints what and the bytes in hex to stdout. */
void sweep_print(const char *what, struct trec_bytes b);

#endif
