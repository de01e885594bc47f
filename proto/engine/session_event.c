/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what the user of a session is told, in the order in which it happened. */
#include <string.h>

#include "proto/engine/session.h"

/* Said again before it was heard, these two would mean nothing new. */
static bool is_waiting(const struct trec_session *s, enum trec_session_event_kind kind)
{
	if (kind != TREC_SESSION_DATA && kind != TREC_SESSION_DRAINED)
		return false;
	for (size_t i = 0; i < s->event_count; i++)
		if (s->events[(s->event_first + i) % ENG_EVENTS_MAX].kind == kind)
			return true;
	return false;
}

struct trec_session_event *eng_session_tell(struct trec_session *s,
					    enum trec_session_event_kind kind)
{
	if (s->event_count == ENG_EVENTS_MAX) {
		eng_session_fail(s, TREC_E_TOO_LARGE, "events are not taken");
		return NULL;
	}
	struct trec_session_event *e =
		&s->events[(s->event_first + s->event_count++) % ENG_EVENTS_MAX];

	memset(e, 0, sizeof(*e));
	e->kind = kind;
	return e;
}

void eng_session_event(struct trec_session *s, enum trec_session_event_kind kind, unsigned reason,
		       const char *service)
{
	struct trec_session_event *e = is_waiting(s, kind) ? NULL : eng_session_tell(s, kind);

	if (e == NULL)
		return;
	e->reason = reason;
	if (service != NULL)
		strncpy(e->service, service, TREC_SERVICE_MAX);
}

trec_err trec_session_event(struct trec_session *s, struct trec_session_event *out)
{
	if (s->event_count == 0)
		return TREC_E_AGAIN;
	*out = s->events[s->event_first];
	s->event_first = (s->event_first + 1) % ENG_EVENTS_MAX;
	s->event_count--;
	return TREC_OK;
}
