/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a session's machine: TLS below, frames above, the store beside it. All legal
 * moves are in the table; frames compute in session_frames.c, the store's part is in
 * session_store.c, streams in session_stream.c. docs/PROTOCOL.md, Sessions.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/session_symmetric.h"

#define UP(state)                                                                                  \
	[ENG_F_DATA] = (state), [ENG_F_EOF] = (state), [ENG_F_PING] = (state),                     \
	[ENG_F_PONG] = (state),                                                                    \
	[ENG_F_INTRODUCE_ASK] = (state), [ENG_F_INTRODUCE_NONCE] = (state),                        \
	[ENG_F_INTRODUCE_REFUSE] = (state), [ENG_F_INTRODUCTION] = (state),                        \
	[ENG_F_INTRODUCE_RESULT] = (state), [ENG_F_NOTICE] = (state),                              \
	[ENG_F_REKEY] = (state), [ENG_F_REKEYED] = (state),                                        \
	[ENG_F_RECOGNISE] = (state), [ENG_F_RECOGNISED] = (state),                                 \
	[ENG_F_REVOKE] = ENG_S_PARTING, [ENG_F_CLOSE] = ENG_S_ENDING

/* clang-format off */
const uint8_t eng_session_fsm[ENG_S_COUNT][ENG_F_COUNT] = {
	[ENG_S_STRANGER] = {
		[ENG_F_HELLO] = ENG_S_TURNED_AWAY,
		[ENG_F_REVOKE] = ENG_S_TURNED_AWAY,
		[ENG_F_CLOSE] = ENG_S_TURNED_AWAY,
		[ENG_F_PRESENT] = ENG_S_VOUCHING,
	},
	[ENG_S_AWAIT_HELLO] = {
		[ENG_F_HELLO] = ENG_S_SETTLING,
		[ENG_F_REVOKE] = ENG_S_PARTING,
		[ENG_F_CLOSE] = ENG_S_ENDING,
		[ENG_F_PRESENT] = ENG_S_AWAIT_HELLO,
	},
	[ENG_S_AWAIT_WELCOME] = {
		[ENG_F_WELCOME] = ENG_S_SETTLING,
		[ENG_F_NOT_TRUSTED] = ENG_S_REJECTED,
		[ENG_F_CLOSE] = ENG_S_ENDING,
	},
	[ENG_S_AWAIT_TOLD] = {
		[ENG_F_WELCOME] = ENG_S_AWAIT_TOLD,
		[ENG_F_OPEN] = ENG_S_AWAIT_TOLD,
		[ENG_F_OPENED] = ENG_S_AWAIT_TOLD,
		[ENG_F_SERVICE_FAILED] = ENG_S_AWAIT_TOLD,
		[ENG_F_DATA] = ENG_S_AWAIT_TOLD,
		[ENG_F_EOF] = ENG_S_AWAIT_TOLD,
		[ENG_F_PING] = ENG_S_AWAIT_TOLD,
		[ENG_F_PONG] = ENG_S_AWAIT_TOLD,
		[ENG_F_INTRODUCE_ASK] = ENG_S_AWAIT_TOLD,
		[ENG_F_INTRODUCE_NONCE] = ENG_S_AWAIT_TOLD,
		[ENG_F_INTRODUCE_REFUSE] = ENG_S_AWAIT_TOLD,
		[ENG_F_INTRODUCTION] = ENG_S_AWAIT_TOLD,
		[ENG_F_INTRODUCE_RESULT] = ENG_S_AWAIT_TOLD,
		[ENG_F_NOTICE] = ENG_S_AWAIT_TOLD,
		[ENG_F_SUCCESSION] = ENG_S_AWAIT_TOLD,
		[ENG_F_REKEY] = ENG_S_AWAIT_TOLD,
		[ENG_F_REKEYED] = ENG_S_AWAIT_TOLD,
		[ENG_F_RECOGNISE] = ENG_S_AWAIT_TOLD,
		[ENG_F_RECOGNISED] = ENG_S_AWAIT_TOLD,
		[ENG_F_REVOKE] = ENG_S_ENDING,
		[ENG_F_NOT_TRUSTED] = ENG_S_ENDING,
		[ENG_F_CLOSE] = ENG_S_ENDING,
	},
	[ENG_S_SERVING] = {
		[ENG_F_OPEN] = ENG_S_SERVING,
		[ENG_F_SUCCESSION] = ENG_S_MOVING,
		UP(ENG_S_SERVING)
	},
	[ENG_S_USING] = {
		[ENG_F_OPENED] = ENG_S_USING,
		[ENG_F_SERVICE_FAILED] = ENG_S_USING,
		[ENG_F_SUCCESSION] = ENG_S_MOVING,
		UP(ENG_S_USING)
	},
	[ENG_S_CLOSING] = {
		[ENG_F_SUCCESSION] = ENG_S_CLOSING,
		[ENG_F_WELCOME] = ENG_S_CLOSING,
		[ENG_F_OPEN] = ENG_S_CLOSING,
		[ENG_F_OPENED] = ENG_S_CLOSING,
		[ENG_F_SERVICE_FAILED] = ENG_S_CLOSING,
		UP(ENG_S_CLOSING)
	},
};
/* clang-format on */

