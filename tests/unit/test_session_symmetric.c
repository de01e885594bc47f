/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims about sessions of peers that share a key instead of certificates. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/engine/keys.h"
#include "proto/engine/ledger.h"
#include "proto/engine/session_symmetric.h"
#include "tests/unit/symmetric_rig.h"

/* ---- sessions ---------------------------------------------------------------------------- */

static void c631_h_either_end_dials_and_is_known(void)
{
	for (int client = 0; client < 2; client++) {
		struct rig *r = sym_paired(70);

		CU_ASSERT_TRUE(sym_comes_up(r, client));
		for (int i = 0; i < 2; i++) {
			struct trec_peer p = sym_other(r, i);
			const struct trec_peer *met = trec_session_peer(r->side[i].s);

			CU_ASSERT_EQUAL(memcmp(met->id.b, p.id.b, TREC_ID_LEN), 0);
			CU_ASSERT_TRUE(met->symmetric);
			CU_ASSERT_TRUE(trec_session_authenticated(r->side[i].s));
		}
		rig_free(&r);
	}
}

static void a_service_asked_for_at_once_is_served(void)
{
	struct rig *r = sym_paired(71);
	struct trec_peer p = sym_other(r, 0);
	struct trec_session_event ev;
	uint8_t got[16];
	size_t n = 0;
	bool eof = false;

	sess_start(r, &p.id, NULL);
	CU_ASSERT_EQUAL(trec_session_open(r->side[0].s, "lamp"), TREC_OK);
	CU_ASSERT_EQUAL(trec_session_write(r->side[0].s, (const uint8_t *)"on", 2, &n),
			TREC_E_AGAIN);
	CU_ASSERT_EQUAL(n, 0); /* nothing goes out before the server's proof */
	rig_settle(r);
	CU_ASSERT_TRUE(sess_saw(r, 1, TREC_SESSION_OPEN, &ev));
	CU_ASSERT_STRING_EQUAL(ev.service, "lamp");
	CU_ASSERT_EQUAL(trec_session_accept(r->side[1].s), TREC_OK);
	rig_settle(r);
	CU_ASSERT_TRUE(sess_saw(r, 0, TREC_SESSION_OPENED, NULL));
	CU_ASSERT_EQUAL(trec_session_write(r->side[0].s, (const uint8_t *)"on", 2, &n), TREC_OK);
	rig_settle(r);
	CU_ASSERT_EQUAL(trec_session_read(r->side[1].s, got, sizeof(got), &n, &eof), TREC_OK);
	CU_ASSERT_TRUE(n == 2 && memcmp(got, "on", 2) == 0);
	rig_free(&r);
}

static void bytes_may_come_one_at_a_time(void)
{
	struct rig *r = sym_paired(72);

	r->piece = 1;
	r->drain = 1;
	CU_ASSERT_TRUE(sym_comes_up(r, 0));
	rig_free(&r);
}

static void a_half_pairing_is_completed(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 73);

	r->symmetric[0] = r->symmetric[1] = true;
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	mem_store_fault(r->side[1].store, 2, MEM_FAULT_FAIL);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	rig_run(r);
	CU_ASSERT_EQUAL(rig_peers(&r->side[1], TREC_PEER_UNCONFIRMED), 1);
	mem_store_restart(r->side[1].store);
	sym_start(r, 0);
	CU_ASSERT_TRUE(sess_saw(r, 1, TREC_SESSION_ACTIVATED, NULL));
	CU_ASSERT_EQUAL(rig_peers(&r->side[1], TREC_PEER_ACTIVE), 1);
	CU_ASSERT_TRUE(sym_comes_up(r, 1));
	rig_free(&r);
}

/* Fails for a reason that changes nothing here. */
static void refused(struct rig *r, trec_err client, trec_err server)
{
	struct rec_symmetric before = sym_keys(r, 0);
	struct rec_symmetric after;

	sym_start(r, 0);
	CU_ASSERT_EQUAL(sess_error(r, 0), client);
	CU_ASSERT_EQUAL(sess_error(r, 1), server);
	CU_ASSERT_PTR_NULL(trec_session_peer(r->side[0].s));
	CU_ASSERT_PTR_NULL(trec_session_peer(r->side[1].s));
	after = sym_keys(r, 0);
	CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof(before)), 0);
	CU_ASSERT_FALSE(sym_other(r, 0).forgotten);
	CU_ASSERT_EQUAL(rig_peers(&r->side[0], TREC_PEER_ACTIVE), rig_list(&r->side[0]));
}

