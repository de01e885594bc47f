/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: see bare.c. Bytes through an open connection in writes of the same size, and
 * connections that only stand there.
 */
#include "bench/bare.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#define MIB 1048576u
#define WRITE_MAX 65536u
#define IDLE_MAX 1000u

struct flow {
	struct bare_pair *b;
	size_t left;
	size_t write;
	uint8_t *out, *in;
};

static void all_of_it(void *ctx)
{
	struct flow *f = ctx;

	while (f->left > 0) {
		int want = (int)(f->left < f->write ? f->left : f->write);
		int got = 0;

		bare_must(wolfSSL_write(f->b->ssl[0], f->out, want) == want, "a write");
		while (got < want) {
			int n = wolfSSL_read(f->b->ssl[1], f->in, WRITE_MAX);

			bare_must(n > 0, "a read");
			got += n;
		}
		f->left -= (size_t)want;
	}
}

void bare_stream(const struct bare_plan *plan)
{
	struct bare_pair b;
	struct flow f = { .b = &b, .write = plan->warm };

	bare_must(plan->warm > 0 && plan->warm <= WRITE_MAX, "stream MIB WRITE");
	f.out = calloc(1, WRITE_MAX);
	f.in = calloc(1, WRITE_MAX);
	bare_must(f.out != NULL && f.in != NULL, "memory");
	bare_open_cert(&b, plan->dir);
	bare_connect(&b);
	f.left = MIB;
	all_of_it(&f);
	f.left = (size_t)plan->count * MIB;
	b.bytes = 0;
	bench_measured(all_of_it, &f);
	(void)printf("bytes %zu\n", b.bytes);
	bare_close(&b);
	bare_free(&b);
	free(f.out);
	free(f.in);
}

static double heap_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)(m.uordblks + m.hblkhd);
}

void bare_idle(const struct bare_plan *plan)
{
	static WOLFSSL *kept[2][IDLE_MAX];
	struct bare_pair b;

	bare_must(plan->count > 0 && plan->count <= IDLE_MAX, "idle SESSIONS");
	bare_open_cert(&b, plan->dir);
	bare_connect(&b);
	bare_close(&b);
	double before = heap_bytes();

	for (unsigned i = 0; i < plan->count; i++) {
		bare_connect(&b);
		for (int side = 0; side < 2; side++)
			kept[side][i] = b.ssl[side];
	}
	(void)printf("heap %.0f\n", (heap_bytes() - before) / (2.0 * plan->count));
	for (unsigned i = 0; i < plan->count; i++)
		for (int side = 0; side < 2; side++)
			wolfSSL_free(kept[side][i]);
	bare_free(&b);
}
