/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: the bytes of a statement, without any judgement; see trust.h for the shape. */
#ifndef TREC_TRUST_STATEMENT_H
#define TREC_TRUST_STATEMENT_H

#include "proto/trust/trust.h"

#define TRUST_SIG_LEN 64
#define TRUST_HEADER_LEN 38
#define TRUST_TO_SIGN_MAX (TRUST_STATEMENT_MAX + 64)

/* Ends of external_aad: one a kind, and one for the second signature of a succession. */
#define TRUST_PURPOSE_SUCCESSION_NEW "succession-new"
#define TRUST_PURPOSE_MAX 16

/* Who signed, and the signature. Views. */
struct trust_seal {
	int64_t alg;
	struct trec_id kid;
	struct trec_bytes header;
	struct trec_bytes signature;
};

/* A statement taken apart; views into its bytes. */
struct trust_parts {
	struct trust_seal issuer;
	struct trust_seal subject; /* succession only, else empty */
	struct trec_bytes payload;
	struct trust_claims claims;
};

/* COSE's number of the algorithm for a kind of key (RFC 9053 2). */
int64_t trust_alg(trec_key_alg alg);
/* "introduction" and so on, the end of external_aad. Static. */
const char *trust_kind_text(enum trust_kind kind);
/* Bytes that a statement of the kind may have. */
size_t trust_max(enum trust_kind kind);
/* Takes apart; false: malformed. The keys in the claims have the right form, no more. */
bool trust_decode(enum trust_kind kind, struct trec_bytes in, struct trust_parts *out);
/* Claims alone. */
bool trust_decode_claims(enum trust_kind kind, struct trec_bytes in, struct trust_claims *out);
/* Header or claims into caller memory; false: no room, or a key that is none. */
bool trust_encode_header(int64_t alg, const struct trec_id *kid, uint8_t *out, size_t cap,
			 size_t *n);
bool trust_encode_claims(enum trust_kind kind, const struct trust_claims *c, uint8_t *out,
			 size_t cap, size_t *n);
/* With a signature of the subject: the pair. */
bool trust_encode(const struct trust_parts *p, uint8_t *out, size_t cap, size_t *n);
/* What is signed: Sig_structure of RFC 9052 4.4. */
bool trust_encode_to_sign(const char *purpose, struct trec_bytes header, struct trec_bytes payload,
			  uint8_t out[TRUST_TO_SIGN_MAX], size_t *n);

#endif
