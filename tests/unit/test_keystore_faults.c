/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about the store under faults and tampering: every byte changed, parts swapped or
 * brought back from before, every call failing in turn, every allocation failing in turn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/disk_rig.h"
#include "tests/lib/suite.h"

#define CAP 262144
#define RECORDS 4

/* Records 0..3: one of them spans two slots. */
static size_t size_of(uint32_t n)
{
	return n == 2 ? 1500 : 100 + n;
}

static void fill(struct disk_rig *r)
{
	for (uint32_t i = 0; i < RECORDS; i++)
		if (disk_rig_commit(r, disk_rig_put(i, 1, size_of(i))) != TREC_OK)
			abort();
}

/* Nothing but what was put, or an error that says so. *damaged counts the latter. */
static bool honest(struct disk_rig *r, unsigned *damaged)
{
	*damaged = 0;
	for (uint32_t i = 0; i < RECORDS; i++) {
		enum disk_rig_seen seen = disk_rig_get(r, i, 1, size_of(i));

		*damaged += seen == RIG_CORRUPT;
		if (seen != RIG_SAME && seen != RIG_CORRUPT)
			return false;
	}
	return r->v.index.n == RECORDS;
}

static void c631_b_every_changed_byte_is_detected_or_harmless(void)
{
	struct disk_rig r;
	size_t n;
	unsigned damaged, records_hit = 0, healed = 0, bad = 0;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	fill(&r);
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
		if (!honest(&r, &damaged))
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
	fill(&r);
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

static void c631_b_swapped_slots_are_detected(void)
{
	struct disk_rig r;
	uint8_t keep[KS_SLOT];
	size_t n;
	unsigned damaged;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	fill(&r);
	uint8_t *image = disk_rig_save(&r, &n);
	uint8_t *a = image + ks_slot_at(r.v.index.e[0].slot[0]);
	uint8_t *b = image + ks_slot_at(r.v.index.e[1].slot[0]);

	memcpy(keep, a, KS_SLOT);
	memcpy(a, b, KS_SLOT);
	memcpy(b, keep, KS_SLOT);
	disk_rig_load(&r, image, n);
	CU_ASSERT_EQUAL_FATAL(disk_rig_reopen(&r), TREC_OK);
	CU_ASSERT_TRUE(honest(&r, &damaged));
	CU_ASSERT_EQUAL(damaged, 2);
	free(image);
	disk_rig_end(&r);
}

static void c631_b_slot_brought_back_from_before_is_detected(void)
{
	struct disk_rig r;
	size_t n, m;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(0, 1, 10)), TREC_OK);
	uint8_t *old = disk_rig_save(&r, &n);
	uint32_t slot = r.v.index.e[0].slot[0];

	/* Twice, so that the record is in its first slot again. */
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(0, 2, 10)), TREC_OK);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(0, 3, 10)), TREC_OK);
	CU_ASSERT_EQUAL(r.v.index.e[0].slot[0], slot);
	uint8_t *image = disk_rig_save(&r, &m);

	memcpy(image + ks_slot_at(slot), old + ks_slot_at(slot), KS_SLOT);
	disk_rig_load(&r, image, m);
	CU_ASSERT_EQUAL_FATAL(disk_rig_reopen(&r), TREC_OK);
	CU_ASSERT_EQUAL(disk_rig_get(&r, 0, 3, 10), RIG_CORRUPT);
	CU_ASSERT_EQUAL(disk_rig_get(&r, 0, 1, 10), RIG_CORRUPT);
	free(old);
	free(image);
	disk_rig_end(&r);
}

/* Old header, old table, or both, of one copy: the other copy is newer and wins, and heals. */
static void c631_b_header_or_table_brought_back_from_before_changes_nothing(void)
{
	struct disk_rig r;
	size_t n, m;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(0, 1, 10)), TREC_OK);
	uint8_t *old = disk_rig_save(&r, &n);

	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_remove(0)), TREC_OK);
	uint8_t *now = disk_rig_save(&r, &m);
	uint8_t *image = malloc(m);

	CU_ASSERT_PTR_NOT_NULL_FATAL(image);
	for (unsigned copy = 0; copy < KS_COPIES; copy++) {
		for (unsigned what = 1; what <= 3; what++) {
			uint64_t table = ks_table_at(KS_SLOTS_MIN, copy);

			memcpy(image, now, m);
			if ((what & 1) != 0)
				memcpy(image + copy * KS_HEADER, old + copy * KS_HEADER, KS_HEADER);
			if ((what & 2) != 0)
				memcpy(image + table, old + table, ks_table_bytes(KS_SLOTS_MIN));
			disk_rig_load(&r, image, m);
			CU_ASSERT_EQUAL_FATAL(disk_rig_reopen(&r), TREC_OK);
			CU_ASSERT_EQUAL(disk_rig_get(&r, 0, 1, 10), RIG_ABSENT);
			CU_ASSERT_TRUE(r.v.recovered);
			const uint8_t *disk = disksim_image(r.disk, &n);

			CU_ASSERT_NOT_EQUAL(memcmp(disk + table, old + table, 64), 0);
		}
	}
	free(old);
	free(now);
	free(image);
	disk_rig_end(&r);
}

