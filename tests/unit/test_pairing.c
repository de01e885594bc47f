/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about pairings between two honest devices: every method, every order, every piece size. */
#include "proto/engine/pairing.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <string.h>

static void both_paired(struct rig *r, const char *origin)
{
	struct trec_peer a;
	struct trec_peer b;

	for (int i = 0; i < 2; i++) {
		struct trec_pairing *p = r->side[i].p;

		CU_ASSERT_EQUAL(trec_pairing_next(p), TREC_NEXT_DONE);
		CU_ASSERT_EQUAL(trec_pairing_error(p), TREC_OK);
		if (trec_pairing_error(p) != TREC_OK)
			printf("side %d: %s: %s\n", i, trec_err_name(trec_pairing_error(p)),
			       trec_pairing_detail(p));
		CU_ASSERT_EQUAL(rig_list(&r->side[i]), 1);
		CU_ASSERT_EQUAL(rig_peers(&r->side[i], TREC_PEER_ACTIVE), 1);
	}
	CU_ASSERT_EQUAL(trec_peer_get(&r->side[0].f.env, &r->side[0].store->store,
				      &r->side[1].own.id, &a), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_get(&r->side[1].f.env, &r->side[1].store->store,
				      &r->side[0].own.id, &b), TREC_OK);
	CU_ASSERT_STRING_EQUAL(a.name, "phone");
	CU_ASSERT_STRING_EQUAL(b.name, "lamp");
	CU_ASSERT_STRING_EQUAL(trec_origin_name(a.origin), origin);
	CU_ASSERT_STRING_EQUAL(trec_origin_name(b.origin), origin);
	CU_ASSERT(trec_peer_may_use(&a, "anything", 0));
	CU_ASSERT(trec_peer_may_use(&b, "anything", 0));
	CU_ASSERT_EQUAL(a.cert_len, r->side[1].own.cert.n);
	CU_ASSERT_EQUAL(memcmp(a.cert, r->side[1].cert, a.cert_len), 0);
}

static void pairs(trec_key_alg a, trec_key_alg b, enum trec_method method, const char *origin)
{
	struct rig *r = rig_new(a, b, 7);

	if (method == TREC_METHOD_PRESET)
		CU_ASSERT_EQUAL(trec_preset_set(&r->side[1].f.env, &r->side[1].store->store,
						r->side[1].window, "246813"), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair(r, method, method == TREC_METHOD_PRESET ? "246813" : NULL),
			TREC_OK);
	both_paired(r, origin);
	rig_free(&r);
}

static void c611_same_pin_lists_each_on_the_other(void)
{
	pairs(TREC_KEY_ED25519, TREC_KEY_ED25519, TREC_METHOD_PIN, "pin");
	pairs(TREC_KEY_ED25519, TREC_KEY_P256, TREC_METHOD_PIN, "pin");
	pairs(TREC_KEY_P256, TREC_KEY_ED25519, TREC_METHOD_PIN, "pin");
	pairs(TREC_KEY_P256, TREC_KEY_P256, TREC_METHOD_PIN, "pin");
}

static void c622_preset_pin_pairs(void)
{
	pairs(TREC_KEY_ED25519, TREC_KEY_ED25519, TREC_METHOD_PRESET, "pin");
}

static void c622_code_pairs(void)
{
	pairs(TREC_KEY_ED25519, TREC_KEY_ED25519, TREC_METHOD_CODE, "code");
	pairs(TREC_KEY_P256, TREC_KEY_P256, TREC_METHOD_CODE, "code");
}

static void lists_nobody(struct rig *r)
{
	CU_ASSERT_EQUAL(rig_list(&r->side[0]), 0);
	CU_ASSERT_EQUAL(rig_list(&r->side[1]), 0);
}

static void bytes_one_at_a_time_make_no_difference(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_P256, 11);

	r->piece = 1;
	r->drain = 1;
	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PIN, NULL), TREC_OK);
	both_paired(r, "pin");
	rig_end(r);
	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_CODE, NULL), TREC_OK);
	both_paired(r, "code");
	rig_free(&r);
}

static void any_piece_size_makes_no_difference(void)
{
	for (size_t piece = 2; piece < 700; piece = piece * 3 / 2 + 1) {
		struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, piece);

		r->piece = piece;
		r->drain = 1 + piece / 2;
		CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PIN, NULL), TREC_OK);
		both_paired(r, "pin");
		rig_free(&r);
	}
}

