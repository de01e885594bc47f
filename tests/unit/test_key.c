/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about private keys, public keys in their one encoding, and signatures. */
#include <string.h>

#include "proto/crypto/wolf.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

static struct fault_env fault;
static const struct trec_env *env = &fault.env;
static const trec_key_alg algs[] = { TREC_KEY_ED25519, TREC_KEY_P256 };

static struct trec_bytes text(const char *s)
{
	return trec_bytes(s, strlen(s));
}

static struct trec_bytes spki_of(const struct trec_signer *s)
{
	return trec_bytes(s->spki, s->spki_len);
}

static void make(trec_key_alg alg, struct crypto_key **key, struct trec_signer *signer)
{
	CU_ASSERT_EQUAL_FATAL(crypto_key_generate(env, alg, key), TREC_OK);
	crypto_key_signer(*key, signer);
}

/* RFC 8032 7.1, tests 1 to 3. */
static void c631_a_ed25519_known_answers_hold(void)
{
	static const char *const rows[][4] = {
		{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
		  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
		{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
		{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
		  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	};

	for (size_t i = 0; i < BASE_COUNT(rows); i++) {
		struct crypto_key *key = NULL;
		struct trec_signer s;
		uint8_t seed[32], pub[32], msg[2], want[64], sig[TREC_SIG_MAX];
		size_t n = 0;

		(void)sweep_unhex(rows[i][0], seed, 32);
		(void)sweep_unhex(rows[i][1], pub, 32);
		struct trec_bytes m = trec_bytes(msg, sweep_unhex(rows[i][2], msg, 2));

		(void)sweep_unhex(rows[i][3], want, 64);
		CU_ASSERT_EQUAL_FATAL(crypto_key_import(env, TREC_KEY_ED25519, seed, &key),
				      TREC_OK);
		crypto_key_signer(key, &s);
		CU_ASSERT_EQUAL(memcmp(crypto_spki_raw(spki_of(&s)).p, pub, 32), 0);
		CU_ASSERT_EQUAL(s.sign(s.ctx, m, sig, sizeof sig, &n), TREC_OK);
		CU_ASSERT_EQUAL(n, 64);
		CU_ASSERT_EQUAL(memcmp(sig, want, 64), 0);
		CU_ASSERT_EQUAL(crypto_verify(spki_of(&s), m, trec_bytes(want, 64)), TREC_OK);
		crypto_key_free(&key);
	}
}

/* RFC 6979 A.2.5, SHA-256, "sample". */
static void c631_a_ecdsa_known_answer_holds(void)
{
	uint8_t scalar[32], pub[65], want[65], raw[64], der[TREC_SIG_MAX];
	struct crypto_key *key = NULL;
	struct trec_signer s;
	size_t n = 0;

	(void)sweep_unhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
			  scalar, 32);
	(void)sweep_unhex("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
			  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
			  want, 65);
	(void)sweep_unhex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
			  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
			  raw, 64);
	CU_ASSERT_EQUAL_FATAL(crypto_key_import(env, TREC_KEY_P256, scalar, &key), TREC_OK);
	crypto_key_signer(key, &s);
	memcpy(pub, crypto_spki_raw(spki_of(&s)).p, 65);
	CU_ASSERT_EQUAL(memcmp(pub, want, 65), 0);
	CU_ASSERT_EQUAL(crypto_ecdsa_from_raw(raw, der, &n), TREC_OK);
	CU_ASSERT_EQUAL(crypto_verify(spki_of(&s), text("sample"), trec_bytes(der, n)), TREC_OK);
	CU_ASSERT_EQUAL(crypto_verify(spki_of(&s), text("Sample"), trec_bytes(der, n)),
			TREC_E_MALFORMED);
	crypto_key_free(&key);
}

static void signatures_verify_and_only_with_their_key_and_message(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct crypto_key *a = NULL;
		struct crypto_key *b = NULL;
		struct trec_signer sa, sb;
		uint8_t sig[TREC_SIG_MAX];
		size_t n = 0;

		make(algs[i], &a, &sa);
		make(algs[i], &b, &sb);
		for (int k = 0; k < 20; k++) {
			CU_ASSERT_EQUAL(sa.sign(sa.ctx, text("m"), sig, sizeof sig, &n), TREC_OK);
			CU_ASSERT_EQUAL(crypto_verify(spki_of(&sa), text("m"), trec_bytes(sig, n)),
					TREC_OK);
		}
		CU_ASSERT_EQUAL(crypto_verify(spki_of(&sa), text("n"), trec_bytes(sig, n)),
				TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(crypto_verify(spki_of(&sb), text("m"), trec_bytes(sig, n)),
				TREC_E_MALFORMED);
		CU_ASSERT_EQUAL(sa.sign(sa.ctx, text("m"), sig, 10, &n), TREC_E_NO_SPACE);
		CU_ASSERT_EQUAL(n, 0);
		crypto_key_free(&a);
		crypto_key_free(&b);
	}
}

struct verified {
	struct trec_bytes spki;
};

static bool verifies_not(struct trec_bytes sig, void *ctx)
{
	const struct verified *v = ctx;

	return crypto_verify(v->spki, text("m"), sig) == TREC_E_MALFORMED;
}

static void altered_signatures_are_refused(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct crypto_key *key = NULL;
		struct trec_signer s;
		uint8_t sig[TREC_SIG_MAX];
		size_t n = 0;

		make(algs[i], &key, &s);
		struct verified v = { spki_of(&s) };

		CU_ASSERT_EQUAL(s.sign(s.ctx, text("m"), sig, sizeof sig, &n), TREC_OK);
		CU_ASSERT(sweep_bits(trec_bytes(sig, n), verifies_not, &v));
		CU_ASSERT(sweep_truncations(trec_bytes(sig, n), verifies_not, &v));
		CU_ASSERT(sweep_trailing(trec_bytes(sig, n), verifies_not, &v));
		crypto_key_free(&key);
	}
}

