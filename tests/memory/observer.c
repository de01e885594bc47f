/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: to search another process's memory for its secrets, a test has to know them.
 * This peer pairs with a daemon like any other and writes down what both ends computed: every
 * value that passes the key schedule is caught at the calls that make it (the link wraps them).
 *
 *   observer pair STORE URI SECRET-FILE     pairs with the PIN or code in the file
 *   observer await STORE pin|code FILE      opens a window, writes its secret to FILE, prints
 *                                           "uri URI" and lets one device pair
 *   observer keys STORE                     tells the private key of a store that nobody uses
 *
 * Secrets go to stdout, one a line: "text NAME HEX" for what people type, "key NAME HEX" for the
 * rest; tests/memory/memscan reads that.
 */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <trec/trec.h>

#include "keystore/keystore.h"
#include "proto/pake/transcript.h"

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/wolfcrypt/hash.h>

#define WAIT_MS 60000
#define LABEL_MAX 64

static bool telling; /* not while the self test runs its public vector */

static void tell(const char *kind, const char *name, const void *p, size_t n)
{
	const uint8_t *b = p;

	if (!telling)
		return;
	printf("%s %s ", kind, name);
	for (size_t i = 0; i < n; i++)
		printf("%02x", b[i]);
	printf("\n");
}

/* ---- what passes the key schedule -------------------------------------------------------- */

trec_err __real_pake_stretch(const struct trec_env *env, struct trec_bytes pin,
			     const struct pake_params *params, const struct pake_ids *ids,
			     struct pake_scalars *out);
trec_err __wrap_pake_stretch(const struct trec_env *env, struct trec_bytes pin,
			     const struct pake_params *params, const struct pake_ids *ids,
			     struct pake_scalars *out);
trec_err __real_crypto_hkdf_extract(struct trec_bytes salt, struct trec_bytes ikm, uint8_t *prk);
trec_err __wrap_crypto_hkdf_extract(struct trec_bytes salt, struct trec_bytes ikm, uint8_t *prk);
trec_err __real_crypto_hkdf_expand(struct trec_bytes prk, struct trec_bytes info, uint8_t *out,
				   size_t n);
trec_err __wrap_crypto_hkdf_expand(struct trec_bytes prk, struct trec_bytes info, uint8_t *out,
				   size_t n);

trec_err __wrap_pake_stretch(const struct trec_env *env, struct trec_bytes pin,
			     const struct pake_params *params, const struct pake_ids *ids,
			     struct pake_scalars *out)
{
	trec_err err = __real_pake_stretch(env, pin, params, ids, out);

	tell("text", "PIN", pin.p, pin.n);
	tell("key", "w0", out->w0, sizeof out->w0);
	tell("key", "w1", out->w1, sizeof out->w1);
	return err;
}

/* The salts tell the steps apart: RFC 9383 3.4 has none, RFC 9258 zeros, a code its name. */
trec_err __wrap_crypto_hkdf_extract(struct trec_bytes salt, struct trec_bytes ikm, uint8_t *prk)
{
	trec_err err = __real_crypto_hkdf_extract(salt, ikm, prk);

	if (salt.n == 0) {
		tell("key", "K_main", ikm.p, ikm.n);
		tell("key", "PRK", prk, CRYPTO_SHA256_LEN);
	} else if (salt.p[0] == 0) {
		tell("key", "epskx", prk, CRYPTO_SHA256_LEN);
	} else {
		tell("key", "code-secret", ikm.p, ikm.n);
		tell("key", "K_code", prk, CRYPTO_SHA256_LEN);
	}
	return err;
}

static bool about(struct trec_bytes info, const char *text)
{
	return memmem(info.p, info.n, text, strlen(text)) != NULL;
}

trec_err __wrap_crypto_hkdf_expand(struct trec_bytes prk, struct trec_bytes info, uint8_t *out,
				   size_t n)
{
	static const struct {
		const char *info, *name;
	} rows[] = { { "SharedKey", "K_shared" },
		     { "trec epsk", "epsk" },
		     { "trec channel confirm", "K_cc" },
		     { "derived psk", "ipsk" } };
	trec_err err = __real_crypto_hkdf_expand(prk, info, out, n);

	if (about(info, "ConfirmationKeys")) {
		tell("key", "K_confirmP", out, n / 2);
		tell("key", "K_confirmV", out + n / 2, n / 2);
	}
	for (size_t i = 0; i < BASE_COUNT(rows); i++)
		if (about(info, rows[i].info))
			tell("key", rows[i].name, out, n);
	return err;
}

/* ---- the peer ---------------------------------------------------------------------------- */

static bool yes(void *ctx, const struct trec_consent *consent)
{
	(void)ctx;
	(void)consent;
	return true;
}

/* Runs one pairing over a link, which it takes over. */
static trec_err run(const struct trec_env *env, enum trec_pairing_role role,
		    struct trec_pairing_options *how, struct trec_link **link)
{
	struct trec_pairing *pairing = NULL;
	struct trec_wire *wire = NULL;
	trec_err err = trec_wire_new(env, link, &wire);

