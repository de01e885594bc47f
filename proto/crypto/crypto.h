/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the one door to wolfCrypt. Above it nobody sees a wolfCrypt type, and every
 * function here wipes what it used, takes its random numbers from the environment and says what
 * failed. docs/PROTOCOL.md (Identity, Key schedule) says what the algorithms are used for.
 *
 * Conventions: numbers are big-endian; inputs are borrowed; outputs are caller memory and are
 * zeroed when a call fails. TREC_E_CRYPTO means wolfCrypt itself failed, TREC_E_NO_MEMORY that
 * it could not allocate, TREC_E_RANDOM that the generator failed and nothing was made. Nothing
 * blocks but crypto_scrypt (0.1 s and 32 MiB by default). Functions without an object may be
 * called from any thread between crypto_init and crypto_done.
 */
#ifndef TREC_CRYPTO_H
#define TREC_CRYPTO_H

#include <trec/env.h>
#include <trec/identity.h>

#define CRYPTO_SHA256_LEN 32
#define CRYPTO_KEY_LEN 32      /* AEAD, HMAC and HKDF keys made here; private keys too */
#define CRYPTO_NONCE_LEN 12
#define CRYPTO_TAG_LEN 16
#define CRYPTO_ED25519_SIG_LEN 64
#define CRYPTO_P256_POINT_LEN 65  /* 0x04 || x || y */
#define CRYPTO_P256_SCALAR_LEN 32
#define CRYPTO_PIN_MIN 6
#define CRYPTO_PIN_MAX 12
#define CRYPTO_CERT_NAME_MAX 16   /* bytes of the common name of a certificate made here */

/* ---- life -------------------------------------------------------------------------------- */

/*
 * Counted start of wolfSSL and wolfCrypt; the first one installs the wiping allocator, and the
 * first in the process runs the self test (hash, AEAD, signatures, the RFC 9383 group vector).
 * wolfSSL's allocator is global to the process: a program that uses wolfSSL itself and sets its
 * own allocators must do that before, and is overridden. The allocator is malloc with a wipe
 * before free, so memory that wolfSSL took before is still released correctly.
 * TREC_E_CRYPTO: the self test failed, this wolfSSL must not be used. TREC_E_NO_MEMORY.
 */
TREC_MUST_USE trec_err crypto_init(void);
/* Ends what one crypto_init began. */
void crypto_done(void);
/*
 * Fault injection for tests: while set, wolfSSL's every allocation asks gate(ctx), and fails on
 * false. NULL takes it away. Not thread-safe.
 */
void crypto_alloc_gate(bool (*gate)(void *ctx), void *ctx);
/*
 * Overwrites the part of this thread's stack that calls from here may have used: wolfCrypt
 * leaves copies of secrets in its frames. All functions of this header that touch secrets do it.
 */
void crypto_burn_stack(void);

/* ---- random numbers ---------------------------------------------------------------------- */

/* n bytes of env->random; on TREC_E_RANDOM out is zeroed. */
TREC_MUST_USE trec_err crypto_random(const struct trec_env *env, uint8_t *out, size_t n);
/*
 * Uniform PIN of that many digits and a NUL by rejection sampling (bytes from 250 up are thrown
 * away). digits: CRYPTO_PIN_MIN to CRYPTO_PIN_MAX, else TREC_E_BAD_PIN. TREC_E_RANDOM, also when
 * the generator returns nothing but rejected bytes.
 */
TREC_MUST_USE trec_err crypto_pin_draw(const struct trec_env *env, size_t digits,
				       char out[CRYPTO_PIN_MAX + 1]);

/* ---- hashes and derivation --------------------------------------------------------------- */

TREC_MUST_USE trec_err crypto_sha256(struct trec_bytes in, uint8_t out[CRYPTO_SHA256_LEN]);
/* SHA-256 of the concatenation of n parts. */
TREC_MUST_USE trec_err crypto_sha256_parts(const struct trec_bytes *parts, size_t n,
					   uint8_t out[CRYPTO_SHA256_LEN]);

