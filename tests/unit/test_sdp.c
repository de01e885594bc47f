/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a stranger's SDP server may answer, and what is made of it. */
#include <string.h>

#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"
#include "transports/sdp.h"

#define OURS "1c d7b7a4c15f0e4c469b1a7c2f2e1f9d53"
#define CLASSES "09 0001 35 11 " OURS
#define PROTOCOLS(channel) "09 0004 35 0c 35 03 19 0100 35 05 19 0003 08 " channel
#define NAME "09 0100 25 04 74726563"
/* A record of 50 bytes, and the list of it alone. */
#define RECORD(channel) "35 30 " CLASSES PROTOCOLS(channel) NAME
#define LIST(channel) "35 32 " RECORD(channel)

/* Feeds attribute bytes as one answer, or in pieces of that size. */
static trec_err ask(struct tp_sdp *q, const uint8_t *list, size_t n, size_t piece)
{
	uint8_t pdu[TP_SDP_PDU_MAX];
	trec_err err = TREC_E_AGAIN;

	tp_sdp_begin(q, 7);
	for (size_t at = 0; err == TREC_E_AGAIN; at += piece) {
		size_t left = n - at, now = left < piece ? left : piece;
		size_t more = left > now ? 2 : 0;

		pdu[0] = 7;
		pdu[1] = (uint8_t)(q->tid >> 8);
		pdu[2] = (uint8_t)q->tid;
		pdu[3] = (uint8_t)((2 + now + 1 + more) >> 8);
		pdu[4] = (uint8_t)(2 + now + 1 + more);
		pdu[5] = (uint8_t)(now >> 8);
		pdu[6] = (uint8_t)now;
		memcpy(pdu + 7, list + at, now);
		pdu[7 + now] = (uint8_t)more;
		memset(pdu + 8 + now, 0xab, more);
		err = tp_sdp_take(q, trec_bytes(pdu, 8 + now + more));
	}
	return err;
}

static trec_err read_list(const char *hex, struct tp_sdp_found found[TP_SDP_FOUND_MAX], size_t *n)
{
	uint8_t list[1024];
	struct tp_sdp q;
	size_t len = sweep_unhex(hex, list, sizeof(list));

	memset(found, 0xff, TP_SDP_FOUND_MAX * sizeof(*found));
	*n = 99;
	CU_ASSERT_EQUAL(ask(&q, list, len, 640), TREC_OK);
	return tp_sdp_found(&q, found, n);
}

static void the_request_is_as_the_specification_has_it(void)
{
	static const char *const hex = "06 0007 0000 35 11 " OURS
				       " 0280 35 09 09 0001 09 0004 09 0100 00";
	uint8_t want[TP_SDP_REQUEST_MAX], got[TP_SDP_REQUEST_MAX];
	size_t n = sweep_unhex(hex, want, sizeof(want));
	struct tp_sdp q;

	tp_sdp_begin(&q, 7);
	want[4] = (uint8_t)(n - 5);
	CU_ASSERT_EQUAL(tp_sdp_request(&q, got), n);
	CU_ASSERT_EQUAL(memcmp(got, want, n), 0);
}

static void a_record_gives_channel_and_name(void)
{
	struct tp_sdp_found found[TP_SDP_FOUND_MAX];
	size_t n;

	CU_ASSERT_EQUAL(read_list(LIST("0c"), found, &n), TREC_OK);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_EQUAL(found[0].channel, 12);
	CU_ASSERT_STRING_EQUAL(found[0].name, "trec");
	CU_ASSERT_EQUAL(read_list("36 0064 " RECORD("01") RECORD("1e"), found, &n), TREC_OK);
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_EQUAL(found[1].channel, 30);
	CU_ASSERT_EQUAL(read_list("35 00", found, &n), TREC_OK);
	CU_ASSERT_EQUAL(n, 0);
}

static void a_channel_out_of_range_is_none(void)
{
	static const char *const lists[] = { LIST("00"), LIST("1f"), LIST("ff") };
	struct tp_sdp_found found[TP_SDP_FOUND_MAX];
	size_t n;

	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(read_list(lists[i], found, &n), TREC_OK);
		CU_ASSERT_EQUAL(n, 1);
		CU_ASSERT_EQUAL(found[0].channel, 0);
	}
}

static void what_is_badly_formed_gives_nothing(void)
{
	static const char *const lists[] = {
		"00", "35", "35 01", "35 02 35", "36 0000 00", "37 ffffffff", "35 01 00", "08 01",
		"35 02 35 01", "35 04 35 02 08 01", "35 05 35 03 09 0001", "35 03 35 01 00",
		/* numbers of attributes that do not ascend; types there are not; bad sizes */
		"35 0c 35 0a 09 0004 08 01 09 0001 08 01",
		"35 0c 35 0a 09 0001 08 01 09 0001 08 01",
		"35 02 48 00", "35 02 29 00", "35 02 18 00", "35 02 20 00",
		/* nine deep */
		"35 10 35 0e 35 0c 35 0a 35 08 35 06 35 04 35 02 35 00",
	};
	struct tp_sdp_found found[TP_SDP_FOUND_MAX];
	size_t n;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		CU_ASSERT_EQUAL(read_list(lists[i], found, &n), TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(n, 0);
		CU_ASSERT_EQUAL(found[0].channel, 0);
	}
}

