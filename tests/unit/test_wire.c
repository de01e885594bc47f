/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about the wire with faults that tests put between two devices: each kind does what it
 * says, and plans survive their text. */
#include "proto/base/base.h"
#include "tests/lib/suite.h"
#include "tests/lib/wire_faults.h"

#include <stdio.h>
#include <string.h>

/* What an earlier run sent. */
static const char *const old_pieces[2][2] = { { "OLD0", "OLD1" }, { "BACK", "MORE" } };

static void record_of(struct wire_record *rec)
{
	struct wire *w = wire_new(NULL);

	for (int from = 0; from < 2; from++)
		for (int k = 0; k < 2; k++)
			wire_put(w, from,
				 trec_bytes((const uint8_t *)old_pieces[from][k], 4));
	*rec = *wire_sent(w);
	wire_free(&w);
}

static void take(struct wire *w, int to, char *out, size_t cap)
{
	size_t at = strlen(out);

	at += wire_take(w, to, (uint8_t *)out + at, cap - 1 - at);
	out[at] = '\0';
}

static void say(struct wire *w, int from, const char *text, char out[2][100])
{
	wire_put(w, from, trec_bytes((const uint8_t *)text, strlen(text)));
	take(w, 0, out[0], 100);
	take(w, 1, out[1], 100);
}

struct row {
	const char *plan;
	const char *at_1; /* of "abcd", "efgh", "ijkl" from 0; a | where the devices were idle */
	const char *at_0; /* of "wxyz" from 1, sent after "efgh" */
	uint64_t wait_ms;
	size_t intact;
};

static const struct row rows[] = {
	{ "", "abcdefghijkl", "wxyz", 0, 12 },
	{ "0b1:drop:0", "acdefghijkl", "wxyz", 0, 1 },
	{ "0b2:drop:9", "abefghijkl", "wxyz", 0, 2 },
	{ "0p1:drop:0", "abcdijkl", "wxyz", 0, 4 },
	{ "0b5:delay:70", "abcde|fghijkl", "wxyz", 70, 12 },
	{ "0p1:delay:70", "abcd|efghijkl", "wxyz", 70, 12 },
	{ "0b1:duplicate:2", "abcbcdefghijkl", "wxyz", 0, 3 },
	{ "0p0:duplicate:0", "abcdabcdefghijkl", "wxyz", 0, 4 },
	{ "0b0:reorder:2", "cdabefghijkl", "wxyz", 0, 0 },
	{ "0p0:reorder:0", "efghabcdijkl", "wxyz", 0, 0 },
	{ "0p2:reorder:0", "abcdefgh|ijkl", "wxyz", 0, 12 },
	{ "0b6:truncate:0", "abcdef", "", 0, 6 },
	{ "1b0:truncate:0", "abcdefgh", "", 0, 8 },
	{ "0b6:flip:32", "abcdefGhijkl", "wxyz", 0, 6 },
	{ "0b0:flip:0", "`bcdefghijkl", "wxyz", 0, 0 },
	{ "0p1:flip:800", "abcdefgHijkl", "wxyz", 0, 7 },
	{ "0b6:stall:0", "abcdef", "wxyz", 0, 6 },
	{ "0b6:stall:1", "abcdef", "", 0, 6 },
	{ "0p1:half-close:0", "abcd", "wxyz", 0, 4 },
	{ "1p0:reflect:0", "abcdefghwxyzijkl", "wxyz", 0, 8 },
	{ "0p1:insert:0", "abcdOLD0efghijkl", "wxyz", 0, 4 },
	{ "0p1:replace:1", "abcdOLD1ijkl", "wxyz", 0, 4 },
	{ "0p1:replace:7", "abcdijkl", "wxyz", 0, 4 },
	{ "0p0:replay:0", "|OLD0|OLD1", "wxyz", 0, 0 },
	{ "1p0:replay:1", "abcdefghijkl", "|MORE", 0, 12 },
	{ "0b1:flip:32 0b3:flip:32 1p0:drop:0", "aBcDefghijkl", "", 0, 1 },
	{ "0b1:drop:2 0b2:flip:32 0p2:drop:0", "adefgh", "wxyz", 0, 1 },
};

