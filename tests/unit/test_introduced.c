/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about an introduction once it is stored: what it takes to come into force, which rights
 * it brings, and how it is carried.
 */
#include "proto/base/base.h"
#include "proto/codec/bundle.h"
#include "tests/unit/intro_rig.h"

#include <stdio.h>
#include <string.h>

/* ---- coming into force ------------------------------------------------------------------- */

/* What a mutual session with p leads to now. */
static enum trec_refusal activate(void)
{
	enum trec_refusal checked = TREC_REFUSAL_COUNT;
	enum trec_refusal why = TREC_REFUSAL_COUNT;
	struct rec_peer p, after;
	size_t commits = ir_mem->commits;

	CU_ASSERT_FATAL(ir_record(&tr_p->id, &p));
	CU_ASSERT_EQUAL(eng_intro_check(tr_env, ir_store, &tr_p->id, &p, &checked), TREC_OK);
	CU_ASSERT_EQUAL(eng_intro_activate(tr_env, ir_store, &tr_p->id, &p, &why), TREC_OK);
	CU_ASSERT_EQUAL(checked, why);
	CU_ASSERT(ir_record(&tr_p->id, &after));
	CU_ASSERT_EQUAL(after.state == REC_STATE_ACTIVE, why == TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(ir_mem->commits, commits + (why == TREC_REFUSAL_NONE));
	return why;
}

static void c632_b_a_mutual_session_turns_it_active(void)
{
	struct rec_peer p;

	ir_begin();
	ir_introduced();
	CU_ASSERT_EQUAL(activate(), TREC_REFUSAL_NONE);
	CU_ASSERT(ir_record(&tr_p->id, &p));
	CU_ASSERT(p.expires_s == 0 && !p.made.set && p.last_seen_s != 0);
	CU_ASSERT(p.has_introduced_by && p.has_statement && p.origin == REC_ORIGIN_INTRODUCED);
	ir_end();
}

static void c632_b_its_conditions_hold_again_when_it_turns_active(void)
{
	ir_begin();
	ir_introduced();
	CU_ASSERT_EQUAL(trec_peer_deny(tr_env, ir_store, &tr_a->id, "introduce"), TREC_OK);
	CU_ASSERT_EQUAL(activate(), TREC_REFUSAL_INTRODUCER_NOT_ALLOWED);
	ir_know(tr_a, REC_STATE_DISSOLVED_BY_PEER, REC_ORIGIN_PIN);
	CU_ASSERT_EQUAL(activate(), TREC_REFUSAL_INTRODUCER_DISSOLVED);
	ir_know(tr_a, REC_STATE_SUSPENDED, REC_ORIGIN_PIN);
	CU_ASSERT_EQUAL(activate(), TREC_REFUSAL_INTRODUCER_SUSPENDED);
	ir_know_by(tr_a, REC_STATE_ACTIVE, &tr_q->id);
	CU_ASSERT_EQUAL(activate(), TREC_REFUSAL_INTRODUCER_ONLY_INTRODUCED);
	ir_know(tr_a, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	CU_ASSERT_EQUAL(trec_peer_expire(tr_env, ir_store, &tr_a->id, tr_fault.wall_s), TREC_OK);
	CU_ASSERT_EQUAL(activate(), TREC_REFUSAL_INTRODUCER_EXPIRED);
	CU_ASSERT_EQUAL(trec_peer_expire(tr_env, ir_store, &tr_a->id, 0), TREC_OK);
	tr_fault.wall_s += 604800;
	CU_ASSERT_EQUAL(activate(), TREC_REFUSAL_EXPIRED);
	tr_fault.wall_s -= 604800;
	CU_ASSERT_EQUAL(activate(), TREC_REFUSAL_NONE);
	ir_end();
}

static void c632_b_a_dissolved_introducer_takes_those_not_met_along(void)
{
	struct rec_peer p;

	ir_begin();
	ir_introduced();
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &tr_a->id, false, NULL), TREC_OK);
	CU_ASSERT(!ir_record(&tr_p->id, &p));
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, 0), 1); /* a's tombstone, none for p */
	ir_end();
}

