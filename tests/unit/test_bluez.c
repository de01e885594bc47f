/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A service registered at bluetoothd, which is played by a double: bluez_double.h. What of this the
 * real one does, tests/testbed shows.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/unit/bluez_double.h"
#include "transports/bluez.h"
#include "transports/bus.h"

#define UUID "01234567-89ab-cdef-0123-456789abcdef"
#define ROUNDS 200
#define DELAY_MS 1000 /* before the first further try */

static bool is_socket(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
}

static const struct bluez_want listening = {
	.uuid = UUID, .name = "trec", .is_link = is_socket
};

/* One profile, bluetoothd, and perhaps somebody else. */
struct scene {
	struct fault_env f;
	struct bluez_double d, other;
	struct bluez_profile *p;
};

/* Moves everybody until nothing more comes. */
static void settle(struct scene *s)
{
	struct trec_poll want;
	bool more = true;

	for (int i = 0; i < ROUNDS && more; i++) {
		more = false;
		if (s->d.bus != NULL)
			bus_rig_turn(s->d.bus);
		if (s->other.bus != NULL)
			bus_rig_turn(s->other.bus);
		tp_bluez_step(s->p);
		tp_bluez_poll(s->p, &want);
		struct pollfd fds[] = {
			{ .fd = want.fd, .events = POLLIN },
			{ .fd = s->d.bus ? sd_bus_get_fd(s->d.bus) : -1, .events = POLLIN },
			{ .fd = s->other.bus ? sd_bus_get_fd(s->other.bus) : -1, .events = POLLIN },
		};
		more = poll(fds, 3, 20) > 0;
	}
}

static void begin(struct scene *s, const struct bluez_want *want, bool bluetoothd)
{
	fault_env_init(&s->f, 1);
	if (bluetoothd)
		bluez_double_start(&s->d);
	CU_ASSERT_EQUAL_FATAL(tp_bluez_new(&s->f.env, want, &s->p), TREC_OK);
	settle(s);
}

static void end(struct scene *s)
{
	tp_bluez_free(&s->p);
	CU_ASSERT_PTR_NULL(s->p);
	bluez_double_stop(&s->d);
	bluez_double_stop(&s->other);
	CU_ASSERT(fault_env_clean(&s->f));
}

/* Until the next try is due, by the clock. */
static uint64_t to_next_try(struct scene *s)
{
	struct trec_poll want;
	uint64_t before = s->f.now_ms;

	tp_bluez_poll(s->p, &want);
	CU_ASSERT_NOT_EQUAL_FATAL(want.next_ms, UINT64_MAX);
	s->f.now_ms = want.next_ms;
	settle(s);
	return want.next_ms - before;
}

static void service_is_registered_without_demands(void)
{
	struct scene s = { 0 };

	begin(&s, &listening, true);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_READY);
	CU_ASSERT_EQUAL(s.d.asked, 1);
	CU_ASSERT_STRING_EQUAL(s.d.uuid, UUID);
	CU_ASSERT_STRING_EQUAL(s.d.name, "trec");
	CU_ASSERT_STRING_EQUAL(s.d.role, "server");
	CU_ASSERT_STRING_EQUAL(s.d.record, "");
	CU_ASSERT_EQUAL(s.d.channel, 0);
	CU_ASSERT_FALSE(s.d.demands);
	CU_ASSERT(tp_bluez_listens(s.p));
	end(&s);
}

static void record_of_a_channel_is_registered_instead(void)
{
	char xml[TP_BLUEZ_RECORD_MAX + 1];
	struct bluez_want want = { .uuid = UUID, .name = "trec", .record = xml };
	struct scene s = { 0 };

	CU_ASSERT_EQUAL(tp_bluez_record(UUID, 22, "trec", xml), TREC_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(xml, "<uuid value=\"" UUID "\"/>"));
	CU_ASSERT_PTR_NOT_NULL(strstr(xml, "<uuid value=\"0x0003\"/><uint8 value=\"0x16\"/>"));
	begin(&s, &want, true);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_READY);
	CU_ASSERT_FALSE(tp_bluez_listens(s.p));
	CU_ASSERT_STRING_EQUAL(s.d.record, xml);
	CU_ASSERT_EQUAL(s.d.channel, -1);
	CU_ASSERT(strcmp(s.d.uuid, UUID) != 0 && strlen(s.d.uuid) == strlen(UUID));
	/* Nothing is to be handed over then. */
	bluez_double_hand_over(&s.d, STDOUT_FILENO, 0);
	settle(&s);
	CU_ASSERT_STRING_EQUAL(s.d.error_back, "org.bluez.Error.Rejected");
	end(&s);
	CU_ASSERT_EQUAL(tp_bluez_record(UUID, 0, "trec", xml), TREC_OK);
	CU_ASSERT_PTR_NULL(strstr(xml, "0x0003"));
}

