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

/* The field's prime and d of RFC 8032 5.1, big-endian. */
static const uint8_t ed25519_p[ED25519_RAW] = {
	0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xed,
};
static const uint8_t ed25519_d[ED25519_RAW] = {
	0x52, 0x03, 0x6c, 0xee, 0x2b, 0x6f, 0xfe, 0x73, 0x8c, 0xc7, 0x40,
	0x79, 0x77, 0x79, 0xe8, 0x98, 0x00, 0x70, 0x0a, 0x4d, 0x41, 0x41,
	0xd8, 0xab, 0x75, 0xeb, 0x4d, 0xca, 0x13, 0x59, 0x78, 0xa3,
};

/*
 * y of the points whose order divides 8, little-endian, sign bit clear: 0 (order 4), 1, p - 1,
 * and the two of order 8. The values p and p + 1 are not canonical and refused before.
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

/* ---- on the curve? A public key is no secret, so time may depend on it. -------------------- */

#define WORDS 8 /* of 32 bits, least significant first */

struct number {
	uint32_t w[WORDS];
};

static struct number number_from(const uint8_t bytes[ED25519_RAW])
{
	struct number n;

	for (size_t i = 0; i < WORDS; i++) {
		const uint8_t *b = bytes + ED25519_RAW - 4 * (i + 1);

		n.w[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	}
	return n;
}

static bool number_is(const struct number *n, uint32_t small)
{
	uint32_t rest = n->w[0] ^ small;

	for (size_t i = 1; i < WORDS; i++)
		rest |= n->w[i];
	return rest == 0;
}

static bool number_less(const struct number *a, const struct number *b)
{
	for (size_t i = WORDS; i-- > 0;)
		if (a->w[i] != b->w[i])
			return a->w[i] < b->w[i];
	return false;
}

/* a -= b, a >= b. */
static void number_sub(struct number *a, const struct number *b)
{
	int64_t borrow = 0;

	for (size_t i = 0; i < WORDS; i++) {
		borrow += (int64_t)a->w[i] - b->w[i];
		a->w[i] = (uint32_t)borrow;
		borrow >>= 32;
	}
}

/* a >>= bits, 0 < bits < 32. */
static void number_shift(struct number *a, unsigned bits)
{
	for (size_t i = 0; i + 1 < WORDS; i++)
		a->w[i] = a->w[i] >> bits | a->w[i + 1] << (32 - bits);
	a->w[WORDS - 1] >>= bits;
}

/* Makes a odd, a != 0; how many factors of 2 it had. */
static unsigned number_halve(struct number *a)
{
	unsigned twos = 0;

	while ((a->w[0] & 1) == 0) {
		unsigned bits = a->w[0] == 0 ? 31 : (unsigned)__builtin_ctz(a->w[0]);

		number_shift(a, bits);
		twos += bits;
	}
	return twos;
}

/*
 * Whether a is a square other than 0 modulo the prime n, a < n: Jacobi's symbol by subtraction
 * and halving. (2/n) is -1 where n is 3 or 5 modulo 8; exchanging two odd numbers changes the
 * sign where both are 3 modulo 4.
 */
static bool is_square(struct number a, struct number n)
{
	bool minus = false;

	while (!number_is(&a, 0)) {
		uint32_t low = n.w[0] & 7;

		if (number_halve(&a) % 2 == 1 && (low == 3 || low == 5))
			minus = !minus;
		if (number_less(&a, &n)) {
			struct number t = a;

			a = n;
			n = t;
			if ((a.w[0] & 3) == 3 && (n.w[0] & 3) == 3)
				minus = !minus;
		}
		number_sub(&a, &n);
	}
	return number_is(&n, 1) && !minus;
}

/*
 * Whether some x has x^2 = (y^2 - 1) / (d y^2 + 1): whether the product of both is a square.
 * Older wolfSSL takes any 32 bytes as a public key and finds out while verifying.
 */
static int ed25519_on_curve(const uint8_t y_le[ED25519_RAW], bool *on_curve)
{
	struct {
		mp_int p, d, y, u, v;
	} w = { 0 };
	uint8_t y[ED25519_RAW];
	int ret = mp_init_multi(&w.p, &w.d, &w.y, &w.u, &w.v, NULL);

	for (size_t i = 0; i < sizeof y; i++)
		y[i] = y_le[sizeof y - 1 - i];
	if (ret == 0)
		ret = mp_read_unsigned_bin(&w.p, ed25519_p, sizeof ed25519_p);
	if (ret == 0)
		ret = mp_read_unsigned_bin(&w.d, ed25519_d, sizeof ed25519_d);
	if (ret == 0)
		ret = mp_read_unsigned_bin(&w.y, y, sizeof y);
	if (ret == 0)
		ret = mp_mulmod(&w.y, &w.y, &w.p, &w.u);
	if (ret == 0)
		ret = mp_mulmod(&w.u, &w.d, &w.p, &w.v);
	if (ret == 0)
		ret = mp_add_d(&w.v, 1, &w.v);
	if (ret == 0)
		ret = mp_sub_d(&w.u, 1, &w.u);
	if (ret == 0)
		ret = mp_mulmod(&w.u, &w.v, &w.p, &w.u);
	if (ret == 0)
		ret = mp_to_unsigned_bin_len(&w.u, y, sizeof y);
	*on_curve = ret == 0 && is_square(number_from(y), number_from(ed25519_p));
	return ret;
}

static trec_err ed25519_check(struct trec_bytes raw)
{
	uint8_t y[ED25519_RAW];
	bool on_curve = false;

	memcpy(y, raw.p, sizeof y);
	y[31] &= 0x7f;
	if (!ed25519_canonical(y))
		return TREC_E_MALFORMED;
	for (size_t i = 0; i < BASE_COUNT(small_order_y); i++)
		if (memcmp(y, small_order_y[i], sizeof y) == 0)
			return TREC_E_MALFORMED;
	trec_err err = crypto_from_wolf(ed25519_on_curve(y, &on_curve));

	return err != TREC_OK ? err : on_curve ? TREC_OK : TREC_E_MALFORMED;
}

trec_err crypto_spki_check(struct trec_bytes spki, trec_key_alg *alg, struct trec_id *id)
{
	struct trec_bytes raw = crypto_spki_raw(spki);
	struct trec_id hash = { 0 };
	trec_err err = TREC_E_MALFORMED;

	if (raw.n == ED25519_RAW)
		err = ed25519_check(raw);
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
