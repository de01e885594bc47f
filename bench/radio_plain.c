/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the floor of what goes over a connection. The same bytes there and back, by
 * sockets that block, with nothing of libtrec in it. The kernel cuts what it is given into frames.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/l2cap.h>
#include <bluetooth/rfcomm.h>
#include <sys/ioctl.h>

#include "bench/duo.h"
#include "bench/radio.h"

#define WRITE 65536
#define PSM_SDP 1
#define TRIES 300 /* 10 ms apart */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_rc rc;
};

struct radio_plain {
	int fd;
	socklen_t len;
	union address here; /* where it listens */
	union address from; /* what to bind to before connecting there */
};

static uint8_t buffer[WRITE];

static int open_socket(const struct radio_plain *p)
{
	bool rfcomm = p->here.any.sa_family == AF_BLUETOOTH;
	int fd = socket(p->here.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC,
			rfcomm ? BTPROTO_RFCOMM : 0);

	duo_must(fd >= 0, "a socket");
	return fd;
}

/* The address of adapter hciN. */
static void adapter(int n, bdaddr_t *out)
{
	struct hci_dev_info info = { .dev_id = (uint16_t)n };
	int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, BTPROTO_HCI);

	duo_must(fd >= 0 && ioctl(fd, HCIGETDEVINFO, &info) == 0, "an adapter");
	*out = info.bdaddr;
	(void)close(fd);
}

struct radio_plain *radio_plain_listen(const char *uri, int from)
{
	struct radio_plain *p = calloc(1, sizeof(*p));
	uint8_t b[6];

	duo_must(p != NULL, "memory");
	if (sscanf(uri, "rfcomm://%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &b[5], &b[4], &b[3], &b[2],
		   &b[1], &b[0]) == 6) {
		p->len = sizeof(p->here.rc);
		p->here.rc.rc_family = AF_BLUETOOTH;
		memcpy(p->here.rc.rc_bdaddr.b, b, sizeof(b));
		p->from.rc.rc_family = AF_BLUETOOTH;
		adapter(from, &p->from.rc.rc_bdaddr);
	} else {
		p->len = sizeof(p->here.in);
		p->here.in.sin_family = AF_INET;
		p->here.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		p->from = p->here;
	}
	p->fd = open_socket(p);
	duo_must(bind(p->fd, &p->here.any, p->len) == 0 && listen(p->fd, 1) == 0 &&
			 getsockname(p->fd, &p->here.any, &p->len) == 0,
		 "a listening socket");
	return p;
}

void radio_plain_free(struct radio_plain **p)
{
	if (*p == NULL)
		return;
	(void)close((*p)->fd);
	free(*p);
	*p = NULL;
}

static void at_once(int fd, const struct radio_plain *p)
{
	int yes = 1;

	if (p->here.any.sa_family == AF_INET)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

static void send_all(int fd, size_t n)
{
	while (n > 0) {
		ssize_t did = send(fd, buffer, n < WRITE ? n : WRITE, MSG_NOSIGNAL);

		duo_must(did > 0, "a plain send");
		n -= (size_t)did;
	}
}

static void receive_all(int fd, size_t n)
{
	while (n > 0) {
		ssize_t did = recv(fd, buffer, n < WRITE ? n : WRITE, 0);

		duo_must(did > 0, "a plain receive");
		n -= (size_t)did;
	}
}

/* Until the other side has closed: two connections to one channel cannot stand at a time. */
static void until_closed(int fd)
{
	(void)recv(fd, buffer, 1, 0);
	(void)close(fd);
}

void radio_plain_serve(struct radio_plain *p, size_t n)
{
	int fd = accept(p->fd, NULL, NULL);

	duo_must(fd >= 0, "a plain connection");
	at_once(fd, p);
	receive_all(fd, n);
	send_all(fd, n);
	until_closed(fd);
}

/* An earlier connection, or what carried it, may not be quite gone. */
static int connected(const struct radio_plain *p)
{
	for (int tries = 0;; tries++) {
		int fd = open_socket(p);

		if (p->here.any.sa_family == AF_BLUETOOTH)
			duo_must(bind(fd, &p->from.any, p->len) == 0, "bound to an adapter");
		if (connect(fd, &p->here.any, p->len) == 0)
			return fd;
		if (tries == TRIES) {
			perror("bench");
			duo_die("a plain connection cannot be made");
		}
		(void)close(fd);
		(void)poll(NULL, 0, 10);
	}
}

void radio_plain_run(const struct radio_plain *p, size_t n, struct radio_plain_times *out)
{
	uint64_t begin = radio_now_ns(), there;
	int fd = connected(p);

	at_once(fd, p);
	there = radio_now_ns();
	send_all(fd, n);
	receive_all(fd, n);
	out->connect_ns = there - begin;
	out->echo_ns = radio_now_ns() - there;
	(void)close(fd);
}

/* A connection to whoever answers SDP there, or -1. */
static int link_held(const bdaddr_t *from, const bdaddr_t *to)
{
	struct sockaddr_l2 here = { .l2_family = AF_BLUETOOTH, .l2_bdaddr = *from };
	struct sockaddr_l2 there = { .l2_family = AF_BLUETOOTH, .l2_bdaddr = *to,
				     .l2_psm = htobs(PSM_SDP) };
	int fd = socket(AF_BLUETOOTH, SOCK_SEQPACKET | SOCK_CLOEXEC, BTPROTO_L2CAP);

	duo_must(fd >= 0, "a socket");
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) == 0 &&
	    connect(fd, (struct sockaddr *)&there, sizeof(there)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

void radio_hold(int from, int to)
{
	bdaddr_t a, b;

	adapter(from, &a);
	adapter(to, &b);
	for (;;) {
		int fd = link_held(&a, &b);

		if (fd >= 0) {
			(void)recv(fd, buffer, sizeof(buffer), 0);
			(void)close(fd);
		}
		(void)poll(NULL, 0, 200);
	}
}