/* ---- moves ------------------------------------------------------------------------------- */

bool eng_session_ended(const struct trec_session *s)
{
	return s->state == ENG_S_DONE || s->state == ENG_S_FAILED;
}

bool eng_session_is_up(const struct trec_session *s)
{
	return s->state == ENG_S_SERVING || s->state == ENG_S_USING;
}

static bool at_store(const struct trec_session *s)
{
	return s->state == ENG_S_LOADING || s->state == ENG_S_JUDGING ||
	       s->state == ENG_S_SETTLING || s->state == ENG_S_REJECTED ||
	       s->state == ENG_S_PARTING || s->state == ENG_S_VOUCHING ||
	       s->state == ENG_S_MOVING || s->state == ENG_S_KEYS ||
	       (s->errands != 0 && eng_session_is_up(s));
}

void eng_session_errand(struct trec_session *s, enum eng_errand errand)
{
	s->errands |= 1u << errand;
}

/* The one place where a session's secrets and data go. The channel stays for its last bytes. */
void eng_session_wipe(struct trec_session *s)
{
	eng_buffer_drop(s, &s->in);
	eng_buffer_drop(s, &s->out);
	eng_buffer_drop(s, &s->later);
	eng_buffer_drop(s, &s->words);
	eng_asking_drop(s);
	eng_asked_drop(s);
	eng_session_heard(s);
	eng_symmetric_drop(s);
	base_free(s->env, s->policy, sizeof(*s->policy));
	s->policy = NULL;
	if (s->state == ENG_S_FAILED)
		eng_buffer_drop(s, &s->data);
	base_free(s->env, s->known, s->known_count * sizeof(*s->known));
	s->known = NULL;
	s->known_count = 0;
	s->deadline_ms = s->now_ms + ENG_SESSION_END_MS;
}

void eng_session_to(struct trec_session *s, enum eng_session_state next)
{
	if (s->state == next)
		return;
	s->state = next;
	if (next == ENG_S_TURNED_AWAY || next == ENG_S_CLOSING || next == ENG_S_ENDING ||
	    next == ENG_S_AWAIT_TOLD)
		s->deadline_ms = s->now_ms + ENG_SESSION_END_MS;
	if (eng_session_ended(s))
		eng_session_wipe(s);
}

void eng_session_fail(struct trec_session *s, trec_err err, const char *detail)
{
	if (eng_session_ended(s))
		return;
	s->err = err;
	s->detail = detail;
	if (s->state == ENG_S_LOADING)
		chan_free(&s->chan); /* nothing left yet, and nothing shall */
	else if (s->chan != NULL && chan_state(s->chan) != CHAN_FAILED)
		chan_abort(s->chan);
	eng_session_to(s, ENG_S_FAILED);
}

/* ---- TLS --------------------------------------------------------------------------------- */