static void c631_h_a_wrong_key_is_refused(void)
{
	for (int side = 0; side < 2; side++) {
		struct rig *r = sym_paired(74);
		struct rec_symmetric keys = sym_keys(r, side);

		keys.key[0][5] ^= 1;
		sym_set_keys(r, side, &keys);
		refused(r, TREC_E_REFUSED, TREC_E_NOT_TRUSTED);
		rig_free(&r);
	}
}

static void c631_h_each_key_opens_its_own_peers_door_only(void)
{
	struct rig *r = sym_paired(75);
	struct trec_peer first = sym_other(r, 0), second;
	struct trec_peer_cursor cursor = { 0 };
	struct rec_symmetric a, b;
	bool found = true;

	rig_paired(r); /* once more: another key and other ids */
	while (found) {
		CU_ASSERT_EQUAL_FATAL(trec_peer_next(&r->side[0].f.env, &r->side[0].store->store,
						     &cursor, &second, &found), TREC_OK);
		if (found && memcmp(second.id.b, first.id.b, TREC_ID_LEN) != 0)
			break;
	}
	CU_ASSERT_TRUE_FATAL(found);
	CU_ASSERT_EQUAL(eng_keys_load(&r->side[0].store->store, &first.id, &a), TREC_OK);
	CU_ASSERT_EQUAL(eng_keys_load(&r->side[0].store->store, &second.id, &b), TREC_OK);
	CU_ASSERT_NOT_EQUAL(memcmp(a.key[0], b.key[0], REC_KEY_LEN), 0);
	for (int i = 0; i < 2; i++) {
		const struct rec_symmetric *keys = i == 0 ? &a : &b;
		struct rec_symmetric met;

		rig_end(r);
		sess_start(r, i == 0 ? &first.id : &second.id, NULL);
		rig_settle(r);
		CU_ASSERT_TRUE(sym_is_up(r));
		/* the server took it for the peer of that very key */
		CU_ASSERT_EQUAL(eng_keys_load(&r->side[1].store->store,
					      &trec_session_peer(r->side[1].s)->id, &met), TREC_OK);
		CU_ASSERT_EQUAL(memcmp(met.key[0], keys->key[0], REC_KEY_LEN), 0);
	}
	rig_free(&r);
}

static void a_dissolved_peer_cannot_come_back(void)
{
	struct rig *r = sym_paired(76);
	struct trec_peer p = sym_other(r, 1);

	CU_ASSERT_EQUAL(trec_unpair(&r->side[1].f.env, &r->side[1].store->store, &p.id, false,
				    NULL), TREC_OK);
	refused(r, TREC_E_REFUSED, TREC_E_NOT_TRUSTED);
	CU_ASSERT_PTR_NOT_NULL(strstr(trec_session_detail(r->side[0].s), "parted"));
	CU_ASSERT_EQUAL(rig_list(&r->side[1]), 0);
	rig_free(&r);
}

static void an_expired_peer_is_told_so(void)
{
	struct rig *r = sym_paired(77);
	struct trec_peer p = sym_other(r, 1);

	CU_ASSERT_EQUAL(trec_peer_expire(&r->side[1].f.env, &r->side[1].store->store, &p.id, 1),
			TREC_OK);
	sym_start(r, 0);
	rig_run(r);
	CU_ASSERT_EQUAL(sess_error(r, 0), TREC_E_NOT_TRUSTED);
	CU_ASSERT_PTR_NOT_NULL(strstr(trec_session_detail(r->side[0].s), "expired"));
	CU_ASSERT_EQUAL(rig_peers(&r->side[0], TREC_PEER_ACTIVE), 1);
	rig_free(&r);
}

/* ---- on the wire ------------------------------------------------------------------------- */

static struct {
	uint8_t b[2][4096]; /* the first flight of a client */
	size_t n[2];
	int run;
} seen;

static size_t note(struct rig *r, int from, uint8_t *bytes, size_t n)
{
	size_t *have = &seen.n[seen.run];

	if (from == r->client && *have + n <= sizeof(seen.b[0])) {
		memcpy(seen.b[seen.run] + *have, bytes, n);
		*have += n;
	}
	return n;
}

static const uint8_t *identity_in(int run)
{
	for (size_t i = 0; i + 50 <= seen.n[run]; i++)
		if (memcmp(seen.b[run] + i, "trecs1.", 7) == 0)
			return seen.b[run] + i;
	CU_FAIL_FATAL("no identity on the wire");
	return NULL;
}

