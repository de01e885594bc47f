/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about every fault of a transport, through pairing, session and parting (the plays of
 * play.h): dropped, delayed, doubled, reordered, reflected, cut, flipped, stalled and half closed
 * at every byte or piece, a recorded run played back to either side, pieces of one run in
 * another. Whatever happens, nobody believes what the wire did not bring whole, both agree after
 * the next contact, and time limits end what stalls.
 *
 * make check takes every TREC_TORTURE_STRIDE-th place (default: as below), beginning with the
 * TREC_TEST_SEED-th; called with the word `soak`, every place, and then chance plans of several
 * faults until TREC_SOAK_SECONDS are over.
 * One run again: TREC_WIRE='pin 0b12:flip:4' tests/torture/test_wire_torture
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/base.h"
#include "tests/lib/suite.h"
#include "tests/torture/play.h"

#define STRIDE 71 /* of positions by byte; pieces are all taken */

static struct play_needs needs[PLAYS];
static struct wire_record *old[PLAYS]; /* an earlier run, other random numbers */
static unsigned long stride;
static unsigned long seed;
static unsigned long runs;
static bool all; /* also pairs of pieces that lie far apart */
static bool one_only;
static time_t deadline; /* of a soak */

/* Before anything else of a claim. */
static void start(void)
{
	if (old[0] != NULL)
		return;
	if (crypto_init() != TREC_OK)
		abort();
	play_prepare(TREC_KEY_ED25519);
	for (unsigned p = 0; p < PLAYS; p++) {
		struct wire *w = wire_new(NULL);
		struct stage s;

		play_measure((enum play_id)p, &needs[p]);
		play_open(&s, (enum play_id)p, 1000);
		play_begin(&s, w);
		play_run(&s);
		old[p] = malloc(sizeof(*old[p]));
		if (old[p] == NULL)
			abort();
		*old[p] = *wire_sent(w);
		(void)play_settle(&s, false);
		(void)play_close(&s);
		wire_free(&w);
	}
}

static bool run(enum play_id play, struct wire_plan plan)
{
	char text[WIRE_TEXT_MAX];
	unsigned failures = CU_get_number_of_failures();
	struct stage s;
	struct wire *w;
	bool fine;

	plan.record = old[play];
	runs++;
	w = wire_new(&plan);
	play_open(&s, play, 1 + seed + runs % 64);
	play_begin(&s, w);
	play_run(&s);
	fine = s.begun && play_judge(&s, &needs[play]);
	fine = play_settle(&s, runs % 16 == 0 || one_only) && fine;
	fine = play_close(&s) && fine;
	wire_free(&w);
	fine = fine && CU_get_number_of_failures() == failures;
	if (!fine) {
		wire_plan_print(&plan, text);
		printf("again: TREC_WIRE='%s %s' tests/torture/test_wire_torture\n",
		       play_name(play), text);
	}
	return fine;
}

static struct wire_plan one_fault(int from, bool piece, size_t at, enum wire_kind kind,
				  uint32_t arg)
{
	struct wire_plan plan = { .n = 1 };

	plan.fault[0] = (struct wire_fault){ (uint8_t)from, piece, (uint32_t)at, kind, arg };
	return plan;
}

/* That kind at every byte of every play, or every stride-th. */
static void each_byte(enum wire_kind kind, uint32_t arg, unsigned long step)
{
	unsigned long at = seed % step;

	start();
	for (unsigned p = 0; p < PLAYS; p++) {
		for (int from = 0; from < 2; from++) {
			for (; at < needs[p].total[from]; at += step) {
				uint32_t a = kind == WIRE_FLIP ? 1u << at % 8 : arg;

				CU_ASSERT(
					run((enum play_id)p, one_fault(from, false, at, kind, a)));
			}
			at -= needs[p].total[from];
		}
	}
}

/* That kind at every piece. */
static void each_piece(enum wire_kind kind, uint32_t arg)
{
	start();
	for (unsigned p = 0; p < PLAYS; p++)
		for (int from = 0; from < 2; from++)
			for (unsigned at = 0; at < needs[p].pieces[from]; at++)
				CU_ASSERT(
					run((enum play_id)p, one_fault(from, true, at, kind, arg)));
}

