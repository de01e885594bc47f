/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a transport promises of a link in trec/transport.h, shown for contract_subject. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/contract/contract.h"

#define LARGE (1u << 20)
#define CLAIMS_MAX 64

static const struct contract_subject *const subject = &contract_subject;
static char dir[64];
char contract_uri[TREC_URI_MAX + 1];

static void two_ends_meet_and_know_each_other(void)
{
	struct pair p;
	char text[TREC_URI_MAX + 1];

	if (!contract_begin(&p))
		return;
	struct trec_link *ends[2] = { p.a, p.b };

	CU_ASSERT(trec_link_mtu(p.a) >= 128);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_STRING_EQUAL(trec_link_transport(ends[i]), subject->transport);
		trec_link_peer(ends[i], text);
		CU_ASSERT_EQUAL(strncmp(text, subject->transport, strlen(subject->transport)), 0);
		if (p.listener != NULL)
			CU_ASSERT_EQUAL(trec_uri_check(text), TREC_OK);
	}
	contract_part(&p);
}

static void bytes_go_both_ways(void)
{
	struct pair p;

	if (!contract_begin(&p))
		return;
	CU_ASSERT(contract_says(p.a, p.b, "ping"));
	CU_ASSERT(contract_says(p.b, p.a, "pong"));
	CU_ASSERT(contract_says(p.b, p.a, "and again"));
	CU_ASSERT(contract_says(p.a, p.b, "x"));
	contract_part(&p);
}

static void nothing_sent_is_again_and_quiet(void)
{
	struct pair p;
	struct trec_poll q;
	uint8_t b[8];
	size_t n = 99;

	if (!contract_begin(&p))
		return;
	CU_ASSERT(contract_says(p.a, p.b, "up"));
	CU_ASSERT_EQUAL(trec_link_recv(p.b, b, sizeof(b), &n), TREC_E_AGAIN);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(trec_link_recv(p.a, b, sizeof(b), &n), TREC_E_AGAIN);
	trec_link_poll(p.a, false, &q);
	CU_ASSERT(q.fd >= 0 ? !contract_ready(&q) : q.next_ms >= contract_now_ms());
	contract_part(&p);
}

static void data_wakes_a_poll(void)
{
	struct pair p;
	struct trec_poll before, after;

	if (!contract_begin(&p))
		return;
	CU_ASSERT(contract_says(p.a, p.b, "up"));
	trec_link_poll(p.b, false, &before);
	CU_ASSERT(before.fd < 0 || before.readable);
	CU_ASSERT_EQUAL(contract_send_all(p.a, "data", 4), TREC_OK);
	contract_rest(&before);
	trec_link_poll(p.b, false, &after);
	CU_ASSERT_EQUAL(before.fd, after.fd);
	CU_ASSERT(after.fd < 0 || contract_ready(&after));
	contract_part(&p);
}

static void a_full_buffer_is_again_until_there_is_room(void)
{
	static uint8_t block[65536];
	struct pair p;
	struct trec_poll q;
	size_t sent = 0, moved = 0;
	unsigned again = 0;

	if (!contract_begin(&p))
		return;
	CU_ASSERT(contract_says(p.a, p.b, "up"));
	/* Ten in a row: a transport may answer so once in a while. */
	while (again < 10 && sent < (64u << 20)) {
		trec_err err = trec_link_send(p.a, block, sizeof(block), &moved);

		CU_ASSERT(err == TREC_OK || (err == TREC_E_AGAIN && moved == 0));
		again = err == TREC_OK ? 0 : again + 1;
		if (again > 0 && subject->slow)
			contract_rest(&(struct trec_poll){ .fd = -1, .next_ms = UINT64_MAX });
		sent += moved;
	}
	CU_ASSERT_EQUAL(again, 10);
	trec_link_poll(p.a, true, &q);
	CU_ASSERT(q.fd < 0 || !contract_ready(&q));
	while (sent > 0) {
		size_t take = sent < sizeof(block) ? sent : sizeof(block);

		if (!contract_recv_exactly(p.b, block, take))
			break;
		sent -= take;
	}
	CU_ASSERT_EQUAL(sent, 0);
	contract_wait(p.a, true);
	CU_ASSERT_EQUAL(contract_send_all(p.a, "room", 4), TREC_OK);
	CU_ASSERT(contract_recv_exactly(p.b, block, 4));
	contract_part(&p);
}

