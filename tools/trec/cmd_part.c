/* SPDX-License-Identifier: GPL-3.0-or-later */
/* unpair, resume, rotate: what is asked before it cannot be undone. */
#include <stdio.h>
#include <string.h>

#include "tools/trec/cli.h"

/* False: the user said no. Without a terminal nobody can. */
static bool go_on(struct cli *cli, const char *question)
{
	return args_has(&cli->args, "--yes") || prompt_yes(question) != 0;
}

static trec_err said_no(struct failure *f)
{
	return fail(f, TREC_E_CONSENT_DENIED, "nothing was changed");
}

static json_t *unpair_request(const struct cli *cli, bool sure)
{
	return json_pack("{s:s, s:s, s:b, s:b}", "op", "unpair", "peer", cli->args.operands[0],
			 "cascade", args_has(&cli->args, "--cascade"), "sure", sure);
}

trec_err cmd_unpair(struct cli *cli, struct failure *f)
{
	char warning[TREC_NAME_MAX + 160];
	json_t *questions = json_array();
	trec_err err = words_check(&cli->args, f);

	if (!err && !questions)
		err = fail_plain(f, TREC_E_NO_MEMORY);
	cli->out.keep = "question";
	cli->out.kept = questions;
	if (!err)
		err = client_run(cli, unpair_request(cli, false), false, f);
	cli->out.kept = NULL;
	if (!err && json_array_size(questions) > 0) {
		const char *name = json_string_value(
			json_object_get(json_array_get(questions, 0), "name"));

		(void)snprintf(warning, sizeof warning,
			       "%.64s is the last peer that may introduce others to this device",
			       name ? name : "");
		out_note(&cli->out, TREC_LEVEL_WARNING, warning);
		if (go_on(cli, "Part from it all the same? [y/N] "))
			err = client_run(cli, unpair_request(cli, true), false, f);
		else
			err = said_no(f);
	}
	json_decref(questions);
	return err;
}

trec_err cmd_resume(struct cli *cli, struct failure *f)
{
	trec_err err = words_check(&cli->args, f);

	if (err)
		return err;
	return client_run(cli,
			  json_pack("{s:s, s:s}", "op", "resume", "peer", cli->args.operands[0]),
			  false, f);
}

trec_err cmd_rotate(struct cli *cli, struct failure *f)
{
	const char *key = args_value(&cli->args, "--key");

	if (key && strcmp(key, "ed25519") != 0 && strcmp(key, "p256") != 0)
		return fail(f, TREC_E_USAGE, "a key is ed25519 or p256");
	if (!go_on(cli, "This device's key is replaced and the old one destroyed. Open sessions "
			"end, and peers\nthat are off must be reached from here before they know "
			"this device again.\nGo on? [y/N] "))
		return said_no(f);
	return client_run(cli, json_pack("{s:s, s:s*}", "op", "rotate", "key", key), false, f);
}
