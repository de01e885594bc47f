/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scripted double does what its plan says: other tests build on that. */
#include <string.h>

#include "tests/lib/fault_env.h"
#include "tests/lib/script.h"
#include "tests/lib/suite.h"

static struct fault_env f;
static struct script *s;
static struct trec_link *a, *b;

static void begin(const struct script_plan *plan)
{
	struct trec_link *ends[2];

	fault_env_init(&f, 1);
	s = script_new(&f.env, plan, NULL, ends);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	a = ends[0];
	b = ends[1];
}

static void end(void)
{
	trec_link_free(&a);
	trec_link_free(&b);
	script_free(&s);
	CU_ASSERT(fault_env_clean(&f));
}

static trec_err put(const char *text, size_t *n)
{
	return trec_link_send(a, (const uint8_t *)text, strlen(text), n);
}

/* What one recv gives, as text; "again", "lost" and "end" where it gives nothing. */
static const char *get(void)
{
	static char text[64];
	size_t n;
	trec_err err = trec_link_recv(b, (uint8_t *)text, sizeof(text) - 1, &n);

	if (err != TREC_OK)
		return trec_err_name(err);
	text[n] = '\0';
	return n == 0 ? "end" : text;
}

static void short_transfers_and_a_split(void)
{
	struct script_plan p = script_plain();
	size_t n;

	p.send_max = 7;
	p.recv_max = 4;
	p.split_at = 2;
	begin(&p);
	CU_ASSERT_EQUAL(put("abcdefghij", &n), TREC_OK);
	CU_ASSERT_EQUAL(n, 7);
	CU_ASSERT_STRING_EQUAL(get(), "ab");
	CU_ASSERT_STRING_EQUAL(get(), "cdef");
	CU_ASSERT_STRING_EQUAL(get(), "g");
	CU_ASSERT_STRING_EQUAL(get(), "again");
	CU_ASSERT_EQUAL(script_received(s, 0), 7);
	CU_ASSERT_EQUAL(script_sent(s, 0).n, 7);
	end();
}

static void packets_stay_apart_only_if_asked(void)
{
	struct script_plan p = script_plain();
	size_t n;

	begin(&p);
	CU_ASSERT_EQUAL(put("ab", &n), TREC_OK);
	CU_ASSERT_EQUAL(put("cd", &n), TREC_OK);
	CU_ASSERT_STRING_EQUAL(get(), "abcd");
	end();
	p.keep_packets = true;
	begin(&p);
	CU_ASSERT_EQUAL(put("ab", &n), TREC_OK);
	CU_ASSERT_EQUAL(put("cd", &n), TREC_OK);
	CU_ASSERT_STRING_EQUAL(get(), "ab");
	CU_ASSERT_STRING_EQUAL(get(), "cd");
	end();
}

static void again_comes_before_each_transfer(void)
{
	struct script_plan p = script_plain();
	size_t n;

	p.again = 2;
	begin(&p);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(put("x", &n), TREC_E_AGAIN);
		CU_ASSERT_EQUAL(put("x", &n), TREC_E_AGAIN);
		CU_ASSERT_EQUAL(put("x", &n), TREC_OK);
		CU_ASSERT_STRING_EQUAL(get(), "again");
		CU_ASSERT_STRING_EQUAL(get(), "again");
		CU_ASSERT_STRING_EQUAL(get(), "x");
	}
	end();
}

static void a_delay_is_on_the_environments_clock(void)
{
	struct script_plan p = script_plain();
	struct trec_poll q;
	size_t n;

	p.delay_ms = 50;
	begin(&p);
	CU_ASSERT_EQUAL(put("late", &n), TREC_OK);
	CU_ASSERT_STRING_EQUAL(get(), "again");
	trec_link_poll(b, false, &q);
	CU_ASSERT_EQUAL(q.fd, -1);
	CU_ASSERT_EQUAL(q.next_ms, f.now_ms + 1);
	f.now_ms += 49;
	CU_ASSERT_STRING_EQUAL(get(), "again");
	f.now_ms += 1;
	CU_ASSERT_STRING_EQUAL(get(), "late");
	end();
}

static void a_cut_is_an_end_and_the_sender_is_lost(void)
{
	struct script_plan p = script_plain();
	size_t n;

	p.eof_at = 3;
	begin(&p);
	CU_ASSERT_EQUAL(put("abcdef", &n), TREC_OK);
	CU_ASSERT_STRING_EQUAL(get(), "abc");
	CU_ASSERT_STRING_EQUAL(get(), "end");
	CU_ASSERT_EQUAL(put("x", &n), TREC_E_LOST);
	end();
}

static void a_reset_hits_both_ends(void)
{
	struct script_plan p = script_plain();
	size_t n;

	p.reset_at = 3;
	begin(&p);
	CU_ASSERT_EQUAL(put("abcdef", &n), TREC_OK);
	CU_ASSERT_STRING_EQUAL(get(), "abc");
	CU_ASSERT_STRING_EQUAL(get(), "lost");
	CU_ASSERT_EQUAL(put("x", &n), TREC_E_LOST);
	end();
}

static void a_flip_changes_one_byte_on_the_way(void)
{
	struct script_plan p = script_plain();
	size_t n;

	p.flip_at = 2;
	p.flip_mask = 0x20;
	p.recv_max = 2;
	begin(&p);
	CU_ASSERT_EQUAL(put("abcd", &n), TREC_OK);
	CU_ASSERT_STRING_EQUAL(get(), "ab");
	CU_ASSERT_STRING_EQUAL(get(), "Cd");
	CU_ASSERT_EQUAL(memcmp(script_sent(s, 0).p, "abcd", 4), 0);
	end();
}

static const struct suite_case cases[] = {
	SUITE_CASE(short_transfers_and_a_split),
	SUITE_CASE(packets_stay_apart_only_if_asked),
	SUITE_CASE(again_comes_before_each_transfer),
	SUITE_CASE(a_delay_is_on_the_environments_clock),
	SUITE_CASE(a_cut_is_an_end_and_the_sender_is_lost),
	SUITE_CASE(a_reset_hits_both_ends),
	SUITE_CASE(a_flip_changes_one_byte_on_the_way),
};

SUITE_MAIN("script double", cases)