/* bluetoothd takes each UUID once; the next program adds its record under a UUID made up. */
static void service_that_another_has_already_gets_a_record_beside(void)
{
	char xml[TP_BLUEZ_RECORD_MAX + 1];
	struct bluez_want want = listening;
	struct scene s = { 0 };

	CU_ASSERT_EQUAL(tp_bluez_record(UUID, 30, "trec", xml), TREC_OK);
	want.record = xml;
	s.d.taken = UUID;
	begin(&s, &want, true);
	CU_ASSERT_EQUAL(s.d.asked, 2);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_READY);
	CU_ASSERT_FALSE(tp_bluez_listens(s.p));
	CU_ASSERT_STRING_EQUAL(s.d.record, xml);
	/* A bluetoothd that starts anew is asked for the service first. */
	bluez_double_stop(&s.d);
	settle(&s);
	s.d.taken = NULL;
	bluez_double_start(&s.d);
	settle(&s);
	CU_ASSERT(tp_bluez_listens(s.p));
	CU_ASSERT_STRING_EQUAL(s.d.uuid, UUID);
	end(&s);
}

static void link_handed_over_carries_both_ways(void)
{
	struct scene s = { 0 };
	int ends[2];
	char b[8] = { 0 };

	begin(&s, &listening, true);
	CU_ASSERT_EQUAL(tp_bluez_take(s.p), -1);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	bluez_double_hand_over(&s.d, ends[0], 60000);
	settle(&s);
	close(ends[0]);
	CU_ASSERT_EQUAL(s.d.ended, 1);
	CU_ASSERT_STRING_EQUAL(s.d.error_back, "");
	int fd = tp_bluez_take(s.p);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(tp_bluez_take(s.p), -1);
	CU_ASSERT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CU_ASSERT(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CU_ASSERT_EQUAL(send(fd, "there", 5, 0), 5);
	CU_ASSERT_EQUAL(recv(ends[1], b, sizeof(b), 0), 5);
	CU_ASSERT_EQUAL(send(ends[1], "back", 4, 0), 4);
	CU_ASSERT_EQUAL(recv(fd, b, sizeof(b), 0), 4);
	close(fd);
	/* No copy is left: the other end sees it close. */
	CU_ASSERT_EQUAL(recv(ends[1], b, sizeof(b), MSG_DONTWAIT), 0);
	close(ends[1]);
	end(&s);
}

static void what_is_no_rfcomm_connection_is_refused(void)
{
#ifdef HAVE_BLUETOOTH
	struct bluez_want want = { .uuid = UUID, .name = "trec", .is_link = tp_bluez_is_rfcomm };
	struct scene s = { 0 };
	int ends[2], tcp = socket(AF_INET, SOCK_STREAM, 0);

	begin(&s, &want, true);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	const int bad[] = { ends[0], tcp, STDERR_FILENO };

	for (unsigned i = 0; i < BASE_COUNT(bad); i++) {
		bluez_double_hand_over(&s.d, bad[i], 0);
		settle(&s);
		CU_ASSERT_EQUAL(s.d.ended, i + 1);
		CU_ASSERT_STRING_EQUAL(s.d.error_back, "org.bluez.Error.Rejected");
		CU_ASSERT_EQUAL(tp_bluez_take(s.p), -1);
	}
	close(ends[0]);
	close(ends[1]);
	close(tcp);
	end(&s);
#else
	suite_skip_claim("what_is_no_rfcomm_connection_is_refused",
			 "built without the headers of libbluetooth");
#endif
}

static void nobody_but_bluetoothd_is_believed(void)
{
	struct scene s = { 0 };
	int ends[2];

	begin(&s, &listening, true);
	bluez_double_stranger(&s.other, &s.d);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	bluez_double_hand_over(&s.other, ends[0], 0);
	settle(&s);
	CU_ASSERT_STRING_EQUAL(s.other.error_back, SD_BUS_ERROR_ACCESS_DENIED);
	CU_ASSERT_EQUAL(tp_bluez_take(s.p), -1);
	bluez_double_call(&s.other, "Release");
	settle(&s);
	CU_ASSERT_EQUAL(s.other.ended, 2);
	CU_ASSERT_STRING_EQUAL(s.other.error_back, SD_BUS_ERROR_ACCESS_DENIED);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_READY);
	bluez_double_call(&s.other, "RequestDisconnection");
	settle(&s);
	CU_ASSERT_EQUAL(s.other.ended, 3);
	CU_ASSERT_STRING_EQUAL(s.other.error_back, SD_BUS_ERROR_ACCESS_DENIED);
	bluez_double_call(&s.d, "RequestDisconnection");
	settle(&s);
	CU_ASSERT_STRING_EQUAL(s.d.error_back, "");
	close(ends[0]);
	close(ends[1]);
	end(&s);
}

