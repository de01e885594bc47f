/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: this device changes its key and stays who it is (docs/PROTOCOL.md, Rotation):
 * the old key's last word is a succession, signed by old and new one, that moves the record of
 * this device at each peer. It is no cure for a stolen key: a thief can rotate as well. For that,
 * part from the peers and pair again.
 */
#ifndef TREC_ROTATION_H
#define TREC_ROTATION_H

#include <trec/peer.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Successions kept for peers that were off: so many keys may have changed meanwhile. */
#define TREC_ROTATION_LINKS 8

/** What trec_rotate() did. */
struct trec_rotated {
	struct trec_id old;
	struct trec_id now;
	uint64_t sequence; /**< of this succession: 1 for the first */
	size_t untold;     /**< peers in force that have not heard of it: all of them at first */
	size_t stranded;   /**< of them those that missed too many and must pair again */
};

/**
 * A new own key of that kind: one commit puts it and the succession in place and destroys the old
 * one. The store's signer signs with the new key from then on, so nothing else may use the store
 * meanwhile, and sessions and windows made before are to be ended: their peers know the old key.
 * Peers hear of it in the sessions that follow. out may be NULL.
 * TREC_E_UNSUPPORTED (this kind of key, or the store renews none), TREC_E_VERSION (its successions
 * are of a later version), TREC_E_RANDOM, TREC_E_CRYPTO, TREC_E_NO_MEMORY, errors of the store;
 * after those of its commit its own() says which key is in force.
 */
TREC_API TREC_MUST_USE trec_err trec_rotate(const struct trec_env *env, struct trec_store *s,
					    trec_key_alg alg, struct trec_rotated *out);
/** How often this device has changed its key; 0: never. TREC_E_NO_MEMORY. */
TREC_API TREC_MUST_USE trec_err trec_rotation_sequence(const struct trec_env *env,
						       struct trec_store *s, uint64_t *out);
/** The next peer in force, in order of id, that has not heard of the present key. */
TREC_API TREC_MUST_USE trec_err trec_rotation_untold(const struct trec_env *env,
						     struct trec_store *s,
						     struct trec_peer_cursor *cursor,
						     struct trec_peer *out, bool *found);

#ifdef __cplusplus
}
#endif
#endif
