/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a peer says about others, or about a new key of its own, becomes an event
 * or a question, whoever of the two dialled.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/trec/device_priv.h"

/* ---- introductions to this device -------------------------------------------------------- */

struct telling {
	struct device *d;
	struct trec_introduced what;
};

static void tell_find(void *ctx)
{
	struct telling *t = ctx;
	struct trec_peer p;

	/* A peer that is gone already has no name; its id is told all the same. */
	if (trec_peer_get(t->d->o.env, trec_keystore_store(t->d->o.keys), &t->what.subject, &p) ==
	    TREC_OK)
		memcpy(t->what.name, p.name, sizeof(t->what.name));
}

static void tell_found(void *ctx)
{
	struct telling *t = ctx;
	char id[TREC_ID_TEXT_LEN + 1], by[TREC_ID_TEXT_LEN + 1];
	struct device_event e = { .event = t->what.accepted ? "introduced" : "refused",
				  .peer = id,
				  .name = t->what.name,
				  .introduced_by = by };

	trec_id_to_text(&t->what.subject, id);
	trec_id_to_text(&t->what.introducer, by);
	if (t->what.refusal != TREC_REFUSAL_NONE) {
		e.reason = trec_refusal_name(t->what.refusal);
		e.detail = trec_refusal_text(t->what.refusal);
	}
	device_emit(t->d, &e);
	free(t);
}

void device_emit_introduced(struct device *d, const struct trec_introduced *what)
{
	struct telling *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort(); /* a hundred bytes: nothing else would work either */
	t->d = d;
	t->what = *what;
	device_with_store(d, what->accepted ? tell_find : NULL, tell_found, t);
}

/* What was begun elsewhere, by half a pairing or an introduction, is whole with this session. */
static void activated(struct device_run *r)
{
	const struct trec_peer *p = trec_session_peer(r->session);
	char id[TREC_ID_TEXT_LEN + 1], by[TREC_ID_TEXT_LEN + 1];
	struct device_event e = { .event = "introduced",
				  .peer = id,
				  .introduced_by = by,
				  .detail = "it is active from its first session on" };

	if (p == NULL || p->origin != TREC_ORIGIN_INTRODUCTION || !p->has_introducer) {
		device_emit_peer(r, "paired", NULL, "a half pairing was completed");
		return;
	}
	trec_id_to_text(&p->id, id);
	trec_id_to_text(&p->introduced_by, by);
	e.name = p->name;
	e.origin = trec_origin_name(p->origin);
	e.uri = r->peer_uri[0] != '\0' ? r->peer_uri : NULL;
	if (!r->quiet)
		device_emit(r->d, &e);
}

static void received(struct device_run *r, const struct trec_session_event *e)
{
	struct trec_introduced what = { .refusal = e->refusal,
					.accepted = e->accepted,
					.introducer = e->by,
					.subject = e->id };

	device_emit_introduced(r->d, &what);
}

/* ---- what else peers say ----------------------------------------------------------------- */

static void notice(struct device_run *r, const struct trec_session_event *e)
{
	char by[TREC_ID_TEXT_LEN + 1], id[TREC_ID_TEXT_LEN + 1];
	struct device_event event = { .event = "notice",
				      .peer = by,
				      .subject = id,
				      .effect = e->effect == TREC_NOTICE_DISSOLVED ? "dissolved"
										   : "shown" };

	trec_id_to_text(&e->by, by);
	trec_id_to_text(&e->id, id);
	device_emit(r->d, &event);
	if (e->effect == TREC_NOTICE_DISSOLVED)
		device_list_changed(r->d);
}

static void succeeded(struct device_run *r, const struct trec_session_event *e)
{
	const struct trec_peer *p = trec_session_peer(r->session);
	char id[TREC_ID_TEXT_LEN + 1], previous[TREC_ID_TEXT_LEN + 1];
	struct device_event event = { .event = "succeeded",
				      .peer = id,
				      .name = p != NULL ? p->name : NULL,
				      .previous = previous };

	trec_id_to_text(&e->id, id);
	trec_id_to_text(&e->by, previous);
	device_emit(r->d, &event);
	device_list_changed(r->d);
}

static void suspended(struct device_run *r, const struct trec_session_event *e)
{
	char id[TREC_ID_TEXT_LEN + 1];
	struct device_event event = { .event = "suspended",
				      .peer = id,
				      .reason = trec_refusal_name(TREC_REFUSAL_CONFLICT),
				      .detail = trec_refusal_text(TREC_REFUSAL_CONFLICT) };

	trec_id_to_text(&e->by, id);
	device_emit(r->d, &event);
	device_list_changed(r->d);
}

static void unanswered(struct device_run *r)
{
	consent_over(r);
	device_emit_peer(r, "refused", trec_refusal_name(TREC_REFUSAL_CONSENT_TIMEOUT),
			 trec_refusal_text(TREC_REFUSAL_CONSENT_TIMEOUT));
}

void trust_event(struct device_run *r, const struct trec_session_event *e)
{
	switch (e->kind) {
	case TREC_SESSION_ACTIVATED:
		activated(r);
		break;
	case TREC_SESSION_CONSENTED:
	case TREC_SESSION_INTRODUCED:
		leg_event(r, e);
		break;
	case TREC_SESSION_INTRODUCTION:
		consent_introduction(r);
		break;
	case TREC_SESSION_UNANSWERED:
		unanswered(r);
		break;
	case TREC_SESSION_RECEIVED:
		received(r, e);
		break;
	case TREC_SESSION_PRESENTED:
		consent_presented(r);
		break;
	case TREC_SESSION_SUCCEEDED:
		succeeded(r, e);
		break;
	case TREC_SESSION_SUSPENDED:
		suspended(r, e);
		break;
	case TREC_SESSION_NOTICE:
		notice(r, e);
		break;
	default:
		break; /* the rest is for who serves or dialled */
	}
}
