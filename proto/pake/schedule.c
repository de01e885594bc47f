/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From K to the channel's PSK and confirmation key (docs/PROTOCOL.md, "From secret to channel"),
 * with the derivation of RFC 9258; and from a code to K.
 */
#include <assert.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/pake/pake.h"
#include "proto/pake/transcript.h"

#define BINDER_TAG "binder=ext"
#define ROLES "IR" /* TLS client, TLS server */
#define TARGET_TLS13 0x0304
#define TARGET_HKDF_SHA256 0x0001

static struct trec_bytes text(const char *s)
{
	return trec_bytes(s, strlen(s));
}

trec_err pake_code_key(struct trec_bytes secret, uint8_t key[PAKE_KEY_LEN])
{
	if (secret.n < PAKE_CODE_SECRET_MIN || secret.n > PAKE_CODE_SECRET_MAX) {
		memset(key, 0, PAKE_KEY_LEN);
		return TREC_E_BAD_CODE;
	}
	return crypto_hkdf_extract(text("trec code"), secret, key);
}

trec_err pake_code_commitment(struct trec_bytes secret, const struct trec_id *id,
			      uint8_t out[PAKE_COMMITMENT_LEN])
{
	const struct trec_bytes parts[] = { text("trec id"), trec_bytes(id->b, sizeof id->b) };
	uint8_t mac[CRYPTO_SHA256_LEN];
	trec_err err = crypto_hmac(secret, parts, BASE_COUNT(parts), mac);

	memcpy(out, mac, PAKE_COMMITMENT_LEN);
	trec_wipe(mac, sizeof mac);
	return err;
}

void pake_context(const uint8_t transcript[CRYPTO_SHA256_LEN], uint8_t out[PAKE_CONTEXT_LEN])
{
	/* A label of eleven bytes without an end. NOLINTNEXTLINE(bugprone-not-null-*) */
	memcpy(out, "trec-pair-1", 11);
	memcpy(out + 11, transcript, CRYPTO_SHA256_LEN);
}

/* SHA-256 of RFC 9258's ImportedIdentity. */
static trec_err imported_identity(struct trec_bytes external, struct trec_bytes context,
				  uint8_t out[CRYPTO_SHA256_LEN])
{
	uint8_t external_len[2];
	uint8_t context_len[2];
	uint8_t target[4];

	base_put16(external_len, (uint32_t)external.n);
	base_put16(context_len, (uint32_t)context.n);
	base_put16(target, TARGET_TLS13);
	base_put16(target + 2, TARGET_HKDF_SHA256);
	const struct trec_bytes parts[] = {
		trec_bytes(external_len, 2), external, trec_bytes(context_len, 2), context,
		trec_bytes(target, sizeof target),
	};

	return crypto_sha256_parts(parts, BASE_COUNT(parts), out);
}