static void identities_do_not_repeat_and_name_nobody(void)
{
	struct rig *r = sym_paired(78);
	struct rec_symmetric keys = sym_keys(r, 0);

	r->tap = note;
	for (seen.run = 0; seen.run < 2; seen.run++) {
		seen.n[seen.run] = 0;
		CU_ASSERT_TRUE(sym_comes_up(r, 0));
	}
	for (size_t i = 7; i + 8 < 50; i++) /* no eight characters in a row stay the same */
		CU_ASSERT_NOT_EQUAL(memcmp(identity_in(0) + i, identity_in(1) + i, 8), 0);
	for (int run = 0; run < 2; run++)
		for (size_t i = 0; i + 8 <= seen.n[run]; i++)
			CU_ASSERT_FALSE_FATAL(memcmp(seen.b[run] + i, keys.key[0], 8) == 0);
	rig_free(&r);
}

static void a_recorded_hello_opens_nothing(void)
{
	struct rig *r = sym_paired(79);
	struct trec_session_options o = { .env = &r->side[1].f.env,
					  .store = &r->side[1].store->store };
	size_t used = 0, at = 0;

	r->tap = note;
	seen.run = 0;
	seen.n[0] = 0;
	CU_ASSERT_TRUE(sym_comes_up(r, 0));
	rig_end(r);
	CU_ASSERT_EQUAL_FATAL(trec_session_new(TREC_SESSION_SERVER, &o, &r->side[1].s), TREC_OK);
	while (at < seen.n[0] &&
	       trec_session_feed(r->side[1].s, trec_bytes(seen.b[0] + at, seen.n[0] - at),
				 &used) == TREC_OK) {
		at += used;
		while (trec_session_next(r->side[1].s) == TREC_NEXT_STORE) {
			trec_session_perform(r->side[1].s);
			trec_session_resume(r->side[1].s);
		}
	}
	CU_ASSERT_NOT_EQUAL(sess_error(r, 1), TREC_OK);
	CU_ASSERT_FALSE(trec_session_authenticated(r->side[1].s));
	CU_ASSERT_PTR_NULL(trec_session_peer(r->side[1].s));
	rig_free(&r);
}

/*
 * Both ends hold the same key, so somebody in the middle may lead a dial back to where it came
 * from: each end of it would be the peer to the other.
 */
static void c631_h_a_dial_led_back_to_its_device_meets_nobody(void)
{
	for (int client = 0; client < 2; client++) {
		struct rig *r = sym_paired(84);
		struct rig_side *far = &r->side[1 - client];
		struct mem_store *kept = far->store;

		far->store = r->side[client].store;
		sym_start(r, client);
		CU_ASSERT_EQUAL(sess_error(r, client), TREC_E_REFUSED);
		CU_ASSERT_EQUAL(sess_error(r, 1 - client), TREC_E_NOT_TRUSTED);
		for (int i = 0; i < 2; i++)
			CU_ASSERT_PTR_NULL(trec_session_peer(r->side[i].s));
		rig_end(r);
		far->store = kept;
		CU_ASSERT_TRUE(sym_comes_up(r, client));
		rig_free(&r);
	}
}

/* TLS with the right key, and then other words than docs/PROTOCOL.md's. */
static struct chan *keyed_client(struct rig *r, struct pake_keys *keys)
{
	struct rec_symmetric shared = sym_keys(r, 0);
	uint8_t token[PAKE_SYMMETRIC_TOKEN_LEN];
	struct trec_session_options o = { .env = &r->side[1].f.env,
					  .store = &r->side[1].store->store };
	struct chan *c = NULL;

	CU_ASSERT_EQUAL(pake_symmetric_token(&r->side[0].f.env, shared.key[0], token), TREC_OK);
	CU_ASSERT_EQUAL(pake_symmetric_keys(shared.key[0], shared.initiator, token, keys), TREC_OK);
	struct chan_psk conf = { .role = CHAN_CLIENT,
				 .psk = trec_bytes(keys->ipsk, sizeof(keys->ipsk)),
				 .identity = keys->identity,
				 .session = true };

