/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about introductions that are carried: B has A's words, shows them to C as a stranger while
 * A is off, and either comes in or is turned away, and what else a stranger brings is refused.
 */
#include <string.h>

#include "proto/codec/bundle.h"
#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "tests/unit/session_trio.h"

static char text[TREC_INTRODUCTION_TEXT_MAX + 1];

/* B has accepted what A made for both of them; C has heard of nothing. */
static struct trio *carried(uint64_t seed, enum trec_introductions mode)
{
	struct trio *t = trio_new(seed);

	t->policy[1].mode = mode;
	CU_ASSERT_EQUAL(trio_accept(t, 0, text, trio_text(t, text, sizeof(text))),
			TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_INTRODUCED);
	CU_ASSERT_EQUAL(trio_state(t->bc, 1), -1);
	return t;
}

static void c612_the_subject_brings_its_introduction_while_the_introducer_is_off(void)
{
	struct trio *t = carried(1, TREC_INTRODUCTIONS_AUTO);
	struct trec_session_event ev;

	trio_session(t, t->bc, 0);
	CU_ASSERT_TRUE(sess_saw(t->bc, 1, TREC_SESSION_RECEIVED, &ev));
	CU_ASSERT_TRUE(ev.accepted);
	CU_ASSERT_EQUAL(memcmp(ev.by.b, t->ab->side[0].own.id.b, TREC_ID_LEN), 0);
	for (int side = 0; side < 2; side++) {
		CU_ASSERT_TRUE(sess_saw(t->bc, side, TREC_SESSION_UP, NULL));
		CU_ASSERT_TRUE(sess_saw(t->bc, side, TREC_SESSION_ACTIVATED, NULL));
		CU_ASSERT_EQUAL(trio_state(t->bc, side), TREC_PEER_ACTIVE);
	}
	rig_end(t->bc);
	/* It is not needed again, and not shown again. */
	CU_ASSERT_EQUAL(mem_store_count(t->bc->side[0].store, TREC_RECORD_CARRIED), 0);
	CU_ASSERT_TRUE(trio_meet(t, 1));
	CU_ASSERT_TRUE(trio_meet(t, 0));
	trio_free(&t);
}

/* Both users accepted the file: whoever dials, nothing needs to be asked. */
static void c612_both_accept_the_file_and_meet_from_either_side(void)
{
	for (int client = 0; client < 2; client++) {
		struct trio *t = carried(2, TREC_INTRODUCTIONS_ASK);

		CU_ASSERT_EQUAL(trio_accept(t, 1, text, strlen(text)), TREC_REFUSAL_NONE);
		CU_ASSERT_TRUE(trio_meet(t, client));
		CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_ACTIVE);
		CU_ASSERT_EQUAL(trio_state(t->bc, 1), TREC_PEER_ACTIVE);
		trio_free(&t);
	}
}

