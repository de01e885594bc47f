/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the arithmetic of wrong attempts (docs/PROTOCOL.md, Limits), apart from
 * everything that stores or sends, so it can be tested row by row. An attempt is counted when it
 * begins and given back when it turned out right.
 */
#ifndef TREC_ENGINE_LADDER_H
#define TREC_ENGINE_LADDER_H

#include "proto/codec/record.h"

#define LADDER_RANDOM_MAX 3   /* wrong attempts after which a random PIN is void */
#define LADDER_PRESET_MAX 10  /* the same of a preset PIN */
#define LADDER_FREEZE_FROM 5  /* the wrong attempt of a preset PIN that freezes first */
#define LADDER_TARGET_WAIT 3  /* failed runs with one target before the initiator waits */
#define LADDER_TARGET_MAX 10  /* and before it demands a new secret */
#define LADDER_TARGET_WAIT_S 60

/* Attempts left until the secret is void. */
uint32_t eng_ladder_left(const struct rec_counters *c);
/* Milliseconds until guesses are accepted again; 0: not frozen. */
uint64_t eng_ladder_frozen(const struct rec_counters *c, const struct rec_moment *now);
/* Brings a freeze up to date: over means gone; of another boot means it begins anew. */
void eng_ladder_thaw(struct rec_counters *c, const struct rec_moment *now);
/* Counts an attempt that begins now, with the freeze that it brings if it is wrong. */
void eng_ladder_begin(struct rec_counters *c, const struct rec_moment *now);
/* Gives back exactly the attempt that eng_ladder_begin() counted last. */
void eng_ladder_refund(struct rec_counters *c);

/* Initiator: seconds to wait before a run with this target; new_secret needed: UINT32_MAX. */
uint32_t eng_ladder_target(const struct rec_counters *c, uint64_t wall_s);

#endif
