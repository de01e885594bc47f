/* SPDX-License-Identifier: GPL-3.0-or-later */
/* help: the command table as text, or as JSON for completion and tests. */
#include <stdio.h>
#include <string.h>

#include "tools/trec/cli.h"

static json_t *options_json(const struct option_spec *spec)
{
	json_t *list = json_array();

	for (; spec && spec->name; spec++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s?, s:s, s:b}", "name",
							    spec->name, "value", spec->arg, "help",
							    spec->help, "repeat", spec->repeat));
	return list;
}

static json_t *command_json(const struct command *c)
{
	return json_pack("{s:s, s:s, s:s, s:o}", "command", c->name, "synopsis", c->synopsis,
			 "summary", c->summary, "options", options_json(c->options));
}

static void put_options(const struct option_spec *spec)
{
	char left[64];

	for (; spec && spec->name; spec++) {
		(void)snprintf(left, sizeof left, "%s%s%s", spec->name, spec->arg ? " " : "",
			       spec->arg ? spec->arg : "");
		if (strlen(left) > 28)
			printf("  %s\n  %-28s %s\n", left, "", spec->help);
		else
			printf("  %-28s %s\n", left, spec->help);
	}
}

static void show_all_json(struct out *o)
{
	json_t *object = json_pack("{s:o}", "options", options_json(common_options));

	for (const struct command *c = commands; c->name; c++) {
		json_t *row = command_json(c);

		out_result(o, "help", row);
		json_decref(row);
	}
	out_result(o, "help", object);
	json_decref(object);
}

void help_show(struct cli *cli, const struct command *command)
{
	if (cli->out.json && command) {
		json_t *row = command_json(command);

		out_result(&cli->out, "help", row);
		json_decref(row);
		return;
	}
	if (cli->out.json) {
		show_all_json(&cli->out);
		return;
	}
	if (command) {
		printf("trec %s%s%s\n%s.\n\n", command->name, *command->synopsis ? " " : "",
		       command->synopsis, command->summary);
		put_options(command->options);
		put_options(common_options);
	} else {
		printf("trec: trust between devices\n\n");
		for (const struct command *c = commands; c->name; c++)
			printf("  %-9s %s\n", c->name, c->summary);
		printf("\nOptions of every command, before or after it:\n");
		put_options(common_options);
		printf("\n`trec COMMAND --help` shows more; trec(1) shows all.\n");
	}
	(void)fflush(stdout);
}

trec_err cmd_help(struct cli *cli, struct failure *f)
{
	const char *name = cli->args.operands_count ? cli->args.operands[0] : NULL;
	const struct command *command = name ? args_find_command(commands, name) : NULL;

	if (name && !command) {
		fail(f, TREC_E_USAGE, "there is no command %.64s", name);
		fail_hint(f, "see `trec help`");
		return f->err;
	}
	help_show(cli, command);
	return TREC_OK;
}
