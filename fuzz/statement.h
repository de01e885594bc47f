/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what the target `statement` and the maker of its first inputs agree on: two
 * bytes of switches before the statement or claims, and the keys.
 */
#ifndef TREC_FUZZ_STATEMENT_H
#define TREC_FUZZ_STATEMENT_H

#include "proto/trust/statement.h"

#define ST_NOW INT64_C(1767225600) /* 2026-01-01 */
#define ST_HEAD 2

/* First byte: the kind, and */
#define ST_KIND 3
#define ST_SIGN 4     /* claims, to be signed here, so that a fuzzer gets behind the signature */
#define ST_SESSION 8  /* it came over the issuer's own session */
#define ST_CLOCK 16   /* our clock is trusted */
#define ST_SEEN 32    /* all was seen before */
#define ST_NO_KEY 64  /* judged against a key that is none */
#define ST_P256 128   /* with ST_SLOW: an issuer with a P-256 key */
/* Second byte */
#define ST_NONCE 1    /* a nonce was given to the issuer */
#define ST_SUB_P256 2 /* with ST_SLOW: a successor with a P-256 key */
#define ST_OTHER 4    /* signed for another kind */
#define ST_RECORD 8   /* succession: no record, judged by the key it brings */
#define ST_SLOW 128   /* P-256, whose signatures take long */

/* Keys are imported from 32 bytes of which the first is the number + 1, all others 0. */
enum { ST_ISSUER, ST_OWN, ST_ISSUER_P256, ST_SUB, ST_SUBJECT_P256, ST_KEYS };

static inline trec_key_alg st_alg(int key)
{
	return key == ST_ISSUER_P256 || key == ST_SUBJECT_P256 ? TREC_KEY_P256 : TREC_KEY_ED25519;
}

/* The nonce that was given, all of this. */
#define ST_NONCE_BYTE 0xa5

#endif
