/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of recognition share. */
#ifndef TREC_TESTS_RECOGNISE_RIG_H
#define TREC_TESTS_RECOGNISE_RIG_H

#include "proto/engine/recognition.h"
#include "tests/unit/session_trio.h"
#include <trec/discovery.h>

struct beacon {
	uint8_t b[TREC_BEACON_LEN];
};

/* What a side shows now. */
struct beacon recognise_beacon(struct rig *r, int side);
/* Whether that side takes a beacon for the other device's; for a third one's it never may. */
bool recognise_sees(struct rig *r, int side, const struct beacon *b);
/* A session with that client; how many bytes both sides sent. */
size_t recognise_meet(struct rig *r, int client);
/* The other's recognition record at a side; all zero where there is none. */
struct rec_recognition recognise_record(struct rig *r, int side, const struct trec_id *id);
/* Whether a side has a recognition key of its own. */
bool recognise_has_own(struct rig *r, int side);

#endif
