/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the making of a window's secret (trec/window.h): drawing a PIN or a code,
 * and the preset PIN, of which only the verifier is ever stored.
 */
#include "proto/engine/opening.h"
#include "proto/base/base.h"
#include "proto/engine/ledger.h"

#include <string.h>

static const uint8_t preset_id[TREC_ID_LEN];

trec_err trec_pin_check(const char *text)
{
	return pake_pin_ok(trec_bytes(text, strlen(text))) ? TREC_OK : TREC_E_BAD_PIN;
}

trec_err trec_code_check(const char *text, struct trec_code_info *out)
{
	struct code *c = base_secret_alloc(sizeof(*c));
	trec_err err;

	memset(out, 0, sizeof(*out));
	if (c == NULL)
		return TREC_E_NO_MEMORY;
	err = code_decode(text, strlen(text), c);
	if (err == TREC_OK) {
		out->multi_use = c->multi_use;
		out->expires_s = (int64_t)c->expires_s;
		out->hint_count = c->hints.count;
		memcpy(out->hints, c->hints.uri, sizeof(out->hints));
	}
	base_secret_free(c, sizeof(*c));
	return err;
}

static void record_to_rec(const struct pake_record *r, struct rec_preset *out)
{
	memset(out, 0, sizeof(*out));
	out->kdf.log_n = (uint8_t)r->params.scrypt.log_n;
	out->kdf.r = (uint8_t)r->params.scrypt.r;
	out->kdf.p = (uint8_t)r->params.scrypt.p;
	memcpy(out->kdf.salt, r->params.salt, sizeof(out->kdf.salt));
	memcpy(out->w0, r->w0, sizeof(out->w0));
	memcpy(out->l, r->l, sizeof(out->l));
	memcpy(out->w0m, r->w0m, sizeof(out->w0m));
	memcpy(out->w0n, r->w0n, sizeof(out->w0n));
}

static void rec_to_record(const struct rec_preset *p, struct pake_record *out)
{
	memset(out, 0, sizeof(*out));
	out->params.scrypt.log_n = p->kdf.log_n;
	out->params.scrypt.r = p->kdf.r;
	out->params.scrypt.p = p->kdf.p;
	memcpy(out->params.salt, p->kdf.salt, sizeof(out->params.salt));
	memcpy(out->w0, p->w0, sizeof(out->w0));
	memcpy(out->l, p->l, sizeof(out->l));
	memcpy(out->w0m, p->w0m, sizeof(out->w0m));
	memcpy(out->w0n, p->w0n, sizeof(out->w0n));
}

/* What the preset's record passes through; in the arena. */
struct preset_work {
	struct pake_record record;
	struct rec_preset rec;
	uint8_t bytes[REC_SMALL_MAX];
};

static trec_err preset_load(const struct trec_env *env, struct trec_store *s,
			    struct pake_record *out)
{
	struct preset_work *k = base_secret_alloc(sizeof(*k));
	bool found = false;
	size_t n = 0;
	trec_err err;

	if (k == NULL)
		return TREC_E_NO_MEMORY;
	err = s->ops->get(s, TREC_RECORD_PRESET, preset_id, k->bytes, sizeof(k->bytes), &n,
			  &found);
	if (err == TREC_OK && !found)
		err = TREC_E_STATE;
	if (err == TREC_OK)
		err = rec_preset_decode(trec_bytes(k->bytes, n), &k->rec);
	if (err == TREC_OK) {
		rec_to_record(&k->rec, out);
		err = pake_record_check(env, out);
	}
	base_secret_free(k, sizeof(*k));
	return err == TREC_E_MALFORMED ? TREC_E_STORE_CORRUPT : err;
}

