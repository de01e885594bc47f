/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the bodies of all frames that are CBOR (docs/PROTOCOL.md, Messages). Each has
 * one struct and one pair of functions, side by side in one source file:
 *
 *	trec_err msg_x_decode(struct trec_bytes body, struct msg_x *out);
 *	trec_err msg_x_encode(const struct msg_x *m, uint8_t *out, size_t cap, size_t *n);
 *
 * decode copies everything out of the body. TREC_E_MALFORMED: not this message; *out is then
 * zeroed. encode: TREC_E_USAGE: a member is out of its bounds; TREC_E_NO_SPACE: more than cap
 * bytes; *n is then 0. What encode makes, decode accepts, and the other way round, but for
 * unknown negative keys, which decode ignores.
 *
 * Raw bodies (authenticators, data, revoke) have no codec here.
 */
#ifndef TREC_CODEC_MESSAGE_H
#define TREC_CODEC_MESSAGE_H

#include "proto/codec/frame.h"
#include "proto/codec/text.h"

#define MSG_VERSION 1          /**< of the protocol */
#define MSG_VERSION_MAX 255    /**< that can be named at all */
#define MSG_NONCE_LEN 32
#define MSG_SALT_LEN 16
#define MSG_HASH_LEN 32        /**< SHA-256 and HMAC-SHA-256 */
#define MSG_POINT_LEN 65       /**< P-256, uncompressed */
#define MSG_PING_LEN 8
#define MSG_RECOGNITION_LEN 16 /**< bytes of a recognition key */
#define MSG_SUBJECTS_MAX 8     /**< devices introduced to one audience at a time */
#define MSG_SUITES_MAX 4       /**< SPAKE2+ suites in a request */
#define MSG_SUITE_P256_SHA256 1 /**< P256-SHA256-HKDF-SHA256-HMAC-SHA256 */
#define MSG_RETRY_AFTER_MAX 604800 /**< seconds: a week */
#define MSG_REASON_MAX 255     /**< reasons are 1 to 255; unknown ones are kept as they are */
#define MSG_SCRYPT_LOG_N_MIN 10
#define MSG_SCRYPT_LOG_N_MAX 17
#define MSG_SCRYPT_R_MAX 16
#define MSG_SCRYPT_P_MAX 4
#define MSG_SCRYPT_MEMORY_MAX (128u << 20) /**< bytes: 128 * r * N */

/** How the two devices came to share a secret. */
enum msg_method { MSG_METHOD_PIN = 0, MSG_METHOD_PRESET = 1, MSG_METHOD_CODE = 2 };

/** What scrypt is run with. */
struct msg_scrypt {
	uint8_t log_n; /**< MSG_SCRYPT_LOG_N_MIN to _MAX */
	uint8_t r;     /**< 1 to MSG_SCRYPT_R_MAX */
	uint8_t p;     /**< 1 to MSG_SCRYPT_P_MAX */
	uint8_t salt[MSG_SALT_LEN];
};

/** All three in bounds, and the memory they ask for too. */
bool msg_scrypt_ok(const struct msg_scrypt *kdf);

/** 0x41, I to R. */
struct msg_pair_request {
	enum msg_method method;
	uint16_t suites[MSG_SUITES_MAX]; /**< best first, none twice; code: none */
	size_t suites_count;
	uint8_t nonce[MSG_NONCE_LEN];
	bool symmetric; /**< no certificates: both were told to make a symmetric TREC */
};

/** 0x42, R to I, for a PIN. */
struct msg_pair_params {
	uint16_t suite; /**< the one chosen */
	uint8_t nonce[MSG_NONCE_LEN];
	struct msg_scrypt kdf;
};

enum msg_refuse_reason {
	MSG_REFUSE_VERSION = 1,
	MSG_REFUSE_WINDOW_CLOSED = 2,
	MSG_REFUSE_BUSY = 3,
	MSG_REFUSE_LOCKED_OUT = 4,
	MSG_REFUSE_METHOD = 5,
	MSG_REFUSE_MALFORMED = 6,
	MSG_REFUSE_SYMMETRIC = 7 /**< only one of the two was told to make a symmetric TREC */
};

/** 0x43, R to I; unauthenticated, advice only. */
struct msg_pair_refuse {
	uint8_t reason;         /**< enum msg_refuse_reason or one not known yet */
	uint32_t retry_after_s; /**< 0: no time is known */
	uint8_t version;        /**< highest known to R */
};

/** 0x44, I to R. */
struct msg_pake_share {
	uint8_t share[MSG_POINT_LEN]; /**< shareP */
};