static void half_close_ends_one_direction_only(void)
{
	struct pair p;
	uint8_t b[4];
	size_t moved;

	if (!contract_begin(&p))
		return;
	CU_ASSERT_EQUAL(contract_send_all(p.a, "last", 4), TREC_OK);
	CU_ASSERT_EQUAL(trec_link_shutdown(p.a), TREC_OK);
	CU_ASSERT_EQUAL(trec_link_shutdown(p.a), TREC_OK);
	CU_ASSERT(contract_recv_exactly(p.b, b, 4));
	if (!subject->whole) {
		CU_ASSERT(contract_at_end(p.b));
		CU_ASSERT(contract_at_end(p.b));
	}
	CU_ASSERT_EQUAL(trec_link_send(p.a, b, 4, &moved), TREC_E_STATE);
	CU_ASSERT(contract_says(p.b, p.a, "still here"));
	CU_ASSERT_EQUAL(trec_link_shutdown(p.b), TREC_OK);
	if (subject->whole)
		trec_link_free(&p.b);
	CU_ASSERT(contract_at_end(p.a));
	CU_ASSERT(contract_at_end(p.a));
	contract_part(&p);
}

static void the_end_is_not_polled_for_again(void)
{
	struct pair p;
	struct trec_poll q;

	if (!contract_begin(&p))
		return;
	CU_ASSERT_EQUAL(trec_link_shutdown(p.a), TREC_OK);
	if (subject->whole) {
		CU_ASSERT(contract_says(p.b, p.a, "up"));
		trec_link_free(&p.a);
	}
	CU_ASSERT(contract_at_end(p.b));
	trec_link_poll(p.b, false, &q);
	CU_ASSERT(q.fd < 0 || !contract_ready(&q));
	contract_part(&p);
}

static void what_was_sent_arrives_after_a_close(void)
{
	struct pair p;
	char got[8];

	if (!contract_begin(&p))
		return;
	CU_ASSERT(contract_says(p.a, p.b, "up"));
	CU_ASSERT_EQUAL(contract_send_all(p.b, "farewell", 8), TREC_OK);
	trec_link_free(&p.b);
	CU_ASSERT_PTR_NULL(p.b);
	CU_ASSERT(contract_recv_exactly(p.a, got, 8));
	CU_ASSERT(contract_at_end(p.a));
	contract_part(&p);
}

static void unread_bytes_do_not_cost_the_last_words(void)
{
	struct pair p;
	char got[8];

	if (!contract_begin(&p))
		return;
	CU_ASSERT(contract_says(p.a, p.b, "up"));
	CU_ASSERT_EQUAL(contract_send_all(p.a, "never read", 10), TREC_OK);
	CU_ASSERT_EQUAL(contract_send_all(p.b, "farewell", 8), TREC_OK);
	trec_link_free(&p.b);
	CU_ASSERT(contract_recv_exactly(p.a, got, 8));
	CU_ASSERT(contract_at_end(p.a));
	contract_part(&p);
}

static void an_abort_is_seen_and_stays(void)
{
	struct pair p;
	uint8_t b[4];
	size_t n;

	if (!contract_begin(&p))
		return;
	CU_ASSERT(contract_says(p.a, p.b, "up"));
	trec_link_abort(&p.b);
	CU_ASSERT_PTR_NULL(p.b);
	trec_err err = contract_recv(p.a, b, sizeof(b), &n);

	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(err, subject->tells_reset ? TREC_E_LOST : TREC_OK);
	CU_ASSERT_EQUAL(trec_link_recv(p.a, b, sizeof(b), &n), err);
	contract_part(&p);
}

