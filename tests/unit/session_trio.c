/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See session_trio.h. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/session_trio.h"

static void name(struct rig_side *s, const char *what)
{
	strcpy(s->own.name, what);
	s->store->own = s->own;
}

/* The same device once more: its key and its store. */
static struct mem_store *again(struct rig_side *s, const struct rig_side *device)
{
	struct mem_store *before = s->store;

	rig_become(s, device);
	strcpy(s->own.name, device->own.name);
	s->store = device->store;
	return before;
}

static void may_introduce(struct rig *r)
{
	CU_ASSERT_EQUAL(trec_peer_allow(&r->side[1].f.env, &r->side[1].store->store,
					&r->side[0].own.id, "introduce", 0),
			TREC_OK);
	CU_ASSERT_EQUAL(trec_peer_allow(&r->side[1].f.env, &r->side[1].store->store,
					&r->side[0].own.id, "service:*", 0),
			TREC_OK);
}

struct trio *trio_new(uint64_t seed)
{
	struct trio *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	t->ab = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, seed);
	t->ac = rig_new(TREC_KEY_ED25519, TREC_KEY_P256, seed + 1000);
	t->bc = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, seed + 2000);
	name(&t->ab->side[0], "A");
	name(&t->ab->side[1], "B");
	name(&t->ac->side[1], "C");
	t->spare[0] = again(&t->ac->side[0], &t->ab->side[0]);
	t->spare[1] = again(&t->bc->side[0], &t->ab->side[1]);
	t->spare[2] = again(&t->bc->side[1], &t->ac->side[1]);
	rig_paired(t->ab);
	rig_paired(t->ac);
	may_introduce(t->ab);
	may_introduce(t->ac);
	for (int i = 0; i < 2; i++) {
		t->policy[i].mode = TREC_INTRODUCTIONS_ASK;
		t->policy[i].right_count = 1;
		strcpy(t->policy[i].rights[0], "service:*");
	}
	return t;
}

void trio_free(struct trio **p)
{
	struct trio *t = *p;

	t->ac->side[0].store = t->spare[0];
	t->bc->side[0].store = t->spare[1];
	t->bc->side[1].store = t->spare[2];
	rig_free(&t->bc);
	rig_free(&t->ac);
	rig_free(&t->ab);
	free(t);
	*p = NULL;
}

void trio_wait(struct trio *t, uint64_t s)
{
	rig_wait(t->ab, s * 1000);
	rig_wait(t->ac, s * 1000);
	rig_wait(t->bc, s * 1000);
}

void trio_session(struct trio *t, struct rig *r, int client)
{
	for (int i = 0; i < 2; i++) {
		struct trec_session_options o = { .env = &r->side[i].f.env,
						  .store = &r->side[i].store->store,
						  .introductions = &t->policy[i] };

		if (i == client)
			o.peer = &r->side[1 - i].own.id;
		CU_ASSERT_EQUAL_FATAL(trec_session_new(i == client ? TREC_SESSION_CLIENT
								   : TREC_SESSION_SERVER,
						       &o, &r->side[i].s),
				      TREC_OK);
	}
	rig_settle(r);
}

void trio_up(struct trio *t, struct rig *r, int client)
{
	trio_session(t, r, client);
	CU_ASSERT_TRUE(sess_saw(r, 0, TREC_SESSION_UP, NULL));
	CU_ASSERT_TRUE(sess_saw(r, 1, TREC_SESSION_UP, NULL));
}

bool trio_meet(struct trio *t, int client)
{
	trio_session(t, t->bc, client);
	bool b = sess_saw(t->bc, 0, TREC_SESSION_UP, NULL);
	bool c = sess_saw(t->bc, 1, TREC_SESSION_UP, NULL);

	rig_end(t->bc);
	return b && c;
}

void trio_rotate(struct trio *t, trec_key_alg alg)
{
	struct rig_side *c = &t->ac->side[1];

	CU_ASSERT_EQUAL(trec_rotate(&c->f.env, &c->store->store, alg, NULL), TREC_OK);
	CU_ASSERT_EQUAL(c->store->store.ops->own(&c->store->store, &c->own), TREC_OK);
	t->bc->side[1].own = c->own;
}

int trio_state(struct rig *r, int side)
{
	struct trec_peer p;

	if (trec_peer_get(&r->side[side].f.env, &r->side[side].store->store,
			  &r->side[1 - side].own.id, &p) != TREC_OK)
		return -1;
	return (int)p.state;
}

struct trec_peer trio_peer(struct rig *r, int side)
{
	struct trec_peer p;

	CU_ASSERT_EQUAL(trec_peer_get(&r->side[side].f.env, &r->side[side].store->store,
				      &r->side[1 - side].own.id, &p),
			TREC_OK);
	return p;
}

enum trec_refusal trio_introduce(struct trio *t, struct rig *r, int client)
{
	const struct trec_id *about = r == t->ab ? &t->ac->side[1].own.id : &t->ab->side[1].own.id;
	struct trec_session_event ev = { .refusal = TREC_REFUSAL_COUNT };

	trio_up(t, r, client);
	CU_ASSERT_EQUAL(trec_session_introduce(r->side[0].s, about, 1), TREC_OK);
	rig_settle(r);
	t->asked = sess_saw(r, 1, TREC_SESSION_INTRODUCTION, NULL);
	if (t->asked) {
		CU_ASSERT_EQUAL(trec_session_answer(r->side[1].s, true), TREC_OK);
		rig_settle(r);
	}
	if (trec_session_event(r->side[0].s, &ev) == TREC_OK &&
	    ev.kind == TREC_SESSION_CONSENTED) {
		CU_ASSERT_EQUAL(trec_session_deliver(r->side[0].s, about, 1), TREC_OK);
		rig_settle(r);
		CU_ASSERT_TRUE(sess_saw(r, 0, TREC_SESSION_INTRODUCED, &ev));
	}
	CU_ASSERT_EQUAL(ev.kind, TREC_SESSION_INTRODUCED);
	CU_ASSERT_EQUAL(memcmp(ev.id.b, about->b, TREC_ID_LEN), 0);
	rig_end(r);
	return ev.refusal;
}

void trio_introduced(struct trio *t)
{
	CU_ASSERT_EQUAL(trio_introduce(t, t->ab, 0), TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(trio_introduce(t, t->ac, 0), TREC_REFUSAL_NONE);
	CU_ASSERT_EQUAL(trio_state(t->bc, 0), TREC_PEER_INTRODUCED);
	CU_ASSERT_EQUAL(trio_state(t->bc, 1), TREC_PEER_INTRODUCED);
}

size_t trio_text(struct trio *t, char *out, size_t cap)
{
	size_t n = 0;

	CU_ASSERT_EQUAL(trec_introduction_make(&t->ab->side[0].f.env, &t->ab->side[0].store->store,
					       &t->ab->side[1].own.id, &t->ac->side[1].own.id, out,
					       cap, &n),
			TREC_OK);
	return n;
}

enum trec_refusal trio_accept(struct trio *t, int side, const char *text, size_t n)
{
	struct rig_side *s = &t->bc->side[side];
	struct trec_introduced out;

	CU_ASSERT_EQUAL(trec_introduction_accept(&s->f.env, &s->store->store, trec_bytes(text, n),
						 &t->policy[side], &out),
			TREC_OK);
	CU_ASSERT_EQUAL(out.accepted, out.refusal == TREC_REFUSAL_NONE);
	return out.refusal;
}
