/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about how many introductions are taken, without which clock, and what a stranger costs. */
#include "proto/base/base.h"
#include "tests/unit/intro_rig.h"

#include <string.h>

/* a about p to b, carried, and the refusal after something was done to the store. */
static enum trec_refusal refusal_now(void)
{
	struct tr_sample s;

	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	return ir_carried(&s);
}

static void the_online_form_needs_no_clock(void)
{
	struct eng_intro_how how = { .policy = &ir_policy, .from = &tr_a->id, .nonce = tr_nonce,
				     .nonce_until_ms = UINT64_MAX };
	struct tr_sample s;
	struct rec_peer p;

	ir_begin();
	tr_fault.wall_trusted = false;
	tr_introduce(&s, tr_a, tr_p, tr_b, tr_nonce);
	CU_ASSERT(ir_take(&s, &how).accepted);
	CU_ASSERT(ir_record(&tr_p->id, &p) && p.expires_s == 0 && p.made.set);
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_SEEN), 0);
	/* Seven days of powered-on time are its life then. */
	bool found = false;

	tr_fault.now_ms += 604800000 - 1;
	CU_ASSERT_EQUAL(eng_peer_load(tr_env, ir_store, TREC_RECORD_PEER, &tr_p->id, &p, &found),
			TREC_OK);
	CU_ASSERT(found);
	tr_fault.now_ms += 1;
	CU_ASSERT_EQUAL(eng_peer_load(tr_env, ir_store, TREC_RECORD_PEER, &tr_p->id, &p, &found),
			TREC_OK);
	CU_ASSERT(!found);
	ir_end();
}

static void a_policy_that_asks_stores_nothing_before_the_answer(void)
{
	struct eng_intro_how how = { .policy = &ir_policy };
	struct trec_introduced out;
	struct tr_sample s;

	ir_begin();
	ir_policy.mode = TREC_INTRODUCTIONS_ASK;
	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	out = ir_take(&s, &how);
	CU_ASSERT(!out.accepted && out.refusal == TREC_REFUSAL_NONE);
	CU_ASSERT_STRING_EQUAL(out.name, "lamp in the hall");
	how.consented = true;
	CU_ASSERT(ir_take(&s, &how).accepted);
	ir_end();
}

static void c632_b_refused_when_the_replay_memory_is_full(void)
{
	ir_begin();
	for (int i = 0; i < REC_SEEN_COUNT; i++) {
		CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_NONE);
		CU_ASSERT_EQUAL(eng_peer_remove(ir_store, TREC_RECORD_PEER, &tr_p->id), TREC_OK);
		tr_fault.wall_s++;
	}
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_REPLAY_MEMORY_FULL);
	/* The first one's time ends: there is room for one. */
	tr_fault.wall_s += 604800 - REC_SEEN_COUNT;
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(eng_peer_remove(ir_store, TREC_RECORD_PEER, &tr_p->id), TREC_OK);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_REPLAY_MEMORY_FULL);
	ir_end();
}

static void an_introducer_has_at_most_64_that_wait(void)
{
	struct rec_peer p;
	struct trec_id id = { { 0 } };

	ir_begin();
	ir_know_by(tr_q, REC_STATE_INTRODUCED, &tr_a->id);
	CU_ASSERT(ir_record(&tr_q->id, &p));
	for (int i = 1; i < 64; i++) {
		id.b[0] = (uint8_t)i;
		ir_put(&id, &p);
	}
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_TOO_MANY);
	CU_ASSERT_EQUAL(eng_peer_remove(ir_store, TREC_RECORD_PEER, &id), TREC_OK);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_NONE);
	/* Those whose time is over do not count, and go with the next one that is taken. */
	tr_fault.wall_s += 604800;
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_PEER), 2);
	ir_end();
}

static void a_commit_that_fails_leaves_nothing(void)
{
	static const enum mem_fault fault[] = { MEM_FAULT_FAIL, MEM_FAULT_CRASH_BEFORE,
						MEM_FAULT_CRASH_AFTER };
	struct eng_intro_how how = { .policy = &ir_policy };
	struct trec_introduced out;
	struct tr_sample s;

	for (size_t i = 0; i < BASE_COUNT(fault); i++) {
		bool after = fault[i] == MEM_FAULT_CRASH_AFTER;

		ir_begin();
		tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
		mem_store_fault(ir_mem, 1, fault[i]);
		CU_ASSERT_EQUAL(eng_intro_take(tr_env, ir_store, tr_bytes(&s), &how, &out),
				TREC_E_IO);
		CU_ASSERT(!out.accepted && out.refusal == TREC_REFUSAL_STORE);
		mem_store_restart(ir_mem);
		CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_PEER), after ? 2 : 1);
		CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_SEEN), after ? 1 : 0);
		CU_ASSERT_EQUAL(ir_carried(&s),
				after ? TREC_REFUSAL_REPLAYED : TREC_REFUSAL_NONE);
		ir_end();
	}
}

