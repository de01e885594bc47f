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

static trec_err scan_without_store(struct cli *cli, unsigned seconds, struct failure *f)
{
	struct here h = { .cli = cli, .f = f };
	struct scanning_options o = { .env = cli->env,
				      .loop = &h.loop,
				      .transport = args_value(&cli->args, "--transport"),
				      .adapter = args_value(&cli->args, "--adapter"),
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

static trec_err check(const struct args *a, struct failure *f)
{
	const char *transport = args_value(a, "--transport");
	const char *adapter = args_value(a, "--adapter");
	size_t digits = adapter && !strncmp(adapter, "hci", 3) ? strspn(adapter + 3, "0123456789")
							       : 0;

	if (transport && strcmp(transport, "tcp") != 0 && strcmp(transport, "rfcomm") != 0) {
		fail(f, TREC_E_USAGE, "--transport %.32s is not known", transport);
		fail_hint(f, "write one of: tcp, rfcomm");
	} else if (adapter && (digits == 0 || digits > 2 || adapter[3 + digits])) {
		fail(f, TREC_E_USAGE, "--adapter %.32s is not hciN", adapter);
	} else if (adapter && transport && !strcmp(transport, "tcp")) {
		fail(f, TREC_E_USAGE, "--adapter goes with --transport rfcomm");
	} else {
		return TREC_OK;
	}
	return f->err;
}

trec_err cmd_scan(struct cli *cli, struct failure *f)
{
	const struct args *a = &cli->args;
	unsigned seconds = 0;
	trec_err err = args_number(a, "--seconds", 1, SCAN_SECONDS_MAX, 0, &seconds, f);
	json_t *request;

	if (!err)
		err = check(a, f);
	if (err)
		return err;
	request = json_pack("{s:s, s:s*, s:s*}", "op", "scan", "transport",
			    args_value(a, "--transport"), "adapter", args_value(a, "--adapter"));
	if (request && seconds)
		(void)json_object_set_new(request, "seconds", json_integer(seconds));
	err = client_run(cli, request, false, f);
	return err == TREC_E_NO_STORE ? scan_without_store(cli, seconds, f) : err;
}
