/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: one test that every transport has to pass. contract.c and contract_listen.c
 * hold the claims, contract_help.c what they share; one small file per transport says how to
 * get a pair of links and what the transport cannot do.
 */
#ifndef TREC_TESTS_CONTRACT_H
#define TREC_TESTS_CONTRACT_H

#include <trec/transport.h>

#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"

struct contract_subject {
	const char *module;    /* name of the test program's module */
	const char *transport; /* what trec_link_transport() answers */
	const char *listen;    /* address to listen on; DIR is a directory of the test's own */
	bool tells_reset;      /* an aborted link is seen as TREC_E_LOST by the other end */
	bool accept_needs_fd;  /* accepting takes a descriptor */
	/*
	 * RFCOMM's ways. whole: a close ends both directions; a shutdown answers TREC_OK, but the
	 * other end sees nothing of it before the link is freed. one_link: two machines have no
	 * more than one link to a listener at a time. slow: what is sent moves on by itself for a
	 * while, so a full buffer has to be waited for.
	 */
	bool whole;
	bool one_link;
	bool slow;
	/* NULL, or why this machine cannot run it. */
	const char *(*missing)(void);
	/* Makes a pair without listening, and takes its remains; NULL: by listening. */
	bool (*pair)(const struct trec_env *env, struct trec_link *ends[2]);
	void (*unpair)(void);
};

extern const struct contract_subject contract_subject;

#define PATIENCE_MS 5000

struct pair {
	struct fault_env f;
	struct trec_listener *listener;
	struct trec_link *a, *b; /* a connected, b accepted */
};

extern char contract_uri[TREC_URI_MAX + 1];

uint64_t contract_now_ms(void);
/* Sleeps until what p asks for, or for at most 100 ms. */
void contract_rest(const struct trec_poll *p);
/* Whether the descriptor is ready in a way p asks for. */
bool contract_ready(const struct trec_poll *p);
/* The same for a link. */
void contract_wait(struct trec_link *l, bool want_write);
/* These wait for at most PATIENCE_MS. */
trec_err contract_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n);
trec_err contract_send_all(struct trec_link *l, const void *bytes, size_t n);
/* from is who connects: a link comes about only while somebody asks for it. */
trec_err contract_accept(struct trec_listener *l, struct trec_link *from, struct trec_link **out);
bool contract_recv_exactly(struct trec_link *l, void *out, size_t n);
/* from sends text, to gets it. */
bool contract_says(struct trec_link *from, struct trec_link *to, const char *text);
bool contract_at_end(struct trec_link *l);
/* Waits until a connection has come about (TREC_E_AGAIN: nothing to read yet) or failed. */
trec_err contract_settle(struct trec_link *l);

/* A fault environment on the real clock. */
void contract_env(struct fault_env *f);
/* Listens, connects and accepts; false after a failed assertion. */
bool contract_begin(struct pair *p);
void contract_part(struct pair *p);
size_t contract_open_fds(void);

/* contract_listen.c: the claims about addresses and listeners. */
extern const struct suite_case contract_listen_cases[];
extern const size_t contract_listen_n;

#endif
