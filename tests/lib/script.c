/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See script.h. */
#include "tests/lib/script.h"

#include <stdlib.h>
#include <string.h>

#include "transports/tp.h"

#define SENDS_MAX 65536 /* sends of one direction that are told apart */

struct send_mark {
	size_t end; /* offset behind its last byte */
	uint64_t due_ms;
};

/* One direction. */
struct wire {
	struct script_plan plan;
	uint8_t *bytes;
	size_t n, cap;
	size_t got; /* received so far */
	struct send_mark *marks;
	size_t n_marks, first_mark;
	bool shut;   /* the sender sends no more */
	bool gone;   /* the sender is freed */
	unsigned send_again, recv_again;
};

struct end {
	struct trec_link link;
	struct script *script;
	int side;
	bool freed;
};

struct script {
	const struct trec_env *env;
	struct wire wire[2]; /* wire[i] carries what end i sends */
	struct end *end[2];
	bool reset;
};

struct script_plan script_plain(void)
{
	return (struct script_plan){
		.send_max = SIZE_MAX,
		.recv_max = SIZE_MAX,
		.split_at = SCRIPT_NEVER,
		.room = 65536,
		.reset_at = SCRIPT_NEVER,
		.eof_at = SCRIPT_NEVER,
		.flip_at = SCRIPT_NEVER,
	};
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool keep(struct wire *w, const uint8_t *p, size_t n, uint64_t due_ms)
{
	if (w->n + n > SCRIPT_WIRE_MAX || w->n_marks == SENDS_MAX)
		return false;
	if (w->n + n > w->cap) {
		size_t cap = w->cap * 2 + n;
		uint8_t *grown = realloc(w->bytes, cap);

		if (grown == NULL)
			return false;
		w->bytes = grown;
		w->cap = cap;
	}
	if (w->marks == NULL)
		w->marks = malloc(SENDS_MAX * sizeof(*w->marks));
	if (w->marks == NULL)
		return false;
	memcpy(w->bytes + w->n, p, n);
	w->n += n;
	w->marks[w->n_marks++] = (struct send_mark){ .end = w->n, .due_ms = due_ms };
	return true;
}

static trec_err script_send(struct trec_link *l, const uint8_t *p, size_t n, size_t *moved)
{
	struct end *e = (struct end *)l;
	struct script *s = e->script;
	struct wire *w = &s->wire[e->side];

	if (s->reset || w->n >= w->plan.eof_at || s->wire[!e->side].gone)
		return TREC_E_LOST;
	if (w->send_again < w->plan.again) {
		w->send_again++;
		return TREC_E_AGAIN;
	}
	size_t under_way = w->n - w->got;

	if (under_way >= w->plan.room)
		return TREC_E_AGAIN;
	n = least(n, least(w->plan.send_max, w->plan.room - under_way));
	if (!keep(w, p, n, s->env->now_ms(s->env->ctx) + w->plan.delay_ms))
		return TREC_E_NO_MEMORY;
	w->send_again = 0;
	*moved = n;
	return TREC_OK;
}

/* Offset up to which this recv may read. */
static size_t recv_limit(struct wire *w, uint64_t now_ms)
{
	size_t limit = w->got;

	while (w->first_mark < w->n_marks && w->marks[w->first_mark].end <= w->got)
		w->first_mark++;
	for (size_t i = w->first_mark; i < w->n_marks && w->marks[i].due_ms <= now_ms; i++) {
		limit = w->marks[i].end;
		if (w->plan.keep_packets)
			break;
	}
	if (w->got < w->plan.split_at)
		limit = least(limit, w->plan.split_at);
	return least(least(limit, w->plan.eof_at), w->plan.reset_at);
}

static trec_err script_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n)
{
	struct end *e = (struct end *)l;
	struct script *s = e->script;
	struct wire *w = &s->wire[!e->side];

	if (w->got >= w->plan.reset_at)
		s->reset = true;
	if (s->reset)
		return TREC_E_LOST;
	if (w->recv_again < w->plan.again) {
		w->recv_again++;
		return TREC_E_AGAIN;
	}
	size_t limit = recv_limit(w, s->env->now_ms(s->env->ctx));
	size_t take = least(least(limit - w->got, cap), w->plan.recv_max);

	if (take == 0) {
		bool over = w->got >= w->plan.eof_at || ((w->shut || w->gone) && w->got == w->n);

		return over ? TREC_OK : TREC_E_AGAIN;
	}
	memcpy(out, w->bytes + w->got, take);
	if (w->plan.flip_at >= w->got && w->plan.flip_at - w->got < take)
		out[w->plan.flip_at - w->got] ^= w->plan.flip_mask;
	w->got += take;
	w->recv_again = 0;
	*n = take;
	return TREC_OK;
}

static trec_err script_shutdown(struct trec_link *l)
{
	struct end *e = (struct end *)l;

	e->script->wire[e->side].shut = true;
	return TREC_OK;
}

static void script_poll(struct trec_link *l, bool want_write, struct trec_poll *out)
{
	(void)want_write;
	out->next_ms = l->env->now_ms(l->env->ctx) + 1;
}

static void script_end_free(struct trec_link *l, bool abrupt)
{
	struct end *e = (struct end *)l;

	e->freed = true;
	e->script->wire[e->side].gone = true;
	e->script->reset |= abrupt;
}

static const struct trec_link_ops script_ops = {
	.name = "script",
	.mtu = 16384,
	.send = script_send,
	.recv = script_recv,
	.shutdown = script_shutdown,
	.poll = script_poll,
	.free = script_end_free,
};

struct script *script_new(const struct trec_env *env, const struct script_plan *ab,
			  const struct script_plan *ba, struct trec_link *ends[2])
{
	struct script *s = calloc(1, sizeof(*s));
	const struct script_plan *plans[2] = { ab, ba };

	if (s == NULL)
		return NULL;
	s->env = env;
	for (int i = 0; i < 2; i++) {
		s->wire[i].plan = plans[i] != NULL ? *plans[i] : script_plain();
		s->end[i] = calloc(1, sizeof(*s->end[i]));
		if (s->end[i] == NULL)
			abort();
		tp_link_init(&s->end[i]->link, &script_ops, env);
		tp_text(s->end[i]->link.peer, i == 0 ? "script:b" : "script:a");
		s->end[i]->script = s;
		s->end[i]->side = i;
		ends[i] = &s->end[i]->link;
	}
	return s;
}

void script_free(struct script **s)
{
	if (*s == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		if (!(*s)->end[i]->freed)
			abort(); /* the test forgot a link */
		free((*s)->end[i]);
		free((*s)->wire[i].bytes);
		free((*s)->wire[i].marks);
	}
	free(*s);
	*s = NULL;
}

struct trec_bytes script_sent(const struct script *s, int end)
{
	return trec_bytes(s->wire[end].bytes, s->wire[end].n);
}

size_t script_received(const struct script *s, int end)
{
	return s->wire[end].got;
}

void script_reset(struct script *s)
{
	s->reset = true;
}
