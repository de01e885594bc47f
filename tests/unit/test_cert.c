/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about certificates: what is made is small and exact, what is read is read strictly. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"
#include "tests/lib/sweep.h"

struct sample {
	struct crypto_key *key;
	struct trec_signer signer;
	uint8_t der[TREC_CERT_MAX + 16];
	size_t n;
};

static struct fault_env fault;
static const struct trec_env *env = &fault.env;
static struct sample ed25519;
static struct sample p256;

static struct trec_bytes der_of(const struct sample *s)
{
	return trec_bytes(s->der, s->n);
}

static bool make(trec_key_alg alg, struct sample *s)
{
	if (crypto_key_generate(env, alg, &s->key) != TREC_OK)
		return false;
	crypto_key_signer(s->key, &s->signer);
	return crypto_cert_make(env, &s->signer, NULL, s->der, sizeof s->der, &s->n) == TREC_OK;
}

static bool is_refused(struct trec_bytes der, void *ctx)
{
	struct crypto_cert c;

	(void)ctx;
	return crypto_cert_parse(der, &c) == TREC_E_MALFORMED && c.spki.p == NULL;
}

static void made_certificates_are_read_back(void)
{
	const struct sample *both[] = { &ed25519, &p256 };

	for (size_t i = 0; i < 2; i++) {
		struct crypto_cert c;
		struct trec_id id;

		CU_ASSERT_EQUAL(crypto_cert_parse(der_of(both[i]), &c), TREC_OK);
		CU_ASSERT_EQUAL(c.alg, both[i]->signer.alg);
		CU_ASSERT(trec_bytes_equal(c.spki, trec_bytes(both[i]->signer.spki,
							      both[i]->signer.spki_len)));
		CU_ASSERT_EQUAL(crypto_spki_check(c.spki, NULL, &id), TREC_OK);
		CU_ASSERT_EQUAL(memcmp(&id, &c.id, sizeof id), 0);
		CU_ASSERT_EQUAL(crypto_cert_read(der_of(both[i]), &c), TREC_OK);
	}
}

static void certificates_are_small(void)
{
	CU_ASSERT_EQUAL(ed25519.n, 247);
	CU_ASSERT(p256.n <= 314);
}

static void every_altered_byte_is_refused(void)
{
	CU_ASSERT(sweep_bits(der_of(&ed25519), is_refused, NULL));
	CU_ASSERT(sweep_bits(der_of(&p256), is_refused, NULL));
}

static void cut_and_lengthened_certificates_are_refused(void)
{
	CU_ASSERT(sweep_truncations(der_of(&ed25519), is_refused, NULL));
	CU_ASSERT(sweep_trailing(der_of(&ed25519), is_refused, NULL));
	CU_ASSERT(sweep_truncations(der_of(&p256), is_refused, NULL));
	CU_ASSERT(sweep_trailing(der_of(&p256), is_refused, NULL));
}

static void oversized_certificates_are_refused(void)
{
	static uint8_t big[TREC_CERT_MAX + 1];
	struct crypto_cert c;

	memcpy(big, ed25519.der, ed25519.n);
	CU_ASSERT_EQUAL(crypto_cert_parse(trec_bytes(big, sizeof big), &c), TREC_E_TOO_LARGE);
	CU_ASSERT_EQUAL(crypto_cert_parse(trec_bytes(NULL, 0), &c), TREC_E_MALFORMED);
}

static void names_are_short_and_printable(void)
{
	uint8_t der[TREC_CERT_MAX];
	size_t n = 1;

	CU_ASSERT_EQUAL(crypto_cert_make(env, &ed25519.signer, "", der, sizeof der, &n),
			TREC_E_BAD_NAME);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(
		crypto_cert_make(env, &ed25519.signer, "12345678901234567", der, sizeof der, &n),
		TREC_E_BAD_NAME);
	CU_ASSERT_EQUAL(crypto_cert_make(env, &ed25519.signer, "a\n", der, sizeof der, &n),
			TREC_E_BAD_NAME);
	CU_ASSERT_EQUAL(
		crypto_cert_make(env, &ed25519.signer, "1234567890123456", der, sizeof der, &n),
		TREC_OK);
	CU_ASSERT_EQUAL(n, ed25519.n + 30 + 1); /* and the outer length takes a third byte */
	CU_ASSERT_EQUAL(crypto_cert_make(env, &ed25519.signer, NULL, der, ed25519.n - 1, &n),
			TREC_E_NO_SPACE);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(crypto_cert_make(env, &ed25519.signer, NULL, der, ed25519.n, &n), TREC_OK);
}