static void refusals_have_names_texts_and_fixed_numbers(void)
{
	for (unsigned i = 0; i < TREC_REFUSAL_COUNT; i++) {
		CU_ASSERT_STRING_NOT_EQUAL(trec_refusal_name((enum trec_refusal)i), "unknown");
		for (unsigned k = 0; k < i; k++)
			CU_ASSERT_STRING_NOT_EQUAL(trec_refusal_name((enum trec_refusal)i),
						   trec_refusal_name((enum trec_refusal)k));
	}
	CU_ASSERT_STRING_EQUAL(trec_refusal_name((enum trec_refusal)7), "wrong-audience");
	CU_ASSERT_STRING_EQUAL(trec_refusal_name((enum trec_refusal)36), "store");
	CU_ASSERT_STRING_EQUAL(trec_refusal_name((enum trec_refusal)200), "unknown");
	CU_ASSERT_PTR_NOT_NULL(strstr(trec_refusal_text((enum trec_refusal)200), "does not know"));
}

/* ---- what a stranger costs --------------------------------------------------------------- */

#define MANY 32

/* The store, with the reads of peers' records counted. */
static const struct trec_store_ops *plain;
static size_t reads;

static trec_err count_get(struct trec_store *s, trec_record type, const uint8_t id[TREC_ID_LEN],
			  uint8_t *out, size_t cap, size_t *n, bool *found)
{
	reads += type == TREC_RECORD_PEER;
	return plain->get(s, type, id, out, cap, n, found);
}

/* Whoever connects may bring a chain of links that lead nowhere. */
static void a_strangers_chain_costs_one_look_at_the_list(void)
{
	struct trec_store_ops counting;
	struct tr_sample s[2];
	struct eng_succeeded out;
	struct rec_peer p;

	ir_begin();
	CU_ASSERT(ir_record(&tr_a->id, &p));
	for (uint8_t i = 1; i < MANY; i++) {
		struct trec_id id = { { i } };

		ir_put(&id, &p);
	}
	tr_succeed(&s[0], tr_p, tr_q);
	tr_succeed(&s[1], tr_q, tr_c);
	struct trec_bytes link[] = { tr_bytes(&s[0]), tr_bytes(&s[1]) };

	plain = ir_store->ops;
	counting = *plain;
	counting.get = count_get;
	ir_store->ops = &counting;
	reads = 0;
	CU_ASSERT_EQUAL(eng_succession_take(tr_env, ir_store, link, 2, &tr_c->id, &out), TREC_OK);
	ir_store->ops = plain;
	CU_ASSERT_EQUAL(out.refusal, TREC_REFUSAL_INTRODUCER_UNKNOWN);
	CU_ASSERT(reads <= 2 + MANY + 1); /* each issuer, each record, the newest key */
	ir_end();
}

static size_t times(const uint8_t *b, size_t n, const char *needle)
{
	size_t found = 0;

	for (size_t i = 0; i + strlen(needle) <= n; i++)
		found += memcmp(b + i, needle, strlen(needle)) == 0;
	return found;
}

/* By which adapter a peer is reached is a matter of whoever reaches it. */
static void an_introduction_names_no_adapter_of_its_introducer(void)
{
	uint8_t out[TRUST_STATEMENT_MAX];
	enum trec_refusal why = TREC_REFUSAL_NONE;
	struct rec_peer a;
	size_t n = 0;

	ir_begin();
	ir_know(tr_p, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	CU_ASSERT_FATAL(ir_record(&tr_a->id, &a));
	a.hints = (struct msg_hints){ 0 };
	CU_ASSERT(msg_hints_add(&a.hints, "rfcomm://00:11:22:33:44:55/3?adapter=hci1"));
	CU_ASSERT(msg_hints_add(&a.hints, "rfcomm://00:11:22:33:44:55/3?adapter=hci0"));
	CU_ASSERT(msg_hints_add(&a.hints, "tcp://192.0.2.7:7443"));
	ir_put(&tr_a->id, &a);
	CU_ASSERT_EQUAL(eng_intro_make(tr_env, ir_store, &tr_p->id, &tr_a->id, NULL, MSG_HINTS_MAX,
				       out, sizeof(out), &n, &why),
			TREC_OK);
	CU_ASSERT_EQUAL(why, TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(times(out, n, "rfcomm://00:11:22:33:44:55/3"), 1);
	CU_ASSERT_EQUAL(times(out, n, "tcp://192.0.2.7:7443"), 1);
	CU_ASSERT_EQUAL(times(out, n, "adapter"), 0);
	ir_end();
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_online_form_needs_no_clock),
	SUITE_CASE(a_policy_that_asks_stores_nothing_before_the_answer),
	SUITE_CASE(c632_b_refused_when_the_replay_memory_is_full),
	SUITE_CASE(an_introducer_has_at_most_64_that_wait),
	SUITE_CASE(a_commit_that_fails_leaves_nothing),
	SUITE_CASE(refusals_have_names_texts_and_fixed_numbers),
	SUITE_CASE(a_strangers_chain_costs_one_look_at_the_list),
	SUITE_CASE(an_introduction_names_no_adapter_of_its_introducer),
};

int main(void)
{
	return tr_main("introduction_bounds", cases, BASE_COUNT(cases));
}
