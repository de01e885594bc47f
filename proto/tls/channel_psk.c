/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: how a channel comes to its pre-shared key: told by both ends at the start
 * (pairing, client of a session), or named by a ClientHello at a server that had not known yet who
 * would come. A server then drops the context that holds its certificate, unused, and makes one
 * with the key alone: what a peer without the key could fall back to is not there.
 */
#include <string.h>

#include "proto/crypto/crypto.h"
#include "proto/tls/internal.h"

static bool is_identity(const char *s)
{
	size_t n = strnlen(s, CHAN_IDENTITY_MAX + 1);

	if (n == 0 || n > CHAN_IDENTITY_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x21 || s[i] > 0x7e)
			return false;
	return true;
}

/* Takes the key; NULL: a random one, which nobody has. */
static trec_err keep(struct chan *c, const uint8_t *psk)
{
	c->psk = base_secret_alloc(sizeof *c->psk);
	if (c->psk == NULL)
		return TREC_E_NO_MEMORY;
	trec_err err = crypto_random(c->env, c->psk->decoy, CHAN_PSK_LEN);

	if (psk != NULL)
		memcpy(c->psk->key, psk, CHAN_PSK_LEN);
	else if (err == TREC_OK)
		err = crypto_random(c->env, c->psk->key, CHAN_PSK_LEN);
	return err;
}

trec_err chan_new_psk(const struct trec_env *env, const struct chan_psk *conf, struct chan **out)
{
	*out = NULL;
	if (conf->psk.n != CHAN_PSK_LEN || !is_identity(conf->identity))
		return TREC_E_USAGE;
	struct chan *c = chan_make(env, conf->role);

	if (c == NULL)
		return TREC_E_NO_MEMORY;
	memcpy(c->identity, conf->identity, strlen(conf->identity));
	c->gate.psk = true;
	c->gate.identity = trec_bytes(c->identity, strlen(c->identity));
	c->alpn = conf->session;
	trec_err err = keep(c, conf->psk.p);

	if (err == TREC_OK)
		err = chan_setup_psk(c);
	if (err == TREC_OK)
		return chan_start(c, out);
	chan_free(&c);
	return err;
}

void chan_psk_ask(struct chan *c)
{
	size_t n = c->gate.identity.n; /* the gate let at most CHAN_IDENTITY_MAX pass */

	memcpy(c->identity, c->gate.identity.p, n);
	c->gate.identity = trec_bytes(c->identity, n);
	c->asking = true;
}

struct trec_bytes chan_psk_wanted(const struct chan *c)
{
	return c->asking ? c->gate.identity : trec_bytes(NULL, 0);
}

trec_err chan_psk_give(struct chan *c, const uint8_t *psk)
{
	if (!c->asking || c->state != CHAN_HANDSHAKE)
		return TREC_E_STATE;
	c->asking = false;
	chan_drop_wolfssl(c);
	c->signer = NULL;
	trec_err err = keep(c, psk);

	if (err == TREC_OK)
		err = chan_setup_psk(c);
	return err == TREC_OK ? chan_step(c) : chan_fail(c, err, false);
}
