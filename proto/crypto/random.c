/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random numbers of the environment, and PINs drawn from them without bias. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"

#define PIN_BATCH 32
#define PIN_BATCHES_MAX 16 /* 512 bytes without 12 usable ones: the generator is broken */

trec_err crypto_random(const struct trec_env *env, uint8_t *out, size_t n)
{
	trec_err err = env->random(env->ctx, out, n);

	if (err != TREC_OK)
		trec_wipe(out, n);
	return err;
}

trec_err crypto_pin_draw(const struct trec_env *env, size_t digits, char out[CRYPTO_PIN_MAX + 1])
{
	uint8_t batch[PIN_BATCH];
	size_t have = 0;
	trec_err err = TREC_OK;

	memset(out, 0, CRYPTO_PIN_MAX + 1);
	if (digits < CRYPTO_PIN_MIN || digits > CRYPTO_PIN_MAX)
		return TREC_E_BAD_PIN;
	for (int round = 0; round < PIN_BATCHES_MAX && have < digits; round++) {
		err = crypto_random(env, batch, sizeof batch);
		if (err != TREC_OK)
			break;
		for (size_t i = 0; i < sizeof batch && have < digits; i++) {
			bool taken = batch[i] < 250;

			base_declassify(&taken, sizeof taken); /* says nothing of a digit */
			if (taken)
				out[have++] = (char)('0' + batch[i] % 10);
		}
	}
	trec_wipe(batch, sizeof batch);
	if (err == TREC_OK && have < digits)
		err = TREC_E_RANDOM;
	if (err != TREC_OK)
		trec_wipe(out, CRYPTO_PIN_MAX + 1);
	return err;
}
