/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about the store file: what is put is got, and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/disk_rig.h"
#include "tests/lib/suite.h"

#define BIG ((size_t)64 << 20)

static void records_of_every_size_come_back(void)
{
	static const size_t sizes[] = { 0, 1, 1023, 1024, 1025, 2048, 5000, TREC_RECORD_MAX };
	struct disk_rig r;

	disk_rig_begin(&r, BIG, KS_SLOTS_MIN);
	for (uint32_t i = 0; i < BASE_COUNT(sizes); i++)
		CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(i, 1, sizes[i])), TREC_OK);
	for (unsigned pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < BASE_COUNT(sizes); i++)
			CU_ASSERT_EQUAL(disk_rig_get(&r, i, 1, sizes[i]), RIG_SAME);
		CU_ASSERT_EQUAL(disk_rig_get(&r, 99, 1, 0), RIG_ABSENT);
		CU_ASSERT_EQUAL_FATAL(disk_rig_reopen(&r), TREC_OK);
		CU_ASSERT_FALSE(r.v.recovered);
	}
	struct trec_change c = disk_rig_put(1, 1, 100);

	c.data.n = TREC_RECORD_MAX + 1;
	CU_ASSERT_EQUAL(disk_rig_commit(&r, c), TREC_E_TOO_LARGE);
	c.type = (trec_record)(TREC_RECORD_LAST + 1);
	c.data.n = 1;
	CU_ASSERT_EQUAL(disk_rig_commit(&r, c), TREC_E_USAGE);
	CU_ASSERT_EQUAL(disk_rig_get(&r, 1, 1, 1), RIG_SAME);
	disk_rig_end(&r);
}

static void buffer_too_small_gets_nothing(void)
{
	struct disk_rig r;
	struct trec_change c = disk_rig_put(1, 1, 100);
	uint8_t buf[99];
	size_t n;
	bool found;

	disk_rig_begin(&r, BIG, KS_SLOTS_MIN);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, c), TREC_OK);
	CU_ASSERT_EQUAL(ks_volume_get(&r.v, c.type, c.id, buf, sizeof buf, &n, &found),
			TREC_E_NO_SPACE);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_FALSE(found);
	disk_rig_end(&r);
}

static void ten_thousand_records_keep_their_order_through_growth(void)
{
	enum { MANY = 10000, BATCH = 500 };
	static struct trec_change c[BATCH];
	struct disk_rig r;
	uint8_t id[TREC_ID_LEN], last[TREC_ID_LEN];
	size_t seen = 0;

	disk_rig_begin(&r, BIG, KS_SLOTS_FIRST);
	for (uint32_t i = 0; i < MANY; i += BATCH) {
		for (uint32_t k = 0; k < BATCH; k++) {
			c[k] = disk_rig_put(i + k, 3, 20);
			c[k].data.n = 0; /* the data of a batch would not fit the rig */
		}
		CU_ASSERT_EQUAL_FATAL(ks_volume_commit(&r.v, c, BATCH), TREC_OK);
	}
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(77, 4, 900)), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(disk_rig_reopen(&r), TREC_OK);
	CU_ASSERT_EQUAL(r.v.index.n, MANY);
	bool found = ks_volume_next(&r.v, TREC_RECORD_PEER, NULL, id);

	while (found) {
		seen++;
		memcpy(last, id, sizeof last);
		found = ks_volume_next(&r.v, TREC_RECORD_PEER, last, id);
		if (found && memcmp(last, id, sizeof id) >= 0)
			CU_FAIL("out of order");
	}
	CU_ASSERT_EQUAL(seen, MANY);
	CU_ASSERT_EQUAL(disk_rig_get(&r, 77, 4, 900), RIG_SAME);
	CU_ASSERT_EQUAL(disk_rig_get(&r, 9999, 3, 0), RIG_SAME);
	disk_rig_end(&r);
}

static void types_do_not_mix(void)
{
	struct disk_rig r;
	struct trec_change c = disk_rig_put(5, 1, 10);
	uint8_t id[TREC_ID_LEN];
	uint8_t buf[16];
	size_t n;
	bool found;

	disk_rig_begin(&r, BIG, KS_SLOTS_MIN);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, c), TREC_OK);
	CU_ASSERT_FALSE(ks_volume_next(&r.v, TREC_RECORD_UNCONFIRMED, NULL, id));
	CU_ASSERT_FALSE(ks_volume_next(&r.v, TREC_RECORD_OWN, NULL, id));
	CU_ASSERT_EQUAL(ks_volume_get(&r.v, TREC_RECORD_UNCONFIRMED, c.id, buf, sizeof buf, &n,
				      &found),
			TREC_OK);
	CU_ASSERT_FALSE(found);
	disk_rig_end(&r);
}

