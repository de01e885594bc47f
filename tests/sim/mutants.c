/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a simulator that never fails shows nothing. Here are faults that a product
 * could have; the linker puts each in front of the function it spoils (--wrap), and by name one
 * is switched on. tests/sim/check-mutants demands that each is noticed.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/engine/ledger.h"
#include "proto/engine/parting.h"
#include "proto/engine/pairing.h"
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
	X(RETURN, "return")               /* pair_done activates what was parted from */

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

/* As if a half pairing were as young as on its first day. */
static trec_err load_old_half(struct trec_store *s, const struct trec_id *id, struct rec_peer *out,
			      bool *found)
{
	uint8_t buf[REC_PEER_MAX];
	size_t n = 0;
	trec_err err = s->ops->get(s, TREC_RECORD_UNCONFIRMED, id->b, buf, sizeof(buf), &n, found);

	return err == TREC_OK && *found ? rec_peer_decode(trec_bytes(buf, n), out) : err;
}

WRAP(trec_err, eng_peer_load, const struct trec_env *env, struct trec_store *s, trec_record type,
     const struct trec_id *id, struct rec_peer *out, bool *found)
{
	trec_err err = __real_eng_peer_load(env, s, type, id, out, found);

	if (planted == FAULT_HALF_FOREVER && err == TREC_OK && !*found &&
	    type == TREC_RECORD_UNCONFIRMED)
		return load_old_half(s, id, out, found);
	return err;
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

WRAP(trec_err, eng_peer_store, struct trec_store *s, trec_record type, const struct trec_id *id,
     const struct rec_peer *p)
{
	if (planted == FAULT_UNSHAKEN && p->state == REC_STATE_DISSOLVED_BY_PEER)
		return TREC_OK;
	return __real_eng_peer_store(s, type, id, p);
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

	*found = *found && planted != FAULT_STONE_BLIND;
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
