/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about the simulated disk that the power cut test stands on: it leaves what a disk may
 * leave, all of it where it says so, and never loses what was synced.
 */
#include <errno.h>
#include <string.h>

#include "tests/lib/disksim.h"
#include "tests/lib/suite.h"

#define S DISKSIM_SECTOR
#define KINDS 4096

/* The states seen, each as one number: a digit a sector. */
struct sight {
	unsigned long long seen[KINDS];
	size_t kinds, states, torn, sizes, stale;
	size_t size[64];
	size_t sectors;
};

/* 0 to 9 for a sector of one byte throughout, by that byte; -1 for another. */
static int digit(const uint8_t *p)
{
	for (size_t i = 1; i < S; i++)
		if (p[i] != p[0])
			return -1;
	return p[0] < 10 ? p[0] : -1;
}

static void remember(struct sight *v, unsigned long long x)
{
	for (size_t i = 0; i < v->kinds; i++)
		if (v->seen[i] == x)
			return;
	if (v->kinds < KINDS)
		v->seen[v->kinds++] = x;
}

static void remember_size(struct sight *v, size_t n)
{
	for (size_t i = 0; i < v->sizes; i++)
		if (v->size[i] == n)
			return;
	v->size[v->sizes++ % 64] = n;
}

static bool look(void *ctx, const uint8_t *image, size_t n)
{
	struct sight *v = ctx;
	unsigned long long x = 0;
	bool torn = false;

	v->states++;
	remember_size(v, n);
	for (size_t i = 0; i < v->sectors && (i + 1) * S <= n; i++) {
		int d = digit(image + i * S);

		torn = torn || d < 0;
		x = 10 * x + (unsigned long long)(d < 0 ? 9 : d);
	}
	v->torn += torn;
	for (size_t i = v->sectors * S; i < n; i++)
		if (image[i] != 0) {
			v->stale++;
			break;
		}
	if (!torn)
		remember(v, x);
	return true;
}

static void put(struct disksim *d, unsigned byte, size_t first, size_t sectors)
{
	static uint8_t buf[64 * S];

	memset(buf, (int)byte, sizeof buf);
	ssize_t n = disksim_io.pwrite(NULL, disksim_fd(d), buf, sectors * S, (off_t)(first * S));

	CU_ASSERT_EQUAL(n, (ssize_t)(sectors * S));
}

static struct disksim *blank(size_t sectors)
{
	static const uint8_t zeros[64 * S];
	struct disksim *d = disksim_new(64 * S);

	disksim_load(d, zeros, sectors * S);
	return d;
}

static bool has(const struct sight *v, unsigned long long x)
{
	for (size_t i = 0; i < v->kinds; i++)
		if (v->seen[i] == x)
			return true;
	return false;
}

static void every_combination_of_sectors_and_their_versions_is_shown(void)
{
	static struct sight v;
	struct disksim *d = blank(3);
	uint64_t seed = 1;

	v = (struct sight){ .sectors = 3 };
	put(d, 1, 0, 2); /* one write of two sectors */
	put(d, 2, 2, 1);
	put(d, 3, 0, 1);
	disksim_crash(d, 600, &seed, look, &v);
	/* The first sector: as before, first or second write; the others: as before or written. */
	CU_ASSERT_EQUAL(v.kinds, 3 * 2 * 2);
	CU_ASSERT_TRUE(has(&v, 0));
	CU_ASSERT_TRUE(has(&v, 10));  /* a write torn between its sectors, the others lost */
	CU_ASSERT_TRUE(has(&v, 2));   /* a later write without an earlier one */
	CU_ASSERT_TRUE(has(&v, 300)); /* the last one alone */
	CU_ASSERT_TRUE(has(&v, 112)); /* the first version of a sector behind which another came */
	CU_ASSERT_TRUE(v.torn > 0);
	disksim_free(&d);
}

