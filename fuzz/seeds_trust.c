/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See seeds.h: statements of every kind, and claims for every verdict. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/seeds.h"
#include "fuzz/statement.h"
#include "proto/base/base.h"

struct device {
	struct crypto_key *key;
	struct trec_signer signer;
	struct trec_id id;
	uint8_t cert[TREC_CERT_MAX];
	size_t cert_len;
};

static struct trec_env env;
static struct device devices[ST_KEYS];
static uint8_t nonce[TRUST_NONCE_LEN];

static void must(bool holds)
{
	if (!holds)
		abort();
}

static int64_t wall(void *ctx, bool *trusted)
{
	(void)ctx;
	*trusted = true;
	return ST_NOW;
}

static struct trec_bytes cert_of(const struct device *d)
{
	return trec_bytes(d->cert, d->cert_len);
}

static void put(struct seeds *o, const char *name, unsigned first, unsigned second,
		struct trec_bytes body)
{
	uint8_t head[ST_HEAD] = { (uint8_t)(first | ST_CLOCK), (uint8_t)second };

	if ((first & ST_P256) != 0 || (second & ST_SUB_P256) != 0)
		head[1] |= ST_SLOW;
	seeds_put(o, "statement", name, trec_bytes(head, sizeof head), body);
}

static void put_claims(struct seeds *o, const char *name, const struct trust_claims *c,
		       unsigned first, unsigned second)
{
	uint8_t claims[TRUST_STATEMENT_MAX];
	char whole[64] = "claims-";
	size_t n = 0;

	strcat(whole, name);
	must(trust_encode_claims((enum trust_kind)(first & ST_KIND), c, claims, sizeof claims, &n));
	put(o, whole, first | ST_SIGN, second, trec_bytes(claims, n));
}

/* As it is, with a byte altered in three places, and its claims alone. */
static void put_all(struct seeds *o, const char *name, uint8_t *made, size_t n,
		    const struct trust_claims *c, unsigned first, unsigned second)
{
	static const char *const places[] = { "-header", "-claims", "-signature" };
	char altered[64];

	put(o, name, first, second, trec_bytes(made, n));
	put_claims(o, name, c, first, second);
	for (size_t i = 0; i < BASE_COUNT(places); i++) {
		size_t at = i == 0 ? 20 : i == 1 ? 80 : n - 1;

		made[at] ^= 1;
		strcpy(altered, name);
		strcat(altered, places[i]);
		put(o, altered, first, second, trec_bytes(made, n));
		made[at] ^= 1;
	}
}

/* ---- the four kinds ---------------------------------------------------------------------- */

static void short_ones(struct seeds *o, struct trust_claims *revoke)
{
	uint8_t made[TRUST_SHORT_MAX];
	struct trust_claims c;
	size_t n = 0;

	must(trust_make(&env, TRUST_REVOKE, &devices[ST_ISSUER].signer, &devices[ST_ISSUER].id,
			&devices[ST_OWN].id, made, sizeof made, &n, revoke) == TREC_OK);
	put_all(o, "revoke", made, n, revoke, TRUST_REVOKE, 0);
	must(trust_make(&env, TRUST_REVOKE, &devices[ST_ISSUER_P256].signer,
			&devices[ST_ISSUER_P256].id, &devices[ST_OWN].id, made, sizeof made, &n,
			&c) == TREC_OK);
	put_all(o, "revoke-p256", made, n, &c, TRUST_REVOKE | ST_P256, 0);
	must(trust_make(&env, TRUST_TOMBSTONE, &devices[ST_ISSUER].signer, &devices[ST_SUB].id,
			NULL, made, sizeof made, &n, &c) == TREC_OK);
	put_all(o, "tombstone", made, n, &c, TRUST_TOMBSTONE, 0);
	c.sub = devices[ST_OWN].id;
	put_claims(o, "tombstone-about-us", &c, TRUST_TOMBSTONE, 0);
}

static void introductions(struct seeds *o, struct trust_claims *carried)
{
	struct msg_rights rights = { .count = 2, .name = { "introduce", "service:*" } };
	struct msg_hints hints = { .count = 1, .uri = { "tcp://192.0.2.7:7443" } };
	struct trust_introduction what = { .aud = devices[ST_OWN].id,
					   .cert = cert_of(&devices[ST_SUB]),
					   .name = "lamp",
					   .kind = "lamp",
					   .rights = &rights,
					   .hints = &hints };
	uint8_t made[TRUST_STATEMENT_MAX];
	struct trust_claims c;
	size_t n = 0;

	must(trust_make_introduction(&env, &devices[ST_ISSUER].signer, &what, made, sizeof made, &n,
				     carried) == TREC_OK);
	put_all(o, "introduction", made, n, carried, TRUST_INTRODUCTION, 0);
	what.nonce = nonce;
	what.cert = cert_of(&devices[ST_SUBJECT_P256]);
	must(trust_make_introduction(&env, &devices[ST_ISSUER].signer, &what, made, sizeof made, &n,
				     &c) == TREC_OK);
	put_all(o, "introduction-online", made, n, &c, TRUST_INTRODUCTION, ST_NONCE);
	put_claims(o, "introduction-unasked", &c, TRUST_INTRODUCTION, 0);
	c.nonce[0] ^= 1;
	put_claims(o, "introduction-other-nonce", &c, TRUST_INTRODUCTION, ST_NONCE);
	put_claims(o, "introduction-no-nonce", carried, TRUST_INTRODUCTION, ST_NONCE);
}

