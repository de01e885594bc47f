/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see ladder.h. */
#include "proto/engine/ladder.h"
#include "proto/base/base.h"

#include <string.h>

static uint32_t limit(const struct rec_counters *c)
{
	return c->kind == REC_COUNTER_PRESET ? LADDER_PRESET_MAX : LADDER_RANDOM_MAX;
}

uint32_t eng_ladder_left(const struct rec_counters *c)
{
	if (c->dead || c->wrong >= limit(c))
		return 0;
	return limit(c) - c->wrong;
}

/* Minutes of the n-th freeze: 1, 3, 5, 10 and 10 from then on. */
static uint64_t freeze_ms(uint32_t step)
{
	static const uint8_t minutes[] = { 1, 3, 5, 10 };

	return 60000u * (uint64_t)minutes[step < BASE_COUNT(minutes) ? step
								    : BASE_COUNT(minutes) - 1];
}

uint64_t eng_ladder_frozen(const struct rec_counters *c, const struct rec_moment *now)
{
	if (!c->frozen_at.set)
		return 0;
	if (memcmp(c->frozen_at.boot, now->boot, sizeof(now->boot)) != 0 ||
	    now->ms < c->frozen_at.ms)
		return c->frozen_ms;
	return now->ms - c->frozen_at.ms >= c->frozen_ms
		       ? 0
		       : c->frozen_ms - (now->ms - c->frozen_at.ms);
}

static void unfreeze(struct rec_counters *c)
{
	memset(&c->frozen_at, 0, sizeof(c->frozen_at));
	c->frozen_ms = 0;
}

void eng_ladder_thaw(struct rec_counters *c, const struct rec_moment *now)
{
	if (!c->frozen_at.set)
		return;
	if (memcmp(c->frozen_at.boot, now->boot, sizeof(now->boot)) != 0)
		c->frozen_at = *now;
	else if (eng_ladder_frozen(c, now) == 0)
		unfreeze(c);
}

void eng_ladder_begin(struct rec_counters *c, const struct rec_moment *now)
{
	if (c->wrong < REC_COUNT_MAX)
		c->wrong++;
	if (c->kind != REC_COUNTER_PRESET || c->wrong < LADDER_FREEZE_FROM)
		return;
	c->frozen_at = *now;
	c->frozen_ms = freeze_ms(c->step++);
}

void eng_ladder_refund(struct rec_counters *c)
{
	if (c->wrong == 0)
		return;
	if (c->kind == REC_COUNTER_PRESET && c->wrong >= LADDER_FREEZE_FROM) {
		if (c->step > 0)
			c->step--;
		unfreeze(c);
	}
	c->wrong--;
}

uint32_t eng_ladder_target(const struct rec_counters *c, uint64_t wall_s)
{
	if (c->wrong >= LADDER_TARGET_MAX)
		return UINT32_MAX;
	if (c->wrong < LADDER_TARGET_WAIT || c->last_s == 0 || wall_s == 0)
		return 0;
	if (wall_s < c->last_s)
		return LADDER_TARGET_WAIT_S;
	return wall_s - c->last_s >= LADDER_TARGET_WAIT_S
		       ? 0
		       : (uint32_t)(LADDER_TARGET_WAIT_S - (wall_s - c->last_s));
}
