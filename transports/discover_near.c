/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What bluetoothd says of a device; see discover_near.h. */
#include "config.h"

#include <string.h>

#include "transports/discover_near.h"

static unsigned hex(char c)
{
	return c >= '0' && c <= '9' ? (unsigned)(c - '0')
				    : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10) : 16;
}

/* "XX_XX_XX_XX_XX_XX" */
bool tp_bluez_bd(const char *p, uint8_t out[TP_BD_LEN])
{
	if (strlen(p) != 3 * TP_BD_LEN - 1)
		return false;
	for (size_t i = 0; i < TP_BD_LEN; i++, p += 3) {
		if (hex(p[0]) > 15 || hex(p[1]) > 15 || (p[2] != '_' && p[2] != '\0'))
			return false;
		out[i] = (uint8_t)(hex(p[0]) << 4 | hex(p[1]));
	}
	return true;
}

/* One property, its name read: what it says about the device. */
static bool take_property(sd_bus_message *m, const char *key, enum nearness *near, bool *no_use)
{
	const char *type;
	int paired;

	if (strcmp(key, "RSSI") == 0)
		*near = NEAR; /* bluetoothd drops it when an inquiry ends */
	if (strcmp(key, "AddressType") == 0) {
		if (sd_bus_message_read(m, "v", "s", &type) < 0)
			return false;
		*no_use = *no_use || strcmp(type, "public") != 0; /* low energy alone */
		return true;
	}
	if (strcmp(key, "Paired") == 0 && *near == SEEN) {
		if (sd_bus_message_read(m, "v", "b", &paired) < 0)
			return false;
		*no_use = *no_use || paired; /* kept for ever, wherever it is */
		return true;
	}
	return sd_bus_message_skip(m, "v") >= 0;
}

/* The properties that stand next in m; near: what is known without them. */
enum nearness tp_bluez_nearness(sd_bus_message *m, enum nearness near)
{
	bool no_use = false; /* low energy alone, or not seen of late */
	const char *key;

	if (sd_bus_message_enter_container(m, 'a', "{sv}") <= 0)
		return AWAY;
	while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
		if (sd_bus_message_read(m, "s", &key) < 0 ||
		    !take_property(m, key, &near, &no_use) || sd_bus_message_exit_container(m) < 0)
			return AWAY;
	}
	if (sd_bus_message_exit_container(m) < 0)
		return AWAY;
	return no_use && near != NEAR ? AWAY : near;
}
