/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See symmetric_rig.h. */
#include "tests/unit/symmetric_rig.h"

#include <string.h>

struct rig *sym_paired(uint64_t seed)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, seed);

	r->symmetric[0] = r->symmetric[1] = true;
	rig_paired(r);
	return r;
}

/* The first peer of a side: the other one, as this side knows it. */
struct trec_peer sym_other(struct rig *r, int side)
{
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer p;
	bool found = false;

	CU_ASSERT_EQUAL_FATAL(trec_peer_next(&r->side[side].f.env, &r->side[side].store->store,
					     &cursor, &p, &found), TREC_OK);
	CU_ASSERT_TRUE_FATAL(found);
	return p;
}

struct rec_symmetric sym_keys(struct rig *r, int side)
{
	struct trec_peer p = sym_other(r, side);
	struct rec_symmetric keys;

	CU_ASSERT_EQUAL(eng_keys_load(&r->side[side].store->store, &p.id, &keys), TREC_OK);
	return keys;
}

void sym_set_keys(struct rig *r, int side, const struct rec_symmetric *keys)
{
	struct trec_peer p = sym_other(r, side);

	CU_ASSERT_EQUAL(eng_keys_store(&r->side[side].f.env, &r->side[side].store->store, &p.id,
				       keys), TREC_OK);
}

/* A session with that side as its client. */
void sym_start(struct rig *r, int client)
{
	struct trec_peer p = sym_other(r, client);
	struct trec_session_options o = { .peer = &p.id };

	rig_end(r);
	r->client = client;
	CU_ASSERT_EQUAL_FATAL(rig_session_start(r, &o), TREC_OK);
	rig_settle(r);
}

bool sym_is_up(struct rig *r)
{
	return sess_saw(r, 0, TREC_SESSION_UP, NULL) && sess_saw(r, 1, TREC_SESSION_UP, NULL);
}

bool sym_comes_up(struct rig *r, int client)
{
	sym_start(r, client);
	return sym_is_up(r);
}
