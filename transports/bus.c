/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The connection to the system bus. sd-bus could time its calls by itself, but by another clock
 * than the one callers poll by; so the time limits are kept here, by env->now_ms.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/base.h"
#include "transports/bus.h"

#define DBUS "org.freedesktop.DBus"
#define DBUS_PATH "/org/freedesktop/DBus"

struct call {
	sd_bus_slot *slot; /* NULL: free */
	tp_bus_reply done;
	void *ctx;
	uint64_t deadline_ms;
};

struct watch {
	const char *name; /* NULL: free */
	sd_bus_slot *slot;
	tp_bus_owner_news news;
	void *ctx;
	char owner[TP_BUS_NAME_MAX + 1];
};

struct tp_bus {
	const struct trec_env *env;
	sd_bus *sd;
	bool lost;
	uint64_t ready_ms; /* by when the bus must have greeted us */
	struct call calls[TP_BUS_CALLS];
	struct watch watches[TP_BUS_WATCHES];
};

static uint64_t now(const struct tp_bus *b)
{
	return b->env->now_ms(b->env->ctx);
}

trec_err tp_bus_error(int r)
{
	switch (-r) {
	case ENOMEM:
		return TREC_E_NO_MEMORY;
	case ENOTCONN:
	case ECONNRESET:
	case EPIPE:
		return TREC_E_LOST;
	case ETIMEDOUT:
		return TREC_E_TIMEOUT;
	case EBADMSG:
	case ENXIO:
	case EINVAL:
		return TREC_E_MALFORMED;
	default:
		return TREC_E_IO;
	}
}

trec_err tp_bus_open(const struct trec_env *env, struct tp_bus **out)
{
	struct tp_bus *b = base_alloc(env, sizeof(*b));
	char reason[BASE_ERRNO_TEXT];

	*out = NULL;
	if (b == NULL)
		return TREC_E_NO_MEMORY;
	b->env = env;
	int r = sd_bus_open_system(&b->sd);

	if (r < 0) {
		base_log(env, TREC_LEVEL_DEBUG, "no system bus: %s", base_errno_text(-r, reason));
		base_free(env, b, sizeof(*b));
		return r == -ENOMEM ? TREC_E_NO_MEMORY : TREC_E_UNREACHABLE;
	}
	b->ready_ms = now(b) + TP_BUS_REPLY_MS;
	*out = b;
	return TREC_OK;
}

void tp_bus_free(struct tp_bus **bp)
{
	struct tp_bus *b = *bp;

	if (b == NULL)
		return;
	for (size_t i = 0; i < TP_BUS_CALLS; i++)
		sd_bus_slot_unref(b->calls[i].slot);
	for (size_t i = 0; i < TP_BUS_WATCHES; i++)
		sd_bus_slot_unref(b->watches[i].slot);
	sd_bus_close_unref(b->sd);
	base_free(b->env, b, sizeof(*b));
	*bp = NULL;
}

sd_bus *tp_bus_sd(const struct tp_bus *b)
{
	return b->sd;
}

static trec_err reply_error(sd_bus_message *m)
{
	static const struct {
		const char *name;
		trec_err err;
	} known[] = {
		{ SD_BUS_ERROR_SERVICE_UNKNOWN, TREC_E_UNREACHABLE },
		{ SD_BUS_ERROR_NAME_HAS_NO_OWNER, TREC_E_UNREACHABLE },
		{ SD_BUS_ERROR_ACCESS_DENIED, TREC_E_REFUSED },
		{ SD_BUS_ERROR_AUTH_FAILED, TREC_E_REFUSED },
		{ SD_BUS_ERROR_NO_REPLY, TREC_E_TIMEOUT },
		{ SD_BUS_ERROR_TIMEOUT, TREC_E_TIMEOUT },
		{ SD_BUS_ERROR_UNKNOWN_METHOD, TREC_E_UNSUPPORTED },
		{ SD_BUS_ERROR_UNKNOWN_OBJECT, TREC_E_UNSUPPORTED },
		{ SD_BUS_ERROR_UNKNOWN_INTERFACE, TREC_E_UNSUPPORTED },
		{ SD_BUS_ERROR_NO_MEMORY, TREC_E_NO_MEMORY },
	};

	for (size_t i = 0; i < BASE_COUNT(known); i++)
		if (sd_bus_message_is_method_error(m, known[i].name))
			return known[i].err;
	return TREC_E_IO;
}