/** 0x45, R to I. */
struct msg_pake_reply {
	uint8_t share[MSG_POINT_LEN];  /**< shareV */
	uint8_t confirm[MSG_HASH_LEN]; /**< confirmV */
};

/** 0x46, I to R. */
struct msg_pake_confirm {
	uint8_t confirm[MSG_HASH_LEN]; /**< confirmP */
};

/**
 * TREC_E_VERSION: well begun, but of another version (the rest is not looked at).
 */
TREC_MUST_USE trec_err msg_pair_request_decode(struct trec_bytes body,
					       struct msg_pair_request *out);
TREC_MUST_USE trec_err msg_pair_request_encode(const struct msg_pair_request *m, uint8_t *out,
					       size_t cap, size_t *n);
/** TREC_E_VERSION: likewise. */
TREC_MUST_USE trec_err msg_pair_params_decode(struct trec_bytes body,
					      struct msg_pair_params *out);
TREC_MUST_USE trec_err msg_pair_params_encode(const struct msg_pair_params *m, uint8_t *out,
					      size_t cap, size_t *n);
TREC_MUST_USE trec_err msg_pair_refuse_decode(struct trec_bytes body,
					      struct msg_pair_refuse *out);
TREC_MUST_USE trec_err msg_pair_refuse_encode(const struct msg_pair_refuse *m, uint8_t *out,
					      size_t cap, size_t *n);
TREC_MUST_USE trec_err msg_pake_share_decode(struct trec_bytes body, struct msg_pake_share *out);
TREC_MUST_USE trec_err msg_pake_share_encode(const struct msg_pake_share *m, uint8_t *out,
					     size_t cap, size_t *n);
TREC_MUST_USE trec_err msg_pake_reply_decode(struct trec_bytes body, struct msg_pake_reply *out);
TREC_MUST_USE trec_err msg_pake_reply_encode(const struct msg_pake_reply *m, uint8_t *out,
					     size_t cap, size_t *n);
TREC_MUST_USE trec_err msg_pake_confirm_decode(struct trec_bytes body,
					       struct msg_pake_confirm *out);
TREC_MUST_USE trec_err msg_pake_confirm_encode(const struct msg_pake_confirm *m, uint8_t *out,
					       size_t cap, size_t *n);

/** {0: 32 bytes}: 0x01 channel_mac (c0), 0x04 channel_confirm (c1), 0x06 pair_accept (offers). */
struct msg_mac {
	uint8_t mac[MSG_HASH_LEN];
};

/** 0x05, both ways. */
struct msg_pair_offer {
	char name[TREC_NAME_MAX + 1];
	char kind[MSG_KIND_MAX + 1]; /**< "phone", "lamp", ...; may be empty */
	struct msg_rights rights;    /**< what the sender will let the receiver do */
	struct msg_hints hints;      /**< where the sender can be reached later */
};

/** 0x09 pair_abort. */
enum msg_abort_reason {
	MSG_ABORT_CONSENT_DENIED = 1,
	MSG_ABORT_CONSENT_TIMEOUT = 2,
	MSG_ABORT_REFUSED = 3,
	MSG_ABORT_INTERNAL = 4
};

/** 0x24 service_failed. */
enum msg_service_reason {
	MSG_SERVICE_UNKNOWN = 1,  /**< no service of that name */
	MSG_SERVICE_NO_RIGHT = 2, /**< the peer has no right to it */
	MSG_SERVICE_BUSY = 3,     /**< too many at a time */
	MSG_SERVICE_BROKEN = 4    /**< it could not be started */
};

/** 0x2a not_trusted. */
enum msg_not_trusted_reason {
	MSG_NOT_TRUSTED_UNKNOWN = 1,
	MSG_NOT_TRUSTED_REVOKED = 2,
	MSG_NOT_TRUSTED_EXPIRED = 3,
	MSG_NOT_TRUSTED_PENDING = 4 /**< the user was asked; try again later */
};

/** 0x2b close. */
enum msg_close_reason {
	MSG_CLOSE_DONE = 1,      /**< nothing more to say */
	MSG_CLOSE_SHUTDOWN = 2,  /**< the device stops serving */
	MSG_CLOSE_DISSOLVED = 3, /**< the trust ended during the session */
	MSG_CLOSE_EXPIRED = 4,   /**< the entry's time ended during the session */
	MSG_CLOSE_IDLE = 5,      /**< too long without a byte */
	MSG_CLOSE_PROTOCOL = 6   /**< the peer broke a rule */
};

