/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a pairing does on each move inside the channel (docs/PROTOCOL.md, Inside
 * the pairing channel): both prove the secret again over this very channel, then show and prove
 * their certificates, then agree.
 */
#include "proto/base/base.h"
#include "proto/engine/pairing.h"

#include <stdio.h>
#include <string.h>

static enum chan_role tls_role(enum trec_pairing_role role)
{
	return role == TREC_PAIRING_INITIATOR ? CHAN_CLIENT : CHAN_SERVER;
}

static uint8_t role_letter(enum trec_pairing_role role)
{
	return role == TREC_PAIRING_INITIATOR ? 'I' : 'R';
}

/* "c0": HMAC(K_cc, "c0" || role || tls-exporter). */
static trec_err mac_c0(const struct trec_pairing *p, enum trec_pairing_role role,
		       uint8_t out[MSG_HASH_LEN])
{
	uint8_t letter = role_letter(role);
	struct trec_bytes parts[] = { trec_bytes("c0", 2), trec_bytes(&letter, 1),
				      trec_bytes(p->secret->binding, CHAN_BINDING_LEN) };

	return crypto_hmac(trec_bytes(p->secret->keys.k_cc, PAKE_KEY_LEN), parts,
			   BASE_COUNT(parts), out);
}

/* "c1": the same and both authenticators, each after its 32-bit length, the initiator's first. */
static trec_err mac_c1(const struct trec_pairing *p, enum trec_pairing_role role,
		       uint8_t out[MSG_HASH_LEN])
{
	uint8_t letter = role_letter(role);
	uint8_t len[2][4];
	struct trec_bytes parts[] = {
		trec_bytes("c1", 2),
		trec_bytes(&letter, 1),
		trec_bytes(p->secret->binding, CHAN_BINDING_LEN),
		trec_bytes(len[0], 4),
		trec_bytes(p->auth[TREC_PAIRING_INITIATOR], p->auth_len[TREC_PAIRING_INITIATOR]),
		trec_bytes(len[1], 4),
		trec_bytes(p->auth[TREC_PAIRING_RESPONDER], p->auth_len[TREC_PAIRING_RESPONDER]),
	};

	base_put32(len[0], (uint32_t)parts[4].n);
	base_put32(len[1], (uint32_t)parts[6].n);
	return crypto_hmac(trec_bytes(p->secret->keys.k_cc, PAKE_KEY_LEN), parts,
			   BASE_COUNT(parts), out);
}

static trec_err say_mac(struct trec_pairing *p, uint8_t type, const uint8_t mac[MSG_HASH_LEN])
{
	uint8_t body[FRAME_CONTROL_MAX];
	struct msg_mac m;
	size_t n = 0;
	trec_err err;

	memcpy(m.mac, mac, sizeof(m.mac));
	err = msg_mac_encode(&m, body, sizeof(body), &n);
	return err == TREC_OK ? eng_pair_say(p, type, trec_bytes(body, n)) : err;
}

static trec_err say_empty(struct trec_pairing *p, uint8_t type)
{
	uint8_t body[FRAME_CONTROL_MAX];
	size_t n = 0;
	trec_err err = msg_empty_encode(body, sizeof(body), &n);

	return err == TREC_OK ? eng_pair_say(p, type, trec_bytes(body, n)) : err;
}

/* Six digits that both users see: the first eight bytes of an export of their own, mod 10^6. */
static trec_err make_digits(struct trec_pairing *p)
{
	uint8_t b[8];
	trec_err err = chan_export(p->chan, "EXPORTER-trec-digits", b, sizeof(b));

	if (err == TREC_OK)
		(void)snprintf(p->digits, sizeof(p->digits), "%06u",
			       (unsigned)(base_get64(b) % 1000000u));
	trec_wipe(b, sizeof(b));
	return err;
}

static trec_err say_ask(struct trec_pairing *p)
{
	trec_err err = ea_request_make(p->env, tls_role(p->role), p->ask);

	return err == TREC_OK ? eng_pair_say(p, FRAME_AUTHENTICATOR_REQUEST,
					     trec_bytes(p->ask, sizeof(p->ask)))
			      : err;
}

/* All that is ever exported is taken here, so the channel can forget how. */
PAIR_MOVE(up)
{
	uint8_t mac[MSG_HASH_LEN];
	trec_err err = chan_binding(p->chan, p->secret->binding);

	(void)in;
	if (err == TREC_OK)
		err = ea_keys_from(p->chan, &p->secret->ea);
	if (err == TREC_OK)
		err = make_digits(p);
	if (err == TREC_OK && p->symmetric)
		err = eng_pair_export_symmetric(p);
	chan_export_end(p->chan);
	if (err == TREC_OK)
		err = mac_c0(p, p->role, mac);
	if (err == TREC_OK)
		err = say_mac(p, FRAME_CHANNEL_MAC, mac);
	/* A request carries a fresh random context and nothing else: it may ride along. */
	if (err == TREC_OK && p->role == TREC_PAIRING_INITIATOR && !p->symmetric)
		err = say_ask(p);
	return err;
}

