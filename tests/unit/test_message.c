/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about proto/codec/message: bounds at the limit and one beyond, and what errors say. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/message.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

#define CAP 8192

static uint8_t out[CAP];
static size_t out_n;

static struct msg_pair_request request(void)
{
	struct msg_pair_request m = { .suites = { 1 }, .suites_count = 1 };

	return m;
}

static trec_err encode_request(const struct msg_pair_request *m)
{
	return msg_pair_request_encode(m, out, CAP, &out_n);
}

static void a_request_names_suites_for_a_pin_and_none_for_a_code(void)
{
	struct msg_pair_request m = request();

	CU_ASSERT_EQUAL(encode_request(&m), TREC_OK);
	m.suites_count = 0;
	CU_ASSERT_EQUAL(encode_request(&m), TREC_E_USAGE);
	CU_ASSERT_EQUAL(out_n, 0);
	m.method = MSG_METHOD_CODE;
	CU_ASSERT_EQUAL(encode_request(&m), TREC_OK);
	m.suites_count = 1;
	CU_ASSERT_EQUAL(encode_request(&m), TREC_E_USAGE);
	m.method = (enum msg_method)3;
	CU_ASSERT_EQUAL(encode_request(&m), TREC_E_USAGE);
}

static void a_request_names_at_most_four_suites_none_twice(void)
{
	struct msg_pair_request m = request();

	for (uint16_t i = 0; i < MSG_SUITES_MAX; i++)
		m.suites[i] = (uint16_t)(UINT16_MAX - i);
	m.suites_count = MSG_SUITES_MAX;
	CU_ASSERT_EQUAL(encode_request(&m), TREC_OK);
	m.suites_count = MSG_SUITES_MAX + 1;
	CU_ASSERT_EQUAL(encode_request(&m), TREC_E_USAGE);
	m.suites_count = 2;
	m.suites[1] = m.suites[0];
	CU_ASSERT_EQUAL(encode_request(&m), TREC_E_USAGE);
	m.suites[1] = 0;
	CU_ASSERT_EQUAL(encode_request(&m), TREC_E_USAGE);
}

static trec_err decode_request(const char *hex)
{
	uint8_t b[128];
	struct msg_pair_request m;

	return msg_pair_request_decode(trec_bytes(b, sweep_unhex(hex, b, sizeof b)), &m);
}

#define NONCE "5820 0000000000000000 0000000000000000 0000000000000000 0000000000000000"

static void decoding_a_request_holds_the_same_bounds(void)
{
	CU_ASSERT_EQUAL(decode_request("a4 0001 0100 028101 03" NONCE), TREC_OK);
	CU_ASSERT_EQUAL(decode_request("a4 0001 0102 0280 03" NONCE), TREC_OK);
	CU_ASSERT_EQUAL(decode_request("a4 0001 0103 028101 03" NONCE), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_request("a4 0001 0100 0280 03" NONCE), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_request("a4 0001 0102 028101 03" NONCE), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_request("a4 0001 0100 02820101 03" NONCE), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_request("a4 0001 0100 028100 03" NONCE), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_request("a4 0001 0100 02811a00010000 03" NONCE), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_request("a4 0001 0100 028401020304 03" NONCE), TREC_OK);
	CU_ASSERT_EQUAL(decode_request("a4 0001 0100 02850102030405 03" NONCE), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_request("a5 0001 0100 028101 03" NONCE "04f5"), TREC_OK);
	CU_ASSERT_EQUAL(decode_request("a5 0001 0100 028101 03" NONCE "04f4"), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_request("a5 0001 0100 028101 03" NONCE "0401"), TREC_E_MALFORMED);
}

static void another_version_is_named_whatever_follows(void)
{
	CU_ASSERT_EQUAL(decode_request("a1 0002"), TREC_E_VERSION);
	CU_ASSERT_EQUAL(decode_request("a2 0018ff 6161f9 0000"), TREC_E_VERSION);
	CU_ASSERT_EQUAL(decode_request("a1 0000"), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_request("a1 00190100"), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_request("a1 0020"), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_request("a1 0102"), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_request("80"), TREC_E_MALFORMED);
}

