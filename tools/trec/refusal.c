/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a statement was refused, in words for the user; see refusal.h. */
#include <stdio.h>

#include "tools/trec/refusal.h"

static trec_err refusal_err(enum trec_refusal why)
{
	switch (why) {
	case TREC_REFUSAL_WRONG_AUDIENCE:
		return TREC_E_WRONG_AUDIENCE;
	case TREC_REFUSAL_CONSENT_DENIED:
		return TREC_E_CONSENT_DENIED;
	case TREC_REFUSAL_CONSENT_TIMEOUT:
		return TREC_E_CONSENT_TIMEOUT;
	case TREC_REFUSAL_ALREADY_KNOWN:
		return TREC_E_EXISTS;
	case TREC_REFUSAL_MALFORMED:
		return TREC_E_MALFORMED;
	default:
		return TREC_E_REFUSED;
	}
}

static const char *refusal_hint(enum trec_refusal why)
{
	switch (why) {
	case TREC_REFUSAL_INTRODUCER_UNKNOWN:
	case TREC_REFUSAL_INTRODUCER_DISSOLVED:
	case TREC_REFUSAL_INTRODUCER_EXPIRED:
		return "pair with the introducer first, or pair with the device itself";
	case TREC_REFUSAL_INTRODUCER_NOT_ALLOWED:
		return "on the device that shall believe it: trec allow INTRODUCER introduce";
	case TREC_REFUSAL_INTRODUCER_ONLY_INTRODUCED:
	case TREC_REFUSAL_SUBJECT_ONLY_INTRODUCED:
	case TREC_REFUSAL_SYMMETRIC:
		return "pair the devices by PIN or code";
	case TREC_REFUSAL_WRONG_AUDIENCE:
		return "carry it to the device it names";
	case TREC_REFUSAL_SUBJECT_UNKNOWN:
	case TREC_REFUSAL_SUBJECT_NOT_ACTIVE:
		return "see `trec list --all` on the introducer: it must trust both";
	case TREC_REFUSAL_REPLAYED:
	case TREC_REFUSAL_EXPIRED:
	case TREC_REFUSAL_WRONG_NONCE:
	case TREC_REFUSAL_NONCE_EXPIRED:
	case TREC_REFUSAL_BEFORE_TRUST:
		return "let the introducer make a new one";
	case TREC_REFUSAL_TOO_EARLY:
	case TREC_REFUSAL_NO_CLOCK:
		return "set the clocks of both devices, or introduce them while all are on";
	case TREC_REFUSAL_SUBJECT_DISSOLVED:
		return "if it shall be trusted again, pair with it: trec pair";
	case TREC_REFUSAL_ALREADY_KNOWN:
		return "see `trec list`; there is nothing to do";
	case TREC_REFUSAL_POLICY:
		return "start that device's daemon with --introductions ask or auto";
	case TREC_REFUSAL_CONSENT_DENIED:
	case TREC_REFUSAL_CONSENT_TIMEOUT:
		return "ask the device's user; `trec pending` there shows the question for 60 s";
	case TREC_REFUSAL_ALTERED:
	case TREC_REFUSAL_MALFORMED:
	case TREC_REFUSAL_CERTIFICATE:
	case TREC_REFUSAL_WRONG_SUBJECT:
		return "something changed it on its way: carry it again";
	default:
		return "see `trec log` on the device that refused";
	}
}

trec_err fail_refusal(struct failure *f, enum trec_refusal why)
{
	fail(f, refusal_err(why), "%s", trec_refusal_text(why));
	fail_hint(f, "%s", refusal_hint(why));
	(void)snprintf(f->refusal, sizeof(f->refusal), "%s", trec_refusal_name(why));
	return f->err;
}

trec_err fail_no_introduction(struct failure *f, const char *where, const char *what)
{
	fail(f, TREC_E_BAD_CODE, "%.200s %s", where, what);
	fail_hint(f, "copy the whole text or file again, from TRECI: on");
	return f->err;
}
