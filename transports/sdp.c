/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SDP's client, see sdp.h. Section numbers are those of the Bluetooth Core Specification, Vol 3,
 * Part B. An answer's structure is judged whole before anything is taken from it; a record that is
 * well formed but says nothing sensible of a channel is one without a channel.
 */
#include <string.h>

#include "proto/base/base.h"
#include "transports/sdp.h"
#include "transports/tp.h"

#define PDU_HEAD 5 /* id, transaction, length of the rest: 4.2 */
#define PDU_ERROR 0x01
#define PDU_REQUEST 0x06
#define PDU_ANSWER 0x07
#define BYTES_PER_ANSWER 640 /* with all around it no more than TP_SDP_PDU_MAX */
#define DEPTH_MAX 8

/* Attributes, 5.1. */
#define ATTR_CLASSES 0x0001
#define ATTR_PROTOCOLS 0x0004
#define ATTR_NAME 0x0100

/* Types of data elements, 3.2. */
enum { NIL, UINT, SINT, UUID, TEXT, BOOL, SEQUENCE, ALTERNATIVE, URL };

#define UUID_LEN 16
#define UUID_RFCOMM 0x0003

static const uint8_t our_uuid[UUID_LEN] = { 0xd7, 0xb7, 0xa4, 0xc1, 0x5f, 0x0e, 0x4c, 0x46,
					    0x9b, 0x1a, 0x7c, 0x2f, 0x2e, 0x1f, 0x9d, 0x53 };
/* What a short UUID is short for: 2.5.1. */
static const uint8_t base_uuid[UUID_LEN] = { 0, 0, 0, 0, 0x00, 0x00, 0x10, 0x00,
					     0x80, 0x00, 0x00, 0x80, 0x5f, 0x9b, 0x34, 0xfb };

struct element {
	unsigned type;
	struct trec_bytes v;
};

void tp_sdp_begin(struct tp_sdp *q, uint16_t tid)
{
	memset(q, 0, sizeof(*q));
	q->tid = tid;
}

size_t tp_sdp_request(const struct tp_sdp *q, uint8_t out[TP_SDP_REQUEST_MAX])
{
	/* Sequences of 17 and 9 bytes: one UUID of 16; three numbers of two. */
	static const uint8_t pattern[] = { 0x35, 0x11, 0x1c };
	static const uint8_t attributes[] = { 0x35, 0x09, 0x09, 0x00, ATTR_CLASSES, 0x09, 0x00,
					      ATTR_PROTOCOLS, 0x09, ATTR_NAME >> 8, 0x00 };
	size_t n = PDU_HEAD;

	memcpy(out + n, pattern, sizeof(pattern));
	n += sizeof(pattern);
	memcpy(out + n, our_uuid, UUID_LEN);
	n += UUID_LEN;
	base_put16(out + n, BYTES_PER_ANSWER);
	n += 2;
	memcpy(out + n, attributes, sizeof(attributes));
	n += sizeof(attributes);
	out[n++] = (uint8_t)q->continuation_len;
	memcpy(out + n, q->continuation, q->continuation_len);
	n += q->continuation_len;
	out[0] = PDU_REQUEST;
	base_put16(out + 1, q->tid);
	base_put16(out + 3, (uint32_t)(n - PDU_HEAD));
	return n;
}

/* The attributes' bytes and the continuation of an answer's parameters, 4.7.2. */
static trec_err take_parameters(struct tp_sdp *q, const uint8_t *p, size_t n)
{
	size_t bytes = n >= 2 ? base_get16(p) : 0;

	if (bytes == 0 || bytes > BYTES_PER_ANSWER || n < 2 + bytes + 1)
		return TREC_E_MALFORMED;
	size_t more = p[2 + bytes];

	if (more > TP_SDP_CONTINUATION_MAX || n != 2 + bytes + 1 + more)
		return TREC_E_MALFORMED;
	if (bytes > sizeof(q->answer) - q->n || (more > 0 && q->rounds >= TP_SDP_ROUNDS))
		return TREC_E_TOO_LARGE;
	memcpy(q->answer + q->n, p + 2, bytes);
	q->n += bytes;
	memset(q->continuation, 0, sizeof(q->continuation));
	memcpy(q->continuation, p + 2 + bytes + 1, more);
	q->continuation_len = more;
	if (more == 0)
		return TREC_OK;
	q->tid++;
	return TREC_E_AGAIN;
}

trec_err tp_sdp_take(struct tp_sdp *q, struct trec_bytes pdu)
{
	const uint8_t *p = pdu.p;

	q->rounds++;
	if (pdu.n < PDU_HEAD || pdu.n > TP_SDP_PDU_MAX || base_get16(p + 1) != q->tid ||
	    base_get16(p + 3) != pdu.n - PDU_HEAD)
		return TREC_E_MALFORMED;
	if (p[0] == PDU_ERROR) /* a code and perhaps words about it, 4.4.1 */
		return pdu.n >= PDU_HEAD + 2 ? TREC_E_REFUSED : TREC_E_MALFORMED;
	if (p[0] != PDU_ANSWER)
		return TREC_E_MALFORMED;
	return take_parameters(q, p + PDU_HEAD, pdu.n - PDU_HEAD);
}

/* ---- data elements, 3.3 ------------------------------------------------------------------ */

static bool size_fits_type(unsigned type, unsigned index)
{
	switch (type) {
	case NIL:
	case BOOL:
		return index == 0;
	case UINT:
	case SINT:
		return index <= 4;
	case UUID:
		return index == 1 || index == 2 || index == 4;
	default:
		return type <= URL && index >= 5;
	}
}

