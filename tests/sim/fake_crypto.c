/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: linked before proto/crypto it takes the place of everything there that costs
 * time, so that a whole life of two devices is a fraction of a millisecond and the product's own
 * SPAKE2+, key schedule, authenticators, statements, records and store run unchanged on top. No
 * cryptography at all: hashes that notice every change by accident, signatures that whoever reads
 * this file can forge, a group of 61 bits. Nobody in the simulator tries to.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/pake/transcript.h"
#include "tests/sim/fake.h"

#define KEY_RAW 32
#define GROUP ((uint64_t)0x1fffffffffffffff) /* 2^61 - 1, a prime */

/* ---- one mixing function for all -------------------------------------------------------- */

struct toy {
	uint64_t a, b, n;
	uint64_t part; /* bytes that are not a word yet */
	unsigned parts;
};

static struct toy *toy_of(struct crypto_sha256 *h)
{
	return (struct toy *)(void *)h->opaque;
}

uint64_t fake_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static void word(struct toy *t, uint64_t x)
{
	t->a = (t->a ^ x) * 0x9e3779b97f4a7c15ULL;
	t->a ^= t->a >> 29;
	t->b = (t->b << 23 | t->b >> 41) + t->a;
}

static void take(struct toy *t, const uint8_t *p, size_t n)
{
	t->n += n;
	while (n > 0 && t->parts > 0) {
		t->part |= (uint64_t)*p++ << (8 * t->parts++);
		n--;
		if (t->parts == 8) {
			word(t, t->part);
			t->part = t->parts = 0;
		}
	}
	for (; n >= 8; n -= 8, p += 8) {
		uint64_t x;

		memcpy(&x, p, 8);
		word(t, x);
	}
	while (n-- > 0)
		t->part |= (uint64_t)*p++ << (8 * t->parts++);
}

static void give(struct toy *t, uint8_t out[32])
{
	uint64_t w[4];

	word(t, t->part);
	word(t, t->n);
	for (unsigned i = 0; i < 4; i++)
		w[i] = fake_mix(t->a + i * 0x9e3779b97f4a7c15ULL) ^ fake_mix(t->b ^ i);
	memcpy(out, w, 32);
}

void fake_hash(const struct trec_bytes *parts, size_t n, uint8_t out[32])
{
	struct toy t = { .a = 1, .b = n };

	for (size_t i = 0; i < n; i++)
		take(&t, parts[i].p, parts[i].n);
	give(&t, out);
}

static uint64_t number(const struct trec_bytes *parts, size_t n)
{
	uint8_t h[32];
	uint64_t x;

	fake_hash(parts, n, h);
	memcpy(&x, h, 8);
	return x;
}

/* ---- life ------------------------------------------------------------------------------- */

/* clang-format off */
trec_err crypto_init(void) { return TREC_OK; }
void crypto_done(void) { }
void crypto_burn_stack(void) { }
/* The vectors of RFC 9383 do not hold in this group. */
trec_err pake_ready(void) { return TREC_OK; }
/* clang-format on */

/* ---- hashes ----------------------------------------------------------------------------- */

void crypto_sha256_start(struct crypto_sha256 *h)
{
	*toy_of(h) = (struct toy){ .a = 1, .b = 1 };
	h->failed = false;
}

void crypto_sha256_update(struct crypto_sha256 *h, struct trec_bytes in)
{
	take(toy_of(h), in.p, in.n);
}

trec_err crypto_sha256_final(struct crypto_sha256 *h, uint8_t out[CRYPTO_SHA256_LEN])
{
	give(toy_of(h), out);
	return TREC_OK;
}

/* As the real one: parts say nothing about where they were cut. */
trec_err crypto_sha256_parts(const struct trec_bytes *parts, size_t n,
			     uint8_t out[CRYPTO_SHA256_LEN])
{
	struct toy t = { .a = 1, .b = 1 };

	for (size_t i = 0; i < n; i++)
		take(&t, parts[i].p, parts[i].n);
	give(&t, out);
	return TREC_OK;
}

trec_err crypto_sha256(struct trec_bytes in, uint8_t out[CRYPTO_SHA256_LEN])
{
	return crypto_sha256_parts(&in, 1, out);
}

