/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See play.h: the plays themselves, from their beginnings to their ends. */
#include "tests/torture/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/engine/ledger.h"

#define SEED 40
#define IDLE_S 20
#define TEXT_LEN 700

#define PLAY_NAME(id, name) name,
static const char *const names[PLAYS] = { PLAY_LIST(PLAY_NAME) };
#undef PLAY_NAME

static struct mem_store *lists[2][2]; /* paired, healing; by side */
static trec_key_alg key_alg;
static struct trec_id third; /* whom side 0 may introduce */
static struct rec_peer third_record;
static struct stage *current; /* r->idle has no context of its own */

const char *play_name(enum play_id play)
{
	return names[play];
}

bool play_by_name(const char *name, enum play_id *out)
{
	for (unsigned i = 0; i < PLAYS; i++) {
		*out = (enum play_id)i;
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "the stage cannot be set: %s\n", what);
	abort();
}

/* Makes side 1's record of side 0 a half pairing. */
static void halve(struct rig *r)
{
	struct rig_side *s = &r->side[1];
	const struct trec_id *id = &r->side[0].own.id;
	struct rec_peer p;
	bool found = false;

	must(eng_peer_load(&s->f.env, &s->store->store, TREC_RECORD_PEER, id, &p, &found) ==
			     TREC_OK &&
		     found,
	     "a record");
	eng_moment(&s->f.env, &p.made);
	must(eng_peer_forget(&s->f.env, &s->store->store, id) == TREC_OK &&
		     eng_peer_store(&s->store->store, TREC_RECORD_UNCONFIRMED, id, &p) == TREC_OK,
	     "a half record");
}

static void keep_lists(struct rig *r, int which)
{
	for (int i = 0; i < 2; i++) {
		lists[which][i] = mem_store_new(NULL);
		must(lists[which][i] != NULL && mem_store_copy(lists[which][i], r->side[i].store),
		     "memory");
	}
}

/* A device that side 0 was paired with, too. */
static void make_third(struct rig *r)
{
	struct rig *other = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, SEED + 1);
	struct rig_side *s = &r->side[0];
	const struct trec_own *own = &other->side[0].own;
	bool found = false;

	must(eng_peer_load(&s->f.env, &s->store->store, TREC_RECORD_PEER, &r->side[1].own.id,
			   &third_record, &found) == TREC_OK &&
		     found,
	     "a record");
	strcpy(third_record.name, "third");
	memcpy(third_record.cert, own->cert.p, own->cert.n);
	third_record.cert_len = own->cert.n;
	third = own->id;
	rig_free(&other);
}

void play_prepare(trec_key_alg alg)
{
	struct rig *r = rig_new(alg, alg, SEED);

	key_alg = alg;
	rig_paired(r);
	make_third(r);
	keep_lists(r, 0);
	halve(r);
	keep_lists(r, 1);
	rig_free(&r);
}

void play_forget(void)
{
	for (int k = 0; k < 4; k++)
		mem_store_free(&lists[k / 2][k % 2]);
}

enum trust play_trust(struct rig *r, int side)
{
	struct rig_side *s = &r->side[side];
	struct trec_peer p;
	unsigned listed = rig_list(s);

	if (trec_peer_get(&s->f.env, &s->store->store, &third, &p) == TREC_OK) {
		if (p.state != (side == 0 ? TREC_PEER_ACTIVE : TREC_PEER_INTRODUCED))
			return TRUST_ODD;
		listed--;
	}
	if (listed == 0)
		return TRUST_NONE;
	if (trec_peer_get(&s->f.env, &s->store->store, &r->side[1 - side].own.id, &p) != TREC_OK)
		return TRUST_ODD;
	if (listed > 1) /* a half pairing may stand beside an older record, nothing else */
		return rig_peers(s, TREC_PEER_ACTIVE) == 1 &&
				       rig_peers(s, TREC_PEER_UNCONFIRMED) == 1
			       ? TRUST_ACTIVE
			       : TRUST_ODD;
	switch (p.state) {
	case TREC_PEER_ACTIVE:
		return TRUST_ACTIVE;
	case TREC_PEER_UNCONFIRMED:
		return TRUST_HALF;
	case TREC_PEER_DISSOLVED_BY_PEER:
		return TRUST_DISSOLVED;
	default:
		return TRUST_ODD;
	}
}

