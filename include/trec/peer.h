/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the trusted device list as a user sees it: who is in it, what each may do,
 * and how to part. Every call works on the store at once and returns when it is done; calls on
 * one store are never concurrent. Errors of the store may come from all of them.
 */
#ifndef TREC_PEER_H
#define TREC_PEER_H

#include <trec/env.h>
#include <trec/store.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TREC_SERVICE_MAX 32  /**< bytes of a service name: [A-Za-z0-9._-]; NUL not counted */
#define TREC_RIGHT_MAX 40    /**< bytes of a right, NUL not counted */
#define TREC_RIGHTS_MAX 8    /**< rights of one peer */
#define TREC_PEER_HINTS_MAX 4 /**< addresses kept for one peer */
#define TREC_KIND_MAX 32     /**< bytes of a device kind, NUL not counted */
#define TREC_PREVIOUS_MAX 8  /**< earlier ids of one peer */

enum trec_peer_state {
	TREC_PEER_ACTIVE,
	TREC_PEER_UNCONFIRMED,       /**< half a pairing: no rights, heals at the next session */
	TREC_PEER_INTRODUCED,
	TREC_PEER_PENDING,
	TREC_PEER_EXPIRED,
	TREC_PEER_DISSOLVED_BY_PEER, /**< it parted from this device; no rights */
	TREC_PEER_SUSPENDED          /**< two keys claim to succeed it; no rights until resumed */
};

/** How the trust began. */
enum trec_origin {
	TREC_ORIGIN_PIN, /**< random or preset */
	TREC_ORIGIN_CODE,
	TREC_ORIGIN_NFC,
	TREC_ORIGIN_INTRODUCTION,
	TREC_ORIGIN_THIRD_PARTY
};

/** Stable name, e.g. "dissolved-by-peer". Static. */
TREC_API const char *trec_peer_state_name(enum trec_peer_state state);
/** Stable name: "pin", "code", "nfc", "introduction", "third-party". Static. */
TREC_API const char *trec_origin_name(enum trec_origin origin);

/** "service:*" (any service), "service:NAME" or "introduce"; until 0: no end. */
struct trec_right {
	char name[TREC_RIGHT_MAX + 1];
	int64_t until_s; /**< seconds since 1970 UTC */
};

/** An id that a peer had before it changed its key. */
struct trec_previous {
	struct trec_id id;
	int64_t until_s; /**< up to when trec_peer_find() still knows it; 0: no longer */
};

/** One peer, copied out of the store. Times in seconds since 1970 UTC, 0 = not known or none. */
struct trec_peer {
	struct trec_id id;
	char name[TREC_NAME_MAX + 1];
	char kind[TREC_KIND_MAX + 1];
	enum trec_peer_state state;
	enum trec_origin origin;
	bool has_introducer;
	struct trec_id introduced_by;
	int64_t since_s;
	int64_t last_seen_s;
	int64_t expires_s;
	bool forgotten; /**< it answered that it does not know this device; pair again */
	size_t right_count;
	struct trec_right rights[TREC_RIGHTS_MAX]; /**< sorted by name */
	size_t hint_count;
	char hints[TREC_PEER_HINTS_MAX][256]; /**< URIs where it was or said it was */
	size_t cert_len;
	uint8_t cert[TREC_CERT_MAX]; /**< DER */
	size_t previous_count;
	struct trec_previous previous[TREC_PREVIOUS_MAX]; /**< newest first */
	bool symmetric; /**< known by a shared key instead of a certificate */
};

/** Where a walk over the list stands; zero it to begin. */
struct trec_peer_cursor {
	int stage;
	struct trec_id id;
};

/** The next peer in order of id, those of state unconfirmed after all others. */
TREC_API TREC_MUST_USE trec_err trec_peer_next(const struct trec_env *env, struct trec_store *s,
					       struct trec_peer_cursor *cursor,
					       struct trec_peer *out, bool *found);
/** By id; an unconfirmed entry only if there is no other. TREC_E_NO_PEER. */
TREC_API TREC_MUST_USE trec_err trec_peer_get(const struct trec_env *env, struct trec_store *s,
					      const struct trec_id *id, struct trec_peer *out);
/**
 * By what a user typed: id, unambiguous beginning of an id (4 characters or more), or name. For 30
 * days after a peer changed its key, the id it had before serves as well.
 * TREC_E_NO_PEER, TREC_E_AMBIGUOUS_PEER.
 */
TREC_API TREC_MUST_USE trec_err trec_peer_find(const struct trec_env *env, struct trec_store *s,
					       const char *text, struct trec_peer *out);
