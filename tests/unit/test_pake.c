/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about SPAKE2+ runs: what a right PIN, a wrong one and each wrong byte lead to. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/pake/pake.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"

#define PIN "123456"

static const uint8_t transcript[32] = { 0x7a, 1, 2, 3 };

static void start_env(struct fault_env *f, uint64_t seed)
{
	fault_env_init(f, seed);
	f->env.scrypt_log_n_max = 4;
}

static struct trec_bytes text(const char *s)
{
	return trec_bytes(s, strlen(s));
}

/* ---- runs -------------------------------------------------------------------------------- */

/* A whole run; messages can be altered on the way by tamper(step, bytes). */
enum step { SHARE_P, SHARE_V, CONFIRM_V, CONFIRM_P, STEPS };

struct run {
	const struct trec_env *env;
	const char *pin_p;
	const char *pin_v;
	enum step step; /* where to alter ... */
	size_t at;      /* ... which byte ... */
	uint8_t flip;   /* ... how; 0: not */
	trec_err prover;
	trec_err verifier;
	uint8_t key_p[32];
	uint8_t key_v[32];
};

static void pass(const struct run *r, enum step step, uint8_t *bytes)
{
	if (r->step == step)
		bytes[r->at] ^= r->flip;
}

static void run_verifier(struct run *r, struct pake_verifier *v, struct pake_prover *p,
			 const struct pake_record *record)
{
	uint8_t context[PAKE_CONTEXT_LEN];
	uint8_t share_p[65];
	uint8_t share_v[65];
	uint8_t confirm_v[32];
	uint8_t confirm_p[32];

	pake_context(transcript, context);
	r->prover = pake_prover_share(p, share_p);
	if (r->prover != TREC_OK)
		return;
	pass(r, SHARE_P, share_p);
	r->verifier = pake_verifier_reply(v, record, NULL, trec_bytes(context, sizeof context),
					  share_p, share_v, confirm_v);
	if (r->verifier != TREC_OK)
		return;
	pass(r, SHARE_V, share_v);
	pass(r, CONFIRM_V, confirm_v);
	r->prover = pake_prover_finish(p, trec_bytes(context, sizeof context), share_v, confirm_v,
				       confirm_p, r->key_p);
	if (r->prover != TREC_OK)
		return;
	pass(r, CONFIRM_P, confirm_p);
	r->verifier = pake_verifier_finish(v, confirm_p, r->key_v);
}

static void run(struct run *r)
{
	struct pake_record record = { 0 };
	struct pake_verifier *v = NULL;
	struct pake_prover *p = NULL;

	memset(r->key_p, 0, 32);
	memset(r->key_v, 0, 32);
	r->prover = TREC_E_STATE;
	r->verifier = pake_record_make(r->env, text(r->pin_v), NULL, &record);
	if (r->verifier == TREC_OK)
		r->verifier = pake_verifier_new(r->env, &v);
	if (r->verifier == TREC_OK) {
		r->verifier = TREC_E_STATE;
		r->prover = pake_prover_new(r->env, &p);
	}
	if (r->prover == TREC_OK)
		r->prover = pake_prover_stretch(p, text(r->pin_p), &record.params, NULL);
	if (r->prover == TREC_OK)
		run_verifier(r, v, p, &record);
	pake_prover_free(&p);
	pake_verifier_free(&v);
	trec_wipe(&record, sizeof record);
}

static bool no_keys(const struct run *r)
{
	static const uint8_t zero[32];

	return memcmp(r->key_p, zero, 32) == 0 && memcmp(r->key_v, zero, 32) == 0;
}

static void c631_c1_same_pin_gives_the_same_key(void)
{
	struct fault_env f;

	start_env(&f, 3);
	struct run r = { .env = &f.env, .pin_p = PIN, .pin_v = PIN };
	uint8_t before[32];

	run(&r);
	CU_ASSERT_EQUAL(r.prover, TREC_OK);
	CU_ASSERT_EQUAL(r.verifier, TREC_OK);
	CU_ASSERT_EQUAL(memcmp(r.key_p, r.key_v, 32), 0);
	CU_ASSERT_FALSE(no_keys(&r));
	memcpy(before, r.key_p, 32);
	run(&r);
	CU_ASSERT_NOT_EQUAL(memcmp(r.key_p, before, 32), 0);
}

