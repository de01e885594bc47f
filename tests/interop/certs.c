/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The library's certificates for scripts that set foreign programs against it:
 *	certs make ed25519|p256 > DER
 *	certs read < DER          prints the id in hex, or the error's name and fails
 */
#include <stdio.h>
#include <string.h>

#include "proto/crypto/crypto.h"

static trec_err make(trec_key_alg alg)
{
	struct crypto_key *key = NULL;
	struct trec_signer signer;
	uint8_t der[TREC_CERT_MAX];
	size_t n = 0;
	trec_err err = crypto_key_generate(trec_env_default(), alg, &key);

	if (err != TREC_OK)
		return err;
	crypto_key_signer(key, &signer);
	err = crypto_cert_make(trec_env_default(), &signer, NULL, der, sizeof der, &n);
	crypto_key_free(&key);
	if (err == TREC_OK && fwrite(der, 1, n, stdout) != n)
		err = TREC_E_IO;
	return err;
}

static trec_err read_one(void)
{
	uint8_t der[TREC_CERT_MAX + 1];
	size_t n = fread(der, 1, sizeof der, stdin);
	struct crypto_cert cert;
	trec_err err = crypto_cert_parse(trec_bytes(der, n), &cert);

	if (err != TREC_OK)
		return err;
	for (size_t i = 0; i < sizeof cert.id.b; i++)
		printf("%02x", cert.id.b[i]);
	printf("\n");
	return TREC_OK;
}

int main(int argc, char **argv)
{
	trec_err err = crypto_init();

	if (err == TREC_OK && argc == 3 && strcmp(argv[1], "make") == 0)
		err = make(strcmp(argv[2], "p256") == 0 ? TREC_KEY_P256 : TREC_KEY_ED25519);
	else if (err == TREC_OK && argc == 2 && strcmp(argv[1], "read") == 0)
		err = read_one();
	else
		err = TREC_E_USAGE;
	if (err != TREC_OK)
		fprintf(stderr, "%s\n", trec_err_name(err));
	crypto_done();
	return err == TREC_OK ? 0 : 1;
}
