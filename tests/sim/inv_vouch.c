/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what must hold where trust is passed on: introductions, successions, notices.
 * Each is judged by the words that were really signed, by what the store held when it believed
 * them, and by what the user wanted. docs/PROTOCOL.md is what the rules are taken from.
 */
#include <string.h>

#include "tests/sim/sim.h"

#define WEEK_S 604800
#define NONCE_MS 120000

static bool same(const struct trec_id *a, const struct trec_id *b)
{
	return memcmp(a->b, b->b, TREC_ID_LEN) == 0;
}

/* A change of the commit that is judged. */
static const struct sim_fact *beside(const struct sim_device *d, trec_record type,
				     const struct trec_id *id, bool remove)
{
	for (size_t i = 0; i < d->pendings; i++)
		if (d->pending[i].type == type && d->pending[i].remove == remove &&
		    memcmp(d->pending[i].id, id->b, TREC_ID_LEN) == 0)
			return &d->pending[i];
	return NULL;
}

static bool paired_by_hand(const struct sim_fact *f)
{
	return f->origin == REC_ORIGIN_PIN || f->origin == REC_ORIGIN_CODE;
}

/* One level: whom the user paired, and allowed it, and trusts now. */
static bool may_introduce(const struct sim_device *d, const struct sim_fact *by)
{
	struct sim_rights needed = { .has = 1u << SIM_INTRODUCE_OTHERS };

	if (!sim_in_force(d, by) || !paired_by_hand(by))
		return false;
	needed.until_s[SIM_INTRODUCE_OTHERS] = sim_wall(d) + 1;
	if ((by->rights.has & needed.has) != 0 && by->rights.until_s[SIM_INTRODUCE_OTHERS] == 0)
		return true;
	return sim_wall(d) != 0 && sim_rights_within(&needed, &by->rights);
}

/* Not met for a week, by either clock. */
static bool week_over(const struct sim_device *d, const struct sim_fact *f)
{
	return sim_expired(d, f) ||
	       (f->made_boot == d->boots && d->w->now - f->made_at >= WEEK_S * 1000ULL);
}

/* A tombstone lies on this id or on one that it had. */
static bool buried(const struct sim_device *d, const struct sim_fact *f)
{
	struct trec_id id;

	memcpy(id.b, f->id, TREC_ID_LEN);
	for (size_t i = 0; i < f->pasts; i++)
		if (sim_stone_on(d, &f->past[i]) != NULL)
			return true;
	return sim_stone_on(d, &id) != NULL;
}

/* ---- introductions ---------------------------------------------------------------------- */

/* Each nonce introduces each subject once, whatever else the statement says. */
static bool nonce_used(const struct sim_device *d, const struct sim_word *word)
{
	for (unsigned i = 0; i < d->w->words; i++) {
		const struct sim_word *o = &d->w->word[i];

		if (o->online && (o->taken >> d->no & 1) != 0 && same(&o->sub, &word->sub) &&
		    memcmp(o->nonce, word->nonce, sizeof(o->nonce)) == 0)
			return true;
	}
	return false;
}

/* The form that answers a nonce: in the session in which it was given, in time, with a yes. */
static void online(struct sim_device *d, const struct sim_word *word)
{
	const struct sim_end *e = d->cause != NULL ? &d->cause->end[d->cause_end] : NULL;

	if (e == NULL || d->cause->pairing || d->cause->serial != word->link ||
	    d->cause->end[1 - d->cause_end].dev != word->by)
		sim_break(d->w, d->no, "an answer to a nonce is taken from another session");
	else if (!e->nonce_given || memcmp(e->nonce, word->nonce, sizeof(e->nonce)) != 0)
		sim_break(d->w, d->no, "an introduction answers a nonce that was not given");
	else if (nonce_used(d, word))
		sim_break(d->w, d->no, "a nonce is used twice");
	else if (d->w->now > e->nonce_at + NONCE_MS)
		sim_break(d->w, d->no, "a nonce is answered after its two minutes");
	else if (d->policy.mode == TREC_INTRODUCTIONS_NEVER ||
		 (d->policy.mode == TREC_INTRODUCTIONS_ASK && !e->app.said_yes))
		sim_break(d->w, d->no, "nobody agreed to an introduction, and it is taken");
}

