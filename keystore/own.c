/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See own.h; docs/STORE-FORMAT.md, Own record. */
#include "keystore/own.h"

#include <string.h>

#include "proto/codec/text.h"

#define OWN_VERSION 1
#define OWN_MAX 2048

static const uint8_t own_id[TREC_ID_LEN];

enum { KEY_VERSION, KEY_ALG, KEY_SECRET, KEY_CERT, KEY_NAME, KEY_ORIGIN, KEY_MADE, KEYS };

void ks_own_free(struct ks_own *own)
{
	crypto_key_free(&own->key);
	trec_wipe(own, sizeof *own);
}

trec_err ks_own_make(const struct trec_env *env, const char *name, trec_key_alg alg,
		     struct ks_own *out)
{
	bool trusted = false;
	int64_t now = env->wall_s(env->ctx, &trusted);
	struct crypto_cert seen;

	memset(out, 0, sizeof *out);
	memcpy(out->name, name, strlen(name));
	out->origin = KS_ORIGIN_THIS_DEVICE;
	out->made_s = trusted && now > 0 ? (uint64_t)now : 0;
	trec_err err = crypto_key_generate(env, alg, &out->key);

	if (err != TREC_OK)
		return err;
	crypto_key_signer(out->key, &out->signer);
	err = crypto_cert_make(env, &out->signer, NULL, out->cert, sizeof out->cert,
			       &out->cert_len);
	if (err == TREC_OK)
		err = crypto_cert_parse(trec_bytes(out->cert, out->cert_len), &seen);
	if (err == TREC_OK)
		out->id = seen.id;
	else
		ks_own_free(out);
	return err;
}

/* The record into buf, OWN_MAX bytes of the arena, and the change that stores it. */
static trec_err encode(const struct ks_own *own, uint8_t *buf, struct trec_change *c)
{
	struct wr w = wr_to(buf, OWN_MAX);
	size_t n;

	memset(c, 0, sizeof *c);
	c->type = TREC_RECORD_OWN;
	wr_map(&w, KEYS);
	wr_key(&w, KEY_VERSION);
	wr_uint(&w, OWN_VERSION);
	wr_key(&w, KEY_ALG);
	wr_uint(&w, own->signer.alg);
	wr_key(&w, KEY_SECRET);
	wr_bytes(&w, crypto_key_secret(own->key), CRYPTO_KEY_LEN);
	wr_key(&w, KEY_CERT);
	wr_bytes(&w, own->cert, own->cert_len);
	wr_key(&w, KEY_NAME);
	wr_text(&w, own->name);
	wr_key(&w, KEY_ORIGIN);
	wr_uint(&w, own->origin);
	wr_key(&w, KEY_MADE);
	wr_uint(&w, own->made_s);
	if (!wr_done(&w, &n))
		return TREC_E_INTERNAL;
	c->data = trec_bytes(buf, n);
	return TREC_OK;
}

/* One commit of own and of `extra`, which may be NULL. */
static trec_err save(struct ks_volume *v, const struct ks_own *own, const struct trec_change *extra)
{
	struct trec_change c[2];
	uint8_t *buf = base_secret_alloc(OWN_MAX);

	if (buf == NULL)
		return TREC_E_NO_MEMORY;
	trec_err err = encode(own, buf, &c[0]);

	if (err == TREC_OK && extra != NULL)
		c[1] = *extra;
	if (err == TREC_OK)
		err = ks_volume_commit(v, c, extra != NULL ? 2 : 1);
	base_secret_free(buf, OWN_MAX);
	return err;
}

trec_err ks_own_save(struct ks_volume *v, const struct ks_own *own)
{
	return save(v, own, NULL);
}

void ks_own_show(const struct ks_own *own, struct trec_own *out)
{
	memset(out, 0, sizeof *out);
	out->id = own->id;
	memcpy(out->name, own->name, sizeof out->name);
	out->cert = trec_bytes(own->cert, own->cert_len);
	out->signer = &own->signer;
}

