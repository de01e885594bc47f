/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the outside of a pairing run (trec/pairing.h): bytes to frames, frames and
 * time to events, events through the table.
 */
#include "proto/engine/pairing.h"
#include "proto/base/base.h"

#include <string.h>

static void pump(struct trec_pairing *p);

/* What is said right before a commit shares the record of what is said right after it. */
static bool words_wait(const struct trec_pairing *p)
{
	return p->state == PAIR_R_COMMIT;
}

static size_t pending(const struct trec_pairing *p)
{
	if (p->lost)
		return 0;
	return p->out_len - p->out_at + (words_wait(p) ? 0 : p->words_len) +
	       (p->chan != NULL ? chan_pending(p->chan) : 0);
}

trec_err eng_pair_say_before(struct trec_pairing *p, uint8_t type, struct trec_bytes body)
{
	size_t n = 0;
	trec_err err;

	if (p->out_at > 0) {
		memmove(p->out, p->out + p->out_at, p->out_len - p->out_at);
		p->out_len -= p->out_at;
		p->out_at = 0;
	}
	err = frame_pre_make(type, body, p->out + p->out_len, sizeof(p->out) - p->out_len, &n);
	p->out_len += n;
	return err;
}

trec_err eng_pair_say(struct trec_pairing *p, uint8_t type, struct trec_bytes body)
{
	size_t n = 0;
	trec_err err = TREC_OK;

	if (FRAME_CHAN_HEADER + body.n > sizeof(p->words) - p->words_len)
		err = eng_pair_flush(p);
	if (err == TREC_OK)
		err = frame_chan_make(type, body, p->words + p->words_len,
				      sizeof(p->words) - p->words_len, &n);
	p->words_len += n;
	return err;
}

trec_err eng_pair_flush(struct trec_pairing *p)
{
	size_t n = p->words_len;
	trec_err err = TREC_OK;

	p->words_len = 0;
	for (size_t at = 0; at < n && err == TREC_OK;) {
		size_t used = 0;

		err = chan_write(p->chan, trec_bytes(p->words + at, n - at), &used);
		at += used;
	}
	return err == TREC_E_AGAIN ? TREC_E_INTERNAL : err;
}

static void enter(struct trec_pairing *p, enum pair_state state)
{
	const struct pair_state_info *info = &eng_pair_state[state];

	if (state == PAIR_DONE) {
		eng_pair_finish(p);
		return;
	}
	/* One consent has one time limit, whatever the peer sends meanwhile. */
	if (info->ms != 0 && !(info->wait == TREC_NEXT_CONSENT &&
			       eng_pair_state[p->state].wait == TREC_NEXT_CONSENT))
		p->deadline_ms = eng_pair_now(p) + info->ms;
	else if (info->ms == 0)
		p->deadline_ms = UINT64_MAX;
	p->state = state;
}

static void event(struct trec_pairing *p, enum pair_event ev, const struct frame *in)
{
	while (ev != PAIR_EVENT_COUNT) {
		const struct pair_step *step = &eng_pair_fsm[p->state][ev];
		trec_err err;

		if (step->run == NULL) {
			eng_pair_fail(p, eng_pair_why(p, TREC_E_MALFORMED,
						      "%s does not belong in state %s",
						      eng_pair_event_name(ev),
						      eng_pair_state[p->state].name));
			return;
		}
		p->raised = PAIR_EVENT_COUNT;
		err = step->run(p, in);
		if (err != TREC_OK) {
			eng_pair_fail(p, err);
			return;
		}
		enter(p, step->next);
		ev = p->raised;
	}
}

/* Whether the run takes input in its state. */
static bool takes(const struct trec_pairing *p)
{
	enum trec_next wait = eng_pair_state[p->state].wait;

	return wait == TREC_NEXT_READ || wait == TREC_NEXT_CONSENT;
}

static void tls_failed(struct trec_pairing *p, trec_err err)
{
	bool handshake = p->state == PAIR_I_HANDSHAKE || p->state == PAIR_R_HANDSHAKE;

	if (handshake && p->method == TREC_METHOD_CODE &&
	    (err == TREC_E_MALFORMED || err == TREC_E_REFUSED)) {
		if (p->window != NULL)
			eng_window_wrong_code(p->window);
		err = eng_pair_why(p, TREC_E_WRONG_CODE,
				   "the two devices do not hold the same code");
	}
	if (p->authenticated && err == TREC_E_REFUSED)
		err = eng_pair_why(p, TREC_E_REFUSED, "the peer broke off");
	eng_pair_fail(p, err);
}

static void take_frame_inside(struct trec_pairing *p, const struct frame *f, size_t n)
{
	/* Types follow each other as the events do. */
	event(p, (enum pair_event)(PAIR_EV_CHANNEL_MAC + (f->type - FRAME_CHANNEL_MAC)), f);
	if (eng_pair_ended(p))
		return;
	memmove(p->plain, p->plain + n, p->plain_len - n);
	p->plain_len -= n;
}

