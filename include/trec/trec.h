/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: the whole public interface of libtrec in one include. */
#ifndef TREC_TREC_H
#define TREC_TREC_H

#include <trec/blocking.h>
#include <trec/bytes.h>
#include <trec/discovery.h>
#include <trec/engine.h>
#include <trec/env.h>
#include <trec/error.h>
#include <trec/identity.h>
#include <trec/introduction.h>
#include <trec/keystore.h>
#include <trec/pairing.h>
#include <trec/peer.h>
#include <trec/rotation.h>
#include <trec/session.h>
#include <trec/store.h>
#include <trec/transport.h>
#include <trec/window.h>

#endif
