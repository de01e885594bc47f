/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see ledger.h. */
#include "proto/engine/ledger.h"
#include "proto/base/base.h"
#include "proto/crypto/crypto.h"

#include <string.h>

uint64_t eng_wall_s(const struct trec_env *env)
{
	bool trusted = false;
	int64_t now = env->wall_s(env->ctx, &trusted);

	return trusted && now > 0 && now <= REC_TIME_MAX ? (uint64_t)now : 0;
}

void eng_moment(const struct trec_env *env, struct rec_moment *out)
{
	memset(out, 0, sizeof(*out));
	out->set = true;
	out->ms = env->now_ms(env->ctx);
	env->boot_id(env->ctx, out->boot);
}

/* 24 h by either clock that can tell; another boot leaves only the wall clock. */
static bool unconfirmed_dead(const struct trec_env *env, const struct rec_peer *p)
{
	uint64_t wall = eng_wall_s(env);
	struct rec_moment now;

	if (wall && p->since_s && wall >= p->since_s + ENG_UNCONFIRMED_S)
		return true;
	eng_moment(env, &now);
	if (!p->made.set || memcmp(now.boot, p->made.boot, sizeof(now.boot)) != 0)
		return false;
	return now.ms >= p->made.ms + (uint64_t)ENG_UNCONFIRMED_S * 1000;
}

trec_err eng_peer_load(const struct trec_env *env, struct trec_store *s, trec_record type,
		       const struct trec_id *id, struct rec_peer *out, bool *found)
{
	uint8_t buf[REC_PEER_MAX];
	size_t n = 0;
	trec_err err;

	*found = false;
	memset(out, 0, sizeof(*out));
	err = s->ops->get(s, type, id->b, buf, sizeof(buf), &n, found);
	if (err == TREC_OK && *found)
		err = rec_peer_decode(trec_bytes(buf, n), out);
	if (err != TREC_OK) {
		*found = false;
		return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
	}
	if (*found && type == TREC_RECORD_UNCONFIRMED && unconfirmed_dead(env, out)) {
		memset(out, 0, sizeof(*out));
		*found = false;
	}
	return TREC_OK;
}

trec_err eng_peer_any(const struct trec_env *env, struct trec_store *s, const struct trec_id *id,
		      struct rec_peer *out, trec_record *type, bool *found)
{
	trec_err err;

	*type = TREC_RECORD_PEER;
	err = eng_peer_load(env, s, *type, id, out, found);
	if (err != TREC_OK || *found)
		return err;
	*type = TREC_RECORD_UNCONFIRMED;
	return eng_peer_load(env, s, *type, id, out, found);
}

trec_err eng_peer_store(struct trec_store *s, trec_record type, const struct trec_id *id,
			const struct rec_peer *p)
{
	uint8_t buf[REC_PEER_MAX];
	struct trec_change change = { .type = type };
	size_t n = 0;
	trec_err err = rec_peer_encode(p, buf, sizeof(buf), &n);

	if (err != TREC_OK)
		return err;
	memcpy(change.id, id->b, sizeof(change.id));
	change.data = trec_bytes(buf, n);
	return s->ops->commit(s, &change, 1);
}

trec_err eng_peer_remove(struct trec_store *s, trec_record type, const struct trec_id *id)
{
	struct trec_change change = { .type = type, .remove = true };

	memcpy(change.id, id->b, sizeof(change.id));
	return s->ops->commit(s, &change, 1);
}

trec_err eng_peer_forget(struct trec_store *s, const struct trec_id *id)
{
	struct trec_change changes[2] = { { .type = TREC_RECORD_PEER, .remove = true },
					  { .type = TREC_RECORD_UNCONFIRMED, .remove = true } };

	memcpy(changes[0].id, id->b, TREC_ID_LEN);
	memcpy(changes[1].id, id->b, TREC_ID_LEN);
	return s->ops->commit(s, changes, 2);
}

bool eng_peer_expired(const struct trec_env *env, const struct rec_peer *p)
{
	uint64_t now = eng_wall_s(env);

	return p->expires_s != 0 && (now == 0 || now >= p->expires_s);
}

