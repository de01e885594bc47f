/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about how peers learn to recognise each other's beacons: told once, in a session, to
 * those in force alone; what is lost is told again; a flood changes nothing.
 */
#include <string.h>

#include "proto/engine/ledger.h"
#include "tests/unit/recognise_rig.h"
#include "tests/unit/symmetric_rig.h"

/* A session of two that have nothing to tell, both ways. */
static size_t plain_bytes(struct rig *r)
{
	return recognise_meet(r, 0);
}

static void who_is_never_announced_says_nothing(void)
{
	struct rig *r = sess_paired();
	size_t before = r->side[0].store->commits;
	size_t bytes = plain_bytes(r);

	CU_ASSERT_FALSE(recognise_has_own(r, 0));
	CU_ASSERT_FALSE(r->side[0].s->telling || r->side[1].s->was_told);
	CU_ASSERT_EQUAL(mem_store_count(r->side[0].store, TREC_RECORD_RECOGNITION), 0);
	CU_ASSERT_EQUAL(mem_store_count(r->side[1].store, TREC_RECORD_RECOGNITION), 0);
	CU_ASSERT_EQUAL(r->side[0].store->commits, before);
	CU_ASSERT_EQUAL(recognise_meet(r, 1), bytes);
	rig_free(&r);
}

static void a_peer_is_told_once_and_recognises_every_beacon(void)
{
	for (int client = 0; client < 2; client++) {
		struct rig *r = sess_paired();
		size_t plain = plain_bytes(r);
		struct beacon first = recognise_beacon(r, 0);
		struct rec_recognition at_peer;

		CU_ASSERT_FALSE(recognise_sees(r, 1, &first));
		CU_ASSERT_TRUE(recognise_meet(r, client) > plain);
		CU_ASSERT_TRUE(r->side[1].s->was_told);
		CU_ASSERT_FALSE(r->side[0].s->telling || r->side[0].s->was_told);
		CU_ASSERT_TRUE(recognise_sees(r, 1, &first));
		for (int i = 0; i < 20; i++) {
			struct beacon next = recognise_beacon(r, 0);

			CU_ASSERT_TRUE(recognise_sees(r, 1, &next));
			CU_ASSERT_NOT_EQUAL(memcmp(next.b, first.b, sizeof(next.b)), 0);
			CU_ASSERT_FALSE(recognise_sees(r, 0, &next)); /* one's own is nobody's */
		}
		CU_ASSERT_TRUE(recognise_record(r, 0, &r->side[1].own.id).heard);
		at_peer = recognise_record(r, 1, &r->side[0].own.id);
		CU_ASSERT_TRUE(at_peer.has_key && !at_peer.has_mark);
		/* Not again: the same bytes as before, and no commit. */
		size_t commits = r->side[0].store->commits + r->side[1].store->commits;

		for (int again = 0; again < 2; again++) {
			CU_ASSERT_EQUAL(recognise_meet(r, again), plain);
			CU_ASSERT_FALSE(r->side[1].s->was_told);
		}
		CU_ASSERT_EQUAL(r->side[0].store->commits + r->side[1].store->commits, commits);
		rig_free(&r);
	}
}

static void both_tell_each_other_in_one_session(void)
{
	struct rig *r = sess_paired();
	struct beacon b[2] = { recognise_beacon(r, 0), recognise_beacon(r, 1) };

	(void)recognise_meet(r, 0);
	for (int side = 0; side < 2; side++) {
		CU_ASSERT_TRUE(recognise_sees(r, side, &b[1 - side]));
		CU_ASSERT_FALSE(recognise_sees(r, side, &b[side]));
		CU_ASSERT_TRUE(recognise_record(r, side, &r->side[1 - side].own.id).heard);
	}
	rig_free(&r);
}

/* What came first is 23 bytes, what answers 5, a TLS record around each. */
static void it_costs_two_small_records(void)
{
	struct rig *r = sess_paired();
	size_t plain = plain_bytes(r);

	(void)recognise_beacon(r, 0);
	CU_ASSERT_EQUAL(recognise_meet(r, 0) - plain, 23 + 5 + 2 * 22);
	rig_free(&r);
}

