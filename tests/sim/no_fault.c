/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: the product as it is. */
#include "tests/sim/fault.h"

bool sim_plant(const char *name)
{
	(void)name;
	return false;
}
