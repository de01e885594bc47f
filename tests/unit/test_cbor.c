/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about the CBOR reader: RFC 8949 appendix A in scope, and all that is refused. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/cbor.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

#define CAP 1024

static bool item_ok(struct trec_bytes in)
{
	struct rd r = rd_from(in);
	struct trec_bytes raw = rd_raw(&r);

	return rd_done(&r) && raw.n == in.n;
}

static bool hex_ok(const char *hex)
{
	uint8_t b[CAP];

	return item_ok(trec_bytes(b, sweep_unhex(hex, b, sizeof b)));
}

/* RFC 8949 appendix A: integers. */
static const struct {
	const char *hex;
	uint64_t value;
} uints[] = {
	{ "00", 0 },
	{ "01", 1 },
	{ "0a", 10 },
	{ "17", 23 },
	{ "1818", 24 },
	{ "1819", 25 },
	{ "1864", 100 },
	{ "1903e8", 1000 },
	{ "1a000f4240", 1000000 },
	{ "1b000000e8d4a51000", 1000000000000 },
	{ "1bffffffffffffffff", UINT64_MAX },
	/* either side of each width */
	{ "18ff", 255 },
	{ "190100", 256 },
	{ "19ffff", 65535 },
	{ "1a00010000", 65536 },
	{ "1affffffff", 4294967295 },
	{ "1b0000000100000000", 4294967296 },
};

static const struct {
	const char *hex;
	int64_t value;
} ints[] = {
	{ "20", -1 },           { "29", -10 },
	{ "3863", -100 },       { "3903e7", -1000 },
	{ "3b7fffffffffffffff", INT64_MIN }, { "17", 23 },
	{ "1b7fffffffffffffff", INT64_MAX },
};

static void appendix_a_integers_read_and_write(void)
{
	uint8_t b[CAP], out[CAP];
	size_t n, m;

	for (size_t i = 0; i < BASE_COUNT(uints); i++) {
		n = sweep_unhex(uints[i].hex, b, sizeof b);
		struct rd r = rd_from(trec_bytes(b, n));
		struct wr w = wr_to(out, sizeof out);

		CU_ASSERT_EQUAL(rd_uint(&r, 0, UINT64_MAX), uints[i].value);
		CU_ASSERT_TRUE(rd_done(&r));
		wr_uint(&w, uints[i].value);
		CU_ASSERT_TRUE(wr_done(&w, &m) && m == n && memcmp(out, b, n) == 0);
	}
	for (size_t i = 0; i < BASE_COUNT(ints); i++) {
		n = sweep_unhex(ints[i].hex, b, sizeof b);
		struct rd r = rd_from(trec_bytes(b, n));
		struct wr w = wr_to(out, sizeof out);

		CU_ASSERT_EQUAL(rd_int(&r, INT64_MIN, INT64_MAX), ints[i].value);
		CU_ASSERT_TRUE(rd_done(&r));
		wr_int(&w, ints[i].value);
		CU_ASSERT_TRUE(wr_done(&w, &m) && m == n && memcmp(out, b, n) == 0);
	}
}

static void integers_beyond_int64_are_no_int(void)
{
	uint8_t b[9];

	for (int i = 0; i < 2; i++) {
		size_t n = sweep_unhex(i ? "1b8000000000000000" : "3bffffffffffffffff", b, 9);
		struct rd r = rd_from(trec_bytes(b, n));

		CU_ASSERT_EQUAL(rd_int(&r, INT64_MIN, INT64_MAX), 0);
		CU_ASSERT_FALSE(rd_done(&r));
	}
}

/* RFC 8949 appendix A: what deterministic encoding leaves of strings, arrays and maps. */
static void appendix_a_in_scope_is_accepted(void)
{
	static const char *const good[] = {
		"f4", "f5", "f6", "40", "4401020304", "60", "6161", "6449455446", "62225c",
		"62c3bc", "63e6b0b4", "64f0908591", "80", "83010203", "8301820203820405",
		"98190102030405060708090a0b0c0d0e0f101112131415161718181819", "a0", "a201020304",
		"a26161016162820203", "826161a161626163",
		"a56161614161626142616361436164614461656145",
	};

	for (size_t i = 0; i < BASE_COUNT(good); i++)
		CU_ASSERT_TRUE_FATAL(hex_ok(good[i]));
}

