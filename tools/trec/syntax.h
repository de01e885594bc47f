/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a user typed is checked before anything is opened or sent, and times
 * look the same everywhere.
 */
#ifndef TREC_TOOL_SYNTAX_H
#define TREC_TOOL_SYNTAX_H

#include <stdbool.h>
#include <stdint.h>

#include <trec/peer.h>
#include <trec/transport.h>

#include "tools/trec/failure.h"

#define SYNTAX_TIME_LEN 20 /* characters of 2026-01-31T23:59:59Z, and a NUL */

trec_err syntax_pin(const char *text, struct failure *f);
trec_err syntax_code(const char *text, struct failure *f);
trec_err syntax_uri(const char *text, struct failure *f);
trec_err syntax_listen_uri(const char *text, struct failure *f);
trec_err syntax_right(const char *text, struct failure *f);
/* What a right can name: 1 to 32 of [A-Za-z0-9._-], first a letter or digit. */
trec_err syntax_service(const char *text, struct failure *f);
/* NAME=COMMAND or NAME=tcp:HOST:PORT, of `serve --service`. */
struct syntax_offer {
	char name[TREC_SERVICE_MAX + 1];
	const char *command;        /* in the text given, or NULL */
	char tcp[TREC_URI_MAX + 1]; /* "tcp://HOST:PORT"; empty where there is a command */
};
trec_err syntax_offer(const char *text, struct syntax_offer *out, struct failure *f);
/* YYYY-MM-DD (the whole day, UTC) or YYYY-MM-DDTHH:MM:SSZ. */
trec_err syntax_date(const char *text, int64_t *out, struct failure *f);
/* RFC 3339, UTC. False: out of the years 1 to 9999. */
bool syntax_format_time(int64_t seconds, char out[SYNTAX_TIME_LEN + 1]);

#endif
