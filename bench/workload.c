/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: one thing that libtrec does, done COUNT times after WARM times that do not
 * count, in a process of its own, so that bench/trec-bench can run it under callgrind, time it
 * or ask how much memory it took.
 *
 *	workload NAME [COUNT [WARM]]
 */
#include "bench/bench.h"
#include "bench/peak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t spent;
static bool inside; /* what is measured */

static uint64_t processor_ns(void)
{
	struct timespec t;

	duo_must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0, "a clock");
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

__attribute__((noinline)) void bench_measured(void (*f)(void *ctx), void *ctx)
{
	uint64_t from = processor_ns();

	inside = true;
	f(ctx);
	inside = false;
	spent += processor_ns() - from;
}

trec_err __real_crypto_scrypt(const struct trec_env *env, const struct crypto_scrypt *costs,
			      struct trec_bytes secret, struct trec_bytes salt, uint8_t *out,
			      size_t n);
trec_err __wrap_crypto_scrypt(const struct trec_env *env, const struct crypto_scrypt *costs,
			      struct trec_bytes secret, struct trec_bytes salt, uint8_t *out,
			      size_t n);

/* Called inside bench_measured() only: callgrind switches counting off here. */
__attribute__((noinline)) void bench_aside(struct bench_stretching *s)
{
	uint64_t from = processor_ns();

	s->err = __real_crypto_scrypt(s->env, s->costs, s->secret, s->salt, s->out, s->n);
	spent -= processor_ns() - from;
}

/* The key derivation is slow on purpose; goals leave it out. */
trec_err __wrap_crypto_scrypt(const struct trec_env *env, const struct crypto_scrypt *costs,
			      struct trec_bytes secret, struct trec_bytes salt, uint8_t *out,
			      size_t n)
{
	struct bench_stretching s = { env, costs, secret, salt, out, n, TREC_OK };

	if (!inside)
		return __real_crypto_scrypt(env, costs, secret, salt, out, n);
	bench_aside(&s);
	return s.err;
}

void bench_say(const char *key, double value)
{
	(void)printf("%s %.0f\n", key, value);
}

struct plan {
	const char *name;
	unsigned count, warm;
	const char *dir;
};

/* ---- pairing ----------------------------------------------------------------------------- */

struct pairing {
	struct duo *d;
	enum trec_method method;
	bool opened; /* the window stands already: what is done before connecting is not counted */
	char secret[TREC_CODE_TEXT_MAX + 1];
};

static void pair(void *ctx)
{
	struct pairing *p = ctx;

	if (!p->opened)
		duo_window(p->d, p->method, p->secret);
	duo_pair(p->d, p->secret);
}

static void run_pairings(const struct plan *plan, enum trec_method method, bool opened)
{
	struct pairing p = { .d = duo_new(TREC_KEY_ED25519), .method = method, .opened = opened };

	for (unsigned i = 0; i < plan->warm + plan->count; i++) {
		duo_forget(p.d);
		if (opened)
			duo_window(p.d, method, p.secret);
		if (i < plan->warm)
			pair(&p);
		else
			bench_measured(pair, &p);
	}
	bench_say("bytes", (double)p.d->bytes);
	bench_say("flights", p.d->flights);
	duo_free(&p.d);
}

static void pin(const struct plan *plan)
{
	run_pairings(plan, TREC_METHOD_PIN, false);
}

static void pin_connected(const struct plan *plan)
{
	run_pairings(plan, TREC_METHOD_PIN, true);
}

static void init(void *ctx)
{
	(void)ctx;
	duo_must(crypto_init() == TREC_OK, "wolfSSL starts");
}

/* The first of a process, with what starting the library takes. */
static void pin_first(const struct plan *plan)
{
	bench_measured(init, NULL);
	run_pairings(plan, TREC_METHOD_PIN, false);
	crypto_done();
}

static void code(const struct plan *plan)
{
	run_pairings(plan, TREC_METHOD_CODE, false);
}

static void code_connected(const struct plan *plan)
{
	run_pairings(plan, TREC_METHOD_CODE, true);
}

/* ---- session ----------------------------------------------------------------------------- */

static void up_and_down(void *ctx)
{
	struct duo *d = ctx;

	duo_session(d);
	duo_end(d);
}

static void session(const struct plan *plan)
{
	struct duo *d = duo_new(TREC_KEY_ED25519);

	duo_paired(d);
	for (unsigned i = 0; i < plan->warm; i++)
		up_and_down(d);
	for (unsigned i = 0; i < plan->count; i++)
		bench_measured(up_and_down, d);
	bench_say("bytes", (double)d->bytes);
	bench_say("flights", d->flights);
	duo_free(&d);
}

/* ---- bytes ------------------------------------------------------------------------------- */

static void print_run(struct duo *d)
{
	bench_say("bytes", (double)d->bytes);
	bench_say("flights", d->flights);
	bench_say("waited", d->waited != 0 ? d->waited : d->flights);
	for (unsigned i = 0; i < d->flights; i++)
		(void)printf("flight %u %s %zu\n", i + 1, d->flight[i].from == 0 ? "->" : "<-",
			     d->flight[i].bytes);
	bench_bytes_print(d);
}

static void pairing_bytes(enum trec_method method)
{
	struct duo *d = duo_new(TREC_KEY_ED25519);
	char secret[TREC_CODE_TEXT_MAX + 1];

	duo_window(d, method, secret);
	bench_bytes_begin(d);
	duo_pair(d, secret);
	print_run(d);
	duo_free(&d);
}

