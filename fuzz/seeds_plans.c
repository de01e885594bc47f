/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See seeds.h: plans (fuzz/plan.h). */
#include <stdio.h>
#include <string.h>

#include "fuzz/plan.h"
#include "fuzz/seeds.h"
#include "proto/base/base.h"
#include "proto/codec/frame.h"
#include "tests/vectors/samples.h"

#define NAME 96

static const struct trec_bytes nothing;

/* A plan of arguments and bytes, without faults. */
static void say(struct seeds *o, const char *target, const char *what, const char *sample,
		uint8_t args, struct trec_bytes bytes)
{
	uint8_t head[4];
	char name[NAME];
	size_t n = plan_write(args, 0, 0, head);

	(void)snprintf(name, sizeof name, "%s-%s-%02x", what, sample, args);
	seeds_put(o, target, name, trec_bytes(head, n), bytes);
}

static void messages(struct seeds *o)
{
	static struct sample s[SAMPLES_MAX];
	static uint8_t whole[FRAME_CHAN_HEADER + FRAME_CHAN_BODY_MAX];
	size_t count = samples_make(s), n = 0;

	for (size_t i = 0; i < count; i++) {
		struct trec_bytes body = trec_bytes(s[i].body, s[i].n);
		bool chan = s[i].frame >= SAMPLE_CHAN, pairing = (s[i].frame & 0xff) < 0x20;
		trec_err err;

		if (s[i].frame >= SAMPLE_RECORD)
			continue;
		err = chan ? frame_chan_make((uint8_t)s[i].frame, body, whole, sizeof whole, &n)
			   : frame_pre_make((uint8_t)s[i].frame, body, whole, sizeof whole, &n);
		o->ok &= err == TREC_OK;
		struct trec_bytes frame = trec_bytes(whole, n);

		for (uint8_t side = 0; side < 2; side++) {
			uint8_t to = (uint8_t)(side << 2);

			if (!chan) {
				say(o, "pairing", "raw", s[i].name, to, frame);
				say(o, "pairing", "raw", s[i].name, to | 1, frame);
			} else if (pairing) {
				say(o, "pairing", "inside", s[i].name, to | 0x11, frame);
			} else {
				say(o, "session", "inside", s[i].name, side | 2 << 2, frame);
				say(o, "session", "later", s[i].name, side | 3 << 2, frame);
				say(o, "session", "stranger", s[i].name, side | 2 | 2 << 2, frame);
			}
		}
	}
}

/* args with one machine fault. */
static void machine(struct seeds *o, const char *target, uint8_t args, unsigned kind, int side,
		    unsigned at)
{
	uint8_t head[7];
	char name[NAME];

	(void)plan_write(args, 1, 0, head);
	head[4] = (uint8_t)(kind | (unsigned)side << 7);
	base_put16(head + 5, at);
	(void)snprintf(name, sizeof name, "fault-%u-%d-at-%u-%02x", kind, side, at, args);
	seeds_put(o, target, name, trec_bytes(head, sizeof head), nothing);
}

static void wire(struct seeds *o, const char *target, uint8_t args, const struct wire_fault *f)
{
	uint8_t head[9];
	char name[NAME];

	(void)plan_write(args, 0, 1, head);
	head[4] = (uint8_t)(f->from | (f->piece ? 2 : 0) | (unsigned)f->kind << 4);
	base_put16(head + 5, f->at);
	base_put16(head + 7, f->arg);
	(void)snprintf(name, sizeof name, "wire-%s-%u%s%u-%02x", wire_kind_name(f->kind), f->from,
		       f->piece ? "p" : "b", f->at, args);
	seeds_put(o, target, name, trec_bytes(head, sizeof head), nothing);
}

/* An honest run, and each fault at a few places of it. */
static void faults(struct seeds *o, const char *target, uint8_t args)
{
	static const unsigned calls[] = { 0, 2, 7 };

	say(o, target, "honest", "run", args, nothing);
	for (unsigned kind = PLAN_ALLOC; kind <= PLAN_NO_CLOCK; kind++)
		for (size_t i = 0; i < BASE_COUNT(calls); i++)
			for (int side = 0; side < 2; side++)
				machine(o, target, args, kind, side, calls[i]);
	for (unsigned kind = 0; kind < WIRE_KINDS; kind++)
		for (uint8_t from = 0; from < 2; from++) {
			struct wire_fault f = { from, true, 1, (enum wire_kind)kind, 0 };

			wire(o, target, args, &f);
			f.piece = false;
			f.at = 40;
			wire(o, target, args, &f);
		}
}

