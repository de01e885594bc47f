/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what each act of trust takes of a real keystore: records read, commits, bytes
 * of records, bytes written, syncs, all exact; and its time against a plain commit just before,
 * since some read every peer's record and some do not.
 */
#include "bench/bench.h"
#include "bench/device.h"
#include "bench/disk.h"
#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "proto/engine/notice.h"
#include "proto/engine/succession.h"

#include <stdio.h>
#include <string.h>
#include <trec/keystore.h>

#define BATCH 250 /* records of a commit while filling */
#define ROUNDS 9  /* of each act; the median counts */

struct play {
	struct trec_env env;
	struct trec_store *s;
	struct trec_id me;
	struct bench_device introducer, subject, newer, stranger;
	uint8_t peer[REC_PEER_MAX]; /* the record of whoever is in no act */
	size_t peer_len;
	unsigned round;
	uint8_t statement[TRUST_STATEMENT_MAX];
	size_t n;
	uint8_t twin[TRUST_STATEMENT_MAX];
	size_t twin_len;
	uint8_t pair[REC_STATEMENT_MAX];
	size_t pair_len;
	struct rec_peer record;
	struct trec_revocation *revocation;
};

/* What the commits of one act were. */
static struct {
	const struct trec_store_ops *ops;
	unsigned commits, reads;
	size_t records;
	size_t of_type[TREC_RECORD_LAST + 1];
} seen;

static trec_err seen_commit(struct trec_store *s, const struct trec_change *changes, size_t n)
{
	seen.commits++;
	for (size_t i = 0; i < n; i++) {
		if (changes[i].remove)
			continue;
		seen.records += changes[i].data.n;
		seen.of_type[changes[i].type] = changes[i].data.n;
	}
	return seen.ops->commit(s, changes, n);
}

static trec_err seen_get(struct trec_store *s, trec_record type, const uint8_t id[TREC_ID_LEN],
			 uint8_t *out, size_t cap, size_t *n, bool *found)
{
	trec_err err = seen.ops->get(s, type, id, out, cap, n, found);

	seen.reads += err == TREC_OK && *found;
	return err;
}

/* Numbers in records are as long as they are; this one stays. */
static uint64_t still(void *ctx)
{
	(void)ctx;
	return 1000000;
}

/* ---- the list ---------------------------------------------------------------------------- */

static struct trec_change number_peer(const struct play *t, unsigned i)
{
	struct trec_change c = { .type = TREC_RECORD_PEER };

	for (unsigned k = 0; k < 4; k++)
		c.id[k] = (uint8_t)(i * 2654435761u >> (8 * k)); /* spread, none twice */
	c.data = trec_bytes(t->peer, t->peer_len);
	return c;
}

static void fill_record(const struct bench_device *d, struct rec_peer *p)
{
	memset(p, 0, sizeof(*p));
	p->state = REC_STATE_ACTIVE;
	p->origin = REC_ORIGIN_CODE;
	(void)snprintf(p->name, sizeof(p->name), "lamp");
	memcpy(p->cert, d->cert, d->cert_len);
	p->cert_len = d->cert_len;
	p->since_s = BENCH_NOW - 86400;
	p->last_seen_s = BENCH_NOW - 3600;
	duo_must(rec_peer_allow(p, MSG_RIGHT_INTRODUCE, 0), "a right");
}

static void fill(struct play *t, unsigned peers)
{
	static struct trec_change batch[BATCH];

	fill_record(&t->introducer, &t->record);
	duo_must(rec_peer_encode(&t->record, t->peer, sizeof(t->peer), &t->peer_len) == TREC_OK &&
			 eng_peer_store(t->s, TREC_RECORD_PEER, &t->introducer.id, &t->record) ==
				 TREC_OK,
		 "the introducer");
	for (unsigned i = 1; i < peers;) {
		size_t n = 0;

		for (; n < BATCH && i < peers; i++)
			batch[n++] = number_peer(t, i);
		duo_must(t->s->ops->commit(t->s, batch, n) == TREC_OK, "a commit");
	}
}

/* ---- acts: made ready, and done ---------------------------------------------------------- */

static void put(struct play *t)
{
	struct trec_change c = number_peer(t, ROUNDS + 1 + t->round);

	duo_must(t->s->ops->commit(t->s, &c, 1) == TREC_OK, "a plain commit");
}

