/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lib/suite.h"
#include "tests/unit/tls_raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/tls/internal.h"

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "raw: %s\n", what);
	abort();
}

static int receive(WOLFSSL *ssl, char *buf, int n, void *ctx)
{
	struct raw *r = ctx;
	size_t have = r->in_n - r->in_at;

	(void)ssl;
	if (have == 0)
		return WOLFSSL_CBIO_ERR_WANT_READ;
	if (have > (size_t)n)
		have = (size_t)n;
	memcpy(buf, r->in + r->in_at, have);
	r->in_at += have;
	return (int)have;
}

static int transmit(WOLFSSL *ssl, char *buf, int n, void *ctx)
{
	struct raw *r = ctx;

	(void)ssl;
	must(r->out_n + (size_t)n <= sizeof r->out, "output is full");
	memcpy(r->out + r->out_n, buf, (size_t)n);
	r->out_n += (size_t)n;
	return n;
}

static int accept_any(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	struct raw *r = store->userCtx;

	(void)ok;
	r->saw_cert = true;
	store->error = 0;
	return 1;
}

struct raw *raw_new(WOLFSSL_METHOD *method, bool server)
{
	struct raw *r = calloc(1, sizeof *r);

	must(r != NULL, "memory");
	r->server = server;
	r->ctx = wolfSSL_CTX_new(method);
	must(r->ctx != NULL, "context");
	wolfSSL_CTX_SetIORecv(r->ctx, receive);
	wolfSSL_CTX_SetIOSend(r->ctx, transmit);
	wolfSSL_CTX_set_verify(r->ctx, WOLFSSL_VERIFY_PEER, accept_any);
	wolfSSL_CTX_SetCertCbCtx(r->ctx, r);
	return r;
}

/* RFC 8410 and SEC 1: a private key as wolfSSL reads it. */
static size_t key_der(const struct rig_ident *id, uint8_t out[64])
{
	static const uint8_t ed_head[] = { 0x30, 0x2e, 2,    1,	   0, 0x30, 5, 6,
					   3,	 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20 };
	static const uint8_t ec_head[] = { 0x30, 0x31, 2, 1, 1, 4, 0x20 };
	static const uint8_t ec_tail[] = {
		0xa0, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7
	};
	bool ed = id->signer.alg == TREC_KEY_ED25519;
	size_t n = ed ? sizeof ed_head : sizeof ec_head;

	memcpy(out, ed ? ed_head : ec_head, n);
	memcpy(out + n, crypto_key_secret(id->key), CRYPTO_KEY_LEN);
	n += CRYPTO_KEY_LEN;
	if (ed)
		return n;
	memcpy(out + n, ec_tail, sizeof ec_tail);
	return n + sizeof ec_tail;
}

