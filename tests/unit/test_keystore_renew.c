/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about the renewal of a device's own key: one commit with the change it brings, the old key
 * gone from file and memory, and the old or the new one after any cut, fault or refusal.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/keystore.h"
#include "tests/lib/disk_rig.h"
#include "tests/lib/scan.h"
#include "tests/lib/store_dir.h"
#include "tests/lib/suite.h"

#define CAP 262144
#define EXTRA 40 /* disk_rig_put's number and sizes of the change that comes with the key */
#define EXTRA_SIZE 900

static bool signs(const struct trec_own *own)
{
	struct trec_bytes word = trec_bytes("word", 4);
	const struct trec_signer *s = own->signer;
	struct trec_id id;
	uint8_t sig[TREC_SIG_MAX];
	size_t n;

	return s->sign(s->ctx, word, sig, sizeof sig, &n) == TREC_OK &&
	       crypto_verify(trec_bytes(s->spki, s->spki_len), word, trec_bytes(sig, n)) ==
		       TREC_OK &&
	       crypto_spki_check(trec_bytes(s->spki, s->spki_len), NULL, &id) == TREC_OK &&
	       memcmp(&id, &own->id, sizeof id) == 0;
}

/* What the store asked for, and how it is answered. */
struct asked {
	trec_err answer;
	bool nothing; /* fills no change */
	bool both_sign;
	unsigned times;
	struct trec_id old, now;
};

static trec_err succeed(void *ctx, const struct trec_own *old, const struct trec_own *now,
			struct trec_change *extra)
{
	struct asked *a = ctx;

	a->times++;
	a->both_sign = signs(old) && signs(now) && strcmp(old->name, now->name) == 0;
	a->old = old->id;
	a->now = now->id;
	if (!a->nothing)
		*extra = disk_rig_put(EXTRA, 1, EXTRA_SIZE);
	return a->answer;
}

