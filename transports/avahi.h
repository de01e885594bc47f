/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what of avahi-daemon's D-Bus interface is used, by the scan and by the advert
 * (avahi-daemon 0.6.31 and later, /usr/share/dbus-1/interfaces/org.freedesktop.Avahi.*.xml).
 */
#ifndef TREC_TRANSPORTS_AVAHI_H
#define TREC_TRANSPORTS_AVAHI_H

#include "transports/discover.h"

#define AVAHI "org.freedesktop.Avahi"
#define AVAHI_SERVER AVAHI ".Server"
#define AVAHI_BROWSER AVAHI ".ServiceBrowser"
#define AVAHI_GROUP AVAHI ".EntryGroup"
#define AVAHI_SERVICE "_trec._tcp"
#define AVAHI_DOMAIN "local"
#define AVAHI_PATH_MAX 127 /* bytes of an object's path; Avahi's have some 30 */

#define AVAHI_ALL (-1) /* interfaces, or IPv4 and IPv6 */
#define AVAHI_IP4 0
#define AVAHI_IP6 1

/* AvahiLookupFlags, AvahiPublishFlags */
#define AVAHI_LOOK_MULTICAST 2u
#define AVAHI_LOOK_NO_TXT 4u
#define AVAHI_SHOW_NO_REVERSE 16u
#define AVAHI_SHOW_NO_COOKIE 32u
#define AVAHI_SHOW_MULTICAST 256u

/* discover_publish.c; see struct tp_finder. */
trec_err tp_avahi_advert(const struct trec_env *env, const struct tp_uri *uri,
			 struct trec_advert **out);

#endif
