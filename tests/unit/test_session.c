/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about sessions between two devices that trust each other, and about their end. */
#include <string.h>

#include "proto/engine/ledger.h"
#include "tests/unit/session_rig.h"

static void both_ends_know_each_other(void)
{
	struct rig *r = sess_paired();
	unsigned seen[2];

	sess_up(r);
	CU_ASSERT_TRUE(memcmp(&trec_session_peer(r->side[0].s)->id, &r->side[1].own.id,
			      TREC_ID_LEN) == 0);
	CU_ASSERT_TRUE(memcmp(&trec_session_peer(r->side[1].s)->id, &r->side[0].own.id,
			      TREC_ID_LEN) == 0);
	CU_ASSERT_TRUE(trec_session_authenticated(r->side[1].s));
	trec_session_close(r->side[0].s);
	sess_run(r, seen);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_OK);
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_OK);
	CU_ASSERT_TRUE(seen[1] & 1u << TREC_SESSION_CLOSED);
	rig_free(&r);
}

static void every_pair_of_key_kinds_works(void)
{
	static const trec_key_alg algs[] = { TREC_KEY_ED25519, TREC_KEY_P256 };

	for (int i = 0; i < 4; i++) {
		struct rig *r = rig_new(algs[i / 2], algs[i % 2], (uint64_t)i);

		rig_paired(r);
		sess_up(r);
		rig_free(&r);
	}
}

static void bytes_may_come_one_at_a_time(void)
{
	struct rig *r = sess_paired();

	r->piece = 1;
	r->drain = 1;
	sess_up(r);
	rig_free(&r);
}

/* Moves total bytes of a stream from one side to the other while both run. */
static size_t pour(struct rig *r, int from, size_t total)
{
	uint8_t chunk[3000];
	uint8_t got[5000];
	size_t sent = 0;
	size_t received = 0;

	for (int idle = 0; idle < 100 && received < total;) {
		size_t taken = 0;
		size_t n = 0;
		bool eof = false;
		size_t want = total - sent < sizeof(chunk) ? total - sent : sizeof(chunk);

		for (size_t i = 0; i < want; i++)
			chunk[i] = (uint8_t)((sent + i) * 31);
		if (want > 0 &&
		    trec_session_write(r->side[from].s, chunk, want, &taken) == TREC_OK)
			sent += taken;
		rig_settle(r);
		while (trec_session_read(r->side[1 - from].s, got, sizeof(got), &n, &eof) ==
			       TREC_OK &&
		       n > 0) {
			for (size_t i = 0; i < n; i++)
				if (got[i] != (uint8_t)((received + i) * 31))
					return 0;
			received += n;
			rig_settle(r);
		}
		while (sess_event(r, 0) >= 0 || sess_event(r, 1) >= 0)
			;
		idle = taken > 0 || n > 0 ? 0 : idle + 1;
	}
	return received;
}

static void open_default(struct rig *r)
{
	struct trec_session_event ev;

	CU_ASSERT_EQUAL(trec_session_open(r->side[0].s, "default"), TREC_OK);
	rig_settle(r);
	CU_ASSERT_TRUE(sess_saw(r, 1, TREC_SESSION_OPEN, &ev));
	CU_ASSERT_STRING_EQUAL(ev.service, "default");
	CU_ASSERT_EQUAL(trec_session_accept(r->side[1].s), TREC_OK);
	rig_settle(r);
	CU_ASSERT_TRUE(sess_saw(r, 0, TREC_SESSION_OPENED, NULL));
}

static void a_stream_carries_data_both_ways_and_half_closes(void)
{
	struct rig *r = sess_paired();
	uint8_t b[8];
	size_t n = 1;
	bool eof = false;

	sess_up(r);
	open_default(r);
	CU_ASSERT_EQUAL(pour(r, 0, 300000), 300000);
	CU_ASSERT_EQUAL(trec_session_finish(r->side[0].s), TREC_OK);
	CU_ASSERT_EQUAL(trec_session_write(r->side[0].s, b, 1, &n), TREC_E_STATE);
	CU_ASSERT_EQUAL(pour(r, 1, 300000), 300000);
	CU_ASSERT_EQUAL(trec_session_read(r->side[1].s, b, sizeof(b), &n, &eof), TREC_OK);
	CU_ASSERT_TRUE(eof && n == 0);
	CU_ASSERT_EQUAL(trec_session_read(r->side[0].s, b, sizeof(b), &n, &eof), TREC_E_AGAIN);
	rig_free(&r);
}

