/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exported authenticators, RFC 9261 (see authenticator.h). All hashes are SHA-256, because every
 * suite of a channel is; the signature scheme follows from the key. Whatever could be written in
 * two ways is accepted in one.
 */
#include "proto/tls/authenticator.h"

#include <string.h>

#include "proto/crypto/crypto.h"
#include "proto/tls/wire.h"

#define MSG_CERTIFICATE 11
#define MSG_CERTIFICATE_REQUEST 13
#define MSG_CERTIFICATE_VERIFY 15
#define MSG_CLIENT_CERTIFICATE_REQUEST 17
#define MSG_FINISHED 20
#define HEADER_LEN 4

#define EXT_SIGNATURE_ALGORITHMS 13
#define SCHEME_ED25519 0x0807
#define SCHEME_P256 0x0403

#define SIG_MIN 8
#define SIGNED_PREFIX_LEN 64 /* octets 0x20, RFC 8446 4.4.3 */
#define SIGNED_CONTEXT "Exported Authenticator" /* and its NUL, RFC 9261 5.2.2 */
#define SIGNED_LEN (SIGNED_PREFIX_LEN + sizeof SIGNED_CONTEXT + EA_HASH_LEN)

/* RFC 9261 5.1. */
static const char *const label_context[] = {
	[CHAN_CLIENT] = "EXPORTER-client authenticator handshake context",
	[CHAN_SERVER] = "EXPORTER-server authenticator handshake context",
};
static const char *const label_finished[] = {
	[CHAN_CLIENT] = "EXPORTER-client authenticator finished key",
	[CHAN_SERVER] = "EXPORTER-server authenticator finished key",
};

/* The extensions of every request: signature_algorithms with both schemes, nothing else. */
static const uint8_t request_extensions[] = {
	0, 10, 0, EXT_SIGNATURE_ALGORITHMS, 0, 6, 0, 4,
	SCHEME_ED25519 >> 8, SCHEME_ED25519 & 0xff, SCHEME_P256 >> 8, SCHEME_P256 & 0xff,
};

_Static_assert(EA_REQUEST_LEN == HEADER_LEN + 1 + EA_CONTEXT_LEN + sizeof request_extensions,
	       "the length of a request in the header is wrong");

void ea_keys_wipe(struct ea_keys *k)
{
	trec_wipe(k, sizeof *k);
}

trec_err ea_keys_from(struct chan *c, struct ea_keys *out)
{
	trec_err err = TREC_OK;

	for (int role = CHAN_CLIENT; role <= CHAN_SERVER && err == TREC_OK; role++) {
		err = chan_export(c, label_context[role], out->handshake_context[role],
				  EA_HASH_LEN);
		if (err == TREC_OK)
			err = chan_export(c, label_finished[role], out->finished_key[role],
					  EA_HASH_LEN);
	}
	if (err != TREC_OK)
		ea_keys_wipe(out);
	return err;
}

/* RFC 9261 4: a server asks with CertificateRequest, a client with ClientCertificateRequest. */
static uint8_t request_type(enum chan_role asker)
{
	return asker == CHAN_SERVER ? MSG_CERTIFICATE_REQUEST : MSG_CLIENT_CERTIFICATE_REQUEST;
}

static void put24(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 16);
	base_put16(p + 1, (uint32_t)v & 0xffff);
}

static void put_header(uint8_t *p, uint8_t type, size_t body_len)
{
	p[0] = type;
	put24(p + 1, body_len);
}

trec_err ea_request_make(const struct trec_env *env, enum chan_role asker,
			 uint8_t out[EA_REQUEST_LEN])
{
	uint8_t *p = out;

	memset(out, 0, EA_REQUEST_LEN);
	put_header(p, request_type(asker), EA_REQUEST_LEN - HEADER_LEN);
	p += HEADER_LEN;
	*p++ = EA_CONTEXT_LEN;
	trec_err err = crypto_random(env, p, EA_CONTEXT_LEN);

	if (err != TREC_OK) {
		memset(out, 0, EA_REQUEST_LEN);
		return err;
	}
	memcpy(p + EA_CONTEXT_LEN, request_extensions, sizeof request_extensions);
	return TREC_OK;
}

/* The context inside a request of the one form we accept; empty if it has another. */
static struct trec_bytes request_context(enum chan_role asker, struct trec_bytes request)
{
	struct wire w = wire_from(request);

