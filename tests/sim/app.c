/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what people and programs do in a session: ask for a service, send bytes of a
 * known pattern, answer with as many, half-close, ping, introduce others, answer, close.
 */
#include <string.h>

#include "proto/codec/frame.h"
#include "proto/engine/session.h"
#include "tests/sim/sim.h"

static void send_more(struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];
	struct sim_app *a = &e->app;
	uint8_t buf[2048];
	size_t taken = 0;
	trec_err err = TREC_OK;

	while (a->sent < a->send && err == TREC_OK) {
		size_t n = a->send - a->sent < sizeof(buf) ? a->send - a->sent : sizeof(buf);

		for (size_t k = 0; k < n; k++)
			buf[k] = sim_pattern(l, i, a->sent + k);
		err = trec_session_write(e->s, buf, n, &taken);
		a->sent += taken;
		if (taken < n)
			return;
	}
	if (a->sent == a->send && a->finishing && trec_session_finish(e->s) == TREC_OK)
		a->finishing = false;
}

static void read_all(struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];
	uint8_t buf[2048];
	size_t n = 0;
	bool eof = false;

	while (trec_session_read(e->s, buf, sizeof(buf), &n, &eof) == TREC_OK && n > 0) {
		inv_read(l, i, buf, n);
		e->app.got += n;
		if (i == 1)
			e->app.send += n; /* the service answers with as many bytes */
	}
}

/* ---- introductions ---------------------------------------------------------------------- */

void sim_app_introduce(struct sim_world *w, struct sim_end *e)
{
	struct trec_id ids[SIM_DEVICES];
	size_t n = 0;

	for (int i = 0; i < w->devices; i++)
		if ((e->app.subjects >> i & 1) != 0)
			sim_known_id(&w->dev[e->dev], i, &ids[n++]);
	trec_err err = trec_session_introduce(e->s, ids, n);

	sim_note(w, e->dev, "asks", (int64_t)n, (int64_t)err);
	e->app.waiting = err == TREC_OK ? (unsigned)n : 0;
	e->app.close_at = w->now + (err == TREC_OK ? 200000 : 1);
}

/* An introducer that has been taken over says again what was said before. */
static bool say_again(struct sim_world *w, struct sim_link *l, int i)
{
	const struct trec_id *peer = &w->dev[l->end[1 - i].dev].id;
	const struct sim_spoken *old =
		sim_spoken_to(w, l->end[i].dev, peer, sim_below(&l->rng, 2));

	if (old == NULL || w->calm || !sim_chance(&l->rng, 40))
		return false;
	sim_note(w, l->end[i].dev, "again", (int64_t)l->serial, (int64_t)old->n);
	w->stats.old_words++;
	eng_session_send(l->end[i].s, FRAME_INTRODUCTION, trec_bytes(old->p, old->n));
	return true;
}

/* The peer consented; the introducer's user may take their time, or think better of some. */
static void deliver(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];
	struct trec_id ids[SIM_DEVICES];
	size_t n = 0;

	e->app.deliver_at = 0;
	if (say_again(w, l, i)) {
		e->app.close_at = w->now + 2000;
		return;
	}
	for (int k = 0; k < w->devices; k++)
		if ((e->app.subjects >> k & 1) != 0 && sim_chance(&l->rng, 95))
			sim_known_id(&w->dev[e->dev], k, &ids[n++]);
	trec_err err = trec_session_deliver(e->s, ids, n);

	sim_note(w, e->dev, "delivers", (int64_t)n, (int64_t)err);
	w->stats.too_late += err == TREC_E_STATE;
	if (err != TREC_OK)
		e->app.close_at = w->now + 1;
}

