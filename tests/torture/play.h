/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what is tortured. A play is one thing that two devices do together, from a
 * known state of both lists: pair, talk, heal a half pairing, part. A test lets it run under a
 * fault and asks three questions:
 *
 * - play_judge: does a device believe something that the wire did not bring it, whole and in
 *   order? Each thing that a device can come to believe is a fact. Honest runs that stall behind
 *   one record or frame after the other say how much of the peer's stream each fact needs; that
 *   oracle knows nothing of messages.
 * - play_settle: with the fault gone and both devices restarted, do they agree after one more
 *   contact, and do they come together again?
 * - Does all memory come back, and did the run end within its time limits?
 *
 * Side 0 is initiator or client, side 1 responder or server.
 */
#ifndef TREC_TESTS_PLAY_H
#define TREC_TESTS_PLAY_H

#include "tests/lib/wire_rig.h"

#define PLAY_LIST(X)                                                                               \
	X(PIN, "pin")             /* strangers; pair by PIN */                                     \
	X(CODE, "code")           /* strangers; pair by code */                                    \
	X(AGAIN, "again")         /* paired; pair once more, by code */                            \
	X(SESSION, "session")     /* paired; hello, welcome, service with data both ways, ping */  \
	X(INTRODUCE, "introduce") /* paired; the client introduces a third device */               \
	X(HEAL, "heal")           /* the server has half a pairing; the client dials */            \
	X(PART, "part")           /* the client has parted and dials to say so */                  \
	X(PART_OPEN, "part-open") /* the server parts in an open session */

#define PLAY_ENUM(id, name) PLAY_##id,
enum play_id { PLAY_LIST(PLAY_ENUM) PLAYS };
#undef PLAY_ENUM

/* What a device can come to believe because of what its peer sent. */
#define FACT_LIST(X)                                                                               \
	X(HALF, "lists the peer as unconfirmed")                                                   \
	X(ACTIVE, "lists the peer as active")                                                      \
	X(GONE, "dropped the peer from its list")                                                  \
	X(DISSOLVED, "lists the peer as having parted")                                            \
	X(PAIRED, "says that it paired")                                                           \
	X(UP, "says that the session is up")                                                       \
	X(ASKED, "was asked for a service")                                                        \
	X(OPENED, "got the service")                                                               \
	X(DATA, "got data")                                                                        \
	X(ALL_DATA, "got all the data")                                                            \
	X(EOF, "saw the end of the data")                                                          \
	X(PONG, "got its ping back")                                                               \
	X(CLOSED, "was told that the session closed")                                              \
	X(REVOKED, "was told of the parting")                                                      \
	X(TOLD, "says that the peer heard of the parting")                                         \
	X(CONSENTED, "says that the peer wants to be introduced")                                  \
	X(INTRODUCED, "says that the peer took an introduction")                                   \
	X(LISTED, "lists a third device as introduced")

#define FACT_ENUM(id, text) FACT_##id,
enum fact { FACT_LIST(FACT_ENUM) FACTS };
#undef FACT_ENUM

enum trust { TRUST_NONE, TRUST_HALF, TRUST_ACTIVE, TRUST_DISSOLVED, TRUST_ODD };

/* One run of a play. */
struct stage {
	enum play_id play;
	struct rig *r;
	struct wire *w;     /* NULL: none, the devices are joined directly */
	enum trust base[2]; /* before the run, but for what a device did itself */
	unsigned facts[2];  /* a bit each */
	size_t heard[2];    /* bytes of data */
	bool garbled;       /* data that the peer did not send */
	bool accepted, asked, finished[2], pinged;
	bool parted;
	struct trec_revocation *word;
	uint64_t began_ms;
	bool begun; /* the run could be begun at all */
};

/* Bytes of the peer's stream that side i must have consumed; 0: never in an honest run. */
struct play_needs {
	size_t bytes[2][FACTS];
	size_t total[2]; /* all that side sends in the run */
	unsigned pieces[2];
};

const char *play_name(enum play_id play);
bool play_by_name(const char *name, enum play_id *out);

/* The lists that plays start from; made once, for that kind of keys. */
void play_prepare(trec_key_alg alg);
void play_forget(void);

/* Devices in the state where the play begins. salt: other random numbers. */
void play_open(struct stage *s, enum play_id play, uint64_t salt);
/* Begins the run, over w if there is one. */
void play_begin(struct stage *s, struct wire *w);
/* To the end of both. */
void play_run(struct stage *s);
/* Measures honest runs. */
void play_measure(enum play_id play, struct play_needs *out);

/* The questions; each prints what is wrong, unless it is expected to be. */
extern bool play_quiet;
bool play_judge(const struct stage *s, const struct play_needs *needs);
/* Ends the run first. thorough: strangers pair afterwards, too. */
bool play_settle(struct stage *s, bool thorough);
/* Frees; false: memory did not come back, or was damaged. */
bool play_close(struct stage *s);

/* What a side makes of its peer. A third device beside it counts only where it may not be. */
enum trust play_trust(struct rig *r, int side);

#endif
