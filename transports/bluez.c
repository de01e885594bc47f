/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A service registered at bluetoothd: org.bluez.ProfileManager1 and org.bluez.Profile1 of BlueZ
 * 5's D-Bus API. Seen of bluetoothd 5.66: channel 0 means one that it picks, on each adapter; a
 * service whose connection to the bus closes is taken back at once, so closing is all it takes;
 * it calls Release when it ends. Registrations are told apart by the name on the bus, so all use
 * one object path; but of each UUID it takes only one, from whomever. So what registers a record
 * does it under a UUID made up, which the record does not show.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/bluez.h"
#include "transports/bluez_priv.h"
#include "transports/bus.h"

#define BLUEZ "org.bluez"
#define NOT_PERMITTED "org.bluez.Error.NotPermitted"
#define OBJECT "/org/trec/profile"
#define DELAY_MIN_MS 1000
#define DELAY_MAX_MS 60000

struct bluez_profile {
	const struct trec_env *env;
	char uuid[UUID_LEN + 1];
	char name[TP_BLUEZ_NAME_MAX + 1];
	char record[TP_BLUEZ_RECORD_MAX + 1]; /* empty: none */
	bool (*is_link)(int fd);
	int watch;          /* epoll descriptor that stands for whatever bus there is */
	struct tp_bus *bus; /* NULL: none now */
	enum bluez_state state;
	bool by_record;    /* the record is registered, or was asked for */
	bool asked;        /* a reply to RegisterProfile is due */
	uint64_t retry_ms; /* when to look for the bus or ask again; UINT64_MAX: not needed */
	uint32_t delay_ms; /* between tries */
	size_t n;
	int queue[TP_BLUEZ_QUEUE];
};

static uint64_t now(const struct bluez_profile *p)
{
	return p->env->now_ms(p->env->ctx);
}

static void retry_later(struct bluez_profile *p)
{
	p->retry_ms = now(p) + p->delay_ms;
	p->delay_ms = p->delay_ms * 2 < DELAY_MAX_MS ? p->delay_ms * 2 : DELAY_MAX_MS;
}

static void absent(struct bluez_profile *p)
{
	if (p->state != BLUEZ_ABSENT)
		base_log(p->env, TREC_LEVEL_INFO, "no bluetoothd: %s is not announced", p->name);
	p->state = BLUEZ_ABSENT;
	p->asked = false;
}

static void drop_bus(struct bluez_profile *p)
{
	struct trec_poll bus;

	absent(p);
	if (p->bus != NULL) {
		tp_bus_poll(p->bus, &bus);
		(void)epoll_ctl(p->watch, EPOLL_CTL_DEL, bus.fd, NULL);
	}
	tp_bus_free(&p->bus);
	retry_later(p);
}

static void ask(struct bluez_profile *p);

static void on_registered(void *ctx, trec_err err, sd_bus_message *m)
{
	struct bluez_profile *p = ctx;
	const sd_bus_error *e = m != NULL ? sd_bus_message_get_error(m) : NULL;

	p->asked = false;
	/* A request that timed out here may have been served there. */
	if (err == TREC_OK || sd_bus_error_has_name(e, "org.bluez.Error.AlreadyExists")) {
		p->state = BLUEZ_READY;
		p->delay_ms = DELAY_MIN_MS;
		p->retry_ms = UINT64_MAX;
		base_log(p->env, TREC_LEVEL_INFO, "bluetoothd announces %s", p->name);
		return;
	}
	if (!p->by_record && p->record[0] != '\0' && sd_bus_error_has_name(e, NOT_PERMITTED)) {
		base_log(p->env, TREC_LEVEL_INFO, "another program has %s at bluetoothd; a record "
			 "is added", p->name);
		p->by_record = true;
		ask(p);
		return;
	}
	retry_later(p);
	base_log(p->env, TREC_LEVEL_WARNING,
		 "bluetoothd does not announce %s: %.100s; next try in %u s", p->name,
		 e != NULL && e->message != NULL ? e->message : trec_err_text(err),
		 (unsigned)((p->retry_ms - now(p)) / 1000));
}

static int append_options(const struct bluez_profile *p, sd_bus_message *m)
{
	int r = sd_bus_message_append(m, "{sv}{sv}{sv}{sv}{sv}", "Name", "s", p->name, "Role", "s",
				      "server", "RequireAuthentication", "b", 0,
				      "RequireAuthorization", "b", 0, "AutoConnect", "b", 0);

	if (r >= 0 && p->by_record)
		return sd_bus_message_append(m, "{sv}", "ServiceRecord", "s", p->record);
	return r < 0 ? r : sd_bus_message_append(m, "{sv}", "Channel", "q", 0);
}

