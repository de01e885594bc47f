/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of RFCOMM needs no radio: addresses both ways, what the kernel's errors mean, sockets that
 * are no RFCOMM. The socket call and the questions to adapters are replaced at link time, so that
 * it makes no difference what this machine has. Whole connections are shown in the testbed's guest.
 */
#include "config.h"

#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/rfcomm.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "transports/find.h"
#include "transports/rfcomm.h"

static const uint8_t device[TP_BD_LEN] = { 0x00, 0x1a, 0x7d, 0xda, 0x71, 0x0f };
static const uint8_t other[TP_BD_LEN] = { 0x00, 0x1a, 0x7d, 0xda, 0x71, 0x10 };
#define DEVICE "rfcomm://00:1A:7D:DA:71:0F"

#define FIRST 13 /* so that no adapter of this machine has that number, nor a switch of its own */

/* The adapters there seem to be; hci13 and so on. */
static struct {
	int error; /* of the socket call; 0: it works */
	size_t n;
	bool up[2];
} machine;

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_ioctl(int fd, unsigned long what, ...);
int __wrap_ioctl(int fd, unsigned long what, ...);

/* Stands in for a raw HCI socket; others of Bluetooth are not to be had. */
int __wrap_socket(int domain, int type, int protocol)
{
	if (domain != AF_BLUETOOTH)
		return __real_socket(domain, type, protocol);
	if (machine.error == 0 && protocol == BTPROTO_HCI)
		return __real_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	errno = machine.error != 0 ? machine.error : EPROTONOSUPPORT;
	return -1;
}

static int adapter_info(struct hci_dev_info *info)
{
	size_t i = (size_t)info->dev_id - FIRST;

	if (i >= machine.n) {
		errno = ENODEV;
		return -1;
	}
	tp_rfcomm_swap(i == 0 ? device : other, info->bdaddr.b);
	info->flags = machine.up[i] ? 1u << HCI_UP : 0;
	return 0;
}

int __wrap_ioctl(int fd, unsigned long what, ...)
{
	va_list ap;

	(void)fd;
	va_start(ap, what);
	void *arg = va_arg(ap, void *);

	va_end(ap);
	if (what == HCIGETDEVINFO)
		return adapter_info(arg);
	CU_ASSERT_EQUAL(what, HCIGETDEVLIST);
	struct hci_dev_list_req *list = arg;

	CU_ASSERT(list->dev_num >= machine.n);
	list->dev_num = (uint16_t)machine.n;
	for (size_t i = 0; i < machine.n; i++)
		list->dev_req[i].dev_id = (uint16_t)(FIRST + i);
	return 0;
}

/* n adapters, on or off as these say. */
static void machine_has(size_t n, bool first, bool second)
{
	memset(&machine, 0, sizeof(machine));
	machine.n = n;
	machine.up[0] = first;
	machine.up[1] = second;
}

static void machine_lacks(int error)
{
	machine_has(0, false, false);
	machine.error = error;
}

/* ---- addresses --------------------------------------------------------------------------- */

static void the_kernels_order_is_the_written_one_reversed(void)
{
	static const uint8_t want[TP_BD_LEN] = { 0x0f, 0x71, 0xda, 0x7d, 0x1a, 0x00 };
	struct tp_addr a = tp_rfcomm_addr(device, 12);
	const struct sockaddr_rc *rc = (const struct sockaddr_rc *)&a.ss;
	uint8_t back[TP_BD_LEN];

	CU_ASSERT_EQUAL(a.len, sizeof(struct sockaddr_rc));
	CU_ASSERT_EQUAL(a.from_len, 0);
	CU_ASSERT_EQUAL(rc->rc_family, AF_BLUETOOTH);
	CU_ASSERT_EQUAL(rc->rc_channel, 12);
	CU_ASSERT_EQUAL(memcmp(rc->rc_bdaddr.b, want, TP_BD_LEN), 0);
	tp_rfcomm_swap(rc->rc_bdaddr.b, back);
	CU_ASSERT_EQUAL(memcmp(back, device, TP_BD_LEN), 0);
}

