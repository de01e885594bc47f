/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a transport promises of addresses and listeners in trec/transport.h. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/contract/contract.h"

#define MANY 20

static const struct contract_subject *const subject = &contract_subject;

/* Only listening; a and b are NULL. */
static void listen_only(struct pair *p, char at[TREC_URI_MAX + 1])
{
	contract_env(&p->f);
	p->a = p->b = NULL;
	CU_ASSERT_EQUAL_FATAL(trec_listen(&p->f.env, contract_uri, &p->listener), TREC_OK);
	trec_listener_uri(p->listener, at);
}

static void many_links_do_not_mix(void)
{
	struct pair p;
	struct trec_listener *more[MANY] = { 0 };
	struct trec_link *a[MANY] = { 0 }, *b[MANY] = { 0 };
	char at[TREC_URI_MAX + 1], text[16], got[16];

	listen_only(&p, at);
	for (int i = 0; i < MANY; i++) {
		struct trec_listener *l = p.listener;

		if (subject->one_link) {
			trec_err err = trec_listen(&p.f.env, contract_uri, &more[i]);

			CU_ASSERT_EQUAL_FATAL(err, TREC_OK);
			l = more[i];
			trec_listener_uri(l, at);
		}
		CU_ASSERT_EQUAL_FATAL(trec_link_connect(&p.f.env, at, &a[i]), TREC_OK);
		CU_ASSERT_EQUAL_FATAL(contract_accept(l, a[i], &b[i]), TREC_OK);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "link %03d", i);
		CU_ASSERT_EQUAL(contract_send_all(a[i], text, 8), TREC_OK);
	}
	for (int i = MANY - 1; i >= 0; i--) {
		snprintf(text, sizeof(text), "link %03d", i);
		CU_ASSERT(contract_recv_exactly(b[i], got, 8));
		CU_ASSERT_EQUAL(memcmp(got, text, 8), 0);
		trec_link_free(&a[i]);
		trec_link_free(&b[i]);
		trec_listener_free(&more[i]);
	}
	contract_part(&p);
}

static void the_listener_names_where_it_really_is(void)
{
	struct pair p;
	char at[TREC_URI_MAX + 1];
	struct trec_uri_list list;

	listen_only(&p, at);
	CU_ASSERT_EQUAL(trec_uri_check(at), TREC_OK);
	CU_ASSERT_EQUAL(trec_uri_resolve(&p.f.env, at, &list), TREC_OK);
	CU_ASSERT_EQUAL(list.n, 1);
	CU_ASSERT_STRING_EQUAL(list.uri[0], at);
	trec_listener_free(&p.listener);
	CU_ASSERT_PTR_NULL(p.listener);
	contract_part(&p);
}

static void nobody_listening_is_unreachable(void)
{
	struct pair p;
	char at[TREC_URI_MAX + 1];
	uint8_t b = 0;
	size_t n;

	listen_only(&p, at);
	trec_listener_free(&p.listener);
	trec_err err = trec_link_connect(&p.f.env, at, &p.a);

	if (err == TREC_OK) {
		err = contract_recv(p.a, &b, 1, &n);
		CU_ASSERT_EQUAL(trec_link_send(p.a, &b, 1, &n), TREC_E_UNREACHABLE);
	}
	CU_ASSERT_EQUAL(err, TREC_E_UNREACHABLE);
	contract_part(&p);
}

