/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about the window, its secrets, the ladder of wrong attempts and the gate. */
#include "proto/engine/ladder.h"
#include "proto/engine/opening.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"

#include <string.h>

static struct trec_window_status status(const struct rig *r)
{
	struct trec_window_status st;

	trec_window_status(r->side[1].window, &st);
	return st;
}

static struct rig *new_rig(void)
{
	return rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 1);
}

static void an_opening_out_of_bounds_is_refused(void)
{
	struct rig *r = new_rig();
	struct rig_side *s = &r->side[1];
	static const char *const hints[] = { "tcp://192.0.2.1", "tcp://192.0.2.2", "no address" };
	const struct trec_opening_options good = { .env = &s->f.env, .store = &s->store->store };
	struct trec_opening_options o = good;
	struct trec_opening *opening = NULL;

	o.digits = 5;
	CU_ASSERT_EQUAL(trec_opening_new(&o, &opening), TREC_E_USAGE);
	o.digits = 13;
	CU_ASSERT_EQUAL(trec_opening_new(&o, &opening), TREC_E_USAGE);
	o = good;
	o.seconds = TREC_WINDOW_SECONDS + 1;
	CU_ASSERT_EQUAL(trec_opening_new(&o, &opening), TREC_E_USAGE);
	o = good;
	o.method = TREC_METHOD_CODE;
	o.hints = hints;
	o.hint_count = 3;
	CU_ASSERT_EQUAL(trec_opening_new(&o, &opening), TREC_E_USAGE);
	o.method = TREC_METHOD_PRESET;
	CU_ASSERT_EQUAL(trec_opening_new(&o, &opening), TREC_E_STATE);
	CU_ASSERT_PTR_NULL(opening);
	rig_free(&r);
}

static void pins_have_the_digits_asked_for_and_differ(void)
{
	struct rig *r = new_rig();
	struct rig_side *s = &r->side[1];
	char last[TREC_PIN_MAX + 1] = "";

	for (unsigned digits = TREC_PIN_MIN; digits <= TREC_PIN_MAX; digits++) {
		struct trec_opening_options o = { .env = &s->f.env,
						  .store = &s->store->store,
						  .digits = digits };
		struct trec_opening *opening = NULL;

		CU_ASSERT_EQUAL(trec_opening_new(&o, &opening), TREC_OK);
		CU_ASSERT_EQUAL(strlen(trec_opening_secret(opening)), digits);
		CU_ASSERT_EQUAL(trec_pin_check(trec_opening_secret(opening)), TREC_OK);
		CU_ASSERT(strncmp(last, trec_opening_secret(opening), 6) != 0);
		memcpy(last, trec_opening_secret(opening), digits);
		trec_opening_free(&opening);
	}
	CU_ASSERT_EQUAL(trec_pin_check("12345"), TREC_E_BAD_PIN);
	CU_ASSERT_EQUAL(trec_pin_check("12345x"), TREC_E_BAD_PIN);
	rig_free(&r);
}

static void a_window_needs_its_computation_first(void)
{
	struct rig *r = new_rig();
	struct rig_side *s = &r->side[1];
	struct trec_opening_options o = { .env = &s->f.env, .store = &s->store->store };
	struct trec_opening *opening = NULL;

	CU_ASSERT_EQUAL(trec_opening_new(&o, &opening), TREC_OK);
	CU_ASSERT_EQUAL(trec_window_open(s->window, &opening), TREC_E_STATE);
	CU_ASSERT_PTR_NOT_NULL(opening);
	CU_ASSERT(!status(r).open);
	CU_ASSERT_EQUAL(trec_opening_perform(opening), TREC_OK);
	CU_ASSERT_EQUAL(trec_window_open(s->window, &opening), TREC_OK);
	CU_ASSERT_PTR_NULL(opening);
	CU_ASSERT(status(r).open);
	rig_free(&r);
}

static void a_window_expires_and_a_second_replaces_the_first(void)
{
	struct rig *r = new_rig();
	struct rig_side *s = &r->side[1];

	CU_ASSERT_EQUAL(trec_window_deadline_ms(s->window), UINT64_MAX);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(status(r).serial, 1);
	CU_ASSERT_EQUAL(status(r).closes_in_ms, 120000);
	CU_ASSERT_EQUAL(trec_window_deadline_ms(s->window), s->f.now_ms + 120000);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	CU_ASSERT_EQUAL(status(r).serial, 2);
	CU_ASSERT_EQUAL(status(r).method, TREC_METHOD_CODE);
	s->f.now_ms += 119999;
	trec_window_tick(s->window, s->f.now_ms);
	CU_ASSERT(status(r).open);
	s->f.now_ms += 1;
	CU_ASSERT(!status(r).open);
	CU_ASSERT_EQUAL(status(r).end, TREC_WINDOW_EXPIRED);
	trec_window_tick(s->window, s->f.now_ms);
	CU_ASSERT_EQUAL(status(r).end, TREC_WINDOW_EXPIRED);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	trec_window_close(s->window);
	CU_ASSERT_EQUAL(status(r).end, TREC_WINDOW_CLOSED);
	trec_window_close(s->window);
	rig_free(&r);
}

