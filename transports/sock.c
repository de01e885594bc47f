/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stream sockets: moving bytes, accepting, and connecting to the first of several addresses
 * that answers (in the spirit of RFC 8305: the next one starts when the last failed or after
 * 250 ms, none is given up before all are). While several are tried, and ever after on such a
 * link, an epoll descriptor stands for them, so that the number a caller polls never changes.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/sock.h"

#define STAGGER_MS 250
#define BACKLOG_RETRY_MS 20 /* a unix listener whose queue is full */
#define RESUME_MS 100       /* pause of accepting when descriptors ran out */
#define ACCEPT_TRIES 16     /* connections that died in the queue, skipped in one call */
#define DRAIN_MAX 65536     /* unread bytes thrown away before a close */

/* Attempts under way. */
struct dial {
	size_t n, started;
	struct tp_addr addr[TREC_URI_LIST_MAX];
	int fd[TREC_URI_LIST_MAX];
	uint64_t next_ms; /* when the next address starts, or the only one again */
	bool waiting;     /* the only address: its listener's queue is full */
	int error;        /* of the attempt that failed last */
};

struct sock {
	struct trec_link link;
	const struct tp_sock_kind *kind;
	int fd;    /* the connected socket, or the only attempt */
	int watch; /* epoll descriptor of a link with several addresses, or -1 */
	struct dial *dial;
};

