/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: one end of a connection as a device's loop drives it: the object is made from
 * the first byte, asked what it waits for, fed, drained, ticked, given its jobs, and freed.
 */
#include <string.h>

#include "proto/codec/frame.h"
#include "proto/engine/session.h"
#include "tests/sim/sim.h"

#define FIRST_BYTE_MS 10000

static struct sim_device *device(struct sim_world *w, const struct sim_end *e)
{
	return &w->dev[e->dev];
}

static enum trec_next next_of(const struct sim_end *e)
{
	return e->p != NULL ? trec_pairing_next(e->p) : trec_session_next(e->s);
}

static uint64_t deadline_of(const struct sim_world *w, const struct sim_end *e)
{
	const struct sim_device *d = &w->dev[e->dev];
	uint64_t own = e->p != NULL ? trec_pairing_deadline_ms(e->p)
				    : trec_session_deadline_ms(e->s);

	/* Devices count from their own start; the world from its own. */
	return own == UINT64_MAX ? SIM_NEVER : own - 1000 + d->booted_at;
}

void sim_end_close(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];

	if (!e->open)
		return;
	e->open = false;
	trec_pairing_free(&e->p);
	trec_session_free(&e->s);
	trec_revocation_free(&e->words);
	sim_hang_up(w, l, i);
	sim_pipe_clear(&l->pipe[1 - i]);
	if (!l->end[1 - i].open) {
		sim_pipe_clear(&l->pipe[0]);
		sim_pipe_clear(&l->pipe[1]);
		l->used = l->honest; /* an honest one is asked how it went */
	}
}

/* ---- in --------------------------------------------------------------------------------- */

static void make_responder(struct sim_world *w, struct sim_link *l, struct sim_end *e)
{
	static const char *const hints[] = { "tcp://192.0.2.9:7443" };
	struct sim_device *d = device(w, e);
	struct trec_pairing_options o = { .env = &d->env,
					  .store = &d->store,
					  .window = d->window,
					  .peer = "tcp://192.0.2.7:40000",
					  .ask_consent = sim_chance(&l->rng, 20),
					  .hints = hints,
					  .hint_count = sim_below(&l->rng, 2) };

	if (trec_pairing_new(TREC_PAIRING_RESPONDER, &o, &e->p) != TREC_OK)
		return;
	sim_fit(l);
}

/* The acceptor's object, from the first byte. */
static bool accept_first(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];
	struct sim_device *d = device(w, e);
	const struct sim_piece *piece = sim_arrived(w, l, i);
	struct trec_session_options so = { .env = &d->env,
					   .store = &d->store,
					   .idle_s = sim_chance(&l->rng, 50) ? 45 : 250,
					   .introductions = &d->policy };

	if (piece == NULL && !l->cut && w->now < e->opened_at + FIRST_BYTE_MS)
		return false;
	if (piece != NULL && !piece->eof) {
		switch (trec_incoming_kind(piece->p[0])) {
		case TREC_INCOMING_PAIRING:
			make_responder(w, l, e);
			break;
		case TREC_INCOMING_SESSION:
			d->mask = l->mask;
			if (trec_session_new(TREC_SESSION_SERVER, &so, &e->s) != TREC_OK)
				e->s = NULL;
			d->mask = -1;
			break;
		case TREC_INCOMING_UNKNOWN:
			break;
		}
	}
	if (e->p == NULL && e->s == NULL)
		sim_end_close(w, l, i);
	return true;
}

static void lose(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];
	trec_err err = w->dev[l->end[1 - i].dev].up ? TREC_E_LOST : TREC_E_UNREACHABLE;

	sim_note(w, e->dev, "lost", l->serial, i);
	if (e->p != NULL)
		trec_pairing_lost(e->p, err);
	else
		trec_session_lost(e->s, err);
}