/* The form that travels: by the user's hand, or brought by the very device it is about. */
static void carried(struct sim_device *d, const struct sim_fact *f, const struct sim_word *word)
{
	uint64_t wall = sim_wall(d);

	if (wall == 0 || word->exp_s == 0 || wall >= word->exp_s)
		sim_break(d->w, d->no, "a carried introduction is taken after its end");
	else if (d->cause == NULL && !d->accepting)
		sim_break(d->w, d->no, "a carried introduction is taken by nobody's act");
	else if (d->cause != NULL && (d->cause->pairing || d->cause_end != 1 ||
				      d->cause->end[0].dev != f->peer || d->cause->mask >= 0))
		sim_break(d->w, d->no, "an introduction is brought by somebody it is not about");
	else if (d->cause != NULL && d->policy.mode != TREC_INTRODUCTIONS_AUTO)
		sim_break(d->w, d->no, "nobody agreed to an introduction, and it is taken");
}

/*
 * Parting from an introducer forgets what was seen of it; what is older than the new trust is
 * refused for that. Where its clock was ahead, or there was none, its last words may count again.
 */
static bool trusted_anew(const struct sim_word *word, const struct sim_fact *by)
{
	return by->made_at > word->taken_at && (by->since_s == 0 || word->iat_s >= by->since_s);
}

static void by_statement(struct sim_device *d, const struct sim_fact *f)
{
	const struct sim_fact *old = sim_fact_row(d, TREC_RECORD_PEER, f->id);
	const struct sim_word *word = f->vouched ? sim_word_find(d->w, f->statement) : NULL;
	const struct sim_fact *by = word ? sim_fact_row(d, TREC_RECORD_PEER, word->iss.b) : NULL;
	uint64_t wall = sim_wall(d);

	if (word == NULL || word->kind != TRUST_INTRODUCTION)
		sim_break(d->w, d->no, "an introduction is taken that nobody signed");
	else if (!same(&word->aud, &d->id))
		sim_break(d->w, d->no, "an introduction is taken that is for somebody else");
	else if (memcmp(word->sub.b, f->id, TREC_ID_LEN) != 0 || f->peer == d->no)
		sim_break(d->w, d->no, "an introduction makes somebody else known");
	else if (f->origin != REC_ORIGIN_INTRODUCED || !f->introduced || !same(&f->by, &word->iss))
		sim_break(d->w, d->no, "the wrong introducer is written down");
	else if (!may_introduce(d, by))
		sim_break(d->w, d->no, "somebody is introduced by one who may not");
	else if ((word->taken >> d->no & 1) != 0 && !trusted_anew(word, by))
		sim_break(d->w, d->no, "a statement is accepted twice");
	else if (old != NULL && !(old->state == REC_STATE_INTRODUCED && week_over(d, old)))
		sim_break(d->w, d->no, "an introduction changes who is known already");
	else if (buried(d, f))
		sim_break(d->w, d->no, "a peer that was parted from comes back");
	else if ((f->rights.has >> SIM_INTRODUCE_OTHERS & 1) != 0 ||
		 !sim_rights_within(&f->rights, &by->rights) ||
		 !sim_rights_within(&f->rights, &word->rights) ||
		 !sim_rights_within(&f->rights, &d->most))
		sim_break(d->w, d->no, "an introduction gives more rights than it may");
	else if (wall != 0 && (f->expires_s == 0 || f->expires_s > wall + WEEK_S))
		sim_break(d->w, d->no, "an introduction waits for longer than a week");
	else if (word->online)
		online(d, word);
	else
		carried(d, f, word);
}

/* All conditions hold still, and both ends proved their keys. */
static void activation(struct sim_device *d, const struct sim_fact *f, const struct sim_fact *old)
{
	const struct sim_link *l = d->cause;
	const struct sim_fact *by = sim_fact_row(d, TREC_RECORD_PEER, old->by.b);
	const struct sim_device *peer = f->peer >= 0 ? &d->w->dev[f->peer] : NULL;

	if (l == NULL || peer == NULL || l->end[1 - d->cause_end].dev != f->peer || l->mask >= 0)
		sim_break(d->w, d->no, "an introduced peer is trusted and proved nothing");
	else if (!may_introduce(d, by))
		sim_break(d->w, d->no, "an introduction counts whose introducer may not any more");
	else if (week_over(d, old))
		sim_break(d->w, d->no, "an introduced peer is trusted after its week");
	else if (buried(d, f))
		sim_break(d->w, d->no, "a peer that was parted from comes back");
	else if (!sim_rights_within(&f->rights, &old->rights) ||
		 !sim_rights_within(&f->rights, &by->rights))
		sim_break(d->w, d->no, "an introduction gives more rights than it may");
	else if (sim_fact_find(peer, TREC_RECORD_PEER, d->no) == NULL &&
		 sim_fact_find(peer, TREC_RECORD_UNCONFIRMED, d->no) == NULL &&
		 peer->bond[d->no].lost_at < l->began && !peer->sick && !peer->restored)
		sim_break(d->w, d->no, "an introduction counts at one end alone");
	else
		d->w->stats.activated++;
}

