/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connection to the system bus, against a bus of the test's own. */
#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "tests/lib/bus_rig.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "transports/bus.h"

#define NAME "org.example.Double"
#define OBJECT "/org/example"
#define ROUNDS 200
#define ROUND_MS 10

/* Waits a little for either to have something; other may be NULL. */
static bool rest(const struct tp_bus *b, sd_bus *other)
{
	struct trec_poll p;

	tp_bus_poll(b, &p);
	if (other != NULL)
		return bus_rig_rest(other, &p);
	struct pollfd fd = { .fd = p.fd, .events = (short)((p.readable ? POLLIN : 0) |
							   (p.writable ? POLLOUT : 0)) };

	return poll(&fd, 1, ROUND_MS) > 0;
}

/* What a reply or a watch told. */
struct told {
	unsigned times;
	trec_err err;
	char owner[TP_BUS_NAME_MAX + 1];
};

static void on_reply(void *ctx, trec_err err, sd_bus_message *m)
{
	struct told *t = ctx;

	(void)m;
	t->times++;
	t->err = err;
}

static void on_owner(void *ctx, const char *owner)
{
	struct told *t = ctx;

	t->times++;
	snprintf(t->owner, sizeof(t->owner), "%s", owner);
}

/* Steps until it was told so often, or gives up. */
static bool until(struct tp_bus *b, sd_bus *other, const struct told *t, unsigned times)
{
	for (int i = 0; i < ROUNDS && t->times < times; i++) {
		if (other != NULL)
			bus_rig_turn(other);
		if (tp_bus_step(b) == TREC_E_LOST)
			break;
		if (t->times < times)
			(void)rest(b, other);
	}
	return t->times >= times;
}

/* Until nothing more comes. */
static void settle(struct tp_bus *b, sd_bus *other)
{
	bool more = true;

	for (int i = 0; i < ROUNDS && more; i++) {
		if (other != NULL)
			bus_rig_turn(other);
		more = tp_bus_step(b) == TREC_OK;
		more = rest(b, other) || more;
	}
}

static trec_err call(struct tp_bus *b, const char *name, const char *method, struct told *t)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(tp_bus_sd(b), &m, name, OBJECT, "org.example.Face",
					       method);

	CU_ASSERT(r >= 0);
	return tp_bus_call(b, m, on_reply, t);
}

static int answer(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
	(void)userdata;
	(void)e;
	return sd_bus_reply_method_return(m, NULL);
}

static int refuse(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
	(void)m;
	(void)userdata;
	return sd_bus_error_set_const(e, "org.example.Error.No", "no");
}

static int deny(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
	(void)m;
	(void)userdata;
	return sd_bus_error_set_const(e, SD_BUS_ERROR_ACCESS_DENIED, "never");
}

static int keep_silent(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
	(void)m;
	(void)userdata;
	(void)e;
	return 1;
}

#define METHOD(name, fn) SD_BUS_METHOD(name, "", "", fn, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable face[] = {
	SD_BUS_VTABLE_START(0), METHOD("Answer", answer),	METHOD("Refuse", refuse),
	METHOD("Deny", deny),	METHOD("Silent", keep_silent), SD_BUS_VTABLE_END,
};

static sd_bus *service(void)
{
	sd_bus *sd = bus_rig_connect(NAME);

	CU_ASSERT(sd_bus_add_object_vtable(sd, NULL, OBJECT, "org.example.Face", face, NULL) >= 0);
	return sd;
}

static char real_address[256];

static void another_bus(const char *address)
{
	snprintf(real_address, sizeof(real_address), "%s", getenv("DBUS_SYSTEM_BUS_ADDRESS"));
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
}

static void back_to_the_bus(void)
{
	setenv("DBUS_SYSTEM_BUS_ADDRESS", real_address, 1);
}

static void bus_that_is_not_there_is_unreachable(void)
{
	struct fault_env f;
	struct tp_bus *b = NULL;

	fault_env_init(&f, 1);
	another_bus("unix:path=/nonexistent/bus");
	CU_ASSERT_EQUAL(tp_bus_open(&f.env, &b), TREC_E_UNREACHABLE);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", "nonsense", 1);
	CU_ASSERT_EQUAL(tp_bus_open(&f.env, &b), TREC_E_UNREACHABLE);
	CU_ASSERT_PTR_NULL(b);
	back_to_the_bus();
	tp_bus_free(&b);
	CU_ASSERT(fault_env_clean(&f));
}

