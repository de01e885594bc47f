/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the one place that writes to stdout and stderr. Every result is a JSON object
 * first; without --json a table turns it into text, so both forms always say the same.
 */
#ifndef TREC_TOOL_OUT_H
#define TREC_TOOL_OUT_H

#include <jansson.h>
#include <stdbool.h>

#include <trec/env.h>

#include "tools/trec/failure.h"

struct out {
	bool json;
	int verbose;            /* -1 errors only, 0 warnings, 1 information, 2 all */
	bool never_block;       /* drop what a full pipe does not take: the daemon must go on */
	const char *qr;         /* how to draw a code: "terminal", "png:FILE", "svg:FILE" or NULL */
	json_t *kept;           /* results of kind `keep` go here, unwritten; NULL: none do */
	const char *keep;
	struct failure failure; /* drawing a result failed */
};

/* Makes jansson wipe what it frees: requests and codes pass through it. Before any other use. */
void out_init_memory(void);
/* One result, by its "event" or, for those that have none, by kind ("id", "info", ...). */
void out_result(struct out *o, const char *kind, const json_t *object);
/* A line for stderr, without a newline. */
void out_note(struct out *o, enum trec_level level, const char *line);
/* The last line on stderr; answers the exit status. */
int out_failure(struct out *o, const struct failure *f);
/* A JSON object's failure as it travels on the control socket, and back. */
json_t *out_failure_json(const struct failure *f);
void out_failure_from_json(const json_t *object, struct failure *f);

#endif
