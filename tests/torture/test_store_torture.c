/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about every allocation failing in turn, the library's and wolfSSL's, alone and with all
 * that follow, in the life of a store on disk: made, opened, written, read, deleted from, with a
 * key file and with a passphrase. What was acknowledged is there afterwards, what was deleted is
 * not, a store that was never made can be made, and all memory comes back.
 *
 * One run again: TREC_MEMORY='passphrase wolfssl 67 once' tests/torture/test_store_torture
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/store_dir.h"
#include "tests/lib/suite.h"
#include "tests/torture/heap.h"

#define PEERS 3
#define MOST 20000
#define STEPS 50 /* allocations inside wolfSSL that fail, of each store and mode */

struct fault {
	trec_provider provider;
	bool in_wolfssl;
	uint64_t nth;
	bool on;
};

/* A life of a store, and how far it came. */
struct life {
	struct fault_env f;
	struct store_dir dir;
	struct trec_keystore *ks;
	bool made;
	bool put[PEERS], tried_put[PEERS];
	bool deleted, tried_delete;
};

static int no_sync(void *ctx, int fd)
{
	(void)ctx;
	(void)fd;
	return 0;
}

static void begin(struct life *l, trec_provider provider)
{
	memset(l, 0, sizeof(*l));
	fault_env_init(&l->f, 3);
	l->f.env.scrypt_log_n_max = 10;
	l->f.env.io.sync = no_sync;
	store_dir_begin(&l->dir);
	l->dir.options.provider = provider;
	if (provider == TREC_PROVIDER_PASSPHRASE)
		l->dir.options.passphrase = trec_bytes((const uint8_t *)"a long word", 11);
}

static struct trec_change change(int nth, bool remove)
{
	static const uint8_t data[700] = "the record of a peer";
	struct trec_change c = { .type = TREC_RECORD_PEER, .remove = remove };

	memset(c.id, nth + 1, sizeof(c.id));
	if (!remove)
		c.data = trec_bytes(data, sizeof(data));
	return c;
}

static bool commit(struct life *l, int nth, bool remove)
{
	struct trec_store *s = trec_keystore_store(l->ks);
	struct trec_change c = change(nth, remove);

	return s->ops->commit(s, &c, 1) == TREC_OK;
}

/* Whether peer nth is there as it was put; TREC_E_STATE: it is, but differs. */
static trec_err look(struct life *l, int nth, bool *found)
{
	static uint8_t got[TREC_RECORD_MAX];
	struct trec_store *s = trec_keystore_store(l->ks);
	struct trec_change c = change(nth, false);
	size_t n = 0;
	trec_err err = s->ops->get(s, c.type, c.id, got, sizeof(got), &n, found);

	if (err == TREC_OK && *found && (n != c.data.n || memcmp(got, c.data.p, n) != 0))
		return TREC_E_STATE;
	return err;
}

/* As much as can be done. */
static void live(struct life *l)
{
	bool found;

	l->made = trec_keystore_create(&l->f.env, &l->dir.options, "lamp", TREC_KEY_P256, &l->ks) ==
		  TREC_OK;
	for (int i = 0; i < PEERS && l->ks != NULL; i++) {
		l->tried_put[i] = true;
		l->put[i] = commit(l, i, false);
	}
	trec_keystore_close(&l->ks);
	if (trec_keystore_open(&l->f.env, &l->dir.options, &l->ks) != TREC_OK)
		return;
	for (int i = 0; i < PEERS; i++)
		(void)!look(l, i, &found);
	l->tried_delete = true;
	l->deleted = commit(l, 0, true);
	trec_keystore_close(&l->ks);
}

/* Memory is there again: what was acknowledged is so, the rest is so or not. */
static bool stands(struct life *l)
{
	trec_err err = trec_keystore_open(&l->f.env, &l->dir.options, &l->ks);
	bool fine = true;
	bool found = false;

	if (err != TREC_OK && !l->made)
		err = trec_keystore_create(&l->f.env, &l->dir.options, "lamp", TREC_KEY_P256,
					   &l->ks);
	if (err != TREC_OK) {
		printf("the store is lost: %s\n", trec_err_name(err));
		return false;
	}
	for (int i = 0; i < PEERS; i++) {
		bool must = l->put[i] && !(i == 0 && l->tried_delete);
		bool may = l->tried_put[i] && !(i == 0 && l->deleted);

		fine = fine && look(l, i, &found) == TREC_OK && (!must || found) && (may || !found);
	}
	fine = fine && commit(l, 1, false) && commit(l, 2, true);
	trec_keystore_close(&l->ks);
	if (!fine)
		printf("the store holds something else than was acknowledged\n");
	return fine;
}

