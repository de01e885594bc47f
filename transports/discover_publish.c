/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Being found by DNS-SD: has avahi-daemon announce one TCP listener under a name that carries the
 * beacon. The service points to a host name of its own, the same text, with the addresses that the
 * listener can be reached at, and no other: neither the name of this machine nor an address of
 * another interface is in what is announced. Every new beacon is a new group of records; a
 * daemon that was restarted, or addresses that changed, likewise.
 */
#include "config.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/base.h"
#include "transports/avahi.h"
#include "transports/bus.h"

#define ADDRESSES_MAX 8      /* of one listener; with the service they fit TP_BUS_CALLS */
#define LOOK_MS 30000        /* how often addresses are compared */
#define RETRY_MS 5000        /* after avahi-daemon refused, then twice as long */
#define RETRY_MAX_MS 60000
#define ESTABLISHED 2
#define COLLISION 3
#define FAILURE 4

struct address {
	int interface;
	char text[INET6_ADDRSTRLEN];
};

struct addresses {
	size_t n;
	struct address a[ADDRESSES_MAX];
};

struct avahi_advert {
	struct trec_advert advert;
	struct tp_bus *bus;
	bool there;       /* avahi-daemon is on the bus */
	bool away;        /* it is known not to be */
	bool shown;       /* the beacon is announced */
	bool taken;       /* somebody else announces it */
	uint64_t show_ms; /* when to announce it; UINT64_MAX: it is, or under way */
	uint64_t look_ms; /* when to compare the addresses */
	unsigned retry_ms;
	char group[AVAHI_PATH_MAX + 1]; /* or empty */
	struct addresses addresses;     /* announced */
};

static uint64_t now(const struct avahi_advert *a)
{
	return a->advert.env->now_ms(a->advert.env->ctx);
}

/* ---- addresses --------------------------------------------------------------------------- */

/* "::" and "0.0.0.0": every address of the machine. */
static bool is_any(const struct tp_uri *u)
{
	return strcmp(u->host, "::") == 0 || strcmp(u->host, "0.0.0.0") == 0;
}

static bool serves(const struct tp_uri *u, int family, const char *text)
{
	if (!is_any(u))
		return strcmp(u->host, text) == 0;
	return family == AF_INET || u->host_type == TP_HOST_IP6;
}

/* Text of an interface's address; false: none that could be announced. */
static bool address_text(const struct sockaddr *sa, char out[INET6_ADDRSTRLEN])
{
	memset(out, 0, INET6_ADDRSTRLEN);
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)sa;

		return inet_ntop(AF_INET, &v4->sin_addr, out, INET6_ADDRSTRLEN) != NULL;
	}
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)sa;

		return inet_ntop(AF_INET6, &v6->sin6_addr, out, INET6_ADDRSTRLEN) != NULL;
	}
	return false;
}

/* Those of interfaces where others can hear of them. */
static void find_addresses(const struct tp_uri *u, struct addresses *out)
{
	struct ifaddrs *list = NULL;
	char text[INET6_ADDRSTRLEN];

	memset(out, 0, sizeof(*out));
	if (getifaddrs(&list) != 0)
		return;
	for (const struct ifaddrs *i = list; i != NULL && out->n < ADDRESSES_MAX; i = i->ifa_next) {
		unsigned need = IFF_UP | IFF_MULTICAST;
		unsigned flags = i->ifa_flags & (need | IFF_LOOPBACK | IFF_POINTOPOINT);

		if (flags != need || i->ifa_addr == NULL || !address_text(i->ifa_addr, text) ||
		    !serves(u, i->ifa_addr->sa_family, text) ||
		    (u->zone[0] != '\0' && strcmp(u->zone, i->ifa_name) != 0))
			continue;
		out->a[out->n].interface = (int)if_nametoindex(i->ifa_name);
		memcpy(out->a[out->n].text, text, sizeof(text));
		if (out->a[out->n].interface > 0)
			out->n++;
	}
	freeifaddrs(list);
}

/* ---- a group of records ------------------------------------------------------------------ */

static void show_later(struct avahi_advert *a)
{
	a->shown = false;
	a->show_ms = now(a) + a->retry_ms;
	a->retry_ms = a->retry_ms < RETRY_MAX_MS / 2 ? a->retry_ms * 2 : RETRY_MAX_MS;
}

static void refused(struct avahi_advert *a, trec_err err, sd_bus_message *m)
{
	const sd_bus_error *e = m != NULL ? sd_bus_message_get_error(m) : NULL;

	if (e != NULL && e->name != NULL && strcmp(e->name, AVAHI ".CollisionError") == 0) {
		a->taken = true;
		return;
	}
	base_log(a->advert.env, TREC_LEVEL_INFO, "avahi: cannot announce: %s", trec_err_text(err));
	show_later(a);
}

