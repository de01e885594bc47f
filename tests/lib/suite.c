/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See suite.h. */
#include "tests/lib/suite.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of LeakSanitizer, where it is linked. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static unsigned skipped;

static int run_all(const char *module, size_t n)
{
	CU_basic_set_mode(CU_BRM_NORMAL);
	if (CU_basic_run_tests() != CUE_SUCCESS)
		return EXIT_FAILURE;
	unsigned ran = CU_get_number_of_tests_run();
	unsigned failed = CU_get_number_of_tests_failed();

	printf("%s: %u claims shown, %u not, %u assertions\n", module, ran - failed - skipped,
	       failed, CU_get_number_of_asserts());
	if (CU_get_number_of_failures() > 0 || failed > 0 || ran != n ||
	    CU_get_number_of_asserts() == 0)
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

int suite_main(const char *module, const struct suite_case *cases, size_t n)
{
	int status = EXIT_FAILURE;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	CU_pSuite suite = CU_add_suite(module, NULL, NULL);

	if (suite == NULL)
		goto out;
	for (size_t i = 0; i < n; i++)
		if (CU_add_test(suite, cases[i].claim, cases[i].run) == NULL)
			goto out;
	status = run_all(module, n);
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
