/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the questions that wait for the user: whether to pair, whether to be introduced
 * to others, whether to let in a stranger who brought an introduction. Each has a number and
 * 60 s.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trec/device_priv.h"

#define CARRIED_MS 60000  /* until nobody answered about a stranger */
#define CARRIED_WAITING 8 /* such questions at a time */
#define ASKED_WAITING 16  /* and of peers that want to introduce others */
#define DENIED_MS 600000  /* as long nobody asks again whether to let a stranger in */

/* About introductions; a pairing's question is its own engine object's. */
struct question {
	struct question *next;
	struct device *d;
	struct device_run *run; /* the session that asks; NULL: a stranger, who was sent away */
	char *text;             /* what the stranger brought */
	struct device_consent c;
	uint64_t deadline_ms;
	uv_timer_t timer; /* of a stranger's */
	int answer;       /* given while the session was at work: 1 yes, -1 no */
	trec_err err;
	struct trec_introduced done;
};

static unsigned seconds_left(const struct device *d, uint64_t deadline_ms)
{
	uint64_t now = device_now(d);

	return deadline_ms > now ? (unsigned)((deadline_ms - now + 999) / 1000) : 0;
}

/* ---- pairing ----------------------------------------------------------------------------- */

void consent_ask(struct device_run *r)
{
	struct trec_consent c;
	char id[TREC_ID_TEXT_LEN + 1];

	if (r->consent != 0 || trec_pairing_consent(r->pairing, &c) != TREC_OK)
		return;
	r->consent = ++r->d->consents;
	trec_id_to_text(&c.peer, id);
	struct device_event e = { .event = "consent",
				  .asks = "pairing",
				  .peer = id,
				  .name = c.name,
				  .uri = r->peer_uri,
				  .digits = c.digits,
				  .run = (const struct device_run *)r->dial,
				  .number = r->consent,
				  .seconds = seconds_left(r->d, c.deadline_ms) };

	device_emit(r->d, &e);
}

static bool pairing_pending(const struct device *d, size_t *i, struct device_consent *out)
{
	struct trec_consent c;

	for (const struct device_run *r = d->runs; r != NULL; r = r->next) {
		if (r->ended || r->busy || r->consent == 0 ||
		    trec_pairing_consent(r->pairing, &c) != TREC_OK || (*i)-- > 0)
			continue;
		*out = (struct device_consent){ .number = r->consent,
						.asks = "pairing",
						.peer = c.peer,
						.seconds = seconds_left(d, c.deadline_ms) };
		memcpy(out->name, c.name, sizeof(out->name));
		memcpy(out->kind, c.kind, sizeof(out->kind));
		memcpy(out->digits, c.digits, sizeof(out->digits));
		return true;
	}
	return false;
}

/* ---- introductions ----------------------------------------------------------------------- */

static void question_tell(struct question *q)
{
	char id[TREC_ID_TEXT_LEN + 1];
	struct device_event e = { .event = "consent",
				  .asks = q->c.asks,
				  .peer = id,
				  .name = q->c.name,
				  .number = q->c.number,
				  .subjects = q->c.subject,
				  .subject_count = q->c.subject_count,
				  .seconds = seconds_left(q->d, q->deadline_ms) };

	trec_id_to_text(&q->c.peer, id);
	device_emit(q->d, &e);
}

static void question_drop(struct question *q)
{
	struct question **at = &q->d->questions;

	while (*at != NULL && *at != q)
		at = &(*at)->next;
	if (*at == q)
		*at = q->next;
	if (q->run != NULL)
		q->run->question = NULL;
}

static void question_free(struct question *q)
{
	free(q->text);
	free(q);
}

/* How many wait, of strangers or of peers. */
static size_t waiting(const struct device *d, bool strangers)
{
	size_t n = 0;

	for (const struct question *q = d->questions; q != NULL; q = q->next)
		n += (q->run == NULL) == strangers;
	return n;
}

