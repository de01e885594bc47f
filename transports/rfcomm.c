/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bluetooth RFCOMM over the kernel's own sockets; of libbluetooth only headers are used. A device
 * address is where to try and never proof of anything: nothing is asked of the link's security
 * (BT_SECURITY_LOW, so no pairing of the system's is needed), and nothing is scanned for.
 *
 * The kernel allows one connection between two adapters to one channel; another is refused with
 * EBUSY until the first is gone on both sides, which takes a moment after a close. What both sides
 * say about that end can also meet the next connection, which is reset or refused then: sock.c
 * tries again. There is no half-close. What was sent before a close is delivered by the kernel,
 * which keeps the connection until its queue is empty, at most 40 s.
 */
#include "config.h"

#include <bluetooth/bluetooth.h>
#include <bluetooth/rfcomm.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/rfcomm.h"

#define BACKLOG 8
void tp_rfcomm_swap(const uint8_t in[TP_BD_LEN], uint8_t out[TP_BD_LEN])
{
	for (size_t i = 0; i < TP_BD_LEN; i++)
		out[i] = in[TP_BD_LEN - 1 - i];
}

void tp_rfcomm_prepare(int fd)
{
	struct bt_security low = { .level = BT_SECURITY_LOW };

	/* Also what the kernel does by itself. */
	(void)setsockopt(fd, SOL_BLUETOOTH, BT_SECURITY, &low, sizeof(low));
}

struct tp_addr tp_rfcomm_addr(const uint8_t *device, uint8_t channel)
{
	struct tp_addr a = { .len = sizeof(struct sockaddr_rc) };
	struct sockaddr_rc *rc = (struct sockaddr_rc *)&a.ss;

	rc->rc_family = AF_BLUETOOTH;
	rc->rc_channel = channel;
	if (device != NULL)
		tp_rfcomm_swap(device, rc->rc_bdaddr.b);
	return a;
}

/* The address written in a kernel's, as the URI that names it. */
static void print(const struct tp_addr *a, uint8_t channel, char out[TREC_URI_MAX + 1])
{
	const struct sockaddr_rc *rc = (const struct sockaddr_rc *)&a->ss;
	struct tp_uri u = { .channel = channel };

	tp_rfcomm_swap(rc->rc_bdaddr.b, u.bd);
	tp_uri_print_rfcomm(&u, out);
}

/* The channel of whoever connected is the kernel's and leads nowhere. */
static void rfcomm_peer(const struct tp_addr *addr, const struct trec_listener *l,
			char out[TREC_URI_MAX + 1])
{
	(void)l;
	print(addr, 0, out);
}

/* Why an adapter that was there cannot be used; if it can, nothing more is known. */
static trec_err why_not(const struct tp_addr *addr)
{
	struct tp_adapter found;
	uint8_t bd[TP_BD_LEN];
	bool bound = addr != NULL && addr->from_len != 0;

	if (bound)
		tp_rfcomm_swap(((const struct sockaddr_rc *)&addr->from)->rc_bdaddr.b, bd);
	trec_err err = tp_adapter_find(0, bound ? bd : NULL, &found);

	return err == TREC_OK || err == TREC_E_IO ? TREC_E_UNREACHABLE : err;
}

trec_err tp_rfcomm_reason(const struct tp_addr *addr, int error)
{
	switch (error) {
	case EHOSTDOWN:
	case ETIMEDOUT:
		return TREC_E_HOST_DOWN;
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
		return TREC_E_NO_ADAPTER;
	case ERFKILL:
		return TREC_E_ADAPTER_BLOCKED;
	case EADDRNOTAVAIL:
	case EHOSTUNREACH: /* no adapter that is on leads there */
	case ENETDOWN:
	case ENETUNREACH:
	case ENODEV:
		return why_not(addr);
	case ENOMEM:
		return TREC_E_NO_MEMORY;
	default:
		return TREC_E_UNREACHABLE;
	}
}

const struct tp_sock_kind tp_rfcomm_sock = {
	.ops = TP_SOCK_OPS("rfcomm", TP_RFCOMM_SEND),
	.prepare = tp_rfcomm_prepare,
	.peer = rfcomm_peer,
	.reason = tp_rfcomm_reason,
	.protocol = BTPROTO_RFCOMM,
	.whole = true,
};

static trec_err rfcomm_usable(void)
{
	struct tp_adapter any;

	return tp_adapter_find(0, NULL, &any);
}

trec_err tp_rfcomm_dial(const struct trec_env *env, const struct tp_uri *u, struct trec_link **out)
{
	struct tp_addr to = tp_rfcomm_addr(u->bd, u->channel), from;
	char peer[TREC_URI_MAX + 1];
	struct tp_adapter a;
	trec_err err = tp_adapter_find(u->adapter, NULL, &a);

	if (err != TREC_OK)
		return err;
	if (u->adapter != 0) {
		from = tp_rfcomm_addr(a.bd, 0);
		to.from = from.ss;
		to.from_len = from.len;
	}
	tp_uri_print_rfcomm(u, peer);
	return tp_sock_connect(env, &tp_rfcomm_sock, &to, 1, peer, out);
}

static trec_err rfcomm_connect(const struct trec_env *env, const struct tp_uri *uris, size_t n,
			       struct trec_link **out)
{
	if (n == 1 && uris[0].channel != 0)
		return tp_rfcomm_dial(env, &uris[0], out);
	return tp_rfcomm_seek(env, uris, n, out);
}

trec_err tp_rfcomm_adopt(const struct trec_env *env, int fd, struct trec_link **out)
{
	struct tp_addr from = { .len = sizeof(from.ss) };
	char peer[TREC_URI_MAX + 1];

	*out = NULL;
	if (getpeername(fd, (struct sockaddr *)&from.ss, &from.len) != 0 ||
	    from.ss.ss_family != AF_BLUETOOTH || from.len < sizeof(struct sockaddr_rc)) {
		close(fd);
		return TREC_E_LOST;
	}
	print(&from, 0, peer);
	return tp_sock_adopt(env, &tp_rfcomm_sock, fd, peer, out);
}

static void rfcomm_listener_free(struct trec_listener *l)
{
	struct tp_sock_listener *sl = (struct tp_sock_listener *)l;

	close(sl->fd);
	base_free(l->env, sl, sizeof(*sl));
}

static const struct trec_listener_ops rfcomm_listener_ops = {
	.accept = tp_sock_accept,
	.poll = tp_sock_listener_poll,
	.free = rfcomm_listener_free,
};

/*
 * Channel 0 becomes a free one. A socket of one adapter takes what comes there before a socket of
 * all, and the kernel lets both have a channel. So that of all begins at the top: bluetoothd and
 * the kernel give channels from below.
 */
static bool bind_to(int fd, struct tp_addr *a)
{
	struct sockaddr_rc *rc = (struct sockaddr_rc *)&a->ss;
	static const bdaddr_t any;
	bool from_top = rc->rc_channel == 0 && memcmp(&rc->rc_bdaddr, &any, sizeof(any)) == 0;
	int r;

	if (from_top)
		rc->rc_channel = TP_CHANNEL_MAX;
	for (;;) {
		r = bind(fd, (const struct sockaddr *)&a->ss, a->len);
		if (r == 0 || errno != EADDRINUSE || !from_top || rc->rc_channel == 1)
			return r == 0;
		rc->rc_channel--;
	}
}

/* Bound and listening; -1 and errno. */
static int open_listening(struct tp_addr *a)
{
	int fd = tp_sock_open(AF_BLUETOOTH, BTPROTO_RFCOMM);

	if (fd < 0)
		return -1;
	tp_rfcomm_prepare(fd);
	if (bind_to(fd, a) && listen(fd, BACKLOG) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a->ss, &a->len) == 0)
		return fd;
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

trec_err tp_rfcomm_listen_own(const struct trec_env *env, const struct tp_uri *u,
			      struct trec_listener **out, uint8_t *channel)
{
	char text[TREC_URI_MAX + 1];
	struct tp_adapter here;
	bool all = u->listen_only && u->adapter == 0;
	trec_err err = tp_adapter_find(u->adapter, u->listen_only ? NULL : u->bd, &here);

	*out = NULL;
	tp_uri_print_rfcomm(u, text);
	if (err != TREC_OK) {
		base_log(env, TREC_LEVEL_WARNING, "cannot listen on %s: %s", text,
			 trec_err_text(err));
		return err;
	}
	struct tp_addr a = tp_rfcomm_addr(all ? NULL : here.bd, u->channel);
	struct tp_sock_listener *sl = base_alloc(env, sizeof(*sl));

	if (sl == NULL)
		return TREC_E_NO_MEMORY;
	sl->fd = open_listening(&a);
	if (sl->fd < 0) {
		err = tp_sock_listen_error(env, text, errno);
		base_free(env, sl, sizeof(*sl));
		return err;
	}
	*channel = ((const struct sockaddr_rc *)&a.ss)->rc_channel;
	sl->listener.ops = &rfcomm_listener_ops;
	sl->listener.env = env;
	sl->kind = &tp_rfcomm_sock;
	a = tp_rfcomm_addr(here.bd, 0);
	print(&a, *channel, sl->listener.uri);
	*out = &sl->listener;
	return TREC_OK;
}

const struct tp_kind tp_rfcomm = {
	.name = "rfcomm",
	.prefix = "rfcomm:",
	.parse = tp_uri_parse_rfcomm,
	.print = tp_uri_print_rfcomm,
	.usable = rfcomm_usable,
	.connect = rfcomm_connect,
	.listen = tp_rfcomm_listen,
};
