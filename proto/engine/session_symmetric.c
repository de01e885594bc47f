/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See session_symmetric.h. */
#include "proto/engine/session_symmetric.h"

#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/keys.h"
#include "proto/engine/ledger.h"

#define LABEL_NEXT "EXPORTER-trec-symmetric-next"

/* ---- keys -------------------------------------------------------------------------------- */

void eng_symmetric_drop(struct trec_session *s)
{
	base_secret_free(s->symmetric, sizeof(*s->symmetric));
	s->symmetric = NULL;
}

static trec_err take(struct trec_session *s)
{
	s->symmetric = base_secret_alloc(sizeof(*s->symmetric));
	return s->symmetric != NULL ? TREC_OK : TREC_E_NO_MEMORY;
}

trec_err eng_symmetric_revokes(struct trec_session *s, const uint8_t *key, bool initiator)
{
	trec_err err = take(s);

	if (err == TREC_OK) {
		memcpy(s->symmetric->key, key, REC_KEY_LEN);
		s->symmetric->initiator = initiator;
	}
	return err;
}

/* The key to dial with: the next one as soon as the peer is known to have it. */
static trec_err load_key(struct trec_session *s)
{
	struct rec_symmetric keys;
	trec_err err = eng_keys_load(s->store, &s->expected, &keys);

	if (err == TREC_OK)
		err = take(s);
	if (err == TREC_OK) {
		s->symmetric->initiator = keys.initiator;
		s->symmetric->two = keys.count == 2;
		s->symmetric->by_next = keys.dial_next;
		memcpy(s->symmetric->key, keys.key[keys.dial_next ? 1 : 0], REC_KEY_LEN);
	}
	trec_wipe(&keys, sizeof(keys));
	return err;
}

trec_err eng_symmetric_load(struct trec_session *s)
{
	uint8_t token[PAKE_SYMMETRIC_TOKEN_LEN];
	trec_err err = TREC_OK;

	if (s->symmetric == NULL && s->record.symmetric.count > 0 && s->trusted)
		err = load_key(s);
	if (err != TREC_OK || s->symmetric == NULL)
		return err;
	s->symmetric->peer = s->expected;
	err = pake_symmetric_token(s->env, s->symmetric->key, token);
	if (err == TREC_OK)
		err = pake_symmetric_keys(s->symmetric->key, s->symmetric->initiator, token,
					  &s->symmetric->keys);
	return err;
}

void eng_symmetric_dial(struct trec_session *s)
{
	struct eng_symmetric *y = s->symmetric;
	struct chan_psk conf = { .role = CHAN_CLIENT,
				 .psk = trec_bytes(y->keys.ipsk, sizeof(y->keys.ipsk)),
				 .identity = y->keys.identity,
				 .session = true };

	chan_free(&s->chan); /* nothing of it has left */
	trec_err err = chan_new_psk(s->env, &conf, &s->chan);

	trec_wipe(y->keys.ipsk, sizeof(y->keys.ipsk));
	if (err != TREC_OK)
		eng_session_fail(s, err, "");
}

/* ---- ENG_S_KEYS -------------------------------------------------------------------------- */

static trec_err find_key(struct trec_session *s)
{
	uint8_t token[PAKE_SYMMETRIC_TOKEN_LEN];
	trec_err err = take(s);

	if (err != TREC_OK || !pake_symmetric_read(chan_psk_wanted(s->chan), token))
		return err;
	struct eng_symmetric *y = s->symmetric;

	err = eng_keys_find(s->env, s->store, token, &y->peer, y->key, &y->initiator, &y->found);
	if (err == TREC_OK && y->found)
		err = pake_symmetric_keys(y->key, !y->initiator, token, &y->keys);
	return err;
}

/* Whatever was lost in a rekey, the peer holds one of the two: take turns. */
static trec_err take_turns(struct trec_session *s)
{
	struct rec_symmetric keys;
	trec_err err = eng_keys_load(s->store, &s->expected, &keys);

	if (err == TREC_OK && keys.count == 2 && keys.dial_next == s->symmetric->by_next) {
		keys.dial_next = !keys.dial_next;
		err = eng_keys_store(s->env, s->store, &s->expected, &keys);
	}
	trec_wipe(&keys, sizeof(keys));
	return err == TREC_E_NO_PEER ? TREC_OK : err;
}

trec_err eng_job_keys(struct trec_session *s)
{
	return s->role == TREC_SESSION_SERVER ? find_key(s) : take_turns(s);
}

