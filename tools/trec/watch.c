/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pollable object on the loop; see watch.h. */
#include <string.h>

#include "tools/trec/watch.h"

static void on_poll(uv_poll_t *p, int status, int events)
{
	struct watch *w = p->data;

	(void)status; /* an error shows at the next step */
	(void)events;
	w->ready(w->ctx);
}

static void on_timer(uv_timer_t *t)
{
	struct watch *w = t->data;

	w->ready(w->ctx);
}

bool watch_open(struct watch *w, uv_loop_t *loop, int fd, void (*ready)(void *ctx), void *ctx)
{
	memset(w, 0, sizeof(*w));
	w->ready = ready;
	w->ctx = ctx;
	if (fd < 0 || uv_poll_init(loop, &w->poll, fd) != 0)
		return false;
	uv_timer_init(loop, &w->timer);
	w->poll.data = w->timer.data = w;
	w->handles = 2;
	return true;
}

void watch_for(struct watch *w, const struct trec_env *env, const struct trec_poll *want)
{
	uint64_t now = env->now_ms(env->ctx);
	int events = (want->readable ? UV_READABLE : 0) | (want->writable ? UV_WRITABLE : 0);

	if (events == 0 && w->events != 0)
		uv_poll_stop(&w->poll);
	else if (events != w->events)
		uv_poll_start(&w->poll, events, on_poll);
	w->events = events;
	if (want->next_ms == UINT64_MAX)
		uv_timer_stop(&w->timer);
	else
		uv_timer_start(&w->timer, on_timer, want->next_ms > now ? want->next_ms - now : 0,
			       0);
}

static void on_closed(uv_handle_t *h)
{
	struct watch *w = h->data;

	if (--w->handles == 0)
		w->closed(w->ctx);
}

void watch_close(struct watch *w, void (*closed)(void *ctx))
{
	w->closed = closed;
	uv_close((uv_handle_t *)&w->poll, on_closed);
	uv_close((uv_handle_t *)&w->timer, on_closed);
}
