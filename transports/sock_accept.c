/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stream sockets that are connected already: accepted here, or by somebody else. Out of
 * descriptors or memory, accepting pauses instead of spinning.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/sock.h"

#define RESUME_MS 100   /* pause of accepting when descriptors ran out */
#define ACCEPT_TRIES 16 /* connections that died in the queue, skipped in one call */

bool tp_sock_ran_out(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

/* accept(2): errors of a connection that died in the queue are its own, not the listener's. */
static int accept_one(int fd, struct tp_addr *from)
{
	int got = -1;

	for (int i = 0; i < ACCEPT_TRIES && got < 0; i++) {
		from->len = sizeof(from->ss);
		got = accept4(fd, (struct sockaddr *)&from->ss, &from->len,
			      SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (got < 0 && (errno == EAGAIN || tp_sock_ran_out(errno)))
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
	/* Memory first: a connection that was accepted cannot be put back. */
	struct trec_link *s = tp_sock_new(l->env, sl->kind);
	int fd = -1;

	if (s == NULL)
		errno = ENOMEM;
	else
		fd = accept_one(sl->fd, &from);
	if (fd < 0) {
		if (tp_sock_ran_out(errno)) {
			sl->resume_ms = now + RESUME_MS;
			base_log(l->env, TREC_LEVEL_WARNING, "%s: not accepting for %d ms: %s",
				 l->uri, RESUME_MS, base_errno_text(errno, reason));
		}
		trec_link_free(&s);
		return TREC_E_AGAIN;
	}
	if (sl->kind->prepare != NULL)
		sl->kind->prepare(fd);
	tp_sock_give(s, fd);
	sl->kind->peer(&from, l, s->peer);
	*out = s;
	return TREC_OK;
}

trec_err tp_sock_adopt(const struct trec_env *env, const struct tp_sock_kind *kind, int fd,
		       const char *peer, struct trec_link **out)
{
	struct trec_link *s = tp_sock_new(env, kind);
	int flags = fcntl(fd, F_GETFL);
	trec_err err = TREC_OK;

	*out = NULL;
	if (s == NULL)
		err = TREC_E_NO_MEMORY;
	else if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
		 fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		err = TREC_E_IO;
	if (err != TREC_OK) {
		trec_link_free(&s);
		close(fd);
		return err;
	}
	if (kind->prepare != NULL)
		kind->prepare(fd);
	tp_sock_give(s, fd);
	tp_text(s->peer, peer);
	*out = s;
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
