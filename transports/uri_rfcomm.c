/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses of RFCOMM, taken apart as strictly as the others. To connect:
 *   rfcomm://AA:BB:CC:DD:EE:FF[/CHANNEL][?adapter=hciN]
 * To listen, also without a device: rfcomm:[/CHANNEL][?adapter=hciN]. One spelling each: the
 * canonical form has upper-case digits. Pure text: known in builds without Bluetooth too.
 */
#include <stdio.h>
#include <string.h>

#include "transports/tp.h"

#define ADDRESS_LEN 17 /* "AA:BB:CC:DD:EE:FF" */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* No device has the first or the last of all addresses. */
static bool parse_address(const char *s, uint8_t out[TP_BD_LEN])
{
	uint8_t all = 0xff, any = 0;

	for (size_t i = 0; i < TP_BD_LEN; i++) {
		int high = hex_digit(s[3 * i]);
		int low = high < 0 ? -1 : hex_digit(s[3 * i + 1]);

		if (low < 0 || s[3 * i + 2] != (i + 1 < TP_BD_LEN ? ':' : s[3 * i + 2]))
			return false;
		out[i] = (uint8_t)(high << 4 | low);
		any |= out[i];
		all &= out[i];
	}
	return any != 0 && all != 0xff;
}

/* A number of one or two digits without a leading zero; where it ends, or NULL. */
static const char *number(const char *s, unsigned max, unsigned *out)
{
	if (s[0] < '0' || s[0] > '9')
		return NULL;
	*out = (unsigned)(*s++ - '0');
	if (*out != 0 && s[0] >= '0' && s[0] <= '9')
		*out = *out * 10 + (unsigned)(*s++ - '0');
	return *out <= max ? s : NULL;
}

trec_err tp_uri_parse_rfcomm(const char *rest, struct tp_uri *out)
{
	unsigned n = 0;

	out->listen_only = true;
	if (strncmp(rest, "//", 2) == 0) {
		if (strnlen(rest + 2, ADDRESS_LEN) != ADDRESS_LEN ||
		    !parse_address(rest + 2, out->bd))
			return TREC_E_BAD_URI;
		out->listen_only = false;
		rest += 2 + ADDRESS_LEN;
	}
	if (rest[0] == '/') {
		rest = number(rest + 1, TP_CHANNEL_MAX, &n);
		if (rest == NULL || n == 0)
			return TREC_E_BAD_URI;
		out->channel = (uint8_t)n;
	}
	if (strncmp(rest, "?adapter=hci", 12) == 0) {
		rest = number(rest + 12, TP_ADAPTERS_MAX - 1, &n);
		if (rest == NULL)
			return TREC_E_BAD_URI;
		out->adapter = (uint8_t)(n + 1);
	}
	return rest[0] == '\0' ? TREC_OK : TREC_E_BAD_URI;
}

void tp_uri_print_rfcomm(const struct tp_uri *uri, char out[TREC_URI_MAX + 1])
{
	const uint8_t *a = uri->bd;
	char device[2 + ADDRESS_LEN + 1] = "", channel[8] = "", adapter[24] = "";

	if (!uri->listen_only)
		(void)snprintf(device, sizeof(device), "//%02X:%02X:%02X:%02X:%02X:%02X", a[0],
			       a[1], a[2], a[3], a[4], a[5]);
	if (uri->channel != 0)
		(void)snprintf(channel, sizeof(channel), "/%u", uri->channel);
	if (uri->adapter != 0)
		(void)snprintf(adapter, sizeof(adapter), "?adapter=hci%u", uri->adapter - 1u);
	(void)snprintf(out, TREC_URI_MAX + 1, "rfcomm:%s%s%s", device, channel, adapter);
}