trec_err ks_own_renew(struct ks_volume *v, struct ks_own *own, trec_key_alg alg, trec_renewal sign,
		      void *ctx)
{
	uint64_t before = v->head.generation;
	struct trec_change extra = { .type = TREC_RECORD_OWN };
	struct trec_own was, is;
	struct ks_own next;

	if (v->read_only)
		return TREC_E_READ_ONLY;
	trec_err err = ks_own_make(v->env, own->name, alg, &next);

	if (err != TREC_OK)
		return err;
	ks_own_show(own, &was);
	ks_own_show(&next, &is);
	err = sign(ctx, &was, &is, &extra);
	if (err == TREC_OK && extra.type == TREC_RECORD_OWN)
		err = TREC_E_STATE;
	if (err == TREC_OK)
		err = save(v, &next, &extra);
	/* A failure behind the commit's own sync stops the overwriting: the new key is in force. */
	if (v->head.generation != before) {
		crypto_key_free(&own->key);
		*own = next;
		memset(&next, 0, sizeof next);
	}
	ks_own_free(&next);
	return err;
}

/* Views into the record. */
struct parsed {
	uint64_t version;
	trec_key_alg alg;
	struct trec_bytes secret;
	struct trec_bytes cert;
};

static trec_err parse(struct trec_bytes in, struct ks_own *out, struct parsed *p)
{
	struct rd r = rd_from(in);

	rd_map(&r);
	rd_key(&r, KEY_VERSION);
	p->version = rd_uint(&r, 1, UINT32_MAX);
	rd_key(&r, KEY_ALG);
	p->alg = (trec_key_alg)rd_uint(&r, TREC_KEY_ED25519, TREC_KEY_P256);
	rd_key(&r, KEY_SECRET);
	p->secret = rd_bstr(&r, CRYPTO_KEY_LEN, CRYPTO_KEY_LEN);
	rd_key(&r, KEY_CERT);
	p->cert = rd_bstr(&r, 1, TREC_CERT_MAX);
	rd_key(&r, KEY_NAME);
	msg_read_name(&r, out->name);
	rd_key(&r, KEY_ORIGIN);
	out->origin = (enum ks_origin)rd_uint(&r, KS_ORIGIN_THIS_DEVICE, KS_ORIGIN_THIS_DEVICE);
	rd_key(&r, KEY_MADE);
	out->made_s = rd_uint(&r, 0, INT64_MAX);
	rd_map_end(&r);
	if (!rd_done(&r))
		return TREC_E_STORE_CORRUPT;
	return p->version == OWN_VERSION ? TREC_OK : TREC_E_VERSION;
}

/* The certificate must be the key's own. */
static trec_err take(const struct trec_env *env, const struct parsed *p, struct ks_own *out)
{
	struct crypto_cert seen;

	memcpy(out->cert, p->cert.p, p->cert.n);
	out->cert_len = p->cert.n;
	trec_err err = crypto_cert_parse(trec_bytes(out->cert, out->cert_len), &seen);

	if (err == TREC_OK)
		err = crypto_key_import(env, p->alg, p->secret.p, &out->key);
	if (err == TREC_OK) {
		crypto_key_signer(out->key, &out->signer);
		out->id = seen.id;
		if (!trec_bytes_equal(seen.spki,
				      trec_bytes(out->signer.spki, out->signer.spki_len)))
			err = TREC_E_STORE_CORRUPT;
	}
	return err == TREC_E_MALFORMED || err == TREC_E_TOO_LARGE ? TREC_E_STORE_CORRUPT : err;
}

trec_err ks_own_load(struct ks_volume *v, struct ks_own *out)
{
	struct parsed p = { 0 };
	bool found = false;
	size_t n = 0;
	uint8_t *buf = base_secret_alloc(OWN_MAX);

	memset(out, 0, sizeof *out);
	if (buf == NULL)
		return TREC_E_NO_MEMORY;
	trec_err err = ks_volume_get(v, TREC_RECORD_OWN, own_id, buf, OWN_MAX, &n, &found);

	if (err == TREC_E_NO_SPACE || (err == TREC_OK && !found))
		err = TREC_E_STORE_CORRUPT;
	if (err == TREC_OK)
		err = parse(trec_bytes(buf, n), out, &p);
	if (err == TREC_OK)
		err = take(v->env, &p, out);
	if (err != TREC_OK)
		ks_own_free(out);
	base_secret_free(buf, OWN_MAX);
	return err;
}
