/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the inside of a session, shared by its files: session_new.c (how it begins),
 * session.c (the machine), session_wire.c (bytes under way), session_frames.c (what each frame
 * means), session_store.c (what is looked up and committed on the way), session_stream.c (what the
 * user asks), session_stranger.c (what a stranger may bring), session_introduce.c and
 * session_audience.c (the two ends of an introduction), session_notice.c (the word that somebody
 * parted or changed its key), session_recognise.c (what beacons are recognised by),
 * session_event.c (what the user is told), session_symmetric.c (peers without certificates).
 * docs/PROTOCOL.md, Sessions.
 */
#ifndef TREC_ENGINE_SESSION_H
#define TREC_ENGINE_SESSION_H

#include "proto/codec/frame.h"
#include "proto/codec/message.h"
#include "proto/codec/record.h"
#include "proto/tls/channel.h"
#include <trec/session.h>

#define ENG_SESSION_SETUP_MS 10000 /* until both ends accepted each other */
#define ENG_SESSION_END_MS 5000    /* for the last words of a session */
#define ENG_STREAM_MAX 32768       /* received data that nobody read yet */
#define ENG_EVENTS_MAX 16
#define ENG_ANSWER_ROOM 1024 /* what a frame being handled may need for its answer */
#define ENG_LATER_MAX 32768  /* frames that wait for room on their way out */
#define ENG_NOTICES_MAX 8    /* notices passed on in one session */
#define ENG_CONSENT_MS 60000 /* for the user's answer to an introducer */
#define ENG_NONCE_MS 120000  /* life of a nonce, by the clock of who gave it */

/* Legal moves are in session.c's table; a row's name says what is awaited. */
enum eng_session_state {
	ENG_S_REFUSED,       /* not a state: the move is illegal */
	ENG_S_LOADING,       /* store: whom may a client meet */
	ENG_S_HANDSHAKE,     /* TLS */
	ENG_S_KEYS,          /* store: about the key of a peer without a certificate */
	ENG_S_JUDGING,       /* store: who is this */
	ENG_S_STRANGER,      /* server: its one word is awaited */
	ENG_S_VOUCHING,      /* server, store: what speaks for the stranger */
	ENG_S_TURNED_AWAY,   /* server: it was told not_trusted; nothing it says is read */
	ENG_S_AWAIT_HELLO,   /* server */
	ENG_S_AWAIT_WELCOME, /* client */
	ENG_S_AWAIT_TOLD,    /* client that came only to revoke, or told so in an open session */
	ENG_S_REJECTED,      /* client, store: the server does not trust this device */
	ENG_S_SETTLING,      /* store: both accepted each other */
	ENG_S_SERVING,       /* server, up */
	ENG_S_USING,         /* client, up */
	ENG_S_PARTING,       /* store: the peer revoked */
	ENG_S_MOVING,        /* store: the peer has another key now */
	ENG_S_CLOSING,       /* close was sent, the peer's is awaited */
	ENG_S_ENDING,        /* nothing is awaited any more; last bytes leave */
	ENG_S_DONE,
	ENG_S_FAILED,
	ENG_S_COUNT
};

/* Frames of a session in the order of their types. */
enum eng_session_frame {
	ENG_F_HELLO,
	ENG_F_WELCOME,
	ENG_F_OPEN,
	ENG_F_OPENED,
	ENG_F_SERVICE_FAILED,
	ENG_F_DATA,
	ENG_F_EOF,
	ENG_F_PING,
	ENG_F_PONG,
	ENG_F_REVOKE,
	ENG_F_NOT_TRUSTED,
	ENG_F_CLOSE,
	ENG_F_INTRODUCE_ASK,
	ENG_F_INTRODUCE_NONCE,
	ENG_F_INTRODUCE_REFUSE,
	ENG_F_INTRODUCTION,
	ENG_F_INTRODUCE_RESULT,
	ENG_F_PRESENT,
	ENG_F_NOTICE,
	ENG_F_SUCCESSION,
	ENG_F_REKEY,
	ENG_F_REKEYED,
	ENG_F_RECOGNISE,
	ENG_F_RECOGNISED,
	ENG_F_COUNT
};

extern const uint8_t eng_session_fsm[ENG_S_COUNT][ENG_F_COUNT];

/* The one service stream. */
enum eng_stream {
	ENG_STREAM_NONE,
	ENG_STREAM_ASKED,   /* server: the user has to accept or refuse */
	ENG_STREAM_WANTED,  /* client: opened or service_failed is awaited */
	ENG_STREAM_OPEN,
	ENG_STREAM_REFUSED  /* what still comes for it is dropped */
};

