/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a reader for TLS presentation language (RFC 8446 3) with a sticky error
 * flag, shared by the record gate and the exported authenticators. The codec reads CBOR and is
 * not known here. No pointer arithmetic on peers' bytes outside this file.
 */
#ifndef TREC_TLS_WIRE_H
#define TREC_TLS_WIRE_H

#include "proto/base/base.h"

struct wire {
	const uint8_t *p;
	size_t n;
	bool bad;
};

static inline struct wire wire_from(struct trec_bytes b)
{
	return (struct wire){ b.p, b.n, false };
}

static inline struct trec_bytes wire_take(struct wire *w, size_t n)
{
	struct trec_bytes b = { w->p, n };

	if (w->bad || n > w->n) {
		w->bad = true;
		return (struct trec_bytes){ NULL, 0 };
	}
	w->p += n;
	w->n -= n;
	return b;
}

/* Big-endian number of 1 to 3 bytes; 0 when they are not there. */
static inline uint32_t wire_uint(struct wire *w, size_t bytes)
{
	struct trec_bytes b = wire_take(w, bytes);
	uint32_t v = 0;

	for (size_t i = 0; i < b.n; i++)
		v = v << 8 | b.p[i];
	return v;
}

/* opaque<min..max> behind a length of len_bytes. */
static inline struct trec_bytes wire_vector(struct wire *w, size_t len_bytes, size_t min,
					    size_t max)
{
	size_t n = wire_uint(w, len_bytes);

	if (n < min || n > max)
		w->bad = true;
	return wire_take(w, n);
}

/* The number must be this one. */
static inline void wire_expect(struct wire *w, size_t bytes, uint32_t value)
{
	if (wire_uint(w, bytes) != value)
		w->bad = true;
}

/* All read, nothing wrong. */
static inline bool wire_done(const struct wire *w)
{
	return !w->bad && w->n == 0;
}

#endif
