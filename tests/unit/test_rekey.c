/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about the change of a key that two peers share, and what such peers cannot do. */
#include <string.h>

#include "proto/base/base.h"
#include "tests/unit/symmetric_rig.h"
#include <trec/introduction.h>

/* ---- rekey ------------------------------------------------------------------------------- */

static void same_single_key(struct rig *r, const uint8_t old[REC_KEY_LEN])
{
	struct rec_symmetric a = sym_keys(r, 0), b = sym_keys(r, 1);

	CU_ASSERT_EQUAL(a.count, 1);
	CU_ASSERT_EQUAL(b.count, 1);
	CU_ASSERT_EQUAL(memcmp(a.key[0], b.key[0], REC_KEY_LEN), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(a.key[0], old, REC_KEY_LEN), 0);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_FALSE(mem_store_contains(r->side[i].store, trec_bytes(old, REC_KEY_LEN)));
}

static void a_rekey_is_complete_with_the_first_use_of_the_new_key(void)
{
	for (int k = 0; k < 8; k++) {
		int client = k & 1, asks = k >> 1 & 1, next = k >> 2;
		struct rig *r = sym_paired(84);
		struct rec_symmetric old = sym_keys(r, 0), now;

		CU_ASSERT_TRUE(sym_comes_up(r, client));
		CU_ASSERT_EQUAL(trec_session_rekey(r->side[asks].s), TREC_OK);
		CU_ASSERT_EQUAL(trec_session_rekey(r->side[asks].s), TREC_E_STATE);
		rig_settle(r);
		for (int i = 0; i < 2; i++) {
			CU_ASSERT_TRUE(sess_saw(r, i, TREC_SESSION_REKEYED, NULL));
			now = sym_keys(r, i);
			CU_ASSERT_EQUAL(now.count, 2);
			CU_ASSERT_TRUE(now.dial_next);
			CU_ASSERT_EQUAL(memcmp(now.key[0], old.key[0], REC_KEY_LEN), 0);
		}
		CU_ASSERT_TRUE(sym_comes_up(r, next));
		same_single_key(r, old.key[0]);
		CU_ASSERT_TRUE(sym_comes_up(r, 1 - next));
		rig_free(&r);
	}
}

static void both_may_ask_at_once(void)
{
	struct rig *r = sym_paired(85);
	struct rec_symmetric old = sym_keys(r, 0);

	CU_ASSERT_TRUE(sym_comes_up(r, 0));
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(trec_session_rekey(r->side[i].s), TREC_OK);
	rig_settle(r);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_TRUE(sess_saw(r, i, TREC_SESSION_REKEYED, NULL));
	CU_ASSERT_TRUE(sym_comes_up(r, 1));
	same_single_key(r, old.key[0]);
	rig_free(&r);
}

/* Another session uses the new key while this one is on its way, at the end tap_ctx points to. */
static size_t replace_key(struct rig *r, int from, uint8_t *bytes, size_t n)
{
	const int *side = r->tap_ctx;
	struct rec_symmetric keys;

	(void)bytes;
	if (from != 1)
		return n;
	keys = sym_keys(r, *side);
	keys.key[0][0] ^= 1;
	sym_set_keys(r, *side, &keys);
	r->tap = NULL;
	return n;
}

static void c631_h_a_key_replaced_during_the_handshake_opens_nothing(void)
{
	for (int side = 0; side < 2; side++) {
		struct rig *r = sym_paired(86);

		r->tap = replace_key;
		r->tap_ctx = &side;
		sym_start(r, 0);
		CU_ASSERT_PTR_NULL(r->tap);
		CU_ASSERT_EQUAL(sess_error(r, side), TREC_E_NOT_TRUSTED);
		CU_ASSERT_PTR_NULL(trec_session_peer(r->side[side].s));
		rig_free(&r);
	}
}

/* Either end dials until a session is up; a client with two keys may need two tries. */
static bool reaches(struct rig *r, int client)
{
	return sym_comes_up(r, client) || sym_comes_up(r, client);
}

