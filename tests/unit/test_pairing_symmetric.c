/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about pairings without certificates: both were told, or nothing comes of it. */
#include "proto/base/base.h"
#include "proto/engine/keys.h"
#include "proto/engine/ledger.h"
#include "proto/engine/pairing.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"

#include <string.h>

static struct rig *told(bool initiator, bool window, uint64_t seed)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, seed);

	r->symmetric[0] = initiator;
	r->symmetric[1] = window;
	return r;
}

/* The one peer of a side, and its keys. */
static struct trec_peer only_peer(struct rig_side *s, struct rec_symmetric *keys)
{
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer p;
	bool found = false;

	CU_ASSERT_EQUAL_FATAL(trec_peer_next(&s->f.env, &s->store->store, &cursor, &p, &found),
			      TREC_OK);
	CU_ASSERT_TRUE_FATAL(found);
	CU_ASSERT_EQUAL(rig_list(s), 1);
	CU_ASSERT_EQUAL(eng_keys_load(&s->store->store, &p.id, keys), TREC_OK);
	return p;
}

static void holds_one_key(struct rig *r, const char *origin)
{
	struct rec_symmetric keys[2];
	struct trec_peer p[2];

	for (int i = 0; i < 2; i++) {
		p[i] = only_peer(&r->side[i], &keys[i]);
		CU_ASSERT_TRUE(p[i].symmetric);
		CU_ASSERT_EQUAL(p[i].cert_len, 0);
		CU_ASSERT_EQUAL(p[i].state, TREC_PEER_ACTIVE);
		CU_ASSERT_STRING_EQUAL(trec_origin_name(p[i].origin), origin);
		CU_ASSERT_EQUAL(keys[i].count, 1);
		/* neither end's certificate is anywhere, and no id is one of a certificate */
		for (int k = 0; k < 2; k++) {
			CU_ASSERT_FALSE(mem_store_contains(r->side[i].store, r->side[k].own.cert));
			CU_ASSERT_NOT_EQUAL(memcmp(p[i].id.b, r->side[k].own.id.b, TREC_ID_LEN), 0);
		}
	}
	CU_ASSERT_EQUAL(memcmp(keys[0].key[0], keys[1].key[0], REC_KEY_LEN), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(p[0].id.b, p[1].id.b, TREC_ID_LEN), 0);
}

static void c611_both_told_share_a_key_and_no_certificate(void)
{
	static const struct {
		enum trec_method method;
		const char *origin;
	} way[] = { { TREC_METHOD_PIN, "pin" },
		    { TREC_METHOD_PRESET, "pin" },
		    { TREC_METHOD_CODE, "code" } };

	for (size_t i = 0; i < BASE_COUNT(way); i++) {
		struct rig *r = told(true, true, 7 + i);
		bool preset = way[i].method == TREC_METHOD_PRESET;

		if (preset)
			CU_ASSERT_EQUAL(trec_preset_set(&r->side[1].f.env, &r->side[1].store->store,
							r->side[1].window, "246813"), TREC_OK);
		CU_ASSERT_EQUAL(rig_pair(r, way[i].method, preset ? "246813" : NULL), TREC_OK);
		holds_one_key(r, way[i].origin);
		rig_free(&r);
	}
}

static void a_second_pairing_has_another_key_and_other_ids(void)
{
	struct rig *r = told(true, true, 3);
	struct rec_symmetric first, second;
	struct trec_peer a = { 0 }, b;

	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PIN, NULL), TREC_OK);
	a = only_peer(&r->side[0], &first);
	rig_end(r);
	CU_ASSERT_EQUAL(trec_unpair(&r->side[0].f.env, &r->side[0].store->store, &a.id, false,
				    NULL), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PIN, NULL), TREC_OK);
	b = only_peer(&r->side[0], &second);
	CU_ASSERT_NOT_EQUAL(memcmp(a.id.b, b.id.b, TREC_ID_LEN), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(first.key[0], second.key[0], REC_KEY_LEN), 0);
	CU_ASSERT_FALSE(mem_store_contains(r->side[0].store,
					   trec_bytes(first.key[0], REC_KEY_LEN)));
	rig_free(&r);
}

/* All that went over the wire. */
static struct {
	uint8_t b[65536];
	size_t n;
} wire;

