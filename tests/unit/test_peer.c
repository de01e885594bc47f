/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about the trusted device list: finding, naming, rights, ends, parting, half pairings. */
#include "proto/engine/ledger.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <string.h>

/* A device with peers made by hand. */
struct home {
	struct rig *r;
	const struct trec_env *env;
	struct trec_store *store;
};

static struct home home_new(void)
{
	struct home h = { .r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 1) };

	h.env = &h.r->side[0].f.env;
	h.store = &h.r->side[0].store->store;
	return h;
}

static struct trec_id id_of(unsigned k)
{
	struct trec_id id = { { 0 } };

	id.b[0] = (uint8_t)(k * 37);
	id.b[1] = (uint8_t)k;
	id.b[31] = 7;
	return id;
}

static void put(struct home *h, unsigned k, const char *name, trec_record type)
{
	struct rec_peer p = { .state = REC_STATE_ACTIVE, .origin = REC_ORIGIN_PIN, .cert_len = 40 };
	struct trec_id id = id_of(k);

	(void)snprintf(p.name, sizeof(p.name), "%s", name);
	memset(p.cert, (int)(0x30 + k), p.cert_len);
	CU_ASSERT(rec_peer_allow(&p, "service:*", 0));
	p.since_s = eng_wall_s(h->env);
	if (type == TREC_RECORD_UNCONFIRMED)
		eng_moment(h->env, &p.made);
	CU_ASSERT_EQUAL(eng_peer_store(h->store, type, &id, &p), TREC_OK);
}

static trec_err find(struct home *h, const char *text, struct trec_peer *out)
{
	return trec_peer_find(h->env, h->store, text, out);
}

static void the_walk_lists_all_in_order_and_half_pairings_last(void)
{
	struct home h = home_new();
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer p;
	struct trec_peer last = { .state = TREC_PEER_ACTIVE };
	bool found = true;
	unsigned n = 0;

	for (unsigned k = 1; k < 30; k++)
		put(&h, k, "x", k % 7 == 0 ? TREC_RECORD_UNCONFIRMED : TREC_RECORD_PEER);
	while (found) {
		CU_ASSERT_EQUAL(trec_peer_next(h.env, h.store, &cursor, &p, &found), TREC_OK);
		if (!found)
			break;
		CU_ASSERT(p.state >= last.state);
		if (n > 0 && p.state == last.state)
			CU_ASSERT(memcmp(last.id.b, p.id.b, TREC_ID_LEN) < 0);
		CU_ASSERT_EQUAL(p.right_count, p.state == TREC_PEER_ACTIVE ? 1 : 0);
		last = p;
		n++;
	}
	CU_ASSERT_EQUAL(n, 29);
	CU_ASSERT_EQUAL(trec_peer_next(h.env, h.store, &cursor, &p, &found), TREC_OK);
	CU_ASSERT(!found);
	rig_free(&h.r);
}

static void a_peer_is_found_by_id_beginning_and_name(void)
{
	struct home h = home_new();
	char text[TREC_ID_TEXT_LEN + 1];
	char grouped[TREC_ID_GROUPED_LEN + 1];
	struct trec_id id = id_of(3);
	struct trec_peer p;

	put(&h, 3, "kitchen lamp", TREC_RECORD_PEER);
	put(&h, 4, "twin", TREC_RECORD_PEER);
	put(&h, 5, "twin", TREC_RECORD_PEER);
	trec_id_to_text(&id, text);
	trec_id_to_grouped(&id, grouped);
	CU_ASSERT_EQUAL(find(&h, "kitchen lamp", &p), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(p.id.b, id.b, TREC_ID_LEN), 0);
	CU_ASSERT_EQUAL(find(&h, text, &p), TREC_OK);
	CU_ASSERT_EQUAL(find(&h, grouped, &p), TREC_OK);
	text[4] = '\0';
	CU_ASSERT_EQUAL(find(&h, text, &p), TREC_OK);
	text[3] = '\0';
	CU_ASSERT_EQUAL(find(&h, text, &p), TREC_E_NO_PEER);
	CU_ASSERT_EQUAL(find(&h, "twin", &p), TREC_E_AMBIGUOUS_PEER);
	CU_ASSERT_EQUAL(p.cert_len, 0);
	CU_ASSERT_EQUAL(find(&h, "nobody", &p), TREC_E_NO_PEER);
	CU_ASSERT_EQUAL(find(&h, "", &p), TREC_E_NO_PEER);
	rig_free(&h.r);
}