/* Power lost at any commit of a rekey and of the session that follows it, at either end. */
/* Beside that session another one has used the next key already. */
static void a_session_that_outlived_its_key_asks_for_no_other(void)
{
	struct rig *r = sym_paired(87);
	struct rec_symmetric keys, before;

	CU_ASSERT_TRUE(sym_comes_up(r, 0));
	keys = sym_keys(r, 0);
	keys.key[0][0] ^= 1;
	sym_set_keys(r, 0, &keys);
	before = sym_keys(r, 1);
	CU_ASSERT_EQUAL(trec_session_rekey(r->side[0].s), TREC_OK);
	rig_settle(r);
	CU_ASSERT_EQUAL(trec_session_error(r->side[0].s), TREC_E_NOT_TRUSTED);
	keys = sym_keys(r, 1);
	CU_ASSERT_EQUAL(memcmp(&before, &keys, sizeof(keys)), 0);
	rig_free(&r);
}

static void c631_f_power_lost_at_any_step_of_a_rekey_heals(void)
{
	static const enum mem_fault faults[] = { MEM_FAULT_CRASH_BEFORE, MEM_FAULT_CRASH_AFTER };
	unsigned hit = 0;

	for (int k = 0; k < 2 * 2 * 2 * 4; k++) {
		int side = k & 1, asks = k >> 1 & 1, first = k >> 4 & 1;
		size_t at = 1 + (size_t)(k >> 2 & 3) % 4;
		enum mem_fault fault = faults[k >> 4 & 1];
		struct rig *r = sym_paired(100 + (uint64_t)k);
		struct rec_symmetric old = sym_keys(r, 0);

		CU_ASSERT_TRUE(sym_comes_up(r, 0));
		mem_store_fault(r->side[side].store, at, fault);
		CU_ASSERT_EQUAL(trec_session_rekey(r->side[asks].s), TREC_OK);
		rig_settle(r);
		if (!r->side[side].store->down)
			sym_start(r, 1 - side); /* it may be hit while this one settles */
		hit += r->side[side].store->down;
		rig_restart(&r->side[side]);
		rig_end(r);
		CU_ASSERT_TRUE(reaches(r, first));
		CU_ASSERT_TRUE(reaches(r, 1 - first));
		CU_ASSERT_EQUAL(trec_session_rekey(r->side[0].s), TREC_OK);
		rig_settle(r);
		CU_ASSERT_TRUE(reaches(r, 1));
		same_single_key(r, old.key[0]);
		rig_free(&r);
	}
	CU_ASSERT_TRUE(hit >= 16);
}

/* The wire is cut after each piece of a rekey. */
static void a_rekey_that_loses_its_wire_heals(void)
{
	for (unsigned cut = 1; cut <= 6; cut++) {
		struct rig *r = sym_paired(140 + cut);
		struct rec_symmetric old = sym_keys(r, 0);

		CU_ASSERT_TRUE(sym_comes_up(r, 0));
		r->cut_after = r->pieces + cut;
		CU_ASSERT_EQUAL(trec_session_rekey(r->side[0].s), TREC_OK);
		rig_settle(r);
		r->cut_after = 0;
		r->cut = false;
		CU_ASSERT_TRUE(reaches(r, 1));
		CU_ASSERT_TRUE(reaches(r, 0));
		CU_ASSERT_EQUAL(trec_session_rekey(r->side[1].s), TREC_OK);
		rig_settle(r);
		CU_ASSERT_TRUE(reaches(r, 0));
		same_single_key(r, old.key[0]);
		rig_free(&r);
	}
}

/*
 * Memory or random bytes run out at the n-th call of a side during a session, a rekey and the first
 * use of its key. True: the fault was met, and nothing came of it that the next contact does not
 * mend. Leaks show when the rig is freed.
 */
static bool fails_and_heals(int side, bool memory, uint64_t n)
{
	struct rig *r = sym_paired(200);
	struct fault_env *f = &r->side[side].f;
	struct rec_symmetric old = sym_keys(r, 0);
	struct trec_peer p = sym_other(r, 0);
	struct trec_session_options o = { .peer = &p.id };
	bool met;

	*(memory ? &f->fail_alloc : &f->fail_random) = n;
	f->fired = 0;
	for (int k = 0; k < 2; k++) {
		rig_end(r);
		r->client = 0;
		if (rig_session_start(r, &o) != TREC_OK)
			break;
		rig_settle(r);
		if (k == 0 && sym_is_up(r) && trec_session_rekey(r->side[1].s) == TREC_OK)
			rig_settle(r);
	}
	met = f->fired > 0;
	f->fail_alloc = f->fail_random = FAULT_NEVER;
	rig_end(r);
	CU_ASSERT_TRUE(reaches(r, 0));
	CU_ASSERT_TRUE(reaches(r, 1));
	CU_ASSERT_EQUAL(trec_session_rekey(r->side[0].s), TREC_OK);
	rig_settle(r);
	CU_ASSERT_TRUE(reaches(r, 0));
	same_single_key(r, old.key[0]);
	rig_free(&r);
	return met;
}

