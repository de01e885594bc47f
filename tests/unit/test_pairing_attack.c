/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims about somebody on the wire of a pairing: altering, reflecting, replaying, recording,
 * flooding, or being in between. Whatever is done, no list gets an entry.
 */
#include "proto/codec/frame.h"
#include "proto/engine/pairing.h"
#include "tests/lib/engine_rig.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void lists_nobody(struct rig *r)
{
	CU_ASSERT_EQUAL(rig_list(&r->side[0]), 0);
	CU_ASSERT_EQUAL(rig_list(&r->side[1]), 0);
}

/* All that went over the wire, by sender. */
struct record {
	uint8_t b[2][16384];
	size_t n[2];
	/* what is done to the byte at an offset of one direction */
	int from;
	size_t at;
	uint8_t flip;
};

static size_t tap_record(struct rig *r, int from, uint8_t *bytes, size_t n)
{
	struct record *rec = r->tap_ctx;

	for (size_t k = 0; k < n && rec->n[from] < sizeof(rec->b[from]); k++) {
		if (from == rec->from && rec->n[from] == rec->at)
			bytes[k] ^= rec->flip;
		rec->b[from][rec->n[from]++] = bytes[k];
	}
	return n;
}

static struct rig *tapped(uint64_t seed, struct record *rec)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, seed);

	r->tap = tap_record;
	r->tap_ctx = rec;
	memset(rec, 0, sizeof(*rec));
	return r;
}

/* Bytes of one direction before TLS begins: as many frames as that side sends there. */
static size_t before_tls(const struct record *rec, int from, unsigned frames)
{
	size_t at = 0;

	while (frames-- > 0) {
		struct frame f;
		size_t need = 0;

		if (frame_pre_take(trec_bytes(rec->b[from] + at, rec->n[from] - at), &f, &need) !=
		    FRAME_WHOLE)
			return 0;
		at += need;
	}
	return at;
}

/* A run with one byte of one direction altered; whether both failed and nobody is listed. */
static bool altered_run(enum trec_method method, int from, size_t at, uint8_t flip)
{
	struct record *rec = calloc(1, sizeof(*rec));
	struct rig *r = tapped(77, rec);
	bool fine;

	rec->from = from;
	rec->at = at;
	rec->flip = flip;
	fine = rig_pair(r, method, NULL) != TREC_OK &&
	       trec_pairing_error(r->side[1].p) != TREC_OK && rig_list(&r->side[0]) == 0 &&
	       rig_list(&r->side[1]) == 0;
	if (!fine)
		printf("method %d, from %d, byte %zu ^ %02x: %s\n", (int)method, from, at, flip,
		       trec_err_name(trec_pairing_error(r->side[0].p)));
	rig_free(&r);
	free(rec);
	return fine;
}

static void every_byte_before_tls(enum trec_method method, const unsigned frames[2])
{
	struct record *rec = calloc(1, sizeof(*rec));
	struct rig *r = tapped(77, rec);
	size_t end[2];

	rec->flip = 0;
	CU_ASSERT_EQUAL(rig_pair(r, method, NULL), TREC_OK);
	end[0] = before_tls(rec, 0, frames[0]);
	end[1] = before_tls(rec, 1, frames[1]);
	CU_ASSERT(end[0] > 40 && (end[1] > 40 || frames[1] == 0));
	rig_free(&r);
	free(rec);
	for (int from = 0; from < 2; from++) {
		for (size_t at = 0; at < end[from]; at++)
			CU_ASSERT(altered_run(method, from, at, (uint8_t)(at % 3 ? 1 : 0x80)));
	}
}

static void c631_c2_any_byte_before_tls_altered_fails_on_both_sides(void)
{
	every_byte_before_tls(TREC_METHOD_PIN, (const unsigned[2]){ 3, 2 });
	every_byte_before_tls(TREC_METHOD_CODE, (const unsigned[2]){ 1, 0 });
}

