/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the other side of an introduction over a session: the peer asks whether it may
 * introduce others; policy or the user answers once for all of them; a nonce that only this session
 * knows lets each of them be introduced once (docs/PROTOCOL.md, Introduction).
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "proto/engine/session.h"
#include "proto/trust/trust.h"

_Static_assert(TREC_SUBJECTS_MAX == MSG_SUBJECTS_MAX, "public bounds are the codec's");

void eng_asked_drop(struct trec_session *s)
{
	base_free(s->env, s->asked, sizeof(*s->asked));
	s->asked = NULL;
}

static void refuse(struct trec_session *s, enum trec_refusal why)
{
	eng_session_send_reason(s, FRAME_INTRODUCE_REFUSE, (uint8_t)why);
}

static trec_err give_nonce(struct trec_session *s)
{
	struct msg_introduce_nonce m;
	uint8_t body[64];
	size_t n = 0;
	trec_err err = crypto_random(s->env, s->asked->nonce, sizeof(s->asked->nonce));

	if (err != TREC_OK)
		return err;
	memcpy(m.nonce, s->asked->nonce, sizeof(m.nonce));
	err = msg_introduce_nonce_encode(&m, body, sizeof(body), &n);
	if (err != TREC_OK)
		return err;
	s->asked->question = false;
	s->asked->deadline_ms = s->now_ms + ENG_NONCE_MS;
	eng_session_send(s, FRAME_INTRODUCE_NONCE, trec_bytes(body, n));
	return s->err;
}

trec_err eng_on_introduce_ask(struct trec_session *s, struct trec_bytes body)
{
	struct msg_introduce_ask m;
	trec_err err = msg_introduce_ask_decode(body, &m);

	if (err != TREC_OK || !eng_session_is_up(s))
		return err;
	if (s->asked != NULL) {
		refuse(s, TREC_REFUSAL_TOO_MANY);
		return TREC_OK;
	}
	if (s->policy == NULL || s->policy->mode == TREC_INTRODUCTIONS_NEVER) {
		refuse(s, TREC_REFUSAL_POLICY);
		return TREC_OK;
	}
	s->asked = base_alloc(s->env, sizeof(*s->asked));
	if (s->asked == NULL)
		return TREC_E_NO_MEMORY;
	s->lapsed = false;
	s->asked->ask = m;
	s->asked->deadline_ms = s->now_ms + ENG_CONSENT_MS;
	eng_session_errand(s, ENG_E_ALLOWED);
	return TREC_OK;
}

trec_err eng_job_allowed(struct trec_session *s)
{
	struct rec_peer p;
	trec_err err =
		eng_introducer_load(s->env, s->store, &s->peer_id, &p, &s->asked->refusal);

	trec_wipe(&p, sizeof(p));
	return err;
}

void eng_job_allowed_done(struct trec_session *s)
{
	enum trec_refusal why = s->asked->refusal;

	if (why != TREC_REFUSAL_NONE) {
		eng_asked_drop(s);
		refuse(s, why);
	} else if (s->policy->mode == TREC_INTRODUCTIONS_AUTO) {
		trec_err err = give_nonce(s);

		if (err != TREC_OK)
			eng_session_fail(s, err, "no nonce could be made");
	} else {
		s->asked->question = true;
		eng_session_event(s, TREC_SESSION_INTRODUCTION, 0, NULL);
	}
}

trec_err trec_session_introduction(const struct trec_session *s,
				   struct trec_introduction_question *out)
{
	memset(out, 0, sizeof(*out));
	if (!eng_session_is_up(s) || s->asked == NULL || !s->asked->question)
		return TREC_E_STATE;
	out->deadline_ms = s->asked->deadline_ms;
	out->count = s->asked->ask.count;
	for (size_t i = 0; i < out->count; i++) {
		const struct msg_subject *from = &s->asked->ask.subject[i];

		out->subject[i].id = from->id;
		memcpy(out->subject[i].name, from->name, sizeof(out->subject[i].name));
		memcpy(out->subject[i].kind, from->kind, sizeof(out->subject[i].kind));
	}
	return TREC_OK;
}