static void appendix_a_out_of_scope_is_refused(void)
{
	static const char *const bad[] = {
		/* floats */
		"f90000", "f98000", "f93c00", "fb3ff199999999999a", "f93e00", "f97bff",
		"fa47c35000", "fa7f7fffff", "fb7e37e43c8800759c", "f97c00", "f97e00",
		"fa7f800000", "fb7ff8000000000000",
		/* undefined, other simple values */
		"f7", "f0", "f818", "f8ff", "f814", "e0",
		/* tags, bignums */
		"c249010000000000000000", "c349010000000000000000", "c11a514b67b0", "d74401020304",
		"c1", "81c1", "d818456449455446",
		"d82076687474703a2f2f7777772e6578616d706c652e636f6d",
		/* indefinite lengths */
		"5f42010243030405ff", "7f657374726561646d696e67ff", "9fff", "9f018202039f0405ffff",
		"bf61610161629f0203ffff", "ff",
	};

	for (size_t i = 0; i < BASE_COUNT(bad); i++)
		CU_ASSERT_FALSE(hex_ok(bad[i]));
}

static void longer_forms_than_needed_are_refused(void)
{
	static const char *const bad[] = {
		"1800", "1817", "190000", "1900ff", "1a00000000", "1a0000ffff",
		"1b0000000000000000", "1b00000000ffffffff", "3800", "3900ff", "5800",
		"580141", "5900ff", "7800", "780161", "9800", "980100", "b800", "b8010000",
		"1c", "1d", "1e", "1f", "3c", "5c", "7d", "9e", "bc", "dc", "fc",
	};

	for (size_t i = 0; i < BASE_COUNT(bad); i++)
		CU_ASSERT_FALSE(hex_ok(bad[i]));
}

static void map_keys_must_ascend_bytewise(void)
{
	CU_ASSERT_TRUE(hex_ok("a20a00186400"));
	CU_ASSERT_TRUE(hex_ok("a5 0a00 186400 2000 617a00 62616100"));
	CU_ASSERT_FALSE(hex_ok("a2 01000100"));
	CU_ASSERT_FALSE(hex_ok("a2 02000100"));
	CU_ASSERT_FALSE(hex_ok("a2 20000100"));
	CU_ASSERT_FALSE(hex_ok("a2 21002000"));
	CU_ASSERT_FALSE(hex_ok("a2 62616100 617a00"));
	CU_ASSERT_FALSE(hex_ok("a2 617a00 617a00"));
	/* array and map as keys, a missing value */
	CU_ASSERT_FALSE(hex_ok("a1 8000"));
	CU_ASSERT_FALSE(hex_ok("a1 a000"));
	CU_ASSERT_FALSE(hex_ok("a1 00"));
	CU_ASSERT_FALSE(hex_ok("a2 000001"));
}

static void four_levels_are_read_and_five_are_not(void)
{
	CU_ASSERT_TRUE(hex_ok("8181818100"));
	CU_ASSERT_FALSE(hex_ok("818181818100"));
	CU_ASSERT_TRUE(hex_ok("81818180"));
	CU_ASSERT_FALSE(hex_ok("8181818180"));
	CU_ASSERT_TRUE(hex_ok("a100a100a100a10000"));
	CU_ASSERT_FALSE(hex_ok("a100a100a100a100a10000"));
	CU_ASSERT_FALSE(hex_ok("a100a100a100a100a0"));
	/* closing a level makes room again */
	CU_ASSERT_TRUE(hex_ok("82 81818100 81818100"));
}

static void counts_beyond_the_input_are_refused_at_once(void)
{
	CU_ASSERT_FALSE(hex_ok("9affffffff"));
	CU_ASSERT_FALSE(hex_ok("bb7fffffffffffffff"));
	CU_ASSERT_FALSE(hex_ok("5bffffffffffffffff"));
	CU_ASSERT_FALSE(hex_ok("7bfffffffffffffff0"));
	CU_ASSERT_FALSE(hex_ok("83 0102"));
	CU_ASSERT_FALSE(hex_ok("a2 000101"));
	CU_ASSERT_FALSE(hex_ok("44010203"));
	CU_ASSERT_FALSE(hex_ok(""));
}

static bool utf8(const char *hex)
{
	uint8_t b[16];

	return cbor_utf8_ok(trec_bytes(b, sweep_unhex(hex, b, sizeof b)));
}