/* In the channel nothing can be altered unseen either; the last word may be lost on one side. */
static void c631_c2_bytes_of_the_channel_altered_pair_nobody_unproven(void)
{
	for (size_t at = 300; at < 1200; at += 41) {
		for (int from = 0; from < 2; from++) {
			struct record *rec = calloc(1, sizeof(*rec));
			struct rig *r = tapped(77, rec);
			unsigned a[2];

			rec->from = from;
			rec->at = at;
			rec->flip = 4;
			(void)rig_pair(r, TREC_METHOD_PIN, NULL);
			for (int k = 0; k < 2; k++)
				a[k] = rig_peers(&r->side[k], TREC_PEER_ACTIVE);
			/* The responder is active only when the initiator is. */
			CU_ASSERT(a[1] <= a[0]);
			CU_ASSERT(rec->n[from] <= at || a[0] + a[1] < 2 ||
				  trec_pairing_error(r->side[0].p) == TREC_OK);
			rig_free(&r);
			free(rec);
		}
	}
}

/* Where n bytes of needle lie in a hay of hay_n bytes; NULL: nowhere. */
static const uint8_t *find(const void *hay, size_t hay_n, const void *needle, size_t n)
{
	const uint8_t *at = hay;

	for (size_t k = 0; k + n <= hay_n; k++) {
		if (memcmp(at + k, needle, n) == 0)
			return at + k;
	}
	return NULL;
}

static bool contains(const struct record *rec, const void *needle, size_t n)
{
	for (int k = 0; k < 2; k++) {
		if (find(rec->b[k], rec->n[k], needle, n) != NULL)
			return true;
	}
	return false;
}

static void c631_c3_no_credential_is_seen_on_the_wire(void)
{
	static const enum trec_method methods[] = { TREC_METHOD_PIN, TREC_METHOD_CODE };

	for (int m = 0; m < 2; m++) {
		struct record *rec = calloc(1, sizeof(*rec));
		struct rig *r = tapped(5, rec);

		CU_ASSERT_EQUAL(rig_pair(r, methods[m], NULL), TREC_OK);
		for (int k = 0; k < 2; k++) {
			struct rig_side *s = &r->side[k];

			CU_ASSERT(!contains(rec, s->signer.spki + s->signer.spki_len - 32, 32));
			CU_ASSERT(!contains(rec, s->cert + 40, 24));
			CU_ASSERT(!contains(rec, s->own.id.b, TREC_ID_LEN));
			CU_ASSERT(!contains(rec, s->own.name, strlen(s->own.name)));
		}
		CU_ASSERT(!contains(rec, r->code, 6));
		rig_free(&r);
		free(rec);
	}
}

/*
 * What a recorded run holds of the PIN is two blinded points and two MACs under a key that needs
 * one of the private scalars: two runs with the same PIN share no bytes but the parameters.
 */
static void c631_c1_a_recorded_run_holds_nothing_that_two_runs_of_one_pin_share(void)
{
	struct record *one = calloc(1, sizeof(*one));
	struct record *two = calloc(1, sizeof(*two));
	struct record *now[] = { one, two };

	for (int k = 0; k < 2; k++) {
		struct rig *r = tapped(600 + (uint64_t)k, now[k]);
		struct rig_side *s = &r->side[1];

		CU_ASSERT_EQUAL(trec_preset_set(&s->f.env, &s->store->store, s->window, "314159"),
				TREC_OK);
		CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PRESET, "314159"), TREC_OK);
		rig_free(&r);
	}
	for (int from = 0; from < 2; from++) {
		size_t skip = before_tls(one, from, 1);
		size_t end = before_tls(one, from, from == 0 ? 3 : 2);

		for (size_t at = skip; at + 8 <= end; at++)
			CU_ASSERT(!contains(two, one->b[from] + at, 8) ||
				  memcmp(one->b[from] + at, two->b[from] + at, 8) == 0);
		/* At the same place only frame and CBOR headers agree. */
		for (size_t at = skip + 16; at + 16 <= end; at += 16)
			CU_ASSERT(memcmp(one->b[from] + at, two->b[from] + at, 16) != 0);
	}
	free(one);
	free(two);
}

