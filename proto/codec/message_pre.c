/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages before TLS: 0x41 to 0x46 (docs/PROTOCOL.md, Pairing: before TLS). */
#include <string.h>

#include "proto/codec/message.h"
#include "proto/codec/message_util.h"

bool msg_scrypt_ok(const struct msg_scrypt *kdf)
{
	return kdf->log_n >= MSG_SCRYPT_LOG_N_MIN && kdf->log_n <= MSG_SCRYPT_LOG_N_MAX &&
	       kdf->r >= 1 && kdf->r <= MSG_SCRYPT_R_MAX && kdf->p >= 1 &&
	       kdf->p <= MSG_SCRYPT_P_MAX &&
	       (UINT64_C(128) * kdf->r << kdf->log_n) <= MSG_SCRYPT_MEMORY_MAX;
}

/* Key 0 of a message that starts with the version; anything but ours ends the decoding. */
static bool read_version(struct rd *r, uint64_t *version)
{
	rd_map(r);
	rd_key(r, 0);
	*version = rd_uint(r, 1, MSG_VERSION_MAX);
	return rd_ok(r) && *version != MSG_VERSION;
}

/* A code needs no suite, a PIN at least one; none is named twice. */
static bool request_ok(const struct msg_pair_request *m)
{
	if (m->method > MSG_METHOD_CODE || m->suites_count > MSG_SUITES_MAX ||
	    (m->method == MSG_METHOD_CODE) != (m->suites_count == 0))
		return false;
	for (size_t i = 0; i < m->suites_count; i++) {
		if (m->suites[i] == 0)
			return false;
		for (size_t k = 0; k < i; k++)
			if (m->suites[k] == m->suites[i])
				return false;
	}
	return true;
}

trec_err msg_pair_request_decode(struct trec_bytes body, struct msg_pair_request *out)
{
	struct rd r = rd_from(body);
	struct msg_pair_request m = { 0 };
	uint64_t version;

	memset(out, 0, sizeof *out);
	if (read_version(&r, &version))
		return TREC_E_VERSION;
	rd_key(&r, 1);
	m.method = (enum msg_method)rd_uint(&r, 0, MSG_METHOD_CODE);
	rd_key(&r, 2);
	m.suites_count = rd_array(&r, 0, MSG_SUITES_MAX);
	for (size_t i = 0; i < m.suites_count; i++)
		m.suites[i] = (uint16_t)rd_uint(&r, 1, UINT16_MAX);
	rd_key(&r, 3);
	rd_bytes(&r, m.nonce, MSG_NONCE_LEN);
	m.symmetric = rd_key_opt(&r, 4);
	if (m.symmetric && !rd_bool(&r))
		rd_refuse(&r);
	rd_map_end(&r);
	if (!rd_done(&r) || !request_ok(&m))
		return TREC_E_MALFORMED;
	*out = m;
	return TREC_OK;
}

trec_err msg_pair_request_encode(const struct msg_pair_request *m, uint8_t *out, size_t cap,
				 size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (!request_ok(m))
		return TREC_E_USAGE;
	wr_map(&w, m->symmetric ? 5 : 4);
	wr_key(&w, 0);
	wr_uint(&w, MSG_VERSION);
	wr_key(&w, 1);
	wr_uint(&w, m->method);
	wr_key(&w, 2);
	wr_array(&w, m->suites_count);
	for (size_t i = 0; i < m->suites_count; i++)
		wr_uint(&w, m->suites[i]);
	wr_key(&w, 3);
	wr_bytes(&w, m->nonce, MSG_NONCE_LEN);
	if (m->symmetric) {
		wr_key(&w, 4);
		wr_bool(&w, true);
	}
	return msg_finish(&w, n);
}

trec_err msg_pair_params_decode(struct trec_bytes body, struct msg_pair_params *out)
{
	struct rd r = rd_from(body);
	struct msg_pair_params m = { 0 };
	uint64_t version;

	memset(out, 0, sizeof *out);
	if (read_version(&r, &version))
		return TREC_E_VERSION;
	rd_key(&r, 1);
	m.suite = (uint16_t)rd_uint(&r, 1, UINT16_MAX);
	rd_key(&r, 2);
	rd_bytes(&r, m.nonce, MSG_NONCE_LEN);
	rd_key(&r, 3);
	m.kdf.log_n = (uint8_t)rd_uint(&r, MSG_SCRYPT_LOG_N_MIN, MSG_SCRYPT_LOG_N_MAX);
	rd_key(&r, 4);
	m.kdf.r = (uint8_t)rd_uint(&r, 1, MSG_SCRYPT_R_MAX);
	rd_key(&r, 5);
	m.kdf.p = (uint8_t)rd_uint(&r, 1, MSG_SCRYPT_P_MAX);
	rd_key(&r, 6);
	rd_bytes(&r, m.kdf.salt, MSG_SALT_LEN);
	rd_map_end(&r);
	if (!rd_done(&r) || !msg_scrypt_ok(&m.kdf))
		return TREC_E_MALFORMED;
	*out = m;
	return TREC_OK;
}

