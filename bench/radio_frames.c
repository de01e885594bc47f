/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: how many RFCOMM frames a run takes, and how full they are. The kernel's monitor
 * channel shows every packet between it and each controller; what a controller is given to send is
 * put together to L2CAP frames, of which those of RFCOMM's channels (PSM 3) are taken apart.
 * Connections that stood before the monitor was opened are not seen.
 * Bluetooth Core 5.3, Vol. 3 part A (L2CAP); GSM 07.10 and the RFCOMM specification 1.2.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>

#include "bench/duo.h"
#include "bench/radio.h"

#define MONITOR_HEAD 6
#define ACL_SENT 4 /* of the monitor's kinds */
#define ACL_HEAD 4
#define L2CAP_HEAD 4
#define L2CAP_MAX 65535
#define CIDS 65536
#define PSM_RFCOMM 3
#define BUFFER (256 * 1024 * 1024) /* the kernel's, of what was not read yet */

struct part {
	uint8_t b[L2CAP_HEAD + L2CAP_MAX];
	size_t n;
	uint16_t asked;   /* its own channel, for which it asked RFCOMM of the other side */
	bool rfcomm[CIDS]; /* channels of RFCOMM, by what it writes on its frames */
	struct radio_side seen;
};

struct radio_frames {
	int fd;
	struct part part[2];
};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)(p[0] | p[1] << 8);
}

/* A frame of a data channel, or of the multiplexer (DLCI 0). */
static void rfcomm_frame(struct radio_side *s, const uint8_t *p, size_t n)
{
	size_t head, len;
	bool credit;

	if (n < 4)
		return;
	bool is_data = (p[1] & 0xef) == 0xef && p[0] >> 2 != 0;

	credit = is_data && (p[1] & 0x10) != 0;
	head = (p[2] & 1) != 0 ? 3 : 4;
	len = (p[2] & 1) != 0 ? p[2] >> 1 : get16(p + 2) >> 1;
	duo_must(n == head + credit + len + 1, "an RFCOMM frame is as long as it says");
	if (!is_data) {
		s->control++;
	} else if (len == 0) {
		s->credits++;
	} else {
		s->data++;
		s->bytes += len;
		s->sizes[len < RADIO_SIZES ? len : RADIO_SIZES - 1]++;
	}
}

/* Channels come about by a request (2) and the answer to it (3). */
static void signals(struct radio_frames *f, int from, const uint8_t *p, size_t n)
{
	struct part *me = &f->part[from], *other = &f->part[1 - from];

	while (n >= 4) {
		size_t len = get16(p + 2);

		if (len > n - 4)
			return;
		if (p[0] == 2 && len >= 4 && get16(p + 4) == PSM_RFCOMM) {
			me->asked = (uint16_t)get16(p + 6);
			other->rfcomm[me->asked] = true;
		} else if (p[0] == 2 && len >= 4) {
			other->rfcomm[get16(p + 6)] = false;
		} else if (p[0] == 3 && len >= 8 && get16(p + 8) == 0) {
			other->rfcomm[get16(p + 4)] = get16(p + 6) == other->asked;
		}
		p += 4 + len;
		n -= 4 + len;
	}
}

static void l2cap_frame(struct radio_frames *f, int from)
{
	struct part *s = &f->part[from];
	unsigned cid = get16(s->b + 2);

	if (cid == 1)
		signals(f, from, s->b + L2CAP_HEAD, s->n - L2CAP_HEAD);
	else if (s->rfcomm[cid])
		rfcomm_frame(&s->seen, s->b + L2CAP_HEAD, s->n - L2CAP_HEAD);
}

/* A packet for the controller: the beginning of a frame, or more of it. */
static void acl_packet(struct radio_frames *f, int from, const uint8_t *p, size_t n)
{
	struct part *s = &f->part[from];

	if (n < ACL_HEAD || get16(p + 2) != n - ACL_HEAD)
		duo_die("a packet for the controller is as long as it says");
	s->seen.acl++;
	if ((get16(p) >> 12 & 3) != 1)
		s->n = 0;
	p += ACL_HEAD;
	n -= ACL_HEAD;
	if (n > sizeof(s->b) - s->n)
		return;
	memcpy(s->b + s->n, p, n);
	s->n += n;
	if (s->n >= L2CAP_HEAD && s->n == L2CAP_HEAD + get16(s->b)) {
		l2cap_frame(f, from);
		s->n = 0;
	}
}

struct radio_frames *radio_frames_open(void)
{
	struct sockaddr_hci a = { .hci_family = AF_BLUETOOTH, .hci_dev = HCI_DEV_NONE,
				  .hci_channel = HCI_CHANNEL_MONITOR };
	struct radio_frames *f = calloc(1, sizeof(*f));
	int room = BUFFER;

	duo_must(f != NULL, "memory");
	f->fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, BTPROTO_HCI);
	duo_must(f->fd >= 0 && bind(f->fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
			 setsockopt(f->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) == 0,
		 "the kernel's monitor (it is root's)");
	return f;
}

void radio_frames_take(struct radio_frames *f, struct radio_side out[2])
{
	uint8_t in[2048];

	for (;;) {
		ssize_t n = recv(f->fd, in, sizeof(in), 0);

		if (n < 0 && errno == EAGAIN)
			break;
		duo_must(n >= MONITOR_HEAD, "the monitor speaks");
		if (get16(in) == ACL_SENT && get16(in + 2) < 2)
			acl_packet(f, (int)get16(in + 2), in + MONITOR_HEAD,
				   (size_t)n - MONITOR_HEAD);
	}
	for (int i = 0; i < 2; i++) {
		out[i] = f->part[i].seen;
		memset(&f->part[i].seen, 0, sizeof(f->part[i].seen));
	}
}

void radio_frames_close(struct radio_frames **f)
{
	if (*f == NULL)
		return;
	(void)close((*f)->fd);
	free(*f);
	*f = NULL;
}
