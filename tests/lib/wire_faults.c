/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See wire_faults.h. */
#include "tests/lib/wire_faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct queue {
	uint8_t b[WIRE_ROOM];
	size_t n;
};

/* One direction. */
struct way {
	struct queue ready; /* arrives */
	struct queue held;  /* delayed, in order */
	struct queue late;  /* comes behind what follows */
	uint64_t delay_ms;  /* of what is held; 0: nothing is */
	uint64_t at;        /* bytes put in so far */
	bool stalled, ended;
	bool replaying;
	unsigned replay_next;
	size_t arrived, intact;
	bool spoiled;
};

struct wire {
	struct wire_plan plan;
	bool met[WIRE_FAULTS_MAX];
	unsigned fired;
	struct way way[2];
	struct wire_record sent;
};

struct wire *wire_new(const struct wire_plan *plan)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort();
	if (plan != NULL)
		w->plan = *plan;
	return w;
}

void wire_free(struct wire **w)
{
	free(*w);
	*w = NULL;
}

static void push(struct queue *q, const uint8_t *p, size_t n)
{
	if (n > WIRE_ROOM - q->n)
		n = WIRE_ROOM - q->n;
	if (n > 0)
		memcpy(q->b + q->n, p, n);
	q->n += n;
}

static void keep(struct wire_record *rec, int from, struct trec_bytes piece)
{
	if (rec->pieces[from] == WIRE_PIECES_MAX || piece.n > WIRE_ROOM - rec->n[from])
		return;
	memcpy(rec->bytes[from] + rec->n[from], piece.p, piece.n);
	rec->n[from] += piece.n;
	rec->end[from][rec->pieces[from]++] = (uint32_t)rec->n[from];
}

/* Empty where the record does not reach. */
static struct trec_bytes recorded(const struct wire *w, int from, uint32_t nth)
{
	const struct wire_record *rec = w->plan.record;
	size_t start;

	if (rec == NULL || nth >= rec->pieces[from])
		return trec_bytes(NULL, 0);
	start = nth == 0 ? 0 : rec->end[from][nth - 1];
	return trec_bytes(rec->bytes[from] + start, rec->end[from][nth] - start);
}

/* These bytes come next; what was late comes behind them. */
static void pass(struct wire *w, int from, const uint8_t *p, size_t n)
{
	struct way *d = &w->way[from];

	if (n == 0 || d->stalled || d->ended)
		return;
	push(d->delay_ms > 0 ? &d->held : &d->ready, p, n);
	push(d->delay_ms > 0 ? &d->held : &d->ready, d->late.b, d->late.n);
	d->late.n = 0;
}

/* Does to a target what the fault says. */
static void strike(struct wire *w, const struct wire_fault *f, const uint8_t *p, size_t n)
{
	struct way *d = &w->way[f->from];
	struct trec_bytes old = recorded(w, f->from, f->arg);
	uint8_t byte;
	size_t spot = f->piece && n > 0 ? (f->arg >> 8) % n : 0;

	switch (f->kind) {
	case WIRE_DROP:
		break;
	case WIRE_DELAY:
		d->delay_ms += f->arg > 0 ? f->arg : 1;
		pass(w, f->from, p, n);
		break;
	case WIRE_DUPLICATE:
		pass(w, f->from, p, n);
		pass(w, f->from, p, n);
		break;
	case WIRE_REORDER:
		push(&d->late, p, n);
		break;
	case WIRE_TRUNCATE:
		d->ended = w->way[1 - f->from].ended = true;
		break;
	case WIRE_FLIP:
		byte = p[spot] ^ ((f->arg & 0xff) != 0 ? (uint8_t)f->arg : 1);
		pass(w, f->from, p, spot);
		pass(w, f->from, &byte, 1);
		pass(w, f->from, p + spot + 1, n - spot - 1);
		break;
	case WIRE_STALL:
		d->stalled = true;
		w->way[1 - f->from].stalled |= f->arg != 0;
		break;
	case WIRE_HALF_CLOSE:
		d->ended = true;
		break;
	case WIRE_REFLECT:
		pass(w, f->from, p, n);
		pass(w, 1 - f->from, p, n);
		break;
	case WIRE_INSERT:
		pass(w, f->from, old.p, old.n);
		pass(w, f->from, p, n);
		break;
	case WIRE_REPLACE:
		pass(w, f->from, old.p, old.n);
		break;
	default:
		d->replaying = true;
		d->replay_next = f->arg;
	}
}

