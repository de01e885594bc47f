/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages by which trust is passed on: 0x2c, 0x2d, 0x30 (docs/PROTOCOL.md, Introduction). */
#include <string.h>

#include "proto/codec/message.h"
#include "proto/codec/message_util.h"

/* Each id greater than the one before: a set has one form. */
static bool ascending(const struct msg_introduce_ask *m)
{
	for (size_t i = 1; i < m->count; i++)
		if (memcmp(m->subject[i - 1].id.b, m->subject[i].id.b, TREC_ID_LEN) >= 0)
			return false;
	return true;
}

static bool subject_ok(const struct msg_subject *s)
{
	return msg_name_ok(msg_text(s->name, TREC_NAME_MAX)) &&
	       msg_kind_ok(msg_text(s->kind, MSG_KIND_MAX));
}

static bool ask_ok(const struct msg_introduce_ask *m)
{
	if (m->count < 1 || m->count > MSG_SUBJECTS_MAX)
		return false;
	for (size_t i = 0; i < m->count; i++)
		if (!subject_ok(&m->subject[i]))
			return false;
	return ascending(m);
}

trec_err msg_introduce_ask_decode(struct trec_bytes body, struct msg_introduce_ask *out)
{
	struct rd r = rd_from(body);

	memset(out, 0, sizeof *out);
	rd_map(&r);
	rd_key(&r, 0);
	out->count = rd_array(&r, 1, MSG_SUBJECTS_MAX);
	for (size_t i = 0; i < out->count; i++) {
		rd_array(&r, 3, 3);
		rd_bytes(&r, out->subject[i].id.b, TREC_ID_LEN);
		msg_read_name(&r, out->subject[i].name);
		msg_read_kind(&r, out->subject[i].kind);
	}
	rd_map_end(&r);
	if (rd_done(&r) && ascending(out))
		return TREC_OK;
	memset(out, 0, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err msg_introduce_ask_encode(const struct msg_introduce_ask *m, uint8_t *out, size_t cap,
				  size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!ask_ok(m))
		return TREC_E_USAGE;
	wr_map(&w, 1);
	wr_key(&w, 0);
	wr_array(&w, m->count);
	for (size_t i = 0; i < m->count; i++) {
		wr_array(&w, 3);
		wr_bytes(&w, m->subject[i].id.b, TREC_ID_LEN);
		wr_text(&w, m->subject[i].name);
		wr_text(&w, m->subject[i].kind);
	}
	return msg_finish(&w, n);
}

trec_err msg_introduce_nonce_decode(struct trec_bytes body, struct msg_introduce_nonce *out)
{
	return msg_read_bytes1(body, out->nonce, MSG_NONCE_LEN);
}

trec_err msg_introduce_nonce_encode(const struct msg_introduce_nonce *m, uint8_t *out, size_t cap,
				    size_t *n)
{
	return msg_write_bytes1(m->nonce, MSG_NONCE_LEN, out, cap, n);
}

trec_err msg_introduce_result_decode(struct trec_bytes body, struct msg_introduce_result *out)
{
	struct rd r = rd_from(body);

	memset(out, 0, sizeof *out);
	rd_map(&r);
	rd_key(&r, 0);
	rd_bytes(&r, out->subject.b, TREC_ID_LEN);
	rd_key(&r, 1);
	out->reason = (uint8_t)rd_uint(&r, 0, MSG_REASON_MAX);
	rd_map_end(&r);
	if (rd_done(&r))
		return TREC_OK;
	memset(out, 0, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err msg_introduce_result_encode(const struct msg_introduce_result *m, uint8_t *out,
				     size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	wr_map(&w, 2);
	wr_key(&w, 0);
	wr_bytes(&w, m->subject.b, TREC_ID_LEN);
	wr_key(&w, 1);
	wr_uint(&w, m->reason);
	return msg_finish(&w, n);
}
