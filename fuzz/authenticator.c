/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Input: an even byte and an authenticator, or an odd one and edits of the genuine one (two bytes
 * of place, one to put there; a place behind its end cuts it there modulo its length). It is
 * checked as the answer to a fixed request under fixed exporter secrets; and again with a Finished
 * that fits whatever stands before it, so that the reader behind the MAC is reached. The input is
 * also tried as a request.
 *
 * Property: only the genuine bytes are accepted, and a refusal leaves no certificate; nobody
 * answers a request that is not of the one form.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/base/base.h"
#include "proto/tls/authenticator.h"
#include "tests/unit/tls_rig.h"

#define FINISHED_LEN 36

static struct ea_keys keys;
static uint8_t request[EA_REQUEST_LEN], genuine[EA_MAX];
static size_t genuine_len;

/* Repeats, so that the certificate and with it the genuine bytes are the same in every run. */
static trec_err counting(void *ctx, uint8_t *out, size_t n)
{
	static uint8_t next;

	(void)ctx;
	for (size_t i = 0; i < n; i++)
		out[i] = next++;
	return TREC_OK;
}

static void start(void)
{
	struct trec_env env = *trec_env_default();
	uint8_t cert[TREC_CERT_MAX];
	struct trec_signer signer;
	struct crypto_key *key;
	size_t n;

	env.random = counting;
	fuzz_must(crypto_init() == TREC_OK, "crypto");
	memset(&keys, 0x5a, sizeof keys);
	fuzz_must(crypto_key_generate(&env, TREC_KEY_ED25519, &key) == TREC_OK, "key");
	crypto_key_signer(key, &signer);
	fuzz_must(crypto_cert_make(&env, &signer, NULL, cert, sizeof cert, &n) == TREC_OK &&
			  ea_request_make(&env, CHAN_CLIENT, request) == TREC_OK &&
			  ea_make(&keys, CHAN_SERVER, trec_bytes(request, sizeof request),
				  trec_bytes(cert, n), &signer, genuine, sizeof genuine,
				  &genuine_len) == TREC_OK,
		  "a genuine one");
	crypto_key_free(&key);
}

static void check(struct trec_bytes a)
{
	struct trec_bytes cert;
	trec_err err = ea_verify(&keys, CHAN_SERVER, trec_bytes(request, sizeof request), a, &cert);
	bool same = trec_bytes_equal(a, trec_bytes(genuine, genuine_len));

	fuzz_must((err == TREC_OK) == same, "the genuine bytes and no others");
	fuzz_must((cert.n > 0) == same, "a certificate with TREC_OK only");
}

/* The last 36 bytes made into the right Finished for what stands before them. */
static void finish(uint8_t *p, size_t n)
{
	static const uint8_t head[4] = { 20, 0, 0, 32 };
	uint8_t hash[EA_HASH_LEN];
	const struct trec_bytes parts[] = {
		trec_bytes(keys.handshake_context[CHAN_SERVER], EA_HASH_LEN),
		trec_bytes(request, sizeof request),
		trec_bytes(p, n - FINISHED_LEN),
	};
	struct trec_bytes part = trec_bytes(hash, sizeof hash);

	memcpy(p + n - FINISHED_LEN, head, 4);
	fuzz_must(crypto_sha256_parts(parts, BASE_COUNT(parts), hash) == TREC_OK &&
			  crypto_hmac(trec_bytes(keys.finished_key[CHAN_SERVER], EA_HASH_LEN),
				      &part, 1, p + n - EA_HASH_LEN) == TREC_OK,
		  "hash");
}

/* What a client asks has one form, but for its context. */
static void as_request(struct trec_bytes in)
{
	uint8_t made[EA_REQUEST_LEN];
	trec_err err = ea_request_check(CHAN_CLIENT, in);

	fuzz_must(err == TREC_OK || err == TREC_E_MALFORMED, "a request or none");
	if (err != TREC_OK)
		return;
	memcpy(made, request, sizeof made);
	memcpy(made + 5, in.p + 5, EA_CONTEXT_LEN);
	fuzz_must(trec_bytes_equal(in, trec_bytes(made, sizeof made)), "of the one form");
}

static size_t edited(const uint8_t *p, size_t n, uint8_t *out)
{
	size_t len = genuine_len;

	memcpy(out, genuine, genuine_len);
	for (; n >= 3; p += 3, n -= 3) {
		size_t at = base_get16(p);

		if (at < genuine_len)
			out[at] = p[2];
		else
			len = at % genuine_len;
	}
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t copy[2 * EA_MAX];

	if (genuine_len == 0)
		start();
	if (n == 0 || n > sizeof copy)
		return 0;
	as_request(trec_bytes(data + 1, n - 1));
	if ((data[0] & 1) != 0) {
		n = edited(data + 1, n - 1, copy);
	} else {
		n--;
		memcpy(copy, data + 1, n);
	}
	check(trec_bytes(copy, n));
	if (n < FINISHED_LEN)
		return 0;
	finish(copy, n);
	check(trec_bytes(copy, n));
	return 0;
}
