/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about who recognises nothing: a former peer, however the trust ended, from that commit on;
 * who knows the device's id and certificate; who only listens; who shows a key of somebody else.
 */
#include <string.h>

#include "proto/engine/dissolve.h"
#include "proto/engine/ledger.h"
#include "proto/trust/trust.h"
#include "tests/unit/recognise_rig.h"

/* A is announced, and B and C recognise it. */
static struct trio *announced(uint64_t seed, struct beacon *b)
{
	struct trio *t = trio_new(seed);

	*b = recognise_beacon(t->ab, 0);
	(void)recognise_meet(t->ab, 1);
	(void)recognise_meet(t->ac, 0);
	rig_end(t->ab);
	rig_end(t->ac);
	CU_ASSERT_TRUE(recognise_sees(t->ab, 1, b) && recognise_sees(t->ac, 1, b));
	return t;
}

/* ---- how trust ends ---------------------------------------------------------------------- */

static void unpaired_by_the_user(struct trio *t)
{
	struct trec_revocation *r = sess_part(t->ac, 0);

	trec_revocation_free(&r);
}

static void told_by_the_peer(struct trio *t)
{
	(void)recognise_meet(t->ac, 0);
	struct trec_revocation *r = sess_part(t->ac, 1);

	CU_ASSERT_EQUAL(trec_session_revoke(t->ac->side[1].s, r), TREC_OK);
	sess_run(t->ac, NULL);
	trec_revocation_free(&r);
}

/* It parted long ago, and says so when it is dialled. */
static void turned_away_by_the_peer(struct trio *t)
{
	struct trec_revocation *r = sess_part(t->ac, 1);

	trec_revocation_free(&r);
	trio_session(t, t->ac, 0);
	CU_ASSERT_EQUAL(sess_error(t->ac, 0), TREC_E_NOT_TRUSTED);
	CU_ASSERT_EQUAL(trio_state(t->ac, 0), TREC_PEER_DISSOLVED_BY_PEER);
	CU_ASSERT_FALSE(recognise_record(t->ac, 0, &t->ac->side[1].own.id).has_mark);
}

static void unpaired_on_a_full_disk(struct trio *t)
{
	mem_store_fault(t->ac->side[0].store, 1, MEM_FAULT_FULL);
	unpaired_by_the_user(t);
}

/* Nobody writes anything when time passes: the next beacon is what notices. */
static void expired(struct trio *t)
{
	struct rig_side *a = &t->ac->side[0];

	CU_ASSERT_EQUAL(trec_peer_expire(&a->f.env, &a->store->store, &t->ac->side[1].own.id,
					 a->f.wall_s + 60),
			TREC_OK);
	trio_wait(t, 61);
	CU_ASSERT_EQUAL(trio_state(t->ac, 0), TREC_PEER_EXPIRED);
}

static void c_recognises_nothing_from_then_on(void (*end)(struct trio *t), bool at_once)
{
	struct beacon before, after, again;
	struct trio *t = announced(4, &before);

	end(t);
	rig_end(t->ac);
	CU_ASSERT_EQUAL(recognise_has_own(t->ac, 0), !at_once);
	after = recognise_beacon(t->ac, 0);
	CU_ASSERT_FALSE(recognise_sees(t->ac, 1, &after));
	/* Nor does B, until it is told, which C never is. */
	CU_ASSERT_FALSE(recognise_sees(t->ab, 1, &after));
	(void)recognise_meet(t->ab, 0);
	CU_ASSERT_TRUE(recognise_sees(t->ab, 1, &after));
	trio_session(t, t->ac, 1);
	rig_end(t->ac);
	trio_session(t, t->ac, 0);
	rig_end(t->ac);
	again = recognise_beacon(t->ab, 0);
	CU_ASSERT_TRUE(recognise_sees(t->ab, 1, &again));
	CU_ASSERT_FALSE(recognise_sees(t->ac, 1, &again) || recognise_sees(t->ac, 1, &after));
	/* What was shown before, B takes for nobody's now. */
	CU_ASSERT_FALSE(recognise_sees(t->ab, 1, &before));
	trio_free(&t);
}