static bool feed(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];
	struct sim_piece *piece = sim_arrived(w, l, i);
	enum trec_next next = next_of(e);
	size_t used = 0;
	trec_err err;

	if (next == TREC_NEXT_STORE || next == TREC_NEXT_WORK)
		return false;
	if (piece == NULL && l->cut && l->pipe[1 - i].count == 0 && next != TREC_NEXT_DONE &&
	    next != TREC_NEXT_FAILED && !l->pipe[1 - i].shut) {
		l->pipe[1 - i].shut = true;
		lose(w, l, i);
		return true;
	}
	if (piece == NULL)
		return false;
	if (piece->eof) {
		sim_piece_used(l, i, 0);
		lose(w, l, i);
		return true;
	}
	struct trec_bytes in = trec_bytes(piece->p + piece->from, piece->n - piece->from);

	err = e->p != NULL ? trec_pairing_feed(e->p, in, &used)
			   : trec_session_feed(e->s, in, &used);
	sim_note(w, e->dev, "fed", (int64_t)used, (int64_t)err);
	if (used == 0)
		return false;
	sim_piece_used(l, i, used);
	if (e->p != NULL && !e->proved && trec_pairing_authenticated(e->p)) {
		e->proved = true;
		inv_proved(l, i);
	}
	(void)sim_step_kills(device(w, e));
	return true;
}

/* ---- out -------------------------------------------------------------------------------- */

/* Reads along what a responder says before TLS: the answer to a guess must be accounted for. */
static void read_along(struct sim_link *l, struct sim_end *e, const uint8_t *p, size_t n)
{
	while (n > 0 && !e->inside) {
		if (e->skip > 0) {
			size_t part = e->skip < n ? e->skip : n;

			e->skip -= part;
			p += part;
			n -= part;
			continue;
		}
		e->head[e->head_n++] = *p++;
		n--;
		if (e->head[0] < FRAME_PAIR_REQUEST || e->head[0] > FRAME_PAKE_CONFIRM) {
			e->inside = true;
		} else if (e->head_n == 3) {
			e->skip = (size_t)e->head[1] << 8 | e->head[2];
			e->head_n = 0;
			if (e->head[0] == FRAME_PAKE_REPLY)
				inv_answered(l);
		}
	}
}

static void drain(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];
	uint8_t buf[4096];
	size_t cap = sim_chance(&l->rng, 10) ? 1 + sim_below(&l->rng, 64) : sizeof(buf);
	size_t n = 0;
	trec_err err = e->p != NULL ? trec_pairing_drain(e->p, buf, cap, &n)
				    : trec_session_drain(e->s, buf, cap, &n);

	(void)err;
	sim_note(w, e->dev, "sent", l->serial, (int64_t)n);
	if (n == 0 || sim_step_kills(device(w, e)))
		return;
	if (e->p != NULL && i == 1)
		read_along(l, e, buf, n);
	sim_send(w, l, i, buf, n);
}

/* ---- jobs, consent, end ----------------------------------------------------------------- */

static void job(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];
	struct sim_device *d = device(w, e);

	e->job_at = 0;
	if (sim_step_kills(d))
		return;
	d->cause = l;
	d->cause_end = i;
	sim_note(w, e->dev, "job", l->serial, i);
	if (e->p != NULL)
		trec_pairing_perform(e->p);
	else
		trec_session_perform(e->s);
	d->cause = NULL;
	if (e->p != NULL) /* it may have replaced a record that sessions rest on */
		sim_notify(d, NULL);
	if (sim_disk_down(d)) {
		sim_device_crash(d, SIM_POWER);
		return;
	}
	if (sim_step_kills(d))
		return;
	if (e->p != NULL)
		trec_pairing_resume(e->p);
	else
		trec_session_resume(e->s);
	/* A proof may lie behind the job, where the channel's bytes had waited. */
	if (e->p != NULL && !e->proved && trec_pairing_authenticated(e->p)) {
		e->proved = true;
		inv_proved(l, i);
	}
	(void)sim_step_kills(d);
}

/* True if the user did something. */
static bool consent(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];

	if (!e->asked) {
		struct trec_consent c;

		e->asked = true;
		if (trec_pairing_consent(e->p, &c) != TREC_OK)
			sim_break(w, e->dev, "consent is asked for without a question");
		e->answer = sim_chance(&l->rng, 70) ? 0 : -1;
		if (w->calm || sim_chance(&l->rng, 70))
			e->answer = 1;
		e->answer_at = w->now + sim_below(&l->rng, 3000);
		return true;
	}
	if (e->answer < 0 || w->now < e->answer_at)
		return false;
	e->said_yes = e->answer == 1;
	e->said_no = e->answer == 0;
	w->stats.denied += e->said_no;
	sim_note(w, e->dev, "answer", l->serial, e->answer);
	if (trec_pairing_answer(e->p, e->said_yes) != TREC_OK)
		sim_break(w, e->dev, "an answer is not taken");
	return true;
}

