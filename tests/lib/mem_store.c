/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See mem_store.h. An ordered list: tests keep tens of records, not thousands. */
#include "tests/lib/mem_store.h"

#include <stdlib.h>
#include <string.h>

#include "proto/crypto/crypto.h"

struct mem_row {
	struct mem_row *next;
	trec_record type;
	uint8_t id[TREC_ID_LEN];
	size_t n;
	uint8_t data[];
};

static struct mem_store *self(struct trec_store *s)
{
	return (struct mem_store *)s;
}

static int compare(const struct mem_row *r, trec_record type, const uint8_t *id)
{
	if (r->type != type)
		return r->type < type ? -1 : 1;
	return memcmp(r->id, id, TREC_ID_LEN);
}

/* Searches of memory are not to find what a store let go. */
static void row_free(struct mem_row *r)
{
	trec_wipe(r->data, r->n);
	free(r);
}

static void rows_free(struct mem_row **rows)
{
	while (*rows != NULL) {
		struct mem_row *r = *rows;

		*rows = r->next;
		row_free(r);
	}
}

static struct mem_row *row_new(trec_record type, const uint8_t *id, struct trec_bytes data)
{
	struct mem_row *r = calloc(1, sizeof *r + data.n);

	if (r == NULL)
		return NULL;
	r->type = type;
	memcpy(r->id, id, TREC_ID_LEN);
	r->n = data.n;
	if (data.n > 0)
		memcpy(r->data, data.p, data.n);
	return r;
}

static bool rows_copy(const struct mem_row *from, struct mem_row **out)
{
	struct mem_row **tail = out;

	for (*out = NULL; from != NULL; from = from->next) {
		*tail = row_new(from->type, from->id, trec_bytes(from->data, from->n));
		if (*tail == NULL) {
			rows_free(out);
			return false;
		}
		tail = &(*tail)->next;
	}
	return true;
}

static trec_err rows_apply(struct mem_row **rows, const struct trec_change *c)
{
	struct mem_row **at = rows;

	if (c->type == TREC_RECORD_OWN || c->data.n > TREC_RECORD_MAX)
		return c->type == TREC_RECORD_OWN ? TREC_E_STATE : TREC_E_TOO_LARGE;
	while (*at != NULL && compare(*at, c->type, c->id) < 0)
		at = &(*at)->next;
	if (*at != NULL && compare(*at, c->type, c->id) == 0) {
		struct mem_row *old = *at;

		*at = old->next;
		row_free(old);
	}
	if (c->remove)
		return TREC_OK;
	struct mem_row *r = row_new(c->type, c->id, c->data);

	if (r == NULL)
		return TREC_E_NO_MEMORY;
	r->next = *at;
	*at = r;
	return TREC_OK;
}

static trec_err mem_own(struct trec_store *s, struct trec_own *out)
{
	memset(out, 0, sizeof *out);
	if (self(s)->down)
		return TREC_E_IO;
	if (self(s)->own.signer == NULL)
		return TREC_E_STATE;
	self(s)->signer = *self(s)->own.signer;
	*out = self(s)->own;
	out->signer = &self(s)->signer;
	return TREC_OK;
}

static trec_err mem_get(struct trec_store *s, trec_record type, const uint8_t id[TREC_ID_LEN],
			uint8_t *out, size_t cap, size_t *n, bool *found)
{
	*n = 0;
	*found = false;
	if (self(s)->down)
		return TREC_E_IO;
	for (const struct mem_row *r = self(s)->rows; r != NULL; r = r->next) {
		if (compare(r, type, id) != 0)
			continue;
		if (r->n > cap)
			return TREC_E_NO_SPACE;
		if (r->n > 0)
			memcpy(out, r->data, r->n);
		*n = r->n;
		*found = true;
	}
	return TREC_OK;
}

static trec_err mem_next(struct trec_store *s, trec_record type, const uint8_t *after,
			 uint8_t id[TREC_ID_LEN], bool *found)
{
	*found = false;
	memset(id, 0, after == id ? 0 : TREC_ID_LEN);
	if (self(s)->down)
		return TREC_E_IO;
	for (const struct mem_row *r = self(s)->rows; r != NULL; r = r->next) {
		if (r->type != type)
			continue;
		if (after != NULL && memcmp(r->id, after, TREC_ID_LEN) <= 0)
			continue;
		memcpy(id, r->id, TREC_ID_LEN);
		*found = true;
		return TREC_OK;
	}
	return TREC_OK;
}

static enum mem_fault fault_now(struct mem_store *m)
{
	m->calls++;
	return m->fault_at == m->calls ? m->fault : MEM_FAULT_NONE;
}