/* A random one, RFC 9562 5.4. False: there are no random numbers. */
static bool make_up(const struct bluez_profile *p, char out[UUID_LEN + 1])
{
	uint8_t b[16];

	if (p->env->random(p->env->ctx, b, sizeof(b)) != TREC_OK)
		return false;
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	for (size_t i = 0, at = 0; i < sizeof(b); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		(void)snprintf(out + at, 3, "%02x", b[i]);
		at += 2;
	}
	return true;
}

static void ask(struct bluez_profile *p)
{
	char made_up[UUID_LEN + 1];
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(tp_bus_sd(p->bus), &m, BLUEZ, "/org/bluez",
					       "org.bluez.ProfileManager1", "RegisterProfile");

	p->state = BLUEZ_WAITING;
	if (r >= 0 && p->by_record && !make_up(p, made_up))
		r = -ENODATA;
	if (r >= 0)
		r = sd_bus_message_append(m, "os", OBJECT, p->by_record ? made_up : p->uuid);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "{sv}");
	if (r >= 0)
		r = append_options(p, m);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	if (r < 0)
		m = sd_bus_message_unref(m);
	p->asked = tp_bus_call(p->bus, m, on_registered, p) == TREC_OK;
	if (p->asked)
		p->retry_ms = UINT64_MAX;
	else
		retry_later(p);
}

static void on_owner(void *ctx, const char *owner)
{
	struct bluez_profile *p = ctx;

	if (owner[0] != '\0') {
		p->delay_ms = DELAY_MIN_MS;
		p->by_record = p->is_link == NULL;
		ask(p);
		return;
	}
	tp_bus_forget(p->bus, p);
	absent(p);
	p->retry_ms = UINT64_MAX; /* the bus tells when it comes back */
}

/* Negative, with *e set, for everyone but bluetoothd. */
static int only_bluetoothd(struct bluez_profile *p, sd_bus_message *m, sd_bus_error *e)
{
	if (tp_bus_is_from(p->bus, m, BLUEZ))
		return 0;
	base_log(p->env, TREC_LEVEL_WARNING, "%s is called by another than bluetoothd", p->name);
	return sd_bus_error_set_const(e, SD_BUS_ERROR_ACCESS_DENIED, "only bluetoothd may");
}

static int on_release(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
	struct bluez_profile *p = userdata;
	int r = only_bluetoothd(p, m, e);

	if (r < 0)
		return r;
	if (p->state == BLUEZ_READY) {
		p->state = BLUEZ_WAITING;
		retry_later(p);
	}
	return sd_bus_reply_method_return(m, NULL);
}

/* -1 if it is no link, or cannot be kept. */
static int adopt(const struct bluez_profile *p, int fd)
{
	if (p->is_link == NULL || !p->is_link(fd))
		return -1;
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int flags = own >= 0 ? fcntl(own, F_GETFL) : -1;

	if (flags >= 0 && fcntl(own, F_SETFL, flags | O_NONBLOCK) == 0)
		return own;
	if (own >= 0)
		close(own);
	return -1;
}

static int on_new_connection(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
	struct bluez_profile *p = userdata;
	const char *device;
	int fd;
	int r = only_bluetoothd(p, m, e);

	if (r >= 0)
		r = sd_bus_message_read(m, "oh", &device, &fd);
	if (r < 0)
		return r;
	int own = p->n < TP_BLUEZ_QUEUE ? adopt(p, fd) : -1;

	if (own < 0) {
		base_log(p->env, TREC_LEVEL_WARNING, "%s: a link from bluetoothd is refused: %s",
			 p->name, p->n < TP_BLUEZ_QUEUE ? "it is none" : "too many wait");
		return sd_bus_error_set_const(e, "org.bluez.Error.Rejected", "not taken");
	}
	p->queue[p->n++] = own;
	return sd_bus_reply_method_return(m, NULL);
}

/*
 * The user disconnects a device. What was handed over is in use elsewhere, and bluetoothd cuts the
 * device's connection anyway two seconds after this; so the answer is yes.
 */
