/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bluetooth controllers for the guest's kernel, through /dev/vhci: as much of a BR/EDR controller
 * as RFCOMM, SDP and an inquiry need, and what BlueZ's btvirt does not do: several links at one
 * controller, and controllers that are pulled out and put back in. No air, no loss, no security of
 * the link. Bluetooth Core Specification, Vol 4, Part E (commands and events, section 7), Part A
 * (packet types on the wire to the host).
 *
 *   controllers N SOCKET         makes N of them, in the order of hci0 and up; runs until a signal
 *                                ends it
 *   controllers tell SOCKET TEXT sends TEXT to one that runs:
 *
 *   unplug I      controller I goes away; its links time out for the others
 *   plug I        it comes back
 *   lose I J      whatever links I and J have are lost, as if they went out of range
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "controllers.h"

struct controller all[MAX];
size_t count;

uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void plug(struct controller *c)
{
	const uint8_t primary[2] = { VENDOR, 0 };

	if (c->fd >= 0)
		return;
	c->fd = open("/dev/vhci", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (c->fd < 0 || write(c->fd, primary, sizeof(primary)) != sizeof(primary)) {
		perror("controllers: /dev/vhci");
		exit(1);
	}
}

static void unplug(struct controller *c)
{
	reset(c);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static void told(const char *text)
{
	unsigned i, j;

	if (sscanf(text, "unplug %u", &i) == 1 && i < count) {
		unplug(&all[i]);
	} else if (sscanf(text, "plug %u", &i) == 1 && i < count) {
		plug(&all[i]);
	} else if (sscanf(text, "lose %u %u", &i, &j) == 2 && i < count && j < count) {
		lose(&all[i], &all[j]);
	}
}

static void arrived(struct controller *c)
{
	/* Room behind what was read: a command that is cut short is read as zeros. */
	uint8_t in[1 + 4 + ACL_BYTES + 3 + 255] = { 0 };
	ssize_t n = read(c->fd, in, 1 + 4 + ACL_BYTES);

	if (n > 0)
		packet(c, in, (size_t)n);
}

static int wait_ms(void)
{
	uint64_t first = UINT64_MAX, t = now();

	for (size_t i = 0; i < count; i++) {
		if (all[i].page_end != 0 && all[i].page_end < first)
			first = all[i].page_end;
		if (all[i].inquiry_end != 0 && all[i].inquiry_end < first)
			first = all[i].inquiry_end;
	}
	return first == UINT64_MAX ? -1 : first <= t ? 0 : (int)(first - t);
}

static int control_socket(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	(void)unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

static int tell(const char *path, const char *text)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd >= 0 && sendto(fd, text, strlen(text), 0, (struct sockaddr *)&a, sizeof(a)) >= 0)
		return 0;
	perror(path);
	return 1;
}

int main(int argc, char **argv)
{
	struct pollfd p[MAX + 1];
	char text[64];

	if (argc == 4 && strcmp(argv[1], "tell") == 0)
		return tell(argv[2], argv[3]);
	count = argc == 3 ? (size_t)atoi(argv[1]) : 0;
	if (count < 1 || count > MAX) {
		fprintf(stderr, "usage: controllers 1..%d SOCKET\n", MAX);
		return 2;
	}
	int control = control_socket(argv[2]);

	for (size_t i = 0; i < count; i++) {
		all[i].fd = -1;
		memcpy(all[i].bd, (uint8_t[6]){ (uint8_t)(i + 1), 0, 0, 0x54, 0x42, 0x02 }, 6);
		for (size_t k = 0; k < LINKS; k++) {
			all[i].links[k].owner = &all[i];
			all[i].links[k].handle = (uint16_t)(0x100 * (i + 1) + k);
		}
		plug(&all[i]);
	}
	for (;;) {
		for (size_t i = 0; i < count; i++)
			p[i] = (struct pollfd){ .fd = all[i].fd, .events = POLLIN };
		p[count] = (struct pollfd){ .fd = control, .events = POLLIN };
		if (poll(p, count + 1, wait_ms()) < 0 && errno != EINTR)
			return 1;
		for (size_t i = 0; i < count; i++) {
			if (p[i].revents != 0 && all[i].fd >= 0)
				arrived(&all[i]);
			passed(&all[i], now());
		}
		if (p[count].revents != 0) {
			ssize_t n = recv(control, text, sizeof(text) - 1, 0);

			text[n > 0 ? n : 0] = '\0';
			told(text);
		}
	}
}