static void honest_runs_bring_about_every_fact(void)
{
	static const unsigned pairs = 1u << FACT_PAIRED;
	static const unsigned want[PLAYS][2] = {
		[PLAY_PIN] = { pairs | 1u << FACT_ACTIVE, pairs | 1u << FACT_ACTIVE },
		[PLAY_CODE] = { pairs | 1u << FACT_ACTIVE, pairs | 1u << FACT_ACTIVE },
		[PLAY_AGAIN] = { pairs, pairs },
		[PLAY_SESSION] = { 1u << FACT_UP | 1u << FACT_OPENED | 1u << FACT_DATA |
					   1u << FACT_ALL_DATA | 1u << FACT_EOF | 1u << FACT_PONG,
				   1u << FACT_UP | 1u << FACT_ASKED | 1u << FACT_DATA |
					   1u << FACT_ALL_DATA | 1u << FACT_EOF |
					   1u << FACT_CLOSED },
		[PLAY_INTRODUCE] = { 1u << FACT_UP | 1u << FACT_CONSENTED | 1u << FACT_INTRODUCED,
				     1u << FACT_UP | 1u << FACT_LISTED | 1u << FACT_CLOSED },
		[PLAY_HEAL] = { 1u << FACT_UP, 1u << FACT_UP | 1u << FACT_ACTIVE },
		[PLAY_PART] = { 1u << FACT_TOLD, 1u << FACT_GONE | 1u << FACT_REVOKED },
		[PLAY_PART_OPEN] = { 1u << FACT_GONE | 1u << FACT_REVOKED, 1u << FACT_TOLD },
	};

	start();
	for (unsigned p = 0; p < PLAYS; p++) {
		struct wire *w = wire_new(NULL);
		struct stage s;

		play_open(&s, (enum play_id)p, 7);
		play_begin(&s, w);
		play_run(&s);
		CU_ASSERT(play_judge(&s, &needs[p]));
		for (int i = 0; i < 2; i++) {
			CU_ASSERT_EQUAL(want[p][i] & ~s.facts[i], 0);
			CU_ASSERT_EQUAL(wire_sent(w)->n[i], needs[p].total[i]);
		}
		CU_ASSERT(play_settle(&s, true));
		CU_ASSERT(play_close(&s));
		wire_free(&w);
	}
}

static void c631_c2_any_byte_flipped_makes_nobody_believe_anything(void)
{
	each_byte(WIRE_FLIP, 0, stride);
}

static void c611_cut_at_any_byte_the_two_agree_after_the_next_contact(void)
{
	each_byte(WIRE_TRUNCATE, 0, stride);
}

static void c611_half_closed_anywhere_the_two_agree_after_the_next_contact(void)
{
	each_piece(WIRE_HALF_CLOSE, 0);
	each_byte(WIRE_HALF_CLOSE, 0, 5 * stride);
}

static void a_stall_anywhere_ends_in_time_and_the_two_agree(void)
{
	each_piece(WIRE_STALL, 0);
	each_piece(WIRE_STALL, 1);
	each_byte(WIRE_STALL, 0, 5 * stride);
}

static void dropped_doubled_reordered_and_reflected_pieces_do_no_harm(void)
{
	static const enum wire_kind kinds[] = { WIRE_DROP, WIRE_DUPLICATE, WIRE_REORDER,
						WIRE_REFLECT };

	for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
		each_piece(kinds[i], 0);
		each_byte(kinds[i], (uint32_t)(1 + seed % 40), 9 * stride);
	}
}

/* A second is no fault; what comes after every limit is late. */
static void delayed_pieces_are_waited_for_only_so_long(void)
{
	start();
	for (unsigned p = 0; p < PLAYS; p++)
		for (int from = 0; from < 2; from++)
			for (unsigned at = 0; at < needs[p].pieces[from]; at++) {
				struct wire_plan late = one_fault(from, true, at, WIRE_DELAY, 1000);
				unsigned failures = CU_get_number_of_failures();

				CU_ASSERT(run((enum play_id)p, late));
				late.fault[0].arg = 80000;
				CU_ASSERT(run((enum play_id)p, late));
				if (CU_get_number_of_failures() > failures)
					return;
			}
}

