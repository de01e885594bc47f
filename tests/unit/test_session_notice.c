/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about what sessions bring of trust that ended or changed: notices, told and carried, and
 * successions, presented by a stranger that was a peer or said over a session from before.
 */
#include <string.h>

#include "proto/engine/ledger.h"
#include "proto/engine/notice.h"
#include "proto/trust/trust.h"
#include "tests/unit/session_trio.h"

static struct trio *met(uint64_t seed)
{
	struct trio *t = trio_new(seed);

	trio_introduced(t);
	CU_ASSERT_TRUE(trio_meet(t, 0));
	return t;
}

/* ---- notices ----------------------------------------------------------------------------- */

static struct trec_revocation *part(struct rig *r, int side, const struct trec_id *id)
{
	struct trec_revocation *out = NULL;

	CU_ASSERT_EQUAL(trec_unpair(&r->side[side].f.env, &r->side[side].store->store, id, false,
				    &out),
			TREC_OK);
	return out;
}

static void c613_a_notice_of_the_introducer_dissolves_whom_it_introduced(void)
{
	struct trio *t = met(1);
	struct rig_side *a = &t->ab->side[0];
	struct trec_session_event ev;
	struct trec_revocation *r;

	trio_up(t, t->ab, 0);
	trio_up(t, t->bc, 0);
	r = part(t->ac, 0, &t->ac->side[1].own.id);
	CU_ASSERT_EQUAL(trec_session_notice(a->s, r), TREC_OK);
	trec_revocation_free(&r);
	rig_settle(t->ab);
	CU_ASSERT_TRUE(sess_saw(t->ab, 1, TREC_SESSION_NOTICE, &ev));
	CU_ASSERT_EQUAL(ev.effect, TREC_NOTICE_DISSOLVED);
	CU_ASSERT_EQUAL(memcmp(ev.by.b, a->own.id.b, TREC_ID_LEN), 0);
	CU_ASSERT_EQUAL(memcmp(ev.id.b, t->ac->side[1].own.id.b, TREC_ID_LEN), 0);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), -1);
	/* The session that is open with it ends when its owner says so; this one goes on. */
	trec_session_notify(t->bc->side[0].s);
	rig_settle(t->bc);
	CU_ASSERT_EQUAL(sess_error(t->bc, 0), TREC_E_NOT_TRUSTED);
	CU_ASSERT_EQUAL(sess_error(t->ab, 1), TREC_OK);
	rig_end(t->bc);
	rig_end(t->ab);
	CU_ASSERT_FALSE(trio_meet(t, 1));
	CU_ASSERT_FALSE(trio_meet(t, 0));
	trio_free(&t);
}

static void a_notice_about_the_peer_itself_is_not_sent_to_it(void)
{
	struct trio *t = met(2);
	struct trec_revocation *r;

	trio_up(t, t->ab, 0);
	r = part(t->ab, 0, &t->ab->side[1].own.id);
	CU_ASSERT_EQUAL(trec_session_notice(t->ab->side[0].s, r), TREC_E_STATE);
	trec_revocation_free(&r);
	trio_free(&t);
}

/* A record of somebody else at a side, introduced by A. */
static struct trec_id somebody(struct rig *r, int side, const struct trec_id *by)
{
	struct trec_store *s = &r->side[side].store->store;
	struct trec_id id = { .b = { 9 } };
	struct rec_peer p;
	bool found = false;

	CU_ASSERT_EQUAL(eng_peer_load(&r->side[side].f.env, s, TREC_RECORD_PEER,
				      &r->side[1 - side].own.id, &p, &found),
			TREC_OK);
	strcpy(p.name, "X");
	p.has_introduced_by = by != NULL;
	if (by != NULL)
		p.introduced_by = *by;
	CU_ASSERT_EQUAL(eng_peer_store(s, TREC_RECORD_PEER, &id, &p), TREC_OK);
	return id;
}