/* SIGPIPE has its default action here: it would end the program. */
static void sending_to_nobody_is_lost_and_raises_no_signal(void)
{
	struct pair p;
	struct trec_poll q;
	size_t moved, n;
	trec_err err = TREC_OK;
	uint64_t end = contract_now_ms() + PATIENCE_MS;

	if (!contract_begin(&p))
		return;
	(void)signal(SIGPIPE, SIG_DFL);
	CU_ASSERT(contract_says(p.a, p.b, "up"));
	trec_link_free(&p.b);
	while ((err == TREC_OK || err == TREC_E_AGAIN) && contract_now_ms() < end)
		err = trec_link_send(p.a, (const uint8_t *)"x", 1, &moved);
	CU_ASSERT_EQUAL(err, TREC_E_LOST);
	CU_ASSERT_EQUAL(trec_link_send(p.a, (const uint8_t *)"x", 1, &moved), TREC_E_LOST);
	CU_ASSERT_EQUAL(trec_link_shutdown(p.a), TREC_E_LOST);
	uint8_t b[4];

	while ((err = trec_link_recv(p.a, b, sizeof(b), &n)) == TREC_E_AGAIN)
		contract_wait(p.a, true);
	CU_ASSERT(err == TREC_E_LOST || (err == TREC_OK && n == 0));
	if (err == TREC_E_LOST) {
		trec_link_poll(p.a, true, &q);
		CU_ASSERT_EQUAL(q.next_ms, 0);
	}
	contract_part(&p);
}

static void last_words_can_be_read_after_sending_failed(void)
{
	struct pair p;
	size_t moved;
	trec_err err = TREC_OK;
	uint64_t end = contract_now_ms() + PATIENCE_MS;
	char got[8] = "";

	if (!contract_begin(&p))
		return;
	CU_ASSERT(contract_says(p.a, p.b, "up"));
	CU_ASSERT_EQUAL(contract_send_all(p.b, "refused!", 8), TREC_OK);
	trec_link_free(&p.b);
	while ((err == TREC_OK || err == TREC_E_AGAIN) && contract_now_ms() < end)
		err = trec_link_send(p.a, (const uint8_t *)"x", 1, &moved);
	CU_ASSERT_EQUAL(err, TREC_E_LOST);
	CU_ASSERT(contract_recv_exactly(p.a, got, 8));
	CU_ASSERT_EQUAL(memcmp(got, "refused!", 8), 0);
	contract_part(&p);
}

static uint8_t pattern(size_t i, unsigned stream)
{
	return (uint8_t)(i * 31 + i / 251 + stream);
}

struct flow {
	size_t sent, got;
	unsigned stream;
	bool bad;
};

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* One step of sending from one end and receiving at the other. Whether anything moved. */
static bool flow_step(struct flow *w, struct trec_link *from, struct trec_link *to, uint32_t *seed)
{
	uint8_t buf[20000];
	size_t n = 1 + next_random(seed) % sizeof(buf);
	size_t moved = 0, got = 0;

	if (n > LARGE - w->sent)
		n = LARGE - w->sent;
	for (size_t i = 0; i < n; i++)
		buf[i] = pattern(w->sent + i, w->stream);
	if (n > 0) {
		trec_err err = trec_link_send(from, buf, n, &moved);

		w->bad |= err != TREC_OK && err != TREC_E_AGAIN;
		w->sent += moved;
	}
	trec_err err = trec_link_recv(to, buf, 1 + next_random(seed) % sizeof(buf), &got);

	w->bad |= err != TREC_OK && err != TREC_E_AGAIN;
	for (size_t i = 0; i < got; i++)
		w->bad |= buf[i] != pattern(w->got + i, w->stream);
	w->got += got;
	return moved > 0 || got > 0;
}

