/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Public keys in their one canonical encoding (docs/PROTOCOL.md, Identity): an id is the hash of
 * these bytes, so a second encoding of the same key would be a second identity.
 */
#include <string.h>

#include "proto/crypto/wolf.h"

#define ED25519_RAW 32

/* RFC 8410 4 and RFC 5480 2.1.1.1, up to the key's first byte. */
static const uint8_t ed25519_head[] = {
	0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
};
static const uint8_t p256_head[] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
};

_Static_assert(sizeof ed25519_head + ED25519_RAW <= TREC_SPKI_MAX, "SPKI fits");
_Static_assert(sizeof p256_head + CRYPTO_P256_POINT_LEN == TREC_SPKI_MAX, "SPKI fits");

static bool starts(struct trec_bytes spki, const uint8_t *head, size_t n, size_t raw)
{
	return spki.n == n + raw && memcmp(spki.p, head, n) == 0;
}

struct trec_bytes crypto_spki_raw(struct trec_bytes spki)
{
	size_t n = 0;

	if (starts(spki, ed25519_head, sizeof ed25519_head, ED25519_RAW))
		n = sizeof ed25519_head;
	else if (starts(spki, p256_head, sizeof p256_head, CRYPTO_P256_POINT_LEN))
		n = sizeof p256_head;
	else
		return trec_bytes(NULL, 0);
	return trec_bytes(spki.p + n, spki.n - n);
}

trec_err crypto_spki_make(trec_key_alg alg, struct trec_bytes raw, uint8_t out[TREC_SPKI_MAX],
			  size_t *n)
{
	const uint8_t *head = alg == TREC_KEY_ED25519 ? ed25519_head : p256_head;
	size_t head_len = alg == TREC_KEY_ED25519 ? sizeof ed25519_head : sizeof p256_head;
	size_t want = alg == TREC_KEY_ED25519 ? ED25519_RAW : CRYPTO_P256_POINT_LEN;

	*n = 0;
	memset(out, 0, TREC_SPKI_MAX);
	if (raw.n != want)
		return TREC_E_MALFORMED;
	memcpy(out, head, head_len);
	memcpy(out + head_len, raw.p, want);
	*n = head_len + want;
	return TREC_OK;
}

/*
 * y of the points whose order divides 8, little-endian, sign bit clear: 0 (order 4), 1, p - 1,
 * and the two of order 8. The values p and p + 1 are not canonical.
 */
static const uint8_t small_order_y[][ED25519_RAW] = {
	{ 0 },
	{ 1 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
	  0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
	  0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
	  0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
	  0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
};

/* y < 2^255 - 19. */
static bool ed25519_canonical(const uint8_t y[ED25519_RAW])
{
	if (y[31] != 0x7f || y[0] < 0xed)
		return true;
	for (size_t i = 1; i < 31; i++)
		if (y[i] != 0xff)
			return true;
	return false;
}

/* Not small order, for which anybody can sign, and the only encoding of its point, if of any. */
static bool ed25519_ok(struct trec_bytes raw)
{
	uint8_t y[ED25519_RAW];

	memcpy(y, raw.p, sizeof y);
	y[31] &= 0x7f;
	for (size_t i = 0; i < BASE_COUNT(small_order_y); i++)
		if (memcmp(y, small_order_y[i], sizeof y) == 0)
			return false;
	return ed25519_canonical(y);
}

trec_err crypto_spki_check(struct trec_bytes spki, trec_key_alg *alg, struct trec_id *id)
{
	struct trec_bytes raw = crypto_spki_raw(spki);
	struct trec_id hash = { 0 };
	trec_err err = TREC_E_MALFORMED;

	if (raw.n == ED25519_RAW)
		err = ed25519_ok(raw) ? TREC_OK : TREC_E_MALFORMED;
	else if (raw.n == CRYPTO_P256_POINT_LEN)
		err = crypto_p256_check(raw);
	if (err == TREC_OK)
		err = crypto_sha256(spki, hash.b);
	if (id != NULL)
		*id = hash;
	if (alg != NULL)
		*alg = err != TREC_OK	     ? (trec_key_alg)0
		       : raw.n == ED25519_RAW ? TREC_KEY_ED25519
					      : TREC_KEY_P256;
	return err;
}