static void peers_with_a_shared_key_tell_each_other_too(void)
{
	struct rig *r = sym_paired(11);
	struct beacon b[2] = { recognise_beacon(r, 0), recognise_beacon(r, 1) };

	CU_ASSERT_TRUE(sym_comes_up(r, 1));
	for (int side = 0; side < 2; side++)
		CU_ASSERT_TRUE(recognise_sees(r, side, &b[1 - side]));
	/* A new shared key is no reason to tell again. */
	CU_ASSERT_EQUAL(trec_session_rekey(r->side[0].s), TREC_OK);
	rig_settle(r);
	CU_ASSERT_TRUE(sym_comes_up(r, 0));
	CU_ASSERT_FALSE(r->side[0].s->was_told || r->side[1].s->was_told);
	rig_free(&r);
}

/* Only introduced is not enough; the session that makes more of it tells. */
static void who_is_only_introduced_is_told_when_it_turns_active(void)
{
	struct trio *t = trio_new(3);
	struct beacon b = recognise_beacon(t->bc, 0);

	trio_introduced(t);
	CU_ASSERT_FALSE(recognise_sees(t->bc, 1, &b));
	CU_ASSERT_FALSE(recognise_record(t->bc, 0, &t->bc->side[1].own.id).has_mark);
	CU_ASSERT_TRUE(trio_meet(t, 0));
	CU_ASSERT_TRUE(recognise_sees(t->bc, 1, &b));
	trio_free(&t);
}

static void a_half_pairing_is_told_when_it_is_completed(void)
{
	struct rig *r = sess_paired();
	struct beacon b = recognise_beacon(r, 1);

	sess_halve(r, 1);
	b = recognise_beacon(r, 1);
	CU_ASSERT_FALSE(recognise_sees(r, 0, &b));
	(void)recognise_meet(r, 0);
	CU_ASSERT_TRUE(recognise_sees(r, 0, &b));
	rig_free(&r);
}

/* ---- what is lost ------------------------------------------------------------------------ */

/* Wherever the wire is cut, sides that meet again recognise each other, and it was on record. */
static void what_was_cut_off_is_told_again(void)
{
	bool told = false;

	for (unsigned cut = 1; cut < 40 && !told; cut++) {
		struct rig *r = sess_paired();
		struct beacon b[2] = { recognise_beacon(r, 0), recognise_beacon(r, 1) };

		r->cut_after = cut;
		CU_ASSERT_EQUAL_FATAL(rig_session_start(r, NULL), TREC_OK);
		rig_settle(r);
		told = !r->cut;
		for (int side = 0; side < 2; side++)
			CU_ASSERT_TRUE(!recognise_sees(r, 1 - side, &b[side]) ||
				       recognise_record(r, side,
							&r->side[1 - side].own.id).has_mark);
		rig_end(r);
		r->cut_after = 0;
		r->cut = false;
		(void)recognise_meet(r, 0);
		for (int side = 0; side < 2; side++) {
			CU_ASSERT_TRUE(recognise_sees(r, 1 - side, &b[side]));
			CU_ASSERT_TRUE(
				recognise_record(r, side, &r->side[1 - side].own.id).heard);
		}
		rig_free(&r);
	}
	CU_ASSERT_TRUE(told);
}

/* Each commit of a telling session, at either end, with each fault; then they meet again. */
static void every_commit_may_fail(void)
{
	static const enum mem_fault fault[] = { MEM_FAULT_FAIL, MEM_FAULT_CRASH_BEFORE,
						MEM_FAULT_CRASH_AFTER, MEM_FAULT_FULL };
	unsigned hit = 0;

	for (size_t i = 0; i < sizeof(fault) / sizeof(fault[0]); i++) {
		for (int side = 0; side < 2; side++) {
			for (size_t nth = 1; nth <= 3; nth++) {
				struct rig *r = sess_paired();
				struct beacon b[2] = { recognise_beacon(r, 0),
						       recognise_beacon(r, 1) };
				size_t calls = r->side[side].store->calls;

				mem_store_fault(r->side[side].store, nth, fault[i]);
				CU_ASSERT_EQUAL_FATAL(rig_session_start(r, NULL), TREC_OK);
				rig_settle(r);
				hit += r->side[side].store->calls - calls >= nth;
				/* No room is no reason to end a session. */
				if (fault[i] == MEM_FAULT_FULL)
					CU_ASSERT_TRUE(eng_session_is_up(r->side[0].s) &&
						       eng_session_is_up(r->side[1].s));
				rig_end(r);
				rig_restart(&r->side[side]);
				(void)recognise_meet(r, 0);
				CU_ASSERT_TRUE(recognise_sees(r, 0, &b[1]));
				CU_ASSERT_TRUE(recognise_sees(r, 1, &b[0]));
				rig_free(&r);
			}
		}
	}
	CU_ASSERT_TRUE(hit >= 20);
}

