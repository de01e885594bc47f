/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages inside TLS: 0x01 to 0x09 and 0x20 to 0x2b (docs/PROTOCOL.md, Messages). */
#include <string.h>

#include "proto/codec/message.h"
#include "proto/codec/message_util.h"

trec_err msg_mac_decode(struct trec_bytes body, struct msg_mac *out)
{
	return msg_read_bytes1(body, out->mac, MSG_HASH_LEN);
}

trec_err msg_mac_encode(const struct msg_mac *m, uint8_t *out, size_t cap, size_t *n)
{
	return msg_write_bytes1(m->mac, MSG_HASH_LEN, out, cap, n);
}

trec_err msg_pair_offer_decode(struct trec_bytes body, struct msg_pair_offer *out)
{
	struct rd r = rd_from(body);

	rd_map(&r);
	rd_key(&r, 0);
	msg_read_name(&r, out->name);
	rd_key(&r, 1);
	msg_read_kind(&r, out->kind);
	rd_key(&r, 2);
	msg_read_rights(&r, &out->rights);
	rd_key(&r, 3);
	msg_read_hints(&r, &out->hints);
	rd_map_end(&r);
	if (rd_done(&r))
		return TREC_OK;
	memset(out, 0, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err msg_pair_offer_encode(const struct msg_pair_offer *m, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!msg_name_ok(msg_text(m->name, TREC_NAME_MAX)) ||
	    !msg_kind_ok(msg_text(m->kind, MSG_KIND_MAX)) || !msg_rights_ok(&m->rights) ||
	    !msg_hints_ok(&m->hints))
		return TREC_E_USAGE;
	wr_map(&w, 4);
	wr_key(&w, 0);
	wr_text(&w, m->name);
	wr_key(&w, 1);
	wr_text(&w, m->kind);
	wr_key(&w, 2);
	msg_write_rights(&w, &m->rights);
	wr_key(&w, 3);
	msg_write_hints(&w, &m->hints);
	return msg_finish(&w, n);
}

trec_err msg_reason_decode(struct trec_bytes body, struct msg_reason *out)
{
	struct rd r = rd_from(body);

	rd_map(&r);
	rd_key(&r, 0);
	out->reason = (uint8_t)rd_uint(&r, 1, MSG_REASON_MAX);
	rd_map_end(&r);
	if (rd_done(&r))
		return TREC_OK;
	out->reason = 0;
	return TREC_E_MALFORMED;
}

trec_err msg_reason_encode(const struct msg_reason *m, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (m->reason == 0)
		return TREC_E_USAGE;
	wr_map(&w, 1);
	wr_key(&w, 0);
	wr_uint(&w, m->reason);
	return msg_finish(&w, n);
}

trec_err msg_open_decode(struct trec_bytes body, struct msg_open *out)
{
	struct rd r = rd_from(body);

	rd_map(&r);
	rd_key(&r, 0);
	msg_read_service(&r, out->service);
	rd_map_end(&r);
	if (rd_done(&r))
		return TREC_OK;
	memset(out, 0, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err msg_open_encode(const struct msg_open *m, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!msg_service_ok(msg_text(m->service, MSG_SERVICE_MAX)))
		return TREC_E_USAGE;
	wr_map(&w, 1);
	wr_key(&w, 0);
	wr_text(&w, m->service);
	return msg_finish(&w, n);
}

trec_err msg_ping_decode(struct trec_bytes body, struct msg_ping *out)
{
	return msg_read_bytes1(body, out->data, MSG_PING_LEN);
}

trec_err msg_ping_encode(const struct msg_ping *m, uint8_t *out, size_t cap, size_t *n)
{
	return msg_write_bytes1(m->data, MSG_PING_LEN, out, cap, n);
}

trec_err msg_recognise_decode(struct trec_bytes body, struct msg_recognise *out)
{
	return msg_read_bytes1(body, out->key, MSG_RECOGNITION_LEN);
}

trec_err msg_recognise_encode(const struct msg_recognise *m, uint8_t *out, size_t cap, size_t *n)
{
	return msg_write_bytes1(m->key, MSG_RECOGNITION_LEN, out, cap, n);
}

trec_err msg_empty_decode(struct trec_bytes body)
{
	struct rd r = rd_from(body);

	rd_map(&r);
	rd_map_end(&r);
	return rd_done(&r) ? TREC_OK : TREC_E_MALFORMED;
}

trec_err msg_empty_encode(uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	wr_map(&w, 0);
	return msg_finish(&w, n);
}
