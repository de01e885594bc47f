/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about what an introduction must show before it is stored: one for each refusal. */
#include "proto/base/base.h"
#include "tests/lib/sweep.h"
#include "tests/unit/intro_rig.h"

#include <string.h>

/* a about p to b, carried, and the refusal after something was done to the store. */
static enum trec_refusal refusal_now(void)
{
	struct tr_sample s;

	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	return ir_carried(&s);
}

/* The same with claims changed and signed anew. */
#define REFUSED_WITH(change, why)                                                                  \
	do {                                                                                       \
		struct tr_sample s;                                                                \
		tr_introduce(&s, tr_a, tr_p, tr_b, NULL);                                          \
		change;                                                                            \
		tr_resign(&s, NULL, tr_a, NULL);                                                   \
		CU_ASSERT_EQUAL(ir_carried(&s), why);                                              \
	} while (0)

static void c632_b_a_valid_introduction_is_stored_as_introduced(void)
{
	struct tr_sample s;
	struct rec_peer p;
	uint8_t hash[MSG_HASH_LEN];

	ir_begin();
	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_NONE);
	CU_ASSERT_FATAL(ir_record(&tr_p->id, &p));
	CU_ASSERT_EQUAL(p.state, REC_STATE_INTRODUCED);
	CU_ASSERT_EQUAL(p.origin, REC_ORIGIN_INTRODUCED);
	CU_ASSERT(p.has_introduced_by && memcmp(&p.introduced_by, &tr_a->id, TREC_ID_LEN) == 0);
	CU_ASSERT_EQUAL(crypto_sha256(tr_bytes(&s), hash), TREC_OK);
	CU_ASSERT(p.has_statement && memcmp(p.statement, hash, sizeof hash) == 0);
	CU_ASSERT_STRING_EQUAL(p.name, "lamp in the hall");
	CU_ASSERT_EQUAL(p.expires_s, (uint64_t)tr_fault.wall_s + 604800);
	CU_ASSERT(trec_bytes_equal(trec_bytes(p.cert, p.cert_len), tr_cert(tr_p)));
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_SEEN), 1);
	ir_end();
}

static void c632_b_refused_from_an_unknown_introducer(void)
{
	struct tr_sample s;

	ir_begin();
	tr_introduce(&s, tr_q, tr_p, tr_b, NULL);
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_INTRODUCER_UNKNOWN);
	ir_end();
}

static void c632_b_refused_from_a_removed_introducer(void)
{
	ir_begin();
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_a->id, false, NULL), TREC_OK);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_INTRODUCER_DISSOLVED);
	ir_know(tr_a, REC_STATE_DISSOLVED_BY_PEER, REC_ORIGIN_PIN);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_INTRODUCER_DISSOLVED);
	ir_end();
}

static void c632_b_refused_from_an_expired_introducer(void)
{
	ir_begin();
	CU_ASSERT_EQUAL(trec_peer_expire(tr_env, ir_store, &tr_a->id, tr_fault.wall_s), TREC_OK);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_INTRODUCER_EXPIRED);
	CU_ASSERT_EQUAL(trec_peer_expire(tr_env, ir_store, &tr_a->id, tr_fault.wall_s + 1),
			TREC_OK);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_NONE);
	ir_end();
}

static void c632_b_refused_from_an_introducer_that_is_not_allowed(void)
{
	ir_begin();
	CU_ASSERT_EQUAL(trec_peer_deny(tr_env, ir_store, &tr_a->id, "introduce"), TREC_OK);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_INTRODUCER_NOT_ALLOWED);
	CU_ASSERT_EQUAL(trec_peer_allow(tr_env, ir_store, &tr_a->id, "introduce",
					tr_fault.wall_s), TREC_OK);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_INTRODUCER_NOT_ALLOWED);
	ir_know(tr_a, REC_STATE_ACTIVE, REC_ORIGIN_THIRD_PARTY);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_INTRODUCER_NOT_ALLOWED);
	CU_ASSERT_EQUAL(trec_peer_allow(tr_env, ir_store, &tr_a->id, "introduce", 0), TREC_OK);
	ir_know(tr_a, REC_STATE_SUSPENDED, REC_ORIGIN_PIN);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_INTRODUCER_SUSPENDED);
	ir_end();
}

