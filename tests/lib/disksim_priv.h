/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: the simulated disk, shared by its calls (disksim.c) and its power cuts. */
#ifndef TREC_TESTS_DISKSIM_PRIV_H
#define TREC_TESTS_DISKSIM_PRIV_H

#include "tests/lib/disksim.h"

/* One sector as one write left it. */
struct version {
	uint32_t sector;
	uint8_t data[DISKSIM_SECTOR];
};

struct disksim {
	int slot;
	size_t cap;
	uint8_t *durable;
	uint8_t *current;
	uint8_t *crashed; /* scratch for disksim_crash */
	size_t durable_size;
	size_t size;
	struct version *log;
	size_t logged, log_cap;
	uint64_t calls;
	uint64_t fault_at;
	enum disksim_fault fault;
	bool fired;
	void (*hook)(void *ctx, struct disksim *d);
	void *hook_ctx;
	struct disksim_seen seen;
};

/* p, or the end of the program where it is NULL. */
void *disksim_need(void *p);

#endif
