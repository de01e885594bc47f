/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a peer's change of key does to its record (docs/PROTOCOL.md, Rotation),
 * as an operation on a store.
 */
#ifndef TREC_ENGINE_SUCCESSION_H
#define TREC_ENGINE_SUCCESSION_H

#include <trec/env.h>
#include <trec/introduction.h>
#include <trec/store.h>

#define ENG_PREVIOUS_S 2592000 /* 30 days in which an id that was left still finds the peer */

struct eng_succeeded {
	enum trec_refusal refusal; /* NONE: done, now or before */
	struct trec_id old;        /* the record's id before; of a conflict: the id left twice */
	struct trec_id now;        /* its id now; of a conflict: the record that is suspended */
	bool moved;                /* false: nothing was new */
};

/*
 * Takes one succession or a chain of them, oldest first. proven: whose session brings it, by
 * the old key or by the newest. The first link whose issuer is active here counts, and all after
 * it: one commit moves the record, name, rights and origin with it, and those that it introduced
 * follow. A second, other successor of an id suspends the record (refusal CONFLICT).
 * Errors are the store's and those of memory; nothing is then changed.
 */
TREC_MUST_USE trec_err eng_succession_take(const struct trec_env *env, struct trec_store *s,
					   const struct trec_bytes *links, size_t count,
					   const struct trec_id *proven,
					   struct eng_succeeded *out);

#endif
