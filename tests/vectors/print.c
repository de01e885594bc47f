/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The samples as text: fields in the diagnostic notation of RFC 8949 8, then the bytes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/code.h"
#include "proto/codec/frame.h"
#include "tests/vectors/samples.h"

static void hex(FILE *to, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(to, "%02x", p[i]);
}

/* Prints the item at *at and moves behind it; trusts the bytes, which are our own. */
static void item(FILE *to, const uint8_t **at)
{
	unsigned major = **at >> 5, info = *(*at)++ & 31;
	uint64_t arg = info;

	if (info >= 24) {
		arg = 0;
		for (size_t i = (size_t)1 << (info - 24); i > 0; i--)
			arg = arg << 8 | *(*at)++;
	}
	switch (major) {
	case 0:
		fprintf(to, "%" PRIu64, arg);
		break;
	case 2:
		fputs("h'", to);
		hex(to, *at, (size_t)arg);
		fputs("'", to);
		*at += arg;
		break;
	case 3:
		fprintf(to, "\"%.*s\"", (int)arg, (const char *)*at);
		*at += arg;
		break;
	case 4:
		fputs("[", to);
		for (uint64_t i = 0; i < arg; i++) {
			fputs(i > 0 ? ", " : "", to);
			item(to, at);
		}
		fputs("]", to);
		break;
	case 7:
		fputs(arg == 21 ? "true" : "false", to);
		break;
	default:
		abort();
	}
}

static void fields(FILE *to, const char *const *names, const uint8_t *map)
{
	size_t pairs = *map++ & 31;

	for (size_t i = 0; i < pairs; i++) {
		unsigned key = *map++;

		fprintf(to, "  %u %s = ", key, names[key]);
		item(to, &map);
		fputs("\n", to);
	}
}

static void print_sample(FILE *to, const struct sample *s)
{
	static uint8_t whole[CODEC_CASE_MAX + FRAME_CHAN_HEADER];
	struct trec_bytes body = trec_bytes(s->body, s->n);
	uint8_t type = (uint8_t)s->frame;
	size_t n = 0;
	trec_err err = TREC_OK;

	fprintf(to, "%s %s\n", s->frame < SAMPLE_RECORD ? "message" : "record", s->name);
	fields(to, s->c->fields, s->body);
	fputs("  body ", to);
	hex(to, s->body, s->n);
	fputs("\n", to);
	if (s->frame < SAMPLE_RECORD && s->frame >= SAMPLE_CHAN)
		err = frame_chan_make(type, body, whole, sizeof whole, &n);
	else if (s->frame < SAMPLE_CHAN)
		err = frame_pre_make(type, body, whole, sizeof whole, &n);
	if (err != TREC_OK)
		abort();
	if (n > 0) {
		fputs("  frame ", to);
		hex(to, whole, n);
		fputs("\n", to);
	}
	fputs("\n", to);
}

static const char *const code_fields[] = { "version", "commitment", "secret", "hints", "expires",
					   "multi_use" };

static void print_code(FILE *to, const char *name, const struct code *c)
{
	char text[CODE_TEXT_MAX + 1];
	uint8_t map[CODE_CBOR_MAX];
	size_t n = 0, k = 0;
	uint32_t held = 0;
	unsigned bits = 0;

	if (code_encode(c, text, sizeof text, &n) != TREC_OK)
		abort();
	for (const char *p = text + 5; p < text + n - 2; p++) {
		held = held << 5 | (uint32_t)(*p >= 'A' ? *p - 'A' : *p - '2' + 26);
		bits += 5;
		if (bits >= 8)
			map[k++] = (uint8_t)(held >> (bits -= 8));
	}
	fprintf(to, "code %s\n", name);
	fields(to, code_fields, map);
	fputs("  body ", to);
	hex(to, map, k);
	fprintf(to, "\n  text %s\n\n", text);
}

static void print_codes(FILE *to)
{
	static const char *const names[SAMPLE_CODES] = { "one-time", "multi-use", "without-hints" };
	struct code c[SAMPLE_CODES];

	samples_codes(c);
	for (size_t i = 0; i < SAMPLE_CODES; i++)
		print_code(to, names[i], &c[i]);
}

static void print_ids(FILE *to)
{
	struct trec_id id;
	char text[TREC_ID_TEXT_LEN + 1], grouped[TREC_ID_GROUPED_LEN + 1];

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < TREC_ID_LEN; i++)
			id.b[i] = (uint8_t)(round == 0 ? 0 : round == 1 ? i : 255 - 7 * i);
		trec_id_to_text(&id, text);
		trec_id_to_grouped(&id, grouped);
		fputs("id ", to);
		hex(to, id.b, TREC_ID_LEN);
		fprintf(to, "\n  text %s\n  grouped %s\n\n", text, grouped);
	}
}

void samples_print(FILE *to)
{
	static struct sample s[SAMPLES_MAX];
	size_t n = samples_make(s);

	fputs("# Vectors of docs/PROTOCOL.md, made by tests/vectors/make_messages. Fields are in\n"
	      "# the diagnostic notation of RFC 8949 8; body is their encoding, frame is "
	      "header and\n"
	      "# body. Checked by tests/unit/test_vectors and tests/interop/check-vectors.\n\n",
	      to);
	for (size_t i = 0; i < n; i++)
		print_sample(to, &s[i]);
	print_codes(to);
	print_ids(to);
}
