/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: time. What can happen now happens, then the clock jumps to what comes next. */
#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS_MAX 20000     /* at one moment: more is a livelock */
#define QUIET_MS 600000      /* by then every operation has ended */

/* splitmix64 */
uint64_t sim_next(struct sim_rng *r)
{
	uint64_t z = r->s += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

unsigned sim_below(struct sim_rng *r, unsigned n)
{
	return (unsigned)((sim_next(r) >> 32) * n >> 32);
}

uint64_t sim_fold(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	h ^= n;
	for (size_t i = 0; i < n; i += 8) {
		uint64_t x = 0;

		memcpy(&x, b + i, n - i < 8 ? n - i : 8);
		h = (h ^ x) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return h;
}

void sim_hash(struct sim_world *w, const void *p, size_t n)
{
	w->hash = sim_fold(w->hash, p, n);
}

void sim_note(struct sim_world *w, int dev, const char *what, int64_t a, int64_t b)
{
	int64_t all[5] = { (int64_t)w->now, dev, 0, a, b };

	memcpy(&all[2], what, strnlen(what, sizeof(all[2])));
	sim_hash(w, all, sizeof(all));
	if (w->o.trace)
		(void)printf("%12.3f  %d  %-8s %lld %lld\n", (double)w->now / 1000, dev, what,
			     (long long)a, (long long)b);
}

void sim_break(struct sim_world *w, int dev, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (sim_is_broken(w))
		return;
	n = snprintf(w->broken, sizeof(w->broken), "at %.3f s, device %d: ",
		     (double)w->now / 1000, dev);
	va_start(ap, fmt);
	(void)vsnprintf(w->broken + n, sizeof(w->broken) - (size_t)n, fmt, ap);
	va_end(ap);
	if (w->o.trace)
		(void)printf("BROKEN %s\n", w->broken);
}

bool sim_is_broken(const struct sim_world *w)
{
	return w->broken[0] != '\0';
}

/* ---- one moment ------------------------------------------------------------------------- */

static bool round_of_ends(struct sim_world *w)
{
	bool any = false;

	for (int i = 0; i < SIM_LINKS; i++)
		for (int e = 0; e < 2 && w->link[i].used; e++)
			any = sim_end_step(w, &w->link[i], e) || any;
	return any;
}

static void moment(struct sim_world *w)
{
	for (unsigned n = 0; round_of_ends(w) && !sim_is_broken(w); n++)
		if (n == ROUNDS_MAX)
			sim_break(w, -1, "the world does not come to rest");
}

static uint64_t window_next(const struct sim_device *d)
{
	uint64_t own = d->window != NULL ? trec_window_deadline_ms(d->window) : UINT64_MAX;

	return own == UINT64_MAX ? SIM_NEVER : own - 1000 + d->booted_at;
}

static uint64_t next_time(const struct sim_world *w)
{
	uint64_t next = SIM_NEVER;

	for (int i = 0; i < w->devices; i++) {
		const struct sim_device *d = &w->dev[i];
		uint64_t at = d->up ? window_next(d) : d->up_at;

		next = at < next ? at : next;
	}
	for (int i = 0; i < SIM_LINKS; i++) {
		const struct sim_link *l = &w->link[i];
		uint64_t at = l->used ? sim_link_next(w, l) : SIM_NEVER;

		next = at < next ? at : next;
		for (int e = 0; e < 2 && l->used; e++) {
			at = sim_end_next(w, &l->end[e]);
			next = at < next ? at : next;
		}
	}
	return next;
}

static void clocks_strike(struct sim_world *w)
{
	for (int i = 0; i < w->devices; i++) {
		struct sim_device *d = &w->dev[i];

		if (!d->up && w->now >= d->up_at)
			sim_device_start(d);
		else if (d->up && window_next(d) <= w->now)
			trec_window_tick(d->window, sim_powered_ms(d));
	}
	for (int i = 0; i < SIM_LINKS; i++)
		for (int e = 0; e < 2 && w->link[i].used; e++)
			sim_end_tick(w, &w->link[i], e);
}

void sim_until(struct sim_world *w, uint64_t time)
{
	while (!sim_is_broken(w)) {
		moment(w);
		uint64_t next = next_time(w);

		if (next > time)
			break;
		/* What is overdue and did not move is left for the next event to wake. */
		w->now = next > w->now ? next : w->now + 1;
		clocks_strike(w);
	}
	if (time != SIM_NEVER && time > w->now)
		w->now = time;
}

/* ---- a life ----------------------------------------------------------------------------- */

static bool busy(const struct sim_world *w)
{
	for (int i = 0; i < SIM_LINKS; i++)
		if (w->link[i].used)
			return true;
	return false;
}

/* All faults stop; what is under way ends; everybody starts again with a clock. */
static void calm(struct sim_world *w)
{
	int64_t latest = 0;

	w->calm = true;
	w->noise = w->rate = 0;
	for (int i = 0; i < w->devices; i++) {
		w->dev[i].fail_alloc = w->dev[i].fail_random = SIM_NEVER;
		w->dev[i].crash_in = 0;
		sim_disk_calm(&w->dev[i]);
	}
	sim_note(w, -1, "calm", 0, 0);
	sim_until(w, w->now + QUIET_MS);
	if (busy(w))
		sim_break(w, -1, "ten minutes later an operation still hangs");
	for (int i = 0; i < w->devices; i++)
		if (w->dev[i].wall_offset > latest)
			latest = w->dev[i].wall_offset;
	for (int i = 0; i < w->devices; i++) {
		sim_device_crash(&w->dev[i], sim_chance(&w->rng, 50) ? SIM_KILL : SIM_POWER);
		w->dev[i].wall_trusted = true;
		w->dev[i].wall_offset = latest;
	}
	sim_until(w, w->now + QUIET_MS);
}

static void live(struct sim_world *w)
{
	for (size_t i = 0; i < w->actions && !sim_is_broken(w); i++) {
		sim_until(w, w->now + w->action[i].gap_ms);
		if ((w->o.drop >> i & 1) != 0 || sim_is_broken(w))
			continue;
		sim_note(w, w->action[i].a, sim_kind_name[w->action[i].kind], (int64_t)i,
			 w->action[i].b);
		sim_act(w, &w->action[i]);
	}
}

void sim_run(struct sim_world *w, const struct sim_options *o)
{
	memset(w, 0, sizeof(*w));
	w->o = *o;
	w->rng.s = o->seed;
	w->hash = o->seed;
	w->devices = o->devices;
	if (w->devices == 0) {
		unsigned at = sim_below(&w->rng, 100);

		w->devices = at < 50 ? 2 : at < 92 ? 3 : 4;
	}
	sim_schedule(w);
	for (int i = 0; i < w->devices; i++)
		sim_device_make(w, i);
	live(w);
	if (!sim_is_broken(w))
		calm(w);
	if (!sim_is_broken(w))
		inv_end(w);
	for (int i = 0; i < SIM_LINKS; i++)
		for (int e = 0; e < 2; e++)
			sim_end_close(w, &w->link[i], e);
	for (int i = 0; i < SIM_LINKS; i++)
		for (int e = 0; e < 2; e++)
			sim_pipe_clear(&w->link[i].pipe[e]);
	for (int i = 0; i < w->devices; i++)
		sim_device_free(&w->dev[i]);
}
