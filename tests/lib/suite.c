/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See suite.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* program_invocation_name */
#endif
#include "tests/lib/suite.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of LeakSanitizer, where it is linked. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static unsigned skipped;

/* What to type to see the claims again that did not hold; libtool's names are not typed. */
static void print_again(void)
{
	const char *seed = getenv("TREC_TEST_SEED");
	const char *last = strrchr(program_invocation_name, '/');
	const char *name = last != NULL ? last + 1 : program_invocation_name;
	int folder = last != NULL ? (int)(last - program_invocation_name) + 1 : 0;
	const char *told = NULL;

	if (folder > 6 && !strncmp(program_invocation_name + folder - 6, ".libs/", 6))
		folder -= 6;
	if (!strncmp(name, "lt-", 3))
		name += 3;
	for (CU_pFailureRecord f = CU_get_failure_list(); f != NULL; f = f->pNext) {
		const char *claim = f->pTest != NULL ? f->pTest->pName : NULL;

		if (claim != NULL && claim != told)
			printf("again: TREC_TEST_SEED=%s TREC_TEST_CLAIM=%s %.*s%s\n",
			       seed != NULL ? seed : "0", claim, folder, program_invocation_name,
			       name);
		told = claim;
	}
}

static int run_all(const char *module, size_t n)
{
	CU_basic_set_mode(CU_BRM_NORMAL);
	if (CU_basic_run_tests() != CUE_SUCCESS)
		return EXIT_FAILURE;
	unsigned ran = CU_get_number_of_tests_run();
	unsigned failed = CU_get_number_of_tests_failed();

	printf("%s: %u claims shown, %u not, %u assertions\n", module, ran - failed - skipped,
	       failed, CU_get_number_of_asserts());
	print_again();
	if (CU_get_number_of_failures() > 0 || failed > 0 || ran != n ||
	    CU_get_number_of_asserts() == 0)
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

int suite_main(const char *module, const struct suite_case *cases, size_t n)
{
	const char *only = getenv("TREC_TEST_CLAIM");
	int status = EXIT_FAILURE;
	size_t chosen = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	CU_pSuite suite = CU_add_suite(module, NULL, NULL);

	if (suite == NULL)
		goto out;
	for (size_t i = 0; i < n; i++) {
		if (only != NULL && strcmp(only, cases[i].claim) != 0)
			continue;
		if (CU_add_test(suite, cases[i].claim, cases[i].run) == NULL)
			goto out;
		chosen++;
	}
	if (chosen > 0)
		status = run_all(module, chosen);
	else
		printf("%s: there is no such claim: %s\n", module, only != NULL ? only : "");
out:
	CU_cleanup_registry();
	return status;
}

void suite_skip(const char *module, const char *reason)
{
	printf("SKIP %s: %s\n", module, reason);
	exit(77);
}

void suite_skip_claim(const char *claim, const char *reason)
{
	printf("\nSKIP %s: %s\n", claim, reason);
	skipped++;
}

bool suite_shadowed(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	return true;
#endif
#endif
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

void suite_foreign_leaks(bool on)
{
	if (on && __lsan_disable != NULL)
		__lsan_disable();
	if (!on && __lsan_enable != NULL)
		__lsan_enable();
}
