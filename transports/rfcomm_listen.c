/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listening for RFCOMM: a socket of its own, on a channel of its own, which works whatever else
 * runs; and beside it, where bluetoothd runs, its SDP record, without which nobody finds the
 * service who does not know the channel:
 *
 *   rfcomm:                 bluetoothd listens too, on every adapter, and hands over what comes
 *   an adapter or channel   a record of the own socket's channel: bluetoothd would listen on all
 *                           adapters
 *
 * bluetoothd may come, go and hang meanwhile (bluez.h); the own socket goes on.
 */
#include "config.h"

#include <sys/epoll.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/bluez.h"
#include "transports/rfcomm.h"
#include "transports/sdp.h"

#define NAME "trec"
#define ADOPT_TRIES 16 /* links handed over that were gone already, skipped in one call */

struct listener {
	struct trec_listener listener;
	struct trec_listener *own;
	struct bluez_profile *profile;
	int watch;        /* epoll descriptor that stands for both */
	int own_fd;       /* the one of own that is in it */
	char found[TREC_URI_MAX + 1]; /* the address without a channel */
};

/* The address that is best told to others now. */
static void show_uri(struct listener *l)
{
	bool found = tp_bluez_listens(l->profile);

	tp_text(l->listener.uri, found ? l->found : l->own->uri);
}

static trec_err accept_handed_over(struct listener *l, struct trec_link **out)
{
	int fd;

	for (int i = 0; i < ADOPT_TRIES; i++) {
		fd = tp_bluez_take(l->profile);
		if (fd < 0)
			break;
		if (tp_rfcomm_adopt(l->listener.env, fd, out) != TREC_OK)
			continue;
		base_log(l->listener.env, TREC_LEVEL_DEBUG, "%s is handed over by bluetoothd",
			 (*out)->peer);
		return TREC_OK;
	}
	return TREC_E_AGAIN;
}

static trec_err listener_accept(struct trec_listener *tl, struct trec_link **out)
{
	struct listener *l = (struct listener *)tl;
	trec_err err = l->own->ops->accept(l->own, out);

	if (err == TREC_E_AGAIN)
		err = accept_handed_over(l, out);
	else
		tp_bluez_step(l->profile);
	show_uri(l);
	return err;
}

static void listener_poll(struct trec_listener *tl, struct trec_poll *out)
{
	struct listener *l = (struct listener *)tl;
	struct trec_poll own = { .fd = -1, .next_ms = UINT64_MAX }, profile = own;

	l->own->ops->poll(l->own, &own);
	tp_bluez_poll(l->profile, &profile);
	struct epoll_event ev = { .events = own.readable ? EPOLLIN : 0 };

	(void)epoll_ctl(l->watch, EPOLL_CTL_MOD, l->own_fd, &ev);
	out->fd = l->watch;
	out->readable = true;
	out->next_ms = own.next_ms < profile.next_ms ? own.next_ms : profile.next_ms;
}

static void listener_free(struct trec_listener *tl)
{
	struct listener *l = (struct listener *)tl;

	tp_bluez_free(&l->profile);
	if (l->own != NULL)
		l->own->ops->free(l->own);
	if (l->watch >= 0)
		close(l->watch);
	base_free(tl->env, l, sizeof(*l));
}

static const struct trec_listener_ops listener_ops = {
	.accept = listener_accept,
	.poll = listener_poll,
	.free = listener_free,
};

static trec_err watch_both(struct listener *l)
{
	struct trec_poll own = { .fd = -1 }, profile = { .fd = -1 };
	struct epoll_event in = { .events = EPOLLIN };

	l->own->ops->poll(l->own, &own);
	tp_bluez_poll(l->profile, &profile);
	l->own_fd = own.fd;
	l->watch = epoll_create1(EPOLL_CLOEXEC);
	if (l->watch < 0 || epoll_ctl(l->watch, EPOLL_CTL_ADD, own.fd, &in) != 0 ||
	    epoll_ctl(l->watch, EPOLL_CTL_ADD, profile.fd, &in) != 0)
		return TREC_E_IO;
	return TREC_OK;
}

/* bluetoothd listens on all adapters or on none. */
static trec_err announce(struct listener *l, const struct tp_uri *u, uint8_t channel)
{
	bool all = u->listen_only && u->adapter == 0 && u->channel == 0;
	char record[TP_BLUEZ_RECORD_MAX + 1];
	struct bluez_want want = {
		.uuid = SDP_TREC_UUID,
		.name = NAME,
		.is_link = all ? tp_bluez_is_rfcomm : NULL,
		.record = record,
	};
	trec_err err = tp_bluez_record(SDP_TREC_UUID, channel, NAME, record);

	return err == TREC_OK ? tp_bluez_new(l->listener.env, &want, &l->profile) : err;
}

trec_err tp_rfcomm_listen(const struct trec_env *env, const struct tp_uri *u,
			  struct trec_listener **out)
{
	struct listener *l = base_alloc(env, sizeof(*l));
	struct tp_uri found = { 0 };
	uint8_t channel;

	*out = NULL;
	if (l == NULL)
		return TREC_E_NO_MEMORY;
	l->listener.ops = &listener_ops;
	l->listener.env = env;
	l->watch = -1;
	trec_err err = tp_rfcomm_listen_own(env, u, &l->own, &channel);

	if (err == TREC_OK)
		err = announce(l, u, channel);
	if (err == TREC_E_UNSUPPORTED && l->own != NULL) {
		/* Built without D-Bus. */
		base_log(env, TREC_LEVEL_INFO, "%s is not announced: reached by its channel alone",
			 l->own->uri);
		*out = l->own;
		l->own = NULL;
		listener_free(&l->listener);
		return TREC_OK;
	}
	if (err == TREC_OK)
		err = watch_both(l);
	if (err == TREC_OK)
		err = tp_uri_parse(l->own->uri, false, &found);
	if (err != TREC_OK) {
		listener_free(&l->listener);
		return err;
	}
	found.channel = 0;
	tp_uri_print_rfcomm(&found, l->found);
	show_uri(l);
	*out = &l->listener;
	return TREC_OK;
}