static void consent_shows_the_same_digits_on_both_devices(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 3);

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, true), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	rig_run(r);
	both_paired(r, "code");
	CU_ASSERT(r->side[0].was_asked && r->side[1].was_asked);
	CU_ASSERT_EQUAL(strlen(r->side[0].asked.digits), 6);
	CU_ASSERT_STRING_EQUAL(r->side[0].asked.digits, r->side[1].asked.digits);
	CU_ASSERT_STRING_EQUAL(r->side[0].asked.name, "phone");
	CU_ASSERT_STRING_EQUAL(r->side[1].asked.name, "lamp");
	CU_ASSERT_STRING_EQUAL(r->side[0].asked.rights[0].name, "service:*");
	rig_free(&r);
}

static void a_multi_use_code_always_asks_and_serves_again(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 4);
	struct trec_window_status st;

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, true), TREC_OK);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
		rig_run(r);
		both_paired(r, "code");
		CU_ASSERT(r->side[0].was_asked && r->side[1].was_asked);
		rig_end(r);
	}
	trec_window_status(r->side[1].window, &st);
	CU_ASSERT(st.open && st.end == TREC_WINDOW_NONE);
	rig_free(&r);
}

static void a_used_secret_is_gone(void)
{
	static const enum trec_method methods[] = { TREC_METHOD_PIN, TREC_METHOD_CODE };

	for (int i = 0; i < 2; i++) {
		struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 5);
		struct trec_window_status st;

		CU_ASSERT_EQUAL(rig_pair(r, methods[i], NULL), TREC_OK);
		rig_end(r);
		trec_window_status(r->side[1].window, &st);
		CU_ASSERT(!st.open && st.end == TREC_WINDOW_PAIRED && !st.run_active);
		CU_ASSERT_EQUAL(memcmp(st.peer.b, r->side[0].own.id.b, TREC_ID_LEN), 0);
		CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
		rig_run(r);
		CU_ASSERT_EQUAL(trec_pairing_error(r->side[0].p), TREC_E_WINDOW_CLOSED);
		rig_free(&r);
	}
}

static void refused_consent(int who, enum rig_consent how, trec_err want)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 6);

	r->side[who].consent = how;
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	rig_run(r);
	CU_ASSERT(r->side[who].was_asked);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[who].p), want);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[1 - who].p), want);
	lists_nobody(r);
	rig_free(&r);
}

static void a_no_or_silence_on_either_side_lists_nobody(void)
{
	for (int who = 0; who < 2; who++) {
		refused_consent(who, RIG_NO, TREC_E_CONSENT_DENIED);
		refused_consent(who, RIG_SILENT, TREC_E_CONSENT_TIMEOUT);
	}
}

static void pairing_again_replaces_record_and_rights_only_at_the_end(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 8);
	struct rig_side *s = &r->side[1];
	struct trec_pairing_result result;
	struct trec_peer p;

	rig_paired(r);
	CU_ASSERT_EQUAL(trec_peer_allow(&s->f.env, &s->store->store, &r->side[0].own.id,
					"introduce", 0), TREC_OK);
	/* The initiator loses power at its commit: the older record here stays in force. */
	mem_store_fault(r->side[0].store, 1, MEM_FAULT_CRASH_BEFORE);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	rig_run(r);
	CU_ASSERT(r->side[0].dead);
	CU_ASSERT_EQUAL(trec_pairing_error(s->p), TREC_E_LOST);
	CU_ASSERT_EQUAL(trec_peer_get(&s->f.env, &s->store->store, &r->side[0].own.id, &p),
			TREC_OK);
	CU_ASSERT_EQUAL(p.state, TREC_PEER_ACTIVE);
	CU_ASSERT_EQUAL(p.right_count, 2);
	CU_ASSERT_EQUAL(rig_peers(s, TREC_PEER_UNCONFIRMED), 1);
	rig_end(r);
	rig_restart(&r->side[0]);
	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PIN, NULL), TREC_OK);
	both_paired(r, "pin");
	CU_ASSERT_EQUAL(trec_pairing_result(r->side[0].p, &result), TREC_OK);
	CU_ASSERT(result.replaced);
	CU_ASSERT_STRING_EQUAL(result.name, "phone");
	CU_ASSERT_EQUAL(trec_peer_get(&s->f.env, &s->store->store, &r->side[0].own.id, &p),
			TREC_OK);
	CU_ASSERT_EQUAL(p.right_count, 1);
	rig_free(&r);
}

