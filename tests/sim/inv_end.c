/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what must hold in the end, when all faults have stopped and everybody has
 * started again: honest sessions both ways between all bring agreement, or show why there is none.
 */
#include <string.h>

#include "tests/sim/sim.h"

#define ROUNDS 5

static bool honest(struct sim_world *w, int a, int b, trec_err *err)
{
	struct trec_id id;
	bool up;

	sim_known_id(&w->dev[a], b, &id);
	struct sim_link *l = sim_session(w, a, b, &id, &w->rng);

	*err = TREC_OK;
	if (l == NULL) {
		sim_break(w, a, "an honest session cannot even be made");
		return false;
	}
	l->honest = true;
	w->stats.honest++;
	sim_until(w, w->now + 120000);
	up = l->was_up[0] && l->was_up[1];
	*err = l->error[0];
	if (l->end[0].open || l->end[1].open)
		sim_break(w, a, "an honest session does not end");
	if (l->was_up[0] != l->was_up[1])
		sim_break(w, a, "an honest session is up at one end only");
	if (!sim_is_broken(w))
		l->used = false; /* else the end of the run frees what is left of it */
	return up;
}

/* One trusts, the other does not: who trusts has been told and shows it. */
static void one_sided(struct sim_world *w, int a, int b, trec_err err)
{
	const struct sim_device *d = &w->dev[a];
	bool half = sim_fact_find(&w->dev[b], TREC_RECORD_UNCONFIRMED, a) != NULL;
	/* Beside a half pairing, though its end has come, a tombstone is of an earlier trust. */
	bool stone = !half && sim_stone_on(&w->dev[b], &w->dev[a].id) != NULL;
	bool expired = half || sim_fact_find(&w->dev[b], TREC_RECORD_PEER, a) != NULL;
	const struct sim_fact *f = sim_fact_find(d, TREC_RECORD_PEER, b);
	struct trec_peer p;
	struct trec_id id;

	/* A device with another key is not recognised, and has no reason to call. */
	if (!sim_is_current(w, f))
		return;
	memcpy(id.b, f->id, TREC_ID_LEN);
	if (err != TREC_E_NOT_TRUSTED)
		sim_break(w, a, "a one-sided trust is not noticed (%s)", trec_err_name(err));
	else if (stone)
		sim_break(w, a, "parted from, told so, and still trusting");
	else if (trec_peer_get(&d->env, &w->dev[a].store, &id, &p) != TREC_OK ||
		 (!p.forgotten && !expired))
		sim_break(w, a, "forgotten by its peer, told so, and not showing it");
}

/*
 * It was paired anew under another key before it told of that one, and has a third by now: of the
 * two old records the newer one decides, and may have ended.
 */
static bool two_old_ones(const struct sim_device *d, int peer)
{
	unsigned n = 0;

	for (size_t i = 0; i < d->rows; i++) {
		if (d->row[i].type != TREC_RECORD_PEER || d->row[i].peer != peer)
			continue;
		if (sim_is_current(d->w, &d->row[i]))
			return false;
		n++;
	}
	return n > 1;
}

/* Its introducer does not stand for its new key: it stays under the old one. */
static bool left_behind(const struct sim_world *w, const struct sim_fact *f)
{
	return f != NULL && f->introduced && !sim_is_current(w, f) &&
	       inv_denounced(w, &f->by, &w->dev[f->peer].id);
}

/* One knows the other by a pairing of which the other has only an older one's record left. */
static bool of_two_pairings(const struct sim_world *w, const struct sim_fact *f,
			    const struct sim_fact *g)
{
	return f != NULL && g != NULL && f->made_by != g->made_by &&
	       (!sim_is_current(w, f) || !sim_is_current(w, g));
}

