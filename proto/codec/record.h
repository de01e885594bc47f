/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what the engine keeps in a store (docs/STORE-FORMAT.md, Records). CBOR maps
 * like the messages, with the version under key 0; the store seals them, so what is read here
 * was written by this library, by a later version of it, or by whoever holds the store's key:
 * it is checked as strictly as anything a peer sends.
 *
 * decode: TREC_E_MALFORMED, *out zeroed; TREC_E_VERSION: written by a later version. Unknown
 * negative keys are ignored, and so are lost when the record is written again. encode:
 * TREC_E_USAGE, TREC_E_NO_SPACE; TREC_RECORD_MAX bytes always do.
 */
#ifndef TREC_CODEC_RECORD_H
#define TREC_CODEC_RECORD_H

#include "proto/codec/message.h"
#include <trec/store.h>

#define REC_VERSION 1
#define REC_PREVIOUS_MAX 8  /**< earlier ids of one peer */
#define REC_BOOT_LEN 16
#define REC_TAG_LEN MSG_SALT_LEN
#define REC_TIME_MAX 253402300799 /**< unix seconds: the end of year 9999 */
#define REC_COUNT_MAX 65535
#define REC_NUMBER_MAX UINT64_C(9007199254740991) /**< of what is numbered: 2^53 - 1 */
#define REC_CTI_LEN 16
#define REC_SEEN_COUNT 64   /**< statements of one issuer that are remembered */
#define REC_LINKS_MAX 8     /**< own successions kept for peers that were off */
#define REC_STATEMENT_MAX FRAME_STATEMENT_MAX
#define REC_PEER_MAX 4096   /**< bytes of an encoded peer record */
#define REC_SEEN_MAX 2048   /**< bytes of an encoded replay memory */
#define REC_CARRIED_MAX (REC_STATEMENT_MAX + 16) /**< bytes of an encoded carried statement */
#define REC_NOTICE_MAX (REC_STATEMENT_MAX + 64)  /**< bytes of an encoded notice */
#define REC_SMALL_MAX 512   /**< bytes of any other encoded record here */

/** A moment of powered-on time; comparable only within one boot. */
struct rec_moment {
	bool set;
	uint64_t ms;                /**< env->now_ms */
	uint8_t boot[REC_BOOT_LEN]; /**< env->boot_id */
};

enum rec_state {
	REC_STATE_ACTIVE = 1,           /**< both sides proved possession; rights hold */
	REC_STATE_INTRODUCED = 2,       /**< known by a statement only */
	REC_STATE_DISSOLVED_BY_PEER = 3, /**< it told us so; no rights, removed by policy */
	REC_STATE_SUSPENDED = 4          /**< two keys claim to succeed it: the user decides */
};

enum rec_origin {
	REC_ORIGIN_PIN = 1,
	REC_ORIGIN_CODE = 2,
	REC_ORIGIN_NFC = 3,
	REC_ORIGIN_INTRODUCED = 4,
	REC_ORIGIN_THIRD_PARTY = 5
};

/** A right that this device grants to the peer. */
struct rec_right {
	char name[MSG_RIGHT_MAX + 1];
	uint64_t until_s; /**< unix time; 0: no end */
};

/** An id the peer had before it changed its key. */
struct rec_previous {
	struct trec_id id;
	uint64_t until_s; /**< unix time up to which it still resolves; 0: no longer */
};

#define REC_KEY_LEN 32 /**< bytes of a key shared with a peer */

/** What stands for the certificate of a peer that has none. Secret: the owner wipes it. */
struct rec_symmetric {
	size_t count;   /**< keys: 1 the current one, 2 also the next; 0: there is a certificate */
	bool dial_next; /**< the peer is known to have the next one */
	bool initiator; /**< this device began the pairing; the peer's entry has the opposite */
	uint8_t key[2][REC_KEY_LEN];
};

/**
 * TREC_RECORD_PEER and TREC_RECORD_UNCONFIRMED, under the peer's device id. In an UNCONFIRMED
 * record the rights are those to be granted when it turns active; until then it has none.
 */
