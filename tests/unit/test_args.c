/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: what docs/CLI.md promises about options, and what is refused. */
#include <string.h>

#include "tests/lib/suite.h"
#include "tools/trec/args.h"

static const struct option_spec options[] = {
	{ "--listen", "URI", "", true, false }, { "--pin", "-", "", false, true },
	{ "--wait", NULL, "", false, false },   { "--digits", "N", "", false, false },
	{ NULL, NULL, NULL, false, false },
};
static const struct command table[] = {
	{ "serve", "[WORD]", "", 0, 1, options, NULL },
	{ "show", "PEER", "", 1, 1, NULL, NULL },
	{ NULL, NULL, NULL, 0, 0, NULL, NULL },
};

static struct args a;
static struct failure f;

/* Words end with NULL; argv is writable as the system's is. */
static trec_err parse(const char *const *words)
{
	static char room[16][64];
	char *argv[17] = { "trec" };
	int argc = 1;

	for (; *words != NULL; words++, argc++) {
		(void)snprintf(room[argc - 1], sizeof room[0], "%s", *words);
		argv[argc] = room[argc - 1];
	}
	f = (struct failure){ 0 };
	return args_parse(&a, table, argc, argv, &f);
}
#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })

static void common_options_stand_before_and_after_the_command(void)
{
	CU_ASSERT_EQUAL(PARSE("--store", "x", "--json", "-v", "serve"), TREC_OK);
	CU_ASSERT_STRING_EQUAL(a.store, "x");
	CU_ASSERT(a.json && a.verbose == 1);
	CU_ASSERT_EQUAL(PARSE("serve", "--store=y", "--json", "-v", "-v"), TREC_OK);
	CU_ASSERT_STRING_EQUAL(a.store, "y");
	CU_ASSERT(a.json && a.verbose == 2);
}

static void json_is_known_even_when_the_line_is_wrong(void)
{
	CU_ASSERT_EQUAL(PARSE("nonsense", "--json"), TREC_E_USAGE);
	CU_ASSERT(a.json);
}

static void help_and_version_need_nothing_else(void)
{
	CU_ASSERT_EQUAL(PARSE("--help"), TREC_OK);
	CU_ASSERT(a.help && a.command == NULL);
	CU_ASSERT_EQUAL(PARSE("show", "--help"), TREC_OK);
	CU_ASSERT(a.help && a.command == &table[1]);
	CU_ASSERT_EQUAL(PARSE("show", "-h"), TREC_OK);
	CU_ASSERT(a.help);
	CU_ASSERT_EQUAL(PARSE("--version"), TREC_OK);
	CU_ASSERT(a.version);
}

static void values_stand_behind_a_space_or_an_equals_sign(void)
{
	CU_ASSERT_EQUAL(PARSE("serve", "--listen", "a", "--listen=b"), TREC_OK);
	CU_ASSERT_STRING_EQUAL(args_value(&a, "--listen"), "a");
	CU_ASSERT_STRING_EQUAL(args_value_at(&a, "--listen", 1), "b");
	CU_ASSERT_PTR_NULL(args_value_at(&a, "--listen", 2));
	CU_ASSERT_FALSE(args_has(&a, "--wait"));
}

static void a_dash_alone_is_a_value_or_a_word(void)
{
	CU_ASSERT_EQUAL(PARSE("serve", "--pin", "-", "-"), TREC_OK);
	CU_ASSERT_STRING_EQUAL(args_value(&a, "--pin"), "-");
	CU_ASSERT_STRING_EQUAL(a.operands[0], "-");
}

static void two_dashes_end_the_options(void)
{
	CU_ASSERT_EQUAL(PARSE("show", "--", "--wait"), TREC_OK);
	CU_ASSERT_STRING_EQUAL(a.operands[0], "--wait");
}

