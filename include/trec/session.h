/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a connection between two devices that trust each other: mutual TLS 1.3 on the
 * stored credentials, an accept by both ends, and in it one service stream, pings, introductions
 * of others, and the word that somebody has parted. See trec/engine.h for how to drive it,
 * docs/PROTOCOL.md for what it does.
 */
#ifndef TREC_SESSION_H
#define TREC_SESSION_H

#include <trec/engine.h>
#include <trec/introduction.h>
#include <trec/peer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct trec_session;

enum trec_session_role { TREC_SESSION_CLIENT, TREC_SESSION_SERVER };

/** Zero what you do not care for. Borrowed until trec_session_free(). */
struct trec_session_options {
	const struct trec_env *env;
	struct trec_store *store;
	const struct trec_id *peer; /**< client: who is expected, copied; NULL: any active peer
					 that has a certificate */
	const char *uri;            /**< address of the peer, copied, for the record; NULL: none */
	/**
	 * client: the peer was just parted from; connects to it only to say so. options.peer is
	 * then ignored. Freed by its owner when the session is DONE or FAILED; told() says how
	 * it went.
	 */
	const struct trec_revocation *revocation;
	unsigned idle_s; /**< ends a session without traffic; 0: never */
	/** What becomes of introductions, also those that strangers bring; copied; NULL: never. */
	const struct trec_introduction_policy *introductions;
};

/** TREC_E_USAGE, TREC_E_NO_MEMORY, TREC_E_CRYPTO, errors of the store (own identity is read). */
TREC_API TREC_MUST_USE trec_err trec_session_new(enum trec_session_role role,
						 const struct trec_session_options *options,
						 struct trec_session **out);
/** NULL is fine; wipes; the caller's pointer becomes NULL. */
TREC_API void trec_session_free(struct trec_session **s);

/** As trec_pairing_feed(). Takes less than it is given while the reader is behind. */
TREC_API TREC_MUST_USE trec_err trec_session_feed(struct trec_session *s, struct trec_bytes in,
						  size_t *used);
TREC_API TREC_MUST_USE trec_err trec_session_drain(struct trec_session *s, uint8_t *out, size_t cap,
						   size_t *n);
TREC_API TREC_MUST_USE trec_err trec_session_tick(struct trec_session *s, uint64_t now_ms);
/** The connection ended or failed. After both sides closed this is DONE, else FAILED. */
TREC_API void trec_session_lost(struct trec_session *s, trec_err err);
TREC_API enum trec_next trec_session_next(const struct trec_session *s);
TREC_API uint64_t trec_session_deadline_ms(const struct trec_session *s);
TREC_API void trec_session_perform(struct trec_session *s);
TREC_API void trec_session_resume(struct trec_session *s);

/** Things that happen in a session, in order. */
enum trec_session_event_kind {
	TREC_SESSION_UP,          /**< both ends accepted each other; trec_session_peer() is set */
	TREC_SESSION_OPEN,        /**< the peer asks for `service` and holds the right: answer with
				       trec_session_accept() or trec_session_refuse() */
	TREC_SESSION_OPENED,      /**< the service this side asked for is there */
	TREC_SESSION_OPEN_FAILED, /**< it is not; `reason` */
	TREC_SESSION_DATA,        /**< trec_session_read() has something; told until read dry */
	TREC_SESSION_EOF,         /**< the peer will send no more data */
	TREC_SESSION_DRAINED,     /**< trec_session_write() takes again after TREC_E_AGAIN */
	TREC_SESSION_PONG,        /**< answer to trec_session_ping(); `rtt_us` */
	TREC_SESSION_ACTIVATED,   /**< this session completed a half pairing */
	TREC_SESSION_REVOKED,     /**< the peer parted; its record here is removed */
	TREC_SESSION_CLOSED,      /**< the peer closed the session; `reason` */
	TREC_SESSION_CONSENTED,   /**< the peer will hear trec_session_deliver(), for 110 s */
	TREC_SESSION_INTRODUCED,  /**< what came of introducing `id` to the peer: `refusal`,
				       `accepted`; after a refusal for all, one for each */
	TREC_SESSION_INTRODUCTION, /**< the peer wants to introduce others: the user is to say
				       trec_session_answer() about trec_session_introduction() */
	TREC_SESSION_UNANSWERED,  /**< nobody said so within 60 s; it was refused */
	TREC_SESSION_RECEIVED,    /**< `by` introduced `id` to this device: `refusal`, `accepted` */
	TREC_SESSION_PRESENTED,   /**< server: a stranger brought an introduction and was told to
				       come again: the user may accept trec_session_presented() */
	TREC_SESSION_SUCCEEDED,   /**< the peer changed its key: it was `by` and is `id` */
	TREC_SESSION_SUSPENDED,   /**< two keys claim to succeed `by`; the user must decide */
	TREC_SESSION_NOTICE,      /**< `by` says that it dissolved `id`; `effect`: what came of it
				       here; call trec_session_notify() on all sessions */
	TREC_SESSION_REKEYED      /**< both ends have a new key for the sessions that follow */
};

