/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about statements: what is accepted, and why each other one is refused. */
#include <string.h>

#include "proto/base/base.h"
#include "tests/lib/sweep.h"
#include "tests/unit/trust_rig.h"

static void a_revoke_is_accepted_from_either_kind_of_key(void)
{
	struct tr_sample s;

	tr_make(&s, TRUST_REVOKE, tr_a, &tr_a->id, tr_b);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	CU_ASSERT_EQUAL(s.claims.exp - s.claims.iat, TRUST_LIFE_S);
	s.expect.own_session = true;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	tr_make(&s, TRUST_REVOKE, tr_p, &tr_p->id, tr_b);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	CU_ASSERT(s.n < 400);
}

static void every_altered_byte_is_refused(void)
{
	struct tr_sample s;

	tr_make(&s, TRUST_REVOKE, tr_a, &tr_a->id, tr_b);
	s.expect.own_session = true;
	CU_ASSERT(sweep_bits(tr_bytes(&s), tr_refused_unread, &s));
	CU_ASSERT(sweep_truncations(tr_bytes(&s), tr_refused_unread, &s));
	CU_ASSERT(sweep_trailing(tr_bytes(&s), tr_refused_unread, &s));
	tr_make(&s, TRUST_REVOKE, tr_p, &tr_p->id, tr_b);
	s.expect.own_session = true;
	CU_ASSERT(sweep_bits(tr_bytes(&s), tr_refused_unread, &s));
}

/* Whole statements, and their payloads signed for another purpose, so that only that differs. */
static void signature_of_another_kind_is_refused(void)
{
	static struct tr_sample made[TRUST_KIND_COUNT];
	static struct tr_sample s;

	tr_make(&made[TRUST_REVOKE], TRUST_REVOKE, tr_a, &tr_a->id, tr_b);
	tr_make(&made[TRUST_TOMBSTONE], TRUST_TOMBSTONE, tr_a, &tr_p->id, tr_b);
	tr_introduce(&made[TRUST_INTRODUCTION], tr_a, tr_p, tr_b, NULL);
	tr_succeed(&made[TRUST_SUCCESSION], tr_a, tr_p);
	for (int is = 0; is < TRUST_KIND_COUNT; is++) {
		const struct tr_device *second = is == TRUST_SUCCESSION ? tr_p : NULL;

		CU_ASSERT_EQUAL(tr_judge(&made[is]), TRUST_ACCEPTED);
		for (int as = 0; as < TRUST_KIND_COUNT; as++) {
			s = made[is];
			tr_resign(&s, trust_kind_text((enum trust_kind)as), tr_a, second);
			CU_ASSERT_EQUAL(tr_judge(&s), as == is ? TRUST_ACCEPTED : TRUST_SIGNATURE);
			if (as == is)
				continue;
			s = made[is];
			s.expect.kind = (enum trust_kind)as;
			s.expect.own_session = true;
			enum trust_verdict v = tr_judge(&s);

			CU_ASSERT(v == TRUST_MALFORMED || v == TRUST_SIGNATURE ||
				  v == TRUST_TOO_LARGE);
		}
		s = made[is];
		tr_resign(&s, TRUST_PURPOSE_SUCCESSION_NEW, tr_a, second);
		CU_ASSERT_EQUAL(tr_judge(&s), TRUST_SIGNATURE);
	}
}

static void issuer_audience_and_subject_must_fit(void)
{
	struct tr_sample s;

	tr_make(&s, TRUST_REVOKE, tr_a, &tr_a->id, tr_b);
	s.expect.issuer_spki = tr_spki(tr_b);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ISSUER);
	s.expect.issuer_spki = tr_spki(tr_p);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ISSUER);
	s.expect.issuer_spki = trec_bytes(NULL, 0);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ISSUER);
	s.expect.issuer_spki = tr_spki(tr_a);
	s.expect.me = tr_p->id;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_AUDIENCE);
	tr_make(&s, TRUST_REVOKE, tr_a, &tr_p->id, tr_b);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_SUBJECT);
	tr_make(&s, TRUST_TOMBSTONE, tr_a, &tr_p->id, tr_b);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	tr_make(&s, TRUST_TOMBSTONE, tr_a, &tr_b->id, tr_b);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_SUBJECT);
}

