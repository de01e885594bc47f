/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about every allocation failing in turn, alone and with all that follow, on either side
 * and inside wolfSSL, through opening a window, pairing by PIN and by code, sessions with both
 * kinds of keys, and parting (the plays of play.h). After each failure nothing is outstanding
 * that was not before, no secret is kept, both devices agree after the next contact, and they
 * come together again.
 *
 * make check takes every allocation of the library, and of wolfSSL's as many as TREC_TORTURE_STEPS
 * says (default: as below) of each play, beginning with the TREC_TEST_SEED-th; called with the word
 * `soak` every one, and then some by chance until TREC_SOAK_SECONDS are over.
 * One run again: TREC_MEMORY='ed25519 code wolfssl 120 once' tests/torture/test_memory_torture
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/base.h"
#include "tests/lib/suite.h"
#include "tests/torture/heap.h"
#include "tests/torture/play.h"

#define STEPS 30   /* allocations inside wolfSSL that fail, of each play and mode */
#define MOST 20000 /* allocations of a play, at least */

/* wolfSSL 5.5.4 loses this much of its own when one fails in the middle of a ClientHello. */
#define FOREIGN_BLOCKS 1
#define FOREIGN_BYTES 128

enum place { SIDE_0, SIDE_1, WOLFSSL };

static const char *const place_name[] = { "side-0", "side-1", "wolfssl" };

struct fault {
	enum play_id play;
	enum place place;
	uint64_t nth; /* from 0 */
	bool on;      /* all that follow fail, too */
};

static unsigned long seed;
static unsigned long steps; /* 0: every allocation */
static unsigned long runs;
static unsigned long foreign; /* runs in which wolfSSL lost memory of its own */
static time_t deadline;       /* of a soak */
static trec_key_alg keys;

static void arm(struct stage *s, const struct fault *f, struct heap_countdown *c)
{
	struct fault_env *env = &s->r->side[f->place == SIDE_1].f;

	*c = (struct heap_countdown){ .left = f->nth, .on = f->on };
	if (f->place == WOLFSSL) {
		crypto_alloc_gate(heap_verdict, c);
	} else {
		env->fail_alloc = f->nth;
		env->fail_on = f->on;
		env->fired = 0;
	}
}

static bool disarm(struct stage *s, const struct fault *f, const struct heap_countdown *c)
{
	struct fault_env *env = &s->r->side[f->place == SIDE_1].f;

	crypto_alloc_gate(NULL, NULL);
	env->fail_alloc = FAULT_NEVER;
	env->fail_on = false;
	return f->place == WOLFSSL ? c->fired : env->fired > 0;
}

/* Whether the heap is as it was, but for what wolfSSL is known to lose of its own. */
static bool heap_is_back(bool in_wolfssl, struct heap_use before)
{
	struct heap_use after = heap_now();
	size_t bytes = after.bytes - before.bytes;
	size_t blocks = after.blocks - before.blocks;

	if (blocks == 0 && bytes == 0)
		return true;
	if (in_wolfssl && blocks <= FOREIGN_BLOCKS && bytes <= FOREIGN_BYTES) {
		foreign++;
		return true;
	}
	printf("%zu blocks, %zu bytes did not come back\n", blocks, bytes);
	return false;
}

static void print_again(const struct fault *f)
{
	printf("again: TREC_MEMORY='%s %s %s %llu %s' tests/torture/test_memory_torture\n",
	       keys == TREC_KEY_P256 ? "p256" : "ed25519", play_name(f->play), place_name[f->place],
	       (unsigned long long)f->nth, f->on ? "on" : "once");
}

/* One run with one fault; *met: it was reached. */
static bool run(const struct fault *f, bool *met)
{
	unsigned failures = CU_get_number_of_failures();
	struct heap_use before = heap_now();
	struct heap_countdown c;
	struct stage s;
	bool fine;

	runs++;
	if (f->place == WOLFSSL)
		suite_foreign_leaks(true);
	play_open(&s, f->play, 1 + seed + runs % 64);
	arm(&s, f, &c);
	play_begin(&s, NULL);
	play_run(&s);
	*met = disarm(&s, f, &c);
	fine = play_judge(&s, NULL);
	fine = play_settle(&s, true) && fine;
	fine = play_close(&s) && fine;
	if (f->place == WOLFSSL)
		suite_foreign_leaks(false);
	fine = heap_is_back(f->place == WOLFSSL, before) && fine;
	fine = fine && CU_get_number_of_failures() == failures;
	if (!fine)
		print_again(f);
	return fine;
}

