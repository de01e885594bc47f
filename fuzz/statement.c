/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: whatever is accepted is signed by the issuer, a succession by the new key as well,
 * meant for us, about whom the kind allows, confirms the key its subject is the id of, with a
 * certificate of it, and is in its time or answers our nonce; what is not leaves nothing. Switches
 * before a statement or claims: fuzz/statement.h.
 */
#include "fuzz/statement.h"

#include <string.h>

#include "fuzz/fuzz.h"

static struct trec_env env;
static bool clock_trusted;
static uint8_t nonce[TRUST_NONCE_LEN];

struct device {
	struct trec_signer signer;
	struct trec_id id;
};

static struct device devices[ST_KEYS];
static const struct device *const own = &devices[ST_OWN];
static const struct device *issuer, *successor;

static int64_t wall(void *ctx, bool *trusted)
{
	(void)ctx;
	*trusted = clock_trusted;
	return ST_NOW;
}

static struct trec_bytes spki_of(const struct device *d)
{
	return trec_bytes(d->signer.spki, d->signer.spki_len);
}

static void start(void)
{
	static struct crypto_key *keys[ST_KEYS];

	env = *trec_env_default();
	env.wall_s = wall;
	memset(nonce, ST_NONCE_BYTE, sizeof nonce);
	fuzz_must(crypto_init() == TREC_OK, "wolfSSL works");
	for (int i = 0; i < ST_KEYS; i++) {
		uint8_t secret[CRYPTO_KEY_LEN] = { (uint8_t)(i + 1) };

		fuzz_must(crypto_key_import(&env, st_alg(i), secret, &keys[i]) == TREC_OK,
			  "keys are made");
		crypto_key_signer(keys[i], &devices[i].signer);
		fuzz_must(crypto_spki_check(spki_of(&devices[i]), NULL, &devices[i].id) == TREC_OK,
			  "ids are computed");
	}
}