static void what_does_not_fit_is_refused_by_name(void)
{
	static const struct {
		const char *words[5];
		const char *says;
	} rows[] = {
		{ { NULL }, "no command" },
		{ { "dance", NULL }, "dance" },
		{ { "show", NULL }, "show" },
		{ { "show", "a", "b", NULL }, "b" },
		{ { "show", "a", "--wait", NULL }, "--wait" },
		{ { "serve", "--listen", NULL }, "--listen" },
		{ { "serve", "--listen=", NULL }, "--listen" },
		{ { "serve", "--wait=1", NULL }, "--wait" },
		{ { "serve", "--wait", "--wait", NULL }, "--wait" },
		{ { "serve", "--list", "x", NULL }, "--list" },
		{ { "serve", "-x", NULL }, "-x" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CU_ASSERT_EQUAL(parse(rows[i].words), TREC_E_USAGE);
		CU_ASSERT_PTR_NOT_NULL(strstr(f.message, rows[i].says));
		CU_ASSERT(f.hint[0] != 0);
	}
}

static void numbers_are_decimal_and_bounded(void)
{
	unsigned n = 0;

	CU_ASSERT_EQUAL(PARSE("serve", "--digits", "8"), TREC_OK);
	CU_ASSERT_EQUAL(args_number(&a, "--digits", 6, 12, 0, &n, &f), TREC_OK);
	CU_ASSERT_EQUAL(n, 8);
	CU_ASSERT_EQUAL(PARSE("serve"), TREC_OK);
	CU_ASSERT_EQUAL(args_number(&a, "--digits", 6, 12, 7, &n, &f), TREC_OK);
	CU_ASSERT_EQUAL(n, 7);
	static const char *const bad[] = {
		"5", "13", "8x", "-8", "+8", " 8", "99999999999999999999", "0x8"
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		CU_ASSERT_EQUAL(PARSE("serve", "--digits", bad[i]), TREC_OK);
		CU_ASSERT_EQUAL(args_number(&a, "--digits", 6, 12, 0, &n, &f), TREC_E_USAGE);
		CU_ASSERT_PTR_NOT_NULL(strstr(f.message, "--digits"));
	}
}

static void options_that_exclude_each_other_are_named(void)
{
	static const char *const pair[] = { "--pin", "--wait", NULL };

	CU_ASSERT_EQUAL(PARSE("serve", "--wait"), TREC_OK);
	CU_ASSERT_EQUAL(args_exclusive(&a, pair, &f), TREC_OK);
	CU_ASSERT_EQUAL(PARSE("serve", "--wait", "--pin", "-"), TREC_OK);
	CU_ASSERT_EQUAL(args_exclusive(&a, pair, &f), TREC_E_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.message, "--pin and --wait"));
}

static void more_options_than_fit_are_refused(void)
{
	char *argv[2 * ARGS_OPTIONS_MAX + 8] = { "trec", "serve" };
	int argc = 2;

	for (int i = 0; i < ARGS_OPTIONS_MAX + 1; i++) {
		argv[argc++] = "--listen";
		argv[argc++] = "x";
	}
	CU_ASSERT_EQUAL(args_parse(&a, table, argc, argv, &f), TREC_E_USAGE);
}

static const struct suite_case cases[] = {
	SUITE_CASE(common_options_stand_before_and_after_the_command),
	SUITE_CASE(json_is_known_even_when_the_line_is_wrong),
	SUITE_CASE(help_and_version_need_nothing_else),
	SUITE_CASE(values_stand_behind_a_space_or_an_equals_sign),
	SUITE_CASE(a_dash_alone_is_a_value_or_a_word),
	SUITE_CASE(two_dashes_end_the_options),
	SUITE_CASE(what_does_not_fit_is_refused_by_name),
	SUITE_CASE(numbers_are_decimal_and_bounded),
	SUITE_CASE(options_that_exclude_each_other_are_named),
	SUITE_CASE(more_options_than_fit_are_refused),
};
SUITE_MAIN("args", cases)