/* What came of one. */
static void introduced(struct sim_world *w, struct sim_link *l, int i,
		       const struct trec_session_event *v)
{
	struct sim_app *a = &l->end[i].app;

	sim_note(w, l->end[i].dev, "introduced", (int64_t)v->refusal, v->accepted);
	w->stats.introduced += v->accepted;
	w->stats.not_allowed += v->refusal == TREC_REFUSAL_INTRODUCER_NOT_ALLOWED;
	w->stats.second_hand += v->refusal == TREC_REFUSAL_INTRODUCER_ONLY_INTRODUCED ||
				v->refusal == TREC_REFUSAL_SUBJECT_ONLY_INTRODUCED;
	w->stats.buried += v->refusal == TREC_REFUSAL_SUBJECT_DISSOLVED;
	w->stats.unwanted += v->refusal == TREC_REFUSAL_CONSENT_DENIED ||
			     v->refusal == TREC_REFUSAL_POLICY;
	if (a->waiting > 0 && --a->waiting == 0)
		a->close_at = w->now + 1 + sim_below(&l->rng, 4000);
}

static void question(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_app *a = &l->end[i].app;
	struct trec_introduction_question q;

	if (trec_session_introduction(l->end[i].s, &q) != TREC_OK)
		return; /* the session ends */
	for (size_t k = 0; k < q.count; k++)
		if (sim_device_of(w, &q.subject[k].id) < 0)
			sim_break(w, l->end[i].dev, "a question about somebody who is not there");
	if (!w->calm && sim_chance(&l->rng, 10))
		return; /* nobody looks */
	a->answer = w->calm || sim_chance(&l->rng, 80);
	a->answer_at = w->now + 1 + sim_below(&l->rng, sim_chance(&l->rng, 10) ? 70000 : 4000);
}

static void answer(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];

	e->app.answer_at = 0;
	e->app.said_yes = e->app.answer;
	trec_err err = trec_session_answer(e->s, e->app.answer);

	sim_note(w, e->dev, "answers", e->app.answer, (int64_t)err);
	if (err != TREC_OK)
		e->app.said_yes = false;
}

/* A stranger came with a letter; the user looks at it. */
static void presented(struct sim_world *w, struct sim_link *l, int i)
{
	const struct trec_presented *p = trec_session_presented(l->end[i].s);

	if (p == NULL || sim_device_of(w, &p->subject) != l->end[1 - i].dev || l->mask >= 0)
		sim_break(w, l->end[i].dev, "a letter is shown as another's than its bearer's");
	else if (w->calm || sim_chance(&l->rng, 85))
		sim_read_letter(&w->dev[l->end[i].dev], p->text);
	w->stats.presented++;
}

/* ---- sessions --------------------------------------------------------------------------- */

static void came_up(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];

	e->app.up = true;
	l->was_up[i] = true;
	w->stats.up++;
	inv_up(l, i);
	if (sim_chance(&l->rng, 20) && trec_session_ping(e->s) == TREC_E_STATE &&
	    trec_session_error(e->s) == TREC_OK)
		sim_break(w, e->dev, "a session that is up takes no ping");
	sim_tell_news(&w->dev[e->dev], e);
	if (e->app.subjects != 0)
		sim_app_introduce(w, e);
	else if (i == 0 && !e->app.asks)
		e->app.close_at = w->now + 1 + sim_below(&l->rng, l->honest ? 300 : 8000);
}

static void asked(struct sim_world *w, struct sim_link *l, int i, const char *service)
{
	struct sim_end *e = &l->end[i];

	inv_served(l, i, service);
	w->stats.served++;
	if (sim_chance(&l->rng, 90)) {
		if (trec_session_accept(e->s) == TREC_OK)
			return;
	} else if (trec_session_refuse(e->s, TREC_SERVICE_BUSY) == TREC_OK) {
		return;
	}
	w->stats.damaged++; /* the session ended between the question and the answer */
}

/* Who waits to hear of an introduction stays. */
static void close_in(const struct sim_world *w, struct sim_app *a, uint64_t ms)
{
	if (a->waiting == 0)
		a->close_at = w->now + ms;
}

