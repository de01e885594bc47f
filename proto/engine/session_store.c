/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a session looks up and commits on its way: whom a client may meet, who a
 * peer is, what a half pairing becomes, what a rejection or a revocation leaves. The first half
 * runs wherever the caller performs TREC_NEXT_STORE, the second goes on with the result.
 */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/ledger.h"
#include "proto/engine/session.h"

#define KNOWN_MAX 65536 /* peers a client without an expected one can choose from */

/* ---- jobs: any thread -------------------------------------------------------------------- */

/* The peer's records now: trusted says whether a session with it may be. */
static trec_err look_up(struct trec_session *s, const struct trec_id *id)
{
	struct rec_peer half;
	bool found = false;
	bool half_found = false;
	trec_err err = eng_peer_load(s->env, s->store, TREC_RECORD_PEER, id, &s->record, &found);

	s->trusted = err == TREC_OK && found &&
		     eng_peer_in_force(s->env, TREC_RECORD_PEER, &s->record);
	s->reason = found && s->record.state == REC_STATE_ACTIVE && !s->trusted
			    ? MSG_NOT_TRUSTED_EXPIRED
			    : MSG_NOT_TRUSTED_UNKNOWN;
	if (err == TREC_OK)
		err = eng_peer_load(s->env, s->store, TREC_RECORD_UNCONFIRMED, id, &half,
				    &half_found);
	/* A half whose trust has an end that has come is not completed; an older one goes on. */
	bool over = half_found && eng_peer_expired(s->env, &half);

	s->half = err == TREC_OK && half_found && !(over && s->trusted);
	if (s->half) {
		s->record = half;
		s->trusted = !over;
		s->reason = MSG_NOT_TRUSTED_EXPIRED;
	}
	trec_wipe(&half, sizeof(half));
	return err;
}

static int order(const void *a, const void *b)
{
	return memcmp(((const struct trec_id *)a)->b, ((const struct trec_id *)b)->b, TREC_ID_LEN);
}

/* Ids of one type into out, as many as fit; *n counts all. */
static trec_err list_ids(struct trec_session *s, trec_record type, struct trec_id *out, size_t cap,
			 size_t *n)
{
	struct trec_id at;
	bool found = true;
	trec_err err = s->store->ops->next(s->store, type, NULL, at.b, &found);

	while (err == TREC_OK && found && *n < KNOWN_MAX) {
		if (*n < cap)
			out[*n] = at;
		(*n)++;
		struct trec_id after = at;

		err = s->store->ops->next(s->store, type, after.b, at.b, &found);
	}
	return err;
}

static trec_err list_all(struct trec_session *s, struct trec_id *out, size_t cap, size_t *n)
{
	*n = 0;
	trec_err err = list_ids(s, TREC_RECORD_PEER, out, cap, n);

	return err != TREC_OK ? err : list_ids(s, TREC_RECORD_UNCONFIRMED, out, cap, n);
}

static trec_err job_load(struct trec_session *s)
{
	struct trec_id *ids;
	size_t n = 1;
	trec_err err = TREC_OK;

	if (!s->wants_peer)
		err = list_all(s, NULL, 0, &n);
	if (err != TREC_OK || n == 0)
		return err;
	ids = base_alloc(s->env, n * sizeof(*ids));
	if (ids == NULL)
		return TREC_E_NO_MEMORY;
	s->known = ids;
	s->known_count = n;
	if (s->wants_peer)
		ids[0] = s->expected;
	else
		err = list_all(s, ids, n, &n);
	if (err == TREC_OK && s->known_count > 1)
		qsort(ids, s->known_count, sizeof(*ids), order);
	if (err == TREC_OK && s->wants_peer && s->statement_len == 0)
		err = look_up(s, &s->expected);
	return err;
}

/*
 * The certificate on record was checked when it came. Another one for the same key, or of
 * somebody not on record, is checked now: a key that somebody else certified is no identity.
 */
static trec_err check_certificate(struct trec_session *s, struct trec_bytes on_record)
{
	struct trec_bytes shown = chan_peer_cert(s->chan);
	struct crypto_cert cert;
	trec_err err = trec_bytes_equal(shown, on_record) ? TREC_OK
							  : crypto_cert_parse(shown, &cert);

	s->forged = err == TREC_E_MALFORMED;
	return s->forged ? TREC_OK : err;
}

