/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See seeds.h: recorded from honest handshakes, certificates and statements. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/seeds.h"
#include "proto/base/base.h"
#include "proto/trust/statement.h"
#include "tests/unit/tls_rig.h"

static const struct trec_bytes nothing;

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- handshakes -------------------------------------------------------------------------- */

static struct {
	uint8_t bytes[2][16384];
	size_t n[2];
} heard;

static void record(void *ctx, enum chan_role from, uint8_t *p, size_t *n)
{
	(void)ctx;
	must(heard.n[from] + *n <= sizeof heard.bytes[from]);
	memcpy(heard.bytes[from] + heard.n[from], p, *n);
	heard.n[from] += *n;
}

static void handshake(struct seeds *o, bool session)
{
	struct rig r;

	heard.n[0] = heard.n[1] = 0;
	if (session)
		rig_session_pair(&r, rig_ident(TREC_KEY_ED25519, 0), rig_ident(TREC_KEY_P256, 1));
	else
		rig_psk_pair(&r);
	r.tap = record;
	rig_pump(&r);
	must(rig_open(&r));
	rig_end(&r);
	for (int from = 0; from < 2; from++) {
		bool to_server = from == CHAN_CLIENT;
		uint8_t gate = (uint8_t)(to_server | (session ? 0 : 2) | 8);
		uint8_t channel = (uint8_t)(session | (to_server ? 2 : 0));
		uint8_t patch[] = { (uint8_t)(channel | 4), 0, 11, 0xff };
		const char *name = session ? to_server ? "session-to-server" : "session-to-client"
					   : to_server ? "pairing-to-server" : "pairing-to-client";
		struct trec_bytes all = trec_bytes(heard.bytes[from], heard.n[from]);

		seeds_put(o, "gate", name, trec_bytes(&gate, 1), all);
		seeds_put(o, "channel", name, trec_bytes(&channel, 1), all);
		char patched[64] = "patch-";

		strcat(patched, name);
		seeds_put(o, "channel", patched, trec_bytes(patch, sizeof patch), nothing);
	}
}

/* Lists of extensions that the frame of fuzz/gate.c goes around. */
#define BYTES(...)                                                                                 \
	{                                                                                          \
		(const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })         \
	}
#define VERSIONS 0, 43, 0, 3, 2, 3, 4
#define VERSION 0, 43, 0, 2, 3, 4
#define ZERO_32                                                                                    \
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
		0, 0
#define SHARES 0, 51, 0, 38, 0, 36, 0, 29, 0, 32, ZERO_32
#define SHARE 0, 51, 0, 36, 0, 29, 0, 32, ZERO_32
#define MODES 0, 45, 0, 2, 1, 1
#define PSK                                                                                        \
	0, 41, 0, 50, 0, 13, 0, 7, 't', 'r', 'e', 'c', '1', '.', 'x', 0, 0, 0, 0, 0, 33, 32,       \
		ZERO_32

static void extensions(struct seeds *o)
{
	const struct {
		const char *name;
		uint8_t switches;
		struct trec_bytes list;
	} lists[] = {
		{ "client-session", 16 | 1, BYTES(VERSIONS, SHARES) },
		{ "client-session-gcm", 16 | 32 | 4 | 1, BYTES(VERSIONS, SHARES) },
		{ "client-session-other-suite", 16 | 32 | 1, BYTES(VERSIONS, SHARES) },
		{ "client-session-ticket", 16 | 1, BYTES(VERSIONS, SHARES, 0, 41, 0, 0) },
		{ "client-pairing", 16 | 2 | 1, BYTES(VERSIONS, SHARES, MODES, PSK) },
		{ "client-pairing-not-last", 16 | 2 | 1, BYTES(VERSIONS, SHARES, PSK, MODES) },
		{ "client-either-key", 128 | 16 | 1, BYTES(VERSIONS, SHARES, MODES, PSK) },
		{ "client-either-certificate", 128 | 16 | 1, BYTES(VERSIONS, SHARES) },
		{ "client-either-gcm", 128 | 16 | 32 | 4 | 1, BYTES(VERSIONS, SHARES, MODES, PSK) },
		{ "client-early-data", 16 | 2 | 1,
		  BYTES(VERSIONS, SHARES, MODES, 0, 42, 0, 0, PSK) },
		{ "client-twice", 16 | 1, BYTES(VERSIONS, VERSIONS, SHARES) },
		{ "client-no-versions", 16 | 1, BYTES(SHARES) },
		{ "client-cookie", 16 | 1, BYTES(VERSIONS, 0, 44, 0, 1, 7, SHARES, 0, 10, 0, 0) },
		{ "server-session", 16, BYTES(VERSION, SHARE) },
		{ "server-session-gcm", 16 | 32 | 4, BYTES(VERSION, SHARE) },
		{ "server-pairing", 16 | 2, BYTES(VERSION, SHARE, 0, 41, 0, 2, 0, 0) },
		{ "server-pairing-without", 16 | 2, BYTES(VERSION, SHARE) },
		{ "server-unknown", 16, BYTES(VERSION, SHARE, 0, 10, 0, 0) },
		{ "server-cookie", 16, BYTES(VERSION, SHARE, 0, 44, 0, 1, 7) },
		{ "server-retry", 16 | 64, BYTES(VERSION, 0, 51, 0, 2, 0, 23, 0, 44, 0, 1, 7) },
		{ "server-retry-psk", 16 | 64 | 2,
		  BYTES(VERSION, 0, 51, 0, 2, 0, 29, 0, 41, 0, 2, 0, 0) },
		{ "server-group", 16, BYTES(VERSION, 0, 51, 0, 4, 0, 24, 0, 0) },
	};

	for (size_t i = 0; i < BASE_COUNT(lists); i++)
		seeds_put(o, "gate", lists[i].name, trec_bytes(&lists[i].switches, 1),
			  lists[i].list);
}

