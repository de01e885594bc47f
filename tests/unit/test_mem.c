/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is the in-process transport's own: ends in different threads, and its bounded queue. */
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "tests/lib/suite.h"
#include "transports/tp.h"

#define TOTAL (1u << 20)
#define QUEUE_MAX 1000

static void rest(struct trec_link *l, bool want_write)
{
	struct trec_poll p;

	trec_link_poll(l, want_write, &p);
	struct pollfd fd = { .fd = p.fd, .events = POLLIN };

	(void)poll(&fd, 1, 1000);
}

/* Sends TOTAL bytes of a pattern, ends, and takes the other's; NULL if all was well. */
static void *talk(void *arg)
{
	struct trec_link *l = arg;
	static const char went_wrong[] = "wrong";
	size_t sent = 0, got = 0, n;
	uint8_t out[1024], in[1500];
	void *result = NULL;
	bool ended = false;

	while (!ended || sent < TOTAL) {
		for (size_t i = 0; i < sizeof(out); i++)
			out[i] = (uint8_t)((sent + i) * 7);
		trec_err s = sent < TOTAL ? trec_link_send(l, out, sizeof(out), &n) : TREC_E_AGAIN;

		if (s == TREC_OK && (sent += n) >= TOTAL)
			result = trec_link_shutdown(l) == TREC_OK ? result : (void *)went_wrong;
		trec_err r = trec_link_recv(l, in, sizeof(in), &n);

		ended = r == TREC_OK && n == 0;
		for (size_t i = 0; r == TREC_OK && i < n; i++)
			if (in[i] != (uint8_t)((got + i) * 7))
				result = (void *)went_wrong;
		got += n;
		if (s == TREC_E_AGAIN && (r == TREC_E_AGAIN || ended))
			rest(l, sent < TOTAL);
		if ((s != TREC_OK && s != TREC_E_AGAIN) || (r != TREC_OK && r != TREC_E_AGAIN))
			return (void *)went_wrong;
	}
	trec_link_free(&l);
	return got == TOTAL ? result : (void *)went_wrong;
}

static void the_ends_may_live_in_different_threads(void)
{
	struct trec_listener *listener;
	struct trec_link *a, *b;
	pthread_t ta, tb;
	void *ra = &ta, *rb = &tb;

	CU_ASSERT_EQUAL_FATAL(trec_listen(trec_env_default(), "mem:threads", &listener), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(trec_link_connect(trec_env_default(), "mem:threads", &a), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(trec_listener_accept(listener, &b), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&ta, NULL, talk, a), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&tb, NULL, talk, b), 0);
	CU_ASSERT_EQUAL(pthread_join(ta, &ra), 0);
	CU_ASSERT_EQUAL(pthread_join(tb, &rb), 0);
	CU_ASSERT_PTR_NULL(ra);
	CU_ASSERT_PTR_NULL(rb);
	trec_listener_free(&listener);
}

static void the_queue_is_bounded(void)
{
	static struct trec_link *l[QUEUE_MAX];
	struct trec_listener *listener;
	trec_err err = TREC_OK;
	size_t n = 0;

	CU_ASSERT_EQUAL_FATAL(trec_listen(trec_env_default(), "mem:queue", &listener), TREC_OK);
	while (n < QUEUE_MAX && err == TREC_OK) {
		err = trec_link_connect(trec_env_default(), "mem:queue", &l[n]);
		n += err == TREC_OK;
	}
	CU_ASSERT_EQUAL(err, TREC_E_UNREACHABLE);
	CU_ASSERT(n >= 16 && n < QUEUE_MAX);
	trec_listener_free(&listener);
	for (size_t i = 0; i < n; i++) {
		uint8_t b;
		size_t got;

		CU_ASSERT_EQUAL(trec_link_recv(l[i], &b, 1, &got), TREC_E_LOST);
		trec_link_free(&l[i]);
	}
}

static void names_do_not_touch_each_other(void)
{
	struct trec_listener *x, *y;
	struct trec_link *a, *b = NULL;

	CU_ASSERT_EQUAL_FATAL(trec_listen(trec_env_default(), "mem:x", &x), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(trec_listen(trec_env_default(), "mem:y", &y), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(trec_link_connect(trec_env_default(), "mem:y", &a), TREC_OK);
	CU_ASSERT_EQUAL(trec_listener_accept(x, &b), TREC_E_AGAIN);
	trec_listener_free(&x);
	CU_ASSERT_EQUAL(trec_listener_accept(y, &b), TREC_OK);
	trec_link_free(&a);
	trec_link_free(&b);
	trec_listener_free(&y);
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_ends_may_live_in_different_threads),
	SUITE_CASE(the_queue_is_bounded),
	SUITE_CASE(names_do_not_touch_each_other),
};

SUITE_MAIN("mem", cases)