/* One step of reading inside the channel; false: nothing more to do now. */
static bool pump_once(struct trec_pairing *p)
{
	struct frame f;
	size_t need = 0;
	size_t n = 0;
	trec_err err;

	if (!p->up) {
		if (chan_state(p->chan) != CHAN_OPEN)
			return false;
		p->up = true;
		event(p, PAIR_EV_UP, NULL);
		return true;
	}
	switch (frame_chan_take(FRAME_CONTEXT_PAIRING, trec_bytes(p->plain, p->plain_len), &f,
				&need)) {
	case FRAME_REFUSED:
		eng_pair_fail(p, eng_pair_why(p, TREC_E_MALFORMED,
					      "a frame of unknown type or length"));
		return false;
	case FRAME_WHOLE:
		take_frame_inside(p, &f, need);
		return true;
	case FRAME_MORE:
		break;
	}
	if (need > sizeof(p->plain)) {
		eng_pair_fail(p, TREC_E_MALFORMED);
		return false;
	}
	err = chan_read(p->chan, p->plain + p->plain_len, need - p->plain_len, &n);
	if (err == TREC_E_AGAIN)
		return false;
	if (err != TREC_OK)
		tls_failed(p, err);
	else if (n == 0)
		trec_pairing_lost(p, TREC_E_LOST);
	p->plain_len += n;
	return err == TREC_OK && n > 0;
}

static void pump(struct trec_pairing *p)
{
	while (p->chan != NULL && !eng_pair_ended(p) && takes(p) && pump_once(p))
		;
}

/* The window may have gone while the run was under way. */
static void check_window(struct trec_pairing *p)
{
	bool bound = p->state > PAIR_R_CHOOSE && p->state < PAIR_R_COMMIT;

	if (p->role == TREC_PAIRING_RESPONDER && bound && !eng_window_alive(p->window, &p->run))
		eng_pair_fail(p, eng_pair_why(p, TREC_E_WINDOW_CLOSED,
				     "the window closed during the run"));
}

/* Bytes before TLS, up to one frame. */
static size_t take_before(struct trec_pairing *p, struct trec_bytes in)
{
	struct frame f;
	size_t need = 0;
	size_t n;
	enum frame_step step = frame_pre_take(trec_bytes(p->pre, p->pre_len), &f, &need);

	if (step == FRAME_MORE) {
		n = need - p->pre_len < in.n ? need - p->pre_len : in.n;
		memcpy(p->pre + p->pre_len, in.p, n);
		p->pre_len += n;
		step = frame_pre_take(trec_bytes(p->pre, p->pre_len), &f, &need);
	} else {
		n = 0;
	}
	if (step == FRAME_REFUSED) {
		eng_pair_fail(p, eng_pair_why(p, TREC_E_MALFORMED, "no frame of this protocol"));
	} else if (step == FRAME_WHOLE) {
		event(p, (enum pair_event)(PAIR_EV_PAIR_REQUEST + (f.type - FRAME_PAIR_REQUEST)),
		      &f);
		p->pre_len = 0;
	}
	return n;
}

/*
 * Whether what comes now is TLS. After a code's request the first byte of the answer decides, once:
 * a TLS record, or the frame of a refusal.
 */
static bool speaks_tls(struct trec_pairing *p, uint8_t first)
{
	if (p->chan == NULL || p->state != PAIR_I_ANSWER)
		return p->chan != NULL;
	if (p->pre_len > 0 || !frame_is_tls(first))
		return false;
	event(p, PAIR_EV_TLS, NULL);
	return true;
}

static size_t take_inside(struct trec_pairing *p, struct trec_bytes in)
{
	size_t n = 0;
	trec_err err = chan_feed(p->chan, in, &n);

	if (err != TREC_OK) {
		tls_failed(p, err);
		return n;
	}
	pump(p);
	return n;
}

trec_err trec_pairing_feed(struct trec_pairing *p, struct trec_bytes in, size_t *used)
{
	*used = 0;
	check_window(p);
	while (*used < in.n && !eng_pair_ended(p) && takes(p)) {
		struct trec_bytes rest = trec_bytes(in.p + *used, in.n - *used);
		size_t n = speaks_tls(p, rest.p[0]) ? take_inside(p, rest) : take_before(p, rest);

		*used += n;
		p->taken += n;
		if (!p->authenticated && p->taken > PAIR_UNAUTH_MAX)
			eng_pair_fail(p, eng_pair_why(p, TREC_E_TOO_LARGE,
						      "too much before any proof"));
		if (n == 0)
			break;
	}
	/* What comes after the end is nobody's: it must not clog the wire. */
	if (eng_pair_ended(p))
		*used = in.n;
	return p->error;
}