static void no_device_is_the_address_of_all(void)
{
	struct tp_addr a = tp_rfcomm_addr(NULL, 0);
	const struct sockaddr_rc *rc = (const struct sockaddr_rc *)&a.ss;
	static const bdaddr_t any;

	CU_ASSERT_EQUAL(memcmp(&rc->rc_bdaddr, &any, sizeof(any)), 0);
	CU_ASSERT_EQUAL(rc->rc_channel, 0);
}

static void a_written_address_becomes_the_kernels_and_back(void)
{
	static const char *const texts[] = {
		DEVICE "/1", DEVICE "/30", "rfcomm://FE:DC:BA:98:76:54/9",
		"rfcomm://01:00:00:00:00:00/2",
	};
	char text[TREC_URI_MAX + 1];
	struct tp_uri u, v;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CU_ASSERT_EQUAL_FATAL(tp_uri_parse(texts[i], false, &u), TREC_OK);
		struct tp_addr a = tp_rfcomm_addr(u.bd, u.channel);
		const struct sockaddr_rc *rc = (const struct sockaddr_rc *)&a.ss;

		memset(&v, 0, sizeof(v));
		tp_rfcomm_swap(rc->rc_bdaddr.b, v.bd);
		v.channel = rc->rc_channel;
		tp_uri_print_rfcomm(&v, text);
		CU_ASSERT_STRING_EQUAL(text, texts[i]);
	}
}

/* Whoever connected is told by its address alone: the channel it came from leads nowhere. */
static void a_peer_is_named_without_a_channel(void)
{
	struct tp_addr a = tp_rfcomm_addr(device, 7);
	char text[TREC_URI_MAX + 1];

	tp_rfcomm_sock.peer(&a, NULL, text);
	CU_ASSERT_STRING_EQUAL(text, DEVICE);
}

/* ---- errors ------------------------------------------------------------------------------ */

static void errors_of_the_other_side_say_so(void)
{
	static const struct {
		int error;
		trec_err want;
	} rows[] = {
		{ EHOSTDOWN, TREC_E_HOST_DOWN },
		{ ETIMEDOUT, TREC_E_HOST_DOWN },
		{ ECONNREFUSED, TREC_E_UNREACHABLE },
		{ ECONNRESET, TREC_E_UNREACHABLE },
		{ ECONNABORTED, TREC_E_UNREACHABLE },
		{ EBUSY, TREC_E_UNREACHABLE },
		{ EACCES, TREC_E_UNREACHABLE },
		{ EIO, TREC_E_UNREACHABLE },
		{ ENOMEM, TREC_E_NO_MEMORY },
		{ ERFKILL, TREC_E_ADAPTER_BLOCKED },
		{ EAFNOSUPPORT, TREC_E_NO_ADAPTER },
		{ EPROTONOSUPPORT, TREC_E_NO_ADAPTER },
	};
	struct tp_addr from = tp_rfcomm_addr(device, 0);

	machine_has(1, false, false); /* which does not matter to these */
	from.from = from.ss;
	from.from_len = from.len;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(tp_rfcomm_reason(NULL, rows[i].error), rows[i].want);
		CU_ASSERT_EQUAL(tp_rfcomm_reason(&from, rows[i].error), rows[i].want);
	}
}

static const int ours[] = { EADDRNOTAVAIL, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ENODEV };

/* All of the errors that this machine's adapters explain mean that. */
static bool all_mean(const struct tp_addr *from, trec_err want)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (tp_rfcomm_reason(from, ours[i]) != want)
			return false;
	return true;
}

