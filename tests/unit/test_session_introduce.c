/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about introductions over sessions: A, trusted by B and C, asks each, and what it then
 * signs makes them meet; what was not asked, comes late, twice or from elsewhere does not.
 */
#include <string.h>

#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "tests/unit/session_trio.h"

/* ---- online ------------------------------------------------------------------------------ */

static void c612_introduced_devices_meet_without_their_introducer(void)
{
	for (int role = 0; role < 4; role++) {
		struct trio *t = trio_new((uint64_t)role + 1);
		struct trec_peer p;

		CU_ASSERT_FALSE(trio_meet(t, role & 1));
		CU_ASSERT_EQUAL(trio_introduce(t, t->ab, role >> 1), TREC_REFUSAL_NONE);
		CU_ASSERT_EQUAL(trio_introduce(t, t->ac, role >> 1), TREC_REFUSAL_NONE);
		CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_INTRODUCED);
		trio_session(t, t->bc, role & 1);
		for (int side = 0; side < 2; side++) {
			CU_ASSERT_TRUE(sess_saw(t->bc, side, TREC_SESSION_UP, NULL));
			CU_ASSERT_TRUE(sess_saw(t->bc, side, TREC_SESSION_ACTIVATED, NULL));
			p = trio_peer(t->bc, side);
			CU_ASSERT_EQUAL(p.state, TREC_PEER_ACTIVE);
			CU_ASSERT_EQUAL(p.origin, TREC_ORIGIN_INTRODUCTION);
			CU_ASSERT_EQUAL(p.expires_s, 0);
			CU_ASSERT_STRING_EQUAL(p.name, side == 0 ? "C" : "B");
			CU_ASSERT_EQUAL(memcmp(p.introduced_by.b, t->ab->side[0].own.id.b,
					       TREC_ID_LEN),
					0);
			CU_ASSERT_EQUAL(p.right_count, 1);
		}
		rig_end(t->bc);
		CU_ASSERT_TRUE(trio_meet(t, 1 - (role & 1)));
		trio_free(&t);
	}
}

static void ask(struct trio *t)
{
	CU_ASSERT_EQUAL(trec_session_introduce(t->ab->side[0].s, &t->ac->side[1].own.id, 1),
			TREC_OK);
	rig_settle(t->ab);
}

static void the_user_is_asked_once_and_sees_whom(void)
{
	struct trio *t = trio_new(5);
	struct trec_introduction_question q;

	trio_up(t, t->ab, 0);
	CU_ASSERT_EQUAL(trec_session_introduction(t->ab->side[1].s, &q), TREC_E_STATE);
	CU_ASSERT_EQUAL(trec_session_answer(t->ab->side[1].s, true), TREC_E_STATE);
	ask(t);
	CU_ASSERT_EQUAL(trec_session_introduce(t->ab->side[0].s, &q.subject[0].id, 1),
			TREC_E_STATE);
	CU_ASSERT_TRUE(sess_saw(t->ab, 1, TREC_SESSION_INTRODUCTION, NULL));
	CU_ASSERT_EQUAL(trec_session_introduction(t->ab->side[1].s, &q), TREC_OK);
	CU_ASSERT_EQUAL(q.count, 1);
	CU_ASSERT_STRING_EQUAL(q.subject[0].name, "C");
	CU_ASSERT_EQUAL(memcmp(q.subject[0].id.b, t->ac->side[1].own.id.b, TREC_ID_LEN), 0);
	CU_ASSERT_EQUAL(q.deadline_ms, t->ab->side[1].f.now_ms + 60000);
	CU_ASSERT_EQUAL(trec_session_answer(t->ab->side[1].s, true), TREC_OK);
	CU_ASSERT_EQUAL(trec_session_answer(t->ab->side[1].s, true), TREC_E_STATE);
	CU_ASSERT_EQUAL(trec_session_introduction(t->ab->side[1].s, &q), TREC_E_STATE);
	trio_free(&t);
}

/* What A hears about C after a question to B that ends without an introduction. */
static enum trec_refusal outcome(struct trio *t)
{
	struct trec_session_event ev = { .refusal = TREC_REFUSAL_COUNT };