/* How many allocations an honest run makes there. */
static uint64_t count(enum play_id play, enum place place)
{
	struct fault f = { play, place, UINT64_MAX - 1, false };
	struct heap_countdown c;
	struct stage s;
	uint64_t n;

	play_open(&s, play, 1);
	n = s.r->side[place == SIDE_1].f.allocs;
	arm(&s, &f, &c);
	play_begin(&s, NULL);
	play_run(&s);
	n = place == WOLFSSL ? c.calls : s.r->side[place == SIDE_1].f.allocs - n;
	(void)disarm(&s, &f, &c);
	CU_ASSERT(play_settle(&s, false));
	CU_ASSERT(play_close(&s));
	return n;
}

/* Every allocation there, or of wolfSSL's as many as steps says, until none is met any more. */
static void each(enum play_id play, enum place place)
{
	uint64_t all = count(play, place);
	uint64_t step = place == WOLFSSL && steps > 0 && all > steps ? all / steps : 1;

	CU_ASSERT(all >= 2 && all < MOST);
	for (int on = 0; on < 2; on++) {
		struct fault f = { play, place, seed % step, on != 0 };
		bool met = true;

		for (; met && f.nth < 2 * MOST; f.nth += step)
			CU_ASSERT(run(&f, &met));
		CU_ASSERT(!met);
		CU_ASSERT(f.nth + 3 * step >= all);
	}
}

/* Every place of each of the plays from one to another. */
static void plays(trec_key_alg alg, enum play_id first, enum play_id last)
{
	keys = alg;
	play_prepare(alg);
	for (unsigned p = first; p <= (unsigned)last; p++)
		for (unsigned place = SIDE_0; place <= WOLFSSL; place++)
			each((enum play_id)p, (enum place)place);
	play_forget();
}

static void c611_no_memory_at_any_point_of_a_pairing_leaves_no_half_trust(void)
{
	plays(TREC_KEY_ED25519, PLAY_PIN, PLAY_AGAIN);
}

static void c611_no_memory_at_any_point_of_a_pairing_with_p256_leaves_no_half_trust(void)
{
	plays(TREC_KEY_P256, PLAY_CODE, PLAY_CODE);
}

static void no_memory_at_any_point_of_a_session_changes_no_trust(void)
{
	plays(TREC_KEY_ED25519, PLAY_SESSION, PLAY_HEAL);
}

static void no_memory_at_any_point_of_a_session_with_p256_changes_no_trust(void)
{
	plays(TREC_KEY_P256, PLAY_SESSION, PLAY_HEAL);
}

static void c613_no_memory_at_any_point_of_a_parting_revives_no_trust(void)
{
	plays(TREC_KEY_ED25519, PLAY_PART, PLAY_PART_OPEN);
}

/* ---- this test can fail ------------------------------------------------------------------ */

static void a_block_that_does_not_come_back_is_noticed(void)
{
	struct heap_use before = heap_now();
	char *volatile small = malloc(16); /* volatile: or they are not allocated at all */
	char *volatile large = malloc(FOREIGN_BYTES + 1);

	CU_ASSERT(!heap_is_back(false, before));
	CU_ASSERT(!heap_is_back(true, before));
	free(large);
	CU_ASSERT(!heap_is_back(false, before));
	CU_ASSERT(heap_is_back(true, before));
	foreign--;
	free(small);
	CU_ASSERT(heap_is_back(false, before));
}