static void errors_of_this_side_say_what_the_adapters_are(void)
{
	machine_lacks(EAFNOSUPPORT);
	CU_ASSERT(all_mean(NULL, TREC_E_NO_ADAPTER));
	machine_has(0, false, false);
	CU_ASSERT(all_mean(NULL, TREC_E_NO_ADAPTER));
	machine_has(2, false, false);
	CU_ASSERT(all_mean(NULL, TREC_E_ADAPTER_OFF));
	/* With one that works it is no adapter's fault; nor if nobody can tell. */
	machine_has(2, false, true);
	CU_ASSERT(all_mean(NULL, TREC_E_UNREACHABLE));
	machine_lacks(EACCES);
	CU_ASSERT(all_mean(NULL, TREC_E_UNREACHABLE));
}

static void only_the_adapter_that_was_to_be_used_counts(void)
{
	struct tp_addr from = tp_rfcomm_addr(device, 0);

	machine_has(2, false, true);
	CU_ASSERT(all_mean(&from, TREC_E_UNREACHABLE)); /* bound to none */
	from.from = from.ss;
	from.from_len = from.len;
	CU_ASSERT(all_mean(&from, TREC_E_ADAPTER_OFF));
	machine_has(2, true, false);
	CU_ASSERT(all_mean(&from, TREC_E_UNREACHABLE));
	from.from = tp_rfcomm_addr(other, 0).ss;
	CU_ASSERT(all_mean(&from, TREC_E_ADAPTER_OFF));
	machine_has(1, true, false); /* it was pulled out */
	CU_ASSERT(all_mean(&from, TREC_E_NO_ADAPTER));
}

/* ---- adapters ---------------------------------------------------------------------------- */

static void adapters_are_found_by_number_and_address(void)
{
	struct tp_adapter all[TP_ADAPTERS_MAX], a;
	size_t n;

	machine_has(2, false, true);
	CU_ASSERT_EQUAL(tp_adapters(all, &n), TREC_OK);
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_EQUAL(all[0].number, FIRST);
	CU_ASSERT_EQUAL(memcmp(all[0].bd, device, TP_BD_LEN), 0);
	CU_ASSERT_FALSE(all[0].up);
	CU_ASSERT_EQUAL(memcmp(all[1].bd, other, TP_BD_LEN), 0);
	CU_ASSERT_EQUAL(tp_adapter_find(0, NULL, &a), TREC_OK);
	CU_ASSERT_EQUAL(a.number, FIRST + 1);
	CU_ASSERT_EQUAL(tp_adapter_find(FIRST + 2, NULL, &a), TREC_OK);
	CU_ASSERT_EQUAL(tp_adapter_find(FIRST + 1, NULL, &a), TREC_E_ADAPTER_OFF);
	CU_ASSERT_EQUAL(tp_adapter_find(FIRST, NULL, &a), TREC_E_NO_ADAPTER);
	CU_ASSERT_EQUAL(tp_adapter_find(0, other, &a), TREC_OK);
	CU_ASSERT_EQUAL(tp_adapter_find(FIRST + 1, other, &a), TREC_E_NO_ADAPTER);
}

static void a_kernel_without_bluetooth_has_no_adapter(void)
{
	struct trec_listener *listener = NULL;
	struct trec_link *l = NULL;
	struct tp_find *find = NULL;
	struct fault_env f;

	fault_env_init(&f, 1);
	machine_lacks(EAFNOSUPPORT);
	CU_ASSERT_EQUAL(trec_link_connect(&f.env, DEVICE "/3", &l), TREC_E_NO_ADAPTER);
	CU_ASSERT_PTR_NULL(l);
	CU_ASSERT_EQUAL(trec_link_connect(&f.env, DEVICE, &l), TREC_E_NO_ADAPTER);
	CU_ASSERT_PTR_NULL(l);
	CU_ASSERT_EQUAL(trec_listen(&f.env, "rfcomm:/3", &listener), TREC_E_NO_ADAPTER);
	CU_ASSERT_PTR_NULL(listener);
	CU_ASSERT_EQUAL(tp_find_start(&f.env, NULL, device, &find), TREC_E_NO_ADAPTER);
	CU_ASSERT_PTR_NULL(find);
	CU_ASSERT_EQUAL(tp_rfcomm.usable(), TREC_E_NO_ADAPTER);
	CU_ASSERT(fault_env_clean(&f));
}

