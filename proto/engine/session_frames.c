/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what each message of a session means. A handler has the machine's word that
 * the message is legal now; it decodes the whole body before it acts on any of it, and leaves
 * the state to the table. docs/PROTOCOL.md, Sessions.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/session_symmetric.h"
#include "proto/trust/trust.h"

typedef trec_err (*frame_fn)(struct trec_session *s, struct trec_bytes body);

/* Whether this side still cares what the peer does besides ending. */
static bool listening(const struct trec_session *s)
{
	return eng_session_is_up(s);
}

static trec_err on_hello(struct trec_session *s, struct trec_bytes body)
{
	if (s->state == ENG_S_STRANGER)
		return TREC_OK; /* that it spoke is enough */
	return s->symmetric != NULL ? eng_symmetric_check(s, FRAME_HELLO, body)
				    : msg_empty_decode(body);
}

static trec_err on_welcome(struct trec_session *s, struct trec_bytes body)
{
	return s->symmetric != NULL ? eng_symmetric_check(s, FRAME_WELCOME, body)
				    : msg_empty_decode(body);
}

static trec_err on_open(struct trec_session *s, struct trec_bytes body)
{
	struct msg_open m;
	trec_err err = msg_open_decode(body, &m);

	if (err != TREC_OK || !listening(s))
		return err;
	if (s->stream != ENG_STREAM_NONE)
		return TREC_E_MALFORMED;
	memcpy(s->service, m.service, sizeof(s->service));
	if (!eng_session_may(s, s->service)) {
		s->stream = ENG_STREAM_REFUSED;
		eng_session_send_reason(s, FRAME_SERVICE_FAILED, MSG_SERVICE_NO_RIGHT);
		return TREC_OK;
	}
	s->stream = ENG_STREAM_ASKED;
	eng_session_event(s, TREC_SESSION_OPEN, 0, s->service);
	return TREC_OK;
}

static trec_err on_opened(struct trec_session *s, struct trec_bytes body)
{
	trec_err err = msg_empty_decode(body);

	if (err != TREC_OK || !listening(s))
		return err;
	if (s->stream != ENG_STREAM_WANTED)
		return TREC_E_MALFORMED;
	s->stream = ENG_STREAM_OPEN;
	eng_session_event(s, TREC_SESSION_OPENED, 0, s->service);
	return TREC_OK;
}

static trec_err on_service_failed(struct trec_session *s, struct trec_bytes body)
{
	struct msg_reason m;
	trec_err err = msg_reason_decode(body, &m);

	if (err != TREC_OK || !listening(s))
		return err;
	if (s->stream != ENG_STREAM_WANTED)
		return TREC_E_MALFORMED;
	s->stream = ENG_STREAM_REFUSED;
	eng_session_event(s, TREC_SESSION_OPEN_FAILED, m.reason, s->service);
	return TREC_OK;
}

/* Data may come behind open before it was answered; only the client has to wait for opened. */
static bool data_fits(const struct trec_session *s)
{
	if (s->peer_finished)
		return false;
	return s->stream == ENG_STREAM_OPEN || s->stream == ENG_STREAM_REFUSED ||
	       (s->stream == ENG_STREAM_ASKED && s->role == TREC_SESSION_SERVER);
}

static trec_err on_data(struct trec_session *s, struct trec_bytes body)
{
	if (!listening(s))
		return TREC_OK;
	if (!data_fits(s))
		return TREC_E_MALFORMED;
	if (s->stream == ENG_STREAM_REFUSED)
		return TREC_OK;
	uint8_t *at = eng_buffer_room(s, &s->data, ENG_STREAM_MAX, body.n);

	if (at == NULL)
		return TREC_E_INTERNAL;
	memcpy(at, body.p, body.n);
	s->data.to += body.n;
	if (!s->data_told) {
		s->data_told = true;
		eng_session_event(s, TREC_SESSION_DATA, 0, NULL);
	}
	return TREC_OK;
}

static trec_err on_eof(struct trec_session *s, struct trec_bytes body)
{
	trec_err err = msg_empty_decode(body);

	if (err != TREC_OK || !listening(s))
		return err;
	if (!data_fits(s))
		return TREC_E_MALFORMED;
	s->peer_finished = true;
	if (s->stream != ENG_STREAM_REFUSED)
		eng_session_event(s, TREC_SESSION_EOF, 0, NULL);
	return TREC_OK;
}

static trec_err on_ping(struct trec_session *s, struct trec_bytes body)
{
	struct msg_ping m;
	uint8_t back[32];
	size_t n = 0;
	trec_err err = msg_ping_decode(body, &m);

	if (err != TREC_OK || !listening(s))
		return err;
	err = msg_ping_encode(&m, back, sizeof(back), &n);
	if (err == TREC_OK)
		eng_session_send(s, FRAME_PONG, trec_bytes(back, n));
	return err;
}