static void c631_c1_wrong_pin_fails_at_the_first_confirmation(void)
{
	struct fault_env f;

	start_env(&f, 4);
	struct run r = { .env = &f.env, .pin_p = "123457", .pin_v = PIN };

	run(&r);
	CU_ASSERT_EQUAL(r.prover, TREC_E_WRONG_PIN);
	CU_ASSERT_EQUAL(r.verifier, TREC_OK); /* it answered; nothing came back */
	CU_ASSERT(no_keys(&r));
}

static void every_altered_byte_fails_the_run(void)
{
	static const size_t lengths[STEPS] = { 65, 65, 32, 32 };
	struct fault_env f;

	start_env(&f, 5);
	struct run r = { .env = &f.env, .pin_p = PIN, .pin_v = PIN };

	for (r.step = SHARE_P; r.step < STEPS; r.step++)
		for (r.at = 0; r.at < lengths[r.step]; r.at++) {
			r.flip = (uint8_t)(1u << r.at % 8);
			run(&r);
			CU_ASSERT_FALSE(r.prover == TREC_OK && r.verifier == TREC_OK);
			if (r.step != CONFIRM_P)
				CU_ASSERT(no_keys(&r));
			CU_ASSERT_EQUAL(memcmp(r.key_v, (const uint8_t[32]){ 0 }, 32), 0);
		}
}

static void other_context_fails_the_run(void)
{
	struct fault_env f;
	struct pake_record record;
	struct pake_verifier *v = NULL;
	struct pake_prover *p = NULL;
	uint8_t share_p[65];
	uint8_t share_v[65];
	uint8_t confirm[32];
	uint8_t key[32];

	start_env(&f, 6);
	CU_ASSERT_EQUAL(pake_record_make(&f.env, text(PIN), NULL, &record), TREC_OK);
	CU_ASSERT_EQUAL(pake_verifier_new(&f.env, &v), TREC_OK);
	CU_ASSERT_EQUAL(pake_prover_new(&f.env, &p), TREC_OK);
	CU_ASSERT_EQUAL(pake_prover_stretch(p, text(PIN), &record.params, NULL), TREC_OK);
	CU_ASSERT_EQUAL(pake_prover_share(p, share_p), TREC_OK);
	CU_ASSERT_EQUAL(pake_verifier_reply(v, &record, NULL, text("one"), share_p, share_v,
					    confirm),
			TREC_OK);
	CU_ASSERT_EQUAL(pake_prover_finish(p, text("two"), share_v, confirm, confirm, key),
			TREC_E_WRONG_PIN);
	pake_prover_free(&p);
	pake_verifier_free(&v);
}

static void a_verifier_is_prepared_at_most_once_and_answers_once(void)
{
	struct fault_env f;
	struct pake_record record;
	struct pake_verifier *v = NULL;
	struct pake_prover *p = NULL;
	uint8_t share_p[65], share_v[65], confirm_v[32], confirm_p[32], key_p[32], key_v[32];

	start_env(&f, 16);
	CU_ASSERT_EQUAL(pake_record_make(&f.env, text(PIN), NULL, &record), TREC_OK);
	CU_ASSERT_EQUAL(pake_verifier_new(&f.env, &v), TREC_OK);
	CU_ASSERT_EQUAL(pake_verifier_prepare(v, &record), TREC_OK);
	CU_ASSERT_EQUAL(pake_verifier_prepare(v, &record), TREC_E_STATE);
	CU_ASSERT_EQUAL(pake_prover_new(&f.env, &p), TREC_OK);
	CU_ASSERT_EQUAL(pake_prover_stretch(p, text(PIN), &record.params, NULL), TREC_OK);
	CU_ASSERT_EQUAL(pake_prover_share(p, share_p), TREC_OK);
	CU_ASSERT_EQUAL(pake_verifier_reply(v, &record, NULL, text("c"), share_p, share_v,
					    confirm_v),
			TREC_OK);
	CU_ASSERT_EQUAL(pake_verifier_prepare(v, &record), TREC_E_STATE);
	CU_ASSERT_EQUAL(pake_prover_finish(p, text("c"), share_v, confirm_v, confirm_p, key_p),
			TREC_OK);
	CU_ASSERT_EQUAL(pake_verifier_reply(v, &record, NULL, text("c"), share_p, share_v,
					    confirm_v),
			TREC_E_STATE);
	CU_ASSERT_EQUAL(pake_verifier_finish(v, confirm_p, key_v), TREC_OK);
	CU_ASSERT_EQUAL(memcmp(key_p, key_v, 32), 0);
	pake_prover_free(&p);
	pake_verifier_free(&v);
}

/* ---- shares that are no good ------------------------------------------------------------- */

