/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about guessing: what a wrong PIN costs on either side, what a crash in between changes
 * (nothing), what many at once gain (nothing), and how long guessing goes on (not long).
 */
#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"

#include <stdlib.h>
#include <string.h>

#define MANY 200

static void lists_nobody(struct rig *r)
{
	CU_ASSERT_EQUAL(rig_list(&r->side[0]), 0);
	CU_ASSERT_EQUAL(rig_list(&r->side[1]), 0);
}

static struct trec_window_status status(struct rig *r)
{
	struct trec_window_status st;

	trec_window_status(r->side[1].window, &st);
	return st;
}

/* A PIN that is not the one shown. */
static const char *other_pin(const struct rig *r)
{
	return strcmp(r->code, "123456") == 0 ? "654321" : "123456";
}

/* One run in the window that is open, with the user's word that the PIN is new. */
static trec_err run(struct rig *r, const char *pin)
{
	struct rig_side *i = &r->side[0];
	struct rig_side *s = &r->side[1];
	struct trec_pairing_options io = { .env = &i->f.env,
					   .store = &i->store->store,
					   .secret = pin,
					   .secret_is_new = true };
	struct trec_pairing_options ro = { .env = &s->f.env,
					   .store = &s->store->store,
					   .window = s->window };
	trec_err err;

	rig_end(r);
	/* Past the initiator's wait, short of a code's end. */
	i->f.wall_s += 61;
	s->f.wall_s += 61;
	if (trec_pairing_new(TREC_PAIRING_INITIATOR, &io, &i->p) != TREC_OK ||
	    trec_pairing_new(TREC_PAIRING_RESPONDER, &ro, &s->p) != TREC_OK)
		return TREC_E_INTERNAL;
	rig_run(r);
	err = trec_pairing_error(i->p);
	return err;
}

static void preset(struct rig *r, const char *pin)
{
	struct rig_side *s = &r->side[1];

	CU_ASSERT_EQUAL(trec_preset_set(&s->f.env, &s->store->store, s->window, pin), TREC_OK);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PRESET, false), TREC_OK);
}

static void c611_other_pin_changes_no_list(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 1);

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(run(r, other_pin(r)), TREC_E_WRONG_PIN);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[1].p), TREC_E_WRONG_PIN);
	lists_nobody(r);
	CU_ASSERT_EQUAL(mem_store_count(r->side[0].store, TREC_RECORD_COUNTERS),
			mem_store_count(r->side[0].store, 0));
	CU_ASSERT_EQUAL(mem_store_count(r->side[1].store, TREC_RECORD_COUNTERS),
			mem_store_count(r->side[1].store, 0));
	rig_free(&r);
}

static void c631_c1_wrong_pin_costs_one_guess_and_the_right_one_none(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 2);

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(status(r).attempts_left, 3);
	CU_ASSERT_EQUAL(run(r, other_pin(r)), TREC_E_WRONG_PIN);
	CU_ASSERT_EQUAL(status(r).attempts_left, 2);
	CU_ASSERT_EQUAL(run(r, other_pin(r)), TREC_E_WRONG_PIN);
	CU_ASSERT_EQUAL(status(r).attempts_left, 1);
	CU_ASSERT_EQUAL(run(r, r->code), TREC_OK);
	rig_free(&r);

	r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 3);
	preset(r, "314159");
	CU_ASSERT_EQUAL(run(r, "314150"), TREC_E_WRONG_PIN);
	CU_ASSERT_EQUAL(status(r).preset_wrong, 1);
	CU_ASSERT_EQUAL(run(r, "314159"), TREC_OK);
	CU_ASSERT_EQUAL(status(r).preset_wrong, 1);
	rig_free(&r);
}

static void c631_c1_a_random_pin_is_void_after_three(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 4);

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	for (int k = 0; k < 3; k++)
		CU_ASSERT_EQUAL(run(r, other_pin(r)), TREC_E_WRONG_PIN);
	rig_end(r);
	CU_ASSERT(!status(r).open);
	CU_ASSERT_EQUAL(status(r).end, TREC_WINDOW_VOID);
	CU_ASSERT_EQUAL(run(r, r->code), TREC_E_WINDOW_CLOSED);
	lists_nobody(r);
	rig_free(&r);
}

