/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what the tests of statements share: devices with either kind of key, statements
 * as the makers make them, and statements that nobody of ours would make, rightly signed.
 */
#ifndef TREC_TESTS_TRUST_RIG_H
#define TREC_TESTS_TRUST_RIG_H

#include "proto/trust/statement.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"

struct tr_device {
	struct crypto_key *key;
	struct trec_signer signer;
	struct trec_id id;
	uint8_t cert[TREC_CERT_MAX];
	size_t cert_len;
};

/* A statement, what it is to say, and against what it is judged. */
struct tr_sample {
	enum trust_kind kind;
	uint8_t bytes[TRUST_STATEMENT_MAX + 64];
	size_t n;
	struct trust_claims claims;
	struct trust_expect expect;
};

extern struct fault_env tr_fault;
extern const struct trec_env *const tr_env;
extern struct tr_device tr_devices[5];
/* Ed25519 */
#define tr_a (&tr_devices[0])
#define tr_b (&tr_devices[1])
#define tr_c (&tr_devices[4])
/* P-256 */
#define tr_p (&tr_devices[2])
#define tr_q (&tr_devices[3])
extern const uint8_t tr_nonce[TRUST_NONCE_LEN];

/* Environment, wolfCrypt and the devices; runs the claims; the exit status. */
int tr_main(const char *module, const struct suite_case *cases, size_t n);

struct trec_bytes tr_spki(const struct tr_device *d);
struct trec_bytes tr_cert(const struct tr_device *d);
struct trec_bytes tr_bytes(const struct tr_sample *s);

/* As the makers make them, and what is then expected. tombstone: `to` reads it. */
void tr_make(struct tr_sample *s, enum trust_kind kind, const struct tr_device *from,
	     const struct trec_id *sub, const struct tr_device *to);
/* name, kind, rights and hints are the same in all. nonce NULL: the carried form. */
void tr_introduce(struct tr_sample *s, const struct tr_device *from, const struct tr_device *about,
		  const struct tr_device *to, const uint8_t *nonce);
void tr_succeed(struct tr_sample *s, const struct tr_device *old, const struct tr_device *now);

/*
 * Signs the sample's claims anew as they stand, for another purpose too (NULL: the kind's own), so
 * that only their content can be what is refused. second: of a succession, else NULL.
 */
void tr_resign(struct tr_sample *s, const char *purpose, const struct tr_device *from,
	       const struct tr_device *second);
/* The same with header and payload as given. second_header empty: no pair. */
void tr_sign(struct tr_sample *s, const char *purpose, const struct tr_device *from,
	     struct trec_bytes header, struct trec_bytes payload, const struct tr_device *second,
	     struct trec_bytes second_header);

/* The verdict; asserts that the claims come out if it is accepted, and nothing if not. */
enum trust_verdict tr_judge(const struct tr_sample *s);
/* It is accepted from 5 minutes before iat to its end, and leaves the clock there. */
void tr_has_its_time(const struct tr_sample *s);
/* For trust_expect.seen; ctx is a sample, and it alone was seen. */
bool tr_seen(void *ctx, const struct trec_id *iss, const uint8_t cti[TRUST_CTI_LEN]);
/* For sweeps; ctx is the sample: none of the reasons that an unaltered statement could have. */
bool tr_refused_unread(struct trec_bytes variant, void *ctx);

#endif