static void c631_c1_a_recorded_run_played_back_convinces_neither_side(void)
{
	start();
	for (unsigned p = 0; p < PLAYS; p++)
		for (int from = 0; from < 2; from++)
			for (unsigned at = 0; at < needs[p].pieces[from]; at++)
				CU_ASSERT(run((enum play_id)p,
					      one_fault(from, true, at, WIRE_REPLAY, at)));
}

static void c631_c3_pieces_of_one_run_in_another_convince_nobody(void)
{
	start();
	for (unsigned p = 0; p < PLAYS; p++)
		for (int from = 0; from < 2; from++)
			for (unsigned at = 0; at < needs[p].pieces[from]; at++)
				for (unsigned k = 0; k < needs[p].pieces[from]; k++) {
					if (!all && (k > at + 1 || at > k + 1))
						continue;
					CU_ASSERT(run((enum play_id)p,
						      one_fault(from, true, at, WIRE_REPLACE, k)));
					CU_ASSERT(run((enum play_id)p,
						      one_fault(from, true, at, WIRE_INSERT, k)));
				}
}

/* Up to three faults at places by chance; as long as there is time. */
static void several_faults_at_a_time_do_no_harm_either(void)
{
	struct fault_env chance;

	start();
	fault_env_init(&chance, seed + 1);
	for (unsigned k = 0; k < 300 || time(NULL) < deadline; k++) {
		uint8_t bytes[3 * WIRE_FAULT_BYTES];
		struct wire_plan plan = { .n = 0 };
		enum play_id play = (enum play_id)(k % PLAYS);

		CU_ASSERT_EQUAL(chance.env.random(&chance, bytes, sizeof(bytes)), TREC_OK);
		(void)wire_plan_read(trec_bytes(bytes, sizeof(bytes)), 1 + k / PLAYS % 3, &plan);
		for (size_t i = 0; i < plan.n; i++) {
			struct wire_fault *f = &plan.fault[i];

			f->at %= (uint32_t)(f->piece ? needs[play].pieces[f->from]
						     : needs[play].total[f->from]);
			f->arg %= f->kind == WIRE_DELAY ? 9000 : f->kind == WIRE_FLIP ? 256 : 20;
		}
		CU_ASSERT(run(play, plan));
	}
	printf("%lu runs\n", runs);
}

/* ---- this test can fail ------------------------------------------------------------------ */

/* An honest run to its end. */
static void honest(struct stage *s, struct wire **w, enum play_id play)
{
	*w = wire_new(NULL);
	play_open(s, play, 9);
	play_begin(s, *w);
	play_run(s);
	CU_ASSERT(play_judge(s, &needs[play]));
	play_quiet = true;
}

static void done(struct stage *s, struct wire **w)
{
	play_quiet = false;
	CU_ASSERT(play_close(s));
	wire_free(w);
}

/* One byte less than was needed, for every fact there is. */
static void a_device_that_believes_too_early_is_noticed(void)
{
	unsigned facts = 0;

	start();
	for (unsigned p = 0; p < PLAYS; p++)
		for (unsigned k = 0; k < 2 * FACTS; k++) {
			struct play_needs more = needs[p];
			struct wire *w;
			struct stage s;

			if (more.bytes[k % 2][k / 2] == 0)
				continue;
			honest(&s, &w, (enum play_id)p);
			s.facts[k % 2] |= 1u << k / 2; /* it may be over: half, then active */
			more.bytes[k % 2][k / 2] = needs[p].total[1 - k % 2] + 1;
			CU_ASSERT(!play_judge(&s, &more));
			more.bytes[k % 2][k / 2] = 0;
			CU_ASSERT(!play_judge(&s, &more));
			facts |= 1u << k / 2;
			(void)play_settle(&s, false);
			done(&s, &w);
		}
	CU_ASSERT_EQUAL(facts | 1u << FACT_DISSOLVED, (1u << FACTS) - 1);
}

