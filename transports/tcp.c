/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TCP over IPv4 and IPv6. Small messages go out at once (TCP_NODELAY), a peer that vanished is
 * noticed within two minutes (keep-alive). Names are looked up by the system's resolver in
 * resolve() only; everything else here never blocks.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/sock.h"

#define BACKLOG 128
#define IDLE_S 60
#define PROBE_S 15
#define PROBES 4

static void set(int fd, int level, int option, int value)
{
	/* None of these decides whether the connection works. */
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

static void tcp_prepare(int fd)
{
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, IDLE_S);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, PROBE_S);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, PROBES);
}

static trec_err tcp_usable(void)
{
	return TREC_OK;
}

/* TREC_E_UNREACHABLE: there is no such interface. */
static trec_err to_addr(const struct tp_uri *u, struct tp_addr *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&out->ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->ss;

	memset(out, 0, sizeof(*out));
	if (u->host_type == TP_HOST_IP4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(u->port);
		out->len = sizeof(*v4);
		return inet_pton(AF_INET, u->host, &v4->sin_addr) == 1 ? TREC_OK : TREC_E_BAD_URI;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(u->port);
	out->len = sizeof(*v6);
	if (inet_pton(AF_INET6, u->host, &v6->sin6_addr) != 1)
		return TREC_E_BAD_URI;
	if (u->zone[0] != '\0') {
		v6->sin6_scope_id = if_nametoindex(u->zone);
		if (v6->sin6_scope_id == 0)
			return TREC_E_UNREACHABLE;
	}
	return TREC_OK;
}

/* An address as the canonical URI; IPv4 in IPv6 is shown as IPv4. */
static void from_addr(const struct tp_addr *a, char out[TREC_URI_MAX + 1])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->ss;
	struct tp_uri u = { .host_type = TP_HOST_IP4 };
	char zone[IF_NAMESIZE];

	if (a->ss.ss_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, u.host, sizeof(u.host));
		u.port = ntohs(v4->sin_port);
	} else if (a->ss.ss_family == AF_INET6) {
		u.port = ntohs(v6->sin6_port);
		if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
			inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], u.host, sizeof(u.host));
		} else {
			u.host_type = TP_HOST_IP6;
			inet_ntop(AF_INET6, &v6->sin6_addr, u.host, sizeof(u.host));
			if (v6->sin6_scope_id != 0 && if_indextoname(v6->sin6_scope_id, zone))
				memcpy(u.zone, zone, strnlen(zone, sizeof(u.zone) - 1));
		}
	}
	tp_uri_print_tcp(&u, out);
}

static void tcp_peer(const struct tp_addr *addr, const struct trec_listener *l,
		     char out[TREC_URI_MAX + 1])
{
	(void)l;
	from_addr(addr, out);
}

static const struct tp_sock_kind tcp_kind = {
	.ops = TP_SOCK_OPS("tcp", 65536),
	.prepare = tcp_prepare,
	.peer = tcp_peer,
};

/* After the first address the first of the other family, RFC 8305 4. */
static void interleave(struct trec_uri_list *list)
{
	bool first_is_v6 = strncmp(list->uri[0], "tcp://[", 7) == 0;
	char moved[TREC_URI_MAX + 1];

	for (size_t i = 1; i < list->n; i++) {
		if ((strncmp(list->uri[i], "tcp://[", 7) == 0) == first_is_v6)
			continue;
		memcpy(moved, list->uri[i], sizeof(moved));
		memmove(list->uri[2], list->uri[1], (i - 1) * sizeof(list->uri[0]));
		memcpy(list->uri[1], moved, sizeof(moved));
		return;
	}
}

