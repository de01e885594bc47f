/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: from a seed to a list of what users, attackers and fate will do, and when. */
#include "tests/sim/sim.h"

const char *const sim_kind_name[SIM_KINDS] = {
	[SIM_MEET] = "MEET",	     [SIM_OPEN] = "OPEN",   [SIM_SHUT] = "SHUT",
	[SIM_PRESET] = "PRESET",     [SIM_PAIR] = "PAIR",   [SIM_GUESS] = "GUESS",
	[SIM_SESSION] = "SESSION",   [SIM_IMPOSTOR] = "IMPOSTOR", [SIM_UNPAIR] = "UNPAIR",
	[SIM_EDIT] = "EDIT",	     [SIM_CLOCK] = "CLOCK", [SIM_CRASH] = "CRASH",
	[SIM_WEATHER] = "WEATHER",   [SIM_DISK] = "DISK",   [SIM_SCARCE] = "SCARCE",
};

/* How often each is drawn, of their sum. */
static const unsigned weight[SIM_KINDS] = {
	[SIM_MEET] = 22,    [SIM_OPEN] = 6,	[SIM_SHUT] = 2,	  [SIM_PRESET] = 2,
	[SIM_PAIR] = 8,	    [SIM_GUESS] = 5,	[SIM_SESSION] = 22, [SIM_IMPOSTOR] = 2,
	[SIM_UNPAIR] = 9,   [SIM_EDIT] = 6,	[SIM_CLOCK] = 4,  [SIM_CRASH] = 11,
	[SIM_WEATHER] = 6,  [SIM_DISK] = 3,	[SIM_SCARCE] = 2,
};

static enum sim_kind draw_kind(struct sim_rng *r)
{
	unsigned sum = 0;

	for (int i = 0; i < SIM_KINDS; i++)
		sum += weight[i];
	unsigned at = sim_below(r, sum);
	int i = 0;

	for (; i < SIM_KINDS - 1 && at >= weight[i]; i++)
		at -= weight[i];
	/* Real PINs take their time: most guessing is left to the fast form. */
	if (i == SIM_GUESS && sim_form_real && sim_chance(r, 75))
		return SIM_SESSION;
	return (enum sim_kind)i;
}

/* Most things overlap; some wait for the one before; a few wait for days. */
static uint64_t draw_gap(struct sim_rng *r)
{
	unsigned at = sim_below(r, 100);

	if (at < 45)
		return sim_below(r, 250);
	if (at < 80)
		return 300 + sim_below(r, 6000);
	if (at < 95)
		return 10000 + sim_below(r, 150000);
	return 3600000ULL * (1 + sim_below(r, 30));
}

static void add(struct sim_world *w, enum sim_kind kind, uint64_t gap, int a, int b)
{
	struct sim_action *x = &w->action[w->actions];

	if (w->actions == SIM_ACTIONS)
		return;
	*x = (struct sim_action){ kind, gap, sim_next(&w->rng), a, b };
	w->actions++;
}

/* Somebody tries PINs, over restarts and freezes. */
static void add_siege(struct sim_world *w, int a, int b)
{
	struct sim_rng *r = &w->rng;
	unsigned n = 3 + sim_below(r, 12);

	if (sim_chance(r, 70))
		add(w, SIM_PRESET, draw_gap(r), b, a);
	for (unsigned i = 0; i < n; i++) {
		uint64_t gap = sim_chance(r, 60) ? 1000 + sim_below(r, 3000)
						 : 61000 + sim_below(r, 600000);

		add(w, SIM_GUESS, gap, a, b);
		if (sim_chance(r, 12))
			add(w, SIM_CRASH, sim_below(r, 1500), b, a);
	}
}

void sim_schedule(struct sim_world *w)
{
	struct sim_rng *r = &w->rng;
	unsigned n = 3 + sim_below(r, 11);

	if (sim_chance(r, 75))
		add(w, SIM_MEET, sim_below(r, 1000), 0, 1);
	for (unsigned i = 0; i < n; i++) {
		int a = (int)sim_below(r, (unsigned)w->devices);
		int b = (a + 1 + (int)sim_below(r, (unsigned)w->devices - 1)) % w->devices;

		if (sim_chance(r, 1) && (!sim_form_real || sim_chance(r, 25)))
			add_siege(w, a, b);
		else
			add(w, draw_kind(r), draw_gap(r), a, b);
	}
}