static void c5_store_only_the_verifier_of_a_preset_pin_is_kept(void)
{
	struct rig *r = new_rig();
	struct rig_side *s = &r->side[1];
	bool set = true;

	CU_ASSERT_EQUAL(trec_preset_is_set(&s->store->store, &set), TREC_OK);
	CU_ASSERT(!set);
	CU_ASSERT_EQUAL(trec_preset_set(&s->f.env, &s->store->store, s->window, "31415"),
			TREC_E_BAD_PIN);
	CU_ASSERT_EQUAL(trec_preset_set(&s->f.env, &s->store->store, s->window, "31415926"),
			TREC_OK);
	CU_ASSERT_EQUAL(trec_preset_is_set(&s->store->store, &set), TREC_OK);
	CU_ASSERT(set);
	CU_ASSERT(!mem_store_contains(s->store, trec_bytes("31415926", 8)));
	CU_ASSERT(!mem_store_contains(s->store, trec_bytes("314159", 6)));
	rig_free(&r);
}

static void a_new_preset_pin_closes_the_old_ones_window_and_counts_from_zero(void)
{
	struct rig *r = new_rig();
	struct rig_side *s = &r->side[1];

	CU_ASSERT_EQUAL(trec_preset_set(&s->f.env, &s->store->store, s->window, "314159"),
			TREC_OK);
	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PRESET, "999999"), TREC_E_WRONG_PIN);
	rig_end(r);
	CU_ASSERT_EQUAL(status(r).preset_wrong, 1);
	CU_ASSERT_EQUAL(trec_preset_set(&s->f.env, &s->store->store, s->window, "271828"),
			TREC_OK);
	CU_ASSERT(!status(r).open);
	CU_ASSERT_EQUAL(status(r).preset_wrong, 0);
	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PRESET, "271828"), TREC_OK);
	rig_free(&r);
}

static void a_preset_pin_that_cannot_be_stored_leaves_the_old_one(void)
{
	struct rig *r = new_rig();
	struct rig_side *s = &r->side[1];

	CU_ASSERT_EQUAL(trec_preset_set(&s->f.env, &s->store->store, s->window, "314159"),
			TREC_OK);
	mem_store_fault(s->store, 1, MEM_FAULT_FAIL);
	CU_ASSERT_EQUAL(trec_preset_set(&s->f.env, &s->store->store, s->window, "271828"),
			TREC_E_IO);
	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PRESET, "314159"), TREC_OK);
	rig_free(&r);
}

static void a_code_says_where_and_how_long_before_anything_is_sent(void)
{
	struct rig *r = new_rig();
	struct trec_code_info info;
	size_t n;

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, true), TREC_OK);
	CU_ASSERT_EQUAL(trec_code_check(r->code, &info), TREC_OK);
	CU_ASSERT(info.multi_use);
	CU_ASSERT_EQUAL(info.hint_count, 1);
	CU_ASSERT_STRING_EQUAL(info.hints[0], "tcp://192.0.2.7:7443");
	CU_ASSERT_EQUAL(info.expires_s, r->side[1].f.wall_s + 120);
	n = strlen(r->code);
	for (size_t k = 5; k < n; k++) {
		char c = r->code[k];

		r->code[k] = c == 'A' ? 'B' : 'A';
		CU_ASSERT_EQUAL(trec_code_check(r->code, &info), TREC_E_BAD_CODE);
		CU_ASSERT_EQUAL(info.hint_count, 0);
		r->code[k] = c;
	}
	rig_free(&r);
}

static void failing_random_numbers_open_nothing(void)
{
	for (int m = 0; m < 2; m++) {
		for (uint64_t n = 0; n < 3; n++) {
			struct rig *r = new_rig();
			enum trec_method method = m == 0 ? TREC_METHOD_PIN : TREC_METHOD_CODE;

			r->side[1].f.fail_random = n;
			/* Opened only if the fault was not met. */
			CU_ASSERT_EQUAL(rig_window(r, method, false) == TREC_OK, status(r).open);
			CU_ASSERT_EQUAL(status(r).open, r->side[1].f.fail_random != FAULT_NEVER);
			rig_free(&r);
		}
	}
}

