/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Input: a byte that chooses the kind (bit 0: session), whose end is attacked (bit 1: the
 * server) and the mode (bit 2), then
 * - bytes for that end, cut into pieces by their first byte; or
 * - in mode 1, a place (two bytes, from the front of all that the honest peer sends) and bytes to
 *   put over what stands there.
 * Property: no bytes but an honest peer's own open a channel or record a certificate; a failed
 * channel stays failed; what it answers is bounded.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "tests/unit/tls_rig.h"

#define ANSWER_MAX 4096

static struct rig honest_pair(bool session)
{
	struct rig r;

	if (session)
		rig_session_pair(&r, rig_ident(TREC_KEY_ED25519, 0), rig_ident(TREC_KEY_P256, 1));
	else
		rig_psk_pair(&r);
	fuzz_must(r.err[0] == TREC_OK && r.err[1] == TREC_OK, "channels are made");
	return r;
}

static void cold(struct chan *c, const uint8_t *p, size_t n)
{
	size_t piece = n > 0 ? p[0] + 1u : 1, used, answered = 0;
	uint8_t out[512];
	trec_err err = TREC_OK;

	for (size_t at = 0; at < n && err == TREC_OK; at += used) {
		size_t part = n - at < piece ? n - at : piece;

		err = chan_feed(c, trec_bytes(p + at, part), &used);
		fuzz_must(err != TREC_OK || used == part, "a handshake takes what comes");
		for (size_t got; (got = chan_drain(c, out, sizeof out)) > 0;)
			answered += got;
	}
	fuzz_must(chan_state(c) == (err == TREC_OK ? CHAN_HANDSHAKE : CHAN_FAILED), "state");
	fuzz_must(chan_peer_cert(c).n == 0, "no certificate");
	fuzz_must(answered <= ANSWER_MAX, "answers are bounded");
	if (err != TREC_OK)
		fuzz_must(chan_feed(c, trec_bytes(p, n), &used) == TREC_E_STATE, "failed stays so");
}

struct patch {
	enum chan_role from;
	size_t at, seen;
	struct trec_bytes over;
	bool changed;
};

static void apply(void *ctx, enum chan_role from, uint8_t *p, size_t *n)
{
	struct patch *x = ctx;

	if (from != x->from)
		return;
	for (size_t i = 0; i < *n; i++) {
		size_t place = x->seen + i;

		if (place < x->at || place >= x->at + x->over.n)
			continue;
		x->changed |= p[i] != x->over.p[place - x->at];
		p[i] = x->over.p[place - x->at];
	}
	x->seen += *n;
}

static void patched(struct rig *r, enum chan_role victim, const uint8_t *p, size_t n)
{
	if (n < 2)
		return;
	struct patch x = { chan_other(victim), (size_t)p[0] << 8 | p[1], 0,
			   trec_bytes(p + 2, n - 2), false };

	r->tap = apply;
	r->tap_ctx = &x;
	rig_pump(r);
	if (!x.changed)
		fuzz_must(rig_open(r), "what was not changed opens");
	else
		fuzz_must(chan_state(r->c[victim]) != CHAN_OPEN &&
				  chan_peer_cert(r->c[victim]).n == 0,
			  "what was changed does not open");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static bool started;

	if (!started)
		rig_start();
	started = true;
	if (n == 0)
		return 0;
	struct rig r = honest_pair((data[0] & 1) != 0);
	enum chan_role victim = (data[0] & 2) != 0 ? CHAN_SERVER : CHAN_CLIENT;

	if ((data[0] & 4) != 0)
		patched(&r, victim, data + 1, n - 1);
	else
		cold(r.c[victim], data + 1, n - 1);
	rig_end(&r);
	return 0;
}
