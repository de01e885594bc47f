/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control socket: one request a connection, answered line by line. Only this user and root
 * may ask (SO_PEERCRED; the directory is closed to others anyway). What a client sends is
 * decoded by request.c; `connect` hands over its stdin and stdout as descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/trec/daemon.h"
#include "tools/trec/request.h"
#include "tools/trec/secret.h"

#define CLIENTS_MAX 32
#define BEHIND_MAX ((size_t)1024 * 1024) /* bytes a client may leave unread */
#define REQUEST_MS 5000          /* until the request must be there */
#define ACCEPT_AGAIN_MS 200

struct client {
	struct sink sink; /* first: ops know only this */
	struct client *next;
	struct control *control;
	struct op *op;
	int fd, fds[2];
	unsigned handles;
	bool ending; /* close when everything is written */
	bool closed;
	uv_poll_t poll;
	uv_timer_t timer;
	size_t in_n;
	char *out;
	size_t out_at, out_n, out_cap;
	char in[REQUEST_LINE_MAX + 1];
};

struct control {
	struct daemon *d;
	int fd, dirfd;
	uv_poll_t poll;
	uv_timer_t again; /* after an accept that failed for want of descriptors */
	struct client *clients;
	unsigned count;
	bool closed;
};

static void wait_more(struct client *c);

/* ---- the end of a client ----------------------------------------------------------------- */

static void client_freed(uv_handle_t *h)
{
	struct client *c = h->data;

	if (--c->handles > 0)
		return;
	if (c->out) {
		trec_wipe(c->out, c->out_cap);
		free(c->out);
	}
	trec_wipe(c, sizeof *c);
	free(c);
}

static void client_close(struct client *c)
{
	struct client **at = &c->control->clients;

	if (c->closed)
		return;
	c->closed = true;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->control->count--;
	if (c->op)
		op_cancel(c->op);
	uv_close((uv_handle_t *)&c->poll, client_freed);
	uv_close((uv_handle_t *)&c->timer, client_freed);
	close(c->fd);
	for (int i = 0; i < 2; i++)
		if (c->fds[i] >= 0)
			close(c->fds[i]);
}

/* ---- answers ----------------------------------------------------------------------------- */

#if defined(__GNUC__) && !defined(__clang__)
/* The analyzer of gcc 12 loses the buffer's owner, c, at the copy into a buffer just grown. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
/* False: no room. */
static bool queue(struct client *c, const char *p, size_t n)
{
	size_t need = c->out_n - c->out_at + n;

	if (need > BEHIND_MAX)
		return false;
	if (c->out_at > 0)
		memmove(c->out, c->out + c->out_at, c->out_n - c->out_at);
	c->out_n -= c->out_at;
	c->out_at = 0;
	if (c->out_n + n > c->out_cap) {
		size_t cap = (c->out_n + n) * 2;
		char *more = malloc(cap);

		if (!more)
			return false;
		if (c->out) {
			memcpy(more, c->out, c->out_n);
			trec_wipe(c->out, c->out_cap);
			free(c->out);
		}
		c->out = more;
		c->out_cap = cap;
	}
	memcpy(c->out + c->out_n, p, n);
	c->out_n += n;
	return true;
}

/* Steals the object. */
static void answer(struct client *c, json_t *line)
{
	size_t n = json_dumpb(line, NULL, 0, JSON_COMPACT | JSON_REAL_PRECISION(12));
	char *text = malloc(n + 1);

	if (text && !c->closed) {
		(void)json_dumpb(line, text, n, JSON_COMPACT | JSON_REAL_PRECISION(12));
		text[n] = '\n';
		if (!queue(c, text, n + 1))
			c->ending = true, c->out_at = c->out_n = 0; /* too far behind */
		wait_more(c);
	}
	if (text)
		trec_wipe(text, n + 1);
	free(text);
	json_decref(line);
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

static void sink_result(struct sink *s, const char *kind, const json_t *object)
{
	struct client *c = (struct client *)s;

	answer(c, json_pack("{s:s, s:O}", "kind", kind, "result", object));
}

static void sink_end(struct sink *s, const struct failure *f)
{
	struct client *c = (struct client *)s;

	c->op = NULL;
	c->ending = true;
	answer(c, f ? json_pack("{s:o}", "failure", out_failure_json(f))
		    : json_pack("{s:b}", "done", 1));
}

/* ---- requests ---------------------------------------------------------------------------- */

static void refuse(struct client *c, const struct failure *f)
{
	c->op = NULL;
	sink_end(&c->sink, f);
}

static void begin(struct client *c, size_t line_n)
{
	struct daemon *d = c->control->d;
	struct failure f = { 0 };
	json_t *request;
	trec_err err = request_decode(c->in, line_n, &request, &f);

	trec_wipe(c->in, sizeof c->in);
	secret_burn_stack();
	(void)uv_timer_stop(&c->timer);
	if (err) {
		refuse(c, &f);
		return;
	}
	int in_fd = c->fds[0], out_fd = c->fds[1];

	c->fds[0] = c->fds[1] = -1;
	c->op = op_start(d->dev, d, &c->sink, request, in_fd, out_fd);
	if (c->ending)
		c->op = NULL; /* it ended at once */
}

/* Keeps descriptors that came along; at most two, once. */
static void take_fds(struct client *c, struct msghdr *m)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		int fds[4];
		size_t n;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(h), (n > 4 ? 4 : n) * sizeof(int));
		for (size_t i = 0; i < n && i < 4; i++) {
			if (i < 2 && c->fds[i] < 0)
				c->fds[i] = fds[i];
			else
				close(fds[i]);
		}
	}
}

