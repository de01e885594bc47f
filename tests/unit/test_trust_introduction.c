/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about introductions: what is accepted, and why each other one is refused. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/cbor.h"
#include "tests/lib/sweep.h"
#include "tests/unit/trust_rig.h"

/* Claims changed and signed again by a. */
static enum trust_verdict again(struct tr_sample *s)
{
	tr_resign(s, NULL, tr_a, NULL);
	return tr_judge(s);
}

static void either_key_may_vouch_for_either_in_both_forms(void)
{
	static const struct {
		const struct tr_device *from, *about;
	} pair[] = { { tr_a, tr_q }, { tr_p, tr_a }, { tr_a, tr_c }, { tr_p, tr_q } };
	struct tr_sample s;
	struct trust_claims out;

	for (size_t i = 0; i < BASE_COUNT(pair); i++)
		for (int online = 0; online < 2; online++) {
			const struct tr_device *about = pair[i].about;

			tr_introduce(&s, pair[i].from, about, tr_b, online ? tr_nonce : NULL);
			CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
			CU_ASSERT_EQUAL(trust_verify(tr_env, tr_bytes(&s), &s.expect, &out),
					TRUST_ACCEPTED);
			CU_ASSERT(trec_bytes_equal(trec_bytes(out.spki, out.spki_len),
						   tr_spki(about)));
			CU_ASSERT(trec_bytes_equal(out.cert, tr_cert(about)));
			CU_ASSERT(out.cert.p > s.bytes && out.cert.p < s.bytes + s.n);
			CU_ASSERT(memcmp(&out.sub, &about->id, sizeof out.sub) == 0);
			CU_ASSERT(memcmp(&out.iss, &pair[i].from->id, sizeof out.iss) == 0);
			CU_ASSERT(memcmp(&out.aud, &tr_b->id, sizeof out.aud) == 0);
			CU_ASSERT_EQUAL(out.has_nonce, online == 1);
			CU_ASSERT_STRING_EQUAL(out.name, "lamp in the hall");
			CU_ASSERT_STRING_EQUAL(out.kind, "lamp");
			CU_ASSERT(out.rights.count == 1 && out.hints.count == 1);
			CU_ASSERT_EQUAL(out.exp - out.iat, TRUST_LIFE_S);
		}
}

static void every_altered_byte_is_refused(void)
{
	struct tr_sample s;

	tr_introduce(&s, tr_a, tr_q, tr_b, NULL);
	CU_ASSERT(sweep_bits(tr_bytes(&s), tr_refused_unread, &s));
	CU_ASSERT(sweep_truncations(tr_bytes(&s), tr_refused_unread, &s));
	CU_ASSERT(sweep_trailing(tr_bytes(&s), tr_refused_unread, &s));
	tr_introduce(&s, tr_p, tr_a, tr_b, tr_nonce);
	CU_ASSERT(sweep_bits(tr_bytes(&s), tr_refused_unread, &s));
	CU_ASSERT(sweep_truncations(tr_bytes(&s), tr_refused_unread, &s));
	CU_ASSERT(sweep_trailing(tr_bytes(&s), tr_refused_unread, &s));
}

static void issuer_and_audience_must_fit(void)
{
	struct tr_sample s;

	tr_introduce(&s, tr_a, tr_q, tr_b, NULL);
	s.expect.issuer_spki = tr_spki(tr_b);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ISSUER);
	s.expect.issuer_spki = trec_bytes(NULL, 0);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ISSUER);
	s.expect.issuer_spki = tr_spki(tr_a);
	s.expect.me = tr_p->id;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_AUDIENCE);
}

/* Whether the reader knows the subject, or is it, is not for the verifier to say. */
static void subject_is_another_than_the_issuer(void)
{
	struct tr_sample s;

	tr_introduce(&s, tr_a, tr_a, tr_b, NULL);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_SUBJECT);
	tr_introduce(&s, tr_a, tr_b, tr_b, NULL);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
}

static void set_key(struct tr_sample *s, const struct tr_device *d)
{
	memcpy(s->claims.spki, d->signer.spki, sizeof s->claims.spki);
	s->claims.spki_len = d->signer.spki_len;
}

static void subject_is_the_id_of_the_key_it_confirms(void)
{
	struct tr_sample s;

	tr_introduce(&s, tr_a, tr_q, tr_b, NULL);
	s.claims.sub = tr_p->id;
	CU_ASSERT_EQUAL(again(&s), TRUST_CONFIRMATION);
	tr_introduce(&s, tr_a, tr_q, tr_b, NULL);
	set_key(&s, tr_p);
	CU_ASSERT_EQUAL(again(&s), TRUST_CONFIRMATION);
}