static void the_initiator_keeps_the_address_it_dialled(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 9);
	struct trec_peer p;

	rig_paired(r);
	CU_ASSERT_EQUAL(trec_peer_get(&r->side[0].f.env, &r->side[0].store->store,
				      &r->side[1].own.id, &p), TREC_OK);
	CU_ASSERT_EQUAL(p.hint_count, 1);
	CU_ASSERT_STRING_EQUAL(p.hints[0], "tcp://192.0.2.7:7443");
	CU_ASSERT_EQUAL(trec_peer_get(&r->side[1].f.env, &r->side[1].store->store,
				      &r->side[0].own.id, &p), TREC_OK);
	CU_ASSERT_EQUAL(p.hint_count, 0);
	rig_free(&r);
}

static void a_secret_can_be_asked_for_and_is_checked_at_once(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 10);
	struct trec_pairing *p;

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, NULL), TREC_OK);
	p = r->side[0].p;
	CU_ASSERT_EQUAL(trec_pairing_next(p), TREC_NEXT_SECRET);
	CU_ASSERT_EQUAL(trec_pairing_secret(p, "12345"), TREC_E_BAD_PIN);
	CU_ASSERT_EQUAL(trec_pairing_secret(p, ""), TREC_E_BAD_PIN);
	CU_ASSERT_EQUAL(trec_pairing_secret(p, "1234567890123"), TREC_E_BAD_PIN);
	CU_ASSERT_EQUAL(trec_pairing_secret(p, "TREC:AAAA"), TREC_E_BAD_CODE);
	CU_ASSERT_EQUAL(trec_pairing_next(p), TREC_NEXT_SECRET);
	CU_ASSERT_EQUAL(trec_pairing_secret(p, r->code), TREC_OK);
	CU_ASSERT_EQUAL(trec_pairing_secret(p, r->code), TREC_E_STATE);
	rig_run(r);
	both_paired(r, "pin");
	rig_free(&r);
}

static void what_a_pin_needs_is_computed_while_it_is_typed_and_dropped_for_a_code(void)
{
	static const enum trec_method methods[] = { TREC_METHOD_PIN, TREC_METHOD_CODE };

	for (int m = 0; m < 2; m++) {
		struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 21);
		struct trec_pairing *p;

		CU_ASSERT_EQUAL(rig_window(r, methods[m], false), TREC_OK);
		CU_ASSERT_EQUAL(rig_pair_start(r, NULL), TREC_OK);
		p = r->side[0].p;
		CU_ASSERT_PTR_NOT_NULL(p->prover);
		CU_ASSERT_EQUAL(trec_pairing_secret(p, r->code), TREC_OK);
		CU_ASSERT_EQUAL(p->prover != NULL, methods[m] == TREC_METHOD_PIN);
		rig_run(r);
		CU_ASSERT_EQUAL(trec_pairing_error(p), TREC_OK);
		rig_free(&r);
	}
}

static void options_out_of_rule_are_refused(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 12);
	struct rig_side *s = &r->side[0];
	static const char *const introduce[] = { "introduce" };
	static const char *const bad_hint[] = { "not an address" };
	struct trec_pairing_options good = { .env = &s->f.env, .store = &s->store->store };
	struct trec_pairing_options o = good;
	struct trec_pairing *p = NULL;

	o.rights = introduce;
	o.right_count = 1;
	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_INITIATOR, &o, &p), TREC_E_USAGE);
	o = good;
	o.hints = bad_hint;
	o.hint_count = 1;
	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_INITIATOR, &o, &p), TREC_E_USAGE);
	o = good;
	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_RESPONDER, &o, &p), TREC_E_USAGE);
	o.window = s->window;
	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_INITIATOR, &o, &p), TREC_E_USAGE);
	o = good;
	o.secret = "12a456";
	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_INITIATOR, &o, &p), TREC_E_BAD_PIN);
	o = good;
	o.kind = "a kind of device that has far too long a name";
	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_INITIATOR, &o, &p), TREC_E_USAGE);
	CU_ASSERT_PTR_NULL(p);
	rig_free(&r);
}

static void an_expired_code_sends_nothing(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 13);
	struct trec_pairing_options o = { .env = &r->side[0].f.env,
					  .store = &r->side[0].store->store };

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	r->side[0].f.wall_s += 121;
	o.secret = r->code;
	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_INITIATOR, &o, &r->side[0].p), TREC_OK);
	CU_ASSERT_EQUAL(trec_pairing_next(r->side[0].p), TREC_NEXT_FAILED);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[0].p), TREC_E_WRONG_CODE);
	rig_free(&r);
}

