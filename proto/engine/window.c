/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the device's one pairing window (trec/window.h): who may begin a run, which
 * run holds the slot, what a wrong attempt costs, when a secret is void.
 */
#include "proto/engine/window.h"
#include "proto/base/base.h"
#include "proto/engine/ledger.h"
#include "proto/engine/opening.h"

#include <string.h>

struct trec_window {
	const struct trec_env *env;
	struct trec_store *store;
	struct eng_secret *secret; /* of the open window; NULL: closed */
	uint64_t serial;           /* of the newest window */
	uint64_t closes_ms;
	enum trec_method method;
	enum trec_window_end end;
	struct trec_id peer;
	uint64_t slot;             /* serial of the window whose run holds the slot; 0: free */
	struct rec_counters random;
	struct rec_counters preset;
	uint64_t wrong_codes;
};

trec_err trec_window_new(const struct trec_env *env, struct trec_store *store,
			 struct trec_window **out)
{
	struct trec_window *w;
	struct rec_moment now;
	trec_err err = crypto_init();

	*out = NULL;
	if (err != TREC_OK)
		return err;
	w = base_alloc(env, sizeof(*w));
	if (w == NULL) {
		crypto_done();
		return TREC_E_NO_MEMORY;
	}
	w->env = env;
	w->random.kind = REC_COUNTER_RANDOM;
	err = eng_counters_load(store, REC_COUNTER_PRESET, NULL, &w->preset);
	if (err != TREC_OK) {
		trec_window_free(&w);
		return err;
	}
	eng_moment(env, &now);
	eng_ladder_thaw(&w->preset, &now);
	*out = w;
	return TREC_OK;
}

static void end_window(struct trec_window *w, enum trec_window_end end)
{
	if (w->secret == NULL)
		return;
	eng_secret_free(&w->secret);
	w->end = end;
}

void trec_window_free(struct trec_window **w)
{
	if (w == NULL || *w == NULL)
		return;
	end_window(*w, TREC_WINDOW_CLOSED);
	base_free((*w)->env, *w, sizeof(**w));
	*w = NULL;
	crypto_done();
}

static uint64_t frozen_ms(const struct trec_window *w)
{
	struct rec_moment now;

	eng_moment(w->env, &now);
	return eng_ladder_frozen(&w->preset, &now);
}

/* The counters of the open window's secret; NULL for a code. */
static struct rec_counters *counters(struct trec_window *w)
{
	if (w->method == TREC_METHOD_CODE)
		return NULL;
	return w->method == TREC_METHOD_PRESET ? &w->preset : &w->random;
}

/* Counters that name another secret count nothing for this one; the freeze stays. */
static void adopt_counters(struct trec_window *w)
{
	const uint8_t *salt = w->secret->record.params.salt;
	struct rec_counters *c = counters(w);

	if (c == NULL || memcmp(c->tag, salt, sizeof(c->tag)) == 0)
		return;
	c->wrong = 0;
	c->step = 0;
	c->dead = false;
	memcpy(c->tag, salt, sizeof(c->tag));
}

trec_err trec_window_open(struct trec_window *w, struct trec_opening **o)
{
	struct eng_secret *secret = (*o)->secret;

	if (!(*o)->ready)
		return TREC_E_STATE;
	if (secret->method != TREC_METHOD_CODE && frozen_ms(w) > 0)
		return TREC_E_LOCKED_OUT;
	end_window(w, TREC_WINDOW_REPLACED);
	w->slot = 0;
	w->serial++;
	w->secret = secret;
	w->method = secret->method;
	w->end = TREC_WINDOW_NONE;
	memset(&w->peer, 0, sizeof(w->peer));
	w->closes_ms = w->env->now_ms(w->env->ctx) + (uint64_t)(*o)->seconds * 1000;
	(*o)->secret = NULL;
	trec_opening_free(o);
	adopt_counters(w);
	return TREC_OK;
}

void trec_window_close(struct trec_window *w)
{
	end_window(w, TREC_WINDOW_CLOSED);
	w->slot = 0;
}

void trec_window_tick(struct trec_window *w, uint64_t now_ms)
{
	struct rec_moment now;

	if (w->secret != NULL && now_ms >= w->closes_ms)
		end_window(w, TREC_WINDOW_EXPIRED);
	eng_moment(w->env, &now);
	eng_ladder_thaw(&w->preset, &now);
}

uint64_t trec_window_deadline_ms(const struct trec_window *w)
{
	uint64_t frozen = frozen_ms(w);
	uint64_t thaw = frozen > 0 ? w->env->now_ms(w->env->ctx) + frozen : UINT64_MAX;

	if (w->secret == NULL)
		return thaw;
	return w->closes_ms < thaw ? w->closes_ms : thaw;
}