/* A small-order key, for which anybody can sign, and a point off the curve: with fitting ids. */
static void unacceptable_keys_are_not_confirmed(void)
{
	struct tr_sample s;

	tr_introduce(&s, tr_a, tr_c, tr_b, NULL);
	memset(s.claims.spki + s.claims.spki_len - 32, 0, 32);
	CU_ASSERT_EQUAL(crypto_sha256(trec_bytes(s.claims.spki, s.claims.spki_len), s.claims.sub.b),
			TREC_OK);
	CU_ASSERT_EQUAL(again(&s), TRUST_CONFIRMATION);
	tr_introduce(&s, tr_a, tr_q, tr_b, NULL);
	s.claims.spki[s.claims.spki_len - 1] ^= 1;
	CU_ASSERT_EQUAL(crypto_sha256(trec_bytes(s.claims.spki, s.claims.spki_len), s.claims.sub.b),
			TREC_OK);
	CU_ASSERT_EQUAL(again(&s), TRUST_CONFIRMATION);
}

static void certificate_is_one_of_that_key(void)
{
	struct tr_sample s;
	uint8_t der[TREC_CERT_MAX];

	tr_introduce(&s, tr_a, tr_q, tr_b, NULL);
	s.claims.cert = tr_cert(tr_p);
	CU_ASSERT_EQUAL(again(&s), TRUST_CERTIFICATE);
	memcpy(der, tr_q->cert, tr_q->cert_len);
	s.claims.cert = trec_bytes(der, tr_q->cert_len);
	CU_ASSERT_EQUAL(again(&s), TRUST_ACCEPTED);
	der[tr_q->cert_len] = 0;
	s.claims.cert.n++;
	CU_ASSERT_EQUAL(again(&s), TRUST_CERTIFICATE);
	s.claims.cert.n = 1;
	CU_ASSERT_EQUAL(again(&s), TRUST_CERTIFICATE);
	s.claims.cert.n = tr_q->cert_len;
	der[tr_q->cert_len - 1] ^= 1; /* the self-signature */
	CU_ASSERT_EQUAL(again(&s), TRUST_CERTIFICATE);
}

static void a_nonce_counts_only_where_it_was_asked_for(void)
{
	static const uint8_t other[TRUST_NONCE_LEN] = { 1 };
	struct tr_sample s;

	tr_introduce(&s, tr_a, tr_q, tr_b, tr_nonce);
	s.expect.nonce = other;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_NONCE);
	s.expect.nonce = NULL;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_NONCE);
	tr_introduce(&s, tr_a, tr_q, tr_b, NULL);
	s.expect.nonce = tr_nonce;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_NONCE);
}

static void the_online_form_needs_no_clock(void)
{
	struct tr_sample s;

	tr_fault.wall_trusted = false;
	tr_introduce(&s, tr_a, tr_q, tr_b, tr_nonce);
	CU_ASSERT(s.claims.iat == 0 && s.claims.exp == 0);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	tr_fault.wall_trusted = true;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	tr_introduce(&s, tr_a, tr_q, tr_b, tr_nonce);
	tr_fault.wall_s -= 2 * TRUST_LIFE_S;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	tr_fault.wall_s += 4 * TRUST_LIFE_S;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
	tr_fault.wall_s -= 2 * TRUST_LIFE_S;
}

static void the_carried_form_needs_two_clocks_and_is_in_its_time(void)
{
	struct tr_sample s;
	int64_t then = tr_fault.wall_s;

	tr_introduce(&s, tr_a, tr_q, tr_b, NULL);
	s.expect.own_session = true; /* gives nothing here */
	tr_fault.wall_trusted = false;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_NO_CLOCK);
	tr_fault.wall_trusted = true;
	tr_has_its_time(&s);
	tr_fault.wall_s = then;
	s.claims.exp++;
	CU_ASSERT_EQUAL(again(&s), TRUST_LIFE);
	s.claims.exp = 0;
	CU_ASSERT_EQUAL(again(&s), TRUST_EXPIRED);
	s.claims.exp = then + 60;
	s.claims.iat = 0;
	CU_ASSERT_EQUAL(again(&s), TRUST_NO_CLOCK);
}