static void whatever_runs_out_on_the_way_a_rekey_heals(void)
{
	for (int k = 0; k < 4; k++) {
		uint64_t n = 0;

		while (n < 2000 && fails_and_heals(k & 1, (k & 2) != 0, n))
			n++;
		CU_ASSERT_TRUE(n >= 2 && n < 2000);
	}
}

static void a_client_with_two_keys_takes_turns(void)
{
	for (int known = 0; known < 2; known++) {
		struct rig *r = sym_paired(150);
		struct rec_symmetric keys = sym_keys(r, 0);

		keys.count = 2;
		memset(keys.key[1], 7, REC_KEY_LEN);
		keys.dial_next = true;
		if (known == 1) { /* the peer has only the one that this side would not dial with */
			memcpy(keys.key[1], keys.key[0], REC_KEY_LEN);
			memset(keys.key[0], 7, REC_KEY_LEN);
			keys.dial_next = false;
		}
		sym_set_keys(r, 0, &keys);
		CU_ASSERT_FALSE(sym_comes_up(r, 0));
		CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_REFUSED);
		CU_ASSERT_TRUE(sym_comes_up(r, 0));
		rig_free(&r);
	}
}

/* ---- what they cannot do ----------------------------------------------------------------- */

static void c632_b_a_symmetric_peer_is_never_introduced(void)
{
	struct rig *r = sym_paired(160);
	struct trec_peer p = sym_other(r, 0);
	enum trec_refusal why = TREC_REFUSAL_NONE;
	struct trec_id somebody = { { 1 } };

	CU_ASSERT_EQUAL(trec_introduction_may(&r->side[0].f.env, &r->side[0].store->store, &p.id,
					      &why), TREC_OK);
	CU_ASSERT_EQUAL(why, TREC_REFUSAL_SYMMETRIC);
	CU_ASSERT_EQUAL(trec_peer_allow(&r->side[0].f.env, &r->side[0].store->store, &p.id,
					"introduce", 0), TREC_E_UNSUPPORTED);
	CU_ASSERT_TRUE(sym_comes_up(r, 0));
	CU_ASSERT_EQUAL(trec_session_introduce(r->side[0].s, &somebody, 1), TREC_E_UNSUPPORTED);
	rig_free(&r);
}

static void a_peer_with_a_certificate_has_no_key_to_change(void)
{
	struct rig *r = sess_paired();
	static const uint8_t rekey[] = { FRAME_REKEY, 0, 0, 1, 0xa0 };

	sess_up(r);
	CU_ASSERT_EQUAL(trec_session_rekey(r->side[0].s), TREC_E_UNSUPPORTED);
	eng_session_send(r->side[0].s, FRAME_REKEY, trec_bytes(rekey + 4, 1));
	rig_settle(r);
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_MALFORMED);
	rig_free(&r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_rekey_is_complete_with_the_first_use_of_the_new_key),
	SUITE_CASE(both_may_ask_at_once),
	SUITE_CASE(a_session_that_outlived_its_key_asks_for_no_other),
	SUITE_CASE(c631_h_a_key_replaced_during_the_handshake_opens_nothing),
	SUITE_CASE(c631_f_power_lost_at_any_step_of_a_rekey_heals),
	SUITE_CASE(a_rekey_that_loses_its_wire_heals),
	SUITE_CASE(whatever_runs_out_on_the_way_a_rekey_heals),
	SUITE_CASE(a_client_with_two_keys_takes_turns),
	SUITE_CASE(c632_b_a_symmetric_peer_is_never_introduced),
	SUITE_CASE(a_peer_with_a_certificate_has_no_key_to_change),
};

SUITE_MAIN("rekey", cases)
