/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See acceptance.h. */
#include "tests/lib/acceptance_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "proto/engine/notice.h"
#include "proto/engine/succession.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/mem_store.h"

struct acc_counts acc_counts;

static struct fault_env fault;
static struct mem_store *mem, *before;
static struct trec_store *store;
static bool stone[KEYS]; /* as the model has it */
static bool full;        /* the disk was, in this run */
static const char *broken;

static void must(bool holds, const char *words)
{
	if (!holds && broken == NULL)
		broken = words;
}

/* ---- what stands in the store ------------------------------------------------------------ */

static bool record(const struct mem_store *m, unsigned k, struct rec_peer *out)
{
	struct trec_store *s = (struct trec_store *)(uintptr_t)&m->store;
	uint8_t buf[REC_PEER_MAX];
	bool found = false;
	size_t n = 0;

	memset(out, 0, sizeof *out);
	if (s->ops->get(s, TREC_RECORD_PEER, acc_devices[k].id.b, buf, sizeof buf, &n, &found) !=
		    TREC_OK ||
	    !found)
		return false;
	return rec_peer_decode(trec_bytes(buf, n), out) == TREC_OK;
}

static bool has_stone(unsigned k)
{
	bool found = false;

	must(eng_tombstone_find(store, &acc_devices[k].id, &found) == TREC_OK, "stones are read");
	return found;
}

static unsigned key_of(const struct trec_id *id)
{
	unsigned k = 0;

	while (k < KEYS && memcmp(&acc_devices[k].id, id, sizeof *id) != 0)
		k++;
	return k;
}

static bool may_introduce(const struct rec_peer *p)
{
	uint64_t now = eng_wall_s(acc_env);

	return p->state == REC_STATE_ACTIVE && p->origin <= REC_ORIGIN_NFC &&
	       rec_peer_may(p, "introduce", now) &&
	       (p->expires_s == 0 || (now != 0 && now < p->expires_s));
}

/* Held as long or longer, by name or by all services. */
static bool holds(const struct rec_peer *p, const struct rec_right *r)
{
	for (size_t i = 0; i < p->rights_count; i++) {
		const struct rec_right *h = &p->rights[i];

		if ((strcmp(h->name, r->name) == 0 || strcmp(h->name, "service:*") == 0) &&
		    (h->until_s == 0 || (r->until_s != 0 && r->until_s <= h->until_s)))
			return true;
	}
	return false;
}

/* ---- operations: each says whether it could have changed anything ------------------------- */

static trec_err op_pair(uint8_t a, uint8_t b, uint8_t c)
{
	unsigned k = acc_pick(a);
	struct rec_peer p = { .origin = (enum rec_origin)(1 + b % 3), .name = "x" };
	trec_err err;

	memcpy(p.cert, acc_devices[k].cert, acc_devices[k].cert_len);
	p.cert_len = acc_devices[k].cert_len;
	p.since_s = eng_wall_s(acc_env);
	if (b & 0x10)
		(void)rec_peer_allow(&p, "introduce", 0);
	if (b & 0x20)
		(void)rec_peer_allow(&p, "service:*", c & 1 ? (uint64_t)fault.wall_s + 3600 : 0);
	if (b & 0x40)
		(void)rec_peer_allow(&p, "service:a", c & 2 ? (uint64_t)fault.wall_s + 60 : 0);
	err = eng_peer_activate(acc_env, store, &acc_devices[k].id, &p, NULL);
	if (err == TREC_OK)
		stone[k] = false;
	return err;
}

/* Rights are never more than the introducer's, and only those may introduce who were paired. */
static void check_introduced(const struct trec_id *sub)
{
	unsigned k = key_of(sub);
	struct rec_peer p, by = { 0 };
	unsigned i = KEYS;

	must(k < ME && record(mem, k, &p), "an accepted subject has a record");
	if (k >= ME)
		return;
	must(p.has_introduced_by && p.origin == REC_ORIGIN_INTRODUCED, "and an introducer");
	i = key_of(&p.introduced_by);
	must(i < ME && record(mem, i, &by) && may_introduce(&by), "that may introduce");
	for (size_t n = 0; n < p.rights_count; n++)
		must(strncmp(p.rights[n].name, "service:", 8) == 0 && holds(&by, &p.rights[n]),
		     "rights never exceed the introducer's");
	must(!stone[k], "dissolved never comes back without pairing");
}

