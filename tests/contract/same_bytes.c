/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pairing is the same whatever carries it: the same two devices, with the same clock and the same
 * random bytes, pair over each transport that there is. What passed on the wire is compared byte by
 * byte, and so is what either device stored.
 *
 * One thing may differ: where the daemon hands on the address that it dialled, the initiator keeps
 * it in its record of the peer. Nothing else of the four (two transcripts, two stores) does.
 *
 * A carrier that hands over a flight in pieces may see the answer cut into TLS records at other
 * places, since what is said in one turn shares a record: there only what is stored is compared.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <trec/blocking.h>

#include "proto/codec/record.h"
#include "tests/lib/entropy.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"
#include "transports/tp.h"

#define PATIENCE_MS 20000
#define TAPE_MAX 32768
#define SEED 77

static char dir[] = "/tmp/trec-same-XXXXXX";
static char unix_uri[TREC_URI_MAX + 1];

/* A way from one device to the other. */
struct carrier {
	const char *name;
	const char *listen;
	const char *dial_more; /* appended to the listener's address, to dial it */
	size_t piece;          /* the most bytes that a device gets at a time; 0: a flight */
	const char *needs;     /* a file without which this machine lacks it; NULL: none */
};

static const struct carrier carriers[] = {
	{ "mem", "mem:same", "", 0, NULL }, /* what all others are compared with */
	{ "mem in pieces of 1", "mem:same-1", "", 1, NULL },
	{ "mem in pieces of 7", "mem:same-7", "", 7, NULL },
	{ "unix", unix_uri, "", 0, NULL },
	{ "tcp", "tcp://127.0.0.1:0", "", 0, NULL },
	{ "rfcomm", "rfcomm:?adapter=hci1", "?adapter=hci0", 0, "/sys/class/bluetooth/hci1" },
};

struct tape {
	size_t n;
	uint8_t b[TAPE_MAX];
};

/* ---- a link that writes down what passes ------------------------------------------------- */

struct recorder {
	struct trec_link link;
	struct trec_link_ops ops;
	struct trec_link *inner;
	struct tape *out, *in;
	size_t piece;
};

static void record(struct tape *t, const uint8_t *p, size_t n)
{
	if (t == NULL)
		return;
	CU_ASSERT_FATAL(n <= TAPE_MAX - t->n);
	memcpy(t->b + t->n, p, n);
	t->n += n;
}

static trec_err recorder_send(struct trec_link *l, const uint8_t *p, size_t n, size_t *moved)
{
	struct recorder *r = (struct recorder *)l;
	trec_err err = trec_link_send(r->inner, p, n, moved);

	record(r->out, p, *moved);
	return err;
}

static trec_err recorder_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n)
{
	struct recorder *r = (struct recorder *)l;
	trec_err err = trec_link_recv(r->inner, out, r->piece != 0 ? r->piece : cap, n);

	record(r->in, out, *n);
	return err;
}

static trec_err recorder_shutdown(struct trec_link *l)
{
	return trec_link_shutdown(((struct recorder *)l)->inner);
}

/* The transports live by the real clock, the devices by one that stands. */
static void recorder_poll(struct trec_link *l, bool want_write, struct trec_poll *out)
{
	const struct trec_env *real = trec_env_default();
	uint64_t now = real->now_ms(real->ctx), still = l->env->now_ms(l->env->ctx);

	trec_link_poll(((struct recorder *)l)->inner, want_write, out);
	if (out->next_ms != UINT64_MAX)
		out->next_ms = still + (out->next_ms > now ? out->next_ms - now : 0);
}