/* Incremental SHA-256. Plain memory of the caller; end with crypto_sha256_final. */
struct crypto_sha256 {
	_Alignas(16) uint8_t opaque[512];
	bool failed;
};
void crypto_sha256_start(struct crypto_sha256 *h);
void crypto_sha256_update(struct crypto_sha256 *h, struct trec_bytes in);
/* Also reports what failed in between; wipes h. */
TREC_MUST_USE trec_err crypto_sha256_final(struct crypto_sha256 *h,
					   uint8_t out[CRYPTO_SHA256_LEN]);

/* RFC 2104 with SHA-256 over the concatenation of n parts. Compare with base_equal_ct. */
TREC_MUST_USE trec_err crypto_hmac(struct trec_bytes key, const struct trec_bytes *parts, size_t n,
				   uint8_t out[CRYPTO_SHA256_LEN]);
/* RFC 5869 with SHA-256. */
TREC_MUST_USE trec_err crypto_hkdf_extract(struct trec_bytes salt, struct trec_bytes ikm,
					   uint8_t prk[CRYPTO_SHA256_LEN]);
/* n at most 255 * 32, else TREC_E_TOO_LARGE. */
TREC_MUST_USE trec_err crypto_hkdf_expand(struct trec_bytes prk, struct trec_bytes info,
					  uint8_t *out, size_t n);

/* scrypt's costs (RFC 7914). */
struct crypto_scrypt {
	unsigned log_n; /* log2 N */
	unsigned r;
	unsigned p;
};
/* The costs to use for something new: (15, 8, 1), log_n not above env->scrypt_log_n_max. */
struct crypto_scrypt crypto_scrypt_default(const struct trec_env *env);
/*
 * Whether costs that somebody else chose are strong enough and affordable: log_n 14 to 17 (both
 * lowered to env->scrypt_log_n_max where that is set and smaller), r exactly 8, p exactly 1.
 */
bool crypto_scrypt_acceptable(const struct trec_env *env, const struct crypto_scrypt *s);
/*
 * Costs out of the bounds above: TREC_E_MALFORMED, without any work. TREC_E_NO_MEMORY.
 * out: at most 128 bytes.
 */
TREC_MUST_USE trec_err crypto_scrypt(const struct trec_env *env, const struct crypto_scrypt *s,
				     struct trec_bytes secret, struct trec_bytes salt, uint8_t *out,
				     size_t n);

/* ---- ChaCha20-Poly1305 (RFC 8439) -------------------------------------------------------- */

/* out: plain.n + CRYPTO_TAG_LEN bytes, not overlapping plain. */
TREC_MUST_USE trec_err crypto_aead_seal(const uint8_t key[CRYPTO_KEY_LEN],
					const uint8_t nonce[CRYPTO_NONCE_LEN],
					struct trec_bytes aad, struct trec_bytes plain,
					uint8_t *out);
/*
 * out: sealed.n - CRYPTO_TAG_LEN bytes, not overlapping sealed; written only if authentic.
 * TREC_E_MALFORMED: too short, altered, or another key, nonce or aad.
 */
TREC_MUST_USE trec_err crypto_aead_open(const uint8_t key[CRYPTO_KEY_LEN],
					const uint8_t nonce[CRYPTO_NONCE_LEN],
					struct trec_bytes aad, struct trec_bytes sealed,
					uint8_t *out);

/* ---- keys and signatures ----------------------------------------------------------------- */

/* A private key in the secret arena. The env it is made with is borrowed until the free. */
struct crypto_key;

/* A new key pair from env->random: Ed25519 seed, or P-256 scalar by rejection sampling. */
TREC_MUST_USE trec_err crypto_key_generate(const struct trec_env *env, trec_key_alg alg,
					   struct crypto_key **out);
/* From the Ed25519 seed or P-256 scalar. TREC_E_MALFORMED: not a private key of that kind. */
TREC_MUST_USE trec_err crypto_key_import(const struct trec_env *env, trec_key_alg alg,
					 const uint8_t secret[CRYPTO_KEY_LEN],
					 struct crypto_key **out);
