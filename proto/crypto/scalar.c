/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers modulo the order of P-256, in constant time: bytes and a carry, no wolfCrypt, whose
 * arithmetic takes a time that depends on the values.
 */
#include <string.h>

#include "proto/crypto/wolf.h"

#define LEN CRYPTO_P256_SCALAR_LEN
#define TRIES_MAX 64 /* each fails with 2^-32 */

const uint8_t crypto_p256_order[LEN] = {
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
	0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

/* All bits set if a < b, else 0, without a branch on the bytes. */
static uint32_t mask_less(const uint8_t a[LEN], const uint8_t b[LEN])
{
	uint32_t borrow = 0;

	for (size_t i = LEN; i-- > 0;)
		borrow = ((uint32_t)a[i] - b[i] - borrow) >> 31;
	return 0u - borrow;
}

bool crypto_less(const uint8_t a[LEN], const uint8_t b[LEN])
{
	return mask_less(a, b) != 0;
}

static uint32_t mask_nonzero(const uint8_t a[LEN])
{
	uint32_t any = 0;

	for (size_t i = 0; i < LEN; i++)
		any |= a[i];
	return 0u - ((any + 0xff) >> 8);
}

/* Whether 1 <= k < limit: a verdict, for all but one in 2^32 of what is drawn the same. */
static bool in_range(const uint8_t k[LEN], const uint8_t limit[LEN])
{
	bool ok = (mask_less(k, limit) & mask_nonzero(k)) != 0;

	base_declassify(&ok, sizeof ok);
	return ok;
}

bool crypto_p256_scalar_ok(const uint8_t k[LEN])
{
	return in_range(k, crypto_p256_order);
}

/* Uniform in 1..limit-1. */
trec_err crypto_draw_below(const struct trec_env *env, const uint8_t limit[LEN], uint8_t out[LEN])
{
	for (int i = 0; i < TRIES_MAX; i++) {
		trec_err err = crypto_random(env, out, LEN);

		if (err != TREC_OK)
			return err;
		if (in_range(out, limit))
			return TREC_OK;
	}
	trec_wipe(out, LEN);
	return TREC_E_RANDOM;
}

trec_err crypto_p256_scalar_random(const struct trec_env *env, uint8_t out[LEN])
{
	return crypto_draw_below(env, crypto_p256_order, out);
}

/* r -= n if r >= n, for r < 2n with its top bit in carry; constant time. */
static void subtract_once(uint8_t r[LEN], uint32_t carry)
{
	uint8_t less[LEN];
	uint32_t borrow = 0;

	for (size_t i = LEN; i-- > 0;) {
		uint32_t d = (uint32_t)r[i] - crypto_p256_order[i] - borrow;

		less[i] = (uint8_t)d;
		borrow = d >> 31;
	}
	uint8_t take = (uint8_t)(0u - (carry | (borrow ^ 1)));

	for (size_t i = 0; i < LEN; i++)
		r[i] = (uint8_t)((less[i] & take) | (r[i] & (uint8_t)~take));
	trec_wipe(less, sizeof less);
}

/* Bit by bit: wolfCrypt's division takes a time that depends on its operands. */
trec_err crypto_p256_scalar_reduce(struct trec_bytes wide, uint8_t out[LEN])
{
	memset(out, 0, LEN);
	if (wide.n <= LEN || wide.n > (size_t)2 * LEN)
		return TREC_E_INTERNAL;
	for (size_t bit = 0; bit < wide.n * 8; bit++) {
		uint32_t carry = (uint32_t)(wide.p[bit / 8] >> (7 - bit % 8)) & 1;

		for (size_t i = LEN; i-- > 0;) {
			uint32_t v = (uint32_t)out[i] << 1 | carry;

			out[i] = (uint8_t)v;
			carry = v >> 8;
		}
		subtract_once(out, carry);
	}
	return crypto_p256_scalar_ok(out) ? TREC_OK : TREC_E_CRYPTO;
}

/* a - b mod n. */
static void subtract(const uint8_t a[LEN], const uint8_t b[LEN], uint8_t out[LEN])
{
	uint32_t borrow = 0;
	uint32_t carry = 0;

	for (size_t i = LEN; i-- > 0;) {
		uint32_t d = (uint32_t)a[i] - b[i] - borrow;

		out[i] = (uint8_t)d;
		borrow = d >> 31;
	}
	uint8_t take = (uint8_t)(0u - borrow);

	for (size_t i = LEN; i-- > 0;) {
		carry += (uint32_t)out[i] + (crypto_p256_order[i] & take);
		out[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

trec_err crypto_p256_scalar_split(const struct trec_env *env, const uint8_t k[LEN],
				  uint8_t one[LEN], uint8_t two[LEN])
{
	trec_err err = TREC_E_MALFORMED;

	if (crypto_p256_scalar_ok(k))
		err = crypto_p256_scalar_random(env, one);
	if (err == TREC_OK)
		subtract(k, one, two);
	/* two is 0 with a chance of 2^-256, where k itself was drawn: something is broken */
	if (err == TREC_OK && !crypto_p256_scalar_ok(two))
		err = TREC_E_RANDOM;
	if (err != TREC_OK) {
		trec_wipe(one, LEN);
		trec_wipe(two, LEN);
	}
	return err;
}
