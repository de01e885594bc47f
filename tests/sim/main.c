/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the command around the world: runs of consecutive seeds, one seed again with
 * everything it did, the same seed twice, and for a failure the shortest schedule that still
 * fails. See usage() and tests/sim/README.md.
 */
#include "proto/crypto/crypto.h"
#include "tests/sim/fault.h"
#include "tests/sim/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DISK_EVERY 25 /* of the fast form's seeds so many live on a real store file */

#define ENOUGH 40000  /* runs, from which on everything must have happened */

/* Under sanitizers a run takes several times as long, and one life in five must do. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOW 5
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SLOW 5
#endif
#ifndef SLOW
#define SLOW 1
#endif

struct plan {
	uint64_t from, runs, twice;
	unsigned seconds;
	bool one, hash_only, quiet;
	enum { STORE_BY_SEED, STORE_DISK, STORE_TABLE } store;
	struct sim_options o;
	const char *fault;
};

static struct sim_world world;
static const char *program = "sim_fast";

static int usage(void)
{
	(void)fprintf(stderr,
		      "usage: %s [--from SEED] [--runs N] [--seconds T] [--twice N]\n"
		      "       %s --seed SEED [--trace] [--drop N,N...]\n"
		      "  --runs N      seeds FROM, FROM + 1, ...; with --seconds at least N and\n"
		      "                as many more as fit\n"
		      "  --twice N     the first N are run twice and must leave the same trace\n"
		      "  --hash        prints each run's hash of all that happened\n"
		      "  --trace       prints every event; --drop leaves actions out\n"
		      "  --devices N   2 to 4; --disk, --table; else the seed decides\n"
		      "  --fault NAME  with a planted fault (sim_mutants only)\n",
		      program, program);
	return 2;
}

static bool on_disk(const struct plan *p, uint64_t seed)
{
	if (p->store != STORE_BY_SEED)
		return p->store == STORE_DISK;
	return sim_form_real || seed % DISK_EVERY == 0;
}

static void run(const struct plan *p, uint64_t seed, uint64_t drop, bool trace)
{
	struct sim_options o = p->o;

	o.seed = seed;
	o.drop = drop;
	o.trace = trace;
	o.disk = on_disk(p, seed);
	sim_form_begin(seed);
	sim_run(&world, &o);
}

static void print_schedule(void)
{
	for (size_t i = 0; i < world.actions; i++)
		if ((world.o.drop >> i & 1) == 0)
			(void)printf("  %2zu  +%8.3f s  %-8s %d %d\n", i,
				     (double)world.action[i].gap_ms / 1000,
				     sim_kind_name[world.action[i].kind], world.action[i].a,
				     world.action[i].b);
}

static void print_command(const struct plan *p, uint64_t seed, uint64_t drop)
{
	bool first = true;

	(void)printf("replay: tests/sim/%s --seed %" PRIu64, program, seed);
	if (p->o.devices != 0)
		(void)printf(" --devices %d", p->o.devices);
	if (p->store != STORE_BY_SEED)
		(void)printf(p->store == STORE_DISK ? " --disk" : " --table");
	if (p->fault != NULL)
		(void)printf(" --fault %s", p->fault);
	for (size_t i = 0; i < SIM_ACTIONS; i++)
		if ((drop >> i & 1) != 0) {
			(void)printf("%s%zu", first ? " --drop " : ",", i);
			first = false;
		}
	(void)printf(" --trace\n");
}

/* Leaves out what is not needed for the failure, last action first, until nothing more goes. */
static uint64_t shrink(const struct plan *p, uint64_t seed, uint64_t drop)
{
	bool less = true;

	run(p, seed, drop, false);
	while (less) {
		less = false;
		for (size_t i = world.actions; i-- > 0;) {
			if ((drop >> i & 1) != 0)
				continue;
			run(p, seed, drop | (uint64_t)1 << i, false);
			if (sim_is_broken(&world)) {
				drop |= (uint64_t)1 << i;
				less = true;
			}
		}
	}
	return drop;
}

static void report(const struct plan *p, uint64_t seed)
{
	uint64_t drop;

	(void)printf("FAILED seed %" PRIu64 ": %s\n", seed, world.broken);
	print_command(p, seed, 0);
	drop = shrink(p, seed, p->o.drop);
	run(p, seed, drop, false);
	(void)printf("shrunk: %s\n", world.broken);
	print_schedule();
	print_command(p, seed, drop);
}

static void add_stats(struct sim_stats *sum)
{
#define SIM_STAT_ADD(name) sum->name += world.stats.name;
	SIM_STATS(SIM_STAT_ADD)
#undef SIM_STAT_ADD
}

