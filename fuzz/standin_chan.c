/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: a TLS handshake costs a millisecond, and the state machines above it want a
 * thousand inputs in that time. Linked before proto/tls, these functions take the place of
 * channel.c in the stateful targets: all of channel.h, or the linker meets them twice. They keep
 * its promises to the engine (who may open, what a damaged byte does, states, errors, exports)
 * and hide nothing from anybody. The target `whole` runs the same plans through the real channel.
 *
 * A record is a byte as of TLS, type, two bytes of length, the body, eight bytes of tag. Tags are
 * compared with base_equal_ct: a fuzzer that traces comparisons learns none.
 */
#include <string.h>

#include "fuzz/standin.h"
#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/tls/channel.h"

#define HEADER 4
#define LIKE_TLS 22 /* what a TLS record may begin with: the engine looks at it */
#define TAG 8
#define BODY_MAX 4096
#define ROOM 16384
#define NONCE 16

enum type { HELLO = 1, REPLY, FINISH, DATA, CLOSE, ALERT };

struct chan {
	const struct trec_env *env;
	enum chan_role role;
	enum chan_state state;
	bool session, closing, exports;
	bool psk_too, asking;         /* a session's server takes a key: it waits for one */
	uint64_t key;                 /* of the tags */
	uint64_t sent, taken;         /* records, so that none is taken twice */
	char identity[CHAN_IDENTITY_MAX + 1];
	uint8_t cert[TREC_CERT_MAX], peer[TREC_CERT_MAX];
	size_t cert_len, peer_len;
	struct trec_id peer_id;
	const struct trec_signer *signer;
	bool (*known)(void *ctx, const struct trec_id *server);
	void *known_ctx;
	uint8_t in[HEADER + BODY_MAX + TAG];
	size_t in_len, read_at;       /* read_at > 0: in holds data that waits for chan_read */
	uint8_t out[ROOM];
	size_t out_len;
	size_t unauth;
};

static void tag(const struct chan *c, enum chan_role from, uint64_t nth, const uint8_t *p,
		size_t n, uint8_t out[TAG])
{
	uint64_t h = standin_mix(c->key ^ (uint64_t)from << 63 ^ nth);

	base_put64(out, standin_hash(h, p, n));
}

static bool put(struct chan *c, enum type type, const uint8_t *body, size_t n)
{
	uint8_t *p = c->out + c->out_len;

	if (n > BODY_MAX || c->out_len + HEADER + n + TAG > sizeof c->out)
		return false;
	p[0] = LIKE_TLS;
	p[1] = (uint8_t)type;
	base_put16(p + 2, (uint32_t)n);
	if (n > 0)
		memcpy(p + HEADER, body, n);
	tag(c, c->role, c->sent++, p, HEADER + n, p + HEADER + n);
	c->out_len += HEADER + n + TAG;
	return true;
}

static trec_err fail(struct chan *c, trec_err err)
{
	if (c->state == CHAN_FAILED)
		return err;
	if (err != TREC_E_REFUSED)
		(void)put(c, ALERT, NULL, 0);
	c->state = CHAN_FAILED;
	c->exports = false;
	c->peer_len = 0;
	return err;
}

/* What a session's reply and finish carry: the certificate, and a signature over the run. */
static trec_err sign_run(struct chan *c, uint64_t run_key, uint8_t *body, size_t *n)
{
	uint8_t run[9] = { (uint8_t)c->role };
	size_t sig = 0;

	base_put64(run + 1, run_key);
	base_put16(body, (uint32_t)c->cert_len);
	memcpy(body + 2, c->cert, c->cert_len);
	trec_err err = c->signer->sign(c->signer->ctx, trec_bytes(run, sizeof run),
				       body + 2 + c->cert_len, TREC_SIG_MAX, &sig);

	*n = 2 + c->cert_len + sig;
	return err;
}

