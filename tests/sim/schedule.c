/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: from a seed to a list of what users, attackers and fate will do, and when. */
#include "tests/sim/sim.h"

#define DAY_MS 86400000ULL

const char *const sim_kind_name[SIM_KINDS] = {
	[SIM_MEET] = "MEET",	     [SIM_OPEN] = "OPEN",   [SIM_SHUT] = "SHUT",
	[SIM_PRESET] = "PRESET",     [SIM_PAIR] = "PAIR",   [SIM_GUESS] = "GUESS",
	[SIM_SESSION] = "SESSION",   [SIM_IMPOSTOR] = "IMPOSTOR", [SIM_UNPAIR] = "UNPAIR",
	[SIM_EDIT] = "EDIT",	     [SIM_CLOCK] = "CLOCK", [SIM_CRASH] = "CRASH",
	[SIM_WEATHER] = "WEATHER",   [SIM_DISK] = "DISK",   [SIM_SCARCE] = "SCARCE",
	[SIM_GRANT] = "GRANT",	     [SIM_INTRODUCE] = "INTRODUCE", [SIM_CARRY] = "CARRY",
	[SIM_ACCEPT] = "ACCEPT",     [SIM_ROTATE] = "ROTATE", [SIM_BACKUP] = "BACKUP",
	[SIM_RESTORE] = "RESTORE",   [SIM_DENOUNCE] = "DENOUNCE",
};

