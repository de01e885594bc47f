/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counted start and end of wolfSSL, its allocator that wipes what it frees (wolfSSL frees scrypt's
 * work area and parts of its key objects unwiped), and the overwriting of used stack.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "proto/crypto/wolf.h"

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/memory.h>

/* What wolfCrypt's deepest call of ours uses (ECDSA with its 1 KiB numbers), twice. */
#define STACK_BYTES 49152
/* What hashing uses, more than twice: wolfCrypt's frames for it are under 2 KiB together. */
#define SHALLOW_BYTES 6144

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users;
static bool hooked;
static bool tested;
static bool (*gate)(void *ctx);
static void *gate_ctx;

static void *wolf_malloc(size_t n)
{
	if (gate != NULL && !gate(gate_ctx))
		return NULL;
	return malloc(n);
}

static void wolf_free(void *p)
{
	if (p == NULL)
		return;
	trec_wipe(p, malloc_usable_size(p));
	free(p);
}

static void *wolf_realloc(void *p, size_t n)
{
	if (p == NULL)
		return wolf_malloc(n);
	size_t had = malloc_usable_size(p);

	if (n <= had)
		return p;
	void *q = wolf_malloc(n);

	if (q == NULL)
		return NULL;
	memcpy(q, p, had);
	wolf_free(p);
	return q;
}

void crypto_alloc_gate(bool (*may)(void *ctx), void *ctx)
{
	gate_ctx = ctx;
	gate = may;
}

static trec_err start(void)
{
	if (!hooked) {
		if (wolfSSL_SetAllocators(wolf_malloc, wolf_free, wolf_realloc) != 0)
			return TREC_E_CRYPTO;
		hooked = true;
	}
	if (wolfSSL_Init() != WOLFSSL_SUCCESS)
		return TREC_E_CRYPTO;
	trec_err err = tested ? TREC_OK : crypto_self_test();

	tested = err == TREC_OK;
	if (err != TREC_OK)
		(void)wolfSSL_Cleanup();
	return err;
}

trec_err crypto_init(void)
{
	trec_err err = TREC_OK;

	pthread_mutex_lock(&lock);
	if (users == 0)
		err = start();
	if (err == TREC_OK)
		users++;
	pthread_mutex_unlock(&lock);
	return err;
}

void crypto_done(void)
{
	pthread_mutex_lock(&lock);
	if (users == 1) {
		wc_ecc_fp_free();
		(void)wolfSSL_Cleanup();
	}
	if (users > 0)
		users--;
	pthread_mutex_unlock(&lock);
}

/* Never inlined: its frame must lie where the frames of the calls before lay. */
__attribute__((noinline)) void crypto_burn_stack(void)
{
	uint8_t frame[STACK_BYTES];

	trec_wipe(frame, sizeof frame);
}

__attribute__((noinline)) void crypto_burn_shallow(void)
{
	uint8_t frame[SHALLOW_BYTES];

	trec_wipe(frame, sizeof frame);
}
