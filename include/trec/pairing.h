/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: one run of the pairing protocol, on either side. The initiator is the device
 * where the PIN or code is entered; the responder is the one whose window is open. See
 * trec/engine.h for how to drive it and docs/PROTOCOL.md for what it does.
 */
#ifndef TREC_PAIRING_H
#define TREC_PAIRING_H

#include <trec/engine.h>
#include <trec/peer.h>
#include <trec/window.h>

#ifdef __cplusplus
extern "C" {
#endif

struct trec_pairing;

enum trec_pairing_role { TREC_PAIRING_INITIATOR, TREC_PAIRING_RESPONDER };

/** Zero what you do not care for. Everything is borrowed until trec_pairing_free() unless said. */
struct trec_pairing_options {
	const struct trec_env *env;
	struct trec_store *store;
	struct trec_window *window; /**< responder: required */
	const char *secret;   /**< initiator: PIN digits or code text, copied; NULL: asked for */
	bool secret_is_new;   /**< initiator: the user says it was made anew; see LOCKED_OUT */
	const char *peer;     /**< URI dialled or accepted from, copied; NULL: not known */
	enum trec_origin origin; /**< TREC_ORIGIN_NFC where a tag or touch carried the secret,
				      else ignored: the method decides */
	const char *kind;     /**< kind of this device, at most TREC_KIND_MAX bytes; NULL: "" */
	const char *const *rights; /**< rights granted to the peer; NULL: "service:*" alone */
	size_t right_count;
	const char *const *hints;  /**< URIs where this device listens, for the peer to keep */
	size_t hint_count;
	bool ask_consent;     /**< ask also where the protocol does not demand it */
	/**
	 * initiator: make a symmetric TREC, a key shared with the peer, instead of exchanging
	 * certificates; the window must say the same. Weaker: docs/THREATS.md.
	 */
	bool symmetric;
};

/**
 * Makes a run. *out is owned by the caller.
 * TREC_E_USAGE (options), TREC_E_BAD_PIN, TREC_E_BAD_CODE, TREC_E_NO_MEMORY, TREC_E_RANDOM,
 * TREC_E_CRYPTO, errors of the store (own identity is read).
 */
TREC_API TREC_MUST_USE trec_err trec_pairing_new(enum trec_pairing_role role,
						 const struct trec_pairing_options *options,
						 struct trec_pairing **out);
/** Wipes and frees; NULL is fine; the caller's pointer becomes NULL. Releases the window's slot. */
TREC_API void trec_pairing_free(struct trec_pairing **p);

/**
 * Takes bytes that came from the peer. *used may be less than in.n: offer the rest again when
 * next() has moved on. The result is the run's error if it has failed, TREC_OK otherwise.
 */
TREC_API TREC_MUST_USE trec_err trec_pairing_feed(struct trec_pairing *p, struct trec_bytes in,
						  size_t *used);
/** Copies up to cap bytes for the peer, also after a failure; *n 0: nothing to send. TREC_OK. */
TREC_API TREC_MUST_USE trec_err trec_pairing_drain(struct trec_pairing *p, uint8_t *out, size_t cap,
						   size_t *n);
/** Lets time pass; see trec/engine.h. */
TREC_API TREC_MUST_USE trec_err trec_pairing_tick(struct trec_pairing *p, uint64_t now_ms);
/** The connection ended or failed; err is TREC_E_LOST, TREC_E_UNREACHABLE or TREC_E_TIMEOUT. */
TREC_API void trec_pairing_lost(struct trec_pairing *p, trec_err err);
/** What it waits for. */
TREC_API enum trec_next trec_pairing_next(const struct trec_pairing *p);
/** When trec_pairing_tick() is due; UINT64_MAX: never. */
TREC_API uint64_t trec_pairing_deadline_ms(const struct trec_pairing *p);
/** Does what TREC_NEXT_STORE or TREC_NEXT_WORK stand for. Any thread, blocks. */
TREC_API void trec_pairing_perform(struct trec_pairing *p);
/** Goes on with the result of trec_pairing_perform(). The owner's thread, quick. */
TREC_API void trec_pairing_resume(struct trec_pairing *p);

/** Answers TREC_NEXT_SECRET; copied. TREC_E_BAD_PIN, TREC_E_BAD_CODE: ask again. */
TREC_API TREC_MUST_USE trec_err trec_pairing_secret(struct trec_pairing *p, const char *text);

/** What the user decides about at TREC_NEXT_CONSENT. Names and kinds are only claims. */
struct trec_consent {
	struct trec_id peer;
	char name[TREC_NAME_MAX + 1];
	char kind[TREC_KIND_MAX + 1];
	char digits[7];       /**< the same six on both devices, or somebody is in between */
	enum trec_method method;
	size_t right_count;
	struct trec_right rights[TREC_RIGHTS_MAX]; /**< rights the peer grants this device */
	uint64_t deadline_ms; /**< env->now_ms when no answer becomes TREC_E_CONSENT_TIMEOUT */
};

/** TREC_E_STATE: no consent is being asked. */
TREC_API TREC_MUST_USE trec_err trec_pairing_consent(const struct trec_pairing *p,
						     struct trec_consent *out);
/** The user's answer. TREC_E_STATE: none is asked for. */
TREC_API TREC_MUST_USE trec_err trec_pairing_answer(struct trec_pairing *p, bool yes);

/** The peer proved that it knows the secret; see trec_gate_leave(). */
TREC_API bool trec_pairing_authenticated(const struct trec_pairing *p);

struct trec_pairing_result {
	struct trec_id peer;
	char name[TREC_NAME_MAX + 1];
	enum trec_origin origin;
	bool replaced; /**< the peer was known before; its record was replaced */
};

/** TREC_E_STATE unless next() is TREC_NEXT_DONE. */
TREC_API TREC_MUST_USE trec_err trec_pairing_result(const struct trec_pairing *p,
						    struct trec_pairing_result *out);
/**
 * Why it failed, or TREC_OK. In particular:
 * TREC_E_WRONG_PIN, TREC_E_WRONG_CODE (also: the code belongs to another device),
 * TREC_E_WRONG_CERTIFICATE (the peer's proof of its key failed), TREC_E_OWN_KEY,
 * TREC_E_WINDOW_CLOSED, TREC_E_BUSY, TREC_E_LOCKED_OUT (retry_after_s() says how long),
 * TREC_E_VERSION, TREC_E_UNSUPPORTED (responder: no method in common, or only one of the two was
 * told to make a symmetric TREC), TREC_E_REFUSED (by the peer, also for that; responder: unpaired
 * again before the pairing was complete), TREC_E_MALFORMED, TREC_E_CONSENT_DENIED,
 * TREC_E_CONSENT_TIMEOUT, TREC_E_TIMEOUT, TREC_E_LOST, errors of the store.
 * Initiator, TREC_E_LOCKED_OUT before anything was sent: three failed runs with this target
 * (wait; somebody may be guessing) or ten (then only with options.secret_is_new).
 */
TREC_API trec_err trec_pairing_error(const struct trec_pairing *p);
/** What happened, for people, one line without secrets; "" if there is nothing to add. */
TREC_API const char *trec_pairing_detail(const struct trec_pairing *p);
/** Seconds to wait where the error is TREC_E_LOCKED_OUT or TREC_E_BUSY; 0: not known. */
TREC_API uint32_t trec_pairing_retry_after_s(const struct trec_pairing *p);

#ifdef __cplusplus
}
#endif
#endif
