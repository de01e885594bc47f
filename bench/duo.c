/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see duo.h. */
#include "bench/duo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRYPT_LOG_N 10 /* scrypt is left out of what is measured, so it may be quick */

_Noreturn void duo_die(const char *what)
{
	(void)fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

void duo_must(bool ok, const char *what)
{
	if (!ok)
		duo_die(what);
}

/* Serial numbers of the certificates, the same in every run. */
static trec_err steady(void *ctx, uint8_t *out, size_t n)
{
	(void)ctx;
	memset(out, 0x42, n);
	return TREC_OK;
}

static void identity(struct duo *d, int i, trec_key_alg alg)
{
	struct duo_side *s = &d->side[i];
	struct trec_env fixed = d->env;
	uint8_t secret[CRYPTO_KEY_LEN];
	size_t n = 0;

	fixed.random = steady;
	memset(secret, 0x51 + i, sizeof(secret));
	duo_must(crypto_key_import(&d->env, alg, secret, &s->key) == TREC_OK, "a key");
	crypto_key_signer(s->key, &s->signer);
	duo_must(crypto_cert_make(&fixed, &s->signer, NULL, s->cert, sizeof(s->cert), &n) ==
			 TREC_OK,
		 "a certificate");
	duo_must(crypto_spki_check(trec_bytes(s->signer.spki, s->signer.spki_len), NULL,
				   &s->own.id) == TREC_OK,
		 "an id");
	(void)snprintf(s->own.name, sizeof(s->own.name), "%s", i == 0 ? "phone" : "lamp");
	s->own.cert = trec_bytes(s->cert, n);
	s->own.signer = &s->signer;
}

static void begin(struct duo *d, struct duo_side *s)
{
	s->store = mem_store_new(&s->own);
	duo_must(s->store != NULL, "a store");
	duo_must(trec_window_new(&d->env, &s->store->store, &s->window) == TREC_OK, "a window");
}

struct duo *duo_new(trec_key_alg alg)
{
	struct duo *d = calloc(1, sizeof(*d));

	duo_must(d != NULL && crypto_init() == TREC_OK, "wolfSSL starts");
	d->env = *trec_env_default();
	d->env.scrypt_log_n_max = SCRYPT_LOG_N;
	for (int i = 0; i < 2; i++) {
		identity(d, i, alg);
		begin(d, &d->side[i]);
		d->side[i].in = malloc(DUO_WIRE);
		duo_must(d->side[i].in != NULL, "memory");
	}
	return d;
}

static void stop(struct duo_side *s)
{
	trec_window_free(&s->window);
	mem_store_free(&s->store);
}

void duo_free(struct duo **dp)
{
	struct duo *d = *dp;

	duo_end(d);
	for (int i = 0; i < 2; i++) {
		stop(&d->side[i]);
		crypto_key_free(&d->side[i].key);
		free(d->side[i].in);
		free(d->kept[i]);
	}
	free(d);
	*dp = NULL;
	crypto_done();
}

void duo_forget(struct duo *d)
{
	for (int i = 0; i < 2; i++) {
		stop(&d->side[i]);
		begin(d, &d->side[i]);
	}
}

void duo_window(struct duo *d, enum trec_method method, char out[TREC_CODE_TEXT_MAX + 1])
{
	struct duo_side *s = &d->side[1];
	struct trec_opening_options o = { .env = &d->env,
					  .store = &s->store->store,
					  .method = method };
	struct trec_opening *opening = NULL;

	duo_must(trec_opening_new(&o, &opening) == TREC_OK &&
			 trec_opening_perform(opening) == TREC_OK,
		 "an opening");
	(void)snprintf(out, TREC_CODE_TEXT_MAX + 1, "%s", trec_opening_secret(opening));
	duo_must(trec_window_open(s->window, &opening) == TREC_OK, "a window opens");
}

/* ---- bytes ------------------------------------------------------------------------------- */

static void keep(struct duo *d, int from, const uint8_t *p, size_t n)
{
	if (!d->keep)
		return;
	if (d->kept[from] == NULL)
		d->kept[from] = malloc(DUO_WIRE);
	duo_must(d->kept[from] != NULL && d->kept_len[from] + n <= DUO_WIRE, "room to keep");
	memcpy(d->kept[from] + d->kept_len[from], p, n);
	d->kept_len[from] += n;
}

static void account(struct duo *d, int from, size_t n)
{
	if (d->flights == 0 || d->flight[d->flights - 1].from != from) {
		duo_must(d->flights < DUO_FLIGHTS_MAX, "few flights");
		d->flight[d->flights++] = (struct duo_flight){ .from = from };
	}
	d->flight[d->flights - 1].bytes += n;
	d->bytes += n;
}

static bool drain(struct duo *d, int i)
{
	struct duo_side *s = &d->side[i];
	struct duo_side *to = &d->side[1 - i];
	size_t room = DUO_WIRE - to->in_len;
	uint8_t *at = to->in + to->in_len;
	size_t n = 0;
	struct trec_pairing_result result;
	trec_err err;

	/* What it sends once it is finished nobody waits for: pair_done, and the end of TLS. */
	if (i == 0 && s->p != NULL && d->waited == 0 &&
	    trec_pairing_result(s->p, &result) == TREC_OK)
		d->waited = d->flights;
	err = s->p != NULL ? trec_pairing_drain(s->p, at, room, &n)
			   : trec_session_drain(s->s, at, room, &n);
	if (err != TREC_OK || n == 0)
		return false;
	keep(d, i, at, n);
	account(d, i, n);
	to->in_len += n;
	return true;
}

static bool feed(struct duo_side *s)
{
	struct trec_bytes in = trec_bytes(s->in, s->in_len);
	size_t used = 0;
	trec_err err;

	if (in.n == 0)
		return false;
	err = s->p != NULL ? trec_pairing_feed(s->p, in, &used)
			   : trec_session_feed(s->s, in, &used);
	(void)err;
	memmove(s->in, s->in + used, s->in_len - used);
	s->in_len -= used;
	return used > 0;
}

static bool job(struct duo_side *s)
{
	if (s->p != NULL) {
		trec_pairing_perform(s->p);
		trec_pairing_resume(s->p);
	} else {
		trec_session_perform(s->s);
		trec_session_resume(s->s);
	}
	return true;
}

static bool event(struct duo_side *s)
{
	struct trec_session_event ev;

	if (s->p != NULL || trec_session_event(s->s, &ev) != TREC_OK)
		return false;
	s->up = s->up || ev.kind == TREC_SESSION_UP;
	s->opened = s->opened || ev.kind == TREC_SESSION_OPENED;
	if (ev.kind == TREC_SESSION_OPEN) {
		duo_must(trec_session_accept(s->s) == TREC_OK, "a service is accepted");
		s->opened = true;
	}
	return true;
}

bool duo_step(struct duo *d, int i)
{
	struct duo_side *s = &d->side[i];

	if (s->p == NULL && s->s == NULL)
		return false;
	switch (s->p != NULL ? trec_pairing_next(s->p) : trec_session_next(s->s)) {
	case TREC_NEXT_WRITE:
		return feed(s) || drain(d, i);
	case TREC_NEXT_STORE:
	case TREC_NEXT_WORK:
		return job(s);
	case TREC_NEXT_CONSENT:
		return trec_pairing_answer(s->p, true) == TREC_OK;
	case TREC_NEXT_EVENT:
		return event(s) || feed(s);
	case TREC_NEXT_READ:
		return feed(s);
	default:
		return false;
	}
}

void duo_settle(struct duo *d)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (int i = 0; i < 2; i++)
			while (duo_step(d, i))
				moved = true;
	}
}

