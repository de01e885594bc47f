/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what the parts of the bare program share; see bare.c. */
#ifndef TREC_BENCH_BARE_H
#define TREC_BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#define BARE_WIRE 1048576

struct bare_plan {
	const char *name;
	unsigned count, warm;
	const char *dir; /* of the certificates */
};

_Noreturn void bare_die(const char *what);
void bare_must(bool ok, const char *what);
/* Runs f(ctx), counted. */
void bench_measured(void (*f)(void *ctx), void *ctx);

/* One direction of a wire in memory. */
struct bare_pipe {
	uint8_t *p;
	size_t at, n;
};

/* Client and server, joined. */
struct bare_pair {
	WOLFSSL_CTX *ctx[2]; /* 0: client; 1: server */
	WOLFSSL *ssl[2];
	struct bare_pipe to[2];
	size_t bytes;
	unsigned flights;
	int last; /* who sent last */
};

/* bare_tls.c */
void bare_psk(const struct bare_plan *plan);
void bare_cert(const struct bare_plan *plan);
/* A pair with mutual certificates from dir. */
void bare_open_cert(struct bare_pair *b, const char *dir);
void bare_connect(struct bare_pair *b);
void bare_close(struct bare_pair *b);
void bare_free(struct bare_pair *b);

/* bare_stream.c */
void bare_stream(const struct bare_plan *plan);
void bare_idle(const struct bare_plan *plan);

/* bare_primitives.c */
void bare_ecc_new(const struct bare_plan *plan);
void bare_ecc_fixed(const struct bare_plan *plan);
void bare_sign(const struct bare_plan *plan);
void bare_verify(const struct bare_plan *plan);

#endif