static void c632_b_a_tombstone_beside_it_is_the_stronger(void)
{
	struct trec_change stone = { .type = TREC_RECORD_TOMBSTONE };
	struct rec_tombstone t = { .by = REC_BY_LOCAL };
	uint8_t buf[REC_SMALL_MAX];
	size_t n = 0;

	ir_begin();
	ir_introduced();
	CU_ASSERT_EQUAL(eng_tombstone_id(&tr_p->id, stone.id), TREC_OK);
	CU_ASSERT_EQUAL(rec_tombstone_encode(&t, buf, sizeof buf, &n), TREC_OK);
	stone.data = trec_bytes(buf, n);
	CU_ASSERT_EQUAL(ir_store->ops->commit(ir_store, &stone, 1), TREC_OK);
	CU_ASSERT_EQUAL(activate(), TREC_REFUSAL_SUBJECT_DISSOLVED);
	ir_end();
}

static void a_failed_commit_leaves_it_introduced(void)
{
	enum trec_refusal why;
	struct rec_peer p;

	ir_begin();
	ir_introduced();
	CU_ASSERT(ir_record(&tr_p->id, &p));
	mem_store_fault(ir_mem, 1, MEM_FAULT_FAIL);
	CU_ASSERT_EQUAL(eng_intro_activate(tr_env, ir_store, &tr_p->id, &p, &why), TREC_E_IO);
	CU_ASSERT_EQUAL(why, TREC_REFUSAL_STORE);
	CU_ASSERT(ir_record(&tr_p->id, &p) && p.state == REC_STATE_INTRODUCED);
	ir_end();
}

static void only_introduced_it_has_no_rights_and_gets_none(void)
{
	struct trec_peer p;

	ir_begin();
	ir_introduced();
	CU_ASSERT_EQUAL(trec_peer_get(tr_env, ir_store, &tr_p->id, &p), TREC_OK);
	CU_ASSERT_EQUAL(p.state, TREC_PEER_INTRODUCED);
	CU_ASSERT(p.right_count == 1 && !trec_peer_may_use(&p, "x", tr_fault.wall_s));
	CU_ASSERT_EQUAL(trec_peer_allow(tr_env, ir_store, &tr_p->id, "introduce", 0),
			TREC_E_STATE);
	CU_ASSERT_EQUAL(trec_peer_expire(tr_env, ir_store, &tr_p->id, 0), TREC_E_STATE);
	ir_end();
}

/* ---- rights ------------------------------------------------------------------------------ */

/* "a,b@5" to rights; no number: no end. */
static void rights_of(const char *text, struct rec_peer *p)
{
	char copy[128];
	char *rest = NULL;

	memset(p, 0, sizeof *p);
	(void)snprintf(copy, sizeof copy, "%s", text);
	for (char *w = strtok_r(copy, ",", &rest); w != NULL; w = strtok_r(NULL, ",", &rest)) {
		char *at = strchr(w, '@');
		uint64_t until = at != NULL ? (uint64_t)(at[1] - '0') : 0;

		if (at != NULL)
			*at = '\0';
		CU_ASSERT(rec_peer_allow(p, w, until));
	}
}

