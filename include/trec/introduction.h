/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: trust passed on by a device that both sides already trust (docs/PROTOCOL.md,
 * Introduction): who may be introduced, what this device lets introducers do, and why a
 * statement was refused. Every call works on the store at once, as those of trec/peer.h do.
 */
#ifndef TREC_INTRODUCTION_H
#define TREC_INTRODUCTION_H

#include <trec/peer.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TREC_INTRODUCTION_TEXT_MAX 6972 /**< characters of a carried introduction, no NUL */

/* X(identifier, number on the wire, "name-in-json", "what happened") */
#define TREC_REFUSAL_LIST(X)                                                                       \
	X(NONE, 0, "accepted", "accepted")                                                         \
	X(INTRODUCER_UNKNOWN, 1, "introducer-unknown", "the issuer is not known here")             \
	X(INTRODUCER_DISSOLVED, 2, "introducer-dissolved",                                         \
	  "the trust between the issuer and this device was dissolved")                            \
	X(INTRODUCER_EXPIRED, 3, "introducer-expired", "the trust in the issuer has expired")      \
	X(INTRODUCER_NOT_ALLOWED, 4, "introducer-not-allowed",                                     \
	  "the introducer does not hold the right to introduce")                                   \
	X(INTRODUCER_ONLY_INTRODUCED, 5, "introducer-only-introduced",                             \
	  "the introducer was itself only introduced")                                             \
	X(INTRODUCER_SUSPENDED, 6, "introducer-suspended", "the issuer is suspended")              \
	X(WRONG_AUDIENCE, 7, "wrong-audience", "meant for another device")                         \
	X(WRONG_SUBJECT, 8, "wrong-subject", "its subject is not the one of the key it brings")    \
	X(WRONG_BEARER, 9, "wrong-bearer", "brought by another device than it may be brought by")  \
	X(OWN_ID, 10, "own-id", "about this device itself")                                        \
	X(REPLAYED, 11, "replayed", "seen before")                                                 \
	X(REPLAY_MEMORY_FULL, 12, "replay-memory-full",                                            \
	  "too many statements of this issuer are remembered")                                     \
	X(WRONG_NONCE, 13, "wrong-nonce", "not made for this question")                            \
	X(NONCE_EXPIRED, 14, "nonce-expired", "the answer came too late")                          \
	X(EXPIRED, 15, "expired", "expired")                                                       \
	X(TOO_EARLY, 16, "too-early", "issued more than five minutes ahead of this clock")         \
	X(TOO_LONG, 17, "too-long", "valid for longer than a statement may be")                    \
	X(BEFORE_TRUST, 18, "before-trust", "issued before the trust in its issuer began")         \
	X(NO_CLOCK, 19, "no-clock", "needs a trusted clock, and one of the sides has none")        \
	X(ALTERED, 20, "altered", "the signature does not fit")                                    \
	X(MALFORMED, 21, "malformed", "not a statement of this kind")                              \
	X(CERTIFICATE, 22, "certificate", "its certificate is not one of the key it brings")       \
	X(SUBJECT_DISSOLVED, 23, "subject-dissolved",                                              \
	  "the trust in its subject was dissolved; only a new pairing brings it back")             \
	X(SUBJECT_UNKNOWN, 24, "subject-unknown", "the device is not known here")                  \
	X(SUBJECT_NOT_ACTIVE, 25, "subject-not-active", "the device is not active here")           \
	X(SUBJECT_ONLY_INTRODUCED, 26, "subject-only-introduced",                                  \
	  "the device was itself only introduced")                                                 \
	X(ALREADY_KNOWN, 27, "already-known", "the device is known already")                       \
	X(RIGHTS_EXCEEDED, 28, "rights-exceeded",                                                  \
	  "it asks for rights that the introducer does not hold; they were left out")              \
	X(POLICY, 29, "policy", "this device accepts no introductions")                            \
	X(CONSENT_DENIED, 30, "consent-denied", "the user said no")                                \
	X(CONSENT_TIMEOUT, 31, "consent-timeout", "nobody answered in time")                       \
	X(SYMMETRIC, 32, "symmetric", "a device trusted by a shared key cannot be introduced")     \
	X(TOO_MANY, 33, "too-many", "too many of this issuer wait already")                        \
	X(WRONG_LINK, 34, "wrong-link", "the successions do not follow one another")               \
	X(CONFLICT, 35, "conflict", "two keys claim to succeed one: the user decides")             \
	X(STORE, 36, "store", "the store could not be read or written")

