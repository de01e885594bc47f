/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the inside of a pairing run, shared by the files that make it up:
 * pairing.c moves bytes and time, pairing_fsm.c holds all legal moves, pairing_before.c and
 * pairing_inside.c what is done on them before TLS and inside the channel, pairing_symmetric.c what
 * is done instead where there are no certificates, pairing_commit.c what is read from and written
 * to the store, pairing_end.c the end.
 */
#ifndef TREC_ENGINE_PAIRING_H
#define TREC_ENGINE_PAIRING_H

#include "proto/codec/code.h"
#include "proto/codec/message.h"
#include "proto/engine/window.h"
#include "proto/pake/pake.h"
#include "proto/tls/authenticator.h"
#include "proto/tls/channel.h"
#include <trec/pairing.h>

#define PAIR_STEP_MS 10000      /* for anything the peer can answer at once */
#define PAIR_CONFIRM_MS 5000    /* from pake_reply to pake_confirm */
#define PAIR_CONSENT_MS 60000   /* for the user */
#define PAIR_PATIENCE_MS 70000  /* for the peer's user */
#define PAIR_FLUSH_MS 2000      /* for last words to leave */
#define PAIR_UNAUTH_MAX 65536   /* bytes taken from a peer that has proved nothing */
#define PAIR_OUT_MAX 768        /* frames before TLS that wait to leave */
#define PAIR_PLAIN_MAX (FRAME_CHAN_HEADER + FRAME_OFFER_MAX)

/* X(state, what it waits for, milliseconds until it fails, job at STORE or WORK) */
#define PAIR_STATE_LIST(X)                                                                         \
	X(I_SECRET, SECRET, 0, NULL)                                                               \
	X(I_CHECK, STORE, 0, eng_pair_job_check)                                                   \
	X(I_CHOOSE, READ, 0, NULL)                                                                 \
	X(I_ANSWER, READ, PAIR_STEP_MS, NULL)                                                      \
	X(I_PARAMS, READ, PAIR_STEP_MS, NULL)                                                      \
	X(I_STRETCH, WORK, 0, eng_pair_job_stretch)                                                \
	X(I_REPLY, READ, PAIR_STEP_MS, NULL)                                                       \
	X(I_JUDGE, READ, 0, NULL)                                                                  \
	X(I_COUNT, STORE, 0, eng_pair_job_count_target)                                            \
	X(I_HANDSHAKE, READ, PAIR_STEP_MS, NULL)                                                   \
	X(I_MAC, READ, PAIR_STEP_MS, NULL)                                                         \
	X(I_AUTH, READ, PAIR_STEP_MS, NULL)                                                        \
	X(I_ASKED, READ, PAIR_STEP_MS, NULL)                                                       \
	X(I_OFFER, READ, PAIR_STEP_MS, NULL)                                                       \
	X(I_DECIDE, READ, 0, NULL)                                                                 \
	X(I_CONSENT, CONSENT, PAIR_CONSENT_MS, NULL)                                               \
	X(I_CONSENT_C1, CONSENT, PAIR_CONSENT_MS, NULL)                                            \
	X(I_CONSENT_ACCEPT, CONSENT, PAIR_CONSENT_MS, NULL)                                        \
	X(I_C1, READ, PAIR_STEP_MS, NULL)                                                          \
	X(I_ACCEPT, READ, PAIR_PATIENCE_MS, NULL)                                                  \
	X(I_COMMIT, READ, PAIR_STEP_MS, NULL)                                                      \
	X(I_STORE, STORE, 0, eng_pair_job_activate)                                                \
	X(R_REQUEST, READ, PAIR_STEP_MS, NULL)                                                     \
	X(R_CHOOSE, READ, 0, NULL)                                                                 \
	X(R_SHARE, READ, PAIR_STEP_MS, NULL)                                                       \
	X(R_COUNT, STORE, 0, eng_pair_job_counters)                                                \
	X(R_CONFIRM, READ, PAIR_CONFIRM_MS, NULL)                                                  \
	X(R_REFUND, STORE, 0, eng_pair_job_counters)                                               \
	X(R_HANDSHAKE, READ, PAIR_STEP_MS, NULL)                                                   \
	X(R_MAC, READ, PAIR_STEP_MS, NULL)                                                         \
	X(R_ASKED, READ, PAIR_STEP_MS, NULL)                                                       \
	X(R_AUTH, READ, PAIR_STEP_MS, NULL)                                                        \
	X(R_C1, READ, PAIR_STEP_MS, NULL)                                                          \
	X(R_OFFER, READ, PAIR_STEP_MS, NULL)                                                       \
	X(R_DECIDE, READ, 0, NULL)                                                                 \
	X(R_CONSENT, CONSENT, PAIR_CONSENT_MS, NULL)                                               \
	X(R_CONSENT_ACCEPT, CONSENT, PAIR_CONSENT_MS, NULL)                                        \
	X(R_ACCEPT, READ, PAIR_PATIENCE_MS, NULL)                                                  \
	X(R_COMMIT, STORE, 0, eng_pair_job_unconfirmed)                                            \
	X(R_DONE, READ, PAIR_STEP_MS, NULL)                                                        \
	X(R_ACTIVATE, STORE, 0, eng_pair_job_activate)                                             \
	X(DONE, DONE, 0, NULL)                                                                     \
	X(FAILED, FAILED, 0, NULL)

