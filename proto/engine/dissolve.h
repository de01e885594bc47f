/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what a session needs of a revocation: the signed words and whom they are for. */
#ifndef TREC_ENGINE_DISSOLVE_H
#define TREC_ENGINE_DISSOLVE_H

#include "proto/trust/trust.h"
#include <trec/peer.h>

#define ENG_REVOKE_MS 10000 /* how long the courtesy is kept in memory */

/* The statement to the peer; valid as long as the revocation. */
/*
 * Of a peer without a certificate, in place of a statement, and whether this device began the
 * pairing; NULL: it had one.
 */
const uint8_t *eng_revocation_key(const struct trec_revocation *r, bool *initiator);
struct trec_bytes eng_revocation_statement(const struct trec_revocation *r);
/* The notice about the peer, for all others; empty where there was no trusted clock. */
struct trec_bytes eng_revocation_notice(const struct trec_revocation *r);

#endif