/* Where the fault's target begins in this piece, and how long it is; false: not in here. */
static bool target(const struct wire *w, const struct wire_fault *f, size_t done, size_t n,
		   size_t *start, size_t *len)
{
	const struct way *d = &w->way[f->from];
	size_t take = f->arg > 0 ? f->arg : 1;

	if (f->piece) {
		*start = 0;
		*len = n;
		return done == 0 && f->at + 1 == w->sent.pieces[f->from];
	}
	if (f->at < d->at + done || f->at >= d->at + n)
		return false;
	*start = (size_t)(f->at - d->at);
	if (f->kind != WIRE_DROP && f->kind != WIRE_DUPLICATE && f->kind != WIRE_REORDER)
		take = 1;
	*len = take < n - *start ? take : n - *start;
	return true;
}

void wire_put(struct wire *w, int from, struct trec_bytes piece)
{
	struct way *d = &w->way[from];
	size_t done = 0;

	keep(&w->sent, from, piece);
	for (size_t i = 0; i < w->plan.n; i++) {
		const struct wire_fault *f = &w->plan.fault[i];
		size_t start;
		size_t len;

		if (f->from != from || w->met[i] || d->replaying ||
		    !target(w, f, done, piece.n, &start, &len))
			continue;
		pass(w, from, piece.p + done, start - done);
		strike(w, f, piece.p + start, len);
		w->met[i] = true;
		w->fired++;
		done = start + len;
	}
	if (!d->replaying)
		pass(w, from, piece.p + done, piece.n - done);
	d->at += piece.n;
}

/* How far what arrives is what was sent. */
static void compare(struct wire *w, int from, const uint8_t *p, size_t n)
{
	struct way *d = &w->way[from];

	for (size_t i = 0; i < n; i++, d->arrived++) {
		d->spoiled |=
			d->arrived >= w->sent.n[from] || p[i] != w->sent.bytes[from][d->arrived];
		d->intact += !d->spoiled;
	}
}

size_t wire_take(struct wire *w, int to, uint8_t *out, size_t cap)
{
	struct queue *q = &w->way[1 - to].ready;
	size_t n = q->n < cap ? q->n : cap;

	if (n == 0)
		return 0;
	memcpy(out, q->b, n);
	memmove(q->b, q->b + n, q->n - n);
	q->n -= n;
	compare(w, 1 - to, out, n);
	return n;
}

bool wire_ended(const struct wire *w, int to)
{
	const struct way *d = &w->way[1 - to];

	return d->ended && d->ready.n == 0 && d->held.n == 0;
}

bool wire_stalled(const struct wire *w, int to)
{
	return w->way[1 - to].stalled || w->way[1 - to].replaying;
}

static bool replay_one(struct wire *w, int from)
{
	struct way *d = &w->way[from];
	struct trec_bytes old;

	if (!d->replaying)
		return false;
	old = recorded(w, from, d->replay_next);
	d->replay_next++;
	pass(w, from, old.p, old.n);
	return old.n > 0;
}

bool wire_idle(struct wire *w, uint64_t *wait_ms)
{
	bool any = false;

	*wait_ms = 0;
	for (int from = 0; from < 2; from++) {
		struct way *d = &w->way[from];

		any |= replay_one(w, from) || d->held.n > 0 || d->late.n > 0;
		if (*wait_ms < d->delay_ms)
			*wait_ms = d->delay_ms;
		d->delay_ms = 0;
		push(&d->ready, d->held.b, d->held.n);
		if (!d->ended)
			push(&d->ready, d->late.b, d->late.n);
		d->held.n = d->late.n = 0;
	}
	return any;
}

unsigned wire_fired(const struct wire *w)
{
	return w->fired;
}

size_t wire_arrived(const struct wire *w, int from)
{
	return w->way[from].arrived;
}

size_t wire_intact(const struct wire *w, int from)
{
	return w->way[from].intact;
}

const struct wire_record *wire_sent(const struct wire *w)
{
	return &w->sent;
}