void eng_keys_done(struct trec_session *s)
{
	struct eng_symmetric *y = s->symmetric;

	if (s->role == TREC_SESSION_CLIENT) {
		eng_session_fail(s, TREC_E_REFUSED,
				 "the peer did not take one of two keys; the other one is next");
		return;
	}
	if (s->chan == NULL) {
		eng_session_fail(s, TREC_E_LOST, "");
		return;
	}
	eng_session_to(s, ENG_S_HANDSHAKE);
	trec_err err = chan_psk_give(s->chan, y->found ? y->keys.ipsk : NULL);

	trec_wipe(y->keys.ipsk, sizeof(y->keys.ipsk));
	if (err != TREC_OK)
		eng_symmetric_failed(s, err);
}

/* ---- the handshake ----------------------------------------------------------------------- */

/* All that is ever exported is taken here, so the channel can forget how. */
void eng_symmetric_up(struct trec_session *s)
{
	struct eng_symmetric *y = s->symmetric;
	trec_err err = chan_binding(s->chan, y->binding);

	if (err == TREC_OK)
		err = chan_export(s->chan, LABEL_NEXT, y->next, sizeof(y->next));
	chan_export_end(s->chan);
	s->peer_id = y->peer;
	if (err != TREC_OK)
		eng_session_fail(s, err, "");
	else
		eng_session_to(s, ENG_S_JUDGING);
}

void eng_symmetric_failed(struct trec_session *s, trec_err err)
{
	bool wrong = err == TREC_E_REFUSED || err == TREC_E_MALFORMED;

	if (!wrong)
		eng_session_fail(s, err, "");
	else if (s->role == TREC_SESSION_SERVER)
		eng_session_fail(s, TREC_E_NOT_TRUSTED,
				 "the other side does not hold the key of a peer");
	else if (s->symmetric->two)
		eng_session_to(s, ENG_S_KEYS);
	else
		eng_session_fail(s, TREC_E_REFUSED,
				 "the other side does not hold the key shared with this peer: it "
				 "parted from this device, or is another one");
}

/* ---- proofs ------------------------------------------------------------------------------ */

/* HMAC(K_cc, "s0" or "s1" || role || tls-exporter). */
static trec_err proof(const struct trec_session *s, uint8_t type, enum trec_session_role role,
		      uint8_t out[MSG_HASH_LEN])
{
	const struct eng_symmetric *y = s->symmetric;
	uint8_t letter = role == TREC_SESSION_CLIENT ? 'C' : 'S';
	struct trec_bytes parts[] = { trec_bytes(type == FRAME_REVOKE ? "s1" : "s0", 2),
				      trec_bytes(&letter, 1),
				      trec_bytes(y->binding, sizeof(y->binding)) };

	return crypto_hmac(trec_bytes(y->keys.k_cc, sizeof(y->keys.k_cc)), parts, BASE_COUNT(parts),
			   out);
}

void eng_symmetric_say(struct trec_session *s, uint8_t type)
{
	struct msg_mac m;
	uint8_t body[FRAME_CONTROL_MAX];
	size_t n = 0;
	trec_err err = proof(s, type, s->role, m.mac);

	if (err == TREC_OK)
		err = msg_mac_encode(&m, body, sizeof(body), &n);
	if (err == TREC_OK)
		eng_session_send(s, type, trec_bytes(body, n));
	else
		eng_session_fail(s, err, "");
}

trec_err eng_symmetric_check(const struct trec_session *s, uint8_t type, struct trec_bytes body)
{
	bool client = s->role == TREC_SESSION_CLIENT;
	uint8_t want[MSG_HASH_LEN];
	struct msg_mac m;
	trec_err err = msg_mac_decode(body, &m);

	if (err == TREC_OK)
		err = proof(s, type, client ? TREC_SESSION_SERVER : TREC_SESSION_CLIENT, want);
	if (err != TREC_OK)
		return err;
	return base_equal_ct(m.mac, want, sizeof(want)) ? TREC_OK : TREC_E_MALFORMED;
}

/* ---- rekey ------------------------------------------------------------------------------- */

trec_err eng_symmetric_settle(struct trec_session *s, bool *changed)
{
	struct rec_symmetric *keys = &s->record.symmetric;
	trec_err err = eng_keys_load(s->store, &s->peer_id, keys);

	if (err != TREC_OK)
		return err;
	if (keys->count == 2 && base_equal_ct(keys->key[1], s->symmetric->key, REC_KEY_LEN)) {
		memcpy(keys->key[0], keys->key[1], REC_KEY_LEN);
		trec_wipe(keys->key[1], REC_KEY_LEN);
		keys->count = 1;
		keys->dial_next = false;
		*changed = true;
	} else if (!base_equal_ct(keys->key[0], s->symmetric->key, REC_KEY_LEN)) {
		s->trusted = false; /* another session has used the next one meanwhile */
		eng_keys_strip(&s->record);
	}
	return TREC_OK;
}