static trec_err broken_sign(void *ctx, struct trec_bytes m, uint8_t *sig, size_t cap, size_t *n)
{
	(void)ctx;
	(void)m;
	(void)sig;
	(void)cap;
	*n = 0;
	return TREC_E_IO;
}

static void a_failing_signer_or_generator_makes_no_certificate(void)
{
	struct trec_signer s = ed25519.signer;
	uint8_t der[TREC_CERT_MAX];
	size_t n = 1;

	s.sign = broken_sign;
	CU_ASSERT_EQUAL(crypto_cert_make(env, &s, NULL, der, sizeof der, &n), TREC_E_IO);
	CU_ASSERT_EQUAL(n, 0);
	fault.fail_random = 0;
	CU_ASSERT_EQUAL(crypto_cert_make(env, &ed25519.signer, NULL, der, sizeof der, &n),
			TREC_E_RANDOM);
	CU_ASSERT_EQUAL(n, 0);
	fault.fail_random = FAULT_NEVER;
}

static void serials_are_one_positive_octet_drawn(void)
{
	bool seen[256] = { false };
	int different = 0;

	for (int i = 0; i < 64; i++) {
		uint8_t der[TREC_CERT_MAX];
		size_t n = 0;

		CU_ASSERT_EQUAL(crypto_cert_make(env, &ed25519.signer, NULL, der, sizeof der, &n),
				TREC_OK);
		CU_ASSERT_EQUAL(memcmp(der + 3 + 3 + 5, "\x02\x01", 2), 0);
		CU_ASSERT(der[13] > 0 && der[13] < 0x80);
		different += !seen[der[13]];
		seen[der[13]] = true;
	}
	CU_ASSERT(different > 16);
}

/* As made before they became shorter: a longer serial and name. Stores hold such ones. */
static void longer_certificates_are_read(void)
{
	static const char older[] =
		"308201013081b4a00302010202084102030405060708300506032b6570300f310d300b0603550403"
		"0c04747265633020170d3730303130313030303030305a180f39393939313233313233353935395a"
		"300f310d300b06035504030c0474726563302a300506032b657003210048075a597e721a156e2e07"
		"99de5cc0c5324dc6e7eaf1cdd46250868ec53215dda32c302a30090603551d1304023000301d0603"
		"551d250416301406082b0601050507030106082b06010505070302300506032b6570034100e7fbfe"
		"6cad60dbe4bd8767d6729d705bccec3e14c204e550ae719ce214a71be234195352e1c10c408084fb"
		"c91d1173da0added78e1283c057e142ad8e0935302";
	uint8_t der[TREC_CERT_MAX];
	size_t n = sweep_unhex(older, der, sizeof der);
	struct crypto_cert c;

	CU_ASSERT_EQUAL(n, 261);
	CU_ASSERT_EQUAL(crypto_cert_parse(trec_bytes(der, n), &c), TREC_OK);
	CU_ASSERT_EQUAL(c.alg, TREC_KEY_ED25519);
}

/* ---- certificates that others might make --------------------------------------------------- */

/*
 * Rebuilds the Ed25519 sample with the extensions replaced and signs it anew: only the
 * structure can be what is refused.
 */
static trec_err with_extensions(const char *hex)
{
	uint8_t tbs[512] = { 0x30, 0x81 };
	uint8_t ext[256];
	uint8_t der[700] = { 0 };
	size_t head = 4;
	uint8_t sig[TREC_SIG_MAX];
	size_t sig_len = 0;
	struct crypto_cert c;
	/* outer header 3, TBS header 3; the extensions are the last 46 bytes of the TBS */
	size_t keep = ed25519.der[5] - 46u;
	size_t ext_len = sweep_unhex(hex, ext, sizeof ext);
	size_t n = 3 + keep + ext_len;

	memcpy(tbs + 3, ed25519.der + 6, keep);
	memcpy(tbs + 3 + keep, ext, ext_len);
	tbs[2] = (uint8_t)(keep + ext_len);
	if (keep + ext_len <= 0x7f) {
		memmove(tbs + 2, tbs + 3, keep + ext_len);
		tbs[1] = (uint8_t)(keep + ext_len);
		n--;
	}
	CU_ASSERT_FATAL(keep + ext_len <= 0xff);
	CU_ASSERT_EQUAL(ed25519.signer.sign(ed25519.signer.ctx, trec_bytes(tbs, n), sig, sizeof sig,
					    &sig_len),
			TREC_OK);
	memcpy(der + 4, tbs, n);
	n += 4;
	n += sweep_unhex("300506032b6570034100", der + n, sizeof der - n);
	memcpy(der + n, sig, 64);
	n += 64;
	if (n - 4 > 0xff) {
		memcpy(der, "\x30\x82", 2);
		base_put16(der + 2, (uint32_t)(n - 4));
	} else {
		memcpy(der + 1, "\x30\x81", 2);
		der[3] = (uint8_t)(n - 4);
		head = 3;
	}
	return crypto_cert_parse(trec_bytes(der + 4 - head, n - 4 + head), &c);
}

