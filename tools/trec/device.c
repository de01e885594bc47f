/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: a device's life and the queue of jobs on its store; see device.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trec/device_priv.h"

#define STOP_MS 2000

uint64_t device_now(const struct device *d)
{
	return d->o.env->now_ms(d->o.env->ctx);
}

void device_emit(struct device *d, const struct device_event *e)
{
	if (d->o.event != NULL)
		d->o.event(d->o.ctx, e);
}

void device_emit_peer(struct device_run *r, const char *event, const char *reason,
		      const char *detail)
{
	const struct trec_peer *p = r->session != NULL ? trec_session_peer(r->session) : NULL;
	char id[TREC_ID_TEXT_LEN + 1];
	struct device_event e = { .event = event, .reason = reason, .detail = detail };

	e.uri = r->peer_uri[0] != '\0' ? r->peer_uri : NULL;
	if (p != NULL) {
		trec_id_to_text(&p->id, id);
		e.peer = id;
		e.name = p->name;
		e.origin = trec_origin_name(p->origin);
	}
	if (!r->quiet)
		device_emit(r->d, &e);
}

/* ---- jobs -------------------------------------------------------------------------------- */

static void next_job(struct device *d);

static void job_work(uv_work_t *w)
{
	struct device *d = w->data;

	if (d->jobs->work != NULL)
		d->jobs->work(d->jobs->ctx);
}

static void job_done(uv_work_t *w, int status)
{
	struct device *d = w->data;
	struct job *j = d->jobs;

	(void)status; /* never cancelled */
	d->jobs = j->next;
	if (d->jobs == NULL)
		d->jobs_end = &d->jobs;
	d->job_running = false;
	next_job(d);
	if (j->done != NULL)
		j->done(j->ctx);
	free(j);
	device_stop_step(d);
}

static void next_job(struct device *d)
{
	if (d->job_running || d->jobs == NULL)
		return;
	d->job_running = true;
	d->job_work.data = d;
	if (uv_queue_work(d->o.loop, &d->job_work, job_work, job_done) != 0)
		abort(); /* only with a NULL function */
}

void device_with_store(struct device *d, void (*work)(void *ctx), void (*done)(void *ctx),
		       void *ctx)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		abort(); /* forty bytes: nothing else would work either */
	j->work = work;
	j->done = done;
	j->ctx = ctx;
	*d->jobs_end = j;
	d->jobs_end = &j->next;
	next_job(d);
}

/* ---- life -------------------------------------------------------------------------------- */

trec_err device_new(const struct device_options *options, struct device **out, struct failure *f)
{
	struct device *d = calloc(1, sizeof(*d));
	struct trec_store *store = trec_keystore_store(options->keys);

	*out = NULL;
	if (d == NULL)
		return fail_plain(f, TREC_E_NO_MEMORY);
	d->o = *options;
	d->jobs_end = &d->jobs;
	if (options->introductions != NULL)
		d->policy = *options->introductions;
	trec_err err = store->ops->own(store, &d->own);

	if (err == TREC_OK)
		err = trec_window_new(options->env, store, &d->window);
	if (err == TREC_OK)
		err = trec_gate_new(options->env, NULL, &d->gate);
	if (err != TREC_OK) {
		trec_window_free(&d->window);
		free(d);
		return fail_plain(f, err);
	}
	uv_timer_init(options->loop, &d->window_timer);
	uv_timer_init(options->loop, &d->stop_timer);
	uv_timer_init(options->loop, &d->herald_timer);
	d->window_timer.data = d;
	d->stop_timer.data = d;
	d->herald_timer.data = d;
	d->handles = 3;
	*out = d;
	return TREC_OK;
}

void device_handle_closed(uv_handle_t *h)
{
	struct device *d = h->data;

	d->handles--;
	device_stop_step(d);
}

static void stop_late(uv_timer_t *t)
{
	struct device *d = t->data;

	service_kill_all(d);
	for (struct device_run *r = d->runs, *next; r != NULL; r = next) {
		next = r->next;
		if (!r->ended)
			run_drop(r); /* one that is at work ends when that is done */
	}
	device_stop_step(d);
}

void device_stop(struct device *d, void (*stopped)(void *ctx), void *ctx)
{
	d->stopping = true;
	d->stopped = stopped;
	d->stopped_ctx = ctx;
	adverts_close(d);
	serve_close(d);
	window_close(d);
	consent_close(d);
	for (struct device_run *r = d->runs, *next; r != NULL; r = next) {
		next = r->next;
		run_close(r);
	}
	uv_timer_start(&d->stop_timer, stop_late,
		       d->runs == NULL && d->children == NULL ? 0 : STOP_MS, 100);
}

/* Closes what is left once nothing is under way any more. */
void device_stop_step(struct device *d)
{
	if (!d->stopping || d->runs != NULL || d->jobs != NULL || d->works > 0 ||
	    d->spreads > 0 || d->children != NULL)
		return;
	if (!uv_is_closing((uv_handle_t *)&d->stop_timer)) {
		uv_close((uv_handle_t *)&d->stop_timer, device_handle_closed);
		uv_close((uv_handle_t *)&d->window_timer, device_handle_closed);
		uv_close((uv_handle_t *)&d->herald_timer, device_handle_closed);
	}
	if (d->handles > 0 || d->stopped == NULL)
		return;
	void (*stopped)(void *ctx) = d->stopped;

	d->stopped = NULL;
	trec_window_free(&d->window);
	trec_gate_free(&d->gate);
	trec_keystore_close(&d->o.keys);
	stopped(d->stopped_ctx);
}

void device_free(struct device **p)
{
	struct device *d = *p;

	if (d == NULL)
		return;
	for (size_t i = 0; i < d->service_count; i++) {
		free(d->services[i].command);
		free(d->services[i].tcp);
	}
	herald_free(d);
	adverts_free(d);
	free(d);
	*p = NULL;
}

struct trec_keystore *device_keys(struct device *d)
{
	return d->o.keys;
}

const struct trec_env *device_env(struct device *d)
{
	return d->o.env;
}

uv_loop_t *device_loop(struct device *d)
{
	return d->o.loop;
}

void device_window_status(const struct device *d, struct trec_window_status *out)
{
	if (d->held > 0)
		*out = d->held_status;
	else
		trec_window_status(d->window, out);
}

const struct trec_own *device_own(struct device *d)
{
	return &d->own;
}

void device_list_changed(struct device *d)
{
	adverts_renew(d);
	for (struct device_run *r = d->runs, *next; r != NULL; r = next) {
		next = r->next;
		if (r->session == NULL || r->ended)
			continue;
		if (r->busy) {
			r->notify = true; /* told when the job is back */
			continue;
		}
		trec_session_notify(r->session);
		run_pump(r);
	}
}
