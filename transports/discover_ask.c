/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is in range is asked once whether it offers the service, by SDP and one after the other:
 * what bluetoothd tells of a device is what that device, or anybody, chose to say.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/base.h"
#include "transports/discover_bluez.h"

#define PATH_DEVICE "/dev_"

/* A device's path: the place of its adapter here, and its address. */
static bool parse_path(const struct bluez_scan *s, const char *path, struct device *out)
{
	char start[sizeof(TP_BLUEZ_HCI PATH_DEVICE) + 4];

	for (out->radio = 0; out->radio < s->radios; out->radio++) {
		int n = snprintf(start, sizeof(start), TP_BLUEZ_HCI "%u" PATH_DEVICE,
				 s->radio[out->radio].adapter.number);

		if (n > 0 && strncmp(path, start, (size_t)n) == 0)
			return tp_bluez_bd(path + n, out->bd);
	}
	return false;
}

void tp_bluez_seen(struct bluez_scan *s, const char *path, enum nearness near)
{
	struct device d = { .near = near };

	if (near == AWAY || path == NULL || !parse_path(s, path, &d))
		return;
	for (size_t i = 0; i < s->count; i++) {
		if (memcmp(s->devices[i].bd, d.bd, TP_BD_LEN) != 0)
			continue;
		if (near == NEAR)
			s->devices[i].near = near;
		return;
	}
	if (s->count < TP_DEVICES_MAX)
		s->devices[s->count++] = d;
	else
		base_log(s->scan.env, TREC_LEVEL_INFO,
			 "bluetooth: more devices than are asked: one is left out");
}

/* Its records of the service: one of them has a channel, or nobody could connect. */
static void tell(struct bluez_scan *s, const struct device *d)
{
	const struct tp_sdp_found *records;
	size_t n = tp_find_records(s->find, &records);
	char uri[TREC_URI_MAX + 1];
	const uint8_t *b = d->bd;
	bool reachable = false, shown = false;
	uint8_t beacon[TREC_BEACON_LEN];
	int at = snprintf(uri, sizeof(uri), "rfcomm://%02X:%02X:%02X:%02X:%02X:%02X", b[0], b[1],
			  b[2], b[3], b[4], b[5]);

	if (s->number != 0)
		(void)snprintf(uri + at, sizeof(uri) - (size_t)at, "?adapter=hci%u",
			       s->number - 1u);
	for (size_t i = 0; i < n; i++)
		reachable = reachable || records[i].channel != 0;
	for (size_t i = 0; reachable && i < n; i++) {
		if (!tp_beacon_parse(records[i].name, beacon))
			continue;
		tp_scan_found(&s->scan, uri, records[i].name);
		shown = true;
	}
	if (reachable && !shown)
		tp_scan_found(&s->scan, uri, records[0].name);
}

/* Those near first: to ask one that is not takes seconds. */
struct device *tp_bluez_next(struct bluez_scan *s)
{
	struct device *best = NULL;

	for (size_t i = 0; i < s->count; i++) {
		struct device *d = &s->devices[i];

		if (!d->asked && (best == NULL || d->near > best->near))
			best = d;
	}
	return best;
}

static void ask_next(struct bluez_scan *s)
{
	struct device *d;

	while (s->find == NULL && (d = tp_bluez_next(s)) != NULL) {
		trec_err err = tp_find_start(s->scan.env, s->radio[d->radio].adapter.bd, d->bd,
					     &s->find);

		d->asked = true;
		s->who = d;

		if (err != TREC_OK)
			base_log(s->scan.env, TREC_LEVEL_INFO,
				 "bluetooth: a device cannot be asked: %s", trec_err_text(err));
		s->find_fd = -1;
	}
}

void tp_bluez_ask(struct bluez_scan *s)
{
	trec_err err = TREC_OK;

	if (s->inquiring || s->stopping > 0)
		return;
	ask_next(s);
	while (s->find != NULL && err != TREC_E_AGAIN) {
		err = tp_find_step(s->find);
		if (err == TREC_E_AGAIN)
			break;
		if (err == TREC_OK)
			tell(s, s->who);
		tp_find_free(&s->find);
		ask_next(s);
	}
}
