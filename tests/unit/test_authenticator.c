/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exported authenticators over fixed exporter secrets, and bound to real channels. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/tls/authenticator.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"
#include "tests/unit/tls_rig.h"

/* Exporter secrets 00.. 20.. 40.. 60.., as an exporter with a counter would give them. */
static struct ea_keys fixed_keys(void)
{
	struct ea_keys k;
	uint8_t *rows[] = { k.handshake_context[0], k.handshake_context[1], k.finished_key[0],
			    k.finished_key[1] };

	for (size_t row = 0; row < BASE_COUNT(rows); row++)
		for (size_t i = 0; i < EA_HASH_LEN; i++)
			rows[row][i] = (uint8_t)(row * 32 + i);
	return k;
}

static const trec_key_alg algs[] = { TREC_KEY_ED25519, TREC_KEY_P256 };

/* One authenticator and all that it was made of. */
struct sample {
	struct ea_keys keys;
	enum chan_role maker;
	struct rig_ident *id;
	uint8_t request[EA_REQUEST_LEN];
	uint8_t bytes[EA_MAX];
	size_t n;
};

static void make_sample(struct sample *s, trec_key_alg alg, enum chan_role maker)
{
	s->keys = fixed_keys();
	s->maker = maker;
	s->id = rig_ident(alg, 0);
	CU_ASSERT_EQUAL(ea_request_make(trec_env_default(), chan_other(maker), s->request),
			TREC_OK);
	CU_ASSERT_EQUAL(ea_make(&s->keys, maker, trec_bytes(s->request, sizeof s->request),
				rig_cert(s->id), &s->id->signer, s->bytes, sizeof s->bytes, &s->n),
			TREC_OK);
}

static trec_err check(const struct sample *s, struct trec_bytes a, struct trec_bytes *cert)
{
	return ea_verify(&s->keys, s->maker, trec_bytes(s->request, sizeof s->request), a, cert);
}

static bool is_refused(struct trec_bytes variant, void *ctx)
{
	const struct sample *s = ctx;
	struct trec_bytes cert;
	trec_err err = check(s, variant, &cert);

	return (err == TREC_E_MALFORMED || err == TREC_E_WRONG_CERTIFICATE) && cert.n == 0;
}

/* ---- requests ---------------------------------------------------------------------------- */

static void requests_are_of_one_form(void)
{
	static const char head[2][11] = { "1100002d20", "0d00002d20" };
	uint8_t want[EA_REQUEST_LEN], got[EA_REQUEST_LEN];

	for (int role = 0; role < 2; role++) {
		CU_ASSERT_EQUAL(ea_request_make(trec_env_default(), (enum chan_role)role, got),
				TREC_OK);
		sweep_unhex(head[role], want, 5);
		memcpy(want + 5, got + 5, 32);
		sweep_unhex("000a000d0006000408070403", want + 37, 12);
		CU_ASSERT_EQUAL(memcmp(want, got, sizeof want), 0);
		CU_ASSERT_EQUAL(ea_request_check((enum chan_role)role, trec_bytes(got, sizeof got)),
				TREC_OK);
		CU_ASSERT_EQUAL(ea_request_check(chan_other((enum chan_role)role),
						 trec_bytes(got, sizeof got)),
				TREC_E_MALFORMED);
	}
}

static bool request_stands(struct trec_bytes variant, void *ctx)
{
	const uint8_t *request = ctx;
	bool context_only = variant.n == EA_REQUEST_LEN && memcmp(variant.p, request, 5) == 0 &&
			    memcmp(variant.p + 37, request + 37, 12) == 0;

	return (ea_request_check(CHAN_CLIENT, variant) == TREC_OK) == context_only;
}

static void a_request_with_any_other_byte_is_malformed(void)
{
	uint8_t request[EA_REQUEST_LEN];
	struct trec_bytes r = trec_bytes(request, sizeof request);

	CU_ASSERT_EQUAL(ea_request_make(trec_env_default(), CHAN_CLIENT, request), TREC_OK);
	CU_ASSERT_TRUE(sweep_truncations(r, request_stands, request));
	CU_ASSERT_TRUE(sweep_bytes(r, request_stands, request));
	CU_ASSERT_TRUE(sweep_trailing(r, request_stands, request));
}

