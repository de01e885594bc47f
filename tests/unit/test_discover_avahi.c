/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking for devices through avahi-daemon, played by a double that may say anything. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/unit/avahi_double.h"
#include "transports/discover.h"

#define QUIET 10 /* rests of 20 ms in which nothing came: nothing will */
#define TRIES 300

static struct fault_env f;
static struct avahi_double d;
static struct trec_sighting seen[TREC_FOUND_MAX];
static size_t count;
static trec_err last;

static void begin(void)
{
	fault_env_init(&f, fault_env_seed(1));
	memset(&d, 0, sizeof(d));
	memset(seen, 0, sizeof(seen));
	count = 0;
	last = TREC_E_AGAIN;
	avahi_double_begin(&d);
}

static void end(struct trec_scan **s)
{
	trec_scan_free(s);
	CU_ASSERT_TRUE(fault_env_clean(&f));
	avahi_double_end(&d);
}

static void services(const struct double_service *list, size_t n)
{
	memcpy(d.services, list, n * sizeof(list[0]));
	d.service_count = n;
}
#define SERVICES(...)                                                                              \
	do {                                                                                       \
		static const struct double_service rows[] = { __VA_ARGS__ };                       \
		services(rows, sizeof(rows) / sizeof(rows[0]));                                    \
	} while (0)

/* One turn of both; true: something moved. */
static bool turn(struct trec_scan *s)
{
	struct trec_poll want;
	struct trec_sighting one;
	size_t before = count;

	do {
		last = trec_scan_next(s, &one);
		if (last == TREC_OK && count < TREC_FOUND_MAX)
			seen[count++] = one;
	} while (last == TREC_OK);
	bus_rig_turn(d.bus);
	trec_scan_poll(s, &want);
	return want.next_ms <= f.now_ms || bus_rig_rest(d.bus, &want) || count != before;
}

/* Until n devices were seen, and nothing more comes. */
static void look(struct trec_scan *s, size_t n)
{
	int quiet = 0;

	for (int i = 0; i < TRIES && (quiet < QUIET || count < n); i++)
		quiet = turn(s) ? 0 : quiet + 1;
	CU_ASSERT_EQUAL(count, n);
}

static void until(struct trec_scan *s, trec_err err)
{
	for (int i = 0; i < TRIES && last != err; i++)
		(void)turn(s);
	CU_ASSERT_EQUAL(last, err);
}

static struct trec_scan *start(void)
{
	struct trec_scan *s = NULL;

	CU_ASSERT_EQUAL(trec_scan_start(&f.env, "tcp:", &s), TREC_OK);
	return s;
}

static bool saw(const char *uri, const char *label)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(seen[i].uri, uri) == 0 && strcmp(seen[i].label, label) == 0)
			return true;
	return false;
}

/* ---- what is found ----------------------------------------------------------------------- */

static void services_become_addresses(void)
{
	begin();
	SERVICES({ .interface = 1, .protocol = 0, .name = "trec-aaaqeayeaudaocajbifqydiob4",
		   .address = "192.0.2.7", .port = 7443 },
		 { .interface = 1, .protocol = 1, .name = "trec-aaaqeayeaudaocajbifqydiob4",
		   .address = "2001:DB8::7", .port = 65535 },
		 { .interface = 1, .protocol = 1, .name = "Lampe Küche", .address = "fe80::7",
		   .port = 1 },
		 { .interface = 1, .protocol = 0, .name = "a\x1b[2Jb\n", .address = "10.0.0.1",
		   .port = 7 });
	struct trec_scan *s = start();

	look(s, 4);
	CU_ASSERT_TRUE(saw("tcp://192.0.2.7:7443", "trec-aaaqeayeaudaocajbifqydiob4"));
	CU_ASSERT_TRUE(saw("tcp://[2001:db8::7]:65535", "trec-aaaqeayeaudaocajbifqydiob4"));
	CU_ASSERT_TRUE(saw("tcp://[fe80::7%25lo]:1", "Lampe Küche"));
	CU_ASSERT_TRUE(saw("tcp://10.0.0.1:7", "a?[2Jb?"));
	for (size_t i = 0; i < count; i++) {
		bool ours = strncmp(seen[i].label, "trec-", 5) == 0;

		CU_ASSERT_EQUAL(seen[i].has_beacon, ours);
		CU_ASSERT_EQUAL(seen[i].beacon[15], ours ? 15 : 0);
		CU_ASSERT_EQUAL(trec_uri_check(seen[i].uri), TREC_OK);
	}
	CU_ASSERT_EQUAL(d.browsers, 1);
	end(&s);
}

