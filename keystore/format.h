/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the bytes of a store file (docs/STORE-FORMAT.md): the two headers, the sealed
 * table of records, the sealed slots. Pure transformations between structs and bytes; nothing
 * here reads, writes or decides. What is read may be hostile: every number is bounded before it
 * is used, and nothing is believed before its seal was opened.
 */
#ifndef TREC_KEYSTORE_FORMAT_H
#define TREC_KEYSTORE_FORMAT_H

#include "keystore/index.h"
#include "proto/crypto/crypto.h"

#define KS_VERSION 1
#define KS_COPIES 2
#define KS_HEADER 4096          /* bytes between the starts of the two headers */
#define KS_HEADER_USED 260      /* of those the first; the rest is zero */
#define KS_SLOTS_AT ((size_t)KS_COPIES * KS_HEADER)
#define KS_SLOTS_MIN 8
#define KS_SLOTS_FIRST 64       /* of a new store */
/* Left free by commits that set none free: on a full disk one that does needs no growth. */
#define KS_SLOTS_SPARE 1
#define KS_SLOTS_MAX (1u << 20) /* 1 GiB of records */
#define KS_ALIGN 4096
#define KS_PARAMS_MAX 128
#define KS_UUID_LEN 16
#define KS_WRAP_LEN (CRYPTO_KEY_LEN + CRYPTO_TAG_LEN)

struct ks_header {
	unsigned copy;       /* 0 or 1: where it lies */
	uint64_t generation; /* of the commit that wrote it, from 1 */
	uint8_t uuid[KS_UUID_LEN];
	uint32_t slots;
	uint32_t table_bytes;
	uint32_t provider;
	uint32_t params_len;
	uint8_t params[KS_PARAMS_MAX];
	uint8_t table_tag[CRYPTO_TAG_LEN];
	uint8_t nonce[CRYPTO_NONCE_LEN];
	uint8_t wrap[KS_WRAP_LEN]; /* the table key under the key-encryption key */
};

/* Bytes of one table area of a store of that many slots: every slot may be a record. */
uint32_t ks_table_bytes(uint32_t slots);
/* Offsets in the file. */
uint64_t ks_slot_at(uint32_t slot);
uint64_t ks_table_at(uint32_t slots, unsigned copy);
uint64_t ks_file_bytes(uint32_t slots);

/* TREC_E_STORE_CORRUPT: no header of this format; TREC_E_VERSION: a later one. Not yet believed. */
TREC_MUST_USE trec_err ks_header_decode(const uint8_t in[KS_HEADER], struct ks_header *out);
/* Draws the nonce, wraps tk under kek and writes the header. TREC_E_RANDOM, TREC_E_CRYPTO. */
TREC_MUST_USE trec_err ks_header_seal(const struct trec_env *env, struct ks_header *h,
				      const uint8_t kek[CRYPTO_KEY_LEN],
				      const uint8_t tk[CRYPTO_KEY_LEN], uint8_t out[KS_HEADER]);
/* Unwraps tk. TREC_E_MALFORMED: another key, or altered. */
TREC_MUST_USE trec_err ks_header_open(const uint8_t in[KS_HEADER], const struct ks_header *h,
				      const uint8_t kek[CRYPTO_KEY_LEN],
				      uint8_t tk[CRYPTO_KEY_LEN]);

/*
 * Seals the index as a table for header h (uuid, generation, table_bytes). out holds
 * h->table_bytes + CRYPTO_TAG_LEN bytes; the tag is copied to h->table_tag as well.
 */
TREC_MUST_USE trec_err ks_table_seal(const struct trec_env *env, const struct ks_index *ix,
				     const uint8_t tk[CRYPTO_KEY_LEN], struct ks_header *h,
				     uint8_t *out);
/*
 * Opens a table of h->table_bytes bytes in `sealed`, which has room for the tag behind them.
 * Fills the index, which must be empty. TREC_E_STORE_CORRUPT, TREC_E_NO_MEMORY.
 */
TREC_MUST_USE trec_err ks_table_open(const struct trec_env *env, const struct ks_header *h,
				     const uint8_t tk[CRYPTO_KEY_LEN], uint8_t *sealed,
				     struct ks_index *ix);

/*
 * Seals a record under a fresh key into whole slots: out holds e->slot_count * KS_SLOT +
 * CRYPTO_TAG_LEN bytes. Sets key, tag and length in e; type, id and slot_count are set before.
 */
TREC_MUST_USE trec_err ks_record_seal(const struct trec_env *env, const struct ks_index *ix,
				      const uint8_t uuid[KS_UUID_LEN], struct trec_bytes data,
				      struct ks_entry *e, uint8_t *out);
/*
 * Opens slots read into `sealed` (with room for the tag behind them) to out: slot_count *
 * KS_SLOT bytes, of which e->length count. TREC_E_STORE_CORRUPT.
 */
TREC_MUST_USE trec_err ks_record_open(const struct ks_index *ix, const uint8_t uuid[KS_UUID_LEN],
				      const struct ks_entry *e, uint8_t *sealed, uint8_t *out);

/* HKDF-SHA-256 of a provider's secret with the store's uuid as salt. */
TREC_MUST_USE trec_err ks_derive_kek(const uint8_t secret[CRYPTO_KEY_LEN],
				     const uint8_t uuid[KS_UUID_LEN], uint8_t kek[CRYPTO_KEY_LEN]);

#endif
