/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connecting over RFCOMM where more than one attempt may be needed: a channel that SDP has to
 * name, several channels that it named, several addresses. One after the other: a radio can look
 * for one device at a time. An epoll descriptor stands for whichever socket is at work, so that
 * the number a caller polls never changes.
 */
#include "config.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/find.h"
#include "transports/rfcomm.h"

struct seek {
	struct trec_link link;
	int watch;
	int watched; /* the descriptor in it, or -1 */
	size_t n, at;
	struct tp_uri uris[TREC_URI_LIST_MAX];
	struct tp_find *find;
	uint8_t channels[TP_SDP_FOUND_MAX]; /* of uris[at], still to be tried, from the end */
	size_t left;
	struct trec_link *inner; /* the attempt under way, or the connection */
	bool there;
};

/* Ends what is under way for the address or channel that failed. */
static void drop(struct seek *s)
{
	tp_find_free(&s->find);
	trec_link_free(&s->inner);
	s->watched = -1; /* closing took it out of the set */
}

/* Begins asking the device which channels there are. */
static trec_err begin_find(struct seek *s, const struct tp_uri *u)
{
	struct tp_adapter a;
	trec_err err = tp_adapter_find(u->adapter, NULL, &a);

	if (err != TREC_OK)
		return err;
	return tp_find_start(s->link.env, u->adapter != 0 ? a.bd : NULL, u->bd, &s->find);
}

/* Begins with address at: its channel, or the search for one. */
static trec_err begin(struct seek *s)
{
	const struct tp_uri *u = &s->uris[s->at];

	s->left = 0;
	if (u->channel == 0)
		return begin_find(s, u);
	s->channels[s->left++] = u->channel;
	return TREC_OK;
}

/* Each channel once, the first to be tried last in the list. */
static trec_err keep_channels(struct seek *s)
{
	const struct tp_sdp_found *found;
	size_t n = tp_find_records(s->find, &found);

	while (n-- > 0)
		if (found[n].channel != 0) {
			size_t kept = 0;

			for (size_t i = 0; i < s->left; i++)
				if (s->channels[i] != found[n].channel)
					s->channels[kept++] = s->channels[i];
			s->channels[kept++] = found[n].channel;
			s->left = kept;
		}
	drop(s);
	return s->left > 0 ? TREC_OK : TREC_E_NO_SERVICE;
}

static trec_err dial_channel(struct seek *s)
{
	struct tp_uri u = s->uris[s->at];

	u.channel = s->channels[--s->left];
	return tp_rfcomm_dial(s->link.env, &u, &s->inner);
}

/* One thing done. TREC_OK: something changed; TREC_E_AGAIN; or why this attempt failed. */
static trec_err advance(struct seek *s)
{
	trec_err err;

	if (s->find != NULL) {
		err = tp_find_step(s->find);
		return err == TREC_OK ? keep_channels(s) : err;
	}
	if (s->inner == NULL)
		return dial_channel(s);
	err = tp_sock_ready(s->inner);
	s->there = err == TREC_OK;
	return err;
}

/* TREC_OK: connected. TREC_E_AGAIN, or why the last of all attempts failed. */
static trec_err seek_step(struct seek *s)
{
	while (!s->there) {
		trec_err err = advance(s);

		if (err == TREC_OK)
			continue;
		if (err == TREC_E_AGAIN || err == TREC_E_NO_MEMORY)
			return err;
		drop(s);
		while (s->left == 0) {
			if (s->at + 1 >= s->n)
				return err;
			s->at++;
			err = begin(s);
			if (err == TREC_OK)
				break;
		}
	}
	tp_text(s->link.peer, s->inner->peer);
	return TREC_OK;
}

static trec_err seek_send(struct trec_link *l, const uint8_t *p, size_t n, size_t *moved)
{
	struct seek *s = (struct seek *)l;
	trec_err err = seek_step(s);

	return err == TREC_OK ? s->inner->ops->send(s->inner, p, n, moved) : err;
}

static trec_err seek_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n)
{
	struct seek *s = (struct seek *)l;
	trec_err err = seek_step(s);

	return err == TREC_OK ? s->inner->ops->recv(s->inner, out, cap, n) : err;
}

static trec_err seek_shutdown(struct trec_link *l)
{
	trec_err err = seek_step((struct seek *)l);

	return err == TREC_E_AGAIN ? TREC_OK : err; /* there is no half-close */
}

/* What the socket at work waits for is watched in its stead. */
static void seek_poll(struct trec_link *l, bool want_write, struct trec_poll *out)
{
	struct seek *s = (struct seek *)l;
	struct trec_poll p = { .fd = -1, .next_ms = UINT64_MAX };
	struct epoll_event ev = { 0 };

	if (s->find != NULL) {
		tp_find_poll(s->find, &p);
	} else if (s->inner != NULL) {
		s->inner->ended = l->ended;
		s->inner->ops->poll(s->inner, want_write, &p);
	} else if (l->dead == TREC_OK) {
		p.next_ms = 0; /* the next channel is to be tried */
	}
	ev.events = (p.readable ? EPOLLIN : 0) | (p.writable ? EPOLLOUT : 0);
	if (p.fd >= 0) {
		(void)epoll_ctl(s->watch, p.fd == s->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, p.fd,
				&ev);
		s->watched = p.fd;
	}
	out->fd = s->watch;
	out->readable = p.fd >= 0 && ev.events != 0;
	out->next_ms = p.next_ms;
}

static void seek_free(struct trec_link *l, bool abrupt)
{
	struct seek *s = (struct seek *)l;

	if (abrupt)
		trec_link_abort(&s->inner);
	drop(s);
	if (s->watch >= 0)
		close(s->watch);
	base_free(l->env, s, sizeof(*s));
}

static const struct trec_link_ops seek_ops = {
	.name = "rfcomm",
	.mtu = TP_RFCOMM_SEND,
	.send = seek_send,
	.recv = seek_recv,
	.shutdown = seek_shutdown,
	.poll = seek_poll,
	.free = seek_free,
};

trec_err tp_rfcomm_seek(const struct trec_env *env, const struct tp_uri *uris, size_t n,
			struct trec_link **out)
{
	struct seek *s = base_alloc(env, sizeof(*s));
	trec_err err = TREC_E_IO;

	if (s == NULL)
		return TREC_E_NO_MEMORY;
	tp_link_init(&s->link, &seek_ops, env);
	tp_uri_print_rfcomm(&uris[0], s->link.peer);
	memcpy(s->uris, uris, n * sizeof(*uris));
	s->n = n;
	s->watched = -1;
	s->watch = epoll_create1(EPOLL_CLOEXEC);
	if (s->watch >= 0)
		do
			err = begin(s);
		while (err != TREC_OK && err != TREC_E_NO_MEMORY && ++s->at < n);
	if (err == TREC_OK) {
		*out = &s->link;
		return TREC_OK;
	}
	seek_free(&s->link, false);
	return err;
}
