/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about the store under faults: every byte changed, every call failing in turn, every
 * allocation failing in turn. Parts that are exchanged: test_keystore_tamper.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/disk_rig.h"
#include "tests/lib/suite.h"

#define CAP 262144

static const enum disksim_fault all_faults[] = { DISKSIM_EIO,   DISKSIM_ENOSPC, DISKSIM_TORN,
						 DISKSIM_SHORT, DISKSIM_EINTR,  DISKSIM_HALT };

static void c631_b_every_changed_byte_is_detected_or_harmless(void)
{
	struct disk_rig r;
	size_t n;
	unsigned damaged, records_hit = 0, healed = 0, bad = 0;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	disk_rig_fill(&r);
	uint8_t *image = disk_rig_save(&r, &n);

	for (size_t i = 0; i < n; i++) {
		uint8_t keep = image[i];

		image[i] ^= (uint8_t)(1 << i % 8);
		disk_rig_load(&r, image, n);
		image[i] = keep;
		if (disk_rig_reopen(&r) != TREC_OK) {
			bad++;
			continue;
		}
		if (!disk_rig_honest(&r, &damaged))
			bad++;
		records_hit += damaged;
		healed += r.v.recovered;
	}
	/* One damaged copy is never fatal; five slots hold records, and all their bytes count. */
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT_EQUAL(records_hit, 5 * KS_SLOT);
	CU_ASSERT_TRUE(healed >= 2 * KS_HEADER_USED - 2 * 8);
	free(image);
	disk_rig_end(&r);
}

static void c631_b_damage_to_both_copies_is_refused_and_changes_nothing(void)
{
	static const size_t places[] = { 0, 8, 12, 16, 24, 40, 44, 52, 56, 184, 200, 212, 259 };
	struct disk_rig r;
	size_t n, m;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	disk_rig_fill(&r);
	uint8_t *image = disk_rig_save(&r, &n);

	for (size_t i = 0; i < BASE_COUNT(places); i++) {
		image[places[i]] ^= 0x40;
		image[KS_HEADER + places[i]] ^= 0x40;
		disk_rig_load(&r, image, n);
		CU_ASSERT_NOT_EQUAL(disk_rig_reopen(&r), TREC_OK);
		uint8_t *after = disk_rig_save(&r, &m);

		CU_ASSERT_TRUE(n == m && memcmp(image, after, n) == 0);
		free(after);
		image[places[i]] ^= 0x40;
		image[KS_HEADER + places[i]] ^= 0x40;
	}
	image[ks_table_at(KS_SLOTS_MIN, 0) + 3000] ^= 1;
	image[ks_table_at(KS_SLOTS_MIN, 1) + 100] ^= 1;
	disk_rig_load(&r, image, n);
	CU_ASSERT_EQUAL(disk_rig_reopen(&r), TREC_E_STORE_CORRUPT);
	free(image);
	disk_rig_end(&r);
}

/* The commit that the fault sweeps try: replaces a record, removes one, puts one of two slots. */
static trec_err busy_commit(struct disk_rig *r)
{
	struct trec_change c[3];

	c[0] = disk_rig_put(0, 2, 50);
	c[1] = disk_rig_remove(1);
	c[2] = disk_rig_put(9, 2, 1100);
	return ks_volume_commit(&r->v, c, 3);
}

/* -1: neither; else whether the store is as after busy_commit. */
static int which_state(struct disk_rig *r)
{
	bool is_new = disk_rig_get(r, 0, 2, 50) == RIG_SAME &&
		      disk_rig_get(r, 1, 1, disk_rig_size_of(1)) == RIG_ABSENT &&
		      disk_rig_get(r, 9, 2, 1100) == RIG_SAME;
	bool is_old = disk_rig_get(r, 0, 1, disk_rig_size_of(0)) == RIG_SAME &&
		      disk_rig_get(r, 1, 1, disk_rig_size_of(1)) == RIG_SAME &&
		      disk_rig_get(r, 9, 2, 1100) == RIG_ABSENT;
	bool others = disk_rig_get(r, 2, 1, disk_rig_size_of(2)) == RIG_SAME &&
		      disk_rig_get(r, 3, 1, disk_rig_size_of(3)) == RIG_SAME;

	if (!others || is_new == is_old)
		return -1;
	return is_new;
}

/* Whether a record is damaged and said to be, and no other has a wrong answer. */
static bool told(struct disk_rig *r)
{
	static const struct {
		uint32_t n, salt;
		size_t size;
	} after[] = { { 0, 2, 50 }, { 9, 2, 1100 }, { 2, 1, 1500 }, { 3, 1, 103 } };
	unsigned damaged = 0;

	for (size_t i = 0; i < BASE_COUNT(after); i++) {
		enum disk_rig_seen seen = disk_rig_get(r, after[i].n, after[i].salt, after[i].size);

		if (seen != RIG_SAME && seen != RIG_CORRUPT)
			return false;
		damaged += seen == RIG_CORRUPT;
	}
	return damaged == 1 && disk_rig_get(r, 1, 1, disk_rig_size_of(1)) == RIG_ABSENT;
}