/* ---- what a peer may say ----------------------------------------------------------------- */

static void say(struct rig *r, uint8_t type, struct trec_bytes body)
{
	eng_session_send(r->side[0].s, type, body);
	rig_settle(r);
}

static struct trec_bytes some_key(uint8_t first, uint8_t body[32])
{
	struct msg_recognise m = { .key = { first } };
	size_t n = 0;

	CU_ASSERT_EQUAL(msg_recognise_encode(&m, body, 32, &n), TREC_OK);
	return trec_bytes(body, n);
}

static void a_flood_of_keys_costs_one_commit_and_the_session(void)
{
	struct rig *r = sess_paired();
	uint8_t body[32];

	(void)recognise_meet(r, 0);
	size_t commits = r->side[1].store->commits;

	say(r, FRAME_RECOGNISE, some_key(1, body));
	CU_ASSERT_EQUAL(r->side[1].store->commits, commits + 1);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_MALFORMED); /* it had told nothing */
	rig_end(r);
	(void)recognise_meet(r, 0);
	r->side[0].s->telling = true;
	say(r, FRAME_RECOGNISE, some_key(2, body));
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_OK);
	for (uint8_t i = 3; i < 40 && sess_error(r, 0) == TREC_OK; i++) {
		r->side[0].s->telling = true;
		say(r, FRAME_RECOGNISE, some_key(i, body));
	}
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(r->side[1].store->commits, commits + 2);
	CU_ASSERT_EQUAL(mem_store_count(r->side[1].store, TREC_RECORD_RECOGNITION), 1);
	rig_free(&r);
}

static void the_same_key_again_is_acknowledged_without_a_commit(void)
{
	struct rig *r = sess_paired();
	uint8_t body[32];

	for (int i = 0; i < 2; i++) {
		(void)recognise_meet(r, 0);
		size_t commits = r->side[1].store->commits;

		r->side[0].s->telling = true;
		say(r, FRAME_RECOGNISE, some_key(7, body));
		CU_ASSERT_EQUAL(r->side[1].store->commits, commits + (i == 0 ? 1 : 0));
		CU_ASSERT_FALSE(r->side[0].s->telling);
		CU_ASSERT_EQUAL(sess_error(r, 1), TREC_OK);
	}
	rig_free(&r);
}

static void an_answer_to_nothing_ends_the_session(void)
{
	struct rig *r = sess_paired();

	(void)recognise_meet(r, 0);
	say(r, FRAME_RECOGNISED, trec_bytes("\xa0", 1));
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_MALFORMED);
	rig_free(&r);
}

static void what_is_no_key_ends_the_session(void)
{
	static const char *const bad[] = { "\xa0", "\xa1\x00\x40", "\xa1\x00\x00" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rig *r = sess_paired();
		size_t n = i == 0 ? 1 : 3;

		(void)recognise_meet(r, 0);
		say(r, FRAME_RECOGNISE, trec_bytes(bad[i], n));
		CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(mem_store_count(r->side[1].store, TREC_RECORD_RECOGNITION), 0);
		rig_free(&r);
	}
}

/* ---- faults below ------------------------------------------------------------------------ */

