/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory through the environment, wiping and constant-time comparison. */
#include "proto/base/base.h"

#include <string.h>

bool trec_bytes_equal(struct trec_bytes a, struct trec_bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

void trec_wipe(void *p, size_t n)
{
	if (p != NULL && n > 0)
		explicit_bzero(p, n);
}

bool base_equal_ct(const uint8_t *a, const uint8_t *b, size_t n)
{
	const volatile uint8_t *va = a;
	const volatile uint8_t *vb = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= va[i] ^ vb[i];
	bool equal = diff == 0;

	base_declassify(&equal, sizeof equal); /* the verdict is what everyone is told */
	return equal;
}

void *base_alloc(const struct trec_env *env, size_t n)
{
	void *p = env->alloc(env->ctx, n);

	if (p != NULL)
		memset(p, 0, n);
	return p;
}

void base_free(const struct trec_env *env, void *p, size_t n)
{
	if (p == NULL)
		return;
	trec_wipe(p, n);
	env->free(env->ctx, p, n);
}
