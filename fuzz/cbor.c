/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: an item that rd_raw takes whole is read item by item without error, and written
 * again by the writer gives the same bytes; a shorter or longer view of it is refused, and so is
 * a buffer that is too short. Whatever a decoder asks for (the last bytes of the input say what),
 * bytes that it reads whole are an item to rd_raw too, but for tags.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/codec/cbor.h"

#define MAX 65536

/* What comes next, judged by its first byte; the reader has already accepted the whole. */
static void copy_item(struct rd *r, struct wr *w, unsigned depth);

static void copy_array(struct rd *r, struct wr *w, unsigned depth)
{
	size_t n = rd_array(r, 0, CBOR_ITEMS_MAX);

	wr_array(w, n);
	for (size_t i = 0; i < n && rd_ok(r); i++)
		copy_item(r, w, depth + 1);
}

static void copy_item(struct rd *r, struct wr *w, unsigned depth)
{
	unsigned major = r->at < r->in.n ? r->in.p[r->at] >> 5 : 8;

	fuzz_must(depth <= CBOR_DEPTH_MAX, "an accepted item is at most CBOR_DEPTH_MAX deep");
	if (major == 0)
		wr_uint(w, rd_uint(r, 0, UINT64_MAX));
	else if (major == 2)
		wr_bstr(w, rd_bstr(r, 0, SIZE_MAX));
	else if (major == 3)
		wr_tstr(w, rd_tstr(r, 0, SIZE_MAX));
	else if (major == 4)
		copy_array(r, w, depth);
	else
		wr_raw(w, rd_raw(r));
}

static void keys_are_found(struct trec_bytes in)
{
	struct rd r = rd_from(in);

	rd_map(&r);
	for (int64_t k = 0; k < 8; k++)
		if (rd_key_opt(&r, k))
			(void)rd_raw(&r);
	rd_map_end(&r);
	if (rd_done(&r)) {
		struct rd whole = rd_from(in);

		(void)rd_raw(&whole);
		fuzz_must(rd_done(&whole), "a map that reads key by key is an item");
	}
}

/* A decoder as hostile as its input. */
static void asked_at_random(struct trec_bytes in, struct trec_bytes asks)
{
	struct rd r = rd_from(in), whole = rd_from(in);
	char text[17];
	uint8_t bytes[4];
	bool tags = false;

	for (size_t i = 0; i < asks.n && rd_ok(&r); i++) {
		uint8_t a = asks.p[i];
		int64_t k = (int64_t)(a >> 4) - 4;

		switch (a % 14) {
		case 0: rd_map(&r); break;
		case 1: rd_key(&r, k); break;
		case 2: (void)rd_key_opt(&r, k); break;
		case 3: rd_map_end(&r); break;
		case 4: (void)rd_array(&r, 0, a >> 4); break;
		case 5: (void)rd_uint(&r, 0, (uint64_t)1 << (a >> 2)); break;
		case 6: (void)rd_int(&r, -(int64_t)a, a); break;
		case 7: (void)rd_bstr(&r, a >> 6, a >> 4); break;
		case 8: rd_bytes(&r, bytes, a >> 6); break;
		case 9: (void)rd_tstr(&r, 0, a >> 4); break;
		case 10: rd_text(&r, text, a >> 6, 16); break;
		case 11: (void)rd_bool(&r); break;
		case 12: rd_tag(&r, a >> 4), tags = true; break;
		default: (void)rd_raw(&r);
		}
	}
	if (!rd_done(&r) || tags)
		return;
	(void)rd_raw(&whole);
	fuzz_must(rd_done(&whole), "what a decoder reads whole is an item");
}

static void too_short(struct trec_bytes in, size_t cap)
{
	static uint8_t out[MAX];
	struct rd r = rd_from(in);
	struct wr w = wr_to(out, cap);
	size_t n = 1;

	copy_item(&r, &w, 0);
	fuzz_must(!wr_done(&w, &n) && n == 0, "what does not fit is not written");
}

/* Any bytes as a text, an item and a tagged item: written only where they are one. */
static void any_bytes(struct trec_bytes in)
{
	static uint8_t out[MAX + 16];
	struct wr w = wr_to(out, sizeof out);
	struct rd r = rd_from(in);
	size_t n;

	wr_tstr(&w, in);
	fuzz_must(wr_done(&w, &n) == cbor_utf8_ok(in), "text is UTF-8");
	w = wr_to(out, sizeof out);
	wr_raw(&w, in);
	(void)rd_raw(&r);
	fuzz_must(wr_done(&w, &n) == rd_done(&r), "an item is one that is read");
	w = wr_to(out, sizeof out);
	wr_tag(&w, in.n);
	wr_array(&w, 2);
	wr_int(&w, -(int64_t)in.n);
	wr_bool(&w, in.n % 2 == 0);
	fuzz_must(wr_done(&w, &n), "a tagged array");
	r = rd_from(trec_bytes(out, n));
	rd_tag(&r, in.n);
	(void)rd_array(&r, 2, 2);
	fuzz_must(rd_int(&r, INT64_MIN, 0) == -(int64_t)in.n && rd_bool(&r) == (in.n % 2 == 0) &&
			  rd_done(&r),
		  "is read as it was written");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t out[MAX];
	struct trec_bytes in = trec_bytes(data, n);
	struct rd r = rd_from(in);
	size_t written = 0;

	if (n > MAX)
		return 0;
	keys_are_found(in);
	any_bytes(in);
	if (n > 8)
		asked_at_random(trec_bytes(data, n - 8), trec_bytes(data + n - 8, 8));
	struct trec_bytes raw = rd_raw(&r);

	if (!rd_done(&r))
		return 0;
	fuzz_must(raw.p == data && raw.n == n, "rd_raw answers the item's own bytes");
	too_short(in, n - 1);
	struct rd shorter = rd_from(trec_bytes(data, n - 1));

	(void)rd_raw(&shorter);
	fuzz_must(!rd_done(&shorter), "no item is the beginning of another");
	struct wr w = wr_to(out, sizeof out);

	r = rd_from(in);
	copy_item(&r, &w, 0);
	fuzz_must(rd_done(&r), "what rd_raw takes, the typed readers take");
	fuzz_must(wr_done(&w, &written) && written == n && memcmp(out, data, n) == 0,
		  "written again, the same bytes");
	return 0;
}
