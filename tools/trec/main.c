/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trec command: hardens the process, reads the command line and hands over; see cli.h. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tools/trec/cli.h"

/* Secrets must not reach a core file, and a pipe that closed is an error, not a signal. */
static void harden(void)
{
	const struct rlimit none = { 0, 0 };
	int fd;

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(SIGPIPE, SIG_IGN);
	/* A missing stdin, stdout or stderr would be some other file opened later. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
	out_init_memory();
}

static void on_log(void *ctx, enum trec_level level, const char *line)
{
	struct cli *cli = ctx;

	out_note(&cli->out, level, line);
}

/* The system's services, but messages go to stderr. Their functions ignore ctx. */
static void set_environment(struct cli *cli)
{
	cli->table = *trec_env_default();
	cli->table.ctx = cli;
	cli->table.log = on_log;
	cli->env = &cli->table;
}

static int level_from_environment(void)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	const char *text = getenv("TREC_LOG");

	for (int i = 0; text && i < 4; i++)
		if (!strcmp(text, names[i]))
			return i - 1;
	return 0;
}

static trec_err run(struct cli *cli, int argc, char **argv, struct failure *f)
{
	trec_err err = args_parse(&cli->args, commands, argc, argv, f);
	const char *hidden = secret_hide_argv(&cli->args);
	char line[160];

	cli->out.json = cli->args.json;
	cli->out.verbose = level_from_environment() + cli->args.verbose;
	if (err)
		return err;
	if (cli->args.version) {
		json_t *object = json_pack("{s:s}", "version", PACKAGE_VERSION);

		if (cli->out.json)
			out_result(&cli->out, "version", object);
		else
			printf("trec %s\n", PACKAGE_VERSION);
		json_decref(object);
		return fflush(stdout) == 0 ? TREC_OK : fail_plain(f, TREC_E_IO);
	}
	if (cli->args.help) {
		help_show(cli, cli->args.command);
		return TREC_OK;
	}
	if (hidden) {
		(void)snprintf(
			line, sizeof line,
			"a secret after %s can be read by others in the process list and stays "
			"in the shell's history: use %s-file or %s -",
			hidden, hidden, hidden);
		out_note(&cli->out, TREC_LEVEL_WARNING, line);
	}
	if (cli->args.require_locked && !strcmp(trec_secret_arena(), "plain"))
		return fail_plain(f, TREC_E_NOT_LOCKED);
	return cli->args.command->run(cli, f);
}

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	struct failure f = { 0 };
	int status = 0;

	harden();
	set_environment(&cli);
	if (run(&cli, argc, argv, &f))
		status = out_failure(&cli.out, &f);
	secret_forget_argv();
	return status;
}
