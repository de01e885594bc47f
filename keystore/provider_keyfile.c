/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key provider 1: 32 raw bytes in a file: the one that was named, else the systemd credential
 * trec.kek, else `key` in the store's directory, made with the store. No parameters.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* secure_getenv */
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keystore/provider.h"

#define CREDENTIAL "trec.kek"

static const char from_file[] = "key file";
static const char from_credential[] = "credential";

static trec_err read_key(struct ks_key_request *q, int fd, const char *name,
			 uint8_t secret[CRYPTO_KEY_LEN])
{
	struct ks_volume file = { .env = q->env, .fd = fd };
	off_t size = q->env->io.size(q->env->ctx, fd);

	if (size < 0)
		return TREC_E_IO;
	if (size != CRYPTO_KEY_LEN) {
		ks_why(q->options->why, "%s has %lld bytes and must have %d raw ones: bring the "
		       "right key file back, or for a new store remove it", name, (long long)size,
		       CRYPTO_KEY_LEN);
		return TREC_E_WRONG_PASSPHRASE;
	}
	return ks_read(&file, 0, secret, CRYPTO_KEY_LEN);
}

/* *there = false and TREC_OK where the process has no such credential. */
static trec_err try_credential(struct ks_key_request *q, uint8_t secret[CRYPTO_KEY_LEN],
			       bool *there)
{
	const char *dir = secure_getenv("CREDENTIALS_DIRECTORY");
	char path[512];
	int fd;

	*there = false;
	if (dir == NULL || dir[0] != '/' ||
	    (size_t)snprintf(path, sizeof path, "%s/" CREDENTIAL, dir) >= sizeof path)
		return TREC_OK;
	trec_err err = ks_key_open(path, true, q->options->why, &fd);

	if (err == TREC_E_NO_STORE)
		return TREC_OK;
	if (err != TREC_OK)
		return err;
	*there = true;
	q->source = from_credential;
	err = read_key(q, fd, path, secret);
	close(fd);
	return err;
}

static trec_err read_named(struct ks_key_request *q, uint8_t secret[CRYPTO_KEY_LEN])
{
	int fd;
	trec_err err = ks_key_open(q->options->key_file, false, q->options->why, &fd);

	if (err == TREC_E_NO_STORE) {
		ks_why(q->options->why, "there is no key file %s", q->options->key_file);
		return TREC_E_WRONG_PASSPHRASE;
	}
	if (err != TREC_OK)
		return err;
	err = read_key(q, fd, q->options->key_file, secret);
	close(fd);
	return err;
}

static trec_err read_local(struct ks_key_request *q, uint8_t secret[CRYPTO_KEY_LEN])
{
	char name[600];
	int fd;
	trec_err err = ks_file_open(q->dirfd, q->options->dir, KS_KEY, O_RDONLY, q->options->why,
				    &fd);

	if (err != TREC_OK)
		return err;
	(void)snprintf(name, sizeof name, "%.512s/" KS_KEY, q->options->dir);
	err = read_key(q, fd, name, secret);
	close(fd);
	return err;
}

/* Complete or not there: written beside its place, synced, then renamed. */
static trec_err make_local(struct ks_key_request *q, uint8_t secret[CRYPTO_KEY_LEN])
{
	struct ks_volume file = { .env = q->env };

	if (ks_sys_unlink(q->dirfd, KS_KEY_NEW) != 0 && errno != ENOENT)
		return TREC_E_IO;
	trec_err err = ks_file_open(q->dirfd, q->options->dir, KS_KEY_NEW,
				    O_RDWR | O_CREAT | O_EXCL, q->options->why, &file.fd);

	if (err != TREC_OK)
		return err;
	err = crypto_random(q->env, secret, CRYPTO_KEY_LEN);
	if (err == TREC_OK)
		err = ks_write(&file, 0, secret, CRYPTO_KEY_LEN);
	if (err == TREC_OK)
		err = ks_sync(&file);
	close(file.fd);
	if (err == TREC_OK && ks_sys_rename(q->dirfd, KS_KEY_NEW, KS_KEY) != 0)
		err = TREC_E_IO;
	if (err == TREC_OK)
		err = ks_dir_sync(q->dirfd);
	return err;
}

static trec_err recall(struct ks_key_request *q, struct trec_bytes params,
		       uint8_t secret[CRYPTO_KEY_LEN])
{
	bool there;

	if (params.n != 0)
		return TREC_E_STORE_CORRUPT;
	q->source = from_file;
	if (q->options->key_file != NULL)
		return read_named(q, secret);
	trec_err err = try_credential(q, secret, &there);

	if (err != TREC_OK || there)
		return err;
	err = read_local(q, secret);
	if (err == TREC_E_NO_STORE) {
		ks_why(q->options->why, "the store's key file %s/" KS_KEY " is missing: bring it "
		       "back, or give it with CREDENTIALS_DIRECTORY/" CREDENTIAL,
		       q->options->dir);
		err = TREC_E_WRONG_PASSPHRASE;
	}
	return err;
}

static trec_err fresh(struct ks_key_request *q, uint8_t *params, uint32_t *params_len,
		      uint8_t secret[CRYPTO_KEY_LEN])
{
	bool there;

	(void)params;
	*params_len = 0;
	q->source = from_file;
	if (q->options->key_file != NULL)
		return read_named(q, secret);
	trec_err err = try_credential(q, secret, &there);

	if (err != TREC_OK || there)
		return err;
	/* One that an interrupted create left is as good as new. */
	err = read_local(q, secret);
	return err == TREC_E_NO_STORE ? make_local(q, secret) : err;
}

const struct ks_provider ks_provider_keyfile = {
	.id = TREC_PROVIDER_KEYFILE,
	.level = 0,
	.level_text = "a key file opens this store: it protects nothing against whoever gets both "
		      "files, and deletion rests on overwriting",
	.fresh = fresh,
	.recall = recall,
	.mismatch = "the key file does not belong to this store, or both its headers are damaged",
};
