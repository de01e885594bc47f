/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts of tests/interop/check-raw-device.
 * make DIR NEEDLES: a store with 60 records; NEEDLES gets 16-byte samples of the slots of the
 * first 30, of the table and of both wrapped table keys. delete DIR: deletes those 30.
 * crowd DIR: fills every free slot. info DIR: prints what the store says about what lies beneath.
 * fill DIR: makes or opens a store, puts records until that fails, and says how it failed.
 * state DIR: opens a store and prints whether it is read-only and how many records are whole.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keystore/keystore.h"

#define RECORDS 60
#define DELETED 30
#define NEEDLE 16

static struct trec_change change(unsigned i, bool removal)
{
	static uint8_t data[1500];
	struct trec_change c = { .type = TREC_RECORD_PEER, .remove = removal };

	memset(c.id, (int)i + 1, sizeof c.id);
	memset(data, (int)i + 1, sizeof data);
	c.data = trec_bytes(data, i % 3 == 0 ? 1500 : 700);
	return c;
}

static int commit(struct trec_keystore *ks, unsigned i, bool removal)
{
	struct trec_store *s = trec_keystore_store(ks);
	struct trec_change c = change(i, removal);

	return s->ops->commit(s, &c, 1) == TREC_OK ? 0 : 1;
}

static const uint8_t *map(const char *path, size_t *n)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0)
		return NULL;
	const uint8_t *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

	close(fd);
	*n = (size_t)st.st_size;
	return p == MAP_FAILED ? NULL : p;
}

/* Samples of what the deletions must take away. */
static int sample(const struct trec_keystore *ks, const char *dir, FILE *out)
{
	char path[512];
	size_t n, at;

	snprintf(path, sizeof path, "%s/store", dir);
	const uint8_t *file = map(path, &n);

	if (file == NULL)
		return 1;
	for (unsigned i = 0; i < DELETED; i++) {
		struct trec_change c = change(i, true);

		if (!ks_index_find(&ks->v.index, c.type, c.id, &at))
			return 1;
		for (uint32_t k = 0; k < ks->v.index.e[at].slot_count; k++)
			for (size_t b = 0; b < KS_SLOT; b += 256)
				fwrite(file + ks_slot_at(ks->v.index.e[at].slot[k]) + b, NEEDLE, 1,
				       out);
	}
	for (size_t b = 0; b < ks->v.head.table_bytes; b += 512)
		fwrite(file + ks_table_at(ks->v.head.slots, 0) + b, NEEDLE, 1, out);
	for (unsigned c = 0; c < KS_COPIES; c++)
		fwrite(file + (size_t)c * KS_HEADER + KS_HEADER_USED - KS_WRAP_LEN, NEEDLE, 1, out);
	return 0;
}

static int make(const char *dir, const char *needles)
{
	struct trec_keystore_options o = { .dir = dir };
	struct trec_keystore *ks;
	FILE *out = fopen(needles, "wb");
	int bad = 0;

	if (out == NULL ||
	    trec_keystore_create(trec_env_default(), &o, "a", TREC_KEY_ED25519, &ks) != TREC_OK)
		return 1;
	for (unsigned i = 0; i < RECORDS; i++)
		bad |= commit(ks, i, false);
	bad |= sample(ks, dir, out);
	trec_keystore_close(&ks);
	return bad | (fclose(out) != 0);
}

static int delete(const char *dir)
{
	struct trec_keystore_options o = { .dir = dir };
	struct trec_keystore *ks;
	int bad = 0;

	if (trec_keystore_open(trec_env_default(), &o, &ks) != TREC_OK)
		return 1;
	for (unsigned i = 0; i < DELETED; i++)
		bad |= commit(ks, i, true);
	trec_keystore_close(&ks);
	return bad;
}

static int fill(const char *dir)
{
	static uint8_t data[TREC_RECORD_MAX];
	char why[TREC_WHY_LEN];
	struct trec_keystore_options o = { .dir = dir, .why = why };
	struct trec_keystore *ks;
	struct trec_change c = { .type = TREC_RECORD_SEEN, .data = { data, sizeof data } };
	trec_err err = trec_keystore_create(trec_env_default(), &o, "a", TREC_KEY_ED25519, &ks);

	if (err == TREC_E_EXISTS)
		err = trec_keystore_open(trec_env_default(), &o, &ks);
	if (err == TREC_OK) {
		struct trec_store *s = trec_keystore_store(ks);

		for (uint32_t i = 0; err == TREC_OK && i < 10000; i++) {
			base_put32(c.id, i);
			err = s->ops->commit(s, &c, 1);
		}
	}
	printf("%s\n", trec_err_name(err));
	trec_keystore_close(&ks);
	return 0;
}

static int state(const char *dir)
{
	static uint8_t data[TREC_RECORD_MAX];
	struct trec_keystore_options o = { .dir = dir };
	struct trec_keystore *ks;
	size_t n, whole = 0;
	bool found;

	if (trec_keystore_open(trec_env_default(), &o, &ks) != TREC_OK)
		return 1;
	for (size_t i = 0; i < ks->v.index.n; i++) {
		const struct ks_entry *e = &ks->v.index.e[i];

		whole += ks_volume_get(&ks->v, e->type, e->id, data, sizeof data, &n, &found) ==
				 TREC_OK &&
			 found;
	}
	printf("%s %zu of %zu\n", ks->v.read_only ? "read-only" : "writable", whole,
	       ks->v.index.n);
	trec_keystore_close(&ks);
	return 0;
}

/* Every slot gets a record but the spare one. */
static int crowd(const char *dir)
{
	struct trec_keystore_options o = { .dir = dir };
	struct trec_change c = { .type = TREC_RECORD_SEEN };
	struct trec_keystore *ks;
	trec_err err = trec_keystore_open(trec_env_default(), &o, &ks);

	for (uint32_t i = 0; err == TREC_OK && ks_volume_free_slots(&ks->v) > KS_SLOTS_SPARE; i++) {
		base_put32(c.id, i);
		err = trec_keystore_store(ks)->ops->commit(trec_keystore_store(ks), &c, 1);
	}
	trec_keystore_close(&ks);
	return err == TREC_OK ? 0 : 1;
}

static int info(const char *dir)
{
	static const char *const kinds[] = { [TREC_OVERWRITE_IN_PLACE] = "in-place",
					     [TREC_OVERWRITE_JOURNALED] = "journaled",
					     [TREC_OVERWRITE_COPIED] = "copied",
					     [TREC_OVERWRITE_SHARED] = "shared",
					     [TREC_OVERWRITE_VOLATILE] = "volatile",
					     [TREC_OVERWRITE_UNKNOWN] = "unknown" };
	struct trec_keystore_options o = { .dir = dir };
	struct trec_keystore_info i;
	struct trec_keystore *ks;

	if (trec_keystore_open(trec_env_default(), &o, &ks) != TREC_OK)
		return 1;
	trec_keystore_info(ks, &i);
	printf("%s %s\n%s\n%s\n", i.filesystem, kinds[i.overwrite], i.covers, i.not_covered);
	trec_keystore_close(&ks);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "fill") == 0)
		return fill(argv[2]);
	if (argc == 3 && strcmp(argv[1], "state") == 0)
		return state(argv[2]);
	if (argc == 4 && strcmp(argv[1], "make") == 0)
		return make(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "delete") == 0)
		return delete(argv[2]);
	if (argc == 3 && strcmp(argv[1], "crowd") == 0)
		return crowd(argv[2]);
	if (argc == 3 && strcmp(argv[1], "info") == 0)
		return info(argv[2]);
	return EXIT_FAILURE;
}
