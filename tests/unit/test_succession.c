/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about what a peer's change of key does to its record. */
#include "proto/base/base.h"
#include "tests/unit/intro_rig.h"

#include <string.h>

#define KEYS 12
#define DAY_S 86400

/* Keys that one device has one after the other; key[0] is the one it was paired with. */
static struct tr_device key[KEYS];
static uint8_t bytes[KEYS][TRUST_STATEMENT_MAX];

static void make_keys(void)
{
	for (size_t i = 0; i < KEYS; i++) {
		struct tr_device *d = &key[i];

		CU_ASSERT_EQUAL_FATAL(crypto_key_generate(tr_env, i % 3 == 2 ? TREC_KEY_P256 :
							  TREC_KEY_ED25519, &d->key), TREC_OK);
		crypto_key_signer(d->key, &d->signer);
		CU_ASSERT_EQUAL(crypto_spki_check(tr_spki(d), NULL, &d->id), TREC_OK);
		CU_ASSERT_EQUAL(crypto_cert_make(tr_env, &d->signer, NULL, d->cert,
						 sizeof d->cert, &d->cert_len), TREC_OK);
	}
}

static void begin(void)
{
	ir_begin();
	make_keys();
	ir_know(tr_p, REC_STATE_ACTIVE, REC_ORIGIN_NFC);
	struct rec_peer p;

	CU_ASSERT(ir_record(&tr_p->id, &p));
	CU_ASSERT_EQUAL(eng_peer_remove(ir_store, TREC_RECORD_PEER, &tr_p->id), TREC_OK);
	memcpy(p.cert, key[0].cert, key[0].cert_len);
	p.cert_len = key[0].cert_len;
	ir_put(&key[0].id, &p);
}

static void end(void)
{
	for (size_t i = 0; i < KEYS; i++)
		crypto_key_free(&key[i].key);
	ir_end();
}

/* From one key to another, into place `at`. */
static struct trec_bytes link_at(size_t at, const struct tr_device *old,
				 const struct tr_device *now, uint32_t sequence)
{
	size_t n = 0;

	CU_ASSERT_EQUAL_FATAL(trust_make_succession(tr_env, &old->signer, &now->signer,
						    tr_cert(now), sequence, bytes[at],
						    sizeof bytes[at], &n, NULL), TREC_OK);
	return trec_bytes(bytes[at], n);
}

/* Links from key[from] on; sequences are those of the keys. */
static void chain(size_t from, size_t count, struct trec_bytes out[KEYS])
{
	for (size_t i = 0; i < count; i++)
		out[i] = link_at(i, &key[from + i], &key[from + i + 1], (uint32_t)(from + i + 1));
}

static struct eng_succeeded take(const struct trec_bytes *link, size_t count,
				 const struct tr_device *proven)
{
	struct mem_store *before = mem_store_new(NULL);
	struct eng_succeeded out;

	CU_ASSERT_FATAL(before != NULL && mem_store_copy(before, ir_mem));
	memset(&out, 0x77, sizeof out);
	CU_ASSERT_EQUAL(eng_succession_take(tr_env, ir_store, link, count, &proven->id, &out),
			TREC_OK);
	if (!out.moved && out.refusal != TREC_REFUSAL_CONFLICT)
		CU_ASSERT(mem_store_equal(before, ir_mem));
	mem_store_free(&before);
	return out;
}

static enum trec_refusal refusal(const struct trec_bytes *link, size_t count,
				 const struct tr_device *proven)
{
	struct eng_succeeded out = take(link, count, proven);

	CU_ASSERT(out.refusal == TREC_REFUSAL_NONE || !out.moved);
	return out.refusal;
}

static void move_to(size_t from, size_t to)
{
	struct trec_bytes link[KEYS];

	chain(from, to - from, link);
	struct eng_succeeded out = take(link, to - from, &key[to]);

	CU_ASSERT_EQUAL_FATAL(out.refusal, TREC_REFUSAL_NONE);
	CU_ASSERT(out.moved);
	CU_ASSERT_EQUAL(memcmp(&out.old, &key[from].id, TREC_ID_LEN), 0);
	CU_ASSERT_EQUAL(memcmp(&out.now, &key[to].id, TREC_ID_LEN), 0);
}