/*
 * secret: PIN or code is known · job: STORE or WORK went well · pin, code: which way the request
 * goes · match, mismatch: confirmV · tls: the answer is TLS · up: the TLS handshake is done ·
 * symmetric: no certificates · ask, agree, deny: consent. The others are frames, in order of their
 * types.
 */
#define PAIR_EVENT_LIST(X)                                                                         \
	X(SECRET, "secret")                                                                        \
	X(JOB, "job")                                                                              \
	X(PIN, "pin")                                                                              \
	X(CODE, "code")                                                                            \
	X(MATCH, "match")                                                                          \
	X(MISMATCH, "mismatch")                                                                    \
	X(TLS, "tls")                                                                              \
	X(UP, "up")                                                                                \
	X(SYMMETRIC, "symmetric")                                                                  \
	X(ASK, "ask")                                                                              \
	X(AGREE, "agree")                                                                          \
	X(DENY, "deny")                                                                            \
	X(PAIR_REQUEST, "pair_request")                                                            \
	X(PAIR_PARAMS, "pair_params")                                                              \
	X(PAIR_REFUSE, "pair_refuse")                                                              \
	X(PAKE_SHARE, "pake_share")                                                                \
	X(PAKE_REPLY, "pake_reply")                                                                \
	X(PAKE_CONFIRM, "pake_confirm")                                                            \
	X(CHANNEL_MAC, "channel_mac")                                                              \
	X(AUTH_REQUEST, "authenticator_request")                                                   \
	X(AUTH, "authenticator")                                                                   \
	X(CHANNEL_CONFIRM, "channel_confirm")                                                      \
	X(OFFER, "pair_offer")                                                                     \
	X(ACCEPT, "pair_accept")                                                                   \
	X(COMMIT, "pair_commit")                                                                   \
	X(PAIR_DONE, "pair_done")                                                                  \
	X(ABORT, "pair_abort")

#define PAIR_STATE_ENUM(id, wait, ms, job) PAIR_##id,
enum pair_state { PAIR_STATE_LIST(PAIR_STATE_ENUM) PAIR_STATE_COUNT };
#undef PAIR_STATE_ENUM

#define PAIR_EVENT_ENUM(id, name) PAIR_EV_##id,
enum pair_event { PAIR_EVENT_LIST(PAIR_EVENT_ENUM) PAIR_EVENT_COUNT };
#undef PAIR_EVENT_ENUM

struct trec_pairing;

/* A legal move: parse and compute, then the next state. NULL: the event is refused. */
struct pair_step {
	trec_err (*run)(struct trec_pairing *p, const struct frame *in);
	enum pair_state next;
};

extern const struct pair_step eng_pair_fsm[PAIR_STATE_COUNT][PAIR_EVENT_COUNT];

