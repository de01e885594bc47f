/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statements to bytes and back: COSE_Sign1 (RFC 9052 4.2) around CWT claims (RFC 8392 3). */
#include "proto/trust/statement.h"

#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/cbor.h"

#define ALG_EDDSA (-8)
#define ALG_ES256 (-7)
#define HEADER_ALG 1
#define HEADER_KID 4
#define CLAIM_ISS 1
#define CLAIM_SUB 2
#define CLAIM_AUD 3
#define CLAIM_EXP 4
#define CLAIM_IAT 6
#define CLAIM_CTI 7
#define PREFIX "trec:"
#define PREFIX_LEN (sizeof PREFIX - 1)
#define URI_LEN (PREFIX_LEN + TREC_ID_TEXT_LEN)
#define TIME_MAX_S INT64_C(253402300799) /* the last second of the year 9999 */
#define PAYLOAD_MAX 384

int64_t trust_alg(trec_key_alg alg)
{
	return alg == TREC_KEY_ED25519 ? ALG_EDDSA : ALG_ES256;
}

const char *trust_kind_text(enum trust_kind kind)
{
	return kind == TRUST_REVOKE ? "revoke" : "tombstone";
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

static bool read_claims(struct trec_bytes in, struct trust_claims *c)
{
	struct rd r = rd_from(in);

	rd_map(&r);
	rd_key(&r, CLAIM_ISS);
	read_id(&r, &c->iss);
	rd_key(&r, CLAIM_SUB);
	read_id(&r, &c->sub);
	rd_key(&r, CLAIM_AUD);
	read_id(&r, &c->aud);
	rd_key(&r, CLAIM_EXP);
	c->exp = rd_int(&r, 0, TIME_MAX_S);
	rd_key(&r, CLAIM_IAT);
	c->iat = rd_int(&r, 0, TIME_MAX_S);
	rd_key(&r, CLAIM_CTI);
	rd_bytes(&r, c->cti, sizeof c->cti);
	rd_map_end(&r);
	return rd_done(&r);
}

static bool read_header(struct trec_bytes in, struct trust_parts *p)
{
	struct rd r = rd_from(in);

	rd_map(&r);
	rd_key(&r, HEADER_ALG);
	p->alg = rd_int(&r, ALG_EDDSA, ALG_ES256);
	rd_key(&r, HEADER_KID);
	rd_bytes(&r, p->kid.b, sizeof p->kid.b);
	rd_map_end(&r);
	return rd_done(&r);
}

bool trust_decode(struct trec_bytes in, struct trust_parts *out)
{
	static const uint8_t empty_map[1] = { 0xa0 };
	struct rd r = rd_from(in);

	memset(out, 0, sizeof *out);
	(void)rd_array(&r, 4, 4);
	out->protected_header = rd_bstr(&r, 1, PAYLOAD_MAX);
	/* nothing unsigned: not even a private header */
	if (!trec_bytes_equal(rd_raw(&r), trec_bytes(empty_map, sizeof empty_map)))
		rd_refuse(&r);
	out->payload = rd_bstr(&r, 1, PAYLOAD_MAX);
	out->signature = rd_bstr(&r, TRUST_SIG_LEN, TRUST_SIG_LEN);
	return rd_done(&r) && read_header(out->protected_header, out) &&
	       read_claims(out->payload, &out->claims);
}

/* ---- writing ----------------------------------------------------------------------------- */

static void write_id(struct wr *w, const struct trec_id *id)
{
	char text[URI_LEN + 1] = PREFIX;

	trec_id_to_text(id, text + PREFIX_LEN);
	wr_text(w, text);
}

bool trust_encode_header(int64_t alg, const struct trec_id *kid, uint8_t *out, size_t cap,
			 size_t *n)
{
	struct wr w = wr_to(out, cap);

	wr_map(&w, 2);
	wr_key(&w, HEADER_ALG);
	wr_int(&w, alg);
	wr_key(&w, HEADER_KID);
	wr_bytes(&w, kid->b, sizeof kid->b);
	return wr_done(&w, n);
}

bool trust_encode_claims(const struct trust_claims *c, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	wr_map(&w, 6);
	wr_key(&w, CLAIM_ISS);
	write_id(&w, &c->iss);
	wr_key(&w, CLAIM_SUB);
	write_id(&w, &c->sub);
	wr_key(&w, CLAIM_AUD);
	write_id(&w, &c->aud);
	wr_key(&w, CLAIM_EXP);
	wr_int(&w, c->exp);
	wr_key(&w, CLAIM_IAT);
	wr_int(&w, c->iat);
	wr_key(&w, CLAIM_CTI);
	wr_bytes(&w, c->cti, sizeof c->cti);
	return wr_done(&w, n);
}

bool trust_encode(const struct trust_parts *p, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	wr_array(&w, 4);
	wr_bstr(&w, p->protected_header);
	wr_map(&w, 0);
	wr_bstr(&w, p->payload);
	wr_bstr(&w, p->signature);
	return wr_done(&w, n);
}

bool trust_encode_to_sign(enum trust_kind kind, struct trec_bytes protected_header,
			  struct trec_bytes payload, uint8_t out[TRUST_TO_SIGN_MAX], size_t *n)
{
	char aad[32] = "trec/1 ";
	struct wr w = wr_to(out, TRUST_TO_SIGN_MAX);
	size_t head = strlen(aad);

	memcpy(aad + head, trust_kind_text(kind), strlen(trust_kind_text(kind)) + 1);
	wr_array(&w, 4);
	wr_text(&w, "Signature1");
	wr_bstr(&w, protected_header);
	wr_bstr(&w, trec_bytes(aad, strlen(aad)));
	wr_bstr(&w, payload);
	return wr_done(&w, n);
}
