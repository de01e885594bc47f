/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: small programs and tests have no event loop. These helpers join one pairing
 * or session with one link and block until something worth knowing happened. They live beside
 * the engine, in link/, because the engine itself knows no transport.
 */
#ifndef TREC_BLOCKING_H
#define TREC_BLOCKING_H

#include <trec/pairing.h>
#include <trec/session.h>
#include <trec/transport.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Asks the user; true is yes. */
typedef bool (*trec_consent_fn)(void *ctx, const struct trec_consent *consent);

/**
 * Runs a pairing over a link to its end. consent may be NULL: then the answer is no. The result
 * is trec_pairing_error(). Blocks; neither p nor link is freed.
 */
TREC_API TREC_MUST_USE trec_err trec_pair_blocking(const struct trec_env *env,
						   struct trec_pairing *p, struct trec_link *link,
						   trec_consent_fn consent, void *ctx);
/** Waits up to timeout_ms for a connection. TREC_E_TIMEOUT, errors of the transport. */
TREC_API TREC_MUST_USE trec_err trec_accept_blocking(const struct trec_env *env,
						     struct trec_listener *listener,
						     uint64_t timeout_ms, struct trec_link **out);
/**
 * Moves bytes until the session has an event, and takes it. When the session ended without
 * further events: TREC_E_LOST after DONE, else trec_session_error().
 */
TREC_API TREC_MUST_USE trec_err trec_session_wait_blocking(const struct trec_env *env,
							   struct trec_session *s,
							   struct trec_link *link,
							   struct trec_session_event *out);
/** Writes all of p, moving bytes as needed. */
TREC_API TREC_MUST_USE trec_err trec_session_write_blocking(const struct trec_env *env,
							    struct trec_session *s,
							    struct trec_link *link,
							    const uint8_t *p, size_t n);
/** Reads at least one byte; *n 0 with TREC_OK: the peer finished. */
TREC_API TREC_MUST_USE trec_err trec_session_read_blocking(const struct trec_env *env,
							   struct trec_session *s,
							   struct trec_link *link, uint8_t *out,
							   size_t cap, size_t *n);
/** Closes in good order and waits for the peer, at most timeout_ms. */
TREC_API TREC_MUST_USE trec_err trec_session_end_blocking(const struct trec_env *env,
							  struct trec_session *s,
							  struct trec_link *link,
							  uint64_t timeout_ms);

#ifdef __cplusplus
}
#endif
#endif