static void a_former_peer_recognises_nothing_that_is_shown_from_then_on(void)
{
	c_recognises_nothing_from_then_on(unpaired_by_the_user, true);
	c_recognises_nothing_from_then_on(told_by_the_peer, true);
	c_recognises_nothing_from_then_on(turned_away_by_the_peer, true);
	c_recognises_nothing_from_then_on(unpaired_on_a_full_disk, true);
	c_recognises_nothing_from_then_on(expired, false);
}

/* One commit: power lost before it leaves both, after it neither. */
static void the_key_goes_in_the_commit_that_parts(void)
{
	for (int after = 0; after < 2; after++) {
		struct beacon b;
		struct trio *t = announced(5, &b);
		struct rig_side *a = &t->ac->side[0];
		size_t calls = a->store->calls;

		mem_store_fault(a->store, 1,
				after ? MEM_FAULT_CRASH_AFTER : MEM_FAULT_CRASH_BEFORE);
		CU_ASSERT_NOT_EQUAL(trec_unpair(&a->f.env, &a->store->store,
						&t->ac->side[1].own.id, false, NULL),
				    TREC_OK);
		CU_ASSERT_EQUAL(a->store->calls, calls + 1);
		mem_store_restart(a->store);
		CU_ASSERT_EQUAL(trio_state(t->ac, 0), after ? -1 : TREC_PEER_ACTIVE);
		CU_ASSERT_EQUAL(recognise_has_own(t->ac, 0), !after);
		trio_free(&t);
	}
}

/* B met C by A's words; then A parts from C and says so to B, or goes with all it introduced. */
static void whom_an_introducer_takes_along_recognises_nothing_either(void)
{
	for (int cascade = 0; cascade < 2; cascade++) {
		struct trio *t = trio_new(6);
		struct rig_side *b = &t->ab->side[1];

		trio_introduced(t);
		struct beacon shown = recognise_beacon(t->bc, 0);

		CU_ASSERT_TRUE(trio_meet(t, 0));
		CU_ASSERT_TRUE(recognise_sees(t->bc, 1, &shown));
		if (cascade) {
			CU_ASSERT_EQUAL(trec_unpair(&b->f.env, &b->store->store,
						    &t->ab->side[0].own.id, true, NULL),
					TREC_OK);
		} else {
			trio_up(t, t->ab, 0);
			struct trec_revocation *r = sess_part(t->ac, 0);

			CU_ASSERT_EQUAL(trec_session_notice(t->ab->side[0].s, r), TREC_OK);
			trec_revocation_free(&r);
			rig_settle(t->ab);
			CU_ASSERT_TRUE(sess_saw(t->ab, 1, TREC_SESSION_NOTICE, NULL));
		}
		CU_ASSERT_EQUAL(trio_state(t->bc, 0), -1);
		CU_ASSERT_FALSE(recognise_has_own(t->bc, 0));
		CU_ASSERT_FALSE(recognise_record(t->bc, 0, &t->bc->side[1].own.id).has_mark);
		shown = recognise_beacon(t->bc, 0);
		CU_ASSERT_FALSE(recognise_sees(t->bc, 1, &shown));
		trio_free(&t);
	}
}

/* ---- keys that change -------------------------------------------------------------------- */

static void a_peer_with_a_new_key_stays_recognised_and_is_not_told_again(void)
{
	struct beacon a, c;
	struct trio *t = announced(7, &a);
	struct trec_id old = t->ac->side[1].own.id;

	c = recognise_beacon(t->ac, 1);
	(void)recognise_meet(t->ac, 1);
	CU_ASSERT_TRUE(recognise_sees(t->ac, 0, &c));
	rig_end(t->ac);
	trio_rotate(t, TREC_KEY_ED25519);
	trio_session(t, t->ac, 1);
	CU_ASSERT_TRUE(sess_saw(t->ac, 0, TREC_SESSION_SUCCEEDED, NULL));
	CU_ASSERT_FALSE(t->ac->side[0].s->was_told || t->ac->side[1].s->was_told);
	CU_ASSERT_TRUE(recognise_sees(t->ac, 0, &c) && recognise_sees(t->ac, 1, &a));
	CU_ASSERT_FALSE(recognise_record(t->ac, 0, &old).has_mark);
	CU_ASSERT_TRUE(recognise_record(t->ac, 0, &t->ac->side[1].own.id).heard);
	/* And is one of those whose parting ends it. */
	CU_ASSERT_TRUE(recognise_has_own(t->ac, 0));
	rig_end(t->ac);
	unpaired_by_the_user(t);
	CU_ASSERT_FALSE(recognise_has_own(t->ac, 0));
	trio_free(&t);
}