/* The seed or scalar, to be sealed by the keystore; lives in the arena as long as the key. */
const uint8_t *crypto_key_secret(const struct crypto_key *key);
/*
 * A signer over key, which must outlive it. ECDSA nonces come from wolfCrypt's generator, seeded
 * by the operating system and a nonce of env->random; a failing env->random is TREC_E_RANDOM.
 */
void crypto_key_signer(struct crypto_key *key, struct trec_signer *out);
void crypto_key_free(struct crypto_key **key);

/*
 * Whether spki is the one canonical encoding of an acceptable public key, of which kind, and the
 * device id, its SHA-256. Ed25519: y < p, not of small order. P-256: named curve, uncompressed, on
 * the curve. Anything else, also the same key in another encoding, is TREC_E_MALFORMED. That an
 * Ed25519 key is on the curve shows with the first signature: no verification goes well otherwise,
 * and before one did no key counts. alg and id may be NULL.
 */
TREC_MUST_USE trec_err crypto_spki_check(struct trec_bytes spki, trec_key_alg *alg,
					 struct trec_id *id);
/* Canonical SPKI of a raw public key: 32 bytes, or 65 for P-256. Not checked. */
TREC_MUST_USE trec_err crypto_spki_make(trec_key_alg alg, struct trec_bytes raw,
					uint8_t out[TREC_SPKI_MAX], size_t *n);
/* The raw public key inside a canonical SPKI, borrowed. Empty if it is none. */
struct trec_bytes crypto_spki_raw(struct trec_bytes spki);

/*
 * Verifies one signature as trec_signer makes it: Ed25519 (RFC 8032) over the message, or ECDSA
 * with SHA-256, strict DER. spki must be canonical. TREC_E_MALFORMED: key or signature malformed
 * or the signature does not fit.
 */
TREC_MUST_USE trec_err crypto_verify(struct trec_bytes spki, struct trec_bytes message,
				     struct trec_bytes sig);
/* ECDSA only, over a SHA-256 digest made by the caller. */
TREC_MUST_USE trec_err crypto_verify_digest(struct trec_bytes spki,
					    const uint8_t digest[CRYPTO_SHA256_LEN],
					    struct trec_bytes sig);
/* ECDSA signature, strict DER, to r || s (COSE). TREC_E_MALFORMED. */
TREC_MUST_USE trec_err crypto_ecdsa_to_raw(struct trec_bytes der, uint8_t raw[64]);
/* r || s to DER of at most TREC_SIG_MAX bytes. TREC_E_MALFORMED: r or s is zero. */
TREC_MUST_USE trec_err crypto_ecdsa_from_raw(const uint8_t raw[64], uint8_t der[TREC_SIG_MAX],
					     size_t *n);

/* ---- certificates (docs/PROTOCOL.md, Identity) ------------------------------------------- */

/*
 * A self-signed certificate for the signer's key: X.509 v3, CA:false, EKU server and client
 * auth, without end, common name `name` (1 to CRYPTO_CERT_NAME_MAX bytes, printable ASCII; NULL:
 * "t"; strangers can read it). Random serial from env. cap: TREC_CERT_MAX is always enough.
 * TREC_E_BAD_NAME, TREC_E_NO_SPACE, TREC_E_RANDOM, or what the signer answers.
 */
TREC_MUST_USE trec_err crypto_cert_make(const struct trec_env *env,
					const struct trec_signer *signer, const char *name,
					uint8_t *out, size_t cap, size_t *n);

/* What a certificate says, borrowed from its bytes. */
struct crypto_cert {
	struct trec_bytes spki; /* canonical */
	trec_key_alg alg;
	struct trec_id id;
};
/*
 * Reads a peer's certificate: at most TREC_CERT_MAX bytes of DER, nothing left over at any level
 * that matters (names and dates are passed over unread), canonical SPKI, no unknown critical
 * extension, no CA, self-signature verified. TREC_E_TOO_LARGE, TREC_E_MALFORMED.
 */
TREC_MUST_USE trec_err crypto_cert_parse(struct trec_bytes der, struct crypto_cert *out);
/*
 * The same without the self-signature: for a certificate already known, or where the peer is about
 * to prove its key.
 */
