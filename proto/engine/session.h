/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the inside of a session, shared by its files: session_new.c (how it begins),
 * session.c (the machine), session_wire.c (bytes under way), session_frames.c (what each frame
 * means), session_store.c (what is looked up and committed on the way) and session_stream.c
 * (what the user asks). docs/PROTOCOL.md, Sessions.
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

/* Legal moves are in session.c's table; a row's name says what is awaited. */
enum eng_session_state {
	ENG_S_REFUSED,       /* not a state: the move is illegal */
	ENG_S_LOADING,       /* store: whom may a client meet */
	ENG_S_HANDSHAKE,     /* TLS */
	ENG_S_JUDGING,       /* store: who is this */
	ENG_S_STRANGER,      /* server: it was told not_trusted; nothing it says is read */
	ENG_S_AWAIT_HELLO,   /* server */
	ENG_S_AWAIT_WELCOME, /* client */
	ENG_S_AWAIT_TOLD,    /* client that came only to revoke, or told so in an open session */
	ENG_S_REJECTED,      /* client, store: the server does not trust this device */
	ENG_S_SETTLING,      /* store: both accepted each other */
	ENG_S_SERVING,       /* server, up */
	ENG_S_USING,         /* client, up */
	ENG_S_PARTING,       /* store: the peer revoked */
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
	bool own_key;            /* the peer showed this device's own key */

	/* what the store said */
	trec_err job_err;
	bool reload;             /* trec_session_notify */
	bool trusted;            /* a session with this peer may be, or is */
	bool half;               /* by a half pairing */
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
	uint8_t statement[FRAME_STATEMENT_MAX];
	size_t statement_len;
	struct eng_buffer in;    /* one frame, until it is whole */
	struct eng_buffer out;   /* frames on their way into the channel */
	struct eng_buffer data;  /* received data of the stream */
	struct trec_session_event events[ENG_EVENTS_MAX];
	size_t event_first;
	size_t event_count;
};

/* session.c */
/* Everything secret goes; the channel stays for its last bytes. */
void eng_session_wipe(struct trec_session *s);
void eng_session_fail(struct trec_session *s, trec_err err, const char *detail);
void eng_session_to(struct trec_session *s, enum eng_session_state next);
void eng_session_event(struct trec_session *s, enum trec_session_event_kind kind, unsigned reason,
		       const char *service);
/* Queues a frame; body may be empty. */
void eng_session_send(struct trec_session *s, uint8_t type, struct trec_bytes body);
void eng_session_send_empty(struct trec_session *s, uint8_t type);
void eng_session_send_reason(struct trec_session *s, uint8_t type, uint8_t reason);
/* Asks for s->service. */
void eng_session_send_open(struct trec_session *s);
/* Both ends accepted each other. */
void eng_session_now_up(struct trec_session *s);
/* Bytes that frames may still take on their way into the channel. */
size_t eng_session_out_room(const struct trec_session *s);
/* Room for n more bytes at the end of a buffer that grows to max bytes; NULL: none. */
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

/* session_store.c */
/* Does the store's part of the present state; any thread. */
void eng_session_job(struct trec_session *s);
/* Goes on with its result. */
void eng_session_job_done(struct trec_session *s);
/* The time at which the trust or the right in use ends, as env->now_ms; UINT64_MAX: never. */
uint64_t eng_session_trust_end_ms(const struct trec_session *s);
/* Whether the address dialled is in the peer's record. */
bool eng_session_has_hint(const struct trec_session *s);
/* Whether the peer may use the service now. */
bool eng_session_may(const struct trec_session *s, const char *service);

#endif
