/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about proto/codec/record: what a store may hold. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/record.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

static uint8_t out[TREC_RECORD_MAX];
static size_t out_n;

static struct rec_peer peer(void)
{
	struct rec_peer p;

	memset(&p, 0, sizeof p);
	p.state = REC_STATE_ACTIVE;
	p.origin = REC_ORIGIN_CODE;
	strcpy(p.name, "lamp");
	p.cert_len = 1;
	return p;
}

static trec_err encode_peer(const struct rec_peer *p)
{
	return rec_peer_encode(p, out, sizeof out, &out_n);
}

static void fill_texts(struct rec_peer *p)
{
	char right[] = "service:0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

	memset(p->name, 'n', TREC_NAME_MAX);
	memset(p->kind, 'k', MSG_KIND_MAX);
	for (char i = 0; i < MSG_RIGHTS_MAX; i++) {
		right[8] = (char)('7' - i);
		CU_ASSERT_TRUE_FATAL(rec_peer_allow(p, right, REC_TIME_MAX));
	}
	for (char i = 0; i < MSG_HINTS_MAX; i++) {
		char uri[MSG_HINT_MAX + 1] = { 0 };

		memset(uri, '0' + i, MSG_HINT_MAX);
		memcpy(uri, "tcp:", 4);
		CU_ASSERT_TRUE_FATAL(msg_hints_add(&p->hints, uri));
	}
}

static void the_largest_peer_record_fits(void)
{
	struct rec_peer p = peer(), back;

	fill_texts(&p);
	memset(p.cert, 0x5a, TREC_CERT_MAX);
	p.cert_len = TREC_CERT_MAX;
	p.since_s = p.last_seen_s = p.expires_s = REC_TIME_MAX;
	p.has_introduced_by = p.has_statement = true;
	p.previous_count = REC_PREVIOUS_MAX;
	for (size_t i = 0; i < REC_PREVIOUS_MAX; i++)
		p.previous[i].until_s = REC_TIME_MAX;
	p.made.set = true;
	p.made.ms = UINT64_MAX;
	p.forgotten = true;
	CU_ASSERT_EQUAL(encode_peer(&p), TREC_OK);
	CU_ASSERT_TRUE(out_n <= REC_PEER_MAX);
	CU_ASSERT_EQUAL(rec_peer_decode(trec_bytes(out, out_n), &back), TREC_OK);
	CU_ASSERT_TRUE(memcmp(&p, &back, sizeof p) == 0);
}

#define PEER_BOUND(change)                                                                         \
	do {                                                                                       \
		struct rec_peer p = peer();                                                        \
                                                                                                   \
		change;                                                                            \
		CU_ASSERT_EQUAL(encode_peer(&p), TREC_E_USAGE);                                    \
		CU_ASSERT_EQUAL(out_n, 0);                                                         \
	} while (0)

static void a_peer_out_of_bounds_is_not_written(void)
{
	PEER_BOUND(p.state = (enum rec_state)0);
	PEER_BOUND(p.state = (enum rec_state)5);
	PEER_BOUND(p.origin = (enum rec_origin)0);
	PEER_BOUND(p.origin = (enum rec_origin)6);
	PEER_BOUND(p.name[0] = '\0');
	PEER_BOUND(p.name[1] = '\n');
	PEER_BOUND(memset(p.kind, 'k', sizeof p.kind));
	PEER_BOUND(p.cert_len = 0);
	PEER_BOUND(p.symmetric.count = 1; p.symmetric.key[0][0] = 1); /* beside a certificate */
	PEER_BOUND(p.cert_len = 0; p.symmetric.count = 1);            /* a key left out */
	PEER_BOUND(p.cert_len = 0; p.symmetric.count = 2; p.symmetric.key[0][0] = 1);
	PEER_BOUND(p.cert_len = 0; p.symmetric.count = 3; p.symmetric.key[0][0] = 1);
	PEER_BOUND(p.cert_len = 0; p.symmetric.count = 1; p.symmetric.key[0][0] = 1;
		   p.symmetric.dial_next = true);
	PEER_BOUND(p.cert_len = TREC_CERT_MAX + 1);
	PEER_BOUND(p.rights_count = 1);
	PEER_BOUND(p.rights_count = MSG_RIGHTS_MAX + 1);
	PEER_BOUND(p.hints.count = 1);
	PEER_BOUND(p.since_s = REC_TIME_MAX + 1);
	PEER_BOUND(p.last_seen_s = REC_TIME_MAX + 1);
	PEER_BOUND(p.expires_s = REC_TIME_MAX + 1);
	PEER_BOUND(p.previous_count = REC_PREVIOUS_MAX + 1);
	PEER_BOUND(p.previous_count = 1; p.previous[0].until_s = REC_TIME_MAX + 1);
	PEER_BOUND(p.sequence = REC_NUMBER_MAX + 1);
	PEER_BOUND(p.told = REC_NUMBER_MAX + 1);
	PEER_BOUND(p.noticed = REC_NUMBER_MAX + 1);
}

