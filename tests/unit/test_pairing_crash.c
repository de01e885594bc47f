/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about pairings that do not get through: cut after any message, power lost at any
 * commit, no memory, no random numbers. What is left is never more than two users agreed to, and
 * the next contact makes it whole or nothing.
 */
#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"

#include <stdio.h>

/*
 * What may be left: each lists the other as active, or not, or the responder has half a pairing;
 * never anybody else.
 */
static void after_a_crash(struct rig *r, const char *what, unsigned k)
{
	unsigned a0 = rig_peers(&r->side[0], TREC_PEER_ACTIVE);
	unsigned a1 = rig_peers(&r->side[1], TREC_PEER_ACTIVE);
	unsigned half = rig_peers(&r->side[1], TREC_PEER_UNCONFIRMED);
	bool fine = rig_peers(&r->side[0], TREC_PEER_UNCONFIRMED) == 0 && a0 <= 1 && a1 <= 1 &&
		    a1 <= a0 && (a0 == 0 || a1 + half == 1);
	bool up;

	r->cut_after = 0;
	r->client = 0;
	up = a0 == 1 && rig_heal(r);
	fine = fine && up == (a0 == 1);
	r->client = 1;
	if (!up && half == 1)
		fine = fine && !rig_heal(r) && rig_list(&r->side[1]) == 0;
	else if (up)
		fine = fine && rig_heal(r);
	r->client = 0;
	fine = fine && rig_peers(&r->side[0], TREC_PEER_ACTIVE) == up &&
	       rig_peers(&r->side[1], TREC_PEER_ACTIVE) == up;
	if (!fine)
		printf("%s %u: initiator %u active, responder %u active %u half, heals %d\n", what,
		       k, a0, a1, half, up);
	CU_ASSERT(fine);
}

static void start(struct rig *r, enum trec_method method)
{
	CU_ASSERT_EQUAL(rig_window(r, method, false), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
}

static void c611_a_cut_after_any_message_leaves_nothing_unauthorised_and_heals(void)
{
	static const enum trec_method methods[] = { TREC_METHOD_PIN, TREC_METHOD_CODE };

	for (int m = 0; m < 2; m++) {
		bool all = false;

		for (unsigned k = 1; k < 40 && !all; k++) {
			struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 20 + k);

			r->cut_after = k;
			start(r, methods[m]);
			rig_run(r);
			all = trec_pairing_error(r->side[0].p) == TREC_OK &&
			      trec_pairing_error(r->side[1].p) == TREC_OK;
			rig_restart(&r->side[0]);
			rig_restart(&r->side[1]);
			rig_end(r);
			after_a_crash(r, "cut after", k);
			rig_free(&r);
		}
		CU_ASSERT(all);
	}
}

static void c611_power_lost_at_any_commit_leaves_nothing_unauthorised_and_heals(void)
{
	static const enum mem_fault faults[] = { MEM_FAULT_CRASH_BEFORE, MEM_FAULT_CRASH_AFTER,
						 MEM_FAULT_FAIL };

	for (unsigned i = 0; i < 6; i++) {
		int who = (int)(i % 2);
		bool hit = true;

		for (unsigned k = 1; k < 10 && hit; k++) {
			struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, k);

			mem_store_fault(r->side[who].store, k, faults[i / 2]);
			start(r, TREC_METHOD_PIN);
			rig_run(r);
			hit = r->side[who].store->calls >= k;
			rig_restart(&r->side[0]);
			rig_restart(&r->side[1]);
			rig_end(r);
			after_a_crash(r, "fault at commit", k + 100 * i);
			rig_free(&r);
		}
		CU_ASSERT(!hit);
	}
}

/* One run with a fault in side `who`; whether the fault was met. */
static bool run_with_fault(int who, bool random, uint64_t n)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 99);
	struct fault_env *f = &r->side[who].f;
	bool met;

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	if (random)
		f->fail_random = n;
	else
		f->fail_alloc = n;
	if (rig_pair_start(r, r->code) == TREC_OK)
		rig_run(r);
	met = (random ? f->fail_random : f->fail_alloc) == FAULT_NEVER;
	f->fail_alloc = f->fail_random = FAULT_NEVER;
	rig_end(r);
	after_a_crash(r, random ? "random" : "allocation", (unsigned)n + 1000 * (unsigned)who);
	rig_free(&r);
	return met;
}

static void c631_a_failing_random_numbers_end_the_run(void)
{
	for (int who = 0; who < 2; who++) {
		uint64_t n = 0;

		while (run_with_fault(who, true, n) && n < 200)
			n++;
		CU_ASSERT(n > 3 && n < 200);
	}
}

static void failing_allocations_end_the_run_cleanly(void)
{
	for (int who = 0; who < 2; who++) {
		uint64_t n = 0;

		while (run_with_fault(who, false, n) && n < 400)
			n++;
		CU_ASSERT(n > 1 && n < 400);
	}
}

static unsigned gate_left;

static bool gate(void *ctx)
{
	(void)ctx;
	if (gate_left > 0)
		gate_left--;
	return gate_left > 0;
}

/* What wolfSSL loses of its own is told in test_channel_damage; ours is counted by the rig. */
static void failing_allocations_inside_wolfssl_end_the_run_cleanly(void)
{
	bool met = true;

	suite_foreign_leaks(true);
	for (unsigned n = 1; n < 20000 && met; n += n < 40 ? 7 : n / 6) {
		struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 98);

		CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
		gate_left = n;
		crypto_alloc_gate(gate, NULL);
		if (rig_pair_start(r, r->code) == TREC_OK)
			rig_run(r);
		crypto_alloc_gate(NULL, NULL);
		met = gate_left == 0;
		rig_end(r);
		after_a_crash(r, "allocation in wolfSSL", n);
		rig_free(&r);
	}
	suite_foreign_leaks(false);
	CU_ASSERT(!met);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c611_a_cut_after_any_message_leaves_nothing_unauthorised_and_heals),
	SUITE_CASE(c611_power_lost_at_any_commit_leaves_nothing_unauthorised_and_heals),
	SUITE_CASE(c631_a_failing_random_numbers_end_the_run),
	SUITE_CASE(failing_allocations_end_the_run_cleanly),
	SUITE_CASE(failing_allocations_inside_wolfssl_end_the_run_cleanly),
};

SUITE_MAIN("pairing_crash", cases)