static size_t listen_in(struct rig *r, int from, uint8_t *bytes, size_t n)
{
	(void)r;
	(void)from;
	CU_ASSERT_TRUE_FATAL(wire.n + n <= sizeof(wire.b));
	memcpy(wire.b + wire.n, bytes, n);
	wire.n += n;
	return n;
}

static bool heard(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + n <= wire.n; i++)
		if (memcmp(wire.b + i, p, n) == 0)
			return true;
	return false;
}

static void c631_c3_key_and_ids_never_leave(void)
{
	struct rig *r = told(true, true, 11);
	struct rec_symmetric keys;
	struct trec_peer p;

	wire.n = 0;
	r->tap = listen_in;
	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_CODE, NULL), TREC_OK);
	for (int i = 0; i < 2; i++) {
		p = only_peer(&r->side[i], &keys);
		CU_ASSERT_FALSE(heard(keys.key[0], 8));
		CU_ASSERT_FALSE(heard(p.id.b, 8));
		CU_ASSERT_FALSE(heard(r->side[i].own.cert.p, 32));
	}
	CU_ASSERT_TRUE(heard(wire.b + wire.n - 8, 8));
	rig_free(&r);
}

static void lists_nobody(struct rig *r)
{
	CU_ASSERT_EQUAL(rig_list(&r->side[0]), 0);
	CU_ASSERT_EQUAL(rig_list(&r->side[1]), 0);
}

static void only_one_told_is_refused_and_says_so(void)
{
	static const enum trec_method methods[] = { TREC_METHOD_PIN, TREC_METHOD_CODE };

	for (int k = 0; k < 4; k++) {
		bool initiator = k % 2 == 0;
		struct rig *r = told(initiator, !initiator, 20);
		struct trec_window_status w;

		CU_ASSERT_EQUAL(rig_pair(r, methods[k / 2], NULL), TREC_E_REFUSED);
		CU_ASSERT_EQUAL(trec_pairing_error(r->side[1].p), TREC_E_UNSUPPORTED);
		for (int i = 0; i < 2; i++)
			CU_ASSERT_PTR_NOT_NULL(strstr(trec_pairing_detail(r->side[i].p),
						      "certificates") != NULL
						       ? ""
						       : strstr(trec_pairing_detail(r->side[i].p),
								"symmetric"));
		lists_nobody(r);
		trec_window_status(r->side[1].window, &w);
		CU_ASSERT_TRUE(w.open); /* and it cost no attempt */
		if (methods[k / 2] == TREC_METHOD_PIN)
			CU_ASSERT_EQUAL(w.attempts_left, 3);
		rig_free(&r);
	}
}

/* In the first frame from the initiator: the flag taken out, or put in. */
static size_t alter_request(struct rig *r, int from, uint8_t *bytes, size_t n)
{
	bool *done = r->tap_ctx;
	size_t body = FRAME_PRE_HEADER + base_get16(bytes + 1);

	if (from != 0 || *done)
		return n;
	*done = true;
	CU_ASSERT_TRUE_FATAL(bytes[0] == FRAME_PAIR_REQUEST && body <= n);
	if (bytes[FRAME_PRE_HEADER] == 0xa5) {
		bytes[FRAME_PRE_HEADER] = 0xa4;
		memmove(bytes + body - 2, bytes + body, n - body);
		base_put16(bytes + 1, (uint32_t)(body - FRAME_PRE_HEADER - 2));
		return n - 2;
	}
	/* The rest is dropped: a tap cannot make more of it. Only a PIN's request stands alone. */
	CU_FAIL("nothing to take out");
	return n;
}

/*
 * Each end does what its user asked for, and somebody in between makes them believe that they
 * agree: both frames are in T.
 */
static void c631_c2_a_downgrade_in_between_ends_without_a_pairing(void)
{
	static const enum trec_method methods[] = { TREC_METHOD_PIN, TREC_METHOD_CODE };

	for (int k = 0; k < 4; k++) {
		struct rig *r = told(true, k % 2 == 1, 40);
		bool done = false;

		r->tap = alter_request;
		r->tap_ctx = &done;
		CU_ASSERT_NOT_EQUAL(rig_pair(r, methods[k / 2], NULL), TREC_OK);
		CU_ASSERT_TRUE(done);
		CU_ASSERT_NOT_EQUAL(trec_pairing_error(r->side[1].p), TREC_OK);
		if (k % 2 == 1) /* the window's own word stands */
			CU_ASSERT_EQUAL(trec_pairing_error(r->side[1].p), TREC_E_UNSUPPORTED);
		lists_nobody(r);
		rig_free(&r);
	}
}

