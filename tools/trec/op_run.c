/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests that dial: pair, connect, ping. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/trec/daemon.h"
#include "tools/trec/secret.h"

void op_run_cancel(struct op *op)
{
	if (op->run)
		device_cancel(op->run);
	op_end(op);
}

/* True: it went well; else the op has ended. */
static bool went_well(struct op *op, const struct failure *f)
{
	op->run = NULL;
	if (!f)
		return true;
	op->f = *f;
	op_end(op);
	return false;
}

/* ---- pair -------------------------------------------------------------------------------- */

static void paired(void *ctx, const struct failure *f, const struct device_paired *p)
{
	struct op *op = ctx;
	json_t *object;

	if (!went_well(op, f))
		return;
	object = json_pack("{s:s, s:o, s:s, s:s, s:s, s:o}", "event", "paired", "peer",
			   id_json(&p->result.peer), "name", p->result.name, "origin",
			   trec_origin_name(p->result.origin), "transport", p->transport, "ms",
			   ms_json(p->ms));
	op_result(op, "paired", object);
	op_end(op);
}

void op_pair(struct op *op)
{
	struct trec_code_info info = { 0 };
	const char *uris[TREC_HINTS_MAX];
	struct device_pair_options o = { .uris = uris,
					 .secret = op_text(op, "secret"),
					 .secret_is_new = op_flag(op, "new"),
					 .symmetric = op_flag(op, "symmetric") };

	uris[0] = op_text(op, "uri");
	o.uri_count = uris[0] ? 1 : 0;
	if (!o.uri_count && trec_code_check(o.secret, &info) == TREC_OK) {
		for (size_t i = 0; i < info.hint_count; i++)
			uris[i] = info.hints[i];
		o.uri_count = info.hint_count;
	}
	if (!o.uri_count) {
		fail(&op->f, TREC_E_USAGE, "there is no address to dial");
		fail_hint(&op->f, "name the other device's address: trec pair tcp://HOST:PORT");
		op_end(op);
		return;
	}
	if (op->daemon)
		daemon_watch(op);
	op->run = device_pair(op->dev, &o, paired, op);
	(void)json_object_del(op->request, "secret");
	secret_burn_stack();
}

/* ---- connect, ping ----------------------------------------------------------------------- */

static void find(struct op *op)
{
	(void)op_find_peer(op);
}

/* The address given, or those that the list has. */
static void fill_dial(struct op *op, struct device_dial *dial, const char *uris[1])
{
	uris[0] = op_text(op, "uri");
	*dial = (struct device_dial){ .peer = op->peer.id,
				      .uris = uris,
				      .uri_count = uris[0] ? 1 : 0 };
}

static void connected(void *ctx, const struct failure *f, const struct device_ended *e)
{
	struct op *op = ctx;

	(void)e;
	if (went_well(op, f))
		op_end(op);
}

static void connect_found(struct op *op)
{
	const char *service = op_text(op, "service");
	struct device_dial dial;
	const char *uris[1];

	fill_dial(op, &dial, uris);
	op->run = device_connect(op->dev, &dial, service ? service : "", op->in_fd, op->out_fd,
				 connected, op);
}

void op_connect(struct op *op)
{
	if (op->in_fd < 0 || op->out_fd < 0) {
		fail(&op->f, TREC_E_MALFORMED, "connect came without its two descriptors");
		op_end(op);
		return;
	}
	op_store(op, find, connect_found);
}

static void pong(void *ctx, const struct failure *f, const struct device_ended *e)
{
	struct op *op = ctx;

	if (!went_well(op, f))
		return;
	op_result(op, "pong",
		  json_pack("{s:s, s:o, s:o, s:o}", "event", "pong", "peer", id_json(&e->peer),
			    "setup_ms", ms_json(e->setup_ms), "rtt_ms", ms_json(e->rtt_ms)));
	op_end(op);
}

static void ping_found(struct op *op)
{
	struct device_dial dial;
	const char *uris[1];

	fill_dial(op, &dial, uris);
	op->run = device_ping(op->dev, &dial, pong, op);
}

void op_ping(struct op *op)
{
	op_store(op, find, ping_found);
}

/* ---- rekey ------------------------------------------------------------------------------- */

/* The first session with the new key ends the old one; should it fail, a later one does. */
static void rekey_used(void *ctx, const struct failure *f, const struct device_ended *e)
{
	struct op *op = ctx;

	(void)e;
	op->run = NULL;
	op_result(op, "rekeyed",
		  json_pack("{s:s, s:o, s:s, s:b}", "event", "rekeyed", "peer",
			    id_json(&op->peer.id), "name", op->peer.name, "settled", f == NULL));
	op_end(op);
}

static void rekeyed(void *ctx, const struct failure *f, const struct device_ended *e)
{
	struct op *op = ctx;
	struct device_dial dial;
	const char *uris[1];

	(void)e;
	if (!went_well(op, f))
		return;
	fill_dial(op, &dial, uris);
	op->run = device_ping(op->dev, &dial, rekey_used, op);
}

static void rekey_found(struct op *op)
{
	struct device_dial dial;
	const char *uris[1];

	if (!op->peer.symmetric) {
		fail(&op->f, TREC_E_UNSUPPORTED, "%s is known by its certificate, not by a key",
		     op->peer.name);
		fail_hint(&op->f, "`trec rotate` replaces this device's own key");
		op_end(op);
		return;
	}
	fill_dial(op, &dial, uris);
	op->run = device_rekey(op->dev, &dial, rekeyed, op);
}

void op_rekey(struct op *op)
{
	op_store(op, find, rekey_found);
}
