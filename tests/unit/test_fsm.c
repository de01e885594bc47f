/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about the state tables: each cell is what tests/vectors/fsm_*.txt, written from the
 * protocol's text, says it is, and every state can be reached and left.
 */
#include "proto/engine/pairing.h"
#include "proto/engine/session.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 40

/* What a table looks like from outside; nothing: -1. */
struct table {
	const char *file;
	int states;
	int events;
	const char *(*state_name)(int state);
	const char *(*event_name)(int event);
	int (*next)(int state, int event);
};

static const char *pair_state_name(int state)
{
	return eng_pair_state[state].name;
}

static const char *pair_event_name(int event)
{
	return eng_pair_event_name((enum pair_event)event);
}

static int pair_next(int state, int event)
{
	const struct pair_step *step = &eng_pair_fsm[state][event];

	return step->run != NULL ? (int)step->next : -1;
}

static const char *sess_state_name(int state)
{
	static const char *const names[ENG_S_COUNT] = {
		[ENG_S_REFUSED] = "REFUSED",	   [ENG_S_LOADING] = "LOADING",
		[ENG_S_HANDSHAKE] = "HANDSHAKE",   [ENG_S_JUDGING] = "JUDGING",
		[ENG_S_KEYS] = "KEYS",
		[ENG_S_STRANGER] = "STRANGER",	   [ENG_S_VOUCHING] = "VOUCHING",
		[ENG_S_TURNED_AWAY] = "TURNED_AWAY",
		[ENG_S_AWAIT_HELLO] = "AWAIT_HELLO",
		[ENG_S_AWAIT_WELCOME] = "AWAIT_WELCOME",
		[ENG_S_AWAIT_TOLD] = "AWAIT_TOLD", [ENG_S_REJECTED] = "REJECTED",
		[ENG_S_SETTLING] = "SETTLING",	   [ENG_S_SERVING] = "SERVING",
		[ENG_S_USING] = "USING",	   [ENG_S_PARTING] = "PARTING",
		[ENG_S_MOVING] = "MOVING",	   [ENG_S_CLOSING] = "CLOSING",
		[ENG_S_ENDING] = "ENDING",	   [ENG_S_DONE] = "DONE",
		[ENG_S_FAILED] = "FAILED",
	};

	return names[state];
}

static const char *sess_event_name(int event)
{
	return frame_chan_name((uint8_t)(FRAME_HELLO + event));
}

static int sess_next(int state, int event)
{
	int next = eng_session_fsm[state][event];

	return next != ENG_S_REFUSED ? next : -1;
}

static const struct table pairing = { "fsm_pairing.txt", PAIR_STATE_COUNT, PAIR_EVENT_COUNT,
				      pair_state_name, pair_event_name, pair_next };
static const struct table session = { "fsm_session.txt", ENG_S_COUNT, ENG_F_COUNT,
				      sess_state_name, sess_event_name, sess_next };

static int index_of(const char *name, const char *(*names)(int), int n)
{
	for (int k = 0; k < n; k++) {
		if (strcmp(names(k), name) == 0)
			return k;
	}
	printf("no such name: %s\n", name);
	return -1;
}

/* want[state * events + event]: next state or -1. */
static int *read_matrix(const struct table *t)
{
	const char *srcdir = getenv("srcdir");
	size_t cells = (size_t)t->states * (size_t)t->events;
	int *want = malloc(cells * sizeof(*want));
	char path[512];
	char line[160];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/tests/vectors/%s", srcdir ? srcdir : ".", t->file);
	f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL(f);
	if (f == NULL || want == NULL)
		abort();
	for (size_t k = 0; k < cells; k++)
		want[k] = -1;
	while (fgets(line, sizeof(line), f) != NULL) {
		char word[3][NAME_MAX_LEN + 1];
		int from;
		int event;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		CU_ASSERT_EQUAL(sscanf(line, "%40s %40s %40s", word[0], word[1], word[2]), 3);
		from = index_of(word[0], t->state_name, t->states);
		event = index_of(word[1], t->event_name, t->events);
		CU_ASSERT(from >= 0 && event >= 0);
		if (from >= 0 && event >= 0)
			want[from * t->events + event] =
				index_of(word[2], t->state_name, t->states);
	}
	(void)fclose(f);
	return want;
}

static void compare(const struct table *t)
{
	int *want = read_matrix(t);

	for (int s = 0; s < t->states; s++) {
		for (int e = 0; e < t->events; e++) {
			int is = t->next(s, e);

			if (is != want[s * t->events + e])
				printf("%s: %s on %s\n", t->file, t->state_name(s),
				       t->event_name(e));
			CU_ASSERT_EQUAL(is, want[s * t->events + e]);
		}
	}
	free(want);
}

static void pairing_moves_are_those_of_the_text(void)
{
	compare(&pairing);
}

static void session_moves_are_those_of_the_text(void)
{
	compare(&session);
}

static void every_pairing_state_can_be_reached_and_the_ends_never_left(void)
{
	for (int s = 0; s < PAIR_STATE_COUNT; s++) {
		bool end = s == PAIR_DONE || s == PAIR_FAILED;
		int out = 0;
		int in = s == PAIR_I_SECRET || s == PAIR_R_REQUEST;

		for (int e = 0; e < PAIR_EVENT_COUNT; e++) {
			out += pair_next(s, e) >= 0;
			for (int from = 0; from < PAIR_STATE_COUNT; from++)
				in += pair_next(from, e) == s;
		}
		CU_ASSERT(in > 0);
		CU_ASSERT_EQUAL(out > 0, !end);
	}
}

/* A responder's frames are refused by responders, an initiator's by initiators. */
static void no_role_takes_a_message_of_its_own_before_tls(void)
{
	static const enum pair_event from_i[] = { PAIR_EV_PAIR_REQUEST, PAIR_EV_PAKE_SHARE,
						  PAIR_EV_PAKE_CONFIRM, PAIR_EV_PAIR_DONE };
	static const enum pair_event from_r[] = { PAIR_EV_PAIR_PARAMS, PAIR_EV_PAIR_REFUSE,
						  PAIR_EV_PAKE_REPLY, PAIR_EV_COMMIT };

	for (int s = 0; s < PAIR_STATE_COUNT; s++) {
		const enum pair_event *own = s < PAIR_R_REQUEST ? from_i : from_r;

		for (int k = 0; k < 4; k++)
			CU_ASSERT_EQUAL(pair_next(s, own[k]), -1);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(pairing_moves_are_those_of_the_text),
	SUITE_CASE(session_moves_are_those_of_the_text),
	SUITE_CASE(every_pairing_state_can_be_reached_and_the_ends_never_left),
	SUITE_CASE(no_role_takes_a_message_of_its_own_before_tls),
};

SUITE_MAIN("fsm", cases)
