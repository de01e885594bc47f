/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a pairing does on each move before TLS (docs/PROTOCOL.md, Pairing):
 * request and parameters, SPAKE2+ for a PIN, and the key of the channel.
 */
#include "proto/base/base.h"
#include "proto/engine/ledger.h"
#include "proto/engine/pairing.h"

#include <string.h>

PAIR_MOVE(nothing)
{
	(void)p;
	(void)in;
	return TREC_OK;
}

/* T, over what came before it as it went over the wire; of a code that is the request alone. */
static trec_err make_transcript(struct trec_pairing *p, struct trec_bytes params)
{
	struct trec_bytes parts[2] = { trec_bytes(p->request, p->request_len), params };

	return crypto_sha256_parts(parts, 2, p->transcript);
}

static trec_err keep_request(struct trec_pairing *p, struct trec_bytes frame)
{
	if (frame.n > sizeof(p->request))
		return TREC_E_INTERNAL;
	memcpy(p->request, frame.p, frame.n);
	p->request_len = frame.n;
	return TREC_OK;
}

static void context_of(const struct trec_pairing *p, uint8_t out[PAKE_CONTEXT_LEN])
{
	pake_context(p->transcript, out);
}

/* The channel from K. */
static trec_err make_channel(struct trec_pairing *p, enum chan_role role)
{
	struct pair_secret *s = p->secret;
	struct chan_psk conf = { .role = role, .identity = s->keys.identity };
	trec_err err = pake_keys_derive(s->key, (enum pake_method)p->method, p->transcript,
					&s->keys);

	trec_wipe(s->key, sizeof(s->key));
	if (err != TREC_OK)
		return err;
	conf.psk = trec_bytes(s->keys.ipsk, sizeof(s->keys.ipsk));
	err = chan_new_psk(p->env, &conf, &p->chan);
	trec_wipe(s->keys.ipsk, sizeof(s->keys.ipsk));
	return err;
}

/* ---- initiator --------------------------------------------------------------------------- */

PAIR_MOVE(i_begin)
{
	uint64_t wall = eng_wall_s(p->env);
	uint64_t expires = p->method == TREC_METHOD_CODE ? p->secret->code.expires_s : 0;

	(void)in;
	if (expires != 0 && wall != 0 && wall >= expires)
		return eng_pair_why(p, TREC_E_WRONG_CODE, "the code has expired");
	if (p->method == TREC_METHOD_CODE)
		pake_prover_free(&p->prover);
	else if (p->prover == NULL)
		return pake_prover_new(p->env, &p->prover);
	return TREC_OK;
}

static trec_err say_request(struct trec_pairing *p)
{
	struct msg_pair_request m = { .method = (enum msg_method)p->method,
				      .symmetric = p->symmetric };
	uint8_t body[FRAME_PRE_BODY_MAX];
	size_t at = p->out_len;
	size_t n = 0;
	trec_err err = crypto_random(p->env, m.nonce, sizeof(m.nonce));

	if (p->method != TREC_METHOD_CODE) {
		m.suites[0] = MSG_SUITE_P256_SHA256;
		m.suites_count = 1;
	}
	if (err == TREC_OK)
		err = msg_pair_request_encode(&m, body, sizeof(body), &n);
	if (err == TREC_OK)
		err = eng_pair_say_before(p, FRAME_PAIR_REQUEST, trec_bytes(body, n));
	if (err == TREC_OK)
		err = keep_request(p, trec_bytes(p->out + at, p->out_len - at));
	return err;
}