static struct msg_pair_params params(void)
{
	struct msg_pair_params m = { .suite = 1, .kdf = { .log_n = 15, .r = 8, .p = 1 } };

	return m;
}

static trec_err encode_params(const struct msg_pair_params *m)
{
	return msg_pair_params_encode(m, out, CAP, &out_n);
}

static void scrypt_is_bounded_both_ways_and_in_memory(void)
{
	static const struct {
		uint8_t log_n, r, p;
		bool ok;
	} c[] = {
		{ 9, 8, 1, false },  { 10, 8, 1, true },   { 17, 1, 1, true },  { 18, 1, 1, false },
		{ 15, 0, 1, false }, { 15, 16, 1, true }, { 15, 17, 1, false }, { 15, 8, 0, false },
		{ 15, 8, 4, true },  { 15, 8, 5, false },  { 16, 16, 1, true }, { 17, 8, 1, true },
		{ 17, 9, 1, false },
	};

	for (size_t i = 0; i < BASE_COUNT(c); i++) {
		struct msg_pair_params m = params();

		m.kdf.log_n = c[i].log_n;
		m.kdf.r = c[i].r;
		m.kdf.p = c[i].p;
		CU_ASSERT_EQUAL(encode_params(&m), c[i].ok ? TREC_OK : TREC_E_USAGE);
	}
}

/* What encode would not make is refused by decode too: 17 and 8 are well, 17 and 9 too dear. */
static void decoding_params_bounds_the_memory(void)
{
	static const uint8_t costs[] = { 3, 17, 4, 8 };
	struct msg_pair_params m = params();
	uint8_t *at = out + 1 + 2 + 2 + 3 + MSG_NONCE_LEN;

	m.kdf.log_n = 17;
	CU_ASSERT_EQUAL(encode_params(&m), TREC_OK);
	CU_ASSERT_EQUAL(msg_pair_params_decode(trec_bytes(out, out_n), &m), TREC_OK);
	CU_ASSERT_TRUE(memcmp(at, costs, sizeof costs) == 0);
	at[3] = 9;
	CU_ASSERT_EQUAL(msg_pair_params_decode(trec_bytes(out, out_n), &m), TREC_E_MALFORMED);
}

static void params_carry_a_suite_and_the_kdf_always(void)
{
	struct msg_pair_params m = params(), back;
	const size_t without_kdf = 1 + 2 + 2 + 3 + MSG_NONCE_LEN;

	m.suite = 0;
	CU_ASSERT_EQUAL(encode_params(&m), TREC_E_USAGE);
	m = params();
	CU_ASSERT_EQUAL(encode_params(&m), TREC_OK);
	CU_ASSERT_EQUAL(msg_pair_params_decode(trec_bytes(out, out_n), &back), TREC_OK);
	out[4] = 0; /* the suite's value */
	CU_ASSERT_EQUAL(msg_pair_params_decode(trec_bytes(out, out_n), &back), TREC_E_MALFORMED);
	out[4] = 1;
	out[0] = 0xa3; /* a map of three: suite and nonce alone */
	CU_ASSERT_EQUAL(msg_pair_params_decode(trec_bytes(out, without_kdf), &back),
			TREC_E_MALFORMED);
}

static void refusals_hold_their_bounds(void)
{
	struct msg_pair_refuse m = { 255, MSG_RETRY_AFTER_MAX, 255 }, back;

	CU_ASSERT_EQUAL(msg_pair_refuse_encode(&m, out, CAP, &out_n), TREC_OK);
	CU_ASSERT_EQUAL(msg_pair_refuse_decode(trec_bytes(out, out_n), &back), TREC_OK);
	CU_ASSERT_TRUE(back.reason == 255 && back.retry_after_s == MSG_RETRY_AFTER_MAX &&
		       back.version == 255);
	m.retry_after_s++;
	CU_ASSERT_EQUAL(msg_pair_refuse_encode(&m, out, CAP, &out_n), TREC_E_USAGE);
	m = (struct msg_pair_refuse){ 0, 0, 1 };
	CU_ASSERT_EQUAL(msg_pair_refuse_encode(&m, out, CAP, &out_n), TREC_E_USAGE);
	m = (struct msg_pair_refuse){ 1, 0, 0 };
	CU_ASSERT_EQUAL(msg_pair_refuse_encode(&m, out, CAP, &out_n), TREC_E_USAGE);
}

