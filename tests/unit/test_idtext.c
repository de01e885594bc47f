/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about the text form of ids. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/idtext.h"
#include "tests/lib/suite.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static struct trec_id some_id(unsigned round)
{
	struct trec_id id;

	for (unsigned i = 0; i < TREC_ID_LEN; i++)
		id.b[i] = (uint8_t)(round * 131 + i * (round * 2 + 1) * 37);
	return id;
}

static void base32_is_that_of_rfc_4648(void)
{
	static const char *const v[][2] = {
		{ "", "" },	       { "f", "MY" },	      { "fo", "MZXQ" },
		{ "foo", "MZXW6" },    { "foob", "MZXW6YQ" }, { "fooba", "MZXW6YTB" },
		{ "foobar", "MZXW6YTBOI" },
	};
	char text[32];
	uint8_t back[16];
	size_t n;

	for (size_t i = 0; i < BASE_COUNT(v); i++) {
		struct trec_bytes in = trec_bytes(v[i][0], strlen(v[i][0]));

		idtext_encode(in, text);
		CU_ASSERT_TRUE(memcmp(text, v[i][1], strlen(v[i][1])) == 0);
		CU_ASSERT_EQUAL(IDTEXT_CHARS(in.n), strlen(v[i][1]));
		CU_ASSERT_TRUE(idtext_decode(text, IDTEXT_CHARS(in.n) + 2, back, sizeof back, &n));
		CU_ASSERT_TRUE(trec_bytes_equal(trec_bytes(back, n), in));
	}
}

static void an_id_comes_back_from_both_its_forms(void)
{
	char text[TREC_ID_TEXT_LEN + 1], grouped[TREC_ID_GROUPED_LEN + 1];

	for (unsigned round = 0; round < 64; round++) {
		struct trec_id id = some_id(round), back;

		trec_id_to_text(&id, text);
		trec_id_to_grouped(&id, grouped);
		CU_ASSERT_EQUAL(strlen(text), TREC_ID_TEXT_LEN);
		CU_ASSERT_EQUAL(strlen(grouped), TREC_ID_GROUPED_LEN);
		CU_ASSERT_EQUAL(trec_id_from_text(text, &back), TREC_OK);
		CU_ASSERT_TRUE(memcmp(&id, &back, sizeof id) == 0);
		CU_ASSERT_EQUAL(trec_id_from_text(grouped, &back), TREC_OK);
		CU_ASSERT_TRUE(memcmp(&id, &back, sizeof id) == 0);
	}
}

static void case_dashes_and_white_space_do_not_matter(void)
{
	struct trec_id id = some_id(3), back;
	char text[TREC_ID_TEXT_LEN + 1], odd[3 * TREC_ID_TEXT_LEN + 1];
	size_t k = 0;

	trec_id_to_text(&id, text);
	for (size_t i = 0; i < TREC_ID_TEXT_LEN; i++) {
		odd[k++] = " -\t\n\r-"[i % 6];
		odd[k++] = (char)(i % 2 ? tolower(text[i]) : text[i]);
	}
	odd[k] = '\0';
	CU_ASSERT_EQUAL(trec_id_from_text(odd, &back), TREC_OK);
	CU_ASSERT_TRUE(memcmp(&id, &back, sizeof id) == 0);
}

static void any_wrong_character_is_found(void)
{
	size_t missed = 0, tried = 0;

	for (unsigned round = 0; round < 4; round++) {
		struct trec_id id = some_id(round), back;
		char text[TREC_ID_TEXT_LEN + 1];

		trec_id_to_text(&id, text);
		for (size_t i = 0; i < TREC_ID_TEXT_LEN; i++) {
			char right = text[i];

			for (const char *c = alphabet; *c != '\0'; c++) {
				text[i] = *c;
				if (*c == right)
					continue;
				tried++;
				missed += trec_id_from_text(text, &back) == TREC_OK;
			}
			text[i] = right;
		}
	}
	CU_ASSERT_EQUAL(tried, 4 * TREC_ID_TEXT_LEN * 31);
	CU_ASSERT_EQUAL(missed, 0);
}

static void any_two_swapped_neighbours_are_found(void)
{
	size_t missed = 0, tried = 0;

	for (unsigned round = 0; round < 64; round++) {
		struct trec_id id = some_id(round), back;
		char text[TREC_ID_TEXT_LEN + 1];

		trec_id_to_text(&id, text);
		for (size_t i = 0; i + 1 < TREC_ID_TEXT_LEN; i++) {
			char a = text[i], b = text[i + 1];

			if (a == b)
				continue;
			text[i] = b;
			text[i + 1] = a;
			tried++;
			missed += trec_id_from_text(text, &back) == TREC_OK;
			text[i] = a;
			text[i + 1] = b;
		}
	}
	CU_ASSERT_TRUE(tried > 3000);
	CU_ASSERT_EQUAL(missed, 0);
}

/* All values of all neighbours, in any place, data and check characters alike. */
static void every_pair_of_neighbours_swapped_is_found(void)
{
	uint8_t in[5], back[8];
	char text[16];
	size_t n, missed = 0;

	for (unsigned v = 0; v < 1024; v++) {
		for (unsigned place = 0; place < 7; place++) {
			uint64_t bits = (uint64_t)v << (30 - 5 * place);

			for (int i = 4; i >= 0; i--, bits >>= 8)
				in[i] = (uint8_t)bits;
			idtext_encode(trec_bytes(in, 5), text);
			for (size_t i = 0; i < 9; i++) {
				char a = text[i];

				text[i] = text[i + 1];
				text[i + 1] = a;
				missed += text[i] != a && idtext_decode(text, 10, back, 8, &n);
				text[i + 1] = text[i];
				text[i] = a;
			}
		}
	}
	CU_ASSERT_EQUAL(missed, 0);
}

