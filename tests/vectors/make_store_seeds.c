/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes fuzz/corpus/store: make_store_seeds DIR. Bytes repeat between runs, but for signatures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/own.h"
#include "tests/lib/disk_rig.h"

static const char *folder;

static void seed(const char *name, uint8_t kind, const uint8_t *p, size_t n)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "wb");

	if (f == NULL || fputc(kind, f) == EOF || fwrite(p, 1, n, f) != n || fclose(f) != 0)
		exit(EXIT_FAILURE);
}

static void must(bool ok)
{
	if (!ok)
		exit(EXIT_FAILURE);
}

/* The plaintext of the volume's table, which seals it under a known key. */
static void table(struct disk_rig *r, const char *name)
{
	static uint8_t sealed[65536], plain[65536];
	struct ks_header h = r->v.head;
	uint8_t tk[CRYPTO_KEY_LEN] = { 1 };
	uint8_t ad[KS_UUID_LEN + 8], nonce[CRYPTO_NONCE_LEN] = { 0 };

	must(ks_table_seal(&r->f->env, &r->v.index, tk, &h, sealed) == TREC_OK);
	memcpy(ad, h.uuid, KS_UUID_LEN);
	base_put64(ad + KS_UUID_LEN, h.generation);
	must(crypto_aead_open(tk, nonce, trec_bytes(ad, sizeof ad),
			      trec_bytes(sealed, h.table_bytes + CRYPTO_TAG_LEN),
			      plain) == TREC_OK);
	size_t n = h.table_bytes;

	while (n > 4 && plain[n - 1] == 0)
		n--;
	seed(name, 1, plain, n);
}

static void own(struct disk_rig *r, trec_key_alg alg, const char *name)
{
	static uint8_t record[TREC_RECORD_MAX];
	static const uint8_t id[TREC_ID_LEN];
	struct ks_own o;
	size_t n = 0;
	bool found = false;

	must(ks_own_make(&r->f->env, "seed", alg, &o) == TREC_OK &&
	     ks_own_save(&r->v, &o) == TREC_OK &&
	     ks_volume_get(&r->v, TREC_RECORD_OWN, id, record, sizeof record, &n, &found) ==
		     TREC_OK);
	seed(name, 2, record, n);
	ks_own_free(&o);
}

int main(int argc, char **argv)
{
	struct disk_rig r;
	size_t n;

	if (argc != 2 || crypto_init() != TREC_OK)
		return EXIT_FAILURE;
	folder = argv[1];
	disk_rig_begin(&r, 262144, KS_SLOTS_MIN);
	uint8_t *image = disk_rig_save(&r, &n);

	seed("empty", 0, image, n);
	table(&r, "table-empty");
	free(image);
	must(disk_rig_commit(&r, disk_rig_put(1, 1, 100)) == TREC_OK);
	must(disk_rig_commit(&r, disk_rig_put(2, 1, 0)) == TREC_OK);
	must(disk_rig_commit(&r, disk_rig_put(3, 1, 2500)) == TREC_OK);
	image = disk_rig_save(&r, &n);
	seed("three", 0, image, n);
	table(&r, "table-three");
	image[KS_HEADER + 100] ^= 1;
	seed("three-to-recover", 0, image, n);
	free(image);
	own(&r, TREC_KEY_ED25519, "own-ed25519");
	own(&r, TREC_KEY_P256, "own-p256");
	table(&r, "table-own");
	disk_rig_end(&r);
	return EXIT_SUCCESS;
}
