/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about an introducer that wants to sit between those that it introduced, and about
 * introductions that do not get through: cut after any piece, power lost at any commit, no memory.
 */
#include <stdio.h>
#include <string.h>

#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "proto/trust/trust.h"
#include "tests/unit/session_trio.h"

/* ---- the introducer in the middle --------------------------------------------------------- */

/* B dials C, and who answers is the device of other. */
static trec_err answered_by(struct trio *t, const struct rig_side *other)
{
	struct rig *mitm = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 77);
	struct trec_session_options o = { .peer = &t->bc->side[1].own.id };
	struct mem_store *spare = mitm->side[0].store;
	trec_err err;

	rig_become(&mitm->side[0], &t->bc->side[0]);
	rig_become(&mitm->side[1], other);
	mitm->side[0].store = t->bc->side[0].store;
	CU_ASSERT_EQUAL(rig_session_start(mitm, &o), TREC_OK);
	rig_run(mitm);
	err = sess_error(mitm, 0);
	CU_ASSERT_PTR_NULL(trec_session_peer(mitm->side[0].s));
	mitm->side[0].store = spare;
	rig_free(&mitm);
	return err;
}

/* Both legs end at A, which has its own key and no other: neither first nor later does it pass. */
static void c612_the_introducer_in_the_middle_is_noticed_in_first_and_later_sessions(void)
{
	struct trio *t = trio_new(1);
	struct trec_session_event ev;

	trio_introduced(t);
	CU_ASSERT_EQUAL(answered_by(t, &t->ab->side[0]), TREC_E_WRONG_CERTIFICATE);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_INTRODUCED);
	/* Towards C it is A, whatever it says it carries on. */
	trio_up(t, t->ac, 0);
	CU_ASSERT_STRING_EQUAL(trec_session_peer(t->ac->side[1].s)->name, "A");
	CU_ASSERT_FALSE(sess_saw(t->ac, 1, TREC_SESSION_ACTIVATED, &ev));
	rig_end(t->ac);
	CU_ASSERT_EQUAL(trio_state(t->bc, 1), TREC_PEER_INTRODUCED);
	CU_ASSERT_TRUE(trio_meet(t, 0));
	CU_ASSERT_EQUAL(answered_by(t, &t->ab->side[0]), TREC_E_WRONG_CERTIFICATE);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_ACTIVE);
	CU_ASSERT_TRUE(trio_meet(t, 1));
	trio_free(&t);
}

/* With B's or C's certificate, but not its key. */
static void c612_the_introducer_cannot_speak_for_the_introduced(void)
{
	struct trio *t = trio_new(2);
	struct rig_side liar;

	trio_introduced(t);
	liar = t->bc->side[1];
	liar.signer = t->ab->side[0].signer;
	CU_ASSERT_NOT_EQUAL(answered_by(t, &liar), TREC_OK);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_INTRODUCED);
	CU_ASSERT_TRUE(trio_meet(t, 0));
	trio_free(&t);
}

/* A tells B that C has the key of `key`; what B made of it. */
static enum trec_refusal lie(struct trio *t, const struct trec_own *key)
{
	struct trec_session_event ev = { .refusal = TREC_REFUSAL_COUNT };
	struct trec_session *a;
	struct trec_session *b;
	struct trust_introduction what = { .name = "C", .kind = "" };
	struct msg_introduce_ask ask = { .count = 1 };
	uint8_t buf[TRUST_STATEMENT_MAX];
	size_t n = 0;

	trio_up(t, t->ab, 0);
	a = t->ab->side[0].s;
	b = t->ab->side[1].s;
	ask.subject[0].id = key->id;
	strcpy(ask.subject[0].name, "C");
	CU_ASSERT_EQUAL(msg_introduce_ask_encode(&ask, buf, sizeof(buf), &n), TREC_OK);
	a->late_answers = a->late_results = 9;
	eng_session_send(a, FRAME_INTRODUCE_ASK, trec_bytes(buf, n));
	rig_settle(t->ab);
	CU_ASSERT_EQUAL(trec_session_answer(b, true), TREC_OK);
	what.aud = t->ab->side[1].own.id;
	what.cert = key->cert;
	what.nonce = b->asked->nonce;
	CU_ASSERT_EQUAL(trust_make_introduction(&t->ab->side[0].f.env, t->ab->side[0].own.signer,
						&what, buf, sizeof(buf), &n, NULL),
			TREC_OK);
	eng_session_send(a, FRAME_INTRODUCTION, trec_bytes(buf, n));
	rig_settle(t->ab);
	CU_ASSERT_TRUE(sess_saw(t->ab, 1, TREC_SESSION_RECEIVED, &ev));
	rig_end(t->ab);
	return ev.refusal;
}