/* A campaign in which something never happened has shown nothing about it. */
static bool print_stats(const struct sim_stats *sum, uint64_t runs)
{
	bool all = true;

	(void)printf("%s: %" PRIu64 " runs:", program, runs);
#define SIM_STAT_PRINT(name)                                                                       \
	(void)printf(" " #name " %" PRIu64, sum->name);                                            \
	all = all && sum->name > 0;
	SIM_STATS(SIM_STAT_PRINT)
#undef SIM_STAT_PRINT
	(void)printf("\n");
	return all || runs < ENOUGH;
}

/* Of the real clock: time() is the world's in the real form. */
static time_t seconds_now(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static bool same_twice(const struct plan *p, uint64_t seed)
{
	uint64_t before = world.hash;

	run(p, seed, 0, false);
	if (world.hash == before)
		return true;
	(void)printf("FAILED seed %" PRIu64 ": run twice it leaves two traces\n", seed);
	print_command(p, seed, 0);
	return false;
}

static int campaign(const struct plan *p)
{
	struct sim_stats sum = { 0 };
	time_t until = seconds_now() + (time_t)p->seconds;
	uint64_t n = 0;

	for (; n < p->runs || (p->seconds > 0 && seconds_now() < until); n++) {
		uint64_t seed = p->from + n;

		run(p, seed, 0, false);
		if (sim_is_broken(&world)) {
			report(p, seed);
			return 1;
		}
		add_stats(&sum);
		if (p->hash_only)
			(void)printf("%" PRIu64 " %016" PRIx64 "\n", seed, world.hash);
		if (n < p->twice && !same_twice(p, seed))
			return 1;
	}
	if (p->quiet || p->hash_only)
		return 0;
	bool all = print_stats(&sum, n);

	if (!all)
		(void)printf("FAILED: something that should happen never did\n");
	return all ? 0 : 1;
}

static int single(const struct plan *p)
{
	run(p, p->from, p->o.drop, p->o.trace);
	print_schedule();
	(void)printf("seed %" PRIu64 " hash %016" PRIx64 " %s\n", p->from, world.hash,
		     sim_is_broken(&world) ? world.broken : "all well");
	return sim_is_broken(&world) ? 1 : 0;
}

static uint64_t drops(const char *text)
{
	uint64_t drop = 0;

	while (*text != '\0') {
		char *end;
		unsigned long i = strtoul(text, &end, 10);

		if (end == text || i >= SIM_ACTIONS)
			break;
		drop |= (uint64_t)1 << i;
		text = *end == ',' ? end + 1 : end;
	}
	return drop;
}

/* One word without a value; false: it needs one. */
static bool take_flag(struct plan *p, const char *word)
{
	if (strcmp(word, "--trace") == 0)
		p->o.trace = true;
	else if (strcmp(word, "--hash") == 0)
		p->hash_only = true;
	else if (strcmp(word, "--quiet") == 0)
		p->quiet = true;
	else if (strcmp(word, "--disk") == 0)
		p->store = STORE_DISK;
	else if (strcmp(word, "--table") == 0)
		p->store = STORE_TABLE;
	else
		return false;
	return true;
}

static bool take_value(struct plan *p, const char *word, const char *value)
{
	uint64_t n = strtoull(value, NULL, 10);

	if (strcmp(word, "--from") == 0)
		p->from = n;
	else if (strcmp(word, "--runs") == 0)
		p->runs = n;
	else if (strcmp(word, "--seconds") == 0)
		p->seconds = (unsigned)n;
	else if (strcmp(word, "--twice") == 0)
		p->twice = n;
	else if (strcmp(word, "--devices") == 0)
		p->o.devices = (int)n;
	else if (strcmp(word, "--drop") == 0)
		p->o.drop = drops(value);
	else if (strcmp(word, "--seed") == 0) {
		p->from = n;
		p->one = true;
	} else if (strcmp(word, "--fault") == 0) {
		p->fault = value;
		return sim_plant(value);
	} else {
		return false;
	}
	return p->o.devices == 0 || (p->o.devices >= 2 && p->o.devices <= SIM_DEVICES);
}

int main(int argc, char **argv)
{
	struct plan p = { .from = 1, .runs = 1000 };
	const char *slash = strrchr(argv[0], '/');
	int status;

	program = slash != NULL ? slash + 1 : argv[0];
	for (int i = 1; i < argc; i++) {
		if (take_flag(&p, argv[i]))
			continue;
		if (i + 1 >= argc || !take_value(&p, argv[i], argv[i + 1]))
			return usage();
		i++;
	}
	sim_form_begin(0);
	if (crypto_init() != TREC_OK)
		return 2;
	run(&p, 0, 0, false); /* what a process does once, self tests and the like, is done here */
	if (p.seconds == 0 && !p.hash_only && p.fault == NULL && p.runs >= 1000)
		p.runs /= SLOW;
	status = p.one ? single(&p) : campaign(&p);
	crypto_done();
	return status;
}
