/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See bundle.h. */
#include <string.h>

#include "proto/codec/bundle.h"
#include "proto/codec/idtext.h"
#include "proto/codec/message_util.h"

static const char prefix[] = "TRECI:";

#define PREFIX_LEN (sizeof prefix - 1)

trec_err bundle_decode(struct trec_bytes in, struct bundle *out)
{
	struct rd r = rd_from(in);

	memset(out, 0, sizeof *out);
	rd_map(&r);
	rd_key(&r, 0);
	uint64_t version = rd_uint(&r, 1, MSG_VERSION_MAX);

	if (rd_ok(&r) && version != BUNDLE_VERSION)
		return TREC_E_VERSION;
	rd_key(&r, 1);
	out->kind = (enum bundle_kind)rd_uint(&r, BUNDLE_INTRODUCTIONS, BUNDLE_NOTICES);
	rd_key(&r, 2);
	out->count = rd_array(&r, 1, BUNDLE_ITEMS_MAX);
	for (size_t i = 0; i < out->count; i++)
		out->item[i] = rd_bstr(&r, 1, FRAME_STATEMENT_MAX);
	rd_map_end(&r);
	if (rd_done(&r))
		return TREC_OK;
	memset(out, 0, sizeof *out);
	return TREC_E_MALFORMED;
}

static bool bundle_ok(const struct bundle *b)
{
	if (b->kind < BUNDLE_INTRODUCTIONS || b->kind > BUNDLE_NOTICES || b->count < 1 ||
	    b->count > BUNDLE_ITEMS_MAX)
		return false;
	for (size_t i = 0; i < b->count; i++)
		if (b->item[i].n < 1 || b->item[i].n > FRAME_STATEMENT_MAX)
			return false;
	return true;
}

trec_err bundle_encode(const struct bundle *b, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!bundle_ok(b))
		return TREC_E_USAGE;
	wr_map(&w, 3);
	wr_key(&w, 0);
	wr_uint(&w, BUNDLE_VERSION);
	wr_key(&w, 1);
	wr_uint(&w, b->kind);
	wr_key(&w, 2);
	wr_array(&w, b->count);
	for (size_t i = 0; i < b->count; i++)
		wr_bstr(&w, b->item[i]);
	return msg_finish(&w, n);
}

trec_err bundle_from_text(const char *text, size_t n, uint8_t *out, size_t cap, size_t *len)
{
	*len = 0;
	if (n > BUNDLE_INPUT_MAX)
		return TREC_E_BAD_CODE;
	size_t at = idtext_behind(prefix, text, n);

	if (at == 0 || !idtext_decode(text + at, n - at, out, cap, len))
		return TREC_E_BAD_CODE;
	return TREC_OK;
}

trec_err bundle_to_text(struct trec_bytes in, char *out, size_t cap, size_t *n)
{
	size_t len = PREFIX_LEN + IDTEXT_CHARS(in.n) + IDTEXT_CHECK_LEN;

	*n = 0;
	if (in.n > BUNDLE_CARRIED_MAX)
		return TREC_E_TOO_LARGE;
	if (cap <= len)
		return TREC_E_NO_SPACE;
	memcpy(out, prefix, PREFIX_LEN);
	idtext_encode(in, out + PREFIX_LEN);
	out[len] = '\0';
	*n = len;
	return TREC_OK;
}
