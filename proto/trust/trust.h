/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: signed statements between devices (docs/PROTOCOL.md, Statements): one shape,
 * one way to make them and one entry point that judges them, with a reason for every refusal.
 * COSE_Sign1 (RFC 9052, untagged) around a CWT claims set (RFC 8392). The kind is not inside but
 * in external_aad, "trec/1 " || kind, so a signature of one kind never passes as another.
 */
#ifndef TREC_TRUST_H
#define TREC_TRUST_H

#include "proto/crypto/crypto.h"

#define TRUST_CTI_LEN 16
#define TRUST_STATEMENT_MAX 512   /* bytes of a statement of the kinds below */
#define TRUST_AHEAD_MAX_S 300     /* iat may be that far ahead of our clock */
#define TRUST_LIFE_S 604800       /* exp - iat made here, and the most that is accepted */

/*
 * revoke: iss tells aud that it dissolved the trust between them; sub is iss itself, nobody can
 * revoke for another. tombstone: iss tells aud that it dissolved sub; carried by others, it takes
 * effect only where the rules say so; about aud itself it would be a revoke, and is refused.
 */
enum trust_kind { TRUST_REVOKE, TRUST_TOMBSTONE };

/* What a statement says. */
struct trust_claims {
	struct trec_id iss;
	struct trec_id sub;
	struct trec_id aud;
	int64_t iat; /* seconds since 1970; 0 where the issuer had no trusted clock */
	int64_t exp;
	uint8_t cti[TRUST_CTI_LEN];
};

/*
 * The shape, in CDDL; core deterministic CBOR throughout, ids as "trec:" and the text form
 * without dashes in upper case, private claims (negative keys) may follow and are ignored:
 *
 *	statement = [protected: bstr .cbor { 1: -8 / -7, 4: kid }, unprotected: {},
 *		     payload: bstr .cbor { 1: iss tstr, 2: sub tstr, 3: aud tstr, 4: exp uint,
 *					   6: iat uint, 7: cti bstr .size 16 },
 *		     signature: bstr .size 64]
 *	kid = bstr .size 32		; the issuer's device id
 *
 * -8 is EdDSA for an Ed25519 key, -7 is ES256 (r || s) for a P-256 key.
 */

/*
 * Makes a statement with a fresh cti. iss is the signer's id; sub and aud as given; the time is
 * env's, iat = 0 and exp = 0 without a trusted clock. made may be NULL.
 * TREC_E_NO_SPACE (TRUST_STATEMENT_MAX is enough), TREC_E_RANDOM, or what the signer answers.
 */
TREC_MUST_USE trec_err trust_make(const struct trec_env *env, enum trust_kind kind,
				  const struct trec_signer *signer, const struct trec_id *sub,
				  const struct trec_id *aud, uint8_t *out, size_t cap, size_t *n,
				  struct trust_claims *made);

/* X(identifier, "reason for log and user") */
#define TRUST_VERDICT_LIST(X)                                                                      \
	X(ACCEPTED, "accepted")                                                                    \
	X(TOO_LARGE, "larger than a statement may be")                                             \
	X(MALFORMED, "not a statement, or not in its one encoding")                                \
	X(ISSUER, "not issued by the key it is checked against")                                   \
	X(ALGORITHM, "signed with another algorithm than the issuer's key")                        \
	X(SIGNATURE, "the signature does not fit: altered, or of another kind")                    \
	X(AUDIENCE, "meant for another device")                                                    \
	X(SUBJECT, "about somebody this kind of statement cannot be about")                        \
	X(NOT_YET, "issued more than five minutes ahead of our clock")                             \
	X(EXPIRED, "expired")                                                                      \
	X(LIFE, "valid for longer than such a statement may be")                                   \
	X(NO_CLOCK, "needs a trusted clock, and there is none on one of the sides")                \
	X(REPLAYED, "seen before")                                                                 \
	X(FAILED, "could not be checked: out of memory or wolfCrypt failed")

enum trust_verdict {
#define TRUST_VERDICT_ENUM(id, text) TRUST_##id,
	TRUST_VERDICT_LIST(TRUST_VERDICT_ENUM)
#undef TRUST_VERDICT_ENUM
	TRUST_VERDICT_COUNT
};

/* Reason as an English clause. Static. */
const char *trust_verdict_text(enum trust_verdict v);

/* Against what a statement is judged. Views are borrowed during the call. */
struct trust_expect {
	enum trust_kind kind;
	struct trec_bytes issuer_spki; /* canonical SPKI of the issuer's record */
	struct trec_id me;
	/*
	 * It came over an authenticated session of the issuer itself. A revoke then needs no
	 * clock: the session is fresh, and taking trust away late harms nobody.
	 */
	bool own_session;
	/* Replay memory, or NULL: whether (iss, cti) was seen; remembering it is the caller's. */
	bool (*seen)(void *ctx, const struct trec_id *iss, const uint8_t cti[TRUST_CTI_LEN]);
	void *seen_ctx;
};

/*
 * Judges a statement. TRUST_ACCEPTED and *out filled, or the first reason against it and *out
 * zeroed. The order is: size, form, issuer, algorithm, signature, audience, subject, time,
 * replay: nothing unsigned is acted on. Time from env.
 */
enum trust_verdict trust_verify(const struct trec_env *env, struct trec_bytes statement,
				const struct trust_expect *expect, struct trust_claims *out);

#endif
