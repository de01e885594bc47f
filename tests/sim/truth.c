/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what every store must hold, kept beside it. The engine's commits pass through
 * here: what is asked for is judged before it is done, what was acknowledged enters the model,
 * and after a restart the store is compared with it record by record.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/crypto/crypto.h"
#include "proto/engine/ledger.h"
#include "tests/sim/sim.h"

static struct sim_device *of(struct trec_store *s)
{
	return (struct sim_device *)(void *)((uint8_t *)s - offsetof(struct sim_device, store));
}

static bool was(const struct sim_device *d, const struct trec_id *id)
{
	for (size_t i = 0; i < d->pasts; i++)
		if (memcmp(d->past[i].b, id->b, TREC_ID_LEN) == 0)
			return true;
	return false;
}

int sim_device_of(const struct sim_world *w, const struct trec_id *id)
{
	for (int i = 0; i < w->devices; i++)
		if (memcmp(w->dev[i].id.b, id->b, TREC_ID_LEN) == 0 || was(&w->dev[i], id))
			return i;
	return -1;
}

const struct sim_fact *sim_fact_row(const struct sim_device *d, trec_record type,
				    const uint8_t *id)
{
	for (size_t i = 0; i < d->rows; i++)
		if (d->row[i].type == type && memcmp(d->row[i].id, id, TREC_ID_LEN) == 0)
			return &d->row[i];
	return NULL;
}

const struct sim_fact *sim_fact_find(const struct sim_device *d, trec_record type, int peer)
{
	const struct sim_fact *found =
		peer >= 0 ? sim_fact_row(d, type, d->w->dev[peer].id.b) : NULL;

	for (size_t i = 0; i < d->rows && found == NULL; i++)
		if (d->row[i].type == type && d->row[i].peer == peer)
			found = &d->row[i];
	return found;
}

const struct sim_fact *sim_stone_on(const struct sim_device *d, const struct trec_id *id)
{
	uint8_t hash[TREC_ID_LEN];

	if (crypto_sha256(trec_bytes(id->b, TREC_ID_LEN), hash) != TREC_OK)
		abort();
	return sim_fact_row(d, TREC_RECORD_TOMBSTONE, hash);
}

bool sim_is_current(const struct sim_world *w, const struct sim_fact *f)
{
	return f->peer >= 0 && memcmp(f->id, w->dev[f->peer].id.b, TREC_ID_LEN) == 0;
}

bool sim_expired(const struct sim_device *d, const struct sim_fact *f)
{
	uint64_t wall = sim_wall(d);

	return f->expires_s != 0 && (wall == 0 || wall >= f->expires_s);
}

bool sim_in_force(const struct sim_device *d, const struct sim_fact *f)
{
	return f != NULL && f->type == TREC_RECORD_PEER && f->state == REC_STATE_ACTIVE &&
	       !sim_expired(d, f);
}

/* 24 hours by either clock; powered-on time counts within one boot. */
bool sim_half_dead(const struct sim_device *d, const struct sim_fact *f)
{
	uint64_t wall = sim_wall(d);

	if (wall != 0 && f->since_s != 0 && wall >= f->since_s + ENG_UNCONFIRMED_S)
		return true;
	return f->made_boot == d->boots &&
	       d->w->now - f->made_at >= (uint64_t)ENG_UNCONFIRMED_S * 1000;
}

/* ---- from changes to facts -------------------------------------------------------------- */

static bool hashes_to(const struct trec_id *id, const uint8_t *to)
{
	uint8_t hash[TREC_ID_LEN];

	return crypto_sha256(trec_bytes(id->b, TREC_ID_LEN), hash) == TREC_OK &&
	       memcmp(hash, to, TREC_ID_LEN) == 0;
}

static int whose_tombstone(const struct sim_world *w, const uint8_t *id)
{
	for (int i = 0; i < w->devices; i++) {
		const struct sim_device *d = &w->dev[i];

		if (hashes_to(&d->id, id))
			return i;
		for (size_t k = 0; k < d->pasts; k++)
			if (hashes_to(&d->past[k], id))
				return i;
	}
	return -1;
}

