/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what is outstanding on the heap of all code linked into the test program, that
 * is the library's own, whose hook gives wolfSSL its memory, and the test's; and such a hook that
 * fails. The program is linked with --wrap for malloc, calloc, realloc and free (torture_wrap in
 * local.mk).
 */
#ifndef TREC_TESTS_HEAP_H
#define TREC_TESTS_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_use {
	size_t blocks;
	size_t bytes; /* as asked for, rounded up by the allocator */
};

struct heap_use heap_now(void);

/* Lets `left` of wolfSSL's allocations go well; then one fails, or, with `on`, all that follow. */
struct heap_countdown {
	uint64_t left;
	uint64_t calls;
	bool on;
	bool fired;
};

/* For crypto_alloc_gate; ctx is a struct heap_countdown. */
bool heap_verdict(void *ctx);

#endif
