/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See codec_cases.h. */
#include "tests/lib/codec_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/bundle.h"
#include "proto/codec/message.h"
#include "proto/codec/record.h"

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	printf("codec case: %s\n", what);
	abort();
}

static void must_be_zero(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint8_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= b[i];
	must(any == 0, "a failed decoding left something");
}

#define AGAIN(function, type)                                                                      \
	static trec_err again_##type(struct trec_bytes in, uint8_t *out, size_t *n)                \
	{                                                                                          \
		struct type m;                                                                     \
                                                                                                   \
		memset(&m, 0x77, sizeof m);                                                        \
		trec_err err = function##_decode(in, &m);                                          \
                                                                                                   \
		*n = 0;                                                                            \
		if (err != TREC_OK)                                                                \
			must_be_zero(&m, sizeof m);                                                \
		else                                                                               \
			must(function##_encode(&m, out, CODEC_CASE_MAX, n) == TREC_OK,             \
			     "what was decoded cannot be encoded");                                \
		return err;                                                                        \
	}

AGAIN(msg_pair_request, msg_pair_request)
AGAIN(msg_pair_params, msg_pair_params)
AGAIN(msg_pair_refuse, msg_pair_refuse)
AGAIN(msg_pake_share, msg_pake_share)
AGAIN(msg_pake_reply, msg_pake_reply)
AGAIN(msg_pake_confirm, msg_pake_confirm)
AGAIN(msg_mac, msg_mac)
AGAIN(msg_pair_offer, msg_pair_offer)
AGAIN(msg_reason, msg_reason)
AGAIN(msg_open, msg_open)
AGAIN(msg_ping, msg_ping)
AGAIN(rec_peer, rec_peer)
AGAIN(rec_tombstone, rec_tombstone)
AGAIN(rec_preset, rec_preset)
AGAIN(rec_counters, rec_counters)
AGAIN(rec_seen, rec_seen)
AGAIN(rec_carried, rec_carried)
AGAIN(rec_chain, rec_chain)
AGAIN(rec_notice, rec_notice)
AGAIN(rec_recognition, rec_recognition)
AGAIN(msg_recognise, msg_recognise)
AGAIN(msg_introduce_ask, msg_introduce_ask)
AGAIN(msg_introduce_nonce, msg_introduce_nonce)
AGAIN(msg_introduce_result, msg_introduce_result)
AGAIN(bundle, bundle)

static trec_err again_empty(struct trec_bytes in, uint8_t *out, size_t *n)
{
	trec_err err = msg_empty_decode(in);

	*n = 0;
	if (err == TREC_OK)
		must(msg_empty_encode(out, CODEC_CASE_MAX, n) == TREC_OK, "empty");
	return err;
}

#define FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

const struct codec_case codec_cases[] = {
	{ "pair_request", again_msg_pair_request,
	  FIELDS("version", "method", "suites", "nonce", "symmetric") },
	{ "pair_params", again_msg_pair_params,
	  FIELDS("version", "suite", "nonce", "log_n", "r", "p", "salt") },
	{ "pair_refuse", again_msg_pair_refuse, FIELDS("reason", "retry_after_s", "version") },
	{ "pake_share", again_msg_pake_share, FIELDS("share_p") },
	{ "pake_reply", again_msg_pake_reply, FIELDS("share_v", "confirm_v") },
	{ "pake_confirm", again_msg_pake_confirm, FIELDS("confirm_p") },
	{ "mac", again_msg_mac, FIELDS("mac") },
	{ "pair_offer", again_msg_pair_offer, FIELDS("name", "kind", "rights", "hints") },
	{ "reason", again_msg_reason, FIELDS("reason") },
	{ "open", again_msg_open, FIELDS("service") },
	{ "ping", again_msg_ping, FIELDS("data") },
	{ "empty", again_empty, FIELDS("none") },
	{ "rec_peer", again_rec_peer,
	  FIELDS("version", "state", "origin", "name", "kind", "cert", "rights", "hints", "since",
		 "last_seen", "expires", "introduced_by", "statement", "previous", "made",
		 "forgotten", "sequence", "told", "noticed", "symmetric") },
	{ "rec_tombstone", again_rec_tombstone, FIELDS("version", "when", "by") },
	{ "rec_preset", again_rec_preset,
	  FIELDS("version", "log_n", "r", "p", "salt", "w0", "l", "w0m", "w0n", "since") },
	{ "rec_counters", again_rec_counters,
	  FIELDS("version", "kind", "tag", "wrong", "step", "dead", "last", "frozen_at",
		 "frozen_ms") },
	{ "rec_seen", again_rec_seen, FIELDS("version", "seen") },
	{ "rec_carried", again_rec_carried, FIELDS("version", "statement") },
	{ "rec_succession", again_rec_chain, FIELDS("version", "sequence", "links") },
	{ "rec_notice", again_rec_notice, FIELDS("version", "number", "exp", "statement") },
	{ "rec_recognition", again_rec_recognition, FIELDS("version", "key", "mark", "heard") },
	{ "recognise", again_msg_recognise, FIELDS("key") },
	{ "introduce_ask", again_msg_introduce_ask, FIELDS("subjects") },
	{ "introduce_nonce", again_msg_introduce_nonce, FIELDS("nonce") },
	{ "introduce_result", again_msg_introduce_result, FIELDS("subject", "reason") },
	{ "bundle", again_bundle, FIELDS("version", "kind", "items") },
};
const size_t codec_cases_count = BASE_COUNT(codec_cases);