	wire_expect(&w, 1, request_type(asker));
	wire_expect(&w, 3, EA_REQUEST_LEN - HEADER_LEN);
	struct trec_bytes context = wire_vector(&w, 1, EA_CONTEXT_LEN, EA_CONTEXT_LEN);
	struct trec_bytes rest = wire_take(&w, sizeof request_extensions);

	if (!wire_done(&w) ||
	    !trec_bytes_equal(rest, trec_bytes(request_extensions, sizeof request_extensions)))
		return trec_bytes(NULL, 0);
	return context;
}

trec_err ea_request_check(enum chan_role asker, struct trec_bytes request)
{
	return request_context(asker, request).n > 0 ? TREC_OK : TREC_E_MALFORMED;
}

/* Hash(Handshake Context || request || messages so far), RFC 9261 5.2. */
static trec_err transcript(const struct ea_keys *k, enum chan_role maker,
			   struct trec_bytes request, struct trec_bytes messages,
			   uint8_t out[EA_HASH_LEN])
{
	const struct trec_bytes parts[] = {
		trec_bytes(k->handshake_context[maker], EA_HASH_LEN),
		request,
		messages,
	};

	return crypto_sha256_parts(parts, BASE_COUNT(parts), out);
}

/* What CertificateVerify signs, RFC 9261 5.2.2. */
static trec_err signed_bytes(const struct ea_keys *k, enum chan_role maker,
			     struct trec_bytes request, struct trec_bytes certificate,
			     uint8_t out[SIGNED_LEN])
{
	memset(out, 0x20, SIGNED_PREFIX_LEN);
	memcpy(out + SIGNED_PREFIX_LEN, SIGNED_CONTEXT, sizeof SIGNED_CONTEXT);
	return transcript(k, maker, request, certificate,
			  out + SIGNED_PREFIX_LEN + sizeof SIGNED_CONTEXT);
}

/* Finished's verify_data over all before it, RFC 9261 5.2.3. */
static trec_err verify_data(const struct ea_keys *k, enum chan_role maker,
			    struct trec_bytes request, struct trec_bytes messages,
			    uint8_t out[EA_HASH_LEN])
{
	uint8_t hash[EA_HASH_LEN];
	trec_err err = transcript(k, maker, request, messages, hash);
	struct trec_bytes part = trec_bytes(hash, sizeof hash);

	if (err == TREC_OK)
		err = crypto_hmac(trec_bytes(k->finished_key[maker], EA_HASH_LEN), &part, 1, out);
	return err;
}

static uint32_t scheme_of(trec_key_alg alg)
{
	return alg == TREC_KEY_ED25519 ? SCHEME_ED25519 : SCHEME_P256;
}

/* Certificate: context, a list of one entry, no extensions. */
static size_t put_certificate(uint8_t *p, struct trec_bytes context, struct trec_bytes cert)
{
	size_t entry = 3 + cert.n + 2;
	size_t body = 1 + context.n + 3 + entry;

	put_header(p, MSG_CERTIFICATE, body);
	p += HEADER_LEN;
	*p++ = (uint8_t)context.n;
	memcpy(p, context.p, context.n);
	p += context.n;
	put24(p, entry);
	put24(p + 3, cert.n);
	memcpy(p + 6, cert.p, cert.n);
	base_put16(p + 6 + cert.n, 0);
	return HEADER_LEN + body;
}

static trec_err put_verify(const struct ea_keys *k, enum chan_role maker,
			   struct trec_bytes request, struct trec_bytes certificate,
			   const struct trec_signer *signer, uint8_t *p, size_t *n)
{
	uint8_t message[SIGNED_LEN];
	size_t sig_len = 0;
	trec_err err = signed_bytes(k, maker, request, certificate, message);

	if (err == TREC_OK)
		err = signer->sign(signer->ctx, trec_bytes(message, sizeof message),
				   p + HEADER_LEN + 4, TREC_SIG_MAX, &sig_len);
	if (err != TREC_OK)
		return err;
	put_header(p, MSG_CERTIFICATE_VERIFY, 4 + sig_len);
	base_put16(p + HEADER_LEN, scheme_of(signer->alg));
	base_put16(p + HEADER_LEN + 2, (uint32_t)sig_len);
	*n = HEADER_LEN + 4 + sig_len;
	return TREC_OK;
}

