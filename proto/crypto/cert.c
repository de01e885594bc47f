/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making and strictly reading the self-signed certificates that carry a device's key (RFC 5280;
 * docs/PROTOCOL.md, Identity). Written here and not by wolfCrypt, because the signature may come
 * from a token, and because every byte of it is decided: it goes over the wire twice in every
 * pairing and session, so it is the shortest that RFC 5280 allows for what it has to say.
 */
#include <string.h>

#include "proto/crypto/der.h"
#include "proto/crypto/wolf.h"

#define SERIAL_MAX 20 /* of others; RFC 5280 4.1.2.2 */
#define EXTENSIONS_MAX 16

static const uint8_t alg_ed25519[] = { CRYPTO_DER_ALG_ED25519 };
static const uint8_t alg_es256[] = { CRYPTO_DER_ALG_ES256 };
static const uint8_t oid_common_name[] = { 0x06, 0x03, 0x55, 0x04, 0x03 };
static const uint8_t oid_basic_constraints[] = { 0x06, 0x03, 0x55, 0x1d, 0x13 };
static const uint8_t oid_key_usage[] = { 0x06, 0x03, 0x55, 0x1d, 0x0f };
static const uint8_t oid_eku[] = { 0x06, 0x03, 0x55, 0x1d, 0x25 };
static const uint8_t version_3[] = { 0xa0, 0x03, 0x02, 0x01, 0x02 };
/* UTCTime before 2050 (RFC 5280 4.1.2.5); 9999 is "without end". */
static const uint8_t validity[] = "\x30\x20\x17\x0d" "700101000000Z" "\x18\x0f" "99991231235959Z";
/* [3] { basicConstraints {}, extKeyUsage { serverAuth, clientAuth } } */
static const uint8_t extensions[] = {
	0xa3, 0x2c, 0x30, 0x2a,
	0x30, 0x09, 0x06, 0x03, 0x55, 0x1d, 0x13, 0x04, 0x02, 0x30, 0x00,
	0x30, 0x1d, 0x06, 0x03, 0x55, 0x1d, 0x25, 0x04, 0x16, 0x30, 0x14,
	0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01,
	0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02,
};

static struct trec_bytes alg_der(trec_key_alg alg)
{
	return alg == TREC_KEY_ED25519 ? trec_bytes(alg_ed25519, sizeof alg_ed25519)
				       : trec_bytes(alg_es256, sizeof alg_es256);
}

/* ---- making ------------------------------------------------------------------------------ */

static void put_name(struct crypto_der_writer *w, const char *name)
{
	size_t inner = crypto_der_size(w);

	crypto_der_put(w, name, strlen(name));
	crypto_der_wrap(w, DER_UTF8_STRING, inner);
	crypto_der_put(w, oid_common_name, sizeof oid_common_name);
	crypto_der_wrap(w, DER_SEQUENCE, inner);
	crypto_der_wrap(w, DER_SET, inner);
	crypto_der_wrap(w, DER_SEQUENCE, inner);
}

static void put_tbs(struct crypto_der_writer *w, const struct trec_signer *signer,
		    const char *name, uint8_t serial)
{
	struct trec_bytes alg = alg_der(signer->alg);
	size_t inner = crypto_der_size(w);

	crypto_der_put(w, extensions, sizeof extensions);
	crypto_der_put(w, signer->spki, signer->spki_len);
	put_name(w, name);
	crypto_der_put(w, validity, sizeof validity - 1);
	put_name(w, name);
	crypto_der_put(w, alg.p, alg.n);
	size_t before = crypto_der_size(w);

	crypto_der_put(w, &serial, 1);
	crypto_der_wrap(w, DER_INTEGER, before);
	crypto_der_put(w, version_3, sizeof version_3);
	crypto_der_wrap(w, DER_SEQUENCE, inner);
}

static bool name_ok(const char *name)
{
	size_t n = strnlen(name, CRYPTO_CERT_NAME_MAX + 1);

	if (n == 0 || n > CRYPTO_CERT_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] < ' ' || name[i] > '~')
			return false;
	return true;
}

