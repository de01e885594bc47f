/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two kinds of channel between two honest ends, and what becomes of damaged
 * bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/unit/tls_rig.h"

#define ALERT_MAX 64 /* bytes of an alert in any dress; a certificate has more than 200 */

static const trec_key_alg algs[] = { TREC_KEY_ED25519, TREC_KEY_P256 };

/* ---- opening
 * -----------------------------------------------------------------------------
 */

static void c631_c2_pairing_channel_opens_with_the_same_psk(void)
{
	struct rig r;

	rig_psk_pair(&r);
	rig_pump(&r);
	CU_ASSERT_TRUE(rig_open(&r));
	CU_ASSERT_EQUAL(r.flights, 3);
	CU_ASSERT_EQUAL(chan_peer_cert(r.c[CHAN_CLIENT]).n, 0);
	CU_ASSERT_EQUAL(chan_peer_cert(r.c[CHAN_SERVER]).n, 0);
	CU_ASSERT_TRUE(rig_say(&r, CHAN_CLIENT, trec_bytes("ping", 4)));
	CU_ASSERT_TRUE(rig_say(&r, CHAN_SERVER, trec_bytes("pong", 4)));
	rig_end(&r);
}

static void c631_h_session_opens_for_each_pair_of_key_kinds(void)
{
	for (size_t i = 0; i < 4; i++) {
		struct rig_ident *client = rig_ident(algs[i / 2], 0);
		struct rig_ident *server = rig_ident(algs[i % 2], 1);
		struct rig r;

		rig_session_pair(&r, client, server);
		rig_pump(&r);
		CU_ASSERT_TRUE(rig_open(&r));
		CU_ASSERT_EQUAL(r.flights, 3);
		CU_ASSERT_TRUE(
			trec_bytes_equal(chan_peer_cert(r.c[CHAN_CLIENT]), rig_cert(server)));
		CU_ASSERT_TRUE(
			trec_bytes_equal(chan_peer_cert(r.c[CHAN_SERVER]), rig_cert(client)));
		CU_ASSERT_TRUE(rig_say(&r, CHAN_CLIENT, trec_bytes("ping", 4)));
		CU_ASSERT_TRUE(rig_say(&r, CHAN_SERVER, trec_bytes("pong", 4)));
		rig_end(&r);
	}
}

static void bytes_may_come_one_at_a_time(void)
{
	for (int kind = 0; kind < 2; kind++) {
		struct rig r;

		if (kind == 0)
			rig_psk_pair(&r);
		else
			rig_session_pair(&r, rig_ident(TREC_KEY_P256, 0),
					 rig_ident(TREC_KEY_ED25519, 1));
		r.step = 1;
		rig_pump(&r);
		CU_ASSERT_TRUE(rig_open(&r));
		rig_end(&r);
	}
}

static void aes_is_taken_only_where_both_ask(void)
{
	for (int which = 0; which < 4; which++) {
		struct rig r = { 0 };

		for (int role = 0; role < 2; role++) {
			struct rig_ident *id = rig_ident(TREC_KEY_ED25519, role);
			struct chan_session conf = {
				.role = (enum chan_role)role,
				.cert = rig_cert(id),
				.signer = &id->signer,
				.aes_gcm = (which >> role & 1) != 0,
			};

			r.err[role] = chan_new_session(trec_env_default(), &conf, &r.c[role]);
		}
		rig_pump(&r);
		CU_ASSERT_TRUE(rig_open(&r)); /* ChaCha20-Poly1305 is always there */
		rig_end(&r);
	}
}

/* ---- refusing
 * ----------------------------------------------------------------------------
 */

static void psk_end(struct rig *r, enum chan_role role, uint8_t twist, const char *identity)
{
	uint8_t psk[CHAN_PSK_LEN];
	struct chan_psk conf = { role, trec_bytes(psk, sizeof psk), identity, false };

	memcpy(psk, rig_psk, sizeof psk);
	psk[31] ^= twist;
	r->err[role] = chan_new_psk(trec_env_default(), &conf, &r->c[role]);
}

static void keep_last(void *ctx, enum chan_role from, uint8_t *p, size_t *n)
{
	struct trec_bytes *last = ctx;
	static uint8_t kept[4096];

	if (from != CHAN_SERVER || *n > sizeof kept)
		return;
	memcpy(kept, p, *n);
	*last = trec_bytes(kept, *n);
}

