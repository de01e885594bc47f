/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what the files of the RFCOMM transport share, and what a listener needs that
 * gets its connections from elsewhere (from bluetoothd): tp_rfcomm_adopt() makes links of them.
 *
 * Addresses stand in struct tp_uri and struct tp_adapter in the order they are written in; the
 * kernel's are the other way round.
 */
#ifndef TREC_TRANSPORTS_RFCOMM_H
#define TREC_TRANSPORTS_RFCOMM_H

#include "transports/adapter.h"
#include "transports/sock.h"

/*
 * Bytes of an RFCOMM frame between two Linux kernels: L2CAP's 1013 without RFCOMM's own header.
 * A send is cut into frames of what was agreed, so any whole number of these fills all frames.
 */
#define TP_RFCOMM_FRAME 1008
#define TP_RFCOMM_SEND ((size_t)8 * TP_RFCOMM_FRAME)

extern const struct tp_sock_kind tp_rfcomm_sock;

/* Turns an address round. */
void tp_rfcomm_swap(const uint8_t in[TP_BD_LEN], uint8_t out[TP_BD_LEN]);
/* Options of a Bluetooth socket: nothing is asked of the link's own security, TLS sees to that. */
void tp_rfcomm_prepare(int fd);
/* What errno of connecting means. addr: from where; NULL, or not bound: from any adapter. */
trec_err tp_rfcomm_reason(const struct tp_addr *addr, int error);
/* device NULL: all of this machine's. */
struct tp_addr tp_rfcomm_addr(const uint8_t *device, uint8_t channel);
/*
 * A link of a connected RFCOMM socket; its peer's address is the kernel's word. fd is the link's,
 * and closed if this fails: TREC_E_NO_MEMORY, TREC_E_IO, TREC_E_LOST (it is connected no more).
 */
trec_err tp_rfcomm_adopt(const struct trec_env *env, int fd, struct trec_link **out);
/*
 * Begins listening on this machine's own socket, whatever else may be running. u as in
 * tp_rfcomm.listen. The channel really bound is in *channel.
 */
trec_err tp_rfcomm_listen_own(const struct trec_env *env, const struct tp_uri *u,
			      struct trec_listener **out, uint8_t *channel);

/* rfcomm_listen.c: the same, and announced by bluetoothd where there is one. */
trec_err tp_rfcomm_listen(const struct trec_env *env, const struct tp_uri *u,
			  struct trec_listener **out);

/* rfcomm_seek.c: connecting where a channel is to be found first, or several are to be tried. */
trec_err tp_rfcomm_seek(const struct trec_env *env, const struct tp_uri *uris, size_t n,
			struct trec_link **out);
/* One attempt at a channel from an adapter, as the address names it. */
trec_err tp_rfcomm_dial(const struct trec_env *env, const struct tp_uri *u,
			struct trec_link **out);

#endif