void play_open(struct stage *s, enum play_id play, uint64_t salt)
{
	memset(s, 0, sizeof(*s));
	s->play = play;
	s->r = rig_new(key_alg, key_alg, SEED);
	for (int i = 0; i < 2; i++) {
		struct rig_side *side = &s->r->side[i];

		side->f.seed += 1 + salt * 0x10001;
		if (play != PLAY_PIN && play != PLAY_CODE)
			must(mem_store_copy(side->store, lists[play == PLAY_HEAL][i]), "memory");
	}
	if (play == PLAY_INTRODUCE) {
		struct rig_side *v = &s->r->side[1];

		must(eng_peer_store(&s->r->side[0].store->store, TREC_RECORD_PEER, &third,
				    &third_record) == TREC_OK &&
			     trec_peer_allow(&v->f.env, &v->store->store, &s->r->side[0].own.id,
					     "introduce", 0) == TREC_OK,
		     "an introducer");
	}
	for (int i = 0; i < 2; i++)
		s->base[i] = play_trust(s->r, i);
}

/* ---- what is seen ------------------------------------------------------------------------ */

static uint8_t text_at(int from, size_t at)
{
	return (uint8_t)(at * 31 + (size_t)from * 7 + 1);
}

static void saw_event(struct stage *s, int side, const struct trec_session_event *ev)
{
	static const int facts[] = {
		[TREC_SESSION_UP] = FACT_UP,
		[TREC_SESSION_OPEN] = FACT_ASKED,
		[TREC_SESSION_OPENED] = FACT_OPENED,
		[TREC_SESSION_OPEN_FAILED] = -1,
		[TREC_SESSION_DATA] = -1,
		[TREC_SESSION_EOF] = FACT_EOF,
		[TREC_SESSION_DRAINED] = -1,
		[TREC_SESSION_PONG] = FACT_PONG,
		[TREC_SESSION_ACTIVATED] = -1,
		[TREC_SESSION_REVOKED] = FACT_REVOKED,
		[TREC_SESSION_CLOSED] = FACT_CLOSED,
		[TREC_SESSION_CONSENTED] = FACT_CONSENTED,
		[TREC_SESSION_INTRODUCED] = FACT_INTRODUCED,
		[TREC_SESSION_RECEIVED] = -1,
	};

	if (ev->kind == TREC_SESSION_INTRODUCED && !ev->accepted)
		return; /* it gave up by itself, or was refused */
	must((size_t)ev->kind < sizeof(facts) / sizeof(facts[0]), "an event of a play");
	if (facts[ev->kind] >= 0)
		s->facts[side] |= 1u << facts[ev->kind];
}

/* Takes what a session has to say; whether it had something. */
static bool hear(struct stage *s, int side)
{
	bool any = false;

	struct trec_session *ses = s->r->side[side].s;
	struct trec_session_event ev;
	uint8_t got[256];
	bool eof = false;
	size_t n = 0;

	for (; trec_session_event(ses, &ev) == TREC_OK; any = true)
		saw_event(s, side, &ev);
	while (trec_session_read(ses, got, sizeof(got), &n, &eof) == TREC_OK && n > 0)
		for (size_t i = 0; i < n; i++)
			s->garbled |= s->heard[side] >= TEXT_LEN ||
				      got[i] != text_at(1 - side, s->heard[side]++);
	if (s->heard[side] > 0)
		s->facts[side] |= 1u << FACT_DATA;
	if (s->heard[side] == TEXT_LEN)
		s->facts[side] |= 1u << FACT_ALL_DATA;
	if (trec_session_told(ses))
		s->facts[side] |= 1u << FACT_TOLD;
	return any;
}

