/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about proto/codec/frame. */
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/frame.h"
#include "tests/lib/suite.h"

static void only_two_first_bytes_begin_a_connection(void)
{
	for (unsigned b = 0; b < 256; b++) {
		enum frame_first expected = b == 0x16 ? FRAME_FIRST_SESSION :
					    b == 0x41 ? FRAME_FIRST_PAIRING :
							FRAME_FIRST_REFUSED;

		CU_ASSERT_EQUAL(frame_first_byte((uint8_t)b), expected);
	}
}

static void no_frame_type_before_tls_is_a_tls_content_type(void)
{
	for (uint8_t type = 20; type <= 24; type++) {
		uint8_t b[8] = { type, 0, 1, 0 };
		struct frame f;
		size_t need;

		CU_ASSERT_EQUAL(frame_pre_take(trec_bytes(b, sizeof b), &f, &need), FRAME_REFUSED);
	}
}

static void an_unknown_type_is_refused_by_its_first_byte(void)
{
	unsigned known[3] = { 0 };

	for (unsigned b = 0; b < 256; b++) {
		uint8_t type = (uint8_t)b;
		struct trec_bytes in = trec_bytes(&type, 1);
		struct frame f;
		size_t need;

		known[0] += frame_pre_take(in, &f, &need) == FRAME_MORE;
		known[1] += frame_chan_take(FRAME_CONTEXT_PAIRING, in, &f, &need) == FRAME_MORE;
		known[2] += frame_chan_take(FRAME_CONTEXT_SESSION, in, &f, &need) == FRAME_MORE;
	}
	CU_ASSERT_EQUAL(known[0], 6);
	CU_ASSERT_EQUAL(known[1], 9);
	CU_ASSERT_EQUAL(known[2], 24);
}

static void pairing_and_session_do_not_know_each_others_types(void)
{
	uint8_t offer[] = { FRAME_PAIR_OFFER, 0, 0, 1, 0 };
	uint8_t data[] = { FRAME_DATA, 0, 0, 1, 0 };
	struct frame f;
	size_t need;

	CU_ASSERT_EQUAL(frame_chan_take(FRAME_CONTEXT_PAIRING, trec_bytes(offer, 5), &f, &need),
			FRAME_WHOLE);
	CU_ASSERT_EQUAL(frame_chan_take(FRAME_CONTEXT_SESSION, trec_bytes(offer, 5), &f, &need),
			FRAME_REFUSED);
	CU_ASSERT_EQUAL(frame_chan_take(FRAME_CONTEXT_SESSION, trec_bytes(data, 5), &f, &need),
			FRAME_WHOLE);
	CU_ASSERT_EQUAL(frame_chan_take(FRAME_CONTEXT_PAIRING, trec_bytes(data, 5), &f, &need),
			FRAME_REFUSED);
}

static void a_frame_is_taken_whole_or_not_at_all(void)
{
	uint8_t in[64] = { FRAME_PAKE_CONFIRM, 0, 10 };
	struct frame f;
	size_t need;

	for (size_t n = 0; n < 13; n++) {
		CU_ASSERT_EQUAL(frame_pre_take(trec_bytes(in, n), &f, &need), FRAME_MORE);
		CU_ASSERT_EQUAL(need, n < 3 ? 3 : 13);
		CU_ASSERT_EQUAL(f.type, n < 3 ? 0 : FRAME_PAKE_CONFIRM);
		CU_ASSERT_EQUAL(f.body.n, 0);
	}
	for (size_t n = 13; n <= sizeof in; n++) {
		CU_ASSERT_EQUAL(frame_pre_take(trec_bytes(in, n), &f, &need), FRAME_WHOLE);
		CU_ASSERT_EQUAL(need, 13);
		CU_ASSERT_TRUE(f.body.p == in + 3 && f.body.n == 10);
		CU_ASSERT_TRUE(f.whole.p == in && f.whole.n == 13);
	}
}

static void lengths_are_refused_before_any_body_is_there(void)
{
	uint8_t pre[3] = { FRAME_PAIR_REQUEST, 0, 0 };
	uint8_t chan[4] = { FRAME_DATA, 0, 0, 0 };
	struct frame f;
	size_t need;

	CU_ASSERT_EQUAL(frame_pre_take(trec_bytes(pre, 3), &f, &need), FRAME_REFUSED);
	base_put16(pre + 1, FRAME_PRE_BODY_MAX);
	CU_ASSERT_EQUAL(frame_pre_take(trec_bytes(pre, 3), &f, &need), FRAME_MORE);
	base_put16(pre + 1, FRAME_PRE_BODY_MAX + 1);
	CU_ASSERT_EQUAL(frame_pre_take(trec_bytes(pre, 3), &f, &need), FRAME_REFUSED);
	CU_ASSERT_EQUAL(need, 0);
	CU_ASSERT_EQUAL(frame_chan_take(FRAME_CONTEXT_SESSION, trec_bytes(chan, 4), &f, &need),
			FRAME_REFUSED);
	base_put16(chan + 2, FRAME_CHAN_BODY_MAX);
	CU_ASSERT_EQUAL(frame_chan_take(FRAME_CONTEXT_SESSION, trec_bytes(chan, 4), &f, &need),
			FRAME_MORE);
	CU_ASSERT_EQUAL(need, FRAME_CHAN_HEADER + FRAME_CHAN_BODY_MAX);
	base_put16(chan + 2, FRAME_CHAN_BODY_MAX + 1);
	CU_ASSERT_EQUAL(frame_chan_take(FRAME_CONTEXT_SESSION, trec_bytes(chan, 4), &f, &need),
			FRAME_REFUSED);
	chan[1] = 1;
	base_put16(chan + 2, 1);
	CU_ASSERT_EQUAL(frame_chan_take(FRAME_CONTEXT_SESSION, trec_bytes(chan, 4), &f, &need),
			FRAME_REFUSED);
}

