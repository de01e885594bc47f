/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what every user of the system bus needs: a connection of its own, fitted to
 * struct trec_poll, method calls that never block and always come to an end, and the news of who
 * owns a name, so that a service that is restarted is noticed. D-Bus specification 1.0, through
 * sd-bus. Only where configure found libsystemd (HAVE_DBUS).
 *
 * Whatever arrives is hostile until its sender was compared with tp_bus_owner(). Callbacks run
 * inside tp_bus_step(); they may call and watch, but not free the connection. Once
 * tp_bus_step() or tp_bus_free() has told the end, none runs any more.
 */
#ifndef TREC_TRANSPORTS_BUS_H
#define TREC_TRANSPORTS_BUS_H

#include <systemd/sd-bus.h>

#include <trec/transport.h>

#define TP_BUS_NAME_MAX 255    /* bytes of a bus name, D-Bus specification "Valid Names" */
#define TP_BUS_REPLY_MS 10000  /* a call without a reply fails after this */
#define TP_BUS_CALLS 16        /* calls under way on one connection */
#define TP_BUS_WATCHES 4       /* names watched on one connection */
#define TP_BUS_STEP 16         /* messages handled by one tp_bus_step() */

struct tp_bus;

/*
 * Begins a connection to the system bus (DBUS_SYSTEM_BUS_ADDRESS, if set); calls and watches may
 * follow at once, they are sent when it stands. TREC_E_UNREACHABLE: there is no bus;
 * TREC_E_NO_MEMORY.
 */
trec_err tp_bus_open(const struct trec_env *env, struct tp_bus **out);
/* Ends it, and with it whatever was registered on it; NULL is fine. Does not block. */
void tp_bus_free(struct tp_bus **b);
/* For objects, matches and messages. Belongs to b. */
sd_bus *tp_bus_sd(const struct tp_bus *b);
/*
 * Handles at most TP_BUS_STEP messages and ends calls whose time is over. TREC_OK: there may be
 * more; TREC_E_AGAIN: nothing more now; TREC_E_LOST: the connection is over, free it.
 */
trec_err tp_bus_step(struct tp_bus *b);
/* What to wait for before the next step. fd stays the same for the life of b. */
void tp_bus_poll(const struct tp_bus *b, struct trec_poll *out);

/*
 * The end of a call. TREC_OK: m is the reply. TREC_E_TIMEOUT: none came, m is NULL. Otherwise m is
 * the error or NULL: TREC_E_UNREACHABLE: nobody has that name; TREC_E_REFUSED: the bus or the
 * service does not allow it; TREC_E_UNSUPPORTED: no such method, object or interface there;
 * TREC_E_IO: any other error, see sd_bus_message_get_error(m).
 */
typedef void (*tp_bus_reply)(void *ctx, trec_err err, sd_bus_message *m);
/*
 * Sends m, a method call, without starting a service for it; done(ctx) is told the end from
 * tp_bus_step(). m may be NULL, from a message that could not be made: TREC_E_NO_MEMORY. m is
 * released in any case. TREC_E_BUSY: TP_BUS_CALLS are under way; TREC_E_LOST, TREC_E_NO_MEMORY.
 */
trec_err tp_bus_call(struct tp_bus *b, sd_bus_message *m, tp_bus_reply done, void *ctx);
/* Calls with this ctx are under way no more: done is not told. */
void tp_bus_forget(struct tp_bus *b, const void *ctx);

/* The name has an owner, a unique name, or none: "". Told at the start and at every change. */
typedef void (*tp_bus_owner_news)(void *ctx, const char *owner);
/* name is kept, not copied. TREC_E_BUSY: TP_BUS_WATCHES already; TREC_E_LOST, TREC_E_NO_MEMORY. */
trec_err tp_bus_watch(struct tp_bus *b, const char *name, tp_bus_owner_news news, void *ctx);
/* Who owns a watched name now; "" while nobody does or it is not known yet. */
const char *tp_bus_owner(const struct tp_bus *b, const char *name);
/* Whether m came from the owner of this watched name. */
bool tp_bus_is_from(const struct tp_bus *b, sd_bus_message *m, const char *name);

/* What a negative result of sd-bus means. */
trec_err tp_bus_error(int r);

#endif
