/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: linked before proto/tls it takes the place of the TLS library behind
 * proto/tls/channel.h. It keeps what the engine relies on (roles, one pre-shared key and its
 * identity or two certificates proved by signatures over the transcript, the question "known?"
 * before anything of the client's leaves, exporters both ends agree on, records that notice every
 * change, alerts, close_notify, records that arrive in pieces) and leaves out the cryptography.
 */
#include <string.h>

#include "proto/crypto/crypto.h"
#include "tests/sim/fake_channel.h"

#define HEADER 5
#define PLAIN_MAX 16384
#define OUT_MAX (PLAIN_MAX + 32 + 4096)

enum { CLOSE_NOTIFY, FATAL };

bool fake_channel_takes_any_key;

/* ---- bytes ------------------------------------------------------------------------------ */

void fake_learn(struct chan *c, const uint8_t *p, size_t n)
{
	struct trec_bytes parts[2] = { { c->transcript, 32 }, { p, n } };

	fake_hash(parts, 2, c->transcript);
}

void fake_mac(const struct chan *c, const char *what, enum chan_role role, uint64_t n,
		struct trec_bytes body, uint8_t tag[FAKE_TAG])
{
	uint8_t who = (uint8_t)role;
	uint8_t full[32];
	struct trec_bytes parts[] = { { c->key, 32 },
				      { (const uint8_t *)what, strlen(what) },
				      { &who, 1 },
				      { (const uint8_t *)&n, sizeof(n) },
				      body };

	fake_hash(parts, BASE_COUNT(parts), full);
	memcpy(tag, full, FAKE_TAG);
}

/* Not readable by accident; the same both ways. */
static void scramble(const struct chan *c, enum chan_role role, uint64_t n, uint8_t *p, size_t len)
{
	uint64_t h;

	memcpy(&h, c->key, sizeof(h));
	h = fake_mix(h ^ n * 2 ^ (uint64_t)role);
	for (size_t i = 0; i < len; i++)
		p[i] ^= (uint8_t)(h >> (8 * (i % 8)));
}

bool fake_queue(struct chan *c, uint8_t type, const uint8_t *body, size_t n)
{
	uint8_t header[HEADER] = { type, 3, 3, (uint8_t)(n >> 8), (uint8_t)n };

	return buffer_append(c->env, &c->out, header, HEADER) &&
	       buffer_append(c->env, &c->out, body, n);
}

/* A record under the channel's key: body, then its tag. */
static bool queue_sealed(struct chan *c, uint8_t type, const uint8_t *body, size_t n)
{
	uint8_t tag[FAKE_TAG];
	size_t all = n + FAKE_TAG;
	uint8_t header[HEADER] = { type, 3, 3, (uint8_t)(all >> 8), (uint8_t)all };

	if (!buffer_append(c->env, &c->out, header, HEADER) ||
	    !buffer_append(c->env, &c->out, body, n))
		return false;
	scramble(c, c->role, c->sent, c->out.p + c->out.at + c->out.n - n, n);
	fake_mac(c, type == FAKE_ALERT ? "alert" : "data", c->role, c->sent++,
	    trec_bytes(c->out.p + c->out.at + c->out.n - n, n), tag);
	return buffer_append(c->env, &c->out, tag, FAKE_TAG);
}

/* Takes the tag off a record; false: it was altered. */
static bool unseal(struct chan *c, uint8_t type, uint8_t *body, size_t *n)
{
	uint8_t tag[FAKE_TAG];

	if (*n < FAKE_TAG)
		return false;
	*n -= FAKE_TAG;
	fake_mac(c, type == FAKE_ALERT ? "alert" : "data", chan_other(c->role), c->got,
	    trec_bytes(body, *n), tag);
	if (memcmp(tag, body + *n, FAKE_TAG) != 0)
		return false;
	scramble(c, chan_other(c->role), c->got++, body, *n);
	return true;
}

trec_err fake_fail(struct chan *c, trec_err err)
{
	uint8_t fatal = FATAL;
	bool keyed = c->state == CHAN_OPEN || c->state == CHAN_PEER_CLOSED;

	if (c->state == CHAN_FAILED)
		return err;
	if (err != TREC_E_REFUSED && !c->closing)
		(void)(keyed ? queue_sealed(c, FAKE_ALERT, &fatal, 1)
			     : fake_queue(c, FAKE_ALERT, &fatal, 1));
	trec_wipe(c->key, sizeof(c->key));
	c->state = CHAN_FAILED;
	c->exports = false;
	c->peer_cert_len = 0;
	return err;
}

/* ---- life ------------------------------------------------------------------------------- */

static trec_err begin(struct chan *c, struct chan **out)
{
	trec_err err = c->role == CHAN_CLIENT ? fake_speak(c) : TREC_OK;

	if (err != TREC_OK)
		chan_free(&c);
	*out = c;
	return err;
}

