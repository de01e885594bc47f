/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: all that must hold in every world, in one place. Each function is called at
 * the moment its name says, with the world's own knowledge at hand, and breaks the run with a
 * sentence when something does not hold. docs/PROTOCOL.md is what they are taken from.
 */
#include <string.h>

#include "proto/engine/ladder.h"
#include "tests/sim/sim.h"

static struct sim_device *dev_of(const struct sim_link *l, int i)
{
	return &l->w->dev[l->end[i].dev];
}

/* The session has ended, or its trust is being looked up again: what it still says is old. */
static bool ending(const struct sim_link *l, int i)
{
	return trec_session_error(l->end[i].s) != TREC_OK ||
	       trec_session_next(l->end[i].s) == TREC_NEXT_STORE;
}

/* ---- before a commit: may this be stored, and by this? ---------------------------------- */

/* Whoever sits at the other end of the connection is the one the record is about. */
static bool right_peer(const struct sim_device *d, const struct sim_fact *f)
{
	return f->peer >= 0 && f->peer == d->cause->end[1 - d->cause_end].dev &&
	       f->peer != d->no;
}

/*
 * Trust begins in a pairing only if both users used the same secret, nobody said no, and in this
 * order: the responder's half is stored, then the initiator's entry, then the responder's.
 */
static void trust_by_pairing(struct sim_device *d, const struct sim_fact *f)
{
	struct sim_link *l = d->cause;

	if (!right_peer(d, f))
		sim_break(d->w, d->no, "a pairing gives trust to somebody who is not there");
	else if (!l->fits)
		sim_break(d->w, d->no, "a wrong secret leads to trust");
	else if (l->end[0].said_no || l->end[1].said_no)
		sim_break(d->w, d->no, "a user said no, and yet there is trust");
	if (f->type == TREC_RECORD_UNCONFIRMED) {
		if (d->cause_end != 1)
			sim_break(d->w, d->no, "an initiator stores a half pairing");
		return;
	}
	if (!l->half_stored)
		sim_break(d->w, d->no, "there is trust before the responder stored its half");
	else if (d->cause_end == 1 && !l->stored_by_i)
		sim_break(d->w, d->no, "the responder trusts before the initiator does");
	else if (d->cause_end == 1 && d->bond[f->peer].parted)
		sim_break(d->w, d->no, "a peer that was parted from comes back");
}

/* A session only renews trust, or completes a half pairing whose other half is there or was. */
static void trust_by_session(struct sim_device *d, const struct sim_fact *f)
{
	const struct sim_fact *old = sim_fact_row(d, TREC_RECORD_PEER, f->id);
	const struct sim_fact *half = sim_fact_row(d, TREC_RECORD_UNCONFIRMED, f->id);
	const struct sim_device *peer = &d->w->dev[d->cause->end[1 - d->cause_end].dev];
	const struct sim_bond *back = &peer->bond[d->no];
	bool mutual = sim_fact_find(peer, TREC_RECORD_PEER, d->no) != NULL ||
		      sim_fact_find(peer, TREC_RECORD_UNCONFIRMED, d->no) != NULL ||
		      back->lost_at >= d->cause->began || peer->sick || peer->restored;

	if (!right_peer(d, f))
		sim_break(d->w, d->no, "a session gives trust to somebody who is not there");
	else if (old == NULL && half == NULL)
		sim_break(d->w, d->no, d->bond[f->peer].parted
					       ? "a peer that was parted from comes back"
					       : "a session makes trust out of nothing");
	else if (half != NULL && f->state == REC_STATE_ACTIVE && !sim_in_force(d, old) &&
		 (sim_half_dead(d, half) || sim_expired(d, half)))
		sim_break(d->w, d->no, "a half pairing is completed after its end");
	else if (half == NULL && old->state != REC_STATE_ACTIVE && f->state == REC_STATE_ACTIVE)
		sim_break(d->w, d->no, "a session makes dissolved trust active");
	else if (half != NULL && f->state == REC_STATE_ACTIVE && !mutual &&
		 !sim_half_dead(d, half))
		sim_break(d->w, d->no, "half a pairing is completed by one side alone");
	if (f->state == REC_STATE_DISSOLVED_BY_PEER && !peer->sick && !peer->restored &&
	    sim_fact_find(peer, TREC_RECORD_TOMBSTONE, d->no) == NULL &&
	    peer->bond[d->no].won_at < d->cause->began)
		sim_break(d->w, d->no, "dissolved by a peer that dissolved nothing");
}