static void c631_c1_the_freeze_ladder_of_a_preset_pin(void)
{
	static const unsigned minutes[] = { 0, 0, 0, 0, 1, 3, 5, 10, 10, 0 };
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 5);
	struct rig_side *s = &r->side[1];

	preset(r, "314159");
	for (unsigned k = 0; k < 10; k++) {
		if (!status(r).open)
			CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PRESET, false), TREC_OK);
		CU_ASSERT_EQUAL(run(r, "999999"), TREC_E_WRONG_PIN);
		rig_end(r);
		CU_ASSERT_EQUAL(status(r).preset_wrong, k + 1);
		if (k == 9)
			break;
		CU_ASSERT(status(r).frozen_ms <= minutes[k] * 60000u);
		CU_ASSERT(minutes[k] == 0 || status(r).frozen_ms + 1000 > minutes[k] * 60000u);
		if (minutes[k] == 0)
			continue;
		/* Even the right PIN, and a new window, wait. */
		CU_ASSERT_EQUAL(run(r, "314159"), TREC_E_LOCKED_OUT);
		CU_ASSERT(trec_pairing_retry_after_s(r->side[0].p) > 0);
		rig_end(r);
		CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_E_LOCKED_OUT);
		CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PRESET, false), TREC_E_LOCKED_OUT);
		s->f.now_ms += minutes[k] * 60000u;
		trec_window_tick(s->window, s->f.now_ms);
		CU_ASSERT_EQUAL(status(r).frozen_ms, 0);
	}
	CU_ASSERT(status(r).preset_void);
	CU_ASSERT_EQUAL(status(r).end, TREC_WINDOW_VOID);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PRESET, false), TREC_E_STATE);
	lists_nobody(r);
	rig_free(&r);
}

static void c631_c1_lockout_survives_restart_and_reboot_begins_it_anew(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 6);
	struct rig_side *s = &r->side[1];

	preset(r, "314159");
	for (unsigned k = 0; k < 5; k++)
		CU_ASSERT_EQUAL(run(r, "999999"), TREC_E_WRONG_PIN);
	rig_end(r);
	s->f.now_ms += 40000;
	rig_restart(s);
	CU_ASSERT_EQUAL(status(r).preset_wrong, 5);
	CU_ASSERT(status(r).frozen_ms > 0 && status(r).frozen_ms <= 20000);
	s->f.boot[0] ^= 1;
	s->f.now_ms = 5;
	rig_restart(s);
	CU_ASSERT_EQUAL(status(r).frozen_ms, 60000);
	s->f.wall_s += 86400;
	CU_ASSERT_EQUAL(status(r).frozen_ms, 60000);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PRESET, false), TREC_E_LOCKED_OUT);
	/* A code is not a guess: it still opens. */
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	CU_ASSERT_EQUAL(run(r, r->code), TREC_OK);
	rig_free(&r);
}

static void c631_c1_a_crash_between_guess_and_answer_still_counts(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 7);
	struct rig_side *s = &r->side[1];

	preset(r, "314159");
	for (unsigned k = 1; k <= 5; k++) {
		size_t before = s->sent;

		mem_store_fault(s->store, 1, MEM_FAULT_CRASH_AFTER);
		(void)run(r, "999999");
		CU_ASSERT(s->dead);
		/* Nothing that depends on the guess has left: only the parameters have. */
		CU_ASSERT_EQUAL(s->pieces, 1);
		CU_ASSERT(before == 0 || s->sent == before);
		rig_restart(s);
		CU_ASSERT_EQUAL(status(r).preset_wrong, k);
		if (k < 5)
			CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PRESET, false), TREC_OK);
	}
	CU_ASSERT(status(r).frozen_ms > 0);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PRESET, false), TREC_E_LOCKED_OUT);
	rig_free(&r);
}

static void c631_c1_no_answer_leaves_when_the_count_cannot_be_kept(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 8);
	struct rig_side *s = &r->side[1];

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	mem_store_fault(s->store, 1, MEM_FAULT_FAIL);
	CU_ASSERT_EQUAL(run(r, r->code), TREC_E_LOST);
	CU_ASSERT_EQUAL(trec_pairing_error(s->p), TREC_E_IO);
	CU_ASSERT_EQUAL(s->pieces, 1);
	rig_end(r);
	CU_ASSERT_EQUAL(status(r).attempts_left, 2);
	lists_nobody(r);
	rig_free(&r);
}

static void a_refund_gives_back_exactly_its_own_attempt(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 9);
	struct rig_side *s = &r->side[1];

	preset(r, "314159");
	for (unsigned k = 0; k < 4; k++)
		CU_ASSERT_EQUAL(run(r, "999999"), TREC_E_WRONG_PIN);
	/* The fifth attempt freezes while it runs; it is right, so the freeze goes with it. */
	s->consent = RIG_NO;
	rig_end(r);
	CU_ASSERT_EQUAL(rig_pair_start(r, "314159"), TREC_OK);
	rig_run(r);
	rig_end(r);
	CU_ASSERT_EQUAL(status(r).preset_wrong, 4);
	CU_ASSERT_EQUAL(status(r).frozen_ms, 0);
	rig_restart(s);
	CU_ASSERT_EQUAL(status(r).preset_wrong, 4);
	CU_ASSERT_EQUAL(status(r).frozen_ms, 0);
	lists_nobody(r);
	rig_free(&r);
}