static void pin_bytes(const struct plan *plan)
{
	(void)plan;
	pairing_bytes(TREC_METHOD_PIN);
}

static void code_bytes(const struct plan *plan)
{
	(void)plan;
	pairing_bytes(TREC_METHOD_CODE);
}

/* Flights that must have gone before the client's first data can leave, which it has ready. */
static unsigned flights_before_data(struct duo *d)
{
	static const uint8_t word[] = "first";
	struct trec_session_options co = { .env = &d->env,
					   .store = &d->side[0].store->store,
					   .peer = &d->side[1].own.id };
	struct trec_session_options so = { .env = &d->env, .store = &d->side[1].store->store };
	size_t taken = 0;

	duo_count(d);
	duo_must(trec_session_new(TREC_SESSION_CLIENT, &co, &d->side[0].s) == TREC_OK &&
			 trec_session_new(TREC_SESSION_SERVER, &so, &d->side[1].s) == TREC_OK &&
			 trec_session_open(d->side[0].s, "echo") == TREC_OK,
		 "sessions");
	for (unsigned turn = 0; turn < DUO_FLIGHTS_MAX;) {
		trec_err err = trec_session_write(d->side[0].s, word, sizeof(word), &taken);

		if (err == TREC_OK && taken == sizeof(word))
			return d->flights;
		turn += !duo_step(d, (int)(turn % 2));
	}
	duo_die("data never flows");
}

static void session_bytes(const struct plan *plan)
{
	struct duo *d = duo_new(TREC_KEY_ED25519);

	(void)plan;
	duo_paired(d);
	bench_bytes_begin(d);
	duo_session(d);
	print_run(d);
	duo_end(d);
	bench_say("flights-before-data", flights_before_data(d));
	duo_free(&d);
}

/* ---- the rest ---------------------------------------------------------------------------- */

static void write_file(const char *dir, const char *name, const void *p, size_t n)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	duo_must(f != NULL && fwrite(p, 1, n, f) == n && fclose(f) == 0, path);
}

/* The certificates and keys of both devices, for the bare programs. */
static void identities(const struct plan *plan)
{
	struct duo *d = duo_new(TREC_KEY_ED25519);

	duo_must(plan->dir != NULL, "identities DIR");
	for (int i = 0; i < 2; i++) {
		const struct duo_side *s = &d->side[i];

		write_file(plan->dir, i == 0 ? "client.cert" : "server.cert", s->own.cert.p,
			   s->own.cert.n);
		write_file(plan->dir, i == 0 ? "client.key" : "server.key",
			   crypto_key_secret(s->key), CRYPTO_KEY_LEN);
	}
	duo_free(&d);
}

static void stream(const struct plan *plan)
{
	bench_stream(plan->count, plan->warm);
}

static void idle(const struct plan *plan)
{
	bench_idle(plan->count);
}

static void store(const struct plan *plan)
{
	duo_must(plan->dir != NULL, "store DIR RECORDS");
	bench_store(plan->warm, plan->dir);
}

static void trust_acts(const struct plan *plan)
{
	duo_must(plan->dir != NULL, "acts DIR PEERS");
	bench_acts(plan->warm, plan->dir);
}

static void beacons(const struct plan *plan)
{
	duo_must(plan->dir != NULL, "beacons DIR PEERS");
	bench_beacons(plan->warm, plan->dir);
}

/* made-KIND, judged-KIND */
static void statement(const struct plan *plan)
{
	static const char *const kinds[] = { "revoke", "tombstone", "introduction", "succession" };
	const char *kind = strchr(plan->name, '-') + 1;

	for (int i = 0; i < 4; i++)
		if (strcmp(kinds[i], kind) == 0)
			bench_statement(i, plan->name[0] == 'j', plan->count, plan->warm);
}

static void statement_bytes(const struct plan *plan)
{
	(void)plan;
	bench_statement_bytes();
}

static const struct {
	const char *name;
	void (*run)(const struct plan *plan);
} workloads[] = {
	{ "pin", pin },
	{ "pin-first", pin_first },
	{ "pin-connected", pin_connected },
	{ "code", code },
	{ "code-connected", code_connected },
	{ "session", session },
	{ "pin-bytes", pin_bytes },
	{ "code-bytes", code_bytes },
	{ "session-bytes", session_bytes },
	{ "identities", identities },
	{ "stream", stream }, /* MIB WRITE */
	{ "idle", idle },     /* SESSIONS */
	{ "store", store },   /* DIR RECORDS */
	{ "acts", trust_acts }, /* DIR PEERS */
	{ "beacons", beacons }, /* DIR PEERS */
	{ "made-revoke", statement },
	{ "made-introduction", statement },
	{ "made-succession", statement },
	{ "judged-revoke", statement },
	{ "judged-introduction", statement },
	{ "judged-succession", statement },
	{ "statement-bytes", statement_bytes },
};

int main(int argc, char **argv)
{
	struct plan plan = { .name = argc > 1 ? argv[1] : "",
			     .count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1,
			     .warm = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0,
			     .dir = argc > 2 ? argv[2] : NULL };

	for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
		if (strcmp(workloads[i].name, plan.name) != 0)
			continue;
		workloads[i].run(&plan);
		if (spent > 0)
			bench_say("ns", (double)spent / plan.count);
		bench_say("peak_kb", bench_peak_kb());
		return 0;
	}
	(void)fprintf(stderr, "usage: workload NAME [COUNT [WARM]]\n");
	return 2;
}
