/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: from what two people share, a PIN or a code, to a key that only both devices
 * have, and from that key to what the channel needs. SPAKE2+ (RFC 9383) in its suite
 * P256-SHA256-HKDF-SHA256-HMAC-SHA256, and the key schedule of docs/PROTOCOL.md, "From secret to
 * channel". The initiator is the prover.
 *
 * Objects live in the secret arena, are used by one thread at a time and wipe themselves when a
 * call fails: after an error only the free function may be called. All errors of crypto.h
 * (TREC_E_CRYPTO, TREC_E_NO_MEMORY, TREC_E_RANDOM) can come from every fallible call; only
 * others are named below. crypto_init must have been called.
 */
#ifndef TREC_PAKE_H
#define TREC_PAKE_H

#include "proto/crypto/crypto.h"

#define PAKE_SHARE_LEN 65
#define PAKE_CONFIRM_LEN 32
#define PAKE_KEY_LEN 32
#define PAKE_SALT_LEN 16
#define PAKE_SUITE_P256_SHA256 1    /* the number in pair_request and pair_params */
#define PAKE_PSK_IDENTITY_MAX 64    /* "trec1." and 43 characters, NUL not counted */
#define PAKE_COMMITMENT_LEN 16
#define PAKE_CODE_SECRET_MIN 16
#define PAKE_CODE_SECRET_MAX 32

/* The number in pair_request. */
enum pake_method { PAKE_RANDOM_PIN = 0, PAKE_PRESET_PIN = 1, PAKE_CODE = 2 };

/*
 * Runs the whole RFC 9383 vector through prover and verifier. The first object or record made in
 * a process calls it, and is not made if it fails: TREC_E_CRYPTO, this wolfSSL must not be used.
 */
TREC_MUST_USE trec_err pake_self_test(void);

/* ---- PIN: registration ------------------------------------------------------------------- */

/* How a PIN was stretched; goes over the wire in pair_params. */
struct pake_params {
	struct crypto_scrypt scrypt;
	uint8_t salt[PAKE_SALT_LEN];
};

/*
 * RFC 9383's identities. The protocol leaves both empty (NULL stands for that): the certificates
 * are bound after the channel stands.
 */
struct pake_ids {
	struct trec_bytes prover;
	struct trec_bytes verifier;
};

/*
 * What the responder keeps instead of the PIN: enough to answer, not enough to act as prover
 * without the work of guessing. Secret: keep it in the arena or sealed. Online no PIN-derived
 * scalar is multiplied, therefore the two products.
 */
struct pake_record {
	struct pake_params params;
	uint8_t w0[CRYPTO_P256_SCALAR_LEN];
	uint8_t l[PAKE_SHARE_LEN];   /* w1 * G */
	uint8_t w0m[PAKE_SHARE_LEN]; /* w0 * M */
	uint8_t w0n[PAKE_SHARE_LEN]; /* w0 * N */
};

/* A PIN as people type it: CRYPTO_PIN_MIN to CRYPTO_PIN_MAX digits, nothing else. */
bool pake_pin_ok(struct trec_bytes pin);
/*
 * Makes a record from a PIN with a fresh salt and crypto_scrypt_default. Long computation (scrypt).
 * TREC_E_BAD_PIN.
 */
TREC_MUST_USE trec_err pake_record_make(const struct trec_env *env, struct trec_bytes pin,
					const struct pake_ids *ids, struct pake_record *out);
/*
 * Whether a record read back from a store can be used: costs, scalar and points in range.
 * TREC_E_MALFORMED.
 */
TREC_MUST_USE trec_err pake_record_check(const struct trec_env *env,
					 const struct pake_record *record);

/* ---- PIN: prover (initiator) ------------------------------------------------------------- */

struct pake_prover;

/* Draws x and computes x * G: worth doing before connecting. env is borrowed until the free. */
TREC_MUST_USE trec_err pake_prover_new(const struct trec_env *env, struct pake_prover **out);
/*
 * Stretches the PIN with the responder's params. Long computation (scrypt), any thread. ids is
 * borrowed until the free.
 * TREC_E_BAD_PIN; TREC_E_MALFORMED: params out of bounds, nothing was computed.
 */
TREC_MUST_USE trec_err pake_prover_stretch(struct pake_prover *p, struct trec_bytes pin,
					   const struct pake_params *params,
					   const struct pake_ids *ids);
/* shareP = x*G + w0*M. TREC_E_STATE before pake_prover_stretch. */
TREC_MUST_USE trec_err pake_prover_share(struct pake_prover *p, uint8_t share[PAKE_SHARE_LEN]);
/*
 * Checks the responder's share and confirmation and makes ours. key: K_shared, caller's arena.
 * TREC_E_MALFORMED: share_v is no acceptable point. TREC_E_WRONG_PIN: confirm_v does not fit;
 * confirm_p and key are zeroed and nothing may be sent. TREC_E_STATE before the share.
 */