/* A reply brings a nonce that changes the key for all that follows it. */
static trec_err put_proof(struct chan *c, enum type type)
{
	uint8_t body[NONCE + 2 + TREC_CERT_MAX + TREC_SIG_MAX];
	uint64_t next = c->key;
	size_t n = 0, more = 0;
	trec_err err = TREC_OK;

	if (type == REPLY) {
		err = crypto_random(c->env, body, NONCE);
		n = NONCE;
		next = standin_hash(c->key, body, NONCE);
	}
	if (err == TREC_OK && c->session)
		err = sign_run(c, next, body + n, &more);
	if (err != TREC_OK)
		return err;
	if (!put(c, type, body, n + more))
		return TREC_E_INTERNAL;
	c->key = next;
	return TREC_OK;
}

static trec_err take_proof(struct chan *c, struct trec_bytes body)
{
	uint8_t run[9] = { (uint8_t)chan_other(c->role) };
	struct crypto_cert cert;
	size_t n = body.n >= 2 ? base_get16(body.p) : 0;

	if (!c->session)
		return body.n == 0 ? TREC_OK : TREC_E_MALFORMED;
	if (n == 0 || n > TREC_CERT_MAX || n + 2 > body.n)
		return TREC_E_MALFORMED;
	memcpy(c->peer, body.p + 2, n);
	c->peer_len = n;
	/* The self-signature is the engine's to check, as with the real one. */
	if (crypto_cert_read(trec_bytes(c->peer, n), &cert) != TREC_OK)
		return TREC_E_MALFORMED;
	c->peer_id = cert.id;
	if (c->known != NULL && !c->known(c->known_ctx, &cert.id))
		return TREC_E_WRONG_CERTIFICATE;
	base_put64(run + 1, c->key);
	trec_err err = crypto_verify(cert.spki, trec_bytes(run, sizeof run),
				     trec_bytes(body.p + 2 + n, body.n - 2 - n));

	return err == TREC_E_MALFORMED ? TREC_E_WRONG_CERTIFICATE : err;
}

static void opened(struct chan *c)
{
	c->state = CHAN_OPEN;
	c->exports = true;
}

static trec_err handshake(struct chan *c, uint8_t type, struct trec_bytes body)
{
	trec_err err = TREC_E_MALFORMED;

	if (c->role == CHAN_SERVER && type == HELLO && c->sent == 0) {
		if (body.n < 1 + NONCE || body.p[0] != c->session ||
		    !trec_bytes_equal(trec_bytes(body.p + 1 + NONCE, body.n - 1 - NONCE),
				      trec_bytes(c->identity, strlen(c->identity))))
			return TREC_E_MALFORMED;
		c->key = standin_hash(c->key, body.p, body.n);
		return put_proof(c, REPLY);
	}
	if (c->role == CHAN_CLIENT && type == REPLY && body.n >= NONCE) {
		c->key = standin_hash(c->key, body.p, NONCE);
		err = take_proof(c, trec_bytes(body.p + NONCE, body.n - NONCE));
		if (err == TREC_OK)
			err = put_proof(c, FINISH);
	} else if (c->role == CHAN_SERVER && type == FINISH && c->sent > 0) {
		err = take_proof(c, body);
	}
	if (err == TREC_OK)
		opened(c);
	return err;
}

/* A whole record in c->in. */
static trec_err take(struct chan *c, size_t n)
{
	struct trec_bytes body = trec_bytes(c->in + HEADER, n);
	uint8_t want[TAG], type = c->in[1];

	tag(c, chan_other(c->role), c->taken++, c->in, HEADER + n, want);
	if (!base_equal_ct(want, c->in + HEADER + n, TAG))
		return type == ALERT && n == 0 && c->state == CHAN_HANDSHAKE ? TREC_E_REFUSED
									     : TREC_E_MALFORMED;
	if (type == ALERT)
		return TREC_E_REFUSED;
	if (c->state == CHAN_HANDSHAKE)
		return handshake(c, type, body);
	if (type == CLOSE && n == 0) {
		c->state = CHAN_PEER_CLOSED;
		return TREC_OK;
	}
	if (type != DATA || n == 0 || c->state != CHAN_OPEN)
		return TREC_E_MALFORMED;
	c->read_at = HEADER;
	return TREC_OK;
}

