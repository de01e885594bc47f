/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about hashes, derivation, AEAD, scrypt and random numbers, against published answers. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

static bool is_hex(const uint8_t *got, size_t n, const char *hex)
{
	uint8_t want[512];

	return sweep_unhex(hex, want, sizeof want) == n && memcmp(got, want, n) == 0;
}

static struct trec_bytes text(const char *s)
{
	return trec_bytes(s, strlen(s));
}

static void c631_a_sha256_known_answers_hold(void)
{
	uint8_t out[32];
	uint8_t block[1000];
	struct crypto_sha256 h;

	CU_ASSERT_EQUAL(crypto_sha256(text(""), out), TREC_OK);
	CU_ASSERT(is_hex(out, 32,
			 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	CU_ASSERT_EQUAL(crypto_sha256(text("abc"), out), TREC_OK);
	CU_ASSERT(is_hex(out, 32,
			 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	memset(block, 'a', sizeof block);
	crypto_sha256_start(&h);
	for (int i = 0; i < 1000; i++)
		crypto_sha256_update(&h, trec_bytes(block, sizeof block));
	CU_ASSERT_EQUAL(crypto_sha256_final(&h, out), TREC_OK);
	CU_ASSERT(is_hex(out, 32,
			 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

static void c631_a_hmac_known_answers_hold(void)
{
	uint8_t key[131];
	uint8_t out[32];
	struct trec_bytes hi[2] = { text("Hi "), text("There") };
	struct trec_bytes larger = text("Test Using Larger Than Block-Size Key - Hash Key First");

	memset(key, 0x0b, 20);
	CU_ASSERT_EQUAL(crypto_hmac(trec_bytes(key, 20), hi, 2, out), TREC_OK);
	CU_ASSERT(is_hex(out, 32,
			 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
	memset(key, 0xaa, sizeof key);
	CU_ASSERT_EQUAL(crypto_hmac(trec_bytes(key, sizeof key), &larger, 1, out), TREC_OK);
	CU_ASSERT(is_hex(out, 32,
			 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
	CU_ASSERT_EQUAL(crypto_hmac(trec_bytes(NULL, 0), NULL, 0, out), TREC_OK);
	CU_ASSERT(is_hex(out, 32,
			 "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

static void c631_a_hkdf_known_answers_hold(void)
{
	uint8_t ikm[22];
	uint8_t salt[13];
	uint8_t info[10];
	uint8_t prk[32];
	uint8_t okm[42];

	memset(ikm, 0x0b, sizeof ikm);
	for (size_t i = 0; i < sizeof salt; i++)
		salt[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof info; i++)
		info[i] = (uint8_t)(0xf0 + i);
	CU_ASSERT_EQUAL(crypto_hkdf_extract(trec_bytes(salt, 13), trec_bytes(ikm, 22), prk),
			TREC_OK);
	CU_ASSERT(is_hex(prk, 32,
			 "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"));
	CU_ASSERT_EQUAL(crypto_hkdf_expand(trec_bytes(prk, 32), trec_bytes(info, 10), okm, 42),
			TREC_OK);
	CU_ASSERT(is_hex(okm, 42,
			 "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
			 "34007208d5b887185865"));
	CU_ASSERT_EQUAL(crypto_hkdf_extract(trec_bytes(NULL, 0), trec_bytes(ikm, 22), prk),
			TREC_OK);
	CU_ASSERT_EQUAL(crypto_hkdf_expand(trec_bytes(prk, 32), trec_bytes(NULL, 0), okm, 42),
			TREC_OK);
	CU_ASSERT(is_hex(okm, 42,
			 "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
			 "9d201395faa4b61a96c8"));
}

static void hkdf_gives_its_maximum_and_no_more(void)
{
	static uint8_t okm[255 * 32 + 1];

	memset(okm, 1, sizeof okm);
	CU_ASSERT_EQUAL(crypto_hkdf_expand(text("k"), text("i"), okm, 255 * 32), TREC_OK);
	CU_ASSERT_EQUAL(okm[255 * 32], 1);
	CU_ASSERT_EQUAL(crypto_hkdf_expand(text("k"), text("i"), okm, 255 * 32 + 1),
			TREC_E_TOO_LARGE);
	CU_ASSERT_EQUAL(okm[0], 0);
}

/* RFC 7914 12 has N = 16384, r = 8, p = 1. */
static void c631_a_scrypt_known_answer_holds(void)
{
	struct crypto_scrypt s = { 14, 8, 1 };
	uint8_t out[64];

	CU_ASSERT_EQUAL(crypto_scrypt(trec_env_default(), &s, text("pleaseletmein"),
				      text("SodiumChloride"), out, sizeof out),
			TREC_OK);
	CU_ASSERT(is_hex(out, 64,
			 "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
			 "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"));
}

static void scrypt_costs_are_bounded_both_ways(void)
{
	struct fault_env f;
	uint8_t out[16];

	fault_env_init(&f, 1);
	f.env.scrypt_log_n_max = 0;
	CU_ASSERT_EQUAL(crypto_scrypt_default(&f.env).log_n, 15);
	for (unsigned log_n = 0; log_n < 70; log_n++) {
		struct crypto_scrypt s = { log_n, 8, 1 };

		CU_ASSERT_EQUAL(crypto_scrypt_acceptable(&f.env, &s), log_n >= 14 && log_n <= 17);
	}
	const struct crypto_scrypt bad[] = { { 13, 8, 1 },   { 18, 8, 1 }, { 15, 7, 1 },
					     { 15, 1024, 1 }, { 15, 8, 0 }, { 15, 8, 2 },
					     { 64 + 15, 8, 1 } };

	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		memset(out, 1, sizeof out);
		CU_ASSERT_EQUAL(crypto_scrypt(&f.env, &bad[i], text("a"), text("b"), out,
					      sizeof out),
				TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(out[0], 0);
	}
	f.env.scrypt_log_n_max = 5;
	CU_ASSERT_EQUAL(crypto_scrypt_default(&f.env).log_n, 5);
	for (unsigned log_n = 0; log_n < 20; log_n++) {
		struct crypto_scrypt s = { log_n, 8, 1 };

		CU_ASSERT_EQUAL(crypto_scrypt_acceptable(&f.env, &s), log_n == 5);
	}
}

static const char sunscreen[] = "Ladies and Gentlemen of the class of '99: If I could offer you "
				"only one tip for the future, sunscreen would be it.";

struct sealed {
	uint8_t key[32];
	uint8_t nonce[12];
	uint8_t aad[12];
	uint8_t bytes[sizeof sunscreen - 1 + CRYPTO_TAG_LEN];
};

static void seal_sample(struct sealed *s)
{
	for (size_t i = 0; i < sizeof s->key; i++)
		s->key[i] = (uint8_t)(0x80 + i);
	(void)sweep_unhex("070000004041424344454647", s->nonce, sizeof s->nonce);
	(void)sweep_unhex("50515253c0c1c2c3c4c5c6c7", s->aad, sizeof s->aad);
	CU_ASSERT_EQUAL(crypto_aead_seal(s->key, s->nonce, trec_bytes(s->aad, sizeof s->aad),
					 trec_bytes(sunscreen, sizeof sunscreen - 1), s->bytes),
			TREC_OK);
}

/* RFC 8439 2.8.2 */
static void c631_a_aead_known_answer_holds(void)
{
	struct sealed s;
	uint8_t out[sizeof sunscreen];

	seal_sample(&s);
	CU_ASSERT(is_hex(s.bytes, sizeof s.bytes,
			 "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
			 "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
			 "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
			 "3ff4def08e4b7a9de576d26586cec64b6116"
			 "1ae10b594f09e26a7e902ecbd0600691"));
	CU_ASSERT_EQUAL(crypto_aead_open(s.key, s.nonce, trec_bytes(s.aad, sizeof s.aad),
					 trec_bytes(s.bytes, sizeof s.bytes), out),
			TREC_OK);
	CU_ASSERT_EQUAL(memcmp(out, sunscreen, sizeof sunscreen - 1), 0);
}

static bool opens_not(struct trec_bytes sealed, void *ctx)
{
	const struct sealed *s = ctx;
	uint8_t out[512];

	memset(out, 0x5a, sizeof out);
	if (crypto_aead_open(s->key, s->nonce, trec_bytes(s->aad, sizeof s->aad), sealed, out) !=
	    TREC_E_MALFORMED)
		return false;
	for (size_t i = 0; i + CRYPTO_TAG_LEN < sealed.n; i++)
		if (out[i] != 0)
			return false;
	return true;
}

static void altered_ciphertext_gives_nothing(void)
{
	struct sealed s;
	uint8_t out[sizeof sunscreen];

	seal_sample(&s);
	struct trec_bytes all = trec_bytes(s.bytes, sizeof s.bytes);

	CU_ASSERT(sweep_bytes(all, opens_not, &s));
	CU_ASSERT(sweep_truncations(all, opens_not, &s));
	CU_ASSERT(sweep_trailing(all, opens_not, &s));
	s.aad[3] ^= 1;
	CU_ASSERT(opens_not(all, &s));
	CU_ASSERT_EQUAL(crypto_aead_open(s.key, s.nonce, trec_bytes(NULL, 0), all, out),
			TREC_E_MALFORMED);
	s.aad[3] ^= 1;
	s.nonce[0] ^= 1;
	CU_ASSERT(opens_not(all, &s));
	s.nonce[0] ^= 1;
	s.key[31] ^= 1;
	CU_ASSERT(opens_not(all, &s));
}

static void nothing_can_be_sealed_and_opened(void)
{
	uint8_t key[32] = { 1 };
	uint8_t nonce[12] = { 2 };
	uint8_t tag[16];

	CU_ASSERT_EQUAL(crypto_aead_seal(key, nonce, text(""), text(""), tag), TREC_OK);
	CU_ASSERT_EQUAL(crypto_aead_open(key, nonce, text(""), trec_bytes(tag, 16), NULL), TREC_OK);
	tag[0] ^= 1;
	CU_ASSERT_EQUAL(crypto_aead_open(key, nonce, text(""), trec_bytes(tag, 16), NULL),
			TREC_E_MALFORMED);
}

/* An environment whose random bytes are a counter, or a constant. */
struct counted {
	struct fault_env f;
	uint8_t next;
	uint8_t step;
};

static trec_err counting(void *ctx, uint8_t *out, size_t n)
{
	struct counted *c = ctx;

	for (size_t i = 0; i < n; i++) {
		out[i] = c->next;
		c->next = (uint8_t)(c->next + c->step);
	}
	return TREC_OK;
}

static void counted_init(struct counted *c, uint8_t first, uint8_t step)
{
	fault_env_init(&c->f, 1);
	c->f.env.ctx = c;
	c->f.env.random = counting;
	c->next = first;
	c->step = step;
}

static void c631_a_pins_are_drawn_by_rejection_sampling(void)
{
	struct counted c;
	char pin[CRYPTO_PIN_MAX + 1];

	/* 248, 249 are taken as 8, 9; 250 to 255 thrown away; then 0, 1, 2, 3. */
	counted_init(&c, 248, 1);
	CU_ASSERT_EQUAL(crypto_pin_draw(&c.f.env, 6, pin), TREC_OK);
	CU_ASSERT_STRING_EQUAL(pin, "890123");
	counted_init(&c, 255, 0);
	CU_ASSERT_EQUAL(crypto_pin_draw(&c.f.env, 6, pin), TREC_E_RANDOM);
	CU_ASSERT_STRING_EQUAL(pin, "");
}

static void c631_a_pin_digits_are_even(void)
{
	struct fault_env f;
	unsigned seen[10] = { 0 };
	char pin[CRYPTO_PIN_MAX + 1];

	fault_env_init(&f, 7);
	for (int i = 0; i < 10000; i++) {
		CU_ASSERT_EQUAL(crypto_pin_draw(&f.env, 12, pin), TREC_OK);
		for (size_t k = 0; k < 12; k++)
			seen[pin[k] - '0']++;
	}
	/* 12000 of each expected; the sum of squares over them is chi-squared, 9 degrees. */
	double chi = 0;

	for (size_t d = 0; d < 10; d++)
		chi += ((double)seen[d] - 12000) * ((double)seen[d] - 12000) / 12000;
	CU_ASSERT(chi < 30);
}

static void pin_length_is_six_to_twelve(void)
{
	char pin[CRYPTO_PIN_MAX + 1];

	for (size_t n = 0; n < 20; n++) {
		bool ok = n >= 6 && n <= 12;

		CU_ASSERT_EQUAL(crypto_pin_draw(trec_env_default(), n, pin),
				ok ? TREC_OK : TREC_E_BAD_PIN);
		CU_ASSERT_EQUAL(strlen(pin), ok ? n : 0);
	}
}

static bool random_fails_clean(struct fault_env *f, void *ctx)
{
	uint8_t out[16];
	uint8_t scalar[32];
	char pin[CRYPTO_PIN_MAX + 1];
	struct crypto_key *key = NULL;
	trec_key_alg alg = *(const trec_key_alg *)ctx;
	trec_err errs[4];

	errs[0] = crypto_random(&f->env, out, sizeof out);
	errs[1] = crypto_pin_draw(&f->env, 8, pin);
	errs[2] = crypto_p256_scalar_random(&f->env, scalar);
	errs[3] = crypto_key_generate(&f->env, alg, &key);
	for (size_t i = 0; i < 4; i++)
		if (errs[i] != TREC_OK && errs[i] != TREC_E_RANDOM)
			return false;
	bool ok = (errs[0] == TREC_OK) == !base_equal_ct(out, (const uint8_t[16]){ 0 }, 16) &&
		  (errs[1] == TREC_OK) == (pin[0] != 0) &&
		  (errs[2] == TREC_OK) == !base_equal_ct(scalar, (const uint8_t[32]){ 0 }, 32) &&
		  (errs[3] == TREC_OK) == (key != NULL);

	crypto_key_free(&key);
	return ok;
}

static void c631_a_random_failure_aborts(void)
{
	trec_key_alg algs[] = { TREC_KEY_ED25519, TREC_KEY_P256 };

	for (size_t i = 0; i < 2; i++)
		CU_ASSERT(fault_env_each_random(random_fails_clean, &algs[i], 50));
}

static void start_and_end_are_counted(void)
{
	uint8_t k[32] = { [31] = 7 };
	uint8_t out[65];

	CU_ASSERT_EQUAL(crypto_init(), TREC_OK);
	crypto_done();
	CU_ASSERT_EQUAL(crypto_p256_mul_base(trec_env_default(), k, out), TREC_OK);
	for (int i = 0; i < 3; i++) {
		crypto_done();
		CU_ASSERT_EQUAL(crypto_init(), TREC_OK);
		CU_ASSERT_EQUAL(crypto_p256_mul_base(trec_env_default(), k, out), TREC_OK);
	}
}

static void start_without_memory_fails_and_can_be_tried_again(void)
{
	struct fault_budget b = { 0, true };

	crypto_done();
	for (uint64_t n = 0; b.hit && n < 5000; n += n < 20 ? 1 : 19) {
		b = (struct fault_budget){ n, false };
		crypto_alloc_gate(fault_spend, &b);
		trec_err err = crypto_init();

		crypto_alloc_gate(NULL, NULL);
		CU_ASSERT_EQUAL(err != TREC_OK, b.hit);
		if (err == TREC_OK)
			crypto_done();
	}
	CU_ASSERT_FALSE(b.hit);
	CU_ASSERT_EQUAL(crypto_init(), TREC_OK);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_a_sha256_known_answers_hold),
	SUITE_CASE(c631_a_hmac_known_answers_hold),
	SUITE_CASE(c631_a_hkdf_known_answers_hold),
	SUITE_CASE(hkdf_gives_its_maximum_and_no_more),
	SUITE_CASE(c631_a_scrypt_known_answer_holds),
	SUITE_CASE(scrypt_costs_are_bounded_both_ways),
	SUITE_CASE(c631_a_aead_known_answer_holds),
	SUITE_CASE(altered_ciphertext_gives_nothing),
	SUITE_CASE(nothing_can_be_sealed_and_opened),
	SUITE_CASE(c631_a_pins_are_drawn_by_rejection_sampling),
	SUITE_CASE(c631_a_pin_digits_are_even),
	SUITE_CASE(pin_length_is_six_to_twelve),
	SUITE_CASE(c631_a_random_failure_aborts),
	SUITE_CASE(start_and_end_are_counted),
	SUITE_CASE(start_without_memory_fails_and_can_be_tried_again),
};

int main(void)
{
	if (crypto_init() != TREC_OK)
		return 1;
	int status = suite_main("crypto", cases, BASE_COUNT(cases));

	crypto_done();
	return status;
}
