/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes the named first inputs of the corpora: make_seeds fuzz/corpus. Run it after the protocol
 * changed; what fuzzers found (files named by their hash) and crashes stay as they are.
 */
#include <stdlib.h>

#include "fuzz/seeds.h"

int main(int argc, char **argv)
{
	struct seeds o = { argc == 2 ? argv[1] : NULL, true };

	if (argc != 2 || !seeds_write(o.folder))
		return EXIT_FAILURE;
	seeds_texts(&o);
	seeds_sdp(&o);
	seeds_plans(&o);
	seeds_tls(&o);
	seeds_acceptance(&o);
	seeds_trust(&o);
	return o.ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
