/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: joins a session's stream with two descriptors, whatever they are: pipes of a
 * command, a socket, a terminal, a file. Each way ends for itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/trec/device_priv.h"

#define CHUNK 4096 /* PIPE_BUF: a pipe that is ready takes as much without blocking */

/* One descriptor on the loop. Files cannot be polled; they are always ready. */
struct end {
	struct relay *y;
	int fd; /* -1: ended */
	bool always;
	bool wants;
	bool ready; /* poll said so; one transfer may be tried */
	uv_poll_t poll;
	uv_idle_t idle;
};

struct relay {
	struct device_run *r;
	void (*done)(struct device_run *r);
	bool done_told;
	unsigned holders;
	struct end in;
	struct end out;
	size_t in_from, in_to;
	size_t out_from, out_to;
	uint8_t in_buf[CHUNK];
	uint8_t out_buf[CHUNK];
};

/* The run holds it, and so does each handle until libuv has closed it. */
static void release(struct relay *y)
{
	if (--y->holders > 0)
		return;
	trec_wipe(y, sizeof(*y));
	free(y);
}

static void handle_closed(uv_handle_t *h)
{
	release(((struct end *)h->data)->y);
}

/* While the run is at work nothing is moved; asking again and again would only burn time. */
static void end_ready(struct end *e)
{
	e->ready = true;
	run_pump(e->y->r);
	if (e->fd < 0 || !e->ready || !e->wants)
		return;
	e->wants = false;
	if (e->always)
		uv_idle_stop(&e->idle);
	else
		uv_poll_stop(&e->poll);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
	struct end *e = p->data;

	(void)status; /* an error shows at the transfer */
	(void)events;
	end_ready(e);
}

static void on_idle(uv_idle_t *i)
{
	end_ready(i->data);
}

static void end_wants(struct end *e, bool wants, int event)
{
	if (e->fd < 0 || wants == e->wants)
		return;
	e->wants = wants;
	if (e->always && wants)
		uv_idle_start(&e->idle, on_idle);
	else if (e->always)
		uv_idle_stop(&e->idle);
	else if (wants)
		uv_poll_start(&e->poll, event, on_poll);
	else
		uv_poll_stop(&e->poll);
}

static void end_close(struct end *e)
{
	if (e->fd < 0)
		return;
	uv_close(e->always ? (uv_handle_t *)&e->idle : (uv_handle_t *)&e->poll, handle_closed);
	close(e->fd);
	e->fd = -1;
}

static trec_err end_open(struct relay *y, struct end *e, int fd)
{
	e->y = y;
	e->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (e->fd < 0)
		return TREC_E_IO;
	e->always = uv_poll_init(y->r->d->o.loop, &e->poll, e->fd) != 0;
	if (e->always)
		uv_idle_init(y->r->d->o.loop, &e->idle);
	e->poll.data = e;
	e->idle.data = e;
	y->holders++;
	return TREC_OK;
}

trec_err relay_new(struct device_run *r, int in_fd, int out_fd, void (*done)(struct device_run *r),
		   struct relay **out)
{
	struct relay *y = calloc(1, sizeof(*y));

	*out = NULL;
	if (y == NULL)
		return TREC_E_NO_MEMORY;
	y->r = r;
	y->done = done;
	y->in.fd = y->out.fd = -1;
	y->holders = 1;
	trec_err err = end_open(y, &y->in, in_fd);

	if (err == TREC_OK)
		err = end_open(y, &y->out, out_fd);
	if (err != TREC_OK)
		relay_free(&y);
	else
		*out = y;
	return err;
}

void relay_free(struct relay **p)
{
	struct relay *y = *p;

	if (y == NULL)
		return;
	*p = NULL;
	end_close(&y->in);
	end_close(&y->out);
	release(y);
}

/* Local side to peer. */
static bool pump_in(struct relay *y)
{
	struct trec_session *s = y->r->session;
	size_t taken = 0;

	if (y->in_from < y->in_to) {
		trec_err err = trec_session_write(s, y->in_buf + y->in_from, y->in_to - y->in_from,
						  &taken);

		y->in_from += taken;
		if (err != TREC_OK && err != TREC_E_AGAIN)
			end_close(&y->in); /* the session does not take any more */
		return taken > 0;
	}
	if (y->in.fd < 0)
		return false;
	if (!y->in.ready)
		return false;
	y->in.ready = false;
	ssize_t n = read(y->in.fd, y->in_buf, CHUNK);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	y->in_from = 0;
	y->in_to = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return true;
	end_close(&y->in);
	return trec_session_finish(s) == TREC_OK;
}

static void out_over(struct relay *y)
{
	(void)shutdown(y->out.fd, SHUT_WR); /* of a socket; a pipe ends when it is closed */
	end_close(&y->out);
}

/* Peer to local side. */
static bool pump_out(struct relay *y)
{
	bool eof = false;
	size_t n = 0;

	if (y->out_from == y->out_to) {
		y->out_from = y->out_to = 0;
		trec_err err = trec_session_read(y->r->session, y->out_buf, CHUNK, &n, &eof);

		if (err == TREC_OK && eof && y->out.fd >= 0) {
			out_over(y);
			return true;
		}
		y->out_to = err == TREC_OK ? n : 0;
		if (y->out.fd < 0)
			y->out_to = 0; /* nobody listens any more */
		return n > 0;
	}
	if (!y->out.ready)
		return false;
	y->out.ready = false;
	ssize_t done = write(y->out.fd, y->out_buf + y->out_from, y->out_to - y->out_from);

	if (done < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (done < 0) {
		y->out_from = y->out_to = 0;
		end_close(&y->out);
		return true;
	}
	y->out_from += (size_t)done;
	return true;
}

void relay_pump(struct relay *y)
{
	bool moved = true;

	while (moved) {
		moved = pump_in(y);
		moved = pump_out(y) || moved;
	}
	end_wants(&y->in, y->in_from == y->in_to, UV_READABLE);
	end_wants(&y->out, y->out_from < y->out_to, UV_WRITABLE);
	if (!y->done_told && y->in.fd < 0 && y->out.fd < 0 && y->in_from == y->in_to) {
		y->done_told = true;
		y->done(y->r);
	}
}

bool relay_idle(const struct relay *y)
{
	return y->out.fd < 0 || y->out_from == y->out_to;
}

void relay_reader_gone(struct relay *y)
{
	y->out_from = y->out_to = 0;
	end_close(&y->out);
}
