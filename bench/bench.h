/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what the workloads share. What is measured runs inside bench_measured(), the
 * function by whose name callgrind switches counting on and off; processor time is taken there
 * too.
 */
#ifndef TREC_BENCH_H
#define TREC_BENCH_H

#include "bench/duo.h"

/* Runs f(ctx), counted. */
void bench_measured(void (*f)(void *ctx), void *ctx);
/* One scrypt inside that, not counted; as global as the other, for its name's sake. */
struct bench_stretching {
	const struct trec_env *env;
	const struct crypto_scrypt *costs;
	struct trec_bytes secret, salt;
	uint8_t *out;
	size_t n;
	trec_err err;
};
void bench_aside(struct bench_stretching *s);
/* Prints `KEY VALUE`. */
void bench_say(const char *key, double value);

/* bytes.c: where the bytes of a run went, as `part NAME BYTES TIMES` lines. */
void bench_bytes_begin(struct duo *d);
void bench_bytes_print(struct duo *d);

/* stream.c: MiB through the stream of a session, in writes of that many bytes. */
void bench_stream(unsigned mib, unsigned write);
/* stream.c: memory that an idle session takes, both wolfSSL's and ours. */
void bench_idle(unsigned sessions);
/* store.c: a keystore of that many records in the directory dir. */
void bench_store(unsigned records, const char *dir);
/* acts.c: what acts of trust take of a keystore with that many peers in the directory dir. */
void bench_acts(unsigned peers, const char *dir);
/* beacons.c: what recognising a beacon takes, and making one, with that many peers. */
void bench_beacons(unsigned peers, const char *dir);
/* statements.c: one of that kind (enum trust_kind) made, or judged. */
void bench_statement(int kind, bool judged, unsigned count, unsigned warm);
/* statements.c: bytes of each kind. */
void bench_statement_bytes(void);

#endif