/** Why a service was not opened; on the wire in service_failed. */
enum trec_service_reason {
	TREC_SERVICE_UNKNOWN = 1,  /**< no service of that name */
	TREC_SERVICE_NO_RIGHT = 2, /**< the asking side has no right to it */
	TREC_SERVICE_BUSY = 3,     /**< too many at a time */
	TREC_SERVICE_BROKEN = 4    /**< it could not be started */
};

struct trec_session_event {
	enum trec_session_event_kind kind;
	char service[TREC_SERVICE_MAX + 1];
	bool accepted;
	unsigned reason;
	enum trec_refusal refusal; /**< also numbers that only later versions know */
	enum trec_notice_effect effect;
	uint64_t rtt_us;
	struct trec_id id;
	struct trec_id by;
};

/** Takes the oldest event. TREC_E_AGAIN: there is none. */
TREC_API TREC_MUST_USE trec_err trec_session_event(struct trec_session *s,
						   struct trec_session_event *out);

/** The peer: from TREC_SESSION_UP or _REVOKED on, also after the end; before: NULL. */
TREC_API const struct trec_peer *trec_session_peer(const struct trec_session *s);
/** The peer proved its key and is in the list; see trec_gate_leave(). */
TREC_API bool trec_session_authenticated(const struct trec_session *s);

/**
 * Asks for a service; TREC_SESSION_OPENED or TREC_SESSION_OPEN_FAILED follows. May be called
 * before TREC_SESSION_UP. One service stream per session. TREC_E_USAGE (name), TREC_E_STATE.
 */
TREC_API TREC_MUST_USE trec_err trec_session_open(struct trec_session *s, const char *service);
/** Answers TREC_SESSION_OPEN. TREC_E_STATE. */
TREC_API TREC_MUST_USE trec_err trec_session_accept(struct trec_session *s);
TREC_API TREC_MUST_USE trec_err trec_session_refuse(struct trec_session *s,
						    enum trec_service_reason reason);
/** Queues data of the open stream. *taken < n or TREC_E_AGAIN: wait for TREC_SESSION_DRAINED. */
TREC_API TREC_MUST_USE trec_err trec_session_write(struct trec_session *s, const uint8_t *p,
						   size_t n, size_t *taken);
/** Received data. *n 0 with TREC_OK and *eof: no more will come; TREC_E_AGAIN: nothing now. */
TREC_API TREC_MUST_USE trec_err trec_session_read(struct trec_session *s, uint8_t *out, size_t cap,
						  size_t *n, bool *eof);
/** This side will send no more data (half-close). TREC_E_STATE. */
TREC_API TREC_MUST_USE trec_err trec_session_finish(struct trec_session *s);
/** TREC_SESSION_PONG follows. TREC_E_STATE: not up, or one is under way. */
TREC_API TREC_MUST_USE trec_err trec_session_ping(struct trec_session *s);
/** Ends the session in good order; what was queued is still sent. Any time. */
TREC_API void trec_session_close(struct trec_session *s);
/**
 * The list changed: the session looks its peer up again (TREC_NEXT_STORE) and aborts with
 * TREC_E_NOT_TRUSTED if it is no longer active. Cheap; call it on all sessions after
 * trec_unpair(), trec_peer_deny() or trec_peer_expire().
 */
TREC_API void trec_session_notify(struct trec_session *s);
/**
 * Tells the peer over this session that it was parted from, then ends: DONE when the peer
 * answered or after a while. Instead of trec_session_notify() for that one session. r is
 * borrowed only during the call. TREC_E_STATE: not up, or another peer's.
 */
TREC_API TREC_MUST_USE trec_err trec_session_revoke(struct trec_session *s,
						    const struct trec_revocation *r);
/**
 * Passes on that a third device was parted from, as r holds it. r is borrowed only during the call.
 * TREC_E_STATE: not up, or r is about this very peer.
 */