/* A copy of C from before changed its key too: who of them is C, only the user can say. */
static void a_suspended_peer_is_neither_told_nor_recognised_until_it_is_resumed(void)
{
	struct beacon a, c, next;
	struct trio *t = announced(8, &a);
	struct rig_side *rc = &t->ac->side[1], *ra = &t->ac->side[0];
	struct mem_store *copy = mem_store_new(&rc->own), *mine = rc->store;

	c = recognise_beacon(t->ac, 1);
	(void)recognise_meet(t->ac, 1);
	rig_end(t->ac);
	CU_ASSERT_TRUE_FATAL(copy != NULL && mem_store_copy(copy, mine));
	trio_rotate(t, TREC_KEY_ED25519);
	(void)recognise_meet(t->ac, 1);
	rig_end(t->ac);
	struct trec_own own = rc->own;

	rc->store = t->bc->side[1].store = copy;
	trio_rotate(t, TREC_KEY_ED25519);
	trio_session(t, t->ac, 1);
	CU_ASSERT_TRUE(sess_saw(t->ac, 0, TREC_SESSION_SUSPENDED, NULL));
	rig_end(t->ac);
	rc->store = t->bc->side[1].store = mine;
	t->bc->side[1].own = rc->own = own;
	CU_ASSERT_FALSE(recognise_has_own(t->ac, 0));
	CU_ASSERT_FALSE(recognise_sees(t->ac, 0, &c));
	next = recognise_beacon(t->ac, 0);
	trio_session(t, t->ac, 1);
	rig_end(t->ac);
	CU_ASSERT_FALSE(recognise_sees(t->ac, 1, &next));
	CU_ASSERT_EQUAL(trec_peer_resume(&ra->f.env, &ra->store->store, &own.id), TREC_OK);
	CU_ASSERT_TRUE(recognise_sees(t->ac, 0, &c));
	(void)recognise_meet(t->ac, 1);
	CU_ASSERT_TRUE(recognise_sees(t->ac, 1, &next));
	mem_store_free(&copy);
	trio_free(&t);
}

static void after_a_pairing_anew_both_are_told_again(void)
{
	struct rig *r = sess_paired();
	struct beacon b[2] = { recognise_beacon(r, 0), recognise_beacon(r, 1) };

	(void)recognise_meet(r, 0);
	rig_end(r);
	sess_forget(r, 0);
	rig_paired(r);
	CU_ASSERT_FALSE(recognise_sees(r, 0, &b[1]));
	b[0] = recognise_beacon(r, 0);
	(void)recognise_meet(r, 1);
	CU_ASSERT_TRUE(recognise_sees(r, 1, &b[0]) && recognise_sees(r, 0, &b[1]));
	rig_free(&r);
}

static void an_expired_peer_is_not_recognised_and_without_a_clock_neither(void)
{
	struct rig *r = sess_paired();
	struct rig_side *s = &r->side[0];
	struct beacon b = recognise_beacon(r, 1);

	(void)recognise_meet(r, 0);
	rig_end(r);
	CU_ASSERT_EQUAL(trec_peer_expire(&s->f.env, &s->store->store, &r->side[1].own.id,
					 s->f.wall_s + 60),
			TREC_OK);
	CU_ASSERT_TRUE(recognise_sees(r, 0, &b));
	s->f.wall_trusted = false;
	CU_ASSERT_FALSE(recognise_sees(r, 0, &b));
	s->f.wall_trusted = true;
	rig_wait(r, 61000);
	CU_ASSERT_FALSE(recognise_sees(r, 0, &b));
	rig_free(&r);
}

/* ---- attacks ----------------------------------------------------------------------------- */