static void on_added(void *ctx, trec_err err, sd_bus_message *m)
{
	struct avahi_advert *a = ctx;

	if (err == TREC_OK)
		return;
	tp_bus_forget(a->bus, a); /* the calls behind it fail too */
	refused(a, err, m);
}

static void on_freed(void *ctx, trec_err err, sd_bus_message *m)
{
	(void)ctx;
	(void)err; /* it was gone already */
	(void)m;
}

/* A call on the group or, without one, the server. */
static sd_bus_message *call_new(struct avahi_advert *a, const char *member)
{
	bool group = a->group[0] != '\0';
	sd_bus_message *m = NULL;

	return sd_bus_message_new_method_call(tp_bus_sd(a->bus), &m, AVAHI, group ? a->group : "/",
					      group ? AVAHI_GROUP : AVAHI_SERVER, member) >= 0
		       ? m
		       : NULL;
}

static bool call_send(struct avahi_advert *a, sd_bus_message *m, int filled, tp_bus_reply done)
{
	if (m != NULL && filled >= 0)
		return tp_bus_call(a->bus, m, done, a) == TREC_OK;
	sd_bus_message_unref(m);
	return false;
}

static bool add_address(struct avahi_advert *a, const struct address *at, const char *host)
{
	sd_bus_message *m = call_new(a, "AddAddress");
	int r = m == NULL ? -1
			  : sd_bus_message_append(m, "iiuss", at->interface, AVAHI_ALL,
						  AVAHI_SHOW_NO_REVERSE | AVAHI_SHOW_MULTICAST,
						  host, at->text);

	return call_send(a, m, r, on_added);
}

/* Where the listener has one address, only those on its interface hear of it. */
static bool add_service(struct avahi_advert *a, const char *host)
{
	int interface = is_any(&a->advert.uri) ? AVAHI_ALL : a->addresses.a[0].interface;
	sd_bus_message *m = call_new(a, "AddService");
	int r = m == NULL ? -1
			  : sd_bus_message_append(m, "iiussssqaay", interface, AVAHI_ALL,
						  AVAHI_SHOW_NO_COOKIE | AVAHI_SHOW_MULTICAST,
						  a->advert.name, AVAHI_SERVICE, AVAHI_DOMAIN, host,
						  a->advert.uri.port, 0);

	return call_send(a, m, r, on_added);
}

static void fill_group(struct avahi_advert *a)
{
	char host[TP_BEACON_TEXT + sizeof("." AVAHI_DOMAIN)];
	bool ok = true;

	(void)snprintf(host, sizeof(host), "%s." AVAHI_DOMAIN, a->advert.name);
	for (size_t i = 0; ok && i < a->addresses.n; i++)
		ok = add_address(a, &a->addresses.a[i], host);
	ok = ok && add_service(a, host) && call_send(a, call_new(a, "Commit"), 0, on_added);
	if (ok)
		return;
	tp_bus_forget(a->bus, a);
	refused(a, TREC_E_NO_MEMORY, NULL);
}

static void on_group(void *ctx, trec_err err, sd_bus_message *m)
{
	struct avahi_advert *a = ctx;
	const char *path = "";

	if (err == TREC_OK && sd_bus_message_read(m, "o", &path) < 0)
		err = TREC_E_MALFORMED;
	if (err == TREC_OK && strlen(path) > AVAHI_PATH_MAX)
		err = TREC_E_TOO_LARGE;
	if (err != TREC_OK) {
		refused(a, err, m);
		return;
	}
	memcpy(a->group, path, strlen(path) + 1);
	fill_group(a);
}

/* What was announced until now is so no more. */
static void withdraw(struct avahi_advert *a)
{
	tp_bus_forget(a->bus, a);
	if (a->group[0] != '\0' && a->there)
		(void)call_send(a, call_new(a, "Free"), 0, on_freed);
	a->group[0] = '\0';
	a->shown = a->taken = false;
}

static void show(struct avahi_advert *a)
{
	a->look_ms = now(a) + LOOK_MS;
	withdraw(a);
	find_addresses(&a->advert.uri, &a->addresses);
	a->show_ms = UINT64_MAX;
	if (a->addresses.n > 0 && !call_send(a, call_new(a, "EntryGroupNew"), 0, on_group))
		refused(a, TREC_E_NO_MEMORY, NULL);
}

