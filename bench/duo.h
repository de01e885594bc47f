/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: two devices in one process, joined by memory, with nothing between them that
 * costs: what is measured is the library. Each side says all it can before the other is heard, so
 * flights are those of the protocol and not of a scheduler. Every byte is kept, for the account.
 * Broken set-up ends the program: a benchmark has nothing to say then.
 */
#ifndef TREC_BENCH_DUO_H
#define TREC_BENCH_DUO_H

#include "proto/crypto/crypto.h"
#include "tests/lib/mem_store.h"
#include <trec/pairing.h>
#include <trec/session.h>

#define DUO_FLIGHTS_MAX 32
#define DUO_WIRE 1048576 /* bytes under way to one side */

struct duo_side {
	struct crypto_key *key;
	struct trec_signer signer;
	uint8_t cert[TREC_CERT_MAX];
	struct trec_own own;
	struct mem_store *store;
	struct trec_window *window;
	struct trec_pairing *p;
	struct trec_session *s;
	bool up;     /* session: told so */
	bool opened; /* session: the service stream stands */
	uint8_t *in;
	size_t in_len;
};

/* Bytes in one direction before the other answered. */
struct duo_flight {
	int from;
	size_t bytes;
};

struct duo {
	struct trec_env env;
	struct duo_side side[2]; /* 0: initiator or client; 1: responder or server */
	struct duo_flight flight[DUO_FLIGHTS_MAX];
	unsigned flights;
	unsigned waited; /* of them until the initiator of a pairing was finished */
	size_t bytes;
	bool keep;       /* keep what goes over the wire */
	uint8_t *kept[2]; /* by sender */
	size_t kept_len[2];
};

/* Says what is wrong and ends the program. */
_Noreturn void duo_die(const char *what);
void duo_must(bool ok, const char *what);

/* Two devices with keys that are always the same ones. */
struct duo *duo_new(trec_key_alg alg);
void duo_free(struct duo **d);
/* Both know nobody again. */
void duo_forget(struct duo *d);
/* Opens side 1's window; the secret goes to out. */
void duo_window(struct duo *d, enum trec_method method, char out[TREC_CODE_TEXT_MAX + 1]);
/* One pairing from connect to done, both runs freed. Counts are of this run. */
void duo_pair(struct duo *d, const char *secret);
/* Both sessions made, and moved until both are up. */
void duo_session(struct duo *d);
/* Moves bytes, events and jobs until nothing more happens. */
void duo_settle(struct duo *d);
/* One thing that a side can do now; false: nothing. */
bool duo_step(struct duo *d, int side);
void duo_end(struct duo *d);
/* Starts the account anew. */
void duo_count(struct duo *d);
/* Paired once, by code. */
void duo_paired(struct duo *d);

#endif
