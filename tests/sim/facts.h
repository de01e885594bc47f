/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what the world knows and no device does: what each store must hold, who signed
 * what, what users did to each other's trust.
 */
#ifndef TREC_TESTS_SIM_FACTS_H
#define TREC_TESTS_SIM_FACTS_H

#include "proto/codec/record.h"
#include "proto/trust/trust.h"

struct sim_device;

/* Rights by number; any service holds the first two. */
enum { SIM_LAMP, SIM_DOOR, SIM_ANY_SERVICE, SIM_INTRODUCE_OTHERS, SIM_RIGHTS };

struct sim_rights {
	unsigned has; /* a bit for each */
	uint64_t until_s[SIM_RIGHTS];
};

/* One record, or its removal. */
struct sim_fact {
	trec_record type;
	uint8_t id[TREC_ID_LEN];
	bool remove;
	size_t n;
	uint64_t hash;
	int peer;             /* device it is about; -1: none */
	enum rec_state state; /* PEER, UNCONFIRMED */
	uint64_t expires_s;
	bool any_service;
	unsigned made_by;     /* serial of the link whose pairing made it; 0: none */
	uint64_t made_at;     /* world time; UNCONFIRMED */
	unsigned made_boot;
	uint64_t since_s;
	enum rec_counter_kind counter;
	uint32_t wrong;
	bool thawed;          /* no freeze, and the last one was over when this was asked for */
	/* PEER: what its trust rests on; CARRIED: the statement */
	enum rec_origin origin;
	bool introduced;      /* introduced_by is there */
	struct trec_id by;
	bool vouched;         /* by the statement of this hash */
	uint8_t statement[MSG_HASH_LEN];
	struct sim_rights rights;
	uint64_t sequence;
	struct trec_id past[REC_PREVIOUS_MAX];
	size_t pasts;
	unsigned root;        /* the same for all keys of one trust */
	enum rec_dissolved_by parted_by; /* TOMBSTONE */
};

/* What somebody signed for others to act on. */
struct sim_word {
	enum trust_kind kind;
	int by;               /* device */
	struct trec_id iss, sub, aud;
	bool online;
	uint8_t nonce[TRUST_NONCE_LEN];
	uint64_t iat_s, exp_s;
	unsigned link;        /* serial of the connection for which it was signed; 0: none */
	uint64_t at;
	struct sim_rights rights;
	uint8_t hash[MSG_HASH_LEN]; /* of the whole statement */
	unsigned taken;       /* a bit for each device that believed it */
	uint64_t taken_at;
};

/* An introduction, byte for byte. */
struct sim_spoken {
	int by;
	struct trec_id aud;
	size_t n;
	uint8_t p[TRUST_STATEMENT_MAX];
};

/* Stands between a key and who signs with it. */
struct sim_pen {
	struct sim_device *d;
	const struct trec_signer *inner;
	struct trec_signer outer;
};

/* What one device holds of another, and what its user did about it. */
struct sim_bond {
	bool parted;          /* by the local user, and no pairing was stored since */
	uint64_t lost_at;     /* world time at which trust was last taken away */
	uint64_t won_at;      /* and last given */
};

/* Guesses of one secret that got an answer. */
struct sim_guesses {
	unsigned answered;
	uint64_t last_ms;     /* of the last one, in its device's powered-on time */
	unsigned boot;
	bool counted;         /* a counter of this very secret was stored */
	bool served;          /* the freeze after it was over, and that was stored */
};

#endif
