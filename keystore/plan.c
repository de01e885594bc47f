/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See volume.h: what a commit will write is decided and sealed before the file is touched, so
 * that running out of memory or of random numbers changes nothing.
 */
#include <string.h>

#include "keystore/volume.h"

void ks_plan_free(const struct trec_env *env, struct ks_plan *p)
{
	base_free(env, p->use, p->head.slots);
	base_free(env, p->sealed, p->sealed_bytes);
	base_free(env, p->target, p->targets * sizeof *p->target);
	base_free(env, p->table, p->head.table_bytes + CRYPTO_TAG_LEN);
	base_secret_free(p->tk, CRYPTO_KEY_LEN);
	if (p->index.env != NULL)
		ks_index_clear(&p->index);
	memset(p, 0, sizeof *p);
}

static void mark(const struct ks_index *ix, uint8_t *use, uint8_t bit)
{
	for (size_t i = 0; i < ix->n; i++)
		for (uint32_t k = 0; k < ix->e[i].slot_count; k++)
			use[ix->e[i].slot[k]] |= bit;
}

/* Slots and records that the changes need at most; a spare slot unless they set one free. */
static trec_err count_needs(const struct ks_volume *v, const struct trec_change *changes, size_t n,
			    size_t *slots, size_t *records, size_t *spare)
{
	bool frees = false;
	size_t at;

	*slots = 0;
	*records = 0;
	for (size_t i = 0; i < n; i++) {
		if (changes[i].type < TREC_RECORD_OWN || changes[i].type > TREC_RECORD_LAST)
			return TREC_E_USAGE;
		frees = frees || ks_index_find(&v->index, changes[i].type, changes[i].id, &at);
		if (changes[i].remove)
			continue;
		if (changes[i].data.n > TREC_RECORD_MAX)
			return TREC_E_TOO_LARGE;
		*slots += ks_slots_for(changes[i].data.n);
		(*records)++;
		if (*slots > KS_SLOTS_MAX)
			return TREC_E_NO_SPACE;
	}
	*spare = frees || *slots == 0 ? 0 : KS_SLOTS_SPARE;
	return TREC_OK;
}

/* The layout after the commit: as before, or grown so that `need` slots are free. */
static trec_err choose_layout(const struct ks_volume *v, size_t need, struct ks_plan *p)
{
	uint64_t slots = v->head.slots;
	uint64_t tables = (uint64_t)KS_COPIES * v->head.table_bytes / KS_SLOT;

	p->head = v->head;
	p->head.generation = v->head.generation + 1;
	if (need > ks_volume_free_slots(v)) {
		p->grows = true;
		slots = slots + tables + (need > slots ? need : slots);
		slots = (slots + KS_ALIGN / KS_SLOT - 1) / (KS_ALIGN / KS_SLOT) *
			(KS_ALIGN / KS_SLOT);
		if (slots > KS_SLOTS_MAX)
			return TREC_E_NO_SPACE;
		p->head.slots = (uint32_t)slots;
		p->head.table_bytes = ks_table_bytes(p->head.slots);
	}
	p->use = base_alloc(v->env, p->head.slots);
	if (p->use == NULL)
		return TREC_E_NO_MEMORY;
	mark(&v->index, p->use, KS_USE_OLD | KS_USE_CLOSED);
	if (p->grows) /* the old tables must stay whole until the new header is durable */
		memset(p->use + v->head.slots, KS_USE_DEAD | KS_USE_CLOSED, (size_t)tables);
	return TREC_OK;
}

static trec_err room_for_sealed(const struct trec_env *env, size_t slots, struct ks_plan *p)
{
	if (slots == 0)
		return TREC_OK;
	p->target = base_alloc(env, slots * sizeof *p->target);
	if (p->target == NULL)
		return TREC_E_NO_MEMORY;
	p->targets = slots;
	p->sealed_bytes = slots * KS_SLOT + CRYPTO_TAG_LEN;
	p->sealed = base_alloc(env, p->sealed_bytes);
	return p->sealed == NULL ? TREC_E_NO_MEMORY : TREC_OK;
}

