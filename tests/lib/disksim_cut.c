/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The power cuts of disksim.h: which states the writes since the last sync may leave. */
#include <stdlib.h>
#include <string.h>

#include "tests/lib/disksim_priv.h"

#define TEARS_MAX 2
#define SIZES_MAX 64

/* What may differ after a power cut: one sector with its versions in order of writing. */
struct choice {
	uint32_t sector;
	uint32_t first; /* into order[] */
	uint32_t count;
};

/* A sector that was being written: up to byte `at` (or from it on) new, the rest as before. */
struct tear {
	size_t choice;
	size_t at;
	bool tail;
};

struct cut {
	struct disksim *d;
	uint32_t *order;       /* log positions grouped by sector, in order of writing */
	struct choice *choices;
	size_t n;              /* sectors that may differ */
	uint32_t *pick;        /* per choice: 0 = as before, k = its k-th version */
	size_t sizes[SIZES_MAX]; /* that the file may have: before, after, and blocks between */
	size_t size_count;
	size_t size;           /* the one it has now */
	bool stale;            /* bytes gained but not written hold what the blocks held before */
	struct tear tear[TEARS_MAX];
	size_t tears;
	size_t states;
	bool (*look)(void *ctx, const uint8_t *image, size_t n);
	void *ctx;
};

static const uint8_t *version_of(const struct cut *c, size_t i, uint32_t pick)
{
	const struct choice *o = &c->choices[i];

	return pick == 0 ? c->d->durable + (size_t)o->sector * DISKSIM_SECTOR :
			   c->d->log[c->order[o->first + pick - 1]].data;
}

static void tear_sector(const struct cut *c, const struct tear *t)
{
	uint32_t pick = c->pick[t->choice];
	uint8_t *to = c->d->crashed + (size_t)c->choices[t->choice].sector * DISKSIM_SECTOR;

	if (pick == 0)
		return;
	const uint8_t *before = version_of(c, t->choice, pick - 1);

	if (t->tail)
		memcpy(to, before, t->at);
	else
		memcpy(to + t->at, before + t->at, DISKSIM_SECTOR - t->at);
}

static bool show(struct cut *c)
{
	struct disksim *d = c->d;

	memcpy(d->crashed, d->durable, d->size > d->durable_size ? d->size : d->durable_size);
	for (size_t i = d->durable_size; c->stale && i < d->size; i++)
		d->crashed[i] = (uint8_t)(0xa5 ^ i * 29 ^ i >> 8);
	for (size_t i = 0; i < c->n; i++)
		if (c->pick[i] != 0)
			memcpy(d->crashed + (size_t)c->choices[i].sector * DISKSIM_SECTOR,
			       version_of(c, i, c->pick[i]), DISKSIM_SECTOR);
	for (size_t i = 0; i < c->tears; i++)
		tear_sector(c, &c->tear[i]);
	c->states++;
	d->seen.states++;
	d->seen.torn += c->tears > 0;
	d->seen.stale += c->stale;
	d->seen.resized += c->size != d->size;
	return c->look(c->ctx, d->crashed, c->size);
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

/* A file system may have lengthened the file in part only, by whole blocks. */
static void list_sizes(struct cut *c)
{
	size_t from = c->d->durable_size;
	size_t to = c->d->size;
	size_t at = from / DISKSIM_BLOCK * DISKSIM_BLOCK + DISKSIM_BLOCK;

	c->sizes[c->size_count++] = from;
	for (; at < to && c->size_count < SIZES_MAX - 1; at += DISKSIM_BLOCK)
		c->sizes[c->size_count++] = at;
	if (to != from)
		c->sizes[c->size_count++] = to;
	c->size = to;
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

static void draw_tears(struct cut *c, uint64_t *seed)
{
	c->tears = c->n == 0 ? 0 : (size_t)(disksim_random(seed) % 4);
	c->tears = c->tears > TEARS_MAX ? 0 : c->tears;
	for (size_t i = 0; i < c->tears; i++) {
		uint64_t x = disksim_random(seed);

		c->tear[i].choice = (size_t)((x >> 16) % c->n);
		/* Where headers and tables hold what counts, more often than elsewhere. */
		c->tear[i].at = 1 + (size_t)((x >> 40) % (x % 2 == 0 ? 260 : DISKSIM_SECTOR - 1));
		c->tear[i].tail = (x & 4) != 0;
	}
}

/* Every sector at random, in half of the states with some torn inside. */
static bool draw_one(struct cut *c, uint64_t *seed)
{
	for (size_t i = 0; i < c->n; i++)
		c->pick[i] = (uint32_t)(disksim_random(seed) % (c->choices[i].count + 1));
	c->size = c->sizes[disksim_random(seed) % c->size_count];
	c->stale = c->size_count > 1 && disksim_random(seed) % 2 == 0;
	draw_tears(c, seed);
	return show(c);
}

static bool draw(struct cut *c, size_t limit, uint64_t *seed)
{
	size_t step = 1 + 6 * c->n / limit; /* half of the limit is left to chance */

	for (int shape = 0; shape < 3; shape++)
		for (size_t k = (size_t)(disksim_random(seed) % step); k <= c->n; k += step)
			if (c->states < limit && !shaped(c, shape, k))
				return false;
	while (c->states < limit)
		if (!draw_one(c, seed))
			return false;
	return true;
}

/* All of them, and up to a fifth of the limit more with sectors torn inside. */
static bool all(struct cut *c, size_t limit, uint64_t *seed)
{
	for (size_t i = 0; i < c->size_count; i++) {
		c->size = c->sizes[i];
		if (!count_through(c))
			return false;
	}
	for (size_t i = c->n == 0 ? limit : 0; i < limit / 5; i++)
		if (!draw_one(c, seed))
			return false;
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

	c.order = disksim_need(calloc(d->logged + 1, sizeof *c.order));
	c.choices = disksim_need(calloc(d->logged + 1, sizeof *c.choices));
	c.pick = disksim_need(calloc(d->logged + 1, sizeof *c.pick));
	group(&c);
	list_sizes(&c);
	d->seen.epochs++;
	if (combinations(&c, limit) * c.size_count <= limit) {
		d->seen.whole++;
		(void)all(&c, limit, seed);
	} else {
		(void)draw(&c, limit, seed);
	}
	free(c.order);
	free(c.choices);
	free(c.pick);
	return c.states;
}

const struct disksim_seen *disksim_seen(const struct disksim *d)
{
	return &d->seen;
}
