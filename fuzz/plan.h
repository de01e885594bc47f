/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what pairing, session and whole read from one input, so that a run with all its
 * faults replays from one file. Any bytes are a plan:
 *
 *   0     arguments, the target says which
 *   1     seed of both devices' random numbers
 *   2     bytes fed at a time, 0: all there are
 *   3     bits 0-1 machine faults, bits 2-4 wire faults, bit 6 a session: both are announced, bit 7
 *         a session: without certificates
 *   then  3 bytes a machine fault: bits 0-2 kind, bit 7 side; then which call, 2 bytes
 *   then  5 bytes a wire fault (tests/lib/wire_faults.h)
 *   then  wire bytes, the target says whose
 */
#ifndef TREC_FUZZ_PLAN_H
#define TREC_FUZZ_PLAN_H

#include "tests/lib/engine_rig.h"
#include "tests/lib/wire_faults.h"

#define PLAN_MACHINE_MAX 3

enum plan_fault {
	PLAN_ALLOC,        /* an allocation fails */
	PLAN_ALLOC_ON,     /* it and all that follow */
	PLAN_RANDOM,       /* a call for random numbers fails */
	PLAN_WOLFSSL,      /* an allocation inside wolfSSL, of either side, and all that follow */
	PLAN_COMMIT,       /* a commit of the store fails with an I/O error */
	PLAN_CRASH_BEFORE, /* power is lost before a commit */
	PLAN_CRASH_AFTER,  /* and after one */
	PLAN_NO_CLOCK      /* the wall clock cannot be trusted */
};

struct plan {
	uint8_t args;
	uint64_t seed;
	bool symmetric;
	bool announced;
	size_t piece;
	struct {
		enum plan_fault kind;
		int side;
		unsigned at;
	} machine[PLAN_MACHINE_MAX];
	size_t machines;
	struct wire_plan wire;
	struct trec_bytes bytes;
	struct wire *w;             /* while joined */
	struct fault_budget wolfssl;
};

/* False: too short. bytes borrows from in. */
bool plan_read(struct plan *p, struct trec_bytes in);
/* Before a run: arms the faults in r's devices and on its wire. */
void plan_arm(struct plan *p, struct rig *r);
/* After it: no fault any more; who crashed starts again. The runs are gone. */
void plan_disarm(struct plan *p, struct rig *r);
/* Whether the plan can change anything. */
bool plan_is_honest(const struct plan *p);

/* The head of a plan, for programs that make seeds. Answers its length. */
static inline size_t plan_write(uint8_t args, unsigned machines, unsigned wires, uint8_t out[4])
{
	out[0] = args;
	out[1] = 1;
	out[2] = 0;
	out[3] = (uint8_t)(machines | wires << 2);
	return 4;
}

#endif
