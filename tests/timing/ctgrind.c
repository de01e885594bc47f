/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: memcheck tells where a branch or an address depends on memory that is not
 * initialised. Marked so, secrets are followed through our code and the packaged wolfSSL, and
 * whatever their value decides is reported (the method is known as ctgrind). tests/timing/
 * check-ctgrind runs it; ctgrind.supp explains what is let through and why.
 *
 *   valgrind ctgrind TARGET...     "planted-branch" and "planted-load" must be reported
 *
 * Each target ends by asking whether its result still counts as secret: if not, it was lost on
 * the way and the silence would mean nothing.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/crypto/wolf.h"
#include "proto/pake/transcript.h"

#include <wolfssl/wolfcrypt/curve25519.h>

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define HAVE_MEMCHECK 1
#endif
#endif

#ifndef HAVE_MEMCHECK
int main(void)
{
	printf("SKIP ctgrind: built without valgrind's headers\n");
	return 77;
}
#else

static const char *target; /* NULL: the self test, whose vector is public */

static void secret(void *p, size_t n)
{
	if (target != NULL)
		(void)VALGRIND_MAKE_MEM_UNDEFINED(p, n);
}

static void public(void *p, size_t n)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(p, n);
}

static void must(trec_err err)
{
	public(&err, sizeof err);
	if (err == TREC_OK)
		return;
	printf("FAILED: %s: %s\n", target, trec_err_text(err));
	exit(1);
}

/* Every byte still counts as secret; what it is then is everyone's. */
static void still_secret(void *p, size_t n)
{
	uint8_t bits[512];

	if (n > sizeof bits || VALGRIND_GET_VBITS(p, bits, n) != 1)
		exit(1);
	for (size_t i = 0; i < n; i++)
		if (bits[i] == 0) {
			printf("FAILED: %s: byte %zu of the result is public\n", target, i);
			exit(1);
		}
	public(p, n);
}

/* ---- what is put in place of the product's own ------------------------------------------- */

void __wrap_base_declassify(const void *p, size_t n);
void __wrap_base_declassify(const void *p, size_t n)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(p, n);
}

/*
 * Points are computed on blinded coordinates, which the product declassifies; the result, no
 * longer blinded, is a secret again.
 */
#define POINT_OPERATION(name, parameters, arguments)                                               \
	trec_err __real_##name parameters;                                                         \
	trec_err __wrap_##name parameters;                                                         \
	trec_err __wrap_##name parameters                                                          \
	{                                                                                          \
		trec_err err = __real_##name arguments;                                            \
                                                                                                   \
		secret(out, CRYPTO_P256_POINT_LEN);                                                \
		return err;                                                                        \
	}
#define ENV const struct trec_env *env
POINT_OPERATION(crypto_p256_mul, (ENV, const uint8_t *k, const uint8_t *point, uint8_t *out),
		(env, k, point, out))
POINT_OPERATION(crypto_p256_mul_split, (ENV, const uint8_t *k, const uint8_t *point, uint8_t *out),
		(env, k, point, out))
POINT_OPERATION(crypto_p256_mul_base, (ENV, const uint8_t *k, uint8_t *out), (env, k, out))
POINT_OPERATION(crypto_p256_mul_base_split, (ENV, const uint8_t *k, uint8_t *out), (env, k, out))
POINT_OPERATION(crypto_p256_add, (ENV, const uint8_t *a, const uint8_t *b, uint8_t *out),
		(env, a, b, out))
POINT_OPERATION(crypto_p256_sub, (ENV, const uint8_t *a, const uint8_t *b, uint8_t *out),
		(env, a, b, out))

static trec_err secret_random(void *ctx, uint8_t *out, size_t n)
{
	trec_err err = trec_env_default()->random(ctx, out, n);

	secret(out, n);
	return err;
}

static struct trec_env env;
static uint8_t out[256];

/* ---- targets ----------------------------------------------------------------------------- */

static void scalars(void)
{
	uint8_t wide[40], k[32], one[32], two[32];

	must(crypto_random(&env, wide, sizeof wide));
	must(crypto_p256_scalar_reduce(trec_bytes(wide, sizeof wide), k));
	must(crypto_p256_scalar_split(&env, k, one, two));
	still_secret(k, sizeof k);
	still_secret(one, sizeof one);
	still_secret(two, sizeof two);
}

