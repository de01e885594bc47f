/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what prover and verifier compute alike (RFC 9383 3.3, 3.4). */
#ifndef TREC_PAKE_TRANSCRIPT_H
#define TREC_PAKE_TRANSCRIPT_H

#include "proto/pake/pake.h"

/* Everything that TT and the confirmations are made of. Holds secrets. */
struct pake_transcript {
	struct trec_bytes context;
	const struct pake_ids *ids; /* NULL: both empty */
	const uint8_t *share_p;
	const uint8_t *share_v;
	const uint8_t *w0;
	uint8_t z[PAKE_SHARE_LEN];
	uint8_t v[PAKE_SHARE_LEN];
};

/* RFC 4648 5 without padding, of 32 bytes, and back; false: it is none. */
#define PAKE_BASE64_LEN 43
void pake_base64(const uint8_t in[CRYPTO_SHA256_LEN], char out[PAKE_BASE64_LEN + 1]);
bool pake_base64_read(const uint8_t in[PAKE_BASE64_LEN], uint8_t out[CRYPTO_SHA256_LEN]);

/* What tells the two uses of the derivation apart. */
struct pake_use {
	const char *epsk, *confirm; /* labels of what comes from K */
	const char *external;       /* RFC 9258's external identity */
	const char *prefix;         /* of the PSK identity on the wire, "trec..." */
};

/*
 * K to everything that a channel needs. tail: of the context, behind the tag. name: what the wire
 * calls the key; NULL: the hash of the imported identity.
 */
#define PAKE_TAIL_MAX (1 + 2 + CRYPTO_SHA256_LEN)
TREC_MUST_USE trec_err pake_use_key(const uint8_t key[PAKE_KEY_LEN], const struct pake_use *use,
				    struct trec_bytes tail, const uint8_t *name,
				    struct pake_keys *out);

/* The three values a run ends with. Secret until used. */
struct pake_outcome {
	uint8_t confirm_p[PAKE_CONFIRM_LEN];
	uint8_t confirm_v[PAKE_CONFIRM_LEN];
	uint8_t shared[PAKE_KEY_LEN];
};

/* RFC 9383 prefixes each element with its length: 8 bytes, little-endian. */
void pake_le64(uint64_t v, uint8_t out[8]);

TREC_MUST_USE trec_err pake_conclude(const struct pake_transcript *t, struct pake_outcome *out);

/* The self test, unless it was passed in this process before. */
TREC_MUST_USE trec_err pake_ready(void);

/* w0 and w1 of a PIN (RFC 9383 3.2). */
struct pake_scalars {
	uint8_t w0[CRYPTO_P256_SCALAR_LEN];
	uint8_t w1[CRYPTO_P256_SCALAR_LEN];
};
TREC_MUST_USE trec_err pake_stretch(const struct trec_env *env, struct trec_bytes pin,
				    const struct pake_params *params, const struct pake_ids *ids,
				    struct pake_scalars *out);

/*
 * Group values of both sides, apart from the rest for known answers: Z and V from the peer's
 * share, which is checked; the verifier's V needs no share. RFC 9383 3.3.
 */
TREC_MUST_USE trec_err pake_prover_points(const struct trec_env *env, const uint8_t *x,
					  const uint8_t *w1, const uint8_t *w0n,
					  const uint8_t *share_v, uint8_t *z, uint8_t *v);
TREC_MUST_USE trec_err pake_verifier_z(const struct trec_env *env, const uint8_t *y,
				       const uint8_t *w0m, const uint8_t *share_p, uint8_t *z);
TREC_MUST_USE trec_err pake_verifier_v(const struct trec_env *env, const uint8_t *y,
				       const uint8_t *l, uint8_t *v);

#endif
