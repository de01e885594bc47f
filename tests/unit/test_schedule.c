/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about the key schedule: RFC 9258's derivation, and what each key depends on. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/pake/pake.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

static const uint8_t key[32] = { 1, 2, 3 };
static const uint8_t transcript[32] = { 4, 5, 6 };

static struct trec_bytes text(const char *s)
{
	return trec_bytes(s, strlen(s));
}

/* Computed by independent implementations: epsk 00..1f, identity "pair1", context 00..3f. */
static void rfc9258_derivation_holds(void)
{
	uint8_t epsk[32];
	uint8_t context[64];
	uint8_t hash[32];
	uint8_t ipsk[32];
	uint8_t want[32];

	for (size_t i = 0; i < sizeof epsk; i++)
		epsk[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof context; i++)
		context[i] = (uint8_t)i;
	CU_ASSERT_EQUAL(pake_import_psk(epsk, text("pair1"), trec_bytes(context, 64), hash, ipsk),
			TREC_OK);
	(void)sweep_unhex("cdc983cc8b8ffd455da8aa76a66790276db88e4ee495c8889561fe784698ddac", want,
			  32);
	CU_ASSERT_EQUAL(memcmp(ipsk, want, 32), 0);
	CU_ASSERT_EQUAL(pake_import_psk(epsk, text(""), trec_bytes(context, 64), hash, ipsk),
			TREC_E_TOO_LARGE);
}

static void psk_identity_is_a_short_text_without_nul(void)
{
	struct pake_keys k;

	CU_ASSERT_EQUAL(pake_keys_derive(key, PAKE_RANDOM_PIN, transcript, &k), TREC_OK);
	CU_ASSERT_EQUAL(strlen(k.identity), 6 + 43);
	CU_ASSERT_EQUAL(strncmp(k.identity, "trec1.", 6), 0);
	CU_ASSERT_EQUAL(strspn(k.identity + 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
					       "yz0123456789-_"),
			43);
}

/* The whole schedule once, as docs/PROTOCOL.md spells it. */
static void schedule_known_answer_holds(void)
{
	struct pake_keys k;
	uint8_t want[32];

	CU_ASSERT_EQUAL(pake_keys_derive(key, PAKE_CODE, transcript, &k), TREC_OK);
	(void)sweep_unhex("096b48644579f955c451b94ff3e9c526b9526107d7b5725921fa729f022dcf50", want,
			  32);
	CU_ASSERT_EQUAL(memcmp(k.ipsk, want, 32), 0);
	(void)sweep_unhex("e5ded21fc9d7f720b9b56ce53607e93c52f45668f973141b15f88143de22be41",
			  want, 32);
	CU_ASSERT_EQUAL(memcmp(k.k_cc, want, 32), 0);
	CU_ASSERT_STRING_EQUAL(k.identity, "trec1.ExlNEbHdAaqCyW4EcNVzn6eQVWrB5CiBS9Azd18xBXM");
}

static void keys_depend_on_secret_method_and_transcript(void)
{
	struct pake_keys a;
	struct pake_keys b;
	uint8_t other[32] = { 9 };

	CU_ASSERT_EQUAL(pake_keys_derive(key, PAKE_RANDOM_PIN, transcript, &a), TREC_OK);
	CU_ASSERT_NOT_EQUAL(memcmp(a.ipsk, a.k_cc, 32), 0);
	CU_ASSERT_EQUAL(pake_keys_derive(key, PAKE_PRESET_PIN, transcript, &b), TREC_OK);
	CU_ASSERT_NOT_EQUAL(memcmp(a.ipsk, b.ipsk, 32), 0);
	CU_ASSERT_STRING_NOT_EQUAL(a.identity, b.identity);
	CU_ASSERT_EQUAL(pake_keys_derive(key, PAKE_RANDOM_PIN, other, &b), TREC_OK);
	CU_ASSERT_NOT_EQUAL(memcmp(a.ipsk, b.ipsk, 32), 0);
	CU_ASSERT_STRING_NOT_EQUAL(a.identity, b.identity);
	CU_ASSERT_EQUAL(pake_keys_derive(other, PAKE_RANDOM_PIN, transcript, &b), TREC_OK);
	CU_ASSERT_NOT_EQUAL(memcmp(a.ipsk, b.ipsk, 32), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(a.k_cc, b.k_cc, 32), 0);
	CU_ASSERT_STRING_EQUAL(a.identity, b.identity);
}

static void code_secret_is_16_to_32_bytes(void)
{
	uint8_t secret[40] = { 7 };
	uint8_t out[32];
	uint8_t want[32];

	for (size_t n = 0; n < sizeof secret; n++)
		CU_ASSERT_EQUAL(pake_code_key(trec_bytes(secret, n), out),
				n >= 16 && n <= 32 ? TREC_OK : TREC_E_BAD_CODE);
	CU_ASSERT_EQUAL(pake_code_key(trec_bytes(secret, 16), out), TREC_OK);
	(void)sweep_unhex("2d1a9a57783a219514ed4b4e21b87a3e232d44b780758aa5e00365d61722e416",
			  want, 32);
	CU_ASSERT_EQUAL(memcmp(out, want, 32), 0);
}

static void commitment_ties_secret_and_id(void)
{
	uint8_t secret[16] = { 7 };
	struct trec_id id = { { 8 } };
	uint8_t a[16];
	uint8_t b[16];

	CU_ASSERT_EQUAL(pake_code_commitment(trec_bytes(secret, 16), &id, a), TREC_OK);
	(void)sweep_unhex("38b1f020cd98bfeea9112b649836323b", b, 16);
	CU_ASSERT_EQUAL(memcmp(a, b, 16), 0);
	id.b[31] = 1;
	CU_ASSERT_EQUAL(pake_code_commitment(trec_bytes(secret, 16), &id, b), TREC_OK);
	CU_ASSERT_NOT_EQUAL(memcmp(a, b, 16), 0);
}

static const struct suite_case cases[] = {
	SUITE_CASE(rfc9258_derivation_holds),
	SUITE_CASE(psk_identity_is_a_short_text_without_nul),
	SUITE_CASE(schedule_known_answer_holds),
	SUITE_CASE(keys_depend_on_secret_method_and_transcript),
	SUITE_CASE(code_secret_is_16_to_32_bytes),
	SUITE_CASE(commitment_ties_secret_and_id),
};

int main(void)
{
	if (crypto_init() != TREC_OK)
		return 1;
	int status = suite_main("schedule", cases, BASE_COUNT(cases));

	crypto_done();
	return status;
}