/* Bytes on their way; memory only while there are some. */
struct eng_buffer {
	uint8_t *p;
	size_t cap;
	size_t from;
	size_t to;
};

/* What the store has to do for a session that is up; several may wait, done in this order. */
enum eng_errand {
	ENG_E_RELOAD,  /* trec_session_notify */
	ENG_E_ASK,     /* whom this device can introduce */
	ENG_E_DELIVER, /* their introductions are made */
	ENG_E_ALLOWED, /* whether the peer may introduce others */
	ENG_E_TAKE,    /* an introduction came */
	ENG_E_NOTICE,  /* a notice came */
	ENG_E_NOTED,   /* the peer has the notices it was sent */
	ENG_E_SUCCEED, /* this device's own succession */
	ENG_E_REKEY,   /* the key shared with the peer changes */
	ENG_E_RECOGNISE,  /* the peer told its recognition key */
	ENG_E_RECOGNISED, /* the peer has this device's */
	ENG_E_COUNT
};

/* Signed words of the peer on their way to the store, and what the store said. */
struct eng_heard {
	struct trec_introduced introduced;
	struct trec_id from; /* notice: its issuer; succession: the id before */
	struct trec_id about; /* notice: its subject; succession: the id now */
	enum trec_notice_effect effect;
	bool succession;     /* of a stranger */
	size_t n;
	uint8_t bytes[];
};

/* This device introduces others to the peer. */
struct eng_asking {
	enum { ENG_ASK_ASKED, ENG_ASK_CONSENTED, ENG_ASK_SENT } stage;
	uint64_t deadline_ms;
	uint8_t nonce[MSG_NONCE_LEN];
	size_t count;
	struct {
		struct trec_id id;
		enum trec_refusal refusal; /* why it cannot be introduced */
		bool wanted;               /* to be delivered */
		bool over;                 /* the user was told what came of it */
	} subject[MSG_SUBJECTS_MAX];
};

/* The peer introduces others to this device. */
struct eng_asked {
	uint64_t deadline_ms;
	enum trec_refusal refusal; /* the peer may not introduce anybody */
	bool question; /* the user has not answered yet */
	uint8_t nonce[MSG_NONCE_LEN];
	struct msg_introduce_ask ask;
	bool taken[MSG_SUBJECTS_MAX];
};

/* What a stranger brought, with the text behind it. */
struct eng_presented {
	struct trec_presented what;
	size_t size; /* of all */
	char text[];
};

struct trec_session {
	const struct trec_env *env;
	struct trec_store *store;
	enum trec_session_role role;
	enum eng_session_state state;
	trec_err err;
	const char *detail;
	uint64_t now_ms;
	uint64_t deadline_ms; /* of the set-up, the last words or idleness */
	uint64_t idle_ms;     /* 0: never */
	bool initialised;     /* crypto_init is to be undone */

	struct trec_own own;
	struct chan *chan;
	char uri[MSG_HINT_MAX + 1];
	bool wants_peer;
	struct trec_id expected; /* if wants_peer */
	struct trec_id *known;   /* client: whom it may meet, ascending */
	size_t known_count;
	struct eng_symmetric *symmetric; /* NULL: certificates; session_symmetric.h */
	bool own_key;            /* the peer showed this device's own key */

	/* what the store said */
	trec_err job_err;
	unsigned errands;        /* a bit for each enum eng_errand, while up */
	enum eng_errand errand;  /* the one under way */
	bool trusted;            /* a session with this peer may be, or is */
	bool half;               /* by a half pairing */
	bool introduced;         /* by an introduction that no session confirmed yet */
	bool activated;
	uint8_t reason;          /* of not_trusted to a stranger */
	uint8_t rejection;       /* of not_trusted from the server */
	struct trec_id peer_id;
	bool forged;             /* the peer's certificate is not self-signed */
	struct rec_peer record;
	struct trec_peer peer;
	bool up;                 /* `peer` is known to the user */

