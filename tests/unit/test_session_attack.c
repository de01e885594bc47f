/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Session channels against ends that do not play by docs/PROTOCOL.md, Sessions. */
#include <string.h>
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ed25519.h>

#include "proto/base/base.h"
#include "proto/tls/internal.h"
#include "tests/lib/suite.h"
#include "tests/unit/tls_raw.h"

/* ---- sessions ---------------------------------------------------------------------------- */

static struct raw *raw_session(bool server, struct rig_ident *shown, struct rig_ident *key)
{
	struct raw *r = raw_13(server);

	raw_identity(r, shown, key);
	raw_connect(r);
	raw_alpn(r, "trec/1");
	return r;
}

/* A raw wolfSSL would not sign with a key that does not fit; our own channel does as it is told. */
static void c631_h_certificate_with_another_key_is_refused(void)
{
	for (int i = 0; i < 4; i++) {
		trec_key_alg alg = i / 2 ? TREC_KEY_P256 : TREC_KEY_ED25519;
		enum chan_role liar = i % 2 ? CHAN_CLIENT : CHAN_SERVER;
		struct rig_ident mixed = *rig_ident(alg, 0);
		struct rig r = { 0 };

		mixed.signer = rig_ident(alg, 1)->signer;
		rig_session_end(&r, trec_env_default(), liar, &mixed, NULL, NULL);
		rig_session_end(&r, trec_env_default(), chan_other(liar), raw_ed(0), NULL, NULL);
		rig_pump(&r);
		CU_ASSERT_EQUAL(r.err[chan_other(liar)], TREC_E_WRONG_CERTIFICATE);
		CU_ASSERT_EQUAL(chan_state(r.c[chan_other(liar)]), CHAN_FAILED);
		CU_ASSERT_EQUAL(chan_peer_cert(r.c[chan_other(liar)]).n, 0);
		CU_ASSERT_EQUAL(r.err[liar], TREC_E_REFUSED);
		rig_end(&r);
	}
}

static void c631_h_client_without_certificate_is_refused(void)
{
	struct raw *r = raw_13(false);

	raw_connect(r);
	raw_alpn(r, "trec/1");
	raw_refused(r, raw_session_chan(CHAN_SERVER), TREC_E_MALFORMED);
}

/* It would meet anybody who says hello. */
static void c631_h_server_that_asks_for_no_certificate_is_refused(void)
{
	struct raw *r = raw_13(true);

	raw_identity(r, raw_ed(1), raw_ed(1));
	wolfSSL_CTX_set_verify(r->ctx, WOLFSSL_VERIFY_NONE, NULL);
	raw_connect(r);
	raw_alpn(r, "trec/1");
	raw_refused(r, raw_session_chan(CHAN_CLIENT), TREC_E_MALFORMED);
}

static void alpn_mismatch_or_absence_is_fatal(void)
{
	static const char *const names[] = { "trec/2", "http/1.1", "trec/11", "trec/", NULL };

	for (size_t i = 0; i < 2 * BASE_COUNT(names); i++) {
		bool server = i % 2 == 1;
		struct chan *c = raw_session_chan(server ? CHAN_CLIENT : CHAN_SERVER);
		struct raw *r = raw_13(server);

		raw_identity(r, raw_ed(1), raw_ed(1));
		raw_connect(r);
		if (names[i / 2] != NULL)
			raw_alpn(r, names[i / 2]);
		raw_refused(r, c, TREC_E_MALFORMED);
	}
}

/* A CA, and a certificate it issued, as somebody with wolfSSL makes them. */
struct ca {
	struct rig_ident leaf; /* cert issued by the CA; key is raw_ed(1)'s */
	uint8_t cert[TREC_CERT_MAX];
	size_t cert_len;
};

static void issue(ed25519_key *subject, ed25519_key *issuer, bool is_ca, const uint8_t *issuer_cert,
		  size_t issuer_len, WC_RNG *rng, uint8_t *out, size_t *n)
{
	Cert c;

	CU_ASSERT_EQUAL_FATAL(wc_InitCert(&c), 0);
	strcpy(c.subject.commonName, is_ca ? "ca" : "leaf");
	c.isCA = is_ca;
	c.selfSigned = is_ca;
	c.sigType = CTC_ED25519;
	c.daysValid = 1000;
	if (!is_ca)
		CU_ASSERT_EQUAL_FATAL(wc_SetIssuerBuffer(&c, issuer_cert, (int)issuer_len), 0);
	CU_ASSERT_TRUE_FATAL(wc_MakeCert_ex(&c, out, TREC_CERT_MAX, ED25519_TYPE, subject, rng) >
			     0);
	int len =
		wc_SignCert_ex(c.bodySz, c.sigType, out, TREC_CERT_MAX, ED25519_TYPE, issuer, rng);

	CU_ASSERT_TRUE_FATAL(len > 0);
	*n = (size_t)len;
}