static void contexts_are_fresh_and_a_dead_generator_makes_none(void)
{
	uint8_t a[EA_REQUEST_LEN], b[EA_REQUEST_LEN];
	static const uint8_t zeros[EA_REQUEST_LEN];
	struct fault_env f;

	CU_ASSERT_EQUAL(ea_request_make(trec_env_default(), CHAN_CLIENT, a), TREC_OK);
	CU_ASSERT_EQUAL(ea_request_make(trec_env_default(), CHAN_CLIENT, b), TREC_OK);
	CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof a), 0);
	fault_env_init(&f, 1);
	f.fail_random = 0;
	CU_ASSERT_EQUAL(ea_request_make(&f.env, CHAN_CLIENT, a), TREC_E_RANDOM);
	CU_ASSERT_EQUAL(memcmp(a, zeros, sizeof a), 0);
}

/* ---- bytes ------------------------------------------------------------------------------- */

/*
 * RFC 8032 signatures repeat, so with fixed inputs the whole authenticator does. The expected
 * bytes come from hashlib, hmac and the openssl command: tests/vectors/authenticator.py.
 */
static void an_ed25519_authenticator_is_exactly_these_bytes(void)
{
	uint8_t seed[32], request[EA_REQUEST_LEN], cert[64], out[EA_MAX], want[EA_MAX];
	struct ea_keys k = fixed_keys();
	struct crypto_key *key;
	struct trec_signer signer;
	size_t n;

	for (size_t i = 0; i < 32; i++)
		seed[i] = (uint8_t)(0x80 + i);
	for (size_t i = 0; i < sizeof cert; i++)
		cert[i] = (uint8_t)(0xc0 + i);
	sweep_unhex("0d00002d20", request, 5);
	for (size_t i = 0; i < EA_CONTEXT_LEN; i++)
		request[5 + i] = (uint8_t)(0xa0 + i);
	sweep_unhex("000a000d0006000408070403", request + 37, 12);
	CU_ASSERT_EQUAL(crypto_key_import(trec_env_default(), TREC_KEY_ED25519, seed, &key),
			TREC_OK);
	crypto_key_signer(key, &signer);
	CU_ASSERT_EQUAL(ea_make(&k, CHAN_CLIENT, trec_bytes(request, sizeof request),
				trec_bytes(cert, sizeof cert), &signer, out, sizeof out, &n),
			TREC_OK);
	size_t m = sweep_unhex(
#include "tests/vectors/authenticator.h"
		, want, sizeof want);
	CU_ASSERT_TRUE(trec_bytes_equal(trec_bytes(out, n), trec_bytes(want, m)));
	if (!trec_bytes_equal(trec_bytes(out, n), trec_bytes(want, m)))
		sweep_print("authenticator", trec_bytes(out, n));
	crypto_key_free(&key);
}

static void c631_c3_both_key_kinds_prove_themselves_in_both_roles(void)
{
	for (size_t i = 0; i < 4; i++) {
		struct trec_bytes cert;
		struct sample s;

		make_sample(&s, algs[i / 2], (enum chan_role)(i % 2));
		CU_ASSERT_EQUAL(check(&s, trec_bytes(s.bytes, s.n), &cert), TREC_OK);
		CU_ASSERT_TRUE(trec_bytes_equal(cert, rig_cert(s.id)));
	}
}

static void c631_c3_any_bit_changed_in_an_authenticator_is_refused(void)
{
	for (size_t i = 0; i < BASE_COUNT(algs); i++) {
		struct sample s;

		make_sample(&s, algs[i], CHAN_SERVER);
		CU_ASSERT_TRUE(sweep_bits(trec_bytes(s.bytes, s.n), is_refused, &s));
		CU_ASSERT_TRUE(sweep_truncations(trec_bytes(s.bytes, s.n), is_refused, &s));
		CU_ASSERT_TRUE(sweep_trailing(trec_bytes(s.bytes, s.n), is_refused, &s));
	}
}

/* ---- forms that a forger with the channel's secrets could try ------------------------------ */

static uint8_t *put(uint8_t *p, const void *from, size_t n)
{
	memcpy(p, from, n);
	return p + n;
}