void eng_session_channel_failed(struct trec_session *s, trec_err err)
{
	bool handshake = s->state == ENG_S_HANDSHAKE;

	if (s->symmetric != NULL && handshake)
		eng_symmetric_failed(s, err);
	else if (s->own_key)
		eng_session_fail(s, TREC_E_OWN_KEY, "the answer came from this device itself");
	else if (err == TREC_E_REFUSED && handshake && s->role == TREC_SESSION_SERVER)
		eng_session_fail(s, TREC_E_WRONG_CERTIFICATE,
				 "the other side does not know this device's credential");
	else if (err == TREC_E_REFUSED)
		eng_session_fail(s, handshake ? TREC_E_REFUSED : TREC_E_LOST,
				 "the other side ended the connection with an alert");
	else if (err == TREC_E_WRONG_CERTIFICATE && s->role == TREC_SESSION_CLIENT)
		eng_session_fail(s, err, s->wants_peer ? "the server is not the expected peer"
						       : "the server is no trusted peer");
	else
		eng_session_fail(s, err, "");
}

/* The handshake is done: whose certificate was it? */
static void handshake_done(struct trec_session *s)
{
	if (s->symmetric != NULL) {
		eng_symmetric_up(s);
		return;
	}
	s->peer_id = *chan_peer_id(s->chan);
	if (memcmp(s->peer_id.b, s->own.id.b, TREC_ID_LEN) == 0) {
		eng_session_fail(s, TREC_E_OWN_KEY, "the other side shows this device's own key");
		return;
	}
	chan_export_end(s->chan);
	eng_session_to(s, ENG_S_JUDGING);
}

/* ---- frames in --------------------------------------------------------------------------- */

/* Whether one more frame, whatever it is, can be handled now. */
static bool can_take(const struct trec_session *s)
{
	/* A question to the peer ends with an event for each subject. */
	size_t events = s->asking != NULL ? MSG_SUBJECTS_MAX + 1 : 4;

	return !eng_session_ended(s) && !at_store(s) && s->state != ENG_S_ENDING &&
	       s->state != ENG_S_TURNED_AWAY &&
	       eng_session_out_room(s) >= (size_t)2 * ENG_ANSWER_ROOM &&
	       /* Once it is parting, data is dropped: an unread stream must not hide its end. */
	       (!eng_session_is_up(s) ||
		eng_buffer_used(&s->data) <= ENG_STREAM_MAX - FRAME_CHAN_BODY_MAX) &&
	       s->event_count < ENG_EVENTS_MAX - events;
}

/* Where a frame leads from here; ENG_S_REFUSED: nowhere. */
static enum eng_session_state frame_leads(const struct trec_session *s, uint8_t frame)
{
	unsigned type = frame - FRAME_HELLO;

	return type < ENG_F_COUNT ? (enum eng_session_state)eng_session_fsm[s->state][type]
				  : ENG_S_REFUSED;
}

static void refuse(struct trec_session *s, const char *detail)
{
	if (s->state == ENG_S_STRANGER)
		eng_session_fail(s, TREC_E_NOT_TRUSTED, "a stranger spoke out of turn");
	else
		eng_session_fail(s, TREC_E_MALFORMED, detail);
}

static void take_frame(struct trec_session *s, const struct frame *f)
{
	unsigned type = f->type - FRAME_HELLO;
	enum eng_session_state next = frame_leads(s, f->type);
	trec_err err = eng_session_frame(s, (enum eng_session_frame)type, f->body);

	if (err != TREC_OK)
		eng_session_fail(s, err, "a message was not understood");
	else if (!eng_session_ended(s))
		eng_session_to(s, next);
	if (s->state == ENG_S_TURNED_AWAY)
		eng_turn_away(s);
}

