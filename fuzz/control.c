/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: a line that is refused leaves nothing behind but a reason; one that is accepted names
 * a known op, has only members of known types, and written out anew it is accepted again and
 * means the same.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "tools/trec/request.h"

static bool is_known(const char *name)
{
	for (size_t i = 0; request_op_name(i) != NULL; i++)
		if (strcmp(request_op_name(i), name) == 0)
			return true;
	return false;
}

static bool is_list(const json_t *value)
{
	const json_t *word;
	size_t i;

	json_array_foreach(value, i, word) if (!json_is_string(word)) return false;
	return json_array_size(value) > 0;
}

static void check_members(json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
		fuzz_must(json_is_string(value) || json_is_integer(value) ||
				  json_is_boolean(value) || is_list(value),
			  "members are text, numbers, flags or lists of texts");
}

static void check_again(json_t *object)
{
	struct failure f = { 0 };
	json_t *again = NULL;
	char *text = json_dumps(object, JSON_COMPACT);

	if (text == NULL)
		return;
	fuzz_must(request_decode(text, strlen(text), &again, &f) == TREC_OK,
		  "what was accepted is accepted again");
	fuzz_must(json_equal(object, again) == 1, "it means the same");
	json_decref(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	json_t *object = NULL;
	struct failure f = { 0 };
	trec_err err = request_decode((const char *)data, n, &object, &f);

	if (err != TREC_OK) {
		fuzz_must(object == NULL, "a refused line leaves nothing");
		fuzz_must(f.err == err && f.message[0] != '\0', "there is a reason");
		fuzz_must(err == TREC_E_MALFORMED || err == TREC_E_TOO_LARGE ||
				  err == TREC_E_UNSUPPORTED,
			  "the reason is about the line");
		return 0;
	}
	fuzz_must(is_known(json_string_value(json_object_get(object, "op"))), "the op is known");
	check_members(object);
	check_again(object);
	json_decref(object);
	return 0;
}