/** TREC_E_NO_PEER, TREC_E_BAD_NAME, TREC_E_EXISTS (another peer has that name). Commits. */
TREC_API TREC_MUST_USE trec_err trec_peer_rename(const struct trec_env *env, struct trec_store *s,
						 const struct trec_id *id, const char *name);
/**
 * Grants a right until a time (0: no end); a second grant replaces the first. Commits.
 * TREC_E_NO_PEER, TREC_E_USAGE (no such right), TREC_E_TOO_LARGE (too many rights),
 * TREC_E_STATE (the peer is unconfirmed, only introduced, suspended or dissolved by the peer),
 * TREC_E_UNSUPPORTED ("introduce", to a peer without a certificate).
 */
TREC_API TREC_MUST_USE trec_err trec_peer_allow(const struct trec_env *env, struct trec_store *s,
						const struct trec_id *id, const char *right,
						int64_t until_s);
/** Takes a right away; not held: no error. Commits. TREC_E_NO_PEER, TREC_E_USAGE. */
TREC_API TREC_MUST_USE trec_err trec_peer_deny(const struct trec_env *env, struct trec_store *s,
					       const struct trec_id *id, const char *right);
/**
 * Sets when the trust itself ends (0: never). Commits. TREC_E_NO_PEER, TREC_E_STATE (the peer is
 * only introduced: until it is met, that has its own end).
 */
TREC_API TREC_MUST_USE trec_err trec_peer_expire(const struct trec_env *env, struct trec_store *s,
						 const struct trec_id *id, int64_t expires_s);
/**
 * Whether the peer may use the service at unix time wall_s (0: no trusted clock; rights that end
 * then do not count): it is active and holds "service:*" or "service:NAME".
 */
TREC_API bool trec_peer_may_use(const struct trec_peer *peer, const char *service, int64_t wall_s);
/**
 * A suspended peer is active again, under the key it is stored with: the user has made sure which
 * one is right. Commits. TREC_E_NO_PEER, TREC_E_STATE (not suspended).
 */
TREC_API TREC_MUST_USE trec_err trec_peer_resume(const struct trec_env *env,
						 struct trec_store *s,
						 const struct trec_id *id);
/**
 * *out: this peer may introduce others to this device and no other peer may, so that parting from
 * it ends introductions here. TREC_E_NO_PEER.
 */
TREC_API TREC_MUST_USE trec_err trec_peer_last_introducer(const struct trec_env *env,
							  struct trec_store *s,
							  const struct trec_id *id, bool *out);
/** TREC_OK if the text is a right as struct trec_right describes it, else TREC_E_USAGE. */
TREC_API TREC_MUST_USE trec_err trec_right_check(const char *text);

/** What is left after parting: a signed word to the peer, in locked memory, wiped when freed. */
struct trec_revocation;

/**
 * Parts from a peer: one commit removes its record and key (also a half pairing's) and leaves a
 * tombstone that only a new pairing by PIN or code clears. Its name and id leave all records:
 * peers that it introduced stay without it, those not yet met go. cascade: all that it introduced
 * and that were not paired since are dissolved in the same commit. Trust is gone when it returns;
 * what remains is courtesy: *out (owned by the caller; out may be NULL if nobody shall be told)
 * goes to trec_session_revoke() of an open session, or into the options of one new session, within
 * 10 s. Open sessions with the peer end at trec_session_notify().
 * On a full disk its name may stay in other records; with cascade nothing is then changed.
 * TREC_E_NO_PEER, TREC_E_RANDOM, TREC_E_CRYPTO, TREC_E_NO_MEMORY, TREC_E_NO_SPACE.
 */
TREC_API TREC_MUST_USE trec_err trec_unpair(const struct trec_env *env, struct trec_store *s,
					    const struct trec_id *id, bool cascade,
					    struct trec_revocation **out);
/** The peer as it was. Valid as long as the revocation. */
TREC_API const struct trec_peer *trec_revocation_peer(const struct trec_revocation *r);
/** env->now_ms after which it is to be freed, told or not. */
TREC_API uint64_t trec_revocation_deadline_ms(const struct trec_revocation *r);
/** NULL is fine; wipes; the caller's pointer becomes NULL. */
TREC_API void trec_revocation_free(struct trec_revocation **r);

/**
 * Parted from by this device and not paired again since: *out true. For `trec info` and tests.
 */
TREC_API TREC_MUST_USE trec_err trec_tombstone_exists(const struct trec_env *env,
						      struct trec_store *s,
						      const struct trec_id *id, bool *out);

#ifdef __cplusplus
}
#endif
#endif
