/* SPDX-License-Identifier: GPL-3.0-or-later */
/* list, show, rename, allow, deny: the trusted device list. */
#include <string.h>

#include "tools/trec/cli.h"
#include "tools/trec/syntax.h"

trec_err words_check(const struct args *a, struct failure *f)
{
	for (size_t i = 0; i < a->operands_count; i++) {
		json_t *text = json_string(a->operands[i]);
		bool good = text && json_string_length(text) > 0 && json_string_length(text) < 256;

		json_decref(text);
		if (!good)
			return fail(f, TREC_E_USAGE, "word %zu is empty, too long or not UTF-8",
				    i + 1);
	}
	return TREC_OK;
}

trec_err cmd_list(struct cli *cli, struct failure *f)
{
	return client_run(
		cli, json_pack("{s:s, s:b}", "op", "list", "all", args_has(&cli->args, "--all")),
		false, f);
}

trec_err cmd_show(struct cli *cli, struct failure *f)
{
	trec_err err = words_check(&cli->args, f);

	if (err)
		return err;
	return client_run(cli, json_pack("{s:s, s:s}", "op", "show", "peer", cli->args.operands[0]),
			  false, f);
}

trec_err cmd_rename(struct cli *cli, struct failure *f)
{
	trec_err err = words_check(&cli->args, f);

	if (err)
		return err;
	return client_run(cli,
			  json_pack("{s:s, s:s, s:s}", "op", "rename", "peer",
				    cli->args.operands[0], "name", cli->args.operands[1]),
			  false, f);
}

static trec_err change_right(struct cli *cli, const char *op, int64_t until, struct failure *f)
{
	const char *const *words = cli->args.operands;
	json_t *request;
	trec_err err = words_check(&cli->args, f);

	if (!err)
		err = syntax_right(words[1], f);
	if (err)
		return err;
	request = json_pack("{s:s, s:s, s:s}", "op", op, "peer", words[0], "right", words[1]);
	if (until)
		(void)json_object_set_new(request, "until", json_integer(until));
	return client_run(cli, request, false, f);
}

trec_err cmd_allow(struct cli *cli, struct failure *f)
{
	const char *date = args_value(&cli->args, "--until");
	int64_t until = 0;
	trec_err err = date ? syntax_date(date, &until, f) : TREC_OK;

	return err ? err : change_right(cli, "allow", until, f);
}

trec_err cmd_deny(struct cli *cli, struct failure *f)
{
	return change_right(cli, "deny", 0, f);
}
