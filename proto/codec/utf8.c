/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strict UTF-8, RFC 3629 4: the ranges of its grammar as arithmetic. */
#include "proto/codec/cbor.h"

bool cbor_utf8_next(struct trec_bytes *text, uint32_t *out)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *p = text->p;
	size_t n = 1;

	*out = 0;
	if (text->n == 0)
		return false;
	uint32_t c = p[0];

	if (c >= 0x80) {
		n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
		if (c < 0xc2 || c > 0xf4 || text->n < n)
			return false;
		c &= 0x7fu >> n;
		for (size_t i = 1; i < n; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return false;
			c = c << 6 | (p[i] & 0x3f);
		}
		if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	text->p += n;
	text->n -= n;
	*out = c;
	return true;
}

bool cbor_utf8_ok(struct trec_bytes text)
{
	uint32_t c;

	while (text.n > 0)
		if (!cbor_utf8_next(&text, &c))
			return false;
	return true;
}
