/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See symmetric.h. K_id = HKDF-Expand(key, "trec symmetric identity"). */
#include "proto/pake/symmetric.h"

#include <string.h>

#include "proto/base/base.h"
#include "proto/pake/transcript.h"

#define IDENTITY_PREFIX "trecs1."
/* What the TLS client and the TLS server were when they paired: a dial led back finds its own. */
#define ROLES_LEN 2

#define NONCE PAKE_SYMMETRIC_NONCE_LEN
#define TOKEN PAKE_SYMMETRIC_TOKEN_LEN

_Static_assert(TOKEN == CRYPTO_SHA256_LEN, "a token is written as a hash is");

static struct trec_bytes text(const char *s)
{
	return trec_bytes(s, strlen(s));
}

/* The second half of a token: whoever does not hold the key cannot tell it from a random one. */
static trec_err mark(const uint8_t key[PAKE_KEY_LEN], const uint8_t nonce[NONCE],
		     uint8_t out[TOKEN - NONCE])
{
	uint8_t k_id[PAKE_KEY_LEN] = { 0 };
	uint8_t mac[CRYPTO_SHA256_LEN] = { 0 };
	struct trec_bytes part = trec_bytes(nonce, NONCE);
	trec_err err = crypto_hkdf_expand(trec_bytes(key, PAKE_KEY_LEN),
					  text("trec symmetric identity"), k_id, sizeof k_id);

	if (err == TREC_OK)
		err = crypto_hmac(trec_bytes(k_id, sizeof k_id), &part, 1, mac);
	memcpy(out, mac, TOKEN - NONCE);
	trec_wipe(k_id, sizeof k_id);
	trec_wipe(mac, sizeof mac);
	return err;
}

trec_err pake_symmetric_token(const struct trec_env *env, const uint8_t key[PAKE_KEY_LEN],
			      uint8_t token[TOKEN])
{
	trec_err err = crypto_random(env, token, NONCE);

	return err == TREC_OK ? mark(key, token, token + NONCE) : err;
}

bool pake_symmetric_read(struct trec_bytes identity, uint8_t token[TOKEN])
{
	size_t n = strlen(IDENTITY_PREFIX);

	return identity.n == n + PAKE_BASE64_LEN && memcmp(identity.p, IDENTITY_PREFIX, n) == 0 &&
	       pake_base64_read(identity.p + n, token);
}

trec_err pake_symmetric_is(const uint8_t key[PAKE_KEY_LEN], const uint8_t token[TOKEN], bool *yes)
{
	uint8_t want[TOKEN - NONCE];
	trec_err err = mark(key, token, want);

	*yes = err == TREC_OK && base_equal_ct(want, token + NONCE, sizeof want);
	base_declassify(yes, sizeof *yes);
	trec_wipe(want, sizeof want);
	return err;
}

trec_err pake_symmetric_keys(const uint8_t key[PAKE_KEY_LEN], bool by_initiator,
			     const uint8_t token[TOKEN], struct pake_keys *out)
{
	static const struct pake_use session = { .epsk = "trec symmetric epsk",
						 .confirm = "trec symmetric confirm",
						 .external = "trec-symmetric-1",
						 .prefix = IDENTITY_PREFIX };
	static const uint8_t roles[2][ROLES_LEN] = { { 'R', 'I' }, { 'I', 'R' } };
	uint8_t tail[ROLES_LEN + TOKEN];

	memcpy(tail, roles[by_initiator], ROLES_LEN);
	memcpy(tail + ROLES_LEN, token, TOKEN);
	return pake_use_key(key, &session, trec_bytes(tail, sizeof tail), token, out);
}
