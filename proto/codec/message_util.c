/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See message_util.h. */
#include <string.h>

#include "proto/codec/message_util.h"

trec_err msg_read_bytes1(struct trec_bytes body, uint8_t *out, size_t len)
{
	struct rd r = rd_from(body);

	rd_map(&r);
	rd_key(&r, 0);
	rd_bytes(&r, out, len);
	rd_map_end(&r);
	if (rd_done(&r))
		return TREC_OK;
	memset(out, 0, len);
	return TREC_E_MALFORMED;
}

trec_err msg_write_bytes1(const uint8_t *p, size_t len, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	wr_map(&w, 1);
	wr_key(&w, 0);
	wr_bytes(&w, p, len);
	return msg_finish(&w, n);
}