static void c631_c3_a_replayed_run_opens_nothing(void)
{
	struct record *rec = calloc(1, sizeof(*rec));
	struct rig *r = tapped(8, rec);
	struct rig_side *s = &r->side[1];
	struct trec_pairing_options o = { .env = &s->f.env,
					  .store = &s->store->store };
	struct trec_id id = r->side[0].own.id;
	size_t at = 0;

	CU_ASSERT_EQUAL(trec_preset_set(&s->f.env, &s->store->store, s->window, "314159"), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair(r, TREC_METHOD_PRESET, "314159"), TREC_OK);
	rig_end(r);
	CU_ASSERT_EQUAL(trec_unpair(&s->f.env, &s->store->store, &id, false, NULL), TREC_OK);
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PRESET, false), TREC_OK);
	o.window = s->window;
	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_RESPONDER, &o, &s->p), TREC_OK);
	r->tap = NULL;
	while (at < rec->n[0] && trec_pairing_error(s->p) == TREC_OK) {
		size_t used = 0;

		(void)!trec_pairing_feed(s->p, trec_bytes(rec->b[0] + at, rec->n[0] - at), &used);
		at += used;
		rig_flush(r, 1);
		if (used == 0 && trec_pairing_next(s->p) == TREC_NEXT_READ)
			break;
	}
	CU_ASSERT_EQUAL(trec_pairing_error(s->p), TREC_E_WRONG_PIN);
	CU_ASSERT(!trec_pairing_authenticated(s->p));
	rig_end(r);
	CU_ASSERT_EQUAL(rig_list(s), 0);
	rig_free(&r);
	free(rec);
}

/* Everything a side sends comes back to it. */
static void reflect(struct rig *r, int side)
{
	struct rig_side *s = &r->side[side];
	uint8_t buf[2048];

	for (int k = 0; k < 50; k++) {
		enum trec_next next = trec_pairing_next(s->p);
		size_t n = 0;
		size_t used = 0;

		if (next == TREC_NEXT_STORE || next == TREC_NEXT_WORK) {
			trec_pairing_perform(s->p);
			trec_pairing_resume(s->p);
		} else if (next == TREC_NEXT_WRITE) {
			CU_ASSERT_EQUAL(trec_pairing_drain(s->p, buf, sizeof(buf), &n), TREC_OK);
			(void)!trec_pairing_feed(s->p, trec_bytes(buf, n), &used);
		}
	}
}

static void c631_c2_own_messages_reflected_end_the_run(void)
{
	for (int side = 0; side < 2; side++) {
		struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 9);

		CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
		CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
		if (side == 1) {
			/* The responder speaks second: let it have the request first. */
			rig_flush(r, 0);
			size_t used = 0;

			CU_ASSERT_EQUAL(trec_pairing_feed(r->side[1].p,
							  trec_bytes(r->side[1].in,
								     r->side[1].in_len), &used),
					TREC_OK);
		}
		reflect(r, side);
		CU_ASSERT_EQUAL(trec_pairing_error(r->side[side].p), TREC_E_MALFORMED);
		lists_nobody(r);
		rig_free(&r);
	}
}

static void c631_g_own_key_coming_back_is_fatal(void)
{
	static const enum trec_method methods[] = { TREC_METHOD_PIN, TREC_METHOD_CODE };

	for (int m = 0; m < 2; m++) {
		struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 10);

		rig_become(&r->side[0], &r->side[1]);
		CU_ASSERT_EQUAL(rig_pair(r, methods[m], NULL), TREC_E_OWN_KEY);
		CU_ASSERT_NOT_EQUAL(trec_pairing_error(r->side[1].p), TREC_OK);
		lists_nobody(r);
		rig_free(&r);
	}
}

