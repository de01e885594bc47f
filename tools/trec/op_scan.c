/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking for devices, and asking the store which of them are peers. */
#include <stdlib.h>
#include <string.h>

#include "tools/trec/ops.h"

struct seen {
	struct seen *next;
	char transport[16];
	struct trec_sighting what;
};

struct op_scan {
	struct op *op;
	struct scanning *scanning;
	struct seen *fresh, **fresh_end; /* to be looked up */
	struct seen *batch;              /* a job has them */
	bool over;
	struct failure f; /* nothing could be looked with */
};

json_t *sighting_json(const char *transport, const struct trec_sighting *s,
		      const struct trec_peer *peer)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s?}", "event", "found", "uri", s->uri,
			 "transport", transport, "label", s->label, "peer",
			 peer ? id_json(&peer->id) : json_null(), "name",
			 peer ? peer->name : NULL);
}

json_t *unsearched_json(const char *transport, const struct failure *f)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "event", "unsearched", "transport", transport,
			 "error", trec_err_name(f->err), "message", f->message, "hint", f->hint);
}

static void free_list(struct seen **list)
{
	struct seen *next;

	for (struct seen *s = *list; s; s = next) {
		next = s->next;
		free(s);
	}
	*list = NULL;
}

void op_scan_free(struct op_scan *scan)
{
	if (!scan)
		return;
	scanning_free(&scan->scanning);
	free_list(&scan->fresh);
	free_list(&scan->batch);
	free(scan);
}

/* A job. A beacon that fits no peer is a stranger's, or nobody's. */
static void recognise(struct op *op)
{
	for (const struct seen *s = op->scan->batch; s; s = s->next) {
		trec_err err = s->what.has_beacon
				       ? trec_beacon_find(device_env(op->dev), op_records(op),
							  s->what.beacon, &op->peer)
				       : TREC_E_NO_PEER;

		if (err && err != TREC_E_NO_PEER) {
			fail_plain(&op->f, err);
			return;
		}
		op_add(op, "found", sighting_json(s->transport, &s->what, err ? NULL : &op->peer));
	}
}

static void scan_step(struct op *op)
{
	struct op_scan *scan = op->scan;

	free_list(&scan->batch);
	if (scan->fresh) {
		scan->batch = scan->fresh;
		scan->fresh = NULL;
		scan->fresh_end = &scan->fresh;
		op_store(op, recognise, scan_step);
	} else if (scan->over) {
		op->f = scan->f;
		op_end(op);
	}
}

static void on_found(void *ctx, const char *transport, const struct trec_sighting *what)
{
	struct op_scan *scan = ctx;
	struct seen *s;

	if (what->has_beacon && device_shows(scan->op->dev, what->beacon))
		return; /* this device itself */
	s = calloc(1, sizeof *s);
	if (!s)
		return;
	(void)snprintf(s->transport, sizeof s->transport, "%s", transport);
	s->what = *what;
	*scan->fresh_end = s;
	scan->fresh_end = &s->next;
	if (!scan->op->busy)
		scan_step(scan->op);
}

static void on_failed(void *ctx, const char *transport, const struct failure *f)
{
	struct op_scan *scan = ctx;

	op_result(scan->op, "unsearched", unsearched_json(transport, f));
}

static void on_over(void *ctx, const struct failure *f)
{
	struct op_scan *scan = ctx;

	if (f)
		scan->f = *f;
	scan->over = true;
	if (!scan->op->busy)
		scan_step(scan->op);
}

void op_scan(struct op *op)
{
	struct scanning_options o = { .env = device_env(op->dev),
				      .loop = device_loop(op->dev),
				      .transport = op_text(op, "transport"),
				      .adapter = op_text(op, "adapter"),
				      .seconds = op_number(op, "seconds"),
				      .found = on_found,
				      .failed = on_failed,
				      .over = on_over };
	struct op_scan *scan = calloc(1, sizeof *scan);

	if (!scan) {
		fail_plain(&op->f, TREC_E_NO_MEMORY);
		op_end(op);
		return;
	}
	op->scan = scan;
	scan->op = op;
	scan->fresh_end = &scan->fresh;
	o.ctx = scan;
	if (scanning_new(&o, &scan->scanning, &op->f))
		op_end(op);
}

void op_scan_cancel(struct op *op)
{
	op_end(op);
}
