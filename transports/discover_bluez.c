/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking for devices over Bluetooth: bluetoothd inquires (org.bluez.Adapter1, BR/EDR alone) for as
 * long as the scan lasts and tells what is in range, and discover_ask.c asks each. Controllers do
 * not inquire and connect at a time, so the inquiry rests meanwhile. bluetoothd ends it when the
 * connection ends that asked for it: none outlives a scan, however that ends.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/discover_bluez.h"

#define BLUEZ "org.bluez"
#define ADAPTER BLUEZ ".Adapter1"
#define DEVICE BLUEZ ".Device1"
#define MANAGER "org.freedesktop.DBus.ObjectManager"
#define GATHER_MS 2500 /* an inquiry goes on for so long after it found the first to ask */

/* ---- what bluetoothd says ---------------------------------------------------------------- */

/* The interfaces of an object, that stand next in m. */
static void take_object(struct bluez_scan *s, sd_bus_message *m, const char *path,
			enum nearness near)
{
	const char *interface;

	if (sd_bus_message_enter_container(m, 'a', "{sa{sv}}") <= 0)
		return;
	while (sd_bus_message_enter_container(m, 'e', "sa{sv}") > 0) {
		if (sd_bus_message_read(m, "s", &interface) < 0)
			return;
		if (strcmp(interface, DEVICE) == 0) {
			tp_bluez_seen(s, path, tp_bluez_nearness(m, near));
		} else if (sd_bus_message_skip(m, "a{sv}") < 0) {
			return;
		}
		if (sd_bus_message_exit_container(m) < 0)
			return;
	}
	(void)sd_bus_message_exit_container(m);
}

/* Devices that bluetoothd knows already: it tells of them once. */
static void on_objects(void *ctx, trec_err err, sd_bus_message *m)
{
	struct bluez_scan *s = ctx;
	const char *path;

	if (err != TREC_OK || sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}") <= 0)
		return;
	while (sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}") > 0) {
		if (sd_bus_message_read(m, "o", &path) < 0)
			return;
		take_object(s, m, path, SEEN);
		if (sd_bus_message_exit_container(m) < 0)
			return;
	}
}

static int on_added(sd_bus_message *m, void *userdata, sd_bus_error *ret)
{
	struct bluez_scan *s = userdata;
	const char *path;

	(void)ret;
	if (tp_bus_is_from(s->bus, m, BLUEZ) && sd_bus_message_read(m, "o", &path) >= 0)
		take_object(s, m, path, NEAR);
	return 0;
}

static int on_changed(sd_bus_message *m, void *userdata, sd_bus_error *ret)
{
	struct bluez_scan *s = userdata;
	const char *interface;

	(void)ret;
	if (tp_bus_is_from(s->bus, m, BLUEZ) && sd_bus_message_read(m, "s", &interface) >= 0 &&
	    strcmp(interface, DEVICE) == 0)
		tp_bluez_seen(s, sd_bus_message_get_path(m), tp_bluez_nearness(m, AWAY));
	return 0;
}

/* ---- inquiring --------------------------------------------------------------------------- */

static sd_bus_message *call_new(struct bluez_scan *s, const struct radio *r, const char *interface,
				const char *member)
{
	char path[sizeof(TP_BLUEZ_HCI) + 4] = "/";
	sd_bus_message *m = NULL;

	if (r != NULL)
		(void)snprintf(path, sizeof(path), TP_BLUEZ_HCI "%u", r->adapter.number);
	return sd_bus_message_new_method_call(tp_bus_sd(s->bus), &m, BLUEZ, path, interface,
					      member) >= 0
		       ? m
		       : NULL;
}

static void radio_failed(struct radio *r, trec_err err)
{
	struct bluez_scan *s = r->scan;
	bool any = false;

	base_log(s->scan.env, TREC_LEVEL_INFO, "bluetooth: hci%u does not look for devices: %s",
		 r->adapter.number, trec_err_text(err));
	r->usable = false;
	for (size_t i = 0; i < s->radios; i++)
		any = any || s->radio[i].usable;
	if (!any)
		s->fault = err;
}

static void on_started(void *ctx, trec_err err, sd_bus_message *m)
{
	const sd_bus_error *e = m != NULL ? sd_bus_message_get_error(m) : NULL;

	if (err == TREC_OK || (e != NULL && sd_bus_error_has_name(e, BLUEZ ".Error.InProgress")))
		return;
	if (e != NULL && sd_bus_error_has_name(e, BLUEZ ".Error.NotReady"))
		err = TREC_E_ADAPTER_OFF;
	radio_failed(ctx, err);
}