static void a_mebibyte_goes_both_ways_at_once(void)
{
	struct pair p;
	struct flow ab = { .stream = 1 }, ba = { .stream = 7 };
	uint32_t seed = (uint32_t)fault_env_seed(42);
	uint64_t end = contract_now_ms() + 4 * PATIENCE_MS;

	if (!contract_begin(&p))
		return;
	while ((ab.got < LARGE || ba.got < LARGE) && !ab.bad && !ba.bad &&
	       contract_now_ms() < end) {
		bool moved = flow_step(&ab, p.a, p.b, &seed);

		moved |= flow_step(&ba, p.b, p.a, &seed);
		if (!moved)
			contract_wait(p.a, ab.sent < LARGE);
	}
	CU_ASSERT_FALSE(ab.bad);
	CU_ASSERT_FALSE(ba.bad);
	CU_ASSERT_EQUAL(ab.got, LARGE);
	CU_ASSERT_EQUAL(ba.got, LARGE);
	contract_part(&p);
}

static void empty_transfers_are_a_usage_error(void)
{
	struct pair p;
	uint8_t b = 0;
	size_t n;

	if (!contract_begin(&p))
		return;
	CU_ASSERT(contract_says(p.a, p.b, "up"));
	CU_ASSERT_EQUAL(trec_link_send(p.a, &b, 0, &n), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_link_recv(p.a, &b, 0, &n), TREC_E_USAGE);
	CU_ASSERT(contract_says(p.a, p.b, "and it lives"));
	contract_part(&p);
	trec_link_free(&p.a);
	trec_link_abort(&p.a);
	trec_link_free(NULL);
	trec_listener_free(&p.listener);
	trec_listener_free(NULL);
}

static const struct suite_case link_cases[] = {
	SUITE_CASE(two_ends_meet_and_know_each_other),
	SUITE_CASE(bytes_go_both_ways),
	SUITE_CASE(nothing_sent_is_again_and_quiet),
	SUITE_CASE(data_wakes_a_poll),
	SUITE_CASE(a_full_buffer_is_again_until_there_is_room),
	SUITE_CASE(half_close_ends_one_direction_only),
	SUITE_CASE(the_end_is_not_polled_for_again),
	SUITE_CASE(what_was_sent_arrives_after_a_close),
	SUITE_CASE(unread_bytes_do_not_cost_the_last_words),
	SUITE_CASE(an_abort_is_seen_and_stays),
	SUITE_CASE(sending_to_nobody_is_lost_and_raises_no_signal),
	SUITE_CASE(last_words_can_be_read_after_sending_failed),
	SUITE_CASE(a_mebibyte_goes_both_ways_at_once),
	SUITE_CASE(empty_transfers_are_a_usage_error),
};

/* The subject's address with the test's own directory in place of DIR. */
static bool place(void)
{
	const char *hole = strstr(subject->listen, "DIR");

	strcpy(dir, "/tmp/trec-contract-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return false;
	if (hole != NULL)
		snprintf(contract_uri, sizeof(contract_uri), "%.*s%s%s",
			 (int)(hole - subject->listen), subject->listen, dir, hole + 3);
	else
		snprintf(contract_uri, sizeof(contract_uri), "%s", subject->listen);
	return true;
}

int main(void)
{
	struct suite_case cases[CLAIMS_MAX];
	size_t n = sizeof(link_cases) / sizeof(link_cases[0]);
	const char *why = subject->missing != NULL ? subject->missing() : NULL;

	if (why != NULL)
		suite_skip(subject->module, why);
	if (!place())
		return EXIT_FAILURE;
	memcpy(cases, link_cases, sizeof(link_cases));
	if (subject->pair == NULL) {
		memcpy(cases + n, contract_listen_cases, contract_listen_n * sizeof(cases[0]));
		n += contract_listen_n;
	}
	int status = suite_main(subject->module, cases, n);

	(void)rmdir(dir);
	return status;
}