/* wolfSSL's objects come from the hook that is counted. */
static void what_wolfssl_holds_is_counted(void)
{
	struct heap_use before = heap_now();
	struct crypto_key *key = NULL;
	struct trec_env env = *trec_env_default();

	CU_ASSERT_EQUAL(crypto_init(), TREC_OK);
	CU_ASSERT_EQUAL(crypto_key_generate(&env, TREC_KEY_P256, &key), TREC_OK);
	CU_ASSERT(heap_now().bytes > before.bytes + 100);
	crypto_key_free(&key);
	crypto_done();
	CU_ASSERT(heap_is_back(false, before));
}

/* ---- */

/* TREC_MEMORY='KEYS PLAY PLACE NTH once|on' */
static void the_run_of_trec_memory_is_fine(void)
{
	char alg[10] = "", play[16] = "", place[16] = "", mode[8] = "";
	unsigned long long nth = 0;
	struct fault f = { 0 };
	bool met = false;

	CU_ASSERT_EQUAL_FATAL(sscanf(getenv("TREC_MEMORY"), "%9s %15s %15s %llu %7s", alg, play,
				     place, &nth, mode),
			      5);
	CU_ASSERT_FATAL(play_by_name(play, &f.play));
	while (f.place < WOLFSSL && strcmp(place, place_name[f.place]) != 0)
		f.place++;
	f.nth = nth;
	f.on = strcmp(mode, "on") == 0;
	keys = strcmp(alg, "p256") == 0 ? TREC_KEY_P256 : TREC_KEY_ED25519;
	play_prepare(keys);
	CU_ASSERT(run(&f, &met));
	CU_ASSERT(met);
	play_forget();
}

/* As long as there is time: a place and a number by chance. */
static void chance_failures_leave_no_half_trust_either(void)
{
	struct fault_env chance;
	uint16_t n;
	bool met;

	fault_env_init(&chance, seed + 1);
	for (unsigned k = 0; k < 20 || time(NULL) < deadline; k++) {
		struct fault f = { (enum play_id)(k % PLAYS), (enum place)(k / PLAYS % 3), 0,
				   k / PLAYS / 3 % 2 != 0 };

		if (k % 500 == 0) {
			keys = k % 1000 == 0 ? TREC_KEY_ED25519 : TREC_KEY_P256;
			play_forget();
			play_prepare(keys);
		}
		CU_ASSERT_EQUAL(chance.env.random(&chance, (uint8_t *)&n, sizeof(n)), TREC_OK);
		f.nth = f.place != WOLFSSL ? n % 40 : n % (f.play == PLAY_PIN ? 4700 : 350);
		CU_ASSERT(run(&f, &met));
	}
	play_forget();
	printf("%lu runs; in %lu of them wolfSSL lost up to %d bytes of its own\n", runs, foreign,
	       FOREIGN_BYTES);
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_block_that_does_not_come_back_is_noticed),
	SUITE_CASE(what_wolfssl_holds_is_counted),
	SUITE_CASE(c611_no_memory_at_any_point_of_a_pairing_leaves_no_half_trust),
	SUITE_CASE(c611_no_memory_at_any_point_of_a_pairing_with_p256_leaves_no_half_trust),
	SUITE_CASE(no_memory_at_any_point_of_a_session_changes_no_trust),
	SUITE_CASE(no_memory_at_any_point_of_a_session_with_p256_changes_no_trust),
	SUITE_CASE(c613_no_memory_at_any_point_of_a_parting_revives_no_trust),
	SUITE_CASE(chance_failures_leave_no_half_trust_either),
};

static const struct suite_case only[] = {
	SUITE_CASE(the_run_of_trec_memory_is_fine),
};

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoul(text, NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	bool soak = argc > 1 && strcmp(argv[1], "soak") == 0;

	deadline = time(NULL) + (soak ? (time_t)number("TREC_SOAK_SECONDS", 0) : 0);
	seed = number("TREC_TEST_SEED", soak ? (unsigned long)time(NULL) : 0);
	steps = number("TREC_TORTURE_STEPS", soak ? 0 : STEPS);
	printf("TREC_TEST_SEED=%lu TREC_TORTURE_STEPS=%lu\n", seed, steps);
	if (getenv("TREC_MEMORY") != NULL)
		return suite_main("memory torture, one run", only, BASE_COUNT(only));
	return suite_main("memory torture", cases, BASE_COUNT(cases));
}
