/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See code.h. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/code.h"
#include "proto/codec/idtext.h"
#include "proto/codec/message.h"

static const char prefix[] = "TREC:";

#define PREFIX_LEN (sizeof prefix - 1)

static bool code_ok(const struct code *c)
{
	return c->secret_len >= CODE_SECRET_MIN && c->secret_len <= CODE_SECRET_MAX &&
	       msg_hints_ok(&c->hints) && c->expires_s <= CODE_EXPIRES_MAX;
}

static trec_err map_decode(struct trec_bytes map, struct code *c)
{
	struct rd r = rd_from(map);

	rd_map(&r);
	rd_key(&r, 0);
	uint64_t version = rd_uint(&r, 1, MSG_VERSION_MAX);

	if (rd_ok(&r) && version != CODE_VERSION)
		return TREC_E_VERSION;
	rd_key(&r, 1);
	rd_bytes(&r, c->commitment, CODE_COMMITMENT_LEN);
	rd_key(&r, 2);
	struct trec_bytes secret = rd_bstr(&r, CODE_SECRET_MIN, CODE_SECRET_MAX);

	if (secret.n > 0)
		memcpy(c->secret, secret.p, secret.n);
	c->secret_len = secret.n;
	rd_key(&r, 3);
	msg_read_hints(&r, &c->hints);
	rd_key(&r, 4);
	c->expires_s = rd_uint(&r, 0, CODE_EXPIRES_MAX);
	rd_key(&r, 5);
	c->multi_use = rd_bool(&r);
	rd_map_end(&r);
	return rd_done(&r) ? TREC_OK : TREC_E_BAD_CODE;
}

static void map_encode(struct wr *w, const struct code *c)
{
	wr_map(w, 6);
	wr_key(w, 0);
	wr_uint(w, CODE_VERSION);
	wr_key(w, 1);
	wr_bytes(w, c->commitment, CODE_COMMITMENT_LEN);
	wr_key(w, 2);
	wr_bytes(w, c->secret, c->secret_len);
	wr_key(w, 3);
	msg_write_hints(w, &c->hints);
	wr_key(w, 4);
	wr_uint(w, c->expires_s);
	wr_key(w, 5);
	wr_bool(w, c->multi_use);
}

trec_err code_decode(const char *text, size_t n, struct code *out)
{
	uint8_t map[CODE_CBOR_MAX];
	size_t map_len = 0;
	trec_err err = TREC_E_BAD_CODE;

	memset(out, 0, sizeof *out);
	if (n > CODE_INPUT_MAX)
		return err;
	size_t at = idtext_behind(prefix, text, n);

	if (at > 0 && idtext_decode(text + at, n - at, map, sizeof map, &map_len))
		err = map_decode(trec_bytes(map, map_len), out);
	if (err != TREC_OK)
		trec_wipe(out, sizeof *out);
	trec_wipe(map, sizeof map);
	return err;
}

trec_err code_encode(const struct code *c, char *out, size_t cap, size_t *n)
{
	uint8_t map[CODE_CBOR_MAX];
	struct wr w = wr_to(map, sizeof map);
	size_t map_len = 0;
	trec_err err = TREC_E_NO_SPACE;

	*n = 0;
	if (!code_ok(c))
		return TREC_E_USAGE;
	map_encode(&w, c);
	if (wr_done(&w, &map_len)) {
		size_t len = PREFIX_LEN + IDTEXT_CHARS(map_len) + IDTEXT_CHECK_LEN;

		if (cap > len) {
			memcpy(out, prefix, PREFIX_LEN);
			idtext_encode(trec_bytes(map, map_len), out + PREFIX_LEN);
			out[len] = '\0';
			*n = len;
			err = TREC_OK;
		}
	}
	trec_wipe(map, sizeof map);
	return err;
}