/* ---- the ladder -------------------------------------------------------------------------- */

static void the_ladder_row_by_row(void)
{
	static const unsigned minutes[] = { 0, 0, 0, 0, 1, 3, 5, 10, 10, 10 };
	struct rec_counters c = { .kind = REC_COUNTER_PRESET };
	struct rec_moment now = { .set = true, .ms = 1000 };

	for (unsigned k = 0; k < 10; k++) {
		struct rec_counters before = c;

		CU_ASSERT_EQUAL(eng_ladder_left(&c), 10 - k);
		eng_ladder_begin(&c, &now);
		CU_ASSERT_EQUAL(eng_ladder_frozen(&c, &now), minutes[k] * 60000u);
		eng_ladder_refund(&c);
		CU_ASSERT_EQUAL(memcmp(&c, &before, sizeof(c)), 0);
		eng_ladder_begin(&c, &now);
		now.ms += minutes[k] * 60000u;
		CU_ASSERT_EQUAL(eng_ladder_frozen(&c, &now), 0);
		eng_ladder_thaw(&c, &now);
		CU_ASSERT(!c.frozen_at.set && c.frozen_ms == 0);
	}
	CU_ASSERT_EQUAL(eng_ladder_left(&c), 0);
}

static void a_random_pin_never_freezes(void)
{
	struct rec_counters c = { .kind = REC_COUNTER_RANDOM };
	struct rec_moment now = { .set = true, .ms = 1000 };

	for (unsigned k = 0; k < 20; k++) {
		CU_ASSERT_EQUAL(eng_ladder_left(&c), k < 3 ? 3 - k : 0);
		eng_ladder_begin(&c, &now);
		CU_ASSERT_EQUAL(eng_ladder_frozen(&c, &now), 0);
	}
}

static void a_clock_that_went_back_does_not_shorten_a_freeze(void)
{
	struct rec_counters c = { .kind = REC_COUNTER_PRESET, .wrong = 4 };
	struct rec_moment now = { .set = true, .ms = 500000 };

	eng_ladder_begin(&c, &now);
	now.ms = 10;
	CU_ASSERT_EQUAL(eng_ladder_frozen(&c, &now), 60000);
	now.boot[3] = 1;
	now.ms = 900000;
	CU_ASSERT_EQUAL(eng_ladder_frozen(&c, &now), 60000);
	eng_ladder_thaw(&c, &now);
	CU_ASSERT_EQUAL(c.frozen_at.ms, 900000);
	now.ms += 59999;
	CU_ASSERT_EQUAL(eng_ladder_frozen(&c, &now), 1);
}

static void the_initiators_ladder_row_by_row(void)
{
	struct rec_counters c = { .kind = REC_COUNTER_TARGET, .last_s = 1000 };

	for (c.wrong = 0; c.wrong < 3; c.wrong++)
		CU_ASSERT_EQUAL(eng_ladder_target(&c, 1000), 0);
	for (c.wrong = 3; c.wrong < 10; c.wrong++) {
		CU_ASSERT_EQUAL(eng_ladder_target(&c, 1000), 60);
		CU_ASSERT_EQUAL(eng_ladder_target(&c, 1059), 1);
		CU_ASSERT_EQUAL(eng_ladder_target(&c, 1060), 0);
		CU_ASSERT_EQUAL(eng_ladder_target(&c, 900), 60);
	}
	CU_ASSERT_EQUAL(eng_ladder_target(&c, 99999), UINT32_MAX);
}

/* ---- the gate ---------------------------------------------------------------------------- */

