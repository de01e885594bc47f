/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See intro_rig.h. */
#include "tests/unit/intro_rig.h"

#include <stdio.h>
#include <string.h>

struct mem_store *ir_mem;
struct trec_store *ir_store;
struct trec_introduction_policy ir_policy;

void ir_begin(void)
{
	struct trec_own own = { .id = tr_b->id, .cert = tr_cert(tr_b), .signer = &tr_b->signer };
	static int64_t wall;
	static uint64_t now;

	if (wall == 0) {
		wall = tr_fault.wall_s;
		now = tr_fault.now_ms;
	}
	tr_fault.wall_s = wall;
	tr_fault.now_ms = now;
	tr_fault.wall_trusted = true;
	memset(tr_fault.boot, 1, sizeof tr_fault.boot);
	ir_mem = mem_store_new(&own);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ir_mem);
	ir_store = &ir_mem->store;
	memset(&ir_policy, 0, sizeof ir_policy);
	ir_policy.mode = TREC_INTRODUCTIONS_AUTO;
	ir_policy.right_count = 1;
	(void)snprintf(ir_policy.rights[0], sizeof ir_policy.rights[0], "service:*");
	ir_know(tr_a, REC_STATE_ACTIVE, REC_ORIGIN_PIN);
}

void ir_end(void)
{
	mem_store_free(&ir_mem);
	tr_fault.wall_trusted = true;
}

void ir_put(const struct trec_id *id, const struct rec_peer *p)
{
	CU_ASSERT_EQUAL_FATAL(eng_peer_store(ir_store, TREC_RECORD_PEER, id, p), TREC_OK);
}

static void fill(const struct tr_device *d, enum rec_state state, enum rec_origin origin,
		 struct rec_peer *p)
{
	memset(p, 0, sizeof *p);
	p->state = state;
	p->origin = origin;
	(void)snprintf(p->name, sizeof p->name, "device %d", (int)(d - tr_devices));
	memcpy(p->cert, d->cert, d->cert_len);
	p->cert_len = d->cert_len;
	p->since_s = eng_wall_s(tr_env);
	CU_ASSERT(rec_peer_allow(p, "introduce", 0));
	CU_ASSERT(rec_peer_allow(p, "service:*", 0));
}

void ir_know(const struct tr_device *d, enum rec_state state, enum rec_origin origin)
{
	struct rec_peer p;

	fill(d, state, origin, &p);
	ir_put(&d->id, &p);
}

void ir_know_by(const struct tr_device *d, enum rec_state state, const struct trec_id *by)
{
	struct rec_peer p;

	fill(d, state, REC_ORIGIN_INTRODUCED, &p);
	p.has_introduced_by = true;
	p.introduced_by = *by;
	p.has_statement = true;
	memset(p.statement, 0x5a, sizeof p.statement);
	if (state == REC_STATE_INTRODUCED) {
		p.expires_s = p.since_s + ENG_INTRODUCED_S;
		eng_moment(tr_env, &p.made);
	}
	ir_put(&d->id, &p);
}

bool ir_record(const struct trec_id *id, struct rec_peer *out)
{
	uint8_t buf[REC_PEER_MAX];
	bool found = false;
	size_t n = 0;

	memset(out, 0, sizeof *out);
	CU_ASSERT_EQUAL_FATAL(ir_store->ops->get(ir_store, TREC_RECORD_PEER, id->b, buf,
						 sizeof buf, &n, &found), TREC_OK);
	if (found)
		CU_ASSERT_EQUAL_FATAL(rec_peer_decode(trec_bytes(buf, n), out), TREC_OK);
	return found;
}

static struct mem_store *copy_of(const struct mem_store *m)
{
	struct mem_store *c = mem_store_new(NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_FATAL(mem_store_copy(c, m));
	return c;
}

struct trec_introduced ir_take(const struct tr_sample *s, const struct eng_intro_how *how)
{
	struct mem_store *before = copy_of(ir_mem);
	struct trec_introduced out;

	memset(&out, 0x77, sizeof out);
	CU_ASSERT_EQUAL(eng_intro_take(tr_env, ir_store, tr_bytes(s), how, &out), TREC_OK);
	if (!out.accepted)
		CU_ASSERT(mem_store_equal(before, ir_mem));
	mem_store_free(&before);
	return out;
}

enum trec_refusal ir_carried(const struct tr_sample *s)
{
	struct eng_intro_how how = { .policy = &ir_policy };
	struct trec_introduced out = ir_take(s, &how);

	CU_ASSERT_EQUAL(out.accepted, out.refusal == TREC_REFUSAL_NONE ||
					      out.refusal == TREC_REFUSAL_RIGHTS_EXCEEDED);
	return out.refusal;
}

void ir_introduced(void)
{
	struct tr_sample s;

	tr_introduce(&s, tr_a, tr_p, tr_b, NULL);
	CU_ASSERT_EQUAL_FATAL(ir_carried(&s), TREC_REFUSAL_NONE);
}

struct eng_noticed ir_notice(const struct tr_sample *s)
{
	struct mem_store *before = copy_of(ir_mem);
	struct eng_noticed out;

	CU_ASSERT_EQUAL(eng_notice_take(tr_env, ir_store, tr_bytes(s), &tr_q->id, &out), TREC_OK);
	if (out.effect == TREC_NOTICE_NONE)
		CU_ASSERT(mem_store_equal(before, ir_mem));
	mem_store_free(&before);
	return out;
}
