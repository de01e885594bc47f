/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See avahi_double.h. */
#include "tests/unit/avahi_double.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AVAHI "org.freedesktop.Avahi"
#define TYPE "_trec._tcp"
#define DOMAIN "local"

static void must(int r, const char *what)
{
	if (r >= 0)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, strerror(-r));
	abort();
}

static const char *or_else(const char *text, const char *usual)
{
	return text != NULL ? text : usual;
}

/* ---- browsing ---------------------------------------------------------------------------- */

void avahi_double_tell(struct avahi_double *d, const struct double_service *s)
{
	must(sd_bus_emit_signal(d->bus, "/browser", AVAHI ".ServiceBrowser", "ItemNew", "iisssu",
				s->interface, s->protocol, s->name, or_else(s->type, TYPE),
				or_else(s->domain, DOMAIN), 0u),
	     "ItemNew");
}

static int browser_new(struct avahi_double *d, sd_bus_message *m)
{
	d->browsers++;
	(void)snprintf(d->client, sizeof(d->client), "%s", sd_bus_message_get_sender(m));
	if (d->refuse_browsers > 0) {
		d->refuse_browsers--;
		return sd_bus_reply_method_errorf(m, AVAHI ".TooManyObjectsError", "no");
	}
	if (!d->early)
		must(sd_bus_reply_method_return(m, "o", "/browser"), "browser");
	for (size_t i = 0; i < d->service_count; i++)
		avahi_double_tell(d, &d->services[i]);
	if (d->early)
		must(sd_bus_reply_method_return(m, "o", "/browser"), "browser");
	return 1;
}

static int resolve(struct avahi_double *d, sd_bus_message *m)
{
	const char *name, *type, *domain;
	int interface, protocol, family;
	unsigned flags;

	must(sd_bus_message_read(m, "iisssiu", &interface, &protocol, &name, &type, &domain,
				 &family, &flags),
	     "ResolveService");
	d->resolved++;
	for (size_t i = 0; i < d->service_count; i++) {
		const struct double_service *s = &d->services[i];

		if (s->interface != interface || s->protocol != protocol ||
		    strcmp(s->name, name) != 0)
			continue;
		if (s->silent) {
			d->open++;
			return 1;
		}
		if (s->strange)
			return sd_bus_reply_method_return(m, "su", "what", 7u);
		if (s->address == NULL)
			break;
		return sd_bus_reply_method_return(
			m, "iissssisqaayu",
			s->answer_interface != 0 ? s->answer_interface : interface, protocol, name,
			type, domain, or_else(s->host, "host.local"), family, s->address,
			s->port, 0, 0u);
	}
	return sd_bus_reply_method_errorf(m, AVAHI ".TimeoutError", "Timeout reached");
}

/* ---- announcing -------------------------------------------------------------------------- */

static void group_path(const struct avahi_double *d, char out[24])
{
	(void)snprintf(out, 24, "/group%u", d->groups);
}

void avahi_double_state(struct avahi_double *d, int state)
{
	char path[24];

	group_path(d, path);
	must(sd_bus_emit_signal(d->bus, path, AVAHI ".EntryGroup", "StateChanged", "is", state,
				"org.freedesktop.Avahi.Success"),
	     "StateChanged");
}

static int group_new(struct avahi_double *d, sd_bus_message *m)
{
	char path[24];

	if (d->refuse_groups > 0) {
		d->refuse_groups--;
		return sd_bus_reply_method_errorf(m, AVAHI ".TooManyObjectsError", "no");
	}
	d->groups++;
	d->address_count = 0;
	d->committed = false;
	group_path(d, path);
	return sd_bus_reply_method_return(m, "o", path);
}

static int add_address(struct avahi_double *d, sd_bus_message *m)
{
	const char *name, *address;
	struct double_address *a = &d->addresses[d->address_count++ % DOUBLE_RECORDS];

	must(sd_bus_message_read(m, "iiuss", &a->interface, &a->protocol, &a->flags, &name,
				 &address),
	     "AddAddress");
	(void)snprintf(a->name, sizeof(a->name), "%s", name);
	(void)snprintf(a->address, sizeof(a->address), "%s", address);
	return sd_bus_reply_method_return(m, "");
}

static int add_service(struct avahi_double *d, sd_bus_message *m)
{
	const char *name, *type, *domain, *host;
	uint16_t port;
	int protocol;

	must(sd_bus_message_read(m, "iiussssq", &d->interface, &protocol, &d->flags, &name, &type,
				 &domain, &host, &port),
	     "AddService");
	must(sd_bus_message_enter_container(m, 'a', "ay"), "TXT");
	for (d->txts = 0; sd_bus_message_skip(m, "ay") > 0; d->txts++)
		continue;
	(void)snprintf(d->name, sizeof(d->name), "%s", name);
	(void)snprintf(d->type, sizeof(d->type), "%s", type);
	(void)snprintf(d->domain, sizeof(d->domain), "%s", domain);
	(void)snprintf(d->host, sizeof(d->host), "%s", host);
	d->port = port;
	if (d->collide_on_add)
		return sd_bus_reply_method_errorf(m, AVAHI ".CollisionError", "taken");
	return sd_bus_reply_method_return(m, "");
}

static int commit(struct avahi_double *d, sd_bus_message *m)
{
	if (d->collide_on_add)
		return sd_bus_reply_method_errorf(m, AVAHI ".IsEmptyError", "empty");
	must(sd_bus_reply_method_return(m, ""), "Commit");
	d->committed = true;
	avahi_double_state(d, 1);
	if (!d->hold)
		avahi_double_state(d, d->collide_on_commit ? 3 : d->fail_on_commit ? 4 : 2);
	return 1;
}

static int group_free(struct avahi_double *d, sd_bus_message *m)
{
	d->freed++;
	d->committed = false;
	return sd_bus_reply_method_return(m, "");
}

/* ---- the bus ----------------------------------------------------------------------------- */

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	static const struct {
		const char *member;
		int (*handle)(struct avahi_double *d, sd_bus_message *m);
	} calls[] = {
		{ "ServiceBrowserNew", browser_new }, { "ResolveService", resolve },
		{ "EntryGroupNew", group_new },	      { "AddAddress", add_address },
		{ "AddService", add_service },	      { "Commit", commit },
		{ "Free", group_free },
	};
	struct avahi_double *d = userdata;

	(void)error;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (sd_bus_message_is_method_call(m, NULL, calls[i].member) > 0)
			return calls[i].handle(d, m) >= 0 ? 1 : -1;
	return 0;
}

static int on_gone(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct avahi_double *d = userdata;
	const char *name, *before, *after;

	(void)error;
	if (sd_bus_message_read(m, "sss", &name, &before, &after) >= 0 && after[0] == '\0' &&
	    strcmp(name, d->client) == 0)
		d->client_gone++;
	return 0;
}

void avahi_double_begin(struct avahi_double *d)
{
	d->bus = bus_rig_connect(AVAHI);
	must(sd_bus_add_fallback(d->bus, NULL, "/", on_message, d), "fallback");
	must(sd_bus_match_signal(d->bus, NULL, "org.freedesktop.DBus", NULL,
				 "org.freedesktop.DBus", "NameOwnerChanged", on_gone, d),
	     "match");
}

void avahi_double_end(struct avahi_double *d)
{
	d->bus = sd_bus_flush_close_unref(d->bus);
}
