/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trec/keystore.h: opening, using and closing a store. Making one is in create.c. */
#include "keystore/keystore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/codec/text.h"

static struct trec_keystore *self(struct trec_store *s)
{
	return (struct trec_keystore *)s;
}

static trec_err op_own(struct trec_store *s, struct trec_own *out)
{
	ks_own_show(&self(s)->own, out);
	return TREC_OK;
}

static trec_err op_get(struct trec_store *s, trec_record type, const uint8_t id[TREC_ID_LEN],
		       uint8_t *out, size_t cap, size_t *n, bool *found)
{
	*n = 0;
	*found = false;
	if (type == TREC_RECORD_OWN)
		return TREC_E_STATE;
	return ks_volume_get(&self(s)->v, type, id, out, cap, n, found);
}

static trec_err op_next(struct trec_store *s, trec_record type, const uint8_t *after,
			uint8_t id[TREC_ID_LEN], bool *found)
{
	*found = type != TREC_RECORD_OWN && ks_volume_next(&self(s)->v, type, after, id);
	return TREC_OK;
}

static trec_err op_commit(struct trec_store *s, const struct trec_change *changes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (changes[i].type == TREC_RECORD_OWN)
			return TREC_E_STATE;
	return ks_volume_commit(&self(s)->v, changes, n);
}

static trec_err op_renew(struct trec_store *s, trec_key_alg alg, trec_renewal sign, void *ctx)
{
	return ks_own_renew(&self(s)->v, &self(s)->own, alg, sign, ctx);
}

const struct trec_store_ops ks_store_ops = { op_own, op_get, op_next, op_commit, op_renew };

trec_err ks_handle_new(const struct trec_env *env, struct trec_keystore **out)
{
	struct trec_keystore *ks = base_alloc(env, sizeof *ks);

	*out = NULL;
	if (ks == NULL)
		return TREC_E_NO_MEMORY;
	ks->store.ops = &ks_store_ops;
	ks->env = env;
	ks->dirfd = ks->lockfd = ks->fd = -1;
	trec_err err = crypto_init();

	ks->crypto = err == TREC_OK;
	if (err != TREC_OK)
		trec_keystore_close(&ks);
	*out = ks;
	return err;
}

void trec_keystore_close(struct trec_keystore **out)
{
	struct trec_keystore *ks = *out;

	*out = NULL;
	if (ks == NULL)
		return;
	ks_own_free(&ks->own);
	ks_volume_done(&ks->v);
	if (ks->crypto)
		crypto_done();
	if (ks->fd >= 0)
		close(ks->fd);
	if (ks->dirfd >= 0)
		close(ks->dirfd);
	if (ks->lockfd >= 0)
		close(ks->lockfd); /* last: another process may enter now */
	base_free(ks->env, ks, sizeof *ks);
}

trec_err ks_lock(struct trec_keystore *ks, const struct trec_keystore_options *o)
{
	trec_err err = ks_file_open(ks->dirfd, o->dir, KS_LOCK, O_RDWR | O_CREAT, o->why,
				    &ks->lockfd);

	if (err == TREC_E_READ_ONLY)
		err = ks_file_open(ks->dirfd, o->dir, KS_LOCK, O_RDONLY, o->why, &ks->lockfd);
	if (err != TREC_OK)
		return err;
	if (ks_sys_lock(ks->lockfd) == 0)
		return TREC_OK;
	if (errno != EWOULDBLOCK)
		return TREC_E_IO;
	ks_why(o->why, "another process holds the store in %s: stop it, or let it do the work "
	       "through %s/" KS_CONTROL, o->dir, o->dir);
	return TREC_E_STORE_BUSY;
}

struct unlock_request {
	struct trec_keystore *ks;
	const struct trec_keystore_options *options;
};

static trec_err unlock(void *ctx, const struct ks_header *h, uint8_t kek[CRYPTO_KEY_LEN])
{
	struct unlock_request *u = ctx;
	struct ks_key_request q = { u->ks->env, u->options, u->ks->dirfd, "" };

	u->ks->provider = ks_provider_find(h->provider);
	if (u->ks->provider == NULL) {
		ks_why(u->options->why, "this build knows no key provider number %u",
		       (unsigned)h->provider);
		return TREC_E_UNSUPPORTED;
	}
	uint8_t *secret = base_secret_alloc(CRYPTO_KEY_LEN);

	if (secret == NULL)
		return TREC_E_NO_MEMORY;
	trec_err err = u->ks->provider->recall(&q, trec_bytes(h->params, h->params_len), secret);

	if (err == TREC_OK)
		err = ks_derive_kek(secret, h->uuid, kek);
	u->ks->key_source = q.source;
	base_secret_free(secret, CRYPTO_KEY_LEN);
	return err;
}

static trec_err open_file(struct trec_keystore *ks, const struct trec_keystore_options *o,
			  bool *read_only)
{
	trec_err err = ks_file_open(ks->dirfd, o->dir, KS_STORE, O_RDWR, o->why, &ks->fd);

	*read_only = err == TREC_E_READ_ONLY;
	if (*read_only)
		err = ks_file_open(ks->dirfd, o->dir, KS_STORE, O_RDONLY, o->why, &ks->fd);
	return err;
}

