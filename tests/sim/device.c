/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: a device's life: its environment, its start from the disk, its sudden ends. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

#define WALL_START 1767225600 /* 2026-01-01 */

static struct sim_device *of(void *ctx)
{
	return ctx;
}

uint64_t sim_powered_ms(const struct sim_device *d)
{
	return 1000 + d->w->now - d->booted_at;
}

static uint64_t env_now_ms(void *ctx)
{
	return sim_powered_ms(of(ctx));
}

static int64_t env_wall_s(void *ctx, bool *trusted)
{
	const struct sim_device *d = of(ctx);

	*trusted = d->wall_trusted;
	return WALL_START + (int64_t)(d->w->now / 1000) + d->wall_offset;
}

uint64_t sim_wall(const struct sim_device *d)
{
	return d->wall_trusted
		       ? (uint64_t)(WALL_START + (int64_t)(d->w->now / 1000) + d->wall_offset)
		       : 0;
}

static void env_boot_id(void *ctx, uint8_t out[16])
{
	memset(out, 0xb0 + of(ctx)->no, 16);
	out[15] = (uint8_t)of(ctx)->boots;
}

/* True when a countdown is over. */
static bool runs_out(uint64_t *countdown)
{
	if (*countdown == SIM_NEVER)
		return false;
	if (*countdown > 0) {
		--*countdown;
		return false;
	}
	*countdown = SIM_NEVER;
	return true;
}

static trec_err env_random(void *ctx, uint8_t *out, size_t n)
{
	struct sim_device *d = of(ctx);

	if (runs_out(&d->fail_random)) {
		memset(out, 0, n);
		return TREC_E_RANDOM;
	}
	for (size_t i = 0; i < n; i += 8) {
		uint64_t x = sim_next(&d->random);

		memcpy(out + i, &x, n - i < 8 ? n - i : 8);
	}
	return TREC_OK;
}

static void *env_alloc(void *ctx, size_t n)
{
	struct sim_device *d = of(ctx);
	void *p = runs_out(&d->fail_alloc) ? NULL : malloc(n);

	if (p != NULL)
		d->live += n;
	return p;
}

static void env_free(void *ctx, void *p, size_t n)
{
	if (p != NULL)
		of(ctx)->live -= n;
	free(p);
}

static void env_log(void *ctx, enum trec_level level, const char *line)
{
	(void)ctx;
	(void)level;
	(void)line;
}

void sim_device_make(struct sim_world *w, int no)
{
	struct sim_device *d = &w->dev[no];

	d->w = w;
	d->no = no;
	d->mask = -1;
	d->env = *trec_env_default();
	d->env.ctx = d;
	d->env.now_ms = env_now_ms;
	d->env.wall_s = env_wall_s;
	d->env.boot_id = env_boot_id;
	d->env.random = env_random;
	d->env.alloc = env_alloc;
	d->env.free = env_free;
	d->env.log = env_log;
	d->env.scrypt_log_n_max = 10;
	d->random.s = w->o.seed ^ (uint64_t)(no + 1) << 56;
	d->fail_alloc = d->fail_random = SIM_NEVER;
	d->wall_trusted = !sim_chance(&w->rng, 10);
	d->boots = 1;
	sim_policy(d, &w->rng);
	sim_disk_make(d);
	sim_truth_begin(d);
	sim_device_start(d);
}

void sim_device_start(struct sim_device *d)
{
	struct sim_world *w = d->w;
	trec_err err = sim_disk_open(d);

	if (err == TREC_OK)
		err = trec_window_new(&d->env, &d->store, &d->window);
	if (err != TREC_OK) { /* the power went again while the store was being mended */
		bool meant = sim_disk_down(d) || d->fail_alloc != SIM_NEVER ||
			     d->fail_random != SIM_NEVER || err == TREC_E_NO_MEMORY ||
			     err == TREC_E_RANDOM || err == TREC_E_IO;

		if (!meant)
			sim_break(w, d->no, "the store does not open after a restart: %s",
				  trec_err_text(err));
		sim_disk_close(d);
		sim_disk_power_cut(d, &w->rng);
		d->fail_alloc = d->fail_random = SIM_NEVER;
		d->up_at = w->now + 100;
		return;
	}
	sim_disk_calm(d); /* the fault was for the opening alone */
	d->up = true;
	d->up_at = SIM_NEVER;
	d->sick = false;
	d->window_there = false;
	sim_note(w, d->no, "start", d->boots, 0);
	sim_truth_opened(d);
	sim_truth_compare(d);
	inv_list(d);
}

/* All that the process had is gone; what the disk has lost, it has lost. */
void sim_device_crash(struct sim_device *d, enum sim_crash how)
{
	struct sim_world *w = d->w;

	if (!d->up)
		return;
	sim_note(w, d->no, how == SIM_POWER ? "power" : "kill", 0, 0);
	w->stats.crashes++;
	d->up = false;
	d->crash_in = 0;
	d->fail_alloc = d->fail_random = SIM_NEVER;
	for (int i = 0; i < SIM_LINKS; i++) {
		struct sim_link *l = &w->link[i];

		for (int e = 0; e < 2 && l->used; e++) {
			if (!l->end[e].open || l->end[e].dev != d->no)
				continue;
			if (how == SIM_POWER) /* nobody is left to say a word */
				l->pipe[e].shut = true;
			sim_end_close(w, l, e);
		}
	}
	trec_revocation_free(&d->news);
	trec_window_free(&d->window);
	d->window_there = false;
	sim_disk_close(d);
	if (how == SIM_POWER) {
		d->boots++;
		sim_disk_power_cut(d, &w->rng);
	}
	sim_disk_calm(d);
	d->up_at = w->now + 200 + sim_below(&w->rng, 5000);
	if (how == SIM_POWER)
		d->booted_at = w->now;
	if (!w->calm && sim_chance(&w->rng, 8))
		sim_disk_arm(d, &w->rng, true);
}

bool sim_step_kills(struct sim_device *d)
{
	if (d->crash_in == 0 || --d->crash_in > 0)
		return false;
	sim_device_crash(d, d->crash);
	return true;
}

void sim_device_free(struct sim_device *d)
{
	trec_revocation_free(&d->news);
	trec_window_free(&d->window);
	sim_disk_close(d);
	sim_disk_free(d);
	if (d->live != 0)
		sim_break(d->w, d->no, "%zu bytes were never given back", d->live);
}