/* s and s + order are the same number to a careless verifier (RFC 8032 5.1.7). */
static void ed25519_signature_with_large_s_is_refused(void)
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
					   0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
					   [31] = 0x10 };
	struct crypto_key *key = NULL;
	struct trec_signer s;
	uint8_t sig[TREC_SIG_MAX];
	size_t n = 0;
	unsigned carry = 0;

	make(TREC_KEY_ED25519, &key, &s);
	CU_ASSERT_EQUAL(s.sign(s.ctx, text("m"), sig, sizeof sig, &n), TREC_OK);
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)sig[32 + i] + order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	CU_ASSERT_EQUAL(crypto_verify(spki_of(&s), text("m"), trec_bytes(sig, n)),
			TREC_E_MALFORMED);
	crypto_key_free(&key);
}

static void ecdsa_digest_and_message_forms_agree(void)
{
	struct crypto_key *key = NULL;
	struct trec_signer s;
	uint8_t digest[32], sig[TREC_SIG_MAX], raw[64], again[TREC_SIG_MAX];
	size_t n = 0;
	size_t m = 0;

	make(TREC_KEY_P256, &key, &s);
	CU_ASSERT_EQUAL(crypto_sha256(text("m"), digest), TREC_OK);
	CU_ASSERT_EQUAL(s.sign_digest(s.ctx, digest, sig, sizeof sig, &n), TREC_OK);
	CU_ASSERT_EQUAL(crypto_verify(spki_of(&s), text("m"), trec_bytes(sig, n)), TREC_OK);
	CU_ASSERT_EQUAL(crypto_verify_digest(spki_of(&s), digest, trec_bytes(sig, n)), TREC_OK);
	CU_ASSERT_EQUAL(crypto_ecdsa_to_raw(trec_bytes(sig, n), raw), TREC_OK);
	CU_ASSERT_EQUAL(crypto_ecdsa_from_raw(raw, again, &m), TREC_OK);
	CU_ASSERT(trec_bytes_equal(trec_bytes(sig, n), trec_bytes(again, m)));
	crypto_key_free(&key);
	make(TREC_KEY_ED25519, &key, &s);
	CU_ASSERT_PTR_NULL(s.sign_digest);
	CU_ASSERT_EQUAL(crypto_verify_digest(spki_of(&s), digest, trec_bytes(sig, n)),
			TREC_E_MALFORMED);
	crypto_key_free(&key);
}

