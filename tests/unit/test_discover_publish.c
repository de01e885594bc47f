/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Being found through avahi-daemon, played by a double: what is announced, when, and what not.
 * The machine's interfaces are the test's as well. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/unit/avahi_double.h"
#include "transports/discover.h"

#define TRIES 300
#define QUIET 10
#define UP (IFF_UP | IFF_MULTICAST)

/* ---- interfaces -------------------------------------------------------------------------- */

static struct interface {
	const char *name, *address;
	unsigned flags;
} interfaces[16];
static struct ifaddrs list[16];
static struct sockaddr_storage addresses[16];
static bool no_list;

int __wrap_getifaddrs(struct ifaddrs **out);
void __wrap_freeifaddrs(struct ifaddrs *i);
unsigned __wrap_if_nametoindex(const char *name);

int __wrap_getifaddrs(struct ifaddrs **out)
{
	struct ifaddrs *before = NULL;

	*out = NULL;
	for (size_t i = 0; !no_list && interfaces[i].name != NULL; i++) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)&addresses[i];
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&addresses[i];
		const char *text = interfaces[i].address;

		memset(&list[i], 0, sizeof(list[i]));
		memset(&addresses[i], 0, sizeof(addresses[i]));
		list[i].ifa_name = (char *)interfaces[i].name;
		list[i].ifa_flags = interfaces[i].flags;
		if (text != NULL)
			list[i].ifa_addr = (struct sockaddr *)&addresses[i];
		if (text != NULL && inet_pton(AF_INET, text, &v4->sin_addr) == 1)
			v4->sin_family = AF_INET;
		else if (text != NULL && inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
			v6->sin6_family = AF_INET6;
		else
			addresses[i].ss_family = AF_PACKET;
		if (before != NULL)
			before->ifa_next = &list[i];
		else
			*out = &list[i];
		before = &list[i];
	}
	return no_list ? -1 : 0;
}

void __wrap_freeifaddrs(struct ifaddrs *i)
{
	(void)i;
}

unsigned __wrap_if_nametoindex(const char *name)
{
	return name[0] == 'e' ? (unsigned)(name[3] - '0') + 10 : 0;
}

static const struct interface usual[] = {
	{ "lo", "127.0.0.1", UP | IFF_LOOPBACK }, { "lo", "::1", UP | IFF_LOOPBACK },
	{ "eth0", NULL, UP },			  { "eth0", "link", UP },
	{ "eth0", "192.0.2.7", UP },		  { "eth1", "198.51.100.7", UP },
	{ "eth2", "203.0.113.7", IFF_MULTICAST }, { "ppp0", "203.0.113.8", UP | IFF_POINTOPOINT },
	{ "eth0", "fe80::7", UP },		  { "eth1", "fe80::7", UP },
	{ "eth1", "2001:db8::7", UP },		  { "gone", "203.0.113.9", UP },
};

/* ---- turns ------------------------------------------------------------------------------- */

static struct fault_env f;
static struct avahi_double d;
static trec_err last;
static const uint8_t first[TREC_BEACON_LEN] = { 1, 2, 3 };
static const uint8_t second[TREC_BEACON_LEN] = { 4, 5, 6 };

static void begin(void)
{
	fault_env_init(&f, fault_env_seed(2));
	memset(&d, 0, sizeof(d));
	memset(interfaces, 0, sizeof(interfaces));
	memcpy(interfaces, usual, sizeof(usual));
	no_list = false;
	last = TREC_E_AGAIN;
	avahi_double_begin(&d);
}

static void end(struct trec_advert **a)
{
	trec_advert_free(a);
	CU_ASSERT_TRUE(fault_env_clean(&f));
	avahi_double_end(&d);
}

static struct trec_advert *start(const char *uri)
{
	struct trec_advert *a = NULL;

	CU_ASSERT_EQUAL(trec_advert_start(&f.env, uri, first, &a), TREC_OK);
	return a;
}

static bool turn(struct trec_advert *a)
{
	struct trec_poll want;

	last = trec_advert_step(a);
	bus_rig_turn(d.bus);
	trec_advert_poll(a, &want);
	return want.next_ms <= f.now_ms || bus_rig_rest(d.bus, &want);
}

