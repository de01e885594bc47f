/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: an object with a struct trec_poll on the loop: its descriptor, its deadline
 * and the one function that moves it on. For objects that have a descriptor from the start.
 */
#ifndef TREC_TOOL_WATCH_H
#define TREC_TOOL_WATCH_H

#include <uv.h>

#include <trec/transport.h>

struct watch {
	uv_poll_t poll;
	uv_timer_t timer;
	int events;
	unsigned handles;
	void (*ready)(void *ctx);
	void (*closed)(void *ctx);
	void *ctx;
};

/* ready is called from the loop, never from here. False: the descriptor cannot be polled. */
bool watch_open(struct watch *w, uv_loop_t *loop, int fd, void (*ready)(void *ctx), void *ctx);
/* Waits for that, in place of what was waited for before. */
void watch_for(struct watch *w, const struct trec_env *env, const struct trec_poll *want);
/* ready is called no more; closed when w may be freed. */
void watch_close(struct watch *w, void (*closed)(void *ctx));

#endif
