/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See recognise_rig.h. */
#include <string.h>

#include "tests/unit/recognise_rig.h"

struct beacon recognise_beacon(struct rig *r, int side)
{
	struct beacon out;

	CU_ASSERT_EQUAL(trec_beacon_make(&r->side[side].f.env, &r->side[side].store->store, out.b),
			TREC_OK);
	return out;
}

bool recognise_sees(struct rig *r, int side, const struct beacon *b)
{
	struct rig_side *s = &r->side[side];
	struct trec_peer p;
	trec_err err = trec_beacon_find(&s->f.env, &s->store->store, b->b, &p);

	if (err == TREC_OK) {
		CU_ASSERT_EQUAL(p.state, TREC_PEER_ACTIVE);
		CU_ASSERT_TRUE(p.symmetric || trec_id_equal(&p.id, &r->side[1 - side].own.id));
	} else {
		CU_ASSERT_EQUAL(err, TREC_E_NO_PEER);
		CU_ASSERT_EQUAL(p.name[0], '\0');
	}
	return err == TREC_OK;
}

size_t recognise_meet(struct rig *r, int client)
{
	rig_end(r);
	r->side[0].sent = r->side[1].sent = 0;
	r->client = client;
	CU_ASSERT_EQUAL_FATAL(rig_session_start(r, NULL), TREC_OK);
	rig_settle(r);
	CU_ASSERT_TRUE(sess_saw(r, 0, TREC_SESSION_UP, NULL));
	CU_ASSERT_TRUE(sess_saw(r, 1, TREC_SESSION_UP, NULL));
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_OK);
	CU_ASSERT_EQUAL(sess_error(r, 1), TREC_OK);
	return r->side[0].sent + r->side[1].sent;
}

struct rec_recognition recognise_record(struct rig *r, int side, const struct trec_id *id)
{
	struct trec_store *s = &r->side[side].store->store;
	uint8_t buf[REC_SMALL_MAX];
	struct rec_recognition out = { .has_key = false };
	bool found = false;
	size_t n = 0;

	CU_ASSERT_EQUAL(s->ops->get(s, TREC_RECORD_RECOGNITION, id->b, buf, sizeof(buf), &n,
				    &found),
			TREC_OK);
	if (found)
		CU_ASSERT_EQUAL(rec_recognition_decode(trec_bytes(buf, n), &out), TREC_OK);
	return out;
}

bool recognise_has_own(struct rig *r, int side)
{
	static const struct trec_id own;

	return recognise_record(r, side, &own).has_key;
}