static void an_address_in_use_is_said_and_the_first_goes_on(void)
{
	struct pair p;
	struct trec_listener *second = NULL;
	char at[TREC_URI_MAX + 1];

	listen_only(&p, at);
	CU_ASSERT_EQUAL(trec_listen(&p.f.env, at, &second), TREC_E_EXISTS);
	CU_ASSERT_PTR_NULL(second);
	CU_ASSERT_EQUAL_FATAL(trec_link_connect(&p.f.env, at, &p.a), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(contract_send_all(p.a, "1", 1), TREC_OK);
	/* The attempt to listen may have knocked: that link ends at once. */
	CU_ASSERT_EQUAL_FATAL(contract_accept(p.listener, p.a, &p.b), TREC_OK);
	char got = 0;

	if (!contract_recv_exactly(p.b, &got, 1)) {
		trec_link_free(&p.b);
		CU_ASSERT_EQUAL_FATAL(contract_accept(p.listener, p.a, &p.b), TREC_OK);
		CU_ASSERT(contract_recv_exactly(p.b, &got, 1));
	}
	CU_ASSERT_EQUAL(got, '1');
	contract_part(&p);
}

static void an_address_can_be_used_again_at_once(void)
{
	struct pair p;
	char at[TREC_URI_MAX + 1];

	if (!contract_begin(&p))
		return;
	trec_listener_uri(p.listener, at);
	/* The accepting side closes first: what TCP keeps of the connection is its own. */
	trec_link_free(&p.b);
	trec_link_free(&p.a);
	trec_listener_free(&p.listener);
	CU_ASSERT_EQUAL(trec_listen(&p.f.env, at, &p.listener), TREC_OK);
	contract_part(&p);
}

static void a_link_works_before_it_is_accepted(void)
{
	struct pair p;
	char at[TREC_URI_MAX + 1], got[5];

	listen_only(&p, at);
	CU_ASSERT_EQUAL(trec_listener_accept(p.listener, &p.b), TREC_E_AGAIN);
	CU_ASSERT_PTR_NULL(p.b);
	CU_ASSERT_EQUAL_FATAL(trec_link_connect(&p.f.env, at, &p.a), TREC_OK);
	CU_ASSERT_EQUAL(contract_send_all(p.a, "early", 5), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(contract_accept(p.listener, p.a, &p.b), TREC_OK);
	CU_ASSERT(contract_recv_exactly(p.b, got, 5));
	trec_listener_free(&p.listener);
	CU_ASSERT(contract_says(p.b, p.a, "links outlive their listener"));
	contract_part(&p);
}

static void shutdown_right_after_connect_takes_effect(void)
{
	struct pair p;
	char at[TREC_URI_MAX + 1];

	listen_only(&p, at);
	CU_ASSERT_EQUAL_FATAL(trec_link_connect(&p.f.env, at, &p.a), TREC_OK);
	CU_ASSERT_EQUAL(trec_link_shutdown(p.a), TREC_OK);
	CU_ASSERT_EQUAL(contract_settle(p.a), TREC_E_AGAIN);
	CU_ASSERT_EQUAL_FATAL(contract_accept(p.listener, p.a, &p.b), TREC_OK);
	CU_ASSERT(subject->whole || contract_at_end(p.b));
	CU_ASSERT(contract_says(p.b, p.a, "heard"));
	contract_part(&p);
}

static void a_listener_that_goes_takes_waiting_links_along(void)
{
	struct pair p;
	char at[TREC_URI_MAX + 1];
	uint8_t b;
	size_t n;

	listen_only(&p, at);
	CU_ASSERT_EQUAL_FATAL(trec_link_connect(&p.f.env, at, &p.a), TREC_OK);
	CU_ASSERT_EQUAL(contract_settle(p.a), TREC_E_AGAIN);
	trec_listener_free(&p.listener);
	trec_err err = contract_recv(p.a, &b, 1, &n);

	CU_ASSERT(err == TREC_E_LOST || (err == TREC_OK && n == 0));
	contract_part(&p);
}

static void descriptor_kind(int fd, char kind[64])
{
	char path[32];

	memset(kind, 0, 64);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, kind, 63) < 0)
		kind[0] = '\0';
}

/* Sockets and event descriptors only: the program that runs the tests has files of its own. */
static bool is_ours(int fd)
{
	char kind[64];

	descriptor_kind(fd, kind);
	return strncmp(kind, "socket:", 7) == 0 || strncmp(kind, "anon_inode:", 11) == 0;
}

/* Nobody reads or writes one: it cannot block. */
static bool is_epoll(int fd)
{
	char kind[64];

	descriptor_kind(fd, kind);
	return strcmp(kind, "anon_inode:[eventpoll]") == 0;
}

static void no_descriptor_leaks_and_none_survives_exec(void)
{
	struct pair p;
	size_t before = contract_open_fds();
	unsigned seen = 0;

	for (int round = 0; round < 3; round++) {
		if (!contract_begin(&p))
			return;
		for (int fd = 3; fd < 64; fd++) {
			if (!is_ours(fd))
				continue;
			CU_ASSERT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
			CU_ASSERT(is_epoll(fd) || (fcntl(fd, F_GETFL) & O_NONBLOCK));
			seen++;
		}
		contract_part(&p);
		CU_ASSERT_EQUAL(contract_open_fds(), before);
	}
	CU_ASSERT(seen >= 9);
}

