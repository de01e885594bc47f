/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See volume.h: opening. The newest copy whose header and table are whole is the store; where
 * the other one is not its twin, a commit was interrupted, and its traces are overwritten now.
 */
#include <string.h>

#include "keystore/volume.h"

/* One of the two copies as it was found. */
struct copy {
	uint8_t page[KS_HEADER];
	struct ks_header h;
	trec_err state;  /* TREC_OK: h holds */
	bool unwrapped;  /* tk holds */
	uint8_t *tk;     /* arena */
	uint8_t *table;  /* as read, with room for the tag; NULL: not read */
};

struct finding {
	struct copy c[KS_COPIES];
};

static void finding_free(const struct trec_env *env, struct finding *f)
{
	for (unsigned i = 0; i < KS_COPIES; i++) {
		base_secret_free(f->c[i].tk, CRYPTO_KEY_LEN);
		base_free(env, f->c[i].table, f->c[i].h.table_bytes + CRYPTO_TAG_LEN);
	}
	base_free(env, f, sizeof *f);
}

static trec_err read_header(struct ks_volume *v, unsigned i, uint64_t size, struct copy *c)
{
	trec_err err = ks_read(v, (uint64_t)i * KS_HEADER, c->page, KS_HEADER);

	if (err == TREC_OK)
		err = ks_header_decode(c->page, &c->h);
	if (err == TREC_OK && (c->h.copy != i || ks_file_bytes(c->h.slots) > size)) {
		memset(&c->h, 0, sizeof c->h);
		err = TREC_E_STORE_CORRUPT;
	}
	return err;
}

static trec_err read_headers(struct ks_volume *v, struct finding **out)
{
	uint64_t size;
	trec_err err = ks_size(v, &size);

	*out = NULL;
	if (err != TREC_OK)
		return err;
	if (size < ks_file_bytes(KS_SLOTS_MIN))
		return TREC_E_STORE_CORRUPT;
	struct finding *f = base_alloc(v->env, sizeof *f);

	if (f == NULL)
		return TREC_E_NO_MEMORY;
	trec_err worst = TREC_E_STORE_CORRUPT;

	for (unsigned i = 0; i < KS_COPIES; i++) {
		f->c[i].state = read_header(v, i, size, &f->c[i]);
		if (f->c[i].state != TREC_OK && f->c[i].state != TREC_E_STORE_CORRUPT)
			worst = f->c[i].state;
	}
	if (f->c[0].state != TREC_OK && f->c[1].state != TREC_OK) {
		finding_free(v->env, f);
		return worst;
	}
	*out = f;
	return TREC_OK;
}

trec_err ks_volume_peek(struct ks_volume *v, struct ks_header *out)
{
	struct finding *f;

	memset(out, 0, sizeof *out);
	trec_err err = read_headers(v, &f);

	if (err != TREC_OK)
		return err;
	*out = f->c[f->c[0].state == TREC_OK ? 0 : 1].h;
	finding_free(v->env, f);
	return TREC_OK;
}

/* Whether a key for one header is a key for the other. */
static bool same_lock(const struct ks_header *a, const struct ks_header *b)
{
	return memcmp(a->uuid, b->uuid, KS_UUID_LEN) == 0 && a->provider == b->provider &&
	       a->params_len == b->params_len && memcmp(a->params, b->params, KS_PARAMS_MAX) == 0;
}

static trec_err unwrap(struct ks_volume *v, struct copy *c)
{
	if (c->state != TREC_OK)
		return TREC_OK;
	if (c->tk == NULL)
		c->tk = base_secret_alloc(CRYPTO_KEY_LEN);
	if (c->tk == NULL)
		return TREC_E_NO_MEMORY;
	trec_err err = ks_header_open(c->page, &c->h, v->kek, c->tk);

	c->unwrapped = err == TREC_OK;
	return err == TREC_E_MALFORMED ? TREC_OK : err;
}

/* The parameters of the second copy are tried only where those of the first were altered. */
static trec_err unlock(struct ks_volume *v, const struct ks_unlocker *u, struct finding *f)
{
	trec_err err = TREC_E_WRONG_PASSPHRASE;

	for (unsigned i = 0; i < KS_COPIES; i++) {
		if (f->c[i].state != TREC_OK)
			continue;
		if (i == 1 && f->c[0].state == TREC_OK && same_lock(&f->c[0].h, &f->c[1].h))
			break;
		trec_err got = u->unlock(u->ctx, &f->c[i].h, v->kek);

		if (got == TREC_OK)
			got = unwrap(v, &f->c[0]);
		if (got == TREC_OK)
			got = unwrap(v, &f->c[1]);
		if (got == TREC_OK && (f->c[0].unwrapped || f->c[1].unwrapped))
			return TREC_OK;
		if (got != TREC_OK)
			err = got;
	}
	return err;
}

