/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: somebody on the wire between two real programs. Forwards connections of any
 * transport, keeps what passed, and on request alters a byte, cuts the connection, or holds
 * everything back at a chosen place, so that a script can kill one side exactly there.
 *
 *   tapproxy [OPTION]... --listen URI TARGET-URI
 *   --log FILE            appends what passed to FILE.c2s and FILE.s2c, before any flip
 *   --trace FILE          appends a line `c2s N` or `s2c N` for each piece that passed
 *   --flip DIR:AT:MASK    byte AT (from 0) of each connection's direction DIR, xor MASK
 *   --cut DIR:AT          resets both sides when AT bytes of DIR have passed
 *   --hold DIR:AT         lets AT bytes of DIR pass and then nothing, in no direction
 *   --half-close DIR:AT   ends DIR alone when AT bytes of it have passed; the other way goes on
 *   --hold-flight N       the same when the N-th change of direction would begin (the client's
 *                         first bytes are flight 0)
 *   --only N              these hit only the N-th connection (from 1); others pass unharmed
 *
 * DIR is c2s or s2c. Prints `ready URI` when it listens, and `cut`, `flipped`, `held`, `half` when
 * that happened. A connection that is held stays so until the program is killed; others go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/links.h"

#define TAPS_MAX 256 /* connections at a time */
#define TURNS_MAX 64 /* of one connection, before the others have theirs */

enum { C2S, S2C, DIRS };

static const char *const dir_name[DIRS] = { "c2s", "s2c" };

struct spot {
	bool set;
	int dir;
	uint64_t at;
	uint8_t mask;
};

static struct {
	const char *listen, *target;
	struct spot flip, cut, hold, half;
	long hold_flight; /* -1: never */
	unsigned only;    /* 0: every connection */
	int log[DIRS];
	int trace;
} opt = { .hold_flight = -1, .log = { -1, -1 }, .trace = -1 };

struct way {
	uint64_t passed;
	uint8_t buf[65536];
	size_t at, n;
	bool eof, done;
};

struct tap {
	struct trec_link *end[DIRS]; /* from which that direction comes: the client, the server */
	struct way way[DIRS];
	bool harm;
	long flight; /* -1 before the first byte */
	int last_dir;
	bool held, told; /* nothing passes any more; that was said */
};

static void die(const char *what)
{
	fprintf(stderr, "tapproxy: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void say(const char *word)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%s\n", word);

	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(1);
}

/* How many of the n bytes that came may pass in this direction. */
static size_t may_pass(struct tap *t, int dir, size_t n)
{
	const struct way *w = &t->way[dir];

	if (!t->harm)
		return n;
	if (opt.hold.set && opt.hold.dir == dir && w->passed + n >= opt.hold.at) {
		t->held = true;
		return (size_t)(opt.hold.at - w->passed);
	}
	if (opt.cut.set && opt.cut.dir == dir && w->passed + n > opt.cut.at)
		return (size_t)(opt.cut.at - w->passed);
	if (opt.half.set && opt.half.dir == dir && w->passed + n >= opt.half.at) {
		t->way[dir].eof = true;
		say("half");
		return (size_t)(opt.half.at - w->passed);
	}
	return n;
}

static void note(int dir, const uint8_t *p, size_t n)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s %zu\n", dir_name[dir], n);

	if (opt.log[dir] >= 0 && write(opt.log[dir], p, n) != (ssize_t)n)
		die("log");
	if (opt.trace >= 0 && write(opt.trace, line, (size_t)len) != len)
		die("trace");
}

static void alter(struct tap *t, int dir)
{
	struct way *w = &t->way[dir];

	if (!t->harm || !opt.flip.set || opt.flip.dir != dir || opt.flip.at < w->passed ||
	    opt.flip.at - w->passed >= w->n)
		return;
	w->buf[opt.flip.at - w->passed] ^= opt.flip.mask;
	say("flipped");
}

static void tap_free(struct tap **t, bool abrupt)
{
	for (int d = 0; d < DIRS; d++) {
		if (abrupt)
			trec_link_abort(&(*t)->end[d]);
		else
			trec_link_free(&(*t)->end[d]);
	}
	free(*t);
	*t = NULL;
}

/* Takes what has come in, unless this direction is to be held back for good. Whether it moved. */
static bool take(struct tap *t, int dir)
{
	struct way *w = &t->way[dir];
	size_t n = 0;
	trec_err err;

	if (w->eof || w->n > 0 || t->held)
		return false;
	if (dir != t->last_dir && t->harm && opt.hold_flight >= 0 &&
	    t->flight + 1 >= opt.hold_flight) {
		/* Held when there is something to hold, so it is looked for, and thrown away. */
		err = trec_link_recv(t->end[dir], w->buf, sizeof(w->buf), &n);
		t->held = err != TREC_E_AGAIN;
		return t->held;
	}
	err = trec_link_recv(t->end[dir], w->buf, sizeof(w->buf), &n);
	if (err == TREC_E_AGAIN)
		return false;
	if (err != TREC_OK || n == 0) {
		w->eof = true;
		return true;
	}
	if (dir != t->last_dir) {
		t->last_dir = dir;
		t->flight++;
	}
	w->at = 0;
	w->n = may_pass(t, dir, n);
	note(dir, w->buf, w->n);
	alter(t, dir);
	return true;
}

