/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: finding the RFCOMM channel of the service at a device. The client's half of
 * SDP's one transaction that is needed, ServiceSearchAttribute (Bluetooth Core Specification,
 * Vol 3, Part B, 4.7.1), as pure text work: what to send, and what an answer says. Whoever
 * answers is a stranger, so nesting, lengths, rounds and sizes are bounded.
 */
#ifndef TREC_TRANSPORTS_SDP_H
#define TREC_TRANSPORTS_SDP_H

#include <trec/env.h>

/* The service's own UUID; chosen at random once, and part of the protocol (docs/PROTOCOL.md). */
#define SDP_TREC_UUID "d7b7a4c1-5f0e-4c46-9b1a-7c2f2e1f9d53"

#define TP_SDP_PSM 1
#define TP_SDP_REQUEST_MAX 64   /* bytes of a request */
#define TP_SDP_PDU_MAX 672      /* of an answer: L2CAP's default MTU, Vol 3, Part A, 5.1 */
#define TP_SDP_TOTAL_MAX 4096   /* of what is put together from answers */
#define TP_SDP_ROUNDS 32        /* answers put together */
#define TP_SDP_FOUND_MAX 8      /* records kept of one device */
#define TP_SDP_NAME_MAX 64
#define TP_SDP_CONTINUATION_MAX 16

/* A record whose service class is ours. */
struct tp_sdp_found {
	uint8_t channel;                /* RFCOMM, 1 to 30; 0: it names none */
	char name[TP_SDP_NAME_MAX + 1]; /* printable ASCII, or empty */
};

/* One question to one device. */
struct tp_sdp {
	uint16_t tid;
	unsigned rounds;
	uint8_t continuation[TP_SDP_CONTINUATION_MAX];
	size_t continuation_len;
	size_t n;
	uint8_t answer[TP_SDP_TOTAL_MAX];
};

void tp_sdp_begin(struct tp_sdp *q, uint16_t tid);
/* The request to send next; its length. */
size_t tp_sdp_request(const struct tp_sdp *q, uint8_t out[TP_SDP_REQUEST_MAX]);
/*
 * Takes one whole answer. TREC_OK: it was the last; TREC_E_AGAIN: send the next request;
 * TREC_E_MALFORMED; TREC_E_TOO_LARGE: more than is put together; TREC_E_REFUSED: the device
 * answers with an error.
 */
trec_err tp_sdp_take(struct tp_sdp *q, struct trec_bytes pdu);
/* The records found, after tp_sdp_take() said TREC_OK. TREC_E_MALFORMED: none. */
trec_err tp_sdp_found(const struct tp_sdp *q, struct tp_sdp_found out[TP_SDP_FOUND_MAX], size_t *n);

#endif
