/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a store file on a simulated disk together with a plain model of what it must
 * hold. It runs puts, replacements and deletions, looks at every state a power cut may leave
 * behind each of them, goes on from one of those states now and then, and says in words what was
 * wrong with the first bad one.
 */
#ifndef TREC_TESTS_SIM_STORE_H
#define TREC_TESTS_SIM_STORE_H

#include "keystore/volume.h"
#include "tests/lib/disksim.h"

#define SIM_RECORDS 24
#define SIM_GHOSTS 160

struct sim_record {
	bool present;
	trec_record type;
	uint8_t id[TREC_ID_LEN];
	uint32_t length;
	uint8_t fill; /* first byte; the others follow from it */
};

struct sim_state {
	struct sim_record r[SIM_RECORDS];
};

/* Bytes of a state before that must not be found where they were once the new state holds. */
struct sim_ghost {
	uint64_t at;
	uint8_t bytes[16];
};

struct sim_store {
	struct trec_env env;
	uint64_t random_seed;  /* of env.random */
	uint64_t choice_seed;  /* of what is tried */
	struct disksim *disk;  /* the one that is written */
	struct disksim *after; /* the one that is looked at after a power cut */
	struct ks_volume v;
	const enum ks_step *commit_order;
	const enum ks_step *recover_order;
	struct sim_state old, now; /* before and after the commit under way */
	struct sim_ghost ghost[SIM_GHOSTS];
	size_t ghosts;
	bool acknowledged;
	size_t limit;          /* states an epoch */
	unsigned further;      /* every so many states a further put and delete, and a crash
				  during recovery; 0: never */
	unsigned live_on;      /* one in so many commits is cut short and the store goes on from
				  what that left; 0: none */
	uint64_t states;
	uint64_t crashes;      /* commits that were cut short */
	char wrong[160];       /* empty: all well */
};

/* An empty store of that many slots. */
void sim_store_begin(struct sim_store *s, uint64_t seed, uint32_t slots);
void sim_store_end(struct sim_store *s);
/* One random commit with all its power cuts. False if something was wrong (s->wrong). */
bool sim_store_step(struct sim_store *s);

#endif