static void a_policy_that_asks_sends_the_stranger_away_until_the_user_agrees(void)
{
	struct trio *t = carried(3, TREC_INTRODUCTIONS_ASK);
	const struct trec_presented *p;
	size_t bytes;
	char copy[TREC_INTRODUCTION_TEXT_MAX + 1];

	trio_session(t, t->bc, 0);
	CU_ASSERT_EQUAL(sess_error(t->bc, 0), TREC_E_NOT_TRUSTED);
	CU_ASSERT_STRING_EQUAL(trec_session_detail(t->bc->side[0].s),
			       "the peer's user was asked; try again later");
	CU_ASSERT_TRUE(sess_saw(t->bc, 1, TREC_SESSION_PRESENTED, NULL));
	sess_run(t->bc, NULL);
	CU_ASSERT_EQUAL(sess_error(t->bc, 1), TREC_E_NOT_TRUSTED);
	CU_ASSERT_FALSE(trec_session_authenticated(t->bc->side[1].s));
	CU_ASSERT_EQUAL(trio_state(t->bc, 1), -1);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_INTRODUCED);
	CU_ASSERT_FALSE(trio_peer(t->bc, 0).forgotten);
	p = trec_session_presented(t->bc->side[1].s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_STRING_EQUAL(p->name, "B");
	CU_ASSERT_EQUAL(memcmp(p->subject.b, t->bc->side[0].own.id.b, TREC_ID_LEN), 0);
	CU_ASSERT_EQUAL(memcmp(p->introducer.b, t->ab->side[0].own.id.b, TREC_ID_LEN), 0);
	bytes = strlen(p->text);
	memcpy(copy, p->text, bytes + 1);
	rig_end(t->bc);
	CU_ASSERT_EQUAL(trio_accept(t, 1, copy, bytes), TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(trio_state(t->bc, 1), TREC_PEER_INTRODUCED);
	CU_ASSERT_TRUE(trio_meet(t, 0));
	CU_ASSERT_EQUAL(trio_state(t->bc, 1), TREC_PEER_ACTIVE);
	trio_free(&t);
}

/* One session of B with C that C does not let in, for that reason. */
static void turned_away(struct trio *t, enum trec_refusal why)
{
	struct trec_session_event ev = { .refusal = TREC_REFUSAL_COUNT };

	trio_session(t, t->bc, 0);
	CU_ASSERT_TRUE(sess_saw(t->bc, 1, TREC_SESSION_RECEIVED, &ev));
	CU_ASSERT_EQUAL(ev.refusal, why);
	CU_ASSERT_FALSE(ev.accepted);
	CU_ASSERT_EQUAL(sess_error(t->bc, 0), TREC_E_NOT_TRUSTED);
	sess_run(t->bc, NULL);
	CU_ASSERT_EQUAL(sess_error(t->bc, 1), TREC_E_NOT_TRUSTED);
	CU_ASSERT_PTR_NULL(trec_session_presented(t->bc->side[1].s));
	rig_end(t->bc);
	CU_ASSERT_NOT_EQUAL(trio_state(t->bc, 1), TREC_PEER_ACTIVE);
}

static void a_policy_of_never_turns_the_stranger_away(void)
{
	struct trio *t = carried(4, TREC_INTRODUCTIONS_NEVER);

	turned_away(t, TREC_REFUSAL_POLICY);
	/* unknown, from a peer that is only introduced, changes nothing: it may try again */
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_INTRODUCED);
	t->policy[1].mode = TREC_INTRODUCTIONS_AUTO;
	CU_ASSERT_TRUE(trio_meet(t, 0));
	trio_free(&t);
}

static void c613_a_dissolved_peer_is_told_so_and_gives_up(void)
{
	struct trio *t = carried(5, TREC_INTRODUCTIONS_AUTO);
	struct rig_side *c = &t->bc->side[1];

	CU_ASSERT_TRUE(trio_meet(t, 0));
	CU_ASSERT_EQUAL(trec_unpair(&c->f.env, &c->store->store, &t->bc->side[0].own.id, false,
				    NULL),
			TREC_OK);
	sess_forget(t->bc, 0);
	/* B obtains an introduction once more; C's tombstone speaks against any. */
	trio_wait(t, 60);
	CU_ASSERT_EQUAL(trio_accept(t, 0, text, trio_text(t, text, sizeof(text))),
			TREC_REFUSAL_NONE);
	turned_away(t, TREC_REFUSAL_SUBJECT_DISSOLVED);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), -1); /* revoked removes who is only introduced */
	trio_free(&t);
}

static void an_introduction_lasts_seven_days(void)
{
	struct trio *t = carried(6, TREC_INTRODUCTIONS_AUTO);

	trio_wait(t, 7 * 86400 - 10);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_INTRODUCED);
	trio_wait(t, 10);
	CU_ASSERT_FALSE(trio_meet(t, 0));
	CU_ASSERT_NOT_EQUAL(trio_state(t->bc, 0), TREC_PEER_INTRODUCED);
	trio_free(&t);
}

/* ---- the conditions hold again ------------------------------------------------------------ */

