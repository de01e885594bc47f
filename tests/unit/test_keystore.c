/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about a store in a directory, through the public interface. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <trec/keystore.h>

#include "proto/crypto/crypto.h"
#include "tests/lib/store_dir.h"
#include "tests/lib/suite.h"

static const struct trec_env *env;

static void created_store_opens_again_with_the_same_identity(void)
{
	struct store_dir d;
	struct trec_keystore *ks;
	struct trec_own a, b;
	uint8_t sig[TREC_SIG_MAX];
	size_t n;

	store_dir_begin(&d);
	for (int alg = TREC_KEY_ED25519; alg <= TREC_KEY_P256; alg++) {
		store_dir_clear(&d);
		CU_ASSERT_EQUAL_FATAL(
			trec_keystore_create(env, &d.options, "kitchen", (trec_key_alg)alg, &ks),
			TREC_OK);
		struct trec_store *s = trec_keystore_store(ks);

		CU_ASSERT_EQUAL(s->ops->own(s, &a), TREC_OK);
		CU_ASSERT_STRING_EQUAL(a.name, "kitchen");
		CU_ASSERT_EQUAL(a.signer->alg, (trec_key_alg)alg);
		trec_keystore_close(&ks);
		CU_ASSERT_PTR_NULL(ks);
		CU_ASSERT_EQUAL_FATAL(trec_keystore_open(env, &d.options, &ks), TREC_OK);
		s = trec_keystore_store(ks);
		CU_ASSERT_EQUAL(s->ops->own(s, &b), TREC_OK);
		CU_ASSERT_EQUAL(memcmp(&a.id, &b.id, sizeof a.id), 0);
		CU_ASSERT_EQUAL(b.signer->sign(b.signer->ctx, trec_bytes("hello", 5), sig,
					       sizeof sig, &n),
				TREC_OK);
		CU_ASSERT_EQUAL(crypto_verify(trec_bytes(b.signer->spki, b.signer->spki_len),
					      trec_bytes("hello", 5), trec_bytes(sig, n)),
				TREC_OK);
		trec_keystore_close(&ks);
	}
	store_dir_end(&d);
}

static void only_the_store_reads_or_writes_the_own_record(void)
{
	struct store_dir d;
	struct trec_keystore *ks;
	struct trec_change c = { .type = TREC_RECORD_OWN, .data = trec_bytes("x", 1) };
	uint8_t buf[64];
	size_t n;
	bool found;

	store_dir_begin(&d);
	CU_ASSERT_EQUAL_FATAL(
		trec_keystore_create(env, &d.options, "a", TREC_KEY_ED25519, &ks), TREC_OK);
	struct trec_store *s = trec_keystore_store(ks);

	CU_ASSERT_EQUAL(s->ops->commit(s, &c, 1), TREC_E_STATE);
	c.remove = true;
	CU_ASSERT_EQUAL(s->ops->commit(s, &c, 1), TREC_E_STATE);
	CU_ASSERT_EQUAL(s->ops->get(s, TREC_RECORD_OWN, c.id, buf, sizeof buf, &n, &found),
			TREC_E_STATE);
	CU_ASSERT_EQUAL(s->ops->next(s, TREC_RECORD_OWN, NULL, buf, &found), TREC_OK);
	CU_ASSERT_FALSE(found);
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

static void rename_lasts_and_a_bad_name_changes_nothing(void)
{
	struct store_dir d;
	struct trec_keystore *ks;
	struct trec_own own;

	store_dir_begin(&d);
	CU_ASSERT_EQUAL_FATAL(
		trec_keystore_create(env, &d.options, "first", TREC_KEY_ED25519, &ks), TREC_OK);
	CU_ASSERT_EQUAL(trec_keystore_rename(ks, ""), TREC_E_BAD_NAME);
	CU_ASSERT_EQUAL(trec_keystore_rename(ks, "a\nb"), TREC_E_BAD_NAME);
	CU_ASSERT_EQUAL(trec_keystore_rename(ks, "second"), TREC_OK);
	trec_keystore_close(&ks);
	CU_ASSERT_EQUAL_FATAL(trec_keystore_open(env, &d.options, &ks), TREC_OK);
	struct trec_store *s = trec_keystore_store(ks);

	CU_ASSERT_EQUAL(s->ops->own(s, &own), TREC_OK);
	CU_ASSERT_STRING_EQUAL(own.name, "second");
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

static void second_opener_is_told_that_the_store_is_busy(void)
{
	struct store_dir d;
	struct trec_keystore *ks, *other;

	store_dir_begin(&d);
	CU_ASSERT_EQUAL_FATAL(
		trec_keystore_create(env, &d.options, "a", TREC_KEY_ED25519, &ks), TREC_OK);
	CU_ASSERT_EQUAL(trec_keystore_open(env, &d.options, &other), TREC_E_STORE_BUSY);
	CU_ASSERT_PTR_NULL(other);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.why, d.path));
	trec_keystore_close(&ks);
	CU_ASSERT_EQUAL(trec_keystore_open(env, &d.options, &ks), TREC_OK);
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

static void create_never_overwrites_a_store(void)
{
	struct store_dir d;
	struct trec_keystore *ks;
	struct trec_own a, b;

	store_dir_begin(&d);
	CU_ASSERT_EQUAL_FATAL(
		trec_keystore_create(env, &d.options, "a", TREC_KEY_ED25519, &ks), TREC_OK);
	struct trec_store *s = trec_keystore_store(ks);

	CU_ASSERT_EQUAL(s->ops->own(s, &a), TREC_OK);
	trec_keystore_close(&ks);
	CU_ASSERT_EQUAL(trec_keystore_create(env, &d.options, "b", TREC_KEY_P256, &ks),
			TREC_E_EXISTS);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.why, "nothing was changed"));
	CU_ASSERT_EQUAL_FATAL(trec_keystore_open(env, &d.options, &ks), TREC_OK);
	s = trec_keystore_store(ks);
	CU_ASSERT_EQUAL(s->ops->own(s, &b), TREC_OK);
	CU_ASSERT_STRING_EQUAL(b.name, "a");
	CU_ASSERT_EQUAL(memcmp(&a.id, &b.id, sizeof a.id), 0);
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