static void a_succession_moves_the_record_with_all_that_was_agreed(void)
{
	struct rec_peer before, p;

	begin();
	CU_ASSERT_EQUAL(trec_peer_rename(tr_env, ir_store, &key[0].id, "my lamp"), TREC_OK);
	CU_ASSERT(ir_record(&key[0].id, &before));
	move_to(0, 1);
	CU_ASSERT(!ir_record(&key[0].id, &p));
	CU_ASSERT_FATAL(ir_record(&key[1].id, &p));
	CU_ASSERT_STRING_EQUAL(p.name, "my lamp");
	CU_ASSERT_EQUAL(p.origin, REC_ORIGIN_NFC);
	CU_ASSERT_EQUAL(p.state, REC_STATE_ACTIVE);
	CU_ASSERT_EQUAL(p.since_s, before.since_s);
	CU_ASSERT_EQUAL(memcmp(p.rights, before.rights, sizeof p.rights), 0);
	CU_ASSERT(trec_bytes_equal(trec_bytes(p.cert, p.cert_len), tr_cert(&key[1])));
	CU_ASSERT_EQUAL(p.sequence, 1);
	CU_ASSERT_EQUAL(p.previous_count, 1);
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_PEER), 2);
	end();
}

static void those_that_it_introduced_follow(void)
{
	struct rec_peer p;

	begin();
	ir_know_by(tr_p, REC_STATE_ACTIVE, &key[0].id);
	ir_know_by(tr_q, REC_STATE_INTRODUCED, &key[0].id);
	move_to(0, 2);
	CU_ASSERT(ir_record(&tr_p->id, &p));
	CU_ASSERT_EQUAL(memcmp(&p.introduced_by, &key[2].id, TREC_ID_LEN), 0);
	CU_ASSERT(ir_record(&tr_q->id, &p));
	CU_ASSERT_EQUAL(memcmp(&p.introduced_by, &key[2].id, TREC_ID_LEN), 0);
	end();
}

static void the_old_id_finds_it_for_thirty_days(void)
{
	char text[TREC_ID_TEXT_LEN + 1];
	struct trec_peer p;

	begin();
	move_to(0, 1);
	trec_id_to_text(&key[0].id, text);
	CU_ASSERT_EQUAL(trec_peer_find(tr_env, ir_store, text, &p), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(&p.id, &key[1].id, TREC_ID_LEN), 0);
	CU_ASSERT(p.previous_count == 1 &&
		  memcmp(&p.previous[0].id, &key[0].id, TREC_ID_LEN) == 0);
	text[6] = '\0';
	CU_ASSERT_EQUAL(trec_peer_find(tr_env, ir_store, text, &p), TREC_OK);
	trec_id_to_text(&key[0].id, text);
	tr_fault.wall_s += 30 * DAY_S - 1;
	CU_ASSERT_EQUAL(trec_peer_find(tr_env, ir_store, text, &p), TREC_OK);
	tr_fault.wall_s += 1;
	CU_ASSERT_EQUAL(trec_peer_find(tr_env, ir_store, text, &p), TREC_E_NO_PEER);
	end();
}

static void it_is_taken_once_and_again_harmless(void)
{
	struct trec_bytes link[KEYS];

	begin();
	chain(0, 1, link);
	CU_ASSERT_EQUAL(refusal(link, 1, &key[1]), TREC_REFUSAL_NONE);
	struct eng_succeeded again = take(link, 1, &key[1]);

	CU_ASSERT(again.refusal == TREC_REFUSAL_NONE && !again.moved);
	end();
}