static void rights_are_cut_with_their_ends_and_wildcards_both_ways(void)
{
	static const struct {
		const char *have, *other, *left;
	} row[] = {
		{ "service:a", "service:a", "service:a" },
		{ "service:a", "service:b", "" },
		{ "service:a", "", "" },
		{ "", "service:*", "" },
		{ "service:*", "service:*", "service:*" },
		{ "service:*", "service:a,service:b", "service:a,service:b" },
		{ "service:a,service:b", "service:*", "service:a,service:b" },
		{ "service:a@5", "service:a", "service:a@5" },
		{ "service:a", "service:a@5", "service:a@5" },
		{ "service:a@7", "service:a@5", "service:a@5" },
		{ "service:*@7", "service:a@5,service:b@9", "service:a@5,service:b@7" },
		{ "service:a", "service:*@5,service:a@9", "service:a@9" },
		{ "service:a", "service:*,service:a@9", "service:a" },
		{ "introduce,service:a", "introduce,service:*", "service:a" },
		{ "introduce", "introduce", "" },
	};

	for (size_t i = 0; i < BASE_COUNT(row); i++) {
		struct rec_peer have, other, left;

		rights_of(row[i].have, &have);
		rights_of(row[i].other, &other);
		rights_of(row[i].left, &left);
		eng_rights_cut(&have, &other);
		CU_ASSERT_EQUAL(have.rights_count, left.rights_count);
		CU_ASSERT_EQUAL(memcmp(have.rights, left.rights, sizeof left.rights), 0);
	}
}

static void the_wish_for_all_is_no_excess_and_policy_is_the_most(void)
{
	struct trec_introduction_policy none = { .mode = TREC_INTRODUCTIONS_AUTO };
	struct msg_rights wish = { .count = 1, .name = { "service:*" } };
	struct rec_peer by, p;

	ir_begin();
	rights_of("introduce,service:a@5", &by);
	CU_ASSERT(!eng_rights_grant(&p, &wish, &by, &ir_policy, 1));
	CU_ASSERT(p.rights_count == 1 && p.rights[0].until_s == 5);
	CU_ASSERT(!eng_rights_grant(&p, &wish, &by, &none, 1));
	CU_ASSERT_EQUAL(p.rights_count, 0);
	memcpy(wish.name[0], "service:a", 10);
	CU_ASSERT(!eng_rights_grant(&p, &wish, &by, &ir_policy, 4));
	CU_ASSERT(eng_rights_grant(&p, &wish, &by, &ir_policy, 5)); /* held no longer */
	ir_end();
}

static void rights_that_the_introducer_lost_are_gone_when_it_turns_active(void)
{
	struct rec_peer p;

	ir_begin();
	ir_introduced();
	CU_ASSERT_EQUAL(trec_peer_deny(tr_env, ir_store, &tr_a->id, "service:*"), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_allow(tr_env, ir_store, &tr_a->id, "service:light",
					tr_fault.wall_s + 60), TREC_OK);
	CU_ASSERT_EQUAL(activate(), TREC_REFUSAL_NONE);
	CU_ASSERT(ir_record(&tr_p->id, &p));
	CU_ASSERT(p.rights_count == 1 && strcmp(p.rights[0].name, "service:light") == 0);
	CU_ASSERT_EQUAL(p.rights[0].until_s, (uint64_t)tr_fault.wall_s + 60);
	ir_end();
}

/* ---- carried ----------------------------------------------------------------------------- */