	how->env = env;
	if (!err)
		err = trec_pairing_new(role, how, &pairing);
	if (!err)
		err = trec_pair_blocking(wire, pairing, yes, NULL);
	trec_pairing_free(&pairing);
	trec_wire_free(&wire);
	return err;
}

static trec_err pair(const struct trec_env *env, struct trec_store *store, const char *uri,
		     const char *path)
{
	char secret[TREC_CODE_TEXT_MAX + 2] = "";
	struct trec_pairing_options how = { .store = store, .secret = secret, .peer = uri };
	struct trec_link *link = NULL;
	FILE *f = fopen(path, "r");

	if (f == NULL || fgets(secret, sizeof secret, f) == NULL)
		return TREC_E_IO;
	fclose(f);
	secret[strcspn(secret, "\n")] = '\0';
	tell("text", "secret", secret, strlen(secret));
	trec_err err = trec_link_connect(env, uri, &link);

	return err ? err : run(env, TREC_PAIRING_INITIATOR, &how, &link);
}

static trec_err open_window(const struct trec_env *env, struct trec_store *store, bool code,
			    const char *path, struct trec_window *window)
{
	struct trec_opening_options how = { .env = env,
					    .store = store,
					    .method = code ? TREC_METHOD_CODE : TREC_METHOD_PIN,
					    .digits = code ? 0 : TREC_PIN_MAX };
	struct trec_opening *opening = NULL;
	trec_err err = trec_opening_new(&how, &opening);
	FILE *f = fopen(path, "w");

	if (!err && f == NULL)
		err = TREC_E_IO;
	if (!err)
		err = trec_opening_perform(opening);
	if (!err) {
		const char *text = trec_opening_secret(opening);

		tell("text", "secret", text, strlen(text));
		fprintf(f, "%s\n", text);
		err = trec_window_open(window, &opening);
	}
	if (f != NULL && fclose(f) != 0 && !err)
		err = TREC_E_IO;
	trec_opening_free(&opening);
	return err;
}

static trec_err await(const struct trec_env *env, struct trec_store *store, const char *method,
		      const char *path)
{
	struct trec_listener *listener = NULL;
	struct trec_window *window = NULL;
	struct trec_link *link = NULL;
	char uri[TREC_URI_MAX + 1];
	trec_err err = trec_window_new(env, store, &window);
	struct trec_pairing_options how = { .store = store, .window = window };

	if (!err)
		err = trec_listen(env, "tcp://127.0.0.1:0", &listener);
	if (!err)
		err = open_window(env, store, strcmp(method, "code") == 0, path, window);
	if (!err) {
		trec_listener_uri(listener, uri);
		printf("uri %s\n", uri);
		err = trec_accept_blocking(env, listener, WAIT_MS, &link);
	}
	if (!err)
		err = run(env, TREC_PAIRING_RESPONDER, &how, &link);
	trec_listener_free(&listener);
	trec_window_free(&window);
	return err;
}

/* Ed25519 signs with a hash of the seed: its halves are as good as the seed (RFC 8032 5.1.5). */
static trec_err keys(struct trec_keystore *ks)
{
	const uint8_t *secret = crypto_key_secret(ks->own.key);
	uint8_t hash[WC_SHA512_DIGEST_SIZE];

	tell("key", "own-key", secret, CRYPTO_KEY_LEN);
	if (ks->own.signer.alg == TREC_KEY_P256)
		return TREC_OK;
	if (wc_Sha512Hash(secret, CRYPTO_KEY_LEN, hash) != 0)
		return TREC_E_CRYPTO;
	hash[0] &= 248;
	hash[31] = (hash[31] & 63) | 64;
	tell("key", "own-scalar", hash, 32);
	tell("key", "own-prefix", hash + 32, 32);
	return TREC_OK;
}

int main(int argc, char **argv)
{
	const struct trec_env *env = trec_env_default();
	struct trec_keystore_options where = { .dir = argc > 2 ? argv[2] : "" };
	struct trec_keystore *ks = NULL;
	trec_err err = TREC_E_USAGE;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 2)
		err = trec_keystore_open(env, &where, &ks);
	if (!err)
		err = pake_ready();
	telling = true;
	if (!err && argc == 5 && strcmp(argv[1], "pair") == 0)
		err = pair(env, trec_keystore_store(ks), argv[3], argv[4]);
	else if (!err && argc == 5 && strcmp(argv[1], "await") == 0)
		err = await(env, trec_keystore_store(ks), argv[3], argv[4]);
	else if (!err && argc == 3 && strcmp(argv[1], "keys") == 0)
		err = keys(ks);
	else if (!err)
		err = TREC_E_USAGE;
	trec_keystore_close(&ks);
	if (err)
		fprintf(stderr, "observer: %s\n", trec_err_text(err));
	return (int)trec_err_class(err);
}
