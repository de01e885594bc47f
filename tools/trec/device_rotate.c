/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the own key changes on the loop. While the store renews it all runs stand still;
 * then those that know the old key end, and every peer with a known address is dialled until it has
 * heard of the new one: now, at every start and every ten minutes, a few at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/trec/dial.h"

#define AT_ONCE 4
#define ANSWER_MS 10000 /* after which who waits for a round is answered; the round goes on */
#define AGAIN_MS 600000

struct hearer {
	struct hearer *next;
	bool now; /* waits for the round under way, not for the next */
	device_told_cb cb;
	void *ctx;
};

/* Who has not heard, and how far the round is. */
struct herald {
	struct trec_id *ids;
	size_t count, cap, next;
	size_t untold; /* at the last count, those without an address as well */
	unsigned active;
	bool running;
	bool counting;
	bool again;
	bool lasting; /* a daemon's: goes on every ten minutes */
	trec_err err;
	struct hearer *waiting;
};

/* ---- who has not heard ------------------------------------------------------------------- */

static void note_peer(struct herald *h, const struct trec_peer *p)
{
	h->untold++;
	if (p->hint_count == 0 || h->running)
		return;
	if (h->count == h->cap) {
		size_t cap = h->cap > 0 ? 2 * h->cap : 16;
		struct trec_id *more = realloc(h->ids, cap * sizeof(*more));

		if (more == NULL)
			return; /* the next round has room, or the one after it */
		h->ids = more;
		h->cap = cap;
	}
	h->ids[h->count++] = p->id;
}

static void count_work(void *ctx)
{
	struct device *d = ctx;
	struct herald *h = d->herald;
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer p;
	bool found = true;

	h->untold = 0;
	for (h->err = TREC_OK; h->err == TREC_OK && found;) {
		h->err = trec_rotation_untold(d->o.env, trec_keystore_store(d->o.keys), &cursor,
					      &p, &found);
		if (h->err == TREC_OK && found)
			note_peer(h, &p);
	}
}

/* ---- a round ----------------------------------------------------------------------------- */

static void answer(struct herald *h)
{
	struct hearer **at = &h->waiting;

	while (*at != NULL) {
		struct hearer *l = *at;

		if (!l->now) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		l->cb(l->ctx, h->untold);
		free(l);
		at = &h->waiting; /* the callback may have changed the list */
	}
}

static void begin_round(struct device *d);

static void on_herald_timer(uv_timer_t *t);

static void round_counted(void *ctx)
{
	struct device *d = ctx;
	struct herald *h = d->herald;
	bool over = h->active == 0 && h->next >= h->count;

	h->counting = false;
	answer(h);
	if (!over || !h->running)
		return;
	h->running = false;
	if (h->again)
		begin_round(d);
	else if (h->lasting && h->untold > 0 && !d->stopping)
		uv_timer_start(&d->herald_timer, on_herald_timer, AGAIN_MS, 0);
	else
		uv_timer_stop(&d->herald_timer);
}

static void count_again(struct device *d)
{
	if (d->herald->counting)
		return;
	d->herald->counting = true;
	device_with_store(d, count_work, round_counted, d);
}

static void dial_more(struct device *d);

static void one_told(void *ctx, const struct failure *f, const struct device_ended *e)
{
	struct device *d = ctx;

	(void)f; /* whoever was not reached is still on the list */
	(void)e;
	d->herald->active--;
	dial_more(d);
}

static void dial_more(struct device *d)
{
	struct herald *h = d->herald;

	while (h->active < AT_ONCE && h->next < h->count && !d->stopping) {
		struct device_dial dial = { .peer = h->ids[h->next++] };

		h->active++;
		(void)dial_peer(d, DIAL_TELL, &dial, one_told, d);
	}
	if (d->stopping)
		h->next = h->count;
	if (h->active == 0)
		count_again(d);
}

static void round_listed(void *ctx)
{
	struct device *d = ctx;

	d->herald->running = true;
	d->herald->counting = false;
	dial_more(d);
}

static void begin_round(struct device *d)
{
	struct herald *h = d->herald;

	h->count = h->next = 0;
	h->again = false;
	h->counting = true;
	for (struct hearer *l = h->waiting; l != NULL; l = l->next)
		l->now = true;
	uv_timer_start(&d->herald_timer, on_herald_timer, ANSWER_MS, 0);
	device_with_store(d, count_work, round_listed, d);
}

