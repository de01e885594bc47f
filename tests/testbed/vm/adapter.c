// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * adapter: what the testbed does with a controller, through the kernel's management socket, which
 * works whether bluetoothd runs or not and never waits for a terminal as btmgmt does.
 *
 *   adapter list                          the controllers there are, one a line
 *   adapter hciN address | settings       its address; what is on (powered connectable ...)
 *   adapter hciN powered on|off           and connectable, bondable, ssp, discoverable
 *   adapter hciN disconnect ADDRESS       its link to ADDRESS ends
 *
 * Opcodes and layouts: the kernel's Bluetooth Management API (doc/mgmt-api of BlueZ).
 */
#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MGMT_LIST = 0x0003, MGMT_INFO = 0x0004, MGMT_DISCONNECT = 0x0014 };
enum { EV_COMPLETE = 0x0001, EV_STATUS = 0x0002 };
#define STATUS_BUSY 0x0a
#define HEAD 6
#define WAIT_MS 10000
#define TRIES 50

static const struct {
	const char *name;
	uint16_t opcode;
	uint32_t bit;
} switches[] = {
	{ "powered", 0x0005, 1u << 0 },
	{ "connectable", 0x0007, 1u << 1 },
	{ "discoverable", 0x0006, 1u << 3 },
	{ "bondable", 0x0009, 1u << 4 },
	{ "ssp", 0x000b, 1u << 6 },
	{ "bredr", 0x002a, 1u << 7 },
};
#define SWITCHES (sizeof(switches) / sizeof(switches[0]))

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static int mgmt_open(void)
{
	struct sockaddr_hci a = { .hci_family = AF_BLUETOOTH, .hci_dev = HCI_DEV_NONE,
		.hci_channel = HCI_CHANNEL_CONTROL };
	int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, BTPROTO_HCI);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		perror("adapter: management socket");
		exit(1);
	}
	return fd;
}

/* The status of the answer to this very command; its parameters to `out`, their length to `len`. */
static int mgmt_answer(int fd, unsigned opcode, unsigned index, uint8_t *out, size_t *len)
{
	uint8_t in[1024];
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		ssize_t n;

		if (poll(&p, 1, WAIT_MS) <= 0)
			return -1;
		n = read(fd, in, sizeof(in));
		if (n < HEAD + 3 || get16(in + 2) != index || get16(in + HEAD) != opcode)
			continue;
		if (get16(in) == EV_STATUS)
			return in[HEAD + 2];
		if (get16(in) != EV_COMPLETE)
			continue;
		*len = (size_t)n - HEAD - 3;
		memcpy(out, in + HEAD + 3, *len);
		return in[HEAD + 2];
	}
}

/* As long as something else is being done with the controller, as bluetoothd does at its start, the
 * kernel says that it is busy. */
static int mgmt_do(unsigned opcode, unsigned index, const uint8_t *arg, size_t arg_len,
	uint8_t *out, size_t *len)
{
	uint8_t cmd[HEAD + 16];
	int fd = mgmt_open(), status = -1;

	put16(cmd, opcode);
	put16(cmd + 2, index);
	put16(cmd + 4, (unsigned)arg_len);
	memcpy(cmd + HEAD, arg, arg_len);
	for (int i = 0; i < TRIES; i++) {
		const struct timespec moment = { .tv_nsec = 50 * 1000 * 1000 };

		if (write(fd, cmd, HEAD + arg_len) != (ssize_t)(HEAD + arg_len))
			break;
		*len = 0;
		status = mgmt_answer(fd, opcode, index, out, len);
		if (status != STATUS_BUSY)
			break;
		nanosleep(&moment, NULL);
	}
	close(fd);
	return status;
}

static int list(void)
{
	uint8_t out[1024];
	size_t len;

	if (mgmt_do(MGMT_LIST, HCI_DEV_NONE, NULL, 0, out, &len) != 0 || len < 2)
		return 1;
	for (size_t i = 0; i < get16(out) && 4 + 2 * i <= len; i++)
		printf("hci%u\n", get16(out + 2 + 2 * i));
	return 0;
}

static int info(unsigned index, const char *what)
{
	uint8_t out[1024];
	size_t len;
	uint32_t now;
	int status = mgmt_do(MGMT_INFO, index, NULL, 0, out, &len);

	if (status != 0 || len < 17) {
		fprintf(stderr, "adapter: hci%u is not there (%d)\n", index, status);
		return 1;
	}
	if (strcmp(what, "address") == 0) {
		printf("%02X:%02X:%02X:%02X:%02X:%02X\n", out[5], out[4], out[3], out[2], out[1],
			out[0]);
		return 0;
	}
	now = get16(out + 13) | (uint32_t)get16(out + 15) << 16;
	for (size_t i = 0; i < SWITCHES; i++)
		if ((now & switches[i].bit) != 0)
			printf("%s\n", switches[i].name);
	return 0;
}

static int turn(unsigned index, const char *what, bool on)
{
	uint8_t arg[3] = { on }, out[1024];
	size_t len;

	for (size_t i = 0; i < SWITCHES; i++) {
		int status;

		if (strcmp(what, switches[i].name) != 0)
			continue;
		/* Discoverable has a time limit as well; 0 is none. */
		status = mgmt_do(switches[i].opcode, index, arg,
			strcmp(what, "discoverable") == 0 ? 3 : 1, out, &len);
		if (status != 0)
			fprintf(stderr, "adapter: hci%u %s: status %d\n", index, what, status);
		return status != 0;
	}
	fprintf(stderr, "adapter: no switch %s\n", what);
	return 2;
}

static int disconnect(unsigned index, const char *address)
{
	uint8_t arg[7] = { 0 }, out[1024];
	size_t len;
	int status;

	if (sscanf(address, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &arg[5], &arg[4], &arg[3],
		&arg[2], &arg[1], &arg[0]) != 6)
		return 2;
	status = mgmt_do(MGMT_DISCONNECT, index, arg, sizeof(arg), out, &len);
	if (status != 0)
		fprintf(stderr, "adapter: hci%u disconnect: status %d\n", index, status);
	return status != 0;
}

int main(int argc, char **argv)
{
	unsigned index;

	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list();
	if (argc < 3 || sscanf(argv[1], "hci%u", &index) != 1) {
		fprintf(stderr, "usage: adapter list, or hciN address, settings, SWITCH on|off, "
				"disconnect ADDRESS\n");
		return 2;
	}
	if (argc == 3)
		return info(index, argv[2]);
	if (strcmp(argv[2], "disconnect") == 0)
		return disconnect(index, argv[3]);
	return turn(index, argv[2], strcmp(argv[3], "on") == 0);
}