/* A guess as an attacker sends it: any point will do, here the generator. */
static size_t attackers_share(uint8_t out[72])
{
	uint8_t one[CRYPTO_P256_SCALAR_LEN] = { 0 };
	uint8_t body[69] = { 0xa1, 0x00, 0x58, 0x41 };

	one[31] = 1;
	CU_ASSERT_EQUAL(crypto_p256_mul_base(trec_env_default(), one, body + 4), TREC_OK);
	out[0] = 0x44;
	out[1] = 0;
	out[2] = sizeof(body);
	memcpy(out + 3, body, sizeof(body));
	return 72;
}

static void feed(struct trec_pairing *p, const uint8_t *b, size_t n)
{
	size_t used = 0;

	(void)!trec_pairing_feed(p, trec_bytes(b, n), &used);
}

/* Type of the last frame the run has to send; 0: nothing. */
static uint8_t last_said(struct trec_pairing *p)
{
	uint8_t buf[512];
	size_t n = 0;

	CU_ASSERT_EQUAL(trec_pairing_drain(p, buf, sizeof(buf), &n), TREC_OK);
	return n > 0 ? buf[0] : 0;
}

static void c631_c1_two_hundred_guesses_at_once_are_counted_or_busy_and_open_nothing(void)
{
	static const uint8_t request[3 + 43] = { 0x41, 0, 43, 0xa4, 0x00, 0x01, 0x01, 0x00, 0x02,
						 0x81, 0x01, 0x03, 0x58, 0x20 };
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 10);
	struct trec_pairing **run_of = calloc(MANY, sizeof(*run_of));
	struct rig_side *s = &r->side[1];
	struct trec_pairing_options o = { .env = &s->f.env,
					  .store = &s->store->store,
					  .window = s->window };
	unsigned answered = 0;
	unsigned turned_away = 0;
	uint8_t share[72];

	(void)attackers_share(share);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	for (int k = 0; k < MANY; k++) {
		CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_RESPONDER, &o, &run_of[k]), TREC_OK);
		feed(run_of[k], request, sizeof(request));
		CU_ASSERT_EQUAL(last_said(run_of[k]), 0x42);
	}
	for (int k = 0; k < MANY; k++)
		feed(run_of[k], share, sizeof(share));
	for (int k = 0; k < MANY; k++) {
		uint8_t said;

		trec_pairing_perform(run_of[k]);
		trec_pairing_resume(run_of[k]);
		said = last_said(run_of[k]);
		answered += said == 0x45;
		turned_away += said == 0x43 && trec_pairing_error(run_of[k]) == TREC_E_BUSY;
	}
	CU_ASSERT_EQUAL(answered, 1);
	CU_ASSERT_EQUAL(turned_away, MANY - 1);
	CU_ASSERT_EQUAL(status(r).attempts_left, 2);
	CU_ASSERT(status(r).run_active);
	for (int k = 0; k < MANY; k++)
		trec_pairing_free(&run_of[k]);
	CU_ASSERT(!status(r).run_active);
	CU_ASSERT_EQUAL(status(r).attempts_left, 2);
	lists_nobody(r);
	free(run_of);
	rig_free(&r);
}

static void a_point_off_the_curve_costs_no_attempt_and_no_slot(void)
{
	static const uint8_t request[3 + 43] = { 0x41, 0, 43, 0xa4, 0x00, 0x01, 0x01, 0x00, 0x02,
						 0x81, 0x01, 0x03, 0x58, 0x20 };
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 15);
	struct rig_side *s = &r->side[1];
	struct trec_pairing_options o = { .env = &s->f.env,
					  .store = &s->store->store,
					  .window = s->window };
	uint8_t share[72];

	(void)attackers_share(share);
	share[70] ^= 1;
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_RESPONDER, &o, &s->p), TREC_OK);
	feed(s->p, request, sizeof(request));
	feed(s->p, share, sizeof(share));
	CU_ASSERT_EQUAL(trec_pairing_error(s->p), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(status(r).attempts_left, 3);
	CU_ASSERT(!status(r).run_active);
	rig_free(&r);
}