static trec_err op_take_introduction(uint8_t a, uint8_t b, uint8_t c)
{
	struct trec_introduction_policy policy = { .mode = b & 0x10 ? TREC_INTRODUCTIONS_NEVER
								    : TREC_INTRODUCTIONS_AUTO,
						   .right_count = 1 };
	struct eng_intro_how how = { .policy = &policy };
	struct trec_bytes words = acc_slot(c);
	struct trec_introduced out;
	trec_err err;

	memcpy(policy.rights[0], b & 1 ? "service:a" : "service:*", sizeof "service:*");
	if (b & 0x20)
		how.from = &acc_devices[acc_pick(a)].id;
	if (acc_slots[c & 0x80 ? c % SLOTS : acc_last_slot].online && !(b & 0x40)) {
		how.nonce = (const uint8_t *)ACC_NONCE;
		how.nonce_until_ms = UINT64_MAX;
		how.from = &acc_devices[acc_pick(a)].id;
	}
	err = eng_intro_take(acc_env, store, words, &how, &out);
	must(err != TREC_OK || out.accepted == (out.refusal == TREC_REFUSAL_NONE ||
						out.refusal == TREC_REFUSAL_RIGHTS_EXCEEDED),
	     "accepted or refused");
	if (out.accepted)
		check_introduced(&out.subject);
	else if (err == TREC_OK)
		must(mem_store_equal(before, mem), "a refusal leaves no trace");
	acc_counts.introduced += out.accepted;
	acc_counts.refused += !out.accepted;
	return err;
}

static trec_err op_meet(uint8_t a, uint8_t b, uint8_t c)
{
	unsigned k = acc_pick(a);
	enum trec_refusal why = TREC_REFUSAL_NONE;
	struct rec_peer p;
	bool found = false;
	trec_err err =
		eng_peer_load(acc_env, store, TREC_RECORD_PEER, &acc_devices[k].id, &p, &found);

	(void)b;
	(void)c;
	if (err != TREC_OK || !found || p.state != REC_STATE_INTRODUCED)
		return err;
	err = eng_intro_activate(acc_env, store, &acc_devices[k].id, &p, &why);
	if (err == TREC_OK && why == TREC_REFUSAL_NONE) {
		check_introduced(&acc_devices[k].id);
		acc_counts.activated++;
	}
	return err;
}

/* Nothing in the store says that there was somebody with that id. */
static void check_gone(unsigned k)
{
	char text[TREC_ID_TEXT_LEN + 1];

	trec_id_to_text(&acc_devices[k].id, text);
	must(!mem_store_contains(mem, trec_bytes(acc_devices[k].id.b, TREC_ID_LEN)) &&
		     !mem_store_contains(mem, trec_bytes(text, strlen(text))),
	     "whoever was dissolved left all records");
}

static trec_err op_dissolve(uint8_t a, uint8_t b, uint8_t c)
{
	unsigned k = acc_pick(a);
	trec_err err;

	(void)c;
	if (b & 2)
		return eng_peer_forget(acc_env, store, &acc_devices[k].id);
	err = trec_unpair(acc_env, store, &acc_devices[k].id, b & 1, NULL);
	if (err == TREC_OK) {
		if (!full) /* else its name may stay, but no trust */
			check_gone(k);
		must(has_stone(k), "dissolved leaves a stone");
		acc_counts.dissolved++;
	}
	return err == TREC_E_NO_PEER ? TREC_OK : err;
}

/* A notice ends what its issuer introduced, or the issuer; nobody else goes, whatever it says. */
static trec_err op_take_notice(uint8_t a, uint8_t b, uint8_t c)
{
	struct eng_noticed out;
	trec_err err =
		eng_notice_take(acc_env, store, acc_slot(c), &acc_devices[acc_pick(a)].id, &out);

	(void)b;
	for (unsigned k = 0; k < KEYS && err == TREC_OK; k++) {
		struct rec_peer was, is;

		if (!record(before, k, &was) || record(mem, k, &is) ||
		    was.state == REC_STATE_INTRODUCED)
			continue;
		must(out.effect == TREC_NOTICE_DISSOLVED &&
			     memcmp(&acc_devices[k].id, &out.subject, TREC_ID_LEN) == 0 &&
			     (memcmp(&out.issuer, &out.subject, TREC_ID_LEN) == 0 ||
			      (was.has_introduced_by &&
			       memcmp(&was.introduced_by, &out.issuer, TREC_ID_LEN) == 0)),
		     "a notice acts only where its issuer has authority");
	}
	acc_counts.noticed += out.effect == TREC_NOTICE_DISSOLVED;
	acc_counts.kept += out.effect == TREC_NOTICE_SHOWN;
	return err;
}

