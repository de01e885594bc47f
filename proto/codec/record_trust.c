/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The records about statements and about recognition; see record.h. Keys: docs/STORE-FORMAT.md,
 * Records.
 */
#include <string.h>

#include "proto/codec/message_util.h"
#include "proto/codec/record_util.h"

/* ---- replay memory ----------------------------------------------------------------------- */

static bool seen_ok(const struct rec_seen *s)
{
	if (s->count < 1 || s->count > REC_SEEN_COUNT)
		return false;
	for (size_t i = 0; i < s->count; i++)
		if (s->entry[i].exp_s < 1 || s->entry[i].exp_s > REC_TIME_MAX)
			return false;
	return true;
}

trec_err rec_seen_decode(struct trec_bytes in, struct rec_seen *out)
{
	struct rd r = rd_from(in);

	memset(out, 0, sizeof *out);
	if (rec_read_version(&r))
		return TREC_E_VERSION;
	rd_key(&r, 1);
	out->count = rd_array(&r, 1, REC_SEEN_COUNT);
	for (size_t i = 0; i < out->count; i++) {
		rd_array(&r, 2, 2);
		rd_bytes(&r, out->entry[i].cti, REC_CTI_LEN);
		out->entry[i].exp_s = rd_uint(&r, 1, REC_TIME_MAX);
	}
	rd_map_end(&r);
	if (rd_done(&r))
		return TREC_OK;
	memset(out, 0, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err rec_seen_encode(const struct rec_seen *s, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!seen_ok(s))
		return TREC_E_USAGE;
	wr_map(&w, 2);
	rec_write_version(&w);
	wr_key(&w, 1);
	wr_array(&w, s->count);
	for (size_t i = 0; i < s->count; i++) {
		wr_array(&w, 2);
		wr_bytes(&w, s->entry[i].cti, REC_CTI_LEN);
		wr_uint(&w, s->entry[i].exp_s);
	}
	return msg_finish(&w, n);
}

/* ---- statements that wait ---------------------------------------------------------------- */

static bool statement_ok(struct trec_bytes s)
{
	return s.n >= 1 && s.n <= REC_STATEMENT_MAX;
}

trec_err rec_carried_decode(struct trec_bytes in, struct rec_carried *out)
{
	struct rd r = rd_from(in);

	memset(out, 0, sizeof *out);
	if (rec_read_version(&r))
		return TREC_E_VERSION;
	rd_key(&r, 1);
	out->statement = rd_bstr(&r, 1, REC_STATEMENT_MAX);
	rd_map_end(&r);
	if (rd_done(&r))
		return TREC_OK;
	memset(out, 0, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err rec_carried_encode(const struct rec_carried *c, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!statement_ok(c->statement))
		return TREC_E_USAGE;
	wr_map(&w, 2);
	rec_write_version(&w);
	wr_key(&w, 1);
	wr_bstr(&w, c->statement);
	return msg_finish(&w, n);
}

static bool chain_ok(const struct rec_chain *c)
{
	if (c->count < 1 || c->count > REC_LINKS_MAX || c->sequence < c->count ||
	    c->sequence > REC_NUMBER_MAX)
		return false;
	for (size_t i = 0; i < c->count; i++)
		if (!statement_ok(c->link[i]))
			return false;
	return true;
}

trec_err rec_chain_decode(struct trec_bytes in, struct rec_chain *out)
{
	struct rd r = rd_from(in);

	memset(out, 0, sizeof *out);
	if (rec_read_version(&r))
		return TREC_E_VERSION;
	rd_key(&r, 1);
	out->sequence = rd_uint(&r, 1, REC_NUMBER_MAX);
	rd_key(&r, 2);
	out->count = rd_array(&r, 1, REC_LINKS_MAX);
	for (size_t i = 0; i < out->count; i++)
		out->link[i] = rd_bstr(&r, 1, REC_STATEMENT_MAX);
	rd_map_end(&r);
	if (rd_done(&r) && chain_ok(out))
		return TREC_OK;
	memset(out, 0, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err rec_chain_encode(const struct rec_chain *c, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!chain_ok(c))
		return TREC_E_USAGE;
	wr_map(&w, 3);
	rec_write_version(&w);
	wr_key(&w, 1);
	wr_uint(&w, c->sequence);
	wr_key(&w, 2);
	wr_array(&w, c->count);
	for (size_t i = 0; i < c->count; i++)
		wr_bstr(&w, c->link[i]);
	return msg_finish(&w, n);
}

trec_err rec_notice_decode(struct trec_bytes in, struct rec_notice *out)
{
	struct rd r = rd_from(in);

	memset(out, 0, sizeof *out);
	if (rec_read_version(&r))
		return TREC_E_VERSION;
	rd_key(&r, 1);
	out->number = rd_uint(&r, 1, REC_NUMBER_MAX);
	rd_key(&r, 2);
	out->exp_s = rd_uint(&r, 0, REC_TIME_MAX);
	rd_key(&r, 3);
	out->statement = rd_bstr(&r, 1, REC_STATEMENT_MAX);
	rd_map_end(&r);
	if (rd_done(&r))
		return TREC_OK;
	memset(out, 0, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err rec_notice_encode(const struct rec_notice *r, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (r->number < 1 || r->number > REC_NUMBER_MAX || r->exp_s > REC_TIME_MAX ||
	    !statement_ok(r->statement))
		return TREC_E_USAGE;
	wr_map(&w, 4);
	rec_write_version(&w);
	wr_key(&w, 1);
	wr_uint(&w, r->number);
	wr_key(&w, 2);
	wr_uint(&w, r->exp_s);
	wr_key(&w, 3);
	wr_bstr(&w, r->statement);
	return msg_finish(&w, n);
}

/* ---- recognition ------------------------------------------------------------------------- */

static bool recognition_ok(const struct rec_recognition *r)
{
	return (r->has_key || r->has_mark) && (r->has_mark || !r->heard);
}

trec_err rec_recognition_decode(struct trec_bytes in, struct rec_recognition *out)
{
	struct rd r = rd_from(in);

	memset(out, 0, sizeof *out);
	if (rec_read_version(&r))
		return TREC_E_VERSION;
	out->has_key = rd_key_opt(&r, 1);
	if (out->has_key)
		rd_bytes(&r, out->key, MSG_RECOGNITION_LEN);
	out->has_mark = rd_key_opt(&r, 2);
	if (out->has_mark)
		rd_bytes(&r, out->mark, REC_MARK_LEN);
	out->heard = rd_key_opt(&r, 3);
	if (out->heard && !rd_bool(&r))
		rd_refuse(&r);
	rd_map_end(&r);
	if (rd_done(&r) && recognition_ok(out))
		return TREC_OK;
	trec_wipe(out, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err rec_recognition_encode(const struct rec_recognition *r, uint8_t *out, size_t cap,
				size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!recognition_ok(r))
		return TREC_E_USAGE;
	wr_map(&w, (size_t)1 + r->has_key + r->has_mark + r->heard);
	rec_write_version(&w);
	if (r->has_key) {
		wr_key(&w, 1);
		wr_bytes(&w, r->key, MSG_RECOGNITION_LEN);
	}
	if (r->has_mark) {
		wr_key(&w, 2);
		wr_bytes(&w, r->mark, REC_MARK_LEN);
	}
	if (r->heard) {
		wr_key(&w, 3);
		wr_bool(&w, true);
	}
	return msg_finish(&w, n);
}