void trec_window_status(const struct trec_window *w, struct trec_window_status *out)
{
	uint64_t now = w->env->now_ms(w->env->ctx);
	bool open = w->secret != NULL && now < w->closes_ms;

	memset(out, 0, sizeof(*out));
	out->open = open;
	out->method = w->method;
	out->serial = w->serial;
	out->end = w->secret != NULL && !open ? TREC_WINDOW_EXPIRED : w->end;
	out->peer = w->peer;
	out->closes_in_ms = open ? w->closes_ms - now : 0;
	if (open && w->method == TREC_METHOD_PIN)
		out->attempts_left = eng_ladder_left(&w->random);
	else if (open && w->method == TREC_METHOD_PRESET)
		out->attempts_left = eng_ladder_left(&w->preset);
	out->run_active = w->slot != 0;
	out->preset_wrong = w->preset.wrong;
	out->preset_void = eng_ladder_left(&w->preset) == 0;
	out->frozen_ms = frozen_ms(w);
	out->wrong_codes = w->wrong_codes;
}

trec_err trec_preset_set(const struct trec_env *env, struct trec_store *store,
			 struct trec_window *w, const char *pin)
{
	trec_err err = eng_preset_set(env, store, pin);

	if (err != TREC_OK || w == NULL)
		return err;
	if (w->secret != NULL && w->method == TREC_METHOD_PRESET)
		trec_window_close(w);
	return eng_counters_load(store, REC_COUNTER_PRESET, NULL, &w->preset);
}

trec_err eng_window_ask(struct trec_window *w, enum trec_method method, struct eng_run *run,
			uint32_t *retry_after_s)
{
	uint64_t frozen;

	*retry_after_s = 0;
	memset(run, 0, sizeof(*run));
	trec_window_tick(w, w->env->now_ms(w->env->ctx));
	if (w->secret == NULL)
		return TREC_E_WINDOW_CLOSED;
	/* Who types a PIN need not know whether it was drawn or set. */
	if ((method == TREC_METHOD_CODE) != (w->method == TREC_METHOD_CODE))
		return TREC_E_UNSUPPORTED;
	frozen = w->method == TREC_METHOD_CODE ? 0 : frozen_ms(w);
	if (w->slot != 0) {
		*retry_after_s = 5;
		return TREC_E_BUSY;
	}
	if (frozen > 0) {
		*retry_after_s = (uint32_t)((frozen + 999) / 1000);
		return TREC_E_LOCKED_OUT;
	}
	run->serial = w->serial;
	return TREC_OK;
}

bool eng_window_symmetric(const struct trec_window *w, bool symmetric)
{
	return w->secret != NULL && w->secret->symmetric == symmetric;
}

bool eng_window_alive(const struct trec_window *w, const struct eng_run *run)
{
	if (run->serial == 0 || run->serial != w->serial)
		return false;
	if (run->slot && run->proven && w->end == TREC_WINDOW_EXPIRED)
		return true;
	return w->secret != NULL && (run->proven || w->env->now_ms(w->env->ctx) < w->closes_ms);
}

const struct eng_secret *eng_window_secret(const struct trec_window *w, const struct eng_run *run)
{
	return eng_window_alive(w, run) ? w->secret : NULL;
}

struct pake_verifier *eng_window_verifier(struct trec_window *w, const struct eng_run *run)
{
	struct pake_verifier *v = NULL;

	if (eng_window_alive(w, run) && w->secret != NULL) {
		v = w->secret->ready;
		w->secret->ready = NULL;
	}
	return v;
}

trec_err eng_window_take(struct trec_window *w, struct eng_run *run)
{
	if (!eng_window_alive(w, run))
		return TREC_E_WINDOW_CLOSED;
	if (w->slot != 0)
		return TREC_E_BUSY;
	w->slot = w->serial;
	run->slot = true;
	return TREC_OK;
}

trec_err eng_window_count(struct trec_window *w, struct eng_run *run, struct rec_counters *out)
{
	struct rec_counters *c = counters(w);
	struct rec_moment now;

	eng_moment(w->env, &now);
	if (c == NULL || !run->slot)
		return TREC_E_INTERNAL;
	if (eng_ladder_left(c) == 0 || eng_ladder_frozen(&w->preset, &now) > 0)
		return TREC_E_LOCKED_OUT;
	eng_ladder_begin(c, &now);
	run->counted = true;
	*out = *c;
	return TREC_OK;
}

void eng_window_proven(struct trec_window *w, struct eng_run *run, struct rec_counters *out)
{
	struct rec_counters *c = counters(w);

	run->proven = true;
	if (c == NULL || !run->counted)
		return;
	eng_ladder_refund(c);
	run->counted = false;
	*out = *c;
}

void eng_window_paired(struct trec_window *w, struct eng_run *run, const struct trec_id *peer)
{
	if (run->serial != w->serial)
		return;
	w->peer = *peer;
	if (w->secret == NULL)
		w->end = TREC_WINDOW_PAIRED;
	else if (!w->secret->multi_use)
		end_window(w, TREC_WINDOW_PAIRED);
}

void eng_window_wrong_code(struct trec_window *w)
{
	w->wrong_codes++;
}

void eng_window_leave(struct trec_window *w, struct eng_run *run)
{
	struct rec_counters *c = counters(w);

	if (run->slot && run->serial == w->serial && w->slot == w->serial) {
		w->slot = 0;
		if (run->counted && c != NULL && eng_ladder_left(c) == 0)
			end_window(w, TREC_WINDOW_VOID);
	}
	memset(run, 0, sizeof(*run));
}