/* Takes the first element off in. */
static bool take(struct trec_bytes *in, struct element *e)
{
	if (in->n == 0)
		return false;
	unsigned type = in->p[0] >> 3, index = in->p[0] & 7;
	size_t head = index < 5 ? 1 : 1 + ((size_t)1 << (index - 5));
	size_t len = type == NIL ? 0 : (size_t)1 << (index & 3);

	if (!size_fits_type(type, index) || in->n < head)
		return false;
	if (index == 4)
		len = 16;
	else if (index == 5)
		len = in->p[1];
	else if (index == 6)
		len = base_get16(in->p + 1);
	else if (index == 7)
		len = base_get32(in->p + 1);
	if (len > in->n - head)
		return false;
	e->type = type;
	e->v = trec_bytes(in->p + head, len);
	*in = trec_bytes(in->p + head + len, in->n - head - len);
	return true;
}

static bool is_list(const struct element *e)
{
	return e->type == SEQUENCE || e->type == ALTERNATIVE;
}

/* Whether in is elements and nothing else, at most DEPTH_MAX lists deep. */
static bool well_formed(struct trec_bytes in)
{
	struct trec_bytes rest[DEPTH_MAX + 1];
	unsigned depth = 0;
	struct element e;

	rest[0] = in;
	for (;;) {
		if (rest[depth].n == 0) {
			if (depth == 0)
				return true;
			depth--;
			continue;
		}
		if (!take(&rest[depth], &e))
			return false;
		if (!is_list(&e))
			continue;
		if (depth == DEPTH_MAX)
			return false;
		rest[++depth] = e.v;
	}
}

/* ---- records ----------------------------------------------------------------------------- */

static bool uuid_is(const struct element *e, const uint8_t want[UUID_LEN])
{
	uint8_t full[UUID_LEN];

	if (e->type != UUID)
		return false;
	memcpy(full, base_uuid, UUID_LEN);
	if (e->v.n == UUID_LEN)
		memcpy(full, e->v.p, UUID_LEN);
	else
		memcpy(full + 4 - e->v.n, e->v.p, e->v.n);
	return memcmp(full, want, UUID_LEN) == 0;
}

static bool class_is_ours(struct trec_bytes classes)
{
	struct element e;

	while (take(&classes, &e))
		if (uuid_is(&e, our_uuid))
			return true;
	return false;
}

/* The channel a stack of protocols names, 5.1.5, or 0. */
static uint8_t channel_of(struct trec_bytes stack)
{
	uint8_t rfcomm[UUID_LEN];
	struct element protocol, id, channel;

	memcpy(rfcomm, base_uuid, UUID_LEN);
	base_put32(rfcomm, UUID_RFCOMM);
	while (take(&stack, &protocol)) {
		if (protocol.type != SEQUENCE || !take(&protocol.v, &id) || !uuid_is(&id, rfcomm))
			continue;
		if (!take(&protocol.v, &channel) || channel.type != UINT || channel.v.n != 1)
			return 0;
		return channel.v.p[0] <= TP_CHANNEL_MAX ? channel.v.p[0] : 0;
	}
	return 0;
}

/* Of several stacks to choose from the first counts. */
static uint8_t protocols(struct element e)
{
	struct element first;

	if (e.type == ALTERNATIVE)
		return take(&e.v, &first) && first.type == SEQUENCE ? channel_of(first.v) : 0;
	return e.type == SEQUENCE ? channel_of(e.v) : 0;
}

static void name_of(const struct element *e, char out[TP_SDP_NAME_MAX + 1])
{
	if (e->type != TEXT || e->v.n > TP_SDP_NAME_MAX)
		return;
	for (size_t i = 0; i < e->v.n; i++)
		if (e->v.p[i] < 0x20 || e->v.p[i] > 0x7e)
			return;
	if (e->v.n > 0)
		memcpy(out, e->v.p, e->v.n);
}

/* One record: numbers of attributes, ascending (4.6.2), and their values. */
static bool record(struct trec_bytes in, struct tp_sdp_found *out, bool *ours)
{
	struct element id, value;
	int64_t before = -1;

	memset(out, 0, sizeof(*out));
	*ours = false;
	while (in.n > 0) {
		if (!take(&in, &id) || id.type != UINT || id.v.n != 2 || !take(&in, &value))
			return false;
		uint32_t attribute = base_get16(id.v.p);

		if (attribute <= before)
			return false;
		before = attribute;
		if (attribute == ATTR_CLASSES && value.type == SEQUENCE)
			*ours = class_is_ours(value.v);
		else if (attribute == ATTR_PROTOCOLS)
			out->channel = protocols(value);
		else if (attribute == ATTR_NAME)
			name_of(&value, out->name);
	}
	return true;
}

trec_err tp_sdp_found(const struct tp_sdp *q, struct tp_sdp_found out[TP_SDP_FOUND_MAX], size_t *n)
{
	struct trec_bytes in = trec_bytes(q->answer, q->n);
	struct tp_sdp_found found[TP_SDP_FOUND_MAX], one;
	struct element all, list;
	size_t count = 0;
	bool ours;

	memset(out, 0, TP_SDP_FOUND_MAX * sizeof(*out));
	*n = 0;
	if (!well_formed(in) || !take(&in, &all) || all.type != SEQUENCE || in.n != 0)
		return TREC_E_MALFORMED;
	while (all.v.n > 0) {
		if (!take(&all.v, &list) || list.type != SEQUENCE || !record(list.v, &one, &ours))
			return TREC_E_MALFORMED;
		if (ours && count < TP_SDP_FOUND_MAX)
			found[count++] = one;
	}
	if (count > 0)
		memcpy(out, found, count * sizeof(*out));
	*n = count;
	return TREC_OK;
}