static void read_peer(struct sim_device *d, struct trec_bytes data, struct sim_fact *f)
{
	struct rec_peer p;

	if (rec_peer_decode(data, &p) != TREC_OK) {
		sim_break(d->w, d->no, "a record that cannot be read is to be stored");
		return;
	}
	f->state = p.state;
	f->expires_s = p.expires_s;
	f->since_s = p.since_s;
	f->any_service = rec_peer_may(&p, MSG_RIGHT_ANY_SERVICE, sim_wall(d));
	f->origin = p.origin;
	f->introduced = p.has_introduced_by;
	f->by = p.introduced_by;
	f->vouched = p.has_statement;
	memcpy(f->statement, p.statement, sizeof(f->statement));
	sim_rights_read(&p, &f->rights);
	f->sequence = p.sequence;
	f->pasts = p.previous_count;
	for (size_t i = 0; i < p.previous_count; i++)
		f->past[i] = p.previous[i].id;
}

static void read_tombstone(struct sim_device *d, struct trec_bytes data, struct sim_fact *f)
{
	struct rec_tombstone t;

	if (rec_tombstone_decode(data, &t) != TREC_OK)
		sim_break(d->w, d->no, "a tombstone that cannot be read is to be stored");
	f->parted_by = t.by;
}

static void read_carried(struct sim_device *d, struct trec_bytes data, struct sim_fact *f)
{
	struct rec_carried c;

	if (rec_carried_decode(data, &c) != TREC_OK ||
	    crypto_sha256(c.statement, f->statement) != TREC_OK)
		sim_break(d->w, d->no, "a letter that cannot be read is to be stored");
}

static void read_counters(struct sim_device *d, struct trec_bytes data, struct sim_fact *f)
{
	struct rec_counters c;

	if (rec_counters_decode(data, &c) != TREC_OK) {
		sim_break(d->w, d->no, "a counter that cannot be read is to be stored");
		return;
	}
	f->counter = c.kind;
	f->wrong = c.wrong;
	f->thawed = !c.frozen_at.set && inv_thaw_is_due(d, c.kind);
	d->w->stats.frozen += c.frozen_at.set;
}

/* Introduced again, after the week of the first time. */
static bool begins_anew(const struct sim_fact *f, const struct sim_fact *old)
{
	return f->state == REC_STATE_INTRODUCED &&
	       memcmp(f->statement, old->statement, sizeof(f->statement)) != 0;
}

/* A record keeps its birth when it is written again. */
static void inherit(struct sim_device *d, struct sim_fact *f)
{
	const struct sim_fact *old = sim_fact_row(d, f->type, f->id);
	const struct sim_fact *half = sim_fact_find(d, TREC_RECORD_UNCONFIRMED, f->peer);

	for (size_t i = 0; i < f->pasts && old == NULL; i++)
		old = sim_fact_row(d, f->type, f->past[i].b);
	f->root = old != NULL ? old->root : ++d->w->roots;
	if (d->cause != NULL && d->cause->pairing) {
		f->made_by = d->cause->serial;
		f->made_at = d->w->now;
		f->made_boot = d->boots;
	} else if (half != NULL && f->type == TREC_RECORD_PEER && d->cause != NULL) {
		f->made_by = half->made_by;
	} else if (old != NULL && !begins_anew(f, old)) {
		f->made_by = old->made_by;
		f->made_at = old->made_at;
		f->made_boot = old->made_boot;
	} else {
		f->made_at = d->w->now;
		f->made_boot = d->boots;
	}
}

static void to_fact(struct sim_device *d, const struct trec_change *c, struct sim_fact *f)
{
	struct trec_id id;

	memset(f, 0, sizeof(*f));
	f->type = c->type;
	memcpy(f->id, c->id, TREC_ID_LEN);
	memcpy(id.b, c->id, TREC_ID_LEN);
	f->remove = c->remove;
	f->peer = -1;
	if (c->type == TREC_RECORD_PEER || c->type == TREC_RECORD_UNCONFIRMED)
		f->peer = sim_device_of(d->w, &id);
	else if (c->type == TREC_RECORD_TOMBSTONE)
		f->peer = whose_tombstone(d->w, c->id);
	if (c->remove)
		return;
	f->n = c->data.n;
	f->hash = sim_fold(1, c->data.p, c->data.n);
	if (c->type == TREC_RECORD_PEER || c->type == TREC_RECORD_UNCONFIRMED) {
		read_peer(d, c->data, f);
		inherit(d, f);
	} else if (c->type == TREC_RECORD_COUNTERS) {
		read_counters(d, c->data, f);
	} else if (c->type == TREC_RECORD_CARRIED) {
		read_carried(d, c->data, f);
	} else if (c->type == TREC_RECORD_TOMBSTONE) {
		read_tombstone(d, c->data, f);
	}
}

