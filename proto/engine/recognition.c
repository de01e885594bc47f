/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see recognition.h. */
#include "proto/engine/recognition.h"
#include "proto/base/base.h"
#include "proto/engine/ledger.h"
#include "proto/trust/trust.h"
#include <trec/discovery.h>

#include <string.h>

_Static_assert(TREC_BEACON_LEN == TRUST_BEACON_LEN, "one kind of beacon");

static const struct trec_id own_id; /* no device's: ids are hashes */

/* ---- records ----------------------------------------------------------------------------- */

static bool is_own(const struct trec_id *id)
{
	return memcmp(id->b, own_id.b, sizeof(own_id.b)) == 0;
}

static trec_err load(struct trec_store *s, const struct trec_id *id, struct rec_recognition *out,
		     bool *found)
{
	uint8_t buf[REC_SMALL_MAX];
	size_t n = 0;
	trec_err err = s->ops->get(s, TREC_RECORD_RECOGNITION, id->b, buf, sizeof(buf), &n, found);

	memset(out, 0, sizeof(*out));
	if (err == TREC_OK && *found)
		err = rec_recognition_decode(trec_bytes(buf, n), out);
	trec_wipe(buf, sizeof(buf));
	if (err != TREC_OK)
		*found = false;
	return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
}

static void put(struct eng_batch *b, const struct trec_id *id, const struct rec_recognition *r)
{
	uint8_t buf[REC_SMALL_MAX];
	size_t n = 0;

	eng_batch_fail(b, rec_recognition_encode(r, buf, sizeof(buf), &n));
	eng_batch_put(b, TREC_RECORD_RECOGNITION, id->b, trec_bytes(buf, n));
	trec_wipe(buf, sizeof(buf));
}

/* One commit. No room for it is no reason to end anything: *done then says so. */
static trec_err store(const struct trec_env *env, struct trec_store *s, const struct trec_id *id,
		      const struct rec_recognition *r, bool *done)
{
	struct eng_batch b = eng_batch_to(env, s);

	put(&b, id, r);
	trec_err err = eng_batch_commit(&b);

	*done = err == TREC_OK;
	if (err != TREC_E_NO_SPACE)
		return err;
	base_log(env, TREC_LEVEL_WARNING, "the disk is full: a recognition key is not kept");
	return TREC_OK;
}

/* A record that cannot be read says nothing, and is replaced by the next that is written. */
static bool to_be_passed_over(trec_err err)
{
	return err == TREC_E_STORE_CORRUPT || err == TREC_E_VERSION;
}

static trec_err load_any(struct trec_store *s, const struct trec_id *id,
			 struct rec_recognition *out, bool *found)
{
	trec_err err = load(s, id, out, found);

	return to_be_passed_over(err) ? TREC_OK : err;
}

static trec_err in_force(const struct trec_env *env, struct trec_store *s, const struct trec_id *id,
			 struct rec_peer *p, bool *yes)
{
	bool found = false;
	trec_err err = eng_peer_load(env, s, TREC_RECORD_PEER, id, p, &found);

	*yes = err == TREC_OK && found && eng_peer_in_force(env, TREC_RECORD_PEER, p);
	return to_be_passed_over(err) ? TREC_OK : err;
}

static bool same_mark(const struct rec_recognition *r, const uint8_t mark[REC_MARK_LEN])
{
	return r->has_mark && memcmp(r->mark, mark, REC_MARK_LEN) == 0;
}

/* ---- in sessions ------------------------------------------------------------------------- */

trec_err eng_recognition_tell(const struct trec_env *env, struct trec_store *s,
			      const struct trec_id *peer, struct rec_recognition *own, bool *tell)
{
	struct rec_recognition r;
	bool found = false;
	trec_err err = load_any(s, &own_id, own, &found);

	*tell = false;
	if (err != TREC_OK || !found || !own->has_key || !own->has_mark)
		return err;
	err = load_any(s, peer, &r, &found);
	if (err == TREC_OK && same_mark(&r, own->mark)) {
		*tell = !r.heard;
	} else if (err == TREC_OK) {
		r.has_mark = true;
		r.heard = false;
		memcpy(r.mark, own->mark, REC_MARK_LEN);
		err = store(env, s, peer, &r, tell);
	}
	trec_wipe(&r, sizeof(r));
	return err;
}

