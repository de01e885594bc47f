/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See fault_env.h. */
#include "tests/lib/fault_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUARD 40 /* with the size a multiple of 16: blocks stay aligned */
#define FILL 0xa5
#define GUARD_BYTE 0xc3

/* A block is [size][guard][n bytes][guard]. */
struct block {
	size_t n;
	uint8_t guard[GUARD];
};

static struct fault_env *of(void *ctx)
{
	return ctx;
}

static uint64_t fault_now_ms(void *ctx)
{
	return of(ctx)->now_ms;
}

static int64_t fault_wall_s(void *ctx, bool *trusted)
{
	*trusted = of(ctx)->wall_trusted;
	return of(ctx)->wall_s;
}

static void fault_boot_id(void *ctx, uint8_t out[16])
{
	memcpy(out, of(ctx)->boot, 16);
}

/* Counts a call; true if this is the one that fails. */
static bool meets_fault(struct fault_env *f, uint64_t *countdown)
{
	if (*countdown == FAULT_NEVER)
		return false;
	if (*countdown > 0) {
		--*countdown;
		return false;
	}
	if (!f->fail_on)
		*countdown = FAULT_NEVER;
	f->fired++;
	return true;
}

/* splitmix64: repeatable, of even spread, and nothing to do with security. */
static uint64_t next_number(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static trec_err fault_random(void *ctx, uint8_t *out, size_t n)
{
	struct fault_env *f = of(ctx);

	f->randoms++;
	memset(out, 0, n);
	if (meets_fault(f, &f->fail_random))
		return TREC_E_RANDOM;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)next_number(&f->seed);
	return TREC_OK;
}

static void *fault_alloc(void *ctx, size_t n)
{
	struct fault_env *f = of(ctx);

	f->allocs++;
	if (meets_fault(f, &f->fail_alloc))
		return NULL;
	struct block *b = malloc(sizeof *b + n + GUARD);

	if (b == NULL)
		return NULL;
	uint8_t *p = (uint8_t *)(b + 1);

	b->n = n;
	memset(b->guard, GUARD_BYTE, GUARD);
	memset(p, FILL, n);
	memset(p + n, GUARD_BYTE, GUARD);
	f->live_blocks++;
	f->live_bytes += n;
	return p;
}

static bool guard_intact(const uint8_t *p)
{
	for (size_t i = 0; i < GUARD; i++)
		if (p[i] != GUARD_BYTE)
			return false;
	return true;
}

static void fault_free(void *ctx, void *p, size_t n)
{
	struct fault_env *f = of(ctx);

	if (p == NULL)
		return;
	struct block *b = (struct block *)p - 1;

	if (b->n != n || !guard_intact(b->guard) || !guard_intact((uint8_t *)p + b->n))
		f->damaged = true;
	f->live_blocks--;
	f->live_bytes -= b->n;
	memset(p, FILL, b->n);
	free(b);
}

static void fault_log(void *ctx, enum trec_level level, const char *line)
{
	struct fault_env *f = of(ctx);

	(void)level;
	f->log_lines++;
	snprintf(f->last_log, sizeof f->last_log, "%s", line);
}

uint64_t fault_env_seed(uint64_t usual)
{
	const char *text = getenv("TREC_TEST_SEED");

	return usual + (text == NULL ? 0 : strtoull(text, NULL, 10) * 0x9e3779b97f4a7c15u);
}

void fault_env_init(struct fault_env *f, uint64_t seed)
{
	memset(f, 0, sizeof *f);
	f->env = *trec_env_default();
	f->env.ctx = f;
	f->env.now_ms = fault_now_ms;
	f->env.wall_s = fault_wall_s;
	f->env.boot_id = fault_boot_id;
	f->env.random = fault_random;
	f->env.alloc = fault_alloc;
	f->env.free = fault_free;
	f->env.log = fault_log;
	f->now_ms = 1000;
	f->wall_s = 1767225600;
	f->wall_trusted = true;
	memset(f->boot, 0xb0, sizeof f->boot);
	f->seed = fault_env_seed(seed);
	f->fail_alloc = FAULT_NEVER;
	f->fail_random = FAULT_NEVER;
}

bool fault_env_clean(const struct fault_env *f)
{
	return f->live_blocks == 0 && f->live_bytes == 0 && !f->damaged;
}

static bool each(bool allocs, bool (*step)(struct fault_env *f, void *ctx), void *ctx,
		 uint64_t max)
{
	const char *what = allocs ? "allocation" : "random call";

	for (uint64_t nth = 0; nth < max; nth++) {
		struct fault_env f;

		fault_env_init(&f, 1);
		*(allocs ? &f.fail_alloc : &f.fail_random) = nth;
		bool behaved = step(&f, ctx);

		if (!behaved || !fault_env_clean(&f)) {
			printf("%s %llu fails: %s, %zu blocks left%s\n", what,
			       (unsigned long long)nth + 1, behaved ? "behaved" : "misbehaved",
			       f.live_blocks, f.damaged ? ", memory damaged" : "");
			return false;
		}
		if (f.fired == 0)
			return true;
	}
	printf("more than %llu %ss\n", (unsigned long long)max, what);
	return false;
}

bool fault_env_each_alloc(bool (*step)(struct fault_env *f, void *ctx), void *ctx, uint64_t max)
{
	return each(true, step, ctx, max);
}

bool fault_env_each_random(bool (*step)(struct fault_env *f, void *ctx), void *ctx, uint64_t max)
{
	return each(false, step, ctx, max);
}

bool fault_spend(void *ctx)
{
	struct fault_budget *b = ctx;

	if (b->left == 0) {
		b->hit = true;
		return false;
	}
	b->left--;
	return true;
}