/* Its own key under C's name: nobody introduces itself. */
static void c612_the_introducers_own_key_under_anothers_name_is_refused(void)
{
	struct trio *t = trio_new(3);

	CU_ASSERT_EQUAL(lie(t, &t->ab->side[0].own), TREC_REFUSAL_WRONG_SUBJECT);
	CU_ASSERT_EQUAL(rig_list(&t->ab->side[1]), 1);
	trio_free(&t);
}

/*
 * A fresh key of its own under C's name. That is what an introducer is trusted not to do, and B
 * cannot know better; but the user sees another id than C shows, and by whom it was introduced, and
 * C itself lets nobody in who carries that on.
 */
static void c612_a_made_up_key_under_anothers_name_shows_as_another_device(void)
{
	struct trio *t = trio_new(4);
	struct rig *fresh = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 55);
	const struct trec_own *puppet = &fresh->side[0].own;
	struct rig_side *b = &t->ab->side[1];
	struct trec_peer p;

	CU_ASSERT_EQUAL(lie(t, puppet), TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(trec_peer_find(&b->f.env, &b->store->store, "C", &p), TREC_OK);
	CU_ASSERT_EQUAL(p.state, TREC_PEER_INTRODUCED);
	CU_ASSERT_EQUAL(memcmp(p.id.b, puppet->id.b, TREC_ID_LEN), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(p.id.b, t->bc->side[1].own.id.b, TREC_ID_LEN), 0);
	CU_ASSERT_TRUE(p.has_introducer);
	CU_ASSERT_EQUAL(memcmp(p.introduced_by.b, t->ab->side[0].own.id.b, TREC_ID_LEN), 0);
	/* The real C is nobody to B, and B nobody to C. */
	CU_ASSERT_FALSE(trio_meet(t, 0));
	CU_ASSERT_FALSE(trio_meet(t, 1));
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), -1);
	rig_free(&fresh);
	trio_free(&t);
}

/* ---- what does not get through ------------------------------------------------------------ */

/* A gives up, B's store was only slow: what it says late is no reason to part. */
static void a_result_that_comes_late_is_dropped(void)
{
	struct trio *t = trio_new(5);
	struct rig_side *a = &t->ab->side[0];
	const struct trec_id *about = &t->ac->side[1].own.id;
	struct trec_session_event ev = { .accepted = true };

	t->policy[1].mode = TREC_INTRODUCTIONS_AUTO;
	trio_up(t, t->ab, 0);
	CU_ASSERT_EQUAL(trec_session_introduce(a->s, about, 1), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_EQUAL(trec_session_deliver(a->s, about, 1), TREC_OK);
	rig_flush(t->ab, 0);
	a->f.now_ms += 30000;
	CU_ASSERT_EQUAL(trec_session_tick(a->s, a->f.now_ms), TREC_OK);
	CU_ASSERT_TRUE(sess_saw(t->ab, 0, TREC_SESSION_INTRODUCED, &ev));
	CU_ASSERT_EQUAL(ev.refusal, TREC_REFUSAL_CONSENT_TIMEOUT);
	CU_ASSERT_FALSE(ev.accepted);
	rig_settle(t->ab);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_INTRODUCED);
	CU_ASSERT_FALSE(sess_saw(t->ab, 0, TREC_SESSION_INTRODUCED, NULL));
	CU_ASSERT_EQUAL(sess_error(t->ab, 0), TREC_OK);
	CU_ASSERT_EQUAL(sess_error(t->ab, 1), TREC_OK);
	trio_free(&t);
}

/* B reads what there is; how much. */
static size_t read_all(struct rig *r)
{
	uint8_t buf[4096];
	size_t all = 0;
	size_t n = 0;
	bool eof = false;

	do {
		rig_settle(r);
		if (trec_session_read(r->side[1].s, buf, sizeof(buf), &n, &eof) != TREC_OK)
			n = 0;
		all += n;
	} while (n > 0);
	return all;
}