PAIR_MOVE(i_checked)
{
	bool pin = p->method != TREC_METHOD_CODE;
	uint32_t wait = pin ? eng_ladder_target(&p->counters, eng_wall_s(p->env)) : 0;

	(void)in;
	if (p->secret_is_new && wait == UINT32_MAX) {
		p->counters.wrong = 0;
		wait = 0;
	}
	if (wait == UINT32_MAX)
		return eng_pair_why(p, TREC_E_LOCKED_OUT,
				    "%u runs with this device failed: somebody may be guessing; "
				    "have a new PIN made there", (unsigned)p->counters.wrong);
	if (wait > 0) {
		p->retry_after_s = wait;
		return eng_pair_why(p, TREC_E_LOCKED_OUT,
				    "%u runs with this device failed: somebody may be guessing",
				    (unsigned)p->counters.wrong);
	}
	p->auth_deadline_ms = p->env->now_ms(p->env->ctx) + PAIR_STEP_MS;
	p->raised = pin ? PAIR_EV_PIN : PAIR_EV_CODE;
	return say_request(p);
}

/* The ClientHello leaves right behind the request. */
PAIR_MOVE(i_code)
{
	const struct pair_code *c = &p->secret->code;
	trec_err err = pake_code_key(trec_bytes(c->secret, c->secret_len), p->secret->key);

	(void)in;
	if (err == TREC_OK)
		err = make_transcript(p, trec_bytes(NULL, 0));
	return err == TREC_OK ? make_channel(p, CHAN_CLIENT) : err;
}

PAIR_MOVE(i_params)
{
	trec_err err = msg_pair_params_decode(in->body, &p->params);

	if (err != TREC_OK)
		return err == TREC_E_MALFORMED ? eng_pair_why(p, err, "pair_params") : err;
	if (p->params.suite != MSG_SUITE_P256_SHA256)
		return eng_pair_why(p, TREC_E_MALFORMED, "pair_params: suite was not offered");
	return make_transcript(p, in->whole);
}

/* Unauthenticated advice: it ends the run and is shown, nothing more. */
PAIR_MOVE(i_refused)
{
	static const trec_err map[] = {
		[MSG_REFUSE_VERSION] = TREC_E_VERSION,
		[MSG_REFUSE_WINDOW_CLOSED] = TREC_E_WINDOW_CLOSED,
		[MSG_REFUSE_BUSY] = TREC_E_BUSY,
		[MSG_REFUSE_LOCKED_OUT] = TREC_E_LOCKED_OUT,
		[MSG_REFUSE_METHOD] = TREC_E_REFUSED,
		[MSG_REFUSE_MALFORMED] = TREC_E_REFUSED,
		[MSG_REFUSE_SYMMETRIC] = TREC_E_REFUSED,
	};
	struct msg_pair_refuse m;
	trec_err err = msg_pair_refuse_decode(in->body, &m);

	chan_free(&p->chan); /* nobody listens to TLS there, not to an alert either */
	if (err != TREC_OK)
		return eng_pair_why(p, err, "pair_refuse");
	p->retry_after_s = m.retry_after_s;
	if (m.reason == MSG_REFUSE_METHOD)
		return eng_pair_why(p, TREC_E_REFUSED,
				    "the window there is for the other of PIN and code");
	if (m.reason == MSG_REFUSE_SYMMETRIC)
		return eng_pair_why(p, TREC_E_REFUSED,
				    p->symmetric ? "the window there is for certificates, not for "
						   "a symmetric TREC"
						 : "the window there is for a symmetric TREC only");
	if (m.reason == MSG_REFUSE_VERSION)
		return eng_pair_why(p, TREC_E_VERSION, "the other device speaks up to version %u",
				    (unsigned)m.version);
	if (m.reason >= BASE_COUNT(map) || map[m.reason] == TREC_OK)
		return eng_pair_why(p, TREC_E_REFUSED, "reason %u", (unsigned)m.reason);
	return map[m.reason];
}

PAIR_MOVE(i_stretched)
{
	struct msg_pake_share m;
	uint8_t body[FRAME_PRE_BODY_MAX];
	size_t n = 0;
	trec_err err;

	(void)in;
	memcpy(m.share, p->share, sizeof(m.share));
	err = msg_pake_share_encode(&m, body, sizeof(body), &n);
	/* One PIN, one run: it is gone before its share leaves. */
	trec_wipe(p->secret->pin, sizeof(p->secret->pin));
	return err == TREC_OK ? eng_pair_say_before(p, FRAME_PAKE_SHARE, trec_bytes(body, n))
			      : err;
}

