/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a transport that behaves as badly as a test says: short reads and writes,
 * TREC_E_AGAIN out of the blue, the stream cut, reset or altered at a chosen byte, delays on
 * the environment's clock. It keeps what was sent, so a test can look at the wire. It is
 * polled by time, as a transport without a descriptor is.
 */
#ifndef TREC_TESTS_SCRIPT_H
#define TREC_TESTS_SCRIPT_H

#include <trec/transport.h>

#define SCRIPT_NEVER SIZE_MAX
#define SCRIPT_WIRE_MAX (8u << 20) /* bytes of one direction that are kept */

/* How one direction behaves. Offsets count bytes of the stream from 0. */
struct script_plan {
	size_t send_max;    /* most bytes one send takes */
	size_t recv_max;    /* most bytes one recv gives */
	size_t split_at;    /* no recv reads across this offset */
	bool keep_packets;  /* a recv gives bytes of one send only */
	unsigned again;     /* this many TREC_E_AGAIN before each transfer, on either end */
	size_t room;        /* bytes under way before send answers TREC_E_AGAIN */
	size_t reset_at;    /* both ends are lost as soon as this many bytes were received */
	size_t eof_at;      /* the receiver sees the end here; the sender is lost beyond it */
	size_t flip_at;     /* this byte arrives with flip_mask applied */
	uint8_t flip_mask;
	uint64_t delay_ms;  /* from a send until its bytes can be received */
};

struct script;

/* A plan without any faults. */
struct script_plan script_plain(void);
/*
 * A connected pair; plans may be NULL. ends[0] sends by plan ab, ends[1] by plan ba. The links
 * are the caller's, freed by trec_link_free in any order; the script itself by script_free once
 * both are. NULL when out of memory.
 */
struct script *script_new(const struct trec_env *env, const struct script_plan *ab,
			  const struct script_plan *ba, struct trec_link *ends[2]);
void script_free(struct script **s);
/* All bytes that end sent so far, before any flip. Valid until the next send. */
struct trec_bytes script_sent(const struct script *s, int end);
/* Bytes of that end that the other one has received. */
size_t script_received(const struct script *s, int end);
/* Both ends are lost from now on. */
void script_reset(struct script *s);

#endif