static uint64_t noticed(struct trio *t)
{
	struct rec_peer p;
	bool found = false;

	CU_ASSERT_EQUAL(eng_peer_load(&t->bc->side[0].f.env, &t->bc->side[0].store->store,
				      TREC_RECORD_PEER, &t->bc->side[1].own.id, &p, &found),
			TREC_OK);
	return p.noticed;
}

/* A tells B; B knows nobody of that id, keeps it and tells C, whom A never reaches. */
static void c613_a_notice_is_carried_by_those_whom_it_does_not_concern(void)
{
	for (int client = 0; client < 2; client++) {
		struct trio *t = met(3);
		struct rig_side *c = &t->bc->side[1];
		struct trec_id x = somebody(t->ab, 0, NULL);
		struct trec_session_event ev;
		struct trec_revocation *r = part(t->ab, 0, &x);
		struct trec_peer p;

		(void)somebody(t->ac, 1, &t->ac->side[0].own.id);
		trio_up(t, t->ab, 1);
		CU_ASSERT_EQUAL(trec_session_notice(t->ab->side[0].s, r), TREC_OK);
		trec_revocation_free(&r);
		rig_settle(t->ab);
		CU_ASSERT_TRUE(sess_saw(t->ab, 1, TREC_SESSION_NOTICE, &ev));
		CU_ASSERT_EQUAL(ev.effect, TREC_NOTICE_SHOWN);
		rig_end(t->ab);
		CU_ASSERT_EQUAL(noticed(t), 0);
		trio_up(t, t->bc, client);
		CU_ASSERT_TRUE(sess_saw(t->bc, 1, TREC_SESSION_NOTICE, &ev));
		CU_ASSERT_EQUAL(ev.effect, TREC_NOTICE_DISSOLVED);
		CU_ASSERT_EQUAL(memcmp(ev.id.b, x.b, TREC_ID_LEN), 0);
		CU_ASSERT_EQUAL(trec_peer_get(&c->f.env, &c->store->store, &x, &p),
				TREC_E_NO_PEER);
		/* C's store has it, so B need not say it again. */
		CU_ASSERT_EQUAL(noticed(t), 1);
		CU_ASSERT_EQUAL(sess_error(t->bc, 0), TREC_OK);
		rig_end(t->bc);
		trio_up(t, t->bc, client);
		CU_ASSERT_FALSE(t->bc->side[0].s->probing);
		CU_ASSERT_EQUAL(t->bc->side[0].s->noticing, 0);
		CU_ASSERT_FALSE(sess_saw(t->bc, 1, TREC_SESSION_NOTICE, NULL));
		trio_free(&t);
	}
}

/* C loses power at the commit: before it the notice is new to it again, after it is not. */
static void a_notice_that_was_cut_off_is_told_again(void)
{
	for (int after = 0; after < 2; after++) {
		struct trio *t = met(4);
		struct trec_id x = somebody(t->ab, 0, NULL);
		struct trec_revocation *r = part(t->ab, 0, &x);

		trio_up(t, t->ab, 0);
		CU_ASSERT_EQUAL(trec_session_notice(t->ab->side[0].s, r), TREC_OK);
		trec_revocation_free(&r);
		rig_settle(t->ab);
		rig_end(t->ab);
		mem_store_fault(t->bc->side[1].store, 1,
				after ? MEM_FAULT_CRASH_AFTER : MEM_FAULT_CRASH_BEFORE);
		trio_session(t, t->bc, 0);
		CU_ASSERT_TRUE(t->bc->side[1].dead);
		CU_ASSERT_EQUAL(noticed(t), 0);
		rig_restart(&t->bc->side[1]);
		rig_end(t->bc);
		trio_session(t, t->bc, 0);
		CU_ASSERT_EQUAL(sess_saw(t->bc, 1, TREC_SESSION_NOTICE, NULL), !after);
		CU_ASSERT_EQUAL(noticed(t), 1);
		trio_free(&t);
	}
}

