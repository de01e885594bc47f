/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See samples.h. All bytes that are random in life count up here, so that eyes can follow. */
#include "tests/vectors/samples.h"

#include <stdlib.h>
#include <string.h>

#include "proto/codec/bundle.h"
#include "proto/codec/message.h"
#include "proto/codec/record.h"

static void count_up(uint8_t *p, size_t n, uint8_t from)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(from + i);
}

static void point(uint8_t p[MSG_POINT_LEN], uint8_t from)
{
	p[0] = 4;
	count_up(p + 1, MSG_POINT_LEN - 1, from);
}

struct list {
	struct sample *at;
	size_t n;
};

static struct sample *add(struct list *l, const char *name, const char *row, unsigned frame)
{
	struct sample *s = &l->at[l->n++];

	memset(s, 0, sizeof *s);
	s->name = name;
	s->c = codec_case_of(row);
	s->frame = frame;
	if (s->c == NULL || l->n > SAMPLES_MAX)
		abort();
	return s;
}

static void good(trec_err err)
{
	if (err != TREC_OK)
		abort();
}

#define ADD(l, name, row, frame, encode, m)                                                        \
	do {                                                                                       \
		struct sample *s_ = add(l, name, row, frame);                                      \
                                                                                                   \
		good(encode(m, s_->body, sizeof s_->body, &s_->n));                                \
	} while (0)

static void pre_requests(struct list *l)
{
	struct msg_pair_request m = { .method = MSG_METHOD_PIN,
				      .suites = { 1 },
				      .suites_count = 1 };

	count_up(m.nonce, sizeof m.nonce, 0);
	ADD(l, "pair_request/pin", "pair_request", FRAME_PAIR_REQUEST, msg_pair_request_encode, &m);
	m.method = MSG_METHOD_PRESET;
	m.suites[1] = 300;
	m.suites_count = 2;
	ADD(l, "pair_request/preset", "pair_request", FRAME_PAIR_REQUEST, msg_pair_request_encode,
	    &m);
	m.method = MSG_METHOD_CODE;
	m.suites_count = 0;
	ADD(l, "pair_request/code", "pair_request", FRAME_PAIR_REQUEST, msg_pair_request_encode,
	    &m);
	m.symmetric = true;
	ADD(l, "pair_request/symmetric", "pair_request", FRAME_PAIR_REQUEST,
	    msg_pair_request_encode, &m);
}

static void pre_answers(struct list *l)
{
	struct msg_pair_params m = { .suite = MSG_SUITE_P256_SHA256,
				     .kdf = { .log_n = 15, .r = 8, .p = 1 } };
	struct msg_pair_refuse refuse = { MSG_REFUSE_LOCKED_OUT, 300, 1 };

	count_up(m.nonce, sizeof m.nonce, 0x20);
	count_up(m.kdf.salt, sizeof m.kdf.salt, 0x40);
	ADD(l, "pair_params", "pair_params", FRAME_PAIR_PARAMS, msg_pair_params_encode, &m);
	ADD(l, "pair_refuse", "pair_refuse", FRAME_PAIR_REFUSE, msg_pair_refuse_encode, &refuse);
}

static void pake(struct list *l)
{
	struct msg_pake_share share;
	struct msg_pake_reply reply;
	struct msg_pake_confirm confirm;

	point(share.share, 0x50);
	ADD(l, "pake_share", "pake_share", FRAME_PAKE_SHARE, msg_pake_share_encode, &share);
	point(reply.share, 0x90);
	count_up(reply.confirm, sizeof reply.confirm, 0xd0);
	ADD(l, "pake_reply", "pake_reply", FRAME_PAKE_REPLY, msg_pake_reply_encode, &reply);
	count_up(confirm.confirm, sizeof confirm.confirm, 0xe0);
	ADD(l, "pake_confirm", "pake_confirm", FRAME_PAKE_CONFIRM, msg_pake_confirm_encode,
	    &confirm);
}

static void offers(struct list *l)
{
	struct msg_pair_offer m = { .name = "Wohnzimmer-Lampe \xc3\xa4", .kind = "lamp" };
	struct msg_pair_offer least = { .name = "x" };

	if (!msg_rights_add(&m.rights, "service:*") || !msg_rights_add(&m.rights, "introduce") ||
	    !msg_hints_add(&m.hints, "tcp://192.0.2.7:7443") ||
	    !msg_hints_add(&m.hints, "rfcomm://00:11:22:33:44:55"))
		abort();
	ADD(l, "pair_offer", "pair_offer", SAMPLE_CHAN + FRAME_PAIR_OFFER, msg_pair_offer_encode,
	    &m);
	ADD(l, "pair_offer/least", "pair_offer", SAMPLE_CHAN + FRAME_PAIR_OFFER,
	    msg_pair_offer_encode, &least);
}