/* One octet, positive, not 0: an issuer that is its own only subject needs no more. */
static trec_err draw_serial(const struct trec_env *env, uint8_t *serial)
{
	trec_err err = crypto_random(env, serial, 1);

	*serial = (uint8_t)((*serial & 0x3f) | 0x40);
	return err;
}

static trec_err assemble(struct trec_bytes tbs, trec_key_alg alg, struct trec_bytes sig,
			 uint8_t *out, size_t cap, size_t *n)
{
	static const uint8_t no_unused_bits[1] = { 0 };
	struct trec_bytes alg_id = alg_der(alg);
	struct crypto_der_writer w = crypto_der_to(out, cap);

	crypto_der_put(&w, sig.p, sig.n);
	crypto_der_put(&w, no_unused_bits, 1);
	crypto_der_wrap(&w, DER_BIT_STRING, 0);
	crypto_der_put(&w, alg_id.p, alg_id.n);
	crypto_der_put(&w, tbs.p, tbs.n);
	crypto_der_wrap(&w, DER_SEQUENCE, 0);
	if (w.full)
		return TREC_E_NO_SPACE;
	*n = crypto_der_size(&w);
	memmove(out, w.at, *n);
	return TREC_OK;
}

trec_err crypto_cert_make(const struct trec_env *env, const struct trec_signer *signer,
			  const char *name, uint8_t *out, size_t cap, size_t *n)
{
	uint8_t serial = 0;
	uint8_t buf[TREC_CERT_MAX];
	uint8_t sig[TREC_SIG_MAX];
	size_t sig_len = 0;
	struct crypto_der_writer w = crypto_der_to(buf, sizeof buf);

	*n = 0;
	if (name == NULL)
		name = "t";
	if (!name_ok(name))
		return TREC_E_BAD_NAME;
	trec_err err = draw_serial(env, &serial);

	if (err != TREC_OK)
		return err;
	put_tbs(&w, signer, name, serial);
	struct trec_bytes tbs = trec_bytes(w.at, crypto_der_size(&w));

	err = w.full ? TREC_E_INTERNAL
		     : signer->sign(signer->ctx, tbs, sig, sizeof sig, &sig_len);
	if (err == TREC_OK)
		err = assemble(tbs, signer->alg, trec_bytes(sig, sig_len), out, cap, n);
	if (err != TREC_OK)
		*n = 0;
	return err;
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool is(struct trec_bytes a, const uint8_t *p, size_t n)
{
	return trec_bytes_equal(a, trec_bytes(p, n));
}

static bool serial_ok(struct trec_bytes v)
{
	if (v.n == 0 || v.n > SERIAL_MAX || v.p[0] >= 0x80)
		return false;
	return v.p[0] != 0 || (v.n > 1 && v.p[1] >= 0x80);
}

/* One extension: nothing critical that we do not know, and no CA. */
static bool extension_ok(struct crypto_der *list)
{
	struct crypto_der e = crypto_der_enter(list, DER_SEQUENCE);
	struct trec_bytes oid = crypto_der_whole(&e, DER_OID);
	bool critical = false;

	if (crypto_der_peek(&e) == DER_BOOLEAN) {
		struct trec_bytes v = crypto_der_next(&e, DER_BOOLEAN);

		critical = true;
		if (v.n != 1 || v.p[0] != 0xff) /* false is the default and not written */
			return false;
	}
	struct trec_bytes value = crypto_der_next(&e, DER_OCTET_STRING);

	if (!crypto_der_end(&e, list))
		return false;
	if (is(oid, oid_basic_constraints, sizeof oid_basic_constraints))
		return is(value, (const uint8_t *)"\x30\x00", 2);
	return !critical || is(oid, oid_key_usage, sizeof oid_key_usage) ||
	       is(oid, oid_eku, sizeof oid_eku);
}

static bool extensions_ok(struct crypto_der *tbs)
{
	if (crypto_der_peek(tbs) == 0)
		return !tbs->bad;
	struct crypto_der outer = crypto_der_enter(tbs, DER_CONTEXT(3));
	struct crypto_der list = crypto_der_enter(&outer, DER_SEQUENCE);

	for (int i = 0; i < EXTENSIONS_MAX && crypto_der_peek(&list) != 0; i++)
		if (!extension_ok(&list))
			return false;
	return crypto_der_end(&list, &outer) && crypto_der_end(&outer, tbs);
}

/* What the signature is over and by, and the fields in between. */
struct parts {
	struct trec_bytes tbs; /* whole element */
	struct trec_bytes spki;
	struct trec_bytes inner_alg;
	struct trec_bytes outer_alg;
	struct trec_bytes sig;
};

static bool read_tbs(struct crypto_der *tbs, struct parts *p)
{
	struct trec_bytes version = crypto_der_whole(tbs, DER_CONTEXT(0));
	struct trec_bytes serial = crypto_der_next(tbs, DER_INTEGER);

	p->inner_alg = crypto_der_whole(tbs, DER_SEQUENCE);
	(void)crypto_der_next(tbs, DER_SEQUENCE); /* issuer */
	(void)crypto_der_next(tbs, DER_SEQUENCE); /* validity */
	(void)crypto_der_next(tbs, DER_SEQUENCE); /* subject */
	p->spki = crypto_der_whole(tbs, DER_SEQUENCE);
	return !tbs->bad && is(version, version_3, sizeof version_3) && serial_ok(serial) &&
	       extensions_ok(tbs) && crypto_der_end(tbs, NULL);
}

static bool read_parts(struct trec_bytes der, struct parts *p)
{
	struct crypto_der all = crypto_der_from(der);
	struct crypto_der cert = crypto_der_enter(&all, DER_SEQUENCE);

	p->tbs = crypto_der_whole(&cert, DER_SEQUENCE);
	p->outer_alg = crypto_der_whole(&cert, DER_SEQUENCE);
	p->sig = crypto_der_next(&cert, DER_BIT_STRING);
	if (!crypto_der_end(&cert, &all) || !crypto_der_end(&all, NULL))
		return false;
	if (p->sig.n < 2 || p->sig.p[0] != 0)
		return false;
	p->sig = trec_bytes(p->sig.p + 1, p->sig.n - 1);
	struct crypto_der outer = crypto_der_from(p->tbs);
	struct crypto_der tbs = crypto_der_enter(&outer, DER_SEQUENCE);

	return read_tbs(&tbs, p);
}

static trec_err read_cert(struct trec_bytes der, struct parts *p, struct crypto_cert *out)
{
	struct crypto_cert c = { 0 };

	memset(p, 0, sizeof *p);
	memset(out, 0, sizeof *out);
	if (der.n > TREC_CERT_MAX)
		return TREC_E_TOO_LARGE;
	if (!read_parts(der, p))
		return TREC_E_MALFORMED;
	c.spki = p->spki;
	trec_err err = crypto_spki_check(c.spki, &c.alg, &c.id);

	if (err != TREC_OK)
		return err;
	struct trec_bytes alg = alg_der(c.alg);

	if (!trec_bytes_equal(p->inner_alg, alg) || !trec_bytes_equal(p->outer_alg, alg))
		return TREC_E_MALFORMED;
	*out = c;
	return TREC_OK;
}

trec_err crypto_cert_read(struct trec_bytes der, struct crypto_cert *out)
{
	struct parts p;

	return read_cert(der, &p, out);
}

trec_err crypto_cert_parse(struct trec_bytes der, struct crypto_cert *out)
{
	struct parts p;
	trec_err err = read_cert(der, &p, out);

	if (err == TREC_OK)
		err = crypto_verify(out->spki, p.tbs, p.sig);
	if (err != TREC_OK)
		memset(out, 0, sizeof *out);
	return err;
}