/* A preset PIN can be opened while it has attempts left; a freeze that is over is forgotten. */
static trec_err preset_usable(const struct trec_env *env, struct trec_store *s,
			      const struct pake_record *record)
{
	struct rec_counters c;
	struct rec_moment now;
	trec_err err = eng_counters_load(s, REC_COUNTER_PRESET, NULL, &c);
	bool frozen = c.frozen_at.set;

	if (err != TREC_OK)
		return err;
	if (memcmp(c.tag, record->params.salt, sizeof(c.tag)) == 0 && eng_ladder_left(&c) == 0)
		return TREC_E_STATE;
	if (!frozen)
		return TREC_OK;
	eng_moment(env, &now);
	eng_ladder_thaw(&c, &now);
	return c.frozen_at.set ? TREC_OK : eng_counters_store(s, NULL, &c);
}

static trec_err new_code(struct trec_opening *o, const struct trec_opening_options *options)
{
	struct eng_secret *s = o->secret;
	struct code *c = base_secret_alloc(sizeof(*c));
	uint64_t wall = eng_wall_s(options->env);
	struct trec_own own;
	size_t n = 0;
	trec_err err;

	if (c == NULL)
		return TREC_E_NO_MEMORY;
	c->secret_len = PAKE_CODE_SECRET_MIN;
	c->multi_use = options->multi_use;
	c->expires_s = wall != 0 ? wall + o->seconds : 0;
	err = crypto_random(options->env, c->secret, c->secret_len);
	for (size_t i = 0; i < options->hint_count && err == TREC_OK; i++)
		err = msg_hints_add(&c->hints, options->hints[i]) ? TREC_OK : TREC_E_USAGE;
	if (err == TREC_OK)
		err = options->store->ops->own(options->store, &own);
	if (err == TREC_OK)
		err = pake_code_commitment(trec_bytes(c->secret, c->secret_len), &own.id,
					   c->commitment);
	if (err == TREC_OK)
		err = code_encode(c, o->text, sizeof(o->text), &n);
	memcpy(s->code, c->secret, c->secret_len);
	s->code_len = c->secret_len;
	s->multi_use = c->multi_use;
	o->ready = true;
	base_secret_free(c, sizeof(*c));
	return err;
}

static trec_err fill(struct trec_opening *o, const struct trec_opening_options *options)
{
	trec_err err;

	switch (options->method) {
	case TREC_METHOD_PIN:
		return crypto_pin_draw(options->env,
				       options->digits == 0 ? TREC_PIN_MIN : options->digits,
				       o->text);
	case TREC_METHOD_PRESET:
		o->ready = true;
		err = preset_load(options->env, options->store, &o->secret->record);
		return err == TREC_OK ? preset_usable(options->env, options->store,
						      &o->secret->record)
				      : err;
	case TREC_METHOD_CODE:
		return new_code(o, options);
	}
	return TREC_E_USAGE;
}

trec_err trec_opening_new(const struct trec_opening_options *options, struct trec_opening **out)
{
	struct trec_opening *o;
	trec_err err;

	*out = NULL;
	if (options->env == NULL || options->store == NULL ||
	    options->seconds > TREC_WINDOW_SECONDS || options->hint_count > TREC_HINTS_MAX ||
	    (options->digits != 0 &&
	     (options->digits < TREC_PIN_MIN || options->digits > TREC_PIN_MAX)))
		return TREC_E_USAGE;
	err = crypto_init();
	if (err != TREC_OK)
		return err;
	o = base_secret_alloc(sizeof(*o));
	if (o == NULL) {
		crypto_done();
		return TREC_E_NO_MEMORY;
	}
	o->env = options->env;
	o->seconds = options->seconds == 0 ? TREC_WINDOW_SECONDS : options->seconds;
	o->secret = base_secret_alloc(sizeof(*o->secret));
	if (o->secret != NULL) {
		o->secret->method = options->method;
		o->secret->symmetric = options->symmetric;
		err = fill(o, options);
	} else {
		err = TREC_E_NO_MEMORY;
	}
	if (err != TREC_OK)
		trec_opening_free(&o);
	*out = o;
	return err;
}