static void a_beginning_that_fits_two_is_ambiguous_and_a_name_beats_it(void)
{
	struct home h = home_new();
	struct trec_id a = id_of(3);
	struct trec_id b = id_of(3);
	struct rec_peer rec;
	char text[TREC_ID_TEXT_LEN + 1];
	struct trec_peer p;
	bool found;

	b.b[30] = 9;
	put(&h, 3, "one", TREC_RECORD_PEER);
	CU_ASSERT_EQUAL(eng_peer_load(h.env, h.store, TREC_RECORD_PEER, &a, &rec, &found),
			TREC_OK);
	CU_ASSERT(found);
	CU_ASSERT_EQUAL(eng_peer_store(h.store, TREC_RECORD_PEER, &b, &rec), TREC_OK);
	trec_id_to_text(&a, text);
	text[6] = '\0';
	CU_ASSERT_EQUAL(find(&h, text, &p), TREC_E_AMBIGUOUS_PEER);
	CU_ASSERT_EQUAL(trec_peer_rename(h.env, h.store, &b, text), TREC_OK);
	CU_ASSERT_EQUAL(find(&h, text, &p), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(p.id.b, b.b, TREC_ID_LEN), 0);
	rig_free(&h.r);
}

static void a_name_that_is_the_id_of_another_finds_nobody_else(void)
{
	struct home h = home_new();
	struct trec_id id = id_of(3);
	char text[TREC_ID_TEXT_LEN + 1];
	struct trec_peer p;

	trec_id_to_text(&id, text);
	put(&h, 3, "lamp", TREC_RECORD_PEER);
	put(&h, 4, text, TREC_RECORD_PEER);
	CU_ASSERT_EQUAL(find(&h, text, &p), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(p.id.b, id.b, TREC_ID_LEN), 0);
	rig_free(&h.r);
}

static void names_are_checked_and_unique(void)
{
	struct home h = home_new();
	struct trec_id id = id_of(1);
	struct trec_id none = id_of(9);
	struct trec_peer p;
	char long_name[TREC_NAME_MAX + 2];

	put(&h, 1, "a", TREC_RECORD_PEER);
	put(&h, 2, "b", TREC_RECORD_PEER);
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	CU_ASSERT_EQUAL(trec_peer_rename(h.env, h.store, &id, ""), TREC_E_BAD_NAME);
	CU_ASSERT_EQUAL(trec_peer_rename(h.env, h.store, &id, "a\nb"), TREC_E_BAD_NAME);
	CU_ASSERT_EQUAL(trec_peer_rename(h.env, h.store, &id, long_name), TREC_E_BAD_NAME);
	CU_ASSERT_EQUAL(trec_peer_rename(h.env, h.store, &id, "b"), TREC_E_EXISTS);
	CU_ASSERT_EQUAL(trec_peer_rename(h.env, h.store, &none, "c"), TREC_E_NO_PEER);
	CU_ASSERT_EQUAL(trec_peer_rename(h.env, h.store, &id, "a"), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_rename(h.env, h.store, &id, "c"), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_get(h.env, h.store, &id, &p), TREC_OK);
	CU_ASSERT_STRING_EQUAL(p.name, "c");
	rig_free(&h.r);
}

