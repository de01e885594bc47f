/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: names and texts of trec/introduction.h's refusals, from its one list. */
#include <trec/introduction.h>

#include "proto/base/base.h"

static const struct {
	const char *name;
	const char *text;
} rows[] = {
#define ROW(id, number, name, text) [number] = { name, text },
	TREC_REFUSAL_LIST(ROW)
#undef ROW
};

_Static_assert(BASE_COUNT(rows) == TREC_REFUSAL_COUNT && TREC_REFUSAL_COUNT <= 256,
	       "numbers follow one another and fit the wire");

const char *trec_refusal_name(enum trec_refusal refusal)
{
	return (unsigned)refusal < BASE_COUNT(rows) ? rows[refusal].name : "unknown";
}

const char *trec_refusal_text(enum trec_refusal refusal)
{
	static const char later[] = "for a reason that this version does not know";

	return (unsigned)refusal < BASE_COUNT(rows) ? rows[refusal].text : later;
}
