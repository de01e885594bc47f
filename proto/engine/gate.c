/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: trec/engine.h: what a fresh connection is, and how many of them one source or
 * all together may keep a device busy with (docs/PROTOCOL.md, Limits).
 */
#include "proto/base/base.h"
#include "proto/codec/frame.h"
#include <trec/engine.h>

#include <string.h>

#define IN_ALL_MAX 64
#define PER_SOURCE_MAX 8
#define PER_MINUTE_MAX 240
#define SOURCES 256 /* sources remembered for the rate; the one quiet longest makes room */
#define MINUTE_MS 60000

struct source {
	bool used;
	uint64_t name;        /* hash of its name with a random start */
	unsigned inside;      /* places held now */
	unsigned begun;       /* in the minute that began at since_ms */
	uint64_t since_ms;
	uint64_t last_ms;
};

struct trec_gate {
	const struct trec_env *env;
	struct trec_gate_options max;
	uint64_t seed;
	unsigned inside;
	struct source source[SOURCES];
	unsigned ticket[IN_ALL_MAX]; /* 0: free, else 1 + index of its source */
};

enum trec_incoming trec_incoming_kind(uint8_t first_byte)
{
	switch (frame_first_byte(first_byte)) {
	case FRAME_FIRST_SESSION:
		return TREC_INCOMING_SESSION;
	case FRAME_FIRST_PAIRING:
		return TREC_INCOMING_PAIRING;
	case FRAME_FIRST_REFUSED:
		break;
	}
	return TREC_INCOMING_UNKNOWN;
}

static unsigned bound(unsigned asked, unsigned max)
{
	return asked == 0 || asked > max ? max : asked;
}

trec_err trec_gate_new(const struct trec_env *env, const struct trec_gate_options *options,
		       struct trec_gate **out)
{
	static const struct trec_gate_options none;
	const struct trec_gate_options *o = options != NULL ? options : &none;
	struct trec_gate *g = base_alloc(env, sizeof(*g));

	*out = NULL;
	if (g == NULL)
		return TREC_E_NO_MEMORY;
	g->env = env;
	g->max.in_all = bound(o->in_all, IN_ALL_MAX);
	g->max.per_source = bound(o->per_source, PER_SOURCE_MAX);
	g->max.per_minute = bound(o->per_minute, PER_MINUTE_MAX);
	if (env->random(env->ctx, (uint8_t *)&g->seed, sizeof(g->seed)) != TREC_OK) {
		base_free(env, g, sizeof(*g));
		return TREC_E_RANDOM;
	}
	*out = g;
	return TREC_OK;
}

/* FNV-1a from a random start: two sources that fall together only share a bound. */
static uint64_t hash(const struct trec_gate *g, const char *name)
{
	uint64_t h = g->seed ^ 0xcbf29ce484222325u;

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3u;
	return h;
}

/* The source's row, or the row of the one quiet longest; NULL: all rows are busy. */
static struct source *find(struct trec_gate *g, uint64_t name)
{
	struct source *oldest = NULL;

	for (size_t i = 0; i < SOURCES; i++) {
		struct source *s = &g->source[i];

		if (s->used && s->name == name)
			return s;
		if (s->used && s->inside > 0)
			continue;
		if (oldest == NULL || (oldest->used && (!s->used || s->last_ms < oldest->last_ms)))
			oldest = s;
	}
	if (oldest != NULL)
		*oldest = (struct source){ .used = true, .name = name };
	return oldest;
}

trec_err trec_gate_enter(struct trec_gate *g, const char *source, unsigned *ticket)
{
	uint64_t now = g->env->now_ms(g->env->ctx);
	struct source *s;

	*ticket = 0;
	if (g->inside >= g->max.in_all)
		return TREC_E_BUSY;
	s = find(g, hash(g, source));
	if (s == NULL || s->inside >= g->max.per_source)
		return TREC_E_BUSY;
	if (s->begun == 0 || now - s->since_ms >= MINUTE_MS) {
		s->begun = 0;
		s->since_ms = now;
	}
	s->last_ms = now;
	if (s->begun >= g->max.per_minute)
		return TREC_E_BUSY;
	for (unsigned i = 0; i < IN_ALL_MAX; i++) {
		if (g->ticket[i] != 0)
			continue;
		g->ticket[i] = 1 + (unsigned)(s - g->source);
		*ticket = i + 1;
		break;
	}
	s->begun++;
	s->inside++;
	g->inside++;
	return TREC_OK;
}

void trec_gate_leave(struct trec_gate *g, unsigned ticket)
{
	if (ticket == 0 || ticket > IN_ALL_MAX || g->ticket[ticket - 1] == 0)
		return;
	g->source[g->ticket[ticket - 1] - 1].inside--;
	g->ticket[ticket - 1] = 0;
	g->inside--;
}

void trec_gate_free(struct trec_gate **g)
{
	if (g == NULL || *g == NULL)
		return;
	base_free((*g)->env, *g, sizeof(**g));
	*g = NULL;
}