/* A user's edit changes no state. */
static void trust_by_user(struct sim_device *d, const struct sim_fact *f)
{
	const struct sim_fact *old = sim_fact_row(d, f->type, f->id);

	if (old == NULL || old->state != f->state)
		sim_break(d->w, d->no, "an edit makes trust");
}

/* Trust ends by the own user's word, by the peer's, or where the peer knows of none. */
static void removal(struct sim_device *d, const struct sim_fact *f)
{
	const struct sim_fact *old = sim_fact_row(d, f->type, f->id);
	const struct sim_device *peer;

	if (old == NULL || d->cause == NULL)
		return;
	if (f->type == TREC_RECORD_PEER && !d->cause->pairing && inv_may_vanish(d, old))
		return;
	peer = &d->w->dev[d->cause->end[1 - d->cause_end].dev];
	if (f->type == TREC_RECORD_PEER && !d->cause->pairing &&
	    sim_fact_find(peer, TREC_RECORD_TOMBSTONE, d->no) == NULL &&
	    !peer->sick && !peer->restored && peer->bond[d->no].won_at < d->cause->began)
		sim_break(d->w, d->no, "an entry is removed though its peer never parted");
	if (f->type == TREC_RECORD_TOMBSTONE && !d->cause->pairing &&
	    sim_fact_find(d, TREC_RECORD_UNCONFIRMED, f->peer) == NULL)
		sim_break(d->w, d->no, "a session takes a tombstone away");
}

static struct sim_guesses *guesses_of(struct sim_device *d, enum rec_counter_kind kind)
{
	return kind == REC_COUNTER_PRESET   ? &d->preset_pin
	       : kind == REC_COUNTER_RANDOM ? &d->random_pin
					    : NULL;
}

/* A counter never says less than the wrong guesses that got an answer. */
static void counter(struct sim_device *d, const struct sim_fact *f)
{
	const struct sim_guesses *g = guesses_of(d, f->counter);

	if (g != NULL && d->cause != NULL && f->wrong < g->answered)
		sim_break(d->w, d->no, "%u wrong guesses were answered, and %u are counted",
			  g->answered, (unsigned)f->wrong);
}

void inv_commit(struct sim_device *d, const struct sim_fact *f, size_t n)
{
	if (d->cascade_of != NULL)
		inv_cascade(d, d->cascade_of);
	for (size_t i = 0; i < n && !d->restored; i++, f++) {
		bool trust = f->type == TREC_RECORD_PEER || f->type == TREC_RECORD_UNCONFIRMED;

		d->w->stats.judged++;
		if (f->remove)
			removal(d, f);
		else if (f->type == TREC_RECORD_TOMBSTONE && f->parted_by == REC_BY_NOTICE)
			inv_notice(d, f);
		else if (trust && inv_vouched(d, f))
			continue;
		else if (trust && d->cause == NULL)
			trust_by_user(d, f);
		else if (trust && d->cause->pairing)
			trust_by_pairing(d, f);
		else if (trust)
			trust_by_session(d, f);
		else if (f->type == TREC_RECORD_COUNTERS)
			counter(d, f);
	}
}

/* ---- guesses ---------------------------------------------------------------------------- */

/* Milliseconds that must lie between the n-th wrong answer and the next. */
static uint64_t freeze_after(unsigned n)
{
	static const unsigned minutes[] = { 1, 3, 5, 10, 10 };

	return n < 5 ? 0 : 60000ULL * minutes[n - 5 < 5 ? n - 5 : 4];
}

bool inv_thaw_is_due(struct sim_device *d, enum rec_counter_kind kind)
{
	const struct sim_guesses *g = guesses_of(d, kind);
	uint64_t from = g != NULL && g->boot == d->boots ? g->last_ms : 0;

	return g != NULL && sim_powered_ms(d) >= from + freeze_after(g->answered);
}

