/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking a device for its services, over a socket pair in place of L2CAP: the other end is the
 * device, and says what it likes, when it likes. The socket, bind and connect calls are replaced
 * at link time.
 */
#include "config.h"

#include <bluetooth/bluetooth.h>
#include <bluetooth/l2cap.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"
#include "transports/find.h"
#include "transports/rfcomm.h"

#define OURS "1c d7b7a4c15f0e4c469b1a7c2f2e1f9d53"
/* A list of one record of 41 bytes, with channel 12. */
#define LIST "35 29 35 27 09 0001 35 11 " OURS " 09 0004 35 0c 35 03 19 0100 35 05 19 0003 08 0c"

static const uint8_t device[TP_BD_LEN] = { 0x00, 0x1a, 0x7d, 0xda, 0x71, 0x0f };

static int ends[2] = { -1, -1 }; /* ours, which belongs to the search; the device's */
static int refusal;              /* of connecting; 0: it succeeds */
static struct sockaddr_l2 asked; /* whom it connected to */

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_bind(int fd, const struct sockaddr *a, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *a, socklen_t len);
int __real_connect(int fd, const struct sockaddr *a, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *a, socklen_t len);

int __wrap_socket(int domain, int type, int protocol)
{
	if (domain != AF_BLUETOOTH)
		return __real_socket(domain, type, protocol);
	CU_ASSERT_EQUAL(protocol, BTPROTO_L2CAP);
	CU_ASSERT((type & SOCK_NONBLOCK) != 0 && (type & SOCK_CLOEXEC) != 0);
	return socketpair(AF_UNIX, type, 0, ends) == 0 ? ends[0] : -1;
}

int __wrap_bind(int fd, const struct sockaddr *a, socklen_t len)
{
	return fd == ends[0] ? 0 : __real_bind(fd, a, len);
}

int __wrap_connect(int fd, const struct sockaddr *a, socklen_t len)
{
	if (fd != ends[0])
		return __real_connect(fd, a, len);
	CU_ASSERT_EQUAL_FATAL(len, sizeof(asked));
	memcpy(&asked, a, len);
	errno = refusal;
	return refusal == 0 ? 0 : -1;
}

static struct tp_find *begin(struct fault_env *f)
{
	struct tp_find *find = NULL;

	refusal = 0;
	fault_env_init(f, 1);
	CU_ASSERT_EQUAL_FATAL(tp_find_start(&f->env, NULL, device, &find), TREC_OK);
	return find;
}

static void end(struct fault_env *f, struct tp_find **find)
{
	tp_find_free(find);
	CU_ASSERT_PTR_NULL(*find);
	close(ends[1]);
	CU_ASSERT(fault_env_clean(f));
}

