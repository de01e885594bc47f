/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: whatever comes over the wire of a pairing and whatever fails in the devices, a list
 * gets at most one entry, of the device that really is there, and none without the right secret
 * and consent; the responder's is active only where the initiator's is; once faults have stopped
 * the next contact makes the pairing whole, or there was none; without faults it succeeds; all
 * memory comes back.
 *
 * Input: a plan (plan.h). Arguments: bit 0 a code (else a PIN), bit 2 which side hears the bytes,
 * bits 3-4 what the bytes are, bit 5 a wrong PIN, bit 6 for several devices, bit 7 no consent:
 *   0  what the side gets instead of its peer's
 *   1  none: an honest run, with the plan's faults
 *   2  plaintext that a peer who knows the secret sends inside the channel, then the honest run
 *   3  the same after as many honest steps as the first of them says
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
	fuzz_pairing(data, n);
	return 0;
}