static void a_replay_is_refused_in_both_forms(void)
{
	struct tr_sample s, other;

	for (int online = 0; online < 2; online++) {
		tr_introduce(&s, tr_a, tr_q, tr_b, online ? tr_nonce : NULL);
		tr_introduce(&other, tr_a, tr_q, tr_b, online ? tr_nonce : NULL);
		s.expect.seen = tr_seen;
		s.expect.seen_ctx = &other;
		CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
		s.expect.seen_ctx = &s;
		CU_ASSERT_EQUAL(tr_judge(&s), TRUST_REPLAYED);
	}
}

/* All wrong at once; mended from the front, the reason moves in the order that is promised. */
static void the_first_reason_counts(void)
{
	struct tr_sample s;

	tr_introduce(&s, tr_a, tr_q, tr_b, tr_nonce);
	s.claims.sub = s.claims.iss;
	s.claims.cert = tr_cert(tr_b);
	s.expect.me = tr_p->id;
	s.expect.nonce = NULL;
	s.expect.seen = tr_seen;
	s.expect.seen_ctx = &s;
	s.expect.issuer_spki = tr_spki(tr_p);
	tr_fault.wall_trusted = false;
	tr_resign(&s, "revoke", tr_a, NULL);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ISSUER);
	s.expect.issuer_spki = tr_spki(tr_a);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_SIGNATURE);
	CU_ASSERT_EQUAL(again(&s), TRUST_AUDIENCE);
	s.expect.me = tr_b->id;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_SUBJECT);
	s.claims.sub = tr_p->id;
	CU_ASSERT_EQUAL(again(&s), TRUST_CONFIRMATION);
	s.claims.sub = tr_q->id;
	CU_ASSERT_EQUAL(again(&s), TRUST_CERTIFICATE);
	s.claims.cert = tr_cert(tr_q);
	CU_ASSERT_EQUAL(again(&s), TRUST_NONCE);
	s.claims.has_nonce = false;
	CU_ASSERT_EQUAL(again(&s), TRUST_NO_CLOCK);
	tr_fault.wall_trusted = true;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_REPLAYED);
	s.expect.seen = NULL;
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
}

/* ---- form -------------------------------------------------------------------------------- */

/* The claims with `from` replaced by `to`, of the same length, in their encoding. */
static enum trust_verdict replaced(const char *from, const char *to, size_t n)
{
	struct tr_sample s;
	uint8_t payload[TRUST_STATEMENT_MAX], header[TRUST_HEADER_LEN];
	size_t len = 0;
	size_t h = 0;
	size_t at = 0;

	tr_introduce(&s, tr_a, tr_q, tr_b, tr_nonce);
	CU_ASSERT(trust_encode_claims(s.kind, &s.claims, payload, sizeof payload, &len));
	CU_ASSERT(trust_encode_header(trust_alg(TREC_KEY_ED25519), &tr_a->id, header, sizeof header,
				      &h));
	while (at + n <= len && memcmp(payload + at, from, n) != 0)
		at++;
	CU_ASSERT_FATAL(at + n <= len);
	memcpy(payload + at, to, n);
	tr_sign(&s, "introduction", tr_a, trec_bytes(header, h), trec_bytes(payload, len), NULL,
		trec_bytes(NULL, 0));
	struct trust_claims out;

	return trust_verify(tr_env, tr_bytes(&s), &s.expect, &out);
}

static void texts_rights_and_addresses_follow_their_rules(void)
{
	CU_ASSERT_EQUAL(replaced("lamp in", "lamp in", 7), TRUST_ACCEPTED);
	CU_ASSERT_EQUAL(replaced("lamp in", "lamp\nin", 7), TRUST_MALFORMED);
	CU_ASSERT_EQUAL(replaced("lamp in the hall", "lamp in the hal ", 16), TRUST_MALFORMED);
	CU_ASSERT_EQUAL(replaced("\x64lamp", "\x64lam\x7f", 5), TRUST_MALFORMED);
	CU_ASSERT_EQUAL(replaced("service:*", "service:+", 9), TRUST_MALFORMED);
	CU_ASSERT_EQUAL(replaced("tcp://192", "tcp//:192", 9), TRUST_MALFORMED);
}

