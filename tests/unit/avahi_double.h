/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: plays avahi-daemon on the bus of bus_rig: tells the services that a test sets,
 * answers what they resolve to with whatever the test wants, however wrong, and keeps what it was
 * asked to announce.
 */
#ifndef TREC_TESTS_AVAHI_DOUBLE_H
#define TREC_TESTS_AVAHI_DOUBLE_H

#include "tests/lib/bus_rig.h"

#define DOUBLE_SERVICES 16
#define DOUBLE_RECORDS 16

struct double_service {
	int interface, protocol;
	const char *name, *type, *domain; /* NULL: as they should be */
	/* The answer; address NULL: that it does not resolve. */
	const char *host, *address;
	unsigned port;
	int answer_interface; /* 0: that of the service */
	bool strange;         /* an answer of another shape */
	bool silent;          /* no answer */
};

struct double_address {
	int interface, protocol;
	unsigned flags;
	char name[80], address[64];
};

struct avahi_double {
	sd_bus *bus;
	struct double_service services[DOUBLE_SERVICES];
	size_t service_count;
	unsigned refuse_browsers; /* so many are refused */
	bool early;               /* signals come before the path of the browser */
	unsigned browsers, resolved, open; /* asked for; of those resolved, unanswered */
	char client[64];          /* who asked last */
	/* publishing */
	unsigned groups, freed, refuse_groups;
	bool collide_on_add, collide_on_commit, fail_on_commit, hold;
	size_t address_count;
	struct double_address addresses[DOUBLE_RECORDS]; /* of the latest group */
	char name[80], type[40], domain[40], host[80];
	unsigned port, flags, txts;
	int interface;
	bool committed;
	int64_t client_gone; /* connections that asked and ended */
};

/* On the bus, as avahi-daemon. */
void avahi_double_begin(struct avahi_double *d);
void avahi_double_end(struct avahi_double *d);
/* Tells one more service to a browser that is there. */
void avahi_double_tell(struct avahi_double *d, const struct double_service *s);
/* The group's state, as the signal says it. */
void avahi_double_state(struct avahi_double *d, int state);

#endif
