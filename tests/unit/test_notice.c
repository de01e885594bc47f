/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about notices of dissolution: what their issuer has authority over, what is kept. */
#include "proto/base/base.h"
#include "tests/unit/intro_rig.h"

#include <stdio.h>
#include <string.h>

/* The whole rule: who issued it, who it is about, what happens. */
enum issuer { UNKNOWN, ACTIVE, INTRODUCED, PARTED, DISSOLVED, EXPIRED, SUSPENDED };
enum subject { NOBODY, BY_ISSUER, BY_ISSUER_NOT_MET, BY_ANOTHER, DIRECT, ITSELF, ME, STONE };

static const struct {
	enum issuer issuer;
	enum trec_refusal why;
} issuers[] = {
	{ UNKNOWN, TREC_REFUSAL_INTRODUCER_UNKNOWN },
	{ ACTIVE, TREC_REFUSAL_NONE },
	{ INTRODUCED, TREC_REFUSAL_INTRODUCER_ONLY_INTRODUCED },
	{ PARTED, TREC_REFUSAL_INTRODUCER_DISSOLVED },
	{ DISSOLVED, TREC_REFUSAL_INTRODUCER_DISSOLVED },
	{ EXPIRED, TREC_REFUSAL_INTRODUCER_EXPIRED },
	{ SUSPENDED, TREC_REFUSAL_INTRODUCER_SUSPENDED },
};

static const struct {
	enum subject subject;
	enum trec_refusal why;
	enum trec_notice_effect effect;
} subjects[] = {
	{ NOBODY, TREC_REFUSAL_NONE, TREC_NOTICE_SHOWN },
	{ BY_ISSUER, TREC_REFUSAL_NONE, TREC_NOTICE_DISSOLVED },
	{ BY_ISSUER_NOT_MET, TREC_REFUSAL_NONE, TREC_NOTICE_DISSOLVED },
	{ BY_ANOTHER, TREC_REFUSAL_NONE, TREC_NOTICE_SHOWN },
	{ DIRECT, TREC_REFUSAL_NONE, TREC_NOTICE_SHOWN },
	{ ITSELF, TREC_REFUSAL_NONE, TREC_NOTICE_DISSOLVED },
	{ ME, TREC_REFUSAL_OWN_ID, TREC_NOTICE_NONE },
	{ STONE, TREC_REFUSAL_NONE, TREC_NOTICE_NONE },
};

static void put_subject(enum subject subject)
{
	if (subject == BY_ISSUER)
		ir_know_by(tr_p, REC_STATE_ACTIVE, &tr_a->id);
	else if (subject == BY_ISSUER_NOT_MET)
		ir_know_by(tr_p, REC_STATE_INTRODUCED, &tr_a->id);
	else if (subject == BY_ANOTHER)
		ir_know_by(tr_p, REC_STATE_ACTIVE, &tr_q->id);
	else if (subject == DIRECT || subject == STONE)
		ir_know(tr_p, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	if (subject == STONE)
		CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_p->id, false, NULL), TREC_OK);
}

static void put_issuer(enum issuer issuer)
{
	struct rec_peer p;

	if (issuer == UNKNOWN)
		CU_ASSERT_EQUAL(eng_peer_remove(ir_store, TREC_RECORD_PEER, &tr_a->id), TREC_OK);
	if (issuer == INTRODUCED)
		ir_know_by(tr_a, REC_STATE_INTRODUCED, &tr_q->id);
	if (issuer == PARTED)
		ir_know(tr_a, REC_STATE_DISSOLVED_BY_PEER, REC_ORIGIN_PIN);
	if (issuer == DISSOLVED)
		CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_a->id, false, NULL), TREC_OK);
	if (issuer == EXPIRED)
		CU_ASSERT_EQUAL(trec_peer_expire(tr_env, ir_store, &tr_a->id, tr_fault.wall_s),
				TREC_OK);
	if (issuer == SUSPENDED) {
		CU_ASSERT(ir_record(&tr_a->id, &p));
		p.state = REC_STATE_SUSPENDED;
		ir_put(&tr_a->id, &p);
	}
}

static const struct trec_id *id_of(enum subject subject)
{
	return subject == ME ? &tr_b->id : subject == ITSELF ? &tr_a->id : &tr_p->id;
}

