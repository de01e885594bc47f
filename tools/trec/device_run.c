/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: one connection with its engine object on the loop: bytes between link and
 * engine, deadlines to a timer, store and work to the pool. See device_priv.h.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/trec/device_priv.h"

#define FLUSH_MS 2000 /* for the last bytes of an engine that has ended */

static enum trec_next next_of(const struct device_run *r)
{
	return r->pairing != NULL ? trec_pairing_next(r->pairing) : trec_session_next(r->session);
}

static uint64_t deadline_of(const struct device_run *r)
{
	uint64_t engine = r->pairing != NULL ? trec_pairing_deadline_ms(r->pairing)
					     : trec_session_deadline_ms(r->session);

	if (r->flush_ms != 0 && r->flush_ms < engine)
		engine = r->flush_ms;
	return r->limit_ms != 0 && r->limit_ms < engine ? r->limit_ms : engine;
}

trec_err run_error(const struct device_run *r)
{
	if (r->made != TREC_OK)
		return r->made;
	if (r->pairing != NULL)
		return trec_pairing_error(r->pairing);
	return r->session != NULL ? trec_session_error(r->session) : TREC_E_LOST;
}

const char *run_detail(const struct device_run *r)
{
	if (r->pairing != NULL)
		return trec_pairing_detail(r->pairing);
	return r->session != NULL ? trec_session_detail(r->session) : "";
}

/* ---- life -------------------------------------------------------------------------------- */

struct device_run *run_new(struct device *d, struct trec_link **link)
{
	struct device_run *r = calloc(1, sizeof(*r));
	struct trec_poll want;

	if (r == NULL) {
		trec_link_free(link);
		return NULL;
	}
	r->d = d;
	r->link = *link;
	*link = NULL;
	trec_link_peer(r->link, r->peer_uri);
	trec_link_poll(r->link, false, &want);
	uv_timer_init(d->o.loop, &r->timer);
	r->timer.data = r;
	r->handles = 1;
	if (want.fd >= 0 && uv_poll_init(d->o.loop, &r->poll, want.fd) == 0) {
		r->poll.data = r;
		r->handles++;
	} else {
		r->poll.data = NULL;
	}
	r->next = d->runs;
	d->runs = r;
	return r;
}

static void unlink_run(struct device_run *r)
{
	struct device_run **at = &r->d->runs;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
}

static void free_when_closed(uv_handle_t *h)
{
	struct device_run *r = h->data;
	struct device *d = r->d;

	if (--r->handles > 0)
		return;
	unlink_run(r);
	trec_wipe(r, sizeof(*r));
	free(r);
	device_stop_step(d);
}

static void leave_gate(struct device_run *r)
{
	if (r->has_ticket)
		trec_gate_leave(r->d->gate, r->ticket);
	r->has_ticket = false;
}

/* The end, once: tells the owner, then lets go of everything. */
static void finish(struct device_run *r)
{
	if (r->ended)
		return;
	r->ended = true;
	leave_gate(r);
	consent_over(r);
	leg_over(r);
	run_over(r);
	relay_free(&r->relay);
	service_end(r);
	if (r->poll.data != NULL)
		uv_close((uv_handle_t *)&r->poll, free_when_closed);
	trec_link_free(&r->link);
	trec_pairing_free(&r->pairing);
	trec_session_free(&r->session);
	uv_close((uv_handle_t *)&r->timer, free_when_closed);
	window_tick(r->d);
}

void run_drop(struct device_run *r)
{
	r->link_ended = true;
	r->out.from = r->out.to = 0;
	r->dropped = r->d->held > 0;
	if (r->busy || r->dropped)
		return; /* the job's end finds the link gone */
	if (r->pairing != NULL)
		trec_pairing_lost(r->pairing, TREC_E_LOST);
	if (r->session != NULL)
		trec_session_lost(r->session, TREC_E_LOST);
	finish(r);
}

void run_close(struct device_run *r)
{
	if (r->ended || r->busy)
		return;
	if (r->session == NULL || !r->up) {
		run_drop(r);
		return;
	}
	trec_session_close(r->session);
	run_pump(r);
}

