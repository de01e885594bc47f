/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: three devices for tests of what trust passed on does in sessions: A is paired
 * with B and with C, which do not know each other; A may introduce others to both.
 */
#ifndef TREC_TESTS_SESSION_TRIO_H
#define TREC_TESTS_SESSION_TRIO_H

#include "tests/unit/session_rig.h"
#include <trec/rotation.h>

/* A device is at both ends of two rigs with one store: A 0 in ab and ac, B 1 in ab and 0 in bc. */
struct trio {
	struct rig *ab;
	struct rig *ac;
	struct rig *bc;
	struct mem_store *spare[3]; /* what those of the second rig had before */
	struct trec_introduction_policy policy[2]; /* of the sides of the session to come */
	bool asked; /* the user was, in the last trio_introduce() */
};

struct trio *trio_new(uint64_t seed);
void trio_free(struct trio **t);
/* That much time passes everywhere. */
void trio_wait(struct trio *t, uint64_t s);
/* A session in one of the rigs, side 0 or 1 dialling, run until only time could go on. */
void trio_session(struct trio *t, struct rig *r, int client);
/* The same, and both are up. */
void trio_up(struct trio *t, struct rig *r, int client);
/* B and C have a session, from either side; whether it came up on both. */
bool trio_meet(struct trio *t, int client);
/* The peer's state at a side, or -1: no record. */
int trio_state(struct rig *r, int side);
struct trec_peer trio_peer(struct rig *r, int side);
/* A introduces the other device to the one at side 1 of r, online; what A was told. */
enum trec_refusal trio_introduce(struct trio *t, struct rig *r, int client);
/* A introduces each to the other, online. */
void trio_introduced(struct trio *t);
/* C gets another key of that kind. */
void trio_rotate(struct trio *t, trec_key_alg alg);
/* A's carried introduction of B and C, and its acceptance by one of them: side of bc. */
size_t trio_text(struct trio *t, char *out, size_t cap);
enum trec_refusal trio_accept(struct trio *t, int side, const char *text, size_t n);

#endif
