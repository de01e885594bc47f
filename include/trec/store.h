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
	TREC_RECORD_RECOGNITION = 12, /**< to recognise a peer by; own: id zeros */
	TREC_RECORD_LAST = TREC_RECORD_RECOGNITION
} trec_record;

#define TREC_RECORD_MAX 15360 /**< bytes of a record: 16 slots less what sealing needs */

/** One change of a commit. data is borrowed during the call; remove ignores it. */
struct trec_change {
	trec_record type;
	uint8_t id[TREC_ID_LEN];
	bool remove;
	struct trec_bytes data;
};

/**
 * This device as its store knows it. The signer stays valid as long as the store and always signs
 * with the key in force; the view stays valid until the key is renewed.
 */
struct trec_own {
	struct trec_id id;
	char name[TREC_NAME_MAX + 1];
	struct trec_bytes cert; /**< DER */
	const struct trec_signer *signer;
};

struct trec_store;

/**
 * What a store asks while it renews its key: both are whole and sign, nothing is stored yet. The
 * change it fills is committed with the new key; what its data views must stay until renew
 * returns. An error ends the renewal, and the old key stays.
 */
typedef trec_err (*trec_renewal)(void *ctx, const struct trec_own *old, const struct trec_own *now,
				 struct trec_change *extra);

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
	/**
	 * Makes a new own key of that kind, name kept, and puts it in the old one's place together
	 * with the change that `sign` fills: one commit. The old private key is overwritten like
	 * anything deleted. Nobody may use the signer meanwhile. After an error own() says which
	 * of the two is in force; only a store that is read-only from there on can have renewed.
	 * NULL: a store that cannot.
	 */
	trec_err (*renew)(struct trec_store *s, trec_key_alg alg, trec_renewal sign, void *ctx);
};

/** A store: implementations embed this first in their own struct. */
struct trec_store {
	const struct trec_store_ops *ops;
};

#ifdef __cplusplus
}
#endif
#endif
