/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a peer says about others, or about a new key of its own, becomes an event
 * or a question, whoever of the two dialled.
 */
#include "tools/trec/device_priv.h"

static void received(struct device_run *r, const struct trec_session_event *e)
{
	struct trec_introduced what = { .refusal = e->refusal,
					.accepted = e->accepted,
					.introducer = e->by,
					.subject = e->id };

	device_emit_introduced(r->d, &what);
}

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
