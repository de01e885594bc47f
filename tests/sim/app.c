/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what people and programs do in a session: ask for a service, send bytes of a
 * known pattern, answer with as many, half-close, ping, close.
 */
#include <string.h>

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
	if (i == 0 && !e->app.asks)
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
		a->close_at = w->now + 1000 + sim_below(&l->rng, 6000);
		break;
	case TREC_SESSION_OPEN_FAILED:
		w->stats.no_right += v->reason == TREC_SERVICE_NO_RIGHT;
		a->close_at = w->now + 1;
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
			a->close_at = w->now + 1;
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
	default: /* nobody is introduced here yet */
		break;
	}
}

void sim_app_events(struct sim_world *w, struct sim_link *l, int i)
{
	struct trec_session_event v;

	while (l->end[i].s != NULL && trec_session_event(l->end[i].s, &v) == TREC_OK)
		one(w, l, i, &v);
}

void sim_app_time(struct sim_world *w, struct sim_link *l, int i)
{
	struct sim_end *e = &l->end[i];

	if (e->app.close_at == 0 || w->now < e->app.close_at)
		return;
	e->app.close_at = 0;
	trec_session_close(e->s);
}
