/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what the programs that stand on a wire in scenarios share, so that they stand
 * on any transport: waiting for several links at once, sending and receiving on one as if it
 * blocked.
 */
#ifndef TREC_TESTS_LINKS_H
#define TREC_TESTS_LINKS_H

#include <poll.h>
#include <trec/transport.h>

#define LINKS_WAIT_MAX 1024

/* What is waited for. */
struct links_wait {
	struct pollfd p[LINKS_WAIT_MAX];
	nfds_t n;
	uint64_t until_ms; /* of trec_env_default()'s clock */
};

/* Waits no longer than max_ms. */
void links_begin(struct links_wait *w, uint64_t max_ms);
/* Neither wanted: the link is left alone. */
void links_add(struct links_wait *w, const struct trec_link *l, bool read, bool write);
void links_add_listener(struct links_wait *w, const struct trec_listener *l);
void links_wait(struct links_wait *w);

uint64_t links_now(void);
/* All of p, or the reason why not; TREC_E_TIMEOUT. */
trec_err links_send(struct trec_link *l, const uint8_t *p, size_t n, uint64_t patience_ms);
/* At least a byte; *n == 0: the end. TREC_E_TIMEOUT. */
trec_err links_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n,
		    uint64_t patience_ms);
/* The next connection, however long it takes; the process ends if there will be none. */
struct trec_link *links_accept(struct trec_listener *l);
/* Listens and prints `ready URI`; the process ends with a message if it cannot. */
struct trec_listener *links_listen(const char *uri);
/* Whether one direction can end while the other goes on. */
bool links_half_close(const struct trec_link *l);

#endif
