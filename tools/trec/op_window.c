/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests about the pairing window, the preset PIN and the state of the device. */
#include <string.h>

#include "tools/trec/daemon.h"
#include "tools/trec/secret.h"

/* ---- window ------------------------------------------------------------------------------ */

void op_window_cancel(struct op *op)
{
	if (op->waiting) {
		device_window_forget(op->dev, op);
		op_end(op);
	} /* else it is being opened, and ends with that */
}

static void window_ended(void *ctx, const struct trec_window_status *st)
{
	struct op *op = ctx;

	op->waiting = false;
	if (st->end == TREC_WINDOW_PAIRED)
		op_result(op, "paired",
			  json_pack("{s:s, s:o}", "event", "paired", "peer", id_json(&st->peer)));
	else if (st->end == TREC_WINDOW_VOID)
		fail(&op->f, TREC_E_WINDOW_CLOSED,
		     "the window closed after too many wrong attempts");
	else if (st->end == TREC_WINDOW_REPLACED)
		fail(&op->f, TREC_E_WINDOW_CLOSED, "another window replaced this one");
	else
		fail(&op->f, TREC_E_WINDOW_CLOSED, "the window closed and nobody had paired");
	if (op->f.err)
		fail_hint(&op->f, "open another one with `trec window`");
	op_end(op);
}

static void window_opened(void *ctx, const struct failure *f, const char *secret, unsigned seconds)
{
	struct op *op = ctx;
	const char *method = op_text(op, "method");

	if (f) {
		op->f = *f;
		op_end(op);
		return;
	}
	op_result(op, "window",
		  json_pack("{s:s, s:s*, s:s*, s:s*, s:i}", "event", "window", "pin",
			    !strcmp(method, "pin") ? secret : NULL, "code",
			    !strcmp(method, "code") ? secret : NULL, "method",
			    !strcmp(method, "preset") ? method : NULL, "expires_in", seconds));
	if (op_flag(op, "wait") && op->sink) {
		op->waiting = true;
		device_window_wait(op->dev, window_ended, op);
		return;
	}
	op_end(op);
}

void op_window(struct op *op)
{
	const char *method = op_text(op, "method");
	struct device_window_options o = { .digits = op_number(op, "digits"),
					   .seconds = op_number(op, "seconds"),
					   .multi_use = op_flag(op, "multi"),
					   .symmetric = op_flag(op, "symmetric") };

	if (strcmp(method, "code") == 0) {
		o.method = TREC_METHOD_CODE;
	} else if (strcmp(method, "preset") == 0) {
		o.method = TREC_METHOD_PRESET;
	} else if (strcmp(method, "pin") != 0) {
		fail(&op->f, TREC_E_MALFORMED, "a window is opened for pin, preset or code");
		op_end(op);
		return;
	}
	device_window_open(op->dev, &o, window_opened, op);
}

/* ---- preset ------------------------------------------------------------------------------ */

static void preset_set(void *ctx, const struct failure *f, const char *secret, unsigned seconds)
{
	struct op *op = ctx;

	(void)secret;
	(void)seconds;
	if (f)
		op->f = *f;
	else
		op_result(op, "preset", json_pack("{s:s}", "event", "preset"));
	op_end(op);
}

void op_preset(struct op *op)
{
	device_preset(op->dev, op_text(op, "pin"), preset_set, op);
	(void)json_object_del(op->request, "pin");
	secret_burn_stack();
}

/* ---- info -------------------------------------------------------------------------------- */

static json_t *store_json(const struct trec_keystore_info *i)
{
	static const char *const kinds[] = { "unknown", "in-place", "journaled", "copied",
					     "shared",  "volatile", "unknown" };
	const char *kind = (size_t)i->overwrite < 7 ? kinds[i->overwrite] : kinds[0];

	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I}",
			 "level", i->level, "level_text", i->level_text, "key_source",
			 i->key_source, "filesystem", i->filesystem, "overwrite", kind,
			 "deletion_covers", i->covers, "deletion_does_not_cover", i->not_covered,
			 "secrets_in", i->arena, "read_only", i->read_only, "peers",
			 (json_int_t)i->records[TREC_RECORD_PEER], "tombstones",
			 (json_int_t)i->records[TREC_RECORD_TOMBSTONE], "notices",
			 (json_int_t)i->records[TREC_RECORD_NOTICE], "generation",
			 (json_int_t)i->generation, "bytes", (json_int_t)i->file_bytes);
}

