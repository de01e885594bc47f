/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A store file with a known key. The first byte says what follows:
 * 0 the file; 1 the plaintext of a table (then sealed rightly); 2 the own record (sealed rightly);
 * 3 a fault of the disk (which, and two bytes of which call), then the file; 4 the file, opened by
 * another key. A file says what its headers are locked with before any key is asked for.
 *
 * Property: a store that opens answers every record with its bytes or "damaged", takes a new
 * record and a deletion, and holds exactly the rest after it was opened again; a table that is
 * accepted is written back as the same bytes; an own record that is accepted can sign.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "keystore/own.h"
#include "tests/lib/disksim.h"

#define DISK 262144
#define SLOTS 16

static struct trec_env env;
static struct disksim *disk;
static uint8_t image[DISK];

static trec_err give_kek(void *ctx, const struct ks_header *h, uint8_t kek[CRYPTO_KEY_LEN])
{
	(void)ctx;
	(void)h;
	memset(kek, 0x42, CRYPTO_KEY_LEN);
	return TREC_OK;
}

static const struct ks_unlocker unlocker = { give_kek, NULL };

static trec_err give_other(void *ctx, const struct ks_header *h, uint8_t kek[CRYPTO_KEY_LEN])
{
	(void)ctx;
	memset(kek, 0x43, CRYPTO_KEY_LEN);
	return h->provider == 9 ? TREC_E_STORE_CORRUPT : TREC_OK;
}

static const struct ks_unlocker other = { give_other, NULL };

static uint64_t random_state;

static trec_err repeatable(void *ctx, uint8_t *out, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(disksim_random(&random_state) >> 32);
	return TREC_OK;
}

static void begin(void)
{
	random_state = 1;
	if (disk != NULL)
		return;
	fuzz_must(crypto_init() == TREC_OK, "crypto starts");
	env = *trec_env_default();
	env.random = repeatable;
	env.io = disksim_io;
	disk = disksim_new(DISK);
}

static trec_err open_volume(struct ks_volume *v)
{
	fuzz_must(ks_volume_init(v, &env, disksim_fd(disk)) == TREC_OK, "there is memory");
	trec_err err = ks_volume_open(v, &unlocker);

	if (err != TREC_OK)
		ks_volume_done(v);
	return err;
}

/* Every record by its index: its length, or damaged. */
static void read_all(struct ks_volume *v)
{
	static uint8_t out[TREC_RECORD_MAX];

	for (size_t i = 0; i < v->index.n; i++) {
		const struct ks_entry *e = &v->index.e[i];
		size_t n;
		bool found;
		trec_err err = ks_volume_get(v, e->type, e->id, out, sizeof out, &n, &found);

		fuzz_must((err == TREC_OK && found && n == e->length) ||
				  (err == TREC_E_STORE_CORRUPT && !found),
			  "a record opens or is said to be damaged");
	}
}

/* Puts one record, removes the first, opens again. */
static void go_on(struct ks_volume *v)
{
	struct trec_change c[2] = { { .type = TREC_RECORD_SEEN, .data = { image, 1500 } } };
	size_t n = 1;
	size_t at;

	memset(c[0].id, 0xf5, sizeof c[0].id);
	if (v->index.n > 0) {
		c[1].type = v->index.e[0].type;
		c[1].remove = true;
		memcpy(c[1].id, v->index.e[0].id, sizeof c[1].id);
		n = 2;
	}
	bool replaced = ks_index_find(&v->index, c[0].type, c[0].id, &at);
	bool removes_it = n == 2 && replaced && at == 0;
	size_t expect = v->index.n + !replaced - (n == 2);
	trec_err err = ks_volume_commit(v, c, n);

	fuzz_must(err == TREC_OK || err == TREC_E_NO_SPACE, "an opened store takes a commit");
	if (err != TREC_OK)
		return;
	ks_volume_done(v);
	fuzz_must(open_volume(v) == TREC_OK, "a store opens again after a commit");
	fuzz_must(v->index.n == expect && !v->recovered, "nothing else came or went");
	fuzz_must(ks_index_find(&v->index, c[0].type, c[0].id, &at) != removes_it,
		  "the new record is there");
}

static void whole_file(const uint8_t *data, size_t n)
{
	struct ks_volume v;

	disksim_load(disk, data, n);
	if (open_volume(&v) != TREC_OK)
		return;
	read_all(&v);
	go_on(&v);
	ks_volume_done(&v);
}

/* A fault while it opens or goes on: an error, or no harm; without it the store opens again. */
static void with_fault(const uint8_t *data, size_t n)
{
	struct ks_volume v;

	if (n < 3)
		return;
	disksim_load(disk, data + 3, n - 3);
	trec_err err = open_volume(&v);

	if (err != TREC_OK)
		return;
	size_t records = v.index.n;

	ks_volume_done(&v);
	disksim_load(disk, data + 3, n - 3);
	disksim_fault(disk, base_get16(data + 1) % 64, (enum disksim_fault)(data[0] % 7));
	err = open_volume(&v);
	if (err == TREC_OK) {
		struct trec_change c = { .type = TREC_RECORD_SEEN, .data = { image, 10 } };

		(void)!ks_volume_commit(&v, &c, 1);
		ks_volume_done(&v);
	}
	disksim_fault(disk, 0, DISKSIM_NONE);
	fuzz_must(open_volume(&v) == TREC_OK && v.index.n + 1 >= records,
		  "after a fault the store is there");
	ks_volume_done(&v);
}

