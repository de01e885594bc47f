/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: whatever a peer or a stranger says in a session, no list gains or loses an entry (a
 * server may say that it parted: then the entry stays, and is marked), and all memory comes back.
 * First byte: bit 0 which side hears the bytes, bit 1 whether the other is a stranger, bits 2-3
 * what the rest is:
 *   0  bytes that the side gets instead of its peer's
 *   1  edits of an honest session: direction and offset (16 bits), then what is xored
 *   2  plaintext inside the session, right after the handshake
 *   3  the same when both are up; further bytes of the first one say what the user did before
 */
#include "fuzz/fuzz.h"
#include "proto/engine/session.h"
#include "tests/lib/engine_rig.h"

#include <string.h>

struct input {
	const uint8_t *p;
	size_t n;
	size_t passed[2];
};

static size_t edit(struct rig *r, int from, uint8_t *bytes, size_t n)
{
	struct input *in = r->tap_ctx;

	for (size_t k = 0; k + 3 <= in->n; k += 3) {
		size_t at = (size_t)(in->p[k] & 0x7f) << 8 | in->p[k + 1];

		if (in->p[k] >> 7 == from && at >= in->passed[from] && at - in->passed[from] < n)
			bytes[at - in->passed[from]] ^= in->p[k + 2];
	}
	in->passed[from] += n;
	return n;
}

static void drop_events(struct rig *r)
{
	struct trec_session_event ev;
	uint8_t buf[512];
	bool eof;
	size_t got;

	for (int k = 0; k < 2; k++) {
		struct trec_session *s = r->side[k].s;

		while (trec_session_event(s, &ev) == TREC_OK) {
			if (ev.kind == TREC_SESSION_OPEN)
				(void)!trec_session_accept(s);
		}
		while (trec_session_read(s, buf, sizeof(buf), &got, &eof) == TREC_OK && got > 0)
			;
	}
}

static void settle(struct rig *r)
{
	for (int k = 0; k < 6; k++) {
		rig_settle(r);
		drop_events(r);
	}
}

static void feed_raw(struct rig *r, int side, struct input *in)
{
	struct trec_session *s = r->side[side].s;

	rig_flush(r, side);
	for (size_t at = 0; at < in->n;) {
		size_t used = 0;

		(void)!trec_session_feed(s, trec_bytes(in->p + at, in->n - at), &used);
		at += used;
		rig_flush(r, side);
		if (used == 0)
			break;
	}
}

static void inject(struct rig *r, int side, struct input *in)
{
	struct trec_session *peer = r->side[1 - side].s;
	size_t used = 0;

	for (unsigned k = 0; k < 200; k++) {
		if (peer->chan != NULL && chan_state(peer->chan) == CHAN_OPEN) {
			(void)!chan_write(peer->chan, trec_bytes(in->p, in->n), &used);
			break;
		}
		if (!rig_step(r, (int)(k % 2)) && !rig_step(r, (int)((k + 1) % 2)))
			break;
	}
	settle(r);
}

static void act(struct rig *r, int side, uint8_t what)
{
	struct trec_session *s = r->side[side].s;
	size_t taken = 0;

	if (what & 0x10)
		(void)!trec_session_open(s, "files");
	if (what & 0x20)
		(void)!trec_session_ping(s);
	if (what & 0x40)
		(void)!trec_session_write(s, (const uint8_t *)"data", 4, &taken);
	if (what & 0x80)
		trec_session_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = { .p = data + 1, .n = n - 1 };
	struct rig *r;
	bool stranger;
	int side;
	int kind;

	if (n < 2)
		return 0;
	side = data[0] & 1;
	stranger = (data[0] & 2) != 0;
	kind = data[0] >> 2 & 3;
	r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 1);
	rig_paired(r);
	if (stranger)
		fuzz_must(trec_unpair(&r->side[1].f.env, &r->side[1].store->store,
				      &r->side[0].own.id, NULL) == TREC_OK, "parting works");
	fuzz_must(rig_session_start(r, NULL) == TREC_OK, "a session begins");
	if (kind == 0) {
		feed_raw(r, side, &in);
	} else if (kind == 1) {
		r->tap = edit;
		r->tap_ctx = &in;
		settle(r);
	} else if (kind == 2) {
		inject(r, side, &in);
	} else {
		settle(r);
		act(r, side, data[0]);
		inject(r, side, &in);
	}
	settle(r);
	fuzz_must(rig_list(&r->side[0]) == 1, "the client's list keeps its entry");
	fuzz_must(rig_list(&r->side[1]) == (stranger ? 0 : 1), "the server's list stays as it is");
	rig_free(&r);
	return 0;
}