static void a_peer_that_was_away_for_eight_heals_with_one_chain(void)
{
	struct trec_bytes link[KEYS];
	struct rec_peer p;
	bool stone = false;

	begin();
	move_to(0, 8);
	CU_ASSERT(ir_record(&key[8].id, &p));
	CU_ASSERT_EQUAL(p.previous_count, 8);
	for (size_t i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(memcmp(&p.previous[i].id, &key[7 - i].id, TREC_ID_LEN), 0);
	/* It presents the last eight; the first of them is old news. */
	chain(2, 8, link);
	CU_ASSERT_EQUAL(refusal(link, 8, &key[10]), TREC_REFUSAL_NONE);
	CU_ASSERT(ir_record(&key[10].id, &p));
	CU_ASSERT_EQUAL(p.sequence, 10);
	/* What fell out of the record is under a stone. */
	CU_ASSERT_EQUAL(trec_tombstone_exists(tr_env, ir_store, &key[1].id, &stone), TREC_OK);
	CU_ASSERT(stone);
	chain(0, 9, link);
	CU_ASSERT_EQUAL(refusal(link, 9, &key[9]), TREC_REFUSAL_MALFORMED);
	CU_ASSERT_EQUAL(refusal(link, 0, &key[9]), TREC_REFUSAL_MALFORMED);
	end();
}

static void links_that_do_not_follow_are_refused(void)
{
	struct trec_bytes link[KEYS];

	begin();
	chain(0, 4, link);
	struct trec_bytes gap[2] = { link[0], link[2] };

	CU_ASSERT_EQUAL(refusal(gap, 2, &key[3]), TREC_REFUSAL_WRONG_LINK);
	link[1] = link_at(1, &key[1], &key[2], 4); /* out of sequence */
	CU_ASSERT_EQUAL(refusal(link, 2, &key[2]), TREC_REFUSAL_WRONG_LINK);
	link[1] = link_at(1, &key[1], &key[0], 2); /* back again */
	CU_ASSERT_EQUAL(refusal(link, 2, &key[0]), TREC_REFUSAL_WRONG_LINK);
	chain(0, 2, link);
	bytes[1][link[1].n - 1] ^= 1; /* the new key did not sign this */
	CU_ASSERT_EQUAL(refusal(link, 2, &key[2]), TREC_REFUSAL_ALTERED);
	bytes[1][link[1].n - 1] ^= 1;
	CU_ASSERT_EQUAL(refusal(link, 2, &key[2]), TREC_REFUSAL_NONE);
	link[0] = link_at(0, &key[2], &key[1], 3); /* and never back to what it left */
	CU_ASSERT_EQUAL(refusal(link, 1, &key[1]), TREC_REFUSAL_WRONG_LINK);
	end();
}

static void sequences_only_ascend_and_may_begin_anywhere(void)
{
	struct trec_bytes link[1];

	begin();
	link[0] = link_at(0, &key[0], &key[1], 40);
	CU_ASSERT_EQUAL(refusal(link, 1, &key[1]), TREC_REFUSAL_NONE);
	link[0] = link_at(0, &key[1], &key[2], 40);
	CU_ASSERT_EQUAL(refusal(link, 1, &key[2]), TREC_REFUSAL_REPLAYED);
	link[0] = link_at(0, &key[1], &key[2], 39);
	CU_ASSERT_EQUAL(refusal(link, 1, &key[2]), TREC_REFUSAL_REPLAYED);
	link[0] = link_at(0, &key[1], &key[2], 43);
	CU_ASSERT_EQUAL(refusal(link, 1, &key[2]), TREC_REFUSAL_NONE);
	end();
}

static void only_its_own_keys_bring_it(void)
{
	struct trec_bytes link[KEYS];

	begin();
	chain(0, 2, link);
	CU_ASSERT_EQUAL(refusal(link, 2, tr_q), TREC_REFUSAL_WRONG_BEARER);
	CU_ASSERT_EQUAL(refusal(link, 2, &key[1]), TREC_REFUSAL_WRONG_BEARER);
	CU_ASSERT_EQUAL(refusal(link, 1, &key[0]), TREC_REFUSAL_NONE); /* over the old session */
	link[0] = link_at(0, tr_q, tr_p, 1);
	CU_ASSERT_EQUAL(refusal(link, 1, tr_p), TREC_REFUSAL_INTRODUCER_UNKNOWN);
	link[0] = link_at(0, &key[1], tr_b, 2);
	CU_ASSERT_EQUAL(refusal(link, 1, &key[1]), TREC_REFUSAL_OWN_ID);
	end();
}

/* Nothing is left to check against where the newest key has a record: who brings it must be it. */
static void only_the_peer_itself_is_told_that_it_moved_before(void)
{
	struct trec_bytes link[KEYS];

	begin();
	link[0] = link_at(0, tr_q, &key[0], 1);
	bytes[0][link[0].n - 1] ^= 1;
	CU_ASSERT_EQUAL(refusal(link, 1, tr_q), TREC_REFUSAL_WRONG_BEARER);
	CU_ASSERT_EQUAL(refusal(link, 1, tr_a), TREC_REFUSAL_WRONG_BEARER);
	move_to(0, 1);
	chain(0, 1, link);
	CU_ASSERT_EQUAL(refusal(link, 1, tr_q), TREC_REFUSAL_WRONG_BEARER);
	CU_ASSERT_EQUAL(refusal(link, 1, &key[0]), TREC_REFUSAL_NONE); /* over the old session */
	/* What is told is what was seen then, not what is brought now. */
	link[0] = link_at(0, tr_q, &key[1], 1);
	struct eng_succeeded again = take(link, 1, &key[1]);

	CU_ASSERT_EQUAL(memcmp(&again.old, &key[0].id, TREC_ID_LEN), 0);
	end();
}

static void only_an_active_record_moves(void)
{
	static const struct {
		enum rec_state state;
		enum trec_refusal why;
	} row[] = {
		{ REC_STATE_INTRODUCED, TREC_REFUSAL_SUBJECT_NOT_ACTIVE },
		{ REC_STATE_DISSOLVED_BY_PEER, TREC_REFUSAL_SUBJECT_DISSOLVED },
		{ REC_STATE_SUSPENDED, TREC_REFUSAL_INTRODUCER_SUSPENDED },
	};
	struct trec_bytes link[KEYS];
	struct rec_peer p;

	begin();
	chain(0, 1, link);
	CU_ASSERT(ir_record(&key[0].id, &p));
	for (size_t i = 0; i < BASE_COUNT(row); i++) {
		p.state = row[i].state;
		ir_put(&key[0].id, &p);
		CU_ASSERT_EQUAL(refusal(link, 1, &key[1]), row[i].why);
	}
	p.state = REC_STATE_ACTIVE;
	p.expires_s = (uint64_t)tr_fault.wall_s;
	ir_put(&key[0].id, &p);
	CU_ASSERT_EQUAL(refusal(link, 1, &key[1]), TREC_REFUSAL_INTRODUCER_EXPIRED);
	end();
}

static void c613_no_succession_brings_back_whoever_was_dissolved(void)
{
	struct trec_bytes link[KEYS];

	begin();
	move_to(0, 1);
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &key[1].id, false, NULL), TREC_OK);
	CU_ASSERT_EQUAL(mem_store_count(ir_mem, TREC_RECORD_TOMBSTONE), 2);
	for (size_t from = 0; from < 2; from++) {
		chain(from, 2, link);
		CU_ASSERT_EQUAL(refusal(link, 2, &key[from + 2]), TREC_REFUSAL_SUBJECT_DISSOLVED);
	}
	/* Nor does a peer that is known turn into one that was dissolved. */
	link[0] = link_at(0, tr_a, &key[1], 1);
	CU_ASSERT_EQUAL(refusal(link, 1, &key[1]), TREC_REFUSAL_SUBJECT_DISSOLVED);
	end();
}