/* Writes a Finished that fits whatever stands before it. */
static size_t finish(const struct sample *s, uint8_t *bytes, size_t n)
{
	uint8_t hash[32], head[4] = { 20, 0, 0, 32 };
	const struct trec_bytes parts[] = {
		trec_bytes(s->keys.handshake_context[s->maker], 32),
		trec_bytes(s->request, sizeof s->request),
		trec_bytes(bytes, n),
	};
	struct trec_bytes part = trec_bytes(hash, sizeof hash);

	CU_ASSERT_EQUAL(crypto_sha256_parts(parts, 3, hash), TREC_OK);
	put(bytes + n, head, 4);
	CU_ASSERT_EQUAL(crypto_hmac(trec_bytes(s->keys.finished_key[s->maker], 32), &part, 1,
				    bytes + n + 4),
			TREC_OK);
	return n + 36;
}

struct forgery {
	size_t certs;	 /* how often the certificate stands in the list */
	size_t ext_len;	 /* bytes of extensions behind each */
	uint16_t scheme; /* 0: the right one */
	size_t spare;	 /* bytes behind the signature inside CertificateVerify */
	bool other_cert; /* somebody else's certificate, my signature */
	size_t behind;	 /* bytes behind the list inside Certificate */
};

static size_t forge(struct sample *s, const struct forgery *f, uint8_t *out)
{
	struct rig_ident *shown = f->other_cert ? rig_ident(s->id->signer.alg, 1) : s->id;
	size_t entry = 3 + shown->cert_len + 2 + f->ext_len, list = entry * f->certs;
	uint8_t message[64 + 23 + 32], sig[TREC_SIG_MAX], *p = out;
	size_t body = 33 + 3 + list + f->behind, sig_len;
	const uint8_t head[] = { 11, 0, (uint8_t)(body >> 8), (uint8_t)body, 32 };
	const uint8_t length[] = { 0, (uint8_t)(list >> 8), (uint8_t)list };

	p = put(p, head, sizeof head);
	p = put(p, s->request + 5, 32);
	p = put(p, length, 3);
	for (size_t i = 0; i < f->certs; i++) {
		const uint8_t n[] = { 0, (uint8_t)(shown->cert_len >> 8),
				      (uint8_t)shown->cert_len };

		p = put(p, n, 3);
		p = put(p, shown->cert, shown->cert_len);
		base_put16(p, (uint32_t)f->ext_len);
		memset(p + 2, 0, f->ext_len);
		p += 2 + f->ext_len;
	}
	memset(p, 0, f->behind);
	p += f->behind;
	const struct trec_bytes parts[] = {
		trec_bytes(s->keys.handshake_context[s->maker], 32),
		trec_bytes(s->request, sizeof s->request),
		trec_bytes(out, (size_t)(p - out)),
	};

	memset(message, 0x20, 64);
	memcpy(message + 64, "Exported Authenticator", 23);
	CU_ASSERT_EQUAL(crypto_sha256_parts(parts, 3, message + 87), TREC_OK);
	CU_ASSERT_EQUAL(s->id->signer.sign(s->id->signer.ctx, trec_bytes(message, sizeof message),
					   sig, sizeof sig, &sig_len),
			TREC_OK);
	uint32_t right = s->id->signer.alg == TREC_KEY_ED25519 ? 0x0807 : 0x0403;
	uint8_t verify[8] = { 15, 0, 0, (uint8_t)(4 + sig_len + f->spare) };

	base_put16(verify + 4, f->scheme ? f->scheme : right);
	base_put16(verify + 6, (uint32_t)sig_len);
	p = put(p, verify, 8);
	p = put(p, sig, sig_len);
	memset(p, 0, f->spare);
	p += f->spare;
	return finish(s, out, (size_t)(p - out));
}

