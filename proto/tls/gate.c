/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The record gate (see gate.h). It refuses
 * - records that TLS 1.3 does not have at that moment: cleartext handshake data behind the
 *   hello, anything but application_data once the channel is open;
 * - encrypted records too short for a content type and a tag: wolfSSL before 5.7 reads out of
 *   bounds there (CVE-2024-0901);
 * - a hello that is not one whole message alone in its record;
 * - versions, suites, groups and pre-shared key modes that are not ours, early data, and
 *   pre-shared keys (tickets among them) on a channel of certificates;
 * - with a pre-shared key, a server that goes on without it or without (EC)DHE.
 * It also tells, before wolfSSL sees anything, whether a session is to be one or the other.
 * RFC 8446 4.1, 4.2, 5.1.
 */
#include "proto/tls/gate.h"

#include <string.h>

#include "proto/tls/wire.h"

#define TYPE_CCS 20
#define TYPE_ALERT 21
#define TYPE_HANDSHAKE 22
#define TYPE_DATA 23

#define CLIENT_HELLO 1
#define SERVER_HELLO 2

#define EXT_PRE_SHARED_KEY 41
#define EXT_EARLY_DATA 42
#define EXT_SUPPORTED_VERSIONS 43
#define EXT_COOKIE 44
#define EXT_PSK_MODES 45
#define EXT_KEY_SHARE 51

#define VERSION_10 0x0301
#define VERSION_12 0x0303
#define VERSION_13 0x0304
#define SUITE_AES_128_GCM 0x1301
#define SUITE_CHACHA20_POLY1305 0x1303
#define GROUP_P256 23
#define GROUP_X25519 29
#define PSK_DHE_KE 1

#define PLAIN_MAX 16384
#define CIPHER_MIN 17  /* content type and tag */
#define CIPHER_MAX 16640
#define EXT_COUNT_MAX 64
#define CCS_MAX 2

/* RFC 8446 4.1.3: this random says the ServerHello is a HelloRetryRequest. */
static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

/* The extensions of a hello that the gate looks at. p == NULL: absent. */
struct extensions {
	struct trec_bytes pre_shared_key, early_data, versions, cookie, psk_modes, key_share;
	bool psk_last;
	size_t others;
};

/* Cleartext handshake data comes once, and once more after a HelloRetryRequest. */
static bool hello_due(const struct gate *g)
{
	if (g->role == CHAN_CLIENT)
		return !g->hello;
	return !g->hello || (!g->retried && !g->secret);
}

bool chan_gate_header(const struct gate *g, const uint8_t header[GATE_HEADER_LEN], size_t *body_len)
{
	uint32_t version = base_get16(header + 1);
	size_t n = base_get16(header + 3);
	bool first = !g->hello && !g->retried;

	*body_len = n;
	if (version != VERSION_12 && !(version == VERSION_10 && first && g->role == CHAN_SERVER))
		return false;
	switch (header[0]) {
	case TYPE_DATA:
		return g->hello && n >= CIPHER_MIN && n <= CIPHER_MAX;
	case TYPE_HANDSHAKE:
		return hello_due(g) && n > 0 && n <= PLAIN_MAX;
	case TYPE_ALERT:
		return !g->open && !g->secret && n == 2;
	case TYPE_CCS:
		return !g->open && !first && n == 1 && g->ccs < CCS_MAX;
	default:
		return false;
	}
}

static struct trec_bytes *slot_of(struct extensions *e, uint32_t type)
{
	switch (type) {
	case EXT_PRE_SHARED_KEY:
		return &e->pre_shared_key;
	case EXT_EARLY_DATA:
		return &e->early_data;
	case EXT_SUPPORTED_VERSIONS:
		return &e->versions;
	case EXT_COOKIE:
		return &e->cookie;
	case EXT_PSK_MODES:
		return &e->psk_modes;
	case EXT_KEY_SHARE:
		return &e->key_share;
	default:
		return NULL;
	}
}

/* Extension<..2^16-1>, the last field of both hellos: no type twice, at most EXT_COUNT_MAX. */
static void read_extensions(struct wire *w, struct extensions *e)
{
	static const uint8_t nothing;
	struct wire list = wire_from(wire_vector(w, 2, 0, PLAIN_MAX));
	uint32_t seen[EXT_COUNT_MAX];
	size_t count = 0;

	*e = (struct extensions){ 0 };
	while (list.n > 0 && !list.bad && count < EXT_COUNT_MAX) {
		uint32_t type = wire_uint(&list, 2);
		struct trec_bytes body = wire_vector(&list, 2, 0, PLAIN_MAX);
		struct trec_bytes *slot = slot_of(e, type);

		for (size_t i = 0; i < count; i++)
			list.bad |= seen[i] == type;
		seen[count++] = type;
		e->psk_last = type == EXT_PRE_SHARED_KEY;
		if (slot == NULL)
			e->others++;
		else
			*slot = body.n > 0 ? body : trec_bytes(&nothing, 0);
	}
	w->bad |= !wire_done(&list);
}

static bool has_value(struct trec_bytes list, size_t bytes, uint32_t value)
{
	struct wire w = wire_from(list);
	bool found = false;

	while (w.n > 0 && !w.bad)
		found |= wire_uint(&w, bytes) == value;
	return found && !w.bad;
}

