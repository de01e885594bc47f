/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: introducing peers to each other. Each peer is a leg: a session, one question,
 * one answer; when all legs have answered, each that agreed is told about the others that did.
 * A session that is open is used, for a peer may have no address to dial; else one is dialled.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/trec/dial.h"
#include "tools/trec/refusal.h"

#define ANSWER_MS 100000 /* reaching the peers, and the 60 s that a user has */
#define TELL_MS 30000    /* for what they say to the introductions themselves */

#define BUSY_MS 20 /* then a session that was at work is looked at again */
#define BUSY_LOOKS 50

enum leg_state { LEG_REACHING, LEG_ASKED, LEG_CONSENTED, LEG_TELLING, LEG_TOLD, LEG_DONE };

/* What the peer of a leg said about one of the others. */
struct said {
	bool known, accepted;
	enum trec_refusal refusal;
};

struct leg {
	struct device_introduction *in;
	size_t at; /* its place among the peers */
	enum leg_state state;
	struct dial *dial; /* under way, or NULL */
	struct device_run *run;
	struct failure f; /* why there is no session any more */
	struct said said[DEVICE_INTRODUCED_MAX];
	bool told[DEVICE_INTRODUCED_MAX]; /* is to be told about it */
};

struct device_introduction {
	struct device *d;
	struct device_introduce_options o;
	void *ctx;
	struct trec_id peer[DEVICE_INTRODUCED_MAX];
	struct leg leg[DEVICE_INTRODUCED_MAX];
	uv_timer_t timer;
	uint64_t until_ms;
	unsigned looks; /* for sessions that are open */
	bool telling;   /* all have answered */
	bool over;
};

static void step(uv_timer_t *t);

/* Looks at everything again, but not from inside a run. */
static void wake(struct device_introduction *in)
{
	if (!in->over)
		uv_timer_start(&in->timer, step, 0, 0);
}

/* ---- one peer ---------------------------------------------------------------------------- */

/* The peer has said what it will: its session may end, if it was opened for this. */
static void leg_done(struct leg *l)
{
	struct device_run *r = l->run;

	if (l->state == LEG_DONE)
		return;
	l->state = LEG_DONE;
	l->run = NULL;
	wake(l->in);
	if (r == NULL)
		return;
	r->leg = NULL;
	if (r->dial != NULL && r->dial == l->dial) {
		l->dial->opened = true;
		trec_session_close(r->session);
	}
}

static void leg_fail(struct leg *l, trec_err err)
{
	if (l->f.err == TREC_OK)
		fail_plain(&l->f, err);
	leg_done(l);
}

static void dialled(void *ctx, const struct failure *f, const struct device_ended *e)
{
	struct leg *l = ctx;

	(void)e;
	l->dial = NULL;
	if (l->state == LEG_DONE) {
		wake(l->in);
		return;
	}
	if (f != NULL)
		l->f = *f;
	leg_fail(l, TREC_E_LOST);
}

void leg_attach(struct leg *l, struct device_run *r)
{
	l->run = r;
	r->leg = l;
}

static void leg_dial(struct leg *l)
{
	struct device_dial how = { .peer = l->in->peer[l->at] };

	l->run = NULL;
	l->dial = dial_peer(l->in->d, DIAL_INTRODUCE, &how, dialled, l);
	l->dial->leg = l;
}

static size_t others(const struct leg *l, bool told_only, struct trec_id out[TREC_SUBJECTS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < l->in->o.count; i++)
		if (i != l->at && (!told_only || l->told[i]))
			out[n++] = l->in->peer[i];
	return n;
}

static void leg_ask(struct leg *l, struct device_run *r)
{
	struct trec_id subject[TREC_SUBJECTS_MAX] = { 0 };
	size_t n = others(l, false, subject);
	trec_err err = trec_session_introduce(r->session, subject, n);

	if (err == TREC_OK) {
		l->state = LEG_ASKED;
	} else if (r->dial == NULL || r->dial != l->dial) {
		r->leg = NULL; /* a session that is ending, or has a question of its own */
		leg_dial(l);
	} else {
		leg_fail(l, err);
	}
}

static void leg_tell(struct leg *l, struct device_run *r)
{
	struct trec_id subject[TREC_SUBJECTS_MAX] = { 0 };
	size_t n = others(l, true, subject);
	trec_err err = trec_session_deliver(r->session, subject, n);

	l->state = LEG_TOLD;
	if (err != TREC_OK)
		leg_fail(l, err);
	else if (n == 0)
		leg_done(l);
}