/* Waits until nothing is left of what the listener has to do at its beginning. */
static void calm(struct trec_listener *l)
{
	struct trec_link *nobody = NULL;
	struct trec_poll q;

	for (int rests = 0; rests < 3;) {
		CU_ASSERT_EQUAL_FATAL(trec_listener_accept(l, &nobody), TREC_E_AGAIN);
		trec_listener_poll(l, &q);
		rests = contract_ready(&q) ? 0 : rests + 1;
		contract_rest(&q);
	}
}

static void running_out_of_descriptors_pauses_accepting(void)
{
	struct pair p;
	struct rlimit normal, low;
	struct trec_poll q;
	char at[TREC_URI_MAX + 1];

	listen_only(&p, at);
	calm(p.listener);
	CU_ASSERT_EQUAL_FATAL(trec_link_connect(&p.f.env, at, &p.a), TREC_OK);
	CU_ASSERT_EQUAL(contract_settle(p.a), TREC_E_AGAIN);
	int lowest = dup(0);

	close(lowest);
	CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &normal), 0);
	low = normal;
	low.rlim_cur = (rlim_t)lowest;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &low), 0);
	unsigned lines = p.f.log_lines;
	trec_err err = trec_listener_accept(p.listener, &p.b);

	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &normal), 0);
	if (subject->accept_needs_fd) {
		CU_ASSERT_EQUAL(err, TREC_E_AGAIN);
		trec_listener_poll(p.listener, &q);
		CU_ASSERT_FALSE(contract_ready(&q));
		CU_ASSERT(q.next_ms < contract_now_ms() + 1000);
		CU_ASSERT(p.f.log_lines > lines); /* RFCOMM's may tell of bluetoothd too */
		err = contract_accept(p.listener, p.a, &p.b);
	}
	CU_ASSERT_EQUAL_FATAL(err, TREC_OK);
	CU_ASSERT(contract_says(p.a, p.b, "served after all"));
	contract_part(&p);
}

static bool cycle(struct fault_env *f, void *ctx)
{
	struct pair p = { 0 };
	char at[TREC_URI_MAX + 1];

	(void)ctx;
	f->env.now_ms = trec_env_default()->now_ms;
	trec_err err = trec_listen(&f->env, contract_uri, &p.listener);

	if (err == TREC_OK) {
		trec_listener_uri(p.listener, at);
		err = trec_link_connect(&f->env, at, &p.a);
	}
	/* A failed allocation only delays accepting. */
	if (err == TREC_OK)
		err = contract_accept(p.listener, p.a, &p.b);
	bool good = err == TREC_OK ? contract_says(p.a, p.b, "through") &&
					     contract_says(p.b, p.a, "and back")
				   : err == TREC_E_NO_MEMORY;

	trec_link_free(&p.a);
	trec_link_free(&p.b);
	trec_listener_free(&p.listener);
	return good;
}

static void every_failing_allocation_is_survived(void)
{
	size_t before = contract_open_fds();

	CU_ASSERT(fault_env_each_alloc(cycle, NULL, 50));
	CU_ASSERT_EQUAL(contract_open_fds(), before);
}

const struct suite_case contract_listen_cases[] = {
	SUITE_CASE(many_links_do_not_mix),
	SUITE_CASE(the_listener_names_where_it_really_is),
	SUITE_CASE(nobody_listening_is_unreachable),
	SUITE_CASE(an_address_in_use_is_said_and_the_first_goes_on),
	SUITE_CASE(an_address_can_be_used_again_at_once),
	SUITE_CASE(a_link_works_before_it_is_accepted),
	SUITE_CASE(shutdown_right_after_connect_takes_effect),
	SUITE_CASE(a_listener_that_goes_takes_waiting_links_along),
	SUITE_CASE(no_descriptor_leaks_and_none_survives_exec),
	SUITE_CASE(running_out_of_descriptors_pauses_accepting),
	SUITE_CASE(every_failing_allocation_is_survived),
};
const size_t contract_listen_n = sizeof(contract_listen_cases) / sizeof(contract_listen_cases[0]);