/* ---- bytes ------------------------------------------------------------------------------- */

void run_lost(struct device_run *r, trec_err err)
{
	r->link_ended = true;
	r->out.from = r->out.to = 0;
	if (r->pairing != NULL)
		trec_pairing_lost(r->pairing, err);
	else
		trec_session_lost(r->session, err);
}

static bool give(struct device_run *r)
{
	struct buffer *i = &r->in;
	size_t used = 0;

	if (i->from == i->to)
		return false;
	struct trec_bytes in = trec_bytes(i->b + i->from, i->to - i->from);
	/* An error of the engine shows in next_of(). */
	trec_err err = r->pairing != NULL ? trec_pairing_feed(r->pairing, in, &used)
					  : trec_session_feed(r->session, in, &used);

	i->from += used;
	return used > 0 || err != TREC_OK;
}

static bool take(struct device_run *r)
{
	struct buffer *o = &r->out;
	size_t n = 0;

	if (o->from < o->to)
		return false;
	trec_err err = r->pairing != NULL ? trec_pairing_drain(r->pairing, o->b, RUN_BUFFER, &n)
					  : trec_session_drain(r->session, o->b, RUN_BUFFER, &n);

	o->from = 0;
	o->to = err == TREC_OK ? n : 0;
	return o->to > 0;
}

static bool send_out(struct device_run *r)
{
	struct buffer *o = &r->out;
	size_t n = 0;

	if (o->from == o->to || r->link_ended)
		return false;
	trec_err err = trec_link_send(r->link, o->b + o->from, o->to - o->from, &n);

	if (err == TREC_E_AGAIN)
		return false;
	if (err == TREC_E_LOST && r->in.from == r->in.to) {
		o->from = o->to = 0; /* the peer's last words may say why: receive() looks */
		return false;
	}
	if (err != TREC_OK) {
		run_lost(r, err);
		return true;
	}
	if (r->began_ns == 0)
		r->began_ns = uv_hrtime();
	o->from += n;
	return true;
}

static bool receive(struct device_run *r)
{
	struct buffer *i = &r->in;
	size_t n = 0;

	if (i->from < i->to || r->link_ended)
		return false;
	i->from = i->to = 0;
	trec_err err = trec_link_recv(r->link, i->b, RUN_BUFFER, &n);

	if (err == TREC_E_AGAIN)
		return false;
	if (err != TREC_OK || n == 0) {
		run_lost(r, err != TREC_OK ? err : TREC_E_LOST);
		return true;
	}
	i->to = n;
	return true;
}

/* ---- the pump ---------------------------------------------------------------------------- */

static void on_poll(uv_poll_t *p, int status, int events)
{
	(void)status; /* an error shows at the next send or receive */
	(void)events;
	run_pump(p->data);
}

static void on_timer(uv_timer_t *t)
{
	struct device_run *r = t->data;

	uint64_t now = device_now(r->d);

	if (r->busy || r->ended || r->d->held > 0)
		return;
	if (r->limit_ms != 0 && now >= r->limit_ms) {
		run_lost(r, TREC_E_TIMEOUT);
		finish(r);
		return;
	}
	if (r->flush_ms != 0 && now >= r->flush_ms)
		run_lost(r, TREC_E_LOST);
	run_pump(r);
}

/* Waits for what can move it on. */
static void wait_more(struct device_run *r)
{
	uint64_t now = device_now(r->d);
	uint64_t until = deadline_of(r);
	struct trec_poll want;
	int events = 0;

	trec_link_poll(r->link, r->out.from < r->out.to, &want);
	if (r->poll.data == NULL && want.fd >= 0 &&
	    uv_poll_init(r->d->o.loop, &r->poll, want.fd) == 0) {
		r->poll.data = r; /* a link may have nothing to wait for at first */
		r->handles++;
	}
	if (want.readable && r->in.from == r->in.to && !r->link_ended)
		events |= UV_READABLE;
	if (want.writable && !r->link_ended)
		events |= UV_WRITABLE;
	if (r->poll.data != NULL && events != r->poll_events) {
		if (events != 0)
			uv_poll_start(&r->poll, events, on_poll);
		else
			uv_poll_stop(&r->poll);
		r->poll_events = events;
	}
	if (want.next_ms < until)
		until = want.next_ms;
	if (until == UINT64_MAX)
		uv_timer_stop(&r->timer);
	else
		uv_timer_start(&r->timer, on_timer, until > now ? until - now : 0, 0);
}