/* Seals one record behind the `done` slots sealed before. There are enough free slots. */
static trec_err plan_put(const struct ks_volume *v, const struct trec_change *c, struct ks_plan *p,
			 size_t *done, uint32_t *next_slot)
{
	struct ks_entry e = { .type = c->type, .slot_count = ks_slots_for(c->data.n) };

	memcpy(e.id, c->id, TREC_ID_LEN);
	for (uint32_t i = 0; i < e.slot_count; i++) {
		while (*next_slot < p->head.slots && (p->use[*next_slot] & KS_USE_CLOSED) != 0)
			(*next_slot)++;
		if (*next_slot == p->head.slots)
			return TREC_E_INTERNAL;
		e.slot[i] = (*next_slot)++;
		p->target[*done + i] = e.slot[i];
		/* Dead unless the new index refers to it when all changes are applied. */
		p->use[e.slot[i]] |= KS_USE_DEAD | KS_USE_CLOSED;
	}
	/* The tag lands where the next record begins, and is in the table by then. */
	trec_err err = ks_record_seal(v->env, &v->index, v->head.uuid, c->data, &e,
				      p->sealed + *done * KS_SLOT);

	if (err == TREC_OK)
		ks_index_put(&p->index, &e);
	*done += e.slot_count;
	trec_wipe(&e, sizeof e);
	return err;
}

static trec_err apply(const struct ks_volume *v, const struct trec_change *changes, size_t n,
		      struct ks_plan *p, bool *changed)
{
	size_t done = 0;
	uint32_t next_slot = 0;
	trec_err err = TREC_OK;

	for (size_t i = 0; i < n && err == TREC_OK; i++) {
		size_t at;

		if (!changes[i].remove) {
			err = plan_put(v, &changes[i], p, &done, &next_slot);
			*changed = true;
		} else if (ks_index_find(&p->index, changes[i].type, changes[i].id, &at)) {
			ks_index_remove(&p->index, at);
			*changed = true;
		}
	}
	return err;
}

/* Fresh table key unless one is given; seals the table. */
static trec_err plan_table(const struct ks_volume *v, const uint8_t *tk, struct ks_plan *p)
{
	trec_err err = TREC_OK;

	p->tk = base_secret_alloc(CRYPTO_KEY_LEN);
	p->table = base_alloc(v->env, p->head.table_bytes + CRYPTO_TAG_LEN);
	if (p->tk == NULL || p->table == NULL)
		return TREC_E_NO_MEMORY;
	if (tk != NULL)
		memcpy(p->tk, tk, CRYPTO_KEY_LEN);
	else
		err = crypto_random(v->env, p->tk, CRYPTO_KEY_LEN);
	if (err == TREC_OK)
		err = ks_table_seal(v->env, &p->index, p->tk, &p->head, p->table);
	return err;
}

trec_err ks_plan_make(const struct ks_volume *v, const struct trec_change *changes, size_t n,
		      struct ks_plan *p, bool *changed)
{
	size_t slots, records, spare;

	memset(p, 0, sizeof *p);
	*changed = false;
	trec_err err = count_needs(v, changes, n, &slots, &records, &spare);

	if (err == TREC_OK)
		err = choose_layout(v, slots + spare, p);
	if (err == TREC_OK)
		err = room_for_sealed(v->env, slots, p);
	if (err == TREC_OK)
		err = ks_index_copy(&v->index, records, &p->index);
	if (err == TREC_OK)
		err = apply(v, changes, n, p, changed);
	if (err != TREC_OK || !*changed)
		return err;
	mark(&p->index, p->use, KS_USE_NEW);
	return plan_table(v, NULL, p);
}

trec_err ks_plan_whole(const struct ks_volume *v, const uint8_t *tk, struct ks_plan *p)
{
	memset(p, 0, sizeof *p);
	p->head = v->head;
	p->use = base_alloc(v->env, p->head.slots);
	if (p->use == NULL)
		return TREC_E_NO_MEMORY;
	/* What died here before cannot be told: every slot without a record is overwritten. */
	memset(p->use, KS_USE_DEAD, p->head.slots);
	trec_err err = ks_index_copy(&v->index, 0, &p->index);

	if (err != TREC_OK)
		return err;
	mark(&p->index, p->use, KS_USE_NEW);
	return plan_table(v, tk, p);
}