static bool same_addresses(const struct addresses *a, const struct addresses *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (a->a[i].interface != b->a[i].interface ||
		    strcmp(a->a[i].text, b->a[i].text) != 0)
			return false;
	return a->n == b->n;
}

static void look(struct avahi_advert *a)
{
	struct addresses at;

	a->look_ms = now(a) + LOOK_MS;
	find_addresses(&a->advert.uri, &at);
	if (!same_addresses(&at, &a->addresses))
		a->show_ms = now(a);
}

static int on_state(sd_bus_message *m, void *userdata, sd_bus_error *ret)
{
	struct avahi_advert *a = userdata;
	const char *path = sd_bus_message_get_path(m);
	int state;

	(void)ret;
	if (!tp_bus_is_from(a->bus, m, AVAHI) || path == NULL || strcmp(path, a->group) != 0 ||
	    sd_bus_message_read(m, "i", &state) < 0)
		return 0;
	a->shown = state == ESTABLISHED;
	a->taken = state == COLLISION;
	if (a->shown)
		a->retry_ms = RETRY_MS;
	if (state == FAILURE)
		show_later(a);
	return 0;
}

static void on_owner(void *ctx, const char *owner)
{
	struct avahi_advert *a = ctx;

	a->group[0] = '\0'; /* it went with whoever had the name before */
	withdraw(a);
	a->there = owner[0] != '\0';
	a->away = !a->there;
	a->show_ms = a->there ? now(a) : UINT64_MAX;
}

/* ---- an advert --------------------------------------------------------------------------- */

static trec_err advert_step(struct trec_advert *advert)
{
	struct avahi_advert *a = (struct avahi_advert *)advert;
	trec_err err = tp_bus_step(a->bus);

	if (err != TREC_OK && err != TREC_E_AGAIN)
		return err;
	if (a->there && now(a) >= a->look_ms)
		look(a);
	if (a->there && now(a) >= a->show_ms)
		show(a);
	if (a->away)
		return TREC_E_UNREACHABLE;
	if (a->taken)
		return TREC_E_EXISTS;
	return a->shown ? TREC_OK : TREC_E_AGAIN;
}

static void advert_poll(const struct trec_advert *advert, struct trec_poll *out)
{
	const struct avahi_advert *a = (const struct avahi_advert *)advert;

	tp_bus_poll(a->bus, out);
	if (!a->there)
		return;
	if (a->show_ms < out->next_ms)
		out->next_ms = a->show_ms;
	if (a->look_ms < out->next_ms)
		out->next_ms = a->look_ms;
}

static void advert_change(struct trec_advert *advert)
{
	struct avahi_advert *a = (struct avahi_advert *)advert;

	a->retry_ms = RETRY_MS;
	if (!a->there)
		return;
	withdraw(a); /* also where the new one cannot be announced yet */
	a->show_ms = now(a);
}

static void advert_free(struct trec_advert *advert)
{
	struct avahi_advert *a = (struct avahi_advert *)advert;

	tp_bus_free(&a->bus); /* with the connection avahi-daemon withdraws its records */
	base_free(advert->env, a, sizeof(*a));
}

static const struct tp_advert_ops advert_ops = {
	.step = advert_step,
	.poll = advert_poll,
	.change = advert_change,
	.free = advert_free,
};

static bool is_loopback(const struct tp_uri *u)
{
	struct in_addr four;

	if (u->host_type == TP_HOST_IP4)
		return inet_pton(AF_INET, u->host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
	return strcmp(u->host, "::1") == 0;
}

trec_err tp_avahi_advert(const struct trec_env *env, const struct tp_uri *uri,
			 struct trec_advert **out)
{
	struct avahi_advert *a;
	trec_err err;

	if (is_loopback(uri))
		return TREC_E_UNSUPPORTED;
	a = base_alloc(env, sizeof(*a));
	if (a == NULL)
		return TREC_E_NO_MEMORY;
	a->advert = (struct trec_advert){ .ops = &advert_ops, .env = env };
	a->show_ms = UINT64_MAX;
	a->retry_ms = RETRY_MS;
	err = tp_bus_open(env, &a->bus);
	if (err == TREC_OK) {
		int r = sd_bus_add_match_async(tp_bus_sd(a->bus), NULL,
					       "type='signal',sender='" AVAHI
					       "',interface='" AVAHI_GROUP
					       "',member='StateChanged'",
					       on_state, NULL, a);

		err = r < 0 ? tp_bus_error(r) : tp_bus_watch(a->bus, AVAHI, on_owner, a);
	}
	if (err == TREC_OK)
		*out = &a->advert;
	else
		advert_free(&a->advert);
	return err;
}
