/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decodes lines of the control socket; see request.h. */
#include <string.h>

#include "tools/trec/request.h"

enum field_type { TEXT, NUMBER, FLAG, TEXTS };

struct field {
	const char *name;
	enum field_type type;
	bool required;
	long max; /* bytes of a text or of each text, value of a number */
};

#define FIELDS_MAX 6
#define TEXTS_MAX 9 /* words of a list: one more device than an introduction has subjects */
static const struct {
	const char *op;
	struct field fields[FIELDS_MAX];
} schema[] = {
	{ "id", { { "pem", FLAG, false, 0 } } },
	{ "info", { { 0 } } },
	{ "cert", { { "peer", TEXT, true, 255 } } },
	{ "list", { { "all", FLAG, false, 0 } } },
	{ "show", { { "peer", TEXT, true, 255 } } },
	{ "rename", { { "peer", TEXT, true, 255 }, { "name", TEXT, true, 255 } } },
	{ "allow",
	  { { "peer", TEXT, true, 255 },
	    { "right", TEXT, true, 255 },
	    { "until", NUMBER, false, 0x3fffffffffffL } } },
	{ "deny", { { "peer", TEXT, true, 255 }, { "right", TEXT, true, 255 } } },
	{ "unpair",
	  { { "peer", TEXT, true, 255 },
	    { "cascade", FLAG, false, 0 },
	    { "sure", FLAG, false, 0 } } },
	{ "resume", { { "peer", TEXT, true, 255 } } },
	{ "rotate", { { "key", TEXT, false, 8 } } },
	{ "window",
	  { { "method", TEXT, true, 8 },
	    { "digits", NUMBER, false, 12 },
	    { "seconds", NUMBER, false, 120 },
	    { "multi", FLAG, false, 0 },
	    { "wait", FLAG, false, 0 },
	    { "symmetric", FLAG, false, 0 } } },
	{ "preset", { { "pin", TEXT, true, 12 } } },
	{ "pair",
	  { { "uri", TEXT, false, 255 },
	    { "secret", TEXT, true, 4096 },
	    { "new", FLAG, false, 0 },
	    { "symmetric", FLAG, false, 0 } } },
	{ "connect",
	  { { "peer", TEXT, true, 255 },
	    { "uri", TEXT, false, 255 },
	    { "service", TEXT, false, 32 } } },
	{ "ping", { { "peer", TEXT, true, 255 }, { "uri", TEXT, false, 255 } } },
	{ "rekey", { { "peer", TEXT, true, 255 }, { "uri", TEXT, false, 255 } } },
	{ "introduce", { { "peers", TEXTS, true, 255 }, { "offline", FLAG, false, 0 } } },
	{ "accept", { { "text", TEXT, true, 61440 }, { "rights", TEXTS, false, 255 } } },
	{ "scan",
	  { { "transport", TEXT, false, 8 },
	    { "adapter", TEXT, false, 8 },
	    { "seconds", NUMBER, false, 120 } } },
	{ "watch", { { 0 } } },
	{ "log", { { 0 } } },
	{ "pending", { { 0 } } },
	{ "answer", { { "number", NUMBER, true, 1000000000 }, { "yes", FLAG, true, 0 } } },
};
#define SCHEMA_COUNT (sizeof(schema) / sizeof(schema[0]))

const char *request_op_name(size_t i)
{
	return i < SCHEMA_COUNT ? schema[i].op : NULL;
}

static bool is_text(const json_t *value, long max)
{
	return json_is_string(value) && json_string_length(value) > 0 &&
	       json_string_length(value) <= (size_t)max;
}

static bool are_texts(const json_t *list, long max)
{
	const json_t *value;
	size_t i;

	json_array_foreach(list, i, value) if (!is_text(value, max)) return false;
	return json_array_size(list) > 0 && json_array_size(list) <= TEXTS_MAX;
}

static bool fits(const struct field *field, const json_t *value)
{
	switch (field->type) {
	case TEXT:
		return is_text(value, field->max);
	case TEXTS:
		return are_texts(value, field->max);
	case NUMBER:
		return json_is_integer(value) && json_integer_value(value) >= 0 &&
		       json_integer_value(value) <= field->max;
	case FLAG:
		return json_is_boolean(value);
	}
	return false;
}

static trec_err check_op(json_t *object, const char *op, struct failure *f)
{
	const struct field *fields = NULL;
	size_t known = 1;

	for (size_t i = 0; i < SCHEMA_COUNT; i++)
		if (!strcmp(schema[i].op, op))
			fields = schema[i].fields;
	if (!fields)
		return fail(f, TREC_E_UNSUPPORTED, "the daemon knows no request of that name");
	for (size_t i = 0; i < FIELDS_MAX && fields[i].name; i++) {
		const json_t *value = json_object_get(object, fields[i].name);

		if (!value && fields[i].required)
			return fail(f, TREC_E_MALFORMED, "%s lacks %s", op, fields[i].name);
		if (!value)
			continue;
		if (!fits(&fields[i], value))
			return fail(f, TREC_E_MALFORMED, "%s of %s is out of bounds",
				    fields[i].name, op);
		known++;
	}
	if (json_object_size(object) != known)
		return fail(f, TREC_E_MALFORMED, "%s has a member that is not known", op);
	return TREC_OK;
}

trec_err request_decode(const char *line, size_t n, json_t **out, struct failure *f)
{
	json_t *object;
	const json_t *op;
	json_error_t error;
	trec_err err;

	*out = NULL;
	if (n > REQUEST_LINE_MAX)
		return fail(f, TREC_E_TOO_LARGE, "a request is larger than %d bytes",
			    REQUEST_LINE_MAX);
	object = json_loadb(line, n, JSON_REJECT_DUPLICATES, &error);
	op = json_object_get(object, "op");
	if (!json_is_object(object))
		err = fail(f, TREC_E_MALFORMED, "a request is not a JSON object");
	else if (!json_is_string(op))
		err = fail(f, TREC_E_MALFORMED, "a request lacks op");
	else
		err = check_op(object, json_string_value(op), f);
	if (err)
		json_decref(object);
	else
		*out = object;
	return err;
}
