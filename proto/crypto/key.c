/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Own private keys. The secret lives as 32 bytes in the arena; wolfCrypt's key objects exist only
 * while one signature is made.
 */
#include "config.h"

#include <string.h>

#include "proto/crypto/wolf.h"

#define RNG_NONCE 32

struct crypto_key {
	const struct trec_env *env;
	trec_key_alg alg;
	uint8_t secret[CRYPTO_KEY_LEN];
	uint8_t raw[CRYPTO_P256_POINT_LEN]; /* public */
	size_t raw_len;
	uint8_t spki[TREC_SPKI_MAX];
	size_t spki_len;
};

static trec_err ed25519_public(struct crypto_key *k)
{
	ed25519_key key;
	int ret = wc_ed25519_init(&key);

	if (ret != 0)
		return crypto_from_wolf(ret);
	ret = wc_ed25519_import_private_only(k->secret, sizeof k->secret, &key);
	if (ret == 0)
		ret = wc_ed25519_make_public(&key, k->raw, ED25519_PUB_KEY_SIZE);
	k->raw_len = ED25519_PUB_KEY_SIZE;
	wc_ed25519_free(&key);
	trec_wipe(&key, sizeof key);
	crypto_burn_stack();
	return crypto_from_wolf(ret);
}

static trec_err p256_public(struct crypto_key *k)
{
	k->raw_len = CRYPTO_P256_POINT_LEN;
	return crypto_p256_mul_base(k->env, k->secret, k->raw);
}

/* Takes k; it is freed on error. */
static trec_err finish(struct crypto_key *k, struct crypto_key **out)
{
	trec_err err = k->alg == TREC_KEY_ED25519 ? ed25519_public(k) : p256_public(k);

	base_declassify(k->raw, k->raw_len); /* the public key */
	if (err == TREC_OK)
		err = crypto_spki_make(k->alg, trec_bytes(k->raw, k->raw_len), k->spki,
				       &k->spki_len);
	if (err != TREC_OK)
		crypto_key_free(&k);
	*out = k;
	return err;
}

static trec_err start(const struct trec_env *env, trec_key_alg alg, struct crypto_key **out)
{
	*out = NULL;
	if (alg != TREC_KEY_ED25519 && alg != TREC_KEY_P256)
		return TREC_E_UNSUPPORTED;
	struct crypto_key *k = base_secret_alloc(sizeof *k);

	if (k == NULL)
		return TREC_E_NO_MEMORY;
	k->env = env;
	k->alg = alg;
	*out = k;
	return TREC_OK;
}

trec_err crypto_key_generate(const struct trec_env *env, trec_key_alg alg, struct crypto_key **out)
{
	trec_err err = start(env, alg, out);

	if (err != TREC_OK)
		return err;
	if (alg == TREC_KEY_ED25519)
		err = crypto_random(env, (*out)->secret, CRYPTO_KEY_LEN);
	else
		err = crypto_p256_scalar_random(env, (*out)->secret);
	if (err != TREC_OK) {
		crypto_key_free(out);
		return err;
	}
	return finish(*out, out);
}

trec_err crypto_key_import(const struct trec_env *env, trec_key_alg alg,
			   const uint8_t secret[CRYPTO_KEY_LEN], struct crypto_key **out)
{
	trec_err err = start(env, alg, out);

	if (err != TREC_OK)
		return err;
	if (alg == TREC_KEY_P256 && !crypto_p256_scalar_ok(secret)) {
		crypto_key_free(out);
		return TREC_E_MALFORMED;
	}
	memcpy((*out)->secret, secret, CRYPTO_KEY_LEN);
	return finish(*out, out);
}

const uint8_t *crypto_key_secret(const struct crypto_key *key)
{
	return key->secret;
}

void crypto_key_free(struct crypto_key **key)
{
	base_secret_free(*key, sizeof **key);
	*key = NULL;
}

/* The public half was made of the private one when the key came: no need to do that again. */
static int ed25519_load(const struct crypto_key *k, ed25519_key *key)
{
#ifdef HAVE_WC_ED25519_IMPORT_PRIVATE_KEY_EX
	return wc_ed25519_import_private_key_ex(k->secret, sizeof k->secret, k->raw,
						(word32)k->raw_len, key, 1);
#else
	return wc_ed25519_import_private_key(k->secret, sizeof k->secret, k->raw,
					     (word32)k->raw_len, key);
#endif
}

