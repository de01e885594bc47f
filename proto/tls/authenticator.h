/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: mutual certificate authentication inside a pairing channel, by exported
 * authenticators (RFC 9261). Each side asks with a fresh context, the other answers with
 * Certificate, CertificateVerify and Finished, bound to this one channel by its exporter.
 * Profile: exactly one certificate, no certificate extensions, Ed25519 or ecdsa_secp256r1_sha256,
 * SHA-256 (docs/PROTOCOL.md, Inside the pairing channel).
 */
#ifndef TREC_TLS_AUTHENTICATOR_H
#define TREC_TLS_AUTHENTICATOR_H

#include "proto/tls/channel.h"

#define EA_HASH_LEN 32
#define EA_CONTEXT_LEN 32
#define EA_REQUEST_LEN 49 /* bytes of every request made or accepted */
#define EA_MAX 1250       /* more than any authenticator */

/* What the channel's exporter gives, by the role of the authenticator's maker. Wipe after use. */
struct ea_keys {
	uint8_t handshake_context[2][EA_HASH_LEN];
	uint8_t finished_key[2][EA_HASH_LEN];
};

/* TREC_E_STATE: the channel is not open; TREC_E_CRYPTO. */
TREC_MUST_USE trec_err ea_keys_from(struct chan *c, struct ea_keys *out);
void ea_keys_wipe(struct ea_keys *k);

/* A request with a fresh context. asker is our role. TREC_E_RANDOM. */
TREC_MUST_USE trec_err ea_request_make(const struct trec_env *env, enum chan_role asker,
				       uint8_t out[EA_REQUEST_LEN]);
/* TREC_OK: a well-formed request that a peer of that role may send. TREC_E_MALFORMED. */
TREC_MUST_USE trec_err ea_request_check(enum chan_role asker, struct trec_bytes request);

/*
 * Our answer to the peer's request. maker is our role; request as received. cert must fit the
 * signer's key. TREC_E_MALFORMED (request), TREC_E_NO_SPACE (cap), TREC_E_USAGE (cert is too
 * large), errors of the signer, TREC_E_CRYPTO.
 */
TREC_MUST_USE trec_err ea_make(const struct ea_keys *k, enum chan_role maker,
			       struct trec_bytes request, struct trec_bytes cert,
			       const struct trec_signer *signer, uint8_t *out, size_t cap,
			       size_t *n);
/*
 * Checks the peer's answer to our request. maker is the peer's role. *cert: view into
 * authenticator of the one certificate whose key made it. Whether that key is our own, or one we
 * accept, is for the caller.
 *   TREC_E_USAGE              request is none of ours
 *   TREC_E_MALFORMED          not in the exact form above, or the certificate is none we accept
 *   TREC_E_WRONG_CERTIFICATE  the signature or the Finished is wrong, or it was made for another
 *                             channel, role or request
 */
TREC_MUST_USE trec_err ea_verify(const struct ea_keys *k, enum chan_role maker,
				 struct trec_bytes request, struct trec_bytes authenticator,
				 struct trec_bytes *cert);

#endif
