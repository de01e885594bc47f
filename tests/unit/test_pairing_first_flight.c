/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about the first flight of a pairing by code, in which the ClientHello rides behind the
 * request: replayed, reflected, cut, followed by noise, sent where it is not wanted; and about the
 * answer, of which one byte tells TLS from a refusal. Whatever is done, nobody is listed. And the
 * number of flights, which is why it is so.
 */
#include "proto/codec/frame.h"
#include "proto/engine/pairing.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELLO 0x16
#define ALERT_LEN 7

static struct trec_pairing *responder(struct rig *r)
{
	struct rig_side *s = &r->side[1];
	struct trec_pairing_options o = { .env = &s->f.env,
					  .store = &s->store->store,
					  .window = s->window };

	trec_pairing_free(&s->p);
	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_RESPONDER, &o, &s->p), TREC_OK);
	return s->p;
}

/* What the initiator sends first with the code of an open window; it waits to be read at side 1. */
static struct rig *first_flight(uint64_t seed, bool multi_use)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, seed);

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, multi_use), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	rig_flush(r, 0);
	return r;
}

/* Bytes of the request frame that a flight begins with; 0: it does not. */
static size_t request_len(struct trec_bytes flight)
{
	struct frame f;
	size_t need = 0;

	if (frame_pre_take(flight, &f, &need) != FRAME_WHOLE || f.type != FRAME_PAIR_REQUEST)
		return 0;
	return need;
}

/* Feeds all of it, in pieces; whether all of it was taken. */
static bool feed(struct trec_pairing *p, struct trec_bytes in, size_t piece)
{
	size_t at = 0;

	while (at < in.n) {
		size_t n = in.n - at < piece ? in.n - at : piece;
		size_t used = 0;

		(void)!trec_pairing_feed(p, trec_bytes(in.p + at, n), &used);
		if (used == 0)
			return false;
		at += used;
	}
	return true;
}

static size_t answer(struct trec_pairing *p, uint8_t out[2048])
{
	size_t n = 0;

	CU_ASSERT_EQUAL(trec_pairing_drain(p, out, 2048, &n), TREC_OK);
	return n;
}

static void nobody(struct rig *r)
{
	CU_ASSERT_EQUAL(rig_list(&r->side[0]), 0);
	CU_ASSERT_EQUAL(rig_list(&r->side[1]), 0);
	rig_free(&r);
}

/* ---- what it is -------------------------------------------------------------------------- */

static void the_first_flight_is_the_request_and_one_hello(void)
{
	struct rig *r = first_flight(1, false);
	const uint8_t *b = r->side[1].in;
	size_t n = r->side[1].in_len;
	size_t at = request_len(trec_bytes(b, n));
	uint8_t out[2048];

	CU_ASSERT_FATAL(at > 0 && n > at + 5);
	CU_ASSERT_EQUAL(b[at], HELLO);
	CU_ASSERT_EQUAL(n, at + 5 + ((size_t)b[at + 3] << 8 | b[at + 4]));
	CU_ASSERT(feed(r->side[1].p, trec_bytes(b, n), n));
	CU_ASSERT(answer(r->side[1].p, out) > ALERT_LEN);
	CU_ASSERT_EQUAL(out[0], HELLO);
	nobody(r);
}

struct flights {
	int last;      /* who sent last */
	unsigned n;    /* changes of direction with payload */
	unsigned done; /* of them until the initiator was finished */
	unsigned records; /* encrypted ones, whole in the pieces that pass */
};

static size_t count_flight(struct rig *r, int from, uint8_t *bytes, size_t n)
{
	struct flights *f = r->tap_ctx;

	f->n += from != f->last;
	f->last = from;
	for (size_t at = 0; at + 5 <= n;) {
		size_t header = bytes[at] >= 0x40 ? 3 : 5; /* of a frame, of a record */

		f->records += bytes[at] == 0x17;
		at += header + ((size_t)bytes[at + header - 2] << 8 | bytes[at + header - 1]);
	}
	return n;
}

