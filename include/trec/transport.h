/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the seam to whatever moves bytes. A transport knows nothing of the protocol;
 * the protocol knows nothing of sockets. Adding a transport is one file, one row in
 * transports/registry.c and the contract test (docs/HACKING.md).
 */
#ifndef TREC_TRANSPORT_H
#define TREC_TRANSPORT_H

#include <trec/env.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TREC_URI_MAX 255 /**< bytes of an address, NUL not counted */

struct trec_link;     /**< one connection */
struct trec_listener; /**< something that accepts connections */

/** What a poll loop must watch for on a link or listener. */
struct trec_poll {
	int fd;              /**< -1: nothing to poll, call again at next_ms */
	bool readable;       /**< wants to know when fd is readable */
	bool writable;       /**< wants to know when fd is writable */
	uint64_t next_ms;    /**< env->now_ms at which to call again; UINT64_MAX: never */
};

/** TREC_OK: this build has the transport and the text is a valid address for connecting. */
TREC_API TREC_MUST_USE trec_err trec_uri_check(const char *uri);
/** Fills out[] with up to cap static names ("tcp", ...) of usable transports; returns how many. */
TREC_API size_t trec_transport_names(const char **out, size_t cap);

/**
 * Begins a connection and returns at once; the first send or recv that does not answer
 * TREC_E_AGAIN tells how it went. *out is owned by the caller.
 * TREC_E_BAD_URI, TREC_E_UNREACHABLE, TREC_E_NO_MEMORY, TREC_E_UNSUPPORTED.
 */
TREC_API TREC_MUST_USE trec_err trec_link_connect(const struct trec_env *env, const char *uri,
						  struct trec_link **out);
/** Moves up to n bytes. *moved > 0 with TREC_OK; TREC_E_AGAIN; TREC_E_LOST; TREC_E_UNREACHABLE. */
TREC_API TREC_MUST_USE trec_err trec_link_send(struct trec_link *l, const uint8_t *p, size_t n,
					       size_t *moved);
/** Reads up to cap bytes. *n == 0 with TREC_OK: the peer will send no more. */
TREC_API TREC_MUST_USE trec_err trec_link_recv(struct trec_link *l, uint8_t *out, size_t cap,
					       size_t *n);
/** No more will be sent; receiving goes on. Transports without half-close answer TREC_OK. */
TREC_API TREC_MUST_USE trec_err trec_link_shutdown(struct trec_link *l);
/** What to wait for; want_write says whether the caller has bytes to send. */
TREC_API void trec_link_poll(const struct trec_link *l, bool want_write, struct trec_poll *out);
/** Largest number of bytes worth handing to one send. */
TREC_API size_t trec_link_mtu(const struct trec_link *l);
/** URI that describes the peer, for people and logs; never proof of anything. NUL-ended. */
TREC_API void trec_link_peer(const struct trec_link *l, char out[TREC_URI_MAX + 1]);
/** Short name of the transport, e.g. "tcp". Static. */
TREC_API const char *trec_link_transport(const struct trec_link *l);
/** Ends the connection and frees; NULL is fine; the caller's pointer becomes NULL. */
TREC_API void trec_link_free(struct trec_link **l);

/** Listens. TREC_E_BAD_URI, TREC_E_EXISTS (address in use), TREC_E_UNREACHABLE, ... */
TREC_API TREC_MUST_USE trec_err trec_listen(const struct trec_env *env, const char *uri,
					    struct trec_listener **out);
/** The next connection, or TREC_E_AGAIN. */
TREC_API TREC_MUST_USE trec_err trec_listener_accept(struct trec_listener *l,
						     struct trec_link **out);
/** What to wait for before the next accept. */
TREC_API void trec_listener_poll(const struct trec_listener *l, struct trec_poll *out);
/** The address really bound, with the actual port. NUL-ended. */
TREC_API void trec_listener_uri(const struct trec_listener *l, char out[TREC_URI_MAX + 1]);
/** Stops listening and frees; NULL is fine; the caller's pointer becomes NULL. */
TREC_API void trec_listener_free(struct trec_listener **l);

#ifdef __cplusplus
}
#endif
#endif
