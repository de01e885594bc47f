/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See killed_store.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "tests/lib/killed_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keystore/keystore.h"
#include "tests/lib/strace_rig.h"

#define RECORDS 12 /* numbers below are records, from FILLER on fillers */
#define FILLER 100
#define BEFORE 3   /* 1 to BEFORE are there at first */

static const struct killed_op ops[] = {
	{ .name = "init", .create = true },
	{ .name = "init_with_passphrase", .create = true, .passphrase = true },
	{ .name = "put", .change = { { 9, false } }, .changes = 1 },
	{ .name = "replace", .change = { { 1, false } }, .changes = 1 },
	{ .name = "delete", .change = { { 1, true } }, .changes = 1 },
	/* As parting does: a record goes, a tombstone comes, another changes. */
	{ .name = "part", .change = { { 1, true }, { 9, false }, { 2, false } }, .changes = 3 },
	{ .name = "grow",
	  .crowded = true,
	  .change = { { 9, false }, { 10, false }, { 1, true } },
	  .changes = 3 },
	{ .name = "rename", .rename = "another name" },
	{ .name = "renew", .renew = true, .change = { { 9, false } }, .changes = 1 },
	{ .name = "recover",
	  .recover = true,
	  .change = { { 1, true }, { 9, false }, { 2, false } },
	  .changes = 3 },
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "killed_store: %s\n", what);
	abort();
}

const struct killed_op *killed_op_find(const char *name)
{
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
		if (strcmp(ops[i].name, name) == 0)
			return &ops[i];
	return NULL;
}

/* Full cost would make a passphrase a matter of seconds. */
static const struct trec_env *quick(void)
{
	static struct trec_env env;

	env = *trec_env_default();
	env.scrypt_log_n_max = 10;
	return &env;
}

static void protect(struct trec_keystore_options *o, const struct killed_op *op)
{
	if (!op->passphrase)
		return;
	o->provider = TREC_PROVIDER_PASSPHRASE;
	o->passphrase = trec_bytes("correct horse", 13);
}

static size_t size_of(unsigned long seed, unsigned n, unsigned salt)
{
	static const size_t fixed[RECORDS] = { [1] = 1500, [2] = 10, [3] = 700, [9] = 1100 };

	if (n >= FILLER)
		return 0;
	if (seed == 0)
		return fixed[n] + salt;
	return (size_t)((seed * 2654435761UL + n * 40503UL + salt * 977UL) >> 7) % 4000;
}

static void id_of(unsigned n, uint8_t id[TREC_ID_LEN])
{
	memset(id, (int)(n % 251), TREC_ID_LEN);
	base_put32(id + 4, n);
}

static struct trec_change put(unsigned long seed, unsigned n, unsigned salt)
{
	static uint8_t data[4][TREC_RECORD_MAX];
	static unsigned turn;
	struct trec_change c = { .type = TREC_RECORD_PEER };
	uint8_t *p = data[turn++ % 4];
	size_t size = size_of(seed, n, salt);

	id_of(n, c.id);
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(n * 31 + salt * 17 + i * 5 + (i >> 7));
	c.data = trec_bytes(p, size);
	return c;
}

static trec_err fill(void *ctx, const struct trec_own *old, const struct trec_own *now,
		     struct trec_change *extra)
{
	const struct trec_change *c = ctx;

	*extra = *c;
	return memcmp(&old->id, &now->id, sizeof old->id) == 0 ? TREC_E_INTERNAL : TREC_OK;
}

/* The operation's changes, of at most three. */
static trec_err apply(struct trec_keystore *ks, const struct killed_op *op, unsigned long seed,
		      unsigned count)
{
	struct trec_store *s = trec_keystore_store(ks);
	struct trec_change c[3];

	if (op->rename != NULL)
		return trec_keystore_rename(ks, op->rename);
	for (unsigned i = 0; i < count; i++) {
		c[i] = put(seed, op->change[i].n, 2);
		c[i].remove = op->change[i].remove;
	}
	return op->renew ? s->ops->renew(s, TREC_KEY_ED25519, fill, c)
			 : s->ops->commit(s, c, count);
}