static bool same_id(const struct trec_id *a, const struct trec_id *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* ---- signing what the fuzzer made -------------------------------------------------------- */

struct sealed {
	uint8_t header[TRUST_HEADER_LEN];
	uint8_t sig[TREC_SIG_MAX];
};

static bool seal(const struct device *d, const char *purpose, struct trec_bytes claims,
		 struct sealed *s, struct trust_seal *out)
{
	uint8_t to_sign[TRUST_TO_SIGN_MAX], raw[TRUST_SIG_LEN];
	size_t head = 0, n = 0;

	if (!trust_encode_header(trust_alg(d->signer.alg), &d->id, s->header, sizeof s->header,
				 &head) ||
	    !trust_encode_to_sign(purpose, trec_bytes(s->header, head), claims, to_sign, &n) ||
	    d->signer.sign(d->signer.ctx, trec_bytes(to_sign, n), s->sig, sizeof s->sig, &n) !=
		    TREC_OK)
		return false;
	if (d->signer.alg == TREC_KEY_P256) {
		if (crypto_ecdsa_to_raw(trec_bytes(s->sig, n), raw) != TREC_OK)
			return false;
		memcpy(s->sig, raw, sizeof raw);
	}
	out->header = trec_bytes(s->header, head);
	out->signature = trec_bytes(s->sig, TRUST_SIG_LEN);
	return true;
}

/* The claims with good headers and good signatures. */
static size_t wrap(struct trec_bytes claims, enum trust_kind kind, const char *purpose,
		   uint8_t *out, size_t cap)
{
	struct sealed sealed[2];
	struct trust_parts p = { .payload = claims };
	size_t n = 0;

	if (!seal(issuer, purpose, claims, &sealed[0], &p.issuer) ||
	    (kind == TRUST_SUCCESSION &&
	     !seal(successor, TRUST_PURPOSE_SUCCESSION_NEW, claims, &sealed[1], &p.subject)))
		return 0;
	return trust_encode(&p, out, cap, &n) ? n : 0;
}

static bool all_seen(void *ctx, const struct trec_id *iss, const uint8_t *cti)
{
	(void)ctx;
	(void)iss;
	(void)cti;
	return true;
}

/* ---- what must hold ---------------------------------------------------------------------- */

/* What was accepted is written again to the same bytes. */
static void same_again(const struct trust_claims *c, enum trust_kind kind, struct trec_bytes in)
{
	uint8_t claims[TRUST_STATEMENT_MAX], made[TRUST_STATEMENT_MAX];
	size_t n = 0;

	if (issuer->signer.alg == TREC_KEY_P256 ||
	    (kind == TRUST_SUCCESSION && !same_id(&c->sub, &devices[ST_SUB].id)))
		return; /* no two P-256 signatures are the same */
	successor = &devices[ST_SUB];
	fuzz_must(trust_encode_claims(kind, c, claims, sizeof claims, &n), "claims are written");
	n = wrap(trec_bytes(claims, n), kind, trust_kind_text(kind), made, sizeof made);
	fuzz_must(trec_bytes_equal(in, trec_bytes(made, n)), "signed anew, the same statement");
}

static void holds_for_key(const struct trust_claims *c, enum trust_kind kind, struct trec_bytes in)
{
	struct crypto_cert cert;
	struct trust_parts p;
	struct trec_bytes spki = trec_bytes(c->spki, c->spki_len);
	struct trec_bytes sig;
	uint8_t to_sign[TRUST_TO_SIGN_MAX], der[TREC_SIG_MAX];
	struct trec_id id;
	size_t n = 0;

	fuzz_must(crypto_spki_check(spki, NULL, &id) == TREC_OK && same_id(&id, &c->sub),
		  "the subject is the id of the key");
	fuzz_must(crypto_cert_parse(c->cert, &cert) == TREC_OK && trec_bytes_equal(cert.spki, spki),
		  "the certificate is of the key");
	if (kind != TRUST_SUCCESSION)
		return;
	fuzz_must(trust_decode(kind, in, &p) && same_id(&p.subject.kid, &id) &&
			  trust_encode_to_sign("succession-new", p.subject.header, p.payload,
					       to_sign, &n),
		  "signed by the new key");
	sig = p.subject.signature;
	if (spki.n == TREC_SPKI_MAX) {
		size_t len = 0;

		fuzz_must(crypto_ecdsa_from_raw(sig.p, der, &len) == TREC_OK,
			  "signed by the new key");
		sig = trec_bytes(der, len);
	}
	fuzz_must(crypto_verify(spki, trec_bytes(to_sign, n), sig) == TREC_OK,
		  "signed by the new key");
	fuzz_must(c->exp == 0 && c->sequence > 0 &&
			  (!clock_trusted || c->iat - TRUST_AHEAD_MAX_S <= ST_NOW),
		  "a succession without end, not ahead");
}

static void holds(const struct trust_claims *c, const struct trust_expect *e, struct trec_bytes in)
{
	bool self = same_id(&c->sub, &c->iss);

	fuzz_must(same_id(&c->iss, &issuer->id), "issued by the issuer");
	if (e->kind == TRUST_REVOKE || e->kind == TRUST_INTRODUCTION)
		fuzz_must(same_id(&c->aud, &own->id), "meant for us");
	if (e->kind == TRUST_REVOKE)
		fuzz_must(self, "a revoke is about its issuer");
	else if (e->kind == TRUST_TOMBSTONE)
		fuzz_must(!same_id(&c->sub, &own->id), "a tombstone not about us");
	else
		fuzz_must(!self, "about another key than the issuer's");
	if (e->kind == TRUST_INTRODUCTION || e->kind == TRUST_SUCCESSION)
		holds_for_key(c, e->kind, in);
	if (e->kind == TRUST_INTRODUCTION)
		fuzz_must(c->has_nonce == (e->nonce != NULL) &&
				  (!c->has_nonce || memcmp(c->nonce, nonce, sizeof nonce) == 0),
			  "an answer to our nonce, or to none");
	if ((e->kind == TRUST_REVOKE && e->own_session) || c->has_nonce ||
	    e->kind == TRUST_SUCCESSION)
		return;
	fuzz_must(clock_trusted && c->iat > 0 && c->iat <= ST_NOW + TRUST_AHEAD_MAX_S &&
			  c->exp > ST_NOW && c->exp - c->iat <= TRUST_LIFE_S,
		  "in its time");
}

/* Peeking says what is claimed, and says it of all that is accepted. */
static void peeked(struct trec_bytes in, enum trust_kind kind, const struct trust_claims *c)
{
	struct trec_id iss, sub, aud;
	bool fine = trust_peek(in, kind, &iss, &sub, &aud);

	if (c != NULL)
		fuzz_must(fine && same_id(&iss, &c->iss) && same_id(&sub, &c->sub) &&
				  same_id(&aud, &c->aud),
			  "peeking says the same");
	fuzz_must(fine || (fuzz_is_zero(&iss, sizeof iss) && fuzz_is_zero(&sub, sizeof sub) &&
			   fuzz_is_zero(&aud, sizeof aud)),
		  "peeking in vain leaves nothing");
}

static void expect(const uint8_t head[ST_HEAD], struct trust_expect *e)
{
	bool slow = (head[1] & ST_SLOW) != 0;

	issuer = &devices[slow && (head[0] & ST_P256) != 0 ? ST_ISSUER_P256 : ST_ISSUER];
	successor = &devices[slow && (head[1] & ST_SUB_P256) != 0 ? ST_SUBJECT_P256 : ST_SUB];
	clock_trusted = (head[0] & ST_CLOCK) != 0;
	*e = (struct trust_expect){
		.kind = (enum trust_kind)(head[0] & ST_KIND),
		.issuer_spki = spki_of(issuer),
		.me = own->id,
		.own_session = (head[0] & ST_SESSION) != 0,
		.nonce = (head[1] & ST_NONCE) != 0 ? nonce : NULL,
		.seen = (head[0] & ST_SEEN) != 0 ? all_seen : NULL,
	};
	if ((head[0] & ST_NO_KEY) != 0)
		e->issuer_spki.n--;
	else if ((head[1] & ST_RECORD) != 0)
		e->issuer_spki.n = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t made[TRUST_STATEMENT_MAX];
	struct trust_expect e;
	struct trust_claims c;

	if (devices[0].signer.spki_len == 0)
		start();
	if (n < ST_HEAD)
		return 0;
	struct trec_bytes in = trec_bytes(data + ST_HEAD, n - ST_HEAD);
	bool to_sign = (data[0] & ST_SIGN) != 0;
	bool other = to_sign && (data[1] & ST_OTHER) != 0;

	expect(data, &e);
	if (to_sign)
		in = trec_bytes(made, wrap(in, e.kind,
					   trust_kind_text((enum trust_kind)((e.kind + other) % 4)),
					   made, sizeof made));
	memset(&c, 0x77, sizeof c);
	enum trust_verdict v = trust_verify(&env, in, &e, &c);

	fuzz_must(v != TRUST_FAILED, "it can be judged");
	fuzz_must(*trust_verdict_text(v) != '\0', "there is a reason");
	peeked(in, e.kind, v == TRUST_ACCEPTED ? &c : NULL);
	if (v != TRUST_ACCEPTED) {
		fuzz_must(fuzz_is_zero(&c, sizeof c), "nothing is left");
		return 0;
	}
	fuzz_must((data[0] & (ST_SEEN | ST_NO_KEY)) == 0 && !other,
		  "not from nobody, nor twice, nor of another kind");
	if ((data[1] & ST_RECORD) != 0) {
		fuzz_must(e.kind == TRUST_SUCCESSION, "no record, no trust");
		if (!same_id(&c.iss, &issuer->id))
			return 0; /* of a stranger to us: true, and of no use */
	}
	holds(&c, &e, in);
	if (!to_sign)
		same_again(&c, e.kind, in);
	return 0;
}