static void c612_an_introducer_dissolved_in_between_introduces_nobody(void)
{
	for (int side = 0; side < 2; side++) {
		struct trio *t = carried(7, TREC_INTRODUCTIONS_AUTO);
		struct rig *with_a = side == 0 ? t->ab : t->ac;
		struct rig_side *s = &with_a->side[1];

		CU_ASSERT_EQUAL(trio_accept(t, 1, text, strlen(text)), TREC_REFUSAL_NONE);
		CU_ASSERT_EQUAL(trec_unpair(&s->f.env, &s->store->store,
					    &with_a->side[0].own.id, false, NULL),
				TREC_OK);
		CU_ASSERT_EQUAL(trio_state(t->bc, side), -1);
		CU_ASSERT_FALSE(trio_meet(t, 1 - side));
		CU_ASSERT_FALSE(trio_meet(t, side));
		CU_ASSERT_EQUAL(trio_state(t->bc, side), -1);
		CU_ASSERT_NOT_EQUAL(trio_state(t->bc, 1 - side), TREC_PEER_ACTIVE);
		trio_free(&t);
	}
}

/* C has taken it, but its introducer lost the right meanwhile: B is told so before all else. */
static void c612_who_is_introduced_by_nobody_any_more_is_a_stranger_again(void)
{
	struct trio *t = carried(13, TREC_INTRODUCTIONS_AUTO);
	struct rig_side *c = &t->ac->side[1];

	CU_ASSERT_EQUAL(trio_accept(t, 1, text, strlen(text)), TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(trec_peer_deny(&c->f.env, &c->store->store, &t->ac->side[0].own.id,
				       "introduce"),
			TREC_OK);
	turned_away(t, TREC_REFUSAL_INTRODUCER_NOT_ALLOWED);
	CU_ASSERT_EQUAL(trio_state(t->bc, 1), TREC_PEER_INTRODUCED);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_INTRODUCED);
	/* As a client C does not even dial. */
	trio_session(t, t->bc, 1);
	CU_ASSERT_EQUAL(sess_error(t->bc, 1), TREC_E_NOT_TRUSTED);
	CU_ASSERT_EQUAL(t->bc->side[1].sent, 0);
	trio_free(&t);
}

/* The right to introduce goes while their first session is being set up, on either side. */
static void c612_the_conditions_count_in_the_commit_that_activates(void)
{
	for (int side = 0; side < 2; side++) {
		struct trio *t = carried(8, TREC_INTRODUCTIONS_AUTO);
		struct rig *with_a = side == 0 ? t->ab : t->ac;
		struct rig_side *s = &with_a->side[1];
		bool waited = false;

		CU_ASSERT_EQUAL(trio_accept(t, 1, text, strlen(text)), TREC_REFUSAL_NONE);
		t->bc->cut_after = 0;
		struct trec_session_options o[2];

		for (int i = 0; i < 2; i++) {
			o[i] = (struct trec_session_options){
				.env = &t->bc->side[i].f.env,
				.store = &t->bc->side[i].store->store,
			};
			CU_ASSERT_EQUAL(trec_session_new(i == 0 ? TREC_SESSION_CLIENT
								: TREC_SESSION_SERVER,
							 &o[i], &t->bc->side[i].s),
					TREC_OK);
		}
		for (int i = 0; i < 200 && !waited; i++) {
			(void)rig_step(t->bc, i % 2);
			waited = t->bc->side[side].s->state == ENG_S_SETTLING;
		}
		CU_ASSERT_TRUE(waited);
		CU_ASSERT_EQUAL(trec_peer_deny(&s->f.env, &s->store->store,
					       &with_a->side[0].own.id, "introduce"),
				TREC_OK);
		rig_settle(t->bc);
		CU_ASSERT_EQUAL(sess_error(t->bc, side), TREC_E_NOT_TRUSTED);
		CU_ASSERT_PTR_NULL(trec_session_peer(t->bc->side[side].s));
		CU_ASSERT_NOT_EQUAL(trio_state(t->bc, side), TREC_PEER_ACTIVE);
		trio_free(&t);
	}
}

/* ---- what else a stranger brings ---------------------------------------------------------- */

