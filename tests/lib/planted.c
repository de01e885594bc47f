/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the analyzers must find: tests/analyze runs them over this file, which no program is built
 * from, and looks for each name behind `finds:` in what they say.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int planted(size_t n, const char *text);

static int from_null(int *p, int yes)
{
	if (yes)
		p = NULL;
	return *p; /* gcc finds: analyzer-null-dereference; tidy finds: NullDereference */
}

static int twice(const char *text)
{
	char *copy = malloc(8);

	if (copy == NULL)
		return 0;
	memcpy(copy, text, 8);
	free(copy);
	free(copy); /* gcc finds: analyzer-double-free */
	return 1;
}

__attribute__((noinline)) static int lost(size_t n)
{
	char *block = malloc(n);

	if (block == NULL)
		return 0;
	block[0] = 1;
	return block[0]; /* gcc finds: analyzer-malloc-leak */
}

static int cut_off(char out[4], const char *text)
{
	snprintf(out, 4, "%s", text); /* tidy finds: cert-err33-c */
	return out[0];
}

static int shared_text(int e)
{
	return strerror(e)[0]; /* tidy finds: concurrency-mt-unsafe */
}

static size_t wide(int n)
{
	size_t bytes = n * 1024; /* tidy finds: implicit-widening-of-multiplication-result */

	return bytes;
}

static int same(int a)
{
	return a == 1 && a == 1; /* tidy finds: misc-redundant-expression */
}

int planted(size_t n, const char *text)
{
	char out[4];
	int v = (int)n;

	return from_null(&v, v > 3) + twice(text) + lost(n) + cut_off(out, text) + shared_text(v) +
	       same(v) + (int)wide(v);
}
