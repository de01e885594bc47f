/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: after parting the other peers hear of it too, for those may hold the one that
 * is gone by this device's word: over sessions that are open, and at the addresses of the rest, a
 * few at a time. The word lives in the errand's locked memory and ends with its 10 s.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/trec/dial.h"

#define AT_ONCE 8

struct spread {
	struct dial *g; /* whose word it is */
	struct trec_id *ids;
	size_t count, cap, next;
	unsigned active;
	unsigned number; /* that runs are marked with which have told it */
};

static void spread_end(struct spread *s)
{
	struct dial *g = s->g;
	struct device *d = g->d;
	struct quiet *q;

	free(s->ids);
	trec_wipe(s, sizeof(*s));
	free(s);
	g->spread = NULL;
	if (g->over)
		dial_free(g);
	d->spreads--;
	while (d->spreads == 0 && (q = d->quiet) != NULL) {
		d->quiet = q->next;
		q->cb(q->ctx);
		free(q);
	}
	device_stop_step(d);
}

static bool late(const struct spread *s)
{
	return s->g->d->stopping ||
	       device_now(s->g->d) >= trec_revocation_deadline_ms(s->g->revocation);
}

static void dial_more(struct spread *s);

static void one_heard(void *ctx, const struct failure *f, const struct device_ended *e)
{
	struct spread *s = ctx;

	(void)f; /* a courtesy */
	(void)e;
	s->active--;
	dial_more(s);
}

static void tell_open(struct spread *s);

static void dial_more(struct spread *s)
{
	while (s->active < AT_ONCE && s->next < s->count && !late(s)) {
		struct device_dial dial = { .peer = s->ids[s->next++] };
		struct dial *g = dial_peer(s->g->d, DIAL_NOTICE, &dial, one_heard, s);

		g->parting = s->g;
		s->active++;
	}
	if (s->active > 0)
		return;
	tell_open(s);
	spread_end(s);
}

/* Those in force that can be dialled. */
static void list_work(void *ctx)
{
	struct spread *s = ctx;
	struct device *d = s->g->d;
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer p;
	bool found = true;

	while (trec_peer_next(d->o.env, trec_keystore_store(d->o.keys), &cursor, &p, &found) ==
		       TREC_OK &&
	       found) {
		if (p.state != TREC_PEER_ACTIVE || p.hint_count == 0 || p.symmetric)
			continue;
		if (s->count == s->cap) {
			size_t cap = s->cap > 0 ? 2 * s->cap : 16;
			struct trec_id *more = realloc(s->ids, cap * sizeof(*more));

			if (more == NULL)
				return;
			s->ids = more;
			s->cap = cap;
		}
		s->ids[s->count++] = p.id;
	}
}

static void forget(struct spread *s, const struct trec_id *id)
{
	for (size_t i = 0; i < s->count; i++)
		if (memcmp(&s->ids[i], id, sizeof(*id)) == 0)
			s->ids[i--] = s->ids[--s->count];
}

/* Over open sessions. One that is at work just now is tried again. */
static void tell_open(struct spread *s)
{
	for (struct device_run *r = s->g->d->runs, *next; r != NULL && !late(s); r = next) {
		next = r->next;
		if (r->session == NULL || r->ended || r->busy || !r->up || r->cut ||
		    r->spread == s->number ||
		    trec_session_notice(r->session, s->g->revocation) != TREC_OK)
			continue;
		r->spread = s->number;
		run_pump(r);
	}
}

static void listed(void *ctx)
{
	struct spread *s = ctx;

	tell_open(s);
	for (const struct device_run *r = s->g->d->runs; r != NULL; r = r->next)
		if (r->spread == s->number && !r->ended && r->session != NULL)
			forget(s, &trec_session_peer(r->session)->id);
	dial_more(s);
}

void spread_begin(struct dial *g)
{
	struct spread *s = g->revocation != NULL ? calloc(1, sizeof(*s)) : NULL;

	if (s == NULL)
		return;
	s->g = g;
	s->number = ++g->d->partings;
	g->spread = s;
	g->d->spreads++;
	tell_open(s);
	device_with_store(g->d, list_work, listed, s);
}

void device_when_spread(struct device *d, void (*cb)(void *ctx), void *ctx)
{
	struct quiet *q = d->spreads > 0 ? calloc(1, sizeof(*q)) : NULL;

	if (q == NULL) {
		cb(ctx);
		return;
	}
	q->cb = cb;
	q->ctx = ctx;
	q->next = d->quiet;
	d->quiet = q;
}
