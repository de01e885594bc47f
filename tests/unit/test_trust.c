/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about statements: what is accepted, and why each other one is refused. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/cbor.h"
#include "proto/trust/statement.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

/* Two devices; a speaks to b. */
struct device {
	struct crypto_key *key;
	struct trec_signer signer;
	struct trec_id id;
};

static struct fault_env fault;
static const struct trec_env *env = &fault.env;
static struct device devices[3];
static struct device *const a = &devices[0]; /* Ed25519 */
static struct device *const b = &devices[1]; /* Ed25519 */
static struct device *const p = &devices[2]; /* P-256 */

struct sample {
	uint8_t bytes[TRUST_STATEMENT_MAX];
	size_t n;
	struct trust_claims claims;
	struct trust_expect expect;
};

static struct trec_bytes spki_of(const struct device *d)
{
	return trec_bytes(d->signer.spki, d->signer.spki_len);
}

static struct trec_bytes bytes_of(const struct sample *s)
{
	return trec_bytes(s->bytes, s->n);
}

static bool make_device(trec_key_alg alg, struct device *d)
{
	if (crypto_key_generate(env, alg, &d->key) != TREC_OK)
		return false;
	crypto_key_signer(d->key, &d->signer);
	return crypto_spki_check(spki_of(d), NULL, &d->id) == TREC_OK;
}

static void expect_from(struct sample *s, enum trust_kind kind, const struct device *from,
			const struct device *to)
{
	memset(&s->expect, 0, sizeof s->expect);
	s->expect.kind = kind;
	s->expect.issuer_spki = spki_of(from);
	s->expect.me = to->id;
}

static void make(struct sample *s, enum trust_kind kind, const struct device *from,
		 const struct trec_id *sub, const struct device *to)
{
	CU_ASSERT_EQUAL_FATAL(trust_make(env, kind, &from->signer, sub, &to->id, s->bytes,
					 sizeof s->bytes, &s->n, &s->claims),
			      TREC_OK);
	expect_from(s, kind, from, to);
}

static enum trust_verdict judge(const struct sample *s)
{
	struct trust_claims out;
	enum trust_verdict v = trust_verify(env, bytes_of(s), &s->expect, &out);
	static const struct trust_claims none;

	CU_ASSERT_EQUAL(v == TRUST_ACCEPTED, memcmp(&out, &s->claims, sizeof out) == 0);
	if (v != TRUST_ACCEPTED)
		CU_ASSERT_EQUAL(memcmp(&out, &none, sizeof out), 0);
	return v;
}

static void a_revoke_is_accepted_from_either_kind_of_key(void)
{
	struct sample s;

	make(&s, TRUST_REVOKE, a, &a->id, b);
	CU_ASSERT_EQUAL(judge(&s), TRUST_ACCEPTED);
	CU_ASSERT_EQUAL(s.claims.exp - s.claims.iat, TRUST_LIFE_S);
	s.expect.own_session = true;
	CU_ASSERT_EQUAL(judge(&s), TRUST_ACCEPTED);
	make(&s, TRUST_REVOKE, p, &p->id, b);
	CU_ASSERT_EQUAL(judge(&s), TRUST_ACCEPTED);
	CU_ASSERT(s.n < 400);
}

static bool is_not_accepted(struct trec_bytes variant, void *ctx)
{
	const struct sample *s = ctx;
	struct trust_claims out;
	enum trust_verdict v = trust_verify(env, variant, &s->expect, &out);

	return v == TRUST_MALFORMED || v == TRUST_SIGNATURE || v == TRUST_ISSUER ||
	       v == TRUST_ALGORITHM || v == TRUST_TOO_LARGE;
}

static void every_altered_byte_is_refused(void)
{
	struct sample s;

	make(&s, TRUST_REVOKE, a, &a->id, b);
	s.expect.own_session = true;
	CU_ASSERT(sweep_bits(bytes_of(&s), is_not_accepted, &s));
	CU_ASSERT(sweep_truncations(bytes_of(&s), is_not_accepted, &s));
	CU_ASSERT(sweep_trailing(bytes_of(&s), is_not_accepted, &s));
	make(&s, TRUST_REVOKE, p, &p->id, b);
	s.expect.own_session = true;
	CU_ASSERT(sweep_bits(bytes_of(&s), is_not_accepted, &s));
}

