/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a byte stream has no edges; frames give it some (docs/PROTOCOL.md, Frames).
 * Before TLS: type, 16-bit length, body. Inside TLS: type, 24-bit length of at most 16 KiB,
 * body. Type and length are judged as soon as they are there, so nothing oversize or unknown is
 * ever buffered.
 */
#ifndef TREC_CODEC_FRAME_H
#define TREC_CODEC_FRAME_H

#include <trec/bytes.h>

#define FRAME_PRE_HEADER 3        /**< bytes of a header before TLS */
#define FRAME_PRE_BODY_MAX 256    /**< bytes of any body before TLS; every type has its own too */
#define FRAME_CHAN_HEADER 4       /**< bytes of a header inside TLS */
#define FRAME_CHAN_BODY_MAX 16384 /**< bytes of any body inside TLS */
#define FRAME_CONTROL_MAX 512     /**< bytes of a small control body inside TLS */
#define FRAME_OFFER_MAX 4096      /**< bytes of a pair_offer body */
#define FRAME_AUTH_REQUEST_MAX 1024 /**< bytes of an authenticator request */
#define FRAME_AUTH_MAX 4096       /**< bytes of an authenticator */
#define FRAME_STATEMENT_MAX 4096  /**< bytes of a signed statement */
#define FRAME_ASK_MAX 2048        /**< bytes of an introduce_ask body */

/** Frames before TLS. The values lie outside TLS's content types. */
enum frame_pre_type {
	FRAME_PAIR_REQUEST = 0x41,
	FRAME_PAIR_PARAMS = 0x42,
	FRAME_PAIR_REFUSE = 0x43,
	FRAME_PAKE_SHARE = 0x44,
	FRAME_PAKE_REPLY = 0x45,
	FRAME_PAKE_CONFIRM = 0x46
};

/** Frames inside TLS. */
enum frame_chan_type {
	/* pairing */
	FRAME_CHANNEL_MAC = 0x01,
	FRAME_AUTHENTICATOR_REQUEST = 0x02, /* body: RFC 9261 bytes as they are */
	FRAME_AUTHENTICATOR = 0x03,         /* body: RFC 9261 bytes as they are */
	FRAME_CHANNEL_CONFIRM = 0x04,
	FRAME_PAIR_OFFER = 0x05,
	FRAME_PAIR_ACCEPT = 0x06,
	FRAME_PAIR_COMMIT = 0x07,
	FRAME_PAIR_DONE = 0x08,
	FRAME_PAIR_ABORT = 0x09,
	/* session */
	FRAME_HELLO = 0x20,
	FRAME_WELCOME = 0x21,
	FRAME_OPEN = 0x22,
	FRAME_OPENED = 0x23,
	FRAME_SERVICE_FAILED = 0x24,
	FRAME_DATA = 0x25, /* body: the user's bytes, at least one */
	FRAME_EOF = 0x26,
	FRAME_PING = 0x27,
	FRAME_PONG = 0x28,
	FRAME_REVOKE = 0x29, /* body: COSE_Sign1 */
	FRAME_NOT_TRUSTED = 0x2a,
	FRAME_CLOSE = 0x2b,
	/* session: trust passed on */
	FRAME_INTRODUCE_ASK = 0x2c,
	FRAME_INTRODUCE_NONCE = 0x2d,
	FRAME_INTRODUCE_REFUSE = 0x2e,
	FRAME_INTRODUCTION = 0x2f, /* body: COSE_Sign1 */
	FRAME_INTRODUCE_RESULT = 0x30,
	FRAME_PRESENT = 0x31,
	FRAME_NOTICE = 0x32,     /* body: COSE_Sign1 */
	FRAME_SUCCESSION = 0x33, /* body: two COSE_Sign1 */
	FRAME_REKEY = 0x34,
	FRAME_REKEYED = 0x35,
	/* session: recognition */
	FRAME_RECOGNISE = 0x36,
	FRAME_RECOGNISED = 0x37
};

/** Which conversation a channel carries; each knows its own types only. */
enum frame_context { FRAME_CONTEXT_PAIRING, FRAME_CONTEXT_SESSION };

/** What the first byte of an incoming connection says. */
enum frame_first {
	FRAME_FIRST_SESSION, /**< 0x16: a TLS handshake of a session */
	FRAME_FIRST_PAIRING, /**< the type of pair_request */
	FRAME_FIRST_REFUSED  /**< nothing that may come first */
};

/** How far a frame is. */
enum frame_step {
	FRAME_MORE,   /**< bytes are missing */
	FRAME_WHOLE,  /**< a frame is there */
	FRAME_REFUSED /**< unknown type or a length out of the type's bounds: end the connection */
};

/** A frame as a view of the input. */
struct frame {
	uint8_t type;            /**< 0 as long as the header is not whole */
	struct trec_bytes body;
	struct trec_bytes whole; /**< header and body: what transcripts hash */
};

enum frame_first frame_first_byte(uint8_t first);
/** Whether a byte begins a TLS record and can therefore begin no frame before TLS. */
bool frame_is_tls(uint8_t first);

/**
 * Looks for one frame at the start of in. FRAME_WHOLE: *out views it, *need is its length, the
 * rest of in belongs to what follows. FRAME_MORE: *need is how many bytes (from the start of the
 * frame) must be there before calling again makes sense, never more than the header or the whole
 * frame; out->type is set once the header is whole, so that a state machine may refuse a type
 * before its body comes. FRAME_REFUSED: *out empty, *need 0.
 */
enum frame_step frame_pre_take(struct trec_bytes in, struct frame *out, size_t *need);
/** The same inside TLS. */
enum frame_step frame_chan_take(enum frame_context context, struct trec_bytes in,
				struct frame *out, size_t *need);

/**
 * Writes header and body to out. The body may already lie at its place (out + FRAME_PRE_HEADER).
 * TREC_E_NO_SPACE; TREC_E_USAGE: unknown type or a length out of the type's bounds.
 */
TREC_MUST_USE trec_err frame_pre_make(uint8_t type, struct trec_bytes body, uint8_t *out,
				      size_t cap, size_t *n);
/** The same inside TLS; the body's place is out + FRAME_CHAN_HEADER. */
TREC_MUST_USE trec_err frame_chan_make(uint8_t type, struct trec_bytes body, uint8_t *out,
				       size_t cap, size_t *n);

/** Name of a type for logs and state tables, e.g. "pair_request"; "unknown" for any other. */
const char *frame_pre_name(uint8_t type);
const char *frame_chan_name(uint8_t type);

#endif
