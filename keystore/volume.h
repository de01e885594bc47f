/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the store file as a thing that can be opened, read and committed to, over any
 * descriptor that env->io understands. It knows nothing of directories, key providers or
 * devices, so the disk simulator of the tests drives this very code.
 */
#ifndef TREC_KEYSTORE_VOLUME_H
#define TREC_KEYSTORE_VOLUME_H

#include "keystore/format.h"

/*
 * What a commit does, one step after the other (docs/STORE-FORMAT.md, Commit). The order is data
 * so that the tests can run wrong orders and show that they would be noticed.
 */
enum ks_step {
	KS_STEP_END,
	KS_STEP_EXTEND,       /* growth only: the file gets longer, new slots are filled */
	KS_STEP_SLOTS,        /* new records into slots nothing refers to */
	KS_STEP_TABLE,        /* new table over the older copy's, or in the new area */
	KS_STEP_HEADER,       /* that copy's header: refers to all of the above */
	KS_STEP_ADOPT,        /* in memory: from here on the commit has happened */
	KS_STEP_ERASE,        /* dead slots, and after growth the old tables, are overwritten */
	KS_STEP_OTHER_TABLE,  /* the other copy is brought up to date */
	KS_STEP_OTHER_HEADER, /* and so destroys the old table key */
	KS_STEP_SYNC,
	KS_STEP_SYNC_RECORDS, /* a sync that may be left out where no record was written */
	KS_STEP_SYNC_ERASED   /* a sync that may be left out where nothing was erased */
};

extern const enum ks_step ks_commit_order[];
extern const enum ks_step ks_recover_order[];

struct ks_volume {
	const struct trec_env *env;
	int fd;
	struct ks_header head;         /* of the newest commit */
	unsigned active;               /* the copy that was written first by it */
	struct ks_index index;
	uint8_t *kek;                  /* arena */
	uint8_t *mask;                 /* arena; see index.h */
	bool read_only;
	bool recovered;                /* opening found and finished an interrupted commit */
	const enum ks_step *commit_order;
	const enum ks_step *recover_order;
};

/* Everything a commit has ready before it touches the file. */
struct ks_plan {
	struct ks_header head;  /* as it will be; copy is set when written */
	struct ks_index index;
	bool grows;
	uint8_t *use;           /* per slot of the new layout: KS_USE_* */
	uint8_t *sealed;        /* the records' slots, one after the other */
	size_t sealed_bytes;
	uint32_t *target;       /* the slot each of them goes to */
	size_t targets;
	uint8_t *table;         /* head.table_bytes + CRYPTO_TAG_LEN */
	uint8_t *tk;            /* arena */
	bool erased;            /* something was overwritten since the last sync */
};

enum {
	KS_USE_OLD = 1,   /* a record of the commit before is there */
	KS_USE_NEW = 2,   /* a record of this commit is there */
	KS_USE_DEAD = 4,  /* to be overwritten: written or table area, no longer referred to */
	KS_USE_CLOSED = 8 /* not to be given to a record in this commit */
};

/* Gives the key-encryption key for a header's provider and parameters. */
struct ks_unlocker {
	trec_err (*unlock)(void *ctx, const struct ks_header *h, uint8_t kek[CRYPTO_KEY_LEN]);
	void *ctx;
};

/* env, fd and arena memory; to be ended by ks_volume_done whatever follows. */
TREC_MUST_USE trec_err ks_volume_init(struct ks_volume *v, const struct trec_env *env, int fd);
/* Wipes and frees; the descriptor stays open. */
void ks_volume_done(struct ks_volume *v);
/*
 * Writes an empty store into an empty file. h: uuid, slots, provider, params. Durable on return.
 * TREC_E_NO_SPACE, TREC_E_IO, TREC_E_RANDOM, TREC_E_CRYPTO, TREC_E_NO_MEMORY.
 */
TREC_MUST_USE trec_err ks_volume_create(struct ks_volume *v, const struct ks_header *h,
					const uint8_t kek[CRYPTO_KEY_LEN]);
/*
 * Reads the newest copy that is whole, then finishes what was interrupted unless read_only is
 * set; if that fails the volume is read-only. TREC_E_STORE_CORRUPT, TREC_E_VERSION,
 * TREC_E_WRONG_PASSPHRASE, TREC_E_IO, TREC_E_NO_MEMORY, errors of the unlocker.
 */
TREC_MUST_USE trec_err ks_volume_open(struct ks_volume *v, const struct ks_unlocker *u);
/* The first header that is of this format, without a key. TREC_E_STORE_CORRUPT, TREC_E_VERSION. */
TREC_MUST_USE trec_err ks_volume_peek(struct ks_volume *v, struct ks_header *out);
/* As trec_store_ops.get, .next and .commit; TREC_RECORD_OWN is a record like any other. */
TREC_MUST_USE trec_err ks_volume_get(struct ks_volume *v, trec_record type, const uint8_t *id,
				     uint8_t *out, size_t cap, size_t *n, bool *found);
bool ks_volume_next(const struct ks_volume *v, trec_record type, const uint8_t *after,
		    uint8_t id[TREC_ID_LEN]);
TREC_MUST_USE trec_err ks_volume_commit(struct ks_volume *v, const struct trec_change *changes,
					size_t n);
/* Slots no record lies in. */
size_t ks_volume_free_slots(const struct ks_volume *v);

/* plan.c: decides what the commit will write, seals it all; nothing is written yet. *changed is
 * false if there is nothing to do. */
TREC_MUST_USE trec_err ks_plan_make(const struct ks_volume *v, const struct trec_change *changes,
				    size_t n, struct ks_plan *p, bool *changed);
/*
 * The plan that writes the state as it is, whole: to bring both copies to it (tk is the table
 * key found there) or to write a new store (NULL).
 */
TREC_MUST_USE trec_err ks_plan_whole(const struct ks_volume *v, const uint8_t *tk,
				     struct ks_plan *p);
void ks_plan_free(const struct trec_env *env, struct ks_plan *p);
/* commit.c: runs the steps. */
TREC_MUST_USE trec_err ks_plan_run(struct ks_volume *v, struct ks_plan *p,
				   const enum ks_step *order);

/* blockio.c: whole transfers; EINTR and short ones are carried on. */
TREC_MUST_USE trec_err ks_read(const struct ks_volume *v, uint64_t at, uint8_t *out, size_t n);
TREC_MUST_USE trec_err ks_write(const struct ks_volume *v, uint64_t at, const uint8_t *p, size_t n);
TREC_MUST_USE trec_err ks_sync(const struct ks_volume *v);
TREC_MUST_USE trec_err ks_size(const struct ks_volume *v, uint64_t *size);
TREC_MUST_USE trec_err ks_extend(const struct ks_volume *v, uint64_t size);
/* n bytes at `at` become random, in pieces. */
TREC_MUST_USE trec_err ks_fill(const struct ks_volume *v, uint64_t at, uint64_t n);

#endif
