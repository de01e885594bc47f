/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Discovery without a bus: the name that carries a beacon, what strangers' names become, and
 * which addresses can be looked for and shown. */
#include <string.h>

#include "tests/lib/suite.h"
#include "transports/discover.h"

static const char counting[] = "trec-aaaqeayeaudaocajbifqydiob4";
static const char ones[] = "trec-77777777777777777777777774";

static void a_beacon_has_one_name_which_dns_can_carry(void)
{
	uint8_t beacon[TREC_BEACON_LEN], back[TREC_BEACON_LEN];
	char text[TP_BEACON_TEXT + 1];

	for (size_t i = 0; i < sizeof(beacon); i++)
		beacon[i] = (uint8_t)i;
	tp_beacon_text(beacon, text);
	CU_ASSERT_STRING_EQUAL(text, counting);
	CU_ASSERT_TRUE(tp_beacon_parse(text, back));
	CU_ASSERT_EQUAL(memcmp(beacon, back, sizeof(back)), 0);
	memset(beacon, 0xff, sizeof(beacon));
	tp_beacon_text(beacon, text);
	CU_ASSERT_STRING_EQUAL(text, ones);
	for (size_t bit = 0; bit < 8 * sizeof(beacon); bit++) {
		memset(beacon, 0, sizeof(beacon));
		beacon[bit / 8] = (uint8_t)(1u << (bit % 8));
		tp_beacon_text(beacon, text);
		CU_ASSERT_EQUAL(strlen(text), TP_BEACON_TEXT);
		CU_ASSERT_TRUE(tp_beacon_parse(text, back));
		CU_ASSERT_EQUAL(memcmp(beacon, back, sizeof(back)), 0);
	}
	CU_ASSERT_TRUE(tp_beacon_parse("TREC-AAAQEAYEAUDAOCAJBIFQYDIOB4", back));
	CU_ASSERT_EQUAL(back[15], 15);
}

static void other_names_carry_none(void)
{
	static const char *const bad[] = {
		"", "trec-", "trec", "trec-aaaqeayeaudaocajbifqydiob", "lamp in the kitchen",
		"trec-aaaqeayeaudaocajbifqydiob4a", "trec_aaaqeayeaudaocajbifqydiob4",
		"trek-aaaqeayeaudaocajbifqydiob4", "aaaqeayeaudaocajbifqydiob4trec-",
		"trec-aaaqeayeaudaocajbifqydiob5", /* bits behind the 128th */
		"trec-77777777777777777777777777", "trec-aaaqeayeaudaocajbifqydio 4",
		"trec-aaaqeayeaudaocajbifqydio14", "trec-aaaqeayeaudaocajbifqydio84",
		"trec-aaaqeayeaudaocajbifqydio=4", "trec-aaaqeayeaudaocajbifqydio\3774",
	};
	static const uint8_t none[TREC_BEACON_LEN];
	uint8_t back[TREC_BEACON_LEN];
	char text[sizeof(counting)];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(back, 1, sizeof(back));
		CU_ASSERT_FALSE(tp_beacon_parse(bad[i], back));
		CU_ASSERT_EQUAL(memcmp(back, none, sizeof(none)), 0);
	}
	for (size_t i = 0; i < TP_BEACON_TEXT; i++)
		for (int c = 1; c < 256; c++) {
			memcpy(text, counting, sizeof(text));
			text[i] = (char)c;
			if (!tp_beacon_parse(text, back))
				continue;
			char again[TP_BEACON_TEXT + 1];

			tp_beacon_text(back, again);
			for (char *p = text; *p != '\0'; p++)
				*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
			CU_ASSERT_STRING_EQUAL(again, text);
		}
}

static void a_label_has_nothing_that_moves_or_hides_text(void)
{
	static const struct {
		const char *said, *shown;
	} rows[] = {
		{ "", "" },
		{ "Küche", "Küche" },
		{ "a\x1b[2Jb\nc\td\x7f", "a?[2Jb?c?d?" },
		{ "a\xc2\x9b" "b", "a??b" },                 /* C1: CSI in one byte */
		{ "a\xe2\x80\xaeignore", "a?ignore" },       /* U+202E */
		{ "a\xe2\x81\xa6" "b\xd8\x9c\xe2\x80\x8f", "a?b??" },
		{ "\xff\xfe", "??" },
		{ "ok\xc3", "ok?" },
		{ "\xe2\x82", "??" },
		{ "0123456789012345678901234567890123456789012345678901234567890123x",
		  "0123456789012345678901234567890123456789012345678901234567890123" },
		{ "012345678901234567890123456789012345678901234567890123456789012\xc3\xa4",
		  "012345678901234567890123456789012345678901234567890123456789012" },
	};
	char out[TREC_LABEL_MAX + 1];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tp_label(rows[i].said, out);
		CU_ASSERT_STRING_EQUAL(out, rows[i].shown);
	}
}

static void what_cannot_be_looked_for_is_told_from_what_is_no_address(void)
{
	static const struct {
		const char *where;
		trec_err err;
	} rows[] = {
		{ "unix:/tmp/x", TREC_E_UNSUPPORTED }, { "mem:x", TREC_E_UNSUPPORTED },
		{ "", TREC_E_BAD_URI },		       { "tcp", TREC_E_BAD_URI },
		{ "http:", TREC_E_BAD_URI },	       { ":", TREC_E_BAD_URI },
	};
	struct trec_scan *s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s = (struct trec_scan *)&s;
		CU_ASSERT_EQUAL(trec_scan_start(trec_env_default(), rows[i].where, &s),
				rows[i].err);
		CU_ASSERT_PTR_NULL(s);
	}
	CU_ASSERT_EQUAL(trec_scan_start(trec_env_default(), NULL, &s), TREC_E_BAD_URI);
	trec_scan_free(&s);
}

static void a_listener_that_others_cannot_look_for_is_not_shown(void)
{
	static const struct {
		const char *uri;
		trec_err err;
	} rows[] = {
		{ "unix:/tmp/x", TREC_E_UNSUPPORTED }, { "mem:x", TREC_E_UNSUPPORTED },
		{ "", TREC_E_BAD_URI },		       { "tcp://[", TREC_E_BAD_URI },
	};
	static const uint8_t beacon[TREC_BEACON_LEN];
	struct trec_advert *a;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a = (struct trec_advert *)&a;
		CU_ASSERT_EQUAL(trec_advert_start(trec_env_default(), rows[i].uri, beacon, &a),
				rows[i].err);
		CU_ASSERT_PTR_NULL(a);
	}
	trec_advert_free(&a);
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_beacon_has_one_name_which_dns_can_carry),
	SUITE_CASE(other_names_carry_none),
	SUITE_CASE(a_label_has_nothing_that_moves_or_hides_text),
	SUITE_CASE(what_cannot_be_looked_for_is_told_from_what_is_no_address),
	SUITE_CASE(a_listener_that_others_cannot_look_for_is_not_shown),
};

SUITE_MAIN("discover", cases)
