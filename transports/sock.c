/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stream sockets: moving bytes, and connecting to the first of several addresses
 * that answers (in the spirit of RFC 8305: the next one starts when the last failed or after
 * 250 ms, none is given up before all are). Where there may be several attempts, an epoll
 * descriptor stands for them, and for the link ever after, so that the number a caller polls never
 * changes.
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
#define CLOSING_RETRY_MS 50 /* an earlier connection that is still closing */
#define CLOSING_MS 3000
#define REFUSED_MS 400      /* what a refusal may be about an earlier connection */
#define DRAIN_MAX 65536     /* unread bytes thrown away before a close */

/* Attempts under way. */
struct dial {
	size_t n, started;
	struct tp_addr addr[TREC_URI_LIST_MAX];
	int fd[TREC_URI_LIST_MAX];
	uint64_t next_ms; /* when the next address starts, or the only one again */
	bool waiting;     /* the only address: it has to be tried again */
	uint64_t failing_since; /* it seems, because of an earlier connection */
	int error;        /* of the attempt that failed last */
};

struct sock {
	struct trec_link link;
	const struct tp_sock_kind *kind;
	int fd;    /* the connected socket, or the only attempt that there can be */
	int watch; /* epoll descriptor of a link that may need several sockets, or -1 */
	struct dial *dial;
};

