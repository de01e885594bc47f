/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes the store DIR with records of several sizes, some replaced, some deleted, and prints what
 * it must hold: for the reader in Python, which knows docs/STORE-FORMAT.md only.
 * store_make DIR keyfile|passphrase ed25519|p256 RECORDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <trec/keystore.h>

static void print_hex(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
}

static struct trec_change change(unsigned i, unsigned round)
{
	static uint8_t data[TREC_RECORD_MAX];
	struct trec_change c = { .type = (trec_record)(TREC_RECORD_PEER + i % 7) };

	memset(c.id, (int)(i * 37 + 1), sizeof c.id);
	c.id[0] = (uint8_t)(i >> 8);
	c.data = trec_bytes(data, i == 3 ? TREC_RECORD_MAX : (i * 211 + round) % 2600);
	for (size_t k = 0; k < c.data.n; k++)
		data[k] = (uint8_t)(k * 13 + i + round * 101);
	return c;
}

static int fill(struct trec_store *s, unsigned records)
{
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < records; i++) {
			struct trec_change c = change(i, round);

			c.remove = round == 1 && i % 5 == 2;
			if (round == 1 && i % 5 > 2)
				continue;
			if (s->ops->commit(s, &c, 1) != TREC_OK)
				return 1;
		}
	for (unsigned i = 0; i < records; i++) {
		struct trec_change c = change(i, i % 5 < 2);

		if (i % 5 == 2)
			continue;
		printf("%u ", (unsigned)c.type);
		print_hex(c.id, sizeof c.id);
		printf(" ");
		print_hex(c.data.p, c.data.n);
		printf("\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	char why[TREC_WHY_LEN];
	struct trec_env env = *trec_env_default();
	struct trec_keystore_options o = { .why = why };
	struct trec_keystore *ks;
	struct trec_own own;

	if (argc != 5)
		return EXIT_FAILURE;
	env.scrypt_log_n_max = 14;
	o.dir = argv[1];
	if (strcmp(argv[2], "passphrase") == 0) {
		o.provider = TREC_PROVIDER_PASSPHRASE;
		o.passphrase = trec_bytes("correct horse", 13);
	}
	if (trec_keystore_create(&env, &o, "Küche",
				 strcmp(argv[3], "p256") == 0 ? TREC_KEY_P256 : TREC_KEY_ED25519,
				 &ks) != TREC_OK) {
		fprintf(stderr, "store_make: %s\n", why);
		return EXIT_FAILURE;
	}
	struct trec_store *s = trec_keystore_store(ks);
	int bad = s->ops->own(s, &own) != TREC_OK;

	printf("own %s ", own.name);
	print_hex(own.id.b, sizeof own.id.b);
	printf("\n");
	bad = bad || fill(s, (unsigned)strtoul(argv[4], NULL, 10));
	trec_keystore_close(&ks);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
