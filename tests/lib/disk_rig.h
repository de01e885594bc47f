/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what most claims about the store file need: a disk in memory, an environment
 * whose allocations can fail, a key, and one-line puts, gets and deletions.
 */
#ifndef TREC_TESTS_DISK_RIG_H
#define TREC_TESTS_DISK_RIG_H

#include "keystore/volume.h"
#include "tests/lib/disksim.h"
#include "tests/lib/fault_env.h"

struct disk_rig {
	struct fault_env own;
	struct fault_env *f; /* &own unless a test lends another */
	struct disksim *disk;
	struct ks_volume v;
	bool open;
};

/* An empty store of that many slots on a new disk, open. */
void disk_rig_begin(struct disk_rig *r, size_t cap, uint32_t slots);
void disk_rig_end(struct disk_rig *r);
/* Closes and opens again with the right key. */
trec_err disk_rig_reopen(struct disk_rig *r);
void disk_rig_close(struct disk_rig *r);
/* A copy of the disk's bytes, malloc'ed; and back. load closes the volume. */
uint8_t *disk_rig_save(struct disk_rig *r, size_t *n);
void disk_rig_load(struct disk_rig *r, const uint8_t *image, size_t n);

/* The change that puts, under an id made of n, size bytes made of n and salt. */
struct trec_change disk_rig_put(uint32_t n, uint32_t salt, size_t size);
struct trec_change disk_rig_remove(uint32_t n);
trec_err disk_rig_commit(struct disk_rig *r, struct trec_change c);

enum disk_rig_seen { RIG_ABSENT, RIG_SAME, RIG_OTHER, RIG_CORRUPT, RIG_FAILED };
/* What get answers for id n against what disk_rig_put(n, salt, size) put. */
enum disk_rig_seen disk_rig_get(struct disk_rig *r, uint32_t n, uint32_t salt, size_t size);

/* Puts the records 0 to DISK_RIG_RECORDS - 1 with salt 1; one of them spans two slots. */
#define DISK_RIG_RECORDS 4
size_t disk_rig_size_of(uint32_t n);
void disk_rig_fill(struct disk_rig *r);
/* They are got as put, or an error says so, which *damaged counts; and there are no others. */
bool disk_rig_honest(struct disk_rig *r, unsigned *damaged);

#endif