/* Everything that somebody who once connected knows of a device, taken for its key. */
static void who_knows_id_and_certificate_recognises_nothing(void)
{
	struct rig *r = sess_paired();
	const struct trec_own *own = &r->side[0].own;
	struct beacon shown[64];
	uint8_t hash[CRYPTO_SHA256_LEN];
	unsigned tries = 0;

	CU_ASSERT_EQUAL(crypto_sha256(own->cert, hash), TREC_OK);
	for (size_t i = 0; i < 64; i++)
		shown[i] = recognise_beacon(r, 0);
	struct trec_bytes known[] = { own->cert, trec_bytes(own->id.b, TREC_ID_LEN),
				      trec_bytes(hash, sizeof(hash)),
				      trec_bytes(own->name, sizeof(own->name)),
				      trec_bytes(shown[0].b, sizeof(shown[0].b)) };

	for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
		for (size_t at = 0; at + MSG_RECOGNITION_LEN <= known[k].n; at++)
			for (size_t i = 0; i < 64; i++) {
				bool yes = true;

				CU_ASSERT_EQUAL(trust_beacon_is(known[k].p + at, shown[i].b, &yes),
						TREC_OK);
				CU_ASSERT_FALSE(yes);
				tries++;
			}
	CU_ASSERT_TRUE(tries > 10000);
	/* B has the whole record of A, and was told nothing: nor does its list tell them apart. */
	for (size_t i = 0; i < 64; i++)
		CU_ASSERT_FALSE(recognise_sees(r, 1, &shown[i]));
	CU_ASSERT_FALSE(mem_store_contains(r->side[1].store, trec_bytes(shown[0].b, 8)));
	rig_free(&r);
}

/* No two beacons have a byte string in common that is longer than chance makes it. */
static void beacons_of_one_device_have_nothing_in_common(void)
{
	enum { SHOWN = 300, PIECE = 5 };
	static struct beacon shown[SHOWN];
	struct rig *r = sess_paired();
	unsigned alike = 0;

	for (size_t i = 0; i < SHOWN; i++)
		shown[i] = recognise_beacon(r, (int)(i % 2));
	for (size_t i = 0; i < SHOWN; i++)
		for (size_t k = 0; k < i; k++)
			for (size_t at = 0; at + PIECE <= TREC_BEACON_LEN; at++)
				alike += memcmp(shown[i].b + at, shown[k].b + at, PIECE) == 0;
	CU_ASSERT_EQUAL(alike, 0);
	rig_free(&r);
}

/* What a beacon cannot do, as docs/THREATS.md says: heard and shown again it still fits. */
static void a_beacon_that_is_shown_again_still_fits_and_proves_nothing(void)
{
	struct beacon heard;
	struct trio *t = announced(9, &heard);

	for (int i = 0; i < 3; i++)
		(void)recognise_beacon(t->ab, 0);
	trio_wait(t, 3600);
	CU_ASSERT_TRUE(recognise_sees(t->ab, 1, &heard));
	/* The former peer has no more than that: what it heard, until the others are told anew. */
	unpaired_by_the_user(t);
	CU_ASSERT_TRUE(recognise_sees(t->ab, 1, &heard) && recognise_sees(t->ac, 1, &heard));
	(void)recognise_beacon(t->ab, 0);
	(void)recognise_meet(t->ab, 0);
	CU_ASSERT_FALSE(recognise_sees(t->ab, 1, &heard));
	trio_free(&t);
}

/* C tells B, as its own, the key that A told it: B takes A's beacons for nobody's, not for C's. */
static void a_peer_that_shows_anothers_key_does_not_pass_for_it(void)
{
	struct trio *t = trio_new(10);
	struct beacon a = recognise_beacon(t->ab, 0);
	struct rig_side *b = &t->ab->side[1];
	struct rec_recognition copy;
	struct trec_peer p;
	bool stored = false;

	trio_introduced(t);
	CU_ASSERT_TRUE(trio_meet(t, 0));
	(void)recognise_meet(t->ac, 0);
	(void)recognise_meet(t->ab, 0);
	CU_ASSERT_TRUE(recognise_sees(t->ab, 1, &a));
	copy = recognise_record(t->ac, 1, &t->ac->side[0].own.id);
	CU_ASSERT_TRUE(copy.has_key);
	CU_ASSERT_EQUAL(eng_recognition_take(&b->f.env, &b->store->store, &t->bc->side[1].own.id,
					     copy.key, &stored),
			TREC_OK);
	CU_ASSERT_TRUE(stored);
	CU_ASSERT_EQUAL(trec_beacon_find(&b->f.env, &b->store->store, a.b, &p), TREC_E_NO_PEER);
	/* Until it is parted from. */
	CU_ASSERT_EQUAL(trec_unpair(&b->f.env, &b->store->store, &t->bc->side[1].own.id, false,
				    NULL),
			TREC_OK);
	CU_ASSERT_TRUE(recognise_sees(t->ab, 1, &a));
	trio_free(&t);
}