/* Few: the real curve and the real TLS take their time. */
static void whole(struct seeds *o)
{
	static const uint8_t pairing_args[] = { 0x08, 0x09, 0x49 }, session_args[] = { 0x04, 0x06 };

	for (size_t i = 0; i < BASE_COUNT(pairing_args) + BASE_COUNT(session_args); i++) {
		bool session = i >= BASE_COUNT(pairing_args);
		uint8_t head[8] = { session };
		const char *what = session ? "session" : "pairing";
		uint8_t args = session ? session_args[i - BASE_COUNT(pairing_args)]
				       : pairing_args[i];
		char name[NAME];

		(void)plan_write(args, 0, 0, head + 1);
		(void)snprintf(name, sizeof name, "%s-%02x", what, args);
		seeds_put(o, "whole", name, trec_bytes(head, 5), nothing);
		(void)plan_write(args, 1, 0, head + 1);
		head[5] = PLAN_WOLFSSL;
		base_put16(head + 6, (uint32_t)(20 * i + 10));
		(void)snprintf(name, sizeof name, "%s-wolfssl-%02x", what, args);
		seeds_put(o, "whole", name, trec_bytes(head, 8), nothing);
	}
}

/* Sessions of two devices that share a key: honest, changing it, cut short, a stranger's. */
static void shared_keys(struct seeds *o)
{
	static const uint8_t args[] = { 0xf4, 0x34, 0x35, 0x06, 0x04 };
	static const uint8_t frames[] = { FRAME_REKEY,	 0, 0, 1, 0xa0,
					  FRAME_REKEYED, 0, 0, 1, 0xa0 };
	uint8_t head[9] = { 0 };
	char name[NAME];

	for (size_t i = 0; i < BASE_COUNT(args); i++) {
		(void)plan_write(args[i], 0, 0, head);
		head[3] |= 0x80;
		(void)snprintf(name, sizeof name, "shared-key-%02x", args[i]);
		seeds_put(o, "session", name, trec_bytes(head, 4), nothing);
		for (unsigned at = 0; at < 4; at++) {
			(void)plan_write(args[i], 1, 0, head);
			head[3] |= 0x80;
			head[4] = (uint8_t)((at & 1 ? PLAN_CRASH_AFTER : PLAN_CRASH_BEFORE) |
					    (at & 2) << 6);
			base_put16(head + 5, at >> 1);
			(void)snprintf(name, sizeof name, "shared-key-crash-%u-%02x", at, args[i]);
			seeds_put(o, "session", name, trec_bytes(head, 7), nothing);
		}
	}
	for (uint8_t side = 0; side < 2; side++) {
		(void)plan_write(side | 3 << 2, 0, 0, head);
		head[3] |= 0x80;
		(void)snprintf(name, sizeof name, "shared-key-rekey-to-%u", side);
		seeds_put(o, "session", name, trec_bytes(head, 4),
			  trec_bytes(frames, sizeof frames));
	}
}

/* Both tell each other how to be recognised, with and without certificates, and are disturbed. */
static void announced(struct seeds *o)
{
	static const uint8_t args[] = { 0x04, 0x06, 0x24, 0x08, 0x0c, 0x0d };
	static const uint8_t twice[] = {
		FRAME_RECOGNISE, 0, 0, 19, 0xa1, 0x00, 0x50,
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		FRAME_RECOGNISE, 0, 0, 19, 0xa1, 0x00, 0x50,
		2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
	};

	for (uint8_t side = 0; side < 2; side++)
		say(o, "session", "later", "recognise-twice", side | 0x0c,
		    trec_bytes(twice, sizeof twice));

	for (size_t i = 0; i < BASE_COUNT(args); i++) {
		for (unsigned shared = 0; shared < 2; shared++) {
			uint8_t head[7];
			char name[NAME];

			(void)plan_write(args[i], 0, 0, head);
			head[3] |= (uint8_t)(0x40 | shared << 7);
			(void)snprintf(name, sizeof name, "announced-%u-%02x", shared, args[i]);
			seeds_put(o, "session", name, trec_bytes(head, 4), nothing);
			for (unsigned at = 0; at < 12; at++) {
				(void)plan_write(args[i], 1, 0, head);
				head[3] |= (uint8_t)(0x40 | shared << 7);
				head[4] = (uint8_t)((PLAN_COMMIT + at % 3) | (at & 1) << 7);
				base_put16(head + 5, at >> 2);
				(void)snprintf(name, sizeof name, "announced-fault-%u-%u-%02x",
					       shared, at, args[i]);
				if (args[i] == 0x04)
					seeds_put(o, "session", name, trec_bytes(head, 7),
						  nothing);
			}
		}
	}
}

void seeds_plans(struct seeds *o)
{
	announced(o);
	shared_keys(o);
	messages(o);
	faults(o, "pairing", 0x08);
	faults(o, "pairing", 0x09);
	say(o, "pairing", "wrong", "pin", 0x28, nothing);
	say(o, "pairing", "no", "consent", 0x89, nothing);
	say(o, "pairing", "many", "devices", 0x49, nothing);
	faults(o, "session", 0xf4);
	say(o, "session", "stranger", "run", 0x06, nothing);
	say(o, "session", "open", "only", 0x14, nothing);
	faults(o, "session", 0x34);
	for (uint8_t side = 0; side < 2; side++)
		say(o, "session", "introduce", "later", side | 0x3c, nothing);
	whole(o);
}
