/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ChaCha20-Poly1305 (RFC 8439) in one piece; an altered message leaves no plaintext behind. */
#include <string.h>

#include "proto/crypto/wolf.h"

#include <wolfssl/wolfcrypt/chacha20_poly1305.h>

static const uint8_t none[1] = { 0 };

/* wolfCrypt refuses NULL even where nothing is to be read. */
static const uint8_t *or_none(struct trec_bytes b)
{
	return b.n > 0 ? b.p : none;
}

static bool fits(struct trec_bytes aad, struct trec_bytes in)
{
	return aad.n <= INT32_MAX && in.n <= INT32_MAX;
}

trec_err crypto_aead_seal(const uint8_t key[CRYPTO_KEY_LEN], const uint8_t nonce[CRYPTO_NONCE_LEN],
			  struct trec_bytes aad, struct trec_bytes plain, uint8_t *out)
{
	if (!fits(aad, plain))
		return TREC_E_TOO_LARGE;
	int ret = wc_ChaCha20Poly1305_Encrypt(key, nonce, or_none(aad), (word32)aad.n,
					      or_none(plain), (word32)plain.n, out, out + plain.n);

	crypto_burn_stack();
	if (ret != 0)
		trec_wipe(out, plain.n + CRYPTO_TAG_LEN);
	return crypto_from_wolf(ret);
}

trec_err crypto_aead_open(const uint8_t key[CRYPTO_KEY_LEN], const uint8_t nonce[CRYPTO_NONCE_LEN],
			  struct trec_bytes aad, struct trec_bytes sealed, uint8_t *out)
{
	uint8_t nothing[1];

	if (sealed.n < CRYPTO_TAG_LEN)
		return TREC_E_MALFORMED;
	size_t n = sealed.n - CRYPTO_TAG_LEN;

	if (!fits(aad, sealed)) {
		trec_wipe(out, n);
		return TREC_E_TOO_LARGE;
	}
	int ret = wc_ChaCha20Poly1305_Decrypt(key, nonce, or_none(aad), (word32)aad.n, sealed.p,
					      (word32)n, sealed.p + n, n > 0 ? out : nothing);

	crypto_burn_stack();
	base_declassify(&ret, sizeof ret); /* authentic or not */
	if (ret != 0)
		trec_wipe(out, n);
	return ret == MAC_CMP_FAILED_E ? TREC_E_MALFORMED : crypto_from_wolf(ret);
}
