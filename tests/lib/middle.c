/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the man in the middle that an introducer could be. It has a device's store and
 * key, sits between a caller and the one it calls, ends TLS on both legs and passes on what it
 * reads, so that a scenario can show with whom such a device gets how far.
 *
 *   middle STORE LISTEN-URI TARGET-URI [CALLER-SEES [TARGET-SEES]]
 *
 * STORE is nobody else's meanwhile. A leg shows the device's own certificate, or the one in the DER
 * file that is named instead of `-`; it signs with the device's key, for it has no other. One
 * connection at a time. Prints `ready URI`, then for each
 * connection `call`, `caller open` or `caller failed NAME`, `caller said N` when N of its bytes
 * were read in the clear, the same for `target`, and `end`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <trec/keystore.h>

#include "proto/crypto/crypto.h"
#include "proto/tls/channel.h"
#include "tests/lib/links.h"

#define WAIT_MS 10000

enum { CALLER, TARGET, LEGS };

static const char *const leg_name[LEGS] = { "caller", "target" };

struct leg {
	struct chan *c;
	struct trec_link *link;
	bool open, over;
	uint8_t cert[TREC_CERT_MAX]; /* what it shows */
	size_t cert_len;
	uint8_t held[4096]; /* read here, not yet written there */
	size_t held_len;
};

static _Noreturn void failed(const char *what)
{
	printf("failed %s\n", what);
	exit(1);
}

static void must(trec_err err)
{
	if (err != TREC_OK)
		failed(trec_err_name(err));
}

static void certificate(struct leg *l, const struct trec_own *own, const char *file)
{
	FILE *f;

	if (file == NULL || strcmp(file, "-") == 0) {
		memcpy(l->cert, own->cert.p, own->cert.n);
		l->cert_len = own->cert.n;
		return;
	}
	f = fopen(file, "rb");
	if (f == NULL)
		failed("no such certificate");
	l->cert_len = fread(l->cert, 1, sizeof(l->cert), f);
	(void)fclose(f);
}

static void begin(struct leg *l, int which, const struct trec_signer *signer,
		  struct trec_link *link)
{
	struct chan_session conf = {
		.role = which == CALLER ? CHAN_SERVER : CHAN_CLIENT,
		.cert = trec_bytes(l->cert, l->cert_len),
		.signer = signer,
	};

	l->link = link;
	l->open = l->over = false;
	l->held_len = 0;
	must(chan_new_session(trec_env_default(), &conf, &l->c));
}

static void send_all(struct leg *l)
{
	uint8_t buf[4096];
	size_t n;

	while ((n = chan_drain(l->c, buf, sizeof(buf))) > 0)
		if (links_send(l->link, buf, n, WAIT_MS) != TREC_OK)
			return;
}

static void ends(struct leg *l, int which, trec_err err)
{
	if (!l->open)
		printf("%s failed %s\n", leg_name[which], trec_err_name(err));
	l->over = true;
}

static void take(struct leg *l, int which)
{
	size_t n = 0;
	trec_err err = TREC_OK;

	while (l->held_len < sizeof(l->held) && err == TREC_OK) {
		err = chan_read(l->c, l->held + l->held_len, sizeof(l->held) - l->held_len, &n);
		if (err == TREC_OK && n == 0)
			l->over = true; /* close_notify */
		if (err != TREC_OK || n == 0)
			break;
		l->held_len += n;
		printf("%s said %zu\n", leg_name[which], n);
	}
	if (err != TREC_OK && err != TREC_E_AGAIN)
		ends(l, which, err);
}

/* False: nothing had come. */
static bool feed(struct leg *l, int which)
{
	uint8_t buf[4096];
	size_t n = 0;
	trec_err got = trec_link_recv(l->link, buf, sizeof(buf), &n);

	if (got == TREC_E_AGAIN)
		return false;
	if (got != TREC_OK || n == 0) {
		ends(l, which, TREC_E_LOST);
		return true;
	}
	for (size_t at = 0; at < n && !l->over;) {
		size_t used = 0;
		trec_err err = chan_feed(l->c, trec_bytes(buf + at, n - at), &used);

		at += used;
		if (err != TREC_OK)
			ends(l, which, err);
		else if (!l->open && chan_state(l->c) == CHAN_OPEN) {
			l->open = true;
			printf("%s open\n", leg_name[which]);
		}
		if (l->open && !l->over)
			take(l, which);
		if (used == 0)
			break;
	}
	return true;
}

/* What was read on one leg goes out on the other, as soon as that is open. */
static void pass_on(struct leg *from, struct leg *to)
{
	size_t used = 0;

	if (!to->open || from->held_len == 0)
		return;
	if (chan_write(to->c, trec_bytes(from->held, from->held_len), &used) != TREC_OK)
		to->over = true;
	memmove(from->held, from->held + used, from->held_len - used);
	from->held_len -= used;
}

/* Until a leg ends or nothing happens any more. */
static void relay(struct leg leg[LEGS])
{
	static struct links_wait wait;
	uint64_t idle_since = links_now();

	while (!leg[CALLER].over && !leg[TARGET].over && links_now() < idle_since + WAIT_MS) {
		bool moved = false;

		for (int i = 0; i < LEGS; i++)
			if (!leg[i].over)
				moved |= feed(&leg[i], i);
		for (int i = 0; i < LEGS; i++)
			pass_on(&leg[i], &leg[1 - i]);
		for (int i = 0; i < LEGS; i++)
			send_all(&leg[i]);
		if (moved) {
			idle_since = links_now();
			continue;
		}
		links_begin(&wait, WAIT_MS);
		for (int i = 0; i < LEGS; i++)
			links_add(&wait, leg[i].link, true, false);
		links_wait(&wait);
	}
	for (int i = 0; i < LEGS; i++) {
		pass_on(&leg[1 - i], &leg[i]);
		if (leg[i].open)
			leg[i].over = chan_close(leg[i].c) == TREC_OK;
		send_all(&leg[i]);
		chan_free(&leg[i].c);
		trec_link_free(&leg[i].link);
	}
	printf("end\n");
}

static struct trec_link *dial(const char *uri)
{
	struct trec_link *l = NULL;

	must(trec_link_connect(trec_env_default(), uri, &l));
	return l;
}

int main(int argc, char **argv)
{
	struct trec_keystore_options options = { .dir = argc > 1 ? argv[1] : NULL };
	struct trec_keystore *ks = NULL;
	static struct leg leg[LEGS];
	struct trec_store *s;
	struct trec_listener *in;
	struct trec_own own;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4 || argc > 6)
		failed("usage");
	must(crypto_init());
	must(trec_keystore_open(trec_env_default(), &options, &ks));
	s = trec_keystore_store(ks);
	must(s->ops->own(s, &own));
	certificate(&leg[CALLER], &own, argc > 4 ? argv[4] : NULL);
	certificate(&leg[TARGET], &own, argc > 5 ? argv[5] : NULL);
	in = links_listen(argv[2]);
	for (;;) {
		struct trec_link *caller = links_accept(in);

		printf("call\n");
		begin(&leg[CALLER], CALLER, own.signer, caller);
		begin(&leg[TARGET], TARGET, own.signer, dial(argv[3]));
		relay(leg);
	}
}
