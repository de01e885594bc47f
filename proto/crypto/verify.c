/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verifying signatures, and ECDSA's two forms: DER (X.509, TLS) and r || s (COSE). */
#include <string.h>

#include "proto/crypto/der.h"
#include "proto/crypto/wolf.h"

#define HALF CRYPTO_P256_SCALAR_LEN

/* A positive, minimal INTEGER of at most 32 bytes. */
static bool read_half(struct crypto_der *d, uint8_t out[HALF])
{
	struct trec_bytes v = crypto_der_next(d, DER_INTEGER);

	if (v.n == 0 || v.p[0] >= 0x80)
		return false;
	if (v.p[0] == 0) {
		v = trec_bytes(v.p + 1, v.n - 1);
		if (v.n == 0 || v.p[0] < 0x80)
			return false;
	}
	if (v.n > HALF)
		return false;
	memcpy(out + HALF - v.n, v.p, v.n);
	return crypto_p256_scalar_ok(out);
}

trec_err crypto_ecdsa_to_raw(struct trec_bytes der, uint8_t raw[64])
{
	struct crypto_der outer = crypto_der_from(der);
	struct crypto_der seq = crypto_der_enter(&outer, DER_SEQUENCE);

	memset(raw, 0, (size_t)2 * HALF);
	if (read_half(&seq, raw) && read_half(&seq, raw + HALF) && crypto_der_end(&seq, NULL) &&
	    crypto_der_end(&outer, NULL))
		return TREC_OK;
	memset(raw, 0, (size_t)2 * HALF);
	return TREC_E_MALFORMED;
}

static void put_half(struct crypto_der_writer *w, const uint8_t v[HALF])
{
	static const uint8_t zero[1] = { 0 };
	size_t inner = crypto_der_size(w);
	size_t skip = 0;

	while (skip < HALF - 1 && v[skip] == 0)
		skip++;
	crypto_der_put(w, v + skip, HALF - skip);
	if (v[skip] >= 0x80)
		crypto_der_put(w, zero, 1);
	crypto_der_wrap(w, DER_INTEGER, inner);
}

trec_err crypto_ecdsa_from_raw(const uint8_t raw[64], uint8_t der[TREC_SIG_MAX], size_t *n)
{
	struct crypto_der_writer w = crypto_der_to(der, TREC_SIG_MAX);

	*n = 0;
	memset(der, 0, TREC_SIG_MAX);
	if (!crypto_p256_scalar_ok(raw) || !crypto_p256_scalar_ok(raw + HALF))
		return TREC_E_MALFORMED;
	put_half(&w, raw + HALF);
	put_half(&w, raw);
	crypto_der_wrap(&w, DER_SEQUENCE, 0);
	size_t len = crypto_der_size(&w);

	memmove(der, w.at, len);
	memset(der + len, 0, TREC_SIG_MAX - len);
	*n = len;
	return TREC_OK;
}

static trec_err verdict(int ret, int fits)
{
	if (crypto_from_wolf(ret) == TREC_E_NO_MEMORY)
		return TREC_E_NO_MEMORY;
	return ret == 0 && fits == 1 ? TREC_OK : TREC_E_MALFORMED;
}

static trec_err verify_p256(struct trec_bytes raw, const uint8_t *digest, struct trec_bytes sig)
{
	uint8_t halves[(size_t)2 * HALF];
	ecc_key key;
	int fits = 0;
	trec_err err = crypto_ecdsa_to_raw(sig, halves);

	if (err == TREC_OK)
		err = crypto_p256_check(raw);
	if (err != TREC_OK)
		return err;
	int ret = wc_ecc_init(&key);

	if (ret != 0)
		return crypto_from_wolf(ret);
	ret = wc_ecc_import_x963_ex(raw.p, (word32)raw.n, &key, ECC_SECP256R1);
	if (ret == 0)
		ret = wc_ecc_verify_hash(sig.p, (word32)sig.n, digest, CRYPTO_SHA256_LEN, &fits,
					 &key);
	(void)wc_ecc_free(&key);
	crypto_forget_points();
	return verdict(ret, fits);
}

static trec_err verify_ed25519(struct trec_bytes raw, struct trec_bytes message,
			       struct trec_bytes sig)
{
	static const uint8_t none[1] = { 0 };
	ed25519_key key;
	int fits = 0;

	if (sig.n != CRYPTO_ED25519_SIG_LEN || message.n > INT32_MAX)
		return TREC_E_MALFORMED;
	int ret = wc_ed25519_init(&key);

	if (ret != 0)
		return crypto_from_wolf(ret);
	ret = wc_ed25519_import_public(raw.p, (word32)raw.n, &key);
	if (ret == 0)
		ret = wc_ed25519_verify_msg(sig.p, (word32)sig.n,
					    message.n > 0 ? message.p : none, (word32)message.n,
					    &fits, &key);
	wc_ed25519_free(&key);
	return verdict(ret, fits);
}

trec_err crypto_verify_digest(struct trec_bytes spki, const uint8_t digest[CRYPTO_SHA256_LEN],
			      struct trec_bytes sig)
{
	struct trec_bytes raw = crypto_spki_raw(spki);

	return raw.n == CRYPTO_P256_POINT_LEN ? verify_p256(raw, digest, sig) : TREC_E_MALFORMED;
}

trec_err crypto_verify(struct trec_bytes spki, struct trec_bytes message, struct trec_bytes sig)
{
	struct trec_bytes raw = crypto_spki_raw(spki);
	uint8_t digest[CRYPTO_SHA256_LEN];

	if (raw.n == 0)
		return TREC_E_MALFORMED;
	if (raw.n != CRYPTO_P256_POINT_LEN)
		return verify_ed25519(raw, message, sig);
	trec_err err = crypto_sha256(message, digest);

	return err == TREC_OK ? verify_p256(raw, digest, sig) : err;
}
