/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be registered at bluetoothd: nothing that could break the XML of a record. */
#include "config.h"

#include <string.h>

#include "proto/base/base.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "transports/bluez.h"

#define UUID "01234567-89ab-cdef-0123-456789abcdef"

static void wants_that_could_break_the_record_are_refused(void)
{
	char long_name[TP_BLUEZ_NAME_MAX + 2], long_record[TP_BLUEZ_RECORD_MAX + 2];
	char xml[TP_BLUEZ_RECORD_MAX + 1];
	struct fault_env f;

	fault_env_init(&f, 1);
	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	memset(long_record, ' ', sizeof(long_record) - 1);
	long_record[sizeof(long_record) - 1] = '\0';
	const struct bluez_want bad[] = {
		{ .uuid = UUID, .name = "" },
		{ .uuid = UUID, .name = "a<b" },
		{ .uuid = UUID, .name = "a\"b" },
		{ .uuid = UUID, .name = "a\nb" },
		{ .uuid = UUID, .name = long_name },
		{ .uuid = UUID "0", .name = "trec" },
		{ .uuid = "1101", .name = "trec" },
		{ .uuid = "01234567-89AB-cdef-0123-456789abcdeg", .name = "trec" },
		{ .uuid = UUID, .name = "trec", .record = long_record },
		{ .uuid = UUID, .name = "trec", .record = "" },
	};

	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		struct bluez_profile *p = NULL;

		CU_ASSERT_EQUAL(tp_bluez_new(&f.env, &bad[i], &p), TREC_E_USAGE);
		CU_ASSERT_PTR_NULL(p);
		if (bad[i].record == NULL)
			CU_ASSERT_EQUAL(tp_bluez_record(bad[i].uuid, 1, bad[i].name, xml),
					TREC_E_USAGE);
	}
	CU_ASSERT_EQUAL(tp_bluez_record(UUID, 31, "trec", xml), TREC_E_USAGE);
	long_name[TP_BLUEZ_NAME_MAX] = '\0';
	CU_ASSERT_EQUAL(tp_bluez_record(UUID, 30, long_name, xml), TREC_OK);
	CU_ASSERT(fault_env_clean(&f));
}

static const struct suite_case cases[] = {
	SUITE_CASE(wants_that_could_break_the_record_are_refused),
};

SUITE_MAIN("bluez_record", cases)
