/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: where a device's records live. Either the real keystore on a simulated disk
 * that loses and tears sectors, or a table in memory whose commits can fail or be cut off; the
 * second is many times faster and as good for questions about the engine.
 */
#include <stdlib.h>
#include <string.h>

#include "keystore/keystore.h"
#include "tests/lib/disksim.h"
#include "tests/lib/mem_store.h"
#include "tests/sim/sim.h"

#define DISK_BYTES (512 * 1024)
#define DISK_SLOTS 16 /* so that stores grow now and then */

bool sim_disk_forgets_sync;

/* An old copy of a store, and of the model's records. */
struct backup {
	struct sim_fact *row;
	size_t rows;
	uint8_t *image; /* disk */
	size_t n;
	struct mem_store *table;
	uint8_t secret[CRYPTO_KEY_LEN];
	struct trec_own own;
	uint8_t cert[TREC_CERT_MAX];
};

struct sim_disk {
	struct backup *old;
	/* table */
	struct mem_store *table;
	struct crypto_key *key;
	struct trec_signer signer;
	uint8_t cert[TREC_CERT_MAX];
	/* disk */
	struct disksim *disk;
	struct trec_keystore *ks;
	bool halted;
};

/* Kept over runs: clearing half a megabyte for each would be most of a run's time. */
static struct disksim *pool[SIM_DEVICES];
static const uint8_t kek[CRYPTO_KEY_LEN] = { 0x6b, 0x65, 0x6b };

static void must(trec_err err)
{
	if (err != TREC_OK)
		abort();
}

/* ---- the disk: what is written goes into the trace -------------------------------------- */

static ssize_t io_pread(void *ctx, int fd, void *buf, size_t n, off_t at)
{
	return disksim_io.pread(ctx, fd, buf, n, at);
}

static ssize_t io_pwrite(void *ctx, int fd, const void *buf, size_t n, off_t at)
{
	struct sim_device *d = ctx;

	sim_hash(d->w, &at, sizeof(at));
	sim_hash(d->w, buf, n);
	return disksim_io.pwrite(ctx, fd, buf, n, at);
}

static int io_sync(void *ctx, int fd)
{
	return sim_disk_forgets_sync ? 0 : disksim_io.sync(ctx, fd);
}

static int io_extend(void *ctx, int fd, off_t size)
{
	return disksim_io.extend(ctx, fd, size);
}

static off_t io_size(void *ctx, int fd)
{
	return disksim_io.size(ctx, fd);
}

static void make_keystore(struct sim_device *d)
{
	struct sim_disk *k = d->disk;
	struct ks_header h = { .slots = DISK_SLOTS, .provider = TREC_PROVIDER_KEYFILE };
	trec_key_alg alg = TREC_KEY_ED25519;

	if (pool[d->no] == NULL)
		pool[d->no] = disksim_new(DISK_BYTES);
	k->disk = pool[d->no];
	disksim_load(k->disk, kek, 0);
	d->env.io = (struct trec_io){ io_pread, io_pwrite, io_sync, io_extend, io_size };
	must(ks_handle_new(&d->env, &k->ks));
	/* Both algorithms where they are real (P-256 is slow); the stand-in knows one. */
	if ((d->w->o.seed + (uint64_t)d->no) % 4 == 1 &&
	    ks_own_make(&d->env, "device", TREC_KEY_P256, &k->ks->own) == TREC_OK)
		alg = TREC_KEY_P256;
	if (alg == TREC_KEY_ED25519)
		must(ks_own_make(&d->env, "device", alg, &k->ks->own));
	k->ks->own.name[5] = (char)('0' + d->no);
	must(ks_volume_init(&k->ks->v, &d->env, disksim_fd(k->disk)));
	must(ks_volume_create(&k->ks->v, &h, kek));
	must(ks_own_save(&k->ks->v, &k->ks->own));
	d->id = k->ks->own.id;
	trec_keystore_close(&k->ks);
	/* A planted fault is not to keep the device from being made. */
	size_t n;
	const uint8_t *image = disksim_image(k->disk, &n);
	uint8_t *copy = malloc(n);

	if (copy == NULL)
		abort();
	memcpy(copy, image, n);
	disksim_load(k->disk, copy, n);
	free(copy);
}