static void wrong_key(const uint8_t *data, size_t n)
{
	uint8_t kek[CRYPTO_KEY_LEN];
	struct ks_header h;
	struct ks_volume v;

	disksim_load(disk, data, n);
	fuzz_must(ks_volume_init(&v, &env, disksim_fd(disk)) == TREC_OK, "there is memory");
	trec_err peek = ks_volume_peek(&v, &h);

	fuzz_must(ks_volume_open(&v, &other) != TREC_OK, "another key opens nothing");
	fuzz_must((peek == TREC_OK) == (h.slots != 0), "a header or nothing");
	(void)!ks_derive_kek(image, h.uuid, kek);
	ks_volume_done(&v);
}

/* An image with both copies made of this table's plaintext. */
static void seal_table(const uint8_t *plain, struct ks_header *h)
{
	uint8_t ad[KS_UUID_LEN + 8] = { 0 };
	uint8_t tk[CRYPTO_KEY_LEN] = { 1 };
	uint8_t kek[CRYPTO_KEY_LEN];
	uint8_t nonce[CRYPTO_NONCE_LEN] = { 0 };
	static uint8_t sealed[DISK];

	(void)give_kek(NULL, h, kek);
	base_put64(ad + KS_UUID_LEN, h->generation);
	fuzz_must(crypto_aead_seal(tk, nonce, trec_bytes(ad, sizeof ad),
				   trec_bytes(plain, h->table_bytes), sealed) == TREC_OK,
		  "a table is sealed");
	memcpy(h->table_tag, sealed + h->table_bytes, sizeof h->table_tag);
	for (h->copy = 0; h->copy < KS_COPIES; h->copy++) {
		memcpy(image + ks_table_at(h->slots, h->copy), sealed, h->table_bytes);
		fuzz_must(ks_header_seal(&env, h, kek, tk, image + h->copy * KS_HEADER) == TREC_OK,
			  "a header is sealed");
	}
}

static void table(const uint8_t *data, size_t n)
{
	struct ks_header h = { .generation = 5, .slots = SLOTS, .provider = 1,
			       .table_bytes = ks_table_bytes(SLOTS) };
	uint8_t plain[KS_ALIGN] = { 0 };
	uint8_t tk[CRYPTO_KEY_LEN] = { 1 };
	static uint8_t again[KS_ALIGN + CRYPTO_TAG_LEN];
	struct ks_volume v;

	if (n > sizeof plain || h.table_bytes > sizeof plain)
		return;
	memcpy(plain, data, n);
	memset(image, 0, ks_file_bytes(SLOTS));
	seal_table(plain, &h);
	disksim_load(disk, image, ks_file_bytes(SLOTS));
	if (open_volume(&v) != TREC_OK)
		return;
	fuzz_must(ks_table_seal(&env, &v.index, tk, &h, again) == TREC_OK &&
			  memcmp(again, image + ks_table_at(SLOTS, 0), h.table_bytes) == 0,
		  "an accepted table is written back as the same bytes");
	read_all(&v);
	go_on(&v);
	ks_volume_done(&v);
}

static void own_record(const uint8_t *data, size_t n)
{
	struct ks_header h = { .slots = SLOTS, .provider = 1 };
	struct trec_change c = { .type = TREC_RECORD_OWN, .data = { data, n } };
	uint8_t kek[CRYPTO_KEY_LEN];
	uint8_t sig[TREC_SIG_MAX];
	struct ks_own own;
	struct ks_volume v;
	size_t sig_len;

	if (n > TREC_RECORD_MAX)
		return;
	(void)give_kek(NULL, &h, kek);
	disksim_load(disk, image, 0);
	fuzz_must(ks_volume_init(&v, &env, disksim_fd(disk)) == TREC_OK &&
			  ks_volume_create(&v, &h, kek) == TREC_OK &&
			  ks_volume_commit(&v, &c, 1) == TREC_OK,
		  "a store is made");
	if (ks_own_load(&v, &own) == TREC_OK) {
		struct trec_bytes m = trec_bytes("m", 1);

		fuzz_must(own.signer.sign(own.signer.ctx, m, sig, sizeof sig, &sig_len) ==
					  TREC_OK &&
				  crypto_verify(trec_bytes(own.signer.spki, own.signer.spki_len), m,
						trec_bytes(sig, sig_len)) == TREC_OK,
			  "an accepted own key signs for its certificate");
		ks_own_free(&own);
	}
	ks_volume_done(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0 || n > DISK / 2)
		return 0;
	begin();
	if (data[0] == 0)
		whole_file(data + 1, n - 1);
	else if (data[0] == 1)
		table(data + 1, n - 1);
	else if (data[0] == 2)
		own_record(data + 1, n - 1);
	else if (data[0] == 3)
		with_fault(data + 1, n - 1);
	else if (data[0] == 4)
		wrong_key(data + 1, n - 1);
	return 0;
}
