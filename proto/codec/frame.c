/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames: one table of types and their bounds, one parser for both kinds of header. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/frame.h"

/* Content types of TLS 1.3, RFC 8446 B.1: change_cipher_spec to application_data. */
#define TLS_FIRST 0x14
#define TLS_HANDSHAKE 0x16
#define TLS_LAST 0x17

enum place { PRE, PAIRING, SESSION };

struct row {
	enum place place;
	uint8_t type;
	uint16_t min; /* bytes of the body */
	uint16_t max;
	const char *name;
};

static const struct row rows[] = {
	{ PRE, FRAME_PAIR_REQUEST, 1, FRAME_PRE_BODY_MAX, "pair_request" },
	{ PRE, FRAME_PAIR_PARAMS, 1, FRAME_PRE_BODY_MAX, "pair_params" },
	{ PRE, FRAME_PAIR_REFUSE, 1, FRAME_PRE_BODY_MAX, "pair_refuse" },
	{ PRE, FRAME_PAKE_SHARE, 1, FRAME_PRE_BODY_MAX, "pake_share" },
	{ PRE, FRAME_PAKE_REPLY, 1, FRAME_PRE_BODY_MAX, "pake_reply" },
	{ PRE, FRAME_PAKE_CONFIRM, 1, FRAME_PRE_BODY_MAX, "pake_confirm" },
	{ PAIRING, FRAME_CHANNEL_MAC, 1, FRAME_CONTROL_MAX, "channel_mac" },
	{ PAIRING, FRAME_AUTHENTICATOR_REQUEST, 1, FRAME_AUTH_REQUEST_MAX,
	  "authenticator_request" },
	{ PAIRING, FRAME_AUTHENTICATOR, 1, FRAME_AUTH_MAX, "authenticator" },
	{ PAIRING, FRAME_CHANNEL_CONFIRM, 1, FRAME_CONTROL_MAX, "channel_confirm" },
	{ PAIRING, FRAME_PAIR_OFFER, 1, FRAME_OFFER_MAX, "pair_offer" },
	{ PAIRING, FRAME_PAIR_ACCEPT, 1, FRAME_CONTROL_MAX, "pair_accept" },
	{ PAIRING, FRAME_PAIR_COMMIT, 1, FRAME_CONTROL_MAX, "pair_commit" },
	{ PAIRING, FRAME_PAIR_DONE, 1, FRAME_CONTROL_MAX, "pair_done" },
	{ PAIRING, FRAME_PAIR_ABORT, 1, FRAME_CONTROL_MAX, "pair_abort" },
	{ SESSION, FRAME_HELLO, 1, FRAME_CONTROL_MAX, "hello" },
	{ SESSION, FRAME_WELCOME, 1, FRAME_CONTROL_MAX, "welcome" },
	{ SESSION, FRAME_OPEN, 1, FRAME_CONTROL_MAX, "open" },
	{ SESSION, FRAME_OPENED, 1, FRAME_CONTROL_MAX, "opened" },
	{ SESSION, FRAME_SERVICE_FAILED, 1, FRAME_CONTROL_MAX, "service_failed" },
	{ SESSION, FRAME_DATA, 1, FRAME_CHAN_BODY_MAX, "data" },
	{ SESSION, FRAME_EOF, 1, FRAME_CONTROL_MAX, "eof" },
	{ SESSION, FRAME_PING, 1, FRAME_CONTROL_MAX, "ping" },
	{ SESSION, FRAME_PONG, 1, FRAME_CONTROL_MAX, "pong" },
	{ SESSION, FRAME_REVOKE, 1, FRAME_STATEMENT_MAX, "revoke" },
	{ SESSION, FRAME_NOT_TRUSTED, 1, FRAME_CONTROL_MAX, "not_trusted" },
	{ SESSION, FRAME_CLOSE, 1, FRAME_CONTROL_MAX, "close" },
	{ SESSION, FRAME_INTRODUCE_ASK, 1, FRAME_ASK_MAX, "introduce_ask" },
	{ SESSION, FRAME_INTRODUCE_NONCE, 1, FRAME_CONTROL_MAX, "introduce_nonce" },
	{ SESSION, FRAME_INTRODUCE_REFUSE, 1, FRAME_CONTROL_MAX, "introduce_refuse" },
	{ SESSION, FRAME_INTRODUCTION, 1, FRAME_STATEMENT_MAX, "introduction" },
	{ SESSION, FRAME_INTRODUCE_RESULT, 1, FRAME_CONTROL_MAX, "introduce_result" },
	{ SESSION, FRAME_PRESENT, 1, FRAME_CHAN_BODY_MAX, "present" },
	{ SESSION, FRAME_NOTICE, 1, FRAME_STATEMENT_MAX, "notice" },
	{ SESSION, FRAME_SUCCESSION, 1, FRAME_STATEMENT_MAX, "succession" },
	{ SESSION, FRAME_REKEY, 1, FRAME_CONTROL_MAX, "rekey" },
	{ SESSION, FRAME_REKEYED, 1, FRAME_CONTROL_MAX, "rekeyed" },
	{ SESSION, FRAME_RECOGNISE, 1, FRAME_CONTROL_MAX, "recognise" },
	{ SESSION, FRAME_RECOGNISED, 1, FRAME_CONTROL_MAX, "recognised" },
};

