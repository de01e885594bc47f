/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: whatever comes over the wire of a pairing, a list gets at most one entry, of the
 * device that really is there; the responder's is active only where the initiator's is; all
 * memory comes back. First byte: bits 0-1 method, bit 2 which side hears the bytes, bits 3-4 what
 * the rest is:
 *   0  bytes that the side gets instead of its peer's
 *   1  edits of an honest run: direction and offset (16 bits), then what is xored
 *   2  plaintext that a peer who knows the secret sends inside the channel, then the honest run
 *   3  the same after as many honest steps as the next byte says
 */
#include "fuzz/fuzz.h"
#include "proto/engine/pairing.h"
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

static void feed_raw(struct rig *r, int side, struct input *in)
{
	struct rig_side *s = &r->side[side];

	rig_flush(r, side);
	for (size_t at = 0; at < in->n;) {
		size_t used = 0;

		(void)!trec_pairing_feed(s->p, trec_bytes(in->p + at, in->n - at), &used);
		at += used;
		rig_flush(r, side);
		if (used == 0)
			break;
	}
}

/* The other side's channel says what the input says, from within. */
static void inject(struct rig *r, int side, struct input *in, unsigned steps)
{
	struct trec_pairing *peer = r->side[1 - side].p;
	size_t used = 0;

	for (unsigned k = 0; k < 200; k++) {
		if (peer->chan != NULL && chan_state(peer->chan) == CHAN_OPEN && steps-- == 0) {
			(void)!chan_write(peer->chan, trec_bytes(in->p, in->n), &used);
			break;
		}
		if (!rig_step(r, (int)(k % 2)) && !rig_step(r, (int)((k + 1) % 2)))
			break;
	}
	rig_run(r);
}

static void check(struct rig *r)
{
	unsigned active[2];

	for (int k = 0; k < 2; k++) {
		struct rig_side *s = &r->side[k];
		struct trec_peer p;

		active[k] = rig_peers(s, TREC_PEER_ACTIVE);
		fuzz_must(rig_list(s) <= 1, "at most one entry");
		if (rig_list(s) == 1)
			fuzz_must(trec_peer_get(&s->f.env, &s->store->store,
						&r->side[1 - k].own.id, &p) == TREC_OK,
				  "the entry is of the device that is there");
	}
	fuzz_must(active[1] <= active[0], "the responder is active only where the initiator is");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum trec_method method;
	struct input in = { .p = data + 1, .n = n - 1 };
	struct rig *r;
	int side;
	int kind;

	if (n < 2)
		return 0;
	method = (enum trec_method)((data[0] & 3) % 3);
	side = data[0] >> 2 & 1;
	kind = data[0] >> 3 & 3;
	r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 1);
	if (method == TREC_METHOD_PRESET)
		method = TREC_METHOD_PIN;
	fuzz_must(rig_window(r, method, (data[0] & 0x40) != 0) == TREC_OK, "a window opens");
	fuzz_must(rig_pair_start(r, r->code) == TREC_OK, "a run begins");
	if (kind == 0) {
		feed_raw(r, side, &in);
		fuzz_must(rig_list(&r->side[side]) == 0, "noise pairs nobody");
	} else if (kind == 1) {
		r->tap = edit;
		r->tap_ctx = &in;
		rig_run(r);
	} else if (kind == 2) {
		inject(r, side, &in, 0);
	} else {
		in.p++;
		in.n--;
		inject(r, side, &in, data[1] % 32);
	}
	check(r);
	rig_free(&r);
	return 0;
}
