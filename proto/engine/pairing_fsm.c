/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: every legal move of a pairing on one screen. What is not here is refused and
 * ends the run. tests/vectors/fsm_pairing.txt says the same independently, and docs/PROTOCOL.md
 * shows it.
 */
#include "proto/engine/pairing.h"

#define ON(ev, move, to) [PAIR_EV_##ev] = { eng_pair_##move, PAIR_##to }

const struct pair_step eng_pair_fsm[PAIR_STATE_COUNT][PAIR_EVENT_COUNT] = {
	/* initiator, before TLS */
	[PAIR_I_SECRET] = { ON(SECRET, i_begin, I_CHECK) },
	[PAIR_I_CHECK] = { ON(JOB, i_checked, I_CHOOSE) },
	[PAIR_I_CHOOSE] = { ON(PIN, nothing, I_PARAMS), ON(CODE, i_code, I_ANSWER) },
	[PAIR_I_ANSWER] = { ON(TLS, nothing, I_HANDSHAKE), ON(PAIR_REFUSE, i_refused, FAILED) },
	[PAIR_I_PARAMS] = { ON(PAIR_PARAMS, i_params, I_STRETCH),
			    ON(PAIR_REFUSE, i_refused, FAILED) },
	[PAIR_I_STRETCH] = { ON(JOB, i_stretched, I_REPLY) },
	[PAIR_I_REPLY] = { ON(PAKE_REPLY, i_reply, I_JUDGE), ON(PAIR_REFUSE, i_refused, FAILED) },
	[PAIR_I_JUDGE] = { ON(MATCH, i_match, I_HANDSHAKE), ON(MISMATCH, i_mismatch, I_COUNT) },
	[PAIR_I_COUNT] = { ON(JOB, i_counted, FAILED) },
	/* initiator, inside */
	[PAIR_I_HANDSHAKE] = { ON(UP, up, I_MAC) },
	[PAIR_I_MAC] = { ON(CHANNEL_MAC, mac, I_AUTH) },
	[PAIR_I_AUTH] = { ON(AUTH, i_auth, I_ASKED), ON(SYMMETRIC, i_symmetric, I_OFFER),
			  ON(ABORT, abort, FAILED) },
	[PAIR_I_ASKED] = { ON(AUTH_REQUEST, i_asked, I_OFFER), ON(ABORT, abort, FAILED) },
	[PAIR_I_OFFER] = { ON(OFFER, offer, I_DECIDE), ON(ABORT, abort, FAILED) },
	[PAIR_I_DECIDE] = { ON(ASK, nothing, I_CONSENT), ON(AGREE, agree, I_C1) },
	[PAIR_I_CONSENT] = { ON(AGREE, agree, I_C1), ON(DENY, deny, FAILED),
			     ON(CHANNEL_CONFIRM, i_confirm, I_CONSENT_C1),
			     ON(ABORT, abort, FAILED) },
	[PAIR_I_CONSENT_C1] = { ON(AGREE, agree, I_ACCEPT), ON(DENY, deny, FAILED),
				ON(ACCEPT, accept, I_CONSENT_ACCEPT), ON(ABORT, abort, FAILED) },
	[PAIR_I_CONSENT_ACCEPT] = { ON(AGREE, agree, I_COMMIT), ON(DENY, deny, FAILED),
				    ON(ABORT, abort, FAILED) },
	[PAIR_I_C1] = { ON(CHANNEL_CONFIRM, i_confirm, I_ACCEPT), ON(ABORT, abort, FAILED) },
	[PAIR_I_ACCEPT] = { ON(ACCEPT, accept, I_COMMIT), ON(ABORT, abort, FAILED) },
	[PAIR_I_COMMIT] = { ON(COMMIT, commit, I_STORE), ON(ABORT, abort, FAILED) },
	[PAIR_I_STORE] = { ON(JOB, i_stored, DONE) },
	/* responder, before TLS */
	[PAIR_R_REQUEST] = { ON(PAIR_REQUEST, r_request, R_CHOOSE) },
	[PAIR_R_CHOOSE] = { ON(PIN, r_pin, R_SHARE), ON(CODE, r_code, R_HANDSHAKE) },
	[PAIR_R_SHARE] = { ON(PAKE_SHARE, r_share, R_COUNT) },
	[PAIR_R_COUNT] = { ON(JOB, r_counted, R_CONFIRM) },
	[PAIR_R_CONFIRM] = { ON(PAKE_CONFIRM, r_confirm, R_REFUND) },
	[PAIR_R_REFUND] = { ON(JOB, r_refunded, R_HANDSHAKE) },
	/* responder, inside */
	[PAIR_R_HANDSHAKE] = { ON(UP, up, R_MAC) },
	[PAIR_R_MAC] = { ON(CHANNEL_MAC, mac, R_ASKED) },
	[PAIR_R_ASKED] = { ON(AUTH_REQUEST, r_asked, R_AUTH), ON(SYMMETRIC, r_symmetric, R_C1),
			   ON(ABORT, abort, FAILED) },
	[PAIR_R_AUTH] = { ON(AUTH, r_auth, R_C1), ON(ABORT, abort, FAILED) },
	[PAIR_R_C1] = { ON(CHANNEL_CONFIRM, r_channel_confirm, R_OFFER),
			ON(ABORT, abort, FAILED) },
	[PAIR_R_OFFER] = { ON(OFFER, offer, R_DECIDE), ON(ABORT, abort, FAILED) },
	[PAIR_R_DECIDE] = { ON(ASK, nothing, R_CONSENT), ON(AGREE, agree, R_ACCEPT) },
	[PAIR_R_CONSENT] = { ON(AGREE, agree, R_ACCEPT), ON(DENY, deny, FAILED),
			     ON(ACCEPT, accept, R_CONSENT_ACCEPT), ON(ABORT, abort, FAILED) },
	[PAIR_R_CONSENT_ACCEPT] = { ON(AGREE, agree, R_COMMIT), ON(DENY, deny, FAILED),
				    ON(ABORT, abort, FAILED) },
	[PAIR_R_ACCEPT] = { ON(ACCEPT, accept, R_COMMIT), ON(ABORT, abort, FAILED) },
	[PAIR_R_COMMIT] = { ON(JOB, r_stored, R_DONE) },
	[PAIR_R_DONE] = { ON(PAIR_DONE, pair_done, R_ACTIVATE), ON(ABORT, abort, FAILED) },
	[PAIR_R_ACTIVATE] = { ON(JOB, r_active, DONE) },
};

#define PAIR_STATE_INFO(id, wait, ms, job) [PAIR_##id] = { #id, TREC_NEXT_##wait, ms, job },
const struct pair_state_info eng_pair_state[PAIR_STATE_COUNT] = {
	PAIR_STATE_LIST(PAIR_STATE_INFO)
};

const char *eng_pair_event_name(enum pair_event ev)
{
#define PAIR_EVENT_NAME(id, name) [PAIR_EV_##id] = (name),
	static const char *const names[PAIR_EVENT_COUNT] = { PAIR_EVENT_LIST(PAIR_EVENT_NAME) };

	return (size_t)ev < PAIR_EVENT_COUNT ? names[ev] : "nothing";
}
