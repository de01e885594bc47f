/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about memory after a pairing that a fault of the wire ended, early, in the middle and
 * late: a search of the whole process finds neither PIN nor code nor anything derived from them.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/engine/pairing.h"
#include "tests/lib/scan.h"
#include "tests/lib/suite.h"
#include "tests/lib/wire_rig.h"

static struct {
	enum trec_method method;
	struct wire_plan plan;
	struct rig *r;
	struct wire *w;
	bool paired;
	unsigned noted;
	bool keep; /* the test's own test: leave the secret where it can be found */
} now;

/* On the heap: the data of this program itself is not searched, it holds what is looked for. */
static volatile uint8_t *kept;

/* Notes what a run has in hand at the moment. */
static void note(const struct trec_pairing *p)
{
	static const uint8_t nothing[32];

	if (p == NULL || p->secret == NULL || scan_count() > 30)
		return;
	if (memcmp(p->secret->key, nothing, 32) != 0 && (now.noted & 1) == 0) {
		scan_look_for("K", p->secret->key, sizeof(p->secret->key));
		now.noted |= 1;
		for (size_t i = 0; now.keep && i < sizeof(p->secret->key); i++)
			kept[i] = p->secret->key[i];
	}
	if (memcmp(p->secret->keys.k_cc, nothing, 32) != 0 && (now.noted & 2) == 0) {
		scan_look_for("K_cc", p->secret->keys.k_cc, sizeof(p->secret->keys.k_cc));
		now.noted |= 2;
	}
}

/* The secret goes from opening to initiator without a stop in the rig. */
static void *whole_run(void *unused)
{
	struct rig_side *s = &now.r->side[1];
	struct trec_opening_options o = { .env = &s->f.env,
					  .store = &s->store->store,
					  .method = now.method,
					  .digits = TREC_PIN_MAX };
	struct trec_opening *opening = NULL;
	const char *shown;

	CU_ASSERT_EQUAL(trec_opening_new(&o, &opening), TREC_OK);
	CU_ASSERT_EQUAL(trec_opening_perform(opening), TREC_OK);
	shown = trec_opening_secret(opening);
	if (now.method == TREC_METHOD_PIN)
		scan_look_for("the PIN", (const uint8_t *)shown, TREC_PIN_MAX);
	else
		scan_look_for("the code", (const uint8_t *)shown + 40, 32);
	CU_ASSERT_EQUAL(rig_pair_start(now.r, shown), TREC_OK);
	CU_ASSERT_EQUAL(trec_window_open(s->window, &opening), TREC_OK);
	wire_rig_join(now.r, now.w);
	for (bool moved = true; moved;) {
		moved = rig_step(now.r, 0);
		note(now.r->side[0].p);
		moved |= rig_step(now.r, 1);
		note(now.r->side[1].p);
	}
	rig_run(now.r);
	now.paired = trec_pairing_error(now.r->side[0].p) == TREC_OK;
	trec_window_close(s->window);
	return unused;
}

/* A run under that plan; whether nothing is left in memory, before and after all is freed. */
static bool leaves_nothing(const char *plan)
{
	void *stack = scan_new_stack();
	bool clean;

	CU_ASSERT_FATAL(wire_plan_parse(plan, &now.plan));
	now.noted = 0;
	now.r = rig_new(TREC_KEY_ED25519, TREC_KEY_P256, 5);
	now.w = wire_new(&now.plan);
	scan_on_kept_stack(whole_run, stack);
	CU_ASSERT_EQUAL(wire_fired(now.w), now.plan.n);
	CU_ASSERT(scan_count() >= 2);
	clean = scan_is_clean(NULL);
	rig_free(&now.r);
	clean = scan_is_clean(NULL) && clean;
	wire_free(&now.w);
	scan_free_stack(stack);
	return clean;
}

static void each_fault(enum trec_method method)
{
	/* The very first bytes, somewhere in the middle, the last words. */
	static const char *const plans[] = {
		"0b3:flip:16",       "1b90:flip:1",        "0b700:flip:4",  "1b800:flip:64",
		"0b80:truncate:0",   "1b400:truncate:0",   "0b150:stall:1", "1b500:stall:0",
		"0b90:half-close:0", "1b600:half-close:0", "0b200:drop:3",  "1p1:drop:0",
		"0p1:duplicate:0",   "1b10:reorder:7",     "1p0:reflect:0", "0p1:delay:80000",
	};

	now.method = method;
	for (size_t i = 0; i < BASE_COUNT(plans); i++) {
		CU_ASSERT(leaves_nothing(plans[i]));
		if (strstr(plans[i], "reorder") == NULL)
			CU_ASSERT(!now.paired);
	}
}

static void c631_i_no_pin_nor_key_is_in_memory_after_a_fault_of_the_wire(void)
{
	each_fault(TREC_METHOD_PIN);
}

static void c631_i_no_code_nor_key_is_in_memory_after_a_fault_of_the_wire(void)
{
	each_fault(TREC_METHOD_CODE);
}

static void a_key_that_is_kept_is_found(void)
{
	now.method = TREC_METHOD_PIN;
	now.keep = true;
	kept = calloc(1, 64);
	CU_ASSERT_PTR_NOT_NULL_FATAL((void *)kept);
	CU_ASSERT(!leaves_nothing("0b700:flip:4"));
	now.keep = false;
	free((void *)kept);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_i_no_pin_nor_key_is_in_memory_after_a_fault_of_the_wire),
	SUITE_CASE(c631_i_no_code_nor_key_is_in_memory_after_a_fault_of_the_wire),
	SUITE_CASE(a_key_that_is_kept_is_found),
};

int main(void)
{
	scan_or_skip("fault_secrets");
	return suite_main("fault_secrets", cases, BASE_COUNT(cases));
}
