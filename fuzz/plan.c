/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See plan.h. */
#include "fuzz/plan.h"

#include <string.h>

#include "proto/base/base.h"
#include "tests/lib/wire_rig.h"

#define HEAD 4
#define MACHINE_BYTES 3

bool plan_read(struct plan *p, struct trec_bytes in)
{
	if (in.n < HEAD)
		return false;
	*p = (struct plan){ .args = in.p[0], .seed = in.p[1], .piece = in.p[2],
			    .symmetric = (in.p[3] & 0x80) != 0,
			    .announced = (in.p[3] & 0x40) != 0 };
	size_t at = HEAD;
	size_t machines = in.p[3] & 3u, wires = in.p[3] >> 2 & 7u;

	for (; p->machines < machines && in.n - at >= MACHINE_BYTES; at += MACHINE_BYTES) {
		p->machine[p->machines].kind = (enum plan_fault)(in.p[at] & 7);
		p->machine[p->machines].side = in.p[at] >> 7;
		p->machine[p->machines].at = base_get16(in.p + at + 1);
		p->machines++;
	}
	at += wire_plan_read(trec_bytes(in.p + at, in.n - at), wires, &p->wire);
	p->bytes = trec_bytes(in.p + at, in.n - at);
	return true;
}

bool plan_is_honest(const struct plan *p)
{
	return p->machines == 0 && p->wire.n == 0;
}

static void arm(struct plan *p, struct rig *r, size_t i)
{
	static const enum mem_fault commits[] = {
		[PLAN_COMMIT] = MEM_FAULT_FAIL,
		[PLAN_CRASH_BEFORE] = MEM_FAULT_CRASH_BEFORE,
		[PLAN_CRASH_AFTER] = MEM_FAULT_CRASH_AFTER,
	};
	struct rig_side *s = &r->side[p->machine[i].side];
	unsigned at = p->machine[i].at;

	switch (p->machine[i].kind) {
	case PLAN_ALLOC_ON:
		s->f.fail_on = true;
		s->f.fail_alloc = at;
		break;
	case PLAN_ALLOC:
		s->f.fail_alloc = at;
		break;
	case PLAN_RANDOM:
		s->f.fail_random = at;
		break;
	case PLAN_WOLFSSL:
		p->wolfssl.left = at;
		crypto_alloc_gate(fault_spend, &p->wolfssl);
		break;
	case PLAN_NO_CLOCK:
		s->f.wall_trusted = false;
		break;
	default:
		mem_store_fault(s->store, 1 + at % 8, commits[p->machine[i].kind]);
	}
}

void plan_arm(struct plan *p, struct rig *r)
{
	r->piece = p->piece;
	if (p->wire.n > 0) {
		p->w = wire_new(&p->wire);
		wire_rig_join(r, p->w);
	}
	for (size_t i = 0; i < p->machines; i++)
		arm(p, r, i);
}

void plan_disarm(struct plan *p, struct rig *r)
{
	crypto_alloc_gate(NULL, NULL);
	rig_end(r);
	if (p->w != NULL) {
		wire_rig_join(r, NULL);
		wire_free(&p->w);
	}
	for (int k = 0; k < 2; k++) {
		struct rig_side *s = &r->side[k];

		s->f.fail_alloc = s->f.fail_random = FAULT_NEVER;
		s->f.fail_on = false;
		s->f.wall_trusted = true;
		mem_store_fault(s->store, 0, MEM_FAULT_NONE);
		if (s->store->down || s->dead)
			rig_restart(s);
	}
}
