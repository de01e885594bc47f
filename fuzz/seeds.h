/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: first inputs of the fuzz targets are made by programs, so that they follow the
 * protocol when it changes: the codec's from the worked examples (seeds.c, with
 * tests/vectors/make_messages), all others by fuzz/make_seeds.
 */
#ifndef TREC_FUZZ_SEEDS_H
#define TREC_FUZZ_SEEDS_H

#include <trec/bytes.h>

struct seeds {
	const char *folder; /* of the corpora */
	bool ok;
};

/* folder/target/name, made anew, of head bytes then body; "/" in names becomes "-". */
void seeds_put(struct seeds *o, const char *target, const char *name, struct trec_bytes head,
	       struct trec_bytes body);

/* Into folder/{cbor,frame,message,record,code,idtext}/, made if missing. */
bool seeds_write(const char *folder);

/* Pairing, session and whole: what a peer says, and every kind of fault at a few places. */
void seeds_plans(struct seeds *o);
/* Gate, channel, authenticator and cert: recorded from honest ones. */
void seeds_tls(struct seeds *o);
/* Acceptance: a story each. */
void seeds_acceptance(struct seeds *o);
/* Statement: each kind, and claims for each verdict. */
void seeds_trust(struct seeds *o);
/* Sdp: lists of records and the answers that carry them. */
void seeds_sdp(struct seeds *o);
/* Uri, args, config, socket, libcbor: written down. */
void seeds_texts(struct seeds *o);

#endif
