/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the seam to whatever moves bytes. A transport knows nothing of the protocol;
 * the protocol knows nothing of sockets. Adding a transport is one file, one row in
 * transports/registry.c and the contract test (docs/HACKING.md).
 *
 * Addresses, at most TREC_URI_MAX bytes, no control characters:
 *   tcp://HOST[:PORT]    HOST is an IPv4 address, an IPv6 address in brackets (a link-local one
 *                        with its interface: [fe80::1%25eth0]) or a name; PORT defaults to 7443
 *   unix:PATH            a socket in the file system, mode 0600
 *   mem:NAME             inside this process; NAME is 1 to 64 of A-Z a-z 0-9 . _ -
 *   rfcomm://AA:BB:CC:DD:EE:FF[/CHANNEL][?adapter=hciN]
 *                        a Bluetooth device; CHANNEL is 1 to 30, and without it the device is
 *                        asked for the service; N, 0 to 15, is the adapter used here. To listen
 *                        also rfcomm:[/CHANNEL][?adapter=hciN], on all adapters or that one
 *   nfc:                 known, and TREC_E_UNSUPPORTED; so is rfcomm: in a build without Bluetooth
 *
 * No call blocks, but those that say so because they look up a name. No call raises SIGPIPE, and
 * every descriptor is close-on-exec. One link or listener belongs to one thread at a time;
 * different ones may be used by different threads.
 */
#ifndef TREC_TRANSPORT_H
#define TREC_TRANSPORT_H

#include <trec/env.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TREC_URI_MAX 255       /**< bytes of an address, NUL not counted */
#define TREC_URI_LIST_MAX 8    /**< addresses of one name that are tried */
#define TREC_TCP_PORT 7443     /**< where the address names no port */
#define TREC_TRANSPORTS_MAX 16 /**< rows of trec_transport_status() */

struct trec_link;     /**< one connection */
struct trec_listener; /**< something that accepts connections */

/**
 * What a poll loop must watch for on a link or listener. Ask again after every call on the
 * object. When the descriptor is ready in any way asked for, or has an error, or next_ms has
 * come, try everything you have to do, sending and receiving: some descriptors only ever turn
 * readable. Once fd is not -1 it stays the same number and open for the life of the object.
 */
struct trec_poll {
	int fd;              /**< -1: nothing to poll, call again at next_ms */
	bool readable;       /**< wants to know when fd is readable */
	bool writable;       /**< wants to know when fd is writable */
	uint64_t next_ms;    /**< env->now_ms at which to call again; UINT64_MAX: never */
};

/** One transport that libtrec knows. */
struct trec_transport_status {
	const char *name; /**< "tcp", ...; static */
	/** TREC_OK: it can be used now. TREC_E_UNSUPPORTED: this build lacks it. rfcomm:
	 *  TREC_E_NO_ADAPTER, TREC_E_ADAPTER_OFF, TREC_E_ADAPTER_BLOCKED. */
	trec_err err;
};

/** Addresses without names, best first. */
struct trec_uri_list {
	size_t n;
	char uri[TREC_URI_LIST_MAX][TREC_URI_MAX + 1];
};

/**
 * TREC_OK: this build has the transport and the text is a valid address for connecting.
 * TREC_E_BAD_URI: it is no address. TREC_E_UNSUPPORTED: this build lacks the transport.
 */
TREC_API TREC_MUST_USE trec_err trec_uri_check(const char *uri);
/** The same for listening, where port 0 means any free port. */
TREC_API TREC_MUST_USE trec_err trec_uri_check_listen(const char *uri);
/** Whether connecting to it, or listening on it, has to look up a name, which may block. */
TREC_API bool trec_uri_is_name(const char *uri);
/**
 * Looks up the name in uri, blocking for as long as the system's resolver takes; run it on any
 * thread and hand the result to trec_link_connect_any(). Every other address comes back as it
 * is, in canonical form. TREC_E_BAD_URI, TREC_E_UNSUPPORTED, TREC_E_UNREACHABLE (no such name).
 */
TREC_API TREC_MUST_USE trec_err trec_uri_resolve(const struct trec_env *env, const char *uri,
						 struct trec_uri_list *out);