bool eng_peer_in_force(const struct trec_env *env, trec_record type, const struct rec_peer *p)
{
	return type == TREC_RECORD_PEER && p->state == REC_STATE_ACTIVE &&
	       !eng_peer_expired(env, p);
}

static enum trec_peer_state public_state(const struct trec_env *env, trec_record type,
					 const struct rec_peer *p)
{
	if (type == TREC_RECORD_UNCONFIRMED)
		return TREC_PEER_UNCONFIRMED;
	if (p->state == REC_STATE_DISSOLVED_BY_PEER)
		return TREC_PEER_DISSOLVED_BY_PEER;
	if (eng_peer_expired(env, p))
		return TREC_PEER_EXPIRED;
	return p->state == REC_STATE_INTRODUCED ? TREC_PEER_INTRODUCED : TREC_PEER_ACTIVE;
}

static enum trec_origin public_origin(enum rec_origin o)
{
	static const enum trec_origin map[] = {
		[REC_ORIGIN_PIN] = TREC_ORIGIN_PIN,
		[REC_ORIGIN_CODE] = TREC_ORIGIN_CODE,
		[REC_ORIGIN_NFC] = TREC_ORIGIN_NFC,
		[REC_ORIGIN_INTRODUCED] = TREC_ORIGIN_INTRODUCTION,
		[REC_ORIGIN_THIRD_PARTY] = TREC_ORIGIN_THIRD_PARTY,
	};

	return map[o];
}

void eng_peer_public(const struct trec_env *env, trec_record type, const struct trec_id *id,
		     const struct rec_peer *p, struct trec_peer *out)
{
	memset(out, 0, sizeof(*out));
	out->id = *id;
	memcpy(out->name, p->name, sizeof(out->name));
	memcpy(out->kind, p->kind, sizeof(out->kind));
	out->state = public_state(env, type, p);
	out->origin = public_origin(p->origin);
	out->has_introducer = p->has_introduced_by;
	out->introduced_by = p->introduced_by;
	out->since_s = (int64_t)p->since_s;
	out->last_seen_s = (int64_t)p->last_seen_s;
	out->expires_s = (int64_t)p->expires_s;
	out->forgotten = p->forgotten;
	if (type == TREC_RECORD_PEER)
		out->right_count = p->rights_count;
	for (size_t i = 0; i < out->right_count; i++) {
		memcpy(out->rights[i].name, p->rights[i].name, sizeof(out->rights[i].name));
		out->rights[i].until_s = (int64_t)p->rights[i].until_s;
	}
	out->hint_count = p->hints.count;
	memcpy(out->hints, p->hints.uri, sizeof(out->hints));
	out->cert_len = p->cert_len;
	memcpy(out->cert, p->cert, p->cert_len);
}

static trec_err tombstone_id(const struct trec_id *id, uint8_t out[TREC_ID_LEN])
{
	return crypto_sha256(trec_bytes(id->b, sizeof(id->b)), out);
}

trec_err eng_tombstone_find(struct trec_store *s, const struct trec_id *id, bool *found)
{
	uint8_t hash[TREC_ID_LEN];
	uint8_t buf[REC_SMALL_MAX];
	size_t n;
	trec_err err = tombstone_id(id, hash);

	*found = false;
	if (err != TREC_OK)
		return err;
	return s->ops->get(s, TREC_RECORD_TOMBSTONE, hash, buf, sizeof(buf), &n, found);
}

