/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the command line of docs/CLI.md as data. One table row says what a command
 * is called, takes and does; the parser, the help, the shell completion and the documents'
 * test all read that row.
 */
#ifndef TREC_TOOL_ARGS_H
#define TREC_TOOL_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/trec/failure.h"

#define ARGS_OPTIONS_MAX 64
#define ARGS_OPERANDS_MAX 9 /* devices of `introduce` */

struct cli;

struct option_spec {
	const char *name; /* "--listen"; NULL ends a list */
	const char *arg;  /* what the value is, or NULL for a flag */
	const char *help;
	bool repeat; /* may be given more than once */
	bool secret; /* a value on the command line is a secret others can read */
};

struct command {
	const char *name;
	const char *synopsis; /* what follows the name */
	const char *summary;
	int operands_min, operands_max;
	const struct option_spec *options;
	trec_err (*run)(struct cli *cli, struct failure *f);
};

/* The whole table; ends with a row without a name. */
extern const struct command commands[];
/* Options every command takes; ends with a row without a name. */
extern const struct option_spec common_options[];

/* A parsed command line. Strings are argv's own. */
struct args {
	const struct command *command; /* NULL: none was named */
	const char *store;
	bool json, help, version, require_locked;
	int verbose;
	struct {
		const struct option_spec *spec;
		char *value;
	} given[ARGS_OPTIONS_MAX];
	size_t given_count;
	const char *operands[ARGS_OPERANDS_MAX];
	size_t operands_count;
};

const struct command *args_find_command(const struct command *table, const char *name);
/* Parses argv; a value of --json is set as soon as it is seen, also when the rest fails. */
trec_err args_parse(struct args *a, const struct command *table, int argc, char **argv,
		    struct failure *f);
bool args_has(const struct args *a, const char *option);
/* Value of an option, or NULL. With several, the i-th. */
const char *args_value(const struct args *a, const char *option);
const char *args_value_at(const struct args *a, const char *option, size_t i);
/* An option's decimal value within bounds; fallback if it is not given. */
trec_err args_number(const struct args *a, const char *option, unsigned min, unsigned max,
		     unsigned fallback, unsigned *out, struct failure *f);
/* Refuses two of a set of options that exclude each other; names ends with NULL. */
trec_err args_exclusive(const struct args *a, const char *const *names, struct failure *f);

#endif