trec_err eng_recognition_told(const struct trec_env *env, struct trec_store *s,
			      const struct trec_id *peer, const uint8_t mark[REC_MARK_LEN])
{
	struct rec_recognition r;
	bool found = false;
	trec_err err = load_any(s, peer, &r, &found);

	/* Where it parted meanwhile, the record is gone. */
	if (err == TREC_OK && same_mark(&r, mark) && !r.heard) {
		r.heard = true;
		err = store(env, s, peer, &r, &found);
	}
	trec_wipe(&r, sizeof(r));
	return err;
}

trec_err eng_recognition_take(const struct trec_env *env, struct trec_store *s,
			      const struct trec_id *peer,
			      const uint8_t key[MSG_RECOGNITION_LEN], bool *stored)
{
	struct rec_recognition r;
	struct rec_peer p;
	bool found = false;
	trec_err err = in_force(env, s, peer, &p, stored);

	trec_wipe(&p, sizeof(p));
	if (err != TREC_OK || !*stored)
		return err;
	err = load_any(s, peer, &r, &found);
	if (err == TREC_OK && !(r.has_key && base_equal_ct(r.key, key, sizeof(r.key)))) {
		r.has_key = true;
		memcpy(r.key, key, sizeof(r.key));
		err = store(env, s, peer, &r, stored);
	}
	trec_wipe(&r, sizeof(r));
	return err;
}

/* ---- when trust ends --------------------------------------------------------------------- */

void eng_recognition_end(struct eng_batch *b)
{
	eng_batch_remove(b, TREC_RECORD_RECOGNITION, own_id.b);
}

trec_err eng_recognition_end_with(const struct trec_env *env, struct trec_store *s,
				  const struct trec_id *peer, const struct rec_peer *p)
{
	struct eng_batch b = eng_batch_to(env, s);

	eng_batch_peer(&b, peer, p);
	/* Who is only suspended may be resumed, and does not tell its key again. */
	if (p->state == REC_STATE_DISSOLVED_BY_PEER)
		eng_batch_remove(&b, TREC_RECORD_RECOGNITION, peer->b);
	eng_recognition_end(&b);
	return eng_batch_commit(&b);
}

void eng_recognition_move(struct eng_batch *b, const struct trec_id *old,
			  const struct trec_id *now)
{
	struct rec_recognition r;
	bool found = false;

	eng_batch_fail(b, load_any(b->s, old, &r, &found));
	eng_batch_remove(b, TREC_RECORD_RECOGNITION, old->b);
	if (found)
		put(b, now, &r);
	trec_wipe(&r, sizeof(r));
}

void eng_recognition_anew(struct eng_batch *b, const struct trec_id *peer)
{
	struct rec_recognition r;
	bool found = false;

	eng_batch_fail(b, load_any(b->s, peer, &r, &found));
	r.heard = false;
	if (found)
		put(b, peer, &r);
	trec_wipe(&r, sizeof(r));
}

/* ---- beacons ----------------------------------------------------------------------------- */

/* A walk over what peers told and were told; records that cannot be read are left out. */
struct walk {
	bool begun;
	struct trec_id id;
	struct rec_recognition r;
};

static trec_err walk_next(struct trec_store *s, struct walk *w, bool *more)
{
	trec_err err = TREC_OK;
	bool found = false;

	while (!found && err == TREC_OK) {
		struct trec_id after = w->id;

		err = s->ops->next(s, TREC_RECORD_RECOGNITION, w->begun ? after.b : NULL, w->id.b,
				   more);
		w->begun = true;
		if (err != TREC_OK || !*more)
			break;
		if (!is_own(&w->id))
			err = load_any(s, &w->id, &w->r, &found);
	}
	return err;
}

