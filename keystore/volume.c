/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See volume.h: making and reading a store file. Opening one is in open.c. */
#include "keystore/volume.h"

#include <string.h>

trec_err ks_volume_init(struct ks_volume *v, const struct trec_env *env, int fd)
{
	memset(v, 0, sizeof *v);
	v->env = env;
	v->fd = fd;
	v->index.env = env;
	v->commit_order = ks_commit_order;
	v->recover_order = ks_recover_order;
	v->kek = base_secret_alloc(CRYPTO_KEY_LEN);
	v->mask = base_secret_alloc(KS_DEK_LEN);
	v->index.mask = v->mask;
	if (v->kek == NULL || v->mask == NULL)
		return TREC_E_NO_MEMORY;
	return crypto_random(env, v->mask, KS_DEK_LEN);
}

void ks_volume_done(struct ks_volume *v)
{
	if (v->env == NULL)
		return;
	ks_index_clear(&v->index);
	base_secret_free(v->kek, CRYPTO_KEY_LEN);
	base_secret_free(v->mask, KS_DEK_LEN);
	memset(v, 0, sizeof *v);
}

trec_err ks_volume_create(struct ks_volume *v, const struct ks_header *h,
			  const uint8_t kek[CRYPTO_KEY_LEN])
{
	static const enum ks_step order[] = { KS_STEP_ERASE,	   KS_STEP_TABLE,
					      KS_STEP_HEADER,	   KS_STEP_ADOPT,
					      KS_STEP_OTHER_TABLE, KS_STEP_OTHER_HEADER,
					      KS_STEP_SYNC,	   KS_STEP_END };
	struct ks_plan p;

	v->head = *h;
	v->head.generation = 1;
	v->head.table_bytes = ks_table_bytes(h->slots);
	memcpy(v->kek, kek, CRYPTO_KEY_LEN);
	trec_err err = ks_plan_whole(v, NULL, &p);

	if (err == TREC_OK)
		err = ks_extend(v, ks_file_bytes(h->slots));
	if (err == TREC_OK)
		err = ks_plan_run(v, &p, order);
	ks_plan_free(v->env, &p);
	return err;
}

static trec_err read_record(struct ks_volume *v, const struct ks_entry *e, uint8_t *sealed,
			    uint8_t *plain)
{
	trec_err err = TREC_OK;

	for (uint32_t i = 0; i < e->slot_count && err == TREC_OK; i++)
		err = ks_read(v, ks_slot_at(e->slot[i]), sealed + (size_t)i * KS_SLOT, KS_SLOT);
	if (err == TREC_OK)
		err = ks_record_open(&v->index, v->head.uuid, e, sealed, plain);
	if (err == TREC_E_STORE_CORRUPT)
		base_log(v->env, TREC_LEVEL_ERROR, "store: the record in slot %u is damaged",
			 (unsigned)e->slot[0]);
	return err;
}

trec_err ks_volume_get(struct ks_volume *v, trec_record type, const uint8_t *id, uint8_t *out,
		       size_t cap, size_t *n, bool *found)
{
	size_t at;

	*n = 0;
	*found = false;
	if (!ks_index_find(&v->index, type, id, &at))
		return TREC_OK;
	const struct ks_entry *e = &v->index.e[at];

	if (e->length > cap)
		return TREC_E_NO_SPACE;
	size_t bytes = (size_t)e->slot_count * KS_SLOT;
	uint8_t *buf = base_alloc(v->env, 2 * bytes + CRYPTO_TAG_LEN);

	if (buf == NULL)
		return TREC_E_NO_MEMORY;
	trec_err err = read_record(v, e, buf + bytes, buf);

	if (err == TREC_OK) {
		if (e->length > 0)
			memcpy(out, buf, e->length);
		*n = e->length;
		*found = true;
	}
	base_free(v->env, buf, 2 * bytes + CRYPTO_TAG_LEN);
	return err;
}

bool ks_volume_next(const struct ks_volume *v, trec_record type, const uint8_t *after,
		    uint8_t id[TREC_ID_LEN])
{
	static const uint8_t first[TREC_ID_LEN];
	size_t at;

	if (ks_index_find(&v->index, type, after == NULL ? first : after, &at) && after != NULL)
		at++;
	if (at == v->index.n || v->index.e[at].type != type)
		return false;
	memcpy(id, v->index.e[at].id, TREC_ID_LEN);
	return true;
}

size_t ks_volume_free_slots(const struct ks_volume *v)
{
	size_t used = 0;

	for (size_t i = 0; i < v->index.n; i++)
		used += v->index.e[i].slot_count;
	return v->head.slots - used;
}
