/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: notices, by which a device tells others that it dissolved its trust in
 * somebody (docs/PROTOCOL.md, Dissolution): what one has authority over, what is kept to be
 * passed on.
 */
#ifndef TREC_ENGINE_NOTICE_H
#define TREC_ENGINE_NOTICE_H

#include <trec/env.h>
#include <trec/introduction.h>
#include <trec/store.h>

#define ENG_NOTICES_KEPT 64 /* of one issuer */

struct eng_noticed {
	enum trec_refusal refusal;
	enum trec_notice_effect effect;
	struct trec_id issuer;
	struct trec_id subject;
};

/*
 * Takes a notice, by whomever carried. It dissolves the subject here only if that is the issuer
 * itself or was introduced by it; any other is kept to be passed on and changes nothing. from:
 * who brought it, and so need not get it back.
 */
TREC_MUST_USE trec_err eng_notice_take(const struct trec_env *env, struct trec_store *s,
				       struct trec_bytes statement, const struct trec_id *from,
				       struct eng_noticed *out);
/*
 * The next one with a number above `after` that the peer may want: neither by it nor about it,
 * not expired.
 */
TREC_MUST_USE trec_err eng_notice_next(const struct trec_env *env, struct trec_store *s,
				       const struct trec_id *peer, uint64_t after, uint8_t *out,
				       size_t cap, size_t *n, uint64_t *number, bool *found);
/* Whether a notice by iss about sub is kept, and not expired. */
TREC_MUST_USE trec_err eng_notice_find(const struct trec_env *env, struct trec_store *s,
				       const struct trec_id *iss, const struct trec_id *sub,
				       bool *found);

#endif
