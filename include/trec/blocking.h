/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: small programs and tests have no event loop. These helpers join one pairing
 * or session with one link and block until something worth knowing happened. They live beside
 * the engine, in link/, because the engine itself knows no transport. One wire and what is
 * driven over it belong to one thread. A program that streams large amounts both ways at once
 * wants an event loop instead: while a helper waits to write, nobody reads.
 */
#ifndef TREC_BLOCKING_H
#define TREC_BLOCKING_H

#include <trec/pairing.h>
#include <trec/session.h>
#include <trec/transport.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A link, and the bytes on their way between it and an engine object. */
struct trec_wire;

/**
 * Takes over *link, which becomes NULL; *out is owned by the caller. TREC_E_NO_MEMORY: the link
 * is freed too.
 */
TREC_API TREC_MUST_USE trec_err trec_wire_new(const struct trec_env *env, struct trec_link **link,
					      struct trec_wire **out);
/** Ends the connection; NULL is fine; the caller's pointer becomes NULL. */
TREC_API void trec_wire_free(struct trec_wire **w);

/** Waits up to timeout_ms for a connection. TREC_E_TIMEOUT, errors of the transport. */
TREC_API TREC_MUST_USE trec_err trec_accept_blocking(const struct trec_env *env,
						     struct trec_listener *listener,
						     uint64_t timeout_ms, struct trec_link **out);
/**
 * Waits for the first byte of an accepted connection and tells what it is; the byte stays in the
 * wire for whatever is driven over it next. TREC_E_TIMEOUT, TREC_E_LOST.
 */
TREC_API TREC_MUST_USE trec_err trec_incoming_blocking(struct trec_wire *w, uint64_t timeout_ms,
						       enum trec_incoming *out);

/** Asks the user; true is yes. */
typedef bool (*trec_consent_fn)(void *ctx, const struct trec_consent *consent);

/**
 * Runs a pairing to its end. consent may be NULL: then the answer is no. The result is
 * trec_pairing_error(); TREC_E_USAGE if the pairing has no secret yet. p is not freed.
 */
TREC_API TREC_MUST_USE trec_err trec_pair_blocking(struct trec_wire *w, struct trec_pairing *p,
						   trec_consent_fn consent, void *ctx);
/**
 * Moves bytes until the session has an event, and takes it. When the session ended without
 * further events: TREC_E_LOST after DONE, else trec_session_error().
 */
TREC_API TREC_MUST_USE trec_err trec_session_wait_blocking(struct trec_wire *w,
							   struct trec_session *s,
							   struct trec_session_event *out);
/** Writes all of p, moving bytes as needed; events wait. Errors as trec_session_wait_blocking(). */
TREC_API TREC_MUST_USE trec_err trec_session_write_blocking(struct trec_wire *w,
							    struct trec_session *s,
							    const uint8_t *p, size_t n);
/** Reads at least one byte; *n 0 with TREC_OK: the peer finished. Events wait. */
TREC_API TREC_MUST_USE trec_err trec_session_read_blocking(struct trec_wire *w,
							   struct trec_session *s, uint8_t *out,
							   size_t cap, size_t *n);
/**
 * Closes in good order and waits for the peer, at most timeout_ms; events are dropped.
 * TREC_E_TIMEOUT, or trec_session_error().
 */
TREC_API TREC_MUST_USE trec_err trec_session_end_blocking(struct trec_wire *w,
							  struct trec_session *s,
							  uint64_t timeout_ms);

#ifdef __cplusplus
}
#endif
#endif