/* ---- successions ------------------------------------------------------------------------ */

/* From one id to another over successions that were really signed, by that device. */
static bool leads(const struct sim_world *w, int by, const struct trec_id *from, const uint8_t *to,
		  unsigned steps)
{
	if (memcmp(from->b, to, TREC_ID_LEN) == 0)
		return true;
	for (unsigned i = 0; i < w->words && steps > 0; i++) {
		const struct sim_word *word = &w->word[i];

		if (word->kind == TRUST_SUCCESSION && word->by == by && same(&word->iss, from) &&
		    leads(w, by, &word->sub, to, steps - 1))
			return true;
	}
	return false;
}

/* The record that goes where this one comes under another id; NULL: none. */
static const struct sim_fact *moved_from(const struct sim_device *d, const struct sim_fact *f)
{
	for (size_t i = 0; i < f->pasts; i++)
		if (beside(d, TREC_RECORD_PEER, &f->past[i], true) != NULL)
			return sim_fact_row(d, TREC_RECORD_PEER, f->past[i].b);
	return NULL;
}

static void succession(struct sim_device *d, const struct sim_fact *f, const struct sim_fact *old)
{
	const struct sim_link *l = d->cause;
	struct trec_id from;

	memcpy(from.b, old->id, TREC_ID_LEN);
	if (l == NULL || l->end[1 - d->cause_end].dev != f->peer || l->mask >= 0)
		sim_break(d->w, d->no, "a succession is believed of somebody who is not there");
	else if (old->state != REC_STATE_ACTIVE || f->state != REC_STATE_ACTIVE)
		sim_break(d->w, d->no, "a succession moves what was not active");
	else if (!leads(d->w, f->peer, &from, f->id, SIM_PAST))
		sim_break(d->w, d->no, "a succession is believed that nobody signed");
	else if (buried(d, f))
		sim_break(d->w, d->no, "a peer that was parted from comes back");
	else if (f->origin != old->origin || !sim_rights_within(&f->rights, &old->rights) ||
		 !sim_rights_within(&old->rights, &f->rights) || f->sequence <= old->sequence)
		sim_break(d->w, d->no, "a succession changes more than the key");
	else
		d->w->stats.succeeded++;
}

/* Two keys claim to follow one. */
static bool forked(const struct sim_world *w, int by)
{
	for (unsigned i = 0; i < w->words; i++)
		for (unsigned k = 0; k < i; k++)
			if (w->word[i].kind == TRUST_SUCCESSION && w->word[i].by == by &&
			    w->word[k].kind == TRUST_SUCCESSION &&
			    same(&w->word[i].iss, &w->word[k].iss) &&
			    !same(&w->word[i].sub, &w->word[k].sub))
				return true;
	return false;
}

/* ---- what else happens to a record because of another ----------------------------------- */

/* Only who introduced it changes: that one is gone, or has another key now. */
static bool introducer_left(const struct sim_device *d, const struct sim_fact *f,
			    const struct sim_fact *old)
{
	if (!old->introduced || f->state != old->state || f->origin != old->origin ||
	    !sim_rights_within(&f->rights, &old->rights))
		return false;
	if (beside(d, TREC_RECORD_PEER, &old->by, true) == NULL)
		return false;
	return !f->introduced || beside(d, TREC_RECORD_PEER, &f->by, false) != NULL;
}

