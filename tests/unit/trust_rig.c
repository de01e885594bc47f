/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See trust_rig.h. */
#include <string.h>

#include "proto/base/base.h"
#include "tests/unit/trust_rig.h"

struct fault_env tr_fault;
const struct trec_env *const tr_env = &tr_fault.env;
struct tr_device tr_devices[5];
const uint8_t tr_nonce[TRUST_NONCE_LEN] = "asked in this session, and once";

struct trec_bytes tr_spki(const struct tr_device *d)
{
	return trec_bytes(d->signer.spki, d->signer.spki_len);
}

struct trec_bytes tr_cert(const struct tr_device *d)
{
	return trec_bytes(d->cert, d->cert_len);
}

struct trec_bytes tr_bytes(const struct tr_sample *s)
{
	return trec_bytes(s->bytes, s->n);
}

/* ---- made by ours ------------------------------------------------------------------------ */

static void expect_from(struct tr_sample *s, enum trust_kind kind, const struct tr_device *from,
			const struct tr_device *to)
{
	memset(&s->expect, 0, sizeof s->expect);
	s->kind = s->expect.kind = kind;
	s->expect.issuer_spki = tr_spki(from);
	s->expect.me = to->id;
}

void tr_make(struct tr_sample *s, enum trust_kind kind, const struct tr_device *from,
	     const struct trec_id *sub, const struct tr_device *to)
{
	CU_ASSERT_EQUAL_FATAL(trust_make(tr_env, kind, &from->signer, sub,
					 kind == TRUST_REVOKE ? &to->id : NULL, s->bytes,
					 TRUST_SHORT_MAX, &s->n, &s->claims),
			      TREC_OK);
	expect_from(s, kind, from, to);
}

void tr_introduce(struct tr_sample *s, const struct tr_device *from, const struct tr_device *about,
		  const struct tr_device *to, const uint8_t *nonce)
{
	struct msg_rights rights = { 0 };
	struct msg_hints hints = { 0 };
	struct trust_introduction what = {
		.aud = to->id,
		.cert = tr_cert(about),
		.name = "lamp in the hall",
		.kind = "lamp",
		.rights = &rights,
		.hints = &hints,
		.nonce = nonce,
	};

	CU_ASSERT(msg_rights_add(&rights, MSG_RIGHT_ANY_SERVICE));
	CU_ASSERT(msg_hints_add(&hints, "tcp://192.0.2.7:7443"));
	CU_ASSERT_EQUAL_FATAL(trust_make_introduction(tr_env, &from->signer, &what, s->bytes,
						      TRUST_STATEMENT_MAX, &s->n, &s->claims),
			      TREC_OK);
	expect_from(s, TRUST_INTRODUCTION, from, to);
	s->expect.nonce = nonce;
}

void tr_succeed(struct tr_sample *s, const struct tr_device *old, const struct tr_device *now)
{
	CU_ASSERT_EQUAL_FATAL(trust_make_succession(tr_env, &old->signer, &now->signer,
						    tr_cert(now), 7, s->bytes, TRUST_STATEMENT_MAX,
						    &s->n, &s->claims),
			      TREC_OK);
	expect_from(s, TRUST_SUCCESSION, old, tr_b);
}

/* ---- made by nobody of ours -------------------------------------------------------------- */

static void seal(const struct tr_device *d, const char *purpose, struct trec_bytes header,
		 struct trec_bytes payload, uint8_t sig[TRUST_SIG_LEN], struct trust_seal *out)
{
	uint8_t to_sign[TRUST_TO_SIGN_MAX];
	uint8_t made[TREC_SIG_MAX];
	size_t n = 0;

	CU_ASSERT_FATAL(trust_encode_to_sign(purpose, header, payload, to_sign, &n));
	CU_ASSERT_EQUAL_FATAL(
		d->signer.sign(d->signer.ctx, trec_bytes(to_sign, n), made, sizeof made, &n),
		TREC_OK);
	if (d->signer.alg == TREC_KEY_P256)
		CU_ASSERT_EQUAL_FATAL(crypto_ecdsa_to_raw(trec_bytes(made, n), sig), TREC_OK)
	else
		memcpy(sig, made, TRUST_SIG_LEN);
	out->header = header;
	out->signature = trec_bytes(sig, TRUST_SIG_LEN);
}

void tr_sign(struct tr_sample *s, const char *purpose, const struct tr_device *from,
	     struct trec_bytes header, struct trec_bytes payload, const struct tr_device *second,
	     struct trec_bytes second_header)
{
	struct trust_parts parts = { .payload = payload };
	uint8_t sigs[2][TRUST_SIG_LEN];

	seal(from, purpose, header, payload, sigs[0], &parts.issuer);
	if (second != NULL)
		seal(second, TRUST_PURPOSE_SUCCESSION_NEW, second_header, payload, sigs[1],
		     &parts.subject);
	CU_ASSERT_FATAL(trust_encode(&parts, s->bytes, sizeof s->bytes, &s->n));
}

