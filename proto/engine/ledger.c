/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see ledger.h. */
#include "proto/engine/ledger.h"
#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/batch.h"
#include "proto/engine/keys.h"
#include "proto/engine/parting.h"
#include "proto/engine/recognition.h"

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

/* By either clock that can tell; another boot leaves only the wall clock. */
static bool outlived(const struct trec_env *env, const struct rec_peer *p, uint64_t life_s)
{
	uint64_t wall = eng_wall_s(env);
	struct rec_moment now;

	if (wall && p->since_s && wall >= p->since_s + life_s)
		return true;
	eng_moment(env, &now);
	if (!p->made.set || memcmp(now.boot, p->made.boot, sizeof(now.boot)) != 0)
		return false;
	return now.ms >= p->made.ms + life_s * 1000;
}

bool eng_peer_dead(const struct trec_env *env, trec_record type, const struct rec_peer *p)
{
	if (type == TREC_RECORD_UNCONFIRMED)
		return outlived(env, p, ENG_UNCONFIRMED_S);
	return p->state == REC_STATE_INTRODUCED && outlived(env, p, ENG_INTRODUCED_S);
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
	trec_wipe(buf, sizeof(buf));
	eng_keys_strip(out);
	if (err != TREC_OK) {
		*found = false;
		return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
	}
	if (*found && eng_peer_dead(env, type, out)) {
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
	trec_err err = eng_keys_encode(s, id, p, buf, sizeof(buf), &n);

	memcpy(change.id, id->b, sizeof(change.id));
	change.data = trec_bytes(buf, n);
	if (err == TREC_OK)
		err = s->ops->commit(s, &change, 1);
	trec_wipe(buf, sizeof(buf));
	return err;
}

trec_err eng_peer_remove(struct trec_store *s, trec_record type, const struct trec_id *id)
{
	struct trec_change change = { .type = type, .remove = true };

	memcpy(change.id, id->b, sizeof(change.id));
	return s->ops->commit(s, &change, 1);
}

trec_err eng_peer_forget(const struct trec_env *env, struct trec_store *s,
			 const struct trec_id *id)
{
	static const struct eng_parting how = { .tombstone = false };
	struct rec_peer p;
	trec_record type;
	bool found;
	trec_err err = eng_peer_any(env, s, id, &p, &type, &found);

	if (err == TREC_OK)
		err = eng_part(env, s, id, &p, &how);
	trec_wipe(&p, sizeof(p));
	return err;
}

trec_err eng_walk_peers(struct trec_store *s, struct eng_walk *w, struct rec_peer *out,
			bool *found)
{
	uint8_t buf[REC_PEER_MAX];
	struct trec_id after = w->id;
	size_t n = 0;
	trec_err err = s->ops->next(s, TREC_RECORD_PEER, w->begun ? after.b : NULL, w->id.b,
				    found);

	w->begun = true;
	memset(out, 0, sizeof(*out));
	if (err != TREC_OK || !*found)
		return err;
	err = s->ops->get(s, TREC_RECORD_PEER, w->id.b, buf, sizeof(buf), &n, found);
	if (err == TREC_OK)
		err = rec_peer_decode(trec_bytes(buf, n), out);
	trec_wipe(buf, sizeof(buf));
	eng_keys_strip(out);
	return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
}

trec_err eng_peer_by_previous(struct trec_store *s, const struct trec_id *id, struct trec_id *now,
			      struct rec_peer *out, bool *found)
{
	struct eng_walk w = { 0 };
	trec_err err = TREC_OK;

	*found = true;
	while (err == TREC_OK && *found) {
		err = eng_walk_peers(s, &w, out, found);
		for (size_t i = 0; err == TREC_OK && i < out->previous_count; i++) {
			if (memcmp(out->previous[i].id.b, id->b, TREC_ID_LEN) == 0) {
				*now = w.id;
				return TREC_OK;
			}
		}
	}
	*found = false;
	return err;
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
	if (p->state == REC_STATE_SUSPENDED)
		return TREC_PEER_SUSPENDED;
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
	out->symmetric = p->symmetric.count > 0;
	out->previous_count = p->previous_count;
	for (size_t i = 0; i < p->previous_count; i++) {
		out->previous[i].id = p->previous[i].id;
		out->previous[i].until_s = (int64_t)p->previous[i].until_s;
	}
}

trec_err eng_tombstone_id(const struct trec_id *id, uint8_t out[TREC_ID_LEN])
{
	return crypto_sha256(trec_bytes(id->b, sizeof(id->b)), out);
}

trec_err eng_tombstone_find(struct trec_store *s, const struct trec_id *id, bool *found)
{
	uint8_t hash[TREC_ID_LEN];
	uint8_t buf[REC_SMALL_MAX];
	size_t n;
	trec_err err = eng_tombstone_id(id, hash);

	*found = false;
	if (err != TREC_OK)
		return err;
	return s->ops->get(s, TREC_RECORD_TOMBSTONE, hash, buf, sizeof(buf), &n, found);
}

/* A pairing anew is with the same device: what is known of its earlier keys stays known. */
static trec_err keep_lineage(struct trec_store *s, const struct trec_id *id, struct rec_peer *p)
{
	uint8_t buf[REC_PEER_MAX];
	struct rec_peer older;
	bool found = false;
	size_t n = 0;
	trec_err err = s->ops->get(s, TREC_RECORD_PEER, id->b, buf, sizeof(buf), &n, &found);

	/* One that cannot be read is replaced: pairing anew is what mends it. */
	if (err == TREC_OK && found && rec_peer_decode(trec_bytes(buf, n), &older) == TREC_OK) {
		memcpy(p->previous, older.previous, sizeof(p->previous));
		p->previous_count = older.previous_count;
		p->sequence = older.sequence;
		p->told = older.told;
		p->noticed = older.noticed;
	}
	trec_wipe(&older, sizeof(older));
	trec_wipe(buf, sizeof(buf));
	return err;
}

/*
 * An id belongs to one record, as its own or as one it left: what a device is paired anew under is
 * no other record's any more, or dissolving that one would speak of this one.
 */
static trec_err leave_lineages(struct eng_batch *b, const struct trec_id *id)
{
	struct eng_walk w = { 0 };
	struct rec_peer p;
	bool found = true;
	trec_err err = TREC_OK;

	while (found) {
		size_t kept = 0;

		err = eng_walk_peers(b->s, &w, &p, &found);
		if (err == TREC_E_STORE_CORRUPT || err == TREC_E_VERSION)
			continue; /* no reason not to pair */
		if (err != TREC_OK || !found)
			break;
		for (size_t i = 0; i < p.previous_count; i++)
			if (memcmp(p.previous[i].id.b, id->b, TREC_ID_LEN) != 0)
				p.previous[kept++] = p.previous[i];
		if (kept == p.previous_count)
			continue;
		p.previous_count = kept;
		eng_batch_peer(b, &w.id, &p);
	}
	return err;
}

trec_err eng_peer_activate(const struct trec_env *env, struct trec_store *s,
			   const struct trec_id *id, struct rec_peer *p,
			   const uint8_t *drop_counters)
{
	struct eng_batch b = eng_batch_to(env, s);
	uint8_t stone[TREC_ID_LEN] = { 0 };

	memset(&p->made, 0, sizeof(p->made));
	p->state = REC_STATE_ACTIVE;
	p->last_seen_s = eng_wall_s(env);
	eng_batch_fail(&b, keep_lineage(s, id, p));
	eng_batch_fail(&b, leave_lineages(&b, id));
	eng_batch_fail(&b, eng_tombstone_id(id, stone));
	eng_batch_peer(&b, id, p);
	eng_batch_remove(&b, TREC_RECORD_UNCONFIRMED, id->b);
	eng_batch_remove(&b, TREC_RECORD_CARRIED, id->b);
	eng_recognition_anew(&b, id);
	eng_batch_remove(&b, TREC_RECORD_TOMBSTONE, stone);
	if (drop_counters != NULL)
		eng_batch_remove(&b, TREC_RECORD_COUNTERS, drop_counters);
	return eng_batch_commit(&b);
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