trec_err trec_pairing_drain(struct trec_pairing *p, uint8_t *out, size_t cap, size_t *n)
{
	size_t before = p->out_len - p->out_at;
	trec_err err;

	*n = 0;
	if (p->lost)
		return TREC_OK;
	err = words_wait(p) ? TREC_OK : eng_pair_flush(p);
	if (err != TREC_OK)
		eng_pair_fail(p, err);
	if (before > 0) {
		*n = before < cap ? before : cap;
		memcpy(out, p->out + p->out_at, *n);
		p->out_at += *n;
	}
	if (p->chan != NULL && *n < cap)
		*n += chan_drain(p->chan, out + *n, cap - *n);
	if (eng_pair_ended(p) && p->chan != NULL && chan_pending(p->chan) == 0)
		chan_free(&p->chan);
	return TREC_OK;
}

static void late(struct trec_pairing *p)
{
	if (eng_pair_state[p->state].wait == TREC_NEXT_CONSENT)
		eng_pair_fail(p, TREC_E_CONSENT_TIMEOUT);
	else if (p->state == PAIR_R_CONFIRM)
		eng_pair_fail(p, eng_pair_why(p, TREC_E_WRONG_PIN,
				     "the other device did not confirm the PIN; it counts"));
	else
		eng_pair_fail(p, eng_pair_why(p, TREC_E_TIMEOUT, "no answer in state %s",
				     eng_pair_state[p->state].name));
}

trec_err trec_pairing_tick(struct trec_pairing *p, uint64_t now)
{
	if (eng_pair_ended(p)) {
		if (now >= p->deadline_ms && pending(p) > 0) {
			p->lost = true;
			chan_free(&p->chan);
		}
		return p->error;
	}
	check_window(p);
	if (!eng_pair_ended(p) && now >= p->deadline_ms)
		late(p);
	if (!eng_pair_ended(p) && !p->authenticated && now >= p->auth_deadline_ms)
		eng_pair_fail(p, eng_pair_why(p, TREC_E_TIMEOUT, "no proof within the time limit"));
	pump(p);
	return p->error;
}

/*
 * What the store still has to learn when the peer is gone: that a pairing is complete (the peer's
 * part is done), that an attempt was wrong, that one was right.
 */
static bool job_outlives_peer(const struct trec_pairing *p)
{
	return p->state == PAIR_I_STORE || p->state == PAIR_R_ACTIVATE ||
	       p->state == PAIR_I_COUNT || p->state == PAIR_R_REFUND;
}

void trec_pairing_lost(struct trec_pairing *p, trec_err err)
{
	p->lost = true;
	p->lost_err = err;
	if (job_outlives_peer(p))
		return;
	if (p->state == PAIR_R_CONFIRM)
		eng_pair_fail(p, eng_pair_why(p, TREC_E_WRONG_PIN,
				     "the other device broke off instead of confirming the PIN"));
	else if (p->state == PAIR_R_DONE)
		eng_pair_fail(p, eng_pair_why(p, err,
					      "half a pairing is kept; it completes itself at "
					      "the next session, or is dropped after a day"));
	else
		eng_pair_fail(p, err);
	chan_free(&p->chan);
}

enum trec_next trec_pairing_next(const struct trec_pairing *p)
{
	return pending(p) > 0 ? TREC_NEXT_WRITE : eng_pair_state[p->state].wait;
}

uint64_t trec_pairing_deadline_ms(const struct trec_pairing *p)
{
	if (eng_pair_ended(p))
		return pending(p) > 0 ? p->deadline_ms : UINT64_MAX;
	if (p->authenticated || p->auth_deadline_ms > p->deadline_ms)
		return p->deadline_ms;
	return p->auth_deadline_ms;
}

void trec_pairing_perform(struct trec_pairing *p)
{
	trec_err (*job)(struct trec_pairing *) = eng_pair_state[p->state].job;

	if (job == NULL || p->job_done)
		return;
	p->job_err = job(p);
	p->job_done = true;
}

void trec_pairing_resume(struct trec_pairing *p)
{
	if (!p->job_done || eng_pair_ended(p))
		return;
	p->job_done = false;
	if (p->job_err != TREC_OK)
		eng_pair_fail(p, p->job_err);
	else
		event(p, PAIR_EV_JOB, NULL);
	if (p->lost)
		eng_pair_fail(p, p->lost_err);
	check_window(p);
	pump(p);
}

trec_err trec_pairing_secret(struct trec_pairing *p, const char *text)
{
	trec_err err;

	if (p->state != PAIR_I_SECRET)
		return TREC_E_STATE;
	err = eng_pair_take_secret(p, text);
	if (err == TREC_OK)
		event(p, PAIR_EV_SECRET, NULL);
	return err;
}

trec_err trec_pairing_answer(struct trec_pairing *p, bool yes)
{
	if (eng_pair_state[p->state].wait != TREC_NEXT_CONSENT)
		return TREC_E_STATE;
	check_window(p);
	if (!eng_pair_ended(p))
		event(p, yes ? PAIR_EV_AGREE : PAIR_EV_DENY, NULL);
	pump(p);
	return TREC_OK;
}
