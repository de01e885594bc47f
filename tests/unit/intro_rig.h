/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what the tests of trust passed on share: the store of one device, b of
 * trust_rig.h, in which a may introduce, and the question what a statement does to it.
 */
#ifndef TREC_TESTS_INTRO_RIG_H
#define TREC_TESTS_INTRO_RIG_H

#include "proto/engine/introduction.h"
#include "proto/engine/ledger.h"
#include "proto/engine/notice.h"
#include "proto/engine/succession.h"
#include "tests/lib/mem_store.h"
#include "tests/unit/trust_rig.h"

extern struct mem_store *ir_mem;
extern struct trec_store *ir_store;
extern struct trec_introduction_policy ir_policy; /* auto, all services */

/* A fresh store with a in it, paired by PIN, who holds "introduce" and "service:*"; the clock as
 * it was at first. */
void ir_begin(void);
void ir_end(void);
/* Puts a device into the list; what was there under its id is replaced. Rights as a's. */
void ir_know(const struct tr_device *d, enum rec_state state, enum rec_origin origin);
/* The same, introduced by another. */
void ir_know_by(const struct tr_device *d, enum rec_state state, const struct trec_id *by);
/* The PEER record as stored; zeros and false where there is none. */
bool ir_record(const struct trec_id *id, struct rec_peer *out);
void ir_put(const struct trec_id *id, const struct rec_peer *p);

/* Takes the sample as how says and asserts that whatever is not accepted leaves no trace. */
struct trec_introduced ir_take(const struct tr_sample *s, const struct eng_intro_how *how);
/* The carried form by a about p, as the user's own act: the refusal. */
enum trec_refusal ir_carried(const struct tr_sample *s);
/* a introduces p to b, carried; then b has it as introduced. */
void ir_introduced(void);
struct eng_noticed ir_notice(const struct tr_sample *s);

#endif
