/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/tls_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/base.h"

const uint8_t rig_psk[CHAN_PSK_LEN] = "0123456789abcdef0123456789abcde";

static struct rig_ident idents[2][2];

static void must(trec_err err, const char *what)
{
	if (err == TREC_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, trec_err_name(err));
	abort();
}

void rig_start(void)
{
	const struct trec_env *env = trec_env_default();

	must(crypto_init(), "crypto_init");
	for (int i = 0; i < 4; i++) {
		struct rig_ident *id = &idents[i / 2][i % 2];

		must(crypto_key_generate(env, i / 2 ? TREC_KEY_P256 : TREC_KEY_ED25519, &id->key),
		     "key");
		crypto_key_signer(id->key, &id->signer);
		must(crypto_cert_make(env, &id->signer, NULL, id->cert, sizeof id->cert,
				      &id->cert_len),
		     "certificate");
	}
}

void rig_stop(void)
{
	for (int i = 0; i < 4; i++)
		crypto_key_free(&idents[i / 2][i % 2].key);
	crypto_done();
}

struct rig_ident *rig_ident(trec_key_alg alg, int which)
{
	return &idents[alg == TREC_KEY_P256][which];
}

struct trec_bytes rig_cert(const struct rig_ident *id)
{
	return trec_bytes(id->cert, id->cert_len);
}

void rig_psk_end(struct rig *r, const struct trec_env *env, enum chan_role role)
{
	struct chan_psk conf = { .role = role,
				 .psk = trec_bytes(rig_psk, sizeof rig_psk),
				 .identity = RIG_IDENTITY };

	r->err[role] = chan_new_psk(env, &conf, &r->c[role]);
}

void rig_psk_pair(struct rig *r)
{
	*r = (struct rig){ 0 };
	rig_psk_end(r, trec_env_default(), CHAN_CLIENT);
	rig_psk_end(r, trec_env_default(), CHAN_SERVER);
}

void rig_session_end(struct rig *r, const struct trec_env *env, enum chan_role role,
		     struct rig_ident *own, bool (*known)(void *, const struct trec_id *),
		     void *ctx)
{
	struct chan_session conf = { .role = role,
				     .cert = rig_cert(own),
				     .signer = &own->signer,
				     .known = known,
				     .known_ctx = ctx };

	r->err[role] = chan_new_session(env, &conf, &r->c[role]);
}

void rig_session_pair(struct rig *r, struct rig_ident *client, struct rig_ident *server)
{
	*r = (struct rig){ 0 };
	rig_session_end(r, trec_env_default(), CHAN_CLIENT, client, NULL, NULL);
	rig_session_end(r, trec_env_default(), CHAN_SERVER, server, NULL, NULL);
}

static void note(struct rig *r, enum chan_role role, trec_err err)
{
	if (r->err[role] == TREC_OK)
		r->err[role] = err;
}

static void feed(struct rig *r, enum chan_role to, const uint8_t *p, size_t n)
{
	while (n > 0 && chan_state(r->c[to]) != CHAN_FAILED) {
		size_t used, part = r->step > 0 && r->step < n ? r->step : n;
		trec_err err = chan_feed(r->c[to], trec_bytes(p, part), &used);

		note(r, to, err);
		if (err != TREC_OK)
			return;
		if (used == 0) { /* a record waits for a reader: show that it says nothing */
			uint8_t out[64];

			err = chan_read(r->c[to], out, sizeof out, &used);
			if (err != TREC_OK && err != TREC_E_AGAIN) {
				note(r, to, err);
				return;
			}
			used = 0;
		}
		p += used;
		n -= used;
	}
}

static bool pump_one(struct rig *r, enum chan_role from)
{
	uint8_t buf[40000];
	size_t n = r->c[from] != NULL ? chan_drain(r->c[from], buf, sizeof buf) : 0;

	if (n == 0)
		return false;
	r->sent[from] += n;
	r->flights++;
	if (r->tap != NULL)
		r->tap(r->tap_ctx, from, buf, &n);
	if (r->c[chan_other(from)] != NULL)
		feed(r, chan_other(from), buf, n);
	return true;
}

void rig_pump(struct rig *r)
{
	int quiet = 0;
	enum chan_role from = CHAN_CLIENT;

	for (int i = 0; i < 100 && quiet < 2; i++) {
		quiet = pump_one(r, from) ? 0 : quiet + 1;
		from = chan_other(from);
	}
	for (int i = 0; i < 2; i++) { /* an alert may wait behind the handshake */
		uint8_t b;
		size_t n;

		if (r->c[i] == NULL || chan_state(r->c[i]) != CHAN_OPEN)
			continue;
		trec_err err = chan_read(r->c[i], &b, 1, &n);

		if (err != TREC_OK && err != TREC_E_AGAIN)
			note(r, (enum chan_role)i, err);
	}
}

bool rig_say(struct rig *r, enum chan_role from, struct trec_bytes text)
{
	struct chan *to = r->c[chan_other(from)];
	uint8_t wire[40000];
	size_t done = 0, n, used;

	while (done < text.n) {
		if (chan_write(r->c[from], trec_bytes(text.p + done, text.n - done), &n) != TREC_OK)
			return false;
		size_t have = chan_drain(r->c[from], wire, sizeof wire);

		for (size_t at = 0, got = 0; at < have || got < n;) {
			uint8_t out[1000];
			size_t m;

			if (chan_feed(to, trec_bytes(wire + at, have - at), &used) != TREC_OK)
				return false;
			at += used;
			trec_err err = chan_read(to, out, sizeof out, &m);

			if (err != TREC_OK && (err != TREC_E_AGAIN || at == have))
				return false;
			if (m > 0 && memcmp(out, text.p + done + got, m) != 0)
				return false;
			got += m;
		}
		done += n;
	}
	return true;
}

bool rig_open(const struct rig *r)
{
	for (int i = 0; i < 2; i++)
		if (r->c[i] == NULL || r->err[i] != TREC_OK || chan_state(r->c[i]) != CHAN_OPEN)
			return false;
	return true;
}

void rig_end(struct rig *r)
{
	chan_free(&r->c[0]);
	chan_free(&r->c[1]);
}
