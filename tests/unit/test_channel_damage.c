/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of a channel when bytes are damaged or lost, and when memory runs out. */
#include <string.h>

#include "proto/base/base.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/unit/tls_rig.h"

/* ---- damage
 * ------------------------------------------------------------------------------
 */

struct damage {
	enum chan_role from; /* whose bytes */
	size_t at;	     /* byte of all it sends */
	size_t seen;
	bool cut; /* lose everything from there on; else flip a bit */
	bool hit;
};

static void damage(void *ctx, enum chan_role from, uint8_t *p, size_t *n)
{
	struct damage *d = ctx;
	size_t start = d->seen;

	if (from != d->from)
		return;
	d->seen += *n;
	if (d->at >= d->seen || (d->hit && !d->cut))
		return;
	d->hit = true;
	if (!d->cut)
		p[d->at - start] ^= 1;
	else
		*n = d->at > start ? d->at - start : 0;
}

/* One handshake damaged there; false when the bytes do not reach that far. */
static bool damaged_run(int kind, enum chan_role from, size_t at, bool cut)
{
	struct damage d = { from, at, 0, cut, false };
	struct rig r;

	if (kind == 0)
		rig_psk_pair(&r);
	else
		rig_session_pair(&r, rig_ident(TREC_KEY_ED25519, 0),
				 rig_ident(TREC_KEY_ED25519, 1));
	r.tap = damage;
	r.tap_ctx = &d;
	rig_pump(&r);
	if (d.hit) {
		CU_ASSERT_FALSE(rig_open(&r));
		/* Whoever got the damage does not open; the other never opened alone for
     * long. */
		CU_ASSERT_NOT_EQUAL(chan_state(r.c[chan_other(from)]), CHAN_OPEN);
		if (cut)
			CU_ASSERT_EQUAL(r.err[chan_other(from)], TREC_OK);
		CU_ASSERT_EQUAL(chan_peer_cert(r.c[chan_other(from)]).n, 0);
	}
	rig_end(&r);
	return d.hit;
}

static void sweep_damage(bool cut, size_t stride)
{
	for (int kind = 0; kind < 2; kind++)
		for (int from = 0; from < 2; from++)
			for (size_t at = 0; damaged_run(kind, (enum chan_role)from, at, cut);)
				at += kind == 0 ? 1 : stride;
}

static void c631_c2_any_byte_changed_in_the_handshake_opens_nothing(void)
{
	sweep_damage(false, 3);
}

static void any_truncation_of_the_handshake_opens_nothing(void)
{
	sweep_damage(true, 7);
}

static void c631_h_any_byte_changed_in_data_ends_the_channel(void)
{
	uint8_t wire[200], bad[200], out[100];
	size_t n, used, m;

	for (size_t at = 0;; at++) {
		struct rig r;

		rig_psk_pair(&r);
		rig_pump(&r);
		CU_ASSERT_EQUAL(chan_write(r.c[0], trec_bytes("some text", 9), &used), TREC_OK);
		n = chan_drain(r.c[0], wire, sizeof wire);
		if (at < n) {
			memcpy(bad, wire, n);
			bad[at] ^= 0x10;
			trec_err err = chan_feed(r.c[1], trec_bytes(bad, n), &used);

			if (err == TREC_OK)
				err = chan_read(r.c[1], out, sizeof out, &m);
			CU_ASSERT_NOT_EQUAL(err, TREC_OK);
			if (err != TREC_E_AGAIN) /* a longer length waits for more */
				CU_ASSERT_EQUAL(chan_state(r.c[1]), CHAN_FAILED);
		}
		rig_end(&r);
		if (at >= n)
			break;
	}
}