static void signature_of_another_kind_is_refused(void)
{
	struct sample s;

	make(&s, TRUST_REVOKE, a, &a->id, b);
	s.expect.kind = TRUST_TOMBSTONE;
	CU_ASSERT_EQUAL(judge(&s), TRUST_SIGNATURE);
	make(&s, TRUST_TOMBSTONE, a, &a->id, b);
	CU_ASSERT_EQUAL(judge(&s), TRUST_ACCEPTED);
	s.expect.kind = TRUST_REVOKE;
	s.expect.own_session = true;
	CU_ASSERT_EQUAL(judge(&s), TRUST_SIGNATURE);
}

static void issuer_audience_and_subject_must_fit(void)
{
	struct sample s;

	make(&s, TRUST_REVOKE, a, &a->id, b);
	s.expect.issuer_spki = spki_of(b);
	CU_ASSERT_EQUAL(judge(&s), TRUST_ISSUER);
	s.expect.issuer_spki = spki_of(p);
	CU_ASSERT_EQUAL(judge(&s), TRUST_ISSUER);
	s.expect.issuer_spki = trec_bytes(NULL, 0);
	CU_ASSERT_EQUAL(judge(&s), TRUST_ISSUER);
	s.expect.issuer_spki = spki_of(a);
	s.expect.me = p->id;
	CU_ASSERT_EQUAL(judge(&s), TRUST_AUDIENCE);
	make(&s, TRUST_REVOKE, a, &p->id, b);
	CU_ASSERT_EQUAL(judge(&s), TRUST_SUBJECT);
	make(&s, TRUST_TOMBSTONE, a, &p->id, b);
	CU_ASSERT_EQUAL(judge(&s), TRUST_ACCEPTED);
	make(&s, TRUST_TOMBSTONE, a, &b->id, b);
	CU_ASSERT_EQUAL(judge(&s), TRUST_SUBJECT);
}

/* The statement and the ids in it are in order; no signature can fit a key that is no point. */
static void issuer_off_the_curve_is_refused(void)
{
	struct device d = { .signer = a->signer };
	struct sample s;

	memset(d.signer.spki + d.signer.spki_len - 32, 0, 32);
	d.signer.spki[d.signer.spki_len - 32] = 2; /* no point has y = 2 */
	CU_ASSERT_EQUAL(crypto_spki_check(spki_of(&d), NULL, &d.id), TREC_OK);
	make(&s, TRUST_REVOKE, &d, &d.id, b);
	s.expect.own_session = true;
	CU_ASSERT_EQUAL(judge(&s), TRUST_SIGNATURE);
}

static void time_is_judged_by_a_trusted_clock_only(void)
{
	struct sample s;
	int64_t then = fault.wall_s;

	make(&s, TRUST_REVOKE, a, &a->id, b);
	fault.wall_s = then - TRUST_AHEAD_MAX_S;
	CU_ASSERT_EQUAL(judge(&s), TRUST_ACCEPTED);
	fault.wall_s--;
	CU_ASSERT_EQUAL(judge(&s), TRUST_NOT_YET);
	fault.wall_s = then + TRUST_LIFE_S - 1;
	CU_ASSERT_EQUAL(judge(&s), TRUST_ACCEPTED);
	fault.wall_s++;
	CU_ASSERT_EQUAL(judge(&s), TRUST_EXPIRED);
	s.expect.own_session = true;
	CU_ASSERT_EQUAL(judge(&s), TRUST_ACCEPTED);
	s.expect.own_session = false;
	fault.wall_s = then;
	fault.wall_trusted = false;
	CU_ASSERT_EQUAL(judge(&s), TRUST_NO_CLOCK);
	s.expect.own_session = true;
	CU_ASSERT_EQUAL(judge(&s), TRUST_ACCEPTED);
	make(&s, TRUST_REVOKE, a, &a->id, b);
	fault.wall_trusted = true;
	CU_ASSERT_EQUAL(s.claims.iat, 0);
	CU_ASSERT_EQUAL(s.claims.exp, 0);
	CU_ASSERT_EQUAL(judge(&s), TRUST_NO_CLOCK);
	s.expect.own_session = true;
	CU_ASSERT_EQUAL(judge(&s), TRUST_ACCEPTED);
}

