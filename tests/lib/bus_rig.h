/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a message bus of a test's own, in place of the system's, on which the test
 * plays the services that the code under test asks. Everything runs in one thread: the test
 * moves the code and its doubles in turn, so nothing depends on timing but the bus itself.
 */
#ifndef TREC_TESTS_BUS_RIG_H
#define TREC_TESTS_BUS_RIG_H

#include <stdbool.h>

#include <systemd/sd-bus.h>

#include <trec/transport.h>

/* Starts a dbus-daemon and points DBUS_SYSTEM_BUS_ADDRESS to it. False: there is none here. */
bool bus_rig_start(void);
/* Ends it; those connected see the end of the bus. Harmless without one. */
void bus_rig_stop(void);
/* A connection for a double, with a name if name is not NULL. Aborts where that fails. */
sd_bus *bus_rig_connect(const char *name);
/* Handles whatever has come to a double and is sent by it; does not wait. */
void bus_rig_turn(sd_bus *bus);
/* Waits until one of the two has something to do, 20 ms at most. False: none has. */
bool bus_rig_rest(sd_bus *bus, const struct trec_poll *want);

#endif