struct rec_peer {
	enum rec_state state;
	enum rec_origin origin;
	char name[TREC_NAME_MAX + 1];
	char kind[MSG_KIND_MAX + 1];
	uint8_t cert[TREC_CERT_MAX]; /**< DER */
	size_t cert_len;             /**< 0: symmetric stands for it */
	struct rec_right rights[MSG_RIGHTS_MAX]; /**< ascending by name, none twice */
	size_t rights_count;
	struct msg_hints hints;
	uint64_t since_s;     /**< unix time at which this record was made */
	uint64_t last_seen_s; /**< unix time of the last session; 0: none yet */
	uint64_t expires_s;   /**< unix time; 0: does not expire */
	bool has_introduced_by;
	struct trec_id introduced_by;
	bool has_statement;
	uint8_t statement[MSG_HASH_LEN]; /**< SHA-256 of the introduction */
	struct rec_previous previous[REC_PREVIOUS_MAX]; /**< newest first */
	size_t previous_count;
	bool forgotten; /**< it answered that it does not know this device */
	/** UNCONFIRMED, INTRODUCED: from when its life runs without a trusted clock */
	struct rec_moment made;
	uint64_t sequence; /**< of the last succession accepted from it; 0: none */
	uint64_t told;     /**< of this device's own succession that it acknowledged; 0: none */
	uint64_t noticed;  /**< number of the last notice passed on to it; 0: none */
	struct rec_symmetric symmetric;
};

TREC_MUST_USE trec_err rec_peer_decode(struct trec_bytes in, struct rec_peer *out);
TREC_MUST_USE trec_err rec_peer_encode(const struct rec_peer *p, uint8_t *out, size_t cap,
				       size_t *n);
/** Grants a right, or changes its end; false: not a right, or no room. */
bool rec_peer_allow(struct rec_peer *p, const char *right, uint64_t until_s);
/** Takes a right back; no effect if it was not there. */
void rec_peer_deny(struct rec_peer *p, const char *right);
/**
 * Whether the record grants this very right at wall time now_s (0: no trusted clock; rights that
 * end are then not granted). Says nothing about the record's own state or type.
 */
bool rec_peer_may(const struct rec_peer *p, const char *right, uint64_t now_s);

enum rec_dissolved_by { REC_BY_LOCAL = 1, REC_BY_PEER = 2, REC_BY_NOTICE = 3 };

/**
 * TREC_RECORD_TOMBSTONE, under SHA-256 of the device id, one for each id that the device had.
 * Keeps no name and no id in the clear.
 */
struct rec_tombstone {
	uint64_t when_s; /**< unix time; 0: no trusted clock at the time */
	enum rec_dissolved_by by;
};

TREC_MUST_USE trec_err rec_tombstone_decode(struct trec_bytes in, struct rec_tombstone *out);
TREC_MUST_USE trec_err rec_tombstone_encode(const struct rec_tombstone *t, uint8_t *out,
					    size_t cap, size_t *n);

/**
 * TREC_RECORD_PRESET, under 32 zero bytes: the verifier of the preset PIN, never the PIN. The
 * salt is fresh for every PIN set and names it in its counters. Holds secrets: the owner wipes it.
 */
struct rec_preset {
	struct msg_scrypt kdf;
	uint8_t w0[32];
	uint8_t l[MSG_POINT_LEN];
	uint8_t w0m[MSG_POINT_LEN];
	uint8_t w0n[MSG_POINT_LEN];
	uint64_t since_s; /**< unix time at which it was set; 0: no trusted clock */
};

TREC_MUST_USE trec_err rec_preset_decode(struct trec_bytes in, struct rec_preset *out);
TREC_MUST_USE trec_err rec_preset_encode(const struct rec_preset *p, uint8_t *out, size_t cap,
					 size_t *n);

/** Whose attempts are counted; also the first byte of the record's id. */
enum rec_counter_kind {
	REC_COUNTER_RANDOM = 1, /**< as responder, the PIN of the one open window */
	REC_COUNTER_PRESET = 2, /**< as responder, the preset PIN */
	REC_COUNTER_TARGET = 3  /**< as initiator, one target */
};

/**
 * TREC_RECORD_COUNTERS. Protocol, Limits: written and synced before the reply that lets a guess
 * be checked.
 *
 * RANDOM, PRESET: tag is the salt of the secret that is counted. A record whose tag is not that
 * of the secret in force belongs to a dead secret and counts nothing. wrong goes up with every
 * attempt that begins and down again, by that one, when its confirmP was right. step is how many
 * freezes were imposed, frozen_at the moment the present one began (by powered-on time; another
 * boot: it begins anew), frozen_ms its length. dead: too many wrong, the secret is void.
 *
 * TARGET: tag is zero; wrong counts failed confirmV against the target since the last success;
 * last_s is when the last one was.
 */
