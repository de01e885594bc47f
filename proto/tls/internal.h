/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a channel, shared by channel.c (bytes and life) and context.c (wolfSSL set-up). */
#ifndef TREC_TLS_INTERNAL_H
#define TREC_TLS_INTERNAL_H

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "proto/base/base.h"
#include "proto/tls/buffer.h"
#include "proto/tls/channel.h"
#include "proto/tls/gate.h"

/* The secrets of a channel with a pre-shared key, in the arena. */
struct psk_secret {
	uint8_t key[CHAN_PSK_LEN];
	uint8_t decoy[CHAN_PSK_LEN]; /* what a wrong identity is checked against */
};

struct chan {
	const struct trec_env *env;
	enum chan_role role;
	enum chan_state state;
	bool closing;       /* close_notify is queued */
	bool exports;       /* the exporter may be used */
	trec_err refusal;   /* why a callback refused; TREC_OK: none did */
	WOLFSSL_CTX *ctx;
	WOLFSSL *ssl;
	struct gate gate;
	struct buffer in;   /* one record, perhaps not whole yet */
	size_t record_len;  /* of that record, header included; 0: header not whole yet */
	bool record_whole;
	struct buffer out;
	size_t unauth;      /* bytes taken in before the handshake was done */
	unsigned silent;    /* records in a row that brought no data: key updates, empty ones */

	struct psk_secret *psk; /* NULL with certificates and after the handshake */
	char identity[CHAN_IDENTITY_MAX + 1];
	bool asking;            /* the ClientHello waits for chan_psk_give */
	bool alpn;              /* a session */

	const struct trec_signer *signer; /* NULL without certificates */
	bool signed_once; /* the own key was proved in this handshake */
	bool (*known)(void *ctx, const struct trec_id *server);
	void *known_ctx;
	bool self_signature_later;
	uint8_t peer_cert[TREC_CERT_MAX];
	size_t peer_cert_len;
	struct trec_id peer_id;
};

/* context.c: fill c->ctx and c->ssl. */
TREC_MUST_USE trec_err chan_setup_psk(struct chan *c);
TREC_MUST_USE trec_err chan_setup_session(struct chan *c, const struct chan_session *conf);
/* What must hold when wolfSSL says that the handshake is done. */
TREC_MUST_USE trec_err chan_established(struct chan *c);
/* channel.c: a bare channel; its first flight; one more record to wolfSSL; the end of it. */
struct chan *chan_make(const struct trec_env *env, enum chan_role role);
TREC_MUST_USE trec_err chan_start(struct chan *c, struct chan **out);
TREC_MUST_USE trec_err chan_step(struct chan *c);
trec_err chan_fail(struct chan *c, trec_err err, bool seen_by_wolfssl);
void chan_drop_wolfssl(struct chan *c);
/* channel_psk.c: keeps what the ClientHello named. */
void chan_psk_ask(struct chan *c);
/* channel.c: the I/O callbacks of wolfSSL. */
int chan_io_recv(WOLFSSL *ssl, char *buf, int n, void *ctx);
int chan_io_send(WOLFSSL *ssl, char *buf, int n, void *ctx);

#endif