static void rights_of_a_peer_are_a_set_with_ends(void)
{
	struct rec_peer p = peer();

	CU_ASSERT_TRUE(rec_peer_allow(&p, "service:music", 1000));
	CU_ASSERT_TRUE(rec_peer_allow(&p, "introduce", 0));
	CU_ASSERT_EQUAL(p.rights_count, 2);
	CU_ASSERT_STRING_EQUAL(p.rights[0].name, "introduce");
	CU_ASSERT_TRUE(rec_peer_may(&p, "introduce", 0));
	CU_ASSERT_TRUE(rec_peer_may(&p, "service:music", 999));
	CU_ASSERT_FALSE(rec_peer_may(&p, "service:music", 1000));
	CU_ASSERT_FALSE(rec_peer_may(&p, "service:music", 0));
	CU_ASSERT_FALSE(rec_peer_may(&p, "service:musi", 1));
	CU_ASSERT_TRUE(rec_peer_allow(&p, "service:music", 0));
	CU_ASSERT_TRUE(rec_peer_may(&p, "service:music", 5000));
	CU_ASSERT_EQUAL(p.rights_count, 2);
	CU_ASSERT_FALSE(rec_peer_allow(&p, "everything", 0));
	CU_ASSERT_FALSE(rec_peer_allow(&p, "introduce", REC_TIME_MAX + 1));
	while (p.rights_count < MSG_RIGHTS_MAX) {
		char right[] = "service:0";

		right[8] = (char)('0' + p.rights_count);
		CU_ASSERT_TRUE_FATAL(rec_peer_allow(&p, right, 0));
	}
	CU_ASSERT_FALSE(rec_peer_allow(&p, "service:z", 0));
	while (p.rights_count > 2)
		rec_peer_deny(&p, p.rights[1].name);
	CU_ASSERT_EQUAL(encode_peer(&p), TREC_OK);
	rec_peer_deny(&p, "introduce");
	CU_ASSERT_FALSE(rec_peer_may(&p, "introduce", 1));
	rec_peer_deny(&p, "introduce");
	CU_ASSERT_EQUAL(p.rights_count, 1);
	CU_ASSERT_EQUAL(encode_peer(&p), TREC_OK);
}

static uint8_t *find(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + n <= out_n; i++)
		if (memcmp(out + i, text, n) == 0)
			return out + i;
	return NULL;
}

static void rights_out_of_order_are_no_peer_record(void)
{
	struct rec_peer p = peer(), back;
	uint8_t *a, *b;

	CU_ASSERT_TRUE(rec_peer_allow(&p, "service:a", 0) && rec_peer_allow(&p, "service:b", 0));
	CU_ASSERT_EQUAL(encode_peer(&p), TREC_OK);
	a = find("service:a");
	b = find("service:b");
	CU_ASSERT_TRUE_FATAL(a != NULL && b != NULL);
	a[8] = 'b';
	CU_ASSERT_EQUAL(rec_peer_decode(trec_bytes(out, out_n), &back), TREC_E_MALFORMED);
	b[8] = 'a';
	CU_ASSERT_EQUAL(rec_peer_decode(trec_bytes(out, out_n), &back), TREC_E_MALFORMED);
}

