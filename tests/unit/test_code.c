/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about proto/codec/code: the text of a pairing code. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/code.h"
#include "proto/codec/idtext.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"
#include "tests/vectors/samples.h"

static char text[CODE_TEXT_MAX + 1];
static size_t text_n;

static trec_err encode(const struct code *c)
{
	return code_encode(c, text, sizeof text, &text_n);
}

static struct code sample(size_t i)
{
	struct code c[SAMPLE_CODES];

	samples_codes(c);
	return c[i];
}

static bool same(const struct code *a, const struct code *b)
{
	if (a->hints.count != b->hints.count || a->secret_len != b->secret_len)
		return false;
	for (size_t i = 0; i < a->hints.count; i++)
		if (strcmp(a->hints.uri[i], b->hints.uri[i]) != 0)
			return false;
	return memcmp(a->commitment, b->commitment, sizeof a->commitment) == 0 &&
	       memcmp(a->secret, b->secret, sizeof a->secret) == 0 &&
	       a->expires_s == b->expires_s && a->multi_use == b->multi_use;
}

static bool empty(const struct code *c)
{
	static const struct code none;

	return memcmp(c, &none, sizeof none) == 0;
}

static void a_code_comes_back_from_its_text(void)
{
	for (size_t i = 0; i < SAMPLE_CODES; i++) {
		struct code c = sample(i), back;

		CU_ASSERT_EQUAL(encode(&c), TREC_OK);
		CU_ASSERT_EQUAL(strlen(text), text_n);
		CU_ASSERT_EQUAL(code_decode(text, text_n, &back), TREC_OK);
		CU_ASSERT_TRUE(same(&c, &back));
	}
}

static void it_is_text_of_the_qr_alphanumeric_alphabet(void)
{
	struct code c = sample(0);

	CU_ASSERT_EQUAL(encode(&c), TREC_OK);
	CU_ASSERT_TRUE(strncmp(text, "TREC:", 5) == 0);
	for (const char *p = text + 5; *p != '\0'; p++)
		CU_ASSERT_TRUE((*p >= 'A' && *p <= 'Z') || (*p >= '2' && *p <= '7'));
}

static void case_dashes_and_white_space_do_not_matter_in_a_code(void)
{
	struct code c = sample(1), back;
	char odd[2 * CODE_TEXT_MAX];
	size_t k = 0;

	CU_ASSERT_EQUAL(encode(&c), TREC_OK);
	for (size_t i = 0; i < text_n; i++) {
		odd[k++] = (char)tolower(text[i]);
		if (i % 4 == 3)
			odd[k++] = "- \t\n"[i / 4 % 4];
	}
	odd[k++] = '\n';
	CU_ASSERT_EQUAL(code_decode(odd, k, &back), TREC_OK);
	CU_ASSERT_TRUE(same(&c, &back));
}

static void any_wrong_character_of_a_code_is_found(void)
{
	struct code c = sample(0), back;
	size_t missed = 0;

	CU_ASSERT_EQUAL(encode(&c), TREC_OK);
	for (size_t i = 0; i < text_n; i++) {
		char right = text[i];

		for (int wrong = 33; wrong < 127; wrong++) {
			text[i] = (char)wrong;
			if (toupper(wrong) == right || wrong == '-')
				continue;
			missed += code_decode(text, text_n, &back) == TREC_OK;
			CU_ASSERT_TRUE(empty(&back));
		}
		text[i] = right;
	}
	CU_ASSERT_EQUAL(missed, 0);
}

static void any_swapped_neighbours_of_a_code_are_found(void)
{
	size_t missed = 0;

	for (size_t k = 0; k < SAMPLE_CODES; k++) {
		struct code c = sample(k), back;

		CU_ASSERT_EQUAL(encode(&c), TREC_OK);
		for (size_t i = 0; i + 1 < text_n; i++) {
			char a = text[i];

			text[i] = text[i + 1];
			text[i + 1] = a;
			missed += text[i] != a && code_decode(text, text_n, &back) == TREC_OK;
			text[i + 1] = text[i];
			text[i] = a;
		}
	}
	CU_ASSERT_EQUAL(missed, 0);
}

static void every_truncation_of_a_code_is_refused(void)
{
	struct code c = sample(1), back;

	CU_ASSERT_EQUAL(encode(&c), TREC_OK);
	for (size_t n = 0; n < text_n; n++)
		CU_ASSERT_EQUAL(code_decode(text, n, &back), TREC_E_BAD_CODE);
}

/* The text of any map, with right check characters. */
static trec_err decode_map(struct trec_bytes map)
{
	static char t[CODE_TEXT_MAX + 64];
	struct code back;

	memcpy(t, "TREC:", 5);
	idtext_encode(map, t + 5);
	return code_decode(t, 5 + IDTEXT_CHARS(map.n) + IDTEXT_CHECK_LEN, &back);
}

static trec_err decode_map_hex(const char *hex)
{
	uint8_t b[256];

	return decode_map(trec_bytes(b, sweep_unhex(hex, b, sizeof b)));
}

#define ZEROS16 "00000000000000000000000000000000"

