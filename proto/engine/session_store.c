/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a session looks up and commits on its way: whom a client may meet, who a
 * peer is, what a half pairing becomes, what a rejection or a revocation leaves. The first half
 * runs wherever the caller performs TREC_NEXT_STORE, the second goes on with the result.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/introduction.h"
#include "proto/engine/keys.h"
#include "proto/engine/ledger.h"
#include "proto/engine/recognition.h"
#include "proto/engine/session_symmetric.h"

#define KNOWN_MAX 65536 /* peers a client without an expected one can choose from */

/* ---- jobs: any thread -------------------------------------------------------------------- */

/* Whether one that is only introduced may be met. */
static trec_err look_up_introduced(struct trec_session *s, const struct trec_id *id)
{
	enum trec_refusal why = TREC_REFUSAL_NONE;
	trec_err err = eng_intro_check(s->env, s->store, id, &s->record, &why);

	s->introduced = err == TREC_OK && why == TREC_REFUSAL_NONE;
	s->trusted = s->introduced;
	return err;
}

trec_err eng_session_look_up(struct trec_session *s, const struct trec_id *id)
{
	struct rec_peer half;
	bool found = false;
	bool half_found = false;
	trec_err err = eng_peer_load(s->env, s->store, TREC_RECORD_PEER, id, &s->record, &found);

	s->introduced = false;
	s->trusted = err == TREC_OK && found &&
		     eng_peer_in_force(s->env, TREC_RECORD_PEER, &s->record);
	if (err == TREC_OK && found && s->record.state == REC_STATE_INTRODUCED)
		err = look_up_introduced(s, id);
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
		s->introduced = false;
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
	if (err == TREC_OK && s->wants_peer && !s->only_revokes)
		err = eng_session_look_up(s, &s->expected);
	return err == TREC_OK ? eng_symmetric_load(s) : err;
}

/*
 * The certificate on record was checked when it came. Another one for the same key, or of
 * somebody not on record, is checked now: a key that somebody else certified is no identity.
 */
static trec_err check_certificate(struct trec_session *s, struct trec_bytes on_record)
{
	struct trec_bytes shown = chan_peer_cert(s->chan);
	struct crypto_cert cert;

	if (s->symmetric != NULL)
		return TREC_OK; /* there is none: the channel proved the key */
	trec_err err = trec_bytes_equal(shown, on_record) ? TREC_OK
							  : crypto_cert_parse(shown, &cert);

	s->forged = err == TREC_E_MALFORMED;
	return s->forged ? TREC_OK : err;
}

static trec_err job_judge(struct trec_session *s)
{
	bool stone = false;

	if (s->only_revokes) /* it comes to say that it parted: no record is left */
		return check_certificate(s, trec_bytes(NULL, 0));
	trec_err err = eng_session_look_up(s, &s->peer_id);

	if (err == TREC_OK)
		err = check_certificate(s, trec_bytes(s->record.cert, s->record.cert_len));
	/* Beside a half pairing it is of an earlier trust. */
	if (err == TREC_OK && !s->trusted && !s->half)
		err = eng_tombstone_find(s->store, &s->peer_id, &stone);
	if (stone)
		s->reason = MSG_NOT_TRUSTED_REVOKED;
	if (err == TREC_OK && s->trusted && s->role == TREC_SESSION_CLIENT && !s->forged)
		err = eng_load_words(s);
	return err;
}

/* Brings the record up to date, if there is something to say; true: it is to be written. */
static bool freshen(struct trec_session *s)
{
	uint64_t now = eng_wall_s(s->env);
	bool changed = s->record.forgotten || now >= s->record.last_seen_s + ENG_SEEN_STEP_S;

	if (s->role == TREC_SESSION_CLIENT && s->uri[0] != '\0' && !eng_session_has_hint(s)) {
		(void)msg_hints_add(&s->record.hints, s->uri); /* a full list stays as it is */
		changed = true;
	}
	/* A server's welcome comes behind the succession, a client has checked this key itself. */
	if (s->sequence > s->record.told) {
		s->record.told = s->sequence;
		changed = true;
	}
	if (!changed)
		return false;
	s->record.forgotten = false;
	if (now != 0)
		s->record.last_seen_s = now;
	return true;
}

/* An introduction that a session confirms holds from now on, if it still may. */
static trec_err settle_introduced(struct trec_session *s)
{
	enum trec_refusal why = TREC_REFUSAL_NONE;
	trec_err err = eng_intro_activate(s->env, s->store, &s->peer_id, &s->record, &why);

	s->activated = err == TREC_OK && why == TREC_REFUSAL_NONE;
	s->trusted = s->activated;
	if (err == TREC_OK && !s->activated)
		base_log(s->env, TREC_LEVEL_WARNING, "introduction refused: %s",
			 trec_refusal_text(why));
	return err;
}