trec_err trec_session_answer(struct trec_session *s, bool yes)
{
	if (!eng_session_is_up(s) || s->asked == NULL || !s->asked->question)
		return TREC_E_STATE;
	if (yes)
		return give_nonce(s);
	eng_asked_drop(s);
	refuse(s, TREC_REFUSAL_CONSENT_DENIED);
	return s->err;
}

void eng_asked_tick(struct trec_session *s)
{
	if (s->asked == NULL || s->now_ms < s->asked->deadline_ms)
		return;
	bool question = s->asked->question;

	eng_asked_drop(s);
	s->lapsed = !question;
	if (!question)
		return;
	refuse(s, TREC_REFUSAL_CONSENT_TIMEOUT);
	eng_session_event(s, TREC_SESSION_UNANSWERED, 0, NULL);
}

/* ---- the introductions ------------------------------------------------------------------- */

static void answer(struct trec_session *s, const struct trec_id *subject, enum trec_refusal why)
{
	struct msg_introduce_result m = { .subject = *subject, .reason = (uint8_t)why };
	uint8_t body[64];
	size_t n = 0;

	if (msg_introduce_result_encode(&m, body, sizeof(body), &n) == TREC_OK)
		eng_session_send(s, FRAME_INTRODUCE_RESULT, trec_bytes(body, n));
}

static void tell(struct trec_session *s, const struct trec_introduced *what)
{
	struct trec_session_event *e = eng_session_tell(s, TREC_SESSION_RECEIVED);

	if (e == NULL)
		return;
	e->id = what->subject;
	e->by = s->peer_id;
	e->refusal = what->refusal;
	e->accepted = what->accepted;
}

/* Only who was asked about, and each once. */
static enum trec_refusal expect_subject(struct trec_session *s, const struct trec_id *subject)
{
	struct eng_asked *a = s->asked;

	if (a == NULL && s->lapsed)
		return TREC_REFUSAL_NONCE_EXPIRED;
	if (a == NULL || a->question)
		return TREC_REFUSAL_WRONG_NONCE;
	for (size_t i = 0; i < a->ask.count; i++) {
		if (memcmp(a->ask.subject[i].id.b, subject->b, TREC_ID_LEN) != 0)
			continue;
		if (a->taken[i])
			return TREC_REFUSAL_REPLAYED;
		a->taken[i] = true;
		return TREC_REFUSAL_NONE;
	}
	return TREC_REFUSAL_WRONG_SUBJECT;
}

trec_err eng_on_introduction(struct trec_session *s, struct trec_bytes body)
{
	struct trec_introduced what = { .accepted = false };

	if (!eng_session_is_up(s))
		return TREC_OK;
	if (!trust_peek(body, TRUST_INTRODUCTION, NULL, &what.subject, NULL))
		return TREC_E_MALFORMED;
	what.refusal = expect_subject(s, &what.subject);
	if (what.refusal != TREC_REFUSAL_NONE) {
		answer(s, &what.subject, what.refusal);
		tell(s, &what);
		return TREC_OK;
	}
	trec_err err = eng_session_hear(s, body);

	if (err != TREC_OK)
		return err;
	s->heard->introduced.subject = what.subject;
	eng_session_errand(s, ENG_E_TAKE);
	return TREC_OK;
}

trec_err eng_job_take(struct trec_session *s)
{
	struct eng_intro_how how = { .policy = s->policy,
				     .consented = true, /* else there were no nonce */
				     .from = &s->peer_id,
				     .nonce = s->asked->nonce,
				     .nonce_until_ms = s->asked->deadline_ms };
	struct trec_id subject = s->heard->introduced.subject;
	trec_err err = eng_intro_take(s->env, s->store, trec_bytes(s->heard->bytes, s->heard->n),
				      &how, &s->heard->introduced);

	s->heard->introduced.subject = subject;
	return err;
}

static bool all_taken(const struct eng_asked *a)
{
	for (size_t i = 0; i < a->ask.count; i++)
		if (!a->taken[i])
			return false;
	return true;
}

void eng_job_take_done(struct trec_session *s)
{
	answer(s, &s->heard->introduced.subject, s->heard->introduced.refusal);
	if (!eng_session_ended(s))
		tell(s, &s->heard->introduced);
	eng_session_heard(s);
	if (s->asked != NULL && all_taken(s->asked))
		eng_asked_drop(s);
}