static void a_tombstone_needs_a_clock_even_over_the_issuers_session(void)
{
	struct sample s;

	make(&s, TRUST_TOMBSTONE, a, &p->id, b);
	s.expect.own_session = true;
	fault.wall_trusted = false;
	CU_ASSERT_EQUAL(judge(&s), TRUST_NO_CLOCK);
	fault.wall_trusted = true;
}

static bool seen_already(void *ctx, const struct trec_id *iss, const uint8_t cti[TRUST_CTI_LEN])
{
	const struct sample *s = ctx;

	return memcmp(iss, &s->claims.iss, sizeof *iss) == 0 &&
	       memcmp(cti, s->claims.cti, TRUST_CTI_LEN) == 0;
}

static void a_replay_is_refused(void)
{
	struct sample s, other;

	make(&s, TRUST_REVOKE, a, &a->id, b);
	make(&other, TRUST_REVOKE, a, &a->id, b);
	s.expect.seen = seen_already;
	s.expect.seen_ctx = &s;
	CU_ASSERT_EQUAL(judge(&s), TRUST_REPLAYED);
	s.expect.seen_ctx = &other;
	CU_ASSERT_EQUAL(judge(&s), TRUST_ACCEPTED);
}

/* ---- statements nobody of ours would make
 * -------------------------------------------------- */

/* Signs given header and payload bytes, so that only their content can be what
 * is refused. */
static enum trust_verdict signed_by_a(struct trec_bytes header, struct trec_bytes payload)
{
	struct sample s;
	struct trust_claims out;
	uint8_t to_sign[TRUST_TO_SIGN_MAX];
	uint8_t sig[TREC_SIG_MAX];
	size_t n = 0;

	expect_from(&s, TRUST_REVOKE, a, b);
	CU_ASSERT(trust_encode_to_sign(TRUST_REVOKE, header, payload, to_sign, &n));
	CU_ASSERT_EQUAL(a->signer.sign(a->signer.ctx, trec_bytes(to_sign, n), sig, sizeof sig, &n),
			TREC_OK);
	struct trust_parts parts = { .protected_header = header,
				     .payload = payload,
				     .signature = trec_bytes(sig, n) };

	CU_ASSERT(trust_encode(&parts, s.bytes, sizeof s.bytes, &s.n));
	return trust_verify(env, bytes_of(&s), &s.expect, &out);
}

static enum trust_verdict signed_claims(const struct trust_claims *c)
{
	uint8_t header[64], payload[TRUST_STATEMENT_MAX];
	size_t h = 0;
	size_t n = 0;

	CU_ASSERT(trust_encode_header(trust_alg(TREC_KEY_ED25519), &a->id, header, sizeof header,
				      &h));
	CU_ASSERT(trust_encode_claims(c, payload, sizeof payload, &n));
	return signed_by_a(trec_bytes(header, h), trec_bytes(payload, n));
}

static void signed_nonsense_is_refused_for_what_it_is(void)
{
	struct trust_claims c = { .iss = a->id,
				  .sub = a->id,
				  .aud = b->id,
				  .iat = fault.wall_s,
				  .exp = fault.wall_s + 60 };
	uint8_t header[64], payload[TRUST_STATEMENT_MAX];
	size_t h = 0;
	size_t n = 0;

	CU_ASSERT_EQUAL(signed_claims(&c), TRUST_ACCEPTED);
	c.exp = c.iat + TRUST_LIFE_S + 1;
	CU_ASSERT_EQUAL(signed_claims(&c), TRUST_LIFE);
	c.exp = c.iat + 60;
	c.iss = p->id;
	CU_ASSERT_EQUAL(signed_claims(&c), TRUST_ISSUER);
	c.iss = a->id;
	CU_ASSERT(trust_encode_claims(&c, payload, sizeof payload, &n));
	CU_ASSERT(trust_encode_header(trust_alg(TREC_KEY_P256), &a->id, header, sizeof header, &h));
	CU_ASSERT_EQUAL(signed_by_a(trec_bytes(header, h), trec_bytes(payload, n)),
			TRUST_ALGORITHM);
	CU_ASSERT(trust_encode_header(trust_alg(TREC_KEY_ED25519), &b->id, header, sizeof header,
				      &h));
	CU_ASSERT_EQUAL(signed_by_a(trec_bytes(header, h), trec_bytes(payload, n)), TRUST_ISSUER);
	CU_ASSERT(trust_encode_header(trust_alg(TREC_KEY_ED25519), &a->id, header, sizeof header,
				      &h));
	/* the text id in lower case is the same id in a second encoding */
	for (size_t i = 0; i < n; i++)
		if (memcmp(payload + i, "trec:", 5) == 0) {
			for (size_t k = i + 5; k < i + 5 + TREC_ID_TEXT_LEN; k++)
				if (payload[k] >= 'A' && payload[k] <= 'Z')
					payload[k] = (uint8_t)(payload[k] | 0x20);
			break;
		}
	CU_ASSERT_EQUAL(signed_by_a(trec_bytes(header, h), trec_bytes(payload, n)),
			TRUST_MALFORMED);
}