static trec_err tcp_resolve(const struct trec_env *env, const struct tp_uri *u,
			    struct trec_uri_list *out)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char port[8];

	(void)snprintf(port, sizeof(port), "%u", u->port);
	int e = getaddrinfo(u->host, port, &hints, &found);

	if (e != 0) {
		base_log(env, TREC_LEVEL_INFO, "looking up %s: %s", u->host, gai_strerror(e));
		return e == EAI_MEMORY ? TREC_E_NO_MEMORY : TREC_E_UNREACHABLE;
	}
	for (struct addrinfo *i = found; i != NULL && out->n < TREC_URI_LIST_MAX; i = i->ai_next) {
		struct tp_addr a = { .len = i->ai_addrlen };

		if (i->ai_family != AF_INET && i->ai_family != AF_INET6)
			continue;
		memcpy(&a.ss, i->ai_addr, i->ai_addrlen);
		from_addr(&a, out->uri[out->n++]);
	}
	freeaddrinfo(found);
	if (out->n == 0)
		return TREC_E_UNREACHABLE;
	interleave(out);
	return TREC_OK;
}

static trec_err tcp_connect(const struct trec_env *env, const struct tp_uri *uris, size_t n,
			    struct trec_link **out)
{
	struct tp_addr addrs[TREC_URI_LIST_MAX];
	char peer[TREC_URI_MAX + 1];
	size_t usable = 0;

	for (size_t i = 0; i < n; i++)
		if (to_addr(&uris[i], &addrs[usable]) == TREC_OK)
			usable++;
	if (usable == 0)
		return TREC_E_UNREACHABLE;
	from_addr(&addrs[0], peer);
	return tp_sock_connect(env, &tcp_kind, addrs, usable, peer, out);
}

static void tcp_listener_free(struct trec_listener *l)
{
	struct tp_sock_listener *sl = (struct tp_sock_listener *)l;

	close(sl->fd);
	base_free(l->env, sl, sizeof(*sl));
}

static const struct trec_listener_ops tcp_listener_ops = {
	.accept = tp_sock_accept,
	.poll = tp_sock_listener_poll,
	.free = tcp_listener_free,
};

/* Bound and listening; -1 and errno. */
static int open_listening(const struct tp_addr *a)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->ss;
	int fd = tp_sock_open(a->ss.ss_family, 0);

	if (fd < 0)
		return -1;
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (a->ss.ss_family == AF_INET6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr));
	if (bind(fd, (const struct sockaddr *)&a->ss, a->len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

/* "::" on a machine without IPv6 means every IPv4 address. */
static int open_any(const struct tp_uri *u, const struct tp_addr *a)
{
	int fd = open_listening(a);
	struct tp_uri v4 = { .host_type = TP_HOST_IP4, .host = "0.0.0.0", .port = u->port };
	struct tp_addr all;

	if (fd >= 0 || u->host_type != TP_HOST_IP6 || strcmp(u->host, "::") != 0)
		return fd;
	if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
		return fd;
	return to_addr(&v4, &all) == TREC_OK ? open_listening(&all) : -1;
}

static trec_err tcp_listen(const struct trec_env *env, const struct tp_uri *u,
			   struct trec_listener **out)
{
	char text[TREC_URI_MAX + 1];
	struct tp_addr a;

	tp_uri_print_tcp(u, text);
	if (to_addr(u, &a) != TREC_OK)
		return tp_sock_listen_error(env, text, ENODEV);
	struct tp_sock_listener *sl = base_alloc(env, sizeof(*sl));

	if (sl == NULL)
		return TREC_E_NO_MEMORY;
	sl->fd = open_any(u, &a);
	if (sl->fd < 0) {
		trec_err err = tp_sock_listen_error(env, text, errno);

		base_free(env, sl, sizeof(*sl));
		return err;
	}
	sl->listener.ops = &tcp_listener_ops;
	sl->listener.env = env;
	sl->kind = &tcp_kind;
	a.len = sizeof(a.ss);
	(void)getsockname(sl->fd, (struct sockaddr *)&a.ss, &a.len);
	from_addr(&a, sl->listener.uri);
	*out = &sl->listener;
	return TREC_OK;
}

const struct tp_kind tp_tcp = {
	.name = "tcp",
	.prefix = "tcp://",
	.parse = tp_uri_parse_tcp,
	.print = tp_uri_print_tcp,
	.usable = tcp_usable,
	.resolve = tcp_resolve,
	.connect = tcp_connect,
	.listen = tcp_listen,
};
