/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See idtext.h; also the public id functions of trec/identity.h. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/idtext.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

#define GROUP 6
#define TEXT_INPUT_MAX 256 /* characters of an id, with dashes and spaces */

/* Multiplies by the root of x^5 + x^2 + 1 in GF(32). */
static uint8_t times_alpha(uint8_t v)
{
	v = (uint8_t)(v << 1);
	return v & 0x20 ? v ^ 0x25 : v;
}

struct check {
	uint8_t c1;
	uint8_t c2;
	uint8_t power; /* alpha^(i+1) of the next character */
};

static uint8_t gf_multiply(uint8_t a, uint8_t b)
{
	uint8_t product = 0;

	for (; b > 0; b >>= 1) {
		if (b & 1)
			product ^= a;
		a = times_alpha(a);
	}
	return product;
}

static struct check check_start(void)
{
	struct check c = { .power = times_alpha(1) };

	return c;
}

static void check_add(struct check *c, uint8_t digit)
{
	c->c1 ^= digit;
	c->c2 ^= gf_multiply(c->power, digit);
	c->power = times_alpha(c->power);
}

/* The j-th five bits of in; zeros follow its end. */
static uint8_t digit_at(struct trec_bytes in, size_t j)
{
	size_t byte = j * 5 / 8;
	unsigned pair = (unsigned)in.p[byte] << 8;

	if (byte + 1 < in.n)
		pair |= in.p[byte + 1];
	return (uint8_t)(pair >> (11 - j * 5 % 8) & 31);
}

void idtext_encode(struct trec_bytes in, char *out)
{
	struct check check = check_start();
	size_t chars = IDTEXT_CHARS(in.n);

	for (size_t j = 0; j < chars; j++) {
		uint8_t digit = digit_at(in, j);

		check_add(&check, digit);
		out[j] = alphabet[digit];
	}
	out[chars] = alphabet[check.c1];
	out[chars + 1] = alphabet[check.c2];
}

static bool ignored(char c)
{
	return c == '-' || c == ' ' || (c >= '\t' && c <= '\r');
}

/* 0 to 31, or -1. */
static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	return -1;
}

struct bits {
	uint8_t *out;
	size_t cap;
	size_t n;
	uint32_t held;
	unsigned count; /* of bits held, under 8 between calls */
};

static bool bits_add(struct bits *b, uint8_t digit)
{
	b->held = (b->held << 5 | digit) & 0xfff;
	b->count += 5;
	if (b->count < 8)
		return true;
	if (b->n == b->cap)
		return false;
	b->count -= 8;
	b->out[b->n++] = (uint8_t)(b->held >> b->count);
	return true;
}

/* What is left over is less than a character and zero, or one text would have two forms. */
static bool bits_end(const struct bits *b)
{
	return b->count < 5 && (b->held & ((1u << b->count) - 1)) == 0;
}

bool idtext_decode(const char *text, size_t len, uint8_t *out, size_t cap, size_t *n)
{
	struct check check = check_start();
	struct bits bits = { .out = out, .cap = cap };
	uint8_t last[IDTEXT_CHECK_LEN] = { 0 };
	size_t seen = 0;

	*n = 0;
	for (size_t i = 0; i < len; i++) {
		int v = value_of(text[i]);

		if (ignored(text[i]))
			continue;
		if (v < 0)
			goto bad;
		if (seen++ >= IDTEXT_CHECK_LEN) {
			check_add(&check, last[0]);
			if (!bits_add(&bits, last[0]))
				goto bad;
		}
		last[0] = last[1];
		last[1] = (uint8_t)v;
	}
	if (seen < IDTEXT_CHECK_LEN || check.c1 != last[0] || check.c2 != last[1] ||
	    !bits_end(&bits))
		goto bad;
	*n = bits.n;
	return true;
bad:
	trec_wipe(out, cap);
	return false;
}

void trec_id_to_text(const struct trec_id *id, char out[TREC_ID_TEXT_LEN + 1])
{
	idtext_encode(trec_bytes(id->b, TREC_ID_LEN), out);
	out[TREC_ID_TEXT_LEN] = '\0';
}

bool trec_id_equal(const struct trec_id *a, const struct trec_id *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

void trec_id_to_grouped(const struct trec_id *id, char out[TREC_ID_GROUPED_LEN + 1])
{
	char text[TREC_ID_TEXT_LEN + 1];
	size_t k = 0;

	trec_id_to_text(id, text);
	for (size_t i = 0; i < TREC_ID_TEXT_LEN; i++) {
		if (i > 0 && i % GROUP == 0)
			out[k++] = '-';
		out[k++] = text[i];
	}
	out[k] = '\0';
}

trec_err trec_id_from_text(const char *text, struct trec_id *out)
{
	size_t len = strnlen(text, TEXT_INPUT_MAX + 1);
	size_t n = 0;

	memset(out, 0, sizeof *out);
	if (len > TEXT_INPUT_MAX || !idtext_decode(text, len, out->b, TREC_ID_LEN, &n))
		return TREC_E_MALFORMED;
	if (n != TREC_ID_LEN) {
		memset(out, 0, sizeof *out);
		return TREC_E_MALFORMED;
	}
	return TREC_OK;
}

size_t idtext_behind(const char *prefix, const char *text, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (ignored(c))
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c != prefix[k++])
			return 0;
		if (prefix[k] == '\0')
			return i + 1;
	}
	return 0;
}

bool idtext_has_prefix(const struct trec_id *id, const char *prefix)
{
	char text[TREC_ID_TEXT_LEN + 1];
	size_t k = 0;

	trec_id_to_text(id, text);
	for (; *prefix != '\0'; prefix++) {
		int v = value_of(*prefix);

		if (ignored(*prefix))
			continue;
		if (v < 0 || k == TREC_ID_TEXT_LEN || text[k] != alphabet[v])
			return false;
		k++;
	}
	return k > 0;
}