	CU_ASSERT_TRUE(sess_saw(t->ab, 0, TREC_SESSION_INTRODUCED, &ev));
	CU_ASSERT_FALSE(ev.accepted);
	CU_ASSERT_EQUAL(memcmp(ev.id.b, t->ac->side[1].own.id.b, TREC_ID_LEN), 0);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), -1);
	return ev.refusal;
}

static void a_no_or_no_answer_leaves_nothing(void)
{
	struct trio *t = trio_new(6);

	trio_up(t, t->ab, 0);
	ask(t);
	CU_ASSERT_EQUAL(trec_session_answer(t->ab->side[1].s, false), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_EQUAL(outcome(t), TREC_REFUSAL_CONSENT_DENIED);
	ask(t);
	CU_ASSERT_TRUE(trec_session_deadline_ms(t->ab->side[1].s) <=
		       t->ab->side[1].f.now_ms + 60000);
	trio_wait(t, 59);
	CU_ASSERT_FALSE(sess_saw(t->ab, 1, TREC_SESSION_UNANSWERED, NULL));
	trio_wait(t, 1);
	rig_settle(t->ab);
	CU_ASSERT_TRUE(sess_saw(t->ab, 1, TREC_SESSION_UNANSWERED, NULL));
	CU_ASSERT_EQUAL(trec_session_answer(t->ab->side[1].s, true), TREC_E_STATE);
	CU_ASSERT_EQUAL(outcome(t), TREC_REFUSAL_CONSENT_TIMEOUT);
	CU_ASSERT_EQUAL(sess_error(t->ab, 0), TREC_OK);
	CU_ASSERT_EQUAL(sess_error(t->ab, 1), TREC_OK);
	trio_free(&t);
}

static void a_peer_that_never_answers_is_given_up_and_its_late_answer_dropped(void)
{
	struct trio *t = trio_new(7);

	trio_up(t, t->ab, 0);
	ask(t);
	t->ab->side[0].f.now_ms += 70000;
	(void)!trec_session_tick(t->ab->side[0].s, t->ab->side[0].f.now_ms);
	CU_ASSERT_EQUAL(outcome(t), TREC_REFUSAL_CONSENT_TIMEOUT);
	CU_ASSERT_EQUAL(trec_session_answer(t->ab->side[1].s, true), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_FALSE(sess_saw(t->ab, 0, TREC_SESSION_CONSENTED, NULL));
	CU_ASSERT_EQUAL(sess_error(t->ab, 0), TREC_OK);
	trio_free(&t);
}

static void policy_decides_before_the_user(void)
{
	struct trio *t = trio_new(8);

	t->policy[1].mode = TREC_INTRODUCTIONS_NEVER;
	CU_ASSERT_EQUAL(trio_introduce(t, t->ab, 0), TREC_REFUSAL_POLICY);
	CU_ASSERT_FALSE(t->asked);
	t->policy[1].mode = TREC_INTRODUCTIONS_AUTO;
	trio_up(t, t->ab, 0);
	ask(t);
	CU_ASSERT_FALSE(sess_saw(t->ab, 1, TREC_SESSION_INTRODUCTION, NULL));
	CU_ASSERT_TRUE(sess_saw(t->ab, 0, TREC_SESSION_CONSENTED, NULL));
	rig_end(t->ab);
	CU_ASSERT_EQUAL(trio_introduce(t, t->ab, 0), TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(trio_introduce(t, t->ab, 0), TREC_REFUSAL_ALREADY_KNOWN);
	trio_free(&t);
}

static void an_introducer_without_the_right_is_refused_at_the_question(void)
{
	struct trio *t = trio_new(9);
	struct rig_side *b = &t->ab->side[1];

	CU_ASSERT_EQUAL(trec_peer_deny(&b->f.env, &b->store->store, &t->ab->side[0].own.id,
				       "introduce"),
			TREC_OK);
	CU_ASSERT_EQUAL(trio_introduce(t, t->ab, 0), TREC_REFUSAL_INTRODUCER_NOT_ALLOWED);
	CU_ASSERT_FALSE(t->asked);
	trio_free(&t);
}

static void the_right_counts_when_the_introduction_comes(void)
{
	struct trio *t = trio_new(10);
	struct rig_side *b = &t->ab->side[1];

	trio_up(t, t->ab, 0);
	ask(t);
	CU_ASSERT_EQUAL(trec_session_answer(b->s, true), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_EQUAL(trec_peer_deny(&b->f.env, &b->store->store, &t->ab->side[0].own.id,
				       "introduce"),
			TREC_OK);
	CU_ASSERT_EQUAL(trec_session_deliver(t->ab->side[0].s, &t->ac->side[1].own.id, 1),
			TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_EQUAL(outcome(t), TREC_REFUSAL_INTRODUCER_NOT_ALLOWED);
	trio_free(&t);
}

static void an_introducer_names_only_whom_it_can_introduce(void)
{
	struct trio *t = trio_new(11);
	struct trec_session *a;
	struct trec_id ids[9] = { t->ac->side[1].own.id, t->ac->side[1].own.id };
	struct trec_id nobody = { .b = { 1 } };
	struct trec_session_event ev;

	trio_up(t, t->ab, 0);
	a = t->ab->side[0].s;
	CU_ASSERT_EQUAL(trec_session_introduce(a, ids, 0), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_session_introduce(a, ids, 9), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_session_introduce(a, ids, 2), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_session_introduce(a, &t->ab->side[1].own.id, 1), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_session_introduce(a, &t->ab->side[0].own.id, 1), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_session_introduce(a, &nobody, 1), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_TRUE(sess_saw(t->ab, 0, TREC_SESSION_INTRODUCED, &ev));
	CU_ASSERT_EQUAL(ev.refusal, TREC_REFUSAL_SUBJECT_UNKNOWN);
	CU_ASSERT_FALSE(sess_saw(t->ab, 1, TREC_SESSION_INTRODUCTION, NULL));
	/* One of two: the other is asked about. */
	ids[1] = nobody;
	CU_ASSERT_EQUAL(trec_session_introduce(a, ids, 2), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_TRUE(sess_saw(t->ab, 0, TREC_SESSION_INTRODUCED, &ev));
	CU_ASSERT_EQUAL(memcmp(ev.id.b, nobody.b, TREC_ID_LEN), 0);
	CU_ASSERT_TRUE(sess_saw(t->ab, 1, TREC_SESSION_INTRODUCTION, NULL));
	CU_ASSERT_EQUAL(trec_session_deliver(a, ids, 1), TREC_E_STATE);
	CU_ASSERT_EQUAL(trec_session_answer(t->ab->side[1].s, true), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_EQUAL(trec_session_deliver(a, &nobody, 1), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_session_deliver(a, ids, 1), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_TRUE(sess_saw(t->ab, 0, TREC_SESSION_INTRODUCED, &ev));
	CU_ASSERT_TRUE(ev.accepted);
	CU_ASSERT_EQUAL(trec_session_deliver(a, ids, 1), TREC_E_STATE);
	trio_free(&t);
}

/* One consent of B for C and D, whom it hears of together. */
static void a_batch_costs_one_consent_of_each_device(void)
{
	struct trio *t = trio_new(20);
	struct rig *other = rig_new(TREC_KEY_P256, TREC_KEY_ED25519, 99);
	struct rig_side *a = &t->ab->side[0];
	struct trec_id ids[2] = { t->ac->side[1].own.id, other->side[0].own.id };
	struct rec_peer d;
	struct trec_session_event ev;
	bool found = false;

	CU_ASSERT_EQUAL(eng_peer_load(&a->f.env, &a->store->store, TREC_RECORD_PEER, &ids[0], &d,
				      &found),
			TREC_OK);
	strcpy(d.name, "D");
	d.cert_len = other->side[0].own.cert.n;
	memcpy(d.cert, other->side[0].own.cert.p, d.cert_len);
	CU_ASSERT_EQUAL(eng_peer_store(&a->store->store, TREC_RECORD_PEER, &ids[1], &d), TREC_OK);
	trio_up(t, t->ab, 1);
	CU_ASSERT_EQUAL(trec_session_introduce(a->s, ids, 2), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_TRUE(sess_saw(t->ab, 1, TREC_SESSION_INTRODUCTION, NULL));
	CU_ASSERT_FALSE(sess_saw(t->ab, 1, TREC_SESSION_INTRODUCTION, NULL));
	CU_ASSERT_EQUAL(trec_session_answer(t->ab->side[1].s, true), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_TRUE(sess_saw(t->ab, 0, TREC_SESSION_CONSENTED, NULL));
	CU_ASSERT_EQUAL(trec_session_deliver(a->s, ids, 2), TREC_OK);
	rig_settle(t->ab);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_TRUE(sess_saw(t->ab, 0, TREC_SESSION_INTRODUCED, &ev));
		CU_ASSERT_TRUE(ev.accepted);
		CU_ASSERT_TRUE(sess_saw(t->ab, 1, TREC_SESSION_RECEIVED, &ev));
		CU_ASSERT_TRUE(ev.accepted);
	}
	CU_ASSERT_EQUAL(rig_peers(&t->ab->side[1], TREC_PEER_INTRODUCED), 2);
	rig_free(&other);
	trio_free(&t);
}

/* ---- a peer that does not keep to it ----------------------------------------------------- */

/* Side 0 of ab says a frame of its own making; what it is answered stays for it. */
static void say(struct trio *t, uint8_t type, struct trec_bytes body)
{
	eng_session_send(t->ab->side[0].s, type, body);
	rig_settle(t->ab);
}

static void say_ask(struct trio *t)
{
	struct msg_introduce_ask m = { .count = 1 };
	uint8_t body[FRAME_ASK_MAX];
	size_t n = 0;

	m.subject[0].id = t->ac->side[1].own.id;
	strcpy(m.subject[0].name, "C");
	CU_ASSERT_EQUAL(msg_introduce_ask_encode(&m, body, sizeof(body), &n), TREC_OK);
	say(t, FRAME_INTRODUCE_ASK, trec_bytes(body, n));
}

/* What B made of the last introduction that it took or refused. */
static enum trec_refusal received(struct trio *t)
{
	struct trec_session_event ev = { .refusal = TREC_REFUSAL_COUNT };

	CU_ASSERT_TRUE(sess_saw(t->ab, 1, TREC_SESSION_RECEIVED, &ev));
	return ev.refusal;
}

static size_t made(struct trio *t, const uint8_t *nonce, uint8_t *out)
{
	struct rig_side *a = &t->ab->side[0];
	enum trec_refusal why;
	size_t n = 0;

	CU_ASSERT_EQUAL(eng_intro_make(&a->f.env, &a->store->store, &t->ab->side[1].own.id,
				       &t->ac->side[1].own.id, nonce, MSG_HINTS_MAX, out,
				       TRUST_STATEMENT_MAX, &n, &why),
			TREC_OK);
	CU_ASSERT_EQUAL(why, TREC_REFUSAL_NONE);
	return n;
}

static void a_second_question_is_refused_while_one_is_open(void)
{
	struct trio *t = trio_new(12);

	trio_up(t, t->ab, 0);
	say_ask(t);
	CU_ASSERT_TRUE(sess_saw(t->ab, 1, TREC_SESSION_INTRODUCTION, NULL));
	t->ab->side[0].s->late_answers = 9;
	say_ask(t);
	CU_ASSERT_EQUAL(t->ab->side[0].s->late_answers, 8); /* it was answered, */
	CU_ASSERT_FALSE(sess_saw(t->ab, 1, TREC_SESSION_INTRODUCTION, NULL));
	/* With a nonce out it is the same. */
	CU_ASSERT_EQUAL(trec_session_answer(t->ab->side[1].s, true), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_EQUAL(t->ab->side[0].s->late_answers, 7);
	say_ask(t);
	CU_ASSERT_EQUAL(t->ab->side[0].s->late_answers, 6);
	CU_ASSERT_FALSE(t->ab->side[1].s->asked->question);
	CU_ASSERT_FALSE(sess_saw(t->ab, 1, TREC_SESSION_INTRODUCTION, NULL));
	trio_free(&t);
}

static void an_introduction_that_nobody_asked_for_is_refused(void)
{
	static const uint8_t nonce[MSG_NONCE_LEN] = { 0 }; /* as memory is before one is drawn */
	struct trio *t = trio_new(13);
	uint8_t words[TRUST_STATEMENT_MAX];

	trio_up(t, t->ab, 0);
	t->ab->side[0].s->late_results = 9;
	t->ab->side[0].s->late_answers = 9;
	say(t, FRAME_INTRODUCTION, trec_bytes(words, made(t, nonce, words)));
	CU_ASSERT_EQUAL(received(t), TREC_REFUSAL_WRONG_NONCE);
	/* Nor while the user thinks, nor in the carried form. */
	say_ask(t);
	say(t, FRAME_INTRODUCTION, trec_bytes(words, made(t, nonce, words)));
	CU_ASSERT_EQUAL(received(t), TREC_REFUSAL_WRONG_NONCE);
	say(t, FRAME_INTRODUCTION, trec_bytes(words, made(t, NULL, words)));
	CU_ASSERT_EQUAL(received(t), TREC_REFUSAL_WRONG_NONCE);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), -1);
	CU_ASSERT_EQUAL(sess_error(t->ab, 1), TREC_OK);
	trio_free(&t);
}

/* B consents; the nonce it gave goes to out. */
static void consent(struct trio *t, uint8_t *nonce)
{
	say_ask(t);
	t->ab->side[0].s->late_answers = 9;
	t->ab->side[0].s->late_results = 9;
	CU_ASSERT_EQUAL(trec_session_answer(t->ab->side[1].s, true), TREC_OK);
	memcpy(nonce, t->ab->side[1].s->asked->nonce, MSG_NONCE_LEN);
	rig_settle(t->ab);
}

static void a_nonce_of_another_session_or_none_is_refused(void)
{
	struct trio *t = trio_new(14);
	uint8_t words[TRUST_STATEMENT_MAX];
	uint8_t nonce[2][MSG_NONCE_LEN];

	for (int i = 0; i < 2; i++) {
		trio_up(t, t->ab, 0);
		consent(t, nonce[i]);
		if (i == 0)
			rig_end(t->ab);
	}
	say(t, FRAME_INTRODUCTION, trec_bytes(words, made(t, nonce[0], words)));
	CU_ASSERT_EQUAL(received(t), TREC_REFUSAL_WRONG_NONCE);
	rig_end(t->ab);
	trio_up(t, t->ab, 0);
	consent(t, nonce[1]);
	say(t, FRAME_INTRODUCTION, trec_bytes(words, made(t, NULL, words)));
	CU_ASSERT_EQUAL(received(t), TREC_REFUSAL_WRONG_NONCE);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), -1);
	trio_free(&t);
}

static void a_nonce_lives_two_minutes(void)
{
	struct trio *t = trio_new(15);
	uint8_t words[TRUST_STATEMENT_MAX];
	uint8_t nonce[MSG_NONCE_LEN];

	for (int late = 0; late < 2; late++) {
		trio_up(t, t->ab, 0);
		consent(t, nonce);
		trio_wait(t, late ? 120 : 119);
		say(t, FRAME_INTRODUCTION, trec_bytes(words, made(t, nonce, words)));
		CU_ASSERT_EQUAL(received(t),
				late ? TREC_REFUSAL_NONCE_EXPIRED : TREC_REFUSAL_NONE);
		if (!late)
			sess_forget(t->bc, 0);
		rig_end(t->ab);
	}
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), -1);
	trio_free(&t);
}

static void consent_that_is_not_used_lapses(void)
{
	struct trio *t = trio_new(16);

	trio_up(t, t->ab, 0);
	ask(t);
	CU_ASSERT_EQUAL(trec_session_answer(t->ab->side[1].s, true), TREC_OK);
	rig_settle(t->ab);
	trio_wait(t, 110);
	CU_ASSERT_EQUAL(outcome(t), TREC_REFUSAL_NONCE_EXPIRED);
	CU_ASSERT_EQUAL(trec_session_deliver(t->ab->side[0].s, &t->ac->side[1].own.id, 1),
			TREC_E_STATE);
	trio_free(&t);
}

static void each_subject_is_taken_once_and_no_other(void)
{
	struct trio *t = trio_new(17);
	uint8_t words[TRUST_STATEMENT_MAX];
	uint8_t nonce[MSG_NONCE_LEN];
	size_t n;

	trio_up(t, t->ab, 0);
	consent(t, nonce);
	/* Another subject than the one asked about; a second one keeps the nonce open. */
	t->ab->side[1].s->asked->ask.count = 2;
	t->ab->side[1].s->asked->ask.subject[1].id.b[0] = 9;
	n = made(t, nonce, words);
	struct trec_id right = t->ab->side[1].s->asked->ask.subject[0].id;

	t->ab->side[1].s->asked->ask.subject[0].id.b[0] ^= 1;
	say(t, FRAME_INTRODUCTION, trec_bytes(words, n));
	CU_ASSERT_EQUAL(received(t), TREC_REFUSAL_WRONG_SUBJECT);
	t->ab->side[1].s->asked->ask.subject[0].id = right;
	say(t, FRAME_INTRODUCTION, trec_bytes(words, n));
	CU_ASSERT_EQUAL(received(t), TREC_REFUSAL_NONE);
	say(t, FRAME_INTRODUCTION, trec_bytes(words, n));
	CU_ASSERT_EQUAL(received(t), TREC_REFUSAL_REPLAYED);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_INTRODUCED);
	trio_free(&t);
}

static void answers_that_fit_no_question_end_the_session(void)
{
	static const uint8_t nonce[] = { 0xa1, 0x00, 0x58, 0x20, 1, 2, 3, [35] = 4 };
	static const uint8_t reason[] = { 0xa1, 0x00, 0x01 };

	for (int i = 0; i < 3; i++) {
		struct trio *t = trio_new(18);
		struct msg_introduce_result m = { .reason = 0 };
		uint8_t body[64];
		size_t n = 0;

		trio_up(t, t->ab, 0);
		CU_ASSERT_EQUAL(msg_introduce_result_encode(&m, body, sizeof(body), &n), TREC_OK);
		if (i == 0)
			say(t, FRAME_INTRODUCE_NONCE, trec_bytes(nonce, sizeof(nonce)));
		else if (i == 1)
			say(t, FRAME_INTRODUCE_REFUSE, trec_bytes(reason, sizeof(reason)));
		else
			say(t, FRAME_INTRODUCE_RESULT, trec_bytes(body, n));
		CU_ASSERT_EQUAL(sess_error(t->ab, 1), TREC_E_MALFORMED);
		trio_free(&t);
	}
}

static void nothing_of_it_outlives_the_session(void)
{
	struct trio *t = trio_new(19);
	size_t before;

	trio_up(t, t->ab, 0);
	before = t->ab->side[1].f.live_bytes;
	ask(t);
	CU_ASSERT_TRUE(t->ab->side[1].f.live_bytes > before);
	CU_ASSERT_EQUAL(trec_session_answer(t->ab->side[1].s, false), TREC_OK);
	rig_settle(t->ab);
	CU_ASSERT_EQUAL(t->ab->side[1].f.live_bytes, before);
	ask(t);
	rig_end(t->ab);
	trio_free(&t); /* which looks for memory that did not come back */
}

static const struct suite_case cases[] = {
	SUITE_CASE(c612_introduced_devices_meet_without_their_introducer),
	SUITE_CASE(the_user_is_asked_once_and_sees_whom),
	SUITE_CASE(a_no_or_no_answer_leaves_nothing),
	SUITE_CASE(a_peer_that_never_answers_is_given_up_and_its_late_answer_dropped),
	SUITE_CASE(policy_decides_before_the_user),
	SUITE_CASE(an_introducer_without_the_right_is_refused_at_the_question),
	SUITE_CASE(the_right_counts_when_the_introduction_comes),
	SUITE_CASE(an_introducer_names_only_whom_it_can_introduce),
	SUITE_CASE(a_batch_costs_one_consent_of_each_device),
	SUITE_CASE(a_second_question_is_refused_while_one_is_open),
	SUITE_CASE(an_introduction_that_nobody_asked_for_is_refused),
	SUITE_CASE(a_nonce_of_another_session_or_none_is_refused),
	SUITE_CASE(a_nonce_lives_two_minutes),
	SUITE_CASE(consent_that_is_not_used_lapses),
	SUITE_CASE(each_subject_is_taken_once_and_no_other),
	SUITE_CASE(answers_that_fit_no_question_end_the_session),
	SUITE_CASE(nothing_of_it_outlives_the_session),
};

SUITE_MAIN("session introduce", cases)