/* The client's first words ride behind its certificate: no round trip is lost. */
static void data_may_flow_behind_the_handshake(void)
{
	struct rig *r = sess_paired();
	uint8_t got[8];
	size_t n = 0;
	bool eof = false;

	sess_start(r, NULL, NULL);
	CU_ASSERT_EQUAL(trec_session_open(r->side[0].s, "default"), TREC_OK);
	rig_flush(r, 0);
	CU_ASSERT_EQUAL(trec_session_write(r->side[0].s, (const uint8_t *)"x", 1, &n),
			TREC_E_AGAIN);
	rig_settle(r);
	CU_ASSERT_EQUAL(trec_session_write(r->side[0].s, (const uint8_t *)"hello", 5, &n), TREC_OK);
	rig_settle(r);
	CU_ASSERT_TRUE(sess_saw(r, 1, TREC_SESSION_OPEN, NULL));
	CU_ASSERT_EQUAL(trec_session_read(r->side[1].s, got, sizeof(got), &n, &eof), TREC_OK);
	CU_ASSERT_TRUE(n == 5 && memcmp(got, "hello", 5) == 0);
	rig_free(&r);
}

/* Open, data, end and close in one breath: the server still hears all of it. */
static void what_was_said_before_a_close_can_be_read(void)
{
	struct rig *r = sess_paired();
	uint8_t got[8];
	size_t n = 0;
	bool eof = false;

	sess_up(r);
	CU_ASSERT_EQUAL(trec_session_open(r->side[0].s, "default"), TREC_OK);
	CU_ASSERT_EQUAL(trec_session_write(r->side[0].s, (const uint8_t *)"hello", 5, &n), TREC_OK);
	CU_ASSERT_EQUAL(trec_session_finish(r->side[0].s), TREC_OK);
	trec_session_close(r->side[0].s);
	rig_settle(r);
	CU_ASSERT_EQUAL(trec_session_accept(r->side[1].s), TREC_OK);
	CU_ASSERT_EQUAL(trec_session_read(r->side[1].s, got, sizeof(got), &n, &eof), TREC_OK);
	CU_ASSERT_TRUE(n == 5 && memcmp(got, "hello", 5) == 0);
	CU_ASSERT_EQUAL(trec_session_read(r->side[1].s, got, sizeof(got), &n, &eof), TREC_OK);
	CU_ASSERT_TRUE(n == 0 && eof);
	rig_free(&r);
}

static void a_reader_that_is_behind_stops_the_writer(void)
{
	struct rig *r = sess_paired();
	static uint8_t block[60000];
	size_t total = 0;
	size_t taken = 0;

	sess_up(r);
	open_default(r);
	while (r->side[1].in_len < RIG_WIRE / 2) {
		if (trec_session_write(r->side[0].s, block, sizeof(block), &taken) == TREC_OK)
			total += taken;
		rig_settle(r);
	}
	CU_ASSERT_TRUE(total < r->side[1].in_len + 100000); /* the rest waits on the wire */
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_OK);
	rig_free(&r);
}

/* The last bytes may all be inside the session when the reader comes. */
static void a_reader_that_was_behind_gets_all_by_reading(void)
{
	static uint8_t block[60000];

	for (size_t length = 30000; length <= 240000; length += 6000) {
		struct rig *r = sess_paired();
		size_t left = length, arrived = 0, n = 1;
		bool eof = false;

		sess_up(r);
		open_default(r);
		while (left > 0 && n > 0) {
			n = left < sizeof(block) ? left : sizeof(block);
			if (trec_session_write(r->side[0].s, block, n, &n) != TREC_OK)
				n = 0;
			left -= n;
			rig_settle(r);
		}
		while (trec_session_read(r->side[1].s, block, 1000, &n, &eof) == TREC_OK && n > 0) {
			arrived += n;
			if (r->side[1].in_len > 0)
				rig_settle(r);
		}
		CU_ASSERT_EQUAL(arrived, length - left);
		rig_free(&r);
	}
}