/* Call k of the commit meets the fault; then the disk is well again and the store is reopened. */
static bool one_fault(struct disk_rig *r, const uint8_t *image, size_t n, uint64_t k,
		      enum disksim_fault fault, bool *fired)
{
	disk_rig_load(r, image, n);
	if (disk_rig_reopen(r) != TREC_OK)
		return false;
	disksim_fault(r->disk, k, fault);
	trec_err err = busy_commit(r);

	*fired = disksim_fired(r->disk);
	disksim_fault(r->disk, 0, DISKSIM_NONE);
	bool carried = fault == DISKSIM_SHORT || fault == DISKSIM_EINTR || !*fired;

	if (carried != (err == TREC_OK))
		return false;
	if (which_state(r) < 0 || (err == TREC_OK && which_state(r) != 1))
		return false;
	if (r->v.read_only && busy_commit(r) != TREC_E_READ_ONLY)
		return false;
	if (!r->v.read_only && err != TREC_OK && busy_commit(r) != TREC_OK)
		return false;
	bool again = !r->v.read_only;

	if (disk_rig_reopen(r) != TREC_OK || which_state(r) < 0)
		return false;
	return (err == TREC_OK || again ? which_state(r) == 1 : true) &&
	       disk_rig_commit(r, disk_rig_put(20, 1, 30)) == TREC_OK &&
	       disk_rig_get(r, 20, 1, 30) == RIG_SAME;
}

static void sweep_commit(uint32_t slots, unsigned more)
{
	struct disk_rig r;
	size_t n;

	disk_rig_begin(&r, CAP, slots);
	disk_rig_fill(&r);
	for (uint32_t i = 0; i < more; i++)
		CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(100 + i, 1, 8)), TREC_OK);
	uint8_t *image = disk_rig_save(&r, &n);

	for (size_t f = 0; f < BASE_COUNT(all_faults); f++) {
		bool fired = true;
		uint64_t k = 0;

		for (; fired && k < 1000; k++) {
			bool ok = one_fault(&r, image, n, k, all_faults[f], &fired);

			if (!ok)
				printf("faults: call %u, fault %u\n", (unsigned)k, all_faults[f]);
			CU_ASSERT_TRUE(ok);
		}
		CU_ASSERT_TRUE(k > 8);
	}
	free(image);
	disk_rig_end(&r);
}

static void c631_f_every_failing_call_of_a_commit_keeps_what_was_acknowledged(void)
{
	sweep_commit(16, 0);
}

static void c631_f_every_failing_call_of_a_growing_commit_does_too(void)
{
	sweep_commit(KS_SLOTS_MIN, 2);
}

static void failed_sync_makes_the_store_read_only_and_readable(void)
{
	struct disk_rig r;
	unsigned damaged;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	disk_rig_fill(&r);
	/* The calls of a put: slot, table, sync. */
	disksim_fault(r.disk, 2, DISKSIM_EIO);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(8, 1, 10)), TREC_E_IO);
	CU_ASSERT_TRUE(r.v.read_only);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(8, 1, 10)), TREC_E_READ_ONLY);
	CU_ASSERT_TRUE(disk_rig_honest(&r, &damaged));
	CU_ASSERT_EQUAL(damaged, 0);
	disk_rig_end(&r);
}

/* Opens an image that needs recovery while call k meets the fault, then again without. */
static bool open_at_fault(struct disk_rig *r, const uint8_t *image, size_t n, uint64_t k,
			  enum disksim_fault fault, bool *fired)
{
	unsigned damaged = 0;

	disk_rig_load(r, image, n);
	disksim_fault(r->disk, k, fault);
	trec_err err = disk_rig_reopen(r);

	*fired = disksim_fired(r->disk);
	disksim_fault(r->disk, 0, DISKSIM_NONE);
	if ((fault == DISKSIM_SHORT || fault == DISKSIM_EINTR) &&
	    (err != TREC_OK || r->v.read_only))
		return false;
	if (err == TREC_OK && (!disk_rig_honest(r, &damaged) || damaged != 0))
		return false;
	return disk_rig_reopen(r) == TREC_OK && disk_rig_honest(r, &damaged) && damaged == 0;
}

static void c631_f_every_failing_call_of_opening_is_an_error_or_a_whole_store(void)
{
	struct disk_rig r;
	size_t n;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	disk_rig_fill(&r);
	uint8_t *image = disk_rig_save(&r, &n);

	image[KS_HEADER + 20] ^= 1; /* so that there is something to recover */
	for (size_t f = 0; f < BASE_COUNT(all_faults); f++) {
		bool fired = true;
		uint64_t k = 0;

		for (; fired && k < 1000; k++)
			CU_ASSERT_TRUE(open_at_fault(&r, image, n, k, all_faults[f], &fired));
		CU_ASSERT_TRUE(k > 8);
	}
	free(image);
	disk_rig_end(&r);
}