/* ---- the model -------------------------------------------------------------------------- */

static void apply(struct sim_device *d, const struct sim_fact *f)
{
	size_t at = 0;

	while (at < d->rows && !(d->row[at].type == f->type &&
				 memcmp(d->row[at].id, f->id, TREC_ID_LEN) == 0))
		at++;
	if (f->remove && at < d->rows) {
		d->row[at] = d->row[--d->rows];
	} else if (!f->remove) {
		if (at == SIM_ROWS)
			abort();
		d->row[at] = *f;
		if (at == d->rows)
			d->rows++;
	}
}

/* Under the key that the peer has now. */
static bool trusts(const struct sim_device *d, int peer)
{
	const uint8_t *id = d->w->dev[peer].id.b;
	const struct sim_fact *f = sim_fact_row(d, TREC_RECORD_PEER, id);

	return (f != NULL && (f->state == REC_STATE_ACTIVE || f->state == REC_STATE_INTRODUCED)) ||
	       sim_fact_row(d, TREC_RECORD_UNCONFIRMED, id) != NULL;
}

/* What was under way has happened. */
static void settle(struct sim_device *d)
{
	bool before[SIM_DEVICES];

	for (int i = 0; i < d->w->devices; i++)
		before[i] = trusts(d, i);
	for (size_t i = 0; i < d->pendings; i++)
		apply(d, &d->pending[i]);
	for (int i = 0; i < d->w->devices; i++) {
		bool now = trusts(d, i);

		if (before[i] && !now)
			d->bond[i].lost_at = d->w->now;
		else if (!before[i] && now)
			d->bond[i].won_at = d->w->now;
	}
	inv_stored(d, d->pending, d->pendings);
	inv_after(d);
	d->pendings = 0;
}

static trec_err gate_own(struct trec_store *s, struct trec_own *out)
{
	struct sim_device *d = of(s);
	trec_err err = d->inner->ops->own(d->inner, out);
	struct trec_own other;

	if (err == TREC_OK && d->mask >= 0 && d->w->dev[d->mask].up) {
		struct trec_store *victim = d->w->dev[d->mask].inner;

		if (victim->ops->own(victim, &other) == TREC_OK) {
			out->cert = other.cert; /* public, unlike the key */
			out->id = d->id;
		}
	}
	if (err == TREC_OK)
		sim_pen_take(d, &d->pen, &out->signer);
	return err;
}

static trec_err gate_get(struct trec_store *s, trec_record type, const uint8_t id[TREC_ID_LEN],
			 uint8_t *out, size_t cap, size_t *n, bool *found)
{
	struct sim_device *d = of(s);

	return d->inner->ops->get(d->inner, type, id, out, cap, n, found);
}

static trec_err gate_next(struct trec_store *s, trec_record type, const uint8_t *after,
			  uint8_t id[TREC_ID_LEN], bool *found)
{
	struct sim_device *d = of(s);

	return d->inner->ops->next(d->inner, type, after, id, found);
}

/* Judges the changes before they are asked for; of a store that failed only the first commit is in
 * doubt. */
static void expect(struct sim_device *d, const struct trec_change *changes, size_t n)
{
	d->pendings = n;
	for (size_t i = 0; i < n; i++)
		to_fact(d, &changes[i], &d->pending[i]);
	inv_commit(d, d->pending, n);
}

/* What the inner store said of the changes that are pending. */
static trec_err answered(struct sim_device *d, trec_err err)
{
	if (err == TREC_OK && d->sick)
		sim_break(d->w, d->no, "a store that failed takes commits again unopened");
	else if (err == TREC_OK)
		settle(d);
	else if (sim_disk_read_only(d))
		d->sick = true;
	else if (!sim_disk_down(d))
		d->pendings = 0; /* nothing was changed */
	return err;
}

