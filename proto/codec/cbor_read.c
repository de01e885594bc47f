/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reading half of cbor.h: RFC 8949 4.2.1 and nothing looser. */
#include <string.h>

#include "proto/codec/cbor.h"

enum major { UINT = 0, NINT = 1, BSTR = 2, TSTR = 3, ARRAY = 4, MAP = 5, TAG = 6, SIMPLE = 7 };

#define SIMPLE_FALSE 20
#define SIMPLE_TRUE 21
#define SIMPLE_NULL 22

struct head {
	enum major major;
	uint64_t arg;
	size_t n; /* bytes of the head itself */
};

struct rd rd_from(struct trec_bytes in)
{
	static const uint8_t nothing;
	struct rd r = { .in = in.n > 0 ? in : trec_bytes(&nothing, 0) };

	return r;
}

void rd_refuse(struct rd *r)
{
	r->bad = true;
}

bool rd_ok(const struct rd *r)
{
	return !r->bad;
}

static size_t left(const struct rd *r)
{
	return r->in.n - r->at;
}

/* RFC 8949 3 and 4.2.1: the shortest form only; 28 to 31 are reserved or indefinite. */
static bool head_parse(struct trec_bytes in, struct head *out)
{
	static const uint64_t least[4] = { 24, 0x100, 0x10000, 0x100000000 };
	struct head h = { 0 };

	if (in.n == 0)
		return false;
	h.major = (enum major)(in.p[0] >> 5);
	h.arg = in.p[0] & 0x1f;
	h.n = 1;
	if (h.arg >= 24) {
		if (h.arg > 27)
			return false;
		unsigned size = (unsigned)(h.arg - 24);

		h.n = 1 + ((size_t)1 << size);
		if (in.n < h.n)
			return false;
		h.arg = 0;
		for (size_t i = 1; i < h.n; i++)
			h.arg = h.arg << 8 | in.p[i];
		if (h.arg < least[size])
			return false;
	}
	if (h.major == SIMPLE && (h.n != 1 || h.arg < SIMPLE_FALSE || h.arg > SIMPLE_NULL))
		return false;
	*out = h;
	return true;
}

static bool head_peek(struct rd *r, struct head *out)
{
	memset(out, 0, sizeof *out);
	if (!r->bad && !head_parse(trec_bytes(r->in.p + r->at, left(r)), out))
		r->bad = true;
	return !r->bad;
}

/* An item may come here: inside an array that has some left, after a key, or once at the top. */
static bool item_due(struct rd *r)
{
	if (r->bad)
		return false;
	if (r->depth == 0) {
		r->bad = r->top_read;
		r->top_read = true;
		return !r->bad;
	}
	struct cbor_level *l = &r->level[r->depth - 1];

	if (l->map ? !l->value_next : l->left == 0)
		r->bad = true;
	return !r->bad;
}

/* An item was read whole. Arrays close by themselves, and then were items of what holds them. */
static void item_read(struct rd *r)
{
	while (r->depth > 0) {
		struct cbor_level *l = &r->level[r->depth - 1];

		l->left--;
		l->value_next = false;
		if (l->map || l->left > 0)
			return;
		r->depth--;
	}
}

/* The head of a due item of this kind; consumed. */
static bool take_head(struct rd *r, enum major major, struct head *out)
{
	memset(out, 0, sizeof *out);
	if (!item_due(r) || !head_peek(r, out))
		return false;
	if (out->major != major) {
		r->bad = true;
		memset(out, 0, sizeof *out);
		return false;
	}
	r->at += out->n;
	return true;
}

static bool open_level(struct rd *r, bool map, uint64_t count)
{
	/* An item takes at least a byte, a pair two: a count beyond the input is a lie. */
	if (r->depth == CBOR_DEPTH_MAX || count > CBOR_ITEMS_MAX ||
	    count > (map ? left(r) / 2 : left(r))) {
		r->bad = true;
		return false;
	}
	r->level[r->depth++] = (struct cbor_level){ .left = (uint32_t)count, .map = map };
	return true;
}

void rd_map(struct rd *r)
{
	struct head h;

	if (take_head(r, MAP, &h))
		(void)open_level(r, true, h.arg);
}