int killed_op_run(const struct killed_op *op, unsigned long seed, const char *dir)
{
	struct trec_keystore_options o = { .dir = dir };
	struct trec_keystore *ks = NULL;
	trec_err err;

	protect(&o, op);
	if (op->create)
		err = trec_keystore_create(quick(), &o, "a", TREC_KEY_ED25519, &ks);
	else
		err = trec_keystore_open(quick(), &o, &ks);
	/* Opening is killed in its own right, by `part`. */
	if (!op->create && !op->recover && strcmp(op->name, "part") != 0)
		strace_rig_begin();
	if (err == TREC_OK && !op->create && !op->recover)
		err = apply(ks, op, seed, op->changes);
	if (err == TREC_OK && ks->v.read_only) /* recovery did not work: nothing is promised */
		err = TREC_E_READ_ONLY;
	if (err == TREC_OK && write(STDOUT_FILENO, "done\n", 5) != 5)
		err = TREC_E_IO;
	trec_keystore_close(&ks);
	return err == TREC_OK ? 0 : 1;
}

static struct trec_keystore *open_store(struct killed_store *s)
{
	struct trec_keystore *ks;

	must(trec_keystore_open(quick(), &s->d.options, &ks) == TREC_OK, s->d.why);
	return ks;
}

static void commit(struct trec_keystore *ks, struct trec_change c)
{
	struct trec_store *s = trec_keystore_store(ks);

	must(s->ops->commit(s, &c, 1) == TREC_OK, "a commit");
}

static void sample(struct killed_store *s, uint64_t at, uint64_t n, uint64_t step)
{
	for (uint64_t i = 0; i < n; i += step) {
		must(s->ghosts < KILLED_GHOSTS && at + i + 16 <= s->store_len, "samples");
		memcpy(s->ghost[s->ghosts++], s->store + at + i, 16);
	}
}

static bool ends(const struct killed_op *op, const struct ks_entry *e)
{
	uint8_t id[TREC_ID_LEN];

	for (unsigned i = 0; i < op->changes; i++) {
		id_of(op->change[i].n, id);
		if (e->type == TREC_RECORD_PEER && memcmp(id, e->id, sizeof id) == 0)
			return true;
	}
	return (op->rename != NULL || op->renew) && e->type == TREC_RECORD_OWN;
}

/* Of the records that end, of the table that holds their keys, of that table's wrapped key. */
static void sample_all(struct killed_store *s, const struct ks_volume *v)
{
	for (size_t i = 0; i < v->index.n; i++)
		for (uint32_t k = 0; k < v->index.e[i].slot_count && ends(s->op, &v->index.e[i]);
		     k++)
			sample(s, ks_slot_at(v->index.e[i].slot[k]), KS_SLOT, 256);
	for (unsigned c = 0; c < KS_COPIES; c++) {
		uint64_t at = (uint64_t)c * KS_HEADER;

		sample(s, at + KS_HEADER_USED - KS_WRAP_LEN, 16, 16);
		sample(s, ks_table_at(v->head.slots, c), v->head.table_bytes, 512);
	}
}

/* The store's file as it is right behind the commit's own sync: the rest is for recovery. */
static void cut_short(struct killed_store *s, struct trec_keystore *ks)
{
	size_t n;

	must(apply(ks, s->op, s->seed, s->op->changes) == TREC_OK, "the commit to cut short");
	uint8_t *after = store_dir_load(&s->d, "store", &n);
	uint64_t table = ks_table_at(ks->v.head.slots, ks->v.active);
	uint64_t head = (uint64_t)ks->v.active * KS_HEADER;

	must(n == s->store_len, "a store that did not grow");
	memcpy(s->store + head, after + head, KS_HEADER);
	memcpy(s->store + table, after + table, ks->v.head.table_bytes);
	for (size_t i = 0; i < ks->v.index.n; i++)
		for (uint32_t k = 0; k < ks->v.index.e[i].slot_count; k++) {
			uint64_t at = ks_slot_at(ks->v.index.e[i].slot[k]);

			memcpy(s->store + at, after + at, KS_SLOT);
		}
	free(after);
}

