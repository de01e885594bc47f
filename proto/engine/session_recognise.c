/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: in a session that is up each side tells the other by what it recognises its
 * beacons, unless the other has said before that it knows (docs/PROTOCOL.md, Recognition). Once in
 * a session each: what a peer can make this device write is one commit.
 */
#include <string.h>

#include "proto/engine/recognition.h"
#include "proto/engine/session.h"

trec_err eng_load_recognition(struct trec_session *s)
{
	struct rec_recognition own;
	struct msg_recognise m;
	uint8_t body[32];
	bool tell = false;
	size_t n = 0;
	trec_err err = eng_recognition_tell(s->env, s->store, &s->peer_id, &own, &tell);

	if (err == TREC_OK && tell) {
		memcpy(m.key, own.key, sizeof(m.key));
		memcpy(s->told_mark, own.mark, sizeof(s->told_mark));
		err = msg_recognise_encode(&m, body, sizeof(body), &n);
		if (err == TREC_OK)
			err = eng_session_send_later(s, FRAME_RECOGNISE, trec_bytes(body, n));
		s->telling = err == TREC_OK;
	}
	trec_wipe(&own, sizeof(own));
	trec_wipe(&m, sizeof(m));
	trec_wipe(body, sizeof(body));
	return err;
}

trec_err eng_on_recognise(struct trec_session *s, struct trec_bytes body)
{
	struct msg_recognise m;
	trec_err err = msg_recognise_decode(body, &m);

	trec_wipe(&m, sizeof(m));
	if (err != TREC_OK || !eng_session_is_up(s))
		return err;
	if (s->was_told)
		return TREC_E_MALFORMED;
	s->was_told = true;
	err = eng_session_hear(s, body);
	if (err == TREC_OK)
		eng_session_errand(s, ENG_E_RECOGNISE);
	return err;
}

trec_err eng_job_recognise(struct trec_session *s)
{
	struct msg_recognise m;
	trec_err err = msg_recognise_decode(trec_bytes(s->heard->bytes, s->heard->n), &m);

	if (err == TREC_OK)
		err = eng_recognition_take(s->env, s->store, &s->peer_id, m.key,
					   &s->heard->introduced.accepted);
	trec_wipe(&m, sizeof(m));
	return err;
}

void eng_job_recognise_done(struct trec_session *s)
{
	if (s->heard->introduced.accepted)
		eng_session_send_empty(s, FRAME_RECOGNISED);
	eng_session_heard(s);
}

trec_err eng_on_recognised(struct trec_session *s, struct trec_bytes body)
{
	trec_err err = msg_empty_decode(body);

	if (err != TREC_OK || !eng_session_is_up(s))
		return err;
	if (!s->telling)
		return TREC_E_MALFORMED;
	s->telling = false;
	eng_session_errand(s, ENG_E_RECOGNISED);
	return TREC_OK;
}

trec_err eng_job_recognised(struct trec_session *s)
{
	return eng_recognition_told(s->env, s->store, &s->peer_id, s->told_mark);
}