static void count_end(struct sim_world *w, const struct sim_link *l, const struct sim_end *e)
{
	trec_err err = e->p != NULL ? trec_pairing_error(e->p) : trec_session_error(e->s);

	if (e->p != NULL && err == TREC_OK && &l->end[1] == e) {
		struct trec_pairing_result res;

		w->stats.paired++;
		if (trec_pairing_result(e->p, &res) == TREC_OK)
			w->stats.replaced += res.replaced;
	}
	w->stats.timeouts += err == TREC_E_TIMEOUT;
	w->stats.refused += err == TREC_E_LOCKED_OUT || err == TREC_E_BUSY ||
			    err == TREC_E_WINDOW_CLOSED;
	w->stats.rejected += err == TREC_E_NOT_TRUSTED;
}

static void finish(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];

	l->error[i] = e->p != NULL ? trec_pairing_error(e->p) : trec_session_error(e->s);
	sim_note(w, e->dev, "end", l->serial, (int64_t)l->error[i]);
	count_end(w, l, e);
	if (e->s != NULL && trec_session_told(e->s))
		inv_told(l, i);
	sim_end_close(w, l, i);
}

/* The nonce that the peer may introduce somebody with, and since when. */
static void look_for_nonce(const struct sim_world *w, struct sim_end *e)
{
	const struct eng_asked *asked = e->s != NULL ? e->s->asked : NULL;

	static const uint8_t none[TRUST_NONCE_LEN];

	if (asked == NULL || asked->question || memcmp(asked->nonce, none, sizeof(none)) == 0 ||
	    memcmp(asked->nonce, e->nonce, sizeof(e->nonce)) == 0)
		return;
	e->nonce_given = true;
	e->nonce_at = w->now;
	memcpy(e->nonce, asked->nonce, sizeof(e->nonce));
}

bool sim_end_step(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];

	if (!e->open || !device(w, e)->up)
		return false;
	if (e->p == NULL && e->s == NULL)
		return accept_first(w, l, i);
	look_for_nonce(w, e);
	switch (next_of(e)) {
	case TREC_NEXT_WRITE:
		drain(w, l, i);
		return true;
	case TREC_NEXT_STORE:
	case TREC_NEXT_WORK:
		if (e->job_at == 0)
			e->job_at = w->now + sim_below(&l->rng, 30);
		if (w->now < e->job_at)
			return false;
		job(w, l, i);
		return true;
	case TREC_NEXT_CONSENT:
		return consent(w, l, i) || feed(w, l, i);
	case TREC_NEXT_EVENT:
		sim_app_events(w, l, i);
		return true;
	case TREC_NEXT_SECRET:
		sim_break(w, e->dev, "a run that was given its secret asks for it");
		return false;
	case TREC_NEXT_READ:
		return feed(w, l, i);
	case TREC_NEXT_DONE:
	case TREC_NEXT_FAILED:
		break;
	}
	finish(w, l, i);
	return true;
}

/* ---- time ------------------------------------------------------------------------------- */

uint64_t sim_end_next(const struct sim_world *w, const struct sim_end *e)
{
	uint64_t next;

	if (!e->open || !w->dev[e->dev].up)
		return SIM_NEVER;
	if (e->p == NULL && e->s == NULL)
		return e->opened_at + FIRST_BYTE_MS;
	next = deadline_of(w, e);
	if (e->job_at != 0) /* nothing else moves it until then */
		next = e->job_at;
	if (e->p != NULL && e->asked && e->answer_at > w->now && e->answer_at < next)
		next = e->answer_at;
	if (e->s != NULL && sim_app_next(&e->app) < next)
		next = sim_app_next(&e->app);
	return next;
}

void sim_end_tick(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];

	if (!e->open || !w->dev[e->dev].up || (e->p == NULL && e->s == NULL))
		return;
	uint64_t at = deadline_of(w, e);
	uint64_t now = sim_powered_ms(device(w, e));
	trec_err err = TREC_OK;

	if (e->s != NULL)
		sim_app_time(w, l, i);
	if (at > w->now && !l->ticks_often)
		return;
	err = e->p != NULL ? trec_pairing_tick(e->p, now) : trec_session_tick(e->s, now);
	(void)err;
	enum trec_next next = next_of(e);

	if (deadline_of(w, e) <= w->now && next != TREC_NEXT_STORE && next != TREC_NEXT_WORK &&
	    next != TREC_NEXT_EVENT && next != TREC_NEXT_DONE && next != TREC_NEXT_FAILED)
		sim_break(w, e->dev, "a deadline passes and nothing comes of it (next %d)",
			  (int)next);
}
