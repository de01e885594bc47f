/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The transports, one row each. Rows without functions are schemes that other builds or later
 * versions have: their addresses are recognised and answered with TREC_E_UNSUPPORTED.
 */
#include "config.h"

#include "proto/base/base.h"
#include "transports/tp.h"

#ifdef HAVE_BLUETOOTH
#define RFCOMM tp_rfcomm
#else
#define RFCOMM absent_rfcomm
static const struct tp_kind absent_rfcomm = { .name = "rfcomm", .prefix = "rfcomm:" };
#endif
static const struct tp_kind absent_nfc = { .name = "nfc", .prefix = "nfc:" };

static const struct tp_kind *const rows[] = {
	&tp_tcp, &tp_unix, &tp_mem, &RFCOMM, &absent_nfc,
};

const struct tp_kind *tp_registry_row(size_t i)
{
	return i < BASE_COUNT(rows) ? rows[i] : NULL;
}

size_t trec_transport_names(const char **out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < BASE_COUNT(rows) && n < cap; i++)
		if (rows[i]->connect != NULL && rows[i]->usable() == TREC_OK)
			out[n++] = rows[i]->name;
	return n;
}

size_t trec_transport_status(struct trec_transport_status *out, size_t cap)
{
	size_t n = 0;

	for (; n < BASE_COUNT(rows) && n < cap; n++) {
		out[n].name = rows[n]->name;
		out[n].err = rows[n]->connect != NULL ? rows[n]->usable() : TREC_E_UNSUPPORTED;
	}
	return n;
}