trec_err chan_new_psk(const struct trec_env *env, const struct chan_psk *conf, struct chan **out)
{
	*out = NULL;
	struct chan *c = base_alloc(env, sizeof(*c));

	if (c == NULL)
		return TREC_E_NO_MEMORY;
	c->env = env;
	c->role = conf->role;
	c->pairing = true;
	if (!fake_channel_takes_any_key)
		memcpy(c->key, conf->psk.p, sizeof(c->key));
	memcpy(c->identity, conf->identity, strlen(conf->identity));
	return begin(c, out);
}

trec_err chan_new_session(const struct trec_env *env, const struct chan_session *conf,
			  struct chan **out)
{
	*out = NULL;
	if (conf->cert.n == 0 || conf->cert.n > TREC_CERT_MAX || conf->signer == NULL)
		return TREC_E_USAGE;
	struct chan *c = base_alloc(env, sizeof(*c));

	if (c == NULL)
		return TREC_E_NO_MEMORY;
	c->env = env;
	c->role = conf->role;
	c->signer = conf->signer;
	c->known = conf->known;
	c->known_ctx = conf->known_ctx;
	c->psk_too = conf->psk_too && conf->role == CHAN_SERVER;
	memcpy(c->own_cert, conf->cert.p, conf->cert.n);
	c->own_cert_len = conf->cert.n;
	return begin(c, out);
}

void chan_free(struct chan **cp)
{
	struct chan *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	buffer_free(c->env, &c->in);
	buffer_free(c->env, &c->plain);
	buffer_free(c->env, &c->out);
	base_free(c->env, c, sizeof(*c));
}

enum chan_state chan_state(const struct chan *c)
{
	return c->state;
}

/* ---- records ---------------------------------------------------------------------------- */

/* Moves bytes of in until the record is whole. */
static trec_err fill(struct chan *c, struct trec_bytes in, size_t *used)
{
	size_t want = HEADER;

	if (c->in.n >= HEADER)
		want += base_get16(c->in.p + c->in.at + 3);
	size_t n = want - c->in.n < in.n ? want - c->in.n : in.n;

	if (!buffer_append(c->env, &c->in, in.p, n))
		return TREC_E_NO_MEMORY;
	*used += n;
	if (c->in.n < HEADER)
		return TREC_OK;
	const uint8_t *h = c->in.p + c->in.at;
	size_t body = base_get16(h + 3);

	if (h[0] < FAKE_ALERT || h[0] > FAKE_DATA || h[1] != 3 || h[2] != 3 || body == 0 ||
	    body > PLAIN_MAX + FAKE_TAG)
		return TREC_E_MALFORMED;
	c->whole = c->in.n == HEADER + body;
	return TREC_OK;
}

static void drop_record(struct chan *c)
{
	c->in.n = 0;
	c->in.at = 0;
	c->whole = false;
}

/* Whether the record is a hello that names a key at a server that takes both kinds. */
static bool asks(struct chan *c)
{
	struct trec_bytes hello = trec_bytes(c->in.p + c->in.at + HEADER, c->in.n - HEADER);
	size_t n;

	if (!c->psk_too || c->flight != 0 || c->in.p[c->in.at] != FAKE_HANDSHAKE ||
	    !fake_hello_identity(hello, &c->identity[0], &n))
		return c->asking;
	c->identity[n] = '\0';
	c->psk_too = false;
	c->asking = true;
	return true;
}

static trec_err step(struct chan *c)
{
	const uint8_t *h = c->in.p + c->in.at;
	trec_err err;

	if (h[0] == FAKE_HANDSHAKE)
		err = fake_handshake(c, trec_bytes(h + HEADER, c->in.n - HEADER));
	else
		err = fake_fail(c, h[0] == FAKE_ALERT ? TREC_E_REFUSED : TREC_E_MALFORMED);
	drop_record(c);
	return err;
}

trec_err chan_feed(struct chan *c, struct trec_bytes in, size_t *used)
{
	*used = 0;
	if (c->state == CHAN_FAILED)
		return TREC_E_STATE;
	while (*used < in.n && !c->whole) {
		size_t before = *used;
		trec_err err = fill(c, trec_bytes(in.p + *used, in.n - *used), used);

		if (err != TREC_OK)
			return fake_fail(c, err);
		if (c->state != CHAN_HANDSHAKE)
			continue;
		c->unauth += *used - before;
		if (c->whole && !asks(c))
			err = step(c);
		if (err != TREC_OK)
			return err;
		if (c->state == CHAN_HANDSHAKE && c->unauth >= CHAN_UNAUTH_MAX)
			return fake_fail(c, TREC_E_TOO_LARGE);
	}
	return TREC_OK;
}

struct trec_bytes chan_psk_wanted(const struct chan *c)
{
	return c->asking ? trec_bytes(c->identity, strlen(c->identity)) : trec_bytes(NULL, 0);
}