static void a_name_is_told_once_for_each_address_and_a_new_name_again(void)
{
	begin();
	SERVICES({ .interface = 1, .protocol = 0, .name = "x", .address = "10.0.0.1", .port = 7 },
		 { .interface = 2, .protocol = 0, .name = "x", .address = "10.0.0.1", .port = 7 },
		 { .interface = 1, .protocol = 0, .name = "y", .address = "10.0.0.1", .port = 7 });
	struct trec_scan *s = start();

	look(s, 2);
	avahi_double_tell(&d, &d.services[0]);
	look(s, 2);
	CU_ASSERT_EQUAL(d.resolved, 4);
	end(&s);
}

static void signals_ahead_of_the_browsers_path_count(void)
{
	begin();
	d.early = true;
	SERVICES({ .interface = 1, .protocol = 0, .name = "x", .address = "10.0.0.1", .port = 7 });
	struct trec_scan *s = start();

	look(s, 1);
	end(&s);
}

static const char long_name[] =
	"0123456789012345678901234567890123456789012345678901234567890123";

static void hostile_answers_are_left_out(void)
{
	begin();
	SERVICES({ .interface = 1, .name = "a", .address = "10.0.0.1", .port = 0 },
		 { .interface = 1, .name = "b", .address = "10.0.0.1", .port = 7,
		   .host = "ho\nst.local" },
		 { .interface = 1, .name = "c", .address = "10.0.0.1", .port = 7, .host = "" },
		 { .interface = 1, .name = "d", .address = "127.0.0.1", .port = 7 },
		 { .interface = 1, .name = "e", .address = "0.0.0.0", .port = 7 },
		 { .interface = 1, .name = "f", .address = "224.0.0.251", .port = 7 },
		 { .interface = 1, .name = "g", .address = "255.255.255.255", .port = 7 },
		 { .interface = 1, .name = "h", .address = "10.0.0.1 ", .port = 7 },
		 { .interface = 1, .name = "i", .address = "example.org", .port = 7 },
		 { .interface = 1, .name = "j", .address = "10.0.0.1", .port = 7,
		   .answer_interface = 2 },
		 { .interface = 1, .name = "k", .address = "10.0.0.1", .port = 7, .strange = true },
		 { .interface = 1, .name = "l" },
		 { .interface = 1, .name = "good", .address = "10.0.0.2", .port = 7 });
	struct trec_scan *s = start();

	look(s, 1);
	CU_ASSERT_TRUE(saw("tcp://10.0.0.2:7", "good"));
	CU_ASSERT_EQUAL(d.resolved, 13);
	end(&s);
	begin();
	SERVICES({ .interface = 1, .protocol = 1, .name = "a", .address = "::", .port = 7 },
		 { .interface = 1, .protocol = 1, .name = "b", .address = "::1", .port = 7 },
		 { .interface = 1, .protocol = 1, .name = "c", .address = "ff02::fb", .port = 7 },
		 { .interface = 1, .protocol = 1, .name = "d", .address = "::ffff:10.0.0.1",
		   .port = 7 },
		 { .interface = 2000000000, .protocol = 1, .name = "e", .address = "fe80::1",
		   .port = 7 },
		 { .interface = 1, .protocol = 1, .name = "f", .address = "fe80::1%lo", .port = 7 },
		 { .interface = 1, .protocol = 1, .name = "g", .address = "::127.0.0.1",
		   .port = 7 },
		 { .interface = 1, .protocol = 1, .name = "h", .address = "", .port = 7 });
	s = start();
	look(s, 0);
	CU_ASSERT_EQUAL(d.resolved, 8);
	end(&s);
}

static void what_is_no_service_of_ours_is_not_even_asked_about(void)
{
	begin();
	SERVICES({ .interface = 1, .name = "a", .type = "_ipp._tcp" },
		 { .interface = 1, .name = "b", .domain = "example.org" },
		 { .interface = 0, .name = "c" }, { .interface = -1, .name = "d" },
		 { .interface = 1, .protocol = -1, .name = "e" },
		 { .interface = 1, .protocol = 2, .name = "f" }, { .interface = 1, .name = "" },
		 { .interface = 1, .name = long_name });
	struct trec_scan *s = start();

	look(s, 0);
	CU_ASSERT_EQUAL(d.browsers, 1);
	CU_ASSERT_EQUAL(d.resolved, 0);
	end(&s);
}

