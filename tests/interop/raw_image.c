/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What somebody finds who has the raw image of a disk that a store lay on.
 * find IMAGE NEEDLES: prints how many of the 16-byte samples are in it, and how many there are.
 * recover IMAGE KEY: with the key file as well: collects every store header, table and record of
 * tests/interop/raw_scan in it, and prints how many old table keys, tables and deleted records
 * could be opened.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* SEEK_DATA */
#endif
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keystore/format.h"
#include "proto/crypto/crypto.h"

#define NEEDLE 16
#define DELETED 30 /* records 0 to 29, as in raw_scan.c: id and content are the number plus one */
#define HEADERS 256
#define BLOCK 4096

struct image {
	const uint8_t *p;
	size_t n;
	size_t *block; /* offsets of blocks that are not empty */
	size_t blocks;
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(EXIT_FAILURE);
}

static const uint8_t *map(const char *path, size_t *n)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && fstat(fd, &st) == 0, path);
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

	must(p != MAP_FAILED, path);
	close(fd);
	*n = (size_t)st.st_size;
	return p;
}

/* Images are mostly holes: only what was ever written is looked at. */
static void load(const char *path, struct image *im)
{
	static const uint8_t zeros[BLOCK];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t at = 0;

	im->p = map(path, &im->n);
	im->block = malloc((im->n / BLOCK + 1) * sizeof *im->block);
	im->blocks = 0;
	must(fd >= 0 && im->block != NULL, path);
	while ((at = lseek(fd, at, SEEK_DATA)) >= 0) {
		off_t end = lseek(fd, at, SEEK_HOLE);

		must(end > at, "SEEK_HOLE");
		for (off_t b = at / BLOCK * BLOCK; b + BLOCK <= end; b += BLOCK)
			if (memcmp(im->p + b, zeros, BLOCK) != 0)
				im->block[im->blocks++] = (size_t)b;
		at = end;
	}
	close(fd);
}

/* ---- find ---------------------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, NEEDLE);
}

static int find(const char *path, const char *needles)
{
	static uint8_t starts[65536 / 8];
	struct image im;
	size_t m, found = 0;
	const uint8_t *in = map(needles, &m);
	size_t count = m / NEEDLE;
	uint8_t *want = malloc(m + 1);
	bool *seen = calloc(count + 1, 1);

	must(want != NULL && seen != NULL, "memory");
	load(path, &im);
	memcpy(want, in, m);
	qsort(want, count, NEEDLE, by_bytes);
	for (size_t i = 0; i < count; i++) {
		unsigned start = (unsigned)want[NEEDLE * i] << 8 | want[NEEDLE * i + 1];

		starts[start / 8] |= (uint8_t)(1 << start % 8);
	}
	for (size_t b = 0; b < im.blocks; b++)
		for (size_t at = im.block[b], end = at + BLOCK; at < end && at + NEEDLE <= im.n;
		     at++) {
			unsigned start = (unsigned)im.p[at] << 8 | im.p[at + 1];

			if ((starts[start / 8] >> start % 8 & 1) == 0)
				continue;
			const uint8_t *hit = bsearch(im.p + at, want, count, NEEDLE, by_bytes);

			if (hit != NULL)
				seen[(size_t)(hit - want) / NEEDLE] = true;
		}
	for (size_t i = 0; i < count; i++)
		found += seen[i];
	printf("%zu %zu\n", found, count);
	free(im.block);
	free(want);
	free(seen);
	return 0;
}

/* ---- recover ------------------------------------------------------------------------------- */

struct found {
	struct ks_header h;
	uint8_t tk[CRYPTO_KEY_LEN];
};

static size_t find_headers(const struct image *im, const uint8_t secret[CRYPTO_KEY_LEN],
			   struct found *out)
{
	uint8_t page[KS_HEADER] = { 0 };
	uint8_t kek[CRYPTO_KEY_LEN];
	size_t n = 0;

	for (size_t i = 0; i < im->blocks * (BLOCK / 512) && n < HEADERS; i++) {
		size_t at = im->block[i / (BLOCK / 512)] + i % (BLOCK / 512) * 512;
		struct found f;
		bool new = true;

		memcpy(page, im->p + at, 512);
		if (memcmp(page, "TRECSTOR", 8) != 0 || ks_header_decode(page, &f.h) != TREC_OK ||
		    ks_derive_kek(secret, f.h.uuid, kek) != TREC_OK ||
		    ks_header_open(page, &f.h, kek, f.tk) != TREC_OK)
			continue;
		for (size_t k = 0; k < n; k++)
			new = new && memcmp(out[k].tk, f.tk, sizeof f.tk) != 0;
		if (new)
			out[n++] = f;
	}
	return n;
}

/* The table of that header, wherever in the image it lies whole. */
static bool find_table(const struct image *im, const struct found *f, struct ks_index *ix)
{
	uint8_t *sealed = malloc(f->h.table_bytes + CRYPTO_TAG_LEN);
	bool ok = false;

	must(sealed != NULL, "memory");
	for (size_t b = 0; b < im->blocks && !ok; b++) {
		if (im->block[b] + f->h.table_bytes > im->n)
			continue;
		memcpy(sealed, im->p + im->block[b], f->h.table_bytes);
		ok = ks_table_open(trec_env_default(), &f->h, f->tk, sealed, ix) == TREC_OK;
	}
	free(sealed);
	return ok;
}

static bool find_record(const struct image *im, const struct ks_index *ix,
			const struct ks_header *h, const struct ks_entry *e)
{
	static uint8_t sealed[KS_RECORD_SLOTS * KS_SLOT + CRYPTO_TAG_LEN];
	static uint8_t plain[KS_RECORD_SLOTS * KS_SLOT];
	size_t n = (size_t)e->slot_count * KS_SLOT;

	for (size_t i = 0; i < im->blocks * (BLOCK / KS_SLOT); i++) {
		size_t at = im->block[i / (BLOCK / KS_SLOT)] + i % (BLOCK / KS_SLOT) * KS_SLOT;

		if (at + n > im->n)
			continue;
		memcpy(sealed, im->p + at, n);
		if (ks_record_open(ix, h->uuid, e, sealed, plain) == TREC_OK)
			return plain[0] == e->id[0];
	}
	return false;
}

static int recover(const char *path, const char *key_path)
{
	static struct found f[HEADERS];
	static const uint8_t mask[KS_DEK_LEN];
	bool got[DELETED] = { false };
	struct image im;
	size_t key_len, tables = 0, records = 0;
	const uint8_t *key = map(key_path, &key_len);

	must(key_len == CRYPTO_KEY_LEN && crypto_init() == TREC_OK, "key");
	load(path, &im);
	size_t headers = find_headers(&im, key, f);

	for (size_t i = 0; i < headers; i++) {
		struct ks_index ix = { .env = trec_env_default(), .mask = mask };
		bool whole = find_table(&im, &f[i], &ix);

		tables += whole;
		for (size_t k = 0; whole && k < ix.n; k++) {
			unsigned number = ix.e[k].id[0] - 1U;

			if (ix.e[k].type == TREC_RECORD_PEER && number < DELETED && !got[number])
				got[number] = find_record(&im, &ix, &f[i].h, &ix.e[k]);
		}
		ks_index_clear(&ix);
	}
	free(im.block);
	for (size_t i = 0; i < DELETED; i++)
		records += got[i];
	printf("%zu keys, %zu tables, %zu records\n", headers, tables, records);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "find") == 0)
		return find(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "recover") == 0)
		return recover(argv[2], argv[3]);
	return EXIT_FAILURE;
}
