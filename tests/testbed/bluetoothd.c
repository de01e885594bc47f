/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listening beside the real bluetoothd: its record is found, what it hands over carries bytes, and
 * it may end and come back. Runs in the guest of tests/testbed/vm with two controllers, which are
 * each other's peers: hci0 calls, hci1 is called. Both ends are moved by one thread.
 */
#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/base.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "transports/adapter.h"
#include "transports/find.h"

#define PATIENCE_MS 20000
#define STEP_MS 20
#define IDLE_MS 3000
#define AMOUNT 65536 /* bytes each way */

static char bd[2][18]; /* addresses of hci0 and hci1 */

/* A listener or two, and one connection. */
struct scene {
	struct fault_env f;
	struct trec_listener *l[2];
	struct trec_link *near, *far;
	unsigned arrived_at; /* index of the listener far came from */
	unsigned handed_over;
};

static struct scene *current;

static void note(void *ctx, enum trec_level level, const char *line)
{
	(void)ctx;
	(void)level;
	printf("  log: %s\n", line);
	if (current != NULL && strstr(line, "handed over") != NULL)
		current->handed_over++;
}

static uint64_t now(void)
{
	return trec_env_default()->now_ms(trec_env_default()->ctx);
}

static void rest(void)
{
	(void)poll(NULL, 0, STEP_MS);
}

static void begin(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	fault_env_init(&s->f, 1);
	s->f.env.now_ms = trec_env_default()->now_ms;
	s->f.env.log = note;
	current = s;
}

static void end(struct scene *s)
{
	trec_link_free(&s->near);
	trec_link_free(&s->far);
	trec_listener_free(&s->l[0]);
	trec_listener_free(&s->l[1]);
	CU_ASSERT(fault_env_clean(&s->f));
	current = NULL;
}

static bool listening(struct scene *s, int which, const char *uri)
{
	trec_err err = trec_listen(&s->f.env, uri, &s->l[which]);

	if (err != TREC_OK)
		printf("  %s: %s\n", uri, trec_err_text(err));
	return err == TREC_OK;
}

/* Whatever the listeners have to do; the first connection is kept. */
static void turn(struct scene *s)
{
	for (unsigned i = 0; i < 2; i++) {
		struct trec_link *got = NULL;
		struct trec_poll want;

		if (s->l[i] == NULL)
			continue;
		trec_listener_poll(s->l[i], &want);
		struct pollfd p = { .fd = want.fd, .events = POLLIN };

		if (poll(&p, 1, 0) <= 0 && want.next_ms > now())
			continue;
		if (trec_listener_accept(s->l[i], &got) != TREC_OK)
			continue;
		if (s->far == NULL) {
			s->far = got;
			s->arrived_at = i;
		} else {
			trec_link_free(&got);
		}
	}
}

/* The listener's address with (true) or without a channel, within a time. */
static bool has_channel(struct scene *s, int which, bool wanted)
{
	char uri[TREC_URI_MAX + 1] = "";

	for (uint64_t until = now() + PATIENCE_MS; now() < until; rest()) {
		turn(s);
		trec_listener_uri(s->l[which], uri);
		if ((strchr(uri + strlen("rfcomm://"), '/') != NULL) == wanted)
			return true;
	}
	printf("  address is %s\n", uri);
	return false;
}

/* Sends and receives AMOUNT from a to b. */
static bool one_way(struct scene *s, struct trec_link *a, struct trec_link *b)
{
	static uint8_t out[AMOUNT], in[AMOUNT];
	size_t sent = 0, got = 0, n;

	for (size_t i = 0; i < AMOUNT; i++)
		out[i] = (uint8_t)(i * 7 + i / 251);
	for (uint64_t until = now() + PATIENCE_MS; got < AMOUNT && now() < until;) {
		trec_err sending = TREC_E_AGAIN;

		if (sent < AMOUNT)
			sending = trec_link_send(a, out + sent, AMOUNT - sent, &n);
		if (sending == TREC_OK)
			sent += n;
		trec_err receiving = trec_link_recv(b, in + got, AMOUNT - got, &n);

		if (receiving == TREC_OK)
			got += n;
		if ((sending != TREC_OK && sending != TREC_E_AGAIN) ||
		    (receiving != TREC_OK && receiving != TREC_E_AGAIN) ||
		    (receiving == TREC_OK && n == 0))
			return false;
		turn(s);
	}
	return got == AMOUNT && memcmp(in, out, AMOUNT) == 0;
}

static bool both_ways(struct scene *s)
{
	return one_way(s, s->near, s->far) && one_way(s, s->far, s->near);
}

