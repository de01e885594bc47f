/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see links.h. */
#include "tests/lib/links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_AGAIN_MS 2 /* at a link that has bytes which are not wanted yet */

uint64_t links_now(void)
{
	const struct trec_env *env = trec_env_default();

	return env->now_ms(env->ctx);
}

void links_begin(struct links_wait *w, uint64_t max_ms)
{
	w->n = 0;
	w->until_ms = links_now() + max_ms;
}

static void add(struct links_wait *w, const struct trec_poll *p, bool readable)
{
	short events = (short)((readable ? POLLIN : 0) | (p->writable ? POLLOUT : 0));

	if (p->next_ms < w->until_ms)
		w->until_ms = p->next_ms;
	if (p->fd < 0 || events == 0)
		return;
	if (w->n == LINKS_WAIT_MAX)
		abort();
	w->p[w->n++] = (struct pollfd){ .fd = p->fd, .events = events };
}

void links_add(struct links_wait *w, const struct trec_link *l, bool read, bool write)
{
	struct trec_poll p;

	if (!read && !write)
		return;
	trec_link_poll(l, write, &p);
	/* Readable may be how this one says that it can be written to. */
	if (!read && p.readable && links_now() + LOOK_AGAIN_MS < w->until_ms)
		w->until_ms = links_now() + LOOK_AGAIN_MS;
	add(w, &p, read && p.readable);
}

void links_add_listener(struct links_wait *w, const struct trec_listener *l)
{
	struct trec_poll p;

	trec_listener_poll(l, &p);
	add(w, &p, p.readable);
}

void links_wait(struct links_wait *w)
{
	uint64_t now = links_now();
	uint64_t left = w->until_ms > now ? w->until_ms - now : 0;

	/* Whatever ends the wait, everything is tried again. */
	(void)poll(w->p, w->n, left > 60000 ? 60000 : (int)left);
}

static void wait_one(const struct trec_link *l, bool write, uint64_t until)
{
	static struct links_wait w;
	uint64_t now = links_now();

	links_begin(&w, until > now ? until - now : 0);
	links_add(&w, l, !write, write);
	links_wait(&w);
}

trec_err links_send(struct trec_link *l, const uint8_t *p, size_t n, uint64_t patience_ms)
{
	uint64_t until = links_now() + patience_ms;
	size_t at = 0;

	while (at < n) {
		size_t moved = 0;
		trec_err err = trec_link_send(l, p + at, n - at, &moved);

		at += moved;
		if (err == TREC_OK)
			continue;
		if (err != TREC_E_AGAIN)
			return err;
		if (links_now() >= until)
			return TREC_E_TIMEOUT;
		wait_one(l, true, until);
	}
	return TREC_OK;
}

trec_err links_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n, uint64_t patience_ms)
{
	uint64_t until = links_now() + patience_ms;

	for (;;) {
		trec_err err = trec_link_recv(l, out, cap, n);

		if (err != TREC_E_AGAIN)
			return err;
		if (links_now() >= until)
			return TREC_E_TIMEOUT;
		wait_one(l, false, until);
	}
}

struct trec_link *links_accept(struct trec_listener *l)
{
	static struct links_wait w;
	struct trec_link *link = NULL;
	trec_err err;

	while ((err = trec_listener_accept(l, &link)) == TREC_E_AGAIN) {
		links_begin(&w, 1000);
		links_add_listener(&w, l);
		links_wait(&w);
	}
	if (err != TREC_OK) {
		fprintf(stderr, "accept: %s\n", trec_err_text(err));
		exit(1);
	}
	return link;
}

struct trec_listener *links_listen(const char *uri)
{
	struct trec_listener *l = NULL;
	char at[TREC_URI_MAX + 1];
	trec_err err = trec_listen(trec_env_default(), uri, &l);

	if (err != TREC_OK) {
		fprintf(stderr, "%s: %s\n", uri, trec_err_text(err));
		exit(1);
	}
	trec_listener_uri(l, at);
	printf("ready %s\n", at);
	fflush(stdout);
	return l;
}

bool links_half_close(const struct trec_link *l)
{
	return strcmp(trec_link_transport(l), "rfcomm") != 0;
}