/* A bare client with B's key presents that to C. */
static void present(struct trio *t, struct trec_bytes body, enum trec_refusal why)
{
	static uint8_t frame[FRAME_CHAN_HEADER + FRAME_CHAN_BODY_MAX];
	struct chan *c = sess_raw_client(t->bc);
	struct trec_session_event ev = { .refusal = TREC_REFUSAL_COUNT };
	uint8_t in[64];
	size_t n = 0;
	size_t used = 0;

	CU_ASSERT_EQUAL(frame_chan_make(FRAME_PRESENT, body, frame, sizeof(frame), &n), TREC_OK);
	for (size_t at = 0; at < n; at += used) {
		CU_ASSERT_EQUAL_FATAL(chan_write(c, trec_bytes(frame + at, n - at), &used),
				      TREC_OK);
		sess_shuttle(t->bc, c);
	}
	CU_ASSERT_TRUE(sess_saw(t->bc, 1, TREC_SESSION_RECEIVED, &ev));
	CU_ASSERT_EQUAL(ev.refusal, why);
	CU_ASSERT_EQUAL(chan_read(c, in, sizeof(in), &n), TREC_OK);
	CU_ASSERT_TRUE(n > 4 && in[0] == FRAME_NOT_TRUSTED);
	CU_ASSERT_FALSE(trec_session_authenticated(t->bc->side[1].s));
	chan_free(&c);
	rig_end(t->bc);
	CU_ASSERT_EQUAL(trio_state(t->bc, 1), -1);
}

static size_t made(struct trio *t, const struct trec_id *aud, const struct trec_id *sub,
		   uint8_t *out)
{
	struct rig_side *a = &t->ab->side[0];
	enum trec_refusal why;
	size_t n = 0;

	CU_ASSERT_EQUAL(eng_intro_make(&a->f.env, &a->store->store, aud, sub, NULL, MSG_HINTS_MAX,
				       out, TRUST_STATEMENT_MAX, &n, &why),
			TREC_OK);
	CU_ASSERT_EQUAL(why, TREC_REFUSAL_NONE);
	return n;
}

static void present_items(struct trio *t, enum bundle_kind kind, size_t count,
			  struct trec_bytes item, enum trec_refusal why)
{
	static uint8_t body[BUNDLE_MAX];
	struct bundle b = { .kind = kind, .count = count };
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		b.item[i] = item;
	CU_ASSERT_EQUAL(bundle_encode(&b, body, sizeof(body), &n), TREC_OK);
	present(t, trec_bytes(body, n), why);
}

static void what_is_no_introduction_of_the_stranger_itself_is_refused(void)
{
	static uint8_t junk[FRAME_CHAN_BODY_MAX];
	struct trio *t = trio_new(9);
	const struct trec_id *b = &t->bc->side[0].own.id;
	const struct trec_id *c = &t->bc->side[1].own.id;
	uint8_t words[TRUST_STATEMENT_MAX];
	size_t n;

	/* The raw client's server has no policy: each is judged before that or by it. */
	present(t, trec_bytes(junk, 1), TREC_REFUSAL_MALFORMED);
	present(t, trec_bytes(junk, sizeof(junk)), TREC_REFUSAL_MALFORMED);
	n = made(t, c, b, words);
	present_items(t, BUNDLE_INTRODUCTIONS, 1, trec_bytes(words, n), TREC_REFUSAL_POLICY);
	present_items(t, BUNDLE_INTRODUCTIONS, 2, trec_bytes(words, n), TREC_REFUSAL_MALFORMED);
	present_items(t, BUNDLE_NOTICES, 1, trec_bytes(words, n), TREC_REFUSAL_MALFORMED);
	present_items(t, BUNDLE_INTRODUCTIONS, 1, trec_bytes(words, n / 2),
		      TREC_REFUSAL_MALFORMED);
	trio_free(&t);
}

/* B shows words that are not about it: the statement for B about C, or one about A. */
static void words_about_another_are_refused(void)
{
	struct trio *t = carried(10, TREC_INTRODUCTIONS_AUTO);
	struct rec_carried carried_words;
	uint8_t words[TRUST_STATEMENT_MAX];
	uint8_t buf[REC_CARRIED_MAX];
	struct trec_change change = { .type = TREC_RECORD_CARRIED };
	size_t n = made(t, &t->bc->side[0].own.id, &t->bc->side[1].own.id, words);

	carried_words.statement = trec_bytes(words, n);
	CU_ASSERT_EQUAL(rec_carried_encode(&carried_words, buf, sizeof(buf), &n), TREC_OK);
	memcpy(change.id, t->bc->side[1].own.id.b, TREC_ID_LEN);
	change.data = trec_bytes(buf, n);
	CU_ASSERT_EQUAL(t->bc->side[0].store->store.ops->commit(&t->bc->side[0].store->store,
								&change, 1),
			TREC_OK);
	turned_away(t, TREC_REFUSAL_WRONG_BEARER);
	trio_free(&t);
}

