/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about proto/codec/bundle: statements that travel together, as bytes and as text. */
#include <ctype.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/bundle.h"
#include "proto/codec/idtext.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

static uint8_t bytes[BUNDLE_MAX];
static char text[BUNDLE_TEXT_MAX + 1];
static size_t bytes_n, text_n;
static uint8_t statement[FRAME_STATEMENT_MAX + 1];

static struct bundle two(size_t len)
{
	struct bundle b = { .kind = BUNDLE_INTRODUCTIONS, .count = 2 };

	for (size_t i = 0; i < sizeof statement; i++)
		statement[i] = (uint8_t)(i * 7);
	b.item[0] = trec_bytes(statement, len);
	b.item[1] = trec_bytes(statement + 1, len);
	return b;
}

static trec_err make(size_t len)
{
	struct bundle b = two(len);
	trec_err err = bundle_encode(&b, bytes, sizeof bytes, &bytes_n);

	return err == TREC_OK ? bundle_to_text(trec_bytes(bytes, bytes_n), text, sizeof text,
					       &text_n)
			      : err;
}

static void a_bundle_comes_back_from_its_text(void)
{
	uint8_t back[BUNDLE_CARRIED_MAX];
	size_t n = 0;
	struct bundle b;

	CU_ASSERT_EQUAL(make(700), TREC_OK);
	CU_ASSERT_TRUE(strlen(text) == text_n && strncmp(text, "TRECI:", 6) == 0);
	CU_ASSERT_EQUAL(bundle_from_text(text, text_n, back, sizeof back, &n), TREC_OK);
	CU_ASSERT_TRUE(n == bytes_n && memcmp(back, bytes, n) == 0);
	CU_ASSERT_EQUAL(bundle_decode(trec_bytes(back, n), &b), TREC_OK);
	CU_ASSERT_TRUE(b.kind == BUNDLE_INTRODUCTIONS && b.count == 2 &&
		       memcmp(b.item[1].p, statement + 1, 700) == 0);
	for (char *p = text; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	CU_ASSERT_EQUAL(bundle_from_text(text, text_n, back, sizeof back, &n), TREC_OK);
}

static void any_wrong_character_of_a_bundle_is_found(void)
{
	uint8_t back[BUNDLE_CARRIED_MAX];
	size_t n = 0;

	CU_ASSERT_EQUAL(make(40), TREC_OK);
	for (size_t i = 0; i < text_n; i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		CU_ASSERT_EQUAL(bundle_from_text(text, text_n, back, sizeof back, &n),
				TREC_E_BAD_CODE);
		CU_ASSERT_EQUAL(n, 0);
		text[i] = was;
		CU_ASSERT_EQUAL(bundle_from_text(text, i, back, sizeof back, &n), TREC_E_BAD_CODE);
	}
	CU_ASSERT_EQUAL(bundle_from_text(text, text_n, back, bytes_n - 1, &n), TREC_E_BAD_CODE);
}

static void a_pairing_code_is_no_bundle(void)
{
	uint8_t back[16];
	size_t n = 0;
	static const char *const bad[] = { "", "TREC:", "TRECI", "TRECI:", "TRECI:A", "TREC:AA" };

	for (size_t i = 0; i < BASE_COUNT(bad); i++)
		CU_ASSERT_EQUAL(bundle_from_text(bad[i], strlen(bad[i]), back, sizeof back, &n),
				TREC_E_BAD_CODE);
}

static void a_bundle_out_of_bounds_is_not_made(void)
{
	struct bundle b = two(10);

	b.kind = (enum bundle_kind)4;
	CU_ASSERT_EQUAL(bundle_encode(&b, bytes, sizeof bytes, &bytes_n), TREC_E_USAGE);
	b.kind = BUNDLE_NOTICES;
	b.count = 0;
	CU_ASSERT_EQUAL(bundle_encode(&b, bytes, sizeof bytes, &bytes_n), TREC_E_USAGE);
	b.count = BUNDLE_ITEMS_MAX + 1;
	CU_ASSERT_EQUAL(bundle_encode(&b, bytes, sizeof bytes, &bytes_n), TREC_E_USAGE);
	CU_ASSERT_EQUAL(make(FRAME_STATEMENT_MAX + 1), TREC_E_USAGE);
	CU_ASSERT_EQUAL(make(0), TREC_E_USAGE);
	CU_ASSERT_EQUAL(make(FRAME_STATEMENT_MAX), TREC_E_TOO_LARGE);
	CU_ASSERT_EQUAL(make(2168), TREC_OK);
	CU_ASSERT_EQUAL(bundle_to_text(trec_bytes(bytes, bytes_n), text, text_n, &text_n),
			TREC_E_NO_SPACE);
}

static void a_later_bundle_is_told_apart_from_damage(void)
{
	uint8_t b[8];
	struct bundle out;
	struct trec_bytes in = trec_bytes(b, sweep_unhex("a2 0002 0a00", b, sizeof b));

	CU_ASSERT_EQUAL(bundle_decode(in, &out), TREC_E_VERSION);
	in = trec_bytes(b, sweep_unhex("a2 0001 0a00", b, sizeof b));
	CU_ASSERT_EQUAL(bundle_decode(in, &out), TREC_E_MALFORMED);
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_bundle_comes_back_from_its_text),
	SUITE_CASE(any_wrong_character_of_a_bundle_is_found),
	SUITE_CASE(a_pairing_code_is_no_bundle),
	SUITE_CASE(a_bundle_out_of_bounds_is_not_made),
	SUITE_CASE(a_later_bundle_is_told_apart_from_damage),
};

SUITE_MAIN("bundle", cases)