/* The user's ping waits for the one behind the notices: one at a time. */
static void the_users_ping_is_answered_behind_notices_too(void)
{
	struct trio *t = met(5);
	struct trec_id x = somebody(t->ab, 0, NULL);
	struct trec_revocation *r = part(t->ab, 0, &x);
	bool pinged = false;

	trio_up(t, t->ab, 0);
	CU_ASSERT_EQUAL(trec_session_notice(t->ab->side[0].s, r), TREC_OK);
	trec_revocation_free(&r);
	rig_settle(t->ab);
	rig_end(t->ab);
	for (int side = 0; side < 2; side++) {
		struct trec_session_options o = { .env = &t->bc->side[side].f.env,
						  .store = &t->bc->side[side].store->store };

		CU_ASSERT_EQUAL(trec_session_new(side == 0 ? TREC_SESSION_CLIENT
							   : TREC_SESSION_SERVER,
						 &o, &t->bc->side[side].s),
				TREC_OK);
	}
	for (int i = 0; i < 400 && !pinged; i++) {
		(void)rig_step(t->bc, i % 2);
		if (t->bc->side[0].s->probing && eng_session_is_up(t->bc->side[0].s)) {
			CU_ASSERT_EQUAL(trec_session_ping(t->bc->side[0].s), TREC_OK);
			CU_ASSERT_EQUAL(trec_session_ping(t->bc->side[0].s), TREC_E_STATE);
			pinged = true;
		}
	}
	CU_ASSERT_TRUE(pinged);
	rig_settle(t->bc);
	CU_ASSERT_TRUE(sess_saw(t->bc, 0, TREC_SESSION_PONG, NULL));
	CU_ASSERT_EQUAL(noticed(t), 1);
	trio_free(&t);
}

/* Signed by whom C does not know: B may carry it, but not make it count. */
static void a_notice_by_nobody_changes_nothing(void)
{
	struct trio *t = met(6);
	struct rig *other = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 99);
	uint8_t words[TRUST_STATEMENT_MAX];
	size_t n = 0;

	trio_up(t, t->bc, 0);
	CU_ASSERT_EQUAL(trust_make(&other->side[0].f.env, TRUST_TOMBSTONE, &other->side[0].signer,
				   &t->ab->side[0].own.id, NULL, words, sizeof(words), &n, NULL),
			TREC_OK);
	eng_session_send(t->bc->side[0].s, FRAME_NOTICE, trec_bytes(words, n));
	rig_settle(t->bc);
	CU_ASSERT_FALSE(sess_saw(t->bc, 1, TREC_SESSION_NOTICE, NULL));
	CU_ASSERT_EQUAL(sess_error(t->bc, 1), TREC_OK);
	CU_ASSERT_EQUAL(trio_state(t->ac, 1), TREC_PEER_ACTIVE);
	CU_ASSERT_EQUAL(mem_store_count(t->bc->side[1].store, TREC_RECORD_NOTICE), 0);
	rig_free(&other);
	trio_free(&t);
}

/* ---- successions ------------------------------------------------------------------------- */

static uint64_t told(struct rig *r, int side)
{
	struct rec_peer p;
	bool found = false;

	CU_ASSERT_EQUAL(eng_peer_load(&r->side[side].f.env, &r->side[side].store->store,
				      TREC_RECORD_PEER, &r->side[1 - side].own.id, &p, &found),
			TREC_OK);
	return p.told;
}

