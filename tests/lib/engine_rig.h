/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: two devices in one process, joined by memory, with a hand on the wire: cut it
 * into pieces of any size, look at or alter every piece, stop after the n-th, play the peer by
 * hand. Clocks stand still unless nothing else can happen; then they jump to the next deadline,
 * so time limits cost no time.
 */
#ifndef TREC_TESTS_ENGINE_RIG_H
#define TREC_TESTS_ENGINE_RIG_H

#include "proto/crypto/crypto.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/mem_store.h"
#include <trec/pairing.h>
#include <trec/session.h>

#ifndef RIG_WIRE
#define RIG_WIRE 262144 /* bytes under way in one direction */
#endif

enum rig_consent { RIG_YES, RIG_NO, RIG_SILENT };

/* A device. */
struct rig_side {
	struct fault_env f;
	struct crypto_key *key;
	struct trec_signer signer;
	uint8_t cert[TREC_CERT_MAX];
	struct trec_own own;
	struct mem_store *store;
	struct trec_window *window;
	struct trec_pairing *p;
	struct trec_session *s;
	enum rig_consent consent;
	struct trec_consent asked; /* the last one */
	bool was_asked;
	bool dead;       /* crashed: neither sends, nor hears, nor performs */
	uint8_t in[RIG_WIRE]; /* under way to this device */
	size_t in_len;
	size_t sent;     /* bytes put on the wire by it */
	unsigned pieces; /* times it put something on the wire */
	unsigned jobs;   /* jobs performed */
};

struct rig;

/* Looks at n bytes from side `from`, may alter them in place; answers how many go on (<= n). */
typedef size_t (*rig_tap)(struct rig *r, int from, uint8_t *bytes, size_t n);

struct rig {
	struct rig_side side[2]; /* 0: initiator or client; 1: responder or server */
	size_t piece;     /* largest number of bytes fed at a time; 0: all there are */
	size_t drain;     /* largest number of bytes drained at a time; 0: 4096 */
	rig_tap tap;
	void *tap_ctx;
	/* Asked when neither side can do anything, before time passes; whether it did something. */
	bool (*idle)(struct rig *r);
	bool deaf[2]; /* that side does not see that the other one hung up */
	unsigned cut_after; /* pieces of both sides after which the wire is cut; 0: never */
	unsigned pieces;
	bool cut;
	int client;       /* which side dials in sessions */
	const struct trec_introduction_policy *policy; /* of both, in sessions; NULL: never */
	bool symmetric[2]; /* the initiator, the window: told to pair without certificates */
	char code[TREC_CODE_TEXT_MAX + 1]; /* secret of the last rig_window() */
};

/* Two devices without any peer. NULL and a failed assertion when something is broken. */
struct rig *rig_new(trec_key_alg a, trec_key_alg b, uint64_t seed);
void rig_free(struct rig **r);
/* A device that answers for other->key too: the same identity twice. */
void rig_become(struct rig_side *s, const struct rig_side *other);
/* Opens side 1's window; the secret goes to r->code. */
trec_err rig_window(struct rig *r, enum trec_method method, bool multi_use);
/* Forgets windows and runs, as a process does that was killed, and starts again on the store. */
void rig_restart(struct rig_side *s);

/* Makes both runs; secret as typed at side 0. */
trec_err rig_pair_start(struct rig *r, const char *secret);
/* Moves bytes, jobs and time until both ended. */
void rig_run(struct rig *r);
/* The same, but lets no time pass: stops when only time could go on. */
void rig_settle(struct rig *r);
/* One thing that a side can do now; false: nothing. */
bool rig_step(struct rig *r, int side);
/* That much time passes for both. */
void rig_wait(struct rig *r, uint64_t ms);
/* That side sees the end of the wire, if it has read all there is; false: it did not matter. */
bool rig_lost(struct rig *r, int side);
/* One side alone: performs its jobs and collects what it sends, as if the wire were held. */
void rig_flush(struct rig *r, int side);
/* Frees both runs and clears the wire. */
void rig_end(struct rig *r);
/* Window, start, run. The initiator's error; both runs stay for questions. */
trec_err rig_pair(struct rig *r, enum trec_method method, const char *secret);
/* A whole good pairing, runs freed. */
void rig_paired(struct rig *r);

/* Peers of a side in that state. */
unsigned rig_peers(struct rig_side *s, enum trec_peer_state state);
unsigned rig_list(struct rig_side *s);

/* Sessions. */
/* client NULL: the other side is expected; where they share a key, the first on the list. */
trec_err rig_session_start(struct rig *r, const struct trec_session_options *client);
/* One session from the client's side, whatever comes of it: whether both came up. */
bool rig_heal(struct rig *r);

#endif
