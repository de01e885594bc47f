/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: somebody who connects and says what it likes, over any transport.
 *
 *   wire URI [SECONDS]
 *
 * sends its standard input to URI, then ends its direction and prints what comes back until the
 * peer ends too, at most SECONDS (15). Where half an end is none, it hears out the peer for a
 * second and then hangs up.
 *
 *   wire --silent N URI
 *
 * opens N connections, prints `open N` for as many as came about, says nothing on them and waits
 * to be killed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/links.h"

#define SILENT_MAX 64
#define LAST_WORDS_MS 1000
#define CONNECT_MS 10000

static int fail(const char *what, trec_err err)
{
	fprintf(stderr, "wire: %s: %s\n", what, trec_err_text(err));
	return 1;
}

static int talk(const char *uri, uint64_t patience_ms)
{
	uint64_t until = links_now() + patience_ms;
	struct trec_link *l = NULL;
	uint8_t b[16384];
	size_t n;
	trec_err err = trec_link_connect(trec_env_default(), uri, &l);

	/* A peer that has hung up may have said something before. */
	while (err == TREC_OK && (n = fread(b, 1, sizeof(b), stdin)) > 0)
		err = links_send(l, b, n, patience_ms);
	if (l == NULL || err == TREC_E_UNREACHABLE)
		return fail(uri, err);
	if (err == TREC_OK && links_half_close(l))
		err = trec_link_shutdown(l);
	if (!links_half_close(l) && patience_ms > LAST_WORDS_MS)
		until = links_now() + LAST_WORDS_MS;
	for (err = TREC_OK; err == TREC_OK && links_now() < until;) {
		err = links_recv(l, b, sizeof(b), &n, until - links_now());
		if (err != TREC_OK || n == 0)
			break;
		(void)fwrite(b, 1, n, stdout);
	}
	trec_link_free(&l);
	return 0;
}

/* Whether the connection came about: nothing is sent to find out. */
static bool came_about(struct trec_link *l, uint64_t until)
{
	static struct links_wait w;
	uint8_t b[1];
	size_t n;

	while (links_now() < until) {
		struct trec_poll p;
		trec_err err = trec_link_recv(l, b, sizeof(b), &n);

		if (err != TREC_E_AGAIN)
			return err == TREC_OK;
		trec_link_poll(l, false, &p);
		if (p.readable && !p.writable)
			return true;
		links_begin(&w, until - links_now());
		links_add(&w, l, true, false);
		links_wait(&w);
	}
	return false;
}

static _Noreturn void silent(const char *uri, long count)
{
	static struct trec_link *l[SILENT_MAX];
	int open = 0;

	for (long i = 0; i < count && i < SILENT_MAX; i++)
		if (trec_link_connect(trec_env_default(), uri, &l[i]) == TREC_OK &&
		    came_about(l[i], links_now() + CONNECT_MS))
			open++;
	printf("open %d\n", open);
	fflush(stdout);
	for (;;)
		(void)pause();
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--silent") == 0)
		silent(argv[3], strtol(argv[2], NULL, 10));
	if (argc == 2 || argc == 3)
		return talk(argv[1],
			    argc == 3 ? 1000 * strtoul(argv[2], NULL, 10) : 15000);
	fprintf(stderr, "usage: wire URI [SECONDS] | wire --silent N URI\n");
	return 2;
}
