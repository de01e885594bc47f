/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about changing the own key: what is signed and kept, who has not heard of it. */
#include "proto/base/base.h"
#include "proto/codec/bundle.h"
#include "proto/engine/ledger.h"
#include "proto/engine/rotate.h"
#include "proto/trust/trust.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"

#include <string.h>

struct home {
	struct rig *r;
	struct rig_side *side;
	const struct trec_env *env;
	struct trec_store *store;
};

static struct home home_new(trec_key_alg alg)
{
	struct home h = { .r = rig_new(alg, TREC_KEY_ED25519, 1) };

	h.side = &h.r->side[0];
	h.env = &h.side->f.env;
	h.store = &h.side->store->store;
	return h;
}

static struct trec_id own_id(struct home *h)
{
	struct trec_own own;

	CU_ASSERT_EQUAL(h->store->ops->own(h->store, &own), TREC_OK);
	return own.id;
}

static bool same(const struct trec_id *a, const struct trec_id *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static struct trec_id peer_id(unsigned k)
{
	struct trec_id id = { { 0 } };

	id.b[0] = (uint8_t)k;
	return id;
}

static void put(struct home *h, unsigned k, enum rec_state state, uint64_t told)
{
	struct rec_peer p = { .state = state, .origin = REC_ORIGIN_PIN, .cert_len = 40 };
	struct trec_id id = peer_id(k);

	strcpy(p.name, "lamp");
	memset(p.cert, 0x30, p.cert_len);
	p.told = told;
	CU_ASSERT_EQUAL(eng_peer_store(h->store, TREC_RECORD_PEER, &id, &p), TREC_OK);
}

/* The successions behind number `told`; each is judged and leads on to the next. */
static size_t follow(struct home *h, uint64_t told, uint64_t first, const struct trec_id *from,
		     struct trec_id *to)
{
	static uint8_t buf[BUNDLE_MAX];
	struct trust_expect expect = { .kind = TRUST_SUCCESSION };
	struct trust_claims c;
	struct bundle b = { .count = 0 };
	size_t n = 0;

	*to = *from;
	CU_ASSERT_EQUAL(eng_rotation_bundle(h->env, h->store, told, buf, sizeof(buf), &n), TREC_OK);
	if (n == 0)
		return 0;
	CU_ASSERT_EQUAL(bundle_decode(trec_bytes(buf, n), &b), TREC_OK);
	CU_ASSERT_EQUAL(b.kind, BUNDLE_SUCCESSIONS);
	for (size_t i = 0; i < b.count; i++) {
		CU_ASSERT_EQUAL(trust_verify(h->env, b.item[i], &expect, &c), TRUST_ACCEPTED);
		CU_ASSERT(same(&c.iss, to));
		CU_ASSERT_EQUAL(c.sequence, first + i);
		*to = c.sub;
	}
	return b.count;
}

static void the_old_and_the_new_key_sign_that_one_follows_the_other(void)
{
	for (int i = 0; i < 4; i++) {
		struct home h = home_new((trec_key_alg)(TREC_KEY_ED25519 + i / 2));
		trec_key_alg to = (trec_key_alg)(TREC_KEY_ED25519 + i % 2);
		struct trec_rotated done;
		struct trec_id old = own_id(&h);
		struct trec_id end, now;
		uint64_t sequence = 7;

		CU_ASSERT_EQUAL(trec_rotation_sequence(h.env, h.store, &sequence), TREC_OK);
		CU_ASSERT_EQUAL(sequence, 0);
		CU_ASSERT_EQUAL(follow(&h, 0, 1, &old, &end), 0);
		CU_ASSERT_EQUAL(trec_rotate(h.env, h.store, to, &done), TREC_OK);
		now = own_id(&h);
		CU_ASSERT(!same(&old, &now) && same(&done.old, &old) && same(&done.now, &now));
		CU_ASSERT_EQUAL(done.sequence, 1);
		CU_ASSERT_EQUAL(trec_rotation_sequence(h.env, h.store, &sequence), TREC_OK);
		CU_ASSERT_EQUAL(sequence, 1);
		CU_ASSERT_EQUAL(follow(&h, 0, 1, &old, &end), 1);
		CU_ASSERT(same(&end, &now));
		CU_ASSERT_EQUAL(follow(&h, 1, 2, &now, &end), 0);
		rig_free(&h.r);
	}
}

static void the_last_eight_successions_are_kept_for_those_who_were_off(void)
{
	struct home h = home_new(TREC_KEY_P256); /* whose pairs are the largest */
	struct trec_id ids[12];
	struct trec_id end;

	ids[0] = own_id(&h);
	for (unsigned k = 1; k < 12; k++) {
		CU_ASSERT_EQUAL(trec_rotate(h.env, h.store, TREC_KEY_P256, NULL), TREC_OK);
		ids[k] = own_id(&h);
		/* One that heard of all but the last three, or as many as there are. */
		unsigned told = k > 3 ? k - 3 : 0;

		CU_ASSERT_EQUAL(follow(&h, told, told + 1, &ids[told], &end), k - told);
		CU_ASSERT(same(&end, &ids[k]));
	}
	CU_ASSERT_EQUAL(follow(&h, 3, 4, &ids[3], &end), TREC_ROTATION_LINKS);
	CU_ASSERT(same(&end, &ids[11]));
	/* Who missed more gets what there is, and cannot follow. */
	CU_ASSERT_EQUAL(follow(&h, 0, 4, &ids[3], &end), TREC_ROTATION_LINKS);
	rig_free(&h.r);
}

/* The store's own chain as if so many successions had come before. */
static void count_on(struct home *h, uint64_t sequence)
{
	static uint8_t in[TREC_RECORD_MAX], out[TREC_RECORD_MAX];
	struct trec_change change = { .type = TREC_RECORD_SUCCESSION };
	struct rec_chain chain;
	bool found = false;
	size_t n = 0;

	CU_ASSERT_EQUAL(h->store->ops->get(h->store, TREC_RECORD_SUCCESSION, change.id, in,
					   sizeof(in), &n, &found), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(rec_chain_decode(trec_bytes(in, n), &chain), TREC_OK);
	chain.sequence = sequence;
	CU_ASSERT_EQUAL(rec_chain_encode(&chain, out, sizeof(out), &n), TREC_OK);
	change.data = trec_bytes(out, n);
	CU_ASSERT_EQUAL(h->store->ops->commit(h->store, &change, 1), TREC_OK);
}

static void a_sequence_counts_up_to_what_statements_can_name(void)
{
	static const uint64_t many = UINT64_C(1) << 32;
	struct home h = home_new(TREC_KEY_ED25519);
	struct trec_rotated done;
	struct trec_id before, now, end;

	CU_ASSERT_EQUAL(trec_rotate(h.env, h.store, TREC_KEY_ED25519, &done), TREC_OK);
	count_on(&h, many);
	before = own_id(&h);
	CU_ASSERT_EQUAL(trec_rotate(h.env, h.store, TREC_KEY_ED25519, &done), TREC_OK);
	now = own_id(&h);
	CU_ASSERT_EQUAL(done.sequence, many + 1);
	CU_ASSERT_EQUAL(follow(&h, many, many + 1, &before, &end), 1);
	CU_ASSERT(same(&end, &now));
	count_on(&h, TRUST_SEQUENCE_MAX);
	CU_ASSERT_EQUAL(trec_rotate(h.env, h.store, TREC_KEY_ED25519, &done), TREC_E_TOO_LARGE);
	end = own_id(&h);
	CU_ASSERT(same(&end, &now));
	rig_free(&h.r);
}

static void peers_in_force_that_have_not_heard_are_named_and_no_others(void)
{
	struct home h = home_new(TREC_KEY_ED25519);
	struct trec_peer_cursor cursor = { 0 };
	struct trec_rotated done;
	struct trec_peer p;
	bool found = true;
	unsigned seen = 0;

	put(&h, 1, REC_STATE_ACTIVE, 0);
	put(&h, 2, REC_STATE_DISSOLVED_BY_PEER, 0);
	put(&h, 3, REC_STATE_ACTIVE, 0);
	put(&h, 4, REC_STATE_INTRODUCED, 0);
	put(&h, 5, REC_STATE_SUSPENDED, 0);
	put(&h, 6, REC_STATE_ACTIVE, 0);
	CU_ASSERT_EQUAL(trec_rotation_untold(h.env, h.store, &cursor, &p, &found), TREC_OK);
	CU_ASSERT(!found); /* there is nothing to tell of */
	CU_ASSERT_EQUAL(trec_rotate(h.env, h.store, TREC_KEY_ED25519, &done), TREC_OK);
	CU_ASSERT_EQUAL(done.untold, 3);
	CU_ASSERT_EQUAL(done.stranded, 0);
	put(&h, 3, REC_STATE_ACTIVE, 1); /* it acknowledged */
	memset(&cursor, 0, sizeof(cursor));
	for (found = true; found;) {
		CU_ASSERT_EQUAL(trec_rotation_untold(h.env, h.store, &cursor, &p, &found), TREC_OK);
		if (found)
			seen = seen * 10 + p.id.b[0];
	}
	CU_ASSERT_EQUAL(seen, 16);
	rig_free(&h.r);
}

static void who_missed_more_than_are_kept_is_counted_as_stranded(void)
{
	struct home h = home_new(TREC_KEY_ED25519);
	struct trec_rotated done;

	put(&h, 1, REC_STATE_ACTIVE, 0);
	put(&h, 2, REC_STATE_ACTIVE, 1);
	for (unsigned k = 1; k <= 10; k++) {
		CU_ASSERT_EQUAL(trec_rotate(h.env, h.store, TREC_KEY_ED25519, &done), TREC_OK);
		CU_ASSERT_EQUAL(done.untold, k == 1 ? 1 : 2);
		CU_ASSERT_EQUAL(done.stranded, k <= 8 ? 0 : k - 8);
	}
	rig_free(&h.r);
}

static void a_peer_paired_with_the_new_key_has_nothing_to_hear(void)
{
	struct home h = home_new(TREC_KEY_ED25519);
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer p;
	bool found = true;

	CU_ASSERT_EQUAL(trec_rotate(h.env, h.store, TREC_KEY_ED25519, NULL), TREC_OK);
	CU_ASSERT_EQUAL(rig_window(h.r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(h.r, h.r->code), TREC_OK);
	rig_run(h.r);
	CU_ASSERT_EQUAL(trec_pairing_error(h.side->p), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_next(h.env, h.store, &cursor, &p, &found), TREC_OK);
	CU_ASSERT(found);
	memset(&cursor, 0, sizeof(cursor));
	CU_ASSERT_EQUAL(trec_rotation_untold(h.env, h.store, &cursor, &p, &found), TREC_OK);
	CU_ASSERT(!found);
	rig_free(&h.r);
}

static void a_crash_leaves_the_old_key_alone_or_the_new_one_with_its_succession(void)
{
	static const enum mem_fault faults[] = { MEM_FAULT_FAIL, MEM_FAULT_CRASH_BEFORE,
						 MEM_FAULT_CRASH_AFTER };

	for (size_t i = 0; i < BASE_COUNT(faults); i++) {
		struct home h = home_new(TREC_KEY_ED25519);
		bool happened = faults[i] == MEM_FAULT_CRASH_AFTER;
		struct trec_id old = own_id(&h);
		struct trec_id end, now;
		uint64_t sequence = 0;

		mem_store_fault(h.side->store, 1, faults[i]);
		CU_ASSERT_EQUAL(trec_rotate(h.env, h.store, TREC_KEY_ED25519, NULL), TREC_E_IO);
		mem_store_restart(h.side->store);
		now = own_id(&h);
		CU_ASSERT_EQUAL(same(&old, &now), !happened);
		CU_ASSERT_EQUAL(trec_rotation_sequence(h.env, h.store, &sequence), TREC_OK);
		CU_ASSERT_EQUAL(sequence, happened);
		CU_ASSERT_EQUAL(follow(&h, 0, 1, &old, &end), happened);
		CU_ASSERT(same(&end, &now));
		rig_free(&h.r);
	}
}

static void a_store_that_renews_nothing_or_holds_what_is_newer_is_left_alone(void)
{
	struct home h = home_new(TREC_KEY_ED25519);
	struct trec_store_ops ops = *h.store->ops;
	const struct trec_store_ops *whole = h.store->ops;
	static const uint8_t later[] = { 0xa1, 0x00, 0x02 }; /* { 0: 2 } */
	struct trec_change c = { .type = TREC_RECORD_SUCCESSION,
				 .data = trec_bytes(later, sizeof(later)) };
	struct trec_id old = own_id(&h);
	struct trec_id now;

	ops.renew = NULL;
	h.store->ops = &ops;
	CU_ASSERT_EQUAL(trec_rotate(h.env, h.store, TREC_KEY_ED25519, NULL), TREC_E_UNSUPPORTED);
	h.store->ops = whole;
	CU_ASSERT_EQUAL(trec_rotate(h.env, h.store, (trec_key_alg)9, NULL), TREC_E_UNSUPPORTED);
	CU_ASSERT_EQUAL(h.store->ops->commit(h.store, &c, 1), TREC_OK);
	CU_ASSERT_EQUAL(trec_rotate(h.env, h.store, TREC_KEY_ED25519, NULL), TREC_E_VERSION);
	now = own_id(&h);
	CU_ASSERT(same(&old, &now));
	rig_free(&h.r);
}

static void every_failing_allocation_and_random_call_leaves_one_of_both_keys(void)
{
	for (unsigned k = 0; k < 60; k++) {
		struct home h = home_new(TREC_KEY_P256);
		struct fault_env *f = &h.side->f;
		struct trec_id old = own_id(&h);
		struct trec_id end, now;

		put(&h, 1, REC_STATE_ACTIVE, 0);
		if (k % 2 == 0)
			f->fail_alloc = k / 2;
		else
			f->fail_random = k / 2;
		trec_err err = trec_rotate(h.env, h.store, TREC_KEY_P256, NULL);

		f->fail_alloc = f->fail_random = FAULT_NEVER;
		now = own_id(&h);
		CU_ASSERT_EQUAL(same(&old, &now), err != TREC_OK);
		CU_ASSERT_EQUAL(follow(&h, 0, 1, &old, &end), err == TREC_OK);
		CU_ASSERT(same(&end, &now));
		CU_ASSERT(k > 1 || err != TREC_OK);
		rig_free(&h.r);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_old_and_the_new_key_sign_that_one_follows_the_other),
	SUITE_CASE(the_last_eight_successions_are_kept_for_those_who_were_off),
	SUITE_CASE(a_sequence_counts_up_to_what_statements_can_name),
	SUITE_CASE(peers_in_force_that_have_not_heard_are_named_and_no_others),
	SUITE_CASE(who_missed_more_than_are_kept_is_counted_as_stranded),
	SUITE_CASE(a_peer_paired_with_the_new_key_has_nothing_to_hear),
	SUITE_CASE(a_crash_leaves_the_old_key_alone_or_the_new_one_with_its_succession),
	SUITE_CASE(a_store_that_renews_nothing_or_holds_what_is_newer_is_left_alone),
	SUITE_CASE(every_failing_allocation_and_random_call_leaves_one_of_both_keys),
};

int main(void)
{
	return suite_main("rotate", cases, BASE_COUNT(cases));
}
