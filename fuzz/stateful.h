/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a pairing and a session run from one input (plan.h), for the targets with
 * stand-ins for what is slow (standin_chan.c, standin_crypto.c) and for `whole`, without.
 */
#ifndef TREC_FUZZ_STATEFUL_H
#define TREC_FUZZ_STATEFUL_H

#include <stddef.h>
#include <stdint.h>

void fuzz_pairing(const uint8_t *data, size_t n);
void fuzz_session(const uint8_t *data, size_t n);

#endif