struct rec_counters {
	enum rec_counter_kind kind;
	uint8_t tag[REC_TAG_LEN];
	uint32_t wrong;
	uint32_t step;
	struct rec_moment frozen_at; /**< set: frozen */
	uint64_t frozen_ms;          /**< 0 unless frozen */
	bool dead;
	uint64_t last_s;             /**< unix time; 0: none or no trusted clock */
};

TREC_MUST_USE trec_err rec_counters_decode(struct trec_bytes in, struct rec_counters *out);
TREC_MUST_USE trec_err rec_counters_encode(const struct rec_counters *c, uint8_t *out, size_t cap,
					   size_t *n);
/**
 * The id a counters record is kept under: the kind, then zeros, or for REC_COUNTER_TARGET the
 * first 31 bytes of target_hash: SHA-256 of the URI as entered, or of the device id where it is
 * known. target_hash may be NULL for the other kinds.
 */
void rec_counters_id(enum rec_counter_kind kind, const uint8_t target_hash[MSG_HASH_LEN],
		     uint8_t id[TREC_ID_LEN]);

/** TREC_RECORD_SEEN, under the issuer's device id: statements that must not come again. */
struct rec_seen {
	struct {
		uint8_t cti[REC_CTI_LEN];
		uint64_t exp_s; /**< unix time after which it need not be remembered; not 0 */
	} entry[REC_SEEN_COUNT];
	size_t count; /**< at least 1 in a record */
};

TREC_MUST_USE trec_err rec_seen_decode(struct trec_bytes in, struct rec_seen *out);
TREC_MUST_USE trec_err rec_seen_encode(const struct rec_seen *s, uint8_t *out, size_t cap,
				       size_t *n);

/**
 * TREC_RECORD_CARRIED, under the peer's device id: what an introducer signed for that peer about
 * this device, to be shown at the next dial.
 */
struct rec_carried {
	struct trec_bytes statement; /**< 1 to REC_STATEMENT_MAX bytes; decoded: views the input */
};

TREC_MUST_USE trec_err rec_carried_decode(struct trec_bytes in, struct rec_carried *out);
TREC_MUST_USE trec_err rec_carried_encode(const struct rec_carried *c, uint8_t *out, size_t cap,
					  size_t *n);

/** TREC_RECORD_SUCCESSION, under 32 zero bytes: this device's last successions, oldest first. */
struct rec_chain {
	uint64_t sequence; /**< of the last link */
	struct trec_bytes link[REC_LINKS_MAX]; /**< as struct rec_carried */
	size_t count;      /**< at least 1 */
};

TREC_MUST_USE trec_err rec_chain_decode(struct trec_bytes in, struct rec_chain *out);
TREC_MUST_USE trec_err rec_chain_encode(const struct rec_chain *c, uint8_t *out, size_t cap,
					size_t *n);

/**
 * TREC_RECORD_NOTICE, under the first 16 bytes of the issuer's device id and the statement's cti:
 * a tombstone that concerns nobody here, kept to be passed on.
 */
struct rec_notice {
	uint64_t number;             /**< ascending in the order in which they came; not 0 */
	uint64_t exp_s;              /**< unix time */
	struct trec_bytes statement; /**< as struct rec_carried */
};

TREC_MUST_USE trec_err rec_notice_decode(struct trec_bytes in, struct rec_notice *out);
TREC_MUST_USE trec_err rec_notice_encode(const struct rec_notice *r, uint8_t *out, size_t cap,
					 size_t *n);

#define REC_MARK_LEN 8

/**
 * TREC_RECORD_RECOGNITION, under 32 zero bytes: this device's recognition key and the mark that
 * tells it from those before and after it. Under a peer's device id: the key that the peer told,
 * and the mark of the own key that it was told, or may have been. Holds a secret: the owner wipes
 * it.
 */
struct rec_recognition {
	bool has_key; /**< at least one of both is there */
	uint8_t key[MSG_RECOGNITION_LEN];
	bool has_mark;
	uint8_t mark[REC_MARK_LEN];
	bool heard; /**< the peer said that it has the key of that mark */
};

TREC_MUST_USE trec_err rec_recognition_decode(struct trec_bytes in, struct rec_recognition *out);
TREC_MUST_USE trec_err rec_recognition_encode(const struct rec_recognition *r, uint8_t *out,
					      size_t cap, size_t *n);

#endif
