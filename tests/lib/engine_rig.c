/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: see engine_rig.h. */
#include "tests/lib/engine_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef RIG_WITHOUT_CUNIT
static void claim(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "does not hold: %s\n", what);
	abort();
}
#else
#include <CUnit/CUnit.h>

static void claim(bool holds, const char *what)
{
	if (!holds)
		(void)printf("does not hold: %s\n", what);
	CU_ASSERT(holds);
}
#endif

#define ROUNDS_MAX 200000

static void make_identity(struct rig_side *s, trec_key_alg alg, const char *name)
{
	size_t n = 0;

	if (crypto_key_generate(&s->f.env, alg, &s->key) != TREC_OK)
		abort();
	crypto_key_signer(s->key, &s->signer);
	if (crypto_cert_make(&s->f.env, &s->signer, NULL, s->cert, sizeof(s->cert), &n) != TREC_OK)
		abort();
	if (crypto_spki_check(trec_bytes(s->signer.spki, s->signer.spki_len), NULL, &s->own.id) !=
	    TREC_OK)
		abort();
	strcpy(s->own.name, name);
	s->own.cert = trec_bytes(s->cert, n);
	s->own.signer = &s->signer;
}

static void start(struct rig_side *s)
{
	if (trec_window_new(&s->f.env, &s->store->store, &s->window) != TREC_OK)
		abort();
}

struct rig *rig_new(trec_key_alg a, trec_key_alg b, uint64_t seed)
{
	struct rig *r = calloc(1, sizeof(*r));

	if (r == NULL || crypto_init() != TREC_OK)
		abort();
	for (int i = 0; i < 2; i++) {
		struct rig_side *s = &r->side[i];

		fault_env_init(&s->f, seed * 2 + (uint64_t)i + 1);
		s->f.env.scrypt_log_n_max = 10;
		make_identity(s, i == 0 ? a : b, i == 0 ? "lamp" : "phone");
		s->store = mem_store_new(&s->own);
		if (s->store == NULL)
			abort();
		s->store->env = &s->f.env;
		start(s);
	}
	return r;
}

void rig_free(struct rig **r)
{
	rig_end(*r);
	for (int i = 0; i < 2; i++) {
		struct rig_side *s = &(*r)->side[i];

		trec_window_free(&s->window);
		mem_store_free(&s->store);
		crypto_key_free(&s->key);
		claim(fault_env_clean(&s->f), "all memory came back");
	}
	free(*r);
	*r = NULL;
	crypto_done();
}

void rig_become(struct rig_side *s, const struct rig_side *other)
{
	s->signer = other->signer;
	memcpy(s->cert, other->cert, sizeof(s->cert));
	s->own.id = other->own.id;
	s->own.cert = trec_bytes(s->cert, other->own.cert.n);
	s->store->own = s->own;
}

void rig_restart(struct rig_side *s)
{
	trec_pairing_free(&s->p);
	trec_session_free(&s->s);
	trec_window_free(&s->window);
	mem_store_restart(s->store);
	s->in_len = 0;
	s->dead = false;
	start(s);
}

trec_err rig_window(struct rig *r, enum trec_method method, bool multi_use)
{
	static const char *const hints[] = { "tcp://192.0.2.7:7443" };
	struct rig_side *s = &r->side[1];
	struct trec_opening_options o = { .env = &s->f.env,
					  .store = &s->store->store,
					  .method = method,
					  .multi_use = multi_use,
					  .symmetric = r->symmetric[1],
					  .hints = hints,
					  .hint_count = method == TREC_METHOD_CODE ? 1 : 0 };
	struct trec_opening *opening = NULL;
	trec_err err = trec_opening_new(&o, &opening);

	if (err == TREC_OK)
		err = trec_opening_perform(opening);
	if (err == TREC_OK) {
		strcpy(r->code, trec_opening_secret(opening));
		err = trec_window_open(s->window, &opening);
	}
	trec_opening_free(&opening);
	return err;
}

trec_err rig_pair_start(struct rig *r, const char *secret)
{
	struct rig_side *i = &r->side[0];
	struct rig_side *s = &r->side[1];
	struct trec_pairing_options io = { .env = &i->f.env,
					   .store = &i->store->store,
					   .secret = secret,
					   .symmetric = r->symmetric[0],
					   .peer = "tcp://192.0.2.7:7443" };
	struct trec_pairing_options ro = { .env = &s->f.env,
					   .store = &s->store->store,
					   .window = s->window,
					   .peer = "tcp://192.0.2.9:40000" };
	trec_err err;

	io.ask_consent = i->consent != RIG_YES;
	ro.ask_consent = s->consent != RIG_YES;
	err = trec_pairing_new(TREC_PAIRING_INITIATOR, &io, &i->p);
	if (err == TREC_OK)
		err = trec_pairing_new(TREC_PAIRING_RESPONDER, &ro, &s->p);
	return err;
}

