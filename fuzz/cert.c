/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: the input is a certificate. What crypto_cert_parse accepts crypto_cert_read reads
 * alike; the key in it lies inside the input in its one canonical encoding, and the id is its
 * hash. What is refused leaves nothing. The same bytes are also tried as a public key and as an
 * ECDSA signature, each of which has one encoding only.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/crypto/crypto.h"

static bool empty(const struct crypto_cert *c)
{
	return c->spki.p == NULL && c->spki.n == 0 && (int)c->alg == 0;
}

static void as_certificate(struct trec_bytes in)
{
	struct crypto_cert parsed, read;
	struct trec_id id;
	trec_key_alg alg;
	trec_err parse_err = crypto_cert_parse(in, &parsed);
	trec_err read_err = crypto_cert_read(in, &read);

	fuzz_must(parse_err != TREC_OK || read_err == TREC_OK, "parsed is read");
	fuzz_must(parse_err == TREC_OK || empty(&parsed), "nothing is left of a refused one");
	fuzz_must(read_err == TREC_OK || empty(&read), "nothing is left of an unread one");
	if (read_err != TREC_OK) {
		fuzz_must(read_err == TREC_E_MALFORMED || read_err == TREC_E_TOO_LARGE, "errors");
		return;
	}
	fuzz_must(read.spki.p > in.p && read.spki.p + read.spki.n < in.p + in.n, "key inside");
	fuzz_must(crypto_spki_check(read.spki, &alg, &id) == TREC_OK, "key canonical");
	fuzz_must(alg == read.alg && memcmp(&id, &read.id, sizeof id) == 0, "id of the key");
}

static void as_key(struct trec_bytes in)
{
	uint8_t again[TREC_SPKI_MAX];
	size_t n = 0;
	trec_key_alg alg;

	if (crypto_spki_check(in, &alg, NULL) != TREC_OK)
		return;
	fuzz_must(crypto_spki_make(alg, crypto_spki_raw(in), again, &n) == TREC_OK &&
			  trec_bytes_equal(in, trec_bytes(again, n)),
		  "a key has one encoding");
}

static void as_signature(struct trec_bytes in)
{
	uint8_t raw[64], again[TREC_SIG_MAX];
	size_t n = 0;

	if (crypto_ecdsa_to_raw(in, raw) != TREC_OK)
		return;
	fuzz_must(crypto_ecdsa_from_raw(raw, again, &n) == TREC_OK &&
			  trec_bytes_equal(in, trec_bytes(again, n)),
		  "a signature has one encoding");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static bool started;

	if (!started) {
		fuzz_must(crypto_init() == TREC_OK, "wolfSSL works");
		started = true;
	}
	as_certificate(trec_bytes(data, n));
	as_key(trec_bytes(data, n));
	as_signature(trec_bytes(data, n));
	return 0;
}