bool inv_vouched(struct sim_device *d, const struct sim_fact *f)
{
	const struct sim_fact *old = sim_fact_row(d, TREC_RECORD_PEER, f->id);
	const struct sim_fact *before = moved_from(d, f);

	if (f->type != TREC_RECORD_PEER || (d->cause != NULL && d->cause->pairing))
		return false;
	if (before != NULL) {
		succession(d, f, before);
	} else if (old != NULL && introducer_left(d, f, old)) {
		return true;
	} else if (f->state == REC_STATE_SUSPENDED && old != NULL &&
		 old->state == REC_STATE_ACTIVE) {
		if (!forked(d->w, f->peer))
			sim_break(d->w, d->no, "a peer is suspended without a second successor");
		d->w->stats.suspended++;
	} else if (f->state == REC_STATE_ACTIVE && old != NULL &&
		   old->state == REC_STATE_SUSPENDED) {
		if (!d->resuming)
			sim_break(d->w, d->no, "nobody decided, and a suspension ends");
	} else if (f->state == REC_STATE_INTRODUCED &&
		   (old == NULL ||
		    memcmp(f->statement, old->statement, sizeof(f->statement)) != 0)) {
		by_statement(d, f);
	} else if (f->state == REC_STATE_ACTIVE && f->origin == REC_ORIGIN_INTRODUCED &&
		   old != NULL && old->state == REC_STATE_INTRODUCED) {
		activation(d, f, old);
	} else {
		return false;
	}
	return true;
}

/* ---- what goes -------------------------------------------------------------------------- */

static bool had(const struct sim_fact *f, const struct trec_id *id)
{
	for (size_t i = 0; i < f->pasts; i++)
		if (same(&f->past[i], id))
			return true;
	return memcmp(f->id, id->b, TREC_ID_LEN) == 0;
}

/* The record that goes in this commit and to whose lineage the tombstone belongs. */
static const struct sim_fact *under(const struct sim_device *d, const struct sim_fact *stone)
{
	for (size_t i = 0; i < d->pendings; i++) {
		const struct sim_fact *f = &d->pending[i];
		struct trec_id id;
		uint8_t hash[TREC_ID_LEN];

		if (!f->remove || f->type != TREC_RECORD_PEER)
			continue;
		f = sim_fact_row(d, TREC_RECORD_PEER, f->id);
		for (size_t k = 0; f != NULL && k <= f->pasts; k++) {
			memcpy(id.b, k < f->pasts ? f->past[k].b : f->id, TREC_ID_LEN);
			if (crypto_sha256(trec_bytes(id.b, TREC_ID_LEN), hash) == TREC_OK &&
			    memcmp(hash, stone->id, TREC_ID_LEN) == 0)
				return f;
		}
	}
	return NULL;
}

/* A notice ends trust only in whom its signer introduced here, or in the signer itself. */
void inv_notice(struct sim_device *d, const struct sim_fact *stone)
{
	struct sim_world *w = d->w;
	const struct sim_fact *old = under(d, stone);

	for (unsigned i = 0; i < w->words && old != NULL; i++) {
		const struct sim_word *word = &w->word[i];
		const struct sim_fact *by = sim_fact_row(d, TREC_RECORD_PEER, word->iss.b);

		if (word->kind == TRUST_TOMBSTONE && had(old, &word->sub) && by != NULL &&
		    by->state == REC_STATE_ACTIVE &&
		    ((old->introduced && same(&old->by, &word->iss)) ||
		     same(&word->iss, &word->sub)))
			return;
	}
	sim_break(w, d->no, "a notice ends a trust that its signer had no say in");
}

void inv_cascade(struct sim_device *d, const struct trec_id *id)
{
	for (size_t i = 0; i < d->rows; i++) {
		const struct sim_fact *f = &d->row[i];
		struct trec_id own;

		if (f->type != TREC_RECORD_PEER || f->origin != REC_ORIGIN_INTRODUCED ||
		    !f->introduced || !same(&f->by, id))
			continue;
		d->w->stats.cascaded++;
		memcpy(own.b, f->id, TREC_ID_LEN);
		if (beside(d, TREC_RECORD_PEER, &own, true) == NULL)
			sim_break(d->w, d->no, "a cascade leaves whom the peer introduced");
	}
}

/* Whether a session may take a record away that is not its own peer's. */
bool inv_may_vanish(const struct sim_device *d, const struct sim_fact *old)
{
	struct trec_id id;

	memcpy(id.b, old->id, TREC_ID_LEN);
	for (size_t i = 0; i < d->pendings; i++) /* it goes on under another id; judged there */
		for (size_t k = 0; k < d->pending[i].pasts; k++)
			if (d->pending[i].type == TREC_RECORD_PEER && !d->pending[i].remove &&
			    same(&d->pending[i].past[k], &id))
				return true;
	for (size_t i = 0; i < d->pendings; i++) /* inv_notice() judges that */
		if (d->pending[i].type == TREC_RECORD_TOMBSTONE &&
		    d->pending[i].parted_by == REC_BY_NOTICE && under(d, &d->pending[i]) == old)
			return true;
	if (old->state != REC_STATE_INTRODUCED)
		return false;
	return week_over(d, old) || beside(d, TREC_RECORD_PEER, &old->by, true) != NULL ||
	       !may_introduce(d, sim_fact_row(d, TREC_RECORD_PEER, old->by.b));
}

