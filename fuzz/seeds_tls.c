/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See seeds.h: recorded from honest handshakes and certificates. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/seeds.h"
#include "proto/base/base.h"
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

void seeds_tls(struct seeds *o)
{
	rig_start();
	handshake(o, false);
	handshake(o, true);
	extensions(o);
	certificates(o, TREC_KEY_ED25519, "ed25519");
	certificates(o, TREC_KEY_P256, "p256");
	rig_stop();
}
