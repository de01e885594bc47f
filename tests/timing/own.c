/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: our own arithmetic must not show in its time what it works on. Every row is a
 * fixed-versus-random or a random-versus-sparse test of something that a scalar from a PIN passes
 * through; none may reach |t| = 4.5 in the best of three. A campaign of ./dev soak.
 *
 *   own [ROW]        TREC_TEST_SEED repeats a run, TREC_SOAK_SECONDS says how long to go on
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/crypto/wolf.h"
#include "proto/pake/transcript.h"
#include "tests/timing/ttest.h"

#define TRIES 3
#define POOL 32 /* records of a class: both classes touch as much memory */

static const struct trec_env *env;
static uint8_t scalar[32], fixed_scalar[32], out[65], wide[40];
static char pin[13], fixed_pin[13];
static struct pake_params params;
static struct pake_record records[2][POOL], record;
static uint8_t point[65]; /* a share of the peer */

static void must(trec_err err)
{
	if (err == TREC_OK)
		return;
	fprintf(stderr, "own: %s\n", trec_err_text(err));
	exit(1);
}

/* ---- one scalar --------------------------------------------------------------------------- */

static void random_scalar(uint8_t to[32])
{
	ttest_bytes(to, 32);
	to[0] &= 0x7f;
}

/* The inputs of both classes are made every time, so that making them takes the same. */
static void scalar_random_or_sparse(int class)
{
	uint8_t two[2][32] = { { 0 } };

	random_scalar(two[0]);
	two[1][31] = 1;
	two[1][(ttest_random() & 15) + 1] = (uint8_t)(1U << (ttest_random() & 7));
	memcpy(scalar, two[class], 32);
}

static void scalar_fixed_or_random(int class)
{
	uint8_t two[2][32];

	memcpy(two[0], fixed_scalar, 32);
	random_scalar(two[1]);
	memcpy(scalar, two[class], 32);
}

static void mul_split(void)
{
	must(crypto_p256_mul_split(env, scalar, crypto_p256_m, out));
}

static void mul(void)
{
	must(crypto_p256_mul(env, scalar, crypto_p256_m, out));
}

static void split(void)
{
	uint8_t one[32], two[32];

	must(crypto_p256_scalar_split(env, scalar, one, two));
}

static void wide_zeros_or_random(int class)
{
	uint8_t two[2][sizeof wide] = { { 0 } };

	two[0][sizeof wide - 1] = 1;
	ttest_bytes(two[1], sizeof wide);
	memcpy(wide, two[class], sizeof wide);
}

static void reduce(void)
{
	must(crypto_p256_scalar_reduce(trec_bytes(wide, sizeof wide), out));
}

/* ---- whole roles -------------------------------------------------------------------------- */

static void random_pin(char to[13])
{
	for (size_t i = 0; i < 12; i++)
		to[i] = (char)('0' + ttest_random() % 10);
}

static void pin_fixed_or_random(int class)
{
	char two[2][13] = { "", "" };

	memcpy(two[0], fixed_pin, sizeof pin);
	random_pin(two[1]);
	memcpy(pin, two[class], sizeof pin);
}

/* From PIN to confirmation; the peer's is wrong, which shows only at the end. */
static void prover(void)
{
	static const uint8_t wrong[PAKE_CONFIRM_LEN];
	uint8_t confirm[PAKE_CONFIRM_LEN], key[PAKE_KEY_LEN];
	struct pake_prover *p = NULL;

	must(pake_prover_new(env, &p));
	must(pake_prover_stretch(p, trec_bytes(pin, 12), &params, NULL));
	must(pake_prover_share(p, out));
	if (pake_prover_finish(p, trec_bytes("context", 7), point, wrong, confirm, key) !=
	    TREC_E_WRONG_PIN)
		abort();
	pake_prover_free(&p);
}

static void record_fixed_or_random(int class)
{
	memcpy(&record, &records[class][ttest_random() % POOL], sizeof record);
}

static void verifier(void)
{
	static const uint8_t wrong[PAKE_CONFIRM_LEN];
	uint8_t confirm[PAKE_CONFIRM_LEN], key[PAKE_KEY_LEN];
	struct pake_verifier *v = NULL;

	must(pake_verifier_new(env, &v));
	must(pake_verifier_reply(v, &record, NULL, trec_bytes("context", 7), point, out, confirm));
	if (pake_verifier_finish(v, wrong, key) != TREC_E_WRONG_PIN)
		abort();
	pake_verifier_free(&v);
}

static const struct ttest rows[] = {
	{ "mul_split-sparse", scalar_random_or_sparse, mul_split, 8000 },
	{ "mul_split-fixed", scalar_fixed_or_random, mul_split, 8000 },
	{ "mul-fixed", scalar_fixed_or_random, mul, 8000 },
	{ "scalar_split", scalar_random_or_sparse, split, 100000 },
	{ "scalar_reduce", wide_zeros_or_random, reduce, 50000 },
	{ "prover", pin_fixed_or_random, prover, 3000 },
	{ "verifier", record_fixed_or_random, verifier, 5000 },
};

static void make_inputs(void)
{
	random_scalar(fixed_scalar);
	random_pin(fixed_pin);
	params.scrypt = crypto_scrypt_default(env);
	ttest_bytes(params.salt, sizeof params.salt);
	random_scalar(scalar);
	must(crypto_p256_mul_base(env, scalar, point));
	must(pake_record_make(env, trec_bytes(fixed_pin, 12), NULL, &records[0][0]));
	for (size_t i = 0; i < POOL; i++) {
		random_pin(pin);
		records[0][i] = records[0][0];
		must(pake_record_make(env, trec_bytes(pin, 12), NULL, &records[1][i]));
	}
}

static unsigned tests;

/* One row; the first try below the limit is enough. */
static bool quiet(const struct ttest *t, uint64_t seed)
{
	double w = 0;

	for (int i = 0; i < TRIES; i++) {
		w = ttest_welch(t);
		tests++;
		printf("%-16s t = %5.2f, %zu runs a class\n", t->name, w, t->per_class);
		if (fabs(w) < TTEST_LIMIT)
			return true;
	}
	printf("FAILED: %s shows its secret: t = %.2f; again: TREC_TEST_SEED=%" PRIu64
	       " tests/timing/own %s\n",
	       t->name, w, seed, t->name);
	return false;
}

int main(int argc, char **argv)
{
	const char *given = getenv("TREC_TEST_SEED");
	const char *seconds = getenv("TREC_SOAK_SECONDS");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	time_t end = time(NULL) + (seconds != NULL ? atol(seconds) : 0);
	unsigned shown = 0, not_shown = 0;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	env = ttest_env();
	if (crypto_init() != TREC_OK || pake_ready() != TREC_OK)
		return 1;
	if (!ttest_pin())
		printf("this process got no core of its own\n");
	do {
		printf("seed %" PRIu64 "\n", seed);
		ttest_seed(seed);
		make_inputs();
		shown = 0;
		for (size_t i = 0; i < BASE_COUNT(rows); i++) {
			if (argc > 1 && strcmp(argv[1], rows[i].name) != 0)
				continue;
			if (quiet(&rows[i], seed))
				shown++;
			else
				not_shown++;
		}
		seed++;
	} while (not_shown == 0 && given == NULL && time(NULL) < end);
	printf("timing: %u claims shown, %u not, %u assertions\n", shown, not_shown, tests);
	crypto_done();
	return not_shown == 0 && shown > 0 ? 0 : 1;
}