static void extensions_are_read_strictly(void)
{
	static const char *const fine[] = {
		("a32c302a30090603551d1304023000301d0603551d250416301406082b06010505070301"
		 "06082b06010505070302"), /* as made here */
		"",				      /* none */
		"a310300e300c0603551d130101ff04023000", /* critical and known */
		"a310300e300c0603551d0f0101ff04020300", /* key usage, critical */
		"a30d300b30090603551d0e04020400",     /* unknown to us, not critical */
	};
	static const char *const bad[] = {
		"a3133011300f0603551d130101ff040530030101ff", /* CA */
		"a310300e300c0603551d0e0101ff04020400",	      /* unknown, critical */
		"a310300e300c0603551d1301010004023000",	      /* default written out */
		"a310300e300c0603551d13010101ff040230",	      /* boolean of another value, cut */
		"a30d300b30090603551d130402300000",	      /* something behind */
		"a30b300930070603551d130400",		      /* no value */
		"a403300100",				      /* another tag */
	};

	for (size_t i = 0; i < BASE_COUNT(fine); i++)
		CU_ASSERT_EQUAL(with_extensions(fine[i]), TREC_OK);
	for (size_t i = 0; i < BASE_COUNT(bad); i++)
		CU_ASSERT_EQUAL(with_extensions(bad[i]), TREC_E_MALFORMED);
}

static bool signature_of_another(void)
{
	struct crypto_cert c;
	uint8_t der[TREC_CERT_MAX];
	size_t n = 0;
	struct trec_signer s = ed25519.signer;

	/* our key in the certificate, somebody else's signature under it */
	s.ctx = p256.signer.ctx;
	s.sign = p256.signer.sign;
	s.alg = TREC_KEY_ED25519;
	return crypto_cert_make(env, &s, NULL, der, sizeof der, &n) == TREC_OK &&
	       crypto_cert_read(trec_bytes(der, n), &c) == TREC_OK &&
	       crypto_cert_parse(trec_bytes(der, n), &c) == TREC_E_MALFORMED;
}

static void self_signature_must_be_the_keys_own(void)
{
	CU_ASSERT(signature_of_another());
}

/* Well formed in all else: no signature can fit a key that is no point. */
static void certificate_of_a_key_off_the_curve_is_refused(void)
{
	uint8_t der[TREC_CERT_MAX];
	struct crypto_cert c;
	size_t at = 0;

	memcpy(der, ed25519.der, ed25519.n);
	while (at + 44 < ed25519.n && memcmp(der + at, ed25519.signer.spki, 44) != 0)
		at++;
	CU_ASSERT_TRUE_FATAL(at + 44 < ed25519.n);
	memset(der + at + 12, 0, 32);
	der[at + 12] = 2; /* no point has y = 2 */
	CU_ASSERT_EQUAL(crypto_cert_read(trec_bytes(der, ed25519.n), &c), TREC_OK);
	CU_ASSERT(is_refused(trec_bytes(der, ed25519.n), NULL));
}

static const struct suite_case cases[] = {
	SUITE_CASE(made_certificates_are_read_back),
	SUITE_CASE(certificates_are_small),
	SUITE_CASE(every_altered_byte_is_refused),
	SUITE_CASE(cut_and_lengthened_certificates_are_refused),
	SUITE_CASE(oversized_certificates_are_refused),
	SUITE_CASE(names_are_short_and_printable),
	SUITE_CASE(a_failing_signer_or_generator_makes_no_certificate),
	SUITE_CASE(serials_are_one_positive_octet_drawn),
	SUITE_CASE(longer_certificates_are_read),
	SUITE_CASE(extensions_are_read_strictly),
	SUITE_CASE(self_signature_must_be_the_keys_own),
	SUITE_CASE(certificate_of_a_key_off_the_curve_is_refused),
};

int main(void)
{
	fault_env_init(&fault, 12);
	if (crypto_init() != TREC_OK || !make(TREC_KEY_ED25519, &ed25519) ||
	    !make(TREC_KEY_P256, &p256))
		return 1;
	int status = suite_main("cert", cases, BASE_COUNT(cases));

	crypto_key_free(&ed25519.key);
	crypto_key_free(&p256.key);
	crypto_done();
	return status;
}
