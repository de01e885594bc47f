/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: with real cryptography the world ends at wolfSSL, which asks the system for
 * random bytes and the time. The program is linked with its static library and tests/lib/entropy.h,
 * which answers from the run's seed.
 */
#include "tests/lib/entropy.h"
#include "tests/sim/sim.h"

const bool sim_form_real = true;

void sim_form_begin(uint64_t seed)
{
	entropy_begin(seed ^ 0x656e74726f7079ULL);
}