static void ecdsa_der_has_one_form(void)
{
	static const char *const bad[] = {
		"",
		"3006020101020101ff",		  /* trailing */
		"300702010102020001",		  /* padded s */
		"3006020100020101",		  /* r = 0 */
		"3006020181020101",		  /* negative r */
		"308106020101020101",		  /* long length */
		"3106020101020101",		  /* no SEQUENCE */
		"30060201010201",		  /* cut */
		"3026022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551020101",
		("30270222010000000000000000000000000000000000000000000000000000000000000000000001"
		 "020101"),
	};
	uint8_t der[TREC_SIG_MAX], raw[64];

	(void)sweep_unhex("3006020101020101", der, sizeof der);
	CU_ASSERT_EQUAL(crypto_ecdsa_to_raw(trec_bytes(der, 8), raw), TREC_OK);
	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		size_t n = sweep_unhex(bad[i], der, sizeof der);

		CU_ASSERT_EQUAL(crypto_ecdsa_to_raw(trec_bytes(der, n), raw), TREC_E_MALFORMED);
	}
	memset(raw, 0, sizeof raw);
	size_t n = 0;

	CU_ASSERT_EQUAL(crypto_ecdsa_from_raw(raw, der, &n), TREC_E_MALFORMED);
}

/* ---- the one encoding -------------------------------------------------------------------- */

static bool no_spki(struct trec_bytes spki, void *ctx)
{
	struct trec_id id;
	trec_key_alg alg = TREC_KEY_P256;

	(void)ctx;
	return crypto_spki_check(spki, &alg, &id) == TREC_E_MALFORMED && (int)alg == 0;
}

static void id_is_the_hash_of_the_canonical_spki(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct crypto_key *key = NULL;
		struct trec_signer s;
		struct trec_id id;
		uint8_t hash[32];
		trec_key_alg alg;

		make(algs[i], &key, &s);
		CU_ASSERT_EQUAL(crypto_spki_check(spki_of(&s), &alg, &id), TREC_OK);
		CU_ASSERT_EQUAL(alg, algs[i]);
		CU_ASSERT_EQUAL(crypto_sha256(spki_of(&s), hash), TREC_OK);
		CU_ASSERT_EQUAL(memcmp(hash, id.b, 32), 0);
		CU_ASSERT(sweep_truncations(spki_of(&s), no_spki, NULL));
		CU_ASSERT(sweep_trailing(spki_of(&s), no_spki, NULL));
		crypto_key_free(&key);
	}
}

static void p256_key_in_another_encoding_is_refused(void)
{
	static const char *const others[] = {
		/* compressed */
		"3039301306072a8648ce3d020106082a8648ce3d030107032200"
		"0260fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
		/* hybrid */
		"3059301306072a8648ce3d020106082a8648ce3d030107034200"
		"0760fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
		"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
		/* explicit parameters */
		"3082014b3082010306072a8648ce3d02013081f7020101302c06072a8648ce3d01010221"
		"00ffffffff00000001000000000000000000000000ffffffffffffffffffffffff305b04"
		"20ffffffff00000001000000000000000000000000fffffffffffffffffffffffc04205a"
		"c635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b031500c49d"
		"360886e704936a6678e1139d26b7819f7e900441046b17d1f2e12c4247f8bce6e563a440"
		"f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33"
		"576b315ececbb6406837bf51f5022100ffffffff00000000ffffffffffffffffbce6faad"
		"a7179e84f3b9cac2fc6325510201010342000460fed4ba255a9d31c961eb74c6356d68c0"
		"49b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d"
		"7e9f5177a3c294d4462299",
		/* long form of the outer length */
		"308159301306072a8648ce3d020106082a8648ce3d030107034200"
		"0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
		"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
		/* off the curve */
		"3059301306072a8648ce3d020106082a8648ce3d030107034200"
		"0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
		"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462298",
	};
	uint8_t spki[512];
	size_t n = sweep_unhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"
			       "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
			       "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
			       spki, sizeof spki);

	CU_ASSERT_EQUAL(crypto_spki_check(trec_bytes(spki, n), NULL, NULL), TREC_OK);
	for (size_t i = 0; i < BASE_COUNT(others); i++) {
		n = sweep_unhex(others[i], spki, sizeof spki);
		CU_ASSERT(no_spki(trec_bytes(spki, n), NULL));
	}
}

