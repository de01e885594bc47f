/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a simulator that never fails shows nothing. Here are faults that a product
 * could have; the linker puts each in front of the function it spoils (--wrap), and by name one
 * is switched on. tests/sim/check-mutants demands that each is noticed.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "proto/engine/notice.h"
#include "proto/engine/parting.h"
#include "proto/engine/pairing.h"
#include "proto/engine/recognition.h"
#include "proto/engine/session.h"
#include "proto/engine/succession.h"
#include "proto/trust/statement.h"
#include "tests/sim/fake.h"
#include "tests/sim/fault.h"
#include "tests/sim/sim.h"

/* X(identifier, "name") */
#define FAULTS(X)                                                                                  \
	X(NO_SYNC, "no-sync")             /* a commit is acknowledged and not synced */            \
	X(NO_TOMBSTONE, "no-tombstone")   /* parting leaves nothing behind */                      \
	X(HALF_IS_WHOLE, "half-is-whole") /* a half pairing is shown as active, with rights */     \
	X(ANY_CONFIRM, "any-confirm")     /* confirmP and confirmV are not compared */             \
	X(UNCOUNTED, "uncounted")         /* a guess is answered before it is counted */           \
	X(DEAF, "deaf")                   /* a revocation is confirmed and changes nothing */      \
	X(HALF_FOREVER, "half-forever")   /* a half pairing never dies */                          \
	X(ANY_KEY, "any-key")             /* neither channel nor channel_mac check the secret */   \
	X(FORGED, "forged")               /* signatures are not checked */                         \
	X(UNSHAKEN, "unshaken")           /* not_trusted(revoked) is not remembered */             \
	X(EARLY, "early")                 /* the responder is active before pair_done */           \
	X(FORGETFUL, "forgetful")         /* counters are not read at a start */                   \
	X(THAW, "thaw")                   /* a restart ends a freeze */                            \
	X(AGAIN, "again")                 /* a one-time secret's window stays open */              \
	X(STONE_BLIND, "stone-blind")     /* tombstones are not looked at */                       \
	X(EVER, "ever")                   /* expired and dissolved entries still open sessions */  \
	X(PATIENT, "patient")             /* a pairing knows no deadline */                        \
	X(RETURN, "return")               /* pair_done activates what was parted from */           \
	X(HASTY, "hasty")                 /* an introduction is not judged again when it counts */ \
	X(ROBBER, "robber")               /* an introduction digs out whom one parted from */      \
	X(SECOND_HAND, "second-hand")     /* who was introduced introduces */                      \
	X(AMNESIA, "amnesia")             /* statements that were believed are not remembered */   \
	X(ANY_NONCE, "any-nonce")         /* an introduction answers whatever nonce it likes */    \
	X(GENEROUS, "generous")           /* rights are as the statement wishes */                 \
	X(UNASKED, "unasked")             /* "ask" is taken for "auto" */                          \
	X(WAITING, "waiting")             /* an introduction waits for ever */                     \
	X(MEDDLER, "meddler")             /* a notice ends whatever trust it names */              \
	X(UNDEAD, "undead")               /* a succession moves what is not active */              \
	X(LENIENT, "lenient")             /* a cascade spares whom the peer introduced */          \
	X(FAMILIAR, "familiar")           /* parting leaves the own recognition key */

#define FAULT_ENUM(id, name) FAULT_##id,
enum fault { FAULT_NONE, FAULTS(FAULT_ENUM) };
#undef FAULT_ENUM

static enum fault planted;

bool sim_plant(const char *name)
{
#define FAULT_NAME(id, text) { FAULT_##id, text },
	static const struct {
		enum fault fault;
		const char *name;
	} faults[] = { FAULTS(FAULT_NAME) };
#undef FAULT_NAME

	for (size_t i = 0; i < BASE_COUNT(faults); i++)
		if (strcmp(faults[i].name, name) == 0)
			planted = faults[i].fault;
	sim_disk_forgets_sync = planted == FAULT_NO_SYNC;
	fake_channel_takes_any_key = planted == FAULT_ANY_KEY;
	return planted != FAULT_NONE;
}