	/* the stream and what is queued */
	enum eng_stream stream;
	char service[TREC_SERVICE_MAX + 1];
	bool finished;           /* this side sent eof */
	bool peer_finished;
	bool data_told;
	bool write_blocked;
	bool pinging;
	uint64_t ping_ms;
	uint8_t ping[MSG_PING_LEN];
	bool told;
	bool only_revokes;       /* client: it came only to say so */
	struct eng_buffer words; /* client: what it says before hello */
	struct eng_buffer in;    /* one frame, until it is whole */
	struct eng_buffer out;   /* frames on their way into the channel */
	struct eng_buffer later; /* frames that wait until there is room in `out` */
	struct eng_buffer data;  /* received data of the stream */
	struct trec_session_event events[ENG_EVENTS_MAX];
	size_t event_first;
	size_t event_count;

	/* trust passed on; memory only while there is some */
	struct trec_introduction_policy *policy; /* NULL: never */
	struct eng_asking *asking;
	struct eng_asked *asked;
	struct eng_heard *heard;
	struct eng_presented *presented;
	bool lapsed;           /* the last nonce given was not used in time */
	unsigned late_answers; /* of the peer, to questions that nobody asks any more */
	unsigned late_results;
	bool has_presented;    /* server: the client spoke for itself */
	uint64_t sequence;     /* of the succession that brought the own key; 0: it is the first */
	uint64_t noticing;     /* number of the last notice sent; 0: none */
	bool probing;          /* a ping behind the notices is under way */
	bool ping_waits;       /* the user's, until that is answered */
	uint8_t probe[MSG_PING_LEN];
	bool was_told;         /* the peer told its recognition key */
	bool telling;          /* this side told its own; the answer is awaited */
	uint8_t told_mark[REC_MARK_LEN]; /* which */
};

/* session.c */
/* Everything secret goes; the channel stays for its last bytes. */
void eng_session_wipe(struct trec_session *s);
void eng_session_fail(struct trec_session *s, trec_err err, const char *detail);
void eng_session_to(struct trec_session *s, enum eng_session_state next);
void eng_session_event(struct trec_session *s, enum trec_session_event_kind kind, unsigned reason,
		       const char *service);
/* session_wire.c */
/* Queues a frame; body may be empty. */
void eng_session_send(struct trec_session *s, uint8_t type, struct trec_bytes body);
void eng_session_send_empty(struct trec_session *s, uint8_t type);
void eng_session_send_reason(struct trec_session *s, uint8_t type, uint8_t reason);
/* hello or welcome, with a proof where there are no certificates. */
void eng_session_greet(struct trec_session *s, uint8_t type);
/* What the user asked for before the session was up. */
void eng_session_send_wanted(struct trec_session *s);
/* Asks for s->service. */
void eng_session_send_open(struct trec_session *s);
/* Puts a frame behind those that wait for room; from jobs too. */
TREC_MUST_USE trec_err eng_session_send_later(struct trec_session *s, uint8_t type,
					      struct trec_bytes body);
/* Moves such frames on as far as there is room. */
void eng_session_pump(struct trec_session *s);
/* The oldest place in the queue of events that is free, filled with the kind; NULL: none is. */
struct trec_session_event *eng_session_tell(struct trec_session *s,
					    enum trec_session_event_kind kind);
/* The store shall do that as soon as it can. */
void eng_session_errand(struct trec_session *s, enum eng_errand errand);
/* Both ends accepted each other. */
void eng_session_now_up(struct trec_session *s);
void eng_session_channel_failed(struct trec_session *s, trec_err err);
/* Bytes that frames may still take on their way into the channel. */
size_t eng_session_out_room(const struct trec_session *s);
/* Room for n more bytes at the end of a buffer that grows to max bytes; NULL: no room or memory. */
uint8_t *eng_buffer_try(struct trec_session *s, struct eng_buffer *b, size_t max, size_t n);
/* The same, not from jobs: without memory the session has failed. */
uint8_t *eng_buffer_room(struct trec_session *s, struct eng_buffer *b, size_t max, size_t n);
size_t eng_buffer_used(const struct eng_buffer *b);
/* Wipes and gives the memory back. */
void eng_buffer_drop(struct trec_session *s, struct eng_buffer *b);
/* Moves queued frames into the channel as far as it takes them. */
void eng_session_flush(struct trec_session *s);
/* There is room again for frames that wait inside. */
void eng_session_resume_reading(struct trec_session *s);
/* n bytes at the front were used; an empty buffer gives its memory back. */
void eng_buffer_took(struct trec_session *s, struct eng_buffer *b, size_t n);
bool eng_session_ended(const struct trec_session *s);
bool eng_session_is_up(const struct trec_session *s);