static bool observe(struct stage *s)
{
	bool any = false;

	static const int facts[] = { [TRUST_NONE] = FACT_GONE,
				     [TRUST_HALF] = FACT_HALF,
				     [TRUST_ACTIVE] = FACT_ACTIVE,
				     [TRUST_ODD] = FACT_ACTIVE,
				     [TRUST_DISSOLVED] = FACT_DISSOLVED };

	for (int i = 0; i < 2; i++) {
		struct rig_side *side = &s->r->side[i];
		enum trust t = play_trust(s->r, i);

		if (t != s->base[i])
			s->facts[i] |= 1u << facts[t];
		if (i == 1 && rig_peers(side, TREC_PEER_INTRODUCED) > 0)
			s->facts[i] |= 1u << FACT_LISTED;
		if (side->s != NULL)
			any |= hear(s, i);
		if (side->p != NULL && trec_pairing_next(side->p) == TREC_NEXT_DONE)
			s->facts[i] |= 1u << FACT_PAIRED;
	}
	return any;
}

/* ---- what users do ----------------------------------------------------------------------- */

static bool has(const struct stage *s, int side, enum fact fact)
{
	return (s->facts[side] >> fact & 1) != 0;
}

static bool write_text(struct stage *s, int side)
{
	uint8_t text[TEXT_LEN];
	size_t taken = 0;
	struct trec_session *ses = s->r->side[side].s;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = text_at(side, i);
	s->finished[side] = true;
	return trec_session_write(ses, text, sizeof(text), &taken) == TREC_OK &&
	       taken == sizeof(text) && trec_session_finish(ses) == TREC_OK;
}

/* Each waits for what the peer did last: what a fault leaves out shifts nothing behind it. */
static bool act_session(struct stage *s)
{
	struct trec_session *client = s->r->side[0].s;
	struct trec_session *server = s->r->side[1].s;

	if (has(s, 1, FACT_ASKED) && !s->accepted) {
		s->accepted = true;
		return trec_session_accept(server) == TREC_OK;
	}
	if (has(s, 0, FACT_OPENED) && !s->pinged) {
		s->pinged = true;
		return trec_session_ping(client) == TREC_OK;
	}
	if (has(s, 0, FACT_PONG) && !s->finished[0])
		return write_text(s, 0);
	if (has(s, 1, FACT_EOF) && !s->finished[1])
		return write_text(s, 1);
	if (has(s, 0, FACT_EOF) && !s->asked) {
		s->asked = true;
		trec_session_close(client);
		return true;
	}
	return false;
}

static bool act_part(struct stage *s)
{
	struct rig_side *server = &s->r->side[1];

	if (!has(s, 1, FACT_UP) || s->parted ||
	    trec_unpair(&server->f.env, &server->store->store, &s->r->side[0].own.id, false,
			&s->word) != TREC_OK)
		return false;
	s->parted = true;
	s->base[1] = TRUST_NONE;
	return trec_session_revoke(server->s, s->word) == TREC_OK;
}

static bool act_introduce(struct stage *s)
{
	struct trec_session *client = s->r->side[0].s;

	if (has(s, 0, FACT_UP) && !s->asked) {
		s->asked = true;
		return trec_session_introduce(client, &third, 1) == TREC_OK;
	}
	if (has(s, 0, FACT_CONSENTED) && !s->accepted) {
		s->accepted = true;
		return trec_session_deliver(client, &third, 1) == TREC_OK;
	}
	if (has(s, 0, FACT_INTRODUCED) && !s->finished[0]) {
		s->finished[0] = true;
		trec_session_close(client);
		return true;
	}
	return false;
}

static bool act(struct stage *s)
{
	if (s->play == PLAY_INTRODUCE)
		return act_introduce(s);
	if (s->play == PLAY_SESSION)
		return act_session(s);
	if (s->play == PLAY_PART_OPEN)
		return act_part(s);
	if (s->play == PLAY_HEAL && has(s, 0, FACT_UP) && !s->asked) {
		s->asked = true;
		trec_session_close(s->r->side[0].s);
		return true;
	}
	return false;
}

static bool idle(struct rig *r)
{
	bool any = observe(current);

	if (act(current) || any)
		return true;
	return current->w != NULL && wire_rig_idle(r);
}

/* ---- a run ------------------------------------------------------------------------------- */

