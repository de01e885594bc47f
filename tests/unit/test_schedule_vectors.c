/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims: proto/pake derives what tests/vectors/schedule.txt says, which hashlib made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/pake/symmetric.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

#define LINE_MAX_LEN 1024
#define FIELD_MAX 512

static char lines[80][LINE_MAX_LEN];
static size_t line_count;

static void load(void)
{
	const char *srcdir = getenv("srcdir");
	char path[1024];

	snprintf(path, sizeof path, "%s/tests/vectors/schedule.txt", srcdir ? srcdir : ".");
	FILE *f = fopen(path, "r");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (line_count = 0; line_count < BASE_COUNT(lines); line_count++) {
		if (fgets(lines[line_count], LINE_MAX_LEN, f) == NULL)
			break;
		lines[line_count][strcspn(lines[line_count], "\n")] = '\0';
	}
	fclose(f);
}

/* The value of a field in a case. */
static const char *value(const char *name, const char *field)
{
	bool inside = false;
	size_t n = strlen(field);

	for (size_t i = 0; i < line_count; i++) {
		if (strncmp(lines[i], "case ", 5) == 0)
			inside = strcmp(lines[i] + 5, name) == 0;
		if (inside && strncmp(lines[i], field, n) == 0 && lines[i][n] == ' ')
			return lines[i] + n + 1;
	}
	CU_FAIL_FATAL("the vectors lack a field");
	return "";
}

static struct trec_bytes bytes(const char *name, const char *field, uint8_t buf[FIELD_MAX])
{
	return trec_bytes(buf, sweep_unhex(value(name, field), buf, FIELD_MAX));
}

static bool is(const char *name, const char *field, const uint8_t *p, size_t n)
{
	uint8_t buf[FIELD_MAX];

	return trec_bytes_equal(bytes(name, field, buf), trec_bytes(p, n));
}

static void check_case(const char *name, enum pake_method method)
{
	uint8_t request[FIELD_MAX], params[FIELD_MAX], k[FIELD_MAX], t[CRYPTO_SHA256_LEN];
	uint8_t identity[FIELD_MAX], digest[CRYPTO_SHA256_LEN], hash[CRYPTO_SHA256_LEN];
	uint8_t ipsk[PAKE_KEY_LEN], epsk[FIELD_MAX];
	struct pake_keys keys;
	size_t frames = method == PAKE_CODE ? 1 : 2;
	struct trec_bytes parts[2] = { bytes(name, "request", request) };
	struct trec_bytes imported = bytes(name, "imported_identity", identity);

	if (frames == 2)
		parts[1] = bytes(name, "params", params);
	CU_ASSERT_EQUAL(crypto_sha256_parts(parts, frames, t), TREC_OK);
	CU_ASSERT_TRUE(is(name, "t", t, sizeof t));
	CU_ASSERT_EQUAL(bytes(name, "k", k).n, PAKE_KEY_LEN);
	CU_ASSERT_EQUAL(pake_keys_derive(k, method, t, &keys), TREC_OK);
	CU_ASSERT_TRUE(is(name, "k_cc", keys.k_cc, sizeof keys.k_cc));
	CU_ASSERT_TRUE(is(name, "ipsk", keys.ipsk, sizeof keys.ipsk));
	CU_ASSERT_STRING_EQUAL(value(name, "psk_identity"), keys.identity);
	/* the same through RFC 9258 alone: 2 + 11 bytes of identity, 2 of length, context, 4 */
	(void)bytes(name, "epsk", epsk);
	CU_ASSERT_EQUAL(pake_import_psk(epsk, trec_bytes(identity + 2, 11),
					trec_bytes(identity + 15, imported.n - 19), hash, ipsk),
			TREC_OK);
	CU_ASSERT_EQUAL(crypto_sha256(imported, digest), TREC_OK);
	CU_ASSERT_TRUE(memcmp(hash, digest, sizeof hash) == 0);
	CU_ASSERT_TRUE(memcmp(ipsk, keys.ipsk, sizeof ipsk) == 0);
	trec_wipe(&keys, sizeof keys);
}

static void all_three_methods_derive_the_published_keys(void)
{
	load();
	check_case("random-pin", PAKE_RANDOM_PIN);
	check_case("preset-pin", PAKE_PRESET_PIN);
	check_case("code", PAKE_CODE);
}

