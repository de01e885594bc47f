/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the one place where a pairing ends, well or not: what the peer is told, what
 * the user is told, and the wiping of everything secret.
 */
#include "proto/base/base.h"
#include "proto/engine/pairing.h"

#include <stdarg.h>
#include <stdio.h>

/* Last words may fail to leave: the run is over either way. */
static void best_effort(trec_err err)
{
	(void)err;
}

bool eng_pair_ended(const struct trec_pairing *p)
{
	return p->state == PAIR_DONE || p->state == PAIR_FAILED;
}

uint64_t eng_pair_now(const struct trec_pairing *p)
{
	return p->env->now_ms(p->env->ctx);
}

trec_err eng_pair_why(struct trec_pairing *p, trec_err err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->detail, sizeof(p->detail), fmt, ap);
	va_end(ap);
	return err;
}

/* Ends the run: every secret goes here and nowhere else. */
static void end(struct trec_pairing *p, enum pair_state state)
{
	p->state = state;
	p->deadline_ms = eng_pair_now(p) + PAIR_FLUSH_MS;
	pake_prover_free(&p->prover);
	pake_verifier_free(&p->verifier);
	if (p->secret != NULL) {
		ea_keys_wipe(&p->secret->ea);
		base_secret_free(p->secret, sizeof(*p->secret));
		p->secret = NULL;
	}
	if (p->window != NULL)
		eng_window_leave(p->window, &p->run);
	trec_wipe(p->pre, sizeof(p->pre));
	trec_wipe(p->plain, sizeof(p->plain));
	trec_wipe(p->words, sizeof(p->words));
	p->words_len = 0;
	if (p->chan == NULL)
		return;
	chan_export_end(p->chan);
	if (p->lost || chan_pending(p->chan) == 0)
		chan_free(&p->chan);
}

/* What a responder says before TLS, if anything. */
static void refuse(struct trec_pairing *p, trec_err err)
{
	struct msg_pair_refuse m = { .version = MSG_VERSION, .retry_after_s = p->retry_after_s };
	uint8_t body[FRAME_PRE_BODY_MAX];
	size_t n = 0;

	switch (err) {
	case TREC_E_VERSION:
		m.reason = MSG_REFUSE_VERSION;
		break;
	case TREC_E_WINDOW_CLOSED:
		m.reason = MSG_REFUSE_WINDOW_CLOSED;
		break;
	case TREC_E_BUSY:
		m.reason = MSG_REFUSE_BUSY;
		break;
	case TREC_E_LOCKED_OUT:
		m.reason = MSG_REFUSE_LOCKED_OUT;
		break;
	case TREC_E_UNSUPPORTED:
		m.reason = p->mismatch ? MSG_REFUSE_SYMMETRIC : MSG_REFUSE_METHOD;
		break;
	case TREC_E_MALFORMED:
		m.reason = MSG_REFUSE_MALFORMED;
		break;
	default:
		return;
	}
	if (msg_pair_refuse_encode(&m, body, sizeof(body), &n) == TREC_OK)
		best_effort(eng_pair_say_before(p, FRAME_PAIR_REFUSE, trec_bytes(body, n)));
}

/* What is said inside the channel; an alert says nothing to a peer that proved nothing. */
static void say_abort(struct trec_pairing *p, trec_err err)
{
	struct msg_reason m = { .reason = MSG_ABORT_INTERNAL };
	uint8_t body[FRAME_CONTROL_MAX];
	size_t n = 0;

	if (err == TREC_E_CONSENT_DENIED)
		m.reason = MSG_ABORT_CONSENT_DENIED;
	else if (err == TREC_E_CONSENT_TIMEOUT)
		m.reason = MSG_ABORT_CONSENT_TIMEOUT;
	else if (err == TREC_E_BUSY || err == TREC_E_WINDOW_CLOSED || err == TREC_E_OWN_KEY)
		m.reason = MSG_ABORT_REFUSED;
	if (!p->authenticated || chan_state(p->chan) != CHAN_OPEN || err == TREC_E_MALFORMED ||
	    err == TREC_E_WRONG_CERTIFICATE || err == TREC_E_WRONG_CODE) {
		chan_abort(p->chan);
		return;
	}
	if (msg_reason_encode(&m, body, sizeof(body), &n) == TREC_OK)
		best_effort(eng_pair_say(p, FRAME_PAIR_ABORT, trec_bytes(body, n)));
	best_effort(eng_pair_flush(p));
	best_effort(chan_close(p->chan));
}

void eng_pair_fail(struct trec_pairing *p, trec_err err)
{
	if (eng_pair_ended(p))
		return;
	p->error = err;
	if (p->lost)
		;
	else if (p->chan != NULL)
		say_abort(p, err);
	else if (p->role == TREC_PAIRING_RESPONDER)
		refuse(p, err);
	if (p->detail[0] != '\0')
		base_log(p->env, TREC_LEVEL_INFO, "pairing failed: %s (%s)", trec_err_text(err),
			 p->detail);
	else
		base_log(p->env, TREC_LEVEL_INFO, "pairing failed: %s", trec_err_text(err));
	end(p, PAIR_FAILED);
}

void eng_pair_finish(struct trec_pairing *p)
{
	if (p->chan != NULL) {
		best_effort(eng_pair_flush(p));
		best_effort(chan_close(p->chan));
	}
	end(p, PAIR_DONE);
}

void eng_pair_cancel(struct trec_pairing *p)
{
	p->lost = true;
	if (!eng_pair_ended(p)) {
		p->error = TREC_E_LOST;
		end(p, PAIR_FAILED);
	}
	chan_free(&p->chan);
}