static void a_silent_peer_costs_ten_seconds(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 14);
	struct rig_side *s = &r->side[1];
	struct trec_pairing_options o = { .env = &s->f.env,
					  .store = &s->store->store,
					  .window = s->window };

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_RESPONDER, &o, &s->p), TREC_OK);
	CU_ASSERT_EQUAL(trec_pairing_deadline_ms(s->p), s->f.now_ms + 10000);
	CU_ASSERT_EQUAL(trec_pairing_tick(s->p, s->f.now_ms + 9999), TREC_OK);
	CU_ASSERT_EQUAL(trec_pairing_tick(s->p, s->f.now_ms + 10000), TREC_E_TIMEOUT);
	rig_free(&r);
}

/* The last message and the end of the connection may arrive together. */
static void a_peer_that_hangs_up_after_its_last_word_has_paired(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 15);
	struct rig_side *s = &r->side[1];

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	while (trec_pairing_next(r->side[0].p) != TREC_NEXT_DONE) {
		rig_flush(r, 0);
		if (s->in_len > 0 && trec_pairing_next(r->side[0].p) != TREC_NEXT_DONE) {
			(void)rig_step(r, 1);
			rig_flush(r, 1);
		}
		if (r->side[0].in_len > 0)
			(void)rig_step(r, 0);
	}
	while (trec_pairing_next(s->p) != TREC_NEXT_STORE)
		CU_ASSERT_FATAL(rig_step(r, 1));
	trec_pairing_lost(s->p, TREC_E_LOST);
	CU_ASSERT_EQUAL(trec_pairing_next(s->p), TREC_NEXT_STORE);
	trec_pairing_perform(s->p);
	trec_pairing_resume(s->p);
	both_paired(r, "pin");
	rig_free(&r);
}

/* Found by tests/sim: its user unpairs while pair_done is on its way. */
static void a_peer_parted_from_before_pair_done_does_not_come_back(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 16);
	struct rig_side *s = &r->side[1];
	bool stone = false;

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	while (rig_peers(s, TREC_PEER_UNCONFIRMED) == 0)
		CU_ASSERT_FATAL(rig_step(r, 1) || rig_step(r, 0));
	CU_ASSERT_EQUAL(trec_unpair(&s->f.env, &s->store->store, &r->side[0].own.id, false, NULL),
			TREC_OK);
	rig_run(r);
	CU_ASSERT_EQUAL(trec_pairing_error(s->p), TREC_E_REFUSED);
	CU_ASSERT_EQUAL(rig_list(s), 0);
	CU_ASSERT_EQUAL(trec_tombstone_exists(&s->f.env, &s->store->store, &r->side[0].own.id,
					      &stone), TREC_OK);
	CU_ASSERT(stone);
	rig_free(&r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c611_same_pin_lists_each_on_the_other),
	SUITE_CASE(c622_preset_pin_pairs),
	SUITE_CASE(c622_code_pairs),
	SUITE_CASE(bytes_one_at_a_time_make_no_difference),
	SUITE_CASE(any_piece_size_makes_no_difference),
	SUITE_CASE(consent_shows_the_same_digits_on_both_devices),
	SUITE_CASE(a_multi_use_code_always_asks_and_serves_again),
	SUITE_CASE(a_used_secret_is_gone),
	SUITE_CASE(a_no_or_silence_on_either_side_lists_nobody),
	SUITE_CASE(pairing_again_replaces_record_and_rights_only_at_the_end),
	SUITE_CASE(the_initiator_keeps_the_address_it_dialled),
	SUITE_CASE(a_secret_can_be_asked_for_and_is_checked_at_once),
	SUITE_CASE(what_a_pin_needs_is_computed_while_it_is_typed_and_dropped_for_a_code),
	SUITE_CASE(options_out_of_rule_are_refused),
	SUITE_CASE(an_expired_code_sends_nothing),
	SUITE_CASE(a_silent_peer_costs_ten_seconds),
	SUITE_CASE(a_peer_that_hangs_up_after_its_last_word_has_paired),
	SUITE_CASE(a_peer_parted_from_before_pair_done_does_not_come_back),
};

SUITE_MAIN("pairing", cases)
