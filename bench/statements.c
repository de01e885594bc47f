/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what signed statements take: bytes of each kind with the least in it, and time
 * to make and to judge one. Three Ed25519 devices: the first speaks to the second about the third.
 */
#include "bench/bench.h"
#include "proto/trust/trust.h"

#define NOW INT64_C(1767225600) /* 2026-01-01 */

static const char device_name[] = "lamp";

struct device {
	struct crypto_key *key;
	struct trec_signer signer;
	struct trec_id id;
	uint8_t cert[TREC_CERT_MAX];
	size_t cert_len;
};

struct talk {
	struct trec_env env;
	enum trust_kind kind;
	struct device device[3];
	uint8_t statement[TRUST_STATEMENT_MAX];
	size_t n;
};

static int64_t wall(void *ctx, bool *trusted)
{
	(void)ctx;
	*trusted = true;
	return NOW;
}

static struct trec_bytes cert_of(const struct device *d)
{
	return trec_bytes(d->cert, d->cert_len);
}

static void make_device(const struct trec_env *env, struct device *d)
{
	duo_must(crypto_key_generate(env, TREC_KEY_ED25519, &d->key) == TREC_OK, "a key");
	crypto_key_signer(d->key, &d->signer);
	duo_must(crypto_spki_check(trec_bytes(d->signer.spki, d->signer.spki_len), NULL, &d->id) ==
				 TREC_OK &&
			 crypto_cert_make(env, &d->signer, NULL, d->cert, sizeof(d->cert),
					  &d->cert_len) == TREC_OK,
		 "a certificate");
}

static void start(struct talk *t, enum trust_kind kind)
{
	t->env = *trec_env_default();
	t->env.wall_s = wall;
	t->kind = kind;
	duo_must(crypto_init() == TREC_OK, "wolfSSL");
	for (int i = 0; i < 3; i++)
		make_device(&t->env, &t->device[i]);
}

static void stop(struct talk *t)
{
	for (int i = 0; i < 3; i++)
		crypto_key_free(&t->device[i].key);
	crypto_done();
}

static void make(void *ctx)
{
	struct talk *t = ctx;
	const struct device *from = &t->device[0], *to = &t->device[1], *about = &t->device[2];
	size_t cap = sizeof(t->statement);
	trec_err err = TREC_E_USAGE;

	if (t->kind == TRUST_REVOKE) {
		err = trust_make(&t->env, t->kind, &from->signer, &from->id, &to->id, t->statement,
				 cap, &t->n, NULL);
	} else if (t->kind == TRUST_TOMBSTONE) {
		err = trust_make(&t->env, t->kind, &from->signer, &about->id, NULL, t->statement,
				 cap, &t->n, NULL);
	} else if (t->kind == TRUST_INTRODUCTION) {
		struct trust_introduction what = { .aud = to->id,
						   .cert = cert_of(about),
						   .name = device_name,
						   .kind = "" };

		err = trust_make_introduction(&t->env, &from->signer, &what, t->statement, cap,
					      &t->n, NULL);
	} else {
		err = trust_make_succession(&t->env, &from->signer, &about->signer, cert_of(about),
					    1, t->statement, cap, &t->n, NULL);
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
