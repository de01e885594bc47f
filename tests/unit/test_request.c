/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests on the control socket: one JSON object of known members, or a reason. */
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"
#include "tools/trec/request.h"

static struct failure f;

static trec_err decode(const char *line)
{
	json_t *object = NULL;

	f = (struct failure){ 0 };
	trec_err err = request_decode(line, strlen(line), &object, &f);

	CU_ASSERT_EQUAL(err == TREC_OK, object != NULL);
	json_decref(object);
	return err;
}

static void requests_of_the_command_are_accepted(void)
{
	static const char *const good[] = {
		"{\"op\":\"id\"}",
		"{\"op\":\"id\",\"pem\":true}",
		"{\"op\":\"window\",\"method\":\"pin\",\"digits\":8,\"seconds\":0,\"wait\":false}",
		"{\"op\":\"pair\",\"secret\":\"123456\",\"uri\":\"tcp://127.0.0.1:1\"}",
		"{\"op\":\"answer\",\"number\":1,\"yes\":false}",
		"{\"op\":\"introduce\",\"peers\":[\"lamp\",\"tv\"],\"offline\":true}",
		("{\"op\":\"introduce\",\"peers\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\","
		 "\"9\"]}"),
		" { \"op\" : \"watch\" } ",
	};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		CU_ASSERT_EQUAL(decode(good[i]), TREC_OK);
}

static void what_is_no_request_is_malformed(void)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"null",
		"\"id\"",
		"{}",
		"{\"op\":1}",
		"{\"op\":\"id\",\"op\":\"id\"}",
		"{\"op\":\"id\"} {\"op\":\"id\"}",
		"{\"op\":\"id\",\"extra\":1}",
		"{\"op\":\"cert\"}",
		"{\"op\":\"cert\",\"peer\":7}",
		"{\"op\":\"cert\",\"peer\":\"\"}",
		"{\"op\":\"cert\",\"peer\":\"a\\u0000b\"}",
		"{\"op\":\"cert\",\"peer\":\"\xff\"}",
		"{\"op\":\"answer\",\"number\":1.5,\"yes\":true}",
		"{\"op\":\"answer\",\"number\":-1,\"yes\":true}",
		"{\"op\":\"answer\",\"number\":1,\"yes\":1}",
		"{\"op\":\"preset\",\"pin\":\"1234567890123\"}",
		"{\"op\":\"introduce\",\"peers\":\"lamp\"}",
		"{\"op\":\"introduce\",\"peers\":{\"a\":\"lamp\"}}",
		"{\"op\":\"introduce\",\"peers\":[]}",
		"{\"op\":\"introduce\",\"peers\":[\"lamp\",7]}",
		"{\"op\":\"introduce\",\"peers\":[\"lamp\",\"\"]}",
		"{\"op\":\"introduce\",\"peers\":[\"lamp\",[\"tv\"]]}",
		("{\"op\":\"introduce\",\"peers\":[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\","
		 "\"8\",\"9\"]}"),
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		CU_ASSERT_EQUAL(decode(bad[i]), TREC_E_MALFORMED);
		CU_ASSERT(f.message[0] != 0);
	}
}

static void an_op_that_is_not_known_is_unsupported(void)
{
	CU_ASSERT_EQUAL(decode("{\"op\":\"rotated\"}"), TREC_E_UNSUPPORTED);
	CU_ASSERT_EQUAL(decode("{\"op\":\"\"}"), TREC_E_UNSUPPORTED);
}

static void the_reason_names_the_member(void)
{
	(void)decode("{\"op\":\"answer\",\"number\":1}");
	CU_ASSERT_PTR_NOT_NULL(strstr(f.message, "yes"));
	(void)decode("{\"op\":\"preset\",\"pin\":\"1234567890123\"}");
	CU_ASSERT_PTR_NOT_NULL(strstr(f.message, "pin"));
	CU_ASSERT_PTR_NULL(strstr(f.message, "1234567890123"));
}

static void a_line_is_bounded(void)
{
	char *line = malloc(REQUEST_LINE_MAX + 2);
	json_t *object = NULL;

	memset(line, ' ', REQUEST_LINE_MAX + 2);
	memcpy(line, "{\"op\":\"id\"}", 11);
	CU_ASSERT_EQUAL(request_decode(line, REQUEST_LINE_MAX, &object, &f), TREC_OK);
	json_decref(object);
	CU_ASSERT_EQUAL(request_decode(line, REQUEST_LINE_MAX + 1, &object, &f), TREC_E_TOO_LARGE);
	CU_ASSERT_PTR_NULL(object);
	free(line);
}

static void deep_nesting_is_refused(void)
{
	char line[4096];

	memset(line, '[', sizeof line);
	json_t *object = NULL;

	CU_ASSERT_EQUAL(request_decode(line, sizeof line, &object, &f), TREC_E_MALFORMED);
}

static void every_truncation_of_a_request_is_malformed(void)
{
	static const char line[] = "{\"op\":\"pair\",\"secret\":\"123456\",\"new\":false}";
	json_t *object = NULL;

	for (size_t n = 0; n < sizeof line - 1; n++)
		CU_ASSERT_EQUAL(request_decode(line, n, &object, &f), TREC_E_MALFORMED);
}

static const struct suite_case cases[] = {
	SUITE_CASE(requests_of_the_command_are_accepted),
	SUITE_CASE(what_is_no_request_is_malformed),
	SUITE_CASE(an_op_that_is_not_known_is_unsupported),
	SUITE_CASE(the_reason_names_the_member),
	SUITE_CASE(a_line_is_bounded),
	SUITE_CASE(deep_nesting_is_refused),
	SUITE_CASE(every_truncation_of_a_request_is_malformed),
};
SUITE_MAIN("request", cases)
