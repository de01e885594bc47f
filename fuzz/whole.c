/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: those of pairing and session hold with the real curve, the real signatures and the
 * real TLS, where an allocation inside wolfSSL may fail too.
 *
 * Input: 0 and an input of pairing, or 1 and one of session (modulo 2).
 */
#include "fuzz/fuzz.h"
#include "fuzz/stateful.h"
#include "proto/crypto/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static bool started;

	/* Held, so that no run starts wolfSSL anew. */
	if (!started)
		fuzz_must(crypto_init() == TREC_OK, "wolfSSL works");
	started = true;
	if (n == 0)
		return 0;
	if ((data[0] & 1) == 0)
		fuzz_pairing(data + 1, n - 1);
	else
		fuzz_session(data + 1, n - 1);
	return 0;
}