static void a_code_gives_the_published_key_and_commitment(void)
{
	uint8_t secret[FIELD_MAX], device[FIELD_MAX];
	uint8_t k[PAKE_KEY_LEN], commitment[PAKE_COMMITMENT_LEN];
	struct trec_id id;

	load();
	struct trec_bytes s = bytes("code", "secret", secret);

	CU_ASSERT_EQUAL_FATAL(bytes("code", "device", device).n, TREC_ID_LEN);
	memcpy(id.b, device, TREC_ID_LEN);
	CU_ASSERT_EQUAL(pake_code_key(s, k), TREC_OK);
	CU_ASSERT_TRUE(is("code", "k", k, sizeof k));
	CU_ASSERT_EQUAL(pake_code_commitment(s, &id, commitment), TREC_OK);
	CU_ASSERT_TRUE(is("code", "commitment", commitment, sizeof commitment));
}

static void check_symmetric(const char *name, bool by_initiator)
{
	uint8_t key[FIELD_MAX], token[FIELD_MAX], back[PAKE_SYMMETRIC_TOKEN_LEN];
	struct pake_keys keys;
	const char *identity;
	bool yes = false;

	load();
	(void)bytes(name, "key", key);
	CU_ASSERT_EQUAL(bytes(name, "token", token).n, PAKE_SYMMETRIC_TOKEN_LEN);
	CU_ASSERT_EQUAL(pake_symmetric_keys(key, by_initiator, token, &keys), TREC_OK);
	CU_ASSERT_TRUE(is(name, "k_cc", keys.k_cc, sizeof keys.k_cc));
	CU_ASSERT_TRUE(is(name, "ipsk", keys.ipsk, sizeof keys.ipsk));
	identity = value(name, "psk_identity");
	CU_ASSERT_STRING_EQUAL(identity, keys.identity);
	CU_ASSERT_TRUE(pake_symmetric_read(trec_bytes(identity, strlen(identity)), back));
	CU_ASSERT_TRUE(memcmp(back, token, sizeof back) == 0);
	CU_ASSERT_EQUAL(pake_symmetric_is(key, token, &yes), TREC_OK);
	CU_ASSERT_TRUE(yes);
	for (size_t bit = 0; bit < 8 * sizeof back; bit++) {
		back[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_EQUAL(pake_symmetric_is(key, back, &yes), TREC_OK);
		CU_ASSERT_FALSE(yes);
		back[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	trec_wipe(&keys, sizeof keys);
}

static void a_symmetric_key_gives_the_published_session_keys(void)
{
	check_symmetric("symmetric", true);
	check_symmetric("symmetric-back", false);
}

static void only_one_text_is_an_identity(void)
{
	uint8_t text[64], token[PAKE_SYMMETRIC_TOKEN_LEN];
	const char *identity;
	size_t n;

	load();
	identity = value("symmetric", "psk_identity");
	n = strlen(identity);
	memcpy(text, identity, n);
	CU_ASSERT_FALSE(pake_symmetric_read(trec_bytes(text, n - 1), token));
	text[n] = 'A';
	CU_ASSERT_FALSE(pake_symmetric_read(trec_bytes(text, n + 1), token));
	CU_ASSERT_FALSE(pake_symmetric_read(trec_bytes(text, 0), token));
	for (size_t i = 0; i < n; i++) {
		text[i] = '=';
		CU_ASSERT_FALSE(pake_symmetric_read(trec_bytes(text, n), token));
		text[i] = '\0';
		CU_ASSERT_FALSE(pake_symmetric_read(trec_bytes(text, n), token));
		text[i] = (uint8_t)identity[i];
	}
	text[n - 1]++; /* only bits that stand for nothing */
	CU_ASSERT_FALSE(pake_symmetric_read(trec_bytes(text, n), token));
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_symmetric_key_gives_the_published_session_keys),
	SUITE_CASE(only_one_text_is_an_identity),
	SUITE_CASE(all_three_methods_derive_the_published_keys),
	SUITE_CASE(a_code_gives_the_published_key_and_commitment),
};

SUITE_MAIN("schedule_vectors", cases)
