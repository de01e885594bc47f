/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: this device's own TREC: made here, kept as the one record that only the store
 * reads, its private key alive in the secret arena and usable only through a trec_signer.
 */
#ifndef TREC_KEYSTORE_OWN_H
#define TREC_KEYSTORE_OWN_H

#include "keystore/volume.h"

enum ks_origin { KS_ORIGIN_THIS_DEVICE = 1 };

struct ks_own {
	struct crypto_key *key;
	struct trec_signer signer;
	struct trec_id id;
	char name[TREC_NAME_MAX + 1];
	uint8_t cert[TREC_CERT_MAX];
	size_t cert_len;
	enum ks_origin origin;
	uint64_t made_s; /* unix time; 0: no trusted clock */
};

/* A new key and certificate; not yet stored. name was checked. */
TREC_MUST_USE trec_err ks_own_make(const struct trec_env *env, const char *name, trec_key_alg alg,
				   struct ks_own *out);
/* TREC_E_STORE_CORRUPT: not there, or not what is kept there. */
TREC_MUST_USE trec_err ks_own_load(struct ks_volume *v, struct ks_own *out);
/* One commit. */
TREC_MUST_USE trec_err ks_own_save(struct ks_volume *v, const struct ks_own *own);
/* As trec_store_ops.renew. own becomes the new one in place: its signer stays where it is. */
TREC_MUST_USE trec_err ks_own_renew(struct ks_volume *v, struct ks_own *own, trec_key_alg alg,
				    trec_renewal sign, void *ctx);
/* As trec_store_ops.own; borrows from own. */
void ks_own_show(const struct ks_own *own, struct trec_own *out);
void ks_own_free(struct ks_own *own);

#endif
