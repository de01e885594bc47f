/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: trec/rotation.h. The succession is signed while the store holds both keys, and
 * stored with the new one: a device never has a key of which it cannot tell its peers.
 */
#include "proto/engine/rotate.h"
#include "proto/base/base.h"
#include "proto/codec/bundle.h"
#include "proto/engine/ledger.h"
#include "proto/trust/trust.h"

#include <string.h>

_Static_assert(TREC_ROTATION_LINKS == REC_LINKS_MAX, "public bounds are the codec's");
_Static_assert(TREC_ROTATION_LINKS <= BUNDLE_ITEMS_MAX, "a chain goes into one bundle");

static const uint8_t chain_id[TREC_ID_LEN];

/* Own successions; all zero where there are none. buf: TREC_RECORD_MAX bytes, which it views. */
static trec_err load(struct trec_store *s, uint8_t *buf, struct rec_chain *out)
{
	size_t n = 0;
	bool found = false;
	trec_err err = s->ops->get(s, TREC_RECORD_SUCCESSION, chain_id, buf, TREC_RECORD_MAX, &n,
				   &found);

	memset(out, 0, sizeof(*out));
	if (err == TREC_OK && found)
		err = rec_chain_decode(trec_bytes(buf, n), out);
	return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
}

struct rotation {
	const struct trec_env *env;
	struct rec_chain chain; /* views of `before` and `pair` */
	struct trec_rotated *out;
	uint8_t before[TREC_RECORD_MAX];
	uint8_t after[TREC_RECORD_MAX];
	uint8_t pair[TRUST_STATEMENT_MAX];
};

static void forget_oldest(struct rec_chain *c)
{
	memmove(&c->link[0], &c->link[1], (c->count - 1) * sizeof(c->link[0]));
	c->count--;
}

static trec_err append(struct rotation *r, size_t pair_len, struct trec_change *extra)
{
	struct rec_chain *c = &r->chain;
	size_t n = 0;
	trec_err err;

	if (c->count == REC_LINKS_MAX)
		forget_oldest(c);
	c->link[c->count++] = trec_bytes(r->pair, pair_len);
	c->sequence++;
	err = rec_chain_encode(c, r->after, sizeof(r->after), &n);
	while (err == TREC_E_NO_SPACE && c->count > 1) {
		forget_oldest(c);
		err = rec_chain_encode(c, r->after, sizeof(r->after), &n);
	}
	extra->type = TREC_RECORD_SUCCESSION;
	memcpy(extra->id, chain_id, sizeof(extra->id));
	extra->data = trec_bytes(r->after, n);
	return err;
}

static trec_err succeed(void *ctx, const struct trec_own *old, const struct trec_own *now,
			struct trec_change *extra)
{
	struct rotation *r = ctx;
	size_t n = 0;
	trec_err err = r->chain.sequence >= TRUST_SEQUENCE_MAX ? TREC_E_TOO_LARGE : TREC_OK;

	if (err == TREC_OK)
		err = trust_make_succession(r->env, old->signer, now->signer, now->cert,
					    r->chain.sequence + 1, r->pair,
					    sizeof(r->pair), &n, NULL);
	if (err == TREC_OK)
		err = append(r, n, extra);
	r->out->old = old->id;
	r->out->now = now->id;
	r->out->sequence = r->chain.sequence;
	return err;
}

/* A walk over the records in force of peers that know less than succession number `sequence`. */
static trec_err next_untold(const struct trec_env *env, struct trec_store *s, uint64_t sequence,
			    struct trec_peer_cursor *cursor, struct trec_id *id,
			    struct rec_peer *out, bool *found)
{
	trec_err err = TREC_OK;

	for (*found = false; err == TREC_OK && !*found; cursor->stage = 1) {
		bool there = false;

		err = s->ops->next(s, TREC_RECORD_PEER, cursor->stage ? cursor->id.b : NULL, id->b,
				   &there);
		if (err != TREC_OK || !there)
			break;
		cursor->id = *id;
		err = eng_peer_load(env, s, TREC_RECORD_PEER, id, out, &there);
		/* A peer with a shared key never saw this device's own one. */
		*found = err == TREC_OK && there && out->told < sequence &&
			 out->symmetric.count == 0 &&
			 eng_peer_in_force(env, TREC_RECORD_PEER, out);
	}
	return err;
}