static void links_beyond_the_queue_are_refused_and_closed(void)
{
	struct scene s = { 0 };
	int near[TP_BLUEZ_QUEUE + 8], far[TP_BLUEZ_QUEUE + 8], taken = 0, fd;
	char b;

	begin(&s, &listening, true);
	for (size_t i = 0; i < BASE_COUNT(near); i++) {
		int ends[2];

		CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		near[i] = ends[0];
		far[i] = ends[1];
		bluez_double_hand_over(&s.d, near[i], 0);
	}
	settle(&s);
	CU_ASSERT_EQUAL(s.d.ended, BASE_COUNT(near));
	CU_ASSERT_STRING_EQUAL(s.d.error_back, "org.bluez.Error.Rejected");
	for (size_t i = 0; i < BASE_COUNT(near); i++)
		close(near[i]);
	/* The oldest are kept, the latest are closed. */
	CU_ASSERT_EQUAL(recv(far[TP_BLUEZ_QUEUE - 1], &b, 1, MSG_DONTWAIT), -1);
	CU_ASSERT_EQUAL(recv(far[TP_BLUEZ_QUEUE], &b, 1, MSG_DONTWAIT), 0);
	for (; (fd = tp_bluez_take(s.p)) >= 0; taken++) {
		CU_ASSERT_EQUAL(send(fd, "x", 1, 0), 1);
		CU_ASSERT_EQUAL(recv(far[taken], &b, 1, MSG_DONTWAIT), 1);
		close(fd);
	}
	CU_ASSERT_EQUAL(taken, TP_BLUEZ_QUEUE);
	for (size_t i = 0; i < BASE_COUNT(near); i++)
		close(far[i]);
	end(&s);
}

static void links_not_taken_are_closed_at_the_end(void)
{
	struct scene s = { 0 };
	int ends[2];
	char b;

	begin(&s, &listening, true);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	bluez_double_hand_over(&s.d, ends[0], 0);
	settle(&s);
	close(ends[0]);
	struct trec_poll want;

	tp_bluez_poll(s.p, &want);
	CU_ASSERT_EQUAL(want.next_ms, s.f.now_ms);
	end(&s);
	CU_ASSERT_EQUAL(recv(ends[1], &b, 1, MSG_DONTWAIT), 0);
	close(ends[1]);
}

static void bluetoothd_may_come_late_go_and_come_again(void)
{
	struct scene s = { 0 };

	begin(&s, &listening, false);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_ABSENT);
	for (unsigned round = 1; round <= 3; round++) {
		bluez_double_start(&s.d);
		settle(&s);
		CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_READY);
		CU_ASSERT_EQUAL(s.d.asked, round);
		bluez_double_stop(&s.d);
		settle(&s);
		CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_ABSENT);
	}
	end(&s);
}

static void refusals_are_met_with_longer_and_longer_pauses(void)
{
	static const char *const errors[] = { "org.bluez.Error.NotPermitted",
					      "org.bluez.Error.InvalidArguments",
					      SD_BUS_ERROR_ACCESS_DENIED,
					      SD_BUS_ERROR_UNKNOWN_METHOD };
	uint64_t pause = DELAY_MS;
	struct scene s = { 0 };

	s.d.error = errors[0];
	begin(&s, &listening, true);
	for (unsigned i = 1; i <= 12; i++) {
		CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_WAITING);
		CU_ASSERT_EQUAL(s.d.asked, i);
		CU_ASSERT_PTR_NOT_NULL(strstr(s.f.last_log, "as it was told"));
		s.d.error = errors[i % BASE_COUNT(errors)];
		CU_ASSERT_EQUAL(to_next_try(&s), pause);
		pause = pause * 2 < 60000 ? pause * 2 : 60000;
	}
	s.d.error = NULL;
	CU_ASSERT_EQUAL(to_next_try(&s), 60000);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_READY);
	end(&s);
}

static void registered_already_is_registered(void)
{
	struct scene s = { 0 };

	s.d.error = "org.bluez.Error.AlreadyExists";
	begin(&s, &listening, true);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_READY);
	end(&s);
}

static void bluetoothd_that_never_answers_is_asked_again(void)
{
	struct scene s = { 0 };

	s.d.silent = true;
	begin(&s, &listening, true);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_WAITING);
	CU_ASSERT_EQUAL(to_next_try(&s), TP_BUS_REPLY_MS);
	CU_ASSERT_EQUAL(s.d.asked, 1);
	s.d.silent = false;
	CU_ASSERT_EQUAL(to_next_try(&s), DELAY_MS);
	CU_ASSERT_EQUAL(s.d.asked, 2);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_READY);
	end(&s);
}