static void multiplication(void)
{
	uint8_t k[32];

	must(crypto_p256_scalar_random(&env, k));
	for (int i = 0; i < 3; i++) { /* a cache of points shows from the third sight on */
		must(crypto_p256_mul_split(&env, k, crypto_p256_m, out));
		still_secret(out, CRYPTO_P256_POINT_LEN);
		must(crypto_p256_mul_base(&env, k, out));
		still_secret(out, CRYPTO_P256_POINT_LEN);
	}
}

static void pin_draw(void)
{
	char pin[CRYPTO_PIN_MAX + 1];

	must(crypto_pin_draw(&env, CRYPTO_PIN_MAX, pin));
	still_secret(pin, CRYPTO_PIN_MAX);
}

static const struct trec_bytes context = { (const uint8_t *)"context", 7 };

/* Both roles, with the one's messages as the other's: what was sent is public. */
static void pake(void)
{
	struct pake_prover *p = NULL;
	struct pake_verifier *v = NULL;
	struct pake_record record;
	char pin[12];
	uint8_t share_p[65], share_v[65], confirm_v[32], confirm_p[32], key[2][32];

	memcpy(pin, "314159265358", sizeof pin);
	secret(pin, sizeof pin);
	must(pake_record_make(&env, trec_bytes(pin, sizeof pin), NULL, &record));
	still_secret(record.w0, sizeof record.w0);
	secret(record.w0, sizeof record.w0);
	public(&record.params, sizeof record.params);
	must(pake_record_check(&env, &record));
	must(pake_prover_new(&env, &p));
	must(pake_prover_stretch(p, trec_bytes(pin, sizeof pin), &record.params, NULL));
	must(pake_prover_share(p, share_p));
	still_secret(share_p, sizeof share_p);
	must(pake_verifier_new(&env, &v));
	must(pake_verifier_reply(v, &record, NULL, context, share_p, share_v, confirm_v));
	still_secret(share_v, sizeof share_v);
	still_secret(confirm_v, sizeof confirm_v);
	must(pake_prover_finish(p, context, share_v, confirm_v, confirm_p, key[0]));
	still_secret(confirm_p, sizeof confirm_p);
	must(pake_verifier_finish(v, confirm_p, key[1]));
	still_secret(key[0], 32);
	still_secret(key[1], 32);
	if (memcmp(key[0], key[1], 32) != 0)
		must(TREC_E_INTERNAL);
	pake_prover_free(&p);
	pake_verifier_free(&v);
}

static void schedule(void)
{
	static const uint8_t transcript[32] = { 1 };
	struct pake_keys keys;
	uint8_t code[16], key[32];
	struct trec_id id = { { 2 } };

	must(crypto_random(&env, code, sizeof code));
	must(pake_code_key(trec_bytes(code, sizeof code), key));
	must(pake_code_commitment(trec_bytes(code, sizeof code), &id, out));
	still_secret(out, PAKE_COMMITMENT_LEN);
	must(pake_keys_derive(key, PAKE_CODE, transcript, &keys));
	still_secret(keys.ipsk, sizeof keys.ipsk);
	still_secret(keys.k_cc, sizeof keys.k_cc);
	still_secret(key, sizeof key);
}

static void derivation(void)
{
	uint8_t key[80];
	struct trec_bytes k = trec_bytes(key, sizeof key);

	must(crypto_random(&env, key, sizeof key));
	must(crypto_sha256(k, out));
	still_secret(out, 32);
	must(crypto_hmac(k, &k, 1, out));
	still_secret(out, 32);
	must(crypto_hkdf_extract(k, k, out));
	must(crypto_hkdf_expand(trec_bytes(out, 32), k, out + 32, 100));
	still_secret(out + 32, 100);
}

static void comparison(void)
{
	uint8_t a[32], b[32];

	must(crypto_random(&env, a, sizeof a));
	memcpy(b, a, sizeof a);
	if (!base_equal_ct(a, b, sizeof a))
		must(TREC_E_INTERNAL);
	b[0] ^= 1;
	if (base_equal_ct(a, b, sizeof a))
		must(TREC_E_INTERNAL);
	still_secret(a, sizeof a);
}