/* Connects and waits for both ends; -1 or the listener it arrived at. */
static int connected(struct scene *s, const char *uri)
{
	uint8_t byte = 1;
	size_t n;

	trec_link_free(&s->near);
	trec_link_free(&s->far);
	trec_err err = trec_link_connect(&s->f.env, uri, &s->near);
	bool said = false;

	for (uint64_t until = now() + PATIENCE_MS; err == TREC_OK && now() < until; rest()) {
		turn(s);
		if (!said) {
			err = trec_link_send(s->near, &byte, 1, &n);
			said = err == TREC_OK;
			err = err == TREC_E_AGAIN ? TREC_OK : err;
		}
		if (s->far != NULL && trec_link_recv(s->far, &byte, 1, &n) == TREC_OK)
			return n == 1 ? (int)s->arrived_at : -1;
	}
	printf("  %s: %s\n", uri, trec_err_text(err == TREC_OK ? TREC_E_TIMEOUT : err));
	return -1;
}

/*
 * The same, again and again: controllers that were just switched on may have met before all of
 * it was set up, and refuse until their connection has been idle and ended (2 s).
 */
static int connected_at_last(struct scene *s, const char *uri)
{
	int at = connected(s, uri);

	for (uint64_t until = now() + PATIENCE_MS; at < 0 && now() < until;) {
		for (uint64_t pause = now() + IDLE_MS; now() < pause; rest())
			turn(s);
		at = connected(s, uri);
	}
	return at;
}

static void address(char uri[TREC_URI_MAX + 1], int to)
{
	snprintf(uri, TREC_URI_MAX + 1, "rfcomm://%s?adapter=hci%d", bd[to], 1 - to);
}

static bool bt(const char *words)
{
	char command[128];

	snprintf(command, sizeof(command), "bt %s", words);
	return system(command) == 0;
}

/* How many records hci1 has, and the channel of the first. */
static size_t records(struct scene *s, unsigned *channel)
{
	const struct tp_sdp_found *found;
	struct tp_adapter a;
	struct tp_find *find = NULL;
	trec_err err = tp_adapter_find(2, NULL, &a);
	size_t n = 0;

	if (err == TREC_OK)
		err = tp_find_start(&s->f.env, NULL, a.bd, &find);
	for (uint64_t until = now() + PATIENCE_MS; err == TREC_OK && now() < until; rest()) {
		turn(s);
		err = tp_find_step(find);
		if (err == TREC_OK)
			break;
		err = err == TREC_E_AGAIN ? TREC_OK : err;
	}
	if (err == TREC_OK)
		n = tp_find_records(find, &found);
	*channel = n > 0 ? found[0].channel : 0;
	tp_find_free(&find);
	return n;
}

/* The same, within a time. */
static bool records_are(struct scene *s, size_t wanted, unsigned *channel)
{
	for (uint64_t until = now() + PATIENCE_MS; now() < until; rest())
		if (records(s, channel) == wanted)
			return true;
	return false;
}

static void record_is_found_and_a_link_handed_over_carries_both_ways(void)
{
	struct scene s;
	char uri[TREC_URI_MAX + 1], own[TREC_URI_MAX + 1];
	unsigned channel;

	begin(&s);
	CU_ASSERT_FATAL(listening(&s, 0, "rfcomm:"));
	trec_listener_uri(s.l[0], own);
	CU_ASSERT(has_channel(&s, 0, false));
	CU_ASSERT(records_are(&s, 1, &channel));
	CU_ASSERT(channel >= 1 && channel <= 30);
	CU_ASSERT_NOT_EQUAL((int)channel, atoi(strrchr(own, '/') + 1));
	address(uri, 1);
	CU_ASSERT_EQUAL_FATAL(connected_at_last(&s, uri), 0);
	CU_ASSERT(s.handed_over >= 1);
	CU_ASSERT(both_ways(&s));
	end(&s);
	begin(&s);
	CU_ASSERT(records_are(&s, 0, &channel));
	end(&s);
}

static void own_channel_works_beside_bluetoothd(void)
{
	struct scene s;
	char uri[TREC_URI_MAX + 1], own[TREC_URI_MAX + 1];

	begin(&s);
	CU_ASSERT_FATAL(listening(&s, 0, "rfcomm:"));
	trec_listener_uri(s.l[0], own);
	CU_ASSERT(has_channel(&s, 0, false));
	snprintf(uri, sizeof(uri), "rfcomm://%s%s?adapter=hci0", bd[1], strrchr(own, '/'));
	CU_ASSERT_EQUAL_FATAL(connected_at_last(&s, uri), 0);
	CU_ASSERT_EQUAL(s.handed_over, 0);
	CU_ASSERT(both_ways(&s));
	end(&s);
}

static void bluetoothd_killed_and_started_again_serves_new_connections(void)
{
	struct scene s;
	char uri[TREC_URI_MAX + 1];

	begin(&s);
	CU_ASSERT_FATAL(listening(&s, 0, "rfcomm:"));
	CU_ASSERT(has_channel(&s, 0, false));
	CU_ASSERT_FATAL(bt("daemon kill"));
	CU_ASSERT(has_channel(&s, 0, true));
	CU_ASSERT_FATAL(bt("daemon start"));
	(void)bt("connectable hci1 on");
	CU_ASSERT(has_channel(&s, 0, false));
	address(uri, 1);
	CU_ASSERT_EQUAL_FATAL(connected_at_last(&s, uri), 0);
	CU_ASSERT(s.handed_over >= 1);
	CU_ASSERT(both_ways(&s));
	end(&s);
}