struct pair_state_info {
	const char *name;
	enum trec_next wait;
	uint32_t ms; /* 0: no limit of its own */
	trec_err (*job)(struct trec_pairing *p);
};

extern const struct pair_state_info eng_pair_state[PAIR_STATE_COUNT];
const char *eng_pair_event_name(enum pair_event ev);

/* What a run keeps of a code. */
struct pair_code {
	uint8_t secret[CODE_SECRET_MAX];
	size_t secret_len;
	uint8_t commitment[CODE_COMMITMENT_LEN];
	uint64_t expires_s;
	bool multi_use;
};

/* All that must vanish; in the arena, which is small: a crowd of runs has to fit. */
struct pair_secret {
	char pin[TREC_PIN_MAX + 1];
	struct pair_code code;       /* initiator */
	uint8_t key[PAKE_KEY_LEN];   /* K */
	struct pake_keys keys;
	struct ea_keys ea;
	uint8_t symmetric[PAKE_KEY_LEN]; /* what stands for the certificates */
	uint8_t binding[CHAN_BINDING_LEN];
};

struct trec_pairing {
	const struct trec_env *env;
	struct trec_store *store;
	struct trec_window *window;
	struct trec_own own;
	uint64_t sequence; /* of the succession that brought that key; 0: it is the first */
	enum trec_pairing_role role;
	enum trec_method method;
	bool has_secret;
	bool secret_is_new;
	bool ask_consent;
	bool from_nfc;
	bool symmetric; /* without certificates */
	bool mismatch;  /* responder: the window says otherwise */
	char uri[MSG_HINT_MAX + 1];

	enum pair_state state;
	enum pair_event raised; /* what a handler found out; PAIR_EVENT_COUNT: nothing */
	uint64_t deadline_ms;
	uint64_t auth_deadline_ms;
	uint64_t taken;         /* bytes from the peer */
	bool authenticated;
	bool lost;
	trec_err lost_err;      /* why, where a job still has to be done */
	bool up;
	bool job_done;
	trec_err job_err;
	trec_err error;
	uint32_t retry_after_s;
	char detail[160];

	struct pair_secret *secret; /* NULL once ended */
	struct pake_prover *prover;
	struct pake_verifier *verifier;
	struct chan *chan;
	struct eng_run run;
	struct rec_counters counters; /* to be committed by the job that is due */
	uint8_t target_hash[MSG_HASH_LEN];

	uint8_t request[FRAME_PRE_HEADER + FRAME_PRE_BODY_MAX]; /* frame, for T */
	size_t request_len;
	uint8_t transcript[MSG_HASH_LEN]; /* T */
	struct msg_pair_params params;
	uint8_t share[MSG_POINT_LEN];

	uint8_t ask[EA_REQUEST_LEN];  /* our authenticator request */
	uint8_t auth[2][EA_MAX];      /* authenticators by enum trec_pairing_role of the maker */
	size_t auth_len[2];
	uint8_t offer[2][FRAME_OFFER_MAX]; /* offer bodies, likewise */
	size_t offer_len[2];
	struct msg_rights rights;     /* granted to the peer */
	struct msg_pair_offer peer_offer;
	struct trec_id peer_id;
	struct trec_id own_id;        /* symmetric: as the peer knows this device */
	uint8_t peer_cert[TREC_CERT_MAX];
	size_t peer_cert_len;
	bool replaced;
	char digits[7];

	uint8_t pre[FRAME_PRE_HEADER + FRAME_PRE_BODY_MAX]; /* frame on its way in */
	size_t pre_len;
	uint8_t out[PAIR_OUT_MAX]; /* frames on their way out */
	size_t out_len;
	size_t out_at;
	uint8_t plain[PAIR_PLAIN_MAX];
	size_t plain_len;
	uint8_t words[PAIR_PLAIN_MAX]; /* frames inside TLS that wait for their record */
	size_t words_len;
};

/* pairing.c */
/* Queues a frame before TLS; in TLS, where what is said in one go shares a record. */
TREC_MUST_USE trec_err eng_pair_say_before(struct trec_pairing *p, uint8_t type,
					   struct trec_bytes body);
