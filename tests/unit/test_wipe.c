/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims that secrets do not outlive their use (requirement 6.3.1 i), shown by searching the
 * whole process for them (tests/lib/scan.h).
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/pake/pake.h"
#include "proto/pake/transcript.h"
#include "tests/lib/scan.h"
#include "tests/lib/suite.h"

static bool worked;

/* Deep enough that ending the thread does not write over it. */
static void *plant(void *unused)
{
	volatile uint8_t left[16384];

	for (size_t i = 0; i < 32; i++)
		left[i] = (uint8_t)(i * 37 + 11);
	scan_look_for("a secret on the stack", (const uint8_t *)left, 32);
	return unused;
}

static uint8_t *planted;

static void *plant_heap(void *unused)
{
	planted = malloc(32);
	for (size_t i = 0; planted != NULL && i < 32; i++)
		planted[31 - i] = (uint8_t)(i * 41 + 5);
	if (planted != NULL)
		scan_look_for("a secret on the heap", planted, 32);
	return unused;
}

static void the_search_finds_what_is_there(void)
{
	void *stack = scan_new_stack();

	scan_on_kept_stack(plant, stack);
	CU_ASSERT_FALSE(scan_is_clean(NULL));
	scan_free_stack(stack);
	stack = scan_new_stack();
	scan_on_kept_stack(plant_heap, stack);
	CU_ASSERT_FALSE(scan_is_clean(NULL));
	trec_wipe(planted, 32);
	free(planted);
	scan_free_stack(stack);
}

/* ---- a PIN, its scalars and all keys of a run ---------------------------------------------- */

/* Notes every 32 bytes that are drawn: x, y and the blinding factors. */
static trec_err noted_random(void *ctx, uint8_t *out, size_t n)
{
	trec_err err = trec_env_default()->random(ctx, out, n);

	if (err == TREC_OK && n == 32 && scan_count() < 4)
		scan_look_for("x", out, n);
	return err;
}

/* Both ends and everything after, with the outcome in the arena. */
static bool whole_run(const struct trec_env *env, uint8_t *pin, struct pake_record *record,
		      struct pake_keys *keys, uint8_t *key)
{
	struct pake_prover *p = NULL;
	struct pake_verifier *v = NULL;
	uint8_t share_p[65], share_v[65], confirm_v[32], confirm_p[32];
	const struct trec_bytes context = trec_bytes("context", 7);
	const uint8_t transcript[32] = { 1 };
	trec_err err = pake_prover_new(env, &p);

	if (err == TREC_OK)
		err = pake_record_make(env, trec_bytes(pin, 10), NULL, record);
	if (err == TREC_OK)
		err = pake_prover_stretch(p, trec_bytes(pin, 10), &record->params, NULL);
	if (err == TREC_OK)
		err = pake_prover_share(p, share_p);
	if (err == TREC_OK)
		err = pake_verifier_new(env, &v);
	if (err == TREC_OK)
		err = pake_verifier_reply(v, record, NULL, context, share_p, share_v, confirm_v);
	if (err == TREC_OK)
		err = pake_prover_finish(p, context, share_v, confirm_v, confirm_p, key);
	if (err == TREC_OK)
		err = pake_verifier_finish(v, confirm_p, key);
	if (err == TREC_OK)
		err = pake_keys_derive(key, PAKE_RANDOM_PIN, transcript, keys);
	pake_prover_free(&p);
	pake_verifier_free(&v);
	return err == TREC_OK;
}

static void *run_work(void *unused)
{
	struct trec_env env = *trec_env_default();
	uint8_t *pin = base_secret_alloc(10);
	uint8_t *key = base_secret_alloc(PAKE_KEY_LEN);
	struct pake_record *record = base_secret_alloc(sizeof *record);
	struct pake_keys *keys = base_secret_alloc(sizeof *keys);
	struct pake_scalars *w = base_secret_alloc(sizeof *w);

	env.scrypt_log_n_max = 10;
	env.random = noted_random;
	for (size_t i = 0; i < 10; i++)
		pin[i] = (uint8_t)('0' + (i * i + 3) % 10);
	worked = whole_run(&env, pin, record, keys, key) &&
		 pake_stretch(&env, trec_bytes(pin, 10), &record->params, NULL, w) == TREC_OK &&
		 memcmp(w->w0, record->w0, sizeof w->w0) == 0;
	scan_look_for("the PIN", pin, 10);
	scan_look_for("w0", w->w0, sizeof w->w0);
	scan_look_for("w1", w->w1, sizeof w->w1);
	scan_look_for("K_shared", key, PAKE_KEY_LEN);
	scan_look_for("the PSK", keys->ipsk, sizeof keys->ipsk);
	scan_look_for("K_cc", keys->k_cc, sizeof keys->k_cc);
	base_secret_free(pin, 10);
	base_secret_free(key, PAKE_KEY_LEN);
	base_secret_free(record, sizeof *record);
	base_secret_free(keys, sizeof *keys);
	base_secret_free(w, sizeof *w);
	return unused;
}

