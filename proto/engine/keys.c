/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See keys.h. */
#include "proto/engine/keys.h"
#include "proto/base/base.h"
#include "proto/engine/ledger.h"

#include <string.h>

#define PEERS_MAX 65536 /* that one connection is compared with */

_Static_assert(REC_KEY_LEN == PAKE_KEY_LEN, "one kind of key");

static const trec_record types[] = { TREC_RECORD_PEER, TREC_RECORD_UNCONFIRMED };

void eng_keys_strip(struct rec_peer *p)
{
	trec_wipe(p->symmetric.key, sizeof(p->symmetric.key));
}

/* One record as it is stored, keys and all. The caller wipes it. */
static trec_err read_whole(struct trec_store *s, trec_record type, const struct trec_id *id,
			   struct rec_peer *out, bool *found)
{
	uint8_t buf[REC_PEER_MAX];
	size_t n = 0;
	trec_err err = s->ops->get(s, type, id->b, buf, sizeof(buf), &n, found);

	memset(out, 0, sizeof(*out));
	if (err == TREC_OK && *found)
		err = rec_peer_decode(trec_bytes(buf, n), out);
	trec_wipe(buf, sizeof(buf));
	return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
}

trec_err eng_keys_load(struct trec_store *s, const struct trec_id *id, struct rec_symmetric *out)
{
	struct rec_peer p;
	bool found = false;
	trec_err err = TREC_OK;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < BASE_COUNT(types) && err == TREC_OK && !found; i++) {
		err = read_whole(s, types[i], id, &p, &found);
		if (err == TREC_OK && found)
			*out = p.symmetric;
		trec_wipe(&p, sizeof(p));
	}
	return err == TREC_OK && out->count == 0 ? TREC_E_NO_PEER : err;
}

static bool is_stripped(const struct rec_peer *p)
{
	static const uint8_t none[REC_KEY_LEN];

	return p->symmetric.count > 0 && base_equal_ct(p->symmetric.key[0], none, REC_KEY_LEN);
}

trec_err eng_keys_encode(struct trec_store *s, const struct trec_id *id, const struct rec_peer *p,
			 uint8_t *out, size_t cap, size_t *n)
{
	struct rec_peer whole;
	trec_err err;

	*n = 0;
	if (!is_stripped(p))
		return rec_peer_encode(p, out, cap, n);
	whole = *p;
	err = eng_keys_load(s, id, &whole.symmetric);
	if (err == TREC_OK)
		err = rec_peer_encode(&whole, out, cap, n);
	trec_wipe(&whole, sizeof(whole));
	return err;
}

trec_err eng_keys_store(const struct trec_env *env, struct trec_store *s, const struct trec_id *id,
			const struct rec_symmetric *keys)
{
	struct rec_peer p;
	bool found = false;
	trec_err err = eng_peer_load(env, s, TREC_RECORD_PEER, id, &p, &found);

	if (err == TREC_OK && (!found || p.symmetric.count == 0))
		err = TREC_E_NO_PEER;
	if (err == TREC_OK) {
		p.symmetric = *keys;
		err = eng_peer_store(s, TREC_RECORD_PEER, id, &p);
	}
	trec_wipe(&p, sizeof(p));
	return err;
}

/* Whether one of the peer's keys made the token. */
static trec_err try_keys(struct trec_store *s, const struct trec_id *id,
			 const uint8_t token[PAKE_SYMMETRIC_TOKEN_LEN], uint8_t key[REC_KEY_LEN],
			 bool *initiator, bool *found)
{
	struct rec_symmetric keys;
	trec_err err = eng_keys_load(s, id, &keys);

	for (size_t i = 0; i < keys.count && err == TREC_OK && !*found; i++) {
		err = pake_symmetric_is(keys.key[i], token, found);
		if (*found)
			memcpy(key, keys.key[i], REC_KEY_LEN);
	}
	*initiator = keys.initiator;
	trec_wipe(&keys, sizeof(keys));
	return err;
}

trec_err eng_keys_find(const struct trec_env *env, struct trec_store *s,
		       const uint8_t token[PAKE_SYMMETRIC_TOKEN_LEN], struct trec_id *id,
		       uint8_t key[REC_KEY_LEN], bool *initiator, bool *found)
{
	size_t tried = 0;

	*found = false;
	for (size_t i = 0; i < BASE_COUNT(types); i++) {
		struct trec_id after;
		struct rec_peer p;
		bool there = false;
		bool more = true;
		trec_err err = s->ops->next(s, types[i], NULL, id->b, &more);

		while (err == TREC_OK && more && tried++ < PEERS_MAX) {
			/* One that cannot be read is nobody's. */
			if (eng_peer_load(env, s, types[i], id, &p, &there) == TREC_OK && there &&
			    p.symmetric.count > 0)
				err = try_keys(s, id, token, key, initiator, found);
			if (err != TREC_OK || *found)
				return err;
			after = *id;
			err = s->ops->next(s, types[i], after.b, id->b, &more);
		}
		if (err != TREC_OK)
			return err;
	}
	return TREC_OK;
}