PAIR_MOVE(i_reply)
{
	uint8_t context[PAKE_CONTEXT_LEN];
	struct msg_pake_reply m;
	trec_err err = msg_pake_reply_decode(in->body, &m);

	if (err != TREC_OK)
		return eng_pair_why(p, err, "pake_reply");
	context_of(p, context);
	err = pake_prover_finish(p->prover, trec_bytes(context, sizeof(context)), m.share,
				 m.confirm, p->share, p->secret->key);
	pake_prover_free(&p->prover);
	p->raised = err == TREC_OK ? PAIR_EV_MATCH : PAIR_EV_MISMATCH;
	return err == TREC_E_WRONG_PIN ? TREC_OK : err;
}

PAIR_MOVE(i_match)
{
	struct msg_pake_confirm m;
	uint8_t body[FRAME_PRE_BODY_MAX];
	size_t n = 0;
	trec_err err;

	(void)in;
	memcpy(m.confirm, p->share, sizeof(m.confirm));
	err = msg_pake_confirm_encode(&m, body, sizeof(body), &n);
	if (err == TREC_OK)
		err = eng_pair_say_before(p, FRAME_PAKE_CONFIRM, trec_bytes(body, n));
	return err == TREC_OK ? make_channel(p, CHAN_CLIENT) : err;
}

PAIR_MOVE(i_mismatch)
{
	(void)in;
	if (p->counters.wrong < REC_COUNT_MAX)
		p->counters.wrong++;
	p->counters.last_s = eng_wall_s(p->env);
	return TREC_OK;
}

PAIR_MOVE(i_counted)
{
	(void)in;
	return eng_pair_why(p, TREC_E_WRONG_PIN,
			    "the PIN was wrong; failed runs with this device: %u",
			    (unsigned)p->counters.wrong);
}

/* ---- responder --------------------------------------------------------------------------- */

static bool offers_our_suite(const struct msg_pair_request *m)
{
	for (size_t i = 0; i < m->suites_count; i++) {
		if (m->suites[i] == MSG_SUITE_P256_SHA256)
			return true;
	}
	return false;
}

PAIR_MOVE(r_request)
{
	struct msg_pair_request m;
	trec_err err = msg_pair_request_decode(in->body, &m);

	if (err != TREC_OK)
		return eng_pair_why(p, err, "pair_request");
	p->method = (enum trec_method)m.method;
	err = eng_window_ask(p->window, p->method, &p->run, &p->retry_after_s);
	if (err == TREC_E_UNSUPPORTED)
		return eng_pair_why(p, err, "the window is for the other of PIN and code");
	if (err != TREC_OK)
		return err;
	if (p->method != TREC_METHOD_CODE && !offers_our_suite(&m))
		return eng_pair_why(p, TREC_E_UNSUPPORTED, "no suite in common");
	p->symmetric = m.symmetric;
	p->mismatch = !eng_window_symmetric(p->window, m.symmetric);
	if (p->mismatch)
		return eng_pair_why(p, TREC_E_UNSUPPORTED,
				    "only one of the two devices was told to pair without "
				    "certificates");
	p->raised = p->method == TREC_METHOD_CODE ? PAIR_EV_CODE : PAIR_EV_PIN;
	return keep_request(p, in->whole);
}

static trec_err say_params(struct trec_pairing *p)
{
	uint8_t body[FRAME_PRE_BODY_MAX];
	size_t at = p->out_len;
	size_t n = 0;
	trec_err err = crypto_random(p->env, p->params.nonce, sizeof(p->params.nonce));

	if (err == TREC_OK)
		err = msg_pair_params_encode(&p->params, body, sizeof(body), &n);
	if (err == TREC_OK)
		err = eng_pair_say_before(p, FRAME_PAIR_PARAMS, trec_bytes(body, n));
	if (err == TREC_OK)
		err = make_transcript(p, trec_bytes(p->out + at, p->out_len - at));
	return err;
}