static void make_ca(struct ca *ca)
{
	ed25519_key own, leaf;
	WC_RNG rng;

	*ca = (struct ca){ 0 };
	CU_ASSERT_EQUAL_FATAL(wc_InitRng(&rng), 0);
	CU_ASSERT_EQUAL_FATAL(wc_ed25519_init(&own), 0);
	CU_ASSERT_EQUAL_FATAL(wc_ed25519_init(&leaf), 0);
	CU_ASSERT_EQUAL_FATAL(wc_ed25519_make_key(&rng, 32, &own), 0);
	struct trec_bytes pub =
		crypto_spki_raw(trec_bytes(raw_ed(1)->signer.spki, raw_ed(1)->signer.spki_len));

	CU_ASSERT_EQUAL_FATAL(wc_ed25519_import_private_key(crypto_key_secret(raw_ed(1)->key), 32,
							    pub.p, (word32)pub.n, &leaf),
			      0);
	issue(&own, &own, true, NULL, 0, &rng, ca->cert, &ca->cert_len);
	issue(&leaf, &own, false, ca->cert, ca->cert_len, &rng, ca->leaf.cert, &ca->leaf.cert_len);
	wc_ed25519_free(&own);
	wc_ed25519_free(&leaf);
	wc_FreeRng(&rng);
}

static size_t put_pem(struct trec_bytes der, uint8_t *out, size_t cap)
{
	int n = wc_DerToPem(der.p, (word32)der.n, out, (word32)cap, CERT_TYPE);

	CU_ASSERT_TRUE_FATAL(n > 0);
	return (size_t)n;
}

/* One connection of a raw end that shows that chain with raw_ed(1)'s key. */
static trec_err show_chain(bool server, struct trec_bytes first, struct trec_bytes second,
			   enum chan_state *state)
{
	struct chan *c = raw_session_chan(server ? CHAN_CLIENT : CHAN_SERVER);
	struct rig_ident id = { 0 };
	struct raw *r = raw_13(server);
	uint8_t chain[4 * TREC_CERT_MAX];

	memcpy(id.cert, first.p, first.n);
	id.cert_len = first.n;
	raw_identity(r, &id, raw_ed(1));
	if (second.n > 0) {
		size_t n = put_pem(first, chain, sizeof chain);

		n += put_pem(second, chain + n, sizeof chain - n);
		CU_ASSERT_EQUAL(wolfSSL_CTX_use_certificate_chain_buffer(r->ctx, chain, (long)n),
				WOLFSSL_SUCCESS);
	}
	raw_connect(r);
	raw_alpn(r, "trec/1");
	wolfSSL_no_ticket_TLSv13(r->ssl);
	trec_err err = raw_play(r, c);

	*state = chan_state(c);
	chan_free(&c);
	raw_free(&r);
	return err;
}

/* wolfSSL 5.7 refuses a chain to nowhere by itself, and calls that a lack of memory. */
static bool chain_is_refused(bool server, struct trec_bytes first, struct trec_bytes second)
{
	enum chan_state state;
	trec_err err = show_chain(server, first, second, &state);

	return state == CHAN_FAILED && (err == TREC_E_MALFORMED || err == TREC_E_NO_MEMORY);
}

