/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See sweep.h. */
#include "tests/lib/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sweep_print(const char *what, struct trec_bytes b)
{
	printf("%s (%zu bytes) ", what, b.n);
	for (size_t i = 0; i < b.n; i++)
		printf("%02x", b.p[i]);
	printf("\n");
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t sweep_unhex(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = 0;
	int high = -1;

	for (; *hex != '\0'; hex++) {
		int d = digit(*hex);

		if (*hex == ' ')
			continue;
		if (d < 0 || n == cap) {
			printf("bad hex in a test\n");
			abort();
		}
		if (high < 0) {
			high = d;
			continue;
		}
		out[n++] = (uint8_t)(high << 4 | d);
		high = -1;
	}
	if (high >= 0)
		abort();
	return n;
}

/* A heap copy of exactly n bytes, never NULL. */
static uint8_t *exact(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	if (copy == NULL)
		abort();
	if (p != NULL && n > 0)
		memcpy(copy, p, n);
	return copy;
}

static bool check(const char *what, struct trec_bytes variant, sweep_holds holds, void *ctx)
{
	if (holds(variant, ctx))
		return true;
	sweep_print(what, variant);
	return false;
}

bool sweep_truncations(struct trec_bytes in, sweep_holds holds, void *ctx)
{
	for (size_t n = 0; n < in.n; n++) {
		uint8_t *copy = exact(in.p, n);
		bool ok = check("truncated", trec_bytes(copy, n), holds, ctx);

		free(copy);
		if (!ok)
			return false;
	}
	return true;
}

/* Every byte of a copy combined with each of the masks 1..255, or with the eight single bits. */
static bool sweep_masks(struct trec_bytes in, bool single_bits, sweep_holds holds, void *ctx)
{
	uint8_t *copy = exact(in.p, in.n);
	bool ok = true;

	for (size_t i = 0; ok && i < in.n; i++) {
		for (unsigned mask = 1; ok && mask < 256;
		     mask = single_bits ? mask * 2 : mask + 1) {
			copy[i] = in.p[i] ^ (uint8_t)mask;
			ok = check("changed", trec_bytes(copy, in.n), holds, ctx);
		}
		copy[i] = in.p[i];
	}
	free(copy);
	return ok;
}

bool sweep_bytes(struct trec_bytes in, sweep_holds holds, void *ctx)
{
	return sweep_masks(in, false, holds, ctx);
}

bool sweep_bits(struct trec_bytes in, sweep_holds holds, void *ctx)
{
	return sweep_masks(in, true, holds, ctx);
}

bool sweep_trailing(struct trec_bytes in, sweep_holds holds, void *ctx)
{
	uint8_t *copy = malloc(in.n + 1);
	bool ok = true;

	if (copy == NULL)
		abort();
	if (in.n > 0)
		memcpy(copy, in.p, in.n);
	for (unsigned v = 0; ok && v < 256; v++) {
		copy[in.n] = (uint8_t)v;
		ok = check("followed by a byte", trec_bytes(copy, in.n + 1), holds, ctx);
	}
	free(copy);
	return ok;
}