/* Everything the two calls and a telling session allocate may fail. */
static void allocations_may_fail(void)
{
	bool fired = true;
	unsigned up = 0;

	for (int side = 0; side < 2; side++) {
		fired = true;
		for (uint64_t nth = 0; fired && nth < 400; nth++) {
			struct rig *r = sess_paired();
			struct fault_env *f = &r->side[side].f;
			struct beacon b[2] = { recognise_beacon(r, 0), recognise_beacon(r, 1) };

			(void)recognise_meet(r, 0); /* last_seen and the like are settled */
			CU_ASSERT_TRUE(recognise_sees(r, 1, &b[0]));
			sess_forget(r, 0);
			sess_forget(r, 1);
			rig_end(r);
			rig_paired(r);
			b[0] = recognise_beacon(r, 0);
			b[1] = recognise_beacon(r, 1);
			r->client = 0;
			CU_ASSERT_EQUAL_FATAL(rig_session_start(r, NULL), TREC_OK);
			f->fail_alloc = nth;
			f->fired = 0;
			rig_settle(r);
			fired = f->fired > 0;
			f->fail_alloc = FAULT_NEVER;
			up += eng_session_is_up(r->side[0].s) && eng_session_is_up(r->side[1].s);
			rig_end(r);
			(void)recognise_meet(r, 0);
			CU_ASSERT_TRUE(recognise_sees(r, 0, &b[1]));
			CU_ASSERT_TRUE(recognise_sees(r, 1, &b[0]));
			rig_free(&r);
		}
		CU_ASSERT_FALSE(fired);
	}
	CU_ASSERT_TRUE(up >= 2);
}

static bool makes(struct fault_env *f, void *ctx)
{
	static const uint8_t none[TREC_BEACON_LEN];
	struct mem_store *m = ctx;
	uint8_t out[TREC_BEACON_LEN];
	trec_err err = trec_beacon_make(&f->env, &m->store, out);
	struct trec_change all = { .type = TREC_RECORD_RECOGNITION, .remove = true };

	if (err != TREC_OK && (memcmp(out, none, sizeof(none)) != 0 ||
			       (err != TREC_E_RANDOM && err != TREC_E_NO_MEMORY)))
		return false;
	return m->store.ops->commit(&m->store, &all, 1) == TREC_OK;
}

static void a_beacon_is_made_or_not_at_all(void)
{
	struct mem_store *m = mem_store_new(NULL);
	struct fault_env f;
	uint8_t out[TREC_BEACON_LEN];

	CU_ASSERT_TRUE(fault_env_each_alloc(makes, m, 100));
	CU_ASSERT_TRUE(fault_env_each_random(makes, m, 100));
	fault_env_init(&f, 1);
	mem_store_fault(m, 1, MEM_FAULT_FAIL);
	CU_ASSERT_EQUAL(trec_beacon_make(&f.env, &m->store, out), TREC_E_IO);
	CU_ASSERT_EQUAL(mem_store_count(m, 0), 0);
	mem_store_fault(m, 1, MEM_FAULT_FULL);
	CU_ASSERT_EQUAL(trec_beacon_make(&f.env, &m->store, out), TREC_E_NO_SPACE);
	CU_ASSERT_EQUAL(trec_beacon_make(&f.env, &m->store, out), TREC_OK);
	mem_store_free(&m);
}

static const struct suite_case cases[] = {
	SUITE_CASE(who_is_never_announced_says_nothing),
	SUITE_CASE(a_peer_is_told_once_and_recognises_every_beacon),
	SUITE_CASE(both_tell_each_other_in_one_session),
	SUITE_CASE(it_costs_two_small_records),
	SUITE_CASE(peers_with_a_shared_key_tell_each_other_too),
	SUITE_CASE(who_is_only_introduced_is_told_when_it_turns_active),
	SUITE_CASE(a_half_pairing_is_told_when_it_is_completed),
	SUITE_CASE(what_was_cut_off_is_told_again),
	SUITE_CASE(every_commit_may_fail),
	SUITE_CASE(a_flood_of_keys_costs_one_commit_and_the_session),
	SUITE_CASE(the_same_key_again_is_acknowledged_without_a_commit),
	SUITE_CASE(an_answer_to_nothing_ends_the_session),
	SUITE_CASE(what_is_no_key_ends_the_session),
	SUITE_CASE(allocations_may_fail),
	SUITE_CASE(a_beacon_is_made_or_not_at_all),
};

SUITE_MAIN("recognise", cases)