/* The store of the introducer, in which both are known. */
static struct mem_store *introducers_store(void)
{
	struct trec_own own = { .id = tr_a->id, .cert = tr_cert(tr_a), .signer = &tr_a->signer };
	struct mem_store *mine = ir_mem;
	struct mem_store *m = mem_store_new(&own);

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	ir_store = &m->store;
	ir_know(tr_b, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	ir_know(tr_p, REC_STATE_ACTIVE, REC_ORIGIN_CODE);
	ir_store = &mine->store;
	return m;
}

static void c632_b_a_text_serves_its_audience_with_the_introducer_away(void)
{
	struct trec_introduced out;
	struct mem_store *at_a;
	char text[TREC_INTRODUCTION_TEXT_MAX + 1];
	uint8_t buf[REC_CARRIED_MAX];
	struct rec_carried twin;
	struct trec_id iss, sub, aud;
	bool found = false;
	size_t n = 0;

	ir_begin();
	at_a = introducers_store();
	CU_ASSERT_EQUAL(trec_introduction_make(tr_env, &at_a->store, &tr_b->id, &tr_p->id, text,
					       sizeof text, &n), TREC_OK);
	mem_store_free(&at_a);
	CU_ASSERT_EQUAL(n, strlen(text));
	CU_ASSERT_EQUAL(strncmp(text, "TRECI:", 6), 0);
	CU_ASSERT_EQUAL(trec_introduction_accept(tr_env, ir_store, trec_bytes(text, n), &ir_policy,
						 &out), TREC_OK);
	CU_ASSERT(out.accepted && out.refusal == TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(memcmp(&out.introducer, &tr_a->id, sizeof out.introducer), 0);
	CU_ASSERT_EQUAL(memcmp(&out.subject, &tr_p->id, sizeof out.subject), 0);
	CU_ASSERT_STRING_EQUAL(out.name, "device 2");
	/* What is for the subject is kept for it. */
	CU_ASSERT_EQUAL(ir_store->ops->get(ir_store, TREC_RECORD_CARRIED, tr_p->id.b, buf,
					   sizeof buf, &n, &found), TREC_OK);
	CU_ASSERT_FATAL(found);
	CU_ASSERT_EQUAL(rec_carried_decode(trec_bytes(buf, n), &twin), TREC_OK);
	CU_ASSERT(trust_peek(twin.statement, TRUST_INTRODUCTION, &iss, &sub, &aud));
	CU_ASSERT(memcmp(&aud, &tr_p->id, sizeof aud) == 0 &&
		  memcmp(&sub, &tr_b->id, sizeof sub) == 0);
	CU_ASSERT_EQUAL(activate(), TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_CARRIED), 0);
	CU_ASSERT_EQUAL(trec_introduction_accept(tr_env, ir_store,
						 trec_bytes(text, strlen(text)), &ir_policy, &out),
			TREC_OK);
	CU_ASSERT(!out.accepted && out.refusal == TREC_REFUSAL_REPLAYED);
	ir_end();
}

static void texts_that_are_none_or_for_others_are_told_apart(void)
{
	struct trec_introduced out;
	struct mem_store *at_a;
	char text[TREC_INTRODUCTION_TEXT_MAX + 1];
	size_t n = 0;

	ir_begin();
	at_a = introducers_store();
	CU_ASSERT_EQUAL(trec_introduction_make(tr_env, &at_a->store, &tr_p->id, &tr_b->id, text,
					       sizeof text, &n), TREC_OK);
	mem_store_free(&at_a);
	text[n / 2] = text[n / 2] == 'A' ? 'B' : 'A';
	CU_ASSERT_EQUAL(trec_introduction_accept(tr_env, ir_store, trec_bytes(text, n), &ir_policy,
						 &out), TREC_E_BAD_CODE);
	CU_ASSERT(!out.accepted);
	CU_ASSERT_EQUAL(trec_introduction_accept(tr_env, ir_store, trec_bytes("TRECI:", 6),
						 &ir_policy, &out), TREC_E_BAD_CODE);
	ir_mem->own.id = tr_q->id;
	text[n / 2] = '\0';
	at_a = introducers_store();
	CU_ASSERT_EQUAL(trec_introduction_make(tr_env, &at_a->store, &tr_p->id, &tr_b->id, text,
					       sizeof text, &n), TREC_OK);
	mem_store_free(&at_a);
	CU_ASSERT_EQUAL(trec_introduction_accept(tr_env, ir_store, trec_bytes(text, n), &ir_policy,
						 &out), TREC_OK);
	CU_ASSERT(!out.accepted && out.refusal == TREC_REFUSAL_WRONG_AUDIENCE);
	ir_end();
}

static void only_those_paired_directly_and_active_can_be_introduced(void)
{
	enum trec_refusal why;
	char text[TREC_INTRODUCTION_TEXT_MAX + 1];
	size_t n = 0;

	ir_begin();
#define MAY(d, expected)                                                                           \
	do {                                                                                       \
		CU_ASSERT_EQUAL(trec_introduction_may(tr_env, ir_store, &(d)->id, &why), TREC_OK); \
		CU_ASSERT_EQUAL(why, expected);                                                    \
	} while (0)
	MAY(tr_a, TREC_REFUSAL_NONE);
	MAY(tr_p, TREC_REFUSAL_SUBJECT_UNKNOWN);
	CU_ASSERT_EQUAL(trec_introduction_make(tr_env, ir_store, &tr_a->id, &tr_p->id, text,
					       sizeof text, &n), TREC_E_NO_PEER);
	ir_know_by(tr_p, REC_STATE_ACTIVE, &tr_a->id);
	MAY(tr_p, TREC_REFUSAL_SUBJECT_ONLY_INTRODUCED);
	ir_know(tr_p, REC_STATE_SUSPENDED, REC_ORIGIN_PIN);
	MAY(tr_p, TREC_REFUSAL_SUBJECT_NOT_ACTIVE);
	CU_ASSERT_EQUAL(trec_introduction_make(tr_env, ir_store, &tr_a->id, &tr_p->id, text,
					       sizeof text, &n), TREC_E_STATE);
	ir_know(tr_p, REC_STATE_ACTIVE, REC_ORIGIN_NFC);
	MAY(tr_p, TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(trec_introduction_make(tr_env, ir_store, &tr_a->id, &tr_a->id, text,
					       sizeof text, &n), TREC_E_USAGE);
	tr_fault.wall_trusted = false;
	CU_ASSERT_EQUAL(trec_introduction_make(tr_env, ir_store, &tr_a->id, &tr_p->id, text,
					       sizeof text, &n), TREC_E_STATE);
	ir_end();
}

static void the_longest_addresses_give_way_to_the_bound_of_a_text(void)
{
	struct rec_peer p;
	char text[TREC_INTRODUCTION_TEXT_MAX + 1];
	size_t n = 0;

	ir_begin();
	ir_know(tr_p, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
	for (int k = 0; k < 2; k++) {
		const struct tr_device *d = k == 0 ? tr_a : tr_p;

		CU_ASSERT(ir_record(&d->id, &p));
		memset(p.cert, 0x20, sizeof p.cert);
		memcpy(p.cert, d->cert, d->cert_len);
		p.hints.count = MSG_HINTS_MAX;
		for (size_t i = 0; i < MSG_HINTS_MAX; i++) {
			memset(p.hints.uri[i], 'x', MSG_HINT_MAX);
			memcpy(p.hints.uri[i], "tcp:", 4);
			p.hints.uri[i][MSG_HINT_MAX - 1] = (char)('a' + i);
		}
		ir_put(&d->id, &p);
	}
	CU_ASSERT_EQUAL(trec_introduction_make(tr_env, ir_store, &tr_a->id, &tr_p->id, text,
					       sizeof text, &n), TREC_OK);
	CU_ASSERT(n > 0 && n <= TREC_INTRODUCTION_TEXT_MAX);
	ir_end();
}

static const struct suite_case cases[] = {
	SUITE_CASE(c632_b_a_mutual_session_turns_it_active),
	SUITE_CASE(c632_b_its_conditions_hold_again_when_it_turns_active),
	SUITE_CASE(c632_b_a_dissolved_introducer_takes_those_not_met_along),
	SUITE_CASE(c632_b_a_tombstone_beside_it_is_the_stronger),
	SUITE_CASE(a_failed_commit_leaves_it_introduced),
	SUITE_CASE(only_introduced_it_has_no_rights_and_gets_none),
	SUITE_CASE(rights_are_cut_with_their_ends_and_wildcards_both_ways),
	SUITE_CASE(the_wish_for_all_is_no_excess_and_policy_is_the_most),
	SUITE_CASE(rights_that_the_introducer_lost_are_gone_when_it_turns_active),
	SUITE_CASE(c632_b_a_text_serves_its_audience_with_the_introducer_away),
	SUITE_CASE(texts_that_are_none_or_for_others_are_told_apart),
	SUITE_CASE(only_those_paired_directly_and_active_can_be_introduced),
	SUITE_CASE(the_longest_addresses_give_way_to_the_bound_of_a_text),
};

int main(void)
{
	return tr_main("introduced", cases, BASE_COUNT(cases));
}