static const struct row *row_of(enum place place, uint8_t type)
{
	for (size_t i = 0; i < BASE_COUNT(rows); i++)
		if (rows[i].place == place && rows[i].type == type)
			return &rows[i];
	return NULL;
}

enum frame_first frame_first_byte(uint8_t first)
{
	switch (first) {
	case TLS_HANDSHAKE:
		return FRAME_FIRST_SESSION;
	case FRAME_PAIR_REQUEST:
		return FRAME_FIRST_PAIRING;
	default:
		return FRAME_FIRST_REFUSED;
	}
}

bool frame_is_tls(uint8_t first)
{
	return first >= TLS_FIRST && first <= TLS_LAST;
}

/* The type is judged by its byte alone, the length as soon as its last byte is there. */
static enum frame_step take(enum place place, size_t header, struct trec_bytes in,
			    struct frame *out, size_t *need)
{
	size_t len = 0;

	memset(out, 0, sizeof *out);
	*need = header;
	if (in.n == 0)
		return FRAME_MORE;
	const struct row *row = row_of(place, in.p[0]);

	if (row == NULL)
		goto refused;
	if (in.n < header)
		return FRAME_MORE;
	for (size_t i = 1; i < header; i++)
		len = len << 8 | in.p[i];
	if (len < row->min || len > row->max)
		goto refused;
	out->type = row->type;
	*need = header + len;
	if (in.n < *need)
		return FRAME_MORE;
	out->body = trec_bytes(in.p + header, len);
	out->whole = trec_bytes(in.p, header + len);
	return FRAME_WHOLE;
refused:
	*need = 0;
	return FRAME_REFUSED;
}

enum frame_step frame_pre_take(struct trec_bytes in, struct frame *out, size_t *need)
{
	return take(PRE, FRAME_PRE_HEADER, in, out, need);
}

enum frame_step frame_chan_take(enum frame_context context, struct trec_bytes in,
				struct frame *out, size_t *need)
{
	enum place place = context == FRAME_CONTEXT_PAIRING ? PAIRING : SESSION;

	return take(place, FRAME_CHAN_HEADER, in, out, need);
}

static trec_err make(const struct row *row, size_t header, struct trec_bytes body, uint8_t *out,
		     size_t cap, size_t *n)
{
	*n = 0;
	if (row == NULL || body.n < row->min || body.n > row->max)
		return TREC_E_USAGE;
	if (cap < header + body.n)
		return TREC_E_NO_SPACE;
	memmove(out + header, body.p, body.n);
	out[0] = row->type;
	for (size_t i = 1; i < header; i++)
		out[i] = (uint8_t)(body.n >> 8 * (header - 1 - i));
	*n = header + body.n;
	return TREC_OK;
}

trec_err frame_pre_make(uint8_t type, struct trec_bytes body, uint8_t *out, size_t cap, size_t *n)
{
	return make(row_of(PRE, type), FRAME_PRE_HEADER, body, out, cap, n);
}

static const struct row *chan_row(uint8_t type)
{
	const struct row *row = row_of(PAIRING, type);

	return row != NULL ? row : row_of(SESSION, type);
}

trec_err frame_chan_make(uint8_t type, struct trec_bytes body, uint8_t *out, size_t cap, size_t *n)
{
	return make(chan_row(type), FRAME_CHAN_HEADER, body, out, cap, n);
}

const char *frame_pre_name(uint8_t type)
{
	const struct row *row = row_of(PRE, type);

	return row != NULL ? row->name : "unknown";
}

const char *frame_chan_name(uint8_t type)
{
	const struct row *row = chan_row(type);

	return row != NULL ? row->name : "unknown";
}