trec_err eng_peer_activate(const struct trec_env *env, struct trec_store *s,
			   const struct trec_id *id, struct rec_peer *p,
			   const uint8_t *drop_counters)
{
	struct trec_change changes[4] = { { .type = TREC_RECORD_PEER },
					  { .type = TREC_RECORD_UNCONFIRMED, .remove = true },
					  { .type = TREC_RECORD_TOMBSTONE, .remove = true },
					  { .type = TREC_RECORD_COUNTERS, .remove = true } };
	uint8_t buf[REC_PEER_MAX];
	size_t n = 0;
	trec_err err;

	memset(&p->made, 0, sizeof(p->made));
	p->state = REC_STATE_ACTIVE;
	p->last_seen_s = eng_wall_s(env);
	err = rec_peer_encode(p, buf, sizeof(buf), &n);
	if (err == TREC_OK)
		err = tombstone_id(id, changes[2].id);
	if (err != TREC_OK)
		return err;
	memcpy(changes[0].id, id->b, TREC_ID_LEN);
	memcpy(changes[1].id, id->b, TREC_ID_LEN);
	changes[0].data = trec_bytes(buf, n);
	if (drop_counters != NULL)
		memcpy(changes[3].id, drop_counters, TREC_ID_LEN);
	return s->ops->commit(s, changes, drop_counters != NULL ? 4 : 3);
}

static trec_err make_tombstone(const struct trec_env *env, const struct rec_peer *p,
			       struct rec_tombstone *out)
{
	trec_err err = TREC_OK;

	memset(out, 0, sizeof(*out));
	out->when_s = eng_wall_s(env);
	out->by = REC_BY_LOCAL;
	for (size_t i = 0; i < p->previous_count && err == TREC_OK; i++)
		err = tombstone_id(&p->previous[i].id, out->lineage[i]);
	out->lineage_count = p->previous_count;
	return err;
}

trec_err eng_peer_dissolve(const struct trec_env *env, struct trec_store *s,
			   const struct trec_id *id, const struct rec_peer *p)
{
	struct trec_change changes[3] = { { .type = TREC_RECORD_TOMBSTONE },
					  { .type = TREC_RECORD_PEER, .remove = true },
					  { .type = TREC_RECORD_UNCONFIRMED, .remove = true } };
	struct rec_tombstone stone;
	uint8_t buf[REC_SMALL_MAX];
	size_t n = 0;
	trec_err err = make_tombstone(env, p, &stone);

	if (err == TREC_OK)
		err = rec_tombstone_encode(&stone, buf, sizeof(buf), &n);
	if (err == TREC_OK)
		err = tombstone_id(id, changes[0].id);
	if (err != TREC_OK)
		return err;
	changes[0].data = trec_bytes(buf, n);
	memcpy(changes[1].id, id->b, TREC_ID_LEN);
	memcpy(changes[2].id, id->b, TREC_ID_LEN);
	return s->ops->commit(s, changes, 3);
}

trec_err eng_counters_load(struct trec_store *s, enum rec_counter_kind kind,
			   const uint8_t *target_hash, struct rec_counters *out)
{
	uint8_t id[TREC_ID_LEN];
	uint8_t buf[REC_SMALL_MAX];
	size_t n = 0;
	bool found = false;
	trec_err err;

	rec_counters_id(kind, target_hash, id);
	err = s->ops->get(s, TREC_RECORD_COUNTERS, id, buf, sizeof(buf), &n, &found);
	if (err == TREC_OK && found)
		err = rec_counters_decode(trec_bytes(buf, n), out);
	if (err == TREC_OK && found && out->kind == kind)
		return TREC_OK;
	memset(out, 0, sizeof(*out));
	out->kind = kind;
	if (err == TREC_OK && !found)
		return TREC_OK;
	return err == TREC_OK || err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
}

trec_err eng_counters_store(struct trec_store *s, const uint8_t *target_hash,
			    const struct rec_counters *c)
{
	struct trec_change change = { .type = TREC_RECORD_COUNTERS };
	uint8_t buf[REC_SMALL_MAX];
	size_t n = 0;
	trec_err err = rec_counters_encode(c, buf, sizeof(buf), &n);

	if (err != TREC_OK)
		return err;
	rec_counters_id(c->kind, target_hash, change.id);
	change.data = trec_bytes(buf, n);
	return s->ops->commit(s, &change, 1);
}

trec_err eng_target_hash(const char *uri, uint8_t out[MSG_HASH_LEN])
{
	return crypto_sha256(trec_bytes(uri, strlen(uri)), out);
}
