/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: whatever a peer or a stranger says in a session and whatever fails in the devices, no
 * list gains or loses an entry (a server may say that it parted: then the entry stays, and is
 * marked) but whom the client's user introduces, who is then only introduced; no session comes up
 * with a stranger or from noise; once faults have stopped one comes up, without faults at once;
 * then each recognises what the other shows, where they are announced, and a stranger never; all
 * memory comes back.
 *
 * Input: a plan (plan.h). Arguments: bit 0 which side hears the bytes, bit 1 whether the other is
 * a stranger, bits 2-3 what the bytes are, bits 4-7 what the user does (open, ping, write, close;
 * both of the first: the client's also introduces another peer of its own, or, where the plan says
 * that the two share a key, the side asks for another one):
 *   0  what the side gets instead of its peer's
 *   1  none: an honest session, with the plan's faults
 *   2  plaintext inside the session, right after the handshake
 *   3  the same when both are up
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
	fuzz_session(data, n);
	return 0;
}
