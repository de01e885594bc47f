/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256, HMAC (RFC 2104) and HKDF (RFC 5869) over wolfCrypt's SHA-256. */
#include <string.h>

#include "proto/crypto/wolf.h"

#include <wolfssl/wolfcrypt/hmac.h>

#define EXPAND_MAX ((size_t)255 * CRYPTO_SHA256_LEN)
#define CHUNK_MAX ((size_t)1 << 30) /* wolfCrypt counts in 32 bits */

_Static_assert(sizeof(wc_Sha256) <= sizeof(((struct crypto_sha256 *)0)->opaque),
	       "struct crypto_sha256 holds wolfCrypt's state");

static wc_Sha256 *state_of(struct crypto_sha256 *h)
{
	/* Aligned and long enough for it. NOLINTNEXTLINE(bugprone-casting-through-void) */
	return (wc_Sha256 *)(void *)h->opaque;
}

void crypto_sha256_start(struct crypto_sha256 *h)
{
	memset(h, 0, sizeof *h);
	h->failed = wc_InitSha256(state_of(h)) != 0;
}

void crypto_sha256_update(struct crypto_sha256 *h, struct trec_bytes in)
{
	while (in.n > 0 && !h->failed) {
		size_t n = in.n < CHUNK_MAX ? in.n : CHUNK_MAX;

		h->failed = wc_Sha256Update(state_of(h), in.p, (word32)n) != 0;
		in = trec_bytes(in.p + n, in.n - n);
	}
}

trec_err crypto_sha256_final(struct crypto_sha256 *h, uint8_t out[CRYPTO_SHA256_LEN])
{
	bool failed = h->failed || wc_Sha256Final(state_of(h), out) != 0;

	wc_Sha256Free(state_of(h));
	trec_wipe(h, sizeof *h);
	if (failed)
		trec_wipe(out, CRYPTO_SHA256_LEN);
	return failed ? TREC_E_CRYPTO : TREC_OK;
}

trec_err crypto_sha256_parts(const struct trec_bytes *parts, size_t n,
			     uint8_t out[CRYPTO_SHA256_LEN])
{
	struct crypto_sha256 h;

	crypto_sha256_start(&h);
	for (size_t i = 0; i < n; i++)
		crypto_sha256_update(&h, parts[i]);
	return crypto_sha256_final(&h, out);
}

trec_err crypto_sha256(struct trec_bytes in, uint8_t out[CRYPTO_SHA256_LEN])
{
	return crypto_sha256_parts(&in, 1, out);
}

trec_err crypto_hmac(struct trec_bytes key, const struct trec_bytes *parts, size_t n,
		     uint8_t out[CRYPTO_SHA256_LEN])
{
	static const uint8_t none[1] = { 0 };
	Hmac hmac;
	int ret = wc_HmacInit(&hmac, NULL, INVALID_DEVID);

	if (ret != 0)
		goto out;
	ret = wc_HmacSetKey(&hmac, WC_SHA256, key.n > 0 ? key.p : none, (word32)key.n);
	for (size_t i = 0; i < n && ret == 0; i++)
		if (parts[i].n > 0)
			ret = wc_HmacUpdate(&hmac, parts[i].p, (word32)parts[i].n);
	if (ret == 0)
		ret = wc_HmacFinal(&hmac, out);
	wc_HmacFree(&hmac);
out:
	trec_wipe(&hmac, sizeof hmac);
	crypto_burn_shallow();
	if (ret != 0)
		trec_wipe(out, CRYPTO_SHA256_LEN);
	return crypto_from_wolf(ret);
}

trec_err crypto_hkdf_extract(struct trec_bytes salt, struct trec_bytes ikm,
			     uint8_t prk[CRYPTO_SHA256_LEN])
{
	return crypto_hmac(salt, &ikm, 1, prk);
}

trec_err crypto_hkdf_expand(struct trec_bytes prk, struct trec_bytes info, uint8_t *out, size_t n)
{
	uint8_t t[CRYPTO_SHA256_LEN];
	size_t done = 0;
	trec_err err = TREC_OK;

	if (n > EXPAND_MAX) {
		memset(out, 0, n);
		return TREC_E_TOO_LARGE;
	}
	for (uint8_t i = 1; done < n && err == TREC_OK; i++) {
		struct trec_bytes parts[3] = { { t, i == 1 ? 0 : sizeof t }, info, { &i, 1 } };

		err = crypto_hmac(prk, parts, BASE_COUNT(parts), t);
		if (err != TREC_OK)
			break;
		size_t take = n - done < sizeof t ? n - done : sizeof t;

		memcpy(out + done, t, take);
		done += take;
	}
	trec_wipe(t, sizeof t);
	if (err != TREC_OK)
		trec_wipe(out, n);
	return err;
}