static void rights_come_go_and_end(void)
{
	struct home h = home_new();
	struct trec_id id = id_of(1);
	int64_t now = h.r->side[0].f.wall_s;
	struct trec_peer p;

	put(&h, 1, "a", TREC_RECORD_PEER);
	CU_ASSERT_EQUAL(trec_peer_allow(h.env, h.store, &id, "service:", 0), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_peer_allow(h.env, h.store, &id, "root", 0), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_peer_allow(h.env, h.store, &id, "introduce", -1), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_peer_deny(h.env, h.store, &id, "service:*"), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_deny(h.env, h.store, &id, "service:*"), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_allow(h.env, h.store, &id, "service:files", now + 10), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_get(h.env, h.store, &id, &p), TREC_OK);
	CU_ASSERT_EQUAL(p.right_count, 1);
	CU_ASSERT(trec_peer_may_use(&p, "files", now + 9));
	CU_ASSERT(!trec_peer_may_use(&p, "files", now + 10));
	CU_ASSERT(!trec_peer_may_use(&p, "files", 0));
	CU_ASSERT(!trec_peer_may_use(&p, "file", now));
	CU_ASSERT(!trec_peer_may_use(&p, "files2", now));
	CU_ASSERT_EQUAL(trec_peer_allow(h.env, h.store, &id, "service:files", 0), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_get(h.env, h.store, &id, &p), TREC_OK);
	CU_ASSERT(trec_peer_may_use(&p, "files", 0));
	p.state = TREC_PEER_UNCONFIRMED;
	CU_ASSERT(!trec_peer_may_use(&p, "files", now));
	for (int k = 0; k < 7; k++) {
		char right[] = "service:x0";

		right[9] = (char)('0' + k);
		CU_ASSERT_EQUAL(trec_peer_allow(h.env, h.store, &id, right, 0), TREC_OK);
	}
	CU_ASSERT_EQUAL(trec_peer_allow(h.env, h.store, &id, "introduce", 0), TREC_E_TOO_LARGE);
	rig_free(&h.r);
}

static void a_half_pairing_has_no_rights_and_gets_none(void)
{
	struct home h = home_new();
	struct trec_id id = id_of(1);
	struct trec_peer p;

	put(&h, 1, "a", TREC_RECORD_UNCONFIRMED);
	CU_ASSERT_EQUAL(trec_peer_get(h.env, h.store, &id, &p), TREC_OK);
	CU_ASSERT_EQUAL(p.state, TREC_PEER_UNCONFIRMED);
	CU_ASSERT_EQUAL(p.right_count, 0);
	CU_ASSERT_EQUAL(trec_peer_allow(h.env, h.store, &id, "introduce", 0), TREC_E_STATE);
	rig_free(&h.r);
}

static void a_half_pairing_lives_a_day_by_either_clock(void)
{
	struct home h = home_new();
	struct fault_env *f = &h.r->side[0].f;

	put(&h, 1, "a", TREC_RECORD_UNCONFIRMED);
	f->wall_s += 86399;
	CU_ASSERT_EQUAL(rig_list(&h.r->side[0]), 1);
	f->wall_s += 1;
	CU_ASSERT_EQUAL(rig_list(&h.r->side[0]), 0);
	f->wall_trusted = false;
	CU_ASSERT_EQUAL(rig_list(&h.r->side[0]), 1);
	f->now_ms += 86400000;
	CU_ASSERT_EQUAL(rig_list(&h.r->side[0]), 0);
	rig_free(&h.r);
}

static void a_trust_with_an_end_is_over_without_a_trusted_clock(void)
{
	struct home h = home_new();
	struct fault_env *f = &h.r->side[0].f;
	struct trec_id id = id_of(1);
	struct trec_peer p;

	put(&h, 1, "a", TREC_RECORD_PEER);
	CU_ASSERT_EQUAL(trec_peer_expire(h.env, h.store, &id, f->wall_s + 5), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_get(h.env, h.store, &id, &p), TREC_OK);
	CU_ASSERT_EQUAL(p.state, TREC_PEER_ACTIVE);
	f->wall_trusted = false;
	CU_ASSERT_EQUAL(trec_peer_get(h.env, h.store, &id, &p), TREC_OK);
	CU_ASSERT_EQUAL(p.state, TREC_PEER_EXPIRED);
	f->wall_trusted = true;
	f->wall_s += 5;
	CU_ASSERT_EQUAL(trec_peer_get(h.env, h.store, &id, &p), TREC_OK);
	CU_ASSERT_EQUAL(p.state, TREC_PEER_EXPIRED);
	CU_ASSERT(!trec_peer_may_use(&p, "x", f->wall_s));
	CU_ASSERT_EQUAL(trec_peer_expire(h.env, h.store, &id, 0), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_get(h.env, h.store, &id, &p), TREC_OK);
	CU_ASSERT_EQUAL(p.state, TREC_PEER_ACTIVE);
	rig_free(&h.r);
}