void leg_step(struct device_run *r)
{
	struct leg *l = r->leg;

	if (r->session == NULL || !r->up)
		return;
	if (l->state == LEG_REACHING)
		leg_ask(l, r);
	else if (l->state == LEG_TELLING)
		leg_tell(l, r);
}

static bool all_said(const struct leg *l)
{
	for (size_t i = 0; i < l->in->o.count; i++)
		if (i != l->at && !l->said[i].known && (l->state != LEG_TOLD || l->told[i]))
			return false;
	return true;
}

/* Tells the peer about nobody. An error says that it does not wait. */
static void leg_none(struct device_run *r)
{
	trec_err err = trec_session_deliver(r->session, NULL, 0);

	(void)err;
}

void leg_event(struct device_run *r, const struct trec_session_event *e)
{
	struct leg *l = r->leg;

	if (l == NULL) {
		/* Given up meanwhile: the peer need not wait. */
		if (e->kind == TREC_SESSION_CONSENTED)
			leg_none(r);
		return;
	}
	if (e->kind == TREC_SESSION_CONSENTED) {
		l->state = LEG_CONSENTED;
		wake(l->in);
		return;
	}
	for (size_t i = 0; i < l->in->o.count; i++)
		if (memcmp(&l->in->peer[i], &e->id, sizeof(e->id)) == 0)
			l->said[i] = (struct said){ .known = true,
						    .accepted = e->accepted,
						    .refusal = e->refusal };
	if (l->state != LEG_CONSENTED && l->state != LEG_TELLING && all_said(l))
		leg_done(l);
}

void leg_over(struct device_run *r)
{
	struct leg *l = r->leg;

	if (l == NULL)
		return;
	r->leg = NULL;
	l->run = NULL;
	if (r->dial != NULL && r->dial == l->dial)
		return; /* dialled() hears how it ended, perhaps after another address */
	if (l->state == LEG_REACHING)
		leg_dial(l);
	else
		leg_fail(l, run_error(r) != TREC_OK ? run_error(r) : TREC_E_LOST);
}

/* ---- all of them ------------------------------------------------------------------------- */

/* Whom a leg that agreed is told about: those who agreed too. */
static void tell_all(struct device_introduction *in)
{
	in->telling = true;
	in->until_ms = device_now(in->d) + TELL_MS;
	for (size_t i = 0; i < in->o.count; i++)
		for (size_t k = 0; k < in->o.count; k++)
			in->leg[i].told[k] = i != k && in->leg[i].state == LEG_CONSENTED &&
					     in->leg[k].state == LEG_CONSENTED &&
					     !in->leg[i].said[k].known;
	for (size_t i = 0; i < in->o.count; i++)
		if (in->leg[i].state == LEG_CONSENTED)
			in->leg[i].state = LEG_TELLING;
	for (size_t i = 0; i < in->o.count; i++)
		if (in->leg[i].state == LEG_TELLING && in->leg[i].run != NULL)
			run_pump(in->leg[i].run);
}

/* Why one of the two kept the other from hearing of it, or from saying so. */
static bool broken(const struct leg *l, size_t other, struct failure *f)
{
	const struct said *s = &l->said[other];

	if (s->known && !s->accepted)
		fail_refusal(f, s->refusal);
	else if (!s->known && l->f.err != TREC_OK)
		*f = l->f;
	else
		return false;
	return true;
}

static void report(struct device_introduction *in, size_t subject, size_t audience)
{
	const struct leg *a = &in->leg[audience], *s = &in->leg[subject];
	struct failure f = { 0 };
	size_t by = audience;

	if (!a->said[subject].accepted && !broken(a, subject, &f)) {
		if (broken(s, audience, &f))
			by = subject;
		else
			fail(&f, TREC_E_LOST, "the device did not say what became of it");
	}
	in->o.pair(in->ctx, subject, audience, f.err != TREC_OK ? &f : NULL, by);
}

static void closed(uv_handle_t *h)
{
	struct device_introduction *in = h->data;
	struct device *d = in->d;

	free(in);
	d->handles--;
	device_stop_step(d);
}

static void finish(struct device_introduction *in)
{
	in->over = true;
	for (size_t s = 0; s < in->o.count; s++)
		for (size_t a = 0; a < in->o.count; a++)
			if (s != a)
				report(in, s, a);
	in->o.end(in->ctx);
	uv_close((uv_handle_t *)&in->timer, closed);
}