static trec_err read_table(struct ks_volume *v, struct copy *c, unsigned i)
{
	c->table = base_alloc(v->env, c->h.table_bytes + CRYPTO_TAG_LEN);
	if (c->table == NULL)
		return TREC_E_NO_MEMORY;
	return ks_read(v, ks_table_at(c->h.slots, i), c->table, c->h.table_bytes);
}

/* Makes copy i the store; TREC_E_STORE_CORRUPT or TREC_E_IO if it cannot be. */
static trec_err try_copy(struct ks_volume *v, struct finding *f, unsigned i)
{
	struct copy *c = &f->c[i];

	if (!c->unwrapped)
		return TREC_E_STORE_CORRUPT;
	trec_err err = read_table(v, c, i);

	if (err == TREC_OK)
		err = ks_table_open(v->env, &c->h, c->tk, c->table, &v->index);
	if (err == TREC_OK) {
		v->head = c->h;
		v->active = i;
	}
	return err;
}

static trec_err choose(struct ks_volume *v, struct finding *f)
{
	bool second = f->c[1].unwrapped &&
		      (!f->c[0].unwrapped || f->c[1].h.generation > f->c[0].h.generation);
	trec_err err = try_copy(v, f, second);

	if (err != TREC_OK && err != TREC_E_NO_MEMORY) {
		trec_err other = try_copy(v, f, !second);

		if (other != TREC_E_STORE_CORRUPT)
			err = other;
	}
	return err;
}

/*
 * Whether the other copy is the chosen one's twin. *forged: it is of the same generation and yet
 * another, which no interruption can make.
 */
static trec_err compare_twin(struct ks_volume *v, struct finding *f, bool *twin, bool *forged)
{
	struct copy *best = &f->c[v->active];
	struct copy *c = &f->c[1 - v->active];

	*twin = false;
	*forged = false;
	if (!c->unwrapped || c->h.generation != best->h.generation)
		return TREC_OK;
	*forged = c->h.slots != best->h.slots ||
		  memcmp(c->h.table_tag, best->h.table_tag, CRYPTO_TAG_LEN) != 0 ||
		  !base_equal_ct(c->tk, best->tk, CRYPTO_KEY_LEN);
	if (*forged)
		return TREC_OK;
	trec_err err = c->table != NULL ? TREC_OK : read_table(v, c, 1 - v->active);

	*twin = err == TREC_OK && memcmp(c->table, best->table, best->h.table_bytes) == 0;
	return err == TREC_E_IO ? TREC_OK : err;
}

/* A store that can be read but not mended is still opened. */
static trec_err recover(struct ks_volume *v, const uint8_t *tk)
{
	struct ks_plan p;

	if (v->read_only)
		return TREC_OK;
	base_log(v->env, TREC_LEVEL_WARNING,
		 "store: finishing an interrupted commit (generation %llu)",
		 (unsigned long long)v->head.generation);
	trec_err err = ks_plan_whole(v, tk, &p);

	if (err == TREC_OK) {
		err = ks_plan_run(v, &p, v->recover_order);
		v->recovered = err == TREC_OK;
		v->read_only = err != TREC_OK;
		err = TREC_OK;
	}
	ks_plan_free(v->env, &p);
	return err;
}

trec_err ks_volume_open(struct ks_volume *v, const struct ks_unlocker *u)
{
	struct finding *f;
	bool twin = false;
	bool forged = false;
	trec_err err = read_headers(v, &f);

	if (err != TREC_OK)
		return err;
	err = unlock(v, u, f);
	if (err == TREC_OK)
		err = choose(v, f);
	if (err == TREC_OK)
		err = compare_twin(v, f, &twin, &forged);
	if (err == TREC_OK && forged)
		err = TREC_E_STORE_CORRUPT;
	if (err == TREC_OK && !twin)
		err = recover(v, f->c[v->active].tk);
	if (err != TREC_OK)
		ks_index_clear(&v->index);
	finding_free(v->env, f);
	return err;
}