/* Turn by turn: what one side has to say goes at once. */
static void flights_of(enum trec_method method, unsigned until_done, unsigned in_all)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 2);
	struct flights f = { .last = -1 };

	CU_ASSERT_EQUAL(rig_window(r, method, false), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	r->tap = count_flight;
	r->tap_ctx = &f;
	for (int k = 0; k < 40; k++) {
		int side = k % 2;

		while (r->side[side].in_len > 0 && rig_step(r, side))
			;
		/* What it sends once it has stored is the last word, which nobody waits for. */
		if (side == 0 && r->side[0].p->state >= PAIR_I_STORE && f.done == 0)
			f.done = f.n;
		rig_flush(r, side);
	}
	CU_ASSERT_EQUAL(trec_pairing_next(r->side[0].p), TREC_NEXT_DONE);
	CU_ASSERT_EQUAL(trec_pairing_next(r->side[1].p), TREC_NEXT_DONE);
	CU_ASSERT_EQUAL(f.done, until_done);
	CU_ASSERT_EQUAL(f.n, in_all);
	/* Of TLS 2 and 1, close_notify 2; else one whenever somebody has something to say. */
	CU_ASSERT_EQUAL(f.records, 3 + 2 + 5);
	rig_free(&r);
}

/* Behind them come pair_done and the responder's close_notify. */
static void a_code_takes_six_flights_a_pin_ten_and_a_turn_one_record(void)
{
	flights_of(TREC_METHOD_CODE, 6, 8);
	flights_of(TREC_METHOD_PIN, 10, 12);
}

/* ---- replayed, reflected ----------------------------------------------------------------- */

/* The same flight three times: each is answered afresh, by TLS alone, and holds nothing up. */
static void c631_c2_a_replayed_first_flight_opens_nothing_and_costs_no_store(void)
{
	struct rig *r = first_flight(3, true);
	size_t n = r->side[1].in_len;
	uint8_t *flight = malloc(n);
	uint8_t out[3][2048];
	struct trec_window_status st;
	unsigned jobs;

	CU_ASSERT_PTR_NOT_NULL_FATAL(flight);
	memcpy(flight, r->side[1].in, n);
	rig_run(r);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[0].p), TREC_OK);
	rig_end(r);
	jobs = r->side[1].jobs;
	for (int k = 0; k < 3; k++) {
		struct trec_pairing *p = responder(r);

		CU_ASSERT(feed(p, trec_bytes(flight, n), n));
		CU_ASSERT(answer(p, out[k]) > ALERT_LEN);
		/* Server random, which begins 11 bytes into the record, and key share differ. */
		CU_ASSERT(k == 0 || memcmp(out[k] + 11, out[k - 1] + 11, 32) != 0);
		CU_ASSERT_EQUAL(trec_pairing_next(p), TREC_NEXT_READ);
		CU_ASSERT(!trec_pairing_authenticated(p));
		CU_ASSERT_EQUAL(p->auth_len[TREC_PAIRING_RESPONDER], 0);
		trec_window_status(r->side[1].window, &st);
		CU_ASSERT(st.open && !st.run_active);
		CU_ASSERT_EQUAL(trec_pairing_tick(p, r->side[1].f.now_ms + 10000),
				TREC_E_TIMEOUT);
	}
	CU_ASSERT_EQUAL(r->side[1].jobs, jobs);
	free(flight);
	rig_end(r);
	CU_ASSERT_EQUAL(rig_list(&r->side[1]), 1);
	rig_free(&r);
}

/* All that the initiator sent in a run. */
struct kept {
	uint8_t b[8192];
	size_t n;
};

static size_t keep_all(struct rig *r, int from, uint8_t *bytes, size_t n)
{
	struct kept *kept = r->tap_ctx;

	if (from == 0 && kept->n + n <= sizeof(kept->b)) {
		memcpy(kept->b + kept->n, bytes, n);
		kept->n += n;
	}
	return n;
}

static void c631_c3_a_whole_run_by_code_replayed_pairs_nobody(void)
{
	struct kept kept = { .n = 0 };
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 4);
	struct trec_id id = r->side[0].own.id;
	struct rig_side *s = &r->side[1];

	r->tap = keep_all;
	r->tap_ctx = &kept;
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, true), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	rig_run(r);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[0].p), TREC_OK);
	r->tap = NULL;
	rig_end(r);
	CU_ASSERT_EQUAL(trec_unpair(&s->f.env, &s->store->store, &id, false, NULL), TREC_OK);
	CU_ASSERT(feed(responder(r), trec_bytes(kept.b, kept.n), kept.n));
	CU_ASSERT_EQUAL(trec_pairing_error(s->p), TREC_E_WRONG_CODE);
	CU_ASSERT(!trec_pairing_authenticated(s->p));
	CU_ASSERT_EQUAL(rig_list(s), 0);
	rig_free(&r);
}