	CU_ASSERT_EQUAL_FATAL(trec_session_new(TREC_SESSION_SERVER, &o, &r->side[1].s), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(chan_new_psk(&r->side[0].f.env, &conf, &c), TREC_OK);
	sess_shuttle(r, c);
	CU_ASSERT_EQUAL(chan_state(c), CHAN_OPEN);
	return c;
}

static void say(struct rig *r, struct chan *c, uint8_t type, struct trec_bytes body)
{
	uint8_t frame[512];
	size_t n = 0, used = 0;

	CU_ASSERT_EQUAL(frame_chan_make(type, body, frame, sizeof(frame), &n), TREC_OK);
	CU_ASSERT_EQUAL(chan_write(c, trec_bytes(frame, n), &used), TREC_OK);
	sess_shuttle(r, c);
}

static void c631_c2_the_channel_alone_is_no_proof(void)
{
	static const uint8_t empty[] = { 0xa0 };
	/* {}, a proof of the other role, of another word, of another channel */
	for (int lie = 0; lie < 6; lie++) {
		struct rig *r = sym_paired(80);
		struct pake_keys keys;
		struct chan *c = keyed_client(r, &keys);
		uint8_t binding[CHAN_BINDING_LEN], body[64];
		uint8_t type = lie >= 4 ? FRAME_REVOKE : FRAME_HELLO;
		struct msg_mac m;
		size_t n = 0;

		CU_ASSERT_EQUAL(chan_binding(c, binding), TREC_OK);
		if (lie == 3)
			binding[0] ^= 1;
		struct trec_bytes parts[] = { trec_bytes(lie == 2 ? "s1" : "s0", 2),
					      trec_bytes(lie == 1 ? "S" : "C", 1),
					      trec_bytes(binding, sizeof(binding)) };

		CU_ASSERT_EQUAL(crypto_hmac(trec_bytes(keys.k_cc, sizeof(keys.k_cc)), parts, 3,
					    m.mac), TREC_OK);
		CU_ASSERT_EQUAL(msg_mac_encode(&m, body, sizeof(body), &n), TREC_OK);
		if (lie == 0 || lie == 4)
			say(r, c, type, trec_bytes(empty, 1));
		else
			say(r, c, type, trec_bytes(body, n));
		CU_ASSERT_EQUAL(sess_error(r, 1), TREC_E_MALFORMED);
		CU_ASSERT_PTR_NULL(trec_session_peer(r->side[1].s));
		CU_ASSERT_EQUAL(rig_peers(&r->side[1], TREC_PEER_ACTIVE), 1);
		chan_free(&c);
		rig_free(&r);
	}
}

/* A server that has the key and gives no proof: the client has said nothing but hello. */
static void c631_c2_nothing_is_sent_before_the_servers_proof(void)
{
	static const uint8_t welcome[] = { FRAME_WELCOME, 0, 0, 1, 0xa0 };
	struct rig *r = sym_paired(81);
	struct rig_side *client = &r->side[0];
	struct rec_symmetric shared = sym_keys(r, 1);
	struct chan_session conf = { .role = CHAN_SERVER,
				     .cert = r->side[1].own.cert,
				     .signer = &r->side[1].signer,
				     .psk_too = true };
	struct trec_peer p = sym_other(r, 0);
	struct trec_session_options o = { .env = &client->f.env, .store = &client->store->store,
					  .peer = &p.id };
	uint8_t buf[4096], token[PAKE_SYMMETRIC_TOKEN_LEN], plain[4096];
	struct pake_keys keys;
	struct chan *c = NULL;
	size_t n = 0, used = 0, said = 0;

	CU_ASSERT_EQUAL_FATAL(chan_new_session(&r->side[1].f.env, &conf, &c), TREC_OK);
	CU_ASSERT_EQUAL_FATAL(trec_session_new(TREC_SESSION_CLIENT, &o, &client->s), TREC_OK);
	CU_ASSERT_EQUAL(trec_session_open(client->s, "lamp"), TREC_OK);
	for (int i = 0; i < 10; i++) {
		rig_settle(r);
		while (trec_session_next(client->s) == TREC_NEXT_STORE) {
			trec_session_perform(client->s);
			trec_session_resume(client->s);
		}
		if (r->side[1].in_len > 0) {
			memcpy(buf, r->side[1].in, r->side[1].in_len);
			n = r->side[1].in_len;
			r->side[1].in_len = 0;
		} else if (trec_session_drain(client->s, buf, sizeof(buf), &n) != TREC_OK) {
			break;
		}
		if (n > 0)
			CU_ASSERT_EQUAL(chan_feed(c, trec_bytes(buf, n), &used), TREC_OK);
		if (chan_psk_wanted(c).n > 0) {
			CU_ASSERT_TRUE(pake_symmetric_read(chan_psk_wanted(c), token));
			CU_ASSERT_EQUAL(pake_symmetric_keys(shared.key[0], !shared.initiator, token,
							    &keys), TREC_OK);
			CU_ASSERT_EQUAL(chan_psk_give(c, keys.ipsk), TREC_OK);
		}
		n = chan_drain(c, buf, sizeof(buf));
		if (n > 0)
			CU_ASSERT_EQUAL(trec_session_feed(client->s, trec_bytes(buf, n), &used),
					TREC_OK);
		if (chan_read(c, plain + said, sizeof(plain) - said, &n) == TREC_OK)
			said += n;
	}
	CU_ASSERT_EQUAL(said, FRAME_CHAN_HEADER + 36);
	CU_ASSERT_EQUAL(plain[0], FRAME_HELLO);
	CU_ASSERT_EQUAL(chan_write(c, trec_bytes(welcome, sizeof(welcome)), &used), TREC_OK);
	n = chan_drain(c, buf, sizeof(buf));
	CU_ASSERT_EQUAL(trec_session_feed(client->s, trec_bytes(buf, n), &used), TREC_E_MALFORMED);
	CU_ASSERT_PTR_NULL(trec_session_peer(client->s));
	chan_free(&c);
	rig_free(&r);
}

/* ---- parting ----------------------------------------------------------------------------- */

static struct trec_revocation *part(struct rig *r, int side)
{
	struct trec_peer p = sym_other(r, side);
	struct trec_revocation *out = NULL;