/* Declares the real function and its stand-in, and begins the stand-in's definition. */
#define WRAP(type, name, ...)                                                                      \
	type __real_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__)

WRAP(trec_err, eng_part, const struct trec_env *env, struct trec_store *s,
     const struct trec_id *id, const struct rec_peer *p, const struct eng_parting *how)
{
	struct eng_parting as = *how;

	as.tombstone = how->tombstone && planted != FAULT_NO_TOMBSTONE;
	as.cascade = how->cascade && planted != FAULT_LENIENT;
	return __real_eng_part(env, s, id, p, &as);
}

WRAP(void, eng_peer_public, const struct trec_env *env, trec_record type, const struct trec_id *id,
     const struct rec_peer *p, struct trec_peer *out)
{
	__real_eng_peer_public(env, planted == FAULT_HALF_IS_WHOLE ? TREC_RECORD_PEER : type, id, p,
			       out);
}

WRAP(trec_err, pake_prover_finish, struct pake_prover *p, struct trec_bytes context,
     const uint8_t *share_v, const uint8_t *confirm_v, uint8_t *confirm_p, uint8_t *key)
{
	trec_err err = __real_pake_prover_finish(p, context, share_v, confirm_v, confirm_p, key);

	return planted == FAULT_ANY_CONFIRM && err == TREC_E_WRONG_PIN ? TREC_OK : err;
}

WRAP(trec_err, pake_verifier_finish, struct pake_verifier *v, const uint8_t *confirm_p,
     uint8_t *key)
{
	trec_err err = __real_pake_verifier_finish(v, confirm_p, key);

	return planted == FAULT_ANY_CONFIRM && err == TREC_E_WRONG_PIN ? TREC_OK : err;
}

WRAP(trec_err, eng_pair_job_counters, struct trec_pairing *p)
{
	return planted == FAULT_UNCOUNTED ? TREC_OK : __real_eng_pair_job_counters(p);
}

WRAP(trec_err, eng_peer_forget, const struct trec_env *env, struct trec_store *s,
     const struct trec_id *id)
{
	return planted == FAULT_DEAF ? TREC_OK : __real_eng_peer_forget(env, s, id);
}

/* As if a half pairing or an introduction were as young as on its first day. */
static trec_err load_old(struct trec_store *s, trec_record type, const struct trec_id *id,
			 struct rec_peer *out, bool *found)
{
	uint8_t buf[REC_PEER_MAX];
	size_t n = 0;
	trec_err err = s->ops->get(s, type, id->b, buf, sizeof(buf), &n, found);

	return err == TREC_OK && *found ? rec_peer_decode(trec_bytes(buf, n), out) : err;
}

static bool succeeding, introducing;

WRAP(trec_err, eng_peer_load, const struct trec_env *env, struct trec_store *s, trec_record type,
     const struct trec_id *id, struct rec_peer *out, bool *found)
{
	trec_err err = __real_eng_peer_load(env, s, type, id, out, found);

	if (err == TREC_OK && !*found &&
	    ((planted == FAULT_HALF_FOREVER && type == TREC_RECORD_UNCONFIRMED) ||
	     (planted == FAULT_WAITING && type == TREC_RECORD_PEER)))
		return load_old(s, type, id, out, found);
	if (planted == FAULT_UNDEAD && succeeding && err == TREC_OK && *found)
		out->state = REC_STATE_ACTIVE;
	return err;
}

WRAP(bool, eng_peer_expired, const struct trec_env *env, const struct rec_peer *p)
{
	if (planted == FAULT_WAITING && p->state == REC_STATE_INTRODUCED)
		return false;
	return __real_eng_peer_expired(env, p);
}

WRAP(bool, base_equal_ct, const uint8_t *a, const uint8_t *b, size_t n)
{
	return planted == FAULT_ANY_KEY || __real_base_equal_ct(a, b, n);
}

WRAP(trec_err, crypto_verify, struct trec_bytes spki, struct trec_bytes message,
     struct trec_bytes sig)
{
	trec_err err = __real_crypto_verify(spki, message, sig);

	return planted == FAULT_FORGED ? TREC_OK : err;
}