/* The same, asked of the kernel that runs this. */
static void this_machines_kernel_is_asked(void)
{
	int fd = __real_socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, BTPROTO_HCI);

	if (fd >= 0 || (errno != EAFNOSUPPORT && errno != EPROTONOSUPPORT)) {
		if (fd >= 0)
			close(fd);
		suite_skip_claim(__func__, "this kernel has Bluetooth");
		return;
	}
	CU_ASSERT_EQUAL(tp_rfcomm_reason(NULL, errno), TREC_E_NO_ADAPTER);
}

/* ---- sockets from elsewhere -------------------------------------------------------------- */

/* Refused, and closed. */
static void must_refuse(struct fault_env *f, int fd)
{
	struct trec_link *l = (struct trec_link *)f;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(tp_rfcomm_adopt(&f->env, fd, &l), TREC_E_LOST);
	CU_ASSERT_PTR_NULL(l);
	CU_ASSERT_EQUAL(fcntl(fd, F_GETFD), -1);
}

static void what_is_no_connected_rfcomm_socket_is_not_taken(void)
{
	struct fault_env f;
	int pair[2], pipes[2];

	fault_env_init(&f, 1);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
	must_refuse(&f, pair[0]);
	must_refuse(&f, pipes[0]);
	must_refuse(&f, __real_socket(AF_INET, SOCK_STREAM, 0)); /* not even connected */
	close(pair[1]);
	close(pipes[1]);
	CU_ASSERT(fault_env_clean(&f));
}

/* ---- memory ------------------------------------------------------------------------------ */

/* Whether what failed was told as the missing memory, and otherwise as the missing sockets. */
static bool told(const struct fault_env *f, trec_err err)
{
	return err == (f->fired > 0 ? TREC_E_NO_MEMORY : TREC_E_NO_ADAPTER);
}

static bool connect_behaves(struct fault_env *f, void *uri)
{
	struct trec_link *l = NULL;
	trec_err err = trec_link_connect(&f->env, uri, &l);

	trec_link_free(&l);
	return told(f, err);
}

static bool find_behaves(struct fault_env *f, void *ctx)
{
	struct tp_find *find = NULL;
	trec_err err = tp_find_start(&f->env, NULL, ctx, &find);

	return find == NULL && told(f, err);
}

static void without_memory_nothing_begins(void)
{
	uint8_t to[TP_BD_LEN];
	char uri[] = DEVICE "/3";

	memcpy(to, device, TP_BD_LEN);
	machine_has(1, true, false);
	CU_ASSERT(fault_env_each_alloc(connect_behaves, uri, 16));
	CU_ASSERT(fault_env_each_alloc(find_behaves, to, 16));
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_kernels_order_is_the_written_one_reversed),
	SUITE_CASE(no_device_is_the_address_of_all),
	SUITE_CASE(a_written_address_becomes_the_kernels_and_back),
	SUITE_CASE(a_peer_is_named_without_a_channel),
	SUITE_CASE(errors_of_the_other_side_say_so),
	SUITE_CASE(errors_of_this_side_say_what_the_adapters_are),
	SUITE_CASE(only_the_adapter_that_was_to_be_used_counts),
	SUITE_CASE(adapters_are_found_by_number_and_address),
	SUITE_CASE(a_kernel_without_bluetooth_has_no_adapter),
	SUITE_CASE(this_machines_kernel_is_asked),
	SUITE_CASE(what_is_no_connected_rfcomm_socket_is_not_taken),
	SUITE_CASE(without_memory_nothing_begins),
};

SUITE_MAIN("rfcomm", cases)
