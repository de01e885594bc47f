/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: the inside of the stand-in for a channel: records in fake_channel.c, the
 * handshake in fake_handshake.c. */
#ifndef TREC_TESTS_SIM_FAKE_CHANNEL_H
#define TREC_TESTS_SIM_FAKE_CHANNEL_H

#include "proto/tls/buffer.h"
#include "proto/tls/channel.h"
#include "tests/sim/fake.h"

#define FAKE_TAG 16

enum { FAKE_ALERT = 0x15, FAKE_HANDSHAKE = 0x16, FAKE_DATA = 0x17 };

struct chan {
	const struct trec_env *env;
	enum chan_role role;
	enum chan_state state;
	bool pairing;           /* a pre-shared key, no certificates */
	bool psk_too;           /* server of a session: the hello decides */
	bool asking;            /* the hello waits for chan_psk_give */
	bool closing;
	bool exports;
	bool failed_before;     /* an alert was queued */
	unsigned flight;        /* of the table: which is awaited */
	uint8_t key[32];        /* PSK, then the master secret */
	char identity[CHAN_IDENTITY_MAX + 1];
	const struct trec_signer *signer;
	bool (*known)(void *ctx, const struct trec_id *server);
	void *known_ctx;
	uint8_t own_cert[TREC_CERT_MAX];
	size_t own_cert_len;
	uint8_t peer_cert[TREC_CERT_MAX];
	size_t peer_cert_len;
	struct trec_id peer_id;
	uint8_t transcript[32];
	uint64_t sent, got;     /* records, for their tags */
	size_t unauth;
	struct buffer in;       /* one record */
	bool whole;
	struct buffer plain;
	struct buffer out;
};

/* fake_channel.c */
/* What was said so far, both ways. */
void fake_learn(struct chan *c, const uint8_t *p, size_t n);
void fake_mac(const struct chan *c, const char *what, enum chan_role role, uint64_t n,
	      struct trec_bytes body, uint8_t tag[FAKE_TAG]);
bool fake_queue(struct chan *c, uint8_t type, const uint8_t *body, size_t n);
/* The channel's end; an alert to the peer, where it did not end it itself. */
trec_err fake_fail(struct chan *c, trec_err err);

/* fake_handshake.c */
/* Says the flight that is due. */
TREC_MUST_USE trec_err fake_speak(struct chan *c);
/* The identity in a hello that names a key, to CHAN_IDENTITY_MAX bytes; false: it names none. */
bool fake_hello_identity(struct trec_bytes hello, char *out, size_t *n);
/* Takes one of the peer's and answers; opens the channel after the last. */
TREC_MUST_USE trec_err fake_handshake(struct chan *c, struct trec_bytes body);

#endif