/* The session is mutual now: what was half becomes whole, and the peer was seen. */
static trec_err job_settle(struct trec_session *s)
{
	trec_err err = eng_session_look_up(s, &s->peer_id); /* it may have changed meanwhile */

	if (err != TREC_OK || !s->trusted)
		return err;
	bool changed = freshen(s);

	if (s->symmetric != NULL)
		err = eng_symmetric_settle(s, &changed);
	if (err != TREC_OK || !s->trusted)
		return err;
	if (s->half) {
		s->activated = true;
		err = eng_peer_activate(s->env, s->store, &s->peer_id, &s->record, NULL);
	} else if (s->introduced) {
		err = settle_introduced(s);
	} else if (changed) {
		err = eng_peer_store(s->store, TREC_RECORD_PEER, &s->peer_id, &s->record);
	}
	eng_keys_strip(&s->record);
	if (err == TREC_OK && s->trusted)
		err = eng_load_notices(s);
	return err == TREC_OK && s->trusted ? eng_load_recognition(s) : err;
}

/* The server does not know this device, or parted from it. */
static trec_err job_rejected(struct trec_session *s)
{
	trec_err err = eng_session_look_up(s, &s->peer_id);
	bool found = false;

	if (s->symmetric != NULL) /* who has parted has no key to say so with */
		return err;

	if (err == TREC_OK && s->half)
		err = eng_peer_remove(s->store, TREC_RECORD_UNCONFIRMED, &s->peer_id);
	if (err == TREC_OK)
		err = eng_peer_load(s->env, s->store, TREC_RECORD_PEER, &s->peer_id, &s->record,
				    &found);
	if (err != TREC_OK || !found)
		return err;
	/* Who was only introduced is tried again until that expires. */
	if (s->record.state == REC_STATE_INTRODUCED)
		return s->rejection == MSG_NOT_TRUSTED_REVOKED
			       ? eng_peer_forget(s->env, s->store, &s->peer_id)
			       : TREC_OK;
	if (s->record.state != REC_STATE_ACTIVE)
		return TREC_OK;
	if (s->rejection == MSG_NOT_TRUSTED_REVOKED) {
		s->record.state = REC_STATE_DISSOLVED_BY_PEER;
		s->record.forgotten = true;
		return eng_recognition_end_with(s->env, s->store, &s->peer_id, &s->record);
	}
	if (s->rejection != MSG_NOT_TRUSTED_UNKNOWN || s->record.forgotten)
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

/* What an open session wants of the store, one thing after the other. */
static trec_err run_errand(struct trec_session *s)
{
	static trec_err (*const run[ENG_E_COUNT])(struct trec_session *s) = {
		[ENG_E_RELOAD] = job_reload,	   [ENG_E_ASK] = eng_job_ask,
		[ENG_E_DELIVER] = eng_job_deliver, [ENG_E_ALLOWED] = eng_job_allowed,
		[ENG_E_TAKE] = eng_job_take,	   [ENG_E_NOTICE] = eng_job_notice,
		[ENG_E_NOTED] = eng_job_noted,	   [ENG_E_SUCCEED] = eng_job_succeed,
		[ENG_E_REKEY] = eng_job_rekey,	   [ENG_E_RECOGNISE] = eng_job_recognise,
		[ENG_E_RECOGNISED] = eng_job_recognised,
	};

	s->errand = ENG_E_RELOAD;
	while ((s->errands & 1u << s->errand) == 0)
		s->errand++;
	return run[s->errand](s);
}

void eng_session_job(struct trec_session *s)
{
	switch (s->state) {
	case ENG_S_LOADING:
		s->job_err = job_load(s);
		break;
	case ENG_S_KEYS:
		s->job_err = eng_job_keys(s);
		break;
	case ENG_S_JUDGING:
		s->job_err = job_judge(s);
		break;
	case ENG_S_VOUCHING:
		s->job_err = eng_job_vouch(s);
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
	case ENG_S_MOVING:
		s->job_err = eng_job_move(s);
		break;
	default:
		s->job_err = run_errand(s);
		break;
	}
}

/* ---- results: the owner's thread --------------------------------------------------------- */

static void loaded(struct trec_session *s)
{
	if (s->wants_peer && !s->only_revokes && !s->trusted)
		eng_session_fail(s, TREC_E_NOT_TRUSTED,
				 "the peer is not active in this device's list");
	else if (s->known_count == 0)
		eng_session_fail(s, TREC_E_NO_PEER, "no peer is known yet");
	else
		eng_session_to(s, ENG_S_HANDSHAKE);
	if (s->symmetric != NULL && s->state == ENG_S_HANDSHAKE)
		eng_symmetric_dial(s);
	s->trusted = false; /* nobody proved anything yet */
}

/* What a client says before all else. */
static void say_words(struct trec_session *s, uint8_t type)
{
	struct trec_bytes words =
		trec_bytes(s->words.p + s->words.from, eng_buffer_used(&s->words));

	if (words.n > 0)
		eng_session_send(s, type, words);
	eng_buffer_drop(s, &s->words);
}

static void judged(struct trec_session *s)
{
	if (s->forged) {
		eng_session_fail(s, TREC_E_WRONG_CERTIFICATE,
				 "the peer's certificate is not one of this protocol");
	} else if (s->only_revokes) {
		eng_session_to(s, ENG_S_AWAIT_TOLD);
		if (s->symmetric != NULL)
			eng_symmetric_say(s, FRAME_REVOKE);
		else
			say_words(s, FRAME_REVOKE);
	} else if (s->trusted && s->role == TREC_SESSION_SERVER) {
		eng_session_to(s, ENG_S_AWAIT_HELLO);
	} else if (s->trusted) {
		eng_session_to(s, ENG_S_AWAIT_WELCOME);
		say_words(s, FRAME_PRESENT);
		eng_session_greet(s, FRAME_HELLO);
		if (s->symmetric == NULL)
			eng_session_send_wanted(s);
	} else if (s->role == TREC_SESSION_SERVER) {
		eng_session_to(s, ENG_S_STRANGER);
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
	s->introduced = false;
	eng_peer_public(s->env, TREC_RECORD_PEER, &s->peer_id, &s->record, &s->peer);
	if (s->role == TREC_SESSION_SERVER)
		eng_session_greet(s, FRAME_WELCOME);
	else if (s->symmetric != NULL)
		eng_session_send_wanted(s);
	eng_session_to(s, s->role == TREC_SESSION_SERVER ? ENG_S_SERVING : ENG_S_USING);
	eng_session_now_up(s);
	eng_session_pump(s);
}

static void rejected(struct trec_session *s)
{
	static const char *const detail[] = {
		[MSG_NOT_TRUSTED_UNKNOWN] = "the peer does not know this device any more",
		[MSG_NOT_TRUSTED_REVOKED] = "the peer has dissolved the trust",
		[MSG_NOT_TRUSTED_EXPIRED] = "the peer's trust in this device has expired",
		[MSG_NOT_TRUSTED_PENDING] = "the peer's user was asked; try again later",
	};
	bool known = s->rejection < BASE_COUNT(detail) && detail[s->rejection] != NULL;

	const char *text = known ? detail[s->rejection] : "";

	if (s->introduced && s->rejection == MSG_NOT_TRUSTED_UNKNOWN)
		text = "the peer was not introduced to this device yet";
	s->trusted = false;
	eng_session_fail(s, TREC_E_NOT_TRUSTED, text);
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

static void nothing_more(struct trec_session *s)
{
	eng_session_pump(s);
}

static void errand_done(struct trec_session *s)
{
	static void (*const done[ENG_E_COUNT])(struct trec_session *s) = {
		[ENG_E_RELOAD] = reloaded,
		[ENG_E_ASK] = eng_job_ask_done,
		[ENG_E_DELIVER] = eng_job_deliver_done,
		[ENG_E_ALLOWED] = eng_job_allowed_done,
		[ENG_E_TAKE] = eng_job_take_done,
		[ENG_E_NOTICE] = eng_job_notice_done,
		[ENG_E_NOTED] = nothing_more,
		[ENG_E_SUCCEED] = nothing_more,
		[ENG_E_REKEY] = eng_job_rekey_done,
		[ENG_E_RECOGNISE] = eng_job_recognise_done,
		[ENG_E_RECOGNISED] = nothing_more,
	};

	s->errands &= ~(1u << s->errand);
	done[s->errand](s);
}

void eng_session_job_done(struct trec_session *s)
{
	switch (s->state) {
	case ENG_S_LOADING:
		loaded(s);
		break;
	case ENG_S_KEYS:
		eng_keys_done(s);
		break;
	case ENG_S_JUDGING:
		judged(s);
		break;
	case ENG_S_VOUCHING:
		eng_vouched(s);
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
	case ENG_S_MOVING:
		eng_moved(s);
		break;
	default:
		errand_done(s);
		break;
	}
}
