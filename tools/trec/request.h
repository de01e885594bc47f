/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the control socket's input is decoded in one place, strictly: one JSON object
 * per line of at most REQUEST_LINE_MAX bytes, no member twice, none unknown, every one of its
 * type and within its bounds. No device, no socket, so that it can be fuzzed alone.
 */
#ifndef TREC_TOOL_REQUEST_H
#define TREC_TOOL_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/trec/failure.h"

#define REQUEST_LINE_MAX 65536
/*
 * Decodes {"op": NAME, ...}. *out is owned by the caller. TREC_E_TOO_LARGE, TREC_E_MALFORMED,
 * TREC_E_UNSUPPORTED (no such op).
 */
trec_err request_decode(const char *line, size_t n, json_t **out, struct failure *f);
/* The i-th op's name, or NULL: for tests that compare tables. */
const char *request_op_name(size_t i);

#endif
