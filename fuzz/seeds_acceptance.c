/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First inputs of the target acceptance: a story each; operations in tests/lib/acceptance.c. */
#include <string.h>

#include "fuzz/seeds.h"
#include "proto/base/base.h"

enum op {
	PAIR,
	SAY,
	TAKE,
	MEET,
	PART,
	SAY_NOTICE,
	TAKE_NOTICE,
	SAY_MOVE,
	TAKE_MOVE,
	CLOCK,
	RIGHTS,
	DAMAGE,
	FAULT,
	ASK
};

#define CASCADE 1
#define FORGET 2
#define ONLINE 0x20
#define OTHER_WAY 0x41 /* a succession to the key after the next, which is not used */
#define DENY_ALL 0x21
#define ALLOW_INTRODUCE 0
#define RESUME 0x80
#define UNTRUSTED 16
#define NAMED_RIGHT 8
#define FIRST_KEY 0x84 /* of peer 0, whichever it has now */
#define SECOND_KEY 0x88

static const struct {
	const char *name;
	uint8_t op[8][4];
} story[] = {
	{ "carried", { { SAY, 0, 1, 0 }, { TAKE, 1, 0, 0 }, { MEET, 1, 0, 0 } } },
	{ "online", { { SAY, 0, 1, ONLINE }, { TAKE, 0, 0, 0 }, { MEET, 1, 0, 0 } } },
	{ "brought", { { SAY, 0, 1, 0 }, { TAKE, 1, 0x20, 0 }, { MEET, 1, 0, 0 } } },
	{ "replayed",
	  { { SAY, 0, 1, 0 }, { TAKE, 1, 0, 0 }, { PART, 1, FORGET, 0 }, { TAKE, 1, 0, 0 } } },
	{ "altered", { { SAY, 0, 1, 0 }, { DAMAGE, 0, 80, 3 }, { TAKE, 1, 0, 0 } } },
	{ "never", { { SAY, 0, 1, 0 }, { TAKE, 1, 0x10, 0 } } },
	{ "me", { { SAY, 0, 0xff, 0 }, { TAKE, 1, 0, 0 } } },
	{ "excess", { { RIGHTS, 0, DENY_ALL, 0 }, { SAY, 0, 1, NAMED_RIGHT }, { TAKE, 1, 0, 0 } } },
	{ "lost-rights",
	  { { SAY, 0, 1, 0 }, { TAKE, 1, 0, 0 }, { RIGHTS, 0, DENY_ALL, 0 }, { MEET, 1, 0, 0 } } },
	{ "second-level",
	  { { SAY, 0, 1, 0 },
	    { TAKE, 1, 0, 0 },
	    { MEET, 1, 0, 0 },
	    { RIGHTS, 1, ALLOW_INTRODUCE, 0 },
	    { SAY, 1, 2, 0 },
	    { TAKE, 2, 0, 0 } } },
	{ "introducer-gone",
	  { { SAY, 0, 1, 0 }, { TAKE, 1, 0, 0 }, { PART, 0, 0, 0 }, { MEET, 1, 0, 0 } } },
	{ "cascade",
	  { { SAY, 0, 1, 0 },
	    { TAKE, 1, 0, 0 },
	    { MEET, 1, 0, 0 },
	    { PART, 0, CASCADE, 0 },
	    { PAIR, 0, 0x70, 0 },
	    { SAY, 0, 1, 0 },
	    { TAKE, 1, 0, 0 } } },
	{ "notice",
	  { { SAY, 0, 1, 0 },
	    { TAKE, 1, 0, 0 },
	    { MEET, 1, 0, 0 },
	    { SAY_NOTICE, 0, 1, 1 },
	    { TAKE_NOTICE, 2, 0, 0 },
	    { SAY, 0, 1, 0 },
	    { TAKE, 1, 0, 0 } } },
	{ "notice-kept",
	  { { PAIR, 1, 0, 0 },
	    { SAY_NOTICE, 0, 1, 1 },
	    { TAKE_NOTICE, 1, 0, 0 },
	    { PART, 1, 0, 0 } } },
	{ "farewell", { { SAY_NOTICE, 0, 0, 1 }, { TAKE_NOTICE, 2, 0, 0 } } },
	{ "moved",
	  { { SAY_MOVE, 0, 0, 0 },
	    { TAKE_MOVE, 0, 0, 0 },
	    { PART, 0, 0, 0 },
	    { TAKE_MOVE, 0, 0, 0 } } },
	{ "chain",
	  { { SAY_MOVE, 0, 0, 0 }, { SAY_MOVE, 0, 0, 0x21 }, { TAKE_MOVE, 0, 0x41, 0x80 } } },
	{ "two-successors",
	  { { SAY_MOVE, 0, 0, 0 },
	    { TAKE_MOVE, 0, 0, 0 },
	    { SAY_MOVE, FIRST_KEY, OTHER_WAY, 1 },
	    { TAKE_MOVE, 0, 0, 0 },
	    { RIGHTS, SECOND_KEY, RESUME, 0 } } },
	{ "suspended-introducer",
	  { { SAY_MOVE, 0, 0, 0 },
	    { TAKE_MOVE, 0, 0, 0 },
	    { SAY_MOVE, FIRST_KEY, OTHER_WAY, 1 },
	    { TAKE_MOVE, 0, 0, 0 },
	    { SAY, SECOND_KEY, 1, 0 },
	    { TAKE, 1, 0, 0 } } },
	{ "paired-anew-under-the-old-key",
	  { { SAY_MOVE, 0, 0, 0 },
	    { TAKE_MOVE, 0, 0, 0 },
	    { PAIR, FIRST_KEY, 0x70, 0 },
	    { PART, 0, 0, 0 } } },
	{ "no-clock", { { CLOCK, UNTRUSTED, 0, 1 }, { SAY, 0, 1, ONLINE }, { TAKE, 0, 0, 0 } } },
	{ "late",
	  { { SAY, 0, 1, 0 }, { TAKE, 1, 0, 0 }, { CLOCK, 1, 0xe0, 1 }, { MEET, 1, 0, 0 } } },
	{ "no-commit",
	  { { SAY, 0, 1, 0 }, { FAULT, 1, 0, 0 }, { TAKE, 1, 0, 0 }, { TAKE, 1, 0, 0 } } },
	{ "asked",
	  { { SAY_NOTICE, 0, 1, 1 },
	    { TAKE_NOTICE, 1, 0, 0 },
	    { ASK, 2, 0, 0 },
	    { ASK, 0, 0, 0 },
	    { SAY, 0, 2, 0 },
	    { TAKE, 2, 0, 0 },
	    { ASK, 2, 0, 0 } } },
	{ "full-disk",
	  { { SAY, 0, 1, 0 },
	    { TAKE, 1, 0, 0 },
	    { FAULT, 2, 0, 0 },
	    { PART, 0, 0, 0 },
	    { MEET, 1, 0, 0 } } },
	{ "power-cut", { { FAULT, 0, 0, 0 }, { PART, 0, CASCADE, 0 }, { PART, 0, CASCADE, 0 } } },
};

void seeds_acceptance(struct seeds *o)
{
	static const uint8_t none[4];

	for (size_t i = 0; i < BASE_COUNT(story); i++) {
		size_t n = 1;

		while (n < BASE_COUNT(story[i].op) && memcmp(story[i].op[n], none, 4) != 0)
			n++;
		seeds_put(o, "acceptance", story[i].name, trec_bytes(NULL, 0),
			  trec_bytes(story[i].op, n * 4));
	}
}
