/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: whoever passes trust on signs it. The world listens to every device's key and
 * keeps what was signed to whom about whom, so that it can judge a record by the words that must
 * stand behind it, whatever way they came.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/codec/cbor.h"
#include "proto/trust/statement.h"
#include "tests/sim/sim.h"

static const char context[] = "Signature1";

/* The right and its end, for each that the world knows. */
static const char *const right_name[SIM_RIGHTS] = { "service:lamp", "service:door", "service:*",
						    "introduce" };

void sim_rights_read(const struct rec_peer *p, struct sim_rights *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < p->rights_count; i++)
		for (unsigned k = 0; k < SIM_RIGHTS; k++)
			if (strcmp(p->rights[i].name, right_name[k]) == 0) {
				out->has |= 1u << k;
				out->until_s[k] = p->rights[i].until_s;
			}
}

static bool lasts(const struct sim_rights *r, unsigned k, uint64_t until_s)
{
	return (r->has >> k & 1) != 0 &&
	       (r->until_s[k] == 0 || (until_s != 0 && until_s <= r->until_s[k]));
}

bool sim_rights_within(const struct sim_rights *some, const struct sim_rights *all)
{
	for (unsigned k = 0; k < SIM_RIGHTS; k++)
		if ((some->has >> k & 1) != 0 && !lasts(all, k, some->until_s[k]) &&
		    (k > SIM_ANY_SERVICE || !lasts(all, SIM_ANY_SERVICE, some->until_s[k])))
			return false;
	return true;
}

static void rights_wished(const struct msg_rights *m, struct sim_rights *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < m->count; i++)
		for (unsigned k = 0; k < SIM_RIGHTS; k++)
			if (strcmp(m->name[i], right_name[k]) == 0)
				out->has |= 1u << k;
}

/* Which kind these words are of; false: none that others act on. */
static bool kind_of(struct trec_bytes aad, enum trust_kind *kind)
{
	static const char head[] = "trec/1 ";
	const size_t n = sizeof(head) - 1;

	for (int k = 0; k < TRUST_KIND_COUNT; k++) {
		const char *text = trust_kind_text((enum trust_kind)k);

		*kind = (enum trust_kind)k;
		if (aad.n == n + strlen(text) && memcmp(aad.p, head, n) == 0 &&
		    memcmp(aad.p + n, text, aad.n - n) == 0)
			return true;
	}
	return false;
}

/* The whole statement: its hash as a record keeps it; the last introductions are kept. */
static void keep(struct sim_world *w, struct trec_bytes header, struct trec_bytes payload,
		 const struct trec_signer *signer, struct trec_bytes sig, struct sim_word *word)
{
	struct trust_parts parts = { .payload = payload };
	struct sim_spoken *spoken = &w->spoken[w->spokens % SIM_SPOKEN];
	uint8_t raw[TRUST_SIG_LEN];
	uint8_t *whole = spoken->p;
	size_t n = 0;

	parts.issuer.header = header;
	if (signer->alg == TREC_KEY_P256 && crypto_ecdsa_to_raw(sig, raw) == TREC_OK)
		sig = trec_bytes(raw, sizeof(raw));
	parts.issuer.signature = sig;
	if (!trust_encode(&parts, whole, sizeof(spoken->p), &n) ||
	    crypto_sha256(trec_bytes(whole, n), word->hash) != TREC_OK)
		abort();
	spoken->n = n;
	spoken->by = word->by;
	spoken->aud = word->aud;
	w->spokens += word->kind == TRUST_INTRODUCTION;
}

static void note_claims(struct sim_word *word, const struct trust_claims *c)
{
	word->iss = c->iss;
	word->sub = c->sub;
	word->aud = c->aud;
	word->iat_s = (uint64_t)c->iat;
	word->exp_s = (uint64_t)c->exp;
	word->online = c->has_nonce;
	memcpy(word->nonce, c->nonce, sizeof(word->nonce));
	rights_wished(&c->rights, &word->rights);
}

static void listen(struct sim_device *d, struct trec_bytes message,
		   const struct trec_signer *signer, struct trec_bytes sig)
{
	struct sim_world *w = d->w;
	struct trust_claims c;
	enum trust_kind kind;

	if (message.n < 2 + sizeof(context) || memcmp(message.p + 2, context,
						      sizeof(context) - 1) != 0)
		return;
	struct rd r = rd_from(message);

	(void)rd_array(&r, 4, 4);
	(void)rd_tstr(&r, 1, sizeof(context) - 1);
	struct trec_bytes header = rd_bstr(&r, 1, TRUST_HEADER_LEN);
	struct trec_bytes aad = rd_bstr(&r, 1, 64);
	struct trec_bytes payload = rd_bstr(&r, 1, TRUST_STATEMENT_MAX);

	if (!rd_done(&r) || !kind_of(aad, &kind))
		return;
	if (!trust_decode_claims(kind, payload, &c)) {
		sim_break(w, d->no, "a statement is signed that nobody could read");
		return;
	}
	if (w->words == SIM_WORDS)
		abort();
	struct sim_word *word = &w->word[w->words++];

	memset(word, 0, sizeof(*word));
	word->kind = kind;
	word->by = d->no;
	word->at = w->now;
	word->link = d->cause != NULL ? d->cause->serial : 0;
	note_claims(word, &c);
	keep(w, header, payload, signer, sig, word);
	sim_note(w, d->no, "signs", (int64_t)kind, (int64_t)w->words);
}

static trec_err pen_sign(void *ctx, struct trec_bytes message, uint8_t *sig, size_t cap, size_t *n)
{
	struct sim_pen *pen = ctx;
	trec_err err = pen->inner->sign(pen->inner->ctx, message, sig, cap, n);

	if (err == TREC_OK)
		listen(pen->d, message, pen->inner, trec_bytes(sig, *n));
	return err;
}

static trec_err pen_sign_digest(void *ctx, const uint8_t digest[32], uint8_t *sig, size_t cap,
				size_t *n)
{
	struct sim_pen *pen = ctx;

	return pen->inner->sign_digest(pen->inner->ctx, digest, sig, cap, n);
}

void sim_pen_take(struct sim_device *d, struct sim_pen *pen, const struct trec_signer **signer)
{
	pen->d = d;
	pen->inner = *signer;
	pen->outer = **signer;
	pen->outer.ctx = pen;
	pen->outer.sign = pen_sign;
	if (pen->outer.sign_digest != NULL)
		pen->outer.sign_digest = pen_sign_digest;
	*signer = &pen->outer;
}

const struct sim_spoken *sim_spoken_to(const struct sim_world *w, int by,
				       const struct trec_id *aud, unsigned skip)
{
	for (unsigned i = 0; i < SIM_SPOKEN && i < w->spokens; i++) {
		const struct sim_spoken *s = &w->spoken[(w->spokens - 1 - i) % SIM_SPOKEN];

		if (s->by == by && memcmp(s->aud.b, aud->b, TREC_ID_LEN) == 0 && skip-- == 0)
			return s;
	}
	return NULL;
}

struct sim_word *sim_word_find(struct sim_world *w, const uint8_t hash[MSG_HASH_LEN])
{
	for (unsigned i = 0; i < w->words; i++)
		if (memcmp(w->word[i].hash, hash, MSG_HASH_LEN) == 0)
			return &w->word[i];
	return NULL;
}