static void record(void)
{
	uint8_t key[32], nonce[12] = { 0 }, plain[100], sealed[116];

	must(crypto_random(&env, key, sizeof key));
	must(crypto_random(&env, plain, sizeof plain));
	must(crypto_aead_seal(key, nonce, context, trec_bytes(plain, sizeof plain), sealed));
	still_secret(sealed, sizeof sealed);
	must(crypto_aead_open(key, nonce, context, trec_bytes(sealed, sizeof sealed), plain));
	still_secret(plain, sizeof plain);
}

static void sign(trec_key_alg alg)
{
	struct crypto_key *key = NULL;
	struct trec_signer signer;
	size_t n = 0;

	must(crypto_key_generate(&env, alg, &key));
	crypto_key_signer(key, &signer);
	for (int i = 0; i < 3; i++) /* as above */
		must(signer.sign(signer.ctx, context, out, sizeof out, &n));
	uint8_t seed[32];

	memcpy(seed, crypto_key_secret(key), sizeof seed);
	still_secret(seed, sizeof seed);
	crypto_key_free(&key);
}

static void ed25519(void)
{
	sign(TREC_KEY_ED25519);
}

static void ecdsa(void)
{
	sign(TREC_KEY_P256);
}

/* What TLS agrees on; the generator's point as the peer's. */
static void x25519(void)
{
	static const uint8_t peer[32] = { 9 };
	uint8_t mine[32];
	curve25519_key own, other;
	word32 n = 32;

	must(crypto_random(&env, mine, sizeof mine));
	if (wc_curve25519_init(&own) != 0 || wc_curve25519_init(&other) != 0 ||
	    wc_curve25519_import_private_ex(mine, 32, &own, EC25519_LITTLE_ENDIAN) != 0 ||
	    wc_curve25519_import_public_ex(peer, 32, &other, EC25519_LITTLE_ENDIAN) != 0)
		must(TREC_E_CRYPTO);
	int ret = wc_curve25519_shared_secret_ex(&own, &other, out, &n, EC25519_LITTLE_ENDIAN);

	public(&ret, sizeof ret);
	must(crypto_from_wolf(ret));
	still_secret(out, 32);
}

/* ---- plants ------------------------------------------------------------------------------ */

static volatile int sink;

static void planted_branch(void)
{
	uint8_t b[4];

	must(crypto_random(&env, b, sizeof b));
	if (b[2] & 1)
		sink = 1;
}

static void planted_load(void)
{
	static volatile uint8_t table[256];
	uint8_t b[4];

	must(crypto_random(&env, b, sizeof b));
	sink = table[b[2]];
}

static const struct {
	const char *name;
	void (*run)(void);
	bool planted;
} targets[] = {
	{ "scalars", scalars, false },
	{ "multiplication", multiplication, false },
	{ "pin_draw", pin_draw, false },
	{ "pake", pake, false },
	{ "schedule", schedule, false },
	{ "derivation", derivation, false },
	{ "comparison", comparison, false },
	{ "record", record, false },
	{ "ed25519", ed25519, false },
	{ "ecdsa", ecdsa, false },
	{ "x25519", x25519, false },
	{ "planted-branch", planted_branch, true },
	{ "planted-load", planted_load, true },
};

/* Without a name: all that are not planted. */
int main(int argc, char **argv)
{
	unsigned ran = 0;

	if (!RUNNING_ON_VALGRIND) {
		printf("SKIP ctgrind: not under valgrind\n");
		return 77;
	}
	env = *trec_env_default();
	env.scrypt_log_n_max = 1;
	must(crypto_init());
	must(pake_ready());
	env.random = secret_random;
	for (size_t i = 0; i < BASE_COUNT(targets); i++) {
		target = targets[i].name;
		if (argc > 1 ? strcmp(argv[1], target) != 0 : targets[i].planted)
			continue;
		targets[i].run();
		ran++;
	}
	printf("ctgrind: %u targets ran\n", ran);
	crypto_done();
	return ran > 0 ? 0 : 1;
}
#endif
