/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about sessions with strangers, liars and faults. */
#include <string.h>

#include "proto/engine/ledger.h"
#include "proto/trust/trust.h"
#include "tests/unit/session_rig.h"

static void c631_h_a_third_device_is_told_that_it_is_not_trusted(void)
{
	struct rig *r = sess_paired();
	struct trec_peer p;

	sess_forget(r, 1);
	sess_start(r, NULL, NULL);
	sess_run(r, NULL);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_NOT_TRUSTED);
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_NOT_TRUSTED);
	CU_ASSERT_FALSE(trec_session_authenticated(r->side[1].s));
	/* unknown never removes anything: marked, kept */
	CU_ASSERT_EQUAL(trec_peer_get(&r->side[0].f.env, &r->side[0].store->store,
				      &r->side[1].own.id, &p),
			TREC_OK);
	CU_ASSERT_EQUAL(p.state, TREC_PEER_ACTIVE);
	CU_ASSERT_TRUE(p.forgotten);
	rig_free(&r);
}

static void c631_h_an_unknown_server_gets_an_alert_and_sees_no_certificate(void)
{
	struct rig *r = sess_paired();

	sess_forget(r, 0);
	sess_start(r, NULL, NULL);
	sess_run(r, NULL);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_NO_PEER);
	rig_end(r);
	sess_start(r, &r->side[1].own.id, NULL);
	sess_run(r, NULL);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_NOT_TRUSTED);
	CU_ASSERT_EQUAL(r->side[0].sent, 0);
	rig_free(&r);
}

static void a_server_that_is_another_peer_than_expected_is_refused(void)
{
	struct rig *r = sess_paired();
	struct rig *other = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 99);
	struct trec_id expected = r->side[1].own.id;

	rig_become(&r->side[1], &other->side[1]);
	sess_start(r, &expected, NULL);
	sess_run(r, NULL);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_WRONG_CERTIFICATE);
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_WRONG_CERTIFICATE);
	rig_free(&r);
	rig_free(&other);
}

static void c631_h_a_reflected_own_key_is_fatal(void)
{
	struct rig *r = sess_paired();

	rig_become(&r->side[1], &r->side[0]);
	sess_start(r, NULL, NULL);
	sess_run(r, NULL);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_OWN_KEY);
	rig_free(&r);
}

/* A certificate for a known key that the key did not sign, from either side. */
static void c631_h_certificate_of_a_known_key_must_be_self_signed(void)
{
	struct rig *r = sess_paired();

	for (int side = 0; side < 2; side++) {
		struct rig_side *s = &r->side[side];

		s->cert[s->own.cert.n - 1] ^= 1;
		sess_start(r, NULL, NULL);
		sess_run(r, NULL);
		CU_ASSERT_EQUAL(sess_error(r, 1 - side), TREC_E_WRONG_CERTIFICATE);
		CU_ASSERT_PTR_NULL(trec_session_peer(r->side[1 - side].s));
		s->cert[s->own.cert.n - 1] ^= 1;
		rig_end(r);
	}
	CU_ASSERT_TRUE(rig_heal(r));
	rig_free(&r);
}

/* Moves a side to a key that no signature fits, and the other's record of it with it. */
static void leave_the_curve(struct rig *r, int side)
{
	struct rig_side *s = &r->side[side];
	struct rig_side *other = &r->side[1 - side];
	struct crypto_cert c;
	struct rec_peer p;
	bool found = false;

	CU_ASSERT_EQUAL(eng_peer_load(&other->f.env, &other->store->store, TREC_RECORD_PEER,
				      &s->own.id, &p, &found),
			TREC_OK);
	CU_ASSERT_EQUAL(crypto_cert_read(s->own.cert, &c), TREC_OK);
	uint8_t *key = s->cert + (crypto_spki_raw(c.spki).p - s->cert);

	memset(key, 0, 32);
	key[0] = 2; /* no point has y = 2 */
	CU_ASSERT_EQUAL(crypto_cert_read(s->own.cert, &c), TREC_OK);
	s->own.id = c.id;
	s->store->own = s->own;
	memcpy(p.cert, s->cert, p.cert_len);
	CU_ASSERT_EQUAL(eng_peer_store(&other->store->store, TREC_RECORD_PEER, &c.id, &p), TREC_OK);
}

