/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trec/keystore.h: making a store. The file is written whole under another name and renamed to
 * its own only then, so a create that is killed leaves no store, and the next one starts anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keystore/keystore.h"
#include "proto/codec/text.h"

static trec_err check_arguments(const struct trec_keystore_options *o, const char *name,
				trec_key_alg alg)
{
	if (name == NULL || !msg_name_ok(trec_bytes(name, strlen(name)))) {
		ks_why(o->why, "%s: %s", trec_err_text(TREC_E_BAD_NAME),
		       trec_err_hint(TREC_E_BAD_NAME));
		return TREC_E_BAD_NAME;
	}
	if (alg != TREC_KEY_ED25519 && alg != TREC_KEY_P256) {
		ks_why(o->why, "the key is to be ed25519 or p256");
		return TREC_E_USAGE;
	}
	return TREC_OK;
}

/* What an interrupted create left is overwritten as well: it holds a sealed private key. */
static trec_err remove_leftover(struct trec_keystore *ks, const struct trec_keystore_options *o)
{
	struct ks_volume file = { .env = ks->env };

	if (!ks_dir_has(ks->dirfd, KS_STORE_NEW))
		return TREC_OK;
	trec_err err = ks_file_open(ks->dirfd, o->dir, KS_STORE_NEW, O_RDWR, o->why, &file.fd);

	if (err != TREC_OK)
		return err;
	off_t size = ks->env->io.size(ks->env->ctx, file.fd);

	err = size < 0 ? TREC_E_IO : ks_fill(&file, 0, (uint64_t)size);
	if (err == TREC_OK)
		err = ks_sync(&file);
	close(file.fd);
	if (ks_sys_unlink(ks->dirfd, KS_STORE_NEW) != 0)
		return TREC_E_IO;
	return err;
}

static trec_err prepare(struct trec_keystore *ks, const struct trec_keystore_options *o)
{
	trec_err err = ks_dir_open(o->dir, true, o->why, &ks->dirfd);

	if (err == TREC_OK)
		err = ks_dir_vacant(ks->dirfd, o->dir, o->why);
	if (err == TREC_OK)
		err = ks_lock(ks, o);
	/* Again under the lock: two at once make one store. */
	if (err == TREC_OK)
		err = ks_dir_vacant(ks->dirfd, o->dir, o->why);
	if (err == TREC_OK)
		err = remove_leftover(ks, o);
	if (err == TREC_E_NO_STORE) /* there is no lock file, and none can be made */
		err = TREC_E_READ_ONLY;
	if (err == TREC_E_READ_ONLY)
		ks_why(o->why, "%s is on a file system that is mounted read-only: mount it for "
		       "writing, or choose another directory", o->dir);
	return err;
}

static trec_err fresh_secret(struct trec_keystore *ks, const struct trec_keystore_options *o,
			     struct ks_header *h, uint8_t kek[CRYPTO_KEY_LEN])
{
	struct ks_key_request q = { ks->env, o, ks->dirfd, "" };

	ks->provider = ks_provider_find(o->provider == 0 ? TREC_PROVIDER_KEYFILE : o->provider);
	if (ks->provider == NULL) {
		ks_why(o->why, "this build knows no key provider number %u", (unsigned)o->provider);
		return TREC_E_UNSUPPORTED;
	}
	h->provider = ks->provider->id;
	uint8_t *secret = base_secret_alloc(CRYPTO_KEY_LEN);

	if (secret == NULL)
		return TREC_E_NO_MEMORY;
	trec_err err = ks->provider->fresh(&q, h->params, &h->params_len, secret);

	if (err == TREC_OK)
		err = crypto_random(ks->env, h->uuid, sizeof h->uuid);
	if (err == TREC_OK)
		err = ks_derive_kek(secret, h->uuid, kek);
	ks->key_source = q.source;
	base_secret_free(secret, CRYPTO_KEY_LEN);
	return err;
}

static trec_err write_store(struct trec_keystore *ks, const struct trec_keystore_options *o,
			    const struct ks_header *h, const uint8_t kek[CRYPTO_KEY_LEN])
{
	trec_err err = ks_file_open(ks->dirfd, o->dir, KS_STORE_NEW, O_RDWR | O_CREAT | O_EXCL,
				    o->why, &ks->fd);

	if (err != TREC_OK)
		return err;
	ks_keep_in_place(ks->fd);
	err = ks_volume_init(&ks->v, ks->env, ks->fd);
	if (err == TREC_OK)
		err = ks_volume_create(&ks->v, h, kek);
	if (err == TREC_OK)
		err = ks_own_save(&ks->v, &ks->own);
	if (err == TREC_OK && ks_sys_rename(ks->dirfd, KS_STORE_NEW, KS_STORE) != 0)
		err = errno == ENOSPC ? TREC_E_NO_SPACE : TREC_E_IO;
	if (err == TREC_OK)
		err = ks_dir_sync(ks->dirfd);
	return err;
}

static trec_err create_all(struct trec_keystore *ks, const struct trec_keystore_options *o,
			   const char *name, trec_key_alg alg)
{
	struct ks_header h = { .slots = KS_SLOTS_FIRST };
	trec_err err = prepare(ks, o);

	if (err != TREC_OK)
		return err;
	uint8_t *kek = base_secret_alloc(CRYPTO_KEY_LEN);

	if (kek == NULL)
		return TREC_E_NO_MEMORY;
	err = ks_own_make(ks->env, name, alg, &ks->own);
	if (err == TREC_OK)
		err = fresh_secret(ks, o, &h, kek);
	if (err == TREC_OK)
		err = write_store(ks, o, &h, kek);
	base_secret_free(kek, CRYPTO_KEY_LEN);
	return err;
}

trec_err trec_keystore_create(const struct trec_env *env, const struct trec_keystore_options *o,
			      const char *name, trec_key_alg alg, struct trec_keystore **out)
{
	struct trec_keystore *ks = NULL;

	*out = NULL;
	if (o->why != NULL)
		o->why[0] = '\0';
	trec_err err = check_arguments(o, name, alg);

	if (err == TREC_OK)
		err = ks_handle_new(env, &ks);
	if (err == TREC_OK)
		err = create_all(ks, o, name, alg);
	if (err == TREC_OK) {
		if (o->why != NULL)
			o->why[0] = '\0';
		*out = ks;
		return TREC_OK;
	}
	trec_keystore_close(&ks);
	if (err == TREC_E_NO_SPACE)
		ks_why(o->why, "%s: its file system is full, and no store was made: make room for "
		       "%u KiB and run it again", o->dir,
		       (unsigned)(ks_file_bytes(KS_SLOTS_FIRST) / 1024 + 8));
	ks_why(o->why, "%s: %s; %s", o->dir == NULL ? "store" : o->dir, trec_err_text(err),
	       trec_err_hint(err));
	return err;
}