static void the_gate_bounds_all_and_each_source(void)
{
	struct fault_env f;
	struct trec_gate *g = NULL;
	unsigned ticket[70];
	unsigned extra;
	char name[16] = "source 00";

	fault_env_init(&f, 3);
	CU_ASSERT_EQUAL(trec_gate_new(&f.env, NULL, &g), TREC_OK);
	for (unsigned k = 0; k < 8; k++)
		CU_ASSERT_EQUAL(trec_gate_enter(g, name, &ticket[k]), TREC_OK);
	CU_ASSERT_EQUAL(trec_gate_enter(g, name, &extra), TREC_E_BUSY);
	for (unsigned k = 8; k < 64; k++) {
		name[7] = (char)('A' + k / 8);
		CU_ASSERT_EQUAL(trec_gate_enter(g, name, &ticket[k]), TREC_OK);
	}
	name[7] = 'z';
	CU_ASSERT_EQUAL(trec_gate_enter(g, name, &extra), TREC_E_BUSY);
	trec_gate_leave(g, ticket[5]);
	trec_gate_leave(g, ticket[5]);
	trec_gate_leave(g, 0);
	trec_gate_leave(g, 1000);
	CU_ASSERT_EQUAL(trec_gate_enter(g, name, &extra), TREC_OK);
	CU_ASSERT_EQUAL(trec_gate_enter(g, name, &extra), TREC_E_BUSY);
	trec_gate_free(&g);
	trec_gate_free(&g);
	CU_ASSERT(fault_env_clean(&f));
}

static void the_gate_bounds_how_fast_a_source_comes_back(void)
{
	const struct trec_gate_options options = { .per_minute = 10 };
	struct fault_env f;
	struct trec_gate *g = NULL;
	unsigned ticket;

	fault_env_init(&f, 3);
	CU_ASSERT_EQUAL(trec_gate_new(&f.env, &options, &g), TREC_OK);
	for (int minute = 0; minute < 3; minute++) {
		for (int k = 0; k < 10; k++) {
			CU_ASSERT_EQUAL(trec_gate_enter(g, "192.0.2.1", &ticket), TREC_OK);
			trec_gate_leave(g, ticket);
		}
		CU_ASSERT_EQUAL(trec_gate_enter(g, "192.0.2.1", &ticket), TREC_E_BUSY);
		CU_ASSERT_EQUAL(trec_gate_enter(g, "192.0.2.2", &ticket), TREC_OK);
		trec_gate_leave(g, ticket);
		f.now_ms += 60000;
	}
	/* A thousand other sources do not make it forget one that is inside. */
	CU_ASSERT_EQUAL(trec_gate_enter(g, "inside", &ticket), TREC_OK);
	for (int k = 0; k < 1000; k++) {
		char name[16] = "x000";
		unsigned t;

		name[1] = (char)('0' + k / 100);
		name[2] = (char)('0' + k / 10 % 10);
		name[3] = (char)('0' + k % 10);
		CU_ASSERT_EQUAL(trec_gate_enter(g, name, &t), TREC_OK);
		trec_gate_leave(g, t);
	}
	trec_gate_leave(g, ticket);
	trec_gate_free(&g);
	CU_ASSERT(fault_env_clean(&f));
}

/* ---- what is computed ahead -------------------------------------------------------------- */

static bool all_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t k = 0; k < n; k++)
		if (b[k] != 0)
			return false;
	return true;
}

static struct trec_opening *performed(struct rig *r)
{
	struct rig_side *s = &r->side[1];
	struct trec_opening_options o = { .env = &s->f.env, .store = &s->store->store };
	struct trec_opening *opening = NULL;

	CU_ASSERT_EQUAL(trec_opening_new(&o, &opening), TREC_OK);
	CU_ASSERT_EQUAL(trec_opening_perform(opening), TREC_OK);
	return opening;
}

static void a_prepared_share_is_handed_out_once_and_to_its_windows_run(void)
{
	struct rig *r = new_rig();
	struct trec_window *w = r->side[1].window;
	struct eng_run old = { 0 }, run = { 0 };
	struct pake_verifier *v;
	uint32_t wait;

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(eng_window_ask(w, TREC_METHOD_PIN, &old, &wait), TREC_OK);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(eng_window_ask(w, TREC_METHOD_PIN, &run, &wait), TREC_OK);
	CU_ASSERT_PTR_NULL(eng_window_verifier(w, &old));
	v = eng_window_verifier(w, &run);
	CU_ASSERT_PTR_NOT_NULL(v);
	CU_ASSERT_PTR_NULL(eng_window_verifier(w, &run));
	pake_verifier_free(&v);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	CU_ASSERT_EQUAL(eng_window_ask(w, TREC_METHOD_CODE, &run, &wait), TREC_OK);
	CU_ASSERT_PTR_NULL(eng_window_verifier(w, &run));
	rig_free(&r);
}