WRAP(trec_err, eng_recognition_end_with, const struct trec_env *env, struct trec_store *s,
     const struct trec_id *peer, const struct rec_peer *p)
{
	if (planted == FAULT_UNSHAKEN && p->state == REC_STATE_DISSOLVED_BY_PEER)
		return TREC_OK;
	return __real_eng_recognition_end_with(env, s, peer, p);
}

WRAP(void, eng_recognition_end, struct eng_batch *b)
{
	if (planted != FAULT_FAMILIAR)
		__real_eng_recognition_end(b);
}

trec_err __real_eng_pair_job_activate(struct trec_pairing *p);

WRAP(trec_err, eng_pair_job_unconfirmed, struct trec_pairing *p)
{
	trec_err err = __real_eng_pair_job_unconfirmed(p);

	return planted == FAULT_EARLY && err == TREC_OK ? __real_eng_pair_job_activate(p) : err;
}

/* The check that tests/sim made necessary, undone. */
static bool activating;

WRAP(trec_err, eng_peer_any, const struct trec_env *env, struct trec_store *s,
     const struct trec_id *id, struct rec_peer *out, trec_record *type, bool *found)
{
	trec_err err = __real_eng_peer_any(env, s, id, out, type, found);

	*found = *found || (planted == FAULT_RETURN && activating);
	return err;
}

WRAP(trec_err, eng_pair_job_activate, struct trec_pairing *p)
{
	activating = true;
	trec_err err = __real_eng_pair_job_activate(p);

	activating = false;
	return err;
}

WRAP(trec_err, eng_counters_load, struct trec_store *s, enum rec_counter_kind kind,
     const uint8_t *target_hash, struct rec_counters *out)
{
	trec_err err = __real_eng_counters_load(s, kind, target_hash, out);

	if (planted == FAULT_FORGETFUL)
		*out = (struct rec_counters){ .kind = kind };
	return err;
}

WRAP(void, eng_ladder_thaw, struct rec_counters *c, const struct rec_moment *now)
{
	if (planted == FAULT_THAW && c->frozen_at.set &&
	    memcmp(c->frozen_at.boot, now->boot, sizeof(now->boot)) != 0) {
		memset(&c->frozen_at, 0, sizeof(c->frozen_at));
		c->frozen_ms = 0;
	}
	__real_eng_ladder_thaw(c, now);
}

WRAP(void, eng_window_paired, struct trec_window *w, struct eng_run *run,
     const struct trec_id *peer)
{
	if (planted != FAULT_AGAIN)
		__real_eng_window_paired(w, run, peer);
}

WRAP(trec_err, eng_tombstone_find, struct trec_store *s, const struct trec_id *id, bool *found)
{
	trec_err err = __real_eng_tombstone_find(s, id, found);

	*found = *found && planted != FAULT_STONE_BLIND &&
		 !(planted == FAULT_ROBBER && introducing);
	return err;
}

WRAP(bool, eng_peer_in_force, const struct trec_env *env, trec_record type,
     const struct rec_peer *p)
{
	return planted == FAULT_EVER || __real_eng_peer_in_force(env, type, p);
}

WRAP(uint64_t, trec_pairing_deadline_ms, const struct trec_pairing *p)
{
	return planted == FAULT_PATIENT ? UINT64_MAX : __real_trec_pairing_deadline_ms(p);
}

/* ---- trust that is passed on ------------------------------------------------------------ */

WRAP(trec_err, eng_intro_take, const struct trec_env *env, struct trec_store *s,
     struct trec_bytes statement, const struct eng_intro_how *how, struct trec_introduced *out)
{
	introducing = true;
	trec_err err = __real_eng_intro_take(env, s, statement, how, out);

	introducing = false;
	return err;
}

WRAP(trec_err, eng_intro_check, const struct trec_env *env, struct trec_store *s,
     const struct trec_id *id, const struct rec_peer *p, enum trec_refusal *why)
{
	trec_err err = __real_eng_intro_check(env, s, id, p, why);

	if (planted == FAULT_HASTY)
		*why = TREC_REFUSAL_NONE;
	return err;
}

