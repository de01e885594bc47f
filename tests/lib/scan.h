/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: to show that secrets do not outlive their use (requirement 6.3.1 i). Work is
 * done on a thread whose stack stays mapped; afterwards every writable byte of the process is
 * searched for the secrets, which are kept here only in masked form.
 */
#ifndef TREC_TESTS_SCAN_H
#define TREC_TESTS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ends the program as suite_skip does where a search means nothing. Before suite_main only. */
void scan_or_skip(const char *module);
/* Memory for a thread's stack; forgets all that was looked for. */
void *scan_new_stack(void);
void scan_free_stack(void *stack);
/* Runs work on a stack that is still there afterwards. */
void scan_on_kept_stack(void *(*work)(void *), void *stack);
/* Remembers a secret to look for; both halves, forwards and backwards. */
void scan_look_for(const char *what, const uint8_t *secret, size_t n);
/* How many pieces are looked for. */
size_t scan_count(void);
/* Searches every writable region but the one that holds `except`; prints what is found. */
bool scan_is_clean(const void *except);

#endif