	CU_ASSERT_EQUAL(trec_unpair(&r->side[side].f.env, &r->side[side].store->store, &p.id,
				    false, &out), TREC_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(rig_list(&r->side[side]), 0);
	return out;
}

static void c613_who_parts_tells_by_a_new_connection(void)
{
	struct rig *r = sym_paired(82);
	struct rec_symmetric keys = sym_keys(r, 0);
	struct trec_revocation *words = part(r, 0);
	unsigned bits[2];

	CU_ASSERT_FALSE(mem_store_contains(r->side[0].store,
					   trec_bytes(keys.key[0], REC_KEY_LEN)));
	sess_start(r, NULL, words);
	sess_run(r, bits);
	CU_ASSERT_TRUE(trec_session_told(r->side[0].s));
	CU_ASSERT_TRUE(bits[1] & 1u << TREC_SESSION_REVOKED);
	CU_ASSERT_EQUAL(rig_list(&r->side[1]), 0);
	CU_ASSERT_FALSE(mem_store_contains(r->side[1].store,
					   trec_bytes(keys.key[0], REC_KEY_LEN)));
	trec_revocation_free(&words);
	rig_free(&r);
}

static void c613_who_parts_tells_in_an_open_session(void)
{
	for (int side = 0; side < 2; side++) {
		struct rig *r = sym_paired(83);
		struct trec_revocation *words;

		CU_ASSERT_TRUE(sym_comes_up(r, 0));
		words = part(r, side);
		CU_ASSERT_EQUAL(trec_session_revoke(r->side[side].s, words), TREC_OK);
		sess_run(r, NULL);
		CU_ASSERT_TRUE(trec_session_told(r->side[side].s));
		CU_ASSERT_EQUAL(rig_list(&r->side[1 - side]), 0);
		trec_revocation_free(&words);
		rig_free(&r);
	}
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_h_either_end_dials_and_is_known),
	SUITE_CASE(a_service_asked_for_at_once_is_served),
	SUITE_CASE(bytes_may_come_one_at_a_time),
	SUITE_CASE(a_half_pairing_is_completed),
	SUITE_CASE(c631_h_a_wrong_key_is_refused),
	SUITE_CASE(c631_h_each_key_opens_its_own_peers_door_only),
	SUITE_CASE(a_dissolved_peer_cannot_come_back),
	SUITE_CASE(an_expired_peer_is_told_so),
	SUITE_CASE(identities_do_not_repeat_and_name_nobody),
	SUITE_CASE(a_recorded_hello_opens_nothing),
	SUITE_CASE(c631_h_a_dial_led_back_to_its_device_meets_nobody),
	SUITE_CASE(c631_c2_the_channel_alone_is_no_proof),
	SUITE_CASE(c631_c2_nothing_is_sent_before_the_servers_proof),
	SUITE_CASE(c613_who_parts_tells_by_a_new_connection),
	SUITE_CASE(c613_who_parts_tells_in_an_open_session),
};

SUITE_MAIN("session symmetric", cases)