static trec_err reply_to(const struct trec_env *env, const struct pake_record *record,
			 const uint8_t share_p[65])
{
	struct pake_verifier *v = NULL;
	uint8_t share[65];
	uint8_t confirm[32];
	uint8_t key[32];
	trec_err err = pake_verifier_new(env, &v);

	if (err == TREC_OK)
		err = pake_verifier_reply(v, record, NULL, text("c"), share_p, share, confirm);
	if (err != TREC_OK) {
		CU_ASSERT_EQUAL(share[0], 0);
		CU_ASSERT_EQUAL(pake_verifier_finish(v, confirm, key), TREC_E_STATE);
	}
	pake_verifier_free(&v);
	return err;
}

static trec_err answer_to(const struct trec_env *env, const struct pake_params *params,
			  const uint8_t share_v[65])
{
	struct pake_prover *p = NULL;
	uint8_t share[65];
	uint8_t confirm[32] = { 0 };
	uint8_t key[32];
	trec_err err = pake_prover_new(env, &p);

	if (err == TREC_OK)
		err = pake_prover_stretch(p, text(PIN), params, NULL);
	if (err == TREC_OK)
		err = pake_prover_share(p, share);
	if (err == TREC_OK)
		err = pake_prover_finish(p, text("c"), share_v, confirm, confirm, key);
	CU_ASSERT_EQUAL(pake_prover_share(p, share), TREC_E_STATE);
	pake_prover_free(&p);
	return err;
}

