/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the blocking helpers of trec/blocking.h. This folder is the one place in the
 * library that knows both the engine and the transports; it holds a loop and nothing else.
 */
#include <poll.h>
#include <trec/blocking.h>

#include "proto/base/base.h"

#define WIRE_BUFFER 17000 /* a little over the largest TLS record */

struct wire_buffer {
	size_t from;
	size_t to;
	uint8_t b[WIRE_BUFFER];
};

struct trec_wire {
	const struct trec_env *env;
	struct trec_link *link;
	bool ended; /* the peer will send no more, or the link broke; told to the engine once */
	struct wire_buffer in;
	struct wire_buffer out;
};

/* A pairing or a session, whichever is driven. */
struct driven {
	struct trec_pairing *pairing;
	struct trec_session *session;
};

static enum trec_next driven_next(const struct driven *d)
{
	return d->pairing != NULL ? trec_pairing_next(d->pairing) : trec_session_next(d->session);
}

static trec_err driven_feed(const struct driven *d, struct trec_bytes in, size_t *used)
{
	return d->pairing != NULL ? trec_pairing_feed(d->pairing, in, used)
				  : trec_session_feed(d->session, in, used);
}

static trec_err driven_drain(const struct driven *d, uint8_t *out, size_t cap, size_t *n)
{
	return d->pairing != NULL ? trec_pairing_drain(d->pairing, out, cap, n)
				  : trec_session_drain(d->session, out, cap, n);
}

static trec_err driven_tick(const struct driven *d, uint64_t now_ms)
{
	return d->pairing != NULL ? trec_pairing_tick(d->pairing, now_ms)
				  : trec_session_tick(d->session, now_ms);
}

static uint64_t driven_deadline(const struct driven *d)
{
	return d->pairing != NULL ? trec_pairing_deadline_ms(d->pairing)
				  : trec_session_deadline_ms(d->session);
}

static void driven_perform(const struct driven *d)
{
	if (d->pairing != NULL) {
		trec_pairing_perform(d->pairing);
		trec_pairing_resume(d->pairing);
	} else {
		trec_session_perform(d->session);
		trec_session_resume(d->session);
	}
}

static void driven_lost(const struct driven *d, trec_err err)
{
	if (d->pairing != NULL)
		trec_pairing_lost(d->pairing, err);
	else
		trec_session_lost(d->session, err);
}

static uint64_t now(const struct trec_env *env)
{
	return env->now_ms(env->ctx);
}

trec_err trec_wire_new(const struct trec_env *env, struct trec_link **link, struct trec_wire **out)
{
	struct trec_wire *w = base_alloc(env, sizeof(*w));

	*out = NULL;
	if (w == NULL) {
		trec_link_free(link);
		return TREC_E_NO_MEMORY;
	}
	w->env = env;
	w->link = *link;
	*link = NULL;
	*out = w;
	return TREC_OK;
}

void trec_wire_free(struct trec_wire **w)
{
	if (*w == NULL)
		return;
	trec_link_free(&(*w)->link);
	base_free((*w)->env, *w, sizeof(**w));
	*w = NULL;
}

/* Milliseconds for poll(2) until the earlier of two times, at least 0. */
static int wait_ms(uint64_t now_ms, uint64_t a, uint64_t b)
{
	uint64_t until = a < b ? a : b;

	if (until == UINT64_MAX)
		return -1;
	if (until <= now_ms)
		return 0;
	return until - now_ms > 60000 ? 60000 : (int)(until - now_ms);
}

static void wait_for(const struct trec_env *env, const struct trec_poll *want, uint64_t until)
{
	bool asks = want->readable || want->writable;
	struct pollfd p = { .fd = asks ? want->fd : -1 };

	p.events = (short)((want->readable ? POLLIN : 0) | (want->writable ? POLLOUT : 0));
	/* Every outcome, an interruption too, leads to another try of everything. */
	(void)poll(&p, 1, wait_ms(now(env), want->next_ms, until));
}

