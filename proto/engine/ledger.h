/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the engine's rules about what is stored, over any struct trec_store: which
 * record of a peer counts, when a half pairing is dead, what a tombstone hides, how a pairing
 * becomes active in one commit (docs/PROTOCOL.md, Inside the pairing channel and Dissolution).
 */
#ifndef TREC_ENGINE_LEDGER_H
#define TREC_ENGINE_LEDGER_H

#include "proto/codec/record.h"
#include <trec/env.h>
#include <trec/peer.h>
#include <trec/store.h>

#define ENG_UNCONFIRMED_S 86400 /* life of a half pairing */
#define ENG_SEEN_STEP_S 60      /* last_seen is not written more often */

/* Trusted wall clock in seconds since 1970, or 0. */
uint64_t eng_wall_s(const struct trec_env *env);
/* This moment of powered-on time. */
void eng_moment(const struct trec_env *env, struct rec_moment *out);

/* A peer's record of one type. Absent, or an unconfirmed one past its 24 h: *found false. */
TREC_MUST_USE trec_err eng_peer_load(const struct trec_env *env, struct trec_store *s,
				     trec_record type, const struct trec_id *id,
				     struct rec_peer *out, bool *found);
/* The record that counts: PEER, else UNCONFIRMED; *type says which. */
TREC_MUST_USE trec_err eng_peer_any(const struct trec_env *env, struct trec_store *s,
				    const struct trec_id *id, struct rec_peer *out,
				    trec_record *type, bool *found);
TREC_MUST_USE trec_err eng_peer_store(struct trec_store *s, trec_record type,
				      const struct trec_id *id, const struct rec_peer *p);
TREC_MUST_USE trec_err eng_peer_remove(struct trec_store *s, trec_record type,
				       const struct trec_id *id);
/* One commit: the peer goes as if it had never been here; it parted by itself. */
TREC_MUST_USE trec_err eng_peer_forget(struct trec_store *s, const struct trec_id *id);
/* A trust with an end that has come, or whose end no trusted clock can tell. */
bool eng_peer_expired(const struct trec_env *env, const struct rec_peer *p);
/* In force: type PEER, active, not expired. */
bool eng_peer_in_force(const struct trec_env *env, trec_record type, const struct rec_peer *p);
void eng_peer_public(const struct trec_env *env, trec_record type, const struct trec_id *id,
		     const struct rec_peer *p, struct trec_peer *out);

/* Tombstones are kept under the hash of the id. */
TREC_MUST_USE trec_err eng_tombstone_find(struct trec_store *s, const struct trec_id *id,
					  bool *found);

/*
 * One commit: p becomes the peer's active record, a half pairing and a tombstone of that id go.
 * drop_counters: a TARGET counter that goes with it, or NULL.
 */
TREC_MUST_USE trec_err eng_peer_activate(const struct trec_env *env, struct trec_store *s,
					 const struct trec_id *id, struct rec_peer *p,
					 const uint8_t *drop_counters);
/* One commit: everything about the peer goes, a tombstone stays. */
TREC_MUST_USE trec_err eng_peer_dissolve(const struct trec_env *env, struct trec_store *s,
					 const struct trec_id *id, const struct rec_peer *p);

/* Counters; absent ones come back as zero of that kind. */
TREC_MUST_USE trec_err eng_counters_load(struct trec_store *s, enum rec_counter_kind kind,
					 const uint8_t *target_hash, struct rec_counters *out);
TREC_MUST_USE trec_err eng_counters_store(struct trec_store *s, const uint8_t *target_hash,
					  const struct rec_counters *c);
/* What the counters of attempts at a target are kept under. */
TREC_MUST_USE trec_err eng_target_hash(const char *uri, uint8_t out[MSG_HASH_LEN]);

#endif
