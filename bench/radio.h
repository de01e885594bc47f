/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what the parts of the program that measures connections share; see radio.c. */
#ifndef TREC_BENCH_RADIO_H
#define TREC_BENCH_RADIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RADIO_SIZES 4096 /* sizes of an RFCOMM frame that are told apart */

/* What one controller sent of RFCOMM, channels of data only. */
struct radio_side {
	unsigned data;    /* frames that carry bytes */
	unsigned credits; /* frames that only allow the other side to send more */
	unsigned control; /* connecting, closing, the multiplexer's own */
	unsigned acl;     /* packets of the controller that all that took */
	uint64_t bytes;
	unsigned sizes[RADIO_SIZES]; /* frames by bytes carried; the last: and more */
};

/* radio_frames.c: counts by the kernel's monitor of what every controller is given. Needs root. */
struct radio_frames;
struct radio_frames *radio_frames_open(void);
/* Counts all that went since the last call, and begins anew. */
void radio_frames_take(struct radio_frames *f, struct radio_side out[2]);
void radio_frames_close(struct radio_frames **f);

/* radio_plain.c: the floor, sockets and nothing else. */
struct radio_plain;
/* Listens where that listener's address says, on a free port or channel. */
struct radio_plain *radio_plain_listen(const char *uri, int from);
void radio_plain_free(struct radio_plain **p);
/* Takes one connection, reads n bytes, and sends n back. */
void radio_plain_serve(struct radio_plain *p, size_t n);
struct radio_plain_times {
	uint64_t connect_ns, echo_ns;
};
void radio_plain_run(const struct radio_plain *p, size_t n, struct radio_plain_times *out);
/*
 * Keeps the link between two adapters up, for good, so that no run measures making it. Both ends
 * of a virtual link are in one kernel, which ends an idle one.
 */
_Noreturn void radio_hold(int from, int to);

uint64_t radio_now_ns(void);

#endif
