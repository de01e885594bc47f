/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what may speak for a client that the server does not know: one bundle of signed
 * statements, an introduction or a chain of successions, presented before hello. Nothing else that
 * a stranger says is decoded (docs/PROTOCOL.md, Strangers). And when a client presents.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/bundle.h"
#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "proto/engine/rotate.h"
#include "proto/engine/session.h"
#include "proto/engine/succession.h"

#define WORDS_MAX (FRAME_STATEMENT_MAX + 64) /* bytes of a bundle of one statement */

/* ---- the server -------------------------------------------------------------------------- */

/* A peer that is known has no need of it: it could not know. Once is enough from anybody. */
trec_err eng_on_present(struct trec_session *s, struct trec_bytes body)
{
	if (s->has_presented || s->symmetric != NULL) /* nobody vouches for a shared key */
		return TREC_E_MALFORMED;
	s->has_presented = true;
	return s->state == ENG_S_STRANGER ? eng_session_hear(s, body) : TREC_OK;
}

void eng_turn_away(struct trec_session *s)
{
	eng_session_send_reason(s, FRAME_NOT_TRUSTED, s->reason);
}

static trec_err take_introduction(struct trec_session *s, const struct bundle *b)
{
	struct eng_intro_how how = { .from = &s->peer_id, .policy = s->policy };

	if (b->count != 1) {
		s->heard->introduced.refusal = TREC_REFUSAL_MALFORMED;
		return TREC_OK;
	}
	return eng_intro_take(s->env, s->store, b->item[0], &how, &s->heard->introduced);
}

static trec_err take_succession(struct trec_session *s, const struct bundle *b)
{
	struct eng_succeeded out;
	trec_err err = eng_succession_take(s->env, s->store, b->item, b->count, &s->peer_id, &out);

	s->heard->succession = true;
	s->heard->from = out.old;
	s->heard->about = out.now;
	s->heard->introduced.refusal = out.refusal;
	s->heard->introduced.accepted = out.refusal == TREC_REFUSAL_NONE;
	return err;
}

trec_err eng_job_vouch(struct trec_session *s)
{
	struct bundle b;
	trec_err err = bundle_decode(trec_bytes(s->heard->bytes, s->heard->n), &b);

	if (err == TREC_E_MALFORMED || err == TREC_E_VERSION || b.kind == BUNDLE_NOTICES) {
		s->heard->introduced.refusal = TREC_REFUSAL_MALFORMED;
		return TREC_OK;
	}
	err = b.kind == BUNDLE_INTRODUCTIONS ? take_introduction(s, &b) : take_succession(s, &b);
	/* Whoever it is now has a record, which says whether it may come in. */
	if (err == TREC_OK && s->heard->introduced.accepted)
		err = eng_session_look_up(s, &s->peer_id);
	return err;
}

/* Keeps what the user needs to say yes later; without memory the stranger is only turned away. */
static bool keep(struct trec_session *s)
{
	struct trec_bytes bundle = trec_bytes(s->heard->bytes, s->heard->n);
	size_t cap = BUNDLE_TEXT_MAX + 1;
	char *text = base_alloc(s->env, cap);
	size_t n = 0;
	bool kept = false;

	if (text != NULL && bundle_to_text(bundle, text, cap, &n) == TREC_OK) {
		struct eng_presented *p = base_alloc(s->env, sizeof(*p) + n + 1);

		kept = p != NULL;
		if (kept) {
			p->size = sizeof(*p) + n + 1;
			memcpy(p->text, text, n + 1);
			p->what.text = p->text;
			p->what.introducer = s->heard->introduced.introducer;
			p->what.subject = s->heard->introduced.subject;
			memcpy(p->what.name, s->heard->introduced.name, sizeof(p->what.name));
			s->presented = p;
		}
	}
	base_free(s->env, text, cap);
	return kept;
}