static void other_lengths_and_alphabets_are_refused(void)
{
	struct trec_id id = some_id(1), back;
	char text[TREC_ID_TEXT_LEN + 1], other[512];

	trec_id_to_text(&id, text);
	for (size_t n = 0; n < TREC_ID_TEXT_LEN; n++) {
		snprintf(other, sizeof other, "%.*s", (int)n, text);
		CU_ASSERT_EQUAL(trec_id_from_text(other, &back), TREC_E_MALFORMED);
	}
	snprintf(other, sizeof other, "%sA", text);
	CU_ASSERT_EQUAL(trec_id_from_text(other, &back), TREC_E_MALFORMED);
	for (int c = 1; c < 256; c++) {
		snprintf(other, sizeof other, "%.20s%c%s", text, c, text + 21);
		bool fine = trec_id_from_text(other, &back) == TREC_OK;

		CU_ASSERT_EQUAL(fine, toupper(c) == text[20]);
		if (!fine)
			CU_ASSERT_EQUAL(back.b[0] | back.b[31], 0);
	}
	/* right check characters, wrong length: 31 and 33 bytes */
	uint8_t long_id[33] = { 0 };

	for (size_t n = 31; n <= 33; n += 2) {
		idtext_encode(trec_bytes(long_id, n), other);
		other[IDTEXT_CHARS(n) + 2] = '\0';
		CU_ASSERT_EQUAL(trec_id_from_text(other, &back), TREC_E_MALFORMED);
	}
}

/* Found by the fuzzer: what lay behind 256 characters was not looked at. */
static void text_longer_than_is_looked_at_is_refused(void)
{
	struct trec_id id = some_id(1), back;
	char text[300];

	memset(text, ' ', sizeof text);
	trec_id_to_text(&id, text);
	text[TREC_ID_TEXT_LEN] = ' ';
	text[256] = '\0';
	CU_ASSERT_EQUAL(trec_id_from_text(text, &back), TREC_OK);
	text[256] = 'A';
	text[257] = '\0';
	CU_ASSERT_EQUAL(trec_id_from_text(text, &back), TREC_E_MALFORMED);
	text[256] = ' ';
	CU_ASSERT_EQUAL(trec_id_from_text(text, &back), TREC_E_MALFORMED);
}

/* Unused bits must be zero: one byte is two characters, of which the last has two unused bits. */
static void no_bytes_have_two_texts(void)
{
	uint8_t back[4];
	size_t n, accepted = 0;

	for (unsigned v = 0; v < 1024; v++)
		for (unsigned c = 0; c < 1024; c++) {
			char text[4] = { alphabet[v >> 5], alphabet[v & 31], alphabet[c >> 5],
					 alphabet[c & 31] };

			accepted += idtext_decode(text, 4, back, sizeof back, &n);
		}
	CU_ASSERT_EQUAL(accepted, 256);
	/* one, three and six characters are no whole number of bytes */
	CU_ASSERT_FALSE(idtext_decode("AAA", 3, back, sizeof back, &n));
	CU_ASSERT_FALSE(idtext_decode("AAAAA", 5, back, sizeof back, &n));
	CU_ASSERT_FALSE(idtext_decode("AAAAAAAA", 8, back, sizeof back, &n));
	CU_ASSERT_FALSE(idtext_decode("A", 1, back, sizeof back, &n));
	CU_ASSERT_TRUE(idtext_decode("AA", 2, back, sizeof back, &n) && n == 0);
}

static void prefixes_match_from_one_character_on(void)
{
	struct trec_id id = some_id(2);
	char text[TREC_ID_TEXT_LEN + 2], part[80];

	trec_id_to_text(&id, text);
	for (size_t n = 1; n <= TREC_ID_TEXT_LEN; n++) {
		snprintf(part, sizeof part, "%.*s", (int)n, text);
		CU_ASSERT_TRUE(idtext_has_prefix(&id, part));
		for (char *p = part; *p != '\0'; p++)
			*p = (char)tolower(*p);
		CU_ASSERT_TRUE(idtext_has_prefix(&id, part));
		part[n - 1] = part[n - 1] == 'a' ? 'b' : 'a';
		CU_ASSERT_FALSE(idtext_has_prefix(&id, part));
	}
	CU_ASSERT_FALSE(idtext_has_prefix(&id, ""));
	CU_ASSERT_FALSE(idtext_has_prefix(&id, "--"));
	CU_ASSERT_FALSE(idtext_has_prefix(&id, "1"));
	strcat(text, "A");
	CU_ASSERT_FALSE(idtext_has_prefix(&id, text));
}

static const struct suite_case cases[] = {
	SUITE_CASE(base32_is_that_of_rfc_4648),
	SUITE_CASE(an_id_comes_back_from_both_its_forms),
	SUITE_CASE(case_dashes_and_white_space_do_not_matter),
	SUITE_CASE(any_wrong_character_is_found),
	SUITE_CASE(any_two_swapped_neighbours_are_found),
	SUITE_CASE(every_pair_of_neighbours_swapped_is_found),
	SUITE_CASE(other_lengths_and_alphabets_are_refused),
	SUITE_CASE(text_longer_than_is_looked_at_is_refused),
	SUITE_CASE(no_bytes_have_two_texts),
	SUITE_CASE(prefixes_match_from_one_character_on),
};

SUITE_MAIN("idtext", cases)