static trec_err on_pong(struct trec_session *s, struct trec_bytes body)
{
	struct msg_ping m;
	trec_err err = msg_ping_decode(body, &m);

	if (err != TREC_OK || !listening(s))
		return err;
	if (s->probing && memcmp(m.data, s->probe, sizeof(m.data)) == 0) {
		s->probing = false;
		eng_session_errand(s, ENG_E_NOTED);
		if (s->ping_waits)
			eng_session_send_ping(s);
		return TREC_OK;
	}
	if (!s->pinging || s->ping_waits || memcmp(m.data, s->ping, sizeof(m.data)) != 0)
		return TREC_E_MALFORMED;
	s->pinging = false;
	eng_session_event(s, TREC_SESSION_PONG, 0, NULL);
	if (s->event_count > 0)
		s->events[(s->event_first + s->event_count - 1) % ENG_EVENTS_MAX].rtt_us =
			(s->env->now_ms(s->env->ctx) - s->ping_ms) * 1000;
	return TREC_OK;
}

/* The word of the peer itself, over its own session; a stranger's is not read. */
static trec_err on_revoke(struct trec_session *s, struct trec_bytes body)
{
	struct crypto_cert cert;
	struct trust_claims claims;
	struct trust_expect expect = { .kind = TRUST_REVOKE, .me = s->own.id, .own_session = true };
	if (s->state == ENG_S_STRANGER)
		return TREC_OK;
	trec_err err = s->symmetric != NULL ? eng_symmetric_check(s, FRAME_REVOKE, body)
					    : crypto_cert_read(chan_peer_cert(s->chan), &cert);

	if (err != TREC_OK)
		return err;
	if (s->state == ENG_S_AWAIT_TOLD) { /* both parted at once */
		s->told = true;
		return TREC_OK;
	}
	if (s->symmetric != NULL)
		return TREC_OK; /* there is no signature that would say more */
	expect.issuer_spki = cert.spki;
	enum trust_verdict verdict = trust_verify(s->env, body, &expect, &claims);

	if (verdict == TRUST_ACCEPTED)
		return TREC_OK;
	base_log(s->env, TREC_LEVEL_WARNING, "revocation refused: %s", trust_verdict_text(verdict));
	return verdict == TRUST_FAILED ? TREC_E_CRYPTO : TREC_E_MALFORMED;
}

static trec_err on_not_trusted(struct trec_session *s, struct trec_bytes body)
{
	struct msg_reason m;
	trec_err err = msg_reason_decode(body, &m);

	s->rejection = m.reason;
	return err;
}

static trec_err on_close(struct trec_session *s, struct trec_bytes body)
{
	struct msg_reason m;

	if (s->state == ENG_S_STRANGER)
		return TREC_OK;
	trec_err err = msg_reason_decode(body, &m);

	if (err != TREC_OK)
		return err;
	if (s->state == ENG_S_AWAIT_TOLD) {
		s->told = m.reason == MSG_CLOSE_DISSOLVED;
	} else if (s->state != ENG_S_CLOSING) {
		eng_session_send_reason(s, FRAME_CLOSE, MSG_CLOSE_DONE);
		eng_session_event(s, TREC_SESSION_CLOSED, m.reason, NULL);
	}
	return TREC_OK;
}

trec_err eng_session_frame(struct trec_session *s, enum eng_session_frame type,
			   struct trec_bytes body)
{
	static const frame_fn handle[ENG_F_COUNT] = {
		[ENG_F_HELLO] = on_hello,
		[ENG_F_WELCOME] = on_welcome,
		[ENG_F_OPEN] = on_open,
		[ENG_F_OPENED] = on_opened,
		[ENG_F_SERVICE_FAILED] = on_service_failed,
		[ENG_F_DATA] = on_data,
		[ENG_F_EOF] = on_eof,
		[ENG_F_PING] = on_ping,
		[ENG_F_PONG] = on_pong,
		[ENG_F_REVOKE] = on_revoke,
		[ENG_F_NOT_TRUSTED] = on_not_trusted,
		[ENG_F_CLOSE] = on_close,
		[ENG_F_INTRODUCE_ASK] = eng_on_introduce_ask,
		[ENG_F_INTRODUCE_NONCE] = eng_on_introduce_nonce,
		[ENG_F_INTRODUCE_REFUSE] = eng_on_introduce_refuse,
		[ENG_F_INTRODUCTION] = eng_on_introduction,
		[ENG_F_INTRODUCE_RESULT] = eng_on_introduce_result,
		[ENG_F_PRESENT] = eng_on_present,
		[ENG_F_NOTICE] = eng_on_notice,
		[ENG_F_SUCCESSION] = eng_on_succession,
		[ENG_F_REKEY] = eng_on_rekey,
		[ENG_F_REKEYED] = eng_on_rekeyed,
		[ENG_F_RECOGNISE] = eng_on_recognise,
		[ENG_F_RECOGNISED] = eng_on_recognised,
	};

	return handle[type](s, body);
}
