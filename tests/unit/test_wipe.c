/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims that secrets do not outlive their use (requirement 6.3.1 i). Work is done on a thread
 * whose stack stays mapped; afterwards every writable byte of the process is searched for the
 * secrets, which this program itself keeps only in masked form.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "proto/pake/pake.h"
#include "proto/pake/transcript.h"
#include "tests/lib/fault_env.h"
#include "tests/lib/suite.h"

#define MASK 0xa7
#define STACK ((size_t)1 << 20)
#define CHUNK ((size_t)1 << 16)
#define NEEDLES_MAX 16
#define FRAGMENT 16

/* Half of a secret at most, masked, and what it is part of. */
struct needle {
	const char *what;
	uint8_t masked[FRAGMENT];
	size_t n;
	bool reversed; /* as number arithmetic holds it */
};

static struct needle needles[NEEDLES_MAX * 4];
static size_t needle_count;
static uint8_t window[CHUNK + FRAGMENT]; /* wiped after each use */

static void add_fragment(const char *what, const uint8_t *secret, size_t n, bool reversed)
{
	struct needle *needle = &needles[needle_count++];

	needle->what = what;
	needle->n = n;
	needle->reversed = reversed;
	for (size_t i = 0; i < n; i++)
		needle->masked[i] = secret[reversed ? n - 1 - i : i] ^ MASK;
}

/* Remembers a secret to look for; both halves, forwards and backwards. */
static void look_for(const char *what, const uint8_t *secret, size_t n)
{
	for (int reversed = 0; reversed < 2; reversed++)
		for (size_t at = 0; at < n && at < 2 * FRAGMENT; at += FRAGMENT)
			add_fragment(what, secret + at, n - at < FRAGMENT ? n - at : FRAGMENT,
				     reversed != 0);
}

static bool found_in(const uint8_t *p, size_t n, const struct needle *needle)
{
	const uint8_t first = needle->masked[0] ^ MASK;

	for (size_t i = 0; i + needle->n <= n; i++) {
		if (p[i] != first)
			continue;
		size_t k = 1;

		while (k < needle->n && p[i + k] == (needle->masked[k] ^ MASK))
			k++;
		if (k == needle->n)
			return true;
	}
	return false;
}

static bool region_is_clean(int mem, uint64_t from, uint64_t to)
{
	bool clean = true;
	ssize_t got;

	for (uint64_t at = from; at < to && clean; at += CHUNK) {
		size_t want = to - at < sizeof window ? (size_t)(to - at) : sizeof window;

		got = pread(mem, window, want, (off_t)at);
		if (got <= 0)
			break; /* not readable even for us: the arena in secret memory */
		for (size_t i = 0; i < needle_count; i++)
			if (found_in(window, (size_t)got, &needles[i])) {
				printf("found %s at %llx%s\n", needles[i].what,
				       (unsigned long long)at,
				       needles[i].reversed ? ", reversed" : "");
				clean = false;
			}
		trec_wipe(window, sizeof window);
	}
	return clean;
}

/* Every writable region but the one that holds `except`. */
static bool memory_is_clean(const void *except)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY);
	unsigned long long from, to;
	char line[512], mode[8];
	bool clean = true;
	unsigned regions = 0;

	if (maps == NULL || mem < 0)
		return false;
	while (fgets(line, sizeof line, maps) != NULL) {
		if (sscanf(line, "%llx-%llx %7s", &from, &to, mode) != 3 || mode[1] != 'w')
			continue;
		if ((uintptr_t)except >= from && (uintptr_t)except < to)
			continue;
		if ((uintptr_t)window >= from && (uintptr_t)window < to)
			continue; /* our own data; the libraries' is elsewhere */
		regions++;
		clean = region_is_clean(mem, from, to) && clean;
	}
	fclose(maps);
	close(mem);
	return clean && regions > 3;
}

/* Runs work on a stack that is still there afterwards. */
static void on_a_kept_stack(void *(*work)(void *), void *stack)
{
	pthread_attr_t attr;
	pthread_t thread;

	CU_ASSERT_EQUAL_FATAL(pthread_attr_init(&attr), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_attr_setstack(&attr, stack, STACK), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, &attr, work, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_join(thread, NULL), 0);
	(void)pthread_attr_destroy(&attr);
}

