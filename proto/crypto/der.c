/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See der.h. No element is longer than 65535 bytes; callers bound the whole far below. */
#include "proto/crypto/der.h"

#include <string.h>

struct crypto_der crypto_der_from(struct trec_bytes in)
{
	return (struct crypto_der){ in, false };
}

uint8_t crypto_der_peek(const struct crypto_der *d)
{
	return d->bad || d->in.n == 0 ? 0 : d->in.p[0];
}

/* Length and size of the header, or false: X.690 10.1, shortest definite form only. */
static bool header(struct trec_bytes in, size_t *head, size_t *len)
{
	if (in.n < 2)
		return false;
	if (in.p[1] < 0x80) {
		*head = 2;
		*len = in.p[1];
	} else if (in.p[1] == 0x81 && in.n >= 3 && in.p[2] >= 0x80) {
		*head = 3;
		*len = in.p[2];
	} else if (in.p[1] == 0x82 && in.n >= 4 && in.p[2] != 0) {
		*head = 4;
		*len = (size_t)in.p[2] << 8 | in.p[3];
	} else {
		return false;
	}
	return *len <= in.n - *head;
}

static struct trec_bytes take(struct crypto_der *d, uint8_t tag, bool whole)
{
	struct trec_bytes in = d->in;
	size_t head = 0;
	size_t len = 0;

	if (d->bad || in.n == 0 || in.p[0] != tag || !header(in, &head, &len)) {
		d->bad = true;
		return trec_bytes(NULL, 0);
	}
	d->in = trec_bytes(in.p + head + len, in.n - head - len);
	return whole ? trec_bytes(in.p, head + len) : trec_bytes(in.p + head, len);
}

struct trec_bytes crypto_der_next(struct crypto_der *d, uint8_t tag)
{
	return take(d, tag, false);
}

struct trec_bytes crypto_der_whole(struct crypto_der *d, uint8_t tag)
{
	return take(d, tag, true);
}

struct crypto_der crypto_der_enter(struct crypto_der *d, uint8_t tag)
{
	struct crypto_der inner = { take(d, tag, false), false };

	inner.bad = d->bad;
	return inner;
}

bool crypto_der_end(const struct crypto_der *d, struct crypto_der *outer)
{
	bool ok = !d->bad && d->in.n == 0;

	if (!ok && outer != NULL)
		outer->bad = true;
	return ok;
}

struct crypto_der_writer crypto_der_to(uint8_t *buf, size_t cap)
{
	return (struct crypto_der_writer){ buf, buf + cap, buf + cap, false };
}

void crypto_der_put(struct crypto_der_writer *w, const void *p, size_t n)
{
	if (w->full || n > (size_t)(w->at - w->start)) {
		w->full = true;
		return;
	}
	w->at -= n;
	if (n > 0)
		memcpy(w->at, p, n);
}

void crypto_der_wrap(struct crypto_der_writer *w, uint8_t tag, size_t inner)
{
	size_t len = crypto_der_size(w) - inner;
	uint8_t head[4] = { tag, (uint8_t)len };
	size_t n = 2;

	if (len > 0xff) {
		head[1] = 0x82;
		head[2] = (uint8_t)(len >> 8);
		head[3] = (uint8_t)len;
		n = 4;
	} else if (len > 0x7f) {
		head[1] = 0x81;
		head[2] = (uint8_t)len;
		n = 3;
	}
	if (len > 0xffff)
		w->full = true;
	crypto_der_put(w, head, n);
}

size_t crypto_der_size(const struct crypto_der_writer *w)
{
	return (size_t)(w->end - w->at);
}