/* The peer's proof over this channel; before it nothing else is sent or decoded. */
PAIR_MOVE(mac)
{
	uint8_t want[MSG_HASH_LEN];
	struct msg_mac m;
	trec_err err = msg_mac_decode(in->body, &m);

	if (err == TREC_OK)
		err = mac_c0(p, eng_pair_peer_role(p), want);
	if (err != TREC_OK)
		return err;
	if (!base_equal_ct(m.mac, want, sizeof(want)))
		return eng_pair_why(p, p->method == TREC_METHOD_CODE ? TREC_E_WRONG_CODE
								     : TREC_E_WRONG_PIN,
				    "the peer cannot confirm the secret in this channel");
	p->authenticated = true;
	if (p->symmetric)
		p->raised = PAIR_EV_SYMMETRIC;
	if (p->role == TREC_PAIRING_INITIATOR || p->method != TREC_METHOD_CODE)
		return TREC_OK;
	err = eng_window_take(p->window, &p->run);
	if (err == TREC_OK)
		eng_window_proven(p->window, &p->run, &p->counters);
	return err;
}

static trec_err say_auth(struct trec_pairing *p, struct trec_bytes request)
{
	trec_err err = ea_make(&p->secret->ea, tls_role(p->role), request, p->own.cert,
			       p->own.signer, p->auth[p->role], sizeof(p->auth[p->role]),
			       &p->auth_len[p->role]);

	return err == TREC_OK ? eng_pair_say(p, FRAME_AUTHENTICATOR,
					     trec_bytes(p->auth[p->role], p->auth_len[p->role]))
			      : err;
}

trec_err eng_pair_say_offer(struct trec_pairing *p)
{
	return eng_pair_say(p, FRAME_PAIR_OFFER,
			    trec_bytes(p->offer[p->role], p->offer_len[p->role]));
}

trec_err eng_pair_say_c1(struct trec_pairing *p)
{
	uint8_t mac[MSG_HASH_LEN];
	trec_err err = mac_c1(p, p->role, mac);

	return err == TREC_OK ? say_mac(p, FRAME_CHANNEL_CONFIRM, mac) : err;
}

PAIR_MOVE(r_asked)
{
	trec_err err = ea_request_check(CHAN_CLIENT, in->body);

	if (err == TREC_OK)
		err = say_auth(p, in->body);
	if (err == TREC_OK)
		err = say_ask(p);
	return err == TREC_OK ? eng_pair_say_offer(p) : err;
}

PAIR_MOVE(i_asked)
{
	trec_err err = ea_request_check(CHAN_SERVER, in->body);

	if (err == TREC_OK)
		err = say_auth(p, in->body);
	if (err == TREC_OK)
		err = eng_pair_say_c1(p);
	return err == TREC_OK ? eng_pair_say_offer(p) : err;
}

/* The peer's certificate and its proof of the key. */
static trec_err take_auth(struct trec_pairing *p, struct trec_bytes auth)
{
	enum trec_pairing_role peer = eng_pair_peer_role(p);
	struct crypto_cert cert;
	struct trec_bytes der;
	trec_err err = ea_verify(&p->secret->ea, tls_role(peer),
				 trec_bytes(p->ask, sizeof(p->ask)), auth, &der);

	if (err == TREC_OK)
		err = crypto_cert_read(der, &cert); /* ea_verify has parsed it */
	if (err != TREC_OK)
		return eng_pair_why(p, err, "the peer's certificate or its proof");
	if (memcmp(cert.id.b, p->own.id.b, sizeof(cert.id.b)) == 0)
		return TREC_E_OWN_KEY;
	if (auth.n > sizeof(p->auth[peer]))
		return TREC_E_MALFORMED;
	memcpy(p->auth[peer], auth.p, auth.n);
	p->auth_len[peer] = auth.n;
	memcpy(p->peer_cert, der.p, der.n);
	p->peer_cert_len = der.n;
	p->peer_id = cert.id;
	return TREC_OK;
}

/* A code also says whose it is. */
PAIR_MOVE(i_auth)
{
	const struct pair_code *c = &p->secret->code;
	uint8_t want[PAKE_COMMITMENT_LEN];
	trec_err err = take_auth(p, in->body);

	if (err != TREC_OK || p->method != TREC_METHOD_CODE)
		return err;
	err = pake_code_commitment(trec_bytes(c->secret, c->secret_len), &p->peer_id, want);
	if (err != TREC_OK)
		return err;
	if (!base_equal_ct(want, c->commitment, sizeof(want)))
		return eng_pair_why(p, TREC_E_WRONG_CODE, "the code belongs to another device");
	return TREC_OK;
}

