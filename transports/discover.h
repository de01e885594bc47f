/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a way of finding devices has to provide, and what all of them share: the
 * name that carries a beacon, and the table of what was found, which is bounded and has each
 * address and label once. A way is one file with one struct tp_finder, named in discover.c.
 */
#ifndef TREC_TRANSPORTS_DISCOVER_H
#define TREC_TRANSPORTS_DISCOVER_H

#include <trec/discovery.h>

#include "transports/tp.h"

#define TP_BEACON_TEXT 31 /* "trec-" and 26 characters of base32, NUL not counted */

struct tp_scan_ops {
	/* Does what can be done now; found devices go to tp_scan_found(). Answers of
	 * trec_scan_next() but TREC_OK, which means TREC_E_AGAIN. */
	trec_err (*step)(struct trec_scan *s);
	void (*poll)(const struct trec_scan *s, struct trec_poll *out);
	void (*free)(struct trec_scan *s);
};

/* Embedded first in every scan; tp_scan_init() fills it, tp_scan_over() empties it. */
struct trec_scan {
	const struct tp_scan_ops *ops;
	const struct trec_env *env;
	trec_err dead; /* TREC_OK while it lives */
	size_t found, told;
	struct trec_sighting *table; /* TREC_FOUND_MAX */
};

struct tp_advert_ops {
	trec_err (*step)(struct trec_advert *a);
	void (*poll)(const struct trec_advert *a, struct trec_poll *out);
	/* a->name is another one. */
	void (*change)(struct trec_advert *a);
	void (*free)(struct trec_advert *a);
};

struct trec_advert {
	const struct tp_advert_ops *ops;
	const struct trec_env *env;
	trec_err dead;
	struct tp_uri uri;             /* of the listener */
	char name[TP_BEACON_TEXT + 1]; /* what is to be shown */
};

struct tp_finder {
	const char *name; /* of the transport */
	/* rest: what follows the colon. */
	trec_err (*scan)(const struct trec_env *env, const char *rest, struct trec_scan **out);
	/* Fills a->uri and a->name before the first step is the caller's. */
	trec_err (*advert)(const struct trec_env *env, const struct tp_uri *uri,
			   struct trec_advert **out);
};

#ifdef HAVE_DBUS
extern const struct tp_finder tp_finder_avahi;
#ifdef HAVE_BLUETOOTH
extern const struct tp_finder tp_finder_bluez;
/* discover_record.c; see struct tp_finder. */
trec_err tp_bluez_advert(const struct trec_env *env, const struct tp_uri *uri,
			 struct trec_advert **out);
#endif
#endif

/* TREC_E_NO_MEMORY. */
trec_err tp_scan_init(struct trec_scan *s, const struct tp_scan_ops *ops,
		      const struct trec_env *env);
void tp_scan_over(struct trec_scan *s);
/* A device was found; uri is canonical, name is whatever it calls itself. */
void tp_scan_found(struct trec_scan *s, const char *uri, const char *name);

void tp_beacon_text(const uint8_t beacon[TREC_BEACON_LEN], char out[TP_BEACON_TEXT + 1]);
/* False: it is no name that carries a beacon. Upper and lower case are the same to DNS. */
bool tp_beacon_parse(const char *text, uint8_t out[TREC_BEACON_LEN]);
/* Text of a stranger for people: no control or direction characters, whole UTF-8 only. */
void tp_label(const char *text, char out[TREC_LABEL_MAX + 1]);

#endif
