/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: who can recognise this device's beacons, and whose it can (docs/PROTOCOL.md,
 * Recognition), as far as the store knows. One record holds the own key, one beside each peer's
 * what it told and was told; both mean something only with a peer in force. The public part,
 * trec_beacon_make() and trec_beacon_find(), is here too.
 */
#ifndef TREC_ENGINE_RECOGNITION_H
#define TREC_ENGINE_RECOGNITION_H

#include "proto/codec/record.h"
#include "proto/engine/batch.h"
#include <trec/env.h>
#include <trec/store.h>

/*
 * What a peer in force is to be told: *tell, and the own key with its mark in *own, which the
 * caller wipes. That the peer may have it is committed first.
 */
TREC_MUST_USE trec_err eng_recognition_tell(const struct trec_env *env, struct trec_store *s,
					    const struct trec_id *peer,
					    struct rec_recognition *own, bool *tell);
/* At most one commit: the peer has the key of that mark. */
TREC_MUST_USE trec_err eng_recognition_told(const struct trec_env *env, struct trec_store *s,
					    const struct trec_id *peer,
					    const uint8_t mark[REC_MARK_LEN]);
/* At most one commit: the peer's key. *stored false: it is not in force, or there is no room. */
TREC_MUST_USE trec_err eng_recognition_take(const struct trec_env *env, struct trec_store *s,
					    const struct trec_id *peer,
					    const uint8_t key[MSG_RECOGNITION_LEN], bool *stored);

/* A trust ends in this batch: no key that the peer may know is used any more. Once in a batch. */
void eng_recognition_end(struct eng_batch *b);
/* One commit: the record as it is now, which is not in force any more, and that. */
TREC_MUST_USE trec_err eng_recognition_end_with(const struct trec_env *env, struct trec_store *s,
						const struct trec_id *peer,
						const struct rec_peer *p);
/*
 * The peer is paired anew in this batch: it is told again, as it may have lost what it knew. What
 * it told, and that it may know, stays: a pairing cut short may be new at this end alone.
 */
void eng_recognition_anew(struct eng_batch *b, const struct trec_id *peer);
/* The peer goes on under another id in this batch. */
void eng_recognition_move(struct eng_batch *b, const struct trec_id *old,
			  const struct trec_id *now);

#endif