trec_err msg_pair_params_encode(const struct msg_pair_params *m, uint8_t *out, size_t cap,
				size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (m->suite == 0 || !msg_scrypt_ok(&m->kdf))
		return TREC_E_USAGE;
	wr_map(&w, 7);
	wr_key(&w, 0);
	wr_uint(&w, MSG_VERSION);
	wr_key(&w, 1);
	wr_uint(&w, m->suite);
	wr_key(&w, 2);
	wr_bytes(&w, m->nonce, MSG_NONCE_LEN);
	wr_key(&w, 3);
	wr_uint(&w, m->kdf.log_n);
	wr_key(&w, 4);
	wr_uint(&w, m->kdf.r);
	wr_key(&w, 5);
	wr_uint(&w, m->kdf.p);
	wr_key(&w, 6);
	wr_bytes(&w, m->kdf.salt, MSG_SALT_LEN);
	return msg_finish(&w, n);
}

trec_err msg_pair_refuse_decode(struct trec_bytes body, struct msg_pair_refuse *out)
{
	struct rd r = rd_from(body);
	struct msg_pair_refuse m = { 0 };

	memset(out, 0, sizeof *out);
	rd_map(&r);
	rd_key(&r, 0);
	m.reason = (uint8_t)rd_uint(&r, 1, MSG_REASON_MAX);
	rd_key(&r, 1);
	m.retry_after_s = (uint32_t)rd_uint(&r, 0, MSG_RETRY_AFTER_MAX);
	rd_key(&r, 2);
	m.version = (uint8_t)rd_uint(&r, 1, MSG_VERSION_MAX);
	rd_map_end(&r);
	if (!rd_done(&r))
		return TREC_E_MALFORMED;
	*out = m;
	return TREC_OK;
}

trec_err msg_pair_refuse_encode(const struct msg_pair_refuse *m, uint8_t *out, size_t cap,
				size_t *n)
{
	struct wr w = wr_to(out, cap);

	*n = 0;
	if (m->reason == 0 || m->retry_after_s > MSG_RETRY_AFTER_MAX || m->version == 0)
		return TREC_E_USAGE;
	wr_map(&w, 3);
	wr_key(&w, 0);
	wr_uint(&w, m->reason);
	wr_key(&w, 1);
	wr_uint(&w, m->retry_after_s);
	wr_key(&w, 2);
	wr_uint(&w, m->version);
	return msg_finish(&w, n);
}

trec_err msg_pake_share_decode(struct trec_bytes body, struct msg_pake_share *out)
{
	return msg_read_bytes1(body, out->share, MSG_POINT_LEN);
}

trec_err msg_pake_share_encode(const struct msg_pake_share *m, uint8_t *out, size_t cap, size_t *n)
{
	return msg_write_bytes1(m->share, MSG_POINT_LEN, out, cap, n);
}

trec_err msg_pake_reply_decode(struct trec_bytes body, struct msg_pake_reply *out)
{
	struct rd r = rd_from(body);

	rd_map(&r);
	rd_key(&r, 0);
	rd_bytes(&r, out->share, MSG_POINT_LEN);
	rd_key(&r, 1);
	rd_bytes(&r, out->confirm, MSG_HASH_LEN);
	rd_map_end(&r);
	if (rd_done(&r))
		return TREC_OK;
	memset(out, 0, sizeof *out);
	return TREC_E_MALFORMED;
}

trec_err msg_pake_reply_encode(const struct msg_pake_reply *m, uint8_t *out, size_t cap, size_t *n)
{
	struct wr w = wr_to(out, cap);

	wr_map(&w, 2);
	wr_key(&w, 0);
	wr_bytes(&w, m->share, MSG_POINT_LEN);
	wr_key(&w, 1);
	wr_bytes(&w, m->confirm, MSG_HASH_LEN);
	return msg_finish(&w, n);
}

trec_err msg_pake_confirm_decode(struct trec_bytes body, struct msg_pake_confirm *out)
{
	return msg_read_bytes1(body, out->confirm, MSG_HASH_LEN);
}

trec_err msg_pake_confirm_encode(const struct msg_pake_confirm *m, uint8_t *out, size_t cap,
				 size_t *n)
{
	return msg_write_bytes1(m->confirm, MSG_HASH_LEN, out, cap, n);
}
