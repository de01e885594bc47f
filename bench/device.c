/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see device.h. */
#include "bench/device.h"

int64_t bench_device_wall(void *ctx, bool *trusted)
{
	(void)ctx;
	*trusted = true;
	return BENCH_NOW;
}

void bench_device_make(const struct trec_env *env, struct bench_device *d)
{
	duo_must(crypto_key_generate(env, TREC_KEY_ED25519, &d->key) == TREC_OK, "a key");
	crypto_key_signer(d->key, &d->signer);
	duo_must(crypto_spki_check(trec_bytes(d->signer.spki, d->signer.spki_len), NULL, &d->id) ==
				 TREC_OK &&
			 crypto_cert_make(env, &d->signer, NULL, d->cert, sizeof(d->cert),
					  &d->cert_len) == TREC_OK,
		 "a certificate");
}

void bench_device_free(struct bench_device *d)
{
	crypto_key_free(&d->key);
}

struct trec_bytes bench_device_cert(const struct bench_device *d)
{
	return trec_bytes(d->cert, d->cert_len);
}

size_t bench_device_introduce(const struct trec_env *env, const struct bench_device *from,
			      const struct trec_id *aud, struct trec_bytes about, uint8_t *out)
{
	struct trust_introduction what = { .aud = *aud, .cert = about, .name = "lamp", .kind = "" };
	size_t n = 0;

	duo_must(trust_make_introduction(env, &from->signer, &what, out, TRUST_STATEMENT_MAX, &n,
					 NULL) == TREC_OK,
		 "an introduction");
	return n;
}
