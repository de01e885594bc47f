/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: see bare.c. The same suites, groups and checks that libtrec asks of TLS (one
 * PSK with X25519, or both certificates compared with the known ones), in the plainest form.
 */
#include "bench/bare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITE "TLS13-CHACHA20-POLY1305-SHA256"
#define IDENTITY "trec1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define CERT_MAX 1024
#define SEED 32

struct known {
	uint8_t cert[CERT_MAX];
	size_t n;
};

static struct known known[2]; /* by whose certificate it is */

/* ---- the wire ---------------------------------------------------------------------------- */

struct end {
	struct bare_pair *b;
	int side;
};

static struct end ends[2];

static int io_send(WOLFSSL *ssl, char *buf, int n, void *ctx)
{
	struct end *e = ctx;
	struct bare_pipe *to = &e->b->to[1 - e->side];

	(void)ssl;
	if (to->at == to->n)
		to->at = to->n = 0;
	bare_must(to->n + (size_t)n <= BARE_WIRE, "room on the wire");
	memcpy(to->p + to->n, buf, (size_t)n);
	to->n += (size_t)n;
	e->b->bytes += (size_t)n;
	if (e->b->last != e->side)
		e->b->flights++;
	e->b->last = e->side;
	return n;
}

static int io_recv(WOLFSSL *ssl, char *buf, int n, void *ctx)
{
	struct end *e = ctx;
	struct bare_pipe *from = &e->b->to[e->side];
	size_t have = from->n - from->at;

	(void)ssl;
	if (have == 0)
		return WOLFSSL_CBIO_ERR_WANT_READ;
	if (have > (size_t)n)
		have = (size_t)n;
	memcpy(buf, from->p + from->at, have);
	from->at += have;
	return (int)have;
}

/* ---- contexts ---------------------------------------------------------------------------- */

static void open_pair(struct bare_pair *b)
{
	int groups[] = { WOLFSSL_ECC_X25519 };

	memset(b, 0, sizeof(*b));
	for (int i = 0; i < 2; i++) {
		b->ctx[i] = wolfSSL_CTX_new(i == 0 ? wolfTLSv1_3_client_method() :
						     wolfTLSv1_3_server_method());
		bare_must(b->ctx[i] != NULL, "a context");
		wolfSSL_CTX_SetIORecv(b->ctx[i], io_recv);
		wolfSSL_CTX_SetIOSend(b->ctx[i], io_send);
		bare_must(wolfSSL_CTX_set_cipher_list(b->ctx[i], SUITE) == WOLFSSL_SUCCESS &&
				  wolfSSL_CTX_set_groups(b->ctx[i], groups, 1) == WOLFSSL_SUCCESS,
			  "a suite and a group");
		wolfSSL_CTX_set_session_cache_mode(b->ctx[i], WOLFSSL_SESS_CACHE_OFF);
		b->to[i].p = malloc(BARE_WIRE);
		bare_must(b->to[i].p != NULL, "memory");
	}
	(void)wolfSSL_CTX_no_ticket_TLSv13(b->ctx[1]);
}

void bare_free(struct bare_pair *b)
{
	for (int i = 0; i < 2; i++) {
		wolfSSL_CTX_free(b->ctx[i]);
		free(b->to[i].p);
	}
}

static unsigned psk_client(WOLFSSL *ssl, const char *hint, char *identity, unsigned identity_max,
			   unsigned char *key, unsigned key_max, const char **suite)
{
	(void)ssl;
	(void)hint;
	bare_must(identity_max > sizeof(IDENTITY) && key_max >= 32, "room");
	memcpy(identity, IDENTITY, sizeof(IDENTITY));
	memset(key, 0x33, 32);
	*suite = SUITE;
	return 32;
}

static unsigned psk_server(WOLFSSL *ssl, const char *identity, unsigned char *key,
			   unsigned key_max, const char **suite)
{
	(void)ssl;
	(void)identity;
	bare_must(key_max >= 32, "room");
	memset(key, 0x33, 32);
	*suite = SUITE;
	return 32;
}

static size_t load(const char *dir, const char *name, uint8_t *out, size_t cap)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	bare_must(f != NULL, path);
	size_t n = fread(out, 1, cap, f);

	(void)fclose(f);
	return n;
}

