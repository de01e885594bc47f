/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the rules about trust change several records in one commit, how many the store
 * alone knows. A batch collects them; like a writer it remembers its first error, so that only
 * the commit is checked.
 */
#ifndef TREC_ENGINE_BATCH_H
#define TREC_ENGINE_BATCH_H

#include "proto/codec/record.h"
#include <trec/env.h>
#include <trec/store.h>

struct eng_batch {
	const struct trec_env *env;
	struct trec_store *s;
	struct trec_change *changes; /* each owns its data */
	size_t n;
	size_t cap;
	trec_err err;
};

struct eng_batch eng_batch_to(const struct trec_env *env, struct trec_store *s);
/* The bytes are copied. None of these may name a record twice. */
void eng_batch_put(struct eng_batch *b, trec_record type, const uint8_t id[TREC_ID_LEN],
		   struct trec_bytes data);
void eng_batch_remove(struct eng_batch *b, trec_record type, const uint8_t id[TREC_ID_LEN]);
void eng_batch_peer(struct eng_batch *b, const struct trec_id *id, const struct rec_peer *p);
/* Under the hash of the id. */
void eng_batch_tombstone(struct eng_batch *b, const struct trec_id *id, enum rec_dissolved_by by);
void eng_batch_fail(struct eng_batch *b, trec_err err);
/* Commits unless something failed before; wipes and releases the batch in any case. */
TREC_MUST_USE trec_err eng_batch_commit(struct eng_batch *b);
/* Wipes and releases without a commit. */
void eng_batch_drop(struct eng_batch *b);

#endif