static void add_mac(struct list *l, const char *name, uint8_t type, uint8_t from)
{
	struct msg_mac m;

	count_up(m.mac, sizeof m.mac, from);
	ADD(l, name, "mac", SAMPLE_CHAN + type, msg_mac_encode, &m);
}

static void add_reason(struct list *l, const char *name, uint8_t type, uint8_t reason)
{
	struct msg_reason m = { reason };

	ADD(l, name, "reason", SAMPLE_CHAN + type, msg_reason_encode, &m);
}

static void add_empty(struct list *l, const char *name, uint8_t type)
{
	struct sample *s = add(l, name, "empty", SAMPLE_CHAN + type);

	good(msg_empty_encode(s->body, sizeof s->body, &s->n));
}

static void pairing(struct list *l)
{
	add_mac(l, "channel_mac", FRAME_CHANNEL_MAC, 0x01);
	add_mac(l, "channel_confirm", FRAME_CHANNEL_CONFIRM, 0x04);
	offers(l);
	add_mac(l, "pair_accept", FRAME_PAIR_ACCEPT, 0x06);
	add_empty(l, "pair_commit", FRAME_PAIR_COMMIT);
	add_empty(l, "pair_done", FRAME_PAIR_DONE);
	add_reason(l, "pair_abort", FRAME_PAIR_ABORT, MSG_ABORT_CONSENT_DENIED);
}

static void session(struct list *l)
{
	struct msg_open open = { .service = "default" };
	struct msg_ping ping;

	add_empty(l, "hello", FRAME_HELLO);
	add_empty(l, "welcome", FRAME_WELCOME);
	ADD(l, "open", "open", SAMPLE_CHAN + FRAME_OPEN, msg_open_encode, &open);
	add_empty(l, "opened", FRAME_OPENED);
	add_reason(l, "service_failed", FRAME_SERVICE_FAILED, MSG_SERVICE_NO_RIGHT);
	add_empty(l, "eof", FRAME_EOF);
	count_up(ping.data, sizeof ping.data, 0x70);
	ADD(l, "ping", "ping", SAMPLE_CHAN + FRAME_PING, msg_ping_encode, &ping);
	ADD(l, "pong", "ping", SAMPLE_CHAN + FRAME_PONG, msg_ping_encode, &ping);
	add_reason(l, "not_trusted", FRAME_NOT_TRUSTED, MSG_NOT_TRUSTED_REVOKED);
	add_reason(l, "close", FRAME_CLOSE, MSG_CLOSE_DONE);
	add_reason(l, "close/later", FRAME_CLOSE, 200);
}

static void introduction(struct list *l)
{
	struct msg_introduce_ask ask = { .count = 2 };
	struct msg_introduce_nonce nonce;
	struct msg_introduce_result result = { .reason = 0 };

	count_up(ask.subject[0].id.b, TREC_ID_LEN, 0x10);
	count_up(ask.subject[1].id.b, TREC_ID_LEN, 0x50);
	strcpy(ask.subject[0].name, "kitchen");
	strcpy(ask.subject[0].kind, "sensor");
	strcpy(ask.subject[1].name, "gate");
	ADD(l, "introduce_ask", "introduce_ask", SAMPLE_CHAN + FRAME_INTRODUCE_ASK,
	    msg_introduce_ask_encode, &ask);
	count_up(nonce.nonce, sizeof nonce.nonce, 0x90);
	ADD(l, "introduce_nonce", "introduce_nonce", SAMPLE_CHAN + FRAME_INTRODUCE_NONCE,
	    msg_introduce_nonce_encode, &nonce);
	add_reason(l, "introduce_refuse", FRAME_INTRODUCE_REFUSE, 20);
	result.subject = ask.subject[0].id;
	ADD(l, "introduce_result", "introduce_result", SAMPLE_CHAN + FRAME_INTRODUCE_RESULT,
	    msg_introduce_result_encode, &result);
	result.reason = 5;
	ADD(l, "introduce_result/refused", "introduce_result",
	    SAMPLE_CHAN + FRAME_INTRODUCE_RESULT, msg_introduce_result_encode, &result);
	add_empty(l, "rekey", FRAME_REKEY);
	add_empty(l, "rekeyed", FRAME_REKEYED);
}