/* Somebody who answers at the dialled address and guesses the PIN. */
static void c631_c1_a_fake_responder_gets_no_more_than_the_initiators_limit(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 11);
	struct rig_side *i = &r->side[0];
	unsigned guesses = 0;
	unsigned waits = 0;

	for (int k = 0; k < 40; k++) {
		trec_err err;

		if (k % 5 == 0)
			rig_restart(i);
		err = rig_pair(r, TREC_METHOD_PIN, other_pin(r));
		guesses += err == TREC_E_WRONG_PIN;
		if (err == TREC_E_LOCKED_OUT && trec_pairing_retry_after_s(i->p) > 0) {
			CU_ASSERT(strstr(trec_pairing_detail(i->p), "guessing") != NULL);
			CU_ASSERT_EQUAL(i->sent, 0);
			i->f.wall_s += trec_pairing_retry_after_s(i->p);
			waits++;
		}
		rig_end(r);
	}
	CU_ASSERT_EQUAL(guesses, 10);
	CU_ASSERT_EQUAL(waits, 7);
	/* Right or wrong: from now on the user has to say that the PIN is new. */
	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PIN, NULL), TREC_E_LOCKED_OUT);
	rig_end(r);
	lists_nobody(r);
	rig_free(&r);
}

static void a_good_pairing_clears_the_initiators_counter(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 12);

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, other_pin(r)), TREC_OK);
	rig_run(r);
	rig_end(r);
	CU_ASSERT_EQUAL(mem_store_count(r->side[0].store, TREC_RECORD_COUNTERS), 1);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	rig_run(r);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[0].p), TREC_OK);
	CU_ASSERT_EQUAL(mem_store_count(r->side[0].store, TREC_RECORD_COUNTERS), 0);
	rig_free(&r);
}

static void c631_c1_a_wrong_code_opens_nothing_and_is_no_guess(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 13);
	char old[sizeof(r->code)];

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	memcpy(old, r->code, sizeof(old));
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	CU_ASSERT_EQUAL(run(r, old), TREC_E_WRONG_CODE);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[1].p), TREC_E_WRONG_CODE);
	CU_ASSERT_EQUAL(status(r).wrong_codes, 1);
	CU_ASSERT_EQUAL(status(r).frozen_ms, 0);
	lists_nobody(r);
	CU_ASSERT_EQUAL(mem_store_count(r->side[1].store, 0), 0);
	r->side[0].f.wall_s -= 61;
	CU_ASSERT_EQUAL(run(r, r->code), TREC_OK);
	rig_free(&r);
}

static void a_pin_does_not_fit_a_code_window_nor_the_other_way_round(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 14);
	char code[sizeof(r->code)];

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	CU_ASSERT_EQUAL(run(r, "123456"), TREC_E_REFUSED);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	memcpy(code, r->code, sizeof(code));
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(run(r, code), TREC_E_REFUSED);
	CU_ASSERT_EQUAL(status(r).attempts_left, 3);
	lists_nobody(r);
	rig_free(&r);
}

static void a_wrong_pin_counts_although_the_fake_responder_hangs_up(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 16);
	struct trec_pairing *p;

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, other_pin(r)), TREC_OK);
	p = r->side[0].p;
	for (int k = 0; k < 100 && r->side[1].pieces < 2; k++)
		(void)rig_step(r, k % 2);
	while (trec_pairing_next(p) != TREC_NEXT_STORE)
		CU_ASSERT_FATAL(rig_step(r, 0));
	trec_pairing_lost(p, TREC_E_LOST);
	trec_pairing_perform(p);
	trec_pairing_resume(p);
	CU_ASSERT_EQUAL(trec_pairing_error(p), TREC_E_WRONG_PIN);
	CU_ASSERT_EQUAL(mem_store_count(r->side[0].store, TREC_RECORD_COUNTERS), 1);
	rig_free(&r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c611_other_pin_changes_no_list),
	SUITE_CASE(c631_c1_wrong_pin_costs_one_guess_and_the_right_one_none),
	SUITE_CASE(c631_c1_a_random_pin_is_void_after_three),
	SUITE_CASE(c631_c1_the_freeze_ladder_of_a_preset_pin),
	SUITE_CASE(c631_c1_lockout_survives_restart_and_reboot_begins_it_anew),
	SUITE_CASE(c631_c1_a_crash_between_guess_and_answer_still_counts),
	SUITE_CASE(c631_c1_no_answer_leaves_when_the_count_cannot_be_kept),
	SUITE_CASE(a_refund_gives_back_exactly_its_own_attempt),
	SUITE_CASE(c631_c1_two_hundred_guesses_at_once_are_counted_or_busy_and_open_nothing),
	SUITE_CASE(a_point_off_the_curve_costs_no_attempt_and_no_slot),
	SUITE_CASE(c631_c1_a_fake_responder_gets_no_more_than_the_initiators_limit),
	SUITE_CASE(a_good_pairing_clears_the_initiators_counter),
	SUITE_CASE(c631_c1_a_wrong_code_opens_nothing_and_is_no_guess),
	SUITE_CASE(a_pin_does_not_fit_a_code_window_nor_the_other_way_round),
	SUITE_CASE(a_wrong_pin_counts_although_the_fake_responder_hangs_up),
};

SUITE_MAIN("guessing", cases)
