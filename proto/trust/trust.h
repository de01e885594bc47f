/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: signed statements between devices (docs/PROTOCOL.md, Statements): one shape,
 * one way to make them and one entry point that judges them, with a reason for every refusal.
 * COSE_Sign1 (RFC 9052, untagged) around a CWT claims set (RFC 8392). The kind is not inside but
 * in external_aad, "trec/1 " || kind, so a signature of one kind never passes as another.
 */
#ifndef TREC_TRUST_H
#define TREC_TRUST_H

#include "proto/codec/message.h"
#include "proto/crypto/crypto.h"

#define TRUST_CTI_LEN 16
#define TRUST_NONCE_LEN 32
#define TRUST_SHORT_MAX 512      /* bytes of a revoke or tombstone */
#define TRUST_STATEMENT_MAX 3072 /* bytes of a statement of any kind, a pair included */
#define TRUST_AHEAD_MAX_S 300    /* iat may be that far ahead of our clock */
#define TRUST_LIFE_S 604800      /* exp - iat made here, and the most that is accepted */
#define TRUST_SEQUENCE_MAX UINT64_C(9007199254740991) /* 2^53 - 1, as in records */

/*
 * revoke: iss tells aud that it dissolved the trust between them; sub is iss itself, nobody can
 * revoke for another. tombstone: iss tells whoever holds it active, carried by whomever, that it
 * dissolved sub; about its reader it would be a revoke, and is refused; about iss it is a farewell.
 * introduction: iss vouches to aud for sub and its key. succession: iss goes on as sub, another
 * key, which signs as well.
 */
enum trust_kind { TRUST_REVOKE, TRUST_TOMBSTONE, TRUST_INTRODUCTION, TRUST_SUCCESSION };
#define TRUST_KIND_COUNT 4

/* What a statement says; what its kind does not have is zero. */
struct trust_claims {
	struct trec_id iss;
	struct trec_id sub;
	struct trec_id aud; /* revoke, introduction */
	int64_t iat;        /* seconds since 1970; 0 where the issuer had no trusted clock */
	int64_t exp;        /* 0: likewise; always 0 in a succession */
	uint8_t cti[TRUST_CTI_LEN];
	/* introduction, succession: the subject */
	uint8_t spki[TREC_SPKI_MAX]; /* canonical, of cnf */
	size_t spki_len;
	struct trec_bytes cert; /* borrowed from the statement */
	/* introduction */
	bool has_nonce; /* the online form */
	uint8_t nonce[TRUST_NONCE_LEN];
	char name[TREC_NAME_MAX + 1];
	char kind[MSG_KIND_MAX + 1];
	struct msg_rights rights; /* what the issuer wishes */
	struct msg_hints hints;
	/* succession */
	uint64_t sequence; /* from 1; ascends with every succession of a device */
	uint8_t issuer_spki[TREC_SPKI_MAX];
	size_t issuer_spki_len;
};

/*
 * The shape, in CDDL; core deterministic CBOR throughout, ids as "trec:" and the text form
 * without dashes in upper case; other private claims (negative keys) are ignored:
 *
 *	statement = [protected: bstr .cbor { 1: -8 / -7, 4: kid }, unprotected: {},
 *		     payload: bstr .cbor claims, signature: bstr .size 64]
 *	pair = [statement, [protected, {}, payload: null, signature]]	; succession
 *	kid = bstr .size 32		; device id of the key that signed
 *	claims = { 1: iss tstr, 2: sub tstr, ? 3: aud tstr, 4: exp uint, 6: iat uint,
 *		   7: cti bstr .size 16, * nint => any,
 *		   ; introduction, succession:
 *		   8: { 1: key }, -65537: cert bstr,
 *		   ; introduction:
 *		   ? 10: nonce bstr .size 32, -65538: name tstr, -65539: kind tstr,
 *		   -65540: [0*8 right], -65541: [0*4 hint],
 *		   ; succession:
 *		   -65542: sequence 1..9007199254740991, -65543: key of iss }
 *	key = { 1: 1, -1: 6, -2: x } / { 1: 2, -1: 1, -2: x, -3: y }	; nothing else in it
 *
 * -8 is EdDSA for an Ed25519 key, -7 is ES256 (r || s) for a P-256 key. The second signature of a
 * pair is the subject's, over the first one's payload, with "trec/1 succession-new".
 */

/*
 * Makes a revoke for aud or a tombstone (aud NULL) with a fresh cti. iss is the signer's id; the
 * time is env's, iat = 0 and exp = 0 without a trusted clock. made may be NULL.
 * TREC_E_NO_SPACE (TRUST_SHORT_MAX is enough), TREC_E_RANDOM, or what the signer answers.
 */
TREC_MUST_USE trec_err trust_make(const struct trec_env *env, enum trust_kind kind,
				  const struct trec_signer *signer, const struct trec_id *sub,
				  const struct trec_id *aud, uint8_t *out, size_t cap, size_t *n,
				  struct trust_claims *made);

