/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions without certificates: a server that learns from the ClientHello which kind it is, and
 * ends that would rather not use the key. A raw end is wolfSSL as a test configures it.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/tls/internal.h"
#include "tests/lib/suite.h"
#include "tests/unit/tls_raw.h"

/* A server that takes both kinds. */
static struct chan *both_kinds(void)
{
	struct chan_session conf = { .role = CHAN_SERVER,
				     .cert = rig_cert(raw_ed(0)),
				     .signer = &raw_ed(0)->signer,
				     .psk_too = true };
	struct chan *c = NULL;

	CU_ASSERT_EQUAL_FATAL(chan_new_session(trec_env_default(), &conf, &c), TREC_OK);
	return c;
}

static struct chan *key_client(bool session)
{
	struct chan_psk conf = { .role = CHAN_CLIENT,
				 .psk = trec_bytes(rig_psk, sizeof rig_psk),
				 .identity = RIG_IDENTITY,
				 .session = session };
	struct chan *c = NULL;

	CU_ASSERT_EQUAL_FATAL(chan_new_psk(trec_env_default(), &conf, &c), TREC_OK);
	return c;
}

/* Moves bytes until the server waits for a key. */
static void greet(struct rig *r, bool session)
{
	*r = (struct rig){ .c = { key_client(session), both_kinds() } };
	rig_pump(r);
}

static void a_server_learns_from_the_hello_which_kind_it_is(void)
{
	uint8_t binding[2][CHAN_BINDING_LEN];
	struct rig r;

	greet(&r, true);
	CU_ASSERT_TRUE(trec_bytes_equal(chan_psk_wanted(r.c[CHAN_SERVER]),
					trec_bytes(RIG_IDENTITY, strlen(RIG_IDENTITY))));
	CU_ASSERT_EQUAL(chan_pending(r.c[CHAN_SERVER]), 0); /* nothing was answered yet */
	CU_ASSERT_EQUAL(chan_psk_give(r.c[CHAN_SERVER], rig_psk), TREC_OK);
	CU_ASSERT_EQUAL(chan_psk_wanted(r.c[CHAN_SERVER]).n, 0);
	CU_ASSERT_EQUAL(chan_psk_give(r.c[CHAN_SERVER], rig_psk), TREC_E_STATE);
	rig_pump(&r);
	CU_ASSERT_TRUE(rig_open(&r));
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(chan_peer_cert(r.c[i]).n, 0);
		CU_ASSERT_EQUAL(chan_binding(r.c[i], binding[i]), TREC_OK);
	}
	CU_ASSERT_TRUE(memcmp(binding[0], binding[1], CHAN_BINDING_LEN) == 0);
	CU_ASSERT_TRUE(rig_say(&r, CHAN_CLIENT, trec_bytes("one", 3)));
	CU_ASSERT_TRUE(rig_say(&r, CHAN_SERVER, trec_bytes("two", 3)));
	rig_end(&r);
	r = (struct rig){ .c = { raw_session_chan(CHAN_CLIENT), both_kinds() } };
	rig_pump(&r);
	CU_ASSERT_TRUE(rig_open(&r));
	CU_ASSERT_TRUE(chan_peer_cert(r.c[CHAN_SERVER]).n > 0);
	CU_ASSERT_EQUAL(chan_psk_wanted(r.c[CHAN_SERVER]).n, 0);
	rig_end(&r);
}

static void a_byte_at_a_time_is_the_same(void)
{
	struct rig r;

	greet(&r, true);
	r.step = 1;
	CU_ASSERT_EQUAL(chan_psk_give(r.c[CHAN_SERVER], rig_psk), TREC_OK);
	rig_pump(&r);
	CU_ASSERT_TRUE(rig_open(&r));
	rig_end(&r);
}

/* What the server answers to a key that is not that client's. */
static size_t refusal(const uint8_t *psk, uint8_t *out, size_t cap)
{
	struct rig r;
	size_t n;

	greet(&r, true);
	CU_ASSERT_NOT_EQUAL(chan_psk_give(r.c[CHAN_SERVER], psk), TREC_OK);
	CU_ASSERT_EQUAL(chan_state(r.c[CHAN_SERVER]), CHAN_FAILED);
	n = chan_drain(r.c[CHAN_SERVER], out, cap);
	rig_end(&r);
	return n;
}

static void c631_c2_nobodys_identity_fails_as_a_wrong_key_does(void)
{
	uint8_t wrong[CHAN_PSK_LEN] = { 1 }, first[64], second[64];
	size_t n = refusal(wrong, first, sizeof first);

	CU_ASSERT_TRUE(n > 0);
	CU_ASSERT_EQUAL(refusal(NULL, second, sizeof second), n);
	CU_ASSERT_TRUE(memcmp(first, second, n) == 0);
}