static void c631_h_a_service_without_the_right_is_refused(void)
{
	struct rig *r = sess_paired();
	struct trec_session_event ev;

	CU_ASSERT_EQUAL(trec_peer_deny(&r->side[1].f.env, &r->side[1].store->store,
				       &r->side[0].own.id, "service:*"),
			TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_allow(&r->side[1].f.env, &r->side[1].store->store,
					&r->side[0].own.id, "service:light", 0),
			TREC_OK);
	sess_up(r);
	CU_ASSERT_EQUAL(trec_session_open(r->side[0].s, "door"), TREC_OK);
	rig_settle(r);
	CU_ASSERT_FALSE(sess_saw(r, 1, TREC_SESSION_OPEN, NULL));
	CU_ASSERT_TRUE(sess_saw(r, 0, TREC_SESSION_OPEN_FAILED, &ev));
	CU_ASSERT_EQUAL(ev.reason, TREC_SERVICE_NO_RIGHT);
	rig_end(r);
	sess_up(r);
	CU_ASSERT_EQUAL(trec_session_open(r->side[0].s, "light"), TREC_OK);
	rig_settle(r);
	CU_ASSERT_TRUE(sess_saw(r, 1, TREC_SESSION_OPEN, NULL));
	rig_free(&r);
}

static void ping_is_answered(void)
{
	struct rig *r = sess_paired();

	sess_up(r);
	CU_ASSERT_EQUAL(trec_session_ping(r->side[0].s), TREC_OK);
	CU_ASSERT_EQUAL(trec_session_ping(r->side[0].s), TREC_E_STATE);
	rig_settle(r);
	CU_ASSERT_TRUE(sess_saw(r, 0, TREC_SESSION_PONG, NULL));
	CU_ASSERT_EQUAL(trec_session_ping(r->side[1].s), TREC_OK);
	rig_settle(r);
	CU_ASSERT_TRUE(sess_saw(r, 1, TREC_SESSION_PONG, NULL));
	rig_free(&r);
}

static void c613_parting_tells_the_peer_over_a_new_session(void)
{
	struct rig *r = sess_paired();
	struct trec_revocation *parted = sess_part(r, 0);
	unsigned seen[2];

	sess_start(r, NULL, parted);
	sess_run(r, seen);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_OK);
	CU_ASSERT_TRUE(trec_session_told(r->side[0].s));
	CU_ASSERT_TRUE(seen[1] & 1u << TREC_SESSION_REVOKED);
	CU_ASSERT_STRING_EQUAL(trec_session_peer(r->side[1].s)->name, r->side[0].own.name);
	CU_ASSERT_EQUAL(rig_list(&r->side[0]), 0);
	CU_ASSERT_EQUAL(rig_list(&r->side[1]), 0);
	trec_revocation_free(&parted);
	rig_free(&r);
}

static void c613_parting_tells_the_peer_over_an_open_session(void)
{
	struct rig *r = sess_paired();

	unsigned seen[2];

	sess_up(r);
	struct trec_revocation *parted = sess_part(r, 1);

	CU_ASSERT_EQUAL(trec_session_revoke(r->side[1].s, parted), TREC_OK);
	sess_run(r, seen);
	CU_ASSERT_TRUE(trec_session_told(r->side[1].s));
	CU_ASSERT_TRUE(seen[0] & 1u << TREC_SESSION_REVOKED);
	CU_ASSERT_EQUAL(rig_list(&r->side[0]), 0);
	trec_revocation_free(&parted);
	rig_free(&r);
}

static void c613_parting_is_told_although_the_stream_is_unread(void)
{
	struct rig *r = sess_paired();
	static uint8_t block[60000];
	size_t taken = 0;

	sess_up(r);
	open_default(r);
	while (r->side[1].in_len < RIG_WIRE / 2) {
		CU_ASSERT_NOT_EQUAL(trec_session_write(r->side[0].s, block, sizeof(block), &taken),
				    TREC_E_LOST);
		rig_settle(r);
	}
	struct trec_revocation *parted = sess_part(r, 1);

	CU_ASSERT_EQUAL(trec_session_revoke(r->side[1].s, parted), TREC_OK);
	sess_run(r, NULL);
	CU_ASSERT_TRUE(trec_session_told(r->side[1].s));
	CU_ASSERT_EQUAL(rig_list(&r->side[0]), 0);
	trec_revocation_free(&parted);
	rig_free(&r);
}