static trec_err job_judge(struct trec_session *s)
{
	bool stone = false;

	if (s->statement_len > 0) /* it comes to say that it parted: no record is left */
		return check_certificate(s, trec_bytes(NULL, 0));
	trec_err err = look_up(s, &s->peer_id);

	if (err == TREC_OK)
		err = check_certificate(s, trec_bytes(s->record.cert, s->record.cert_len));
	/* Beside a half pairing it is of an earlier trust. */
	if (err == TREC_OK && !s->trusted && !s->half)
		err = eng_tombstone_find(s->store, &s->peer_id, &stone);
	if (stone)
		s->reason = MSG_NOT_TRUSTED_REVOKED;
	return err;
}

/* The session is mutual now: a half pairing becomes whole, and the peer was seen. */
static trec_err job_settle(struct trec_session *s)
{
	uint64_t now = eng_wall_s(s->env);
	trec_err err = look_up(s, &s->peer_id); /* it may have changed since it was judged */

	if (err != TREC_OK || !s->trusted)
		return err;
	bool hint = s->role == TREC_SESSION_CLIENT && s->uri[0] != '\0' && !eng_session_has_hint(s);

	if (hint)
		(void)msg_hints_add(&s->record.hints, s->uri); /* a full list stays as it is */
	s->activated = s->half;
	if (s->half)
		return eng_peer_activate(s->env, s->store, &s->peer_id, &s->record, NULL);
	if (!hint && !s->record.forgotten && now < s->record.last_seen_s + ENG_SEEN_STEP_S)
		return TREC_OK;
	s->record.forgotten = false;
	if (now != 0)
		s->record.last_seen_s = now;
	return eng_peer_store(s->store, TREC_RECORD_PEER, &s->peer_id, &s->record);
}

/* The server does not know this device, or parted from it. */
static trec_err job_rejected(struct trec_session *s)
{
	trec_err err = look_up(s, &s->peer_id);
	bool found = false;

	if (err == TREC_OK && s->half)
		err = eng_peer_remove(s->store, TREC_RECORD_UNCONFIRMED, &s->peer_id);
	if (err == TREC_OK)
		err = eng_peer_load(s->env, s->store, TREC_RECORD_PEER, &s->peer_id, &s->record,
				    &found);
	if (err != TREC_OK || !found || s->record.state != REC_STATE_ACTIVE)
		return err;
	if (s->rejection == MSG_NOT_TRUSTED_REVOKED)
		s->record.state = REC_STATE_DISSOLVED_BY_PEER;
	else if (s->rejection != MSG_NOT_TRUSTED_UNKNOWN || s->record.forgotten)
		return TREC_OK;
	s->record.forgotten = true;
	return eng_peer_store(s->store, TREC_RECORD_PEER, &s->peer_id, &s->record);
}

static trec_err job_parting(struct trec_session *s)
{
	return eng_peer_forget(s->env, s->store, &s->peer_id);
}

/* An open session rests on the record in force; what a half pairing promises comes later. */
static trec_err job_reload(struct trec_session *s)
{
	bool found = false;
	trec_err err = eng_peer_load(s->env, s->store, TREC_RECORD_PEER, &s->peer_id, &s->record,
				     &found);

	s->trusted = err == TREC_OK && found &&
		     eng_peer_in_force(s->env, TREC_RECORD_PEER, &s->record);
	return err;
}

void eng_session_job(struct trec_session *s)
{
	switch (s->state) {
	case ENG_S_LOADING:
		s->job_err = job_load(s);
		break;
	case ENG_S_JUDGING:
		s->job_err = job_judge(s);
		break;
	case ENG_S_SETTLING:
		s->job_err = job_settle(s);
		break;
	case ENG_S_REJECTED:
		s->job_err = job_rejected(s);
		break;
	case ENG_S_PARTING:
		s->job_err = job_parting(s);
		break;
	default: /* trec_session_notify */
		s->job_err = job_reload(s);
		break;
	}
}

/* ---- results: the owner's thread --------------------------------------------------------- */

static void loaded(struct trec_session *s)
{
	if (s->wants_peer && s->statement_len == 0 && !s->trusted)
		eng_session_fail(s, TREC_E_NOT_TRUSTED,
				 "the peer is not active in this device's list");
	else if (s->known_count == 0)
		eng_session_fail(s, TREC_E_NO_PEER, "no peer is known yet");
	else
		eng_session_to(s, ENG_S_HANDSHAKE);
	s->trusted = false; /* nobody proved anything yet */
}

