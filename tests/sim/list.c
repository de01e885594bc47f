/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what users do with their lists: rights, ends, parting, and telling of it. */
#include "tests/sim/sim.h"

#include <string.h>

void sim_known_id(const struct sim_device *d, int b, struct trec_id *out)
{
	const struct sim_fact *f = sim_fact_find(d, TREC_RECORD_PEER, b);
	const struct sim_fact *half = sim_fact_find(d, TREC_RECORD_UNCONFIRMED, b);

	if (f == NULL || (half != NULL && !sim_is_current(d->w, f)))
		f = half;
	*out = d->w->dev[b].id;
	if (f != NULL)
		memcpy(out->b, f->id, TREC_ID_LEN);
}

void sim_notify(struct sim_device *d, const struct sim_end *but)
{
	for (int i = 0; i < SIM_LINKS; i++)
		for (int e = 0; e < 2 && d->w->link[i].used; e++) {
			struct sim_end *end = &d->w->link[i].end[e];

			if (end->open && end->dev == d->no && end->s != NULL && end != but)
				trec_session_notify(end->s);
		}
}

/* ---- parting ---------------------------------------------------------------------------- */

/* Over an open session where there is one; NULL: none took it. */
static struct sim_end *tell_at_hand(struct sim_device *d, const struct trec_revocation *words)
{
	struct sim_world *w = d->w;

	for (int i = 0; i < SIM_LINKS; i++)
		for (int e = 0; e < 2 && w->link[i].used; e++) {
			struct sim_end *end = &w->link[i].end[e];

			if (end->open && end->dev == d->no && end->s != NULL &&
			    trec_session_revoke(end->s, words) == TREC_OK)
				return end;
		}
	return NULL;
}

static void tell_anew(struct sim_device *d, int b, struct trec_revocation **words)
{
	struct sim_link *l = sim_dial(d->w, d->no, b);

	if (l == NULL)
		return;
	struct trec_session_options o = { .env = &d->env, .store = &d->store,
					  .revocation = *words };

	if (trec_session_new(TREC_SESSION_CLIENT, &o, &l->end[0].s) != TREC_OK) {
		sim_end_close(d->w, l, 0);
		return;
	}
	l->end[0].words = *words;
	*words = NULL;
}

void sim_unpair(struct sim_device *d, int b, struct sim_rng *r)
{
	struct trec_revocation *words = NULL;
	const struct sim_end *told = NULL;
	bool wants = sim_chance(r, 65);
	bool cascade = sim_chance(r, 30);
	struct trec_id id;

	sim_known_id(d, b, &id);
	d->cascade_of = cascade ? &id : NULL;
	trec_err err = trec_unpair(&d->env, &d->store, &id, cascade, wants ? &words : NULL);

	d->cascade_of = NULL;
	sim_note(d->w, d->no, "unpair", b, (int64_t)err);
	if (err == TREC_OK)
		inv_unpaired(d, &id);
	if (err == TREC_OK && words != NULL && sim_chance(r, 90))
		told = tell_at_hand(d, words);
	if (err == TREC_OK)
		sim_notify(d, told);
	if (err == TREC_OK && words != NULL && told == NULL)
		tell_anew(d, b, &words);
	trec_revocation_free(&words);
}

void sim_tell_news(struct sim_device *d, struct sim_end *e)
{
	if (d->news != NULL && trec_revocation_deadline_ms(d->news) > sim_powered_ms(d) &&
	    trec_session_notice(e->s, d->news) == TREC_OK)
		d->w->stats.notices++;
}

void sim_denounce(struct sim_device *d, int b, struct sim_rng *r)
{
	struct sim_world *w = d->w;
	struct trec_id id;

	trec_revocation_free(&d->news);
	sim_known_id(d, b, &id);
	trec_err err = trec_unpair(&d->env, &d->store, &id, sim_chance(r, 30), &d->news);

	sim_note(w, d->no, "denounce", b, (int64_t)err);
	if (err != TREC_OK)
		return;
	sim_notify(d, NULL);
	for (int i = 0; i < SIM_LINKS; i++)
		for (int e = 0; e < 2 && w->link[i].used; e++) {
			struct sim_end *end = &w->link[i].end[e];

			if (end->open && end->dev == d->no && end->s != NULL && end->app.up)
				sim_tell_news(d, end);
		}
	for (int i = 0; i < w->devices; i++)
		if (i != d->no && i != b && sim_chance(r, 80)) {
			sim_known_id(d, i, &id);
			(void)sim_session(w, d->no, i, &id, r);
		}
}

/* ---- rights ----------------------------------------------------------------------------- */

void sim_edit(struct sim_device *d, int b, struct sim_rng *r)
{
	int64_t soon = (int64_t)sim_wall(d) + 1 + sim_below(r, 200);
	trec_err err = TREC_OK;
	struct trec_id id;

	const struct sim_fact *f = sim_fact_find(d, TREC_RECORD_PEER, b);
	bool suspended = f != NULL && f->state == REC_STATE_SUSPENDED;

	sim_known_id(d, b, &id);
	switch (suspended ? 4 : sim_below(r, 7)) {
	case 0:
		err = trec_peer_rename(&d->env, &d->store, &id, sim_chance(r, 50) ? "lamp"
										  : "door");
		break;
	case 1:
		err = trec_peer_allow(&d->env, &d->store, &id,
				      sim_chance(r, 50) ? "service:lamp" : "service:*",
				      sim_chance(r, 50) ? 0 : soon);
		break;
	case 2:
		err = trec_peer_deny(&d->env, &d->store, &id, "service:*");
		break;
	case 3:
		err = trec_peer_deny(&d->env, &d->store, &id, "introduce");
		break;
	case 4:
		d->resuming = true;
		err = trec_peer_resume(&d->env, &d->store, &id);
		d->resuming = false;
		d->w->stats.resumed += err == TREC_OK;
		break;
	default:
		err = trec_peer_expire(&d->env, &d->store, &id, sim_chance(r, 25) ? 0 : soon);
		break;
	}
	sim_note(d->w, d->no, "edit", b, (int64_t)err);
	sim_notify(d, NULL);
}

/* b may introduce others to this device. */
void sim_grant(struct sim_device *d, int b, struct sim_rng *r)
{
	struct trec_id id;
	int64_t soon = (int64_t)sim_wall(d) + 1 + sim_below(r, 2000);

	sim_known_id(d, b, &id);
	trec_err err = trec_peer_allow(&d->env, &d->store, &id, "introduce",
				       sim_chance(r, 80) ? 0 : soon);

	sim_note(d->w, d->no, "grant", b, (int64_t)err);
}