static void bus_that_never_greets_is_lost_by_our_clock(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char address[96];
	struct fault_env f;
	struct tp_bus *b;
	struct trec_poll p;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	fault_env_init(&f, 1);
	snprintf(un.sun_path, sizeof(un.sun_path), "/tmp/trec-silent-%d", (int)getpid());
	snprintf(address, sizeof(address), "unix:path=%s", un.sun_path);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	CU_ASSERT_EQUAL(listen(fd, 1), 0);
	another_bus(address);
	CU_ASSERT_EQUAL_FATAL(tp_bus_open(&f.env, &b), TREC_OK);
	settle(b, NULL);
	CU_ASSERT_EQUAL(tp_bus_step(b), TREC_E_AGAIN);
	tp_bus_poll(b, &p);
	CU_ASSERT_EQUAL(p.next_ms, f.now_ms + TP_BUS_REPLY_MS);
	f.now_ms = p.next_ms;
	CU_ASSERT_EQUAL(tp_bus_step(b), TREC_E_LOST);
	tp_bus_free(&b);
	back_to_the_bus();
	close(fd);
	unlink(un.sun_path);
	CU_ASSERT(fault_env_clean(&f));
}

static void ends_of_calls_say_what_happened(void)
{
	static const struct {
		const char *name, *method;
		trec_err err;
	} rows[] = {
		{ NAME, "Answer", TREC_OK },
		{ NAME, "Refuse", TREC_E_IO },
		{ NAME, "Deny", TREC_E_REFUSED },
		{ NAME, "Nothing", TREC_E_UNSUPPORTED },
		{ "org.example.Nobody", "Answer", TREC_E_UNREACHABLE },
	};
	struct fault_env f;
	struct tp_bus *b;
	sd_bus *other = service();

	fault_env_init(&f, 1);
	CU_ASSERT_EQUAL_FATAL(tp_bus_open(&f.env, &b), TREC_OK);
	for (size_t i = 0; i < BASE_COUNT(rows); i++) {
		struct told t = { 0 };

		CU_ASSERT_EQUAL(call(b, rows[i].name, rows[i].method, &t), TREC_OK);
		CU_ASSERT(until(b, other, &t, 1));
		CU_ASSERT_EQUAL(t.err, rows[i].err);
	}
	tp_bus_free(&b);
	sd_bus_flush_close_unref(other);
	CU_ASSERT(fault_env_clean(&f));
}

static void call_without_a_reply_ends_by_our_clock(void)
{
	struct fault_env f;
	struct tp_bus *b;
	struct told t = { 0 };
	struct trec_poll p;
	sd_bus *other = service();

	fault_env_init(&f, 1);
	CU_ASSERT_EQUAL_FATAL(tp_bus_open(&f.env, &b), TREC_OK);
	CU_ASSERT_EQUAL(call(b, NAME, "Silent", &t), TREC_OK);
	settle(b, other);
	CU_ASSERT_EQUAL(t.times, 0);
	tp_bus_poll(b, &p);
	CU_ASSERT_EQUAL(p.next_ms, f.now_ms + TP_BUS_REPLY_MS);
	f.now_ms = p.next_ms;
	CU_ASSERT_EQUAL(tp_bus_step(b), TREC_OK);
	CU_ASSERT_EQUAL(t.times, 1);
	CU_ASSERT_EQUAL(t.err, TREC_E_TIMEOUT);
	tp_bus_poll(b, &p);
	CU_ASSERT_EQUAL(p.next_ms, UINT64_MAX);
	tp_bus_free(&b);
	sd_bus_flush_close_unref(other);
	CU_ASSERT(fault_env_clean(&f));
}