/* One attempt to send and one to receive. *moved: something happened. */
static trec_err move(struct trec_wire *w, bool *moved)
{
	struct wire_buffer *o = &w->out;
	struct wire_buffer *i = &w->in;
	trec_err err = TREC_OK;
	size_t n = 0;

	if (o->from < o->to) {
		err = trec_link_send(w->link, o->b + o->from, o->to - o->from, &n);
		if (err == TREC_OK) {
			o->from += n;
			*moved = true;
		} else if (err == TREC_E_LOST) {
			o->from = o->to = 0; /* its last words may say why */
		} else if (err != TREC_E_AGAIN) {
			return err;
		}
	}
	if (i->from < i->to || w->ended)
		return TREC_OK;
	i->from = i->to = 0;
	err = trec_link_recv(w->link, i->b, sizeof(i->b), &n);
	if (err == TREC_E_AGAIN)
		return TREC_OK;
	if (err != TREC_OK)
		return err;
	*moved = true;
	i->to = n;
	return n > 0 ? TREC_OK : TREC_E_LOST;
}

/* Gives the engine what came and takes what it has to send. */
static void exchange(struct trec_wire *w, const struct driven *d, bool *moved)
{
	struct wire_buffer *i = &w->in;
	struct wire_buffer *o = &w->out;
	size_t n = 0;

	if (i->from < i->to) {
		struct trec_bytes in = trec_bytes(i->b + i->from, i->to - i->from);

		(void)driven_feed(d, in, &n); /* its error shows in next() */
		i->from += n;
		*moved = *moved || n > 0;
	}
	if (o->from == o->to) {
		o->from = o->to = 0;
		if (driven_drain(d, o->b, sizeof(o->b), &n) == TREC_OK) {
			o->to = n;
			*moved = *moved || n > 0;
		}
	}
}

static bool needs_perform(enum trec_next next)
{
	return next == TREC_NEXT_STORE || next == TREC_NEXT_WORK;
}

static bool at_end(enum trec_next next)
{
	return next == TREC_NEXT_DONE || next == TREC_NEXT_FAILED;
}

/*
 * Moves things on as far as they go, and waits once if nothing moved; until bounds the wait. It
 * returns whenever next() may have changed. TREC_E_TIMEOUT: until has come.
 */
static trec_err pump(struct trec_wire *w, const struct driven *d, uint64_t until)
{
	enum trec_next before = driven_next(d);
	bool moved = false;

	if (needs_perform(before)) {
		driven_perform(d);
		return TREC_OK;
	}
	(void)driven_tick(d, now(w->env));
	exchange(w, d, &moved);
	trec_err err = w->ended ? TREC_OK : move(w, &moved);

	if (err != TREC_OK) {
		w->ended = true;
		w->out.from = w->out.to = 0;
		driven_lost(d, err);
		return TREC_OK;
	}
	if (moved || driven_next(d) != before)
		return TREC_OK;
	if (now(w->env) >= until)
		return TREC_E_TIMEOUT;
	uint64_t deadline = driven_deadline(d);
	struct trec_poll want;

	trec_link_poll(w->link, w->out.from < w->out.to, &want);
	want.readable = want.readable && w->in.from == w->in.to && !w->ended;
	wait_for(w->env, &want, deadline < until ? deadline : until);
	return TREC_OK;
}

/* Sends what is left after the engine's end; a peer that does not take it loses it. */
static void flush(struct trec_wire *w, uint64_t until)
{
	bool moved = false;

	while (w->out.from < w->out.to && !w->ended && now(w->env) < until) {
		struct trec_poll want;

		if (move(w, &moved) != TREC_OK)
			return;
		w->in.from = w->in.to; /* nobody is left to read it */
		trec_link_poll(w->link, true, &want);
		if (w->out.from < w->out.to)
			wait_for(w->env, &want, until);
	}
}

#define FLUSH_MS 2000

trec_err trec_accept_blocking(const struct trec_env *env, struct trec_listener *listener,
			      uint64_t timeout_ms, struct trec_link **out)
{
	uint64_t until = now(env) + timeout_ms;

	for (;;) {
		struct trec_poll want;
		trec_err err = trec_listener_accept(listener, out);

		if (err != TREC_E_AGAIN)
			return err;
		if (now(env) >= until)
			return TREC_E_TIMEOUT;
		trec_listener_poll(listener, &want);
		wait_for(env, &want, until);
	}
}