/* The certificate is the one on record, so that only the handshake looks at the key. */
static void c631_h_a_key_off_the_curve_proves_nothing_though_it_is_on_record(void)
{
	for (int side = 0; side < 2; side++) {
		struct rig *r = sess_paired();

		leave_the_curve(r, side);
		sess_start(r, NULL, NULL);
		sess_run(r, NULL);
		CU_ASSERT_EQUAL(sess_error(r, 1 - side), TREC_E_WRONG_CERTIFICATE);
		CU_ASSERT_PTR_NULL(trec_session_peer(r->side[1 - side].s));
		rig_free(&r);
	}
}

/* The key counts, not the certificate it came in. */
static void another_self_signed_certificate_of_a_known_key_will_do(void)
{
	struct rig *r = sess_paired();
	struct rig_side *s = &r->side[0];
	uint8_t before[TREC_CERT_MAX];
	size_t n = 0;

	memcpy(before, s->cert, sizeof(before));
	CU_ASSERT_EQUAL(crypto_cert_make(&s->f.env, &s->signer, NULL, s->cert, sizeof(s->cert), &n),
			TREC_OK);
	CU_ASSERT_TRUE(n == s->own.cert.n && memcmp(before, s->cert, n) != 0);
	CU_ASSERT_TRUE(rig_heal(r));
	rig_free(&r);
}

/* Every message in every state a server can be in: what the table refuses ends the session. */
static void a_message_out_of_place_ends_the_session(void)
{
	static const uint8_t empty_map[] = { 0xa0 };
	struct rig *r = sess_paired();
	unsigned refused = 0;

	for (unsigned f = 0; f < ENG_F_COUNT; f++) {
		struct chan *c = sess_raw_client(r);
		uint8_t frame[8];
		size_t n = 0;
		size_t used = 0;

		if (frame_chan_make((uint8_t)(FRAME_HELLO + f), trec_bytes(empty_map, 1), frame,
				    sizeof(frame), &n) == TREC_OK) {
			CU_ASSERT_EQUAL(chan_write(c, trec_bytes(frame, n), &used), TREC_OK);
			sess_shuttle(r, c);
			bool legal = f == ENG_F_HELLO || f == ENG_F_PRESENT;

			CU_ASSERT_EQUAL(sess_error(r, 1) == TREC_OK, legal);
			refused += !legal;
		}
		chan_free(&c);
		rig_end(r);
	}
	CU_ASSERT_EQUAL(refused, ENG_F_COUNT - 2);
	CU_ASSERT_EQUAL(rig_peers(&r->side[1], TREC_PEER_ACTIVE), 1);
	rig_free(&r);
}

static void say(struct rig *r, struct chan *c, const uint8_t *bytes, size_t n)
{
	size_t used = 0;

	CU_ASSERT_EQUAL(chan_write(c, trec_bytes(bytes, n), &used), TREC_OK);
	sess_shuttle(r, c);
}

/* hello, revoke and close are answered alike, whatever is in them; nothing is read after. */
static void a_stranger_is_heard_by_nobody(void)
{
	static const uint8_t word[3][5] = { { FRAME_HELLO, 0, 0, 1, 0xff },
					    { FRAME_REVOKE, 0, 0, 1, 0xff },
					    { FRAME_CLOSE, 0, 0, 1, 0xff } };
	static const uint8_t garbage[] = { 0x25, 0xff, 0xff, 0xff, 0x00 };
	struct rig *r = sess_paired();
	uint8_t in[64];
	size_t n = 0;

	sess_forget(r, 1);
	for (int i = 0; i < 3; i++) {
		struct chan *c = sess_raw_client(r);

		CU_ASSERT_EQUAL(chan_read(c, in, sizeof(in), &n), TREC_E_AGAIN);
		say(r, c, word[i], sizeof(word[i]));
		CU_ASSERT_EQUAL(chan_read(c, in, sizeof(in), &n), TREC_OK);
		CU_ASSERT_TRUE(n > 4 && in[0] == FRAME_NOT_TRUSTED);
		say(r, c, garbage, sizeof(garbage));
		CU_ASSERT_EQUAL(sess_error(r, 1), TREC_OK);
		(void)!trec_session_tick(r->side[1].s, r->side[1].f.now_ms + ENG_SESSION_END_MS);
		CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_NOT_TRUSTED);
		chan_free(&c);
		rig_end(r);
	}
	rig_free(&r);
}

