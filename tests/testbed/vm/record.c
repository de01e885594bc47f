// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * record: service records, published by bluetoothd and asked for over the air, with nothing of
 * libtrec in it.
 *
 *   record publish UUID           registers a profile of that UUID with bluetoothd, as a server
 *                                 on a channel of bluetoothd's choice, says "published", runs
 *                                 until killed
 *   record find FROM TO UUID      asks the device at TO, from the controller FROM, for records with
 *                                 that UUID; prints "found" or "none"
 *
 * Bluetooth Core, part SDP, 4.5 (PDU format) and 4.7.1 (ServiceSearchAttribute transaction).
 */
#include <bluetooth/bluetooth.h>
#include <bluetooth/l2cap.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

enum { SDP_PSM = 1, SEARCH_ATTR_REQ = 0x06, SEARCH_ATTR_RSP = 0x07 };
#define UUID_LEN 16
#define HEAD 5

static const sd_bus_vtable profile_methods[] = { SD_BUS_VTABLE_START(0), SD_BUS_VTABLE_END };

static int publish(const char *uuid)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = NULL;
	int r = sd_bus_open_system(&bus);

	if (r >= 0)
		r = sd_bus_add_object_vtable(bus, NULL, "/testbed/record", "org.bluez.Profile1",
			profile_methods, NULL);
	if (r >= 0)
		r = sd_bus_call_method(bus, "org.bluez", "/org/bluez",
			"org.bluez.ProfileManager1", "RegisterProfile", &error, NULL,
			"osa{sv}", "/testbed/record", uuid, 3, "Name", "s", "testbed",
			"Role", "s", "server", "Channel", "q", (uint16_t)0);
	if (r < 0) {
		printf("publish: %s\n", error.message != NULL ? error.message : strerror(-r));
		return 1;
	}
	puts("published");
	fflush(stdout);
	while (sd_bus_wait(bus, UINT64_MAX) >= 0)
		while (sd_bus_process(bus, NULL) > 0)
			;
	return 1;
}

static void address_of(const char *text, bdaddr_t *out)
{
	uint8_t *b = out->b;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &b[5], &b[4], &b[3], &b[2], &b[1],
		&b[0]) != 6)
		exit(2);
}

static void uuid_of(const char *text, uint8_t out[UUID_LEN])
{
	size_t n = 0;

	for (; *text != '\0' && n < UUID_LEN; text += *text == '-' ? 1 : 2)
		if (*text != '-' && sscanf(text, "%2hhx", &out[n++]) != 1)
			exit(2);
	if (n != UUID_LEN)
		exit(2);
}

static int sdp_connected(const char *from, const char *to)
{
	struct sockaddr_l2 a = { .l2_family = AF_BLUETOOTH }, b = { .l2_family = AF_BLUETOOTH };
	const struct timeval limit = { .tv_sec = 20 };
	int fd = socket(AF_BLUETOOTH, SOCK_SEQPACKET, BTPROTO_L2CAP);

	address_of(from, &a.l2_bdaddr);
	address_of(to, &b.l2_bdaddr);
	b.l2_psm = htobs(SDP_PSM);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
		connect(fd, (struct sockaddr *)&b, sizeof(b)) != 0) {
		printf("connect: %s\n", strerrorname_np(errno));
		exit(1);
	}
	return fd;
}

static int find(const char *from, const char *to, const char *text)
{
	/* One UUID, at most 512 bytes, attributes 0x0000 to 0xffff, nothing continued. */
	uint8_t req[] = { SEARCH_ATTR_REQ, 0, 1, 0, 29, 0x35, 17, 0x1c, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x00, 0x35, 5, 0x0a, 0x00, 0x00, 0xff, 0xff, 0x00 };
	uint8_t rsp[1024], *uuid = req + HEAD + 3;
	int fd = sdp_connected(from, to);
	ssize_t n;

	uuid_of(text, uuid);
	if (write(fd, req, sizeof(req)) != (ssize_t)sizeof(req) ||
		(n = read(fd, rsp, sizeof(rsp))) < HEAD + 2 || rsp[0] != SEARCH_ATTR_RSP) {
		puts("no answer");
		return 1;
	}
	puts(memmem(rsp + HEAD, (size_t)n - HEAD, uuid, UUID_LEN) != NULL ? "found" : "none");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "publish") == 0)
		return publish(argv[2]);
	if (argc == 5 && strcmp(argv[1], "find") == 0)
		return find(argv[2], argv[3], argv[4]);
	fprintf(stderr, "usage: record publish UUID, or find FROM TO UUID\n");
	return 2;
}