void tr_resign(struct tr_sample *s, const char *purpose, const struct tr_device *from,
	       const struct tr_device *second)
{
	uint8_t payload[TRUST_STATEMENT_MAX];
	uint8_t headers[2][TRUST_HEADER_LEN];
	struct trec_bytes header[2] = { { headers[0], 0 }, { headers[1], 0 } };
	const struct tr_device *by[2] = { from, second };
	size_t n = 0;

	CU_ASSERT_FATAL(trust_encode_claims(s->kind, &s->claims, payload, sizeof payload, &n));
	for (size_t i = 0; i < 2 && by[i] != NULL; i++)
		CU_ASSERT_FATAL(trust_encode_header(trust_alg(by[i]->signer.alg), &by[i]->id,
						    headers[i], sizeof headers[i], &header[i].n));
	tr_sign(s, purpose != NULL ? purpose : trust_kind_text(s->kind), from, header[0],
		trec_bytes(payload, n), second, header[1]);
}

/* ---- judging ----------------------------------------------------------------------------- */

static bool same(const struct trust_claims *x, const struct trust_claims *y)
{
	uint8_t bytes[2][TRUST_STATEMENT_MAX];
	size_t n[2] = { 0, 0 };
	const struct trust_claims *c[2] = { x, y };

	/* all that a kind has is in its encoding; what it does not have is zero */
	for (int kind = 0; kind < TRUST_KIND_COUNT; kind++) {
		for (int i = 0; i < 2; i++)
			if (!trust_encode_claims((enum trust_kind)kind, c[i], bytes[i],
						 sizeof bytes[i], &n[i]))
				n[i] = 0;
		if (!trec_bytes_equal(trec_bytes(bytes[0], n[0]), trec_bytes(bytes[1], n[1])))
			return false;
	}
	return x->spki_len == y->spki_len && x->issuer_spki_len == y->issuer_spki_len &&
	       trec_bytes_equal(x->cert, y->cert) && memcmp(&x->aud, &y->aud, sizeof x->aud) == 0;
}

enum trust_verdict tr_judge(const struct tr_sample *s)
{
	static const struct trust_claims none;
	struct trust_claims out;
	enum trust_verdict v;

	memset(&out, 0x77, sizeof out);
	v = trust_verify(tr_env, tr_bytes(s), &s->expect, &out);
	if (v == TRUST_ACCEPTED)
		CU_ASSERT(same(&out, &s->claims))
	else
		CU_ASSERT_EQUAL(memcmp(&out, &none, sizeof out), 0);
	return v;
}

void tr_has_its_time(const struct tr_sample *s)
{
	tr_fault.wall_s = s->claims.iat - TRUST_AHEAD_MAX_S;
	CU_ASSERT_EQUAL(tr_judge(s), TRUST_ACCEPTED);
	tr_fault.wall_s--;
	CU_ASSERT_EQUAL(tr_judge(s), TRUST_NOT_YET);
	tr_fault.wall_s = s->claims.iat + TRUST_LIFE_S - 1;
	CU_ASSERT_EQUAL(tr_judge(s), TRUST_ACCEPTED);
	tr_fault.wall_s++;
	CU_ASSERT_EQUAL(tr_judge(s), TRUST_EXPIRED);
}

bool tr_seen(void *ctx, const struct trec_id *iss, const uint8_t cti[TRUST_CTI_LEN])
{
	const struct tr_sample *s = ctx;

	return memcmp(iss, &s->claims.iss, sizeof *iss) == 0 &&
	       memcmp(cti, s->claims.cti, TRUST_CTI_LEN) == 0;
}

bool tr_refused_unread(struct trec_bytes variant, void *ctx)
{
	const struct tr_sample *s = ctx;
	struct trust_claims out;
	enum trust_verdict v = trust_verify(tr_env, variant, &s->expect, &out);

	return v == TRUST_MALFORMED || v == TRUST_SIGNATURE || v == TRUST_ISSUER ||
	       v == TRUST_ALGORITHM || v == TRUST_TOO_LARGE || v == TRUST_ISSUER_KEY ||
	       v == TRUST_SUCCESSOR;
}

/* ---- the program ------------------------------------------------------------------------- */

static bool make_device(trec_key_alg alg, struct tr_device *d)
{
	if (crypto_key_generate(tr_env, alg, &d->key) != TREC_OK)
		return false;
	crypto_key_signer(d->key, &d->signer);
	return crypto_spki_check(tr_spki(d), NULL, &d->id) == TREC_OK &&
	       crypto_cert_make(tr_env, &d->signer, NULL, d->cert, sizeof d->cert, &d->cert_len) ==
		       TREC_OK;
}

int tr_main(const char *module, const struct suite_case *cases, size_t n)
{
	fault_env_init(&tr_fault, fault_env_seed(13));
	if (crypto_init() != TREC_OK)
		return 1;
	for (size_t i = 0; i < BASE_COUNT(tr_devices); i++)
		if (!make_device(i == 2 || i == 3 ? TREC_KEY_P256 : TREC_KEY_ED25519,
				 &tr_devices[i]))
			return 1;
	int status = suite_main(module, cases, n);

	for (size_t i = 0; i < BASE_COUNT(tr_devices); i++)
		crypto_key_free(&tr_devices[i].key);
	crypto_done();
	return status;
}