/* The whole flight, and its hello alone. */
static void c631_c2_a_first_flight_reflected_ends_the_run(void)
{
	for (int how = 0; how < 2; how++) {
		struct rig *r = first_flight(5, false);
		struct trec_bytes flight = trec_bytes(r->side[1].in, r->side[1].in_len);
		size_t skip = how == 0 ? 0 : request_len(flight);
		trec_err want = how == 0 ? TREC_E_MALFORMED : TREC_E_WRONG_CODE;

		CU_ASSERT(feed(r->side[0].p, trec_bytes(flight.p + skip, flight.n - skip), 9));
		CU_ASSERT_EQUAL(trec_pairing_error(r->side[0].p), want);
		CU_ASSERT(!trec_pairing_authenticated(r->side[0].p));
		nobody(r);
	}
}

/* Another device's open code window: the run dies there as one with a wrong code does. */
static void a_first_flight_for_another_code_is_a_wrong_code(void)
{
	struct rig *r = first_flight(6, false);
	struct trec_window_status st;

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	rig_run(r);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[0].p), TREC_E_WRONG_CODE);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[1].p), TREC_E_WRONG_CODE);
	trec_window_status(r->side[1].window, &st);
	CU_ASSERT(st.open && st.wrong_codes == 1);
	nobody(r);
}

/* ---- behind the request ------------------------------------------------------------------ */

/* A request of the given version and method, then noise that begins as TLS does. */
static size_t request_and_noise(uint8_t version, uint8_t method, uint8_t out[512])
{
	static const uint8_t pin[] = { 0x41, 0, 43, 0xa4, 0, 1, 1, 0, 2, 0x81, 1, 3, 0x58, 32 };
	static const uint8_t code[] = { 0x41, 0, 42, 0xa4, 0, 1, 1, 2, 2, 0x80, 3, 0x58, 32 };
	size_t n = method == 2 ? sizeof(code) : sizeof(pin);

	memcpy(out, method == 2 ? code : pin, n);
	out[5] = version;
	memset(out + n, 0x5a, 32);
	n += 32;
	memcpy(out + n, "\x16\x03\x01\x40\x00\x01", 6);
	memset(out + n + 6, 0xc3, 512 - n - 6);
	return 512;
}

/* Refused with exactly one frame, which says why; all of the rest is taken and thrown away. */
static void refused(struct rig *r, const uint8_t *in, size_t n, size_t piece, uint8_t reason,
		    trec_err want)
{
	struct trec_pairing *p = responder(r);
	uint8_t out[2048];
	size_t got;

	CU_ASSERT(feed(p, trec_bytes(in, n), piece));
	CU_ASSERT_EQUAL(trec_pairing_error(p), want);
	CU_ASSERT_PTR_NULL(p->chan);
	got = answer(p, out);
	CU_ASSERT_FATAL(got >= 3 + 6);
	CU_ASSERT_EQUAL(out[0], FRAME_PAIR_REFUSE);
	CU_ASSERT_EQUAL(out[5], reason);
	CU_ASSERT_EQUAL(got, 3u + out[2]);
	CU_ASSERT_EQUAL(answer(p, out), 0);
}

static void a_refused_request_is_judged_before_a_byte_of_tls(void)
{
	uint8_t in[512];

	for (size_t piece = 1; piece <= sizeof(in); piece = piece * 7 + 1) {
		struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 7);
		struct trec_window_status st;
		size_t n = request_and_noise(1, 2, in);

		refused(r, in, n, piece, MSG_REFUSE_WINDOW_CLOSED, TREC_E_WINDOW_CLOSED);
		CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
		refused(r, in, n, piece, MSG_REFUSE_METHOD, TREC_E_UNSUPPORTED);
		trec_window_status(r->side[1].window, &st);
		CU_ASSERT(st.open && !st.run_active && st.attempts_left == 3);
		n = request_and_noise(2, 2, in);
		refused(r, in, n, piece, MSG_REFUSE_VERSION, TREC_E_VERSION);
		CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
		refused(r, in, n, piece, MSG_REFUSE_VERSION, TREC_E_VERSION);
		n = request_and_noise(1, 0, in);
		refused(r, in, n, piece, MSG_REFUSE_METHOD, TREC_E_UNSUPPORTED);
		n = request_and_noise(1, 2, in);
		in[9] = 0x81; /* a suite in a code's request */
		refused(r, in, n, piece, MSG_REFUSE_MALFORMED, TREC_E_MALFORMED);
		nobody(r);
	}
}

