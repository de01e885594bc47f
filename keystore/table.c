/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See format.h: the table of records. It always fills its whole area, padded with zeros before
 * sealing, so that not even the number of records shows. Read as strictly as it is written:
 * ascending, no slot twice, nothing but zeros behind the last entry.
 */
#include "keystore/format.h"

#include <string.h>

/* docs/STORE-FORMAT.md, Table */
#define COUNT_LEN 4
#define FIXED_LEN (1 + 1 + 1 + 1 + 4 + TREC_ID_LEN + KS_TAG_LEN + KS_DEK_LEN)
#define ENTRY_MAX_PER_SLOT (FIXED_LEN + 4)

uint32_t ks_table_bytes(uint32_t slots)
{
	uint32_t need = COUNT_LEN + slots * ENTRY_MAX_PER_SLOT;

	return (need + KS_ALIGN - 1) / KS_ALIGN * KS_ALIGN;
}

static size_t entry_write(const struct ks_index *ix, const struct ks_entry *e, uint8_t *p)
{
	p[0] = (uint8_t)e->type;
	p[1] = 0; /* flags: none defined */
	p[2] = (uint8_t)e->slot_count;
	p[3] = 0;
	base_put32(p + 4, e->length);
	memcpy(p + 8, e->id, TREC_ID_LEN);
	memcpy(p + 8 + TREC_ID_LEN, e->tag, KS_TAG_LEN);
	ks_index_mask(ix, e->masked, p + 8 + TREC_ID_LEN + KS_TAG_LEN);
	for (uint32_t i = 0; i < e->slot_count; i++)
		base_put32(p + FIXED_LEN + (size_t)4 * i, e->slot[i]);
	return FIXED_LEN + (size_t)4 * e->slot_count;
}

/* Bytes taken, 0 if the entry breaks the format. */
static size_t entry_read(const struct ks_index *ix, const uint8_t *p, size_t left,
			 struct ks_entry *e)
{
	if (left < ENTRY_MAX_PER_SLOT)
		return 0;
	e->type = (trec_record)p[0];
	e->slot_count = p[2];
	e->length = base_get32(p + 4);
	if (p[1] != 0 || p[3] != 0 || p[0] < TREC_RECORD_OWN || p[0] > TREC_RECORD_LAST ||
	    e->length > TREC_RECORD_MAX || e->slot_count != ks_slots_for(e->length) ||
	    left < FIXED_LEN + (size_t)4 * e->slot_count)
		return 0;
	memcpy(e->id, p + 8, TREC_ID_LEN);
	memcpy(e->tag, p + 8 + TREC_ID_LEN, KS_TAG_LEN);
	ks_index_mask(ix, p + 8 + TREC_ID_LEN + KS_TAG_LEN, e->masked);
	for (uint32_t i = 0; i < e->slot_count; i++)
		e->slot[i] = base_get32(p + FIXED_LEN + (size_t)4 * i);
	return FIXED_LEN + (size_t)4 * e->slot_count;
}

/* Takes the entry's slots; false if one is out of range or taken. */
static bool slots_take(const struct ks_entry *e, uint8_t *taken, uint32_t slots)
{
	for (uint32_t i = 0; i < e->slot_count; i++) {
		if (e->slot[i] >= slots || taken[e->slot[i]])
			return false;
		taken[e->slot[i]] = 1;
	}
	return true;
}

static bool all_zero(const uint8_t *p, size_t n)
{
	uint8_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}

static bool entries_read(struct ks_index *ix, const uint8_t *p, size_t n, size_t count,
			 uint8_t *taken, uint32_t slots)
{
	size_t at = COUNT_LEN;

	for (size_t i = 0; i < count; i++) {
		struct ks_entry e = { 0 };
		size_t used = entry_read(ix, p + at, n - at, &e);
		size_t where = 0;

		if (used == 0 || !slots_take(&e, taken, slots) ||
		    ks_index_find(ix, e.type, e.id, &where) || where != ix->n)
			return false;
		ix->e[ix->n++] = e;
		at += used;
	}
	return all_zero(p + at, n - at);
}

static trec_err table_read(const struct trec_env *env, const uint8_t *p, const struct ks_header *h,
			   struct ks_index *ix)
{
	size_t count = base_get32(p);

	if (count > h->slots)
		return TREC_E_STORE_CORRUPT;
	uint8_t *taken = base_alloc(env, h->slots);

	if (taken == NULL)
		return TREC_E_NO_MEMORY;
	trec_err err = ks_index_reserve(ix, count);

	if (err == TREC_OK && !entries_read(ix, p, h->table_bytes, count, taken, h->slots))
		err = TREC_E_STORE_CORRUPT;
	if (err != TREC_OK)
		ks_index_clear(ix);
	base_free(env, taken, h->slots);
	return err;
}

/* The table key is fresh at every commit, so the nonce is constant. */
static const uint8_t zero_nonce[CRYPTO_NONCE_LEN];

static struct trec_bytes table_ad(const struct ks_header *h, uint8_t ad[KS_UUID_LEN + 8])
{
	memcpy(ad, h->uuid, KS_UUID_LEN);
	base_put64(ad + KS_UUID_LEN, h->generation);
	return trec_bytes(ad, KS_UUID_LEN + 8);
}

trec_err ks_table_seal(const struct trec_env *env, const struct ks_index *ix,
		       const uint8_t tk[CRYPTO_KEY_LEN], struct ks_header *h, uint8_t *out)
{
	uint8_t ad[KS_UUID_LEN + 8];
	size_t at = COUNT_LEN;
	uint8_t *plain = base_alloc(env, h->table_bytes);

	if (plain == NULL)
		return TREC_E_NO_MEMORY;
	base_put32(plain, (uint32_t)ix->n);
	for (size_t i = 0; i < ix->n; i++)
		at += entry_write(ix, &ix->e[i], plain + at);
	trec_err err = crypto_aead_seal(tk, zero_nonce, table_ad(h, ad),
					trec_bytes(plain, h->table_bytes), out);

	if (err == TREC_OK)
		memcpy(h->table_tag, out + h->table_bytes, CRYPTO_TAG_LEN);
	base_free(env, plain, h->table_bytes);
	return err;
}

trec_err ks_table_open(const struct trec_env *env, const struct ks_header *h,
		       const uint8_t tk[CRYPTO_KEY_LEN], uint8_t *sealed, struct ks_index *ix)
{
	uint8_t ad[KS_UUID_LEN + 8];
	uint8_t *plain = base_alloc(env, h->table_bytes);

	if (plain == NULL)
		return TREC_E_NO_MEMORY;
	memcpy(sealed + h->table_bytes, h->table_tag, CRYPTO_TAG_LEN);
	trec_err err = crypto_aead_open(tk, zero_nonce, table_ad(h, ad),
					trec_bytes(sealed, h->table_bytes + CRYPTO_TAG_LEN), plain);

	if (err == TREC_OK)
		err = table_read(env, plain, h, ix);
	else if (err == TREC_E_MALFORMED)
		err = TREC_E_STORE_CORRUPT;
	base_free(env, plain, h->table_bytes);
	return err;
}