static void a_notice_about_the_new_key_by_its_introducer_stops_it(void)
{
	struct trec_bytes link[KEYS];
	struct tr_sample s;
	struct rec_peer p;

	begin();
	CU_ASSERT(ir_record(&key[0].id, &p));
	p.origin = REC_ORIGIN_INTRODUCED;
	p.has_introduced_by = true;
	p.introduced_by = tr_a->id;
	ir_put(&key[0].id, &p);
	tr_make(&s, TRUST_TOMBSTONE, tr_a, &key[1].id, tr_b);
	CU_ASSERT_EQUAL(ir_notice(&s).effect, TREC_NOTICE_SHOWN);
	chain(0, 2, link);
	CU_ASSERT_EQUAL(refusal(link, 2, &key[2]), TREC_REFUSAL_SUBJECT_DISSOLVED);
	end();
}

static void a_key_that_is_somebody_elses_record_is_not_taken_over(void)
{
	struct trec_bytes link[1];

	begin();
	link[0] = link_at(0, &key[0], tr_a, 1);
	CU_ASSERT_EQUAL(refusal(link, 1, tr_a), TREC_REFUSAL_ALREADY_KNOWN);
	end();
}

static void two_successors_of_one_id_suspend_it_in_either_order(void)
{
	for (size_t first = 1; first <= 2; first++) {
		size_t second = 3 - first;
		struct trec_bytes link[1];
		struct trec_peer peer;
		struct rec_peer p;

		begin();
		link[0] = link_at(0, &key[0], &key[first], 1);
		CU_ASSERT_EQUAL(refusal(link, 1, &key[first]), TREC_REFUSAL_NONE);
		link[0] = link_at(1, &key[0], &key[second], 1);
		struct eng_succeeded out = take(link, 1, &key[second]);

		CU_ASSERT_EQUAL(out.refusal, TREC_REFUSAL_CONFLICT);
		CU_ASSERT_EQUAL(memcmp(&out.now, &key[first].id, TREC_ID_LEN), 0);
		CU_ASSERT_EQUAL(memcmp(&out.old, &key[0].id, TREC_ID_LEN), 0);
		CU_ASSERT(ir_record(&key[first].id, &p) && p.state == REC_STATE_SUSPENDED);
		CU_ASSERT(!ir_record(&key[second].id, &p));
		CU_ASSERT_EQUAL(trec_peer_get(tr_env, ir_store, &key[first].id, &peer), TREC_OK);
		CU_ASSERT_EQUAL(peer.state, TREC_PEER_SUSPENDED);
		CU_ASSERT(!trec_peer_may_use(&peer, "x", tr_fault.wall_s));
		CU_ASSERT_STRING_EQUAL(trec_peer_state_name(peer.state), "suspended");
		CU_ASSERT_EQUAL(trec_peer_allow(tr_env, ir_store, &peer.id, "introduce", 0),
				TREC_E_STATE);
		CU_ASSERT_EQUAL(trec_peer_resume(tr_env, ir_store, &peer.id), TREC_OK);
		CU_ASSERT_EQUAL(trec_peer_resume(tr_env, ir_store, &peer.id), TREC_E_STATE);
		CU_ASSERT(ir_record(&key[first].id, &p) && p.state == REC_STATE_ACTIVE);
		end();
	}
}