static void unacceptable_shares_are_refused_by_both(void)
{
	struct fault_env f;
	struct pake_record record;
	uint8_t bad[65];

	start_env(&f, 7);
	CU_ASSERT_EQUAL(pake_record_make(&f.env, text(PIN), NULL, &record), TREC_OK);
	CU_ASSERT_EQUAL(reply_to(&f.env, &record, crypto_p256_m), TREC_OK);
	CU_ASSERT_EQUAL(answer_to(&f.env, &record.params, crypto_p256_m), TREC_E_WRONG_PIN);
	for (int kind = 0; kind < 4; kind++) {
		memcpy(bad, crypto_p256_m, 65);
		switch (kind) {
		case 0: /* infinity, in the room of a share */
			memset(bad, 0, 65);
			break;
		case 1: /* off the curve */
			bad[64] ^= 1;
			break;
		case 2: /* compressed, padded */
			bad[0] = 2;
			memset(bad + 33, 0, 32);
			break;
		default: /* x not below p */
			memset(bad + 1, 0xff, 32);
		}
		CU_ASSERT_EQUAL(reply_to(&f.env, &record, bad), TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(answer_to(&f.env, &record.params, bad), TREC_E_MALFORMED);
	}
	/* shares whose blinding is all there is: X - w0*M is infinity */
	CU_ASSERT_EQUAL(reply_to(&f.env, &record, record.w0m), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(answer_to(&f.env, &record.params, record.w0n), TREC_E_MALFORMED);
}

static void calls_out_of_order_are_refused(void)
{
	struct fault_env f;
	struct pake_record record;
	struct pake_verifier *v = NULL;
	struct pake_prover *p = NULL;
	uint8_t share[65];
	uint8_t confirm[32] = { 0 };
	uint8_t key[32];

	start_env(&f, 8);
	CU_ASSERT_EQUAL(pake_record_make(&f.env, text(PIN), NULL, &record), TREC_OK);
	CU_ASSERT_EQUAL(pake_prover_new(&f.env, &p), TREC_OK);
	CU_ASSERT_EQUAL(pake_prover_share(p, share), TREC_E_STATE);
	CU_ASSERT_EQUAL(pake_prover_finish(p, text("c"), crypto_p256_m, confirm, confirm, key),
			TREC_E_STATE);
	CU_ASSERT_EQUAL(pake_prover_stretch(p, text(PIN), &record.params, NULL), TREC_OK);
	CU_ASSERT_EQUAL(pake_prover_stretch(p, text(PIN), &record.params, NULL), TREC_E_STATE);
	pake_prover_free(&p);
	CU_ASSERT_EQUAL(pake_verifier_new(&f.env, &v), TREC_OK);
	CU_ASSERT_EQUAL(pake_verifier_finish(v, confirm, key), TREC_E_STATE);
	CU_ASSERT_EQUAL(pake_verifier_reply(v, &record, NULL, text("c"), crypto_p256_m, share,
					    confirm),
			TREC_OK);
	CU_ASSERT_EQUAL(pake_verifier_reply(v, &record, NULL, text("c"), crypto_p256_m, share,
					    confirm),
			TREC_E_STATE);
	memset(confirm, 0, sizeof confirm);
	CU_ASSERT_EQUAL(pake_verifier_finish(v, confirm, key), TREC_E_WRONG_PIN);
	CU_ASSERT_EQUAL(pake_verifier_finish(v, confirm, key), TREC_E_STATE);
	pake_verifier_free(&v);
}

static void pins_and_costs_are_checked_before_any_work(void)
{
	static const char *const bad_pins[] = { "",	  "12345",  "1234567890123", "12345a",
						"123 45", "-12345", "12345\n" };
	struct fault_env f;
	struct pake_record record;
	struct pake_prover *p = NULL;
	struct pake_params params = { { 4, 8, 1 }, { 0 } };

	start_env(&f, 9);
	for (size_t i = 0; i < BASE_COUNT(bad_pins); i++)
		CU_ASSERT_EQUAL(pake_record_make(&f.env, text(bad_pins[i]), NULL, &record),
				TREC_E_BAD_PIN);
	for (unsigned log_n = 0; log_n < 40; log_n++) {
		params.scrypt.log_n = log_n;
		CU_ASSERT_EQUAL(pake_prover_new(&f.env, &p), TREC_OK);
		CU_ASSERT_EQUAL(pake_prover_stretch(p, text(PIN), &params, NULL),
				log_n == 4 ? TREC_OK : TREC_E_MALFORMED);
		pake_prover_free(&p);
	}
	CU_ASSERT_EQUAL(pake_record_make(&f.env, text(PIN), NULL, &record), TREC_OK);
	CU_ASSERT_EQUAL(pake_record_check(&f.env, &record), TREC_OK);
	record.l[5] ^= 1;
	CU_ASSERT_EQUAL(pake_record_check(&f.env, &record), TREC_E_MALFORMED);
}

/* ---- failing memory and random numbers --------------------------------------------------- */

static bool run_fails_clean(struct fault_env *f, void *ctx)
{
	struct run r = { .env = &f->env, .pin_p = PIN, .pin_v = PIN };

	(void)ctx;
	f->env.scrypt_log_n_max = 4;
	run(&r);
	if (r.prover == TREC_OK && r.verifier == TREC_OK)
		return memcmp(r.key_p, r.key_v, 32) == 0;
	return no_keys(&r) && (r.prover == TREC_E_RANDOM || r.verifier == TREC_E_RANDOM);
}

static void c631_a_random_failure_aborts_a_run(void)
{
	CU_ASSERT(fault_env_each_random(run_fails_clean, NULL, 100));
}

/* A run makes some 2500, nearly all of them points of wolfSSL's cache: a step of 23 meets each
   kind. */
static void failing_memory_fails_the_run(void)
{
	struct fault_env f;
	struct fault_budget b = { 0, true };

	start_env(&f, 10);
	struct run r = { .env = &f.env, .pin_p = PIN, .pin_v = PIN };

	for (uint64_t n = 0; b.hit && n < 10000; n += n < 10 ? 1 : 23) {
		b = (struct fault_budget){ n, false };
		crypto_alloc_gate(fault_spend, &b);
		run(&r);
		crypto_alloc_gate(NULL, NULL);
		if (b.hit) {
			CU_ASSERT(no_keys(&r));
			CU_ASSERT(r.prover == TREC_E_NO_MEMORY || r.verifier == TREC_E_NO_MEMORY);
		}
	}
	CU_ASSERT_FALSE(b.hit);
	CU_ASSERT_EQUAL(r.verifier, TREC_OK);
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_verifier_is_prepared_at_most_once_and_answers_once),
	SUITE_CASE(c631_c1_same_pin_gives_the_same_key),
	SUITE_CASE(c631_c1_wrong_pin_fails_at_the_first_confirmation),
	SUITE_CASE(every_altered_byte_fails_the_run),
	SUITE_CASE(other_context_fails_the_run),
	SUITE_CASE(unacceptable_shares_are_refused_by_both),
	SUITE_CASE(calls_out_of_order_are_refused),
	SUITE_CASE(pins_and_costs_are_checked_before_any_work),
	SUITE_CASE(c631_a_random_failure_aborts_a_run),
	SUITE_CASE(failing_memory_fails_the_run),
};

int main(void)
{
	if (crypto_init() != TREC_OK)
		return 1;
	int status = suite_main("pake", cases, BASE_COUNT(cases));

	crypto_done();
	return status;
}