static void any_altered_byte_of_what_is_shown_is_refused(void)
{
	struct trio *t = carried(11, TREC_INTRODUCTIONS_AUTO);
	uint8_t words[TRUST_STATEMENT_MAX];
	size_t n = made(t, &t->bc->side[1].own.id, &t->bc->side[0].own.id, words);

	for (size_t at = 0; at < n; at += 11) {
		struct rec_carried shown = { trec_bytes(words, n) };
		struct trec_change change = { .type = TREC_RECORD_CARRIED };
		uint8_t buf[REC_CARRIED_MAX];
		size_t len = 0;

		words[at] ^= 1;
		CU_ASSERT_EQUAL(rec_carried_encode(&shown, buf, sizeof(buf), &len), TREC_OK);
		words[at] ^= 1;
		memcpy(change.id, t->bc->side[1].own.id.b, TREC_ID_LEN);
		change.data = trec_bytes(buf, len);
		CU_ASSERT_EQUAL(t->bc->side[0].store->store.ops->commit(
					&t->bc->side[0].store->store, &change, 1),
				TREC_OK);
		CU_ASSERT_FALSE(trio_meet(t, 0));
		CU_ASSERT_EQUAL(trio_state(t->bc, 1), -1);
	}
	trio_free(&t);
}

/* A server that knows the client need not read what it shows, once. */
static void a_known_client_may_show_something_once(void)
{
	static const uint8_t shown[] = { FRAME_PRESENT, 0, 0, 1, 0xff };
	static const uint8_t hello[] = { FRAME_HELLO, 0, 0, 1, 0xa0 };

	for (int twice = 0; twice < 2; twice++) {
		struct trio *t = carried(12, TREC_INTRODUCTIONS_AUTO);
		struct chan *c;
		size_t n = 0;

		CU_ASSERT_TRUE(trio_meet(t, 0));
		c = sess_raw_client(t->bc);
		for (int i = 0; i <= twice; i++)
			CU_ASSERT_EQUAL(chan_write(c, trec_bytes(shown, sizeof(shown)), &n),
					TREC_OK);
		CU_ASSERT_EQUAL(chan_write(c, trec_bytes(hello, sizeof(hello)), &n), TREC_OK);
		sess_shuttle(t->bc, c);
		CU_ASSERT_EQUAL(sess_saw(t->bc, 1, TREC_SESSION_UP, NULL), !twice);
		CU_ASSERT_EQUAL(sess_error(t->bc, 1), twice ? TREC_E_MALFORMED : TREC_OK);
		chan_free(&c);
		trio_free(&t);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(c612_the_subject_brings_its_introduction_while_the_introducer_is_off),
	SUITE_CASE(c612_both_accept_the_file_and_meet_from_either_side),
	SUITE_CASE(a_policy_that_asks_sends_the_stranger_away_until_the_user_agrees),
	SUITE_CASE(a_policy_of_never_turns_the_stranger_away),
	SUITE_CASE(c613_a_dissolved_peer_is_told_so_and_gives_up),
	SUITE_CASE(an_introduction_lasts_seven_days),
	SUITE_CASE(c612_an_introducer_dissolved_in_between_introduces_nobody),
	SUITE_CASE(c612_who_is_introduced_by_nobody_any_more_is_a_stranger_again),
	SUITE_CASE(c612_the_conditions_count_in_the_commit_that_activates),
	SUITE_CASE(what_is_no_introduction_of_the_stranger_itself_is_refused),
	SUITE_CASE(words_about_another_are_refused),
	SUITE_CASE(any_altered_byte_of_what_is_shown_is_refused),
	SUITE_CASE(a_known_client_may_show_something_once),
};

SUITE_MAIN("session carried", cases)