/* Whether the record is a hello that names a key where the hello decides. */
static bool asks(struct chan *c)
{
	size_t n = c->in_len - HEADER - TAG;

	if (!c->psk_too || c->in[1] != HELLO || n <= 1 + NONCE ||
	    n > 1 + NONCE + CHAN_IDENTITY_MAX || c->in[HEADER] != 0)
		return false;
	memcpy(c->identity, c->in + HEADER + 1 + NONCE, n - 1 - NONCE);
	c->identity[n - 1 - NONCE] = '\0';
	c->psk_too = false;
	c->asking = true;
	return true;
}

static size_t record_len(const struct chan *c)
{
	return c->in_len < HEADER ? 0 : HEADER + base_get16(c->in + 2) + TAG;
}

trec_err chan_feed(struct chan *c, struct trec_bytes in, size_t *used)
{
	*used = 0;
	if (c->state == CHAN_FAILED)
		return TREC_E_STATE;
	while (*used < in.n && c->read_at == 0 && !c->asking) {
		size_t want = c->in_len < HEADER ? HEADER : record_len(c);

		if (want > sizeof c->in)
			return fail(c, TREC_E_MALFORMED);
		size_t k = in.n - *used < want - c->in_len ? in.n - *used : want - c->in_len;

		memcpy(c->in + c->in_len, in.p + *used, k);
		c->in_len += k;
		*used += k;
		if (c->state == CHAN_HANDSHAKE && (c->unauth += k) > CHAN_UNAUTH_MAX)
			return fail(c, TREC_E_TOO_LARGE);
		if (c->in_len < HEADER || c->in_len < record_len(c))
			continue;
		if (asks(c))
			return TREC_OK;
		trec_err err = take(c, c->in_len - HEADER - TAG);

		if (err != TREC_OK)
			return fail(c, err);
		if (c->read_at == 0)
			c->in_len = 0;
	}
	return TREC_OK;
}

struct trec_bytes chan_psk_wanted(const struct chan *c)
{
	return c->asking ? trec_bytes(c->identity, strlen(c->identity)) : trec_bytes(NULL, 0);
}

trec_err chan_psk_give(struct chan *c, const uint8_t *psk)
{
	if (!c->asking || c->state != CHAN_HANDSHAKE)
		return TREC_E_STATE;
	c->asking = c->session = false;
	c->key = psk != NULL ? standin_hash(1, psk, CHAN_PSK_LEN) : standin_mix(c->key);
	trec_err err = take(c, c->in_len - HEADER - TAG);

	if (err != TREC_OK)
		return fail(c, err);
	c->in_len = 0;
	return TREC_OK;
}

trec_err chan_read(struct chan *c, uint8_t *out, size_t cap, size_t *n)
{
	*n = 0;
	if (c->state == CHAN_HANDSHAKE || c->state == CHAN_FAILED)
		return TREC_E_STATE;
	if (c->read_at == 0)
		return c->state == CHAN_PEER_CLOSED ? TREC_OK : TREC_E_AGAIN;
	size_t left = c->in_len - TAG - c->read_at;

	*n = left < cap ? left : cap;
	memcpy(out, c->in + c->read_at, *n);
	c->read_at += *n;
	if (*n == left)
		c->read_at = c->in_len = 0;
	return TREC_OK;
}

size_t chan_writable(const struct chan *c)
{
	size_t room = sizeof c->out - c->out_len;

	if ((c->state != CHAN_OPEN && c->state != CHAN_PEER_CLOSED) || c->closing)
		return 0;
	/* Room stays for a close and an alert. */
	if (room <= 3 * (HEADER + TAG))
		return 0;
	room -= 3 * (HEADER + TAG);
	return room < BODY_MAX ? room : BODY_MAX;
}

