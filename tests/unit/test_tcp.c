/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is TCP's own: several addresses of one peer, names, dual stack, options. The resolver and
 * the socket call are replaced at link time, so that nothing depends on the machine's network.
 */
#include "config.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "transports/tp.h"

#define PATIENCE_MS 5000

static bool no_ipv6;
static int eai;               /* what the resolver answers */
static unsigned v4_n, v6_n;   /* addresses it gives, IPv6 first */

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **res);
void __wrap_freeaddrinfo(struct addrinfo *res);

int __wrap_socket(int domain, int type, int protocol)
{
	if (domain == AF_INET6 && no_ipv6) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return __real_socket(domain, type, protocol);
}

static struct addrinfo *make_info(int family, unsigned i, uint16_t port, struct addrinfo *next)
{
	struct addrinfo *a = calloc(1, sizeof(*a) + sizeof(struct sockaddr_storage));

	if (a == NULL)
		abort();
	a->ai_family = family;
	a->ai_addr = (struct sockaddr *)(a + 1);
	a->ai_next = next;
	if (family == AF_INET) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)a->ai_addr;

		a->ai_addrlen = sizeof(*v4);
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		v4->sin_addr.s_addr = htonl(0xc0000200 + i);
	} else {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)a->ai_addr;

		a->ai_addrlen = sizeof(*v6);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		v6->sin6_addr.s6_addr[0] = 0x20;
		v6->sin6_addr.s6_addr[1] = 0x01;
		v6->sin6_addr.s6_addr[15] = (uint8_t)i;
	}
	return a;
}

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **res)
{
	struct addrinfo *list = NULL;
	uint16_t port = (uint16_t)atoi(service);

	(void)node;
	if (eai != 0 || hints->ai_socktype != SOCK_STREAM)
		return eai;
	for (unsigned i = v4_n; i > 0; i--)
		list = make_info(AF_INET, i, port, list);
	for (unsigned i = v6_n; i > 0; i--)
		list = make_info(AF_INET6, i, port, list);
	*res = list;
	return 0;
}

void __wrap_freeaddrinfo(struct addrinfo *res)
{
	while (res != NULL) {
		struct addrinfo *next = res->ai_next;

		free(res);
		res = next;
	}
}

static uint64_t now_ms(void)
{
	return trec_env_default()->now_ms(NULL);
}

static void environment(struct fault_env *f)
{
	fault_env_init(f, 1);
	f->env.now_ms = trec_env_default()->now_ms;
}

/* Looks until the connection stands (TREC_E_AGAIN: nothing to read) or failed. */
static trec_err settle(struct trec_link *l, struct trec_listener *listener,
		       struct trec_link **accepted)
{
	uint64_t end = now_ms() + PATIENCE_MS;
	struct trec_poll p;
	int first_fd = -1;

	for (;;) {
		uint8_t b = 0;
		size_t n;
		trec_err err = trec_link_recv(l, &b, 1, &n);

		if (err != TREC_E_AGAIN || now_ms() > end)
			return err;
		trec_link_poll(l, false, &p);
		if (first_fd < 0)
			first_fd = p.fd;
		CU_ASSERT_EQUAL(p.fd, first_fd);
		if (listener != NULL && trec_listener_accept(listener, accepted) == TREC_OK)
			return TREC_E_AGAIN;
		struct pollfd fd = { .fd = p.fd, .events = POLLIN };
		uint64_t wait = p.next_ms > now_ms() ? p.next_ms - now_ms() : 0;

		(void)poll(&fd, 1, wait < 20 ? (int)wait : 20);
	}
}

/* A port where connections are refused. */
static void refusing(struct fault_env *f, char at[TREC_URI_MAX + 1])
{
	struct trec_listener *l;

	CU_ASSERT_EQUAL_FATAL(trec_listen(&f->env, "tcp://127.0.0.1:0", &l), TREC_OK);
	trec_listener_uri(l, at);
	trec_listener_free(&l);
}