TREC_MUST_USE trec_err crypto_cert_read(struct trec_bytes der, struct crypto_cert *out);

/* ---- P-256 group (RFC 9383; docs/ARCHITECTURE.md, SPAKE2+ arithmetic) --------------------- */
/*
 * Points are 65 bytes uncompressed, scalars 32 bytes. Every operation works on fresh random
 * Jacobian forms of its points, so neither wolfCrypt's cache of base points nor the values it
 * computes with repeat or can be recomputed for a guessed PIN.
 */

/* M and N of RFC 9383 4. */
extern const uint8_t crypto_p256_m[CRYPTO_P256_POINT_LEN];
extern const uint8_t crypto_p256_n[CRYPTO_P256_POINT_LEN];

/* 0x04, on the curve, not the point at infinity; else TREC_E_MALFORMED. */
TREC_MUST_USE trec_err crypto_p256_check(struct trec_bytes point);
/* The same for a point that is secret, on a random form of it, so that its time tells nothing. */
TREC_MUST_USE trec_err crypto_p256_check_secret(const struct trec_env *env,
						const uint8_t point[CRYPTO_P256_POINT_LEN]);
/*
 * out = k * point; k in 1..n-1, else TREC_E_MALFORMED. For this and the two below a point from
 * outside must have passed crypto_p256_check; it is not done again on secret points, where its
 * time could tell something. out may be an input.
 */
TREC_MUST_USE trec_err crypto_p256_mul(const struct trec_env *env,
				       const uint8_t k[CRYPTO_P256_SCALAR_LEN],
				       const uint8_t point[CRYPTO_P256_POINT_LEN],
				       uint8_t out[CRYPTO_P256_POINT_LEN]);
/* out = k * G. */
TREC_MUST_USE trec_err crypto_p256_mul_base(const struct trec_env *env,
					    const uint8_t k[CRYPTO_P256_SCALAR_LEN],
					    uint8_t out[CRYPTO_P256_POINT_LEN]);
/*
 * The same for a scalar that is worth guessing, as those of a PIN are: k is cut into two random
 * summands and the products added, because wolfCrypt's ladder still takes some 0.6 % more or less
 * with the pattern of the scalar's bits. Twice the time of the above.
 */
TREC_MUST_USE trec_err crypto_p256_mul_split(const struct trec_env *env,
					     const uint8_t k[CRYPTO_P256_SCALAR_LEN],
					     const uint8_t point[CRYPTO_P256_POINT_LEN],
					     uint8_t out[CRYPTO_P256_POINT_LEN]);
TREC_MUST_USE trec_err crypto_p256_mul_base_split(const struct trec_env *env,
						  const uint8_t k[CRYPTO_P256_SCALAR_LEN],
						  uint8_t out[CRYPTO_P256_POINT_LEN]);
/* out = a + b, or a - b. TREC_E_MALFORMED: the result is the point at infinity. */
TREC_MUST_USE trec_err crypto_p256_add(const struct trec_env *env,
				       const uint8_t a[CRYPTO_P256_POINT_LEN],
				       const uint8_t b[CRYPTO_P256_POINT_LEN],
				       uint8_t out[CRYPTO_P256_POINT_LEN]);
TREC_MUST_USE trec_err crypto_p256_sub(const struct trec_env *env,
				       const uint8_t a[CRYPTO_P256_POINT_LEN],
				       const uint8_t b[CRYPTO_P256_POINT_LEN],
				       uint8_t out[CRYPTO_P256_POINT_LEN]);
/* Uniform in 1..n-1 by rejection sampling: 32 bytes of env->random per try. */
TREC_MUST_USE trec_err crypto_p256_scalar_random(const struct trec_env *env,
						 uint8_t out[CRYPTO_P256_SCALAR_LEN]);
/* wide (33 to 64 bytes) mod n. TREC_E_CRYPTO if that is zero. */
TREC_MUST_USE trec_err crypto_p256_scalar_reduce(struct trec_bytes wide,
						 uint8_t out[CRYPTO_P256_SCALAR_LEN]);

#endif
