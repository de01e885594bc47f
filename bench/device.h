/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: devices that sign about each other, without a store or a wire. */
#ifndef TREC_BENCH_DEVICE_H
#define TREC_BENCH_DEVICE_H

#include "bench/duo.h"
#include "proto/trust/trust.h"

#define BENCH_NOW INT64_C(1767225600) /* 2026-01-01 */

struct bench_device {
	struct crypto_key *key;
	struct trec_signer signer;
	struct trec_id id;
	uint8_t cert[TREC_CERT_MAX];
	size_t cert_len;
};

/* That moment, as by a trusted clock. */
int64_t bench_device_wall(void *ctx, bool *trusted);
/* A new Ed25519 device. */
void bench_device_make(const struct trec_env *env, struct bench_device *d);
void bench_device_free(struct bench_device *d);
struct trec_bytes bench_device_cert(const struct bench_device *d);
/* The carried introduction of `about` to aud, with the least in it; its length. */
size_t bench_device_introduce(const struct trec_env *env, const struct bench_device *from,
			      const struct trec_id *aud, struct trec_bytes about, uint8_t *out);

#endif