static trec_err count(const struct trec_env *env, struct trec_store *s, struct rotation *r)
{
	uint64_t first = r->chain.sequence - r->chain.count + 1;
	struct trec_peer_cursor cursor = { 0 };
	struct rec_peer p;
	struct trec_id id;
	bool found = true;
	trec_err err = TREC_OK;

	while (err == TREC_OK && found) {
		err = next_untold(env, s, r->chain.sequence, &cursor, &id, &p, &found);
		r->out->untold += err == TREC_OK && found;
		r->out->stranded += err == TREC_OK && found && p.told + 1 < first;
	}
	return err;
}

trec_err trec_rotate(const struct trec_env *env, struct trec_store *s, trec_key_alg alg,
		     struct trec_rotated *out)
{
	struct trec_rotated unused;
	struct rotation *r;
	trec_err err;

	out = out != NULL ? out : &unused;
	memset(out, 0, sizeof(*out));
	if (s->ops->renew == NULL)
		return TREC_E_UNSUPPORTED;
	r = base_alloc(env, sizeof(*r));
	if (r == NULL)
		return TREC_E_NO_MEMORY;
	r->env = env;
	r->out = out;
	err = crypto_init();
	if (err == TREC_OK) {
		err = load(s, r->before, &r->chain);
		if (err == TREC_OK)
			err = s->ops->renew(s, alg, succeed, r);
		/* The key has changed: a list that cannot be read now is not to hide that. */
		if (err == TREC_OK && count(env, s, r) != TREC_OK)
			base_log(env, TREC_LEVEL_WARNING,
				 "the key was changed, but the list of peers cannot be read");
		crypto_done();
	}
	base_free(env, r, sizeof(*r));
	if (err != TREC_OK)
		memset(out, 0, sizeof(*out));
	return err;
}

trec_err trec_rotation_sequence(const struct trec_env *env, struct trec_store *s, uint64_t *out)
{
	struct rec_chain c;
	struct trec_id first;
	bool found = false;
	trec_err err = s->ops->next(s, TREC_RECORD_SUCCESSION, NULL, first.b, &found);

	*out = 0;
	if (err != TREC_OK || !found)
		return err;
	uint8_t *buf = base_alloc(env, TREC_RECORD_MAX);

	err = buf != NULL ? load(s, buf, &c) : TREC_E_NO_MEMORY;
	*out = err == TREC_OK ? c.sequence : 0;
	base_free(env, buf, TREC_RECORD_MAX);
	return err;
}

trec_err trec_rotation_untold(const struct trec_env *env, struct trec_store *s,
			      struct trec_peer_cursor *cursor, struct trec_peer *out, bool *found)
{
	uint64_t sequence = 0;
	struct rec_peer p;
	struct trec_id id;
	trec_err err = trec_rotation_sequence(env, s, &sequence);

	memset(out, 0, sizeof(*out));
	*found = false;
	if (err == TREC_OK && sequence > 0)
		err = next_untold(env, s, sequence, cursor, &id, &p, found);
	if (err == TREC_OK && *found)
		eng_peer_public(env, TREC_RECORD_PEER, &id, &p, out);
	return err;
}

trec_err eng_rotation_bundle(const struct trec_env *env, struct trec_store *s, uint64_t told,
			     uint8_t *out, size_t cap, size_t *n)
{
	struct bundle b = { .kind = BUNDLE_SUCCESSIONS };
	uint8_t *buf = base_alloc(env, TREC_RECORD_MAX);
	struct rec_chain c;
	trec_err err = buf != NULL ? load(s, buf, &c) : TREC_E_NO_MEMORY;

	*n = 0;
	if (err == TREC_OK && told < c.sequence) {
		uint64_t older = c.sequence - c.count; /* than all that are kept */
		size_t from = told > older ? (size_t)(told - older) : 0;

		for (size_t i = from; i < c.count; i++)
			b.item[b.count++] = c.link[i];
		err = bundle_encode(&b, out, cap, n);
	}
	base_free(env, buf, TREC_RECORD_MAX);
	return err;
}