static void passphrase_opens_and_a_wrong_one_does_not(void)
{
	struct store_dir d;
	struct trec_keystore *ks;
	struct trec_env quick = *env;
	struct trec_keystore_info info;
	trec_provider p;

	quick.scrypt_log_n_max = 10;
	store_dir_begin(&d);
	d.options.provider = TREC_PROVIDER_PASSPHRASE;
	CU_ASSERT_EQUAL(trec_keystore_create(&quick, &d.options, "a", TREC_KEY_ED25519, &ks),
			TREC_E_USAGE);
	d.options.passphrase = trec_bytes("correct horse", 13);
	CU_ASSERT_EQUAL_FATAL(
		trec_keystore_create(&quick, &d.options, "a", TREC_KEY_ED25519, &ks), TREC_OK);
	trec_keystore_info(ks, &info);
	CU_ASSERT_EQUAL(info.level, 1);
	CU_ASSERT_STRING_EQUAL(info.key_source, "passphrase");
	trec_keystore_close(&ks);
	CU_ASSERT_EQUAL(access(store_dir_file(&d, "key"), F_OK), -1);
	CU_ASSERT_EQUAL(trec_keystore_peek(&quick, &d.options, &p), TREC_OK);
	CU_ASSERT_EQUAL(p, TREC_PROVIDER_PASSPHRASE);
	d.options.provider = (trec_provider)0;
	CU_ASSERT_EQUAL(trec_keystore_open(&quick, &d.options, &ks), TREC_OK);
	trec_keystore_close(&ks);
	d.options.passphrase = trec_bytes("correct horsf", 13);
	CU_ASSERT_EQUAL(trec_keystore_open(&quick, &d.options, &ks), TREC_E_WRONG_PASSPHRASE);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.why, "passphrase"));
	d.options.passphrase = trec_bytes(NULL, 0);
	CU_ASSERT_EQUAL(trec_keystore_open(&quick, &d.options, &ks), TREC_E_USAGE);
	store_dir_end(&d);
}

static void passphrase_store_of_full_cost_opens(void)
{
	struct store_dir d;
	struct trec_keystore *ks;
	uint8_t head[64];

	store_dir_begin(&d);
	d.options.provider = TREC_PROVIDER_PASSPHRASE;
	d.options.passphrase = trec_bytes("correct horse", 13);
	CU_ASSERT_EQUAL_FATAL(
		trec_keystore_create(env, &d.options, "a", TREC_KEY_ED25519, &ks), TREC_OK);
	trec_keystore_close(&ks);
	CU_ASSERT_EQUAL_FATAL(store_dir_read(&d, "store", 0, head, sizeof head), sizeof head);
	CU_ASSERT_EQUAL(memcmp(head + 56, "\x11\x08\x01\x00", 4), 0);
	CU_ASSERT_EQUAL(trec_keystore_open(env, &d.options, &ks), TREC_OK);
	trec_keystore_close(&ks);
	/* Costs out of bounds are refused before any work is done for them. */
	store_dir_poke(&d, "store", 56, 30);
	store_dir_poke(&d, "store", 4096 + 56, 30);
	CU_ASSERT_EQUAL(trec_keystore_open(env, &d.options, &ks), TREC_E_STORE_CORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.why, "2^30"));
	store_dir_end(&d);
}

