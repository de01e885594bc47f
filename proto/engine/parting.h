/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what goes from a store when trust ends (docs/PROTOCOL.md, Dissolution), always
 * in one commit: the peer's records under all the ids it had, its name and id in other records,
 * those that only it vouched for and that were not met yet, statements by it and about it; and
 * this device's recognition key, which the peer may know.
 */
#ifndef TREC_ENGINE_PARTING_H
#define TREC_ENGINE_PARTING_H

#include "proto/codec/record.h"
#include <trec/env.h>
#include <trec/store.h>

struct eng_parting {
	bool tombstone; /* false: the peer parted by itself, as if it had never been here */
	enum rec_dissolved_by by;
	bool cascade;   /* those go as well, with tombstones, whose only origin it is */
};

/* p: the record under that id, for its earlier ids. */
TREC_MUST_USE trec_err eng_part(const struct trec_env *env, struct trec_store *s,
				const struct trec_id *id, const struct rec_peer *p,
				const struct eng_parting *how);

#endif