/* What the peer still says: whether its goodbye is read is else a matter of who is quicker. */
static void hear_out(struct recorder *r)
{
	const struct trec_env *real = trec_env_default();
	uint64_t until = real->now_ms(real->ctx) + PATIENCE_MS;
	trec_err err = TREC_E_AGAIN;
	uint8_t b[4096];
	size_t n = 1;

	while ((err == TREC_OK && n > 0) || err == TREC_E_AGAIN) {
		err = trec_link_recv(r->inner, b, sizeof(b), &n);
		record(r->in, b, n);
		if (err == TREC_E_AGAIN && real->now_ms(real->ctx) > until)
			break;
		if (err == TREC_E_AGAIN)
			(void)usleep(1000);
	}
	CU_ASSERT_NOT_EQUAL(err, TREC_E_AGAIN);
}

static void recorder_free(struct trec_link *l, bool abrupt)
{
	struct recorder *r = (struct recorder *)l;

	if (r->in != NULL)
		hear_out(r);
	if (abrupt)
		trec_link_abort(&r->inner);
	else
		trec_link_free(&r->inner);
	free(r);
}

/* Takes over *inner. */
static struct trec_link *recorder_new(const struct trec_env *env, struct trec_link **inner,
				      struct tape *out, struct tape *in, size_t piece)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (r == NULL)
		abort();
	r->ops = (struct trec_link_ops){ .name = trec_link_transport(*inner),
					 .mtu = trec_link_mtu(*inner),
					 .send = recorder_send,
					 .recv = recorder_recv,
					 .shutdown = recorder_shutdown,
					 .poll = recorder_poll,
					 .free = recorder_free };
	tp_link_init(&r->link, &r->ops, env);
	r->inner = *inner;
	*inner = NULL;
	r->out = out;
	r->in = in;
	r->piece = piece;
	return &r->link;
}

/* ---- a life of two devices --------------------------------------------------------------- */

struct life {
	struct rig *r;
	const struct carrier *by;
	struct trec_listener *listener;
	char uri[TREC_URI_MAX + 1]; /* as dialled */
	struct tape there, back;    /* as the initiator sent and got it */
	trec_err served;
};

static void *serve(void *arg)
{
	struct life *v = arg;
	struct rig_side *side = &v->r->side[1];
	const struct trec_env *env = &side->f.env;
	struct trec_pairing_options o = { .env = env,
					  .store = &side->store->store,
					  .window = side->window };
	struct trec_pairing *p = NULL;
	struct trec_link *link = NULL;
	struct trec_wire *w = NULL;
	enum trec_incoming kind;

	v->served = trec_accept_blocking(trec_env_default(), v->listener, PATIENCE_MS, &link);
	if (v->served != TREC_OK)
		return NULL;
	entropy_begin(SEED + 1); /* a transport may have drawn some */
	link = recorder_new(env, &link, NULL, NULL, v->by->piece);
	v->served = trec_wire_new(env, &link, &w);
	if (v->served == TREC_OK)
		v->served = trec_incoming_blocking(w, PATIENCE_MS, &kind);
	if (v->served == TREC_OK)
		v->served = trec_pairing_new(TREC_PAIRING_RESPONDER, &o, &p);
	if (v->served == TREC_OK)
		v->served = trec_pair_blocking(w, p, NULL, NULL);
	trec_pairing_free(&p);
	trec_wire_free(&w);
	return NULL;
}

static void pair(struct life *v, enum trec_method method, bool address)
{
	struct rig_side *side = &v->r->side[0];
	struct trec_pairing_options o = { .env = &side->f.env,
					  .store = &side->store->store,
					  .secret = v->r->code,
					  .peer = address ? v->uri : NULL };
	struct trec_pairing *p = NULL;
	struct trec_link *link = NULL;
	struct trec_wire *w = NULL;
	pthread_t thread;

	CU_ASSERT_EQUAL_FATAL(rig_window(v->r, method, false), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, serve, v), 0);
	CU_ASSERT_EQUAL_FATAL(trec_link_connect(trec_env_default(), v->uri, &link), TREC_OK);
	entropy_begin(SEED + 2);
	link = recorder_new(o.env, &link, &v->there, &v->back, v->by->piece);
	CU_ASSERT_EQUAL_FATAL(trec_wire_new(o.env, &link, &w), TREC_OK);
	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_INITIATOR, &o, &p), TREC_OK);
	CU_ASSERT_EQUAL(trec_pair_blocking(w, p, NULL, NULL), TREC_OK);
	trec_pairing_free(&p);
	trec_wire_free(&w);
	CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
	CU_ASSERT_EQUAL(v->served, TREC_OK);
}