/* What would be written differently again has no second form. */
static void an_empty_list_of_earlier_ids_is_no_peer_record(void)
{
	struct rec_peer p = peer(), back;

	CU_ASSERT_EQUAL(encode_peer(&p), TREC_OK);
	CU_ASSERT_EQUAL(rec_peer_decode(trec_bytes(out, out_n), &back), TREC_OK);
	out[0]++;
	out[out_n] = 13;
	out[out_n + 1] = 0x80;
	CU_ASSERT_EQUAL(rec_peer_decode(trec_bytes(out, out_n + 2), &back), TREC_E_MALFORMED);
}

static void a_later_version_is_told_apart_from_damage(void)
{
	uint8_t b[8];
	struct trec_bytes later = trec_bytes(b, sweep_unhex("a2 0002 0a00", b, sizeof b));
	struct rec_peer p;
	struct rec_tombstone t;
	struct rec_preset preset;
	struct rec_counters c;

	CU_ASSERT_EQUAL(rec_peer_decode(later, &p), TREC_E_VERSION);
	CU_ASSERT_EQUAL(rec_tombstone_decode(later, &t), TREC_E_VERSION);
	CU_ASSERT_EQUAL(rec_preset_decode(later, &preset), TREC_E_VERSION);
	CU_ASSERT_EQUAL(rec_counters_decode(later, &c), TREC_E_VERSION);
	later = trec_bytes(b, sweep_unhex("a2 0000 0a00", b, sizeof b));
	CU_ASSERT_EQUAL(rec_peer_decode(later, &p), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(rec_counters_decode(later, &c), TREC_E_MALFORMED);
}

static void a_tombstone_says_when_and_by_whom_alone(void)
{
	struct rec_tombstone t, back;

	memset(&t, 0, sizeof t);
	t.by = REC_BY_NOTICE;
	t.when_s = REC_TIME_MAX;
	CU_ASSERT_EQUAL(rec_tombstone_encode(&t, out, sizeof out, &out_n), TREC_OK);
	CU_ASSERT_TRUE(out_n <= REC_SMALL_MAX);
	CU_ASSERT_EQUAL(rec_tombstone_decode(trec_bytes(out, out_n), &back), TREC_OK);
	CU_ASSERT_TRUE(memcmp(&t, &back, sizeof t) == 0);
	t.when_s++;
	CU_ASSERT_EQUAL(rec_tombstone_encode(&t, out, sizeof out, &out_n), TREC_E_USAGE);
	t.when_s = 0;
	t.by = (enum rec_dissolved_by)4;
	CU_ASSERT_EQUAL(rec_tombstone_encode(&t, out, sizeof out, &out_n), TREC_E_USAGE);
	t.by = (enum rec_dissolved_by)0;
	CU_ASSERT_EQUAL(rec_tombstone_encode(&t, out, sizeof out, &out_n), TREC_E_USAGE);
}

static void a_replay_memory_is_bounded_and_never_empty(void)
{
	uint8_t big[REC_SEEN_MAX];
	struct rec_seen s, back;

	memset(&s, 0, sizeof s);
	CU_ASSERT_EQUAL(rec_seen_encode(&s, big, sizeof big, &out_n), TREC_E_USAGE);
	s.count = REC_SEEN_COUNT;
	for (size_t i = 0; i < s.count; i++)
		s.entry[i].exp_s = REC_TIME_MAX - i;
	CU_ASSERT_EQUAL(rec_seen_encode(&s, big, sizeof big, &out_n), TREC_OK);
	CU_ASSERT_EQUAL(rec_seen_decode(trec_bytes(big, out_n), &back), TREC_OK);
	CU_ASSERT_TRUE(memcmp(&s, &back, sizeof s) == 0);
	s.entry[3].exp_s = 0;
	CU_ASSERT_EQUAL(rec_seen_encode(&s, big, sizeof big, &out_n), TREC_E_USAGE);
	s.entry[3].exp_s = REC_TIME_MAX + 1;
	CU_ASSERT_EQUAL(rec_seen_encode(&s, big, sizeof big, &out_n), TREC_E_USAGE);
	s.entry[3].exp_s = 1;
	s.count = REC_SEEN_COUNT + 1;
	CU_ASSERT_EQUAL(rec_seen_encode(&s, big, sizeof big, &out_n), TREC_E_USAGE);
}

static void statements_are_kept_whole_or_not_at_all(void)
{
	static uint8_t statement[REC_STATEMENT_MAX + 1], big[REC_NOTICE_MAX];
	struct rec_carried c = { trec_bytes(statement, REC_STATEMENT_MAX) }, c_back;
	struct rec_notice n = { 1, REC_TIME_MAX, c.statement }, n_back;

	CU_ASSERT_EQUAL(rec_carried_encode(&c, big, REC_CARRIED_MAX, &out_n), TREC_OK);
	CU_ASSERT_EQUAL(rec_carried_decode(trec_bytes(big, out_n), &c_back), TREC_OK);
	CU_ASSERT_TRUE(trec_bytes_equal(c.statement, c_back.statement));
	CU_ASSERT_EQUAL(rec_notice_encode(&n, big, REC_NOTICE_MAX, &out_n), TREC_OK);
	CU_ASSERT_EQUAL(rec_notice_decode(trec_bytes(big, out_n), &n_back), TREC_OK);
	CU_ASSERT_TRUE(n_back.number == 1 && n_back.exp_s == REC_TIME_MAX);
	c.statement.n++;
	n.number = 0;
	CU_ASSERT_EQUAL(rec_carried_encode(&c, big, sizeof big, &out_n), TREC_E_USAGE);
	CU_ASSERT_EQUAL(rec_notice_encode(&n, big, sizeof big, &out_n), TREC_E_USAGE);
	c.statement.n = 0;
	CU_ASSERT_EQUAL(rec_carried_encode(&c, big, sizeof big, &out_n), TREC_E_USAGE);
}

static void a_chain_has_at_most_eight_links_and_counts_them(void)
{
	struct rec_chain c = { .sequence = 1, .count = 1 }, back;

	for (size_t i = 0; i < REC_LINKS_MAX; i++)
		c.link[i] = trec_bytes("link", 4);
	CU_ASSERT_EQUAL(rec_chain_encode(&c, out, sizeof out, &out_n), TREC_OK);
	c.count = 2;
	CU_ASSERT_EQUAL(rec_chain_encode(&c, out, sizeof out, &out_n), TREC_E_USAGE);
	c.sequence = REC_NUMBER_MAX;
	c.count = REC_LINKS_MAX;
	CU_ASSERT_EQUAL(rec_chain_encode(&c, out, sizeof out, &out_n), TREC_OK);
	CU_ASSERT_EQUAL(rec_chain_decode(trec_bytes(out, out_n), &back), TREC_OK);
	CU_ASSERT_TRUE(back.count == REC_LINKS_MAX && back.sequence == REC_NUMBER_MAX);
	c.count = REC_LINKS_MAX + 1;
	CU_ASSERT_EQUAL(rec_chain_encode(&c, out, sizeof out, &out_n), TREC_E_USAGE);
}

static void a_preset_holds_bounded_scrypt_and_nothing_after_a_failure(void)
{
	struct rec_preset p, back;
	static const struct rec_preset none;

	memset(&p, 0x44, sizeof p);
	p.kdf.log_n = 15;
	p.kdf.r = 8;
	p.kdf.p = 1;
	p.since_s = 1;
	CU_ASSERT_EQUAL(rec_preset_encode(&p, out, sizeof out, &out_n), TREC_OK);
	CU_ASSERT_TRUE(out_n <= REC_SMALL_MAX);
	CU_ASSERT_EQUAL(rec_preset_decode(trec_bytes(out, out_n), &back), TREC_OK);
	CU_ASSERT_TRUE(memcmp(back.w0n, p.w0n, sizeof p.w0n) == 0 &&
		       memcmp(back.w0, p.w0, sizeof p.w0) == 0);
	CU_ASSERT_EQUAL(rec_preset_decode(trec_bytes(out, out_n - 1), &back), TREC_E_MALFORMED);
	CU_ASSERT_TRUE(memcmp(&back, &none, sizeof none) == 0);
	p.kdf.log_n = 17;
	CU_ASSERT_EQUAL(rec_preset_encode(&p, out, sizeof out, &out_n), TREC_OK);
	CU_ASSERT_TRUE(out[4] == 17 && out[6] == 8);
	out[6] = 9; /* 144 MiB */
	CU_ASSERT_EQUAL(rec_preset_decode(trec_bytes(out, out_n), &back), TREC_E_MALFORMED);
	p.kdf.r = 9;
	CU_ASSERT_EQUAL(rec_preset_encode(&p, out, sizeof out, &out_n), TREC_E_USAGE);
}

static struct rec_counters counters(void)
{
	struct rec_counters c;

	memset(&c, 0, sizeof c);
	c.kind = REC_COUNTER_PRESET;
	return c;
}

static trec_err encode_counters(const struct rec_counters *c)
{
	return rec_counters_encode(c, out, sizeof out, &out_n);
}

static void counters_say_frozen_with_both_its_halves(void)
{
	struct rec_counters c = counters(), back;

	CU_ASSERT_EQUAL(encode_counters(&c), TREC_OK);
	c.frozen_ms = 1;
	CU_ASSERT_EQUAL(encode_counters(&c), TREC_E_USAGE);
	c.frozen_at.set = true;
	CU_ASSERT_EQUAL(encode_counters(&c), TREC_OK);
	CU_ASSERT_EQUAL(rec_counters_decode(trec_bytes(out, out_n), &back), TREC_OK);
	CU_ASSERT_TRUE(back.frozen_at.set && back.frozen_ms == 1);
	c.frozen_ms = 0;
	CU_ASSERT_EQUAL(encode_counters(&c), TREC_E_USAGE);
	c = counters();
	c.wrong = c.step = REC_COUNT_MAX;
	CU_ASSERT_EQUAL(encode_counters(&c), TREC_OK);
	c.wrong++;
	CU_ASSERT_EQUAL(encode_counters(&c), TREC_E_USAGE);
}

static void a_target_has_no_tag_no_freeze_and_no_death(void)
{
	struct rec_counters c = counters();

	c.kind = REC_COUNTER_TARGET;
	CU_ASSERT_EQUAL(encode_counters(&c), TREC_OK);
	c.tag[0] = 1;
	CU_ASSERT_EQUAL(encode_counters(&c), TREC_E_USAGE);
	c.tag[0] = 0;
	c.dead = true;
	CU_ASSERT_EQUAL(encode_counters(&c), TREC_E_USAGE);
	c.dead = false;
	c.kind = (enum rec_counter_kind)4;
	CU_ASSERT_EQUAL(encode_counters(&c), TREC_E_USAGE);
}

static void counters_are_kept_under_distinct_ids(void)
{
	uint8_t hash[MSG_HASH_LEN], id[4][TREC_ID_LEN];

	memset(hash, 0x77, sizeof hash);
	rec_counters_id(REC_COUNTER_RANDOM, hash, id[0]);
	rec_counters_id(REC_COUNTER_PRESET, NULL, id[1]);
	rec_counters_id(REC_COUNTER_TARGET, hash, id[2]);
	hash[30]++;
	rec_counters_id(REC_COUNTER_TARGET, hash, id[3]);
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < i; k++)
			CU_ASSERT_TRUE(memcmp(id[i], id[k], TREC_ID_LEN) != 0);
	CU_ASSERT_TRUE(id[0][0] == 1 && id[0][1] == 0);
}