/* Whoever holds the issuer active may read it; "I am gone" is one too. */
static void a_tombstone_has_no_audience(void)
{
	struct tr_sample s;

	tr_make(&s, TRUST_TOMBSTONE, tr_a, &tr_a->id, tr_b);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	s.expect.me = tr_q->id;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	CU_ASSERT(s.n < 330);
}

/* Ids as claimed, whoever signed it. */
static void peeking_believes_and_judges_nothing(void)
{
	static const struct trec_id none;
	struct trec_id iss, sub, aud;
	struct tr_sample s;

	tr_introduce(&s, tr_p, tr_a, tr_b, NULL);
	s.bytes[s.n - 1] ^= 1;
	CU_ASSERT(trust_peek(tr_bytes(&s), TRUST_INTRODUCTION, &iss, &sub, &aud));
	CU_ASSERT(memcmp(&iss, &tr_p->id, sizeof iss) == 0 &&
		  memcmp(&sub, &tr_a->id, sizeof sub) == 0 &&
		  memcmp(&aud, &tr_b->id, sizeof aud) == 0);
	CU_ASSERT(trust_peek(tr_bytes(&s), TRUST_INTRODUCTION, NULL, NULL, NULL));
	CU_ASSERT_FALSE(trust_peek(tr_bytes(&s), TRUST_REVOKE, &iss, &sub, &aud));
	CU_ASSERT(memcmp(&iss, &none, sizeof iss) == 0 && memcmp(&sub, &none, sizeof sub) == 0 &&
		  memcmp(&aud, &none, sizeof aud) == 0);
	tr_succeed(&s, tr_a, tr_q);
	CU_ASSERT(trust_peek(tr_bytes(&s), TRUST_SUCCESSION, &iss, &sub, &aud));
	CU_ASSERT(memcmp(&iss, &tr_a->id, sizeof iss) == 0 &&
		  memcmp(&sub, &tr_q->id, sizeof sub) == 0 && memcmp(&aud, &none, sizeof aud) == 0);
}

/* The statement and the ids in it are in order; no signature can fit a key that is no point. */
static void issuer_off_the_curve_is_refused(void)
{
	struct tr_device d = { .signer = tr_a->signer };
	struct tr_sample s;

	memset(d.signer.spki + d.signer.spki_len - 32, 0, 32);
	d.signer.spki[d.signer.spki_len - 32] = 2; /* no point has y = 2 */
	CU_ASSERT_EQUAL(crypto_spki_check(tr_spki(&d), NULL, &d.id), TREC_OK);
	tr_make(&s, TRUST_REVOKE, &d, &d.id, tr_b);
	s.expect.own_session = true;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_SIGNATURE);
}

static void time_is_judged_by_a_trusted_clock_only(void)
{
	struct tr_sample s;
	int64_t then = tr_fault.wall_s;

	tr_make(&s, TRUST_REVOKE, tr_a, &tr_a->id, tr_b);
	tr_has_its_time(&s);
	s.expect.own_session = true;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	s.expect.own_session = false;
	tr_fault.wall_s = then;
	tr_fault.wall_trusted = false;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_NO_CLOCK);
	s.expect.own_session = true;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	tr_make(&s, TRUST_REVOKE, tr_a, &tr_a->id, tr_b);
	tr_fault.wall_trusted = true;
	CU_ASSERT_EQUAL(s.claims.iat, 0);
	CU_ASSERT_EQUAL(s.claims.exp, 0);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_NO_CLOCK);
	s.expect.own_session = true;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
}

static void a_tombstone_needs_a_clock_even_over_the_issuers_session(void)
{
	struct tr_sample s;

	tr_make(&s, TRUST_TOMBSTONE, tr_a, &tr_p->id, tr_b);
	s.expect.own_session = true;
	tr_fault.wall_trusted = false;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_NO_CLOCK);
	tr_fault.wall_trusted = true;
}

