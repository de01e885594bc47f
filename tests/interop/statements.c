/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The library's statements for programs that are not ours; bytes in hex, "-" for none:
 *	statements make [SEED]	vectors, one "name = value" a line: every kind, from and about both
 *				kinds of key, and some that must be refused. SEED gives other keys.
 *	statements judge	reads lines "KIND ISSUER_SPKI ME NOW NONCE STATEMENT" and prints the
 *				verdict of each; NOW "-": no trusted clock
 *	statements text		reads lines of bundles, prints each as text
 *	statements bytes	the other way round; "refused" if it is none
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"
#include "proto/codec/bundle.h"
#include "proto/trust/statement.h"

#define NOW INT64_C(1767225600) /* 2026-01-01 */
#define LINE_MAX_LEN 65536

#define MUST(call)                                                                                 \
	do {                                                                                       \
		trec_err e_ = (call);                                                              \
		if (e_ != TREC_OK) {                                                               \
			fprintf(stderr, "%s: %s\n", #call, trec_err_name(e_));                     \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static struct trec_env env;
static uint8_t next_random;
static int64_t now_s = NOW;
static bool trusted_clock = true;

static trec_err counted(void *ctx, uint8_t *out, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(next_random + i);
	next_random++;
	return TREC_OK;
}

static int64_t wall(void *ctx, bool *trusted)
{
	(void)ctx;
	*trusted = trusted_clock;
	return now_s;
}

static const char *verdict_name(enum trust_verdict v)
{
	static const char *const names[TRUST_VERDICT_COUNT] = {
#define ROW(id, text) [TRUST_##id] = #id,
		TRUST_VERDICT_LIST(ROW)
#undef ROW
	};

	return names[v];
}

static void put(const char *name, const uint8_t *p, size_t n)
{
	printf("%s = ", name);
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
	printf("%s\n", n == 0 ? "-" : "");
}

/* ---- making ------------------------------------------------------------------------------ */

struct device {
	struct crypto_key *key;
	struct trec_signer signer;
	struct trec_id id;
	uint8_t cert[TREC_CERT_MAX];
	size_t cert_len;
};

enum { ALICE, BOB, CAROL, PAUL, PETRA, DEVICES };

/* Alice, Bob and Carol have Ed25519 keys, Paul and Petra P-256. */
static struct device devices[DEVICES];
static uint8_t nonce[TRUST_NONCE_LEN];

static void make_devices(uint8_t seed)
{
	for (size_t i = 0; i < DEVICES; i++) {
		struct device *d = &devices[i];
		uint8_t secret[CRYPTO_KEY_LEN];

		memset(secret, (int)(seed + i), sizeof secret);
		MUST(crypto_key_import(&env, i < PAUL ? TREC_KEY_ED25519 : TREC_KEY_P256, secret,
				       &d->key));
		crypto_key_signer(d->key, &d->signer);
		MUST(crypto_spki_check(trec_bytes(d->signer.spki, d->signer.spki_len), NULL,
				       &d->id));
		MUST(crypto_cert_make(&env, &d->signer, NULL, d->cert, sizeof d->cert,
				      &d->cert_len));
	}
}

/* What a vector says beside the statement. */
static void print(const char *name, enum trust_kind kind, size_t iss, size_t sub,
		  const uint8_t *with_nonce, struct trec_bytes statement, const char *verdict)
{
	printf("\nvector %s\nkind = %s\n", name, trust_kind_text(kind));
	put("issuer_spki", devices[iss].signer.spki, devices[iss].signer.spki_len);
	put("me", devices[BOB].id.b, TREC_ID_LEN);
	printf("now = %" PRId64 "\n", NOW);
	put("nonce", with_nonce, with_nonce != NULL ? TRUST_NONCE_LEN : 0);
	put("iss", devices[iss].id.b, TREC_ID_LEN);
	put("sub", devices[sub].id.b, TREC_ID_LEN);
	put("statement", statement.p, statement.n);
	printf("verdict = %s\n", verdict);
}

static size_t introduce(size_t iss, size_t sub, const uint8_t *with_nonce, uint8_t *out)
{
	struct msg_rights rights = { .count = 2, .name = { "service:echo", "service:log" } };
	struct msg_hints hints = { .count = 1, .uri = { "tcp://192.0.2.7:7443" } };
	struct trust_introduction what = {
		.aud = devices[BOB].id,
		.cert = trec_bytes(devices[sub].cert, devices[sub].cert_len),
		.name = "Lampe im Flur \xc3\xbc",
		.kind = "lamp",
		.rights = &rights,
		.hints = &hints,
		.nonce = with_nonce,
	};
	size_t n = 0;

	MUST(trust_make_introduction(&env, &devices[iss].signer, &what, out, TRUST_STATEMENT_MAX,
				     &n, NULL));
	return n;
}

static size_t succeed(size_t old, size_t now, uint8_t *out)
{
	size_t n = 0;

	MUST(trust_make_succession(&env, &devices[old].signer, &devices[now].signer,
				   trec_bytes(devices[now].cert, devices[now].cert_len), 3, out,
				   TRUST_STATEMENT_MAX, &n, NULL));
	return n;
}

static void print_bundle(enum bundle_kind kind, struct trec_bytes statement)
{
	struct bundle b = { .kind = kind, .item = { statement }, .count = 1 };
	uint8_t bytes[BUNDLE_CARRIED_MAX];
	char text[BUNDLE_TEXT_MAX + 1];
	size_t n = 0;

	MUST(bundle_encode(&b, bytes, sizeof bytes, &n));
	put("bundle", bytes, n);
	MUST(bundle_to_text(trec_bytes(bytes, n), text, sizeof text, &n));
	printf("text = %s\n", text);
}

static void print_short(void)
{
	static const struct {
		const char *name;
		enum trust_kind kind;
		size_t iss, sub;
	} row[] = {
		{ "revoke/ed25519", TRUST_REVOKE, ALICE, ALICE },
		{ "revoke/p256", TRUST_REVOKE, PAUL, PAUL },
		{ "tombstone/ed25519", TRUST_TOMBSTONE, ALICE, PETRA },
		{ "tombstone/p256", TRUST_TOMBSTONE, PAUL, CAROL },
		{ "tombstone/itself", TRUST_TOMBSTONE, ALICE, ALICE },
	};
	uint8_t out[TRUST_SHORT_MAX];

	for (size_t i = 0; i < BASE_COUNT(row); i++) {
		size_t n = 0;

		MUST(trust_make(&env, row[i].kind, &devices[row[i].iss].signer,
				&devices[row[i].sub].id,
				row[i].kind == TRUST_REVOKE ? &devices[BOB].id : NULL, out,
				sizeof out, &n, NULL));
		print(row[i].name, row[i].kind, row[i].iss, row[i].sub, NULL, trec_bytes(out, n),
		      "ACCEPTED");
		if (row[i].kind == TRUST_TOMBSTONE)
			print_bundle(BUNDLE_NOTICES, trec_bytes(out, n));
	}
}

static void print_long(void)
{
	static const struct {
		const char *name;
		size_t iss, sub;
	} row[] = {
		{ "ed25519-ed25519", ALICE, CAROL },
		{ "ed25519-p256", ALICE, PAUL },
		{ "p256-ed25519", PAUL, CAROL },
		{ "p256-p256", PAUL, PETRA },
	};
	uint8_t out[TRUST_STATEMENT_MAX];
	char name[64];

	for (size_t i = 0; i < BASE_COUNT(row); i++) {
		for (int online = 0; online < 2; online++) {
			size_t n = introduce(row[i].iss, row[i].sub, online ? nonce : NULL, out);

			snprintf(name, sizeof name, "introduction/%s%s", row[i].name,
				 online ? "/online" : "");
			print(name, TRUST_INTRODUCTION, row[i].iss, row[i].sub,
			      online ? nonce : NULL, trec_bytes(out, n), "ACCEPTED");
			if (!online)
				print_bundle(BUNDLE_INTRODUCTIONS, trec_bytes(out, n));
		}
		struct trec_bytes pair = trec_bytes(out, succeed(row[i].iss, row[i].sub, out));

		snprintf(name, sizeof name, "succession/%s", row[i].name);
		print(name, TRUST_SUCCESSION, row[i].iss, row[i].sub, NULL, pair, "ACCEPTED");
		print_bundle(BUNDLE_SUCCESSIONS, pair);
	}
}

/* Well made, but not for this reader, this question or this kind. */
static void print_refused(void)
{
	uint8_t out[TRUST_STATEMENT_MAX];
	size_t n = introduce(ALICE, CAROL, nonce, out);

	print("refused/nonce", TRUST_INTRODUCTION, ALICE, CAROL, NULL, trec_bytes(out, n), "NONCE");
	n = introduce(ALICE, ALICE, NULL, out);
	print("refused/subject", TRUST_INTRODUCTION, ALICE, ALICE, NULL, trec_bytes(out, n),
	      "SUBJECT");
	n = introduce(ALICE, CAROL, NULL, out);
	print("refused/issuer", TRUST_INTRODUCTION, PAUL, CAROL, NULL, trec_bytes(out, n),
	      "ISSUER");
	out[n - 1] ^= 0x01;
	print("refused/signature", TRUST_INTRODUCTION, ALICE, CAROL, NULL, trec_bytes(out, n),
	      "SIGNATURE");
	print("refused/size", TRUST_REVOKE, ALICE, CAROL, NULL, trec_bytes(out, n), "TOO_LARGE");
	now_s = NOW - TRUST_LIFE_S;
	n = introduce(ALICE, CAROL, NULL, out);
	print("refused/expired", TRUST_INTRODUCTION, ALICE, CAROL, NULL, trec_bytes(out, n),
	      "EXPIRED");
	now_s = NOW + 301;
	n = introduce(ALICE, CAROL, NULL, out);
	print("refused/not-yet", TRUST_INTRODUCTION, ALICE, CAROL, NULL, trec_bytes(out, n),
	      "NOT_YET");
	now_s = NOW;
	MUST(trust_make(&env, TRUST_TOMBSTONE, &devices[ALICE].signer, &devices[ALICE].id, NULL,
			out, sizeof out, &n, NULL));
	print("refused/kind", TRUST_REVOKE, ALICE, ALICE, NULL, trec_bytes(out, n), "MALFORMED");
	n = succeed(ALICE, CAROL, out);
	out[n - 1] ^= 0x01;
	print("refused/successor", TRUST_SUCCESSION, ALICE, CAROL, NULL, trec_bytes(out, n),
	      "SUCCESSOR");
}

static int make(const char *seed)
{
	unsigned first = seed != NULL ? (unsigned)strtoul(seed, NULL, 10) % 250 : 0x41;

	env.random = counted;
	for (size_t i = 0; i < sizeof nonce; i++)
		nonce[i] = (uint8_t)(0xa0 + i);
	make_devices((uint8_t)first);
	printf("# Statements of docs/PROTOCOL.md, made by tests/interop/statements: each with the\n"
	       "# key and the reader it is judged for, and the verdict. ES256 signatures differ\n"
	       "# whenever they are made. Checked by tests/interop/check-statements.\n");
	print_short();
	print_long();
	print_refused();
	for (size_t i = 0; i < DEVICES; i++)
		crypto_key_free(&devices[i].key);
	return 0;
}

/* ---- judging ----------------------------------------------------------------------------- */

static char line[LINE_MAX_LEN];
static uint8_t bytes[LINE_MAX_LEN / 2];

/* A word of hex to bytes, which go one behind another; empty for "-". */
static struct trec_bytes unhex(const char *w, size_t *used)
{
	struct trec_bytes out = { bytes + *used, 0 };

	for (; w != NULL && w[0] != '\0' && w[1] != '\0'; w += 2) {
		char two[3] = { w[0], w[1], '\0' };

		bytes[*used + out.n++] = (uint8_t)strtoul(two, NULL, 16);
	}
	*used += out.n;
	return out;
}

static char *next(char **save)
{
	return strtok_r(NULL, " \n", save);
}

static void judge_line(void)
{
	static uint8_t exact[TRUST_STATEMENT_MAX + 256];
	char *save = NULL;
	const char *word = strtok_r(line, " \n", &save);
	struct trust_expect e = { 0 };
	struct trust_claims claims;
	size_t used = 0;

	for (int k = 0; word != NULL && k < TRUST_KIND_COUNT; k++)
		if (strcmp(word, trust_kind_text((enum trust_kind)k)) == 0)
			e.kind = (enum trust_kind)k;
	e.issuer_spki = unhex(next(&save), &used);
	struct trec_bytes me = unhex(next(&save), &used);
	const char *clock = next(&save);
	struct trec_bytes asked = unhex(next(&save), &used);
	struct trec_bytes statement = unhex(next(&save), &used);

	if (clock == NULL || me.n != sizeof e.me.b || statement.n > sizeof exact) {
		printf("NO_LINE\n");
		return;
	}
	memcpy(e.me.b, me.p, sizeof e.me.b);
	trusted_clock = strcmp(clock, "-") != 0;
	now_s = strtoll(clock, NULL, 10);
	e.nonce = asked.n == TRUST_NONCE_LEN ? asked.p : NULL;
	memcpy(exact, statement.p, statement.n);
	statement.p = exact;
	printf("%s\n", verdict_name(trust_verify(&env, statement, &e, &claims)));
}

static void text_line(void)
{
	static char out[BUNDLE_TEXT_MAX + 1];
	size_t used = 0;
	size_t n = 0;

	line[strcspn(line, "\n")] = '\0';
	MUST(bundle_to_text(unhex(line, &used), out, sizeof out, &n));
	printf("%s\n", out);
}

static void bytes_line(void)
{
	size_t n = 0;

	if (bundle_from_text(line, strcspn(line, "\n"), bytes, BUNDLE_CARRIED_MAX, &n) != TREC_OK) {
		printf("refused\n");
		return;
	}
	for (size_t i = 0; i < n; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	void (*each)(void) = strcmp(verb, "judge") == 0   ? judge_line
			     : strcmp(verb, "text") == 0  ? text_line
			     : strcmp(verb, "bytes") == 0 ? bytes_line
							  : NULL;
	int status = 2;

	env = *trec_env_default();
	env.wall_s = wall;
	if (crypto_init() != TREC_OK)
		return 1;
	if (strcmp(verb, "make") == 0) {
		status = make(argc > 2 ? argv[2] : NULL);
	} else if (each != NULL) {
		while (fgets(line, sizeof line, stdin) != NULL)
			each();
		status = 0;
	}
	crypto_done();
	return status;
}
