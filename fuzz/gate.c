/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Input: a byte of switches, then a stream of TLS records for the gate before wolfSSL. Switches:
 * bit 0 we are the server, bit 1 a pairing channel, bit 2 AES-GCM is allowed, bit 3 the channel
 * opens after its first encrypted record, bit 4 the rest is no stream but the extensions of a
 * hello whose frame is right, bit 5 with the other suite, bit 6 with the random of a retry, bit 7
 * the first hello decides whether it is with a pre-shared key.
 *
 * Property: a second reader of hellos, written by offsets, accepts every hello that the gate lets
 * pass, and finds in it what the gate says of the identity; the same hello one byte shorter or
 * longer does not pass; cleartext comes in its one place, change_cipher_spec twice at most, and
 * an encrypted record has room for a type and a tag.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/base/base.h"
#include "proto/tls/gate.h"

#define HELLO_MAX 2048
#define RECORDS_MAX 16

static const char identity[] = "trec1.x";

/* One extension of a list whose lengths have been checked; p NULL: none. */
static struct trec_bytes ext_of(struct trec_bytes list, uint32_t type, unsigned *count)
{
	struct trec_bytes found = trec_bytes(NULL, 0);

	*count = 0;
	for (size_t at = 0; at < list.n; at += 4 + base_get16(list.p + at + 2)) {
		if (base_get16(list.p + at) != type)
			continue;
		found = trec_bytes(list.p + at + 4, base_get16(list.p + at + 2));
		++*count;
	}
	return found;
}

static bool list_fits(struct trec_bytes list)
{
	size_t at = 0;

	while (at + 4 <= list.n)
		at += 4 + base_get16(list.p + at + 2);
	return at == list.n;
}

static bool holds_pair(struct trec_bytes list, uint32_t value)
{
	for (size_t i = 0; i + 2 <= list.n; i += 2)
		if (base_get16(list.p + i) == value)
			return true;
	return false;
}

/* The extensions of a hello with one message in it, behind `fixed` bytes after the session id. */
static struct trec_bytes extensions(struct trec_bytes r, size_t at)
{
	fuzz_must(at + 2 <= r.n && at + 2 + base_get16(r.p + at) == r.n, "extensions end it");
	struct trec_bytes list = trec_bytes(r.p + at + 2, r.n - at - 2);

	fuzz_must(list_fits(list), "extensions fit their list");
	return list;
}

static void client_hello_holds(const struct gate *before, const struct gate *g, struct trec_bytes r)
{
	size_t at = 4 + 2 + 32 + 1 + r.p[38];
	struct trec_bytes suites = trec_bytes(r.p + at + 2, base_get16(r.p + at));
	unsigned psk, early, n;

	fuzz_must(r.p[0] == 1 && r.p[38] <= 32, "a ClientHello");
	fuzz_must(holds_pair(suites, 0x1303) || (g->aes_gcm && holds_pair(suites, 0x1301)),
		  "a suite of ours");
	at += 2 + suites.n;
	fuzz_must(r.p[at] == 1 && r.p[at + 1] == 0, "no compression");
	struct trec_bytes list = extensions(r, at + 2);
	struct trec_bytes versions = ext_of(list, 43, &n);

	fuzz_must(n == 1 && versions.n > 1 && versions.p[0] == versions.n - 1 &&
			  holds_pair(trec_bytes(versions.p + 1, versions.n - 1), 0x0304),
		  "TLS 1.3 is offered");
	(void)ext_of(list, 51, &n);
	fuzz_must(n == 1, "one key share");
	(void)ext_of(list, 42, &early);
	struct trec_bytes ids = ext_of(list, 41, &psk);

	fuzz_must(early == 0, "no early data");
	fuzz_must(before->psk == g->psk || (g->either && !before->hello), "decided once");
	fuzz_must(psk == g->psk, "a pre-shared key where there is to be one, else none");
	if (psk == 0)
		return;
	fuzz_must(ids.p + ids.n == list.p + list.n, "the pre-shared key comes last");
	size_t len = base_get16(ids.p + 2);
	bool same = trec_bytes_equal(trec_bytes(ids.p + 4, len), g->identity);

	fuzz_must(base_get16(ids.p) == len + 6, "one identity");
	fuzz_must(g->identity_fits == same, "the identity is ours or it is not");
	fuzz_must(!g->either || (!g->aes_gcm && len <= CHAN_IDENTITY_MAX), "as the hello decided");
}

static void server_hello_holds(const struct gate *g, struct trec_bytes r)
{
	size_t at = 4 + 2 + 32 + 1 + r.p[38];
	uint32_t suite = base_get16(r.p + at);
	unsigned n;

	fuzz_must(r.p[0] == 2 && r.p[38] <= 32 && r.p[at + 2] == 0, "a ServerHello");
	fuzz_must(suite == 0x1303 || (g->aes_gcm && suite == 0x1301), "a suite of ours");
	struct trec_bytes list = extensions(r, at + 3);
	struct trec_bytes version = ext_of(list, 43, &n);

	fuzz_must(n == 1 && version.n == 2 && base_get16(version.p) == 0x0304, "TLS 1.3");
	struct trec_bytes share = ext_of(list, 51, &n);

	fuzz_must(n == 1 && share.n >= 2, "a group");
	uint32_t group = base_get16(share.p);

	fuzz_must(group == 29 || group == 23, "a group of ours");
	fuzz_must(g->hello ? share.n == (group == 29 ? 36u : 69u) : share.n == 2,
		  "a share, or a retry without");
	struct trec_bytes psk = ext_of(list, 41, &n);

	fuzz_must(n == (g->hello && g->psk), "the pre-shared key goes on, or there is none");
	fuzz_must(n == 0 || (psk.n == 2 && base_get16(psk.p) == 0), "it is the one we named");
}

