/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writing half of cbor.h. What a caller could get wrong about order and count is asserted. */
#include <assert.h>
#include <string.h>

#include "proto/codec/cbor.h"

struct wr wr_to(uint8_t *p, size_t cap)
{
	struct wr w = { .p = p, .cap = cap };

	return w;
}

/* A bug of the calling code: loud in our tests, an unusable result in the field. */
static void expect(struct wr *w, bool holds)
{
	assert(w->bad || holds);
	if (!holds)
		w->bad = true;
}

static void put(struct wr *w, const void *p, size_t n)
{
	if (w->bad || n > w->cap - w->at) {
		w->bad = true;
		return;
	}
	if (n > 0)
		memcpy(w->p + w->at, p, n);
	w->at += n;
}

static void put_head(struct wr *w, unsigned major, uint64_t arg)
{
	uint8_t b[9];
	size_t n = 1;

	if (arg < 24) {
		b[0] = (uint8_t)(major << 5 | arg);
	} else {
		unsigned size = arg < 0x100 ? 0 : arg < 0x10000 ? 1 : arg < 0x100000000 ? 2 : 3;

		b[0] = (uint8_t)(major << 5 | (24 + size));
		n += (size_t)1 << size;
		for (size_t i = 1; i < n; i++)
			b[i] = (uint8_t)(arg >> 8 * (n - 1 - i));
	}
	put(w, b, n);
}

static void item_due(struct wr *w)
{
	if (w->depth == 0) {
		expect(w, w->at == 0 || w->level[0].value_next);
		w->level[0].value_next = false;
		return;
	}
	const struct cbor_level *l = &w->level[w->depth - 1];

	expect(w, l->left > 0 && (!l->map || l->value_next));
}

static void item_written(struct wr *w)
{
	while (w->depth > 0) {
		struct cbor_level *l = &w->level[w->depth - 1];

		if (l->left > 0)
			l->left--;
		l->value_next = false;
		if (l->left > 0)
			return;
		w->depth--;
	}
}

static void open_level(struct wr *w, bool map, size_t n)
{
	item_due(w);
	expect(w, w->depth < CBOR_DEPTH_MAX);
	if (n > CBOR_ITEMS_MAX)
		w->bad = true;
	put_head(w, map ? 5 : 4, n);
	if (w->bad)
		return;
	if (n == 0)
		item_written(w);
	else
		w->level[w->depth++] = (struct cbor_level){ .left = (uint32_t)n, .map = map };
}

void wr_map(struct wr *w, size_t n)
{
	open_level(w, true, n);
}

void wr_array(struct wr *w, size_t n)
{
	open_level(w, false, n);
}

static void put_int(struct wr *w, int64_t v)
{
	if (v < 0)
		put_head(w, 1, (uint64_t)(-1 - v));
	else
		put_head(w, 0, (uint64_t)v);
}

/* RFC 8949 4.2.1: the new key's encoding is greater than the last one's. */
static bool key_ascends(const struct wr *w, const struct cbor_level *l, size_t at)
{
	size_t n = w->at - at;
	size_t both = l->key_n < n ? l->key_n : n;
	int c = memcmp(w->p + l->key_at, w->p + at, both);

	return l->key_n == 0 || c < 0 || (c == 0 && l->key_n < n);
}

void wr_key(struct wr *w, int64_t k)
{
	if (w->bad)
		return;
	expect(w, w->depth > 0 && w->level[w->depth - 1].map &&
			  !w->level[w->depth - 1].value_next);
	if (w->bad)
		return;
	struct cbor_level *l = &w->level[w->depth - 1];
	size_t at = w->at;

	put_int(w, k);
	if (w->bad)
		return;
	expect(w, key_ascends(w, l, at));
	l->key_at = at;
	l->key_n = w->at - at;
	l->value_next = true;
}

void wr_uint(struct wr *w, uint64_t v)
{
	item_due(w);
	put_head(w, 0, v);
	item_written(w);
}

void wr_int(struct wr *w, int64_t v)
{
	item_due(w);
	put_int(w, v);
	item_written(w);
}

void wr_bstr(struct wr *w, struct trec_bytes v)
{
	item_due(w);
	put_head(w, 2, v.n);
	put(w, v.p, v.n);
	item_written(w);
}

void wr_bytes(struct wr *w, const uint8_t *p, size_t n)
{
	wr_bstr(w, trec_bytes(p, n));
}

void wr_tstr(struct wr *w, struct trec_bytes v)
{
	item_due(w);
	if (!cbor_utf8_ok(v))
		w->bad = true;
	put_head(w, 3, v.n);
	put(w, v.p, v.n);
	item_written(w);
}

void wr_text(struct wr *w, const char *s)
{
	wr_tstr(w, trec_bytes(s, strlen(s)));
}

void wr_bool(struct wr *w, bool v)
{
	item_due(w);
	put_head(w, 7, v ? 21 : 20);
	item_written(w);
}

void wr_tag(struct wr *w, uint64_t tag)
{
	item_due(w);
	put_head(w, 6, tag);
	/* A tag and its item are one item: at the top, one more is due. */
	if (w->depth == 0)
		w->level[0].value_next = true;
}

void wr_raw(struct wr *w, struct trec_bytes item)
{
	struct rd r = rd_from(item);

	(void)rd_raw(&r);
	item_due(w);
	if (!rd_done(&r))
		w->bad = true;
	put(w, item.p, item.n);
	item_written(w);
}

bool wr_done(const struct wr *w, size_t *n)
{
	bool whole = !w->bad && w->at > 0 && w->depth == 0 && !w->level[0].value_next;

	assert(w->bad || whole);
	*n = whole ? w->at : 0;
	return whole;
}
