/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See heap.h. One thread. */
#include "tests/torture/heap.h"

#include <malloc.h>
#include <stdlib.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

static struct heap_use now;

static void *took(void *p)
{
	if (p != NULL) {
		now.blocks++;
		now.bytes += malloc_usable_size(p);
	}
	return p;
}

static void gives(void *p)
{
	if (p != NULL) {
		now.blocks--;
		now.bytes -= malloc_usable_size(p);
	}
}

void *__wrap_malloc(size_t n)
{
	return took(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return took(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
	gives(p);
	void *q = __real_realloc(p, n);

	(void)took(q != NULL ? q : p);
	return q;
}

void __wrap_free(void *p)
{
	gives(p);
	__real_free(p);
}

struct heap_use heap_now(void)
{
	return now;
}

bool heap_verdict(void *ctx)
{
	struct heap_countdown *c = ctx;

	c->calls++;
	if (c->fired)
		return !c->on;
	if (c->left-- > 0)
		return true;
	c->fired = true;
	return false;
}