void raw_identity(struct raw *r, struct rig_ident *shown, struct rig_ident *key)
{
	uint8_t der[64];
	size_t n = key_der(key, der);

	must(wolfSSL_CTX_use_certificate_buffer(r->ctx, shown->cert, (long)shown->cert_len,
						WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS,
	     "certificate");
	must(wolfSSL_CTX_use_PrivateKey_buffer(r->ctx, der, (long)n, WOLFSSL_FILETYPE_ASN1) ==
		     WOLFSSL_SUCCESS,
	     "private key");
}

static unsigned give_psk(unsigned char *key, const char **suite)
{
	memcpy(key, rig_psk, CHAN_PSK_LEN);
	*suite = "TLS13-CHACHA20-POLY1305-SHA256";
	return CHAN_PSK_LEN;
}

static unsigned client_psk(WOLFSSL *ssl, const char *hint, char *identity, unsigned identity_max,
			   unsigned char *key, unsigned key_max, const char **suite)
{
	(void)ssl;
	(void)hint;
	(void)key_max;
	snprintf(identity, identity_max, "%s", RIG_IDENTITY);
	return give_psk(key, suite);
}

static unsigned server_psk(WOLFSSL *ssl, const char *identity, unsigned char *key, unsigned key_max,
			   const char **suite)
{
	(void)ssl;
	(void)identity;
	(void)key_max;
	return give_psk(key, suite);
}

void raw_psk(struct raw *r)
{
	if (r->server)
		wolfSSL_CTX_set_psk_server_tls13_callback(r->ctx, server_psk);
	else
		wolfSSL_CTX_set_psk_client_tls13_callback(r->ctx, client_psk);
}

void raw_connect(struct raw *r)
{
	r->ssl = wolfSSL_new(r->ctx);
	must(r->ssl != NULL, "connection");
	wolfSSL_SetIOReadCtx(r->ssl, r);
	wolfSSL_SetIOWriteCtx(r->ssl, r);
}

void raw_alpn(struct raw *r, const char *name)
{
	char list[32];

	snprintf(list, sizeof list, "%s", name);
	must(wolfSSL_UseALPN(r->ssl, list, (unsigned)strlen(list),
			     WOLFSSL_ALPN_CONTINUE_ON_MISMATCH) == WOLFSSL_SUCCESS,
	     "ALPN");
}

static void raw_step(struct raw *r)
{
	uint8_t byte;
	int ret;

	if (r->error != 0)
		return;
	if (!r->done)
		ret = r->server ? wolfSSL_accept(r->ssl) : wolfSSL_connect(r->ssl);
	else
		ret = wolfSSL_read(r->ssl, &byte, 1);
	if (ret > 0) {
		r->done = true;
		return;
	}
	int code = wolfSSL_get_error(r->ssl, ret);

	if (code != WOLFSSL_ERROR_WANT_READ)
		r->error = code;
}

/* The channel reads its input as a user of it does. */
static trec_err give(struct chan *c, const uint8_t *p, size_t n)
{
	uint8_t out[64];
	size_t used, got;

	for (size_t at = 0; at < n; at += used) {
		trec_err err = chan_feed(c, trec_bytes(p + at, n - at), &used);

		if (err == TREC_OK && chan_state(c) == CHAN_OPEN)
			err = chan_read(c, out, sizeof out, &got);
		if (err != TREC_OK && err != TREC_E_AGAIN)
			return err;
	}
	return TREC_OK;
}

trec_err raw_play(struct raw *r, struct chan *c)
{
	trec_err first = TREC_OK;

	for (int i = 0; i < 30; i++) {
		bool was_done = r->done;
		size_t n;

		raw_step(r);
		r->sent += r->out_n;
		n = r->out_n;
		r->out_n = 0;
		if (chan_state(c) != CHAN_FAILED && n > 0) {
			trec_err err = give(c, r->out, n);

			if (first == TREC_OK)
				first = err;
		}
		if (r->in_at == r->in_n)
			r->in_at = r->in_n = 0;
		n = chan_drain(c, r->in + r->in_n, sizeof r->in - r->in_n);
		r->in_n += n;
		r->got += n;
		if (was_done)
			r->after += n;
	}
	return first;
}

void raw_free(struct raw **rp)
{
	struct raw *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	wolfSSL_free(r->ssl);
	wolfSSL_CTX_free(r->ctx);
	free(r);
}

struct rig_ident *raw_ed(int which)
{
	return rig_ident(TREC_KEY_ED25519, which);
}

struct chan *raw_psk_chan(enum chan_role role)
{
	struct rig r = { 0 };

	rig_psk_end(&r, trec_env_default(), role);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r.c[role]);
	return r.c[role];
}

struct chan *raw_session_chan(enum chan_role role)
{
	struct rig r = { 0 };

	rig_session_end(&r, trec_env_default(), role, raw_ed(0), NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r.c[role]);
	return r.c[role];
}

struct raw *raw_13(bool server)
{
	return raw_new(server ? wolfTLSv1_3_server_method() : wolfTLSv1_3_client_method(), server);
}

void raw_refused(struct raw *r, struct chan *c, trec_err want)
{
	trec_err err = raw_play(r, c);

	CU_ASSERT_EQUAL(chan_state(c), CHAN_FAILED);
	CU_ASSERT_EQUAL(chan_peer_cert(c).n, 0);
	if (want != TREC_OK)
		CU_ASSERT_EQUAL(err, want);
	chan_free(&c);
	raw_free(&r);
}

void raw_certificate_refused(struct chan *(*client)(void), const char *alpn, bool lifted)
{
	for (int alg = 0; alg < 2; alg++) {
		struct rig_ident *id = rig_ident(alg ? TREC_KEY_P256 : TREC_KEY_ED25519, 1);
		struct chan *c = client();
		struct raw *r = raw_13(true);
		size_t hello = chan_pending(c);

		if (lifted)
			c->gate.psk = false;
		raw_identity(r, id, id);
		raw_connect(r);
		if (alpn != NULL)
			raw_alpn(r, alpn);
		CU_ASSERT_EQUAL(raw_play(r, c), TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(chan_state(c), CHAN_FAILED);
		CU_ASSERT_FALSE(r->saw_cert);
		CU_ASSERT_FALSE(r->done);
		CU_ASSERT_TRUE(r->got - hello < 64); /* an alert */
		chan_free(&c);
		raw_free(&r);
	}
}
