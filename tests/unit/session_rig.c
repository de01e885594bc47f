/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See session_rig.h. */
#include <string.h>

#include "proto/engine/ledger.h"
#include "tests/unit/session_rig.h"

static const char uri[] = "tcp://192.0.2.7:7443";

/* Client at side 0, server at side 1; peer NULL: any. */
void sess_start(struct rig *r, const struct trec_id *peer, const struct trec_revocation *parted)
{
	struct trec_session_options c = { .env = &r->side[0].f.env,
					  .store = &r->side[0].store->store,
					  .peer = peer,
					  .uri = uri,
					  .revocation = parted };
	struct trec_session_options s = { .env = &r->side[1].f.env,
					  .store = &r->side[1].store->store };

	CU_ASSERT_EQUAL_FATAL(trec_session_new(TREC_SESSION_CLIENT, &c, &r->side[0].s), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(trec_session_new(TREC_SESSION_SERVER, &s, &r->side[1].s), TREC_OK);
}

/* The next event of a side, or -1. */
int sess_event(struct rig *r, int side)
{
	struct trec_session_event ev;

	return trec_session_event(r->side[side].s, &ev) == TREC_OK ? (int)ev.kind : -1;
}

/* Takes events of a side up to one of that kind. */
bool sess_saw(struct rig *r, int side, enum trec_session_event_kind kind,
		struct trec_session_event *out)
{
	struct trec_session_event ev;

	while (trec_session_event(r->side[side].s, &ev) == TREC_OK)
		if (ev.kind == kind) {
			if (out != NULL)
				*out = ev;
			return true;
		}
	return false;
}

/* Runs both to their ends; *seen collects the kinds of events on the way, a bit each. */
void sess_run(struct rig *r, unsigned seen[2])
{
	unsigned bits[2] = { 0, 0 };

	for (int i = 0; i < 10; i++) {
		rig_settle(r);
		for (int side = 0; side < 2; side++)
			for (int kind = sess_event(r, side); kind >= 0; kind = sess_event(r, side))
				bits[side] |= 1u << kind;
	}
	rig_run(r);
	if (seen != NULL)
		memcpy(seen, bits, sizeof(bits));
}

void sess_up(struct rig *r)
{
	sess_start(r, NULL, NULL);
	rig_settle(r);
	CU_ASSERT_EQUAL(sess_event(r, 0), TREC_SESSION_UP);
	CU_ASSERT_EQUAL(sess_event(r, 1), TREC_SESSION_UP);
}

struct rig *sess_paired(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 7);

	rig_paired(r);
	return r;
}

trec_err sess_error(struct rig *r, int side)
{
	return trec_session_error(r->side[side].s);
}

void sess_forget(struct rig *r, int side)
{
	CU_ASSERT_EQUAL(eng_peer_forget(&r->side[side].f.env, &r->side[side].store->store,
					&r->side[1 - side].own.id), TREC_OK);
}

struct trec_revocation *sess_part(struct rig *r, int side)
{
	struct trec_revocation *out = NULL;

	CU_ASSERT_EQUAL(trec_unpair(&r->side[side].f.env, &r->side[side].store->store,
				    &r->side[1 - side].own.id, false, &out),
			TREC_OK);
	return out;
}

/* Makes a side's record of the other a half pairing. */
void sess_halve(struct rig *r, int side)
{
	struct trec_store *s = &r->side[side].store->store;
	const struct trec_id *id = &r->side[1 - side].own.id;
	struct rec_peer p;
	bool found = false;

	CU_ASSERT_EQUAL(eng_peer_load(&r->side[side].f.env, s, TREC_RECORD_PEER, id, &p, &found),
			TREC_OK);
	eng_moment(&r->side[side].f.env, &p.made);
	CU_ASSERT_EQUAL(eng_peer_forget(&r->side[side].f.env, s, id), TREC_OK);
	CU_ASSERT_EQUAL(eng_peer_store(s, TREC_RECORD_UNCONFIRMED, id, &p), TREC_OK);
	CU_ASSERT_EQUAL(rig_peers(&r->side[side], TREC_PEER_UNCONFIRMED), 1);
}

/* Moves bytes between a bare channel and the server session at side 1, jobs included. */
void sess_shuttle(struct rig *r, struct chan *c)
{
	uint8_t buf[4096];
	struct trec_session *s = r->side[1].s;

	for (int i = 0; i < 50; i++) {
		size_t n = chan_drain(c, buf, sizeof(buf));
		size_t used = 0;
		size_t at = 0;

		while (at < n &&
		       trec_session_feed(s, trec_bytes(buf + at, n - at), &used) == TREC_OK) {
			at += used;
			while (trec_session_next(s) == TREC_NEXT_STORE) {
				trec_session_perform(s);
				trec_session_resume(s);
			}
		}
		if (trec_session_drain(s, buf, sizeof(buf), &n) == TREC_OK && n > 0 &&
		    chan_feed(c, trec_bytes(buf, n), &used) != TREC_OK)
			return;
	}
}

/* The device of side 0 with nothing but its certificate and TLS; server at side 1. */
struct chan *sess_raw_client(struct rig *r)
{
	struct chan_session conf = { .role = CHAN_CLIENT,
				     .cert = r->side[0].own.cert,
				     .signer = &r->side[0].signer };
	struct trec_session_options s = { .env = &r->side[1].f.env,
					  .store = &r->side[1].store->store };
	struct chan *c = NULL;

	CU_ASSERT_EQUAL_FATAL(trec_session_new(TREC_SESSION_SERVER, &s, &r->side[1].s), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(chan_new_session(&r->side[0].f.env, &conf, &c), TREC_OK);
	sess_shuttle(r, c);
	return c;
}
