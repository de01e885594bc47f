/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See seeds.h. */
#include "fuzz/seeds.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/codec/frame.h"
#include "tests/vectors/samples.h"

void seeds_put(struct seeds *o, const char *target, const char *name, struct trec_bytes head,
	       struct trec_bytes body)
{
	char path[1024];

	snprintf(path, sizeof path, "%s/%s", o->folder, target);
	(void)mkdir(path, 0777);
	size_t at = strlen(path) + 1;

	snprintf(path, sizeof path, "%s/%s/%s", o->folder, target, name);
	for (char *p = path + at; *p != '\0'; p++)
		if (*p == '/' && (size_t)(p - path) > at)
			*p = '-';
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(head.p, 1, head.n, f) != head.n ||
	    fwrite(body.p, 1, body.n, f) != body.n)
		o->ok = false;
	if (f != NULL && fclose(f) != 0)
		o->ok = false;
}

static void put_sample(struct seeds *o, const struct sample *s)
{
	static uint8_t whole[FRAME_CHAN_HEADER + FRAME_CHAN_BODY_MAX];
	struct trec_bytes body = trec_bytes(s->body, s->n);
	uint8_t type = (uint8_t)s->frame, tag = type, place;
	size_t n = 0;
	bool record = s->frame >= SAMPLE_RECORD, chan = s->frame >= SAMPLE_CHAN;

	seeds_put(o, "cbor", s->name, trec_bytes(NULL, 0), body);
	if (record) {
		tag = (uint8_t)(0x80 + type);
		seeds_put(o, "record", s->name, trec_bytes(&tag, 1), body);
		return;
	}
	seeds_put(o, "message", s->name, trec_bytes(&tag, 1), body);
	trec_err err = chan ? frame_chan_make(type, body, whole, sizeof whole, &n) :
			      frame_pre_make(type, body, whole, sizeof whole, &n);

	place = !chan ? 0 : type < 0x20 ? 1 : 2;
	if (err != TREC_OK)
		o->ok = false;
	seeds_put(o, "frame", s->name, trec_bytes(&place, 1), trec_bytes(whole, n));
}

static void put_texts(struct seeds *o)
{
	struct code codes[SAMPLE_CODES];
	char text[CODE_TEXT_MAX + 1], name[] = "code-0";
	struct trec_id id = { { 1, 2, 3 } };
	size_t n;

	samples_codes(codes);
	for (size_t i = 0; i < SAMPLE_CODES; i++) {
		name[5] = (char)('0' + i);
		if (code_encode(&codes[i], text, sizeof text, &n) != TREC_OK)
			o->ok = false;
		seeds_put(o, "code", name, trec_bytes(NULL, 0), trec_bytes(text, n));
		seeds_put(o, "idtext", name, trec_bytes(NULL, 0), trec_bytes(text + 5, n - 5));
	}
	trec_id_to_grouped(&id, text);
	seeds_put(o, "idtext", "grouped", trec_bytes(NULL, 0), trec_bytes(text, strlen(text)));
	trec_id_to_text(&id, text);
	seeds_put(o, "idtext", "plain", trec_bytes(NULL, 0), trec_bytes(text, strlen(text)));
}

bool seeds_write(const char *folder)
{
	static struct sample s[SAMPLES_MAX];
	struct seeds o = { folder, true };
	size_t n = samples_make(s);

	for (size_t i = 0; i < n; i++)
		put_sample(&o, &s[i]);
	put_texts(&o);
	return o.ok;
}