trec_err chan_psk_give(struct chan *c, const uint8_t *psk)
{
	trec_err err = TREC_OK;

	if (!c->asking || c->state != CHAN_HANDSHAKE)
		return TREC_E_STATE;
	c->asking = false;
	c->pairing = true;
	if (psk != NULL)
		memcpy(c->key, psk, sizeof(c->key));
	else
		err = crypto_random(c->env, c->key, sizeof(c->key));
	return err == TREC_OK ? step(c) : fake_fail(c, err);
}

size_t chan_drain(struct chan *c, uint8_t *out, size_t cap)
{
	return buffer_take(&c->out, out, cap);
}

size_t chan_pending(const struct chan *c)
{
	return c->out.n;
}

/* Opens the record that lies in c->in. */
static trec_err open_record(struct chan *c)
{
	uint8_t *h = c->in.p + c->in.at;
	size_t n = c->in.n - HEADER;
	bool fine = h[0] != FAKE_HANDSHAKE && unseal(c, h[0], h + HEADER, &n);

	if (fine && h[0] == FAKE_DATA)
		fine = n > 0 && buffer_append(c->env, &c->plain, h + HEADER, n);
	else if (fine && n == 1 && h[HEADER] == CLOSE_NOTIFY)
		c->state = CHAN_PEER_CLOSED;
	else if (fine)
		return fake_fail(c, TREC_E_REFUSED);
	drop_record(c);
	return fine ? TREC_OK : fake_fail(c, TREC_E_MALFORMED);
}

trec_err chan_read(struct chan *c, uint8_t *out, size_t cap, size_t *n)
{
	trec_err err = TREC_OK;

	*n = 0;
	if (c->state == CHAN_PEER_CLOSED)
		return TREC_OK;
	if (c->state != CHAN_OPEN)
		return TREC_E_STATE;
	if (c->plain.n == 0 && c->whole)
		err = open_record(c);
	if (err != TREC_OK || c->state == CHAN_PEER_CLOSED)
		return err;
	*n = buffer_take(&c->plain, out, cap);
	return *n > 0 ? TREC_OK : TREC_E_AGAIN;
}

size_t chan_writable(const struct chan *c)
{
	bool open = c->state == CHAN_OPEN || c->state == CHAN_PEER_CLOSED;
	size_t kept = c->out.n + 32 + 4096;

	return !open || c->closing || kept >= OUT_MAX ? 0 : OUT_MAX - kept;
}

trec_err chan_write(struct chan *c, struct trec_bytes in, size_t *used)
{
	*used = 0;
	if ((c->state != CHAN_OPEN && c->state != CHAN_PEER_CLOSED) || c->closing)
		return TREC_E_STATE;
	size_t n = chan_writable(c);

	if (in.n == 0)
		return TREC_OK;
	if (n == 0)
		return TREC_E_AGAIN;
	n = n < in.n ? n : in.n;
	while (*used < n) {
		size_t part = n - *used < PLAIN_MAX ? n - *used : PLAIN_MAX;

		if (!queue_sealed(c, FAKE_DATA, in.p + *used, part))
			return fake_fail(c, TREC_E_NO_MEMORY);
		*used += part;
	}
	return TREC_OK;
}

trec_err chan_close(struct chan *c)
{
	uint8_t notify = CLOSE_NOTIFY;

	if (c->closing)
		return TREC_OK;
	if (c->state != CHAN_OPEN && c->state != CHAN_PEER_CLOSED)
		return TREC_E_STATE;
	c->closing = true;
	return queue_sealed(c, FAKE_ALERT, &notify, 1) ? TREC_OK : fake_fail(c, TREC_E_NO_MEMORY);
}

void chan_abort(struct chan *c)
{
	(void)fake_fail(c, TREC_E_MALFORMED);
}

/* ---- what the handshake gave ------------------------------------------------------------ */

trec_err chan_export(struct chan *c, const char *label, uint8_t *out, size_t n)
{
	uint8_t full[64];
	struct trec_bytes parts[2] = { { c->key, 32 }, { (const uint8_t *)label, strlen(label) } };

	memset(out, 0, n);
	if (!c->exports || n > CHAN_EXPORT_MAX)
		return TREC_E_STATE;
	fake_hash(parts, 2, full);
	fake_hash(&(struct trec_bytes){ full, 32 }, 1, full + 32);
	memcpy(out, full, n);
	return TREC_OK;
}

trec_err chan_binding(struct chan *c, uint8_t out[CHAN_BINDING_LEN])
{
	return chan_export(c, "EXPORTER-Channel-Binding", out, CHAN_BINDING_LEN);
}

void chan_export_end(struct chan *c)
{
	c->exports = false;
}

struct trec_bytes chan_peer_cert(const struct chan *c)
{
	bool proved = c->state == CHAN_OPEN || c->state == CHAN_PEER_CLOSED;

	return trec_bytes(c->peer_cert, proved ? c->peer_cert_len : 0);
}

const struct trec_id *chan_peer_id(const struct chan *c)
{
	return &c->peer_id;
}
