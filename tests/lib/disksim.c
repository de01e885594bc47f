/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See disksim.h. */
#include "tests/lib/disksim_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DISKS 8
#define FD_BASE 100000

static struct disksim *disks[DISKS];

void *disksim_need(void *p)
{
	if (p == NULL) {
		fprintf(stderr, "disksim: out of memory\n");
		abort();
	}
	return p;
}

uint64_t disksim_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1dULL;
}

struct disksim *disksim_new(size_t cap)
{
	struct disksim *d = disksim_need(calloc(1, sizeof *d));

	while (d->slot < DISKS && disks[d->slot] != NULL)
		d->slot++;
	if (d->slot == DISKS)
		abort();
	disks[d->slot] = d;
	d->cap = (cap + DISKSIM_SECTOR - 1) / DISKSIM_SECTOR * DISKSIM_SECTOR;
	d->durable = disksim_need(calloc(1, d->cap));
	d->current = disksim_need(calloc(1, d->cap));
	d->crashed = disksim_need(calloc(1, d->cap));
	return d;
}

void disksim_free(struct disksim **d)
{
	if (*d == NULL)
		return;
	disks[(*d)->slot] = NULL;
	free((*d)->durable);
	free((*d)->current);
	free((*d)->crashed);
	free((*d)->log);
	free(*d);
	*d = NULL;
}

int disksim_fd(const struct disksim *d)
{
	return FD_BASE + d->slot;
}

void disksim_load(struct disksim *d, const uint8_t *image, size_t n)
{
	size_t old = d->size > d->durable_size ? d->size : d->durable_size;

	if (n > d->cap)
		abort();
	memcpy(d->durable, image, n);
	memcpy(d->current, image, n);
	if (old > n) {
		memset(d->durable + n, 0, old - n);
		memset(d->current + n, 0, old - n);
	}
	d->durable_size = d->size = n;
	d->logged = 0;
	d->calls = 0;
	d->fault = DISKSIM_NONE;
	d->fired = false;
}

const uint8_t *disksim_image(const struct disksim *d, size_t *n)
{
	*n = d->size;
	return d->current;
}

void disksim_fault(struct disksim *d, uint64_t at, enum disksim_fault fault)
{
	d->fault_at = d->calls + at;
	d->fault = fault;
	d->fired = false;
}

uint64_t disksim_calls(const struct disksim *d)
{
	return d->calls;
}

bool disksim_fired(const struct disksim *d)
{
	return d->fired;
}

void disksim_on_sync(struct disksim *d, void (*hook)(void *ctx, struct disksim *d), void *ctx)
{
	d->hook = hook;
	d->hook_ctx = ctx;
}

size_t disksim_pending(const struct disksim *d)
{
	return d->logged + (d->size != d->durable_size);
}

/* The fault that this call meets; counts the call. */
static enum disksim_fault enter(struct disksim *d)
{
	uint64_t call = d->calls++;

	if (d->fault == DISKSIM_NONE || call < d->fault_at ||
	    (call > d->fault_at && d->fault != DISKSIM_HALT))
		return DISKSIM_NONE;
	d->fired = true;
	return d->fault;
}

/* True with errno set if the call is to fail outright. */
static bool fails(enum disksim_fault fault)
{
	switch (fault) {
	case DISKSIM_NONE:
	case DISKSIM_SHORT:
		return false;
	case DISKSIM_ENOSPC:
		errno = ENOSPC;
		return true;
	case DISKSIM_EINTR:
		errno = EINTR;
		return true;
	case DISKSIM_EIO:
	case DISKSIM_TORN:
	case DISKSIM_HALT:
		break;
	}
	errno = EIO;
	return true;
}

static struct disksim *disk_of(int fd)
{
	if (fd < FD_BASE || fd >= FD_BASE + DISKS || disks[fd - FD_BASE] == NULL)
		abort();
	return disks[fd - FD_BASE];
}

