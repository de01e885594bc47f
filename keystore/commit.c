/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See volume.h: runs a plan step by step. Before the header is written nothing refers to what
 * was; after its sync the commit has happened; what follows removes the traces of the state
 * before and makes both copies alike, which is also what opening does after an interruption.
 */
#include <string.h>

#include "keystore/volume.h"

/*
 * Slots and table share a sync, as only the header refers to them. The table could share one with
 * the header too, which binds its tag: a copy that is not whole does not count. Slots could not:
 * nobody looks at them before they are read. So a deletion does without the first sync.
 */
const enum ks_step ks_commit_order[] = {
	KS_STEP_EXTEND,
	KS_STEP_SLOTS,
	KS_STEP_TABLE,
	KS_STEP_SYNC_RECORDS,
	KS_STEP_HEADER,
	KS_STEP_SYNC,
	KS_STEP_ADOPT,
	KS_STEP_ERASE,
	KS_STEP_OTHER_TABLE,
	KS_STEP_SYNC_ERASED, /* both headers alike says that nothing is left to overwrite */
	KS_STEP_OTHER_HEADER,
	KS_STEP_SYNC,
	KS_STEP_END
};

const enum ks_step ks_recover_order[] = {
	KS_STEP_ERASE,
	KS_STEP_OTHER_TABLE,
	KS_STEP_SYNC_ERASED,
	KS_STEP_OTHER_HEADER,
	KS_STEP_SYNC,
	KS_STEP_END
};

static trec_err extend(const struct ks_volume *v, const struct ks_plan *p)
{
	if (!p->grows)
		return TREC_OK;
	uint64_t from = ks_file_bytes(v->head.slots);
	trec_err err = ks_extend(v, ks_file_bytes(p->head.slots));

	if (err == TREC_OK) /* free slots look like used ones */
		err = ks_fill(v, from, ks_slot_at(p->head.slots) - from);
	return err;
}

static trec_err write_slots(const struct ks_volume *v, const struct ks_plan *p)
{
	trec_err err = TREC_OK;

	for (size_t i = 0; i < p->targets && err == TREC_OK; i++)
		err = ks_write(v, ks_slot_at(p->target[i]), p->sealed + i * KS_SLOT, KS_SLOT);
	return err;
}

static trec_err write_table(const struct ks_volume *v, const struct ks_plan *p, unsigned copy)
{
	return ks_write(v, ks_table_at(p->head.slots, copy), p->table, p->head.table_bytes);
}

static trec_err write_header(const struct ks_volume *v, struct ks_plan *p, unsigned copy)
{
	uint8_t page[KS_HEADER];

	p->head.copy = copy;
	trec_err err = ks_header_seal(v->env, &p->head, v->kek, p->tk, page);

	if (err == TREC_OK)
		err = ks_write(v, (uint64_t)copy * KS_HEADER, page, sizeof page);
	return err;
}

static bool dead(const struct ks_plan *p, uint32_t slot)
{
	return (p->use[slot] & (KS_USE_OLD | KS_USE_DEAD)) != 0 &&
	       (p->use[slot] & KS_USE_NEW) == 0;
}

static trec_err erase(const struct ks_volume *v, struct ks_plan *p)
{
	trec_err err = TREC_OK;

	for (uint32_t from = 0; from < p->head.slots && err == TREC_OK;) {
		uint32_t to = from;

		while (to < p->head.slots && dead(p, to))
			to++;
		if (to > from) {
			err = ks_fill(v, ks_slot_at(from), (uint64_t)(to - from) * KS_SLOT);
			p->erased = true;
		}
		from = to + 1;
	}
	return err;
}

/* The volume now is what the plan made; the plan keeps what the later steps need. */
static void adopt(struct ks_volume *v, struct ks_plan *p)
{
	struct ks_index old = v->index;

	v->index = p->index;
	p->index = old;
	v->active = 1 - v->active;
	v->head = p->head;
}

static trec_err run_step(struct ks_volume *v, struct ks_plan *p, enum ks_step step)
{
	switch (step) {
	case KS_STEP_EXTEND:
		return extend(v, p);
	case KS_STEP_SLOTS:
		return write_slots(v, p);
	case KS_STEP_TABLE:
		return write_table(v, p, 1 - v->active);
	case KS_STEP_HEADER:
		return write_header(v, p, 1 - v->active);
	case KS_STEP_ADOPT:
		adopt(v, p);
		return TREC_OK;
	case KS_STEP_ERASE:
		return erase(v, p);
	case KS_STEP_OTHER_TABLE:
		return write_table(v, p, 1 - v->active);
	case KS_STEP_OTHER_HEADER:
		return write_header(v, p, 1 - v->active);
	case KS_STEP_SYNC_RECORDS:
		return p->targets > 0 ? ks_sync(v) : TREC_OK;
	case KS_STEP_SYNC_ERASED:
		return p->erased ? ks_sync(v) : TREC_OK;
	case KS_STEP_SYNC:
		return ks_sync(v);
	case KS_STEP_END:
		break;
	}
	return TREC_E_INTERNAL;
}

/* Failures that leave the file as it was for every reader: free slots, or not long enough. */
static bool harmless(enum ks_step step)
{
	return step == KS_STEP_EXTEND || step == KS_STEP_SLOTS;
}

trec_err ks_plan_run(struct ks_volume *v, struct ks_plan *p, const enum ks_step *order)
{
	for (size_t i = 0; order[i] != KS_STEP_END; i++) {
		trec_err err = run_step(v, p, order[i]);

		if (err == TREC_OK)
			continue;
		/* After a failed sync nobody knows what the disk holds: no more writes. */
		if (!harmless(order[i])) {
			v->read_only = true;
			base_log(v->env, TREC_LEVEL_ERROR,
				 "store: a write failed (%s); it can only be read from here on",
				 trec_err_name(err));
		}
		return err;
	}
	return TREC_OK;
}

trec_err ks_volume_commit(struct ks_volume *v, const struct trec_change *changes, size_t n)
{
	struct ks_plan p;
	bool changed;

	if (v->read_only)
		return TREC_E_READ_ONLY;
	trec_err err = ks_plan_make(v, changes, n, &p, &changed);

	if (err == TREC_OK && changed)
		err = ks_plan_run(v, &p, v->commit_order);
	ks_plan_free(v->env, &p);
	return err;
}
