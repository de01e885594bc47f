/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See wire_rig.h. */
#include "tests/lib/wire_rig.h"

static void deliver(struct rig *r)
{
	struct wire *w = r->tap_ctx;

	for (int to = 0; to < 2; to++) {
		struct rig_side *s = &r->side[to];

		s->in_len += wire_take(w, to, s->in + s->in_len, sizeof(s->in) - s->in_len);
		r->deaf[to] = wire_stalled(w, to);
	}
}

static size_t over_the_wire(struct rig *r, int from, uint8_t *bytes, size_t n)
{
	wire_put(r->tap_ctx, from, trec_bytes(bytes, n));
	deliver(r);
	return 0;
}

bool wire_rig_idle(struct rig *r)
{
	struct wire *w = r->tap_ctx;
	uint64_t wait_ms;

	if (wire_idle(w, &wait_ms)) {
		if (wait_ms > 0)
			rig_wait(r, wait_ms);
		deliver(r);
		return true;
	}
	for (int to = 0; to < 2; to++)
		if (wire_ended(w, to) && rig_lost(r, to))
			return true;
	return false;
}

void wire_rig_join(struct rig *r, struct wire *w)
{
	r->tap = w != NULL ? over_the_wire : NULL;
	r->idle = w != NULL ? wire_rig_idle : NULL;
	r->tap_ctx = w;
	r->deaf[0] = r->deaf[1] = false;
}