trec_err pake_import_psk(const uint8_t epsk[PAKE_KEY_LEN], struct trec_bytes external_identity,
			 struct trec_bytes context, uint8_t hash[CRYPTO_SHA256_LEN],
			 uint8_t ipsk[PAKE_KEY_LEN])
{
	static const char label[] = "tls13 derived psk";
	static const uint8_t zeros[CRYPTO_SHA256_LEN];
	uint8_t epskx[CRYPTO_SHA256_LEN] = { 0 };
	/* HkdfLabel of RFC 8446 7.1 */
	uint8_t info[2 + 1 + sizeof label - 1 + 1 + CRYPTO_SHA256_LEN] = { 0, PAKE_KEY_LEN,
									   sizeof label - 1 };

	memset(ipsk, 0, PAKE_KEY_LEN);
	memset(hash, 0, CRYPTO_SHA256_LEN);
	if (external_identity.n == 0 || external_identity.n > UINT16_MAX || context.n > UINT16_MAX)
		return TREC_E_TOO_LARGE;
	trec_err err = imported_identity(external_identity, context, hash);

	memcpy(info + 3, label, sizeof label - 1);
	info[3 + sizeof label - 1] = CRYPTO_SHA256_LEN;
	memcpy(info + 3 + sizeof label, hash, CRYPTO_SHA256_LEN);
	if (err == TREC_OK)
		err = crypto_hkdf_extract(trec_bytes(zeros, sizeof zeros),
					  trec_bytes(epsk, PAKE_KEY_LEN), epskx);
	if (err == TREC_OK)
		err = crypto_hkdf_expand(trec_bytes(epskx, sizeof epskx),
					 trec_bytes(info, sizeof info), ipsk, PAKE_KEY_LEN);
	trec_wipe(epskx, sizeof epskx);
	return err;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void pake_base64(const uint8_t in[CRYPTO_SHA256_LEN], char out[PAKE_BASE64_LEN + 1])
{
	for (size_t i = 0; i < PAKE_BASE64_LEN; i++) {
		size_t bit = i * 6;
		uint32_t two = (uint32_t)in[bit / 8] << 8;

		if (bit / 8 + 1 < CRYPTO_SHA256_LEN)
			two |= in[bit / 8 + 1];
		out[i] = alphabet[two >> (10 - bit % 8) & 63];
	}
	out[PAKE_BASE64_LEN] = '\0';
}

bool pake_base64_read(const uint8_t in[PAKE_BASE64_LEN], uint8_t out[CRYPTO_SHA256_LEN])
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	for (size_t i = 0; i < PAKE_BASE64_LEN; i++) {
		const char *at = in[i] != 0 ? strchr(alphabet, in[i]) : NULL;

		if (at == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[n++] = (uint8_t)(bits >> have);
		bits &= (1u << have) - 1;
	}
	return bits == 0; /* what is left over: one text for each value */
}

trec_err pake_use_key(const uint8_t key[PAKE_KEY_LEN], const struct pake_use *use,
		      struct trec_bytes tail, const uint8_t *name, struct pake_keys *out)
{
	struct trec_bytes k = trec_bytes(key, PAKE_KEY_LEN);
	uint8_t context[sizeof BINDER_TAG - 1 + PAKE_TAIL_MAX] = BINDER_TAG;
	uint8_t epsk[PAKE_KEY_LEN] = { 0 };
	uint8_t hash[CRYPTO_SHA256_LEN] = { 0 };
	size_t prefix = strlen(use->prefix);

	memset(out, 0, sizeof *out);
	assert(tail.n <= PAKE_TAIL_MAX && prefix + PAKE_BASE64_LEN < PAKE_PSK_IDENTITY_MAX);
	memcpy(context + sizeof BINDER_TAG - 1, tail.p, tail.n);
	trec_err err = crypto_hkdf_expand(k, text(use->epsk), epsk, sizeof epsk);

	if (err == TREC_OK)
		err = crypto_hkdf_expand(k, text(use->confirm), out->k_cc, sizeof out->k_cc);
	if (err == TREC_OK)
		err = pake_import_psk(epsk, text(use->external),
				      trec_bytes(context, sizeof BINDER_TAG - 1 + tail.n), hash,
				      out->ipsk);
	trec_wipe(epsk, sizeof epsk);
	if (err != TREC_OK) {
		trec_wipe(out, sizeof *out);
		return err;
	}
	memcpy(out->identity, use->prefix, prefix);
	pake_base64(name != NULL ? name : hash, out->identity + prefix);
	return TREC_OK;
}

trec_err pake_keys_derive(const uint8_t key[PAKE_KEY_LEN], enum pake_method method,
			  const uint8_t transcript[CRYPTO_SHA256_LEN], struct pake_keys *out)
{
	static const struct pake_use pairing = { .epsk = "trec epsk",
						 .confirm = "trec channel confirm",
						 .external = "trec-pair-1",
						 .prefix = "trec1." };
	uint8_t tail[1 + sizeof ROLES - 1 + CRYPTO_SHA256_LEN];

	tail[0] = (uint8_t)method;
	memcpy(tail + 1, ROLES, sizeof ROLES - 1);
	memcpy(tail + sizeof ROLES, transcript, CRYPTO_SHA256_LEN);
	return pake_use_key(key, &pairing, trec_bytes(tail, sizeof tail), NULL, out);
}
