/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results as text for people; see render.h. */
#include <stdbool.h>
#include <string.h>

#include "tools/trec/render.h"

static const char *text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

/* Groups of six, as the id is read aloud. */
static void put_id(FILE *to, const char *id)
{
	for (size_t i = 0; id[i]; i++) {
		if (i && i % 6 == 0)
			fputc('-', to);
		fputc(id[i], to);
	}
}

static void put_words(FILE *to, const json_t *list)
{
	const json_t *word;
	size_t i;

	json_array_foreach(list, i, word)
		fprintf(to, "%s%s", i ? " " : "", json_string_value(word));
	if (json_array_size(list) == 0)
		fputs("none", to);
}

/* `key: value` lines of all members. */
static void put_members(FILE *to, const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		fprintf(to, "%s: ", key);
		if (json_is_string(value))
			fputs(json_string_value(value), to);
		else if (json_is_array(value))
			put_words(to, value);
		else
			(void)json_dumpf(value, to, JSON_COMPACT | JSON_ENCODE_ANY);
		fputc('\n', to);
	}
}

static void ready(FILE *to, const json_t *o)
{
	fputs("ready ", to);
	put_words(to, json_object_get(o, "uris"));
	fputc('\n', to);
}

static void window(FILE *to, const json_t *o)
{
	int seconds = (int)json_integer_value(json_object_get(o, "expires_in"));

	if (*text(o, "pin"))
		fprintf(to, "PIN %s for %d s\n", text(o, "pin"), seconds);
	else if (*text(o, "code"))
		fprintf(to, "%s\n", text(o, "code"));
	else
		fprintf(to, "window for the preset PIN is open for %d s\n", seconds);
}

static void paired(FILE *to, const json_t *o)
{
	fputs("paired with ", to);
	if (*text(o, "name"))
		fprintf(to, "%s ", text(o, "name"));
	put_id(to, text(o, "peer"));
	if (json_object_get(o, "ms"))
		fprintf(to, " in %.1f ms", json_real_value(json_object_get(o, "ms")));
	fputc('\n', to);
}

static void pong(FILE *to, const json_t *o)
{
	put_id(to, text(o, "peer"));
	fprintf(to, " set-up %.1f ms, round trip %.2f ms\n",
		json_real_value(json_object_get(o, "setup_ms")),
		json_real_value(json_object_get(o, "rtt_ms")));
}

static void unpaired(FILE *to, const json_t *o)
{
	fprintf(to, "parted from %s ", text(o, "name"));
	put_id(to, text(o, "peer"));
	fputs(json_is_true(json_object_get(o, "told")) ? ", which was told\n"
						       : ", which could not be told\n",
	      to);
}

static void cascaded(FILE *to, const json_t *o)
{
	fprintf(to, "parted from %s ", text(o, "name"));
	put_id(to, text(o, "peer"));
	fputs(", known only through it\n", to);
}

static void rotated(FILE *to, const json_t *o)
{
	int untold = (int)json_integer_value(json_object_get(o, "untold"));
	int stranded = (int)json_integer_value(json_object_get(o, "stranded"));

	fprintf(to, "this device has a new key, %s number %d\n", text(o, "key"),
		(int)json_integer_value(json_object_get(o, "sequence")));
	put_id(to, text(o, "id"));
	if (untold > 0)
		fprintf(to,
			"\npeers that have not heard of it: %d; they do when they are "
			"dialled from here",
			untold);
	if (stranded > 0)
		fprintf(to, "\npeers that missed too many keys: %d; pair with them again",
			stranded);
	fputc('\n', to);
}

static void rekeyed(FILE *to, const json_t *o)
{
	fprintf(to, "%s and this device share a new key%s\n", text(o, "name"),
		json_is_true(json_object_get(o, "settled"))
			? ""
			: "; the old one serves until the new one was used");
}

static void identity(FILE *to, const json_t *o)
{
	if (*text(o, "pem")) {
		fputs(text(o, "pem"), to);
		return;
	}
	fprintf(to, "%s\n", text(o, "name"));
	put_id(to, text(o, "id"));
	fprintf(to, "\nkey %s\n", text(o, "key"));
}

static void made(FILE *to, const json_t *o)
{
	fprintf(to, "made %s in %s\n", text(o, "name"), text(o, "store"));
	put_id(to, text(o, "id"));
	fputc('\n', to);
}

static void peer(FILE *to, const json_t *o)
{
	fprintf(to, "%-20s %-17s %-12s ", text(o, "name"), text(o, "state"), text(o, "origin"));
	put_words(to, json_object_get(o, "rights"));
	fputs("\n    ", to);
	put_id(to, text(o, "id"));
	fputc('\n', to);
}