/* Passes on what was taken. Whether it moved. */
static bool give(struct tap *t, int dir)
{
	struct way *w = &t->way[dir];
	struct trec_link *to = t->end[1 - dir];
	bool moved = false;

	if (w->n > 0) {
		size_t n = 0;
		trec_err err = trec_link_send(to, w->buf + w->at, w->n, &n);

		moved = err != TREC_E_AGAIN;
		if (err != TREC_OK && err != TREC_E_AGAIN) {
			w->eof = true;
			w->n = 0;
		}
		w->at += n;
		w->n -= n;
		w->passed += n;
	}
	if (w->eof && w->n == 0 && !w->done) {
		/* Where half an end is none, the whole connection ends with it. */
		if (trec_link_shutdown(to) != TREC_OK || !links_half_close(to))
			t->way[1 - dir].eof = t->way[1 - dir].done = true;
		w->done = moved = true;
	}
	return moved;
}

static bool is_cut(const struct tap *t)
{
	const struct way *w = &t->way[opt.cut.dir];

	return t->harm && opt.cut.set && w->n == 0 && w->passed >= opt.cut.at;
}

/* Moves what can be moved; the tap is gone when its connection is over. */
static void forward(struct tap **tp)
{
	struct tap *t = *tp;
	bool moved = true;

	for (int turn = 0; moved && turn < TURNS_MAX; turn++) {
		moved = false;
		for (int d = 0; d < DIRS; d++) {
			moved |= take(t, d);
			moved |= give(t, d);
			if (is_cut(t)) {
				tap_free(tp, true);
				say("cut");
				return;
			}
		}
	}
	if (t->held && !t->told && t->way[C2S].n == 0 && t->way[S2C].n == 0) {
		t->told = true;
		say("held");
	}
	if (t->way[C2S].done && t->way[S2C].done)
		tap_free(tp, false);
}

static void watch(struct links_wait *w, const struct tap *t)
{
	for (int d = 0; d < DIRS; d++) {
		const struct way *from = &t->way[d], *to = &t->way[1 - d];

		links_add(w, t->end[d], !from->eof && from->n == 0 && !t->held, to->n > 0);
	}
}

/* A connection, and one to the target for it; NULL if there is none to be had. */
static struct tap *tap_new(struct trec_link *client, unsigned number)
{
	struct tap *t = calloc(1, sizeof(*t));

	if (t == NULL)
		die("memory");
	t->end[C2S] = client;
	t->harm = opt.only == 0 || opt.only == number;
	t->flight = -1;
	t->last_dir = -1;
	if (trec_link_connect(trec_env_default(), opt.target, &t->end[S2C]) != TREC_OK)
		tap_free(&t, true);
	return t;
}

static bool number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return errno == 0 && end != text && *end == '\0';
}

/* DIR:AT or DIR:AT:MASK */
static bool spot(const char *text, bool masked, struct spot *out)
{
	char copy[64], *at, *mask = NULL;
	uint64_t v = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	at = strchr(copy, ':');
	if (at == NULL)
		return false;
	*at++ = '\0';
	if (masked) {
		mask = strchr(at, ':');
		if (mask == NULL)
			return false;
		*mask++ = '\0';
		if (!number(mask, &v) || v == 0 || v > 255)
			return false;
		out->mask = (uint8_t)v;
	}
	out->set = number(at, &out->at);
	out->dir = strcmp(copy, "s2c") == 0 ? S2C : C2S;
	return out->set && (out->dir == S2C || strcmp(copy, "c2s") == 0);
}

static int open_log(const char *base, const char *suffix)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s%s", base, suffix);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		die(path);
	return fd;
}

static bool option(const char *name, const char *value)
{
	uint64_t v = 0;
	bool ok = true;

	if (strcmp(name, "--listen") == 0) {
		opt.listen = value;
	} else if (strcmp(name, "--log") == 0) {
		opt.log[C2S] = open_log(value, ".c2s");
		opt.log[S2C] = open_log(value, ".s2c");
	} else if (strcmp(name, "--trace") == 0) {
		opt.trace = open_log(value, "");
	} else if (strcmp(name, "--flip") == 0) {
		ok = spot(value, true, &opt.flip);
	} else if (strcmp(name, "--cut") == 0) {
		ok = spot(value, false, &opt.cut);
	} else if (strcmp(name, "--hold") == 0) {
		ok = spot(value, false, &opt.hold);
	} else if (strcmp(name, "--half-close") == 0) {
		ok = spot(value, false, &opt.half);
	} else if (strcmp(name, "--hold-flight") == 0) {
		ok = number(value, &v) && v < 1000;
		opt.hold_flight = (long)v;
	} else if (strcmp(name, "--only") == 0) {
		ok = number(value, &v) && v < 100000;
		opt.only = (unsigned)v;
	} else {
		ok = false;
	}
	return ok;
}

static _Noreturn void serve(struct trec_listener *listener)
{
	static struct tap *taps[TAPS_MAX];
	static struct links_wait w;
	unsigned count = 0;

	for (;;) {
		bool more = true;

		for (int i = 0; i < TAPS_MAX; i++) {
			struct trec_link *client = NULL;

			if (taps[i] == NULL && more) {
				more = trec_listener_accept(listener, &client) == TREC_OK;
				taps[i] = more ? tap_new(client, ++count) : NULL;
			}
			if (taps[i] != NULL)
				forward(&taps[i]);
		}
		links_begin(&w, 60000);
		links_add_listener(&w, listener);
		for (int i = 0; i < TAPS_MAX; i++)
			if (taps[i] != NULL)
				watch(&w, taps[i]);
		links_wait(&w);
	}
}

int main(int argc, char **argv)
{
	int i = 1;

	while (i + 2 < argc && option(argv[i], argv[i + 1]))
		i += 2;
	if (i != argc - 1 || opt.listen == NULL || trec_uri_check(argv[i]) != TREC_OK) {
		fprintf(stderr, "usage: tapproxy [OPTION VALUE]... --listen URI TARGET-URI; "
				"options in its source\n");
		return 2;
	}
	opt.target = argv[i];
	(void)signal(SIGPIPE, SIG_IGN);
	serve(links_listen(opt.listen));
}
