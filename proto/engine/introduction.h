/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the rules by which an introduction is made, taken and comes into force
 * (docs/PROTOCOL.md, Introduction), as operations on a store: no session is in them.
 */
#ifndef TREC_ENGINE_INTRODUCTION_H
#define TREC_ENGINE_INTRODUCTION_H

#include "proto/codec/record.h"
#include "proto/trust/trust.h"
#include <trec/introduction.h>

/*
 * Whether that peer's word counts here and now: active, not expired, with a certificate. *why
 * says; *out is its record if there is one.
 */
TREC_MUST_USE trec_err eng_issuer_load(const struct trec_env *env, struct trec_store *s,
				       const struct trec_id *id, struct rec_peer *out,
				       enum trec_refusal *why);
/*
 * Whether that peer may introduce others here and now: active, not expired, holds the right to
 * introduce, paired directly, has a certificate.
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

/* How an introduction came here. All borrowed during the call. */
struct eng_intro_how {
	const struct trec_introduction_policy *policy; /* NULL: never */
	bool consented;            /* the user said yes already: the policy's "ask" is answered */
	const struct trec_id *from; /* whose session it came over; NULL: the user's own act */
	/* The online form: the nonce given to `from` in this session, and until when (now_ms). */
	const uint8_t *nonce;
	uint64_t nonce_until_ms;
	/* The carried form: what the introducer signed for the subject about us; or empty. */
	struct trec_bytes twin;
};

/*
 * Takes an introduction: the one commit stores the subject as introduced, remembers the statement
 * and keeps the twin. out->refusal says why not. accepted false with TREC_REFUSAL_NONE: nothing
 * speaks against it, nothing was stored, and the policy wants the user asked.
 * Errors are the store's and those of memory; nothing is then stored.
 */
TREC_MUST_USE trec_err eng_intro_take(const struct trec_env *env, struct trec_store *s,
				      struct trec_bytes statement,
				      const struct eng_intro_how *how, struct trec_introduced *out);

/*
 * As introducer: signs for aud about sub; nonce NULL: the carried form. hints_max: at most so many
 * of sub's addresses are told. *why not NONE: one of them cannot be introduced, or no-clock;
 * nothing was made.
 */
TREC_MUST_USE trec_err eng_intro_make(const struct trec_env *env, struct trec_store *s,
				      const struct trec_id *aud, const struct trec_id *sub,
				      const uint8_t *nonce, size_t hints_max, uint8_t *out,
				      size_t cap, size_t *n, enum trec_refusal *why);

/* What a verdict about a statement is called towards users and peers. */
enum trec_refusal eng_refusal_of(enum trust_verdict v);
/*
 * A statement that was signed before the trust in its issuer began speaks from an earlier trust,
 * which may have ended since: whoever kept it must not bring it back.
 */
bool eng_is_before_trust(const struct trust_claims *c, const struct rec_peer *issuer);

/* ---- rights ------------------------------------------------------------------------------ */

/*
 * Of the rights in have, those that other covers as well, each with the earlier end; "introduce"
 * never passes. "service:*" covers each service and is covered by none but itself: of a service
 * on one side and all on the other the one service is left.
 */
void eng_rights_cut(struct rec_peer *have, const struct rec_peer *other);
/*
 * What an introduced peer gets: wished by the introducer, held by it, allowed by the policy; into
 * p's rights. True: a right that is named in the wish is more than the introducer holds.
 */
bool eng_rights_grant(struct rec_peer *p, const struct msg_rights *wish, const struct rec_peer *by,
		      const struct trec_introduction_policy *policy, uint64_t now_s);

#endif