/* Long enough for those who wait, or time for the next round. */
static void on_herald_timer(uv_timer_t *t)
{
	struct device *d = t->data;

	if (d->stopping)
		return;
	if (d->herald->running)
		count_again(d);
	else if (!d->herald->counting)
		begin_round(d);
}

static bool herald_ready(struct device *d)
{
	if (d->herald == NULL)
		d->herald = calloc(1, sizeof(*d->herald));
	return d->herald != NULL;
}

void device_tell(struct device *d, device_told_cb cb, void *ctx)
{
	bool ready = herald_ready(d);
	struct hearer *l = ready && cb != NULL ? calloc(1, sizeof(*l)) : NULL;

	if (!ready || (cb != NULL && l == NULL))
		abort(); /* a hundred bytes: nothing else would work either */
	if (l != NULL) {
		l->cb = cb;
		l->ctx = ctx;
		l->next = d->herald->waiting;
		d->herald->waiting = l;
	} else {
		d->herald->lasting = true;
	}
	if (d->herald->running || d->herald->counting)
		d->herald->again = true;
	else
		begin_round(d);
}

void herald_free(struct device *d)
{
	if (d->herald == NULL)
		return;
	while (d->herald->waiting != NULL) {
		struct hearer *l = d->herald->waiting;

		d->herald->waiting = l->next;
		free(l);
	}
	free(d->herald->ids);
	free(d->herald);
	d->herald = NULL;
}

/* ---- the new key ------------------------------------------------------------------------- */

struct renewal {
	struct device *d;
	trec_key_alg alg;
	trec_err err, own_err;
	struct trec_rotated what;
	struct trec_own own;
	device_rotated_cb cb;
	void *ctx;
};

static void rotate_work(void *ctx)
{
	struct renewal *w = ctx;
	struct trec_store *s = trec_keystore_store(w->d->o.keys);

	w->own_err = s->ops->own(s, &w->own);
	if (w->own_err == TREC_OK && w->alg == 0)
		w->alg = w->own.signer->alg;
	w->err = w->own_err;
	if (w->err == TREC_OK)
		w->err = trec_rotate(w->d->o.env, s, w->alg, &w->what);
	w->own_err = s->ops->own(s, &w->own); /* an error may come after the change */
}

/* Sessions that are up hear of it there and end; what else knows the old key ends at once. */
static void end_runs(struct device *d)
{
	for (struct device_run *r = d->runs, *next; r != NULL; r = next) {
		next = r->next;
		if (r->ended)
			continue;
		if (r->up && r->busy)
			r->renewed = true; /* told when the job is back */
		else if (r->up && trec_session_succeed(r->session) == TREC_OK)
			run_pump(r);
		else
			run_drop(r);
	}
}

static void emit_rotated(struct device *d, const struct renewal *w)
{
	char old[TREC_ID_TEXT_LEN + 1];
	char now[TREC_ID_TEXT_LEN + 1];
	struct device_event e = { .event = "rotated", .id = now, .previous = old };

	trec_id_to_text(&w->what.old, old);
	trec_id_to_text(&w->what.now, now);
	device_emit(d, &e);
}

static void rotate_done(void *ctx)
{
	struct renewal *w = ctx;
	struct device *d = w->d;
	bool changed = w->own_err == TREC_OK &&
		       memcmp(&w->own.id, &d->own.id, sizeof(d->own.id)) != 0;
	struct failure f = { 0 };

	d->held--;
	if (w->own_err == TREC_OK)
		d->own = w->own;
	if (changed) {
		window_close(d); /* what it shows names the old key */
		end_runs(d);
	}
	held_release(d);
	if (w->err == TREC_OK)
		emit_rotated(d, w);
	fail_plain(&f, w->err);
	w->cb(w->ctx, w->err == TREC_OK ? NULL : &f, &w->what, w->own.signer);
	free(w);
}

void device_rotate(struct device *d, trec_key_alg alg, device_rotated_cb cb, void *ctx)
{
	struct renewal *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort(); /* a kilobyte: nothing else would work either */
	w->d = d;
	w->alg = alg;
	w->cb = cb;
	w->ctx = ctx;
	/* Nobody else may sign: the loop lets no engine object move until it is done. */
	if (d->held++ == 0)
		trec_window_status(d->window, &d->held_status);
	device_with_store(d, rotate_work, rotate_done, w);
}
