/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: what our reader accepts libcbor decodes to the same tree, and writes again to the
 * same bytes; what libcbor decodes and writes to the same bytes, and is deterministic by our
 * rules (docs/PROTOCOL.md, Encoding), ours accepts. The rules are judged here on libcbor's tree.
 */
#include <cbor.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/codec/cbor.h"

#define MAX 1024

static size_t encoded(const cbor_item_t *item, uint8_t out[MAX])
{
	return cbor_serialize(item, out, MAX);
}

/* ---- our rules on libcbor's tree --------------------------------------------------------- */

/* RFC 3629 4, its grammar row by row. */
static bool is_utf8(const uint8_t *p, size_t n)
{
	static const uint8_t rows[][5] = {
		/* first byte from and to, second from and to, bytes behind */
		{ 0x00, 0x7f, 0, 0, 0 },	{ 0xc2, 0xdf, 0x80, 0xbf, 1 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 2 },	{ 0xe1, 0xec, 0x80, 0xbf, 2 },
		{ 0xed, 0xed, 0x80, 0x9f, 2 },	{ 0xee, 0xef, 0x80, 0xbf, 2 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 3 },	{ 0xf1, 0xf3, 0x80, 0xbf, 3 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 3 },
	};
	size_t at = 0;

	while (at < n) {
		const uint8_t *row = NULL;

		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
			if (p[at] >= rows[i][0] && p[at] <= rows[i][1])
				row = rows[i];
		if (row == NULL || row[4] > n - at - 1)
			return false;
		for (size_t i = 1; i <= row[4]; i++)
			if (p[at + i] < (i == 1 ? row[2] : 0x80) ||
			    p[at + i] > (i == 1 ? row[3] : 0xbf))
				return false;
		at += 1u + row[4];
	}
	return true;
}

/* The width that libcbor read is the least that the value needs. */
static bool is_shortest(const cbor_item_t *i)
{
	static const uint64_t least[] = { [CBOR_INT_8] = 0, [CBOR_INT_16] = 0x100,
					  [CBOR_INT_32] = 0x10000, [CBOR_INT_64] = 0x100000000 };

	return cbor_get_int(i) >= least[cbor_int_get_width(i)];
}

static bool follows(const cbor_item_t *before, const cbor_item_t *key)
{
	static uint8_t a[MAX], b[MAX];
	size_t n = encoded(before, a), m = encoded(key, b);
	int order = memcmp(a, b, n < m ? n : m);

	return order < 0 || (order == 0 && n < m);
}

static bool within(const cbor_item_t *item, unsigned open);

static bool map_within(const cbor_item_t *item, unsigned open)
{
	struct cbor_pair *pair = cbor_map_handle(item);

	if (!cbor_map_is_definite(item) || open == CBOR_DEPTH_MAX)
		return false;
	for (size_t i = 0; i < cbor_map_size(item); i++)
		if (cbor_isa_array(pair[i].key) || cbor_isa_map(pair[i].key) ||
		    !within(pair[i].key, open + 1) || !within(pair[i].value, open + 1) ||
		    (i > 0 && !follows(pair[i - 1].key, pair[i].key)))
			return false;
	return true;
}

static bool within(const cbor_item_t *item, unsigned open)
{
	switch (cbor_typeof(item)) {
	case CBOR_TYPE_UINT:
	case CBOR_TYPE_NEGINT:
		return is_shortest(item);
	case CBOR_TYPE_BYTESTRING:
		return cbor_bytestring_is_definite(item);
	case CBOR_TYPE_STRING:
		return cbor_string_is_definite(item) &&
		       is_utf8(cbor_string_handle(item), cbor_string_length(item));
	case CBOR_TYPE_ARRAY:
		if (!cbor_array_is_definite(item) || open == CBOR_DEPTH_MAX)
			return false;
		for (size_t i = 0; i < cbor_array_size(item); i++)
			if (!within(cbor_array_handle(item)[i], open + 1))
				return false;
		return true;
	case CBOR_TYPE_MAP:
		return map_within(item, open);
	case CBOR_TYPE_FLOAT_CTRL:
		return cbor_float_ctrl_is_ctrl(item) && cbor_ctrl_value(item) >= CBOR_CTRL_FALSE &&
		       cbor_ctrl_value(item) <= CBOR_CTRL_NULL;
	default:
		return false; /* tags */
	}
}

/* ---- the same tree ----------------------------------------------------------------------- */

