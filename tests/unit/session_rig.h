/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what the tests of sessions share: client at side 0, server at side 1. */
#ifndef TREC_TESTS_SESSION_RIG_H
#define TREC_TESTS_SESSION_RIG_H

#include "proto/engine/session.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"

/* Two paired devices. */
struct rig *sess_paired(void);
/* peer NULL: any; parted NULL: no revocation. */
void sess_start(struct rig *r, const struct trec_id *peer, const struct trec_revocation *parted);
/* The next event of a side, or -1. */
int sess_event(struct rig *r, int side);
/* Takes events of a side up to one of that kind. */
bool sess_saw(struct rig *r, int side, enum trec_session_event_kind kind,
	      struct trec_session_event *out);
/* Runs both to their ends; seen (may be NULL) collects the kinds of events, a bit each. */
void sess_run(struct rig *r, unsigned seen[2]);
/* Up on both sides. */
void sess_up(struct rig *r);
trec_err sess_error(struct rig *r, int side);
/* Drops a side's record of the other. */
void sess_forget(struct rig *r, int side);
struct trec_revocation *sess_part(struct rig *r, int side);
/* Makes a side's record of the other a half pairing. */
void sess_halve(struct rig *r, int side);
/* Moves bytes between a bare channel and the server session at side 1, jobs included. */
void sess_shuttle(struct rig *r, struct chan *c);
/* The device of side 0 with nothing but its certificate and TLS, shaken hands with side 1. */
struct chan *sess_raw_client(struct rig *r);

#endif