/* Two of the three multiplications of the first run, done before anybody connects. */
static trec_err prepare(struct trec_opening *o)
{
	struct eng_secret *s = o->secret;
	trec_err err = pake_verifier_new(o->env, &s->ready);

	if (err == TREC_OK)
		err = pake_verifier_prepare(s->ready, &s->record);
	if (err != TREC_OK)
		pake_verifier_free(&s->ready);
	return err;
}

trec_err trec_opening_perform(struct trec_opening *o)
{
	trec_err err = TREC_OK;

	if (!o->ready) {
		err = pake_record_make(o->env, trec_bytes(o->text, strlen(o->text)), NULL,
				       &o->secret->record);
		o->ready = err == TREC_OK;
	}
	if (err == TREC_OK && o->secret->method != TREC_METHOD_CODE && o->secret->ready == NULL)
		err = prepare(o);
	return err;
}

const char *trec_opening_secret(const struct trec_opening *o)
{
	return o->text;
}

void eng_secret_free(struct eng_secret **s)
{
	if (*s == NULL)
		return;
	pake_verifier_free(&(*s)->ready);
	base_secret_free(*s, sizeof(**s));
	*s = NULL;
}

void trec_opening_free(struct trec_opening **o)
{
	if (o == NULL || *o == NULL)
		return;
	eng_secret_free(&(*o)->secret);
	base_secret_free(*o, sizeof(**o));
	*o = NULL;
	crypto_done();
}

/* The verifier and a fresh counter in one commit; a freeze under way goes on. */
static trec_err preset_commit(const struct trec_env *env, struct trec_store *s,
			      struct preset_work *k)
{
	struct trec_change changes[2] = { { .type = TREC_RECORD_PRESET },
					  { .type = TREC_RECORD_COUNTERS } };
	uint8_t counters[REC_SMALL_MAX];
	struct rec_counters old;
	size_t n = 0;
	trec_err err = eng_counters_load(s, REC_COUNTER_PRESET, NULL, &old);
	struct rec_counters c = { .kind = REC_COUNTER_PRESET,
				  .frozen_at = old.frozen_at,
				  .frozen_ms = old.frozen_ms };

	if (err != TREC_OK)
		return err;
	memcpy(c.tag, k->record.params.salt, sizeof(c.tag));
	record_to_rec(&k->record, &k->rec);
	k->rec.since_s = eng_wall_s(env);
	err = rec_preset_encode(&k->rec, k->bytes, sizeof(k->bytes), &n);
	changes[0].data = trec_bytes(k->bytes, n);
	if (err == TREC_OK)
		err = rec_counters_encode(&c, counters, sizeof(counters), &n);
	if (err != TREC_OK)
		return err;
	rec_counters_id(REC_COUNTER_PRESET, NULL, changes[1].id);
	changes[1].data = trec_bytes(counters, n);
	return s->ops->commit(s, changes, 2);
}

trec_err eng_preset_set(const struct trec_env *env, struct trec_store *s, const char *pin)
{
	struct preset_work *k;
	trec_err err = trec_pin_check(pin);

	if (err == TREC_OK)
		err = crypto_init();
	if (err != TREC_OK)
		return err;
	k = base_secret_alloc(sizeof(*k));
	err = k == NULL ? TREC_E_NO_MEMORY
			: pake_record_make(env, trec_bytes(pin, strlen(pin)), NULL, &k->record);
	if (err == TREC_OK)
		err = preset_commit(env, s, k);
	base_secret_free(k, sizeof(*k));
	crypto_done();
	return err;
}

trec_err trec_preset_is_set(struct trec_store *store, bool *out)
{
	struct preset_work *k = base_secret_alloc(sizeof(*k));
	size_t n = 0;
	trec_err err;

	*out = false;
	if (k == NULL)
		return TREC_E_NO_MEMORY;
	err = store->ops->get(store, TREC_RECORD_PRESET, preset_id, k->bytes, sizeof(k->bytes),
			      &n, out);
	base_secret_free(k, sizeof(*k));
	return err;
}
