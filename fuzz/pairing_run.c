/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See stateful.h; the property stands in pairing.c. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/plan.h"
#include "fuzz/stateful.h"
#include "proto/engine/pairing.h"

enum kind { RAW, HONEST, INSIDE, INSIDE_LATER };

struct way {
	enum trec_method method;
	int side; /* who hears the bytes */
	enum kind kind;
	bool wrong, multi, no;
};

static void feed_raw(struct rig *r, int side, struct trec_bytes in)
{
	struct rig_side *s = &r->side[side];

	rig_flush(r, side);
	for (size_t at = 0; at < in.n;) {
		size_t used = 0;

		(void)!trec_pairing_feed(s->p, trec_bytes(in.p + at, in.n - at), &used);
		at += used;
		rig_flush(r, side);
		if (used == 0)
			break;
	}
}

/* The other side's channel says what the input says, from within. */
static void inject(struct rig *r, int side, struct trec_bytes in, unsigned steps)
{
	struct trec_pairing *peer = r->side[1 - side].p;
	size_t used = 0;

	for (unsigned k = 0; k < 200; k++) {
		if (peer->chan != NULL && chan_state(peer->chan) == CHAN_OPEN && steps-- == 0) {
			(void)!chan_write(peer->chan, in, &used);
			break;
		}
		if (!rig_step(r, (int)(k % 2)) && !rig_step(r, (int)((k + 1) % 2)))
			break;
	}
	rig_run(r);
}

/* What may be left at any time. */
static void check(struct rig *r, const struct way *w)
{
	unsigned active[2];

	for (int k = 0; k < 2; k++) {
		struct rig_side *s = &r->side[k];
		struct trec_peer p;

		active[k] = rig_peers(s, TREC_PEER_ACTIVE);
		fuzz_must(rig_list(s) <= 1, "at most one entry");
		fuzz_must(rig_list(s) == 0 || (!w->wrong && !w->no), "proof and consent");
		if (rig_list(s) == 1)
			fuzz_must(trec_peer_get(&s->f.env, &s->store->store,
						&r->side[1 - k].own.id, &p) == TREC_OK,
				  "the entry is of the device that is there");
	}
	fuzz_must(active[1] <= active[0], "the responder is active only where the initiator is");
}

/* Once faults have stopped, the next contact makes a pairing whole, or there was none. */
static void agreed(struct rig *r, bool honest, bool must_pair)
{
	unsigned active = rig_peers(&r->side[0], TREC_PEER_ACTIVE);
	unsigned listed = rig_list(&r->side[1]);

	fuzz_must(rig_list(&r->side[0]) == active, "the initiator has no half pairing");
	fuzz_must(active == 0 || listed == 1, "the initiator's peer knows of it");
	if (must_pair)
		fuzz_must(active == 1 && rig_peers(&r->side[1], TREC_PEER_ACTIVE) == 1,
			  "without a fault both trust each other");
	if (honest || active == 0)
		return;
	fuzz_must(rig_heal(r), "the next contact works");
	fuzz_must(rig_peers(&r->side[1], TREC_PEER_ACTIVE) == 1, "and makes the pairing whole");
}

static void run(struct rig *r, const struct way *w, struct trec_bytes in)
{
	switch (w->kind) {
	case RAW:
		feed_raw(r, w->side, in);
		break;
	case HONEST:
		rig_run(r);
		break;
	case INSIDE:
		inject(r, w->side, in, 0);
		break;
	case INSIDE_LATER:
		if (in.n > 0)
			inject(r, w->side, trec_bytes(in.p + 1, in.n - 1), in.p[0] % 32);
		break;
	}
}

static void secret_of(const struct rig *r, const struct way *w, char *out)
{
	strcpy(out, r->code);
	if (w->wrong)
		out[0] = out[0] == '9' ? '0' : (char)(out[0] + 1);
}

void fuzz_pairing(const uint8_t *data, size_t n)
{
	char secret[TREC_CODE_TEXT_MAX + 1];
	struct plan p;

	if (!plan_read(&p, trec_bytes(data, n)))
		return;
	struct way w = { .method = (p.args & 1) != 0 ? TREC_METHOD_CODE : TREC_METHOD_PIN,
			 .side = p.args >> 2 & 1,
			 .kind = (enum kind)(p.args >> 3 & 3),
			 .multi = (p.args & 0x40) != 0,
			 .no = (p.args & 0x80) != 0 };
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, p.seed);

	w.wrong = (p.args & 0x22) == 0x20 && w.method == TREC_METHOD_PIN;
	r->side[w.side].consent = w.no ? RIG_NO : RIG_YES;
	plan_arm(&p, r);
	trec_err err = rig_window(r, w.method, w.multi);

	fuzz_must(err == TREC_OK || p.machines > 0, "a window opens");
	if (err == TREC_OK) {
		secret_of(r, &w, secret);
		err = rig_pair_start(r, secret);
		fuzz_must(err == TREC_OK || p.machines > 0, "a run begins");
	}
	if (err == TREC_OK)
		run(r, &w, p.bytes);
	bool honest = plan_is_honest(&p);

	plan_disarm(&p, r);
	check(r, &w);
	if (w.kind == RAW)
		fuzz_must(rig_list(&r->side[w.side]) == 0, "noise pairs nobody");
	if (w.kind == HONEST)
		agreed(r, honest, honest && !w.wrong && !w.no);
	rig_free(&r);
}
