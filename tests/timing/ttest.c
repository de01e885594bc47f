/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See ttest.h. */
#define _GNU_SOURCE /* sched_setaffinity */
#include "tests/timing/ttest.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

#define KEPT 0.7
#define WARM_UP 16

static uint64_t state;

int ttest_pin(void)
{
	cpu_set_t may, one;
	int core = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof may, &may) != 0)
		return 0;
	while (core >= 0 && !CPU_ISSET(core, &may)) /* the last one: the first serves interrupts */
		core--;
	CPU_ZERO(&one);
	CPU_SET(core >= 0 ? core : 0, &one);
	return sched_setaffinity(0, sizeof one, &one) == 0;
}

void ttest_seed(uint64_t seed)
{
	state = seed;
}

/* splitmix64 */
uint64_t ttest_random(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

void ttest_bytes(uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(ttest_random() >> 32);
}

static trec_err sequence(void *ctx, uint8_t *out, size_t n)
{
	(void)ctx;
	ttest_bytes(out, n);
	return TREC_OK;
}

const struct trec_env *ttest_env(void)
{
	static struct trec_env env;

	env = *trec_env_default();
	env.random = sequence;
	env.scrypt_log_n_max = 1;
	return &env;
}

static uint64_t now(void)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned core;

	return __rdtscp(&core);
#else
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
#endif
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

struct sums {
	double n, mean, squares; /* Welford's */
};

static void take(struct sums *s, double x)
{
	double d = x - s->mean;

	s->n++;
	s->mean += d / s->n;
	s->squares += d * (x - s->mean);
}

static double welch(const uint64_t *ticks, const uint8_t *class, size_t n, uint64_t limit)
{
	struct sums s[2] = { { 0 } };

	for (size_t i = 0; i < n; i++)
		if (ticks[i] <= limit)
			take(&s[class[i]], (double)ticks[i]);
	if (s[0].n < 2 || s[1].n < 2)
		return 0;
	double v = s[0].squares / (s[0].n - 1) / s[0].n + s[1].squares / (s[1].n - 1) / s[1].n;

	return v > 0 ? (s[0].mean - s[1].mean) / sqrt(v) : 0;
}

double ttest_welch(const struct ttest *t)
{
	size_t n = 2 * t->per_class;
	uint64_t *ticks = calloc(n, 2 * sizeof *ticks);
	uint8_t *class = calloc(n, 1);

	if (ticks == NULL || class == NULL)
		abort();
	for (size_t i = 0; i < WARM_UP; i++) {
		t->prepare((int)(i & 1));
		t->run();
	}
	for (size_t i = 0; i < n; i++) {
		class[i] = (uint8_t)(ttest_random() >> 63);
		t->prepare(class[i]);
		uint64_t begun = now();

		t->run();
		ticks[i] = now() - begun;
	}
	memcpy(ticks + n, ticks, n * sizeof *ticks);
	qsort(ticks + n, n, sizeof *ticks, by_size);
	double result = welch(ticks, class, n, ticks[n + (size_t)((double)n * KEPT)]);

	free(ticks);
	free(class);
	return result;
}