static trec_err unlock(void *ctx, const struct ks_header *h, uint8_t out[CRYPTO_KEY_LEN])
{
	(void)ctx;
	(void)h;
	memcpy(out, kek, CRYPTO_KEY_LEN);
	return TREC_OK;
}

static trec_err open_keystore(struct sim_device *d)
{
	struct ks_unlocker u = { unlock, NULL };
	struct trec_keystore *ks = NULL;
	trec_err err = ks_handle_new(&d->env, &ks);

	if (err != TREC_OK)
		return err;
	d->disk->ks = ks;
	d->inner = &ks->store;
	err = ks_volume_init(&ks->v, &d->env, disksim_fd(d->disk->disk));
	if (err == TREC_OK)
		err = ks_volume_open(&ks->v, &u);
	return err == TREC_OK ? ks_own_load(&ks->v, &ks->own) : err;
}

/* ---- the table -------------------------------------------------------------------------- */

static void make_table(struct sim_device *d)
{
	struct sim_disk *k = d->disk;
	struct trec_own own = { .signer = &k->signer };
	size_t n = 0;

	must(crypto_key_generate(&d->env, TREC_KEY_ED25519, &k->key));
	crypto_key_signer(k->key, &k->signer);
	must(crypto_cert_make(&d->env, &k->signer, NULL, k->cert, sizeof(k->cert), &n));
	must(crypto_spki_check(trec_bytes(k->signer.spki, k->signer.spki_len), NULL, &own.id));
	memcpy(own.name, "device0", 8);
	own.name[6] = (char)('0' + d->no);
	own.cert = trec_bytes(k->cert, n);
	d->id = own.id;
	k->table = mem_store_new(&own);
	if (k->table == NULL)
		abort();
	k->table->env = &d->env;
}

/* ---- both ------------------------------------------------------------------------------- */

void sim_disk_make(struct sim_device *d)
{
	d->disk = calloc(1, sizeof(*d->disk));
	if (d->disk == NULL)
		abort();
	if (d->w->o.disk)
		make_keystore(d);
	else
		make_table(d);
}

trec_err sim_disk_open(struct sim_device *d)
{
	if (d->disk->table == NULL)
		return open_keystore(d);
	mem_store_restart(d->disk->table);
	d->inner = &d->disk->table->store;
	return TREC_OK;
}

void sim_disk_close(struct sim_device *d)
{
	trec_keystore_close(&d->disk->ks);
	d->inner = NULL;
}

bool sim_disk_holds_key(const struct sim_device *d, const struct sim_device *of)
{
	const struct mem_store *t = of->disk->table;

	if (t == NULL || d->disk->table == NULL)
		return false;
	const struct crypto_key *key = t->key != NULL ? t->key : of->disk->key;

	return mem_store_contains(d->disk->table, trec_bytes(crypto_key_secret(key),
							     CRYPTO_KEY_LEN));
}

/* ---- an old copy ------------------------------------------------------------------------ */

