/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The questions of play.h that are asked after a run. */
#include "tests/torture/play.h"

#include <stdarg.h>
#include <stdio.h>

#include "proto/engine/pairing.h"

/* Steps, consent and patience of a pairing; set-up, idle time and end of a session. */
#define LONGEST_MS 100000
#define LONGEST_INTRODUCING_MS 200000 /* the life of a nonce comes before it is idle */

#define FACT_TEXT(id, text) text,
static const char *const fact_text[FACTS] = { FACT_LIST(FACT_TEXT) };
#undef FACT_TEXT

static const char *const trust_name[] = { "nothing", "half", "active", "dissolved", "odd" };

bool play_quiet;

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	va_list ap;

	if (play_quiet)
		return;
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
}

static bool believes_no_more_than_it_was_told(const struct stage *s, int side,
					      const struct play_needs *needs)
{
	size_t read = wire_arrived(s->w, 1 - side) - s->r->side[side].in_len;
	size_t whole = wire_intact(s->w, 1 - side) < read ? wire_intact(s->w, 1 - side) : read;
	bool fine = true;

	for (unsigned f = 0; f < FACTS; f++) {
		size_t need = needs->bytes[side][f];

		if ((s->facts[side] >> f & 1) == 0 || (need > 0 && whole >= need))
			continue;
		say("side %d %s, which needs %zu bytes of its peer, after %zu whole ones\n", side,
		    fact_text[f], need, whole);
		fine = false;
	}
	return fine;
}

/* Nothing secret outlives a run, although its object lives. */
static bool holds_no_secret(const struct trec_pairing *p)
{
	return p == NULL || (p->secret == NULL && p->prover == NULL && p->verifier == NULL);
}

bool play_judge(const struct stage *s, const struct play_needs *needs)
{
	bool fine = !s->garbled;
	uint64_t took = s->r->side[0].f.now_ms - s->began_ms;

	if (s->garbled)
		say("data came that nobody sent\n");
	for (int i = 0; i < 2; i++) {
		if (needs != NULL && !believes_no_more_than_it_was_told(s, i, needs))
			fine = false;
		if (!holds_no_secret(s->r->side[i].p) && s->begun) {
			say("side %d still holds secrets of an ended run\n", i);
			fine = false;
		}
	}
	if (took > (s->play == PLAY_INTRODUCE ? LONGEST_INTRODUCING_MS : LONGEST_MS)) {
		say("it took %llu ms\n", (unsigned long long)took);
		fine = false;
	}
	return fine;
}

/* The pairs of lists that a run may leave, whatever happened on the way. */
static bool may_be_left(const struct stage *s, enum trust a, enum trust b)
{
	switch (s->play) {
	case PLAY_PIN:
	case PLAY_CODE:
		return (a == TRUST_NONE && (b == TRUST_NONE || b == TRUST_HALF)) ||
		       (a == TRUST_ACTIVE && (b == TRUST_HALF || b == TRUST_ACTIVE));
	case PLAY_AGAIN:
	case PLAY_SESSION:
	case PLAY_INTRODUCE:
		return a == TRUST_ACTIVE && b == TRUST_ACTIVE;
	case PLAY_HEAL:
		return a == TRUST_ACTIVE && (b == TRUST_HALF || b == TRUST_ACTIVE);
	case PLAY_PART:
		return s->parted ? a == TRUST_NONE && (b == TRUST_NONE || b == TRUST_ACTIVE)
				 : a == TRUST_ACTIVE && b == TRUST_ACTIVE;
	default:
		return s->parted ? b == TRUST_NONE && (a == TRUST_NONE || a == TRUST_ACTIVE)
				 : a == TRUST_ACTIVE && b == TRUST_ACTIVE;
	}
}

/* One contact: whoever has the other on its list dials; whether both came up. */
static bool contact(struct rig *r)
{
	r->client = play_trust(r, 0) == TRUST_NONE;
	return rig_heal(r);
}

static bool agree(struct stage *s)
{
	struct rig *r = s->r;
	enum trust a = play_trust(r, 0);
	enum trust b = play_trust(r, 1);
	bool together = !s->parted && a == TRUST_ACTIVE;
	bool fine = may_be_left(s, a, b);
	bool up = (a != TRUST_NONE || b != TRUST_NONE) && contact(r);
	enum trust a2 = play_trust(r, 0);
	enum trust b2 = play_trust(r, 1);

	fine = fine && up == together && (a2 == TRUST_ACTIVE) == together &&
	       (b2 == TRUST_ACTIVE) == together && a2 != TRUST_HALF && b2 != TRUST_HALF &&
	       a2 != TRUST_ODD && b2 != TRUST_ODD;
	if (!fine)
		say("left: %s and %s; after a contact (%s): %s and %s\n", trust_name[a],
		    trust_name[b], up ? "up" : "refused", trust_name[a2], trust_name[b2]);
	return fine;
}

static bool pair_again(struct rig *r)
{
	trec_err err;

	r->client = 0;
	for (int i = 0; i < 2; i++)
		rig_restart(&r->side[i]);
	err = rig_pair(r, TREC_METHOD_CODE, NULL);
	rig_end(r);
	if (err == TREC_OK && play_trust(r, 0) == TRUST_ACTIVE && play_trust(r, 1) == TRUST_ACTIVE)
		return true;
	say("an honest pairing afterwards: %s\n", trec_err_name(err));
	return false;
}

bool play_settle(struct stage *s, bool thorough)
{
	struct rig *r = s->r;
	bool fine;

	wire_rig_join(r, NULL);
	r->piece = 0;
	for (int i = 0; i < 2; i++)
		rig_restart(&r->side[i]);
	rig_end(r);
	trec_revocation_free(&s->word);
	fine = agree(s);
	if (thorough && (s->parted || play_trust(r, 0) != TRUST_ACTIVE))
		fine = pair_again(r) && fine;
	return fine;
}

bool play_close(struct stage *s)
{
	bool clean = true;

	for (int i = 0; i < 2; i++) {
		trec_window_free(&s->r->side[i].window);
		crypto_key_free(&s->r->side[i].key);
		clean = clean && fault_env_clean(&s->r->side[i].f);
	}
	if (!clean)
		say("memory did not come back\n");
	rig_free(&s->r);
	return clean;
}