static void give_up(struct device_introduction *in)
{
	for (size_t i = 0; i < in->o.count; i++) {
		struct leg *l = &in->leg[i];
		bool late = in->telling ? l->state != LEG_DONE : l->state < LEG_CONSENTED;

		if (!late)
			continue;
		if (l->dial != NULL)
			device_cancel((struct device_run *)l->dial); /* dialled() is not called */
		l->dial = NULL;
		if (l->run != NULL)
			l->run->leg = NULL;
		l->run = NULL;
		leg_fail(l, TREC_E_TIMEOUT);
	}
}

/* A session with the peer that is up and nobody's; *busy: perhaps one that a job has just now. */
static struct device_run *open_session(const struct device *d, const struct trec_id *peer,
				       bool *busy)
{
	for (struct device_run *r = d->runs; r != NULL; r = r->next) {
		if (r->session == NULL || r->ended || !r->up || r->teller != NULL ||
		    r->leg != NULL || r->quiet || r->cut || r->link_ended)
			continue;
		*busy = *busy || r->busy;
		if (!r->busy &&
		    memcmp(&trec_session_peer(r->session)->id, peer, sizeof(*peer)) == 0)
			return r;
	}
	return NULL;
}

/* Finds or begins a session with each peer. False: look again in a moment. */
static bool reach_all(struct device_introduction *in)
{
	bool patient = in->looks++ < BUSY_LOOKS, all = true;

	for (size_t i = 0; i < in->o.count; i++) {
		struct leg *l = &in->leg[i];
		bool busy = false;

		if (l->state != LEG_REACHING || l->dial != NULL || l->run != NULL)
			continue;
		struct device_run *r = open_session(in->d, &in->peer[i], &busy);

		if (r != NULL) {
			leg_attach(l, r);
			run_pump(r);
		} else if (busy && patient) {
			all = false;
		} else {
			leg_dial(l);
		}
	}
	return all;
}

static void step(uv_timer_t *t)
{
	struct device_introduction *in = t->data;
	bool waiting = false, under_way = false;

	if (!reach_all(in)) {
		uv_timer_start(&in->timer, step, BUSY_MS, 0);
		return;
	}
	if (device_now(in->d) >= in->until_ms)
		give_up(in);
	for (size_t i = 0; i < in->o.count; i++) {
		waiting = waiting || in->leg[i].state < LEG_CONSENTED;
		under_way = under_way || in->leg[i].state != LEG_DONE || in->leg[i].dial != NULL;
	}
	if (!waiting && !in->telling) {
		tell_all(in);
		wake(in);
	} else if (!under_way) {
		finish(in);
	} else {
		uint64_t now = device_now(in->d);

		uv_timer_start(&in->timer, step, in->until_ms > now ? in->until_ms - now : 1000, 0);
	}
}

struct device_introduction *device_introduce(struct device *d,
					     const struct device_introduce_options *o, void *ctx)
{
	struct device_introduction *in = calloc(1, sizeof(*in));

	if (in == NULL)
		abort(); /* some kilobytes: nothing else would work either */
	in->d = d;
	in->o = *o;
	in->o.peers = NULL;
	in->ctx = ctx;
	memcpy(in->peer, o->peers, o->count * sizeof(in->peer[0]));
	for (size_t i = 0; i < o->count; i++) {
		in->leg[i].in = in;
		in->leg[i].at = i;
	}
	in->until_ms = device_now(d) + ANSWER_MS;
	uv_timer_init(d->o.loop, &in->timer);
	in->timer.data = in;
	d->handles++;
	wake(in);
	return in;
}

void device_introduce_cancel(struct device_introduction *in)
{
	in->over = true;
	for (size_t i = 0; i < in->o.count; i++) {
		struct leg *l = &in->leg[i];
		struct device_run *r = l->run;

		if (r != NULL)
			r->leg = NULL;
		if (l->dial != NULL)
			device_cancel((struct device_run *)l->dial);
		else if (r != NULL && l->state == LEG_CONSENTED && !r->busy && !r->ended)
			leg_none(r); /* the session is somebody else's and goes on */
		l->state = LEG_DONE;
		if (r != NULL && l->dial == NULL)
			run_pump(r);
	}
	uv_close((uv_handle_t *)&in->timer, closed);
}