/* Whether somebody may have the own key who is no peer in force any more: expired, mostly. */
static trec_err is_stale(const struct trec_env *env, struct trec_store *s,
			 const struct rec_recognition *own, bool *stale)
{
	struct walk w = { .begun = false };
	struct rec_peer p;
	bool more = true;
	trec_err err = TREC_OK;

	*stale = false;
	while (!*stale) {
		bool good = false;

		err = walk_next(s, &w, &more);
		if (err != TREC_OK || !more)
			break;
		if (!same_mark(&w.r, own->mark))
			continue;
		err = in_force(env, s, &w.id, &p, &good);
		if (err != TREC_OK)
			break;
		*stale = !good;
	}
	trec_wipe(&p, sizeof(p));
	trec_wipe(&w, sizeof(w));
	return err;
}

static trec_err renew(const struct trec_env *env, struct trec_store *s, struct rec_recognition *own)
{
	struct eng_batch b = eng_batch_to(env, s);

	own->has_key = true;
	own->has_mark = true;
	own->heard = false;
	eng_batch_fail(&b, crypto_random(env, own->key, sizeof(own->key)));
	eng_batch_fail(&b, crypto_random(env, own->mark, sizeof(own->mark)));
	put(&b, &own_id, own);
	return eng_batch_commit(&b);
}

trec_err trec_beacon_make(const struct trec_env *env, struct trec_store *s,
			  uint8_t out[TREC_BEACON_LEN])
{
	struct rec_recognition own;
	bool found = false;
	bool stale = false;
	trec_err err = crypto_init();

	memset(out, 0, TREC_BEACON_LEN);
	if (err != TREC_OK)
		return err;
	err = load_any(s, &own_id, &own, &found);
	found = found && own.has_key && own.has_mark;
	if (err == TREC_OK && found)
		err = is_stale(env, s, &own, &stale);
	if (err == TREC_OK && (!found || stale))
		err = renew(env, s, &own);
	if (err == TREC_OK)
		err = trust_beacon_make(env, own.key, out);
	trec_wipe(&own, sizeof(own));
	crypto_done();
	return err;
}

/* Tries every key; of two that fit, one is another device's, shown to mislead. */
static trec_err find(const struct trec_env *env, struct trec_store *s,
		     const uint8_t beacon[TREC_BEACON_LEN], struct trec_peer *out, unsigned *fits)
{
	struct walk w = { .begun = false };
	struct rec_peer p;
	bool more = true;
	trec_err err = TREC_OK;

	while (*fits < 2) {
		bool yes = false;

		err = walk_next(s, &w, &more);
		if (err != TREC_OK || !more)
			break;
		if (w.r.has_key)
			err = trust_beacon_is(w.r.key, beacon, &yes);
		if (err == TREC_OK && yes)
			err = in_force(env, s, &w.id, &p, &yes);
		if (err != TREC_OK)
			break;
		if (yes && (*fits)++ == 0)
			eng_peer_public(env, TREC_RECORD_PEER, &w.id, &p, out);
	}
	trec_wipe(&p, sizeof(p));
	trec_wipe(&w, sizeof(w));
	return err;
}

trec_err trec_beacon_find(const struct trec_env *env, struct trec_store *s,
			  const uint8_t beacon[TREC_BEACON_LEN], struct trec_peer *out)
{
	unsigned fits = 0;
	trec_err err = crypto_init();

	memset(out, 0, sizeof(*out));
	if (err != TREC_OK)
		return err;
	err = find(env, s, beacon, out, &fits);
	crypto_done();
	if (err == TREC_OK && fits == 1)
		return TREC_OK;
	memset(out, 0, sizeof(*out));
	return err != TREC_OK ? err : TREC_E_NO_PEER;
}