/** Fills out[] with up to cap static names ("tcp", ...) of usable transports; returns how many. */
TREC_API size_t trec_transport_names(const char **out, size_t cap);
/** Fills out[] with up to cap known transports, usable or not; returns how many. */
TREC_API size_t trec_transport_status(struct trec_transport_status *out, size_t cap);

/**
 * Begins a connection and returns; the first send or recv that does not answer TREC_E_AGAIN
 * tells how it went. An address with a name is looked up first, which blocks: an event loop
 * uses trec_uri_resolve() and trec_link_connect_any(). *out is owned by the caller.
 * TREC_E_BAD_URI, TREC_E_UNREACHABLE, TREC_E_NO_MEMORY, TREC_E_UNSUPPORTED, TREC_E_IO; rfcomm:
 * TREC_E_NO_ADAPTER, TREC_E_ADAPTER_OFF, TREC_E_ADAPTER_BLOCKED.
 */
TREC_API TREC_MUST_USE trec_err trec_link_connect(const struct trec_env *env, const char *uri,
						  struct trec_link **out);
/**
 * The same with several addresses of one peer, of one transport and without names: starts with
 * the first, adds the next whenever one failed or 250 ms passed, and keeps the first that
 * answers; rfcomm: one after the other. Never blocks. TREC_E_USAGE: the list is empty, mixed or
 * has a name.
 */
TREC_API TREC_MUST_USE trec_err trec_link_connect_any(const struct trec_env *env,
						      const struct trec_uri_list *list,
						      struct trec_link **out);
/**
 * Sends up to n bytes, n > 0. *moved > 0 with TREC_OK; TREC_E_AGAIN; TREC_E_UNREACHABLE: the
 * connection never came about, or as much as is known of why (TREC_E_HOST_DOWN and others of
 * class TREC_CLASS_NETWORK); TREC_E_LOST: it broke, for good, but what had arrived can still be
 * received, and the peer's last words may be the reason. TREC_E_STATE after trec_link_shutdown().
 */
TREC_API TREC_MUST_USE trec_err trec_link_send(struct trec_link *l, const uint8_t *p, size_t n,
					       size_t *moved);
/**
 * Receives up to cap bytes, cap > 0. *n == 0 with TREC_OK: the peer will send no more. Errors
 * as trec_link_send().
 */
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
/**
 * Ends the connection and frees; NULL is fine; the caller's pointer becomes NULL. What was sent
 * still arrives, unless the peer goes on sending: to be sure of last words, shut down and
 * receive until the end or a time limit first.
 */
TREC_API void trec_link_free(struct trec_link **l);
/** The same at once: the peer sees TREC_E_LOST where the transport can say so. */
TREC_API void trec_link_abort(struct trec_link **l);

/**
 * Listens. `tcp://[::]:PORT` takes IPv4 too, and only IPv4 on a machine without IPv6. A socket
 * file whose listener is gone is replaced, one that is alive never. A name is looked up, which
 * blocks. TREC_E_BAD_URI, TREC_E_EXISTS (address in use), TREC_E_UNREACHABLE (no such address
 * here), TREC_E_UNSUPPORTED, TREC_E_BUSY, TREC_E_NO_MEMORY, TREC_E_IO; rfcomm: TREC_E_NO_ADAPTER,
 * TREC_E_ADAPTER_OFF, TREC_E_ADAPTER_BLOCKED.
 */
TREC_API TREC_MUST_USE trec_err trec_listen(const struct trec_env *env, const char *uri,
					    struct trec_listener **out);
/**
 * The next connection, or TREC_E_AGAIN. When the process is out of descriptors or memory it
 * answers TREC_E_AGAIN and trec_listener_poll() asks to wait for a while instead of spinning.
 */
TREC_API TREC_MUST_USE trec_err trec_listener_accept(struct trec_listener *l,
						     struct trec_link **out);
/** What to wait for before the next accept. */
TREC_API void trec_listener_poll(const struct trec_listener *l, struct trec_poll *out);
/** The address really bound, with the actual port. NUL-ended. */
TREC_API void trec_listener_uri(const struct trec_listener *l, char out[TREC_URI_MAX + 1]);
/** Stops listening and frees; NULL is fine; the caller's pointer becomes NULL. Accepted links
 *  stay. A socket file of its own is removed. */
TREC_API void trec_listener_free(struct trec_listener **l);

#ifdef __cplusplus
}
#endif
#endif