static void c613_a_notice_does_what_its_issuer_has_authority_over(void)
{
	for (size_t i = 0; i < BASE_COUNT(issuers); i++) {
		for (size_t k = 0; k < BASE_COUNT(subjects); k++) {
			bool heard = issuers[i].why == TREC_REFUSAL_NONE;
			enum trec_notice_effect effect = heard ? subjects[k].effect :
								 TREC_NOTICE_NONE;
			const struct trec_id *about = id_of(subjects[k].subject);
			struct eng_noticed out;
			struct tr_sample s;
			struct rec_peer p;
			bool stone = false;

			ir_begin();
			put_subject(subjects[k].subject);
			put_issuer(issuers[i].issuer);
			bool there = ir_record(about, &p);

			tr_make(&s, TRUST_TOMBSTONE, tr_a, about, tr_b);
			out = ir_notice(&s);
			CU_ASSERT_EQUAL(out.refusal, heard ? subjects[k].why : issuers[i].why);
			CU_ASSERT_EQUAL(out.effect, effect);
			CU_ASSERT_EQUAL(ir_record(about, &p),
					there && effect != TREC_NOTICE_DISSOLVED);
			CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_NOTICE),
					effect == TREC_NOTICE_SHOWN);
			CU_ASSERT_EQUAL(trec_tombstone_exists(tr_env, ir_store, about, &stone),
					TREC_OK);
			if (effect == TREC_NOTICE_DISSOLVED)
				CU_ASSERT(stone);
			ir_end();
		}
	}
}

static void a_notice_about_the_key_before_reaches_the_record_that_moved(void)
{
	struct rec_peer p;
	struct tr_sample s;

	ir_begin();
	ir_know_by(tr_q, REC_STATE_ACTIVE, &tr_a->id);
	CU_ASSERT(ir_record(&tr_q->id, &p));
	p.previous[0].id = tr_p->id;
	p.previous_count = 1;
	ir_put(&tr_q->id, &p);
	tr_make(&s, TRUST_TOMBSTONE, tr_a, &tr_p->id, tr_b);
	struct eng_noticed out = ir_notice(&s);

	CU_ASSERT_EQUAL(out.effect, TREC_NOTICE_DISSOLVED);
	CU_ASSERT_EQUAL(memcmp(&out.subject, &tr_q->id, TREC_ID_LEN), 0);
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_TOMBSTONE), 2);
	ir_end();
}

static void c613_an_introduction_that_was_taken_back_is_refused(void)
{
	struct tr_sample introduction, s;

	ir_begin();
	tr_introduce(&introduction, tr_a, tr_p, tr_b, NULL);
	tr_make(&s, TRUST_TOMBSTONE, tr_a, &tr_p->id, tr_b);
	CU_ASSERT_EQUAL(ir_notice(&s).effect, TREC_NOTICE_SHOWN);
	CU_ASSERT_EQUAL(ir_carried(&introduction), TREC_REFUSAL_SUBJECT_DISSOLVED);
	/* By the time the notice is over, so is whatever was signed before it. */
	tr_fault.wall_s += 604800;
	CU_ASSERT_EQUAL(ir_carried(&introduction), TREC_REFUSAL_EXPIRED);
	tr_introduce(&introduction, tr_a, tr_p, tr_b, NULL);
	CU_ASSERT_EQUAL(ir_carried(&introduction), TREC_REFUSAL_NONE);
	ir_end();
}

static void a_notice_from_before_the_trust_does_not_end_it(void)
{
	struct tr_sample s;
	struct rec_peer p;

	ir_begin();
	tr_make(&s, TRUST_TOMBSTONE, tr_a, &tr_a->id, tr_b);
	tr_fault.wall_s += 301;
	ir_know(tr_a, REC_STATE_ACTIVE, REC_ORIGIN_PIN); /* paired anew since */
	CU_ASSERT_EQUAL(ir_notice(&s).refusal, TREC_REFUSAL_BEFORE_TRUST);
	CU_ASSERT(ir_record(&tr_a->id, &p));
	ir_end();
}

