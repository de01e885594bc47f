/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the jobs of a pairing, run by trec_pairing_perform() on any thread: scrypt,
 * and everything that reads or commits. They touch the run and the store, never the window.
 */
#include "proto/base/base.h"
#include "proto/engine/ledger.h"
#include "proto/engine/pairing.h"

#include <string.h>

/* What failed runs are counted under; without an address all share one counter. */
trec_err eng_pair_job_check(struct trec_pairing *p)
{
	trec_err err = eng_target_hash(p->uri, p->target_hash);

	if (err != TREC_OK)
		return err;
	return eng_counters_load(p->store, REC_COUNTER_TARGET, p->target_hash, &p->counters);
}

trec_err eng_pair_job_stretch(struct trec_pairing *p)
{
	const struct msg_scrypt *kdf = &p->params.kdf;
	struct pake_params params = { .scrypt = { kdf->log_n, kdf->r, kdf->p } };
	struct trec_bytes pin = trec_bytes(p->secret->pin, strlen(p->secret->pin));
	trec_err err;

	memcpy(params.salt, kdf->salt, sizeof(params.salt));
	err = pake_prover_stretch(p->prover, pin, &params, NULL);
	return err == TREC_OK ? pake_prover_share(p->prover, p->share) : err;
}

trec_err eng_pair_job_count_target(struct trec_pairing *p)
{
	return eng_counters_store(p->store, p->target_hash, &p->counters);
}

trec_err eng_pair_job_counters(struct trec_pairing *p)
{
	return eng_counters_store(p->store, NULL, &p->counters);
}

static enum rec_origin origin_of(const struct trec_pairing *p)
{
	if (p->from_nfc)
		return REC_ORIGIN_NFC;
	return p->method == TREC_METHOD_CODE ? REC_ORIGIN_CODE : REC_ORIGIN_PIN;
}

/* The address dialled comes first; where the peer came from is no address to dial. */
static void fill_hints(const struct trec_pairing *p, struct rec_peer *r)
{
	if (p->role == TREC_PAIRING_INITIATOR && p->uri[0] != '\0')
		(void)msg_hints_add(&r->hints, p->uri);
	for (size_t i = 0; i < p->peer_offer.hints.count; i++)
		(void)msg_hints_add(&r->hints, p->peer_offer.hints.uri[i]);
}

static trec_err fill_record(struct trec_pairing *p, struct rec_peer *r)
{
	memset(r, 0, sizeof(*r));
	r->state = REC_STATE_ACTIVE;
	r->origin = origin_of(p);
	memcpy(r->name, p->peer_offer.name, sizeof(r->name));
	memcpy(r->kind, p->peer_offer.kind, sizeof(r->kind));
	memcpy(r->cert, p->peer_cert, p->peer_cert_len);
	r->cert_len = p->peer_cert_len;
	for (size_t i = 0; i < p->rights.count; i++) {
		if (!rec_peer_allow(r, p->rights.name[i], 0))
			return TREC_E_INTERNAL;
	}
	fill_hints(p, r);
	r->since_s = eng_wall_s(p->env);
	r->told = p->sequence; /* it was shown this key: of older ones it has nothing to hear */
	if (p->symmetric) {
		r->symmetric.count = 1;
		r->symmetric.initiator = p->role == TREC_PAIRING_INITIATOR;
		memcpy(r->symmetric.key[0], p->secret->symmetric, REC_KEY_LEN);
	}
	return TREC_OK;
}

static trec_err look_up_older(struct trec_pairing *p)
{
	struct rec_peer older;
	bool found = false;
	trec_err err = eng_peer_load(p->env, p->store, TREC_RECORD_PEER, &p->peer_id, &older,
				     &found);

	p->replaced = found;
	return err;
}

trec_err eng_pair_job_unconfirmed(struct trec_pairing *p)
{
	struct rec_peer r;
	trec_err err = look_up_older(p);

	if (err == TREC_OK)
		err = fill_record(p, &r);
	if (err != TREC_OK)
		return err;
	eng_moment(p->env, &r.made);
	err = eng_peer_store(p->store, TREC_RECORD_UNCONFIRMED, &p->peer_id, &r);
	trec_wipe(&r, sizeof(r));
	return err;
}

/*
 * A responder's user may have parted from the peer while pair_done was under way: then nothing is
 * left of it, and this pairing does not bring it back.
 */
static trec_err still_wanted(struct trec_pairing *p)
{
	struct rec_peer r;
	trec_record type;
	bool found = false;
	trec_err err = eng_peer_any(p->env, p->store, &p->peer_id, &r, &type, &found);

	if (err == TREC_OK && !found)
		err = eng_pair_why(p, TREC_E_REFUSED, "unpaired before the pairing was complete");
	return err;
}

trec_err eng_pair_job_activate(struct trec_pairing *p)
{
	bool initiator = p->role == TREC_PAIRING_INITIATOR;
	uint8_t counters[TREC_ID_LEN];
	struct rec_peer r;
	trec_err err = initiator ? look_up_older(p) : still_wanted(p);

	if (err == TREC_OK)
		err = eng_pair_not_oneself(p);
	if (err == TREC_OK)
		err = fill_record(p, &r);
	if (err != TREC_OK)
		return err;
	rec_counters_id(REC_COUNTER_TARGET, p->target_hash, counters);
	err = eng_peer_activate(p->env, p->store, &p->peer_id, &r, initiator ? counters : NULL);
	trec_wipe(&r, sizeof(r));
	return err;
}