/* Also those that say which provider to ask, and with which parameters. */
static void c631_b_any_byte_of_one_header_altered_is_healed(void)
{
	struct store_dir d;
	struct trec_keystore *ks;
	uint8_t byte;
	unsigned bad = 0;

	store_dir_begin(&d);
	CU_ASSERT_EQUAL_FATAL(
		trec_keystore_create(env, &d.options, "a", TREC_KEY_ED25519, &ks), TREC_OK);
	trec_keystore_close(&ks);
	for (size_t i = 0; i < 2 * 260; i++) {
		size_t at = i < 260 ? i : 4096 + i - 260;

		CU_ASSERT_EQUAL(store_dir_read(&d, "store", at, &byte, 1), 1);
		store_dir_poke(&d, "store", at, byte ^ 2);
		for (unsigned again = 0; again < 2; again++) {
			bad += trec_keystore_open(env, &d.options, &ks) != TREC_OK;
			trec_keystore_close(&ks);
		}
	}
	CU_ASSERT_EQUAL(bad, 0);
	store_dir_end(&d);
}

static void wrong_or_missing_key_file_is_named(void)
{
	struct store_dir d;
	struct trec_keystore *ks;

	store_dir_begin(&d);
	CU_ASSERT_EQUAL_FATAL(
		trec_keystore_create(env, &d.options, "a", TREC_KEY_ED25519, &ks), TREC_OK);
	trec_keystore_close(&ks);
	store_dir_poke(&d, "key", 5, 0x99);
	store_dir_poke(&d, "key", 6, 0x99);
	CU_ASSERT_EQUAL(trec_keystore_open(env, &d.options, &ks), TREC_E_WRONG_PASSPHRASE);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.why, "key file"));
	CU_ASSERT_EQUAL(truncate(store_dir_file(&d, "key"), 31), 0);
	CU_ASSERT_EQUAL(trec_keystore_open(env, &d.options, &ks), TREC_E_WRONG_PASSPHRASE);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.why, "31 bytes"));
	CU_ASSERT_EQUAL(unlink(store_dir_file(&d, "key")), 0);
	CU_ASSERT_EQUAL(trec_keystore_open(env, &d.options, &ks), TREC_E_WRONG_PASSPHRASE);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.why, "missing"));
	store_dir_end(&d);
}

static void systemd_credential_and_named_key_file_serve(void)
{
	struct store_dir d, c;
	struct trec_keystore *ks;
	struct trec_keystore_info info;
	uint8_t key[32];

	memset(key, 7, sizeof key);
	store_dir_begin(&d);
	store_dir_begin(&c);
	store_dir_write(&c, "trec.kek", key, sizeof key, 0400);
	setenv("CREDENTIALS_DIRECTORY", c.path, 1);
	CU_ASSERT_EQUAL_FATAL(
		trec_keystore_create(env, &d.options, "a", TREC_KEY_ED25519, &ks), TREC_OK);
	trec_keystore_info(ks, &info);
	CU_ASSERT_STRING_EQUAL(info.key_source, "credential");
	trec_keystore_close(&ks);
	CU_ASSERT_EQUAL(access(store_dir_file(&d, "key"), F_OK), -1);
	CU_ASSERT_EQUAL(trec_keystore_open(env, &d.options, &ks), TREC_OK);
	trec_keystore_close(&ks);
	CU_ASSERT_EQUAL(chmod(store_dir_file(&c, "trec.kek"), 0444), 0);
	CU_ASSERT_EQUAL(trec_keystore_open(env, &d.options, &ks), TREC_E_STORE_MODE);
	unsetenv("CREDENTIALS_DIRECTORY");
	CU_ASSERT_EQUAL(trec_keystore_open(env, &d.options, &ks), TREC_E_WRONG_PASSPHRASE);
	CU_ASSERT_EQUAL(chmod(store_dir_file(&c, "trec.kek"), 0400), 0);
	d.options.key_file = store_dir_file(&c, "trec.kek");
	CU_ASSERT_EQUAL(trec_keystore_open(env, &d.options, &ks), TREC_OK);
	trec_keystore_close(&ks);
	store_dir_end(&c);
	store_dir_end(&d);
}