static void *copy_of(const void *p, size_t n)
{
	void *copy = malloc(n > 0 ? n : 1);

	if (copy == NULL)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

static void backup_free(struct backup *b)
{
	if (b == NULL)
		return;
	mem_store_free(&b->table);
	free(b->image);
	free(b->row);
	free(b);
}

static void copy_table(const struct sim_disk *k, struct backup *b)
{
	const struct mem_store *t = k->table;
	const struct crypto_key *key = t->key != NULL ? t->key : k->key;

	b->table = mem_store_new(NULL);
	if (b->table == NULL || !mem_store_copy(b->table, t))
		abort();
	memcpy(b->secret, crypto_key_secret(key), sizeof(b->secret));
	b->own = t->own;
	memcpy(b->cert, t->own.cert.p, t->own.cert.n);
}

void sim_disk_backup(struct sim_device *d)
{
	struct sim_disk *k = d->disk;
	struct backup *b = d->sick || d->pendings > 0 ? NULL : calloc(1, sizeof(*b));

	if (b == NULL) /* nobody knows for certain what is in it */
		return;
	backup_free(k->old);
	k->old = b;
	b->rows = d->rows;
	b->row = copy_of(d->row, d->rows * sizeof(d->row[0]));
	if (k->table != NULL) {
		copy_table(k, b);
		return;
	}
	const uint8_t *image = disksim_image(k->disk, &b->n);

	b->image = copy_of(image, b->n);
}

static void put_table_back(struct sim_device *d, const struct backup *b)
{
	struct mem_store *t = d->disk->table;

	if (!mem_store_copy(t, b->table))
		abort();
	crypto_key_free(&t->key);
	must(crypto_key_import(&d->env, TREC_KEY_ED25519, b->secret, &t->key));
	crypto_key_signer(t->key, &t->signer);
	memcpy(t->cert, b->cert, sizeof(t->cert));
	t->own = b->own;
	t->own.signer = &t->signer;
	t->own.cert = trec_bytes(t->cert, b->own.cert.n);
}

bool sim_disk_restore(struct sim_device *d)
{
	const struct backup *b = d->disk->old;

	if (b == NULL)
		return false;
	if (d->disk->table != NULL)
		put_table_back(d, b);
	else
		disksim_load(d->disk->disk, b->image, b->n);
	memcpy(d->row, b->row, b->rows * sizeof(d->row[0]));
	d->rows = b->rows;
	d->pendings = 0;
	return true;
}

void sim_disk_free(struct sim_device *d)
{
	backup_free(d->disk->old);
	mem_store_free(&d->disk->table);
	crypto_key_free(&d->disk->key);
	free(d->disk);
	d->disk = NULL;
}

void sim_disk_power_cut(struct sim_device *d, struct sim_rng *r)
{
	uint64_t seed = sim_next(r) | 1;

	if (d->disk->disk == NULL)
		return;
	if (disksim_pending(d->disk->disk) > 0)
		d->w->stats.torn++;
	disksim_cut(d->disk->disk, &seed);
	d->disk->halted = false;
}

void sim_disk_arm(struct sim_device *d, struct sim_rng *r, bool halt)
{
	static const enum disksim_fault faults[] = { DISKSIM_EIO, DISKSIM_ENOSPC, DISKSIM_TORN,
						     DISKSIM_SHORT, DISKSIM_EINTR };
	static const enum mem_fault table_halts[] = { MEM_FAULT_CRASH_BEFORE,
						      MEM_FAULT_CRASH_AFTER };

	if (d->disk->disk != NULL) {
		disksim_fault(d->disk->disk, sim_below(r, 60),
			      halt ? DISKSIM_HALT : faults[sim_below(r, 5)]);
		d->disk->halted = halt;
		return;
	}
	mem_store_fault(d->disk->table, 1 + sim_below(r, 3),
			halt ? table_halts[sim_below(r, 2)] : MEM_FAULT_FAIL);
}

void sim_disk_calm(struct sim_device *d)
{
	if (d->disk->disk != NULL)
		disksim_fault(d->disk->disk, 0, DISKSIM_NONE);
	else
		mem_store_fault(d->disk->table, 0, MEM_FAULT_NONE);
	d->disk->halted = false;
}

bool sim_disk_down(const struct sim_device *d)
{
	if (d->disk->disk != NULL)
		return d->disk->halted && disksim_fired(d->disk->disk);
	return d->disk->table->down;
}

bool sim_disk_read_only(const struct sim_device *d)
{
	return d->disk->ks != NULL && d->disk->ks->v.read_only;
}