trec_err ea_make(const struct ea_keys *k, enum chan_role maker, struct trec_bytes request,
		 struct trec_bytes cert, const struct trec_signer *signer, uint8_t *out, size_t cap,
		 size_t *n)
{
	struct trec_bytes context = request_context(chan_other(maker), request);
	uint8_t buf[EA_MAX];
	size_t at, more = 0;

	*n = 0;
	if (context.n == 0)
		return TREC_E_MALFORMED;
	if (cert.n == 0 || cert.n > TREC_CERT_MAX)
		return TREC_E_USAGE;
	at = put_certificate(buf, context, cert);
	trec_err err = put_verify(k, maker, request, trec_bytes(buf, at), signer, buf + at, &more);

	if (err != TREC_OK)
		return err;
	at += more;
	put_header(buf + at, MSG_FINISHED, EA_HASH_LEN);
	err = verify_data(k, maker, request, trec_bytes(buf, at), buf + at + HEADER_LEN);
	if (err != TREC_OK)
		return err;
	at += HEADER_LEN + EA_HASH_LEN;
	if (at > cap)
		return TREC_E_NO_SPACE;
	memcpy(out, buf, at);
	*n = at;
	return TREC_OK;
}

/* An authenticator taken apart; all views borrow from it. */
struct parts {
	struct trec_bytes context, cert, sig, mac;
	uint32_t scheme;
	struct trec_bytes certificate; /* first message whole */
	struct trec_bytes messages;    /* first two messages whole */
};

/* A handshake message of that type: its body. */
static struct wire message(struct wire *w, uint32_t type, size_t max)
{
	wire_expect(w, 1, type);
	return wire_from(wire_vector(w, 3, 1, max));
}

static bool take_apart(struct trec_bytes a, struct parts *out)
{
	struct wire w = wire_from(a);
	struct wire c = message(&w, MSG_CERTIFICATE, EA_MAX);

	out->certificate = trec_bytes(a.p, a.n - w.n);
	out->context = wire_vector(&c, 1, EA_CONTEXT_LEN, EA_CONTEXT_LEN);
	struct wire list = wire_from(wire_vector(&c, 3, 1, EA_MAX));

	out->cert = wire_vector(&list, 3, 1, TREC_CERT_MAX);
	wire_expect(&list, 2, 0);
	struct wire v = message(&w, MSG_CERTIFICATE_VERIFY, EA_MAX);

	out->messages = trec_bytes(a.p, a.n - w.n);
	out->scheme = wire_uint(&v, 2);
	out->sig = wire_vector(&v, 2, SIG_MIN, TREC_SIG_MAX);
	struct wire f = message(&w, MSG_FINISHED, EA_HASH_LEN);

	out->mac = wire_take(&f, EA_HASH_LEN);
	return wire_done(&w) && wire_done(&c) && wire_done(&list) && wire_done(&v) && wire_done(&f);
}

/* TREC_E_MALFORMED of a check that the peer's proof failed. */
static trec_err as_proof(trec_err err)
{
	return err == TREC_E_MALFORMED ? TREC_E_WRONG_CERTIFICATE : err;
}

trec_err ea_verify(const struct ea_keys *k, enum chan_role maker, struct trec_bytes request,
		   struct trec_bytes authenticator, struct trec_bytes *cert)
{
	struct trec_bytes context = request_context(chan_other(maker), request);
	uint8_t mac[EA_HASH_LEN], text[SIGNED_LEN];
	struct crypto_cert read;
	struct parts a;

	*cert = trec_bytes(NULL, 0);
	if (context.n == 0)
		return TREC_E_USAGE;
	if (!take_apart(authenticator, &a))
		return TREC_E_MALFORMED;
	if (!trec_bytes_equal(a.context, context))
		return TREC_E_WRONG_CERTIFICATE;
	/* The MAC first: what does not come from this channel is not looked into. */
	trec_err err = verify_data(k, maker, request, a.messages, mac);

	if (err != TREC_OK)
		return err;
	if (!base_equal_ct(mac, a.mac.p, EA_HASH_LEN))
		return TREC_E_WRONG_CERTIFICATE;
	err = crypto_cert_parse(a.cert, &read);
	if (err != TREC_OK)
		return err == TREC_E_TOO_LARGE ? TREC_E_MALFORMED : err;
	if (a.scheme != scheme_of(read.alg))
		return TREC_E_MALFORMED;
	err = signed_bytes(k, maker, request, a.certificate, text);
	if (err == TREC_OK)
		err = as_proof(crypto_verify(read.spki, trec_bytes(text, sizeof text), a.sig));
	if (err == TREC_OK)
		*cert = a.cert;
	return err;
}