static trec_err op_take_succession(uint8_t a, uint8_t b, uint8_t c)
{
	struct trec_bytes chain[2] = { acc_slot(c), acc_slot(b | 0x80) };
	struct eng_succeeded out;
	trec_err err = eng_succession_take(acc_env, store, chain, b & 0x40 ? 2 : 1,
					   &acc_devices[acc_pick(a)].id, &out);

	must(mem_store_count(mem, TREC_RECORD_PEER) == mem_store_count(before, TREC_RECORD_PEER),
	     "a succession neither brings nor takes a record");
	must(out.moved || out.refusal == TREC_REFUSAL_CONFLICT || mem_store_equal(before, mem),
	     "a refusal leaves no trace");
	acc_counts.moved += out.moved;
	acc_counts.suspended += out.refusal == TREC_REFUSAL_CONFLICT;
	return err;
}

static trec_err op_clock(uint8_t a, uint8_t b, uint8_t c)
{
	unsigned hours = b < 0xe0 ? b / 64 : b;

	fault.wall_trusted = a % 16 != 0;
	fault.wall_s += hours * INT64_C(3600) - (c % 16 == 0 ? 7200 : 0);
	fault.now_ms += hours * UINT64_C(3600000);
	if (c == 0x55)
		fault.boot[0]++;
	return TREC_OK;
}

static trec_err op_rights(uint8_t a, uint8_t b, uint8_t c)
{
	static const char *const right[] = { "introduce", "service:*", "service:a", "service:b" };
	const struct trec_id *id = &acc_devices[acc_pick(a)].id;
	trec_err err;

	if (b & 0x80)
		err = trec_peer_resume(acc_env, store, id);
	else if (b & 0x40)
		err = trec_peer_expire(acc_env, store, id, c & 1 ? fault.wall_s + c * 60 : 0);
	else if (b & 0x20)
		err = trec_peer_deny(acc_env, store, id, right[b % 4]);
	else
		err = trec_peer_allow(acc_env, store, id, right[b % 4],
				      c & 1 ? fault.wall_s + c : 0);
	return err == TREC_E_NO_PEER || err == TREC_E_STATE || err == TREC_E_USAGE ? TREC_OK : err;
}

static trec_err op_fault(uint8_t a, uint8_t b, uint8_t c)
{
	static const enum mem_fault kind[] = { MEM_FAULT_CRASH_BEFORE, MEM_FAULT_FAIL,
					       MEM_FAULT_FULL };

	(void)b;
	(void)c;
	mem_store_fault(mem, 1, kind[a % BASE_COUNT(kind)]);
	full = a % BASE_COUNT(kind) == 2;
	return TREC_OK;
}

/* Questions: they change nothing, and their answers fit the records. */
static trec_err op_ask(uint8_t a, uint8_t b, uint8_t c)
{
	const struct trec_id *id = &acc_devices[acc_pick(a)].id;
	enum trec_refusal why = TREC_REFUSAL_COUNT;
	uint8_t words[TRUST_STATEMENT_MAX];
	struct rec_peer p;
	uint64_t number = 0;
	bool found = false, last = false;
	size_t n = 0;
	trec_err err = eng_notice_next(acc_env, store, id, b % 4, words, sizeof words, &n, &number,
				       &found);

	(void)c;
	must(err != TREC_OK || !found || (n > 0 && number > b % 4), "a notice has its number");
	if (err == TREC_OK)
		err = trec_introduction_may(acc_env, store, id, &why);
	found = record(mem, acc_pick(a), &p);
	must(why != TREC_REFUSAL_NONE ||
		     (found && p.state == REC_STATE_ACTIVE && p.origin <= REC_ORIGIN_NFC),
	     "only who was paired directly can be introduced");
	if (err == TREC_OK && found)
		err = eng_intro_check(acc_env, store, id, &p, &why);
	must(!found || why != TREC_REFUSAL_NONE || p.state == REC_STATE_INTRODUCED,
	     "only who was introduced waits");
	if (err == TREC_OK)
		err = trec_peer_last_introducer(acc_env, store, id, &last);
	must(!last || may_introduce(&p), "the last introducer may introduce");
	must(mem_store_equal(before, mem), "a question changes nothing");
	return err == TREC_E_NO_PEER ? TREC_OK : err;
}