static void question_list(struct question *q)
{
	q->c.number = ++q->d->consents;
	q->next = q->d->questions;
	q->d->questions = q;
	question_tell(q);
}

void consent_introduction(struct device_run *r)
{
	struct trec_introduction_question what;
	const struct trec_peer *p = trec_session_peer(r->session);

	if (r->question != NULL || p == NULL ||
	    trec_session_introduction(r->session, &what) != TREC_OK)
		return;
	struct question *q = waiting(r->d, false) < ASKED_WAITING ? calloc(1, sizeof(*q)) : NULL;

	if (q == NULL)
		return; /* nobody answers: it is refused when its time is over */
	q->d = r->d;
	q->run = r;
	q->deadline_ms = what.deadline_ms;
	q->c.asks = "introduction";
	q->c.peer = p->id;
	memcpy(q->c.name, p->name, sizeof(q->c.name));
	memcpy(q->c.kind, p->kind, sizeof(q->c.kind));
	memcpy(q->c.subject, what.subject, sizeof(q->c.subject));
	q->c.subject_count = what.count;
	r->question = q;
	question_list(q);
}

void consent_over(struct device_run *r)
{
	struct question *q = r->question;

	if (q == NULL)
		return;
	question_drop(q);
	question_free(q);
}

void consent_step(struct device_run *r)
{
	struct question *q = r->question;

	if (q == NULL || q->answer == 0)
		return;
	bool yes = q->answer > 0;

	consent_over(r);
	/* Too late is what the session itself will say. */
	if (trec_session_answer(r->session, yes) != TREC_OK)
		return;
	if (!yes)
		device_emit_peer(r, "refused", trec_refusal_name(TREC_REFUSAL_CONSENT_DENIED),
				 trec_refusal_text(TREC_REFUSAL_CONSENT_DENIED));
}

/* ---- a stranger's introduction ----------------------------------------------------------- */

static void carried_closed(uv_handle_t *h)
{
	struct question *q = h->data;
	struct device *d = q->d;

	question_free(q);
	d->handles--;
	device_stop_step(d);
}

static void carried_end(struct question *q, enum trec_refusal why)
{
	q->done.introducer = q->c.peer;
	q->done.subject = q->c.subject[0].id;
	if (why != TREC_REFUSAL_NONE)
		q->done.refusal = why;
	device_emit_introduced(q->d, &q->done);
	uv_close((uv_handle_t *)&q->timer, carried_closed);
}

static void carried_late(uv_timer_t *t)
{
	struct question *q = t->data;

	question_drop(q);
	carried_end(q, TREC_REFUSAL_CONSENT_TIMEOUT);
}

/*
 * A stranger may come again and again: one question about it waits at a time, and after a no there
 * is none for a while.
 */
static bool may_ask(const struct device *d, const struct trec_id *subject)
{
	for (size_t i = 0; i < DENIED_KEPT; i++)
		if (device_now(d) < d->denied[i].until_ms &&
		    memcmp(&d->denied[i].subject, subject, sizeof(*subject)) == 0)
			return false;
	for (const struct question *q = d->questions; q != NULL; q = q->next)
		if (q->run == NULL && memcmp(&q->c.subject[0].id, subject, sizeof(*subject)) == 0)
			return false;
	return waiting(d, true) < CARRIED_WAITING;
}

static void remember_no(struct device *d, const struct trec_id *subject)
{
	struct denied *at = &d->denied[d->denials++ % DENIED_KEPT];

	at->subject = *subject;
	at->until_ms = device_now(d) + DENIED_MS;
}

static void carried_find(void *ctx)
{
	struct question *q = ctx;
	struct trec_peer p;

	q->err = trec_peer_get(q->d->o.env, trec_keystore_store(q->d->o.keys), &q->c.peer, &p);
	if (q->err != TREC_OK)
		return;
	memcpy(q->c.name, p.name, sizeof(q->c.name));
	memcpy(q->c.kind, p.kind, sizeof(q->c.kind));
}