/* ---- certificates and statements --------------------------------------------------------- */

static void certificates(struct seeds *o, trec_key_alg alg, const char *name)
{
	struct rig_ident *id = rig_ident(alg, 0);
	uint8_t sig[TREC_SIG_MAX];
	char other[64];
	size_t n = 0;

	seeds_put(o, "cert", name, nothing, rig_cert(id));
	strcpy(other, "spki-");
	strcat(other, name);
	seeds_put(o, "cert", other, nothing, trec_bytes(id->signer.spki, id->signer.spki_len));
	must(id->signer.sign(id->signer.ctx, trec_bytes("m", 1), sig, sizeof sig, &n) == TREC_OK);
	strcpy(other, "signature-");
	strcat(other, name);
	seeds_put(o, "cert", other, nothing, trec_bytes(sig, n));
}

static int64_t wall(void *ctx, bool *trusted)
{
	(void)ctx;
	*trusted = true;
	return INT64_C(1767225600);
}

/* Claims for every verdict, to be signed by the target; switches as in fuzz/statement.c. */
static void verdicts(struct seeds *o, const struct trust_claims *good, const struct trec_id *p256,
		     const struct trec_id *other)
{
	static const char *const names[] = { "audience", "subject", "not-yet", "expired", "life",
					     "no-iat", "no-clock", "own-session", "p256",
					     "p256-issuer", "replayed", "no-key" };

	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		struct trust_claims c = *good;
		uint8_t claims[TRUST_STATEMENT_MAX], head = 1 | 8;
		char name[64] = "verdict-";
		size_t n;

		switch (i) {
		case 0: c.aud = *other; break;
		case 1: c.sub = *other; break;
		case 2: c.iat += 10000, c.exp += 10000; break;
		case 3: c.iat -= TRUST_LIFE_S, c.exp = c.iat + 10; break;
		case 4: c.exp += 1000; break;
		case 5: c.iat = 0; break;
		case 6: head &= (uint8_t)~8; break;
		case 7: head = 1 | 4; break;
		case 8: head |= 0x90; break;
		case 9: head |= 0x90, c.iss = c.sub = *p256; break;
		case 10: head |= 32; break;
		default: head |= 64;
		}
		must(trust_encode_claims(TRUST_REVOKE, &c, claims, sizeof claims, &n));
		strcat(name, names[i]);
		seeds_put(o, "statement", name, trec_bytes(&head, 1), trec_bytes(claims, n));
	}
}

/* The keys of fuzz/statement.c. */
static void statements(struct seeds *o, struct trec_env env)
{
	static const uint8_t secrets[3][CRYPTO_KEY_LEN] = { { 1 }, { 2 }, { 3 } };
	struct crypto_key *keys[3];
	struct trec_signer signer[3];
	struct trec_id id[3];

	env.wall_s = wall;
	for (size_t i = 0; i < 3; i++) {
		must(crypto_key_import(&env, i == 2 ? TREC_KEY_P256 : TREC_KEY_ED25519, secrets[i],
				       &keys[i]) == TREC_OK);
		crypto_key_signer(keys[i], &signer[i]);
		must(crypto_spki_check(trec_bytes(signer[i].spki, signer[i].spki_len), NULL,
				       &id[i]) == TREC_OK);
	}
	for (int kind = TRUST_REVOKE; kind <= TRUST_TOMBSTONE; kind++) {
		uint8_t made[TRUST_STATEMENT_MAX], claims[TRUST_STATEMENT_MAX];
		uint8_t head = (uint8_t)((kind == TRUST_TOMBSTONE ? 2 : 0) | 8);
		struct trust_claims c;
		size_t n, m = 0;

		must(trust_make(&env, (enum trust_kind)kind, &signer[0],
				&id[kind == TRUST_TOMBSTONE ? 2 : 0],
				kind == TRUST_REVOKE ? &id[1] : NULL, made, sizeof made, &n,
				&c) == TREC_OK &&
		     trust_encode_claims((enum trust_kind)kind, &c, claims, sizeof claims, &m));
		seeds_put(o, "statement", trust_kind_text((enum trust_kind)kind),
			  trec_bytes(&head, 1), trec_bytes(made, n));
		head |= 1;
		char name[64] = "claims-of-";

		strcat(name, trust_kind_text((enum trust_kind)kind));
		seeds_put(o, "statement", name, trec_bytes(&head, 1), trec_bytes(claims, m));
		if (kind == TRUST_REVOKE)
			verdicts(o, &c, &id[2], &id[2]);
		made[40] ^= 1;
		head &= (uint8_t)~1;
		strcat(name, "-altered");
		seeds_put(o, "statement", name, trec_bytes(&head, 1), trec_bytes(made, n));
		made[40] ^= 1;
		made[n - 1] ^= 1;
		strcat(name, "-signature");
		seeds_put(o, "statement", name, trec_bytes(&head, 1), trec_bytes(made, n));
	}
	for (size_t i = 0; i < 3; i++)
		crypto_key_free(&keys[i]);
}

void seeds_tls(struct seeds *o)
{
	rig_start();
	handshake(o, false);
	handshake(o, true);
	extensions(o);
	certificates(o, TREC_KEY_ED25519, "ed25519");
	certificates(o, TREC_KEY_P256, "p256");
	statements(o, *trec_env_default());
	rig_stop();
}