static void judged(struct trec_session *s)
{
	if (s->forged) {
		eng_session_fail(s, TREC_E_WRONG_CERTIFICATE,
				 "the peer's certificate is not one of this protocol");
	} else if (s->statement_len > 0) {
		eng_session_to(s, ENG_S_AWAIT_TOLD);
		eng_session_send(s, FRAME_REVOKE, trec_bytes(s->statement, s->statement_len));
	} else if (s->trusted && s->role == TREC_SESSION_SERVER) {
		eng_session_to(s, ENG_S_AWAIT_HELLO);
	} else if (s->trusted) {
		eng_session_to(s, ENG_S_AWAIT_WELCOME);
		eng_session_send_empty(s, FRAME_HELLO);
		if (s->stream == ENG_STREAM_WANTED)
			eng_session_send_open(s);
		if (s->finished)
			eng_session_send_empty(s, FRAME_EOF);
	} else if (s->role == TREC_SESSION_SERVER) {
		eng_session_to(s, ENG_S_STRANGER);
		eng_session_send_reason(s, FRAME_NOT_TRUSTED, s->reason);
	} else {
		eng_session_fail(s, TREC_E_WRONG_CERTIFICATE, "the server is no trusted peer");
	}
}

static void settled(struct trec_session *s)
{
	if (!s->trusted) {
		eng_session_fail(s, TREC_E_NOT_TRUSTED, "the trust ended during the set-up");
		return;
	}
	s->half = false;
	eng_peer_public(s->env, TREC_RECORD_PEER, &s->peer_id, &s->record, &s->peer);
	if (s->role == TREC_SESSION_SERVER)
		eng_session_send_empty(s, FRAME_WELCOME);
	eng_session_to(s, s->role == TREC_SESSION_SERVER ? ENG_S_SERVING : ENG_S_USING);
	eng_session_now_up(s);
}

static void rejected(struct trec_session *s)
{
	static const char *const detail[] = {
		[MSG_NOT_TRUSTED_UNKNOWN] = "the peer does not know this device any more",
		[MSG_NOT_TRUSTED_REVOKED] = "the peer has dissolved the trust",
		[MSG_NOT_TRUSTED_EXPIRED] = "the peer's trust in this device has expired",
	};
	bool known = s->rejection < BASE_COUNT(detail) && detail[s->rejection] != NULL;

	s->trusted = false;
	eng_session_fail(s, TREC_E_NOT_TRUSTED, known ? detail[s->rejection] : "");
}

static void parted(struct trec_session *s)
{
	/* Who it was, also where it came only to say so. */
	eng_peer_public(s->env, TREC_RECORD_PEER, &s->peer_id, &s->record, &s->peer);
	s->up = true;
	s->trusted = false;
	eng_session_event(s, TREC_SESSION_REVOKED, 0, NULL);
	if (s->chan != NULL)
		eng_session_send_reason(s, FRAME_CLOSE, MSG_CLOSE_DISSOLVED);
	if (!eng_session_ended(s))
		eng_session_to(s, s->chan != NULL ? ENG_S_ENDING : ENG_S_DONE);
}

static void reloaded(struct trec_session *s)
{
	s->reload = false;
	if (!s->trusted) {
		eng_session_fail(s, TREC_E_NOT_TRUSTED, "the trust has ended");
		return;
	}
	eng_peer_public(s->env, TREC_RECORD_PEER, &s->peer_id, &s->record, &s->peer);
	if (s->role == TREC_SESSION_SERVER &&
	    (s->stream == ENG_STREAM_OPEN || s->stream == ENG_STREAM_ASKED) &&
	    !eng_session_may(s, s->service))
		eng_session_fail(s, TREC_E_NOT_TRUSTED, "the right to the service was taken away");
}

void eng_session_job_done(struct trec_session *s)
{
	switch (s->state) {
	case ENG_S_LOADING:
		loaded(s);
		break;
	case ENG_S_JUDGING:
		judged(s);
		break;
	case ENG_S_SETTLING:
		settled(s);
		break;
	case ENG_S_REJECTED:
		rejected(s);
		break;
	case ENG_S_PARTING:
		parted(s);
		break;
	default:
		reloaded(s);
		break;
	}
}

/* ---- rights and time --------------------------------------------------------------------- */

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