/* A device that learned the code (a photograph) but is not the one it was made for. */
static void c631_c2_a_code_answered_by_another_device_is_refused_before_own_certificate(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 11);
	struct rig *other = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 12);

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	/* The window knows the secret; the device behind it is another. */
	rig_become(&r->side[1], &other->side[1]);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	rig_run(r);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[0].p), TREC_E_WRONG_CODE);
	CU_ASSERT(trec_pairing_authenticated(r->side[0].p));
	CU_ASSERT_EQUAL(r->side[0].p->auth_len[TREC_PAIRING_INITIATOR], 0);
	lists_nobody(r);
	rig_free(&r);
	rig_free(&other);
}

static struct trec_pairing *responder(struct rig *r)
{
	struct rig_side *s = &r->side[1];
	struct trec_pairing_options o = { .env = &s->f.env,
					  .store = &s->store->store,
					  .window = s->window };

	CU_ASSERT_EQUAL(trec_pairing_new(TREC_PAIRING_RESPONDER, &o, &s->p), TREC_OK);
	return s->p;
}

static void without_a_window_nothing_pairs(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 13);

	CU_ASSERT_EQUAL(rig_pair_start(r, "123456"), TREC_OK);
	rig_run(r);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[0].p), TREC_E_WINDOW_CLOSED);
	CU_ASSERT_EQUAL(trec_pairing_error(r->side[1].p), TREC_E_WINDOW_CLOSED);
	lists_nobody(r);
	rig_free(&r);
}

/* Advances until side 1 has sent `pieces` pieces. */
static void advance(struct rig *r, unsigned pieces)
{
	for (int k = 0; k < 100 && r->side[1].pieces < pieces; k++) {
		struct rig_side *s = &r->side[1 - k % 2];
		size_t used = 0;

		rig_flush(r, 1 - k % 2);
		if (s->p != NULL && s->in_len > 0) {
			(void)!trec_pairing_feed(s->p, trec_bytes(s->in, s->in_len), &used);
			memmove(s->in, s->in + used, s->in_len - used);
			s->in_len -= used;
		}
	}
}

static void a_window_closed_or_replaced_in_the_middle_ends_the_run(void)
{
	for (int how = 0; how < 3; how++) {
		for (unsigned pieces = 1; pieces < 3; pieces++) {
			struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 14);
			struct rig_side *s = &r->side[1];
			char code[sizeof(r->code)];

			CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
			memcpy(code, r->code, sizeof(code));
			CU_ASSERT_EQUAL(rig_pair_start(r, code), TREC_OK);
			advance(r, pieces);
			if (how == 0) {
				trec_window_close(s->window);
			} else if (how == 1) {
				CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
			} else {
				s->f.now_ms += 121000;
				trec_window_tick(s->window, s->f.now_ms);
			}
			rig_run(r);
			CU_ASSERT_NOT_EQUAL(trec_pairing_error(r->side[0].p), TREC_OK);
			CU_ASSERT(trec_pairing_error(s->p) == TREC_E_WINDOW_CLOSED ||
				  trec_pairing_error(s->p) == TREC_E_TIMEOUT);
			lists_nobody(r);
			rig_free(&r);
		}
	}
}

static void c631_c2_another_version_is_told_the_highest_known(void)
{
	/* pair_request {0: 2, 1: 0, 2: [1], 3: nonce} */
	uint8_t frame[3 + 43] = { 0x41, 0, 43, 0xa4, 0x00, 0x02, 0x01, 0x00, 0x02, 0x81, 0x01, 0x03,
				  0x58, 0x20 };
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 15);
	uint8_t out[64];
	size_t used = 0;
	size_t n = 0;

	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
	CU_ASSERT_EQUAL(trec_pairing_feed(responder(r), trec_bytes(frame, sizeof(frame)), &used),
			TREC_E_VERSION);
	CU_ASSERT_EQUAL(trec_pairing_drain(r->side[1].p, out, sizeof(out), &n), TREC_OK);
	CU_ASSERT_EQUAL(n, 3 + 7);
	CU_ASSERT_EQUAL(out[0], 0x43);
	CU_ASSERT_EQUAL(out[5], 1);    /* 0: reason version */
	CU_ASSERT_EQUAL(out[n - 1], 1); /* 2: highest */
	rig_free(&r);
}

