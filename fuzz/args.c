/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Input: the words of a command line behind `trec`, each ended by a NUL.
 *
 * Property: what is refused has a reason, and is the caller's fault; what is accepted names
 * nothing but words that were given, has the operands and options of its row in the command
 * table, and written out anew in one order (options, then `--`, then operands) means the same.
 * Numbers are those of their digits. No secret is left in the words once they were hidden.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "tools/trec/cli.h"
#include "tools/trec/secret.h"

#define WORDS_MAX 48
#define ROOM 4096

/* The handlers that the table names; none of them runs. */
#define HANDLER(name)                                                                              \
	trec_err cmd_##name(struct cli *cli, struct failure *f)                                    \
	{                                                                                          \
		(void)cli;                                                                         \
		return fail(f, TREC_E_INTERNAL, "no command runs here");                           \
	}
HANDLER(init)
HANDLER(id)
HANDLER(cert)
HANDLER(info)
HANDLER(serve)
HANDLER(window)
HANDLER(preset)
HANDLER(pair)
HANDLER(list)
HANDLER(show)
HANDLER(rename)
HANDLER(allow)
HANDLER(deny)
HANDLER(connect)
HANDLER(ping)
HANDLER(unpair)
HANDLER(introduce)
HANDLER(accept)
HANDLER(resume)
HANDLER(rotate)
HANDLER(rekey)
HANDLER(pending)
HANDLER(answer)
HANDLER(scan)
HANDLER(watch)
HANDLER(log)
HANDLER(help)

struct words {
	char text[ROOM];
	char *argv[2 * WORDS_MAX + 8];
	int argc;
	size_t used;
};

static void add(struct words *w, const char *a, const char *b, const char *c)
{
	char *at = w->text + w->used;
	int n = snprintf(at, sizeof w->text - w->used, "%s%s%s", a, b, c);

	w->used += (size_t)n + 1;
	fuzz_must(w->used <= sizeof w->text, "room for the words");
	w->argv[w->argc++] = at;
}

static bool lies_in(const struct words *w, const char *p)
{
	return p == NULL || (p >= w->text && p < w->text + sizeof w->text);
}

static void holds(const struct words *w, const struct args *a)
{
	const struct command *c = a->command;
	bool asks = a->help || a->version;

	fuzz_must(lies_in(w, a->store), "the store is a word");
	fuzz_must(c != NULL || asks, "a command, or a question");
	fuzz_must(c != NULL || (a->operands_count == 0 && a->given_count == 0), "without, nothing");
	if (c == NULL)
		return;
	fuzz_must(args_find_command(commands, c->name) == c, "a row of the table");
	fuzz_must((int)a->operands_count <= c->operands_max &&
			  (asks || (int)a->operands_count >= c->operands_min),
		  "as many operands as the row says");
	for (size_t i = 0; i < a->operands_count; i++)
		fuzz_must(lies_in(w, a->operands[i]), "operands are words");
	for (size_t i = 0; i < a->given_count; i++) {
		const struct option_spec *s = a->given[i].spec;

		fuzz_must((s->arg != NULL) == (a->given[i].value != NULL), "with its value");
		fuzz_must(s->arg == NULL || *a->given[i].value != '\0', "that is not empty");
		fuzz_must(lies_in(w, a->given[i].value), "values are words");
		for (size_t k = 0; k < i; k++)
			fuzz_must(s->repeat || a->given[k].spec != s, "once, if not more may be");
	}
}

static bool same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void same_again(const struct args *a)
{
	static struct words w;
	struct failure f = { 0 };
	struct args b;

	w.argc = 0;
	w.used = 0;
	add(&w, "trec", "", "");
	if (a->json)
		add(&w, "--json", "", "");
	if (a->help)
		add(&w, "--help", "", "");
	if (a->version)
		add(&w, "--version", "", "");
	if (a->store)
		add(&w, "--store=", a->store, "");
	if (a->command)
		add(&w, a->command->name, "", "");
	for (size_t i = 0; i < a->given_count; i++)
		add(&w, a->given[i].spec->name, a->given[i].value ? "=" : "",
		    a->given[i].value ? a->given[i].value : "");
	add(&w, "--", "", "");
	for (size_t i = 0; i < a->operands_count; i++)
		add(&w, a->operands[i], "", "");
	fuzz_must(args_parse(&b, commands, w.argc, w.argv, &f) == TREC_OK, "accepted again");
	fuzz_must(b.command == a->command && b.help == a->help && b.version == a->version &&
			  same(a->store, b.store) && a->json <= b.json &&
			  a->given_count == b.given_count && a->operands_count == b.operands_count,
		  "means the same");
	for (size_t i = 0; i < a->given_count; i++)
		fuzz_must(a->given[i].spec == b.given[i].spec &&
				  same(a->given[i].value, b.given[i].value),
			  "with the same options");
	for (size_t i = 0; i < a->operands_count; i++)
		fuzz_must(same(a->operands[i], b.operands[i]), "and operands");
}

static void numbers_hold(const struct args *a)
{
	static const char *const both[] = { "--pin", "--preset", "--code", "--pin-file", NULL };
	struct failure f = { 0 };

	for (size_t i = 0; i < a->given_count; i++) {
		const char *name = a->given[i].spec->name;
		const char *text = args_value(a, name);
		unsigned v = 7;
		trec_err err = args_number(a, name, 1, 120, 60, &v, &f);
		bool digits = text[strspn(text, "0123456789")] == '\0' && *text != '\0';
		unsigned long want = digits ? strtoul(text, NULL, 10) : 0;

		fuzz_must((err == TREC_OK) == (digits && want >= 1 && want <= 120), "in bounds");
		fuzz_must(v == (err == TREC_OK ? want : 60), "the number of its digits");
	}
	unsigned count = 0;

	for (size_t i = 0; both[i] != NULL; i++)
		count += args_has(a, both[i]);
	fuzz_must((args_exclusive(a, both, &f) == TREC_OK) == (count <= 1), "one at most");
}

static void secrets_go(struct args *a)
{
	char before[ROOM];

	for (size_t i = 0; i < a->given_count; i++) {
		char *value = a->given[i].value;

		if (!a->given[i].spec->secret || value == NULL || strcmp(value, "-") == 0)
			continue;
		strcpy(before, value);
		fuzz_must(secret_hide_argv(a) != NULL, "somebody is warned");
		fuzz_must(value[strspn(value, "*")] == '\0', "the word is hidden");
		fuzz_must(strcmp(a->given[i].value, before) == 0, "the command still has it");
		secret_forget_argv();
		return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct words w;
	struct failure f = { 0 };
	struct args a;

	if (n > 1024)
		return 0;
	w.argc = 0;
	w.used = 0;
	add(&w, "trec", "", "");
	for (size_t at = 0; at < n && w.argc < WORDS_MAX;) {
		char word[1025];
		size_t len = strnlen((const char *)data + at, n - at);

		memcpy(word, data + at, len);
		word[len] = '\0';
		add(&w, word, "", "");
		at += len + 1;
	}
	trec_err err = args_parse(&a, commands, w.argc, w.argv, &f);

	if (err != TREC_OK) {
		fuzz_must(f.err == err && err == TREC_E_USAGE && f.message[0] != '\0', "a reason");
		return 0;
	}
	holds(&w, &a);
	same_again(&a);
	numbers_hold(&a);
	secrets_go(&a);
	return 0;
}