static void on_filtered(void *ctx, trec_err err, sd_bus_message *m)
{
	(void)m;
	if (err != TREC_OK) /* then it looks for low energy too, which costs time */
		base_log(((struct radio *)ctx)->scan->scan.env, TREC_LEVEL_INFO,
			 "bluetooth: the inquiry is not limited: %s", trec_err_text(err));
}

static void on_stopped(void *ctx, trec_err err, sd_bus_message *m)
{
	struct bluez_scan *s = ((struct radio *)ctx)->scan;

	(void)err; /* it inquires no more for this program, or never did */
	(void)m;
	s->stopping--;
}

static void rest(struct bluez_scan *s)
{
	s->inquiring = false;
	s->rest_ms = UINT64_MAX;
	for (size_t i = 0; i < s->radios; i++) {
		struct radio *r = &s->radio[i];

		if (r->usable && tp_bus_call(s->bus, call_new(s, r, ADAPTER, "StopDiscovery"),
					     on_stopped, r) == TREC_OK)
			s->stopping++;
	}
}

static void radio_start(struct radio *r)
{
	struct bluez_scan *s = r->scan;
	sd_bus_message *m = call_new(s, r, ADAPTER, "SetDiscoveryFilter");
	trec_err err = TREC_E_NO_MEMORY;

	if (m != NULL && sd_bus_message_append(m, "a{sv}", 1, "Transport", "s", "bredr") >= 0)
		err = tp_bus_call(s->bus, m, on_filtered, r);
	else
		sd_bus_message_unref(m);
	if (err == TREC_OK)
		err = tp_bus_call(s->bus, call_new(s, r, ADAPTER, "StartDiscovery"), on_started, r);
	if (err != TREC_OK)
		radio_failed(r, err);
}

static void inquire(struct bluez_scan *s)
{
	s->inquiring = true;
	for (size_t i = 0; i < s->radios; i++)
		if (s->radio[i].usable)
			radio_start(&s->radio[i]);
}

/* Inquires, rests, asks; and so on. */
static void take_turns(struct bluez_scan *s)
{
	uint64_t now = s->scan.env->now_ms(s->scan.env->ctx);

	if (s->inquiring && s->rest_ms == UINT64_MAX && tp_bluez_next(s) != NULL)
		s->rest_ms = now + GATHER_MS;
	if (s->inquiring && now >= s->rest_ms)
		rest(s);
	tp_bluez_ask(s);
	if (!s->inquiring && s->stopping == 0 && s->find == NULL)
		inquire(s);
}

static void on_owner(void *ctx, const char *owner)
{
	struct bluez_scan *s = ctx;

	tp_bus_forget(s->bus, s);
	for (size_t i = 0; i < s->radios; i++)
		tp_bus_forget(s->bus, &s->radio[i]);
	s->away = owner[0] == '\0';
	s->there = !s->away;
	s->fault = TREC_OK;
	s->inquiring = false;
	s->stopping = 0;
	s->rest_ms = UINT64_MAX;
	for (size_t i = 0; i < s->radios; i++)
		s->radio[i].usable = true;
	if (s->away)
		return;
	trec_err err = tp_bus_call(s->bus, call_new(s, NULL, MANAGER, "GetManagedObjects"),
				   on_objects, s);

	if (err != TREC_OK)
		base_log(s->scan.env, TREC_LEVEL_INFO, "bluetooth: %s", trec_err_text(err));
	inquire(s);
}

/* ---- a scan ------------------------------------------------------------------------------ */

static bool arm_one(const struct bluez_scan *s, int *known, const struct trec_poll *want)
{
	struct epoll_event ev = { .events = (want->readable ? EPOLLIN : 0u) |
					    (want->writable ? EPOLLOUT : 0u) };
	int how = *known == want->fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	*known = want->fd;
	return epoll_ctl(s->watch, how, want->fd, &ev) == 0;
}

static bool arm(struct bluez_scan *s)
{
	struct trec_poll want;
	int bus = sd_bus_get_fd(tp_bus_sd(s->bus)); /* added at the start */

	tp_bus_poll(s->bus, &want);
	if (!arm_one(s, &bus, &want))
		return false;
	if (s->find == NULL)
		return true;
	tp_find_poll(s->find, &want);
	return arm_one(s, &s->find_fd, &want);
}

static trec_err bluez_step(struct trec_scan *scan)
{
	struct bluez_scan *s = (struct bluez_scan *)scan;
	trec_err err = tp_bus_step(s->bus);

	if (err != TREC_OK && err != TREC_E_AGAIN)
		return err;
	if (s->there)
		take_turns(s);
	if (!arm(s))
		return TREC_E_IO;
	if (s->away)
		return TREC_E_UNREACHABLE;
	return s->fault;
}