static enum trec_next side_next(const struct rig_side *s)
{
	if (s->dead)
		return TREC_NEXT_FAILED;
	if (s->p != NULL)
		return trec_pairing_next(s->p);
	return s->s != NULL ? trec_session_next(s->s) : TREC_NEXT_FAILED;
}

static bool side_ended(const struct rig_side *s)
{
	enum trec_next n = side_next(s);

	return n == TREC_NEXT_DONE || n == TREC_NEXT_FAILED;
}

static void side_job(struct rig_side *s)
{
	s->jobs++;
	if (s->p != NULL) {
		trec_pairing_perform(s->p);
		if (s->store->down) {
			s->dead = true;
			return;
		}
		trec_pairing_resume(s->p);
		return;
	}
	trec_session_perform(s->s);
	if (s->store->down) {
		s->dead = true;
		return;
	}
	trec_session_resume(s->s);
}

static void side_write(struct rig *r, int from)
{
	struct rig_side *s = &r->side[from];
	struct rig_side *to = &r->side[1 - from];
	uint8_t buf[4096];
	size_t cap = r->drain != 0 && r->drain < sizeof(buf) ? r->drain : sizeof(buf);
	size_t n = 0;
	trec_err err;

	err = s->p != NULL ? trec_pairing_drain(s->p, buf, cap, &n)
			   : trec_session_drain(s->s, buf, cap, &n);
	(void)err;
	if (n == 0)
		return;
	s->sent += n;
	s->pieces++;
	r->pieces++;
	if (r->tap != NULL)
		n = r->tap(r, from, buf, n);
	if (r->cut || to->in_len + n > sizeof(to->in))
		return;
	memcpy(to->in + to->in_len, buf, n);
	to->in_len += n;
	if (r->cut_after != 0 && r->pieces >= r->cut_after)
		r->cut = true;
}

static bool side_read(struct rig *r, struct rig_side *s)
{
	size_t n = r->piece != 0 && r->piece < s->in_len ? r->piece : s->in_len;
	size_t used = 0;
	trec_err err;

	if (n == 0)
		return false;
	err = s->p != NULL ? trec_pairing_feed(s->p, trec_bytes(s->in, n), &used)
			   : trec_session_feed(s->s, trec_bytes(s->in, n), &used);
	(void)err;
	memmove(s->in, s->in + used, s->in_len - used);
	s->in_len -= used;
	return used > 0;
}

static void side_consent(struct rig_side *s)
{
	s->was_asked = true;
	claim(trec_pairing_consent(s->p, &s->asked) == TREC_OK, "consent has a question");
	claim(trec_pairing_answer(s->p, s->consent == RIG_YES) == TREC_OK, "it takes an answer");
}

/* One thing that this side can do now; false: nothing. */
bool rig_step(struct rig *r, int i)
{
	struct rig_side *s = &r->side[i];

	switch (side_next(s)) {
	case TREC_NEXT_WRITE:
		side_write(r, i);
		return true;
	case TREC_NEXT_STORE:
	case TREC_NEXT_WORK:
		side_job(s);
		return true;
	case TREC_NEXT_CONSENT:
		if (s->consent != RIG_SILENT) {
			side_consent(s);
			return true;
		}
		s->was_asked = true;
		return side_read(r, s);
	case TREC_NEXT_READ:
	case TREC_NEXT_EVENT:
		return side_read(r, s);
	default:
		return false;
	}
}

bool rig_lost(struct rig *r, int i)
{
	struct rig_side *s = &r->side[i];

	if (side_ended(s) || s->in_len > 0)
		return false;
	if (s->p != NULL)
		trec_pairing_lost(s->p, TREC_E_LOST);
	else
		trec_session_lost(s->s, TREC_E_LOST);
	return true;
}

/* The peer hung up, and nothing from it is under way any more. */
static bool side_hang_up(struct rig *r, int i)
{
	bool gone = side_ended(&r->side[1 - i]) || r->cut;

	return gone && !r->deaf[i] && rig_lost(r, i);
}

static uint64_t side_deadline(const struct rig_side *s)
{
	if (side_ended(s))
		return UINT64_MAX;
	return s->p != NULL ? trec_pairing_deadline_ms(s->p) : trec_session_deadline_ms(s->s);
}

static void side_tick(struct rig_side *s, uint64_t now)
{
	trec_err err = TREC_OK;

	s->f.wall_s += (int64_t)((now - s->f.now_ms) / 1000);
	s->f.now_ms = now;
	trec_window_tick(s->window, now);
	if (s->dead)
		return;
	if (s->p != NULL)
		err = trec_pairing_tick(s->p, now);
	else if (s->s != NULL)
		err = trec_session_tick(s->s, now);
	(void)err;
}