/* What the server answers a client with that key and identity. */
static size_t psk_refusal(uint8_t twist, const char *identity, uint8_t *out, size_t cap)
{
	struct trec_bytes last = { NULL, 0 };
	struct rig r = { 0 };

	psk_end(&r, CHAN_CLIENT, twist, identity);
	psk_end(&r, CHAN_SERVER, 0, RIG_IDENTITY);
	r.tap = keep_last;
	r.tap_ctx = &last;
	rig_pump(&r);
	CU_ASSERT_EQUAL(r.err[CHAN_SERVER], TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(r.err[CHAN_CLIENT], TREC_E_REFUSED);
	CU_ASSERT_EQUAL(chan_state(r.c[CHAN_CLIENT]), CHAN_FAILED);
	CU_ASSERT_EQUAL(chan_state(r.c[CHAN_SERVER]), CHAN_FAILED);
	CU_ASSERT_TRUE(last.n <= cap);
	memcpy(out, last.p, last.n);
	rig_end(&r);
	return last.n;
}

static void c631_c1_wrong_identity_cannot_be_told_from_wrong_psk(void)
{
	static const char *const wrong[] = { "trec1.y", "trec1.xx", "trec1.", "TREC1.X" };
	uint8_t key[64], id[64];
	size_t n = psk_refusal(1, RIG_IDENTITY, key, sizeof key);

	CU_ASSERT_TRUE(n > 0);
	for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
		size_t m = psk_refusal(0, wrong[i], id, sizeof id);

		CU_ASSERT_TRUE(trec_bytes_equal(trec_bytes(key, n), trec_bytes(id, m)));
	}
}

static bool count_and_refuse(void *ctx, const struct trec_id *server)
{
	unsigned *asked = ctx;

	(*asked)++;
	return server == NULL;
}

static bool only_this(void *ctx, const struct trec_id *server)
{
	struct crypto_cert cert;

	return crypto_cert_read(rig_cert(ctx), &cert) == TREC_OK &&
	       memcmp(cert.id.b, server->b, sizeof cert.id.b) == 0;
}

static void c631_h_unknown_server_gets_an_alert_and_no_certificate(void)
{
	struct rig r = { 0 };
	unsigned asked = 0;

	rig_session_end(&r, trec_env_default(), CHAN_CLIENT, rig_ident(TREC_KEY_ED25519, 0),
			count_and_refuse, &asked);
	rig_session_end(&r, trec_env_default(), CHAN_SERVER, rig_ident(TREC_KEY_ED25519, 1), NULL,
			NULL);
	size_t hello = chan_pending(r.c[CHAN_CLIENT]);

	rig_pump(&r);
	CU_ASSERT_TRUE(asked > 0);
	CU_ASSERT_EQUAL(r.err[CHAN_CLIENT], TREC_E_WRONG_CERTIFICATE);
	CU_ASSERT_EQUAL(r.err[CHAN_SERVER], TREC_E_REFUSED);
	CU_ASSERT_EQUAL(chan_peer_cert(r.c[CHAN_SERVER]).n, 0);
	CU_ASSERT_EQUAL(chan_peer_cert(r.c[CHAN_CLIENT]).n, 0);
	CU_ASSERT_TRUE(r.sent[CHAN_CLIENT] - hello < ALERT_MAX);
	rig_end(&r);
}

static void c631_h_known_server_passes_the_clients_pin(void)
{
	for (int which = 0; which < 2; which++) {
		struct rig r = { 0 };

		rig_session_end(&r, trec_env_default(), CHAN_CLIENT, rig_ident(TREC_KEY_ED25519, 0),
				only_this, rig_ident(TREC_KEY_P256, which));
		rig_session_end(&r, trec_env_default(), CHAN_SERVER, rig_ident(TREC_KEY_P256, 1),
				NULL, NULL);
		rig_pump(&r);
		CU_ASSERT_EQUAL(rig_open(&r), which == 1);
		rig_end(&r);
	}
}

static void a_server_only_records(void)
{
	struct rig r = { 0 };
	unsigned asked = 0;

	rig_session_end(&r, trec_env_default(), CHAN_CLIENT, rig_ident(TREC_KEY_ED25519, 0), NULL,
			NULL);
	rig_session_end(&r, trec_env_default(), CHAN_SERVER, rig_ident(TREC_KEY_ED25519, 1),
			count_and_refuse, &asked);
	rig_pump(&r);
	CU_ASSERT_TRUE(rig_open(&r));
	CU_ASSERT_EQUAL(asked, 0);
	rig_end(&r);
}

static trec_err dead_sign(void *ctx, struct trec_bytes message, uint8_t *sig, size_t cap,
			  size_t *sig_len)
{
	(void)ctx;
	(void)message;
	(void)sig;
	(void)cap;
	*sig_len = 0;
	return TREC_E_RANDOM;
}

