/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a device is called in the protocol (docs/PROTOCOL.md, Identity): its
 * key, the id that is the hash of the key, the id's text form, and the one way to use a private
 * key that never leaves its owner.
 */
#ifndef TREC_IDENTITY_H
#define TREC_IDENTITY_H

#include <trec/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TREC_ID_LEN 32       /**< bytes of a device id: SHA-256 of the canonical SPKI */
#define TREC_ID_TEXT_LEN 54  /**< characters of its text form without dashes, NUL not counted */
#define TREC_ID_GROUPED_LEN 62 /**< the same in groups of six with dashes, NUL not counted */
#define TREC_NAME_MAX 64     /**< bytes of a device or peer name, UTF-8, NUL not counted */
#define TREC_SPKI_MAX 91     /**< bytes of the larger canonical SPKI (P-256) */
#define TREC_SIG_MAX 72      /**< bytes of the larger signature (P-256, DER) */
#define TREC_CERT_MAX 1024   /**< bytes of a certificate that is accepted, DER */

typedef enum trec_key_alg { TREC_KEY_ED25519 = 1, TREC_KEY_P256 = 2 } trec_key_alg;

struct trec_id {
	uint8_t b[TREC_ID_LEN];
};

/**
 * A private key in use. sign() makes one signature: for Ed25519 over the message itself
 * (64 bytes out), for P-256 over its SHA-256 (ECDSA, DER, at most TREC_SIG_MAX bytes). The
 * owner of the key implements it; whoever holds the struct borrows it. One thread at a time.
 */
struct trec_signer {
	void *ctx;
	trec_key_alg alg;
	uint8_t spki[TREC_SPKI_MAX]; /**< canonical SubjectPublicKeyInfo, DER */
	size_t spki_len;
	trec_err (*sign)(void *ctx, struct trec_bytes message, uint8_t *sig, size_t cap,
			 size_t *sig_len);
	/** P-256 only, else NULL: the same over a SHA-256 the caller made (TLS libraries do). */
	trec_err (*sign_digest)(void *ctx, const uint8_t digest[32], uint8_t *sig, size_t cap,
				size_t *sig_len);
};

/** Id to text: 54 characters of base32 with two check characters, and a NUL. */
TREC_API void trec_id_to_text(const struct trec_id *id, char out[TREC_ID_TEXT_LEN + 1]);
/** The same in nine groups of six, for people. */
TREC_API void trec_id_to_grouped(const struct trec_id *id, char out[TREC_ID_GROUPED_LEN + 1]);
/** Whether both are the same device's. Ids are public: the time it takes tells nothing. */
TREC_API bool trec_id_equal(const struct trec_id *a, const struct trec_id *b);
/** Text to id; case and dashes do not matter. TREC_E_MALFORMED: not an id, or mistyped. */
TREC_API TREC_MUST_USE trec_err trec_id_from_text(const char *text, struct trec_id *out);

#ifdef __cplusplus
}
#endif
#endif
