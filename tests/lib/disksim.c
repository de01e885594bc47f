/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See disksim.h. */
#include "tests/lib/disksim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DISKS 8
#define FD_BASE 100000

/* One sector as one write left it. */
struct version {
	uint32_t sector;
	uint8_t data[DISKSIM_SECTOR];
};

/* What may differ after a power cut: one sector with its versions in order of writing. */
struct choice {
	uint32_t sector;
	uint32_t first; /* into order[] */
	uint32_t count;
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
};

static struct disksim *disks[DISKS];

static void *need(void *p)
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
	struct disksim *d = need(calloc(1, sizeof *d));

	while (d->slot < DISKS && disks[d->slot] != NULL)
		d->slot++;
	if (d->slot == DISKS)
		abort();
	disks[d->slot] = d;
	d->cap = (cap + DISKSIM_SECTOR - 1) / DISKSIM_SECTOR * DISKSIM_SECTOR;
	d->durable = need(calloc(1, d->cap));
	d->current = need(calloc(1, d->cap));
	d->crashed = need(calloc(1, d->cap));
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
		d->log = need(realloc(d->log, d->log_cap * sizeof *d->log));
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

/* ---- power cuts -------------------------------------------------------------------------- */

struct cut {
	struct disksim *d;
	uint32_t *order;       /* log positions grouped by sector, in order of writing */
	struct choice *choices;
	size_t n;              /* sectors that may differ */
	uint32_t *pick;        /* per choice: 0 = as before, k = its k-th version */
	bool new_size;
	size_t states;
	bool (*look)(void *ctx, const uint8_t *image, size_t n);
	void *ctx;
};

static bool show(struct cut *c)
{
	struct disksim *d = c->d;
	size_t n = c->new_size ? d->size : d->durable_size;

	memcpy(d->crashed, d->durable, d->size > d->durable_size ? d->size : d->durable_size);
	for (size_t i = 0; i < c->n; i++) {
		if (c->pick[i] == 0)
			continue;
		const struct version *v = &d->log[c->order[c->choices[i].first + c->pick[i] - 1]];

		memcpy(d->crashed + (size_t)v->sector * DISKSIM_SECTOR, v->data, DISKSIM_SECTOR);
	}
	c->states++;
	return c->look(c->ctx, d->crashed, n);
}

static struct disksim *sorting;

static int by_sector(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	uint32_t sx = sorting->log[x].sector;
	uint32_t sy = sorting->log[y].sector;

	if (sx != sy)
		return sx < sy ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Groups the log by sector; writes that change nothing are no choice. */
static void group(struct cut *c)
{
	struct disksim *d = c->d;
	uint32_t all = (uint32_t)d->logged;

	for (uint32_t i = 0; i < all; i++)
		c->order[i] = i;
	sorting = d;
	qsort(c->order, all, sizeof *c->order, by_sector);
	uint32_t kept = 0;

	for (uint32_t i = 0; i < all; i++) {
		const struct version *v = &d->log[c->order[i]];
		bool again = c->n > 0 && c->choices[c->n - 1].sector == v->sector;
		const uint8_t *before = again ? d->log[c->order[kept - 1]].data :
						d->durable + (size_t)v->sector * DISKSIM_SECTOR;

		if (memcmp(before, v->data, DISKSIM_SECTOR) == 0)
			continue;
		c->order[kept] = c->order[i];
		if (!again)
			c->choices[c->n++] = (struct choice){ v->sector, kept, 0 };
		c->choices[c->n - 1].count++;
		kept++;
	}
}

static bool count_through(struct cut *c)
{
	memset(c->pick, 0, c->n * sizeof *c->pick);
	for (;;) {
		size_t i = 0;

		if (!show(c))
			return false;
		while (i < c->n && c->pick[i] == c->choices[i].count)
			c->pick[i++] = 0;
		if (i == c->n)
			return true;
		c->pick[i]++;
	}
}

/* First k choices written, only the k-th, all but the k-th. */
static bool shaped(struct cut *c, int shape, size_t k)
{
	for (size_t i = 0; i < c->n; i++) {
		bool on = shape == 0 ? i < k : shape == 1 ? i == k : i != k;

		c->pick[i] = on ? c->choices[i].count : 0;
	}
	return show(c);
}

static bool draw(struct cut *c, size_t limit, uint64_t *seed)
{
	for (int shape = 0; shape < 3; shape++)
		for (size_t k = 0; k <= c->n && c->states < limit; k++)
			if (!shaped(c, shape, k))
				return false;
	while (c->states < limit) {
		for (size_t i = 0; i < c->n; i++)
			c->pick[i] = (uint32_t)(disksim_random(seed) % (c->choices[i].count + 1));
		c->new_size = disksim_random(seed) % 2 == 0;
		if (!show(c))
			return false;
	}
	return true;
}

static size_t combinations(const struct cut *c, size_t limit)
{
	size_t all = 1;

	for (size_t i = 0; i < c->n && all <= limit; i++)
		all *= c->choices[i].count + 1;
	return all;
}

size_t disksim_crash(struct disksim *d, size_t limit, uint64_t *seed,
		     bool (*look)(void *ctx, const uint8_t *image, size_t n), void *ctx)
{
	struct cut c = { .d = d, .look = look, .ctx = ctx };
	bool resized = d->size != d->durable_size;

	c.order = need(calloc(d->logged + 1, sizeof *c.order));
	c.choices = need(calloc(d->logged + 1, sizeof *c.choices));
	c.pick = need(calloc(d->logged + 1, sizeof *c.pick));
	group(&c);
	if (combinations(&c, limit) * (resized ? 2 : 1) <= limit) {
		bool on = count_through(&c);

		c.new_size = true;
		if (on && resized)
			(void)count_through(&c);
	} else {
		c.new_size = resized;
		(void)draw(&c, limit, seed);
	}
	free(c.order);
	free(c.choices);
	free(c.pick);
	return c.states;
}
