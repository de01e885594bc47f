/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what the record of its peer lets an open session do, and for how long. */
#include <stdio.h>
#include <string.h>

#include "proto/engine/ledger.h"
#include "proto/engine/session.h"

bool eng_session_has_hint(const struct trec_session *s)
{
	for (size_t i = 0; i < s->record.hints.count; i++)
		if (strcmp(s->record.hints.uri[i], s->uri) == 0)
			return true;
	return false;
}

bool eng_session_may(const struct trec_session *s, const char *service)
{
	return trec_peer_may_use(&s->peer, service, (int64_t)eng_wall_s(s->env));
}

/* The later of the ends of all rights that allow the service; 0: one has no end, or none does. */
static uint64_t right_end(const struct trec_session *s)
{
	char name[MSG_RIGHT_MAX + 1];
	uint64_t end = 0;

	(void)snprintf(name, sizeof name, "service:%s", s->service);
	for (size_t i = 0; i < s->record.rights_count; i++) {
		const struct rec_right *r = &s->record.rights[i];

		if (strcmp(r->name, name) != 0 && strcmp(r->name, MSG_RIGHT_ANY_SERVICE) != 0)
			continue;
		if (r->until_s == 0)
			return 0;
		if (r->until_s > end)
			end = r->until_s;
	}
	return end;
}

uint64_t eng_session_trust_end_ms(const struct trec_session *s)
{
	uint64_t end = s->record.expires_s;
	uint64_t now = eng_wall_s(s->env);

	if (s->role == TREC_SESSION_SERVER && s->stream == ENG_STREAM_OPEN) {
		uint64_t right = right_end(s);

		if (right != 0 && (end == 0 || right < end))
			end = right;
	}
	if (end == 0)
		return UINT64_MAX;
	if (now == 0 || now >= end)
		return s->now_ms;
	return s->now_ms + (end - now) * 1000;
}