static void the_address_that_answers_is_taken(void)
{
	struct fault_env f;
	struct trec_listener *listener;
	struct trec_link *a, *b = NULL;
	struct trec_uri_list list = { .n = 3 };
	char peer[TREC_URI_MAX + 1];
	uint8_t buf[4];
	size_t n;

	environment(&f);
	refusing(&f, list.uri[0]);
	refusing(&f, list.uri[1]);
	CU_ASSERT_EQUAL_FATAL(trec_listen(&f.env, "tcp://127.0.0.1:0", &listener), TREC_OK);
	trec_listener_uri(listener, list.uri[2]);
	CU_ASSERT_EQUAL_FATAL(trec_link_connect_any(&f.env, &list, &a), TREC_OK);
	CU_ASSERT_EQUAL(settle(a, listener, &b), TREC_E_AGAIN);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_EQUAL(trec_link_send(b, (const uint8_t *)"hi", 2, &n), TREC_OK);
	CU_ASSERT_EQUAL(settle(a, NULL, NULL), TREC_OK); /* takes the first byte */
	CU_ASSERT_EQUAL(trec_link_recv(a, buf, 4, &n), TREC_OK);
	CU_ASSERT_EQUAL(n, 1);
	trec_link_peer(a, peer);
	CU_ASSERT_STRING_EQUAL(peer, list.uri[2]);
	trec_link_free(&a);
	trec_link_free(&b);
	trec_listener_free(&listener);
	CU_ASSERT(fault_env_clean(&f));
}

/* A listener whose queue is full swallows the first packet: the address seems dead. */
static int silent_address(char at[TREC_URI_MAX + 1], int fill[2])
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&sa, len), 0);
	CU_ASSERT_EQUAL_FATAL(listen(fd, 0), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	for (int i = 0; i < 2; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fill[i], (struct sockaddr *)&sa, len);
	}
	struct tp_uri u = { .host_type = TP_HOST_IP4, .host = "127.0.0.1" };

	u.port = ntohs(sa.sin_port);
	tp_uri_print_tcp(&u, at);
	return fd;
}

static void a_silent_address_delays_by_a_quarter_second_only(void)
{
	struct fault_env f;
	struct trec_listener *listener;
	struct trec_link *a, *b = NULL;
	struct trec_uri_list list = { .n = 2 };
	int fill[2], silent;

	environment(&f);
	silent = silent_address(list.uri[0], fill);
	CU_ASSERT_EQUAL_FATAL(trec_listen(&f.env, "tcp://127.0.0.1:0", &listener), TREC_OK);
	trec_listener_uri(listener, list.uri[1]);
	uint64_t start = now_ms();

	CU_ASSERT_EQUAL_FATAL(trec_link_connect_any(&f.env, &list, &a), TREC_OK);
	CU_ASSERT_EQUAL(settle(a, listener, &b), TREC_E_AGAIN);
	CU_ASSERT_PTR_NOT_NULL(b);
	CU_ASSERT(now_ms() - start >= 200 && now_ms() - start < PATIENCE_MS);
	trec_link_free(&a);
	trec_link_free(&b);
	trec_listener_free(&listener);
	close(fill[0]);
	close(fill[1]);
	close(silent);
	CU_ASSERT(fault_env_clean(&f));
}

static void all_addresses_refusing_is_unreachable(void)
{
	struct fault_env f;
	struct trec_link *a;
	struct trec_uri_list list = { .n = TREC_URI_LIST_MAX };

	environment(&f);
	for (size_t i = 0; i < list.n; i++)
		refusing(&f, list.uri[i]);
	trec_err err = trec_link_connect_any(&f.env, &list, &a);

	if (err == TREC_OK)
		err = settle(a, NULL, NULL);
	CU_ASSERT_EQUAL(err, TREC_E_UNREACHABLE);
	trec_link_free(&a);
	CU_ASSERT(fault_env_clean(&f));
}

static void a_connection_can_be_given_up_at_any_time(void)
{
	struct fault_env f;
	struct trec_link *a;
	struct trec_uri_list list = { .n = 2 };
	int fill[2], silent, before = dup(0);

	close(before);
	environment(&f);
	silent = silent_address(list.uri[0], fill);
	memcpy(list.uri[1], list.uri[0], sizeof(list.uri[0]));
	for (int i = 0; i < 4; i++) {
		size_t n;

		list.n = i < 2 ? 2 : 1;
		CU_ASSERT_EQUAL_FATAL(trec_link_connect_any(&f.env, &list, &a), TREC_OK);
		CU_ASSERT_EQUAL(trec_link_send(a, (const uint8_t *)"x", 1, &n), TREC_E_AGAIN);
		if (i % 2 == 0)
			trec_link_free(&a);
		else
			trec_link_abort(&a);
	}
	close(fill[0]);
	close(fill[1]);
	close(silent);
	int after = dup(0);

	close(after);
	CU_ASSERT_EQUAL(before, after);
	CU_ASSERT(fault_env_clean(&f));
}

