/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the network. Bytes travel in pieces, each with the time at which it arrives;
 * a link's weather may lose, double, swap, alter or trim a piece, put another link's into its
 * place, or break the connection with or without a word. For the engine all that is one damaged
 * stream of bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

struct sim_link *sim_dial(struct sim_world *w, int a, int b)
{
	struct sim_link *l = NULL;

	for (int i = 0; i < SIM_LINKS && l == NULL; i++)
		if (!w->link[i].used)
			l = &w->link[i];
	if (l == NULL)
		return NULL;
	memset(l, 0, sizeof(*l));
	l->w = w;
	l->used = true;
	l->serial = ++w->serial;
	l->began = w->now;
	l->rng.s = w->o.seed * 0x9e3779b97f4a7c15ULL + l->serial;
	l->noise = w->noise;
	l->rate = w->rate;
	l->ticks_often = sim_chance(&l->rng, 50);
	l->cut_at = SIM_NEVER;
	l->mask = -1;
	if ((l->noise & (SIM_CUT | SIM_HALF)) != 0)
		l->cut_at = w->now + 1 + sim_below(&l->rng, 400);
	l->end[0] = (struct sim_end){ .dev = a, .open = true, .opened_at = w->now };
	l->end[1] = (struct sim_end){ .dev = b, .open = w->dev[b].up, .opened_at = w->now };
	if (!w->dev[b].up)
		l->cut = true;
	return l;
}

/* In order of arrival; what arrives together keeps the order of sending. */
static void put(struct sim_pipe *q, struct sim_piece piece)
{
	unsigned at = q->count++;

	while (at > 0 && q->q[at - 1].at > piece.at) {
		q->q[at] = q->q[at - 1];
		at--;
	}
	q->q[at] = piece;
}

static void break_off(struct sim_world *w, struct sim_link *l)
{
	sim_note(w, l->end[0].dev, "cut", l->serial, 0);
	l->cut = true;
	w->stats.damaged++;
}

static void enqueue(struct sim_world *w, struct sim_link *l, int from, const uint8_t *p, size_t n,
		    bool eof, uint64_t delay)
{
	struct sim_pipe *q = &l->pipe[from];
	struct sim_piece piece = { .at = w->now + delay, .n = n, .eof = eof };

	if (!l->end[1 - from].open)
		return;
	if (q->count == SIM_PIECES) {
		break_off(w, l);
		return;
	}
	if (piece.at < q->last_at)
		piece.at = q->last_at;
	q->last_at = piece.at;
	if (n > 0) {
		piece.p = malloc(n);
		if (piece.p == NULL)
			abort();
		memcpy(piece.p, p, n);
	}
	put(q, piece);
}

/* A piece of another link to the same device takes this one's place. */
static const struct sim_piece *stray(struct sim_world *w, const struct sim_link *l, int from)
{
	for (int i = 0; i < SIM_LINKS; i++) {
		const struct sim_link *o = &w->link[i];

		for (int f = 0; f < 2 && o->used && o != l; f++)
			if (o->end[1 - f].dev == l->end[1 - from].dev && o->pipe[f].count > 0 &&
			    !o->pipe[f].q[0].eof)
				return &o->pipe[f].q[0];
	}
	return NULL;
}

static void disturb(struct sim_world *w, struct sim_link *l, int from, uint8_t *p, size_t n,
		    uint64_t delay)
{
	struct sim_rng *r = &l->rng;
	unsigned kind = l->noise & ~(unsigned)(SIM_CUT | SIM_HALF);
	const struct sim_piece *other;

	w->stats.damaged++;
	sim_note(w, l->end[from].dev, "noise", l->serial, kind);
	switch (kind) {
	case SIM_LOSE:
		return;
	case SIM_DOUBLE:
		enqueue(w, l, from, p, n, false, delay);
		break;
	case SIM_SWAP:
		l->pipe[from].last_at = 0;
		delay += 5 + sim_below(r, 40);
		break;
	case SIM_FLIP:
		p[sim_below(r, (unsigned)n)] ^= (uint8_t)(1u << sim_below(r, 8));
		break;
	case SIM_TRIM:
		n = sim_below(r, (unsigned)n);
		break;
	case SIM_STALL:
		delay += 1000 + sim_below(r, 20000);
		break;
	case SIM_MIX:
		other = stray(w, l, from);
		if (other != NULL) {
			enqueue(w, l, from, other->p, other->n, false, delay);
			return;
		}
		break;
	default:
		break;
	}
	if (n > 0)
		enqueue(w, l, from, p, n, false, delay);
	if (kind == SIM_SWAP)
		l->pipe[from].last_at = 0;
}

void sim_send(struct sim_world *w, struct sim_link *l, int from, const uint8_t *p, size_t n)
{
	struct sim_rng *r = &l->rng;
	uint8_t buf[4096];

	sim_hash(w, p, n);
	while (n > 0 && !l->cut && !l->pipe[from].shut) {
		size_t part = n;
		uint64_t delay = 1 + sim_below(r, w->calm ? 4 : 25);

		if (n > 1 && n < 2048 && sim_chance(r, 20))
			part = 1 + sim_below(r, (unsigned)n - 1);
		if (part > sizeof(buf))
			part = sizeof(buf);
		memcpy(buf, p, part);
		if (l->noise != 0 && !w->calm && sim_chance(r, l->rate))
			disturb(w, l, from, buf, part, delay);
		else
			enqueue(w, l, from, buf, part, false, delay);
		p += part;
		n -= part;
	}
}

void sim_hang_up(struct sim_world *w, struct sim_link *l, int from)
{
	if (l->cut || l->pipe[from].shut)
		return;
	enqueue(w, l, from, NULL, 0, true, 1 + sim_below(&l->rng, 20));
	l->pipe[from].shut = true;
}

struct sim_piece *sim_arrived(struct sim_world *w, struct sim_link *l, int to)
{
	struct sim_pipe *q = &l->pipe[1 - to];

	if (w->now >= l->cut_at && !w->calm) {
		l->cut_at = SIM_NEVER;
		if ((l->noise & SIM_HALF) != 0)
			sim_hang_up(w, l, (int)(l->serial % 2));
		else
			break_off(w, l);
	}
	return q->count > 0 && q->q[0].at <= w->now ? &q->q[0] : NULL;
}

void sim_piece_used(struct sim_link *l, int to, size_t n)
{
	struct sim_pipe *q = &l->pipe[1 - to];

	q->q[0].from += n;
	if (q->q[0].from < q->q[0].n)
		return;
	free(q->q[0].p);
	q->count--;
	memmove(&q->q[0], &q->q[1], q->count * sizeof(q->q[0]));
}

void sim_pipe_clear(struct sim_pipe *p)
{
	for (unsigned i = 0; i < p->count; i++)
		free(p->q[i].p);
	p->count = 0;
}

uint64_t sim_link_next(const struct sim_world *w, const struct sim_link *l)
{
	uint64_t next = w->calm || l->cut_at <= w->now ? SIM_NEVER : l->cut_at;

	for (int f = 0; f < 2; f++)
		for (unsigned k = 0; k < l->pipe[f].count && l->end[1 - f].open; k++)
			if (l->pipe[f].q[k].at > w->now) {
				/* What has arrived and was not taken waits for something else. */
				if (l->pipe[f].q[k].at < next)
					next = l->pipe[f].q[k].at;
				break;
			}
	return next;
}
