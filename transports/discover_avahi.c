/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking for devices by DNS-SD (RFC 6763): avahi-daemon browses `_trec._tcp` and resolves what it
 * finds; this file asks it over D-Bus and believes nothing of what anybody on the network may
 * have said: names are labels, addresses and ports are checked, and everything is counted.
 */
#include "config.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "proto/base/base.h"
#include "transports/avahi.h"
#include "transports/bus.h"

#define NAME_MAX_LEN 63 /* bytes of an instance name, RFC 6763 4.1.1 */
#define RESOLVING_MAX 8 /* services resolved at a time */
#define WAITING_MAX 64  /* services that wait for their turn; others are left out */
#define RETRY_MS 5000   /* after avahi-daemon would not browse */

struct avahi_scan;

struct item {
	struct avahi_scan *scan; /* NULL: free */
	int interface, protocol;
	char name[NAME_MAX_LEN + 1];
};

struct avahi_scan {
	struct trec_scan scan;
	struct tp_bus *bus;
	bool there;      /* avahi-daemon is on the bus */
	bool away;       /* it is known not to be */
	uint64_t try_ms; /* when to ask it to browse; UINT64_MAX: it does */
	char browser[AVAHI_PATH_MAX + 1];
	struct item resolving[RESOLVING_MAX];
	struct item waiting[WAITING_MAX]; /* a ring */
	size_t first, count;
};

static uint64_t now(const struct trec_scan *s)
{
	return s->env->now_ms(s->env->ctx);
}

/* ---- what was resolved ------------------------------------------------------------------- */

static bool is_clean(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p != '\0') {
		size_t n = tp_printable_at(p);

		if (n == 0)
			return false;
		p += n;
	}
	return p != (const unsigned char *)text;
}

/* An address that one other machine can have. */
static bool is_host_ip4(const struct in_addr *a)
{
	uint32_t v = ntohl(a->s_addr);

	return v >> 24 != 0 && v >> 24 != 127 && v >> 28 < 0xe;
}

static bool is_host_ip6(const struct in6_addr *a)
{
	return !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_LOOPBACK(a) &&
	       !IN6_IS_ADDR_MULTICAST(a) && !IN6_IS_ADDR_V4MAPPED(a) && !IN6_IS_ADDR_V4COMPAT(a);
}

/* False: it cannot be where a device listens. */
static bool to_uri(int interface, const char *address, uint16_t port, char out[TREC_URI_MAX + 1])
{
	struct tp_uri u = { .port = port };
	char zone[IF_NAMESIZE] = "";
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, address, &four) == 1 && is_host_ip4(&four)) {
		u.host_type = TP_HOST_IP4;
		inet_ntop(AF_INET, &four, u.host, sizeof(u.host));
	} else if (inet_pton(AF_INET6, address, &six) == 1 && is_host_ip6(&six)) {
		u.host_type = TP_HOST_IP6;
		inet_ntop(AF_INET6, &six, u.host, sizeof(u.host));
		if (IN6_IS_ADDR_LINKLOCAL(&six)) {
			if (interface <= 0 || if_indextoname((unsigned)interface, zone) == NULL)
				return false;
			memcpy(u.zone, zone, strnlen(zone, sizeof(u.zone) - 1));
		}
	} else {
		return false;
	}
	tp_uri_print_tcp(&u, out);
	return port != 0 && trec_uri_check(out) == TREC_OK;
}

static void next_items(struct avahi_scan *s);

static void on_resolved(void *ctx, trec_err err, sd_bus_message *m)
{
	struct item *i = ctx;
	struct avahi_scan *s = i->scan;
	const char *name, *type, *domain, *host, *address;
	int interface, protocol, family;
	char uri[TREC_URI_MAX + 1];
	uint16_t port;

	/* A service that does not resolve went away, or never was. */
	if (err == TREC_OK &&
	    sd_bus_message_read(m, "iissssisq", &interface, &protocol, &name, &type, &domain, &host,
				&family, &address, &port) >= 0) {
		if (interface == i->interface && is_clean(host) &&
		    to_uri(interface, address, port, uri))
			tp_scan_found(&s->scan, uri, i->name);
		else
			base_log(s->scan.env, TREC_LEVEL_INFO,
				 "avahi: a service without a usable address is left out");
	}
	i->scan = NULL;
	next_items(s);
}

