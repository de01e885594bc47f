/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see batch.h. */
#include "proto/engine/batch.h"
#include "proto/base/base.h"
#include "proto/engine/keys.h"
#include "proto/engine/ledger.h"

#include <string.h>

#define FIRST_CAP 8

struct eng_batch eng_batch_to(const struct trec_env *env, struct trec_store *s)
{
	return (struct eng_batch){ .env = env, .s = s };
}

void eng_batch_fail(struct eng_batch *b, trec_err err)
{
	if (b->err == TREC_OK)
		b->err = err;
}

static bool make_room(struct eng_batch *b)
{
	size_t cap = b->cap > 0 ? 2 * b->cap : FIRST_CAP;
	struct trec_change *more;

	if (b->n < b->cap)
		return true;
	more = base_alloc(b->env, cap * sizeof(*more));
	if (more == NULL)
		return false;
	if (b->n > 0)
		memcpy(more, b->changes, b->n * sizeof(*more));
	base_free(b->env, b->changes, b->cap * sizeof(*more));
	b->changes = more;
	b->cap = cap;
	return true;
}

void eng_batch_put(struct eng_batch *b, trec_record type, const uint8_t id[TREC_ID_LEN],
		   struct trec_bytes data)
{
	uint8_t *copy = NULL;

	if (b->err != TREC_OK)
		return;
	if (data.n > 0)
		copy = base_alloc(b->env, data.n);
	if ((data.n > 0 && copy == NULL) || !make_room(b)) {
		base_free(b->env, copy, data.n);
		eng_batch_fail(b, TREC_E_NO_MEMORY);
		return;
	}
	if (copy != NULL)
		memcpy(copy, data.p, data.n);
	b->changes[b->n] = (struct trec_change){ .type = type, .data = trec_bytes(copy, data.n) };
	memcpy(b->changes[b->n].id, id, TREC_ID_LEN);
	b->n++;
}

void eng_batch_remove(struct eng_batch *b, trec_record type, const uint8_t id[TREC_ID_LEN])
{
	size_t at = b->n;

	eng_batch_put(b, type, id, trec_bytes(NULL, 0));
	if (b->err == TREC_OK)
		b->changes[at].remove = true;
}

void eng_batch_peer(struct eng_batch *b, const struct trec_id *id, const struct rec_peer *p)
{
	uint8_t buf[REC_PEER_MAX];
	size_t n = 0;

	eng_batch_fail(b, eng_keys_encode(b->s, id, p, buf, sizeof(buf), &n));
	eng_batch_put(b, TREC_RECORD_PEER, id->b, trec_bytes(buf, n));
	trec_wipe(buf, sizeof(buf));
}

void eng_batch_tombstone(struct eng_batch *b, const struct trec_id *id, enum rec_dissolved_by by)
{
	struct rec_tombstone stone = { .when_s = eng_wall_s(b->env), .by = by };
	uint8_t hash[TREC_ID_LEN] = { 0 };
	uint8_t buf[REC_SMALL_MAX];
	size_t n = 0;

	eng_batch_fail(b, eng_tombstone_id(id, hash));
	eng_batch_fail(b, rec_tombstone_encode(&stone, buf, sizeof(buf), &n));
	eng_batch_put(b, TREC_RECORD_TOMBSTONE, hash, trec_bytes(buf, n));
}

void eng_batch_drop(struct eng_batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		void *copy; /* ours, and const only towards the store */

		memcpy(&copy, &b->changes[i].data.p, sizeof(copy));
		base_free(b->env, copy, b->changes[i].data.n);
	}
	base_free(b->env, b->changes, b->cap * sizeof(*b->changes));
	*b = eng_batch_to(b->env, b->s);
}

trec_err eng_batch_commit(struct eng_batch *b)
{
	trec_err err = b->err;

	if (err == TREC_OK && b->n > 0)
		err = b->s->ops->commit(b->s, b->changes, b->n);
	eng_batch_drop(b);
	return err;
}
