/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a PIN, code or passphrase must not stay behind in the process list, in the
 * terminal, in a stdio buffer or in freed memory. It is read without stdio into the library's
 * secret arena and wiped by its owner.
 */
#ifndef TREC_TOOL_SECRET_H
#define TREC_TOOL_SECRET_H

#include <stddef.h>

#include "tools/trec/args.h"

#define SECRET_MAX 4096

struct secret {
	char *text; /* in the arena; NULL: none was read */
	size_t n;   /* 0: none */
};

/* Makes room for SECRET_MAX bytes and a NUL; a function here that reads one does it itself. */
trec_err secret_room(struct secret *s, struct failure *f);
/* Wipes and gives the room back. */
void secret_wipe(struct secret *s);
/*
 * From a file; one trailing newline is dropped. what names it in errors ("PIN"). A file that
 * is empty, too long or holds a NUL is refused with err.
 */
trec_err secret_from_file(struct secret *s, const char *path, const char *what, trec_err err,
			  struct failure *f);
/* The first line of an open descriptor, without its newline. */
trec_err secret_from_fd(struct secret *s, int fd, const char *what, trec_err err,
			struct failure *f);
/* Asks on the terminal without echo. usage says which option to use where there is none. */
trec_err secret_from_prompt(struct secret *s, const char *prompt, const char *usage,
			    struct failure *f);
/*
 * What the options --NAME VALUE, --NAME - and --NAME-file F give; none given: s->n is 0. A value
 * on the command line is copied and overwritten there by secret_hide_argv() before.
 */
trec_err secret_from_options(struct secret *s, const struct args *a, const char *name,
			     const char *what, trec_err err, struct failure *f);
/*
 * Moves the values of secret options out of argv, so that other users' process lists show
 * nothing. Answers the name of an option that had one, for the warning, or NULL.
 */
const char *secret_hide_argv(struct args *a);
/*
 * Overwrites the stack below the caller. Where a library is bound lazily, the first call of each of
 * its functions saves all registers there, and with them pieces of a text that was just copied.
 */
void secret_burn_stack(void);
/* Wipes what secret_hide_argv() keeps. */
void secret_forget_argv(void);

#endif
