/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: P-256, scrypt and signatures take all the time of a pairing. In the stateful
 * targets these take their place (by --wrap, fuzz/local.mk): a group of 2^61 - 1 elements written
 * as 65 bytes, a hash for scrypt, a hash for signatures. The algebra holds, so that SPAKE2+ comes
 * to the same key on both sides with the right PIN and only then; nothing is secret.
 */
#include "fuzz/standin.h"

#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"

#define ORDER ((UINT64_C(1) << 61) - 1) /* a prime */
#define POINT CRYPTO_P256_POINT_LEN
#define SCALAR CRYPTO_P256_SCALAR_LEN

/* Each with the type of what it stands in for. */
#define STANDIN(name) __typeof__(name) __wrap_##name
STANDIN(crypto_p256_check);
STANDIN(crypto_p256_check_secret);
STANDIN(crypto_p256_mul);
STANDIN(crypto_p256_mul_base);
STANDIN(crypto_p256_mul_split);
STANDIN(crypto_p256_mul_base_split);
STANDIN(crypto_p256_add);
STANDIN(crypto_p256_sub);
STANDIN(crypto_p256_scalar_reduce);
STANDIN(crypto_scrypt);
STANDIN(crypto_key_signer);
STANDIN(crypto_verify);
STANDIN(crypto_burn_stack);
__typeof__(crypto_key_signer) __real_crypto_key_signer;
trec_err __wrap_crypto_self_test(void);
trec_err __wrap_pake_ready(void);

uint64_t standin_hash(uint64_t h, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		uint64_t x = 0;

		memcpy(&x, p + i, n - i < 8 ? n - i : 8);
		h = standin_mix((h ^ x) * 0x9e3779b97f4a7c15u + 1);
	}
	return standin_mix(h ^ n);
}

/* ---- the group --------------------------------------------------------------------------- */

static uint64_t times(uint64_t a, uint64_t b)
{
	return (uint64_t)((unsigned __int128)a * b % ORDER);
}

static uint64_t scalar(const uint8_t k[SCALAR])
{
	uint64_t v = 0;

	for (size_t i = 0; i < SCALAR; i += 8)
		v = (uint64_t)((((unsigned __int128)v << 64) | base_get64(k + i)) % ORDER);
	return v != 0 ? v : 1;
}

static void write_point(uint64_t v, uint8_t out[POINT])
{
	memset(out, 0, POINT);
	out[0] = 0x04;
	base_put64(out + 1, v);
	base_put64(out + 33, standin_mix(v));
}

/* M and N are points of the real curve: any bytes of that length are some element here. */
static uint64_t read_point(const uint8_t p[POINT])
{
	uint64_t v = base_get64(p + 1);

	if (__wrap_crypto_p256_check(trec_bytes(p, POINT)) != TREC_OK)
		v = standin_hash(1, p, POINT) % ORDER;
	return v != 0 ? v : 1;
}

trec_err __wrap_crypto_p256_check(struct trec_bytes point)
{
	uint8_t want[POINT];

	if (point.n != POINT)
		return TREC_E_MALFORMED;
	uint64_t v = base_get64(point.p + 1);

	if (v == 0 || v >= ORDER)
		return TREC_E_MALFORMED;
	write_point(v, want);
	return base_equal_ct(want, point.p, POINT) ? TREC_OK : TREC_E_MALFORMED;
}

trec_err __wrap_crypto_p256_check_secret(const struct trec_env *env, const uint8_t *point)
{
	(void)env;
	return __wrap_crypto_p256_check(trec_bytes(point, POINT));
}

trec_err __wrap_crypto_p256_mul(const struct trec_env *env, const uint8_t *k, const uint8_t *point,
				uint8_t *out)
{
	(void)env;
	write_point(times(scalar(k), read_point(point)), out);
	return TREC_OK;
}

trec_err __wrap_crypto_p256_mul_base(const struct trec_env *env, const uint8_t *k, uint8_t *out)
{
	(void)env;
	write_point(scalar(k), out);
	return TREC_OK;
}