static void oversized_statements_are_not_even_read(void)
{
	static uint8_t big[TRUST_STATEMENT_MAX + 1];
	struct sample s;
	struct trust_claims out;

	expect_from(&s, TRUST_REVOKE, a, b);
	CU_ASSERT_EQUAL(trust_verify(env, trec_bytes(big, sizeof big), &s.expect, &out),
			TRUST_TOO_LARGE);
}

static void making_fails_clean(void)
{
	uint8_t out[TRUST_STATEMENT_MAX];
	struct trust_claims made;
	size_t n = 1;

	CU_ASSERT_EQUAL(
		trust_make(env, TRUST_REVOKE, &a->signer, &a->id, &b->id, out, 100, &n, &made),
		TREC_E_NO_SPACE);
	CU_ASSERT_EQUAL(n, 0);
	fault.fail_random = 0;
	CU_ASSERT_EQUAL(trust_make(env, TRUST_REVOKE, &a->signer, &a->id, &b->id, out, sizeof out,
				   &n, &made),
			TREC_E_RANDOM);
	fault.fail_random = FAULT_NEVER;
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(made.iat, 0);
}

static bool deny(void *ctx)
{
	(void)ctx;
	return false;
}

static void without_memory_nothing_is_accepted(void)
{
	struct sample s;

	make(&s, TRUST_REVOKE, p, &p->id, b);
	crypto_alloc_gate(deny, NULL);
	enum trust_verdict v = judge(&s);

	crypto_alloc_gate(NULL, NULL);
	CU_ASSERT_NOT_EQUAL(v, TRUST_ACCEPTED);
}

static void every_verdict_has_its_text(void)
{
	for (int v = 0; v < TRUST_VERDICT_COUNT; v++)
		CU_ASSERT(strlen(trust_verdict_text((enum trust_verdict)v)) > 0);
	CU_ASSERT_STRING_EQUAL(trust_verdict_text(TRUST_VERDICT_COUNT),
			       trust_verdict_text(TRUST_FAILED));
}

static const struct suite_case cases[] = {
	SUITE_CASE(a_revoke_is_accepted_from_either_kind_of_key),
	SUITE_CASE(every_altered_byte_is_refused),
	SUITE_CASE(signature_of_another_kind_is_refused),
	SUITE_CASE(issuer_audience_and_subject_must_fit),
	SUITE_CASE(issuer_off_the_curve_is_refused),
	SUITE_CASE(time_is_judged_by_a_trusted_clock_only),
	SUITE_CASE(a_tombstone_needs_a_clock_even_over_the_issuers_session),
	SUITE_CASE(a_replay_is_refused),
	SUITE_CASE(signed_nonsense_is_refused_for_what_it_is),
	SUITE_CASE(oversized_statements_are_not_even_read),
	SUITE_CASE(making_fails_clean),
	SUITE_CASE(without_memory_nothing_is_accepted),
	SUITE_CASE(every_verdict_has_its_text),
};

int main(void)
{
	fault_env_init(&fault, 13);
	if (crypto_init() != TREC_OK || !make_device(TREC_KEY_ED25519, a) ||
	    !make_device(TREC_KEY_ED25519, b) || !make_device(TREC_KEY_P256, p))
		return 1;
	int status = suite_main("trust", cases, BASE_COUNT(cases));

	for (size_t i = 0; i < BASE_COUNT(devices); i++)
		crypto_key_free(&devices[i].key);
	crypto_done();
	return status;
}
