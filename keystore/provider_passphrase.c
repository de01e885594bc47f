/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key provider 2: scrypt (RFC 7914) over a passphrase, N = 2^17, r = 8, p = 1. Parameters: log2 N,
 * r, p, zero, then 16 bytes of salt; bounded before any work is done for them.
 */
#include <string.h>

#include "keystore/provider.h"

#define LOG_N 17
#define SALT_LEN 16
#define SALT_AT 4

static trec_err stretch(struct ks_key_request *q, const uint8_t *params,
			uint8_t secret[CRYPTO_KEY_LEN])
{
	struct crypto_scrypt costs = { params[0], params[1], params[2] };
	struct trec_bytes phrase = q->options->passphrase;

	q->source = "passphrase";
	if (phrase.n == 0 || phrase.n > TREC_PASSPHRASE_MAX) {
		ks_why(q->options->why, phrase.n == 0 ? "this store needs a passphrase" :
							"the passphrase is too long");
		return TREC_E_USAGE;
	}
	if (!crypto_scrypt_acceptable(q->env, &costs)) {
		ks_why(q->options->why, "the store asks for scrypt costs N=2^%u r=%u p=%u, which "
		       "are out of bounds", costs.log_n, costs.r, costs.p);
		return TREC_E_STORE_CORRUPT;
	}
	return crypto_scrypt(q->env, &costs, phrase, trec_bytes(params + SALT_AT, SALT_LEN),
			     secret, CRYPTO_KEY_LEN);
}

static trec_err recall(struct ks_key_request *q, struct trec_bytes params,
		       uint8_t secret[CRYPTO_KEY_LEN])
{
	if (params.n != SALT_AT + SALT_LEN)
		return TREC_E_STORE_CORRUPT;
	return stretch(q, params.p, secret);
}

static trec_err fresh(struct ks_key_request *q, uint8_t *params, uint32_t *params_len,
		      uint8_t secret[CRYPTO_KEY_LEN])
{
	unsigned most = q->env->scrypt_log_n_max;

	params[0] = most != 0 && most < LOG_N ? (uint8_t)most : LOG_N;
	params[1] = 8;
	params[2] = 1;
	params[3] = 0;
	*params_len = SALT_AT + SALT_LEN;
	trec_err err = crypto_random(q->env, params + SALT_AT, SALT_LEN);

	return err == TREC_OK ? stretch(q, params, secret) : err;
}

const struct ks_provider ks_provider_passphrase = {
	.id = TREC_PROVIDER_PASSPHRASE,
	.level = 1,
	.level_text = "a passphrase opens this store: it protects a stolen disk as well as the "
		      "passphrase is long, and deletion rests on overwriting",
	.fresh = fresh,
	.recall = recall,
	.mismatch = "the passphrase does not open this store, or both its headers are damaged",
};

const struct ks_provider *ks_provider_find(uint32_t id)
{
	static const struct ks_provider *const known[] = { &ks_provider_keyfile,
							   &ks_provider_passphrase };

	for (size_t i = 0; i < BASE_COUNT(known); i++)
		if (known[i]->id == id)
			return known[i];
	return NULL;
}
