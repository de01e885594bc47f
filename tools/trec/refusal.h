/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a refusal of an introduction becomes a failure that says what to do, the same
 * whether this device refused or another did.
 */
#ifndef TREC_TOOL_REFUSAL_H
#define TREC_TOOL_REFUSAL_H

#include <trec/introduction.h>

#include "tools/trec/failure.h"

/* Fills f and answers its error. */
trec_err fail_refusal(struct failure *f, enum trec_refusal why);
/* TREC_E_BAD_CODE: what was to be accepted is no text of an introduction. */
trec_err fail_no_introduction(struct failure *f, const char *where, const char *what);

#endif
