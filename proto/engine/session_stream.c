/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what the user of a session says and asks: its one service stream with a
 * half-close each way, pings, parting, and the answers about how it went.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/dissolve.h"
#include "proto/engine/session_symmetric.h"

/* Room that must stay for the answers to the peer while the user fills the rest. */
#define CONTROL_ROOM 4096
/* With its header a full frame of data fills one TLS record; a longer one would take two. */
#define DATA_MAX (FRAME_CHAN_BODY_MAX - FRAME_CHAN_HEADER)

/* The client may speak as soon as its hello left: the peer reads it in order. */
static bool may_speak(const struct trec_session *s)
{
	if (s->symmetric != NULL) /* not before the peer's proof */
		return eng_session_is_up(s);
	return eng_session_is_up(s) || s->state == ENG_S_AWAIT_WELCOME ||
	       (s->state == ENG_S_SETTLING && s->role == TREC_SESSION_CLIENT);
}

trec_err trec_session_open(struct trec_session *s, const char *service)
{
	struct trec_bytes name = trec_bytes(service, strlen(service));

	if (!msg_service_ok(name))
		return TREC_E_USAGE;
	if (s->role != TREC_SESSION_CLIENT || s->stream != ENG_STREAM_NONE ||
	    s->only_revokes || eng_session_ended(s) || s->state >= ENG_S_PARTING)
		return TREC_E_STATE;
	memcpy(s->service, service, name.n + 1);
	s->stream = ENG_STREAM_WANTED;
	if (may_speak(s))
		eng_session_send_open(s);
	return TREC_OK;
}

trec_err trec_session_accept(struct trec_session *s)
{
	if (s->stream != ENG_STREAM_ASKED || s->state == ENG_S_FAILED)
		return TREC_E_STATE;
	s->stream = ENG_STREAM_OPEN;
	if (s->state == ENG_S_SERVING) /* else the peer has said all and closed: it can be read */
		eng_session_send_empty(s, FRAME_OPENED);
	return TREC_OK;
}

trec_err trec_session_refuse(struct trec_session *s, enum trec_service_reason reason)
{
	if (s->stream != ENG_STREAM_ASKED || s->state != ENG_S_SERVING)
		return TREC_E_STATE;
	s->stream = ENG_STREAM_REFUSED;
	eng_session_send_reason(s, FRAME_SERVICE_FAILED, (uint8_t)reason);
	return TREC_OK;
}

static bool stream_usable(const struct trec_session *s)
{
	return s->stream == ENG_STREAM_OPEN || s->stream == ENG_STREAM_WANTED;
}

trec_err trec_session_write(struct trec_session *s, const uint8_t *p, size_t n, size_t *taken)
{
	*taken = 0;
	if (eng_session_ended(s) || !stream_usable(s) || s->finished ||
	    s->state >= ENG_S_PARTING)
		return s->err != TREC_OK ? s->err : TREC_E_STATE;
	while (may_speak(s) && *taken < n) {
		size_t room = eng_session_out_room(s);
		size_t part = n - *taken;

		if (room <= CONTROL_ROOM + FRAME_CHAN_HEADER)
			break;
		room -= CONTROL_ROOM + FRAME_CHAN_HEADER;
		if (part > room)
			part = room;
		if (part > DATA_MAX)
			part = DATA_MAX;
		eng_session_send(s, FRAME_DATA, trec_bytes(p + *taken, part));
		if (eng_session_ended(s))
			return s->err;
		*taken += part;
	}
	s->write_blocked = s->write_blocked || *taken < n;
	return *taken > 0 || n == 0 ? TREC_OK : TREC_E_AGAIN;
}

trec_err trec_session_read(struct trec_session *s, uint8_t *out, size_t cap, size_t *n, bool *eof)
{
	size_t have = eng_buffer_used(&s->data);

	*n = have < cap ? have : cap;
	*eof = false;
	if (*n > 0) {
		memcpy(out, s->data.p + s->data.from, *n);
		eng_buffer_took(s, &s->data, *n);
		/* What waits behind it may be inside already: no byte will come to push it on. */
		eng_session_resume_reading(s);
		return TREC_OK;
	}
	s->data_told = false;
	if (s->peer_finished) {
		*eof = true;
		return TREC_OK;
	}
	return s->state == ENG_S_FAILED ? s->err : TREC_E_AGAIN;
}

trec_err trec_session_finish(struct trec_session *s)
{
	if (!stream_usable(s) || s->finished || eng_session_ended(s) || s->state >= ENG_S_PARTING)
		return TREC_E_STATE;
	s->finished = true;
	if (may_speak(s))
		eng_session_send_empty(s, FRAME_EOF);
	return TREC_OK;
}

void eng_session_send_ping(struct trec_session *s)
{
	struct msg_ping m;
	uint8_t body[32];
	size_t n = 0;

	s->ping_waits = false;
	s->ping_ms = s->env->now_ms(s->env->ctx);
	memcpy(m.data, s->ping, sizeof(m.data));
	if (msg_ping_encode(&m, body, sizeof(body), &n) == TREC_OK)
		eng_session_send(s, FRAME_PING, trec_bytes(body, n));
}

trec_err trec_session_ping(struct trec_session *s)
{
	if (!eng_session_is_up(s) || s->pinging)
		return TREC_E_STATE;
	trec_err err = crypto_random(s->env, s->ping, sizeof(s->ping));

	if (err != TREC_OK)
		return err;
	s->pinging = true;
	s->ping_waits = s->probing; /* one at a time */
	if (!s->ping_waits)
		eng_session_send_ping(s);
	return s->err;
}

void trec_session_close(struct trec_session *s)
{
	if (eng_session_ended(s) || s->state >= ENG_S_PARTING ||
	    s->state == ENG_S_TURNED_AWAY || s->state == ENG_S_AWAIT_TOLD)
		return;
	if (!may_speak(s)) {
		eng_session_fail(s, TREC_E_LOST, "closed before the session was up");
		return;
	}
	eng_session_send_reason(s, FRAME_CLOSE, MSG_CLOSE_DONE);
	if (!eng_session_ended(s))
		eng_session_to(s, ENG_S_CLOSING);
}

void trec_session_notify(struct trec_session *s)
{
	if (eng_session_is_up(s))
		eng_session_errand(s, ENG_E_RELOAD);
}

trec_err trec_session_revoke(struct trec_session *s, const struct trec_revocation *r)
{
	struct trec_bytes words = eng_revocation_statement(r);

	if (!eng_session_is_up(s) ||
	    memcmp(trec_revocation_peer(r)->id.b, s->peer_id.b, TREC_ID_LEN) != 0)
		return TREC_E_STATE;
	if (s->symmetric != NULL)
		eng_symmetric_say(s, FRAME_REVOKE);
	else
		eng_session_send(s, FRAME_REVOKE, words);
	if (!eng_session_ended(s))
		eng_session_to(s, ENG_S_AWAIT_TOLD);
	return s->err;
}

const struct trec_peer *trec_session_peer(const struct trec_session *s)
{
	return s->up ? &s->peer : NULL;
}

bool trec_session_authenticated(const struct trec_session *s)
{
	return s->trusted;
}

bool trec_session_told(const struct trec_session *s)
{
	return s->told;
}

trec_err trec_session_error(const struct trec_session *s)
{
	return s->err;
}

const char *trec_session_detail(const struct trec_session *s)
{
	return s->detail;
}
