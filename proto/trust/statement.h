/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: the bytes of a statement, without any judgement; see trust.h for the shape. */
#ifndef TREC_TRUST_STATEMENT_H
#define TREC_TRUST_STATEMENT_H

#include "proto/trust/trust.h"

#define TRUST_SIG_LEN 64
#define TRUST_TO_SIGN_MAX (TRUST_STATEMENT_MAX + 64)

/* A statement taken apart; views into its bytes. */
struct trust_parts {
	int64_t alg;
	struct trec_id kid;
	struct trec_bytes protected_header;
	struct trec_bytes payload;
	struct trec_bytes signature;
	struct trust_claims claims;
};

/* COSE's number of the algorithm for a kind of key (RFC 9053 2). */
int64_t trust_alg(trec_key_alg alg);
/* "introduction" and so on, the end of external_aad. Static. */
const char *trust_kind_text(enum trust_kind kind);
/* Takes apart; false: malformed. */
bool trust_decode(struct trec_bytes in, struct trust_parts *out);
/* Header or claims into caller memory; false: no room. */
bool trust_encode_header(int64_t alg, const struct trec_id *kid, uint8_t *out, size_t cap,
			 size_t *n);
bool trust_encode_claims(const struct trust_claims *c, uint8_t *out, size_t cap, size_t *n);
bool trust_encode(const struct trust_parts *p, uint8_t *out, size_t cap, size_t *n);
/* What is signed: Sig_structure of RFC 9052 4.4. */
bool trust_encode_to_sign(enum trust_kind kind, struct trec_bytes protected_header,
			  struct trec_bytes payload, uint8_t out[TRUST_TO_SIGN_MAX], size_t *n);

#endif
