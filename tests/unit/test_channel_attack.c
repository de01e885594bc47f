/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Channels against ends that do not play by docs/PROTOCOL.md: a raw wolfSSL, set up by hand. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/tls/internal.h"
#include "tests/lib/suite.h"
#include "tests/unit/tls_raw.h"

/* ---- pairing channel --------------------------------------------------------------------- */

/* A raw end that does right is accepted: the refusals below are for their own reasons. */
static void a_raw_end_that_does_right_is_accepted(void)
{
	for (int kind = 0; kind < 4; kind++) {
		bool server = kind % 2 == 1, psk = kind < 2;
		enum chan_role role = server ? CHAN_CLIENT : CHAN_SERVER;
		struct chan *c = psk ? raw_psk_chan(role) : raw_session_chan(role);
		struct raw *r = raw_13(server);

		if (psk)
			raw_psk(r);
		else
			raw_identity(r, raw_ed(1), raw_ed(1));
		raw_connect(r);
		if (!psk)
			raw_alpn(r, "trec/1");
		wolfSSL_no_ticket_TLSv13(r->ssl);
		CU_ASSERT_EQUAL(raw_play(r, c), TREC_OK);
		CU_ASSERT_EQUAL(chan_state(c), CHAN_OPEN);
		CU_ASSERT_TRUE(r->done);
		chan_free(&c);
		raw_free(&r);
	}
}

static struct chan *psk_client(void)
{
	return raw_psk_chan(CHAN_CLIENT);
}

static void c631_c2_mitm_without_psk_is_refused_and_sees_no_certificate(void)
{
	raw_certificate_refused(psk_client, NULL, false);
}

/* The same with the gate lifted: the always-refusing verify callback stands on its own. */
static void c631_c2_mitm_is_refused_by_the_verify_callback_too(void)
{
	raw_certificate_refused(psk_client, NULL, true);
}

static void c631_c2_mitm_client_without_psk_is_refused(void)
{
	struct chan *c = raw_psk_chan(CHAN_SERVER);
	struct raw *r = raw_13(false);

	raw_identity(r, raw_ed(1), raw_ed(1));
	raw_connect(r);
	raw_refused(r, c, TREC_E_MALFORMED);
	/* With the gate lifted: there is no certificate to fall back on. */
	c = raw_psk_chan(CHAN_SERVER);
	c->gate.psk = false;
	r = raw_13(false);
	raw_identity(r, raw_ed(1), raw_ed(1));
	raw_connect(r);
	raw_refused(r, c, TREC_OK);
}

static void c631_c2_psk_without_dhe_is_refused(void)
{
	for (int server = 0; server < 2; server++) {
		struct chan *c = raw_psk_chan(server ? CHAN_CLIENT : CHAN_SERVER);
		struct raw *r = raw_13(server != 0);

		raw_psk(r);
		raw_connect(r);
		wolfSSL_no_dhe_psk(r->ssl);
		trec_err err = raw_play(r, c);

		/* A server that sees only psk_dhe_ke offered gives up by itself. */
		CU_ASSERT_TRUE(err == TREC_E_MALFORMED || (server && err == TREC_E_REFUSED));
		CU_ASSERT_EQUAL(chan_state(c), CHAN_FAILED);
		CU_ASSERT_FALSE(r->done);
		chan_free(&c);
		raw_free(&r);
	}
}

static void c631_c2_other_suites_are_refused(void)
{
	static const char *const suites[] = { "TLS13-AES128-GCM-SHA256", "TLS13-AES256-GCM-SHA384",
					      "TLS13-AES128-CCM-SHA256", "TLS13-SHA256-SHA256",
					      "TLS13-SHA384-SHA384" };

	for (size_t i = 0; i < 4 * BASE_COUNT(suites); i++) {
		bool server = i % 2 == 1, psk = i / 2 % 2 == 1;
		enum chan_role role = server ? CHAN_CLIENT : CHAN_SERVER;
		struct chan *c = psk ? raw_psk_chan(role) : raw_session_chan(role);
		struct raw *r = raw_13(server);

		if (wolfSSL_CTX_set_cipher_list(r->ctx, suites[i / 4]) == WOLFSSL_SUCCESS) {
			if (psk)
				raw_psk(r);
			else
				raw_identity(r, raw_ed(1), raw_ed(1));
			raw_connect(r);
			if (!psk)
				raw_alpn(r, "trec/1");
			(void)raw_play(r, c); /* the raw end may give up first, without a word */
			CU_ASSERT_NOT_EQUAL(chan_state(c), CHAN_OPEN);
			CU_ASSERT_FALSE(r->done);
		}
		chan_free(&c);
		raw_free(&r);
	}
}