/* Of the own key: how often it changed, and how many peers have not heard of that. */
static trec_err count_untold(struct op *op, uint64_t *sequence, json_int_t *untold)
{
	struct trec_peer_cursor cursor = { 0 };
	bool found = true;
	trec_err err = trec_rotation_sequence(device_env(op->dev), op_records(op), sequence);

	for (*untold = -1; !err && found; ++*untold)
		err = trec_rotation_untold(device_env(op->dev), op_records(op), &cursor, &op->peer,
					   &found);
	return err;
}

static void work_info(struct op *op)
{
	struct trec_keystore_info info;
	json_t *object;
	bool set = false;
	uint64_t sequence = 0;
	json_int_t untold = 0;
	trec_err err = trec_preset_is_set(op_records(op), &set);

	if (!err)
		err = count_untold(op, &sequence, &untold);
	if (err) {
		fail_plain(&op->f, err);
		return;
	}
	trec_keystore_info(device_keys(op->dev), &info);
	object = store_json(&info);
	(void)json_object_set_new(object, "preset_set", json_boolean(set));
	(void)json_object_set_new(object, "sequence", json_integer((json_int_t)sequence));
	(void)json_object_set_new(object, "untold", json_integer(untold));
	op->made = object;
}

static json_t *transports_json(void)
{
	const char *names[16];
	size_t n = trec_transport_names(names, 16);
	json_t *list = json_array();

	for (size_t i = 0; i < n && i < 16; i++)
		(void)json_array_append_new(list, json_string(names[i]));
	return list;
}

/* Those that cannot be used, and why. */
static json_t *unusable_json(void)
{
	struct trec_transport_status all[TREC_TRANSPORTS_MAX];
	size_t n = trec_transport_status(all, TREC_TRANSPORTS_MAX);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		if (all[i].err != TREC_OK)
			(void)json_array_append_new(
				list, json_pack("{s:s, s:s, s:s}", "name", all[i].name, "error",
						trec_err_name(all[i].err), "message",
						trec_err_text(all[i].err)));
	return list;
}

static json_t *window_json(const struct trec_window_status *st)
{
	static const char *const methods[] = { "pin", "preset", "code" };

	if (!st->open)
		return json_null();
	return json_pack("{s:s, s:I, s:i}", "method", methods[st->method], "closes_in",
			 (json_int_t)(st->closes_in_ms + 999) / 1000, "attempts_left",
			 st->attempts_left);
}

static void info_done(struct op *op)
{
	struct trec_window_status st;
	int64_t now;
	bool trusted;
	json_t *object = op->made;

	op->made = NULL;
	device_window_status(op->dev, &st);
	now = device_env(op->dev)->wall_s(device_env(op->dev)->ctx, &trusted);
	(void)json_object_set_new(object, "window", window_json(&st));
	(void)json_object_set_new(object, "preset_wrong_attempts", json_integer(st.preset_wrong));
	(void)json_object_set_new(object, "preset_void", json_boolean(st.preset_void));
	(void)json_object_set_new(object, "wrong_codes", json_integer((json_int_t)st.wrong_codes));
	(void)json_object_set_new(object, "frozen_for",
				  json_integer((json_int_t)(st.frozen_ms + 999) / 1000));
	(void)json_object_set_new(
		object, "frozen_until",
		time_json(st.frozen_ms ? now + (int64_t)(st.frozen_ms + 999) / 1000 : 0));
	(void)json_object_set_new(object, "transports", transports_json());
	(void)json_object_set_new(object, "unusable", unusable_json());
	(void)json_object_set_new(object, "daemon", json_boolean(op->daemon != NULL));
	op_result(op, "info", object);
	op_end(op);
}

void op_info(struct op *op)
{
	op_store(op, work_info, info_done);
}