/* While another run holds the slot. */
static void a_busy_window_refuses_the_whole_first_flight(void)
{
	struct rig *r = first_flight(8, false);
	struct rig_side *s = &r->side[1];
	struct trec_pairing *holder = s->p;
	uint8_t in[512];

	while (!trec_pairing_authenticated(holder))
		CU_ASSERT_FATAL(rig_step(r, 1) || rig_step(r, 0));
	s->p = NULL;
	refused(r, in, request_and_noise(1, 2, in), 512, MSG_REFUSE_BUSY, TREC_E_BUSY);
	trec_pairing_free(&s->p);
	s->p = holder;
	rig_run(r);
	CU_ASSERT_EQUAL(trec_pairing_error(holder), TREC_OK);
	rig_free(&r);
}

static void noise_behind_a_good_request_gets_an_alert_at_most(void)
{
	static const uint8_t noise[][8] = {
		{ 0x16, 3, 1, 0xff, 0xff },       /* a record longer than any */
		{ 0x16, 3, 1, 0, 4, 1, 0xff, 0 }, /* a hello that is not whole */
		{ 0x16, 2, 0, 0, 4 },		  /* another version */
		{ 0x17, 3, 3, 0, 32 },		  /* data before any key */
		{ 0x15, 3, 3, 0, 2, 2, 40 },      /* an alert */
		{ 0x14, 3, 3, 0, 1, 1 },	  /* a change of cipher */
		{ 0x41, 0, 42, 0xa4 },		  /* a second request */
		{ 0x44, 0, 4, 0xa1 },		  /* a share */
		{ 0x43, 0, 7, 0xa3 },		  /* a refusal */
		{ 0 },
	};

	for (size_t k = 0; k < sizeof(noise) / sizeof(noise[0]); k++) {
		struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 9);
		struct trec_window_status st;
		struct trec_pairing *p;
		uint8_t in[512];
		uint8_t out[2048];
		size_t got;

		CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
		p = responder(r);
		(void)request_and_noise(1, 2, in);
		memcpy(in + 3 + 42, noise[k], 8);
		CU_ASSERT(feed(p, trec_bytes(in, sizeof(in)), k % 2 == 0 ? 512 : 1));
		CU_ASSERT_EQUAL(trec_pairing_error(p), TREC_E_WRONG_CODE);
		got = answer(p, out);
		/* An alert is not answered. */
		CU_ASSERT(noise[k][0] == 0x15 ? got == 0 : got == ALERT_LEN && out[0] == 0x15);
		trec_window_status(r->side[1].window, &st);
		CU_ASSERT(st.open && !st.run_active);
		nobody(r);
	}
}

/* The request alone, then the window ends, then the hello. */
static void a_window_that_ends_between_request_and_hello_ends_the_run(void)
{
	for (int how = 0; how < 3; how++) {
		struct rig *r = first_flight(10, false);
		struct rig_side *s = &r->side[1];
		size_t at = request_len(trec_bytes(s->in, s->in_len));

		CU_ASSERT(feed(s->p, trec_bytes(s->in, at), at));
		if (how == 0) {
			trec_window_close(s->window);
		} else if (how == 1) {
			CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
		} else {
			s->f.now_ms += 121000;
		}
		CU_ASSERT(feed(s->p, trec_bytes(s->in + at, s->in_len - at), 64));
		CU_ASSERT_EQUAL(trec_pairing_error(s->p), TREC_E_WINDOW_CLOSED);
		CU_ASSERT(!trec_pairing_authenticated(s->p));
		nobody(r);
	}
}

/* ---- the answer -------------------------------------------------------------------------- */

