/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about successions, the pair of signatures by which a device goes on under another key. */
#include <string.h>

#include "proto/base/base.h"
#include "tests/lib/sweep.h"
#include "tests/unit/trust_rig.h"

static enum trust_verdict again(struct tr_sample *s)
{
	tr_resign(s, NULL, tr_a, tr_q);
	return tr_judge(s);
}

static void either_key_may_follow_either(void)
{
	static const struct {
		const struct tr_device *old, *now;
	} pair[] = { { tr_a, tr_c }, { tr_a, tr_q }, { tr_p, tr_a }, { tr_p, tr_q } };
	struct tr_sample s;
	struct trust_claims out;

	for (size_t i = 0; i < BASE_COUNT(pair); i++) {
		const struct tr_device *now = pair[i].now;

		tr_succeed(&s, pair[i].old, now);
		CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
		CU_ASSERT_EQUAL(trust_verify(tr_env, tr_bytes(&s), &s.expect, &out),
				TRUST_ACCEPTED);
		CU_ASSERT(trec_bytes_equal(trec_bytes(out.spki, out.spki_len), tr_spki(now)));
		CU_ASSERT(trec_bytes_equal(trec_bytes(out.issuer_spki, out.issuer_spki_len),
					   tr_spki(pair[i].old)));
		CU_ASSERT(trec_bytes_equal(out.cert, tr_cert(now)));
		CU_ASSERT(memcmp(&out.sub, &now->id, sizeof out.sub) == 0);
		CU_ASSERT(out.sequence == 7 && out.exp == 0);
		s.expect.me = tr_q->id; /* it is for nobody in particular */
		CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	}
}

static void every_altered_byte_is_refused(void)
{
	struct tr_sample s;

	tr_succeed(&s, tr_a, tr_q);
	CU_ASSERT(sweep_bits(tr_bytes(&s), tr_refused_unread, &s));
	CU_ASSERT(sweep_truncations(tr_bytes(&s), tr_refused_unread, &s));
	CU_ASSERT(sweep_trailing(tr_bytes(&s), tr_refused_unread, &s));
	tr_succeed(&s, tr_p, tr_c);
	s.expect.issuer_spki = trec_bytes(NULL, 0);
	CU_ASSERT(sweep_bits(tr_bytes(&s), tr_refused_unread, &s));
	CU_ASSERT(sweep_truncations(tr_bytes(&s), tr_refused_unread, &s));
	CU_ASSERT(sweep_trailing(tr_bytes(&s), tr_refused_unread, &s));
}

/* A link of a chain, or a second successor of an id of which only the hash is still known. */
static void without_a_record_its_own_key_tells_who_signed(void)
{
	struct tr_sample s;

	tr_succeed(&s, tr_a, tr_q);
	s.expect.issuer_spki = trec_bytes(NULL, 0);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	s.claims.iss = tr_b->id; /* but its key is a's */
	CU_ASSERT_EQUAL(again(&s), TRUST_ISSUER_KEY);
	s.claims.iss = tr_a->id;
	memset(s.claims.issuer_spki + 12, 0, 32); /* of small order: anybody's */
	CU_ASSERT_EQUAL(again(&s), TRUST_ISSUER_KEY);
}

static void the_issuer_must_fit(void)
{
	struct tr_sample s;

	tr_succeed(&s, tr_a, tr_q);
	s.expect.issuer_spki = tr_spki(tr_b);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ISSUER);
	s.expect.issuer_spki = tr_spki(tr_a);
	memcpy(s.claims.issuer_spki, tr_b->signer.spki, sizeof s.claims.issuer_spki);
	CU_ASSERT_EQUAL(again(&s), TRUST_ISSUER_KEY);
	tr_succeed(&s, tr_a, tr_q);
	tr_resign(&s, NULL, tr_b, tr_q); /* signed by a third */
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ISSUER);
}

static void the_new_key_signs_too(void)
{
	struct tr_sample s;

	tr_succeed(&s, tr_a, tr_q);
	tr_resign(&s, NULL, tr_a, tr_p);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_SUCCESSOR);
	tr_resign(&s, NULL, tr_a, tr_a);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_SUCCESSOR);
	tr_resign(&s, NULL, tr_a, NULL); /* no pair */
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_MALFORMED);
	tr_resign(&s, NULL, tr_a, tr_q);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	s.bytes[s.n - 1] ^= 1;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_SUCCESSOR);
}

/* Both signatures are good ones of another statement of the same two keys. */
static void signatures_of_two_statements_make_no_pair(void)
{
	struct tr_sample s, other;

	tr_succeed(&s, tr_a, tr_c);
	tr_succeed(&other, tr_a, tr_c);
	CU_ASSERT_EQUAL_FATAL(s.n, other.n);
	memcpy(s.bytes + s.n - TRUST_SIG_LEN, other.bytes + other.n - TRUST_SIG_LEN, TRUST_SIG_LEN);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_SUCCESSOR);
	CU_ASSERT_EQUAL(tr_judge(&other), TRUST_ACCEPTED);
}