static void an_answer_in_pieces_says_the_same(void)
{
	uint8_t list[256];
	size_t len = sweep_unhex(LIST("0c"), list, sizeof(list)), n;
	struct tp_sdp_found found[TP_SDP_FOUND_MAX];
	struct tp_sdp q;

	for (size_t piece = 2; piece < len; piece++) {
		CU_ASSERT_EQUAL(ask(&q, list, len, piece), TREC_OK);
		CU_ASSERT_EQUAL(tp_sdp_found(&q, found, &n), TREC_OK);
		CU_ASSERT_EQUAL(n, 1);
		CU_ASSERT_EQUAL(found[0].channel, 12);
	}
}

static void answers_without_end_are_cut_off(void)
{
	static uint8_t zeros[16384];
	struct tp_sdp q;

	CU_ASSERT_EQUAL(ask(&q, zeros, sizeof(zeros), 1), TREC_E_TOO_LARGE);
	CU_ASSERT(q.rounds <= TP_SDP_ROUNDS);
	CU_ASSERT_EQUAL(ask(&q, zeros, sizeof(zeros), 640), TREC_E_TOO_LARGE);
	CU_ASSERT(q.n <= TP_SDP_TOTAL_MAX);
}

/* Either refused, or what was found is within its bounds. */
static bool is_bounded(struct trec_bytes v, void *ctx)
{
	struct tp_sdp_found found[TP_SDP_FOUND_MAX];
	struct tp_sdp q;
	size_t n;

	(void)ctx;
	tp_sdp_begin(&q, 7);
	trec_err err = tp_sdp_take(&q, v);

	if (err != TREC_OK)
		return err == TREC_E_MALFORMED || err == TREC_E_AGAIN || err == TREC_E_REFUSED ||
		       err == TREC_E_TOO_LARGE;
	err = tp_sdp_found(&q, found, &n);
	if (err != TREC_OK)
		return err == TREC_E_MALFORMED && n == 0;
	for (size_t i = 0; i < n; i++)
		if (found[i].channel > 30 ||
		    memchr(found[i].name, 0, sizeof(found[i].name)) == NULL)
			return false;
	return n <= TP_SDP_FOUND_MAX;
}

static bool is_refused(struct trec_bytes v, void *ctx)
{
	struct tp_sdp q;

	(void)ctx;
	tp_sdp_begin(&q, 7);
	return tp_sdp_take(&q, v) == TREC_E_MALFORMED;
}

static void every_damaged_answer_is_refused_or_bounded(void)
{
	uint8_t pdu[256];
	struct trec_bytes b =
		trec_bytes(pdu, sweep_unhex("07 0007 0037 0034 " LIST("0c") "00", pdu, 256));

	CU_ASSERT_EQUAL(pdu[4], b.n - 5);
	CU_ASSERT(is_bounded(b, NULL));
	CU_ASSERT_FALSE(is_refused(b, NULL));
	CU_ASSERT(sweep_truncations(b, is_refused, NULL));
	CU_ASSERT(sweep_trailing(b, is_refused, NULL));
	CU_ASSERT(sweep_bytes(b, is_bounded, NULL));
}

static void other_answers_are_told_apart(void)
{
	static const struct {
		const char *hex;
		trec_err want;
	} answers[] = {
		{ "01 0007 0002 0003", TREC_E_REFUSED },
		{ "01 0007 0001 00", TREC_E_MALFORMED },
		{ "07 0008 0005 0002 3500 00", TREC_E_MALFORMED }, /* another question's */
		{ "05 0007 0005 0002 3500 00", TREC_E_MALFORMED },
		{ "07 0007 0005 0003 3500 00", TREC_E_MALFORMED },
		{ "07 0007 0003 0000 00", TREC_E_MALFORMED },
		{ "07 0007 0006 0002 3500 0100", TREC_E_AGAIN },
		{ "07 0007 0006 0002 3500 1100", TREC_E_MALFORMED },
		{ "07 0007 0005 0002 3500 00", TREC_OK },
	};
	uint8_t pdu[32];

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct tp_sdp q;
		size_t n = sweep_unhex(answers[i].hex, pdu, sizeof(pdu));

		tp_sdp_begin(&q, 7);
		CU_ASSERT_EQUAL(tp_sdp_take(&q, trec_bytes(pdu, n)), answers[i].want);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_request_is_as_the_specification_has_it),
	SUITE_CASE(a_record_gives_channel_and_name),
	SUITE_CASE(a_channel_out_of_range_is_none),
	SUITE_CASE(what_is_badly_formed_gives_nothing),
	SUITE_CASE(an_answer_in_pieces_says_the_same),
	SUITE_CASE(answers_without_end_are_cut_off),
	SUITE_CASE(every_damaged_answer_is_refused_or_bounded),
	SUITE_CASE(other_answers_are_told_apart),
};

SUITE_MAIN("sdp", cases)
