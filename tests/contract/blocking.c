/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The blocking helpers: two devices, each in a thread of its own, pair, talk and part over every
 * transport that works inside one machine.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <trec/blocking.h>

#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"

#define AMOUNT 200000 /* bytes of the session's stream, each way */
#define PATIENCE_MS 20000

static char dir[] = "/tmp/trec-blocking-XXXXXX";
static char unix_uri[TREC_URI_MAX + 1];

/* What runs on the accepting device, once. */
struct server {
	struct rig_side *side;
	struct trec_listener *listener;
	trec_err result; /* of the run */
	enum trec_incoming kind;
	size_t received;
	bool intact;
};

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 13 + i / 256);
}

static bool send_amount(struct trec_wire *w, struct trec_session *s)
{
	uint8_t b[10000];

	for (size_t at = 0; at < AMOUNT; at += sizeof(b)) {
		for (size_t i = 0; i < sizeof(b); i++)
			b[i] = pattern(at + i);
		if (trec_session_write_blocking(w, s, b, sizeof(b)) != TREC_OK)
			return false;
	}
	return trec_session_finish(s) == TREC_OK;
}

static bool take_amount(struct trec_wire *w, struct trec_session *s, size_t *got)
{
	uint8_t b[3000];
	size_t n;

	for (*got = 0;; *got += n) {
		if (trec_session_read_blocking(w, s, b, sizeof(b), &n) != TREC_OK)
			return false;
		if (n == 0)
			return *got == AMOUNT;
		for (size_t i = 0; i < n; i++)
			if (b[i] != pattern(*got + i))
				return false;
	}
}

static void serve_pairing(struct server *v, struct trec_wire *w)
{
	struct trec_pairing_options o = {
		.env = &v->side->f.env,
		.store = &v->side->store->store,
		.window = v->side->window,
	};
	struct trec_pairing *p = NULL;

	v->result = trec_pairing_new(TREC_PAIRING_RESPONDER, &o, &p);
	if (v->result == TREC_OK)
		v->result = trec_pair_blocking(w, p, NULL, NULL);
	trec_pairing_free(&p);
}

static void serve_session(struct server *v, struct trec_wire *w)
{
	struct trec_session_options o = {
		.env = &v->side->f.env,
		.store = &v->side->store->store,
	};
	struct trec_session_event e = { .kind = TREC_SESSION_UP };
	struct trec_session *s = NULL;

	v->result = trec_session_new(TREC_SESSION_SERVER, &o, &s);
	while (v->result == TREC_OK && e.kind != TREC_SESSION_OPEN)
		v->result = trec_session_wait_blocking(w, s, &e);
	if (v->result == TREC_OK)
		v->result = trec_session_accept(s);
	if (v->result == TREC_OK) {
		v->intact = take_amount(w, s, &v->received) && send_amount(w, s);
		while (trec_session_wait_blocking(w, s, &e) == TREC_OK &&
		       e.kind != TREC_SESSION_CLOSED)
			;
	}
	trec_session_free(&s);
}

static void *serve(void *arg)
{
	struct server *v = arg;
	struct trec_link *link = NULL;
	struct trec_wire *w = NULL;
	const struct trec_env *env = &v->side->f.env;

	v->result = trec_accept_blocking(env, v->listener, PATIENCE_MS, &link);
	if (v->result == TREC_OK)
		v->result = trec_wire_new(env, &link, &w);
	if (v->result == TREC_OK)
		v->result = trec_incoming_blocking(w, PATIENCE_MS, &v->kind);
	if (v->result == TREC_OK && v->kind == TREC_INCOMING_PAIRING)
		serve_pairing(v, w);
	else if (v->result == TREC_OK && v->kind == TREC_INCOMING_SESSION)
		serve_session(v, w);
	trec_wire_free(&w);
	return NULL;
}

struct scene {
	struct rig *r;
	struct trec_listener *listener;
	struct server v;
	pthread_t thread;
	struct trec_wire *w; /* of the device that dials */
};

