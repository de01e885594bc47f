/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See format.h: headers, slots and where they lie. The table is in table.c. */
#include "keystore/format.h"

#include <string.h>

/* docs/STORE-FORMAT.md, Header */
enum {
	AT_MAGIC = 0,
	AT_VERSION = 8,
	AT_COPY = 12,
	AT_GENERATION = 16,
	AT_UUID = 24,
	AT_SLOTS = 40,
	AT_TABLE_BYTES = 44,
	AT_PROVIDER = 48,
	AT_PARAMS_LEN = 52,
	AT_PARAMS = 56,
	AT_TABLE_TAG = 184,
	AT_NONCE = 200,
	AT_WRAP = 212
};

static const uint8_t magic[8] = { 'T', 'R', 'E', 'C', 'S', 'T', 'O', 'R' };

_Static_assert(AT_WRAP + KS_WRAP_LEN == KS_HEADER_USED, "header layout");
_Static_assert(TREC_RECORD_MAX <= KS_RECORD_SLOTS * KS_SLOT, "a record fits its slots");

uint64_t ks_slot_at(uint32_t slot)
{
	return KS_SLOTS_AT + (uint64_t)slot * KS_SLOT;
}

uint64_t ks_table_at(uint32_t slots, unsigned copy)
{
	return ks_slot_at(slots) + (uint64_t)copy * ks_table_bytes(slots);
}

uint64_t ks_file_bytes(uint32_t slots)
{
	return ks_table_at(slots, KS_COPIES);
}

static bool header_sane(const struct ks_header *h)
{
	return h->copy < KS_COPIES && h->generation > 0 && h->slots >= KS_SLOTS_MIN &&
	       h->slots <= KS_SLOTS_MAX && h->slots % (KS_ALIGN / KS_SLOT) == 0 &&
	       h->table_bytes == ks_table_bytes(h->slots) && h->params_len <= KS_PARAMS_MAX;
}

trec_err ks_header_decode(const uint8_t in[KS_HEADER], struct ks_header *out)
{
	struct ks_header h = { 0 };

	memset(out, 0, sizeof *out);
	if (memcmp(in + AT_MAGIC, magic, sizeof magic) != 0)
		return TREC_E_STORE_CORRUPT;
	if (base_get32(in + AT_VERSION) != KS_VERSION)
		return TREC_E_VERSION;
	h.copy = base_get32(in + AT_COPY);
	h.generation = base_get64(in + AT_GENERATION);
	memcpy(h.uuid, in + AT_UUID, sizeof h.uuid);
	h.slots = base_get32(in + AT_SLOTS);
	h.table_bytes = base_get32(in + AT_TABLE_BYTES);
	h.provider = base_get32(in + AT_PROVIDER);
	h.params_len = base_get32(in + AT_PARAMS_LEN);
	memcpy(h.params, in + AT_PARAMS, sizeof h.params);
	memcpy(h.table_tag, in + AT_TABLE_TAG, sizeof h.table_tag);
	memcpy(h.nonce, in + AT_NONCE, sizeof h.nonce);
	memcpy(h.wrap, in + AT_WRAP, sizeof h.wrap);
	if (!header_sane(&h))
		return TREC_E_STORE_CORRUPT;
	*out = h;
	return TREC_OK;
}

static void header_encode(const struct ks_header *h, uint8_t out[KS_HEADER])
{
	memset(out, 0, KS_HEADER);
	memcpy(out + AT_MAGIC, magic, sizeof magic);
	base_put32(out + AT_VERSION, KS_VERSION);
	base_put32(out + AT_COPY, h->copy);
	base_put64(out + AT_GENERATION, h->generation);
	memcpy(out + AT_UUID, h->uuid, sizeof h->uuid);
	base_put32(out + AT_SLOTS, h->slots);
	base_put32(out + AT_TABLE_BYTES, h->table_bytes);
	base_put32(out + AT_PROVIDER, h->provider);
	base_put32(out + AT_PARAMS_LEN, h->params_len);
	memcpy(out + AT_PARAMS, h->params, sizeof h->params);
	memcpy(out + AT_TABLE_TAG, h->table_tag, sizeof h->table_tag);
	memcpy(out + AT_NONCE, h->nonce, sizeof h->nonce);
	memcpy(out + AT_WRAP, h->wrap, sizeof h->wrap);
}

