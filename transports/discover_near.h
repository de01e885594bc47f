/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what bluetoothd says of a device, taken apart: its address, and whether it is
 * near.
 */
#ifndef TREC_TRANSPORTS_DISCOVER_NEAR_H
#define TREC_TRANSPORTS_DISCOVER_NEAR_H

#include <systemd/sd-bus.h>

#include "transports/discover.h"

enum nearness {
	AWAY, /* or no device of that kind */
	SEEN, /* of late: bluetoothd forgets within half a minute what it is not paired with */
	NEAR  /* by an inquiry that goes on */
};

/* "XX_XX_XX_XX_XX_XX", the end of a device's path. */
bool tp_bluez_bd(const char *p, uint8_t out[TP_BD_LEN]);
/* From the properties that stand next in m; near: what is known without them. */
enum nearness tp_bluez_nearness(sd_bus_message *m, enum nearness near);

#endif
