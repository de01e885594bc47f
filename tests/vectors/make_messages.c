/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints tests/vectors/messages.txt; with a folder as argument, also writes the samples there as
 * seeds of the fuzzers (fuzz/README.md). Run it after a message changed, and read the diff.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/seeds.h"
#include "tests/vectors/samples.h"

int main(int argc, char **argv)
{
	samples_print(stdout);
	if (argc > 1)
		return seeds_write(argv[1]) ? EXIT_SUCCESS : EXIT_FAILURE;
	return EXIT_SUCCESS;
}
