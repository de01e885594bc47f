/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the rules by which an introduction is made, taken and comes into force
 * (docs/PROTOCOL.md, Introduction), as operations on a store: no session is in them.
 */
#ifndef TREC_ENGINE_INTRODUCTION_H
#define TREC_ENGINE_INTRODUCTION_H

#include "proto/codec/record.h"
#include <trec/introduction.h>

/*
 * Whether that peer may introduce others here and now: active, not expired, holds the right to
 * introduce, paired directly, has a certificate. *why says; *out is its record if there is one.
 */
TREC_MUST_USE trec_err eng_introducer_load(const struct trec_env *env, struct trec_store *s,
					   const struct trec_id *id, struct rec_peer *out,
					   enum trec_refusal *why);

/*
 * Whether a record that is only introduced may be met and come into force: its introducer may
 * still introduce, it has not expired, no tombstone speaks against it.
 */
TREC_MUST_USE trec_err eng_intro_check(const struct trec_env *env, struct trec_store *s,
				       const struct trec_id *id, const struct rec_peer *p,
				       enum trec_refusal *why);

/*
 * The session with it is mutual: the same checks again, its rights cut to those that its
 * introducer holds now, and one commit makes p active. *why not NONE: refused, nothing changed.
 */
TREC_MUST_USE trec_err eng_intro_activate(const struct trec_env *env, struct trec_store *s,
					  const struct trec_id *id, struct rec_peer *p,
					  enum trec_refusal *why);

/* ---- rights ------------------------------------------------------------------------------ */

/*
 * Of the rights in have, those that other covers as well, each with the earlier end; "introduce"
 * never passes. "service:*" covers each service and is covered by none but itself: of a service
 * on one side and all on the other the one service is left.
 */
void eng_rights_cut(struct rec_peer *have, const struct rec_peer *other);

#endif
