/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: which Bluetooth adapters there are, and why one cannot be used. Asked of the
 * kernel anew each time: adapters come, go and are switched while a daemon runs. No privilege and
 * no daemon is needed, and nothing is changed.
 */
#ifndef TREC_TRANSPORTS_ADAPTER_H
#define TREC_TRANSPORTS_ADAPTER_H

#include "transports/tp.h"

struct tp_adapter {
	uint8_t number;        /* of hciN */
	uint8_t bd[TP_BD_LEN]; /* its address, as it is written */
	bool up;
	bool blocked; /* by rfkill: a switch or `rfkill block` */
};

/*
 * All of them, in the kernel's order. TREC_E_NO_ADAPTER: this kernel has no Bluetooth; none at all
 * is *n == 0. TREC_E_IO: it did not tell.
 */
trec_err tp_adapters(struct tp_adapter out[TP_ADAPTERS_MAX], size_t *n);
/*
 * The first that can be used. number is N + 1 of hciN, or 0: any; bd NULL: any. Otherwise why none
 * of them can: TREC_E_NO_ADAPTER, TREC_E_ADAPTER_OFF, TREC_E_ADAPTER_BLOCKED; TREC_E_IO.
 */
trec_err tp_adapter_find(uint8_t number, const uint8_t *bd, struct tp_adapter *out);

#endif