void duo_count(struct duo *d)
{
	d->flights = 0;
	d->waited = 0;
	d->bytes = 0;
	d->kept_len[0] = 0;
	d->kept_len[1] = 0;
}

/* ---- runs -------------------------------------------------------------------------------- */

void duo_end(struct duo *d)
{
	for (int i = 0; i < 2; i++) {
		struct duo_side *s = &d->side[i];

		trec_pairing_free(&s->p);
		trec_session_free(&s->s);
		s->in_len = 0;
		s->up = false;
		s->opened = false;
	}
}

void duo_pair(struct duo *d, const char *secret)
{
	struct duo_side *i = &d->side[0];
	struct duo_side *r = &d->side[1];
	struct trec_pairing_options io = { .env = &d->env,
					   .store = &i->store->store,
					   .secret = secret };
	struct trec_pairing_options ro = { .env = &d->env,
					   .store = &r->store->store,
					   .window = r->window };

	duo_count(d);
	duo_must(trec_pairing_new(TREC_PAIRING_INITIATOR, &io, &i->p) == TREC_OK &&
			 trec_pairing_new(TREC_PAIRING_RESPONDER, &ro, &r->p) == TREC_OK,
		 "pairings");
	duo_settle(d);
	if (trec_pairing_next(i->p) != TREC_NEXT_DONE || trec_pairing_next(r->p) != TREC_NEXT_DONE)
		duo_die("a pairing did not end well");
	duo_end(d);
}

void duo_session(struct duo *d)
{
	struct duo_side *c = &d->side[0];
	struct duo_side *s = &d->side[1];
	struct trec_session_options co = { .env = &d->env,
					   .store = &c->store->store,
					   .peer = &s->own.id };
	struct trec_session_options so = { .env = &d->env, .store = &s->store->store };

	duo_count(d);
	duo_must(trec_session_new(TREC_SESSION_CLIENT, &co, &c->s) == TREC_OK &&
			 trec_session_new(TREC_SESSION_SERVER, &so, &s->s) == TREC_OK,
		 "sessions");
	duo_settle(d);
	duo_must(c->up && s->up, "a session comes up");
}

void duo_paired(struct duo *d)
{
	char code[TREC_CODE_TEXT_MAX + 1];

	duo_window(d, TREC_METHOD_CODE, code);
	duo_pair(d, code);
}
