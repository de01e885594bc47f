/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output of the command; see out.h. */
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <trec/bytes.h>

#include "tools/trec/out.h"
#include "tools/trec/qr.h"
#include "tools/trec/render.h"

static void wiping_free(void *p)
{
	if (!p)
		return;
	trec_wipe(p, malloc_usable_size(p));
	free(p);
}

void out_init_memory(void)
{
	json_set_alloc_funcs(malloc, wiping_free);
}

static bool takes_now(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT);
}

static void write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done <= 0)
			return;
		p += done;
		n -= (size_t)done;
	}
}

static void draw_code(struct out *o, FILE *to, const json_t *object)
{
	const char *code = json_string_value(json_object_get(object, "code"));

	if (!code)
		code = json_string_value(json_object_get(object, "text"));
	if (code)
		(void)qr_draw(o->qr, code, to, &o->failure);
}

/* Through our own buffer and one write: a line is whole, and no copy of a secret stays behind. */
void out_result(struct out *o, const char *kind, const json_t *object)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to;

	if (o->kept && !strcmp(kind, o->keep)) {
		(void)json_array_append_new(o->kept, json_deep_copy(object));
		return;
	}
	if (o->never_block && !takes_now())
		return;
	to = open_memstream(&text, &n);
	if (!to)
		return;
	if (o->qr && (!strcmp(kind, "window") || !strcmp(kind, "carried")))
		draw_code(o, to, object);
	if (o->json) {
		(void)json_dumpf(object, to, JSON_COMPACT | JSON_REAL_PRECISION(12));
		(void)fputc('\n', to);
	} else {
		render(to, kind, object);
	}
	if (fclose(to) == 0)
		write_all(STDOUT_FILENO, text, n);
	if (text)
		trec_wipe(text, n);
	free(text);
}

static void note_json(const json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);

	if (!text)
		return;
	write_all(STDERR_FILENO, text, strlen(text));
	write_all(STDERR_FILENO, "\n", 1);
	wiping_free(text);
}

void out_note(struct out *o, enum trec_level level, const char *line)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	json_t *object;

	if ((int)level > o->verbose + 1)
		return;
	if (!o->json) {
		(void)dprintf(STDERR_FILENO, "trec: %s%s\n",
			      level == TREC_LEVEL_WARNING ? "warning: " : "", line);
		return;
	}
	object = json_pack("{s:s, s:s}", "level", names[level], "message", line);
	if (!object)
		return;
	note_json(object);
	json_decref(object);
}

json_t *out_failure_json(const struct failure *f)
{
	json_t *object =
		json_pack("{s:s, s:s, s:s}", "error", trec_err_name(f->err), "message",
			  f->message[0] ? f->message : trec_err_text(f->err), "hint", f->hint);

	if (object && f->refusal[0])
		(void)json_object_set_new(object, "refusal", json_string(f->refusal));
	if (object && f->retry_after_s > 0)
		(void)json_object_set_new(object, "retry_after_s", json_integer(f->retry_after_s));
	return object;
}

static void copy_string(char *out, size_t cap, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	(void)snprintf(out, cap, "%s", text ? text : "");
}

void out_failure_from_json(const json_t *object, struct failure *f)
{
	const char *name = json_string_value(json_object_get(object, "error"));

	*f = (struct failure){ .err = TREC_E_INTERNAL };
	for (int i = 0; name && i < TREC_E_COUNT; i++)
		if (!strcmp(trec_err_name((trec_err)i), name))
			f->err = (trec_err)i;
	copy_string(f->message, sizeof f->message, object, "message");
	copy_string(f->hint, sizeof f->hint, object, "hint");
	copy_string(f->refusal, sizeof f->refusal, object, "refusal");
	f->retry_after_s = json_integer_value(json_object_get(object, "retry_after_s"));
}

int out_failure(struct out *o, const struct failure *f)
{
	if (o->json) {
		json_t *object = out_failure_json(f);

		if (object)
			note_json(object);
		json_decref(object);
	} else {
		(void)dprintf(STDERR_FILENO, "trec: %s (%s)\n",
			      f->message[0] ? f->message : trec_err_text(f->err),
			      trec_err_name(f->err));
		if (f->retry_after_s > 0)
			(void)dprintf(STDERR_FILENO, "trec: try again in %lld s\n",
				      (long long)f->retry_after_s);
		if (f->hint[0])
			(void)dprintf(STDERR_FILENO, "trec: %s\n", f->hint);
	}
	return (int)trec_err_class(f->err);
}