trec_err crypto_hmac(struct trec_bytes key, const struct trec_bytes *parts, size_t n,
		     uint8_t out[CRYPTO_SHA256_LEN])
{
	struct toy t = { .a = 2, .b = key.n };

	take(&t, key.p, key.n);
	word(&t, 0x36);
	for (size_t i = 0; i < n; i++)
		take(&t, parts[i].p, parts[i].n);
	give(&t, out);
	return TREC_OK;
}

trec_err crypto_hkdf_extract(struct trec_bytes salt, struct trec_bytes ikm,
			     uint8_t prk[CRYPTO_SHA256_LEN])
{
	return crypto_hmac(salt, &ikm, 1, prk);
}

trec_err crypto_hkdf_expand(struct trec_bytes prk, struct trec_bytes info, uint8_t *out, size_t n)
{
	for (size_t at = 0; at < n; at += 32) {
		uint8_t count = (uint8_t)(at / 32);
		struct trec_bytes parts[2] = { info, { &count, 1 } };
		uint8_t h[32];
		trec_err err = crypto_hmac(prk, parts, 2, h);

		if (err != TREC_OK)
			return err;
		memcpy(out + at, h, n - at < 32 ? n - at : 32);
	}
	return TREC_OK;
}

/* ---- scrypt, AEAD ----------------------------------------------------------------------- */

struct crypto_scrypt crypto_scrypt_default(const struct trec_env *env)
{
	(void)env;
	return (struct crypto_scrypt){ 15, 8, 1 };
}

bool crypto_scrypt_acceptable(const struct trec_env *env, const struct crypto_scrypt *s)
{
	(void)env;
	return s->log_n >= 14 && s->log_n <= 17 && s->r == 8 && s->p == 1;
}

trec_err crypto_scrypt(const struct trec_env *env, const struct crypto_scrypt *s,
		       struct trec_bytes secret, struct trec_bytes salt, uint8_t *out, size_t n)
{
	if (!crypto_scrypt_acceptable(env, s))
		return TREC_E_MALFORMED;
	return crypto_hkdf_expand(secret, salt, out, n);
}

/* ---- keys: the public one is a hash of the secret, a signature a hash of public and message  */

static const uint8_t spki_head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
				     0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };

struct crypto_key {
	const struct trec_env *env;
	uint8_t secret[CRYPTO_KEY_LEN];
	uint8_t raw[KEY_RAW];
};

struct trec_bytes crypto_spki_raw(struct trec_bytes spki)
{
	if (spki.n != sizeof(spki_head) + KEY_RAW || memcmp(spki.p, spki_head, 12) != 0)
		return trec_bytes(NULL, 0);
	return trec_bytes(spki.p + sizeof(spki_head), KEY_RAW);
}

trec_err crypto_spki_make(trec_key_alg alg, struct trec_bytes raw, uint8_t out[TREC_SPKI_MAX],
			  size_t *n)
{
	*n = 0;
	if (alg != TREC_KEY_ED25519 || raw.n != KEY_RAW)
		return TREC_E_MALFORMED;
	memcpy(out, spki_head, sizeof(spki_head));
	memcpy(out + sizeof(spki_head), raw.p, KEY_RAW);
	*n = sizeof(spki_head) + KEY_RAW;
	return TREC_OK;
}

trec_err crypto_spki_check(struct trec_bytes spki, trec_key_alg *alg, struct trec_id *id)
{
	struct trec_id hash = { 0 };
	bool fine = crypto_spki_raw(spki).n == KEY_RAW;
	trec_err err = fine ? crypto_sha256(spki, hash.b) : TREC_E_MALFORMED;

	if (alg != NULL)
		*alg = fine ? TREC_KEY_ED25519 : (trec_key_alg)0;
	if (id != NULL)
		*id = hash;
	return err;
}

static void signature(const uint8_t raw[KEY_RAW], struct trec_bytes message, uint8_t sig[64])
{
	struct trec_bytes parts[3] = { { (const uint8_t *)"sig", 3 }, { raw, KEY_RAW }, message };

	fake_hash(parts, 3, sig);
	fake_hash(&(struct trec_bytes){ sig, 32 }, 1, sig + 32);
}

