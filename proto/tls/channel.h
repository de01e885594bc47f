/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a TLS 1.3 connection as an object without I/O. TLS bytes go in and come out
 * through feed and drain, plaintext through read and write; nothing here knows a socket, a
 * clock, the codec or the engine. There are two kinds that share no context: one knows a
 * pre-shared key and no certificate (pairings, and sessions of peers without certificates), the
 * other certificates and no pre-shared key (docs/PROTOCOL.md, From secret to channel, Sessions,
 * Symmetric TRECs).
 *
 * One thread at a time per channel. crypto_init must have been called.
 */
#ifndef TREC_TLS_CHANNEL_H
#define TREC_TLS_CHANNEL_H

#include <trec/env.h>
#include <trec/identity.h>

#define CHAN_PSK_LEN 32            /* bytes of a pre-shared key */
#define CHAN_IDENTITY_MAX 127      /* bytes of its identity, NUL not counted */
#define CHAN_EXPORT_MAX 64         /* bytes of one export */
#define CHAN_BINDING_LEN 32        /* bytes of tls-exporter, RFC 9266 */
#define CHAN_UNAUTH_MAX 65536      /* bytes taken in before the handshake is done */
#define CHAN_RECORD_MAX 16645      /* bytes of the largest TLS 1.3 record, header included */

enum chan_role { CHAN_CLIENT, CHAN_SERVER };

enum chan_state {
	CHAN_HANDSHAKE,   /* nothing may be read or written yet */
	CHAN_OPEN,        /* both directions */
	CHAN_PEER_CLOSED, /* the peer's close_notify came; writing still works */
	CHAN_FAILED       /* for good; an alert may lie ready for drain */
};

struct chan;

/* A channel with a pre-shared key. Everything is copied and the copies are wiped. */
struct chan_psk {
	enum chan_role role;
	struct trec_bytes psk;  /* CHAN_PSK_LEN bytes */
	const char *identity;   /* 1..CHAN_IDENTITY_MAX printable ASCII characters */
	bool session;           /* not a pairing: ALPN as on every session channel */
};

/* A session channel. cert is copied; signer is borrowed until chan_free. */
struct chan_session {
	enum chan_role role;
	struct trec_bytes cert; /* own certificate, DER, at most TREC_CERT_MAX */
	const struct trec_signer *signer;
	bool aes_gcm; /* also TLS_AES_128_GCM_SHA256; off unless the user asked */
	/*
	 * Client only: is the server one we know? Asked in the handshake, before the server has
	 * proved that it holds this id's key and before anything of ours is sent; false ends
	 * the handshake with an alert. May be asked more than once. NULL: everybody goes on,
	 * and the caller decides with chan_peer_id.
	 */
	bool (*known)(void *ctx, const struct trec_id *server);
	void *known_ctx;
	/*
	 * The caller has seen some certificates before: it checks the self-signature after the
	 * handshake (crypto_cert_parse), unless it did so for these very bytes. That the peer
	 * holds the key is proven in the handshake either way.
	 */
	bool self_signature_later;
	/*
	 * Server only: it also takes a client without a certificate. A ClientHello that names a
	 * pre-shared key then stops chan_feed until chan_psk_give, and the channel becomes one
	 * with that key and no certificate before any of it is answered.
	 */
	bool psk_too;
};

/*
 * Makes a channel; a client's ClientHello then lies ready for chan_drain. *out is owned by the
 * caller. TREC_E_USAGE, TREC_E_NO_MEMORY, TREC_E_CRYPTO.
 */
TREC_MUST_USE trec_err chan_new_psk(const struct trec_env *env, const struct chan_psk *conf,
				    struct chan **out);
TREC_MUST_USE trec_err chan_new_session(const struct trec_env *env,
					const struct chan_session *conf, struct chan **out);
/* Wipes and releases; accepts NULL, nulls the caller's pointer. */
void chan_free(struct chan **c);

enum chan_state chan_state(const struct chan *c);

