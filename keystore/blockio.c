/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See volume.h: whole reads and writes over env->io. A call that moves nothing, or that is
 * interrupted again and again, ends as an error: no loop here runs for ever.
 */
#include <errno.h>
#include <string.h>

#include "keystore/volume.h"

#define STALLS_MAX 64
#define FILL_PIECE 4096

static trec_err error_of(int e)
{
	return e == ENOSPC || e == EDQUOT || e == EFBIG ? TREC_E_NO_SPACE : TREC_E_IO;
}

trec_err ks_read(const struct ks_volume *v, uint64_t at, uint8_t *out, size_t n)
{
	size_t done = 0;
	unsigned stalls = 0;

	while (done < n) {
		ssize_t got = v->env->io.pread(v->env->ctx, v->fd, out + done, n - done,
					       (off_t)(at + done));

		if (got == 0)
			return TREC_E_IO;
		if (got < 0 && (errno != EINTR || ++stalls > STALLS_MAX))
			return TREC_E_IO;
		if (got > 0)
			done += (size_t)got;
	}
	return TREC_OK;
}

trec_err ks_write(const struct ks_volume *v, uint64_t at, const uint8_t *p, size_t n)
{
	size_t done = 0;
	unsigned stalls = 0;

	while (done < n) {
		ssize_t got = v->env->io.pwrite(v->env->ctx, v->fd, p + done, n - done,
						(off_t)(at + done));

		if (got < 0 && errno != EINTR)
			return error_of(errno);
		if (got <= 0 && ++stalls > STALLS_MAX)
			return TREC_E_IO;
		if (got > 0)
			done += (size_t)got;
	}
	return TREC_OK;
}

trec_err ks_sync(const struct ks_volume *v)
{
	for (unsigned i = 0; i <= STALLS_MAX; i++) {
		if (v->env->io.sync(v->env->ctx, v->fd) == 0)
			return TREC_OK;
		if (errno != EINTR)
			return error_of(errno);
	}
	return TREC_E_IO;
}

trec_err ks_extend(const struct ks_volume *v, uint64_t size)
{
	for (unsigned i = 0; i <= STALLS_MAX; i++) {
		if (v->env->io.extend(v->env->ctx, v->fd, (off_t)size) == 0)
			return TREC_OK;
		if (errno != EINTR)
			return error_of(errno);
	}
	return TREC_E_IO;
}

trec_err ks_size(const struct ks_volume *v, uint64_t *size)
{
	*size = 0;
	for (unsigned i = 0; i <= STALLS_MAX; i++) {
		off_t n = v->env->io.size(v->env->ctx, v->fd);

		if (n >= 0) {
			*size = (uint64_t)n;
			return TREC_OK;
		}
		if (errno != EINTR)
			return TREC_E_IO;
	}
	return TREC_E_IO;
}

/*
 * The key stream of a key that is thrown away: as random as env->random and much faster. Takes
 * no memory, so that overwriting cannot fail for the lack of it.
 */
trec_err ks_fill(const struct ks_volume *v, uint64_t at, uint64_t n)
{
	static const uint8_t zeros[FILL_PIECE];
	uint8_t noise[FILL_PIECE + CRYPTO_TAG_LEN];
	uint8_t key[CRYPTO_KEY_LEN];
	uint8_t nonce[CRYPTO_NONCE_LEN] = { 0 };
	trec_err err = crypto_random(v->env, key, sizeof key);

	for (uint32_t i = 0; err == TREC_OK && n > 0; i++) {
		size_t now = n < FILL_PIECE ? (size_t)n : FILL_PIECE;

		base_put32(nonce, i);
		err = crypto_aead_seal(key, nonce, trec_bytes(NULL, 0), trec_bytes(zeros, now),
				       noise);
		if (err == TREC_OK)
			err = ks_write(v, at, noise, now);
		at += now;
		n -= now;
	}
	trec_wipe(key, sizeof key);
	return err;
}