/* The peer's certificate is the known one. */
static int pinned(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	const struct known *k = store->userCtx;

	(void)ok;
	if (store->totalCerts != 1 || store->certs[0].length != k->n ||
	    memcmp(store->certs[0].buffer, k->cert, k->n) != 0)
		return 0;
	store->error = 0;
	return 1;
}

void bare_open_cert(struct bare_pair *b, const char *dir)
{
	static const uint8_t pkcs8[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
					 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };
	uint8_t key[sizeof(pkcs8) + SEED];

	open_pair(b);
	memcpy(key, pkcs8, sizeof(pkcs8));
	for (int i = 0; i < 2; i++) {
		known[i].n = load(dir, i == 0 ? "client.cert" : "server.cert", known[i].cert,
				  CERT_MAX);
		bare_must(load(dir, i == 0 ? "client.key" : "server.key", key + sizeof(pkcs8),
			       SEED) == SEED,
			  "a key");
		bare_must(wolfSSL_CTX_use_certificate_buffer(b->ctx[i], known[i].cert,
							     (long)known[i].n,
							     WOLFSSL_FILETYPE_ASN1) ==
					  WOLFSSL_SUCCESS &&
				  wolfSSL_CTX_use_PrivateKey_buffer(b->ctx[i], key, sizeof(key),
								    WOLFSSL_FILETYPE_ASN1) ==
					  WOLFSSL_SUCCESS,
			  "an identity");
		wolfSSL_CTX_set_verify(b->ctx[i],
				       WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT,
				       pinned);
	}
}

/* ---- handshakes -------------------------------------------------------------------------- */

void bare_connect(struct bare_pair *b)
{
	bool done[2] = { false, false };

	b->bytes = 0;
	b->flights = 0;
	b->last = -1;
	for (int i = 0; i < 2; i++) {
		b->to[i].at = b->to[i].n = 0;
		b->ssl[i] = wolfSSL_new(b->ctx[i]);
		bare_must(b->ssl[i] != NULL, "a connection");
		ends[i] = (struct end){ .b = b, .side = i };
		wolfSSL_SetIOReadCtx(b->ssl[i], &ends[i]);
		wolfSSL_SetIOWriteCtx(b->ssl[i], &ends[i]);
		wolfSSL_SetCertCbCtx(b->ssl[i], &known[1 - i]);
	}
	bare_must(wolfSSL_UseKeyShare(b->ssl[0], WOLFSSL_ECC_X25519) == WOLFSSL_SUCCESS, "a share");
	for (int round = 0; round < 8 && !(done[0] && done[1]); round++)
		for (int i = 0; i < 2; i++) {
			int ret = 0;

			if (!done[i])
				ret = i == 0 ? wolfSSL_connect(b->ssl[i]) :
					       wolfSSL_accept(b->ssl[i]);
			done[i] = done[i] || ret == WOLFSSL_SUCCESS;
		}
	bare_must(done[0] && done[1], "a handshake succeeds");
}

void bare_close(struct bare_pair *b)
{
	for (int i = 0; i < 2; i++)
		wolfSSL_free(b->ssl[i]);
}

static void handshake(void *ctx)
{
	bare_connect(ctx);
	bare_close(ctx);
}

static void handshakes(const struct bare_plan *plan, struct bare_pair *b)
{
	for (unsigned i = 0; i < plan->warm; i++)
		handshake(b);
	for (unsigned i = 0; i < plan->count; i++)
		bench_measured(handshake, b);
	(void)printf("bytes %zu\nflights %u\n", b->bytes, b->flights);
	bare_free(b);
}

void bare_psk(const struct bare_plan *plan)
{
	struct bare_pair b;

	open_pair(&b);
	wolfSSL_CTX_set_psk_client_tls13_callback(b.ctx[0], psk_client);
	wolfSSL_CTX_set_psk_server_tls13_callback(b.ctx[1], psk_server);
	handshakes(plan, &b);
}

void bare_cert(const struct bare_plan *plan)
{
	struct bare_pair b;

	bare_open_cert(&b, plan->dir);
	handshakes(plan, &b);
}