static trec_err sign(void *ctx, struct trec_bytes message, uint8_t *sig, size_t cap, size_t *n)
{
	const struct crypto_key *k = ctx;

	*n = 0;
	if (cap < CRYPTO_ED25519_SIG_LEN)
		return TREC_E_NO_SPACE;
	signature(k->raw, message, sig);
	*n = CRYPTO_ED25519_SIG_LEN;
	return TREC_OK;
}

trec_err crypto_verify(struct trec_bytes spki, struct trec_bytes message, struct trec_bytes sig)
{
	struct trec_bytes raw = crypto_spki_raw(spki);
	uint8_t want[64];

	if (raw.n != KEY_RAW || sig.n != sizeof(want))
		return TREC_E_MALFORMED;
	signature(raw.p, message, want);
	return memcmp(want, sig.p, sizeof(want)) == 0 ? TREC_OK : TREC_E_MALFORMED;
}

trec_err crypto_verify_digest(struct trec_bytes spki, const uint8_t digest[CRYPTO_SHA256_LEN],
			      struct trec_bytes sig)
{
	(void)spki;
	(void)sig;
	return digest == NULL ? TREC_E_USAGE : TREC_E_MALFORMED;
}

trec_err crypto_ecdsa_to_raw(struct trec_bytes der, uint8_t raw[64])
{
	(void)der;
	return raw == NULL ? TREC_E_USAGE : TREC_E_MALFORMED;
}

trec_err crypto_ecdsa_from_raw(const uint8_t raw[64], uint8_t der[TREC_SIG_MAX], size_t *n)
{
	*n = 0;
	return raw == NULL || der == NULL ? TREC_E_USAGE : TREC_E_MALFORMED;
}

trec_err crypto_key_import(const struct trec_env *env, trec_key_alg alg,
			   const uint8_t secret[CRYPTO_KEY_LEN], struct crypto_key **out)
{
	struct crypto_key *k = alg == TREC_KEY_ED25519 ? base_secret_alloc(sizeof(*k)) : NULL;

	*out = k;
	if (k == NULL)
		return TREC_E_NO_MEMORY;
	k->env = env;
	memcpy(k->secret, secret, sizeof(k->secret));
	fake_hash(&(struct trec_bytes){ secret, CRYPTO_KEY_LEN }, 1, k->raw);
	return TREC_OK;
}

trec_err crypto_key_generate(const struct trec_env *env, trec_key_alg alg, struct crypto_key **out)
{
	uint8_t secret[CRYPTO_KEY_LEN];
	trec_err err = crypto_random(env, secret, sizeof(secret));

	*out = NULL;
	return err == TREC_OK ? crypto_key_import(env, alg, secret, out) : err;
}

const uint8_t *crypto_key_secret(const struct crypto_key *key)
{
	return key->secret;
}

void crypto_key_signer(struct crypto_key *key, struct trec_signer *out)
{
	memset(out, 0, sizeof(*out));
	out->ctx = key;
	out->alg = TREC_KEY_ED25519;
	out->sign = sign;
	if (crypto_spki_make(TREC_KEY_ED25519, trec_bytes(key->raw, KEY_RAW), out->spki,
			     &out->spki_len) != TREC_OK)
		out->sign = NULL;
}

void crypto_key_free(struct crypto_key **key)
{
	base_secret_free(*key, sizeof(**key));
	*key = NULL;
}

/* ---- the group: numbers modulo 2^61 - 1 under addition ---------------------------------- */

const uint8_t crypto_p256_m[CRYPTO_P256_POINT_LEN] = { 0x04, 0x11, 0x7a, 0x3f, 0x52, 0x90 };
const uint8_t crypto_p256_n[CRYPTO_P256_POINT_LEN] = { 0x04, 0x0e, 0x61, 0x9d, 0x38, 0x47 };

static uint64_t point(const uint8_t p[CRYPTO_P256_POINT_LEN])
{
	return base_get64(p + 1);
}

