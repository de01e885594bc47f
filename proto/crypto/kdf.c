/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scrypt (RFC 7914) within bounds that hold both ways: too cheap and a recorded verifier is
 * guessed quickly, too dear and the other side decides how much memory and time we spend.
 */
#include "proto/crypto/wolf.h"

#include <wolfssl/wolfcrypt/pwdbased.h>

#define LOG_N_MIN 14
#define LOG_N_DEFAULT 15
#define LOG_N_MAX 17
#define COST_R 8
#define COST_P 1
#define OUT_MAX 128

static unsigned capped(const struct trec_env *env, unsigned log_n)
{
	unsigned max = env->scrypt_log_n_max;

	return max != 0 && max < log_n ? max : log_n;
}

struct crypto_scrypt crypto_scrypt_default(const struct trec_env *env)
{
	return (struct crypto_scrypt){ capped(env, LOG_N_DEFAULT), COST_R, COST_P };
}

bool crypto_scrypt_acceptable(const struct trec_env *env, const struct crypto_scrypt *s)
{
	return s->log_n >= capped(env, LOG_N_MIN) && s->log_n <= capped(env, LOG_N_MAX) &&
	       s->r == COST_R && s->p == COST_P;
}

trec_err crypto_scrypt(const struct trec_env *env, const struct crypto_scrypt *s,
		       struct trec_bytes secret, struct trec_bytes salt, uint8_t *out, size_t n)
{
	if (n == 0 || n > OUT_MAX || !crypto_scrypt_acceptable(env, s) || secret.n > INT32_MAX ||
	    salt.n > INT32_MAX) {
		trec_wipe(out, n);
		return TREC_E_MALFORMED;
	}
	int ret = wc_scrypt(out, secret.p, (int)secret.n, salt.p, (int)salt.n, (int)s->log_n,
			    (int)s->r, (int)s->p, (int)n);

	crypto_burn_stack();
	if (ret != 0)
		trec_wipe(out, n);
	return crypto_from_wolf(ret);
}