/* What only a peer may say ends it at the header: no byte of a body is waited for or kept. */
static void a_stranger_that_speaks_out_of_turn_is_dropped_at_the_header(void)
{
	struct rig *r = sess_paired();

	sess_forget(r, 1);
	for (unsigned type = FRAME_HELLO; type < FRAME_HELLO + ENG_F_COUNT + 4; type++) {
		const uint8_t header[] = { (uint8_t)type, 0, 0, 1 };
		struct chan *c = sess_raw_client(r);

		say(r, c, header, sizeof(header));
		bool may = type == FRAME_HELLO || type == FRAME_REVOKE || type == FRAME_CLOSE ||
			   type == FRAME_PRESENT;

		CU_ASSERT_EQUAL(sess_error(r, 1), may ? TREC_OK : TREC_E_NOT_TRUSTED);
		chan_free(&c);
		rig_end(r);
	}
	rig_free(&r);
}

/* It gets no more time than anybody before the set-up is done. */
static void a_stranger_that_says_nothing_costs_ten_seconds(void)
{
	static const uint8_t half[] = { FRAME_PRESENT, 0, 0x10, 0, 0xa3 };
	struct rig *r = sess_paired();
	uint64_t began = r->side[1].f.now_ms;

	sess_forget(r, 1);
	for (int i = 0; i < 2; i++) {
		struct chan *c = sess_raw_client(r);

		if (i == 1)
			say(r, c, half, sizeof(half));
		CU_ASSERT_TRUE(trec_session_deadline_ms(r->side[1].s) <= began + 10000);
		(void)!trec_session_tick(r->side[1].s, began + 10000);
		CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_NOT_TRUSTED);
		CU_ASSERT_FALSE(trec_session_authenticated(r->side[1].s));
		chan_free(&c);
		rig_end(r);
	}
	rig_free(&r);
}

/* A revocation signed by another device, or for another, parts nobody. */
static void c613_a_forged_revocation_changes_nothing(void)
{
	struct rig *r = sess_paired();
	struct rig *other = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 99);
	const struct trec_id *me[] = { &r->side[1].own.id, &other->side[1].own.id };
	const struct trec_signer *by[] = { &other->side[0].signer, &r->side[0].signer };
	const struct trec_id *iss[] = { &other->side[0].own.id, &r->side[0].own.id };

	for (int i = 0; i < 2; i++) {
		uint8_t words[TRUST_STATEMENT_MAX];
		uint8_t frame[TRUST_STATEMENT_MAX + 8];
		size_t n = 0;
		size_t used = 0;
		struct chan *c = sess_raw_client(r);

		CU_ASSERT_EQUAL(trust_make(&r->side[0].f.env, TRUST_REVOKE, by[i], iss[i], me[i],
					   words, sizeof(words), &n, NULL),
				TREC_OK);
		CU_ASSERT_EQUAL(frame_chan_make(FRAME_REVOKE, trec_bytes(words, n), frame,
						sizeof(frame), &n),
				TREC_OK);
		CU_ASSERT_EQUAL(chan_write(c, trec_bytes(frame, n), &used), TREC_OK);
		sess_shuttle(r, c);
		CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(rig_peers(&r->side[1], TREC_PEER_ACTIVE), 1);
		chan_free(&c);
		rig_end(r);
	}
	rig_free(&r);
	rig_free(&other);
}

/* The client leaves right after TLS, before it accepted the server: nothing turns active. */
static void c631_g_a_handshake_alone_activates_nothing(void)
{
	struct rig *r = sess_paired();

	sess_halve(r, 1);
	struct chan *c = sess_raw_client(r);

	CU_ASSERT_EQUAL(chan_state(c), CHAN_OPEN);
	trec_session_lost(r->side[1].s, TREC_E_LOST);
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_LOST);
	CU_ASSERT_EQUAL(rig_peers(&r->side[1], TREC_PEER_ACTIVE), 0);
	CU_ASSERT_EQUAL(rig_peers(&r->side[1], TREC_PEER_UNCONFIRMED), 1);
	chan_free(&c);
	rig_free(&r);
}

static size_t flip_at;
static size_t seen_bytes;

static size_t flip(struct rig *r, int from, uint8_t *bytes, size_t n)
{
	(void)r;
	(void)from;
	if (flip_at >= seen_bytes && flip_at < seen_bytes + n)
		bytes[flip_at - seen_bytes] ^= 0x10;
	seen_bytes += n;
	return n;
}

