/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: linked before proto/crypto it takes the place of the cipher in the power cut
 * test, which asks about the order of writes and opens millions of tables, and in the fast form of
 * the simulator. No cipher at all: a stream and a checksum that notice every change by accident.
 * Both also run with the real one, on less.
 */
#include <string.h>

#include "proto/crypto/crypto.h"

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static uint64_t fold(uint64_t h, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		uint64_t x = 0;

		memcpy(&x, p + i, n - i < 8 ? n - i : 8);
		h = (h ^ x) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return h;
}

static void stream(uint64_t h, const uint8_t *in, size_t n, uint8_t *out)
{
	for (size_t i = 0; i < n; i += 8) {
		size_t k = n - i < 8 ? n - i : 8;
		uint64_t x = 0;

		memcpy(&x, in + i, k);
		x ^= mix(h + i);
		memcpy(out + i, &x, k);
	}
}

static uint64_t start(const uint8_t *key, const uint8_t *nonce, struct trec_bytes aad)
{
	uint64_t h = fold(1, key, CRYPTO_KEY_LEN);

	h = fold(h, nonce, CRYPTO_NONCE_LEN);
	return mix(fold(h ^ aad.n, aad.p, aad.n));
}

static void tag_of(uint64_t h, const uint8_t *sealed, size_t n, uint8_t tag[CRYPTO_TAG_LEN])
{
	uint64_t t[2];

	t[0] = mix(fold(h ^ n, sealed, n));
	t[1] = mix(t[0] ^ h);
	memcpy(tag, t, CRYPTO_TAG_LEN);
}

trec_err crypto_aead_seal(const uint8_t key[CRYPTO_KEY_LEN], const uint8_t nonce[CRYPTO_NONCE_LEN],
			  struct trec_bytes aad, struct trec_bytes plain, uint8_t *out)
{
	uint64_t h = start(key, nonce, aad);

	stream(h, plain.p, plain.n, out);
	tag_of(h, out, plain.n, out + plain.n);
	return TREC_OK;
}

trec_err crypto_aead_open(const uint8_t key[CRYPTO_KEY_LEN], const uint8_t nonce[CRYPTO_NONCE_LEN],
			  struct trec_bytes aad, struct trec_bytes sealed, uint8_t *out)
{
	uint64_t h = start(key, nonce, aad);
	uint8_t tag[CRYPTO_TAG_LEN];

	if (sealed.n < CRYPTO_TAG_LEN)
		return TREC_E_MALFORMED;
	size_t n = sealed.n - CRYPTO_TAG_LEN;

	tag_of(h, sealed.p, n, tag);
	if (memcmp(tag, sealed.p + n, CRYPTO_TAG_LEN) != 0)
		return TREC_E_MALFORMED;
	stream(h, sealed.p, n, out);
	return TREC_OK;
}