/* ---- what is found ----------------------------------------------------------------------- */

/* A call to avahi-daemon, to be filled; NULL: no memory. */
static sd_bus_message *call_new(struct avahi_scan *s, const char *member)
{
	sd_bus_message *m = NULL;

	return sd_bus_message_new_method_call(tp_bus_sd(s->bus), &m, AVAHI, "/", AVAHI_SERVER,
					      member) >= 0
		       ? m
		       : NULL;
}

/* Sends m if it could be filled. */
static trec_err call_send(struct avahi_scan *s, sd_bus_message *m, int filled, tp_bus_reply done,
			  void *ctx)
{
	if (m != NULL && filled >= 0)
		return tp_bus_call(s->bus, m, done, ctx);
	sd_bus_message_unref(m);
	return TREC_E_NO_MEMORY;
}

static void resolve(struct avahi_scan *s, struct item *i)
{
	sd_bus_message *m = call_new(s, "ResolveService");
	int r = m == NULL ? -1
			  : sd_bus_message_append(m, "iisssiu", i->interface, i->protocol, i->name,
						  AVAHI_SERVICE, AVAHI_DOMAIN, i->protocol,
						  AVAHI_LOOK_MULTICAST | AVAHI_LOOK_NO_TXT);

	if (call_send(s, m, r, on_resolved, i) == TREC_OK)
		return;
	base_log(s->scan.env, TREC_LEVEL_WARNING, "avahi: a service could not be asked about");
	i->scan = NULL;
}

static void next_items(struct avahi_scan *s)
{
	for (size_t k = 0; k < RESOLVING_MAX && s->count > 0; k++) {
		struct item *i = &s->resolving[k];

		if (i->scan != NULL)
			continue;
		*i = s->waiting[s->first];
		s->first = (s->first + 1) % WAITING_MAX;
		s->count--;
		resolve(s, i);
	}
}

static int on_item(sd_bus_message *m, void *userdata, sd_bus_error *ret)
{
	struct avahi_scan *s = userdata;
	const char *name, *type, *domain;
	int interface, protocol;
	struct item *i;

	(void)ret;
	if (!tp_bus_is_from(s->bus, m, AVAHI) ||
	    sd_bus_message_read(m, "iisss", &interface, &protocol, &name, &type, &domain) < 0)
		return 0;
	if (strcmp(type, AVAHI_SERVICE) != 0 || strcmp(domain, AVAHI_DOMAIN) != 0 ||
	    interface <= 0 || (protocol != AVAHI_IP4 && protocol != AVAHI_IP6) ||
	    name[0] == '\0' || strlen(name) > NAME_MAX_LEN)
		return 0;
	if (s->count == WAITING_MAX) {
		base_log(s->scan.env, TREC_LEVEL_INFO,
			 "avahi: more services than can wait: one is left out");
		return 0;
	}
	i = &s->waiting[(s->first + s->count++) % WAITING_MAX];
	*i = (struct item){ .scan = s, .interface = interface, .protocol = protocol };
	memcpy(i->name, name, strlen(name) + 1);
	next_items(s);
	return 0;
}

/* ---- browsing ---------------------------------------------------------------------------- */

static void browse_later(struct avahi_scan *s)
{
	s->browser[0] = '\0';
	s->try_ms = now(&s->scan) + RETRY_MS;
}

static int on_failure(sd_bus_message *m, void *userdata, sd_bus_error *ret)
{
	struct avahi_scan *s = userdata;
	const char *path = sd_bus_message_get_path(m);

	(void)ret;
	if (!tp_bus_is_from(s->bus, m, AVAHI) || path == NULL || strcmp(path, s->browser) != 0)
		return 0;
	base_log(s->scan.env, TREC_LEVEL_INFO, "avahi: browsing ended; it is begun again");
	browse_later(s);
	return 0;
}

static void on_browsing(void *ctx, trec_err err, sd_bus_message *m)
{
	struct avahi_scan *s = ctx;
	const char *path;

	if (err == TREC_OK && sd_bus_message_read(m, "o", &path) >= 0 &&
	    strlen(path) <= AVAHI_PATH_MAX) {
		memcpy(s->browser, path, strlen(path) + 1);
		return;
	}
	base_log(s->scan.env, TREC_LEVEL_INFO, "avahi: cannot browse: %s",
		 trec_err_text(err != TREC_OK ? err : TREC_E_MALFORMED));
	browse_later(s);
}

