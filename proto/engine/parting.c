/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see parting.h. */
#include "proto/engine/parting.h"
#include "proto/base/base.h"
#include "proto/engine/batch.h"
#include "proto/engine/ledger.h"
#include "proto/engine/recognition.h"
#include "proto/trust/trust.h"

#include <string.h>

#define FIRST_CAP 16

/* A parting under way: the changes, and every id that goes. */
struct job {
	struct eng_batch batch;
	struct trec_id *gone;
	size_t n;
	size_t cap;
};

static bool is_gone(const struct job *j, size_t n, const struct trec_id *id)
{
	for (size_t i = 0; i < n; i++)
		if (trec_id_equal(&j->gone[i], id))
			return true;
	return false;
}

static void add_gone(struct job *j, const struct trec_id *id)
{
	const struct trec_env *env = j->batch.env;

	if (j->n == j->cap) {
		size_t cap = j->cap > 0 ? 2 * j->cap : FIRST_CAP;
		struct trec_id *more = base_alloc(env, cap * sizeof(*more));

		if (more == NULL) {
			eng_batch_fail(&j->batch, TREC_E_NO_MEMORY);
			return;
		}
		if (j->n > 0)
			memcpy(more, j->gone, j->n * sizeof(*more));
		base_free(env, j->gone, j->cap * sizeof(*more));
		j->gone = more;
		j->cap = cap;
	}
	j->gone[j->n++] = *id;
}

/* Whatever is stored under that id. */
static void remove_all(struct job *j, const struct trec_id *id)
{
	static const trec_record type[] = { TREC_RECORD_PEER, TREC_RECORD_UNCONFIRMED,
					    TREC_RECORD_CARRIED, TREC_RECORD_SEEN,
					    TREC_RECORD_RECOGNITION };

	for (size_t i = 0; i < BASE_COUNT(type); i++)
		eng_batch_remove(&j->batch, type[i], id->b);
}

/* The peer with all its ids; a stone for each, so that each alone is enough to be refused. */
static void part_one(struct job *j, const struct trec_id *id, const struct rec_peer *p,
		     const struct eng_parting *how)
{
	remove_all(j, id);
	add_gone(j, id);
	if (how->tombstone)
		eng_batch_tombstone(&j->batch, id, how->by);
	for (size_t i = 0; i < p->previous_count; i++) {
		if (is_gone(j, j->n, &p->previous[i].id))
			continue;
		add_gone(j, &p->previous[i].id);
		if (how->tombstone)
			eng_batch_tombstone(&j->batch, &p->previous[i].id, how->by);
	}
}

/* Another peer's record, introduced by the one that goes. */
static void part_introduced(struct job *j, const struct trec_id *id, struct rec_peer *p,
			    const struct eng_parting *how)
{
	if (how->cascade && p->origin == REC_ORIGIN_INTRODUCED) {
		part_one(j, id, p, how);
	} else if (p->state == REC_STATE_INTRODUCED) {
		remove_all(j, id);
	} else {
		p->has_introduced_by = false;
		memset(&p->introduced_by, 0, sizeof(p->introduced_by));
		eng_batch_peer(&j->batch, id, p);
	}
}

/* A record that cannot be read keeps nobody from parting. */
static bool to_be_passed_over(trec_err err)
{
	return err == TREC_E_STORE_CORRUPT || err == TREC_E_VERSION;
}

static trec_err part_others(struct job *j, const struct trec_id *id, const struct eng_parting *how)
{
	size_t first = j->n; /* the ids of the one that goes, without those that follow it */
	struct eng_walk w = { 0 };
	struct rec_peer p;
	bool found = true;
	trec_err err = TREC_OK;

	while (found) {
		err = eng_walk_peers(j->batch.s, &w, &p, &found);
		if (to_be_passed_over(err))
			continue;
		if (err != TREC_OK || !found)
			break;
		if (!trec_id_equal(&w.id, id) && p.has_introduced_by &&
		    is_gone(j, first, &p.introduced_by))
			part_introduced(j, &w.id, &p, how);
	}
	trec_wipe(&p, sizeof(p));
	return err;
}

/* Statements by and about those that are gone. */
static trec_err part_notices(struct job *j)
{
	struct trec_store *s = j->batch.s;
	uint8_t buf[REC_NOTICE_MAX];
	struct rec_notice notice;
	struct trec_id at, iss, sub;
	bool found = false;
	size_t n = 0;
	trec_err err = s->ops->next(s, TREC_RECORD_NOTICE, NULL, at.b, &found);

	while (err == TREC_OK && found) {
		struct trec_id after = at;

		err = s->ops->get(s, TREC_RECORD_NOTICE, at.b, buf, sizeof(buf), &n, &found);
		if (err != TREC_OK)
			break;
		if (rec_notice_decode(trec_bytes(buf, n), &notice) != TREC_OK ||
		    !trust_peek(notice.statement, TRUST_TOMBSTONE, &iss, &sub, NULL) ||
		    is_gone(j, j->n, &iss) || is_gone(j, j->n, &sub))
			eng_batch_remove(&j->batch, TREC_RECORD_NOTICE, at.b);
		err = s->ops->next(s, TREC_RECORD_NOTICE, after.b, at.b, &found);
	}
	return err;
}

/* On a full disk trust ends all the same; what only names the peer stays. */
static trec_err part_in_need(const struct trec_env *env, struct trec_store *s,
			     const struct trec_id *id, const struct eng_parting *how)
{
	static const struct rec_peer no_lineage;
	struct job j = { .batch = eng_batch_to(env, s) };
	trec_err err;

	part_one(&j, id, &no_lineage, how);
	eng_recognition_end(&j.batch);
	err = eng_batch_commit(&j.batch);
	base_free(env, j.gone, j.cap * sizeof(*j.gone));
	if (err == TREC_OK)
		base_log(env, TREC_LEVEL_WARNING,
			 "the disk is full: a peer is gone, but other records still name it");
	return err;
}

trec_err eng_part(const struct trec_env *env, struct trec_store *s, const struct trec_id *id,
		  const struct rec_peer *p, const struct eng_parting *how)
{
	struct job j = { .batch = eng_batch_to(env, s) };
	trec_err err;

	part_one(&j, id, p, how);
	eng_recognition_end(&j.batch);
	eng_batch_fail(&j.batch, part_others(&j, id, how));
	eng_batch_fail(&j.batch, part_notices(&j));
	err = eng_batch_commit(&j.batch);
	base_free(env, j.gone, j.cap * sizeof(*j.gone));
	/* What cascade takes along is more than a name: half of that is not done in silence. */
	return err == TREC_E_NO_SPACE && !how->cascade ? part_in_need(env, s, id, how) : err;
}