static int on_request_disconnection(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
	int r = only_bluetoothd(userdata, m, e);

	return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

#define METHOD(name, signature, fn)                                                                \
	SD_BUS_METHOD(name, signature, "", fn, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable methods[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Release", "", on_release),
	METHOD("NewConnection", "oha{sv}", on_new_connection),
	METHOD("RequestDisconnection", "o", on_request_disconnection),
	SD_BUS_VTABLE_END,
};

static void open_bus(struct bluez_profile *p)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT };
	struct trec_poll bus;

	p->retry_ms = UINT64_MAX;
	if (tp_bus_open(p->env, &p->bus) != TREC_OK) {
		drop_bus(p);
		return;
	}
	tp_bus_poll(p->bus, &bus);
	if (epoll_ctl(p->watch, EPOLL_CTL_ADD, bus.fd, &ev) != 0 ||
	    sd_bus_add_object_vtable(tp_bus_sd(p->bus), NULL, OBJECT, "org.bluez.Profile1",
				     methods, p) < 0 ||
	    tp_bus_watch(p->bus, BLUEZ, on_owner, p) != TREC_OK)
		drop_bus(p);
}

static bool set_want(struct bluez_profile *p, const struct bluez_want *want)
{
	const char *record = want->record != NULL ? want->record : "";

	if (!tp_bluez_uuid_ok(want->uuid) || !tp_bluez_name_ok(want->name) ||
	    strlen(record) > TP_BLUEZ_RECORD_MAX || (want->is_link == NULL && record[0] == '\0'))
		return false;
	memcpy(p->uuid, want->uuid, strlen(want->uuid));
	memcpy(p->name, want->name, strlen(want->name));
	memcpy(p->record, record, strlen(record));
	p->is_link = want->is_link;
	return true;
}

trec_err tp_bluez_new(const struct trec_env *env, const struct bluez_want *want,
		      struct bluez_profile **out)
{
	struct bluez_profile *p = base_alloc(env, sizeof(*p));
	trec_err err = TREC_E_USAGE;

	*out = NULL;
	if (p == NULL)
		return TREC_E_NO_MEMORY;
	p->env = env;
	p->state = BLUEZ_WAITING;
	p->delay_ms = DELAY_MIN_MS;
	p->watch = -1;
	if (set_want(p, want)) {
		p->watch = epoll_create1(EPOLL_CLOEXEC);
		err = p->watch >= 0 ? TREC_OK : TREC_E_IO;
	}
	if (err != TREC_OK) {
		base_free(env, p, sizeof(*p));
		return err;
	}
	open_bus(p);
	*out = p;
	return TREC_OK;
}

void tp_bluez_free(struct bluez_profile **pp)
{
	struct bluez_profile *p = *pp;

	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		close(p->queue[i]);
	tp_bus_free(&p->bus);
	close(p->watch);
	base_free(p->env, p, sizeof(*p));
	*pp = NULL;
}

void tp_bluez_step(struct bluez_profile *p)
{
	if (p->bus == NULL && now(p) >= p->retry_ms)
		open_bus(p);
	if (p->bus != NULL && tp_bus_step(p->bus) == TREC_E_LOST)
		drop_bus(p);
	if (p->bus != NULL && p->state == BLUEZ_WAITING && !p->asked && now(p) >= p->retry_ms)
		ask(p);
}

enum bluez_state tp_bluez_state(const struct bluez_profile *p)
{
	return p->state;
}

bool tp_bluez_listens(const struct bluez_profile *p)
{
	return p->state == BLUEZ_READY && !p->by_record;
}

int tp_bluez_take(struct bluez_profile *p)
{
	tp_bluez_step(p);
	if (p->n == 0)
		return -1;
	int fd = p->queue[0];

	p->n--;
	memmove(p->queue, p->queue + 1, p->n * sizeof(p->queue[0]));
	return fd;
}

void tp_bluez_poll(const struct bluez_profile *p, struct trec_poll *out)
{
	struct trec_poll bus = { .fd = -1, .next_ms = UINT64_MAX };

	if (p->bus != NULL) {
		tp_bus_poll(p->bus, &bus);
		struct epoll_event ev = { .events = (bus.readable ? EPOLLIN : 0) |
						    (bus.writable ? EPOLLOUT : 0) };

		(void)epoll_ctl(p->watch, EPOLL_CTL_MOD, bus.fd, &ev);
	}
	out->fd = p->watch;
	out->readable = true;
	out->writable = false;
	out->next_ms = p->n > 0 ? now(p) : bus.next_ms;
	if (p->retry_ms < out->next_ms)
		out->next_ms = p->retry_ms;
}
