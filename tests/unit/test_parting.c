/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about what is left of introducers and of those they introduced when trust ends. */
#include "proto/base/base.h"
#include "proto/engine/dissolve.h"
#include "tests/unit/intro_rig.h"

#include <string.h>

static void c633_b_a_dissolved_introducer_leaves_other_records(void)
{
	struct rec_peer p, after;
	struct tr_sample s;

	ir_begin();
	enum trec_refusal why;

	ir_introduced();
	CU_ASSERT(ir_record(&tr_p->id, &p));
	CU_ASSERT_EQUAL(eng_intro_activate(tr_env, ir_store, &tr_p->id, &p, &why), TREC_OK);
	CU_ASSERT_EQUAL(why, TREC_REFUSAL_NONE);
	tr_make(&s, TRUST_TOMBSTONE, tr_a, &tr_q->id, tr_b);
	CU_ASSERT_EQUAL(ir_notice(&s).effect, TREC_NOTICE_SHOWN);
	CU_ASSERT(ir_record(&tr_p->id, &p));
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_a->id, false, NULL), TREC_OK);
	CU_ASSERT(!mem_store_contains(ir_mem, trec_bytes(tr_a->id.b, TREC_ID_LEN)));
	CU_ASSERT(!mem_store_contains(ir_mem, trec_bytes(tr_a->id.b, 16)));
	CU_ASSERT(!mem_store_contains(ir_mem, trec_bytes("device 0", 8)));
	char text[TREC_ID_TEXT_LEN + 1];

	trec_id_to_text(&tr_a->id, text);
	CU_ASSERT(!mem_store_contains(ir_mem, trec_bytes(text, strlen(text))));
	CU_ASSERT(ir_record(&tr_p->id, &after));
	CU_ASSERT(after.state == REC_STATE_ACTIVE && !after.has_introduced_by);
	p.has_introduced_by = false;
	memset(&p.introduced_by, 0, sizeof p.introduced_by);
	CU_ASSERT_EQUAL(memcmp(&p, &after, sizeof p), 0); /* the statement's hash among it */
	ir_end();
}

static void cascade_dissolves_all_that_only_the_introducer_vouched_for(void)
{
	bool stone = false;
	struct rec_peer p;

	ir_begin();
	ir_know_by(tr_p, REC_STATE_ACTIVE, &tr_a->id);
	ir_know(tr_q, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_a->id, true, NULL), TREC_OK);
	CU_ASSERT(!ir_record(&tr_p->id, &p) && ir_record(&tr_q->id, &p));
	CU_ASSERT_EQUAL(trec_tombstone_exists(tr_env, ir_store, &tr_p->id, &stone), TREC_OK);
	CU_ASSERT(stone);
	CU_ASSERT_EQUAL(ir_mem->calls, 4); /* three records, one commit */
	ir_end();
}

static void a_peer_that_parts_by_itself_takes_its_name_along_too(void)
{
	bool stone = true;
	struct rec_peer p;

	ir_begin();
	ir_know_by(tr_p, REC_STATE_ACTIVE, &tr_a->id);
	ir_know_by(tr_q, REC_STATE_INTRODUCED, &tr_a->id);
	CU_ASSERT_EQUAL(eng_peer_forget(tr_env, ir_store, &tr_a->id), TREC_OK);
	CU_ASSERT(ir_record(&tr_p->id, &p) && !p.has_introduced_by);
	CU_ASSERT(!ir_record(&tr_q->id, &p));
	CU_ASSERT_EQUAL(trec_tombstone_exists(tr_env, ir_store, &tr_a->id, &stone), TREC_OK);
	CU_ASSERT(!stone);
	ir_end();
}

static void parting_reads_past_records_that_are_damaged(void)
{
	struct trec_change change = { .type = TREC_RECORD_PEER, .data = trec_bytes("junk", 4) };
	struct rec_peer p;

	ir_begin();
	memcpy(change.id, tr_q->id.b, TREC_ID_LEN);
	CU_ASSERT_EQUAL(ir_store->ops->commit(ir_store, &change, 1), TREC_OK);
	ir_know_by(tr_p, REC_STATE_ACTIVE, &tr_a->id);
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_a->id, false, NULL), TREC_OK);
	CU_ASSERT(!ir_record(&tr_a->id, &p));
	CU_ASSERT(ir_record(&tr_p->id, &p) && !p.has_introduced_by);
	ir_end();
}

static void on_a_full_disk_trust_ends_all_the_same(void)
{
	bool stone = false;
	struct rec_peer p;

	ir_begin();
	ir_know_by(tr_p, REC_STATE_ACTIVE, &tr_a->id);
	ir_know_by(tr_q, REC_STATE_INTRODUCED, &tr_a->id);
	mem_store_fault(ir_mem, 1, MEM_FAULT_FULL);
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_a->id, true, NULL), TREC_E_NO_SPACE);
	CU_ASSERT(ir_record(&tr_a->id, &p) && ir_record(&tr_p->id, &p));
	mem_store_fault(ir_mem, 1, MEM_FAULT_FULL);
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_a->id, false, NULL), TREC_OK);
	CU_ASSERT(!ir_record(&tr_a->id, &p));
	CU_ASSERT_EQUAL(trec_tombstone_exists(tr_env, ir_store, &tr_a->id, &stone), TREC_OK);
	CU_ASSERT(stone);
	/* Who was not met yet waits in vain. */
	enum trec_refusal why = TREC_REFUSAL_NONE;

	CU_ASSERT(ir_record(&tr_q->id, &p));
	CU_ASSERT_EQUAL(eng_intro_activate(tr_env, ir_store, &tr_q->id, &p, &why), TREC_OK);
	CU_ASSERT_EQUAL(why, TREC_REFUSAL_INTRODUCER_DISSOLVED);
	ir_end();
}