/* Until nothing more comes, and then it is so. */
static void settle(struct trec_advert *a, trec_err err)
{
	int quiet = 0;

	for (int i = 0; i < TRIES && (quiet < QUIET || last != err); i++)
		quiet = turn(a) ? 0 : quiet + 1;
	CU_ASSERT_EQUAL(last, err);
}

static bool announces(const char *address, int interface)
{
	for (size_t i = 0; i < d.address_count && i < DOUBLE_RECORDS; i++)
		if (strcmp(d.addresses[i].address, address) == 0 &&
		    d.addresses[i].interface == interface)
			return true;
	return false;
}

static bool announces_name(const uint8_t beacon[TREC_BEACON_LEN])
{
	char text[TP_BEACON_TEXT + 1];

	tp_beacon_text(beacon, text);
	return d.committed && strcmp(d.name, text) == 0;
}

/* ---- what is announced ------------------------------------------------------------------- */

static void a_listener_is_announced_under_its_beacon_alone(void)
{
	char host[sizeof(d.name) + 8];
	struct trec_advert *a;

	begin();
	a = start("tcp://[::]:4711");
	settle(a, TREC_OK);
	CU_ASSERT_TRUE(announces_name(first));
	CU_ASSERT_STRING_EQUAL(d.type, "_trec._tcp");
	CU_ASSERT_STRING_EQUAL(d.domain, "local");
	CU_ASSERT_EQUAL(d.port, 4711);
	CU_ASSERT_EQUAL(d.txts, 0);
	CU_ASSERT_EQUAL(d.interface, -1);
	CU_ASSERT(d.flags & 32); /* no cookie of the daemon, which would be the same for long */
	(void)snprintf(host, sizeof(host), "%s.local", d.name);
	CU_ASSERT_STRING_EQUAL(d.host, host);
	CU_ASSERT_EQUAL(d.address_count, 5);
	CU_ASSERT_TRUE(announces("192.0.2.7", 10));
	CU_ASSERT_TRUE(announces("198.51.100.7", 11));
	CU_ASSERT_TRUE(announces("fe80::7", 10));
	CU_ASSERT_TRUE(announces("fe80::7", 11));
	CU_ASSERT_TRUE(announces("2001:db8::7", 11));
	for (size_t i = 0; i < d.address_count; i++) {
		CU_ASSERT_STRING_EQUAL(d.addresses[i].name, host);
		CU_ASSERT(d.addresses[i].flags & 16); /* no address back to a name */
	}
	end(&a);
}

static void a_listener_of_one_address_is_announced_where_that_is(void)
{
	struct trec_advert *a;

	begin();
	a = start("tcp://198.51.100.7:1");
	settle(a, TREC_OK);
	CU_ASSERT_EQUAL(d.address_count, 1);
	CU_ASSERT_TRUE(announces("198.51.100.7", 11));
	CU_ASSERT_EQUAL(d.interface, 11);
	end(&a);
	begin();
	a = start("tcp://[fe80::7%25eth1]:1");
	settle(a, TREC_OK);
	CU_ASSERT_EQUAL(d.address_count, 1);
	CU_ASSERT_TRUE(announces("fe80::7", 11));
	end(&a);
	begin();
	a = start("tcp://0.0.0.0:1");
	settle(a, TREC_OK);
	CU_ASSERT_EQUAL(d.address_count, 2);
	CU_ASSERT_TRUE(announces("192.0.2.7", 10));
	end(&a);
}

static void more_addresses_than_fit_are_left_out(void)
{
	struct trec_advert *a;

	begin();
	for (size_t i = 0; i < 15; i++)
		interfaces[i] = (struct interface){ "eth0", "192.0.2.7", UP };
	a = start("tcp://[::]:1");
	settle(a, TREC_OK);
	CU_ASSERT_EQUAL(d.address_count, 8);
	end(&a);
}

static void what_only_this_machine_reaches_is_not_announced(void)
{
	static const char *const uris[] = { "tcp://127.0.0.1:1", "tcp://127.1.2.3:1",
					    "tcp://[::1]:1" };
	struct trec_advert *a;

	begin();
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		CU_ASSERT_EQUAL(trec_advert_start(&f.env, uris[i], first, &a),
				TREC_E_UNSUPPORTED);
		CU_ASSERT_PTR_NULL(a);
	}
	CU_ASSERT_EQUAL(trec_advert_start(&f.env, "tcp://name.example:1", first, &a),
			TREC_E_BAD_URI);
	a = start("tcp://192.0.2.99:1"); /* an address that is not here (any more) */
	settle(a, TREC_E_AGAIN);
	CU_ASSERT_EQUAL(d.groups, 0);
	end(&a);
}

