/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a peer may send is far less than what TLS 1.3 knows, and the packaged
 * wolfSSL lets more pass than that. The gate stands in front of it: it sees each record before
 * wolfSSL does and each hello, which is in the clear, in full. See gate.c for what it refuses.
 */
#ifndef TREC_TLS_GATE_H
#define TREC_TLS_GATE_H

#include "proto/tls/channel.h"

#define GATE_HEADER_LEN 5

struct gate {
	enum chan_role role; /* ours */
	bool psk;            /* a channel with a pre-shared key, no certificates */
	bool either;         /* server of a session: the first ClientHello decides which */
	bool aes_gcm;        /* session channel that also takes TLS_AES_128_GCM_SHA256 */
	/*
	 * Server with a pre-shared key: the one it knows, borrowed. Where the hello decided, the
	 * one that it named, in the record that passed: whoever goes on keeps a copy.
	 */
	struct trec_bytes identity;
	bool identity_fits;  /* the ClientHello named it, exactly and alone */
	bool open;           /* set by the channel when the handshake is done */
	bool retried;        /* a HelloRetryRequest was seen or a second ClientHello */
	bool hello;          /* a ClientHello or ServerHello was seen */
	bool secret;         /* an encrypted record passed */
	unsigned ccs;        /* change_cipher_spec records that passed */
};

/* A record header; *body_len is what follows it. False: refuse the peer. */
bool chan_gate_header(const struct gate *g, const uint8_t header[GATE_HEADER_LEN],
		      size_t *body_len);
/* The record behind a header that passed. False: refuse the peer. */
bool chan_gate_body(struct gate *g, uint8_t type, struct trec_bytes body);

#endif
