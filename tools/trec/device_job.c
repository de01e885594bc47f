/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a run does on the pool: the engine's work on the store and its long
 * computations, and how the result gets back to the loop. See device_priv.h.
 */
#include <stdlib.h>

#include "tools/trec/device_priv.h"

static void perform(void *ctx)
{
	struct device_run *r = ctx;

	if (r->pairing != NULL)
		trec_pairing_perform(r->pairing);
	else
		trec_session_perform(r->session);
}

/* The window is a job's own: true, and then is called behind that job. */
static bool behind_window(struct device *d, void (*then)(void *ctx), void *ctx)
{
	if (d->held > 0)
		device_with_store(d, NULL, then, ctx);
	return d->held > 0;
}

static void resume(void *ctx)
{
	struct device_run *r = ctx;

	if (behind_window(r->d, resume, r))
		return;
	r->busy = false;
	if (r->pairing != NULL)
		trec_pairing_resume(r->pairing);
	else
		trec_session_resume(r->session);
	if (r->notify && r->session != NULL)
		trec_session_notify(r->session);
	r->notify = false;
	if (r->renewed && r->session != NULL && trec_session_succeed(r->session) != TREC_OK)
		r->link_ended = true;
	r->renewed = false;
	if (r->link_ended)
		run_lost(r, TREC_E_LOST);
	run_pump(r);
}

static void perform_work(uv_work_t *w)
{
	perform(w->data);
}

static void resume_work(uv_work_t *w, int status)
{
	(void)status; /* never cancelled */
	resume(w->data);
}

void run_begin_job(struct device_run *r, enum trec_next next)
{
	r->busy = true;
	if (next == TREC_NEXT_STORE) {
		device_with_store(r->d, perform, resume, r);
		return;
	}
	r->work.data = r;
	if (uv_queue_work(r->d->o.loop, &r->work, perform_work, resume_work) != 0)
		abort(); /* only with a NULL function */
}

struct making {
	struct device_run *r;
	void (*make)(struct device_run *r);
};

static void make_work(void *ctx)
{
	struct making *m = ctx;

	m->make(m->r);
}

static void make_done(void *ctx)
{
	struct making *m = ctx;
	struct device_run *r = m->r;

	if (behind_window(r->d, make_done, m))
		return;
	free(m);
	r->busy = false;
	if (r->made != TREC_OK || r->link_ended || r->d->stopping)
		run_drop(r);
	else
		run_pump(r);
}

void run_make(struct device_run *r, void (*make)(struct device_run *r))
{
	struct making *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		r->made = TREC_E_NO_MEMORY;
		run_drop(r);
		return;
	}
	m->r = r;
	m->make = make;
	r->busy = true;
	device_with_store(r->d, make_work, make_done, m);
}
