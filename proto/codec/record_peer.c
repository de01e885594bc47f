/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The peer record; see record.h. Keys: docs/STORE-FORMAT.md, Records. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/message_util.h"
#include "proto/codec/record_util.h"

enum peer_key {
	KEY_STATE = 1,
	KEY_ORIGIN = 2,
	KEY_NAME = 3,
	KEY_KIND = 4,
	KEY_CERT = 5,
	KEY_RIGHTS = 6,
	KEY_HINTS = 7,
	KEY_SINCE = 8,
	KEY_LAST_SEEN = 9,
	KEY_EXPIRES = 10,
	KEY_INTRODUCED_BY = 11,
	KEY_STATEMENT = 12,
	KEY_PREVIOUS = 13,
	KEY_MADE = 14,
	KEY_FORGOTTEN = 15, /* true, or not there */
	KEY_SEQUENCE = 16,  /* these three not 0, or not there */
	KEY_TOLD = 17,
	KEY_NOTICED = 18,
	KEY_SYMMETRIC = 19  /* there where KEY_CERT is not */
};

static bool rights_ok(const struct rec_peer *p)
{
	if (p->rights_count > MSG_RIGHTS_MAX)
		return false;
	for (size_t i = 0; i < p->rights_count; i++)
		if (!msg_right_ok(msg_text(p->rights[i].name, MSG_RIGHT_MAX)) ||
		    p->rights[i].until_s > REC_TIME_MAX ||
		    (i > 0 && strcmp(p->rights[i - 1].name, p->rights[i].name) >= 0))
			return false;
	return true;
}

static bool previous_ok(const struct rec_peer *p)
{
	if (p->previous_count > REC_PREVIOUS_MAX)
		return false;
	for (size_t i = 0; i < p->previous_count; i++)
		if (p->previous[i].until_s > REC_TIME_MAX)
			return false;
	return true;
}

/* Bytes without a key in them are what a reader gets who need not know it: never written. */
static bool key_ok(const uint8_t key[REC_KEY_LEN])
{
	uint8_t any = 0;

	for (size_t i = 0; i < REC_KEY_LEN; i++)
		any |= key[i];
	base_declassify(&any, sizeof any);
	return any != 0;
}

static bool symmetric_ok(const struct rec_symmetric *y)
{
	if (y->count > 2 || (y->dial_next && y->count < 2))
		return false;
	for (size_t i = 0; i < y->count; i++)
		if (!key_ok(y->key[i]))
			return false;
	return true;
}

static bool peer_ok(const struct rec_peer *p)
{
	return p->state >= REC_STATE_ACTIVE && p->state <= REC_STATE_SUSPENDED &&
	       p->origin >= REC_ORIGIN_PIN && p->origin <= REC_ORIGIN_THIRD_PARTY &&
	       msg_name_ok(msg_text(p->name, TREC_NAME_MAX)) &&
	       msg_kind_ok(msg_text(p->kind, MSG_KIND_MAX)) &&
	       (p->cert_len == 0) == (p->symmetric.count > 0) && symmetric_ok(&p->symmetric) &&
	       p->cert_len <= TREC_CERT_MAX && rights_ok(p) && msg_hints_ok(&p->hints) &&
	       p->since_s <= REC_TIME_MAX && p->last_seen_s <= REC_TIME_MAX &&
	       p->expires_s <= REC_TIME_MAX && previous_ok(p) && p->sequence <= REC_NUMBER_MAX &&
	       p->told <= REC_NUMBER_MAX && p->noticed <= REC_NUMBER_MAX;
}

static void read_rights(struct rd *r, struct rec_peer *p)
{
	p->rights_count = rd_array(r, 0, MSG_RIGHTS_MAX);
	for (size_t i = 0; i < p->rights_count; i++) {
		rd_array(r, 2, 2);
		msg_read_right(r, p->rights[i].name);
		p->rights[i].until_s = rd_uint(r, 0, REC_TIME_MAX);
	}
}

static void read_previous(struct rd *r, struct rec_peer *p)
{
	p->previous_count = rd_array(r, 1, REC_PREVIOUS_MAX);
	for (size_t i = 0; i < p->previous_count; i++) {
		rd_array(r, 2, 2);
		rd_bytes(r, p->previous[i].id.b, TREC_ID_LEN);
		p->previous[i].until_s = rd_uint(r, 0, REC_TIME_MAX);
	}
}

/* A number that is not written where it is 0. */
static uint64_t read_number(struct rd *r, int64_t key)
{
	return rd_key_opt(r, key) ? rd_uint(r, 1, REC_NUMBER_MAX) : 0;
}

