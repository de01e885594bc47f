/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parses a command line against the command table; see args.h. Touches nothing but its input. */
#include <string.h>

#include "tools/trec/args.h"

const struct option_spec common_options[] = {
	{ "--store", "DIR", "the store to use", false, false },
	{ "--json", NULL, "one JSON object per line on stdout, errors as JSON on stderr", false,
	  false },
	{ "--require-locked", NULL, "end where secrets cannot be kept in locked memory", false,
	  false },
	{ "-v", NULL, "say more on stderr; twice says all", true, false },
	{ "--help", NULL, "show what the command takes", false, false },
	{ "--version", NULL, "show the version", false, false },
	{ NULL, NULL, NULL, false, false }
};

const struct command *args_find_command(const struct command *table, const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

/* The row whose name is the first n characters of word. */
static const struct option_spec *find_option(const struct option_spec *list, const char *word,
					     size_t n)
{
	for (; list && list->name; list++)
		if (strlen(list->name) == n && !memcmp(list->name, word, n))
			return list;
	return NULL;
}

static bool take_common(struct args *a, const struct option_spec *spec, const char *value)
{
	const char *name = spec->name;

	if (!strcmp(name, "--store"))
		a->store = value;
	else if (!strcmp(name, "--json"))
		a->json = true;
	else if (!strcmp(name, "--require-locked"))
		a->require_locked = true;
	else if (!strcmp(name, "-v"))
		a->verbose++;
	else if (!strcmp(name, "--help"))
		a->help = true;
	else if (!strcmp(name, "--version"))
		a->version = true;
	else
		return false;
	return true;
}

static trec_err take_own(struct args *a, const struct option_spec *spec, char *value,
			 struct failure *f)
{
	if (!spec->repeat && args_has(a, spec->name))
		return fail(f, TREC_E_USAGE, "%s is given twice", spec->name);
	if (a->given_count == ARGS_OPTIONS_MAX)
		return fail(f, TREC_E_USAGE, "more than %d options", ARGS_OPTIONS_MAX);
	a->given[a->given_count].spec = spec;
	a->given[a->given_count].value = value;
	a->given_count++;
	return TREC_OK;
}

/* An option at argv[*i]; moves *i over a value that is a word of its own. */
static trec_err take_option(struct args *a, int argc, char **argv, int *i, struct failure *f)
{
	char *word = argv[*i];
	size_t n = strcspn(word, "=");
	const struct option_spec *spec = find_option(common_options, word, n);
	bool common = spec != NULL;
	char *value = NULL;

	if (!spec && !strcmp(word, "-h"))
		spec = find_option(common_options, "--help", 6), common = true, n = 2;
	if (!spec && !strcmp(word, "-vv"))
		spec = find_option(common_options, "-v", 2), common = true, n = 3, a->verbose++;
	if (!spec && a->command)
		spec = find_option(a->command->options, word, n);
	if (!spec) {
		fail(f, TREC_E_USAGE, "%s%s%s knows no option %.*s", "trec", a->command ? " " : "",
		     a->command ? a->command->name : "", (int)n, word);
		if (a->command)
			fail_hint(f, "see `trec %s --help`", a->command->name);
		return f->err;
	}
	if (spec->arg && word[n] == '=') {
		value = word + n + 1;
	} else if (spec->arg) {
		if (*i + 1 >= argc)
			return fail(f, TREC_E_USAGE, "%s needs a value: %s", spec->name, spec->arg);
		value = argv[++*i];
	} else if (word[n] == '=') {
		return fail(f, TREC_E_USAGE, "%s takes no value", spec->name);
	}
	if (spec->arg && !*value)
		return fail(f, TREC_E_USAGE, "%s needs a value: %s", spec->name, spec->arg);
	if (common && take_common(a, spec, value))
		return TREC_OK;
	return take_own(a, spec, value, f);
}

static void hint_synopsis(const struct command *c, struct failure *f)
{
	fail_hint(f, "write: trec %s%s%s", c->name, *c->synopsis ? " " : "", c->synopsis);
}

static trec_err take_word(struct args *a, const struct command *table, const char *word,
			  struct failure *f)
{
	if (!a->command) {
		a->command = args_find_command(table, word);
		if (a->command)
			return TREC_OK;
		fail(f, TREC_E_USAGE, "there is no command %.64s", word);
		fail_hint(f, "see `trec help`");
		return f->err;
	}
	if (a->operands_count == ARGS_OPERANDS_MAX ||
	    (int)a->operands_count >= a->command->operands_max) {
		fail(f, TREC_E_USAGE, "trec %s does not take the further word %.64s",
		     a->command->name, word);
		hint_synopsis(a->command, f);
		return f->err;
	}
	a->operands[a->operands_count++] = word;
	return TREC_OK;
}

trec_err args_parse(struct args *a, const struct command *table, int argc, char **argv,
		    struct failure *f)
{
	bool only_words = false;

	*a = (struct args){ 0 };
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--json"))
			a->json = true;
	for (int i = 1; i < argc; i++) {
		trec_err err;

		if (!only_words && !strcmp(argv[i], "--")) {
			only_words = true;
			continue;
		}
		if (!only_words && argv[i][0] == '-' && argv[i][1])
			err = take_option(a, argc, argv, &i, f);
		else
			err = take_word(a, table, argv[i], f);
		if (err)
			return err;
	}
	if (a->help || a->version)
		return TREC_OK;
	if (!a->command) {
		fail(f, TREC_E_USAGE, "no command is given");
		fail_hint(f, "see `trec help`");
		return f->err;
	}
	if ((int)a->operands_count < a->command->operands_min) {
		fail(f, TREC_E_USAGE, "trec %s needs more words", a->command->name);
		hint_synopsis(a->command, f);
		return f->err;
	}
	return TREC_OK;
}

const char *args_value_at(const struct args *a, const char *option, size_t i)
{
	for (size_t k = 0; k < a->given_count; k++)
		if (!strcmp(a->given[k].spec->name, option) && i-- == 0)
			return a->given[k].value ? a->given[k].value : "";
	return NULL;
}

const char *args_value(const struct args *a, const char *option)
{
	return args_value_at(a, option, 0);
}

bool args_has(const struct args *a, const char *option)
{
	return args_value_at(a, option, 0) != NULL;
}

trec_err args_number(const struct args *a, const char *option, unsigned min, unsigned max,
		     unsigned fallback, unsigned *out, struct failure *f)
{
	const char *text = args_value(a, option);
	unsigned long v = 0;

	*out = fallback;
	if (!text)
		return TREC_OK;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || v > max)
			v = (unsigned long)max + 1;
		else
			v = v * 10 + (unsigned long)(*p - '0');
	}
	if (v < min || v > max) {
		fail(f, TREC_E_USAGE, "%s %.32s is not a number from %u to %u", option, text, min,
		     max);
		fail_hint(f, "write a number from %u to %u", min, max);
		return f->err;
	}
	*out = (unsigned)v;
	return TREC_OK;
}

trec_err args_exclusive(const struct args *a, const char *const *names, struct failure *f)
{
	const char *first = NULL;

	for (; *names; names++) {
		if (!args_has(a, *names))
			continue;
		if (first)
			return fail(f, TREC_E_USAGE, "%s and %s exclude each other", first, *names);
		first = *names;
	}
	return TREC_OK;
}