static void a_second_successor_must_be_signed_by_both_keys_to_suspend(void)
{
	struct trec_bytes link[1];
	struct rec_peer p;

	begin();
	move_to(0, 1);
	link[0] = link_at(0, &key[0], &key[2], 1);
	for (size_t at = link[0].n / 2; at < link[0].n; at++) {
		bytes[0][at] ^= 4;
		CU_ASSERT_NOT_EQUAL(refusal(link, 1, &key[2]), TREC_REFUSAL_CONFLICT);
		bytes[0][at] ^= 4;
	}
	CU_ASSERT(ir_record(&key[1].id, &p) && p.state == REC_STATE_ACTIVE);
	end();
}

static void a_commit_that_fails_leaves_the_record_where_it_was(void)
{
	static const enum mem_fault fault[] = { MEM_FAULT_FAIL, MEM_FAULT_CRASH_BEFORE,
						MEM_FAULT_CRASH_AFTER };
	struct trec_bytes link[KEYS];
	struct eng_succeeded out;
	struct rec_peer p;

	for (size_t i = 0; i < BASE_COUNT(fault); i++) {
		bool after = fault[i] == MEM_FAULT_CRASH_AFTER;

		begin();
		chain(0, 1, link);
		mem_store_fault(ir_mem, 1, fault[i]);
		CU_ASSERT_EQUAL(eng_succession_take(tr_env, ir_store, link, 1, &key[1].id, &out),
				TREC_E_IO);
		CU_ASSERT(out.refusal == TREC_REFUSAL_STORE && !out.moved);
		mem_store_restart(ir_mem);
		CU_ASSERT_EQUAL(ir_record(&key[0].id, &p), !after);
		CU_ASSERT_EQUAL(ir_record(&key[1].id, &p), after);
		CU_ASSERT_EQUAL(refusal(link, 1, &key[1]), TREC_REFUSAL_NONE);
		end();
	}
}