/* Until only the spare slot is free. */
static void crowd(struct killed_store *s, struct trec_keystore *ks)
{
	while (ks_volume_free_slots(&ks->v) > KS_SLOTS_SPARE)
		commit(ks, put(s->seed, FILLER + (unsigned)s->fillers++, 1));
}

void killed_store_begin(struct killed_store *s, const struct killed_op *op, unsigned long seed)
{
	struct trec_keystore *ks;

	must(op != NULL, "no such operation");
	memset(s, 0, sizeof *s);
	s->op = op;
	s->seed = seed;
	store_dir_begin(&s->d);
	protect(&s->d.options, op);
	if (op->create)
		return;
	must(trec_keystore_create(quick(), &s->d.options, "a", TREC_KEY_ED25519, &ks) == TREC_OK,
	     s->d.why);
	s->id = ks->own.id;
	for (unsigned n = 1; n <= BEFORE; n++)
		commit(ks, put(seed, n, 1));
	if (op->crowded)
		crowd(s, ks);
	s->store = store_dir_load(&s->d, "store", &s->store_len);
	s->key = store_dir_load(&s->d, "key", &s->key_len);
	sample_all(s, &ks->v);
	if (op->recover)
		cut_short(s, ks);
	trec_keystore_close(&ks);
}

void killed_store_end(struct killed_store *s)
{
	store_dir_end(&s->d);
	free(s->store);
	free(s->key);
}

void killed_store_restore(struct killed_store *s)
{
	store_dir_clear(&s->d);
	if (s->op->create)
		return;
	store_dir_write(&s->d, "store", s->store, s->store_len, 0600);
	store_dir_write(&s->d, "key", s->key, s->key_len, 0600);
}

/* ---- the judge --------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static bool bad(struct killed_store *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (s->wrong[0] == '\0')
		vsnprintf(s->wrong, sizeof s->wrong, fmt, args);
	va_end(args);
	return false;
}

/* 0: not there; else with which salt it was put. */
static unsigned expected(const struct killed_op *op, unsigned n, bool after)
{
	for (unsigned i = 0; after && i < op->changes; i++)
		if (op->change[i].n == n)
			return op->change[i].remove ? 0 : 2;
	return n >= 1 && n <= BEFORE ? 1 : 0;
}

static bool holds(struct killed_store *s, struct trec_keystore *ks, bool after)
{
	static uint8_t got[TREC_RECORD_MAX];
	const char *name = after && s->op->rename != NULL ? s->op->rename : "a";
	size_t present = 1 + s->fillers;
	size_t length;
	bool found;

	for (unsigned n = 1; n < FILLER + s->fillers; n = n + 1 == RECORDS ? FILLER : n + 1) {
		unsigned salt = n >= FILLER ? 1 : expected(s->op, n, after);
		struct trec_change c = put(s->seed, n, salt);
		trec_err err = ks_volume_get(&ks->v, c.type, c.id, got, sizeof got, &length,
					     &found);

		if (err != TREC_OK)
			return bad(s, "record %u: %s", n, trec_err_name(err));
		if (found != (salt != 0) || length != (found ? c.data.n : 0) ||
		    memcmp(got, c.data.p, length) != 0)
			return false;
		present += n < FILLER && found;
	}
	return present == ks->v.index.n && strcmp(ks->own.name, name) == 0;
}