WRAP(trec_err, eng_intro_activate, const struct trec_env *env, struct trec_store *s,
     const struct trec_id *id, struct rec_peer *p, enum trec_refusal *why)
{
	if (planted != FAULT_HASTY)
		return __real_eng_intro_activate(env, s, id, p, why);
	*why = TREC_REFUSAL_NONE;
	p->state = REC_STATE_ACTIVE;
	p->expires_s = 0;
	memset(&p->made, 0, sizeof(p->made));
	return eng_peer_store(s, TREC_RECORD_PEER, id, p);
}

WRAP(trec_err, eng_introducer_load, const struct trec_env *env, struct trec_store *s,
     const struct trec_id *id, struct rec_peer *out, enum trec_refusal *why)
{
	trec_err err = __real_eng_introducer_load(env, s, id, out, why);

	if (planted == FAULT_SECOND_HAND && *why == TREC_REFUSAL_INTRODUCER_ONLY_INTRODUCED &&
	    out->state == REC_STATE_ACTIVE)
		*why = TREC_REFUSAL_NONE;
	return err;
}

/* Nor does it keep from introducing to those that introduced it. */
WRAP(trec_err, trec_introduction_may, const struct trec_env *env, struct trec_store *s,
     const struct trec_id *id, enum trec_refusal *why)
{
	trec_err err = __real_trec_introduction_may(env, s, id, why);

	if (planted == FAULT_SECOND_HAND && *why == TREC_REFUSAL_SUBJECT_ONLY_INTRODUCED)
		*why = TREC_REFUSAL_NONE;
	return err;
}

WRAP(trec_err, rec_seen_decode, struct trec_bytes in, struct rec_seen *out)
{
	trec_err err = __real_rec_seen_decode(in, out);

	if (planted == FAULT_AMNESIA)
		out->count = 0;
	return err;
}

/* As if the nonce that was given had been the one that came. */
WRAP(enum trust_verdict, trust_verify, const struct trec_env *env, struct trec_bytes statement,
     const struct trust_expect *expect, struct trust_claims *out)
{
	enum trust_verdict verdict = __real_trust_verify(env, statement, expect, out);
	struct trust_expect as = *expect;
	struct trust_parts parts;

	if (planted != FAULT_ANY_NONCE || verdict != TRUST_NONCE ||
	    !trust_decode(expect->kind, statement, &parts))
		return verdict;
	as.nonce = parts.claims.has_nonce ? parts.claims.nonce : NULL;
	return __real_trust_verify(env, statement, &as, out);
}

WRAP(void, eng_rights_cut, struct rec_peer *have, const struct rec_peer *other)
{
	if (planted != FAULT_GENEROUS)
		__real_eng_rights_cut(have, other);
}

WRAP(void, eng_job_allowed_done, struct trec_session *s)
{
	if (planted == FAULT_UNASKED)
		s->policy->mode = TREC_INTRODUCTIONS_AUTO;
	__real_eng_job_allowed_done(s);
}

WRAP(trec_err, eng_notice_take, const struct trec_env *env, struct trec_store *s,
     struct trec_bytes statement, const struct trec_id *from, struct eng_noticed *out)
{
	static const struct eng_parting how = { .tombstone = true, .by = REC_BY_NOTICE };
	trec_err err = __real_eng_notice_take(env, s, statement, from, out);
	struct rec_peer p;
	bool found = false;

	if (planted != FAULT_MEDDLER || err != TREC_OK || out->effect != TREC_NOTICE_SHOWN)
		return err;
	err = eng_peer_load(env, s, TREC_RECORD_PEER, &out->subject, &p, &found);
	return err == TREC_OK && found ? eng_part(env, s, &out->subject, &p, &how) : err;
}

WRAP(trec_err, eng_succession_take, const struct trec_env *env, struct trec_store *s,
     const struct trec_bytes *links, size_t count, const struct trec_id *proven,
     struct eng_succeeded *out)
{
	succeeding = true;
	trec_err err = __real_eng_succession_take(env, s, links, count, proven, out);

	succeeding = false;
	return err;
}