/* Kty, curve, length and order as RFC 9053 has them, and nothing else. */
static void a_key_has_one_form(void)
{
	CU_ASSERT_EQUAL(replaced("\xa4\x01\x02\x20\x01", "\xa4\x01\x03\x20\x01", 5),
			TRUST_MALFORMED);
	CU_ASSERT_EQUAL(replaced("\xa4\x01\x02\x20\x01", "\xa4\x01\x01\x20\x06", 5),
			TRUST_MALFORMED);
	CU_ASSERT_EQUAL(replaced("\xa4\x01\x02\x20\x01", "\xa4\x01\x02\x20\x02", 5),
			TRUST_MALFORMED);
	CU_ASSERT_EQUAL(replaced("\xa4\x01\x02\x20\x01\x21", "\xa4\x01\x02\x20\x01\x22", 6),
			TRUST_MALFORMED);
	CU_ASSERT_EQUAL(replaced("\x22\x58\x20", "\x23\x58\x20", 3), TRUST_MALFORMED);
	CU_ASSERT_EQUAL(replaced("\x08\xa1\x01\xa4", "\x08\xa1\x02\xa4", 4), TRUST_MALFORMED);
}

/* Later versions may add private claims; none of them is another number of CWT's. */
static void unknown_private_claims_are_skipped(void)
{
	/* hints (-65541) and nonce (10) under numbers that nobody knows */
	CU_ASSERT_EQUAL(replaced("\x3a\x00\x01\x00\x04\x81", "\x3a\x00\x01\x00\x99\x81", 6),
			TRUST_MALFORMED); /* now there are no hints */
	CU_ASSERT_EQUAL(replaced("\x0a\x58\x20", "\x0b\x58\x20", 3), TRUST_MALFORMED);
	struct tr_sample s;
	uint8_t payload[TRUST_STATEMENT_MAX], header[TRUST_HEADER_LEN];
	size_t n = 0;
	size_t h = 0;

	tr_introduce(&s, tr_a, tr_q, tr_b, NULL);
	CU_ASSERT(trust_encode_claims(s.kind, &s.claims, payload, sizeof payload, &n));
	CU_ASSERT(trust_encode_header(trust_alg(TREC_KEY_ED25519), &tr_a->id, header, sizeof header,
				      &h));
	payload[0]++; /* one pair more in the map */
	memcpy(payload + n, "\x3a\x00\x01\x00\x99\x61x", 7);
	tr_sign(&s, "introduction", tr_a, trec_bytes(header, h), trec_bytes(payload, n + 7), NULL,
		trec_bytes(NULL, 0));
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_ACCEPTED);
}

/* ---- making ------------------------------------------------------------------------------ */

static void fill_up(struct msg_rights *rights, struct msg_hints *hints)
{
	char right[MSG_RIGHT_MAX + 1] = "service:";
	char hint[MSG_HINT_MAX + 1] = "tcp:";

	memset(right + 8, 'x', MSG_SERVICE_MAX);
	memset(hint + 4, 'y', MSG_HINT_MAX - 4);
	right[MSG_RIGHT_MAX] = hint[MSG_HINT_MAX] = '\0';
	for (char c = '0'; c < '0' + MSG_RIGHTS_MAX; c++) {
		right[MSG_RIGHT_MAX - 1] = hint[MSG_HINT_MAX - 1] = c;
		CU_ASSERT(msg_rights_add(rights, right));
		if (c < '0' + MSG_HINTS_MAX)
			CU_ASSERT(msg_hints_add(hints, hint));
	}
}

/* Every text at its longest and a certificate of 1024 bytes: it is not refused for its size. */
static void the_largest_introduction_fits(void)
{
	static uint8_t cert[TREC_CERT_MAX];
	struct tr_sample s;

	tr_introduce(&s, tr_p, tr_q, tr_b, tr_nonce);
	s.claims.cert = trec_bytes(cert, sizeof cert);
	s.claims.iat = s.claims.exp = INT64_C(253402300799);
	memset(s.claims.name, 'n', TREC_NAME_MAX);
	memset(s.claims.kind, 'k', MSG_KIND_MAX);
	s.claims.rights.count = 0;
	s.claims.hints.count = 0;
	fill_up(&s.claims.rights, &s.claims.hints);
	tr_resign(&s, NULL, tr_p, NULL);
	CU_ASSERT_EQUAL(tr_judge(&s), TRUST_CERTIFICATE);
	CU_ASSERT(s.n > TRUST_STATEMENT_MAX - 128 && s.n <= TRUST_STATEMENT_MAX);
}

