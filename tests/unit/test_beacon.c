/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims: beacons are those of tests/vectors/beacons.txt, which Python's hmac made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/trust/trust.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

#define LINES_MIN 30

static struct fault_env f;

static void the_vectors_are_judged_as_hmac_judges_them(void)
{
	const char *srcdir = getenv("srcdir");
	char path[1024], key_hex[40], beacon_hex[40], fits[8], line[128];
	unsigned lines = 0;

	snprintf(path, sizeof path, "%s/tests/vectors/beacons.txt", srcdir ? srcdir : ".");
	FILE *in = fopen(path, "r");

	CU_ASSERT_PTR_NOT_NULL_FATAL(in);
	while (fgets(line, sizeof line, in) != NULL) {
		uint8_t key[MSG_RECOGNITION_LEN], beacon[TRUST_BEACON_LEN];
		bool yes = false;

		if (line[0] == '#')
			continue;
		CU_ASSERT_EQUAL_FATAL(sscanf(line, "%39s %39s %7s", key_hex, beacon_hex, fits), 3);
		CU_ASSERT_EQUAL_FATAL(sweep_unhex(key_hex, key, sizeof key), sizeof key);
		CU_ASSERT_EQUAL_FATAL(sweep_unhex(beacon_hex, beacon, sizeof beacon),
				      sizeof beacon);
		CU_ASSERT_EQUAL(trust_beacon_is(key, beacon, &yes), TREC_OK);
		CU_ASSERT_EQUAL(yes, strcmp(fits, "yes") == 0);
		lines++;
	}
	fclose(in);
	CU_ASSERT_TRUE(lines >= LINES_MIN);
}

static void a_beacon_is_its_keys_and_no_other_ones(void)
{
	uint8_t key[2][MSG_RECOGNITION_LEN] = { { 1 }, { 2 } };
	uint8_t beacon[2][TRUST_BEACON_LEN];

	fault_env_init(&f, 3);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(trust_beacon_make(&f.env, key[i], beacon[i]), TREC_OK);
	for (int k = 0; k < 2; k++)
		for (int b = 0; b < 2; b++) {
			bool yes = k != b;

			CU_ASSERT_EQUAL(trust_beacon_is(key[k], beacon[b], &yes), TREC_OK);
			CU_ASSERT_EQUAL(yes, k == b);
		}
	/* Two of one key have nothing in common. */
	CU_ASSERT_EQUAL(trust_beacon_make(&f.env, key[0], beacon[1]), TREC_OK);
	CU_ASSERT_NOT_EQUAL(memcmp(beacon[0], beacon[1], 8), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(beacon[0] + 8, beacon[1] + 8, 8), 0);
}

static bool is_not_its(struct trec_bytes beacon, void *ctx)
{
	bool yes = true;

	return trust_beacon_is(ctx, beacon.p, &yes) == TREC_OK && !yes;
}

static void every_changed_byte_makes_it_nobodys(void)
{
	uint8_t key[MSG_RECOGNITION_LEN] = { 9 };
	uint8_t beacon[TRUST_BEACON_LEN];

	fault_env_init(&f, 4);
	CU_ASSERT_EQUAL(trust_beacon_make(&f.env, key, beacon), TREC_OK);
	CU_ASSERT_TRUE(sweep_bytes(trec_bytes(beacon, sizeof beacon), is_not_its, key));
}

static void without_random_bytes_there_is_no_beacon(void)
{
	static const uint8_t none[TRUST_BEACON_LEN];
	uint8_t key[MSG_RECOGNITION_LEN] = { 9 };
	uint8_t beacon[TRUST_BEACON_LEN];

	fault_env_init(&f, 5);
	f.fail_random = 0;
	CU_ASSERT_EQUAL(trust_beacon_make(&f.env, key, beacon), TREC_E_RANDOM);
	CU_ASSERT_EQUAL(memcmp(beacon, none, sizeof none), 0);
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_vectors_are_judged_as_hmac_judges_them),
	SUITE_CASE(a_beacon_is_its_keys_and_no_other_ones),
	SUITE_CASE(every_changed_byte_makes_it_nobodys),
	SUITE_CASE(without_random_bytes_there_is_no_beacon),
};

SUITE_MAIN("beacon", cases)