/* Trust is passed on. */
static void one_of_trust(struct sim_world *w, struct sim_link *l, int i,
			 const struct trec_session_event *v)
{
	struct sim_device *d = &w->dev[l->end[i].dev];

	switch (v->kind) {
	case TREC_SESSION_CONSENTED:
		l->end[i].app.deliver_at =
			w->now + 1 + sim_below(&l->rng, sim_chance(&l->rng, 8) ? 150000 : 2000);
		break;
	case TREC_SESSION_INTRODUCED:
		introduced(w, l, i, v);
		break;
	case TREC_SESSION_INTRODUCTION:
		question(w, l, i);
		break;
	case TREC_SESSION_UNANSWERED:
		w->stats.unanswered++;
		break;
	case TREC_SESSION_RECEIVED:
		sim_note(w, d->no, "received", (int64_t)v->refusal, v->accepted);
		break;
	case TREC_SESSION_PRESENTED:
		presented(w, l, i);
		break;
	case TREC_SESSION_NOTICE:
		sim_note(w, d->no, "notice", (int64_t)v->effect, 0);
		w->stats.noticed += v->effect == TREC_NOTICE_DISSOLVED;
		w->stats.shown += v->effect == TREC_NOTICE_SHOWN;
		sim_notify(d, NULL);
		break;
	default: /* another key: all look again */
		sim_notify(d, NULL);
		break;
	}
}

static void one(struct sim_world *w, struct sim_link *l, int i, const struct trec_session_event *v)
{
	struct sim_end *e = &l->end[i];
	struct sim_app *a = &e->app;

	sim_note(w, e->dev, "event", l->serial, (int64_t)v->kind);
	switch (v->kind) {
	case TREC_SESSION_UP:
		came_up(w, l, i);
		break;
	case TREC_SESSION_OPEN:
		asked(w, l, i, v->service);
		break;
	case TREC_SESSION_OPENED:
		a->finishing = true;
		send_more(l, i);
		close_in(w, a, 1000 + sim_below(&l->rng, 6000));
		break;
	case TREC_SESSION_OPEN_FAILED:
		w->stats.no_right += v->reason == TREC_SERVICE_NO_RIGHT;
		close_in(w, a, 1);
		break;
	case TREC_SESSION_DATA:
		read_all(l, i);
		if (i == 1)
			send_more(l, i);
		break;
	case TREC_SESSION_EOF:
		read_all(l, i);
		if (i == 1) {
			a->finishing = true;
			send_more(l, i);
		} else {
			close_in(w, a, 1);
		}
		break;
	case TREC_SESSION_DRAINED:
		send_more(l, i);
		break;
	case TREC_SESSION_ACTIVATED:
		w->stats.healed++;
		break;
	case TREC_SESSION_REVOKED:
		w->stats.revoked++;
		sim_notify(&w->dev[e->dev], e);
		break;
	case TREC_SESSION_PONG:
	case TREC_SESSION_CLOSED:
		break;
	default:
		one_of_trust(w, l, i, v);
		break;
	}
}

void sim_app_events(struct sim_world *w, struct sim_link *l, int i)
{
	struct trec_session_event v;

	while (l->end[i].s != NULL && trec_session_event(l->end[i].s, &v) == TREC_OK)
		one(w, l, i, &v);
}

static void sooner(uint64_t *next, uint64_t at)
{
	if (at != 0 && at < *next)
		*next = at;
}

uint64_t sim_app_next(const struct sim_app *a)
{
	uint64_t next = SIM_NEVER;

	sooner(&next, a->close_at);
	sooner(&next, a->deliver_at);
	sooner(&next, a->answer_at);
	return next;
}

void sim_app_time(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];

	if (e->app.answer_at != 0 && w->now >= e->app.answer_at)
		answer(w, l, i);
	if (e->app.deliver_at != 0 && w->now >= e->app.deliver_at)
		deliver(w, l, i);
	if (e->app.close_at == 0 || w->now < e->app.close_at)
		return;
	e->app.close_at = 0;
	trec_session_close(e->s);
}
