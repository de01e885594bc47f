/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about the writer of proto/codec/cbor. What it makes is shown with the reader's tests. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/codec/cbor.h"
#include "tests/lib/suite.h"

static void a_writer_without_room_says_so(void)
{
	uint8_t out[32];
	size_t n, full = 0;

	for (size_t cap = 0; cap <= 16; cap++) {
		struct wr w = wr_to(out, cap);

		memset(out, 0xee, sizeof out);
		wr_map(&w, 2);
		wr_key(&w, 0);
		wr_bytes(&w, (const uint8_t *)"abcd", 4);
		wr_key(&w, -300);
		wr_text(&w, "xyz");
		bool done = wr_done(&w, &n);

		CU_ASSERT_EQUAL(done, cap >= 14);
		CU_ASSERT_EQUAL(n, done ? 14 : 0);
		CU_ASSERT_EQUAL(out[cap], 0xee);
		full += done;
	}
	CU_ASSERT_EQUAL(full, 3);
}

static void a_writer_takes_no_broken_text_or_item(void)
{
	static const uint8_t bad[] = { 0xff };
	uint8_t out[8];
	size_t n;
	uint32_t c;
	struct trec_bytes none = trec_bytes(NULL, 0);

	CU_ASSERT_FALSE(cbor_utf8_next(&none, &c));	struct wr w = wr_to(out, sizeof out);

	wr_tstr(&w, trec_bytes(bad, 1));
	CU_ASSERT_FALSE(wr_done(&w, &n));
	w = wr_to(out, sizeof out);
	wr_raw(&w, trec_bytes(bad, 1));
	CU_ASSERT_FALSE(wr_done(&w, &n));
}

static void keys_descend(struct wr *w)
{
	wr_map(w, 2);
	wr_key(w, 1);
	wr_bool(w, true);
	wr_key(w, 0);
}

static void key_twice(struct wr *w)
{
	wr_map(w, 2);
	wr_key(w, -1);
	wr_bool(w, true);
	wr_key(w, -1);
}

static void item_missing(struct wr *w)
{
	size_t n;

	wr_array(w, 2);
	wr_bool(w, true);
	(void)wr_done(w, &n);
}

static void item_too_many(struct wr *w)
{
	wr_bool(w, true);
	wr_bool(w, true);
}

static void value_without_key(struct wr *w)
{
	wr_map(w, 1);
	wr_bool(w, true);
}

static void five_deep(struct wr *w)
{
	for (int i = 0; i < 5; i++)
		wr_array(w, 1);
}

/* In a process of its own, because it is meant to die. */
static bool dies(void (*bug)(struct wr *w))
{
	uint8_t out[32];
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		struct wr w = wr_to(out, sizeof out);

		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(0);
		signal(SIGABRT, SIG_DFL);
		bug(&w);
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGABRT;
}

static void a_writer_used_wrongly_is_a_bug_and_stops(void)
{
	CU_ASSERT_TRUE(dies(keys_descend));
	CU_ASSERT_TRUE(dies(key_twice));
	CU_ASSERT_TRUE(dies(item_missing));
	CU_ASSERT_TRUE(dies(item_too_many));
	CU_ASSERT_TRUE(dies(value_without_key));
	CU_ASSERT_TRUE(dies(five_deep));
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_writer_without_room_says_so),
	SUITE_CASE(a_writer_takes_no_broken_text_or_item),
	SUITE_CASE(a_writer_used_wrongly_is_a_bug_and_stops),
};

SUITE_MAIN("cbor_write", cases)
