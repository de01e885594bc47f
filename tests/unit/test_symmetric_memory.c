/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about memory in the life of a key that two devices share: after a pairing, sessions and a
 * rekey, with the stores gone, a search of the whole process finds neither the key, nor the one
 * before it, nor what was made of them. And: whatever fails on the way, nothing leaks.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/engine/session_symmetric.h"
#include "tests/lib/scan.h"
#include "tests/unit/symmetric_rig.h"

static struct rig *rig;

/* Remembers the keys of a side, without a copy on the stack. */
static void note_keys(int side)
{
	struct trec_peer p = sym_other(rig, side);
	struct rec_symmetric *keys = base_secret_alloc(sizeof(*keys));

	CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
	CU_ASSERT_EQUAL(eng_keys_load(&rig->side[side].store->store, &p.id, keys), TREC_OK);
	for (size_t i = 0; i < keys->count; i++)
		scan_look_for(i == 0 ? "a shared key" : "the next key", keys->key[i], REC_KEY_LEN);
	base_secret_free(keys, sizeof(*keys));
}

static void note_session(int side)
{
	const struct eng_symmetric *y = rig->side[side].s->symmetric;

	CU_ASSERT_PTR_NOT_NULL_FATAL(y);
	scan_look_for("K_cc of a session", y->keys.k_cc, sizeof(y->keys.k_cc));
	scan_look_for("what a rekey would lead to", y->next, sizeof(y->next));
}

static void *whole_life(void *unused)
{
	rig = sym_paired(7);
	note_keys(0);
	CU_ASSERT_TRUE(sym_comes_up(rig, 0));
	note_session(0);
	CU_ASSERT_EQUAL(trec_session_rekey(rig->side[1].s), TREC_OK);
	rig_settle(rig);
	note_keys(1);
	CU_ASSERT_TRUE(sym_comes_up(rig, 1));
	note_session(1);
	struct trec_peer p = sym_other(rig, 0);
	struct trec_revocation *words = NULL;

	CU_ASSERT_EQUAL(trec_unpair(&rig->side[0].f.env, &rig->side[0].store->store, &p.id, false,
				    &words), TREC_OK);
	CU_ASSERT_EQUAL(trec_session_revoke(rig->side[0].s, words), TREC_OK);
	sess_run(rig, NULL);
	CU_ASSERT_EQUAL(rig_list(&rig->side[1]), 0);
	trec_revocation_free(&words);
	rig_end(rig);
	return unused;
}

static void c631_i_no_shared_key_is_in_memory_after_its_end(void)
{
	void *stack = scan_new_stack();

	scan_on_kept_stack(whole_life, stack);
	CU_ASSERT(scan_count() >= 10);
	CU_ASSERT(scan_is_clean(NULL)); /* the stores hold nothing of it any more */
	rig_free(&rig);
	CU_ASSERT(scan_is_clean(NULL));
	scan_free_stack(stack);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_i_no_shared_key_is_in_memory_after_its_end),
};

int main(void)
{
	scan_or_skip("symmetric_memory");
	return suite_main("symmetric memory", cases, BASE_COUNT(cases));
}