static void repeated_and_dropped_records_end_the_channel(void)
{
	uint8_t one[100], two[100], out[100];
	size_t n, m, used, got;

	for (int drop = 0; drop < 2; drop++) {
		struct rig r;

		rig_psk_pair(&r);
		rig_pump(&r);
		CU_ASSERT_EQUAL(chan_write(r.c[0], trec_bytes("one", 3), &used), TREC_OK);
		n = chan_drain(r.c[0], one, sizeof one);
		CU_ASSERT_EQUAL(chan_write(r.c[0], trec_bytes("two", 3), &used), TREC_OK);
		m = chan_drain(r.c[0], two, sizeof two);
		if (!drop) {
			CU_ASSERT_EQUAL(chan_feed(r.c[1], trec_bytes(one, n), &used), TREC_OK);
			CU_ASSERT_EQUAL(chan_read(r.c[1], out, sizeof out, &got), TREC_OK);
			memcpy(two, one, n);
			m = n;
		}
		CU_ASSERT_EQUAL(chan_feed(r.c[1], trec_bytes(two, m), &used), TREC_OK);
		CU_ASSERT_EQUAL(chan_read(r.c[1], out, sizeof out, &got), TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(chan_state(r.c[1]), CHAN_FAILED);
		rig_end(&r);
	}
}

/* ---- memory
 * ------------------------------------------------------------------------------
 */

static bool open_or_clean(struct fault_env *f, void *ctx)
{
	const int *kind = ctx;
	struct rig r = { 0 };
	bool same = true;

	for (int role = 0; role < 2; role++) {
		if (*kind == 0)
			rig_psk_end(&r, &f->env, (enum chan_role)role);
		else
			rig_session_end(&r, &f->env, (enum chan_role)role,
					rig_ident(TREC_KEY_ED25519, role), NULL, NULL);
	}
	rig_pump(&r);
	if (f->fired == 0)
		same = rig_open(&r);
	rig_end(&r);
	return same;
}

static void every_failing_allocation_or_random_call_ends_cleanly(void)
{
	for (int kind = 0; kind < 2; kind++) {
		CU_ASSERT_TRUE(fault_env_each_alloc(open_or_clean, &kind, 200));
		CU_ASSERT_TRUE(fault_env_each_random(open_or_clean, &kind, 20));
	}
}

struct gate_count {
	unsigned left;
	bool fired;
};

static bool countdown(void *ctx)
{
	struct gate_count *g = ctx;

	if (g->left > 0) {
		g->left--;
		return true;
	}
	g->fired = true;
	return false;
}

/*
 * wolfSSL 5.5.4 loses 72 bytes of its own when one of its allocations fails in the middle of a
 * ClientHello. What is ours is counted by fault_env.
 */
static void every_failing_allocation_inside_wolfssl_ends_cleanly(void)
{
	suite_foreign_leaks(true);
	for (int kind = 0; kind < 2; kind++) {
		struct gate_count g = { 0, true };

		for (unsigned nth = 0; g.fired && nth < 2000; nth++) {
			struct fault_env f;

			fault_env_init(&f, 1);
			g = (struct gate_count){ nth, false };
			crypto_alloc_gate(countdown, &g);
			bool ok = open_or_clean(&f, &kind);

			crypto_alloc_gate(NULL, NULL);
			CU_ASSERT_TRUE(ok || g.fired);
			CU_ASSERT_TRUE(fault_env_clean(&f));
		}
		CU_ASSERT_FALSE(g.fired);
	}
	suite_foreign_leaks(false);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_c2_any_byte_changed_in_the_handshake_opens_nothing),
	SUITE_CASE(any_truncation_of_the_handshake_opens_nothing),
	SUITE_CASE(c631_h_any_byte_changed_in_data_ends_the_channel),
	SUITE_CASE(repeated_and_dropped_records_end_the_channel),
	SUITE_CASE(every_failing_allocation_or_random_call_ends_cleanly),
	SUITE_CASE(every_failing_allocation_inside_wolfssl_ends_cleanly),
};

int main(void)
{
	rig_start();
	int status = suite_main("channel under damage", cases, BASE_COUNT(cases));

	rig_stop();
	return status;
}