static ssize_t sim_pread(void *ctx, int fd, void *buf, size_t n, off_t at)
{
	struct disksim *d = disk_of(fd);
	enum disksim_fault fault = enter(d);

	(void)ctx;
	if (fails(fault))
		return -1;
	if (at < 0 || (size_t)at >= d->size)
		return 0;
	if (n > d->size - (size_t)at)
		n = d->size - (size_t)at;
	if (fault == DISKSIM_SHORT && n > 1)
		n = 1;
	memcpy(buf, d->current + at, n);
	return (ssize_t)n;
}

static void log_sector(struct disksim *d, uint32_t sector)
{
	if (d->logged == d->log_cap) {
		d->log_cap = d->log_cap == 0 ? 256 : 2 * d->log_cap;
		d->log = disksim_need(realloc(d->log, d->log_cap * sizeof *d->log));
	}
	d->log[d->logged].sector = sector;
	memcpy(d->log[d->logged].data, d->current + (size_t)sector * DISKSIM_SECTOR,
	       DISKSIM_SECTOR);
	d->logged++;
}

static void store(struct disksim *d, const uint8_t *p, size_t n, size_t at)
{
	if (n == 0)
		return;
	memcpy(d->current + at, p, n);
	if (at + n > d->size)
		d->size = at + n;
	for (size_t s = at / DISKSIM_SECTOR; s <= (at + n - 1) / DISKSIM_SECTOR; s++)
		log_sector(d, (uint32_t)s);
}

static ssize_t sim_pwrite(void *ctx, int fd, const void *buf, size_t n, off_t at)
{
	struct disksim *d = disk_of(fd);
	enum disksim_fault fault = enter(d);

	(void)ctx;
	if (at < 0 || (size_t)at + n > d->cap) {
		errno = ENOSPC;
		return -1;
	}
	if (fault == DISKSIM_TORN)
		store(d, buf, n / 2, (size_t)at);
	if (fails(fault))
		return -1;
	if (fault == DISKSIM_SHORT && n > 1)
		n = 1;
	store(d, buf, n, (size_t)at);
	return (ssize_t)n;
}

static int sim_sync(void *ctx, int fd)
{
	struct disksim *d = disk_of(fd);

	(void)ctx;
	if (fails(enter(d)))
		return -1;
	if (d->hook != NULL)
		d->hook(d->hook_ctx, d);
	for (size_t i = 0; i < d->logged; i++)
		memcpy(d->durable + (size_t)d->log[i].sector * DISKSIM_SECTOR, d->log[i].data,
		       DISKSIM_SECTOR);
	d->logged = 0;
	d->durable_size = d->size;
	return 0;
}

static int sim_extend(void *ctx, int fd, off_t size)
{
	struct disksim *d = disk_of(fd);

	(void)ctx;
	if (fails(enter(d)))
		return -1;
	if (size < 0 || (size_t)size > d->cap) {
		errno = ENOSPC;
		return -1;
	}
	if ((size_t)size > d->size)
		d->size = (size_t)size;
	return 0;
}

static off_t sim_size(void *ctx, int fd)
{
	struct disksim *d = disk_of(fd);

	(void)ctx;
	return fails(enter(d)) ? -1 : (off_t)d->size;
}

const struct trec_io disksim_io = { sim_pread, sim_pwrite, sim_sync, sim_extend, sim_size };

/* In order of writing each sector's last write that is kept wins, so every mix can come out. */
void disksim_cut(struct disksim *d, uint64_t *seed)
{
	size_t most = d->size > d->durable_size ? d->size : d->durable_size;
	uint64_t keep = disksim_random(seed) >> 61; /* of eight; 0: nothing reached the platter */

	for (size_t i = 0; i < d->logged; i++) {
		uint64_t draw = disksim_random(seed);
		size_t n = draw % 32 == 0 ? draw / 32 % DISKSIM_SECTOR : DISKSIM_SECTOR;

		if (draw >> 61 < (keep == 7 ? 8 : keep))
			memcpy(d->durable + (size_t)d->log[i].sector * DISKSIM_SECTOR,
			       d->log[i].data, n);
	}
	if (disksim_random(seed) >> 63 != 0)
		d->durable_size = d->size;
	d->size = d->durable_size;
	memset(d->durable + d->size, 0, most - d->size);
	memcpy(d->current, d->durable, most);
	d->logged = 0;
	d->fault = DISKSIM_NONE;
	d->fired = false;
}