/* The flag put in: by hand, on a run that has not begun to speak. */
static void c631_c2_an_upgrade_in_between_ends_without_a_pairing(void)
{
	struct rig *r = told(false, true, 41);
	struct rig_side *s = &r->side[1];
	struct msg_pair_request m;
	uint8_t body[FRAME_PRE_BODY_MAX];
	size_t n = 0;

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	rig_flush(r, 0);
	CU_ASSERT_EQUAL_FATAL(s->in[0], FRAME_PAIR_REQUEST);
	CU_ASSERT_EQUAL_FATAL(msg_pair_request_decode(trec_bytes(s->in + FRAME_PRE_HEADER,
								 s->in_len - FRAME_PRE_HEADER),
						      &m), TREC_OK);
	m.symmetric = true;
	CU_ASSERT_EQUAL_FATAL(msg_pair_request_encode(&m, body, sizeof(body), &n), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(frame_pre_make(FRAME_PAIR_REQUEST, trec_bytes(body, n), s->in,
					     sizeof(s->in), &s->in_len), TREC_OK);
	rig_run(r);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[0].p), TREC_E_WRONG_PIN);
	CU_ASSERT_NOT_EQUAL(trec_pairing_error(s->p), TREC_OK);
	lists_nobody(r);
	rig_free(&r);
}

static void c631_g_a_device_does_not_pair_with_itself(void)
{
	static const enum trec_method methods[] = { TREC_METHOD_PIN, TREC_METHOD_CODE };

	for (size_t k = 0; k < BASE_COUNT(methods); k++) {
		struct rig *r = told(true, true, 50);
		struct mem_store *other = r->side[1].store;

		r->side[1].store = r->side[0].store;
		CU_ASSERT_EQUAL(rig_pair(r, methods[k], NULL), TREC_E_OWN_KEY);
		CU_ASSERT_NOT_EQUAL(trec_pairing_error(r->side[1].p), TREC_OK);
		CU_ASSERT_EQUAL(rig_list(&r->side[0]), 0);
		CU_ASSERT_EQUAL(mem_store_count(r->side[0].store, TREC_RECORD_UNCONFIRMED), 0);
		r->side[1].store = other;
		rig_free(&r);
	}
}

static void a_record_that_is_changed_keeps_its_key(void)
{
	struct rig *r = told(true, true, 60);
	struct rig_side *s = &r->side[0];
	struct trec_store *store = &s->store->store;
	struct rec_symmetric before, after;
	struct rec_peer loaded;
	struct trec_peer p;
	bool found = false;

	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PIN, NULL), TREC_OK);
	p = only_peer(s, &before);
	CU_ASSERT_EQUAL(trec_peer_rename(&s->f.env, store, &p.id, "other"), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_allow(&s->f.env, store, &p.id, "service:x", 0), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_expire(&s->f.env, store, &p.id, 4000000000), TREC_OK);
	p = only_peer(s, &after);
	CU_ASSERT_STRING_EQUAL(p.name, "other");
	CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof(before)), 0);
	/* and who reads a record sees none of it */
	CU_ASSERT_EQUAL(eng_peer_load(&s->f.env, store, TREC_RECORD_PEER, &p.id, &loaded, &found),
			TREC_OK);
	CU_ASSERT_TRUE(found);
	CU_ASSERT_EQUAL(loaded.symmetric.count, 1);
	memset(after.key, 0, sizeof(after.key));
	CU_ASSERT_EQUAL(memcmp(loaded.symmetric.key, after.key, sizeof(after.key)), 0);
	rig_free(&r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c611_both_told_share_a_key_and_no_certificate),
	SUITE_CASE(a_second_pairing_has_another_key_and_other_ids),
	SUITE_CASE(c631_c3_key_and_ids_never_leave),
	SUITE_CASE(only_one_told_is_refused_and_says_so),
	SUITE_CASE(c631_c2_a_downgrade_in_between_ends_without_a_pairing),
	SUITE_CASE(c631_c2_an_upgrade_in_between_ends_without_a_pairing),
	SUITE_CASE(c631_g_a_device_does_not_pair_with_itself),
	SUITE_CASE(a_record_that_is_changed_keeps_its_key),
};

SUITE_MAIN("pairing symmetric", cases)