static void garbled_data_lateness_and_kept_secrets_are_noticed(void)
{
	struct wire *w;
	struct stage s;

	start();
	honest(&s, &w, PLAY_SESSION);
	s.garbled = true;
	CU_ASSERT(!play_judge(&s, &needs[PLAY_SESSION]));
	s.garbled = false;
	s.r->side[0].f.now_ms += 1000000;
	CU_ASSERT(!play_judge(&s, &needs[PLAY_SESSION]));
	(void)play_settle(&s, false);
	done(&s, &w);
	play_open(&s, PLAY_PIN, 9);
	w = wire_new(NULL);
	play_begin(&s, w);
	play_quiet = true;
	CU_ASSERT(!play_judge(&s, &needs[PLAY_PIN])); /* it has not run yet */
	play_quiet = false;
	CU_ASSERT(play_settle(&s, false));
	done(&s, &w);
}

/* Lists that no run may leave: one side forgets what it committed, or never believed. */
static void half_trust_and_a_revived_peer_are_noticed(void)
{
	start();
	for (unsigned p = 0; p < PLAYS; p++) {
		struct mem_store *empty = mem_store_new(NULL);
		struct wire *w;
		struct stage s;
		struct stage paired;
		int side = p == PLAY_PART_OPEN;

		play_open(&paired, PLAY_SESSION, 3);
		honest(&s, &w, (enum play_id)p);
		CU_ASSERT(mem_store_copy(s.r->side[side].store,
					 s.parted ? paired.r->side[side].store : empty));
		CU_ASSERT(!play_settle(&s, false));
		done(&s, &w);
		CU_ASSERT(play_close(&paired));
		mem_store_free(&empty);
	}
}

static void stop(void)
{
	for (unsigned p = 0; p < PLAYS; p++)
		free(old[p]);
	play_forget();
	crypto_done();
}

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoul(text, NULL, 0) : otherwise;
}

/* TREC_WIRE='PLAY PLAN' */
static void the_run_of_trec_wire_is_fine(void)
{
	struct wire_plan plan = { .n = 0 };
	enum play_id play;
	char name[16] = "";
	int used = 0;
	const char *text = getenv("TREC_WIRE");

	start();
	CU_ASSERT_EQUAL_FATAL(sscanf(text, "%15s%n", name, &used), 1);
	CU_ASSERT_FATAL(play_by_name(name, &play) && wire_plan_parse(text + used, &plan));
	one_only = true;
	CU_ASSERT(run(play, plan));
}

static const struct suite_case cases[] = {
	SUITE_CASE(honest_runs_bring_about_every_fact),
	SUITE_CASE(c631_c2_any_byte_flipped_makes_nobody_believe_anything),
	SUITE_CASE(c611_cut_at_any_byte_the_two_agree_after_the_next_contact),
	SUITE_CASE(c611_half_closed_anywhere_the_two_agree_after_the_next_contact),
	SUITE_CASE(a_stall_anywhere_ends_in_time_and_the_two_agree),
	SUITE_CASE(dropped_doubled_reordered_and_reflected_pieces_do_no_harm),
	SUITE_CASE(delayed_pieces_are_waited_for_only_so_long),
	SUITE_CASE(c631_c1_a_recorded_run_played_back_convinces_neither_side),
	SUITE_CASE(c631_c3_pieces_of_one_run_in_another_convince_nobody),
	SUITE_CASE(several_faults_at_a_time_do_no_harm_either),
	SUITE_CASE(a_device_that_believes_too_early_is_noticed),
	SUITE_CASE(garbled_data_lateness_and_kept_secrets_are_noticed),
	SUITE_CASE(half_trust_and_a_revived_peer_are_noticed),
};

static const struct suite_case only[] = {
	SUITE_CASE(the_run_of_trec_wire_is_fine),
};

int main(int argc, char **argv)
{
	int status;

	all = argc > 1 && strcmp(argv[1], "soak") == 0;
	deadline = time(NULL) + (all ? (time_t)number("TREC_SOAK_SECONDS", 0) : 0);
	stride = number("TREC_TORTURE_STRIDE", all ? 1 : STRIDE);
	seed = number("TREC_TEST_SEED", all ? (unsigned long)time(NULL) : 0);
	printf("TREC_TEST_SEED=%lu TREC_TORTURE_STRIDE=%lu\n", seed, stride);
	if (getenv("TREC_WIRE") != NULL)
		status = suite_main("wire torture, one run", only, BASE_COUNT(only));
	else
		status = suite_main("wire torture", cases, BASE_COUNT(cases));
	stop();
	return status;
}