static void browse(struct avahi_scan *s)
{
	sd_bus_message *m = call_new(s, "ServiceBrowserNew");
	int r = m == NULL ? -1
			  : sd_bus_message_append(m, "iissu", AVAHI_ALL, AVAHI_ALL, AVAHI_SERVICE,
						  AVAHI_DOMAIN, AVAHI_LOOK_MULTICAST);

	s->try_ms = UINT64_MAX;
	if (call_send(s, m, r, on_browsing, s) != TREC_OK)
		browse_later(s);
}

/* What was under way with the daemon that had the name before is over. */
static void forget_all(struct avahi_scan *s)
{
	tp_bus_forget(s->bus, s);
	for (size_t i = 0; i < RESOLVING_MAX; i++) {
		tp_bus_forget(s->bus, &s->resolving[i]);
		s->resolving[i].scan = NULL;
	}
	s->browser[0] = '\0';
	s->count = 0;
}

static void on_owner(void *ctx, const char *owner)
{
	struct avahi_scan *s = ctx;

	forget_all(s);
	s->there = owner[0] != '\0';
	s->away = !s->there;
	s->try_ms = s->there ? now(&s->scan) : UINT64_MAX;
}

/* ---- a scan ------------------------------------------------------------------------------ */

static trec_err avahi_step(struct trec_scan *scan)
{
	struct avahi_scan *s = (struct avahi_scan *)scan;
	trec_err err = tp_bus_step(s->bus);

	if (err != TREC_OK && err != TREC_E_AGAIN)
		return err;
	if (s->there && now(scan) >= s->try_ms)
		browse(s);
	return s->away ? TREC_E_UNREACHABLE : TREC_OK;
}

static void avahi_poll(const struct trec_scan *scan, struct trec_poll *out)
{
	const struct avahi_scan *s = (const struct avahi_scan *)scan;

	tp_bus_poll(s->bus, out);
	if (s->try_ms < out->next_ms)
		out->next_ms = s->try_ms;
}

static void avahi_free(struct trec_scan *scan)
{
	struct avahi_scan *s = (struct avahi_scan *)scan;

	tp_bus_free(&s->bus); /* with the connection avahi-daemon ends what it does for it */
	tp_scan_over(scan);
	base_free(scan->env, s, sizeof(*s));
}

static const struct tp_scan_ops avahi_ops = {
	.step = avahi_step,
	.poll = avahi_poll,
	.free = avahi_free,
};

static trec_err listen_to(struct avahi_scan *s)
{
	static const struct {
		const char *match;
		sd_bus_message_handler_t handler;
	} signals[] = {
		{ "type='signal',sender='" AVAHI "',interface='" AVAHI_BROWSER
		  "',member='ItemNew'", on_item },
		{ "type='signal',sender='" AVAHI "',interface='" AVAHI_BROWSER
		  "',member='Failure'", on_failure },
	};

	/* Before the browser is asked for: its first signals may come ahead of its path. */
	for (size_t i = 0; i < BASE_COUNT(signals); i++) {
		int r = sd_bus_add_match_async(tp_bus_sd(s->bus), NULL, signals[i].match,
					       signals[i].handler, NULL, s);

		if (r < 0)
			return tp_bus_error(r);
	}
	return tp_bus_watch(s->bus, AVAHI, on_owner, s);
}

static trec_err avahi_scan(const struct trec_env *env, const char *rest, struct trec_scan **out)
{
	struct avahi_scan *s;
	trec_err err;

	if (rest[0] != '\0')
		return TREC_E_BAD_URI;
	s = base_alloc(env, sizeof(*s));
	if (s == NULL)
		return TREC_E_NO_MEMORY;
	s->try_ms = UINT64_MAX;
	err = tp_scan_init(&s->scan, &avahi_ops, env);
	if (err == TREC_OK)
		err = tp_bus_open(env, &s->bus);
	if (err == TREC_OK)
		err = listen_to(s);
	if (err == TREC_OK)
		*out = &s->scan;
	else
		avahi_free(&s->scan);
	return err;
}

const struct tp_finder tp_finder_avahi = {
	.name = "tcp",
	.scan = avahi_scan,
	.advert = tp_avahi_advert,
};
