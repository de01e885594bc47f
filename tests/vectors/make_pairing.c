/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints tests/vectors/pairing.txt: what follows from a PIN and from a code, step by step, a
 * certificate and a statement, all from inputs that stand in the file.
 * tests/interop/check-pairing compares the file with this and makes every line again.
 */
#include <stdio.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/pake/transcript.h"
#include "proto/trust/trust.h"

#define MUST(call)                                                                                 \
	do {                                                                                       \
		trec_err e_ = (call);                                                              \
		if (e_ != TREC_OK) {                                                               \
			fprintf(stderr, "%s: %s\n", #call, trec_err_name(e_));                     \
			return false;                                                              \
		}                                                                                  \
	} while (0)

static struct trec_env env;
static uint8_t next_random; /* every draw is this byte and those that follow */

static trec_err counted(void *ctx, uint8_t *out, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(next_random + i);
	return TREC_OK;
}

static int64_t wall(void *ctx, bool *trusted)
{
	(void)ctx;
	*trusted = true;
	return 1767225600; /* 2026-01-01 */
}

static void put(const char *name, const uint8_t *p, size_t n)
{
	printf("%s = ", name);
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
	printf("\n");
}

static bool print_schedule(const uint8_t key[32], const uint8_t transcript[32])
{
	struct pake_keys keys;
	char name[32];

	for (int method = PAKE_RANDOM_PIN; method <= PAKE_CODE; method++) {
		MUST(pake_keys_derive(key, (enum pake_method)method, transcript, &keys));
		if (method == PAKE_RANDOM_PIN)
			put("k_cc", keys.k_cc, sizeof keys.k_cc);
		snprintf(name, sizeof name, "ipsk_%d", method);
		put(name, keys.ipsk, sizeof keys.ipsk);
		printf("identity_%d = %s\n", method, keys.identity);
	}
	return true;
}

/* The SPAKE2+ run itself; x = 10 11 .., y = 50 51 .. */
static bool run(struct pake_prover *p, struct pake_verifier *v, const struct pake_record *record,
		const uint8_t transcript[32], uint8_t key[32])
{
	uint8_t context[PAKE_CONTEXT_LEN], share_p[65], share_v[65], confirm_p[32], confirm_v[32];
	struct trec_bytes c = trec_bytes(context, sizeof context);

	pake_context(transcript, context);
	put("context", context, sizeof context);
	MUST(pake_prover_share(p, share_p));
	MUST(pake_verifier_reply(v, record, NULL, c, share_p, share_v, confirm_v));
	MUST(pake_prover_finish(p, c, share_v, confirm_v, confirm_p, key));
	MUST(pake_verifier_finish(v, confirm_p, key));
	put("share_p", share_p, sizeof share_p);
	put("share_v", share_v, sizeof share_v);
	put("confirm_v", confirm_v, sizeof confirm_v);
	put("confirm_p", confirm_p, sizeof confirm_p);
	put("k_shared", key, 32);
	return true;
}

static bool print_pin(void)
{
	const struct trec_bytes pin = trec_bytes("123456", 6);
	struct pake_prover *p = NULL;
	struct pake_verifier *v = NULL;
	struct pake_record record;
	struct pake_scalars w;
	uint8_t transcript[32], key[32];

	memset(transcript, 0x54, sizeof transcript);
	next_random = 0xc0;
	MUST(pake_record_make(&env, pin, NULL, &record));
	MUST(pake_stretch(&env, pin, &record.params, NULL, &w));
	printf("\nvector pin\npin = 123456\nscrypt = %u %u %u\n", record.params.scrypt.log_n,
	       record.params.scrypt.r, record.params.scrypt.p);
	put("salt", record.params.salt, sizeof record.params.salt);
	put("w0", w.w0, sizeof w.w0);
	put("w1", w.w1, sizeof w.w1);
	put("l", record.l, sizeof record.l);
	put("w0m", record.w0m, sizeof record.w0m);
	put("w0n", record.w0n, sizeof record.w0n);
	next_random = 0x10;
	MUST(pake_prover_new(&env, &p));
	MUST(pake_prover_stretch(p, pin, &record.params, NULL));
	next_random = 0x50;
	MUST(pake_verifier_new(&env, &v));
	put("t", transcript, sizeof transcript);
	bool ok = run(p, v, &record, transcript, key) && print_schedule(key, transcript);

	pake_prover_free(&p);
	pake_verifier_free(&v);
	return ok;
}

static bool print_code(void)
{
	uint8_t secret[16], transcript[32], key[32], commitment[PAKE_COMMITMENT_LEN];
	struct trec_id id;

	memset(secret, 0x73, sizeof secret);
	memset(transcript, 0x55, sizeof transcript);
	memset(&id, 0x69, sizeof id);
	MUST(pake_code_key(trec_bytes(secret, sizeof secret), key));
	MUST(pake_code_commitment(trec_bytes(secret, sizeof secret), &id, commitment));
	printf("\nvector code\n");
	put("secret", secret, sizeof secret);
	put("id", id.b, sizeof id.b);
	put("commitment", commitment, sizeof commitment);
	put("k_code", key, sizeof key);
	put("t", transcript, sizeof transcript);
	return print_schedule(key, transcript);
}

static bool print_identity(void)
{
	uint8_t seeds[2][CRYPTO_KEY_LEN], cert[TREC_CERT_MAX], statement[TRUST_SHORT_MAX];
	struct crypto_key *keys[2] = { NULL, NULL };
	struct trec_signer signers[2];
	struct trec_id ids[2];
	size_t n = 0;

	for (size_t i = 0; i < 2; i++) {
		memset(seeds[i], (int)(0x31 + i), CRYPTO_KEY_LEN);
		MUST(crypto_key_import(&env, TREC_KEY_ED25519, seeds[i], &keys[i]));
		crypto_key_signer(keys[i], &signers[i]);
		MUST(crypto_spki_check(trec_bytes(signers[i].spki, signers[i].spki_len), NULL,
				       &ids[i]));
	}
	next_random = 0x01;
	printf("\nvector identity\n");
	put("seed", seeds[0], CRYPTO_KEY_LEN);
	put("spki", signers[0].spki, signers[0].spki_len);
	put("id", ids[0].b, sizeof ids[0].b);
	MUST(crypto_cert_make(&env, &signers[0], NULL, cert, sizeof cert, &n));
	put("certificate", cert, n);
	printf("\nvector revoke\n");
	put("seed", seeds[0], CRYPTO_KEY_LEN);
	put("aud", ids[1].b, sizeof ids[1].b);
	MUST(trust_make(&env, TRUST_REVOKE, &signers[0], &ids[0], &ids[1], statement,
			sizeof statement, &n, NULL));
	put("statement", statement, n);
	for (size_t i = 0; i < 2; i++)
		crypto_key_free(&keys[i]);
	return true;
}

int main(void)
{
	env = *trec_env_default();
	env.random = counted;
	env.wall_s = wall;
	if (crypto_init() != TREC_OK)
		return 1;
	printf("# What follows from a PIN and from a code, a certificate and a statement, as in\n"
	       "# docs/PROTOCOL.md. Printed by tests/vectors/make_pairing; made a second time by\n"
	       "# tests/interop/check-pairing. In the run x is 10 11 12 .., y is 50 51 52 ..\n");
	bool ok = print_pin() && print_code() && print_identity();

	crypto_done();
	return ok ? 0 : 1;
}
