/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See strace_rig.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include "tests/lib/strace_rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK "/trec-strace-rig-begin"
#define ARGS 16

void strace_rig_begin(void)
{
	(void)access(MARK, F_OK);
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

/* strace with its options, and argv behind them; its messages go nowhere. */
static void become(char *const *argv, const char *log, const char *inject, int out)
{
	const char *args[ARGS + 12] = { "strace", "-qq", "-o", log };
	size_t n = 4;
	char trace[64];
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (inject != NULL) {
		snprintf(trace, sizeof trace, "trace=%.*s", (int)strcspn(inject + 7, ":"),
			 inject + 7);
		/* Prints nothing else. (--seccomp-bpf stops at nothing else, but loses kills.) */
		args[n++] = "-e";
		args[n++] = trace;
		args[n++] = "-e";
		args[n++] = inject;
	}
	for (size_t i = 0; argv[i] != NULL && n < ARGS + 11; i++)
		args[n++] = argv[i];
	/* LeakSanitizer is a tracer itself. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	setenv("LC_ALL", "C", 1);
	dup2(out, STDOUT_FILENO);
	if (getenv("STRACE_RIG_LOUD") == NULL)
		dup2(nowhere, STDERR_FILENO);
	execvp(args[0], (char *const *)args);
	_exit(127);
}

static void run(char *const *argv, const char *log, const char *inject, struct strace_end *out)
{
	int ends[2];
	int status = 0;
	size_t n = 0;
	ssize_t got = 1;

	memset(out, 0, sizeof *out);
	must(pipe2(ends, O_CLOEXEC) == 0, "pipe");
	pid_t child = fork();

	must(child >= 0, "fork");
	if (child == 0)
		become(argv, log, inject, ends[1]);
	close(ends[1]);
	while (got > 0 && n < sizeof out->said - 1) {
		got = read(ends[0], out->said + n, sizeof out->said - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	close(ends[0]);
	must(waitpid(child, &status, 0) == child, "waitpid");
	out->killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	out->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const char *strace_rig_cannot(void)
{
	char *argv[] = { (char *)(size_t)"true", NULL };
	struct strace_call last = { "exit_group", 1 };
	struct strace_end end;

	run(argv, "/dev/null", NULL, &end);
	if (end.status == 127)
		return "strace is not installed";
	if (end.status != 0)
		return "strace may not trace programs here (ptrace is not permitted)";
	strace_rig_run(argv, &last, "signal=KILL", &end);
	return end.killed ? NULL : "this strace cannot inject signals";
}

void strace_rig_run(char *const *argv, const struct strace_call *call, const char *how,
		    struct strace_end *out)
{
	char inject[96];

	snprintf(inject, sizeof inject, "inject=%s:%s:when=%u", call->name, how, call->nth);
	run(argv, "/dev/null", inject, out);
}

void strace_rig_run_from(char *const *argv, const struct strace_call *call, const char *how,
			 struct strace_end *out)
{
	char inject[96];

	snprintf(inject, sizeof inject, "inject=%s:%s:when=%u+", call->name, how, call->nth);
	run(argv, "/dev/null", inject, out);
}

/* Counts line's call among those of its kind. */
static void add(struct strace_list *all, const char *line)
{
	size_t n = strcspn(line, "(");
	struct strace_call c = { .nth = 1 };

	if (line[n] == '\0' || n >= sizeof c.name || line[0] == '+' || line[0] == '-')
		return;
	memcpy(c.name, line, n);
	if (strcmp(c.name, "execve") == 0) /* strace's own */
		return;
	for (size_t i = 0; i < all->n; i++)
		c.nth += strcmp(all->call[i].name, c.name) == 0;
	must(all->n < STRACE_CALLS_MAX, "strace_rig: too many calls");
	all->call[all->n++] = c;
}

void strace_rig_list(char *const *argv, bool from_start, struct strace_list *out)
{
	char log[] = "/tmp/trec-strace-XXXXXX";
	static char line[4096];
	struct strace_end end;
	size_t begin = 0;
	int fd = mkstemp(log);

	must(fd >= 0, "mkstemp");
	out->n = 0;
	run(argv, log, NULL, &end);
	if (end.status != 0) {
		fprintf(stderr, "strace_rig: %s %s ended with %d\n", argv[0], argv[1], end.status);
		abort();
	}
	FILE *f = fdopen(fd, "r");

	must(f != NULL, "fdopen");
	while (fgets(line, sizeof line, f) != NULL) {
		add(out, line);
		if (strstr(line, MARK) != NULL)
			begin = out->n;
	}
	fclose(f);
	unlink(log);
	if (!from_start) {
		must(begin > 0, "strace_rig: the program never began");
		out->n -= begin;
		memmove(out->call, out->call + begin, out->n * sizeof *out->call);
	}
}
