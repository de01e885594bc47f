/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests about introductions: making them, at once or to be carried, and taking carried ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/trec/daemon.h"
#include "tools/trec/refusal.h"

#define ACCEPTED_MAX 16 /* of one file: each pair of 6 devices, and one more */

/* ---- introduce --------------------------------------------------------------------------- */

/* What these requests need beside op->peer. */
struct op_introduction {
	struct trec_id id[DEVICE_INTRODUCED_MAX];
	char name[DEVICE_INTRODUCED_MAX][TREC_NAME_MAX + 1];
	size_t count;
	unsigned pairs, failed;
	char first[320]; /* the first that failed */
	struct device_introduction *run;
	struct trec_introduced accepted[ACCEPTED_MAX];
	size_t accepted_count;
};

static json_t *pair_json(const struct op *op, const char *event, size_t subject, size_t audience)
{
	const struct op_introduction *in = op->introduction;

	return json_pack("{s:s, s:o, s:o, s:s, s:s}", "event", event, "subject",
			 id_json(&in->id[subject]), "audience", id_json(&in->id[audience]),
			 "subject_name", in->name[subject], "audience_name", in->name[audience]);
}

static void one_pair(void *ctx, size_t subject, size_t audience, const struct failure *f, size_t by)
{
	struct op *op = ctx;
	struct op_introduction *in = op->introduction;
	json_t *object = pair_json(op, "introduced", subject, audience);

	in->pairs++;
	if (f) {
		in->failed++;
		(void)json_object_set_new(object, "failed_at", id_json(&in->id[by]));
		(void)json_object_set_new(object, "failed_at_name", json_string(in->name[by]));
		(void)json_object_set_new(object, "error", json_string(trec_err_name(f->err)));
		(void)json_object_set_new(object, "message", json_string(f->message));
		if (f->refusal[0])
			(void)json_object_set_new(object, "refusal", json_string(f->refusal));
		if (!in->first[0])
			(void)snprintf(in->first, sizeof in->first, "%.64s: %.250s", in->name[by],
				       f->message);
		if (!op->f.err)
			op->f = *f;
	}
	op_result(op, "introduced", object);
}

static void all_pairs(void *ctx)
{
	struct op *op = ctx;
	struct op_introduction *in = op->introduction;
	struct failure first = op->f;

	in->run = NULL;
	if (in->failed) {
		fail(&op->f, TREC_E_REFUSED, "%u of %u introductions were not taken; the first: %s",
		     in->failed, in->pairs, in->first);
		fail_hint(&op->f, "%s", first.hint);
		memcpy(op->f.refusal, first.refusal, sizeof op->f.refusal);
	}
	op_end(op);
}

/* The i-th peer named; false: op->f says why it is not one to introduce. */
static bool find_one(struct op *op, size_t i)
{
	struct op_introduction *in = op->introduction;
	enum trec_refusal why = TREC_REFUSAL_NONE;
	const char *text =
		json_string_value(json_array_get(json_object_get(op->request, "peers"), i));
	trec_err err;

	if (!op_find(op, text))
		return false;
	for (size_t k = 0; k < i; k++)
		if (!memcmp(&in->id[k], &op->peer.id, sizeof op->peer.id))
			return fail(&op->f, TREC_E_USAGE, "%s is named twice", op->peer.name),
			       false;
	err = trec_introduction_may(device_env(op->dev), op_records(op), &op->peer.id, &why);
	if (err) {
		fail_plain(&op->f, err);
	} else if (why != TREC_REFUSAL_NONE) {
		(void)fail_refusal(&op->f, why);
		(void)snprintf(op->f.message, sizeof op->f.message, "%.64s: %s", op->peer.name,
			       trec_refusal_text(why));
	}
	in->id[i] = op->peer.id;
	memcpy(in->name[i], op->peer.name, sizeof in->name[i]);
	return !op->f.err;
}

static bool find_all(struct op *op)
{
	size_t n = json_array_size(json_object_get(op->request, "peers"));

	if (n < 2)
		return fail(&op->f, TREC_E_USAGE, "name two devices at least"), false;
	for (size_t i = 0; i < n; i++)
		if (!find_one(op, i))
			return false;
	op->introduction->count = n;
	return true;
}

static void work_find(struct op *op)
{
	(void)find_all(op);
}

static void found(struct op *op)
{
	struct op_introduction *in = op->introduction;
	struct device_introduce_options o = {
		.peers = in->id, .count = in->count, .pair = one_pair, .end = all_pairs
	};

	in->run = device_introduce(op->dev, &o, op);
}