/* ---- after a commit --------------------------------------------------------------------- */

/* Nobody is kept who only one that is gone vouches for, and no name of one that is gone. */
static void introducers_stand(struct sim_device *d)
{
	for (size_t i = 0; i < d->rows; i++) {
		const struct sim_fact *f = &d->row[i];

		if (f->type == TREC_RECORD_PEER && f->introduced &&
		    sim_fact_row(d, TREC_RECORD_PEER, f->by.b) == NULL)
			sim_break(d->w, d->no, "%s outlives the introducer's record",
				  f->state == REC_STATE_INTRODUCED ? "an introduced peer"
								   : "an introducer's id");
	}
}

static void one_successor(struct sim_device *d)
{
	for (size_t i = 0; i < d->rows; i++)
		for (size_t k = 0; k < i; k++)
			if (d->row[i].type == TREC_RECORD_PEER &&
			    d->row[k].type == TREC_RECORD_PEER &&
			    d->row[i].root == d->row[k].root &&
			    d->row[i].state == REC_STATE_ACTIVE &&
			    d->row[k].state == REC_STATE_ACTIVE)
				sim_break(d->w, d->no, "two successors of one are active");
}

void inv_after(struct sim_device *d)
{
	if (d->restored)
		return;
	if (!d->crowded)
		introducers_stand(d);
	one_successor(d);
}

/* A record entered the store. */
void inv_believed(struct sim_device *d, const struct sim_fact *f)
{
	struct sim_word *word = f->vouched ? sim_word_find(d->w, f->statement) : NULL;

	if (word == NULL || f->state != REC_STATE_INTRODUCED)
		return;
	word->taken |= 1u << d->no;
	word->taken_at = d->w->now;
}

/* ---- the end ---------------------------------------------------------------------------- */

/* The record waits for its peer, and nothing speaks against it. */
static bool waits(const struct sim_device *d, const struct sim_fact *f)
{
	return f != NULL && f->state == REC_STATE_INTRODUCED && !week_over(d, f) &&
	       sim_is_current(d->w, f) && !buried(d, f) &&
	       may_introduce(d, sim_fact_row(d, TREC_RECORD_PEER, f->by.b));
}

bool inv_denounced(const struct sim_world *w, const struct trec_id *by, const struct trec_id *sub)
{
	for (unsigned i = 0; i < w->words; i++)
		if (w->word[i].kind == TRUST_TOMBSTONE && same(&w->word[i].iss, by) &&
		    same(&w->word[i].sub, sub))
			return true;
	return false;
}

/* d would believe what the stranger brings. */
static bool would_take(const struct sim_device *d, const struct sim_word *word)
{
	const struct sim_fact *by = sim_fact_row(d, TREC_RECORD_PEER, word->iss.b);
	struct sim_fact about = { .pasts = 0 };

	memcpy(about.id, word->sub.b, TREC_ID_LEN);
	return d->policy.mode != TREC_INTRODUCTIONS_NEVER && same(&word->aud, &d->id) &&
	       may_introduce(d, by) && word->iat_s > by->since_s &&
	       word->iat_s <= sim_wall(d) && word->exp_s > sim_wall(d) &&
	       (word->taken >> d->no & 1) == 0 && !buried(d, &about) &&
	       !inv_denounced(d->w, &word->iss, &word->sub);
}

void inv_waiting(struct sim_world *w, int a, int b)
{
	const struct sim_device *d = &w->dev[a], *peer = &w->dev[b];
	const struct sim_fact *f = sim_fact_find(d, TREC_RECORD_PEER, b);
	const struct sim_fact *back = sim_fact_find(peer, TREC_RECORD_PEER, a);
	const struct sim_fact *letter = sim_fact_row(d, TREC_RECORD_CARRIED, peer->id.b);
	const struct sim_word *word =
		letter != NULL ? sim_word_find(w, letter->statement) : NULL;

	if (!waits(d, f))
		return;
	w->stats.judged++;
	if (back != NULL && sim_is_current(w, back) &&
	    (sim_in_force(peer, back) || waits(peer, back)))
		sim_break(w, a, "two were introduced to each other and never came together");
	else if (back == NULL && word != NULL && same(&word->sub, &d->id) &&
		 would_take(peer, word))
		sim_break(w, a, "a letter is shown and never taken");
}