static void calls_under_way_are_bounded_and_can_be_forgotten(void)
{
	struct fault_env f;
	struct tp_bus *b;
	struct told t = { 0 }, kept = { 0 };
	sd_bus *other = service();

	fault_env_init(&f, 1);
	CU_ASSERT_EQUAL_FATAL(tp_bus_open(&f.env, &b), TREC_OK);
	for (int i = 0; i < TP_BUS_CALLS - 1; i++)
		CU_ASSERT_EQUAL(call(b, NAME, "Answer", &t), TREC_OK);
	CU_ASSERT_EQUAL(call(b, NAME, "Answer", &kept), TREC_OK);
	CU_ASSERT_EQUAL(call(b, NAME, "Answer", &t), TREC_E_BUSY);
	CU_ASSERT_EQUAL(tp_bus_call(b, NULL, on_reply, &t), TREC_E_NO_MEMORY);
	tp_bus_forget(b, &t);
	CU_ASSERT(until(b, other, &kept, 1));
	settle(b, other);
	CU_ASSERT_EQUAL(t.times, 0);
	CU_ASSERT_EQUAL(call(b, NAME, "Answer", &t), TREC_OK);
	CU_ASSERT(until(b, other, &t, 1));
	tp_bus_free(&b);
	sd_bus_flush_close_unref(other);
	CU_ASSERT(fault_env_clean(&f));
}

static void owner_is_told_at_the_start_and_at_every_change(void)
{
	struct fault_env f;
	struct tp_bus *b;
	struct told t = { 0 };
	const char *unique = NULL;

	fault_env_init(&f, 1);
	CU_ASSERT_EQUAL_FATAL(tp_bus_open(&f.env, &b), TREC_OK);
	CU_ASSERT_EQUAL(tp_bus_watch(b, NAME, on_owner, &t), TREC_OK);
	CU_ASSERT(until(b, NULL, &t, 1));
	CU_ASSERT_STRING_EQUAL(t.owner, "");
	for (unsigned round = 1; round <= 2; round++) {
		sd_bus *other = service();

		CU_ASSERT(until(b, other, &t, 2 * round));
		CU_ASSERT(sd_bus_get_unique_name(other, &unique) >= 0);
		CU_ASSERT_STRING_EQUAL(t.owner, unique);
		CU_ASSERT_STRING_EQUAL(tp_bus_owner(b, NAME), unique);
		sd_bus_flush_close_unref(other);
		CU_ASSERT(until(b, NULL, &t, 2 * round + 1));
		CU_ASSERT_STRING_EQUAL(t.owner, "");
	}
	tp_bus_free(&b);
	CU_ASSERT(fault_env_clean(&f));
}

/* A signal that says the same, sent by another straight to this connection. */
static void forged_change_of_owner_is_not_believed(void)
{
	struct fault_env f;
	struct tp_bus *b;
	struct told t = { 0 };
	const char *unique = NULL;
	sd_bus *other = service();
	sd_bus_message *m = NULL;

	fault_env_init(&f, 1);
	CU_ASSERT_EQUAL_FATAL(tp_bus_open(&f.env, &b), TREC_OK);
	CU_ASSERT_EQUAL(tp_bus_watch(b, NAME, on_owner, &t), TREC_OK);
	CU_ASSERT(until(b, other, &t, 1));
	CU_ASSERT(sd_bus_get_unique_name(tp_bus_sd(b), &unique) >= 0);
	CU_ASSERT(sd_bus_message_new_signal(other, &m, "/org/freedesktop/DBus",
					    "org.freedesktop.DBus", "NameOwnerChanged") >= 0);
	CU_ASSERT(sd_bus_message_append(m, "sss", NAME, tp_bus_owner(b, NAME), ":1.999") >= 0);
	CU_ASSERT(sd_bus_message_set_destination(m, unique) >= 0);
	CU_ASSERT(sd_bus_send(other, m, NULL) >= 0);
	sd_bus_message_unref(m);
	settle(b, other);
	CU_ASSERT_EQUAL(t.times, 1);
	tp_bus_free(&b);
	sd_bus_flush_close_unref(other);
	CU_ASSERT(fault_env_clean(&f));
}

static int count(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
	(void)m;
	(void)e;
	++*(unsigned *)userdata;
	return 0;
}