static void a_replay_is_refused(void)
{
	struct tr_sample s, other;

	tr_make(&s, TRUST_REVOKE, tr_a, &tr_a->id, tr_b);
	tr_make(&other, TRUST_REVOKE, tr_a, &tr_a->id, tr_b);
	s.expect.seen = tr_seen;
	s.expect.seen_ctx = &s;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_REPLAYED);
	s.expect.seen_ctx = &other;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
}

/* ---- statements nobody of ours would make ------------------------------------------------ */

/* A revoke's claims with a header as told. */
static enum trust_verdict with_header(const struct tr_sample *from, int64_t alg,
				      const struct trec_id *kid)
{
	struct tr_sample s = *from;
	uint8_t header[64], payload[TRUST_SHORT_MAX];
	size_t h = 0;
	size_t n = 0;

	CU_ASSERT(trust_encode_claims(s.kind, &s.claims, payload, sizeof payload, &n));
	CU_ASSERT(trust_encode_header(alg, kid, header, sizeof header, &h));
	tr_sign(&s, "revoke", tr_a, trec_bytes(header, h), trec_bytes(payload, n), NULL,
		trec_bytes(NULL, 0));
	return tr_judge(&s);
}

static void signed_nonsense_is_refused_for_what_it_is(void)
{
	struct tr_sample s;
	int64_t ed25519 = trust_alg(TREC_KEY_ED25519);

	tr_make(&s, TRUST_REVOKE, tr_a, &tr_a->id, tr_b);
	CU_ASSERT_EQUAL(with_header(&s, ed25519, &tr_a->id), TRUST_ACCEPTED);
	CU_ASSERT_EQUAL(with_header(&s, trust_alg(TREC_KEY_P256), &tr_a->id), TRUST_ALGORITHM);
	CU_ASSERT_EQUAL(with_header(&s, ed25519, &tr_b->id), TRUST_ISSUER);
	s.claims.exp++;
	CU_ASSERT_EQUAL(with_header(&s, ed25519, &tr_a->id), TRUST_LIFE);
	s.claims.exp--;
	s.claims.iss = tr_p->id;
	CU_ASSERT_EQUAL(with_header(&s, ed25519, &tr_a->id), TRUST_ISSUER);
}

/* The text id in lower case is the same id in a second encoding. */
static void an_id_has_one_encoding(void)
{
	struct tr_sample s;
	uint8_t payload[TRUST_SHORT_MAX], header[64];
	size_t n = 0;
	size_t h = 0;

	tr_make(&s, TRUST_REVOKE, tr_a, &tr_a->id, tr_b);
	CU_ASSERT(trust_encode_claims(s.kind, &s.claims, payload, sizeof payload, &n));
	CU_ASSERT(trust_encode_header(trust_alg(TREC_KEY_ED25519), &tr_a->id, header, sizeof header,
				      &h));
	CU_ASSERT_FATAL(memcmp(payload + 4, "trec:", 5) == 0);
	for (size_t k = 9; k < 9 + TREC_ID_TEXT_LEN; k++)
		if (payload[k] >= 'A' && payload[k] <= 'Z')
			payload[k] = (uint8_t)(payload[k] | 0x20);
	tr_sign(&s, "revoke", tr_a, trec_bytes(header, h), trec_bytes(payload, n), NULL,
		trec_bytes(NULL, 0));
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_MALFORMED);
}

static void oversized_statements_are_not_even_read(void)
{
	static uint8_t big[TRUST_STATEMENT_MAX + 1];
	static const size_t most[TRUST_KIND_COUNT] = { TRUST_SHORT_MAX, TRUST_SHORT_MAX,
						       TRUST_STATEMENT_MAX, TRUST_STATEMENT_MAX };
	struct trust_expect e = { .issuer_spki = tr_spki(tr_a), .me = tr_b->id };
	struct trust_claims out;

	for (int kind = 0; kind < TRUST_KIND_COUNT; kind++) {
		e.kind = (enum trust_kind)kind;
		CU_ASSERT_EQUAL(trust_verify(tr_env, trec_bytes(big, most[kind] + 1), &e, &out),
				TRUST_TOO_LARGE);
		CU_ASSERT_EQUAL(trust_verify(tr_env, trec_bytes(big, most[kind]), &e, &out),
				TRUST_MALFORMED);
		CU_ASSERT_FALSE(
			trust_peek(trec_bytes(big, most[kind] + 1), e.kind, NULL, NULL, NULL));
	}
}