static void weak_or_second_ed25519_encodings_are_refused(void)
{
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		/* p, p + 1 and 2^255 - 1: y not below p */
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		/* p + 3: a second encoding */
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t raw[32], spki[TREC_SPKI_MAX];
	size_t n = 0;

	(void)sweep_unhex("0300000000000000000000000000000000000000000000000000000000000000", raw,
			  32);
	CU_ASSERT_EQUAL(crypto_spki_make(TREC_KEY_ED25519, trec_bytes(raw, 32), spki, &n), TREC_OK);
	CU_ASSERT_EQUAL(crypto_spki_check(trec_bytes(spki, n), NULL, NULL), TREC_OK);
	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		(void)sweep_unhex(bad[i], raw, 32);
		CU_ASSERT_EQUAL(crypto_spki_make(TREC_KEY_ED25519, trec_bytes(raw, 32), spki, &n),
				TREC_OK);
		CU_ASSERT(no_spki(trec_bytes(spki, n), NULL));
	}
}

/* What wolfCrypt says of these 32 bytes as a key: true that they are one, but not the signer's. */
static bool is_a_key_of_another(const uint8_t raw[32], const uint8_t sig[TREC_SIG_MAX])
{
	ed25519_key key;
	int fits = 0;

	CU_ASSERT_EQUAL_FATAL(wc_ed25519_init(&key), 0);
	int ret = wc_ed25519_import_public(raw, 32, &key);

	if (ret == 0)
		ret = wc_ed25519_verify_msg(sig, CRYPTO_ED25519_SIG_LEN, (const byte *)"m", 1,
					    &fits, &key);
	wc_ed25519_free(&key);
	CU_ASSERT_EQUAL(fits, 0);
	return ret == SIG_VERIFY_E;
}

/*
 * What crypto_spki_check leaves to the library. y of 256 hashes; which of them some point has was
 * computed with Euler's criterion elsewhere.
 */
