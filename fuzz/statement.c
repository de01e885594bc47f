/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: first byte even: a statement as it comes; odd: claims, which are then signed with a
 * key known here, so that a fuzzer gets behind the signature. Bit 1 of it chooses the kind, bit 2
 * whether it came over the issuer's own session, bit 3 whether our clock is trusted, bits 4 and 7
 * an issuer with a P-256 key, bit 5 that all was seen before, bit 6 a key that is none. Whatever
 * is accepted is signed by the issuer, meant for us, about whom the kind allows and in its time;
 * what is not leaves nothing.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/trust/statement.h"

#define NOW INT64_C(1767225600) /* 2026-01-01 */

static struct trec_env env;
static bool clock_trusted;
static struct trec_signer issuers[2], issuer;
static struct trec_id issuer_ids[2], issuer_id, own_id;

static int64_t wall(void *ctx, bool *trusted)
{
	(void)ctx;
	*trusted = clock_trusted;
	return NOW;
}

static void start(void)
{
	static const uint8_t seeds[3][CRYPTO_KEY_LEN] = { { 1 }, { 2 }, { 3 } };
	static struct crypto_key *keys[3];
	struct trec_signer own;

	env = *trec_env_default();
	env.wall_s = wall;
	fuzz_must(crypto_init() == TREC_OK, "wolfSSL works");
	for (size_t i = 0; i < 3; i++)
		fuzz_must(crypto_key_import(&env, i == 2 ? TREC_KEY_P256 : TREC_KEY_ED25519,
					    seeds[i], &keys[i]) == TREC_OK,
			  "keys are made");
	crypto_key_signer(keys[0], &issuers[0]);
	crypto_key_signer(keys[1], &own);
	crypto_key_signer(keys[2], &issuers[1]);
	for (size_t i = 0; i < 2; i++)
		fuzz_must(crypto_spki_check(trec_bytes(issuers[i].spki, issuers[i].spki_len), NULL,
					    &issuer_ids[i]) == TREC_OK,
			  "ids are computed");
	fuzz_must(crypto_spki_check(trec_bytes(own.spki, own.spki_len), NULL, &own_id) == TREC_OK,
		  "ids are computed");
}

/* The claims with a good header and a good signature. */
static size_t wrap(struct trec_bytes claims, enum trust_kind kind, uint8_t *out, size_t cap)
{
	uint8_t header[64], to_sign[TRUST_TO_SIGN_MAX], sig[TREC_SIG_MAX];
	size_t head = 0, n = 0;

	if (!trust_encode_header(trust_alg(issuer.alg), &issuer_id, header, sizeof header, &head) ||
	    !trust_encode_to_sign(trust_kind_text(kind), trec_bytes(header, head), claims, to_sign,
				  &n) ||
	    issuer.sign(issuer.ctx, trec_bytes(to_sign, n), sig, sizeof sig, &n) != TREC_OK)
		return 0;
	if (issuer.alg == TREC_KEY_P256 && n > 0) {
		uint8_t raw[64];

		if (crypto_ecdsa_to_raw(trec_bytes(sig, n), raw) != TREC_OK)
			return 0;
		memcpy(sig, raw, n = sizeof raw);
	}
	struct trust_parts p = { .issuer = { .header = trec_bytes(header, head),
					     .signature = trec_bytes(sig, n) },
				 .payload = claims };

	return trust_encode(&p, out, cap, &n) ? n : 0;
}

static bool all_seen(void *ctx, const struct trec_id *iss, const uint8_t *cti)
{
	(void)ctx;
	(void)iss;
	(void)cti;
	return true;
}

/* What was accepted is written again to the same bytes. */
static void same_again(const struct trust_claims *c, enum trust_kind kind, struct trec_bytes in)
{
	uint8_t claims[TRUST_STATEMENT_MAX], made[TRUST_STATEMENT_MAX];
	size_t n = 0;

	if (issuer.alg == TREC_KEY_P256)
		return; /* no two of its signatures are the same */
	fuzz_must(trust_encode_claims(kind, c, claims, sizeof claims, &n), "claims are written");
	n = wrap(trec_bytes(claims, n), kind, made, sizeof made);
	fuzz_must(trec_bytes_equal(in, trec_bytes(made, n)), "signed anew, the same statement");
}

static void holds(const struct trust_claims *c, const struct trust_expect *e)
{
	fuzz_must(memcmp(&c->iss, &issuer_id, sizeof issuer_id) == 0, "issued by the issuer");
	bool self = memcmp(&c->sub, &c->iss, sizeof c->sub) == 0;

	if (e->kind == TRUST_REVOKE)
		fuzz_must(self && memcmp(&c->aud, &own_id, sizeof own_id) == 0,
			  "a revoke is about its issuer and for us");
	else
		fuzz_must(memcmp(&c->sub, &own_id, sizeof own_id) != 0, "a tombstone not about us");
	if (e->kind == TRUST_REVOKE && e->own_session)
		return;
	fuzz_must(clock_trusted && c->iat > 0 && c->iat <= NOW + TRUST_AHEAD_MAX_S &&
			  c->exp > NOW && c->exp - c->iat <= TRUST_LIFE_S,
		  "in its time");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct trust_claims none;
	uint8_t made[TRUST_STATEMENT_MAX];
	struct trust_claims c;

	if (issuers[0].spki_len == 0)
		start();
	if (n == 0)
		return 0;
	struct trec_bytes in = trec_bytes(data + 1, n - 1);

	bool p256 = (data[0] & 0x90) == 0x90; /* both: its signatures take long */

	issuer = issuers[p256];
	issuer_id = issuer_ids[p256];
	struct trust_expect e = {
		.kind = (data[0] & 2) != 0 ? TRUST_TOMBSTONE : TRUST_REVOKE,
		.issuer_spki = trec_bytes(issuer.spki, issuer.spki_len),
		.me = own_id,
		.own_session = (data[0] & 4) != 0,
		.seen = (data[0] & 32) != 0 ? all_seen : NULL,
	};

	if ((data[0] & 64) != 0)
		e.issuer_spki.n--;
	clock_trusted = (data[0] & 8) != 0;
	if ((data[0] & 1) != 0)
		in = trec_bytes(made, wrap(in, e.kind, made, sizeof made));
	memset(&c, 0x77, sizeof c);
	enum trust_verdict v = trust_verify(&env, in, &e, &c);

	fuzz_must(v != TRUST_FAILED, "it can be judged");
	fuzz_must(*trust_verdict_text(v) != '\0', "there is a reason");
	fuzz_must(v != TRUST_ACCEPTED || (data[0] & 96) == 0, "not from nobody, nor twice");
	if (v == TRUST_ACCEPTED) {
		holds(&c, &e);
		if ((data[0] & 1) == 0)
			same_again(&c, e.kind, in);
	} else {
		fuzz_must(memcmp(&c, &none, sizeof c) == 0, "nothing is left");
	}
	return 0;
}