static void *new_stack(void)
{
	needle_count = 0;
	return mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static bool worked;

/* Deep enough that ending the thread does not write over it. */
static void *plant(void *unused)
{
	volatile uint8_t left[16384];

	for (size_t i = 0; i < 32; i++)
		left[i] = (uint8_t)(i * 37 + 11);
	look_for("a secret on the stack", (const uint8_t *)left, 32);
	return unused;
}

static uint8_t *planted;

static void *plant_heap(void *unused)
{
	planted = malloc(32);
	for (size_t i = 0; planted != NULL && i < 32; i++)
		planted[31 - i] = (uint8_t)(i * 41 + 5);
	if (planted != NULL)
		look_for("a secret on the heap", planted, 32);
	return unused;
}

static void the_search_finds_what_is_there(void)
{
	void *stack = new_stack();

	on_a_kept_stack(plant, stack);
	CU_ASSERT_FALSE(memory_is_clean(NULL));
	munmap(stack, STACK);
	stack = new_stack();
	on_a_kept_stack(plant_heap, stack);
	CU_ASSERT_FALSE(memory_is_clean(NULL));
	trec_wipe(planted, 32);
	free(planted);
	munmap(stack, STACK);
}

/* ---- a PIN, its scalars and all keys of a run ---------------------------------------------- */

/* Notes every 32 bytes that are drawn: x, y and the blinding factors. */
static trec_err noted_random(void *ctx, uint8_t *out, size_t n)
{
	trec_err err = trec_env_default()->random(ctx, out, n);

	if (err == TREC_OK && n == 32 && needle_count < 4)
		look_for("x", out, n);
	return err;
}

/* Both ends and everything after, with the outcome in the arena. */
static bool whole_run(const struct trec_env *env, uint8_t *pin, struct pake_record *record,
		      struct pake_keys *keys, uint8_t *key)
{
	struct pake_prover *p = NULL;
	struct pake_verifier *v = NULL;
	uint8_t share_p[65], share_v[65], confirm_v[32], confirm_p[32];
	const struct trec_bytes context = trec_bytes("context", 7);
	const uint8_t transcript[32] = { 1 };
	trec_err err = pake_prover_new(env, &p);

	if (err == TREC_OK)
		err = pake_record_make(env, trec_bytes(pin, 10), NULL, record);
	if (err == TREC_OK)
		err = pake_prover_stretch(p, trec_bytes(pin, 10), &record->params, NULL);
	if (err == TREC_OK)
		err = pake_prover_share(p, share_p);
	if (err == TREC_OK)
		err = pake_verifier_new(env, &v);
	if (err == TREC_OK)
		err = pake_verifier_reply(v, record, NULL, context, share_p, share_v, confirm_v);
	if (err == TREC_OK)
		err = pake_prover_finish(p, context, share_v, confirm_v, confirm_p, key);
	if (err == TREC_OK)
		err = pake_verifier_finish(v, confirm_p, key);
	if (err == TREC_OK)
		err = pake_keys_derive(key, PAKE_RANDOM_PIN, transcript, keys);
	pake_prover_free(&p);
	pake_verifier_free(&v);
	return err == TREC_OK;
}

static void *run_work(void *unused)
{
	struct trec_env env = *trec_env_default();
	uint8_t *pin = base_secret_alloc(10);
	uint8_t *key = base_secret_alloc(PAKE_KEY_LEN);
	struct pake_record *record = base_secret_alloc(sizeof *record);
	struct pake_keys *keys = base_secret_alloc(sizeof *keys);
	struct pake_scalars *w = base_secret_alloc(sizeof *w);

	env.scrypt_log_n_max = 10;
	env.random = noted_random;
	for (size_t i = 0; i < 10; i++)
		pin[i] = (uint8_t)('0' + (i * i + 3) % 10);
	worked = whole_run(&env, pin, record, keys, key) &&
		 pake_stretch(&env, trec_bytes(pin, 10), &record->params, NULL, w) == TREC_OK &&
		 memcmp(w->w0, record->w0, sizeof w->w0) == 0;
	look_for("the PIN", pin, 10);
	look_for("w0", w->w0, sizeof w->w0);
	look_for("w1", w->w1, sizeof w->w1);
	look_for("K_shared", key, PAKE_KEY_LEN);
	look_for("the PSK", keys->ipsk, sizeof keys->ipsk);
	look_for("K_cc", keys->k_cc, sizeof keys->k_cc);
	base_secret_free(pin, 10);
	base_secret_free(key, PAKE_KEY_LEN);
	base_secret_free(record, sizeof *record);
	base_secret_free(keys, sizeof *keys);
	base_secret_free(w, sizeof *w);
	return unused;
}

static void c631_i_after_a_run_no_secret_of_it_is_in_memory(void)
{
	void *stack = new_stack();

	on_a_kept_stack(run_work, stack);
	CU_ASSERT(worked);
	CU_ASSERT(needle_count >= 24);
	CU_ASSERT(memory_is_clean(NULL));
	munmap(stack, STACK);
}

/* ---- private keys -------------------------------------------------------------------------- */

static struct crypto_key *keys[2];

static void *key_work(void *unused)
{
	static const trec_key_alg algs[] = { TREC_KEY_ED25519, TREC_KEY_P256 };
	uint8_t cert[TREC_CERT_MAX];
	struct trec_signer signer;
	size_t n = 0;

	worked = true;
	for (size_t i = 0; i < 2; i++) {
		worked = crypto_key_generate(trec_env_default(), algs[i], &keys[i]) == TREC_OK &&
			 worked;
		crypto_key_signer(keys[i], &signer);
		for (int k = 0; k < 3; k++)
			worked = crypto_cert_make(trec_env_default(), &signer, NULL, cert,
						  sizeof cert, &n) == TREC_OK &&
				 worked;
		look_for(i == 0 ? "the Ed25519 seed" : "the P-256 scalar",
			 crypto_key_secret(keys[i]), CRYPTO_KEY_LEN);
	}
	return unused;
}

static void c631_i_private_keys_are_in_the_secret_arena_only(void)
{
	void *stack = new_stack();

	on_a_kept_stack(key_work, stack);
	CU_ASSERT(worked);
	CU_ASSERT(memory_is_clean(crypto_key_secret(keys[0])));
	for (size_t i = 0; i < 2; i++)
		crypto_key_free(&keys[i]);
	CU_ASSERT(memory_is_clean(NULL));
	munmap(stack, STACK);
}

static void *aead_work(void *unused)
{
	uint8_t *key = base_secret_alloc(CRYPTO_KEY_LEN);
	uint8_t nonce[CRYPTO_NONCE_LEN] = { 1 };
	uint8_t sealed[64 + CRYPTO_TAG_LEN], open[64], out[32];
	struct trec_bytes k = trec_bytes(key, CRYPTO_KEY_LEN);

	worked = crypto_random(trec_env_default(), key, CRYPTO_KEY_LEN) == TREC_OK;
	memset(open, 'x', sizeof open);
	worked = crypto_aead_seal(key, nonce, k, trec_bytes(open, sizeof open), sealed) ==
			 TREC_OK &&
		 crypto_aead_open(key, nonce, k, trec_bytes(sealed, sizeof sealed), open) ==
			 TREC_OK &&
		 crypto_hmac(k, &k, 1, out) == TREC_OK &&
		 crypto_hkdf_expand(k, k, out, sizeof out) == TREC_OK && worked;
	look_for("an AEAD and HMAC key", key, CRYPTO_KEY_LEN);
	look_for("a derived key", out, sizeof out);
	trec_wipe(out, sizeof out);
	base_secret_free(key, CRYPTO_KEY_LEN);
	return unused;
}

static void c631_i_symmetric_keys_leave_no_copies(void)
{
	void *stack = new_stack();

	on_a_kept_stack(aead_work, stack);
	CU_ASSERT(worked);
	CU_ASSERT(memory_is_clean(NULL));
	munmap(stack, STACK);
}

static const struct suite_case cases[] = {
	SUITE_CASE(the_search_finds_what_is_there),
	SUITE_CASE(c631_i_after_a_run_no_secret_of_it_is_in_memory),
	SUITE_CASE(c631_i_private_keys_are_in_the_secret_arena_only),
	SUITE_CASE(c631_i_symmetric_keys_leave_no_copies),
};

int main(void)
{
	if (suite_shadowed()) /* freed memory is kept, frames may live on the heap */
		suite_skip("wipe", "a sanitizer keeps copies of its own");
	if (access("/proc/self/mem", R_OK) != 0)
		suite_skip("wipe", "/proc is not mounted, so memory cannot be searched");
	if (crypto_init() != TREC_OK)
		return 1;
	int status = suite_main("wipe", cases, BASE_COUNT(cases));

	crypto_done();
	return status;
}