static bool same_id(const struct trec_id *a, const struct trec_id *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* ---- a store in a directory -------------------------------------------------------------- */

static struct trec_keystore *make(struct store_dir *d, trec_key_alg alg)
{
	struct trec_keystore *ks;

	store_dir_begin(d);
	if (trec_keystore_create(trec_env_default(), &d->options, "lamp", alg, &ks) != TREC_OK)
		abort();
	return ks;
}

static bool has_extra(struct trec_store *s)
{
	struct trec_change c = disk_rig_put(EXTRA, 1, EXTRA_SIZE);
	uint8_t got[EXTRA_SIZE];
	size_t n = 0;
	bool found = false;

	return s->ops->get(s, c.type, c.id, got, sizeof got, &n, &found) == TREC_OK && found &&
	       n == c.data.n && memcmp(got, c.data.p, n) == 0;
}

static void the_new_key_is_in_force_at_once_and_after_opening_again(void)
{
	for (int i = 0; i < 4; i++) {
		trec_key_alg from = (trec_key_alg)(TREC_KEY_ED25519 + i / 2);
		trec_key_alg to = (trec_key_alg)(TREC_KEY_ED25519 + i % 2);
		struct store_dir d;
		struct trec_keystore *ks = make(&d, from);
		struct trec_store *s = trec_keystore_store(ks);
		struct asked a = { .answer = TREC_OK };
		struct trec_own before, own;

		CU_ASSERT_EQUAL(s->ops->own(s, &before), TREC_OK);
		CU_ASSERT_EQUAL(s->ops->renew(s, to, succeed, &a), TREC_OK);
		CU_ASSERT_TRUE(a.times == 1 && a.both_sign);
		CU_ASSERT_EQUAL(s->ops->own(s, &own), TREC_OK);
		/* Whoever holds the signer signs with the new key. */
		CU_ASSERT_PTR_EQUAL(own.signer, before.signer);
		CU_ASSERT_EQUAL(own.signer->alg, to);
		CU_ASSERT_TRUE(same_id(&own.id, &a.now) && same_id(&before.id, &a.old));
		CU_ASSERT_FALSE(same_id(&own.id, &before.id));
		CU_ASSERT_TRUE(signs(&own) && has_extra(s));
		trec_keystore_close(&ks);
		CU_ASSERT_EQUAL_FATAL(trec_keystore_open(trec_env_default(), &d.options, &ks),
				      TREC_OK);
		s = trec_keystore_store(ks);
		CU_ASSERT_EQUAL(s->ops->own(s, &own), TREC_OK);
		CU_ASSERT_STRING_EQUAL(own.name, "lamp");
		CU_ASSERT_TRUE(same_id(&own.id, &a.now) && signs(&own) && has_extra(s));
		trec_keystore_close(&ks);
		store_dir_end(&d);
	}
}

static void a_refusal_leaves_the_old_key_and_no_change(void)
{
	struct store_dir d;
	struct trec_keystore *ks = make(&d, TREC_KEY_ED25519);
	struct trec_store *s = trec_keystore_store(ks);
	struct asked refuses = { .answer = TREC_E_STATE };
	struct asked empty = { .answer = TREC_OK, .nothing = true };
	struct asked a = { .answer = TREC_OK };
	struct trec_own before, own;

	CU_ASSERT_EQUAL(s->ops->own(s, &before), TREC_OK);
	CU_ASSERT_EQUAL(s->ops->renew(s, TREC_KEY_P256, succeed, &refuses), TREC_E_STATE);
	/* Without a change, or with one of the own record, which only the store writes. */
	CU_ASSERT_EQUAL(s->ops->renew(s, TREC_KEY_P256, succeed, &empty), TREC_E_STATE);
	CU_ASSERT_EQUAL(s->ops->renew(s, (trec_key_alg)7, succeed, &a), TREC_E_UNSUPPORTED);
	ks->v.read_only = true;
	CU_ASSERT_EQUAL(s->ops->renew(s, TREC_KEY_P256, succeed, &a), TREC_E_READ_ONLY);
	ks->v.read_only = false;
	CU_ASSERT_EQUAL(a.times, 0);
	CU_ASSERT_EQUAL(s->ops->own(s, &own), TREC_OK);
	CU_ASSERT_TRUE(same_id(&own.id, &before.id) && signs(&own));
	CU_ASSERT_FALSE(has_extra(s));
	trec_keystore_close(&ks);
	CU_ASSERT_EQUAL_FATAL(trec_keystore_open(trec_env_default(), &d.options, &ks), TREC_OK);
	CU_ASSERT_TRUE(same_id(&ks->own.id, &refuses.old));
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

static void c633_a_nothing_of_the_old_key_is_left_in_the_file(void)
{
	struct store_dir d;
	struct trec_keystore *ks = make(&d, TREC_KEY_ED25519);
	struct trec_store *s = trec_keystore_store(ks);
	struct asked a = { .answer = TREC_OK };
	static const uint8_t zeros[TREC_ID_LEN];
	size_t at, n, m;

	CU_ASSERT_TRUE_FATAL(ks_index_find(&ks->v.index, TREC_RECORD_OWN, zeros, &at));
	struct ks_entry gone = ks->v.index.e[at];
	struct ks_header old = ks->v.head;
	uint8_t *before = store_dir_load(&d, "store", &n);

	CU_ASSERT_EQUAL(s->ops->renew(s, TREC_KEY_ED25519, succeed, &a), TREC_OK);
	uint8_t *after = store_dir_load(&d, "store", &m);
	unsigned left = 0;

	for (uint32_t k = 0; k < gone.slot_count; k++)
		for (size_t i = 0; i < KS_SLOT; i += 16)
			left += memmem(after, m, before + ks_slot_at(gone.slot[k]) + i, 16) != NULL;
	/* The table that held the record's key, and that table's own wrapped key. */
	for (size_t i = 0; i < old.table_bytes; i += 16)
		left += memmem(after, m, before + ks_table_at(old.slots, 0) + i, 16) != NULL;
	for (unsigned c = 0; c < KS_COPIES; c++)
		left += memmem(after, m, before + (size_t)c * KS_HEADER + 212, 16) != NULL;
	CU_ASSERT_EQUAL(left, 0);
	free(before);
	free(after);
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

static struct trec_keystore *scanned;
static trec_key_alg scanned_to;

static void *renew_scanned(void *unused)
{
	struct trec_store *s = trec_keystore_store(scanned);
	struct asked a = { .answer = TREC_OK };

	scan_look_for("the old key", crypto_key_secret(scanned->own.key), CRYPTO_KEY_LEN);
	CU_ASSERT_EQUAL(s->ops->renew(s, scanned_to, succeed, &a), TREC_OK);
	return unused;
}

static void c631_i_the_old_key_is_gone_from_memory_while_the_store_is_open(void)
{
	for (int i = 0; i < 2; i++) {
		struct store_dir d;
		void *stack = scan_new_stack();

		scanned_to = (trec_key_alg)(TREC_KEY_ED25519 + i);
		scanned = make(&d, (trec_key_alg)(TREC_KEY_P256 - i));
		scan_on_kept_stack(renew_scanned, stack);
		CU_ASSERT_TRUE(scan_count() >= 2);
		CU_ASSERT_TRUE(scan_is_clean(NULL));
		trec_keystore_close(&scanned);
		store_dir_end(&d);
		scan_free_stack(stack);
	}
}

/* ---- power cuts and faults, on a disk in memory ------------------------------------------ */

struct cut {
	struct disk_rig rig; /* the disk that is written */
	struct disk_rig seen; /* the one a state is looked at on */
	struct ks_own own;
	struct asked asked;
	uint64_t seed;
	uint64_t states, old, now, bad;
	bool acknowledged;
};

static void cut_begin(struct cut *c, trec_key_alg alg)
{
	memset(c, 0, sizeof *c);
	c->seed = fault_env_seed(11);
	disk_rig_begin(&c->rig, CAP, 16);
	disk_rig_begin(&c->seen, CAP, 16);
	if (ks_own_make(&c->rig.f->env, "lamp", alg, &c->own) != TREC_OK ||
	    ks_own_save(&c->rig.v, &c->own) != TREC_OK)
		abort();
	c->asked.old = c->own.id;
}

static void cut_end(struct cut *c)
{
	ks_own_free(&c->own);
	disk_rig_end(&c->rig);
	disk_rig_end(&c->seen);
}

/* 1: the new key with its change; 0: the old one without; else -1. */
static int which(struct disk_rig *r, const struct asked *a)
{
	struct ks_own own;
	struct trec_own shown;
	int found = -1;

	if (ks_own_load(&r->v, &own) != TREC_OK)
		return -1;
	enum disk_rig_seen extra = disk_rig_get(r, EXTRA, 1, EXTRA_SIZE);

	ks_own_show(&own, &shown);
	if (!signs(&shown) || strcmp(own.name, "lamp") != 0)
		found = -1;
	else if (a->times > 0 && same_id(&own.id, &a->now))
		found = extra == RIG_SAME ? 1 : -1;
	else if (same_id(&own.id, &a->old))
		found = extra == RIG_ABSENT ? 0 : -1;
	ks_own_free(&own);
	return found;
}

static bool look(void *ctx, const uint8_t *image, size_t n)
{
	struct cut *c = ctx;

	c->states++;
	disk_rig_load(&c->seen, image, n);
	int state = disk_rig_reopen(&c->seen) == TREC_OK ? which(&c->seen, &c->asked) : -1;

	c->old += state == 0;
	c->now += state == 1;
	c->bad += state < 0 || (c->acknowledged && state != 1);
	return c->bad == 0;
}

static void at_sync(void *ctx, struct disksim *d)
{
	struct cut *c = ctx;

	disksim_crash(d, 300, &c->seed, look, c);
}

static void c631_f_a_power_cut_leaves_the_old_or_the_new_key_never_none(void)
{
	static struct cut c;

	for (int i = 0; i < 6; i++) {
		trec_key_alg to = (trec_key_alg)(TREC_KEY_ED25519 + i % 2);

		cut_begin(&c, (trec_key_alg)(TREC_KEY_ED25519 + i / 2 % 2));
		c.seed += (uint64_t)i;
		for (uint32_t k = 0; i >= 4 && k < 9; k++) /* so that the store grows */
			CU_ASSERT_EQUAL(disk_rig_commit(&c.rig, disk_rig_put(k, 1, 1000)), TREC_OK);
		disksim_on_sync(c.rig.disk, at_sync, &c);
		CU_ASSERT_EQUAL(ks_own_renew(&c.rig.v, &c.own, to, succeed, &c.asked), TREC_OK);
		disksim_on_sync(c.rig.disk, NULL, NULL);
		c.acknowledged = true;
		disksim_crash(c.rig.disk, 300, &c.seed, look, &c);
		CU_ASSERT_EQUAL(c.bad, 0);
		CU_ASSERT_TRUE(c.old > 20 && c.now > 20);
		CU_ASSERT_TRUE(same_id(&c.own.id, &c.asked.now));
		cut_end(&c);
	}
}

/* What the handle holds is what can be read; an error with the new key ends all writing. */
static bool honest(struct disk_rig *r, const struct ks_own *own, const struct asked *a,
		   trec_err err)
{
	bool renewed = a->times > 0 && same_id(&own->id, &a->now);

	if (err == TREC_OK && !renewed)
		return false;
	return which(r, a) == renewed && (err == TREC_OK || !renewed || r->v.read_only);
}

/* Call k meets the fault. */
static bool one_fault(struct cut *c, uint64_t k, enum disksim_fault fault, bool *fired)
{
	disksim_fault(c->rig.disk, k, fault);
	trec_err err = ks_own_renew(&c->rig.v, &c->own, TREC_KEY_ED25519, succeed, &c->asked);

	*fired = disksim_fired(c->rig.disk);
	disksim_fault(c->rig.disk, 0, DISKSIM_NONE);
	bool carried = fault == DISKSIM_SHORT || fault == DISKSIM_EINTR || !*fired;

	if (carried != (err == TREC_OK))
		return false;
	bool renewed = c->asked.times > 0 && same_id(&c->own.id, &c->asked.now);

	if (!honest(&c->rig, &c->own, &c->asked, err) || disk_rig_reopen(&c->rig) != TREC_OK)
		return false;
	int left = which(&c->rig, &c->asked);

	return renewed ? left == 1 : left >= 0;
}

static void c631_f_every_failing_call_leaves_the_key_that_own_says(void)
{
	static const enum disksim_fault faults[] = { DISKSIM_EIO,   DISKSIM_ENOSPC, DISKSIM_TORN,
						     DISKSIM_SHORT, DISKSIM_EINTR,  DISKSIM_HALT };
	static struct cut c;

	for (size_t f = 0; f < BASE_COUNT(faults); f++) {
		bool fired = true;
		uint64_t k = 0;

		for (; fired && k < 100; k++) {
			cut_begin(&c, TREC_KEY_ED25519);
			bool ok = one_fault(&c, k, faults[f], &fired);

			if (!ok)
				printf("renew: call %u, fault %u\n", (unsigned)k, faults[f]);
			CU_ASSERT_TRUE(ok);
			cut_end(&c);
		}
		CU_ASSERT_TRUE(k > 8 && !fired);
	}
}

/* Fails cleanly, or does without. */
static bool survives(struct fault_env *f, void *ctx)
{
	struct cut *c = ctx;
	size_t n;
	uint8_t *image = disk_rig_save(&c->rig, &n);
	struct asked a = { .answer = TREC_OK, .old = c->asked.old };
	struct ks_own own;
	bool ok = true;

	f->env.io = disksim_io;
	disk_rig_load(&c->rig, image, n);
	c->rig.f = f;
	if (disk_rig_reopen(&c->rig) == TREC_OK) {
		if (ks_own_load(&c->rig.v, &own) == TREC_OK) {
			trec_err err = ks_own_renew(&c->rig.v, &own, TREC_KEY_P256, succeed, &a);

			f->fail_alloc = f->fail_random = FAULT_NEVER;
			ok = honest(&c->rig, &own, &a, err);
			ks_own_free(&own);
		}
		disk_rig_close(&c->rig);
	}
	c->rig.f = &c->rig.own;
	disk_rig_load(&c->rig, image, n);
	free(image);
	return ok && disk_rig_reopen(&c->rig) == TREC_OK;
}

static void every_failing_allocation_and_random_call_is_survived(void)
{
	static struct cut c;

	cut_begin(&c, TREC_KEY_ED25519);
	CU_ASSERT_TRUE(fault_env_each_alloc(survives, &c, 1000));
	CU_ASSERT_TRUE(fault_env_each_random(survives, &c, 1000));
	cut_end(&c);
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_new_key_is_in_force_at_once_and_after_opening_again),
	SUITE_CASE(a_refusal_leaves_the_old_key_and_no_change),
	SUITE_CASE(c633_a_nothing_of_the_old_key_is_left_in_the_file),
	SUITE_CASE(c631_i_the_old_key_is_gone_from_memory_while_the_store_is_open),
	SUITE_CASE(c631_f_a_power_cut_leaves_the_old_or_the_new_key_never_none),
	SUITE_CASE(c631_f_every_failing_call_leaves_the_key_that_own_says),
	SUITE_CASE(every_failing_allocation_and_random_call_is_survived),
};

int main(void)
{
	unsetenv("CREDENTIALS_DIRECTORY");
	scan_or_skip("keystore renew");
	if (crypto_init() != TREC_OK)
		return EXIT_FAILURE;
	return suite_main("keystore renew", cases, BASE_COUNT(cases));
}