static void nothing_is_announced_before_the_first_step(void)
{
	struct trec_advert *a;

	begin();
	a = start("tcp://[::]:1");
	for (int i = 0; i < QUIET; i++) {
		bus_rig_turn(d.bus);
		(void)bus_rig_rest(d.bus, &(struct trec_poll){ .fd = -1 });
	}
	CU_ASSERT_EQUAL(trec_advert_change(a, second), TREC_E_AGAIN);
	settle(a, TREC_OK);
	CU_ASSERT_TRUE(announces_name(second));
	CU_ASSERT_EQUAL(d.groups, 1);
	end(&a);
}

/* ---- changes ----------------------------------------------------------------------------- */

static void another_beacon_takes_the_place_of_the_first(void)
{
	struct trec_advert *a;
	trec_err err;

	begin();
	a = start("tcp://[::]:1");
	settle(a, TREC_OK);
	err = trec_advert_change(a, second);
	CU_ASSERT(err == TREC_E_AGAIN || err == TREC_OK);
	settle(a, TREC_OK);
	CU_ASSERT_TRUE(announces_name(second));
	CU_ASSERT_EQUAL(d.groups, 2);
	CU_ASSERT_EQUAL(d.freed, 1);
	end(&a);
}

static void a_beacon_that_somebody_has_is_said_and_changed(void)
{
	struct trec_advert *a;

	for (int on_add = 0; on_add < 2; on_add++) {
		begin();
		d.collide_on_add = on_add;
		d.collide_on_commit = !on_add;
		a = start("tcp://[::]:1");
		settle(a, TREC_E_EXISTS);
		d.collide_on_add = d.collide_on_commit = false;
		f.now_ms += 20000;
		settle(a, TREC_E_EXISTS); /* not by itself: the beacon is the caller's */
		CU_ASSERT_EQUAL(d.groups, 1);
		CU_ASSERT_EQUAL(trec_advert_change(a, second), TREC_E_AGAIN);
		settle(a, TREC_OK);
		CU_ASSERT_TRUE(announces_name(second));
		end(&a);
	}
}

static void new_addresses_are_announced_within_half_a_minute(void)
{
	struct trec_advert *a;

	begin();
	a = start("tcp://[::]:1");
	settle(a, TREC_OK);
	f.now_ms += 30000;
	settle(a, TREC_OK);
	CU_ASSERT_EQUAL(d.groups, 1); /* nothing changed */
	interfaces[4].address = "192.0.2.8";
	f.now_ms += 30000;
	settle(a, TREC_OK);
	CU_ASSERT_EQUAL(d.groups, 2);
	CU_ASSERT_EQUAL(d.freed, 1);
	CU_ASSERT_TRUE(announces_name(first));
	CU_ASSERT_TRUE(announces("192.0.2.8", 10));
	CU_ASSERT_FALSE(announces("192.0.2.7", 10));
	no_list = true; /* no network any more: nothing is announced */
	f.now_ms += 30000;
	settle(a, TREC_E_AGAIN);
	CU_ASSERT_FALSE(d.committed);
	end(&a);
}

/* ---- when avahi-daemon goes or refuses --------------------------------------------------- */

static void a_daemon_that_is_restarted_announces_it_again(void)
{
	struct trec_advert *a;

	begin();
	a = start("tcp://[::]:1");
	settle(a, TREC_OK);
	avahi_double_end(&d);
	memset(&d, 0, sizeof(d));
	d.bus = bus_rig_connect(NULL);
	settle(a, TREC_E_UNREACHABLE);
	sd_bus_flush_close_unref(d.bus);
	avahi_double_begin(&d);
	settle(a, TREC_OK);
	CU_ASSERT_TRUE(announces_name(first));
	CU_ASSERT_EQUAL(d.freed, 0); /* that group went with the other daemon */
	end(&a);
}