static void step_handles_a_bounded_number_of_messages(void)
{
	struct fault_env f;
	struct tp_bus *b;
	struct told t = { 0 };
	struct trec_poll p;
	sd_bus *other = service();
	unsigned seen = 0, most = 0;

	fault_env_init(&f, 1);
	CU_ASSERT_EQUAL_FATAL(tp_bus_open(&f.env, &b), TREC_OK);
	CU_ASSERT(sd_bus_add_match_async(tp_bus_sd(b), NULL, "type='signal',member='Flood'", count,
					 NULL, &seen) >= 0);
	CU_ASSERT_EQUAL(call(b, NAME, "Answer", &t), TREC_OK);
	CU_ASSERT(until(b, other, &t, 1));
	for (int i = 0; i < 200; i++)
		CU_ASSERT(sd_bus_emit_signal(other, OBJECT, "org.example.Face", "Flood", "") >= 0);
	CU_ASSERT(sd_bus_flush(other) >= 0);
	for (int i = 0; i < ROUNDS && seen < 200; i++) {
		unsigned before = seen;

		tp_bus_poll(b, &p);
		if (p.next_ms > f.now_ms)
			(void)rest(b, NULL);
		(void)tp_bus_step(b);
		most = seen - before > most ? seen - before : most;
	}
	CU_ASSERT_EQUAL(seen, 200);
	CU_ASSERT(most <= TP_BUS_STEP);
	tp_bus_free(&b);
	sd_bus_flush_close_unref(other);
	CU_ASSERT(fault_env_clean(&f));
}

static void idle_connection_wakes_nobody(void)
{
	struct fault_env f;
	struct tp_bus *b;
	struct told t = { 0 };
	struct trec_poll p;

	fault_env_init(&f, 1);
	CU_ASSERT_EQUAL_FATAL(tp_bus_open(&f.env, &b), TREC_OK);
	CU_ASSERT_EQUAL(tp_bus_watch(b, NAME, on_owner, &t), TREC_OK);
	settle(b, NULL);
	CU_ASSERT_EQUAL(tp_bus_step(b), TREC_E_AGAIN);
	tp_bus_poll(b, &p);
	CU_ASSERT_EQUAL(p.next_ms, UINT64_MAX);
	CU_ASSERT(p.readable && !p.writable && p.fd >= 0);
	tp_bus_free(&b);
	CU_ASSERT(fault_env_clean(&f));
}

static void bus_that_ends_is_lost(void)
{
	struct fault_env f;
	struct tp_bus *b;
	struct told t = { 0 };

	fault_env_init(&f, 1);
	CU_ASSERT_EQUAL_FATAL(tp_bus_open(&f.env, &b), TREC_OK);
	settle(b, NULL);
	bus_rig_stop();
	settle(b, NULL);
	CU_ASSERT_EQUAL(tp_bus_step(b), TREC_E_LOST);
	CU_ASSERT_EQUAL(call(b, NAME, "Answer", &t), TREC_E_LOST);
	CU_ASSERT_EQUAL(tp_bus_watch(b, NAME, on_owner, &t), TREC_E_LOST);
	tp_bus_free(&b);
	CU_ASSERT(bus_rig_start());
	CU_ASSERT(fault_env_clean(&f));
}

static bool open_and_call(struct fault_env *f, void *ctx)
{
	struct tp_bus *b = NULL;
	struct told t = { 0 };
	trec_err err = tp_bus_open(&f->env, &b);

	(void)ctx;
	if (err != TREC_OK)
		return err == TREC_E_NO_MEMORY && b == NULL;
	bool fine = tp_bus_watch(b, NAME, on_owner, &t) == TREC_OK;

	tp_bus_free(&b);
	return fine;
}

static void every_allocation_may_fail(void)
{
	CU_ASSERT(fault_env_each_alloc(open_and_call, NULL, 10));
}

static const struct suite_case cases[] = {
	SUITE_CASE(bus_that_is_not_there_is_unreachable),
	SUITE_CASE(bus_that_never_greets_is_lost_by_our_clock),
	SUITE_CASE(ends_of_calls_say_what_happened),
	SUITE_CASE(call_without_a_reply_ends_by_our_clock),
	SUITE_CASE(calls_under_way_are_bounded_and_can_be_forgotten),
	SUITE_CASE(owner_is_told_at_the_start_and_at_every_change),
	SUITE_CASE(forged_change_of_owner_is_not_believed),
	SUITE_CASE(step_handles_a_bounded_number_of_messages),
	SUITE_CASE(idle_connection_wakes_nobody),
	SUITE_CASE(bus_that_ends_is_lost),
	SUITE_CASE(every_allocation_may_fail),
};

int main(void)
{
	if (!bus_rig_start())
		suite_skip("bus", "dbus-daemon cannot be started");
	int status = suite_main("bus", cases, BASE_COUNT(cases));

	bus_rig_stop();
	return status;
}
