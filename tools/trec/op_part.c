/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests that end trust or change what it rests on: unpair, resume, rotate. */
#include <stdlib.h>
#include <string.h>

#include "tools/trec/daemon.h"

/* ---- unpair ------------------------------------------------------------------------------ */

static void told_others(void *ctx)
{
	op_end(ctx);
}

static void unpaired(void *ctx, const struct failure *f, const struct device_ended *e)
{
	struct op *op = ctx;
	json_t *pair;
	size_t i;

	if (f) {
		op->f = *f;
		op_end(op);
		return;
	}
	json_array_foreach(op->made, i, pair)
		op_result(op, "cascaded", json_incref(pair));
	op_result(op, "unpaired",
		  json_pack("{s:s, s:o, s:s, s:b}", "event", "unpaired", "peer",
			    id_json(&op->peer.id), "name", op->peer.name, "told", e->told));
	/* A daemon goes on by itself. */
	if (op->daemon)
		op_end(op);
	else
		device_when_spread(op->dev, told_others, op);
}

static bool goes_with(const struct trec_peer *p, const struct trec_peer *introducer)
{
	return p->has_introducer && p->origin == TREC_ORIGIN_INTRODUCTION &&
	       memcmp(&p->introduced_by, &introducer->id, sizeof(p->introduced_by)) == 0;
}

/* Whom a cascade takes along, to be shown once it has. */
static trec_err list_cascade(struct op *op)
{
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer *p = calloc(1, sizeof *p);
	trec_err err = p ? TREC_OK : TREC_E_NO_MEMORY;
	bool found = true;

	op->made = json_array();
	while (!err && found) {
		err = trec_peer_next(device_env(op->dev), op_records(op), &cursor, p, &found);
		if (!err && found && goes_with(p, &op->peer))
			(void)json_array_append_new(
				op->made, json_pack("{s:s, s:o, s:s}", "event", "cascaded", "peer",
						    id_json(&p->id), "name", p->name));
	}
	free(p);
	return err;
}

static void work_unpair(struct op *op)
{
	bool last = false;
	trec_err err;

	if (!op_find_peer(op))
		return;
	err = trec_peer_last_introducer(device_env(op->dev), op_records(op), &op->peer.id, &last);
	if (!err && last && !op_flag(op, "sure")) {
		op_add(op, "question",
		       json_pack("{s:s, s:o, s:s}", "question", "last-introducer", "peer",
				 id_json(&op->peer.id), "name", op->peer.name));
		op->asked = true;
		return;
	}
	if (!err && op_flag(op, "cascade"))
		err = list_cascade(op);
	if (err)
		fail_plain(&op->f, err);
}

static void unpair_found(struct op *op)
{
	if (op->asked)
		op_end(op);
	else
		op->run = device_unpair(op->dev, &op->peer.id, op_flag(op, "cascade"), unpaired,
					op);
}

void op_unpair(struct op *op)
{
	op_store(op, work_unpair, unpair_found);
}

/* ---- resume ------------------------------------------------------------------------------ */

static void work_resume(struct op *op)
{
	trec_err err;

	if (!op_find_peer(op))
		return;
	err = trec_peer_resume(device_env(op->dev), op_records(op), &op->peer.id);
	if (err == TREC_E_STATE) {
		fail(&op->f, err, "%s is not suspended", op->peer.name);
		fail_hint(&op->f, "see `trec list`");
		return;
	}
	op_add_changed(op, err);
}

static void resumed(struct op *op)
{
	device_list_changed(op->dev);
	op_end(op);
}

void op_resume(struct op *op)
{
	op_store(op, work_resume, resumed);
}

/* ---- rotate ------------------------------------------------------------------------------ */

static void round_over(void *ctx, size_t untold)
{
	struct op *op = ctx;
	json_t *object = op->made;

	op->made = NULL;
	(void)json_object_set_new(object, "untold", json_integer((json_int_t)untold));
	op_result(op, "rotated", object);
	op_end(op);
}

static void rotated(void *ctx, const struct failure *f, const struct trec_rotated *what,
		    const struct trec_signer *signer)
{
	struct op *op = ctx;

	if (f) {
		op->f = *f;
		op_end(op);
		return;
	}
	op->made = json_pack("{s:s, s:o, s:o, s:s, s:I, s:I, s:I}", "event", "rotated", "id",
			     id_json(&what->now), "previous", id_json(&what->old), "key",
			     key_name(signer->alg), "sequence", (json_int_t)what->sequence, "peers",
			     (json_int_t)what->untold, "stranded", (json_int_t)what->stranded);
	device_tell(op->dev, round_over, op);
}

void op_rotate(struct op *op)
{
	const char *key = op_text(op, "key");
	trec_key_alg alg = (trec_key_alg)0;

	if (key && !strcmp(key, key_name(TREC_KEY_ED25519))) {
		alg = TREC_KEY_ED25519;
	} else if (key && !strcmp(key, key_name(TREC_KEY_P256))) {
		alg = TREC_KEY_P256;
	} else if (key) {
		fail(&op->f, TREC_E_MALFORMED, "a key is ed25519 or p256");
		op_end(op);
		return;
	}
	device_rotate(op->dev, alg, rotated, op);
}