static void changes_of_one_commit_apply_together_and_in_order(void)
{
	struct disk_rig r;
	struct trec_change c[5];

	disk_rig_begin(&r, BIG, KS_SLOTS_MIN);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(1, 1, 10)), TREC_OK);
	c[0] = disk_rig_put(2, 1, 2000);
	c[1] = disk_rig_remove(1);
	c[2] = disk_rig_put(3, 1, 5);
	c[3] = disk_rig_put(3, 2, 6);
	c[4] = disk_rig_remove(2);
	uint64_t before = r.v.head.generation;

	CU_ASSERT_EQUAL(ks_volume_commit(&r.v, c, 5), TREC_OK);
	CU_ASSERT_EQUAL(r.v.head.generation, before + 1);
	CU_ASSERT_EQUAL(disk_rig_get(&r, 1, 1, 10), RIG_ABSENT);
	CU_ASSERT_EQUAL(disk_rig_get(&r, 2, 1, 2000), RIG_ABSENT);
	CU_ASSERT_EQUAL(disk_rig_get(&r, 3, 2, 6), RIG_SAME);
	CU_ASSERT_EQUAL(r.v.index.n, 1);
	CU_ASSERT_EQUAL_FATAL(disk_rig_reopen(&r), TREC_OK);
	CU_ASSERT_EQUAL(disk_rig_get(&r, 3, 2, 6), RIG_SAME);
	CU_ASSERT_EQUAL(r.v.index.n, 1);
	disk_rig_end(&r);
}

static void removing_what_is_absent_writes_nothing(void)
{
	struct disk_rig r;

	disk_rig_begin(&r, BIG, KS_SLOTS_MIN);
	uint64_t before = r.v.head.generation;
	uint64_t calls = disksim_calls(r.disk);

	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_remove(9)), TREC_OK);
	CU_ASSERT_EQUAL(ks_volume_commit(&r.v, NULL, 0), TREC_OK);
	CU_ASSERT_EQUAL(r.v.head.generation, before);
	CU_ASSERT_EQUAL(disksim_calls(r.disk), calls);
	disk_rig_end(&r);
}

/* Ids, types, lengths and the number of records leave no trace in the file's size or content. */
static void every_commit_replaces_table_key_and_record_key(void)
{
	struct disk_rig r;
	size_t n, m;

	disk_rig_begin(&r, BIG, KS_SLOTS_MIN);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(1, 1, 10)), TREC_OK);
	uint8_t *a = disk_rig_save(&r, &n);

	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(1, 1, 10)), TREC_OK);
	uint8_t *b = disk_rig_save(&r, &m);
	size_t same = 0;
	uint64_t table = ks_table_at(KS_SLOTS_MIN, 0);

	CU_ASSERT_EQUAL(n, m);
	for (size_t i = 0; i < ks_table_bytes(KS_SLOTS_MIN); i++)
		same += a[table + i] == b[table + i];
	CU_ASSERT_TRUE(same < ks_table_bytes(KS_SLOTS_MIN) / 64);
	free(a);
	free(b);
	disk_rig_end(&r);
}

static void store_that_cannot_grow_says_no_space_and_goes_on(void)
{
	struct disk_rig r;
	trec_err err = TREC_OK;
	uint32_t n = 0;

	disk_rig_begin(&r, 65536, KS_SLOTS_MIN);
	while (n < 200 && (err = disk_rig_commit(&r, disk_rig_put(n, 1, 900))) == TREC_OK)
		n++;
	CU_ASSERT_EQUAL(err, TREC_E_NO_SPACE);
	CU_ASSERT_TRUE(n >= KS_SLOTS_MIN);
	CU_ASSERT_FALSE(r.v.read_only);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_remove(0)), TREC_OK);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(n, 1, 900)), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(disk_rig_reopen(&r), TREC_OK);
	for (uint32_t i = 1; i <= n; i++)
		CU_ASSERT_EQUAL(disk_rig_get(&r, i, 1, 900), RIG_SAME);
	disk_rig_end(&r);
}