static void scene_begin(struct scene *s, const char *uri)
{
	s->r = rig_new(TREC_KEY_ED25519, TREC_KEY_P256, 5);
	for (int i = 0; i < 2; i++)
		s->r->side[i].f.env.now_ms = trec_env_default()->now_ms;
	CU_ASSERT_EQUAL_FATAL(trec_listen(&s->r->side[1].f.env, uri, &s->listener), TREC_OK);
}

/* Side 0 dials, side 1 serves one connection. */
static void dial(struct scene *s)
{
	const struct trec_env *env = &s->r->side[0].f.env;
	struct trec_link *link = NULL;
	char at[TREC_URI_MAX + 1];

	s->v = (struct server){ .side = &s->r->side[1], .listener = s->listener };
	CU_ASSERT_EQUAL_FATAL(pthread_create(&s->thread, NULL, serve, &s->v), 0);
	trec_listener_uri(s->listener, at);
	CU_ASSERT_EQUAL_FATAL(trec_link_connect(env, at, &link), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(trec_wire_new(env, &link, &s->w), TREC_OK);
	CU_ASSERT_PTR_NULL(link);
}

static void hang_up(struct scene *s)
{
	trec_wire_free(&s->w);
	CU_ASSERT_PTR_NULL(s->w);
	CU_ASSERT_EQUAL(pthread_join(s->thread, NULL), 0);
}

static void scene_end(struct scene *s)
{
	trec_listener_free(&s->listener);
	rig_free(&s->r);
}

static trec_err pair(struct scene *s, const char *secret)
{
	struct trec_pairing_options o = {
		.env = &s->r->side[0].f.env,
		.store = &s->r->side[0].store->store,
		.secret = secret,
	};
	struct trec_pairing *p = NULL;

	dial(s);
	trec_err err = trec_pairing_new(TREC_PAIRING_INITIATOR, &o, &p);

	if (err == TREC_OK)
		err = trec_pair_blocking(s->w, p, NULL, NULL);
	trec_pairing_free(&p);
	hang_up(s);
	return err;
}

static void talk(struct scene *s)
{
	struct trec_session_options o = {
		.env = &s->r->side[0].f.env,
		.store = &s->r->side[0].store->store,
		.peer = &s->r->side[1].own.id,
	};
	struct trec_session_event e = { .kind = TREC_SESSION_UP };
	struct trec_session *t = NULL;
	trec_err err = TREC_OK;
	size_t got = 0;

	dial(s);
	CU_ASSERT_EQUAL_FATAL(trec_session_new(TREC_SESSION_CLIENT, &o, &t), TREC_OK);
	CU_ASSERT_EQUAL(trec_session_open(t, "echo"), TREC_OK);
	while (err == TREC_OK && e.kind != TREC_SESSION_OPENED)
		err = trec_session_wait_blocking(s->w, t, &e);
	CU_ASSERT_EQUAL(err, TREC_OK);
	CU_ASSERT(send_amount(s->w, t));
	CU_ASSERT(take_amount(s->w, t, &got));
	CU_ASSERT_EQUAL(got, AMOUNT);
	CU_ASSERT_EQUAL(trec_session_end_blocking(s->w, t, PATIENCE_MS), TREC_OK);
	trec_session_free(&t);
	hang_up(s);
	CU_ASSERT_EQUAL(s->v.kind, TREC_INCOMING_SESSION);
	CU_ASSERT_EQUAL(s->v.received, AMOUNT);
	CU_ASSERT(s->v.intact);
}

static void live_over(const char *uri)
{
	struct scene s = { 0 };

	scene_begin(&s, uri);
	CU_ASSERT_EQUAL(rig_window(s.r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(pair(&s, s.r->code), TREC_OK);
	CU_ASSERT_EQUAL(s.v.result, TREC_OK);
	CU_ASSERT_EQUAL(s.v.kind, TREC_INCOMING_PAIRING);
	CU_ASSERT_EQUAL(rig_peers(&s.r->side[0], TREC_PEER_ACTIVE), 1);
	CU_ASSERT_EQUAL(rig_peers(&s.r->side[1], TREC_PEER_ACTIVE), 1);
	CU_ASSERT_EQUAL(rig_window(s.r, TREC_METHOD_CODE, false), TREC_OK);
	CU_ASSERT_EQUAL(pair(&s, s.r->code), TREC_OK);
	CU_ASSERT_EQUAL(rig_list(&s.r->side[0]), 1);
	CU_ASSERT_EQUAL(rig_list(&s.r->side[1]), 1);
	talk(&s);
	scene_end(&s);
}

static void c622_pin_and_code_pair_over_tcp(void)
{
	live_over("tcp://127.0.0.1:0");
}

static void c622_pin_and_code_pair_over_unix(void)
{
	live_over(unix_uri);
}

static void c622_pin_and_code_pair_over_mem(void)
{
	live_over("mem:blocking");
}

static void a_refusal_is_heard_over_every_transport(void)
{
	const char *const uris[] = { "tcp://127.0.0.1:0", unix_uri, "mem:blocking" };

	for (size_t i = 0; i < 3; i++) {
		struct scene s = { 0 };

		scene_begin(&s, uris[i]);
		CU_ASSERT_EQUAL(pair(&s, "123456"), TREC_E_WINDOW_CLOSED);
		CU_ASSERT_EQUAL(rig_window(s.r, TREC_METHOD_PIN, false), TREC_OK);
		const char *wrong = strcmp(s.r->code, "123456") == 0 ? "654321" : "123456";

		CU_ASSERT_EQUAL(pair(&s, wrong), TREC_E_WRONG_PIN);
		CU_ASSERT_EQUAL(rig_list(&s.r->side[0]), 0);
		CU_ASSERT_EQUAL(rig_list(&s.r->side[1]), 0);
		scene_end(&s);
	}
}

static void a_peer_that_hangs_up_is_lost_and_a_silent_one_times_out(void)
{
	struct scene s = { 0 };
	const struct trec_env *env;
	struct trec_link *a = NULL, *b = NULL;
	struct trec_wire *w = NULL;
	enum trec_incoming kind;
	char at[TREC_URI_MAX + 1];

	scene_begin(&s, "tcp://127.0.0.1:0");
	env = &s.r->side[1].f.env;
	trec_listener_uri(s.listener, at);
	CU_ASSERT_EQUAL(trec_accept_blocking(env, s.listener, 30, &b), TREC_E_TIMEOUT);
	CU_ASSERT_EQUAL_FATAL(trec_link_connect(env, at, &a), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(trec_accept_blocking(env, s.listener, PATIENCE_MS, &b), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(trec_wire_new(env, &b, &w), TREC_OK);
	CU_ASSERT_EQUAL(trec_incoming_blocking(w, 30, &kind), TREC_E_TIMEOUT);
	trec_link_free(&a);
	CU_ASSERT_EQUAL(trec_incoming_blocking(w, PATIENCE_MS, &kind), TREC_E_LOST);
	trec_wire_free(&w);
	scene_end(&s);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c622_pin_and_code_pair_over_tcp),
	SUITE_CASE(c622_pin_and_code_pair_over_unix),
	SUITE_CASE(c622_pin_and_code_pair_over_mem),
	SUITE_CASE(a_refusal_is_heard_over_every_transport),
	SUITE_CASE(a_peer_that_hangs_up_is_lost_and_a_silent_one_times_out),
};

int main(void)
{
	if (mkdtemp(dir) == NULL)
		return EXIT_FAILURE;
	snprintf(unix_uri, sizeof(unix_uri), "unix:%s/socket", dir);
	int status = suite_main("blocking helpers", cases, sizeof(cases) / sizeof(cases[0]));

	(void)rmdir(dir);
	return status;
}
