/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hostile end for the tests of tls: wolfSSL as a test configures it, joined to a channel. */
#ifndef TREC_TESTS_TLS_RAW_H
#define TREC_TESTS_TLS_RAW_H

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "tests/unit/tls_rig.h"

struct raw {
	WOLFSSL_CTX *ctx;
	WOLFSSL *ssl;
	bool server;
	bool done;	   /* its handshake ended well */
	int error;	   /* wolfSSL's, when it did not */
	bool saw_cert;	   /* its verify callback ran */
	uint8_t in[65536]; /* what the channel sent and it has not read */
	size_t in_at, in_n;
	uint8_t out[65536];
	size_t out_n;
	size_t got, sent; /* all bytes from and to the channel */
	size_t after;	  /* bytes from the channel after its handshake was done */
	uint8_t psk[CHAN_PSK_LEN];
};

/* A context whose verify callback accepts whatever comes. Abort on failure. */
struct raw *raw_new(WOLFSSL_METHOD *method, bool server);
/* Certificate of id (or the bytes of chain, concatenated DER behind it) and its private key. */
void raw_identity(struct raw *r, struct rig_ident *shown, struct rig_ident *key);
/* Knows rig_psk. */
void raw_psk(struct raw *r);
void raw_alpn(struct raw *r, const char *name);
/* The connection; call after the context is set up. Options on r->ssl come after it. */
void raw_connect(struct raw *r);
/* Lets both ends talk until they are quiet; the channel's first error. */
trec_err raw_play(struct raw *r, struct chan *c);
void raw_free(struct raw **r);

/* An Ed25519 identity. */
struct rig_ident *raw_ed(int which);
/* A channel of ours, to be set against a raw end. */
struct chan *raw_psk_chan(enum chan_role role);
struct chan *raw_session_chan(enum chan_role role);
/* A raw end that speaks TLS 1.3. */
struct raw *raw_13(bool server);
/*
 * Plays to the end; the channel must refuse (with want, unless that is TREC_OK), must not open,
 * and must show no certificate. Frees both.
 */
void raw_refused(struct raw *r, struct chan *c, trec_err want);
/*
 * Clients that `client` makes, which have a key, refuse a server that shows a certificate of either
 * kind before they look at it. alpn: what it speaks, or NULL. lifted: the gate looks away, and the
 * verify callback stands on its own.
 */
void raw_certificate_refused(struct chan *(*client)(void), const char *alpn, bool lifted);

#endif