static trec_err ed25519_sign(void *ctx, struct trec_bytes message, uint8_t *sig, size_t cap,
			     size_t *sig_len)
{
	static const uint8_t none[1] = { 0 };
	const struct crypto_key *k = ctx;
	word32 n = CRYPTO_ED25519_SIG_LEN;
	ed25519_key key;

	*sig_len = 0;
	if (cap < CRYPTO_ED25519_SIG_LEN)
		return TREC_E_NO_SPACE;
	if (message.n > INT32_MAX)
		return TREC_E_TOO_LARGE;
	int ret = wc_ed25519_init(&key);

	if (ret != 0)
		return crypto_from_wolf(ret);
	ret = ed25519_load(k, &key);
	if (ret == 0)
		ret = wc_ed25519_sign_msg(message.n > 0 ? message.p : none, (word32)message.n,
					  sig, &n, &key);
	wc_ed25519_free(&key);
	trec_wipe(&key, sizeof key);
	crypto_burn_stack();
	if (ret != 0)
		trec_wipe(sig, CRYPTO_ED25519_SIG_LEN);
	else
		*sig_len = n;
	return crypto_from_wolf(ret);
}

/* wolfCrypt's generator, fed by the operating system and by env->random. */
static trec_err rng_start(const struct trec_env *env, WC_RNG *rng)
{
	uint8_t nonce[RNG_NONCE];
	trec_err err = crypto_random(env, nonce, sizeof nonce);

	if (err == TREC_OK) {
		int ret = wc_InitRngNonce(rng, nonce, sizeof nonce);

		err = ret == 0		? TREC_OK
		      : ret == MEMORY_E ? TREC_E_NO_MEMORY
					: TREC_E_RANDOM;
	}
	trec_wipe(nonce, sizeof nonce);
	return err;
}

static int ecdsa(const struct crypto_key *k, const uint8_t *digest, WC_RNG *rng, uint8_t *sig,
		 word32 *n)
{
	ecc_key key;
	int ret = wc_ecc_init(&key);

	if (ret != 0)
		return ret;
	ret = wc_ecc_import_private_key_ex(k->secret, sizeof k->secret, k->raw, (word32)k->raw_len,
					   &key, ECC_SECP256R1);
#ifdef ECC_TIMING_RESISTANT
	if (ret == 0)
		ret = wc_ecc_set_rng(&key, rng);
#endif
	crypto_forget_points();
	if (ret == 0)
		ret = wc_ecc_sign_hash(digest, CRYPTO_SHA256_LEN, sig, n, rng, &key);
	crypto_forget_points();
	(void)wc_ecc_free(&key);
	trec_wipe(&key, sizeof key);
	return ret;
}

static trec_err p256_sign_digest(void *ctx, const uint8_t digest[CRYPTO_SHA256_LEN], uint8_t *sig,
				 size_t cap, size_t *sig_len)
{
	const struct crypto_key *k = ctx;
	uint8_t raw[2 * CRYPTO_P256_SCALAR_LEN];
	uint8_t der[ECC_MAX_SIG_SIZE];
	word32 n = sizeof der;
	WC_RNG rng;

	*sig_len = 0;
	if (cap < TREC_SIG_MAX)
		return TREC_E_NO_SPACE;
	trec_err err = rng_start(k->env, &rng);

	if (err != TREC_OK)
		return err;
	err = crypto_from_wolf(ecdsa(k, digest, &rng, der, &n));
	(void)wc_FreeRng(&rng);
	trec_wipe(&rng, sizeof rng);
	crypto_burn_stack();
	if (err != TREC_OK)
		return err;
	base_declassify(der, n);
	/* One form whatever the version writes. */
	err = crypto_ecdsa_to_raw(trec_bytes(der, n), raw);
	if (err == TREC_OK)
		err = crypto_ecdsa_from_raw(raw, sig, sig_len);
	return err == TREC_E_MALFORMED ? TREC_E_CRYPTO : err;
}

static trec_err p256_sign(void *ctx, struct trec_bytes message, uint8_t *sig, size_t cap,
			  size_t *sig_len)
{
	uint8_t digest[CRYPTO_SHA256_LEN];
	trec_err err = crypto_sha256(message, digest);

	*sig_len = 0;
	return err == TREC_OK ? p256_sign_digest(ctx, digest, sig, cap, sig_len) : err;
}

void crypto_key_signer(struct crypto_key *key, struct trec_signer *out)
{
	memset(out, 0, sizeof *out);
	out->ctx = key;
	out->alg = key->alg;
	memcpy(out->spki, key->spki, key->spki_len);
	out->spki_len = key->spki_len;
	out->sign = key->alg == TREC_KEY_ED25519 ? ed25519_sign : p256_sign;
	out->sign_digest = key->alg == TREC_KEY_P256 ? p256_sign_digest : NULL;
}