static void write_number(struct wr *w, int64_t key, uint64_t number)
{
	if (number == 0)
		return;
	wr_key(w, key);
	wr_uint(w, number);
}

/* [whether this device began, current] or these and [next, whether to dial with that] */
static void read_symmetric(struct rd *r, struct rec_symmetric *y)
{
	size_t n = rd_array(r, 2, 4);

	y->initiator = rd_bool(r);
	rd_bytes(r, y->key[0], REC_KEY_LEN);
	y->count = n == 2 ? 1 : 2;
	if (n == 2)
		return;
	rd_bytes(r, y->key[1], REC_KEY_LEN);
	if (n == 4)
		y->dial_next = rd_bool(r);
	else
		rd_refuse(r);
}

/* What is there only in some records. */
static void read_optional(struct rd *r, struct rec_peer *p)
{
	p->has_introduced_by = rd_key_opt(r, KEY_INTRODUCED_BY);
	if (p->has_introduced_by)
		rd_bytes(r, p->introduced_by.b, TREC_ID_LEN);
	p->has_statement = rd_key_opt(r, KEY_STATEMENT);
	if (p->has_statement)
		rd_bytes(r, p->statement, MSG_HASH_LEN);
	if (rd_key_opt(r, KEY_PREVIOUS))
		read_previous(r, p);
	if (rd_key_opt(r, KEY_MADE))
		rec_read_moment(r, &p->made);
	p->forgotten = rd_key_opt(r, KEY_FORGOTTEN);
	if (p->forgotten && !rd_bool(r))
		rd_refuse(r);
	p->sequence = read_number(r, KEY_SEQUENCE);
	p->told = read_number(r, KEY_TOLD);
	p->noticed = read_number(r, KEY_NOTICED);
	if (rd_key_opt(r, KEY_SYMMETRIC))
		read_symmetric(r, &p->symmetric);
}

static void read_cert(struct rd *r, struct rec_peer *p)
{
	struct trec_bytes cert = trec_bytes(NULL, 0);

	if (rd_key_opt(r, KEY_CERT))
		cert = rd_bstr(r, 1, TREC_CERT_MAX);
	if (cert.n > 0)
		memcpy(p->cert, cert.p, cert.n);
	p->cert_len = cert.n;
}

trec_err rec_peer_decode(struct trec_bytes in, struct rec_peer *out)
{
	struct rd r = rd_from(in);

	memset(out, 0, sizeof *out);
	if (rec_read_version(&r))
		return TREC_E_VERSION;
	rd_key(&r, KEY_STATE);
	out->state = (enum rec_state)rd_uint(&r, REC_STATE_ACTIVE, REC_STATE_SUSPENDED);
	rd_key(&r, KEY_ORIGIN);
	out->origin = (enum rec_origin)rd_uint(&r, REC_ORIGIN_PIN, REC_ORIGIN_THIRD_PARTY);
	rd_key(&r, KEY_NAME);
	msg_read_name(&r, out->name);
	rd_key(&r, KEY_KIND);
	msg_read_kind(&r, out->kind);
	read_cert(&r, out);
	rd_key(&r, KEY_RIGHTS);
	read_rights(&r, out);
	rd_key(&r, KEY_HINTS);
	msg_read_hints(&r, &out->hints);
	rd_key(&r, KEY_SINCE);
	out->since_s = rd_uint(&r, 0, REC_TIME_MAX);
	rd_key(&r, KEY_LAST_SEEN);
	out->last_seen_s = rd_uint(&r, 0, REC_TIME_MAX);
	rd_key(&r, KEY_EXPIRES);
	out->expires_s = rd_uint(&r, 0, REC_TIME_MAX);
	read_optional(&r, out);
	rd_map_end(&r);
	if (rd_done(&r) && peer_ok(out))
		return TREC_OK;
	trec_wipe(out, sizeof *out);
	return TREC_E_MALFORMED;
}

static void write_rights(struct wr *w, const struct rec_peer *p)
{
	wr_array(w, p->rights_count);
	for (size_t i = 0; i < p->rights_count; i++) {
		wr_array(w, 2);
		wr_text(w, p->rights[i].name);
		wr_uint(w, p->rights[i].until_s);
	}
}

