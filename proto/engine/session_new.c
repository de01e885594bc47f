/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: how a session begins: its options, its channel, and whom a client may meet. */
#include <string.h>

#include "proto/base/base.h"
#include "proto/crypto/crypto.h"
#include "proto/engine/dissolve.h"
#include "proto/engine/session_symmetric.h"
#include <trec/rotation.h>

/* Asked by the channel before anything of ours is sent: is this server one of those we meet? */
static bool server_known(void *ctx, const struct trec_id *id)
{
	struct trec_session *s = ctx;
	size_t low = 0;
	size_t high = s->known_count;

	s->own_key = memcmp(id->b, s->own.id.b, TREC_ID_LEN) == 0;
	while (low < high && !s->own_key) {
		size_t mid = low + (high - low) / 2;
		int order = memcmp(id->b, s->known[mid].b, TREC_ID_LEN);

		if (order == 0)
			return true;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

static trec_err start_channel(struct trec_session *s)
{
	struct chan_session conf = {
		.role = s->role == TREC_SESSION_CLIENT ? CHAN_CLIENT : CHAN_SERVER,
		.cert = s->own.cert,
		.signer = s->own.signer,
		.self_signature_later = true, /* eng_session_job */
	};

	if (s->role == TREC_SESSION_CLIENT) {
		conf.known = server_known;
		conf.known_ctx = s;
	} else {
		conf.psk_too = true;
	}
	return chan_new_session(s->env, &conf, &s->chan);
}

static trec_err take_options(struct trec_session *s, const struct trec_session_options *o)
{
	s->env = o->env;
	s->store = o->store;
	s->idle_ms = (uint64_t)o->idle_s * 1000;
	s->now_ms = o->env->now_ms(o->env->ctx);
	s->deadline_ms = s->now_ms + ENG_SESSION_SETUP_MS;
	s->detail = "";
	if (o->uri != NULL && strlen(o->uri) <= MSG_HINT_MAX)
		memcpy(s->uri, o->uri, strlen(o->uri) + 1);
	if (o->peer != NULL) {
		s->wants_peer = true;
		s->expected = *o->peer;
	}
	if (o->introductions != NULL) {
		s->policy = base_alloc(s->env, sizeof(*s->policy));
		if (s->policy == NULL)
			return TREC_E_NO_MEMORY;
		*s->policy = *o->introductions;
	}
	if (o->revocation == NULL)
		return TREC_OK;
	struct trec_bytes words = eng_revocation_statement(o->revocation);
	bool initiator = false;
	const uint8_t *key = eng_revocation_key(o->revocation, &initiator);

	s->only_revokes = true;
	s->wants_peer = true;
	s->expected = trec_revocation_peer(o->revocation)->id;
	if (key != NULL && s->role == TREC_SESSION_CLIENT)
		return eng_symmetric_revokes(s, key, initiator);
	if (s->role != TREC_SESSION_CLIENT || words.n == 0 || words.n > FRAME_STATEMENT_MAX)
		return TREC_E_USAGE;
	uint8_t *at = eng_buffer_try(s, &s->words, FRAME_STATEMENT_MAX, words.n);

	if (at == NULL)
		return TREC_E_NO_MEMORY;
	memcpy(at, words.p, words.n);
	s->words.to = words.n;
	return TREC_OK;
}

trec_err trec_session_new(enum trec_session_role role, const struct trec_session_options *options,
			  struct trec_session **out)
{
	*out = NULL;
	if (options->env == NULL || options->store == NULL)
		return TREC_E_USAGE;
	struct trec_session *s = base_alloc(options->env, sizeof(*s));

	if (s == NULL)
		return TREC_E_NO_MEMORY;
	s->role = role;
	trec_err err = take_options(s, options);

	if (err == TREC_OK)
		err = crypto_init();
	s->initialised = err == TREC_OK;
	if (err == TREC_OK)
		err = s->store->ops->own(s->store, &s->own);
	if (err == TREC_OK)
		err = trec_rotation_sequence(s->env, s->store, &s->sequence);
	s->state = role == TREC_SESSION_CLIENT ? ENG_S_LOADING : ENG_S_HANDSHAKE;
	if (err == TREC_OK)
		err = start_channel(s);
	if (err != TREC_OK)
		trec_session_free(&s);
	*out = s;
	return err;
}

void trec_session_free(struct trec_session **p)
{
	struct trec_session *s = *p;

	if (s == NULL)
		return;
	eng_session_wipe(s);
	eng_buffer_drop(s, &s->data);
	if (s->presented != NULL)
		base_free(s->env, s->presented, s->presented->size);
	chan_free(&s->chan);
	if (s->initialised)
		crypto_done();
	base_free(s->env, s, sizeof(*s));
	*p = NULL;
}