static void a_maker_refuses_what_a_reader_would(void)
{
	struct msg_rights odd = { .count = 1, .name = { "root" } };
	struct msg_hints nowhere = { .count = 1, .uri = { "nowhere" } };
	const struct trust_introduction good = {
		.aud = tr_b->id, .cert = tr_cert(tr_q), .name = "n", .kind = ""
	};
	struct trust_introduction bad[5] = { good, good, good, good, good };
	uint8_t out[TRUST_STATEMENT_MAX];
	struct trust_claims made;
	size_t n = 0;

	CU_ASSERT_EQUAL(
		trust_make_introduction(tr_env, &tr_a->signer, &good, out, sizeof out, &n, NULL),
		TREC_OK);
	bad[0].name = "";
	bad[1].kind = "a kind of device with more than 32 bytes";
	bad[2].rights = &odd;
	bad[3].hints = &nowhere;
	bad[4].cert.n--;
	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		n = 1;
		CU_ASSERT_EQUAL(trust_make_introduction(tr_env, &tr_a->signer, &bad[i], out,
							sizeof out, &n, &made),
				i < 4 ? TREC_E_USAGE : TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(n, 0);
		CU_ASSERT_EQUAL(made.spki_len, 0);
	}
}

static void making_fails_clean(void)
{
	struct trust_introduction what = {
		.aud = tr_b->id, .cert = tr_cert(tr_q), .name = "n", .kind = ""
	};
	uint8_t out[TRUST_STATEMENT_MAX];
	size_t n = 1;

	tr_fault.wall_trusted = false; /* nobody could accept it */
	CU_ASSERT_EQUAL(
		trust_make_introduction(tr_env, &tr_a->signer, &what, out, sizeof out, &n, NULL),
		TREC_E_STATE);
	what.nonce = tr_nonce;
	CU_ASSERT_EQUAL(
		trust_make_introduction(tr_env, &tr_a->signer, &what, out, sizeof out, &n, NULL),
		TREC_OK);
	tr_fault.wall_trusted = true;
	CU_ASSERT_EQUAL(trust_make_introduction(tr_env, &tr_a->signer, &what, out, n - 1, &n, NULL),
			TREC_E_NO_SPACE);
	CU_ASSERT_EQUAL(n, 0);
	tr_fault.fail_random = 0;
	CU_ASSERT_EQUAL(
		trust_make_introduction(tr_env, &tr_a->signer, &what, out, sizeof out, &n, NULL),
		TREC_E_RANDOM);
	tr_fault.fail_random = FAULT_NEVER;
	CU_ASSERT_EQUAL(n, 0);
}

/* wolfCrypt's allocations failing, each of the first ones and then at growing steps. */
static void without_memory_nothing_is_accepted(void)
{
	struct tr_sample s;
	uint64_t i = 0;
	unsigned runs = 0;
	struct fault_budget budget = { .hit = true };

	tr_introduce(&s, tr_p, tr_q, tr_b, NULL);
	for (; i < 1000000 && budget.hit; i += 1 + i / 16) {
		runs++;
		budget = (struct fault_budget){ .left = i };
		crypto_alloc_gate(fault_spend, &budget);
		enum trust_verdict v = tr_judge(&s);

		crypto_alloc_gate(NULL, NULL);
		CU_ASSERT_EQUAL(v == TRUST_ACCEPTED, !budget.hit);
	}
	CU_ASSERT(runs > 10 && !budget.hit);
}

static const struct suite_case cases[] = {
	SUITE_CASE(either_key_may_vouch_for_either_in_both_forms),
	SUITE_CASE(every_altered_byte_is_refused),
	SUITE_CASE(issuer_and_audience_must_fit),
	SUITE_CASE(subject_is_another_than_the_issuer),
	SUITE_CASE(subject_is_the_id_of_the_key_it_confirms),
	SUITE_CASE(unacceptable_keys_are_not_confirmed),
	SUITE_CASE(certificate_is_one_of_that_key),
	SUITE_CASE(a_nonce_counts_only_where_it_was_asked_for),
	SUITE_CASE(the_online_form_needs_no_clock),
	SUITE_CASE(the_carried_form_needs_two_clocks_and_is_in_its_time),
	SUITE_CASE(a_replay_is_refused_in_both_forms),
	SUITE_CASE(the_first_reason_counts),
	SUITE_CASE(texts_rights_and_addresses_follow_their_rules),
	SUITE_CASE(a_key_has_one_form),
	SUITE_CASE(unknown_private_claims_are_skipped),
	SUITE_CASE(the_largest_introduction_fits),
	SUITE_CASE(a_maker_refuses_what_a_reader_would),
	SUITE_CASE(making_fails_clean),
	SUITE_CASE(without_memory_nothing_is_accepted),
};

int main(void)
{
	return tr_main("introductions", cases, BASE_COUNT(cases));
}
