/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See stateful.h; the property stands in session.c. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/plan.h"
#include "fuzz/stateful.h"
#include "proto/engine/ledger.h"
#include "proto/engine/session.h"
#include <trec/discovery.h>

enum kind { RAW, HONEST, INSIDE, INSIDE_LATER };

#define INTRODUCES 0x30

static const struct trec_introduction_policy policy = { .mode = TREC_INTRODUCTIONS_AUTO };
static struct trec_id third; /* a peer of side 0 alone */
static bool was_up[2];

static void drop_events(struct rig *r)
{
	struct trec_session_event ev;
	uint8_t buf[512];
	bool eof;
	size_t got;

	for (int k = 0; k < 2; k++) {
		struct trec_session *s = r->side[k].s;

		if (r->side[k].dead)
			continue;
		while (trec_session_event(s, &ev) == TREC_OK) {
			was_up[k] |= ev.kind == TREC_SESSION_UP;
			if (ev.kind == TREC_SESSION_OPEN)
				(void)!trec_session_accept(s);
			if (ev.kind == TREC_SESSION_CONSENTED)
				(void)!trec_session_deliver(s, &third, 1);
			if (ev.kind == TREC_SESSION_INTRODUCTION)
				(void)!trec_session_answer(s, true);
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
		if (r->idle != NULL)
			(void)r->idle(r);
	}
}

static void feed_raw(struct rig *r, int side, struct trec_bytes in)
{
	struct trec_session *s = r->side[side].s;

	rig_flush(r, side);
	for (size_t at = 0; at < in.n;) {
		size_t used = 0;

		(void)!trec_session_feed(s, trec_bytes(in.p + at, in.n - at), &used);
		at += used;
		rig_flush(r, side);
		if (used == 0)
			break;
	}
}

static void inject(struct rig *r, int side, struct trec_bytes in)
{
	struct trec_session *peer = r->side[1 - side].s;
	size_t used = 0;

	for (unsigned k = 0; k < 200; k++) {
		if (peer->chan != NULL && chan_state(peer->chan) == CHAN_OPEN) {
			(void)!chan_write(peer->chan, in, &used);
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

	if (r->side[side].dead)
		return;
	if (what & 0x10)
		(void)!trec_session_open(s, "files");
	if (what & 0x20)
		(void)!trec_session_ping(s);
	if (what & 0x40)
		(void)!trec_session_write(s, (const uint8_t *)"data", 4, &taken);
	if ((what & INTRODUCES) == INTRODUCES && r->symmetric[0])
		(void)!trec_session_rekey(s);
	else if ((what & INTRODUCES) == INTRODUCES && !r->side[0].dead)
		(void)!trec_session_introduce(r->side[0].s, &third, 1);
	if (what & 0x80)
		trec_session_close(s);
}

static void run(struct rig *r, struct plan *p)
{
	int side = p->args & 1;

	switch ((enum kind)(p->args >> 2 & 3)) {
	case RAW:
		feed_raw(r, side, p->bytes);
		fuzz_must(!was_up[side], "noise opens no session");
		break;
	case HONEST:
		settle(r);
		act(r, side, p->args);
		break;
	case INSIDE:
		inject(r, side, p->bytes);
		break;
	case INSIDE_LATER:
		settle(r);
		act(r, side, p->args);
		inject(r, side, p->bytes);
		break;
	}
	settle(r);
}

static void copy(struct mem_store *to, const struct mem_store *from)
{
	fuzz_must(mem_store_copy(to, from), "memory");
}

/* Side 0 gets another peer, and may introduce it to side 1. */
static void add_third(struct rig *r)
{
	struct rig *other = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 3);
	const struct trec_own *own = &other->side[0].own;
	struct trec_store *s = &r->side[0].store->store;
	struct rec_peer p;
	bool found = false;

	fuzz_must(eng_peer_load(&r->side[0].f.env, s, TREC_RECORD_PEER, &r->side[1].own.id, &p,
				&found) == TREC_OK &&
			  found,
		  "a record");
	strcpy(p.name, "third");
	memcpy(p.cert, own->cert.p, own->cert.n);
	p.cert_len = own->cert.n;
	third = own->id;
	fuzz_must(eng_peer_store(s, TREC_RECORD_PEER, &third, &p) == TREC_OK, "a third one");
	fuzz_must(trec_peer_allow(&r->side[1].f.env, &r->side[1].store->store, &r->side[0].own.id,
				  "introduce", 0) == TREC_OK,
		  "a right");
	rig_free(&other);
}

/* Two devices that were paired once and for all; from here on they draw from another seed. */
static struct rig *paired(uint64_t seed, bool symmetric)
{
	static struct mem_store *stores[2][2];
	struct mem_store **kept = stores[symmetric];
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 1);

	r->policy = &policy;
	r->symmetric[0] = r->symmetric[1] = symmetric;
	if (kept[0] == NULL) {
		rig_paired(r);
		if (!symmetric)
			add_third(r);
	}
	for (int k = 0; k < 2; k++) {
		if (kept[k] == NULL) {
			kept[k] = mem_store_new(NULL);
			fuzz_must(kept[k] != NULL, "memory");
			copy(kept[k], r->side[k].store);
		}
		copy(r->side[k].store, kept[k]);
		r->side[k].f.seed = 2 * seed + (uint64_t)k;
	}
	return r;
}

/* The server forgets its client; whom that introduced may be listed beside it. */
static void part(struct rig *r)
{
	struct rig_side *s = &r->side[1];
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer p;
	bool found = false;

	do {
		fuzz_must(trec_peer_next(&s->f.env, &s->store->store, &cursor, &p, &found) ==
					  TREC_OK &&
				  found,
			  "a client to part from");
	} while (p.state != TREC_PEER_ACTIVE);
	fuzz_must(trec_unpair(&s->f.env, &s->store->store, &p.id, false, NULL) == TREC_OK,
		  "parting works");
}

/* ---- recognition ------------------------------------------------------------------------- */

static uint8_t beacon[2][TREC_BEACON_LEN]; /* what each side shows */

static void announce(struct rig *r)
{
	for (int k = 0; k < 2; k++)
		fuzz_must(trec_beacon_make(&r->side[k].f.env, &r->side[k].store->store,
					   beacon[k]) == TREC_OK,
			  "a beacon");
}

/* Whether that side takes what the other shows for the other's. */
static bool recognises(struct rig *r, int side)
{
	struct rig_side *s = &r->side[side];
	struct trec_peer p;
	trec_err err = trec_beacon_find(&s->f.env, &s->store->store, beacon[1 - side], &p);

	fuzz_must(err == TREC_OK || err == TREC_E_NO_PEER, "a beacon is somebody's or nobody's");
	fuzz_must(err != TREC_OK || p.symmetric ||
			  trec_id_equal(&p.id, &r->side[1 - side].own.id),
		  "nobody takes a beacon for another's");
	return err == TREC_OK;
}

/* Once an honest session was up, each knows the other's; who was parted from knows no new one. */
static void judge_recognition(const struct plan *p, struct rig *r, bool stranger, bool healthy)
{
	if (!p->announced)
		return;
	for (int k = 0; k < 2; k++) {
		fuzz_must(!stranger || !recognises(r, k), "a stranger's beacon is nobody's");
		fuzz_must(!healthy || recognises(r, k), "who was told recognises");
	}
	announce(r);
	fuzz_must(!healthy || (recognises(r, 0) && recognises(r, 1)), "the next beacon too");
	if (!healthy)
		return;
	part(r);
	announce(r);
	fuzz_must(!recognises(r, 0) && !recognises(r, 1), "nor does one who was parted from");
}

void fuzz_session(const uint8_t *data, size_t n)
{
	struct plan p;

	if (!plan_read(&p, trec_bytes(data, n)))
		return;
	bool stranger = (p.args & 2) != 0, honest = plan_is_honest(&p);
	bool healthy = !stranger && (p.args >> 2 & 3) == HONEST;
	bool inside = (p.args >> 2 & 3) >= INSIDE;
	bool introduces = (p.args & INTRODUCES) == INTRODUCES && !p.symmetric;
	unsigned parted = stranger;
	struct rig *r = paired(p.seed, p.symmetric);

	was_up[0] = was_up[1] = false;
	if (stranger)
		part(r);
	if (p.announced)
		announce(r);
	plan_arm(&p, r);
	trec_err err = rig_session_start(r, NULL);

	fuzz_must(err == TREC_OK || p.machines > 0, "a session begins");
	if (err == TREC_OK)
		run(r, &p);
	plan_disarm(&p, r);
	fuzz_must(!stranger || !was_up[1], "no session with a stranger");
	fuzz_must(!stranger || inside || !was_up[0], "nor with one who does not know us any more");
	if (healthy && honest)
		fuzz_must(was_up[0] && was_up[1], "without a fault a session comes up");
	fuzz_must(rig_list(&r->side[0]) == (p.symmetric ? 1u : 2u),
		  "the client's list keeps its entries");
	fuzz_must(rig_list(&r->side[1]) - rig_peers(&r->side[1], TREC_PEER_INTRODUCED) ==
			  1 - parted,
		  "the server's list stays as it is");
	fuzz_must(rig_peers(&r->side[1], TREC_PEER_INTRODUCED) <= introduces,
		  "nobody comes in but by an introduction");
	if (healthy && honest && introduces && !(p.args & 0x80))
		fuzz_must(rig_peers(&r->side[1], TREC_PEER_INTRODUCED) == 1,
			  "without a fault whom it introduces is listed");
	if (healthy && !honest) /* with two keys a client takes turns */
		fuzz_must(rig_heal(r) || (p.symmetric && rig_heal(r)),
			  "once faults have stopped, a session comes up");
	judge_recognition(&p, r, stranger, healthy);
	rig_free(&r);
}