static void live(struct life *v, const struct carrier *by, trec_key_alg alg,
		 enum trec_method method, bool address)
{
	char bound[TREC_URI_MAX + 1];

	memset(v, 0, sizeof(*v));
	v->by = by;
	entropy_begin(SEED);
	v->r = rig_new(alg, TREC_KEY_ED25519, SEED);
	CU_ASSERT_EQUAL_FATAL(trec_listen(trec_env_default(), by->listen, &v->listener), TREC_OK);
	trec_listener_uri(v->listener, bound);
	CU_ASSERT(snprintf(v->uri, sizeof(v->uri), "%s%s", bound, by->dial_more) <
		  (int)sizeof(v->uri));
	pair(v, method, address);
	trec_listener_free(&v->listener);
	CU_ASSERT_EQUAL(rig_peers(&v->r->side[0], TREC_PEER_ACTIVE), 1);
	CU_ASSERT_EQUAL(rig_peers(&v->r->side[1], TREC_PEER_ACTIVE), 1);
	CU_ASSERT(v->there.n > 500 && v->back.n > 500);
}

/* ---- comparing --------------------------------------------------------------------------- */

static bool same_tape(const struct carrier *by, const char *way, const struct tape *a,
		      const struct tape *b)
{
	size_t at = 0;

	while (at < a->n && at < b->n && a->b[at] == b->b[at])
		at++;
	if (a->n == b->n && at == a->n)
		return true;
	printf("%s, %s: %zu bytes where there were %zu, from byte %zu on others\n", by->name, way,
	       b->n, a->n, at);
	return false;
}

static struct rec_peer peer_record(struct life *v)
{
	struct trec_store *s = &v->r->side[0].store->store;
	uint8_t b[TREC_RECORD_MAX];
	struct rec_peer p = { 0 };
	bool found = false;
	size_t n = 0;

	CU_ASSERT_EQUAL(s->ops->get(s, TREC_RECORD_PEER, v->r->side[1].own.id.b, b, sizeof(b), &n,
				    &found),
			TREC_OK);
	CU_ASSERT(found);
	CU_ASSERT_EQUAL(rec_peer_decode(trec_bytes(b, n), &p), TREC_OK);
	return p;
}

/* Puts the one thing that may differ to what it is elsewhere. */
static void readdress(struct life *v, const struct msg_hints *hints)
{
	struct trec_store *s = &v->r->side[0].store->store;
	struct rec_peer p = peer_record(v);
	uint8_t b[TREC_RECORD_MAX];
	size_t n = 0;

	CU_ASSERT_EQUAL(p.hints.count, 1);
	CU_ASSERT_STRING_EQUAL(p.hints.uri[0], v->uri);
	p.hints = *hints;
	CU_ASSERT_EQUAL(rec_peer_encode(&p, b, sizeof(b), &n), TREC_OK);
	struct trec_change c = { .type = TREC_RECORD_PEER, .data = trec_bytes(b, n) };

	memcpy(c.id, v->r->side[1].own.id.b, sizeof(c.id));
	CU_ASSERT_EQUAL(s->ops->commit(s, &c, 1), TREC_OK);
}

static bool lacking(const struct carrier *by, const char *claim)
{
	if (by->needs == NULL || access(by->needs, F_OK) == 0)
		return false;
	printf("SKIP %s over %s: there are no two Bluetooth adapters\n", claim, by->name);
	return true;
}