static bool run(const struct fault *f, bool *met, uint64_t *calls)
{
	struct heap_use before = heap_now();
	struct heap_countdown c = { .left = f->nth, .on = f->on };
	static struct life l;
	bool fine;

	begin(&l, f->provider);
	if (f->in_wolfssl) {
		crypto_alloc_gate(heap_verdict, &c);
	} else {
		l.f.fail_alloc = f->nth;
		l.f.fail_on = f->on;
	}
	live(&l);
	crypto_alloc_gate(NULL, NULL);
	l.f.fail_alloc = FAULT_NEVER;
	l.f.fail_on = false;
	*met = f->in_wolfssl ? c.fired : l.f.fired > 0;
	*calls = f->in_wolfssl ? c.calls : l.f.allocs;
	fine = (*met || (l.made && l.deleted && l.put[PEERS - 1])) && stands(&l);
	store_dir_end(&l.dir);
	fine = fault_env_clean(&l.f) && heap_now().bytes == before.bytes && fine;
	if (!fine)
		printf("again: TREC_MEMORY='%s %s %llu %s' tests/torture/test_store_torture\n",
		       f->provider == TREC_PROVIDER_KEYFILE ? "keyfile" : "passphrase",
		       f->in_wolfssl ? "wolfssl" : "library", (unsigned long long)f->nth,
		       f->on ? "on" : "once");
	return fine;
}

static void each(trec_provider provider, bool in_wolfssl)
{
	struct fault f = { provider, in_wolfssl, MOST * 10, false };
	uint64_t all = 0;
	uint64_t step;
	bool met;

	CU_ASSERT(run(&f, &met, &all));
	CU_ASSERT(!met && all > 5 && all < MOST);
	step = in_wolfssl && all > STEPS ? all / STEPS : 1;
	for (int on = 0; on < 2; on++) {
		uint64_t unused;

		f.on = on != 0;
		for (f.nth = 0, met = true; met && f.nth < MOST; f.nth += step)
			CU_ASSERT(run(&f, &met, &unused));
		CU_ASSERT(!met);
	}
}

static void c631_f_no_memory_at_any_point_loses_nothing_acknowledged(void)
{
	each(TREC_PROVIDER_KEYFILE, false);
	each(TREC_PROVIDER_PASSPHRASE, false);
}

static void c631_f_no_memory_inside_wolfssl_loses_nothing_acknowledged(void)
{
	each(TREC_PROVIDER_KEYFILE, true);
	each(TREC_PROVIDER_PASSPHRASE, true);
}

/* This test can fail. */
static void what_is_lost_or_comes_back_is_noticed(void)
{
	static struct life l;

	for (int lie = 0; lie < 3; lie++) {
		begin(&l, TREC_PROVIDER_KEYFILE);
		live(&l);
		if (lie == 0)
			l.deleted = l.tried_delete = false; /* as if nobody had deleted it */
		else if (lie == 1)
			l.tried_put[2] = l.put[2] = false; /* as if nobody had put it */
		CU_ASSERT_EQUAL(stands(&l), lie == 2);
		store_dir_end(&l.dir);
		CU_ASSERT(fault_env_clean(&l.f));
	}
}

/* TREC_MEMORY='PROVIDER PLACE NTH once|on' */
static void the_run_of_trec_memory_is_fine(void)
{
	char provider[16] = "", place[16] = "", mode[8] = "";
	unsigned long long nth = 0;
	struct fault f = { .nth = 0 };
	uint64_t calls;
	bool met;

	CU_ASSERT_EQUAL_FATAL(
		sscanf(getenv("TREC_MEMORY"), "%15s %15s %llu %7s", provider, place, &nth, mode),
		4);
	f.provider =
		strcmp(provider, "keyfile") == 0 ? TREC_PROVIDER_KEYFILE : TREC_PROVIDER_PASSPHRASE;
	f.in_wolfssl = strcmp(place, "wolfssl") == 0;
	f.nth = nth;
	f.on = strcmp(mode, "on") == 0;
	CU_ASSERT(run(&f, &met, &calls));
	CU_ASSERT(met);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_f_no_memory_at_any_point_loses_nothing_acknowledged),
	SUITE_CASE(c631_f_no_memory_inside_wolfssl_loses_nothing_acknowledged),
	SUITE_CASE(what_is_lost_or_comes_back_is_noticed),
};

static const struct suite_case only[] = {
	SUITE_CASE(the_run_of_trec_memory_is_fine),
};

int main(void)
{
	int status;

	if (crypto_init() != TREC_OK)
		return EXIT_FAILURE;
	if (getenv("TREC_MEMORY") != NULL)
		status = suite_main("store torture, one run", only, BASE_COUNT(only));
	else
		status = suite_main("store torture", cases, BASE_COUNT(cases));
	crypto_done();
	return status;
}
