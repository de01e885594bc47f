/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a session with a peer that has no certificate does otherwise
 * (docs/PROTOCOL.md, Symmetric TRECs). s->symmetric is NULL in every other session.
 */
#ifndef TREC_ENGINE_SESSION_SYMMETRIC_H
#define TREC_ENGINE_SESSION_SYMMETRIC_H

#include "proto/engine/session.h"
#include "proto/pake/symmetric.h"

/* What the store has to do for a rekey. */
enum eng_rekey {
	ENG_REKEY_NONE,
	ENG_REKEY_ASK,   /* the user asked: whether this session's key is still one of the two */
	ENG_REKEY_STAGE, /* the peer asked: the next key beside the current one */
	ENG_REKEY_DIAL,  /* the peer has it: it may be dialled with */
	ENG_REKEY_ACK    /* the same, at the end that answered */
};

/* In the arena as a whole, from the moment a key is looked for to the end of the session. */
struct eng_symmetric {
	struct trec_id peer;
	bool found;                 /* server: the identity is that of a peer */
	bool initiator;             /* this device began the pairing that made the key */
	bool two;                   /* client: there is a current and a next key */
	bool by_next;               /* client: the one in use is the next */
	uint8_t key[REC_KEY_LEN];   /* the one in use */
	struct pake_keys keys;      /* made of it for this connection */
	uint8_t binding[CHAN_BINDING_LEN];
	uint8_t next[REC_KEY_LEN];  /* what a rekey in this channel leads to */
	enum eng_rekey rekey;
	bool asked;                 /* this side asked for a rekey */
	bool answered;              /* the peer did, and was answered */
	bool changed;               /* the errand did something */
	bool outlived;              /* the key of this session is no more */
};

/* The one place where its keys go. */
void eng_symmetric_drop(struct trec_session *s);

/* Client, before anything is sent: a session that comes only to revoke brings the key with it. */
TREC_MUST_USE trec_err eng_symmetric_revokes(struct trec_session *s, const uint8_t *key,
					     bool initiator);
/* Client, at the store: the key for the peer that is expected, where it has one. */
TREC_MUST_USE trec_err eng_symmetric_load(struct trec_session *s);
/* Client: the channel is one with that key, not the one with certificates. */
void eng_symmetric_dial(struct trec_session *s);

/* ENG_S_KEYS. Server: whose key is it? Client: one of two keys was refused, the other is next. */
TREC_MUST_USE trec_err eng_job_keys(struct trec_session *s);
void eng_keys_done(struct trec_session *s);

/* The handshake is done, or has failed. */
void eng_symmetric_up(struct trec_session *s);
void eng_symmetric_failed(struct trec_session *s, trec_err err);

/* hello, welcome or revoke with the proof that this side holds the key. */
void eng_symmetric_say(struct trec_session *s, uint8_t type);
/* The peer's. TREC_E_MALFORMED: it is none. */
TREC_MUST_USE trec_err eng_symmetric_check(const struct trec_session *s, uint8_t type,
					   struct trec_bytes body);

/*
 * At the store: a session under the next key makes it the current one; *changed: it did. Under a
 * key that is neither any more it is not to be trusted.
 */
TREC_MUST_USE trec_err eng_symmetric_settle(struct trec_session *s, bool *changed);

TREC_MUST_USE trec_err eng_on_rekey(struct trec_session *s, struct trec_bytes body);
TREC_MUST_USE trec_err eng_on_rekeyed(struct trec_session *s, struct trec_bytes body);
TREC_MUST_USE trec_err eng_job_rekey(struct trec_session *s);
void eng_job_rekey_done(struct trec_session *s);

#endif