static void bluez_poll(const struct trec_scan *scan, struct trec_poll *out)
{
	const struct bluez_scan *s = (const struct bluez_scan *)scan;
	struct trec_poll find = { .next_ms = UINT64_MAX };

	tp_bus_poll(s->bus, out);
	if (s->find != NULL)
		tp_find_poll(s->find, &find);
	if (find.next_ms < out->next_ms)
		out->next_ms = find.next_ms;
	if (s->rest_ms < out->next_ms)
		out->next_ms = s->rest_ms;
	out->fd = s->watch;
	out->readable = true;
	out->writable = false;
}

static void bluez_free(struct trec_scan *scan)
{
	struct bluez_scan *s = (struct bluez_scan *)scan;

	tp_find_free(&s->find);
	tp_bus_free(&s->bus);
	if (s->watch >= 0)
		close(s->watch);
	tp_scan_over(scan);
	base_free(scan->env, s, sizeof(*s));
}

static const struct tp_scan_ops bluez_ops = {
	.step = bluez_step,
	.poll = bluez_poll,
	.free = bluez_free,
};

/* "" or "?adapter=hciN" */
static bool parse_where(const char *rest, uint8_t *number)
{
	char uri[TREC_URI_MAX + 1];
	struct tp_uri u;
	int n = snprintf(uri, sizeof(uri), "rfcomm:%s", rest);

	if (n < 0 || (size_t)n >= sizeof(uri) || (rest[0] != '\0' && rest[0] != '?') ||
	    tp_uri_parse(uri, true, &u) != TREC_OK)
		return false;
	*number = u.adapter;
	return true;
}

/* Adapters that can be used now; why none can. */
static trec_err find_radios(struct bluez_scan *s)
{
	struct tp_adapter all[TP_ADAPTERS_MAX];
	size_t n = 0;
	trec_err err = tp_adapter_find(s->number, NULL, &all[0]);

	if (err == TREC_OK)
		err = tp_adapters(all, &n);
	for (size_t i = 0; i < n; i++) {
		if (!all[i].up || (s->number != 0 && s->number != all[i].number + 1))
			continue;
		s->radio[s->radios++] = (struct radio){ .scan = s, .adapter = all[i] };
	}
	return err;
}

static trec_err listen_to(struct bluez_scan *s)
{
	static const struct {
		const char *match;
		sd_bus_message_handler_t handler;
	} signals[] = {
		{ "type='signal',sender='" BLUEZ "',interface='" MANAGER
		  "',member='InterfacesAdded'", on_added },
		{ "type='signal',sender='" BLUEZ "',interface='org.freedesktop.DBus.Properties',"
		  "member='PropertiesChanged',arg0='" DEVICE "'", on_changed },
	};
	struct epoll_event ev = { .events = 0 };

	if (epoll_ctl(s->watch, EPOLL_CTL_ADD, sd_bus_get_fd(tp_bus_sd(s->bus)), &ev) != 0)
		return TREC_E_IO;
	for (size_t i = 0; i < BASE_COUNT(signals); i++) {
		int r = sd_bus_add_match_async(tp_bus_sd(s->bus), NULL, signals[i].match,
					       signals[i].handler, NULL, s);

		if (r < 0)
			return tp_bus_error(r);
	}
	trec_err err = tp_bus_watch(s->bus, BLUEZ, on_owner, s);

	return err != TREC_OK ? err : arm(s) ? TREC_OK : TREC_E_IO;
}

static trec_err bluez_scan(const struct trec_env *env, const char *rest, struct trec_scan **out)
{
	struct bluez_scan *s;
	uint8_t number;
	trec_err err;

	if (!parse_where(rest, &number))
		return TREC_E_BAD_URI;
	s = base_alloc(env, sizeof(*s));
	if (s == NULL)
		return TREC_E_NO_MEMORY;
	s->number = number;
	s->find_fd = -1;
	s->rest_ms = UINT64_MAX;
	s->watch = epoll_create1(EPOLL_CLOEXEC);
	err = tp_scan_init(&s->scan, &bluez_ops, env);
	if (err == TREC_OK && s->watch < 0)
		err = TREC_E_IO;
	if (err == TREC_OK)
		err = find_radios(s);
	if (err == TREC_OK)
		err = tp_bus_open(env, &s->bus);
	if (err == TREC_OK)
		err = listen_to(s);
	if (err == TREC_OK)
		*out = &s->scan;
	else
		bluez_free(&s->scan);
	return err;
}

const struct tp_finder tp_finder_bluez = {
	.name = "rfcomm",
	.scan = bluez_scan,
	.advert = tp_bluez_advert,
};