static void a_failing_signer_ends_the_handshake_with_its_error(void)
{
	for (int role = 0; role < 2; role++) {
		struct rig_ident dead = *rig_ident(TREC_KEY_ED25519, 0);
		struct rig r = { 0 };

		dead.signer.sign = dead_sign;
		rig_session_end(&r, trec_env_default(), (enum chan_role)role, &dead, NULL, NULL);
		rig_session_end(&r, trec_env_default(), chan_other((enum chan_role)role),
				rig_ident(TREC_KEY_P256, 1), NULL, NULL);
		rig_pump(&r);
		CU_ASSERT_EQUAL(r.err[role], TREC_E_RANDOM);
		CU_ASSERT_EQUAL(chan_state(r.c[role]), CHAN_FAILED);
		CU_ASSERT_NOT_EQUAL(chan_state(r.c[1 - role]), CHAN_OPEN);
		rig_end(&r);
	}
}

static void the_two_kinds_do_not_mix(void)
{
	for (int role = 0; role < 2; role++) {
		struct rig r = { 0 };
		enum chan_role other = chan_other((enum chan_role)role);

		rig_psk_end(&r, trec_env_default(), (enum chan_role)role);
		rig_session_end(&r, trec_env_default(), other, rig_ident(TREC_KEY_ED25519, 1), NULL,
				NULL);
		rig_pump(&r);
		CU_ASSERT_EQUAL(chan_state(r.c[0]), CHAN_FAILED);
		CU_ASSERT_EQUAL(chan_state(r.c[1]), CHAN_FAILED);
		CU_ASSERT_EQUAL(chan_peer_cert(r.c[role]).n, 0);
		rig_end(&r);
	}
}

static void arguments_are_checked(void)
{
	struct rig_ident *id = rig_ident(TREC_KEY_ED25519, 0);
	struct chan_psk p = { CHAN_CLIENT, trec_bytes(rig_psk, 31), RIG_IDENTITY, false };
	struct chan_session s = { .role = CHAN_CLIENT, .signer = &id->signer };
	char text[CHAN_IDENTITY_MAX + 2];
	struct chan *c;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	CU_ASSERT_EQUAL(chan_new_psk(trec_env_default(), &p, &c), TREC_E_USAGE);
	p.psk.n = 32;
	p.identity = "";
	CU_ASSERT_EQUAL(chan_new_psk(trec_env_default(), &p, &c), TREC_E_USAGE);
	p.identity = "a b";
	CU_ASSERT_EQUAL(chan_new_psk(trec_env_default(), &p, &c), TREC_E_USAGE);
	p.identity = text;
	CU_ASSERT_EQUAL(chan_new_psk(trec_env_default(), &p, &c), TREC_E_USAGE);
	p.identity = text + 1;
	CU_ASSERT_EQUAL(chan_new_psk(trec_env_default(), &p, &c), TREC_OK);
	chan_free(&c);
	CU_ASSERT_EQUAL(chan_new_session(trec_env_default(), &s, &c), TREC_E_USAGE);
	s.cert = trec_bytes(id->cert, TREC_CERT_MAX + 1);
	CU_ASSERT_EQUAL(chan_new_session(trec_env_default(), &s, &c), TREC_E_USAGE);
	CU_ASSERT_PTR_NULL(c);
	chan_free(&c);
}

/* ---- data
 * --------------------------------------------------------------------------------
 */

static void c631_h_data_of_all_sizes_arrives_both_ways(void)
{
	static const size_t sizes[] = { 1, 2, 255, 4096, 16383, 16384, 16385, 100000 };
	static uint8_t text[100000];
	struct rig r;

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)(i * 7 + i / 251);
	rig_session_pair(&r, rig_ident(TREC_KEY_ED25519, 0), rig_ident(TREC_KEY_ED25519, 1));
	rig_pump(&r);
	for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
		CU_ASSERT_TRUE(rig_say(&r, CHAN_CLIENT, trec_bytes(text, sizes[i])));
		CU_ASSERT_TRUE(rig_say(&r, CHAN_SERVER, trec_bytes(text, sizes[i])));
	}
	rig_end(&r);
}

static void writing_stops_at_a_full_buffer(void)
{
	static uint8_t text[100000];
	size_t used, taken = 0;
	struct rig r;
	trec_err err;

	rig_psk_pair(&r);
	rig_pump(&r);
	do {
		err = chan_write(r.c[0], trec_bytes(text, sizeof text), &used);
		taken += used;
	} while (err == TREC_OK);
	CU_ASSERT_EQUAL(err, TREC_E_AGAIN);
	CU_ASSERT_EQUAL(chan_writable(r.c[0]), 0);
	CU_ASSERT_TRUE(taken >= 16384 && taken < 40000);
	CU_ASSERT_EQUAL(chan_state(r.c[0]), CHAN_OPEN);
	CU_ASSERT_EQUAL(chan_drain(r.c[0], text, sizeof text) > taken, true);
	CU_ASSERT_EQUAL(chan_write(r.c[0], trec_bytes(text, 10), &used), TREC_OK);
	rig_end(&r);
}

