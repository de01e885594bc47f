/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: beginning and end of a pairing object, and what can be asked of it. */
#include "proto/base/base.h"
#include "proto/engine/pairing.h"
#include "proto/engine/rotate.h"

#include <string.h>

_Static_assert((int)TREC_METHOD_PIN == (int)MSG_METHOD_PIN &&
	       (int)TREC_METHOD_PRESET == (int)MSG_METHOD_PRESET &&
	       (int)TREC_METHOD_CODE == (int)MSG_METHOD_CODE &&
	       (int)TREC_METHOD_CODE == (int)PAKE_CODE, "methods have one numbering");

static trec_err take_code(struct pair_code *out, const char *text, size_t n)
{
	struct code *c = base_secret_alloc(sizeof(*c));
	trec_err err;

	if (c == NULL)
		return TREC_E_NO_MEMORY;
	err = code_decode(text, n, c);
	memcpy(out->secret, c->secret, sizeof(out->secret));
	out->secret_len = c->secret_len;
	memcpy(out->commitment, c->commitment, sizeof(out->commitment));
	out->expires_s = c->expires_s;
	out->multi_use = c->multi_use;
	base_secret_free(c, sizeof(*c));
	return err;
}

trec_err eng_pair_take_secret(struct trec_pairing *p, const char *text)
{
	size_t n = strlen(text);

	if (p->secret == NULL)
		return TREC_E_STATE;
	if (pake_pin_ok(trec_bytes(text, n))) {
		memcpy(p->secret->pin, text, n + 1);
		p->method = TREC_METHOD_PIN;
		return TREC_OK;
	}
	/* What begins like a PIN is reported as one. */
	if (n == 0 || (text[0] >= '0' && text[0] <= '9'))
		return TREC_E_BAD_PIN;
	p->method = TREC_METHOD_CODE;
	return take_code(&p->secret->code, text, n);
}

static trec_err make_offer(struct trec_pairing *p, const struct trec_pairing_options *o)
{
	struct msg_pair_offer m = { 0 };
	size_t kind_len = o->kind != NULL ? strlen(o->kind) : 0;

	if (!msg_kind_ok(trec_bytes(o->kind, kind_len)))
		return TREC_E_USAGE;
	memcpy(m.name, p->own.name, sizeof(m.name));
	if (kind_len > 0)
		memcpy(m.kind, o->kind, kind_len);
	if (o->rights == NULL && !msg_rights_add(&m.rights, MSG_RIGHT_ANY_SERVICE))
		return TREC_E_INTERNAL;
	for (size_t i = 0; o->rights != NULL && i < o->right_count; i++) {
		/* Who may introduce is decided later and by hand. */
		if (strcmp(o->rights[i], MSG_RIGHT_INTRODUCE) == 0 ||
		    !msg_rights_add(&m.rights, o->rights[i]))
			return TREC_E_USAGE;
	}
	for (size_t i = 0; i < o->hint_count; i++) {
		if (!msg_hints_add(&m.hints, o->hints[i]))
			return TREC_E_USAGE;
	}
	p->rights = m.rights;
	return msg_pair_offer_encode(&m, p->offer[p->role], sizeof(p->offer[p->role]),
				     &p->offer_len[p->role]);
}

static trec_err setup(struct trec_pairing *p, const struct trec_pairing_options *o)
{
	trec_err err = p->store->ops->own(p->store, &p->own);

	if (err == TREC_OK)
		err = trec_rotation_sequence(p->env, p->store, &p->sequence);
	if (err == TREC_OK)
		err = make_offer(p, o);
	if (err != TREC_OK)
		return err;
	p->secret = base_secret_alloc(sizeof(*p->secret));
	if (p->secret == NULL)
		return TREC_E_NO_MEMORY;
	p->deadline_ms = UINT64_MAX;
	p->auth_deadline_ms = UINT64_MAX;
	if (p->role == TREC_PAIRING_RESPONDER) {
		p->state = PAIR_R_REQUEST;
		p->deadline_ms = p->env->now_ms(p->env->ctx) + PAIR_STEP_MS;
		p->auth_deadline_ms = p->deadline_ms;
		return TREC_OK;
	}
	p->state = PAIR_I_SECRET;
	if (o->secret != NULL)
		return trec_pairing_secret(p, o->secret);
	/* People take a while to type. A PIN is likely, and a code wastes no more than this. */
	return pake_prover_new(p->env, &p->prover);
}