static void begin(struct trec_session *s, enum eng_rekey what)
{
	s->symmetric->rekey = what;
	eng_session_errand(s, ENG_E_REKEY);
}

trec_err trec_session_rekey(struct trec_session *s)
{
	if (s->symmetric == NULL)
		return TREC_E_UNSUPPORTED;
	if (!eng_session_is_up(s) || s->symmetric->asked || s->symmetric->rekey != ENG_REKEY_NONE)
		return TREC_E_STATE;
	s->symmetric->asked = true;
	begin(s, ENG_REKEY_ASK);
	return TREC_OK;
}

trec_err eng_on_rekey(struct trec_session *s, struct trec_bytes body)
{
	trec_err err = msg_empty_decode(body);

	if (err != TREC_OK || !eng_session_is_up(s))
		return err;
	if (s->symmetric == NULL)
		return TREC_E_MALFORMED;
	begin(s, ENG_REKEY_STAGE);
	return TREC_OK;
}

trec_err eng_on_rekeyed(struct trec_session *s, struct trec_bytes body)
{
	trec_err err = msg_empty_decode(body);

	if (err != TREC_OK || !eng_session_is_up(s))
		return err;
	if (s->symmetric == NULL || (!s->symmetric->asked && !s->symmetric->answered))
		return TREC_E_MALFORMED;
	begin(s, s->symmetric->asked ? ENG_REKEY_DIAL : ENG_REKEY_ACK);
	return TREC_OK;
}

/*
 * Who has used a next key by now asks for no other over a session that still rests on the one
 * before: the peer may hold that next as its only way here, and would replace it.
 */
static bool is_outlived(const struct eng_symmetric *y, const struct rec_symmetric *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		if (base_equal_ct(keys->key[i], y->key, REC_KEY_LEN))
			return false;
	return true;
}

/* The keys as they shall be; false: they are so already. */
static bool rekey(const struct eng_symmetric *y, struct rec_symmetric *keys)
{
	bool dial = y->rekey != ENG_REKEY_STAGE;

	if (base_equal_ct(keys->key[0], y->next, REC_KEY_LEN))
		return false; /* another session has used it by now */
	if (keys->count == 2 && base_equal_ct(keys->key[1], y->next, REC_KEY_LEN)) {
		if (keys->dial_next || !dial)
			return false;
	} else if (y->rekey == ENG_REKEY_ACK) {
		return false; /* replaced by a later one */
	}
	memcpy(keys->key[1], y->next, REC_KEY_LEN);
	keys->count = 2;
	keys->dial_next = dial;
	return true;
}

trec_err eng_job_rekey(struct trec_session *s)
{
	struct rec_symmetric keys;
	trec_err err = eng_keys_load(s->store, &s->peer_id, &keys);

	if (s->symmetric->rekey == ENG_REKEY_ASK)
		s->symmetric->outlived = err == TREC_OK && is_outlived(s->symmetric, &keys);
	else
		s->symmetric->changed = err == TREC_OK && rekey(s->symmetric, &keys);
	if (s->symmetric->rekey != ENG_REKEY_ASK && s->symmetric->changed)
		err = eng_keys_store(s->env, s->store, &s->peer_id, &keys);
	trec_wipe(&keys, sizeof(keys));
	return err;
}

static void ask(struct trec_session *s)
{
	s->symmetric->rekey = ENG_REKEY_NONE;
	if (s->symmetric->outlived)
		eng_session_fail(s, TREC_E_NOT_TRUSTED, "the key of this session was replaced");
	else
		eng_session_send_empty(s, FRAME_REKEY);
}

/* Each word leaves when what it says is on disk. */
void eng_job_rekey_done(struct trec_session *s)
{
	struct eng_symmetric *y = s->symmetric;
	bool ack = y->rekey == ENG_REKEY_ACK;

	if (y->rekey == ENG_REKEY_ASK) {
		ask(s);
		return;
	}

	if (!ack)
		eng_session_send_empty(s, FRAME_REKEYED);
	if (y->rekey == ENG_REKEY_STAGE)
		y->answered = true;
	else if (!ack)
		y->asked = false;
	else
		y->answered = false;
	if (y->rekey == ENG_REKEY_DIAL || (ack && y->changed))
		eng_session_event(s, TREC_SESSION_REKEYED, 0, NULL);
	y->rekey = ENG_REKEY_NONE;
}