/* Reads plaintext until a frame is whole and handles it. False: nothing more can be done now. */
static bool step_frames(struct trec_session *s)
{
	struct frame f;
	size_t need = 0;
	size_t n = 0;

	if (!can_take(s))
		return false;
	enum frame_step step = frame_chan_take(
		FRAME_CONTEXT_SESSION, trec_bytes(s->in.p + s->in.from, eng_buffer_used(&s->in)),
		&f, &need);

	if (step == FRAME_REFUSED) {
		refuse(s, "a message is unknown or too large");
		return false;
	}
	if (f.type != 0 && frame_leads(s, f.type) == ENG_S_REFUSED) {
		refuse(s, "a message came that does not fit here");
		return false;
	}
	if (step == FRAME_WHOLE) {
		take_frame(s, &f);
		if (!eng_session_ended(s))
			eng_buffer_took(s, &s->in, f.whole.n);
		return !eng_session_ended(s);
	}
	size_t want = need - eng_buffer_used(&s->in);
	uint8_t *at = eng_buffer_room(s, &s->in, FRAME_CHAN_HEADER + FRAME_CHAN_BODY_MAX, want);

	if (at == NULL)
		return false;
	trec_err err = chan_read(s->chan, at, want, &n);

	if (err == TREC_OK && n > 0) {
		s->in.to += n;
		return true;
	}
	if (eng_buffer_used(&s->in) == 0)
		eng_buffer_drop(s, &s->in);
	if (err == TREC_OK)
		eng_session_fail(s, TREC_E_LOST, "the peer ended the connection without a word");
	else if (err != TREC_E_AGAIN)
		eng_session_channel_failed(s, err);
	return false;
}

static void go_on(struct trec_session *s)
{
	if (s->state == ENG_S_HANDSHAKE && chan_state(s->chan) == CHAN_OPEN)
		handshake_done(s);
	else if (s->state == ENG_S_HANDSHAKE && chan_psk_wanted(s->chan).n > 0)
		eng_session_to(s, ENG_S_KEYS);
	if (s->chan != NULL && s->state > ENG_S_JUDGING && !eng_session_ended(s)) {
		eng_session_flush(s);
		eng_session_pump(s);
		while (step_frames(s))
			;
	}
	if (s->write_blocked && eng_session_is_up(s) &&
	    eng_session_out_room(s) > FRAME_CHAN_BODY_MAX / 2) {
		s->write_blocked = false;
		eng_session_event(s, TREC_SESSION_DRAINED, 0, NULL);
	}
	if (s->state == ENG_S_ENDING && eng_buffer_used(&s->out) == 0 && chan_pending(s->chan) == 0)
		eng_session_to(s, ENG_S_DONE);
}

void eng_session_resume_reading(struct trec_session *s)
{
	if (!eng_session_ended(s) && !at_store(s))
		go_on(s);
}

/* ---- public: bytes and time -------------------------------------------------------------- */

trec_err trec_session_feed(struct trec_session *s, struct trec_bytes in, size_t *used)
{
	*used = 0;
	if (s->state == ENG_S_TURNED_AWAY || s->state == ENG_S_ENDING || eng_session_ended(s)) {
		*used = in.n; /* nothing it says counts any more */
		return s->err;
	}
	if (at_store(s))
		return TREC_OK;
	trec_err err = TREC_OK;
	size_t n = 0;

	do {
		err = chan_feed(s->chan, trec_bytes(in.p + *used, in.n - *used), &n);
		*used += n;
		if (err == TREC_OK)
			go_on(s);
	} while (err == TREC_OK && n > 0 && *used < in.n && !eng_session_ended(s) && !at_store(s));
	if (*used > 0 && s->idle_ms != 0 && eng_session_is_up(s))
		s->deadline_ms = s->now_ms + s->idle_ms;
	/* What came before the failure still counts: the peer's last words may be among it. */
	if (err != TREC_OK && !eng_session_ended(s)) {
		go_on(s);
		if (!at_store(s))
			eng_session_channel_failed(s, err);
	}
	return s->err;
}

trec_err trec_session_drain(struct trec_session *s, uint8_t *out, size_t cap, size_t *n)
{
	*n = 0;
	if (s->state == ENG_S_LOADING)
		return TREC_OK;
	if (!eng_session_ended(s) && !at_store(s))
		go_on(s);
	if (s->chan != NULL)
		*n = chan_drain(s->chan, out, cap);
	if (!at_store(s))
		go_on(s);
	return TREC_OK;
}

