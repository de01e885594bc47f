/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: the open store, shared by the files that make up trec/keystore.h. */
#ifndef TREC_KEYSTORE_KEYSTORE_H
#define TREC_KEYSTORE_KEYSTORE_H

#include "keystore/own.h"
#include "keystore/provider.h"

struct trec_keystore {
	struct trec_store store; /* first: the seam hands back a pointer to it */
	const struct trec_env *env;
	int dirfd;
	int lockfd;
	int fd;
	struct ks_volume v;
	struct ks_own own;
	const struct ks_provider *provider;
	const char *key_source;
	bool crypto; /* one crypto_init to be undone */
};

extern const struct trec_store_ops ks_store_ops;

/* An empty handle with crypto started. TREC_E_NO_MEMORY, TREC_E_CRYPTO. */
TREC_MUST_USE trec_err ks_handle_new(const struct trec_env *env, struct trec_keystore **out);
/* Takes the lock without waiting. TREC_E_STORE_BUSY, errors of ks_file_open. */
TREC_MUST_USE trec_err ks_lock(struct trec_keystore *ks, const struct trec_keystore_options *o);

#endif
