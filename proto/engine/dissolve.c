/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: parting from a peer (docs/PROTOCOL.md, Dissolution): local and final first,
 * one commit; then a signed word to the peer that lives only in locked memory and only for 10 s.
 */
#include "proto/engine/dissolve.h"
#include "proto/base/base.h"
#include "proto/engine/keys.h"
#include "proto/engine/ledger.h"
#include "proto/engine/parting.h"

#include <string.h>

/* In the arena as a whole: the peer's name and certificate are to vanish too. */
struct trec_revocation {
	struct trec_peer peer;
	uint64_t deadline_ms;
	uint8_t statement[TRUST_SHORT_MAX];
	size_t statement_len;
	uint8_t notice[TRUST_SHORT_MAX];
	size_t notice_len; /* 0 without a trusted clock: nobody could judge it */
	uint8_t key[REC_KEY_LEN]; /* of a peer without a certificate: the session itself says it */
	bool initiator;           /* this device began the pairing that made the key */
};

/* To the peer, and about it to all others. */
static trec_err make_statements(const struct trec_env *env, struct trec_store *s,
				struct trec_revocation *r)
{
	struct trec_own own;
	trec_err err = s->ops->own(s, &own);

	if (err == TREC_OK)
		err = trust_make(env, TRUST_REVOKE, own.signer, &own.id, &r->peer.id, r->statement,
				 sizeof(r->statement), &r->statement_len, NULL);
	if (err == TREC_OK && eng_wall_s(env) != 0)
		err = trust_make(env, TRUST_TOMBSTONE, own.signer, &r->peer.id, NULL, r->notice,
				 sizeof(r->notice), &r->notice_len, NULL);
	return err;
}

/* The key to dial with; nobody else ever heard of such a peer, so there is nothing to pass on. */
static trec_err take_key(struct trec_store *s, struct trec_revocation *r)
{
	struct rec_symmetric keys;
	trec_err err = eng_keys_load(s, &r->peer.id, &keys);

	if (err == TREC_OK) {
		memcpy(r->key, keys.key[keys.dial_next ? 1 : 0], sizeof(r->key));
		r->initiator = keys.initiator;
	}
	trec_wipe(&keys, sizeof(keys));
	return err;
}

static trec_err prepare(const struct trec_env *env, struct trec_store *s, const struct trec_id *id,
			const struct rec_peer *p, trec_record type, struct trec_revocation **out)
{
	struct trec_revocation *r = base_secret_alloc(sizeof(*r));
	trec_err err;

	if (r == NULL)
		return TREC_E_NO_MEMORY;
	eng_peer_public(env, type, id, p, &r->peer);
	r->deadline_ms = env->now_ms(env->ctx) + ENG_REVOKE_MS;
	err = r->peer.symmetric ? take_key(s, r) : make_statements(env, s, r);
	if (err != TREC_OK)
		trec_revocation_free(&r);
	*out = r;
	return err;
}

trec_err trec_unpair(const struct trec_env *env, struct trec_store *s, const struct trec_id *id,
		     bool cascade, struct trec_revocation **out)
{
	const struct eng_parting how = { .tombstone = true, .by = REC_BY_LOCAL,
					 .cascade = cascade };
	struct trec_revocation *r = NULL;
	struct rec_peer p;
	trec_record type;
	bool found = false;
	trec_err err;

	if (out != NULL)
		*out = NULL;
	err = crypto_init();
	if (err != TREC_OK)
		return err;
	err = eng_peer_any(env, s, id, &p, &type, &found);
	if (err == TREC_OK && !found)
		err = TREC_E_NO_PEER;
	if (err != TREC_OK)
		goto done;
	/* A courtesy that cannot be made must not keep the user from parting. */
	if (out != NULL && prepare(env, s, id, &p, type, &r) != TREC_OK)
		base_log(env, TREC_LEVEL_WARNING, "the peer cannot be told that it was unpaired");
	err = eng_part(env, s, id, &p, &how);
	if (err != TREC_OK)
		trec_revocation_free(&r);
	if (out != NULL)
		*out = r;
done:
	trec_wipe(&p, sizeof(p));
	crypto_done();
	return err;
}

const struct trec_peer *trec_revocation_peer(const struct trec_revocation *r)
{
	return &r->peer;
}

uint64_t trec_revocation_deadline_ms(const struct trec_revocation *r)
{
	return r->deadline_ms;
}

struct trec_bytes eng_revocation_statement(const struct trec_revocation *r)
{
	return trec_bytes(r->statement, r->statement_len);
}

const uint8_t *eng_revocation_key(const struct trec_revocation *r, bool *initiator)
{
	*initiator = r->initiator;
	return r->peer.symmetric ? r->key : NULL;
}

struct trec_bytes eng_revocation_notice(const struct trec_revocation *r)
{
	return trec_bytes(r->notice, r->notice_len);
}

void trec_revocation_free(struct trec_revocation **r)
{
	if (r == NULL)
		return;
	base_secret_free(*r, sizeof(**r));
	*r = NULL;
}
