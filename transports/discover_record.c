/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Being found over Bluetooth: an SDP record of the service's UUID whose name carries the beacon. It
 * names no channel: the listener has a record of its own, made when it began to listen. bluetoothd
 * holds both; a new beacon is a new record, on a connection of its own to the bus, so that an epoll
 * descriptor stands for whichever there is.
 */
#include "config.h"

#include <sys/epoll.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/bluez.h"
#include "transports/discover.h"
#include "transports/sdp.h"

struct record_advert {
	struct trec_advert advert;
	struct bluez_profile *profile; /* NULL: to be registered at the next step */
	int watch;
	int fd; /* the profile's, watched */
};

/* Has the epoll descriptor wait for what the profile waits for. */
static bool arm(struct record_advert *a)
{
	struct epoll_event ev = { .events = 0 };
	struct trec_poll want;
	bool known = a->fd >= 0;

	tp_bluez_poll(a->profile, &want);
	ev.events = (want.readable ? EPOLLIN : 0u) | (want.writable ? EPOLLOUT : 0u);
	a->fd = want.fd;
	return epoll_ctl(a->watch, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, want.fd, &ev) == 0;
}

static trec_err register_record(struct record_advert *a)
{
	char xml[TP_BLUEZ_RECORD_MAX + 1];
	struct bluez_want want = { .uuid = SDP_TREC_UUID, .name = a->advert.name, .record = xml };
	trec_err err = tp_bluez_record(SDP_TREC_UUID, 0, a->advert.name, xml);

	a->fd = -1;
	return err != TREC_OK ? err : tp_bluez_new(a->advert.env, &want, &a->profile);
}

static trec_err record_step(struct trec_advert *advert)
{
	struct record_advert *a = (struct record_advert *)advert;

	if (a->profile == NULL) {
		trec_err err = register_record(a);

		if (err != TREC_OK)
			return err;
	}
	tp_bluez_step(a->profile);
	if (!arm(a))
		return TREC_E_IO;
	switch (tp_bluez_state(a->profile)) {
	case BLUEZ_READY:
		return TREC_OK;
	case BLUEZ_WAITING:
		return TREC_E_AGAIN;
	default:
		return TREC_E_UNREACHABLE;
	}
}

static void record_poll(const struct trec_advert *advert, struct trec_poll *out)
{
	const struct record_advert *a = (const struct record_advert *)advert;

	out->next_ms = 0; /* to be registered */
	if (a->profile != NULL)
		tp_bluez_poll(a->profile, out);
	out->fd = a->watch;
	out->readable = true;
	out->writable = false;
}

static void record_change(struct trec_advert *advert)
{
	tp_bluez_free(&((struct record_advert *)advert)->profile);
}

static void record_free(struct trec_advert *advert)
{
	struct record_advert *a = (struct record_advert *)advert;

	tp_bluez_free(&a->profile);
	if (a->watch >= 0)
		close(a->watch);
	base_free(advert->env, a, sizeof(*a));
}

static const struct tp_advert_ops record_ops = {
	.step = record_step,
	.poll = record_poll,
	.change = record_change,
	.free = record_free,
};

trec_err tp_bluez_advert(const struct trec_env *env, const struct tp_uri *uri,
			 struct trec_advert **out)
{
	struct record_advert *a = base_alloc(env, sizeof(*a));

	(void)uri; /* found by its UUID, on whichever channel */
	if (a == NULL)
		return TREC_E_NO_MEMORY;
	a->advert = (struct trec_advert){ .ops = &record_ops, .env = env };
	a->watch = epoll_create1(EPOLL_CLOEXEC);
	if (a->watch < 0) {
		record_free(&a->advert);
		return TREC_E_IO;
	}
	*out = &a->advert;
	return TREC_OK;
}
