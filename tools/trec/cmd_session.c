/* SPDX-License-Identifier: GPL-3.0-or-later */
/* serve, connect, ping, watch, log: a device at work. */
#include <string.h>

#include "tools/trec/cli.h"
#include "tools/trec/syntax.h"

static trec_err dial(struct cli *cli, const char *op, const char *service, struct failure *f)
{
	const struct args *a = &cli->args;
	json_t *request = json_pack("{s:s, s:s}", "op", op, "peer", a->operands[0]);
	trec_err err = TREC_OK;

	if (!request)
		return fail(f, TREC_E_USAGE, "the peer's name is not UTF-8");
	if (a->operands_count > 1)
		err = syntax_uri(a->operands[1], f);
	if (!err && service)
		err = syntax_service(service, f);
	if (err) {
		json_decref(request);
		return err;
	}
	if (a->operands_count > 1)
		(void)json_object_set_new(request, "uri", json_string(a->operands[1]));
	if (service)
		(void)json_object_set_new(request, "service", json_string(service));
	return client_run(cli, request, false, f);
}

trec_err cmd_connect(struct cli *cli, struct failure *f)
{
	return dial(cli, "connect", args_value(&cli->args, "--service"), f);
}

trec_err cmd_ping(struct cli *cli, struct failure *f)
{
	return dial(cli, "ping", NULL, f);
}

trec_err cmd_rekey(struct cli *cli, struct failure *f)
{
	return dial(cli, "rekey", NULL, f);
}

trec_err cmd_watch(struct cli *cli, struct failure *f)
{
	return client_run(cli, json_pack("{s:s}", "op", "watch"), true, f);
}

trec_err cmd_log(struct cli *cli, struct failure *f)
{
	return client_run(cli, json_pack("{s:s}", "op", "log"), true, f);
}

/* One of a set of words. */
static trec_err one_of(const struct args *a, const char *option, const char *const *words,
		       struct failure *f)
{
	const char *value = args_value(a, option);
	char text[128] = "";

	for (size_t i = 0; value && words[i]; i++) {
		if (!strcmp(value, words[i]))
			return TREC_OK;
		(void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
			       i ? ", " : "", words[i]);
	}
	if (!value)
		return TREC_OK;
	fail(f, TREC_E_USAGE, "%s %.32s is not known", option, value);
	fail_hint(f, "write one of: %s", text);
	return f->err;
}

trec_err cmd_serve(struct cli *cli, struct failure *f)
{
	static const char *const windows[] = { "random", "preset", NULL };
	static const char *const policies[] = { "ask", "auto", "never", NULL };
	const struct args *a = &cli->args;
	struct trec_keystore *keys = NULL;
	char dir[PLACE_PATH_MAX];
	const char *uri;
	trec_err err = one_of(a, "--window", windows, f);

	if (!err)
		err = one_of(a, "--introductions", policies, f);
	if (!err)
		err = granted_check(a, "--introduced-rights", f);
	for (size_t i = 0; !err && (uri = args_value_at(a, "--listen", i)); i++)
		err = syntax_listen_uri(uri, f);
	if (!err)
		err = place_find(a->store, dir, f);
	if (!err)
		err = place_open(cli->env, dir, &keys, f);
	return err ? err : daemon_serve(cli, keys, f);
}
