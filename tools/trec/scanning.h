/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: looking for devices over several transports at once, for some seconds, on a
 * loop. It needs no store: whose the beacons are is another's question.
 */
#ifndef TREC_TOOL_SCANNING_H
#define TREC_TOOL_SCANNING_H

#include <uv.h>

#include <trec/discovery.h>

#include "tools/trec/failure.h"

#define SCAN_SECONDS 5            /* without --seconds */
#define SCAN_BLUETOOTH_SECONDS 15 /* where adapters nearby are asked: an inquiry takes 10 s */
#define SCAN_SECONDS_MAX 120

struct scanning;

struct scanning_options {
	const struct trec_env *env;
	uv_loop_t *loop;
	const char *transport; /* "tcp", "rfcomm", or NULL: those of this build; for the call */
	const char *adapter;   /* "hci1", of Bluetooth; NULL: all; for the call */
	unsigned seconds;      /* 0: as above */
	/* A device; each address and name once. */
	void (*found)(void *ctx, const char *transport, const struct trec_sighting *s);
	/* Nothing more comes over this transport, and why. Told just before the end, and only
	 * where another could be used. */
	void (*failed)(void *ctx, const char *transport, const struct failure *f);
	/* The time is over, f NULL; or there is no transport to look with any more. */
	void (*over)(void *ctx, const struct failure *f);
	void *ctx;
};

/* Functions are called from the loop, never from here. TREC_E_UNSUPPORTED: nothing to look with. */
trec_err scanning_new(const struct scanning_options *options, struct scanning **out,
		      struct failure *f);
/* Stops; nothing is called any more. Its memory goes when the loop has closed its handles. */
void scanning_free(struct scanning **s);

#endif