static void tell(struct trec_session *s, enum trec_session_event_kind kind)
{
	const struct eng_heard *h = s->heard;
	struct trec_session_event *e = eng_session_tell(s, kind);

	if (e == NULL)
		return;
	e->id = h->succession ? h->about : s->peer_id;
	e->by = h->succession ? h->from : h->introduced.introducer;
	e->refusal = h->introduced.refusal;
	e->accepted = h->introduced.accepted;
}

/* The text is the event's: what is told of an introduction or of a succession. */
static void tell_outcome(struct trec_session *s)
{
	const struct eng_heard *h = s->heard;

	if (!h->introduced.accepted)
		base_log(s->env, TREC_LEVEL_WARNING, "what a stranger brought was refused: %s",
			 trec_refusal_text(h->introduced.refusal));
	if (!h->succession)
		tell(s, TREC_SESSION_RECEIVED);
	else if (h->introduced.accepted)
		tell(s, TREC_SESSION_SUCCEEDED);
	else if (h->introduced.refusal == TREC_REFUSAL_CONFLICT)
		tell(s, TREC_SESSION_SUSPENDED);
}

/* Nothing speaks against it, and the user is to be asked. */
static bool is_pending(const struct eng_heard *h)
{
	return !h->introduced.accepted && h->introduced.refusal == TREC_REFUSAL_NONE;
}

void eng_vouched(struct trec_session *s)
{
	bool in = s->heard->introduced.accepted && s->trusted;

	if (is_pending(s->heard) && keep(s)) {
		s->reason = MSG_NOT_TRUSTED_PENDING;
		tell(s, TREC_SESSION_PRESENTED);
	} else {
		tell_outcome(s);
	}
	if (eng_session_ended(s))
		return;
	eng_session_heard(s);
	eng_session_to(s, in ? ENG_S_AWAIT_HELLO : ENG_S_TURNED_AWAY);
	if (!in)
		eng_turn_away(s);
}

const struct trec_presented *trec_session_presented(const struct trec_session *s)
{
	return s->presented != NULL ? &s->presented->what : NULL;
}

/* ---- the client -------------------------------------------------------------------------- */

/* What an introducer signed for this very server. */
static trec_err load_carried(struct trec_session *s)
{
	struct bundle b = { .kind = BUNDLE_INTRODUCTIONS, .count = 1 };
	uint8_t buf[REC_CARRIED_MAX];
	struct rec_carried carried;
	size_t n = 0;
	bool found = false;
	trec_err err = s->store->ops->get(s->store, TREC_RECORD_CARRIED, s->peer_id.b, buf,
					  sizeof(buf), &n, &found);

	if (err != TREC_OK || !found)
		return err;
	err = rec_carried_decode(trec_bytes(buf, n), &carried);
	if (err != TREC_OK)
		return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
	b.item[0] = carried.statement;
	uint8_t *at = eng_buffer_try(s, &s->words, WORDS_MAX, carried.statement.n + 64);

	return at != NULL ? bundle_encode(&b, at, carried.statement.n + 64, &s->words.to)
			  : TREC_E_NO_MEMORY;
}

/* This device's own successions, where the server may have missed one. */
static trec_err load_chain(struct trec_session *s)
{
	if (s->sequence <= s->record.told)
		return TREC_OK;
	uint8_t *at = eng_buffer_try(s, &s->words, BUNDLE_MAX, BUNDLE_MAX);

	return at != NULL ? eng_rotation_bundle(s->env, s->store, s->record.told, at, BUNDLE_MAX,
						&s->words.to)
			  : TREC_E_NO_MEMORY;
}

trec_err eng_load_words(struct trec_session *s)
{
	trec_err err = s->introduced ? load_carried(s) : TREC_OK;

	if (s->symmetric != NULL)
		return TREC_OK; /* it knows no certificate of this device */
	if (err == TREC_OK && eng_buffer_used(&s->words) == 0 && !s->half)
		err = load_chain(s);
	return err;
}