static bool no_ghosts(struct killed_store *s)
{
	size_t n;
	uint8_t *file = store_dir_load(&s->d, "store", &n);
	bool ok = true;

	for (size_t i = 0; i < s->ghosts && ok; i++)
		if (memmem(file, n, s->ghost[i], 16) != NULL)
			ok = bad(s, "sample %zu of what was deleted is still there", i);
	free(file);
	return ok;
}

static bool only_its_files(struct killed_store *s)
{
	const struct dirent *e;
	DIR *dir = opendir(s->d.path);
	bool ok = true;

	must(dir != NULL, "opendir");
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.' && strcmp(e->d_name, "store") != 0 &&
		    strcmp(e->d_name, "key") != 0 && strcmp(e->d_name, "lock") != 0)
			ok = bad(s, "a file %s is left", e->d_name);
	closedir(dir);
	return ok;
}

/* No store and the next one is made, or a whole one. */
static void judge_created(struct killed_store *s, bool acknowledged)
{
	struct trec_keystore *ks;
	trec_err err = trec_keystore_open(quick(), &s->d.options, &ks);

	s->is_new = err == TREC_OK;
	if (err == TREC_E_NO_STORE && acknowledged) {
		(void)bad(s, "there is no store");
		return;
	}
	if (err == TREC_E_NO_STORE)
		err = trec_keystore_create(quick(), &s->d.options, "a", TREC_KEY_ED25519, &ks);
	if (err != TREC_OK) {
		(void)bad(s, "%s: %.100s", trec_err_name(err), s->d.why);
		return;
	}
	struct trec_change c = put(s->seed, 1, 1);

	if (ks->v.index.n != 1 || strcmp(ks->own.name, "a") != 0 ||
	    trec_keystore_store(ks)->ops->commit(trec_keystore_store(ks), &c, 1) != TREC_OK)
		(void)bad(s, "the new store does not work");
	trec_keystore_close(&ks);
	(void)only_its_files(s);
}

const char *killed_store_judge(struct killed_store *s, bool acknowledged)
{
	struct trec_keystore *ks;

	s->wrong[0] = '\0';
	s->is_new = false;
	if (s->op->create) {
		judge_created(s, acknowledged);
		return s->wrong[0] == '\0' ? NULL : s->wrong;
	}
	/* Opening acknowledges nothing. */
	acknowledged = acknowledged && !(s->op->recover && s->may_be_old);
	if (acknowledged && !no_ghosts(s))
		return s->wrong;
	trec_err err = trec_keystore_open(quick(), &s->d.options, &ks);

	if (err != TREC_OK) {
		(void)bad(s, "it does not open: %s: %.100s", trec_err_name(err), s->d.why);
		return s->wrong;
	}
	s->is_new = holds(s, ks, true);
	if (!s->is_new && (acknowledged || (s->op->recover && !s->may_be_old)))
		(void)bad(s, "an acknowledged change is lost");
	else if (!s->is_new && !holds(s, ks, false))
		(void)bad(s, "neither the state before nor the state after");
	if ((memcmp(&ks->own.id, &s->id, sizeof s->id) == 0) == (s->op->renew && s->is_new))
		(void)bad(s, "another identity than the state's");
	trec_keystore_close(&ks);
	if (s->is_new)
		(void)no_ghosts(s);
	(void)only_its_files(s);
	return s->wrong[0] == '\0' ? NULL : s->wrong;
}

void killed_store_spoil(struct killed_store *s)
{
	struct trec_keystore *ks = open_store(s);

	must(apply(ks, s->op, s->seed, 1) == TREC_OK, "a part of the changes");
	trec_keystore_close(&ks);
}

void killed_store_haunt(struct killed_store *s)
{
	int fd = open(store_dir_file(&s->d, "store"), O_WRONLY | O_APPEND | O_CLOEXEC);

	must(fd >= 0 && write(fd, s->ghost[0], 16) == 16, "a ghost");
	close(fd);
}