static void info_says_what_lies_beneath_and_what_is_not_covered(void)
{
	struct store_dir d;
	struct trec_keystore *ks;
	struct trec_keystore_info info;

	store_dir_begin(&d);
	CU_ASSERT_EQUAL_FATAL(
		trec_keystore_create(env, &d.options, "a", TREC_KEY_ED25519, &ks), TREC_OK);
	trec_keystore_info(ks, &info);
	CU_ASSERT_EQUAL(info.level, 0);
	CU_ASSERT_TRUE(strlen(info.filesystem) > 0);
	CU_ASSERT_TRUE(strlen(info.covers) > 0);
	CU_ASSERT_TRUE(strlen(info.not_covered) > 0);
	CU_ASSERT_EQUAL(info.records[TREC_RECORD_OWN], 1);
	CU_ASSERT_EQUAL(info.generation, 2);
	CU_ASSERT_EQUAL(info.slots, 64);
	CU_ASSERT_TRUE(info.slots_free == 62 || info.slots_free == 63);
	CU_ASSERT_FALSE(info.read_only);
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

static void control_path_is_short_and_leads_into_the_directory(void)
{
	struct store_dir d;
	struct trec_keystore *ks;
	char path[TREC_CONTROL_PATH_LEN];
	int fd;

	store_dir_begin(&d);
	CU_ASSERT_EQUAL_FATAL(
		trec_keystore_create(env, &d.options, "a", TREC_KEY_ED25519, &ks), TREC_OK);
	store_dir_write(&d, "control", (const uint8_t *)"x", 1, 0600);
	CU_ASSERT_EQUAL_FATAL(trec_keystore_directory(&d.options, &fd), TREC_OK);
	trec_keystore_control_path(fd, path);
	CU_ASSERT_EQUAL(access(path, R_OK), 0);
	trec_keystore_control_path(trec_keystore_dirfd(ks), path);
	CU_ASSERT_EQUAL(access(path, R_OK), 0);
	close(fd);
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

/* One line of tests/vectors/store-1/records.txt. */
static bool line_holds(struct trec_store *s, const char *line)
{
	static uint8_t want[TREC_RECORD_MAX], got[TREC_RECORD_MAX];
	uint8_t id[TREC_ID_LEN];
	size_t n, length = 0;
	bool found;
	const char *hex = line + 2;

	for (size_t i = 0; i < sizeof id; i++, hex += 2)
		(void)sscanf(hex, "%2hhx", &id[i]);
	for (hex++; length < sizeof want && sscanf(hex, "%2hhx", &want[length]) == 1; hex += 2)
		length++;
	return s->ops->get(s, (trec_record)(line[0] - '0'), id, got, sizeof got, &n, &found) ==
		       TREC_OK &&
	       found && n == length && memcmp(got, want, n) == 0;
}

/* What an earlier release wrote stays readable: the file in tests/vectors never changes. */
static void store_of_format_version_1_opens(void)
{
	static char line[2 * TREC_RECORD_MAX + 128];
	static uint8_t bytes[131072];
	struct store_dir d;
	struct trec_keystore *ks;
	unsigned lines = 0;
	char path[400];
	const char *src = getenv("srcdir") == NULL ? "." : getenv("srcdir");

	store_dir_begin(&d);
	for (unsigned i = 0; i < 2; i++) {
		const char *name = i == 0 ? "store" : "key";

		snprintf(path, sizeof path, "%s/tests/vectors/store-1/%s", src, name);
		FILE *f = fopen(path, "rb");

		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		store_dir_write(&d, name, bytes, fread(bytes, 1, sizeof bytes, f), 0600);
		fclose(f);
	}
	CU_ASSERT_EQUAL_FATAL(trec_keystore_open(env, &d.options, &ks), TREC_OK);
	snprintf(path, sizeof path, "%s/tests/vectors/store-1/records.txt", src);
	FILE *f = fopen(path, "r");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	while (fgets(line, sizeof line, f) != NULL) {
		lines++;
		if (line[0] != 'o')
			CU_ASSERT_TRUE(line_holds(trec_keystore_store(ks), line));
	}
	fclose(f);
	CU_ASSERT_EQUAL(lines, 14);
	trec_keystore_close(&ks);
	store_dir_end(&d);
}

static const struct suite_case cases[] = {
	SUITE_CASE(created_store_opens_again_with_the_same_identity),
	SUITE_CASE(only_the_store_reads_or_writes_the_own_record),
	SUITE_CASE(rename_lasts_and_a_bad_name_changes_nothing),
	SUITE_CASE(second_opener_is_told_that_the_store_is_busy),
	SUITE_CASE(create_never_overwrites_a_store),
	SUITE_CASE(passphrase_opens_and_a_wrong_one_does_not),
	SUITE_CASE(passphrase_store_of_full_cost_opens),
	SUITE_CASE(c631_b_any_byte_of_one_header_altered_is_healed),
	SUITE_CASE(wrong_or_missing_key_file_is_named),
	SUITE_CASE(systemd_credential_and_named_key_file_serve),
	SUITE_CASE(info_says_what_lies_beneath_and_what_is_not_covered),
	SUITE_CASE(control_path_is_short_and_leads_into_the_directory),
	SUITE_CASE(store_of_format_version_1_opens),
};

int main(void)
{
	env = trec_env_default();
	unsetenv("CREDENTIALS_DIRECTORY");
	return suite_main("keystore", cases, sizeof cases / sizeof cases[0]);
}