static void c631_f_every_failing_call_of_reading_is_an_error_or_the_record(void)
{
	struct disk_rig r;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	disk_rig_fill(&r);
	for (size_t f = 0; f < BASE_COUNT(all_faults); f++) {
		bool fired = true;
		bool carried = all_faults[f] == DISKSIM_SHORT || all_faults[f] == DISKSIM_EINTR;
		uint64_t k = 0;

		for (; fired && k < 1000; k++) {
			disksim_fault(r.disk, k, all_faults[f]);
			enum disk_rig_seen seen = disk_rig_get(&r, 2, 1, disk_rig_size_of(2));

			fired = disksim_fired(r.disk);
			disksim_fault(r.disk, 0, DISKSIM_NONE);
			CU_ASSERT_EQUAL(seen, carried || !fired ? RIG_SAME : RIG_FAILED);
			CU_ASSERT_EQUAL(disk_rig_get(&r, 2, 1, disk_rig_size_of(2)), RIG_SAME);
		}
		CU_ASSERT_TRUE(k >= 2);
	}
	disk_rig_end(&r);
}

/* A commit that ended behind its header's sync: one copy is new, the other old. */
static void c631_b_every_changed_byte_of_a_half_done_commit_leaves_old_or_new_or_damage(void)
{
	struct disk_rig r;
	size_t n;
	unsigned bad = 0, old = 0;

	disk_rig_begin(&r, CAP, 16);
	disk_rig_fill(&r);
	/* Slots (3), table, sync, header, sync; the next call is not met. */
	disksim_fault(r.disk, 7, DISKSIM_HALT);
	CU_ASSERT_NOT_EQUAL(busy_commit(&r), TREC_OK);
	uint8_t *image = disk_rig_save(&r, &n);

	disk_rig_load(&r, image, n);
	CU_ASSERT_EQUAL_FATAL(disk_rig_reopen(&r), TREC_OK);
	CU_ASSERT_EQUAL(which_state(&r), 1);
	CU_ASSERT_TRUE(r.v.recovered);
	for (size_t i = 0; i < n; i++) {
		image[i] ^= (uint8_t)(1 << i % 8);
		disk_rig_load(&r, image, n);
		image[i] ^= (uint8_t)(1 << i % 8);
		if (disk_rig_reopen(&r) != TREC_OK) {
			bad++;
			continue;
		}
		/* Slots are looked at when they are read: damage there is told, never hidden. */
		int state = which_state(&r);
		bool in_slots = i >= KS_SLOTS_AT && i < ks_table_at(16, 0);

		bad += state < 0 && !(in_slots && told(&r));
		old += state == 0;
	}
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT_TRUE(old > KS_HEADER_USED - 20); /* the new copy was the damaged one */
	free(image);
	disk_rig_end(&r);
}

/* Both sweeps: fails cleanly and changes nothing, or does without. */
static bool survives(struct fault_env *f, void *ctx)
{
	struct disk_rig *r = ctx;
	size_t n;
	uint8_t *image = disk_rig_save(r, &n);
	bool ok = true;

	f->env.io = disksim_io;
	disk_rig_load(r, image, n);
	r->f = f;
	trec_err err = disk_rig_reopen(r);

	if (err == TREC_OK) {
		err = busy_commit(r);
		f->fail_alloc = f->fail_random = FAULT_NEVER;
		ok = err != TREC_OK || which_state(r) == 1;
	}
	disk_rig_close(r);
	r->f = &r->own;
	ok = ok && disk_rig_reopen(r) == TREC_OK && which_state(r) >= 0;
	disk_rig_load(r, image, n);
	free(image);
	return ok;
}

static void sweep_env(bool (*each)(bool (*)(struct fault_env *, void *), void *, uint64_t))
{
	struct disk_rig r;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	disk_rig_fill(&r);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(100, 1, 8)), TREC_OK);
	disk_rig_close(&r);
	CU_ASSERT_TRUE(each(survives, &r, 1000));
	disk_rig_end(&r);
}

static void every_failing_allocation_is_survived(void)
{
	sweep_env(fault_env_each_alloc);
}

static void c631_a_every_failing_random_call_is_survived(void)
{
	sweep_env(fault_env_each_random);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_b_every_changed_byte_is_detected_or_harmless),
	SUITE_CASE(c631_b_damage_to_both_copies_is_refused_and_changes_nothing),
	SUITE_CASE(c631_f_every_failing_call_of_a_commit_keeps_what_was_acknowledged),
	SUITE_CASE(c631_f_every_failing_call_of_a_growing_commit_does_too),
	SUITE_CASE(failed_sync_makes_the_store_read_only_and_readable),
	SUITE_CASE(c631_f_every_failing_call_of_opening_is_an_error_or_a_whole_store),
	SUITE_CASE(c631_f_every_failing_call_of_reading_is_an_error_or_the_record),
	SUITE_CASE(c631_b_every_changed_byte_of_a_half_done_commit_leaves_old_or_new_or_damage),
	SUITE_CASE(every_failing_allocation_is_survived),
	SUITE_CASE(c631_a_every_failing_random_call_is_survived),
};

int main(void)
{
	if (crypto_init() != TREC_OK)
		return EXIT_FAILURE;
	return suite_main("keystore faults", cases, sizeof cases / sizeof cases[0]);
}
