/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes are operations on one device's store (tests/lib/acceptance.h): pairing, introductions,
 * sessions, dissolution, notices, successions, rights, clocks, altered statements, failing commits.
 *
 * Property, after each of them: whoever was dissolved does not come back without pairing, nor an
 * id it had, and has left all records; rights never exceed the introducer's; only peers paired
 * directly introduce; a notice acts only where its issuer has authority; an origin stays; what is
 * refused or fails changes nothing.
 */
#include "fuzz/fuzz.h"
#include "tests/lib/acceptance.h"

/* Without this, stand-ins that no longer fit would make every run pass. */
static void see_that_something_happens(void)
{
	static const uint8_t story[] = { 1, 0, 1, 0, 2, 1, 0, 0, 3, 1, 0, 0 };

	fuzz_must(acc_run(trec_bytes(story, sizeof story)) == NULL, "an honest story");
	fuzz_must(acc_counts.introduced == 1 && acc_counts.activated == 1,
		  "somebody introduced becomes a peer");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static bool started;

	if (!started)
		see_that_something_happens();
	started = true;
	const char *broken = acc_run(trec_bytes(data, n));

	fuzz_must(broken == NULL, broken != NULL ? broken : "");
	return 0;
}