static void c633_b_parting_leaves_a_tombstone_and_nothing_of_the_peer(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 2);
	struct rig_side *s = &r->side[0];
	struct rig_side *other = &r->side[1];
	struct trec_revocation *word = NULL;
	struct trec_peer p;
	bool stone = false;

	rig_paired(r);
	CU_ASSERT_EQUAL(trec_unpair(&s->f.env, &s->store->store, &other->own.id, false,
				    &word), TREC_OK);
	CU_ASSERT_PTR_NOT_NULL(word);
	CU_ASSERT_STRING_EQUAL(trec_revocation_peer(word)->name, "phone");
	CU_ASSERT_EQUAL(trec_revocation_deadline_ms(word), s->f.now_ms + 10000);
	trec_revocation_free(&word);
	CU_ASSERT_PTR_NULL(word);
	CU_ASSERT_EQUAL(rig_list(s), 0);
	CU_ASSERT_EQUAL(trec_peer_get(&s->f.env, &s->store->store, &other->own.id, &p),
			TREC_E_NO_PEER);
	CU_ASSERT_EQUAL(trec_tombstone_exists(&s->f.env, &s->store->store, &other->own.id, &stone),
			TREC_OK);
	CU_ASSERT(stone);
	CU_ASSERT_EQUAL(mem_store_count(s->store, 0), 1);
	CU_ASSERT(!mem_store_contains(s->store, trec_bytes(other->own.id.b, TREC_ID_LEN)));
	CU_ASSERT(!mem_store_contains(s->store, trec_bytes("phone", 5)));
	CU_ASSERT(!mem_store_contains(s->store, trec_bytes("192.0.2.7", 9)));
	CU_ASSERT(!mem_store_contains(s->store, trec_bytes(other->cert + 60, 32)));
	CU_ASSERT_EQUAL(trec_unpair(&s->f.env, &s->store->store, &other->own.id, false, NULL),
			TREC_E_NO_PEER);
	rig_free(&r);
}

static void c613_only_a_new_pairing_clears_a_tombstone(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 3);
	bool stone = false;

	rig_paired(r);
	for (int k = 0; k < 2; k++)
		CU_ASSERT_EQUAL(trec_unpair(&r->side[k].f.env, &r->side[k].store->store,
					    &r->side[1 - k].own.id, false, NULL), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PIN, NULL), TREC_OK);
	for (int k = 0; k < 2; k++) {
		CU_ASSERT_EQUAL(trec_tombstone_exists(&r->side[k].f.env, &r->side[k].store->store,
						      &r->side[1 - k].own.id, &stone), TREC_OK);
		CU_ASSERT(!stone);
		CU_ASSERT_EQUAL(rig_peers(&r->side[k], TREC_PEER_ACTIVE), 1);
	}
	rig_end(r);
	CU_ASSERT(rig_heal(r));
	rig_free(&r);
}

static void c613_a_failed_pairing_leaves_the_tombstone(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 4);
	struct rig_side *s = &r->side[1];
	bool stone = false;

	rig_paired(r);
	CU_ASSERT_EQUAL(trec_unpair(&s->f.env, &s->store->store, &r->side[0].own.id, false, NULL),
			TREC_OK);
	mem_store_fault(r->side[0].store, 1, MEM_FAULT_CRASH_BEFORE);
	(void)rig_pair(r, TREC_METHOD_CODE, NULL);
	rig_end(r);
	CU_ASSERT_EQUAL(trec_tombstone_exists(&s->f.env, &s->store->store, &r->side[0].own.id,
					      &stone), TREC_OK);
	CU_ASSERT(stone);
	CU_ASSERT_EQUAL(rig_peers(s, TREC_PEER_ACTIVE), 0);
	CU_ASSERT_EQUAL(rig_peers(s, TREC_PEER_UNCONFIRMED), 1);
	rig_free(&r);
}

