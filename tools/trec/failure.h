/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a failure the user reads needs more than libtrec's error: which file, which
 * option, how long to wait. It travels from where it is noticed to the last line on stderr.
 */
#ifndef TREC_TOOL_FAILURE_H
#define TREC_TOOL_FAILURE_H

#include <stdint.h>

#include <trec/error.h>

struct failure {
	trec_err err;
	char message[1400]; /* holds the longest explanation of the keystore */
	char hint[384];
	int64_t retry_after_s; /* 0: says nothing about time */
	char refusal[32];      /* why a statement was refused, or empty */
};

/* Fills f and answers err. An empty fmt takes libtrec's own text; the hint is libtrec's. */
trec_err fail(struct failure *f, trec_err err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with libtrec's text; keeps a message that is there already for the same error. */
trec_err fail_plain(struct failure *f, trec_err err);
/* Replaces the hint. */
void fail_hint(struct failure *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
