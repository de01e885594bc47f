/* SPDX-License-Identifier: GPL-3.0-or-later */
/* init, id, cert, info: the store and this device. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/trec/cli.h"

static trec_err key_alg(const struct args *a, trec_key_alg *out, struct failure *f)
{
	const char *key = args_value(a, "--key");

	*out = TREC_KEY_ED25519;
	if (!key || !strcmp(key, "ed25519"))
		return TREC_OK;
	*out = TREC_KEY_P256;
	if (!strcmp(key, "p256"))
		return TREC_OK;
	fail(f, TREC_E_USAGE, "--key %.32s is no kind of key", key);
	fail_hint(f, "write --key ed25519 or --key p256");
	return f->err;
}

static trec_err provider(const struct args *a, trec_provider *out, struct failure *f)
{
	const char *name = args_value(a, "--provider");
	const char *file = args_value(a, "--passphrase-file");

	*out = TREC_PROVIDER_KEYFILE;
	if (!name || !strcmp(name, "keyfile")) {
		if (!file)
			return TREC_OK;
		fail(f, TREC_E_USAGE, "--passphrase-file goes with --provider passphrase");
		fail_hint(f, "add --provider passphrase, or leave the file out");
		return f->err;
	}
	*out = TREC_PROVIDER_PASSPHRASE;
	if (!strcmp(name, "passphrase"))
		return TREC_OK;
	fail(f, TREC_E_USAGE, "--provider %.32s is not known", name);
	fail_hint(f, "write --provider keyfile or --provider passphrase");
	return f->err;
}

/* The host's name, made to fit. */
static void default_name(char out[TREC_NAME_MAX + 1])
{
	if (gethostname(out, TREC_NAME_MAX) != 0 || !out[0])
		(void)snprintf(out, TREC_NAME_MAX, "device");
	out[TREC_NAME_MAX] = 0;
}

static trec_err show_made(struct cli *cli, struct trec_keystore *keys, const char *dir,
			  struct failure *f)
{
	char id[TREC_ID_TEXT_LEN + 1];
	struct trec_own own;
	json_t *object;
	trec_err err = trec_keystore_store(keys)->ops->own(trec_keystore_store(keys), &own);

	if (err)
		return fail_plain(f, err);
	trec_id_to_text(&own.id, id);
	object = json_pack("{s:s, s:s, s:s, s:s}", "id", id, "name", own.name, "key",
			   own.signer->alg == TREC_KEY_P256 ? "p256" : "ed25519", "store", dir);
	out_result(&cli->out, "init", object);
	json_decref(object);
	return TREC_OK;
}

trec_err cmd_init(struct cli *cli, struct failure *f)
{
	const struct args *a = &cli->args;
	char dir[PLACE_PATH_MAX], host[TREC_NAME_MAX + 1], why[TREC_WHY_LEN] = "";
	struct trec_keystore_options o = { .dir = dir, .why = why };
	struct secret passphrase = { .n = 0 };
	const char *name = args_value(a, "--name");
	struct trec_keystore *keys = NULL;
	trec_key_alg alg = TREC_KEY_ED25519;
	trec_err err = place_find(a->store, dir, f);

	if (!err)
		err = key_alg(a, &alg, f);
	if (!err)
		err = provider(a, &o.provider, f);
	if (!err && o.provider == TREC_PROVIDER_PASSPHRASE)
		err = place_passphrase(args_value(a, "--passphrase-file"), true, &passphrase, f);
	if (err) {
		secret_wipe(&passphrase);
		return err;
	}
	o.passphrase = trec_bytes(passphrase.text, passphrase.n);
	if (!name) {
		default_name(host);
		name = host;
	}
	err = trec_keystore_create(cli->env, &o, name, alg, &keys);
	secret_wipe(&passphrase);
	if (err == TREC_E_BAD_NAME)
		return fail(f, err, "--name: a name is 1 to %d bytes of printable UTF-8",
			    TREC_NAME_MAX);
	if (err)
		return place_failure(f, err, dir, why);
	err = show_made(cli, keys, dir, f);
	trec_keystore_close(&keys);
	return err;
}

trec_err cmd_id(struct cli *cli, struct failure *f)
{
	return client_run(cli,
			  json_pack("{s:s, s:b}", "op", "id", "pem", args_has(&cli->args, "--pem")),
			  false, f);
}

trec_err cmd_cert(struct cli *cli, struct failure *f)
{
	return client_run(cli, json_pack("{s:s, s:s}", "op", "cert", "peer", cli->args.operands[0]),
			  false, f);
}

trec_err cmd_info(struct cli *cli, struct failure *f)
{
	return client_run(cli, json_pack("{s:s}", "op", "info"), false, f);
}
