/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: everything that is the same for every stream socket. tcp.c and unix.c add
 * their addresses and options; a link may begin with several addresses that are tried in turn.
 */
#ifndef TREC_TRANSPORTS_SOCK_H
#define TREC_TRANSPORTS_SOCK_H

#include <sys/socket.h>
#include <sys/stat.h>

#include "transports/tp.h"

struct tp_addr {
	struct sockaddr_storage ss;
	socklen_t len;
	struct sockaddr_storage from; /* what to bind to before connecting */
	socklen_t from_len;           /* 0: nothing */
};

/* What a socket transport adds to the shared code. */
struct tp_sock_kind {
	struct trec_link_ops ops;
	/* Options of a socket that will be or is connected. */
	void (*prepare)(int fd);
	/* URI of the peer an accepting socket got; from the listener where it has no address. */
	void (*peer)(const struct tp_addr *addr, const struct trec_listener *l,
		     char out[TREC_URI_MAX + 1]);
	/* What errno of a connection that did not come about means; NULL: TREC_E_UNREACHABLE. */
	trec_err (*reason)(const struct tp_addr *addr, int error);
	int protocol; /* the third argument of socket(2) */
	/*
	 * A connection closes in both directions at once, by a reset; what was queued is sent
	 * first all the same. A connect is refused while an earlier connection is not quite gone,
	 * or goes with it: it is tried again for a while.
	 */
	bool whole;
};

#define TP_SOCK_OPS(text, bytes)                                                                   \
	{                                                                                          \
		.name = (text), .mtu = (bytes), .send = tp_sock_send, .recv = tp_sock_recv,        \
		.shutdown = tp_sock_shutdown, .poll = tp_sock_poll, .free = tp_sock_free           \
	}

trec_err tp_sock_send(struct trec_link *l, const uint8_t *p, size_t n, size_t *moved);
trec_err tp_sock_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n);
trec_err tp_sock_shutdown(struct trec_link *l);
void tp_sock_poll(struct trec_link *l, bool want_write, struct trec_poll *out);
void tp_sock_free(struct trec_link *l, bool abrupt);

/* Begins connecting to 1 to TREC_URI_LIST_MAX addresses; peer describes them for people. */
trec_err tp_sock_connect(const struct trec_env *env, const struct tp_sock_kind *kind,
			 const struct tp_addr *addrs, size_t n, const char *peer,
			 struct trec_link **out);

/* A link that has no socket yet, or NULL; and its socket, connected. */
struct trec_link *tp_sock_new(const struct trec_env *env, const struct tp_sock_kind *kind);
void tp_sock_give(struct trec_link *l, int fd);
/* Whether errno says that descriptors or memory ran out. */
bool tp_sock_ran_out(int error);
/* TREC_OK: the connection has come about; TREC_E_AGAIN; or why it has not. */
trec_err tp_sock_ready(struct trec_link *l);
/*
 * A link of a socket that somebody else connected. fd is the link's from here on; it is closed if
 * this fails: TREC_E_NO_MEMORY, TREC_E_IO.
 */
trec_err tp_sock_adopt(const struct trec_env *env, const struct tp_sock_kind *kind, int fd,
		       const char *peer, struct trec_link **out);

/* A listening socket. Embedded first by transports that need more. */
struct tp_sock_listener {
	struct trec_listener listener;
	const struct tp_sock_kind *kind;
	int fd;
	uint64_t resume_ms; /* no accept before this: descriptors or memory ran out */
};

trec_err tp_sock_accept(struct trec_listener *l, struct trec_link **out);
void tp_sock_listener_poll(struct trec_listener *l, struct trec_poll *out);

/* A non-blocking close-on-exec stream socket, or -1 and errno. */
int tp_sock_open(int family, int protocol);
/* Error of bind, listen or socket, logged with what it was about. */
trec_err tp_sock_listen_error(const struct trec_env *env, const char *uri, int error);

#endif