trec_err chan_write(struct chan *c, struct trec_bytes in, size_t *used)
{
	size_t room = chan_writable(c);

	*used = 0;
	if ((c->state != CHAN_OPEN && c->state != CHAN_PEER_CLOSED) || c->closing)
		return TREC_E_STATE;
	if (room == 0 && in.n > 0)
		return TREC_E_AGAIN;
	*used = in.n < room ? in.n : room;
	return in.n == 0 || put(c, DATA, in.p, *used) ? TREC_OK : TREC_E_INTERNAL;
}

trec_err chan_close(struct chan *c)
{
	if (c->state == CHAN_HANDSHAKE || c->state == CHAN_FAILED)
		return TREC_E_STATE;
	if (!c->closing)
		(void)put(c, CLOSE, NULL, 0);
	c->closing = true;
	return TREC_OK;
}

void chan_abort(struct chan *c)
{
	(void)fail(c, TREC_E_STATE);
}

size_t chan_drain(struct chan *c, uint8_t *out, size_t cap)
{
	size_t n = c->out_len < cap ? c->out_len : cap;

	memcpy(out, c->out, n);
	memmove(c->out, c->out + n, c->out_len - n);
	c->out_len -= n;
	return n;
}

size_t chan_pending(const struct chan *c)
{
	return c->out_len;
}

enum chan_state chan_state(const struct chan *c)
{
	return c->state;
}

struct trec_bytes chan_peer_cert(const struct chan *c)
{
	return trec_bytes(c->peer, c->state == CHAN_HANDSHAKE ? 0 : c->peer_len);
}

const struct trec_id *chan_peer_id(const struct chan *c)
{
	return &c->peer_id;
}

trec_err chan_export(struct chan *c, const char *label, uint8_t *out, size_t n)
{
	uint64_t h = standin_hash(c->key, (const uint8_t *)label, strlen(label));

	if (!c->exports)
		return TREC_E_STATE;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(h = standin_mix(h + i));
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

void chan_free(struct chan **c)
{
	if (*c != NULL)
		base_free((*c)->env, *c, sizeof **c);
	*c = NULL;
}

static trec_err start(const struct trec_env *env, enum chan_role role, struct chan **out)
{
	*out = base_alloc(env, sizeof **out);
	if (*out == NULL)
		return TREC_E_NO_MEMORY;
	(*out)->env = env;
	(*out)->role = role;
	return TREC_OK;
}

/* The client's first record. */
static trec_err greet(struct chan **c)
{
	uint8_t body[1 + NONCE + CHAN_IDENTITY_MAX] = { (*c)->session };
	size_t n = strlen((*c)->identity);
	trec_err err = TREC_OK;

	if ((*c)->role == CHAN_CLIENT) {
		err = crypto_random((*c)->env, body + 1, NONCE);
		memcpy(body + 1 + NONCE, (*c)->identity, n);
		(void)put(*c, HELLO, body, 1 + NONCE + n);
		(*c)->key = standin_hash((*c)->key, body, 1 + NONCE + n);
	}
	if (err != TREC_OK)
		chan_free(c);
	return err;
}

trec_err chan_new_psk(const struct trec_env *env, const struct chan_psk *conf,
			     struct chan **out)
{
	trec_err err = start(env, conf->role, out);

	if (err != TREC_OK)
		return err;
	(*out)->key = standin_hash(1, conf->psk.p, conf->psk.n);
	memcpy((*out)->identity, conf->identity, strlen(conf->identity));
	return greet(out);
}

trec_err chan_new_session(const struct trec_env *env, const struct chan_session *conf,
				 struct chan **out)
{
	trec_err err = start(env, conf->role, out);

	if (err != TREC_OK)
		return err;
	struct chan *c = *out;

	c->session = true;
	c->key = 2;
	memcpy(c->cert, conf->cert.p, conf->cert.n);
	c->cert_len = conf->cert.n;
	c->signer = conf->signer;
	c->known = conf->known;
	c->known_ctx = conf->known_ctx;
	c->psk_too = conf->psk_too && conf->role == CHAN_SERVER;
	return greet(out);
}