/* Exactly one identity, and whether it is the one we know. False: malformed. */
static bool read_identity(struct gate *g, struct trec_bytes ext)
{
	struct wire w = wire_from(ext);
	struct wire ids = wire_from(wire_vector(&w, 2, 7, UINT16_MAX));
	struct trec_bytes id = wire_vector(&ids, 2, 1, CHAN_IDENTITY_MAX);

	wire_take(&ids, 4); /* obfuscated_ticket_age, without meaning for an external key */
	wire_vector(&w, 2, 33, UINT16_MAX);
	if (!wire_done(&ids) || !wire_done(&w))
		return false;
	if (g->identity.p == NULL)
		g->identity = id;
	g->identity_fits = id.n == g->identity.n && base_equal_ct(id.p, g->identity.p, id.n);
	return true;
}

/* RFC 8446 4.1.2 and what docs/PROTOCOL.md asks of it. */
static bool client_hello(struct gate *g, struct trec_bytes body)
{
	struct wire w = wire_from(body);
	struct extensions e;

	wire_expect(&w, 2, VERSION_12);
	wire_take(&w, 32);
	wire_vector(&w, 1, 0, 32);
	struct trec_bytes suites = wire_vector(&w, 2, 2, 65534);

	wire_expect(&w, 2, 0x0100); /* one compression method: none */
	read_extensions(&w, &e);
	if (!wire_done(&w))
		return false;
	struct wire versions = wire_from(e.versions);
	struct trec_bytes offered = wire_vector(&versions, 1, 2, 254);

	if (!wire_done(&versions) || !has_value(offered, 2, VERSION_13))
		return false;
	if (!has_value(suites, 2, SUITE_CHACHA20_POLY1305) &&
	    !(g->aes_gcm && has_value(suites, 2, SUITE_AES_128_GCM)))
		return false;
	if (e.early_data.p != NULL || e.key_share.p == NULL)
		return false;
	if (e.pre_shared_key.p == NULL)
		return !g->psk;
	if (!g->psk && (!g->either || g->retried))
		return false;
	g->psk = true;
	g->aes_gcm = false;
	if (!has_value(suites, 2, SUITE_CHACHA20_POLY1305))
		return false;
	struct wire modes = wire_from(e.psk_modes);
	struct trec_bytes mode = wire_vector(&modes, 1, 1, 255);

	return wire_done(&modes) && has_value(mode, 1, PSK_DHE_KE) && e.psk_last &&
	       read_identity(g, e.pre_shared_key);
}

/* The server's choice of group, with its share unless it is a retry. */
static bool good_key_share(struct trec_bytes ext, bool retry)
{
	struct wire w = wire_from(ext);
	uint32_t group = wire_uint(&w, 2);
	size_t len = group == GROUP_X25519 ? 32 : 65;

	if (!retry)
		wire_vector(&w, 2, len, len);
	return wire_done(&w) && (group == GROUP_X25519 || group == GROUP_P256);
}

/* RFC 8446 4.1.3 and 4.1.4. */
static bool server_hello(struct gate *g, struct trec_bytes body)
{
	struct wire w = wire_from(body);
	struct extensions e;

	wire_expect(&w, 2, VERSION_12);
	struct trec_bytes random = wire_take(&w, 32);
	bool retry = random.n == 32 && memcmp(random.p, retry_random, 32) == 0;

	wire_vector(&w, 1, 0, 32);
	uint32_t suite = wire_uint(&w, 2);

	wire_expect(&w, 1, 0);
	read_extensions(&w, &e);
	if (!wire_done(&w) || !has_value(e.versions, 2, VERSION_13) || e.versions.n != 2)
		return false;
	if (suite != SUITE_CHACHA20_POLY1305 && !(g->aes_gcm && suite == SUITE_AES_128_GCM))
		return false;
	if (e.others > 0 || e.early_data.p != NULL || e.psk_modes.p != NULL)
		return false;
	if (!good_key_share(e.key_share, retry))
		return false;
	if (retry) {
		bool again = g->retried;

		g->retried = true;
		return !again && e.pre_shared_key.p == NULL;
	}
	g->hello = true;
	if (e.cookie.p != NULL)
		return false;
	if (!g->psk)
		return e.pre_shared_key.p == NULL;
	return e.pre_shared_key.n == 2 && base_get16(e.pre_shared_key.p) == 0;
}

/* One whole hello, alone in its record. */
static bool hello(struct gate *g, struct trec_bytes record)
{
	struct wire w = wire_from(record);
	uint32_t type = wire_uint(&w, 1);
	struct trec_bytes body = wire_vector(&w, 3, 1, PLAIN_MAX);

	if (!wire_done(&w))
		return false;
	if (g->role == CHAN_CLIENT)
		return type == SERVER_HELLO && server_hello(g, body);
	g->retried = g->hello;
	g->hello = true;
	return type == CLIENT_HELLO && client_hello(g, body);
}

bool chan_gate_body(struct gate *g, uint8_t type, struct trec_bytes body)
{
	switch (type) {
	case TYPE_HANDSHAKE:
		return hello(g, body);
	case TYPE_DATA:
		g->secret = true;
		return true;
	case TYPE_CCS:
		g->ccs++;
		return body.n == 1 && body.p[0] == 1;
	default:
		return true;
	}
}
