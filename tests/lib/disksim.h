/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a disk that can lose power. It implements struct trec_io over memory and
 * remembers every 512-byte sector written since the last sync; at a power cut each of them has
 * either reached the platter or not, in any order and any combination, so writes are torn and
 * reordered at every sector. Sectors may be torn inside as well, a change of size has happened, or
 * not, or in part, and blocks gained by it may hold old bytes instead of zeros. The states of one
 * sync epoch are counted through where they are few and drawn from a seed where they are many.
 * Calls can also be made to fail, to be short or interrupted.
 */
#ifndef TREC_TESTS_DISKSIM_H
#define TREC_TESTS_DISKSIM_H

#include <trec/env.h>

#define DISKSIM_SECTOR 512
#define DISKSIM_BLOCK 4096 /* by which a file system lengthens a file */

struct disksim;

/* Give this to env.io; the descriptor says which disk. */
extern const struct trec_io disksim_io;

enum disksim_fault {
	DISKSIM_NONE,
	DISKSIM_EIO,   /* the call fails with EIO, and nothing moved */
	DISKSIM_ENOSPC,
	DISKSIM_TORN,  /* a write moves half of its bytes, then EIO; other calls as EIO */
	DISKSIM_SHORT, /* a transfer moves one byte only; other calls work */
	DISKSIM_EINTR, /* fails once with EINTR */
	DISKSIM_HALT   /* this and every later call fails: power is gone for the program */
};

/* A disk of at most cap bytes, empty. Aborts the program when out of memory. */
struct disksim *disksim_new(size_t cap);
void disksim_free(struct disksim **d);
/* Descriptor of the disk for env.io. */
int disksim_fd(const struct disksim *d);
/* The disk now durably holds these bytes; nothing is pending, no fault is armed. */
void disksim_load(struct disksim *d, const uint8_t *image, size_t n);
/* What a read sees now, and how long it is. */
const uint8_t *disksim_image(const struct disksim *d, size_t *n);

/* Call number `at` (0 = the next) meets the fault. */
void disksim_fault(struct disksim *d, uint64_t at, enum disksim_fault fault);
/* Calls so far, and whether the armed fault was met. */
uint64_t disksim_calls(const struct disksim *d);
bool disksim_fired(const struct disksim *d);

/* Called before each sync takes effect: the moment to look at the states a power cut may leave. */
void disksim_on_sync(struct disksim *d, void (*hook)(void *ctx, struct disksim *d), void *ctx);
/* Sector writes not yet synced. */
size_t disksim_pending(const struct disksim *d);

/*
 * Calls look(ctx, image, n) for the states that a power cut now may leave: all combinations of
 * whole sectors and sizes if they are at most limit, and then some with sectors torn inside; else
 * prefixes of the writes, single ones alone, all but single ones, as many as half of limit, and
 * random ones drawn from *seed up to limit, half of them torn. Answers how many. Stops when look
 * answers false.
 */
size_t disksim_crash(struct disksim *d, size_t limit, uint64_t *seed,
		     bool (*look)(void *ctx, const uint8_t *image, size_t n), void *ctx);

/*
 * The power goes: the disk now durably holds one such state, drawn from *seed, sectors torn inside
 * among them. No fault is armed any more.
 */
void disksim_cut(struct disksim *d, uint64_t *seed);

/* What disksim_crash has shown of this disk so far. */
struct disksim_seen {
	uint64_t epochs;  /* calls */
	uint64_t whole;   /* of them those with every combination */
	uint64_t states;
	uint64_t torn;    /* states with a sector torn inside */
	uint64_t resized; /* states with another size than the program saw */
	uint64_t stale;   /* states with old bytes in blocks that were gained */
};
const struct disksim_seen *disksim_seen(const struct disksim *d);

/* xorshift64*: repeatable random numbers for tests. */
uint64_t disksim_random(uint64_t *seed);

#endif