TREC_MUST_USE trec_err eng_pair_say(struct trec_pairing *p, uint8_t type, struct trec_bytes body);
/* Makes a record of what was said. */
TREC_MUST_USE trec_err eng_pair_flush(struct trec_pairing *p);
static inline enum trec_pairing_role eng_pair_peer_role(const struct trec_pairing *p)
{
	return p->role == TREC_PAIRING_INITIATOR ? TREC_PAIRING_RESPONDER
						 : TREC_PAIRING_INITIATOR;
}

/* pairing_end.c */
bool eng_pair_ended(const struct trec_pairing *p);
uint64_t eng_pair_now(const struct trec_pairing *p);
/* Ends a run that went well; that failed; that its owner gives up. */
void eng_pair_finish(struct trec_pairing *p);
void eng_pair_fail(struct trec_pairing *p, trec_err err);
void eng_pair_cancel(struct trec_pairing *p);
/* Sets the detail text; returns err. */
trec_err eng_pair_why(struct trec_pairing *p, trec_err err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* pairing_new.c */
/* Takes the text of a PIN or code in. TREC_E_BAD_PIN, TREC_E_BAD_CODE. */
TREC_MUST_USE trec_err eng_pair_take_secret(struct trec_pairing *p, const char *text);

/* pairing_commit.c: jobs, on any thread */
trec_err eng_pair_job_check(struct trec_pairing *p);
trec_err eng_pair_job_stretch(struct trec_pairing *p);
trec_err eng_pair_job_count_target(struct trec_pairing *p);
trec_err eng_pair_job_counters(struct trec_pairing *p);
trec_err eng_pair_job_unconfirmed(struct trec_pairing *p);
trec_err eng_pair_job_activate(struct trec_pairing *p);

/* Moves of the table; each handles the frame or event its name says. */
#define PAIR_MOVE(name) trec_err eng_pair_##name(struct trec_pairing *p, const struct frame *in)
/* pairing_before.c */
PAIR_MOVE(nothing);
PAIR_MOVE(i_begin);
PAIR_MOVE(i_checked);
PAIR_MOVE(i_params);
PAIR_MOVE(i_code);
PAIR_MOVE(i_refused);
PAIR_MOVE(i_stretched);
PAIR_MOVE(i_reply);
PAIR_MOVE(i_match);
PAIR_MOVE(i_mismatch);
PAIR_MOVE(i_counted);
PAIR_MOVE(r_request);
PAIR_MOVE(r_pin);
PAIR_MOVE(r_code);
PAIR_MOVE(r_share);
PAIR_MOVE(r_counted);
PAIR_MOVE(r_confirm);
PAIR_MOVE(r_refunded);
/* pairing_inside.c */
PAIR_MOVE(up);
PAIR_MOVE(mac);
/* What both ways of proving oneself end with. */
TREC_MUST_USE trec_err eng_pair_say_c1(struct trec_pairing *p);
TREC_MUST_USE trec_err eng_pair_say_offer(struct trec_pairing *p);
PAIR_MOVE(r_asked);
PAIR_MOVE(i_auth);
PAIR_MOVE(i_asked);
PAIR_MOVE(r_auth);
PAIR_MOVE(i_confirm);
PAIR_MOVE(r_channel_confirm);
PAIR_MOVE(offer);
PAIR_MOVE(agree);
PAIR_MOVE(deny);
PAIR_MOVE(accept);
PAIR_MOVE(commit);
PAIR_MOVE(i_stored);
PAIR_MOVE(r_stored);
PAIR_MOVE(pair_done);
PAIR_MOVE(r_active);
PAIR_MOVE(abort);
/* pairing_symmetric.c */
PAIR_MOVE(i_symmetric);
PAIR_MOVE(r_symmetric);
/* What is exported for it, with all else that is. */
TREC_MUST_USE trec_err eng_pair_export_symmetric(struct trec_pairing *p);
/* TREC_E_OWN_KEY: this device is paired with itself; whatever of it is in the store goes. */
TREC_MUST_USE trec_err eng_pair_not_oneself(struct trec_pairing *p);

#endif
