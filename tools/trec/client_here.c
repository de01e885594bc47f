/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request without a daemon: a device that lives for one op; see cli.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/trec/cli.h"
#include "tools/trec/ops.h"

struct here {
	struct sink sink;
	struct cli *cli;
	uv_loop_t loop;
	struct device *dev;
	struct failure f;
	bool over, stopped;
	/* A consent that is asked for at the terminal. */
	uv_work_t asking;
	char name[TREC_NAME_MAX + 1], id[TREC_ID_TEXT_LEN + 1], digits[8];
	unsigned number, seconds;
	int answer;
};

static void stopped(void *ctx)
{
	struct here *h = ctx;

	h->stopped = true;
	uv_stop(&h->loop);
}

static void sink_result(struct sink *s, const char *kind, const json_t *object)
{
	out_result(&((struct here *)s)->cli->out, kind, object);
}

static void sink_end(struct sink *s, const struct failure *f)
{
	struct here *h = (struct here *)s;

	if (f)
		h->f = *f;
	h->over = true;
	uv_stop(&h->loop); /* not from inside the device's own call */
}

static void answered(uv_work_t *w, int status)
{
	struct here *h = w->data;
	struct failure f;

	(void)status;
	/* Nobody to ask: whoever runs `pair` with a code agrees, and the code names its device. */
	if (h->answer != 0)
		note_digits(&h->cli->out, h->digits);
	if (!h->over)
		(void)device_answer(h->dev, h->number, h->answer != 0, &f);
}

static void ask(uv_work_t *w)
{
	struct here *h = w->data;

	h->answer = prompt_consent(h->name, h->id, h->digits, h->seconds);
}

static void say_yes(uv_work_t *w)
{
	struct here *h = w->data;

	h->answer = 1;
}

static void on_event(void *ctx, const struct device_event *e)
{
	struct here *h = ctx;

	if (strcmp(e->event, "consent") != 0 || h->over)
		return;
	(void)snprintf(h->name, sizeof h->name, "%s", e->name ? e->name : "");
	(void)snprintf(h->id, sizeof h->id, "%s", e->peer ? e->peer : "");
	(void)snprintf(h->digits, sizeof h->digits, "%s", e->digits ? e->digits : "");
	h->number = e->number;
	h->seconds = e->seconds;
	h->asking.data = h;
	(void)uv_queue_work(&h->loop, &h->asking, args_has(&h->cli->args, "--yes") ? say_yes : ask,
			    answered);
}

static void close_all(uv_handle_t *h, void *ctx)
{
	(void)ctx;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static void run(struct here *h, json_t *request)
{
	bool stream = !strcmp(json_string_value(json_object_get(request, "op")), "connect");
	int in_fd = stream ? dup(STDIN_FILENO) : -1;
	int out_fd = stream ? dup(STDOUT_FILENO) : -1;

	(void)op_start(h->dev, NULL, &h->sink, request, in_fd, out_fd);
	while (!h->over)
		(void)uv_run(&h->loop, UV_RUN_DEFAULT);
	device_stop(h->dev, stopped, h);
	while (!h->stopped)
		(void)uv_run(&h->loop, UV_RUN_DEFAULT);
	device_free(&h->dev);
}

trec_err client_run_here(struct cli *cli, struct trec_keystore *keys, json_t *request,
			 struct failure *f)
{
	struct here *h = calloc(1, sizeof *h);
	struct device_options o = { .env = cli->env, .keys = keys, .event = on_event, .ctx = h };
	trec_err err;

	if (!h || uv_loop_init(&h->loop) != 0) {
		free(h);
		json_decref(request);
		trec_keystore_close(&keys);
		return fail_plain(f, TREC_E_NO_MEMORY);
	}
	h->sink.result = sink_result;
	h->sink.end = sink_end;
	h->cli = cli;
	o.loop = &h->loop;
	err = device_new(&o, &h->dev, f);
	if (err) {
		json_decref(request);
		trec_keystore_close(&keys);
	} else {
		run(h, request);
		if (h->f.err)
			*f = h->f;
		err = h->f.err;
	}
	uv_walk(&h->loop, close_all, NULL);
	(void)uv_run(&h->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&h->loop);
	free(h);
	return err;
}