/* ---- who speaks -------------------------------------------------------------------------- */

static void only_avahi_is_listened_to(void)
{
	sd_bus *other = bus_rig_connect(NULL);
	sd_bus_message *m = NULL;

	begin();
	SERVICES({ .interface = 1, .name = "x", .address = "10.0.0.1", .port = 7 });
	struct trec_scan *s = start();

	look(s, 1);
	for (int to_all = 0; to_all < 2; to_all++) {
		CU_ASSERT(sd_bus_message_new_signal(other, &m, "/browser",
						    "org.freedesktop.Avahi.ServiceBrowser",
						    "ItemNew") >= 0);
		CU_ASSERT(sd_bus_message_append(m, "iisssu", 1, 0, "x", "_trec._tcp", "local",
						0u) >= 0);
		CU_ASSERT(sd_bus_send_to(other, m, to_all ? NULL : d.client, NULL) >= 0);
		m = sd_bus_message_unref(m);
		CU_ASSERT(sd_bus_flush(other) >= 0);
		look(s, 1);
		CU_ASSERT_EQUAL(d.resolved, 1);
	}
	end(&s);
	sd_bus_flush_close_unref(other);
}

static void a_flood_is_bounded_and_passes(void)
{
	char name[16];
	struct double_service one = { .interface = 1, .name = name };

	begin();
	SERVICES({ .interface = 1, .name = "x", .address = "10.0.0.1", .port = 7, .silent = true });
	for (int i = 0; i < DOUBLE_SERVICES; i++)
		d.services[i] = d.services[0];
	d.service_count = DOUBLE_SERVICES;
	struct trec_scan *s = start();

	look(s, 0);
	CU_ASSERT_EQUAL(d.open, 8); /* the others wait */
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		avahi_double_tell(&d, &one);
	}
	for (int i = 0; i < 10 * TRIES && f.log_lines <= 900; i++)
		(void)turn(s);
	look(s, 0);
	CU_ASSERT_EQUAL(d.open, 8);
	CU_ASSERT(f.log_lines > 900); /* so many were left out */
	f.now_ms += 10000;
	for (int i = 0; i < DOUBLE_SERVICES; i++)
		d.services[i].silent = false;
	look(s, 1);
	CU_ASSERT(d.resolved <= 8 + 64);
	end(&s);
}

/* ---- when avahi-daemon or the bus goes --------------------------------------------------- */

static void a_daemon_that_is_restarted_is_asked_again(void)
{
	begin();
	SERVICES({ .interface = 1, .name = "x", .address = "10.0.0.1", .port = 7 },
		 { .interface = 1, .name = "slow", .silent = true });
	struct trec_scan *s = start();

	look(s, 1);
	avahi_double_end(&d);
	avahi_double_begin(&d); /* asks at once, and again: the pause has no end of its own */
	SERVICES({ .interface = 1, .name = "x", .address = "10.0.0.1", .port = 7 },
		 { .interface = 1, .name = "y", .address = "10.0.0.2", .port = 7 });
	look(s, 2);
	CU_ASSERT_EQUAL(d.browsers, 2);
	CU_ASSERT_TRUE(saw("tcp://10.0.0.2:7", "y"));
	end(&s);
}

static void no_daemon_is_said_and_waited_for(void)
{
	struct trec_scan *s;

	begin();
	avahi_double_end(&d);
	d.bus = bus_rig_connect(NULL);
	s = start();
	until(s, TREC_E_UNREACHABLE);
	sd_bus_flush_close_unref(d.bus);
	avahi_double_begin(&d);
	SERVICES({ .interface = 1, .name = "x", .address = "10.0.0.1", .port = 7 });
	look(s, 1);
	CU_ASSERT_EQUAL(last, TREC_E_AGAIN);
	end(&s);
}