TREC_API TREC_MUST_USE trec_err trec_session_notice(struct trec_session *s,
						    const struct trec_revocation *r);
/**
 * Asks the peer for a new shared key; TREC_SESSION_REKEYED follows. The old one serves until the
 * first session with the new one is up. TREC_E_UNSUPPORTED: the peer is known by its certificate;
 * TREC_E_STATE: not up, or one is under way.
 */
TREC_API TREC_MUST_USE trec_err trec_session_rekey(struct trec_session *s);
/** The peer confirmed that it received the revocation. */
TREC_API bool trec_session_told(const struct trec_session *s);

#define TREC_SUBJECTS_MAX 8 /**< devices introduced to one audience at a time */

/** Somebody the peer wants to introduce, as the peer calls it. */
struct trec_subject {
	struct trec_id id;
	char name[TREC_NAME_MAX + 1];
	char kind[TREC_KIND_MAX + 1];
};

/** What the user is asked by TREC_SESSION_INTRODUCTION: one answer for all. */
struct trec_introduction_question {
	uint64_t deadline_ms; /**< env->now_ms after which nobody asks any more */
	size_t count;
	struct trec_subject subject[TREC_SUBJECTS_MAX];
};

/** What a stranger brought. Valid as long as the session, also after its end. */
struct trec_presented {
	struct trec_id introducer;
	struct trec_id subject;       /**< the stranger itself: it proved this key */
	char name[TREC_NAME_MAX + 1]; /**< as the introducer calls it */
	const char *text;             /**< for trec_introduction_accept() */
};

/**
 * Asks the peer whether it wants to be introduced to these, 1 to TREC_SUBJECTS_MAX peers of this
 * device, none twice. Over any session that is up, one question at a time. Whom this device cannot
 * introduce is told by TREC_SESSION_INTRODUCED at once; about the others the peer answers with
 * TREC_SESSION_CONSENTED or TREC_SESSION_INTRODUCED for each. TREC_E_USAGE, TREC_E_STATE;
 * TREC_E_UNSUPPORTED: the peer has no certificate.
 */
TREC_API TREC_MUST_USE trec_err trec_session_introduce(struct trec_session *s,
						       const struct trec_id *subjects, size_t n);
/**
 * After TREC_SESSION_CONSENTED: signs and sends the introductions of those of the subjects that
 * are to be told; n 0: of none. Once per question. TREC_SESSION_INTRODUCED follows for each.
 * TREC_E_STATE: nobody consented, or too long ago; TREC_E_USAGE: one was not asked about.
 */
TREC_API TREC_MUST_USE trec_err trec_session_deliver(struct trec_session *s,
						     const struct trec_id *subjects, size_t n);
/** What TREC_SESSION_INTRODUCTION asks. TREC_E_STATE: nothing, or not any more. */
TREC_API TREC_MUST_USE trec_err trec_session_introduction(const struct trec_session *s,
							  struct trec_introduction_question *out);
/** The user's answer to it. TREC_E_STATE, TREC_E_RANDOM. */
TREC_API TREC_MUST_USE trec_err trec_session_answer(struct trec_session *s, bool yes);
/** After TREC_SESSION_PRESENTED; else NULL. */
TREC_API const struct trec_presented *trec_session_presented(const struct trec_session *s);
/**
 * Tells the peer, over a session that began before this device changed its key, which key it has
 * now; the session then ends. TREC_E_STATE: not up.
 */
TREC_API TREC_MUST_USE trec_err trec_session_succeed(struct trec_session *s);

/**
 * Why it failed, or TREC_OK:
 * TREC_E_WRONG_CERTIFICATE (client: the server is not the expected peer or no active one; server:
 * the client refused this device's credential), TREC_E_NOT_TRUSTED (client: the server answered
 * that it does not trust this device, detail() says how; server: a stranger was turned away;
 * both: the peer was parted from or expired meanwhile), TREC_E_REFUSED (client: the server gave
 * up the handshake; with a shared key: it does not hold that key, or anybody in between says so),
 * TREC_E_OWN_KEY, TREC_E_TIMEOUT, TREC_E_LOST, TREC_E_MALFORMED, TREC_E_CRYPTO, errors of the
 * store.
 */
TREC_API trec_err trec_session_error(const struct trec_session *s);
/** What happened, for people, one line; "" if there is nothing to add. */
TREC_API const char *trec_session_detail(const struct trec_session *s);

#ifdef __cplusplus
}
#endif
#endif