static void hello_passed(const struct gate *before, const struct gate *after, struct trec_bytes r)
{
	static uint8_t longer[HELLO_MAX + 1];
	struct gate g = *before;

	fuzz_must(r.n > 43 && base_get16(r.p + 2) == r.n - 4 && r.p[1] == 0, "one whole message");
	fuzz_must(base_get16(r.p + 4) == 0x0303, "its version");
	if (after->role == CHAN_SERVER)
		client_hello_holds(before, after, r);
	else
		server_hello_holds(after, r);
	fuzz_must(!chan_gate_body(&g, 22, trec_bytes(r.p, r.n - 1)), "a shorter one does not pass");
	if (r.n > HELLO_MAX)
		return;
	memcpy(longer, r.p, r.n);
	longer[r.n] = 0;
	g = *before;
	fuzz_must(!chan_gate_body(&g, 22, trec_bytes(longer, r.n + 1)), "nor does a longer one");
}

static void stream(struct gate *g, struct trec_bytes in, bool opens)
{
	unsigned hellos = 0, ccs = 0;
	bool secret = false;

	for (unsigned k = 0; k < RECORDS_MAX && in.n >= GATE_HEADER_LEN; k++) {
		struct gate before = *g;
		size_t n;

		if (!chan_gate_header(g, in.p, &n) || n > in.n - GATE_HEADER_LEN)
			return;
		struct trec_bytes body = trec_bytes(in.p + GATE_HEADER_LEN, n);
		uint8_t type = in.p[0];

		if (!chan_gate_body(g, type, body))
			return;
		fuzz_must(type == 23 || !g->open, "an open channel hears nothing in the clear");
		fuzz_must(type != 23 || (n >= 17 && n <= 16640 && hellos > 0), "encrypted data");
		fuzz_must(type != 21 || (!secret && n == 2), "an alert in the clear");
		fuzz_must(type != 20 || (n == 1 && body.p[0] == 1 && ++ccs <= 2), "two at most");
		if (type == 22) {
			fuzz_must(++hellos <= 2 && !secret, "a hello and its repetition");
			hello_passed(&before, g, body);
		}
		secret |= type == 23;
		g->open |= opens && secret;
		in = trec_bytes(body.p + n, in.n - GATE_HEADER_LEN - n);
	}
}

/* A hello with these extensions in a right frame, as a record. */
static size_t frame(const struct gate *g, uint8_t switches, struct trec_bytes ext, uint8_t *out)
{
	static const uint8_t retry[32] = {
		0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
		0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
		0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	};
	uint32_t suite = (switches & 32) != 0 ? 0x1301 : 0x1303;
	size_t at = GATE_HEADER_LEN + 4;

	base_put16(out + at, 0x0303);
	memset(out + at + 2, 0x77, 32);
	if ((switches & 64) != 0)
		memcpy(out + at + 2, retry, 32);
	out[at + 34] = 0;
	at += 35;
	if (g->role == CHAN_SERVER) {
		base_put16(out + at, 2);
		base_put16(out + at + 2, suite);
		base_put16(out + at + 4, 0x0100);
		at += 6;
	} else {
		base_put16(out + at, suite);
		out[at + 2] = 0;
		at += 3;
	}
	base_put16(out + at, (uint32_t)ext.n);
	memcpy(out + at + 2, ext.p, ext.n);
	at += 2 + ext.n;
	out[GATE_HEADER_LEN] = g->role == CHAN_SERVER ? 1 : 2;
	out[GATE_HEADER_LEN + 1] = 0;
	base_put16(out + GATE_HEADER_LEN + 2, (uint32_t)(at - GATE_HEADER_LEN - 4));
	out[0] = 22;
	base_put16(out + 1, 0x0303);
	base_put16(out + 3, (uint32_t)(at - GATE_HEADER_LEN));
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t made[HELLO_MAX + 128];

	if (n == 0)
		return 0;
	struct gate g = {
		.role = (data[0] & 1) != 0 ? CHAN_SERVER : CHAN_CLIENT,
		.psk = (data[0] & 2) != 0,
		.aes_gcm = (data[0] & 4) != 0,
		.either = (data[0] & 128) != 0,
		.identity = trec_bytes(identity, sizeof identity - 1),
	};

	if (g.either && !g.psk)
		g.identity = trec_bytes(NULL, 0);
	struct trec_bytes in = trec_bytes(data + 1, n - 1);

	if ((data[0] & 16) != 0) {
		if (in.n > HELLO_MAX)
			return 0;
		in = trec_bytes(made, frame(&g, data[0], in, made));
	}
	stream(&g, in, (data[0] & 8) != 0);
	return 0;
}
