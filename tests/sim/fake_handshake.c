/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the handshakes of the stand-in for a channel, as tables: three flights for a
 * pairing, proved by tags under the pre-shared key, and three for a session, proved by signatures.
 */
#include <string.h>

#include "proto/crypto/crypto.h"
#include "tests/sim/fake_channel.h"

#define NONCE 16
#define FLIGHT_MAX                                                                                 \
	(1 + NONCE + 2 + CHAN_IDENTITY_MAX + 2 + TREC_CERT_MAX + 2 + TREC_SIG_MAX + FAKE_TAG)

struct flight {
	uint8_t letter;
	enum chan_role from;
	bool nonce, identity, cert;
	bool binder; /* a tag under the PSK alone, as the hello's */
	const char *finished;
};

static const struct flight pairing_flights[] = {
	{ 'C', CHAN_CLIENT, true, true, false, true, NULL },
	{ 'S', CHAN_SERVER, true, false, false, false, "finished" },
	{ 'F', CHAN_CLIENT, false, false, false, false, "finished" },
};
static const struct flight session_flights[] = {
	{ 'c', CHAN_CLIENT, true, false, false, false, NULL },
	{ 's', CHAN_SERVER, true, false, true, false, "finished" },
	{ 'f', CHAN_CLIENT, false, false, true, false, "finished" },
};

static const struct flight *flight_at(const struct chan *c, unsigned n)
{
	return n >= 3 ? NULL : c->pairing ? &pairing_flights[n] : &session_flights[n];
}

struct maker {
	uint8_t p[FLIGHT_MAX];
	size_t n;
};

static void put(struct maker *m, const void *p, size_t n)
{
	memcpy(m->p + m->n, p, n);
	m->n += n;
}

static void put_sized(struct maker *m, const void *p, size_t n)
{
	uint8_t len[2];

	base_put16(len, (uint32_t)n);
	put(m, len, 2);
	put(m, p, n);
}

/* What a certificate's key signs: all that was said so far, and by whom. */
static struct trec_bytes signed_words(const struct chan *c, enum chan_role by, uint8_t out[33])
{
	memcpy(out, c->transcript, 32);
	out[32] = (uint8_t)by;
	return trec_bytes(out, 33);
}

static trec_err put_cert(struct chan *c, struct maker *m)
{
	uint8_t sig[TREC_SIG_MAX];
	uint8_t words[33];
	size_t n = 0;

	put_sized(m, c->own_cert, c->own_cert_len);
	fake_learn(c, c->own_cert, c->own_cert_len);
	trec_err err = c->signer->sign(c->signer->ctx, signed_words(c, c->role, words), sig,
				       sizeof(sig), &n);

	if (err == TREC_OK)
		put_sized(m, sig, n);
	return err;
}

trec_err fake_speak(struct chan *c)
{
	const struct flight *f = flight_at(c, c->flight);
	struct maker m = { .n = 0 };
	uint8_t nonce[NONCE];
	uint8_t tag[FAKE_TAG];
	trec_err err = TREC_OK;

	put(&m, &f->letter, 1);
	if (f->nonce) {
		err = crypto_random(c->env, nonce, NONCE);
		put(&m, nonce, NONCE);
	}
	if (f->identity)
		put_sized(&m, c->identity, strlen(c->identity));
	fake_learn(c, m.p, m.n);
	if (err == TREC_OK && f->cert)
		err = put_cert(c, &m);
	if (err != TREC_OK)
		return err;
	if (f->binder || f->finished != NULL) {
		fake_mac(c, f->binder ? "binder" : f->finished, c->role, 0,
		    trec_bytes(c->transcript, 32), tag);
		put(&m, tag, FAKE_TAG);
		fake_learn(c, tag, FAKE_TAG);
	}
	c->flight++;
	return fake_queue(c, FAKE_HANDSHAKE, m.p, m.n) ? TREC_OK : TREC_E_NO_MEMORY;
}

struct taker {
	const uint8_t *p;
	size_t n;
	bool bad;
};

static struct trec_bytes get(struct taker *t, size_t n)
{
	struct trec_bytes b = { t->p, n };

	if (t->bad || n > t->n) {
		t->bad = true;
		return trec_bytes(NULL, 0);
	}
	t->p += n;
	t->n -= n;
	return b;
}

