/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what the two parts of a scan over Bluetooth share: discover_bluez.c has
 * bluetoothd inquire, discover_ask.c asks who is in range.
 */
#ifndef TREC_TRANSPORTS_DISCOVER_BLUEZ_H
#define TREC_TRANSPORTS_DISCOVER_BLUEZ_H

#include "transports/adapter.h"
#include "transports/bus.h"
#include "transports/discover_near.h"
#include "transports/find.h"

#define TP_BLUEZ_HCI "/org/bluez/hci" /* what the path of an adapter begins with */
#define TP_DEVICES_MAX 64 /* asked in one scan; others are left out */

struct radio {
	struct bluez_scan *scan;
	struct tp_adapter adapter;
	bool usable;
};

struct device {
	size_t radio;
	enum nearness near;
	bool asked;
	uint8_t bd[TP_BD_LEN];
};

struct bluez_scan {
	struct trec_scan scan;
	struct tp_bus *bus;
	int watch;      /* stands for the bus and for who is asked */
	uint8_t number; /* N + 1 of ?adapter=hciN, or 0 */
	bool there;     /* bluetoothd is on the bus */
	bool away;      /* it is known not to be */
	trec_err fault; /* no adapter inquires: why */
	bool inquiring;    /* or about to */
	unsigned stopping; /* adapters that have not said yet that they stopped */
	uint64_t rest_ms;  /* when the inquiry is to rest; UINT64_MAX: nobody is to be asked */
	size_t radios;
	struct radio radio[TP_ADAPTERS_MAX];
	size_t count;
	struct device devices[TP_DEVICES_MAX];
	const struct device *who; /* asked by find */
	struct tp_find *find;
	int find_fd;
};

/* A device that bluetoothd told of, by its path; one that is not near is left out. */
void tp_bluez_seen(struct bluez_scan *s, const char *path, enum nearness near);
/* Whom to ask next, or NULL. */
struct device *tp_bluez_next(struct bluez_scan *s);
/* Goes on asking, unless an inquiry goes on. */
void tp_bluez_ask(struct bluez_scan *s);

#endif
