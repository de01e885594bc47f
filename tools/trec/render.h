/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: the human form of each result, one small function per kind of object. */
#ifndef TREC_TOOL_RENDER_H
#define TREC_TOOL_RENDER_H

#include <jansson.h>
#include <stdio.h>

/* Writes the text for one result. */
void render(FILE *to, const char *kind, const json_t *object);

#endif
