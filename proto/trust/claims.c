/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims of a statement to bytes and back: CWT (RFC 8392 3), the confirmed key as cnf (RFC 8747
 * 3.2), the nonce as EAT's (RFC 9711), and private claims.
 */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/cbor.h"
#include "proto/codec/record.h"
#include "proto/trust/statement.h"

#define CLAIM_ISS 1
#define CLAIM_SUB 2
#define CLAIM_AUD 3
#define CLAIM_EXP 4
#define CLAIM_IAT 6
#define CLAIM_CTI 7
#define CLAIM_CNF 8
#define CLAIM_NONCE 10
#define CLAIM_CERT (-65537)
#define CLAIM_NAME (-65538)
#define CLAIM_KIND (-65539)
#define CLAIM_RIGHTS (-65540)
#define CLAIM_HINTS (-65541)
#define CLAIM_SEQUENCE (-65542)
#define CLAIM_ISSUER_KEY (-65543)
#define CNF_COSE_KEY 1

#define PREFIX "trec:"
#define PREFIX_LEN (sizeof PREFIX - 1)
#define URI_LEN (PREFIX_LEN + TREC_ID_TEXT_LEN)
#define TIME_MAX_S INT64_C(253402300799) /* the last second of the year 9999 */
#define COORDINATE 32
#define KEY_MAX 80

/* RFC 9053 7: the whole COSE_Key but its coordinates; there is no other encoding of one. */
static const uint8_t okp_head[] = { 0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, COORDINATE };
static const uint8_t ec2_head[] = { 0xa4, 0x01, 0x02, 0x20, 0x01, 0x21, 0x58, COORDINATE };
static const uint8_t ec2_y[] = { 0x22, 0x58, COORDINATE };

#define OKP_LEN (sizeof okp_head + COORDINATE)
#define EC2_LEN (sizeof ec2_head + COORDINATE + sizeof ec2_y + COORDINATE)

_Static_assert(TRUST_SEQUENCE_MAX == REC_NUMBER_MAX, "a sequence fits a record");
_Static_assert(EC2_LEN <= KEY_MAX, "a key fits");

static bool has_aud(enum trust_kind kind)
{
	return kind == TRUST_REVOKE || kind == TRUST_INTRODUCTION;
}

static bool has_key(enum trust_kind kind)
{
	return kind == TRUST_INTRODUCTION || kind == TRUST_SUCCESSION;
}

/* ---- keys -------------------------------------------------------------------------------- */

/* A COSE_Key to canonical SPKI. */
static void read_key(struct rd *r, uint8_t spki[TREC_SPKI_MAX], size_t *n)
{
	struct trec_bytes k = rd_raw(r);
	uint8_t point[CRYPTO_P256_POINT_LEN] = { 0x04 };
	trec_err err = TREC_E_MALFORMED;

	*n = 0;
	if (k.n == OKP_LEN && memcmp(k.p, okp_head, sizeof okp_head) == 0) {
		err = crypto_spki_make(TREC_KEY_ED25519,
				       trec_bytes(k.p + sizeof okp_head, COORDINATE), spki, n);
	} else if (k.n == EC2_LEN && memcmp(k.p, ec2_head, sizeof ec2_head) == 0 &&
		   memcmp(k.p + sizeof ec2_head + COORDINATE, ec2_y, sizeof ec2_y) == 0) {
		memcpy(point + 1, k.p + sizeof ec2_head, COORDINATE);
		memcpy(point + 1 + COORDINATE, k.p + k.n - COORDINATE, COORDINATE);
		err = crypto_spki_make(TREC_KEY_P256, trec_bytes(point, sizeof point), spki, n);
	}
	if (err != TREC_OK)
		rd_refuse(r);
}