static void noise_before_any_proof_is_bounded(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 16);
	static uint8_t noise[4096];
	struct trec_pairing *p;
	size_t taken = 0;
	uint64_t seed = fault_env_seed(1);

	for (int first = 0; first < 256; first++) {
		enum trec_incoming kind = trec_incoming_kind((uint8_t)first);

		CU_ASSERT_EQUAL(kind, first == 0x16   ? TREC_INCOMING_SESSION
				      : first == 0x41 ? TREC_INCOMING_PAIRING
						      : TREC_INCOMING_UNKNOWN);
	}
	CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_CODE, false), TREC_OK);
	CU_ASSERT_EQUAL(rig_pair_start(r, r->code), TREC_OK);
	advance(r, 1);
	p = r->side[1].p;
	for (int k = 0; k < 100 && trec_pairing_error(p) == TREC_OK; k++) {
		size_t used = 0;

		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)((seed = seed * 6364136223846793005u + 1) >> 56);
		noise[0] = 0x17;
		(void)!trec_pairing_feed(p, trec_bytes(noise, sizeof(noise)), &used);
		taken += used;
	}
	CU_ASSERT_NOT_EQUAL(trec_pairing_error(p), TREC_OK);
	CU_ASSERT(taken <= 65536 + sizeof(noise));
	lists_nobody(r);
	rig_free(&r);
}

static void c631_i_nothing_secret_is_left_when_a_run_has_ended(void)
{
	struct rig *r = rig_new(TREC_KEY_ED25519, TREC_KEY_ED25519, 17);

	for (int k = 0; k < 2; k++) {
		trec_err want = k == 0 ? TREC_E_WRONG_PIN : TREC_OK;
		char pin[sizeof(r->code)];

		CU_ASSERT_EQUAL(rig_window(r, TREC_METHOD_PIN, false), TREC_OK);
		memcpy(pin, r->code, sizeof(pin));
		pin[5] = (char)(k == 0 ? (pin[5] == '0' ? '1' : '0') : pin[5]);
		CU_ASSERT_EQUAL(rig_pair_start(r, pin), TREC_OK);
		rig_run(r);
		CU_ASSERT_EQUAL(trec_pairing_error(r->side[0].p), want);
		for (int i = 0; i < 2; i++) {
			struct trec_pairing *p = r->side[i].p;

			CU_ASSERT_PTR_NULL(p->secret);
			CU_ASSERT_PTR_NULL(p->prover);
			CU_ASSERT_PTR_NULL(p->verifier);
			CU_ASSERT_PTR_NULL(p->chan);
			CU_ASSERT_PTR_NULL(find(p, sizeof(*p), pin, 6));
		}
		rig_end(r);
	}
	rig_free(&r);
}

static const struct suite_case cases[] = {
	SUITE_CASE(c631_c2_any_byte_before_tls_altered_fails_on_both_sides),
	SUITE_CASE(c631_c2_bytes_of_the_channel_altered_pair_nobody_unproven),
	SUITE_CASE(c631_c3_no_credential_is_seen_on_the_wire),
	SUITE_CASE(c631_c1_a_recorded_run_holds_nothing_that_two_runs_of_one_pin_share),
	SUITE_CASE(c631_c3_a_replayed_run_opens_nothing),
	SUITE_CASE(c631_c2_own_messages_reflected_end_the_run),
	SUITE_CASE(c631_g_own_key_coming_back_is_fatal),
	SUITE_CASE(c631_c2_a_code_answered_by_another_device_is_refused_before_own_certificate),
	SUITE_CASE(without_a_window_nothing_pairs),
	SUITE_CASE(a_window_closed_or_replaced_in_the_middle_ends_the_run),
	SUITE_CASE(c631_c2_another_version_is_told_the_highest_known),
	SUITE_CASE(noise_before_any_proof_is_bounded),
	SUITE_CASE(c631_i_nothing_secret_is_left_when_a_run_has_ended),
};

SUITE_MAIN("pairing_attack", cases)
