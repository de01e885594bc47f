/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about secrets on the disk and what is left of them: nothing in the clear, nothing after
 * a deletion, nothing half done when the process dies at any call.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keystore/keystore.h"
#include "proto/codec/record.h"
#include "tests/lib/store_dir.h"
#include "tests/lib/suite.h"

static const struct trec_env *env;
static const char *program; /* argv[0] */
static const char marker[] = "MARKER-of-a-record-in-the-clear";

static struct trec_change put(uint8_t n, size_t size)
{
	static uint8_t data[TREC_RECORD_MAX];
	struct trec_change c = { .type = TREC_RECORD_PEER, .data = { data, size } };

	memset(c.id, n, sizeof c.id);
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)marker[i % (sizeof marker - 1)];
	return c;
}

static struct trec_change removal(uint8_t n)
{
	struct trec_change c = { .type = TREC_RECORD_PEER, .remove = true };

	memset(c.id, n, sizeof c.id);
	return c;
}

static trec_err commit(struct trec_keystore *ks, struct trec_change c)
{
	struct trec_store *s = trec_keystore_store(ks);

	return s->ops->commit(s, &c, 1);
}

static bool has(struct trec_keystore *ks, uint8_t n, size_t size)
{
	struct trec_store *s = trec_keystore_store(ks);
	static uint8_t got[TREC_RECORD_MAX];
	struct trec_change c = put(n, size);
	size_t length;
	bool found;
	trec_err err = s->ops->get(s, c.type, c.id, got, sizeof got, &length, &found);

	return err == TREC_OK && found && length == size && memcmp(got, c.data.p, size) == 0;
}

static bool contains(const uint8_t *p, size_t n, const void *needle, size_t len)
{
	return memmem(p, n, needle, len) != NULL;
}

static struct trec_keystore *make(struct store_dir *d)
{
	struct trec_keystore *ks;

	store_dir_begin(d);
	if (trec_keystore_create(env, &d->options, "visible name", TREC_KEY_ED25519, &ks) !=
	    TREC_OK) {
		fprintf(stderr, "create: %s\n", d->why);
		abort();
	}
	return ks;
}