static void altered_late_and_early_ones_are_refused(void)
{
	struct tr_sample s;

	ir_begin();
	tr_make(&s, TRUST_TOMBSTONE, tr_a, &tr_p->id, tr_b);
	s.bytes[s.n - 1] ^= 1;
	CU_ASSERT_EQUAL(ir_notice(&s).refusal, TREC_REFUSAL_ALTERED);
	s.bytes[s.n - 1] ^= 1;
	s.n--;
	CU_ASSERT_EQUAL(ir_notice(&s).refusal, TREC_REFUSAL_MALFORMED);
	s.n++;
	tr_fault.wall_s += 604800;
	CU_ASSERT_EQUAL(ir_notice(&s).refusal, TREC_REFUSAL_EXPIRED);
	tr_fault.wall_s -= 604800 + 301;
	CU_ASSERT_EQUAL(ir_notice(&s).refusal, TREC_REFUSAL_TOO_EARLY);
	tr_fault.wall_trusted = false;
	CU_ASSERT_EQUAL(ir_notice(&s).refusal, TREC_REFUSAL_NO_CLOCK);
	ir_end();
}

static struct trec_id nobody_no(unsigned i)
{
	struct trec_id id = { { 0 } };

	id.b[0] = (uint8_t)i;
	id.b[1] = 1;
	return id;
}

static void of_one_issuer_64_are_kept_and_the_same_one_once(void)
{
	struct tr_sample s, other;
	struct trec_id id;

	ir_begin();
	ir_know(tr_p, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	for (unsigned i = 0; i < 64; i++) {
		id = nobody_no(i);
		tr_make(&s, TRUST_TOMBSTONE, tr_a, &id, tr_b);
		CU_ASSERT_EQUAL(ir_notice(&s).effect, TREC_NOTICE_SHOWN);
		CU_ASSERT_EQUAL(ir_notice(&s).effect, TREC_NOTICE_NONE);
	}
	id = nobody_no(64);
	tr_make(&s, TRUST_TOMBSTONE, tr_a, &id, tr_b);
	CU_ASSERT_EQUAL(ir_notice(&s).refusal, TREC_REFUSAL_TOO_MANY);
	tr_make(&other, TRUST_TOMBSTONE, tr_p, &id, tr_b);
	CU_ASSERT_EQUAL(ir_notice(&other).effect, TREC_NOTICE_SHOWN);
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_NOTICE), 65);
	/* What is over makes room. */
	tr_fault.wall_s += 604800;
	tr_make(&s, TRUST_TOMBSTONE, tr_a, &id, tr_b);
	CU_ASSERT_EQUAL(ir_notice(&s).effect, TREC_NOTICE_SHOWN);
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_NOTICE), 1);
	ir_end();
}

static bool next(const struct tr_device *to, uint64_t after, uint64_t *number,
		 struct trec_id *sub)
{
	uint8_t buf[TRUST_SHORT_MAX];
	bool found = false;
	size_t n = 0;

	CU_ASSERT_EQUAL(eng_notice_next(tr_env, ir_store, &to->id, after, buf, sizeof buf, &n,
					number, &found), TREC_OK);
	CU_ASSERT_EQUAL(found, trust_peek(trec_bytes(buf, n), TRUST_TOMBSTONE, NULL, sub, NULL));
	return found;
}

