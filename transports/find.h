/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: asking one Bluetooth device whether it offers the service, and on which
 * channels: SDP (sdp.h) over a non-blocking L2CAP socket, with time limits. Connecting without a
 * channel begins with it, and so may whoever looks for devices.
 */
#ifndef TREC_TRANSPORTS_FIND_H
#define TREC_TRANSPORTS_FIND_H

#include "transports/sdp.h"
#include "transports/tp.h"

#define TP_FIND_CONNECT_MS 20000 /* a page takes 5 s, its repetition by the kernel as long again */
#define TP_FIND_ANSWER_MS 5000

struct tp_find;

/*
 * Begins to ask the device from an adapter (NULL: the kernel chooses). TREC_E_NO_ADAPTER,
 * TREC_E_ADAPTER_OFF, TREC_E_ADAPTER_BLOCKED, TREC_E_UNREACHABLE, TREC_E_NO_MEMORY, TREC_E_IO.
 */
trec_err tp_find_start(const struct trec_env *env, const uint8_t *from,
		       const uint8_t device[TP_BD_LEN], struct tp_find **out);
/*
 * TREC_E_AGAIN; TREC_OK: it answered, see tp_find_records(). TREC_E_HOST_DOWN: it did not, or not
 * in time; TREC_E_NO_SERVICE: it offers no services at all; TREC_E_UNREACHABLE: what it said is no
 * answer; otherwise as tp_find_start(). An end is for good.
 */
trec_err tp_find_step(struct tp_find *f);
/* What to wait for before the next step. fd stays the same. */
void tp_find_poll(const struct tp_find *f, struct trec_poll *out);
/* How many records of the service it has, perhaps none. They belong to f. */
size_t tp_find_records(const struct tp_find *f, const struct tp_sdp_found **out);
/* Ends it; NULL is fine; the caller's pointer becomes NULL. */
void tp_find_free(struct tp_find **f);

#endif