static void verifying_refuses_an_ed25519_key_off_the_curve(void)
{
	uint8_t raw[32], spki[TREC_SPKI_MAX], on_curve[32], sig[TREC_SIG_MAX];
	struct crypto_key *key = NULL;
	struct trec_signer s;
	unsigned wrong = 0;
	size_t n = 0;

	(void)sweep_unhex("cafd697d73368e6d0925fa8a23b6a69af1e6e8a13ff30c70b58b05a8abd804a7",
			  on_curve, sizeof on_curve);
	make(TREC_KEY_ED25519, &key, &s);
	CU_ASSERT_EQUAL_FATAL(s.sign(s.ctx, text("m"), sig, sizeof sig, &n), TREC_OK);
	for (unsigned i = 0; i < 256; i++) {
		uint8_t byte = (uint8_t)i;
		bool on = (on_curve[i / 8] >> i % 8 & 1) != 0;

		CU_ASSERT_EQUAL(crypto_sha256(trec_bytes(&byte, 1), raw), TREC_OK);
		wrong += is_a_key_of_another(raw, sig) != on;
		CU_ASSERT_EQUAL(crypto_spki_make(TREC_KEY_ED25519, trec_bytes(raw, 32), spki, &n),
				TREC_OK);
		wrong += crypto_verify(trec_bytes(spki, n), text("m"),
				       trec_bytes(sig, CRYPTO_ED25519_SIG_LEN)) != TREC_E_MALFORMED;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	crypto_key_free(&key);
}

static void private_keys_out_of_range_are_refused(void)
{
	uint8_t k[32] = { 0 };
	struct crypto_key *key = NULL;

	CU_ASSERT_EQUAL(crypto_key_import(env, TREC_KEY_P256, k, &key), TREC_E_MALFORMED);
	CU_ASSERT_PTR_NULL(key);
	memset(k, 0xff, sizeof k);
	CU_ASSERT_EQUAL(crypto_key_import(env, TREC_KEY_P256, k, &key), TREC_E_MALFORMED);
	CU_ASSERT_EQUAL(crypto_key_generate(env, (trec_key_alg)3, &key), TREC_E_UNSUPPORTED);
	CU_ASSERT_PTR_NULL(key);
}

static void imported_key_is_the_generated_one(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct crypto_key *a = NULL;
		struct crypto_key *b = NULL;
		struct trec_signer sa, sb;

		make(algs[i], &a, &sa);
		CU_ASSERT_EQUAL(crypto_key_import(env, algs[i], crypto_key_secret(a), &b), TREC_OK);
		crypto_key_signer(b, &sb);
		CU_ASSERT(trec_bytes_equal(spki_of(&sa), spki_of(&sb)));
		crypto_key_free(&a);
		crypto_key_free(&b);
		CU_ASSERT_PTR_NULL(b);
		crypto_key_free(&b);
	}
}

static void failing_memory_gives_no_key_and_no_signature(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct fault_budget b = { 0, true };

		for (uint64_t n = 0; b.hit && n < 3000; n += n < 20 ? 1 : 13) {
			struct crypto_key *key = NULL;
			struct trec_signer s;
			uint8_t sig[TREC_SIG_MAX];
			size_t len = 0;

			b = (struct fault_budget){ n, false };
			crypto_alloc_gate(fault_spend, &b);
			trec_err err = crypto_key_generate(env, algs[i], &key);

			CU_ASSERT_EQUAL(err == TREC_OK, key != NULL);
			if (key != NULL) {
				crypto_key_signer(key, &s);
				err = s.sign(s.ctx, text("m"), sig, sizeof sig, &len);
				CU_ASSERT_EQUAL(err == TREC_OK, len > 0);
			}
			crypto_alloc_gate(NULL, NULL);
			CU_ASSERT(err == TREC_OK || b.hit);
			CU_ASSERT_NOT_EQUAL(err, TREC_E_MALFORMED);
			crypto_key_free(&key);
		}
		CU_ASSERT_FALSE(b.hit);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_a_ed25519_known_answers_hold),
	SUITE_CASE(c631_a_ecdsa_known_answer_holds),
	SUITE_CASE(signatures_verify_and_only_with_their_key_and_message),
	SUITE_CASE(altered_signatures_are_refused),
	SUITE_CASE(ed25519_signature_with_large_s_is_refused),
	SUITE_CASE(ecdsa_digest_and_message_forms_agree),
	SUITE_CASE(ecdsa_der_has_one_form),
	SUITE_CASE(id_is_the_hash_of_the_canonical_spki),
	SUITE_CASE(p256_key_in_another_encoding_is_refused),
	SUITE_CASE(weak_or_second_ed25519_encodings_are_refused),
	SUITE_CASE(verifying_refuses_an_ed25519_key_off_the_curve),
	SUITE_CASE(private_keys_out_of_range_are_refused),
	SUITE_CASE(imported_key_is_the_generated_one),
	SUITE_CASE(failing_memory_gives_no_key_and_no_signature),
};

int main(void)
{
	fault_env_init(&fault, 11);
	if (crypto_init() != TREC_OK)
		return 1;
	int status = suite_main("key", cases, BASE_COUNT(cases));

	crypto_done();
	return status;
}