static void cert(FILE *to, const json_t *o)
{
	fputs(text(o, "pem"), to);
}

static void changed(FILE *to, const json_t *o)
{
	fprintf(to, "%s now has the rights: ", text(o, "name"));
	put_words(to, json_object_get(o, "rights"));
	fputc('\n', to);
}

static void preset(FILE *to, const json_t *o)
{
	(void)o;
	fputs("the preset PIN is set\n", to);
}

/* Names of the devices that somebody introduces. */
static void put_subjects(FILE *to, const json_t *o)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(o, "subjects"), i, one)
		fprintf(to, "%s%s", i ? ", " : "", text(one, "name"));
}

static void pending(FILE *to, const json_t *o)
{
	fprintf(to, "%lld: %s", (long long)json_integer_value(json_object_get(o, "number")),
		text(o, "name"));
	if (json_object_get(o, "subjects")) {
		fputs(" introduces ", to);
		put_subjects(to, o);
	}
	if (*text(o, "digits"))
		fprintf(to, ", digits %s", text(o, "digits"));
	fprintf(to, ", %lld s left\n    ",
		(long long)json_integer_value(json_object_get(o, "expires_in")));
	put_id(to, text(o, "peer"));
	fputc('\n', to);
}

static void introduced(FILE *to, const json_t *o)
{
	bool done = !json_object_get(o, "error");

	if (done)
		fprintf(to, "%s now knows %s\n", text(o, "audience_name"), text(o, "subject_name"));
	else
		fprintf(to, "%s was not introduced to %s. %s: %s\n", text(o, "subject_name"),
			text(o, "audience_name"), text(o, "failed_at_name"), text(o, "message"));
}

/* Where there is a file the text is in it, else it goes to where a file can be made of it. */
static void carried(FILE *to, const json_t *o)
{
	const json_t *names = json_object_get(o, "names");

	if (!*text(o, "file")) {
		fprintf(to, "%s\n", text(o, "text"));
		return;
	}
	fprintf(to, "%s introduces %s and %s to each other: on both, `trec accept` it\n",
		text(o, "file"), json_string_value(json_array_get(names, 0)),
		json_string_value(json_array_get(names, 1)));
}

static void accepted(FILE *to, const json_t *o)
{
	fprintf(to, "%s may connect; rights: ", text(o, "name"));
	put_words(to, json_object_get(o, "rights"));
	fputs("\n    ", to);
	put_id(to, text(o, "peer"));
	fputc('\n', to);
}

static void found(FILE *to, const json_t *o)
{
	fputs(text(o, "uri"), to);
	if (*text(o, "name"))
		fprintf(to, " %s ", text(o, "name"));
	else
		fprintf(to, " unknown device, shown as %s", text(o, "label"));
	put_id(to, text(o, "peer"));
	fputc('\n', to);
}

static void unsearched(FILE *to, const json_t *o)
{
	fprintf(to, "nothing was looked for over %s: %s; %s\n", text(o, "transport"),
		text(o, "message"), text(o, "hint"));
}

static void event(FILE *to, const json_t *o)
{
	static const char *const keys[] = { "name",    "peer",   "origin",   "introduced_by",
					    "subject", "effect", "previous", "service",
					    "uri",     "asks",   "digits",   "reason",
					    "detail" };

	fprintf(to, "%s %s", text(o, "time"), text(o, "event"));
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (*text(o, keys[i]))
			fprintf(to, " %s=%s", keys[i], text(o, keys[i]));
	if (json_object_get(o, "subjects")) {
		fputs(" subjects=", to);
		put_subjects(to, o);
	}
	if (json_object_get(o, "number"))
		fprintf(to, " number=%lld",
			(long long)json_integer_value(json_object_get(o, "number")));
	fputc('\n', to);
}

static const struct {
	const char *kind;
	void (*put)(FILE *to, const json_t *object);
} kinds[] = {
	{ "ready", ready },     { "window", window },     { "paired", paired },
	{ "pong", pong },       { "id", identity },       { "unpaired", unpaired },
	{ "init", made },       { "peer", peer },         { "cert", cert },
	{ "changed", changed }, { "preset", preset },     { "pending", pending },
	{ "event", event },     { "info", put_members },  { "show", put_members },
	{ "carried", carried }, { "accepted", accepted }, { "introduced", introduced },
	{ "rotated", rotated }, { "cascaded", cascaded }, { "rekeyed", rekeyed },
	{ "found", found },     { "unsearched", unsearched },
};

void render(FILE *to, const char *kind, const json_t *object)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (!strcmp(kinds[i].kind, kind)) {
			kinds[i].put(to, object);
			return;
		}
	put_members(to, object);
}