trec_err ks_header_seal(const struct trec_env *env, struct ks_header *h,
			const uint8_t kek[CRYPTO_KEY_LEN], const uint8_t tk[CRYPTO_KEY_LEN],
			uint8_t out[KS_HEADER])
{
	trec_err err = crypto_random(env, h->nonce, sizeof h->nonce);

	if (err != TREC_OK)
		return err;
	header_encode(h, out);
	err = crypto_aead_seal(kek, h->nonce, trec_bytes(out, AT_WRAP),
			       trec_bytes(tk, CRYPTO_KEY_LEN), h->wrap);
	if (err == TREC_OK)
		memcpy(out + AT_WRAP, h->wrap, sizeof h->wrap);
	return err;
}

trec_err ks_header_open(const uint8_t in[KS_HEADER], const struct ks_header *h,
			const uint8_t kek[CRYPTO_KEY_LEN], uint8_t tk[CRYPTO_KEY_LEN])
{
	return crypto_aead_open(kek, h->nonce, trec_bytes(in, AT_WRAP),
				trec_bytes(h->wrap, KS_WRAP_LEN), tk);
}

/* A record's key is used once, so the nonce is constant; docs/STORE-FORMAT.md, Slots. */
static const uint8_t zero_nonce[CRYPTO_NONCE_LEN];

static struct trec_bytes record_ad(const struct ks_entry *e, const uint8_t uuid[KS_UUID_LEN],
				   uint8_t ad[TREC_ID_LEN + 1 + KS_UUID_LEN])
{
	memcpy(ad, e->id, TREC_ID_LEN);
	ad[TREC_ID_LEN] = (uint8_t)e->type;
	memcpy(ad + TREC_ID_LEN + 1, uuid, KS_UUID_LEN);
	return trec_bytes(ad, TREC_ID_LEN + 1 + KS_UUID_LEN);
}

trec_err ks_record_seal(const struct trec_env *env, const struct ks_index *ix,
			const uint8_t uuid[KS_UUID_LEN], struct trec_bytes data,
			struct ks_entry *e, uint8_t *out)
{
	uint8_t ad[TREC_ID_LEN + 1 + KS_UUID_LEN];
	uint8_t dek[KS_DEK_LEN];
	size_t n = (size_t)e->slot_count * KS_SLOT;
	uint8_t *plain = base_alloc(env, n);

	if (plain == NULL)
		return TREC_E_NO_MEMORY;
	if (data.n > 0)
		memcpy(plain, data.p, data.n);
	e->length = (uint32_t)data.n;
	trec_err err = crypto_random(env, dek, sizeof dek);

	if (err == TREC_OK)
		err = crypto_aead_seal(dek, zero_nonce, record_ad(e, uuid, ad),
				       trec_bytes(plain, n), out);
	if (err == TREC_OK) {
		memcpy(e->tag, out + n, KS_TAG_LEN);
		ks_index_mask(ix, dek, e->masked);
	}
	trec_wipe(dek, sizeof dek);
	base_free(env, plain, n);
	return err;
}

trec_err ks_record_open(const struct ks_index *ix, const uint8_t uuid[KS_UUID_LEN],
			const struct ks_entry *e, uint8_t *sealed, uint8_t *out)
{
	uint8_t ad[TREC_ID_LEN + 1 + KS_UUID_LEN];
	uint8_t dek[KS_DEK_LEN];
	size_t n = (size_t)e->slot_count * KS_SLOT;

	memcpy(sealed + n, e->tag, KS_TAG_LEN);
	ks_index_mask(ix, e->masked, dek);
	trec_err err = crypto_aead_open(dek, zero_nonce, record_ad(e, uuid, ad),
					trec_bytes(sealed, n + KS_TAG_LEN), out);

	trec_wipe(dek, sizeof dek);
	return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
}

trec_err ks_derive_kek(const uint8_t secret[CRYPTO_KEY_LEN], const uint8_t uuid[KS_UUID_LEN],
		       uint8_t kek[CRYPTO_KEY_LEN])
{
	static const char info[] = "trec store kek";
	uint8_t prk[CRYPTO_SHA256_LEN];
	trec_err err = crypto_hkdf_extract(trec_bytes(uuid, KS_UUID_LEN),
					   trec_bytes(secret, CRYPTO_KEY_LEN), prk);

	if (err == TREC_OK)
		err = crypto_hkdf_expand(trec_bytes(prk, sizeof prk),
					 trec_bytes(info, sizeof info - 1), kek, CRYPTO_KEY_LEN);
	trec_wipe(prk, sizeof prk);
	return err;
}