trec_err trec_incoming_blocking(struct trec_wire *w, uint64_t timeout_ms, enum trec_incoming *out)
{
	uint64_t until = now(w->env) + timeout_ms;

	*out = TREC_INCOMING_UNKNOWN;
	while (w->in.from == w->in.to) {
		struct trec_poll want;
		bool moved = false;
		trec_err err = w->ended ? TREC_E_LOST : move(w, &moved);

		if (err != TREC_OK)
			return err;
		if (moved)
			continue;
		if (now(w->env) >= until)
			return TREC_E_TIMEOUT;
		trec_link_poll(w->link, false, &want);
		wait_for(w->env, &want, until);
	}
	*out = trec_incoming_kind(w->in.b[w->in.from]);
	return TREC_OK;
}

static void ask_consent(struct trec_pairing *p, trec_consent_fn consent, void *ctx)
{
	struct trec_consent question;
	bool yes = false;

	if (trec_pairing_consent(p, &question) == TREC_OK && consent != NULL)
		yes = consent(ctx, &question);
	/* Only an open question can be answered; else next() tells what became of it. */
	if (trec_pairing_answer(p, yes) != TREC_OK)
		return;
}

trec_err trec_pair_blocking(struct trec_wire *w, struct trec_pairing *p, trec_consent_fn consent,
			    void *ctx)
{
	struct driven d = { .pairing = p };

	while (!at_end(trec_pairing_next(p))) {
		if (trec_pairing_next(p) == TREC_NEXT_SECRET)
			return TREC_E_USAGE;
		if (trec_pairing_next(p) == TREC_NEXT_CONSENT)
			ask_consent(p, consent, ctx);
		trec_err err = pump(w, &d, UINT64_MAX);

		if (err != TREC_OK)
			return err;
	}
	flush(w, now(w->env) + FLUSH_MS);
	return trec_pairing_error(p);
}

static trec_err session_end(struct trec_wire *w, struct trec_session *s)
{
	flush(w, now(w->env) + FLUSH_MS);
	trec_err err = trec_session_error(s);

	return err != TREC_OK ? err : TREC_E_LOST;
}

trec_err trec_session_wait_blocking(struct trec_wire *w, struct trec_session *s,
				    struct trec_session_event *out)
{
	struct driven d = { .session = s };

	for (;;) {
		trec_err err = trec_session_event(s, out);

		if (err != TREC_E_AGAIN)
			return err;
		if (at_end(trec_session_next(s)))
			return session_end(w, s);
		err = pump(w, &d, UINT64_MAX);
		if (err != TREC_OK)
			return err;
	}
}

trec_err trec_session_write_blocking(struct trec_wire *w, struct trec_session *s, const uint8_t *p,
				     size_t n)
{
	struct driven d = { .session = s };
	size_t done = 0;

	while (done < n) {
		size_t taken = 0;
		trec_err err = trec_session_write(s, p + done, n - done, &taken);

		done += taken;
		if (err == TREC_OK)
			continue;
		if (at_end(trec_session_next(s)))
			return session_end(w, s);
		if (err != TREC_E_AGAIN)
			return err;
		err = pump(w, &d, UINT64_MAX);
		if (err != TREC_OK)
			return err;
	}
	return TREC_OK;
}

trec_err trec_session_read_blocking(struct trec_wire *w, struct trec_session *s, uint8_t *out,
				    size_t cap, size_t *n)
{
	struct driven d = { .session = s };

	for (;;) {
		bool eof = false, moved = false;
		trec_err err = trec_session_read(s, out, cap, n, &eof);

		/* While the reader was behind the session held data back; next() does not tell. */
		if (err == TREC_E_AGAIN && !needs_perform(trec_session_next(s))) {
			exchange(w, &d, &moved);
			err = trec_session_read(s, out, cap, n, &eof);
		}
		if (err != TREC_E_AGAIN)
			return err;
		if (at_end(trec_session_next(s)))
			return session_end(w, s);
		err = pump(w, &d, UINT64_MAX);
		if (err != TREC_OK)
			return err;
	}
}

trec_err trec_session_end_blocking(struct trec_wire *w, struct trec_session *s, uint64_t timeout_ms)
{
	struct driven d = { .session = s };
	uint64_t until = now(w->env) + timeout_ms;

	trec_session_close(s);
	while (!at_end(trec_session_next(s))) {
		struct trec_session_event dropped;

		if (trec_session_event(s, &dropped) == TREC_OK)
			continue;
		trec_err err = pump(w, &d, until);

		if (err != TREC_OK)
			return err;
	}
	flush(w, until);
	return trec_session_error(s);
}
