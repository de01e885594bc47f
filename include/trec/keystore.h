/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: libtrec's own store on disk (docs/STORE-FORMAT.md): a directory of mode 0700
 * with one encrypted file whose deletions overwrite what they delete. It implements the seam of
 * trec/store.h; engine calls take trec_keystore_store(), everything that concerns the file, its
 * key and its directory is here.
 */
#ifndef TREC_KEYSTORE_H
#define TREC_KEYSTORE_H

#include <trec/env.h>
#include <trec/store.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TREC_WHY_LEN 1280          /**< room for the longest explanation, NUL counted */
#define TREC_PASSPHRASE_MAX 1024   /**< bytes of a passphrase */
#define TREC_CONTROL_PATH_LEN 40   /**< room for the path of a control socket, NUL counted */

/** Where the key that wraps the store's own key comes from. */
typedef enum trec_provider {
	TREC_PROVIDER_KEYFILE = 1,   /**< 32 raw bytes in a file or a systemd credential */
	TREC_PROVIDER_PASSPHRASE = 2 /**< scrypt over a passphrase */
} trec_provider;

/** How to find and open a store. Everything is borrowed during the call only. */
struct trec_keystore_options {
	const char *dir; /**< the store's directory */
	/** Used by create; open and peek read it from the store. 0 means keyfile. */
	trec_provider provider;
	/** For TREC_PROVIDER_PASSPHRASE: 1 to TREC_PASSPHRASE_MAX bytes, taken as they are. */
	struct trec_bytes passphrase;
	/**
	 * For TREC_PROVIDER_KEYFILE: file of 32 raw bytes. NULL: $CREDENTIALS_DIRECTORY/trec.kek
	 * where that exists, else `key` in dir, which create makes.
	 */
	const char *key_file;
	/** NULL, or TREC_WHY_LEN bytes that receive what was wrong and what to do: names the path
	 *  and the command that mends it. Empty on success. */
	char *why;
};

struct trec_keystore;

/**
 * Makes the store, a new own key of that algorithm and its certificate, and opens it. The
 * directory and missing parents are made with mode 0700; an existing one must be empty or hold
 * what an interrupted create left, which is completed. Blocks: scrypt, key generation, sync.
 * name: 1 to TREC_NAME_MAX bytes of printable UTF-8.
 * TREC_E_EXISTS: there is a store, nothing was changed. TREC_E_STORE_MODE, TREC_E_BAD_NAME,
 * TREC_E_USAGE, TREC_E_UNSUPPORTED, TREC_E_STORE_BUSY, TREC_E_NO_SPACE, TREC_E_READ_ONLY,
 * TREC_E_IO, TREC_E_RANDOM, TREC_E_CRYPTO, TREC_E_NO_MEMORY.
 */
TREC_API TREC_MUST_USE trec_err trec_keystore_create(const struct trec_env *env,
						     const struct trec_keystore_options *options,
						     const char *name, trec_key_alg alg,
						     struct trec_keystore **out);
/**
 * Opens a store, takes its lock and finishes what an interrupted commit left. Blocks: scrypt
 * with a passphrase, sync. *out keeps env; one thread at a time.
 * TREC_E_NO_STORE, TREC_E_STORE_MODE, TREC_E_STORE_BUSY (another process holds the lock: use its
 * control socket), TREC_E_WRONG_PASSPHRASE (or key file), TREC_E_STORE_CORRUPT, TREC_E_VERSION,
 * TREC_E_USAGE (no passphrase given), TREC_E_IO, TREC_E_NO_MEMORY, TREC_E_CRYPTO.
 */
TREC_API TREC_MUST_USE trec_err trec_keystore_open(const struct trec_env *env,
						   const struct trec_keystore_options *options,
						   struct trec_keystore **out);
/** Wipes the keys, drops the lock, frees; NULL is fine; the caller's pointer becomes NULL. */
TREC_API void trec_keystore_close(struct trec_keystore **ks);

/** The records, for the engine. Borrowed from ks. */
TREC_API struct trec_store *trec_keystore_store(struct trec_keystore *ks);
/** Changes this device's own name, durably. TREC_E_BAD_NAME, errors of a commit. */
TREC_API TREC_MUST_USE trec_err trec_keystore_rename(struct trec_keystore *ks, const char *name);

/**
 * Which provider a store needs, without its key and without its lock, so that a program knows
 * whether to ask for a passphrase. TREC_E_NO_STORE, TREC_E_STORE_MODE, TREC_E_STORE_CORRUPT,
 * TREC_E_VERSION, TREC_E_IO.
 */
TREC_API TREC_MUST_USE trec_err trec_keystore_peek(const struct trec_env *env,
						   const struct trec_keystore_options *options,
						   trec_provider *out);

/**
 * Opens the store's directory after the same checks as open, without the lock: a descriptor
 * (close on exec) which the caller closes. TREC_E_NO_STORE, TREC_E_STORE_MODE, TREC_E_IO.
 */
TREC_API TREC_MUST_USE trec_err trec_keystore_directory(const struct trec_keystore_options *options,
							int *dirfd);
/** Descriptor of the open store's directory; borrowed, valid until close. */
TREC_API int trec_keystore_dirfd(const struct trec_keystore *ks);
/**
 * Path of the control socket in the directory behind dirfd, short enough for sun_path whatever
 * the directory's own path: /proc/self/fd/N/control. Valid while dirfd is open.
 */
TREC_API void trec_keystore_control_path(int dirfd, char out[TREC_CONTROL_PATH_LEN]);

/** What becomes of the old bytes when the store overwrites them in place. */
typedef enum trec_overwrite {
	TREC_OVERWRITE_IN_PLACE = 1,  /**< the file system writes them where they were */
	TREC_OVERWRITE_JOURNALED = 2, /**< so, but a journal keeps copies for a while */
	TREC_OVERWRITE_COPIED = 3,    /**< copy-on-write: the old blocks stay until reused */
	TREC_OVERWRITE_SHARED = 4,    /**< a snapshot or clone still shares the file's blocks */
	TREC_OVERWRITE_VOLATILE = 5,  /**< memory only; gone with the power */
	TREC_OVERWRITE_UNKNOWN = 6    /**< a file system not known to this library */
} trec_overwrite;

/** State of an open store. All text is static or inside the struct. */
struct trec_keystore_info {
	trec_provider provider;
	unsigned level;            /**< 0: key file beside the store, 1: passphrase */
	const char *level_text;    /**< what that protects against, one sentence */
	const char *key_source;    /**< "key file", "credential" or "passphrase" */
	char filesystem[24];       /**< "ext4", "btrfs", ... or the magic number in hex */
	trec_overwrite overwrite;
	const char *covers;        /**< what a deletion guarantees here, one sentence */
	const char *not_covered;   /**< what it does not, one sentence; never empty */
	const char *arena;         /**< "secretmem", "locked" or "plain" */
	bool read_only;            /**< a write failed; open again after mending the disk */
	uint64_t generation;       /**< grows by one with every commit */
	size_t records[TREC_RECORD_LAST + 1]; /**< how many, by enum trec_record */
	size_t slots;              /**< 1 KiB each */
	size_t slots_free;
	uint64_t file_bytes;
};

/** Fills *out. Asks the file system anew each time (snapshots come and go). */
TREC_API void trec_keystore_info(const struct trec_keystore *ks, struct trec_keystore_info *out);

#ifdef __cplusplus
}
#endif
#endif