TREC_MUST_USE trec_err pake_prover_finish(struct pake_prover *p, struct trec_bytes context,
					  const uint8_t share_v[PAKE_SHARE_LEN],
					  const uint8_t confirm_v[PAKE_CONFIRM_LEN],
					  uint8_t confirm_p[PAKE_CONFIRM_LEN],
					  uint8_t key[PAKE_KEY_LEN]);
void pake_prover_free(struct pake_prover **p);

/* ---- PIN: verifier (responder) ----------------------------------------------------------- */

struct pake_verifier;

/* Draws y and computes y * G. One object per run, never reused. env is borrowed. */
TREC_MUST_USE trec_err pake_verifier_new(const struct trec_env *env, struct pake_verifier **out);
/*
 * Computes all that a reply with this record needs and that does not hang on the prover: shareV =
 * y*G + w0*N and V = y*L. Two of three multiplications, worth doing before anybody connects; any
 * thread. A reply does it where it was not done. TREC_E_STATE: called twice.
 */
TREC_MUST_USE trec_err pake_verifier_prepare(struct pake_verifier *v,
					     const struct pake_record *record);
/*
 * Answers a share. The attempt must be counted and synced before this is called: also a refusal
 * can tell the other side that a guess was right. TREC_E_MALFORMED: share_p is no acceptable
 * point. TREC_E_STATE: called twice. record, the one it was prepared with, is only read.
 */
TREC_MUST_USE trec_err pake_verifier_reply(struct pake_verifier *v,
					   const struct pake_record *record,
					   const struct pake_ids *ids, struct trec_bytes context,
					   const uint8_t share_p[PAKE_SHARE_LEN],
					   uint8_t share_v[PAKE_SHARE_LEN],
					   uint8_t confirm_v[PAKE_CONFIRM_LEN]);
/*
 * Checks the prover's confirmation, then hands out K_shared (caller's arena). TREC_E_WRONG_PIN.
 * TREC_E_STATE before the reply or a second time.
 */
TREC_MUST_USE trec_err pake_verifier_finish(struct pake_verifier *v,
					    const uint8_t confirm_p[PAKE_CONFIRM_LEN],
					    uint8_t key[PAKE_KEY_LEN]);
void pake_verifier_free(struct pake_verifier **v);

/* ---- code -------------------------------------------------------------------------------- */

/*
 * K(code) = HKDF-Extract(salt = "trec code", secret). TREC_E_BAD_CODE: secret is not 16 to 32
 * bytes.
 */
TREC_MUST_USE trec_err pake_code_key(struct trec_bytes secret, uint8_t key[PAKE_KEY_LEN]);
/* First 16 bytes of HMAC(secret, "trec id" || id): ties a code to its device's key. */
TREC_MUST_USE trec_err pake_code_commitment(struct trec_bytes secret, const struct trec_id *id,
					    uint8_t out[PAKE_COMMITMENT_LEN]);

/* ---- key schedule ------------------------------------------------------------------------ */

/* Context of SPAKE2+: "trec-pair-1" || T. */
#define PAKE_CONTEXT_LEN (11 + CRYPTO_SHA256_LEN)
void pake_context(const uint8_t transcript[CRYPTO_SHA256_LEN], uint8_t out[PAKE_CONTEXT_LEN]);

/* What the channel needs of one run. Secret: allocate with base_secret_alloc. */
struct pake_keys {
	uint8_t ipsk[PAKE_KEY_LEN];             /* the TLS external PSK, SHA-256 */
	uint8_t k_cc[PAKE_KEY_LEN];             /* key of channel_mac and channel_confirm */
	char identity[PAKE_PSK_IDENTITY_MAX];   /* NUL-ended, not secret */
};
/*
 * epsk = HKDF-Expand(K, "trec epsk"), K_cc = HKDF-Expand(K, "trec channel confirm"), then RFC
 * 9258's derivation with external identity "trec-pair-1", context "binder=ext" || method (one
 * byte) || "IR" || T, target TLS 1.3 and HKDF-SHA256. transcript: T, SHA-256 over pair_request and,
 * with a PIN, pair_params as they went over the wire.
 */
TREC_MUST_USE trec_err pake_keys_derive(const uint8_t key[PAKE_KEY_LEN], enum pake_method method,
					const uint8_t transcript[CRYPTO_SHA256_LEN],
					struct pake_keys *out);
/*
 * RFC 9258 alone: imported identity (SHA-256 of it goes to hash) and imported PSK. Apart for its
 * known answer.
 */
TREC_MUST_USE trec_err pake_import_psk(const uint8_t epsk[PAKE_KEY_LEN],
				       struct trec_bytes external_identity,
				       struct trec_bytes context,
				       uint8_t hash[CRYPTO_SHA256_LEN], uint8_t ipsk[PAKE_KEY_LEN]);

#endif