static void making_fails_clean(void)
{
	uint8_t out[TRUST_SHORT_MAX];
	struct trust_claims made;
	size_t n = 1;

	CU_ASSERT_EQUAL(trust_make(tr_env, TRUST_REVOKE, &tr_a->signer, &tr_a->id, &tr_b->id, out,
				   100, &n, &made),
			TREC_E_NO_SPACE);
	CU_ASSERT_EQUAL(n, 0);
	tr_fault.fail_random = 0;
	CU_ASSERT_EQUAL(trust_make(tr_env, TRUST_REVOKE, &tr_a->signer, &tr_a->id, &tr_b->id, out,
				   sizeof out, &n, &made),
			TREC_E_RANDOM);
	tr_fault.fail_random = FAULT_NEVER;
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(made.iat, 0);
}

/* A revoke is for somebody, a tombstone for nobody, and the others have makers of their own. */
static void a_maker_makes_its_kinds_only(void)
{
	uint8_t out[TRUST_SHORT_MAX];
	size_t n = 1;

	CU_ASSERT_EQUAL(trust_make(tr_env, TRUST_REVOKE, &tr_a->signer, &tr_a->id, NULL, out,
				   sizeof out, &n, NULL),
			TREC_E_USAGE);
	for (int kind = TRUST_TOMBSTONE; kind < TRUST_KIND_COUNT; kind++)
		CU_ASSERT_EQUAL(trust_make(tr_env, (enum trust_kind)kind, &tr_a->signer, &tr_a->id,
					   &tr_b->id, out, sizeof out, &n, NULL),
				TREC_E_USAGE);
	CU_ASSERT_EQUAL(n, 0);
}

static bool deny(void *ctx)
{
	(void)ctx;
	return false;
}

static void without_memory_nothing_is_accepted(void)
{
	struct tr_sample s;

	tr_make(&s, TRUST_REVOKE, tr_p, &tr_p->id, tr_b);
	crypto_alloc_gate(deny, NULL);
	enum trust_verdict v = tr_judge(&s);

	crypto_alloc_gate(NULL, NULL);
	CU_ASSERT_NOT_EQUAL(v, TRUST_ACCEPTED);
}

static void every_verdict_has_its_text(void)
{
	for (int v = 0; v < TRUST_VERDICT_COUNT; v++)
		CU_ASSERT(strlen(trust_verdict_text((enum trust_verdict)v)) > 0);
	CU_ASSERT_STRING_EQUAL(trust_verdict_text(TRUST_VERDICT_COUNT),
			       trust_verdict_text(TRUST_FAILED));
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_revoke_is_accepted_from_either_kind_of_key),
	SUITE_CASE(every_altered_byte_is_refused),
	SUITE_CASE(signature_of_another_kind_is_refused),
	SUITE_CASE(issuer_audience_and_subject_must_fit),
	SUITE_CASE(a_tombstone_has_no_audience),
	SUITE_CASE(peeking_believes_and_judges_nothing),
	SUITE_CASE(issuer_off_the_curve_is_refused),
	SUITE_CASE(time_is_judged_by_a_trusted_clock_only),
	SUITE_CASE(a_tombstone_needs_a_clock_even_over_the_issuers_session),
	SUITE_CASE(a_replay_is_refused),
	SUITE_CASE(signed_nonsense_is_refused_for_what_it_is),
	SUITE_CASE(an_id_has_one_encoding),
	SUITE_CASE(oversized_statements_are_not_even_read),
	SUITE_CASE(making_fails_clean),
	SUITE_CASE(a_maker_makes_its_kinds_only),
	SUITE_CASE(without_memory_nothing_is_accepted),
	SUITE_CASE(every_verdict_has_its_text),
};

int main(void)
{
	return tr_main("trust", cases, BASE_COUNT(cases));
}