static void c5_generate_own_trec_is_made_by_this_device_and_says_so(void)
{
	struct store_dir d;
	struct trec_keystore *ks = make(&d);

	CU_ASSERT_EQUAL(ks->own.origin, KS_ORIGIN_THIS_DEVICE);
	CU_ASSERT_TRUE(ks->own.made_s > 1704067200);
	struct trec_id id = ks->own.id;

	trec_keystore_close(&ks);
	CU_ASSERT_EQUAL_FATAL(trec_keystore_open(env, &d.options, &ks), TREC_OK);
	CU_ASSERT_EQUAL(ks->own.origin, KS_ORIGIN_THIS_DEVICE);
	CU_ASSERT_EQUAL(memcmp(&id, &ks->own.id, sizeof id), 0);
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

static void c5_store_and_c631_f_no_secret_lies_in_the_store_in_the_clear(void)
{
	struct store_dir d;
	struct trec_keystore *ks = make(&d);
	uint8_t secret[CRYPTO_KEY_LEN], dek[KS_DEK_LEN];
	size_t n;

	CU_ASSERT_EQUAL(commit(ks, put(1, 3000)), TREC_OK);
	memcpy(secret, crypto_key_secret(ks->own.key), sizeof secret);
	uint8_t *file = store_dir_load(&d, "store", &n);

	CU_ASSERT_FALSE(contains(file, n, marker, 8));
	CU_ASSERT_FALSE(contains(file, n, "visible", 7));
	CU_ASSERT_FALSE(contains(file, n, secret, sizeof secret));
	CU_ASSERT_FALSE(contains(file, n, ks->own.cert, 64));
	CU_ASSERT_FALSE(contains(file, n, ks->own.id.b, 16));
	CU_ASSERT_FALSE(contains(file, n, ks->v.kek, CRYPTO_KEY_LEN));
	for (size_t i = 0; i < ks->v.index.n; i++) {
		ks_index_mask(&ks->v.index, ks->v.index.e[i].masked, dek);
		CU_ASSERT_FALSE(contains(file, n, dek, sizeof dek));
		/* Nor in the heap: the index holds them masked. */
		CU_ASSERT_FALSE(contains((const uint8_t *)ks->v.index.e,
					 ks->v.index.cap * sizeof *ks->v.index.e, dek,
					 sizeof dek));
	}
	free(file);
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

/* A peer's record with a key in place of a certificate: sealed, and gone with the record. */
static void c631_f_a_shared_key_lies_in_the_store_sealed(void)
{
	struct store_dir d;
	struct trec_keystore *ks = make(&d);
	struct rec_peer p = { .state = REC_STATE_ACTIVE, .origin = REC_ORIGIN_PIN, .name = "lamp",
			      .symmetric = { .count = 2, .dial_next = true } };
	uint8_t body[REC_PEER_MAX];
	size_t n = 0, m = 0;

	memset(p.symmetric.key[0], 0x3c, REC_KEY_LEN);
	memset(p.symmetric.key[1], 0xc3, REC_KEY_LEN);
	CU_ASSERT_EQUAL(rec_peer_encode(&p, body, sizeof body, &n), TREC_OK);
	struct trec_change c = { .type = TREC_RECORD_PEER, .id = { 1 }, .data = { body, n } };

	CU_ASSERT_TRUE(contains(body, n, p.symmetric.key[0], REC_KEY_LEN));
	for (int step = 0; step < 2; step++) {
		CU_ASSERT_EQUAL(commit(ks, c), TREC_OK);
		uint8_t *file = store_dir_load(&d, "store", &m);

		for (int k = 0; k < 2; k++)
			CU_ASSERT_FALSE(contains(file, m, p.symmetric.key[k], 8));
		CU_ASSERT_FALSE(contains(file, m, body, 16));
		free(file);
		c.remove = true;
		c.data = trec_bytes(NULL, 0);
	}
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

static void c5_delete_and_c633_a_nothing_of_a_deleted_record_is_left_in_the_file(void)
{
	struct store_dir d;
	struct trec_keystore *ks = make(&d);
	size_t n, m;

	for (uint8_t i = 1; i <= 30; i++)
		CU_ASSERT_EQUAL(commit(ks, put(i, i == 7 ? 4000 : 600)), TREC_OK);
	uint8_t *before = store_dir_load(&d, "store", &n);
	size_t at;
	struct ks_header old = ks->v.head;

	CU_ASSERT_TRUE_FATAL(ks_index_find(&ks->v.index, TREC_RECORD_PEER, removal(7).id, &at));
	struct ks_entry gone = ks->v.index.e[at];

	CU_ASSERT_EQUAL(gone.slot_count, 4);
	CU_ASSERT_EQUAL(commit(ks, removal(7)), TREC_OK);
	CU_ASSERT_FALSE(has(ks, 7, 4000));
	uint8_t *after = store_dir_load(&d, "store", &m);

	for (uint32_t k = 0; k < gone.slot_count; k++)
		for (size_t i = 0; i < KS_SLOT; i += 16)
			CU_ASSERT_FALSE(contains(after, m,
						 before + ks_slot_at(gone.slot[k]) + i, 16));
	/* No copy of the table that held its key, and no copy of the key to that table. */
	for (size_t i = 0; i < old.table_bytes; i += 16)
		CU_ASSERT_FALSE(contains(after, m, before + ks_table_at(old.slots, 0) + i, 16));
	for (unsigned c = 0; c < KS_COPIES; c++)
		CU_ASSERT_FALSE(contains(after, m, before + c * KS_HEADER + 212, 16));
	trec_keystore_close(&ks);
	CU_ASSERT_EQUAL_FATAL(trec_keystore_open(env, &d.options, &ks), TREC_OK);
	CU_ASSERT_FALSE(has(ks, 7, 4000));
	CU_ASSERT_TRUE(has(ks, 8, 600));
	trec_keystore_close(&ks);
	free(before);
	free(after);
	store_dir_end(&d);
}

static void c633_b_other_records_keep_their_slots_and_entries(void)
{
	struct store_dir d;
	struct trec_keystore *ks = make(&d);
	struct ks_index before;
	size_t n, m, at;

	for (uint8_t i = 1; i <= 20; i++)
		CU_ASSERT_EQUAL(commit(ks, put(i, 500)), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(ks_index_copy(&ks->v.index, 0, &before), TREC_OK);
	uint8_t *a = store_dir_load(&d, "store", &n);

	CU_ASSERT_EQUAL(commit(ks, removal(9)), TREC_OK);
	uint8_t *b = store_dir_load(&d, "store", &m);

	CU_ASSERT_EQUAL_FATAL(n, m);
	CU_ASSERT_EQUAL(ks->v.index.n, before.n - 1);
	for (size_t i = 0; i < ks->v.index.n; i++) {
		const struct ks_entry *e = &ks->v.index.e[i];

		CU_ASSERT_TRUE_FATAL(ks_index_find(&before, e->type, e->id, &at));
		CU_ASSERT_EQUAL(memcmp(e, &before.e[at], sizeof *e), 0);
		for (uint32_t k = 0; k < e->slot_count; k++)
			CU_ASSERT_EQUAL(memcmp(a + ks_slot_at(e->slot[k]),
					       b + ks_slot_at(e->slot[k]), KS_SLOT),
					0);
	}
	free(a);
	free(b);
	ks_index_clear(&before);
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

/* ---- the process dies at a call ---------------------------------------------------------- */

static struct trec_env dying;
static int calls_left;

static void count_down(void)
{
	if (calls_left-- == 0)
		_exit(99);
}

static ssize_t die_pread(void *ctx, int fd, void *buf, size_t n, off_t at)
{
	count_down();
	return env->io.pread(ctx, fd, buf, n, at);
}

/* Dies in the middle: half is written. */
static ssize_t die_pwrite(void *ctx, int fd, const void *buf, size_t n, off_t at)
{
	if (calls_left == 0)
		(void)env->io.pwrite(ctx, fd, buf, n / 2, at);
	count_down();
	return env->io.pwrite(ctx, fd, buf, n, at);
}

static int die_sync(void *ctx, int fd)
{
	count_down();
	return env->io.sync(ctx, fd);
}

static int die_extend(void *ctx, int fd, off_t size)
{
	count_down();
	return env->io.extend(ctx, fd, size);
}

static off_t die_size(void *ctx, int fd)
{
	count_down();
	return env->io.size(ctx, fd);
}

/*
 * Runs work in a fresh program (the arena is not handed on by fork) that dies at its k-th call;
 * false once it ran to its end.
 */
static bool dies(int k, const char *work, struct store_dir *d)
{
	char number[16];
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		snprintf(number, sizeof number, "%d", k);
		execl(program, program, work, number, d->path, (char *)NULL);
		_exit(3);
	}
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE(WIFEXITED(status) &&
		       (WEXITSTATUS(status) == 99 || WEXITSTATUS(status) == 0));
	return WIFEXITED(status) && WEXITSTATUS(status) == 99;
}

static int work_create(const struct trec_keystore_options *o)
{
	struct trec_keystore *ks;

	if (trec_keystore_create(&dying, o, "a", TREC_KEY_ED25519, &ks) != TREC_OK)
		return 1;
	trec_keystore_close(&ks);
	return 0;
}

static void c631_f_killed_create_leaves_no_store_and_the_next_one_works(void)
{
	struct store_dir d;
	struct trec_keystore *ks;
	int k = 0;

	store_dir_begin(&d);
	for (; k < 300; k++) {
		bool died = dies(k, "create", &d);
		trec_err err = trec_keystore_open(env, &d.options, &ks);

		if (!died) {
			CU_ASSERT_EQUAL(err, TREC_OK);
			trec_keystore_close(&ks);
			break;
		}
		CU_ASSERT_EQUAL(err, TREC_E_NO_STORE);
		CU_ASSERT_PTR_NOT_NULL(strstr(d.why, "init"));
		/* The next one starts where this one was killed. */
		CU_ASSERT_EQUAL_FATAL(
			trec_keystore_create(env, &d.options, "b", TREC_KEY_ED25519, &ks),
			TREC_OK);
		CU_ASSERT_EQUAL(commit(ks, put(1, 100)), TREC_OK);
		CU_ASSERT_TRUE(has(ks, 1, 100));
		trec_keystore_close(&ks);
		CU_ASSERT_EQUAL(access(store_dir_file(&d, "store.new"), F_OK), -1);
		CU_ASSERT_EQUAL(access(store_dir_file(&d, "key.new"), F_OK), -1);
		store_dir_clear(&d);
	}
	CU_ASSERT_TRUE(k > 20 && k < 300);
	store_dir_end(&d);
}

static int work_commit(const struct trec_keystore_options *o)
{
	struct trec_keystore *ks;
	struct trec_change c[2] = { removal(1), put(3, 1500) };

	if (trec_keystore_open(&dying, o, &ks) != TREC_OK)
		return 1;
	struct trec_store *s = trec_keystore_store(ks);
	trec_err err = s->ops->commit(s, c, 2);

	trec_keystore_close(&ks);
	return err != TREC_OK;
}

static void c633_a_killed_delete_is_not_begun_or_is_finished_at_the_next_opening(void)
{
	struct store_dir d;
	struct trec_keystore *ks = make(&d);
	size_t n, m, at;
	unsigned finished = 0, not_begun = 0;

	CU_ASSERT_EQUAL(commit(ks, put(1, 1500)), TREC_OK);
	CU_ASSERT_EQUAL(commit(ks, put(2, 10)), TREC_OK);
	CU_ASSERT_TRUE_FATAL(ks_index_find(&ks->v.index, TREC_RECORD_PEER, removal(1).id, &at));
	struct ks_entry gone = ks->v.index.e[at];

	trec_keystore_close(&ks);
	uint8_t *start = store_dir_load(&d, "store", &n);
	bool died = true;

	for (int k = 0; died && k < 200; k++) {
		store_dir_write(&d, "store", start, n, 0600);
		died = dies(k, "commit", &d);
		CU_ASSERT_EQUAL_FATAL(trec_keystore_open(env, &d.options, &ks), TREC_OK);
		bool is_new = has(ks, 3, 1500);

		CU_ASSERT_EQUAL(has(ks, 1, 1500), !is_new);
		CU_ASSERT_TRUE(has(ks, 2, 10));
		CU_ASSERT_TRUE(died || is_new);
		trec_keystore_close(&ks);
		finished += is_new;
		not_begun += !is_new;
		uint8_t *file = store_dir_load(&d, "store", &m);

		for (uint32_t i = 0; is_new && i < gone.slot_count; i++)
			CU_ASSERT_FALSE(contains(file, m, start + ks_slot_at(gone.slot[i]), 16));
		free(file);
	}
	CU_ASSERT_FALSE(died);
	CU_ASSERT_TRUE(finished > 4 && not_begun > 4);
	free(start);
	store_dir_end(&d);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c5_generate_own_trec_is_made_by_this_device_and_says_so),
	SUITE_CASE(c5_store_and_c631_f_no_secret_lies_in_the_store_in_the_clear),
	SUITE_CASE(c631_f_a_shared_key_lies_in_the_store_sealed),
	SUITE_CASE(c5_delete_and_c633_a_nothing_of_a_deleted_record_is_left_in_the_file),
	SUITE_CASE(c633_b_other_records_keep_their_slots_and_entries),
	SUITE_CASE(c631_f_killed_create_leaves_no_store_and_the_next_one_works),
	SUITE_CASE(c633_a_killed_delete_is_not_begun_or_is_finished_at_the_next_opening),
};

int main(int argc, char **argv)
{
	program = argv[0];
	env = trec_env_default();
	dying = *env;
	dying.io = (struct trec_io){ die_pread, die_pwrite, die_sync, die_extend, die_size };
	unsetenv("CREDENTIALS_DIRECTORY");
	if (argc > 3) {
		struct trec_keystore_options o = { .dir = argv[3] };

		calls_left = (int)strtol(argv[2], NULL, 10);
		return strcmp(argv[1], "create") == 0 ? work_create(&o) : work_commit(&o);
	}
	return suite_main("keystore delete", cases, sizeof cases / sizeof cases[0]);
}
