/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What bluetoothd hands over has to be an RFCOMM connection: its domain, type and peer tell. */
#include <sys/socket.h>

#include <bluetooth/bluetooth.h>
#include <bluetooth/rfcomm.h>

#include "transports/bluez.h"

static bool option_is(int fd, int option, int wanted)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted;
}

bool tp_bluez_is_rfcomm(int fd)
{
	struct sockaddr_rc peer = { 0 };
	socklen_t len = sizeof(peer);

	return option_is(fd, SO_DOMAIN, AF_BLUETOOTH) &&
	       option_is(fd, SO_PROTOCOL, BTPROTO_RFCOMM) && option_is(fd, SO_TYPE, SOCK_STREAM) &&
	       getpeername(fd, (struct sockaddr *)&peer, &len) == 0 && len >= sizeof(peer) &&
	       peer.rc_family == AF_BLUETOOTH;
}