static void recognition(struct list *l)
{
	struct msg_recognise m;
	struct rec_recognition r = { .has_key = true };

	count_up(m.key, sizeof m.key, 0x30);
	ADD(l, "recognise", "recognise", SAMPLE_CHAN + FRAME_RECOGNISE, msg_recognise_encode, &m);
	add_empty(l, "recognised", FRAME_RECOGNISED);
	count_up(r.key, sizeof r.key, 0x30);
	ADD(l, "recognition/peer", "rec_recognition", SAMPLE_RECORD + TREC_RECORD_RECOGNITION,
	    rec_recognition_encode, &r);
	r.has_mark = true;
	count_up(r.mark, sizeof r.mark, 0xc0);
	ADD(l, "recognition/own", "rec_recognition", SAMPLE_RECORD + TREC_RECORD_RECOGNITION,
	    rec_recognition_encode, &r);
	r.heard = true;
	ADD(l, "recognition/both", "rec_recognition", SAMPLE_RECORD + TREC_RECORD_RECOGNITION,
	    rec_recognition_encode, &r);
	r.has_key = false;
	r.heard = false;
	ADD(l, "recognition/told", "rec_recognition", SAMPLE_RECORD + TREC_RECORD_RECOGNITION,
	    rec_recognition_encode, &r);
}

static void bundles(struct list *l)
{
	static const uint8_t statement[2][3] = { { 0x84, 0x41, 0x00 }, { 0x84, 0x41, 0x01 } };
	struct bundle b = { .kind = BUNDLE_INTRODUCTIONS, .count = 2 };

	for (size_t i = 0; i < 2; i++)
		b.item[i] = trec_bytes(statement[i], sizeof statement[i]);
	ADD(l, "present", "bundle", SAMPLE_CHAN + FRAME_PRESENT, bundle_encode, &b);
	b.kind = BUNDLE_SUCCESSIONS;
	b.count = 1;
	ADD(l, "present/successions", "bundle", SAMPLE_CHAN + FRAME_PRESENT, bundle_encode, &b);
}

static void statements(struct list *l)
{
	static const uint8_t statement[3] = { 0x84, 0x41, 0x00 };
	struct trec_bytes s = trec_bytes(statement, sizeof statement);
	struct rec_carried carried = { s };
	struct rec_chain chain = { .sequence = 9, .link = { s, s }, .count = 2 };
	struct rec_notice notice = { .number = 3, .exp_s = 1767830400, .statement = s };
	struct rec_seen seen = { .count = 2 };

	for (size_t i = 0; i < seen.count; i++) {
		count_up(seen.entry[i].cti, REC_CTI_LEN, (uint8_t)(0x11 * i));
		seen.entry[i].exp_s = 1767830400 + i;
	}
	ADD(l, "seen", "rec_seen", SAMPLE_RECORD + TREC_RECORD_SEEN, rec_seen_encode, &seen);
	ADD(l, "carried", "rec_carried", SAMPLE_RECORD + TREC_RECORD_CARRIED, rec_carried_encode,
	    &carried);
	ADD(l, "succession", "rec_succession", SAMPLE_RECORD + TREC_RECORD_SUCCESSION,
	    rec_chain_encode, &chain);
	ADD(l, "notice", "rec_notice", SAMPLE_RECORD + TREC_RECORD_NOTICE, rec_notice_encode,
	    &notice);
}

static void peers(struct list *l)
{
	struct rec_peer p = { .state = REC_STATE_ACTIVE,
			      .origin = REC_ORIGIN_PIN,
			      .name = "kitchen",
			      .cert_len = 40,
			      .since_s = 1767225600 };

	count_up(p.cert, p.cert_len, 0x30);
	ADD(l, "peer", "rec_peer", SAMPLE_RECORD + TREC_RECORD_PEER,
	    rec_peer_encode, &p);
	strcpy(p.kind, "sensor");
	p.state = REC_STATE_INTRODUCED;
	p.origin = REC_ORIGIN_INTRODUCED;
	p.last_seen_s = 1767225700;
	p.expires_s = 1767830400;
	p.has_introduced_by = true;
	count_up(p.introduced_by.b, TREC_ID_LEN, 0x10);
	p.has_statement = true;
	count_up(p.statement, MSG_HASH_LEN, 0x20);
	p.previous_count = 2;
	count_up(p.previous[0].id.b, TREC_ID_LEN, 0x60);
	p.previous[0].until_s = 1767312000;
	count_up(p.previous[1].id.b, TREC_ID_LEN, 0x80);
	p.forgotten = true;
	p.made.set = true;
	p.made.ms = 123456;
	p.sequence = 2;
	p.told = 1;
	p.noticed = 70000;
	count_up(p.made.boot, REC_BOOT_LEN, 0xb0);
	if (!rec_peer_allow(&p, "service:music", 1767225999) ||
	    !rec_peer_allow(&p, "introduce", 0) ||
	    !msg_hints_add(&p.hints, "unix:/run/trec"))
		abort();
	ADD(l, "peer/full", "rec_peer", SAMPLE_RECORD + TREC_RECORD_PEER,
	    rec_peer_encode, &p);
	p = (struct rec_peer){ .state = REC_STATE_ACTIVE,
			       .origin = REC_ORIGIN_PIN,
			       .name = "lamp",
			       .since_s = 1767225600,
			       .symmetric = { .count = 1, .initiator = true } };
	count_up(p.symmetric.key[0], REC_KEY_LEN, 0x40);
	ADD(l, "peer/symmetric", "rec_peer", SAMPLE_RECORD + TREC_RECORD_PEER, rec_peer_encode,
	    &p);
	p.symmetric.count = 2;
	p.symmetric.dial_next = true;
	count_up(p.symmetric.key[1], REC_KEY_LEN, 0x80);
	ADD(l, "peer/rekeyed", "rec_peer", SAMPLE_RECORD + TREC_RECORD_PEER, rec_peer_encode,
	    &p);
}