static void what_was_synced_is_there_in_every_state(void)
{
	static struct sight v;
	struct disksim *d = blank(4);
	uint64_t seed = 1;

	v = (struct sight){ .sectors = 4 };
	put(d, 1, 0, 4);
	CU_ASSERT_EQUAL(disksim_io.sync(NULL, disksim_fd(d)), 0);
	CU_ASSERT_EQUAL(disksim_pending(d), 0);
	CU_ASSERT_EQUAL(disksim_crash(d, 600, &seed, look, &v), 1);
	CU_ASSERT_TRUE(has(&v, 1111));
	put(d, 2, 1, 1);
	v = (struct sight){ .sectors = 4 };
	disksim_crash(d, 600, &seed, look, &v);
	CU_ASSERT_EQUAL(v.kinds, 2);
	CU_ASSERT_TRUE(has(&v, 1111) && has(&v, 1211));
	/* A sync that failed has made nothing durable. */
	disksim_fault(d, 0, DISKSIM_EIO);
	CU_ASSERT_EQUAL(disksim_io.sync(NULL, disksim_fd(d)), -1);
	CU_ASSERT_EQUAL(errno, EIO);
	CU_ASSERT_EQUAL(disksim_pending(d), 1);
	disksim_free(&d);
}

static void a_large_epoch_is_drawn_from_with_every_sector_lost_and_kept(void)
{
	static struct sight v;
	struct disksim *d = blank(16);
	uint64_t seed = 7;
	unsigned lost = 0, kept = 0;

	v = (struct sight){ .sectors = 16 };
	for (size_t i = 0; i < 16; i++)
		put(d, 1, i, 1);
	CU_ASSERT_EQUAL(disksim_crash(d, 500, &seed, look, &v), 500);
	for (size_t i = 0; i < v.kinds; i++) {
		unsigned long long x = v.seen[i];

		for (unsigned k = 0; k < 16; k++, x /= 10) {
			lost |= (x % 10 == 0 ? 1U : 0U) << k;
			kept |= (x % 10 == 1 ? 1U : 0U) << k;
		}
	}
	CU_ASSERT_EQUAL(lost, 0xffff);
	CU_ASSERT_EQUAL(kept, 0xffff);
	CU_ASSERT_TRUE(v.kinds > 200);
	CU_ASSERT_TRUE(v.torn > 50);
	CU_ASSERT_EQUAL(disksim_seen(d)->whole, 0);
	CU_ASSERT_EQUAL(disksim_seen(d)->states, 500);
	disksim_free(&d);
}

static void a_longer_file_is_longer_or_not_or_in_part_with_zeros_or_old_bytes(void)
{
	static struct sight v;
	struct disksim *d = blank(8);
	uint64_t seed = 3;

	v = (struct sight){ .sectors = 8 };
	CU_ASSERT_EQUAL(disksim_io.extend(NULL, disksim_fd(d), 32 * S), 0);
	put(d, 1, 0, 1);
	disksim_crash(d, 600, &seed, look, &v);
	CU_ASSERT_EQUAL(v.sizes, 4); /* 4, 8, 12 and 16 KiB */
	CU_ASSERT_TRUE(v.stale > 0 && v.stale < v.states);
	CU_ASSERT_EQUAL(disksim_io.sync(NULL, disksim_fd(d)), 0);
	v = (struct sight){ .sectors = 8 };
	CU_ASSERT_EQUAL(disksim_crash(d, 600, &seed, look, &v), 1);
	CU_ASSERT_EQUAL(v.size[0], 32 * S);
	CU_ASSERT_EQUAL(v.stale, 0);
	disksim_free(&d);
}

static void one_seed_shows_the_same_states_again(void)
{
	static struct sight v, w;
	struct disksim *d = blank(16);
	uint64_t one = 11, two = 11, other = 12;

	for (size_t i = 0; i < 16; i++)
		put(d, 1, i, 1);
	v = w = (struct sight){ .sectors = 16 };
	disksim_crash(d, 300, &one, look, &v);
	disksim_crash(d, 300, &two, look, &w);
	CU_ASSERT_EQUAL(memcmp(&v, &w, sizeof v), 0);
	w = (struct sight){ .sectors = 16 };
	disksim_crash(d, 300, &other, look, &w);
	CU_ASSERT_NOT_EQUAL(memcmp(&v, &w, sizeof v), 0);
	disksim_free(&d);
}

static const struct suite_case cases[] = {
	SUITE_CASE(every_combination_of_sectors_and_their_versions_is_shown),
	SUITE_CASE(what_was_synced_is_there_in_every_state),
	SUITE_CASE(a_large_epoch_is_drawn_from_with_every_sector_lost_and_kept),
	SUITE_CASE(a_longer_file_is_longer_or_not_or_in_part_with_zeros_or_old_bytes),
	SUITE_CASE(one_seed_shows_the_same_states_again),
};

int main(void)
{
	return suite_main("simulated disk", cases, sizeof cases / sizeof cases[0]);
}