/* session_frames.c: TREC_OK or why the session ends. */
TREC_MUST_USE trec_err eng_session_frame(struct trec_session *s, enum eng_session_frame type,
					 struct trec_bytes body);

/* Keeps the peer's signed words for the store; one at a time. */
TREC_MUST_USE trec_err eng_session_hear(struct trec_session *s, struct trec_bytes words);
void eng_session_heard(struct trec_session *s); /* they are not needed any more */

/* session_stream.c */
void eng_session_send_ping(struct trec_session *s);

/* session_stranger.c */
TREC_MUST_USE trec_err eng_on_present(struct trec_session *s, struct trec_bytes body);
TREC_MUST_USE trec_err eng_job_vouch(struct trec_session *s);
void eng_vouched(struct trec_session *s);
/* Client: what is to be said before hello, into s->words. */
TREC_MUST_USE trec_err eng_load_words(struct trec_session *s);
void eng_turn_away(struct trec_session *s);

/* session_introduce.c: the introducer */
TREC_MUST_USE trec_err eng_on_introduce_nonce(struct trec_session *s, struct trec_bytes body);
TREC_MUST_USE trec_err eng_on_introduce_refuse(struct trec_session *s, struct trec_bytes body);
TREC_MUST_USE trec_err eng_on_introduce_result(struct trec_session *s, struct trec_bytes body);
TREC_MUST_USE trec_err eng_job_ask(struct trec_session *s);
void eng_job_ask_done(struct trec_session *s);
TREC_MUST_USE trec_err eng_job_deliver(struct trec_session *s);
void eng_job_deliver_done(struct trec_session *s);
void eng_asking_tick(struct trec_session *s);
void eng_asking_drop(struct trec_session *s);

/* session_audience.c: who is told */
TREC_MUST_USE trec_err eng_on_introduce_ask(struct trec_session *s, struct trec_bytes body);
TREC_MUST_USE trec_err eng_on_introduction(struct trec_session *s, struct trec_bytes body);
TREC_MUST_USE trec_err eng_job_allowed(struct trec_session *s);
void eng_job_allowed_done(struct trec_session *s);
TREC_MUST_USE trec_err eng_job_take(struct trec_session *s);
void eng_job_take_done(struct trec_session *s);
void eng_asked_tick(struct trec_session *s);
void eng_asked_drop(struct trec_session *s);

/* session_notice.c */
TREC_MUST_USE trec_err eng_on_notice(struct trec_session *s, struct trec_bytes body);
TREC_MUST_USE trec_err eng_on_succession(struct trec_session *s, struct trec_bytes body);
TREC_MUST_USE trec_err eng_job_notice(struct trec_session *s);
void eng_job_notice_done(struct trec_session *s);
/* What is to be passed on to this peer, into s->later. */
TREC_MUST_USE trec_err eng_load_notices(struct trec_session *s);
TREC_MUST_USE trec_err eng_job_noted(struct trec_session *s);
TREC_MUST_USE trec_err eng_job_succeed(struct trec_session *s);
TREC_MUST_USE trec_err eng_job_move(struct trec_session *s);
void eng_moved(struct trec_session *s);

/* session_recognise.c */
/* What this peer is to be told, into s->later. */
TREC_MUST_USE trec_err eng_load_recognition(struct trec_session *s);
TREC_MUST_USE trec_err eng_on_recognise(struct trec_session *s, struct trec_bytes body);
TREC_MUST_USE trec_err eng_on_recognised(struct trec_session *s, struct trec_bytes body);
TREC_MUST_USE trec_err eng_job_recognise(struct trec_session *s);
void eng_job_recognise_done(struct trec_session *s);
TREC_MUST_USE trec_err eng_job_recognised(struct trec_session *s);

/* session_store.c */
/* The peer's records now: s->trusted says whether a session with it may be. */
TREC_MUST_USE trec_err eng_session_look_up(struct trec_session *s, const struct trec_id *id);
/* Does the store's part of the present state; any thread. */
void eng_session_job(struct trec_session *s);
/* Goes on with its result. */
void eng_session_job_done(struct trec_session *s);

/* session_rights.c */
/* The time at which the trust or the right in use ends, as env->now_ms; UINT64_MAX: never. */
uint64_t eng_session_trust_end_ms(const struct trec_session *s);
/* Whether the address dialled is in the peer's record. */
bool eng_session_has_hint(const struct trec_session *s);
/* Whether the peer may use the service now. */
bool eng_session_may(const struct trec_session *s, const char *service);

#endif
