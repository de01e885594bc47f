/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: the device's pairing window on the loop, opened, watched and closed. */
#include <stdlib.h>
#include <string.h>

#include "tools/trec/device_priv.h"
#include "tools/trec/secret.h"

/* ---- opening ----------------------------------------------------------------------------- */

struct opening {
	struct device *d;
	struct device_window_options o;
	char hint[TREC_HINTS_MAX][URI_ROOM];
	size_t hint_count;
	struct trec_opening *opening;
	trec_err err;
	uv_work_t work;
	device_window_cb cb;
	void *ctx;
};

static void opening_over(struct opening *w, const char *message)
{
	struct failure f = { 0 };

	if (message != NULL)
		fail(&f, w->err, "%s", message);
	else
		fail_plain(&f, w->err);
	trec_opening_free(&w->opening);
	w->cb(w->ctx, &f, "", 0);
	free(w);
}

static void opening_locked(struct opening *w)
{
	struct trec_window_status st;
	struct failure f = { 0 };

	trec_window_status(w->d->window, &st);
	fail_plain(&f, w->err);
	f.retry_after_s = (int64_t)(st.frozen_ms + 999) / 1000;
	trec_opening_free(&w->opening);
	w->cb(w->ctx, &f, "", 0);
	free(w);
}

static void open_now(void *ctx)
{
	struct opening *w = ctx;
	char secret[TREC_CODE_TEXT_MAX + 1] = "";

	if (w->d->held > 0) { /* its turn comes behind the job that has the window */
		device_with_store(w->d, NULL, open_now, w);
		return;
	}
	if (w->err == TREC_OK && w->d->stopping)
		w->err = TREC_E_NO_DAEMON;
	if (w->err != TREC_OK) {
		opening_over(w, NULL);
		return;
	}
	strncpy(secret, trec_opening_secret(w->opening), sizeof(secret) - 1);
	w->err = trec_window_open(w->d->window, &w->opening);
	if (w->err == TREC_E_LOCKED_OUT) {
		opening_locked(w);
	} else if (w->err != TREC_OK) {
		opening_over(w, NULL);
	} else {
		window_tick(w->d);
		w->cb(w->ctx, NULL, secret, w->o.seconds);
		free(w);
	}
	trec_wipe(secret, sizeof(secret));
	secret_burn_stack();
}

static void opened(uv_work_t *work, int status)
{
	struct opening *w = work->data;
	struct device *d = w->d;

	(void)status; /* never cancelled */
	d->works--;
	open_now(w);
	device_stop_step(d);
}

static void opening_compute(uv_work_t *work)
{
	struct opening *w = work->data;

	w->err = trec_opening_perform(w->opening);
}

static void opening_draw(void *ctx)
{
	struct opening *w = ctx;
	const char *hints[TREC_HINTS_MAX];
	struct trec_opening_options o = { .env = w->d->o.env,
					  .store = trec_keystore_store(w->d->o.keys),
					  .method = w->o.method,
					  .digits = w->o.digits,
					  .seconds = w->o.seconds,
					  .multi_use = w->o.multi_use,
					  .symmetric = w->o.symmetric,
					  .hints = hints,
					  .hint_count = w->hint_count };

	for (size_t i = 0; i < w->hint_count; i++)
		hints[i] = w->hint[i];
	w->err = trec_opening_new(&o, &w->opening);
}

static void opening_drawn(void *ctx)
{
	struct opening *w = ctx;

	if (w->err == TREC_E_STATE) {
		opening_over(w,
			     "no preset PIN is set, or it is void after too many wrong attempts");
	} else if (w->err != TREC_OK) {
		opening_over(w, NULL);
	} else {
		w->work.data = w;
		w->d->works++;
		if (uv_queue_work(w->d->o.loop, &w->work, opening_compute, opened) != 0)
			abort(); /* only with a NULL function */
	}
}

