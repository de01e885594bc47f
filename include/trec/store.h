/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the seam between the protocol engine and whatever keeps its records. The
 * engine knows records by type and id and asks for atomic commits; libtrec's own keystore
 * (trec/keystore.h) is one implementation, a test's in-memory table another, a server's
 * database a third.
 */
#ifndef TREC_STORE_H
#define TREC_STORE_H

#include <trec/identity.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a record is. Contents: docs/STORE-FORMAT.md. */
typedef enum trec_record {
	TREC_RECORD_OWN = 1,         /**< this device's TREC; only the store itself reads it */
	TREC_RECORD_PEER = 2,        /**< a peer's TREC in force; id = device id */
	TREC_RECORD_UNCONFIRMED = 3, /**< a half pairing (protocol: unconfirmed); id = device id */
	TREC_RECORD_PRESET = 4,      /**< verifier of the preset PIN; id = zeros */
	TREC_RECORD_COUNTERS = 5,    /**< attempt counters; id = see codec/record.h */
	TREC_RECORD_TOMBSTONE = 6,   /**< a dissolved peer; id = SHA-256 of the device id */
	TREC_RECORD_SEEN = 7,        /**< replay memory of statements; id = the issuer's */
	TREC_RECORD_ACCOUNT = 8,     /**< third-party account state */
	TREC_RECORD_CARRIED = 9,     /**< a statement about this device for a peer; id = its id */
	TREC_RECORD_SUCCESSION = 10, /**< this device's own successions; id = zeros */
	TREC_RECORD_NOTICE = 11,     /**< a peer's tombstone to pass on; see codec/record.h */
	TREC_RECORD_LAST = TREC_RECORD_NOTICE
} trec_record;

#define TREC_RECORD_MAX 15360 /**< bytes of a record: 16 slots less what sealing needs */

/** One change of a commit. data is borrowed during the call; remove ignores it. */
struct trec_change {
	trec_record type;
	uint8_t id[TREC_ID_LEN];
	bool remove;
	struct trec_bytes data;
};

/** This device as its store knows it. Views and signer stay valid as long as the store. */
struct trec_own {
	struct trec_id id;
	char name[TREC_NAME_MAX + 1];
	struct trec_bytes cert; /**< DER */
	const struct trec_signer *signer;
};

struct trec_store;

/** Implementation of a store. Calls on one store are never concurrent. */
struct trec_store_ops {
	/** Own identity. */
	trec_err (*own)(struct trec_store *s, struct trec_own *out);
	/** Copies a record's bytes; TREC_E_NO_SPACE if cap is too small. Absence is no error. */
	trec_err (*get)(struct trec_store *s, trec_record type, const uint8_t id[TREC_ID_LEN],
			uint8_t *out, size_t cap, size_t *n, bool *found);
	/** Id of the first record of that type greater than *after, or the very first if NULL. */
	trec_err (*next)(struct trec_store *s, trec_record type, const uint8_t *after,
			 uint8_t id[TREC_ID_LEN], bool *found);
	/** All changes or none, durable when it returns. Removing what is absent is no error. */
	trec_err (*commit)(struct trec_store *s, const struct trec_change *changes, size_t n);
};

/** A store: implementations embed this first in their own struct. */
struct trec_store {
	const struct trec_store_ops *ops;
};

#ifdef __cplusplus
}
#endif
#endif