static void c633_a_parting_is_all_or_nothing_at_a_power_cut(void)
{
	static const enum mem_fault faults[] = { MEM_FAULT_FAIL, MEM_FAULT_CRASH_BEFORE,
						 MEM_FAULT_CRASH_AFTER };

	for (int k = 0; k < 3; k++) {
		struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 5);
		struct rig_side *s = &r->side[0];
		struct trec_revocation *word = NULL;
		bool stone = false;

		rig_paired(r);
		mem_store_fault(s->store, 1, faults[k]);
		CU_ASSERT_NOT_EQUAL(trec_unpair(&s->f.env, &s->store->store, &r->side[1].own.id,
						false, &word), TREC_OK);
		CU_ASSERT_PTR_NULL(word);
		rig_restart(s);
		CU_ASSERT_EQUAL(trec_tombstone_exists(&s->f.env, &s->store->store,
						      &r->side[1].own.id, &stone), TREC_OK);
		CU_ASSERT_EQUAL(stone, faults[k] == MEM_FAULT_CRASH_AFTER);
		CU_ASSERT_EQUAL(rig_list(s), stone ? 0 : 1);
		rig_free(&r);
	}
}

static void parting_works_even_when_nobody_can_be_told(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 6);
	struct rig_side *s = &r->side[0];
	struct trec_revocation *word = NULL;

	rig_paired(r);
	s->f.fail_random = 0;
	s->f.fail_on = true;
	CU_ASSERT_EQUAL(trec_unpair(&s->f.env, &s->store->store, &r->side[1].own.id, false, &word),
			TREC_OK);
	CU_ASSERT_PTR_NULL(word);
	s->f.fail_random = FAULT_NEVER;
	CU_ASSERT_EQUAL(rig_list(s), 0);
	rig_free(&r);
}

static void a_damaged_record_is_said_to_be_one(void)
{
	struct home h = home_new();
	struct trec_id id = id_of(1);
	struct trec_change change = { .type = TREC_RECORD_PEER };
	struct trec_peer p;

	memcpy(change.id, id.b, TREC_ID_LEN);
	change.data = trec_bytes("garbage", 7);
	CU_ASSERT_EQUAL(h.store->ops->commit(h.store, &change, 1), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_get(h.env, h.store, &id, &p), TREC_E_STORE_CORRUPT);
	rig_free(&h.r);
}

static void states_and_origins_have_stable_names(void)
{
	CU_ASSERT_STRING_EQUAL(trec_peer_state_name(TREC_PEER_DISSOLVED_BY_PEER),
			       "dissolved-by-peer");
	CU_ASSERT_STRING_EQUAL(trec_peer_state_name((enum trec_peer_state)99), "unknown");
	CU_ASSERT_STRING_EQUAL(trec_origin_name(TREC_ORIGIN_THIRD_PARTY), "third-party");
	CU_ASSERT_STRING_EQUAL(trec_origin_name((enum trec_origin)99), "unknown");
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_walk_lists_all_in_order_and_half_pairings_last),
	SUITE_CASE(a_peer_is_found_by_id_beginning_and_name),
	SUITE_CASE(a_beginning_that_fits_two_is_ambiguous_and_a_name_beats_it),
	SUITE_CASE(a_name_that_is_the_id_of_another_finds_nobody_else),
	SUITE_CASE(names_are_checked_and_unique),
	SUITE_CASE(rights_come_go_and_end),
	SUITE_CASE(a_half_pairing_has_no_rights_and_gets_none),
	SUITE_CASE(a_half_pairing_lives_a_day_by_either_clock),
	SUITE_CASE(a_trust_with_an_end_is_over_without_a_trusted_clock),
	SUITE_CASE(c633_b_parting_leaves_a_tombstone_and_nothing_of_the_peer),
	SUITE_CASE(c613_only_a_new_pairing_clears_a_tombstone),
	SUITE_CASE(c613_a_failed_pairing_leaves_the_tombstone),
	SUITE_CASE(c633_a_parting_is_all_or_nothing_at_a_power_cut),
	SUITE_CASE(parting_works_even_when_nobody_can_be_told),
	SUITE_CASE(a_damaged_record_is_said_to_be_one),
	SUITE_CASE(states_and_origins_have_stable_names),
};

SUITE_MAIN("peer", cases)
