/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a program that is killed before a chosen system call, or whose chosen call
 * fails, without a change to the program: strace(1) does it. Calls are named by kind and number
 * (the 3rd pwrite64), from the place on where the program calls strace_rig_begin.
 */
#ifndef TREC_TESTS_STRACE_RIG_H
#define TREC_TESTS_STRACE_RIG_H

#include <stdbool.h>
#include <stddef.h>

struct strace_call {
	char name[24];
	unsigned nth;
};

#define STRACE_CALLS_MAX 4000

struct strace_list {
	struct strace_call call[STRACE_CALLS_MAX];
	size_t n;
};

/* How a program ended, and what it printed. */
struct strace_end {
	bool killed; /* by SIGKILL */
	int status;  /* else its exit status; -1: by another signal */
	char said[256];
};

/* In the program: what comes before is not listed. Of several the last counts. */
void strace_rig_begin(void);
/* NULL, or why programs cannot be traced here. */
const char *strace_rig_cannot(void);
/* Runs argv and lists its calls; from_start: also those before strace_rig_begin. Aborts the
 * program that asks where that cannot be done. */
void strace_rig_list(char *const *argv, bool from_start, struct strace_list *out);
/* Runs argv; how, as "signal=KILL" or "error=EIO", happens at that call. */
void strace_rig_run(char *const *argv, const struct strace_call *call, const char *how,
		    struct strace_end *out);
/* The same at that call and at every later one of its kind. */
void strace_rig_run_from(char *const *argv, const struct strace_call *call, const char *how,
			 struct strace_end *out);

#endif
