/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The small records; see record.h. Keys: docs/STORE-FORMAT.md, Records. */
#include <string.h>

#include "proto/codec/message_util.h"
#include "proto/codec/record_util.h"

bool rec_read_version(struct rd *r)
{
	rd_map(r);
	rd_key(r, 0);
	return rd_uint(r, 1, MSG_VERSION_MAX) != REC_VERSION && rd_ok(r);
}

void rec_write_version(struct wr *w)
{
	wr_key(w, 0);
	wr_uint(w, REC_VERSION);
}

void rec_read_moment(struct rd *r, struct rec_moment *out)
{
	rd_array(r, 2, 2);
	out->ms = rd_uint(r, 0, UINT64_MAX);
	rd_bytes(r, out->boot, REC_BOOT_LEN);
	out->set = rd_ok(r);
}

void rec_write_moment(struct wr *w, const struct rec_moment *m)
{
	wr_array(w, 2);
	wr_uint(w, m->ms);
	wr_bytes(w, m->boot, REC_BOOT_LEN);
}

static bool tombstone_ok(const struct rec_tombstone *t)
{
	return t->when_s <= REC_TIME_MAX && t->by >= REC_BY_LOCAL && t->by <= REC_BY_NOTICE;
}

trec_err rec_tombstone_decode(struct trec_bytes in, struct rec_tombstone *out)
{
	struct rd r = rd_from(in);

	memset(out, 0, sizeof *out);
	if (rec_read_version(&r))
		return TREC_E_VERSION;
	rd_key(&r, 1);
	out->when_s = rd_uint(&r, 0, REC_TIME_MAX);
	rd_key(&r, 2);
	out->by = (enum rec_dissolved_by)rd_uint(&r, REC_BY_LOCAL, REC_BY_NOTICE);
	rd_map_end(&r);
	if (rd_done(&r))
		return TREC_OK;
	memset(out, 0, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err rec_tombstone_encode(const struct rec_tombstone *t, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!tombstone_ok(t))
		return TREC_E_USAGE;
	wr_map(&w, 3);
	rec_write_version(&w);
	wr_key(&w, 1);
	wr_uint(&w, t->when_s);
	wr_key(&w, 2);
	wr_uint(&w, t->by);
	return msg_finish(&w, n);
}

trec_err rec_preset_decode(struct trec_bytes in, struct rec_preset *out)
{
	struct rd r = rd_from(in);

	memset(out, 0, sizeof *out);
	if (rec_read_version(&r))
		return TREC_E_VERSION;
	rd_key(&r, 1);
	out->kdf.log_n = (uint8_t)rd_uint(&r, MSG_SCRYPT_LOG_N_MIN, MSG_SCRYPT_LOG_N_MAX);
	rd_key(&r, 2);
	out->kdf.r = (uint8_t)rd_uint(&r, 1, MSG_SCRYPT_R_MAX);
	rd_key(&r, 3);
	out->kdf.p = (uint8_t)rd_uint(&r, 1, MSG_SCRYPT_P_MAX);
	rd_key(&r, 4);
	rd_bytes(&r, out->kdf.salt, MSG_SALT_LEN);
	rd_key(&r, 5);
	rd_bytes(&r, out->w0, sizeof out->w0);
	rd_key(&r, 6);
	rd_bytes(&r, out->l, MSG_POINT_LEN);
	rd_key(&r, 7);
	rd_bytes(&r, out->w0m, MSG_POINT_LEN);
	rd_key(&r, 8);
	rd_bytes(&r, out->w0n, MSG_POINT_LEN);
	rd_key(&r, 9);
	out->since_s = rd_uint(&r, 0, REC_TIME_MAX);
	rd_map_end(&r);
	if (rd_done(&r) && msg_scrypt_ok(&out->kdf))
		return TREC_OK;
	trec_wipe(out, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err rec_preset_encode(const struct rec_preset *p, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!msg_scrypt_ok(&p->kdf) || p->since_s > REC_TIME_MAX)
		return TREC_E_USAGE;
	wr_map(&w, 10);
	rec_write_version(&w);
	wr_key(&w, 1);
	wr_uint(&w, p->kdf.log_n);
	wr_key(&w, 2);
	wr_uint(&w, p->kdf.r);
	wr_key(&w, 3);
	wr_uint(&w, p->kdf.p);
	wr_key(&w, 4);
	wr_bytes(&w, p->kdf.salt, MSG_SALT_LEN);
	wr_key(&w, 5);
	wr_bytes(&w, p->w0, sizeof p->w0);
	wr_key(&w, 6);
	wr_bytes(&w, p->l, MSG_POINT_LEN);
	wr_key(&w, 7);
	wr_bytes(&w, p->w0m, MSG_POINT_LEN);
	wr_key(&w, 8);
	wr_bytes(&w, p->w0n, MSG_POINT_LEN);
	wr_key(&w, 9);
	wr_uint(&w, p->since_s);
	return msg_finish(&w, n);
}

/* Tags belong to secrets, times to targets; frozen means both when and how long. */
static bool counters_ok(const struct rec_counters *c)
{
	static const uint8_t no_tag[REC_TAG_LEN];
	bool target = c->kind == REC_COUNTER_TARGET;

	if (c->kind < REC_COUNTER_RANDOM || c->kind > REC_COUNTER_TARGET ||
	    c->wrong > REC_COUNT_MAX || c->step > REC_COUNT_MAX || c->last_s > REC_TIME_MAX)
		return false;
	if (target && (memcmp(c->tag, no_tag, REC_TAG_LEN) != 0 || c->frozen_at.set || c->dead))
		return false;
	return c->frozen_at.set == (c->frozen_ms > 0);
}

trec_err rec_counters_decode(struct trec_bytes in, struct rec_counters *out)
{
	struct rd r = rd_from(in);

	memset(out, 0, sizeof *out);
	if (rec_read_version(&r))
		return TREC_E_VERSION;
	rd_key(&r, 1);
	out->kind = (enum rec_counter_kind)rd_uint(&r, REC_COUNTER_RANDOM, REC_COUNTER_TARGET);
	rd_key(&r, 2);
	rd_bytes(&r, out->tag, REC_TAG_LEN);
	rd_key(&r, 3);
	out->wrong = (uint32_t)rd_uint(&r, 0, REC_COUNT_MAX);
	rd_key(&r, 4);
	out->step = (uint32_t)rd_uint(&r, 0, REC_COUNT_MAX);
	rd_key(&r, 5);
	out->dead = rd_bool(&r);
	rd_key(&r, 6);
	out->last_s = rd_uint(&r, 0, REC_TIME_MAX);
	if (rd_key_opt(&r, 7)) {
		rec_read_moment(&r, &out->frozen_at);
		rd_key(&r, 8);
		out->frozen_ms = rd_uint(&r, 1, UINT64_MAX);
	}
	rd_map_end(&r);
	if (rd_done(&r) && counters_ok(out))
		return TREC_OK;
	memset(out, 0, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err rec_counters_encode(const struct rec_counters *c, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!counters_ok(c))
		return TREC_E_USAGE;
	wr_map(&w, c->frozen_at.set ? 9 : 7);
	rec_write_version(&w);
	wr_key(&w, 1);
	wr_uint(&w, c->kind);
	wr_key(&w, 2);
	wr_bytes(&w, c->tag, REC_TAG_LEN);
	wr_key(&w, 3);
	wr_uint(&w, c->wrong);
	wr_key(&w, 4);
	wr_uint(&w, c->step);
	wr_key(&w, 5);
	wr_bool(&w, c->dead);
	wr_key(&w, 6);
	wr_uint(&w, c->last_s);
	if (c->frozen_at.set) {
		wr_key(&w, 7);
		rec_write_moment(&w, &c->frozen_at);
		wr_key(&w, 8);
		wr_uint(&w, c->frozen_ms);
	}
	return msg_finish(&w, n);
}

void rec_counters_id(enum rec_counter_kind kind, const uint8_t target_hash[MSG_HASH_LEN],
		     uint8_t id[TREC_ID_LEN])
{
	memset(id, 0, TREC_ID_LEN);
	id[0] = (uint8_t)kind;
	if (kind == REC_COUNTER_TARGET && target_hash != NULL)
		memcpy(id + 1, target_hash, TREC_ID_LEN - 1);
}
