/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what signed statements take: bytes of each kind with the least in it, and time
 * to make and to judge one. Three Ed25519 devices: the first speaks to the second about the third.
 */
#include "bench/bench.h"
#include "bench/device.h"

struct talk {
	struct trec_env env;
	enum trust_kind kind;
	struct bench_device device[3];
	uint8_t statement[TRUST_STATEMENT_MAX];
	size_t n;
};

static void start(struct talk *t, enum trust_kind kind)
{
	t->env = *trec_env_default();
	t->env.wall_s = bench_device_wall;
	t->kind = kind;
	duo_must(crypto_init() == TREC_OK, "wolfSSL");
	for (int i = 0; i < 3; i++)
		bench_device_make(&t->env, &t->device[i]);
}

static void stop(struct talk *t)
{
	for (int i = 0; i < 3; i++)
		bench_device_free(&t->device[i]);
	crypto_done();
}

static void make(void *ctx)
{
	struct talk *t = ctx;
	const struct bench_device *from = &t->device[0], *to = &t->device[1];
	const struct bench_device *about = &t->device[2];
	size_t cap = sizeof(t->statement);
	trec_err err = TREC_E_USAGE;

	if (t->kind == TRUST_REVOKE) {
		err = trust_make(&t->env, t->kind, &from->signer, &from->id, &to->id, t->statement,
				 cap, &t->n, NULL);
	} else if (t->kind == TRUST_TOMBSTONE) {
		err = trust_make(&t->env, t->kind, &from->signer, &about->id, NULL, t->statement,
				 cap, &t->n, NULL);
	} else if (t->kind == TRUST_INTRODUCTION) {
		t->n = bench_device_introduce(&t->env, from, &to->id, bench_device_cert(about),
					      t->statement);
		err = TREC_OK;
	} else {
		err = trust_make_succession(&t->env, &from->signer, &about->signer,
					    bench_device_cert(about), 1, t->statement, cap, &t->n,
					    NULL);
	}
	duo_must(err == TREC_OK, "a statement");
}

static void judge(void *ctx)
{
	struct talk *t = ctx;
	const struct trec_signer *from = &t->device[0].signer;
	struct trust_expect e = { .kind = t->kind,
				  .issuer_spki = trec_bytes(from->spki, from->spki_len),
				  .me = t->device[1].id };
	struct trust_claims c;

	duo_must(trust_verify(&t->env, trec_bytes(t->statement, t->n), &e, &c) == TRUST_ACCEPTED,
		 "it is accepted");
}

void bench_statement(int kind, bool judged, unsigned count, unsigned warm)
{
	struct talk t;

	start(&t, (enum trust_kind)kind);
	make(&t);
	for (unsigned i = 0; i < warm; i++)
		(judged ? judge : make)(&t);
	for (unsigned i = 0; i < count; i++)
		bench_measured(judged ? judge : make, &t);
	stop(&t);
}

void bench_statement_bytes(void)
{
	static const char *const names[TRUST_KIND_COUNT] = { "revoke", "tombstone", "introduction",
							     "succession" };
	struct talk t;

	for (int kind = 0; kind < TRUST_KIND_COUNT; kind++) {
		start(&t, (enum trust_kind)kind);
		make(&t);
		bench_say(names[kind], (double)t.n);
		stop(&t);
	}
}
