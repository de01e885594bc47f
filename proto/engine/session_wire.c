/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a session's bytes under way: buffers that hold memory only while they hold
 * bytes, and frames on their way into the channel.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/engine/session_symmetric.h"

#define OUT_CAP (FRAME_CHAN_HEADER + FRAME_CHAN_BODY_MAX + 8 * ENG_ANSWER_ROOM)
#define BUFFER_FIRST 512 /* bytes of a buffer that has to hold little */

void eng_buffer_drop(struct trec_session *s, struct eng_buffer *b)
{
	base_free(s->env, b->p, b->cap);
	memset(b, 0, sizeof(*b));
}

/* Moves what the buffer holds to memory of at least `want` bytes, at most max. */
static bool buffer_grow(struct trec_session *s, struct eng_buffer *b, size_t want, size_t max)
{
	size_t used = eng_buffer_used(b);
	size_t cap = BUFFER_FIRST;

	while (cap < want)
		cap *= 2;
	cap = cap < max ? cap : max;
	uint8_t *p = base_alloc(s->env, cap);

	if (p == NULL)
		return false;
	if (used > 0)
		memcpy(p, b->p + b->from, used);
	eng_buffer_drop(s, b);
	*b = (struct eng_buffer){ .p = p, .cap = cap, .to = used };
	return true;
}

uint8_t *eng_buffer_try(struct trec_session *s, struct eng_buffer *b, size_t max, size_t n)
{
	size_t used = eng_buffer_used(b);

	if (used > max || max - used < n)
		return NULL;
	if (b->cap - used < n && !buffer_grow(s, b, used + n, max))
		return NULL;
	if (b->from > 0) {
		memmove(b->p, b->p + b->from, used);
		b->to = used;
		b->from = 0;
	}
	return b->p + b->to;
}

uint8_t *eng_buffer_room(struct trec_session *s, struct eng_buffer *b, size_t max, size_t n)
{
	size_t used = eng_buffer_used(b);
	bool fits = used <= max && max - used >= n;
	uint8_t *at = eng_buffer_try(s, b, max, n);

	if (at == NULL && fits)
		eng_session_fail(s, TREC_E_NO_MEMORY, "");
	return at;
}

size_t eng_buffer_used(const struct eng_buffer *b)
{
	return b->to - b->from;
}

void eng_buffer_took(struct trec_session *s, struct eng_buffer *b, size_t n)
{
	b->from += n;
	if (b->from == b->to)
		eng_buffer_drop(s, b);
}

size_t eng_session_out_room(const struct trec_session *s)
{
	return OUT_CAP - eng_buffer_used(&s->out);
}

/* Moves queued frames into the channel as far as it takes them. */
void eng_session_flush(struct trec_session *s)
{
	while (!eng_session_ended(s) && eng_buffer_used(&s->out) > 0) {
		struct trec_bytes b = trec_bytes(s->out.p + s->out.from, eng_buffer_used(&s->out));
		size_t used = 0;
		trec_err err = chan_write(s->chan, b, &used);

		if (err == TREC_E_AGAIN || (err == TREC_OK && used == 0))
			return;
		if (err != TREC_OK) {
			eng_session_fail(s, err, "");
			return;
		}
		eng_buffer_took(s, &s->out, used);
	}
}

void eng_session_send(struct trec_session *s, uint8_t type, struct trec_bytes body)
{
	size_t n = 0;

	if (eng_session_ended(s))
		return;
	uint8_t *at = eng_buffer_room(s, &s->out, OUT_CAP, FRAME_CHAN_HEADER + body.n);

	if (at == NULL) {
		eng_session_fail(s, TREC_E_INTERNAL, "no room for an answer");
		return;
	}
	trec_err err = frame_chan_make(type, body, at, s->out.cap - s->out.to, &n);

	if (err != TREC_OK) {
		eng_session_fail(s, TREC_E_INTERNAL, "a frame could not be made");
		return;
	}
	s->out.to += n;
	eng_session_flush(s);
}

void eng_session_send_empty(struct trec_session *s, uint8_t type)
{
	uint8_t body[8];
	size_t n = 0;

	if (msg_empty_encode(body, sizeof(body), &n) == TREC_OK)
		eng_session_send(s, type, trec_bytes(body, n));
}

void eng_session_send_reason(struct trec_session *s, uint8_t type, uint8_t reason)
{
	struct msg_reason m = { .reason = reason };
	uint8_t body[16];
	size_t n = 0;

	if (msg_reason_encode(&m, body, sizeof(body), &n) == TREC_OK)
		eng_session_send(s, type, trec_bytes(body, n));
}

void eng_session_greet(struct trec_session *s, uint8_t type)
{
	if (s->symmetric != NULL)
		eng_symmetric_say(s, type);
	else
		eng_session_send_empty(s, type);
}

void eng_session_send_wanted(struct trec_session *s)
{
	if (s->stream == ENG_STREAM_WANTED)
		eng_session_send_open(s);
	if (s->finished)
		eng_session_send_empty(s, FRAME_EOF);
}

void eng_session_send_open(struct trec_session *s)
{
	struct msg_open m = { .service = "" };
	uint8_t body[FRAME_CONTROL_MAX];
	size_t n = 0;

	memcpy(m.service, s->service, sizeof(m.service));
	if (msg_open_encode(&m, body, sizeof(body), &n) == TREC_OK)
		eng_session_send(s, FRAME_OPEN, trec_bytes(body, n));
}

trec_err eng_session_send_later(struct trec_session *s, uint8_t type, struct trec_bytes body)
{
	size_t n = 0;
	uint8_t *at = eng_buffer_try(s, &s->later, ENG_LATER_MAX, FRAME_CHAN_HEADER + body.n);

	if (at == NULL)
		return TREC_E_NO_MEMORY;
	trec_err err = frame_chan_make(type, body, at, s->later.cap - s->later.to, &n);

	s->later.to += n;
	return err;
}

void eng_session_pump(struct trec_session *s)
{
	while (eng_session_is_up(s) && eng_buffer_used(&s->later) > 0) {
		struct trec_bytes all =
			trec_bytes(s->later.p + s->later.from, eng_buffer_used(&s->later));
		struct frame f;
		size_t need = 0;

		if (frame_chan_take(FRAME_CONTEXT_SESSION, all, &f, &need) != FRAME_WHOLE) {
			eng_session_fail(s, TREC_E_INTERNAL, "a waiting frame is not whole");
			return;
		}
		/* What answers the peer needs stays free. */
		if (eng_session_out_room(s) < f.whole.n + (size_t)2 * ENG_ANSWER_ROOM)
			return;
		eng_session_send(s, f.type, f.body);
		if (!eng_session_ended(s))
			eng_buffer_took(s, &s->later, f.whole.n);
	}
}

trec_err eng_session_hear(struct trec_session *s, struct trec_bytes words)
{
	eng_session_heard(s);
	s->heard = base_alloc(s->env, sizeof(*s->heard) + words.n);
	if (s->heard == NULL)
		return TREC_E_NO_MEMORY;
	s->heard->n = words.n;
	memcpy(s->heard->bytes, words.p, words.n);
	return TREC_OK;
}

void eng_session_heard(struct trec_session *s)
{
	if (s->heard != NULL)
		base_free(s->env, s->heard, sizeof(*s->heard) + s->heard->n);
	s->heard = NULL;
}