/* What is passed on finds its way between data that fills every buffer. */
static void a_stream_that_is_full_carries_introductions_too(void)
{
	static uint8_t data[65536];
	struct trio *t = trio_new(6);
	struct rig_side *a = &t->ab->side[0];
	const struct trec_id *about = &t->ac->side[1].own.id;
	struct trec_session_event ev;
	size_t taken = 0;
	size_t written = 0;
	size_t got = 0;

	t->policy[1].mode = TREC_INTRODUCTIONS_AUTO;
	trio_up(t, t->ab, 0);
	CU_ASSERT_EQUAL(trec_session_open(a->s, "files"), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_TRUE(sess_saw(t->ab, 1, TREC_SESSION_OPEN, NULL));
	CU_ASSERT_EQUAL(trec_session_accept(t->ab->side[1].s), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_TRUE(sess_saw(t->ab, 0, TREC_SESSION_OPENED, NULL));
	for (int step = 0; step < 2; step++) {
		while (trec_session_write(a->s, data, sizeof(data), &taken) == TREC_OK)
			written += taken;
		CU_ASSERT_TRUE(eng_session_out_room(a->s) <= 4100);
		CU_ASSERT_EQUAL(step == 0 ? trec_session_introduce(a->s, about, 1)
					  : trec_session_deliver(a->s, about, 1),
				TREC_OK);
		got += read_all(t->ab);
		CU_ASSERT_TRUE(sess_saw(t->ab, 0, step == 0 ? TREC_SESSION_CONSENTED
							    : TREC_SESSION_INTRODUCED,
					&ev));
	}
	CU_ASSERT_TRUE(ev.accepted);
	CU_ASSERT_EQUAL(got + read_all(t->ab), written);
	CU_ASSERT_EQUAL(sess_error(t->ab, 0), TREC_OK);
	trio_free(&t);
}

/* As two users would go on: introduce whom it did not reach, then let them meet. */
static bool heals(struct trio *t)
{
	struct rig *with_a[2] = { t->ab, t->ac };

	for (int i = 0; i < 2; i++) {
		rig_restart(&with_a[i]->side[0]);
		rig_restart(&with_a[i]->side[1]);
		rig_end(with_a[i]);
		with_a[i]->cut_after = 0;
	}
	t->bc->cut_after = 0;
	rig_restart(&t->bc->side[0]);
	rig_restart(&t->bc->side[1]);
	rig_end(t->bc);
	for (int i = 0; i < 2; i++) {
		enum trec_refusal why = trio_introduce(t, with_a[i], 0);

		if (why != TREC_REFUSAL_NONE && why != TREC_REFUSAL_ALREADY_KNOWN)
			return false;
	}
	return trio_meet(t, 0) && trio_meet(t, 1) && trio_state(t->bc, 0) == TREC_PEER_ACTIVE &&
	       trio_state(t->bc, 1) == TREC_PEER_ACTIVE && rig_list(&t->bc->side[0]) == 2 &&
	       rig_list(&t->bc->side[1]) == 2;
}

/* One way from the question to the first session, whatever comes of it. */
static bool go(struct trio *t)
{
	struct trec_session *a;
	struct rig *with_a[2] = { t->ab, t->ac };

	for (int i = 0; i < 2; i++) {
		const struct trec_id *about = &with_a[1 - i]->side[1].own.id;

		if (t->bc->side[i].store->down)
			continue; /* it has no power */
		trio_session(t, with_a[i], 0);
		a = with_a[i]->side[0].s;
		if (trec_session_introduce(a, about, 1) == TREC_OK)
			rig_settle(with_a[i]);
		if (!with_a[i]->side[1].dead &&
		    trec_session_answer(with_a[i]->side[1].s, true) == TREC_OK)
			rig_settle(with_a[i]);
		if (!with_a[i]->side[0].dead && trec_session_deliver(a, about, 1) == TREC_OK)
			rig_settle(with_a[i]);
		rig_end(with_a[i]);
	}
	return !t->bc->side[0].store->down && !t->bc->side[1].store->down && trio_meet(t, 0);
}

/* Neither takes the other for more than the introductions that reached it allow. */
static bool nothing_unauthorised(struct trio *t)
{
	return rig_list(&t->bc->side[0]) <= 2 && rig_list(&t->bc->side[1]) <= 2 &&
	       rig_peers(&t->bc->side[0], TREC_PEER_ACTIVE) >= 1 &&
	       rig_peers(&t->bc->side[1], TREC_PEER_ACTIVE) >= 1 &&
	       (trio_state(t->bc, 1) != TREC_PEER_ACTIVE || trio_state(t->bc, 0) >= 0);
}

static void c612_a_cut_after_any_piece_leaves_nothing_unauthorised_and_heals(void)
{
	for (int where = 0; where < 3; where++) {
		bool all = false;

		for (unsigned k = 1; k < 40 && !all; k++) {
			struct trio *t = trio_new(100 + k);
			struct rig *cut = where == 0 ? t->ab : where == 1 ? t->ac : t->bc;

			cut->cut_after = k;
			all = go(t);
			bool fine = nothing_unauthorised(t) && heals(t);

			if (!fine)
				printf("cut in %d after %u\n", where, k);
			CU_ASSERT_TRUE(fine);
			trio_free(&t);
		}
		CU_ASSERT_TRUE(all);
	}
}

static void c612_power_lost_at_any_commit_leaves_nothing_unauthorised_and_heals(void)
{
	static const enum mem_fault faults[] = { MEM_FAULT_CRASH_BEFORE, MEM_FAULT_CRASH_AFTER,
						 MEM_FAULT_FAIL };

	for (int i = 0; i < 6; i++) {
		bool hit = true;

		for (unsigned k = 1; k < 9 && hit; k++) {
			struct trio *t = trio_new(200 + k);
			struct mem_store *s = t->bc->side[i % 2].store;
			size_t before = s->calls;

			mem_store_fault(s, k, faults[i / 2]);
			(void)go(t);
			hit = s->calls >= before + k;
			mem_store_restart(s);
			bool fine = nothing_unauthorised(t) && heals(t);

			if (!fine)
				printf("fault %d at commit %u of %d\n", i / 2, k, i % 2);
			CU_ASSERT_TRUE(fine);
			trio_free(&t);
		}
		CU_ASSERT_FALSE(hit);
	}
}

static void failing_allocations_and_random_numbers_end_it_cleanly(void)
{
	for (int i = 0; i < 8; i++) {
		bool met = true;

		for (uint64_t k = 0; k < 300 && met; k++) {
			struct trio *t = trio_new(300);
			struct rig *r = i & 2 ? t->bc : t->ab;
			struct fault_env *f = &r->side[i & 1].f;

			trio_introduced(t);
			sess_forget(t->bc, 0);
			if (i & 4)
				f->fail_random = k;
			else
				f->fail_alloc = k;
			struct trec_session_options o = { .env = &r->side[1].f.env,
							  .store = &r->side[1].store->store,
							  .introductions = &t->policy[1] };
			struct trec_session_options c = { .env = &r->side[0].f.env,
							  .store = &r->side[0].store->store };

			t->policy[1].mode = TREC_INTRODUCTIONS_AUTO;
			if (trec_session_new(TREC_SESSION_CLIENT, &c, &r->side[0].s) == TREC_OK &&
			    trec_session_new(TREC_SESSION_SERVER, &o, &r->side[1].s) == TREC_OK) {
				rig_settle(r);
				const struct trec_id *about = &t->ac->side[1].own.id;

				if (r == t->ab &&
				    trec_session_introduce(r->side[0].s, about, 1) == TREC_OK)
					rig_settle(r);
				if (r == t->ab &&
				    trec_session_deliver(r->side[0].s, about, 1) == TREC_OK)
					rig_settle(r);
			}
			met = (i & 4 ? f->fail_random : f->fail_alloc) == FAULT_NEVER;
			f->fail_alloc = f->fail_random = FAULT_NEVER;
			CU_ASSERT_TRUE(nothing_unauthorised(t));
			trio_free(&t);
		}
		CU_ASSERT_FALSE(met);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(c612_the_introducer_in_the_middle_is_noticed_in_first_and_later_sessions),
	SUITE_CASE(c612_the_introducer_cannot_speak_for_the_introduced),
	SUITE_CASE(c612_the_introducers_own_key_under_anothers_name_is_refused),
	SUITE_CASE(c612_a_made_up_key_under_anothers_name_shows_as_another_device),
	SUITE_CASE(a_result_that_comes_late_is_dropped),
	SUITE_CASE(a_stream_that_is_full_carries_introductions_too),
	SUITE_CASE(c612_a_cut_after_any_piece_leaves_nothing_unauthorised_and_heals),
	SUITE_CASE(c612_power_lost_at_any_commit_leaves_nothing_unauthorised_and_heals),
	SUITE_CASE(failing_allocations_and_random_numbers_end_it_cleanly),
};

SUITE_MAIN("session middle", cases)