/* The identity that a ClientHello named, while it waits for chan_psk_give; empty: none waits. */
struct trec_bytes chan_psk_wanted(const struct chan *c);
/*
 * Goes on with that identity's key, CHAN_PSK_LEN bytes, copied; NULL: it is nobody's, and fails as
 * a wrong key does. TREC_E_STATE: none waits; else as chan_feed.
 */
TREC_MUST_USE trec_err chan_psk_give(struct chan *c, const uint8_t *psk);

/*
 * Takes TLS bytes from the peer and goes on with the handshake as far as they reach. *used may
 * be less than in.n when the buffer is full: read first. Errors leave CHAN_FAILED:
 *   TREC_E_MALFORMED           not TLS, or not the TLS spoken here (version, suite, group, ALPN,
 *                              tickets, a second certificate, wrong identity or pre-shared key)
 *   TREC_E_WRONG_CERTIFICATE   known() said no, or the peer's proof of its key is wrong
 *   TREC_E_REFUSED             the peer sent a fatal alert
 *   TREC_E_TOO_LARGE           more than CHAN_UNAUTH_MAX bytes and still no handshake
 *   TREC_E_NO_MEMORY, TREC_E_CRYPTO, TREC_E_STATE (failed before)
 */
TREC_MUST_USE trec_err chan_feed(struct chan *c, struct trec_bytes in, size_t *used);
/* Moves TLS bytes for the peer to out, also after a failure (the alert). Never fails. */
size_t chan_drain(struct chan *c, uint8_t *out, size_t cap);
/* How many bytes wait for chan_drain. */
size_t chan_pending(const struct chan *c);

/*
 * Decrypted bytes, in order. *n == 0 with TREC_OK: the peer sent close_notify and nothing is
 * left. TREC_E_AGAIN: feed more. TREC_E_STATE: no handshake yet. Errors as chan_feed's.
 */
TREC_MUST_USE trec_err chan_read(struct chan *c, uint8_t *out, size_t cap, size_t *n);
/*
 * Encrypts bytes for chan_drain. All of in, or a part when the output buffer is full;
 * TREC_E_AGAIN when nothing could be taken: drain first. TREC_E_STATE: no handshake yet, closed or
 * failed.
 */
TREC_MUST_USE trec_err chan_write(struct chan *c, struct trec_bytes in, size_t *used);
/* How many bytes chan_write would take now. */
size_t chan_writable(const struct chan *c);
/* Queues close_notify; no write after it. Reading goes on. TREC_OK when it was queued before. */
TREC_MUST_USE trec_err chan_close(struct chan *c);
/*
 * CHAN_FAILED, and a last word to the peer that says nothing: a handshake_failure alert while
 * all is in the clear, then close_notify, since wolfSSL has no call for other alerts. So that a
 * close_notify proves no good end: what ends well is said inside.
 */
void chan_abort(struct chan *c);

/* Keying material, RFC 8446 7.5, empty context. TREC_E_STATE before CHAN_OPEN and after
 * chan_export_end. */
TREC_MUST_USE trec_err chan_export(struct chan *c, const char *label, uint8_t *out, size_t n);
/* tls-exporter, RFC 9266. */
TREC_MUST_USE trec_err chan_binding(struct chan *c, uint8_t out[CHAN_BINDING_LEN]);
/* No export after this: the pre-shared key and the handshake's secrets are wiped. */
void chan_export_end(struct chan *c);

/* The one certificate recorded in this handshake, valid until chan_free; empty before CHAN_OPEN
 * and on a pairing channel. That its key is trusted is for the caller to decide. */
struct trec_bytes chan_peer_cert(const struct chan *c);
/* Whose it is; valid where that is not empty. */
const struct trec_id *chan_peer_id(const struct chan *c);
static inline enum chan_role chan_other(enum chan_role r)
{
	return r == CHAN_CLIENT ? CHAN_SERVER : CHAN_CLIENT;
}

#endif
