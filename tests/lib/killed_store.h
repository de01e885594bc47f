/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: one operation on a store, run by a process that may be killed, and the judge
 * of what it leaves: the state before or the state after, whole, and of what the operation ended
 * not a byte once the state after holds. A seed chooses the records' sizes.
 */
#ifndef TREC_TESTS_KILLED_STORE_H
#define TREC_TESTS_KILLED_STORE_H

#include "tests/lib/store_dir.h"

struct killed_op {
	const char *name;
	bool create;     /* makes the store */
	bool passphrase;
	bool crowded;    /* too few slots are free, so it grows */
	bool recover;    /* opens what a power cut behind the commit's header left */
	const char *rename;
	bool renew;      /* a new own key; its change is the one that comes with it */
	struct {
		unsigned n;
		bool remove;
	} change[3];
	unsigned changes;
};

#define KILLED_GHOSTS 640

struct killed_store {
	struct store_dir d;
	const struct killed_op *op;
	unsigned long seed;
	uint8_t *store; /* the files before */
	size_t store_len;
	uint8_t *key;
	size_t key_len;
	size_t fillers;
	struct trec_id id;
	uint8_t ghost[KILLED_GHOSTS][16]; /* samples of what the operation ends */
	size_t ghosts;
	bool may_be_old; /* recovery may also go back, as the commit was not acknowledged */
	bool is_new; /* what the last judgement found */
	char wrong[160];
};

/* NULL: none of that name. */
const struct killed_op *killed_op_find(const char *name);
/* In the process to be killed: runs it, prints "done" as soon as it is acknowledged. 0 or 1. */
int killed_op_run(const struct killed_op *op, unsigned long seed, const char *dir);

/* Makes the state before. Aborts the program where that fails, as all of these do. */
void killed_store_begin(struct killed_store *s, const struct killed_op *op, unsigned long seed);
void killed_store_end(struct killed_store *s);
/* Puts the state before back. */
void killed_store_restore(struct killed_store *s);
/* NULL, or what is wrong with what is there now. */
const char *killed_store_judge(struct killed_store *s, bool acknowledged);

/* Two ways to make it wrong: the first of the changes alone; deleted bytes that came back. */
void killed_store_spoil(struct killed_store *s);
void killed_store_haunt(struct killed_store *s);

#endif