static void ready_accept(struct play *t)
{
	struct trec_own own;

	duo_must(t->s->ops->own(t->s, &own) == TREC_OK, "the own identity");
	bench_device_make(&t->env, &t->subject);
	t->n = bench_device_introduce(&t->env, &t->introducer, &t->me,
				      bench_device_cert(&t->subject), t->statement);
	t->twin_len = bench_device_introduce(&t->env, &t->introducer, &t->subject.id, own.cert,
					     t->twin);
}

static void take_in(struct play *t)
{
	const struct trec_introduction_policy policy = { .mode = TREC_INTRODUCTIONS_ASK };
	const struct eng_intro_how how = { .policy = &policy, .consented = true,
					   .twin = trec_bytes(t->twin, t->twin_len) };
	struct trec_introduced out;

	duo_must(eng_intro_take(&t->env, t->s, trec_bytes(t->statement, t->n), &how, &out) ==
				 TREC_OK &&
			 out.accepted,
		 "an introduction is accepted");
}

static void ready_activate(struct play *t)
{
	bool found = false;

	duo_must(eng_peer_load(&t->env, t->s, TREC_RECORD_PEER, &t->subject.id, &t->record,
			       &found) == TREC_OK &&
			 found,
		 "an introduced peer");
}

static void activate(struct play *t)
{
	enum trec_refusal why;

	duo_must(eng_intro_activate(&t->env, t->s, &t->subject.id, &t->record, &why) == TREC_OK &&
			 why == TREC_REFUSAL_NONE,
		 "it comes into force");
}

static void ready_move(struct play *t)
{
	bench_device_make(&t->env, &t->newer);
	duo_must(trust_make_succession(&t->env, &t->subject.signer, &t->newer.signer,
				       bench_device_cert(&t->newer), 1, t->pair, sizeof(t->pair),
				       &t->pair_len, NULL) == TREC_OK,
		 "a succession");
}

static void move(struct play *t)
{
	struct trec_bytes link = trec_bytes(t->pair, t->pair_len);
	struct eng_succeeded out;

	duo_must(eng_succession_take(&t->env, t->s, &link, 1, &t->newer.id, &out) == TREC_OK &&
			 out.moved,
		 "a record moves");
	bench_device_free(&t->subject);
	bench_device_free(&t->newer);
}

static void ready_notice(struct play *t)
{
	bench_device_make(&t->env, &t->stranger);
	duo_must(trust_make(&t->env, TRUST_TOMBSTONE, &t->introducer.signer, &t->stranger.id, NULL,
			    t->statement, sizeof(t->statement), &t->n, NULL) == TREC_OK,
		 "a notice");
	bench_device_free(&t->stranger);
}

static void notice(struct play *t)
{
	struct eng_noticed out;

	duo_must(eng_notice_take(&t->env, t->s, trec_bytes(t->statement, t->n),
				 &t->introducer.id, &out) == TREC_OK &&
			 out.effect == TREC_NOTICE_SHOWN,
		 "a notice is kept");
}

/* As it lies there between the two words of a pairing. */
static void ready_pair(struct play *t)
{
	bench_device_make(&t->env, &t->stranger);
	fill_record(&t->stranger, &t->record);
	duo_must(eng_peer_store(t->s, TREC_RECORD_UNCONFIRMED, &t->stranger.id, &t->record) ==
			 TREC_OK,
		 "a half pairing");
}

static void pair(struct play *t)
{
	duo_must(eng_peer_activate(&t->env, t->s, &t->stranger.id, &t->record, NULL) == TREC_OK,
		 "a pairing");
	bench_device_free(&t->stranger);
}

static void part(struct play *t)
{
	struct trec_change c = number_peer(t, 1 + t->round);
	struct trec_id id;

	memcpy(id.b, c.id, sizeof(id.b));
	duo_must(trec_unpair(&t->env, t->s, &id, false, &t->revocation) == TREC_OK &&
			 t->revocation != NULL,
		 "a parting");
	trec_revocation_free(&t->revocation);
}

static const struct act {
	const char *name;
	void (*ready)(struct play *t);
	void (*run)(struct play *t);
} acts[] = {
	{ "accept", ready_accept, take_in }, { "activate", ready_activate, activate },
	{ "move", ready_move, move },       { "notice", ready_notice, notice },
	{ "pair", ready_pair, pair },       { "part", NULL, part },
};

#define ACTS (sizeof(acts) / sizeof(acts[0]))

/* ---- measuring --------------------------------------------------------------------------- */

struct taken {
	unsigned reads, commits, syncs;
	size_t records, written;
	double wall, processor;
};

static struct taken measure(struct play *t, void (*run)(struct play *t))
{
	struct taken out = { 0 };