static void what_is_inside_is_judged_as_strictly_as_a_message(void)
{
	CU_ASSERT_EQUAL(decode_map_hex("a6 0001 0150" ZEROS16 "0250" ZEROS16 "0380 0400 05f4"),
			TREC_OK);
	CU_ASSERT_EQUAL(decode_map_hex("a7 0001 0150" ZEROS16 "0250" ZEROS16 "0380 0400 05f4 2001"),
			TREC_OK);
	CU_ASSERT_EQUAL(decode_map_hex("a7 0001 0150" ZEROS16 "0250" ZEROS16 "0380 0400 05f4 0601"),
			TREC_E_BAD_CODE);
	CU_ASSERT_EQUAL(decode_map_hex("a5 0001 0150" ZEROS16 "0250" ZEROS16 "0380 0400"),
			TREC_E_BAD_CODE);
	CU_ASSERT_EQUAL(decode_map_hex("a6 0001 0150" ZEROS16 "0250" ZEROS16 "0380 0400 05f6"),
			TREC_E_BAD_CODE);
	CU_ASSERT_EQUAL(decode_map_hex("a6 0001 0150" ZEROS16 "0250" ZEROS16 "0380 0400 05f400"),
			TREC_E_BAD_CODE);
	CU_ASSERT_EQUAL(decode_map_hex("a6 0001 0150" ZEROS16 "0250" ZEROS16 "0381613a 0400 05f4"),
			TREC_E_BAD_CODE);
	CU_ASSERT_EQUAL(decode_map_hex("a6 0001 0150" ZEROS16 "0250" ZEROS16
				       "0380 041b0000003afff4417f 05f4"),
			TREC_OK);
	CU_ASSERT_EQUAL(decode_map_hex("a6 0001 0150" ZEROS16 "0250" ZEROS16
				       "0380 041b0000003afff44180 05f4"),
			TREC_E_BAD_CODE);
	CU_ASSERT_EQUAL(decode_map_hex("a1 0002"), TREC_E_VERSION);
	CU_ASSERT_EQUAL(decode_map_hex("a0"), TREC_E_BAD_CODE);
	CU_ASSERT_EQUAL(decode_map_hex(""), TREC_E_BAD_CODE);
}

static void secrets_are_16_to_32_bytes(void)
{
	struct code c = sample(0);

	for (size_t n = 0; n <= CODE_SECRET_MAX + 1; n++) {
		c.secret_len = n;
		CU_ASSERT_EQUAL(encode(&c), n >= CODE_SECRET_MIN && n <= CODE_SECRET_MAX ?
						    TREC_OK :
						    TREC_E_USAGE);
	}
	CU_ASSERT_EQUAL(decode_map_hex("a6 0001 0150" ZEROS16 "024f"
				       "000000000000000000000000000000"
				       "0380 0400 05f4"),
			TREC_E_BAD_CODE);
	CU_ASSERT_EQUAL(decode_map_hex("a6 0001 0150" ZEROS16 "025820" ZEROS16 ZEROS16
				       "0380 0400 05f4"),
			TREC_OK);
	CU_ASSERT_EQUAL(decode_map_hex("a6 0001 0150" ZEROS16 "025821" ZEROS16 ZEROS16 "00"
				       "0380 0400 05f4"),
			TREC_E_BAD_CODE);
}

static void the_largest_code_fits_and_larger_input_is_refused(void)
{
	static char big[CODE_INPUT_MAX + 2];
	struct code c = sample(1), back;
	size_t n;

	memset(&c.hints, 0, sizeof c.hints);
	for (char i = 0; i < MSG_HINTS_MAX; i++) {
		char uri[MSG_HINT_MAX + 1] = { 0 };

		memset(uri, '0' + i, MSG_HINT_MAX);
		memcpy(uri, "tcp:", 4);
		CU_ASSERT_TRUE_FATAL(msg_hints_add(&c.hints, uri));
	}
	c.expires_s = CODE_EXPIRES_MAX;
	CU_ASSERT_EQUAL(encode(&c), TREC_OK);
	CU_ASSERT_TRUE(text_n <= CODE_TEXT_MAX);
	CU_ASSERT_EQUAL(code_decode(text, text_n, &back), TREC_OK);
	CU_ASSERT_TRUE(same(&c, &back));
	CU_ASSERT_EQUAL(code_encode(&c, big, text_n, &n), TREC_E_NO_SPACE);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(code_encode(&c, big, text_n + 1, &n), TREC_OK);
	memset(big, ' ', sizeof big);
	memcpy(big, text, text_n);
	CU_ASSERT_EQUAL(code_decode(big, CODE_INPUT_MAX, &back), TREC_OK);
	CU_ASSERT_EQUAL(code_decode(big, CODE_INPUT_MAX + 1, &back), TREC_E_BAD_CODE);
	c.expires_s++;
	CU_ASSERT_EQUAL(encode(&c), TREC_E_USAGE);
}

static void other_prefixes_are_no_codes(void)
{
	static const char *const bad[] = { "", "T", "TREC", "TREC:", "TREC:A", "TREC;AA", "AA" };
	struct code back;

	for (size_t i = 0; i < BASE_COUNT(bad); i++)
		CU_ASSERT_EQUAL(code_decode(bad[i], strlen(bad[i]), &back), TREC_E_BAD_CODE);
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_code_comes_back_from_its_text),
	SUITE_CASE(it_is_text_of_the_qr_alphanumeric_alphabet),
	SUITE_CASE(case_dashes_and_white_space_do_not_matter_in_a_code),
	SUITE_CASE(any_wrong_character_of_a_code_is_found),
	SUITE_CASE(any_swapped_neighbours_of_a_code_are_found),
	SUITE_CASE(every_truncation_of_a_code_is_refused),
	SUITE_CASE(what_is_inside_is_judged_as_strictly_as_a_message),
	SUITE_CASE(secrets_are_16_to_32_bytes),
	SUITE_CASE(the_largest_code_fits_and_larger_input_is_refused),
	SUITE_CASE(other_prefixes_are_no_codes),
};

SUITE_MAIN("code", cases)
