/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about a store file whose parts were swapped, or brought back from before. */
#include <stdlib.h>
#include <string.h>

#include "tests/lib/disk_rig.h"
#include "tests/lib/suite.h"

#define CAP 262144

static void c631_b_swapped_slots_are_detected(void)
{
	struct disk_rig r;
	uint8_t keep[KS_SLOT];
	size_t n;
	unsigned damaged;

	disk_rig_begin(&r, CAP, KS_SLOTS_MIN);
	disk_rig_fill(&r);
	uint8_t *image = disk_rig_save(&r, &n);
	uint8_t *a = image + ks_slot_at(r.v.index.e[0].slot[0]);
	uint8_t *b = image + ks_slot_at(r.v.index.e[1].slot[0]);

	memcpy(keep, a, KS_SLOT);
	memcpy(a, b, KS_SLOT);
	memcpy(b, keep, KS_SLOT);
	disk_rig_load(&r, image, n);
	CU_ASSERT_EQUAL_FATAL(disk_rig_reopen(&r), TREC_OK);
	CU_ASSERT_TRUE(disk_rig_honest(&r, &damaged));
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
	disk_rig_fill(&r);
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

static const struct suite_case cases[] = {
	SUITE_CASE(c631_b_swapped_slots_are_detected),
	SUITE_CASE(c631_b_slot_brought_back_from_before_is_detected),
	SUITE_CASE(c631_b_header_or_table_brought_back_from_before_changes_nothing),
	SUITE_CASE(c631_b_copy_from_another_future_is_refused),
};

int main(void)
{
	if (crypto_init() != TREC_OK)
		return EXIT_FAILURE;
	return suite_main("keystore tamper", cases, sizeof cases / sizeof cases[0]);
}