static void c631_c3_only_one_form_is_accepted_even_from_the_channel_itself(void)
{
	static const struct {
		struct forgery f;
		trec_err want;
	} rows[] = {
		{ { 1, 0, 0, 0, false, 0 }, TREC_OK },
		{ { 2, 0, 0, 0, false, 0 }, TREC_E_MALFORMED },	     /* a second certificate */
		{ { 0, 0, 0, 0, false, 0 }, TREC_E_MALFORMED },	     /* none */
		{ { 1, 4, 0, 0, false, 0 }, TREC_E_MALFORMED },	     /* certificate extensions */
		{ { 1, 0, 0x0804, 0, false, 0 }, TREC_E_MALFORMED }, /* another scheme */
		{ { 1, 0, 0x0503, 0, false, 0 }, TREC_E_MALFORMED },
		{ { 1, 0, 0, 1, false, 0 }, TREC_E_MALFORMED }, /* bytes behind the signature */
		{ { 1, 0, 0, 0, true, 0 }, TREC_E_WRONG_CERTIFICATE }, /* not the signer's */
		{ { 1, 0, 0, 0, false, 1 }, TREC_E_MALFORMED },	       /* bytes behind the list */
	};
	static uint8_t bytes[4096];

	for (size_t i = 0; i < BASE_COUNT(rows) * 2; i++) {
		struct trec_bytes cert;
		struct sample s;

		make_sample(&s, algs[i % 2], CHAN_CLIENT);
		size_t n = forge(&s, &rows[i / 2].f, bytes);

		CU_ASSERT_EQUAL(check(&s, trec_bytes(bytes, n), &cert), rows[i / 2].want);
	}
}

/* ---- binding ----------------------------------------------------------------------------- */

/* Makes one on channel a for request asked there, and shows it on channel b. */
static trec_err carry(struct rig *a, enum chan_role maker, struct rig *b, enum chan_role shown_as,
		      const uint8_t *request)
{
	struct rig_ident *id = rig_ident(TREC_KEY_ED25519, 0);
	struct ea_keys mine, yours;
	uint8_t bytes[EA_MAX];
	struct trec_bytes cert;
	size_t n;

	CU_ASSERT_EQUAL(ea_keys_from(a->c[maker], &mine), TREC_OK);
	CU_ASSERT_EQUAL(ea_keys_from(b->c[chan_other(shown_as)], &yours), TREC_OK);
	CU_ASSERT_EQUAL(ea_make(&mine, maker, trec_bytes(request, EA_REQUEST_LEN), rig_cert(id),
				&id->signer, bytes, sizeof bytes, &n),
			TREC_OK);
	return ea_verify(&yours, shown_as, trec_bytes(request, EA_REQUEST_LEN),
			 trec_bytes(bytes, n), &cert);
}

static void c631_c3_authenticator_of_another_channel_is_refused(void)
{
	uint8_t request[EA_REQUEST_LEN];
	struct rig a, b;

	rig_psk_pair(&a);
	rig_psk_pair(&b);
	rig_pump(&a);
	rig_pump(&b);
	for (int maker = 0; maker < 2; maker++) {
		enum chan_role m = (enum chan_role)maker;

		CU_ASSERT_EQUAL(ea_request_make(trec_env_default(), chan_other(m), request),
				TREC_OK);
		CU_ASSERT_EQUAL(carry(&a, m, &a, m, request), TREC_OK);
		CU_ASSERT_EQUAL(carry(&b, m, &b, m, request), TREC_OK);
		CU_ASSERT_EQUAL(carry(&a, m, &b, m, request), TREC_E_WRONG_CERTIFICATE);
		CU_ASSERT_EQUAL(carry(&b, m, &a, m, request), TREC_E_WRONG_CERTIFICATE);
	}
	rig_end(&a);
	rig_end(&b);
}

static void c631_c3_authenticator_for_another_request_is_refused(void)
{
	struct trec_bytes cert;
	struct sample s;

	make_sample(&s, TREC_KEY_ED25519, CHAN_SERVER);
	CU_ASSERT_EQUAL(ea_request_make(trec_env_default(), CHAN_CLIENT, s.request), TREC_OK);
	CU_ASSERT_EQUAL(check(&s, trec_bytes(s.bytes, s.n), &cert), TREC_E_WRONG_CERTIFICATE);
	memcpy(s.bytes + 5, s.request + 5, 32); /* with the context brought up to date */
	CU_ASSERT_EQUAL(check(&s, trec_bytes(s.bytes, s.n), &cert), TREC_E_WRONG_CERTIFICATE);
}

static void c631_c3_own_authenticator_reflected_is_refused(void)
{
	struct trec_bytes cert;

	for (int maker = 0; maker < 2; maker++) {
		struct sample s;
		uint8_t request[EA_REQUEST_LEN];

		make_sample(&s, TREC_KEY_ED25519, (enum chan_role)maker);
		/* The victim asked with the same context, as far as the attacker can choose it. */
		CU_ASSERT_EQUAL(ea_request_make(trec_env_default(), s.maker, request), TREC_OK);
		memcpy(request + 5, s.request + 5, 32);
		CU_ASSERT_EQUAL(ea_verify(&s.keys, chan_other(s.maker),
					  trec_bytes(request, sizeof request),
					  trec_bytes(s.bytes, s.n), &cert),
				TREC_E_WRONG_CERTIFICATE);
	}
}

