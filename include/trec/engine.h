/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what pairings and sessions have in common. Both are engines without input
 * and output: bytes go in, bytes come out, and next() says what they wait for. A caller's loop
 * looks like this for either of them (here a pairing):
 *
 *	switch (trec_pairing_next(p)) {
 *	case TREC_NEXT_WRITE: trec_pairing_drain(p, buf, sizeof(buf), &n); ... send n bytes; break;
 *	case TREC_NEXT_READ:  ... receive; trec_pairing_feed(p, bytes, &used); break;
 *	case TREC_NEXT_STORE:
 *	case TREC_NEXT_WORK:  trec_pairing_perform(p); trec_pairing_resume(p); break;
 *	...
 *
 * Threads: one object belongs to one thread at a time. perform() may run on any thread; until it
 * has returned and resume() was called, no other call on that object is allowed. Only perform()
 * at TREC_NEXT_STORE touches the store (one such call at a time per store: the caller keeps a
 * lock or one thread for it); perform() at TREC_NEXT_WORK touches nothing but the object itself;
 * every other call is quick and never blocks. A struct trec_window and a struct trec_gate belong
 * to the thread that calls everything but perform().
 *
 * Time: *_tick(x, now) with env->now_ms is due at the latest at *_deadline_ms(x); feeding bytes
 * does not replace it.
 */
#ifndef TREC_ENGINE_H
#define TREC_ENGINE_H

#include <trec/env.h>
#include <trec/identity.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a pairing or session waits for. */
enum trec_next {
	TREC_NEXT_READ,    /**< bytes from the peer, or time */
	TREC_NEXT_WRITE,   /**< drain() has bytes for the peer; feeding is allowed too */
	TREC_NEXT_SECRET,  /**< pairing: trec_pairing_secret() */
	TREC_NEXT_CONSENT, /**< pairing: trec_pairing_answer(); the peer may still be fed */
	TREC_NEXT_EVENT,   /**< session: trec_session_event() has something */
	TREC_NEXT_STORE,   /**< perform() reads the store or commits to it, then resume() */
	TREC_NEXT_WORK,    /**< perform() computes for up to a second, then resume() */
	TREC_NEXT_DONE,    /**< ended well; nothing is left to send */
	TREC_NEXT_FAILED   /**< ended; error() and detail() say why; nothing is left to send */
};

/** What the first byte of an accepted connection announces. */
enum trec_incoming {
	TREC_INCOMING_SESSION, /**< a TLS record: make a session, role server */
	TREC_INCOMING_PAIRING, /**< a pairing frame: make a pairing, role responder */
	TREC_INCOMING_UNKNOWN  /**< neither: close the connection without a word */
};

/** Tells what a fresh connection is from its first byte, which is then fed like the others. */
TREC_API enum trec_incoming trec_incoming_kind(uint8_t first_byte);

/**
 * Bounds how many connections may be unauthenticated at a time, in all and per source, and how
 * many a source may begin per minute.
 */
struct trec_gate;

/** Bounds of a gate; a 0 means the default, which is also the maximum. */
struct trec_gate_options {
	unsigned in_all;     /**< 64 at a time */
	unsigned per_source; /**< 8 at a time */
	unsigned per_minute; /**< 240 begun per source and minute */
};

/** options may be NULL. TREC_E_NO_MEMORY. *out is owned by the caller. */
TREC_API TREC_MUST_USE trec_err trec_gate_new(const struct trec_env *env,
					      const struct trec_gate_options *options,
					      struct trec_gate **out);
/**
 * Asks for a place for a connection that was just accepted. source: text that names where it
 * comes from without what changes per connection (address without port). *ticket is for
 * trec_gate_leave(). TREC_E_BUSY: close the connection.
 */
TREC_API TREC_MUST_USE trec_err trec_gate_enter(struct trec_gate *g, const char *source,
						unsigned *ticket);
/**
 * Gives the place back: when trec_pairing_authenticated() or trec_session_authenticated() turned
 * true, or when the connection ended, whichever comes first. Once per ticket.
 */
TREC_API void trec_gate_leave(struct trec_gate *g, unsigned ticket);
/** NULL is fine; the caller's pointer becomes NULL. */
TREC_API void trec_gate_free(struct trec_gate **g);

#ifdef __cplusplus
}
#endif
#endif
