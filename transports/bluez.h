/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: bluetoothd owns the machine's SDP records, and hands over the connections of
 * services it listens for. This registers one such service (org.bluez.ProfileManager1) and keeps
 * it registered: bluetoothd may start later, restart, refuse or hang. Nothing here blocks.
 *
 * A build without D-Bus has the same functions; bluetoothd is absent to them for good.
 */
#ifndef TREC_TRANSPORTS_BLUEZ_H
#define TREC_TRANSPORTS_BLUEZ_H

#include <trec/transport.h>

#define TP_BLUEZ_NAME_MAX 64     /* bytes of a service's name: A-Z a-z 0-9 space - . _ */
#define TP_BLUEZ_RECORD_MAX 1023 /* bytes of a record's XML */
#define TP_BLUEZ_QUEUE 16        /* links handed over that nobody took yet; more are refused */

struct bluez_profile;

enum bluez_state {
	BLUEZ_ABSENT,  /* no bus, or nobody on it is bluetoothd */
	BLUEZ_WAITING, /* it is not known yet, or was asked, or refused and will be asked again */
	BLUEZ_READY    /* registered */
};

/* What is registered. Copied. */
struct bluez_want {
	const char *uuid; /* of the service, 36 characters; bluetoothd takes it from one alone */
	const char *name; /* in the record that bluetoothd makes; see TP_BLUEZ_NAME_MAX */
	/* Whether a descriptor may be handed over: tp_bluez_is_rfcomm. With it bluetoothd picks a
	 * channel, listens on every adapter, makes the record and hands over what connects. */
	bool (*is_link)(int fd);
	/* XML of a record, see tp_bluez_record(), or NULL: what is registered without is_link, or
	 * where another program has the service already. Any number may register one. */
	const char *record;
};

/*
 * Begins registering, and goes on with it whenever bluetoothd comes. Without a bus it is
 * BLUEZ_ABSENT and looks for one now and then. TREC_E_USAGE: want has bad characters or is too
 * long; TREC_E_NO_MEMORY; TREC_E_IO: no descriptors left; TREC_E_UNSUPPORTED: a build without
 * D-Bus.
 */
trec_err tp_bluez_new(const struct trec_env *env, const struct bluez_want *want,
		      struct bluez_profile **out);
/* Takes the service back and closes what was not taken; NULL is fine. */
void tp_bluez_free(struct bluez_profile **p);
/* What is due, a bounded amount of it. */
void tp_bluez_step(struct bluez_profile *p);
enum bluez_state tp_bluez_state(const struct bluez_profile *p);
/* It is registered, and bluetoothd listens for it and hands over. */
bool tp_bluez_listens(const struct bluez_profile *p);
/*
 * The oldest link handed over, or -1. Non-blocking, close-on-exec; the caller's to close. Calls
 * tp_bluez_step().
 */
int tp_bluez_take(struct bluez_profile *p);
/* What to wait for before the next step. fd is never -1 and stays the same. */
void tp_bluez_poll(const struct bluez_profile *p, struct trec_poll *out);

/* Whether fd is a connected RFCOMM socket. */
bool tp_bluez_is_rfcomm(int fd);
/*
 * The XML of a record of that service: channel 1 to 30, or 0 for one without. TREC_E_USAGE: as
 * tp_bluez_new().
 */
trec_err tp_bluez_record(const char *uuid, unsigned channel, const char *name,
			 char out[TP_BLUEZ_RECORD_MAX + 1]);

#endif
