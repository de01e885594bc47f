/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statements to bytes and back: COSE_Sign1 (RFC 9052 4.2) around what claims.c reads. */
#include "proto/trust/statement.h"

#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/cbor.h"

#define ALG_EDDSA (-8)
#define ALG_ES256 (-7)
#define HEADER_ALG 1
#define HEADER_KID 4
#define HEADER_MAX 256 /* private header fields may be in it */
#define PURPOSE "trec/1 "

int64_t trust_alg(trec_key_alg alg)
{
	return alg == TREC_KEY_ED25519 ? ALG_EDDSA : ALG_ES256;
}

const char *trust_kind_text(enum trust_kind kind)
{
	static const char *const texts[TRUST_KIND_COUNT] = {
		[TRUST_REVOKE] = "revoke",
		[TRUST_TOMBSTONE] = "tombstone",
		[TRUST_INTRODUCTION] = "introduction",
		[TRUST_SUCCESSION] = "succession",
	};

	return texts[kind];
}

size_t trust_max(enum trust_kind kind)
{
	return kind == TRUST_REVOKE || kind == TRUST_TOMBSTONE ? TRUST_SHORT_MAX
							       : TRUST_STATEMENT_MAX;
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool read_header(struct trust_seal *s)
{
	struct rd r = rd_from(s->header);

	rd_map(&r);
	rd_key(&r, HEADER_ALG);
	s->alg = rd_int(&r, ALG_EDDSA, ALG_ES256);
	rd_key(&r, HEADER_KID);
	rd_bytes(&r, s->kid.b, sizeof s->kid.b);
	rd_map_end(&r);
	return rd_done(&r);
}

/* payload NULL: it is detached, null stands in its place. */
static bool read_sign1(struct trec_bytes in, struct trust_seal *s, struct trec_bytes *payload)
{
	static const uint8_t empty_map[1] = { 0xa0 };
	static const uint8_t null[1] = { 0xf6 };
	struct rd r = rd_from(in);

	(void)rd_array(&r, 4, 4);
	s->header = rd_bstr(&r, 1, HEADER_MAX);
	/* nothing unsigned: not even a private header */
	if (!trec_bytes_equal(rd_raw(&r), trec_bytes(empty_map, sizeof empty_map)))
		rd_refuse(&r);
	if (payload != NULL)
		*payload = rd_bstr(&r, 1, TRUST_STATEMENT_MAX);
	else if (!trec_bytes_equal(rd_raw(&r), trec_bytes(null, sizeof null)))
		rd_refuse(&r);
	s->signature = rd_bstr(&r, TRUST_SIG_LEN, TRUST_SIG_LEN);
	return rd_done(&r) && read_header(s);
}

bool trust_decode(enum trust_kind kind, struct trec_bytes in, struct trust_parts *out)
{
	struct rd r = rd_from(in);

	memset(out, 0, sizeof *out);
	if (kind == TRUST_SUCCESSION) {
		(void)rd_array(&r, 2, 2);
		in = rd_raw(&r);
		struct trec_bytes second = rd_raw(&r);

		if (!rd_done(&r) || !read_sign1(second, &out->subject, NULL))
			return false;
	}
	return read_sign1(in, &out->issuer, &out->payload) &&
	       trust_decode_claims(kind, out->payload, &out->claims);
}

/* ---- writing ----------------------------------------------------------------------------- */

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

static void write_sign1(struct wr *w, const struct trust_seal *s, const struct trec_bytes *payload)
{
	wr_array(w, 4);
	wr_bstr(w, s->header);
	wr_map(w, 0);
	if (payload != NULL)
		wr_bstr(w, *payload);
	else
		wr_raw(w, trec_bytes((const uint8_t *)"\xf6", 1));
	wr_bstr(w, s->signature);
}

bool trust_encode(const struct trust_parts *p, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);
	bool pair = p->subject.header.n > 0;

	if (pair)
		wr_array(&w, 2);
	write_sign1(&w, &p->issuer, &p->payload);
	if (pair)
		write_sign1(&w, &p->subject, NULL);
	return wr_done(&w, n);
}

bool trust_encode_to_sign(const char *purpose, struct trec_bytes header, struct trec_bytes payload,
			  uint8_t out[TRUST_TO_SIGN_MAX], size_t *n)
{
	char aad[sizeof PURPOSE + TRUST_PURPOSE_MAX] = PURPOSE;
	struct wr w = wr_to(out, TRUST_TO_SIGN_MAX);
	size_t head = strlen(aad);

	memcpy(aad + head, purpose, strnlen(purpose, TRUST_PURPOSE_MAX));
	wr_array(&w, 4);
	wr_text(&w, "Signature1");
	wr_bstr(&w, header);
	wr_bstr(&w, trec_bytes(aad, strlen(aad)));
	wr_bstr(&w, payload);
	return wr_done(&w, n);
}