const struct codec_case *codec_case_of(const char *name)
{
	for (size_t i = 0; i < codec_cases_count; i++)
		if (strcmp(codec_cases[i].name, name) == 0)
			return &codec_cases[i];
	return NULL;
}

/* Frames whose body has the shape of another's. */
static const struct {
	uint8_t type;
	const char *row;
} shapes[] = {
	{ FRAME_CHANNEL_MAC, "mac" },   { FRAME_CHANNEL_CONFIRM, "mac" },
	{ FRAME_PAIR_ACCEPT, "mac" },   { FRAME_PAIR_COMMIT, "empty" },
	{ FRAME_PAIR_DONE, "empty" },   { FRAME_PAIR_ABORT, "reason" },
	{ FRAME_HELLO, "empty" },       { FRAME_WELCOME, "empty" },
	{ FRAME_OPENED, "empty" },      { FRAME_SERVICE_FAILED, "reason" },
	{ FRAME_EOF, "empty" },         { FRAME_PONG, "ping" },
	{ FRAME_NOT_TRUSTED, "reason" }, { FRAME_CLOSE, "reason" },
	{ 0x80 + TREC_RECORD_PEER, "rec_peer" },
	{ 0x80 + TREC_RECORD_UNCONFIRMED, "rec_peer" },
	{ 0x80 + TREC_RECORD_PRESET, "rec_preset" },
	{ 0x80 + TREC_RECORD_COUNTERS, "rec_counters" },
	{ 0x80 + TREC_RECORD_TOMBSTONE, "rec_tombstone" },
	{ 0x80 + TREC_RECORD_SEEN, "rec_seen" },
	{ 0x80 + TREC_RECORD_CARRIED, "rec_carried" },
	{ 0x80 + TREC_RECORD_SUCCESSION, "rec_succession" },
	{ 0x80 + TREC_RECORD_NOTICE, "rec_notice" },
	{ FRAME_INTRODUCE_REFUSE, "reason" },
	{ FRAME_PRESENT, "bundle" },
	{ FRAME_REKEY, "empty" },
	{ FRAME_REKEYED, "empty" },
	{ FRAME_RECOGNISED, "empty" },
	{ 0x80 + TREC_RECORD_RECOGNITION, "rec_recognition" },
};

const struct codec_case *codec_case_of_tag(uint8_t tag)
{
	const struct codec_case *c = codec_case_of(frame_pre_name(tag));

	for (size_t i = 0; c == NULL && i < BASE_COUNT(shapes); i++)
		if (shapes[i].type == tag)
			c = codec_case_of(shapes[i].row);
	return c != NULL ? c : codec_case_of(frame_chan_name(tag));
}

/* Length of the item at in, 0 if it does not fit; recursion is bounded by the depth. */
static size_t item_len(struct trec_bytes in, unsigned depth)
{
	if (in.n == 0 || depth > 8)
		return 0;
	unsigned major = in.p[0] >> 5, info = in.p[0] & 31;
	size_t n = 1;
	uint64_t arg = info;

	if (info >= 24) {
		if (info > 27 || in.n < 1 + ((size_t)1 << (info - 24)))
			return 0;
		arg = 0;
		for (; n < 1 + ((size_t)1 << (info - 24)); n++)
			arg = arg << 8 | in.p[n];
	}
	if (major == 2 || major == 3)
		return arg <= in.n - n ? n + (size_t)arg : 0;
	if (major != 4 && major != 5)
		return n;
	if (arg > in.n)
		return 0;
	for (uint64_t i = 0; i < arg * (major - 3); i++) {
		size_t one = item_len(trec_bytes(in.p + n, in.n - n), depth + 1);

		if (one == 0)
			return 0;
		n += one;
	}
	return n;
}

size_t codec_strip_negative(struct trec_bytes in, uint8_t *out, size_t cap)
{
	uint32_t pairs, kept = 0;
	size_t at, n = 1;

	if (in.n == 0 || in.p[0] >> 5 != 5 || (in.p[0] & 31) > 24 || cap < in.n)
		return 0;
	at = (in.p[0] & 31) == 24 ? 2 : 1;
	pairs = at == 2 ? in.p[1] : in.p[0] & 31u;
	for (; pairs > 0; pairs--) {
		size_t key = item_len(trec_bytes(in.p + at, in.n - at), 0);
		size_t val = item_len(trec_bytes(in.p + at + key, in.n - at - key), 0);

		if (key == 0 || val == 0)
			return 0;
		if (in.p[at] >> 5 != 1) {
			memcpy(out + n, in.p + at, key + val);
			n += key + val;
			kept++;
		}
		at += key + val;
	}
	/* All our own maps have fewer than 24 pairs. */
	out[0] = (uint8_t)(0xa0 | kept);
	return at == in.n && kept < 24 ? n : 0;
}

bool codec_case_holds(const struct codec_case *c, struct trec_bytes in, bool *accepted)
{
	static uint8_t out[CODEC_CASE_MAX], expected[CODEC_CASE_MAX];
	size_t n, expected_n;
	trec_err err = c->again(in, out, &n);

	if (accepted != NULL)
		*accepted = err == TREC_OK;
	if (err != TREC_OK)
		return err == TREC_E_MALFORMED || err == TREC_E_VERSION;
	expected_n = codec_strip_negative(in, expected, sizeof expected);
	return trec_bytes_equal(trec_bytes(out, n), trec_bytes(expected, expected_n));
}