size_t rd_array(struct rd *r, size_t min, size_t max)
{
	struct head h;

	if (!take_head(r, ARRAY, &h))
		return 0;
	if (h.arg < min || h.arg > max) {
		r->bad = true;
		return 0;
	}
	if (!open_level(r, false, h.arg))
		return 0;
	if (h.arg == 0) {
		r->depth--;
		item_read(r);
	}
	return (size_t)h.arg;
}

/* RFC 8949 4.2.1: bytewise lexicographic order of the encodings. */
static int key_order(struct trec_bytes a, struct trec_bytes b)
{
	int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	if (c != 0)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

/* Takes note of the key just read at `at`; it must be greater than the one before. */
static bool key_noted(struct trec_bytes in, struct cbor_level *l, size_t at, size_t n)
{
	struct trec_bytes key = trec_bytes(in.p + at, n);

	if (l->key_n > 0 && key_order(trec_bytes(in.p + l->key_at, l->key_n), key) >= 0)
		return false;
	l->key_at = at;
	l->key_n = n;
	return true;
}

/* The integer key at the reader, without taking it. */
static bool key_peek(struct rd *r, struct head *out)
{
	if (!head_peek(r, out))
		return false;
	if (out->major != UINT && out->major != NINT)
		r->bad = true;
	return !r->bad;
}

static bool key_take(struct rd *r, const struct head *h)
{
	struct cbor_level *l = &r->level[r->depth - 1];

	if (!key_noted(r->in, l, r->at, h->n))
		r->bad = true;
	r->at += h->n;
	l->value_next = true;
	return !r->bad;
}

static struct trec_bytes span(struct rd *r);

/* Looks for key k past unknown negative keys; takes it if it is there. */
static bool key_find(struct rd *r, int64_t k)
{
	enum major major = k < 0 ? NINT : UINT;
	uint64_t arg = k < 0 ? (uint64_t)(-1 - k) : (uint64_t)k;

	while (!r->bad) {
		struct head h;
		const struct cbor_level *l = r->depth > 0 ? &r->level[r->depth - 1] : NULL;

		if (l == NULL || !l->map || l->value_next) {
			r->bad = true;
			break;
		}
		if (l->left == 0 || !key_peek(r, &h))
			break;
		if (h.major == major && h.arg == arg)
			return key_take(r, &h);
		if (h.major > major || (h.major == major && h.arg > arg))
			break;
		if (h.major != NINT) {
			r->bad = true;
			break;
		}
		if (key_take(r, &h))
			(void)span(r);
	}
	return false;
}

void rd_key(struct rd *r, int64_t k)
{
	if (!key_find(r, k))
		r->bad = true;
}

bool rd_key_opt(struct rd *r, int64_t k)
{
	return key_find(r, k);
}

void rd_map_end(struct rd *r)
{
	while (!r->bad) {
		struct head h;
		const struct cbor_level *l = r->depth > 0 ? &r->level[r->depth - 1] : NULL;

		if (l == NULL || !l->map || l->value_next) {
			r->bad = true;
		} else if (l->left == 0) {
			r->depth--;
			item_read(r);
			return;
		} else if (key_peek(r, &h)) {
			if (h.major != NINT)
				r->bad = true;
			else if (key_take(r, &h))
				(void)span(r);
		}
	}
}

uint64_t rd_uint(struct rd *r, uint64_t min, uint64_t max)
{
	struct head h;

	if (!take_head(r, UINT, &h))
		return 0;
	if (h.arg < min || h.arg > max) {
		r->bad = true;
		return 0;
	}
	item_read(r);
	return h.arg;
}

int64_t rd_int(struct rd *r, int64_t min, int64_t max)
{
	struct head h;
	int64_t v = 0;

	if (!head_peek(r, &h))
		return 0;
	if (!take_head(r, h.major == NINT ? NINT : UINT, &h))
		return 0;
	if (h.arg > INT64_MAX) {
		r->bad = true;
		return 0;
	}
	v = h.major == NINT ? -1 - (int64_t)h.arg : (int64_t)h.arg;
	if (v < min || v > max) {
		r->bad = true;
		return 0;
	}
	item_read(r);
	return v;
}

static struct trec_bytes string(struct rd *r, enum major major, size_t min, size_t max)
{
	struct head h;
	struct trec_bytes none = { 0 };

	if (!take_head(r, major, &h))
		return none;
	struct trec_bytes s = trec_bytes(r->in.p + r->at, 0);

	if (h.arg < min || h.arg > max || h.arg > left(r)) {
		r->bad = true;
		return none;
	}
	s.n = (size_t)h.arg;
	if (major == TSTR && !cbor_utf8_ok(s)) {
		r->bad = true;
		return none;
	}
	r->at += s.n;
	item_read(r);
	return s;
}

struct trec_bytes rd_bstr(struct rd *r, size_t min, size_t max)
{
	return string(r, BSTR, min, max);
}

void rd_bytes(struct rd *r, uint8_t *out, size_t n)
{
	struct trec_bytes s = string(r, BSTR, n, n);

	memset(out, 0, n);
	if (s.n > 0)
		memcpy(out, s.p, s.n);
}

struct trec_bytes rd_tstr(struct rd *r, size_t min, size_t max)
{
	return string(r, TSTR, min, max);
}

void rd_text(struct rd *r, char *out, size_t min, size_t max)
{
	struct trec_bytes s = string(r, TSTR, min, max);

	memset(out, 0, max + 1);
	if (s.n == 0)
		return;
	if (memchr(s.p, 0, s.n) != NULL)
		r->bad = true;
	else
		memcpy(out, s.p, s.n);
}

bool rd_bool(struct rd *r)
{
	struct head h;

	if (!take_head(r, SIMPLE, &h))
		return false;
	if (h.arg == SIMPLE_NULL) {
		r->bad = true;
		return false;
	}
	item_read(r);
	return h.arg == SIMPLE_TRUE;
}

void rd_tag(struct rd *r, uint64_t tag)
{
	struct head h;
	bool top = r->top_read;

	if (!take_head(r, TAG, &h))
		return;
	if (h.arg != tag)
		r->bad = true;
	/* A tag and its item are one item: the item is still due. */
	r->top_read = top;
}

/* The body of a string whose head was taken; skipped. */
static void skip_string(struct rd *r, const struct head *h)
{
	if (h->arg > left(r)) {
		r->bad = true;
		return;
	}
	struct trec_bytes s = trec_bytes(r->in.p + r->at, (size_t)h->arg);

	if (h->major == TSTR && !cbor_utf8_ok(s))
		r->bad = true;
	r->at += s.n;
}

/* One step of span(): a key, a simple item, or the opening of an array or map. */
static void span_step(struct rd *r)
{
	struct head h;
	size_t at = r->at;
	struct cbor_level *l = r->depth > 0 ? &r->level[r->depth - 1] : NULL;
	bool key = l != NULL && l->map && !l->value_next;

	if (!head_peek(r, &h))
		return;
	bool opens = h.major == ARRAY || h.major == MAP;

	if (h.major == TAG || (key && opens)) {
		r->bad = true;
		return;
	}
	r->at += h.n;
	if (opens) {
		if (open_level(r, h.major == MAP, h.arg) && h.arg == 0) {
			r->depth--;
			item_read(r);
		}
		return;
	}
	if (h.major == BSTR || h.major == TSTR)
		skip_string(r, &h);
	if (!key) {
		item_read(r);
		return;
	}
	if (!key_noted(r->in, l, at, r->at - at))
		r->bad = true;
	l->value_next = true;
}

/* A due item of any kind, whole; its raw bytes. */
static struct trec_bytes span(struct rd *r)
{
	struct trec_bytes none = { 0 };
	size_t at = r->at;
	uint8_t base = r->depth;

	if (!item_due(r))
		return none;
	uint32_t before = base > 0 ? r->level[base - 1].left : 0;

	while (!r->bad) {
		span_step(r);
		/* Inner maps are not closed by a caller here. */
		while (!r->bad && r->depth > base && r->level[r->depth - 1].map &&
		       r->level[r->depth - 1].left == 0) {
			r->depth--;
			item_read(r);
		}
		if (r->depth < base || (r->depth == base &&
					(base == 0 || r->level[base - 1].left < before)))
			break;
	}
	return r->bad ? none : trec_bytes(r->in.p + at, r->at - at);
}

struct trec_bytes rd_raw(struct rd *r)
{
	return span(r);
}

bool rd_done(const struct rd *r)
{
	return !r->bad && r->top_read && r->depth == 0 && r->at == r->in.n;
}