static void same_over_all(const char *claim, trec_key_alg alg, enum trec_method method,
			  bool address)
{
	static struct life first, other;

	/* Some bytes are drawn once in a process: by a run that is compared with nothing. */
	live(&first, &carriers[0], alg, method, address);
	rig_free(&first.r);
	live(&first, &carriers[0], alg, method, address);
	struct rec_peer kept = peer_record(&first);

	CU_ASSERT_EQUAL(kept.hints.count, address ? 1 : 0);
	for (size_t i = 1; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
		const struct carrier *by = &carriers[i];

		if (lacking(by, claim))
			continue;
		live(&other, by, alg, method, address);
		if (by->piece == 0) {
			CU_ASSERT(same_tape(by, "there", &first.there, &other.there));
			CU_ASSERT(same_tape(by, "back", &first.back, &other.back));
		}
		CU_ASSERT(mem_store_equal(first.r->side[1].store, other.r->side[1].store));
		if (address) {
			CU_ASSERT_FALSE(
				mem_store_equal(first.r->side[0].store, other.r->side[0].store));
			readdress(&other, &kept.hints);
		}
		CU_ASSERT(mem_store_equal(first.r->side[0].store, other.r->side[0].store));
		rig_free(&other.r);
	}
	rig_free(&first.r);
}

static void c622_pin_pairing_is_the_same_over_every_transport(void)
{
	same_over_all(__func__, TREC_KEY_ED25519, TREC_METHOD_PIN, false);
	same_over_all(__func__, TREC_KEY_P256, TREC_METHOD_PIN, false);
}

static void c622_code_pairing_is_the_same_over_every_transport(void)
{
	same_over_all(__func__, TREC_KEY_ED25519, TREC_METHOD_CODE, false);
	same_over_all(__func__, TREC_KEY_P256, TREC_METHOD_CODE, false);
}

static void what_differs_is_the_address_that_was_dialled_and_nothing_else(void)
{
	same_over_all(__func__, TREC_KEY_ED25519, TREC_METHOD_PIN, true);
	same_over_all(__func__, TREC_KEY_ED25519, TREC_METHOD_CODE, true);
}

/* The comparison can fail: another seed, another transcript. */
static void another_run_is_told_from_the_same(void)
{
	static struct life a, b;

	live(&a, &carriers[0], TREC_KEY_ED25519, TREC_METHOD_CODE, false);
	b = (struct life){ .by = &carriers[0] };
	entropy_begin(SEED + 100);
	b.r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, SEED + 1);
	CU_ASSERT_EQUAL_FATAL(trec_listen(trec_env_default(), "mem:same", &b.listener), TREC_OK);
	strcpy(b.uri, "mem:same");
	pair(&b, TREC_METHOD_CODE, false);
	trec_listener_free(&b.listener);
	CU_ASSERT_EQUAL(a.there.n, b.there.n);
	CU_ASSERT(memcmp(a.there.b, b.there.b, a.there.n) != 0);
	CU_ASSERT_FALSE(mem_store_equal(a.r->side[0].store, b.r->side[0].store));
	rig_free(&a.r);
	rig_free(&b.r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c622_pin_pairing_is_the_same_over_every_transport),
	SUITE_CASE(c622_code_pairing_is_the_same_over_every_transport),
	SUITE_CASE(what_differs_is_the_address_that_was_dialled_and_nothing_else),
	SUITE_CASE(another_run_is_told_from_the_same),
};

int main(void)
{
	/* wolfSSL draws bytes when it starts: once, and not in the first of the runs alone. */
	if (mkdtemp(dir) == NULL || crypto_init() != TREC_OK)
		return EXIT_FAILURE;
	snprintf(unix_uri, sizeof(unix_uri), "unix:%s/socket", dir);
	(void)alarm(300); /* the devices' clocks stand: nothing else ends what hangs */
	int status = suite_main("same bytes", cases, sizeof(cases) / sizeof(cases[0]));

	crypto_done();
	(void)rmdir(dir);
	return status;
}
