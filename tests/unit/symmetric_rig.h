/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of peers without certificates share. */
#ifndef TREC_TESTS_SYMMETRIC_RIG_H
#define TREC_TESTS_SYMMETRIC_RIG_H

#include "proto/engine/keys.h"
#include "tests/unit/session_rig.h"

/* Two devices that share a key. */
struct rig *sym_paired(uint64_t seed);
/* The first peer of a side: the other one, as this side knows it. */
struct trec_peer sym_other(struct rig *r, int side);
struct rec_symmetric sym_keys(struct rig *r, int side);
void sym_set_keys(struct rig *r, int side, const struct rec_symmetric *keys);
/* A session with that side as its client, as far as it goes; whether both came up. */
void sym_start(struct rig *r, int client);
bool sym_is_up(struct rig *r);
bool sym_comes_up(struct rig *r, int client);

#endif
