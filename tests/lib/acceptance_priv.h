/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What acceptance.c and acceptance_say.c share: the devices, and what was said. */
#ifndef TREC_TESTS_ACCEPTANCE_PRIV_H
#define TREC_TESTS_ACCEPTANCE_PRIV_H

#include "proto/trust/trust.h"
#include "tests/lib/acceptance.h"

#define PEERS 4
#define GENERATIONS 3
#define KEYS (PEERS * GENERATIONS + 1)
#define ME (KEYS - 1)
#define SLOTS 8
#define ACC_NONCE "the one nonce that was ever given" /* its first 32 bytes */

struct acc_device {
	struct crypto_key *key;
	struct trec_signer signer;
	struct trec_id id;
	uint8_t cert[TREC_CERT_MAX];
	size_t cert_len;
};

/* A statement that somebody made, and can bring any time. */
struct acc_slot {
	uint8_t bytes[TRUST_STATEMENT_MAX];
	size_t n;
	bool online;
};

extern struct acc_device acc_devices[KEYS];
extern struct acc_slot acc_slots[SLOTS];
extern unsigned acc_newest[PEERS]; /* generation of key that each peer has now */
extern unsigned acc_last_slot;
extern const struct trec_env *acc_env;

/* The key that an argument names, and the statement. */
unsigned acc_pick(uint8_t a);
struct trec_bytes acc_slot(uint8_t c);

trec_err acc_op_say_introduction(uint8_t a, uint8_t b, uint8_t c);
trec_err acc_op_say_notice(uint8_t a, uint8_t b, uint8_t c);
trec_err acc_op_say_succession(uint8_t a, uint8_t b, uint8_t c);
trec_err acc_op_damage(uint8_t a, uint8_t b, uint8_t c);

#endif