static void c632_b_refused_from_an_introducer_only_introduced_itself(void)
{
	ir_begin();
	ir_know_by(tr_a, REC_STATE_INTRODUCED, &tr_q->id);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_INTRODUCER_ONLY_INTRODUCED);
	ir_know_by(tr_a, REC_STATE_ACTIVE, &tr_q->id);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_INTRODUCER_ONLY_INTRODUCED);
	ir_know(tr_a, REC_STATE_ACTIVE, REC_ORIGIN_NFC);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_NONE);
	ir_end();
}

static void c632_b_refused_for_another_audience(void)
{
	struct tr_sample s;

	ir_begin();
	tr_introduce(&s, tr_a, tr_p, tr_q, NULL);
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_WRONG_AUDIENCE);
	ir_end();
}

static void c632_b_refused_where_the_subject_is_not_the_id_of_its_key(void)
{
	ir_begin();
	REFUSED_WITH(s.claims.sub = tr_q->id, TREC_REFUSAL_WRONG_SUBJECT);
	REFUSED_WITH(s.claims.cert = tr_cert(tr_q), TREC_REFUSAL_CERTIFICATE);
	REFUSED_WITH(s.claims.sub = tr_a->id, TREC_REFUSAL_WRONG_SUBJECT);
	ir_end();
}

static void c632_b_refused_about_oneself(void)
{
	struct tr_sample s;

	ir_begin();
	tr_introduce(&s, tr_a, tr_b, tr_b, NULL);
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_OWN_ID);
	ir_end();
}

static void c632_b_refused_when_seen_before(void)
{
	struct tr_sample s;

	ir_begin();
	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_REPLAYED);
	CU_ASSERT_EQUAL(eng_peer_remove(ir_store, TREC_RECORD_PEER, &tr_p->id), TREC_OK);
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_REPLAYED);
	/* The memory lasts as long as the statement would. */
	tr_fault.wall_s += 604799;
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_REPLAYED);
	tr_fault.wall_s += 1;
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_EXPIRED);
	ir_end();
}

static void c632_b_refused_with_a_nonce_used_before_or_of_another_session(void)
{
	static const uint8_t other[TRUST_NONCE_LEN] = "of another session";
	struct eng_intro_how how = { .policy = &ir_policy, .from = &tr_a->id, .nonce = tr_nonce,
				     .nonce_until_ms = tr_fault.now_ms + 120000 };
	struct tr_sample s;

	ir_begin();
	tr_introduce(&s, tr_a, tr_p, tr_b, tr_nonce);
	how.nonce = other;
	CU_ASSERT_EQUAL(ir_take(&s, &how).refusal, TREC_REFUSAL_WRONG_NONCE);
	how.nonce = tr_nonce;
	how.from = &tr_q->id;
	CU_ASSERT_EQUAL(ir_take(&s, &how).refusal, TREC_REFUSAL_WRONG_BEARER);
	how.from = &tr_a->id;
	tr_fault.now_ms += 120000;
	CU_ASSERT_EQUAL(ir_take(&s, &how).refusal, TREC_REFUSAL_NONCE_EXPIRED);
	tr_fault.now_ms -= 1;
	CU_ASSERT_EQUAL(ir_take(&s, &how).refusal, TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(ir_take(&s, &how).refusal, TREC_REFUSAL_ALREADY_KNOWN);
	ir_end();
	/* Neither form passes as the other. */
	ir_begin();
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_WRONG_NONCE);
	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	CU_ASSERT_EQUAL(ir_take(&s, &how).refusal, TREC_REFUSAL_WRONG_NONCE);
	ir_end();
}

static void c632_b_refused_out_of_its_time(void)
{
	ir_begin();
	REFUSED_WITH(s.claims.exp = tr_fault.wall_s, TREC_REFUSAL_EXPIRED);
	REFUSED_WITH(s.claims.iat = tr_fault.wall_s + 301, TREC_REFUSAL_TOO_EARLY);
	REFUSED_WITH(s.claims.exp = s.claims.iat + 604801, TREC_REFUSAL_TOO_LONG);
	REFUSED_WITH(s.claims.iat = s.claims.exp = 0, TREC_REFUSAL_NO_CLOCK);
	struct tr_sample s;

	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	tr_fault.wall_trusted = false;
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_NO_CLOCK);
	ir_end();
}

