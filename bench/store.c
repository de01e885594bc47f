/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a store that has grown must still open at once and change quickly. What a
 * commit costs depends on the disk, so every write and sync of the measured commits is written
 * down and done again, with nothing else, to a plain file beside it: that is the floor.
 */
#include "bench/bench.h"
#include "bench/disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <trec/keystore.h>
#include <unistd.h>

#define RECORD 700  /* bytes: a peer with its certificate */
#define BATCH 250   /* records of a commit while filling */
#define ROUNDS 9    /* commits of each kind that are timed; the median counts */
#define GETS 1000

static double us(uint64_t ns)
{
	return (double)ns / 1000.0;
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
	double ours[ROUNDS], floor[ROUNDS], processor[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct trec_change c = change(records + i, remove);

		bench_disk_begin();
		uint64_t from = bench_wall_ns();
		uint64_t worked = bench_processor_ns();

		duo_must(s->ops->commit(s, &c, 1) == TREC_OK, "a commit");
		ours[i] = us(bench_wall_ns() - from);
		processor[i] = us(bench_processor_ns() - worked);
		bench_disk_end();
		floor[i] = us(bench_disk_again(plain));
	}
	say(remove ? "delete-us" : "put-us", bench_median(ours, ROUNDS));
	say(remove ? "delete-cpu-us" : "put-cpu-us", bench_median(processor, ROUNDS));
	say(remove ? "delete-floor-us" : "put-floor-us", bench_median(floor, ROUNDS));
	say(remove ? "delete-syncs" : "put-syncs", bench_disk_syncs());
}

static void time_gets(struct trec_store *s, unsigned records)
{
	static uint8_t out[TREC_RECORD_MAX];
	uint64_t from = bench_processor_ns();
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
	say("get-us", us(bench_processor_ns() - from) / GETS);
}

void bench_store(unsigned records, const char *dir)
{
	struct trec_env env = *trec_env_default();
	char path[400], beside[420];
	struct trec_keystore_options o = { .dir = path };
	struct trec_keystore_info info;
	struct trec_keystore *ks = NULL;
	double opens[ROUNDS];

	bench_disk_watch(&env);
	(void)snprintf(path, sizeof(path), "%s/store-%u", dir, records);
	(void)snprintf(beside, sizeof(beside), "%s.plain", path);
	duo_must(trec_keystore_create(&env, &o, "bench", TREC_KEY_ED25519, &ks) == TREC_OK,
		 "a store is made");
	fill(trec_keystore_store(ks), records);
	trec_keystore_close(&ks);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t from = bench_processor_ns();

		duo_must(trec_keystore_open(&env, &o, &ks) == TREC_OK, "a store opens");
		opens[i] = us(bench_processor_ns() - from);
		if (i + 1 < ROUNDS)
			trec_keystore_close(&ks);
	}
	say("open-us", bench_median(opens, ROUNDS));
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