static void what_failed_to_be_prepared_can_be_tried_again(void)
{
	struct rig *r = new_rig();
	struct rig_side *s = &r->side[1];
	struct trec_store *store = &s->store->store;
	struct trec_opening_options o = { &s->f.env, store, .method = TREC_METHOD_PRESET };
	struct trec_opening *opening = NULL;

	CU_ASSERT_EQUAL(trec_preset_set(&s->f.env, store, s->window, "314159"), TREC_OK);
	CU_ASSERT_EQUAL(trec_opening_new(&o, &opening), TREC_OK);
	s->f.fail_random = 0;
	CU_ASSERT_EQUAL(trec_opening_perform(opening), TREC_E_RANDOM);
	CU_ASSERT_EQUAL(trec_opening_perform(opening), TREC_OK);
	CU_ASSERT_PTR_NOT_NULL(opening->secret->ready);
	trec_opening_free(&opening);
	rig_free(&r);
}

static void c631_i_a_prepared_share_is_wiped_with_its_window(void)
{
	for (int how = 0; how < 4; how++) {
		struct rig *r = new_rig();
		struct rig_side *s = &r->side[1];
		struct trec_opening *opening = performed(r);
		const void *kept = opening->secret->ready;

		CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
		if (how > 0) {
			CU_ASSERT_EQUAL(trec_window_open(s->window, &opening), TREC_OK);
		}
		CU_ASSERT(!all_zero((const uint8_t *)kept + 32, 128));
		if (how == 1)
			trec_window_close(s->window);
		else if (how == 2)
			trec_window_tick(s->window, s->f.now_ms + 120000);
		else if (how == 3)
			trec_window_free(&s->window);
		trec_opening_free(&opening);
		CU_ASSERT(all_zero(kept, 192));
		rig_free(&r);
	}
}

struct shares {
	uint8_t b[4][65];
	unsigned n;
};

static size_t keep_shares(struct rig *r, int from, uint8_t *bytes, size_t n)
{
	struct shares *s = r->tap_ctx;

	/* pake_reply { 0: shareV, 1: confirmV } */
	if (from == 1 && bytes[0] == 0x45 && s->n < 4)
		memcpy(s->b[s->n++], bytes + 3 + 4, 65);
	return n;
}

static void c631_c1_no_two_runs_of_one_window_show_the_same_share(void)
{
	struct rig *r = new_rig();
	struct shares s = { .n = 0 };
	char wrong[TREC_PIN_MAX + 1];

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	memcpy(wrong, r->code, 7);
	wrong[5] = wrong[5] == '0' ? '1' : '0';
	r->tap = keep_shares;
	r->tap_ctx = &s;
	for (int k = 0; k < 3; k++) {
		CU_ASSERT_EQUAL(rig_pair_start(r, k < 2 ? wrong : r->code), TREC_OK);
		rig_run(r);
		CU_ASSERT_EQUAL(trec_pairing_error(r->side[0].p),
				k < 2 ? TREC_E_WRONG_PIN : TREC_OK);
		rig_end(r);
	}
	CU_ASSERT_EQUAL(s.n, 3);
	for (unsigned k = 0; k < 3; k++) {
		CU_ASSERT_EQUAL(s.b[k][0], 0x04);
		CU_ASSERT(memcmp(s.b[k], s.b[(k + 1) % 3], 65) != 0);
	}
	rig_free(&r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(an_opening_out_of_bounds_is_refused),
	SUITE_CASE(pins_have_the_digits_asked_for_and_differ),
	SUITE_CASE(a_window_needs_its_computation_first),
	SUITE_CASE(a_window_expires_and_a_second_replaces_the_first),
	SUITE_CASE(c5_store_only_the_verifier_of_a_preset_pin_is_kept),
	SUITE_CASE(a_new_preset_pin_closes_the_old_ones_window_and_counts_from_zero),
	SUITE_CASE(a_preset_pin_that_cannot_be_stored_leaves_the_old_one),
	SUITE_CASE(a_code_says_where_and_how_long_before_anything_is_sent),
	SUITE_CASE(failing_random_numbers_open_nothing),
	SUITE_CASE(the_ladder_row_by_row),
	SUITE_CASE(a_random_pin_never_freezes),
	SUITE_CASE(a_clock_that_went_back_does_not_shorten_a_freeze),
	SUITE_CASE(the_initiators_ladder_row_by_row),
	SUITE_CASE(the_gate_bounds_all_and_each_source),
	SUITE_CASE(the_gate_bounds_how_fast_a_source_comes_back),
	SUITE_CASE(a_prepared_share_is_handed_out_once_and_to_its_windows_run),
	SUITE_CASE(what_failed_to_be_prepared_can_be_tried_again),
	SUITE_CASE(c631_i_a_prepared_share_is_wiped_with_its_window),
	SUITE_CASE(c631_c1_no_two_runs_of_one_window_show_the_same_share),
};

SUITE_MAIN("window", cases)