/* Parting takes a record away and puts a tombstone: the spare slot is for that. */
static void full_store_that_cannot_grow_still_takes_a_removal_with_a_small_record(void)
{
	struct disk_rig r;
	struct trec_change c[2];
	trec_err err = TREC_OK;
	uint32_t n = 0;

	disk_rig_begin(&r, ks_file_bytes(KS_SLOTS_MIN), KS_SLOTS_MIN);
	while (n < 50 && (err = disk_rig_commit(&r, disk_rig_put(n, 1, 900))) == TREC_OK)
		n++;
	CU_ASSERT_EQUAL(err, TREC_E_NO_SPACE);
	CU_ASSERT_EQUAL(n, KS_SLOTS_MIN - KS_SLOTS_SPARE);
	for (uint32_t i = 0; i < n; i++) {
		c[0] = disk_rig_remove(i);
		c[1] = disk_rig_put(100 + i, 1, 300);
		CU_ASSERT_EQUAL(ks_volume_commit(&r.v, c, 2), TREC_OK);
	}
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(n, 1, 900)), TREC_E_NO_SPACE);
	CU_ASSERT_EQUAL_FATAL(disk_rig_reopen(&r), TREC_OK);
	for (uint32_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(disk_rig_get(&r, i, 1, 900), RIG_ABSENT);
		CU_ASSERT_EQUAL(disk_rig_get(&r, 100 + i, 1, 300), RIG_SAME);
	}
	disk_rig_end(&r);
}

/* An activation also removes what may not be there: that frees nothing, and parting comes later. */
static void only_a_commit_that_frees_a_slot_may_use_the_spare_one(void)
{
	struct disk_rig r;
	struct trec_change c[2];
	uint32_t n = 0;

	disk_rig_begin(&r, ks_file_bytes(KS_SLOTS_MIN), KS_SLOTS_MIN);
	while (n < 50 && disk_rig_commit(&r, disk_rig_put(n, 1, 900)) == TREC_OK)
		n++;
	CU_ASSERT_EQUAL(ks_volume_free_slots(&r.v), KS_SLOTS_SPARE);
	c[0] = disk_rig_remove(99);
	c[1] = disk_rig_put(100, 1, 300);
	CU_ASSERT_EQUAL(ks_volume_commit(&r.v, c, 2), TREC_E_NO_SPACE);
	CU_ASSERT_EQUAL(disk_rig_commit(&r, disk_rig_put(0, 2, 900)), TREC_OK);
	CU_ASSERT_EQUAL(disk_rig_get(&r, 0, 2, 900), RIG_SAME);
	CU_ASSERT_EQUAL(ks_volume_free_slots(&r.v), KS_SLOTS_SPARE);
	c[0] = disk_rig_remove(0);
	CU_ASSERT_EQUAL(ks_volume_commit(&r.v, c, 2), TREC_OK);
	disk_rig_end(&r);
}

static void wrong_key_opens_nothing(void)
{
	struct disk_rig r;
	size_t n;

	disk_rig_begin(&r, BIG, KS_SLOTS_MIN);
	uint8_t *image = disk_rig_save(&r, &n);

	image[24] ^= 1; /* the uuid, in both headers: as if the key were another */
	image[KS_HEADER + 24] ^= 1;
	disk_rig_load(&r, image, n);
	CU_ASSERT_EQUAL(disk_rig_reopen(&r), TREC_E_WRONG_PASSPHRASE);
	image[8] = image[KS_HEADER + 8] = 9;
	disk_rig_load(&r, image, n);
	CU_ASSERT_EQUAL(disk_rig_reopen(&r), TREC_E_VERSION);
	memset(image, 0, n);
	disk_rig_load(&r, image, n);
	CU_ASSERT_EQUAL(disk_rig_reopen(&r), TREC_E_STORE_CORRUPT);
	disk_rig_load(&r, image, 10);
	CU_ASSERT_EQUAL(disk_rig_reopen(&r), TREC_E_STORE_CORRUPT);
	free(image);
	disk_rig_end(&r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(records_of_every_size_come_back),
	SUITE_CASE(buffer_too_small_gets_nothing),
	SUITE_CASE(ten_thousand_records_keep_their_order_through_growth),
	SUITE_CASE(types_do_not_mix),
	SUITE_CASE(changes_of_one_commit_apply_together_and_in_order),
	SUITE_CASE(removing_what_is_absent_writes_nothing),
	SUITE_CASE(every_commit_replaces_table_key_and_record_key),
	SUITE_CASE(store_that_cannot_grow_says_no_space_and_goes_on),
	SUITE_CASE(full_store_that_cannot_grow_still_takes_a_removal_with_a_small_record),
	SUITE_CASE(only_a_commit_that_frees_a_slot_may_use_the_spare_one),
	SUITE_CASE(wrong_key_opens_nothing),
};

int main(void)
{
	if (crypto_init() != TREC_OK)
		return EXIT_FAILURE;
	return suite_main("keystore volume", cases, sizeof cases / sizeof cases[0]);
}