PAIR_MOVE(r_auth)
{
	return take_auth(p, in->body);
}

static trec_err check_c1(struct trec_pairing *p, struct trec_bytes body)
{
	uint8_t want[MSG_HASH_LEN];
	struct msg_mac m;
	trec_err err = msg_mac_decode(body, &m);

	if (err == TREC_OK)
		err = mac_c1(p, eng_pair_peer_role(p), want);
	if (err != TREC_OK)
		return err;
	return base_equal_ct(m.mac, want, sizeof(want))
		       ? TREC_OK
		       : eng_pair_why(p, TREC_E_WRONG_CERTIFICATE,
				      "the two devices saw different certificates");
}

PAIR_MOVE(i_confirm)
{
	return check_c1(p, in->body);
}

PAIR_MOVE(r_channel_confirm)
{
	trec_err err = check_c1(p, in->body);

	return err == TREC_OK ? eng_pair_say_c1(p) : err;
}

/* Whether the protocol itself asks the user. */
static bool multi_use(const struct trec_pairing *p)
{
	const struct eng_secret *s;

	if (p->method != TREC_METHOD_CODE)
		return false;
	if (p->role == TREC_PAIRING_INITIATOR)
		return p->secret->code.multi_use;
	s = eng_window_secret(p->window, &p->run);
	/* The window ran out meanwhile: of a secret no longer at hand, assume what asks. */
	return s == NULL || s->multi_use;
}

PAIR_MOVE(offer)
{
	enum trec_pairing_role peer = eng_pair_peer_role(p);
	trec_err err = msg_pair_offer_decode(in->body, &p->peer_offer);

	if (err != TREC_OK || in->body.n > sizeof(p->offer[peer]))
		return eng_pair_why(p, TREC_E_MALFORMED, "pair_offer");
	memcpy(p->offer[peer], in->body.p, in->body.n);
	p->offer_len[peer] = in->body.n;
	p->raised = p->ask_consent || multi_use(p) ? PAIR_EV_ASK : PAIR_EV_AGREE;
	return TREC_OK;
}

static trec_err hash_offers(const struct trec_pairing *p, uint8_t out[MSG_HASH_LEN])
{
	struct trec_bytes parts[2] = {
		trec_bytes(p->offer[TREC_PAIRING_INITIATOR], p->offer_len[TREC_PAIRING_INITIATOR]),
		trec_bytes(p->offer[TREC_PAIRING_RESPONDER], p->offer_len[TREC_PAIRING_RESPONDER]),
	};

	return crypto_sha256_parts(parts, 2, out);
}

PAIR_MOVE(agree)
{
	uint8_t hash[MSG_HASH_LEN];
	trec_err err = hash_offers(p, hash);

	(void)in;
	return err == TREC_OK ? say_mac(p, FRAME_PAIR_ACCEPT, hash) : err;
}

PAIR_MOVE(deny)
{
	(void)p;
	(void)in;
	return TREC_E_CONSENT_DENIED;
}

PAIR_MOVE(accept)
{
	uint8_t want[MSG_HASH_LEN];
	struct msg_mac m;
	trec_err err = msg_mac_decode(in->body, &m);

	if (err == TREC_OK)
		err = hash_offers(p, want);
	if (err != TREC_OK)
		return err;
	return base_equal_ct(m.mac, want, sizeof(want))
		       ? TREC_OK
		       : eng_pair_why(p, TREC_E_MALFORMED, "the peer accepted other offers");
}

PAIR_MOVE(commit)
{
	(void)p;
	return msg_empty_decode(in->body);
}

PAIR_MOVE(i_stored)
{
	(void)in;
	return say_empty(p, FRAME_PAIR_DONE);
}

PAIR_MOVE(r_stored)
{
	(void)in;
	eng_window_paired(p->window, &p->run, &p->peer_id);
	return say_empty(p, FRAME_PAIR_COMMIT);
}

PAIR_MOVE(pair_done)
{
	(void)p;
	return msg_empty_decode(in->body);
}

PAIR_MOVE(r_active)
{
	(void)p;
	(void)in;
	return TREC_OK;
}

PAIR_MOVE(abort)
{
	struct msg_reason m;
	trec_err err = msg_reason_decode(in->body, &m);

	if (err != TREC_OK)
		return err;
	switch (m.reason) {
	case MSG_ABORT_CONSENT_DENIED:
		return eng_pair_why(p, TREC_E_CONSENT_DENIED, "by the user of the other device");
	case MSG_ABORT_CONSENT_TIMEOUT:
		return eng_pair_why(p, TREC_E_CONSENT_TIMEOUT, "at the other device");
	case MSG_ABORT_REFUSED:
		return eng_pair_why(p, TREC_E_REFUSED, "the other device refused");
	default:
		return eng_pair_why(p, TREC_E_REFUSED, "the other device failed");
	}
}