static void same(struct rd *r, const cbor_item_t *item);

static bool is_key(const cbor_item_t *k)
{
	return (cbor_isa_uint(k) || cbor_isa_negint(k)) && cbor_get_int(k) <= INT64_MAX;
}

static int64_t value_of(const cbor_item_t *i)
{
	int64_t v = (int64_t)cbor_get_int(i);

	return cbor_isa_negint(i) ? -1 - v : v;
}

/* What our typed readers do not read is compared as it is written. */
static void same_raw(struct rd *r, const cbor_item_t *item)
{
	static uint8_t out[MAX];
	struct trec_bytes raw = rd_raw(r);

	fuzz_must(trec_bytes_equal(raw, trec_bytes(out, encoded(item, out))), "the same item");
}

static void same_map(struct rd *r, const cbor_item_t *item)
{
	struct cbor_pair *pair = cbor_map_handle(item);

	for (size_t i = 0; i < cbor_map_size(item); i++)
		if (!is_key(pair[i].key)) {
			same_raw(r, item);
			return;
		}
	rd_map(r);
	for (size_t i = 0; i < cbor_map_size(item); i++) {
		rd_key(r, value_of(pair[i].key));
		same(r, pair[i].value);
	}
	rd_map_end(r);
}

static void same(struct rd *r, const cbor_item_t *item)
{
	struct trec_bytes s;

	if (cbor_isa_uint(item)) {
		fuzz_must(rd_uint(r, 0, UINT64_MAX) == cbor_get_int(item), "the same number");
	} else if (is_key(item)) {
		fuzz_must(rd_int(r, INT64_MIN, -1) == value_of(item), "the same negative number");
	} else if (cbor_isa_bytestring(item)) {
		s = rd_bstr(r, 0, SIZE_MAX);
		fuzz_must(trec_bytes_equal(s, trec_bytes(cbor_bytestring_handle(item),
							 cbor_bytestring_length(item))),
			  "the same bytes");
	} else if (cbor_isa_string(item)) {
		s = rd_tstr(r, 0, SIZE_MAX);
		fuzz_must(trec_bytes_equal(s, trec_bytes(cbor_string_handle(item),
							 cbor_string_length(item))),
			  "the same text");
	} else if (cbor_isa_array(item)) {
		fuzz_must(rd_array(r, 0, CBOR_ITEMS_MAX) == cbor_array_size(item), "as many items");
		for (size_t i = 0; i < cbor_array_size(item); i++)
			same(r, cbor_array_handle(item)[i]);
	} else if (cbor_isa_map(item)) {
		same_map(r, item);
	} else if (cbor_is_bool(item)) {
		fuzz_must(rd_bool(r) == (cbor_ctrl_value(item) == CBOR_CTRL_TRUE), "as true");
	} else {
		same_raw(r, item);
	}
}

/* ---- the target -------------------------------------------------------------------------- */

/* libcbor takes memory for as many items as a head promises: what no input holds is not asked. */
static bool promises_little(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t count = 0;
		size_t bytes = (size_t)1 << (p[i] & 3);

		if (p[i] >> 5 < 2 || p[i] >> 5 > 5 || (p[i] & 31) < 26 || (p[i] & 31) > 27)
			continue;
		for (size_t k = 1; k <= bytes && i + k < n; k++)
			count = count << 8 | p[i + k];
		if (count > MAX)
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t out[MAX];
	struct cbor_load_result result;
	struct rd r = rd_from(trec_bytes(data, n));

	if (n == 0 || n > MAX)
		return 0;
	(void)rd_raw(&r);
	bool ours = rd_done(&r);

	if (!ours && !promises_little(data, n))
		return 0;
	cbor_item_t *item = cbor_load(data, n, &result);
	bool theirs = item != NULL && result.read == n;

	fuzz_must(theirs || !ours, "what ours accepts libcbor decodes");
	if (theirs) {
		theirs = encoded(item, out) == n && memcmp(out, data, n) == 0;
		fuzz_must(theirs || !ours, "and writes again to the same bytes");
		fuzz_must(ours == (theirs && within(item, 0)), "both judge alike by our rules");
	}
	if (ours) {
		r = rd_from(trec_bytes(data, n));
		same(&r, item);
		fuzz_must(rd_done(&r), "read by libcbor's tree, it is read whole");
	}
	if (item != NULL)
		cbor_decref(&item);
	return 0;
}