static void timed_out(struct trec_session *s)
{
	if (s->state == ENG_S_TURNED_AWAY)
		eng_session_fail(s, TREC_E_NOT_TRUSTED, "a stranger was turned away");
	else if (s->state == ENG_S_STRANGER)
		eng_session_fail(s, TREC_E_NOT_TRUSTED, "a stranger said nothing");
	else if (s->state == ENG_S_ENDING)
		eng_session_to(s, ENG_S_DONE);
	else if (eng_session_is_up(s) && (s->asking != NULL || s->asked != NULL))
		s->deadline_ms = s->now_ms + s->idle_ms; /* somebody is being asked */
	else if (eng_session_is_up(s))
		eng_session_fail(s, TREC_E_TIMEOUT, "the session was idle");
	else
		eng_session_fail(s, TREC_E_TIMEOUT, "the peer did not answer in time");
}

trec_err trec_session_tick(struct trec_session *s, uint64_t now_ms)
{
	if (now_ms > s->now_ms)
		s->now_ms = now_ms;
	if (eng_session_ended(s)) {
		if (s->now_ms >= s->deadline_ms)
			chan_free(&s->chan); /* its last bytes are not wanted */
		return s->err;
	}
	if (eng_session_is_up(s) && s->now_ms >= eng_session_trust_end_ms(s))
		eng_session_fail(s, TREC_E_NOT_TRUSTED, "the time of this trust or right is over");
	else if (s->now_ms >= s->deadline_ms && !at_store(s))
		timed_out(s);
	if (eng_session_is_up(s) && !at_store(s)) {
		eng_asking_tick(s);
		eng_asked_tick(s);
	}
	return s->err;
}

void trec_session_lost(struct trec_session *s, trec_err err)
{
	if (s->state == ENG_S_TURNED_AWAY || s->state == ENG_S_STRANGER)
		eng_session_fail(s, TREC_E_NOT_TRUSTED, "a stranger was turned away");
	else if (s->state == ENG_S_ENDING)
		eng_session_to(s, ENG_S_DONE);
	else if (s->state != ENG_S_PARTING && s->state != ENG_S_REJECTED &&
		 s->state != ENG_S_MOVING && s->state != ENG_S_KEYS)
		eng_session_fail(s, err, "");
	/* The peer's last word, heard before it went, still takes effect in the store. */
	chan_free(&s->chan);
}

uint64_t trec_session_deadline_ms(const struct trec_session *s)
{
	bool up = eng_session_is_up(s);
	uint64_t next = up ? eng_session_trust_end_ms(s) : UINT64_MAX;

	if (eng_session_ended(s) && (s->chan == NULL || chan_pending(s->chan) == 0))
		return UINT64_MAX;
	if (up && s->asking != NULL && s->asking->deadline_ms < next)
		next = s->asking->deadline_ms;
	if (up && s->asked != NULL && s->asked->deadline_ms < next)
		next = s->asked->deadline_ms;
	return next < s->deadline_ms ? next : s->deadline_ms;
}

enum trec_next trec_session_next(const struct trec_session *s)
{
	bool pending = s->state != ENG_S_LOADING && s->chan != NULL && chan_pending(s->chan) > 0;

	if (at_store(s))
		return TREC_NEXT_STORE;
	if (pending)
		return TREC_NEXT_WRITE;
	if (s->event_count > 0)
		return TREC_NEXT_EVENT;
	if (s->state == ENG_S_DONE)
		return TREC_NEXT_DONE;
	return s->state == ENG_S_FAILED ? TREC_NEXT_FAILED : TREC_NEXT_READ;
}

void trec_session_perform(struct trec_session *s)
{
	if (at_store(s))
		eng_session_job(s);
}

void trec_session_resume(struct trec_session *s)
{
	if (!at_store(s))
		return;
	if (s->job_err != TREC_OK)
		eng_session_fail(s, s->job_err, "the store could not be used");
	else
		eng_session_job_done(s);
	if (!eng_session_ended(s) && !at_store(s))
		go_on(s);
}

void eng_session_now_up(struct trec_session *s)
{
	s->up = true;
	s->deadline_ms = s->idle_ms != 0 ? s->now_ms + s->idle_ms : UINT64_MAX;
	eng_session_event(s, TREC_SESSION_UP, 0, NULL);
	if (s->activated)
		eng_session_event(s, TREC_SESSION_ACTIVATED, 0, NULL);
}