/* Canonical SPKI to a COSE_Key; false: it is none. */
static bool write_key(struct wr *w, const uint8_t *spki, size_t n)
{
	struct trec_bytes raw = crypto_spki_raw(trec_bytes(spki, n));
	uint8_t key[KEY_MAX];
	uint8_t *at = key;

	if (raw.n == COORDINATE) {
		memcpy(key, okp_head, sizeof okp_head);
		memcpy(key + sizeof okp_head, raw.p, COORDINATE);
		wr_raw(w, trec_bytes(key, OKP_LEN));
		return true;
	}
	if (raw.n != CRYPTO_P256_POINT_LEN)
		return false;
	memcpy(at, ec2_head, sizeof ec2_head);
	at += sizeof ec2_head;
	memcpy(at, raw.p + 1, COORDINATE);
	at += COORDINATE;
	memcpy(at, ec2_y, sizeof ec2_y);
	at += sizeof ec2_y;
	memcpy(at, raw.p + 1 + COORDINATE, COORDINATE);
	wr_raw(w, trec_bytes(key, EC2_LEN));
	return true;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* An id in its one text form. */
static void read_id(struct rd *r, struct trec_id *id)
{
	char got[URI_LEN + 1];
	char want[TREC_ID_TEXT_LEN + 1];

	rd_text(r, got, URI_LEN, URI_LEN);
	if (!rd_ok(r))
		return;
	if (memcmp(got, PREFIX, PREFIX_LEN) != 0 ||
	    trec_id_from_text(got + PREFIX_LEN, id) != TREC_OK) {
		rd_refuse(r);
		return;
	}
	trec_id_to_text(id, want);
	if (strcmp(got + PREFIX_LEN, want) != 0)
		rd_refuse(r);
}

static void read_subject(struct rd *r, enum trust_kind kind, struct trust_claims *c)
{
	rd_key(r, CLAIM_CNF);
	rd_map(r);
	rd_key(r, CNF_COSE_KEY);
	read_key(r, c->spki, &c->spki_len);
	rd_map_end(r);
	c->has_nonce = kind == TRUST_INTRODUCTION && rd_key_opt(r, CLAIM_NONCE);
	if (c->has_nonce)
		rd_bytes(r, c->nonce, sizeof c->nonce);
	rd_key(r, CLAIM_CERT);
	c->cert = rd_bstr(r, 1, TREC_CERT_MAX);
	if (kind == TRUST_INTRODUCTION) {
		rd_key(r, CLAIM_NAME);
		msg_read_name(r, c->name);
		rd_key(r, CLAIM_KIND);
		msg_read_kind(r, c->kind);
		rd_key(r, CLAIM_RIGHTS);
		msg_read_rights(r, &c->rights);
		rd_key(r, CLAIM_HINTS);
		msg_read_hints(r, &c->hints);
	} else {
		rd_key(r, CLAIM_SEQUENCE);
		c->sequence = rd_uint(r, 1, TRUST_SEQUENCE_MAX);
		rd_key(r, CLAIM_ISSUER_KEY);
		read_key(r, c->issuer_spki, &c->issuer_spki_len);
	}
}

bool trust_decode_claims(enum trust_kind kind, struct trec_bytes in, struct trust_claims *c)
{
	struct rd r = rd_from(in);

	memset(c, 0, sizeof *c);
	rd_map(&r);
	rd_key(&r, CLAIM_ISS);
	read_id(&r, &c->iss);
	rd_key(&r, CLAIM_SUB);
	read_id(&r, &c->sub);
	if (has_aud(kind)) {
		rd_key(&r, CLAIM_AUD);
		read_id(&r, &c->aud);
	}
	rd_key(&r, CLAIM_EXP);
	c->exp = rd_int(&r, 0, kind == TRUST_SUCCESSION ? 0 : TIME_MAX_S);
	rd_key(&r, CLAIM_IAT);
	c->iat = rd_int(&r, 0, TIME_MAX_S);
	rd_key(&r, CLAIM_CTI);
	rd_bytes(&r, c->cti, sizeof c->cti);
	if (has_key(kind))
		read_subject(&r, kind, c);
	rd_map_end(&r);
	return rd_done(&r);
}

/* ---- writing ----------------------------------------------------------------------------- */

static void write_id(struct wr *w, int64_t claim, const struct trec_id *id)
{
	char text[URI_LEN + 1] = PREFIX;

	trec_id_to_text(id, text + PREFIX_LEN);
	wr_key(w, claim);
	wr_text(w, text);
}

static bool write_subject(struct wr *w, enum trust_kind kind, const struct trust_claims *c)
{
	wr_key(w, CLAIM_CNF);
	wr_map(w, 1);
	wr_key(w, CNF_COSE_KEY);
	if (!write_key(w, c->spki, c->spki_len))
		return false;
	if (kind == TRUST_INTRODUCTION && c->has_nonce) {
		wr_key(w, CLAIM_NONCE);
		wr_bytes(w, c->nonce, sizeof c->nonce);
	}
	wr_key(w, CLAIM_CERT);
	wr_bstr(w, c->cert);
	if (kind == TRUST_INTRODUCTION) {
		wr_key(w, CLAIM_NAME);
		wr_text(w, c->name);
		wr_key(w, CLAIM_KIND);
		wr_text(w, c->kind);
		wr_key(w, CLAIM_RIGHTS);
		msg_write_rights(w, &c->rights);
		wr_key(w, CLAIM_HINTS);
		msg_write_hints(w, &c->hints);
		return true;
	}
	wr_key(w, CLAIM_SEQUENCE);
	wr_uint(w, c->sequence);
	wr_key(w, CLAIM_ISSUER_KEY);
	return write_key(w, c->issuer_spki, c->issuer_spki_len);
}

bool trust_encode_claims(enum trust_kind kind, const struct trust_claims *c, uint8_t *out,
			 size_t cap, size_t *n)
{
	static const size_t count[TRUST_KIND_COUNT] = { 6, 5, 12, 9 };
	struct wr w = wr_to(out, cap);

	*n = 0;
	wr_map(&w, count[kind] + (kind == TRUST_INTRODUCTION && c->has_nonce ? 1 : 0));
	write_id(&w, CLAIM_ISS, &c->iss);
	write_id(&w, CLAIM_SUB, &c->sub);
	if (has_aud(kind))
		write_id(&w, CLAIM_AUD, &c->aud);
	wr_key(&w, CLAIM_EXP);
	wr_int(&w, c->exp);
	wr_key(&w, CLAIM_IAT);
	wr_int(&w, c->iat);
	wr_key(&w, CLAIM_CTI);
	wr_bytes(&w, c->cti, sizeof c->cti);
	if (has_key(kind) && !write_subject(&w, kind, c))
		return false;
	return wr_done(&w, n);
}