static void they_are_passed_on_in_order_but_to_whom_they_concern(void)
{
	struct trec_id id, sub;
	uint64_t number = 0;
	struct tr_sample s;

	ir_begin();
	ir_know(tr_q, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	for (unsigned i = 0; i < 3; i++) {
		id = i == 1 ? tr_p->id : nobody_no(9 - i);
		tr_make(&s, TRUST_TOMBSTONE, tr_a, &id, tr_b);
		CU_ASSERT_EQUAL(ir_notice(&s).effect, TREC_NOTICE_SHOWN);
	}
	id = nobody_no(9);
	CU_ASSERT(next(tr_p, 0, &number, &sub) && number == 1);
	CU_ASSERT_EQUAL(memcmp(&sub, &id, sizeof id), 0);
	CU_ASSERT(next(tr_p, number, &number, &sub) && number == 3); /* the second is about it */
	CU_ASSERT(!next(tr_p, number, &number, &sub));
	CU_ASSERT(!next(tr_a, 0, &number, &sub)); /* its own */
	tr_fault.wall_s += 604800;
	CU_ASSERT(!next(tr_p, 0, &number, &sub));
	ir_end();
}

static void who_brought_one_does_not_get_it_back(void)
{
	struct tr_sample s;
	struct rec_peer p;
	struct trec_id id;

	ir_begin();
	ir_know(tr_q, REC_STATE_ACTIVE, REC_ORIGIN_PIN); /* brings all of ir_notice */
	for (unsigned i = 0; i < 2; i++) {
		id = nobody_no(i);
		tr_make(&s, TRUST_TOMBSTONE, tr_a, &id, tr_b);
		CU_ASSERT_EQUAL(ir_notice(&s).effect, TREC_NOTICE_SHOWN);
		CU_ASSERT(ir_record(&tr_q->id, &p));
		CU_ASSERT_EQUAL(p.noticed, i + 1);
	}
	/* Numbers go on after all notices are gone: a has had up to 2. */
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_a->id, false, NULL), TREC_OK);
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_NOTICE), 0);
	ir_know(tr_p, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	tr_make(&s, TRUST_TOMBSTONE, tr_p, &id, tr_b);
	CU_ASSERT_EQUAL(ir_notice(&s).effect, TREC_NOTICE_SHOWN);
	CU_ASSERT(ir_record(&tr_q->id, &p) && p.noticed == 3);
	ir_end();
}

static void what_was_parted_from_leaves_the_notices_too(void)
{
	struct tr_sample s;
	char text[TREC_ID_TEXT_LEN + 1];

	ir_begin();
	ir_know(tr_p, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	ir_know(tr_q, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	tr_make(&s, TRUST_TOMBSTONE, tr_a, &tr_p->id, tr_b);
	CU_ASSERT_EQUAL(ir_notice(&s).effect, TREC_NOTICE_SHOWN);
	tr_make(&s, TRUST_TOMBSTONE, tr_a, &tr_q->id, tr_b);
	CU_ASSERT_EQUAL(ir_notice(&s).effect, TREC_NOTICE_SHOWN);
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_p->id, false, NULL), TREC_OK);
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_NOTICE), 1);
	trec_id_to_text(&tr_p->id, text);
	CU_ASSERT(!mem_store_contains(ir_mem, trec_bytes(text, strlen(text))));
	ir_end();
}

static void a_commit_that_fails_changes_nothing(void)
{
	struct eng_noticed out;
	struct tr_sample s;
	struct rec_peer p;

	ir_begin();
	ir_know_by(tr_p, REC_STATE_ACTIVE, &tr_a->id);
	for (int k = 0; k < 2; k++) {
		tr_make(&s, TRUST_TOMBSTONE, tr_a, k == 0 ? &tr_p->id : &tr_q->id, tr_b);
		mem_store_fault(ir_mem, 1, MEM_FAULT_FAIL);
		CU_ASSERT_EQUAL(eng_notice_take(tr_env, ir_store, tr_bytes(&s), &tr_q->id, &out),
				TREC_E_IO);
		CU_ASSERT(out.refusal == TREC_REFUSAL_STORE && out.effect == TREC_NOTICE_NONE);
		CU_ASSERT(ir_record(&tr_p->id, &p));
		CU_ASSERT_EQUAL(mem_store_count(ir_mem, 0), 2);
	}
	ir_end();
}

static const struct suite_case cases[] = {
	SUITE_CASE(c613_a_notice_does_what_its_issuer_has_authority_over),
	SUITE_CASE(a_notice_about_the_key_before_reaches_the_record_that_moved),
	SUITE_CASE(c613_an_introduction_that_was_taken_back_is_refused),
	SUITE_CASE(a_notice_from_before_the_trust_does_not_end_it),
	SUITE_CASE(altered_late_and_early_ones_are_refused),
	SUITE_CASE(of_one_issuer_64_are_kept_and_the_same_one_once),
	SUITE_CASE(they_are_passed_on_in_order_but_to_whom_they_concern),
	SUITE_CASE(who_brought_one_does_not_get_it_back),
	SUITE_CASE(what_was_parted_from_leaves_the_notices_too),
	SUITE_CASE(a_commit_that_fails_changes_nothing),
};

int main(void)
{
	return tr_main("notice", cases, BASE_COUNT(cases));
}