static void a_daemon_that_refuses_or_fails_is_asked_again_later(void)
{
	begin();
	d.refuse_browsers = 1;
	SERVICES({ .interface = 1, .name = "x", .address = "10.0.0.1", .port = 7 });
	struct trec_scan *s = start();

	look(s, 0);
	CU_ASSERT_EQUAL(d.browsers, 1);
	f.now_ms += 5000;
	look(s, 1);
	CU_ASSERT_EQUAL(d.browsers, 2);
	CU_ASSERT(sd_bus_emit_signal(d.bus, "/other", "org.freedesktop.Avahi.ServiceBrowser",
				     "Failure", "s", "no") >= 0);
	look(s, 1);
	f.now_ms += 5000;
	look(s, 1);
	CU_ASSERT_EQUAL(d.browsers, 2); /* that was another browser */
	CU_ASSERT(sd_bus_emit_signal(d.bus, "/browser", "org.freedesktop.Avahi.ServiceBrowser",
				     "Failure", "s", "no") >= 0);
	look(s, 1);
	f.now_ms += 5000;
	look(s, 1);
	CU_ASSERT_EQUAL(d.browsers, 3);
	end(&s);
}

static void without_a_bus_nothing_is_looked_for(void)
{
	struct trec_scan *s = NULL;

	begin();
	s = start();
	look(s, 0);
	sd_bus_close_unref(d.bus);
	bus_rig_stop();
	for (int i = 0; i < TRIES && last != TREC_E_LOST; i++)
		last = trec_scan_next(s, &seen[0]);
	CU_ASSERT_EQUAL(last, TREC_E_LOST);
	CU_ASSERT_EQUAL(trec_scan_next(s, &seen[0]), TREC_E_LOST);
	trec_scan_free(&s);
	CU_ASSERT_EQUAL(trec_scan_start(&f.env, "tcp:", &s), TREC_E_UNREACHABLE);
	CU_ASSERT_PTR_NULL(s);
	CU_ASSERT_TRUE(fault_env_clean(&f));
	CU_ASSERT_TRUE(bus_rig_start());
}

static void nothing_is_looked_for_before_or_after(void)
{
	begin();
	CU_ASSERT_EQUAL(d.browsers, 0);
	struct trec_scan *s = start();

	look(s, 0);
	CU_ASSERT_EQUAL(d.browsers, 1);
	trec_scan_free(&s);
	for (int i = 0; i < TRIES && d.client_gone == 0; i++) {
		bus_rig_turn(d.bus);
		(void)bus_rig_rest(d.bus, &(struct trec_poll){ .fd = -1 });
	}
	CU_ASSERT_EQUAL(d.client_gone, 1);
	end(&s);
}

static bool start_once(struct fault_env *e, void *ctx)
{
	struct trec_scan *s = NULL;
	trec_err err = trec_scan_start(&e->env, "tcp:", &s);
	bool clean = e->fired > 0 ? err == TREC_E_NO_MEMORY && s == NULL : err == TREC_OK;

	(void)ctx;
	trec_scan_free(&s);
	return clean;
}

static void memory_may_run_out_at_any_time(void)
{
	CU_ASSERT_TRUE(fault_env_each_alloc(start_once, NULL, 50));
}

static void words_behind_the_colon_are_no_place(void)
{
	struct trec_scan *s;

	CU_ASSERT_EQUAL(trec_scan_start(trec_env_default(), "tcp:x", &s), TREC_E_BAD_URI);
	CU_ASSERT_EQUAL(trec_scan_start(trec_env_default(), "tcp://10.0.0.1", &s), TREC_E_BAD_URI);
	CU_ASSERT_PTR_NULL(s);
}

static const struct suite_case cases[] = {
	SUITE_CASE(services_become_addresses),
	SUITE_CASE(a_name_is_told_once_for_each_address_and_a_new_name_again),
	SUITE_CASE(signals_ahead_of_the_browsers_path_count),
	SUITE_CASE(hostile_answers_are_left_out),
	SUITE_CASE(what_is_no_service_of_ours_is_not_even_asked_about),
	SUITE_CASE(only_avahi_is_listened_to),
	SUITE_CASE(a_flood_is_bounded_and_passes),
	SUITE_CASE(a_daemon_that_is_restarted_is_asked_again),
	SUITE_CASE(no_daemon_is_said_and_waited_for),
	SUITE_CASE(a_daemon_that_refuses_or_fails_is_asked_again_later),
	SUITE_CASE(without_a_bus_nothing_is_looked_for),
	SUITE_CASE(nothing_is_looked_for_before_or_after),
	SUITE_CASE(memory_may_run_out_at_any_time),
	SUITE_CASE(words_behind_the_colon_are_no_place),
};

int main(void)
{
	if (!bus_rig_start())
		suite_skip("discover_avahi", "dbus-daemon is not installed");
	int status = suite_main("discover_avahi", cases, sizeof(cases) / sizeof(cases[0]));

	bus_rig_stop();
	return status;
}