trec_err trec_pairing_new(enum trec_pairing_role role, const struct trec_pairing_options *o,
			  struct trec_pairing **out)
{
	struct trec_pairing *p;
	trec_err err;

	*out = NULL;
	if (o->env == NULL || o->store == NULL || o->hint_count > TREC_HINTS_MAX ||
	    (role == TREC_PAIRING_RESPONDER) != (o->window != NULL) ||
	    (o->peer != NULL && strlen(o->peer) > MSG_HINT_MAX))
		return TREC_E_USAGE;
	err = crypto_init();
	if (err != TREC_OK)
		return err;
	p = base_alloc(o->env, sizeof(*p));
	if (p == NULL) {
		crypto_done();
		return TREC_E_NO_MEMORY;
	}
	p->env = o->env;
	p->store = o->store;
	p->window = o->window;
	p->role = role;
	p->secret_is_new = o->secret_is_new;
	p->ask_consent = o->ask_consent;
	p->symmetric = o->symmetric;
	p->from_nfc = o->origin == TREC_ORIGIN_NFC;
	if (o->peer != NULL)
		memcpy(p->uri, o->peer, strlen(o->peer));
	err = setup(p, o);
	if (err != TREC_OK)
		trec_pairing_free(&p);
	*out = p;
	return err;
}

void trec_pairing_free(struct trec_pairing **p)
{
	if (p == NULL || *p == NULL)
		return;
	eng_pair_cancel(*p);
	base_free((*p)->env, *p, sizeof(**p));
	*p = NULL;
	crypto_done();
}

trec_err trec_pairing_consent(const struct trec_pairing *p, struct trec_consent *out)
{
	memset(out, 0, sizeof(*out));
	if (eng_pair_state[p->state].wait != TREC_NEXT_CONSENT)
		return TREC_E_STATE;
	out->peer = p->peer_id;
	memcpy(out->name, p->peer_offer.name, sizeof(out->name));
	memcpy(out->kind, p->peer_offer.kind, sizeof(out->kind));
	memcpy(out->digits, p->digits, sizeof(out->digits));
	out->method = p->method;
	out->right_count = p->peer_offer.rights.count;
	for (size_t i = 0; i < out->right_count; i++)
		memcpy(out->rights[i].name, p->peer_offer.rights.name[i],
		       sizeof(out->rights[i].name));
	out->deadline_ms = p->deadline_ms;
	return TREC_OK;
}

bool trec_pairing_authenticated(const struct trec_pairing *p)
{
	return p->authenticated;
}

trec_err trec_pairing_result(const struct trec_pairing *p, struct trec_pairing_result *out)
{
	memset(out, 0, sizeof(*out));
	if (p->state != PAIR_DONE)
		return TREC_E_STATE;
	out->peer = p->peer_id;
	memcpy(out->name, p->peer_offer.name, sizeof(out->name));
	if (p->from_nfc)
		out->origin = TREC_ORIGIN_NFC;
	else
		out->origin = p->method == TREC_METHOD_CODE ? TREC_ORIGIN_CODE : TREC_ORIGIN_PIN;
	out->replaced = p->replaced;
	return TREC_OK;
}

trec_err trec_pairing_error(const struct trec_pairing *p)
{
	return p->error;
}

const char *trec_pairing_detail(const struct trec_pairing *p)
{
	return p->detail;
}

uint32_t trec_pairing_retry_after_s(const struct trec_pairing *p)
{
	return p->retry_after_s;
}
