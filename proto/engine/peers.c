/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: trec/peer.h, the trusted device list as a user sees it. */
#include "proto/base/base.h"
#include "proto/codec/idtext.h"
#include "proto/engine/ledger.h"

#include <string.h>

#define THE_CODECS "public bounds are the codec's"
_Static_assert(TREC_SERVICE_MAX == MSG_SERVICE_MAX, THE_CODECS);
_Static_assert(TREC_RIGHT_MAX == MSG_RIGHT_MAX, THE_CODECS);
_Static_assert(TREC_RIGHTS_MAX == MSG_RIGHTS_MAX, THE_CODECS);
_Static_assert(TREC_KIND_MAX == MSG_KIND_MAX, THE_CODECS);
_Static_assert(TREC_PREVIOUS_MAX == REC_PREVIOUS_MAX, THE_CODECS);
_Static_assert(TREC_PEER_HINTS_MAX == MSG_HINTS_MAX && MSG_HINT_MAX == 255, THE_CODECS);

#define PREFIX_MIN 4

const char *trec_peer_state_name(enum trec_peer_state state)
{
	static const char *const name[] = {
		[TREC_PEER_ACTIVE] = "active",	     [TREC_PEER_UNCONFIRMED] = "unconfirmed",
		[TREC_PEER_INTRODUCED] = "introduced", [TREC_PEER_PENDING] = "pending",
		[TREC_PEER_EXPIRED] = "expired",
		[TREC_PEER_DISSOLVED_BY_PEER] = "dissolved-by-peer",
		[TREC_PEER_SUSPENDED] = "suspended",
	};

	return (size_t)state < BASE_COUNT(name) ? name[state] : "unknown";
}

const char *trec_origin_name(enum trec_origin origin)
{
	static const char *const name[] = {
		[TREC_ORIGIN_PIN] = "pin",
		[TREC_ORIGIN_CODE] = "code",
		[TREC_ORIGIN_NFC] = "nfc",
		[TREC_ORIGIN_INTRODUCTION] = "introduction",
		[TREC_ORIGIN_THIRD_PARTY] = "third-party",
	};

	return (size_t)origin < BASE_COUNT(name) ? name[origin] : "unknown";
}

trec_err trec_peer_next(const struct trec_env *env, struct trec_store *s,
			struct trec_peer_cursor *cursor, struct trec_peer *out, bool *found)
{
	static const trec_record stage[] = { TREC_RECORD_PEER, TREC_RECORD_UNCONFIRMED };
	static const struct trec_id none;
	struct rec_peer p;
	struct trec_id id;

	*found = false;
	memset(out, 0, sizeof(*out));
	/* An even stage is one not begun, an odd one goes on after cursor->id. */
	while ((size_t)cursor->stage < 2 * BASE_COUNT(stage)) {
		trec_record type = stage[cursor->stage / 2];
		const uint8_t *after = cursor->stage % 2 ? cursor->id.b : NULL;
		bool there = false;
		trec_err err = s->ops->next(s, type, after, id.b, &there);

		if (err != TREC_OK)
			return err;
		if (!there) {
			cursor->stage = (cursor->stage / 2 + 1) * 2;
			cursor->id = none;
			continue;
		}
		cursor->stage |= 1;
		cursor->id = id;
		err = eng_peer_load(env, s, type, &id, &p, found);
		if (err != TREC_OK)
			return err;
		if (*found) {
			eng_peer_public(env, type, &id, &p, out);
			return TREC_OK;
		}
	}
	return TREC_OK;
}

trec_err trec_peer_get(const struct trec_env *env, struct trec_store *s, const struct trec_id *id,
		       struct trec_peer *out)
{
	struct rec_peer p;
	trec_record type;
	bool found = false;
	trec_err err = eng_peer_any(env, s, id, &p, &type, &found);

	memset(out, 0, sizeof(*out));
	if (err != TREC_OK)
		return err;
	if (!found)
		return TREC_E_NO_PEER;
	eng_peer_public(env, type, id, &p, out);
	return TREC_OK;
}

static int fit_id(const char *text, bool long_enough, const struct trec_id *of)
{
	struct trec_id id;

	if (trec_id_from_text(text, &id) == TREC_OK && memcmp(id.b, of->b, sizeof(id.b)) == 0)
		return 3;
	return long_enough && idtext_has_prefix(of, text) ? 1 : 0;
}

/*
 * How a typed text fits a peer: a whole id beats all, for a peer's name is what the peer says; a
 * name beats a beginning of an id. An id that the peer had before serves for a while.
 */
static int fit(const struct trec_env *env, const char *text, const struct trec_peer *p)
{
	bool long_enough = strlen(text) >= PREFIX_MIN;
	int64_t now = (int64_t)eng_wall_s(env);
	int best = fit_id(text, long_enough, &p->id);

	for (size_t i = 0; i < p->previous_count; i++) {
		int f = now > 0 && now < p->previous[i].until_s ?
				fit_id(text, long_enough, &p->previous[i].id) : 0;

		best = f > best ? f : best;
	}
	return best < 2 && strcmp(text, p->name) == 0 ? 2 : best;
}

trec_err trec_peer_find(const struct trec_env *env, struct trec_store *s, const char *text,
			struct trec_peer *out)
{
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer p;
	unsigned best_count = 0;
	int best = 0;
	bool found = true;

