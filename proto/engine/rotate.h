/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a session needs of this device's own successions: how many there were,
 * and those that a peer has not heard of (docs/PROTOCOL.md, Rotation).
 */
#ifndef TREC_ENGINE_ROTATE_H
#define TREC_ENGINE_ROTATE_H

#include "proto/codec/record.h"
#include <trec/rotation.h>

/*
 * The bundle of the successions behind number `told`, oldest first, for `present`. cap of
 * BUNDLE_MAX always does. *n 0: there is none to tell of.
 */
TREC_MUST_USE trec_err eng_rotation_bundle(const struct trec_env *env, struct trec_store *s,
					   uint64_t told, uint8_t *out, size_t cap, size_t *n);

#endif
