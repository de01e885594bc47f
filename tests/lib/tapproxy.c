/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: somebody on the wire between two real programs. Forwards TCP connections to a
 * port of this machine, keeps what passed, and on request alters a byte, cuts the connection, or
 * holds everything back at a chosen place, so that a script can kill one side exactly there.
 *
 *   tapproxy [OPTION]... PORT        forwards to 127.0.0.1:PORT
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
 * DIR is c2s or s2c. Prints `ready PORT` when it listens, and `cut`, `flipped`, `held`, `half` when
 * that happened. One process per connection; all end when the first one is terminated.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { C2S, S2C, DIRS };

static const char *const dir_name[DIRS] = { "c2s", "s2c" };

struct spot {
	bool set;
	int dir;
	uint64_t at;
	uint8_t mask;
};

static struct {
	uint16_t port;
	struct spot flip, cut, hold, half;
	long hold_flight; /* -1: never */
	unsigned only;    /* 0: every connection */
	int log[DIRS];
	int trace;
} opt = { .hold_flight = -1, .log = { -1, -1 }, .trace = -1 };

struct way {
	int from, to;
	uint64_t passed;
	uint8_t buf[65536];
	size_t at, n;
	bool eof, done;
};

struct tap {
	struct way way[DIRS];
	bool harm;
	long flight; /* -1 before the first byte */
	int last_dir;
	bool held;
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

static struct sockaddr_in loopback(uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sa;
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

static void reset_both(struct tap *t)
{
	struct linger now = { .l_onoff = 1 };

	for (int d = 0; d < DIRS; d++) {
		(void)setsockopt(t->way[d].from, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(t->way[d].from);
	}
	say("cut");
	_exit(0);
}

/* Takes what has come in; false when this direction is to be held back for good. */
static void take(struct tap *t, int dir)
{
	struct way *w = &t->way[dir];
	ssize_t n;

	if (dir != t->last_dir) {
		if (t->harm && opt.hold_flight >= 0 && t->flight + 1 >= opt.hold_flight) {
			t->held = true;
			return;
		}
	}
	n = read(w->from, w->buf, sizeof(w->buf));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		w->eof = true;
		return;
	}
	if (dir != t->last_dir) {
		t->last_dir = dir;
		t->flight++;
	}
	w->at = 0;
	w->n = may_pass(t, dir, (size_t)n);
	note(dir, w->buf, w->n);
	alter(t, dir);
}

static void give(struct tap *t, int dir)
{
	struct way *w = &t->way[dir];

	if (w->n > 0) {
		ssize_t n = send(w->to, w->buf + w->at, w->n, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			w->eof = true;
			w->n = 0;
		} else if (n > 0) {
			w->at += (size_t)n;
			w->n -= (size_t)n;
			w->passed += (uint64_t)n;
		}
	}
	if (t->harm && opt.cut.set && opt.cut.dir == dir && w->n == 0 && w->passed >= opt.cut.at)
		reset_both(t);
	if (w->eof && w->n == 0 && !w->done) {
		(void)shutdown(w->to, SHUT_WR);
		w->done = true;
	}
}

static void forward(struct tap *t)
{
	while (!t->way[C2S].done || !t->way[S2C].done) {
		struct pollfd p[DIRS * 2];

		for (int d = 0; d < DIRS; d++) {
			struct way *w = &t->way[d];
			int in = !w->eof && w->n == 0 && !t->held ? w->from : -1;
			int out = w->n > 0 ? w->to : -1;

			p[d] = (struct pollfd){ .fd = in, .events = POLLIN };
			p[DIRS + d] = (struct pollfd){ .fd = out, .events = POLLOUT };
		}
		if (t->held && t->way[C2S].n == 0 && t->way[S2C].n == 0) {
			say("held");
			for (;;)
				(void)pause();
		}
		if (poll(p, DIRS * 2, -1) < 0)
			continue;
		for (int d = 0; d < DIRS; d++) {
			if (p[d].revents != 0 && !t->held)
				take(t, d);
			give(t, d);
		}
	}
}

static void prepare(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static _Noreturn void serve(int client, unsigned number)
{
	static struct tap t;
	struct sockaddr_in sa = loopback(opt.port);
	int server = socket(AF_INET, SOCK_STREAM, 0);

	/* A test that dies leaves nothing behind. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (server < 0 || connect(server, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		_exit(0);
	prepare(client);
	prepare(server);
	t.harm = opt.only == 0 || opt.only == number;
	t.flight = -1;
	t.last_dir = -1;
	t.way[C2S].from = t.way[S2C].to = client;
	t.way[S2C].from = t.way[C2S].to = server;
	forward(&t);
	_exit(0);
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

	if (strcmp(name, "--log") == 0) {
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

int main(int argc, char **argv)
{
	struct sockaddr_in sa = loopback(0);
	socklen_t len = sizeof(sa);
	uint64_t port = 0;
	int i = 1;

	while (i + 2 < argc && option(argv[i], argv[i + 1]))
		i += 2;
	if (i != argc - 1 || !number(argv[i], &port) || port == 0 || port > 65535) {
		fprintf(stderr, "usage: tapproxy [OPTION VALUE]... PORT; options in its source\n");
		return 2;
	}
	opt.port = (uint16_t)port;
	(void)signal(SIGCHLD, SIG_IGN);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    listen(listener, 128) != 0 || getsockname(listener, (struct sockaddr *)&sa, &len) != 0)
		die("listen");
	printf("ready %u\n", ntohs(sa.sin_port));
	fflush(stdout);
	for (unsigned n = 1;; n++) {
		int client = accept(listener, NULL, NULL);

		if (client < 0) {
			n--;
			continue;
		}
		pid_t pid = fork();

		if (pid == 0) {
			close(listener);
			serve(client, n);
		}
		close(client);
	}
}
