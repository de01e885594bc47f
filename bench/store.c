/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a store that has grown must still open at once and change quickly. What a
 * commit costs depends on the disk, so every write and sync of the measured commits is written
 * down and done again, with nothing else, to a plain file beside it: that is the floor.
 */
#include "bench/bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <trec/keystore.h>
#include <unistd.h>

#define RECORD 700  /* bytes: a peer with its certificate */
#define BATCH 250   /* records of a commit while filling */
#define ROUNDS 9    /* commits of each kind that are timed; the median counts */
#define GETS 1000
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

static uint64_t wall_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* For what waits for nothing: others on the machine then do not count. */
static uint64_t processor_ns(void)
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

/* The same writes and syncs to a plain file, timed. */
static uint64_t again(int fd)
{
	static uint8_t zeros[65536];
	uint64_t from = wall_ns();

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
	return wall_ns() - from;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static double median_us(uint64_t *ns, size_t n)
{
	qsort(ns, n, sizeof(*ns), compare);
	return (double)ns[n / 2] / 1000.0;
}

static void number_id(unsigned i, uint8_t id[TREC_ID_LEN])
{
	memset(id, 0, TREC_ID_LEN);
	for (unsigned k = 0; k < 4; k++)
		id[k] = (uint8_t)(i * 2654435761u >> (8 * k)); /* spread, none twice */
}

static struct trec_change change(unsigned i, bool remove)
{
	static const uint8_t data[RECORD];
	struct trec_change c = { .type = TREC_RECORD_PEER, .remove = remove };

	number_id(i, c.id);
	c.data = trec_bytes(data, sizeof(data));
	return c;
}

static void fill(struct trec_store *s, unsigned records)
{
	static struct trec_change batch[BATCH];

	for (unsigned i = 0; i < records;) {
		size_t n = 0;

		for (; n < BATCH && i < records; i++)
			batch[n++] = change(i, false);
		duo_must(s->ops->commit(s, batch, n) == TREC_OK, "a commit");
	}
}

static void say(const char *what, double value)
{
	(void)printf("%s %.4g\n", what, value);
}

/* Puts or deletes ROUNDS records beside the others. */
static void time_commits(struct trec_store *s, unsigned records, bool remove, int plain)
{
	uint64_t ours[ROUNDS], floor[ROUNDS], processor[ROUNDS];
	unsigned syncs = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct trec_change c = change(records + i, remove);

		notes.count = 0;
		notes.on = true;
		uint64_t from = wall_ns();
		uint64_t worked = processor_ns();

		duo_must(s->ops->commit(s, &c, 1) == TREC_OK, "a commit");
		ours[i] = wall_ns() - from;
		processor[i] = processor_ns() - worked;
		notes.on = false;
		floor[i] = again(plain);
	}
	for (unsigned i = 0; i < notes.count; i++)
		syncs += notes.deed[i].sync;
	say(remove ? "delete-us" : "put-us", median_us(ours, ROUNDS));
	say(remove ? "delete-cpu-us" : "put-cpu-us", median_us(processor, ROUNDS));
	say(remove ? "delete-floor-us" : "put-floor-us", median_us(floor, ROUNDS));
	say(remove ? "delete-syncs" : "put-syncs", syncs);
}

static void time_gets(struct trec_store *s, unsigned records)
{
	static uint8_t out[TREC_RECORD_MAX];
	uint64_t from = processor_ns();
	uint8_t id[TREC_ID_LEN];
	bool found = true;
	size_t n = 0;

	for (unsigned i = 0; i < GETS && found; i++) {
		number_id(i * 7919u % records, id);
		duo_must(s->ops->get(s, TREC_RECORD_PEER, id, out, sizeof(out), &n, &found) ==
				 TREC_OK,
			 "a get");
	}
	duo_must(found && n == RECORD, "a record is found");
	say("get-us", (double)(processor_ns() - from) / 1000.0 / GETS);
}

void bench_store(unsigned records, const char *dir)
{
	struct trec_env env = *trec_env_default();
	char path[400], beside[420];
	struct trec_keystore_options o = { .dir = path };
	struct trec_keystore_info info;
	struct trec_keystore *ks = NULL;
	uint64_t opens[ROUNDS];

	notes.io = env.io;
	env.io.pwrite = noted_pwrite;
	env.io.sync = noted_sync;
	(void)snprintf(path, sizeof(path), "%s/store-%u", dir, records);
	(void)snprintf(beside, sizeof(beside), "%s.plain", path);
	duo_must(trec_keystore_create(&env, &o, "bench", TREC_KEY_ED25519, &ks) == TREC_OK,
		 "a store is made");
	fill(trec_keystore_store(ks), records);
	trec_keystore_close(&ks);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t from = processor_ns();

		duo_must(trec_keystore_open(&env, &o, &ks) == TREC_OK, "a store opens");
		opens[i] = processor_ns() - from;
		if (i + 1 < ROUNDS)
			trec_keystore_close(&ks);
	}
	say("open-us", median_us(opens, ROUNDS));
	trec_keystore_info(ks, &info);
	say("file-bytes", (double)info.file_bytes);
	int plain = open(beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	duo_must(plain >= 0 && posix_fallocate(plain, 0, (off_t)info.file_bytes * 2) == 0 &&
			 fdatasync(plain) == 0,
		 "a plain file");
	time_gets(trec_keystore_store(ks), records);
	time_commits(trec_keystore_store(ks), records, false, plain);
	time_commits(trec_keystore_store(ks), records, true, plain);
	trec_keystore_close(&ks);
	(void)close(plain);
	(void)unlink(beside);
}