/* *done: the changes are there, whatever the caller hears. */
static trec_err commit(struct mem_store *m, const struct trec_change *changes, size_t n, bool *done)
{
	struct mem_row *rows = NULL;
	trec_err err = TREC_OK;

	*done = false;
	if (m->down)
		return TREC_E_IO;
	enum mem_fault fault = fault_now(m);

	m->down = fault == MEM_FAULT_CRASH_BEFORE || fault == MEM_FAULT_CRASH_AFTER;
	if (fault == MEM_FAULT_FULL)
		return TREC_E_NO_SPACE;
	if (fault == MEM_FAULT_FAIL || fault == MEM_FAULT_CRASH_BEFORE)
		return TREC_E_IO;
	if (!rows_copy(m->rows, &rows))
		return TREC_E_NO_MEMORY;
	for (size_t i = 0; i < n && err == TREC_OK; i++)
		err = rows_apply(&rows, &changes[i]);
	if (err != TREC_OK) {
		rows_free(&rows);
		return err;
	}
	rows_free(&m->rows);
	m->rows = rows;
	*done = true;
	if (m->down)
		return TREC_E_IO;
	m->commits++;
	return TREC_OK;
}

static trec_err mem_commit(struct trec_store *s, const struct trec_change *changes, size_t n)
{
	bool done;

	return commit(self(s), changes, n, &done);
}

/* The key made here, and what own() will answer once it is in force. */
static trec_err make_own(struct mem_store *m, trec_key_alg alg, struct crypto_key **key,
			 struct trec_signer *signer, uint8_t cert[TREC_CERT_MAX],
			 struct trec_own *now)
{
	const struct trec_env *env = m->env != NULL ? m->env : trec_env_default();
	size_t n = 0;
	trec_err err = crypto_key_generate(env, alg, key);

	if (err != TREC_OK)
		return err;
	crypto_key_signer(*key, signer);
	*now = m->own;
	now->signer = signer;
	err = crypto_cert_make(env, signer, NULL, cert, TREC_CERT_MAX, &n);
	now->cert = trec_bytes(cert, n);
	if (err == TREC_OK)
		err = crypto_spki_check(trec_bytes(signer->spki, signer->spki_len), NULL,
					&now->id);
	return err;
}

static trec_err mem_renew(struct trec_store *s, trec_key_alg alg, trec_renewal sign, void *ctx)
{
	struct mem_store *m = self(s);
	struct trec_change extra = { .type = TREC_RECORD_OWN };
	struct crypto_key *key = NULL;
	struct trec_signer signer;
	uint8_t cert[TREC_CERT_MAX];
	struct trec_own old, now;
	bool done = false;
	trec_err err = mem_own(s, &old);

	if (err == TREC_OK)
		err = make_own(m, alg, &key, &signer, cert, &now);
	if (err == TREC_OK)
		err = sign(ctx, &old, &now, &extra);
	if (err == TREC_OK)
		err = commit(m, &extra, 1, &done);
	if (done) {
		struct crypto_key *gone = m->key;

		m->key = key;
		key = gone;
		memcpy(m->cert, cert, sizeof m->cert);
		m->signer = signer;
		m->own = now;
		m->own.signer = &m->signer;
		m->own.cert = trec_bytes(m->cert, now.cert.n);
	}
	crypto_key_free(&key);
	return err;
}

static const struct trec_store_ops mem_ops = { mem_own, mem_get, mem_next, mem_commit, mem_renew };

struct mem_store *mem_store_new(const struct trec_own *own)
{
	struct mem_store *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->store.ops = &mem_ops;
	if (own != NULL)
		m->own = *own;
	return m;
}

void mem_store_free(struct mem_store **m)
{
	if (*m == NULL)
		return;
	rows_free(&(*m)->rows);
	crypto_key_free(&(*m)->key);
	free(*m);
	*m = NULL;
}

void mem_store_fault(struct mem_store *m, size_t n, enum mem_fault fault)
{
	m->fault_at = n == 0 ? 0 : m->calls + n;
	m->fault = fault;
}

void mem_store_restart(struct mem_store *m)
{
	m->down = false;
	m->fault_at = 0;
	m->fault = MEM_FAULT_NONE;
}

bool mem_store_copy(struct mem_store *to, const struct mem_store *from)
{
	struct mem_row *rows = NULL;

	if (!rows_copy(from->rows, &rows))
		return false;
	rows_free(&to->rows);
	to->rows = rows;
	return true;
}

size_t mem_store_count(const struct mem_store *m, trec_record type)
{
	size_t n = 0;

	for (const struct mem_row *r = m->rows; r != NULL; r = r->next)
		n += type == 0 || r->type == type;
	return n;
}

static bool bytes_contain(const uint8_t *p, size_t n, struct trec_bytes needle)
{
	for (size_t i = 0; i + needle.n <= n; i++)
		if (memcmp(p + i, needle.p, needle.n) == 0)
			return true;
	return false;
}

bool mem_store_contains(const struct mem_store *m, struct trec_bytes needle)
{
	for (const struct mem_row *r = m->rows; r != NULL; r = r->next)
		if (bytes_contain(r->data, r->n, needle) ||
		    bytes_contain(r->id, TREC_ID_LEN, needle))
			return true;
	return false;
}

bool mem_store_equal(const struct mem_store *a, const struct mem_store *b)
{
	const struct mem_row *x = a->rows;
	const struct mem_row *y = b->rows;

	for (; x != NULL && y != NULL; x = x->next, y = y->next)
		if (compare(x, y->type, y->id) != 0 || x->n != y->n ||
		    memcmp(x->data, y->data, x->n) != 0)
			return false;
	return x == NULL && y == NULL;
}