static void subject_key_and_certificate_belong_together(void)
{
	struct tr_sample s;

	tr_succeed(&s, tr_a, tr_q);
	s.claims.sub = tr_a->id;
	CU_ASSERT_EQUAL(again(&s), TRUST_SUBJECT);
	s.claims.sub = tr_p->id;
	CU_ASSERT_EQUAL(again(&s), TRUST_CONFIRMATION);
	s.claims.sub = tr_q->id;
	s.claims.cert = tr_cert(tr_p);
	CU_ASSERT_EQUAL(again(&s), TRUST_CERTIFICATE);
	s.claims.cert = tr_cert(tr_q);
	CU_ASSERT_EQUAL(again(&s), TRUST_ACCEPTED);
}

static void only_a_clock_far_behind_refuses_it(void)
{
	struct tr_sample s;
	int64_t then = tr_fault.wall_s;

	tr_succeed(&s, tr_a, tr_q);
	CU_ASSERT_EQUAL(s.claims.iat, then);
	tr_fault.wall_s = then + 1000 * TRUST_LIFE_S;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	tr_fault.wall_s = then - TRUST_AHEAD_MAX_S;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	tr_fault.wall_s--;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_NOT_YET);
	tr_fault.wall_trusted = false;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	tr_succeed(&s, tr_a, tr_q);
	CU_ASSERT_EQUAL(s.claims.iat, 0);
	tr_fault.wall_trusted = true;
	tr_fault.wall_s = then;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
}

/* It is true for ever, and its number says which is the later one. */
static void a_succession_has_a_sequence_and_no_end(void)
{
	struct tr_sample s;

	tr_succeed(&s, tr_a, tr_q);
	s.claims.exp = s.claims.iat + 1;
	CU_ASSERT_EQUAL(again(&s), TRUST_MALFORMED);
	s.claims.exp = 0;
	s.claims.sequence = 0;
	CU_ASSERT_EQUAL(again(&s), TRUST_MALFORMED);
	s.claims.sequence = TRUST_SEQUENCE_MAX;
	CU_ASSERT_EQUAL(again(&s), TRUST_ACCEPTED);
	s.claims.sequence++;
	CU_ASSERT_EQUAL(again(&s), TRUST_MALFORMED);
}

static bool seen_already(void *ctx, const struct trec_id *iss, const uint8_t cti[TRUST_CTI_LEN])
{
	(void)iss;
	(void)cti;
	return *(const bool *)ctx;
}

static void a_replay_is_refused_where_it_is_remembered(void)
{
	bool seen = true;
	struct tr_sample s;

	tr_succeed(&s, tr_a, tr_q);
	s.expect.seen = seen_already;
	s.expect.seen_ctx = &seen;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_REPLAYED);
	seen = false;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
}

static void making_fails_clean(void)
{
	static const struct {
		const struct tr_device *old, *now, *cert;
		uint64_t sequence;
		trec_err err;
	} bad[] = {
		{ tr_a, tr_q, tr_q, 0, TREC_E_USAGE },
		{ tr_a, tr_q, tr_q, TRUST_SEQUENCE_MAX + 1, TREC_E_USAGE },
		{ tr_a, tr_a, tr_a, 1, TREC_E_USAGE },
		{ tr_a, tr_q, tr_p, 1, TREC_E_USAGE },
		{ tr_a, tr_q, tr_q, 1, TREC_E_NO_SPACE },
	};
	uint8_t out[TRUST_STATEMENT_MAX];
	struct trust_claims made;
	size_t n = 1;

	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		n = 1;
		CU_ASSERT_EQUAL(trust_make_succession(tr_env, &bad[i].old->signer,
						      &bad[i].now->signer, tr_cert(bad[i].cert),
						      bad[i].sequence, out, 500, &n, &made),
				bad[i].err);
		CU_ASSERT(n == 0 && made.sequence == 0);
	}
	CU_ASSERT_EQUAL(trust_make_succession(tr_env, &tr_a->signer, &tr_q->signer,
					      trec_bytes(out, 0), 1, out, sizeof out, &n, &made),
			TREC_E_MALFORMED);
	tr_fault.fail_random = 0;
	CU_ASSERT_EQUAL(trust_make_succession(tr_env, &tr_a->signer, &tr_c->signer, tr_cert(tr_c),
					      1, out, sizeof out, &n, &made),
			TREC_E_RANDOM);
	tr_fault.fail_random = FAULT_NEVER;
	CU_ASSERT(n == 0 && made.sequence == 0);
}

static const struct suite_case cases[] = {
	SUITE_CASE(either_key_may_follow_either),
	SUITE_CASE(every_altered_byte_is_refused),
	SUITE_CASE(without_a_record_its_own_key_tells_who_signed),
	SUITE_CASE(the_issuer_must_fit),
	SUITE_CASE(the_new_key_signs_too),
	SUITE_CASE(signatures_of_two_statements_make_no_pair),
	SUITE_CASE(subject_key_and_certificate_belong_together),
	SUITE_CASE(only_a_clock_far_behind_refuses_it),
	SUITE_CASE(a_succession_has_a_sequence_and_no_end),
	SUITE_CASE(a_replay_is_refused_where_it_is_remembered),
	SUITE_CASE(making_fails_clean),
};

int main(void)
{
	return tr_main("successions", cases, BASE_COUNT(cases));
}