static trec_err gate_commit(struct trec_store *s, const struct trec_change *changes, size_t n)
{
	struct sim_device *d = of(s);

	if (n > SIM_CHANGES)
		abort();
	if (!d->sick)
		expect(d, changes, n);
	trec_err err = d->inner->ops->commit(d->inner, changes, n);

	d->crowded = d->crowded || err == TREC_E_NO_SPACE;
	for (size_t i = 0; i < n; i++) {
		sim_note(d->w, d->no, changes[i].remove ? "remove" : "put",
			 (int64_t)changes[i].type, (int64_t)err);
		sim_hash(d->w, changes[i].data.p, changes[i].remove ? 0 : changes[i].data.n);
	}
	return answered(d, err);
}

struct renewal {
	struct sim_device *d;
	trec_renewal sign;
	void *ctx;
};

static trec_err gate_sign(void *ctx, const struct trec_own *old, const struct trec_own *now,
			  struct trec_change *extra)
{
	struct renewal *r = ctx;
	struct trec_own heard = *old;

	sim_pen_take(r->d, &r->d->old_pen, &heard.signer);
	trec_err err = r->sign(r->ctx, &heard, now, extra);

	if (err == TREC_OK && !r->d->sick)
		expect(r->d, extra, 1);
	return err;
}

static trec_err gate_renew(struct trec_store *s, trec_key_alg alg, trec_renewal sign, void *ctx)
{
	struct sim_device *d = of(s);
	struct renewal r = { d, sign, ctx };
	trec_err err = d->inner->ops->renew(d->inner, alg, gate_sign, &r);

	sim_note(d->w, d->no, "renew", (int64_t)alg, (int64_t)err);
	err = answered(d, err);
	sim_truth_opened(d);
	return err;
}

static const struct trec_store_ops gate_ops = { gate_own, gate_get, gate_next, gate_commit,
						gate_renew };

void sim_truth_begin(struct sim_device *d)
{
	d->store.ops = &gate_ops;
}

void sim_truth_opened(struct sim_device *d)
{
	struct trec_own own;

	if (d->inner->ops->own(d->inner, &own) != TREC_OK ||
	    memcmp(own.id.b, d->id.b, TREC_ID_LEN) == 0)
		return;
	if (d->pasts == SIM_PAST)
		abort();
	memmove(&d->past[1], &d->past[0], d->pasts++ * sizeof(d->past[0]));
	d->past[0] = d->id;
	d->id = own.id;
}

/* ---- after a restart -------------------------------------------------------------------- */

/* Whether the store holds exactly the model's records. */
static bool same(struct sim_device *d)
{
	static uint8_t buf[TREC_RECORD_MAX];
	size_t seen = 0;

	for (trec_record t = TREC_RECORD_PEER; t <= TREC_RECORD_LAST; t++) {
		uint8_t id[TREC_ID_LEN];
		uint8_t after[TREC_ID_LEN];
		bool found = false;
		trec_err err = d->inner->ops->next(d->inner, t, NULL, id, &found);

		for (; err == TREC_OK && found; seen++) {
			const struct sim_fact *f = sim_fact_row(d, t, id);
			size_t n = 0;
			bool there = false;

			err = d->inner->ops->get(d->inner, t, id, buf, sizeof(buf), &n,
						 &there);
			if (err != TREC_OK || f == NULL || !there || n != f->n ||
			    sim_fold(1, buf, n) != f->hash)
				return false;
			memcpy(after, id, TREC_ID_LEN);
			err = d->inner->ops->next(d->inner, t, after, id, &found);
		}
		if (err != TREC_OK)
			return false;
	}
	return seen == d->rows;
}

void sim_truth_compare(struct sim_device *d)
{
	bool doubt = d->pendings > 0;

	if (same(d)) {
		d->pendings = 0;
		return;
	}
	if (doubt)
		settle(d);
	if (!doubt || !same(d))
		sim_break(d->w, d->no, "the store does not hold what it acknowledged");
}
