/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets: where they come from, what of them is refused, and that argv does not keep them. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <trec/bytes.h>

#include "tests/lib/suite.h"
#include "tools/trec/secret.h"

static const struct option_spec options[] = {
	{ "--pin", "-", "", false, true },
	{ "--pin-file", "FILE", "", false, false },
	{ NULL, NULL, NULL, false, false },
};
static const struct command table[] = {
	{ "pair", "", "", 0, 0, options, NULL },
	{ NULL, NULL, NULL, 0, 0, NULL, NULL },
};

static struct secret s;
static struct failure f;

static trec_err from_file(const void *content, size_t n)
{
	char path[] = "/tmp/trec-test-secret-XXXXXX";
	int fd = mkstemp(path);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, content, n), (ssize_t)n);
	close(fd);
	f = (struct failure){ 0 };
	secret_wipe(&s);
	trec_err err = secret_from_file(&s, path, "PIN", TREC_E_BAD_PIN, &f);

	unlink(path);
	return err;
}

static void a_file_loses_one_trailing_newline(void)
{
	CU_ASSERT_EQUAL(from_file("123456\n", 7), TREC_OK);
	CU_ASSERT_STRING_EQUAL(s.text, "123456");
	CU_ASSERT_EQUAL(from_file("123456", 6), TREC_OK);
	CU_ASSERT_STRING_EQUAL(s.text, "123456");
	CU_ASSERT_EQUAL(from_file("123456\n\n", 8), TREC_OK);
	CU_ASSERT_STRING_EQUAL(s.text, "123456\n");
}

static void a_file_that_holds_no_secret_is_refused(void)
{
	char large[SECRET_MAX + 2];

	memset(large, '1', sizeof large);
	CU_ASSERT_EQUAL(from_file("", 0), TREC_E_BAD_PIN);
	CU_ASSERT_EQUAL(from_file("\n", 1), TREC_E_BAD_PIN);
	CU_ASSERT_EQUAL(from_file("12\0003456", 7), TREC_E_BAD_PIN);
	CU_ASSERT_EQUAL(from_file(large, sizeof large), TREC_E_BAD_PIN);
	CU_ASSERT_EQUAL(s.n, 0);
	CU_ASSERT_PTR_NULL(s.text);
}

static void a_file_that_is_not_there_is_named(void)
{
	CU_ASSERT_EQUAL(secret_from_file(&s, "/nowhere/pin", "PIN", TREC_E_BAD_PIN, &f),
			TREC_E_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.message, "/nowhere/pin"));
}

static void standard_input_gives_its_first_line_and_keeps_the_rest(void)
{
	char rest[8] = "";
	int p[2];

	CU_ASSERT_EQUAL_FATAL(pipe(p), 0);
	CU_ASSERT_EQUAL(write(p[1], "123456\nrest", 11), 11);
	close(p[1]);
	CU_ASSERT_EQUAL(secret_from_fd(&s, p[0], "PIN", TREC_E_BAD_PIN, &f), TREC_OK);
	CU_ASSERT_STRING_EQUAL(s.text, "123456");
	CU_ASSERT_EQUAL(read(p[0], rest, sizeof rest), 4);
	close(p[0]);
}

static void a_full_arena_is_no_memory_and_reads_nothing(void)
{
	void *blocks[64];
	size_t n = 0;

	secret_wipe(&s);
	while (n < 64 && (blocks[n] = trec_secret_alloc(SECRET_MAX + 1)) != NULL)
		n++;
	CU_ASSERT(n > 8 && n < 64);
	CU_ASSERT_EQUAL(secret_from_fd(&s, -1, "PIN", TREC_E_BAD_PIN, &f), TREC_E_NO_MEMORY);
	CU_ASSERT_PTR_NULL(s.text);
	while (n-- > 0)
		trec_secret_free(blocks[n], SECRET_MAX + 1);
}

static void a_value_on_the_command_line_is_copied_and_overwritten(void)
{
	char given[] = "--pin=123456";
	char *argv[] = { "trec", "pair", given, NULL };
	struct args a;

	CU_ASSERT_EQUAL(args_parse(&a, table, 3, argv, &f), TREC_OK);
	CU_ASSERT_STRING_EQUAL(secret_hide_argv(&a), "--pin");
	CU_ASSERT_STRING_EQUAL(given, "--pin=******");
	CU_ASSERT_EQUAL(secret_from_options(&s, &a, "--pin", "PIN", TREC_E_BAD_PIN, &f), TREC_OK);
	CU_ASSERT_STRING_EQUAL(s.text, "123456");
	secret_forget_argv();
	CU_ASSERT_EQUAL(args_value(&a, "--pin")[0], 0);
}

static void a_dash_on_the_command_line_is_no_secret(void)
{
	char dash[] = "-";
	char *argv[] = { "trec", "pair", "--pin", dash, NULL };
	struct args a;

	CU_ASSERT_EQUAL(args_parse(&a, table, 4, argv, &f), TREC_OK);
	CU_ASSERT_PTR_NULL(secret_hide_argv(&a));
	CU_ASSERT_STRING_EQUAL(dash, "-");
}

static void a_file_and_a_value_exclude_each_other(void)
{
	char pin[] = "123456";
	char *argv[] = { "trec", "pair", "--pin", pin, "--pin-file", "x", NULL };
	struct args a;

	CU_ASSERT_EQUAL(args_parse(&a, table, 6, argv, &f), TREC_OK);
	CU_ASSERT_EQUAL(secret_from_options(&s, &a, "--pin", "PIN", TREC_E_BAD_PIN, &f),
			TREC_E_USAGE);
}

static void a_wiped_secret_is_gone(void)
{
	const char *was;

	CU_ASSERT_EQUAL(from_file("123456", 6), TREC_OK);
	was = s.text; /* the arena stays mapped */
	secret_wipe(&s);
	CU_ASSERT_PTR_NULL(s.text);
	CU_ASSERT_EQUAL(s.n, 0);
	for (size_t i = 0; i <= SECRET_MAX; i++)
		CU_ASSERT_EQUAL(was[i], 0);
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_file_loses_one_trailing_newline),
	SUITE_CASE(a_file_that_holds_no_secret_is_refused),
	SUITE_CASE(a_file_that_is_not_there_is_named),
	SUITE_CASE(standard_input_gives_its_first_line_and_keeps_the_rest),
	SUITE_CASE(a_full_arena_is_no_memory_and_reads_nothing),
	SUITE_CASE(a_value_on_the_command_line_is_copied_and_overwritten),
	SUITE_CASE(a_dash_on_the_command_line_is_no_secret),
	SUITE_CASE(a_file_and_a_value_exclude_each_other),
	SUITE_CASE(a_wiped_secret_is_gone),
};
SUITE_MAIN("secret", cases)