int tp_sock_open(int family, int protocol)
{
	return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

struct trec_link *tp_sock_new(const struct trec_env *env, const struct tp_sock_kind *kind)
{
	struct sock *s = base_alloc(env, sizeof(*s));

	if (s == NULL)
		return NULL;
	tp_link_init(&s->link, &kind->ops, env);
	s->kind = kind;
	s->fd = -1;
	s->watch = -1;
	return &s->link;
}

void tp_sock_give(struct trec_link *l, int fd)
{
	((struct sock *)l)->fd = fd;
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

/*
 * How long a connect may be failing with this error because an earlier connection is not quite
 * gone. A refusal may be the answer to that one's end, late; mostly it is what it says.
 */
static unsigned closing_ms(const struct sock *s, int error)
{
	if (!s->kind->whole || s->dial->n > 1)
		return 0;
	switch (error) {
	case EBUSY:
	case ECONNRESET:
	case ECONNABORTED:
		return CLOSING_MS;
	case ECONNREFUSED:
		return REFUSED_MS;
	default:
		return 0;
	}
}

/* Whether connecting failed with an error that passes by itself: it is tried again. */
static bool dial_waits(struct sock *s, size_t i, int error)
{
	struct dial *d = s->dial;
	uint64_t now = s->link.env->now_ms(s->link.env->ctx);
	unsigned passes = closing_ms(s, error);

	if (passes > 0) {
		if (d->failing_since == 0)
			d->failing_since = now;
		close_fd(&d->fd[i]); /* it cannot be used a second time */
		d->next_ms = now + CLOSING_RETRY_MS;
		return now - d->failing_since < passes;
	}
	d->next_ms = now + BACKLOG_RETRY_MS;
	return error == EAGAIN && d->addr[i].ss.ss_family == AF_UNIX;
}

/* Starts address i. False if it failed at once; the reason is in d->error. */
static bool dial_start(struct sock *s, size_t i)
{
	struct dial *d = s->dial;
	const struct tp_addr *a = &d->addr[i];
	struct epoll_event ev = { .events = EPOLLOUT };

	if (d->fd[i] < 0)
		d->fd[i] = tp_sock_open(a->ss.ss_family, s->kind->protocol);
	if (d->fd[i] < 0)
		goto failed;
	if (s->kind->prepare != NULL)
		s->kind->prepare(d->fd[i]);
	if (a->from_len != 0 &&
	    bind(d->fd[i], (const struct sockaddr *)&a->from, a->from_len) != 0)
		goto failed;
	if (s->watch >= 0 && epoll_ctl(s->watch, EPOLL_CTL_ADD, d->fd[i], &ev) != 0)
		goto failed;
	if (connect(d->fd[i], (const struct sockaddr *)&a->ss, a->len) == 0)
		errno = EINPROGRESS; /* as good as that */
	d->error = errno;
	d->waiting = dial_waits(s, i, d->error);
	if (d->waiting || d->error == EINPROGRESS || d->error == EINTR)
		return true;
	goto closed;
failed:
	d->error = errno;
closed:
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
	if (d->waiting)
		return true;
	for (size_t i = 0; i < d->started; i++)
		if (d->fd[i] >= 0)
			return true;
	return false;
}

/* Index of an attempt that is connected; d->n if none. Drops those that failed. */
static size_t dial_look(struct sock *s)
{
	struct dial *d = s->dial;
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
		if (s->watch < 0) { /* what the caller polls stays open */
			d->fd[i] = -1;
			continue;
		}
		close_fd(&d->fd[i]);
		d->waiting = dial_waits(s, i, error);
	}
	return d->n;
}

static trec_err dial_failed(struct sock *s)
{
	char reason[BASE_ERRNO_TEXT];

	base_log(s->link.env, TREC_LEVEL_INFO, "%s: %s", s->link.peer,
		 base_errno_text(s->dial->error, reason));
	trec_err err = TREC_E_UNREACHABLE;

	if (tp_sock_ran_out(s->dial->error))
		err = TREC_E_IO;
	else if (s->kind->reason != NULL)
		err = s->kind->reason(&s->dial->addr[0], s->dial->error);
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
	if (s->link.shut && !s->kind->whole)
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
		if (s->watch < 0)
			s->fd = d->fd[0];
		if (d->waiting)
			return TREC_E_AGAIN;
	}
	size_t winner = dial_look(s);

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
	struct sock *s = (struct sock *)tp_sock_new(env, kind);
	struct dial *d = base_alloc(env, sizeof(*d));

	if (s == NULL || d == NULL) {
		base_free(env, s, sizeof(*s));
		base_free(env, d, sizeof(*d));
		return TREC_E_NO_MEMORY;
	}
	tp_text(s->link.peer, peer);
	s->dial = d;
	d->n = n;
	for (size_t i = 0; i < n; i++) {
		d->addr[i] = addrs[i];
		d->fd[i] = -1;
	}
	trec_err err = TREC_E_IO;

	bool several = n > 1 || kind->whole; /* the latter may have to try again */

	if (several)
		s->watch = epoll_create1(EPOLL_CLOEXEC);
	if (several && s->watch < 0)
		goto out;
	dial_next(s);
	err = dial_alive(d) ? TREC_OK : dial_failed(s);
	if (err == TREC_OK && !several)
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

trec_err tp_sock_ready(struct trec_link *l)
{
	return dial_step((struct sock *)l);
}

static ssize_t receive(int fd, uint8_t *out, size_t cap)
{
	ssize_t did;

	do
		did = recv(fd, out, cap, 0);
	while (did < 0 && errno == EINTR);
	return did;
}

/*
 * The same where a reset is all the end there is. The kernel tells it once, to whoever asks first,
 * which may have been a send; afterwards only poll(2) knows. Nothing arrives after that, so one
 * more look finds what had.
 */
static ssize_t receive_whole(int fd, uint8_t *out, size_t cap)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t did = receive(fd, out, cap);

	if (did < 0 && errno == EAGAIN && poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR))) {
		did = receive(fd, out, cap);
		if (did < 0 && errno == EAGAIN)
			return 0;
	}
	return did < 0 && errno == ECONNRESET ? 0 : did;
}

trec_err tp_sock_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n)
{
	struct sock *s = (struct sock *)l;
	trec_err err = dial_step(s);

	if (err != TREC_OK)
		return err;
	ssize_t did = s->kind->whole ? receive_whole(s->fd, out, cap) : receive(s->fd, out, cap);

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
	return s->kind->whole || shutdown(s->fd, SHUT_WR) == 0 ? TREC_OK : TREC_E_LOST;
}

void tp_sock_poll(struct trec_link *l, bool want_write, struct trec_poll *out)
{
	struct sock *s = (struct sock *)l;
	const struct dial *d = s->dial;
	bool watched = s->watch >= 0;

	out->fd = watched ? s->watch : s->fd;
	if (d != NULL) {
		if (d->waiting && !watched)
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
	else if (s->fd >= 0 && s->dial == NULL && l->dead == TREC_OK && !s->kind->whole)
		part(s->fd);
	dial_free(s, SIZE_MAX);
	close_fd(&s->fd);
	close_fd(&s->watch);
	base_free(l->env, s, sizeof(*s));
}