static void c631_i_after_a_run_no_secret_of_it_is_in_memory(void)
{
	void *stack = scan_new_stack();

	scan_on_kept_stack(run_work, stack);
	CU_ASSERT(worked);
	CU_ASSERT(scan_count() >= 24);
	CU_ASSERT(scan_is_clean(NULL));
	scan_free_stack(stack);
}

/* ---- private keys -------------------------------------------------------------------------- */

static struct crypto_key *keys[2];

static void *key_work(void *unused)
{
	static const trec_key_alg algs[] = { TREC_KEY_ED25519, TREC_KEY_P256 };
	uint8_t cert[TREC_CERT_MAX];
	struct trec_signer signer;
	size_t n = 0;

	worked = true;
	for (size_t i = 0; i < 2; i++) {
		worked = crypto_key_generate(trec_env_default(), algs[i], &keys[i]) == TREC_OK &&
			 worked;
		crypto_key_signer(keys[i], &signer);
		for (int k = 0; k < 3; k++)
			worked = crypto_cert_make(trec_env_default(), &signer, NULL, cert,
						  sizeof cert, &n) == TREC_OK &&
				 worked;
		scan_look_for(i == 0 ? "the Ed25519 seed" : "the P-256 scalar",
			 crypto_key_secret(keys[i]), CRYPTO_KEY_LEN);
	}
	return unused;
}

static void c631_i_private_keys_are_in_the_secret_arena_only(void)
{
	void *stack = scan_new_stack();

	scan_on_kept_stack(key_work, stack);
	CU_ASSERT(worked);
	CU_ASSERT(scan_is_clean(crypto_key_secret(keys[0])));
	for (size_t i = 0; i < 2; i++)
		crypto_key_free(&keys[i]);
	CU_ASSERT(scan_is_clean(NULL));
	scan_free_stack(stack);
}

static void *aead_work(void *unused)
{
	uint8_t *key = base_secret_alloc(CRYPTO_KEY_LEN);
	uint8_t nonce[CRYPTO_NONCE_LEN] = { 1 };
	uint8_t sealed[64 + CRYPTO_TAG_LEN], open[64], out[32];
	struct trec_bytes k = trec_bytes(key, CRYPTO_KEY_LEN);

	worked = crypto_random(trec_env_default(), key, CRYPTO_KEY_LEN) == TREC_OK;
	memset(open, 'x', sizeof open);
	worked = crypto_aead_seal(key, nonce, k, trec_bytes(open, sizeof open), sealed) ==
			 TREC_OK &&
		 crypto_aead_open(key, nonce, k, trec_bytes(sealed, sizeof sealed), open) ==
			 TREC_OK &&
		 crypto_hmac(k, &k, 1, out) == TREC_OK &&
		 crypto_hkdf_expand(k, k, out, sizeof out) == TREC_OK && worked;
	scan_look_for("an AEAD and HMAC key", key, CRYPTO_KEY_LEN);
	scan_look_for("a derived key", out, sizeof out);
	trec_wipe(out, sizeof out);
	base_secret_free(key, CRYPTO_KEY_LEN);
	return unused;
}

static void c631_i_symmetric_keys_leave_no_copies(void)
{
	void *stack = scan_new_stack();

	scan_on_kept_stack(aead_work, stack);
	CU_ASSERT(worked);
	CU_ASSERT(scan_is_clean(NULL));
	scan_free_stack(stack);
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_search_finds_what_is_there),
	SUITE_CASE(c631_i_after_a_run_no_secret_of_it_is_in_memory),
	SUITE_CASE(c631_i_private_keys_are_in_the_secret_arena_only),
	SUITE_CASE(c631_i_symmetric_keys_leave_no_copies),
};

int main(void)
{
	scan_or_skip("wipe");
	if (crypto_init() != TREC_OK)
		return 1;
	int status = suite_main("wipe", cases, BASE_COUNT(cases));

	crypto_done();
	return status;
}
