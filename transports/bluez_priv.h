/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what the files of bluez.h share with each other alone. */
#ifndef TREC_TRANSPORTS_BLUEZ_PRIV_H
#define TREC_TRANSPORTS_BLUEZ_PRIV_H

#include <stdbool.h>

#define UUID_LEN 36 /* characters */

/* bluez_record.c */
bool tp_bluez_name_ok(const char *name);
bool tp_bluez_uuid_ok(const char *uuid);

#endif
