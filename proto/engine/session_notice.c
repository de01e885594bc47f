/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what devices tell each other over a session that is up, about trust that ended
 * or changed: that a third device was dissolved, by whomever (docs/PROTOCOL.md, Notices), and that
 * the sender has another key now (Succession).
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/bundle.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/dissolve.h"
#include "proto/engine/ledger.h"
#include "proto/engine/notice.h"
#include "proto/engine/rotate.h"
#include "proto/engine/session.h"
#include "proto/engine/succession.h"

/* ---- notices ----------------------------------------------------------------------------- */

trec_err trec_session_notice(struct trec_session *s, const struct trec_revocation *r)
{
	struct trec_bytes words = eng_revocation_notice(r);

	if (!eng_session_is_up(s) || words.n == 0 || s->symmetric != NULL ||
	    memcmp(trec_revocation_peer(r)->id.b, s->peer_id.b, TREC_ID_LEN) == 0)
		return TREC_E_STATE;
	trec_err err = eng_session_send_later(s, FRAME_NOTICE, words);

	eng_session_pump(s);
	return err != TREC_OK ? err : s->err;
}

trec_err eng_on_notice(struct trec_session *s, struct trec_bytes body)
{
	if (!eng_session_is_up(s))
		return TREC_OK;
	trec_err err = eng_session_hear(s, body);

	if (err == TREC_OK)
		eng_session_errand(s, ENG_E_NOTICE);
	return err;
}

trec_err eng_job_notice(struct trec_session *s)
{
	struct eng_noticed out;
	trec_err err = eng_notice_take(s->env, s->store, trec_bytes(s->heard->bytes, s->heard->n),
				       &s->peer_id, &out);

	s->heard->from = out.issuer;
	s->heard->about = out.subject;
	s->heard->effect = out.effect;
	s->heard->introduced.refusal = out.refusal;
	return err;
}

void eng_job_notice_done(struct trec_session *s)
{
	const struct eng_heard *h = s->heard;
	bool dissolved = h->effect == TREC_NOTICE_DISSOLVED;
	struct trec_session_event *e = NULL;

	if (h->effect != TREC_NOTICE_NONE)
		e = eng_session_tell(s, TREC_SESSION_NOTICE);
	else if (h->introduced.refusal != TREC_REFUSAL_NONE)
		base_log(s->env, TREC_LEVEL_WARNING, "a notice was refused: %s",
			 trec_refusal_text(h->introduced.refusal));
	if (e != NULL) {
		e->by = h->from;
		e->id = h->about;
		e->effect = h->effect;
	}
	/* It may have been about the peer itself. */
	if (dissolved)
		eng_session_errand(s, ENG_E_RELOAD);
	eng_session_heard(s);
}

/* A ping behind the notices: its pong says that the peer's store has them. */
static trec_err probe(struct trec_session *s)
{
	struct msg_ping m;
	uint8_t body[32];
	size_t n = 0;
	trec_err err = crypto_random(s->env, s->probe, sizeof(s->probe));

	if (err != TREC_OK)
		return err;
	memcpy(m.data, s->probe, sizeof(m.data));
	err = msg_ping_encode(&m, body, sizeof(body), &n);
	if (err == TREC_OK)
		err = eng_session_send_later(s, FRAME_PING, trec_bytes(body, n));
	s->probing = err == TREC_OK;
	return err;
}

trec_err eng_load_notices(struct trec_session *s)
{
	uint8_t words[REC_STATEMENT_MAX];
	uint64_t after = s->record.noticed;
	bool found = s->symmetric == NULL; /* who introduces nobody has no use for them */
	trec_err err = TREC_OK;

	for (unsigned k = 0; k < ENG_NOTICES_MAX && found && err == TREC_OK; k++) {
		uint64_t number = 0;
		size_t n = 0;

		err = eng_notice_next(s->env, s->store, &s->peer_id, after, words, sizeof(words),
				      &n, &number, &found);
		if (err != TREC_OK || !found)
			break;
		err = eng_session_send_later(s, FRAME_NOTICE, trec_bytes(words, n));
		after = number;
		s->noticing = number;
	}
	return err == TREC_OK && s->noticing != 0 ? probe(s) : err;
}