static void arrays_end_at_their_largest_count(void)
{
	static uint8_t b[CBOR_ITEMS_MAX + 4];

	b[0] = 0x99;
	for (size_t n = CBOR_ITEMS_MAX - 1; n <= CBOR_ITEMS_MAX + 1; n++) {
		base_put16(b + 1, (uint32_t)n);
		CU_ASSERT_EQUAL(item_ok(trec_bytes(b, 3 + n)), n <= CBOR_ITEMS_MAX);
	}
}

static void utf8_is_strict(void)
{
	static const char *const good[] = { "00", "7f", "c280", "dfbf", "e0a080", "ed9fbf",
					    "ee8080", "efbfbf", "f0908080", "f48fbfbf" };
	static const char *const bad[] = {
		"80", "bf", "c0af", "c1bf", "c2", "e08080", "e09fbf", "eda080", "edbfbf",
		"e0a0", "f08080af", "f08fbfbf", "f4908080", "f5808080", "f8888080", "fe", "ff",
		"c241", "e28241", "f0909041", "41c2",
	};

	for (size_t i = 0; i < BASE_COUNT(good); i++)
		CU_ASSERT_TRUE(utf8(good[i]));
	for (size_t i = 0; i < BASE_COUNT(bad); i++)
		CU_ASSERT_FALSE(utf8(bad[i]));
	CU_ASSERT_FALSE(hex_ok("61ff"));
	CU_ASSERT_FALSE(hex_ok("a1 61ff 00"));
	CU_ASSERT_FALSE(hex_ok("63eda080"));
}