static void every_type_has_its_own_bound(void)
{
	static const struct {
		uint8_t type;
		size_t max;
	} bound[] = {
		{ FRAME_CHANNEL_MAC, FRAME_CONTROL_MAX },
		{ FRAME_AUTHENTICATOR_REQUEST, FRAME_AUTH_REQUEST_MAX },
		{ FRAME_AUTHENTICATOR, FRAME_AUTH_MAX },
		{ FRAME_PAIR_OFFER, FRAME_OFFER_MAX },
		{ FRAME_DATA, FRAME_CHAN_BODY_MAX },
		{ FRAME_REVOKE, FRAME_STATEMENT_MAX },
		{ FRAME_CLOSE, FRAME_CONTROL_MAX },
	};
	static uint8_t body[FRAME_CHAN_BODY_MAX + 1], out[sizeof body + FRAME_CHAN_HEADER];
	size_t n;

	for (size_t i = 0; i < BASE_COUNT(bound); i++) {
		CU_ASSERT_EQUAL(frame_chan_make(bound[i].type, trec_bytes(body, bound[i].max), out,
						sizeof out, &n),
				TREC_OK);
		CU_ASSERT_EQUAL(n, bound[i].max + FRAME_CHAN_HEADER);
		CU_ASSERT_EQUAL(frame_chan_make(bound[i].type, trec_bytes(body, bound[i].max + 1),
						out, sizeof out, &n),
				TREC_E_USAGE);
		CU_ASSERT_EQUAL(n, 0);
		CU_ASSERT_EQUAL(frame_chan_make(bound[i].type, trec_bytes(body, 0), out,
						sizeof out, &n),
				TREC_E_USAGE);
	}
}

static void what_is_made_is_taken_again(void)
{
	static const enum frame_context context[] = { FRAME_CONTEXT_PAIRING,
						      FRAME_CONTEXT_SESSION };
	uint8_t out[64];
	size_t n, need;
	unsigned seen = 0;

	for (unsigned t = 0; t < 256; t++) {
		uint8_t type = (uint8_t)t;
		struct trec_bytes body = trec_bytes("body", 4);
		struct frame f;

		if (frame_pre_make(type, body, out, sizeof out, &n) == TREC_OK) {
			CU_ASSERT_EQUAL(frame_pre_take(trec_bytes(out, n), &f, &need), FRAME_WHOLE);
			CU_ASSERT_TRUE(f.type == type && trec_bytes_equal(f.body, body));
			CU_ASSERT_STRING_NOT_EQUAL(frame_pre_name(type), "unknown");
			seen++;
		} else {
			CU_ASSERT_STRING_EQUAL(frame_pre_name(type), "unknown");
		}
		if (frame_chan_make(type, body, out, sizeof out, &n) != TREC_OK) {
			CU_ASSERT_STRING_EQUAL(frame_chan_name(type), "unknown");
			continue;
		}
		CU_ASSERT_EQUAL(frame_chan_take(context[type >= 0x20], trec_bytes(out, n), &f,
						&need),
				FRAME_WHOLE);
		CU_ASSERT_TRUE(f.type == type && trec_bytes_equal(f.body, body));
		seen++;
	}
	CU_ASSERT_EQUAL(seen, 39);
}

static void a_body_in_its_place_stays_and_too_little_room_is_said(void)
{
	uint8_t out[16] = { 0 };
	size_t n;

	memcpy(out + FRAME_PRE_HEADER, "abc", 3);
	CU_ASSERT_EQUAL(frame_pre_make(FRAME_PAKE_SHARE, trec_bytes(out + FRAME_PRE_HEADER, 3), out,
				       6, &n),
			TREC_OK);
	CU_ASSERT_TRUE(n == 6 && memcmp(out, "\x44\x00\x03" "abc", 6) == 0);
	CU_ASSERT_EQUAL(frame_pre_make(FRAME_PAKE_SHARE, trec_bytes("abc", 3), out, 5, &n),
			TREC_E_NO_SPACE);
	CU_ASSERT_EQUAL(n, 0);
}

static const struct suite_case cases[] = {
	SUITE_CASE(only_two_first_bytes_begin_a_connection),
	SUITE_CASE(no_frame_type_before_tls_is_a_tls_content_type),
	SUITE_CASE(an_unknown_type_is_refused_by_its_first_byte),
	SUITE_CASE(pairing_and_session_do_not_know_each_others_types),
	SUITE_CASE(a_frame_is_taken_whole_or_not_at_all),
	SUITE_CASE(lengths_are_refused_before_any_body_is_there),
	SUITE_CASE(every_type_has_its_own_bound),
	SUITE_CASE(what_is_made_is_taken_again),
	SUITE_CASE(a_body_in_its_place_stays_and_too_little_room_is_said),
};

SUITE_MAIN("frame", cases)