void rig_wait(struct rig *r, uint64_t ms)
{
	for (int i = 0; i < 2; i++)
		side_tick(&r->side[i], r->side[i].f.now_ms + ms);
}

static bool pass_time(struct rig *r)
{
	uint64_t a = side_deadline(&r->side[0]);
	uint64_t b = side_deadline(&r->side[1]);
	uint64_t next = a < b ? a : b;

	if (next == UINT64_MAX)
		return false;
	side_tick(&r->side[0], next > r->side[0].f.now_ms ? next : r->side[0].f.now_ms);
	side_tick(&r->side[1], next > r->side[1].f.now_ms ? next : r->side[1].f.now_ms);
	return true;
}

void rig_settle(struct rig *r)
{
	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		bool a = rig_step(r, 0);
		bool b = rig_step(r, 1);

		if (!a && !b)
			return;
	}
	claim(false, "the rig settles");
}

void rig_run(struct rig *r)
{
	for (unsigned i = 0; i < 1000; i++) {
		rig_settle(r);
		if (side_ended(&r->side[0]) && side_ended(&r->side[1]))
			return;
		if (r->idle != NULL && r->idle(r))
			continue;
		if (side_hang_up(r, 0) || side_hang_up(r, 1))
			continue;
		if (!pass_time(r))
			break;
	}
	claim(false, "the rig ends");
}

void rig_flush(struct rig *r, int side)
{
	enum trec_next n = side_next(&r->side[side]);

	while (n == TREC_NEXT_WRITE || n == TREC_NEXT_STORE || n == TREC_NEXT_WORK) {
		(void)rig_step(r, side);
		n = side_next(&r->side[side]);
	}
}

void rig_end(struct rig *r)
{
	for (int i = 0; i < 2; i++) {
		trec_pairing_free(&r->side[i].p);
		trec_session_free(&r->side[i].s);
		r->side[i].in_len = 0;
		r->side[i].was_asked = false;
		r->side[i].pieces = 0;
		r->side[i].sent = 0;
	}
	r->pieces = 0;
	r->cut = false;
}

trec_err rig_pair(struct rig *r, enum trec_method method, const char *secret)
{
	trec_err err = rig_window(r, method, false);

	if (err == TREC_OK)
		err = rig_pair_start(r, secret != NULL ? secret : r->code);
	if (err != TREC_OK)
		return err;
	rig_run(r);
	return trec_pairing_error(r->side[0].p);
}

void rig_paired(struct rig *r)
{
	claim(rig_pair(r, TREC_METHOD_CODE, NULL) == TREC_OK, "an honest pairing succeeds");
	rig_end(r);
}

static unsigned count(struct rig_side *s, bool any, enum trec_peer_state state)
{
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer p;
	bool found = true;
	unsigned n = 0;

	while (found) {
		if (trec_peer_next(&s->f.env, &s->store->store, &cursor, &p, &found) != TREC_OK)
			return 999;
		n += found && (any || p.state == state);
	}
	return n;
}

unsigned rig_peers(struct rig_side *s, enum trec_peer_state state)
{
	return count(s, false, state);
}

unsigned rig_list(struct rig_side *s)
{
	return count(s, true, TREC_PEER_ACTIVE);
}

trec_err rig_session_start(struct rig *r, const struct trec_session_options *client)
{
	struct rig_side *c = &r->side[r->client];
	struct rig_side *s = &r->side[1 - r->client];
	struct trec_session_options co = { 0 };
	struct trec_session_options so = { .env = &s->f.env, .store = &s->store->store };
	struct trec_peer_cursor cursor = { 0 };
	struct trec_peer first;
	bool found = false;
	trec_err err;

	if (client != NULL)
		co = *client;
	else
		co.peer = &s->own.id;
	if (client == NULL && r->symmetric[0] &&
	    trec_peer_next(&c->f.env, &c->store->store, &cursor, &first, &found) == TREC_OK &&
	    found)
		co.peer = &first.id;
	co.env = &c->f.env;
	co.store = &c->store->store;
	co.introductions = so.introductions = r->policy;
	err = trec_session_new(TREC_SESSION_CLIENT, &co, &c->s);
	return err == TREC_OK ? trec_session_new(TREC_SESSION_SERVER, &so, &s->s) : err;
}

bool rig_heal(struct rig *r)
{
	struct trec_session_event ev;
	bool up;

	rig_end(r);
	if (rig_session_start(r, NULL) != TREC_OK)
		return false;
	for (int i = 0; i < 8; i++) {
		rig_settle(r);
		while (trec_session_event(r->side[0].s, &ev) == TREC_OK)
			;
		while (trec_session_event(r->side[1].s, &ev) == TREC_OK)
			;
	}
	up = trec_session_peer(r->side[0].s) != NULL && trec_session_peer(r->side[1].s) != NULL;
	rig_end(r);
	return up;
}