static bool as_the_row_says(const struct row *row, const struct wire_record *rec)
{
	static const char *const pieces[] = { "abcd", "efgh", "ijkl" };
	struct wire_plan plan = { .record = rec };
	char out[2][100] = { "", "" };
	uint64_t wait_ms = 0;
	uint64_t ms;
	struct wire *w;
	bool fine = wire_plan_parse(row->plan, &plan);

	w = wire_new(&plan);
	for (int k = 0; k < 3; k++) {
		say(w, 0, pieces[k], out);
		if (k == 1)
			say(w, 1, "wxyz", out);
	}
	while (wire_idle(w, &ms)) {
		for (int to = 0; to < 2; to++) {
			char more[100] = "";

			take(w, to, more, sizeof(more));
			if (more[0] != '\0')
				(void)snprintf(out[to] + strlen(out[to]), 20, "|%s", more);
		}
		wait_ms += ms;
	}
	fine = fine && strcmp(out[1], row->at_1) == 0 && strcmp(out[0], row->at_0) == 0 &&
	       wait_ms == row->wait_ms && wire_intact(w, 0) == row->intact;
	if (!fine)
		printf("%s: '%s' '%s' %llu %zu\n", row->plan, out[1], out[0],
		       (unsigned long long)wait_ms, wire_intact(w, 0));
	wire_free(&w);
	return fine;
}

static void each_fault_does_to_the_wire_what_its_name_says(void)
{
	static struct wire_record rec;
	unsigned seen = 0;

	record_of(&rec);
	for (size_t i = 0; i < BASE_COUNT(rows); i++) {
		struct wire_plan plan = { .n = 0 };

		CU_ASSERT(as_the_row_says(&rows[i], &rec));
		CU_ASSERT(wire_plan_parse(rows[i].plan, &plan));
		for (size_t k = 0; k < plan.n; k++)
			seen |= 1u << plan.fault[k].kind;
	}
	CU_ASSERT_EQUAL(seen, (1u << WIRE_KINDS) - 1);
}

static void ends_and_stalls_are_told_apart(void)
{
	static const struct {
		const char *plan;
		bool ended[2], stalled[2]; /* by who receives */
	} ends[] = {
		{ "0b0:truncate:0", { true, true }, { false, false } },
		{ "0b0:half-close:0", { false, true }, { false, false } },
		{ "0b0:stall:0", { false, false }, { false, true } },
		{ "0b0:stall:1", { false, false }, { true, true } },
		{ "1p0:drop:0", { false, false }, { false, false } },
	};

	for (size_t i = 0; i < BASE_COUNT(ends); i++) {
		struct wire_plan plan = { .n = 0 };
		char out[2][100] = { "", "" };
		struct wire *w;

		CU_ASSERT(wire_plan_parse(ends[i].plan, &plan));
		w = wire_new(&plan);
		say(w, 0, "x", out);
		for (int to = 0; to < 2; to++) {
			CU_ASSERT_EQUAL(wire_ended(w, to), ends[i].ended[to]);
			CU_ASSERT_EQUAL(wire_stalled(w, to), ends[i].stalled[to]);
		}
		wire_free(&w);
	}
}

static void a_plan_survives_its_text_and_nonsense_is_no_plan(void)
{
	static const char *const bad[] = { "2b0:flip:1",  "0x0:flip:1",   "0b0:fly:1",
					   "0b0:flip",	  "0b:flip:1",	  "flip",
					   "0b0:flip:1,", "0b0:flip:1 :", "0b0:drop:0 1" };

	for (size_t i = 0; i < BASE_COUNT(rows); i++) {
		struct wire_plan plan = { .n = 0 };
		char text[WIRE_TEXT_MAX];

		CU_ASSERT(wire_plan_parse(rows[i].plan, &plan));
		wire_plan_print(&plan, text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].plan);
	}
	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		struct wire_plan plan = { .n = 0 };

		CU_ASSERT(!wire_plan_parse(bad[i], &plan));
	}
}

static void any_bytes_are_a_plan(void)
{
	uint8_t bytes[64];
	struct wire_plan plan = { .n = 0 };
	char text[WIRE_TEXT_MAX];

	memset(bytes, 0xff, sizeof(bytes));
	memcpy(bytes, "\x52\x01\x02\x00\x20", 5);
	CU_ASSERT_EQUAL(wire_plan_read(trec_bytes(bytes, 4), 8, &plan), 0);
	CU_ASSERT_EQUAL(plan.n, 0);
	CU_ASSERT_EQUAL(wire_plan_read(trec_bytes(bytes, sizeof(bytes)), 1, &plan), 5);
	wire_plan_print(&plan, text);
	CU_ASSERT_STRING_EQUAL(text, "0p258:flip:32");
	CU_ASSERT_EQUAL(wire_plan_read(trec_bytes(bytes, sizeof(bytes)), 99, &plan), 40);
	CU_ASSERT_EQUAL(plan.n, WIRE_FAULTS_MAX);
	wire_plan_print(&plan, text);
	CU_ASSERT(wire_plan_parse(text, &plan));
}

static const struct suite_case cases[] = {
	SUITE_CASE(each_fault_does_to_the_wire_what_its_name_says),
	SUITE_CASE(ends_and_stalls_are_told_apart),
	SUITE_CASE(a_plan_survives_its_text_and_nonsense_is_no_plan),
	SUITE_CASE(any_bytes_are_a_plan),
};

SUITE_MAIN("wire", cases)
