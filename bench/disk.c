/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see disk.h. */
#include "bench/disk.h"
#include "bench/duo.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WRITES_MAX 4096

struct deed {
	bool sync;
	size_t n;
	off_t at;
};

static struct {
	struct trec_io io;
	bool on;
	struct deed deed[WRITES_MAX];
	unsigned count;
} notes;

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	duo_must(clock_gettime(id, &t) == 0, "a clock");
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t bench_wall_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t bench_processor_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static void note(struct deed deed)
{
	if (!notes.on)
		return;
	duo_must(notes.count < WRITES_MAX, "few writes a commit");
	notes.deed[notes.count++] = deed;
}

static ssize_t noted_pwrite(void *ctx, int fd, const void *buf, size_t n, off_t at)
{
	note((struct deed){ .n = n, .at = at });
	return notes.io.pwrite(ctx, fd, buf, n, at);
}

static int noted_sync(void *ctx, int fd)
{
	note((struct deed){ .sync = true });
	return notes.io.sync(ctx, fd);
}

void bench_disk_watch(struct trec_env *env)
{
	notes.io = env->io;
	env->io.pwrite = noted_pwrite;
	env->io.sync = noted_sync;
}

void bench_disk_begin(void)
{
	notes.count = 0;
	notes.on = true;
}

void bench_disk_end(void)
{
	notes.on = false;
}

unsigned bench_disk_syncs(void)
{
	unsigned syncs = 0;

	for (unsigned i = 0; i < notes.count; i++)
		syncs += notes.deed[i].sync;
	return syncs;
}

size_t bench_disk_written(void)
{
	size_t bytes = 0;

	for (unsigned i = 0; i < notes.count; i++)
		bytes += notes.deed[i].n;
	return bytes;
}

uint64_t bench_disk_again(int fd)
{
	static uint8_t zeros[65536];
	uint64_t from = bench_wall_ns();

	for (unsigned i = 0; i < notes.count; i++) {
		const struct deed *d = &notes.deed[i];

		if (d->sync)
			duo_must(fdatasync(fd) == 0, "a sync");
		for (size_t done = 0; !d->sync && done < d->n;) {
			size_t n = d->n - done < sizeof(zeros) ? d->n - done : sizeof(zeros);
			ssize_t put = pwrite(fd, zeros, n, d->at + (off_t)done);

			duo_must(put > 0, "a write");
			done += (size_t)put;
		}
	}
	return bench_wall_ns() - from;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double bench_median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
	return v[n / 2];
}