static void c613_the_old_credential_is_refused_in_both_directions(void)
{
	struct rig *r = sess_paired();
	struct trec_revocation *parted = sess_part(r, 1);
	struct trec_peer p;

	trec_revocation_free(&parted);
	sess_start(r, NULL, NULL);
	sess_run(r, NULL);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_NOT_TRUSTED);
	CU_ASSERT_EQUAL(trec_peer_get(&r->side[0].f.env, &r->side[0].store->store,
				      &r->side[1].own.id, &p),
			TREC_OK);
	CU_ASSERT_EQUAL(p.state, TREC_PEER_DISSOLVED_BY_PEER);
	rig_end(r);
	/* and now neither will dial */
	sess_start(r, &r->side[1].own.id, NULL);
	sess_run(r, NULL);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_NOT_TRUSTED);
	CU_ASSERT_EQUAL(r->side[0].sent, 0);
	rig_free(&r);
}

static void c613_a_live_session_ends_when_the_trust_does(void)
{
	struct rig *r = sess_paired();

	sess_up(r);
	struct trec_revocation *parted = sess_part(r, 1);

	trec_session_notify(r->side[1].s);
	sess_run(r, NULL);
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_NOT_TRUSTED);
	CU_ASSERT_NOT_EQUAL(sess_error(r, 0), TREC_OK);
	trec_revocation_free(&parted);
	rig_free(&r);
}

/* Pairing again has begun: what it will grant does not count before it is whole. */
static void c631_g_a_half_pairing_gives_an_open_session_no_rights(void)
{
	struct rig *r = sess_paired();
	struct trec_store *s = &r->side[1].store->store;
	const struct trec_id *id = &r->side[0].own.id;
	struct rec_peer half;
	bool found = false;

	CU_ASSERT_EQUAL(eng_peer_load(&r->side[1].f.env, s, TREC_RECORD_PEER, id, &half, &found),
			TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_deny(&r->side[1].f.env, s, id, "service:*"), TREC_OK);
	sess_up(r);
	eng_moment(&r->side[1].f.env, &half.made);
	CU_ASSERT_EQUAL(eng_peer_store(s, TREC_RECORD_UNCONFIRMED, id, &half), TREC_OK);
	trec_session_notify(r->side[1].s);
	rig_settle(r);
	CU_ASSERT_EQUAL(trec_session_open(r->side[0].s, "default"), TREC_OK);
	rig_settle(r);
	CU_ASSERT_FALSE(sess_saw(r, 1, TREC_SESSION_OPEN, NULL));
	CU_ASSERT_TRUE(sess_saw(r, 0, TREC_SESSION_OPEN_FAILED, NULL));
	rig_free(&r);
}

static void an_expired_trust_ends_its_session_and_opens_none(void)
{
	struct rig *r = sess_paired();

	sess_up(r);
	rig_end(r);
	CU_ASSERT_EQUAL(trec_peer_expire(&r->side[1].f.env, &r->side[1].store->store,
					 &r->side[0].own.id, r->side[1].f.wall_s + 100),
			TREC_OK);
	sess_up(r);
	sess_run(r, NULL); /* lets the time pass */
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_NOT_TRUSTED);
	rig_end(r);
	sess_start(r, NULL, NULL);
	sess_run(r, NULL);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_NOT_TRUSTED);
	rig_free(&r);
}

static void c631_g_a_half_pairing_heals_by_a_mutual_session_in_either_direction(void)
{
	for (int side = 0; side < 2; side++) {
		struct rig *r = sess_paired();

		sess_halve(r, side);
		sess_start(r, NULL, NULL);
		rig_settle(r);
		CU_ASSERT_TRUE(sess_saw(r, side, TREC_SESSION_ACTIVATED, NULL));
		CU_ASSERT_EQUAL(rig_peers(&r->side[side], TREC_PEER_ACTIVE), 1);
		CU_ASSERT_EQUAL(rig_peers(&r->side[side], TREC_PEER_UNCONFIRMED), 0);
		rig_free(&r);
	}
}

