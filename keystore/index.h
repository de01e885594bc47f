/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the decrypted list of records in memory, ordered by type and id, so that a
 * lookup is a binary search and reads one record. It holds each record's key only in masked
 * form (xor with a mask in the secret arena): a picture of the heap gives no key away.
 */
#ifndef TREC_KEYSTORE_INDEX_H
#define TREC_KEYSTORE_INDEX_H

#include "proto/base/base.h"
#include <trec/store.h>

#define KS_SLOT 1024
#define KS_RECORD_SLOTS 16 /* most that one record spans */
#define KS_DEK_LEN 32
#define KS_TAG_LEN 16

struct ks_entry {
	trec_record type;
	uint8_t id[TREC_ID_LEN];
	uint32_t length; /* bytes of the record */
	uint32_t slot_count;
	uint32_t slot[KS_RECORD_SLOTS];
	uint8_t tag[KS_TAG_LEN];
	uint8_t masked[KS_DEK_LEN];
};

struct ks_index {
	const struct trec_env *env;
	const uint8_t *mask; /* KS_DEK_LEN bytes, in the arena */
	struct ks_entry *e;
	size_t n;
	size_t cap;
};

/* Slots that a record of that many bytes takes; even an empty one takes one. */
uint32_t ks_slots_for(size_t length);
/* Where (type, id) is, or would be. */
bool ks_index_find(const struct ks_index *ix, trec_record type, const uint8_t *id, size_t *at);
/* An empty *out becomes a copy with room for `more` further entries. TREC_E_NO_MEMORY. */
TREC_MUST_USE trec_err ks_index_copy(const struct ks_index *ix, size_t more, struct ks_index *out);
/* Room for n entries in an empty index. */
TREC_MUST_USE trec_err ks_index_reserve(struct ks_index *ix, size_t n);
/* Puts an entry in its place, over one of the same type and id. There must be room. */
void ks_index_put(struct ks_index *ix, const struct ks_entry *e);
void ks_index_remove(struct ks_index *ix, size_t at);
/* Wipes and frees the entries; env and mask stay. */
void ks_index_clear(struct ks_index *ix);
/* xor with the mask: both ways. */
void ks_index_mask(const struct ks_index *ix, const uint8_t in[KS_DEK_LEN],
		   uint8_t out[KS_DEK_LEN]);

#endif