static void c631_h_a_ca_slipped_into_a_chain_changes_nothing_later(void)
{
	const struct trec_bytes none = { NULL, 0 };
	enum chan_state state;
	struct ca ca;

	make_ca(&ca);
	struct trec_bytes root = trec_bytes(ca.cert, ca.cert_len);
	struct trec_bytes leaf = trec_bytes(ca.leaf.cert, ca.leaf.cert_len);

	for (int server = 0; server < 2; server++) {
		CU_ASSERT_EQUAL(show_chain(server, rig_cert(raw_ed(1)), none, &state), TREC_OK);
		CU_ASSERT_EQUAL(state, CHAN_OPEN);
		/* A second certificate of any sort ends it, also behind a good first one. */
		CU_ASSERT_TRUE(chain_is_refused(server, rig_cert(raw_ed(1)), root));
		CU_ASSERT_TRUE(chain_is_refused(server, rig_cert(raw_ed(1)), rig_cert(raw_ed(0))));
		CU_ASSERT_TRUE(chain_is_refused(server, leaf, root));
		/* What the CA issued is refused before and after the CA was shown. */
		CU_ASSERT_EQUAL(show_chain(server, leaf, none, &state), TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(state, CHAN_FAILED);
		CU_ASSERT_EQUAL(show_chain(server, rig_cert(raw_ed(1)), none, &state), TREC_OK);
		CU_ASSERT_EQUAL(state, CHAN_OPEN);
	}
}

/* ---- tickets and resumption --------------------------------------------------------------- */

static void c613_no_ticket_is_ever_sent(void)
{
	for (int psk = 0; psk < 2; psk++) {
		struct chan *c = psk ? raw_psk_chan(CHAN_SERVER) : raw_session_chan(CHAN_SERVER);
		struct raw *r = raw_13(false);

		if (psk)
			raw_psk(r);
		else
			raw_identity(r, raw_ed(1), raw_ed(1));
		raw_connect(r);
		wolfSSL_UseSessionTicket(r->ssl);
		if (!psk)
			raw_alpn(r, "trec/1");
		CU_ASSERT_EQUAL(raw_play(r, c), TREC_OK);
		CU_ASSERT_TRUE(r->done);
		CU_ASSERT_EQUAL(r->after, 0);
		CU_ASSERT_FALSE(wolfSSL_SESSION_has_ticket(wolfSSL_get_session(r->ssl)));
		chan_free(&c);
		raw_free(&r);
	}
}

static void c613_a_ticket_that_comes_is_fatal(void)
{
	for (int psk = 0; psk < 2; psk++) {
		struct chan *c = psk ? raw_psk_chan(CHAN_CLIENT) : raw_session_chan(CHAN_CLIENT);
		struct raw *r = raw_13(true);

		if (psk)
			raw_psk(r);
		else
			raw_identity(r, raw_ed(1), raw_ed(1));
		raw_connect(r);
		if (!psk)
			raw_alpn(r, "trec/1");
		CU_ASSERT_EQUAL(raw_play(r, c), TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(chan_state(c), CHAN_FAILED);
		chan_free(&c);
		raw_free(&r);
	}
}

/* Two raw ends, so that the client comes by a real ticket. */
static void let_talk(struct raw *a, struct raw *b)
{
	uint8_t byte;

	for (int i = 0; i < 10; i++) {
		struct raw *r = i % 2 ? b : a, *to = i % 2 ? a : b;

		if (!r->done)
			r->done = (r->server ? wolfSSL_accept(r->ssl) : wolfSSL_connect(r->ssl)) ==
				  WOLFSSL_SUCCESS;
		else
			(void)wolfSSL_read(r->ssl, &byte, 1);
		memcpy(to->in + to->in_n, r->out, r->out_n);
		to->in_n += r->out_n;
		r->out_n = 0;
	}
}

static void c613_a_stored_session_does_not_resume(void)
{
	struct raw *first = raw_session(false, raw_ed(1), raw_ed(1));
	struct raw *server = raw_session(true, raw_ed(0), raw_ed(0));

	wolfSSL_UseSessionTicket(first->ssl);
	let_talk(first, server);
	CU_ASSERT_TRUE(first->done && server->done);
	WOLFSSL_SESSION *kept = wolfSSL_get1_session(first->ssl);

	CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
	CU_ASSERT_TRUE(wolfSSL_SESSION_has_ticket(kept));
	for (int gate = 0; gate < 2; gate++) {
		struct raw *again = raw_session(false, raw_ed(1), raw_ed(1));
		struct chan *c = raw_session_chan(CHAN_SERVER);

		CU_ASSERT_EQUAL(wolfSSL_set_session(again->ssl, kept), WOLFSSL_SUCCESS);
		if (gate == 0) {
			raw_refused(again, c, TREC_E_MALFORMED);
			continue;
		}
		/* With the gate lifted wolfSSL falls back to a full handshake with certificates. */
		c->gate.psk = true;
		(void)raw_play(again, c);
		CU_ASSERT_FALSE(chan_state(c) == CHAN_OPEN && chan_peer_cert(c).n == 0);
		chan_free(&c);
		raw_free(&again);
	}
	wolfSSL_SESSION_free(kept);
	raw_free(&first);
	raw_free(&server);
}

static void post_handshake_authentication_is_not_offered(void)
{
	struct chan *c = raw_session_chan(CHAN_CLIENT);
	struct raw *r = raw_session(true, raw_ed(1), raw_ed(1));

	wolfSSL_no_ticket_TLSv13(r->ssl);
	CU_ASSERT_EQUAL(raw_play(r, c), TREC_OK);
	CU_ASSERT_EQUAL(chan_state(c), CHAN_OPEN);
	CU_ASSERT_NOT_EQUAL(wolfSSL_request_certificate(r->ssl), WOLFSSL_SUCCESS);
	chan_free(&c);
	raw_free(&r);
}

static void key_updates_are_followed(void)
{
	struct chan *c = raw_session_chan(CHAN_CLIENT);
	struct raw *r = raw_session(true, raw_ed(1), raw_ed(1));
	size_t used;

	wolfSSL_no_ticket_TLSv13(r->ssl);
	CU_ASSERT_EQUAL(raw_play(r, c), TREC_OK);
	for (int i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(wolfSSL_update_keys(r->ssl), WOLFSSL_SUCCESS);
		CU_ASSERT_EQUAL(raw_play(r, c), TREC_OK);
		CU_ASSERT_EQUAL(chan_state(c), CHAN_OPEN);
		CU_ASSERT_EQUAL(chan_write(c, trec_bytes("x", 1), &used), TREC_OK);
		CU_ASSERT_EQUAL(raw_play(r, c), TREC_OK);
		CU_ASSERT_EQUAL(r->error, 0);
	}
	chan_free(&c);
	raw_free(&r);
}

static void a_flood_of_records_without_data_is_cut_off(void)
{
	struct chan *c = raw_session_chan(CHAN_CLIENT);
	struct raw *r = raw_session(true, raw_ed(1), raw_ed(1));
	trec_err err = TREC_E_AGAIN;
	uint8_t out[16];
	size_t used, n;
	int i;

	wolfSSL_no_ticket_TLSv13(r->ssl);
	CU_ASSERT_EQUAL(raw_play(r, c), TREC_OK);
	for (i = 0; i < 100 && err == TREC_E_AGAIN; i++) { /* each is answered, none drained */
		if (i == 20) {				   /* data in between is nothing to count */
			CU_ASSERT_EQUAL(wolfSSL_write(r->ssl, "x", 1), 1);
			CU_ASSERT_EQUAL(chan_feed(c, trec_bytes(r->out, r->out_n), &used), TREC_OK);
			r->out_n = 0;
			CU_ASSERT_EQUAL(chan_read(c, out, sizeof out, &n), TREC_OK);
		}
		CU_ASSERT_EQUAL_FATAL(wolfSSL_update_keys(r->ssl), WOLFSSL_SUCCESS);
		CU_ASSERT_EQUAL(chan_feed(c, trec_bytes(r->out, r->out_n), &used), TREC_OK);
		CU_ASSERT_EQUAL(used, r->out_n);
		r->out_n = 0;
		err = chan_read(c, out, sizeof out, &n);
	}
	CU_ASSERT_EQUAL(err, TREC_E_TOO_LARGE);
	CU_ASSERT_TRUE(i > 50 && i < 60);
	CU_ASSERT_EQUAL(chan_state(c), CHAN_FAILED);
	chan_free(&c);
	raw_free(&r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_h_certificate_with_another_key_is_refused),
	SUITE_CASE(c631_h_client_without_certificate_is_refused),
	SUITE_CASE(c631_h_server_that_asks_for_no_certificate_is_refused),
	SUITE_CASE(alpn_mismatch_or_absence_is_fatal),
	SUITE_CASE(c631_h_a_ca_slipped_into_a_chain_changes_nothing_later),
	SUITE_CASE(c613_no_ticket_is_ever_sent),
	SUITE_CASE(c613_a_ticket_that_comes_is_fatal),
	SUITE_CASE(c613_a_stored_session_does_not_resume),
	SUITE_CASE(post_handshake_authentication_is_not_offered),
	SUITE_CASE(key_updates_are_followed),
	SUITE_CASE(a_flood_of_records_without_data_is_cut_off),
};

int main(void)
{
	rig_start();
	int status = suite_main("session attacks", cases, BASE_COUNT(cases));

	rig_stop();
	return status;
}