static void successions(struct seeds *o, struct trust_claims *c)
{
	uint8_t made[TRUST_STATEMENT_MAX];
	struct trust_claims p256;
	size_t n = 0;

	must(trust_make_succession(&env, &devices[ST_ISSUER].signer, &devices[ST_SUB].signer,
				   cert_of(&devices[ST_SUB]), 1, made, sizeof made, &n,
				   c) == TREC_OK);
	put_all(o, "succession", made, n, c, TRUST_SUCCESSION, 0);
	put(o, "succession-no-record", TRUST_SUCCESSION, ST_RECORD, trec_bytes(made, n));
	must(trust_make_succession(&env, &devices[ST_ISSUER_P256].signer,
				   &devices[ST_SUBJECT_P256].signer,
				   cert_of(&devices[ST_SUBJECT_P256]), 1000000, made, sizeof made,
				   &n, &p256) == TREC_OK);
	put_all(o, "succession-p256", made, n, &p256, TRUST_SUCCESSION | ST_P256, ST_SUB_P256);
	put_claims(o, "succession-other-successor", &p256, TRUST_SUCCESSION | ST_P256, 0);
}

/* ---- every verdict ----------------------------------------------------------------------- */

static void verdicts(struct seeds *o, const struct trust_claims *good, unsigned kind)
{
	static const char *const names[] = { "audience", "subject", "not-yet", "expired",
					     "life",     "no-iat",  "issuer",  "certificate",
					     "key",      "itself",  "brought" };
	char name[64];

	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		struct trust_claims c = *good;

		switch (i) {
		case 0: c.aud = devices[ST_SUB].id; break;
		case 1: c.sub = devices[ST_SUBJECT_P256].id; break;
		case 2: c.iat += 10000, c.exp += kind == TRUST_SUCCESSION ? 0 : 10000; break;
		case 3: c.iat -= TRUST_LIFE_S, c.exp = c.iat + 10; break;
		case 4: c.exp += 1000; break;
		case 5: c.iat = 0; break;
		case 6: c.iss = devices[ST_OWN].id; break;
		case 7: c.cert = cert_of(&devices[ST_OWN]); break;
		case 8: c.spki[c.spki_len > 0 ? c.spki_len - 1 : 0] ^= 1; break;
		case 9: c.sub = c.iss; break;
		default: c.issuer_spki[20] ^= 1;
		}
		strcpy(name, trust_kind_text((enum trust_kind)kind));
		strcat(name, "-");
		strcat(name, names[i]);
		put_claims(o, name, &c, kind, 0);
	}
	strcpy(name, trust_kind_text((enum trust_kind)kind));
	char *end = name + strlen(name);

	strcpy(end, "-seen");
	put_claims(o, name, good, kind | ST_SEEN, 0);
	strcpy(end, "-no-key");
	put_claims(o, name, good, kind | ST_NO_KEY, 0);
	strcpy(end, "-own-session");
	put_claims(o, name, good, kind | ST_SESSION, 0);
	strcpy(end, "-other-kind");
	put_claims(o, name, good, kind, ST_OTHER);
	strcpy(end, "-other-algorithm");
	put_claims(o, name, good, kind | ST_P256, 0);
}

void seeds_trust(struct seeds *o)
{
	struct trust_claims revoke, introduction, succession;

	env = *trec_env_default();
	env.wall_s = wall;
	memset(nonce, ST_NONCE_BYTE, sizeof nonce);
	for (int i = 0; i < ST_KEYS; i++) {
		uint8_t secret[CRYPTO_KEY_LEN] = { (uint8_t)(i + 1) };
		struct device *d = &devices[i];

		must(crypto_key_import(&env, st_alg(i), secret, &d->key) == TREC_OK);
		crypto_key_signer(d->key, &d->signer);
		must(crypto_spki_check(trec_bytes(d->signer.spki, d->signer.spki_len), NULL,
				       &d->id) == TREC_OK &&
		     crypto_cert_make(&env, &d->signer, NULL, d->cert, sizeof d->cert,
				      &d->cert_len) == TREC_OK);
	}
	short_ones(o, &revoke);
	introductions(o, &introduction);
	successions(o, &succession);
	verdicts(o, &revoke, TRUST_REVOKE);
	verdicts(o, &introduction, TRUST_INTRODUCTION);
	verdicts(o, &succession, TRUST_SUCCESSION);
	for (int i = 0; i < ST_KEYS; i++)
		crypto_key_free(&devices[i].key);
}