static void the_largest_offer_fits_its_frame(void)
{
	struct msg_pair_offer m, back;
	char right[] = "service:0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

	memset(&m, 0, sizeof m);
	memset(&back, 0, sizeof back);
	memset(m.name, 'n', TREC_NAME_MAX);
	memset(m.kind, 'k', MSG_KIND_MAX);
	for (char i = 0; i < MSG_RIGHTS_MAX; i++) {
		right[8] = (char)('0' + i);
		CU_ASSERT_TRUE_FATAL(msg_rights_add(&m.rights, right));
	}
	CU_ASSERT_EQUAL(strlen(right), MSG_RIGHT_MAX);
	for (char i = 0; i < MSG_HINTS_MAX; i++) {
		char uri[MSG_HINT_MAX + 1] = { 0 };

		memset(uri, '0' + i, MSG_HINT_MAX);
		memcpy(uri, "tcp:", 4);
		CU_ASSERT_TRUE_FATAL(msg_hints_add(&m.hints, uri));
	}
	CU_ASSERT_EQUAL(msg_pair_offer_encode(&m, out, CAP, &out_n), TREC_OK);
	CU_ASSERT_TRUE(out_n <= FRAME_OFFER_MAX);
	CU_ASSERT_EQUAL(msg_pair_offer_decode(trec_bytes(out, out_n), &back), TREC_OK);
	CU_ASSERT_TRUE(memcmp(&m, &back, sizeof m) == 0);
	m.hints.count++;
	CU_ASSERT_EQUAL(msg_pair_offer_encode(&m, out, CAP, &out_n), TREC_E_USAGE);
	m.hints.count--;
	m.rights.count++;
	CU_ASSERT_EQUAL(msg_pair_offer_encode(&m, out, CAP, &out_n), TREC_E_USAGE);
	m.rights.count--;
	m.name[TREC_NAME_MAX] = 'n'; /* no end */
	CU_ASSERT_EQUAL(msg_pair_offer_encode(&m, out, CAP, &out_n), TREC_E_USAGE);
}

static trec_err decode_offer(const char *hex)
{
	uint8_t b[256];
	struct msg_pair_offer m;

	return msg_pair_offer_decode(trec_bytes(b, sweep_unhex(hex, b, sizeof b)), &m);
}