static void sessions_and_pairings_are_not_mistaken(void)
{
	struct rig r;

	greet(&r, false); /* a pairing's hello names no protocol */
	r.err[CHAN_SERVER] = chan_psk_give(r.c[CHAN_SERVER], rig_psk);
	rig_pump(&r);
	CU_ASSERT_NOT_EQUAL(chan_state(r.c[CHAN_SERVER]), CHAN_OPEN);
	rig_end(&r);
	r = (struct rig){ .c = { key_client(true), raw_psk_chan(CHAN_SERVER) } };
	rig_pump(&r);
	CU_ASSERT_NOT_EQUAL(chan_state(r.c[CHAN_CLIENT]), CHAN_OPEN);
	rig_end(&r);
}

static void c631_c2_a_server_without_symmetric_peers_takes_no_key(void)
{
	struct rig r = { .c = { key_client(true), raw_session_chan(CHAN_SERVER) } };

	rig_pump(&r);
	CU_ASSERT_EQUAL(r.err[CHAN_SERVER], TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(chan_psk_wanted(r.c[CHAN_SERVER]).n, 0);
	rig_end(&r);
}

/* ---- raw ends ---------------------------------------------------------------------------- */

static struct chan *symmetric_client(void)
{
	return key_client(true);
}

static void c631_c2_mitm_with_a_certificate_instead_of_the_key_is_refused(void)
{
	raw_certificate_refused(symmetric_client, "trec/1", false);
}

static void c631_c2_mitm_is_refused_by_the_verify_callback_alone(void)
{
	raw_certificate_refused(symmetric_client, "trec/1", true);
}

/* Lets a raw client talk to a server of both kinds, which gives the right key. */
static trec_err raw_client(struct raw *r, struct chan *c)
{
	trec_err err = raw_play(r, c);

	if (err == TREC_OK && chan_psk_wanted(c).n > 0)
		err = chan_psk_give(c, rig_psk);
	return err == TREC_OK ? raw_play(r, c) : err;
}

static void a_raw_client_that_does_right_is_accepted(void)
{
	struct chan *c = both_kinds();
	struct raw *r = raw_13(false);

	raw_psk(r);
	raw_connect(r);
	raw_alpn(r, "trec/1");
	CU_ASSERT_EQUAL(raw_client(r, c), TREC_OK);
	CU_ASSERT_EQUAL(chan_state(c), CHAN_OPEN);
	CU_ASSERT_TRUE(r->done);
	CU_ASSERT_FALSE(r->saw_cert);
	chan_free(&c);
	raw_free(&r);
}

static void c631_c2_psk_ke_is_refused_in_sessions(void)
{
	struct chan *c = both_kinds();
	struct raw *r = raw_13(false);

	raw_psk(r);
	raw_connect(r);
	raw_alpn(r, "trec/1");
	wolfSSL_no_dhe_psk(r->ssl);
	CU_ASSERT_EQUAL(raw_client(r, c), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(chan_state(c), CHAN_FAILED);
	CU_ASSERT_FALSE(r->done);
	chan_free(&c);
	raw_free(&r);
	c = key_client(true);
	r = raw_13(true);
	raw_psk(r);
	raw_connect(r);
	raw_alpn(r, "trec/1");
	wolfSSL_no_dhe_psk(r->ssl);
	CU_ASSERT_NOT_EQUAL(raw_play(r, c), TREC_OK);
	CU_ASSERT_EQUAL(chan_state(c), CHAN_FAILED);
	CU_ASSERT_FALSE(r->done);
	chan_free(&c);
	raw_free(&r);
}

static void a_retry_keeps_the_key(void)
{
	int other[] = { WOLFSSL_ECC_SECP384R1, WOLFSSL_ECC_SECP256R1 };
	struct chan *c = both_kinds();
	struct raw *r = raw_13(false);

	raw_psk(r);
	CU_ASSERT_EQUAL(wolfSSL_CTX_set_groups(r->ctx, other, 2), WOLFSSL_SUCCESS);
	raw_connect(r);
	raw_alpn(r, "trec/1");
	CU_ASSERT_EQUAL(wolfSSL_UseKeyShare(r->ssl, WOLFSSL_ECC_SECP384R1), WOLFSSL_SUCCESS);
	CU_ASSERT_EQUAL(raw_client(r, c), TREC_OK);
	CU_ASSERT_EQUAL(chan_state(c), CHAN_OPEN);
	CU_ASSERT_TRUE(r->done);
	chan_free(&c);
	raw_free(&r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_server_learns_from_the_hello_which_kind_it_is),
	SUITE_CASE(a_byte_at_a_time_is_the_same),
	SUITE_CASE(c631_c2_nobodys_identity_fails_as_a_wrong_key_does),
	SUITE_CASE(sessions_and_pairings_are_not_mistaken),
	SUITE_CASE(c631_c2_a_server_without_symmetric_peers_takes_no_key),
	SUITE_CASE(c631_c2_mitm_with_a_certificate_instead_of_the_key_is_refused),
	SUITE_CASE(c631_c2_mitm_is_refused_by_the_verify_callback_alone),
	SUITE_CASE(a_raw_client_that_does_right_is_accepted),
	SUITE_CASE(c631_c2_psk_ke_is_refused_in_sessions),
	SUITE_CASE(a_retry_keeps_the_key),
};

int main(void)
{
	rig_start();
	int status = suite_main("channel psk", cases, BASE_COUNT(cases));

	rig_stop();
	return status;
}
