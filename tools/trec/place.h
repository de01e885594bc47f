/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: which store a command means, and how to open it: with a passphrase where it
 * needs one, and with the library's explanation where it cannot be opened.
 */
#ifndef TREC_TOOL_PLACE_H
#define TREC_TOOL_PLACE_H

#include <trec/keystore.h>

#include "tools/trec/secret.h"

#define PLACE_PATH_MAX 4096

/* --store, $TREC_STORE, /var/lib/trec for root, $XDG_DATA_HOME/trec, $HOME/.local/share/trec. */
trec_err place_find(const char *option, char out[PLACE_PATH_MAX], struct failure *f);
/* The passphrase of --passphrase-file, $TREC_PASSPHRASE_FILE or the terminal (twice if fresh). */
trec_err place_passphrase(const char *file, bool fresh, struct secret *out, struct failure *f);
/* Opens; TREC_E_STORE_BUSY means: ask the daemon. */
trec_err place_open(const struct trec_env *env, const char *dir, struct trec_keystore **out,
		    struct failure *f);
/* Turns an answer of the keystore into a failure that keeps its explanation. */
trec_err place_failure(struct failure *f, trec_err err, const char *dir, const char *why);

#endif
