/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: bluetoothd as far as registering a service and handing over its links goes,
 * played on a bus of the test's own. It answers as it is told, keeps what it was asked, and calls
 * the service's object; a second connection plays somebody else.
 */
#ifndef TREC_TESTS_BLUEZ_DOUBLE_H
#define TREC_TESTS_BLUEZ_DOUBLE_H

#include <stdbool.h>

#include "tests/lib/bus_rig.h"

struct bluez_double {
	sd_bus *bus;
	const char *error; /* answer this error; NULL: yes */
	bool silent;       /* never answer */
	const char *taken; /* a UUID that another registered */
	/* What was asked last. */
	unsigned asked;
	char from[64], object[64], uuid[64], name[96], role[16], record[2048];
	int channel; /* -1: none was given */
	bool demands; /* authentication or authorization, or it was not said */
	/* How the last call of a method ended. */
	unsigned ended;
	char error_back[128]; /* empty: well */
};

/* On the bus as org.bluez. */
void bluez_double_start(struct bluez_double *d);
/* On the bus without that name: somebody else. from and object are of the service. */
void bluez_double_stranger(struct bluez_double *d, const struct bluez_double *knows);
void bluez_double_stop(struct bluez_double *d);
/* Calls NewConnection with fd, and a dictionary with that many bytes of text; fd stays open. */
void bluez_double_hand_over(struct bluez_double *d, int fd, size_t text);
/* Release or RequestDisconnection. */
void bluez_double_call(struct bluez_double *d, const char *method);

#endif
