/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From PIN to scalars, and from the transcript to confirmations and key (RFC 9383 3.2 to 3.4). */
#include <string.h>

#include "proto/base/base.h"
#include "proto/pake/transcript.h"

#define WIDE_LEN 40 /* 256 bits and 64 more, so that reducing leaves no bias: RFC 9383 3.2 */
#define IDS_MAX 64

void pake_le64(uint64_t v, uint8_t out[8])
{
	for (size_t i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}

bool pake_pin_ok(struct trec_bytes pin)
{
	uint32_t other = 0; /* its top bit: a character below '0' or above '9' */

	if (pin.n < CRYPTO_PIN_MIN || pin.n > CRYPTO_PIN_MAX)
		return false;
	for (size_t i = 0; i < pin.n; i++)
		other |= ((uint32_t)pin.p[i] - '0') | ('9' - (uint32_t)pin.p[i]);
	bool ok = other >> 31 == 0;

	base_declassify(&ok, sizeof ok);
	return ok;
}

static size_t put_prefixed(uint8_t *at, struct trec_bytes b)
{
	pake_le64(b.n, at);
	if (b.n > 0)
		memcpy(at + 8, b.p, b.n);
	return 8 + b.n;
}

static struct pake_ids ids_or_empty(const struct pake_ids *ids)
{
	static const struct pake_ids empty = { { NULL, 0 }, { NULL, 0 } };

	return ids != NULL ? *ids : empty;
}

trec_err pake_stretch(const struct trec_env *env, struct trec_bytes pin,
		      const struct pake_params *params, const struct pake_ids *ids,
		      struct pake_scalars *out)
{
	struct pake_ids who = ids_or_empty(ids);
	uint8_t input[3 * 8 + CRYPTO_PIN_MAX + 2 * IDS_MAX];
	uint8_t wide[2 * WIDE_LEN];
	size_t n = 0;

	memset(out, 0, sizeof *out);
	if (!pake_pin_ok(pin))
		return TREC_E_BAD_PIN;
	if (who.prover.n > IDS_MAX || who.verifier.n > IDS_MAX)
		return TREC_E_TOO_LARGE;
	n += put_prefixed(input + n, pin);
	n += put_prefixed(input + n, who.prover);
	n += put_prefixed(input + n, who.verifier);
	trec_err err = crypto_scrypt(env, &params->scrypt, trec_bytes(input, n),
				     trec_bytes(params->salt, sizeof params->salt), wide,
				     sizeof wide);

	if (err == TREC_OK)
		err = crypto_p256_scalar_reduce(trec_bytes(wide, WIDE_LEN), out->w0);
	if (err == TREC_OK)
		err = crypto_p256_scalar_reduce(trec_bytes(wide + WIDE_LEN, WIDE_LEN), out->w1);
	trec_wipe(input, sizeof input);
	trec_wipe(wide, sizeof wide);
	if (err != TREC_OK)
		trec_wipe(out, sizeof *out);
	return err;
}

/* TT goes piece by piece into the hash; it never exists as a whole. */
static trec_err hash_transcript(const struct pake_transcript *t, uint8_t k_main[CRYPTO_SHA256_LEN])
{
	struct pake_ids who = ids_or_empty(t->ids);
	const struct trec_bytes parts[] = {
		t->context,
		who.prover,
		who.verifier,
		trec_bytes(crypto_p256_m, PAKE_SHARE_LEN),
		trec_bytes(crypto_p256_n, PAKE_SHARE_LEN),
		trec_bytes(t->share_p, PAKE_SHARE_LEN),
		trec_bytes(t->share_v, PAKE_SHARE_LEN),
		trec_bytes(t->z, PAKE_SHARE_LEN),
		trec_bytes(t->v, PAKE_SHARE_LEN),
		trec_bytes(t->w0, CRYPTO_P256_SCALAR_LEN),
	};
	struct crypto_sha256 h;

	crypto_sha256_start(&h);
	for (size_t i = 0; i < BASE_COUNT(parts); i++) {
		uint8_t len[8];

		pake_le64(parts[i].n, len);
		crypto_sha256_update(&h, trec_bytes(len, sizeof len));
		crypto_sha256_update(&h, parts[i]);
	}
	trec_err err = crypto_sha256_final(&h, k_main);

	crypto_burn_stack();
	return err;
}

static struct trec_bytes text(const char *s)
{
	return trec_bytes(s, strlen(s));
}

trec_err pake_conclude(const struct pake_transcript *t, struct pake_outcome *out)
{
	struct trec_bytes share_p = trec_bytes(t->share_p, PAKE_SHARE_LEN);
	struct trec_bytes share_v = trec_bytes(t->share_v, PAKE_SHARE_LEN);
	uint8_t k_main[CRYPTO_SHA256_LEN];
	uint8_t k_confirm[2 * CRYPTO_SHA256_LEN];
	uint8_t prk[CRYPTO_SHA256_LEN];
	const struct trec_bytes none = { NULL, 0 };
	trec_err err = hash_transcript(t, k_main);

	memset(out, 0, sizeof *out);
	/* RFC 9383 3.4: KDF(salt, ikm, info, L), with an empty salt. */
	if (err == TREC_OK)
		err = crypto_hkdf_extract(none, trec_bytes(k_main, sizeof k_main), prk);
	if (err == TREC_OK)
		err = crypto_hkdf_expand(trec_bytes(prk, sizeof prk), text("ConfirmationKeys"),
					 k_confirm, sizeof k_confirm);
	if (err == TREC_OK)
		err = crypto_hkdf_expand(trec_bytes(prk, sizeof prk), text("SharedKey"),
					 out->shared, sizeof out->shared);
	if (err == TREC_OK)
		err = crypto_hmac(trec_bytes(k_confirm, CRYPTO_SHA256_LEN), &share_v, 1,
				  out->confirm_p);
	if (err == TREC_OK)
		err = crypto_hmac(trec_bytes(k_confirm + CRYPTO_SHA256_LEN, CRYPTO_SHA256_LEN),
				  &share_p, 1, out->confirm_v);
	trec_wipe(k_main, sizeof k_main);
	trec_wipe(k_confirm, sizeof k_confirm);
	trec_wipe(prk, sizeof prk);
	if (err != TREC_OK)
		trec_wipe(out, sizeof *out);
	return err;
}