static void carried_found(void *ctx)
{
	struct question *q = ctx;

	/* It may have come twice before the first was listed. */
	if (q->err != TREC_OK || q->d->stopping || !may_ask(q->d, &q->c.subject[0].id)) {
		uv_close((uv_handle_t *)&q->timer, carried_closed);
		return;
	}
	q->deadline_ms = device_now(q->d) + CARRIED_MS;
	uv_timer_start(&q->timer, carried_late, CARRIED_MS, 0);
	question_list(q);
}

void consent_presented(struct device_run *r)
{
	const struct trec_presented *p = trec_session_presented(r->session);

	if (p == NULL || r->d->stopping || !may_ask(r->d, &p->subject))
		return;
	struct question *q = calloc(1, sizeof(*q));

	if (q != NULL)
		q->text = strdup(p->text);
	if (q == NULL || q->text == NULL) {
		free(q);
		return; /* the stranger comes again */
	}
	q->d = r->d;
	q->c.asks = "carried-introduction";
	q->c.peer = p->introducer;
	q->c.subject_count = 1;
	q->c.subject[0].id = p->subject;
	memcpy(q->c.subject[0].name, p->name, sizeof(q->c.subject[0].name));
	uv_timer_init(q->d->o.loop, &q->timer);
	q->timer.data = q;
	q->d->handles++;
	device_with_store(q->d, carried_find, carried_found, q);
}

static void carried_accept(void *ctx)
{
	struct question *q = ctx;

	q->err = trec_introduction_accept(q->d->o.env, trec_keystore_store(q->d->o.keys),
					  trec_bytes(q->text, strlen(q->text)), &q->d->policy,
					  &q->done);
}

static void carried_accepted(void *ctx)
{
	struct question *q = ctx;

	carried_end(q, q->err != TREC_OK ? TREC_REFUSAL_STORE : TREC_REFUSAL_NONE);
}

void consent_close(struct device *d)
{
	for (struct question *q = d->questions, *next; q != NULL; q = next) {
		next = q->next;
		if (q->run != NULL)
			continue;
		question_drop(q);
		uv_close((uv_handle_t *)&q->timer, carried_closed);
	}
}

/* ---- for the user ------------------------------------------------------------------------ */

bool device_pending(const struct device *d, size_t i, struct device_consent *out)
{
	if (pairing_pending(d, &i, out))
		return true;
	for (const struct question *q = d->questions; q != NULL; q = q->next) {
		if (q->answer != 0 || i-- > 0)
			continue;
		*out = q->c;
		out->seconds = seconds_left(d, q->deadline_ms);
		return true;
	}
	return false;
}

static bool answer_question(struct device *d, unsigned number, bool yes)
{
	struct question *q = d->questions;

	while (q != NULL && (q->c.number != number || q->answer != 0))
		q = q->next;
	if (q == NULL)
		return false;
	q->answer = yes ? 1 : -1;
	if (q->run != NULL) {
		run_pump(q->run);
		return true;
	}
	question_drop(q);
	uv_timer_stop(&q->timer);
	if (yes) {
		device_with_store(d, carried_accept, carried_accepted, q);
		return true;
	}
	remember_no(d, &q->c.subject[0].id);
	carried_end(q, TREC_REFUSAL_CONSENT_DENIED);
	return true;
}

trec_err device_answer(struct device *d, unsigned number, bool yes, struct failure *f)
{
	for (struct device_run *r = d->runs; r != NULL; r = r->next) {
		if (r->ended || r->busy || r->consent != number || number == 0 ||
		    trec_pairing_answer(r->pairing, yes) != TREC_OK)
			continue;
		run_pump(r);
		return TREC_OK;
	}
	if (number != 0 && answer_question(d, number, yes))
		return TREC_OK;
	return fail(f, TREC_E_NO_PEER, "no question %u waits for an answer", number);
}