static void lists_that_make_no_sense_are_refused(void)
{
	struct fault_env f;
	struct trec_link *a;
	struct trec_uri_list none = { .n = 0 }, many = { .n = TREC_URI_LIST_MAX + 1 };
	struct trec_uri_list name = { .n = 1, .uri = { "tcp://localhost:1" } };
	struct trec_uri_list mixed = { .n = 2, .uri = { "tcp://127.0.0.1:1", "mem:x" } };
	struct trec_uri_list bad = { .n = 2, .uri = { "tcp://127.0.0.1:1", "tcp://" } };

	environment(&f);
	CU_ASSERT_EQUAL(trec_link_connect_any(&f.env, &none, &a), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_link_connect_any(&f.env, &many, &a), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_link_connect_any(&f.env, &name, &a), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_link_connect_any(&f.env, &mixed, &a), TREC_E_USAGE);
	CU_ASSERT_EQUAL(trec_link_connect_any(&f.env, &bad, &a), TREC_E_BAD_URI);
	CU_ASSERT_EQUAL(trec_link_connect(&f.env, "nfc:", &a),
			TREC_E_UNSUPPORTED);
	CU_ASSERT_PTR_NULL(a);
	CU_ASSERT(fault_env_clean(&f));
}

static void a_name_gives_both_families_in_turn(void)
{
	struct fault_env f;
	struct trec_uri_list list;

	environment(&f);
	eai = 0;
	v6_n = 2;
	v4_n = 2;
	CU_ASSERT_EQUAL(trec_uri_resolve(&f.env, "tcp://device.example:99", &list), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(list.n, 4);
	CU_ASSERT_STRING_EQUAL(list.uri[0], "tcp://[2001::1]:99");
	CU_ASSERT_STRING_EQUAL(list.uri[1], "tcp://192.0.2.1:99");
	CU_ASSERT_STRING_EQUAL(list.uri[2], "tcp://[2001::2]:99");
	CU_ASSERT_STRING_EQUAL(list.uri[3], "tcp://192.0.2.2:99");
	v6_n = 200;
	CU_ASSERT_EQUAL(trec_uri_resolve(&f.env, "tcp://device.example", &list), TREC_OK);
	CU_ASSERT_EQUAL(list.n, TREC_URI_LIST_MAX);
	v6_n = 0;
	v4_n = 0;
	CU_ASSERT_EQUAL(trec_uri_resolve(&f.env, "tcp://device.example", &list),
			TREC_E_UNREACHABLE);
	CU_ASSERT_EQUAL(list.n, 0);
}

static void a_name_nobody_knows_is_unreachable(void)
{
	struct fault_env f;
	struct trec_uri_list list;
	struct trec_link *a;
	struct trec_listener *l;

	environment(&f);
	eai = EAI_NONAME;
	CU_ASSERT_EQUAL(trec_uri_resolve(&f.env, "tcp://none.example", &list), TREC_E_UNREACHABLE);
	CU_ASSERT_EQUAL(trec_link_connect(&f.env, "tcp://none.example", &a), TREC_E_UNREACHABLE);
	CU_ASSERT_EQUAL(trec_listen(&f.env, "tcp://none.example", &l), TREC_E_UNREACHABLE);
	CU_ASSERT_PTR_NULL(a);
	CU_ASSERT_PTR_NULL(l);
	eai = EAI_MEMORY;
	CU_ASSERT_EQUAL(trec_uri_resolve(&f.env, "tcp://none.example", &list), TREC_E_NO_MEMORY);
	eai = 0;
}

static void an_interface_that_does_not_exist_is_unreachable(void)
{
	struct fault_env f;
	struct trec_link *a;
	struct trec_listener *l;

	environment(&f);
	CU_ASSERT_EQUAL(trec_link_connect(&f.env, "tcp://[fe80::1%25nosuchif0]:1", &a),
			TREC_E_UNREACHABLE);
	CU_ASSERT_EQUAL(trec_listen(&f.env, "tcp://[fe80::1%25nosuchif0]:1", &l),
			TREC_E_UNREACHABLE);
	CU_ASSERT_EQUAL(trec_listen(&f.env, "tcp://192.0.2.77:1", &l), TREC_E_UNREACHABLE);
	CU_ASSERT(fault_env_clean(&f));
}

/* Connects to the port of at by IPv4 and checks how both ends name each other. */
static void meet_by_ipv4(struct fault_env *f, struct trec_listener *listener, const char *at)
{
	struct trec_link *a, *b = NULL;
	char text[TREC_URI_MAX + 1] = "tcp://127.0.0.1";

	strcat(text, strrchr(at, ':'));
	CU_ASSERT_EQUAL_FATAL(trec_link_connect(&f->env, text, &a), TREC_OK);
	CU_ASSERT_EQUAL(settle(a, listener, &b), TREC_E_AGAIN);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	trec_link_peer(b, text);
	CU_ASSERT_EQUAL(strncmp(text, "tcp://127.0.0.1:", 16), 0);
	trec_link_free(&a);
	trec_link_free(&b);
}

static void any_ipv6_address_takes_ipv4_too(void)
{
	struct fault_env f;
	struct trec_listener *l;
	char at[TREC_URI_MAX + 1];

	environment(&f);
	CU_ASSERT_EQUAL_FATAL(trec_listen(&f.env, "tcp://[::]:0", &l), TREC_OK);
	trec_listener_uri(l, at);
	meet_by_ipv4(&f, l, at);
	trec_listener_free(&l);
	CU_ASSERT(fault_env_clean(&f));
}

static void without_ipv6_any_address_means_ipv4(void)
{
	struct fault_env f;
	struct trec_listener *l;
	char at[TREC_URI_MAX + 1];

	environment(&f);
	no_ipv6 = true;
	CU_ASSERT_EQUAL_FATAL(trec_listen(&f.env, "tcp://[::]:0", &l), TREC_OK);
	trec_listener_uri(l, at);
	CU_ASSERT_EQUAL(strncmp(at, "tcp://0.0.0.0:", 14), 0);
	meet_by_ipv4(&f, l, at);
	trec_listener_free(&l);
	CU_ASSERT_EQUAL(trec_listen(&f.env, "tcp://[::1]:0", &l), TREC_E_UNSUPPORTED);
	no_ipv6 = false;
	CU_ASSERT(fault_env_clean(&f));
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	(void)getsockopt(fd, level, name, &value, &len);
	return value;
}

static void both_ends_send_at_once_and_notice_a_dead_peer(void)
{
	struct fault_env f;
	struct trec_listener *l;
	struct trec_link *ends[2] = { NULL, NULL };
	struct trec_poll p;
	char at[TREC_URI_MAX + 1];

	environment(&f);
	CU_ASSERT_EQUAL_FATAL(trec_listen(&f.env, "tcp://127.0.0.1:0", &l), TREC_OK);
	trec_listener_uri(l, at);
	CU_ASSERT_EQUAL_FATAL(trec_link_connect(&f.env, at, &ends[0]), TREC_OK);
	CU_ASSERT_EQUAL(settle(ends[0], l, &ends[1]), TREC_E_AGAIN);
	for (int i = 0; i < 2; i++) {
		trec_link_poll(ends[i], false, &p);
		CU_ASSERT_EQUAL(option(p.fd, IPPROTO_TCP, TCP_NODELAY), 1);
		CU_ASSERT_EQUAL(option(p.fd, SOL_SOCKET, SO_KEEPALIVE), 1);
		trec_link_free(&ends[i]);
	}
	trec_listener_free(&l);
	CU_ASSERT(fault_env_clean(&f));
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_address_that_answers_is_taken),
	SUITE_CASE(a_silent_address_delays_by_a_quarter_second_only),
	SUITE_CASE(all_addresses_refusing_is_unreachable),
	SUITE_CASE(a_connection_can_be_given_up_at_any_time),
	SUITE_CASE(lists_that_make_no_sense_are_refused),
	SUITE_CASE(a_name_gives_both_families_in_turn),
	SUITE_CASE(a_name_nobody_knows_is_unreachable),
	SUITE_CASE(an_interface_that_does_not_exist_is_unreachable),
	SUITE_CASE(any_ipv6_address_takes_ipv4_too),
	SUITE_CASE(without_ipv6_any_address_means_ipv4),
	SUITE_CASE(both_ends_send_at_once_and_notice_a_dead_peer),
};

SUITE_MAIN("tcp", cases)