/* ---- after one -------------------------------------------------------------------------- */

/* What a commit means for what may follow; a one-time secret is good for one. */
static void pairing_stored(struct sim_device *d, const struct sim_fact *f)
{
	struct sim_link *l = d->cause;

	if (f->type == TREC_RECORD_PEER && d->cause_end == 0)
		l->stored_by_i = true;
	if (f->type == TREC_RECORD_UNCONFIRMED) {
		l->half_stored = true;
		if (!l->multi_use && d->paired_serial == l->window)
			sim_break(d->w, d->no, "a one-time secret is used twice");
		d->paired_serial = l->window;
	}
}

void inv_stored(struct sim_device *d, const struct sim_fact *f, size_t n)
{
	for (size_t i = 0; i < n; i++, f++) {
		struct sim_guesses *g = NULL;

		if (f->type == TREC_RECORD_TOMBSTONE && f->peer >= 0)
			d->bond[f->peer].parted =
				sim_stone_on(d, &d->w->dev[f->peer].id) != NULL;
		if (f->remove)
			continue;
		if (f->type == TREC_RECORD_PEER)
			inv_believed(d, f);
		if (d->cause != NULL && d->cause->pairing && f->peer >= 0) {
			d->bond[f->peer].parted = false;
			pairing_stored(d, f);
		}
		if (f->type == TREC_RECORD_COUNTERS)
			g = guesses_of(d, f->counter);
		if (g != NULL && d->cause != NULL)
			g->counted = true;
		if (g != NULL && f->thawed)
			g->served = true;
	}
}

/* The answer to a guess leaves the device: pake_reply. */
void inv_answered(struct sim_link *l)
{
	struct sim_device *d = dev_of(l, 1);
	bool preset = d->method == TREC_METHOD_PRESET;
	struct sim_guesses *g = preset ? &d->preset_pin : &d->random_pin;
	uint64_t now = sim_powered_ms(d);
	unsigned most = preset ? LADDER_PRESET_MAX : LADDER_RANDOM_MAX;
	uint32_t stored = 0;

	d->w->stats.judged++;
	if (strcmp(l->typed, d->secret) == 0 || d->restored)
		return;
	d->w->stats.wrong_answered++;
	for (size_t i = 0; i < d->rows; i++)
		if (d->row[i].type == TREC_RECORD_COUNTERS &&
		    d->row[i].counter == (preset ? REC_COUNTER_PRESET : REC_COUNTER_RANDOM))
			stored = d->row[i].wrong;
	if (preset && g->answered > 0 && g->boot == d->boots &&
	    now < g->last_ms + freeze_after(g->answered))
		sim_break(d->w, d->no, "a guess is answered while PINs are frozen");
	if (preset && g->answered > 0 && g->boot != d->boots && !g->served &&
	    now < freeze_after(g->answered))
		sim_break(d->w, d->no, "a restart thaws a freeze");
	g->answered++;
	g->last_ms = now;
	g->boot = d->boots;
	g->served = false;
	if (!g->counted || stored < g->answered)
		sim_break(d->w, d->no, "a guess is answered before it is counted (%u of %u)",
			  (unsigned)stored, g->answered);
	if (g->answered > most)
		sim_break(d->w, d->no, "%u wrong guesses were answered", g->answered);
}

/* trec_pairing_authenticated(): the other end knows the secret. */
void inv_proved(struct sim_link *l, int i)
{
	if (!l->fits)
		sim_break(dev_of(l, i)->w, l->end[i].dev, "a wrong secret is taken for proven");
}

/* ---- sessions --------------------------------------------------------------------------- */