static trec_err begin_session(struct stage *s)
{
	struct rig_side *c = &s->r->side[0];
	struct rig_side *v = &s->r->side[1];
	struct trec_session_options co = { .env = &c->f.env,
					   .store = &c->store->store,
					   .peer = &v->own.id,
					   .idle_s = IDLE_S,
					   .uri = "tcp://192.0.2.7:7443" };
	struct trec_session_options vo = { .env = &v->f.env,
					   .store = &v->store->store,
					   .idle_s = IDLE_S };
	static const struct trec_introduction_policy policy = { .mode = TREC_INTRODUCTIONS_AUTO };
	trec_err err = TREC_OK;

	if (s->play == PLAY_INTRODUCE)
		vo.introductions = &policy;
	if (s->play == PLAY_PART) {
		err = trec_unpair(co.env, co.store, &v->own.id, false, &s->word);
		s->parted = err == TREC_OK;
		s->base[0] = s->parted ? TRUST_NONE : TRUST_ACTIVE;
		co.revocation = s->word;
	}
	if (err == TREC_OK)
		err = trec_session_new(TREC_SESSION_CLIENT, &co, &c->s);
	if (err == TREC_OK)
		err = trec_session_new(TREC_SESSION_SERVER, &vo, &v->s);
	if (err == TREC_OK && s->play == PLAY_SESSION)
		err = trec_session_open(c->s, "default");
	return err;
}

void play_begin(struct stage *s, struct wire *w)
{
	enum trec_method method = s->play == PLAY_PIN ? TREC_METHOD_PIN : TREC_METHOD_CODE;
	trec_err err;

	current = s;
	s->w = w;
	wire_rig_join(s->r, w);
	s->r->idle = idle;
	s->began_ms = s->r->side[0].f.now_ms;
	if (s->play <= PLAY_AGAIN) {
		err = rig_window(s->r, method, false);
		if (err == TREC_OK)
			err = rig_pair_start(s->r, s->r->code);
	} else {
		err = begin_session(s);
	}
	s->begun = err == TREC_OK;
}

void play_run(struct stage *s)
{
	if (s->begun)
		rig_run(s->r);
	(void)observe(s);
}

/* Offset behind the frame (1 + 2) or TLS record (3 + 2) that begins there. */
static size_t behind(const struct wire_record *rec, int from, size_t at)
{
	const uint8_t *b = rec->bytes[from] + at;
	size_t head = b[0] >= 0x41 ? 3 : 5;

	must(at + head <= rec->n[from], "a whole header");
	return at + head + ((size_t)b[head - 2] << 8 | b[head - 1]);
}

/* One run of which nothing from there on arrives; NULL: all of it. */
static void measure(enum play_id play, const struct wire_plan *plan, unsigned facts[2],
		    struct wire_record *rec)
{
	struct wire *w = wire_new(plan);
	struct stage s;

	play_open(&s, play, 0);
	play_begin(&s, w);
	must(s.begun, "a run");
	play_run(&s);
	facts[0] = s.facts[0];
	facts[1] = s.facts[1];
	if (rec != NULL)
		*rec = *wire_sent(w);
	(void)play_settle(&s, false);
	(void)play_close(&s);
	wire_free(&w);
}

static void note_needs(struct play_needs *out, int side, unsigned facts, size_t bytes)
{
	for (unsigned f = 0; f < FACTS; f++)
		if ((facts >> f & 1) != 0 && out->bytes[side][f] == 0)
			out->bytes[side][f] = bytes;
}

void play_measure(enum play_id play, struct play_needs *out)
{
	struct wire_record *rec = malloc(sizeof(*rec));
	unsigned all[2];

	must(rec != NULL, "memory");
	memset(out, 0, sizeof(*out));
	measure(play, NULL, all, rec);
	for (int from = 0; from < 2; from++) {
		size_t at = 0;

		while ((at = behind(rec, from, at)) < rec->n[from]) {
			struct wire_plan plan = { .n = 1 };
			unsigned facts[2];

			plan.fault[0] = (struct wire_fault){ .from = (uint8_t)from,
							     .at = (uint32_t)at,
							     .kind = WIRE_STALL };
			measure(play, &plan, facts, NULL);
			note_needs(out, 1 - from, facts[1 - from], at);
		}
		note_needs(out, 1 - from, all[1 - from], rec->n[from]);
		out->total[from] = rec->n[from];
		out->pieces[from] = rec->pieces[from];
	}
	free(rec);
}
