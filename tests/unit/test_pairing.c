/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about pairings between two honest devices: every method, every order, every piece size. */
#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <string.h>

static void both_paired(struct rig *r, const char *origin)
{
	struct trec_peer a;
	struct trec_peer b;

	for (int i = 0; i < 2; i++) {
		struct trec_pairing *p = r->side[i].p;

		CU_ASSERT_EQUAL(trec_pairing_next(p), TREC_NEXT_DONE);
		CU_ASSERT_EQUAL(trec_pairing_error(p), TREC_OK);
		if (trec_pairing_error(p) != TREC_OK)
			printf("side %d: %s: %s\n", i, trec_err_name(trec_pairing_error(p)),
			       trec_pairing_detail(p));
		CU_ASSERT_EQUAL(rig_list(&r->side[i]), 1);
		CU_ASSERT_EQUAL(rig_peers(&r->side[i], TREC_PEER_ACTIVE), 1);
	}
	CU_ASSERT_EQUAL(trec_peer_get(&r->side[0].f.env, &r->side[0].store->store,
				      &r->side[1].own.id, &a), TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_get(&r->side[1].f.env, &r->side[1].store->store,
				      &r->side[0].own.id, &b), TREC_OK);
	CU_ASSERT_STRING_EQUAL(a.name, "phone");
	CU_ASSERT_STRING_EQUAL(b.name, "lamp");
	CU_ASSERT_STRING_EQUAL(trec_origin_name(a.origin), origin);
	CU_ASSERT_STRING_EQUAL(trec_origin_name(b.origin), origin);
	CU_ASSERT(trec_peer_may_use(&a, "anything", 0));
	CU_ASSERT(trec_peer_may_use(&b, "anything", 0));
	CU_ASSERT_EQUAL(a.cert_len, r->side[1].own.cert.n);
	CU_ASSERT_EQUAL(memcmp(a.cert, r->side[1].cert, a.cert_len), 0);
}

static void pairs(trec_key_alg a, trec_key_alg b, enum trec_method method, const char *origin)
{
	struct rig *r = rig_new(a, b, 7);

	if (method == TREC_METHOD_PRESET)
		CU_ASSERT_EQUAL(trec_preset_set(&r->side[1].f.env, &r->side[1].store->store,
						r->side[1].window, "246813"), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair(r, method, method == TREC_METHOD_PRESET ? "246813" : NULL),
			TREC_OK);
	both_paired(r, origin);
	rig_free(&r);
}

static void c611_same_pin_lists_each_on_the_other(void)
{
	pairs(TREC_KEY_ED25519, TREC_KEY_ED25519, TREC_METHOD_PIN, "pin");
	pairs(TREC_KEY_ED25519, TREC_KEY_P256, TREC_METHOD_PIN, "pin");
	pairs(TREC_KEY_P256, TREC_KEY_ED25519, TREC_METHOD_PIN, "pin");
	pairs(TREC_KEY_P256, TREC_KEY_P256, TREC_METHOD_PIN, "pin");
}

static void c622_preset_pin_pairs(void)
{
	pairs(TREC_KEY_ED25519, TREC_KEY_ED25519, TREC_METHOD_PRESET, "pin");
}

static void c622_code_pairs(void)
{
	pairs(TREC_KEY_ED25519, TREC_KEY_ED25519, TREC_METHOD_CODE, "code");
	pairs(TREC_KEY_P256, TREC_KEY_P256, TREC_METHOD_CODE, "code");
}

static const struct suite_case cases[] = {
	SUITE_CASE(c611_same_pin_lists_each_on_the_other),
	SUITE_CASE(c622_preset_pin_pairs),
	SUITE_CASE(c622_code_pairs),
};

SUITE_MAIN("pairing", cases)