/* Up on both sides means that nothing that matters was altered: then the session works. */
static void any_altered_byte_ends_the_session_or_changes_nothing(void)
{
	struct rig *r = sess_paired();
	size_t total = 0;

	flip_at = SIZE_MAX;
	r->tap = flip;
	seen_bytes = 0;
	sess_up(r);
	total = seen_bytes;
	rig_end(r);
	for (flip_at = 0; flip_at < total; flip_at += 7) {
		sess_start(r, NULL, NULL);
		r->tap = flip;
		seen_bytes = 0;
		rig_settle(r);
		bool a = sess_saw(r, 0, TREC_SESSION_UP, NULL);
		bool b = sess_saw(r, 1, TREC_SESSION_UP, NULL);

		CU_ASSERT_FALSE(a && !b);
		sess_run(r, NULL);
		r->tap = NULL;
		rig_end(r);
	}
	CU_ASSERT_TRUE(total > 800);
	rig_free(&r);
}

static void a_silent_peer_costs_ten_seconds(void)
{
	struct rig *r = sess_paired();
	uint64_t began = r->side[1].f.now_ms;

	sess_start(r, NULL, NULL);
	r->side[0].dead = true;
	CU_ASSERT_TRUE(trec_session_deadline_ms(r->side[1].s) <= began + 10000);
	(void)!trec_session_tick(r->side[1].s, began + 10000);
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_TIMEOUT);
	rig_free(&r);
}

static void a_store_that_fails_ends_the_session(void)
{
	struct rig *r = sess_paired();

	sess_halve(r, 1);
	mem_store_fault(r->side[1].store, 1, MEM_FAULT_FAIL);
	sess_start(r, NULL, NULL);
	sess_run(r, NULL);
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_IO);
	CU_ASSERT_EQUAL(rig_peers(&r->side[1], TREC_PEER_UNCONFIRMED), 1);
	rig_free(&r);
}

static bool session_with_faults(struct rig *r)
{
	struct trec_session_options o = { .env = &r->side[0].f.env,
					  .store = &r->side[0].store->store };
	struct trec_session_options p = { .env = &r->side[1].f.env,
					  .store = &r->side[1].store->store };

	if (trec_session_new(TREC_SESSION_CLIENT, &o, &r->side[0].s) != TREC_OK ||
	    trec_session_new(TREC_SESSION_SERVER, &p, &r->side[1].s) != TREC_OK)
		return false;
	rig_settle(r);
	return sess_saw(r, 0, TREC_SESSION_UP, NULL) && sess_saw(r, 1, TREC_SESSION_UP, NULL);
}

static void any_failing_allocation_ends_cleanly(void)
{
	struct rig *r = sess_paired();
	bool worked = false;

	for (int side = 0; side < 2; side++) {
		worked = false;
		for (uint64_t n = 0; n < 400 && !worked; n++) {
			r->side[side].f.fail_alloc = n;
			worked = session_with_faults(r);
			r->side[side].f.fail_alloc = FAULT_NEVER;
			rig_end(r);
		}
		CU_ASSERT_TRUE(worked);
	}
	rig_free(&r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_h_a_third_device_is_told_that_it_is_not_trusted),
	SUITE_CASE(c631_h_an_unknown_server_gets_an_alert_and_sees_no_certificate),
	SUITE_CASE(a_server_that_is_another_peer_than_expected_is_refused),
	SUITE_CASE(c631_h_a_reflected_own_key_is_fatal),
	SUITE_CASE(c631_h_certificate_of_a_known_key_must_be_self_signed),
	SUITE_CASE(c631_h_a_key_off_the_curve_proves_nothing_though_it_is_on_record),
	SUITE_CASE(another_self_signed_certificate_of_a_known_key_will_do),
	SUITE_CASE(a_message_out_of_place_ends_the_session),
	SUITE_CASE(a_stranger_is_heard_by_nobody),
	SUITE_CASE(a_stranger_that_speaks_out_of_turn_is_dropped_at_the_header),
	SUITE_CASE(a_stranger_that_says_nothing_costs_ten_seconds),
	SUITE_CASE(c613_a_forged_revocation_changes_nothing),
	SUITE_CASE(c631_g_a_handshake_alone_activates_nothing),
	SUITE_CASE(any_altered_byte_ends_the_session_or_changes_nothing),
	SUITE_CASE(a_silent_peer_costs_ten_seconds),
	SUITE_CASE(a_store_that_fails_ends_the_session),
	SUITE_CASE(any_failing_allocation_ends_cleanly),
};

SUITE_MAIN("session strangers", cases)