static void c632_b_refused_from_before_the_trust_began(void)
{
	struct tr_sample s;

	ir_begin();
	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	tr_fault.wall_s += 1;
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_a->id, false, NULL), TREC_OK);
	ir_know(tr_a, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_BEFORE_TRUST);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_NONE);
	ir_end();
}

static bool not_taken(struct trec_bytes variant, void *ctx)
{
	struct eng_intro_how how = { .policy = &ir_policy };
	struct trec_introduced out;
	size_t rows = mem_store_count(ir_mem, 0);

	(void)ctx;
	return eng_intro_take(tr_env, ir_store, variant, &how, &out) == TREC_OK && !out.accepted &&
	       out.refusal != TREC_REFUSAL_NONE && mem_store_count(ir_mem, 0) == rows;
}

static void c632_b_refused_when_altered_anywhere(void)
{
	struct tr_sample s;

	ir_begin();
	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	CU_ASSERT(sweep_bits(tr_bytes(&s), not_taken, NULL));
	CU_ASSERT(sweep_truncations(tr_bytes(&s), not_taken, NULL));
	CU_ASSERT(sweep_trailing(tr_bytes(&s), not_taken, NULL));
	s.bytes[s.n - 1] ^= 1;
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_ALTERED);
	s.bytes[s.n - 1] ^= 1;
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_NONE);
	ir_end();
}

static void c632_b_refused_with_a_signature_of_another_kind_or_key(void)
{
	struct tr_sample s;

	ir_begin();
	for (int kind = 0; kind < TRUST_KIND_COUNT; kind++) {
		if (kind == TRUST_INTRODUCTION)
			continue;
		tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
		tr_resign(&s, trust_kind_text((enum trust_kind)kind), tr_a, NULL);
		CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_ALTERED);
	}
	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	tr_resign(&s, NULL, tr_q, NULL);
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_ALTERED);
	tr_make(&s, TRUST_REVOKE, tr_a, &tr_a->id, tr_b);
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_MALFORMED);
	ir_end();
}

static void c632_b_refused_about_a_subject_under_a_tombstone_of_any_date(void)
{
	static const int64_t when[] = { -31536000, 0, 31536000 };

	for (size_t i = 0; i < BASE_COUNT(when); i++) {
		ir_begin();
		ir_know(tr_p, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
		tr_fault.wall_s += when[i];
		CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_p->id, false, NULL), TREC_OK);
		tr_fault.wall_s -= when[i];
		CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_SUBJECT_DISSOLVED);
		ir_end();
	}
	ir_begin();
	ir_know(tr_p, REC_STATE_DISSOLVED_BY_PEER, REC_ORIGIN_PIN);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_SUBJECT_DISSOLVED);
	ir_end();
}

static void c632_b_refused_about_an_earlier_key_of_somebody_dissolved(void)
{
	struct rec_peer q;

	ir_begin();
	ir_know(tr_q, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	CU_ASSERT(ir_record(&tr_q->id, &q));
	q.previous[0].id = tr_p->id;
	q.previous_count = 1;
	ir_put(&tr_q->id, &q);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_ALREADY_KNOWN);
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_q->id, false, NULL), TREC_OK);
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_TOMBSTONE), 2);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_SUBJECT_DISSOLVED);
	ir_end();
}

static void c632_b_refused_about_somebody_known(void)
{
	ir_begin();
	ir_know(tr_p, REC_STATE_ACTIVE, REC_ORIGIN_CODE);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_ALREADY_KNOWN);
	ir_know(tr_p, REC_STATE_SUSPENDED, REC_ORIGIN_CODE);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_ALREADY_KNOWN);
	ir_know_by(tr_p, REC_STATE_INTRODUCED, &tr_q->id);
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_ALREADY_KNOWN);
	tr_fault.wall_s += 604800; /* that one led to nothing in its time */
	CU_ASSERT_EQUAL(refusal_now(), TREC_REFUSAL_NONE);
	ir_end();
}