static trec_err to_point(uint64_t x, uint8_t out[CRYPTO_P256_POINT_LEN])
{
	memset(out, 0, CRYPTO_P256_POINT_LEN);
	if (x == 0)
		return TREC_E_MALFORMED;
	out[0] = 0x04;
	base_put64(out + 1, x);
	return TREC_OK;
}

trec_err crypto_p256_check(struct trec_bytes p)
{
	uint8_t any = 0;

	if (p.n != CRYPTO_P256_POINT_LEN || p.p[0] != 0x04)
		return TREC_E_MALFORMED;
	for (size_t i = 9; i < p.n; i++)
		any |= p.p[i];
	return any == 0 && point(p.p) > 0 && point(p.p) < GROUP ? TREC_OK : TREC_E_MALFORMED;
}

trec_err crypto_p256_check_secret(const struct trec_env *env,
				  const uint8_t p[CRYPTO_P256_POINT_LEN])
{
	(void)env;
	return crypto_p256_check(trec_bytes(p, CRYPTO_P256_POINT_LEN));
}

static uint64_t times(uint64_t a, uint64_t b)
{
	return (uint64_t)((unsigned __int128)a * b % GROUP);
}

static uint64_t scalar(const uint8_t k[CRYPTO_P256_SCALAR_LEN])
{
	return base_get64(k + CRYPTO_P256_SCALAR_LEN - 8);
}

trec_err crypto_p256_mul(const struct trec_env *env, const uint8_t k[CRYPTO_P256_SCALAR_LEN],
			 const uint8_t p[CRYPTO_P256_POINT_LEN], uint8_t out[CRYPTO_P256_POINT_LEN])
{
	(void)env;
	return to_point(times(scalar(k), point(p)), out);
}

trec_err crypto_p256_mul_base(const struct trec_env *env, const uint8_t k[CRYPTO_P256_SCALAR_LEN],
			      uint8_t out[CRYPTO_P256_POINT_LEN])
{
	(void)env;
	return to_point(times(scalar(k), 7), out);
}

trec_err crypto_p256_mul_split(const struct trec_env *env, const uint8_t k[CRYPTO_P256_SCALAR_LEN],
			       const uint8_t p[CRYPTO_P256_POINT_LEN],
			       uint8_t out[CRYPTO_P256_POINT_LEN])
{
	return crypto_p256_mul(env, k, p, out);
}

trec_err crypto_p256_mul_base_split(const struct trec_env *env,
				    const uint8_t k[CRYPTO_P256_SCALAR_LEN],
				    uint8_t out[CRYPTO_P256_POINT_LEN])
{
	return crypto_p256_mul_base(env, k, out);
}

trec_err crypto_p256_add(const struct trec_env *env, const uint8_t a[CRYPTO_P256_POINT_LEN],
			 const uint8_t b[CRYPTO_P256_POINT_LEN], uint8_t out[CRYPTO_P256_POINT_LEN])
{
	(void)env;
	return to_point((point(a) + point(b)) % GROUP, out);
}

trec_err crypto_p256_sub(const struct trec_env *env, const uint8_t a[CRYPTO_P256_POINT_LEN],
			 const uint8_t b[CRYPTO_P256_POINT_LEN], uint8_t out[CRYPTO_P256_POINT_LEN])
{
	(void)env;
	return to_point((point(a) + GROUP - point(b)) % GROUP, out);
}

static trec_err to_scalar(uint64_t x, uint8_t out[CRYPTO_P256_SCALAR_LEN])
{
	memset(out, 0, CRYPTO_P256_SCALAR_LEN);
	base_put64(out + CRYPTO_P256_SCALAR_LEN - 8, 1 + x % (GROUP - 1));
	return TREC_OK;
}

trec_err crypto_p256_scalar_random(const struct trec_env *env, uint8_t out[CRYPTO_P256_SCALAR_LEN])
{
	trec_err err = crypto_random(env, out, CRYPTO_P256_SCALAR_LEN);

	return err == TREC_OK ? to_scalar(base_get64(out), out) : err;
}

trec_err crypto_p256_scalar_reduce(struct trec_bytes wide, uint8_t out[CRYPTO_P256_SCALAR_LEN])
{
	return to_scalar(number(&wide, 1), out);
}