/* pair_refuse { busy, 7 s, version 1 } */
static const uint8_t refusal[] = { 0x43, 0, 7, 0xa3, 0, 3, 1, 7, 2, 1 };

static void a_refusal_instead_of_tls_ends_the_run_and_nothing_follows(void)
{
	for (size_t piece = 1; piece <= sizeof(refusal); piece += 3) {
		struct rig *r = first_flight(11, false);
		struct trec_pairing *p = r->side[0].p;
		uint8_t out[2048];

		CU_ASSERT(feed(p, trec_bytes(refusal, sizeof(refusal)), piece));
		CU_ASSERT_EQUAL(trec_pairing_error(p), TREC_E_BUSY);
		CU_ASSERT_EQUAL(trec_pairing_retry_after_s(p), 7);
		CU_ASSERT_EQUAL(trec_pairing_next(p), TREC_NEXT_FAILED);
		CU_ASSERT_EQUAL(answer(p, out), 0);
		nobody(r);
	}
}

/* Somebody on the wire puts it behind any part of the genuine answer. */
static void c631_c2_a_refusal_behind_a_byte_of_tls_is_not_heard(void)
{
	size_t n = 6;

	for (size_t at = 1; at <= n; at += at < 8 ? 1 : 37) {
		struct rig *r = first_flight(12, false);
		struct trec_pairing *p = r->side[0].p;
		uint8_t out[2048];

		CU_ASSERT(feed(r->side[1].p, trec_bytes(r->side[1].in, r->side[1].in_len), 4096));
		n = answer(r->side[1].p, out);
		CU_ASSERT_FATAL(at <= n);
		CU_ASSERT(feed(p, trec_bytes(out, at), at));
		CU_ASSERT(feed(p, trec_bytes(refusal, sizeof(refusal)), sizeof(refusal)));
		CU_ASSERT_EQUAL(trec_pairing_retry_after_s(p), 0);
		CU_ASSERT_NOT_EQUAL(trec_pairing_error(p), TREC_E_BUSY);
		CU_ASSERT(!trec_pairing_authenticated(p));
		rig_run(r);
		CU_ASSERT_NOT_EQUAL(trec_pairing_error(p), TREC_OK);
		nobody(r);
	}
}

static void any_other_first_byte_of_an_answer_is_refused(void)
{
	for (unsigned first = 0; first < 256; first++) {
		struct rig *r = first_flight(13, false);
		struct trec_pairing *p = r->side[0].p;
		uint8_t in[3 + 256] = { (uint8_t)first, 0, 1, 0xa0 };
		bool tls = first >= 0x14 && first <= 0x17;

		CU_ASSERT_EQUAL(frame_is_tls((uint8_t)first), tls);
		CU_ASSERT(feed(p, trec_bytes(in, sizeof(in)), sizeof(in)));
		CU_ASSERT_EQUAL(trec_pairing_error(p), tls ? TREC_E_WRONG_CODE : TREC_E_MALFORMED);
		nobody(r);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_first_flight_is_the_request_and_one_hello),
	SUITE_CASE(a_code_takes_six_flights_a_pin_ten_and_a_turn_one_record),
	SUITE_CASE(c631_c2_a_replayed_first_flight_opens_nothing_and_costs_no_store),
	SUITE_CASE(c631_c3_a_whole_run_by_code_replayed_pairs_nobody),
	SUITE_CASE(c631_c2_a_first_flight_reflected_ends_the_run),
	SUITE_CASE(a_first_flight_for_another_code_is_a_wrong_code),
	SUITE_CASE(a_refused_request_is_judged_before_a_byte_of_tls),
	SUITE_CASE(a_busy_window_refuses_the_whole_first_flight),
	SUITE_CASE(noise_behind_a_good_request_gets_an_alert_at_most),
	SUITE_CASE(a_window_that_ends_between_request_and_hello_ends_the_run),
	SUITE_CASE(a_refusal_instead_of_tls_ends_the_run_and_nothing_follows),
	SUITE_CASE(c631_c2_a_refusal_behind_a_byte_of_tls_is_not_heard),
	SUITE_CASE(any_other_first_byte_of_an_answer_is_refused),
};

SUITE_MAIN("pairing_first_flight", cases)
