/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a store in memory for tests of the layers above the keystore. It keeps the
 * promises of trec/store.h (all changes or none, ids in order) and can fail or lose power at any
 * commit, so that a test can ask what a crash there leaves behind.
 */
#ifndef TREC_TESTS_MEM_STORE_H
#define TREC_TESTS_MEM_STORE_H

#include <trec/env.h>
#include <trec/store.h>

struct crypto_key;
struct mem_row;

enum mem_fault {
	MEM_FAULT_NONE,
	MEM_FAULT_FULL,         /* the commit answers TREC_E_NO_SPACE; later ones work */
	MEM_FAULT_FAIL,         /* the commit answers TREC_E_IO, nothing changed; later ones work */
	MEM_FAULT_CRASH_BEFORE, /* power lost before it: nothing changed */
	MEM_FAULT_CRASH_AFTER   /* power lost after it: all changed, but the caller never hears */
};

struct mem_store {
	struct trec_store store; /* hand &m->store to the code under test */
	const struct trec_env *env; /* makes renewed keys; NULL: the default one */
	struct trec_own own;     /* what own() answers; TREC_E_STATE while signer is NULL */
	struct trec_signer signer; /* the one handed out: stays where it is at a renewal */
	struct crypto_key *key;  /* once renewed */
	uint8_t cert[TREC_CERT_MAX];
	struct mem_row *rows;    /* ascending by type, id */
	size_t commits;          /* commits acknowledged so far */
	size_t calls;            /* commits asked for so far */
	size_t fault_at;         /* the commit call (1 = the next one ever) that is hit; 0: none */
	enum mem_fault fault;
	bool down;               /* crashed: every call answers TREC_E_IO until restart */
};

/* own may be NULL; views in it must outlive the store. NULL when out of memory. */
struct mem_store *mem_store_new(const struct trec_own *own);
void mem_store_free(struct mem_store **m);
/* The n-th commit from now on (1 = the next) meets the fault. */
void mem_store_fault(struct mem_store *m, size_t n, enum mem_fault fault);
/* Power is back: what was committed is there, faults are disarmed. */
void mem_store_restart(struct mem_store *m);
/* Makes the records of one those of the other. False: out of memory, nothing changed. */
bool mem_store_copy(struct mem_store *to, const struct mem_store *from);
/* Records of that type; 0 for type 0 means all. */
size_t mem_store_count(const struct mem_store *m, trec_record type);
/* Whether any record's bytes or id contain the needle. */
bool mem_store_contains(const struct mem_store *m, struct trec_bytes needle);
/* Same records with the same bytes. */
bool mem_store_equal(const struct mem_store *a, const struct mem_store *b);

#endif