static void write_optional(struct wr *w, const struct rec_peer *p)
{
	if (p->has_introduced_by) {
		wr_key(w, KEY_INTRODUCED_BY);
		wr_bytes(w, p->introduced_by.b, TREC_ID_LEN);
	}
	if (p->has_statement) {
		wr_key(w, KEY_STATEMENT);
		wr_bytes(w, p->statement, MSG_HASH_LEN);
	}
	if (p->previous_count > 0) {
		wr_key(w, KEY_PREVIOUS);
		wr_array(w, p->previous_count);
		for (size_t i = 0; i < p->previous_count; i++) {
			wr_array(w, 2);
			wr_bytes(w, p->previous[i].id.b, TREC_ID_LEN);
			wr_uint(w, p->previous[i].until_s);
		}
	}
	if (p->made.set) {
		wr_key(w, KEY_MADE);
		rec_write_moment(w, &p->made);
	}
	if (p->forgotten) {
		wr_key(w, KEY_FORGOTTEN);
		wr_bool(w, true);
	}
	write_number(w, KEY_SEQUENCE, p->sequence);
	write_number(w, KEY_TOLD, p->told);
	write_number(w, KEY_NOTICED, p->noticed);
	if (p->symmetric.count == 0)
		return;
	wr_key(w, KEY_SYMMETRIC);
	wr_array(w, p->symmetric.count == 1 ? 2 : 4);
	wr_bool(w, p->symmetric.initiator);
	wr_bytes(w, p->symmetric.key[0], REC_KEY_LEN);
	if (p->symmetric.count == 1)
		return;
	wr_bytes(w, p->symmetric.key[1], REC_KEY_LEN);
	wr_bool(w, p->symmetric.dial_next);
}

static size_t optional_count(const struct rec_peer *p)
{
	return (size_t)p->has_introduced_by + p->has_statement + (p->previous_count > 0) +
	       p->made.set + p->forgotten + (p->sequence > 0) + (p->told > 0) + (p->noticed > 0);
}

trec_err rec_peer_encode(const struct rec_peer *p, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!peer_ok(p))
		return TREC_E_USAGE;
	wr_map(&w, 11 + optional_count(p)); /* always one of certificate and key */
	rec_write_version(&w);
	wr_key(&w, KEY_STATE);
	wr_uint(&w, p->state);
	wr_key(&w, KEY_ORIGIN);
	wr_uint(&w, p->origin);
	wr_key(&w, KEY_NAME);
	wr_text(&w, p->name);
	wr_key(&w, KEY_KIND);
	wr_text(&w, p->kind);
	if (p->cert_len > 0) {
		wr_key(&w, KEY_CERT);
		wr_bytes(&w, p->cert, p->cert_len);
	}
	wr_key(&w, KEY_RIGHTS);
	write_rights(&w, p);
	wr_key(&w, KEY_HINTS);
	msg_write_hints(&w, &p->hints);
	wr_key(&w, KEY_SINCE);
	wr_uint(&w, p->since_s);
	wr_key(&w, KEY_LAST_SEEN);
	wr_uint(&w, p->last_seen_s);
	wr_key(&w, KEY_EXPIRES);
	wr_uint(&w, p->expires_s);
	write_optional(&w, p);
	return msg_finish(&w, n);
}

bool rec_peer_allow(struct rec_peer *p, const char *right, uint64_t until_s)
{
	size_t at = 0;

	if (p->rights_count > MSG_RIGHTS_MAX || until_s > REC_TIME_MAX ||
	    !msg_right_ok(msg_text(right, MSG_RIGHT_MAX)))
		return false;
	while (at < p->rights_count && strcmp(p->rights[at].name, right) < 0)
		at++;
	if (at == p->rights_count || strcmp(p->rights[at].name, right) != 0) {
		if (p->rights_count == MSG_RIGHTS_MAX)
			return false;
		memmove(&p->rights[at + 1], &p->rights[at],
			(p->rights_count - at) * sizeof p->rights[0]);
		memset(&p->rights[at], 0, sizeof p->rights[at]);
		memcpy(p->rights[at].name, right, strlen(right));
		p->rights_count++;
	}
	p->rights[at].until_s = until_s;
	return true;
}

void rec_peer_deny(struct rec_peer *p, const char *right)
{
	for (size_t i = 0; i < p->rights_count; i++) {
		if (strcmp(p->rights[i].name, right) != 0)
			continue;
		p->rights_count--;
		memmove(&p->rights[i], &p->rights[i + 1],
			(p->rights_count - i) * sizeof p->rights[0]);
		memset(&p->rights[p->rights_count], 0, sizeof p->rights[0]);
		return;
	}
}

bool rec_peer_may(const struct rec_peer *p, const char *right, uint64_t now_s)
{
	for (size_t i = 0; i < p->rights_count; i++)
		if (strcmp(p->rights[i].name, right) == 0)
			return p->rights[i].until_s == 0 ||
			       (now_s > 0 && now_s < p->rights[i].until_s);
	return false;
}