static void offers_with_bad_text_are_refused(void)
{
	CU_ASSERT_EQUAL(decode_offer("a4 006161 0160 0280 0380"), TREC_OK);
	CU_ASSERT_EQUAL(decode_offer("a4 0060 0160 0280 0380"), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_offer("a4 00611b 0160 0280 0380"), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_offer("a4 006100 0160 0280 0380"), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_offer("a4 004161 0160 0280 0380"), TREC_E_MALFORMED);
	/* "introduce" once, twice, behind "service:*", in front of it */
	CU_ASSERT_EQUAL(decode_offer("a4 006161 0160 0281 69696e74726f64756365 0380"), TREC_OK);
	CU_ASSERT_EQUAL(decode_offer("a4 006161 0160 0282 69696e74726f64756365"
				     " 69696e74726f64756365 0380"),
			TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_offer("a4 006161 0160 0282 69736572766963653a2a"
				     " 69696e74726f64756365 0380"),
			TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_offer("a4 006161 0160 0282 69696e74726f64756365"
				     " 69736572766963653a2a 0380"),
			TREC_OK);
	CU_ASSERT_EQUAL(decode_offer("a4 006161 0160 0281 6161 0380"), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_offer("a4 006161 0160 0280 0381 6161"), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(decode_offer("a4 006161 0160 0280 0385 613a 613a 613a 613a 613a"),
			TREC_E_MALFORMED);
}

static void reasons_are_1_to_255_and_unknown_ones_are_kept(void)
{
	struct msg_reason m;

	for (unsigned i = 0; i < 256; i++) {
		m.reason = (uint8_t)i;
		CU_ASSERT_EQUAL(msg_reason_encode(&m, out, CAP, &out_n),
				i == 0 ? TREC_E_USAGE : TREC_OK);
		if (i == 0)
			continue;
		CU_ASSERT_EQUAL(msg_reason_decode(trec_bytes(out, out_n), &m), TREC_OK);
		CU_ASSERT_EQUAL(m.reason, i);
	}
	CU_ASSERT_EQUAL(msg_reason_decode(trec_bytes("\xa1\x00\x00", 3), &m), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(msg_reason_decode(trec_bytes("\xa1\x00\x19\x01\x00", 5), &m),
			TREC_E_MALFORMED);
}

static void an_open_names_one_service(void)
{
	struct msg_open m = { "" };

	CU_ASSERT_EQUAL(msg_open_encode(&m, out, CAP, &out_n), TREC_E_USAGE);
	strcpy(m.service, "*");
	CU_ASSERT_EQUAL(msg_open_encode(&m, out, CAP, &out_n), TREC_E_USAGE);
	memset(m.service, 's', MSG_SERVICE_MAX);
	CU_ASSERT_EQUAL(msg_open_encode(&m, out, CAP, &out_n), TREC_OK);
	CU_ASSERT_EQUAL(msg_open_decode(trec_bytes("\xa1\x00\x61*", 4), &m), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(m.service[0], '\0');
}

static void a_recognition_key_is_sixteen_bytes(void)
{
	struct msg_recognise m, back;

	memset(m.key, 0x5a, sizeof m.key);
	CU_ASSERT_EQUAL(msg_recognise_encode(&m, out, CAP, &out_n), TREC_OK);
	CU_ASSERT_EQUAL(out_n, 19);
	CU_ASSERT_EQUAL(msg_recognise_decode(trec_bytes(out, out_n), &back), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(m.key, back.key, sizeof m.key), 0);
	out_n = sweep_unhex("a1 00 4f 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a", out, CAP);
	CU_ASSERT_EQUAL(msg_recognise_decode(trec_bytes(out, out_n), &back), TREC_E_MALFORMED);
	out_n = sweep_unhex("a1 00 51 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a", out, CAP);
	CU_ASSERT_EQUAL(msg_recognise_decode(trec_bytes(out, out_n), &back), TREC_E_MALFORMED);
}

static void too_little_room_is_said_at_every_size(void)
{
	struct msg_pake_reply m = { { 4 }, { 0 } };
	size_t n;

	CU_ASSERT_EQUAL(msg_pake_reply_encode(&m, out, CAP, &out_n), TREC_OK);
	for (size_t cap = 0; cap < out_n; cap++) {
		n = 77;
		CU_ASSERT_EQUAL(msg_pake_reply_encode(&m, out, cap, &n), TREC_E_NO_SPACE);
		CU_ASSERT_EQUAL(n, 0);
	}
	CU_ASSERT_EQUAL(msg_pake_reply_encode(&m, out, out_n, &n), TREC_OK);
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_request_names_suites_for_a_pin_and_none_for_a_code),
	SUITE_CASE(a_request_names_at_most_four_suites_none_twice),
	SUITE_CASE(decoding_a_request_holds_the_same_bounds),
	SUITE_CASE(another_version_is_named_whatever_follows),
	SUITE_CASE(scrypt_is_bounded_both_ways_and_in_memory),
	SUITE_CASE(decoding_params_bounds_the_memory),
	SUITE_CASE(params_carry_a_suite_and_the_kdf_always),
	SUITE_CASE(refusals_hold_their_bounds),
	SUITE_CASE(the_largest_offer_fits_its_frame),
	SUITE_CASE(offers_with_bad_text_are_refused),
	SUITE_CASE(reasons_are_1_to_255_and_unknown_ones_are_kept),
	SUITE_CASE(an_open_names_one_service),
	SUITE_CASE(a_recognition_key_is_sixteen_bytes),
	SUITE_CASE(too_little_room_is_said_at_every_size),
};

SUITE_MAIN("message", cases)