static void c632_b_more_rights_than_the_introducer_holds_are_refused(void)
{
	struct tr_sample s;
	struct rec_peer p;

	ir_begin();
	CU_ASSERT_EQUAL(trec_peer_deny(tr_env, ir_store, &tr_a->id, "service:*"), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_allow(tr_env, ir_store, &tr_a->id, "service:light", 0), TREC_OK);
	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	memset(&s.claims.rights, 0, sizeof s.claims.rights);
	CU_ASSERT(msg_rights_add(&s.claims.rights, "introduce"));
	CU_ASSERT(msg_rights_add(&s.claims.rights, "service:door"));
	CU_ASSERT(msg_rights_add(&s.claims.rights, "service:light"));
	tr_resign(&s, NULL, tr_a, NULL);
	CU_ASSERT_EQUAL(ir_carried(&s), TREC_REFUSAL_RIGHTS_EXCEEDED);
	CU_ASSERT(ir_record(&tr_p->id, &p));
	CU_ASSERT_EQUAL_FATAL(p.rights_count, 1);
	CU_ASSERT_STRING_EQUAL(p.rights[0].name, "service:light");
	ir_end();
}

static void c632_b_refused_by_a_policy_that_says_never(void)
{
	struct eng_intro_how how = { .policy = NULL, .consented = true };
	struct tr_sample s;

	ir_begin();
	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	CU_ASSERT_EQUAL(ir_take(&s, &how).refusal, TREC_REFUSAL_POLICY);
	ir_policy.mode = TREC_INTRODUCTIONS_NEVER;
	how.policy = &ir_policy;
	CU_ASSERT_EQUAL(ir_take(&s, &how).refusal, TREC_REFUSAL_POLICY);
	ir_end();
}

static void c632_b_refused_when_brought_by_another_than_its_subject(void)
{
	struct eng_intro_how how = { .policy = &ir_policy, .from = &tr_q->id };
	struct tr_sample s;

	ir_begin();
	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	CU_ASSERT_EQUAL(ir_take(&s, &how).refusal, TREC_REFUSAL_WRONG_BEARER);
	how.from = &tr_a->id;
	CU_ASSERT_EQUAL(ir_take(&s, &how).refusal, TREC_REFUSAL_WRONG_BEARER);
	how.from = &tr_p->id;
	CU_ASSERT(ir_take(&s, &how).accepted);
	ir_end();
}

static const struct suite_case cases[] = {
	SUITE_CASE(c632_b_a_valid_introduction_is_stored_as_introduced),
	SUITE_CASE(c632_b_refused_from_an_unknown_introducer),
	SUITE_CASE(c632_b_refused_from_a_removed_introducer),
	SUITE_CASE(c632_b_refused_from_an_expired_introducer),
	SUITE_CASE(c632_b_refused_from_an_introducer_that_is_not_allowed),
	SUITE_CASE(c632_b_refused_from_an_introducer_only_introduced_itself),
	SUITE_CASE(c632_b_refused_for_another_audience),
	SUITE_CASE(c632_b_refused_where_the_subject_is_not_the_id_of_its_key),
	SUITE_CASE(c632_b_refused_about_oneself),
	SUITE_CASE(c632_b_refused_when_seen_before),
	SUITE_CASE(c632_b_refused_with_a_nonce_used_before_or_of_another_session),
	SUITE_CASE(c632_b_refused_out_of_its_time),
	SUITE_CASE(c632_b_refused_from_before_the_trust_began),
	SUITE_CASE(c632_b_refused_when_altered_anywhere),
	SUITE_CASE(c632_b_refused_with_a_signature_of_another_kind_or_key),
	SUITE_CASE(c632_b_refused_about_a_subject_under_a_tombstone_of_any_date),
	SUITE_CASE(c632_b_refused_about_an_earlier_key_of_somebody_dissolved),
	SUITE_CASE(c632_b_refused_about_somebody_known),
	SUITE_CASE(c632_b_more_rights_than_the_introducer_holds_are_refused),
	SUITE_CASE(c632_b_refused_by_a_policy_that_says_never),
	SUITE_CASE(c632_b_refused_when_brought_by_another_than_its_subject),
};

int main(void)
{
	return tr_main("introduction", cases, BASE_COUNT(cases));
}
