/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what users do to pass trust on: introduce two devices to each other over
 * sessions, write a letter that does it later, read one, change a device's key; and what befalls
 * them: an old copy of a store comes back, its keys with it.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

#define ROTATIONS 6 /* of one device; SIM_PAST remembers more */

/* ---- introductions ---------------------------------------------------------------------- */

void sim_policy(struct sim_device *d, struct sim_rng *r)
{
	static const char *const most[] = { "service:lamp", "service:*" };
	static const enum trec_introductions modes[] = { TREC_INTRODUCTIONS_AUTO,
							 TREC_INTRODUCTIONS_AUTO,
							 TREC_INTRODUCTIONS_ASK,
							 TREC_INTRODUCTIONS_ASK,
							 TREC_INTRODUCTIONS_NEVER };
	unsigned any = sim_below(r, 2);

	d->policy.mode = modes[sim_below(r, 5)];
	if (!sim_chance(r, 75))
		return;
	memcpy(d->policy.rights[0], most[any], strlen(most[any]) + 1);
	d->policy.right_count = 1;
	d->most.has = 1u << (any == 1 ? SIM_ANY_SERVICE : SIM_LAMP);
}

/* Up with that device, from whichever end. */
static struct sim_end *session_with(struct sim_device *d, int b)
{
	struct sim_world *w = d->w;

	for (int i = 0; i < SIM_LINKS; i++)
		for (int e = 0; e < 2 && w->link[i].used; e++) {
			struct sim_end *end = &w->link[i].end[e];

			if (end->open && end->dev == d->no && end->s != NULL && end->app.up &&
			    w->link[i].end[1 - e].dev == b)
				return end;
		}
	return NULL;
}

static void introduce_to(struct sim_device *d, int b, unsigned subjects, struct sim_rng *r)
{
	struct sim_end *e = sim_chance(r, 50) ? session_with(d, b) : NULL;
	struct trec_id id;

	subjects &= ~(1u << b) & ~(1u << d->no);
	if (subjects == 0)
		return;
	if (e != NULL) {
		e->app.subjects = subjects;
		sim_app_introduce(d->w, e);
		return;
	}
	sim_known_id(d, b, &id);
	struct sim_link *l = sim_session(d->w, d->no, b, &id, r);

	if (l != NULL)
		l->end[0].app.subjects = subjects;
}

/* b and c to each other; with four devices perhaps both others to each. */
void sim_introduce(struct sim_device *d, int b, struct sim_rng *r)
{
	struct sim_world *w = d->w;
	unsigned all = (1u << w->devices) - 1;
	int c = (int)sim_below(r, (unsigned)w->devices);
	unsigned both = sim_chance(r, w->devices > 3 ? 60 : 30) ? all : 1u << b | 1u << c;

	sim_note(w, d->no, "introduce", b, (int64_t)both);
	introduce_to(d, b, both, r);
	if (c != b && c != d->no && sim_chance(r, 90))
		introduce_to(d, c, both, r);
}

void sim_carry(struct sim_device *d, int b, struct sim_rng *r)
{
	struct sim_world *w = d->w;
	int c = (int)sim_below(r, (unsigned)w->devices);
	struct sim_letter *letter = &w->letter[w->letters % SIM_LETTERS];
	struct trec_id one, other;
	size_t n = 0;

	if (c == d->no || c == b)
		c = 3 - d->no - b;
	if (c < 0 || c >= w->devices || c == d->no || c == b)
		return;
	sim_known_id(d, b, &one);
	sim_known_id(d, c, &other);
	trec_err err = trec_introduction_make(&d->env, &d->store, &one, &other, letter->text,
					      sizeof(letter->text), &n);

	sim_note(w, d->no, "letter", b, (int64_t)err);
	if (err != TREC_OK) {
		letter->text[0] = '\0';
		return;
	}
	letter->to[0] = b;
	letter->to[1] = c;
	w->letters++;
}

void sim_read_letter(struct sim_device *d, const char *text)
{
	struct sim_world *w = d->w;
	struct trec_introduced got;

	d->accepting = true;
	trec_err err = trec_introduction_accept(&d->env, &d->store, trec_bytes(text, strlen(text)),
						&d->policy, &got);
	d->accepting = false;
	sim_note(w, d->no, "read", (int64_t)got.refusal, (int64_t)err);
	if (err != TREC_OK)
		return;
	w->stats.carried += got.accepted;
	w->stats.replayed += got.refusal == TREC_REFUSAL_REPLAYED;
	w->stats.foreign += got.refusal == TREC_REFUSAL_WRONG_AUDIENCE;
	w->stats.too_late += got.refusal == TREC_REFUSAL_EXPIRED;
	w->stats.buried += got.refusal == TREC_REFUSAL_SUBJECT_DISSOLVED;
	w->stats.not_allowed += got.refusal == TREC_REFUSAL_INTRODUCER_NOT_ALLOWED;
	w->stats.second_hand += got.refusal == TREC_REFUSAL_INTRODUCER_ONLY_INTRODUCED;
	if (got.accepted != (got.refusal == TREC_REFUSAL_NONE ||
			     got.refusal == TREC_REFUSAL_RIGHTS_EXCEEDED))
		sim_break(w, d->no, "an introduction is accepted and refused (%s)",
			  trec_refusal_name(got.refusal));
}

/* Mostly the newest letter, and the one whom it is for; then it often dials at once. */
void sim_accept(struct sim_device *d, struct sim_rng *r)
{
	struct sim_world *w = d->w;
	unsigned age = sim_chance(r, 70) ? 0 : sim_below(r, SIM_LETTERS);

	if (age >= w->letters)
		return;
	const struct sim_letter *letter = &w->letter[(w->letters - 1 - age) % SIM_LETTERS];
	int at = (int)sim_below(r, 2);

	if (sim_chance(r, 85) && w->dev[letter->to[at]].up)
		d = &w->dev[letter->to[at]];
	sim_read_letter(d, letter->text);
	if (letter->to[at] == d->no && sim_chance(r, 70)) {
		struct trec_id id;

		sim_known_id(d, letter->to[1 - at], &id);
		(void)sim_session(w, d->no, letter->to[1 - at], &id, r);
	}
}

/* ---- keys ------------------------------------------------------------------------------- */

/* What was under way knew the old key: it says goodbye with it, or just ends. */
static void end_all(struct sim_device *d, struct sim_rng *r)
{
	struct sim_world *w = d->w;

	for (int i = 0; i < SIM_LINKS; i++)
		for (int e = 0; e < 2 && w->link[i].used; e++) {
			struct sim_end *end = &w->link[i].end[e];

			if (!end->open || end->dev != d->no)
				continue;
			if (end->s != NULL && end->app.up && sim_chance(r, 50) &&
			    trec_session_succeed(end->s) == TREC_OK)
				continue;
			sim_end_close(w, &w->link[i], e);
		}
}

void sim_rotate(struct sim_device *d, struct sim_rng *r)
{
	struct sim_world *w = d->w;
	struct trec_own own;

	if (d->pasts >= ROTATIONS || d->store.ops->own(&d->store, &own) != TREC_OK)
		return;
	trec_key_alg alg = own.signer->alg;

	if (sim_form_real && sim_chance(r, 30))
		alg = alg == TREC_KEY_P256 ? TREC_KEY_ED25519 : TREC_KEY_P256;
	trec_window_close(d->window);
	d->window_there = false;
	trec_err err = trec_rotate(&d->env, &d->store, alg, NULL);

	sim_note(w, d->no, "rotate", (int64_t)alg, (int64_t)err);
	w->stats.rotated += err == TREC_OK;
	end_all(d, r);
}
