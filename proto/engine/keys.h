/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a peer without a certificate is known by a key (docs/PROTOCOL.md, Symmetric
 * TRECs). Peers' records are read and written in many places, keys are needed in few: eng_peer_load
 * and eng_walk_peers leave them out, and whoever writes such a record has them filled in here,
 * from the store. So no copy of a record carries a key about.
 */
#ifndef TREC_ENGINE_KEYS_H
#define TREC_ENGINE_KEYS_H

#include "proto/codec/record.h"
#include "proto/pake/symmetric.h"
#include <trec/env.h>

/* Leaves of the keys only how many there are. */
void eng_keys_strip(struct rec_peer *p);
/*
 * The keys of a peer's record, PEER's, else UNCONFIRMED's: an id stands for one key and those that
 * follow it. out: in the arena. TREC_E_NO_PEER: there is no such record, or it has a certificate.
 */
TREC_MUST_USE trec_err eng_keys_load(struct trec_store *s, const struct trec_id *id,
				     struct rec_symmetric *out);
/* rec_peer_encode; keys that p lacks are those of the record in the store. */
TREC_MUST_USE trec_err eng_keys_encode(struct trec_store *s, const struct trec_id *id,
				       const struct rec_peer *p, uint8_t *out, size_t cap,
				       size_t *n);
/* One commit: the peer's active record gets these keys. */
TREC_MUST_USE trec_err eng_keys_store(const struct trec_env *env, struct trec_store *s,
				      const struct trec_id *id, const struct rec_symmetric *keys);
/*
 * Whose key made the token: the peer, half pairings too, and the key (CRYPTO_KEY_LEN bytes, in the
 * arena), and whether this device began the pairing. *found false: nobody's.
 */
TREC_MUST_USE trec_err eng_keys_find(const struct trec_env *env, struct trec_store *s,
				     const uint8_t token[PAKE_SYMMETRIC_TOKEN_LEN],
				     struct trec_id *id, uint8_t key[REC_KEY_LEN],
				     bool *initiator, bool *found);

#endif