static void nobody_answers_a_request_of_its_own_role(void)
{
	struct rig_ident *id = rig_ident(TREC_KEY_ED25519, 0);
	struct ea_keys k = fixed_keys();
	uint8_t request[EA_REQUEST_LEN], out[EA_MAX];
	size_t n;

	for (int role = 0; role < 2; role++) {
		CU_ASSERT_EQUAL(ea_request_make(trec_env_default(), (enum chan_role)role, request),
				TREC_OK);
		CU_ASSERT_EQUAL(ea_make(&k, (enum chan_role)role,
					trec_bytes(request, sizeof request), rig_cert(id),
					&id->signer, out, sizeof out, &n),
				TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(n, 0);
	}
}

/* ---- failures ---------------------------------------------------------------------------- */

static trec_err dead_signer(void *ctx, struct trec_bytes message, uint8_t *sig, size_t cap,
			    size_t *sig_len)
{
	(void)ctx;
	(void)message;
	(void)sig;
	(void)cap;
	*sig_len = 0;
	return TREC_E_RANDOM;
}

static void failures_leave_nothing_behind(void)
{
	struct rig_ident *id = rig_ident(TREC_KEY_ED25519, 0);
	struct trec_signer dead = id->signer;
	uint8_t out[EA_MAX], big[TREC_CERT_MAX + 1] = { 0 };
	struct trec_bytes request;
	struct sample s;
	struct rig r;
	size_t n = 1;

	make_sample(&s, TREC_KEY_ED25519, CHAN_CLIENT);
	request = trec_bytes(s.request, sizeof s.request);
	dead.sign = dead_signer;
	CU_ASSERT_EQUAL(
		ea_make(&s.keys, CHAN_CLIENT, request, rig_cert(id), &dead, out, sizeof out, &n),
		TREC_E_RANDOM);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(
		ea_make(&s.keys, CHAN_CLIENT, request, rig_cert(id), &id->signer, out, s.n - 1, &n),
		TREC_E_NO_SPACE);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(ea_make(&s.keys, CHAN_CLIENT, request, trec_bytes(big, sizeof big),
				&id->signer, out, sizeof out, &n),
			TREC_E_USAGE);
	struct trec_bytes cert;

	CU_ASSERT_EQUAL(ea_verify(&s.keys, CHAN_CLIENT, trec_bytes(s.request, 48),
				  trec_bytes(s.bytes, s.n), &cert),
			TREC_E_USAGE);
	rig_psk_pair(&r);
	CU_ASSERT_EQUAL(ea_keys_from(r.c[0], &s.keys), TREC_E_STATE);
	rig_pump(&r);
	chan_export_end(r.c[0]);
	CU_ASSERT_EQUAL(ea_keys_from(r.c[0], &s.keys), TREC_E_STATE);
	rig_end(&r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(requests_are_of_one_form),
	SUITE_CASE(a_request_with_any_other_byte_is_malformed),
	SUITE_CASE(contexts_are_fresh_and_a_dead_generator_makes_none),
	SUITE_CASE(an_ed25519_authenticator_is_exactly_these_bytes),
	SUITE_CASE(c631_c3_both_key_kinds_prove_themselves_in_both_roles),
	SUITE_CASE(c631_c3_any_bit_changed_in_an_authenticator_is_refused),
	SUITE_CASE(c631_c3_only_one_form_is_accepted_even_from_the_channel_itself),
	SUITE_CASE(c631_c3_authenticator_of_another_channel_is_refused),
	SUITE_CASE(c631_c3_authenticator_for_another_request_is_refused),
	SUITE_CASE(c631_c3_own_authenticator_reflected_is_refused),
	SUITE_CASE(nobody_answers_a_request_of_its_own_role),
	SUITE_CASE(failures_leave_nothing_behind),
};

int main(void)
{
	rig_start();
	int status = suite_main("authenticator", cases, BASE_COUNT(cases));

	rig_stop();
	return status;
}
