/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Input: texts, each ended by a newline. Property: a set of rights takes what is a right, once
 * each, in order, and as many as fit; it then allows the services that it names and no other;
 * hints and rights of a peer's record behave alike; a short buffer makes every encoder say so.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/codec/cbor.h"
#include "proto/codec/frame.h"
#include "proto/codec/message.h"
#include "proto/codec/message_util.h"
#include "proto/codec/record.h"
#include "proto/codec/text.h"

#define LINE 320

static void rights_hold(const struct msg_rights *set)
{
	for (size_t i = 0; i < set->count; i++) {
		const char *name = set->name[i];

		fuzz_must(msg_right_ok(msg_text(name, MSG_RIGHT_MAX)), "only rights");
		fuzz_must(i == 0 || strcmp(set->name[i - 1], name) < 0, "in order, once each");
		if (strncmp(name, "service:", 8) == 0 && strcmp(name + 8, "*") != 0)
			fuzz_must(msg_rights_allow_service(set, name + 8), "allowed by its name");
	}
}

static void add_right(struct msg_rights *set, const char *text)
{
	size_t before = set->count;
	bool fits = msg_right_ok(msg_text(text, MSG_RIGHT_MAX)), there = false;

	for (size_t i = 0; i < before; i++)
		there |= strcmp(set->name[i], text) == 0;
	bool taken = msg_rights_add(set, text);

	fuzz_must(taken == (fits && (there || before < MSG_RIGHTS_MAX)), "taken if it is one");
	fuzz_must(set->count == before + (taken && !there), "one more at most");
	rights_hold(set);
	(void)msg_rights_allow_service(set, text);
	fuzz_must(msg_rights_has(set, text) == (taken || there), "there if it was taken");
}

/* The rights of a peer's record end when they are told to. */
static void peer_rights(struct rec_peer *p, const char *text)
{
	uint64_t until = text[0] == 's' ? 1000 : 0;
	bool taken = rec_peer_allow(p, text, until);

	fuzz_must(!taken || msg_right_ok(msg_text(text, MSG_RIGHT_MAX)), "only rights");
	fuzz_must(!taken || rec_peer_may(p, text, 999), "it may what it was allowed");
	fuzz_must(!taken || rec_peer_may(p, text, 1000) == (until == 0), "until it ends");
	if (text[0] != 'i')
		return;
	rec_peer_deny(p, text);
	fuzz_must(!rec_peer_may(p, text, 999), "and not what it was denied");
}

static void add_hint(struct msg_hints *list, const char *text)
{
	size_t before = list->count;
	bool fits = msg_hint_ok(msg_text(text, MSG_HINT_MAX));
	bool taken = msg_hints_add(list, text);

	fuzz_must(!taken || fits, "only addresses");
	fuzz_must(list->count <= MSG_HINTS_MAX && list->count <= before + 1, "as many as fit");
	fuzz_must(!taken || msg_hints_add(list, text), "again is no change");
}

/* An offer made of what was taken, written where it fits and where it does not. */
static void write_offer(const struct msg_rights *rights, const struct msg_hints *hints,
			const char *name)
{
	static struct msg_pair_offer m, back;
	static uint8_t out[FRAME_CHAN_BODY_MAX];
	size_t n = 0, none = 1;

	memset(&m, 0, sizeof m);
	m.rights = *rights;
	m.hints = *hints;
	if (strlen(name) < sizeof m.name)
		strcpy(m.name, name);
	trec_err err = msg_pair_offer_encode(&m, out, sizeof out, &n);
	bool good = msg_name_ok(msg_text(m.name, TREC_NAME_MAX));

	fuzz_must((err == TREC_OK) == good, "a name, or none is written");
	if (!good)
		return;
	fuzz_must(msg_pair_offer_decode(trec_bytes(out, n), &back) == TREC_OK &&
			  memcmp(&m, &back, sizeof m) == 0,
		  "it is read again as it was");
	fuzz_must(msg_pair_offer_encode(&m, out, n - 1, &none) == TREC_E_NO_SPACE && none == 0,
		  "one byte less does not do");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct msg_rights rights;
	static struct msg_hints hints;
	static struct rec_peer peer;
	char line[LINE] = "";

	if (n > 2048)
		return 0;
	memset(&rights, 0, sizeof rights);
	memset(&hints, 0, sizeof hints);
	memset(&peer, 0, sizeof peer);
	for (size_t at = 0; at < n;) {
		const uint8_t *end = memchr(data + at, '\n', n - at);
		size_t len = end != NULL ? (size_t)(end - (data + at)) : n - at;
		size_t kept = len < sizeof line ? len : sizeof line - 1;

		memset(line, 0, sizeof line);
		memcpy(line, data + at, kept);
		add_right(&rights, line);
		add_hint(&hints, line);
		peer_rights(&peer, line);
		(void)msg_kind_ok(msg_text(line, MSG_KIND_MAX));
		at += len + 1;
	}
	write_offer(&rights, &hints, line);
	msg_rights_remove(&rights, line);
	fuzz_must(!msg_rights_has(&rights, line), "what was taken out is not there");
	return 0;
}
