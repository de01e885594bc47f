/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what the window takes from an opening. */
#ifndef TREC_ENGINE_OPENING_H
#define TREC_ENGINE_OPENING_H

#include "proto/engine/window.h"

_Static_assert(TREC_CODE_TEXT_MAX >= CODE_TEXT_MAX, "a code's text fits");

/* In the arena as a whole. */
struct trec_opening {
	const struct trec_env *env;
	unsigned seconds;
	bool ready; /* the secret is complete */
	struct eng_secret *secret;
	char text[TREC_CODE_TEXT_MAX + 1];
};

/* Verifier and counter into the store; see trec_preset_set(). */
TREC_MUST_USE trec_err eng_preset_set(const struct trec_env *env, struct trec_store *s,
				      const char *pin);

#endif