/* One of three operations with the k-th allocation failing; false: there were fewer. */
static bool without_memory(int which, uint64_t k)
{
	struct eng_intro_how how = { .policy = &ir_policy };
	struct mem_store *before = mem_store_new(NULL);
	struct trec_introduced taken;
	struct eng_noticed noticed;
	struct tr_sample s;
	trec_err err;

	ir_begin();
	ir_know_by(tr_q, REC_STATE_ACTIVE, &tr_a->id);
	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	if (which == 2)
		tr_make(&s, TRUST_TOMBSTONE, tr_a, &tr_p->id, tr_b);
	CU_ASSERT_FATAL(before != NULL && mem_store_copy(before, ir_mem));
	size_t live = tr_fault.live_blocks;
	unsigned fired = tr_fault.fired;

	tr_fault.fail_alloc = k;
	if (which == 0)
		err = trec_unpair(tr_env, ir_store, &tr_a->id, true, NULL);
	else if (which == 1)
		err = eng_intro_take(tr_env, ir_store, tr_bytes(&s), &how, &taken);
	else
		err = eng_notice_take(tr_env, ir_store, tr_bytes(&s), &tr_q->id, &noticed);
	tr_fault.fail_alloc = FAULT_NEVER;
	bool hit = tr_fault.fired > fired;

	CU_ASSERT_EQUAL(err, hit ? TREC_E_NO_MEMORY : TREC_OK);
	CU_ASSERT_EQUAL(mem_store_equal(before, ir_mem), hit);
	CU_ASSERT_EQUAL(tr_fault.live_blocks, live);
	mem_store_free(&before);
	ir_end();
	return hit;
}

static void memory_that_runs_out_leaves_all_as_it_was(void)
{
	for (int which = 0; which < 3; which++) {
		uint64_t k = 0;

		while (k < 100 && without_memory(which, k))
			k++;
		CU_ASSERT(k > 1 && k < 100);
	}
}

static void the_last_introducer_is_known_as_such(void)
{
	bool last = false;

	ir_begin();
	CU_ASSERT_EQUAL(trec_peer_last_introducer(tr_env, ir_store, &tr_q->id, &last),
			TREC_E_NO_PEER);
	ir_know_by(tr_p, REC_STATE_ACTIVE, &tr_a->id); /* holds the right in vain */
	CU_ASSERT_EQUAL(trec_peer_last_introducer(tr_env, ir_store, &tr_a->id, &last), TREC_OK);
	CU_ASSERT(last);
	CU_ASSERT_EQUAL(trec_peer_last_introducer(tr_env, ir_store, &tr_p->id, &last), TREC_OK);
	CU_ASSERT(!last);
	ir_know(tr_q, REC_STATE_ACTIVE, REC_ORIGIN_CODE);
	CU_ASSERT_EQUAL(trec_peer_last_introducer(tr_env, ir_store, &tr_a->id, &last), TREC_OK);
	CU_ASSERT(!last);
	ir_end();
}

static void what_is_left_of_parting_says_so_to_the_peer_and_to_others(void)
{
	struct trec_revocation *r = NULL;
	struct trec_id iss, sub, aud;
	static const struct trec_id nobody;

	ir_begin();
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_a->id, false, &r), TREC_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT(trust_peek(eng_revocation_statement(r), TRUST_REVOKE, &iss, &sub, &aud));
	CU_ASSERT_EQUAL(memcmp(&aud, &tr_a->id, sizeof aud), 0);
	CU_ASSERT(trust_peek(eng_revocation_notice(r), TRUST_TOMBSTONE, &iss, &sub, &aud));
	CU_ASSERT(memcmp(&iss, &tr_b->id, sizeof iss) == 0 &&
		  memcmp(&sub, &tr_a->id, sizeof sub) == 0 &&
		  memcmp(&aud, &nobody, sizeof aud) == 0);
	trec_revocation_free(&r);
	ir_know(tr_a, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	tr_fault.wall_trusted = false;
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_a->id, false, &r), TREC_OK);
	CU_ASSERT_EQUAL(eng_revocation_notice(r).n, 0);
	trec_revocation_free(&r);
	ir_end();
}

static const struct suite_case cases[] = {
	SUITE_CASE(c633_b_a_dissolved_introducer_leaves_other_records),
	SUITE_CASE(cascade_dissolves_all_that_only_the_introducer_vouched_for),
	SUITE_CASE(a_peer_that_parts_by_itself_takes_its_name_along_too),
	SUITE_CASE(parting_reads_past_records_that_are_damaged),
	SUITE_CASE(on_a_full_disk_trust_ends_all_the_same),
	SUITE_CASE(memory_that_runs_out_leaves_all_as_it_was),
	SUITE_CASE(the_last_introducer_is_known_as_such),
	SUITE_CASE(what_is_left_of_parting_says_so_to_the_peer_and_to_others),
};

int main(void)
{
	return tr_main("parting", cases, BASE_COUNT(cases));
}