void device_window_open(struct device *d, const struct device_window_options *o,
			device_window_cb cb, void *ctx)
{
	struct opening *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort(); /* a few kilobytes: nothing else would work either */
	w->d = d;
	w->o = *o;
	if (w->o.seconds == 0)
		w->o.seconds = TREC_WINDOW_SECONDS;
	w->cb = cb;
	w->ctx = ctx;
	if (o->method == TREC_METHOD_CODE)
		w->hint_count = device_hints(d, w->hint, TREC_HINTS_MAX);
	device_with_store(d, opening_draw, opening_drawn, w);
}

/* ---- preset ------------------------------------------------------------------------------ */

struct preset {
	struct device *d;
	char *pin; /* in the arena */
	trec_err err;
	device_window_cb cb;
	void *ctx;
};

static void preset_work(void *ctx)
{
	struct preset *p = ctx;

	p->err = p->pin == NULL ? TREC_E_NO_MEMORY
				: trec_preset_set(p->d->o.env, trec_keystore_store(p->d->o.keys),
						  p->d->window, p->pin);
	trec_secret_free(p->pin, TREC_PIN_MAX + 1);
}

void held_release(struct device *d)
{
	window_tick(d);
	for (struct device_run *r = d->runs, *next; r != NULL; r = next) {
		next = r->next;
		if (r->dropped && !r->ended)
			run_drop(r);
		else
			run_pump(r);
	}
}

static void preset_done(void *ctx)
{
	struct preset *p = ctx;
	struct device *d = p->d;
	struct failure f = { 0 };

	d->held--;
	fail_plain(&f, p->err);
	p->cb(p->ctx, p->err == TREC_OK ? NULL : &f, "", 0);
	free(p);
	held_release(d);
}

void device_preset(struct device *d, const char *pin, device_window_cb cb, void *ctx)
{
	struct preset *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort(); /* forty bytes: nothing else would work either */
	p->d = d;
	p->pin = trec_secret_alloc(TREC_PIN_MAX + 1);
	if (p->pin != NULL)
		strncpy(p->pin, pin, TREC_PIN_MAX);
	p->cb = cb;
	p->ctx = ctx;
	if (d->held++ == 0) /* the window is the job's alone until it is done */
		trec_window_status(d->window, &d->held_status);
	device_with_store(d, preset_work, preset_done, p);
}

/* ---- time and waiting -------------------------------------------------------------------- */

static void on_window_timer(uv_timer_t *t)
{
	window_tick(t->data);
}

static void tell_waiters(struct device *d, const struct trec_window_status *st)
{
	struct waiter **at = &d->waiters;

	while (*at != NULL) {
		struct waiter *w = *at;

		if (st->open && st->serial == w->serial) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->cb(w->ctx, st);
		free(w);
		at = &d->waiters; /* the callback may have changed the list */
	}
}

void window_tick(struct device *d)
{
	struct trec_window_status st;

	if (d->held > 0 || d->window == NULL || uv_is_closing((uv_handle_t *)&d->window_timer))
		return;
	trec_window_tick(d->window, device_now(d));
	trec_window_status(d->window, &st);
	tell_waiters(d, &st);
	uint64_t now = device_now(d);
	uint64_t until = trec_window_deadline_ms(d->window);

	if (until == UINT64_MAX)
		uv_timer_stop(&d->window_timer);
	else
		uv_timer_start(&d->window_timer, on_window_timer, until > now ? until - now : 0, 0);
}

void window_close(struct device *d)
{
	struct trec_window_status st;

	if (d->held == 0)
		trec_window_close(d->window);
	device_window_status(d, &st);
	tell_waiters(d, &st);
}

void device_window_wait(struct device *d, device_window_end_cb cb, void *ctx)
{
	struct trec_window_status st;
	struct waiter *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort(); /* forty bytes: nothing else would work either */
	device_window_status(d, &st);
	w->serial = st.serial;
	w->cb = cb;
	w->ctx = ctx;
	w->next = d->waiters;
	d->waiters = w;
	uv_timer_start(&d->window_timer, on_window_timer, 0, 0);
}

void device_window_forget(struct device *d, void *ctx)
{
	struct waiter **at = &d->waiters;

	while (*at != NULL) {
		struct waiter *w = *at;

		if (w->ctx != ctx) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		free(w);
	}
}