static void c631_c2_tls12_is_refused(void)
{
	static const char *const suites[] = {
		"ECDHE-ECDSA-AES128-GCM-SHA256",
		"PSK-AES128-GCM-SHA256",
		"ADH-AES128-SHA",
		"NULL-SHA256",
		"ECDHE-ECDSA-NULL-SHA",
		NULL,
	};

	for (size_t i = 0; i < 4 * BASE_COUNT(suites); i++) {
		bool server = i % 2 == 1;
		enum chan_role role = server ? CHAN_CLIENT : CHAN_SERVER;
		struct chan *c = i / 2 % 2 == 1 ? raw_psk_chan(role) : raw_session_chan(role);
		struct rig_ident *id = rig_ident(TREC_KEY_P256, 1);
		struct raw *r = raw_new(
			server ? wolfTLSv1_2_server_method() : wolfTLSv1_2_client_method(), server);

		raw_identity(r, id, id);
		if (suites[i / 4] == NULL ||
		    wolfSSL_CTX_set_cipher_list(r->ctx, suites[i / 4]) == WOLFSSL_SUCCESS) {
			raw_connect(r);
			(void)raw_play(r, c); /* the raw end may give up first, without a word */
			CU_ASSERT_NOT_EQUAL(chan_state(c), CHAN_OPEN);
			CU_ASSERT_FALSE(r->done);
			CU_ASSERT_FALSE(r->saw_cert);
		}
		chan_free(&c);
		raw_free(&r);
	}
}

static void c631_c2_p256_is_the_only_other_group(void)
{
	static int groups[] = { WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_SECP384R1, WOLFSSL_ECC_X25519,
				WOLFSSL_FFDHE_2048 };

	for (size_t i = 0; i < 2 * BASE_COUNT(groups); i++) {
		bool server = i % 2 == 1;
		struct chan *c = raw_psk_chan(server ? CHAN_CLIENT : CHAN_SERVER);
		struct raw *r = raw_13(server);
		bool good = groups[i / 2] != WOLFSSL_ECC_SECP384R1 &&
			    groups[i / 2] != WOLFSSL_FFDHE_2048;

		raw_psk(r);
		CU_ASSERT_EQUAL(wolfSSL_CTX_set_groups(r->ctx, &groups[i / 2], 1), WOLFSSL_SUCCESS);
		raw_connect(r);
		if (!server)
			CU_ASSERT_EQUAL(wolfSSL_UseKeyShare(r->ssl, (word16)groups[i / 2]),
					WOLFSSL_SUCCESS);
		wolfSSL_no_ticket_TLSv13(r->ssl);
		(void)raw_play(r, c);
		CU_ASSERT_EQUAL(chan_state(c) == CHAN_OPEN, good);
		CU_ASSERT_EQUAL(r->done, good);
		chan_free(&c);
		raw_free(&r);
	}
}

static void hello_retry_leads_to_p256(void)
{
	int other[] = { WOLFSSL_ECC_SECP384R1, WOLFSSL_ECC_SECP256R1 };
	struct chan *c = raw_psk_chan(CHAN_SERVER);
	struct raw *r = raw_13(false);

	raw_psk(r);
	CU_ASSERT_EQUAL(wolfSSL_CTX_set_groups(r->ctx, other, 2), WOLFSSL_SUCCESS);
	raw_connect(r);
	CU_ASSERT_EQUAL(wolfSSL_UseKeyShare(r->ssl, WOLFSSL_ECC_SECP384R1), WOLFSSL_SUCCESS);
	CU_ASSERT_EQUAL(raw_play(r, c), TREC_OK);
	CU_ASSERT_EQUAL(chan_state(c), CHAN_OPEN);
	CU_ASSERT_TRUE(r->done);
	chan_free(&c);
	raw_free(&r);
}

/* ---- raw bytes --------------------------------------------------------------------------- */

static void c631_c2_own_hello_reflected_is_refused(void)
{
	uint8_t hello[1024];
	size_t n, used;

	for (int kind = 0; kind < 2; kind++) {
		struct chan *c = kind ? raw_psk_chan(CHAN_CLIENT) : raw_session_chan(CHAN_CLIENT);

		n = chan_drain(c, hello, sizeof hello);
		CU_ASSERT_EQUAL(chan_feed(c, trec_bytes(hello, n), &used), TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(chan_state(c), CHAN_FAILED);
		CU_ASSERT_EQUAL(chan_feed(c, trec_bytes(hello, n), &used), TREC_E_STATE);
		CU_ASSERT_EQUAL(chan_drain(c, hello, sizeof hello), 7); /* an alert */
		chan_free(&c);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_raw_end_that_does_right_is_accepted),
	SUITE_CASE(c631_c2_mitm_without_psk_is_refused_and_sees_no_certificate),
	SUITE_CASE(c631_c2_mitm_is_refused_by_the_verify_callback_too),
	SUITE_CASE(c631_c2_mitm_client_without_psk_is_refused),
	SUITE_CASE(c631_c2_psk_without_dhe_is_refused),
	SUITE_CASE(c631_c2_other_suites_are_refused),
	SUITE_CASE(c631_c2_tls12_is_refused),
	SUITE_CASE(c631_c2_p256_is_the_only_other_group),
	SUITE_CASE(hello_retry_leads_to_p256),
	SUITE_CASE(c631_c2_own_hello_reflected_is_refused),
};

int main(void)
{
	rig_start();
	int status = suite_main("channel attacks", cases, BASE_COUNT(cases));

	rig_stop();
	return status;
}