static trec_err no_store_why(struct trec_keystore *ks, const struct trec_keystore_options *o)
{
	if (ks_dir_has(ks->dirfd, KS_STORE_NEW))
		ks_why(o->why, "%s holds what an interrupted `trec init` left: run it again",
		       o->dir);
	else
		ks_why(o->why, "there is no store in %s: run `trec init`", o->dir);
	return TREC_E_NO_STORE;
}

static trec_err open_all(struct trec_keystore *ks, const struct trec_keystore_options *o)
{
	struct unlock_request u = { ks, o };
	struct ks_unlocker unlocker = { unlock, &u };
	bool read_only = false;
	trec_err err = ks_dir_open(o->dir, false, o->why, &ks->dirfd);

	if (err != TREC_OK)
		return err;
	if (!ks_dir_has(ks->dirfd, KS_STORE))
		return no_store_why(ks, o);
	err = ks_lock(ks, o);
	if (err == TREC_OK)
		err = open_file(ks, o, &read_only);
	if (err == TREC_OK)
		err = ks_volume_init(&ks->v, ks->env, ks->fd);
	if (err != TREC_OK)
		return err;
	ks->v.read_only = read_only;
	err = ks_volume_open(&ks->v, &unlocker);
	if (err == TREC_E_WRONG_PASSPHRASE && ks->provider != NULL)
		ks_why(o->why, "%s: %s", o->dir, ks->provider->mismatch);
	if (err == TREC_OK)
		err = ks_own_load(&ks->v, &ks->own);
	return err;
}

trec_err trec_keystore_open(const struct trec_env *env, const struct trec_keystore_options *o,
			    struct trec_keystore **out)
{
	struct trec_keystore *ks;

	*out = NULL;
	if (o->why != NULL)
		o->why[0] = '\0';
	trec_err err = ks_handle_new(env, &ks);

	if (err == TREC_OK)
		err = open_all(ks, o);
	if (err == TREC_OK) {
		if (o->why != NULL)
			o->why[0] = '\0';
		*out = ks;
		return TREC_OK;
	}
	trec_keystore_close(&ks);
	ks_why(o->why, "%s: %s; %s", o->dir == NULL ? "store" : o->dir, trec_err_text(err),
	       trec_err_hint(err));
	return err;
}

trec_err trec_keystore_peek(const struct trec_env *env, const struct trec_keystore_options *o,
			    trec_provider *out)
{
	struct ks_volume v = { .env = env };
	struct ks_header h = { 0 };
	int dirfd;

	*out = (trec_provider)0;
	trec_err err = trec_keystore_directory(o, &dirfd);

	if (err != TREC_OK)
		return err;
	err = ks_file_open(dirfd, o->dir, KS_STORE, O_RDONLY, o->why, &v.fd);
	close(dirfd);
	if (err == TREC_OK) {
		err = ks_volume_peek(&v, &h);
		close(v.fd);
	}
	if (err == TREC_OK)
		*out = (trec_provider)h.provider;
	else
		ks_why(o->why, "%s: %s; %s", o->dir, trec_err_text(err), trec_err_hint(err));
	return err;
}

trec_err trec_keystore_directory(const struct trec_keystore_options *o, int *dirfd)
{
	if (o->why != NULL)
		o->why[0] = '\0';
	return ks_dir_open(o->dir, false, o->why, dirfd);
}

int trec_keystore_dirfd(const struct trec_keystore *ks)
{
	return ks->dirfd;
}

void trec_keystore_control_path(int dirfd, char out[TREC_CONTROL_PATH_LEN])
{
	(void)snprintf(out, TREC_CONTROL_PATH_LEN, "/proc/self/fd/%d/" KS_CONTROL, dirfd);
}

struct trec_store *trec_keystore_store(struct trec_keystore *ks)
{
	return &ks->store;
}

trec_err trec_keystore_rename(struct trec_keystore *ks, const char *name)
{
	char old[TREC_NAME_MAX + 1];
	size_t n = strlen(name);

	if (!msg_name_ok(trec_bytes(name, n)))
		return TREC_E_BAD_NAME;
	memcpy(old, ks->own.name, sizeof old);
	memset(ks->own.name, 0, sizeof ks->own.name);
	memcpy(ks->own.name, name, n);
	trec_err err = ks_own_save(&ks->v, &ks->own);

	if (err != TREC_OK)
		memcpy(ks->own.name, old, sizeof old);
	return err;
}

void trec_keystore_info(const struct trec_keystore *ks, struct trec_keystore_info *out)
{
	off_t size = ks->env->io.size(ks->env->ctx, ks->fd);

	memset(out, 0, sizeof *out);
	out->provider = (trec_provider)ks->provider->id;
	out->level = ks->provider->level;
	out->level_text = ks->provider->level_text;
	out->key_source = ks->key_source;
	ks_beneath(ks->fd, out);
	out->arena = trec_secret_arena();
	out->read_only = ks->v.read_only;
	out->generation = ks->v.head.generation;
	for (size_t i = 0; i < ks->v.index.n; i++)
		out->records[ks->v.index.e[i].type]++;
	out->slots = ks->v.head.slots;
	out->slots_free = ks_volume_free_slots(&ks->v);
	out->file_bytes = size < 0 ? 0 : (uint64_t)size;
}