static void a_daemon_that_refuses_is_asked_again_ever_later(void)
{
	struct trec_advert *a;

	begin();
	d.refuse_groups = 3;
	a = start("tcp://[::]:1");
	settle(a, TREC_E_AGAIN);
	CU_ASSERT_EQUAL(d.refuse_groups, 2);
	f.now_ms += 5000;
	settle(a, TREC_E_AGAIN);
	CU_ASSERT_EQUAL(d.refuse_groups, 1);
	f.now_ms += 9999;
	settle(a, TREC_E_AGAIN);
	CU_ASSERT_EQUAL(d.refuse_groups, 1);
	f.now_ms += 1;
	settle(a, TREC_E_AGAIN);
	CU_ASSERT_EQUAL(d.refuse_groups, 0);
	f.now_ms += 20000;
	settle(a, TREC_OK);
	CU_ASSERT_TRUE(announces_name(first));
	end(&a);
	begin();
	d.fail_on_commit = true;
	a = start("tcp://[::]:1");
	settle(a, TREC_E_AGAIN);
	d.fail_on_commit = false;
	f.now_ms += 5000;
	settle(a, TREC_OK);
	end(&a);
}

static void only_avahi_says_how_it_went(void)
{
	sd_bus *other = bus_rig_connect(NULL);
	struct trec_advert *a;

	begin();
	d.hold = true;
	a = start("tcp://[::]:1");
	settle(a, TREC_E_AGAIN);
	CU_ASSERT(sd_bus_emit_signal(other, "/group1", "org.freedesktop.Avahi.EntryGroup",
				     "StateChanged", "is", 3, "") >= 0);
	CU_ASSERT(sd_bus_flush(other) >= 0);
	CU_ASSERT(sd_bus_emit_signal(d.bus, "/group9", "org.freedesktop.Avahi.EntryGroup",
				     "StateChanged", "is", 3, "") >= 0);
	settle(a, TREC_E_AGAIN);
	avahi_double_state(&d, 2);
	settle(a, TREC_OK);
	end(&a);
	sd_bus_flush_close_unref(other);
}

static void without_a_bus_it_is_over(void)
{
	struct trec_advert *a;

	begin();
	a = start("tcp://[::]:1");
	settle(a, TREC_OK);
	sd_bus_close_unref(d.bus);
	bus_rig_stop();
	for (int i = 0; i < TRIES && last != TREC_E_LOST; i++)
		last = trec_advert_step(a);
	CU_ASSERT_EQUAL(last, TREC_E_LOST);
	CU_ASSERT_EQUAL(trec_advert_change(a, second), TREC_E_LOST);
	trec_advert_free(&a);
	CU_ASSERT_EQUAL(trec_advert_start(&f.env, "tcp://[::]:1", first, &a),
			TREC_E_UNREACHABLE);
	CU_ASSERT_TRUE(fault_env_clean(&f));
	CU_ASSERT_TRUE(bus_rig_start());
}

static bool start_once(struct fault_env *e, void *ctx)
{
	struct trec_advert *a = NULL;
	trec_err err = trec_advert_start(&e->env, "tcp://[::]:1", first, &a);
	bool clean = e->fired > 0 ? err == TREC_E_NO_MEMORY && a == NULL : err == TREC_OK;

	(void)ctx;
	trec_advert_free(&a);
	return clean;
}

static void memory_may_run_out_at_any_time(void)
{
	CU_ASSERT_TRUE(fault_env_each_alloc(start_once, NULL, 50));
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_listener_is_announced_under_its_beacon_alone),
	SUITE_CASE(a_listener_of_one_address_is_announced_where_that_is),
	SUITE_CASE(more_addresses_than_fit_are_left_out),
	SUITE_CASE(what_only_this_machine_reaches_is_not_announced),
	SUITE_CASE(nothing_is_announced_before_the_first_step),
	SUITE_CASE(another_beacon_takes_the_place_of_the_first),
	SUITE_CASE(a_beacon_that_somebody_has_is_said_and_changed),
	SUITE_CASE(new_addresses_are_announced_within_half_a_minute),
	SUITE_CASE(a_daemon_that_is_restarted_announces_it_again),
	SUITE_CASE(a_daemon_that_refuses_is_asked_again_ever_later),
	SUITE_CASE(only_avahi_says_how_it_went),
	SUITE_CASE(without_a_bus_it_is_over),
	SUITE_CASE(memory_may_run_out_at_any_time),
};

int main(void)
{
	if (!bus_rig_start())
		suite_skip("discover_publish", "dbus-daemon is not installed");
	int status = suite_main("discover_publish", cases, sizeof(cases) / sizeof(cases[0]));

	bus_rig_stop();
	return status;
}
