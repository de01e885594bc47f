/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about memory after a pairing, good or failed: a search of the whole process finds
 * neither PIN nor code nor anything derived from them.
 */
#include "proto/base/base.h"
#include "proto/engine/pairing.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/scan.h"
#include "tests/lib/suite.h"

#include <string.h>

static enum trec_method method;
static bool wrong;
static struct rig *rig;

/* Notes what a run has in hand at the moment. */
static void note(const struct trec_pairing *p)
{
	static const uint8_t nothing[32];

	if (p->secret == NULL)
		return;
	if (memcmp(p->secret->key, nothing, sizeof(nothing)) != 0)
		scan_look_for("K", p->secret->key, sizeof(p->secret->key));
	if (memcmp(p->secret->keys.k_cc, nothing, sizeof(nothing)) != 0 && p->up) {
		scan_look_for("K_cc", p->secret->keys.k_cc, sizeof(p->secret->keys.k_cc));
		scan_look_for("a finished key", p->secret->ea.finished_key[0], EA_HASH_LEN);
	}
}

/*
 * Both devices from PIN to end. The secret goes from opening to initiator without a stop in the
 * rig, and the window is closed at the end as a user would.
 */
static void *whole_run(void *unused)
{
	struct rig_side *s = &rig->side[1];
	struct trec_opening_options o = { .env = &s->f.env,
					  .store = &s->store->store,
					  .method = method,
					  .digits = TREC_PIN_MAX };
	struct trec_opening *opening = NULL;
	const char *shown;
	unsigned noted = 0;

	CU_ASSERT_EQUAL(trec_opening_new(&o, &opening), TREC_OK);
	CU_ASSERT_EQUAL(trec_opening_perform(opening), TREC_OK);
	shown = trec_opening_secret(opening);
	if (method == TREC_METHOD_PIN) {
		scan_look_for("the PIN", (const uint8_t *)shown, TREC_PIN_MAX);
		CU_ASSERT_EQUAL(rig_pair_start(rig, wrong ? "999999999999" : shown), TREC_OK);
	} else {
		scan_look_for("the code", (const uint8_t *)shown + 40, 32);
		CU_ASSERT_EQUAL(rig_pair_start(rig, shown), TREC_OK);
	}
	CU_ASSERT_EQUAL(trec_window_open(s->window, &opening), TREC_OK);
	while (scan_count() < 40) {
		bool a = rig_step(rig, 0);
		bool b;

		if (noted < 2 && rig->side[0].p->up) {
			note(rig->side[0].p);
			noted++;
		}
		b = rig_step(rig, 1);
		if (!a && !b)
			break;
	}
	rig_run(rig);
	trec_window_close(s->window);
	return unused;
}

static void run(enum trec_method how, bool with_wrong, trec_err want)
{
	void *stack = scan_new_stack();

	method = how;
	wrong = with_wrong;
	rig = rig_new(TREC_KEY_ED25519, TREC_KEY_P256, 5);
	scan_on_kept_stack(whole_run, stack);
	CU_ASSERT_EQUAL(trec_pairing_error(rig->side[0].p), want);
	CU_ASSERT(scan_count() >= 2);
	/* Before anything is freed: an ended run holds nothing. */
	CU_ASSERT(scan_is_clean(NULL));
	rig_free(&rig);
	CU_ASSERT(scan_is_clean(NULL));
	scan_free_stack(stack);
}

static void c631_i_no_pin_nor_key_is_in_memory_after_a_pairing(void)
{
	run(TREC_METHOD_PIN, false, TREC_OK);
}

static void c631_i_no_pin_nor_key_is_in_memory_after_a_wrong_pin(void)
{
	run(TREC_METHOD_PIN, true, TREC_E_WRONG_PIN);
}

static void c631_i_no_code_nor_key_is_in_memory_after_a_pairing(void)
{
	run(TREC_METHOD_CODE, false, TREC_OK);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_i_no_pin_nor_key_is_in_memory_after_a_pairing),
	SUITE_CASE(c631_i_no_pin_nor_key_is_in_memory_after_a_wrong_pin),
	SUITE_CASE(c631_i_no_code_nor_key_is_in_memory_after_a_pairing),
};

int main(void)
{
	scan_or_skip("pairing_memory");
	return suite_main("pairing_memory", cases, BASE_COUNT(cases));
}
