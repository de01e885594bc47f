/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: introductions as their introducer makes them, and carried as text. */
#include "proto/base/base.h"
#include "proto/codec/bundle.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"

#include <string.h>

_Static_assert(TREC_INTRODUCTION_TEXT_MAX == BUNDLE_TEXT_MAX, "public bounds are the codec's");

/* Whatever the subject is to be allowed, up to what this introducer may itself. */
static const struct msg_rights all_services = { .count = 1, .name = { MSG_RIGHT_ANY_SERVICE } };

/*
 * Addresses as they mean something elsewhere: by which adapter of this device a peer is reached
 * (rfcomm://...?adapter=hci1) concerns nobody else.
 */
static struct msg_hints hints_for_others(const struct msg_hints *own, size_t max)
{
	struct msg_hints out = { 0 };
	char uri[sizeof(own->uri[0])];

	for (size_t i = 0; i < own->count && out.count < max; i++) {
		memcpy(uri, own->uri[i], sizeof(uri));
		if (strncmp(uri, "rfcomm:", 7) == 0)
			uri[strcspn(uri, "?")] = '\0';
		(void)msg_hints_add(&out, uri); /* one that is there already is not added */
	}
	return out;
}

static trec_err sign(const struct trec_env *env, struct trec_store *s, const struct trec_id *aud,
		     const struct rec_peer *sub, const uint8_t *nonce, size_t hints_max,
		     uint8_t *out, size_t cap, size_t *n)
{
	struct msg_hints hints = hints_for_others(&sub->hints, hints_max);
	struct trust_introduction what = { .aud = *aud, .name = sub->name, .kind = sub->kind,
					   .rights = &all_services, .hints = &hints,
					   .nonce = nonce };
	struct trec_own own;
	trec_err err = s->ops->own(s, &own);

	if (err != TREC_OK)
		return err;
	what.cert = trec_bytes(sub->cert, sub->cert_len);
	return trust_make_introduction(env, own.signer, &what, out, cap, n, NULL);
}

trec_err eng_intro_make(const struct trec_env *env, struct trec_store *s,
			const struct trec_id *aud, const struct trec_id *sub, const uint8_t *nonce,
			size_t hints_max, uint8_t *out, size_t cap, size_t *n,
			enum trec_refusal *why)
{
	struct rec_peer p;
	bool found = false;
	trec_err err = trec_introduction_may(env, s, aud, why);

	*n = 0;
	if (err == TREC_OK && *why == TREC_REFUSAL_NONE)
		err = trec_introduction_may(env, s, sub, why);
	if (err == TREC_OK && *why == TREC_REFUSAL_NONE && nonce == NULL && eng_wall_s(env) == 0)
		*why = TREC_REFUSAL_NO_CLOCK;
	if (err != TREC_OK || *why != TREC_REFUSAL_NONE)
		return err;
	err = eng_peer_load(env, s, TREC_RECORD_PEER, sub, &p, &found);
	if (err == TREC_OK)
		err = sign(env, s, aud, &p, nonce, hints_max, out, cap, n);
	trec_wipe(&p, sizeof(p));
	return err;
}

/* Both statements, each with at most so many addresses, as text. */
static trec_err make_text(const struct trec_env *env, struct trec_store *s, const struct trec_id *b,
			  const struct trec_id *c, size_t hints_max, char *out, size_t cap,
			  size_t *n)
{
	uint8_t statement[2][TRUST_STATEMENT_MAX];
	uint8_t buf[BUNDLE_CARRIED_MAX];
	struct bundle bundle = { .kind = BUNDLE_INTRODUCTIONS, .count = 2 };
	enum trec_refusal why = TREC_REFUSAL_NONE;
	size_t len = 0;
	trec_err err = TREC_OK;

	for (size_t i = 0; i < 2 && err == TREC_OK; i++) {
		err = eng_intro_make(env, s, i == 0 ? b : c, i == 0 ? c : b, NULL, hints_max,
				     statement[i], sizeof(statement[i]), &len, &why);
		bundle.item[i] = trec_bytes(statement[i], len);
		if (err == TREC_OK && why != TREC_REFUSAL_NONE)
			err = why == TREC_REFUSAL_SUBJECT_UNKNOWN ? TREC_E_NO_PEER : TREC_E_STATE;
	}
	if (err == TREC_OK && bundle_encode(&bundle, buf, sizeof(buf), &len) != TREC_OK)
		return TREC_E_TOO_LARGE;
	return err != TREC_OK ? err : bundle_to_text(trec_bytes(buf, len), out, cap, n);
}

