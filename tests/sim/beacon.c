/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: half of the devices of a world are announced, as `trec serve --advertise` does
 * it: they show a beacon, a new one whenever they have a session. Whoever hears it, and that is
 * everybody, recognises it only while it is trusted; and once honest sessions told it, it does.
 */
#include <string.h>

#include "tests/sim/sim.h"

static bool is_announced(const struct sim_device *d)
{
	return (d->w->o.seed / 3 + (uint64_t)d->no) % 2 == 0;
}

static unsigned records_about(const struct sim_device *d, int peer)
{
	unsigned n = 0;

	for (size_t i = 0; i < d->rows; i++)
		n += d->row[i].type == TREC_RECORD_PEER && d->row[i].peer == peer;
	return n;
}

static bool trusts(const struct sim_device *d, int peer)
{
	for (size_t i = 0; i < d->rows; i++)
		if (d->row[i].type == TREC_RECORD_PEER && d->row[i].peer == peer &&
		    sim_in_force(d, &d->row[i]))
			return true;
	return false;
}

/* Whom that device takes a beacon for; -1: nobody it knows. */
static int recognised_by(struct sim_device *d, const uint8_t beacon[TREC_BEACON_LEN])
{
	struct trec_peer p;

	if (!d->up || trec_beacon_find(&d->env, &d->store, beacon, &p) != TREC_OK)
		return -1;
	return sim_device_of(d->w, &p.id);
}

/* An old copy of a store brings an old key back, which a former peer may know. */
static void heard_by_all(struct sim_device *d)
{
	struct sim_world *w = d->w;

	for (int i = 0; i < w->devices && !d->restored; i++) {
		int who = i != d->no ? recognised_by(&w->dev[i], d->beacon) : -1;

		if (who < 0)
			continue;
		w->stats.recognised++;
		if (who != d->no)
			sim_break(w, i, "a beacon is taken for another device's");
		else if (!trusts(d, i))
			sim_break(w, i, "a beacon is recognised by one that is not trusted");
	}
}

void sim_announce(struct sim_device *d)
{
	if (!d->up || !is_announced(d))
		return;
	trec_err err = trec_beacon_make(&d->env, &d->store, d->beacon);

	sim_note(d->w, d->no, "beacon", (int64_t)err, 0);
	sim_hash(d->w, d->beacon, sizeof(d->beacon));
	d->shows = err == TREC_OK;
	if (d->shows) {
		d->w->stats.announced++;
		heard_by_all(d);
	} else if (d->w->calm) {
		sim_break(d->w, d->no, "a device cannot be announced: %s", trec_err_text(err));
	}
}

void inv_recognised(struct sim_world *w, int a, int b)
{
	struct sim_device *d = &w->dev[a];

	/* Two entries of one device would both be recognised, so neither is. */
	if (d->shows && records_about(&w->dev[b], a) == 1 &&
	    recognised_by(&w->dev[b], d->beacon) != a)
		sim_break(w, b, "a peer in force that was told is not recognised");
}