static void c613_a_peer_with_a_new_key_shows_its_successions_and_comes_in(void)
{
	static const trec_key_alg alg[] = { TREC_KEY_ED25519, TREC_KEY_P256, TREC_KEY_ED25519 };

	for (int times = 1; times <= 3; times++) {
		struct trio *t = met(7);
		struct trec_id old = t->bc->side[1].own.id;
		struct trec_session_event ev;
		struct trec_peer p;

		for (int i = 0; i < times; i++)
			trio_rotate(t, alg[i]);
		/* B knows only the old key, so it has to be C that dials. */
		trio_session(t, t->bc, 1);
		CU_ASSERT_TRUE(sess_saw(t->bc, 0, TREC_SESSION_SUCCEEDED, &ev));
		CU_ASSERT_EQUAL(memcmp(ev.by.b, old.b, TREC_ID_LEN), 0);
		CU_ASSERT_EQUAL(memcmp(ev.id.b, t->bc->side[1].own.id.b, TREC_ID_LEN), 0);
		CU_ASSERT_TRUE(sess_saw(t->bc, 0, TREC_SESSION_UP, NULL));
		CU_ASSERT_TRUE(sess_saw(t->bc, 1, TREC_SESSION_UP, NULL));
		p = trio_peer(t->bc, 0);
		CU_ASSERT_STRING_EQUAL(p.name, "C");
		CU_ASSERT_EQUAL(p.state, TREC_PEER_ACTIVE);
		CU_ASSERT_EQUAL(p.right_count, 1);
		CU_ASSERT_EQUAL(told(t->bc, 1), (uint64_t)times);
		CU_ASSERT_TRUE(t->bc->side[0].s->has_presented);
		rig_end(t->bc);
		/* Once it is known, nothing is shown any more. */
		trio_up(t, t->bc, 1);
		CU_ASSERT_FALSE(t->bc->side[0].s->has_presented);
		rig_end(t->bc);
		CU_ASSERT_TRUE(trio_meet(t, 0));
		trio_free(&t);
	}
}

static void a_server_with_a_new_key_is_refused_until_it_dialled(void)
{
	struct trio *t = met(8);
	struct trec_id old = t->bc->side[1].own.id;

	trio_rotate(t, TREC_KEY_ED25519);
	struct trec_session_options o = { .peer = &old };

	CU_ASSERT_EQUAL(rig_session_start(t->bc, &o), TREC_OK);
	rig_run(t->bc);
	CU_ASSERT_EQUAL(sess_error(t->bc, 0), TREC_E_WRONG_CERTIFICATE);
	rig_end(t->bc);
	CU_ASSERT_TRUE(trio_meet(t, 1));
	CU_ASSERT_TRUE(trio_meet(t, 0));
	trio_free(&t);
}

/* A copy of C from before changed its key as well: the user has to say which of them is right. */
static void c613_two_successors_suspend_the_peer(void)
{
	struct trio *t = met(9);
	struct mem_store *copy = mem_store_new(&t->bc->side[1].own);
	struct rig_side *c = &t->ac->side[1];
	struct trec_session_event ev;

	CU_ASSERT_TRUE_FATAL(copy != NULL && mem_store_copy(copy, c->store));
	trio_rotate(t, TREC_KEY_ED25519);
	CU_ASSERT_TRUE(trio_meet(t, 1));
	struct mem_store *mine = c->store;
	struct trec_own own = c->own;

	c->store = t->bc->side[1].store = copy;
	trio_rotate(t, TREC_KEY_ED25519);
	CU_ASSERT_NOT_EQUAL(memcmp(own.id.b, c->own.id.b, TREC_ID_LEN), 0);
	trio_session(t, t->bc, 1);
	CU_ASSERT_TRUE(sess_saw(t->bc, 0, TREC_SESSION_SUSPENDED, &ev));
	CU_ASSERT_EQUAL(sess_error(t->bc, 1), TREC_E_NOT_TRUSTED);
	rig_end(t->bc);
	/* Nor does the first one come in any more. */
	c->store = t->bc->side[1].store = mine;
	t->bc->side[1].own = c->own = own;
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_SUSPENDED);
	CU_ASSERT_FALSE(trio_meet(t, 1));
	CU_ASSERT_FALSE(trio_meet(t, 1));
	CU_ASSERT_EQUAL(trec_peer_resume(&t->bc->side[0].f.env, &t->bc->side[0].store->store,
					 &own.id),
			TREC_OK);
	CU_ASSERT_TRUE(trio_meet(t, 1));
	mem_store_free(&copy);
	trio_free(&t);
}