trec_err trec_introduction_make(const struct trec_env *env, struct trec_store *s,
				const struct trec_id *b, const struct trec_id *c, char *out,
				size_t cap, size_t *n)
{
	size_t hints = MSG_HINTS_MAX;
	trec_err err;

	*n = 0;
	if (memcmp(b->b, c->b, sizeof(b->b)) == 0)
		return TREC_E_USAGE;
	err = crypto_init();
	if (err != TREC_OK)
		return err;
	/* Long addresses give way to the text's bound. */
	err = make_text(env, s, b, c, hints, out, cap, n);
	while (err == TREC_E_TOO_LARGE && hints > 0)
		err = make_text(env, s, b, c, --hints, out, cap, n);
	crypto_done();
	return err;
}

/* Ours, and the one about us that came with it. */
static struct trec_bytes pick(const struct bundle *b, const struct trec_id *me,
			      struct trec_bytes *twin)
{
	struct trec_bytes ours = trec_bytes(NULL, 0);
	struct trec_id sub, aud;

	*twin = trec_bytes(NULL, 0);
	for (size_t i = 0; i < b->count; i++) {
		if (!trust_peek(b->item[i], TRUST_INTRODUCTION, NULL, &sub, &aud))
			continue;
		if (memcmp(aud.b, me->b, sizeof(aud.b)) == 0)
			ours = b->item[i];
		else if (memcmp(sub.b, me->b, sizeof(sub.b)) == 0)
			*twin = b->item[i];
	}
	return ours;
}

static trec_err take_text(const struct trec_env *env, struct trec_store *s, struct trec_bytes text,
			  const struct trec_introduction_policy *policy,
			  struct trec_introduced *out)
{
	struct eng_intro_how how = { .policy = policy, .consented = true };
	uint8_t buf[BUNDLE_CARRIED_MAX];
	struct bundle bundle;
	struct trec_own own;
	size_t n = 0;
	trec_err err = s->ops->own(s, &own);

	if (err == TREC_OK)
		err = bundle_from_text((const char *)text.p, text.n, buf, sizeof(buf), &n);
	if (err == TREC_OK)
		err = bundle_decode(trec_bytes(buf, n), &bundle);
	if (err == TREC_OK && bundle.kind != BUNDLE_INTRODUCTIONS)
		err = TREC_E_MALFORMED;
	if (err != TREC_OK)
		return err == TREC_E_MALFORMED ? TREC_E_BAD_CODE : err;
	struct trec_bytes ours = pick(&bundle, &own.id, &how.twin);

	if (ours.n == 0) {
		out->refusal = TREC_REFUSAL_WRONG_AUDIENCE;
		return TREC_OK;
	}
	return eng_intro_take(env, s, ours, &how, out);
}

trec_err trec_introduction_accept(const struct trec_env *env, struct trec_store *s,
				  struct trec_bytes text,
				  const struct trec_introduction_policy *policy,
				  struct trec_introduced *out)
{
	trec_err err = crypto_init();

	memset(out, 0, sizeof(*out));
	if (err != TREC_OK)
		return err;
	err = take_text(env, s, text, policy, out);
	if (err != TREC_OK)
		out->refusal = TREC_REFUSAL_STORE;
	crypto_done();
	return err;
}
