/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what every command's handler gets, and the roads it may take. */
#ifndef TREC_TOOL_CLI_H
#define TREC_TOOL_CLI_H

#include <jansson.h>

#include <trec/keystore.h>

#include "tools/trec/args.h"
#include "tools/trec/out.h"
#include "tools/trec/place.h"

struct cli {
	struct args args;
	struct out out;
	struct trec_env table;
	const struct trec_env *env; /* &table: the system's, with a log on stderr */
};

/* One handler per command, in cmd_*.c. */
trec_err cmd_init(struct cli *cli, struct failure *f);
trec_err cmd_id(struct cli *cli, struct failure *f);
trec_err cmd_cert(struct cli *cli, struct failure *f);
trec_err cmd_info(struct cli *cli, struct failure *f);
trec_err cmd_serve(struct cli *cli, struct failure *f);
trec_err cmd_window(struct cli *cli, struct failure *f);
trec_err cmd_preset(struct cli *cli, struct failure *f);
trec_err cmd_pair(struct cli *cli, struct failure *f);
trec_err cmd_list(struct cli *cli, struct failure *f);
trec_err cmd_show(struct cli *cli, struct failure *f);
trec_err cmd_rename(struct cli *cli, struct failure *f);
trec_err cmd_allow(struct cli *cli, struct failure *f);
trec_err cmd_deny(struct cli *cli, struct failure *f);
trec_err cmd_connect(struct cli *cli, struct failure *f);
trec_err cmd_ping(struct cli *cli, struct failure *f);
trec_err cmd_rekey(struct cli *cli, struct failure *f);
trec_err cmd_unpair(struct cli *cli, struct failure *f);
trec_err cmd_resume(struct cli *cli, struct failure *f);
trec_err cmd_rotate(struct cli *cli, struct failure *f);
trec_err cmd_introduce(struct cli *cli, struct failure *f);
trec_err cmd_accept(struct cli *cli, struct failure *f);
trec_err cmd_pending(struct cli *cli, struct failure *f);
trec_err cmd_answer(struct cli *cli, struct failure *f);
trec_err cmd_scan(struct cli *cli, struct failure *f);
trec_err cmd_watch(struct cli *cli, struct failure *f);
trec_err cmd_log(struct cli *cli, struct failure *f);
trec_err cmd_help(struct cli *cli, struct failure *f);
/* Help for one command, or for all where it is NULL. */
void help_show(struct cli *cli, const struct command *command);

/* A word that is no text cannot be a name or id either. TREC_E_USAGE. */
trec_err words_check(const struct args *a, struct failure *f);
/* The values of an option are rights that an introduced peer may get, not too many. */
trec_err granted_check(const struct args *a, const char *option, struct failure *f);

/*
 * Has a request done by the daemon that serves the store, or else by a device of its own for
 * just this request, and prints the results. daemon_only: no second road.
 */
trec_err client_run(struct cli *cli, json_t *request, bool daemon_only, struct failure *f);
/* A device of its own: what client_run does without a daemon. Takes over keys and request. */
trec_err client_run_here(struct cli *cli, struct trec_keystore *keys, json_t *request,
			 struct failure *f);
/* Asks at the terminal whether to trust; answers within seconds. 1 yes, 0 no, -1 nobody there. */
int prompt_consent(const char *name, const char *id, const char *digits, unsigned seconds);
/* Asks at the terminal. 1 yes, 0 no, -1 nobody there. */
int prompt_yes(const char *question);
/* Shows the digits to compare of a consent that was given. */
void note_digits(struct out *out, const char *digits);
/* `trec serve` after its store is open; takes over keys. */
trec_err daemon_serve(struct cli *cli, struct trec_keystore *keys, struct failure *f);

#endif