static void a_recognition_says_a_key_or_what_was_told_and_never_less(void)
{
	struct rec_recognition r = { .heard = true }, back;

	CU_ASSERT_EQUAL(rec_recognition_encode(&r, out, sizeof out, &out_n), TREC_E_USAGE);
	r.has_key = true;
	CU_ASSERT_EQUAL(rec_recognition_encode(&r, out, sizeof out, &out_n), TREC_E_USAGE);
	r.heard = false;
	memset(r.key, 0x31, sizeof r.key);
	CU_ASSERT_EQUAL(rec_recognition_encode(&r, out, sizeof out, &out_n), TREC_OK);
	CU_ASSERT_EQUAL(rec_recognition_decode(trec_bytes(out, out_n), &back), TREC_OK);
	CU_ASSERT_TRUE(back.has_key && !back.has_mark && !back.heard &&
		       memcmp(back.key, r.key, sizeof r.key) == 0);
	r.has_mark = r.heard = true;
	memset(r.mark, 0x32, sizeof r.mark);
	CU_ASSERT_EQUAL(rec_recognition_encode(&r, out, sizeof out, &out_n), TREC_OK);
	CU_ASSERT_TRUE(out_n <= REC_SMALL_MAX);
	CU_ASSERT_EQUAL(rec_recognition_decode(trec_bytes(out, out_n), &back), TREC_OK);
	CU_ASSERT_TRUE(back.heard && memcmp(back.mark, r.mark, sizeof r.mark) == 0);
	out[out_n - 1] = 0xf4; /* heard: false is said by its absence */
	CU_ASSERT_EQUAL(rec_recognition_decode(trec_bytes(out, out_n), &back), TREC_E_MALFORMED);
	/* Nothing but a version; heard without a mark. */
	CU_ASSERT_EQUAL(rec_recognition_decode(trec_bytes("\xa1\x00\x01", 3), &back),
			TREC_E_MALFORMED);
	out_n = sweep_unhex("a3 0001 0150 31313131313131313131313131313131 03f5", out, sizeof out);
	CU_ASSERT_EQUAL(rec_recognition_decode(trec_bytes(out, out_n), &back), TREC_E_MALFORMED);
	CU_ASSERT_FALSE(back.has_key);
	CU_ASSERT_EQUAL(rec_recognition_decode(trec_bytes("\xa1\x00\x02", 3), &back),
			TREC_E_VERSION);
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_largest_peer_record_fits),
	SUITE_CASE(a_peer_out_of_bounds_is_not_written),
	SUITE_CASE(rights_of_a_peer_are_a_set_with_ends),
	SUITE_CASE(rights_out_of_order_are_no_peer_record),
	SUITE_CASE(an_empty_list_of_earlier_ids_is_no_peer_record),
	SUITE_CASE(a_later_version_is_told_apart_from_damage),
	SUITE_CASE(a_tombstone_says_when_and_by_whom_alone),
	SUITE_CASE(a_replay_memory_is_bounded_and_never_empty),
	SUITE_CASE(statements_are_kept_whole_or_not_at_all),
	SUITE_CASE(a_chain_has_at_most_eight_links_and_counts_them),
	SUITE_CASE(a_recognition_says_a_key_or_what_was_told_and_never_less),
	SUITE_CASE(a_preset_holds_bounded_scrypt_and_nothing_after_a_failure),
	SUITE_CASE(counters_say_frozen_with_both_its_halves),
	SUITE_CASE(a_target_has_no_tag_no_freeze_and_no_death),
	SUITE_CASE(counters_are_kept_under_distinct_ids),
};

SUITE_MAIN("record", cases)
