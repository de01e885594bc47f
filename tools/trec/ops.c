/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests under way; see ops.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/trec/daemon.h"
#include "tools/trec/syntax.h"

const struct op_row op_rows[] = {
	{ "id", op_id, NULL, false },
	{ "info", op_info, NULL, false },
	{ "cert", op_cert, NULL, false },
	{ "list", op_list, NULL, false },
	{ "show", op_show, NULL, false },
	{ "rename", op_rename, NULL, false },
	{ "allow", op_allow, NULL, false },
	{ "deny", op_deny, NULL, false },
	{ "unpair", op_unpair, NULL, false },
	{ "resume", op_resume, NULL, false },
	{ "rotate", op_rotate, NULL, false },
	{ "window", op_window, op_window_cancel, true },
	{ "preset", op_preset, NULL, false },
	{ "pair", op_pair, op_run_cancel, false },
	{ "connect", op_connect, op_run_cancel, false },
	{ "ping", op_ping, op_run_cancel, false },
	{ "rekey", op_rekey, op_run_cancel, false },
	{ "introduce", op_introduce, op_introduce_cancel, false },
	{ "accept", op_accept, NULL, false },
	{ "scan", op_scan, op_scan_cancel, false },
	{ "watch", op_watch, op_watch_cancel, true },
	{ "log", op_log, NULL, true },
	{ "pending", op_pending, NULL, true },
	{ "answer", op_answer, NULL, true },
	{ NULL, NULL, NULL, false },
};

static void op_free(struct op *op)
{
	if (op->in_fd >= 0)
		close(op->in_fd);
	if (op->out_fd >= 0)
		close(op->out_fd);
	json_decref(op->request);
	json_decref(op->results);
	json_decref(op->made);
	free(op->introduction);
	op_scan_free(op->scan);
	trec_wipe(op, sizeof *op);
	free(op);
}

void op_end(struct op *op)
{
	struct sink *sink = op->sink;
	struct failure f = op->f;

	if (op->daemon)
		daemon_unwatch(op);
	op_free(op);
	if (sink)
		sink->end(sink, f.err ? &f : NULL);
}

struct op *op_start(struct device *dev, struct daemon *daemon, struct sink *sink, json_t *request,
		    int in_fd, int out_fd)
{
	const char *name = json_string_value(json_object_get(request, "op"));
	struct op *op = calloc(1, sizeof *op);

	if (!op)
		abort(); /* a page: nothing else would work either */
	op->dev = dev;
	op->daemon = daemon;
	op->sink = sink;
	op->request = request;
	op->in_fd = in_fd;
	op->out_fd = out_fd;
	for (op->row = op_rows; strcmp(op->row->name, name) != 0; op->row++)
		continue; /* request.c let only known names pass */
	op->results = json_array();
	op->row->start(op);
	return op;
}

void op_cancel(struct op *op)
{
	op->sink = NULL;
	if (op->row->cancel && !op->busy)
		op->row->cancel(op);
}

void op_result(struct op *op, const char *kind, json_t *object)
{
	if (op->sink)
		op->sink->result(op->sink, kind, object);
	json_decref(object);
}

void op_add(struct op *op, const char *kind, json_t *object)
{
	(void)json_array_append_new(op->results, json_pack("[s, o]", kind, object));
}

static void store_work(void *ctx)
{
	struct op *op = ctx;

	op->work(op);
}

static void store_done(void *ctx)
{
	struct op *op = ctx;
	const json_t *pair;
	size_t i;

	op->busy = false;
	json_array_foreach(op->results, i, pair)
		op_result(op, json_string_value(json_array_get(pair, 0)),
			  json_incref(json_array_get(pair, 1)));
	(void)json_array_clear(op->results);
	/* What ends by itself goes on when nobody waits: open sessions must hear of a change. */
	if (!op->f.err && op->then && (op->sink || !op->row->cancel))
		op->then(op);
	else
		op_end(op);
}

void op_store(struct op *op, void (*work)(struct op *op), void (*then)(struct op *op))
{
	op->busy = true;
	op->work = work;
	op->then = then;
	device_with_store(op->dev, store_work, store_done, op);
}

const char *op_text(const struct op *op, const char *key)
{
	return json_string_value(json_object_get(op->request, key));
}

unsigned op_number(const struct op *op, const char *key)
{
	return (unsigned)json_integer_value(json_object_get(op->request, key));
}

bool op_flag(const struct op *op, const char *key)
{
	return json_is_true(json_object_get(op->request, key));
}

struct trec_store *op_records(const struct op *op)
{
	return trec_keystore_store(device_keys(op->dev));
}

bool op_find_peer(struct op *op)
{
	return op_find(op, op_text(op, "peer"));
}

bool op_find(struct op *op, const char *text)
{
	trec_err err = trec_peer_find(device_env(op->dev), op_records(op), text, &op->peer);

	if (err == TREC_E_NO_PEER)
		fail(&op->f, err, "there is no peer %.120s", text);
	else if (err == TREC_E_AMBIGUOUS_PEER)
		fail(&op->f, err, "more than one peer fits %.120s", text);
	else if (err)
		fail_plain(&op->f, err);
	return !err;
}

json_t *id_json(const struct trec_id *id)
{
	char text[TREC_ID_TEXT_LEN + 1];

	trec_id_to_text(id, text);
	return json_string(text);
}

json_t *ms_json(double ms)
{
	return json_real(round(ms * 1000) / 1000);
}

json_t *time_json(int64_t seconds)
{
	char text[SYNTAX_TIME_LEN + 1];

	return seconds && syntax_format_time(seconds, text) ? json_string(text) : json_null();
}