static void without_bluetoothd_a_listener_is_reached_by_its_channel(void)
{
	struct scene s;
	char uri[TREC_URI_MAX + 1], own[TREC_URI_MAX + 1];

	CU_ASSERT_FATAL(bt("daemon stop"));
	(void)bt("power hci0 on");
	(void)bt("power hci1 on");
	(void)bt("connectable hci1 on");
	begin(&s);
	CU_ASSERT_FATAL(listening(&s, 0, "rfcomm:"));
	trec_listener_uri(s.l[0], own);
	snprintf(uri, sizeof(uri), "rfcomm://%s%s?adapter=hci0", bd[1], strrchr(own, '/'));
	CU_ASSERT_EQUAL(connected_at_last(&s, uri), 0);
	CU_ASSERT(s.near != NULL && s.far != NULL && both_ways(&s));
	CU_ASSERT(has_channel(&s, 0, true));
	/* bluetoothd comes later and takes it up. */
	CU_ASSERT_FATAL(bt("daemon start"));
	(void)bt("connectable hci1 on");
	CU_ASSERT(has_channel(&s, 0, false));
	address(uri, 1);
	CU_ASSERT_EQUAL(connected_at_last(&s, uri), 0);
	end(&s);
}

static void two_listeners_are_each_reached_at_their_own_adapter(void)
{
	struct scene s;
	char uri[TREC_URI_MAX + 1];
	unsigned channel;

	begin(&s);
	CU_ASSERT_FATAL(listening(&s, 0, "rfcomm:?adapter=hci0"));
	CU_ASSERT_FATAL(listening(&s, 1, "rfcomm:/17?adapter=hci1"));
	CU_ASSERT(records_are(&s, 2, &channel));
	for (int to = 0; to < 2; to++) {
		address(uri, to);
		CU_ASSERT_EQUAL(connected_at_last(&s, uri), to);
		CU_ASSERT(s.near != NULL && s.far != NULL && both_ways(&s));
	}
	CU_ASSERT_EQUAL(s.handed_over, 0);
	end(&s);
}

static void listener_outlives_its_adapter_being_off(void)
{
	struct scene s;
	char uri[TREC_URI_MAX + 1];

	begin(&s);
	CU_ASSERT_FATAL(listening(&s, 0, "rfcomm:"));
	CU_ASSERT_FATAL(listening(&s, 1, "rfcomm:/18?adapter=hci1"));
	CU_ASSERT(has_channel(&s, 0, false));
	CU_ASSERT(bt("power hci1 off"));
	for (int i = 0; i < 20; i++, rest())
		turn(&s);
	CU_ASSERT(bt("power hci1 on"));
	(void)bt("connectable hci1 on");
	snprintf(uri, sizeof(uri), "rfcomm://%s/18?adapter=hci0", bd[1]);
	CU_ASSERT_EQUAL(connected_at_last(&s, uri), 1);
	CU_ASSERT(s.near != NULL && s.far != NULL && both_ways(&s));
	end(&s);
}

static const struct suite_case beside[] = {
	SUITE_CASE(record_is_found_and_a_link_handed_over_carries_both_ways),
	SUITE_CASE(own_channel_works_beside_bluetoothd),
	SUITE_CASE(two_listeners_are_each_reached_at_their_own_adapter),
	SUITE_CASE(listener_outlives_its_adapter_being_off),
};
static const struct suite_case killed[] = {
	SUITE_CASE(bluetoothd_killed_and_started_again_serves_new_connections),
};
static const struct suite_case absent[] = {
	SUITE_CASE(without_bluetoothd_a_listener_is_reached_by_its_channel),
};

/*
 * Each group wants a guest of its own: bluetoothd forgets link keys when it starts, and both ends
 * of a connection are its.
 */
int main(int argc, char **argv)
{
	const char *group = argc > 1 ? argv[1] : "beside";
	struct tp_adapter a;

	if (getenv("TREC_VM") == NULL)
		suite_skip("bluetoothd", "not in the guest of tests/testbed/vm");
	for (uint8_t i = 0; i < 2; i++) {
		if (tp_adapter_find((uint8_t)(i + 1), NULL, &a) != TREC_OK)
			suite_skip("bluetoothd", "fewer than two controllers");
		snprintf(bd[i], sizeof(bd[i]), "%02X:%02X:%02X:%02X:%02X:%02X", a.bd[0], a.bd[1],
			 a.bd[2], a.bd[3], a.bd[4], a.bd[5]);
	}
	if (strcmp(group, "killed") == 0)
		return suite_main("bluetoothd", killed, BASE_COUNT(killed));
	if (strcmp(group, "absent") == 0)
		return suite_main("bluetoothd", absent, BASE_COUNT(absent));
	return suite_main("bluetoothd", beside, BASE_COUNT(beside));
}
