/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See disk_rig.h. */
#include "tests/lib/disk_rig.h"

#include <stdlib.h>
#include <string.h>

static trec_err give_kek(void *ctx, const struct ks_header *h, uint8_t kek[CRYPTO_KEY_LEN])
{
	(void)ctx;
	(void)h;
	memset(kek, 0x42, CRYPTO_KEY_LEN);
	return TREC_OK;
}

static const struct ks_unlocker unlocker = { give_kek, NULL };

void disk_rig_begin(struct disk_rig *r, size_t cap, uint32_t slots)
{
	struct ks_header h = { .slots = slots, .provider = 1, .uuid = { 'r', 'i', 'g' } };
	uint8_t kek[CRYPTO_KEY_LEN];

	memset(r, 0, sizeof *r);
	r->f = &r->own;
	fault_env_init(r->f, 7);
	r->f->env.io = disksim_io;
	r->disk = disksim_new(cap);
	(void)give_kek(NULL, &h, kek);
	if (ks_volume_init(&r->v, &r->f->env, disksim_fd(r->disk)) != TREC_OK ||
	    ks_volume_create(&r->v, &h, kek) != TREC_OK)
		abort();
	r->open = true;
}

void disk_rig_close(struct disk_rig *r)
{
	ks_volume_done(&r->v);
	r->open = false;
}

void disk_rig_end(struct disk_rig *r)
{
	disk_rig_close(r);
	disksim_free(&r->disk);
	if (!fault_env_clean(r->f))
		abort();
}

trec_err disk_rig_reopen(struct disk_rig *r)
{
	disk_rig_close(r);
	trec_err err = ks_volume_init(&r->v, &r->f->env, disksim_fd(r->disk));

	if (err == TREC_OK)
		err = ks_volume_open(&r->v, &unlocker);
	if (err != TREC_OK)
		disk_rig_close(r);
	r->open = err == TREC_OK;
	return err;
}

uint8_t *disk_rig_save(struct disk_rig *r, size_t *n)
{
	const uint8_t *image = disksim_image(r->disk, n);
	uint8_t *copy = malloc(*n);

	if (copy == NULL)
		abort();
	memcpy(copy, image, *n);
	return copy;
}

void disk_rig_load(struct disk_rig *r, const uint8_t *image, size_t n)
{
	disk_rig_close(r);
	disksim_load(r->disk, image, n);
}

static void content(uint32_t n, uint32_t salt, size_t size, uint8_t *out)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(n * 31 + salt * 17 + i * 5 + (i >> 7));
}

static void id_of(uint32_t n, uint8_t id[TREC_ID_LEN])
{
	memset(id, 0x1d, TREC_ID_LEN);
	base_put32(id, n * 2654435761U);
	base_put32(id + 4, n);
}

struct trec_change disk_rig_put(uint32_t n, uint32_t salt, size_t size)
{
	static uint8_t data[8][TREC_RECORD_MAX];
	static unsigned turn;
	struct trec_change c = { .type = TREC_RECORD_PEER };

	turn = (turn + 1) % 8;
	id_of(n, c.id);
	content(n, salt, size, data[turn]);
	c.data = trec_bytes(data[turn], size);
	return c;
}

struct trec_change disk_rig_remove(uint32_t n)
{
	struct trec_change c = { .type = TREC_RECORD_PEER, .remove = true };

	id_of(n, c.id);
	return c;
}

trec_err disk_rig_commit(struct disk_rig *r, struct trec_change c)
{
	return ks_volume_commit(&r->v, &c, 1);
}

enum disk_rig_seen disk_rig_get(struct disk_rig *r, uint32_t n, uint32_t salt, size_t size)
{
	static uint8_t want[TREC_RECORD_MAX], got[TREC_RECORD_MAX];
	uint8_t id[TREC_ID_LEN];
	size_t length;
	bool found;

	id_of(n, id);
	trec_err err = ks_volume_get(&r->v, TREC_RECORD_PEER, id, got, sizeof got, &length, &found);

	if (err != TREC_OK)
		return err == TREC_E_STORE_CORRUPT ? RIG_CORRUPT : RIG_FAILED;
	if (!found)
		return RIG_ABSENT;
	content(n, salt, size, want);
	return length == size && memcmp(got, want, size) == 0 ? RIG_SAME : RIG_OTHER;
}

size_t disk_rig_size_of(uint32_t n)
{
	return n == 2 ? 1500 : 100 + n;
}

void disk_rig_fill(struct disk_rig *r)
{
	for (uint32_t i = 0; i < DISK_RIG_RECORDS; i++)
		if (disk_rig_commit(r, disk_rig_put(i, 1, disk_rig_size_of(i))) != TREC_OK)
			abort();
}

bool disk_rig_honest(struct disk_rig *r, unsigned *damaged)
{
	*damaged = 0;
	for (uint32_t i = 0; i < DISK_RIG_RECORDS; i++) {
		enum disk_rig_seen seen = disk_rig_get(r, i, 1, disk_rig_size_of(i));

		*damaged += seen == RIG_CORRUPT;
		if (seen != RIG_SAME && seen != RIG_CORRUPT)
			return false;
	}
	return r->v.index.n == DISK_RIG_RECORDS;
}