/* Two futures of one store cannot be mixed: equal generation, another table. */
static void c631_b_copy_from_another_future_is_refused(void)
{
	struct disk_rig r;
	size_t n, m;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	fill(&r);
	uint8_t *start = disk_rig_save(&r, &n);

	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_remove(0)), TREC_OK);
	uint8_t *one = disk_rig_save(&r, &m);

	disk_rig_load(&r, start, n);
	CU_ASSERT_EQUAL_FATAL(disk_rig_reopen(&r), TREC_OK);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_remove(1)), TREC_OK);
	uint8_t *two = disk_rig_save(&r, &m);
	uint64_t table = ks_table_at(KS_SLOTS_MIN, 1);

	memcpy(two + KS_HEADER, one + KS_HEADER, KS_HEADER);
	memcpy(two + table, one + table, ks_table_bytes(KS_SLOTS_MIN));
	disk_rig_load(&r, two, m);
	CU_ASSERT_EQUAL(disk_rig_reopen(&r), TREC_E_STORE_CORRUPT);
	free(start);
	free(one);
	free(two);
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
		      disk_rig_get(r, 1, 1, size_of(1)) == RIG_ABSENT &&
		      disk_rig_get(r, 9, 2, 1100) == RIG_SAME;
	bool is_old = disk_rig_get(r, 0, 1, size_of(0)) == RIG_SAME &&
		      disk_rig_get(r, 1, 1, size_of(1)) == RIG_SAME &&
		      disk_rig_get(r, 9, 2, 1100) == RIG_ABSENT;
	bool others = disk_rig_get(r, 2, 1, size_of(2)) == RIG_SAME &&
		      disk_rig_get(r, 3, 1, size_of(3)) == RIG_SAME;

	if (!others || is_new == is_old)
		return -1;
	return is_new;
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
	static const enum disksim_fault faults[] = { DISKSIM_EIO,   DISKSIM_ENOSPC, DISKSIM_TORN,
						     DISKSIM_SHORT, DISKSIM_EINTR,  DISKSIM_HALT };
	struct disk_rig r;
	size_t n;

	disk_rig_begin(&r, CAP, slots);
	fill(&r);
	for (uint32_t i = 0; i < more; i++)
		CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(100 + i, 1, 8)), TREC_OK);
	uint8_t *image = disk_rig_save(&r, &n);

	for (size_t f = 0; f < BASE_COUNT(faults); f++) {
		bool fired = true;
		uint64_t k = 0;

		for (; fired && k < 1000; k++) {
			bool ok = one_fault(&r, image, n, k, faults[f], &fired);

			if (!ok)
				printf("faults: call %u, fault %u\n", (unsigned)k, faults[f]);
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
	fill(&r);
	/* The calls of a put: slot, table, sync. */
	disksim_fault(r.disk, 2, DISKSIM_EIO);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(8, 1, 10)), TREC_E_IO);
	CU_ASSERT_TRUE(r.v.read_only);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(8, 1, 10)), TREC_E_READ_ONLY);
	CU_ASSERT_TRUE(honest(&r, &damaged));
	CU_ASSERT_EQUAL(damaged, 0);
	disk_rig_end(&r);
}

static void every_failing_call_of_opening_is_an_error_or_a_whole_store(void)
{
	struct disk_rig r;
	size_t n;
	bool fired = true;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	fill(&r);
	uint8_t *image = disk_rig_save(&r, &n);

	image[KS_HEADER + 20] ^= 1; /* so that there is something to recover */
	for (uint64_t k = 0; fired && k < 1000; k++) {
		unsigned damaged = 0;

		disk_rig_load(&r, image, n);
		disksim_fault(r.disk, k, DISKSIM_EIO);
		trec_err err = disk_rig_reopen(&r);

		fired = disksim_fired(r.disk);
		disksim_fault(r.disk, 0, DISKSIM_NONE);
		if (err == TREC_OK)
			CU_ASSERT_TRUE(honest(&r, &damaged) && damaged == 0);
		CU_ASSERT_EQUAL(disk_rig_reopen(&r), TREC_OK);
		CU_ASSERT_TRUE(honest(&r, &damaged) && damaged == 0);
	}
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
	fill(&r);
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
	SUITE_CASE(c631_b_swapped_slots_are_detected),
	SUITE_CASE(c631_b_slot_brought_back_from_before_is_detected),
	SUITE_CASE(c631_b_header_or_table_brought_back_from_before_changes_nothing),
	SUITE_CASE(c631_b_copy_from_another_future_is_refused),
	SUITE_CASE(c631_f_every_failing_call_of_a_commit_keeps_what_was_acknowledged),
	SUITE_CASE(c631_f_every_failing_call_of_a_growing_commit_does_too),
	SUITE_CASE(failed_sync_makes_the_store_read_only_and_readable),
	SUITE_CASE(every_failing_call_of_opening_is_an_error_or_a_whole_store),
	SUITE_CASE(every_failing_allocation_is_survived),
	SUITE_CASE(c631_a_every_failing_random_call_is_survived),
};

int main(void)
{
	if (crypto_init() != TREC_OK)
		return EXIT_FAILURE;
	return suite_main("keystore faults", cases, sizeof cases / sizeof cases[0]);
}