static struct trec_bytes get_sized(struct taker *t)
{
	struct trec_bytes len = get(t, 2);

	return get(t, len.n == 2 ? base_get16(len.p) : 0);
}

static trec_err take_cert(struct chan *c, struct taker *t)
{
	struct trec_bytes der = get_sized(t);
	struct trec_bytes sig = get_sized(t);
	struct crypto_cert cert;
	uint8_t words[33];
	/* The self-signature is the engine's to check, as with the real one. */
	trec_err err = t->bad ? TREC_E_MALFORMED : crypto_cert_read(der, &cert);

	if (err != TREC_OK)
		return TREC_E_MALFORMED;
	c->peer_id = cert.id;
	if (c->role == CHAN_CLIENT && c->known != NULL && !c->known(c->known_ctx, &cert.id))
		return TREC_E_WRONG_CERTIFICATE;
	memcpy(c->peer_cert, der.p, der.n);
	c->peer_cert_len = der.n;
	fake_learn(c, der.p, der.n);
	err = crypto_verify(cert.spki, signed_words(c, chan_other(c->role), words), sig);
	return err == TREC_OK ? TREC_OK : TREC_E_WRONG_CERTIFICATE;
}

/* Whether the peer's tag fits; at its first one under this key the channel is proved. */
static trec_err take_tag(struct chan *c, struct taker *t, const struct flight *f)
{
	struct trec_bytes got = get(t, FAKE_TAG);
	uint8_t want[FAKE_TAG];

	fake_mac(c, f->binder ? "binder" : f->finished, chan_other(c->role), 0,
	    trec_bytes(c->transcript, 32), want);
	if (t->bad || t->n > 0)
		return TREC_E_MALFORMED;
	if (memcmp(got.p, want, FAKE_TAG) != 0)
		return TREC_E_MALFORMED;
	fake_learn(c, got.p, FAKE_TAG);
	return TREC_OK;
}

bool fake_hello_identity(struct trec_bytes hello, char *out, size_t *n)
{
	struct taker t = { hello.p, hello.n, false };
	struct trec_bytes letter = get(&t, 1);

	(void)get(&t, NONCE);
	struct trec_bytes id = get_sized(&t);

	if (t.bad || letter.p[0] != pairing_flights[0].letter || id.n == 0 ||
	    id.n > CHAN_IDENTITY_MAX)
		return false;
	memcpy(out, id.p, id.n);
	*n = id.n;
	return true;
}

static trec_err hear(struct chan *c, struct trec_bytes body)
{
	const struct flight *f = flight_at(c, c->flight);
	struct taker t = { body.p, body.n, false };
	struct trec_bytes letter = get(&t, 1);

	if (f == NULL || f->from == c->role || letter.n != 1 || letter.p[0] != f->letter)
		return TREC_E_MALFORMED;
	if (f->nonce)
		(void)get(&t, NONCE);
	if (f->identity) {
		struct trec_bytes id = get_sized(&t);
		bool same = trec_bytes_equal(id, trec_bytes(c->identity, strlen(c->identity)));

		if (t.bad || (!same && !fake_channel_takes_any_key))
			return TREC_E_MALFORMED;
	}
	if (t.bad)
		return TREC_E_MALFORMED;
	fake_learn(c, body.p, body.n - t.n);
	trec_err err = f->cert ? take_cert(c, &t) : TREC_OK;

	if (err == TREC_OK && (f->binder || f->finished != NULL))
		err = take_tag(c, &t, f);
	else if (err == TREC_OK && t.n > 0)
		err = TREC_E_MALFORMED;
	c->flight++;
	return err;
}

/* Takes one flight of the handshake and answers with the next, if it is ours. */
trec_err fake_handshake(struct chan *c, struct trec_bytes body)
{
	trec_err err = hear(c, body);
	const struct flight *mine = flight_at(c, c->flight);

	if (err == TREC_OK && mine != NULL && mine->from == c->role)
		err = fake_speak(c);
	if (err != TREC_OK)
		return fake_fail(c, err);
	if (flight_at(c, c->flight) == NULL) {
		uint8_t full[32];
		struct trec_bytes parts[2] = { { c->key, 32 }, { c->transcript, 32 } };

		fake_hash(parts, 2, full);
		memcpy(c->key, full, sizeof(c->key));
		c->state = CHAN_OPEN;
		c->exports = true;
	}
	return TREC_OK;
}