/**
 * {0: reason}: 0x09 pair_abort, 0x24 service_failed, 0x2a not_trusted, 0x2b close,
 * 0x2e introduce_refuse.
 */
struct msg_reason {
	uint8_t reason; /**< 1 to MSG_REASON_MAX */
};

/** 0x22, client to server. */
struct msg_open {
	char service[MSG_SERVICE_MAX + 1];
};

/** 0x27 ping; 0x28 pong gives the same bytes back. */
struct msg_ping {
	uint8_t data[MSG_PING_LEN];
};

TREC_MUST_USE trec_err msg_mac_decode(struct trec_bytes body, struct msg_mac *out);
TREC_MUST_USE trec_err msg_mac_encode(const struct msg_mac *m, uint8_t *out, size_t cap,
				      size_t *n);
TREC_MUST_USE trec_err msg_pair_offer_decode(struct trec_bytes body, struct msg_pair_offer *out);
TREC_MUST_USE trec_err msg_pair_offer_encode(const struct msg_pair_offer *m, uint8_t *out,
					     size_t cap, size_t *n);
TREC_MUST_USE trec_err msg_reason_decode(struct trec_bytes body, struct msg_reason *out);
TREC_MUST_USE trec_err msg_reason_encode(const struct msg_reason *m, uint8_t *out, size_t cap,
					 size_t *n);
TREC_MUST_USE trec_err msg_open_decode(struct trec_bytes body, struct msg_open *out);
TREC_MUST_USE trec_err msg_open_encode(const struct msg_open *m, uint8_t *out, size_t cap,
				       size_t *n);
TREC_MUST_USE trec_err msg_ping_decode(struct trec_bytes body, struct msg_ping *out);
TREC_MUST_USE trec_err msg_ping_encode(const struct msg_ping *m, uint8_t *out, size_t cap,
				       size_t *n);
/** Somebody to be introduced, as the introducer lists it. */
struct msg_subject {
	struct trec_id id;
	char name[TREC_NAME_MAX + 1];
	char kind[MSG_KIND_MAX + 1];
};

/** 0x2c, introducer to audience. */
struct msg_introduce_ask {
	struct msg_subject subject[MSG_SUBJECTS_MAX];
	size_t count; /**< 1 to MSG_SUBJECTS_MAX; ids ascending, none twice */
};

/** 0x2d, audience to introducer. */
struct msg_introduce_nonce {
	uint8_t nonce[MSG_NONCE_LEN];
};

/** 0x30, audience to introducer. */
struct msg_introduce_result {
	struct trec_id subject;
	uint8_t reason; /**< 0: accepted; else enum trec_refusal or one not known yet */
};

TREC_MUST_USE trec_err msg_introduce_ask_decode(struct trec_bytes body,
						struct msg_introduce_ask *out);
TREC_MUST_USE trec_err msg_introduce_ask_encode(const struct msg_introduce_ask *m, uint8_t *out,
						size_t cap, size_t *n);
TREC_MUST_USE trec_err msg_introduce_nonce_decode(struct trec_bytes body,
						  struct msg_introduce_nonce *out);
TREC_MUST_USE trec_err msg_introduce_nonce_encode(const struct msg_introduce_nonce *m,
						  uint8_t *out, size_t cap, size_t *n);
TREC_MUST_USE trec_err msg_introduce_result_decode(struct trec_bytes body,
						   struct msg_introduce_result *out);
TREC_MUST_USE trec_err msg_introduce_result_encode(const struct msg_introduce_result *m,
						   uint8_t *out, size_t cap, size_t *n);
/** 0x36, both ways: by what the sender's beacons are recognised. Secret: the owner wipes it. */
struct msg_recognise {
	uint8_t key[MSG_RECOGNITION_LEN];
};

TREC_MUST_USE trec_err msg_recognise_decode(struct trec_bytes body, struct msg_recognise *out);
TREC_MUST_USE trec_err msg_recognise_encode(const struct msg_recognise *m, uint8_t *out,
					    size_t cap, size_t *n);
/**
 * {}: 0x07 pair_commit, 0x08 pair_done, 0x20 hello, 0x21 welcome, 0x23 opened, 0x26 eof,
 * 0x34 rekey, 0x35 rekeyed, 0x37 recognised.
 */
TREC_MUST_USE trec_err msg_empty_decode(struct trec_bytes body);
TREC_MUST_USE trec_err msg_empty_encode(uint8_t *out, size_t cap, size_t *n);

#endif
