/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: where a store's secret comes from is a table of functions, so that a token or
 * a TPM is one more file and one more row (docs/HACKING.md, How to add a key provider). What a
 * provider must remember travels in the store's header, where the seal covers it.
 */
#ifndef TREC_KEYSTORE_PROVIDER_H
#define TREC_KEYSTORE_PROVIDER_H

#include "keystore/access.h"
#include "keystore/volume.h"

/* What a provider may use while the store is made or opened. */
struct ks_key_request {
	const struct trec_env *env;
	const struct trec_keystore_options *options;
	int dirfd;
	const char *source; /* out: where the secret came from, static text */
};

struct ks_provider {
	uint32_t id;
	unsigned level;
	const char *level_text;
	/* The secret of a new store, and what its header must keep: at most KS_PARAMS_MAX. */
	trec_err (*fresh)(struct ks_key_request *q, uint8_t *params, uint32_t *params_len,
			  uint8_t secret[CRYPTO_KEY_LEN]);
	/* The secret of a store with these parameters, which may be hostile. */
	trec_err (*recall)(struct ks_key_request *q, struct trec_bytes params,
			   uint8_t secret[CRYPTO_KEY_LEN]);
	const char *mismatch; /* what a user is told when the secret does not fit */
};

extern const struct ks_provider ks_provider_keyfile;
extern const struct ks_provider ks_provider_passphrase;

/* NULL: this build knows none of that number. */
const struct ks_provider *ks_provider_find(uint32_t id);

#endif
