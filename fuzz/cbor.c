/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: an item that rd_raw takes whole is read item by item without error, and written
 * again by the writer gives the same bytes; a shorter or longer view of it is refused.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t out[MAX];
	struct trec_bytes in = trec_bytes(data, n);
	struct rd r = rd_from(in);
	size_t written = 0;

	if (n > MAX)
		return 0;
	keys_are_found(in);
	struct trec_bytes raw = rd_raw(&r);

	if (!rd_done(&r))
		return 0;
	fuzz_must(raw.p == data && raw.n == n, "rd_raw answers the item's own bytes");
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
