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
#define ENG_INTRODUCED_S 604800 /* life of an introduction that led to no session */
#define ENG_SEEN_STEP_S 60      /* last_seen is not written more often */

/* Trusted wall clock in seconds since 1970, or 0. */
uint64_t eng_wall_s(const struct trec_env *env);
/* This moment of powered-on time. */
void eng_moment(const struct trec_env *env, struct rec_moment *out);

/*
 * A peer's record of one type, without its keys (keys.h). Absent, or past the life of what was
 * only begun: *found false.
 */
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
TREC_MUST_USE trec_err eng_peer_forget(const struct trec_env *env, struct trec_store *s,
				       const struct trec_id *id);
/* A walk over all PEER records as they are stored but for their keys, dead too; zero it first. */
struct eng_walk {
	bool begun;
	struct trec_id id; /* of the record that was handed out last */
};
/* TREC_E_STORE_CORRUPT, TREC_E_VERSION: this record cannot be read; the walk may go on. */
TREC_MUST_USE trec_err eng_walk_peers(struct trec_store *s, struct eng_walk *w,
				      struct rec_peer *out, bool *found);
/* The peer that had this id before it changed its key, however long ago; *now is its id now. */
TREC_MUST_USE trec_err eng_peer_by_previous(struct trec_store *s, const struct trec_id *id,
					    struct trec_id *now, struct rec_peer *out,
					    bool *found);
/* What was begun and never came to a mutual session in time is as good as not there. */
bool eng_peer_dead(const struct trec_env *env, trec_record type, const struct rec_peer *p);
/* A trust with an end that has come, or whose end no trusted clock can tell. */
bool eng_peer_expired(const struct trec_env *env, const struct rec_peer *p);
/* In force: type PEER, active, not expired. */
bool eng_peer_in_force(const struct trec_env *env, trec_record type, const struct rec_peer *p);
void eng_peer_public(const struct trec_env *env, trec_record type, const struct trec_id *id,
		     const struct rec_peer *p, struct trec_peer *out);

/* Tombstones are kept under the hash of the id; a dissolved peer's earlier ids have their own. */
TREC_MUST_USE trec_err eng_tombstone_id(const struct trec_id *id, uint8_t out[TREC_ID_LEN]);
TREC_MUST_USE trec_err eng_tombstone_find(struct trec_store *s, const struct trec_id *id,
					  bool *found);

/*
 * One commit after a pairing: p becomes the peer's active record, with the lineage of an older
 * one; a half pairing, what was to be presented, and a tombstone of that id go.
 * drop_counters: a TARGET counter that goes with it, or NULL.
 */
TREC_MUST_USE trec_err eng_peer_activate(const struct trec_env *env, struct trec_store *s,
					 const struct trec_id *id, struct rec_peer *p,
					 const uint8_t *drop_counters);

/* Counters; absent ones come back as zero of that kind. */
TREC_MUST_USE trec_err eng_counters_load(struct trec_store *s, enum rec_counter_kind kind,
					 const uint8_t *target_hash, struct rec_counters *out);
TREC_MUST_USE trec_err eng_counters_store(struct trec_store *s, const uint8_t *target_hash,
					  const struct rec_counters *c);
/* What the counters of attempts at a target are kept under. */
TREC_MUST_USE trec_err eng_target_hash(const char *uri, uint8_t out[MSG_HASH_LEN]);

#endif
