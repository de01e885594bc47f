/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: "1,500 bytes" says little; this says which messages they are. Frames before TLS
 * and TLS records are read off the wire; what the engine puts into records is seen as it hands it
 * to the channel (the linker wraps chan_write), so that encrypted bytes have names too.
 */
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>

#include "proto/codec/frame.h"
#include "proto/tls/channel.h"

#define RECORD_HEADER 5
#define RECORD_TAG 17 /* content type and tag of an encrypted record */
#define PRE_HEADER 3
#define INNER_HEADER 4
#define PARTS_MAX 48

struct part {
	char name[40];
	size_t bytes;
	unsigned times;
};

static struct part parts[PARTS_MAX];
static size_t part_count;
static size_t framed; /* bytes of frames inside TLS */
static bool counting;

static void add(const char *name, size_t bytes)
{
	size_t i = 0;

	while (i < part_count && strcmp(parts[i].name, name) != 0)
		i++;
	duo_must(i < PARTS_MAX, "few kinds of parts");
	if (i == part_count) {
		(void)snprintf(parts[i].name, sizeof(parts[i].name), "%s", name);
		part_count++;
	}
	parts[i].bytes += bytes;
	parts[i].times++;
}

static const char *frame_name(uint8_t type)
{
	static const struct {
		uint8_t type;
		const char *name;
	} names[] = {
		{ 0x41, "pair_request" }, { 0x42, "pair_params" }, { 0x43, "pair_refuse" },
		{ 0x44, "pake_share" }, { 0x45, "pake_reply" }, { 0x46, "pake_confirm" },
		{ 0x01, "channel_mac" }, { 0x02, "authenticator_request" },
		{ 0x03, "authenticator" }, { 0x04, "channel_confirm" }, { 0x05, "pair_offer" },
		{ 0x06, "pair_accept" }, { 0x07, "pair_commit" }, { 0x08, "pair_done" },
		{ 0x09, "pair_abort" }, { 0x20, "hello" }, { 0x21, "welcome" }, { 0x22, "open" },
		{ 0x23, "opened" }, { 0x24, "service_failed" }, { 0x25, "data" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return names[i].name;
	return "other";
}

trec_err __real_chan_write(struct chan *c, struct trec_bytes in, size_t *used);
trec_err __wrap_chan_write(struct chan *c, struct trec_bytes in, size_t *used);

/* A run's frames are far shorter than what a channel takes at a time: all come whole. */
trec_err __wrap_chan_write(struct chan *c, struct trec_bytes in, size_t *used)
{
	trec_err err = __real_chan_write(c, in, used);
	size_t at = 0;

	while (counting && at + INNER_HEADER <= *used) {
		const uint8_t *f = in.p + at;
		size_t n = INNER_HEADER + ((size_t)f[1] << 16 | (size_t)f[2] << 8 | f[3]);

		add(frame_name(f[0]), n);
		framed += n;
		at += n;
	}
	return err;
}

void bench_bytes_begin(struct duo *d)
{
	part_count = 0;
	framed = 0;
	counting = true;
	d->keep = true;
}

static size_t u16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* One TLS record; adds what it carries encrypted to *sealed. */
static size_t record(const uint8_t *p, int from, size_t *sealed)
{
	size_t body = u16(p + 3);

	if (p[0] == 20) {
		add("change_cipher_spec", RECORD_HEADER + body);
	} else if (p[0] == 22) {
		add(from == 0 ? "ClientHello" : "ServerHello", RECORD_HEADER + body);
	} else {
		add("headers and tags of records", RECORD_HEADER + RECORD_TAG);
		*sealed += body - RECORD_TAG;
	}
	return RECORD_HEADER + body;
}

void bench_bytes_print(struct duo *d)
{
	size_t sealed = 0, sum = 0;

	counting = false;
	for (int i = 0; i < 2; i++)
		for (size_t at = 0; at + RECORD_HEADER <= d->kept_len[i];) {
			const uint8_t *p = d->kept[i] + at;

			if (p[0] < 0x40) {
				at += record(p, i, &sealed);
				continue;
			}
			add(frame_name(p[0]), PRE_HEADER + u16(p + 1));
			at += PRE_HEADER + u16(p + 1);
		}
	if (sealed > framed)
		add("encrypted TLS handshake", sealed - framed);
	for (size_t i = 0; i < part_count; i++) {
		(void)printf("part %zu %u %s\n", parts[i].bytes, parts[i].times, parts[i].name);
		sum += parts[i].bytes;
	}
	duo_must(sum == d->bytes, "the parts add up to the whole");
	d->keep = false;
}