static trec_err (*const ops_table[])(uint8_t a, uint8_t b, uint8_t c) = {
	op_pair,
	acc_op_say_introduction,
	op_take_introduction,
	op_meet,
	op_dissolve,
	acc_op_say_notice,
	op_take_notice,
	acc_op_say_succession,
	op_take_succession,
	op_clock,
	op_rights,
	acc_op_damage,
	op_fault,
	op_ask,
	op_take_introduction,
	op_meet,
};

/* ---- after each -------------------------------------------------------------------------- */

/* Between one operation and the next: op says which it was. */
static void check(unsigned op)
{
	bool paired = ops_table[op] == op_pair;

	for (unsigned k = 0; k < KEYS; k++) {
		bool now = has_stone(k);
		struct rec_peer was, is;
		bool there = record(mem, k, &is), before_there = record(before, k, &was);

		must(now || !stone[k], "a stone stays until its device is paired anew");
		must(!there || !now, "dissolved never comes back without pairing");
		must(!there || k != ME, "nobody is a peer of itself");
		stone[k] = now;
		if (!there || paired)
			continue;
		if (before_there)
			must(is.origin == was.origin, "an origin stays");
		else
			must(is.state == REC_STATE_INTRODUCED ||
				     ops_table[op] == op_take_succession,
			     "who is new was introduced, or has a new key");
		must(!before_there || was.state == is.state || is.state != REC_STATE_ACTIVE ||
			     ops_table[op] == op_meet || ops_table[op] == op_rights,
		     "active by a session or by the user alone");
	}
}

static void step(const uint8_t op[ACC_OP])
{
	unsigned which = op[0] % BASE_COUNT(ops_table);
	trec_err err;

	must(mem_store_copy(before, mem), "memory");
	err = ops_table[which](op[1], op[2], op[3]);
	if (mem->down)
		mem_store_restart(mem);
	must(err == TREC_OK || err == TREC_E_IO || err == TREC_E_STATE || err == TREC_E_TOO_LARGE ||
		     err == TREC_E_NO_SPACE,
	     "nothing else goes wrong");
	must(err == TREC_OK || mem_store_equal(before, mem), "what fails changes nothing");
	check(which);
}

/* ---- a run ------------------------------------------------------------------------------- */

static void start(void)
{
	fault_env_init(&fault, 1);
	acc_env = &fault.env;
	if (acc_devices[0].key != NULL)
		return;
	if (crypto_init() != TREC_OK)
		abort();
	for (unsigned k = 0; k < KEYS; k++) {
		struct acc_device *d = &acc_devices[k];

		if (crypto_key_generate(trec_env_default(), TREC_KEY_ED25519, &d->key) != TREC_OK)
			abort();
		crypto_key_signer(d->key, &d->signer);
		if (crypto_spki_check(trec_bytes(d->signer.spki, d->signer.spki_len), NULL,
				      &d->id) != TREC_OK ||
		    crypto_cert_make(acc_env, &d->signer, NULL, d->cert, sizeof d->cert,
				     &d->cert_len) != TREC_OK)
			abort();
	}
}

void acc_end(void)
{
	for (unsigned k = 0; k < KEYS; k++)
		crypto_key_free(&acc_devices[k].key);
	crypto_done();
}

const char *acc_run(struct trec_bytes ops)
{
	struct trec_own own;

	start();
	memset(&own, 0, sizeof own);
	own.id = acc_devices[ME].id;
	own.cert = trec_bytes(acc_devices[ME].cert, acc_devices[ME].cert_len);
	own.signer = &acc_devices[ME].signer;
	mem = mem_store_new(&own);
	before = mem_store_new(NULL);
	if (mem == NULL || before == NULL)
		abort();
	store = &mem->store;
	memset(acc_newest, 0, sizeof acc_newest);
	memset(stone, 0, sizeof stone);
	full = false;
	memset(acc_slots, 0, sizeof acc_slots);
	acc_last_slot = 0;
	broken = NULL;
	/* One that may introduce is there, so that the rest has something to do. */
	(void)op_pair(0, 0x70, 0);
	for (size_t at = 0; at + ACC_OP <= ops.n && at < (size_t)ACC_OP * ACC_OPS_MAX; at += ACC_OP)
		step(ops.p + at);
	mem_store_free(&mem);
	mem_store_free(&before);
	must(fault_env_clean(&fault), "all memory comes back");
	return broken;
}
