/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See forms.h. */
#include "tests/memory/forms.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/wolfcrypt/sha256.h>

#define SECRET_MAX 2100
#define BLOCK 64 /* of SHA-256 */

static void add(struct forms *f, const char *name, const char *form, const uint8_t *p, size_t n)
{
	if (f->count == FORMS_MAX)
		return;
	struct piece *piece = &f->piece[f->count++];

	snprintf(piece->name, sizeof piece->name, "%s", name);
	piece->form = form;
	memcpy(piece->b, p, n);
	piece->n = n;
}

/* Words of `word` bytes, swapped, from every place where a word may begin. */
static void add_swapped(struct forms *f, const char *name, const char *form, const uint8_t *p,
			size_t n, size_t word)
{
	uint8_t out[FORMS_PIECE];

	for (size_t shift = 0; shift < word && shift + word <= n; shift++) {
		size_t len = (n - shift) / word * word;

		if (len < 8)
			continue;
		for (size_t i = 0; i < len; i++)
			out[i] = p[shift + i / word * word + word - 1 - i % word];
		add(f, name, form, out, len);
	}
}

static void add_piece(struct forms *f, const char *name, const uint8_t *p, size_t n)
{
	static const struct {
		uint8_t mask;
		const char *plain, *swapped;
	} masks[] = { { 0, "as it is", "words swapped" },
		      { 0x36, "inner pad", "inner pad, words swapped" },
		      { 0x5c, "outer pad", "outer pad, words swapped" } };
	uint8_t out[FORMS_PIECE];

	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i < n; i++)
			out[i] = p[i] ^ masks[k].mask;
		add(f, name, masks[k].plain, out, n);
		add_swapped(f, name, masks[k].swapped, out, n, 4);
	}
	for (size_t i = 0; i < n; i++)
		out[i] = p[n - 1 - i];
	add(f, name, "backwards", out, n);
}

/* What HMAC goes on from, having taken in its key: as good as the key. */
static void add_hmac(struct forms *f, const char *name, const uint8_t *key, size_t n)
{
	static const uint8_t pads[2] = { 0x36, 0x5c };
	uint8_t block[BLOCK] = { 0 };
	wc_Sha256 h;

	if (n > BLOCK)
		return;
	memcpy(block, key, n);
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < BLOCK; i++)
			block[i] ^= k == 0 ? pads[0] : pads[0] ^ pads[1];
		if (wc_InitSha256(&h) != 0 || wc_Sha256Update(&h, block, BLOCK) != 0)
			abort();
		add(f, name, k == 0 ? "inner hash state" : "outer hash state", (uint8_t *)h.digest,
		    16);
		wc_Sha256Free(&h);
	}
}

static void add_key(struct forms *f, const char *name, const uint8_t *p, size_t n)
{
	static const char *const digits[] = { "0123456789abcdef", "0123456789ABCDEF" };
	uint8_t hex[FORMS_PIECE];

	for (size_t at = 0; at + 16 <= n; at += 16) {
		add_piece(f, name, p + at, 16);
		add_swapped(f, name, "long words swapped", p + at, 16, 8);
		for (int upper = 0; upper < 2; upper++) {
			for (size_t i = 0; i < 16; i++) {
				hex[2 * i] = (uint8_t)digits[upper][p[at + i] >> 4];
				hex[2 * i + 1] = (uint8_t)digits[upper][p[at + i] & 15];
			}
			add(f, name, "hexadecimal", hex, 32);
		}
	}
	add_hmac(f, name, p, n);
}

/* A PIN as a number, as digits and as decimal in nibbles. */
static void add_number(struct forms *f, const char *name, const uint8_t *p, size_t n)
{
	uint8_t digits[FORMS_PIECE], nibbles[FORMS_PIECE] = { 0 }, big[8], little[8];
	uint64_t number = 0;

	for (size_t i = 0; i < n; i++) {
		digits[i] = (uint8_t)(p[i] - '0');
		nibbles[i / 2] |= (uint8_t)(digits[i] << (i % 2 == 0 ? 4 : 0));
		number = number * 10 + digits[i];
	}
	for (size_t i = 0; i < 8; i++)
		big[7 - i] = little[i] = (uint8_t)(number >> (8 * i));
	add(f, name, "digits", digits, n);
	add(f, name, "decimal in nibbles", nibbles, n / 2);
	add(f, name, "a number", big, 8);
	add(f, name, "a number, backwards", little, 8);
}

static void add_wide(struct forms *f, const char *name, const uint8_t *p, size_t n)
{
	uint8_t wide[FORMS_PIECE];

	for (size_t i = 0; i < n; i++) {
		wide[2 * i] = p[i];
		wide[2 * i + 1] = 0;
	}
	add(f, name, "two bytes a character", wide, 2 * n);
}

/* A PIN in two pieces of eight digits that overlap; a longer text in pieces of sixteen. */
static void add_text(struct forms *f, const char *name, const uint8_t *p, size_t n)
{
	bool number = n <= 12;
	size_t piece = number ? 8 : 16;

	for (size_t i = 0; i < n; i++)
		number = number && isdigit(p[i]);
	for (size_t at = 0; at + piece <= n; at += number ? n - piece : piece) {
		add_piece(f, name, p + at, piece);
		add_wide(f, name, p + at, piece);
		if (number && at == n - piece)
			break;
	}
	if (number)
		add_number(f, name, p, n);
	add_hmac(f, name, p, n);
}

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned v;

	while (n < SECRET_MAX && sscanf(hex + 2 * n, "%2x", &v) == 1)
		out[n++] = (uint8_t)v;
	return n;
}

bool forms_read(struct forms *f, const char *path)
{
	static char line[2 * SECRET_MAX + 64], hex[2 * SECRET_MAX + 1];
	static uint8_t secret[SECRET_MAX];
	FILE *in = fopen(path, "r");
	bool ok = in != NULL;
	char kind[8], name[FORMS_NAME];

	while (ok && fgets(line, sizeof line, in) != NULL) {
		if (sscanf(line, "%7s %31s %4200s", kind, name, hex) != 3 ||
		    (strcmp(kind, "text") != 0 && strcmp(kind, "key") != 0))
			continue;
		size_t n = unhex(hex, secret);
		bool text = kind[0] == 't';

		ok = n >= (text ? 10 : 16);
		if (ok && text)
			add_text(f, name, secret, n);
		else if (ok)
			add_key(f, name, secret, n);
		f->secrets++;
	}
	if (in != NULL)
		fclose(in);
	return ok && f->secrets > 0 && f->count < FORMS_MAX;
}

void forms_search(const struct forms *f, const uint8_t *p, size_t n, uint64_t base,
		  void (*found)(void *ctx, size_t piece, uint64_t at), void *ctx)
{
	static uint16_t first[65536], next[FORMS_MAX]; /* pieces by their first two bytes, from 1 */

	memset(first, 0, sizeof first);
	for (size_t i = 0; i < f->count; i++) {
		unsigned key = f->piece[i].b[0] << 8 | f->piece[i].b[1];

		next[i] = first[key];
		first[key] = (uint16_t)(i + 1);
	}
	for (size_t at = 0; at + 1 < n; at++)
		for (size_t i = first[p[at] << 8 | p[at + 1]]; i != 0; i = next[i - 1]) {
			const struct piece *piece = &f->piece[i - 1];

			if (piece->n <= n - at && memcmp(p + at, piece->b, piece->n) == 0)
				found(ctx, i - 1, base + at);
		}
}