static bool authenticated(const struct device_run *r)
{
	return r->pairing != NULL ? trec_pairing_authenticated(r->pairing)
				  : trec_session_authenticated(r->session);
}

static void take_events(struct device_run *r)
{
	struct trec_session_event e;

	while (!r->ended && !r->busy && r->session != NULL &&
	       trec_session_event(r->session, &e) == TREC_OK) {
		r->up = r->up || e.kind == TREC_SESSION_UP;
		run_event(r, &e);
	}
}

static void tick(struct device_run *r)
{
	/* An error of the engine shows in next_of(). */
	trec_err err = r->pairing != NULL ? trec_pairing_tick(r->pairing, device_now(r->d))
					  : trec_session_tick(r->session, device_now(r->d));

	(void)err;
}

/* One round; false: nothing moved. */
static bool step(struct device_run *r)
{
	bool moved = give(r);

	moved = take(r) || moved;
	moved = send_out(r) || moved;
	return receive(r) || moved;
}

/* The engine ended, its last bytes left, and what came for the local side was taken. */
static bool over(const struct device_run *r, enum trec_next next)
{
	if (next == TREC_NEXT_FAILED)
		return r->out.from == r->out.to || r->link_ended;
	return next == TREC_NEXT_DONE && (r->out.from == r->out.to || r->link_ended) &&
	       (r->relay == NULL || r->cut || r->teller != NULL || relay_idle(r->relay));
}

/* A peer that does not take the last bytes must not keep the run. */
static void bound_last_bytes(struct device_run *r, enum trec_next next)
{
	bool last = (next == TREC_NEXT_DONE || next == TREC_NEXT_FAILED) &&
		    r->out.from < r->out.to && !r->link_ended;

	if (!last)
		r->flush_ms = 0;
	else if (r->flush_ms == 0)
		r->flush_ms = device_now(r->d) + FLUSH_MS;
}

void run_pump(struct device_run *r)
{
	bool moved = true;

	if (r->busy || r->ended || r->d->held > 0 || (r->pairing == NULL && r->session == NULL))
		return;
	tick(r);
	while (moved) {
		enum trec_next next = next_of(r);

		if (next == TREC_NEXT_STORE || next == TREC_NEXT_WORK) {
			uv_timer_stop(&r->timer);
			if (r->poll.data != NULL && r->poll_events != 0)
				uv_poll_stop(&r->poll);
			r->poll_events = 0;
			run_begin_job(r, next);
			return;
		}
		if (next == TREC_NEXT_CONSENT)
			consent_ask(r);
		take_events(r);
		if (!r->ended && !r->busy && r->dialling != NULL)
			service_dialled(r);
		if (r->ended || r->busy)
			return;
		consent_step(r);
		if (r->leg != NULL)
			leg_step(r);
		if (r->relay != NULL)
			relay_pump(r->relay);
		moved = step(r);
		if (r->has_ticket && authenticated(r))
			leave_gate(r);
		next = next_of(r);
		if (over(r, next)) {
			finish(r);
			return;
		}
		bound_last_bytes(r, next);
		moved = moved || next == TREC_NEXT_STORE || next == TREC_NEXT_WORK ||
			next == TREC_NEXT_EVENT;
	}
	wait_more(r);
}

void run_event(struct device_run *r, const struct trec_session_event *e)
{
	trust_event(r, e);
	if (r->ended)
		return; /* the list changed, all runs looked at it, and this one is over */
	if (r->server)
		serve_event(r, e);
	else
		dial_event(r, e);
}

void run_over(struct device_run *r)
{
	if (r->server)
		serve_over(r);
	else
		dial_over(r);
	if (r->teller != NULL)
		dial_told(r);
}
