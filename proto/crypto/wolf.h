/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: wolfCrypt's headers in the one order and with the one set of definitions that
 * match the installed library, and what the files of this layer share. Debian 12's options.h
 * forgets HAVE___UINT128_T, with which the library was built; without it every mp_int here would
 * have another shape than there.
 */
#ifndef TREC_CRYPTO_WOLF_H
#define TREC_CRYPTO_WOLF_H

#include <wolfssl/options.h>
#if defined(__SIZEOF_INT128__) && !defined(HAVE___UINT128_T)
#define HAVE___UINT128_T 1
#endif
#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"

#if defined(WOLFSSL_SP_MATH_ALL) && defined(__SIZEOF_INT128__)
_Static_assert(SP_WORD_SIZE == 64, "mp_int must have the shape that wolfSSL was built with");
#endif

/* wolfCrypt's result as ours. */
static inline trec_err crypto_from_wolf(int ret)
{
	if (ret == 0)
		return TREC_OK;
	if (ret == MEMORY_E || ret == MP_MEM) /* the second may be the first's other name */
		return TREC_E_NO_MEMORY;
	return ret == RNG_FAILURE_E ? TREC_E_RANDOM : TREC_E_CRYPTO;
}

/*
 * wolfCrypt keeps a per-thread cache of base points (FP_ECC) whose tables are read by bits of
 * the scalar. Emptying it before and after each use of a secret scalar keeps it at one sight
 * per point, where no table is made. Where the cache is shared between threads, freeing it also
 * frees its lock: left to crypto_done there.
 */
static inline void crypto_forget_points(void)
{
#if defined(FP_ECC) && defined(HAVE_THREAD_LS)
	wc_ecc_fp_free();
#endif
}

/* Object identifiers and algorithm identifiers, whole DER elements. */
#define CRYPTO_DER_ALG_ED25519 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70
#define CRYPTO_DER_ALG_ES256 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02

/* Known answers of this layer, run by crypto_init. */
TREC_MUST_USE trec_err crypto_self_test(void);

/* crypto_burn_stack after hashing, which is done often and needs little stack. */
void crypto_burn_shallow(void);

/* The group's order, and whether 1 <= k < order, in constant time. */
extern const uint8_t crypto_p256_order[CRYPTO_P256_SCALAR_LEN];
bool crypto_p256_scalar_ok(const uint8_t k[CRYPTO_P256_SCALAR_LEN]);
/* a < b, 32 bytes each, in constant time but for the answer. */
bool crypto_less(const uint8_t a[CRYPTO_P256_SCALAR_LEN], const uint8_t b[CRYPTO_P256_SCALAR_LEN]);
/* Uniform in 1..limit-1. */
TREC_MUST_USE trec_err crypto_draw_below(const struct trec_env *env,
					 const uint8_t limit[CRYPTO_P256_SCALAR_LEN],
					 uint8_t out[CRYPTO_P256_SCALAR_LEN]);
/* k = one + two mod n, both uniform. TREC_E_MALFORMED: k is out of range. */
TREC_MUST_USE trec_err crypto_p256_scalar_split(const struct trec_env *env,
						const uint8_t k[CRYPTO_P256_SCALAR_LEN],
						uint8_t one[CRYPTO_P256_SCALAR_LEN],
						uint8_t two[CRYPTO_P256_SCALAR_LEN]);

#endif