#define TREC_REFUSAL_ENUM(id, number, name, text) TREC_REFUSAL_##id = (number),
/** Why a statement was not taken. Numbers are fixed: they are on the wire. */
enum trec_refusal { TREC_REFUSAL_LIST(TREC_REFUSAL_ENUM) TREC_REFUSAL_COUNT };
#undef TREC_REFUSAL_ENUM

/** Stable name, e.g. "wrong-audience"; "unknown" for a number of a later version. Static. */
TREC_API const char *trec_refusal_name(enum trec_refusal refusal);
/** What happened, as an English clause without a full stop. Static. */
TREC_API const char *trec_refusal_text(enum trec_refusal refusal);

/** What becomes of introductions by peers that hold the right to introduce. */
enum trec_introductions {
	TREC_INTRODUCTIONS_NEVER, /**< refused */
	TREC_INTRODUCTIONS_ASK,   /**< the user is asked, each time */
	TREC_INTRODUCTIONS_AUTO   /**< accepted */
};

/**
 * This device's rule about introductions. rights: the most that an introduced peer gets, of what
 * its introducer holds; none: no service.
 */
struct trec_introduction_policy {
	enum trec_introductions mode;
	size_t right_count;
	char rights[TREC_RIGHTS_MAX][TREC_RIGHT_MAX + 1];
};

/** What became of an introduction. RIGHTS_EXCEEDED may come with accepted: the rest is granted. */
struct trec_introduced {
	enum trec_refusal refusal;
	bool accepted;
	struct trec_id introducer; /**< as claimed, where the refusal came before its proof */
	struct trec_id subject;
	char name[TREC_NAME_MAX + 1]; /**< the subject's; empty unless accepted */
};

/** What a peer's notice that it dissolved its trust in somebody led to here. */
enum trec_notice_effect {
	TREC_NOTICE_NONE,     /**< refused, or nothing new */
	TREC_NOTICE_SHOWN,    /**< shown to the user, passed on, changes nothing here */
	TREC_NOTICE_DISSOLVED /**< the subject was dissolved here too */
};

/**
 * Whether this device can introduce the peer to others at all: it is active and not expired, was
 * paired by PIN, code or NFC, and has a certificate. *why is TREC_REFUSAL_NONE if so.
 */
TREC_API TREC_MUST_USE trec_err trec_introduction_may(const struct trec_env *env,
						      struct trec_store *s,
						      const struct trec_id *id,
						      enum trec_refusal *why);

/**
 * As introducer: two signed statements, for b about c and for c about b, as one line of text that
 * either of them can take with trec_introduction_accept() while this device is off; valid for 7
 * days. cap of TREC_INTRODUCTION_TEXT_MAX + 1 always does; *n does not count the NUL.
 * TREC_E_NO_PEER, TREC_E_USAGE (b is c), TREC_E_STATE (trec_introduction_may() of one of them
 * says why, or there is no trusted clock), TREC_E_NO_SPACE, TREC_E_RANDOM, or what the signer says.
 */
TREC_API TREC_MUST_USE trec_err trec_introduction_make(const struct trec_env *env,
						       struct trec_store *s,
						       const struct trec_id *b,
						       const struct trec_id *c, char *out,
						       size_t cap, size_t *n);
/**
 * Takes what an introducer made for this device: the user's own act, and so the consent that a
 * policy may ask for. On acceptance one commit adds the subject as introduced: it turns active at
 * the first mutual session within 7 days, and what is for it is shown to it at the next dial.
 * A refusal is no error: see out. Commits. TREC_E_BAD_CODE (not such a text, or damaged),
 * TREC_E_VERSION.
 */
TREC_API TREC_MUST_USE trec_err trec_introduction_accept(
	const struct trec_env *env, struct trec_store *s, struct trec_bytes text,
	const struct trec_introduction_policy *policy, struct trec_introduced *out);

#ifdef __cplusplus
}
#endif
#endif