trec_err eng_job_noted(struct trec_session *s)
{
	bool found = false;
	trec_err err = eng_peer_load(s->env, s->store, TREC_RECORD_PEER, &s->peer_id, &s->record,
				     &found);

	if (err != TREC_OK || !found || s->record.noticed >= s->noticing)
		return err;
	s->record.noticed = s->noticing;
	return eng_peer_store(s->store, TREC_RECORD_PEER, &s->peer_id, &s->record);
}

/* ---- successions ------------------------------------------------------------------------- */

trec_err trec_session_succeed(struct trec_session *s)
{
	if (!eng_session_is_up(s))
		return TREC_E_STATE;
	if (s->symmetric != NULL)
		return TREC_OK; /* the own key is none that this peer knows */
	eng_session_errand(s, ENG_E_SUCCEED);
	return TREC_OK;
}

/* The last of this device's successions is the one from the key that this session began with. */
trec_err eng_job_succeed(struct trec_session *s)
{
	uint8_t *buf = base_alloc(s->env, BUNDLE_MAX);
	uint64_t sequence = 0;
	struct bundle b;
	size_t n = 0;
	trec_err err = buf == NULL ? TREC_E_NO_MEMORY
				   : trec_rotation_sequence(s->env, s->store, &sequence);

	if (err == TREC_OK && sequence > 0)
		err = eng_rotation_bundle(s->env, s->store, sequence - 1, buf, BUNDLE_MAX, &n);
	if (err == TREC_OK && n > 0)
		err = bundle_decode(trec_bytes(buf, n), &b);
	if (err == TREC_OK && n > 0)
		err = eng_session_send_later(s, FRAME_SUCCESSION, b.item[b.count - 1]);
	base_free(s->env, buf, BUNDLE_MAX);
	return err;
}

trec_err eng_on_succession(struct trec_session *s, struct trec_bytes body)
{
	if (s->symmetric != NULL)
		return TREC_E_MALFORMED;
	return eng_session_is_up(s) ? eng_session_hear(s, body) : TREC_OK;
}

trec_err eng_job_move(struct trec_session *s)
{
	struct trec_bytes link = trec_bytes(s->heard->bytes, s->heard->n);
	struct eng_succeeded out;
	trec_err err = eng_succession_take(s->env, s->store, &link, 1, &s->peer_id, &out);

	s->heard->from = out.old;
	s->heard->about = out.now;
	s->heard->introduced.refusal = out.refusal;
	return err;
}

void eng_moved(struct trec_session *s)
{
	enum trec_refusal why = s->heard->introduced.refusal;
	struct trec_id old = s->heard->from;
	struct trec_id now = s->heard->about;

	eng_session_heard(s);
	if (why == TREC_REFUSAL_NONE || why == TREC_REFUSAL_CONFLICT) {
		struct trec_session_event *e =
			eng_session_tell(s, why == TREC_REFUSAL_NONE ? TREC_SESSION_SUCCEEDED
								     : TREC_SESSION_SUSPENDED);
		if (e != NULL) {
			e->by = old;
			e->id = now;
			e->refusal = why;
		}
	}
	if (why != TREC_REFUSAL_NONE) {
		base_log(s->env, TREC_LEVEL_WARNING, "a succession was refused: %s",
			 trec_refusal_text(why));
		eng_session_fail(s, TREC_E_NOT_TRUSTED, "the peer's succession was refused");
		return;
	}
	/* The next session is under its new key. */
	if (s->chan != NULL)
		eng_session_send_reason(s, FRAME_CLOSE, MSG_CLOSE_DONE);
	if (!eng_session_ended(s))
		eng_session_to(s, s->chan != NULL ? ENG_S_ENDING : ENG_S_DONE);
}
