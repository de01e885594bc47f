/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scan: devices nearby. It works before there is a store, only then nobody has a name. */
#include <string.h>

#include "tools/trec/cli.h"
#include "tools/trec/ops.h"

struct here {
	struct cli *cli;
	uv_loop_t loop;
	struct scanning *scanning;
	struct failure *f;
};

static void show(struct here *h, const char *kind, json_t *object)
{
	out_result(&h->cli->out, kind, object);
	json_decref(object);
}

static void on_found(void *ctx, const char *transport, const struct trec_sighting *s)
{
	show(ctx, "found", sighting_json(transport, s, NULL));
}

static void on_failed(void *ctx, const char *transport, const struct failure *f)
{
	show(ctx, "unsearched", unsearched_json(transport, f));
}

static void on_over(void *ctx, const struct failure *f)
{
	struct here *h = ctx;

	if (f)
		*h->f = *f;
	scanning_free(&h->scanning);
}

static trec_err scan_without_store(struct cli *cli, const char *transport, unsigned seconds,
				   struct failure *f)
{
	struct here h = { .cli = cli, .f = f };
	struct scanning_options o = { .env = cli->env,
				      .loop = &h.loop,
				      .transport = transport,
				      .seconds = seconds,
				      .found = on_found,
				      .failed = on_failed,
				      .over = on_over,
				      .ctx = &h };
	trec_err err;

	*f = (struct failure){ 0 };
	if (uv_loop_init(&h.loop) != 0)
		return fail_plain(f, TREC_E_NO_MEMORY);
	err = scanning_new(&o, &h.scanning, f);
	(void)uv_run(&h.loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&h.loop);
	return err ? err : f->err;
}

trec_err cmd_scan(struct cli *cli, struct failure *f)
{
	const char *transport = args_value(&cli->args, "--transport");
	unsigned seconds = 0;
	trec_err err = args_number(&cli->args, "--seconds", 1, SCAN_SECONDS_MAX, 0, &seconds, f);
	json_t *request;

	if (!err && transport && strcmp(transport, "tcp") != 0 &&
	    strcmp(transport, "rfcomm") != 0) {
		fail(f, TREC_E_USAGE, "--transport %.32s is not known", transport);
		fail_hint(f, "write one of: tcp, rfcomm");
		err = f->err;
	}
	if (err)
		return err;
	request = json_pack("{s:s, s:s*}", "op", "scan", "transport", transport);
	if (request && seconds)
		(void)json_object_set_new(request, "seconds", json_integer(seconds));
	err = client_run(cli, request, false, f);
	return err == TREC_E_NO_STORE ? scan_without_store(cli, transport, seconds, f) : err;
}