static void other_records(struct list *l)
{
	struct rec_tombstone t = { .when_s = 1767225600, .by = REC_BY_LOCAL };
	struct rec_preset preset = { .kdf = { .log_n = 15, .r = 8, .p = 1 },
				     .since_s = 1767225600 };
	struct rec_counters c = { .kind = REC_COUNTER_TARGET, .wrong = 3, .last_s = 1767225600 };

	ADD(l, "tombstone", "rec_tombstone", SAMPLE_RECORD + TREC_RECORD_TOMBSTONE,
	    rec_tombstone_encode, &t);
	t.by = REC_BY_NOTICE;
	ADD(l, "tombstone/notice", "rec_tombstone", SAMPLE_RECORD + TREC_RECORD_TOMBSTONE,
	    rec_tombstone_encode, &t);
	count_up(preset.kdf.salt, MSG_SALT_LEN, 0x40);
	count_up(preset.w0, sizeof preset.w0, 0x80);
	point(preset.l, 0);
	point(preset.w0m, 0x40);
	point(preset.w0n, 0x80);
	ADD(l, "preset", "rec_preset", SAMPLE_RECORD + TREC_RECORD_PRESET,
	    rec_preset_encode, &preset);
	ADD(l, "counters/target", "rec_counters", SAMPLE_RECORD + TREC_RECORD_COUNTERS,
	    rec_counters_encode, &c);
	c = (struct rec_counters){ .kind = REC_COUNTER_PRESET, .wrong = 6, .step = 2,
				   .frozen_ms = 180000 };
	count_up(c.tag, REC_TAG_LEN, 0x40);
	c.frozen_at.set = true;
	c.frozen_at.ms = 5000;
	count_up(c.frozen_at.boot, REC_BOOT_LEN, 0xb0);
	ADD(l, "counters/frozen", "rec_counters", SAMPLE_RECORD + TREC_RECORD_COUNTERS,
	    rec_counters_encode, &c);
}

size_t samples_make(struct sample *out)
{
	struct list l = { .at = out };

	pre_requests(&l);
	pre_answers(&l);
	pake(&l);
	pairing(&l);
	session(&l);
	introduction(&l);
	recognition(&l);
	bundles(&l);
	peers(&l);
	other_records(&l);
	statements(&l);
	return l.n;
}

void samples_codes(struct code out[SAMPLE_CODES])
{
	struct code c = { .secret_len = CODE_SECRET_MIN };

	count_up(c.secret, CODE_SECRET_MAX, 0xa0);
	for (size_t i = 0; i < CODE_COMMITMENT_LEN; i++)
		c.commitment[i] = (uint8_t)(0x11 * i);
	if (!msg_hints_add(&c.hints, "tcp://192.0.2.7:7443"))
		abort();
	out[0] = c;
	c.secret_len = CODE_SECRET_MAX;
	c.expires_s = 1767226000;
	c.multi_use = true;
	out[1] = c;
	memset(&c.hints, 0, sizeof c.hints);
	c.secret_len = 20;
	out[2] = c;
	/* What lies behind a shorter secret is no part of the code. */
	for (size_t i = 0; i < SAMPLE_CODES; i++)
		memset(out[i].secret + out[i].secret_len, 0, CODE_SECRET_MAX - out[i].secret_len);
}