static void c613_a_dissolved_peer_does_not_come_back_under_another_key(void)
{
	struct trio *t = met(10);
	struct trec_revocation *r = part(t->bc, 0, &t->bc->side[1].own.id);

	trec_revocation_free(&r);
	trio_rotate(t, TREC_KEY_ED25519);
	CU_ASSERT_FALSE(trio_meet(t, 1));
	CU_ASSERT_EQUAL(rig_peers(&t->bc->side[0], TREC_PEER_ACTIVE), 1); /* A alone */
	trio_free(&t);
}

static void an_open_session_moves_the_record_and_ends(void)
{
	struct trio *t = met(11);
	struct trec_session_event ev;

	trio_up(t, t->bc, 0);
	trio_rotate(t, TREC_KEY_ED25519);
	CU_ASSERT_EQUAL(trec_session_succeed(t->bc->side[1].s), TREC_OK);
	rig_settle(t->bc);
	CU_ASSERT_TRUE(sess_saw(t->bc, 0, TREC_SESSION_SUCCEEDED, &ev));
	CU_ASSERT_EQUAL(memcmp(ev.id.b, t->bc->side[1].own.id.b, TREC_ID_LEN), 0);
	sess_run(t->bc, NULL);
	CU_ASSERT_EQUAL(trec_session_next(t->bc->side[0].s), TREC_NEXT_DONE);
	CU_ASSERT_EQUAL(trec_session_next(t->bc->side[1].s), TREC_NEXT_DONE);
	rig_end(t->bc);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_ACTIVE);
	CU_ASSERT_TRUE(trio_meet(t, 0));
	trio_free(&t);
}

/* Somebody else's, over the session of a peer, moves nobody. */
static void a_succession_of_another_moves_nobody(void)
{
	struct trio *t = met(12);
	struct rig *other = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 99);
	uint8_t pair[TRUST_STATEMENT_MAX];
	size_t n = 0;

	trio_up(t, t->ab, 0);
	CU_ASSERT_EQUAL(trust_make_succession(&t->bc->side[1].f.env, t->bc->side[1].own.signer,
					      &other->side[0].signer, other->side[0].own.cert, 1,
					      pair, sizeof(pair), &n, NULL),
			TREC_OK);
	eng_session_send(t->ab->side[0].s, FRAME_SUCCESSION, trec_bytes(pair, n));
	rig_settle(t->ab);
	CU_ASSERT_EQUAL(sess_error(t->ab, 1), TREC_E_NOT_TRUSTED);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_ACTIVE);
	CU_ASSERT_EQUAL(trio_state(t->ab, 1), TREC_PEER_ACTIVE);
	rig_free(&other);
	trio_free(&t);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c613_a_notice_of_the_introducer_dissolves_whom_it_introduced),
	SUITE_CASE(a_notice_about_the_peer_itself_is_not_sent_to_it),
	SUITE_CASE(c613_a_notice_is_carried_by_those_whom_it_does_not_concern),
	SUITE_CASE(a_notice_that_was_cut_off_is_told_again),
	SUITE_CASE(the_users_ping_is_answered_behind_notices_too),
	SUITE_CASE(a_notice_by_nobody_changes_nothing),
	SUITE_CASE(c613_a_peer_with_a_new_key_shows_its_successions_and_comes_in),
	SUITE_CASE(a_server_with_a_new_key_is_refused_until_it_dialled),
	SUITE_CASE(c613_two_successors_suspend_the_peer),
	SUITE_CASE(c613_a_dissolved_peer_does_not_come_back_under_another_key),
	SUITE_CASE(an_open_session_moves_the_record_and_ends),
	SUITE_CASE(a_succession_of_another_moves_nobody),
};

SUITE_MAIN("session notice", cases)