int tp_sock_open(int family)
{
	return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool resources_ran_out(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

static void dial_free(struct sock *s, size_t winner)
{
	struct dial *d = s->dial;

	if (d == NULL)
		return;
	for (size_t i = 0; i < d->started; i++)
		if (i != winner && d->fd[i] != s->fd)
			close_fd(&d->fd[i]);
	base_free(s->link.env, d, sizeof(*d));
	s->dial = NULL;
}

/* Starts address i. False if it failed at once; the reason is in d->error. */
static bool dial_start(struct sock *s, size_t i)
{
	struct dial *d = s->dial;
	const struct tp_addr *a = &d->addr[i];
	struct epoll_event ev = { .events = EPOLLOUT };

	if (d->fd[i] < 0)
		d->fd[i] = tp_sock_open(a->ss.ss_family);
	if (d->fd[i] < 0)
		goto failed;
	if (s->kind->prepare != NULL)
		s->kind->prepare(d->fd[i]);
	if (s->watch >= 0 && epoll_ctl(s->watch, EPOLL_CTL_ADD, d->fd[i], &ev) != 0)
		goto failed;
	d->waiting = false;
	int r = connect(d->fd[i], (const struct sockaddr *)&a->ss, a->len);

	if (r == 0 || errno == EINPROGRESS || errno == EINTR)
		return true;
	if (errno == EAGAIN && a->ss.ss_family == AF_UNIX) {
		d->waiting = true;
		d->next_ms = s->link.env->now_ms(s->link.env->ctx) + BACKLOG_RETRY_MS;
		return true;
	}
failed:
	d->error = errno;
	close_fd(&d->fd[i]);
	return false;
}

/* Starts addresses until one is under way. */
static void dial_next(struct sock *s)
{
	struct dial *d = s->dial;

	while (d->started < d->n) {
		bool going = dial_start(s, d->started);

		d->started++;
		if (!going)
			continue;
		if (!d->waiting)
			d->next_ms = s->link.env->now_ms(s->link.env->ctx) + STAGGER_MS;
		return;
	}
}

static bool dial_alive(const struct dial *d)
{
	for (size_t i = 0; i < d->started; i++)
		if (d->fd[i] >= 0)
			return true;
	return false;
}

/* Index of an attempt that is connected; d->n if none. Drops those that failed. */
static size_t dial_look(struct dial *d)
{
	struct pollfd p[TREC_URI_LIST_MAX];

	for (size_t i = 0; i < d->started; i++)
		p[i] = (struct pollfd){ .fd = d->fd[i], .events = POLLOUT };
	if (poll(p, d->started, 0) <= 0)
		return d->n;
	for (size_t i = 0; i < d->started; i++) {
		int error = 0;
		socklen_t len = sizeof(error);

		if (p[i].fd < 0 || p[i].revents == 0)
			continue;
		if (getsockopt(d->fd[i], SOL_SOCKET, SO_ERROR, &error, &len) != 0)
			error = errno;
		if (error == 0)
			return i;
		d->error = error;
		/* The only attempt's descriptor is what the caller polls: it stays open. */
		if (d->n > 1)
			close_fd(&d->fd[i]);
		else
			d->fd[i] = -1;
	}
	return d->n;
}

static trec_err dial_failed(struct sock *s)
{
	char reason[BASE_ERRNO_TEXT];

	base_log(s->link.env, TREC_LEVEL_INFO, "%s: %s", s->link.peer,
		 base_errno_text(s->dial->error, reason));
	trec_err err = resources_ran_out(s->dial->error) ? TREC_E_IO : TREC_E_UNREACHABLE;

	dial_free(s, SIZE_MAX);
	return err;
}

static void dial_won(struct sock *s, size_t i)
{
	struct dial *d = s->dial;
	char text[TREC_URI_MAX + 1];

	s->fd = d->fd[i];
	if (d->n > 1 && s->kind->peer != NULL) {
		s->kind->peer(&d->addr[i], NULL, text);
		tp_text(s->link.peer, text);
	}
	dial_free(s, i);
	if (s->link.shut)
		(void)shutdown(s->fd, SHUT_WR);
}

/* One look at a connection that is coming about. TREC_OK: it is there. */
static trec_err dial_step(struct sock *s)
{
	struct dial *d = s->dial;

	if (d == NULL)
		return TREC_OK;
	bool due = s->link.env->now_ms(s->link.env->ctx) >= d->next_ms;

	if (d->waiting) {
		if (!due)
			return TREC_E_AGAIN;
		if (!dial_start(s, 0)) {
			s->fd = -1;
			return dial_failed(s);
		}
		if (d->waiting)
			return TREC_E_AGAIN;
	}
	size_t winner = dial_look(d);

	if (winner < d->n) {
		dial_won(s, winner);
		return TREC_OK;
	}
	if (due || !dial_alive(d))
		dial_next(s);
	return dial_alive(d) ? TREC_E_AGAIN : dial_failed(s);
}

trec_err tp_sock_connect(const struct trec_env *env, const struct tp_sock_kind *kind,
			 const struct tp_addr *addrs, size_t n, const char *peer,
			 struct trec_link **out)
{
	struct sock *s = base_alloc(env, sizeof(*s));
	struct dial *d = base_alloc(env, sizeof(*d));

	if (s == NULL || d == NULL) {
		base_free(env, s, sizeof(*s));
		base_free(env, d, sizeof(*d));
		return TREC_E_NO_MEMORY;
	}
	tp_link_init(&s->link, &kind->ops, env);
	tp_text(s->link.peer, peer);
	s->kind = kind;
	s->fd = -1;
	s->watch = -1;
	s->dial = d;
	d->n = n;
	for (size_t i = 0; i < n; i++) {
		d->addr[i] = addrs[i];
		d->fd[i] = -1;
	}
	trec_err err = TREC_E_IO;

	if (n > 1)
		s->watch = epoll_create1(EPOLL_CLOEXEC);
	if (n > 1 && s->watch < 0)
		goto out;
	dial_next(s);
	err = dial_alive(d) ? TREC_OK : dial_failed(s);
	if (err == TREC_OK && n == 1)
		s->fd = d->fd[0];
out:
	if (err == TREC_OK) {
		*out = &s->link;
		return TREC_OK;
	}
	tp_sock_free(&s->link, false);
	return err;
}

trec_err tp_sock_send(struct trec_link *l, const uint8_t *p, size_t n, size_t *moved)
{
	struct sock *s = (struct sock *)l;
	trec_err err = dial_step(s);
	ssize_t did;

	if (err != TREC_OK)
		return err;
	do
		did = send(s->fd, p, n, MSG_NOSIGNAL);
	while (did < 0 && errno == EINTR);
	if (did < 0)
		return errno == EAGAIN ? TREC_E_AGAIN : TREC_E_LOST;
	*moved = (size_t)did;
	return TREC_OK;
}

trec_err tp_sock_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n)
{
	struct sock *s = (struct sock *)l;
	trec_err err = dial_step(s);
	ssize_t did;

	if (err != TREC_OK)
		return err;
	do
		did = recv(s->fd, out, cap, 0);
	while (did < 0 && errno == EINTR);
	if (did < 0)
		return errno == EAGAIN ? TREC_E_AGAIN : TREC_E_LOST;
	*n = (size_t)did;
	return TREC_OK;
}

trec_err tp_sock_shutdown(struct trec_link *l)
{
	struct sock *s = (struct sock *)l;
	trec_err err = dial_step(s);

	if (err == TREC_E_AGAIN)
		return TREC_OK; /* done when the connection has come about */
	if (err != TREC_OK)
		return err;
	return shutdown(s->fd, SHUT_WR) == 0 ? TREC_OK : TREC_E_LOST;
}

void tp_sock_poll(struct trec_link *l, bool want_write, struct trec_poll *out)
{
	struct sock *s = (struct sock *)l;
	const struct dial *d = s->dial;
	bool watched = s->watch >= 0;

	out->fd = watched ? s->watch : s->fd;
	if (d != NULL) {
		if (d->waiting)
			out->fd = -1;
		out->readable = watched;
		out->writable = !watched && !d->waiting;
		if (d->waiting || d->started < d->n)
			out->next_ms = d->next_ms;
		return;
	}
	out->readable = !l->ended;
	out->writable = want_write;
	if (watched && s->fd >= 0) {
		struct epoll_event ev = { .events = (out->readable ? EPOLLIN : 0) |
						    (want_write ? EPOLLOUT : 0) };

		(void)epoll_ctl(s->watch, EPOLL_CTL_MOD, s->fd, &ev);
		out->readable = out->readable || want_write;
		out->writable = false;
	}
}

/*
 * A close with unread bytes resets the connection, and the reset can overtake the last words
 * sent. So the end is announced, and what has arrived is read away first.
 */
static void part(int fd)
{
	uint8_t sink[4096];
	ssize_t n;

	(void)shutdown(fd, SHUT_WR);
	for (size_t total = 0; total < DRAIN_MAX; total += (size_t)n) {
		n = recv(fd, sink, sizeof(sink), 0);
		if (n <= 0)
			break;
	}
}

void tp_sock_free(struct trec_link *l, bool abrupt)
{
	struct sock *s = (struct sock *)l;
	struct linger at_once = { .l_onoff = 1 };

	if (s->fd >= 0 && abrupt)
		(void)setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	else if (s->fd >= 0 && s->dial == NULL && l->dead == TREC_OK)
		part(s->fd);
	dial_free(s, SIZE_MAX);
	close_fd(&s->fd);
	close_fd(&s->watch);
	base_free(l->env, s, sizeof(*s));
}

static struct sock *accepted(struct tp_sock_listener *sl)
{
	struct sock *s = base_alloc(sl->listener.env, sizeof(*s));

	if (s == NULL)
		return NULL;
	tp_link_init(&s->link, &sl->kind->ops, sl->listener.env);
	s->kind = sl->kind;
	s->watch = -1;
	s->fd = -1;
	return s;
}

/* accept(2): errors of a connection that died in the queue are its own, not the listener's. */
static int accept_one(int fd, struct tp_addr *from)
{
	int got = -1;

	for (int i = 0; i < ACCEPT_TRIES && got < 0; i++) {
		from->len = sizeof(from->ss);
		got = accept4(fd, (struct sockaddr *)&from->ss, &from->len,
			      SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (got < 0 && (errno == EAGAIN || resources_ran_out(errno)))
			break;
	}
	return got;
}

trec_err tp_sock_accept(struct trec_listener *l, struct trec_link **out)
{
	struct tp_sock_listener *sl = (struct tp_sock_listener *)l;
	uint64_t now = l->env->now_ms(l->env->ctx);
	struct tp_addr from = { 0 };
	char reason[BASE_ERRNO_TEXT];

	if (now < sl->resume_ms)
		return TREC_E_AGAIN;
	struct sock *s = accepted(sl);

	if (s == NULL)
		errno = ENOMEM;
	else
		s->fd = accept_one(sl->fd, &from);
	if (s == NULL || s->fd < 0) {
		if (resources_ran_out(errno)) {
			sl->resume_ms = now + RESUME_MS;
			base_log(l->env, TREC_LEVEL_WARNING, "%s: not accepting for %d ms: %s",
				 l->uri, RESUME_MS, base_errno_text(errno, reason));
		}
		base_free(l->env, s, sizeof(*s));
		return TREC_E_AGAIN;
	}
	if (sl->kind->prepare != NULL)
		sl->kind->prepare(s->fd);
	sl->kind->peer(&from, l, s->link.peer);
	*out = &s->link;
	return TREC_OK;
}

void tp_sock_listener_poll(struct trec_listener *l, struct trec_poll *out)
{
	struct tp_sock_listener *sl = (struct tp_sock_listener *)l;

	out->fd = sl->fd;
	out->readable = l->env->now_ms(l->env->ctx) >= sl->resume_ms;
	if (!out->readable)
		out->next_ms = sl->resume_ms;
}

trec_err tp_sock_listen_error(const struct trec_env *env, const char *uri, int error)
{
	char reason[BASE_ERRNO_TEXT];

	base_log(env, TREC_LEVEL_WARNING, "cannot listen on %s: %s", uri,
		 base_errno_text(error, reason));
	switch (error) {
	case EADDRINUSE:
		return TREC_E_EXISTS;
	case EADDRNOTAVAIL:
	case ENODEV:
	case ENOENT:
	case ENOTDIR:
		return TREC_E_UNREACHABLE;
	case EAFNOSUPPORT:
		return TREC_E_UNSUPPORTED;
	case ENOMEM:
	case ENOBUFS:
		return TREC_E_NO_MEMORY;
	default:
		return TREC_E_IO;
	}
}