static void nobody_but_a_peer_in_force_leaves_a_key(void)
{
	struct rig *r = sess_paired();
	struct rig_side *s = &r->side[0];
	static const uint8_t key[MSG_RECOGNITION_LEN] = { 1 };
	struct trec_id stranger = { .b = { 7 } };
	bool stored = true;

	CU_ASSERT_EQUAL(eng_recognition_take(&s->f.env, &s->store->store, &stranger, key, &stored),
			TREC_OK);
	CU_ASSERT_FALSE(stored);
	sess_halve(r, 0);
	CU_ASSERT_EQUAL(eng_recognition_take(&s->f.env, &s->store->store, &r->side[1].own.id, key,
					     &stored),
			TREC_OK);
	CU_ASSERT_FALSE(stored);
	CU_ASSERT_EQUAL(mem_store_count(s->store, TREC_RECORD_RECOGNITION), 0);
	rig_free(&r);
}

/* ---- damage ------------------------------------------------------------------------------ */

static void records_that_cannot_be_read_are_replaced(void)
{
	static const struct trec_id own;
	static const char *const junk[] = { "junk", "\xa1\x00\x02" }; /* damaged; a later version */

	for (size_t i = 0; i < 2; i++) {
		struct rig *r = sess_paired();
		struct beacon b = recognise_beacon(r, 0);
		const struct trec_id *ids[] = { &own, &r->side[1].own.id, &r->side[0].own.id };

		(void)recognise_meet(r, 0);
		for (size_t k = 0; k < 3; k++) {
			struct trec_store *s = &r->side[k == 2].store->store;
			struct trec_change c = { .type = TREC_RECORD_RECOGNITION,
						 .data = trec_bytes(junk[i], 3) };

			memcpy(c.id, ids[k]->b, sizeof(c.id));
			CU_ASSERT_EQUAL(s->ops->commit(s, &c, 1), TREC_OK);
		}
		CU_ASSERT_FALSE(recognise_sees(r, 1, &b));
		(void)recognise_meet(r, 0);
		b = recognise_beacon(r, 0);
		(void)recognise_meet(r, 1);
		CU_ASSERT_TRUE(recognise_sees(r, 1, &b));
		rig_free(&r);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_former_peer_recognises_nothing_that_is_shown_from_then_on),
	SUITE_CASE(the_key_goes_in_the_commit_that_parts),
	SUITE_CASE(whom_an_introducer_takes_along_recognises_nothing_either),
	SUITE_CASE(a_peer_with_a_new_key_stays_recognised_and_is_not_told_again),
	SUITE_CASE(a_suspended_peer_is_neither_told_nor_recognised_until_it_is_resumed),
	SUITE_CASE(after_a_pairing_anew_both_are_told_again),
	SUITE_CASE(an_expired_peer_is_not_recognised_and_without_a_clock_neither),
	SUITE_CASE(who_knows_id_and_certificate_recognises_nothing),
	SUITE_CASE(beacons_of_one_device_have_nothing_in_common),
	SUITE_CASE(a_beacon_that_is_shown_again_still_fits_and_proves_nothing),
	SUITE_CASE(a_peer_that_shows_anothers_key_does_not_pass_for_it),
	SUITE_CASE(nobody_but_a_peer_in_force_leaves_a_key),
	SUITE_CASE(records_that_cannot_be_read_are_replaced),
};

SUITE_MAIN("recognise end", cases)