static void c631_g_a_half_pairing_dies_where_the_other_side_knows_nothing(void)
{
	struct rig *r = sess_paired();

	sess_halve(r, 0);
	sess_forget(r, 1);
	sess_start(r, NULL, NULL);
	sess_run(r, NULL);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_NOT_TRUSTED);
	CU_ASSERT_EQUAL(rig_list(&r->side[0]), 0);
	rig_free(&r);
}

/* Found by tests/sim: the user gave it an end, and the end came before the session. */
static void an_expired_half_pairing_is_not_completed(void)
{
	for (int side = 0; side < 2; side++) {
		struct rig *r = sess_paired();
		struct rig_side *s = &r->side[side];

		sess_halve(r, side);
		CU_ASSERT_EQUAL(trec_peer_expire(&s->f.env, &s->store->store,
						 &r->side[1 - side].own.id, s->f.wall_s + 60),
				TREC_OK);
		s->f.wall_s += 61;
		sess_start(r, &r->side[1].own.id, NULL);
		sess_run(r, NULL);
		CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_NOT_TRUSTED);
		CU_ASSERT_EQUAL(rig_peers(s, TREC_PEER_ACTIVE), 0);
		CU_ASSERT_EQUAL(rig_peers(s, TREC_PEER_UNCONFIRMED), 1);
		rig_free(&r);
	}
}

static void c613_a_revocation_counts_although_its_sender_hangs_up(void)
{
	struct rig *r = sess_paired();
	struct trec_revocation *word;
	struct trec_session *s;

	sess_up(r);
	word = sess_part(r, 0);
	CU_ASSERT_EQUAL(trec_session_revoke(r->side[0].s, word), TREC_OK);
	trec_revocation_free(&word);
	s = r->side[1].s;
	rig_flush(r, 0);
	while (trec_session_next(s) != TREC_NEXT_STORE && rig_step(r, 1))
		;
	CU_ASSERT_EQUAL(trec_session_next(s), TREC_NEXT_STORE);
	trec_session_lost(s, TREC_E_LOST);
	trec_session_perform(s);
	trec_session_resume(s);
	CU_ASSERT(sess_saw(r, 1, TREC_SESSION_REVOKED, NULL));
	CU_ASSERT_EQUAL(trec_session_next(s), TREC_NEXT_DONE);
	CU_ASSERT_EQUAL(rig_list(&r->side[1]), 0);
	rig_free(&r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(both_ends_know_each_other),
	SUITE_CASE(every_pair_of_key_kinds_works),
	SUITE_CASE(bytes_may_come_one_at_a_time),
	SUITE_CASE(a_stream_carries_data_both_ways_and_half_closes),
	SUITE_CASE(data_may_flow_behind_the_handshake),
	SUITE_CASE(what_was_said_before_a_close_can_be_read),
	SUITE_CASE(a_reader_that_is_behind_stops_the_writer),
	SUITE_CASE(a_reader_that_was_behind_gets_all_by_reading),
	SUITE_CASE(c631_h_a_service_without_the_right_is_refused),
	SUITE_CASE(ping_is_answered),
	SUITE_CASE(c613_parting_tells_the_peer_over_a_new_session),
	SUITE_CASE(c613_parting_tells_the_peer_over_an_open_session),
	SUITE_CASE(c613_parting_is_told_although_the_stream_is_unread),
	SUITE_CASE(c613_the_old_credential_is_refused_in_both_directions),
	SUITE_CASE(c613_a_live_session_ends_when_the_trust_does),
	SUITE_CASE(c631_g_a_half_pairing_gives_an_open_session_no_rights),
	SUITE_CASE(an_expired_trust_ends_its_session_and_opens_none),
	SUITE_CASE(c631_g_a_half_pairing_heals_by_a_mutual_session_in_either_direction),
	SUITE_CASE(c631_g_a_half_pairing_dies_where_the_other_side_knows_nothing),
	SUITE_CASE(an_expired_half_pairing_is_not_completed),
	SUITE_CASE(c613_a_revocation_counts_although_its_sender_hangs_up),
};

SUITE_MAIN("session", cases)
