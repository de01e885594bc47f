/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one kind of buffer a channel has: bytes go in behind and out in front. */
#ifndef TREC_TLS_BUFFER_H
#define TREC_TLS_BUFFER_H

#include <string.h>

#include "proto/base/base.h"

/* A buffer that grows to what it needs and never shrinks; wiped when it moves or goes. */
struct buffer {
	uint8_t *p;
	size_t cap, at, n; /* bytes at p[at .. at + n) */
};

static inline void buffer_free(const struct trec_env *env, struct buffer *b)
{
	base_free(env, b->p, b->cap);
	*b = (struct buffer){ 0 };
}

/* Room for n more bytes behind the last; false: no memory. */
static inline bool buffer_room(const struct trec_env *env, struct buffer *b, size_t n)
{
	if (b->at > 0 && b->n == 0)
		b->at = 0;
	if (b->cap - b->at - b->n >= n)
		return true;
	if (b->at > 0) {
		memmove(b->p, b->p + b->at, b->n);
		b->at = 0;
	}
	if (b->cap - b->n >= n)
		return true;
	size_t cap = b->cap > 0 ? b->cap : 1024;

	while (cap - b->n < n)
		cap *= 2;
	uint8_t *p = base_alloc(env, cap);

	if (p == NULL)
		return false;
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	base_free(env, b->p, b->cap);
	b->p = p;
	b->cap = cap;
	return true;
}

static inline bool buffer_append(const struct trec_env *env, struct buffer *b, const uint8_t *p,
				 size_t n)
{
	if (!buffer_room(env, b, n))
		return false;
	memcpy(b->p + b->at + b->n, p, n);
	b->n += n;
	return true;
}

static inline size_t buffer_take(struct buffer *b, uint8_t *out, size_t cap)
{
	size_t n = b->n < cap ? b->n : cap;

	if (n > 0)
		memcpy(out, b->p + b->at, n);
	b->at += n;
	b->n -= n;
	return n;
}

#endif