/* False: the client is gone. */
static bool receive(struct client *c)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec v = { c->in + c->in_n, sizeof c->in - c->in_n };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof control };
	ssize_t n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const char *end;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	take_fds(c, &m);
	if (n == 0)
		return false;
	if (c->op || c->ending)
		return c->ending; /* one request a connection: more is no client of ours */
	c->in_n += (size_t)n;
	end = memchr(c->in, '\n', c->in_n);
	if (end) {
		begin(c, (size_t)(end - c->in));
	} else if (c->in_n == sizeof c->in) {
		struct failure f = { 0 };

		fail(&f, TREC_E_TOO_LARGE, "a request is larger than %d bytes", REQUEST_LINE_MAX);
		refuse(c, &f);
	}
	return true;
}

static bool send_some(struct client *c)
{
	while (c->out_at < c->out_n) {
		ssize_t n = send(c->fd, c->out + c->out_at, c->out_n - c->out_at,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->out_at += (size_t)n;
	}
	if (c->out)
		trec_wipe(c->out, c->out_cap);
	c->out_at = c->out_n = 0;
	return true;
}

static void on_client(uv_poll_t *p, int status, int events)
{
	struct client *c = p->data;

	if (status < 0 || ((events & (UV_READABLE | UV_DISCONNECT)) && !receive(c)) ||
	    !send_some(c) || (c->ending && c->out_n == 0)) {
		client_close(c);
		return;
	}
	wait_more(c);
}

static void wait_more(struct client *c)
{
	if (!c->closed)
		(void)uv_poll_start(&c->poll,
				    UV_READABLE | (c->out_n || c->ending ? UV_WRITABLE : 0),
				    on_client);
}

static void on_late(uv_timer_t *t)
{
	client_close(t->data);
}

/* ---- the socket -------------------------------------------------------------------------- */

static bool may_ask(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
	       (who.uid == geteuid() || who.uid == 0);
}

static void client_new(struct control *k, int fd)
{
	struct client *c = calloc(1, sizeof *c);

	if (!c || uv_poll_init(k->d->loop, &c->poll, fd) != 0) {
		free(c);
		close(fd);
		return;
	}
	(void)uv_timer_init(k->d->loop, &c->timer);
	c->poll.data = c->timer.data = c;
	c->handles = 2;
	c->sink.result = sink_result;
	c->sink.end = sink_end;
	c->control = k;
	c->fd = fd;
	c->fds[0] = c->fds[1] = -1;
	c->next = k->clients;
	k->clients = c;
	k->count++;
	(void)uv_timer_start(&c->timer, on_late, REQUEST_MS, 0);
	wait_more(c);
}

static void on_arrival(uv_poll_t *p, int status, int events);

static void accept_again(uv_timer_t *t)
{
	struct control *k = t->data;

	(void)uv_poll_start(&k->poll, UV_READABLE, on_arrival);
}

static void on_arrival(uv_poll_t *p, int status, int events)
{
	struct control *k = p->data;
	int fd = accept4(k->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)status;
	(void)events;
	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		/* It would be told again and again while there are no descriptors. */
		(void)uv_poll_stop(p);
		(void)uv_timer_start(&k->again, accept_again, ACCEPT_AGAIN_MS, 0);
	}
	if (fd < 0)
		return;
	if (k->count >= CLIENTS_MAX || !may_ask(fd))
		close(fd);
	else
		client_new(k, fd);
}

/* We hold the store's lock: a socket that is there is a dead daemon's. */
static trec_err bind_socket(struct control *k, struct failure *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char path[TREC_CONTROL_PATH_LEN];

	trec_keystore_control_path(k->dirfd, path);
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (unlinkat(k->dirfd, "control", 0) == 0 || errno == ENOENT)
		k->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (k->fd < 0 || bind(k->fd, (struct sockaddr *)&a, sizeof a) < 0 ||
	    fchmodat(k->dirfd, "control", 0600, 0) < 0 || listen(k->fd, 16) < 0)
		return fail(f,
			    errno == EROFS    ? TREC_E_READ_ONLY
			    : errno == ENOSPC ? TREC_E_NO_SPACE
					      : TREC_E_IO,
			    "cannot make the control socket in the store's directory: %m");
	return TREC_OK;
}

trec_err control_open(struct daemon *d, struct failure *f)
{
	struct control *k = calloc(1, sizeof *k);
	trec_err err;

	if (!k)
		return fail_plain(f, TREC_E_NO_MEMORY);
	k->d = d;
	k->fd = -1;
	k->dirfd = trec_keystore_dirfd(device_keys(d->dev));
	err = bind_socket(k, f);
	if (!err && uv_poll_init(d->loop, &k->poll, k->fd) != 0)
		err = fail_plain(f, TREC_E_NO_MEMORY);
	if (err) {
		if (k->fd >= 0)
			close(k->fd);
		free(k);
		return err;
	}
	(void)uv_timer_init(d->loop, &k->again);
	k->poll.data = k->again.data = k;
	(void)uv_poll_start(&k->poll, UV_READABLE, on_arrival);
	d->control = k;
	return TREC_OK;
}

static void control_freed(uv_handle_t *h)
{
	(void)h; /* freed with the daemon: clients may still point here */
}

void control_close(struct daemon *d)
{
	struct control *k = d->control;

	if (!k || k->closed)
		return;
	k->closed = true;
	uv_close((uv_handle_t *)&k->poll, control_freed);
	uv_close((uv_handle_t *)&k->again, control_freed);
	close(k->fd);
	(void)unlinkat(k->dirfd, "control", 0);
}

void control_drop_clients(struct daemon *d)
{
	while (d->control && d->control->clients)
		client_close(d->control->clients);
}

void control_free(struct daemon *d)
{
	free(d->control);
	d->control = NULL;
}