	memset(out, 0, sizeof(*out));
	while (found) {
		trec_err err = trec_peer_next(env, s, &cursor, &p, &found);
		int f = err == TREC_OK && found ? fit(env, text, &p) : 0;

		if (err != TREC_OK)
			return err;
		if (f == 0 || f < best)
			continue;
		/* An unconfirmed twin of a peer already seen is the same peer. */
		if (f == best && memcmp(out->id.b, p.id.b, sizeof(p.id.b)) == 0)
			continue;
		best_count = f > best ? 1 : best_count + 1;
		best = f;
		*out = p;
	}
	if (best_count == 1)
		return TREC_OK;
	memset(out, 0, sizeof(*out));
	return best_count == 0 ? TREC_E_NO_PEER : TREC_E_AMBIGUOUS_PEER;
}

/* Loads the record to be changed. */
static trec_err load(const struct trec_env *env, struct trec_store *s, const struct trec_id *id,
		     struct rec_peer *p, trec_record *type)
{
	bool found = false;
	trec_err err = eng_peer_any(env, s, id, p, type, &found);

	return err == TREC_OK && !found ? TREC_E_NO_PEER : err;
}

static trec_err name_is_free(const struct trec_env *env, struct trec_store *s,
			     const struct trec_id *id, const char *name)
{
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer p;
	bool found = true;

	while (found) {
		trec_err err = trec_peer_next(env, s, &cursor, &p, &found);

		if (err != TREC_OK)
			return err;
		if (found && strcmp(p.name, name) == 0 &&
		    memcmp(p.id.b, id->b, sizeof(id->b)) != 0)
			return TREC_E_EXISTS;
	}
	return TREC_OK;
}

trec_err trec_peer_rename(const struct trec_env *env, struct trec_store *s,
			  const struct trec_id *id, const char *name)
{
	size_t n = strlen(name);
	struct rec_peer p;
	trec_record type;
	trec_err err;

	if (!msg_name_ok(trec_bytes(name, n)))
		return TREC_E_BAD_NAME;
	err = load(env, s, id, &p, &type);
	if (err == TREC_OK)
		err = name_is_free(env, s, id, name);
	if (err != TREC_OK)
		return err;
	memset(p.name, 0, sizeof(p.name));
	memcpy(p.name, name, n);
	return eng_peer_store(s, type, id, &p);
}

trec_err trec_right_check(const char *text)
{
	return msg_right_ok(trec_bytes(text, strlen(text))) ? TREC_OK : TREC_E_USAGE;
}

trec_err trec_peer_allow(const struct trec_env *env, struct trec_store *s,
			 const struct trec_id *id, const char *right, int64_t until_s)
{
	struct rec_peer p;
	trec_record type;
	trec_err err = trec_right_check(right);

	if (err != TREC_OK || until_s < 0 || until_s > REC_TIME_MAX)
		return TREC_E_USAGE;
	err = load(env, s, id, &p, &type);
	if (err != TREC_OK)
		return err;
	if (type != TREC_RECORD_PEER || p.state != REC_STATE_ACTIVE)
		return TREC_E_STATE;
	/* It has no certificate that its words could be checked by. */
	if (p.symmetric.count > 0 && strcmp(right, MSG_RIGHT_INTRODUCE) == 0)
		return TREC_E_UNSUPPORTED;
	if (!rec_peer_allow(&p, right, (uint64_t)until_s))
		return TREC_E_TOO_LARGE;
	return eng_peer_store(s, type, id, &p);
}

trec_err trec_peer_deny(const struct trec_env *env, struct trec_store *s, const struct trec_id *id,
			const char *right)
{
	struct rec_peer p;
	trec_record type;
	trec_err err = trec_right_check(right);

	if (err == TREC_OK)
		err = load(env, s, id, &p, &type);
	if (err != TREC_OK)
		return err;
	rec_peer_deny(&p, right);
	return eng_peer_store(s, type, id, &p);
}

trec_err trec_peer_expire(const struct trec_env *env, struct trec_store *s,
			  const struct trec_id *id, int64_t expires_s)
{
	struct rec_peer p;
	trec_record type;
	trec_err err;

	if (expires_s < 0 || expires_s > REC_TIME_MAX)
		return TREC_E_USAGE;
	err = load(env, s, id, &p, &type);
	if (err != TREC_OK)
		return err;
	if (type == TREC_RECORD_PEER && p.state == REC_STATE_INTRODUCED)
		return TREC_E_STATE;
	p.expires_s = (uint64_t)expires_s;
	return eng_peer_store(s, type, id, &p);
}

trec_err trec_peer_resume(const struct trec_env *env, struct trec_store *s,
			  const struct trec_id *id)
{
	struct rec_peer p;
	trec_record type;
	trec_err err = load(env, s, id, &p, &type);

	if (err != TREC_OK)
		return err;
	if (type != TREC_RECORD_PEER || p.state != REC_STATE_SUSPENDED)
		return TREC_E_STATE;
	p.state = REC_STATE_ACTIVE;
	return eng_peer_store(s, type, id, &p);
}

static bool right_covers(const struct trec_right *r, const char *service)
{
	static const char prefix[] = "service:";

	if (strcmp(r->name, MSG_RIGHT_ANY_SERVICE) == 0)
		return true;
	return strncmp(r->name, prefix, sizeof(prefix) - 1) == 0 &&
	       strcmp(r->name + sizeof(prefix) - 1, service) == 0;
}

bool trec_peer_may_use(const struct trec_peer *peer, const char *service, int64_t wall_s)
{
	if (peer->state != TREC_PEER_ACTIVE)
		return false;
	for (size_t i = 0; i < peer->right_count; i++) {
		const struct trec_right *r = &peer->rights[i];

		if (right_covers(r, service) &&
		    (r->until_s == 0 || (wall_s > 0 && wall_s < r->until_s)))
			return true;
	}
	return false;
}

trec_err trec_tombstone_exists(const struct trec_env *env, struct trec_store *s,
			       const struct trec_id *id, bool *out)
{
	(void)env;
	return eng_tombstone_find(s, id, out);
}
