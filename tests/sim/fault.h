/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: the planted faults by name; a program without them knows none. */
#ifndef TREC_TESTS_SIM_FAULT_H
#define TREC_TESTS_SIM_FAULT_H

#include <stdbool.h>

/* False: no such fault here. */
bool sim_plant(const char *name);

#endif