/* The call is over before done is told, which may make another in its place. */
static void call_end(struct call *c, trec_err err, sd_bus_message *m)
{
	tp_bus_reply done = c->done;
	void *ctx = c->ctx;
	sd_bus_slot *slot = c->slot;

	memset(c, 0, sizeof(*c));
	done(ctx, err, m);
	sd_bus_slot_unref(slot);
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *ret)
{
	bool failed = sd_bus_message_is_method_error(m, NULL) > 0;

	(void)ret;
	call_end(userdata, failed ? reply_error(m) : TREC_OK, m);
	return 1;
}

trec_err tp_bus_call(struct tp_bus *b, sd_bus_message *m, tp_bus_reply done, void *ctx)
{
	struct call *c = b->calls;

	if (m == NULL)
		return TREC_E_NO_MEMORY;
	while (c < b->calls + TP_BUS_CALLS && c->slot != NULL)
		c++;
	if (b->lost || c == b->calls + TP_BUS_CALLS) {
		sd_bus_message_unref(m);
		return b->lost ? TREC_E_LOST : TREC_E_BUSY;
	}
	int r = sd_bus_message_set_auto_start(m, 0);

	if (r >= 0)
		r = sd_bus_call_async(b->sd, &c->slot, m, on_reply, c, UINT64_MAX);
	sd_bus_message_unref(m);
	if (r < 0)
		return tp_bus_error(r);
	c->done = done;
	c->ctx = ctx;
	c->deadline_ms = now(b) + TP_BUS_REPLY_MS;
	return TREC_OK;
}

void tp_bus_forget(struct tp_bus *b, const void *ctx)
{
	for (size_t i = 0; i < TP_BUS_CALLS; i++) {
		struct call *c = &b->calls[i];

		if (c->slot == NULL || c->ctx != ctx)
			continue;
		sd_bus_slot_unref(c->slot);
		memset(c, 0, sizeof(*c));
	}
}

static bool calls_time_out(struct tp_bus *b)
{
	bool any = false;

	for (size_t i = 0; i < TP_BUS_CALLS; i++) {
		struct call *c = &b->calls[i];

		if (c->slot == NULL || now(b) < c->deadline_ms)
			continue;
		any = true;
		call_end(c, TREC_E_TIMEOUT, NULL);
	}
	return any;
}

static void owner_is(struct watch *w, const char *owner)
{
	if (strlen(owner) > TP_BUS_NAME_MAX || strcmp(w->owner, owner) == 0)
		return;
	memcpy(w->owner, owner, strlen(owner) + 1);
	w->news(w->ctx, w->owner);
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *ret)
{
	struct watch *w = userdata;
	const char *sender = sd_bus_message_get_sender(m);
	const char *name, *before, *after;

	(void)ret;
	if (sender == NULL || strcmp(sender, DBUS) != 0 ||
	    sd_bus_message_read(m, "sss", &name, &before, &after) < 0 || strcmp(name, w->name) != 0)
		return 0;
	/* One service gave the name to another: to us the first one went away. */
	if (after[0] != '\0' && strcmp(w->owner, after) != 0)
		owner_is(w, "");
	owner_is(w, after);
	return 0;
}

static void on_owner(void *ctx, trec_err err, sd_bus_message *m)
{
	struct watch *w = ctx;
	const char *owner;

	if (err == TREC_OK && sd_bus_message_read(m, "s", &owner) >= 0)
		owner_is(w, owner);
	else if (w->owner[0] == '\0')
		w->news(w->ctx, "");
}

