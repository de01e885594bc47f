/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the little DER (X.690) that certificates, keys and ECDSA signatures need, read
 * strictly (definite, minimal lengths, low tags, nothing left over) and written backwards, so
 * that every length is known when it is written.
 */
#ifndef TREC_CRYPTO_DER_H
#define TREC_CRYPTO_DER_H

#include <trec/bytes.h>

#define DER_BOOLEAN 0x01
#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_OID 0x06
#define DER_UTF8_STRING 0x0c
#define DER_UTC_TIME 0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define DER_CONTEXT(n) (0xa0 + (n))

/* What is left of a level being read; bad sticks. */
struct crypto_der {
	struct trec_bytes in;
	bool bad;
};

/* Reads the content of bytes that are a level of their own. */
struct crypto_der crypto_der_from(struct trec_bytes in);
/* The next element's tag, 0 at the end or after an error. */
uint8_t crypto_der_peek(const struct crypto_der *d);
/* Content of the next element, which must have that tag. Empty on error. */
struct trec_bytes crypto_der_next(struct crypto_der *d, uint8_t tag);
/* The whole next element, tag and length included, which must have that tag. */
struct trec_bytes crypto_der_whole(struct crypto_der *d, uint8_t tag);
/* The next element as a level of its own. An error outside shows inside. */
struct crypto_der crypto_der_enter(struct crypto_der *d, uint8_t tag);
/* Nothing is left and nothing went wrong; else outer is spoiled too. outer may be NULL. */
bool crypto_der_end(const struct crypto_der *d, struct crypto_der *outer);

/* Writes from the end of caller memory towards its start; full sticks. */
struct crypto_der_writer {
	uint8_t *start;
	uint8_t *at;  /* the first byte written */
	uint8_t *end; /* behind the last */
	bool full;
};
struct crypto_der_writer crypto_der_to(uint8_t *buf, size_t cap);
/* Puts raw bytes before what is there. */
void crypto_der_put(struct crypto_der_writer *w, const void *p, size_t n);
/* Puts tag and length before everything written since `inner` bytes were there. */
void crypto_der_wrap(struct crypto_der_writer *w, uint8_t tag, size_t inner);
/* Bytes written so far. */
size_t crypto_der_size(const struct crypto_der_writer *w);

#endif
