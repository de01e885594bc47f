/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the introducer's side of an introduction over a session: it asks the peer about
 * others, signs with the nonce that comes back, and hears what the peer made of each
 * (docs/PROTOCOL.md, Introduction). At most one such conversation at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "proto/engine/session.h"
#include "proto/trust/trust.h"

#define ANSWER_MS (ENG_CONSENT_MS + 10000)  /* the peer's user may take all of the first */
#define DELIVER_MS (ENG_NONCE_MS - 10000)   /* so that it arrives while the nonce lives */
#define RESULT_MS 30000                     /* for the peer's store */

void eng_asking_drop(struct trec_session *s)
{
	base_free(s->env, s->asking, sizeof(*s->asking));
	s->asking = NULL;
}

/* The user is told what came of one subject, once. */
static void tell(struct trec_session *s, size_t i, enum trec_refusal refusal)
{
	struct trec_session_event *e;

	if (s->asking->subject[i].over)
		return;
	s->asking->subject[i].over = true;
	e = eng_session_tell(s, TREC_SESSION_INTRODUCED);
	if (e == NULL)
		return;
	e->id = s->asking->subject[i].id;
	e->refusal = refusal;
	e->accepted =
		refusal == TREC_REFUSAL_NONE || refusal == TREC_REFUSAL_RIGHTS_EXCEEDED;
}

/* The conversation ends; those still open are told the same. */
static void finish(struct trec_session *s, enum trec_refusal refusal)
{
	for (size_t i = 0; s->asking != NULL && i < s->asking->count; i++)
		tell(s, i, refusal);
	eng_asking_drop(s); /* where an event found no room, it is gone already */
}

static size_t open_subjects(const struct eng_asking *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->count; i++)
		n += !a->subject[i].over;
	return n;
}

static size_t find(const struct eng_asking *a, const struct trec_id *id)
{
	size_t i = 0;

	while (i < a->count && memcmp(a->subject[i].id.b, id->b, TREC_ID_LEN) != 0)
		i++;
	return i;
}

/* ---- the question ------------------------------------------------------------------------ */

static int order(const void *a, const void *b)
{
	return memcmp(((const struct trec_id *)a)->b, ((const struct trec_id *)b)->b, TREC_ID_LEN);
}

/* Ascending, none twice, neither of the two that talk. */
static bool subjects_ok(const struct trec_session *s, const struct trec_id *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && order(&ids[i - 1], &ids[i]) == 0)
			return false;
		if (order(&ids[i], &s->peer_id) == 0 || order(&ids[i], &s->own.id) == 0)
			return false;
	}
	return true;
}

trec_err trec_session_introduce(struct trec_session *s, const struct trec_id *subjects, size_t n)
{
	struct trec_id ids[MSG_SUBJECTS_MAX];

	if (!eng_session_is_up(s) || s->asking != NULL)
		return TREC_E_STATE;
	if (s->symmetric != NULL)
		return TREC_E_UNSUPPORTED;
	if (n < 1 || n > MSG_SUBJECTS_MAX)
		return TREC_E_USAGE;
	memcpy(ids, subjects, n * sizeof(ids[0]));
	qsort(ids, n, sizeof(ids[0]), order);
	if (!subjects_ok(s, ids, n))
		return TREC_E_USAGE;
	s->asking = base_alloc(s->env, sizeof(*s->asking));
	if (s->asking == NULL)
		return TREC_E_NO_MEMORY;
	s->asking->deadline_ms = s->now_ms + ANSWER_MS;
	s->asking->count = n;
	for (size_t i = 0; i < n; i++)
		s->asking->subject[i].id = ids[i];
	eng_session_errand(s, ENG_E_ASK);
	return TREC_OK;
}

/* Whether this device can introduce one of them, and as whom. */
static trec_err judge_subject(struct trec_session *s, size_t i, struct msg_introduce_ask *ask)
{
	const struct trec_id *id = &s->asking->subject[i].id;
	struct rec_peer p;
	bool found = false;
	trec_err err = trec_introduction_may(s->env, s->store, id, &s->asking->subject[i].refusal);

	if (err != TREC_OK || s->asking->subject[i].refusal != TREC_REFUSAL_NONE)
		return err;
	err = eng_peer_load(s->env, s->store, TREC_RECORD_PEER, id, &p, &found);
	if (err == TREC_OK && found) {
		struct msg_subject *subject = &ask->subject[ask->count++];

		subject->id = *id;
		memcpy(subject->name, p.name, sizeof(subject->name));
		memcpy(subject->kind, p.kind, sizeof(subject->kind));
	}
	trec_wipe(&p, sizeof(p));
	return err;
}

trec_err eng_job_ask(struct trec_session *s)
{
	struct msg_introduce_ask ask = { .count = 0 };
	uint8_t body[FRAME_ASK_MAX];
	size_t n = 0;
	trec_err err = TREC_OK;

	for (size_t i = 0; i < s->asking->count && err == TREC_OK; i++)
		err = judge_subject(s, i, &ask);
	if (err == TREC_OK && ask.count > 0)
		err = msg_introduce_ask_encode(&ask, body, sizeof(body), &n);
	if (err == TREC_OK && ask.count > 0)
		err = eng_session_send_later(s, FRAME_INTRODUCE_ASK, trec_bytes(body, n));
	trec_wipe(&ask, sizeof(ask));
	return err;
}