PAIR_MOVE(r_pin)
{
	const struct eng_secret *s = eng_window_secret(p->window, &p->run);

	(void)in;
	if (s == NULL)
		return TREC_E_WINDOW_CLOSED;
	p->params.suite = MSG_SUITE_P256_SHA256;
	p->params.kdf.log_n = (uint8_t)s->record.params.scrypt.log_n;
	p->params.kdf.r = (uint8_t)s->record.params.scrypt.r;
	p->params.kdf.p = (uint8_t)s->record.params.scrypt.p;
	memcpy(p->params.kdf.salt, s->record.params.salt, sizeof(p->params.kdf.salt));
	return say_params(p);
}

PAIR_MOVE(r_code)
{
	const struct eng_secret *s = eng_window_secret(p->window, &p->run);
	trec_err err;

	(void)in;
	if (s == NULL)
		return TREC_E_WINDOW_CLOSED;
	err = pake_code_key(trec_bytes(s->code, s->code_len), p->secret->key);
	if (err == TREC_OK)
		err = make_transcript(p, trec_bytes(NULL, 0));
	return err == TREC_OK ? make_channel(p, CHAN_SERVER) : err;
}

PAIR_MOVE(r_share)
{
	struct msg_pake_share m;
	trec_err err = msg_pake_share_decode(in->body, &m);

	if (err == TREC_OK)
		err = crypto_p256_check(trec_bytes(m.share, sizeof(m.share)));
	if (err != TREC_OK)
		return eng_pair_why(p, err, "pake_share");
	err = eng_window_take(p->window, &p->run);
	if (err == TREC_OK)
		err = eng_window_count(p->window, &p->run, &p->counters);
	if (err != TREC_OK)
		return err;
	memcpy(p->share, m.share, sizeof(p->share));
	return TREC_OK;
}

/* The attempt is on disk: now, and only now, may anything depend on the guess. */
PAIR_MOVE(r_counted)
{
	const struct eng_secret *s = eng_window_secret(p->window, &p->run);
	uint8_t context[PAKE_CONTEXT_LEN];
	uint8_t body[FRAME_PRE_BODY_MAX];
	struct msg_pake_reply m;
	size_t n = 0;
	trec_err err;

	(void)in;
	if (s == NULL)
		return TREC_E_WINDOW_CLOSED;
	context_of(p, context);
	p->verifier = eng_window_verifier(p->window, &p->run);
	err = p->verifier != NULL ? TREC_OK : pake_verifier_new(p->env, &p->verifier);
	if (err == TREC_OK)
		err = pake_verifier_reply(p->verifier, &s->record, NULL,
					  trec_bytes(context, sizeof(context)), p->share, m.share,
					  m.confirm);
	if (err == TREC_OK)
		err = msg_pake_reply_encode(&m, body, sizeof(body), &n);
	return err == TREC_OK ? eng_pair_say_before(p, FRAME_PAKE_REPLY, trec_bytes(body, n))
			      : err;
}

PAIR_MOVE(r_confirm)
{
	struct msg_pake_confirm m;
	trec_err err = msg_pake_confirm_decode(in->body, &m);

	if (err != TREC_OK)
		return eng_pair_why(p, err, "pake_confirm");
	err = pake_verifier_finish(p->verifier, m.confirm, p->secret->key);
	pake_verifier_free(&p->verifier);
	if (err == TREC_OK)
		eng_window_proven(p->window, &p->run, &p->counters);
	return err;
}

PAIR_MOVE(r_refunded)
{
	(void)in;
	return make_channel(p, CHAN_SERVER);
}