static void judge(struct sim_world *w, int a, int b, const bool up[2], const trec_err err[2])
{
	w->stats.judged += 6;
	const struct sim_fact *fab = sim_fact_find(&w->dev[a], TREC_RECORD_PEER, b);
	const struct sim_fact *fba = sim_fact_find(&w->dev[b], TREC_RECORD_PEER, a);
	bool ab = sim_in_force(&w->dev[a], fab);
	bool ba = sim_in_force(&w->dev[b], fba);
	const struct sim_fact *half = sim_fact_find(&w->dev[a], TREC_RECORD_UNCONFIRMED, b);

	if (w->dev[a].restored || w->dev[b].restored)
		return;
	if (two_old_ones(&w->dev[a], b) || two_old_ones(&w->dev[b], a) || left_behind(w, fab) ||
	    left_behind(w, fba) || of_two_pairings(w, fab, fba))
		return;
	/* Both changed their keys and did not meet in between: neither can find the other. */
	if (fab != NULL && fba != NULL && !sim_is_current(w, fab) && !sim_is_current(w, fba))
		return;
	/* Under a key that its peer has no more, a half pairing waits for the end of its day. */
	if (half != NULL && sim_is_current(w, half) && !sim_half_dead(&w->dev[a], half) &&
	    !sim_expired(&w->dev[a], half))
		sim_break(w, a, "a half pairing is neither completed nor gone");
	if (ab && ba && (!up[0] || !up[1]))
		sim_break(w, a, "both trust, and a session fails (%s, %s)", trec_err_name(err[0]),
			  trec_err_name(err[1]));
	if (!(ab && ba) && (up[0] || up[1]))
		sim_break(w, a, "a session is up without trust on both sides");
	/* Who completed a half pairing by the other's older entry is not told again by that one. */
	if (ab && ba && up[0] && up[1] && fab->made_by == fba->made_by) {
		inv_recognised(w, a, b);
		inv_recognised(w, b, a);
	}
	if (ab && !ba)
		one_sided(w, a, b, err[0]);
	if (ba && !ab)
		one_sided(w, b, a, err[1]);
	inv_waiting(w, a, b);
	inv_waiting(w, b, a);
}

static bool both_trust(const struct sim_world *w, int a, int b)
{
	return sim_in_force(&w->dev[a], sim_fact_find(&w->dev[a], TREC_RECORD_PEER, b)) &&
	       sim_in_force(&w->dev[b], sim_fact_find(&w->dev[b], TREC_RECORD_PEER, a));
}

/* Two sessions each way; what heals one by one may take ROUNDS: a half, a letter, a key. */
static void agree(struct sim_world *w, int a, int b)
{
	int least = w->dev[a].pasts + w->dev[b].pasts > 0 ? 3 : 2;
	bool up[2] = { false, false };
	trec_err err[2];

	for (int round = 1; round <= ROUNDS && !sim_is_broken(w); round++) {
		up[0] = honest(w, a, b, &err[0]);
		up[1] = honest(w, b, a, &err[1]);
		if (round >= least && ((up[0] && up[1]) || !both_trust(w, a, b)))
			break;
	}
	if (!sim_is_broken(w))
		judge(w, a, b, up, err);
}

/* Whatever happened, two people can pair their devices now. */
static void pairing_works(struct sim_world *w, int a, int b)
{
	struct sim_link *l = NULL;

	if (sim_open_window(&w->dev[b], TREC_METHOD_CODE, &w->rng))
		l = sim_pair(w, a, b, w->dev[b].secret, &w->rng);
	if (l == NULL) {
		sim_break(w, a, "an honest pairing cannot even begin");
		return;
	}
	l->honest = true;
	sim_until(w, w->now + 120000);
	if (l->error[0] != TREC_OK || l->error[1] != TREC_OK)
		sim_break(w, a, "an honest pairing fails (%s, %s)", trec_err_name(l->error[0]),
			  trec_err_name(l->error[1]));
	l->used = false;
}

void inv_end(struct sim_world *w)
{
	for (int a = 0; a < w->devices; a++)
		if (!w->dev[a].up)
			sim_break(w, a, "a device does not start");
	if (w->o.seed % 4 == 0 && !sim_is_broken(w))
		pairing_works(w, 0, 1);
	for (int a = 0; a < w->devices; a++)
		for (int b = a + 1; b < w->devices && !sim_is_broken(w); b++)
			agree(w, a, b);
	for (int a = 0; a < w->devices && !sim_is_broken(w); a++) {
		inv_list(&w->dev[a]);
		for (int b = 0; b < w->devices; b++)
			if (sim_disk_holds_key(&w->dev[a], &w->dev[b]))
				sim_break(w, a, "a private key lies among the records");
		sim_device_crash(&w->dev[a], SIM_POWER);
	}
	sim_until(w, w->now + 60000);
}
