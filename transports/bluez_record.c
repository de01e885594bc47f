/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records in the XML that org.bluez.ProfileManager1 takes: Bluetooth Core, Vol 3, Part B, 5.1.
 * Names and UUIDs are of characters that need no escapes, and nothing else passes.
 */
#include <stdio.h>
#include <string.h>

#include "transports/bluez.h"
#include "transports/bluez_priv.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define CHANNEL_MAX 30

bool tp_bluez_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= TP_BLUEZ_NAME_MAX && strspn(name, LETTERS "0123456789 -._") == n;
}

bool tp_bluez_uuid_ok(const char *uuid)
{
	return strlen(uuid) == UUID_LEN && strspn(uuid, "0123456789abcdef-") == UUID_LEN;
}

trec_err tp_bluez_record(const char *uuid, unsigned channel, const char *name,
			 char out[TP_BLUEZ_RECORD_MAX + 1])
{
	char protocol[320] = "";

	out[0] = '\0';
	if (channel > CHANNEL_MAX || !tp_bluez_name_ok(name) || !tp_bluez_uuid_ok(uuid))
		return TREC_E_USAGE;
	if (channel != 0)
		(void)snprintf(protocol, sizeof(protocol),
			       "<attribute id=\"0x0004\"><sequence>"
			       "<sequence><uuid value=\"0x0100\"/></sequence>"
			       "<sequence><uuid value=\"0x0003\"/><uint8 value=\"0x%02x\"/>"
			       "</sequence></sequence></attribute>", channel);
	int n = snprintf(out, TP_BLUEZ_RECORD_MAX + 1,
			 "<?xml version=\"1.0\" encoding=\"UTF-8\"?><record>"
			 "<attribute id=\"0x0001\"><sequence><uuid value=\"%s\"/></sequence>"
			 "</attribute>%s<attribute id=\"0x0005\"><sequence>"
			 "<uuid value=\"0x1002\"/></sequence></attribute>"
			 "<attribute id=\"0x0100\"><text value=\"%s\"/></attribute></record>",
			 uuid, protocol, name);

	return n > 0 && n <= TP_BLUEZ_RECORD_MAX ? TREC_OK : TREC_E_USAGE;
}