void eng_job_ask_done(struct trec_session *s)
{
	for (size_t i = 0; s->asking != NULL && i < s->asking->count; i++)
		if (s->asking->subject[i].refusal != TREC_REFUSAL_NONE)
			tell(s, i, s->asking->subject[i].refusal);
	if (s->asking != NULL && open_subjects(s->asking) == 0)
		eng_asking_drop(s);
	eng_session_pump(s);
}

/* An answer to a question that was given up; the peer answers them in order. */
static bool is_late(struct trec_session *s)
{
	if (s->late_answers == 0)
		return false;
	s->late_answers--;
	return true;
}

static bool awaits_answer(const struct trec_session *s)
{
	return s->asking != NULL && s->asking->stage == ENG_ASK_ASKED;
}

trec_err eng_on_introduce_nonce(struct trec_session *s, struct trec_bytes body)
{
	struct msg_introduce_nonce m;
	trec_err err = msg_introduce_nonce_decode(body, &m);

	if (err != TREC_OK || !eng_session_is_up(s) || is_late(s))
		return err;
	if (!awaits_answer(s))
		return TREC_E_MALFORMED;
	memcpy(s->asking->nonce, m.nonce, sizeof(s->asking->nonce));
	s->asking->stage = ENG_ASK_CONSENTED;
	s->asking->deadline_ms = s->now_ms + DELIVER_MS;
	eng_session_event(s, TREC_SESSION_CONSENTED, 0, NULL);
	return TREC_OK;
}

trec_err eng_on_introduce_refuse(struct trec_session *s, struct trec_bytes body)
{
	struct msg_reason m;
	trec_err err = msg_reason_decode(body, &m);

	if (err != TREC_OK || !eng_session_is_up(s) || is_late(s))
		return err;
	if (!awaits_answer(s))
		return TREC_E_MALFORMED;
	finish(s, (enum trec_refusal)m.reason);
	return TREC_OK;
}

/* ---- the introductions ------------------------------------------------------------------- */

trec_err trec_session_deliver(struct trec_session *s, const struct trec_id *subjects, size_t n)
{
	struct eng_asking *a = s->asking;

	if (!eng_session_is_up(s) || a == NULL || a->stage != ENG_ASK_CONSENTED)
		return TREC_E_STATE;
	for (size_t k = 0; k < n; k++) {
		size_t i = find(a, &subjects[k]);

		if (i == a->count || a->subject[i].over)
			return TREC_E_USAGE;
	}
	for (size_t k = 0; k < n; k++)
		a->subject[find(a, &subjects[k])].wanted = true;
	for (size_t i = 0; i < a->count; i++)
		a->subject[i].over = a->subject[i].over || !a->subject[i].wanted;
	if (n == 0) {
		eng_asking_drop(s);
		return TREC_OK;
	}
	a->stage = ENG_ASK_SENT;
	a->deadline_ms = s->now_ms + RESULT_MS;
	eng_session_errand(s, ENG_E_DELIVER);
	return TREC_OK;
}

trec_err eng_job_deliver(struct trec_session *s)
{
	struct eng_asking *a = s->asking;
	uint8_t words[TRUST_STATEMENT_MAX];
	size_t n = 0;
	trec_err err = TREC_OK;

	for (size_t i = 0; i < a->count && err == TREC_OK; i++) {
		if (!a->subject[i].wanted)
			continue;
		err = eng_intro_make(s->env, s->store, &s->peer_id, &a->subject[i].id, a->nonce,
				     MSG_HINTS_MAX, words, sizeof(words), &n,
				     &a->subject[i].refusal);
		if (err == TREC_OK && a->subject[i].refusal == TREC_REFUSAL_NONE)
			err = eng_session_send_later(s, FRAME_INTRODUCTION, trec_bytes(words, n));
	}
	trec_wipe(words, sizeof(words));
	return err;
}

void eng_job_deliver_done(struct trec_session *s)
{
	eng_job_ask_done(s); /* who cannot be introduced any more is told, the rest leaves */
}

trec_err eng_on_introduce_result(struct trec_session *s, struct trec_bytes body)
{
	struct msg_introduce_result m;
	trec_err err = msg_introduce_result_decode(body, &m);

	if (err != TREC_OK || !eng_session_is_up(s))
		return err;
	size_t i = s->asking != NULL && s->asking->stage == ENG_ASK_SENT
			   ? find(s->asking, &m.subject)
			   : MSG_SUBJECTS_MAX;

	if (i >= MSG_SUBJECTS_MAX || i == s->asking->count || s->asking->subject[i].over) {
		if (s->late_results == 0)
			return TREC_E_MALFORMED;
		s->late_results--;
		return TREC_OK;
	}
	tell(s, i, (enum trec_refusal)m.reason);
	if (s->asking != NULL && open_subjects(s->asking) == 0)
		eng_asking_drop(s);
	return TREC_OK;
}

void eng_asking_tick(struct trec_session *s)
{
	struct eng_asking *a = s->asking;

	if (a == NULL || s->now_ms < a->deadline_ms)
		return;
	if (a->stage == ENG_ASK_ASKED)
		s->late_answers++;
	if (a->stage == ENG_ASK_SENT)
		s->late_results += (unsigned)open_subjects(a);
	finish(s, a->stage == ENG_ASK_CONSENTED ? TREC_REFUSAL_NONCE_EXPIRED
						: TREC_REFUSAL_CONSENT_TIMEOUT);
}