static void reading_and_writing_wait_for_the_handshake(void)
{
	uint8_t out[32];
	struct rig r;
	size_t n;

	rig_psk_pair(&r);
	CU_ASSERT_EQUAL(chan_read(r.c[0], out, sizeof out, &n), TREC_E_STATE);
	CU_ASSERT_EQUAL(chan_write(r.c[0], trec_bytes("x", 1), &n), TREC_E_STATE);
	CU_ASSERT_EQUAL(chan_close(r.c[0]), TREC_E_STATE);
	CU_ASSERT_EQUAL(chan_binding(r.c[0], out), TREC_E_STATE);
	rig_end(&r);
}

static void each_side_closes_on_its_own(void)
{
	uint8_t wire[100], out[16];
	struct rig r;
	size_t n, used;

	rig_psk_pair(&r);
	rig_pump(&r);
	CU_ASSERT_EQUAL(chan_close(r.c[0]), TREC_OK);
	CU_ASSERT_EQUAL(chan_close(r.c[0]), TREC_OK);
	CU_ASSERT_EQUAL(chan_write(r.c[0], trec_bytes("x", 1), &n), TREC_E_STATE);
	n = chan_drain(r.c[0], wire, sizeof wire);
	CU_ASSERT_EQUAL(chan_feed(r.c[1], trec_bytes(wire, n), &used), TREC_OK);
	CU_ASSERT_EQUAL(chan_read(r.c[1], out, sizeof out, &n), TREC_OK);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(chan_state(r.c[1]), CHAN_PEER_CLOSED);
	CU_ASSERT_TRUE(rig_say(&r, CHAN_SERVER, trec_bytes("still here", 10)));
	CU_ASSERT_EQUAL(chan_close(r.c[1]), TREC_OK);
	n = chan_drain(r.c[1], wire, sizeof wire);
	CU_ASSERT_EQUAL(chan_feed(r.c[0], trec_bytes(wire, n), &used), TREC_OK);
	CU_ASSERT_EQUAL(chan_read(r.c[0], out, sizeof out, &n), TREC_OK);
	CU_ASSERT_EQUAL(chan_state(r.c[0]), CHAN_PEER_CLOSED);
	rig_end(&r);
}

static void abort_tells_the_peer_at_every_stage(void)
{
	for (int stage = 0; stage < 2; stage++) {
		struct rig r;

		rig_psk_pair(&r);
		if (stage == 1)
			rig_pump(&r);
		chan_abort(r.c[1]);
		CU_ASSERT_TRUE(chan_pending(r.c[1]) > 0);
		CU_ASSERT_EQUAL(chan_state(r.c[1]), CHAN_FAILED);
		rig_pump(&r);
		CU_ASSERT_NOT_EQUAL(chan_state(r.c[0]), CHAN_OPEN);
		rig_end(&r);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_c2_pairing_channel_opens_with_the_same_psk),
	SUITE_CASE(c631_h_session_opens_for_each_pair_of_key_kinds),
	SUITE_CASE(bytes_may_come_one_at_a_time),
	SUITE_CASE(aes_is_taken_only_where_both_ask),
	SUITE_CASE(c631_c1_wrong_identity_cannot_be_told_from_wrong_psk),
	SUITE_CASE(c631_h_unknown_server_gets_an_alert_and_no_certificate),
	SUITE_CASE(c631_h_known_server_passes_the_clients_pin),
	SUITE_CASE(a_server_only_records),
	SUITE_CASE(a_failing_signer_ends_the_handshake_with_its_error),
	SUITE_CASE(the_two_kinds_do_not_mix),
	SUITE_CASE(arguments_are_checked),
	SUITE_CASE(c631_h_data_of_all_sizes_arrives_both_ways),
	SUITE_CASE(writing_stops_at_a_full_buffer),
	SUITE_CASE(reading_and_writing_wait_for_the_handshake),
	SUITE_CASE(each_side_closes_on_its_own),
	SUITE_CASE(abort_tells_the_peer_at_every_stage),
};

int main(void)
{
	rig_start();
	int status = suite_main("channel", cases, BASE_COUNT(cases));

	rig_stop();
	return status;
}
