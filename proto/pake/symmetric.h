/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: from the key that two devices without certificates share to what one session
 * of theirs needs: a name for the key that tells nobody else which key it is, the TLS pre-shared
 * key and the confirmation key (docs/PROTOCOL.md, Symmetric TRECs). Errors as in pake.h.
 */
#ifndef TREC_PAKE_SYMMETRIC_H
#define TREC_PAKE_SYMMETRIC_H

#include "proto/pake/pake.h"

#define PAKE_SYMMETRIC_NONCE_LEN 16
/* A nonce and the first 16 bytes of HMAC(K_id, nonce); its text is the PSK identity. */
#define PAKE_SYMMETRIC_TOKEN_LEN 32

/* A token with a fresh nonce, for one connection. */
TREC_MUST_USE trec_err pake_symmetric_token(const struct trec_env *env,
					    const uint8_t key[PAKE_KEY_LEN],
					    uint8_t token[PAKE_SYMMETRIC_TOKEN_LEN]);
/* The token of an identity as it came; false: it is none of these. */
bool pake_symmetric_read(struct trec_bytes identity, uint8_t token[PAKE_SYMMETRIC_TOKEN_LEN]);
/* Whether a token was made with this key. */
TREC_MUST_USE trec_err pake_symmetric_is(const uint8_t key[PAKE_KEY_LEN],
					 const uint8_t token[PAKE_SYMMETRIC_TOKEN_LEN], bool *yes);
/*
 * epsk = HKDF-Expand(key, "trec symmetric epsk"), K_cc = HKDF-Expand(key, "trec symmetric
 * confirm"), then RFC 9258's derivation with external identity "trec-symmetric-1" and context
 * "binder=ext" || roles || token. identity is the token's text. out: in the arena.
 * by_initiator: the TLS client is the one that began the pairing: roles are "IR", else "RI".
 */
TREC_MUST_USE trec_err pake_symmetric_keys(const uint8_t key[PAKE_KEY_LEN], bool by_initiator,
					   const uint8_t token[PAKE_SYMMETRIC_TOKEN_LEN],
					   struct pake_keys *out);

#endif