/* A session is up: with whom it says, trusted now, and never with somebody parted from. */
void inv_up(struct sim_link *l, int i)
{
	struct sim_device *d = dev_of(l, i);
	const struct trec_peer *p = trec_session_peer(l->end[i].s);
	int peer = p != NULL ? sim_device_of(d->w, &p->id) : -1;

	d->w->stats.judged++;
	if (peer < 0 || peer != l->end[1 - i].dev || l->mask >= 0)
		sim_break(d->w, d->no, "a session is up with somebody else than it says");
	else if (d->sick || d->restored)
		return; /* what its failed commit did is not known before it starts again */
	else if (sim_stone_on(d, &p->id) != NULL && !ending(l, i))
		sim_break(d->w, d->no, "a session opens with a peer that was parted from");
	else if (!sim_in_force(d, sim_fact_find(d, TREC_RECORD_PEER, peer)) &&
		 !ending(l, i))
		sim_break(d->w, d->no, "a session is up without trust in force");
}

/* A service may be opened: an active entry with that right, now. */
void inv_served(struct sim_link *l, int i, const char *service)
{
	struct sim_device *d = dev_of(l, i);
	struct trec_peer p;

	d->w->stats.judged++;
	if (ending(l, i) || d->sick || d->restored)
		return;
	if (trec_peer_get(&d->env, &d->store, &d->w->dev[l->end[1 - i].dev].id, &p) != TREC_OK)
		return; /* its disk fails just now */
	if (!sim_in_force(d, sim_fact_find(d, TREC_RECORD_PEER, l->end[1 - i].dev)) ||
	    !trec_peer_may_use(&p, service, (int64_t)sim_wall(d)))
		sim_break(d->w, d->no, "a service is offered without a right to it");
}

/* Parted: nothing is left of the peer but a tombstone, when the call returns. */
void inv_unpaired(struct sim_device *d, const struct trec_id *id)
{
	d->w->stats.judged++;
	if (sim_fact_row(d, TREC_RECORD_PEER, id->b) != NULL ||
	    sim_fact_row(d, TREC_RECORD_UNCONFIRMED, id->b) != NULL)
		sim_break(d->w, d->no, "parting leaves trust");
	else if (sim_stone_on(d, id) == NULL)
		sim_break(d->w, d->no, "parting leaves no tombstone");
}

/* Told: the peer has removed its entry, unless it was paired anew since. */
void inv_told(struct sim_link *l, int i)
{
	struct sim_device *d = dev_of(l, i);
	const struct sim_device *peer = dev_of(l, 1 - i);

	d->w->stats.judged++;
	d->w->stats.told++;
	if (!peer->restored && sim_fact_row(peer, TREC_RECORD_PEER, d->id.b) != NULL &&
	    peer->bond[d->no].won_at < l->began && peer->pendings == 0)
		sim_break(d->w, d->no, "the peer says that it was told and goes on trusting");
}

/* What is read is what was written, in order, from its beginning. */
void inv_read(struct sim_link *l, int i, const uint8_t *p, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (p[k] != sim_pattern(l, 1 - i, l->end[i].app.got + k)) {
			sim_break(dev_of(l, i)->w, l->end[i].dev,
				  "other bytes are read than were written");
			return;
		}
}

/* ---- the list --------------------------------------------------------------------------- */

/* What users see is what is stored; a half pairing has no rights and is gone after its day. */
void inv_list(struct sim_device *d)
{
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer p;
	bool found = true;

	while (found && !d->restored && !sim_is_broken(d->w)) {
		if (trec_peer_next(&d->env, &d->store, &cursor, &p, &found) != TREC_OK || !found)
			return;
		d->w->stats.judged++;
		bool half = p.state == TREC_PEER_UNCONFIRMED;
		const struct sim_fact *f =
			sim_fact_row(d, half ? TREC_RECORD_UNCONFIRMED : TREC_RECORD_PEER, p.id.b);
		bool may = trec_peer_may_use(&p, "lamp", (int64_t)sim_wall(d));

		if (f == NULL)
			sim_break(d->w, d->no, "somebody is listed who is not stored");
		else if (half && (p.right_count > 0 || may))
			sim_break(d->w, d->no, "a half pairing has rights");
		else if (half && sim_half_dead(d, f))
			sim_break(d->w, d->no, "a half pairing outlives its day");
		else if (may && !sim_in_force(d, f))
			sim_break(d->w, d->no, "rights without trust in force");
		d->w->stats.expired += p.state == TREC_PEER_EXPIRED;
	}
}