/* Exhaustive over all code points: what the encoder of the RFC makes is read back. */
static void every_code_point_is_read_as_itself(void)
{
	size_t wrong = 0;

	for (uint32_t c = 0; c < 0x110000; c++) {
		uint8_t b[4];
		size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		uint32_t back;

		for (size_t i = 1; i < n; i++)
			b[i] = (uint8_t)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
		b[0] = n == 1 ? (uint8_t)c :
				(uint8_t)((0xf00u >> n & 0xff) | c >> 6 * (n - 1));
		struct trec_bytes in = trec_bytes(b, n);
		bool ok = cbor_utf8_next(&in, &back);
		bool surrogate = c >= 0xd800 && c <= 0xdfff;

		wrong += ok == surrogate || (ok && (back != c || in.n != 0));
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* {0: 7, 1: h'0102', 2: "ab", 3: [true, -5], -1: {..}} */
static const char sample_hex[] = "a5 0007 01420102 02626162 0382f524 20a1 0100";

static bool read_sample(struct trec_bytes in, void *ctx)
{
	struct rd r = rd_from(in);

	(void)ctx;
	rd_map(&r);
	rd_key(&r, 0);
	uint64_t v = rd_uint(&r, 7, 7);

	rd_key(&r, 1);
	struct trec_bytes b = rd_bstr(&r, 2, 2);

	rd_key(&r, 2);
	struct trec_bytes t = rd_tstr(&r, 2, 2);

	rd_key(&r, 3);
	size_t n = rd_array(&r, 2, 2);
	bool yes = rd_bool(&r);
	int64_t i = rd_int(&r, -5, -5);

	rd_map_end(&r);
	if (!rd_done(&r))
		return false;
	return v == 7 && b.n == 2 && t.n == 2 && n == 2 && yes && i == -5;
}

static bool not_read(struct trec_bytes in, void *ctx)
{
	return !read_sample(in, ctx);
}

static bool does_not_crash(struct trec_bytes in, void *ctx)
{
	(void)read_sample(in, ctx);
	(void)item_ok(in);
	return true;
}

static void a_map_is_read_key_by_key(void)
{
	uint8_t b[64];
	struct trec_bytes in = trec_bytes(b, sweep_unhex(sample_hex, b, sizeof b));

	CU_ASSERT_TRUE(read_sample(in, NULL));
	CU_ASSERT_TRUE(sweep_truncations(in, not_read, NULL));
	CU_ASSERT_TRUE(sweep_trailing(in, not_read, NULL));
	CU_ASSERT_TRUE(sweep_bytes(in, does_not_crash, NULL));
}

static bool optional_one(const char *hex, uint64_t *value)
{
	uint8_t b[64];
	struct rd r = rd_from(trec_bytes(b, sweep_unhex(hex, b, sizeof b)));

	*value = 99;
	rd_map(&r);
	if (rd_key_opt(&r, 1))
		*value = rd_uint(&r, 0, 10);
	if (rd_key_opt(&r, -2))
		*value += 100 * rd_uint(&r, 0, 10);
	rd_map_end(&r);
	return rd_done(&r);
}

static void unknown_negative_keys_are_skipped_and_others_refused(void)
{
	uint64_t v;

	CU_ASSERT_TRUE(optional_one("a0", &v) && v == 99);
	CU_ASSERT_TRUE(optional_one("a10105", &v) && v == 5);
	CU_ASSERT_TRUE(optional_one("a2 0105 2103", &v) && v == 305);
	CU_ASSERT_TRUE(optional_one("a3 0105 20826161a0 2103", &v) && v == 305);
	CU_ASSERT_FALSE(optional_one("a4 0105 2061ab 2103 38634100", &v));
	CU_ASSERT_TRUE(optional_one("a4 0105 206161 2103 38634100", &v) && v == 305);
	CU_ASSERT_TRUE(optional_one("a1 3b7fffffffffffffff f6", &v) && v == 99);
	/* smaller or greater keys that nobody asked for; text keys; bytes keys */
	CU_ASSERT_FALSE(optional_one("a2 0000 0105", &v));
	CU_ASSERT_FALSE(optional_one("a2 0105 0200", &v));
	CU_ASSERT_FALSE(optional_one("a2 0105 616100", &v));
	CU_ASSERT_FALSE(optional_one("a2 0105 410000", &v));
	/* what is skipped is held to the rules */
	CU_ASSERT_FALSE(optional_one("a1 20 1800", &v));
	CU_ASSERT_FALSE(optional_one("a1 20 f7", &v));
	CU_ASSERT_FALSE(optional_one("a1 20 c100", &v));
	CU_ASSERT_FALSE(optional_one("a1 20 c1", &v));
	CU_ASSERT_FALSE(optional_one("a1 20 a201000100", &v));
	CU_ASSERT_FALSE(optional_one("a1 20 61ff", &v));
	CU_ASSERT_FALSE(optional_one("a1 20 8181818100", &v));
	CU_ASSERT_TRUE(optional_one("a1 20 81818100", &v));
	CU_ASSERT_FALSE(optional_one("a2 2000 2000", &v));
}

static void an_absent_optional_key_leaves_the_next_in_its_place(void)
{
	uint8_t b[8];
	struct rd r = rd_from(trec_bytes(b, sweep_unhex("a2 0305 2206", b, sizeof b)));

	rd_map(&r);
	CU_ASSERT_FALSE(rd_key_opt(&r, 1));
	CU_ASSERT_FALSE(rd_key_opt(&r, 2));
	CU_ASSERT_TRUE(rd_key_opt(&r, 3));
	CU_ASSERT_EQUAL(rd_uint(&r, 0, 9), 5);
	CU_ASSERT_FALSE(rd_key_opt(&r, -1));
	CU_ASSERT_FALSE(rd_key_opt(&r, -2));
	CU_ASSERT_TRUE(rd_key_opt(&r, -3));
	CU_ASSERT_EQUAL(rd_uint(&r, 0, 9), 6);
	rd_map_end(&r);
	CU_ASSERT_TRUE(rd_done(&r));
}

static void required_keys_are_required(void)
{
	uint8_t b[8];
	struct rd r = rd_from(trec_bytes(b, sweep_unhex("a10105", b, sizeof b)));

	rd_map(&r);
	rd_key(&r, 0);
	CU_ASSERT_FALSE(rd_ok(&r));
	CU_ASSERT_EQUAL(rd_uint(&r, 0, 10), 0);
	CU_ASSERT_FALSE(rd_done(&r));
}

static void bounds_hold_at_the_limit_and_one_beyond(void)
{
	static const struct {
		const char *hex;
		int kind;
		bool ok;
	} c[] = {
		{ "05", 0, true },          { "06", 0, false },       { "02", 0, true },
		{ "01", 0, false },         { "4141", 1, false },     { "424141", 1, true },
		{ "43414141", 1, true },    { "4441414141", 1, false }, { "6141", 2, false },
		{ "624141", 2, true },      { "63414141", 2, true },  { "6441414141", 2, false },
		{ "8100", 3, false },       { "820000", 3, true },    { "83000000", 3, true },
		{ "8400000000", 3, false }, { "22", 4, true },        { "23", 4, false },
		{ "03", 4, true },          { "04", 4, false },
	};

	for (size_t i = 0; i < BASE_COUNT(c); i++) {
		uint8_t b[8];
		struct rd r = rd_from(trec_bytes(b, sweep_unhex(c[i].hex, b, sizeof b)));

		if (c[i].kind == 0)
			(void)rd_uint(&r, 2, 5);
		if (c[i].kind == 1)
			(void)rd_bstr(&r, 2, 3);
		if (c[i].kind == 2)
			(void)rd_tstr(&r, 2, 3);
		if (c[i].kind == 3)
			for (size_t k = rd_array(&r, 2, 3); k > 0; k--)
				(void)rd_uint(&r, 0, 0);
		if (c[i].kind == 4)
			(void)rd_int(&r, -3, 3);
		CU_ASSERT_EQUAL(rd_done(&r), c[i].ok);
	}
}

static void an_error_sticks_and_answers_nothing(void)
{
	uint8_t b[16], copy[4] = { 9, 9, 9, 9 };
	char text[5] = "zzzz";
	struct rd r = rd_from(trec_bytes(b, sweep_unhex("84 f7 05 4401020304 6161", b, 16)));

	(void)rd_array(&r, 4, 4);
	CU_ASSERT_FALSE(rd_bool(&r));
	CU_ASSERT_FALSE(rd_ok(&r));
	CU_ASSERT_EQUAL(rd_uint(&r, 0, 10), 0);
	CU_ASSERT_EQUAL(rd_bstr(&r, 0, 10).n, 0);
	CU_ASSERT_PTR_NULL(rd_tstr(&r, 0, 10).p);
	rd_bytes(&r, copy, 4);
	CU_ASSERT_TRUE(copy[0] == 0 && copy[3] == 0);
	rd_text(&r, text, 0, 4);
	CU_ASSERT_TRUE(text[0] == '\0' && text[4] == '\0');
	CU_ASSERT_EQUAL(rd_raw(&r).n, 0);
	CU_ASSERT_FALSE(rd_key_opt(&r, 0));
	CU_ASSERT_FALSE(rd_done(&r));
}

static void calls_out_of_order_are_errors_not_reads(void)
{
	uint8_t b[8];
	size_t n = sweep_unhex("a2 0001 0102", b, sizeof b);
	struct rd r = rd_from(trec_bytes(b, n));

	rd_map(&r);
	CU_ASSERT_EQUAL(rd_uint(&r, 0, 10), 0); /* a key was due */
	CU_ASSERT_FALSE(rd_ok(&r));
	r = rd_from(trec_bytes(b, n));
	rd_map(&r);
	rd_key(&r, 0);
	rd_key(&r, 1); /* a value was due */
	CU_ASSERT_FALSE(rd_ok(&r));
	r = rd_from(trec_bytes(b, n));
	rd_map(&r);
	rd_key(&r, 0);
	rd_map_end(&r);
	CU_ASSERT_FALSE(rd_ok(&r));
	r = rd_from(trec_bytes(b, n));
	rd_map_end(&r);
	CU_ASSERT_FALSE(rd_ok(&r));
	r = rd_from(trec_bytes(b, n));
	CU_ASSERT_FALSE(rd_done(&r));
	n = sweep_unhex("0001", b, sizeof b);
	r = rd_from(trec_bytes(b, n));
	(void)rd_uint(&r, 0, 10);
	CU_ASSERT_EQUAL(rd_uint(&r, 0, 10), 0); /* a second item at the top */
	CU_ASSERT_FALSE(rd_done(&r));
}

static void text_that_is_not_utf8_is_no_text(void)
{
	uint8_t b[8];
	struct rd r = rd_from(trec_bytes(b, sweep_unhex("63eda080", b, sizeof b)));

	CU_ASSERT_EQUAL(rd_tstr(&r, 0, 8).n, 0);
	CU_ASSERT_FALSE(rd_done(&r));
	r = rd_from(trec_bytes(b, sweep_unhex("43eda080", b, sizeof b)));
	CU_ASSERT_EQUAL(rd_bstr(&r, 0, 8).n, 3);
	CU_ASSERT_TRUE(rd_done(&r));
}

static void text_with_nul_is_no_string(void)
{
	uint8_t b[8];
	char out[4];
	struct rd r = rd_from(trec_bytes(b, sweep_unhex("63610062", b, sizeof b)));

	rd_text(&r, out, 0, 3);
	CU_ASSERT_FALSE(rd_done(&r));
}

/* A COSE_Sign1 in miniature: 18([h'a10127', {4: h'0102'}, h'a1..', h'00']) */
static void a_cose_sign1_reads_and_writes(void)
{
	static const char hex[] = "d2 84 43a10127 a104420102 44a10101f5 4100";
	uint8_t b[64], out[64];
	size_t n = sweep_unhex(hex, b, sizeof b), m;
	struct rd r = rd_from(trec_bytes(b, n));

	rd_tag(&r, 18);
	CU_ASSERT_EQUAL(rd_array(&r, 4, 4), 4);
	struct trec_bytes header = rd_bstr(&r, 0, 32);
	struct rd h = rd_from(header);

	rd_map(&h);
	rd_key(&h, 1);
	CU_ASSERT_EQUAL(rd_int(&h, -8, -7), -8);
	rd_map_end(&h);
	CU_ASSERT_TRUE(rd_done(&h));
	struct trec_bytes unprotected = rd_raw(&r);

	CU_ASSERT_EQUAL(unprotected.n, 5);
	struct trec_bytes payload = rd_bstr(&r, 0, 32), sig = rd_bstr(&r, 1, 1);

	CU_ASSERT_TRUE(rd_done(&r));
	struct wr w = wr_to(out, sizeof out);

	wr_tag(&w, 18);
	wr_array(&w, 4);
	wr_bstr(&w, header);
	wr_raw(&w, unprotected);
	wr_bstr(&w, payload);
	wr_bstr(&w, sig);
	CU_ASSERT_TRUE(wr_done(&w, &m) && m == n && memcmp(out, b, n) == 0);
}

static void a_tag_not_asked_for_or_without_item_is_refused(void)
{
	uint8_t b[8];
	struct rd r = rd_from(trec_bytes(b, sweep_unhex("d300", b, sizeof b)));

	rd_tag(&r, 18);
	CU_ASSERT_FALSE(rd_ok(&r));
	r = rd_from(trec_bytes(b, sweep_unhex("d2", b, sizeof b)));
	rd_tag(&r, 18);
	CU_ASSERT_FALSE(rd_done(&r));
	r = rd_from(trec_bytes(b, sweep_unhex("00", b, sizeof b)));
	rd_tag(&r, 18);
	CU_ASSERT_FALSE(rd_ok(&r));
	r = rd_from(trec_bytes(b, sweep_unhex("d83d00", b, sizeof b)));
	rd_tag(&r, 61);
	(void)rd_uint(&r, 0, 0);
	CU_ASSERT_TRUE(rd_done(&r));
	r = rd_from(trec_bytes(b, sweep_unhex("d200", b, sizeof b)));
	(void)rd_uint(&r, 0, 0);
	CU_ASSERT_FALSE(rd_done(&r));
}

static const struct suite_case cases[] = {
	SUITE_CASE(appendix_a_integers_read_and_write),
	SUITE_CASE(integers_beyond_int64_are_no_int),
	SUITE_CASE(appendix_a_in_scope_is_accepted),
	SUITE_CASE(appendix_a_out_of_scope_is_refused),
	SUITE_CASE(longer_forms_than_needed_are_refused),
	SUITE_CASE(map_keys_must_ascend_bytewise),
	SUITE_CASE(four_levels_are_read_and_five_are_not),
	SUITE_CASE(counts_beyond_the_input_are_refused_at_once),
	SUITE_CASE(arrays_end_at_their_largest_count),
	SUITE_CASE(utf8_is_strict),
	SUITE_CASE(every_code_point_is_read_as_itself),
	SUITE_CASE(a_map_is_read_key_by_key),
	SUITE_CASE(unknown_negative_keys_are_skipped_and_others_refused),
	SUITE_CASE(an_absent_optional_key_leaves_the_next_in_its_place),
	SUITE_CASE(required_keys_are_required),
	SUITE_CASE(bounds_hold_at_the_limit_and_one_beyond),
	SUITE_CASE(an_error_sticks_and_answers_nothing),
	SUITE_CASE(calls_out_of_order_are_errors_not_reads),
	SUITE_CASE(text_that_is_not_utf8_is_no_text),
	SUITE_CASE(text_with_nul_is_no_string),
	SUITE_CASE(a_cose_sign1_reads_and_writes),
	SUITE_CASE(a_tag_not_asked_for_or_without_item_is_refused),
};

SUITE_MAIN("cbor", cases)