static void without_a_clock_it_moves_and_the_old_id_finds_nothing(void)
{
	char text[TREC_ID_TEXT_LEN + 1];
	struct trec_peer p;

	begin();
	tr_fault.wall_trusted = false;
	move_to(0, 1);
	trec_id_to_text(&key[0].id, text);
	CU_ASSERT_EQUAL(trec_peer_find(tr_env, ir_store, text, &p), TREC_E_NO_PEER);
	end();
}

static void a_pairing_anew_keeps_the_lineage(void)
{
	struct rec_peer p;
	bool stone = false;

	begin();
	move_to(0, 1);
	CU_ASSERT(ir_record(&key[1].id, &p));
	p.previous_count = 0;
	p.sequence = 0;
	CU_ASSERT_EQUAL(eng_peer_activate(tr_env, ir_store, &key[1].id, &p, NULL), TREC_OK);
	CU_ASSERT(ir_record(&key[1].id, &p) && p.previous_count == 1 && p.sequence == 1);
	CU_ASSERT_EQUAL(trec_unpair(tr_env, ir_store, &key[1].id, false, NULL), TREC_OK);
	CU_ASSERT_EQUAL(trec_tombstone_exists(tr_env, ir_store, &key[0].id, &stone), TREC_OK);
	CU_ASSERT(stone);
	end();
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_succession_moves_the_record_with_all_that_was_agreed),
	SUITE_CASE(those_that_it_introduced_follow),
	SUITE_CASE(the_old_id_finds_it_for_thirty_days),
	SUITE_CASE(it_is_taken_once_and_again_harmless),
	SUITE_CASE(a_peer_that_was_away_for_eight_heals_with_one_chain),
	SUITE_CASE(links_that_do_not_follow_are_refused),
	SUITE_CASE(sequences_only_ascend_and_may_begin_anywhere),
	SUITE_CASE(only_its_own_keys_bring_it),
	SUITE_CASE(only_the_peer_itself_is_told_that_it_moved_before),
	SUITE_CASE(only_an_active_record_moves),
	SUITE_CASE(c613_no_succession_brings_back_whoever_was_dissolved),
	SUITE_CASE(a_notice_about_the_new_key_by_its_introducer_stops_it),
	SUITE_CASE(a_key_that_is_somebody_elses_record_is_not_taken_over),
	SUITE_CASE(two_successors_of_one_id_suspend_it_in_either_order),
	SUITE_CASE(a_second_successor_must_be_signed_by_both_keys_to_suspend),
	SUITE_CASE(a_commit_that_fails_leaves_the_record_where_it_was),
	SUITE_CASE(without_a_clock_it_moves_and_the_old_id_finds_nothing),
	SUITE_CASE(a_pairing_anew_keeps_the_lineage),
};

int main(void)
{
	return tr_main("succession", cases, BASE_COUNT(cases));
}