trec_err tp_bus_watch(struct tp_bus *b, const char *name, tp_bus_owner_news news, void *ctx)
{
	char match[TP_BUS_NAME_MAX + 160];
	struct watch *w = b->watches;
	sd_bus_message *m = NULL;

	while (w < b->watches + TP_BUS_WATCHES && w->name != NULL)
		w++;
	if (b->lost || w == b->watches + TP_BUS_WATCHES)
		return b->lost ? TREC_E_LOST : TREC_E_BUSY;
	*w = (struct watch){ .name = name, .news = news, .ctx = ctx };
	/* The match first, then the question: no change falls between. */
	(void)snprintf(match, sizeof(match),
		       "type='signal',sender='" DBUS "',path='" DBUS_PATH "',interface='" DBUS
		       "',member='NameOwnerChanged',arg0='%s'", name);
	int r = sd_bus_add_match_async(b->sd, &w->slot, match, on_owner_changed, NULL, w);

	if (r >= 0)
		r = sd_bus_message_new_method_call(b->sd, &m, DBUS, DBUS_PATH, DBUS,
						   "GetNameOwner");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", name);
	trec_err err = r < 0 ? tp_bus_error(r) : TREC_OK;

	if (err == TREC_OK) {
		err = tp_bus_call(b, m, on_owner, w);
		m = NULL;
	}
	sd_bus_message_unref(m);
	if (err != TREC_OK) {
		sd_bus_slot_unref(w->slot);
		memset(w, 0, sizeof(*w));
	}
	return err;
}

const char *tp_bus_owner(const struct tp_bus *b, const char *name)
{
	for (size_t i = 0; i < TP_BUS_WATCHES; i++)
		if (b->watches[i].name != NULL && strcmp(b->watches[i].name, name) == 0)
			return b->watches[i].owner;
	return "";
}

bool tp_bus_is_from(const struct tp_bus *b, sd_bus_message *m, const char *name)
{
	const char *sender = sd_bus_message_get_sender(m);
	const char *owner = tp_bus_owner(b, name);

	return sender != NULL && owner[0] != '\0' && strcmp(sender, owner) == 0;
}

static trec_err lose(struct tp_bus *b, int r)
{
	char reason[BASE_ERRNO_TEXT];

	if (!b->lost)
		base_log(b->env, TREC_LEVEL_INFO, "the system bus is gone: %s",
			 base_errno_text(-r, reason));
	b->lost = true;
	return TREC_E_LOST;
}

trec_err tp_bus_step(struct tp_bus *b)
{
	bool any = false;
	int r = 1;

	if (b->lost)
		return TREC_E_LOST;
	for (int i = 0; i < TP_BUS_STEP && r > 0; i++) {
		r = sd_bus_process(b->sd, NULL);
		any = any || r > 0;
	}
	if (r < 0 || sd_bus_is_open(b->sd) <= 0)
		return lose(b, r < 0 ? r : -ECONNRESET);
	if (b->ready_ms != UINT64_MAX && sd_bus_is_ready(b->sd) > 0)
		b->ready_ms = UINT64_MAX;
	if (now(b) >= b->ready_ms)
		return lose(b, -ETIMEDOUT);
	any = calls_time_out(b) || any;
	return any ? TREC_OK : TREC_E_AGAIN;
}

void tp_bus_poll(const struct tp_bus *b, struct trec_poll *out)
{
	uint64_t within = UINT64_MAX;

	out->fd = sd_bus_get_fd(b->sd);
	out->readable = out->writable = false;
	out->next_ms = b->ready_ms;
	for (size_t i = 0; i < TP_BUS_CALLS; i++)
		if (b->calls[i].slot != NULL && b->calls[i].deadline_ms < out->next_ms)
			out->next_ms = b->calls[i].deadline_ms;
	int events = sd_bus_get_events(b->sd);

	/* sd-bus says 0 for messages that it has already read; other limits are not in use. */
	if (b->lost || events < 0 ||
	    (sd_bus_get_timeout(b->sd, &within) >= 0 && within == 0)) {
		out->next_ms = now(b);
		return;
	}
	out->readable = (events & POLLIN) != 0;
	out->writable = (events & POLLOUT) != 0;
}
