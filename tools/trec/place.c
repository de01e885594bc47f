/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds and opens the store; see place.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/trec/place.h"

static trec_err set_path(char out[PLACE_PATH_MAX], const char *a, const char *b, struct failure *f)
{
	int n = snprintf(out, PLACE_PATH_MAX, "%s%s", a, b);

	if (n > 0 && n < PLACE_PATH_MAX)
		return TREC_OK;
	return fail(f, TREC_E_USAGE, "the path of the store is too long");
}

trec_err place_find(const char *option, char out[PLACE_PATH_MAX], struct failure *f)
{
	const char *store = getenv("TREC_STORE");
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");

	if (option)
		return set_path(out, option, "", f);
	if (store && *store)
		return set_path(out, store, "", f);
	if (geteuid() == 0)
		return set_path(out, "/var/lib/trec", "", f);
	if (data && *data == '/')
		return set_path(out, data, "/trec", f);
	if (home && *home == '/')
		return set_path(out, home, "/.local/share/trec", f);
	fail(f, TREC_E_USAGE, "no store is named and HOME is not set");
	fail_hint(f, "give --store DIR or set TREC_STORE");
	return f->err;
}

trec_err place_passphrase(const char *file, bool fresh, struct secret *out, struct failure *f)
{
	static const char usage[] = "give --passphrase-file FILE or set TREC_PASSPHRASE_FILE";
	const char *from_env = getenv("TREC_PASSPHRASE_FILE");
	struct secret again = { .n = 0 };
	trec_err err;

	if (!file && from_env && *from_env)
		file = from_env;
	if (file) {
		err = secret_from_file(out, file, "passphrase", TREC_E_USAGE, f);
		if (!err && out->n > TREC_PASSPHRASE_MAX)
			err = fail(f, TREC_E_USAGE, "the passphrase in %s is longer than %d bytes",
				   file, TREC_PASSPHRASE_MAX);
		return err;
	}
	err = secret_from_prompt(out, "passphrase of the store", usage, f);
	if (err || !fresh)
		return err;
	err = secret_from_prompt(&again, "the same once more", usage, f);
	if (!err && strcmp(out->text, again.text) != 0)
		err = fail(f, TREC_E_USAGE, "the two passphrases differ");
	secret_wipe(&again);
	return err;
}

trec_err place_failure(struct failure *f, trec_err err, const char *dir, const char *why)
{
	if (err == TREC_OK)
		return TREC_OK;
	if (why && *why)
		return fail(f, err, "%s", why);
	fail(f, err, "%s: %s", dir, trec_err_text(err));
	if (err == TREC_E_NO_STORE)
		fail_hint(f, "run `trec init`, or name the store with --store DIR");
	return err;
}

trec_err place_open(const struct trec_env *env, const char *dir, struct trec_keystore **out,
		    struct failure *f)
{
	char why[TREC_WHY_LEN] = "";
	struct trec_keystore_options options = { .dir = dir, .why = why };
	trec_provider provider = TREC_PROVIDER_KEYFILE;
	struct secret passphrase = { .n = 0 };
	trec_err err = trec_keystore_peek(env, &options, &provider);

	*out = NULL;
	if (err)
		return place_failure(f, err, dir, why);
	if (provider == TREC_PROVIDER_PASSPHRASE) {
		err = place_passphrase(NULL, false, &passphrase, f);
		if (err) {
			secret_wipe(&passphrase);
			return err;
		}
		options.passphrase = trec_bytes(passphrase.text, passphrase.n);
	}
	err = trec_keystore_open(env, &options, out);
	secret_wipe(&passphrase);
	return place_failure(f, err, dir, why);
}