/* One text for each pair, for both of the two. */
static void work_offline(struct op *op)
{
	const struct op_introduction *in = op->introduction;
	char text[TREC_INTRODUCTION_TEXT_MAX + 1];
	size_t n;

	if (!find_all(op))
		return;
	for (size_t i = 0; i < in->count; i++)
		for (size_t k = i + 1; k < in->count; k++) {
			trec_err err = trec_introduction_make(device_env(op->dev), op_records(op),
							      &in->id[i], &in->id[k], text,
							      sizeof text, &n);

			if (err == TREC_E_STATE) /* all else was looked at before */
				fail_refusal(&op->f, TREC_REFUSAL_NO_CLOCK);
			else if (err)
				fail_plain(&op->f, err);
			if (err)
				return;
			op_add(op, "carried",
			       json_pack("{s:s, s:[o,o], s:[s,s], s:s}", "event", "carried",
					 "peers", id_json(&in->id[i]), id_json(&in->id[k]), "names",
					 in->name[i], in->name[k], "text", text));
		}
}

static void make_room(struct op *op)
{
	op->introduction = calloc(1, sizeof *op->introduction);
	if (!op->introduction)
		abort(); /* some pages: nothing else would work either */
}

void op_introduce(struct op *op)
{
	make_room(op);
	if (op_flag(op, "offline"))
		op_store(op, work_offline, NULL);
	else
		op_store(op, work_find, found);
}

void op_introduce_cancel(struct op *op)
{
	if (op->introduction->run)
		device_introduce_cancel(op->introduction->run);
	op_end(op);
}

/* ---- accept ------------------------------------------------------------------------------ */

static void fill_policy(const struct op *op, struct trec_introduction_policy *policy)
{
	const json_t *right;
	size_t i;

	*policy = (struct trec_introduction_policy){ .mode = TREC_INTRODUCTIONS_AUTO };
	json_array_foreach(json_object_get(op->request, "rights"), i, right)
	{
		if (i < TREC_RIGHTS_MAX)
			(void)snprintf(policy->rights[policy->right_count++], TREC_RIGHT_MAX + 1,
				       "%s", json_string_value(right));
	}
}

static void add_accepted(struct op *op, const struct trec_introduced *done)
{
	trec_err err =
		trec_peer_get(device_env(op->dev), op_records(op), &done->subject, &op->peer);

	if (err) {
		fail_plain(&op->f, err);
		return;
	}
	if (op->introduction->accepted_count < ACCEPTED_MAX)
		op->introduction->accepted[op->introduction->accepted_count++] = *done;
	op_add(op, "accepted",
	       json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:b}", "event", "accepted", "peer",
			 id_json(&op->peer.id), "name", op->peer.name, "introduced_by",
			 id_json(&done->introducer), "rights", rights_json(&op->peer), "expires",
			 time_json(op->peer.expires_s), "reduced",
			 done->refusal == TREC_REFUSAL_RIGHTS_EXCEEDED));
}

/* Where the next introduction begins: a file may hold several, and white space anywhere. */
static const char *next_text(const char *text)
{
	while (*text && strncasecmp(text, "TRECI:", 6) != 0)
		text++;
	return text;
}

struct accepting {
	struct trec_introduction_policy policy;
	struct failure
		refused; /* the first, but one for another device only if there is no other */
};

static void accept_one(struct op *op, struct accepting *a, struct trec_bytes text)
{
	struct trec_introduced done = { 0 };
	trec_err err = trec_introduction_accept(device_env(op->dev), op_records(op), text,
						&a->policy, &done);

	if (err == TREC_E_BAD_CODE) {
		fail_no_introduction(&op->f, "this", "is no introduction, or it is damaged");
	} else if (err) {
		fail_plain(&op->f, err);
	} else if (done.accepted) {
		add_accepted(op, &done);
	} else if (!a->refused.err || a->refused.err == TREC_E_WRONG_AUDIENCE) {
		fail_refusal(&a->refused, done.refusal);
	}
}

/* A file for several devices is accepted where it says something to this one. */
static void work_accept(struct op *op)
{
	const char *text = op_text(op, "text"), *begin = next_text(text);
	struct accepting a = { 0 };

	fill_policy(op, &a.policy);
	if (!*begin)
		begin = text; /* the library says what it is not */
	while (*begin && !op->f.err) {
		const char *end = next_text(begin + 1);

		accept_one(op, &a, trec_bytes(begin, (size_t)(end - begin)));
		begin = end;
	}
	if (!op->f.err && a.refused.err &&
	    (!op->introduction->accepted_count || a.refused.err != TREC_E_WRONG_AUDIENCE))
		op->f = a.refused;
}

static void accepted(struct op *op)
{
	for (size_t i = 0; i < op->introduction->accepted_count; i++)
		device_emit_introduced(op->dev, &op->introduction->accepted[i]);
	device_list_changed(op->dev);
	op_end(op);
}

void op_accept(struct op *op)
{
	make_room(op);
	op_store(op, work_accept, accepted);
}