static void service_that_bluetoothd_released_is_registered_again(void)
{
	struct scene s = { 0 };

	begin(&s, &listening, true);
	bluez_double_call(&s.d, "Release");
	settle(&s);
	CU_ASSERT_STRING_EQUAL(s.d.error_back, "");
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_WAITING);
	CU_ASSERT_EQUAL(to_next_try(&s), DELAY_MS);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_READY);
	CU_ASSERT_EQUAL(s.d.asked, 2);
	end(&s);
}

static void bus_may_end_and_another_take_its_place(void)
{
	struct trec_poll before, after;
	struct scene s = { 0 };

	begin(&s, &listening, true);
	tp_bluez_poll(s.p, &before);
	bus_rig_stop();
	bluez_double_stop(&s.d);
	settle(&s);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_ABSENT);
	CU_ASSERT_EQUAL(to_next_try(&s), DELAY_MS);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_ABSENT);
	CU_ASSERT_FATAL(bus_rig_start());
	bluez_double_start(&s.d);
	CU_ASSERT_EQUAL(to_next_try(&s), 2 * DELAY_MS);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_READY);
	tp_bluez_poll(s.p, &after);
	CU_ASSERT_EQUAL(after.fd, before.fd);
	end(&s);
}

static void machine_without_a_bus_is_looked_at_now_and_then(void)
{
	char *address = strdup(getenv("DBUS_SYSTEM_BUS_ADDRESS"));
	struct scene s = { 0 };

	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
	begin(&s, &listening, false);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_ABSENT);
	CU_ASSERT_EQUAL(to_next_try(&s), DELAY_MS);
	CU_ASSERT_EQUAL(to_next_try(&s), 2 * DELAY_MS);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	bluez_double_start(&s.d);
	(void)to_next_try(&s);
	CU_ASSERT_EQUAL(tp_bluez_state(s.p), BLUEZ_READY);
	end(&s);
	free(address);
}

static void registered_service_wakes_nobody(void)
{
	struct trec_poll want;
	struct scene s = { 0 };

	begin(&s, &listening, true);
	tp_bluez_poll(s.p, &want);
	CU_ASSERT_EQUAL(want.next_ms, UINT64_MAX);
	CU_ASSERT(want.readable && !want.writable);
	CU_ASSERT_EQUAL(poll(&(struct pollfd){ .fd = want.fd, .events = POLLIN }, 1, 50), 0);
	end(&s);
}

static bool register_once(struct fault_env *f, void *ctx)
{
	struct scene s = { .f = *f };
	struct bluez_profile *p = NULL;
	trec_err err = tp_bluez_new(&f->env, &listening, &p);

	(void)ctx;
	if (err != TREC_OK)
		return err == TREC_E_NO_MEMORY && p == NULL;
	s.p = p;
	bluez_double_start(&s.d);
	settle(&s);
	f->now_ms += 2 * DELAY_MS;
	settle(&s);
	bool fine = tp_bluez_state(p) == BLUEZ_READY;

	tp_bluez_free(&p);
	bluez_double_stop(&s.d);
	return fine;
}

static void every_allocation_may_fail(void)
{
	CU_ASSERT(fault_env_each_alloc(register_once, NULL, 10));
}

static const struct suite_case cases[] = {
	SUITE_CASE(service_is_registered_without_demands),
	SUITE_CASE(record_of_a_channel_is_registered_instead),
	SUITE_CASE(service_that_another_has_already_gets_a_record_beside),
	SUITE_CASE(link_handed_over_carries_both_ways),
	SUITE_CASE(what_is_no_rfcomm_connection_is_refused),
	SUITE_CASE(nobody_but_bluetoothd_is_believed),
	SUITE_CASE(links_beyond_the_queue_are_refused_and_closed),
	SUITE_CASE(links_not_taken_are_closed_at_the_end),
	SUITE_CASE(bluetoothd_may_come_late_go_and_come_again),
	SUITE_CASE(refusals_are_met_with_longer_and_longer_pauses),
	SUITE_CASE(registered_already_is_registered),
	SUITE_CASE(bluetoothd_that_never_answers_is_asked_again),
	SUITE_CASE(service_that_bluetoothd_released_is_registered_again),
	SUITE_CASE(bus_may_end_and_another_take_its_place),
	SUITE_CASE(machine_without_a_bus_is_looked_at_now_and_then),
	SUITE_CASE(registered_service_wakes_nobody),
	SUITE_CASE(every_allocation_may_fail),
};

int main(void)
{
	if (!bus_rig_start())
		suite_skip("bluez", "dbus-daemon cannot be started");
	int status = suite_main("bluez", cases, BASE_COUNT(cases));

	bus_rig_stop();
	return status;
}
