/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: puts a wire with faults (wire_faults.h) between the devices of engine_rig.h. */
#ifndef TREC_TESTS_WIRE_RIG_H
#define TREC_TESTS_WIRE_RIG_H

#include "tests/lib/engine_rig.h"
#include "tests/lib/wire_faults.h"

/* From now on what the devices send goes over w, which stays the caller's; NULL: takes it away. */
void wire_rig_join(struct rig *r, struct wire *w);
/* What wire_rig_join made r->idle; for an own idle function to end with. */
bool wire_rig_idle(struct rig *r);

#endif
