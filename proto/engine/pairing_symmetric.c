/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a pairing of devices that show no certificates (docs/PROTOCOL.md, Symmetric
 * TRECs): both take a key and two ids from the channel they stand in, and nothing of it is sent.
 */
#include "proto/base/base.h"
#include "proto/engine/ledger.h"
#include "proto/engine/pairing.h"

#include <string.h>

#define LABEL "EXPORTER-trec-symmetric"

static trec_err export_id(struct trec_pairing *p, enum trec_pairing_role role, struct trec_id *out)
{
	return chan_export(p->chan, role == TREC_PAIRING_INITIATOR ? LABEL "-initiator"
								   : LABEL "-responder",
			   out->b, sizeof(out->b));
}

trec_err eng_pair_export_symmetric(struct trec_pairing *p)
{
	trec_err err = chan_export(p->chan, LABEL, p->secret->symmetric,
				   sizeof(p->secret->symmetric));

	if (err == TREC_OK)
		err = export_id(p, p->role, &p->own_id);
	return err == TREC_OK ? export_id(p, eng_pair_peer_role(p), &p->peer_id) : err;
}

/* No authenticator is asked for or shown: channel_confirm covers two empty ones. */
PAIR_MOVE(i_symmetric)
{
	trec_err err = eng_pair_say_c1(p);

	(void)in;
	return err == TREC_OK ? eng_pair_say_offer(p) : err;
}

PAIR_MOVE(r_symmetric)
{
	(void)in;
	return eng_pair_say_offer(p);
}

trec_err eng_pair_not_oneself(struct trec_pairing *p)
{
	struct rec_peer r;
	trec_record type;
	bool found = false;
	trec_err err;

	if (!p->symmetric)
		return TREC_OK;
	/* The other end of this very channel was stored here: both ends are this device. */
	err = eng_peer_any(p->env, p->store, &p->own_id, &r, &type, &found);
	if (err == TREC_OK && found)
		err = eng_peer_remove(p->store, type, &p->own_id);
	return err == TREC_OK && found ? TREC_E_OWN_KEY : err;
}