trec_err __wrap_crypto_p256_mul_split(const struct trec_env *env, const uint8_t *k,
				      const uint8_t *point, uint8_t *out)
{
	return __wrap_crypto_p256_mul(env, k, point, out);
}

trec_err __wrap_crypto_p256_mul_base_split(const struct trec_env *env, const uint8_t *k,
					   uint8_t *out)
{
	return __wrap_crypto_p256_mul_base(env, k, out);
}

trec_err __wrap_crypto_p256_scalar_reduce(struct trec_bytes wide, uint8_t *out)
{
	memset(out, 0, SCALAR);
	base_put64(out + SCALAR - 8, standin_hash(4, wide.p, wide.n) % (ORDER - 1) + 1);
	return TREC_OK;
}

/* The point at infinity has no bytes; as in the product, meeting it is an error. */
static trec_err write_sum(uint64_t v, uint8_t *out)
{
	if (v % ORDER == 0)
		return TREC_E_MALFORMED;
	write_point(v % ORDER, out);
	return TREC_OK;
}

trec_err __wrap_crypto_p256_add(const struct trec_env *env, const uint8_t *a, const uint8_t *b,
				uint8_t *out)
{
	(void)env;
	return write_sum(read_point(a) + read_point(b), out);
}

trec_err __wrap_crypto_p256_sub(const struct trec_env *env, const uint8_t *a, const uint8_t *b,
				uint8_t *out)
{
	(void)env;
	return write_sum(read_point(a) + ORDER - read_point(b), out);
}

/* ---- stretching and signing -------------------------------------------------------------- */

trec_err __wrap_crypto_scrypt(const struct trec_env *env, const struct crypto_scrypt *s,
			      struct trec_bytes secret, struct trec_bytes salt, uint8_t *out,
			      size_t n)
{
	uint64_t h = standin_hash(s->log_n, secret.p, secret.n);

	if (!crypto_scrypt_acceptable(env, s))
		return TREC_E_MALFORMED;
	h = standin_hash(h, salt.p, salt.n);
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(h = standin_mix(h + i));
	return TREC_OK;
}

static void signature(struct trec_bytes spki, struct trec_bytes message, uint8_t out[64])
{
	uint64_t h = standin_hash(standin_hash(3, spki.p, spki.n), message.p, message.n);

	for (size_t i = 0; i < 64; i += 8)
		base_put64(out + i, h = standin_mix(h + 1));
}

/* Signers of this process, by their keys. */
static struct {
	struct trec_bytes spki;
	uint8_t bytes[TREC_SPKI_MAX];
} keys[16];

static trec_err sign(void *ctx, struct trec_bytes message, uint8_t *out, size_t cap, size_t *n)
{
	struct trec_bytes *spki = ctx;

	*n = 0;
	if (cap < 64)
		return TREC_E_NO_SPACE;
	signature(*spki, message, out);
	*n = 64;
	return TREC_OK;
}

void __wrap_crypto_key_signer(struct crypto_key *key, struct trec_signer *out)
{
	static size_t next;
	size_t i = next++ % BASE_COUNT(keys);

	__real_crypto_key_signer(key, out);
	memcpy(keys[i].bytes, out->spki, out->spki_len);
	keys[i].spki = trec_bytes(keys[i].bytes, out->spki_len);
	out->ctx = &keys[i].spki;
	out->sign = sign;
}

trec_err __wrap_crypto_verify(struct trec_bytes spki, struct trec_bytes message,
			      struct trec_bytes sig)
{
	uint8_t want[64];

	if (sig.n != sizeof want)
		return TREC_E_MALFORMED;
	signature(spki, message, want);
	return base_equal_ct(want, sig.p, sizeof want) ? TREC_OK : TREC_E_MALFORMED;
}

void __wrap_crypto_burn_stack(void)
{
}

/* Known answers of the real curve do not hold here. */
trec_err __wrap_crypto_self_test(void)
{
	return TREC_OK;
}

trec_err __wrap_pake_ready(void)
{
	return TREC_OK;
}