/* How often each is drawn, of their sum. */
static const unsigned weight[SIM_KINDS] = {
	[SIM_MEET] = 22,    [SIM_OPEN] = 6,	[SIM_SHUT] = 2,	  [SIM_PRESET] = 2,
	[SIM_PAIR] = 8,	    [SIM_GUESS] = 5,	[SIM_SESSION] = 22, [SIM_IMPOSTOR] = 2,
	[SIM_UNPAIR] = 9,   [SIM_EDIT] = 6,	[SIM_CLOCK] = 4,  [SIM_CRASH] = 11,
	[SIM_WEATHER] = 6,  [SIM_DISK] = 3,	[SIM_SCARCE] = 2, [SIM_GRANT] = 4,
	[SIM_INTRODUCE] = 6, [SIM_CARRY] = 3,	[SIM_ACCEPT] = 4, [SIM_ROTATE] = 2,
	[SIM_BACKUP] = 1,   [SIM_RESTORE] = 1,	[SIM_DENOUNCE] = 2,
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

/* What comes between an introduction and what follows from it. */
static void add_turn(struct sim_world *w, int a, int b, int c)
{
	struct sim_rng *r = &w->rng;
	uint64_t gap = 3000 + sim_below(r, 9000);

	switch (sim_below(r, 11)) {
	case 0: /* one parts from the other, and they are introduced again */
		add(w, SIM_SESSION, gap, b, c);
		add(w, SIM_UNPAIR, gap, b, c);
		add(w, SIM_INTRODUCE, gap, a, b);
		add(w, SIM_ACCEPT, gap, b, c);
		break;
	case 1: /* the introducer goes, and perhaps comes back */
		if (sim_chance(r, 40))
			add(w, SIM_SESSION, gap, b, c);
		add(w, SIM_UNPAIR, gap, b, a);
		if (sim_chance(r, 50))
			break;
		add(w, SIM_MEET, gap, b, a);
		add(w, SIM_GRANT, gap, b, a);
		add(w, SIM_ACCEPT, gap, b, c);
		break;
	case 2:
		add(w, SIM_EDIT, gap, b, a);
		add(w, SIM_EDIT, gap, c, a);
		break;
	case 3: /* a week and more */
		add(w, SIM_ACCEPT, 8 * DAY_MS, b, c);
		break;
	case 4:
		add(w, SIM_ROTATE, gap, a, b);
		add(w, SIM_SESSION, gap, a, b);
		break;
	case 5:
		add(w, SIM_ROTATE, gap, b, a);
		break;
	case 6: /* they meet; then who introduced them parts from one, and says so */
		add(w, SIM_SESSION, gap, b, c);
		add(w, SIM_DENOUNCE, gap, a, c);
		break;
	case 7: /* they are introduced again, when they know each other and when not */
		add(w, SIM_INTRODUCE, gap, a, b);
		add(w, SIM_UNPAIR, gap, c, b);
		add(w, SIM_INTRODUCE, gap, a, b);
		break;
	case 8:
		add(w, SIM_CRASH, sim_below(r, 3000), b, c);
		break;
	default:
		break;
	}
}

/* b, whom c knows by an introduction, introduces its own acquaintance e to c. */
static void add_second_hand(struct sim_world *w, int b, int c, int e)
{
	add(w, SIM_SESSION, 3000, b, c);
	add(w, SIM_SESSION, 3000, c, b);
	add(w, SIM_MEET, 6000, e, b);
	add(w, SIM_GRANT, 6000, c, b);
	add(w, SIM_INTRODUCE, 1000, b, c);
	add(w, SIM_CARRY, 6000, b, c);
	add(w, SIM_ACCEPT, 100, c, e);
}

/* a is paired with b and c, may introduce to both, and does: at once or by letter. */
static void add_circle(struct sim_world *w)
{
	struct sim_rng *r = &w->rng;
	int a = (int)sim_below(r, (unsigned)w->devices);
	int b = (a + 1) % w->devices, c = (a + 2) % w->devices;
	bool letter = sim_chance(r, 45);

	add(w, SIM_MEET, sim_below(r, 1000), b, a);
	add(w, SIM_MEET, 4000 + sim_below(r, 6000), c, a);
	add(w, SIM_GRANT, 4000 + sim_below(r, 6000), b, a);
	add(w, SIM_GRANT, sim_below(r, 100), c, a);
	add(w, letter ? SIM_CARRY : SIM_INTRODUCE, sim_below(r, 2000), a, b);
	if (letter)
		add(w, SIM_ACCEPT, draw_gap(r), c, b);
	if (letter && sim_chance(r, 60))
		add(w, SIM_ACCEPT, draw_gap(r), b, c);
	if (w->devices > 3 && sim_chance(r, 50))
		add_second_hand(w, b, c, 6 - a - b - c);
	add_turn(w, a, b, c);
	add(w, SIM_SESSION, 1000 + draw_gap(r), b, c);
	add(w, SIM_SESSION, draw_gap(r), c, b);
}

/* An old copy of b's store comes back after b changed its key, and changes it too. */
static void add_thief(struct sim_world *w, int a, int b)
{
	struct sim_rng *r = &w->rng;

	add(w, SIM_MEET, draw_gap(r), a, b);
	add(w, SIM_BACKUP, 4000 + sim_below(r, 3000), b, a);
	add(w, SIM_ROTATE, draw_gap(r), b, a);
	add(w, SIM_SESSION, draw_gap(r), b, a);
	add(w, SIM_RESTORE, 3000 + draw_gap(r), b, a);
	add(w, SIM_ROTATE, 6000, b, a);
	add(w, SIM_SESSION, draw_gap(r), b, a);
	add(w, SIM_EDIT, 3000, a, b);
	add(w, SIM_SESSION, draw_gap(r), b, a);
}

void sim_schedule(struct sim_world *w)
{
	struct sim_rng *r = &w->rng;
	unsigned n = 3 + sim_below(r, 11);

	if (w->devices > 2 && sim_chance(r, 70))
		add_circle(w);
	else if (sim_chance(r, 75))
		add(w, SIM_MEET, sim_below(r, 1000), 0, 1);
	for (unsigned i = 0; i < n; i++) {
		int a = (int)sim_below(r, (unsigned)w->devices);
		int b = (a + 1 + (int)sim_below(r, (unsigned)w->devices - 1)) % w->devices;

		if (sim_chance(r, 1) && (!sim_form_real || sim_chance(r, 25)))
			add_siege(w, a, b);
		else if (sim_chance(r, 1))
			add_thief(w, a, b);
		else
			add(w, draw_kind(r), draw_gap(r), a, b);
	}
}
