/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what comes after the set-up: bytes through the service stream of a session,
 * and sessions that only stand there.
 */
#include "bench/bench.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define MIB 1048576u
#define WRITE_MAX 65536u
#define IDLE_MAX 1000u

struct flow {
	struct duo *d;
	size_t left;
	size_t write;
	uint8_t *out, *in;
};

static void all_of_it(void *ctx)
{
	struct flow *f = ctx;
	struct trec_session *from = f->d->side[0].s;
	struct trec_session *to = f->d->side[1].s;
	size_t arrived = f->left;

	while (arrived > 0) {
		size_t want = f->left < f->write ? f->left : f->write;
		size_t n = 0;
		bool eof = false;
		trec_err err = want > 0 ? trec_session_write(from, f->out, want, &n) : TREC_OK;

		duo_must(err == TREC_OK || err == TREC_E_AGAIN, "a write");
		f->left -= n;
		duo_settle(f->d);
		while (trec_session_read(to, f->in, WRITE_MAX, &n, &eof) == TREC_OK && n > 0) {
			duo_must(n <= arrived, "no more than was sent");
			arrived -= n;
		}
		duo_settle(f->d);
	}
}

void bench_stream(unsigned mib, unsigned write)
{
	struct duo *d = duo_new(TREC_KEY_ED25519);
	struct flow f = { .d = d, .write = write };

	duo_must(write > 0 && write <= WRITE_MAX, "stream MIB WRITE");
	f.out = calloc(1, WRITE_MAX);
	f.in = calloc(1, WRITE_MAX);
	duo_must(f.out != NULL && f.in != NULL, "memory");
	duo_paired(d);
	duo_session(d);
	duo_must(trec_session_open(d->side[0].s, "echo") == TREC_OK, "a service");
	duo_settle(d);
	duo_must(d->side[0].opened && d->side[1].opened, "a stream");
	f.left = MIB;
	all_of_it(&f);
	f.left = (size_t)mib * MIB;
	duo_count(d);
	bench_measured(all_of_it, &f);
	bench_say("bytes", (double)d->bytes);
	free(f.out);
	free(f.in);
	duo_free(&d);
}

static double heap_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)(m.uordblks + m.hblkhd);
}

void bench_idle(unsigned sessions)
{
	static struct trec_session *kept[2][IDLE_MAX];
	struct duo *d = duo_new(TREC_KEY_ED25519);
	uint64_t next = UINT64_MAX;

	duo_must(sessions > 0 && sessions <= IDLE_MAX, "idle SESSIONS");
	duo_paired(d);
	duo_session(d); /* what is taken once is taken */
	duo_end(d);
	double before = heap_bytes();

	for (unsigned i = 0; i < sessions; i++) {
		duo_session(d);
		for (int side = 0; side < 2; side++) {
			kept[side][i] = d->side[side].s;
			d->side[side].s = NULL;
		}
		duo_end(d);
	}
	bench_say("heap", (heap_bytes() - before) / (2.0 * sessions));
	for (unsigned i = 0; i < sessions; i++)
		for (int side = 0; side < 2; side++) {
			uint64_t at = trec_session_deadline_ms(kept[side][i]);

			next = at < next ? at : next;
			trec_session_free(&kept[side][i]);
		}
	bench_say("sessions-with-a-timer", next == UINT64_MAX ? 0 : 1);
	duo_free(&d);
}