static void say(const char *hex)
{
	uint8_t pdu[256];
	size_t n = sweep_unhex(hex, pdu, sizeof(pdu));

	CU_ASSERT_EQUAL(send(ends[1], pdu, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* The number of the request that has come; -1: none has. */
static int heard(void)
{
	uint8_t pdu[256];
	ssize_t n = recv(ends[1], pdu, sizeof(pdu), 0);

	return n > 5 && pdu[0] == 6 ? (int)base_get16(pdu + 1) : -1;
}

static void a_device_is_asked_and_its_channel_kept(void)
{
	const struct tp_sdp_found *found;
	struct trec_poll p = { .fd = -1 };
	uint8_t bd[TP_BD_LEN];
	struct fault_env f;
	struct tp_find *find = begin(&f);

	tp_rfcomm_swap(asked.l2_bdaddr.b, bd);
	CU_ASSERT_EQUAL(memcmp(bd, device, TP_BD_LEN), 0);
	CU_ASSERT_EQUAL(btohs(asked.l2_psm), TP_SDP_PSM);
	tp_find_poll(find, &p);
	CU_ASSERT_EQUAL(p.fd, ends[0]);
	CU_ASSERT(p.writable && !p.readable);
	CU_ASSERT_EQUAL(p.next_ms, f.now_ms + TP_FIND_CONNECT_MS);
	CU_ASSERT_EQUAL(tp_find_step(find), TREC_E_AGAIN);
	CU_ASSERT_EQUAL(heard(), 1);
	tp_find_poll(find, &p);
	CU_ASSERT(p.readable && !p.writable);
	CU_ASSERT_EQUAL(p.next_ms, f.now_ms + TP_FIND_ANSWER_MS);
	say("07 0001 002e 002b " LIST " 00");
	CU_ASSERT_EQUAL(tp_find_step(find), TREC_OK);
	CU_ASSERT_EQUAL(tp_find_records(find, &found), 1);
	CU_ASSERT_EQUAL(found[0].channel, 12);
	CU_ASSERT_EQUAL(tp_find_step(find), TREC_OK); /* an end is for good */
	end(&f, &find);
}

static void an_answer_in_two_is_asked_for_twice(void)
{
	const struct tp_sdp_found *found;
	struct fault_env f;
	struct tp_find *find = begin(&f);

	CU_ASSERT_EQUAL(tp_find_step(find), TREC_E_AGAIN);
	CU_ASSERT_EQUAL(heard(), 1);
	say("07 0001 0006 0001 35 02 abcd");
	CU_ASSERT_EQUAL(tp_find_step(find), TREC_E_AGAIN);
	CU_ASSERT_EQUAL(heard(), 2);
	say("07 0002 0004 0001 00 00");
	CU_ASSERT_EQUAL(tp_find_step(find), TREC_OK); /* which has none of our records */
	CU_ASSERT_EQUAL(tp_find_records(find, &found), 0);
	end(&f, &find);
}

static void what_is_no_answer_ends_it(void)
{
	static const char *const answers[] = {
		"00", "01 0001 0002 0003", "07 0002 0005 0002 3500 00", "07 0001 0004 0001 35 00",
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct fault_env f;
		struct tp_find *find = begin(&f);

		CU_ASSERT_EQUAL(tp_find_step(find), TREC_E_AGAIN);
		say(answers[i]);
		CU_ASSERT_EQUAL(tp_find_step(find), TREC_E_UNREACHABLE);
		end(&f, &find);
	}
}

static void silence_ends_it_in_time(void)
{
	struct fault_env f;
	struct tp_find *find = begin(&f);

	CU_ASSERT_EQUAL(tp_find_step(find), TREC_E_AGAIN);
	f.now_ms += TP_FIND_ANSWER_MS - 1;
	CU_ASSERT_EQUAL(tp_find_step(find), TREC_E_AGAIN);
	f.now_ms++;
	CU_ASSERT_EQUAL(tp_find_step(find), TREC_E_HOST_DOWN);
	say("07 0001 0005 0002 35 00 00");
	CU_ASSERT_EQUAL(tp_find_step(find), TREC_E_HOST_DOWN);
	end(&f, &find);
}

static void a_device_that_hangs_up_is_unreachable(void)
{
	struct fault_env f;
	struct tp_find *find = begin(&f);

	CU_ASSERT_EQUAL(tp_find_step(find), TREC_E_AGAIN);
	CU_ASSERT_EQUAL(shutdown(ends[1], SHUT_RDWR), 0);
	CU_ASSERT_EQUAL(tp_find_step(find), TREC_E_UNREACHABLE);
	end(&f, &find);
}

static void a_refusal_says_which(void)
{
	static const struct {
		int error;
		trec_err want;
	} rows[] = {
		{ ECONNREFUSED, TREC_E_NO_SERVICE },
		{ EHOSTDOWN, TREC_E_HOST_DOWN },
		{ ERFKILL, TREC_E_ADAPTER_BLOCKED },
		{ EIO, TREC_E_UNREACHABLE },
	};
	struct tp_find *find = NULL;
	struct fault_env f;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fault_env_init(&f, 1);
		refusal = rows[i].error;
		CU_ASSERT_EQUAL(tp_find_start(&f.env, NULL, device, &find), rows[i].want);
		CU_ASSERT_PTR_NULL(find);
		close(ends[1]);
		CU_ASSERT(fault_env_clean(&f));
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_device_is_asked_and_its_channel_kept),
	SUITE_CASE(an_answer_in_two_is_asked_for_twice),
	SUITE_CASE(what_is_no_answer_ends_it),
	SUITE_CASE(silence_ends_it_in_time),
	SUITE_CASE(a_device_that_hangs_up_is_unreachable),
	SUITE_CASE(a_refusal_says_which),
};

SUITE_MAIN("find", cases)