/* What an introducer says. Borrowed during the call. */
struct trust_introduction {
	struct trec_id aud;
	struct trec_bytes cert;          /* the subject's; id and key are read from it */
	const char *name;                /* msg_name_ok */
	const char *kind;                /* msg_kind_ok */
	const struct msg_rights *rights; /* NULL: none */
	const struct msg_hints *hints;   /* NULL: none */
	const uint8_t *nonce;            /* TRUST_NONCE_LEN bytes; NULL: the carried form */
};

/*
 * TREC_E_STATE: the carried form without a trusted clock, which nobody could accept.
 * TREC_E_MALFORMED: not a certificate. TREC_E_USAGE: a text out of its rule. TREC_E_NO_SPACE
 * (TRUST_STATEMENT_MAX is enough), TREC_E_RANDOM, or what the signer answers. made may be NULL; its
 * cert is the caller's.
 */
TREC_MUST_USE trec_err trust_make_introduction(const struct trec_env *env,
					       const struct trec_signer *signer,
					       const struct trust_introduction *what, uint8_t *out,
					       size_t cap, size_t *n, struct trust_claims *made);

/*
 * The pair: signed by the key that goes and by the one that comes, whose certificate is cert.
 * TREC_E_USAGE: sequence 0 or too large, or no other key. Else as above.
 */
TREC_MUST_USE trec_err trust_make_succession(const struct trec_env *env,
					     const struct trec_signer *old,
					     const struct trec_signer *now, struct trec_bytes cert,
					     uint64_t sequence, uint8_t *out, size_t cap, size_t *n,
					     struct trust_claims *made);

/*
 * Whom a statement claims to be by, about and for, unverified: to find the issuer's record and
 * nothing else. aud is zeros for the kinds without. False: not a statement of that kind, all
 * zeroed. Any of the three may be NULL.
 */
bool trust_peek(struct trec_bytes statement, enum trust_kind kind, struct trec_id *iss,
		struct trec_id *sub, struct trec_id *aud);

/* X(identifier, "reason for log and user") */
#define TRUST_VERDICT_LIST(X)                                                                      \
	X(ACCEPTED, "accepted")                                                                    \
	X(TOO_LARGE, "larger than a statement may be")                                             \
	X(MALFORMED, "not a statement of this kind, or not in its one encoding")                   \
	X(ISSUER, "not issued by the key it is checked against")                                   \
	X(ISSUER_KEY, "brings another key than its issuer's")                                      \
	X(ALGORITHM, "signed with another algorithm than the issuer's key")                        \
	X(SIGNATURE, "the signature does not fit: altered, or of another kind")                    \
	X(AUDIENCE, "meant for another device")                                                    \
	X(SUBJECT, "about somebody this kind of statement cannot be about")                        \
	X(CONFIRMATION, "its subject is not the id of the key it confirms")                        \
	X(SUCCESSOR, "not signed by the new key as well")                                          \
	X(CERTIFICATE, "its certificate is not one of the key it confirms")                        \
	X(NONCE, "not made for this question: another nonce, none, or one in a carried statement") \
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
	/*
	 * Canonical SPKI of the issuer's record. Empty for a succession: the key that it brings
	 * counts, which is iss's own if it hashes to iss; to tell who signed, not to trust it.
	 */
	struct trec_bytes issuer_spki;
	struct trec_id me;
	/*
	 * It came over an authenticated session of the issuer itself. A revoke then needs no
	 * clock: the session is fresh, and taking trust away late harms nobody.
	 */
	bool own_session;
	/* Introduction: the nonce given to the issuer in this session; NULL: the carried form. */
	const uint8_t *nonce;
	/* Replay memory, or NULL: whether (iss, cti) was seen; remembering it is the caller's. */
	bool (*seen)(void *ctx, const struct trec_id *iss, const uint8_t cti[TRUST_CTI_LEN]);
	void *seen_ctx;
};

/*
 * Judges a statement. TRUST_ACCEPTED and *out filled, or the first reason against it and *out
 * zeroed. The order is: size, form, issuer, algorithm, signature, audience, subject, key and
 * certificate, nonce and time, replay: nothing unsigned is acted on. Time from env. That the
 * subject is not oneself, not known and under no tombstone is for the caller to judge.
 */
enum trust_verdict trust_verify(const struct trec_env *env, struct trec_bytes statement,
				const struct trust_expect *expect, struct trust_claims *out);

/* What a device shows to be found: a nonce, then HMAC(key, "trec beacon" || nonce), cut. */
#define TRUST_BEACON_LEN 16

TREC_MUST_USE trec_err trust_beacon_make(const struct trec_env *env,
					 const uint8_t key[MSG_RECOGNITION_LEN],
					 uint8_t out[TRUST_BEACON_LEN]);
/* Whether that key made it; in a time that does not tell how much of it fits. */
TREC_MUST_USE trec_err trust_beacon_is(const uint8_t key[MSG_RECOGNITION_LEN],
				       const uint8_t beacon[TRUST_BEACON_LEN], bool *yes);

#endif