	seen.reads = 0;
	seen.commits = 0;
	seen.records = 0;
	bench_disk_begin();
	uint64_t from = bench_wall_ns();
	uint64_t worked = bench_processor_ns();

	run(t);
	out.processor = (double)(bench_processor_ns() - worked);
	out.wall = (double)(bench_wall_ns() - from);
	bench_disk_end();
	out.reads = seen.reads;
	out.commits = seen.commits;
	out.records = seen.records;
	out.syncs = bench_disk_syncs();
	out.written = bench_disk_written();
	return out;
}

static void say(const char *act, const char *what, double value)
{
	(void)printf("%s-%s %.10g\n", act, what, value);
}

static void say_exact(const char *act, const struct taken *a)
{
	say(act, "reads", a->reads);
	say(act, "commits", a->commits);
	say(act, "record-bytes", (double)a->records);
	say(act, "written-bytes", (double)a->written);
	say(act, "syncs", a->syncs);
}

static void say_record(const char *name, trec_record type)
{
	say("record", name, (double)seen.of_type[type]);
}

/* After the act that made them; of a memory that grows, what one more takes. */
static void say_records(const char *act, unsigned round)
{
	static size_t first;

	if (strcmp(act, "accept") == 0 && round == 1)
		say("record", "seen-entry", (double)(seen.of_type[TREC_RECORD_SEEN] - first));
	if (round > 0)
		return;
	if (strcmp(act, "accept") == 0) {
		first = seen.of_type[TREC_RECORD_SEEN];
		say_record("introduced", TREC_RECORD_PEER);
		say_record("seen", TREC_RECORD_SEEN);
		say_record("carried", TREC_RECORD_CARRIED);
	} else if (strcmp(act, "notice") == 0) {
		say_record("notice", TREC_RECORD_NOTICE);
	} else if (strcmp(act, "part") == 0) {
		say_record("tombstone", TREC_RECORD_TOMBSTONE);
	}
}

/* Each act with a plain commit just before, so that what else the machine does hits both. */
static void measure_all(struct play *t)
{
	static double wall[ACTS][ROUNDS], processor[ACTS][ROUNDS], plain[ROUNDS];

	for (t->round = 0; t->round < ROUNDS; t->round++) {
		for (size_t i = 0; i < ACTS; i++) {
			if (acts[i].ready != NULL)
				acts[i].ready(t);
			struct taken put_took = measure(t, put);
			struct taken a = measure(t, acts[i].run);

			wall[i][t->round] = a.wall / put_took.wall;
			processor[i][t->round] = a.processor / put_took.processor;
			plain[t->round] = put_took.processor / 1000.0;
			say_records(acts[i].name, t->round);
			if (t->round > 0)
				continue;
			if (i == 0)
				say_exact("put", &put_took);
			say_exact(acts[i].name, &a);
		}
	}
	say("put", "cpu-us", bench_median(plain, ROUNDS));
	for (size_t i = 0; i < ACTS; i++) {
		say(acts[i].name, "ratio", bench_median(wall[i], ROUNDS));
		say(acts[i].name, "cpu-ratio", bench_median(processor[i], ROUNDS));
	}
}

void bench_acts(unsigned peers, const char *dir)
{
	struct play t = { .env = *trec_env_default() };
	char path[400];
	struct trec_keystore_options o = { .dir = path };
	struct trec_keystore *ks = NULL;
	struct trec_store_ops counting;
	struct trec_own own;

	duo_must(peers > 2 * ROUNDS && crypto_init() == TREC_OK, "wolfSSL, enough peers");
	t.env.wall_s = bench_device_wall;
	t.env.now_ms = still;
	bench_disk_watch(&t.env);
	(void)snprintf(path, sizeof(path), "%s/acts-%u", dir, peers);
	duo_must(trec_keystore_create(&t.env, &o, "bench", TREC_KEY_ED25519, &ks) == TREC_OK,
		 "a store is made");
	t.s = trec_keystore_store(ks);
	seen.ops = t.s->ops;
	counting = *seen.ops;
	counting.get = seen_get;
	counting.commit = seen_commit;
	t.s->ops = &counting;
	duo_must(t.s->ops->own(t.s, &own) == TREC_OK, "the own identity");
	t.me = own.id;
	bench_device_make(&t.env, &t.introducer);
	fill(&t, peers);
	measure_all(&t);
	bench_device_free(&t.introducer);
	t.s->ops = seen.ops;
	trec_keystore_close(&ks);
	crypto_done();
}
